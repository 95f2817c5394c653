use super::*;
use crate::{registry::node::LockedContribution, swarm::SwarmId};
use oxen_crypto::{KeyPair, SecretKey};
use oxen_types::{
    KeyImage, Signature,
    extra::{Contributor, Reservation, stake::registration_hash},
};

const REQUIREMENT: Amount = oxen(15_000);
const HF19: HardForkVersion = HardForkVersion::REWARD_BATCHING;

const fn oxen(count: u64) -> Amount {
    Amount::from_atomic(count * 1_000_000_000)
}

fn keys() -> KeyPair {
    KeyPair::new(SecretKey::reduce([5; 32]))
}

fn reservation(spend: u8, view: u8, amount: Amount) -> Reservation {
    Reservation {
        contributor: Contributor {
            spend_key: PublicKey::new([spend; 32]),
            view_key: PublicKey::new([view; 32]),
        },
        amount: amount.atomic(),
    }
}

/// A registration signed by [`keys`].
fn registration(fee: u64, reservations: &[Reservation], fork: u64) -> Registration {
    let hash = registration_hash(fee, reservations, fork);
    Registration {
        spend_keys: reservations.iter().map(|one| one.contributor.spend_key).collect(),
        view_keys: reservations.iter().map(|one| one.contributor.view_key).collect(),
        fee,
        amounts: reservations.iter().map(|one| one.amount).collect(),
        hard_fork_or_expiration: fork,
        signature: schnorr::sign(&hash, &keys(), &mut rand()),
    }
}

fn rand() -> impl rand_core::RngCore + rand_core::CryptoRng {
    use rand_core::SeedableRng;
    rand_chacha::ChaCha20Rng::seed_from_u64(1)
}

fn check(registration: &Registration) -> Result<RegistrationTerms, RegistrationError> {
    RegistrationTerms::check(registration, &keys().public, HF19, REQUIREMENT)
}

fn solo() -> Registration {
    registration(1_000, &[reservation(0x11, 0x22, REQUIREMENT)], 19)
}

fn staked(by: u8, amount: Amount) -> StakedOutput {
    StakedOutput {
        node: keys().public,
        contributor: Recipient::Oxen {
            spend: PublicKey::new([by; 32]),
            view: PublicKey::new([by.wrapping_add(0x11); 32]),
        },
        output: LockedContribution {
            key_image: KeyImage::new([1; 32]),
            output_key: PublicKey::new([2; 32]),
            amount,
        },
    }
}

const PLACE: QueuePosition = QueuePosition {
    height: Height::new(1_300_000),
    transaction: 3,
};

fn register(terms: &RegistrationTerms, stake: &StakedOutput) -> Result<ServiceNode, RegistrationError> {
    terms.register(stake, PLACE, HF19, REQUIREMENT, &Network::mainnet())
}

#[test]
fn messages_are_the_known_ones() {
    let alone = registration_hash(1_000, &[reservation(0x11, 0x22, REQUIREMENT)], 19);
    assert_eq!(
        alone.to_string(),
        "707f1993274938351c25996fa5e23f4e3db21ba48dbf525d16fe3f4bc2934f5c"
    );
    let two = [
        reservation(0x11, 0x22, oxen(3_750)),
        reservation(0x33, 0x44, oxen(11_250)),
    ];
    assert_eq!(
        registration_hash(0, &two, 19).to_string(),
        "10c2aa13589ac0f58400709663a58e6d8dcbcd6eefd701298807cbbd0fd282a8"
    );
}

#[test]
fn fee_portions_are_the_known_ones() {
    for (fee, portions) in [
        (0, 0),
        (1, 1_844_674_407_370_955),
        (100, 184_467_440_737_095_516),
        (1_000, 1_844_674_407_370_955_161),
        (1_234, 2_276_328_218_695_758_668),
        (2_500, 4_611_686_018_427_387_903),
        (5_000, 9_223_372_036_854_775_806),
        (10_000, STAKING_PORTIONS),
    ] {
        assert_eq!(fee_portions(fee), portions, "{fee}");
    }
}

#[test]
fn reserved_parts_keep_their_minima_and_maxima() {
    let check = |parts: &[u64]| {
        let parts: Vec<Amount> = parts.iter().copied().map(Amount::from_atomic).collect();
        check_reservations(parts.into_iter(), Amount::from_atomic(1_000_000))
    };
    assert_eq!(check(&[]), Err(RegistrationError::ContributorCount { found: 0 }));
    assert_eq!(check(&[1_000_000]), Ok(()));
    assert_eq!(check(&[250_000]), Ok(()), "the rest stays open");
    let too_small = |position, found, minimum| {
        Err(RegistrationError::ReservationTooSmall {
            position,
            found: Amount::from_atomic(found),
            minimum: Amount::from_atomic(minimum),
        })
    };
    let too_large = |position, found, room| {
        Err(RegistrationError::ReservationTooLarge {
            position,
            found: Amount::from_atomic(found),
            room: Amount::from_atomic(room),
        })
    };
    assert_eq!(check(&[0, 1_000_000]), too_small(1, 0, 250_000));
    assert_eq!(check(&[249_999, 750_001]), too_small(1, 249_999, 250_000));
    assert_eq!(check(&[1_000_001]), too_large(1, 1_000_001, 1_000_000));
    assert_eq!(check(&[800_000, 200_000]), Ok(()));
    // A ninth, an eighth, ... of what is left, rounded down.
    assert_eq!(check(&[500_000, 55_554]), too_small(2, 55_554, 55_555));
    assert_eq!(check(&[500_000, 55_555]), Ok(()));
    assert_eq!(check(&[500_000, 55_555, 55_554]), too_small(3, 55_554, 55_555));
    assert_eq!(check(&[250_000, 83_333, 83_333]), Ok(()));
    assert_eq!(check(&[500_000, 500_001]), too_large(2, 500_001, 500_000));
    let ten = [
        250_000, 83_334, 83_334, 83_334, 83_334, 83_334, 83_334, 83_334, 83_334, 83_328,
    ];
    assert_eq!(check(&ten), Ok(()));
    let eleven = [[250_000; 1].as_slice(), &[83_334; 10]].concat();
    assert_eq!(check(&eleven), Err(RegistrationError::ContributorCount { found: 11 }));
    // The tenth must take all that is left or nothing would ever fill the node.
    let mut short = ten;
    short[9] -= 1;
    assert_eq!(check(&short), too_small(10, 83_327, 83_328));
    // Whoever comes after everything is reserved may have nothing, and only nothing.
    assert_eq!(check(&[1_000_000, 0, 0]), Ok(()));
    assert_eq!(check(&[1_000_000, 1]), too_large(2, 1, 0));
}

#[test]
fn terms_are_read_from_a_signed_registration() {
    let terms = check(&solo()).unwrap();
    assert_eq!(terms.fee, 1_000);
    assert_eq!(terms.reservations[0].1, REQUIREMENT);
}

#[test]
fn each_rule_of_the_terms_has_its_refusal() {
    let parts = [reservation(0x11, 0x22, REQUIREMENT)];
    let other_fork = |found| RegistrationError::WrongFork { expected: 19, found };
    assert_eq!(check(&registration(0, &parts, 18)), Err(other_fork(18)));
    assert_eq!(check(&registration(0, &parts, 20)), Err(other_fork(20)));
    // The older form: portions, and the second at which it expires.
    assert_eq!(
        check(&registration(0, &parts, 1_700_000_000)),
        Err(other_fork(1_700_000_000))
    );
    assert_eq!(
        RegistrationTerms::check(
            &registration(0, &parts, 20),
            &keys().public,
            HardForkVersion::ETHEREUM_TRANSITION,
            REQUIREMENT
        ),
        Err(RegistrationError::MovedToContract)
    );
    let mut uneven = solo();
    uneven.amounts.push(0);
    assert_eq!(check(&uneven), Err(RegistrationError::UnevenLists));
    let mut uneven = solo();
    uneven.view_keys.clear();
    assert_eq!(check(&uneven), Err(RegistrationError::UnevenLists));
    assert_eq!(
        check(&registration(0, &[], 19)),
        Err(RegistrationError::ContributorCount { found: 0 })
    );
    assert_eq!(
        check(&registration(10_001, &parts, 19)),
        Err(RegistrationError::FeeTooHigh { found: 10_001 })
    );
    assert!(check(&registration(10_000, &parts, 19)).is_ok());
}

#[test]
fn the_signature_covers_fee_parts_and_fork_and_is_the_nodes() {
    let invalid = Err(RegistrationError::InvalidSignature { key: keys().public });
    let changes: [fn(&mut Registration); 4] = [
        |one| one.fee += 1,
        |one| one.spend_keys[0] = PublicKey::new([0x12; 32]),
        |one| one.view_keys[0] = PublicKey::new([0x12; 32]),
        |one| one.signature = Signature::new([0; 64]),
    ];
    for change in changes {
        let mut changed = solo();
        change(&mut changed);
        assert_eq!(check(&changed), invalid);
    }
    let somebody = KeyPair::new(SecretKey::reduce([6; 32])).public;
    assert_eq!(
        RegistrationTerms::check(&solo(), &somebody, HF19, REQUIREMENT),
        Err(RegistrationError::InvalidSignature { key: somebody })
    );
    let no_point = PublicKey::new([0xff; 32]);
    assert!(RegistrationTerms::check(&solo(), &no_point, HF19, REQUIREMENT).is_err());
}

#[test]
fn a_stake_registers_what_the_terms_say() {
    let parts = [
        reservation(0x11, 0x22, oxen(3_750)),
        reservation(0x33, 0x44, oxen(2_000)),
    ];
    let terms = check(&registration(250, &parts, 19)).unwrap();
    let node = register(&terms, &staked(0x11, oxen(3_750))).unwrap();
    let record = &node.record;
    assert_eq!(record.activity, Activity::AwaitingContributions);
    assert_eq!(
        (record.registration_height, record.registration_version),
        (PLACE.height, 19)
    );
    assert_eq!((record.queue, record.last_ip_change_height), (PLACE, PLACE.height));
    assert_eq!(record.recommission_credit, 60);
    assert_eq!(record.swarm, SwarmId::UNASSIGNED);
    assert_eq!(record.pulse_sorter, PulseSorter::default());
    assert_eq!((record.requested_unlock_height, record.last_decommission), (None, None));
    let stake = &node.stake;
    assert_eq!(
        (stake.requirement, stake.total_contributed, stake.total_reserved),
        (REQUIREMENT, Amount::ZERO, oxen(5_750))
    );
    assert_eq!(stake.operator_portions, fee_portions(250));
    assert_eq!(stake.operator, stake.contributors[0].recipient);
    assert_eq!(stake.contributors.len(), 2);
    assert_eq!(
        (stake.contributors[1].amount, stake.contributors[1].reserved),
        (Amount::ZERO, oxen(2_000))
    );
}

#[test]
fn each_rule_of_the_stake_has_its_refusal() {
    let terms = check(&solo()).unwrap();
    assert_eq!(
        register(&terms, &staked(0x33, REQUIREMENT)),
        Err(RegistrationError::NotByOperator)
    );
    let short = Amount::from_atomic(REQUIREMENT.atomic() - 1);
    assert_eq!(
        register(&terms, &staked(0x11, short)),
        Err(RegistrationError::StakeBelowReservation {
            found: short,
            reserved: REQUIREMENT
        })
    );
    let twice = [reservation(0x11, 0x22, oxen(7_500)); 2];
    let terms = check(&registration(0, &twice, 19)).unwrap();
    assert_eq!(
        register(&terms, &staked(0x11, oxen(7_500))),
        Err(RegistrationError::DuplicateContributor)
    );
    // Neither key alone is an address.
    let same_spend = [
        reservation(0x11, 0x22, oxen(7_500)),
        reservation(0x11, 0x44, oxen(7_500)),
    ];
    let terms = check(&registration(0, &same_spend, 19)).unwrap();
    assert!(register(&terms, &staked(0x11, oxen(7_500))).is_ok());
}
