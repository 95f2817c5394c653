//! Which blocks and transactions are this node's own, and so have to be told to others.
//!
//! The feed tells of everything that became part of chain and pool. What came from peers is submitted inside
//! [`from_network`], and the feed calls its subscribers on the thread that submits: so the two are told apart exactly.

use crate::shared::lock;
use oxen_node_api::{ChainEvent, ChainSubscriber};
use oxen_types::Hash;
use std::{cell::Cell, collections::VecDeque, sync::Mutex};
use tokio::sync::Notify;

thread_local! {
    static FROM_NETWORK: Cell<bool> = const { Cell::new(false) };
}

/// Does `work`, and takes nothing that it brings about for this node's own.
pub(crate) fn from_network<R>(work: impl FnOnce() -> R) -> R {
    /// Restores what was, also when `work` panics.
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            FROM_NETWORK.set(self.0);
        }
    }
    let _restore = Restore(FROM_NETWORK.replace(true));
    work()
}

/// Transactions that wait to be sent; the oldest make room, and stay in the pool.
const MOST_TRANSACTIONS: usize = 1_024;

/// What this node made or was given by its users.
#[derive(Debug, Default)]
pub(crate) struct OwnWork {
    waiting: Mutex<Waiting>,
    added: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Of many blocks in a row only the newest is told: whoever lacks the others asks for them.
    block: Option<Hash>,
    transactions: VecDeque<Hash>,
}

impl OwnWork {
    /// Waits until there is something.
    pub(crate) async fn added(&self) {
        self.added.notified().await;
    }

    /// Takes everything: a block, and transactions.
    pub(crate) fn take(&self) -> (Option<Hash>, VecDeque<Hash>) {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        (waiting.block, waiting.transactions)
    }
}

impl ChainSubscriber for OwnWork {
    fn on_event(&self, event: &ChainEvent) {
        if FROM_NETWORK.get() {
            return;
        }
        match event {
            ChainEvent::Committed { id, .. } => lock(&self.waiting).block = Some(*id),
            ChainEvent::PoolAdded { id } => {
                let mut waiting = lock(&self.waiting);
                waiting.transactions.push_back(*id);
                if waiting.transactions.len() > MOST_TRANSACTIONS {
                    waiting.transactions.pop_front();
                }
            }
            ChainEvent::Reverted { .. } | ChainEvent::StorageStopped { .. } | ChainEvent::PoolRemoved { .. } => return,
        }
        self.added.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_types::Height;

    fn committed(byte: u8) -> ChainEvent {
        ChainEvent::Committed {
            height: Height::new(u64::from(byte)),
            id: Hash::new([byte; 32]),
            transactions: Vec::new(),
        }
    }

    #[test]
    fn only_the_newest_own_block_is_told_and_none_from_the_network() {
        let own = OwnWork::default();
        own.on_event(&committed(1));
        own.on_event(&committed(2));
        from_network(|| own.on_event(&committed(3)));
        assert_eq!(own.take(), (Some(Hash::new([2; 32])), VecDeque::new()));
        assert_eq!(own.take(), (None, VecDeque::new()));
    }

    #[test]
    fn a_panic_inside_does_not_silence_later_work() {
        let own = OwnWork::default();
        let result = std::panic::catch_unwind(|| from_network(|| panic!("on purpose")));
        assert!(result.is_err());
        own.on_event(&ChainEvent::PoolAdded { id: Hash::ZERO });
        assert_eq!(own.take().1, [Hash::ZERO]);
    }
}
