//! What there is and what to do with it, with the real paths and addresses.

use crate::{
    arguments::Arguments,
    bring_up::Up,
    error::LocalnetError,
    from_oxen_to_sesh::{CLAIMING_NODES, SWAP_FORK},
};
use oxen_localnet::{NodeError, OXEN, arbitrum::CHAIN_ID, programs};
use serde_json::json;

/// The hard fork from which on stakes and rewards are SESH.
const ETHEREUM_FORK: u64 = 21;
/// Service nodes whose addresses are listed; the others are named by the file that has them.
const LISTED_NODES: usize = 3;

/// Prints how the service nodes are and what they have earned.
pub(crate) fn print_service_nodes(up: &Up) -> Result<(), LocalnetError> {
    let rpc = up.network.rpc();
    let nodes = rpc.call(
        "get_service_nodes",
        &json!({ "fields": { "active": true, "payable": true } }),
    )?;
    let states = nodes["service_node_states"].as_array().map_or(&[][..], Vec::as_slice);
    if states.is_empty() {
        return Ok(());
    }
    let earned = rpc.call(
        "get_accrued_rewards",
        &json!({ "addresses": [up.wallets.faucet.address()?] }),
    )?;
    let active = states.iter().filter(|node| node["active"] == true).count();
    let payable = states.iter().filter(|node| node["payable"] == true).count();
    let amount = earned["amounts"][0].as_u64().unwrap_or_default();
    println!(
        "Service nodes: {} registered, {active} active, {payable} paid; their operator, the faucet, has earned {}.{:09} OXEN that wait for its turn to be paid",
        states.len(),
        amount / OXEN,
        amount % OXEN
    );
    Ok(())
}

/// Prints commands to try.
pub(crate) fn print_what_to_try(up: &Up, arguments: &Arguments) -> Result<(), LocalnetError> {
    let address = up.network.address();
    let description = up.network.description().display();
    let wallet_program = programs::find("oxen-wallet-cli").map_err(NodeError::from)?;
    let provider = up
        .network
        .arbitrum()
        .map(|anvil| format!(" --l2-provider {}", anvil.url()))
        .unwrap_or_default();
    let wallet = format!(
        "{} --network {description} --password '' --daemon-address {address}{provider} --wallet-file",
        wallet_program.display()
    );
    let alice = up.wallets.alice.address()?;
    let folder = arguments.folder();
    println!();
    println!(
        "The network is up. JSON-RPC: http://{address}/json_rpc   data: {}",
        folder.display()
    );
    println!("Wallets (their password is empty):");
    for (name, wallet) in [
        ("faucet", &up.wallets.faucet),
        ("alice", &up.wallets.alice),
        ("bob", &up.wallets.bob),
    ] {
        println!("  {name:7} {}", wallet.file().display());
    }
    print_nodes(up);
    println!();
    println!("Try, in another terminal:");
    println!("  curl -s {address}/get_info");
    println!(
        "  curl -s {address}/json_rpc -d '{{\"method\":\"get_quorum_state\",\"params\":{{\"quorum_type\":3}}}}'      who makes the next block"
    );
    println!("  curl -s {address}/metrics");
    println!("  {wallet} {}", up.wallets.bob.file().display());
    println!("      then: help, balance, address new, show_transfers, ons_buy_mapping, transfer {alice} 1.5",);
    println!("  {wallet} {} transfer {alice} 100", up.wallets.faucet.file().display());
    println!("  {wallet} {} print_locked_stakes", up.wallets.faucet.file().display());
    print_faults(up)?;
    print_swap(up, &wallet)?;
    println!();
    println!(
        "{}",
        if arguments.keep_running {
            format!(
                "It stays up: `oxen-localnet --stop --data-dir {}` ends it; without --stop the same command takes it up again later.",
                folder.display()
            )
        } else {
            "Ctrl-C stops it; the same command goes on where it was.".to_owned()
        }
    );
    Ok(())
}

/// From OXEN to SESH in three commands, where the network has Arbitrum.
fn print_swap(up: &Up, wallet: &str) -> Result<(), LocalnetError> {
    let network = &up.network;
    let (Some(anvil), Some(begin)) = (network.arbitrum(), network.fork_height(SWAP_FORK)?) else {
        return Ok(());
    };
    let alice = &up.wallets.alice;
    let file = alice.file().display();
    let next = network.rpc().height()?;
    println!();
    println!(
        "From OXEN to SESH on Arbitrum ({}, chain {CHAIN_ID}){}:",
        anvil.url(),
        if next < begin {
            format!(", from block {begin} on; the next one is {next}")
        } else {
            String::new()
        }
    );
    println!(
        "  {wallet} {file} swap 100 {}      burns 100 OXEN for alice's Ethereum address",
        alice.ethereum_address()?
    );
    if network.node_count() < CLAIMING_NODES {
        println!(
            "  With fewer than {CLAIMING_NODES} service nodes there are no checkpoints: burned OXEN cannot be claimed until there are more."
        );
    }
    println!("  {wallet} {file} swap status      claimable when a checkpoint stands above it: about 30 blocks");
    println!("  {wallet} {file} swap claim      the service nodes sign, the contract pays 54 SESH");
    println!("  {wallet} {file} ethereum balance");
    println!(
        "  {wallet} {} rewards claim      what the service nodes have earned since block {}",
        up.wallets.faucet.file().display(),
        network.fork_height(ETHEREUM_FORK)?.unwrap_or_default()
    );
    Ok(())
}

fn print_nodes(up: &Up) {
    let network = &up.network;
    if network.node_count() == 0 {
        return;
    }
    println!("Service nodes:");
    for index in 0..network.node_count().min(LISTED_NODES) {
        let node = network.node(index);
        let (address, process) = node.process().map_or_else(Default::default, |process| {
            (process.address().to_owned(), process.process_id())
        });
        let key = node.key().get(..8).unwrap_or(node.key());
        println!(
            "  {index:2} {key}…  RPC {address}  process {process}  {}",
            node.folder().display()
        );
    }
    if network.node_count() > LISTED_NODES {
        println!("     … and {} more beside them", network.node_count() - LISTED_NODES);
    }
}

fn print_faults(up: &Up) -> Result<(), LocalnetError> {
    let network = &up.network;
    if network.node_count() == 0 {
        return Ok(());
    }
    let daemon = programs::find("oxend").map_err(NodeError::from)?;
    let node = network.node(0);
    let command = format!(
        "{} --network {} --data-dir {}",
        daemon.display(),
        network.description().display(),
        node.folder().display()
    );
    println!("  {command} print_sn_status      how its peers see service node 0");
    if let Some(process) = node.process() {
        let end = if process.must_be_alone().is_ok() {
            format!("kill -9 {}", process.process_id())
        } else {
            format!(
                "curl -s {}/json_rpc -d '{{\"method\":\"stop_daemon\"}}'",
                process.address()
            )
        };
        println!("  {end}      and watch the others go on without service node 0, and vote it out");
    }
    Ok(())
}
