use super::*;
use crate::{
    bytes::{BlsPublicKey, EthereumAddress, Hash, KeyImage, PaymentId, Signature},
    codec::{ConsensusDecode, write_varint},
    height::Height,
    transaction::{Transaction, TransactionType},
};

mod properties;

fn key(byte: u8) -> PublicKey {
    PublicKey::new([byte; 32])
}

// ---- known bytes ----

#[test]
fn a_coinbase_extra_of_the_specification_reads_as_key_and_winner() {
    let extra = Extra::parse(&hex::decode(format!("01{}72{}", "33".repeat(32), "44".repeat(32))).unwrap()).unwrap();
    assert_eq!(
        extra.fields(),
        [ExtraField::TransactionKey(key(0x33)), ExtraField::Winner(key(0x44))]
    );
    assert_eq!(extra.transaction_key(), Some(key(0x33)));
    assert_eq!(extra.winner(), Some(key(0x44)));
    assert_eq!(extra.burned(), Amount::ZERO);
}

#[test]
fn the_state_change_of_the_specification_reads_and_writes() {
    let blob = format!("04000000004b78040196ac4f070103{}010101", "88".repeat(64));
    let transaction = Transaction::decode(&hex::decode(blob).unwrap()).unwrap();
    assert_eq!(
        transaction.id().to_string(),
        "a701134270cad1c6df8cd7b7b527caf684f51166cce0a6ba946e7fb79a395ff5"
    );
    let change = StateChange {
        form: StateChangeForm::WithReasons {
            all: Reasons::UPTIME_PROOF,
            any: Reasons::UPTIME_PROOF,
        },
        state: NewState::Decommission,
        block_height: Height::new(1_299_990),
        service_node_index: 7,
        votes: vec![StateChangeVote {
            validator_index: 3,
            signature: Signature::new([0x88; 64]),
        }],
    };
    let extra = Extra::parse(&transaction.prefix.extra).unwrap();
    assert_eq!(extra.state_change(), Some(&change));
    assert_eq!(extra.encode(), transaction.prefix.extra);
}

#[test]
fn the_exit_request_of_the_specification_reads_and_writes() {
    let blob = format!("0400000000497d00b1c90280e59a77{}05", "99".repeat(64));
    let transaction = Transaction::decode(&hex::decode(blob).unwrap()).unwrap();
    assert_eq!(
        transaction.id().to_string(),
        "b158c180b7d2454cfdeb596eb227bbe4feb16ce1c588bd63f4e8ca68811cbefe"
    );
    let event = L2Event {
        source: L2Source {
            chain_id: 42_161,
            l2_height: 250_000_000,
        },
        kind: L2EventKind::ExitRequest {
            bls_key: BlsPublicKey::new([0x99; 64]),
        },
    };
    let extra = Extra::parse(&transaction.prefix.extra).unwrap();
    assert_eq!(extra.l2_event(), Some(&event));
    assert_eq!(
        event.kind.transaction_type(),
        TransactionType::EthereumServiceNodeExitRequest
    );
    assert_eq!(extra.encode(), transaction.prefix.extra);
}

#[test]
fn fixed_and_variable_widths_are_where_the_specification_has_them() {
    let registration = Registration {
        spend_keys: vec![key(1)],
        view_keys: vec![key(2)],
        fee: 500,
        amounts: vec![300],
        hard_fork_or_expiration: 19,
        signature: Signature::new([3; 64]),
    };
    let registered = format!(
        "7001{}01{}f40100000000000001ac021300000000000000{}",
        "01".repeat(32),
        "02".repeat(32),
        "03".repeat(64)
    );
    assert_eq!(
        hex::encode(Extra::from_fields(vec![ExtraField::Registration(Box::new(registration))]).encode()),
        registered
    );

    let burn = Extra::from_fields(vec![ExtraField::Burn(Amount::from_atomic(300))]);
    assert_eq!(hex::encode(burn.encode()), "792c01000000000000");
    assert_eq!(burn.burned(), Amount::from_atomic(300));

    let vote = StateChangeVote {
        validator_index: 300,
        signature: Signature::new([5; 64]),
    };
    let old = OldDeregistration {
        block_height: Height::new(300),
        service_node_index: 300,
        votes: vec![vote],
    };
    assert_eq!(
        hex::encode(Extra::from_fields(vec![ExtraField::OldDeregistration(old)]).encode()),
        format!("712c010000000000002c01000001{}2c010000", "05".repeat(64))
    );

    let legacy = StateChange {
        form: StateChangeForm::WithoutReasons,
        state: NewState::IpChangePenalty,
        block_height: Height::new(300),
        service_node_index: 300,
        votes: vec![vote],
    };
    assert_eq!(
        hex::encode(Extra::from_fields(vec![ExtraField::StateChange(legacy)]).encode()),
        format!("7803ac02ac0201ac02{}", "05".repeat(64))
    );

    let unlock = KeyImageUnlock {
        key_image: KeyImage::new([6; 32]),
        signature: Signature::new([7; 64]),
        nonce: KeyImageUnlock::WALLET_NONCE,
    };
    assert_eq!(unlock.signature_hash().as_bytes(), b"UNLKUNLKUNLKUNLKUNLKUNLKUNLKUNLK");
    assert_eq!(
        hex::encode(Extra::from_fields(vec![ExtraField::KeyImageUnlock(Box::new(unlock))]).encode()),
        format!("77{}{}554e4c4b", "06".repeat(32), "07".repeat(64))
    );

    let contributor = L2Contributor::new(
        EthereumAddress::new([8; 20]),
        EthereumAddress::new([9; 20]),
        Amount::from_atomic(300),
    );
    let own = L2Contributor::new(
        EthereumAddress::new([8; 20]),
        EthereumAddress::new([8; 20]),
        Amount::from_atomic(1),
    );
    assert_eq!(own.written_beneficiary, None);
    assert_eq!(own.beneficiary(), own.address);
    let new_node = L2Event {
        source: L2Source {
            chain_id: 1,
            l2_height: 2,
        },
        kind: L2EventKind::NewServiceNode {
            service_node_key: key(10),
            bls_key: BlsPublicKey::new([11; 64]),
            signature: Signature::new([12; 64]),
            fee: 300,
            contributors: vec![contributor, own],
        },
    };
    assert_eq!(
        hex::encode(Extra::from_fields(vec![ExtraField::L2Event(Box::new(new_node))]).encode()),
        format!(
            "7e000102{}{}{}ac020201{a}01{b}ac0201{a}0001",
            "0a".repeat(32),
            "0b".repeat(64),
            "0c".repeat(64),
            a = "08".repeat(20),
            b = "09".repeat(20)
        )
    );
}

#[test]
fn a_name_purchase_has_the_layout_of_the_specification() {
    let record = NameRecord {
        version: 0,
        name_type: NameType::LokinetTenYears,
        name_hash: Hash::new([1; 32]),
        previous_transaction: Hash::ZERO,
        owner: Some(NameOwner::Wallet {
            spend_key: key(2),
            view_key: key(3),
            subaddress_flag: 1,
        }),
        backup_owner: Some(NameOwner::Ed25519(key(4))),
        signature: None,
        encrypted_value: Some(vec![5, 6]),
    };
    assert_eq!(record.operation(), Some(NameOperation::Buy));
    assert_eq!(record.name_type.record_type(), NameType::LokinetOneYear);
    let bytes = format!(
        "7a0005{}{}0b00{}{}0101{}020506",
        "01".repeat(32),
        "00".repeat(32),
        "02".repeat(32),
        "03".repeat(32),
        "04".repeat(32)
    );
    assert_eq!(
        hex::encode(ExtraField::NameRecord(Box::new(record.clone())).encode()),
        bytes
    );
    let message = format!(
        "050600{}{}01{}{}",
        "02".repeat(32),
        "03".repeat(32),
        "04".repeat(32),
        "00".repeat(32)
    );
    assert_eq!(
        hex::encode(record.update_message()),
        message,
        "the subaddress flag is not signed"
    );
}

// ---- meaning ----

#[test]
fn the_parts_of_a_name_record_decide_its_operation() {
    let owner = Some(NameOwner::Ed25519(key(1)));
    let signature = Some(NameSignature {
        kind: NameSignatureKind::Ed25519,
        signature: Signature::new([2; 64]),
    });
    let empty = NameRecord {
        version: 0,
        name_type: NameType::Session,
        name_hash: Hash::ZERO,
        previous_transaction: Hash::ZERO,
        owner: None,
        backup_owner: None,
        signature: None,
        encrypted_value: None,
    };
    let renewal = NameRecord {
        name_type: NameType::LokinetOneYear,
        previous_transaction: Hash::new([1; 32]),
        ..empty.clone()
    };
    assert_eq!(renewal.operation(), Some(NameOperation::Renew));
    assert_eq!(
        NameRecord {
            name_type: NameType::Wallet,
            ..renewal.clone()
        }
        .operation(),
        None
    );
    assert_eq!(
        NameRecord {
            previous_transaction: Hash::ZERO,
            ..renewal
        }
        .operation(),
        None
    );
    for (owner, backup_owner, signature, value, expected) in [
        (owner, None, None, true, Some(NameOperation::Buy)),
        (owner, owner, None, true, Some(NameOperation::Buy)),
        (owner, None, None, false, None),
        (None, None, None, true, None),
        (None, None, signature, false, None),
        (None, None, signature, true, Some(NameOperation::Update)),
        (owner, owner, signature, false, Some(NameOperation::Update)),
        (None, owner, signature, false, Some(NameOperation::Update)),
    ] {
        let encrypted_value = value.then(|| vec![1]);
        let record = NameRecord {
            owner,
            backup_owner,
            signature,
            encrypted_value,
            ..empty.clone()
        };
        assert_eq!(record.operation(), expected, "parts {}", record.parts());
    }
}

#[test]
fn a_nonce_holds_a_payment_id_only_at_its_exact_length() {
    let id = PaymentId::new([7; 8]);
    assert_eq!(
        ExtraNonce::encrypted_payment_id(id).content(),
        NonceContent::EncryptedPaymentId(id)
    );
    let long = Hash::new([7; 32]);
    assert_eq!(
        ExtraNonce::long_payment_id(long).content(),
        NonceContent::LongPaymentId(long)
    );
    for bytes in [vec![], vec![1], vec![1; 10], vec![0; 32], vec![0; 34], vec![2; 9]] {
        let nonce = ExtraNonce::new(bytes.clone()).unwrap();
        assert_eq!(nonce.content(), NonceContent::Opaque(&bytes));
    }
    assert_eq!(ExtraNonce::new(vec![0; 256]), None);
}

#[test]
fn lookups_take_the_first_field_of_a_kind() {
    let extra = Extra::from_fields(vec![
        ExtraField::TransactionKey(key(1)),
        ExtraField::TransactionKey(key(2)),
        ExtraField::Burn(Amount::from_atomic(3)),
        ExtraField::Burn(Amount::from_atomic(4)),
        ExtraField::AdditionalKeys(vec![key(5)]),
        ExtraField::AdditionalKeys(vec![key(6)]),
    ]);
    assert_eq!(extra.transaction_keys().collect::<Vec<_>>(), [key(1), key(2)]);
    assert_eq!(extra.transaction_key(), Some(key(1)));
    assert_eq!(extra.burned(), Amount::from_atomic(3));
    assert_eq!(extra.additional_keys(), [key(5)]);
    assert_eq!(extra.key_image_proofs(), None);
}

#[test]
fn wallets_write_the_kinds_in_one_order_and_keep_the_order_within_a_kind() {
    let tags = ["01", "02", "70", "73", "74", "75", "76"];
    let registration = Registration {
        spend_keys: vec![],
        view_keys: vec![],
        fee: 0,
        amounts: vec![],
        hard_fork_or_expiration: 0,
        signature: Signature::ZERO,
    };
    let mut extra = Extra::from_fields(vec![
        ExtraField::KeyImageProofs(vec![]),
        ExtraField::TransactionSecretKey([0; 32]),
        ExtraField::ServiceNodeKey(key(1)),
        ExtraField::Contributor(Contributor {
            spend_key: key(2),
            view_key: key(3),
        }),
        ExtraField::Registration(Box::new(registration)),
        ExtraField::Nonce(ExtraNonce::encrypted_payment_id(PaymentId::ZERO)),
        ExtraField::TransactionKey(key(4)),
    ]);
    extra.sort_for_writing();
    let written: Vec<String> = extra
        .fields()
        .iter()
        .map(|field| format!("{:02x}", field.tag()))
        .collect();
    assert_eq!(written, tags);

    let mut extra = Extra::from_fields(vec![
        ExtraField::Padding(Padding::new(3).unwrap()),
        ExtraField::Winner(key(1)),
        ExtraField::TransactionKey(key(2)),
        ExtraField::TransactionKey(key(1)),
    ]);
    extra.sort_for_writing();
    let sorted = [
        ExtraField::TransactionKey(key(2)),
        ExtraField::TransactionKey(key(1)),
        ExtraField::Winner(key(1)),
        ExtraField::Padding(Padding::new(3).unwrap()),
    ];
    assert_eq!(extra.fields(), sorted);
}

#[test]
fn a_registration_signs_its_parts_in_order() {
    let registration = Registration {
        spend_keys: vec![key(1), key(3)],
        view_keys: vec![key(2), key(4)],
        fee: 1_000,
        amounts: vec![75, 25],
        hard_fork_or_expiration: 19,
        signature: Signature::ZERO,
    };
    let message = format!(
        "e803000000000000{}{}4b00000000000000{}{}19000000000000001300000000000000",
        "01".repeat(32),
        "02".repeat(32),
        "03".repeat(32),
        "04".repeat(32)
    );
    let expected = crate::hashing::keccak256(&hex::decode(message).unwrap());
    assert_eq!(registration.signature_hash(), Some(expected));
    let uneven = Registration {
        amounts: vec![75],
        ..registration
    };
    assert_eq!(uneven.signature_hash(), None);
    assert_eq!(uneven.reservations(), None);
}

#[test]
fn the_same_change_by_other_voters_is_the_same_change() {
    let change = StateChange {
        form: StateChangeForm::WithoutReasons,
        state: NewState::Recommission,
        block_height: Height::new(9),
        service_node_index: 1,
        votes: vec![],
    };
    let other = StateChange {
        form: StateChangeForm::WithReasons {
            all: Reasons::NONE,
            any: Reasons::PULSE,
        },
        votes: vec![StateChangeVote {
            validator_index: 0,
            signature: Signature::ZERO,
        }],
        ..change.clone()
    };
    assert!(change.is_same_change(&other));
    assert!(!change.is_same_change(&StateChange {
        state: NewState::Decommission,
        ..change.clone()
    }));
}

// ---- refusals ----

#[test]
fn one_field_that_does_not_parse_hides_all() {
    let good = ExtraField::TransactionKey(key(1)).encode();
    for (rest, what) in [
        (vec![0x7c, 0, 1, 2], "the first form of L2 registrations"),
        (vec![0x05], "an unknown tag"),
        (vec![0x81], "an unknown tag above the last"),
        (vec![0x01, 1, 2], "a cut key"),
        (vec![0x00, 0, 1, 0], "padding that is not zero"),
        (
            [vec![0x00], vec![0; 255]].concat(),
            "padding of 255 bytes behind its tag",
        ),
        (vec![0x78, 5], "a state change of version 5"),
        (vec![0x78, 4, 4], "an unknown state"),
        ([vec![0x02, 0x80, 0x02], vec![0; 256]].concat(), "a nonce of 256 bytes"),
        (vec![0x02, 3, 0], "a cut nonce"),
        (vec![0x03, 1, 0], "merge mining without root"),
        ([vec![0x7d, 1, 0, 0], vec![0; 64]].concat(), "an L2 event of version 1"),
        ([vec![0x7a, 0, 6], vec![0; 65]].concat(), "a name type of 6"),
        (
            [vec![0x7a, 0, 0], vec![0; 64], vec![16]].concat(),
            "unknown parts of a name record",
        ),
        (
            [vec![0x7a, 0, 0], vec![0; 64], vec![1, 2], vec![0; 65]].concat(),
            "a name owner of type 2",
        ),
    ] {
        let bytes = [good.clone(), rest].concat();
        assert!(Extra::parse(&bytes).is_err(), "{what}");
        let extra = Extra::parse_or_empty(&bytes);
        assert_eq!(extra.fields(), [], "{what}");
        assert_eq!(extra.transaction_key(), None, "{what}");
    }
}

#[test]
fn padding_takes_the_rest_up_to_254_zero_bytes() {
    for zeros in [0_u8, 1, 254] {
        let bytes = vec![0; usize::from(zeros) + 1];
        let extra = Extra::parse(&bytes).unwrap();
        assert_eq!(extra.fields(), [ExtraField::Padding(Padding::new(zeros).unwrap())]);
        assert_eq!(extra.encode(), bytes);
    }
    assert_eq!(Padding::new(255), None);
}

#[test]
fn merge_mining_keeps_what_readers_ignore() {
    let bytes = hex::decode(format!("032405{}010203", "01".repeat(32))).unwrap();
    let extra = Extra::parse(&bytes).unwrap();
    let [ExtraField::MergeMining(field)] = extra.fields() else {
        panic!("one field of merge mining")
    };
    assert_eq!(
        (field.depth, field.root, field.ignored.as_slice()),
        (5, Hash::new([1; 32]), [1, 2, 3].as_slice())
    );
    assert_eq!(extra.encode(), bytes);
}

#[test]
fn counts_larger_than_the_rest_are_refused_before_allocating() {
    for tag in [0x04, 0x70, 0x76] {
        let mut bytes = vec![tag];
        write_varint(&mut bytes, u64::MAX);
        bytes.extend_from_slice(&[0; 100]);
        assert!(
            matches!(Extra::parse(&bytes), Err(DecodeError::CountExceedsLimit { .. })),
            "tag {tag:#x}"
        );
    }
    for head in [vec![0x71; 1], vec![0x78, 4, 1, 1, 1]] {
        let mut bytes = head.clone();
        if head.len() == 1 {
            bytes.extend_from_slice(&[0; 12]);
        }
        write_varint(&mut bytes, u64::MAX);
        assert!(
            matches!(Extra::parse(&bytes), Err(DecodeError::CountExceedsLimit { .. })),
            "tag {:#x}",
            head[0]
        );
    }
    let mut bytes = [vec![0x7e, 0, 0, 0], vec![0; 160], vec![0]].concat();
    write_varint(&mut bytes, u64::MAX);
    assert!(matches!(
        Extra::parse(&bytes),
        Err(DecodeError::CountExceedsLimit { .. })
    ));
}

#[test]
fn a_swap_is_read_in_transactions_of_its_type_only() {
    let recipient = "11".repeat(20);
    // A burn of 2 OXEN, then version 0, chain 31337, the recipient, ratio 0 and the nonce.
    let bytes = hex::decode(format!("790094357700000000c100e9f401{recipient}000102030405060708")).unwrap();
    let extra = Extra::parse_of(TransactionType::OxenSwap, &bytes).unwrap();
    let swap = SwapField {
        version: 0,
        l2_chain_id: 31_337,
        recipient: recipient.parse().unwrap(),
        ratio_index: 0,
        nonce: [1, 2, 3, 4, 5, 6, 7, 8],
    };
    assert_eq!(extra.swap(), Some(&swap));
    assert_eq!(extra.burned(), Amount::from_atomic(2_000_000_000));
    assert_eq!(extra.encode(), bytes);
    for kind in TransactionType::ALL {
        if kind != TransactionType::OxenSwap {
            assert!(Extra::parse_of(kind, &bytes).is_err(), "{kind:?} knows no such tag");
            assert_eq!(
                Extra::parse_or_empty_of(kind, &bytes).burned(),
                Amount::ZERO,
                "so that nothing counts as burned, as for nodes without the swap"
            );
        }
    }
}

#[test]
fn a_swap_that_is_cut_does_not_parse() {
    let swap = ExtraField::Swap(SwapField {
        version: 0,
        l2_chain_id: 42_161,
        recipient: EthereumAddress::new([7; 20]),
        ratio_index: 1,
        nonce: [9; 8],
    });
    let bytes = Extra::from_fields(vec![swap]).encode();
    assert_eq!(bytes.len(), 1 + 1 + 3 + 20 + 1 + 8);
    for length in 1..bytes.len() {
        assert!(
            Extra::parse_of(TransactionType::OxenSwap, &bytes[..length]).is_err(),
            "{length} bytes"
        );
    }
}
