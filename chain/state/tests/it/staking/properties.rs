//! Random histories of service nodes. Whatever happens: a block taken back leaves no trace, the registry in memory is the one in
//! the tables and the one that a replay makes, exactly the stakes are locked, quorums hold whom they may, and what everybody
//! earned is to the last thousandth of an atomic unit what adding it up block by block gives.

mod eager;

use super::{atomic, oxen};
use eager::EagerRewards;
use oxen_staking_rules::{Registry, quorum::Quorum};
use oxen_state::{
    delta::scan_rows,
    rewards::balances,
    service_nodes::{registry, state_quorums, tables::LockedKeyImages},
};
use oxen_testkit::{Account, StakingChain, TestNetwork, TransferBuilder};
use oxen_types::{Amount, Hash, KeyImage, PublicKey, extra::NewState, network::constants::MAX_CONTRIBUTORS};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

/// Nodes at the start, which make Pulse and votes possible.
const SETTLED: usize = 14;
/// Names of nodes that come and go.
const NODES: usize = 12;
/// Accounts that stake on them.
const ACCOUNTS: usize = 6;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    /// A node is registered by one account, with so many hundredths of it.
    Register {
        node: usize,
        by: usize,
        part: u64,
        fee: u64,
        reserved: Option<(usize, u64)>,
    },
    /// An account stakes on a node: the least, all that is open, or too much.
    Contribute { node: usize, by: usize, much: Much },
    /// A contributor wants out.
    Unlock {
        node: usize,
        contributor: prop::sample::Index,
    },
    /// A quorum votes, if one tests the node.
    Vote {
        node: usize,
        state: NewState,
        voters: usize,
    },
    /// A transfer with a fee and a burned part of it.
    Transfer { fee: u64, burn: u64 },
    /// The next block, with all that waits, and so many more.
    Mine(u64),
    /// Blocks are taken back.
    Revert(usize),
    /// Blocks are taken back and come again.
    Redo(usize),
}

/// How much somebody stakes, measured by what is open.
#[derive(Debug, Clone, Copy)]
enum Much {
    Least,
    All,
    HundredthMore,
    Excess,
}

/// Any node: those that come and go, and the settled ones.
fn any_node() -> impl Strategy<Value = usize> {
    0..NODES + SETTLED
}

fn step() -> impl Strategy<Value = Step> {
    let state = prop_oneof![
        2 => Just(NewState::Deregister),
        4 => Just(NewState::Decommission),
        6 => Just(NewState::Recommission),
        1 => Just(NewState::IpChangePenalty),
    ];
    let much = prop_oneof![
        2 => Just(Much::Least),
        3 => Just(Much::All),
        1 => Just(Much::HundredthMore),
        1 => Just(Much::Excess),
    ];
    let reserved = prop::option::of((0..ACCOUNTS, 10_u64..60));
    let part = prop_oneof![Just(100_u64), 24_u64..=101];
    prop_oneof![
        6 => (any_node(), 0..ACCOUNTS, part, 0_u64..=10_000, reserved)
            .prop_map(|(node, by, part, fee, reserved)| Step::Register { node, by, part, fee, reserved }),
        5 => (0..NODES, 0..ACCOUNTS, much).prop_map(|(node, by, much)| Step::Contribute { node, by, much }),
        2 => (any_node(), any::<prop::sample::Index>())
            .prop_map(|(node, contributor)| Step::Unlock { node, contributor }),
        8 => (any_node(), state, 7_usize..=10).prop_map(|(node, state, voters)| Step::Vote { node, state, voters }),
        2 => (0_u64..2_000_000_000, 0_u64..1_000_000_000).prop_map(|(fee, burn)| Step::Transfer { fee, burn }),
        9 => (1_u64..=4).prop_map(Step::Mine),
        1 => (10_u64..=22).prop_map(Step::Mine),
        1 => (1_usize..=6).prop_map(Step::Revert),
        1 => (1_usize..=6).prop_map(Step::Redo),
    ]
}

fn node_name(number: usize) -> String {
    match number.checked_sub(NODES) {
        None => format!("m{number}"),
        Some(settled) => format!("n{}", settled + 1),
    }
}

fn account_name(number: usize) -> String {
    format!("a{number}")
}

fn network() -> TestNetwork {
    StakingChain::network().foundation(&Account::named("foundation"))
}

/// What is known of the state at a height.
struct Known {
    digest: Hash,
    rewards: EagerRewards,
    registry: Arc<Registry>,
}

struct History {
    chain: StakingChain,
    /// From where the history began.
    known: Vec<Known>,
}

impl History {
    fn new() -> Self {
        static START: LazyLock<StakingChain> = LazyLock::new(|| StakingChain::on(&network()).with_nodes(SETTLED));
        let chain = START.clone();
        // The model adds up the blocks that are there already.
        let mut replayed = StakingChain::on(&network());
        let mut rewards = EagerRewards::of_genesis(replayed.chain());
        replayed.revert(10);
        for mined in chain.chain().blocks() {
            replayed.push_proven(mined.block.clone()).unwrap();
            rewards.add_newest(&replayed);
        }
        let known = Known {
            digest: chain.chain().digest(),
            rewards,
            registry: chain.registry(),
        };
        assert_eq!(known.digest, replayed.chain().digest());
        Self {
            chain,
            known: vec![known],
        }
    }

    fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Register {
                node,
                by,
                part,
                fee,
                reserved,
            } => {
                let mut play = self
                    .chain
                    .register(&node_name(*node))
                    .by(&account_name(*by))
                    .stake(*part)
                    .reserving_own(oxen((*part).min(100)))
                    .fee(*fee);
                if let Some((account, part)) = reserved {
                    play = play.reserving(&account_name(*account), *part);
                }
                play.submit();
            }
            Step::Contribute { node, by, much } => self.contribute(*node, *by, *much),
            Step::Unlock { node, contributor } => {
                self.mine_what_waits()?;
                self.unlock(*node, *contributor);
            }
            Step::Vote { node, state, voters } => {
                self.mine_what_waits()?;
                let name = node_name(*node);
                if self.chain.testing_quorum(&name, *state).is_some() {
                    let voters: Vec<u32> = (0..*voters as u32).collect();
                    let votes = self.chain.vote(&name, *state).voters(&voters).build();
                    self.chain.submit(votes);
                    self.mine(1)?;
                }
            }
            Step::Transfer { fee, burn } => {
                let transfer = TransferBuilder::new()
                    .fee(atomic(*fee))
                    .burn(atomic(*burn))
                    .build(self.chain.chain_mut());
                self.chain.submit(transfer.checked());
            }
            Step::Mine(count) => self.mine(*count)?,
            Step::Revert(count) => {
                self.revert(*count)?;
                self.chain.chain_mut().diverge();
            }
            Step::Redo(count) => {
                let reverted = self.revert(*count)?;
                for mined in reverted.into_iter().rev() {
                    self.chain.push_proven(mined.block).unwrap();
                    self.look()?;
                }
            }
        }
        Ok(())
    }

    fn contribute(&mut self, node: usize, by: usize, much: Much) {
        let Some(registered) = self.chain.node(&node_name(node)) else {
            return;
        };
        let recipient = Account::named(&account_name(by)).recipient();
        let Ok(room) = registered.stake.room_for(&recipient) else {
            return;
        };
        let amount = match much {
            Much::Least => room.minimum,
            Much::All => room.credited,
            Much::HundredthMore => room.maximum,
            Much::Excess => atomic(room.maximum.atomic() + 1),
        };
        self.chain
            .contribute(&node_name(node))
            .by(&account_name(by))
            .stake_amount(amount)
            .submit();
    }

    /// One request per node and block: a second is refused only when the first is mined.
    fn unlock(&mut self, node: usize, contributor: prop::sample::Index) {
        let Some(registered) = self.chain.node(&node_name(node)) else {
            return;
        };
        if registered.record.requested_unlock_height.is_some() {
            return;
        }
        let staked: Vec<KeyImage> = registered.stake.locked().map(|output| output.key_image).collect();
        let image = contributor.get(&staked);
        let output = self
            .chain
            .chain()
            .unspent()
            .find(|output| output.key_image == *image)
            .cloned();
        let output = output.expect("the kit watches whoever stakes");
        let request = StakingChain::unlock_by(StakingChain::key(&node_name(node)), &output, &output.pair);
        self.chain.submit(request);
    }

    /// Votes share no block with fees: it might throw out its own producer.
    fn mine_what_waits(&mut self) -> Result<(), TestCaseError> {
        if self.chain.waiting() > 0 { self.mine(1) } else { Ok(()) }
    }

    fn mine(&mut self, count: u64) -> Result<(), TestCaseError> {
        for _ in 0..count {
            self.chain.mine(1);
            self.look()?;
        }
        Ok(())
    }

    fn revert(&mut self, count: usize) -> Result<Vec<oxen_testkit::MinedBlock>, TestCaseError> {
        let count = count.min(self.known.len() - 1);
        let mut reverted = Vec::new();
        for _ in 0..count {
            reverted.extend(self.chain.revert(1));
            self.known.pop();
            let known = self.known.last().unwrap();
            prop_assert_eq!(self.chain.chain().digest(), known.digest);
            prop_assert!(same(&self.chain.registry(), &known.registry));
        }
        Ok(reverted)
    }

    /// Checks everything after a block, and remembers it.
    fn look(&mut self) -> Result<(), TestCaseError> {
        let registry = self.chain.registry();
        let before = self.known.last().unwrap();
        let mut rewards = before.rewards.clone();
        rewards.add_newest(&self.chain);
        self.check_registry(&registry)?;
        self.check_locks(&registry)?;
        self.check_quorums(&before.registry, &registry)?;
        self.check_rewards(&rewards)?;
        self.known.push(Known {
            digest: self.chain.chain().digest(),
            rewards,
            registry,
        });
        Ok(())
    }

    fn check_registry(&self, registry: &Registry) -> Result<(), TestCaseError> {
        let read = registry::load(self.chain.chain().state()).unwrap();
        prop_assert!(same(&read, registry));
        for (_, node) in registry.nodes() {
            let stake = &node.stake;
            let sum = |amount: fn(&oxen_staking_rules::registry::NodeContributor) -> Amount| {
                Amount::checked_sum(stake.contributors.iter().map(amount)).unwrap()
            };
            prop_assert_eq!(sum(|one| one.amount), stake.total_contributed);
            prop_assert_eq!(sum(|one| one.reserved), stake.total_reserved);
            prop_assert!(stake.total_contributed <= stake.requirement && stake.total_reserved <= stake.requirement);
            prop_assert!(stake.locked_count() <= MAX_CONTRIBUTORS);
            prop_assert_eq!(node.is_fully_funded(), node.is_active() || node.is_decommissioned());
        }
        Ok(())
    }

    fn check_locks(&self, registry: &Registry) -> Result<(), TestCaseError> {
        let mut staked: BTreeMap<Vec<u8>, Vec<PublicKey>> = BTreeMap::new();
        for (key, node) in registry.nodes() {
            for output in node.stake.locked() {
                staked
                    .entry(output.key_image.to_bytes().to_vec())
                    .or_default()
                    .push(*key);
            }
        }
        let locked: BTreeMap<Vec<u8>, Vec<PublicKey>> =
            scan_rows::<LockedKeyImages>(self.chain.chain().state(), &[], &[], usize::MAX)
                .unwrap()
                .into_iter()
                .collect();
        prop_assert_eq!(locked, staked);
        Ok(())
    }

    fn check_quorums(&self, before: &Registry, after: &Registry) -> Result<(), TestCaseError> {
        let quorums = state_quorums(self.chain.chain().state(), self.chain.height())
            .unwrap()
            .unwrap();
        let distinct = |quorum: &Quorum| {
            let members: BTreeSet<_> = quorum.validators.iter().chain(&quorum.workers).collect();
            members.len() == quorum.validators.len() + quorum.workers.len()
        };
        let active = |registry: &Registry, key: &PublicKey| registry.node(key).is_some_and(|node| node.is_active());
        let of_state = [
            Some(&quorums.obligations),
            quorums.blink.as_ref(),
            quorums.checkpointing.as_ref(),
        ];
        for quorum in of_state.into_iter().flatten() {
            prop_assert!(distinct(quorum));
            prop_assert!(quorum.validators.iter().all(|key| active(after, key)));
            prop_assert!(
                quorum
                    .workers
                    .iter()
                    .all(|key| after.node(key).is_some_and(|node| node.is_fully_funded()))
            );
        }
        let funded = after.nodes().filter(|(_, node)| node.is_fully_funded()).count();
        let tested = quorums.obligations.workers.len() + quorums.obligations.validators.len();
        prop_assert_eq!(tested, funded, "few enough nodes are all in the quorum");
        prop_assert_eq!(
            quorums.pulse.is_some(),
            before.active().count() >= 12 && self.chain.height().index() >= 22
        );
        if let Some(pulse) = &quorums.pulse {
            prop_assert!(distinct(pulse));
            prop_assert!(
                pulse
                    .validators
                    .iter()
                    .chain(&pulse.workers)
                    .all(|key| active(before, key))
            );
        }
        Ok(())
    }

    fn check_rewards(&self, rewards: &EagerRewards) -> Result<(), TestCaseError> {
        let owed: BTreeMap<_, _> = balances(self.chain.chain().state())
            .unwrap()
            .into_iter()
            .map(|(_, balance)| (balance.recipient, balance.amount.milli()))
            .collect();
        prop_assert_eq!(&owed, rewards.owed());
        let totals = self.chain.chain().totals();
        prop_assert_eq!(totals.emitted_milli, rewards.created());
        prop_assert_eq!(totals.forfeited_milli, rewards.forfeited());
        rewards.check_sum();
        Ok(())
    }

    /// Another node that hears of all blocks ends in the same state.
    fn check_replay(&self) -> Result<(), TestCaseError> {
        let mut replayed = StakingChain::on(&network());
        replayed.revert(10);
        for mined in self.chain.chain().blocks() {
            replayed.push_proven(mined.block.clone()).unwrap();
        }
        prop_assert_eq!(replayed.chain().digest(), self.chain.chain().digest());
        prop_assert!(same(&replayed.registry(), &self.chain.registry()));
        Ok(())
    }
}

fn same(one: &Registry, other: &Registry) -> bool {
    one.nodes().eq(other.nodes()) && one.blacklist().eq(other.blacklist())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_random_history_of_service_nodes_keeps_its_books(steps in prop::collection::vec(step(), 20..60)) {
        let mut history = History::new();
        for step in &steps {
            history.take(step)?;
        }
        history.mine(1)?;
        history.check_replay()?;
        history.revert(usize::MAX)?;
        prop_assert_eq!(history.known.len(), 1);
    }
}

#[test]
fn three_hundred_blocks_in_which_nodes_come_and_go_keep_their_books() {
    let mut runner = TestRunner::deterministic();
    let mut history = History::new();
    let begin = history.chain.height();
    let mut counts = BTreeSet::new();
    while history.chain.height().since(begin) < 300 {
        let step = step().new_tree(&mut runner).unwrap().current();
        history.take(&step).unwrap();
        let network = history.chain.chain().network().clone();
        counts.insert(history.chain.registry().payable(history.chain.height(), &network).len());
    }
    assert!(counts.len() >= 6, "the number of paid nodes changes often: {counts:?}");
    history.check_replay().unwrap();
    history.revert(usize::MAX).unwrap();
}
