//! `quorums.json`: who voted and who made blocks.

use oxen_types::{Height, PublicKey};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a quorum is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(from = "u8")]
pub enum QuorumKind {
    /// Tests nodes and votes on their states.
    Obligations,
    /// Signs checkpoints; listed under the height that it votes on.
    Checkpointing,
    /// Signs blinks.
    Blink,
    /// Makes a block; listed under its height.
    Pulse,
    /// One that this program does not know.
    Unknown(u8),
}

impl From<u8> for QuorumKind {
    fn from(number: u8) -> Self {
        match number {
            0 => Self::Obligations,
            1 => Self::Checkpointing,
            2 => Self::Blink,
            3 => Self::Pulse,
            other => Self::Unknown(other),
        }
    }
}

/// The members of a quorum, by position.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedQuorum {
    /// They vote.
    pub validators: Vec<PublicKey>,
    /// They are voted on; the producer of a Pulse quorum.
    pub workers: Vec<PublicKey>,
}

/// An entry of the file.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Entry {
    height: Height,
    quorum_type: QuorumKind,
    quorum: RecordedQuorum,
}

/// All quorums.
#[derive(Debug, Clone, Default)]
pub struct Quorums {
    by_kind: BTreeMap<(QuorumKind, Height), RecordedQuorum>,
}

impl Quorums {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let by_kind = entries
            .into_iter()
            .map(|entry| ((entry.quorum_type, entry.height), entry.quorum))
            .collect();
        Self { by_kind }
    }

    /// The quorum of a kind at a height.
    #[must_use]
    pub fn get(&self, kind: QuorumKind, height: Height) -> Option<&RecordedQuorum> {
        self.by_kind.get(&(kind, height))
    }
}
