//! Making blocks by Pulse: what a producer asks of the chain, and what a validator asks before it signs.

use crate::{chain::SubmitBlockError, l2_templates::NoL2Values};
use oxen_state::{BlockError, ViewError};
use oxen_types::{Block, Hash, PublicKey, Timestamp};
use thiserror::Error;

/// A block that its quorum waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PulseTemplateRequest {
    /// The block to build on; it must be the tip.
    pub parent: Hash,
    /// Earliest and latest time that the block may have, both included; our clock is moved into it. `None` where the network
    /// does not check (pulse §4.3).
    pub window: Option<(Timestamp, Timestamp)>,
    /// Primary key of the service node that makes it.
    pub producer: PublicKey,
}

/// Why there is no template.
#[derive(Debug, Error)]
pub enum PulseTemplateError {
    /// Another block is the tip.
    #[error("{parent} is not the tip: it is {tip}")]
    NotTheTip {
        /// The block to build on.
        parent: Hash,
        /// The tip.
        tip: Hash,
    },
    /// The node has no word on L2, without which it makes no block from HF21 on.
    #[error("no block is made: {0}")]
    L2(#[from] NoL2Values),
    /// The state could not be read.
    #[error(transparent)]
    State(#[from] BlockError),
}

impl From<ViewError> for PulseTemplateError {
    fn from(error: ViewError) -> Self {
        Self::State(error.into())
    }
}

/// Makes and checks the blocks of Pulse quorums. Calls do work on the CPU.
pub trait PulseBlocks: Send + Sync {
    /// A block with the best transactions of the pool, that lacks round, participants, random value and signatures.
    ///
    /// # Errors
    /// It cannot be built.
    fn pulse_template(&self, request: &PulseTemplateRequest) -> Result<Block, PulseTemplateError>;

    /// Checks a producer's template against every rule but the signatures that it does not have yet. `transactions` are those
    /// of its transactions that the pool does not have; nothing is kept.
    ///
    /// # Errors
    /// The first rule it breaks.
    fn check_pulse_template(&self, template: &Block, transactions: &[Vec<u8>]) -> Result<(), SubmitBlockError>;
}
