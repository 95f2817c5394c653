//! Test scaffolding: the registers of names of the fake daemon. What is mined is checked by the rules of the chain, so that a wallet
//! that builds something else fails its test.

use oxen_names::{
    NameContext, NameEntry, NameKind, NameRequest, NameRows, check_name_record,
    name::{hash_text, parse_hash},
    owner::{owner_text, parse_owner},
};
use oxen_types::{
    Hash, Height, Network, Transaction, extra::Extra, network::HardForkVersion, transaction::TransactionType,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct FakeNames {
    rows: BTreeMap<(NameKind, Hash), NameEntry>,
}

impl FakeNames {
    pub fn row(&self, kind: NameKind, hash: Hash) -> Option<&NameEntry> {
        self.rows.get(&(kind, hash))
    }

    pub fn apply(&mut self, height: u64, transactions: &[Transaction]) {
        for transaction in transactions {
            if transaction.prefix.kind != TransactionType::OxenNameSystem {
                continue;
            }
            let extra = Extra::parse(&transaction.prefix.extra).unwrap();
            let record = extra.name_record().unwrap();
            let kind = NameKind::of(record.name_type);
            let entry = check_name_record(
                &NameRequest {
                    record,
                    transaction: transaction.id(),
                    burned: extra.burned(),
                },
                &NameContext {
                    height: Height::new(height),
                    version: HardForkVersion::REWARD_BATCHING,
                    periods: &Network::regtest().name_periods,
                },
                NameRows {
                    current: self.row(kind, record.name_hash),
                    sibling: kind.sibling().and_then(|kind| self.row(kind, record.name_hash)),
                },
            )
            .unwrap();
            self.rows.insert((kind, record.name_hash), entry);
        }
    }

    fn active(&self, next: u64) -> impl Iterator<Item = &NameEntry> {
        self.rows.values().filter(move |row| row.is_active(Height::new(next)))
    }

    pub fn answer_names(&self, next: u64, params: &Value) -> Value {
        let mut found = Vec::new();
        for (index, query) in (0..).zip(params["entries"].as_array().unwrap()) {
            let hash = parse_hash(query["name_hash"].as_str().unwrap()).unwrap();
            let kinds = query["types"].as_array().unwrap();
            let wanted = |row: &&NameEntry| row.name_hash == hash && kinds.contains(&json!(row.kind.number()));
            found.extend(
                self.active(next)
                    .filter(wanted)
                    .map(|row| entry(row, "entry_index", index)),
            );
        }
        json!({"entries": found, "status": "OK"})
    }

    pub fn answer_owners(&self, next: u64, params: &Value) -> Value {
        let prefixes = Network::regtest().address_prefixes;
        let owners: Vec<_> = params["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|text| parse_owner(text.as_str().unwrap(), &prefixes).unwrap())
            .collect();
        let found = self.active(next).filter_map(|row| {
            let index = owners.iter().position(|owner| row.is_owned_by(owner))?;
            Some(entry(row, "request_index", index as u64))
        });
        json!({"entries": found.collect::<Vec<_>>(), "status": "OK"})
    }
}

fn entry(row: &NameEntry, index_name: &str, index: u64) -> Value {
    let prefixes = Network::regtest().address_prefixes;
    json!({
        index_name: index,
        "type": row.kind.number(),
        "name_hash": hash_text(&row.name_hash),
        "owner": owner_text(&row.owner, &prefixes),
        "backup_owner": row.backup_owner.map(|owner| owner_text(&owner, &prefixes)),
        "encrypted_value": hex::encode(&row.encrypted_value),
        "update_height": row.update_height.index(),
        "expiration_height": row.expiration.map(Height::index),
        "txid": row.transaction,
    })
}
