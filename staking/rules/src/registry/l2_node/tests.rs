use super::*;
use crate::{ServiceNodeKeys, registry::node::LockedContribution};
use oxen_types::{Signature, extra::L2Contributor};

const REQUIREMENT: Amount = Amount::from_atomic(20_000);
const HEIGHT: Height = Height::new(500);

fn network() -> Network {
    Network::regtest()
}

fn address(number: u8) -> EthereumAddress {
    EthereumAddress::new([number; 20])
}

fn stakes(amounts: &[u64]) -> Vec<L2Contributor> {
    (1..)
        .zip(amounts)
        .map(|(number, amount)| {
            L2Contributor::new(address(number), address(100 + number), Amount::from_atomic(*amount))
        })
        .collect()
}

/// A registration that its node signed.
fn registration(contributors: Vec<L2Contributor>, fee: u64) -> L2EventKind {
    let keys = ServiceNodeKeys::from_seed(&[9; 32]);
    let (key, bls_key) = (keys.ed25519_public(), BlsPublicKey::new([8; 64]));
    let message = [key.as_bytes().as_slice(), bls_key.as_bytes()].concat();
    L2EventKind::NewServiceNode {
        service_node_key: key,
        bls_key,
        signature: Signature::new(*keys.sign_ed25519(&message).as_bytes()),
        fee,
        contributors,
    }
}

fn registered(event: &L2EventKind) -> Result<(PublicKey, ServiceNode), L2RegistrationError> {
    register_l2_node(event, HEIGHT, HardForkVersion::ETHEREUM, REQUIREMENT, &network())
}

#[test]
fn a_registered_node_works_at_once_and_pays_beneficiaries() {
    let (_, node) = registered(&registration(stakes(&[5_000, 15_000]), 1_000)).unwrap();
    assert_eq!(node.record.activity, Activity::Active { since: HEIGHT });
    assert_eq!(node.record.registration_version, 21);
    assert!(node.is_fully_funded());
    let shares = node.stake.shares();
    assert_eq!(shares.operator, Recipient::Ethereum(address(101)));
    let earners: Vec<Recipient> = shares.contributions.iter().map(|one| one.recipient).collect();
    assert_eq!(earners, [101, 102].map(|number| Recipient::Ethereum(address(number))));
    assert_eq!(node.stake.operator, Recipient::Ethereum(address(1)));
}

#[test]
fn each_rule_of_a_registration_has_its_error() {
    let refused = |amounts: &[u64]| registered(&registration(stakes(amounts), 0)).unwrap_err();
    assert_eq!(refused(&[]), L2RegistrationError::ContributorCount { found: 0 });
    assert_eq!(refused(&[1; 11]), L2RegistrationError::ContributorCount { found: 11 });
    assert!(matches!(
        refused(&[4_999, 15_001]),
        L2RegistrationError::Contribution { position: 1, .. }
    ));
    assert!(matches!(
        refused(&[20_000, 0]),
        L2RegistrationError::Contribution { position: 2, .. }
    ));
    assert!(matches!(
        refused(&[5_000, 15_001]),
        L2RegistrationError::Contribution { position: 2, .. }
    ));
    assert!(matches!(refused(&[19_999]), L2RegistrationError::NotFunded { .. }));
    let too_high = registered(&registration(stakes(&[20_000]), 10_001)).unwrap_err();
    assert_eq!(too_high, L2RegistrationError::FeeTooHigh { found: 10_001 });
    let mut twice = stakes(&[5_000, 15_000]);
    twice[1].address = twice[0].address;
    let twice = registered(&registration(twice, 0)).unwrap_err();
    assert_eq!(twice, L2RegistrationError::DuplicateContributor);
    let L2EventKind::NewServiceNode {
        service_node_key,
        signature,
        contributors,
        ..
    } = registration(stakes(&[20_000]), 0)
    else {
        panic!("it is one");
    };
    let forged = L2EventKind::NewServiceNode {
        service_node_key,
        bls_key: BlsPublicKey::new([7; 64]),
        signature,
        fee: 0,
        contributors,
    };
    assert_eq!(
        registered(&forged).unwrap_err(),
        L2RegistrationError::InvalidSignature { key: service_node_key }
    );
    let other = L2EventKind::ExitRequest {
        bls_key: BlsPublicKey::ZERO,
    };
    assert_eq!(registered(&other).unwrap_err(), L2RegistrationError::OtherEvent);
}

#[test]
fn one_atomic_unit_is_enough_behind_the_operator() {
    assert!(registered(&registration(stakes(&[19_999, 1]), 10_000)).is_ok());
}

/// A node of two that left at 500.
fn removed(removal: Removal, network: &Network) -> RemovedNode {
    let (key, node) = registered(&registration(stakes(&[5_000, 15_000]), 0)).unwrap();
    RemovedNode::new(key, &node, removal, HEIGHT, network)
}

fn exit(returned: u64, height: u64) -> ConfirmedExit {
    ConfirmedExit {
        report: Hash::new([5; 32]),
        returned: Amount::from_atomic(returned),
        height: Height::new(height),
    }
}

fn paid(returns: Option<Vec<StakeReturn>>) -> Option<Vec<(u64, u64)>> {
    let pairs = |one: &StakeReturn| (one.amount.atomic(), one.payout_height.index());
    returns.map(|returns| returns.iter().map(pairs).collect())
}

#[test]
fn a_whole_exit_comes_back_in_the_block_that_confirms_it() {
    let node = removed(Removal::Expired, &network());
    let whole = Some(vec![(5_000, 510), (15_000, 510)]);
    assert_eq!(paid(exit(20_000, 510).settle(&node, &network())), whole);
    assert_eq!(
        paid(exit(u64::MAX, 510).settle(&node, &network())),
        whole,
        "no more than the stake"
    );
}

#[test]
fn a_slashed_exit_waits_is_taken_from_the_operator_and_has_no_effect_too_early() {
    // Liquidation from 530 on, the lock until 530.
    let node = removed(Removal::Expired, &network());
    assert_eq!(exit(19_960, 529).settle(&node, &network()), None);
    assert_eq!(
        paid(exit(19_960, 530).settle(&node, &network())),
        Some(vec![(4_960, 530), (15_000, 530)])
    );
    assert_eq!(
        exit(14_999, 530).settle(&node, &network()),
        None,
        "more than the operator has"
    );
    let mut long = network();
    long.staking.deregistration_lock_blocks = 100;
    let slashed = exit(15_000, 540).settle(&node, &long);
    // Sixty blocks are left of the lock: the block before plus sixty.
    assert_eq!(paid(slashed), Some(vec![(0, 599), (15_000, 599)]));
}

#[test]
fn the_stake_of_a_deregistered_node_waits_where_nothing_is_lost() {
    let whole = exit(20_000, 510);
    let careful = network();
    let node = removed(Removal::Deregistered, &careful);
    assert_eq!(
        paid(whole.settle(&node, &careful)),
        Some(vec![(5_000, 529), (15_000, 529)])
    );
    let mut reference = network();
    reference.l2.settlement = L2Settlement::AsReference;
    assert_eq!(
        paid(whole.settle(&node, &reference)),
        Some(vec![(5_000, 510), (15_000, 510)])
    );
}

#[test]
fn a_registration_that_made_no_node_is_refunded_less_the_slash() {
    let stake = UnregisteredStake {
        report: Hash::ZERO,
        height: HEIGHT,
        stakes: vec![
            (address(1), Amount::from_atomic(60)),
            (address(1), Amount::from_atomic(60)),
        ],
    };
    assert_eq!(paid(exit(120, 510).refund(&stake)), Some(vec![(60, 510), (60, 510)]));
    assert_eq!(paid(exit(110, 510).refund(&stake)), Some(vec![(50, 510), (60, 510)]));
    assert_eq!(exit(59, 510).refund(&stake), None);
}

#[test]
fn nodes_on_l2_hold_no_outputs() {
    let (_, node) = registered(&registration(stakes(&[20_000]), 0)).unwrap();
    assert_eq!(
        node.stake.locked().collect::<Vec<&LockedContribution>>(),
        Vec::<&LockedContribution>::new()
    );
}
