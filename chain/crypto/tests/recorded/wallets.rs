//! Wallets: from the words to every key image.

use super::{bytes, list, parse, read, sets, values};
use oxen_crypto::{
    AccountKeys, Address, AddressPrefixes, KeyPair, SubaddressIndex, amount,
    commitment::coinbase_commitment,
    keys, mnemonic,
    scan::{Candidate, ScanJob, Scanner},
    signature::key_image,
    subaddress::{self, SubaddressTable},
};
use oxen_types::{Amount, Commitment, KeyImage, PaymentId, PublicKey, codec::Reader};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

fn prefixes(set: &Path) -> AddressPrefixes {
    let network = read(set, "network");
    let prefix = |kind: &str| network["address_prefixes"][kind].as_u64().unwrap();
    AddressPrefixes {
        standard: prefix("standard"),
        integrated: prefix("integrated"),
        subaddress: prefix("subaddress"),
    }
}

fn account(wallet: &Value) -> AccountKeys {
    AccountKeys::from_seed(&mnemonic::decode(wallet["mnemonic"].as_str().unwrap()).unwrap().seed)
}

#[test]
fn every_wallet_has_its_keys_and_addresses() {
    for set in sets("every_wallet_has_its_keys_and_addresses") {
        let prefixes = prefixes(&set);
        let wallets = read(&set, "wallets");
        assert!(!list(&wallets).is_empty());
        for wallet in list(&wallets) {
            let keys = account(wallet);
            assert_eq!(*keys.spend.to_bytes(), bytes(&wallet["spend_key"]));
            assert_eq!(*keys.view.to_bytes(), bytes(&wallet["view_key"]));
            check_addresses(wallet, &keys, &prefixes);
        }
    }
}

fn check_addresses(wallet: &Value, keys: &AccountKeys, prefixes: &AddressPrefixes) {
    let view_keys = keys.view_keys();
    let at = |major, minor| Address::of_account(&view_keys, SubaddressIndex::new(major, minor)).unwrap();
    for (major, entry) in wallet["addresses"].as_object().unwrap() {
        for address in list(&entry["addresses"]) {
            let minor = u32::try_from(address["address_index"].as_u64().unwrap()).unwrap();
            let (expected, text) = (at(major.parse().unwrap(), minor), address["address"].as_str().unwrap());
            assert_eq!(expected.encode(prefixes), text);
            assert_eq!(Address::parse(text, prefixes), Ok(expected));
        }
    }
    let id: PaymentId = parse(&wallet["integrated"]["payment_id"]);
    let integrated = at(0, 0).with_payment_id(id).unwrap();
    let text = wallet["integrated"]["integrated_address"].as_str().unwrap();
    assert_eq!(integrated.encode(prefixes), text);
    assert_eq!(Address::parse(text, prefixes), Ok(integrated));
}

/// One transaction as a scanner needs it.
struct Transaction {
    /// Main keys, then the additional one of each output.
    keys: Vec<PublicKey>,
    additional: Vec<PublicKey>,
    outputs: Vec<(u64, PublicKey)>,
    /// By output: encrypted amount and commitment; of a coinbase, the clear amount.
    amounts: Vec<Result<([u8; 8], Commitment), Amount>>,
    payment_id: Option<PaymentId>,
}

impl Transaction {
    fn read(transaction: &Value) -> Self {
        let json = &transaction["json"];
        let extra: Vec<u8> = list(&json["extra"])
            .iter()
            .map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap())
            .collect();
        let (keys, additional) = transaction_keys(&extra);
        let outputs = list(&json["vout"]).iter().map(|output| parse(&output["target"]["key"]));
        let ring_ct = &json["rct_signatures"];
        let hidden = list(&ring_ct["ecdhInfo"]).iter().zip(list(&ring_ct["outPk"]));
        let hidden = hidden.map(|(info, commitment)| Ok((bytes(&info["amount"]), parse(commitment))));
        let clear = list(&json["vout"])
            .iter()
            .map(|output| Err(Amount::from_atomic(output["amount"].as_u64().unwrap())));
        Self {
            keys,
            additional,
            outputs: (0..).zip(outputs).collect(),
            amounts: if transaction["type"] == "miner" {
                clear.collect()
            } else {
                hidden.collect()
            },
            payment_id: transaction["extra"]["payment_id"]
                .as_str()
                .map(|id| id.parse().unwrap()),
        }
    }
}

/// Keys of tag 1 and tag 4; stops at the first tag that neither has nor precedes keys.
fn transaction_keys(extra: &[u8]) -> (Vec<PublicKey>, Vec<PublicKey>) {
    let (mut keys, mut additional) = (Vec::new(), Vec::new());
    let mut reader = Reader::new(extra);
    while !reader.is_empty() {
        match reader.byte("tag").unwrap() {
            1 => keys.push(PublicKey::new(reader.array("key").unwrap())),
            2 => drop(reader.byte_string("nonce").unwrap()),
            4 => {
                let count = reader.count(32, "keys").unwrap();
                additional.extend((0..count).map(|_| PublicKey::new(reader.array("key").unwrap())));
            }
            0x72 => drop(reader.bytes(32, "winner").unwrap()),
            _ => break,
        }
    }
    (keys, additional)
}

/// What a wallet owns, by output key: amount, address, key image.
type Owned = BTreeMap<PublicKey, (Amount, SubaddressIndex, KeyImage)>;

struct Wallet {
    keys: AccountKeys,
    table: SubaddressTable,
    scanner: Scanner,
    owned: Owned,
    dummy_payment_ids: usize,
}

impl Wallet {
    fn new(wallet: &Value) -> Self {
        let keys = account(wallet);
        let mut table = SubaddressTable::new();
        for major in 0..3 {
            table.add(&keys.view_keys(), major, 0..20).unwrap();
        }
        let scanner = Scanner::new(&keys.view);
        Self {
            keys,
            table,
            scanner,
            owned: Owned::new(),
            dummy_payment_ids: 0,
        }
    }

    /// Looks at every output with every key that it can have been made with.
    fn scan(&mut self, transaction: &Transaction) {
        let main = transaction
            .keys
            .iter()
            .map(|key| (*key, transaction.outputs.as_slice()));
        let additional = transaction
            .additional
            .iter()
            .copied()
            .zip(transaction.outputs.chunks(1));
        let jobs: Vec<ScanJob<'_>> = main
            .chain(additional)
            .map(|(transaction_key, outputs)| ScanJob {
                transaction_key,
                outputs,
            })
            .collect();
        for (job, result) in jobs.iter().zip(self.scanner.scan(&jobs)) {
            let result = result.unwrap();
            for ((index, key), candidate) in job.outputs.iter().zip(result.candidates) {
                let candidate = candidate.unwrap();
                let Some(address) = self.table.find(&candidate.spend_key) else {
                    continue;
                };
                let amount = open(&transaction.amounts[usize::try_from(*index).unwrap()], &candidate);
                let secret = subaddress::spend_secret(&self.keys.spend, &self.keys.view, address);
                let (pair, image) = result.derivation.derive_key_image(*index, &secret);
                assert_eq!(pair.public, *key);
                assert!(keys::is_valid_key_image(&image));
                self.owned.insert(*key, (amount, address, image));
                let id = transaction
                    .payment_id
                    .map(|id| result.derivation.decrypt_payment_id(id));
                self.dummy_payment_ids += usize::from(id == Some(PaymentId::ZERO));
            }
        }
    }
}

fn open(amount: &Result<([u8; 8], Commitment), Amount>, candidate: &Candidate) -> Amount {
    match amount {
        Ok((encrypted, commitment)) => amount::open(*encrypted, commitment, &candidate.scalar).unwrap().amount,
        Err(clear) => *clear,
    }
}

#[test]
fn every_owned_output_is_found_with_its_amount_and_key_image() {
    for set in sets("every_owned_output_is_found_with_its_amount_and_key_image") {
        let transactions: Vec<Transaction> = list(&read(&set, "txs")).iter().map(Transaction::read).collect();
        let outputs = read(&set, "outputs");
        let wallets = read(&set, "wallets");
        let (mut found, mut dummies) = (0, 0);
        for recorded in list(&wallets) {
            let mut wallet = Wallet::new(recorded);
            transactions.iter().for_each(|transaction| wallet.scan(transaction));
            let incoming = values(&recorded["incoming_transfers"]);
            let incoming: Vec<&Value> = incoming
                .flat_map(|account| {
                    if account.is_array() {
                        list(account)
                    } else {
                        list(&account["transfers"])
                    }
                })
                .collect();
            assert_eq!(wallet.owned.len(), incoming.len(), "{}", recorded["name"]);
            for transfer in incoming {
                check_transfer(transfer, &outputs, &wallet.owned);
            }
            check_exported_key_images(&recorded["key_images"], &wallet);
            found += wallet.owned.len();
            dummies += wallet.dummy_payment_ids;
        }
        println!("{}: {found} owned outputs, {dummies} dummy payment ids", set.display());
        assert!(found > 300 && dummies > 100);
    }
}

fn check_transfer(transfer: &Value, outputs: &Value, owned: &Owned) {
    let output = &outputs[usize::try_from(transfer["global_index"].as_u64().unwrap()).unwrap()];
    let (amount, address, image) = owned[&parse::<PublicKey>(&output["key"])];
    assert_eq!(amount.atomic(), transfer["amount"].as_u64().unwrap());
    assert_eq!(
        u64::from(address.major),
        transfer["subaddr_index"]["major"].as_u64().unwrap()
    );
    assert_eq!(
        u64::from(address.minor),
        transfer["subaddr_index"]["minor"].as_u64().unwrap()
    );
    assert_eq!(image, parse(&transfer["key_image"]));
}

/// Checks the signatures a wallet exported, and that ours verify too.
fn check_exported_key_images(exported: &Value, wallet: &Wallet) {
    let by_image: BTreeMap<KeyImage, PublicKey> =
        wallet.owned.iter().map(|(key, (_, _, image))| (*image, *key)).collect();
    for entry in list(&exported["signed_key_images"]) {
        let image = parse(&entry["key_image"]);
        assert_eq!(
            key_image::verify(&image, &by_image[&image], &parse(&entry["signature"])),
            Ok(())
        );
        let other = keys::key_image(&KeyPair::new(wallet.keys.view.clone()));
        assert!(key_image::verify(&other, &by_image[&image], &parse(&entry["signature"])).is_err());
    }
}

#[test]
fn coinbase_outputs_enter_rings_with_mask_one() {
    for set in sets("coinbase_outputs_enter_rings_with_mask_one") {
        let outputs = read(&set, "outputs");
        let mut checked = 0;
        for transaction in list(&read(&set, "txs")) {
            if transaction["type"] != "miner" {
                continue;
            }
            let clear = list(&transaction["json"]["vout"])
                .iter()
                .map(|output| output["amount"].as_u64().unwrap());
            for (amount, index) in clear.zip(list(&transaction["output_indices"])) {
                let output = &outputs[usize::try_from(index.as_u64().unwrap()).unwrap()];
                let commitment = coinbase_commitment(Amount::from_atomic(amount));
                assert_eq!(commitment, parse(&output["mask"]));
                checked += 1;
            }
        }
        assert!(checked > 50, "{checked}");
    }
}
