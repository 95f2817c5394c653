//! What a network sends, and how long its blocks take.

use oxen_pulse_machine::{Message, RoundId, Stage};
use oxen_types::Hash;
use std::collections::BTreeMap;

/// Messages of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Copies sent.
    pub messages: u64,
    /// Bytes of them, as encoded for the wire.
    pub bytes: u64,
}

/// When a block reached nodes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrivals {
    /// Milliseconds, in order.
    pub times: Vec<u64>,
}

/// Counts while it is on: encoding every message costs.
#[derive(Debug, Default)]
pub struct Meter {
    is_on: bool,
    /// Quorum messages by stage.
    pub quorum: BTreeMap<Stage, Traffic>,
    /// Blocks by id.
    pub blocks: BTreeMap<Hash, Arrivals>,
    /// When the first signature of a round was made.
    pub signatures: BTreeMap<RoundId, u64>,
}

impl Meter {
    /// Counts from now on.
    pub const fn switch_on(&mut self) {
        self.is_on = true;
    }

    pub(crate) fn sent(&mut self, message: &Message, copies: usize) {
        if self.is_on {
            let traffic = self.quorum.entry(message.statement().stage()).or_default();
            traffic.messages += copies as u64;
            traffic.bytes += (message.to_bytes().len() * copies) as u64;
        }
    }

    pub(crate) fn signed(&mut self, now: u64, round: &RoundId) {
        if self.is_on {
            self.signatures.entry(*round).or_insert(now);
        }
    }

    pub(crate) fn arrived(&mut self, now: u64, id: &Hash) {
        if self.is_on {
            self.blocks.entry(*id).or_default().times.push(now);
        }
    }
}
