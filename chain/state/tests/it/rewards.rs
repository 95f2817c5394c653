//! Rewards accrue with every block and are paid in batches (chain §4.7).

use oxen_staking_rules::{Contribution, MilliAmount, NodeShares, batching::payout_key};
use oxen_state::{Event, rewards::due_payouts};
use oxen_testkit::{Account, GENESIS_TIME, ScriptedServiceNodes, TestChain, TestNetwork, TransferBuilder};
use oxen_types::{
    Amount, GlobalOutputIndex, Height,
    network::{
        PaymentStart,
        constants::{FOUNDATION_BLOCK_REWARD, SERVICE_NODE_BLOCK_REWARD, STAKING_PORTIONS},
    },
};

const INTERVAL: u64 = 20;

fn foundation() -> Account {
    Account::named("foundation")
}

fn foundation_chain() -> TestChain {
    let mut chain = TestChain::on(&TestNetwork::new().foundation(&foundation()).batching_interval(INTERVAL));
    chain.watch(&foundation());
    chain
}

/// A node that one account staked for alone.
fn node_of(account: &Account) -> NodeShares {
    NodeShares {
        operator_portions: 0,
        operator: account.recipient(),
        contributions: vec![Contribution {
            recipient: account.recipient(),
            amount: Amount::OXEN,
        }],
    }
}

/// What was paid at each height: height, account, amount.
fn payouts(chain: &TestChain) -> Vec<(u64, Amount)> {
    let mut paid = Vec::new();
    for (height, mined) in (1..).zip(chain.blocks()) {
        for event in &mined.events {
            if let Event::RewardPaid(payout) = event {
                paid.push((height, payout.amount));
            }
        }
    }
    paid
}

#[test]
fn the_foundation_is_paid_once_an_interval_what_accrued_before_the_block() {
    let mut chain = foundation_chain();
    chain.mine_empty(5 * INTERVAL);
    let offset = foundation().recipient().payout_offset(INTERVAL);
    let paid = payouts(&chain);
    let heights: Vec<u64> = paid.iter().map(|(height, _)| *height).collect();
    let first = if offset == 0 { INTERVAL } else { offset };
    let expected: Vec<u64> = (0..)
        .map(|n| first + n * INTERVAL)
        .take_while(|height| *height <= 5 * INTERVAL)
        .filter(|height| *height > 1)
        .collect();
    assert_eq!(heights, expected);
    // The first payout holds the blocks before it, the others an interval each.
    for (position, (height, amount)) in paid.iter().enumerate() {
        let blocks = if position == 0 { height - 1 } else { INTERVAL };
        assert_eq!(
            amount.atomic(),
            blocks * FOUNDATION_BLOCK_REWARD.atomic(),
            "at {height}"
        );
    }
    let total: u64 = paid.iter().map(|(_, amount)| amount.atomic()).sum();
    assert_eq!(chain.balance(&foundation()).atomic(), total);
    let accrued = chain.tip().0.index() * FOUNDATION_BLOCK_REWARD.atomic();
    assert_eq!(
        chain.pending_rewards(),
        MilliAmount::new(u128::from(accrued - total) * 1000)
    );
}

#[test]
fn less_than_one_oxen_waits_for_the_next_interval() {
    // A thousandth of every node's reward: an OXEN takes 61 blocks.
    let poor = Account::named("poor");
    let mut chain = TestChain::on(&TestNetwork::new().batching_interval(INTERVAL));
    chain.watch(&poor);
    let nodes: Vec<NodeShares> = (0..1000).map(|_| node_of(&Account::named("rich"))).take(999).collect();
    chain.set_service_nodes(ScriptedServiceNodes::none().paying([nodes, vec![node_of(&poor)]].concat()));
    let share = SERVICE_NODE_BLOCK_REWARD.atomic() / 1000;
    chain.mine_empty(60);
    assert!(
        chain.balance(&poor).is_zero(),
        "60 blocks make {} of an OXEN",
        60 * share
    );
    chain.mine_empty(INTERVAL + 1);
    assert!(chain.balance(&poor) >= Amount::OXEN);
    assert_eq!(chain.balance(&poor).atomic() % share, 0);
}

#[test]
fn thousandths_of_an_atomic_unit_are_kept_for_the_next_payout() {
    let (one, two, three) = (Account::named("one"), Account::named("two"), Account::named("three"));
    let mut chain = TestChain::on(&TestNetwork::new().batching_interval(INTERVAL));
    for account in [&one, &two, &three] {
        chain.watch(account);
    }
    // Seven nodes: each share of 16.5 OXEN ends in thousandths.
    let nodes = [&one, &one, &two, &two, &two, &three, &three].map(node_of);
    chain.set_service_nodes(ScriptedServiceNodes::none().paying(nodes.to_vec()));
    chain.mine_empty(4 * INTERVAL);
    let share = SERVICE_NODE_BLOCK_REWARD.atomic() * 1000 / 7;
    let paid = |account: &Account| u128::from(chain.balance(account).atomic()) * 1000;
    let everything: u128 = [&one, &two, &three].map(paid).iter().sum::<u128>() + chain.pending_rewards().milli();
    assert_eq!(everything, 7 * u128::from(share) * 80);
    let created: u128 = 64_000 * 1_000_000_000_000 + everything;
    assert_eq!(chain.totals().emitted_milli, created);
    // What a payout leaves is less than one atomic unit, and what it pays next is whole again.
    let offset = one.recipient().payout_offset(INTERVAL);
    let last_paid = (chain.tip().0.index() - offset) / INTERVAL * INTERVAL + offset;
    let accrued_until_then = u128::from(2 * share) * u128::from(last_paid - 1);
    assert_eq!(paid(&one), accrued_until_then / 1000 * 1000);
}

#[test]
fn several_payouts_of_a_block_are_sorted_by_address_text() {
    let accounts: Vec<Account> = (0..6)
        .map(|number| Account::named(&format!("staker {number}")))
        .collect();
    let mut chain = TestChain::on(&TestNetwork::new().batching_interval(1));
    for account in &accounts {
        chain.watch(account);
    }
    chain.set_service_nodes(ScriptedServiceNodes::none().paying(accounts.iter().map(node_of).collect()));
    chain.mine_empty(2);
    let due = due_payouts(chain.state(), chain.network(), chain.next_height()).unwrap();
    assert_eq!(due.len(), accounts.len());
    let texts: Vec<String> = due
        .iter()
        .map(|payout| {
            let account = accounts.iter().find(|account| account.recipient() == payout.recipient);
            account.unwrap().address_text(chain.network())
        })
        .collect();
    let mut sorted = texts.clone();
    sorted.sort();
    assert_eq!(texts, sorted);
    chain.mine_empty(1);
    let coinbase = chain.blocks()[2].block.block().miner_transaction.clone().unwrap();
    for (index, (output, payout)) in coinbase.prefix.outputs.iter().zip(&due).enumerate() {
        assert_eq!(output.amount, payout.amount);
        let key = payout_key(&payout.recipient, Height::new(3), index as u64).unwrap();
        assert_eq!(output.key(), Some(key));
    }
    // Whoever was paid finds the output with the keys of the account alone.
    assert!(accounts.iter().all(|account| !chain.balance(account).is_zero()));
}

#[test]
fn the_operator_takes_the_fee_and_the_rest_is_shared_by_stake() {
    let (operator, staker) = (Account::named("operator"), Account::named("staker"));
    let node = NodeShares {
        operator_portions: STAKING_PORTIONS / 10,
        operator: operator.recipient(),
        contributions: vec![
            Contribution {
                recipient: operator.recipient(),
                amount: Amount::from_atomic(3),
            },
            Contribution {
                recipient: staker.recipient(),
                amount: Amount::from_atomic(1),
            },
        ],
    };
    let mut chain = TestChain::on(&TestNetwork::new().batching_interval(1));
    chain.watch(&operator);
    chain.watch(&staker);
    chain.set_service_nodes(ScriptedServiceNodes::none().paying(vec![node]));
    chain.mine_empty(3);
    // Two blocks accrued before the third. Portions have no exact tenth: the fee is short of it by a thousandth.
    let reward = SERVICE_NODE_BLOCK_REWARD.atomic() * 1000;
    let fee = reward / 10 - 1;
    let rest = reward - fee;
    assert_eq!(chain.balance(&operator).atomic(), 2 * (fee + rest * 3 / 4) / 1000);
    assert_eq!(chain.balance(&staker).atomic(), 2 * (rest / 4) / 1000);
}

#[test]
fn fees_of_a_pulse_block_go_to_its_producer_and_those_of_a_mined_one_to_nobody() {
    let producer = Account::named("producer");
    let run = |nodes: ScriptedServiceNodes| {
        let mut chain = TestChain::on(&TestNetwork::new().batching_interval(1_000));
        chain.set_service_nodes(nodes);
        chain.mine_empty(10);
        let fee = Amount::from_atomic(700_000_000);
        let burn = Amount::from_atomic(200_000_000);
        let transfer = TransferBuilder::new().fee(fee).burn(burn).build(&mut chain);
        chain.mine(&[transfer.checked()]);
        let totals = chain.totals();
        assert_eq!((totals.fees, totals.burned), (fee, burn));
        assert_eq!(chain.tip().1.reward.atomic(), 16_500_000_000 + 500_000_000);
        (chain.pending_rewards().milli(), totals.forfeited_milli)
    };
    let pulse = ScriptedServiceNodes::none()
        .with_quorum()
        .crediting_fees_to(node_of(&producer));
    assert_eq!(run(pulse), (500_000_000_000, 0));
    assert_eq!(run(ScriptedServiceNodes::none()), (0, 500_000_000_000));
}

#[test]
fn a_burn_larger_than_the_fee_burns_the_fee() {
    let mut chain = TestChain::mature();
    let fee = Amount::from_atomic(300_000_000);
    let transfer = TransferBuilder::new().fee(fee).burn(Amount::OXEN).build(&mut chain);
    chain.mine(&[transfer.checked()]);
    let totals = chain.totals();
    assert_eq!((totals.fees, totals.burned, totals.forfeited_milli), (fee, fee, 0));
    assert_eq!(chain.tip().1.reward, SERVICE_NODE_BLOCK_REWARD);
}

#[test]
fn payments_start_above_the_fork_or_at_it_as_the_network_says() {
    let chain = foundation_chain();
    let mut network = (**chain.network()).clone();
    let account = foundation();
    // Something is due at height 1, where HF19 begins, however it came about.
    network.batching.interval_blocks = 1;
    let mut mined = TestChain::on(&TestNetwork::new().foundation(&account).batching_interval(1));
    mined.mine_empty(1);
    let due = |network: &oxen_types::Network| due_payouts(mined.state(), network, Height::new(1)).unwrap().len();
    network.batching.payments = PaymentStart::AfterFork;
    assert_eq!(due(&network), 0);
    network.batching.payments = PaymentStart::AtFork;
    assert_eq!(due(&network), 1);
}

#[test]
fn a_paid_reward_can_be_spent_when_it_unlocks() {
    let mut chain = foundation_chain();
    chain.mine_empty(2 * INTERVAL + 31);
    assert_eq!(
        chain.now().seconds(),
        GENESIS_TIME + 120 * chain.tip().0.index(),
        "a block every two minutes"
    );
    let transfer = TransferBuilder::new()
        .from(&foundation())
        .pay(&Account::named("bob"), Amount::OXEN)
        .build(&mut chain);
    assert!(transfer.spent[0].index >= GlobalOutputIndex::new(64));
    chain.mine(&[transfer.checked()]);
}
