//! When an output may be in a ring (chain §2.6 rules 13 and 14, §4.9): to the block, and to the second.

use crate::transaction_rules::{refused_by, ring_with};
use oxen_state::TransactionError;
use oxen_testkit::{Account, TestChain, TestNetwork, Transfer, TransferBuilder};
use oxen_types::{Amount, GlobalOutputIndex, Height, UnlockTime};

/// A transfer of the treasury's lowest output whose ring has `member` and eight old outputs. Several may spend the same.
fn transfer_with_member(chain: &mut TestChain, member: GlobalOutputIndex) -> Transfer {
    let treasury = chain.treasury().clone();
    let spent: Vec<_> = chain
        .unspent()
        .filter(|output| output.owner == treasury)
        .take(1)
        .cloned()
        .collect();
    let mut others: Vec<GlobalOutputIndex> = (40..48).map(GlobalOutputIndex::new).collect();
    others.push(member);
    let ring = ring_with(&others, spent[0].index);
    TransferBuilder::new().spending(&spent).ring(0, &ring).build(chain)
}

fn fits(chain: &TestChain, transfer: &Transfer) -> bool {
    let transactions = [transfer.checked()];
    let block = TestChain::seal(&chain.assemble(&transactions), &transactions).unwrap();
    chain.try_apply(&block).is_ok()
}

/// A chain on which the foundation was just paid, and the index of that coinbase output.
fn just_paid_by_coinbase() -> (TestChain, GlobalOutputIndex) {
    let foundation = Account::named("foundation");
    let mut chain = TestChain::on(&TestNetwork::new().foundation(&foundation).batching_interval(2));
    chain.watch(&foundation);
    while chain.balance(&foundation).is_zero() {
        chain.mine_empty(1);
    }
    let paid = chain.unspent().find(|output| output.owner == foundation).unwrap().index;
    (chain, paid)
}

#[test]
fn a_coinbase_output_is_used_in_exactly_the_block_whose_height_is_its_unlock_value() {
    let (mut chain, paid) = just_paid_by_coinbase();
    let height = chain.tip().0;
    chain.mine_empty(28);
    let transfer = transfer_with_member(&mut chain, paid);
    assert_eq!(chain.next_height(), height.saturating_add(29));
    assert!(matches!(
        refused_by(&chain, &transfer),
        TransactionError::RingMemberLocked { input: 0, member } if member == paid
    ));
    chain.mine_empty(1);
    assert_eq!(chain.next_height(), height.saturating_add(30));
    chain.mine(&[transfer.checked()]);
}

#[test]
fn an_output_locked_to_a_height_is_free_in_the_block_of_that_height() {
    let mut chain = TestChain::mature();
    let treasury = chain.treasury().clone();
    let unlock = UnlockTime::new(25);
    let locked = TransferBuilder::new()
        .pay_locked(&treasury, Amount::OXEN, unlock)
        .build(&mut chain);
    chain.mine(&[locked.checked()]);
    let member = GlobalOutputIndex::new(64);
    chain.mine_empty(12);
    let transfer = transfer_with_member(&mut chain, member);
    assert_eq!(chain.next_height(), Height::new(24));
    assert!(matches!(
        refused_by(&chain, &transfer),
        TransactionError::RingMemberLocked { .. }
    ));
    chain.mine_empty(1);
    chain.mine(&[transfer.checked()]);
}

#[test]
fn an_output_locked_to_a_time_is_free_one_block_time_before_it_by_the_clock() {
    let mut chain = TestChain::mature();
    let treasury = chain.treasury().clone();
    let unlock = chain.now().saturating_add(100_000);
    let locked = TransferBuilder::new()
        .pay_locked(&treasury, Amount::OXEN, UnlockTime::new(unlock.seconds()))
        .build(&mut chain);
    chain.mine(&[locked.checked()]);
    chain.mine_empty(10);
    let transfer = transfer_with_member(&mut chain, GlobalOutputIndex::new(64));
    chain.advance(unlock.seconds() - chain.now().seconds() - 121);
    assert!(matches!(
        refused_by(&chain, &transfer),
        TransactionError::RingMemberLocked { .. }
    ));
    chain.advance(1);
    assert!(fits(&chain, &transfer));
}

#[test]
fn lock_values_are_heights_below_five_hundred_million_and_times_from_there_on() {
    let mut chain = TestChain::mature();
    let treasury = chain.treasury().clone();
    let pay = |unlock| TransferBuilder::new().pay_locked(&treasury, Amount::OXEN, UnlockTime::new(unlock));
    let far_height = pay(499_999_999).build(&mut chain);
    let past_time = pay(500_000_000).build(&mut chain);
    chain.mine(&[far_height.checked(), past_time.checked()]);
    chain.mine_empty(9);
    let locked = transfer_with_member(&mut chain, GlobalOutputIndex::new(64));
    assert!(matches!(
        refused_by(&chain, &locked),
        TransactionError::RingMemberLocked { .. }
    ));
    let free = transfer_with_member(&mut chain, GlobalOutputIndex::new(66));
    assert!(fits(&chain, &free));
}

#[test]
fn the_last_ring_member_is_at_least_ten_blocks_old() {
    let mut chain = TestChain::mature();
    let first = TransferBuilder::new().build(&mut chain);
    chain.mine(&[first.checked()]);
    let height = chain.tip().0;
    chain.mine_empty(8);
    let transfer = transfer_with_member(&mut chain, GlobalOutputIndex::new(64));
    assert_eq!(chain.next_height(), height.saturating_add(9));
    assert!(matches!(
        refused_by(&chain, &transfer),
        TransactionError::RingMemberTooYoung { newest, height: at } if newest == height && at == height.saturating_add(9)
    ));
    chain.mine_empty(1);
    chain.mine(&[transfer.checked()]);
}

#[test]
fn the_youngest_input_decides_whichever_place_it_has() {
    let mut chain = TestChain::mature();
    let treasury = chain.treasury().clone();
    let first = TransferBuilder::new().build(&mut chain);
    chain.mine(&[first.checked()]);
    chain.mine_empty(8);
    let old: Vec<_> = chain.spendable(&treasury).take(2).cloned().collect();
    let others: Vec<GlobalOutputIndex> = (40..48).chain([64]).map(GlobalOutputIndex::new).collect();
    for young in 0..2 {
        let transfer = TransferBuilder::new()
            .spending(&old)
            .ring(young, &ring_with(&others, old[young].index))
            .build(&mut chain);
        assert!(matches!(
            refused_by(&chain, &transfer),
            TransactionError::RingMemberTooYoung { .. }
        ));
    }
}

#[test]
fn an_output_of_the_same_block_cannot_be_in_a_ring() {
    let mut chain = TestChain::mature();
    let first = TransferBuilder::new().build(&mut chain);
    let mut ahead = chain.clone();
    ahead.mine(&[first.checked()]);
    let second = transfer_with_member(&mut ahead, GlobalOutputIndex::new(64));
    let transactions = [first.checked(), second.checked()];
    let block = TestChain::seal(&chain.assemble(&transactions), &transactions).unwrap();
    let Err(oxen_state::BlockError::Transaction { error, .. }) = chain.try_apply(&block) else {
        panic!("a ring member that is not there yet");
    };
    assert!(matches!(*error, TransactionError::RingMemberUnknown { .. }));
}
