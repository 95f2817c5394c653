use super::*;
use crate::{
    batching::Recipient,
    quorum::PulseSorter,
    registry::node::{Activity, NodeContributor, NodeRecord, QueuePosition, Stake},
    swarm::SwarmId,
};
use oxen_crypto::{KeyPair, SecretKey};
use oxen_types::{PublicKey, Signature};
use rand_core::SeedableRng;
use std::sync::Arc;

const REGISTERED: Height = Height::new(1_000);
const HF19: HardForkVersion = HardForkVersion::REWARD_BATCHING;

fn owner() -> KeyPair {
    KeyPair::new(SecretKey::reduce([3; 32]))
}

fn image() -> KeyImage {
    oxen_crypto::keys::key_image(&owner())
}

/// A node on which [`owner`] staked so much, behind somebody else.
fn node(amount: u64) -> ServiceNode {
    let stranger = KeyPair::new(SecretKey::reduce([4; 32]));
    let contributor = |pair: &KeyPair, amount| NodeContributor {
        beneficiary: None,
        recipient: Recipient::Oxen {
            spend: pair.public,
            view: pair.public,
        },
        amount: Amount::from_atomic(amount),
        reserved: Amount::from_atomic(amount),
        locked: vec![LockedContribution {
            key_image: oxen_crypto::keys::key_image(pair),
            output_key: pair.public,
            amount: Amount::from_atomic(amount),
        }],
    };
    let contributors = vec![contributor(&stranger, 1_000_000), contributor(&owner(), amount)];
    ServiceNode {
        record: NodeRecord {
            registration_height: REGISTERED,
            registration_version: 19,
            requested_unlock_height: None,
            queue: QueuePosition::after_block(REGISTERED),
            activity: Activity::Active { since: REGISTERED },
            decommission_count: 0,
            last_decommission: None,
            recommission_credit: 60,
            swarm: SwarmId::new(0),
            last_ip_change_height: REGISTERED,
            pulse_sorter: PulseSorter::default(),
        },
        stake: Arc::new(Stake {
            bls_key: None,
            requirement: Amount::from_atomic(1_000_000 + amount),
            operator: contributors[0].recipient,
            operator_portions: 0,
            contributors,
            total_contributed: Amount::from_atomic(1_000_000 + amount),
            total_reserved: Amount::from_atomic(1_000_000 + amount),
        }),
    }
}

fn request(signer: &KeyPair, nonce: u32) -> KeyImageUnlock {
    let mut unlock = KeyImageUnlock {
        key_image: image(),
        signature: Signature::new([0; 64]),
        nonce,
    };
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(9);
    unlock.signature = schnorr::sign(&unlock.signature_hash(), signer, &mut rng);
    unlock
}

fn good() -> KeyImageUnlock {
    request(&owner(), KeyImageUnlock::WALLET_NONCE)
}

#[test]
fn the_message_that_wallets_sign_is_unlk_eight_times() {
    assert_eq!(good().signature_hash().as_bytes(), b"UNLKUNLKUNLKUNLKUNLKUNLKUNLKUNLK");
}

#[test]
fn the_owner_of_the_stake_may_ask_with_any_nonce() {
    let node = node(5_000);
    assert_eq!(check_unlock(&node, &good()).unwrap().key_image, image());
    assert!(check_unlock(&node, &request(&owner(), 7)).is_ok());
    let mut replayed = good();
    replayed.nonce = 7;
    assert_eq!(check_unlock(&node, &replayed), Err(UnlockError::InvalidSignature));
}

#[test]
fn nobody_else_may_ask() {
    let stranger = KeyPair::new(SecretKey::reduce([4; 32]));
    assert_eq!(
        check_unlock(&node(5_000), &request(&stranger, 1)),
        Err(UnlockError::InvalidSignature)
    );
    let mut other = good();
    other.key_image = KeyImage::new([1; 32]);
    assert_eq!(
        check_unlock(&node(5_000), &other),
        Err(UnlockError::NotLocked { image: other.key_image })
    );
}

#[test]
fn a_node_is_unlocked_once() {
    let mut node = node(5_000);
    let height = Height::new(2_000);
    node.record.requested_unlock_height = Some(height);
    assert_eq!(
        check_unlock(&node, &good()),
        Err(UnlockError::AlreadyRequested { height })
    );
    let network = Network::mainnet();
    assert_eq!(
        requested_unlock(&node, &good(), Height::new(1_500), HF19, &network),
        None
    );
}

#[test]
fn a_request_counts_from_its_block() {
    let height = Height::new(5_000);
    for (network, blocks) in [
        (Network::mainnet(), 10_800),
        (Network::testnet(), 720),
        (Network::fakechain(), 15),
    ] {
        assert_eq!(
            requested_unlock(&node(5_000), &good(), height, HF19, &network),
            Some(height.saturating_add(blocks))
        );
    }
}

#[test]
fn fewer_than_3749_atomic_units_wait_for_thirty_days_at_hard_fork_19_alone() {
    let network = Network::mainnet();
    let at = |amount, height, version| {
        requested_unlock(&node(amount), &good(), Height::new(height), version, &network).is_some()
    };
    let month = REGISTERED.index() + 21_600;
    assert!(!at(3_748, month - 1, HF19));
    assert!(at(3_748, month, HF19));
    assert!(at(3_749, month - 1, HF19));
    assert!(at(3_748, month - 1, HardForkVersion::ETHEREUM_TRANSITION));
}

#[test]
fn by_policy_less_than_a_quarter_waits_for_thirty_days() {
    let requirement = Amount::from_atomic(15_000_000_000_000);
    let least = small_stake_limit(requirement);
    assert_eq!(least, Amount::from_atomic(3_748_500_000_000));
    let network = Network::mainnet();
    let mut node = node(1);
    Arc::make_mut(&mut node.stake).requirement = requirement;
    let mut stake = node.stake.contributors[1].locked[0];
    let from = Height::new(REGISTERED.index() + 21_600);
    stake.amount = Amount::from_atomic(least.atomic() - 1);
    let early = Err(UnlockError::TooEarly { least, from });
    assert_eq!(
        check_unlock_policy(&node, &stake, Height::new(from.index() - 1), &network),
        early
    );
    assert_eq!(check_unlock_policy(&node, &stake, from, &network), Ok(()));
    stake.amount = least;
    assert_eq!(check_unlock_policy(&node, &stake, REGISTERED, &network), Ok(()));
}

#[test]
fn a_key_that_is_no_point_signs_nothing() {
    let mut node = node(5_000);
    Arc::make_mut(&mut node.stake).contributors[1].locked[0].output_key = PublicKey::new([0xff; 32]);
    assert_eq!(check_unlock(&node, &good()), Err(UnlockError::InvalidSignature));
}
