//! The writer extends, branches, reorganises and takes back; whatever goes wrong, the chain is at a block boundary.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use oxen_mempool::{Mempool, MempoolParts, NoStorage, PoolSettings, settings::FeePolicy};
use oxen_node_api::{
    AlternativeReason, BlockOutcome, BlockSubmission, ChainEvent, ChainFeed, ChainReader, ChainSubscriber, ChainWriter,
    Clock, EventHub, Mining, Pool, PoolKeeper, Relay, SubmitBlockError,
};
use oxen_state::{BlockError, NoServiceNodes, NoWorkHash, queries, transaction::ProofLedger};
use oxen_store::{
    AlternativeBlocks, ChainStore, Durability, FailingBackend, Identity, MemoryBackend, MigrationPlan, StoreSettings,
    backend::{Fault as DiskFault, FaultPlan},
};
use oxen_testkit::{Fault, ManualClock, TestChain, TransferBuilder};
use oxen_types::{Amount, Block, ConsensusEncode, Hash, Height, Timestamp, block::BatchingTail};
use oxen_verifier::ProofVerifier;
use oxen_writer::{Chain, ChainParts, replay::check_by_replay};
use std::{
    sync::{Arc, Mutex, Weak, mpsc},
    thread,
    time::Duration,
};

/// A writer, its pool, and what it told.
struct Writer {
    chain: Arc<Chain>,
    pool: Arc<Mempool>,
    clock: Arc<ManualClock>,
    events: Arc<EventHub>,
    verifier: Arc<ProofVerifier>,
    disk: FaultPlan,
    heard: Arc<Heard>,
    _subscription: oxen_node_api::Subscription,
}

#[derive(Default)]
struct Heard(Mutex<Vec<ChainEvent>>);

impl ChainSubscriber for Heard {
    fn on_event(&self, event: &ChainEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Heard {
    /// Committed blocks as `+height`, reverted ones as `-height`.
    fn blocks(&self) -> Vec<i64> {
        let signed = |height: &Height, sign: i64| i64::try_from(height.index()).unwrap() * sign;
        let events = self.0.lock().unwrap();
        events
            .iter()
            .filter_map(|event| match event {
                ChainEvent::Committed { height, .. } => Some(signed(height, 1)),
                ChainEvent::Reverted { height, .. } => Some(signed(height, -1)),
                _ => None,
            })
            .collect()
    }
}

impl Writer {
    fn following(test: &TestChain) -> Self {
        let settings = StoreSettings {
            durability: Durability::EveryCommit,
            ..StoreSettings::default()
        };
        Self::with_settings(test, &settings)
    }

    fn with_settings(test: &TestChain, settings: &StoreSettings) -> Self {
        let network = Arc::clone(test.network());
        let identity = Identity {
            network: network.network_id,
            genesis: network.genesis.block_id,
        };
        let disk = FaultPlan::none();
        let backend = FailingBackend::new(MemoryBackend::new(), disk.clone());
        let plan = MigrationPlan::current();
        let store = ChainStore::open_on(backend, &identity, settings, &plan, &mut |_| ()).unwrap();
        let events = Arc::new(EventHub::new());
        let verifier = Arc::new(ProofVerifier::default());
        let clock = Arc::new(ManualClock::at(test.now().saturating_add(10_000_000)));
        let chain = Arc::new(
            Chain::open(ChainParts {
                network,
                store,
                service_nodes: Arc::new(NoServiceNodes),
                verifier: Arc::clone(&verifier),
                work: Arc::new(NoWorkHash),
                clock: Arc::clone(&clock) as Arc<dyn Clock>,
                events: Arc::clone(&events),
            })
            .unwrap(),
        );
        let pool = Arc::new(Mempool::new(MempoolParts {
            chain: Arc::clone(&chain) as _,
            service_nodes: Arc::new(NoServiceNodes),
            verifier: Arc::clone(&verifier),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            events: Arc::clone(&events),
            storage: Arc::new(NoStorage),
            settings: PoolSettings {
                fees: FeePolicy::Free,
                ..PoolSettings::default()
            },
        }));
        chain.set_pool(Arc::clone(&pool) as Arc<dyn PoolKeeper>);
        let heard = Arc::new(Heard::default());
        let subscription = events.subscribe(Arc::clone(&heard) as _);
        let writer = Self {
            chain,
            pool,
            clock,
            events,
            verifier,
            disk,
            heard,
            _subscription: subscription,
        };
        for block in test.blocks() {
            writer.chain.submit_block(block.submission()).unwrap();
        }
        writer.heard.0.lock().unwrap().clear();
        writer
    }

    fn submit(&self, submission: BlockSubmission) -> Result<BlockOutcome, SubmitBlockError> {
        self.chain.submit_block(submission)
    }

    fn is_beside(&self, id: &Hash) -> bool {
        self.chain.alternative_block(id).unwrap().is_some()
    }

    fn tip(&self) -> (Height, Hash) {
        let (height, row) = queries::tip(&*self.chain.snapshot()).unwrap();
        (height, row.id)
    }

    fn digest(&self) -> Hash {
        self.chain.store().state_digest().unwrap()
    }

    /// The database is what its own blocks make.
    fn is_sound(&self) {
        let checked = check_by_replay(&*self.chain.snapshot(), self.chain.network(), &NoServiceNodes, |_| {}).unwrap();
        assert_eq!(checked.tip, self.tip().0);
    }
}

/// A mature chain and a branch of it that goes its own way for `blocks` blocks.
fn two_branches(main: u64, other: u64) -> (TestChain, TestChain) {
    let mut chain = TestChain::mature();
    let mut branch = chain.clone();
    branch.diverge();
    chain.mine_empty(main);
    branch.mine_empty(other);
    (chain, branch)
}

#[test]
fn the_writer_reaches_the_digest_of_the_chain_it_is_fed() {
    let mut chain = TestChain::mature();
    let transfer = TransferBuilder::new().build(&mut chain);
    chain.mine(&[transfer.checked()]);
    let writer = Writer::following(&chain);
    assert_eq!(writer.digest(), chain.digest());
    writer.is_sound();
}

#[test]
fn a_known_block_is_no_error_and_changes_nothing() {
    let chain = TestChain::mature();
    let writer = Writer::following(&chain);
    let block = chain.blocks().last().unwrap();
    let outcome = writer.submit(block.submission()).unwrap();
    assert_eq!(outcome, BlockOutcome::AlreadyKnown { id: block.block.id() });
    assert!(writer.heard.blocks().is_empty());
}

#[test]
fn a_longer_branch_becomes_the_chain_in_one_step_and_the_old_one_is_kept_beside_it() {
    let (chain, branch) = two_branches(2, 3);
    let writer = Writer::following(&chain);
    let fork = chain.blocks().len() - 2;
    let mut outcomes = Vec::new();
    for block in &branch.blocks()[fork..] {
        outcomes.push(writer.submit(block.submission()).unwrap());
    }
    assert!(matches!(outcomes[0], BlockOutcome::Alternative { .. }));
    assert!(
        matches!(outcomes[1], BlockOutcome::Alternative { .. }),
        "an equal branch does not replace the chain"
    );
    assert!(
        matches!(
            outcomes[2],
            BlockOutcome::Reorganised {
                reverted: 2,
                applied: 3,
                ..
            }
        ),
        "{:?}",
        outcomes[2]
    );
    assert_eq!(writer.digest(), branch.digest());
    let top = i64::try_from(chain.tip().0.index()).unwrap();
    assert_eq!(writer.heard.blocks(), [-top, -(top - 1), top - 1, top, top + 1]);
    writer.is_sound();

    let beside = writer.chain.alternative_chains().unwrap();
    assert_eq!(beside.len(), 1);
    assert_eq!(beside[0].tip, chain.tip().1.id);
    assert_eq!(beside[0].blocks.len(), 2);
    assert!(writer.chain.alternative_block(&chain.tip().1.id).unwrap().is_some());
}

#[test]
fn a_chain_can_be_reorganised_back_to_where_it_was() {
    let (mut chain, branch) = two_branches(2, 3);
    let writer = Writer::following(&chain);
    let fork = chain.blocks().len() - 2;
    for block in &branch.blocks()[fork..] {
        writer.submit(block.submission()).unwrap();
    }
    chain.mine_empty(2);
    let mut last = None;
    for block in &chain.blocks()[fork + 2..] {
        last = Some(writer.submit(block.submission()).unwrap());
    }
    assert!(
        matches!(
            last,
            Some(BlockOutcome::Reorganised {
                reverted: 3,
                applied: 4,
                ..
            })
        ),
        "{last:?}"
    );
    assert_eq!(writer.digest(), chain.digest());
    writer.is_sound();
}

#[test]
fn transactions_of_a_reverted_block_wait_in_the_pool_again() {
    let mut chain = TestChain::mature();
    let mut branch = chain.clone();
    branch.diverge();
    branch.mine_empty(2);
    let transfer = TransferBuilder::new().build(&mut chain);
    chain.mine(&[transfer.checked()]);
    let writer = Writer::following(&chain);
    let fork = chain.blocks().len() - 1;
    for block in &branch.blocks()[fork..] {
        writer.submit(block.submission()).unwrap();
    }
    assert_eq!(writer.digest(), branch.digest());
    assert_eq!(writer.pool.ids(), [transfer.id()]);
    writer.chain.generate(1).unwrap();
    assert!(writer.pool.is_empty(), "the next block takes it");
    assert!(
        queries::transaction_row(&*writer.chain.snapshot(), &transfer.id())
            .unwrap()
            .is_some()
    );
    writer.is_sound();
}

#[test]
fn a_branch_with_an_invalid_block_leaves_chain_and_database_as_they_were() {
    let mut chain = TestChain::mature();
    let mut branch = chain.clone();
    branch.diverge();
    chain.mine_empty(1);
    branch.mine_empty(1);
    let writer = Writer::following(&chain);
    let fork = chain.blocks().len() - 1;
    writer.submit(branch.blocks()[fork].submission()).unwrap();
    let before = (writer.tip(), writer.digest());

    let mut bad = branch.assemble(&[]);
    bad.batching_tail = Some(oxen_types::block::BatchingTail::Compact { reward: Amount::OXEN });
    let id = bad.id();
    let submission = BlockSubmission::alone(oxen_types::ConsensusEncode::encode(&bad));
    let error = writer.submit(submission.clone()).unwrap_err();
    assert!(
        matches!(error, SubmitBlockError::Invalid(BlockError::RewardMismatch { .. })),
        "{error}"
    );
    assert_eq!((writer.tip(), writer.digest()), before);
    assert!(
        writer.chain.alternative_block(&id).unwrap().is_none(),
        "an invalid block is forgotten"
    );
    let again = writer.submit(submission).unwrap_err();
    assert!(
        matches!(
            again,
            SubmitBlockError::Refused {
                reason: AlternativeReason::KnownInvalid,
                ..
            }
        ),
        "{again}"
    );
    assert!(writer.heard.blocks().is_empty());
}

#[test]
fn a_block_with_a_bad_proof_is_refused_by_name() {
    let mut chain = TestChain::mature();
    let writer = Writer::following(&chain);
    let broken = TransferBuilder::new()
        .build(&mut chain)
        .with_fault(Fault::RingSignature(0));
    let block = chain.assemble(&[broken.checked()]);
    let submission = BlockSubmission {
        block: oxen_types::ConsensusEncode::encode(&block),
        transactions: vec![broken.blob()],
        checkpoint: None,
    };
    let error = writer.submit(submission).unwrap_err();
    assert!(
        matches!(error, SubmitBlockError::Invalid(BlockError::Transaction { .. })),
        "{error}"
    );
    assert_eq!(writer.digest(), chain.digest());
}

#[test]
fn proofs_of_blocks_to_come_are_verified_before_their_blocks_and_only_then_remembered() {
    let mut chain = TestChain::mature();
    let writer = Writer::following(&chain);
    let transfers = TransferBuilder::new().build_many(2, &mut chain);
    let rings: Vec<_> = transfers
        .iter()
        .map(|transfer| chain.resolve(&transfer.checked()).unwrap().digest)
        .collect();
    let is_remembered = |digest| ProofLedger::is_verified(&*writer.verifier, digest);
    let next: Vec<_> = transfers
        .iter()
        .map(|transfer| chain.mine(&[transfer.checked()]).submission())
        .collect();

    writer.chain.verify_ahead(&next[..1]);
    assert!(
        !is_remembered(&rings[0]),
        "one block alone is verified when it is submitted"
    );

    let mut spoiled = next.clone();
    let mut other = TestChain::mature();
    let broken = TransferBuilder::new()
        .build(&mut other)
        .with_fault(Fault::RingSignature(0));
    spoiled[1].transactions = vec![broken.blob()];
    writer.chain.verify_ahead(&spoiled);
    assert!(
        !is_remembered(&rings[0]),
        "a batch with a wrong proof says nothing of the others"
    );

    writer.chain.verify_ahead(&next);
    assert!(rings.iter().all(is_remembered));
    for block in next {
        writer.submit(block).unwrap();
    }
    assert_eq!(writer.digest(), chain.digest());
}

#[test]
fn a_block_whose_transactions_are_unknown_is_refused_until_they_come() {
    let mut chain = TestChain::mature();
    let writer = Writer::following(&chain);
    let transfer = TransferBuilder::new().build(&mut chain);
    let block = chain.assemble(&[transfer.checked()]);
    let alone = BlockSubmission::alone(oxen_types::ConsensusEncode::encode(&block));
    let error = writer.submit(alone.clone()).unwrap_err();
    assert!(
        matches!(error, SubmitBlockError::Invalid(BlockError::TransactionMissing { .. })),
        "{error}"
    );
    writer.pool.submit(&transfer.blob(), Relay::Relay).unwrap();
    assert!(matches!(writer.submit(alone).unwrap(), BlockOutcome::Extended { .. }));
}

#[test]
fn an_orphan_is_refused_with_what_to_do() {
    let (chain, branch) = two_branches(1, 2);
    let writer = Writer::following(&chain);
    let orphan = branch.blocks().last().unwrap();
    let error = writer.submit(orphan.submission()).unwrap_err();
    assert!(error.to_string().contains("send the blocks before it first"), "{error}");
}

#[test]
fn popped_blocks_are_gone_and_their_transactions_wait() {
    let mut chain = TestChain::mature();
    let before = chain.digest();
    let transfer = TransferBuilder::new().build(&mut chain);
    chain.mine(&[transfer.checked()]);
    chain.mine_empty(2);
    let writer = Writer::following(&chain);
    let height = writer.chain.pop_blocks(3).unwrap();
    assert_eq!(height, writer.tip().0);
    assert_eq!(writer.digest(), before);
    assert_eq!(writer.pool.ids(), [transfer.id()]);
    assert_eq!(
        writer.chain.pop_blocks(1_000_000).unwrap(),
        Height::GENESIS,
        "the genesis block stays"
    );
    writer.is_sound();
}

#[test]
fn generated_blocks_take_what_waits() {
    let mut chain = TestChain::mature();
    let writer = Writer::following(&chain);
    let transfer = TransferBuilder::new().build(&mut chain);
    writer.pool.submit(&transfer.blob(), Relay::Relay).unwrap();
    let made = writer.chain.generate(3).unwrap();
    assert_eq!(made.len(), 3);
    assert_eq!(writer.tip(), (chain.tip().0.saturating_add(3), made[2]));
    assert!(writer.pool.is_empty());
    writer.is_sound();
}

fn alone(block: &Block) -> BlockSubmission {
    BlockSubmission::alone(block.encode())
}

/// A writer on a chain of one block above the fork, the branch's first block kept beside it, and the branch.
fn about_to_lose() -> (Writer, TestChain) {
    let (chain, branch) = two_branches(1, 1);
    let writer = Writer::following(&chain);
    let first = branch.blocks().last().unwrap();
    writer.submit(first.submission()).unwrap();
    assert!(writer.is_beside(&first.block.id()));
    (writer, branch)
}

#[test]
fn a_spoiled_copy_of_a_block_does_not_keep_the_good_one_out() {
    let (writer, branch) = about_to_lose();
    let good = branch.assemble(&[]);
    let mut spoiled = good.clone();
    spoiled.batching_tail = Some(BatchingTail::Compact { reward: Amount::OXEN });
    assert_eq!(good.id(), spoiled.id(), "the id does not cover the tail");
    writer.submit(alone(&spoiled)).unwrap_err();
    let outcome = writer.submit(alone(&good)).unwrap();
    assert!(matches!(outcome, BlockOutcome::Reorganised { .. }), "{outcome:?}");
    writer.is_sound();
}

#[test]
fn a_block_that_came_too_early_is_taken_when_its_time_has_come() {
    let (writer, branch) = about_to_lose();
    let mut block = branch.assemble(&[]);
    let ahead = 700;
    block.header.timestamp = writer.clock.now().saturating_add(ahead);
    let error = writer.submit(alone(&block)).unwrap_err();
    assert!(
        matches!(error, SubmitBlockError::Invalid(BlockError::TimestampAhead { .. })),
        "{error}"
    );
    writer.clock.advance(ahead);
    let outcome = writer.submit(alone(&block)).unwrap();
    assert!(matches!(outcome, BlockOutcome::Reorganised { .. }), "{outcome:?}");
}

#[test]
fn a_block_kept_beside_the_chain_extends_it_once_its_parent_is_the_tip() {
    let (writer, branch) = about_to_lose();
    let first = branch.blocks().last().unwrap();
    writer.chain.pop_blocks(1).unwrap();
    let outcome = writer.submit(first.submission()).unwrap();
    assert!(matches!(outcome, BlockOutcome::Extended { .. }), "{outcome:?}");
    assert!(!writer.is_beside(&first.block.id()));
    writer.is_sound();
}

#[test]
fn a_kept_branch_becomes_the_chain_when_it_is_heavier_after_blocks_were_taken_back() {
    let (chain, branch) = two_branches(3, 2);
    let writer = Writer::following(&chain);
    let fork = chain.blocks().len() - 3;
    for block in &branch.blocks()[fork..] {
        writer.submit(block.submission()).unwrap();
    }
    writer.chain.pop_blocks(2).unwrap();
    let outcome = writer.submit(branch.blocks().last().unwrap().submission()).unwrap();
    assert!(matches!(outcome, BlockOutcome::Reorganised { .. }), "{outcome:?}");
    assert_eq!(writer.digest(), branch.digest());
}

#[test]
fn blocks_whose_undo_is_forgotten_stay() {
    let (chain, branch) = two_branches(4, 1);
    let settings = StoreSettings {
        undo_blocks: 3,
        ..StoreSettings::default()
    };
    let writer = Writer::with_settings(&chain, &settings);
    let error = writer.submit(branch.blocks().last().unwrap().submission()).unwrap_err();
    assert!(
        matches!(
            error,
            SubmitBlockError::Refused {
                reason: AlternativeReason::BelowImmutable,
                ..
            }
        ),
        "{error}"
    );
    let tip = chain.tip().0;
    assert_eq!(writer.chain.pop_blocks(10).unwrap(), tip.saturating_sub(3));
    assert_eq!(writer.chain.pop_blocks(10).unwrap(), tip.saturating_sub(3));
    writer.is_sound();
}

#[test]
fn a_branch_that_could_not_be_stored_is_not_there() {
    let (chain, branch) = two_branches(2, 1);
    let writer = Writer::following(&chain);
    let block = branch.blocks().last().unwrap();
    writer.disk.strike_next(DiskFault::ErrorBeforeWrite);
    let error = writer.submit(block.submission()).unwrap_err();
    assert!(matches!(error, SubmitBlockError::Storage(_)), "{error}");
    assert!(!writer.is_beside(&block.block.id()));
    assert!(writer.chain.alternative_chains().unwrap().is_empty());
}

#[test]
fn a_reorganisation_that_finds_the_disk_full_leaves_the_branches_as_they_were() {
    let (writer, branch) = about_to_lose();
    let (before, first) = (writer.tip(), branch.blocks().last().unwrap().block.id());
    let second = branch.assemble(&[]);
    // A small block finds room to be kept beside the chain; a commit looks at the disk.
    writer.disk.set_available_bytes(0);
    let error = writer.submit(alone(&second)).unwrap_err();
    assert!(matches!(error, SubmitBlockError::Storage(_)), "{error}");
    assert_eq!(writer.tip(), before);
    assert!(writer.is_beside(&first) && !writer.is_beside(&before.1));
    writer.disk.set_available_bytes(u64::MAX);
    let outcome = writer.submit(alone(&second)).unwrap();
    assert!(matches!(outcome, BlockOutcome::Reorganised { .. }), "{outcome:?}");
    assert!(writer.is_beside(&before.1) && !writer.is_beside(&first));
}

#[test]
fn only_transactions_that_a_block_lists_are_kept_with_it() {
    let (mut chain, branch) = two_branches(2, 1);
    let writer = Writer::following(&chain);
    let foreign = TransferBuilder::new().build(&mut chain).blob();
    let mut submission = branch.blocks().last().unwrap().submission();
    submission.transactions.push(foreign.clone());
    writer.submit(submission).unwrap();
    let snapshot = writer.chain.store().snapshot();
    let rows = snapshot.scan_auxiliary::<AlternativeBlocks>(None, 10).unwrap();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].1.bytes.len() < foreign.len());
}

#[test]
fn a_block_larger_than_any_may_be_is_refused_before_it_is_decoded() {
    let writer = Writer::following(&TestChain::start());
    let submit = |bytes| writer.submit(BlockSubmission::alone(vec![0; bytes]));
    let error = submit(600_101).unwrap_err();
    assert!(
        matches!(
            error,
            SubmitBlockError::TooLarge {
                bytes: 600_101,
                limit: 600_100
            }
        ),
        "{error}"
    );
    let error = submit(600_100).unwrap_err();
    assert!(
        matches!(error, SubmitBlockError::Invalid(BlockError::Decode(_))),
        "{error}"
    );
}

#[test]
fn a_branch_near_the_first_block_is_timed_by_the_blocks_below_it_alone() {
    let mut chain = TestChain::start();
    chain.mine_empty(3);
    let mut branch = chain.clone();
    branch.diverge();
    let median = chain.blocks()[1].block.block().header.timestamp;
    chain.mine_empty(12);
    let writer = Writer::following(&chain);
    let mut block = branch.assemble(&[]);
    block.header.timestamp = Timestamp::from_seconds(median.seconds() - 1);
    let error = writer.submit(alone(&block)).unwrap_err();
    assert!(
        matches!(
            error,
            SubmitBlockError::Invalid(BlockError::TimestampBelowMedian { .. })
        ),
        "{error}"
    );
    block.header.timestamp = median;
    let outcome = writer.submit(alone(&block)).unwrap();
    assert!(matches!(outcome, BlockOutcome::Alternative { .. }), "{outcome:?}");
}

/// Asks for the branches whenever something happens.
struct Curious(Weak<Chain>, mpsc::Sender<usize>);

impl ChainSubscriber for Curious {
    fn on_event(&self, _: &ChainEvent) {
        let chains = self.0.upgrade().unwrap().alternative_chains().unwrap();
        self.1.send(chains.len()).unwrap();
    }
}

#[test]
fn the_branches_can_be_read_while_the_writer_is_at_work() {
    let (writer, branch) = about_to_lose();
    let (sender, receiver) = mpsc::channel();
    let curious = Arc::new(Curious(Arc::downgrade(&writer.chain), sender));
    let subscription = writer.events.subscribe(curious);
    let chain = Arc::clone(&writer.chain);
    let second = alone(&branch.assemble(&[]));
    let at_work = thread::spawn(move || chain.submit_block(second));
    let seen = receiver.recv_timeout(Duration::from_secs(60));
    assert_eq!(seen, Ok(1), "a reader waits for the writer");
    at_work.join().unwrap().unwrap();
    drop(subscription);
}
