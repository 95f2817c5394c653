//! A network of real nodes goes over to Arbitrum: stakes become SESH, OXEN are burned and SESH received, rewards are claimed, a node
//! comes and goes by the contract. Nodes, wallets and Arbitrum are killed on the way; nothing is lost and nothing paid twice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

use oxen_localnet::{
    BridgeSettings, NetworkError, NetworkRules, NetworkSettings, OXEN, PrivateNetwork, Seen,
    arbitrum::{
        Addresses, Anvil, Tools,
        contracts::{OxenSwap, ServiceNodeRewards, Sesh},
    },
    wallet::{Wallet, WalletError},
};
use serde_json::{Value, json};
use std::{num::NonZeroU64, time::Duration};

/// Enough for checkpoints, above which service nodes sign nothing.
const SERVICE_NODES: usize = 20;
/// What a node holds after the conversion: 54 for 100 OXEN.
const REQUIREMENT: u64 = 54 * OXEN;
/// What alice burns: rounded down, it is 54 SESH and what half an atomic unit loses.
const BURNS: [&str; 2] = ["100", "3.333333333"];
/// The same in atomic SESH.
const WORTH: [u64; 2] = [54 * OXEN, 1_799_999_999];

fn settings() -> NetworkSettings {
    // Nobody is voted out for being away as long as this test keeps a node away.
    let rules = NetworkRules::pulse(NonZeroU64::new(2).unwrap())
        .with("UPTIME_PROOF_VALIDITY", json!(600))
        .with("HARDFORK_DEREGISTRATION_GRACE_PERIOD", json!(100_000))
        .with("DECOMMISSION_INITIAL_CREDIT", json!(1000));
    let bridge = BridgeSettings::new(Tools::find().unwrap());
    NetworkSettings::new(SERVICE_NODES, rules).with_bridge(bridge)
}

#[test]
#[ignore = "needs the programs and the contracts: make bridge"]
fn oxen_become_sesh_and_nothing_is_lost_or_paid_twice() {
    let mut folder = tempfile::tempdir().unwrap();
    // For looking into a failure.
    folder.disable_cleanup(std::env::var_os("OXEN_KEEP_FOLDERS").is_some());
    let mut network = PrivateNetwork::start(folder.path(), &settings()).unwrap();
    let faucet = network.faucet().unwrap();
    let alice = network.wallet("alice").unwrap();
    let address = alice.address().unwrap();
    for _ in BURNS {
        faucet.command(&["transfer", &address, "200"]).unwrap();
        network.advance(1).unwrap();
    }
    let begin = network.rpc().height().unwrap();
    network.register_all(&faucet).unwrap();
    network.await_pulse_block(begin).unwrap();

    stakes_become_sesh(&network, &faucet);
    burned_oxen_are_paid_once(&mut network, &alice);
    rewards_are_paid_to_the_atomic_unit(&network, &faucet);
    a_node_comes_and_goes_by_the_contract(&mut network, &alice);
    blocks_go_on_without_arbitrum(&mut network);
    network.stop();
}

fn anvil(network: &PrivateNetwork) -> &Anvil {
    network.arbitrum().unwrap()
}

/// What Arbitrum says an address has, atomic SESH.
fn sesh_of(network: &PrivateNetwork, address: &str) -> u64 {
    let account = address.parse().unwrap();
    let balance = anvil(network).ask(Addresses::of_new_chain().token, &Sesh::balanceOfCall { account });
    balance.unwrap().try_into().unwrap()
}

fn await_height(network: &PrivateNetwork, height: u64) {
    let seen = || {
        let found = network.rpc().height()?;
        Ok(if found > height {
            Seen::Yes(())
        } else {
            Seen::NotYet(found.to_string())
        })
    };
    network.await_that(&format!("block {height}"), seen).unwrap();
}

/// Every node goes on with its stake in SESH, and the outputs that were staked are spent for good.
fn stakes_become_sesh(network: &PrivateNetwork, faucet: &Wallet) {
    let operator = faucet.ethereum_address().unwrap();
    await_height(network, network.fork_height(21).unwrap().unwrap());
    let nodes = network.rpc().call("get_service_nodes", &json!({})).unwrap();
    let nodes = nodes["service_node_states"].as_array().unwrap().clone();
    assert_eq!(nodes.len(), SERVICE_NODES);
    for node in &nodes {
        assert_eq!(
            (
                &node["staking_requirement"],
                &node["total_contributed"],
                &node["funded"]
            ),
            (&json!(REQUIREMENT), &json!(REQUIREMENT), &json!(true)),
            "{node}"
        );
        let found = node["operator_address"].as_str().unwrap();
        assert_eq!(found.to_lowercase(), operator.to_lowercase());
    }
    let at = Addresses::of_new_chain();
    let listed = anvil(network).ask(at.rewards, &ServiceNodeRewards::totalNodesCall {});
    assert_eq!(u64::try_from(listed.unwrap()).unwrap(), SERVICE_NODES as u64);
    let spent = network
        .rpc()
        .call("get_service_node_blacklisted_key_images", &json!({}))
        .unwrap();
    let spent = spent["blacklist"].as_array().unwrap().len();
    assert!(
        spent >= SERVICE_NODES,
        "{spent} outputs are spent for {SERVICE_NODES} stakes"
    );
}

/// Burned by the wallet, matured, signed by the nodes, credited and paid by the contract, while a node and the wallet are killed.
fn burned_oxen_are_paid_once(network: &mut PrivateNetwork, alice: &Wallet) {
    let recipient = alice.ethereum_address().unwrap();
    let before = sesh_of(network, &recipient);
    await_height(network, network.fork_height(30).unwrap().unwrap() - 1);

    let mut burns = Vec::new();
    for (amount, worth) in BURNS.iter().zip(WORTH) {
        // Killed while it burns, at a moment of its own each time: burned or not, once.
        let words = ["swap", amount, &recipient];
        alice
            .killed_after(Duration::from_millis(40 + 60 * burns.len() as u64), &words)
            .unwrap();
        let known = burns_of(alice);
        let id = if known.len() > burns.len() {
            known.into_iter().find(|id| !burns.contains(id)).unwrap()
        } else {
            let sent = alice.command(&words).unwrap();
            assert_eq!(sent["sesh"], json!(worth));
            sent["transactions"][0]["tx_hash"].as_str().unwrap().to_owned()
        };
        burns.push(id);
    }
    network.kill(3).unwrap();
    let total: u64 = WORTH.iter().sum();
    for id in &burns {
        await_claimable(network, alice, id);
    }
    network.restart(3).unwrap();

    // One less than may be silent: the node that was restarted may not have been found again.
    let silent = 5..5 + SERVICE_NODES / 3 - 1;
    for index in silent.clone() {
        network.kill(index).unwrap();
    }
    // Killed again and again while it claims; the same command goes on each time.
    for step in 1..=6 {
        alice
            .killed_after(Duration::from_millis(step * 150), &["swap", "claim"])
            .unwrap();
        let has = sesh_of(network, &recipient);
        assert!(has == before || has == before + total, "{has} SESH after {before}");
    }
    match alice.command(&["swap", "claim"]) {
        Ok(_) => {}
        // Everything was paid by one of those that were killed.
        Err(WalletError::Refused { message, .. }) => {
            assert_eq!(sesh_of(network, &recipient), before + total, "{message}");
        }
        Err(error) => panic!("{error}"),
    }
    assert_eq!(sesh_of(network, &recipient), before + total, "paid to the atomic unit");
    // Whatever it answers, there is nothing more to be had.
    let _ = alice.command(&["swap", "claim"]);
    assert_eq!(sesh_of(network, &recipient), before + total);
    claims_equal_burns(network);
    for index in silent {
        network.restart(index).unwrap();
    }
}

/// Ids of the burns that a wallet knows of.
fn burns_of(wallet: &Wallet) -> Vec<String> {
    let history = wallet.command(&["swap", "history"]).unwrap();
    let burns = history["burns"].as_array().unwrap();
    burns
        .iter()
        .filter(|burn| burn["status"] != "failed")
        .map(|burn| burn["tx_hash"].as_str().unwrap().to_owned())
        .collect()
}

fn await_claimable(network: &PrivateNetwork, wallet: &Wallet, id: &str) {
    let seen = || {
        let status = wallet.command(&["swap", "status", id])?;
        Ok(if status["status"] == "claimable" {
            Seen::Yes(())
        } else {
            Seen::NotYet(format!("{status} at height {}", network.rpc().height()?))
        })
    };
    network.await_that("a burn that can be claimed", seen).unwrap();
}

/// The chain's sum at the ratio is what the contract was told and what it paid.
fn claims_equal_burns(network: &PrivateNetwork) {
    let sums = network.rpc().call("get_swap_info", &json!({})).unwrap()["sums"].clone();
    let swap = Addresses::of_new_chain().swap;
    let credited: u64 = anvil(network)
        .ask(swap, &OxenSwap::totalCreditedCall {})
        .unwrap()
        .try_into()
        .unwrap();
    let claimed: u64 = anvil(network)
        .ask(swap, &OxenSwap::totalClaimedCall {})
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(sums["burns"], json!(BURNS.len()));
    assert_eq!(
        (sums["credited"].as_u64(), sums["matured"].as_u64(), credited, claimed),
        (Some(claimed), Some(claimed), claimed, WORTH.iter().sum())
    );
}

/// What the contract pays is what the chain says of the height that was signed.
fn rewards_are_paid_to_the_atomic_unit(network: &PrivateNetwork, faucet: &Wallet) {
    let address = faucet.ethereum_address().unwrap();
    let account = address.parse().unwrap();
    let rewards = Addresses::of_new_chain().rewards;
    let before = sesh_of(network, &address);
    faucet.command(&["rewards", "claim"]).unwrap();
    let paid = sesh_of(network, &address) - before;
    let ledger = anvil(network)
        .ask(rewards, &ServiceNodeRewards::recipientsCall { account })
        .unwrap();
    assert_eq!((ledger.rewards, ledger.claimed), (ledger.claimed, ledger.claimed));
    assert_eq!(u64::try_from(ledger.claimed).unwrap(), paid);
    assert!(paid > 0, "twenty nodes have earned nothing");
    // The next blocks add whole rewards: what was paid is a total of the past, and the chain goes on from it.
    let signed = network
        .rpc()
        .call("bls_rewards_request", &json!({ "address": address }))
        .unwrap();
    assert!(signed["amount"].as_u64().unwrap() >= paid, "{signed}");
}

/// Registered with the contract by the wallet, taken up by the chain, sent away and paid out.
fn a_node_comes_and_goes_by_the_contract(network: &mut PrivateNetwork, alice: &Wallet) {
    let index = network.add_service_node().unwrap();
    let own_node = network.node(index).process().unwrap().address().to_owned();
    let key = network.node(index).key().to_owned();
    let operator = alice.clone().with_daemon(&own_node);
    operator.command(&["bridge", "register", "fee=0%"]).unwrap();
    let registered = |network: &PrivateNetwork| -> Result<Seen<()>, NetworkError> {
        let state = network.state(index)?;
        Ok(if state["total_contributed"] == json!(REQUIREMENT) {
            Seen::Yes(())
        } else {
            Seen::NotYet(state.to_string())
        })
    };
    network
        .await_that("the new node in the chain", || registered(network))
        .unwrap();

    alice.command(&["bridge", "exit", &key]).unwrap();
    let gone = || {
        let state = network.state(index)?;
        Ok(if state.is_null() {
            Seen::Yes(())
        } else {
            Seen::NotYet(state.to_string())
        })
    };
    network.await_that("the end of the new node", gone).unwrap();
    let recipient = alice.ethereum_address().unwrap();
    let before = sesh_of(network, &recipient);
    alice.command(&["bridge", "exit", "finish", &key]).unwrap();
    let returned = || {
        let signed = match alice.command(&["rewards", "claim"]) {
            Ok(_) => Value::Null,
            Err(WalletError::Refused { message, .. }) => json!(message),
            Err(error) => return Err(error.into()),
        };
        let has = sesh_of(network, &recipient);
        Ok(if has >= before + REQUIREMENT {
            Seen::Yes(())
        } else {
            Seen::NotYet(format!("{has} of {}: {signed}", before + REQUIREMENT))
        })
    };
    network.await_that("the stake of the node that left", returned).unwrap();
}

/// Without a provider nodes repeat what the block before says of L2; it is there again with everything that it had written.
fn blocks_go_on_without_arbitrum(network: &mut PrivateNetwork) {
    let port = anvil(network).port();
    let bridge = settings().bridge.unwrap();
    network.kill_arbitrum().unwrap();
    network.await_pulse_blocks(5).unwrap();
    network.restart_arbitrum(&bridge, port).unwrap();
    network.await_pulse_blocks(5).unwrap();
    claims_equal_burns(network);
    // Its newest blocks are replaced by others.
    let depth_and_transactions = json!([3, []]);
    anvil(network)
        .rpc()
        .call("anvil_reorg", &depth_and_transactions)
        .unwrap();
    network.await_pulse_blocks(5).unwrap();
    claims_equal_burns(network);
}
