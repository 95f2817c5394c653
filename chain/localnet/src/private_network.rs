//! A private network of several service nodes, each a real `oxend` of its own.
//!
//! Times are short and the stakes small; blocks are mined by the first node on request, because so few service nodes make no
//! Pulse quorum. Everything else is as anywhere: peers over sockets, uptime proofs, votes, registrations from wallets.

use crate::{
    node::{NodeError, NodeProcess},
    programs,
    rpc::{CallError, RpcClient},
    wallet::{Wallet, WalletError},
};
use serde_json::{Value, json};
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};
use thiserror::Error;

/// Words of the wallet that the genesis block pays: published, worth nothing anywhere else.
pub const FAUCET_SEED: &str = include_str!("../../node/src/faucet-seed.txt");
/// Atomic units of one OXEN.
pub const OXEN: u64 = 1_000_000_000;

/// What could not be done.
#[derive(Debug, Error)]
pub enum NetworkError {
    /// A node could not be run.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A node refused a request.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A wallet refused a command.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// A file could not be written, a program not be run.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Something did not come about in time.
    #[error("{what} did not come about within {} seconds; the last that was seen: {seen}", limit.as_secs())]
    TimedOut {
        /// What was waited for.
        what: String,
        /// For how long.
        limit: Duration,
        /// What was there instead.
        seen: String,
    },
    /// A program printed something else than it should.
    #[error("unexpected output of {program}: {output}")]
    Output {
        /// The program.
        program: &'static str,
        /// What it printed.
        output: String,
    },
}

/// A service node of the network.
#[derive(Debug)]
pub struct ServiceNode {
    /// The process; `None` while it is down.
    process: Option<NodeProcess>,
    folder: PathBuf,
    port: u16,
    /// Its primary key.
    key: String,
}

impl ServiceNode {
    /// Its primary key, hexadecimal.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Its data directory.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its RPC.
    ///
    /// # Panics
    /// The node is down.
    #[must_use]
    pub fn rpc(&self) -> &RpcClient {
        self.process.as_ref().map(NodeProcess::rpc).expect("the node is up")
    }
}

/// The network: a description file, an ordinary node that mines, service nodes, wallets.
#[derive(Debug)]
pub struct PrivateNetwork {
    folder: PathBuf,
    description: PathBuf,
    miner: NodeProcess,
    miner_port: u16,
    nodes: Vec<ServiceNode>,
}

/// Constants of a network to play with: seconds instead of hours, tens of blocks instead of thousands; service nodes come and
/// go while one looks on. Until Pulse is there, no number of service nodes may take the blocks from the miner.
#[must_use]
pub fn short_times() -> Vec<(&'static str, Value)> {
    vec![
        ("PULSE_MIN_SERVICE_NODES", json!(1000)),
        ("SERVICE_NODE_PAYABLE_AFTER_BLOCKS", json!(4)),
        ("BATCHING_INTERVAL", json!(20)),
        ("UNLOCK_DURATION", json!(15)),
        ("DEREGISTRATION_LOCK_DURATION", json!(30)),
        ("HARDFORK_DEREGISTRATION_GRACE_PERIOD", json!(0)),
        ("SMALL_CONTRIBUTOR_UNLOCK_TIMER", json!(20)),
        ("DECOMMISSION_INITIAL_CREDIT", json!(40)),
        ("DECOMMISSION_MINIMUM", json!(20)),
        ("UPTIME_PROOF_FREQUENCY", json!(4)),
        ("UPTIME_PROOF_VALIDITY", json!(12)),
        ("UPTIME_PROOF_CHECK_INTERVAL", json!(1)),
        ("UPTIME_PROOF_STARTUP_DELAY", json!(0)),
    ]
}

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(120);

impl PrivateNetwork {
    /// Starts an ordinary node, its RPC on this port or on a free one for 0, and `count` service nodes, on a network with these
    /// constants beside those of regtest, and mines until the faucet can pay. A network that is in the folder already goes on.
    ///
    /// # Errors
    /// A node does not start.
    pub fn start(
        folder: &Path,
        count: usize,
        constants: &[(&str, Value)],
        rpc_port: u16,
    ) -> Result<Self, NetworkError> {
        const BOOTSTRAP_BLOCKS: u64 = 41;
        let description = describe(folder, constants)?;
        let miner_port = free_port()?;
        let miner = start_node(&folder.join("miner"), &description, miner_port, rpc_port, None, &[])?;
        let mut network = Self {
            folder: folder.to_owned(),
            description,
            miner,
            miner_port,
            nodes: Vec::new(),
        };
        for _ in 0..count {
            network.add_service_node()?;
        }
        let height = network.rpc().height()?;
        if height < BOOTSTRAP_BLOCKS {
            network.mine(BOOTSTRAP_BLOCKS - height)?;
        }
        Ok(network)
    }

    /// Starts one more service node, not registered yet.
    ///
    /// # Errors
    /// It does not start.
    pub fn add_service_node(&mut self) -> Result<usize, NetworkError> {
        let index = self.nodes.len();
        let folder = self.folder.join(format!("service-node-{index}"));
        let port = free_port()?;
        let process = start_node(
            &folder,
            &self.description,
            port,
            0,
            Some(self.miner_port),
            SERVICE_NODE_OPTIONS,
        )?;
        let keys = process.rpc().call("get_service_keys", &json!({}))?;
        self.nodes.push(ServiceNode {
            key: text(&keys["service_node_pubkey"]),
            process: Some(process),
            folder,
            port,
        });
        Ok(index)
    }

    /// The RPC of the ordinary node.
    #[must_use]
    pub fn rpc(&self) -> &RpcClient {
        self.miner.rpc()
    }

    /// `host:port` of the RPC of the ordinary node.
    #[must_use]
    pub fn address(&self) -> &str {
        self.miner.address()
    }

    /// How the ordinary node ended, if it has.
    ///
    /// # Errors
    /// It cannot be asked.
    pub fn miner_ended(&mut self) -> Result<Option<ExitStatus>, NetworkError> {
        Ok(self.miner.try_wait()?)
    }

    /// Asks every node to stop and waits until all have.
    pub fn stop(self) {
        // The terminal's Ctrl-C reaches them too: who has gone already cannot be asked, and is killed if it has not.
        for process in self.nodes.into_iter().filter_map(|node| node.process) {
            let _ = process.stop();
        }
        let _ = self.miner.stop();
    }

    /// The file that describes the network.
    #[must_use]
    pub fn description(&self) -> &Path {
        &self.description
    }

    /// A service node.
    ///
    /// # Panics
    /// There are fewer.
    #[must_use]
    pub fn node(&self, index: usize) -> &ServiceNode {
        &self.nodes[index]
    }

    /// Number of service nodes, those that are down included.
    #[must_use]
    pub const fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Ends a service node as `kill -9` does.
    ///
    /// # Errors
    /// The operating system refused.
    pub fn kill(&mut self, index: usize) -> Result<(), NetworkError> {
        if let Some(process) = self.nodes[index].process.take() {
            process.kill()?;
        }
        Ok(())
    }

    /// Starts a service node again that was killed.
    ///
    /// # Errors
    /// It does not start.
    pub fn restart(&mut self, index: usize) -> Result<(), NetworkError> {
        let node = &self.nodes[index];
        let process = start_node(
            &node.folder,
            &self.description,
            node.port,
            0,
            Some(self.miner_port),
            SERVICE_NODE_OPTIONS,
        )?;
        self.nodes[index].process = Some(process);
        Ok(())
    }

    /// A wallet of this network; new unless its file exists.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn wallet(&self, name: &str) -> Result<Wallet, NetworkError> {
        let wallet = self.wallet_file(name)?;
        wallet.create()?;
        Ok(wallet)
    }

    /// The wallet that the genesis block pays.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn faucet(&self) -> Result<Wallet, NetworkError> {
        let wallet = self.wallet_file("faucet")?;
        wallet.restore(FAUCET_SEED.trim())?;
        Ok(wallet)
    }

    fn wallet_file(&self, name: &str) -> Result<Wallet, NetworkError> {
        let folder = self.folder.join("wallets");
        fs::create_dir_all(&folder)?;
        Ok(Wallet::new(&folder.join(name), self.address()).on_network(&self.description))
    }

    /// Mines blocks and waits until every node that is up has them.
    ///
    /// # Errors
    /// A block was refused, or a node does not follow.
    pub fn mine(&self, count: u64) -> Result<(), NetworkError> {
        self.rpc().generate_blocks(count)?;
        let height = self.rpc().height()?;
        for node in self.nodes.iter().filter(|node| node.process.is_some()) {
            self.await_that(&format!("height {height} at {}", node.folder.display()), || {
                let found = node.rpc().height()?;
                Ok(if found >= height {
                    Seen::Yes(())
                } else {
                    Seen::NotYet(found.to_string())
                })
            })?;
        }
        Ok(())
    }

    /// Mines block after block until `seen` says yes, as long as a network would make blocks anyway.
    ///
    /// # Errors
    /// It does not come about.
    pub fn mine_until<T>(
        &self,
        what: &str,
        mut seen: impl FnMut() -> Result<Seen<T>, NetworkError>,
    ) -> Result<T, NetworkError> {
        self.await_that(what, || {
            let found = seen()?;
            if matches!(found, Seen::NotYet(_)) {
                self.mine(1)?;
            }
            Ok(found)
        })
    }

    /// Waits until `seen` says yes. What other processes do cannot be awaited but by asking again.
    ///
    /// # Errors
    /// It does not come about.
    pub fn await_that<T>(
        &self,
        what: &str,
        mut seen: impl FnMut() -> Result<Seen<T>, NetworkError>,
    ) -> Result<T, NetworkError> {
        let started = Instant::now();
        loop {
            match seen()? {
                Seen::Yes(value) => return Ok(value),
                Seen::NotYet(instead) if started.elapsed() > LIMIT => {
                    return Err(NetworkError::TimedOut {
                        what: what.to_owned(),
                        limit: LIMIT,
                        seen: instead,
                    });
                }
                Seen::NotYet(_) => thread::sleep(Duration::from_millis(100)),
            }
        }
    }

    /// Prepares the registration of a service node on it and sends it from the wallet of the operator, who is named first.
    /// Amounts are atomic OXEN, the fee is in hundredths of a percent.
    ///
    /// # Errors
    /// The node or the wallet refused.
    pub fn register(
        &self,
        index: usize,
        operator: &Wallet,
        fee: u64,
        reserved: &[(&str, u64)],
    ) -> Result<Value, NetworkError> {
        let mut arguments = vec![fee.to_string()];
        for (address, amount) in reserved {
            arguments.extend([(*address).to_owned(), amount.to_string()]);
        }
        let answer = self
            .node(index)
            .rpc()
            .call("get_service_node_registration_cmd_raw", &json!({ "args": arguments }))?;
        let line = text(&answer["registration_cmd"]);
        Ok(operator.command(&line.split_whitespace().collect::<Vec<_>>())?)
    }

    /// What the ordinary node knows of a service node; null when it is not registered.
    ///
    /// # Errors
    /// The node does not answer.
    pub fn state(&self, index: usize) -> Result<Value, NetworkError> {
        let key = self.node(index).key();
        let answer = self
            .rpc()
            .call("get_service_nodes", &json!({ "service_node_pubkeys": [key] }))?;
        Ok(answer["service_node_states"][0].clone())
    }

    /// Runs a command of `oxend` against a service node and gives what it printed.
    ///
    /// # Errors
    /// It was refused.
    pub fn console(&self, index: usize, words: &[&str]) -> Result<String, NetworkError> {
        let output = Command::new(programs::find("oxend").map_err(NodeError::from)?)
            .arg("--network")
            .arg(&self.description)
            .arg("--data-dir")
            .arg(&self.node(index).folder)
            .args(words)
            .output()?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            Ok(printed)
        } else {
            let output = printed + &String::from_utf8_lossy(&output.stderr);
            Err(NetworkError::Output {
                program: "oxend",
                output,
            })
        }
    }
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<T> {
    /// What was waited for.
    Yes(T),
    /// Something else, for the error if it stays so.
    NotYet(String),
}

/// Service nodes of one machine have no addresses that the internet reaches.
const SERVICE_NODE_OPTIONS: &[&str] = &[
    "--service-node",
    "--service-node-public-ip=127.0.0.1",
    "--dev-allow-local-ips",
];

fn start_node(
    folder: &Path,
    description: &Path,
    port: u16,
    rpc_port: u16,
    peer: Option<u16>,
    more: &[&str],
) -> Result<NodeProcess, NetworkError> {
    let mut arguments = vec![
        format!("--network={}", description.display()),
        format!("--rpc-port={rpc_port}"),
        "--p2p-bind-ip=127.0.0.1".to_owned(),
        format!("--p2p-bind-port={port}"),
        "--dev-allow-local-ips".to_owned(),
    ];
    // For looking into a failure: what the nodes log.
    arguments.extend(
        std::env::var("OXEN_NODE_LOG_LEVEL")
            .ok()
            .map(|level| format!("--log-level={level}")),
    );
    arguments.extend(peer.map(|peer| format!("--add-exclusive-node=127.0.0.1:{peer}")));
    arguments.extend(
        more.iter()
            .filter(|one| **one != "--dev-allow-local-ips")
            .map(|one| (*one).to_owned()),
    );
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Ok(NodeProcess::start(folder, &arguments)?)
}

/// Writes the description of regtest with other constants and an id of its own.
fn describe(folder: &Path, constants: &[(&str, Value)]) -> Result<PathBuf, NetworkError> {
    fs::create_dir_all(folder)?;
    let file = folder.join("network.json");
    if file.exists() {
        return Ok(file);
    }
    let output = Command::new(programs::find("oxend").map_err(NodeError::from)?)
        .args(["--regtest", "--print-network"])
        .output()?;
    let mut description: Value = serde_json::from_slice(&output.stdout).map_err(|_| NetworkError::Output {
        program: "oxend --print-network",
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })?;
    description["name"] = json!("localnet");
    description["kind"] = json!("private");
    description["data_directory"] = json!("localnet");
    description["network_id"] = json!("6f78656e2d6c6f63616c6e65742d3031");
    for (name, value) in constants {
        description["constants"][*name] = json!({ "value": value });
    }
    fs::write(&file, format!("{description:#}\n"))?;
    Ok(file)
}

/// A port that nobody has at the moment.
fn free_port() -> Result<u16, NetworkError> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
