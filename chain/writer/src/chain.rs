//! The chain as others see it.

use crate::{branches::Alternatives, candidate::Candidate};
use oxen_node_api::{
    AlternativeChain, AlternativeReason, BlockOutcome, BlockSubmission, ChainEvent, ChainReader, ChainWriter,
    CheckpointOutcome, Clock, EventHub, L2Refusal, L2Templates, NoL2Values, PoolKeeper, Snapshot, SubmitBlockError,
    SubmitCheckpointError,
};
use oxen_state::{
    Applied, BlockError, Overlay, Rules, ServiceNodeRules, UntrustedBlock, View, ViewError, WorkHash, apply,
    apply_genesis,
    block::{checkpoints::immutable_height, pulse::Completeness, weight::WeightLimits},
    queries,
    template::TemplateL2,
    transaction::CheckedTransaction,
};
use oxen_store::{ChainStore, Commit, CommitError, StoreError, Tip};
use oxen_types::{
    Block, Checkpoint, Hash, Height, Network,
    network::{HardForkVersion, constants::FULL_REWARD_ZONE_WEIGHT},
};
use oxen_verifier::ProofVerifier;
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicU64, Ordering},
};
use thiserror::Error;

/// What the writer works with.
pub struct ChainParts {
    /// Parameters.
    pub network: Arc<Network>,
    /// The database.
    pub store: ChainStore,
    /// The registry of service nodes.
    pub service_nodes: Arc<dyn ServiceNodeRules + Send + Sync>,
    /// Verifies proofs, shared with the pool.
    pub verifier: Arc<ProofVerifier>,
    /// The proof-of-work hash.
    pub work: Arc<dyn WorkHash + Send + Sync>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where blocks are told.
    pub events: Arc<EventHub>,
}

/// Why the chain could not be taken up.
#[derive(Debug, Error)]
pub enum OpenChainError {
    /// The network's genesis block is not one.
    #[error("the genesis block of this network is invalid: {0}")]
    Genesis(BlockError),
    /// The database holds another chain.
    #[error(
        "the database holds a chain with genesis block {found}, this network starts with {expected}; choose another --data-dir"
    )]
    OtherGenesis {
        /// Genesis id of the network.
        expected: Hash,
        /// Genesis id found.
        found: Hash,
    },
    /// The database failed.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The first block could not be written.
    #[error("the genesis block could not be stored: {0}")]
    Commit(#[from] CommitError),
    /// The blocks beside the main chain could not be read.
    #[error("the blocks beside the main chain could not be read: {0}")]
    Alternatives(#[from] StoreError),
}

/// The chain: one database, one writer, any number of readers.
pub struct Chain {
    pub(crate) parts: ChainParts,
    /// Set once the pool exists, which itself needs the chain.
    pool: OnceLock<Arc<dyn PoolKeeper>>,
    /// Set once on a node that follows L2.
    l2: OnceLock<Arc<dyn L2Templates>>,
    /// Held by whoever writes.
    writer: Mutex<()>,
    /// The branches beside the main chain: replaced by the writer once the database has them, held for an instant only.
    alternatives: Mutex<Arc<Alternatives>>,
    /// The highest height that was immutable since the start.
    immutable: AtomicU64,
}

/// Bytes that a block may be larger than the heaviest block is heavy, before anybody decodes it (chain §4.5).
const SIZE_LEEWAY: u64 = 100;

impl Chain {
    /// Takes up the chain of the database, or starts it with the genesis block.
    ///
    /// # Errors
    /// The database failed or holds another chain.
    pub fn open(parts: ChainParts) -> Result<Self, OpenChainError> {
        let snapshot = parts.store.snapshot();
        match parts.store.tip() {
            None => {
                let delta = apply_genesis(&parts.network).map_err(OpenChainError::Genesis)?;
                let tip = Tip {
                    height: Height::GENESIS,
                    id: parts.network.genesis.block_id,
                };
                let commit = Commit::block(None, tip, delta, oxen_state::Undo::default());
                parts.store.commit(&commit)?;
            }
            Some(_) => {
                let found = queries::block_row(&*snapshot, Height::GENESIS)?
                    .map(|row| row.id)
                    .unwrap_or_default();
                if found != parts.network.genesis.block_id {
                    return Err(OpenChainError::OtherGenesis {
                        expected: parts.network.genesis.block_id,
                        found,
                    });
                }
            }
        }
        let alternatives = Alternatives::load(&parts.store)?;
        Ok(Self {
            parts,
            pool: OnceLock::new(),
            l2: OnceLock::new(),
            writer: Mutex::new(()),
            alternatives: Mutex::new(Arc::new(alternatives)),
            immutable: AtomicU64::new(0),
        })
    }

    /// Tells the writer of the pool, once. Until then blocks must come with their transactions.
    pub fn set_pool(&self, pool: Arc<dyn PoolKeeper>) {
        if self.pool.set(pool).is_err() {
            tracing::debug!("the pool was set before; the first one stays");
        }
    }

    /// Tells the writer who reads L2, once. Until then its blocks repeat what the block before says of L2.
    pub fn set_l2(&self, l2: Arc<dyn L2Templates>) {
        if self.l2.set(l2).is_err() {
            tracing::debug!("who reads L2 was set before; the first one stays");
        }
    }

    /// What the block at `height` is to say of L2.
    pub(crate) fn template_l2(
        &self,
        view: &dyn View,
        height: Height,
        candidates: &[Arc<CheckedTransaction>],
    ) -> Result<TemplateL2, NoL2Values> {
        if self.parts.network.forks.version_at(height).version < HardForkVersion::ETHEREUM {
            return Ok(TemplateL2::default());
        }
        let waiting: Vec<Arc<CheckedTransaction>> = candidates
            .iter()
            .filter(|candidate| candidate.transaction().prefix.kind.is_l2_event())
            .cloned()
            .collect();
        match self.l2.get() {
            Some(l2) => l2.values(view, height, &waiting),
            None => Ok(TemplateL2::default()),
        }
    }

    /// Whether this node gives its word for what a template says of L2; a node that was told of no reader has none to give and
    /// leaves that to others.
    pub(crate) fn check_l2(
        &self,
        view: &dyn View,
        template: &Block,
        transactions: &[Arc<CheckedTransaction>],
    ) -> Result<(), L2Refusal> {
        match (&template.header.l2, self.l2.get()) {
            (Some(header), Some(l2)) => l2.check(view, header.height, template, transactions),
            _ => Ok(()),
        }
    }

    /// The database.
    #[must_use]
    pub const fn store(&self) -> &ChainStore {
        &self.parts.store
    }

    pub(crate) fn pool(&self) -> Option<&Arc<dyn PoolKeeper>> {
        self.pool.get()
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The branches beside the main chain as they are now.
    pub(crate) fn alternatives(&self) -> Arc<Alternatives> {
        Arc::clone(&self.alternatives.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn set_alternatives(&self, next: Alternatives) {
        *self.alternatives.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
    }

    /// Replaces the branches beside the main chain.
    pub(crate) fn replace_alternatives(&self, next: Alternatives) -> Result<(), SubmitBlockError> {
        let rows = next.rows_since(&self.alternatives());
        self.parts
            .store
            .write_auxiliary(&rows)
            .map_err(|error| self.storage_failed(error))?;
        self.set_alternatives(next);
        Ok(())
    }

    /// The rules as of now.
    pub(crate) fn rules(&self) -> Rules<'_> {
        Rules {
            network: &self.parts.network,
            service_nodes: &*self.parts.service_nodes,
            proofs: &*self.parts.verifier,
            work: &*self.parts.work,
            now: self.parts.clock.now(),
        }
    }

    /// The height at and below which blocks stay: final by checkpoints, or so deep that what takes them back is forgotten.
    pub(crate) fn floor(&self, view: &dyn View) -> Result<Height, SubmitBlockError> {
        let tip = queries::totals(view).map_err(BlockError::View)?.tip;
        let immutable = immutable_height(view, &self.parts.network, tip).map_err(BlockError::View)?;
        // What was final once stays final, although checkpoints go with blocks that are taken back (pulse §9.5).
        let immutable = immutable.unwrap_or_default().index();
        let immutable = Height::new(self.immutable.fetch_max(immutable, Ordering::Relaxed).max(immutable));
        let oldest_undo = self
            .parts
            .store
            .snapshot()
            .oldest_undo()
            .map_err(|error| SubmitBlockError::Storage(Box::new(error)))?;
        let unknown = oldest_undo.map_or(tip, |oldest| oldest.previous().unwrap_or_default());
        Ok(unknown.max(immutable))
    }

    /// Refuses what is larger than any block may be, before it is decoded.
    fn check_size(&self, block: &[u8]) -> Result<(), SubmitBlockError> {
        let bytes = block.len() as u64;
        if bytes <= 2 * FULL_REWARD_ZONE_WEIGHT + SIZE_LEEWAY {
            return Ok(());
        }
        let snapshot = self.parts.store.snapshot();
        let totals = queries::totals(&*snapshot).map_err(BlockError::View)?;
        let limits = WeightLimits::of_next_block(&*snapshot, &totals).map_err(BlockError::View)?;
        let limit = limits.limit().bytes().saturating_add(SIZE_LEEWAY);
        if bytes > limit {
            return Err(SubmitBlockError::TooLarge { bytes, limit });
        }
        Ok(())
    }

    /// Puts a block on the tip.
    fn extend(
        &self,
        block: UntrustedBlock,
        given: &[Vec<u8>],
        checkpoint: Option<Checkpoint>,
    ) -> Result<BlockOutcome, SubmitBlockError> {
        let snapshot = self.parts.store.snapshot();
        let view: &dyn View = &*snapshot;
        let candidate = Candidate::assemble(self, view, block, given, Completeness::Complete)?;
        let Applied { mut delta, undo, .. } = apply(view, &self.rules(), &candidate.block)?;
        let height = queries::totals(view).map_err(BlockError::View)?.tip.next();
        let tip = Tip {
            height,
            id: candidate.block.id(),
        };
        if let Some(checkpoint) = checkpoint {
            let mut state = Overlay::new(view);
            self.attach_checkpoint(&mut state, &checkpoint, tip)?;
            delta.append(state.into_delta());
        }
        let mut alternatives = Alternatives::clone(&self.alternatives());
        if !alternatives.is_empty() {
            alternatives.remove(&tip.id);
            alternatives.trim(self.floor(view)?);
        }
        self.commit(Commit::block(self.parts.store.tip(), tip, delta, undo), alternatives)?;
        self.announce_committed(height, &candidate);
        Ok(BlockOutcome::Extended { id: tip.id, height })
    }

    /// Writes a commit together with the branches beside the main chain after it.
    pub(crate) fn commit(&self, commit: Commit, alternatives: Alternatives) -> Result<(), SubmitBlockError> {
        let rows = alternatives.rows_since(&self.alternatives());
        self.parts
            .store
            .commit(&commit.with_auxiliary(rows))
            .map_err(|error| self.storage_failed(error))?;
        self.set_alternatives(alternatives);
        Ok(())
    }

    /// A failed write stops the node: whoever listens hears of it, because the caller may be a peer.
    fn storage_failed(&self, error: impl std::error::Error + Send + Sync + 'static) -> SubmitBlockError {
        if self.parts.store.is_stopped() {
            let reason = error.to_string().into();
            self.parts.events.publish(&ChainEvent::StorageStopped { reason });
        }
        SubmitBlockError::Storage(Box::new(error))
    }

    pub(crate) fn announce_committed(&self, height: Height, candidate: &Candidate) {
        if let Some(pool) = self.pool() {
            pool.on_committed(candidate.block.transactions());
        }
        self.parts.events.publish(&ChainEvent::Committed {
            height,
            id: candidate.block.id(),
            transactions: candidate.block.block().transaction_ids.clone(),
        });
    }
}

impl ChainReader for Chain {
    fn network(&self) -> &Arc<Network> {
        &self.parts.network
    }

    fn snapshot(&self) -> Snapshot {
        self.parts.store.snapshot()
    }

    fn alternative_block(&self, id: &Hash) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.alternatives().block_bytes(id))
    }

    fn alternative_chains(&self) -> Result<Vec<AlternativeChain>, ViewError> {
        let snapshot = self.parts.store.snapshot();
        self.alternatives().chains(&*snapshot)
    }

    fn database_bytes(&self) -> u64 {
        self.parts
            .store
            .statistics()
            .map_or(0, |statistics| statistics.disk_bytes)
    }
}

impl ChainWriter for Chain {
    fn submit_block(&self, mut submission: BlockSubmission) -> Result<BlockOutcome, SubmitBlockError> {
        self.check_size(&submission.block)?;
        let block = UntrustedBlock::from_blob(&submission.block)?;
        let id = block.id();
        let _writing = self.lock();
        let snapshot = self.parts.store.snapshot();
        let known = queries::block_height(&*snapshot, &id)
            .map_err(BlockError::View)?
            .is_some();
        if known {
            return Ok(BlockOutcome::AlreadyKnown { id });
        }
        let on_tip = |tip: Tip| tip.id == block.block().header.previous;
        if self.parts.store.tip().is_some_and(on_tip) {
            if let Some(kept) = self.alternatives().get(&id) {
                submission.transactions.extend(kept.stored.transactions.iter().cloned());
            }
            if !self.waits_for_checkpoint(&block, &submission) {
                return self.extend(block, &submission.transactions, submission.checkpoint);
            }
        }
        self.submit_alternative(&*snapshot, &block, submission)
    }

    fn verify_ahead(&self, next: &[BlockSubmission]) {
        self.verify_proofs_ahead(next);
    }

    fn add_checkpoint(&self, checkpoint: Checkpoint) -> Result<CheckpointOutcome, SubmitCheckpointError> {
        let _writing = self.lock();
        self.keep_checkpoint(checkpoint)
    }

    fn pop_blocks(&self, count: u64) -> Result<Height, SubmitBlockError> {
        let _writing = self.lock();
        self.revert_newest(count)
    }

    fn pop_blocks_from(&self, lowest: Height) -> Result<Height, SubmitBlockError> {
        let _writing = self.lock();
        let tip = self.parts.store.tip().map(|tip| tip.height).unwrap_or_default();
        self.revert_newest(tip.next().since(lowest))
    }
}

/// Refuses a block beside the main chain.
pub(crate) const fn refused(id: Hash, reason: AlternativeReason) -> SubmitBlockError {
    SubmitBlockError::Refused { id, reason }
}
