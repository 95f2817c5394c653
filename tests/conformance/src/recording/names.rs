//! `ons_db.json`: the tables of the reference's database of names.

use super::text::HexBytes;
use oxen_types::{Hash, Height};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The database at the last height.
#[derive(Debug, Clone, Deserialize)]
pub struct NamesDatabase {
    /// Owners by number.
    pub owner: Vec<RecordedOwner>,
    /// Every row a name ever had; the newest is the one that holds.
    pub mappings: Vec<RecordedName>,
}

/// Somebody who owns names.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedOwner {
    /// Number.
    pub id: u64,
    /// Spend and view key, or an ed25519 key and zeros; then the subaddress flag and padding.
    pub address: HexBytes,
}

/// A row of a name.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedName {
    /// Rows are numbered in the order in which they were written.
    pub id: u64,
    /// Register.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Hash of the name in base64.
    pub name_hash: String,
    /// What it points to.
    pub encrypted_value: HexBytes,
    /// Transaction that wrote the row.
    pub txid: Hash,
    /// Owner.
    pub owner_id: u64,
    /// Backup owner.
    pub backup_owner_id: Option<u64>,
    /// Height of that transaction.
    pub update_height: Height,
    /// Last height of the name.
    pub expiration_height: Option<Height>,
}

impl NamesDatabase {
    /// The newest row of each name, by register and hash.
    #[must_use]
    pub fn newest(&self) -> BTreeMap<(u8, &str), &RecordedName> {
        let mut newest: BTreeMap<(u8, &str), &RecordedName> = BTreeMap::new();
        for row in &self.mappings {
            let entry = newest.entry((row.kind, row.name_hash.as_str())).or_insert(row);
            if (row.update_height, row.id) > (entry.update_height, entry.id) {
                *entry = row;
            }
        }
        newest
    }

    /// An owner as the hexadecimal keys.
    #[must_use]
    pub fn owner_keys(&self, id: u64) -> String {
        let owner = self.owner.iter().find(|owner| owner.id == id);
        owner.map_or_else(String::new, |owner| {
            hex::encode(owner.address.0.get(..64).unwrap_or_default())
        })
    }
}
