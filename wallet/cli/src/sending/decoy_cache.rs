//! What is known of the chain's outputs, so that a second payment does not download it again.

use crate::daemon::{Daemon, DaemonError};
use oxen_types::{GlobalOutputIndex, Hash, Height};
use oxen_wallet_core::decoys::{DistributionError, OutputDistribution};
use std::collections::BTreeSet;
use thiserror::Error;

/// Why there are no decoys.
#[derive(Debug, Error)]
pub enum DecoyError {
    /// The daemon failed.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// What it said makes no sense.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
}

/// Outputs of each block, and outputs that are no decoys.
#[derive(Debug, Clone, Default)]
pub struct DecoyCache {
    /// Outputs up to and with each block, from the genesis block on.
    cumulative: Vec<u64>,
    /// Id of the last of these blocks.
    tip: Hash,
    blacklist: BTreeSet<GlobalOutputIndex>,
}

impl DecoyCache {
    /// Brings it up to the daemon's top, and gives the distribution of now.
    ///
    /// # Errors
    /// [`DecoyError`].
    pub async fn update(&mut self, daemon: &Daemon) -> Result<OutputDistribution, DecoyError> {
        let next = Height::new(self.cumulative.len() as u64);
        let mut counts = daemon.output_counts(next).await?;
        if counts.first != next || (next > Height::GENESIS && counts.parent != self.tip) {
            // The chain that was known is not the daemon's any more.
            *self = Self::default();
            counts = daemon.output_counts(Height::GENESIS).await?;
        }
        if counts.first.index() != self.cumulative.len() as u64 {
            let reason = "it does not begin where it was asked to".to_owned();
            return Err(DaemonError::Unreadable {
                method: "the output distribution",
                reason,
            }
            .into());
        }
        if !counts.counts.is_empty() {
            self.cumulative.extend(counts.cumulative());
            self.tip = counts.tip;
        }
        let after_last = self.blacklist.last().map_or(0, |last| last.index().saturating_add(1));
        let blacklist = daemon.decoy_blacklist(GlobalOutputIndex::new(after_last)).await?;
        self.blacklist.extend(blacklist.indices());
        Ok(OutputDistribution::new(Height::GENESIS, self.cumulative.clone())?)
    }

    /// Outputs that are no decoys.
    #[must_use]
    pub const fn blacklist(&self) -> &BTreeSet<GlobalOutputIndex> {
        &self.blacklist
    }
}
