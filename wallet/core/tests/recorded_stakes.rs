//! Stakes that reference wallets made and a reference daemon listed: this wallet recognises them, and would have made the same.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends where it fails"
)]

#[allow(dead_code, reason = "shared with the other tests of recorded chains")]
mod recorded;

use flate2::read::GzDecoder;
use oxen_crypto::{SubaddressIndex, keys::key_image, signature};
use oxen_staking_rules::registry::{BlacklistedStake, LockedContribution, stake_transaction::staked_output};
use oxen_types::{Amount, Hash, Height, PublicKey, Timestamp, extra::Extra, transaction::TransactionType};
use oxen_wallet_core::{
    ChainView, Wallet,
    balance::Counting,
    history::TransferKind,
    spendability::Spendability,
    staking::{
        CommandContext, DaemonStakes, NodeFunding, RegistrationCommand, RegistrationCommandError, StakeOutcome,
        StakedNode,
    },
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use recorded::{Recorded, load, open, prefixes, scan};
use serde_json::Value;
use std::{fs::File, path::PathBuf};

const REQUIREMENT: Amount = Amount::from_atomic(100_000_000_000);

fn read(set: &str, name: &str) -> Value {
    let root = PathBuf::from(std::env::var("OXEN_VECTORS").unwrap());
    let file = File::open(root.join(set).join(name)).unwrap();
    if name.ends_with(".gz") {
        serde_json::from_reader(GzDecoder::new(file)).unwrap()
    } else {
        serde_json::from_reader(file).unwrap()
    }
}

fn wallet_named(recorded: &Recorded, name: &str) -> Wallet {
    let value = recorded.wallets.iter().find(|wallet| wallet["name"] == name).unwrap();
    open(recorded::keys(value))
}

fn amount(value: &Value) -> Amount {
    Amount::from_atomic(value.as_u64().unwrap_or(0))
}

fn height(value: &Value) -> Height {
    Height::new(value.as_u64().unwrap_or(0))
}

/// What the recorded daemon said of the stakes of a wallet.
fn answer(state: &Value, blacklist: &Value, address: &str) -> DaemonStakes {
    let nodes = &state["get_service_nodes"];
    let nodes = nodes.get("result").unwrap_or(nodes);
    let own = |node: &Value| {
        let contributors = node["contributors"].as_array()?.iter();
        let own = contributors.into_iter().find(|one| one["address"] == address)?.clone();
        let locked = own["locked_contributions"].as_array().cloned().unwrap_or_default();
        let outputs = locked.iter().map(|entry| LockedContribution {
            key_image: entry["key_image"].as_str().unwrap().parse().unwrap(),
            output_key: entry["key_image_pub_key"].as_str().unwrap().parse().unwrap(),
            amount: amount(&entry["amount"]),
        });
        let missing = amount(&node["staking_requirement"]).saturating_sub(amount(&node["total_contributed"]));
        let unlock = height(&node["requested_unlock_height"]);
        let key: PublicKey = node["service_node_pubkey"].as_str()?.parse().ok()?;
        let staked = StakedNode {
            registration_height: height(&node["registration_height"]),
            requested_unlock_height: (unlock > Height::GENESIS).then_some(unlock),
            requirement: amount(&node["staking_requirement"]),
            funding: if missing.is_zero() {
                NodeFunding::Complete
            } else {
                NodeFunding::Awaiting(missing)
            },
            credited: amount(&own["amount"]),
            reserved: amount(own.get("reserved").unwrap_or(&own["amount"])),
            outputs: outputs.collect(),
        };
        Some((key, staked))
    };
    let blacklist = blacklist
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| BlacklistedStake {
            key_image: entry["key_image"].as_str().unwrap().parse().unwrap(),
            unlock_height: height(&entry["unlock_height"]),
            amount: amount(&entry["amount"]),
        });
    DaemonStakes {
        chain_height: height(&state["height"]).saturating_add(1),
        nodes: nodes["service_node_states"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(own)
            .collect(),
        blacklist: blacklist.collect(),
    }
}

#[test]
fn recorded_registration_commands_are_read_and_give_the_recorded_registrations() {
    let Some(recorded) = load("oxend-hf19") else { return };
    let mut read = 0;
    for event in recorded.events.as_array().unwrap() {
        if event["kind"] != "register_service_node" {
            continue;
        }
        let wallet = wallet_named(&recorded, event["wallet"].as_str().unwrap());
        let own = wallet.address(SubaddressIndex::PRIMARY).unwrap();
        let context = CommandContext {
            prefixes: &prefixes(),
            own: &own,
            hard_fork: 19,
            requirement: REQUIREMENT,
        };
        let text = event["params"]["register_service_node_str"].as_str().unwrap();
        let command = RegistrationCommand::parse(text, &context).unwrap();
        assert_eq!(
            Some(command.operator_amount().atomic()),
            event["result"]["amount"].as_u64()
        );
        let id: Hash = event["result"]["tx_hash"].as_str().unwrap().parse().unwrap();
        let Some(entry) = recorded.transactions.get(&id) else {
            continue;
        };
        let extra = Extra::parse(&entry.transaction.prefix.extra).unwrap();
        assert_eq!(extra.registration(), Some(&command.registration));
        assert_eq!(extra.service_node_key(), Some(command.service_node));
        read += 1;
    }
    assert!(read >= 25, "{read}");
    // The reference made this one for two parts of one address, and the chain does not take it.
    let repeated = recorded.events.as_array().unwrap().iter();
    let repeated = repeated.filter(|event| event["what"] == "reg cmd: duplicate contributor");
    let texts: Vec<&str> = repeated
        .filter_map(|event| event["result"]["registration_cmd"].as_str())
        .collect();
    assert!(!texts.is_empty());
    for text in texts {
        let own = wallet_named(&recorded, "mike")
            .address(SubaddressIndex::PRIMARY)
            .unwrap();
        let context = CommandContext {
            prefixes: &prefixes(),
            own: &own,
            hard_fork: 19,
            requirement: REQUIREMENT,
        };
        let refused = RegistrationCommand::parse(text, &context).unwrap_err();
        assert_eq!(refused, RegistrationCommandError::RepeatedAddress { place: 3 });
    }
}

#[test]
fn a_recorded_stakers_output_is_found_with_the_key_image_that_this_wallet_would_prove() {
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let Some(recorded) = load("oxend-hf19") else { return };
    let mut found = 0;
    for value in &recorded.wallets {
        let mut wallet = open(recorded::keys(value));
        scan(&mut wallet, &recorded.blocks);
        for (id, record) in wallet.transactions() {
            let entry = &recorded.transactions[id];
            if entry.transaction.prefix.kind != TransactionType::Stake || record.spent.is_empty() {
                continue;
            }
            let extra = Extra::parse(&entry.transaction.prefix.extra).unwrap();
            let staked = staked_output(&entry.transaction, &extra).unwrap();
            let output = wallet
                .outputs()
                .by_key_image(&staked.output.key_image)
                .expect("the staked output is ours");
            assert_eq!(
                (output.key, output.amount),
                (staked.output.output_key, staked.output.amount)
            );
            assert_eq!(output.address, SubaddressIndex::PRIMARY);
            assert_eq!(record.service_node, Some(staked.node));
            // Our own proof for the same output has the same key image, and holds as the recorded one does.
            let [theirs] = extra.key_image_proofs().unwrap() else {
                panic!("one proof")
            };
            let pair = wallet.output_keys(output).unwrap();
            let image = key_image(&pair);
            assert_eq!(image, theirs.key_image);
            let ours = signature::key_image::sign(&image, &pair, &mut rng);
            for proof in [ours, theirs.signature] {
                assert_eq!(signature::key_image::verify(&image, &output.key, &proof), Ok(()));
            }
            // The order of fields is the one that this wallet writes.
            let mut sorted = extra.clone();
            sorted.sort_for_writing();
            assert_eq!(sorted, extra);
            let line = &wallet.transfers_of(id)[0];
            assert_eq!((line.kind, line.service_node), (TransferKind::Stake, Some(staked.node)));
            found += 1;
        }
    }
    assert_eq!(found, 60, "thirty registrations and thirty contributions");
}

#[test]
fn recorded_unlocks_are_recognised_and_ours_would_hold_as_well() {
    let mut rng = ChaCha20Rng::seed_from_u64(12);
    let Some(recorded) = load("oxend-hf19") else { return };
    let mut found = 0;
    for value in &recorded.wallets {
        let mut wallet = open(recorded::keys(value));
        scan(&mut wallet, &recorded.blocks);
        for (id, record) in wallet.transactions() {
            let Some(image) = record.unlocked_stake else { continue };
            let theirs = Extra::parse(&recorded.transactions[id].transaction.prefix.extra).unwrap();
            let node = theirs.service_node_key().unwrap();
            let signed = wallet.sign_stake_unlock(node, &image, &mut rng).unwrap();
            let ours = Extra::parse(&signed.transaction.prefix.extra).unwrap();
            assert_eq!(ours.service_node_key(), Some(node));
            let key = wallet.outputs().by_key_image(&image).unwrap().key;
            for unlock in [theirs.key_image_unlock().unwrap(), ours.key_image_unlock().unwrap()] {
                assert_eq!(unlock.key_image, image);
                assert_eq!(unlock.nonce, 0x4b4c_4e55);
                let signed = signature::schnorr::verify(&unlock.signature_hash(), &key, &unlock.signature);
                assert_eq!(signed, Ok(()));
            }
            let recorded = &recorded.transactions[id].transaction;
            assert_eq!(signed.transaction.weight(), recorded.weight());
            assert_eq!(wallet.transfers_of(id)[0].kind, TransferKind::StakeUnlock);
            found += 1;
        }
    }
    assert_eq!(found, 4);
}

#[test]
fn every_stake_that_the_recorded_daemon_lists_is_an_output_of_its_contributor() {
    let Some(recorded) = load("oxend-hf19") else { return };
    let states = read("oxend-hf19", "state.json.gz");
    let final_state = states.as_array().unwrap().last().unwrap();
    let mut staked = 0;
    for value in &recorded.wallets {
        let mut wallet = open(recorded::keys(value));
        scan(&mut wallet, &recorded.blocks);
        let address = wallet.address_text(SubaddressIndex::PRIMARY).unwrap();
        let told = answer(final_state, &Value::Null, &address);
        let outputs: Vec<_> = told.nodes.values().flat_map(|node| node.outputs.clone()).collect();
        assert_eq!(wallet.note_stakes(told, 1_000), lost_stakes(&wallet, &outputs));
        let locks = wallet.stake_locks();
        let view = ChainView {
            chain_height: Height::new(221),
            now: Timestamp::from_seconds(1_900_000_000),
            stakes: &locks,
        };
        let rules = wallet.spend_rules(view);
        for locked in &outputs {
            let output = wallet
                .outputs()
                .by_key_image(&locked.key_image)
                .expect("a stake of ours");
            assert_eq!((output.key, output.amount), (locked.output_key, locked.amount));
            assert!(matches!(rules.judge(output), Spendability::Staked(_)));
            assert_eq!(
                wallet.stakes().outcome(&output.transaction),
                Some(StakeOutcome::Counted)
            );
            staked += 1;
        }
        let total = wallet.total_balance(view, Counting::WithReturning).staked;
        assert_eq!(
            total,
            Amount::checked_sum(outputs.iter().map(|one| one.amount)).unwrap()
        );
    }
    assert!(staked > 30, "{staked}");
}

/// With a window of unlocking as long as the chain, every stake that is not listed at its end counts as lost.
fn lost_stakes(wallet: &Wallet, listed: &[LockedContribution]) -> Vec<Hash> {
    let stakes = wallet.transactions().iter().filter(|(_, record)| {
        record.kind == oxen_types::scan::ScanKind::Ordinary(TransactionType::Stake) && !record.spent.is_empty()
    });
    let listed = |index| {
        let output = wallet.outputs().get(index).unwrap();
        listed.iter().any(|locked| locked.output_key == output.key)
    };
    stakes
        .filter(|(_, record)| !record.received.iter().any(|index| listed(*index)))
        .map(|(id, _)| *id)
        .collect()
}

/// The second set has balances of the reference wallet at the end of its chain, stakes included.
#[test]
fn unlocked_balances_are_the_recorded_ones_once_the_daemon_named_the_stakes() {
    let Some(recorded) = load("oxend-hf7-19") else { return };
    let states = read("oxend-hf7-19", "state.json.gz");
    let final_state = states.as_array().unwrap().last().unwrap();
    let answers = read("oxend-hf7-19", "rpc_final.json");
    let blacklist = answers
        .as_array()
        .unwrap()
        .iter()
        .find(|answer| answer["method"] == "get_service_node_blacklisted_key_images")
        .map(|answer| {
            let result = answer.get("result").unwrap_or(&answer["response"]["result"]);
            result["blacklist"].clone()
        })
        .unwrap_or_default();
    let mut staked = Amount::ZERO;
    for value in &recorded.wallets {
        let mut wallet = open(recorded::keys(value));
        scan(&mut wallet, &recorded.blocks);
        let address = wallet.address_text(SubaddressIndex::PRIMARY).unwrap();
        wallet.note_stakes(answer(final_state, &blacklist, &address), 240);
        let locks = wallet.stake_locks();
        let view = ChainView {
            chain_height: Height::new(455),
            now: Timestamp::from_seconds(1_900_000_000),
            stakes: &locks,
        };
        for (account, balance) in value["balance"].as_object().unwrap() {
            let Ok(found) = wallet.balance(account.parse().unwrap(), view, Counting::WithReturning) else {
                continue;
            };
            let recorded = balance["unlocked_balance"].as_u64().unwrap();
            assert_eq!(
                found.unlocked.atomic(),
                recorded,
                "account {account} of {}",
                value["name"]
            );
            staked = staked.saturating_add(found.staked);
        }
    }
    assert!(staked > Amount::ZERO);
}
