//! What one node sees of L2 at one moment, and what it thinks of events by it (bridge §3.4).
//!
//! A [`Picture`] is made by the follower and never changes: whoever judges a block holds one picture from the first question to the
//! last. It holds logs that were read without a gap up to [`Picture::newest`], as far back as the history goes.

use oxen_types::{
    Amount, Height,
    bytes::BlsPublicKey,
    extra::{L2Event, L2EventKind, L2Source},
};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// L2 blocks for which events are remembered: 70 minutes (bridge §3.1).
pub const EVENT_HISTORY_BLOCKS: u64 = 16_800;

/// Where a log stands: by L2 block, then by number in the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPosition {
    /// L2 block.
    pub l2_height: u64,
    /// Number of the log in its block.
    pub log_index: u64,
}

/// The nodes that the rewards contract lists: by its own numbers, which it never gives twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContractNodes {
    by_id: BTreeMap<u64, BlsPublicKey>,
    keys: BTreeMap<BlsPublicKey, u64>,
}

impl ContractNodes {
    /// From numbers and keys as the contract returns them.
    #[must_use]
    pub fn new(nodes: impl IntoIterator<Item = (u64, BlsPublicKey)>) -> Self {
        let by_id: BTreeMap<u64, BlsPublicKey> = nodes.into_iter().collect();
        let keys = by_id.iter().map(|(id, key)| (*key, *id)).collect();
        Self { by_id, keys }
    }

    /// Numbers and keys, ascending by number.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &BlsPublicKey)> {
        self.by_id.iter().map(|(id, key)| (*id, key))
    }

    /// The contract's number of a node.
    #[must_use]
    pub fn id_of(&self, key: &BlsPublicKey) -> Option<u64> {
        self.keys.get(key).copied()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    fn insert(&mut self, id: u64, key: BlsPublicKey) {
        if let Some(old) = self.by_id.insert(id, key) {
            self.keys.remove(&old);
        }
        self.keys.insert(key, id);
    }

    fn remove(&mut self, id: u64) {
        if let Some(key) = self.by_id.remove(&id) {
            self.keys.remove(&key);
        }
    }
}

/// The contract's list as it was read in one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListReading {
    /// L2 block in which it was read.
    pub as_of: u64,
    /// The nodes.
    pub nodes: ContractNodes,
}

/// A change of the contract's list that a log told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListChange {
    /// A node came.
    Added {
        /// The contract's number.
        id: u64,
        /// Its key.
        key: BlsPublicKey,
    },
    /// A node went.
    Removed {
        /// The contract's number.
        id: u64,
    },
}

/// What a log said: a report for the chain, a change of the list, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLog {
    /// The report.
    pub event: Option<L2Event>,
    /// The change.
    pub change: Option<ListChange>,
}

/// What a node thinks of a reported event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opinion {
    /// It saw the same.
    Yes,
    /// It looked and did not see it.
    No,
}

/// There is no opinion: the block of the event was not looked at yet. Saying no would be a lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "no opinion on an event of L2 block {l2_height}: this node has read L2 up to block {newest}; its providers are behind"
)]
pub struct NotReached {
    /// Block of the event.
    pub l2_height: u64,
    /// Newest block that was read.
    pub newest: u64,
}

/// What is read for a [`Picture`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureParts {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// L2 blocks below the head that count as safe.
    pub safe_blocks: u64,
    /// L2 blocks between readings of the reward rate.
    pub reward_update_blocks: u64,
    /// L2 blocks between looks for nodes that the contract does not know.
    pub purge_blocks: u64,
    /// Oxen blocks that a node must have been registered for before it can be purged.
    pub purge_minimum_age_blocks: u64,
    /// The newest block up to which logs were read without a gap.
    pub newest: u64,
    /// Logs of the history, by position.
    pub logs: BTreeMap<LogPosition, SeenLog>,
    /// Reward rates, atomic SENT a block, by the L2 block in which they were read.
    pub reward_rates: BTreeMap<u64, Amount>,
    /// The contract's list, when it could be read.
    pub list: Option<ListReading>,
}

/// L2 as one node sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    parts: PictureParts,
    nodes: ContractNodes,
    /// Who is in the list or came since: an exit is for the exit's own report to settle, which returns the stake.
    members: BTreeSet<BlsPublicKey>,
}

impl Picture {
    /// From what was read.
    #[must_use]
    pub fn new(parts: PictureParts) -> Self {
        let mut nodes = ContractNodes::default();
        let mut members = BTreeSet::new();
        if let Some(list) = &parts.list {
            nodes = list.nodes.clone();
            members = nodes.by_id.values().copied().collect();
            let later = parts
                .logs
                .iter()
                .filter(|(position, _)| position.l2_height > list.as_of);
            for change in later.filter_map(|(_, log)| log.change) {
                match change {
                    ListChange::Added { id, key } => {
                        nodes.insert(id, key);
                        members.insert(key);
                    }
                    ListChange::Removed { id } => nodes.remove(id),
                }
            }
        }
        Self { parts, nodes, members }
    }

    /// EIP-155 chain id.
    #[must_use]
    pub const fn chain_id(&self) -> u64 {
        self.parts.chain_id
    }

    /// The newest L2 block up to which logs were read.
    #[must_use]
    pub const fn newest(&self) -> u64 {
        self.parts.newest
    }

    /// The newest L2 block that counts as safe, where nothing is expected to change any more.
    #[must_use]
    pub const fn safe(&self) -> u64 {
        self.parts.newest.saturating_sub(self.parts.safe_blocks)
    }

    /// The reward rate that holds at an L2 block: the one read at the greatest multiple of the update interval at or below it.
    /// `None` when it was not read.
    #[must_use]
    pub fn reward_rate(&self, l2_height: u64) -> Option<Amount> {
        let start = floor_multiple(l2_height, self.parts.reward_update_blocks);
        self.parts.reward_rates.get(&start).copied()
    }

    /// The contract's list: as it was read, with every change since that a log told of. `None` while it could not be read.
    #[must_use]
    pub const fn contract_nodes(&self) -> Option<&ContractNodes> {
        if self.parts.list.is_some() {
            Some(&self.nodes)
        } else {
            None
        }
    }

    /// The list as it was read.
    #[must_use]
    pub const fn list(&self) -> Option<&ListReading> {
        self.parts.list.as_ref()
    }

    /// Events of the history, oldest first.
    pub fn events(&self) -> impl Iterator<Item = &L2Event> {
        self.parts.logs.values().filter_map(|log| log.event.as_ref())
    }

    /// Events at or below the safe height: what a block may report.
    pub fn safe_events(&self) -> impl Iterator<Item = &L2Event> {
        let end = LogPosition {
            l2_height: self.safe(),
            log_index: u64::MAX,
        };
        let safe = self.parts.logs.range(..=end);
        safe.filter_map(|(_, log)| log.event.as_ref())
    }

    /// What this node thinks of an event (bridge §3.4). `registered` tells since when the node of a BLS key is registered with us,
    /// and `height` is that of the next block; both matter for a purge alone.
    ///
    /// # Errors
    /// The event's block was not read yet.
    pub fn opinion(
        &self,
        event: &L2Event,
        height: Height,
        registered: &dyn RegisteredSince,
    ) -> Result<Opinion, NotReached> {
        if event.source.l2_height > self.parts.newest {
            return Err(NotReached {
                l2_height: event.source.l2_height,
                newest: self.parts.newest,
            });
        }
        let agrees = match &event.kind {
            L2EventKind::PurgeMissingServiceNode { bls_key } => {
                let is_due =
                    event.source.chain_id == self.parts.chain_id && self.is_purge_block(event.source.l2_height);
                is_due && self.is_missing(bls_key, height, registered)
            }
            _ => self.saw(event),
        };
        Ok(if agrees { Opinion::Yes } else { Opinion::No })
    }

    /// True when the identical event is in the history.
    fn saw(&self, event: &L2Event) -> bool {
        let at = |log_index| LogPosition {
            l2_height: event.source.l2_height,
            log_index,
        };
        let mut of_block = self.parts.logs.range(at(0)..=at(u64::MAX));
        of_block.any(|(_, log)| log.event.as_ref() == Some(event))
    }

    /// True when a node that has been registered long enough is not the contract's. An empty list tells nothing.
    fn is_missing(&self, key: &BlsPublicKey, height: Height, registered: &dyn RegisteredSince) -> bool {
        let old_enough = registered
            .registered_since(key)
            .is_some_and(|since| height.since(since) >= self.parts.purge_minimum_age_blocks);
        old_enough && !self.members.is_empty() && !self.members.contains(key)
    }

    /// True for the blocks in which everybody looks for missing nodes: what is found in any other would be reported by one node
    /// alone.
    const fn is_purge_block(&self, l2_height: u64) -> bool {
        l2_height > 0 && floor_multiple(l2_height, self.parts.purge_blocks) == l2_height
    }

    /// Reports of the nodes among `registered` that the contract did not know when its list was read.
    #[must_use]
    pub fn purges(&self, height: Height, registered: &BTreeMap<BlsPublicKey, Height>) -> Vec<L2Event> {
        let Some(list) = self.parts.list.as_ref().filter(|list| self.is_purge_block(list.as_of)) else {
            return Vec::new();
        };
        let missing = registered.keys().filter(|key| self.is_missing(key, height, registered));
        missing
            .map(|bls_key| L2Event {
                source: L2Source {
                    chain_id: self.parts.chain_id,
                    l2_height: list.as_of,
                },
                kind: L2EventKind::PurgeMissingServiceNode { bls_key: *bls_key },
            })
            .collect()
    }
}

/// Who is registered on our chain.
pub trait RegisteredSince {
    /// The height at which the node with this BLS key was registered; `None` when there is none.
    fn registered_since(&self, key: &BlsPublicKey) -> Option<Height>;
}

impl RegisteredSince for BTreeMap<BlsPublicKey, Height> {
    fn registered_since(&self, key: &BlsPublicKey) -> Option<Height> {
        self.get(key).copied()
    }
}

/// The greatest multiple of `step` at or below `height`; `height` itself when `step` is 0.
#[must_use]
pub const fn floor_multiple(height: u64, step: u64) -> u64 {
    match height.checked_rem(step) {
        Some(rest) => height.saturating_sub(rest),
        None => height,
    }
}

#[cfg(test)]
mod tests;
