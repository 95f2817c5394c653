//! Networks and extra fields of chains that the reference daemon made. Runs where `OXEN_VECTORS` names the folder with the
//! recorded sets, and says so where it does not.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use oxen_types::{
    Amount, Height, Network,
    extra::{Extra, NewState, NonceContent, StateChangeForm},
    network::{DifficultyRule, HardForkVersion, NetworkDescription, PulseStartRule, StakingParameters},
};
use serde_json::Value;
use std::{
    fs::{self, File},
    path::PathBuf,
};

/// The folder of a recorded set, if there is one.
fn recorded(set: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("OXEN_VECTORS") else {
        println!("skipped: OXEN_VECTORS is not set, so there is no recorded chain {set} to read");
        return None;
    };
    let folder = PathBuf::from(folder).join(set);
    assert!(folder.is_dir(), "OXEN_VECTORS has no folder {set}");
    Some(folder)
}

fn network(set: &str) -> Option<Network> {
    let text = fs::read_to_string(recorded(set)?.join("network.json")).unwrap();
    let description = NetworkDescription::from_json(&text).unwrap();
    let loaded = description.to_network().unwrap();
    assert_eq!(loaded.unknown, [""; 0], "every key of a recorded network is understood");
    let again = Network::from_description_json(&NetworkDescription::of(&loaded.network).to_json()).unwrap();
    assert_eq!(again, loaded.network);
    Some(loaded.network)
}

#[test]
fn the_network_that_starts_at_hf19_loads() {
    let Some(network) = network("oxend-hf19") else { return };
    assert_eq!(network.target_block_seconds, 5);
    assert_eq!(network.pulse.max_start_adjustment_seconds, 3);
    assert_eq!(network.pulse.start, PulseStartRule::Ideal);
    assert_eq!(network.pulse.minimum_service_nodes, 12);
    assert_eq!(network.difficulty, DifficultyRule::Fixed(1));
    assert_eq!(network.batching.interval_blocks, 20);
    assert_eq!(network.batching.payable_after_blocks, 4);
    assert_eq!(network.staking.unlock_blocks, 12);
    assert_eq!(network.decommission.initial_credit_blocks, 30);
    assert_eq!(network.name_periods.one_year_blocks, 6_359_040);
    assert_eq!(network.forks.begins(HardForkVersion::PULSE), Some(Height::new(1)));
    assert_eq!(network.genesis.block().unwrap().id(), network.genesis.block_id);
}

#[test]
fn the_network_that_walks_through_every_fork_loads() {
    let Some(network) = network("oxend-hf7-19") else { return };
    assert_eq!(network.genesis, Network::localdev().genesis);
    assert_eq!(network.forks.iter().count(), 17);
    let staking = StakingParameters {
        sent_requirement: network.staking.sent_requirement,
        ..Network::localdev().staking
    };
    assert_eq!(
        network.staking, staking,
        "its stakes are localdev's, and SENT is not described"
    );
    assert_eq!(network.decommission, Network::localdev().decommission);
    let PulseStartRule::AfterPrevious(starts) = network.pulse.start else {
        panic!("it lists the starts of rounds")
    };
    assert_eq!(starts.get(&Height::new(134)), Some(&2));
}

fn transactions(set: &str) -> Option<Vec<Value>> {
    let file = File::open(recorded(set)?.join("txs.json.gz")).unwrap();
    Some(serde_json::from_reader(flate2::read::GzDecoder::new(file)).unwrap())
}

fn extra_bytes(transaction: &Value) -> Vec<u8> {
    serde_json::from_value(transaction["json"]["extra"].clone()).unwrap()
}

/// A text, a list of texts, or nothing.
fn one_or_many(said: &Value) -> Vec<String> {
    said.as_str().map_or_else(
        || serde_json::from_value(said.clone()).unwrap_or_default(),
        |one| vec![one.to_owned()],
    )
}

/// Compares our fields with what the daemon's RPC said about the same bytes.
fn compare(extra: &Extra, said: &Value, id: &str) {
    let text = |key: &str| said[key].as_str().map(str::to_owned);
    let keys: Vec<String> = extra.transaction_keys().map(|key| key.to_string()).collect();
    assert_eq!(keys, one_or_many(&said["pubkey"]), "{id}");
    assert_eq!(extra.winner().map(|key| key.to_string()), text("sn_winner"), "{id}");
    assert_eq!(
        extra.service_node_key().map(|key| key.to_string()),
        text("sn_pubkey"),
        "{id}"
    );
    assert_eq!(
        extra.transaction_secret_key().map(hex::encode),
        text("tx_secret_key"),
        "{id}"
    );
    assert_eq!(
        extra.burned(),
        Amount::from_atomic(said["burn_amount"].as_u64().unwrap_or(0)),
        "{id}"
    );
    assert_eq!(
        extra.key_image_unlock().map(|unlock| unlock.key_image.to_string()),
        text("key_image_unlock"),
        "{id}"
    );
    assert_eq!(
        extra.contributor().is_some(),
        said["sn_contributor"].is_string(),
        "{id}"
    );
    let payment_id = match extra.nonce().map(|nonce| nonce.content()) {
        Some(NonceContent::EncryptedPaymentId(payment_id)) => Some(payment_id.to_string()),
        Some(NonceContent::LongPaymentId(payment_id)) => Some(payment_id.to_string()),
        Some(NonceContent::Opaque(_)) | None => None,
    };
    assert_eq!(payment_id, text("payment_id"), "{id}");
    let images: Vec<String> = extra
        .key_image_proofs()
        .unwrap_or_default()
        .iter()
        .map(|proof| proof.key_image.to_string())
        .collect();
    let locked: Vec<String> = serde_json::from_value(said["locked_key_images"].clone()).unwrap_or_default();
    assert_eq!(images, locked, "{id}");
    let additional: Vec<String> = extra.additional_keys().iter().map(ToString::to_string).collect();
    let expected: Vec<String> = serde_json::from_value(said["additional_pubkeys"].clone()).unwrap_or_default();
    assert_eq!(additional, expected, "{id}");
    compare_state_change(extra, &said["sn_state_change"], id);
    compare_registration(extra, &said["sn_registration"], id);
}

fn compare_state_change(extra: &Extra, said: &Value, id: &str) {
    let Some(change) = extra.state_change() else {
        assert!(said.is_null(), "{id}");
        return;
    };
    let kind = match change.state {
        NewState::Deregister => "dereg",
        NewState::Decommission => "decom",
        NewState::Recommission => "recom",
        NewState::IpChangePenalty => "ip",
    };
    assert_eq!(said["type"], kind, "{id}");
    assert_eq!(said["height"], change.block_height.index(), "{id}");
    assert_eq!(said["index"], change.service_node_index, "{id}");
    let voters: Vec<u32> = change.votes.iter().map(|vote| vote.validator_index).collect();
    assert_eq!(said["voters"], serde_json::json!(voters), "{id}");
    let StateChangeForm::WithReasons { all, .. } = change.form else {
        panic!("{id} gives reasons")
    };
    let reasons: Vec<String> = serde_json::from_value(said["reasons"].clone()).unwrap_or_default();
    assert_eq!(all.codes().collect::<Vec<_>>(), reasons, "{id}");
}

fn compare_registration(extra: &Extra, said: &Value, id: &str) {
    let Some(registration) = extra.registration() else {
        assert!(said.is_null(), "{id}");
        return;
    };
    let reservations = registration.reservations().unwrap();
    assert_eq!(
        reservations.len(),
        said["contributors"].as_array().unwrap().len(),
        "{id}"
    );
    let term = if said["hardfork"] == 0 {
        &said["expiry"]
    } else {
        &said["hardfork"]
    };
    assert_eq!(term.as_u64(), Some(registration.hard_fork_or_expiration), "{id}");
    if said["hardfork"] != 0 {
        for (reservation, said) in reservations.iter().zip(said["contributors"].as_array().unwrap()) {
            assert_eq!(said["amount"], reservation.amount, "{id}");
        }
    }
}

fn extra_fields_agree(set: &str) {
    let Some(transactions) = transactions(set) else { return };
    for transaction in &transactions {
        let id = transaction["txid"].as_str().unwrap();
        let bytes = extra_bytes(transaction);
        let extra = Extra::parse(&bytes).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(extra.encode(), bytes, "{id}");
        assert_eq!(extra.name_record().is_some(), transaction["type"] == "ons", "{id}");
        assert_eq!(
            extra.name_record().is_some(),
            extra.name_record().and_then(|r| r.operation()).is_some(),
            "{id}"
        );
        compare(&extra, &transaction["extra"], id);
        let mut sorted = extra.clone();
        sorted.sort_for_writing();
        if transaction["type"] != "miner" {
            assert_eq!(sorted, extra, "{id}: wallets write the fields in our order");
        }
    }
    println!("{set}: {} transactions", transactions.len());
}

#[test]
fn extra_fields_of_the_chain_at_hf19_agree_with_the_daemon() {
    extra_fields_agree("oxend-hf19");
}

#[test]
fn extra_fields_of_the_chain_through_every_fork_agree_with_the_daemon() {
    extra_fields_agree("oxend-hf7-19");
}
