//! How many RingCT outputs the chain had after each block (rpc `get_output_distribution`, cumulative).

use oxen_types::{GlobalOutputIndex, Height};
use thiserror::Error;

/// Why a distribution cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DistributionError {
    /// A later block has fewer outputs than an earlier one.
    #[error("the daemon's output distribution decreases at height {height}: ask another daemon")]
    Decreasing {
        /// The later block.
        height: Height,
    },
    /// Fewer blocks than a young output must wait.
    #[error("the chain has too few blocks to hide an input: wait until there are more than {needed}")]
    TooShort {
        /// Blocks that are needed.
        needed: usize,
    },
    /// The wallet owns an output that the daemon has not heard of.
    #[error("the daemon knows fewer outputs ({known}) than this wallet owns: it is behind or not to be trusted")]
    MissesOwnOutput {
        /// Outputs of the distribution.
        known: u64,
    },
}

/// The number of outputs after each block, from the genesis block or a later first block on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutputDistribution {
    first: Height,
    cumulative: Vec<u64>,
}

impl OutputDistribution {
    /// Takes the daemon's numbers: `cumulative[i]` outputs exist after block `first + i`.
    ///
    /// # Errors
    /// [`DistributionError::Decreasing`].
    pub fn new(first: Height, cumulative: Vec<u64>) -> Result<Self, DistributionError> {
        let pairs = cumulative.iter().zip(cumulative.iter().skip(1)).zip(1_u64..);
        for ((before, after), offset) in pairs {
            if after < before {
                return Err(DistributionError::Decreasing {
                    height: first.saturating_add(offset),
                });
            }
        }
        Ok(Self { first, cumulative })
    }

    /// Height of the first block that is counted.
    #[must_use]
    pub const fn first(&self) -> Height {
        self.first
    }

    /// The counts.
    #[must_use]
    pub fn cumulative(&self) -> &[u64] {
        &self.cumulative
    }

    /// Number of blocks.
    #[must_use]
    pub const fn blocks(&self) -> usize {
        self.cumulative.len()
    }

    /// All outputs.
    #[must_use]
    pub fn outputs(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(0)
    }

    /// Checks that the daemon knows this output of ours.
    ///
    /// # Errors
    /// [`DistributionError::MissesOwnOutput`].
    pub fn check_knows(&self, output: GlobalOutputIndex) -> Result<(), DistributionError> {
        if output.index() < self.outputs() {
            Ok(())
        } else {
            Err(DistributionError::MissesOwnOutput { known: self.outputs() })
        }
    }
}
