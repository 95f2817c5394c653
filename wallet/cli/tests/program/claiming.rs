//! The commands for Arbitrum with the real contracts on a development node; skipped, with a word, where there is none
//! (`OXEN_ANVIL`, `OXEN_CONTRACTS`).

use crate::{
    arbitrum::{Arbitrum, REQUIREMENT, SESH},
    dialogue::{Desk, Run},
    fake_bridge::FakeBridge,
    fake_swap::{self, FakeSwap},
};
use alloy::primitives::hex;
use oxen_types::{Amount, Network, bytes::EthereumAddress};
use oxen_wallet_core::{
    address::{AddressUse, parse_address},
    wallet::WalletNetwork,
};
use oxen_wallet_ethereum::{EthereumKey, checksummed};
use serde_json::json;
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};
use tokio::runtime::Runtime;

const EARNED: u64 = 123_456_789_012_345;

/// A wallet with a key that has ETH, its daemon, and Arbitrum.
pub struct Office {
    pub runtime: Runtime,
    pub arbitrum: Arbitrum,
    pub desk: Desk,
    pub address: EthereumAddress,
}

/// A wallet `w` with money on a chain that takes burns for this contract, and its address.
pub fn swap_desk(contract: EthereumAddress) -> (Desk, String) {
    let network = fake_swap::network(contract);
    let desk = Desk::with_daemon().on(&network);
    {
        let mut chain = desk.daemon().chain();
        chain.nettype = network.name.clone();
        chain.hard_fork = 30;
        chain.swap = Some(FakeSwap::new(network));
    }
    let own = desk.make("w", 1);
    let prefixes = WalletNetwork::from(&Network::regtest()).prefixes;
    let address = parse_address(&own, &prefixes, AddressUse::Payment).unwrap();
    let mut chain = desk.daemon().chain();
    chain.mine(&vec![(address, Amount::from_atomic(10_000_000_000)); 10]);
    chain.mine_strangers(15);
    drop(chain);
    (desk, own)
}

impl Office {
    /// The service node that the daemon runs.
    pub fn node_key(&self) -> String {
        self.desk
            .daemon()
            .chain()
            .bridge
            .as_ref()
            .unwrap()
            .own_key()
            .to_string()
    }

    pub fn open() -> Option<Self> {
        let runtime = Runtime::new().unwrap();
        let arbitrum = runtime.block_on(Arbitrum::start_as(Network::regtest().l2.chain_id, 4))?;
        let desk = Desk::with_daemon();
        desk.make("w", 1);
        Some(Self::furnish(runtime, arbitrum, desk))
    }

    /// The same on a chain that takes burns.
    pub fn with_swap() -> Option<Self> {
        let runtime = Runtime::new().unwrap();
        let arbitrum = runtime.block_on(Arbitrum::start_as(Network::regtest().l2.chain_id, 4))?;
        let (desk, _) = swap_desk(arbitrum.swap);
        Some(Self::furnish(runtime, arbitrum, desk))
    }

    fn furnish(runtime: Runtime, arbitrum: Arbitrum, desk: Desk) -> Self {
        let key = runtime.block_on(arbitrum.account());
        desk.daemon().chain().bridge = Some(FakeBridge::new(arbitrum.nodes.clone()));
        let office = Self {
            runtime,
            arbitrum,
            desk,
            address: key.address(),
        };
        office.take_key("w", &key);
        office
    }

    pub fn take_key(&self, wallet: &str, key: &EthereumKey) {
        let path = self.desk.file(wallet);
        let words = ["--wallet-file", &path, "--password", "", "ethereum", "import"];
        self.desk.run(&words, &hex::encode(*key.to_bytes())).ok();
    }

    pub fn owe(&self, address: EthereumAddress, total: u64) {
        let mut chain = self.desk.daemon().chain();
        chain.bridge.as_mut().unwrap().nodes.owed.insert(address, total);
    }

    /// Where everything is, for the command line.
    pub fn options(&self) -> Vec<String> {
        [
            "--l2-provider",
            &self.arbitrum.endpoint(),
            "--rewards-contract",
            &checksummed(&self.arbitrum.rewards),
            "--swap-contract",
            &checksummed(&self.arbitrum.swap),
            "--contribution-factory",
            &checksummed(&self.arbitrum.factory.address),
        ]
        .map(ToOwned::to_owned)
        .to_vec()
    }

    /// Opens `w` and runs a command as a script does.
    pub fn script(&self, command: &[&str]) -> Run {
        self.script_of("w", command)
    }

    /// The same with another wallet.
    pub fn script_of(&self, wallet: &str, command: &[&str]) -> Run {
        let (path, options) = (self.desk.file(wallet), self.options());
        let mut words = vec!["--wallet-file", &path, "--password", "", "--json", "--yes"];
        words.extend(options.iter().map(String::as_str));
        words.extend(command);
        self.desk.run(&words, "")
    }

    /// Opens a wallet and runs a command as a person does, with these answers.
    pub fn person(&self, wallet: &str, command: &[&str], answers: &str) -> Run {
        self.person_with(wallet, command, answers.as_bytes())
    }

    /// The same with answers that come from somewhere.
    pub fn person_with(&self, wallet: &str, command: &[&str], answers: impl BufRead + Send) -> Run {
        let (path, options) = (self.desk.file(wallet), self.options());
        let mut words = vec!["--wallet-file", &path, "--password", ""];
        words.extend(options.iter().map(String::as_str));
        words.extend(command);
        self.desk.run_with(&words, answers)
    }

    pub fn balance(&self, address: &EthereumAddress) -> u64 {
        self.runtime.block_on(self.arbitrum.balance(address))
    }
}

#[test]
fn rewards_are_shown_and_claimed() {
    let Some(office) = Office::open() else { return };
    office.owe(office.address, EARNED);
    let claimed = office.script(&["rewards", "claim"]).result();
    assert_eq!(
        (claimed["paid"].as_u64(), office.balance(&office.address)),
        (Some(EARNED), EARNED)
    );
    let status = office.script(&["rewards", "status"]).result();
    assert_eq!(
        (status["credited"].as_u64(), status["claimed"].as_u64()),
        (Some(EARNED), Some(EARNED))
    );
    assert_eq!(status["receipts"][0]["transaction"], claimed["transaction"]);
    let balance = office.script(&["ethereum", "balance"]).result();
    assert_eq!(balance["sesh"], EARNED);
    let again = office.script(&["rewards", "claim"]).json();
    assert_eq!(again["error"]["code"], "nothing_to_claim");
}

#[test]
fn a_person_sees_what_is_claimed_and_what_happens() {
    let Some(office) = Office::open() else { return };
    office.owe(office.address, 10 * SESH);
    let (path, options) = (office.desk.file("w"), office.options());
    let mut words = vec!["--wallet-file", &path, "--password", ""];
    words.extend(options.iter().map(String::as_str));
    words.extend(["rewards", "claim", "4"]);
    let refused = office.desk.run(&words, "no\n");
    assert!(refused.errors.contains("cancelled"), "{}", refused.errors);
    let run = office.desk.run(&words, "yes\n").ok();
    for expected in [
        "Claiming 4 SESH of the rewards of 0x",
        "All nodes signed: 10 SESH in all so far.",
        "The contract has credited 10 SESH.",
        "Done: 4 SESH paid out (claimed rewards).",
    ] {
        assert!(run.output.contains(expected), "{expected} is not in:\n{}", run.output);
    }
    assert_eq!(office.balance(&office.address), 4 * SESH);
}

#[test]
fn swapped_coins_are_claimed_and_unsigned_transactions_printed_for_another_address() {
    let Some(office) = Office::open() else { return };
    office.owe(office.address, 54 * SESH);
    let claimed = office.script(&["swap", "claim"]).result();
    assert_eq!(
        (claimed["paid"].as_u64(), office.balance(&office.address)),
        (Some(54 * SESH), 54 * SESH)
    );

    let other = office.runtime.block_on(office.arbitrum.account());
    office.owe(other.address(), 7 * SESH);
    let address = format!("address={}", checksummed(&other.address()));
    let unsigned = office.script(&["rewards", "claim", &address, "unsigned"]).result();
    let transactions = unsigned["transactions"].as_array().unwrap();
    assert_eq!(transactions.len(), 2);
    for (transaction, selector) in transactions.iter().zip(["0x7a6d4065", "0x0962ef79"]) {
        assert_eq!(transaction["to"], checksummed(&office.arbitrum.rewards));
        assert_eq!(transaction["from"], checksummed(&other.address()));
        assert_eq!(
            (&transaction["value"], &transaction["chainId"]),
            (&json!("0x0"), &json!("0xa4b1"))
        );
        assert!(transaction["data"].as_str().unwrap().starts_with(selector));
    }
    assert!(transactions[0]["gas"].is_string() && transactions[1]["gas"].is_null());
    let paid = office.script(&["swap", "claim", &address]).result();
    assert_eq!(paid["paid"], 7 * SESH);
    assert_eq!(office.balance(&other.address()), 7 * SESH);
}

#[test]
fn an_operator_registers_the_daemons_node_and_asks_for_its_exit() {
    let Some(office) = Office::open() else { return };
    let poor = office.script(&["bridge", "register", "fee=10%"]).json();
    assert_eq!(poor["error"]["code"], "not_enough_sesh");
    office
        .runtime
        .block_on(office.arbitrum.give(&office.address, REQUIREMENT));
    let registered = office.script(&["bridge", "register", "fee=10%"]).result();
    let key = office.node_key();
    assert_eq!(registered["done"], format!("registered service node {key}"));
    let twice = office.script(&["bridge", "register", "fee=10%"]).json();
    assert_eq!(twice["error"]["code"], "already_registered");
    office.script(&["bridge", "exit", &key]).result();
    let twice = office.script(&["bridge", "exit", &key]).json();
    assert_eq!(twice["error"]["code"], "contract_refused");
    let unknown = office.script(&["bridge", "exit", &"ab".repeat(32)]).json();
    assert_eq!(unknown["error"]["code"], "not_registered");
}

#[test]
fn the_program_is_killed_at_everything_it_says_and_pays_once() {
    let Some(office) = Office::open() else { return };
    // Slow enough to be killed in between.
    office
        .runtime
        .block_on(office.arbitrum.ask("evm_setIntervalMining", json!([1])));
    let steps = [
        "Asking",
        "All nodes signed",
        "Sent transaction",
        "is in a block",
        "has credited",
        "Sent transaction",
    ];
    for (place, step) in steps.into_iter().enumerate() {
        let key = office.runtime.block_on(office.arbitrum.account());
        let wallet = format!("killed-{place}");
        office.desk.make(&wallet, 10 + place as u64);
        office.take_key(&wallet, &key);
        office.owe(key.address(), 10 * SESH);
        let nth = steps[..place].iter().filter(|earlier| **earlier == step).count();
        let claim = ["rewards", "claim", "4"];
        run_until(&office, &wallet, &claim, step, nth);
        let rest = run_until(&office, &wallet, &claim, "nothing is ever said like this", 0);
        assert_eq!(office.balance(&key.address()), 4 * SESH, "killed at {step}: {rest}");
        let nonce = office
            .runtime
            .block_on(office.arbitrum.provider.mined_nonce(&key.address()));
        assert_eq!(nonce, Ok(2), "killed at {step}: {rest}");
    }
}

/// Runs a command of the real program until it says something for the n-th time, and kills it there; everything it said.
pub fn run_until(office: &Office, wallet: &str, command: &[&str], word: &str, nth: usize) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_oxen-wallet-cli"))
        .args([
            "--regtest",
            "--kdf-memory",
            "8",
            "--kdf-rounds",
            "1",
            "--quiet",
            "--log-level",
            "off",
        ])
        .args(["--daemon-address", &office.desk.daemon().address()])
        .args(["--wallet-file", &office.desk.file(wallet), "--password", "", "--yes"])
        .args(office.options())
        .args(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut left = nth;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        said += &line;
        said.push('\n');
        if line.contains(word) {
            if left == 0 {
                child.kill().unwrap();
                break;
            }
            left -= 1;
        }
    }
    child.wait().unwrap();
    said
}
