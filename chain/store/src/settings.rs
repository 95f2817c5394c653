//! What an operator may choose.

use crate::backend::RocksSettings;
use std::time::Duration;

/// What is lost when the *power* fails or the operating system crashes. Whatever is chosen, the end of the process alone loses
/// no commit that was reported as done, and after either the database opens to the state after some commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing: every commit waits until the disk holds it, which takes milliseconds.
    EveryCommit,
    /// Commits of at most this long before: one waits for the disk, and takes all before it along, if none has for this long.
    /// With a second, a node that follows the chain waits for every block, one that synchronises for one block a second.
    Interval(Duration),
}

/// How a store works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreSettings {
    /// What loss of power may cost.
    pub durability: Durability,
    /// How many of the newest blocks can be taken back; at least 1.
    pub undo_blocks: u64,
    /// Bytes that must be free on the disk before anything is written: RocksDB needs room to tidy up, and a disk that is
    /// really full ends a process in worse ways than this refusal.
    pub reserve_bytes: u64,
    /// Memory and log of RocksDB.
    pub rocks: RocksSettings,
}

impl StoreSettings {
    /// Blocks that can be taken back unless an operator chooses otherwise: two weeks of them. Checkpoints make blocks
    /// immutable some ten blocks deep, and a blink never rolls back more than a hundred (chain §4.12, §5.4): the rest is for
    /// networks without checkpoints and for operators who pop blocks. They take ten to thirty megabytes.
    pub const DEFAULT_UNDO_BLOCKS: u64 = 10_000;
    /// Bytes that stay free unless an operator chooses otherwise: 128 MiB, four times the log.
    pub const DEFAULT_RESERVE_BYTES: u64 = 128 * 1024 * 1024;
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            durability: Durability::Interval(Duration::from_secs(1)),
            undo_blocks: Self::DEFAULT_UNDO_BLOCKS,
            reserve_bytes: Self::DEFAULT_RESERVE_BYTES,
            rocks: RocksSettings::default(),
        }
    }
}
