//! Whatever can be written reads back, and whatever reads writes back the same bytes.

use crate::{
    amount::Amount,
    bytes::{BlsPublicKey, EthereumAddress, Hash, KeyImage, PublicKey, Signature},
    extra::*,
    height::Height,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

fn any_key() -> impl Strategy<Value = PublicKey> {
    any::<[u8; 32]>().prop_map(PublicKey::new)
}

fn any_hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash::new)
}

fn any_signature() -> impl Strategy<Value = Signature> {
    vec(any::<u8>(), 64).prop_map(|bytes| Signature::new(bytes.try_into().unwrap()))
}

fn any_bls_key() -> impl Strategy<Value = BlsPublicKey> {
    vec(any::<u8>(), 64).prop_map(|bytes| BlsPublicKey::new(bytes.try_into().unwrap()))
}

fn any_ethereum_address() -> impl Strategy<Value = EthereumAddress> {
    any::<[u8; 20]>().prop_map(EthereumAddress::new)
}

fn any_vote() -> impl Strategy<Value = StateChangeVote> {
    (any::<u32>(), any_signature()).prop_map(|(validator_index, signature)| StateChangeVote {
        validator_index,
        signature,
    })
}

fn any_registration() -> impl Strategy<Value = Registration> {
    let lists = (vec(any_key(), 0..11), vec(any_key(), 0..11), vec(any::<u64>(), 0..11));
    (lists, any::<u64>(), any::<u64>(), any_signature()).prop_map(
        |((spend_keys, view_keys, amounts), fee, hard_fork_or_expiration, signature)| Registration {
            spend_keys,
            view_keys,
            fee,
            amounts,
            hard_fork_or_expiration,
            signature,
        },
    )
}

fn any_state_change() -> impl Strategy<Value = StateChange> {
    let form = prop_oneof![
        Just(StateChangeForm::WithoutReasons),
        (any::<u16>(), any::<u16>()).prop_map(|(all, any)| StateChangeForm::WithReasons {
            all: Reasons::from_bits(all),
            any: Reasons::from_bits(any)
        }),
    ];
    let state = select(vec![
        NewState::Deregister,
        NewState::Decommission,
        NewState::Recommission,
        NewState::IpChangePenalty,
    ]);
    (form, state, any::<u64>(), any::<u32>(), vec(any_vote(), 0..11)).prop_map(
        |(form, state, height, service_node_index, votes)| StateChange {
            form,
            state,
            block_height: Height::new(height),
            service_node_index,
            votes,
        },
    )
}

fn any_owner() -> impl Strategy<Value = NameOwner> {
    prop_oneof![
        any_key().prop_map(NameOwner::Ed25519),
        (any_key(), any_key(), any::<u8>()).prop_map(|(spend_key, view_key, subaddress_flag)| NameOwner::Wallet {
            spend_key,
            view_key,
            subaddress_flag
        }),
    ]
}

fn any_name_record() -> impl Strategy<Value = NameRecord> {
    let kind = select(vec![NameSignatureKind::Wallet, NameSignatureKind::Ed25519]);
    let signature = (kind, any_signature()).prop_map(|(kind, signature)| NameSignature { kind, signature });
    let head = (any::<u8>(), select(NameType::ALL.to_vec()), any_hash(), any_hash());
    let parts = (
        option::of(any_owner()),
        option::of(any_owner()),
        option::of(signature),
        option::of(vec(any::<u8>(), 0..150)),
    );
    (head, parts).prop_map(
        |((version, name_type, name_hash, previous_transaction), (owner, backup_owner, signature, encrypted_value))| {
            NameRecord {
                version,
                name_type,
                name_hash,
                previous_transaction,
                owner,
                backup_owner,
                signature,
                encrypted_value,
            }
        },
    )
}

fn any_l2_event() -> impl Strategy<Value = L2Event> {
    let contributor = (any_ethereum_address(), option::of(any_ethereum_address()), any::<u64>()).prop_map(
        |(address, written_beneficiary, amount)| L2Contributor {
            address,
            written_beneficiary,
            amount: Amount::from_atomic(amount),
        },
    );
    let new_node = (
        any_key(),
        any_bls_key(),
        any_signature(),
        any::<u64>(),
        vec(contributor, 0..11),
    )
        .prop_map(
            |(service_node_key, bls_key, signature, fee, contributors)| L2EventKind::NewServiceNode {
                service_node_key,
                bls_key,
                signature,
                fee,
                contributors,
            },
        );
    let kind = prop_oneof![
        any::<u64>().prop_map(|amount| L2EventKind::StakingRequirementUpdated {
            staking_requirement: Amount::from_atomic(amount)
        }),
        any_bls_key().prop_map(|bls_key| L2EventKind::ExitRequest { bls_key }),
        new_node,
        (any_bls_key(), any::<u64>()).prop_map(|(bls_key, amount)| L2EventKind::Exit {
            bls_key,
            returned_amount: Amount::from_atomic(amount)
        }),
        any_bls_key().prop_map(|bls_key| L2EventKind::PurgeMissingServiceNode { bls_key }),
    ];
    (any::<u64>(), any::<u64>(), kind).prop_map(|(chain_id, l2_height, kind)| L2Event {
        source: L2Source { chain_id, l2_height },
        kind,
    })
}

fn any_field_but_padding() -> impl Strategy<Value = ExtraField> {
    let key_image = || any::<[u8; 32]>().prop_map(KeyImage::new);
    let proof =
        (key_image(), any_signature()).prop_map(|(key_image, signature)| KeyImageProof { key_image, signature });
    let unlock =
        (key_image(), any_signature(), any::<u32>()).prop_map(|(key_image, signature, nonce)| KeyImageUnlock {
            key_image,
            signature,
            nonce,
        });
    let merge_mining = (any::<u64>(), any_hash(), vec(any::<u8>(), 0..4))
        .prop_map(|(depth, root, ignored)| MergeMining { depth, root, ignored });
    let old = (any::<u64>(), any::<u32>(), vec(any_vote(), 0..11)).prop_map(|(height, service_node_index, votes)| {
        OldDeregistration {
            block_height: Height::new(height),
            service_node_index,
            votes,
        }
    });
    let contributor = (any_key(), any_key()).prop_map(|(spend_key, view_key)| Contributor { spend_key, view_key });
    prop_oneof![
        any_key().prop_map(ExtraField::TransactionKey),
        vec(any::<u8>(), 0..=255).prop_map(|bytes| ExtraField::Nonce(ExtraNonce::new(bytes).unwrap())),
        merge_mining.prop_map(ExtraField::MergeMining),
        vec(any_key(), 0..17).prop_map(ExtraField::AdditionalKeys),
        any_registration().prop_map(|registration| ExtraField::Registration(Box::new(registration))),
        old.prop_map(ExtraField::OldDeregistration),
        any_key().prop_map(ExtraField::Winner),
        contributor.prop_map(ExtraField::Contributor),
        any_key().prop_map(ExtraField::ServiceNodeKey),
        any::<[u8; 32]>().prop_map(ExtraField::TransactionSecretKey),
        vec(proof, 0..4).prop_map(ExtraField::KeyImageProofs),
        unlock.prop_map(|unlock| ExtraField::KeyImageUnlock(Box::new(unlock))),
        any_state_change().prop_map(ExtraField::StateChange),
        any::<u64>().prop_map(|amount| ExtraField::Burn(Amount::from_atomic(amount))),
        any_name_record().prop_map(|record| ExtraField::NameRecord(Box::new(record))),
        any_l2_event().prop_map(|event| ExtraField::L2Event(Box::new(event))),
        vec(any::<u8>(), 0..40).prop_map(ExtraField::Minergate),
    ]
}

fn any_extra() -> impl Strategy<Value = Extra> {
    let padding = option::of(0..=Padding::MAX_ZEROS);
    (vec(any_field_but_padding(), 0..6), padding).prop_map(|(mut fields, padding)| {
        fields.extend(padding.and_then(Padding::new).map(ExtraField::Padding));
        Extra::from_fields(fields)
    })
}

proptest! {
    #[test]
    fn every_extra_reads_back_as_it_was_written(extra in any_extra()) {
        prop_assert_eq!(Extra::parse(&extra.encode()), Ok(extra));
    }

    #[test]
    fn whatever_parses_writes_the_same_bytes(bytes in vec(any::<u8>(), 0..300)) {
        if let Ok(extra) = Extra::parse(&bytes) {
            prop_assert_eq!(extra.encode(), bytes);
        }
    }

    #[test]
    fn a_change_of_one_byte_never_panics_and_never_changes_the_rest(
        extra in any_extra(), position in any::<prop::sample::Index>(), value in any::<u8>()
    ) {
        let mut bytes = extra.encode();
        if !bytes.is_empty() {
            let position = position.index(bytes.len());
            bytes[position] = value;
        }
        if let Ok(changed) = Extra::parse(&bytes) {
            prop_assert_eq!(changed.encode(), bytes);
        }
    }

    #[test]
    fn sorting_loses_nothing_and_twice_is_once(extra in any_extra()) {
        let mut sorted = extra.clone();
        sorted.sort_for_writing();
        let mut again = sorted.clone();
        again.sort_for_writing();
        prop_assert_eq!(&again, &sorted);
        prop_assert_eq!(sorted.encode().len(), extra.encode().len());
        prop_assert_eq!(Extra::parse(&sorted.encode()), Ok(sorted));
    }
}
