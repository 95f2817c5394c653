//! Chains that cross HF20, HF21 and the fork of the swap: what blocks look like there, and what each of their rules refuses.

use crate::block_rules::{next_block, refused};
use oxen_bridge_rules::reward_rate::allowed_rewards;
use oxen_state::{BlockError, template::TemplateL2};
use oxen_testkit::{TestChain, TestNetwork, TransferBuilder};
use oxen_types::{
    Amount, Block,
    network::{HardFork, constants::ETHEREUM_INITIAL_REWARD},
};

/// HF20 begins here.
const TRANSITION: u64 = 14;
/// HF21 begins here.
const ETHEREUM: u64 = 18;
/// The swap begins here.
const SWAP: u64 = 36;

fn network() -> TestNetwork {
    TestNetwork::new().forks(&[
        HardFork::new(7, 0, 0),
        HardFork::new(19, 3, 1),
        HardFork::new(20, 0, TRANSITION),
        HardFork::new(21, 3, ETHEREUM),
        HardFork::new(30, 0, SWAP),
    ])
}

/// A chain whose next block is the one at a height.
pub(crate) fn chain_before(height: u64) -> TestChain {
    let mut chain = TestChain::on(&network());
    chain.mine_empty(height - 1);
    chain
}

fn refused_at(height: u64, change: impl FnOnce(&mut Block)) -> BlockError {
    let (chain, mut block) = next_block(chain_before(height));
    change(&mut block);
    refused(&chain, &block)
}

pub(crate) fn wrong_leader_tail() -> BlockError {
    refused_at(TRANSITION, |block| {
        block.header.leader.as_mut().unwrap().leader_key_end = [1; 4]
    })
}

pub(crate) fn wrong_height_of_header() -> BlockError {
    refused_at(ETHEREUM, |block| {
        let l2 = block.header.l2.as_mut().unwrap();
        l2.height = l2.height.next();
    })
}

pub(crate) fn more_events_than_transactions() -> BlockError {
    refused_at(ETHEREUM, |block| block.l2_event_count = 1)
}

pub(crate) fn wrong_transition_reward() -> BlockError {
    refused_at(TRANSITION, |block| {
        one_more(&mut block.header.leader.as_mut().unwrap().reward)
    })
}

pub(crate) fn wrong_ethereum_reward() -> BlockError {
    refused_at(ETHEREUM, |block| {
        one_more(&mut block.header.leader.as_mut().unwrap().reward)
    })
}

pub(crate) fn rate_too_high() -> BlockError {
    refused_at(ETHEREUM, |block| {
        let most = *allowed_rewards(ETHEREUM_INITIAL_REWARD).end();
        let rate = &mut block.header.l2.as_mut().unwrap().l2_reward;
        *rate = most;
        one_more(rate);
    })
}

pub(crate) fn rate_too_low() -> BlockError {
    refused_at(ETHEREUM, |block| {
        let least = allowed_rewards(ETHEREUM_INITIAL_REWARD).start().atomic();
        block.header.l2.as_mut().unwrap().l2_reward = Amount::from_atomic(least - 1);
    })
}

fn one_more(amount: &mut Amount) {
    *amount = Amount::from_atomic(amount.atomic() + 1);
}

#[test]
fn a_chain_crosses_the_forks_and_back() {
    let mut chain = TestChain::on(&network());
    let mut digests = vec![chain.digest()];
    for height in 1..=SWAP + 3 {
        chain.mine(&[]);
        let block = chain.blocks().last().unwrap().block.block().clone();
        assert_eq!(block.header.leader.is_some(), height >= TRANSITION, "at {height}");
        assert_eq!(block.header.l2.is_some(), height >= ETHEREUM, "at {height}");
        assert_eq!(block.miner_transaction.is_some(), height < ETHEREUM, "at {height}");
        assert_eq!(block.batching_tail.is_some(), height < TRANSITION, "at {height}");
        assert_eq!(block.height().unwrap().index(), height);
        digests.push(chain.digest());
    }
    while digests.len() > 1 {
        assert_eq!(chain.digest(), digests.pop().unwrap());
        chain.revert(1);
    }
    assert_eq!(chain.digest(), digests[0]);
}

#[test]
fn without_a_provider_blocks_repeat_what_the_one_before_read() {
    let mut chain = chain_before(ETHEREUM);
    chain.set_l2(TemplateL2 {
        l2_height: Some(700),
        l2_reward: Some(Amount::ZERO),
        ..TemplateL2::default()
    });
    chain.mine_empty(2);
    chain.set_l2(TemplateL2::default());
    chain.mine_empty(2);
    let l2: Vec<(u64, u64)> = chain.blocks()[ETHEREUM as usize - 1..]
        .iter()
        .map(|mined| mined.block.block().header.l2.as_ref().unwrap())
        .map(|l2| (l2.l2_height, l2.l2_reward.atomic()))
        .collect();
    let first = 22_983_257_229 - 919_330;
    let second = first - first / 25_000;
    assert_eq!(l2, [(700, first), (700, second), (700, second), (700, second)]);
}

#[test]
fn the_reward_is_the_least_of_fifteen_rates() {
    let mut chain = chain_before(ETHEREUM);
    let falling = TemplateL2 {
        l2_reward: Some(Amount::ZERO),
        ..TemplateL2::default()
    };
    let rising = TemplateL2 {
        l2_reward: Some(Amount::from_atomic(u64::MAX)),
        ..TemplateL2::default()
    };
    let mut rates = Vec::new();
    for number in 0..40_usize {
        chain.set_l2(if number < 3 { falling.clone() } else { rising.clone() });
        chain.mine(&[]);
        let block = chain.blocks().last().unwrap().block.block();
        let expected = if number < 15 {
            ETHEREUM_INITIAL_REWARD.atomic()
        } else {
            *rates[number - 15..number].iter().min().unwrap()
        };
        assert_eq!(block.reward().unwrap().atomic(), expected, "block {number} of HF21");
        rates.push(block.header.l2.as_ref().unwrap().l2_reward.atomic());
    }
}

#[test]
fn fees_are_burned_from_hf21_on() {
    let mut chain = chain_before(ETHEREUM);
    let before = chain.totals();
    let transfer = TransferBuilder::new().fee(Amount::OXEN).build(&mut chain);
    chain.mine(&[transfer.checked()]);
    let after = chain.totals();
    assert_eq!(after.burned.atomic() - before.burned.atomic(), Amount::OXEN.atomic());
    assert_eq!(after.fees.atomic() - before.fees.atomic(), Amount::OXEN.atomic());
    assert_eq!(after.emitted_milli, before.emitted_milli);
    assert_eq!(after.forfeited_milli, before.forfeited_milli);
}
