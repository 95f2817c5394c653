//! The writer extends, branches, reorganises and takes back; whatever goes wrong, the chain is at a block boundary.

use oxen_mempool::{Mempool, MempoolParts, NoStorage, PoolSettings, settings::FeePolicy};
use oxen_node_api::{
    AlternativeReason, BlockOutcome, BlockSubmission, ChainEvent, ChainFeed, ChainReader, ChainSubscriber, ChainWriter,
    Clock, EventHub, Mining, Pool, PoolKeeper, Relay, SubmitBlockError,
};
use oxen_state::{BlockError, NoServiceNodes, NoWorkHash, queries};
use oxen_store::{ChainStore, Identity};
use oxen_testkit::{Fault, ManualClock, TestChain, TransferBuilder};
use oxen_types::{Amount, Hash, Height};
use oxen_verifier::ProofVerifier;
use oxen_writer::{Chain, ChainParts, replay::check_by_replay};
use std::sync::{Arc, Mutex};

/// A writer, its pool, and what it told.
struct Writer {
    chain: Arc<Chain>,
    pool: Arc<Mempool>,
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
        let network = Arc::clone(test.network());
        let identity = Identity {
            network: network.network_id,
            genesis: network.genesis.block_id,
        };
        let store = ChainStore::in_memory(&identity).unwrap();
        let events = Arc::new(EventHub::new());
        let verifier = Arc::new(ProofVerifier::default());
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(test.now().saturating_add(10_000_000)));
        let chain = Arc::new(
            Chain::open(ChainParts {
                network,
                store,
                service_nodes: Arc::new(NoServiceNodes),
                verifier: Arc::clone(&verifier),
                work: Arc::new(NoWorkHash),
                clock: Arc::clone(&clock),
                events: Arc::clone(&events),
            })
            .unwrap(),
        );
        let pool = Arc::new(Mempool::new(MempoolParts {
            chain: Arc::clone(&chain) as _,
            service_nodes: Arc::new(NoServiceNodes),
            verifier,
            clock,
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
    let submission = BlockSubmission {
        block: oxen_types::ConsensusEncode::encode(&bad),
        transactions: Vec::new(),
    };
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
                reason: AlternativeReason::UnknownParent,
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
    };
    let error = writer.submit(submission).unwrap_err();
    assert!(
        matches!(error, SubmitBlockError::Invalid(BlockError::Transaction { .. })),
        "{error}"
    );
    assert_eq!(writer.digest(), chain.digest());
}

#[test]
fn a_block_whose_transactions_are_unknown_is_refused_until_they_come() {
    let mut chain = TestChain::mature();
    let writer = Writer::following(&chain);
    let transfer = TransferBuilder::new().build(&mut chain);
    let block = chain.assemble(&[transfer.checked()]);
    let alone = BlockSubmission {
        block: oxen_types::ConsensusEncode::encode(&block),
        transactions: Vec::new(),
    };
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
