//! The wire between the nodes of a test: messages wait until the test delivers them.

use oxen_node_api::{Answer, AskError, Clock, QuorumHandler, QuorumNetwork, QuorumSubject, Reach};
use oxen_types::{PublicKey, Timestamp};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// Sender, receiver, bytes.
pub(crate) type Letter = (PublicKey, PublicKey, Arc<[u8]>);

/// Everything on its way.
#[derive(Clone, Default)]
pub(crate) struct Wire(Arc<Mutex<VecDeque<Letter>>>);

impl Wire {
    pub(crate) fn next(&self) -> Option<Letter> {
        self.0.lock().unwrap().pop_front()
    }
}

/// One node's end of the wire.
pub(crate) struct End {
    pub(crate) own: PublicKey,
    pub(crate) wire: Wire,
}

impl QuorumNetwork for End {
    fn tell(&self, to: &PublicKey, _: QuorumSubject, message: Arc<[u8]>, _: Reach) {
        self.wire.0.lock().unwrap().push_back((self.own, *to, message));
    }

    fn prepare(&self, _: &[PublicKey]) {}

    fn ask(&self, _: &PublicKey, _: QuorumSubject, _: Vec<u8>) -> Answer<Result<Vec<u8>, AskError>> {
        panic!("the participant asks through whoever drives it")
    }

    fn handle(&self, _: QuorumSubject, _: Arc<dyn QuorumHandler>) {}
}

/// A clock that shows what the test says.
#[derive(Default)]
pub(crate) struct TestClock(AtomicU64);

impl TestClock {
    pub(crate) fn set(&self, milliseconds: u64) {
        self.0.store(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.now_milliseconds() / 1000)
    }

    fn now_milliseconds(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}
