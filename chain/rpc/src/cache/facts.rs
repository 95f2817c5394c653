//! What follows from the newest block, computed once for each.

use super::lock;
use oxen_node_api::Snapshot;
use oxen_state::{
    ViewError,
    apply::next_difficulty,
    block::{checkpoints::immutable_height, weight::WeightLimits},
    names::{NameCounts, name_counts},
    queries,
    tables::{BlockRow, TotalsRow},
};
use oxen_types::{Hash, Height, Network, network::HardFork};
use std::sync::{Arc, Mutex, OnceLock};

/// The chain at one newest block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChainFacts {
    pub(crate) totals: TotalsRow,
    pub(crate) tip: BlockRow,
    /// The fork that the next block obeys.
    pub(crate) next_fork: HardFork,
    /// Difficulty of the next block if it is mined.
    pub(crate) next_difficulty: u128,
    pub(crate) limits: WeightLimits,
    /// The newest block that may not be replaced.
    pub(crate) immutable: Option<(Height, Hash)>,
    /// Counted when somebody asks: all names are looked at.
    names: OnceLock<NameCounts>,
}

impl ChainFacts {
    fn compute(snapshot: &Snapshot, network: &Network, totals: TotalsRow, tip: BlockRow) -> Result<Self, ViewError> {
        let next = totals.tip.next();
        let immutable = match immutable_height(&**snapshot, network, totals.tip)? {
            Some(height) => queries::block_row(&**snapshot, height)?.map(|row| (height, row.id)),
            None => None,
        };
        Ok(Self {
            next_fork: network.forks.version_at(next),
            next_difficulty: next_difficulty(&**snapshot, network, next)?,
            limits: WeightLimits::of_next_block(&**snapshot, &totals)?,
            totals,
            tip,
            immutable,
            names: OnceLock::new(),
        })
    }

    /// Names that are registered in the next block; `snapshot` is the one that these facts are of.
    pub(crate) fn names(&self, snapshot: &Snapshot) -> Result<NameCounts, ViewError> {
        if let Some(known) = self.names.get() {
            return Ok(*known);
        }
        let counts = name_counts(&**snapshot, self.height().next())?;
        Ok(*self.names.get_or_init(|| counts))
    }

    /// Height of the newest block.
    pub(crate) const fn height(&self) -> Height {
        self.totals.tip
    }

    /// Number of blocks.
    pub(crate) const fn block_count(&self) -> u64 {
        self.totals.tip.next().index()
    }
}

/// The facts of the newest block that was asked for.
#[derive(Default)]
pub(crate) struct FactsCache(Mutex<Option<Arc<ChainFacts>>>);

impl FactsCache {
    /// Facts of the snapshot's newest block.
    pub(crate) fn of(&self, snapshot: &Snapshot, network: &Network) -> Result<Arc<ChainFacts>, ViewError> {
        let totals = queries::totals(&**snapshot)?;
        let known = lock(&self.0).clone();
        if let Some(known) = known
            && known.totals == totals
        {
            // Two chains of the same totals differ in their newest block.
            let id = queries::block_row(&**snapshot, totals.tip)?.map(|row| row.id);
            if id == Some(known.tip.id) {
                return Ok(known);
            }
        }
        let (_, tip) = queries::tip(&**snapshot)?;
        let facts = Arc::new(ChainFacts::compute(snapshot, network, totals, tip)?);
        *lock(&self.0) = Some(Arc::clone(&facts));
        Ok(facts)
    }
}
