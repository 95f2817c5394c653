//! Chains with service nodes across HF20 and HF21: stakes become SESH, events come from L2, rewards accrue there.

use oxen_bridge_rules::confirmation::{Verdict, Vote, Voter};
use oxen_staking_rules::{
    MilliAmount, Recipient, Registry, ServiceNodeKeys,
    registry::{Activity, Removal},
};
use oxen_state::{
    BlockError, StakingRules, TransactionError,
    bridge::{DelayedPayments, PendingEvent, events::waiting_reports, pending_events},
    delta::scan_rows,
    rewards::{REWARD_HISTORY_BLOCKS, balance_of, balances, lifetime_total_at},
    template::TemplateL2,
    transaction::CheckedTransaction,
};
use oxen_testkit::{Account, StakingChain, TestChain, TestNetwork, l2_report};
use oxen_types::{
    Amount, Hash, Height, PublicKey, Signature,
    bytes::{BlsPublicKey, EthereumAddress},
    extra::{L2Contributor, L2Event, L2EventKind, L2Source},
    network::{HardFork, L2Settlement, PrefixedAddress},
};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// HF20 begins here.
const TRANSITION: u64 = 26;
/// HF21 begins here.
const ETHEREUM: u64 = 30;
/// What a node holds at HF21.
const REQUIREMENT: u64 = 100_000;
/// What every known owner gets beside the stake.
const BONUS: u64 = 150_000;

fn ethereum(number: u8) -> EthereumAddress {
    EthereumAddress::new([number; 20])
}

fn bls_key(number: u8) -> BlsPublicKey {
    BlsPublicKey::new([number; 64])
}

/// Owners `o1` and `o2` have an address, nodes `n1` and `n2` a BLS key.
fn network() -> TestNetwork {
    StakingChain::network()
        .forks(&[
            HardFork::new(7, 0, 0),
            HardFork::new(19, 3, 1),
            HardFork::new(20, 0, TRANSITION),
            HardFork::new(21, 3, ETHEREUM),
        ])
        .with(|network| {
            network.staking.sent_requirement = Amount::from_atomic(REQUIREMENT);
            // An OXEN is worth a millionth, so that numbers stay small.
            network.stake_conversion.ratio.denominator = 100_000_000_u64.try_into().unwrap();
            for number in [1, 2] {
                let text = Account::named(&format!("o{number}")).address_text(network);
                let table = &mut network.stake_conversion;
                let address = PrefixedAddress(ethereum(number));
                table.addresses.insert(text, address);
                table.bonuses.insert(address, Amount::from_atomic(BONUS));
                table
                    .service_nodes
                    .insert(StakingChain::key(&format!("n{number}")), bls_key(number));
            }
        })
}

/// Three nodes of one owner each, before the first block of HF21. The third owner gave no address.
fn before_ethereum(network: &TestNetwork) -> StakingChain {
    let mut chain = StakingChain::on(network).with_nodes(3);
    let height = chain.height().index();
    chain.mine(ETHEREUM - 1 - height);
    chain
}

fn at_ethereum() -> StakingChain {
    let mut chain = before_ethereum(&network());
    chain.mine(1);
    chain
}

fn event(kind: L2EventKind, l2_height: u64) -> Arc<CheckedTransaction> {
    l2_report(L2Event {
        source: L2Source {
            chain_id: 42_161,
            l2_height,
        },
        kind,
    })
}

/// A registration of one staker, by a node whose keys follow from the number.
fn registration(number: u8, contributors: Vec<L2Contributor>) -> L2EventKind {
    let keys = ServiceNodeKeys::from_seed(&[number; 32]);
    let message = [keys.ed25519_public().as_bytes().as_slice(), bls_key(number).as_bytes()].concat();
    L2EventKind::NewServiceNode {
        service_node_key: keys.ed25519_public(),
        bls_key: bls_key(number),
        signature: Signature::new(*keys.sign_ed25519(&message).as_bytes()),
        fee: 0,
        contributors,
    }
}

fn alone(number: u8) -> L2EventKind {
    stake_of(number, number, Amount::from_atomic(REQUIREMENT))
}

fn stake_of(number: u8, staker: u8, amount: Amount) -> L2EventKind {
    let staker = ethereum(staker);
    registration(number, vec![L2Contributor::new(staker, staker, amount)])
}

fn l2_node_key(number: u8) -> PublicKey {
    ServiceNodeKeys::from_seed(&[number; 32]).ed25519_public()
}

fn exit(number: u8, returned: u64) -> L2EventKind {
    L2EventKind::Exit {
        bls_key: bls_key(number),
        returned_amount: Amount::from_atomic(returned),
    }
}

/// The next blocks agree with all reports that wait, or with none.
fn vote(chain: &mut StakingChain, agree: bool) {
    let waiting = waiting_reports(chain.chain().state()).unwrap();
    let agreed = if agree {
        waiting.into_iter().collect()
    } else {
        [].into()
    };
    chain.chain_mut().set_l2(TemplateL2 {
        agreed,
        ..TemplateL2::default()
    });
}

/// A block with these reports, and as many more as it takes to decide on them.
fn decide(chain: &mut StakingChain, reports: &[Arc<CheckedTransaction>], agree: bool) {
    vote(chain, agree);
    chain.try_mine(reports).unwrap();
    while !waiting_reports(chain.chain().state()).unwrap().is_empty() {
        vote(chain, agree);
        chain.mine(1);
    }
}

fn total(chain: &StakingChain, number: u8) -> MilliAmount {
    let recipient = Recipient::Ethereum(ethereum(number));
    balance_of(chain.chain().state(), chain.chain().network(), &recipient).unwrap()
}

#[test]
fn nodes_that_are_not_funded_leave_where_hf20_begins_and_nobody_registers_any_more() {
    let mut chain = StakingChain::on(&network());
    chain.register("open").by("alice").stake(25).mine();
    chain.register("full").by("alice").stake(100).mine();
    chain.mine(TRANSITION - 1 - chain.height().index());
    assert!(chain.node("open").is_some());
    let staked = chain.staked_output("open", "alice");
    chain.mine(1);
    assert!(chain.node("open").is_none());
    assert!(chain.node("full").is_some());
    let free = oxen_state::service_nodes::locking_node(chain.chain().state(), &staked.key_image);
    assert_eq!(free.unwrap(), None);
    chain.register("late").by("alice").stake(100).mine();
    assert!(chain.node("late").is_none());
}

#[test]
fn stakes_become_sesh_and_converted_outputs_are_gone_for_ever() {
    let mut chain = before_ethereum(&network());
    let converted = chain.staked_output("n1", "o1").key_image;
    let kept = chain.staked_output("n3", "o3").key_image;
    chain.mine(1);
    let node = chain.node("n1").unwrap();
    assert_eq!(node.stake.bls_key, Some(bls_key(1)));
    assert_eq!(node.stake.contributors[0].recipient, Recipient::Ethereum(ethereum(1)));
    assert_eq!(node.stake.total_contributed, Amount::from_atomic(REQUIREMENT));
    let lonely = chain.node("n3").unwrap();
    assert!(lonely.stake.is_abandoned() && lonely.is_active());
    let blacklisted = |image| oxen_state::service_nodes::blacklisted_until(chain.chain().state(), image).unwrap();
    assert_eq!(blacklisted(&converted), Some(Height::new(u64::MAX)));
    assert_eq!(blacklisted(&kept), None);
    let rows = balances(chain.chain().state()).unwrap();
    assert!(
        rows.iter().all(|(_, one)| one.recipient.ethereum().is_some()),
        "nothing in OXEN is left"
    );
    // What is left of the bonus, the worth of 100 OXEN, unpaid rewards, and the first reward of one of two paid nodes.
    let reward = 22_983_257_229_u128 * 1_000 / 2;
    let least = u128::from(BONUS - REQUIREMENT + 54_000) * 1_000 + reward;
    let found = total(&chain, 1).milli();
    assert!((least..least + 200_000_000).contains(&found), "{found}");
    assert_eq!(total(&chain, 3), MilliAmount::ZERO);
}

#[test]
fn without_a_table_stakes_are_free_and_nodes_go_on_alone() {
    let plain = network().with(|network| network.stake_conversion = Default::default());
    let mut chain = before_ethereum(&plain);
    let staked = chain.staked_output("n1", "o1").key_image;
    chain.mine(1);
    assert!(chain.node("n1").unwrap().stake.is_abandoned());
    let state = chain.chain().state();
    assert_eq!(
        oxen_state::service_nodes::blacklisted_until(state, &staked).unwrap(),
        None
    );
    assert_eq!(oxen_state::service_nodes::locking_node(state, &staked).unwrap(), None);
    assert!(balances(state).unwrap().is_empty());
    chain.mine(5);
}

#[test]
fn a_node_registers_on_l2_earns_asks_to_leave_and_gets_its_stake_back() {
    let mut chain = at_ethereum();
    decide(&mut chain, &[event(alone(7), 100)], true);
    // The holding block and four more.
    assert_eq!(chain.height().index(), ETHEREUM + 5);
    let key = l2_node_key(7);
    let node = chain.registry().node(&key).cloned().unwrap();
    assert!(node.is_active());
    assert_eq!(total(&chain, 7), MilliAmount::ZERO);
    // Paid from the fourth block on.
    chain.mine(4);
    assert_eq!(total(&chain, 7).milli(), 22_983_257_229 * 1_000 / 3);
    decide(
        &mut chain,
        &[event(L2EventKind::ExitRequest { bls_key: bls_key(7) }, 101)],
        true,
    );
    let leaves = chain
        .registry()
        .node(&key)
        .unwrap()
        .record
        .requested_unlock_height
        .unwrap();
    assert_eq!(leaves, chain.height().saturating_add(15));
    chain.mine(15);
    assert!(chain.registry().node(&key).is_some());
    chain.mine(1);
    assert!(chain.registry().node(&key).is_none());
    let removed = chain.registry().bridge().removed.get(&bls_key(7)).cloned().unwrap();
    assert_eq!((removed.removal, removed.height), (Removal::Expired, chain.height()));
    let before = total(&chain, 7);
    decide(&mut chain, &[event(exit(7, REQUIREMENT), 102)], true);
    assert_eq!(
        total(&chain, 7).milli() - before.milli(),
        u128::from(REQUIREMENT) * 1_000
    );
    assert!(chain.registry().bridge().removed.is_empty());
    chain.mine(3);
    assert_eq!(
        total(&chain, 7).milli() - before.milli(),
        u128::from(REQUIREMENT) * 1_000,
        "and no more"
    );
    // The same once more changes nothing.
    decide(&mut chain, &[event(exit(7, REQUIREMENT), 103)], true);
    assert_eq!(
        total(&chain, 7).milli() - before.milli(),
        u128::from(REQUIREMENT) * 1_000
    );
}

#[test]
fn a_denied_report_has_no_effect_and_cannot_come_again() {
    let mut chain = at_ethereum();
    let report = event(alone(7), 100);
    decide(&mut chain, std::slice::from_ref(&report), false);
    assert_eq!(
        chain.height().index(),
        ETHEREUM + 7,
        "six denials outweigh the holding block"
    );
    assert!(chain.registry().node(&l2_node_key(7)).is_none());
    assert!(pending_events(chain.chain().state()).unwrap().is_empty());
    let again = chain.try_mine(std::slice::from_ref(&report));
    assert!(again.is_err(), "the same event makes the same transaction");
}

#[test]
fn a_block_votes_on_every_report_and_on_no_other() {
    let mut chain = at_ethereum();
    chain.try_mine(&[event(alone(7), 100)]).unwrap();
    assert_eq!(pending_events(chain.chain().state()).unwrap().len(), 1);
    chain.chain_mut().advance(120);
    let mut block = chain.chain().assemble(&[]);
    block.header.l2.as_mut().unwrap().l2_votes.push(true);
    let error = chain
        .chain()
        .try_apply(&TestChain::seal(&block, &[]).unwrap())
        .unwrap_err();
    assert!(matches!(error, BlockError::L2VoteCount { expected: 1, found: 2 }));
}

pub(crate) fn too_few_votes() -> BlockError {
    let mut chain = at_ethereum();
    chain.try_mine(&[event(alone(7), 100)]).unwrap();
    chain.chain_mut().advance(120);
    let mut block = chain.chain().assemble(&[]);
    block.header.l2.as_mut().unwrap().l2_votes.clear();
    chain
        .chain()
        .try_apply(&TestChain::seal(&block, &[]).unwrap())
        .unwrap_err()
}

pub(crate) fn event_behind_a_transfer() -> BlockError {
    let mut chain = at_ethereum();
    let report = event(alone(7), 100);
    chain.chain_mut().advance(120);
    let mut block = chain.chain().assemble(std::slice::from_ref(&report));
    block.l2_event_count = 0;
    chain
        .chain()
        .try_apply(&TestChain::seal(&block, &[report]).unwrap())
        .unwrap_err()
}

fn refused(report: &Arc<CheckedTransaction>) -> TransactionError {
    match at_ethereum().try_mine(std::slice::from_ref(report)) {
        Err(BlockError::Transaction { error, .. }) => *error,
        other => panic!("{:?}", other.map(|_| "applied")),
    }
}

pub(crate) fn event_without_height() -> TransactionError {
    refused(&event(alone(7), 0))
}

pub(crate) fn event_of_another_kind() -> TransactionError {
    let transaction = event(alone(7), 100).transaction().clone();
    let mut changed = transaction;
    changed.prefix.kind = oxen_types::transaction::TransactionType::EthereumServiceNodeExit;
    let blob = oxen_types::ConsensusEncode::encode(&changed);
    let checked = CheckedTransaction::from_blob(&blob, oxen_types::network::HardForkVersion::ETHEREUM).unwrap();
    refused(&Arc::new(checked))
}

#[test]
fn the_contract_sets_what_later_nodes_hold_and_zero_sets_it_back() {
    let mut chain = at_ethereum();
    let updated = |amount| L2EventKind::StakingRequirementUpdated {
        staking_requirement: Amount::from_atomic(amount),
    };
    let requirement = |chain: &StakingChain| chain.registry().sent_requirement(chain.chain().network()).atomic();
    decide(&mut chain, &[event(updated(7), 100)], true);
    assert_eq!(requirement(&chain), 7);
    assert_eq!(chain.node("n1").unwrap().stake.requirement.atomic(), REQUIREMENT);
    decide(&mut chain, &[event(updated(0), 101)], true);
    assert_eq!(requirement(&chain), REQUIREMENT);
}

#[test]
fn a_purged_node_is_paid_back_when_its_exit_is_seen_and_by_the_reference_not() {
    let purge = || event(L2EventKind::PurgeMissingServiceNode { bls_key: bls_key(1) }, 100);
    let mut chain = at_ethereum();
    decide(&mut chain, &[purge()], true);
    assert!(chain.node("n1").is_none());
    let before = total(&chain, 1).milli();
    decide(&mut chain, &[event(exit(1, REQUIREMENT), 101)], true);
    assert_eq!(total(&chain, 1).milli() - before, u128::from(REQUIREMENT) * 1_000);

    let mut chain = before_ethereum(&network().with(|network| network.l2.settlement = L2Settlement::AsReference));
    chain.mine(1);
    decide(&mut chain, &[purge()], true);
    let before = total(&chain, 1);
    decide(&mut chain, &[event(exit(1, REQUIREMENT), 101)], true);
    assert_eq!(total(&chain, 1), before);
}

#[test]
fn an_exit_of_a_node_that_is_registered_ends_it_and_one_that_never_was_is_refunded() {
    let mut chain = at_ethereum();
    let before = total(&chain, 1).milli();
    decide(&mut chain, &[event(exit(1, REQUIREMENT), 100)], true);
    assert!(chain.node("n1").is_none());
    // Four blocks of rewards came in between, and the stake.
    assert!(total(&chain, 1).milli() - before >= u128::from(REQUIREMENT) * 1_000);

    // Twice the same contributor: the contract takes it, the chain does not.
    let half = L2Contributor::new(ethereum(9), ethereum(10), Amount::from_atomic(REQUIREMENT / 2));
    decide(&mut chain, &[event(registration(8, vec![half, half]), 101)], true);
    assert!(chain.registry().node(&l2_node_key(8)).is_none());
    assert_eq!(chain.registry().bridge().unregistered.size(), 1);
    decide(&mut chain, &[event(exit(8, REQUIREMENT), 102)], true);
    assert_eq!(
        total(&chain, 9).milli(),
        u128::from(REQUIREMENT) * 1_000,
        "to who staked"
    );
    assert_eq!(total(&chain, 10), MilliAmount::ZERO);
    assert!(chain.registry().bridge().unregistered.is_empty());
}

#[test]
fn a_key_that_left_and_came_again_has_its_new_node_whatever_the_ids_of_the_reports() {
    // In one block of L2, and in two.
    for later in [0, 1] {
        let mut orders = BTreeSet::new();
        for l2_height in (100..).step_by(2) {
            let mut chain = at_ethereum();
            decide(&mut chain, &[event(alone(7), 90)], true);
            let before = total(&chain, 7).milli();
            let reports = [
                event(exit(7, REQUIREMENT), l2_height),
                event(alone(7), l2_height + later),
            ];
            orders.insert(reports[0].id() < reports[1].id());
            decide(&mut chain, &reports, true);
            let registry = chain.registry();
            let node = registry.node(&l2_node_key(7)).expect("it came again");
            assert_eq!(node.record.activity, Activity::Active { since: chain.height() });
            assert!(registry.bridge().removed.is_empty() && registry.bridge().unregistered.is_empty());
            assert!(total(&chain, 7).milli() - before >= u128::from(REQUIREMENT) * 1_000);
            if orders.len() == 2 {
                break;
            }
        }
    }
}

#[test]
fn a_node_that_came_and_asked_to_leave_in_one_block_of_l2_leaves() {
    for number in 7..12 {
        let mut chain = at_ethereum();
        let request = L2EventKind::ExitRequest {
            bls_key: bls_key(number),
        };
        decide(&mut chain, &[event(request, 100), event(alone(number), 100)], true);
        let registry = chain.registry();
        let node = registry.node(&l2_node_key(number)).expect("it came");
        assert!(node.record.requested_unlock_height.is_some(), "node {number}");
    }
}

#[test]
fn an_account_may_get_back_more_than_eighteen_million_sesh() {
    let stake = Amount::from_atomic(10_000_000 * Amount::OXEN.atomic());
    let mut chain = at_ethereum();
    let requirement = L2EventKind::StakingRequirementUpdated {
        staking_requirement: stake,
    };
    decide(&mut chain, &[event(requirement, 100)], true);
    let registrations = [event(stake_of(7, 9, stake), 101), event(stake_of(8, 9, stake), 102)];
    decide(&mut chain, &registrations, true);
    let (before, begin) = (chain.chain().digest(), chain.height());
    let exits = [7, 8].map(|number| event(exit(number, stake.atomic()), 103));
    decide(&mut chain, &exits, true);
    assert!(total(&chain, 9).milli() >= 2 * milli(stake));
    // The balance is settled again when its turn comes.
    chain.mine(chain.chain().network().batching.interval_blocks);
    assert!(total(&chain, 9).milli() >= 2 * milli(stake));
    chain.revert(usize::try_from(chain.height().since(begin)).unwrap());
    assert_eq!(chain.chain().digest(), before);
    assert!(total(&chain, 9).milli() < milli(stake));
}

#[test]
fn lifetime_totals_of_the_last_sixty_five_heights_can_be_told() {
    let mut chain = at_ethereum();
    let mut known: BTreeMap<(u64, u8), MilliAmount> = BTreeMap::new();
    for step in 0..90_u64 {
        let reports = match step {
            3 => vec![event(alone(7), 100)],
            20 => vec![event(L2EventKind::ExitRequest { bls_key: bls_key(7) }, 101)],
            50 => vec![event(exit(7, REQUIREMENT), 102)],
            _ => Vec::new(),
        };
        vote(&mut chain, true);
        chain.try_mine(&reports).unwrap();
        let tip = chain.height();
        for number in [1, 2, 7, 50] {
            known.insert((tip.index(), number), total(&chain, number));
        }
        for back in 0..REWARD_HISTORY_BLOCKS + 2 {
            let height = tip.saturating_sub(back);
            for number in [1, 2, 7, 50] {
                let told = lifetime_total_at(chain.chain().state(), chain.chain().network(), ethereum(number), height);
                let told = told.unwrap();
                if back >= REWARD_HISTORY_BLOCKS || height.index() < ETHEREUM {
                    assert_eq!(told, None);
                } else if let Some(then) = known.get(&(height.index(), number)) {
                    assert_eq!(told, Some(*then), "{number} at {height}, {back} back");
                }
            }
        }
    }
    let above = chain.height().next();
    let told = lifetime_total_at(chain.chain().state(), chain.chain().network(), ethereum(1), above);
    assert_eq!(told.unwrap(), None);
}

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    /// A block with reports about nodes, and votes.
    Mine {
        reports: Vec<(u8, u8)>,
        agree: bool,
        rate: u64,
    },
    /// Blocks are taken back.
    Revert(usize),
    /// The registry is read from the tables again.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    // Few nodes, so that a block often says several things about one of them.
    let report = (0_u8..5, 1_u8..6);
    prop_oneof![
        12 => (prop::collection::vec(report, 0..4), prop::bool::weighted(0.8), any::<u64>())
            .prop_map(|(reports, agree, rate)| Step::Mine { reports, agree, rate }),
        1 => (1_usize..6).prop_map(Step::Revert),
        1 => Just(Step::Restart),
    ]
}

fn report_of(what: u8, number: u8, l2_height: u64) -> Arc<CheckedTransaction> {
    let kind = match what {
        0 | 1 => alone(number),
        2 => L2EventKind::ExitRequest {
            bls_key: bls_key(number),
        },
        3 => exit(number, REQUIREMENT),
        _ => L2EventKind::PurgeMissingServiceNode {
            bls_key: bls_key(number),
        },
    };
    event(kind, l2_height)
}

/// Everything in SESH: balances, stakes on their way, stakes of nodes, of nodes that left, of registrations without a node; in
/// thousandths of an atomic unit.
fn all_sesh(chain: &StakingChain) -> u128 {
    let state = chain.chain().state();
    let balances: u128 = balances(state).unwrap().iter().map(|(_, one)| one.amount.milli()).sum();
    let delayed: u128 = scan_rows::<DelayedPayments>(state, &[], &[], usize::MAX)
        .unwrap()
        .iter()
        .map(|(_, one)| milli(one.amount))
        .sum();
    let registry = chain.registry();
    let staked: u128 = registry
        .nodes()
        .map(|(_, node)| milli(node.stake.total_contributed))
        .sum();
    let bridge = registry.bridge();
    let removed: u128 = bridge
        .removed
        .values()
        .map(|node| milli(node.stake.total_contributed))
        .sum();
    let unregistered: u128 = bridge
        .unregistered
        .values()
        .flat_map(|stake| &stake.stakes)
        .map(|(_, amount)| milli(*amount))
        .sum();
    balances + delayed + staked + removed + unregistered
}

fn milli(amount: Amount) -> u128 {
    u128::from(amount.atomic()) * 1_000
}

/// Everything a registry knows, in order: two of the same contents may be built differently.
fn contents(registry: &Registry) -> String {
    let bridge = registry.bridge();
    format!(
        "{:?} {:?} {:?} {:?} {:?}",
        registry.nodes().collect::<Vec<_>>(),
        registry.blacklist().collect::<Vec<_>>(),
        bridge.removed.iter().collect::<Vec<_>>(),
        bridge.unregistered.iter().collect::<Vec<_>>(),
        bridge.requirement
    )
}

/// What the newest block's reward brought to everybody, split node by node as the reference does.
fn distributed(chain: &StakingChain) -> u128 {
    let network = chain.chain().network();
    let payable = chain.registry().payable(chain.height(), network);
    let reward = chain.chain().blocks().last().unwrap().block.block().reward().unwrap();
    let share = MilliAmount::from_amount(reward).share(payable.len() as u64);
    payable
        .iter()
        .flat_map(|(_, shares)| shares.split(share))
        .map(|(_, amount)| amount.milli())
        .sum()
}

/// What the votes of the newest block confirmed of what waited before it, in the order of L2.
fn confirmed(chain: &StakingChain, waiting: &[PendingEvent]) -> Vec<L2EventKind> {
    let blocks = chain.chain().blocks();
    let block = blocks.last().unwrap().block.block();
    let voter = if block.has_pulse() {
        Voter::Pulse { round: block.round() }
    } else {
        Voter::Miner
    };
    let votes = &block.header.l2.as_ref().unwrap().l2_votes;
    let mut confirmed: Vec<_> = waiting
        .iter()
        .zip(votes)
        .filter(|(one, vote)| {
            let tally = one.tally.with(Vote::from_bit(**vote), voter);
            tally.verdict(chain.height()) == Verdict::Confirmed
        })
        .map(|(one, _)| one.event.clone())
        .collect();
    confirmed.sort_by_key(|event| event.source.l2_height);
    confirmed.into_iter().map(|event| event.kind).collect()
}

/// Stakes that came in by the registrations among what the newest block confirmed, after a block with the registry `before`: their
/// deposits are on L2. A registration of a key that has a node brings nothing.
fn deposited(before: &Registry, confirmed: &[L2EventKind], height: Height) -> u128 {
    let mut registered: BTreeSet<BlsPublicKey> = before
        .nodes()
        .filter(|(_, node)| node.record.requested_unlock_height.is_none_or(|last| height <= last))
        .filter_map(|(_, node)| node.stake.bls_key)
        .collect();
    let mut sum = 0;
    for event in confirmed {
        match event {
            L2EventKind::NewServiceNode {
                bls_key, contributors, ..
            } => {
                if registered.insert(*bls_key) {
                    sum += contributors.iter().map(|one| milli(one.amount)).sum::<u128>();
                }
            }
            L2EventKind::Exit { bls_key, .. } | L2EventKind::PurgeMissingServiceNode { bls_key } => {
                registered.remove(bls_key);
            }
            L2EventKind::ExitRequest { .. } | L2EventKind::StakingRequirementUpdated { .. } => {}
        }
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn random_events_lose_no_stake_and_can_be_taken_back(steps in prop::collection::vec(step(), 20..50)) {
        let mut chain = at_ethereum();
        let mut digests: Vec<Hash> = vec![chain.chain().digest()];
        let mut l2_height = 1;
        for step in steps {
            match step {
                Step::Mine { reports, agree, rate } => {
                    let (sesh, registry) = (all_sesh(&chain), chain.registry());
                    vote(&mut chain, agree);
                    let agreed = chain.chain().template_request().l2.agreed;
                    chain.chain_mut().set_l2(TemplateL2 { agreed, l2_reward: Some(Amount::from_atomic(rate)), ..TemplateL2::default() });
                    let waiting = pending_events(chain.chain().state()).unwrap();
                    let mut fresh = Vec::new();
                    for (what, number) in reports {
                        l2_height += 1;
                        fresh.push(report_of(what, number, l2_height));
                    }
                    chain.try_mine(&fresh).unwrap();
                    digests.push(chain.chain().digest());
                    let deposited = deposited(&registry, &confirmed(&chain, &waiting), chain.height());
                    prop_assert_eq!(all_sesh(&chain), sesh + distributed(&chain) + deposited);
                }
                Step::Revert(count) => {
                    let count = count.min(digests.len() - 1);
                    chain.revert(count);
                    digests.truncate(digests.len() - count);
                    prop_assert_eq!(chain.chain().digest(), *digests.last().unwrap());
                }
                Step::Restart => {
                    let rules = Arc::new(StakingRules::new(Arc::clone(chain.chain().network())));
                    let loaded = rules.registry(chain.chain().state()).unwrap();
                    prop_assert_eq!(contents(&loaded), contents(&chain.registry()));
                }
            }
        }
        while digests.len() > 1 {
            chain.revert(1);
            digests.pop();
            prop_assert_eq!(chain.chain().digest(), *digests.last().unwrap());
        }
        // And over the fork.
        chain.revert(6);
        chain.mine(6);
    }
}
