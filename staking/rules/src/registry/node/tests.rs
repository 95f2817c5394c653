use super::*;
use oxen_types::extra::NewState::{self, Decommission, Deregister, IpChangePenalty, Recommission};

const NETWORK: fn() -> Network = Network::mainnet;

/// A node of one staker, registered at height 1,000, in some state.
fn node(activity: Activity, credit: i64) -> ServiceNode {
    let registered = Height::new(1_000);
    let staker = Recipient::Oxen {
        spend: PublicKey::new([1; 32]),
        view: PublicKey::new([2; 32]),
    };
    let stake = Stake {
        bls_key: None,
        requirement: Amount::OXEN,
        operator: staker,
        operator_portions: 0,
        contributors: vec![NodeContributor {
            beneficiary: None,
            recipient: staker,
            amount: Amount::OXEN,
            reserved: Amount::OXEN,
            locked: Vec::new(),
        }],
        total_contributed: Amount::OXEN,
        total_reserved: Amount::OXEN,
    };
    ServiceNode {
        record: NodeRecord {
            registration_height: registered,
            registration_version: 19,
            requested_unlock_height: None,
            queue: QueuePosition::after_block(registered),
            activity,
            decommission_count: 0,
            last_decommission: None,
            recommission_credit: credit,
            swarm: SwarmId::UNASSIGNED,
            last_ip_change_height: registered,
            pulse_sorter: PulseSorter::default(),
        },
        stake: Arc::new(stake),
    }
}

fn active(since: u64, credit: i64) -> ServiceNode {
    let since = Height::new(since);
    node(Activity::Active { since }, credit)
}

fn decommissioned(active_since: u64, since: u64, credit: i64) -> ServiceNode {
    let activity = Activity::Decommissioned {
        active_since: Height::new(active_since),
        since: Height::new(since),
    };
    node(activity, credit)
}

#[test]
fn credits_are_the_known_ones() {
    for (held, up, credit) in [
        (60, 0, 60),
        (60, 29, 60),
        (60, 30, 61),
        (60, 720, 84),
        (60, 21_600, 780),
        (60, 41_400, 1_440),
        (60, 50_000, 1_440),
        (0, 1_800, 60),
    ] {
        let node = active(2_000, held);
        assert_eq!(
            node.decommission_credit(Height::new(2_000 + up), &NETWORK()),
            credit,
            "{held}, {up}"
        );
    }
}

#[test]
fn on_a_network_of_five_seconds_a_day_of_credit_has_as_many_minutes() {
    let node = active(0, 1_440);
    let network = Network::localdev();
    assert_eq!(node.decommission_credit(Height::new(17_280), &network), 1_440 + 576);
    assert_eq!(node.decommission_credit(Height::new(10_000_000), &network), 34_560);
}

#[test]
fn a_suspended_node_uses_its_credit_up_block_by_block() {
    // Up for 720 blocks, suspended at 2,720.
    let node = decommissioned(2_000, 2_720, 60);
    let credit = |height| node.decommission_credit(Height::new(height), &NETWORK());
    assert_eq!(credit(2_720), 84);
    assert_eq!(credit(2_721), 83);
    assert_eq!(credit(2_804), 0);
    assert_eq!(credit(2_805), -1);
}

#[test]
fn the_cap_comes_before_what_is_used() {
    let node = decommissioned(0, 1_000_000, 60);
    assert_eq!(
        node.decommission_credit(Height::new(1_000_100), &NETWORK()),
        1_440 - 100
    );
}

#[test]
fn an_open_node_has_what_it_was_registered_with() {
    let open = node(Activity::AwaitingContributions, 60);
    assert_eq!(open.decommission_credit(Height::new(900_000), &NETWORK()), 60);
}

#[test]
fn pay_begins_some_blocks_after_activation_and_stops_with_it() {
    let working = active(2_000, 60);
    let payable = |height| working.is_payable(Height::new(height), &NETWORK());
    assert!(!payable(2_719));
    assert!(payable(2_720));
    assert!(!decommissioned(2_000, 9_000, 60).is_payable(Height::new(9_000), &NETWORK()));
    assert!(!node(Activity::AwaitingContributions, 60).is_payable(Height::new(9_000), &NETWORK()));
}

#[test]
fn votes_reach_a_node_only_from_above_its_last_change() {
    let at = |node: &ServiceNode, height| node.can_be_voted_on(Height::new(height));
    let open = node(Activity::AwaitingContributions, 60);
    assert!(!at(&open, 9_000));
    let working = active(2_000, 60);
    assert!(!at(&working, 2_000));
    assert!(at(&working, 2_001));
    let suspended = decommissioned(2_000, 3_000, 60);
    assert!(!at(&suspended, 3_000));
    assert!(at(&suspended, 3_001));
    // Funded in the block of its registration.
    assert!(!at(&active(1_000, 60), 1_000));
}

#[test]
fn each_state_allows_its_transitions() {
    let allowed = |node: &ServiceNode, height| -> Vec<NewState> {
        [Deregister, Decommission, Recommission, IpChangePenalty]
            .into_iter()
            .filter(|state| node.can_transition(Height::new(height), *state))
            .collect()
    };
    let mut working = active(2_000, 60);
    assert_eq!(allowed(&working, 2_001), [Deregister, Decommission, IpChangePenalty]);
    working.record.last_ip_change_height = Height::new(2_010);
    assert_eq!(allowed(&working, 2_010), [Deregister, Decommission]);
    assert_eq!(allowed(&working, 2_011), [Deregister, Decommission, IpChangePenalty]);
    assert_eq!(
        allowed(&decommissioned(2_000, 3_000, 60), 3_001),
        [Deregister, Recommission]
    );
    assert_eq!(allowed(&node(Activity::AwaitingContributions, 60), 9_000), []);
}

#[test]
fn transactions_of_a_block_stand_in_the_queue_before_what_was_none() {
    let height = Height::new(7);
    let first = QueuePosition { height, transaction: 0 };
    let second = QueuePosition { height, transaction: 1 };
    let lead = QueuePosition::after_block(height);
    let later = QueuePosition {
        height: height.next(),
        transaction: 0,
    };
    assert!(first < second && second < lead && lead < later);
}
