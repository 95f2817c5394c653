//! Rewards added up the slow way: every block, every node, every contributor, in plain numbers (staking §17.2, §17.3).

use oxen_staking_rules::{Recipient, ServiceNode};
use oxen_state::{Event, queries, service_nodes::state_quorums};
use oxen_testkit::{StakingChain, TestChain};
use oxen_types::Amount;
use std::collections::BTreeMap;

const PORTIONS: u128 = u64::MAX as u128 - 3;
const NODES_REWARD: u128 = 16_500_000_000_000;
const FOUNDATION_REWARD: u128 = 1_833_333_333_000;
const ONE_OXEN: u128 = 1_000_000_000_000;

/// What everybody is owed, and what was created and paid until now; thousandths of an atomic unit.
#[derive(Debug, Clone)]
pub struct EagerRewards {
    owed: BTreeMap<Recipient, u128>,
    premine: u128,
    created: u128,
    fees: u128,
    forfeited: u128,
    paid: u128,
}

impl EagerRewards {
    /// Nothing yet but what the first block paid.
    pub fn of_genesis(chain: &TestChain) -> Self {
        let genesis = queries::block_row(chain.state(), oxen_types::Height::GENESIS)
            .unwrap()
            .unwrap();
        Self {
            owed: BTreeMap::new(),
            premine: milli(genesis.coinbase_payouts),
            created: 0,
            fees: 0,
            forfeited: 0,
            paid: 0,
        }
    }

    /// Who is owed something.
    pub const fn owed(&self) -> &BTreeMap<Recipient, u128> {
        &self.owed
    }

    /// What all blocks created.
    pub const fn created(&self) -> u128 {
        self.premine + self.created
    }

    /// Fees that nobody got.
    pub const fn forfeited(&self) -> u128 {
        self.forfeited
    }

    /// What was created or credited is owed or paid.
    pub fn check_sum(&self) {
        assert_eq!(self.owed.values().sum::<u128>() + self.paid, self.created + self.fees);
    }

    /// Adds the newest block, after checking what it paid.
    pub fn add_newest(&mut self, chain: &StakingChain) {
        let (height, row) = chain.chain().tip();
        self.pay(chain, height.index());
        let registry = chain.registry();
        let mined = chain.chain().blocks().last().unwrap();
        let block = mined.block.block();

        let fees = milli(row.reward) - NODES_REWARD;
        let miner_fees: u128 = mined
            .block
            .transactions()
            .iter()
            .map(|one| milli(one.miner_fee()))
            .sum();
        let mut credited = 0;
        if fees > 0 && block.has_pulse() {
            let quorum = state_quorums(chain.chain().state(), height)
                .unwrap()
                .unwrap()
                .pulse
                .unwrap();
            let producer = registry.node(&quorum.workers[0]).unwrap();
            credited = self.split(producer, fees);
        }
        self.fees += credited;
        self.forfeited += miner_fees - credited;

        let after = chain.chain().network().batching.payable_after_blocks;
        let payable: Vec<&ServiceNode> = registry
            .nodes()
            .map(|(_, node)| &**node)
            .filter(|node| {
                use oxen_staking_rules::registry::Activity;
                matches!(node.record.activity, Activity::Active { since } if height.index() >= since.index() + after)
            })
            .collect();
        if !payable.is_empty() {
            let share = NODES_REWARD / payable.len() as u128;
            for node in payable {
                self.created += self.split(node, share);
            }
        }
        let foundation = oxen_testkit::Account::named("foundation").recipient();
        self.add(foundation, FOUNDATION_REWARD);
        self.created += FOUNDATION_REWARD;
    }

    /// Takes off what is due, which must be what the block paid.
    fn pay(&mut self, chain: &StakingChain, height: u64) {
        let interval = chain.chain().network().batching.interval_blocks;
        let offset = |recipient: &Recipient| {
            let Recipient::Oxen { view, .. } = recipient else {
                panic!("nothing is paid on L2 here");
            };
            let bytes: [u8; 8] = view.as_bytes()[..8].try_into().unwrap();
            u64::from_le_bytes(bytes) % interval
        };
        let due: BTreeMap<Recipient, u128> = self
            .owed
            .iter()
            .filter(|(recipient, owed)| offset(recipient) == height % interval && **owed >= ONE_OXEN)
            .map(|(recipient, owed)| (*recipient, owed / 1000 * 1000))
            .collect();
        let events = &chain.chain().blocks().last().unwrap().events;
        let found: BTreeMap<Recipient, u128> = events
            .iter()
            .filter_map(|event| match event {
                Event::RewardPaid(payout) => Some((payout.recipient, milli(payout.amount))),
                _ => None,
            })
            .collect();
        assert_eq!(found, due, "at height {height}");
        for (recipient, paid) in due {
            *self.owed.get_mut(&recipient).unwrap() -= paid;
            self.paid += paid;
        }
        self.owed.retain(|_, owed| *owed > 0);
    }

    /// Splits a node's reward; returns what reached somebody.
    fn split(&mut self, node: &ServiceNode, reward: u128) -> u128 {
        let fee = u128::from(node.stake.operator_portions) * reward / PORTIONS;
        self.add(node.stake.operator, fee);
        let mut reached = fee;
        let total: u128 = node
            .stake
            .contributors
            .iter()
            .map(|one| u128::from(one.amount.atomic()))
            .sum();
        for one in &node.stake.contributors {
            let share = u128::from(one.amount.atomic()) * (reward - fee) / total;
            self.add(one.recipient, share);
            reached += share;
        }
        reached
    }

    fn add(&mut self, recipient: Recipient, amount: u128) {
        if amount > 0 {
            *self.owed.entry(recipient).or_default() += amount;
        }
    }
}

fn milli(amount: Amount) -> u128 {
    u128::from(amount.atomic()) * 1000
}
