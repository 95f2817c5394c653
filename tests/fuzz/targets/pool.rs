//! The pool through submissions, blocks, reorganisations, time and restarts, as the input says: its indices, its copy on disk
//! and the chain agree after each step, and what it offers for a block makes a valid one.
#![no_main]
use libfuzzer_sys::{
    arbitrary::{Result, Unstructured},
    fuzz_target,
};
use oxen_mempool::{Mempool, MempoolParts, PoolSettings, PoolStorage, StorageError, StoredBlink, StoredEntry};
use oxen_node_api::{Clock, EventHub, Pool, PoolKeeper, PoolTransaction, Relay, Source};
use oxen_state::{NoServiceNodes, queries, transaction::CheckedTransaction};
use oxen_testkit::{ManualClock, SharedChain, TestChain, TransferBuilder};
use oxen_types::{Amount, Hash, KeyImage, transaction::Weight};
use oxen_verifier::ProofVerifier;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, OnceLock},
};

const MOST_STEPS: usize = 40;

struct Ground {
    chain: TestChain,
    transfers: Vec<(Vec<u8>, Arc<CheckedTransaction>)>,
    /// Shared by all runs, so that each transfer is verified once.
    verifier: Arc<ProofVerifier>,
}

fn ground() -> &'static Ground {
    static GROUND: OnceLock<Ground> = OnceLock::new();
    GROUND.get_or_init(|| {
        let mut chain = TestChain::mature();
        let fee = |number: u64| Amount::from_atomic(30_000_000 + 1_000_000 * number);
        let mut transfers: Vec<_> =
            (0..8).map(|n| TransferBuilder::new().fee(fee(n)).inputs(1 + n as usize % 2).build(&mut chain)).collect();
        for first in 0..4 {
            let spent = transfers[first].spent.clone();
            transfers.push(TransferBuilder::new().spending(&spent[..1]).fee(fee(12)).seed(1).build(&mut chain));
        }
        let transfers = transfers.iter().map(|transfer| (transfer.blob(), transfer.checked())).collect();
        Ground { chain, transfers, verifier: Arc::new(ProofVerifier::new(1_000)) }
    })
}

#[derive(Default)]
struct Disk(Mutex<BTreeMap<Hash, StoredEntry>>);

impl PoolStorage for Disk {
    fn load(&self) -> std::result::Result<Vec<(Hash, StoredEntry)>, StorageError> {
        Ok(self.0.lock().expect("no panic holds it").clone().into_iter().collect())
    }

    fn update(&self, put: &[(Hash, StoredEntry)], remove: &[Hash]) -> std::result::Result<(), StorageError> {
        let mut entries = self.0.lock().expect("no panic holds it");
        for id in remove {
            entries.remove(id);
        }
        entries.extend(put.iter().cloned());
        Ok(())
    }

    // No quorum approves anything here: what would be written is a defect.
    fn load_blinks(&self) -> std::result::Result<Vec<(Hash, StoredBlink)>, StorageError> {
        Ok(Vec::new())
    }

    fn update_blinks(&self, put: &[(Hash, StoredBlink)], _: &[Hash]) -> std::result::Result<(), StorageError> {
        assert!(put.is_empty(), "nothing was approved");
        Ok(())
    }
}

struct Run {
    chain: SharedChain,
    clock: Arc<ManualClock>,
    disk: Arc<Disk>,
    pool: Mempool,
}

fn pool(chain: &SharedChain, clock: &Arc<ManualClock>, disk: &Arc<Disk>) -> Mempool {
    Mempool::new(MempoolParts {
        chain: Arc::new(chain.clone()),
        service_nodes: Arc::new(NoServiceNodes),
        verifier: Arc::clone(&ground().verifier),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        events: Arc::new(EventHub::new()),
        storage: Arc::clone(disk) as Arc<dyn PoolStorage>,
        settings: PoolSettings { max_weight: Weight::new(12_000), remembered_expired: 3, ..PoolSettings::default() },
    })
}

impl Run {
    fn step(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        match input.int_in_range(0..=12)? {
            0..=4 => {
                let (blob, _) = input.choose(&ground().transfers)?;
                let relay = if input.ratio(1, 4)? { Relay::Keep } else { Relay::Relay };
                let _taken_or_refused = self.pool.submit(blob, relay);
            }
            5 => {
                let (_, transaction) = input.choose(&ground().transfers)?;
                self.pool.release(&transaction.id());
            }
            6 => {
                let (_, transaction) = input.choose(&ground().transfers)?;
                self.pool.flush(Some(&[transaction.id()]));
            }
            7 => self.mine_candidates(),
            8 => self.mine(input)?,
            9 => self.reorganise(input)?,
            10 => {
                self.clock.advance(input.int_in_range(0..=400_000)?);
                self.pool.expire(self.clock.now());
            }
            11 => {
                self.pool = pool(&self.chain, &self.clock, &self.disk);
                self.pool.reload().expect("this disk does not fail");
            }
            _ => {
                self.pool.flush(None);
            }
        }
        Ok(())
    }

    /// What the pool offers makes a valid block, and after it is mined nothing of it waits.
    fn mine_candidates(&self) {
        let candidates = self.pool.candidates();
        assert!(candidates.iter().all(|one| {
            self.pool.get(&one.id()).is_some_and(|entry| entry.relay == Relay::Relay)
        }));
        {
            let mut chain = self.chain.lock();
            chain.advance(120);
            let block = TestChain::seal(&chain.assemble(&candidates), &candidates).expect("an assembled block decodes");
            let applied = chain.apply_with(&block, &*ground().verifier).expect("candidates make a valid block");
            chain.keep(block, applied);
        }
        self.pool.on_committed(&candidates);
    }

    /// A block of whatever the chain takes, known to the pool or not.
    fn mine(&self, input: &mut Unstructured<'_>) -> Result<()> {
        let mined = put_block(&mut self.chain.lock(), input)?;
        self.pool.on_committed(&mined);
        Ok(())
    }

    /// Blocks are taken back and others put in their place, then the pool hears of both.
    fn reorganise(&self, input: &mut Unstructured<'_>) -> Result<()> {
        let (mut reverted, mut mined) = (Vec::new(), Vec::new());
        {
            let mut chain = self.chain.lock();
            let most = chain.blocks().len() - 10;
            let count = input.int_in_range(0..=most.min(3))?;
            for block in chain.revert(count) {
                reverted.splice(0..0, block.block.transactions().iter().cloned());
            }
            chain.diverge();
            for _ in 0..input.int_in_range(0..=2)? {
                mined.extend(put_block(&mut chain, input)?);
            }
        }
        self.pool.on_reverted(&reverted);
        self.pool.on_committed(&mined);
        Ok(())
    }

    fn check(&self) {
        let waiting = self.pool.transactions();
        let ids: BTreeSet<Hash> = waiting.iter().map(|one| one.transaction.id()).collect();
        assert_eq!(ids, self.pool.ids().into_iter().collect());
        assert_eq!((ids.len(), waiting.len()), (self.pool.len(), self.pool.len()));
        assert_eq!(ids, self.disk.0.lock().expect("no panic holds it").keys().copied().collect());
        let weight: u64 = waiting.iter().map(|one| one.transaction.weight().bytes()).sum();
        assert_eq!(self.pool.weight().bytes(), weight);
        let chain = self.chain.lock();
        let mut submitted: BTreeSet<KeyImage> = BTreeSet::new();
        for one in &waiting {
            let id = one.transaction.id();
            let mined = queries::transaction_row(chain.state(), &id).expect("memory does not fail");
            assert!(mined.is_none(), "{id} waits and is mined");
            for image in one.transaction.transaction().prefix.key_images() {
                assert!(!chain.is_spent(&image), "{id} waits and is spent");
                assert!(self.pool.spenders(&image).contains(&id));
                assert!(one.source == Source::RevertedBlock || submitted.insert(image), "two submissions spend {image}");
            }
        }
        let rate = |one: &PoolTransaction| (u128::from(one.transaction.fee().atomic()), u128::from(one.transaction.weight().bytes()));
        for pair in waiting.windows(2) {
            let ((fee, weight), (next_fee, next_weight)) = (rate(&pair[0]), rate(&pair[1]));
            assert!(fee * next_weight >= next_fee * weight, "a poorer one stands before a richer one");
        }
    }
}

fn put_block(chain: &mut TestChain, input: &mut Unstructured<'_>) -> Result<Vec<Arc<CheckedTransaction>>> {
    let mask: u16 = input.arbitrary()?;
    chain.advance(120);
    let mut fitting: Vec<Arc<CheckedTransaction>> = Vec::new();
    for (number, (_, transaction)) in ground().transfers.iter().enumerate() {
        if mask >> number & 1 == 0 {
            continue;
        }
        fitting.push(Arc::clone(transaction));
        let block = TestChain::seal(&chain.assemble(&fitting), &fitting).expect("an assembled block decodes");
        if chain.try_apply_without_proofs(&block).is_err() {
            fitting.pop();
        }
    }
    let block = TestChain::seal(&chain.assemble(&fitting), &fitting).expect("an assembled block decodes");
    let applied = chain.try_apply_without_proofs(&block).expect("each of them fitted");
    chain.keep(block, applied);
    Ok(fitting)
}

fuzz_target!(|data: &[u8]| {
    let mut input = Unstructured::new(data);
    let chain = ground().chain.clone();
    let clock = Arc::new(ManualClock::at(chain.now()));
    let disk = Arc::new(Disk::default());
    let chain = SharedChain::new(chain);
    let mut run = Run { pool: pool(&chain, &clock, &disk), chain, clock, disk };
    for _ in 0..MOST_STEPS {
        if input.is_empty() || run.step(&mut input).is_err() {
            break;
        }
        run.check();
    }
});
