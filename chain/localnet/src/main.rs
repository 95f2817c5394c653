//! `oxen-localnet`: a whole local network with one command. Today that is one node and three wallets.

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use oxen_localnet::{
    CallError, NodeError, NodeProcess, RpcClient,
    wallet::{Wallet, WalletError},
};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::mpsc,
    time::Duration,
};
use thiserror::Error;

/// Words of the wallet that the regtest genesis pays: published, worth nothing anywhere else.
const FAUCET_SEED: &str = include_str!("../../node/src/faucet-seed.txt");
/// Atomic units of one OXEN.
const OXEN: u64 = 1_000_000_000;
/// Blocks until the genesis outputs can be spent.
const BOOTSTRAP_BLOCKS: u64 = 40;
/// Blocks until a payment can be spent.
const MATURITY_BLOCKS: u64 = 10;

/// Starts a local Oxen network, shows a private transfer on it, and stays up to be played with.
#[derive(Debug, Parser)]
#[command(name = "oxen-localnet", version, max_term_width = 120)]
struct Arguments {
    /// Where everything is kept, `.oxen/localnet` in the home folder by default; a network that is there already goes on.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Port of the node's JSON-RPC; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 22023)]
    rpc_port: u16,

    /// Seconds between the blocks that are mined while the network stays up; 0 mines none.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    block_time: u64,

    /// Show the transfer and end, instead of staying up.
    #[arg(long)]
    once: bool,
}

#[derive(Debug, Error)]
enum LocalnetError {
    #[error(transparent)]
    Node(#[from] NodeError),
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
    steps.next("starting a regtest node");
    let data_directory = arguments.data_dir.clone().unwrap_or_else(|| {
        std::env::home_dir()
            .unwrap_or_else(|| PathBuf::from("."))
            .join(".oxen")
            .join("localnet")
    });
    std::fs::create_dir_all(&data_directory)?;
    let node = NodeProcess::start_regtest(&data_directory, arguments.rpc_port, &[])?;
    let rpc = node.rpc().clone();

    steps.next("mining the bootstrap");
    let height = rpc.height()?;
    if height <= BOOTSTRAP_BLOCKS {
        rpc.generate_blocks(BOOTSTRAP_BLOCKS + 1 - height)?;
    }

    steps.next("making wallets: faucet, alice, bob");
    let wallets = make_wallets(&data_directory, node.address())?;
    let (alice, bob) = (wallets.alice.address()?, wallets.bob.address()?);

    steps.next("funding alice from the faucet that the genesis block pays");
    wallets.faucet.command(&["transfer", &alice, "1000"])?;
    rpc.generate_blocks(MATURITY_BLOCKS)?;

    steps.next("alice sends bob 250 OXEN privately");
    let (before, _) = wallets.bob.balance()?;
    let sent = wallets.alice.command(&["transfer", &bob, "250"])?;
    let id = transaction_id(&sent).ok_or_else(|| LocalnetError::Unexpected(format!("no transaction in {sent}")))?;
    let waiting = rpc.call("get_transaction_pool", &json!({}))?;
    rpc.generate_blocks(1)?;

    steps.next("looking at it from bob's wallet and through JSON-RPC");
    let (after, _) = wallets.bob.balance()?;
    if after != before + 250 * OXEN {
        return Err(LocalnetError::Unexpected(format!(
            "bob has {after} atomic OXEN, {before} before 250 OXEN arrived"
        )));
    }
    let mined = rpc.call(
        "get_transactions",
        &json!({ "txs_hashes": [id], "decode_as_json": true }),
    )?;
    steps.done();

    print_transfer(&id, &waiting, &mined["txs"][0], after);
    if arguments.once {
        node.stop()?;
        return Ok(());
    }
    print_what_to_try(&node, &wallets, &alice)?;
    stay_up(node, &rpc, arguments.block_time)
}

fn make_wallets(data_directory: &Path, daemon: &str) -> Result<Wallets, LocalnetError> {
    let folder = data_directory.join("wallets");
    std::fs::create_dir_all(&folder)?;
    let wallet = |name: &str| Wallet::new(&folder.join(name), daemon);
    let wallets = Wallets {
        faucet: wallet("faucet"),
        alice: wallet("alice"),
        bob: wallet("bob"),
    };
    wallets.faucet.restore(FAUCET_SEED.trim())?;
    wallets.alice.create()?;
    wallets.bob.create()?;
    Ok(wallets)
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

fn print_what_to_try(node: &NodeProcess, wallets: &Wallets, alice: &str) -> Result<(), LocalnetError> {
    let address = node.address();
    let program = oxen_localnet::programs::find("oxen-wallet-cli").map_err(NodeError::from)?;
    let wallet = format!(
        "{} --regtest --password '' --daemon-address {address}",
        program.display()
    );
    println!();
    println!(
        "The network is up. JSON-RPC: http://{address}/json_rpc   data: {}",
        node.data_directory().display()
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
        "      then: help, balance, address new, show_transfers, transfer {}… 1.5",
        alice.get(..12).unwrap_or(alice)
    );
    println!(
        "  {wallet} --wallet-file {} transfer {alice} 100",
        wallets.faucet.file().display()
    );
    println!();
    println!("Ctrl-C stops it; the same command goes on where it was.");
    Ok(())
}

/// Mines a block now and then and shows a status line, until a signal comes or the node ends. The node is stopped in order
/// either way: an orphan would hold the port.
fn stay_up(mut node: NodeProcess, rpc: &RpcClient, block_time: u64) -> Result<(), LocalnetError> {
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
        let info = rpc.call("get_info", &json!({}))?;
        line.set_message(info["status_line"].as_str().unwrap_or_default().to_owned());
        if stop.recv_timeout(pause).is_ok() {
            line.finish_and_clear();
            // The terminal's Ctrl-C reaches the node too: it may have gone already.
            if node.try_wait()?.is_none() && node.stop().is_err() {
                println!("The node had stopped.");
            }
            return Ok(());
        }
        if let Some(status) = node.try_wait()? {
            line.finish_and_clear();
            println!("The node ended ({status}).");
            return Ok(());
        }
        if block_time > 0 {
            rpc.generate_blocks(1)?;
        }
    }
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
