//! Every rule of chain §2.6: a transfer that breaks it, and it alone, is refused with its variant.

use crate::{
    rule_coverage::{Case, check, variants},
    staking::ethereum,
};
use oxen_state::{
    BlockError, TableId, TransactionError, View, ViewError,
    transaction::{CheckedTransaction, resolve_rings},
    view::RawEntry,
};
use oxen_testkit::{Account, Fault, Maker, StakingChain, TestChain, Transfer, TransferBuilder};
use oxen_types::{
    Amount, GlobalOutputIndex, Height, Timestamp, UnlockTime,
    extra::NewState,
    network::HardForkVersion,
    transaction::{TransactionType, TransactionVersion},
};
use std::sync::Arc;

variants!(
    TransactionVariants of TransactionError:
    Decode, TooLarge, WrongVersion, TypeNotAllowed, NoInputs, InvalidInputKind, InvalidOutputKind, InvalidOutputKey,
    OutputCount, OutputAmountInTheClear, InputAmountInTheClear, WrongRingCtType, RangeProofPadding, RingSize,
    RingNotAscending, InputsNotSorted, KeyImageDomain, Unbalanced, InvalidRangeProof, InvalidRingSignature, TooHeavy,
    RingMemberUnknown, RingMemberLocked, RingMemberTooYoung, KeyImageSpent, MovesMoney, Name, RegistryMissing,
    StakeLocked, StakeBlacklisted, StateChange, Swap, Unlock, L2EventMissing, L2EventWithoutHeight, View,
);

const CASES: &[Case<TransactionError>] = &[
    ("Decode", || refused_blob(&[9])),
    ("TooLarge", || refused_blob(&vec![0; 1_000_001])),
    ("WrongVersion", || refused_alone(Fault::Version(TransactionVersion::V2))),
    ("TypeNotAllowed", || {
        refused_alone(Fault::Kind(TransactionType::EthereumServiceNodeExit))
    }),
    ("NoInputs", || refused_alone(Fault::NoInputs)),
    ("InvalidInputKind", || refused_alone(Fault::GeneratingInput)),
    ("InvalidOutputKind", || refused_alone(Fault::ScriptOutput)),
    ("InvalidOutputKey", || refused_alone(Fault::OutputKeyNotAPoint)),
    ("OutputCount", || refused_alone(Fault::OutputCount(1))),
    ("OutputCount", || refused_alone(Fault::OutputCount(17))),
    ("OutputAmountInTheClear", || refused_alone(Fault::OutputAmount)),
    ("InputAmountInTheClear", || refused_alone(Fault::InputAmount)),
    ("WrongRingCtType", || refused_alone(Fault::NoRingCt)),
    ("RangeProofPadding", || refused_alone(Fault::RangeProofRound)),
    ("RingSize", || refused_alone(Fault::SmallRing)),
    ("RingNotAscending", || refused_alone(Fault::RingMemberTwice)),
    ("InputsNotSorted", || refused_alone(Fault::AscendingInputs)),
    ("InputsNotSorted", || refused_alone(Fault::RepeatedInput)),
    ("KeyImageDomain", || refused_alone(Fault::KeyImageOfSmallOrder)),
    ("Unbalanced", || refused_alone(Fault::Fee)),
    ("TooHeavy", || refused_alone(Fault::LongExtra(149_400))),
    ("MovesMoney", || {
        refused_alone(Fault::Kind(TransactionType::StateChange))
    }),
    ("InvalidRangeProof", bad_range_proof),
    ("InvalidRingSignature", || refused_in_block(Fault::RingSignature(1))),
    ("RingMemberUnknown", || refused_in_block(Fault::UnknownRingMember)),
    ("RingMemberLocked", locked_ring_member),
    ("RingMemberTooYoung", young_ring_member),
    ("KeyImageSpent", spent_twice),
    ("L2EventMissing", ethereum::event_of_another_kind),
    ("L2EventWithoutHeight", ethereum::event_without_height),
    ("Name", name_transaction_without_record),
    ("RegistryMissing", stake_without_registry),
    ("StakeLocked", || {
        let mut chain = StakingChain::start().with_nodes(1);
        spending_the_stake_of(&mut chain, "o1")
    }),
    ("StakeBlacklisted", || {
        let mut chain = StakingChain::start().with_nodes(12);
        chain.deregister("n1");
        spending_the_stake_of(&mut chain, "o1")
    }),
    ("StateChange", || {
        let mut chain = StakingChain::start().with_nodes(12);
        let votes = chain
            .vote("n1", NewState::Decommission)
            .voters(&[0, 1, 2, 3, 4, 5])
            .build();
        refused_in(&chain, votes)
    }),
    ("Unlock", || {
        let chain = StakingChain::start().with_nodes(1);
        let staked = chain.staked_output("n1", "o1");
        let forged = StakingChain::unlock_by(StakingChain::key("n1"), &staked, &StakingChain::node_keys("n1"));
        refused_in(&chain, forged)
    }),
    ("Swap", || {
        let burn = crate::swap::refused(|field| field.l2_chain_id = 1);
        TransactionError::Swap(burn)
    }),
    ("View", unreadable_state),
];

#[test]
fn every_variant_of_transaction_error_has_a_transaction_that_brings_it_about() {
    check::<TransactionVariants>(CASES);
}

#[test]
fn the_transfer_that_all_cases_break_is_valid() {
    let mut chain = TestChain::mature();
    let transfer = TransferBuilder::new().inputs(2).build(&mut chain);
    chain.mine(&[transfer.checked()]);
}

#[test]
fn a_rule_names_the_input_or_output_that_breaks_it() {
    let places = [
        (Fault::SmallRing, "the ring of input 1 has 9 members; 10 are required"),
        (
            Fault::OutputKeyNotAPoint,
            "the key of output 1 is not a point of the curve",
        ),
        (Fault::OutputCount(17), "17 outputs; 2 to 16 are allowed"),
        (
            Fault::RangeProofRound,
            "the range proof has 8 rounds; 7 are required for its outputs",
        ),
    ];
    for (fault, text) in places {
        assert_eq!(refused_alone(fault).to_string(), text);
    }
    assert_eq!(
        refused_in_block(Fault::RingSignature(1)).to_string(),
        "the ring signature of input 1 is invalid"
    );
}

#[test]
fn a_name_transaction_may_have_one_output_and_a_transfer_may_not() {
    let mut chain = TestChain::mature();
    let builder = TransferBuilder::new().outputs(1);
    let transfer = builder.clone().build(&mut chain);
    assert!(matches!(
        transfer.check(),
        Err(TransactionError::OutputCount { found: 1, least: 2 })
    ));
    let name = builder.kind(TransactionType::OxenNameSystem).build(&mut chain);
    assert!(name.check().is_ok());
    let stake = TransferBuilder::new()
        .outputs(1)
        .kind(TransactionType::Stake)
        .build(&mut chain);
    assert!(matches!(stake.check(), Err(TransactionError::OutputCount { .. })));
}

#[test]
fn the_heaviest_transfer_weighs_149400() {
    let mut chain = TestChain::mature();
    let mut weighing = |weight| {
        let weight = oxen_types::transaction::Weight::new(weight);
        TransferBuilder::new().build_weighing(weight, &mut chain)
    };
    assert!(weighing(149_400).check().is_ok());
    assert!(matches!(
        weighing(149_401).check(),
        Err(TransactionError::TooHeavy { .. })
    ));
}

/// A valid transfer of two inputs on a chain that accepts it.
fn transfer() -> (TestChain, Transfer) {
    let mut chain = TestChain::mature();
    let transfer = TransferBuilder::new().inputs(2).build(&mut chain);
    (chain, transfer)
}

fn refused_blob(blob: &[u8]) -> TransactionError {
    CheckedTransaction::from_blob(blob, HardForkVersion::REWARD_BATCHING).unwrap_err()
}

/// Refused by what it says of itself.
fn refused_alone(fault: Fault) -> TransactionError {
    transfer().1.with_fault(fault).check().unwrap_err()
}

/// Refused only when it comes in a block.
fn refused_in_block(fault: Fault) -> TransactionError {
    let (chain, transfer) = transfer();
    refused_by(&chain, &transfer.with_fault(fault))
}

/// How the chain refuses the transfer in its next block.
pub(crate) fn refused_by(chain: &TestChain, transfer: &Transfer) -> TransactionError {
    let transactions = [transfer.checked()];
    let block = TestChain::seal(&chain.assemble(&transactions), &transactions).unwrap();
    match chain.try_apply(&block) {
        Err(BlockError::Transaction { id, error }) if id == transfer.id() => *error,
        other => panic!("not refused for the transaction: {:?}", other.map(|_| "applied")),
    }
}

fn bad_range_proof() -> TransactionError {
    let mut chain = TestChain::mature();
    let transfer = TransferBuilder::new().bad_range_proof().build(&mut chain);
    refused_by(&chain, &transfer)
}

fn locked_ring_member() -> TransactionError {
    let mut chain = TestChain::mature();
    let treasury = chain.treasury().clone();
    let locked = TransferBuilder::new()
        .pay_locked(&treasury, Amount::OXEN, UnlockTime::new(1_000))
        .build(&mut chain);
    chain.mine(&[locked.checked()]);
    chain.mine_empty(10);
    let members: Vec<GlobalOutputIndex> = (56..65).chain([0]).map(GlobalOutputIndex::new).collect();
    let spent: Vec<_> = chain.spendable(&treasury).take(1).cloned().collect();
    let ring = ring_with(&members[1..], spent[0].index);
    let transfer = TransferBuilder::new().spending(&spent).ring(0, &ring).build(&mut chain);
    refused_by(&chain, &transfer)
}

fn young_ring_member() -> TransactionError {
    let mut chain = TestChain::mature();
    let treasury = chain.treasury().clone();
    let first = TransferBuilder::new().build(&mut chain);
    chain.mine(&[first.checked()]);
    let members: Vec<GlobalOutputIndex> = (57..66).map(GlobalOutputIndex::new).collect();
    let spent: Vec<_> = chain.spendable(&treasury).take(1).cloned().collect();
    let ring = ring_with(&members, spent[0].index);
    let transfer = TransferBuilder::new().spending(&spent).ring(0, &ring).build(&mut chain);
    refused_by(&chain, &transfer)
}

/// A ring of the output that is spent and nine others.
pub(crate) fn ring_with(others: &[GlobalOutputIndex], real: GlobalOutputIndex) -> Vec<GlobalOutputIndex> {
    let mut ring = others.to_vec();
    ring.push(real);
    assert_eq!(ring.len(), 10);
    ring
}

fn spent_twice() -> TransactionError {
    let (mut chain, first) = transfer();
    chain.mine(&[first.checked()]);
    let second = TransferBuilder::new().spending(&first.spent).seed(1).build(&mut chain);
    refused_by(&chain, &second)
}

fn stake_without_registry() -> TransactionError {
    let mut chain = TestChain::mature();
    let stake = TransferBuilder::new().kind(TransactionType::Stake).build(&mut chain);
    refused_by(&chain, &stake)
}

fn name_transaction_without_record() -> TransactionError {
    let mut chain = TestChain::mature();
    let kind = TransactionType::OxenNameSystem;
    let transfer = TransferBuilder::new().kind(kind).build(&mut chain);
    refused_by(&chain, &transfer)
}

/// How the chain refuses a transaction in its next block.
pub(crate) fn refused_in(chain: &StakingChain, transaction: Arc<CheckedTransaction>) -> TransactionError {
    let id = transaction.id();
    let transactions = [transaction];
    let block = chain.next_block(&transactions, Maker::Due);
    match chain
        .chain()
        .try_apply(&TestChain::seal(&block, &transactions).unwrap())
    {
        Err(BlockError::Transaction { id: refused, error }) if refused == id => *error,
        other => panic!("not refused for the transaction: {:?}", other.map(|_| "applied")),
    }
}

/// How the chain refuses a transfer of what the account staked first, mature as it is.
pub(crate) fn spending_the_stake_of(chain: &mut StakingChain, account: &str) -> TransactionError {
    let transfer = TransferBuilder::new()
        .from(&Account::named(account))
        .build(chain.chain_mut());
    refused_in(chain, transfer.checked())
}

/// A database that fails.
struct Broken;

impl View for Broken {
    fn read(&self, table: TableId, _: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        let source = "the disk is on fire".into();
        Err(ViewError::Backend { table, source })
    }

    fn scan(&self, table: TableId, _: &[u8], _: &[u8], _: usize) -> Result<Vec<RawEntry>, ViewError> {
        self.read(table, &[]).map(|_| Vec::new())
    }
}

fn unreadable_state() -> TransactionError {
    let (_, transfer) = transfer();
    let now = Timestamp::from_seconds(0);
    resolve_rings(&Broken, &transfer.checked(), Height::new(11), now, 120).unwrap_err()
}
