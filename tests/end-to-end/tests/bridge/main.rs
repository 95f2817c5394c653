//! A network of real nodes goes over to Arbitrum: stakes become SESH, OXEN are burned and SESH received, rewards are claimed, nodes
//! come and go by the contract. Nodes, wallets and Arbitrum are killed on the way, providers lie and blocks of Arbitrum are
//! replaced; nothing is lost and nothing paid twice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

mod burns;
mod membership;
mod providers;

use oxen_localnet::{
    BridgeSettings, NetworkRules, NetworkSettings, OXEN, PrivateNetwork, Seen,
    arbitrum::{Addresses, Anvil, Tools, contracts::Sesh},
};
use serde_json::json;
use std::num::NonZeroU64;

/// Enough for checkpoints, above which service nodes sign nothing.
const LISTED: usize = 20;
/// And one that the contract does not know.
const SERVICE_NODES: usize = LISTED + 1;
/// What a node holds after the conversion: 54 for 100 OXEN.
const REQUIREMENT: u64 = 54 * OXEN;

fn settings() -> NetworkSettings {
    // Nobody is voted out for being away as long as this test keeps a node away.
    let rules = NetworkRules::pulse(NonZeroU64::new(2).unwrap())
        .with("UPTIME_PROOF_VALIDITY", json!(600))
        .with("HARDFORK_DEREGISTRATION_GRACE_PERIOD", json!(100_000))
        .with("DECOMMISSION_INITIAL_CREDIT", json!(1000));
    let bridge = BridgeSettings {
        unlisted: SERVICE_NODES - LISTED,
        ..BridgeSettings::new(Tools::find().unwrap())
    };
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
    let (alice, bob) = (network.wallet("alice").unwrap(), network.wallet("bob").unwrap());
    let address = alice.address().unwrap();
    for _ in burns::BURNS {
        faucet.command(&["transfer", &address, "200"]).unwrap();
        network.advance(1).unwrap();
    }
    let begin = network.rpc().height().unwrap();
    network.register_all(&faucet).unwrap();
    network.await_pulse_block(begin).unwrap();

    membership::stakes_become_sesh(&network, &faucet);
    burns::burned_oxen_are_paid_once(&mut network, &alice, &faucet);
    membership::who_is_not_in_the_contract_is_purged(&network);
    membership::rewards_are_paid_to_the_atomic_unit(&network, &faucet);
    membership::nodes_come_and_go_by_the_contract(&mut network, &alice, &bob);
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

/// Without a provider nodes repeat what the block before says of L2; it is there again with everything that it had written.
fn blocks_go_on_without_arbitrum(network: &mut PrivateNetwork) {
    let port = anvil(network).port();
    let bridge = settings().bridge.unwrap();
    network.kill_arbitrum().unwrap();
    network.await_pulse_blocks(5).unwrap();
    network.restart_arbitrum(&bridge, port).unwrap();
    network.await_pulse_blocks(5).unwrap();
    burns::claims_equal_burns(network);
    // Its newest blocks are replaced by others.
    let depth_and_transactions = json!([3, []]);
    anvil(network)
        .rpc()
        .call("anvil_reorg", &depth_and_transactions)
        .unwrap();
    network.await_pulse_blocks(5).unwrap();
    burns::claims_equal_burns(network);
}
