use super::*;
use crate::{
    batching::Recipient,
    registry::node::{NodeContributor, NodeRecord, Stake},
    swarm::SwarmId,
};
use oxen_types::{
    Amount, KeyImage,
    extra::{Reasons, StateChangeForm},
};

const REQUIREMENT: Amount = Amount::from_atomic(100_000_000_000);

fn key(number: u8) -> PublicKey {
    PublicKey::new([number; 32])
}

/// A node that has been active since a height, at this place in the queue, with two stakes.
fn node(number: u8, queue: u64) -> ServiceNode {
    let height = Height::new(queue);
    let part = |part: u8| NodeContributor {
        beneficiary: None,
        recipient: Recipient::Oxen {
            spend: key(number),
            view: key(part),
        },
        amount: Amount::from_atomic(REQUIREMENT.atomic() / 2),
        reserved: Amount::from_atomic(REQUIREMENT.atomic() / 2),
        locked: vec![LockedContribution {
            key_image: KeyImage::new([number.wrapping_mul(2).wrapping_add(part); 32]),
            output_key: key(part),
            amount: Amount::from_atomic(u64::from(part)),
        }],
    };
    ServiceNode {
        record: NodeRecord {
            registration_height: Height::new(1),
            registration_version: 19,
            requested_unlock_height: None,
            queue: QueuePosition { height, transaction: 0 },
            activity: Activity::Active { since: Height::new(2) },
            decommission_count: 0,
            last_decommission: None,
            recommission_credit: 60,
            swarm: SwarmId::new(0),
            last_ip_change_height: Height::new(1),
            pulse_sorter: PulseSorter::default(),
        },
        stake: Arc::new(Stake {
            bls_key: None,
            requirement: REQUIREMENT,
            operator: Recipient::Oxen {
                spend: key(number),
                view: key(0),
            },
            operator_portions: 0,
            contributors: vec![part(0), part(1)],
            total_contributed: REQUIREMENT,
            total_reserved: REQUIREMENT,
        }),
    }
}

fn registry(nodes: impl IntoIterator<Item = (u8, ServiceNode)>) -> Registry {
    let nodes = nodes.into_iter().map(|(number, node)| (key(number), Arc::new(node)));
    Registry::new(nodes, [])
}

fn block<'a>(height: u64, transactions: &'a [StakingTransaction<'a>], quorum: Option<&'a Quorum>) -> RegistryBlock<'a> {
    RegistryBlock {
        confirmed: &[],
        conversion: None,
        height: Height::new(height),
        id: Hash::new([height as u8; 32]),
        version: HardForkVersion::REWARD_BATCHING,
        pulse_quorum: quorum,
        transactions,
    }
}

fn update(registry: &Registry, height: u64) -> RegistryUpdate {
    registry.update(&block(height, &[], None), &Network::fakechain())
}

fn change(state: NewState) -> StateChange {
    StateChange {
        form: StateChangeForm::WithReasons {
            all: Reasons::PULSE,
            any: Reasons::PULSE,
        },
        state,
        block_height: Height::new(90),
        service_node_index: 0,
        votes: Vec::new(),
    }
}

fn voted(registry: &Registry, height: u64, number: u8, state: NewState) -> RegistryUpdate {
    let change = change(state);
    let transactions = [StakingTransaction::StateChange {
        node: key(number),
        change: &change,
    }];
    registry.update(&block(height, &transactions, None), &Network::fakechain())
}

#[test]
fn who_has_waited_longest_leads_and_goes_to_the_end() {
    let mut registry = registry([(1, node(1, 50)), (2, node(2, 40)), (3, node(3, 40))]);
    let mut leaders = Vec::new();
    for height in 100..106 {
        leaders.push(registry.next_leader().unwrap().as_bytes()[0]);
        registry = update(&registry, height).registry;
    }
    // Between equals the lower key.
    assert_eq!(leaders, [2, 3, 1, 2, 3, 1]);
}

#[test]
fn nobody_leads_where_nobody_is_active() {
    let mut suspended = node(1, 50);
    suspended.record.activity = Activity::Decommissioned {
        active_since: Height::new(2),
        since: Height::new(60),
    };
    let registry = registry([(1, suspended)]);
    assert_eq!(registry.next_leader(), None);
    assert!(update(&registry, 100).nodes.is_empty());
}

#[test]
fn a_quiet_block_changes_the_leader_and_nothing_else() {
    let registry = registry((1..=9).map(|number| (number, node(number, 50))));
    let update = update(&registry, 100);
    assert_eq!(update.nodes.keys().copied().collect::<Vec<_>>(), [key(1)]);
    let change = &update.nodes[&key(1)];
    assert_eq!(change.before.as_deref(), Some(&node(1, 50)));
    let after = change.after.as_deref().unwrap();
    assert_eq!(after.record.queue, QueuePosition::after_block(Height::new(100)));
    assert!(
        Arc::ptr_eq(&after.stake, &registry.node(&key(1)).unwrap().stake),
        "the stake is shared"
    );
}

#[test]
fn validators_take_the_height_before_and_their_index() {
    let registry = registry((1..=12).map(|number| (number, node(number, 50))));
    let quorum = Quorum {
        validators: (2..=12).rev().map(key).collect(),
        workers: vec![key(1)],
    };
    let update = registry.update(&block(100, &[], Some(&quorum)), &Network::fakechain());
    for (index, number) in (0..).zip((2..=12).rev()) {
        let sorter = update.registry.node(&key(number)).unwrap().record.pulse_sorter;
        let height = Height::new(99);
        assert_eq!(sorter, PulseSorter { height, index });
    }
    assert_eq!(
        update.registry.node(&key(1)).unwrap().record.pulse_sorter,
        PulseSorter::default()
    );
    assert_eq!(update.quorums.pulse, Some(quorum));
}

#[test]
fn a_node_expires_above_the_height_and_leaves_nothing_behind() {
    let mut leaving = node(1, 50);
    leaving.record.requested_unlock_height = Some(Height::new(100));
    let before = registry([(1, leaving), (2, node(2, 60))]);
    let at = update(&before, 100);
    assert!(at.registry.node(&key(1)).is_some());
    let above = update(&at.registry, 101);
    assert!(above.registry.node(&key(1)).is_none());
    assert!(above.blacklisted.is_empty());
    assert_eq!(above.nodes[&key(1)].after, None);
}

#[test]
fn an_expired_leader_is_simply_gone() {
    let mut leaving = node(1, 50);
    leaving.record.requested_unlock_height = Some(Height::new(99));
    let registry = registry([(1, leaving), (2, node(2, 60))]);
    assert_eq!(registry.next_leader(), Some(key(1)));
    let update = update(&registry, 100);
    assert_eq!(update.registry.len(), 1);
    // Its turn passed with it: the next one leads the next block, not this one.
    assert_eq!(
        update.registry.node(&key(2)).unwrap().record.queue,
        node(2, 60).record.queue
    );
}

#[test]
fn the_blacklist_keeps_the_order_of_stakes_and_lets_go_at_its_height() {
    let before = registry([(1, node(1, 50)), (2, node(2, 60)), (3, node(3, 70))]);
    let first = voted(&before, 100, 2, NewState::Deregister);
    let second = voted(&first.registry, 101, 1, NewState::Deregister);
    let images: Vec<u8> = second
        .registry
        .blacklist()
        .map(|stake| stake.key_image.as_bytes()[0])
        .collect();
    assert_eq!(images, [4, 5, 2, 3]);
    assert_eq!(first.blacklisted.len(), 2);
    assert!(
        first
            .blacklisted
            .iter()
            .all(|stake| stake.unlock_height == Height::new(130))
    );
    let quiet = update(&second.registry, 129);
    assert!(quiet.released.is_empty());
    let released = update(&quiet.registry, 130);
    assert_eq!(released.released, first.blacklisted);
    let left: Vec<BlacklistedStake> = released.registry.blacklist().copied().collect();
    assert_eq!(left, second.blacklisted);
    assert_eq!(update(&released.registry, 131).registry.blacklist().count(), 0);
}

#[test]
fn every_blacklisted_stake_is_let_go_at_its_own_height_whatever_stands_before_it() {
    let stake = |number: u8, unlock_height| BlacklistedStake {
        key_image: KeyImage::new([number; 32]),
        unlock_height: Height::new(unlock_height),
        amount: Amount::OXEN,
    };
    // The first is gone for ever, as converted stakes are.
    let stakes = [
        stake(1, u64::MAX),
        stake(2, 102),
        stake(3, 101),
        stake(4, 103),
        stake(5, 101),
    ];
    let mut registry = Registry::new([], stakes);
    for (height, released) in [(100, &[][..]), (101, &[3, 5]), (102, &[2]), (103, &[4]), (104, &[])] {
        let update = update(&registry, height);
        let numbers =
            |stakes: &[BlacklistedStake]| stakes.iter().map(|one| one.key_image.as_bytes()[0]).collect::<Vec<_>>();
        assert_eq!(numbers(&update.released), released, "at {height}");
        let left: Vec<BlacklistedStake> = update.registry.blacklist().copied().collect();
        assert!(
            left.iter().all(|one| one.unlock_height > Height::new(height)),
            "at {height}"
        );
        registry = update.registry;
    }
    assert_eq!(registry.blacklist().copied().collect::<Vec<_>>(), [stakes[0]]);
}

#[test]
fn a_suspension_and_a_return_take_their_course() {
    let before = registry([(1, node(1, 50)), (2, node(2, 60))]);
    let down = voted(&before, 722, 2, NewState::Decommission).registry;
    let suspended = down.node(&key(2)).unwrap();
    assert_eq!(
        suspended.record.activity,
        Activity::Decommissioned {
            active_since: Height::new(2),
            since: Height::new(722)
        }
    );
    assert_eq!(suspended.record.swarm, SwarmId::UNASSIGNED);
    assert_eq!(suspended.record.decommission_count, 1);
    assert_eq!(
        suspended.record.queue,
        node(2, 60).record.queue,
        "its place in the queue stays"
    );
    assert_eq!(down.active().count(), 1);
    assert_eq!(down.decommissioned().count(), 1);
    // 60 and 24 for a day; thirty blocks down cost sixty.
    let up = voted(&down, 752, 2, NewState::Recommission).registry;
    let back = up.node(&key(2)).unwrap();
    assert_eq!(back.record.recommission_credit, 24);
    assert_eq!(
        back.record.activity,
        Activity::Active {
            since: Height::new(752)
        }
    );
    assert_eq!(back.record.queue, QueuePosition::after_block(Height::new(752)));
    assert_ne!(back.record.swarm, SwarmId::UNASSIGNED);
    // What was overdrawn is forgiven.
    let late = voted(&down, 900, 2, NewState::Recommission).registry;
    assert_eq!(late.node(&key(2)).unwrap().record.recommission_credit, 0);
}

#[test]
fn a_decision_that_finds_the_node_there_already_does_nothing() {
    let before = registry([(1, node(1, 50)), (2, node(2, 60))]);
    let quiet = update(&before, 100);
    for (number, state) in [
        (2, NewState::Recommission),
        (9, NewState::Deregister),
        (9, NewState::Decommission),
    ] {
        let voted = voted(&before, 100, number, state);
        assert!(voted.registry.nodes().eq(quiet.registry.nodes()), "{state:?}");
        assert_eq!(voted.quorums, quiet.quorums);
    }
    let down = voted(&before, 100, 2, NewState::Decommission).registry;
    for state in [NewState::Decommission, NewState::IpChangePenalty] {
        assert_eq!(voted(&down, 101, 2, state).registry.node(&key(2)), down.node(&key(2)));
    }
}

#[test]
fn quorums_stand_at_their_heights() {
    let registry = registry((1..=21).map(|number| (number, node(number, 50))));
    for height in 100..120 {
        let quorums = update(&registry, height).quorums;
        assert_eq!(quorums.checkpointing.is_some(), (height + 11) % 4 == 0);
        assert_eq!(quorums.blink.is_some(), height % 5 == 0);
        assert_eq!(quorums.obligations.validators.len(), 10);
        assert_eq!(quorums.obligations.workers.len(), 11);
        assert_eq!(quorums.pulse, None);
        for kind in QuorumKind::ALL {
            let found = quorums.get(kind);
            let expected = match kind {
                QuorumKind::Obligations => Some(&quorums.obligations),
                QuorumKind::Checkpointing => quorums.checkpointing.as_ref(),
                QuorumKind::Blink => quorums.blink.as_ref(),
                QuorumKind::Pulse => None,
            };
            assert_eq!(found, expected);
        }
    }
}
