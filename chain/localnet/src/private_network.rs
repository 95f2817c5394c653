//! A private network of service nodes, each a real `oxend` of its own or all of them in one.
//!
//! Times are short and the stakes small; the first blocks are mined by an ordinary node on request. Everything else is as
//! anywhere: peers over sockets, uptime proofs, votes, registrations from wallets.

use crate::{
    arbitrum::{Addresses, Anvil, ArbitrumError},
    bridge::{self, BridgeSettings},
    network_folder::{self, FolderInUse},
    node::{NodeError, NodeProcess, NodeStart, StartingNode, Tie},
    programs,
    rpc::{CallError, RpcClient},
    rules::{self, NetworkRules},
    service_node::{NodePlan, SERVICE_NODE_OPTIONS, ServiceNode, free_ports, log_level},
    wallet::{Wallet, WalletError},
};
use alloy::primitives::Address;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};
use thiserror::Error;

/// Words of the wallet that the genesis block pays: published, worth nothing anywhere else.
pub const FAUCET_SEED: &str = include_str!("../../node/src/faucet-seed.txt");

/// Blocks from which on the faucet can pay: its outputs are unlocked, and old enough for rings.
const BOOTSTRAP_BLOCKS: u64 = 41;

/// What could not be done.
#[derive(Debug, Error)]
pub enum NetworkError {
    /// It began with Arbitrum.
    #[error(
        "this network began with Arbitrum and cannot go on without it: start it with Arbitrum (npm brings it, `.ci/prerequisites \
         contracts`), or begin another network with --data-dir"
    )]
    NeedsArbitrum,
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
    /// Somebody else runs it.
    #[error(transparent)]
    InUse(#[from] FolderInUse),
    /// Arbitrum.
    #[error(transparent)]
    Arbitrum(#[from] ArbitrumError),
    /// A program printed something else than it should.
    #[error("unexpected output of {program}: {output}")]
    Output {
        /// The program.
        program: &'static str,
        /// What it printed.
        output: String,
    },
}

/// What a network is started with.
#[derive(Debug, Clone)]
pub struct NetworkSettings {
    /// Service nodes, at least; those that are in the folder already are started too.
    pub service_nodes: usize,
    /// Rules of a new network.
    pub rules: NetworkRules,
    /// Port of the ordinary node's RPC; 0 takes a free one.
    pub rpc_port: u16,
    /// What the nodes do when this process ends.
    pub tie: Tie,
    /// Where the nodes run.
    pub processes: Processes,
    /// Arbitrum beside it, to which a new network goes over; `None` for a network that stays with OXEN. A network that began
    /// with it is not started without it.
    pub bridge: Option<BridgeSettings>,
}

/// How many processes the nodes of a network run in. What one leaves behind, the other takes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Processes {
    /// All in one.
    One,
    /// Each in its own, which can be killed, paused and started again.
    #[default]
    Many,
}

impl NetworkSettings {
    /// So many service nodes that end with us, and any free port.
    #[must_use]
    pub const fn new(service_nodes: usize, rules: NetworkRules) -> Self {
        Self {
            service_nodes,
            rules,
            rpc_port: 0,
            tie: Tie::EndsWithUs,
            processes: Processes::Many,
            bridge: None,
        }
    }

    /// With Arbitrum beside it.
    #[must_use]
    pub fn with_bridge(mut self, bridge: BridgeSettings) -> Self {
        self.bridge = Some(bridge);
        self
    }

    /// With the nodes in so many processes.
    #[must_use]
    pub const fn in_processes(mut self, processes: Processes) -> Self {
        self.processes = processes;
        self
    }
}

/// The network: a description file, an ordinary node that mines, service nodes, wallets.
#[derive(Debug)]
pub struct PrivateNetwork {
    folder: PathBuf,
    description: PathBuf,
    miner: NodeProcess,
    nodes: Vec<ServiceNode>,
    arbitrum: Option<Anvil>,
}

/// Nodes that one which comes later connects to.
const NEIGHBOURS: usize = 3;

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(120);

impl PrivateNetwork {
    /// Starts an ordinary node and service nodes, all at once, and mines until the faucet can pay. A network that is in the
    /// folder already goes on.
    ///
    /// # Errors
    /// A node does not start, or the network runs already.
    pub fn start(folder: &Path, settings: &NetworkSettings) -> Result<Self, NetworkError> {
        network_folder::await_free(folder)?;
        let count = settings.service_nodes.max(network_folder::service_nodes(folder));
        let description = match &settings.bridge {
            Some(bridge) => bridge::describe(folder, &settings.rules, count, bridge)?,
            None => settings.rules.describe(folder)?,
        };
        // From HF21 on its service nodes send no proofs without L2, and would vote each other out.
        if settings.bridge.is_none() && bridge::is_bridged(&rules::read_description(&description)?) {
            return Err(NetworkError::NeedsArbitrum);
        }
        let ports = free_ports(count + 2)?;
        let [l2_port, own, others @ ..] = ports.as_slice() else {
            return Err(std::io::Error::other("no port").into());
        };
        let arbitrum = match &settings.bridge {
            Some(bridge) => start_arbitrum(folder, &description, bridge, *l2_port, settings.tie)?,
            None => None,
        };
        let plan = |folder: PathBuf, port: u16| NodePlan {
            folder,
            description: description.clone(),
            port,
            rpc_port: 0,
            peers: Vec::new(),
            tie: settings.tie,
            l2_providers: arbitrum.iter().map(Anvil::url).collect(),
            more: &[],
        };
        let ordinary = NodePlan {
            rpc_port: settings.rpc_port,
            ..plan(network_folder::ordinary_node(folder), *own)
        };
        let service_nodes: Vec<NodePlan> = others
            .iter()
            .enumerate()
            .map(|(index, port)| NodePlan {
                peers: neighbours(index, *own, others),
                more: &SERVICE_NODE_OPTIONS,
                ..plan(network_folder::service_node(folder, index), *port)
            })
            .collect();
        let starts: Vec<NodeStart> = [&ordinary]
            .into_iter()
            .chain(&service_nodes)
            .map(NodePlan::start)
            .collect();
        let mut starting = launch(&starts, folder, settings)?.into_iter();
        let miner = starting.next().ok_or_else(|| std::io::Error::other("no node"))?;
        let network = Self {
            folder: folder.to_owned(),
            description,
            miner: miner.until_ready()?,
            nodes: starting
                .zip(service_nodes)
                .map(|(node, plan)| ServiceNode::until_ready(node, plan))
                .collect::<Result<_, _>>()?,
            arbitrum,
        };
        let height = network.rpc().height()?;
        if height < BOOTSTRAP_BLOCKS {
            network.mine(BOOTSTRAP_BLOCKS - height)?;
        }
        Ok(network)
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

    /// Has the ordinary node ended?
    ///
    /// # Errors
    /// It cannot be asked.
    pub fn miner_ended(&self) -> Result<bool, NetworkError> {
        Ok(self.miner.has_ended()?)
    }

    /// Takes notice of service nodes that have ended.
    ///
    /// # Errors
    /// They cannot be asked.
    pub fn notice_ended(&mut self) -> Result<(), NetworkError> {
        for node in &mut self.nodes {
            if let Some(process) = &node.process
                && process.has_ended()?
            {
                node.process = None;
            }
        }
        Ok(())
    }

    /// Number of service nodes that are down.
    #[must_use]
    pub fn down_count(&self) -> usize {
        self.nodes.iter().filter(|node| !node.is_up()).count()
    }

    /// Process id of the ordinary node.
    #[must_use]
    pub fn ordinary_process_id(&self) -> u32 {
        self.miner.process_id()
    }

    /// Stops every node in order and waits until all have ended.
    pub fn stop(self) {
        let nodes = self.nodes.iter().filter_map(|node| node.process.as_ref());
        let running: Vec<&NodeProcess> = nodes.chain([&self.miner]).collect();
        for process in &running {
            process.ask_to_stop();
        }
        for process in running {
            // One that cannot be waited for has gone.
            let _ = process.wait_or_kill();
        }
        if let Some(anvil) = self.arbitrum {
            // The same.
            let _ = anvil.stop();
        }
    }

    /// Leaves the nodes to themselves, which must have been started with [`Tie::GoesOn`].
    pub fn leave(self) {
        let nodes = self.nodes.into_iter().filter_map(|node| node.process);
        nodes.chain([self.miner]).for_each(NodeProcess::leave);
        if let Some(anvil) = self.arbitrum {
            anvil.leave();
        }
    }

    /// Arbitrum, where the network has it.
    #[must_use]
    pub const fn arbitrum(&self) -> Option<&Anvil> {
        self.arbitrum.as_ref()
    }

    /// Ends Arbitrum as `kill -9` does; nodes have no provider until [`Self::restart_arbitrum`].
    ///
    /// # Errors
    /// The operating system refused.
    pub fn kill_arbitrum(&mut self) -> Result<(), NetworkError> {
        if let Some(anvil) = self.arbitrum.take() {
            anvil.kill()?;
        }
        Ok(())
    }

    /// Starts Arbitrum again on the port that nodes and wallets know.
    ///
    /// # Errors
    /// It does not start.
    pub fn restart_arbitrum(&mut self, bridge: &BridgeSettings, port: u16) -> Result<(), NetworkError> {
        self.arbitrum = start_arbitrum(&self.folder, &self.description, bridge, port, Tie::EndsWithUs)?;
        Ok(())
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

    /// Starts one more service node, which nobody registered, and gives its index. It connects to the first ones.
    ///
    /// # Errors
    /// It does not start, or the network has no service node yet.
    pub fn add_service_node(&mut self) -> Result<usize, NetworkError> {
        let index = self.nodes.len();
        let known: Vec<u16> = self.nodes.iter().take(NEIGHBOURS).map(ServiceNode::peer_port).collect();
        let port = free_ports(1)?.first().copied();
        let (Some(port), Some(one)) = (port, self.nodes.first()) else {
            return Err(std::io::Error::other("no port, or no service node to begin with").into());
        };
        let plan = NodePlan {
            folder: network_folder::service_node(&self.folder, index),
            port,
            peers: known,
            ..one.plan.clone()
        };
        let starting = plan.start().launch()?;
        self.nodes.push(ServiceNode::until_ready(starting, plan)?);
        Ok(index)
    }

    /// Ends a service node as `kill -9` does.
    ///
    /// # Errors
    /// The operating system refused, or all nodes run in one process.
    pub fn kill(&mut self, index: usize) -> Result<(), NetworkError> {
        if let Some(process) = self.nodes[index].process.as_ref() {
            process.must_be_alone()?;
        }
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
        let start = self.nodes[index].plan.start();
        self.restart_as(index, &start)
    }

    /// Starts a service node again that was killed, in another way than the others: see [`Self::start_of`].
    ///
    /// # Errors
    /// It does not start.
    pub fn restart_as(&mut self, index: usize, start: &NodeStart) -> Result<(), NetworkError> {
        Ok(self.nodes[index].restart(start)?)
    }

    /// Starts a service node again that was killed, with other providers of Arbitrum from now on.
    ///
    /// # Errors
    /// It does not start.
    pub fn restart_following(&mut self, index: usize, providers: &[String]) -> Result<(), NetworkError> {
        self.nodes[index].plan.l2_providers = providers.to_vec();
        self.restart(index)
    }

    /// How a service node is started.
    #[must_use]
    pub fn start_of(&self, index: usize) -> NodeStart {
        self.nodes[index].plan.start()
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

    /// A wallet of the same words in a file of its own, for looking into it while the first is open elsewhere.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn watched_copy(&self, name: &str, original: &Wallet) -> Result<Wallet, NetworkError> {
        let copy = self.wallet_file(&format!("watched-{name}"))?;
        if !copy.file().exists() {
            copy.restore(&text(&original.command(&["seed"])?["seed"]))?;
        }
        Ok(copy)
    }

    /// The time between two blocks.
    ///
    /// # Errors
    /// The description cannot be read.
    pub fn block_time(&self) -> Result<Duration, NetworkError> {
        let seconds = rules::described_number(&self.description, "TARGET_BLOCK_TIME")?;
        Ok(Duration::from_secs(seconds.unwrap_or(120)))
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
        let wallet = Wallet::new(&folder.join(name), self.address()).on_network(&self.description);
        Ok(match &self.arbitrum {
            Some(anvil) => wallet.with_l2_provider(&anvil.url()),
            None => wallet,
        })
    }

    /// Mines blocks and waits until every node that is up has them.
    ///
    /// # Errors
    /// A block was refused, or a node does not follow.
    pub fn mine(&self, count: u64) -> Result<(), NetworkError> {
        self.rpc().generate_blocks(count)?;
        self.await_height_everywhere(self.rpc().height()?)
    }

    /// Waits until every node that is up has so many blocks.
    ///
    /// # Errors
    /// A node does not follow.
    pub fn await_height_everywhere(&self, height: u64) -> Result<(), NetworkError> {
        for node in self.nodes.iter().filter(|node| node.process.is_some()) {
            self.await_that(&format!("height {height} at {}", node.folder().display()), || {
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
        seen: impl FnMut() -> Result<Seen<T>, NetworkError>,
    ) -> Result<T, NetworkError> {
        self.await_meanwhile(what, seen, || self.mine(1))
    }

    /// Waits until `seen` says yes, and does something each time it says no.
    pub(crate) fn await_meanwhile<T>(
        &self,
        what: &str,
        mut seen: impl FnMut() -> Result<Seen<T>, NetworkError>,
        mut otherwise: impl FnMut() -> Result<(), NetworkError>,
    ) -> Result<T, NetworkError> {
        self.await_that(what, || {
            let found = seen()?;
            if matches!(found, Seen::NotYet(_)) {
                otherwise()?;
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
                Seen::NotYet(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
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
            .arg(self.node(index).folder())
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

/// Starts the processes of a network without waiting until the nodes serve.
fn launch(nodes: &[NodeStart], folder: &Path, settings: &NetworkSettings) -> Result<Vec<StartingNode>, NodeError> {
    match settings.processes {
        Processes::Many => nodes.iter().map(NodeStart::launch).collect(),
        Processes::One => {
            let folder = network_folder::one_process(folder);
            let level: Vec<String> = log_level().into_iter().collect();
            NodeStart::launch_together(nodes, &folder, settings.tie, &level)
        }
    }
}

/// Starts Arbitrum, if the network has contracts there, and puts them on a chain that has none yet.
fn start_arbitrum(
    folder: &Path,
    description: &Path,
    bridge: &BridgeSettings,
    port: u16,
    tie: Tie,
) -> Result<Option<Anvil>, NetworkError> {
    let description = rules::read_description(description)?;
    if !bridge::is_bridged(&description) {
        return Ok(None);
    }
    let place = network_folder::arbitrum(folder);
    let mut anvil = Anvil::start(&bridge.tools, &place, port, tie)?;
    if !anvil.is_started(&Addresses::of_new_chain())? {
        // Whatever an interrupted start left.
        if anvil.height()? > 0 {
            anvil = anvil.start_anew(&bridge.tools, port, tie)?;
        }
        let wallets = bridge
            .wallets
            .iter()
            .chain(&[bridge::OPERATOR])
            .map(|name| {
                let wallet = Wallet::new(&folder.join("wallets").join(name), "127.0.0.1:1");
                let address = wallet.on_network(&folder.join(rules::DESCRIPTION)).ethereum_address()?;
                let malformed = |_| NetworkError::Output {
                    program: "oxen-wallet-cli ethereum address",
                    output: address.clone(),
                };
                address.parse::<Address>().map_err(malformed)
            })
            .collect::<Result<_, NetworkError>>()?;
        bridge::deployment(&description, wallets, bridge.unlisted)?.carry_out(&anvil, &bridge.tools)?;
    }
    anvil.make_blocks_every(bridge::L2_BLOCK_SECONDS)?;
    Ok(Some(anvil))
}

/// Whom a service node connects to: the ordinary node and the two service nodes behind it in a ring, so that everybody has
/// several ways to everybody when some nodes are down.
fn neighbours(index: usize, ordinary: u16, all: &[u16]) -> Vec<u16> {
    let following = (1..=2).map(|distance| (index + distance) % all.len());
    let others = following.filter(|other| *other != index).map(|other| all[other]);
    let mut peers: Vec<u16> = others.chain([ordinary]).collect();
    peers.dedup();
    peers
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
