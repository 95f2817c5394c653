//! The parsed extra of a transaction as JSON (rpc §3.3).

use oxen_crypto::address::{Address, AddressKind};
use oxen_names::owner::owner_text;
use oxen_types::{
    Extra, ExtraField, Hash, PublicKey,
    extra::{
        Contributor, L2Event, L2EventKind, NameOperation, NameRecord, NameType, NewState, NonceContent, Registration,
        StateChange, StateChangeForm, SwapField,
    },
    network::{
        Network,
        constants::{STAKING_FEE_BASIS, STAKING_PORTIONS},
    },
};
use serde_json::{Map, Value, json};

/// Denominator of fees and portions in JSON.
const MILLION: u64 = 1_000_000;

/// The fields of an extra: keys, payment id, and what only some kinds of transactions carry.
#[must_use]
pub fn extra_json(extra: &Extra, network: &Network) -> Value {
    let mut fields = Map::new();
    let mut types = Vec::new();
    let mut keys = Vec::new();
    for field in extra.fields() {
        types.extend(type_name(field));
        match field {
            ExtraField::TransactionKey(key) => keys.push(json!(key)),
            other => add_field(&mut fields, other, network),
        }
    }
    add_one_or_more(&mut fields, "pubkey", keys);
    add_one_or_more(&mut fields, "type", types.into_iter().map(Value::from).collect());
    Value::Object(fields)
}

/// One value as it is, several in a list, as the development line has it.
fn add_one_or_more(fields: &mut Map<String, Value>, name: &str, mut values: Vec<Value>) {
    let value = match values.len() {
        0 => return,
        1 => values.remove(0),
        _ => Value::Array(values),
    };
    fields.insert(name.to_owned(), value);
}

/// The name of a field under `type`; none for those that the reference does not list.
const fn type_name(field: &ExtraField) -> Option<&'static str> {
    Some(match field {
        ExtraField::Padding(_) | ExtraField::Burn(_) | ExtraField::Minergate(_) => return None,
        ExtraField::TransactionKey(_) => "pub_key",
        ExtraField::Nonce(_) => "nonce",
        ExtraField::MergeMining(_) => "merge_mining_tag",
        ExtraField::AdditionalKeys(_) => "additional_pub_keys",
        ExtraField::Registration(_) => "service_node_register",
        ExtraField::OldDeregistration(_) => "service_node_deregister_old",
        ExtraField::Winner(_) => "service_node_winner",
        ExtraField::Contributor(_) => "service_node_contributor",
        ExtraField::ServiceNodeKey(_) => "service_node_pubkey",
        ExtraField::TransactionSecretKey(_) => "tx_secret_key",
        ExtraField::KeyImageProofs(_) => "tx_key_image_proofs",
        ExtraField::KeyImageUnlock(_) => "key_image_unlock",
        ExtraField::StateChange(_) => "service_node_state_change",
        ExtraField::NameRecord(_) => "oxen_name_system",
        ExtraField::Swap(_) => "oxen_swap",
        ExtraField::L2Event(event) => match &event.kind {
            L2EventKind::NewServiceNode { .. } => "ethereum_new_service_node",
            L2EventKind::ExitRequest { .. } => "ethereum_service_node_exit_request",
            L2EventKind::Exit { .. } => "ethereum_service_node_exit",
            L2EventKind::StakingRequirementUpdated { .. } => "ethereum_staking_requirement_updated",
            L2EventKind::PurgeMissingServiceNode { .. } => "ethereum_purge_missing_service_node",
        },
    })
}

fn add_field(fields: &mut Map<String, Value>, field: &ExtraField, network: &Network) {
    let mut put = |name: &str, value: Value| {
        // As with every lookup, the first field of a kind counts.
        fields.entry(name).or_insert(value);
    };
    match field {
        ExtraField::TransactionKey(_) | ExtraField::Padding(_) | ExtraField::Minergate(_) => {}
        ExtraField::Nonce(nonce) => match nonce.content() {
            NonceContent::EncryptedPaymentId(id) => put("payment_id", json!(id)),
            NonceContent::LongPaymentId(id) => put("payment_id", json!(id)),
            NonceContent::Opaque(bytes) => put("extra_nonce", json!(hex::encode(bytes))),
        },
        ExtraField::MergeMining(tag) => {
            put("mm_depth", json!(tag.depth));
            put("mm_root", json!(tag.root));
        }
        ExtraField::AdditionalKeys(keys) => put("additional_pubkeys", json!(keys)),
        ExtraField::Registration(registration) => put("sn_registration", registration_json(registration, network)),
        ExtraField::OldDeregistration(old) => {
            let voters: Vec<u32> = old.votes.iter().map(|vote| vote.validator_index).collect();
            let change = json!({ "old_dereg": true, "type": "dereg", "height": old.block_height,
                "index": old.service_node_index, "voters": voters });
            put("sn_state_change", change);
        }
        ExtraField::Winner(key) => put("sn_winner", json!(key)),
        ExtraField::Contributor(contributor) => put("sn_contributor", json!(contributor_text(contributor, network))),
        ExtraField::ServiceNodeKey(key) => put("sn_pubkey", json!(key)),
        ExtraField::TransactionSecretKey(key) => put("tx_secret_key", json!(hex::encode(key))),
        ExtraField::KeyImageProofs(proofs) => {
            let images: Vec<_> = proofs.iter().map(|proof| proof.key_image).collect();
            put("locked_key_images", json!(images));
        }
        ExtraField::KeyImageUnlock(unlock) => put("key_image_unlock", json!(unlock.key_image)),
        ExtraField::StateChange(change) => put("sn_state_change", state_change_json(change)),
        ExtraField::Burn(amount) => put("burn_amount", json!(amount.atomic())),
        ExtraField::NameRecord(record) => put("ons", name_record_json(record, network)),
        ExtraField::Swap(swap) => put("swap", swap_json(swap)),
        ExtraField::L2Event(event) => {
            for (name, value) in l2_event_json(event) {
                put(name, value);
            }
        }
    }
}

/// The address of two keys, or the keys themselves where they are none.
fn contributor_text(contributor: &Contributor, network: &Network) -> String {
    address_text(
        AddressKind::Standard,
        contributor.spend_key,
        contributor.view_key,
        network,
    )
}

fn address_text(kind: AddressKind, spend: PublicKey, view: PublicKey, network: &Network) -> String {
    Address::new(kind, spend, view).map_or_else(
        |_| format!("{spend}{view}"),
        |address| address.encode(&network.address_prefixes),
    )
}

/// A part of `whole` in millionths, rounded to nearest.
fn millionths(part: u64, whole: u64) -> u64 {
    let scaled = u128::from(part)
        .saturating_mul(u128::from(MILLION))
        .saturating_add(u128::from(whole / 2));
    scaled
        .checked_div(u128::from(whole))
        .and_then(|rounded| u64::try_from(rounded).ok())
        .unwrap_or(u64::MAX)
}

/// Before HF19 fee and parts are portions and the last field is a time; from HF19 on the fee is in hundredths of a percent and
/// parts are amounts.
fn registration_json(registration: &Registration, network: &Network) -> Value {
    let by_amount = registration.hard_fork_or_expiration <= u64::from(u8::MAX);
    let requirement = network.staking.oxen_requirement.atomic();
    let contributors: Vec<Value> = registration
        .reservations()
        .unwrap_or_default()
        .iter()
        .map(|reservation| {
            let wallet = contributor_text(&reservation.contributor, network);
            if by_amount {
                let portion = millionths(reservation.amount, requirement);
                json!({ "wallet": wallet, "amount": reservation.amount, "portion": portion })
            } else {
                json!({ "wallet": wallet, "amount": 0, "portion": millionths(reservation.amount, STAKING_PORTIONS) })
            }
        })
        .collect();
    if by_amount {
        json!({ "fee": millionths(registration.fee, STAKING_FEE_BASIS), "contributors": contributors,
            "hardfork": registration.hard_fork_or_expiration })
    } else {
        json!({ "fee": millionths(registration.fee, STAKING_PORTIONS), "contributors": contributors,
            "hardfork": 0, "expiry": registration.hard_fork_or_expiration })
    }
}

fn state_change_json(change: &StateChange) -> Value {
    let kind = match change.state {
        NewState::Deregister => "dereg",
        NewState::Decommission => "decom",
        NewState::Recommission => "recom",
        NewState::IpChangePenalty => "ip",
    };
    let voters: Vec<u32> = change.votes.iter().map(|vote| vote.validator_index).collect();
    let mut fields = Map::new();
    fields.insert("type".to_owned(), json!(kind));
    fields.insert("height".to_owned(), json!(change.block_height));
    fields.insert("index".to_owned(), json!(change.service_node_index));
    fields.insert("voters".to_owned(), json!(voters));
    if let StateChangeForm::WithReasons { all, any } = change.form {
        let reasons: Vec<&str> = all.codes().collect();
        let maybe: Vec<&str> = any.codes().filter(|code| !reasons.contains(code)).collect();
        if !reasons.is_empty() {
            fields.insert("reasons".to_owned(), json!(reasons));
        }
        if !maybe.is_empty() {
            fields.insert("reasons_maybe".to_owned(), json!(maybe));
        }
    }
    Value::Object(fields)
}

/// Who is credited for a burn, and at which ratio (bridge §5.3).
fn swap_json(swap: &SwapField) -> Value {
    json!({ "version": swap.version, "l2_chain_id": swap.l2_chain_id, "recipient": format!("0x{}", swap.recipient),
        "ratio_index": swap.ratio_index, "nonce": hex::encode(swap.nonce) })
}

fn name_record_json(record: &NameRecord, network: &Network) -> Value {
    let kind = match record.name_type {
        NameType::Session => "session",
        NameType::Wallet => "wallet",
        NameType::LokinetOneYear
        | NameType::LokinetTwoYears
        | NameType::LokinetFiveYears
        | NameType::LokinetTenYears => "lokinet",
    };
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("type", json!(kind));
    put("name_hash", json!(record.name_hash));
    if let Some(years) = lokinet_years(record.name_type) {
        put("years", json!(years));
    }
    match record.operation() {
        Some(NameOperation::Buy) => put("buy", json!(true)),
        Some(NameOperation::Update) => put("update", json!(true)),
        Some(NameOperation::Renew) => put("renew", json!(true)),
        None => None,
    };
    if record.previous_transaction != Hash::ZERO {
        put("prev_txid", json!(record.previous_transaction));
    }
    if let Some(value) = &record.encrypted_value {
        put("value", json!(hex::encode(value)));
    }
    if let Some(owner) = &record.owner {
        put("owner", json!(owner_text(owner, &network.address_prefixes)));
    }
    if let Some(owner) = &record.backup_owner {
        put("backup_owner", json!(owner_text(owner, &network.address_prefixes)));
    }
    if let Some(signature) = &record.signature {
        put("signature", json!(signature.signature));
    }
    Value::Object(fields)
}

const fn lokinet_years(name_type: NameType) -> Option<u8> {
    match name_type {
        NameType::Session | NameType::Wallet => None,
        NameType::LokinetOneYear => Some(1),
        NameType::LokinetTwoYears => Some(2),
        NameType::LokinetFiveYears => Some(5),
        NameType::LokinetTenYears => Some(10),
    }
}

fn l2_event_json(event: &L2Event) -> Vec<(&'static str, Value)> {
    let mut fields = vec![("l2_height", json!(event.source.l2_height))];
    match &event.kind {
        L2EventKind::StakingRequirementUpdated { staking_requirement } => {
            fields.push(("staking_requirement", json!(staking_requirement.atomic())));
        }
        L2EventKind::ExitRequest { bls_key } | L2EventKind::PurgeMissingServiceNode { bls_key } => {
            fields.push(("bls_pubkey", json!(bls_key)));
        }
        L2EventKind::Exit {
            bls_key,
            returned_amount,
        } => {
            fields.push(("bls_pubkey", json!(bls_key)));
            fields.push(("returned_amount", json!(returned_amount.atomic())));
        }
        L2EventKind::NewServiceNode {
            service_node_key,
            bls_key,
            fee,
            contributors,
            ..
        } => {
            let contributors: Vec<Value> = contributors
                .iter()
                .map(|contributor| {
                    json!({ "address": format!("0x{}", contributor.address),
                        "beneficiary": format!("0x{}", contributor.beneficiary()),
                        "amount": contributor.amount.atomic() })
                })
                .collect();
            fields.push(("service_node_pubkey", json!(service_node_key)));
            fields.push(("bls_pubkey", json!(bls_key)));
            fields.push(("fee", json!(millionths(*fee, STAKING_FEE_BASIS))));
            fields.push(("contributors", json!(contributors)));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_types::extra::Padding;

    fn json_of(fields: Vec<ExtraField>) -> Value {
        let bytes = Extra::from_fields(fields).encode();
        extra_json(&Extra::parse_or_empty(&bytes), &Network::mainnet())
    }

    #[test]
    fn one_key_is_a_string_and_two_are_a_list() {
        let (one, two) = (PublicKey::new([1; 32]), PublicKey::new([2; 32]));
        let single = json_of(vec![ExtraField::TransactionKey(one)]);
        assert_eq!(single, json!({ "pubkey": one, "type": "pub_key" }));
        let double = json_of(vec![ExtraField::TransactionKey(one), ExtraField::TransactionKey(two)]);
        assert_eq!(double, json!({ "pubkey": [one, two], "type": ["pub_key", "pub_key"] }));
    }

    #[test]
    fn an_extra_that_does_not_parse_shows_nothing() {
        assert_eq!(
            extra_json(&Extra::parse_or_empty(&[1, 2, 3]), &Network::mainnet()),
            json!({})
        );
        let padding = ExtraField::Padding(Padding::new(3).unwrap());
        assert_eq!(json_of(vec![padding]), json!({}));
    }

    #[test]
    fn millionths_round_to_nearest() {
        assert_eq!(millionths(1, 3), 333_333);
        assert_eq!(millionths(2, 3), 666_667);
        assert_eq!(millionths(STAKING_PORTIONS, STAKING_PORTIONS), MILLION);
    }
}
