//! What the reference daemon and its wallets recorded: keys, addresses, owned outputs, signatures and proofs.
//!
//! Reads the sets below the directory named by `OXEN_VECTORS`; without it each test says that it skipped.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod proofs;
mod wallets;

use flate2::read::GzDecoder;
use serde_json::Value;
use std::{env, fmt::Debug, fs, io::Read as _, path::PathBuf, str::FromStr};

/// The recorded sets.
const SETS: [&str; 2] = ["oxend-hf19", "oxend-hf7-19"];

/// The directories of the sets; none, and a note, if `OXEN_VECTORS` is not set.
fn sets(test: &str) -> Vec<PathBuf> {
    let Some(root) = env::var_os("OXEN_VECTORS").map(PathBuf::from) else {
        println!("{test}: skipped, OXEN_VECTORS is not set");
        return Vec::new();
    };
    SETS.iter().map(|set| root.join(set)).collect()
}

/// Reads `name.json` or `name.json.gz`.
fn read(set: &std::path::Path, name: &str) -> Value {
    let plain = set.join(format!("{name}.json"));
    if plain.exists() {
        return serde_json::from_slice(&fs::read(plain).unwrap()).unwrap();
    }
    let mut text = Vec::new();
    let file = fs::File::open(set.join(format!("{name}.json.gz"))).unwrap();
    GzDecoder::new(file).read_to_end(&mut text).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// Parses a hexadecimal field.
fn parse<T: FromStr<Err: Debug>>(value: &Value) -> T {
    value.as_str().unwrap().parse().unwrap()
}

/// The bytes of a hexadecimal field.
fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    hex::decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
}

/// The elements of an array; none if the field is missing.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The values of an object.
fn values(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_object().into_iter().flat_map(|object| object.values())
}
