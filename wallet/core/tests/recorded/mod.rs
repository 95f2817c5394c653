//! Chains that the reference daemon and wallets recorded, as the wallet sees them.

use flate2::read::GzDecoder;
use oxen_crypto::{AddressPrefixes, SecretKey};
use oxen_types::{
    Amount, Block, ConsensusDecode, GlobalOutputIndex, Hash, Height, Network, Transaction,
    scan::ScanBlock,
    transaction::{PrunedTransaction, Weight},
};
use oxen_wallet_core::{
    Lookahead, Wallet, WalletKeys, find_owned_in,
    keys::{Birthday, KeysSection},
    state::WalletState,
    wallet::WalletNetwork,
};
use serde_json::Value;
use std::{collections::BTreeMap, fs::File, io::Read, path::PathBuf};

/// One recorded set.
pub struct Recorded {
    pub blocks: Vec<ScanBlock>,
    pub transactions: BTreeMap<Hash, RecordedTransaction>,
    pub wallets: Vec<Value>,
    pub events: Value,
}

/// A transaction and what the daemon said of it.
pub struct RecordedTransaction {
    pub transaction: Transaction,
    pub weight: Weight,
    pub burned: Amount,
    pub kind: String,
    pub height: u64,
}

/// The set of this name; nothing, said aloud, when the vectors are not there.
pub fn load(set: &str) -> Option<Recorded> {
    let Ok(root) = std::env::var("OXEN_VECTORS") else {
        eprintln!("skipped: OXEN_VECTORS is not set, so the recorded chain {set} is not there");
        return None;
    };
    let folder = PathBuf::from(root).join(set);
    let mut transactions = BTreeMap::new();
    let mut first_outputs = BTreeMap::new();
    for entry in read(&folder.join("txs.json.gz")).as_array().unwrap() {
        let blob = hex::decode(entry["blob"].as_str().unwrap()).unwrap();
        let transaction = Transaction::decode(&blob).unwrap();
        let id: Hash = entry["txid"].as_str().unwrap().parse().unwrap();
        if let Some(first) = entry["output_indices"].as_array().and_then(|indices| indices.first()) {
            let height = entry["height"].as_u64().unwrap();
            let lowest = first_outputs.entry(height).or_insert(u64::MAX);
            *lowest = first.as_u64().unwrap().min(*lowest);
        }
        let recorded = RecordedTransaction {
            transaction,
            weight: Weight::new(entry["weight"].as_u64().unwrap()),
            burned: Amount::from_atomic(entry["rpc"]["burned"].as_u64().unwrap_or(0)),
            kind: entry["type"].as_str().unwrap().to_owned(),
            height: entry["height"].as_u64().unwrap(),
        };
        transactions.insert(id, recorded);
    }
    let blocks = read(&folder.join("blocks.json.gz"))
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| scan_block(entry, &transactions, &first_outputs))
        .collect();
    let wallets = match read(&folder.join("wallets.json.gz")) {
        Value::Array(wallets) => wallets,
        other => panic!("a list of wallets, not {other}"),
    };
    let events = serde_json::from_reader(File::open(folder.join("events.json")).unwrap()).unwrap();
    Some(Recorded {
        blocks,
        transactions,
        wallets,
        events,
    })
}

fn read(path: &std::path::Path) -> Value {
    let mut text = Vec::new();
    GzDecoder::new(File::open(path).unwrap())
        .read_to_end(&mut text)
        .unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn scan_block(
    entry: &Value,
    transactions: &BTreeMap<Hash, RecordedTransaction>,
    first_outputs: &BTreeMap<u64, u64>,
) -> ScanBlock {
    let block = Block::decode(&hex::decode(entry["blob"].as_str().unwrap()).unwrap()).unwrap();
    let height = entry["height"].as_u64().unwrap();
    let pruned: Vec<(Hash, PrunedTransaction)> = block
        .transaction_ids
        .iter()
        .map(|id| (*id, PrunedTransaction::from(&transactions[id].transaction)))
        .collect();
    let first = first_outputs.get(&height).copied().unwrap_or(0);
    let scan = ScanBlock::from_block(
        Height::new(height),
        entry["hash"].as_str().unwrap().parse().unwrap(),
        &block,
        pruned.iter().map(|(id, transaction)| (*id, transaction)),
        GlobalOutputIndex::new(first),
    );
    // Everything the wallet sees has gone over the wire.
    ScanBlock::decode_bounded(&parity_scale_codec::Encode::encode(&scan)).unwrap()
}

pub fn secret(value: &Value) -> SecretKey {
    let mut bytes = [0; 32];
    hex::decode_to_slice(value.as_str().unwrap(), &mut bytes).unwrap();
    SecretKey::from_canonical_bytes(bytes).unwrap()
}

pub fn network() -> WalletNetwork {
    WalletNetwork::from(&Network::localdev())
}

pub fn prefixes() -> AddressPrefixes {
    network().prefixes
}

/// The recorded wallet's keys, by its words.
pub fn keys(recorded: &Value) -> WalletKeys {
    let restored = WalletKeys::from_seed_words(recorded["mnemonic"].as_str().unwrap()).unwrap();
    assert_eq!(*restored.keys.spend().unwrap(), secret(&recorded["spend_key"]));
    assert_eq!(*restored.keys.view(), secret(&recorded["view_key"]));
    restored.keys
}

/// A wallet of these keys that has seen nothing.
pub fn open(keys: WalletKeys) -> Wallet {
    let state = WalletState::new(
        keys.view_keys().spend,
        Height::GENESIS,
        Lookahead {
            accounts: 5,
            addresses: 20,
        },
    );
    let section = KeysSection {
        keys,
        birthday: Birthday::default(),
        language: oxen_crypto::mnemonic::Language::English,
        network: "localdev".to_owned(),
    };
    Wallet::new(network(), &section, state)
}

/// Scans blocks in order.
pub fn scan(wallet: &mut Wallet, blocks: &[ScanBlock]) {
    let context = wallet.view_context().unwrap();
    for (block, hits) in blocks.iter().zip(find_owned_in(&context, blocks)) {
        wallet.apply_block(block, hits).unwrap();
    }
}
