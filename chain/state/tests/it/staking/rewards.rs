//! What nodes and their contributors earn (staking §17).

use super::{atomic, oxen, pulse_chain, refused_with};
use oxen_staking_rules::MilliAmount;
use oxen_state::{BlockError, Event, rewards::balance_of};
use oxen_testkit::{Account, Maker, StakingChain, TestChain, TransferBuilder};
use oxen_types::{
    Amount,
    block::BatchingTail,
    network::constants::SERVICE_NODE_BLOCK_REWARD,
    transaction::{OutputTarget, Weight},
};

fn owed(chain: &StakingChain, account: &str) -> MilliAmount {
    let recipient = Account::named(account).recipient();
    balance_of(chain.chain().state(), chain.chain().network(), &recipient).unwrap()
}

#[test]
fn nothing_is_paid_before_the_turn_and_everything_at_it() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(100).mine();
    let alice = Account::named("alice");
    let earns_from = chain.height().saturating_add(4);
    let turn = alice.recipient().next_payout(earns_from, 20);
    while chain.height().next() < turn {
        chain.mine(1);
        assert_eq!(chain.chain().balance(&alice), oxen(100));
        let blocks = chain.height().next().since(earns_from);
        let expected = u128::from(SERVICE_NODE_BLOCK_REWARD.atomic() * 1000 * blocks);
        assert_eq!(owed(&chain, "alice").milli(), expected, "at {}", chain.height());
    }
    chain.mine(1);
    let blocks = turn.since(earns_from);
    let paid = oxen(100).atomic() + SERVICE_NODE_BLOCK_REWARD.atomic() * blocks;
    assert_eq!(chain.chain().balance(&alice).atomic(), paid);
    assert_eq!(
        owed(&chain, "alice"),
        MilliAmount::from_amount(SERVICE_NODE_BLOCK_REWARD)
    );
}

#[test]
fn a_payout_of_another_amount_or_to_another_key_is_refused() {
    let mut chain = pulse_chain();
    let due = |chain: &StakingChain| {
        !oxen_state::rewards::due_payouts(chain.chain().state(), chain.chain().network(), chain.height().next())
            .unwrap()
            .is_empty()
    };
    while !due(&chain) {
        chain.mine(1);
    }
    let sign = |chain: &StakingChain, block: &mut oxen_types::Block| {
        let quorum = chain.pulse_quorum(0).unwrap();
        chain.sign(block, &quorum, &[0, 1, 2, 3, 4, 5, 6]);
    };
    let error = refused_with(&mut chain, Maker::Due, |chain, block| {
        let output = &mut block.miner_transaction.as_mut().unwrap().prefix.outputs[0];
        output.amount = atomic(output.amount.atomic() + 1);
        sign(chain, block);
    });
    assert!(matches!(error, BlockError::PayoutMismatch { output: 0 }));
    let error = refused_with(&mut chain, Maker::Due, |chain, block| {
        let output = &mut block.miner_transaction.as_mut().unwrap().prefix.outputs[0];
        output.target = OutputTarget::Key(TestChain::nobody());
        sign(chain, block);
    });
    assert!(matches!(error, BlockError::PayoutMismatch { output: 0 }));
    chain.mine(1);
    let paid = chain.chain().blocks().last().unwrap();
    assert!(paid.events.iter().any(|event| matches!(event, Event::RewardPaid(_))));
}

#[test]
fn shares_follow_fee_and_stakes_and_not_what_was_locked() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(25).fee(1_000).submit();
    // Twenty of them are credited to bob, and 55 to carol, who locks more.
    chain.contribute("n1").by("bob").stake(20).submit();
    chain
        .contribute("n1")
        .by("carol")
        .stake_amount(atomic(55_550_000_000))
        .submit();
    chain.mine(1);
    chain.mine(4);
    let reward = u128::from(SERVICE_NODE_BLOCK_REWARD.atomic()) * 1000;
    let fee = reward * u128::from(chain.node("n1").unwrap().stake.operator_portions) / u128::from(u64::MAX - 3);
    let share = |part: u128| (reward - fee) * part / 100;
    assert_eq!(owed(&chain, "bob").milli(), share(20));
    assert_eq!(owed(&chain, "carol").milli(), share(55));
    assert_eq!(owed(&chain, "alice").milli(), share(25) + fee);
}

#[test]
fn an_open_node_and_a_suspended_one_earn_nothing() {
    let mut chain = pulse_chain();
    chain.register("open").by("alice").stake(25).mine();
    chain.decommission("n1");
    // What was owed until then is still paid; nothing comes after.
    chain.mine(25);
    let before = owed(&chain, "o1");
    assert!(before.whole().unwrap() < Amount::OXEN);
    chain.mine(3);
    assert_eq!(owed(&chain, "o1"), before);
    assert_eq!(owed(&chain, "alice"), MilliAmount::ZERO);
}

#[test]
fn a_producer_is_credited_with_the_fees_even_in_a_later_round() {
    let mut chain = pulse_chain();
    let fee = atomic(700_000_000);
    let transfer = TransferBuilder::new().fee(fee).build(chain.chain_mut()).checked();
    chain.chain_mut().advance(120);
    let transactions = [transfer];
    let block = chain.next_block(&transactions, Maker::Round(2));
    let producer = chain.pulse_quorum(2).unwrap().workers[0];
    assert_ne!(Some(producer), chain.registry().next_leader());
    let number = (1..=14)
        .find(|number| StakingChain::key(&format!("n{number}")) == producer)
        .unwrap();
    let account = format!("o{number}");
    let before = owed(&chain, &account);
    chain
        .chain_mut()
        .push(TestChain::seal(&block, &transactions).unwrap())
        .unwrap();
    let share = MilliAmount::from_amount(SERVICE_NODE_BLOCK_REWARD).share(14);
    // Unless it was this operator's turn to be paid, in which case all of it went out first.
    let gained = owed(&chain, &account).milli() + 1000 * u128::from(paid_now(&chain, &account)) - before.milli();
    assert_eq!(gained, share.milli() + 1000 * u128::from(fee.atomic()));
}

fn paid_now(chain: &StakingChain, account: &str) -> u64 {
    let recipient = Account::named(account).recipient();
    let events = &chain.chain().blocks().last().unwrap().events;
    events
        .iter()
        .map(|event| match event {
            Event::RewardPaid(payout) if payout.recipient == recipient => payout.amount.atomic(),
            _ => 0,
        })
        .sum()
}

#[test]
fn weight_costs_the_producer_fees_and_the_nodes_nothing() {
    let mut chain = pulse_chain();
    let heavy: Vec<_> = (0..3)
        .map(|_| {
            TransferBuilder::new()
                .fee(oxen(1))
                .build_weighing(Weight::new(110_000), chain.chain_mut())
                .checked()
        })
        .collect();
    let before = chain.chain().totals();
    chain.try_mine(&heavy).unwrap();
    let after = chain.chain().totals();
    let (reward, base) = (chain.chain().tip().1.reward, SERVICE_NODE_BLOCK_REWARD);
    assert!(reward > base && reward < atomic(base.atomic() + oxen(3).atomic()));
    // All of the 16.5 OXEN but what fourteen equal parts lose.
    let share = base.atomic() * 1000 / 14;
    assert_eq!(after.emitted_milli - before.emitted_milli, u128::from(share * 14));
    assert!(after.forfeited_milli > before.forfeited_milli);
}

#[test]
fn a_block_cannot_claim_what_was_burned() {
    let mut chain = pulse_chain();
    let transfer = TransferBuilder::new()
        .fee(atomic(1_000_000_000))
        .burn(atomic(400_000_000))
        .build(chain.chain_mut())
        .checked();
    chain.chain_mut().advance(120);
    let transactions = [transfer];
    let mut block = chain.next_block(&transactions, Maker::Due);
    let earned = block.reward().unwrap();
    assert_eq!(earned.atomic(), SERVICE_NODE_BLOCK_REWARD.atomic() + 600_000_000);
    let claim = |block: &mut oxen_types::Block, claimed: Amount| {
        if let Some(BatchingTail::Full { reward, .. }) = &mut block.batching_tail {
            *reward = claimed;
        }
    };
    claim(&mut block, atomic(earned.atomic() + 2));
    let error = chain
        .chain()
        .try_apply(&TestChain::seal(&block, &transactions).unwrap());
    assert!(matches!(error, Err(BlockError::RewardMismatch { expected, .. }) if expected == earned));
    claim(&mut block, earned);
    chain
        .chain()
        .try_apply(&TestChain::seal(&block, &transactions).unwrap())
        .unwrap();
}
