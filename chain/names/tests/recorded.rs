//! Every transaction of the name system that the reference daemon mined on its recorded chains: the rules take it, and the
//! rows come out as in its database. Runs where `OXEN_VECTORS` names the folder with the recorded sets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test ends where it fails"
)]

use oxen_names::{
    EncryptedValue, Name, NameContext, NameEntry, NameKind, NameRequest, NameRows, NameValue, check_name_record,
    name::hash_text,
};
use oxen_types::{
    ConsensusDecode, Hash, Height, Network, Transaction,
    extra::{Extra, NameOwner},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

/// The newest row of every name, and every row that ever was, in order.
#[derive(Default)]
struct Register {
    rows: BTreeMap<(NameKind, Hash), NameEntry>,
    history: Vec<NameEntry>,
}

fn folder(set: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("OXEN_VECTORS") else {
        println!("skipped: OXEN_VECTORS is not set, so there is no recorded chain {set} to read");
        return None;
    };
    Some(PathBuf::from(folder).join(set))
}

fn read(path: &PathBuf) -> Value {
    let bytes = fs::read(path).unwrap();
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::GzDecoder::new(bytes.as_slice())
            .read_to_string(&mut text)
            .unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    serde_json::from_str(&text).unwrap()
}

fn replay(folder: &Path, network: &Network) -> Register {
    let mut register = Register::default();
    let transactions = read(&folder.join("txs.json.gz"));
    let names = transactions
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["type"] == "ons");
    for recorded in names {
        let blob = hex::decode(recorded["blob"].as_str().unwrap()).unwrap();
        let transaction = Transaction::decode(&blob).unwrap();
        let extra = Extra::parse(&transaction.prefix.extra).unwrap();
        let record = extra.name_record().unwrap();
        let height = Height::new(recorded["height"].as_u64().unwrap());
        let kind = NameKind::of(record.name_type);
        let row = |kind| register.rows.get(&(kind, record.name_hash));
        let entry = check_name_record(
            &NameRequest {
                record,
                transaction: transaction.id(),
                burned: extra.burned(),
            },
            &NameContext {
                height,
                version: network.forks.version_at(height).version,
                periods: &network.name_periods,
            },
            NameRows {
                current: row(kind),
                sibling: kind.sibling().and_then(row),
            },
        )
        .unwrap_or_else(|error| panic!("{} at height {height}: {error}", transaction.id()));
        register.history.push(entry.clone());
        register.rows.insert((kind, record.name_hash), entry);
    }
    register
}

/// The owner as the reference's database writes it: spend key, view key, flag, padding.
fn owner_blob(owner: &NameOwner) -> String {
    match owner {
        NameOwner::Wallet {
            spend_key,
            view_key,
            subaddress_flag,
        } => format!("{spend_key}{view_key}{subaddress_flag:02x}{}", "00".repeat(15)),
        NameOwner::Ed25519(key) => panic!("no recorded name belongs to the ed25519 key {key}"),
    }
}

fn replays(set: &str) -> Option<(PathBuf, Network, Register)> {
    let folder = folder(set)?;
    let text = fs::read_to_string(folder.join("network.json")).unwrap();
    let network = Network::from_description_json(&text).unwrap();
    let register = replay(&folder, &network);
    let database = read(&folder.join("ons_db.json"));
    let owner = |id: &Value| {
        let owners = database["owner"].as_array().unwrap();
        let found = owners.iter().find(|owner| owner["id"] == *id);
        found.map(|owner| owner["address"].as_str().unwrap().to_owned())
    };
    let rows = database["mappings"].as_array().unwrap();
    assert_eq!(register.history.len(), rows.len());
    for row in rows {
        let id: Hash = row["txid"].as_str().unwrap().parse().unwrap();
        let entry = register.history.iter().find(|entry| entry.transaction == id).unwrap();
        assert_eq!(row["type"], u64::from(entry.kind.number()), "{id}");
        assert_eq!(row["name_hash"], hash_text(&entry.name_hash), "{id}");
        assert_eq!(row["encrypted_value"], hex::encode(&entry.encrypted_value), "{id}");
        assert_eq!(row["update_height"], entry.update_height.index(), "{id}");
        assert_eq!(
            row["expiration_height"].as_u64(),
            entry.expiration.map(Height::index),
            "{id}"
        );
        assert_eq!(owner(&row["owner_id"]), Some(owner_blob(&entry.owner)), "{id}");
        assert_eq!(
            owner(&row["backup_owner_id"]),
            entry.backup_owner.as_ref().map(owner_blob),
            "{id}"
        );
    }
    Some((folder, network, register))
}

/// Decrypts what the wallets were asked to buy and to change, by the transaction that did it.
fn decrypt(folder: &Path, network: &Network, register: &Register) -> usize {
    let mut decrypted = 0;
    for event in read(&folder.join("events.json")).as_array().unwrap() {
        let (Some(name), Some(value)) = (event["params"]["name"].as_str(), event["params"]["value"].as_str()) else {
            continue;
        };
        let Some(id) = event["result"]["tx_hash"].as_str() else {
            continue;
        };
        let id: Hash = id.parse().unwrap();
        let Some(entry) = register.history.iter().find(|entry| entry.transaction == id) else {
            continue;
        };
        let name = Name::parse(entry.kind, name).unwrap();
        assert_eq!(name.hash(), entry.name_hash);
        let found = EncryptedValue::from_bytes(entry.encrypted_value.clone())
            .decrypt(&name)
            .unwrap();
        assert_eq!(
            found,
            NameValue::parse(entry.kind, value, &network.address_prefixes).unwrap()
        );
        assert_eq!(found.text(&network.address_prefixes), value);
        decrypted += 1;
    }
    decrypted
}

#[test]
fn every_recorded_transaction_of_hf19_makes_the_recorded_row() {
    let Some((folder, network, register)) = replays("oxend-hf19") else {
        return;
    };
    assert_eq!((register.history.len(), register.rows.len()), (17, 10));
    assert_eq!(decrypt(&folder, &network, &register), 14);
}

#[test]
fn every_recorded_transaction_of_hf16_to_hf19_makes_the_recorded_row() {
    let Some((folder, network, register)) = replays("oxend-hf7-19") else {
        return;
    };
    assert_eq!((register.history.len(), register.rows.len()), (9, 5));
    assert!(decrypt(&folder, &network, &register) > 0);
}
