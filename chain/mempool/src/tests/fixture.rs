//! A pool with everything it needs, and what it told others.

use crate::{
    Mempool, MempoolParts, PoolSettings, PoolStorage, StorageError, StoredBlink, StoredEntry, settings::FeePolicy,
};
use oxen_node_api::{
    Admission, AdmissionError, ChainEvent, ChainFeed, ChainReader, ChainSubscriber, Clock, EventHub, Pool, PoolKeeper,
    Relay, Subscription,
};
use oxen_state::{
    NoServiceNodes, Overlay, ServiceNodeRules, TransactionError, View, ViewError,
    service_nodes::{BlockDuties, RewardDuties},
    transaction::CheckedTransaction,
};
use oxen_testkit::{ManualClock, SharedChain, TestChain, Transfer, TransferBuilder};
use oxen_types::{Block, Hash, Height};
use oxen_verifier::ProofVerifier;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// A pool on a chain.
pub(super) struct Fixture {
    pub(super) chain: SharedChain,
    pub(super) clock: Arc<ManualClock>,
    pub(super) verifier: Arc<ProofVerifier>,
    pub(super) storage: Arc<StorageInMemory>,
    pub(super) events: Arc<Recorder>,
    pub(super) pool: Arc<Mempool>,
    _subscription: Subscription,
}

/// What differs between fixtures.
pub(super) struct Plan {
    pub(super) chain: TestChain,
    pub(super) settings: PoolSettings,
    pub(super) service_nodes: Arc<dyn ServiceNodeRules + Send + Sync>,
    pub(super) storage: Arc<StorageInMemory>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            chain: TestChain::mature(),
            settings: PoolSettings::default(),
            service_nodes: Arc::new(NoServiceNodes),
            storage: Arc::default(),
        }
    }
}

impl Plan {
    pub(super) fn free_of_charge(mut self) -> Self {
        self.settings.fees = FeePolicy::Free;
        self
    }

    /// Starts the pool on the chain as it is.
    pub(super) fn start(self) -> Fixture {
        self.start_reading(|chain| chain)
    }

    /// Starts the pool with something between it and the chain.
    pub(super) fn start_reading<R: ChainReader + 'static>(self, reader: impl FnOnce(SharedChain) -> R) -> Fixture {
        let clock = Arc::new(ManualClock::at(self.chain.now()));
        let verifier = Arc::new(ProofVerifier::default());
        let hub = Arc::new(EventHub::new());
        let events = Arc::new(Recorder::default());
        let subscription = hub.subscribe(Arc::clone(&events) as Arc<dyn ChainSubscriber>);
        let chain = SharedChain::new(self.chain);
        let pool = Mempool::new(MempoolParts {
            chain: Arc::new(reader(chain.clone())),
            service_nodes: self.service_nodes,
            verifier: Arc::clone(&verifier),
            clock: Arc::clone(&clock) as Arc<dyn oxen_node_api::Clock>,
            events: hub,
            storage: Arc::clone(&self.storage) as Arc<dyn PoolStorage>,
            settings: self.settings,
        });
        Fixture {
            chain,
            clock,
            verifier,
            storage: self.storage,
            events,
            pool: Arc::new(pool),
            _subscription: subscription,
        }
    }
}

impl Fixture {
    pub(super) fn new() -> Self {
        Plan::default().start()
    }

    pub(super) fn submit(&self, transfer: &Transfer) -> Result<Admission, AdmissionError> {
        self.pool.submit(&transfer.blob(), Relay::Relay)
    }

    /// Submits a transfer that must be taken.
    pub(super) fn add(&self, transfer: &Transfer) {
        let id = transfer.id();
        assert_eq!(self.submit(transfer).unwrap(), Admission::Added { id });
    }

    /// A new valid transfer.
    pub(super) fn transfer(&self) -> Transfer {
        TransferBuilder::new().build(&mut self.chain.lock())
    }

    /// Another transfer of the same outputs.
    pub(super) fn rival(&self, transfer: &Transfer) -> Transfer {
        TransferBuilder::new()
            .spending(&transfer.spent)
            .seed(99)
            .build(&mut self.chain.lock())
    }

    /// Mines a block and tells the pool, as the writer does.
    pub(super) fn mine(&self, transactions: &[Arc<CheckedTransaction>]) {
        self.chain.lock().mine(transactions);
        self.pool.on_committed(transactions);
    }

    /// Takes blocks back and tells the pool, oldest transaction first.
    pub(super) fn revert(&self, count: usize) {
        let reverted = self.chain.lock().revert(count);
        let transactions: Vec<_> = reverted
            .iter()
            .rev()
            .flat_map(|mined| mined.block.transactions().to_vec())
            .collect();
        self.pool.on_reverted(&transactions);
    }

    /// Drops what is due by the clock.
    pub(super) fn expire(&self) -> usize {
        self.pool.expire(self.clock.now())
    }

    pub(super) fn ids(&self) -> Vec<Hash> {
        self.pool
            .transactions()
            .iter()
            .map(|one| one.transaction.id())
            .collect()
    }

    pub(super) fn candidates(&self) -> Vec<Hash> {
        self.pool.candidates().iter().map(|one| one.id()).collect()
    }
}

/// Remembers what the pool told.
#[derive(Default)]
pub(super) struct Recorder(Mutex<Vec<ChainEvent>>);

impl Recorder {
    /// What was told since the last call.
    pub(super) fn take(&self) -> Vec<ChainEvent> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl ChainSubscriber for Recorder {
    fn on_event(&self, event: &ChainEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

/// The copy on disk, in memory; fails when told to.
#[derive(Default)]
pub(super) struct StorageInMemory {
    entries: Mutex<BTreeMap<Hash, StoredEntry>>,
    blinks: Mutex<BTreeMap<Hash, StoredBlink>>,
    broken: AtomicBool,
}

impl StorageInMemory {
    /// From now on nothing can be written.
    pub(super) fn break_down(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }

    pub(super) fn blinks(&self) -> Vec<Hash> {
        self.blinks.lock().unwrap().keys().copied().collect()
    }

    pub(super) fn ids(&self) -> Vec<Hash> {
        self.entries.lock().unwrap().keys().copied().collect()
    }

    /// Changes what is kept, as a damaged disk would.
    pub(super) fn change(&self, id: &Hash, change: impl FnOnce(&mut StoredEntry)) {
        change(self.entries.lock().unwrap().get_mut(id).unwrap());
    }
}

impl PoolStorage for StorageInMemory {
    fn load(&self) -> Result<Vec<(Hash, StoredEntry)>, StorageError> {
        let entries = self.entries.lock().unwrap();
        Ok(entries.iter().map(|(id, entry)| (*id, entry.clone())).collect())
    }

    fn update(&self, put: &[(Hash, StoredEntry)], remove: &[Hash]) -> Result<(), StorageError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(StorageError("the disk is full".into()));
        }
        let mut entries = self.entries.lock().unwrap();
        for id in remove {
            entries.remove(id);
        }
        entries.extend(put.iter().cloned());
        Ok(())
    }

    fn load_blinks(&self) -> Result<Vec<(Hash, StoredBlink)>, StorageError> {
        let blinks = self.blinks.lock().unwrap();
        Ok(blinks.iter().map(|(id, blink)| (*id, blink.clone())).collect())
    }

    fn update_blinks(&self, put: &[(Hash, StoredBlink)], remove: &[Hash]) -> Result<(), StorageError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(StorageError("the disk is full".into()));
        }
        let mut blinks = self.blinks.lock().unwrap();
        blinks.retain(|id, _| !remove.contains(id));
        blinks.extend(put.iter().cloned());
        Ok(())
    }
}

/// A registry that lets every transaction pass.
pub(super) struct AnythingGoes;

impl ServiceNodeRules for AnythingGoes {
    fn block_duties(&self, _: &dyn View, _: Height, _: u8) -> Result<BlockDuties, ViewError> {
        Ok(BlockDuties::default())
    }

    fn check_transaction(&self, _: &dyn View, _: &CheckedTransaction, _: Height) -> Result<(), TransactionError> {
        Ok(())
    }

    fn apply_block(
        &self,
        _: &mut Overlay<&dyn View>,
        _: &Block,
        _: &Hash,
        _: &[&CheckedTransaction],
        _: Height,
    ) -> Result<RewardDuties, ViewError> {
        Ok(RewardDuties::default())
    }
}

/// Bytes of a transaction that moves no money, different for each number.
pub(super) fn state_change(number: u8) -> Vec<u8> {
    // Version 4, no unlock times, unlock time 0, no inputs, no outputs, extra with a nonce, type 1.
    vec![4, 0, 0, 0, 0, 3, 2, 1, number, 1]
}
