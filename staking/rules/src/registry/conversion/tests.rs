use super::*;
use crate::{
    quorum::PulseSorter,
    registry::node::{Activity, LockedContribution, NodeRecord, QueuePosition},
    swarm::SwarmId,
};
use oxen_crypto::SecretKey;
use oxen_types::{Height, KeyImage};
use proptest::prelude::*;

const REQUIREMENT: Amount = Amount::from_atomic(25_000);

fn oxen(number: u8) -> Recipient {
    let key = |salt: u8| {
        let mut bytes = [number; 32];
        bytes[31] = salt;
        SecretKey::reduce(bytes).public_key()
    };
    Recipient::Oxen {
        spend: key(1),
        view: key(2),
    }
}

fn text(number: u8, network: &Network) -> String {
    let Recipient::Oxen { spend, view } = oxen(number) else {
        unreachable!("made above")
    };
    let address = Address::new(AddressKind::Standard, spend, view).unwrap();
    address.encode(&network.address_prefixes)
}

fn ethereum(number: u8) -> EthereumAddress {
    EthereumAddress::new([number; 20])
}

fn key(number: u8) -> PublicKey {
    PublicKey::new([number; 32])
}

/// A node with stakes of these owners, each of one output of its amount.
fn node(registered: u64, stakes: &[(u8, u64)], image: &mut u8) -> Arc<ServiceNode> {
    let height = Height::new(registered);
    let contributors: Vec<NodeContributor> = stakes
        .iter()
        .map(|(owner, amount)| {
            *image = image.wrapping_add(1);
            NodeContributor {
                recipient: oxen(*owner),
                beneficiary: None,
                amount: Amount::from_atomic(*amount),
                reserved: Amount::from_atomic(*amount),
                locked: vec![LockedContribution {
                    key_image: KeyImage::new([*image; 32]),
                    output_key: key(*image),
                    amount: Amount::from_atomic(*amount),
                }],
            }
        })
        .collect();
    let total = Amount::checked_sum(contributors.iter().map(|one| one.amount)).unwrap();
    Arc::new(ServiceNode {
        record: NodeRecord {
            registration_height: height,
            registration_version: 19,
            requested_unlock_height: None,
            queue: QueuePosition::after_block(height),
            activity: Activity::Active { since: height },
            decommission_count: 0,
            last_decommission: None,
            recommission_credit: 0,
            swarm: SwarmId::UNASSIGNED,
            last_ip_change_height: height,
            pulse_sorter: PulseSorter {
                height: Height::GENESIS,
                index: 0,
            },
        },
        stake: Arc::new(Stake {
            bls_key: None,
            requirement: total,
            operator: oxen(stakes[0].0),
            operator_portions: 77,
            contributors,
            total_contributed: total,
            total_reserved: total,
        }),
    })
}

/// Owners 1 to `known` have an address, nodes 1 to `proven` a BLS key, everybody who is known a bonus.
fn network(known: u8, proven: u8, bonus: u64) -> Network {
    let mut network = Network::regtest();
    let table = &mut network.stake_conversion;
    for number in 1..=known {
        let address = PrefixedAddress(ethereum(number));
        table.addresses.insert(text(number, &Network::regtest()), address);
        table.bonuses.insert(address, Amount::from_atomic(bonus));
    }
    for number in 1..=proven {
        table.service_nodes.insert(key(number), BlsPublicKey::new([number; 64]));
    }
    network
}

fn total_of(conversion: &Conversion) -> u64 {
    let staked = conversion
        .nodes
        .values()
        .map(|node| node.stake.total_contributed.atomic());
    staked
        .chain(conversion.credits.values().map(|amount| amount.atomic()))
        .sum()
}

#[test]
fn a_node_goes_on_in_its_proportions_and_the_operator_gets_what_rounding_leaves() {
    let network = network(2, 1, 20_000);
    let registry = Registry::new([(key(1), node(10, &[(1, 4_000), (2, 11_000)], &mut 0))], []);
    let conversion = convert(&registry, &UnpaidRewards::default(), REQUIREMENT, &network);
    let stake = &conversion.nodes[&key(1)].stake;
    // 4/15 and 11/15 of 25,000 are 6,666.7 and 18,333.3.
    let held: Vec<(Recipient, u64)> = stake
        .contributors
        .iter()
        .map(|one| (one.recipient, one.amount.atomic()))
        .collect();
    assert_eq!(
        held,
        [
            (Recipient::Ethereum(ethereum(1)), 6_667),
            (Recipient::Ethereum(ethereum(2)), 18_333)
        ]
    );
    assert_eq!(
        (stake.bls_key, stake.operator_portions),
        (Some(BlsPublicKey::new([1; 64])), 77)
    );
    assert!(stake.locked().next().is_none());
    // 0.54 of the stakes, and the bonus.
    let left = |number| conversion.credits[&ethereum(number)].atomic();
    assert_eq!((left(1), left(2)), (20_000 + 2_160 - 6_667, 20_000 + 5_940 - 18_333));
    assert!(
        conversion
            .blacklisted
            .iter()
            .all(|stake| stake.unlock_height == BlacklistedStake::FOR_EVER)
    );
    assert_eq!(conversion.blacklisted.len(), 2);
}

#[test]
fn the_oldest_node_is_filled_first_and_who_cannot_follow_stays_without_anybody() {
    // Enough for one node.
    let network = network(1, 3, 10_000);
    let mut image = 0;
    let nodes = [
        (key(1), node(30, &[(1, 15_000)], &mut image)),
        (key(2), node(20, &[(1, 15_000)], &mut image)),
        (key(3), node(20, &[(2, 15_000)], &mut image)),
        (key(4), node(10, &[(1, 15_000)], &mut image)),
    ];
    let registry = Registry::new(nodes, []);
    let conversion = convert(&registry, &UnpaidRewards::default(), REQUIREMENT, &network);
    let is_abandoned = |number| conversion.nodes[&key(number)].stake.is_abandoned();
    // 4 proved no key, 3 has an owner without address, 2 is older than 1.
    assert_eq!([1, 2, 3, 4].map(is_abandoned), [true, false, true, true]);
    assert!(
        conversion
            .nodes
            .values()
            .all(|node| node.is_fully_funded() && node.is_active())
    );
    assert_eq!(conversion.credits[&ethereum(1)].atomic(), 10_000 + 3 * 8_100 - 25_000);
    // Whoever has no address keeps the output.
    assert_eq!(conversion.blacklisted.len(), 3);
}

#[test]
fn unpaid_rewards_of_known_addresses_are_converted_and_others_dropped() {
    let network = network(1, 0, 0);
    let unpaid = UnpaidRewards {
        balances: [
            (oxen(1), MilliAmount::new(1_000_999)),
            (oxen(2), MilliAmount::new(5_000_000)),
        ]
        .into(),
    };
    let conversion = convert(&Registry::default(), &unpaid, REQUIREMENT, &network);
    assert_eq!(conversion.credits, [(ethereum(1), Amount::from_atomic(540))].into());
}

#[test]
fn two_addresses_of_one_account_are_one_contributor() {
    let mut network = network(2, 1, 40_000);
    let both = PrefixedAddress(ethereum(1));
    network
        .stake_conversion
        .addresses
        .insert(text(2, &Network::regtest()), both);
    let registry = Registry::new([(key(1), node(10, &[(1, 5_000), (2, 10_000)], &mut 0))], []);
    let conversion = convert(&registry, &UnpaidRewards::default(), REQUIREMENT, &network);
    let stake = &conversion.nodes[&key(1)].stake;
    assert_eq!(stake.contributors.len(), 1);
    assert_eq!(stake.contributors[0].amount, REQUIREMENT);
    assert_eq!(
        conversion.credits[&ethereum(2)].atomic(),
        40_000,
        "a bonus needs no OXEN"
    );
}

proptest! {
    #[test]
    fn what_is_credited_is_what_was_converted_and_the_bonuses(
        nodes in prop::collection::vec((0_u64..50, prop::collection::vec((1_u8..8, 1_u64..30_000), 1..6)), 0..12),
        unpaid in prop::collection::vec((1_u8..8, 0_u64..1_000_000_000), 0..8),
        known in 0_u8..8, proven in 0_u8..12, bonus in 0_u64..60_000,
    ) {
        let network = network(known, proven, bonus);
        let mut image = 0;
        let made: Vec<_> = (1..).zip(&nodes).map(|(number, (height, stakes))| (key(number), node(*height, stakes, &mut image))).collect();
        let registry = Registry::new(made, []);
        let unpaid = UnpaidRewards { balances: unpaid.iter().map(|(owner, milli)| (oxen(*owner), MilliAmount::new(u128::from(*milli)))).collect() };
        let conversion = convert(&registry, &unpaid, REQUIREMENT, &network);
        let mut expected = u64::from(known) * bonus;
        for owner in 1..=known {
            let staked: u64 = nodes.iter().flat_map(|(_, stakes)| stakes).filter(|(one, _)| *one == owner).map(|(_, amount)| amount).sum();
            let earned = unpaid.balances.get(&oxen(owner)).map_or(0, |milli| milli.whole().unwrap().atomic());
            expected += staked * 54 / 100 + earned * 54 / 100;
        }
        prop_assert_eq!(total_of(&conversion), expected);
        for node in conversion.nodes.values() {
            let held: u64 = node.stake.contributors.iter().map(|one| one.amount.atomic()).sum();
            prop_assert_eq!(held, node.stake.total_contributed.atomic());
            prop_assert!(node.stake.is_abandoned() || held == REQUIREMENT.atomic());
        }
        // An output is either used up or free, never both paid out and spendable.
        let used: u64 = conversion.blacklisted.iter().map(|stake| stake.amount.atomic()).sum();
        let staked: u64 = nodes.iter().flat_map(|(_, stakes)| stakes).filter(|(one, _)| *one <= known).map(|(_, amount)| amount).sum();
        prop_assert_eq!(used, staked);
        prop_assert_eq!(conversion, convert(&registry, &unpaid, REQUIREMENT, &network));
    }
}
