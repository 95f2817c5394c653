//! `oxen-localnet`: a whole local network with one command: an ordinary node, service nodes, wallets.

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use oxen_localnet::{
    CallError, NetworkError, NodeError, PrivateNetwork, Seen,
    private_network::{OXEN, short_times},
    wallet::{Wallet, WalletError},
};
use serde_json::{Value, json};
use std::{path::PathBuf, process::ExitCode, sync::mpsc, time::Duration};
use thiserror::Error;

/// Blocks until a payment can be spent.
const MATURITY_BLOCKS: u64 = 10;
/// Blocks until every service node earns.
const BLOCKS_UNTIL_PAID: u64 = 6;
/// What a service node holds on this network, atomic OXEN.
const REQUIREMENT: u64 = 100 * OXEN;

/// Starts a local Oxen network of real nodes, registers its service nodes from a wallet, shows a private transfer and the first
/// rewards on it, and stays up to be played with.
#[derive(Debug, Parser)]
#[command(name = "oxen-localnet", version, max_term_width = 120)]
struct Arguments {
    /// Where everything is kept, `.oxen/local-network` in the home folder by default; a network that is there already goes on.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Port of the node's JSON-RPC; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 22023)]
    rpc_port: u16,

    /// Service nodes, each a process of its own; from 11 on they test each other and vote.
    #[arg(long, value_name = "NUMBER", default_value_t = 12)]
    nodes: usize,

    /// Seconds between the blocks that are mined while the network stays up; 0 mines none.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    block_time: u64,

    /// Show everything and end, instead of staying up.
    #[arg(long)]
    once: bool,
}

#[derive(Debug, Error)]
enum LocalnetError {
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Wallet(#[from] WalletError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Unexpected(String),
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oxen-localnet: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The wallets of the network.
struct Wallets {
    faucet: Wallet,
    alice: Wallet,
    bob: Wallet,
}

fn run(arguments: &Arguments) -> Result<(), LocalnetError> {
    let steps = Steps::new(6);
    steps.next(&format!(
        "starting an ordinary node and {} service nodes",
        arguments.nodes
    ));
    let data_directory = arguments.data_dir.clone().unwrap_or_else(|| {
        std::env::home_dir()
            .unwrap_or_else(|| PathBuf::from("."))
            .join(".oxen")
            .join("local-network")
    });
    let network = PrivateNetwork::start(&data_directory, arguments.nodes, &short_times(), arguments.rpc_port)?;

    steps.next("making wallets: faucet, alice, bob; the faucet, which the genesis block pays, funds alice");
    let wallets = Wallets {
        faucet: network.faucet()?,
        alice: network.wallet("alice")?,
        bob: network.wallet("bob")?,
    };
    let (alice, bob) = (wallets.alice.address()?, wallets.bob.address()?);
    wallets.faucet.command(&["transfer", &alice, "1000"])?;
    network.mine(MATURITY_BLOCKS)?;

    steps.next("alice sends bob 250 OXEN privately");
    let (before, _) = wallets.bob.balance()?;
    let sent = wallets.alice.command(&["transfer", &bob, "250"])?;
    let id = transaction_id(&sent).ok_or_else(|| LocalnetError::Unexpected(format!("no transaction in {sent}")))?;
    let waiting = network.rpc().call("get_transaction_pool", &json!({}))?;
    network.mine(1)?;
    let (after, _) = wallets.bob.balance()?;
    if after != before + 250 * OXEN {
        return Err(LocalnetError::Unexpected(format!(
            "bob has {after} atomic OXEN, {before} before 250 OXEN arrived"
        )));
    }
    let mined = network.rpc().call(
        "get_transactions",
        &json!({ "txs_hashes": [id], "decode_as_json": true }),
    )?;

    steps.next("registering every service node from the faucet's wallet");
    register_all(&network, &wallets.faucet)?;

    steps.next("waiting for their uptime proofs and the first rewards");
    network.mine(BLOCKS_UNTIL_PAID)?;
    await_proofs(&network)?;

    steps.next("looking at it through JSON-RPC");
    let nodes = network.rpc().call("get_service_nodes", &json!({}))?;
    let earned = network.rpc().call(
        "get_accrued_rewards",
        &json!({ "addresses": [wallets.faucet.address()?] }),
    )?;
    steps.done();

    print_transfer(&id, &waiting, &mined["txs"][0], after);
    print_service_nodes(&nodes, &earned);
    if arguments.once {
        network.stop();
        return Ok(());
    }
    print_what_to_try(&network, &wallets, &alice)?;
    stay_up(network, arguments.block_time)
}

/// Registers the service nodes that are not registered yet, each with its whole stake by one operator.
fn register_all(network: &PrivateNetwork, operator: &Wallet) -> Result<(), LocalnetError> {
    let address = operator.address()?;
    for index in 0..network.node_count() {
        if network.state(index)?.is_null() {
            network.register(index, operator, 0, &[(&address, REQUIREMENT)])?;
            network.mine(1)?;
        }
    }
    Ok(())
}

/// Waits until the ordinary node has heard of every service node.
fn await_proofs(network: &PrivateNetwork) -> Result<(), LocalnetError> {
    for index in 0..network.node_count() {
        network.await_that("an uptime proof of every service node", || {
            let state = network.state(index)?;
            let heard = state["last_uptime_proof"].as_u64().unwrap_or_default() > 0;
            Ok(if heard {
                Seen::Yes(())
            } else {
                Seen::NotYet(state.to_string())
            })
        })?;
    }
    Ok(())
}

/// The id of the (first) transaction that a transfer sent.
fn transaction_id(sent: &Value) -> Option<String> {
    sent["transactions"][0]["tx_hash"].as_str().map(str::to_owned)
}

fn print_transfer(id: &str, waiting: &Value, mined: &Value, balance: u64) {
    let entry = waiting["transactions"]
        .as_array()
        .and_then(|all| all.iter().find(|entry| entry["id_hash"] == id));
    println!();
    println!("The transfer {id}");
    if let Some(entry) = entry {
        println!(
            "  waited in the pool: {} bytes, fee {} atomic OXEN",
            entry["blob_size"], entry["fee"]
        );
    }
    println!(
        "  is in block {}: nobody but alice and bob can tell amount, sender or receiver; its outputs have global indices {}",
        mined["block_height"], mined["output_indices"]
    );
    println!("  bob's balance is now {}.{:09} OXEN", balance / OXEN, balance % OXEN);
}

fn print_service_nodes(nodes: &Value, earned: &Value) {
    let states = nodes["service_node_states"].as_array().map_or(&[][..], Vec::as_slice);
    if states.is_empty() {
        return;
    }
    let active = states.iter().filter(|node| node["active"] == true).count();
    let payable = states.iter().filter(|node| node["payable"] == true).count();
    let amount = earned["amounts"][0].as_u64().unwrap_or_default();
    println!(
        "Service nodes: {} registered, {active} active, {payable} paid; their operator has earned {}.{:09} OXEN so far",
        states.len(),
        amount / OXEN,
        amount % OXEN
    );
}

fn print_what_to_try(network: &PrivateNetwork, wallets: &Wallets, alice: &str) -> Result<(), LocalnetError> {
    let address = network.address();
    let program = oxen_localnet::programs::find("oxen-wallet-cli").map_err(NodeError::from)?;
    let daemon = oxen_localnet::programs::find("oxend").map_err(NodeError::from)?;
    let description = network.description().display();
    let wallet = format!(
        "{} --network {description} --password '' --daemon-address {address}",
        program.display()
    );
    println!();
    println!(
        "The network is up. JSON-RPC: http://{address}/json_rpc   data: {}",
        network
            .description()
            .parent()
            .unwrap_or(network.description())
            .display()
    );
    println!();
    println!("Try, in another terminal:");
    println!("  curl -s {address}/get_info");
    println!("  curl -s {address}/json_rpc -d '{{\"method\":\"get_last_block_header\"}}'");
    println!(
        "  curl -s {address}/json_rpc -d '{{\"method\":\"generateblocks\",\"params\":{{\"amount_of_blocks\":5}}}}'"
    );
    println!("  curl -s {address}/metrics");
    println!("  {wallet} --wallet-file {}", wallets.bob.file().display());
    println!(
        "      then: help, balance, address new, show_transfers, ons_buy_mapping, transfer {}… 1.5",
        alice.get(..12).unwrap_or(alice)
    );
    println!(
        "  {wallet} --wallet-file {} transfer {alice} 100",
        wallets.faucet.file().display()
    );
    println!(
        "  {wallet} --wallet-file {} print_locked_stakes",
        wallets.faucet.file().display()
    );
    if network.node_count() > 0 {
        let node = format!(
            "{} --network {description} --data-dir {}",
            daemon.display(),
            network.node(0).folder().display()
        );
        println!("  {node} print_sn_status      how its peers see a service node");
        println!(
            "  {node} stop_daemon          and watch the others vote it out: curl -s {address}/json_rpc -d '{{\"method\":\"get_service_nodes\"}}'"
        );
    }
    println!();
    println!("Ctrl-C stops it; the same command goes on where it was.");
    Ok(())
}

/// Mines a block now and then and shows a status line, until a signal comes or the ordinary node ends. The nodes are stopped in
/// order either way: orphans would hold the ports.
fn stay_up(mut network: PrivateNetwork, block_time: u64) -> Result<(), LocalnetError> {
    let (sender, stop) = mpsc::channel();
    ctrlc::set_handler(move || {
        // A second signal finds nobody listening, which is fine.
        let _ = sender.send(());
    })
    .map_err(|error| LocalnetError::Unexpected(error.to_string()))?;
    let line = ProgressBar::new_spinner().with_style(style("{spinner} {msg}"));
    line.enable_steady_tick(Duration::from_millis(250));
    let pause = Duration::from_secs(if block_time == 0 { 10 } else { block_time });
    loop {
        line.set_message(status(&network)?);
        if stop.recv_timeout(pause).is_ok() {
            line.finish_and_clear();
            network.stop();
            return Ok(());
        }
        if let Some(status) = network.miner_ended()? {
            line.finish_and_clear();
            println!("The ordinary node ended ({status}).");
            network.stop();
            return Ok(());
        }
        if block_time > 0 {
            network.rpc().generate_blocks(1)?;
        }
    }
}

/// How the network is, in a line.
fn status(network: &PrivateNetwork) -> Result<String, LocalnetError> {
    let info = network.rpc().call("get_info", &json!({}))?;
    let nodes = network
        .rpc()
        .call("get_service_nodes", &json!({ "fields": { "active": true } }))?;
    let states = nodes["service_node_states"].as_array().map_or(&[][..], Vec::as_slice);
    let active = states.iter().filter(|node| node["active"] == true).count();
    Ok(format!(
        "{}, {active} of {} service nodes active",
        info["status_line"].as_str().unwrap_or_default(),
        states.len()
    ))
}

/// Progress over the steps of the demonstration.
struct Steps {
    bar: ProgressBar,
    count: u64,
}

impl Steps {
    fn new(count: u64) -> Self {
        let bar = ProgressBar::new(count).with_style(style("{spinner} {msg}"));
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, count }
    }

    /// Ends the step before and starts the next.
    fn next(&self, what: &str) {
        let number = self.bar.position() + 1;
        self.bar.inc(1);
        let text = format!("[{number}/{}] {what}", self.count);
        if self.bar.is_hidden() {
            println!("{text}");
        } else {
            self.bar.println(&text);
            self.bar.set_message("...");
        }
    }

    fn done(&self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
