use super::*;
use crate::update::NameSigner;
use oxen_crypto::KeyPair;
use oxen_types::{
    Network, PublicKey, Signature,
    extra::{NameSignature, NameSignatureKind},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const HEIGHT: Height = Height::new(1000);
const BOUGHT_BY: Hash = Hash::new([0xb0; 32]);
const NEXT: Hash = Hash::new([0xee; 32]);

fn network() -> Network {
    Network::mainnet()
}

fn random() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(5)
}

/// Somebody with a wallet, by number.
fn person(number: u64) -> (NameSigner, NameOwner) {
    let pair = KeyPair::random(&mut ChaCha20Rng::seed_from_u64(number));
    let owner = NameOwner::Wallet {
        spend_key: pair.public,
        view_key: pair.public,
        subaddress_flag: 0,
    };
    (NameSigner::Wallet(Box::new(pair)), owner)
}

fn value(name_type: NameType, byte: u8) -> Vec<u8> {
    let length = match NameKind::of(name_type) {
        NameKind::Session => 73,
        NameKind::Wallet => 105,
        NameKind::Lokinet => 72,
    };
    vec![byte; length]
}

fn purchase(name_type: NameType) -> NameRecord {
    NameRecord {
        version: 0,
        name_type,
        name_hash: Hash::new([7; 32]),
        previous_transaction: Hash::ZERO,
        owner: Some(person(1).1),
        backup_owner: None,
        signature: None,
        encrypted_value: Some(value(name_type, 1)),
    }
}

fn update(name_type: NameType) -> NameRecord {
    NameRecord {
        previous_transaction: BOUGHT_BY,
        owner: None,
        encrypted_value: Some(value(name_type, 2)),
        ..purchase(name_type)
    }
}

fn renewal(name_type: NameType) -> NameRecord {
    NameRecord {
        previous_transaction: BOUGHT_BY,
        owner: None,
        encrypted_value: None,
        ..purchase(name_type)
    }
}

fn signed_by(number: u64, mut record: NameRecord) -> NameRecord {
    record.signature = Some(person(number).0.sign(&record, &mut random()));
    record
}

/// A row as a purchase by person 1 left it, with person 2 as backup.
fn row(name_type: NameType) -> NameEntry {
    let mut record = purchase(name_type);
    record.backup_owner = Some(person(2).1);
    let mut entry = check(&record, NameRows::default()).unwrap();
    entry.transaction = BOUGHT_BY;
    entry
}

fn check_at(height: Height, record: &NameRecord, burned: Amount, rows: NameRows<'_>) -> Result<NameEntry, NameError> {
    check_name_record(
        &NameRequest {
            record,
            transaction: NEXT,
            burned,
        },
        &NameContext {
            height,
            version: HardForkVersion::REWARD_BATCHING,
            periods: &network().name_periods,
        },
        rows,
    )
}

fn due(record: &NameRecord) -> Amount {
    match record.operation() {
        Some(NameOperation::Buy | NameOperation::Renew) => price(record.name_type, HardForkVersion::REWARD_BATCHING),
        _ => Amount::ZERO,
    }
}

fn check(record: &NameRecord, rows: NameRows<'_>) -> Result<NameEntry, NameError> {
    check_at(HEIGHT, record, due(record), rows)
}

fn over(entry: &NameEntry) -> NameRows<'_> {
    NameRows {
        current: Some(entry),
        sibling: None,
    }
}

#[test]
fn a_purchase_makes_a_row_that_says_everything() {
    let mut record = purchase(NameType::LokinetTwoYears);
    record.backup_owner = Some(person(2).1);
    assert_eq!(
        check(&record, NameRows::default()),
        Ok(NameEntry {
            kind: NameKind::Lokinet,
            name_hash: Hash::new([7; 32]),
            encrypted_value: value(NameType::LokinetOneYear, 1),
            transaction: NEXT,
            owner: person(1).1,
            backup_owner: Some(person(2).1),
            update_height: HEIGHT,
            expiration: Some(Height::new(1000 + 529_920)),
        })
    );
    let session = check(&purchase(NameType::Session), NameRows::default()).unwrap();
    assert_eq!(session.expiration, None);
}

#[test]
fn a_record_must_be_of_version_0_and_of_a_type_of_the_fork() {
    let record = NameRecord {
        version: 1,
        ..purchase(NameType::Session)
    };
    assert_eq!(
        check(&record, NameRows::default()),
        Err(NameError::WrongVersion { found: 1 })
    );
    for (name_type, before) in [
        (NameType::Wallet, HardForkVersion::REWARD_REDUCTION),
        (NameType::LokinetOneYear, HardForkVersion::NAME_SYSTEM),
        (NameType::Session, HardForkVersion::BLINK),
    ] {
        assert_eq!(
            check_form(&purchase(name_type), before),
            Err(NameError::TypeNotAllowed { name_type })
        );
        assert!(check_form(&purchase(name_type), allowed_from(name_type)).is_ok());
    }
}

#[test]
fn only_the_parts_of_an_operation_are_taken() {
    let owned = row(NameType::Session);
    let buy = purchase(NameType::Session);
    let good = signed_by(1, update(NameType::Session));
    let nothing_but_signature = NameRecord {
        encrypted_value: None,
        ..good.clone()
    };
    for record in [
        NameRecord {
            owner: None,
            ..buy.clone()
        },
        NameRecord {
            encrypted_value: None,
            ..buy.clone()
        },
        NameRecord {
            signature: None,
            ..good
        },
        nothing_but_signature,
        renewal(NameType::Session),
        renewal(NameType::Wallet),
        NameRecord {
            previous_transaction: Hash::ZERO,
            ..renewal(NameType::LokinetOneYear)
        },
    ] {
        assert_eq!(check(&record, over(&owned)), Err(NameError::NoOperation), "{record:?}");
    }
}

#[test]
fn two_owners_must_differ() {
    let mut record = purchase(NameType::Wallet);
    record.backup_owner = record.owner;
    assert_eq!(check(&record, NameRows::default()), Err(NameError::SameOwners));
}

#[test]
fn the_empty_name_is_refused() {
    for name_hash in [Hash::ZERO, EMPTY_NAME_HASH] {
        let record = NameRecord {
            name_hash,
            ..purchase(NameType::Session)
        };
        assert_eq!(check(&record, NameRows::default()), Err(NameError::EmptyName));
    }
}

#[test]
fn an_encrypted_value_has_a_length_of_its_type() {
    for name_type in NameType::ALL {
        let mut record = purchase(name_type);
        for found in [0, 48, 74, 114] {
            record.encrypted_value = Some(vec![0; found]);
            assert_eq!(
                check(&record, NameRows::default()),
                Err(NameError::ValueLength { name_type, found })
            );
        }
    }
    let mut legacy = purchase(NameType::Session);
    legacy.encrypted_value = Some(vec![0; 49]);
    assert!(check(&legacy, NameRows::default()).is_ok());
    let mut integrated = purchase(NameType::Wallet);
    integrated.encrypted_value = Some(vec![0; 113]);
    assert!(check(&integrated, NameRows::default()).is_ok());
}

#[test]
fn exactly_the_price_is_burned() {
    for name_type in NameType::ALL {
        let record = purchase(name_type);
        let required = due(&record);
        for atomic in [0, required.atomic() - 1, required.atomic() + 1] {
            let found = Amount::from_atomic(atomic);
            assert_eq!(
                check_at(HEIGHT, &record, found, NameRows::default()),
                Err(NameError::WrongBurn { required, found })
            );
        }
    }
    let owned = row(NameType::Session);
    let free = signed_by(1, update(NameType::Session));
    let found = Amount::from_atomic(1);
    assert_eq!(
        check_at(HEIGHT, &free, found, over(&owned)),
        Err(NameError::WrongBurn {
            required: Amount::ZERO,
            found
        })
    );
}

#[test]
fn a_name_is_sold_once_until_it_expires() {
    let owned = row(NameType::LokinetOneYear);
    let last = owned.expiration.unwrap();
    let again = NameRecord {
        owner: Some(person(3).1),
        ..purchase(NameType::LokinetTenYears)
    };
    let taken = Err(NameError::AlreadyRegistered { expiration: Some(last) });
    assert_eq!(check_at(last, &again, due(&again), over(&owned)), taken);
    let sold = check_at(last.next(), &again, due(&again), over(&owned)).unwrap();
    assert_eq!((sold.owner, sold.backup_owner), (person(3).1, None));
    // Even then a purchase names no transaction before.
    let chained = NameRecord {
        previous_transaction: BOUGHT_BY,
        ..again
    };
    assert_eq!(
        check_at(last.next(), &chained, due(&chained), over(&owned)),
        Err(NameError::WrongPrevious {
            expected: Hash::ZERO,
            found: BOUGHT_BY
        })
    );
}

#[test]
fn session_and_wallet_names_of_one_text_have_the_same_owners() {
    let session = row(NameType::Session);
    let rows = NameRows {
        current: None,
        sibling: Some(&session),
    };
    let buy = |owner: u64, backup: Option<u64>| {
        let record = NameRecord {
            owner: Some(person(owner).1),
            backup_owner: backup.map(|number| person(number).1),
            ..purchase(NameType::Wallet)
        };
        check(&record, rows).map(|_| ())
    };
    assert_eq!(buy(1, None), Ok(()));
    assert_eq!(buy(2, None), Ok(()));
    assert_eq!(buy(2, Some(1)), Ok(()));
    let refused = Err(NameError::OwnedByAnother {
        kind: NameKind::Session,
    });
    assert_eq!(buy(3, None), refused);
    assert_eq!(buy(1, Some(3)), refused);
    assert_eq!(buy(3, Some(1)), refused);
}

#[test]
fn an_update_replaces_what_it_gives_and_keeps_the_rest() {
    let owned = row(NameType::Session);
    let by_owner = check(&signed_by(1, update(NameType::Session)), over(&owned)).unwrap();
    assert_eq!(
        by_owner,
        NameEntry {
            encrypted_value: value(NameType::Session, 2),
            transaction: NEXT,
            update_height: HEIGHT,
            ..owned.clone()
        }
    );
    let new_owners = NameRecord {
        owner: Some(person(3).1),
        backup_owner: Some(person(4).1),
        encrypted_value: None,
        ..update(NameType::Session)
    };
    let by_backup = check(&signed_by(2, new_owners), over(&owned)).unwrap();
    assert_eq!(by_backup.encrypted_value, owned.encrypted_value);
    assert_eq!(
        (by_backup.owner, by_backup.backup_owner),
        (person(3).1, Some(person(4).1))
    );
}

#[test]
fn an_update_must_change_what_it_gives() {
    let owned = row(NameType::Session);
    let empty = NameRecord {
        encrypted_value: None,
        ..update(NameType::Session)
    };
    for (record, expected) in [
        (
            NameRecord {
                encrypted_value: Some(owned.encrypted_value.clone()),
                ..empty.clone()
            },
            NameError::ValueUnchanged,
        ),
        (
            NameRecord {
                owner: Some(person(1).1),
                ..empty.clone()
            },
            NameError::OwnerUnchanged,
        ),
        (
            NameRecord {
                backup_owner: Some(person(2).1),
                ..empty
            },
            NameError::BackupOwnerUnchanged,
        ),
    ] {
        assert_eq!(check(&signed_by(1, record), over(&owned)), Err(expected));
    }
}

#[test]
fn only_an_owner_of_the_row_signs_an_update() {
    let owned = row(NameType::Session);
    let stranger = NameRecord {
        owner: Some(person(3).1),
        ..update(NameType::Session)
    };
    assert_eq!(
        check(&signed_by(3, stranger), over(&owned)),
        Err(NameError::InvalidSignature)
    );
    let mut of_other_kind = signed_by(1, update(NameType::Session));
    if let Some(signature) = &mut of_other_kind.signature {
        signature.kind = NameSignatureKind::Ed25519;
    }
    assert_eq!(check(&of_other_kind, over(&owned)), Err(NameError::InvalidSignature));
    let null = NameRecord {
        signature: Some(NameSignature {
            kind: NameSignatureKind::Wallet,
            signature: Signature::ZERO,
        }),
        ..update(NameType::Session)
    };
    assert_eq!(check(&null, over(&owned)), Err(NameError::InvalidSignature));
}

#[test]
fn an_ed25519_owner_signs_with_its_own_kind_of_signature() {
    let signer = NameSigner::ed25519(&[8; 32]);
    let key = ed25519_dalek::SigningKey::from_bytes(&[8; 32]).verifying_key();
    let mut owned = row(NameType::Session);
    owned.owner = NameOwner::Ed25519(PublicKey::new(key.to_bytes()));
    let mut record = update(NameType::Session);
    record.signature = Some(signer.sign(&record, &mut random()));
    assert!(check(&record, over(&owned)).is_ok());
}

#[test]
fn updates_and_renewals_need_an_active_name_and_its_last_transaction() {
    let owned = row(NameType::LokinetOneYear);
    let last = owned.expiration.unwrap();
    for record in [
        signed_by(1, update(NameType::LokinetOneYear)),
        renewal(NameType::LokinetFiveYears),
    ] {
        let at = |height, rows| check_at(height, &record, due(&record), rows).map(|_| ());
        assert_eq!(at(HEIGHT, NameRows::default()), Err(NameError::NotRegistered));
        assert_eq!(at(last, over(&owned)), Ok(()));
        assert_eq!(
            at(last.next(), over(&owned)),
            Err(NameError::Expired { expiration: last })
        );
        let mut moved_on = owned.clone();
        moved_on.transaction = NEXT;
        let replayed = Err(NameError::WrongPrevious {
            expected: NEXT,
            found: BOUGHT_BY,
        });
        assert_eq!(at(HEIGHT, over(&moved_on)), replayed);
    }
}

#[test]
fn a_renewal_by_anybody_adds_its_period_to_the_expiry() {
    let owned = row(NameType::LokinetOneYear);
    let renewed = check(&renewal(NameType::LokinetFiveYears), over(&owned)).unwrap();
    assert_eq!(renewed.expiration, Some(Height::new(1000 + 264_960 + 1_324_800)));
    assert_eq!((renewed.transaction, renewed.update_height), (NEXT, HEIGHT));
    assert_eq!(
        (renewed.owner, renewed.encrypted_value),
        (owned.owner, owned.encrypted_value)
    );
}

#[test]
fn a_backup_owner_of_zero_keys_is_none() {
    let nobody = NameOwner::Wallet {
        spend_key: PublicKey::ZERO,
        view_key: PublicKey::ZERO,
        subaddress_flag: 0,
    };
    let mut record = purchase(NameType::Session);
    record.backup_owner = Some(nobody);
    let mut owned = check(&record, NameRows::default()).unwrap();
    assert_eq!(owned.backup_owner, None);
    owned.transaction = BOUGHT_BY;
    let again = NameRecord {
        backup_owner: Some(nobody),
        encrypted_value: None,
        ..update(NameType::Session)
    };
    assert_eq!(
        check(&signed_by(1, again), over(&owned)),
        Err(NameError::BackupOwnerUnchanged)
    );
}
