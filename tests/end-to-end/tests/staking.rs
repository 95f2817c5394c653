//! Service nodes from their registration to the end of their stake, with real nodes, real peers and real wallets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

use oxen_localnet::{
    NetworkError, NetworkRules, NetworkSettings, OXEN, PrivateNetwork, Seen,
    wallet::{Wallet, WalletError},
};
use serde_json::{Value, json};

/// Nodes of one operator. Ten of all that are active vote on the others, so that there must be more.
const VOTERS: usize = 11;
/// The node with three contributors.
const SHARED: usize = VOTERS;
/// What a node holds.
const REQUIREMENT: u64 = 100 * OXEN;

fn is_active(state: &Value) -> Seen<()> {
    if state["active"] == true {
        Seen::Yes(())
    } else {
        Seen::NotYet(state.to_string())
    }
}

/// Every voter registers alone, from one operator's wallet that the faucet paid.
fn register_voters(network: &PrivateNetwork, operator: &Wallet) {
    let address = operator.address().unwrap();
    for index in 0..VOTERS {
        network
            .register(index, operator, 0, &[(&address, REQUIREMENT)])
            .unwrap();
        network.mine(1).unwrap();
    }
}

fn fund(network: &PrivateNetwork, faucet: &Wallet, wallets: &[(&Wallet, &str)]) {
    for (wallet, amount) in wallets {
        faucet
            .command(&["transfer", &wallet.address().unwrap(), amount])
            .unwrap();
        network.mine(1).unwrap();
    }
    network.mine(10).unwrap();
}

/// What the node says an address has earned and was not paid, atomic OXEN.
fn accrued(network: &PrivateNetwork, address: &str) -> u64 {
    let answer = network
        .rpc()
        .call("get_accrued_rewards", &json!({ "addresses": [address] }))
        .unwrap();
    answer["amounts"][0].as_u64().unwrap()
}

fn decommissioned(state: &Value) -> Result<Seen<()>, NetworkError> {
    let suspended = state["funded"] == true && state["active"] == false;
    Ok(if suspended {
        Seen::Yes(())
    } else {
        Seen::NotYet(state.to_string())
    })
}

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn service_nodes_from_registration_to_the_end_of_their_stake() {
    let mut folder = tempfile::tempdir().unwrap();
    // For looking into a failure.
    folder.disable_cleanup(std::env::var_os("OXEN_KEEP_FOLDERS").is_some());
    let mut network =
        PrivateNetwork::start(folder.path(), &NetworkSettings::new(VOTERS + 1, NetworkRules::mined())).unwrap();
    let faucet = network.faucet().unwrap();
    let (alice, bob, carol) = (
        network.wallet("alice").unwrap(),
        network.wallet("bob").unwrap(),
        network.wallet("carol").unwrap(),
    );
    fund(&network, &faucet, &[(&alice, "100"), (&bob, "100"), (&carol, "100")]);

    // Two operators: one with whole nodes of its own, one with three contributors and a fee of 10 %.
    register_voters(&network, &faucet);
    let (of_alice, of_bob) = (alice.address().unwrap(), bob.address().unwrap());
    network
        .register(SHARED, &alice, 1000, &[(&of_alice, 40 * OXEN), (&of_bob, 30 * OXEN)])
        .unwrap();
    network.mine(1).unwrap();
    let key = network.node(SHARED).key().to_owned();
    let too_small = carol.command(&["stake", &key, "1"]).unwrap_err().to_string();
    assert!(
        too_small.contains("3.75"),
        "it names what would be accepted: {too_small}"
    );
    bob.command(&["stake", &key, "30"]).unwrap();
    network.mine(1).unwrap();
    assert_eq!(network.state(SHARED).unwrap()["funded"], false);
    carol.command(&["stake", &key, "30"]).unwrap();
    network.mine(1).unwrap();
    assert_eq!(network.state(SHARED).unwrap()["funded"], true);

    rewards_are_batched_and_paid(&network, [&alice, &bob, &carol]);
    a_silent_node_is_suspended_and_comes_back(&mut network, 0);
    a_node_that_stays_away_is_thrown_out_and_its_stake_is_frozen(&mut network, 1, &faucet);
    a_contributor_unlocks_and_spends(&network, &bob, &key);
}

/// All twelve nodes earn: each 1.375 OXEN a block; of that 10 % are alice's fee, the rest is split 40:30:30.
fn rewards_are_batched_and_paid(network: &PrivateNetwork, [alice, bob, carol]: [&Wallet; 3]) {
    network.mine(6).unwrap();
    let node: u64 = 16_500_000_000_000 / (VOTERS as u64 + 1);
    let fee = u64::try_from(u128::from(node) * 1_844_674_407_370_955_161 / 18_446_744_073_709_551_612).unwrap();
    let share = |stake: u64| (node - fee) * stake / 100;
    let per_block = [fee + share(40), share(30), share(30)];
    let addresses = [alice, bob, carol].map(|wallet| wallet.address().unwrap());
    let total = |address: &str, wallet: &Wallet| accrued(network, address) + wallet.balance().unwrap().0;
    let before: Vec<u64> = addresses
        .iter()
        .zip([alice, bob, carol])
        .map(|(one, wallet)| total(one, wallet))
        .collect();
    let blocks = 40;
    network.mine(blocks).unwrap();
    for (((address, wallet), before), per_block) in addresses.iter().zip([alice, bob, carol]).zip(before).zip(per_block)
    {
        // Balances are kept in thousandths, so that a whole unit may come a block sooner or later.
        let gained = total(address, wallet) - before;
        let expected = per_block * blocks / 1000;
        assert!(
            gained.abs_diff(expected) <= 1,
            "{address} gained {gained}, not {expected}"
        );
        assert!(
            accrued(network, address) < per_block * 21 / 1000 + 1000,
            "it was paid within the interval"
        );
    }
}

fn a_silent_node_is_suspended_and_comes_back(network: &mut PrivateNetwork, index: usize) {
    network.kill(index).unwrap();
    network
        .mine_until("a silent node is decommissioned", || {
            decommissioned(&network.state(index)?)
        })
        .unwrap();
    let reasons = network.state(index).unwrap();
    assert_eq!(
        reasons["last_decommission_reason_consensus_all"], 1,
        "no uptime proof: {reasons}"
    );
    network.restart(index).unwrap();
    network
        .mine_until("a node that is back is recommissioned", || {
            Ok(is_active(&network.state(index)?))
        })
        .unwrap();
    let status = network.console(index, &["print_sn_status"]).unwrap();
    assert!(status.contains(network.node(index).key()), "{status}");
}

fn a_node_that_stays_away_is_thrown_out_and_its_stake_is_frozen(
    network: &mut PrivateNetwork,
    index: usize,
    operator: &Wallet,
) {
    network.kill(index).unwrap();
    network
        .mine_until("a node that stays away is deregistered", || {
            let state = network.state(index)?;
            Ok(if state.is_null() {
                Seen::Yes(())
            } else {
                Seen::NotYet(state.to_string())
            })
        })
        .unwrap();
    let blacklist = network
        .rpc()
        .call("get_service_node_blacklisted_key_images", &json!({}))
        .unwrap();
    let frozen = blacklist["blacklist"].as_array().unwrap();
    assert_eq!(frozen.len(), 1, "{blacklist}");
    assert_eq!(frozen[0]["amount"], REQUIREMENT);
    let until = frozen[0]["unlock_height"].as_u64().unwrap();
    let stakes = operator.command(&["print_locked_stakes"]).unwrap();
    assert_eq!(stakes["blacklisted"][0]["unlock_height"], until, "{stakes}");
    let height = network.rpc().height().unwrap();
    network.mine(until.saturating_sub(height) + 1).unwrap();
    let after = network
        .rpc()
        .call("get_service_node_blacklisted_key_images", &json!({}))
        .unwrap();
    assert_eq!(after["blacklist"], json!([]));
}

fn a_contributor_unlocks_and_spends(network: &PrivateNetwork, contributor: &Wallet, key: &str) {
    let (_, unlocked) = contributor.balance().unwrap();
    contributor.command(&["request_stake_unlock", key]).unwrap();
    network.mine(1).unwrap();
    let expires = network.state(SHARED).unwrap()["requested_unlock_height"]
        .as_u64()
        .unwrap();
    let again = contributor
        .command(&["request_stake_unlock", key])
        .unwrap_err()
        .to_string();
    assert!(again.contains(&expires.to_string()), "it names the height: {again}");
    let height = network.rpc().height().unwrap();
    network.mine(expires - height + 2).unwrap();
    assert!(network.state(SHARED).unwrap().is_null());
    let (_, free) = contributor.balance().unwrap();
    assert!(free >= unlocked + 30 * OXEN, "{free} after {unlocked}");
    contributor
        .command(&["sweep_all", &contributor.address().unwrap()])
        .unwrap();
    network.mine(1).unwrap();
}

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn a_name_is_bought_resolved_and_updated() {
    let folder = tempfile::tempdir().unwrap();
    let network = PrivateNetwork::start(folder.path(), &NetworkSettings::new(0, NetworkRules::mined())).unwrap();
    let faucet = network.faucet().unwrap();
    let session = |last: &str| format!("05{}{last}", "ab".repeat(31));
    faucet
        .command(&["ons_buy_mapping", "type=session", "Satoshi", &session("01")])
        .unwrap();
    network.mine(1).unwrap();
    let found = faucet.command(&["ons_lookup", "type=session", "satoshi"]).unwrap();
    assert!(found.to_string().contains(&session("01")), "{found}");
    let taken = faucet
        .command(&["ons_buy_mapping", "type=session", "satoshi", &session("02")])
        .unwrap_err();
    let WalletError::Refused { message, .. } = &taken else {
        panic!("{taken}")
    };
    assert!(message.contains("registered"), "{message}");
    network.mine(10).unwrap();
    faucet
        .command(&[
            "ons_update_mapping",
            "type=session",
            &format!("value={}", session("03")),
            "satoshi",
        ])
        .unwrap();
    network.mine(1).unwrap();
    let found = faucet.command(&["ons_lookup", "type=session", "satoshi"]).unwrap();
    assert!(found.to_string().contains(&session("03")), "{found}");
}
