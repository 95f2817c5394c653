//! Every rule of chain §4 and B.3: a block that breaks it, and it alone, is refused with its variant.

use crate::{
    hard_forks,
    rule_coverage::{Case, check, variants},
    staking::ethereum,
};
use oxen_state::{BlockError, MemoryState, Rules, UntrustedBlock, WorkHash, apply, transaction::ProofsAssumedValid};
use oxen_testkit::{Account, Fault, ScriptedServiceNodes, StakingChain, TestChain, TestNetwork, TransferBuilder};
use oxen_types::{
    Amount, Block, Hash, Height, PublicKey, Timestamp, Transaction, UnlockTime,
    block::BatchingTail,
    extra::NewState,
    network::{DifficultyRule, HardFork, PulseStartRule},
    transaction::{Input, Output, OutputTarget, Proofs, TransactionType, Weight},
};
use oxen_verifier::ProofVerifier;

variants!(
    BlockVariants of BlockError:
    Decode, NotOnTip, ForkNotSupported, WrongVersion, WrongHeight, CheckpointMismatch, TimestampAhead,
    TimestampBelowMedian, TransactionMissing, TransactionMined, Transaction, ProofsNotVerified, PulseNotExpected,
    PulseExpected, PulseNonce, PulseSignatureSet, PulseSignature, PulseTiming, InsufficientWork, WorkNotVerifiable,
    CoinbaseForm, CoinbaseUnlockTime, CoinbaseLeader, PayoutCount, PayoutMismatch, LeaderTail, L2EventOrder,
    L2VoteCount, L2RewardMoved, RewardMismatch, TooHeavy, ProducerGone, AmountOverflow, View,
);

const CASES: &[Case<BlockError>] = &[
    ("Decode", || UntrustedBlock::from_blob(&[19]).unwrap_err()),
    ("NotOnTip", || refused_with(|block| block.header.previous = Hash::ZERO)),
    ("ForkNotSupported", below_the_first_known_fork),
    ("WrongVersion", || {
        refused_with(|block| {
            block.header.major_version = 18;
            block.batching_tail = None;
        })
    }),
    ("WrongHeight", || refused_with(|block| set_coinbase_height(block, 99))),
    ("WrongHeight", tail_of_another_height),
    ("CheckpointMismatch", against_a_checkpoint),
    ("TimestampAhead", || {
        let (chain, mut block) = next_block(TestChain::mature());
        block.header.timestamp = chain.now().saturating_add(601);
        refused(&chain, &block)
    }),
    ("TimestampBelowMedian", below_the_median_time),
    ("TransactionMissing", transaction_left_out),
    ("TransactionMined", mined_again),
    ("TransactionMined", twice_in_one_block),
    ("Transaction", || with_faulty_transfer(Fault::RingSignature(0))),
    ("ProofsNotVerified", proofs_nobody_verified),
    ("PulseNotExpected", || {
        refused_with(|block| block.header.pulse.as_mut().unwrap().round = 1)
    }),
    ("PulseNotExpected", || {
        let (chain, block) = next_block(with_quorum(TestNetwork::new()));
        let mut without_quorum = chain.clone();
        without_quorum.set_service_nodes(ScriptedServiceNodes::none());
        refused(&without_quorum, &block)
    }),
    ("PulseExpected", || {
        let (mut chain, block) = next_block(TestChain::start());
        chain.set_service_nodes(ScriptedServiceNodes::none().with_quorum());
        refused(&chain, &block)
    }),
    ("PulseNonce", || refused_pulse_block(|block| block.header.nonce = 1)),
    ("PulseSignatureSet", || {
        refused_pulse_block(|block| {
            block.signatures.pop();
        })
    }),
    ("PulseSignatureSet", || {
        refused_pulse_block(|block| block.signatures.reverse())
    }),
    ("PulseSignatureSet", || {
        refused_pulse_block(|block| {
            block.signatures[6].voter_index = 7;
        })
    }),
    ("PulseSignatureSet", || {
        refused_pulse_block(|block| {
            block.header.pulse.as_mut().unwrap().validator_bitset |= 1 << 11;
        })
    }),
    ("PulseSignature", || {
        refused_pulse_block(|block| block.signatures[3].signature = ScriptedServiceNodes::foreign_signature(block))
    }),
    ("PulseTiming", outside_its_round),
    ("InsufficientWork", || refused_for_work(Some([0xff; 32]))),
    ("WorkNotVerifiable", || refused_for_work(None)),
    ("CoinbaseForm", || {
        refused_payout(|coinbase| coinbase.prefix.kind = TransactionType::Stake)
    }),
    ("CoinbaseUnlockTime", || {
        refused_payout(|coinbase| coinbase.prefix.unlock_time = UnlockTime::new(1))
    }),
    ("CoinbaseLeader", || {
        refused_with(|block| coinbase(block).prefix.extra.clear())
    }),
    ("PayoutCount", || {
        refused_payout(|coinbase| set_outputs(coinbase, Vec::new()))
    }),
    ("PayoutCount", || {
        refused_with(|block| {
            let unlock_time = coinbase_unlock_time(block);
            let coinbase = coinbase(block);
            coinbase.prefix.unlock_time = unlock_time;
            set_outputs(coinbase, vec![output(1)]);
        })
    }),
    ("PayoutMismatch", || {
        refused_payout(|coinbase| {
            let amount = &mut coinbase.prefix.outputs[0].amount;
            *amount = Amount::from_atomic(amount.atomic() + 1);
        })
    }),
    ("PayoutMismatch", || {
        refused_payout(|coinbase| {
            coinbase.prefix.outputs[0].target = OutputTarget::Key(TestChain::nobody());
        })
    }),
    ("RewardMismatch", || {
        refused_with(|block| {
            let reward = Amount::from_atomic(block.reward().unwrap().atomic() + 1);
            block.batching_tail = Some(BatchingTail::Compact { reward });
        })
    }),
    ("RewardMismatch", hard_forks::wrong_transition_reward),
    ("RewardMismatch", hard_forks::wrong_ethereum_reward),
    ("LeaderTail", hard_forks::wrong_leader_tail),
    ("L2EventOrder", hard_forks::more_events_than_transactions),
    ("L2EventOrder", ethereum::event_behind_a_transfer),
    ("L2VoteCount", ethereum::too_few_votes),
    ("L2RewardMoved", hard_forks::rate_too_high),
    ("L2RewardMoved", hard_forks::rate_too_low),
    ("WrongHeight", hard_forks::wrong_height_of_header),
    ("TooHeavy", too_many_heavy_transfers),
    ("ProducerGone", producer_gone),
    ("AmountOverflow", || {
        refused_with(|block| set_outputs(coinbase(block), vec![output(u64::MAX), output(u64::MAX)]))
    }),
    ("View", || {
        let (chain, block) = next_block(TestChain::mature());
        let block = TestChain::seal(&block, &[]).unwrap();
        apply(&MemoryState::new(), &chain.rules(&ProofsAssumedValid), &block).unwrap_err()
    }),
];

#[test]
fn every_variant_of_block_error_has_a_block_that_brings_it_about() {
    check::<BlockVariants>(CASES);
}

#[test]
fn the_blocks_that_the_cases_break_are_valid() {
    for chain in [TestChain::mature(), with_quorum(TestNetwork::new()), before_payout()] {
        let (chain, block) = next_block(chain);
        chain.try_apply(&TestChain::seal(&block, &[]).unwrap()).unwrap();
    }
}

#[test]
fn a_coinbase_without_outputs_may_lock_and_look_as_it_likes() {
    let (chain, mut block) = next_block(TestChain::mature());
    let coinbase = coinbase(&mut block);
    coinbase.prefix.unlock_time = UnlockTime::new(7);
    coinbase.prefix.kind = TransactionType::Stake;
    block.batching_tail = other_tail_height(&block);
    chain.try_apply(&TestChain::seal(&block, &[]).unwrap()).unwrap();
}

#[test]
fn the_compact_tail_is_as_good_as_the_full_one() {
    let (chain, mut block) = next_block(TestChain::mature());
    let reward = block.reward().unwrap();
    block.batching_tail = Some(BatchingTail::Compact { reward });
    chain.try_apply(&TestChain::seal(&block, &[]).unwrap()).unwrap();
}

#[test]
fn a_minor_version_may_be_any() {
    let (chain, mut block) = next_block(TestChain::mature());
    block.header.minor_version = 255;
    chain.try_apply(&TestChain::seal(&block, &[]).unwrap()).unwrap();
}

#[test]
fn two_transfers_of_one_block_may_not_spend_the_same_output() {
    let mut chain = TestChain::mature();
    let first = TransferBuilder::new().build(&mut chain);
    let second = TransferBuilder::new().spending(&first.spent).seed(1).build(&mut chain);
    let transactions = [first.checked(), second.checked()];
    let block = TestChain::seal(&chain.assemble(&transactions), &transactions).unwrap();
    match chain.try_apply(&block) {
        Err(BlockError::Transaction { id, error }) => {
            assert_eq!(id, second.id());
            assert!(matches!(*error, oxen_state::TransactionError::KeyImageSpent { .. }));
        }
        other => panic!("{:?}", other.map(|_| "applied")),
    }
}

#[test]
fn six_hundred_seconds_ahead_of_the_clock_is_the_most() {
    let (chain, mut block) = next_block(TestChain::mature());
    block.header.timestamp = chain.now().saturating_add(600);
    chain.try_apply(&TestChain::seal(&block, &[]).unwrap()).unwrap();
}

#[test]
fn a_pulse_block_may_take_its_round_to_the_last_second() {
    let ideal = || with_quorum(TestNetwork::new().pulse_start(PulseStartRule::Ideal));
    for (late, round, fits) in [
        (0, 0, true),
        (60, 0, true),
        (61, 0, false),
        (59, 1, false),
        (60, 1, true),
        (120, 1, true),
        (121, 1, false),
    ] {
        let (chain, mut block) = next_block(ideal());
        block.header.timestamp = block.header.timestamp.saturating_add(late);
        block.header.pulse.as_mut().unwrap().round = round;
        chain.service_nodes().sign_as_is(&mut block);
        let block = TestChain::seal(&block, &[]).unwrap();
        assert_eq!(chain.try_apply(&block).is_ok(), fits, "{late} s late in round {round}");
    }
}

#[test]
fn work_that_reaches_the_difficulty_is_taken() {
    let (chain, block) = next_block(TestChain::on(
        &TestNetwork::new().difficulty(DifficultyRule::Fixed(1000)),
    ));
    let block = TestChain::seal(&block, &[]).unwrap();
    let rules = Rules {
        work: &Work(Some([0; 32])),
        ..chain.rules(&ProofsAssumedValid)
    };
    apply(chain.state(), &rules, &block).unwrap();
}

/// The chain a block time later and its next block.
pub(crate) fn next_block(mut chain: TestChain) -> (TestChain, Block) {
    chain.advance(120);
    let block = chain.assemble(&[]);
    (chain, block)
}

pub(crate) fn refused(chain: &TestChain, block: &Block) -> BlockError {
    chain.try_apply(&TestChain::seal(block, &[]).unwrap()).unwrap_err()
}

/// How a valid empty block is refused after a change.
fn refused_with(change: impl FnOnce(&mut Block)) -> BlockError {
    let (chain, mut block) = next_block(TestChain::mature());
    change(&mut block);
    refused(&chain, &block)
}

fn coinbase(block: &mut Block) -> &mut Transaction {
    block.miner_transaction.as_mut().unwrap()
}

fn coinbase_unlock_time(block: &Block) -> UnlockTime {
    UnlockTime::new(block.height().unwrap().index() + 30)
}

fn set_coinbase_height(block: &mut Block, height: u64) {
    coinbase(block).prefix.inputs = vec![Input::Generation {
        height: Height::new(height),
    }];
}

fn output(amount: u64) -> Output {
    Output {
        amount: Amount::from_atomic(amount),
        target: OutputTarget::Key(TestChain::nobody()),
    }
}

fn set_outputs(coinbase: &mut Transaction, outputs: Vec<Output>) {
    coinbase.prefix.output_unlock_times = vec![coinbase.prefix.unlock_time; outputs.len()];
    coinbase.prefix.outputs = outputs;
    coinbase.proofs = Proofs::Null;
}

fn below_the_first_known_fork() -> BlockError {
    let forks = [HardFork::new(7, 0, 0), HardFork::new(18, 0, 1)];
    let (chain, block) = next_block(TestChain::on(&TestNetwork::new().forks(&forks)));
    refused(&chain, &block)
}

fn against_a_checkpoint() -> BlockError {
    let mut chain = TestChain::on(&TestNetwork::new().checkpoint(Height::new(3), Hash::new([3; 32])));
    chain.mine_empty(2);
    let (chain, block) = next_block(chain);
    refused(&chain, &block)
}

fn below_the_median_time() -> BlockError {
    let mut chain = TestChain::start();
    chain.mine_empty(11);
    let (chain, mut block) = next_block(chain);
    let median = oxen_testkit::GENESIS_TIME + 6 * 120;
    block.header.timestamp = Timestamp::from_seconds(median);
    chain.try_apply(&TestChain::seal(&block, &[]).unwrap()).unwrap();
    block.header.timestamp = Timestamp::from_seconds(median - 1);
    refused(&chain, &block)
}

fn transaction_left_out() -> BlockError {
    let mut chain = TestChain::mature();
    let transfer = TransferBuilder::new().build(&mut chain).checked();
    let block = chain.assemble(&[transfer]);
    TestChain::seal(&block, &[]).unwrap_err()
}

fn mined_again() -> BlockError {
    let mut chain = TestChain::mature();
    let transactions = [TransferBuilder::new().build(&mut chain).checked()];
    chain.mine(&transactions);
    let block = TestChain::seal(&chain.assemble(&transactions), &transactions).unwrap();
    chain.try_apply(&block).unwrap_err()
}

fn twice_in_one_block() -> BlockError {
    let mut chain = TestChain::mature();
    let transfer = TransferBuilder::new().build(&mut chain).checked();
    let transactions = [transfer.clone(), transfer];
    let block = TestChain::seal(&chain.assemble(&transactions), &transactions).unwrap();
    chain.try_apply(&block).unwrap_err()
}

fn with_faulty_transfer(fault: Fault) -> BlockError {
    let mut chain = TestChain::mature();
    let transactions = [TransferBuilder::new().build(&mut chain).with_fault(fault).checked()];
    let block = TestChain::seal(&chain.assemble(&transactions), &transactions).unwrap();
    chain.try_apply(&block).unwrap_err()
}

fn proofs_nobody_verified() -> BlockError {
    let mut chain = TestChain::mature();
    let transactions = [TransferBuilder::new().build(&mut chain).checked()];
    let block = TestChain::seal(&chain.assemble(&transactions), &transactions).unwrap();
    chain.apply_with(&block, &ProofVerifier::default()).unwrap_err()
}

fn with_quorum(network: TestNetwork) -> TestChain {
    let mut chain = TestChain::on(&network);
    chain.set_service_nodes(ScriptedServiceNodes::none().with_quorum());
    chain.mine_empty(2);
    chain
}

fn refused_pulse_block(change: impl FnOnce(&mut Block)) -> BlockError {
    let (chain, mut block) = next_block(with_quorum(TestNetwork::new()));
    change(&mut block);
    refused(&chain, &block)
}

fn outside_its_round() -> BlockError {
    let (chain, mut block) = next_block(with_quorum(TestNetwork::new().pulse_start(PulseStartRule::Ideal)));
    block.header.timestamp = block.header.timestamp.saturating_add(61);
    chain.service_nodes().sign_as_is(&mut block);
    refused(&chain, &block)
}

/// A proof-of-work function of one value.
struct Work(Option<[u8; 32]>);

impl WorkHash for Work {
    fn work_hash(&self, _: &[u8], _: &Hash) -> Option<[u8; 32]> {
        self.0
    }
}

fn refused_for_work(hash: Option<[u8; 32]>) -> BlockError {
    let (chain, block) = next_block(TestChain::on(&TestNetwork::new().difficulty(DifficultyRule::Fixed(2))));
    let block = TestChain::seal(&block, &[]).unwrap();
    let rules = Rules {
        work: &Work(hash),
        ..chain.rules(&ProofsAssumedValid)
    };
    apply(chain.state(), &rules, &block).unwrap_err()
}

/// A chain whose next coinbase must pay the foundation.
fn before_payout() -> TestChain {
    let foundation = Account::named("foundation");
    let mut chain = TestChain::on(&TestNetwork::new().foundation(&foundation).batching_interval(5));
    let due = foundation.recipient().payout_offset(5);
    chain.mine_empty(4);
    while chain.next_height().index() % 5 != due {
        chain.mine_empty(1);
    }
    chain
}

/// How a coinbase that pays the foundation is refused after a change.
fn refused_payout(change: impl FnOnce(&mut Transaction)) -> BlockError {
    let (chain, mut block) = next_block(before_payout());
    assert_eq!(coinbase(&mut block).prefix.outputs.len(), 1);
    change(coinbase(&mut block));
    refused(&chain, &block)
}

/// The height of the tail counts only in a block whose coinbase has outputs.
fn tail_of_another_height() -> BlockError {
    let (chain, mut block) = next_block(before_payout());
    block.batching_tail = other_tail_height(&block);
    refused(&chain, &block)
}

fn other_tail_height(block: &Block) -> Option<BatchingTail> {
    Some(BatchingTail::Full {
        height: Height::new(99),
        producer: PublicKey::ZERO,
        reward: block.reward().unwrap(),
    })
}

/// A quorum throws out the node that makes the block, which has fees.
fn producer_gone() -> BlockError {
    let mut chain = StakingChain::start().with_nodes(14);
    chain.mine(20);
    let transfer = TransferBuilder::new().build(chain.chain_mut()).checked();
    let deregistration = loop {
        let producer = chain.pulse_quorum(0).unwrap().workers[0];
        let name = (1..=14)
            .map(|number| format!("n{number}"))
            .find(|name| StakingChain::key(name) == producer)
            .unwrap();
        if chain.testing_quorum(&name, NewState::Deregister).is_some() {
            break chain.vote(&name, NewState::Deregister).build();
        }
        chain.mine(1);
    };
    let mut without_fees = chain.clone();
    without_fees.try_mine(std::slice::from_ref(&deregistration)).unwrap();
    chain.try_mine(&[deregistration, transfer]).unwrap_err()
}

fn too_many_heavy_transfers() -> BlockError {
    let mut chain = TestChain::mature();
    let transactions: Vec<_> = (0..5)
        .map(|_| {
            TransferBuilder::new()
                .build_weighing(Weight::new(130_000), &mut chain)
                .checked()
        })
        .collect();
    let block = TestChain::seal(&chain.assemble(&transactions), &transactions).unwrap();
    chain.try_apply(&block).unwrap_err()
}
