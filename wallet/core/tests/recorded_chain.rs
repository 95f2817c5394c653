//! Scanning chains that reference nodes and wallets recorded: what is found is what the reference wallets found.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod recorded;

use oxen_crypto::{Address, SubaddressIndex, keys::key_image};
use oxen_types::{
    Amount, Hash, Height, KeyImage, Timestamp,
    scan::ScanTransaction,
    transaction::{PrunedTransaction, TransactionType},
};
use oxen_wallet_core::{
    ChainView, StakeLocks, Wallet,
    balance::Counting,
    build::{FeeLevel, FeeRates, Priority, fee},
    history::{TransferFilter, TransferKind, TransferState},
    proofs::{ExportedKeyImage, check_proof, check_transaction_key, prove_received, prove_sent},
    sent::TransactionKeys,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use recorded::{Recorded, load, open, scan};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const SETS: [&str; 2] = ["oxend-hf19", "oxend-hf7-19"];

/// Amount, global index, key image, subaddress, height.
type Found = (u64, u64, KeyImage, (u32, u32), u64);

fn recorded_outputs(wallet: &Value) -> BTreeSet<Found> {
    let accounts = wallet["incoming_transfers"].as_object().unwrap().values();
    accounts
        .flat_map(|account| {
            account
                .get("transfers")
                .unwrap_or(account)
                .as_array()
                .cloned()
                .unwrap_or_default()
        })
        .map(|output| {
            let index = &output["subaddr_index"];
            (
                output["amount"].as_u64().unwrap(),
                output["global_index"].as_u64().unwrap(),
                output["key_image"].as_str().unwrap().parse().unwrap(),
                (number(&index["major"]), number(&index["minor"])),
                output["block_height"].as_u64().unwrap(),
            )
        })
        .collect()
}

fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

fn found_outputs(wallet: &Wallet) -> BTreeSet<Found> {
    let found = wallet.outputs().all().map(|output| {
        (
            output.amount.atomic(),
            output.global_index.index(),
            output.key_image.unwrap(),
            (output.address.major, output.address.minor),
            output.height.index(),
        )
    });
    found.collect()
}

fn each_wallet(mut check: impl FnMut(&Recorded, &Value, Wallet)) {
    for recorded in SETS.iter().filter_map(|set| load(set)) {
        for value in &recorded.wallets {
            let mut wallet = open(recorded::keys(value));
            scan(&mut wallet, &recorded.blocks);
            check(&recorded, value, wallet);
        }
    }
}

#[test]
fn every_wallet_finds_exactly_the_recorded_outputs() {
    let mut total = 0;
    each_wallet(|_, value, wallet| {
        let expected = recorded_outputs(value);
        assert_eq!(found_outputs(&wallet), expected, "wallet {}", value["name"]);
        total += expected.len();
    });
    if std::env::var("OXEN_VECTORS").is_ok() {
        assert_eq!(total, 851 + 825, "the recorded wallets own that many outputs");
    }
}

#[test]
fn recorded_addresses_are_those_of_the_accounts() {
    each_wallet(|_, value, wallet| {
        for (major, account) in value["addresses"].as_object().unwrap() {
            for address in account["addresses"].as_array().unwrap() {
                let index = SubaddressIndex::new(major.parse().unwrap(), number(&address["address_index"]));
                assert_eq!(
                    wallet.address_text(index).unwrap(),
                    address["address"].as_str().unwrap()
                );
            }
        }
    });
}

#[test]
fn a_view_only_wallet_finds_the_same_amounts_and_learns_key_images() {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    each_wallet(|recorded, value, full| {
        let mut wallet = open(full.keys().to_view_only());
        scan(&mut wallet, &recorded.blocks);
        assert_eq!(wallet.outputs().len(), full.outputs().len());
        assert!(wallet.outputs().all().all(|output| output.key_image.is_none()));
        let exported = full.export_key_images(&mut rng).unwrap();
        assert!(exported.iter().all(|image| image.verify().is_ok()));
        wallet.import_key_images(exported.iter().map(|image| {
            oxen_wallet_core::wallet::ImportedKeyImage {
                output_key: image.output_key,
                key_image: image.key_image,
                spend: full
                    .outputs()
                    .by_key_image(&image.key_image)
                    .and_then(|output| full.outputs().spend_of(output)),
            }
        }));
        assert_eq!(wallet.outputs(), full.outputs(), "wallet {}", value["name"]);
    });
}

#[test]
fn recorded_key_image_exports_verify() {
    let Some(recorded) = load("oxend-hf7-19") else { return };
    for value in &recorded.wallets {
        let mut wallet = open(recorded::keys(value));
        scan(&mut wallet, &recorded.blocks);
        let exported = value["key_images"]["signed_key_images"].as_array().unwrap();
        let outputs: Vec<_> = wallet.outputs().all().collect();
        assert_eq!(exported.len(), outputs.len());
        for entry in exported {
            let image: KeyImage = entry["key_image"].as_str().unwrap().parse().unwrap();
            let output = wallet.outputs().by_key_image(&image).unwrap();
            let signature = entry["signature"].as_str().unwrap().parse().unwrap();
            let exported = ExportedKeyImage {
                output_key: output.key,
                key_image: image,
                signature,
            };
            assert_eq!(exported.verify(), Ok(()));
            assert_eq!(key_image(&wallet.output_keys(output).unwrap()), image);
        }
    }
}

/// Balances of the second set were read at height 455, the end of its chain.
#[test]
fn balances_are_the_recorded_ones() {
    let Some(recorded) = load("oxend-hf7-19") else { return };
    let stakes = StakeLocks::default();
    let view = ChainView {
        chain_height: Height::new(455),
        now: Timestamp::from_seconds(1_900_000_000),
        stakes: &stakes,
    };
    for value in &recorded.wallets {
        let mut wallet = open(recorded::keys(value));
        scan(&mut wallet, &recorded.blocks);
        for (account, balance) in value["balance"].as_object().unwrap() {
            let Ok(found) = wallet.balance(account.parse().unwrap(), view, Counting::WithReturning) else {
                // An account that never received anything is not on the chain.
                assert_eq!(balance["balance"], 0);
                continue;
            };
            assert_eq!(
                found.total.atomic(),
                balance["balance"].as_u64().unwrap(),
                "wallet {}",
                value["name"]
            );
            assert_eq!(found.blocks_to_unlock, balance["blocks_to_unlock"].as_u64().unwrap());
            // Without the stakes that the daemon knows, more looks unlocked than is.
            assert!(found.unlocked.atomic() >= balance["unlocked_balance"].as_u64().unwrap());
        }
    }
}

#[test]
fn spent_outputs_are_the_recorded_ones() {
    let Some(recorded) = load("oxend-hf7-19") else { return };
    for value in &recorded.wallets {
        let mut wallet = open(recorded::keys(value));
        scan(&mut wallet, &recorded.blocks);
        for account in value["incoming_transfers"].as_object().unwrap().values() {
            for output in account["transfers"].as_array().into_iter().flatten() {
                let image = output["key_image"].as_str().unwrap().parse().unwrap();
                let own = wallet.outputs().by_key_image(&image).unwrap();
                assert_eq!(
                    wallet.outputs().spend_of(own).is_some(),
                    output["spent"].as_bool().unwrap()
                );
            }
        }
    }
}

#[test]
fn incoming_history_adds_up_to_the_recorded_one() {
    each_wallet(|_, value, wallet| {
        let mut expected: BTreeMap<(Hash, u32, u32), u64> = BTreeMap::new();
        for entry in value["transfers"]["in"].as_array().unwrap() {
            let index = &entry["subaddr_index"];
            let id = entry["txid"].as_str().unwrap().parse().unwrap();
            *expected
                .entry((id, number(&index["major"]), number(&index["minor"])))
                .or_default() += entry["amount"].as_u64().unwrap();
        }
        let incoming = wallet
            .transfers(&TransferFilter::default())
            .into_iter()
            .filter(|transfer| matches!(transfer.kind, TransferKind::Incoming | TransferKind::Reward));
        let found: BTreeMap<_, _> = incoming
            .flat_map(|transfer| {
                let (id, account, amount) = (transfer.transaction, transfer.account, transfer.amount.atomic());
                transfer
                    .addresses
                    .into_iter()
                    .map(move |minor| ((id, account, minor), amount))
            })
            .collect();
        assert_eq!(found, expected, "wallet {}", value["name"]);
    });
}

#[test]
fn outgoing_history_has_the_recorded_amounts_and_fees() {
    each_wallet(|recorded, value, wallet| {
        let found: BTreeMap<Hash, _> = wallet
            .transfers(&TransferFilter::default())
            .into_iter()
            .filter(|transfer| !matches!(transfer.kind, TransferKind::Incoming | TransferKind::Reward))
            .map(|transfer| (transfer.transaction, transfer))
            .collect();
        let mut seen = 0;
        for entry in value["transfers"]["out"].as_array().unwrap() {
            let id: Hash = entry["txid"].as_str().unwrap().parse().unwrap();
            let Some(transfer) = found.get(&id) else {
                // The reference lists stake unlocks, which spend nothing, as failed.
                assert_eq!(entry["type"], "failed", "transfer {id} of {}", value["name"]);
                continue;
            };
            seen += 1;
            assert!(matches!(transfer.state, TransferState::Mined { .. }));
            if transfer.kind == TransferKind::StakeUnlock {
                continue;
            }
            assert_eq!(transfer.fee.atomic(), entry["fee"].as_u64().unwrap());
            assert_eq!(transfer.fee, recorded.transactions[&id].transaction.fee());
            assert_eq!(transfer.amount.atomic(), entry["amount"].as_u64().unwrap(), "{entry}");
        }
        assert_eq!(seen, found.len(), "nothing else went out of {}", value["name"]);
    });
}

#[test]
fn taking_blocks_back_restores_the_state_exactly() {
    let Some(recorded) = load("oxend-hf19") else { return };
    for value in recorded.wallets.iter().take(4) {
        let mut wallet = open(recorded::keys(value));
        scan(&mut wallet, &recorded.blocks[..151]);
        let mut before = wallet.state().clone();
        for _ in 0..2 {
            scan(&mut wallet, &recorded.blocks[151..]);
            let detached = wallet.detach(Height::new(151)).unwrap();
            assert_eq!(detached.blocks, 220 - 150);
            // Addresses that were paid to stay known; everything else is as it was.
            wallet.accounts().clone_into(before_accounts(&mut before));
            assert_eq!(*wallet.state().encode_versioned(), *before.encode_versioned());
        }
    }
}

fn before_accounts(state: &mut oxen_wallet_core::state::WalletState) -> &mut oxen_wallet_core::Accounts {
    state.accounts_mut()
}

#[test]
fn state_and_keys_round_trip_through_bytes() {
    let Some(recorded) = load("oxend-hf19") else { return };
    let mut wallet = open(recorded::keys(&recorded.wallets[1]));
    scan(&mut wallet, &recorded.blocks);
    let bytes = wallet.state().encode_versioned();
    let owner = wallet.view_keys().spend;
    let read = oxen_wallet_core::state::WalletState::decode_versioned(&bytes, &owner).unwrap();
    assert_eq!(read, *wallet.state());
}

/// What the reference paid per weight and output, at each priority it used. Where an earlier draft was heavier, because the
/// rings of a young chain were drawn again, it paid for that.
fn fees_above_the_formula(recorded: &Recorded, from: u64) -> (usize, Vec<u64>) {
    let rates = FeeRates {
        per_byte: Amount::from_atomic(122),
        ..FeeRates::default()
    };
    let (mut exact, mut above) = (0, Vec::new());
    for entry in recorded.transactions.values() {
        if !matches!(entry.kind.as_str(), "transfer" | "stake" | "registration") || entry.height < from {
            continue;
        }
        let outputs = entry.transaction.prefix.outputs.len() as u64;
        let priority = if entry.burned.is_zero() {
            Priority::Unimportant
        } else {
            Priority::Blink
        };
        let level = FeeLevel::of(priority, TransactionType::Standard).unwrap();
        let expected = fee(entry.weight, outputs, &rates, &level).unwrap();
        let paid = entry.transaction.fee();
        assert_eq!(level.burned(paid), entry.burned);
        assert_eq!(entry.transaction.weight(), entry.weight);
        assert!(paid >= expected, "{paid} is less than {expected}");
        if paid == expected {
            exact += 1;
        } else {
            above.push(paid.saturating_sub(expected).atomic() * 100 / level.percent / 122);
        }
    }
    (exact, above)
}

#[test]
fn the_fee_formula_gives_the_recorded_fees() {
    if let Some(recorded) = load("oxend-hf7-19") {
        let (exact, above) = fees_above_the_formula(&recorded, 165);
        assert_eq!((exact, above.len()), (194, 2), "{above:?} bytes above");
    }
    if let Some(recorded) = load("oxend-hf19") {
        let (exact, above) = fees_above_the_formula(&recorded, 0);
        assert!(
            exact * 2 > above.len() * 5 && above.iter().all(|bytes| *bytes < 45),
            "{exact} exact, {above:?}"
        );
    }
}

/// Transaction keys that the reference handed out open exactly the payments it says it made.
#[test]
fn recorded_transaction_keys_prove_the_recorded_payments() {
    let mut rng = ChaCha20Rng::seed_from_u64(8);
    let mut checked = 0;
    for recorded in SETS.iter().filter_map(|set| load(set)) {
        for event in recorded
            .events
            .as_array()
            .unwrap()
            .iter()
            .filter(|event| event["kind"] == "transfer")
        {
            let result = &event["result"];
            let (Some([id]), Some([key])) = (
                result["tx_hash_list"].as_array().map(Vec::as_slice),
                result["tx_key_list"].as_array().map(Vec::as_slice),
            ) else {
                continue;
            };
            let id: Hash = id.as_str().unwrap().parse().unwrap();
            let Some(entry) = recorded.transactions.get(&id) else {
                continue;
            };
            let scanned = ScanTransaction::new(id, &PrunedTransaction::from(&entry.transaction), None);
            let keys = transaction_keys(key.as_str().unwrap());
            let sender = recorded
                .wallets
                .iter()
                .find(|wallet| wallet["name"] == event["wallet"])
                .unwrap()
                .to_string();
            let mut wanted: BTreeMap<&str, u64> = BTreeMap::new();
            for destination in event["dests"].as_array().into_iter().flatten() {
                let atomic = (destination[1].as_f64().unwrap() * 1e9).round() as u64;
                *wanted.entry(destination[0].as_str().unwrap()).or_default() += atomic;
            }
            for (text, amount) in wanted {
                let address = Address::parse(text, &recorded::prefixes()).unwrap();
                let proof = check_transaction_key(&scanned, &keys, &address).unwrap();
                if sender.contains(text) {
                    // The change went to the same address.
                    assert!(proof.amount.atomic() >= amount, "{id}");
                } else {
                    assert_eq!(proof.amount.atomic(), amount, "{id}");
                }
                let text = prove_sent(&scanned, &keys, &address, b"note", &mut rng).unwrap();
                assert_eq!(check_proof(&scanned, &address, b"note", &text), Ok(proof));
                assert!(check_proof(&scanned, &address, b"other", &text).is_err());
                checked += 1;
            }
        }
    }
    if std::env::var("OXEN_VECTORS").is_ok() {
        assert!(checked > 200, "{checked}");
    }
}

fn transaction_keys(text: &str) -> TransactionKeys {
    let bytes = hex::decode(text).unwrap();
    let mut keys = bytes
        .as_chunks::<32>()
        .0
        .iter()
        .map(|key| oxen_wallet_core::secret::SecretBytes::new(*key));
    TransactionKeys {
        main: keys.next().unwrap(),
        additional: keys.collect(),
    }
}

#[test]
fn a_receiver_proves_what_it_received() {
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    let Some(recorded) = load("oxend-hf19") else { return };
    for value in recorded.wallets.iter().skip(1).take(2) {
        let mut wallet = open(recorded::keys(value));
        scan(&mut wallet, &recorded.blocks);
        for transfer in wallet.transfers(&TransferFilter::default()) {
            if transfer.kind != TransferKind::Incoming {
                continue;
            }
            let entry = &recorded.transactions[&transfer.transaction];
            let scanned =
                ScanTransaction::new(transfer.transaction, &PrunedTransaction::from(&entry.transaction), None);
            let index = SubaddressIndex::new(transfer.account, *transfer.addresses.first().unwrap());
            let address = wallet.address(index).unwrap();
            let text = prove_received(&scanned, wallet.keys().view(), &address, b"", &mut rng).unwrap();
            assert_eq!(
                check_proof(&scanned, &address, b"", &text).unwrap().amount,
                transfer.amount
            );
        }
    }
}
