//! The thread around a participant.

use crate::world::World;
use oxen_node_api::EventHub;
use oxen_pulse_driver::{PulseDriver, Readiness};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};

/// Longest wait for anything; a test that waits this long fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// What happens when the node is asked for the first time whether it is in step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FirstLook {
    Panics,
    Behind,
}

/// In step from the second time on that it is asked. Tells how often it was asked before.
struct Looks {
    asked: AtomicU64,
    first: FirstLook,
    told: Mutex<mpsc::Sender<u64>>,
}

impl Readiness for Looks {
    fn is_in_step(&self) -> bool {
        let before = self.asked.fetch_add(1, Ordering::SeqCst);
        if before == 0 && self.first == FirstLook::Panics {
            panic!("a fault, as any code may have one");
        }
        self.told.lock().unwrap().send(before).unwrap();
        before > 0
    }
}

fn started(first: FirstLook) -> (PulseDriver, mpsc::Receiver<u64>) {
    let world = World::start(13);
    let (told, asked) = mpsc::channel();
    let mut parts = world.nodes.values().next().unwrap().parts().clone();
    parts.readiness = Arc::new(Looks {
        asked: AtomicU64::new(0),
        first,
        told: Mutex::new(told),
    });
    (PulseDriver::start(parts, &EventHub::new()).unwrap(), asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_costs_the_round_and_not_the_node() {
    let (mut driver, asked) = started(FirstLook::Panics);
    assert_eq!(asked.recv_timeout(PATIENCE), Ok(1), "it began anew");
    driver.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_behind_looks_again_although_nothing_happens() {
    let (mut driver, asked) = started(FirstLook::Behind);
    assert_eq!(asked.recv_timeout(PATIENCE), Ok(0), "at the start");
    assert_eq!(asked.recv_timeout(PATIENCE), Ok(1));
    driver.stop();
}
