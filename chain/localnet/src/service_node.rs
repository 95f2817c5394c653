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

/// Ports of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodePorts {
    /// Peers.
    pub(crate) peers: u16,
    /// Messages between service nodes.
    pub(crate) quorums: u16,
}

/// Ports for so many nodes that nobody has at the moment.
pub(crate) fn free_ports(nodes: usize) -> std::io::Result<Vec<NodePorts>> {
    // Held until all are chosen, so that none comes twice.
    let mut held = Vec::new();
    let mut free = || {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        held.push(listener);
        std::io::Result::Ok(port)
    };
    (0..nodes)
        .map(|_| {
            Ok(NodePorts {
                peers: free()?,
                quorums: free()?,
            })
        })
        .collect()
}

/// What every node of a network is started with.
#[derive(Debug, Clone)]
pub(crate) struct NodePlan {
    pub(crate) folder: PathBuf,
    pub(crate) description: PathBuf,
    pub(crate) ports: NodePorts,
    /// Port of its RPC; 0 takes a free one.
    pub(crate) rpc_port: u16,
    /// Ports of the peers that it connects to; whom it does not name may connect to it.
    pub(crate) peers: Vec<u16>,
    pub(crate) tie: Tie,
    /// Options beside these.
    pub(crate) more: Vec<String>,
}

impl NodePlan {
    /// The options that make it a service node of one machine, which no address on the internet leads to.
    pub(crate) fn service_node_options(ports: NodePorts) -> Vec<String> {
        vec![
            "--service-node".to_owned(),
            "--service-node-public-ip=127.0.0.1".to_owned(),
            format!("--quorumnet-port={}", ports.quorums),
        ]
    }

    /// How its process is started.
    pub(crate) fn start(&self) -> NodeStart {
        let mut arguments = vec![
            format!("--network={}", self.description.display()),
            format!("--rpc-port={}", self.rpc_port),
            "--p2p-bind-ip=127.0.0.1".to_owned(),
            format!("--p2p-bind-port={}", self.ports.peers),
            "--dev-allow-local-ips".to_owned(),
        ];
        // For looking into a failure: what the nodes log.
        arguments.extend(
            std::env::var("OXEN_NODE_LOG_LEVEL")
                .ok()
                .map(|level| format!("--log-level={level}")),
        );
        arguments.extend(
            self.peers
                .iter()
                .map(|peer| format!("--add-exclusive-node=127.0.0.1:{peer}")),
        );
        arguments.extend_from_slice(&self.more);
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

    /// The port on which it takes connections of peers.
    #[must_use]
    pub const fn peer_port(&self) -> u16 {
        self.plan.ports.peers
    }

    /// The port on which it takes messages of other service nodes.
    #[must_use]
    pub const fn quorum_port(&self) -> u16 {
        self.plan.ports.quorums
    }

    /// Is its process running, as far as we know?
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
