//! A service node of a private network: where it is, and its process.

use crate::{
    node::{NodeError, NodeProcess, NodeStart, StartingNode, Tie},
    rpc::RpcClient,
};
use serde_json::json;
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
};

/// Ports below those that the system gives to outgoing connections, one of which could otherwise take a port that is chosen
/// before its node listens on it. Networks that start at the same time look from different ports on.
fn candidate_ports() -> impl Iterator<Item = u16> {
    const FIRST: u16 = 12_000;
    const COUNT: u16 = 20_000;
    let begin = (std::process::id() % 200) as u16 * 100;
    (0..COUNT).map(move |offset| FIRST + (begin + offset) % COUNT)
}

/// Ports for so many nodes that nobody has at the moment: peers, and with them messages between service nodes.
pub(crate) fn free_ports(nodes: usize) -> std::io::Result<Vec<u16>> {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let ports: Vec<u16> = candidate_ports().filter(free).take(nodes).collect();
    if ports.len() < nodes {
        return Err(std::io::Error::other("no ports are free from 12000 to 31999"));
    }
    Ok(ports)
}

/// The options that make a node a service node of one machine, which no address on the internet leads to.
pub(crate) const SERVICE_NODE_OPTIONS: [&str; 2] = ["--service-node", "--service-node-public-ip=127.0.0.1"];

/// The option of what nodes log, for looking into a failure.
pub(crate) fn log_level() -> Option<String> {
    let level = std::env::var("OXEN_NODE_LOG_LEVEL").ok()?;
    Some(format!("--log-level={level}"))
}

/// Between two looks at Arbitrum, whose blocks come every second here.
const L2_REFRESH: &str = "--l2-refresh=1";

/// What every node of a network is started with.
#[derive(Debug, Clone)]
pub(crate) struct NodePlan {
    pub(crate) folder: PathBuf,
    pub(crate) description: PathBuf,
    /// The port on which it takes connections of peers.
    pub(crate) port: u16,
    /// Port of its RPC; 0 takes a free one.
    pub(crate) rpc_port: u16,
    /// Ports of the peers that it connects to; whom it does not name may connect to it.
    pub(crate) peers: Vec<u16>,
    pub(crate) tie: Tie,
    /// JSON-RPC services of Arbitrum, if it follows it.
    pub(crate) l2_providers: Vec<String>,
    /// Options beside these.
    pub(crate) more: &'static [&'static str],
}

impl NodePlan {
    /// How its process is started.
    pub(crate) fn start(&self) -> NodeStart {
        let mut arguments = vec![
            format!("--network={}", self.description.display()),
            format!("--rpc-port={}", self.rpc_port),
            "--p2p-bind-ip=127.0.0.1".to_owned(),
            format!("--p2p-bind-port={}", self.port),
            "--dev-allow-local-ips".to_owned(),
        ];
        arguments.extend(log_level());
        arguments.extend(self.l2_providers.iter().map(|url| format!("--l2-provider={url}")));
        if !self.l2_providers.is_empty() {
            arguments.push(L2_REFRESH.to_owned());
        }
        arguments.extend(
            self.peers
                .iter()
                .map(|peer| format!("--add-exclusive-node=127.0.0.1:{peer}")),
        );
        arguments.extend(self.more.iter().map(|one| (*one).to_owned()));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        NodeStart::new(&self.folder, &arguments).tied(self.tie)
    }
}

/// A service node of the network.
#[derive(Debug)]
pub struct ServiceNode {
    /// The process; `None` while it is down.
    pub(crate) process: Option<NodeProcess>,
    pub(crate) plan: NodePlan,
    /// Its primary key.
    key: String,
}

impl ServiceNode {
    /// Waits until a node that was started serves.
    pub(crate) fn until_ready(starting: StartingNode, plan: NodePlan) -> Result<Self, crate::NetworkError> {
        let process = starting.until_ready()?;
        let keys = process.rpc().call("get_service_keys", &json!({}))?;
        Ok(Self {
            key: keys["service_node_pubkey"].as_str().unwrap_or_default().to_owned(),
            process: Some(process),
            plan,
        })
    }

    /// Its primary key, hexadecimal.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Its data directory.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.plan.folder
    }

    /// The port on which it takes connections of peers and of other service nodes.
    #[must_use]
    pub const fn peer_port(&self) -> u16 {
        self.plan.port
    }

    /// Is it running, as far as we know?
    #[must_use]
    pub const fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// Its process; `None` while it is down.
    #[must_use]
    pub const fn process(&self) -> Option<&NodeProcess> {
        self.process.as_ref()
    }

    /// Its RPC.
    ///
    /// # Panics
    /// The node is down.
    #[must_use]
    pub fn rpc(&self) -> &RpcClient {
        self.process.as_ref().map(NodeProcess::rpc).expect("the node is up")
    }

    /// Starts it again.
    pub(crate) fn restart(&mut self, start: &NodeStart) -> Result<(), NodeError> {
        self.process = Some(start.launch()?.until_ready()?);
        Ok(())
    }
}
