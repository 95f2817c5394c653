//! Extra fields as the RPC shows them in its parsed form.

use oxen_crypto::{Address, AddressKind};
use oxen_types::{
    Extra, ExtraField, Network,
    extra::{Contributor, NewState, NonceContent, Reasons, Registration, StateChange, StateChangeForm},
    network::constants::STAKING_PORTIONS,
};
use serde_json::{Map, Value, json};

/// Portions in which the RPC shows fees and shares.
const MILLION: u64 = 1_000_000;
/// Fees since HF19 are parts of this.
const FEE_BASIS: u64 = 10_000;
/// Expirations above every fork number were times before HF19.
const LARGEST_FORK: u64 = 255;

/// The parsed form; nothing for fields whose form no recording has shown yet. A name record shows only its type.
#[must_use]
pub fn parsed(extra: &Extra, network: &Network) -> Option<Value> {
    let mut form = Map::new();
    let mut types = Vec::new();
    for field in extra.fields() {
        types.push(json!(type_name(field)?));
        let (key, value) = match field {
            ExtraField::TransactionKey(key) => ("pubkey", json!(key)),
            ExtraField::AdditionalKeys(keys) => ("additional_pubkeys", json!(keys)),
            ExtraField::Nonce(nonce) => match nonce.content() {
                NonceContent::EncryptedPaymentId(id) => ("payment_id", json!(id)),
                NonceContent::LongPaymentId(id) => ("payment_id", json!(id)),
                NonceContent::Opaque(_) => continue,
            },
            ExtraField::Winner(key) => ("sn_winner", json!(key)),
            ExtraField::Contributor(contributor) => ("sn_contributor", json!(address(contributor, network)?)),
            ExtraField::ServiceNodeKey(key) => ("sn_pubkey", json!(key)),
            ExtraField::TransactionSecretKey(key) => ("tx_secret_key", json!(hex::encode(key))),
            ExtraField::KeyImageProofs(proofs) => (
                "locked_key_images",
                proofs.iter().map(|proof| json!(proof.key_image)).collect(),
            ),
            ExtraField::KeyImageUnlock(unlock) => ("key_image_unlock", json!(unlock.key_image)),
            ExtraField::Registration(fields) => ("sn_registration", registration(fields, network)?),
            ExtraField::StateChange(change) => ("sn_state_change", state_change(change)),
            ExtraField::Burn(amount) => ("burn_amount", json!(amount)),
            ExtraField::NameRecord(_) => continue,
            _ => return None,
        };
        add(&mut form, key, value);
    }
    // The burn is not listed among the types.
    types.retain(|name| name != BURN);
    let types = if types.len() == 1 {
        types.remove(0)
    } else {
        Value::Array(types)
    };
    form.insert("type".to_owned(), types);
    Some(Value::Object(form))
}

/// The second transaction key of a coinbase makes a list of both.
fn add(form: &mut Map<String, Value>, key: &str, value: Value) {
    match form.get_mut(key) {
        None => {
            form.insert(key.to_owned(), value);
        }
        Some(Value::Array(several)) => several.push(value),
        Some(one) => *one = Value::Array(vec![one.take(), value]),
    }
}

const BURN: &str = "burn";

const fn type_name(field: &ExtraField) -> Option<&'static str> {
    Some(match field {
        ExtraField::TransactionKey(_) => "pub_key",
        ExtraField::Nonce(_) => "nonce",
        ExtraField::AdditionalKeys(_) => "additional_pub_keys",
        ExtraField::Registration(_) => "service_node_register",
        ExtraField::Winner(_) => "service_node_winner",
        ExtraField::Contributor(_) => "service_node_contributor",
        ExtraField::ServiceNodeKey(_) => "service_node_pubkey",
        ExtraField::TransactionSecretKey(_) => "tx_secret_key",
        ExtraField::KeyImageProofs(_) => "tx_key_image_proofs",
        ExtraField::KeyImageUnlock(_) => "key_image_unlock",
        ExtraField::StateChange(_) => "service_node_state_change",
        ExtraField::NameRecord(_) => "oxen_name_system",
        ExtraField::Burn(_) => BURN,
        _ => return None,
    })
}

fn address(contributor: &Contributor, network: &Network) -> Option<String> {
    let address = Address::new(AddressKind::Standard, contributor.spend_key, contributor.view_key).ok()?;
    Some(address.encode(&network.address_prefixes))
}

/// Since HF19 fees are parts of 10,000 and stakes amounts; before, both were portions and the registration expired.
fn registration(registration: &Registration, network: &Network) -> Option<Value> {
    let in_amounts = registration.hard_fork_or_expiration <= LARGEST_FORK;
    let requirement = network.staking.oxen_requirement.atomic();
    let contributors = registration
        .reservations()?
        .iter()
        .map(|reserved| {
            let (amount, portion) = if in_amounts {
                (reserved.amount, rounded_share(reserved.amount, requirement))
            } else {
                (0, millionths(reserved.amount))
            };
            Some(json!({"wallet": address(&reserved.contributor, network)?, "amount": amount, "portion": portion}))
        })
        .collect::<Option<Value>>()?;
    Some(if in_amounts {
        json!({
            "fee": registration.fee.checked_mul(MILLION / FEE_BASIS)?,
            "hardfork": registration.hard_fork_or_expiration,
            "contributors": contributors,
        })
    } else {
        json!({
            "fee": millionths(registration.fee),
            "hardfork": 0,
            "expiry": registration.hard_fork_or_expiration,
            "contributors": contributors,
        })
    })
}

/// Millionths of an amount's share, rounded to the nearest.
fn rounded_share(amount: u64, whole: u64) -> u64 {
    let numerator = u128::from(amount) * u128::from(MILLION) + u128::from(whole / 2);
    numerator
        .checked_div(u128::from(whole))
        .and_then(|share| u64::try_from(share).ok())
        .unwrap_or(u64::MAX)
}

/// Millionths of portions, rounded as the RPC does (staking §20).
fn millionths(portions: u64) -> u64 {
    const HALF: u64 = STAKING_PORTIONS / (2 * MILLION) + 1;
    const STEP: u64 = STAKING_PORTIONS / MILLION + 1;
    portions.checked_sub(HALF).map_or(0, |above| above / STEP + 1)
}

fn state_change(change: &StateChange) -> Value {
    let voters: Vec<u32> = change.votes.iter().map(|vote| vote.validator_index).collect();
    let mut form = json!({
        "height": change.block_height,
        "index": change.service_node_index,
        "type": match change.state {
            NewState::Deregister => "dereg",
            NewState::Decommission => "decom",
            NewState::Recommission => "recom",
            NewState::IpChangePenalty => "ip",
        },
        "voters": voters,
    });
    if let StateChangeForm::WithReasons { all, any } = change.form {
        let only_some = Reasons::from_bits(any.bits() & !all.bits());
        for (key, reasons) in [("reasons", all), ("reasons_maybe", only_some)] {
            let codes: Vec<&str> = reasons.codes().collect();
            if !codes.is_empty() {
                form[key] = json!(codes);
            }
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_per_cent_shows_as_a_hundred_thousand_millionths() {
        assert_eq!(millionths(1_844_674_407_370_955_161), 100_000);
        assert_eq!(millionths(STAKING_PORTIONS), MILLION);
        assert_eq!(millionths(9_223_372_036_854), 0);
        assert_eq!(rounded_share(7_777_777_000, 100_000_000_000), 77_778);
        assert_eq!(rounded_share(4_212_223_000, 100_000_000_000), 42_122);
    }
}
