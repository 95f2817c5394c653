//! What the network is started with.

use crate::{address::PeerAddress, identity::IdentityError, peers::file::PeerFileError};
use oxen_node_api::PeerLimits;
use std::{net::IpAddr, path::PathBuf};
use thiserror::Error;

/// Does the node fetch blocks that its peers have?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyncMode {
    /// Yes.
    #[default]
    Follow,
    /// No: it serves what it has and takes only what peers send by themselves.
    Stand,
}

/// Which peers the node looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PeerChoice {
    /// Those named, and any that it learns of.
    #[default]
    Open,
    /// Only those named as exclusive: no others are sought or told of, but strangers may connect.
    Exclusive,
}

/// How the network is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerConfig {
    /// Folder for the key and the known addresses.
    pub folder: PathBuf,
    /// Hosts to listen on, IPv4 and IPv6.
    pub hosts: Vec<IpAddr>,
    /// TCP and UDP port to listen on; 0 takes free ones.
    pub port: u16,
    /// Peers to stay connected to.
    pub peers: Vec<PeerAddress>,
    /// Peers to ask for addresses when none are known.
    pub seeds: Vec<PeerAddress>,
    /// Whether there are others beside `peers`.
    pub choice: PeerChoice,
    /// How many.
    pub limits: PeerLimits,
    /// Whether to fetch blocks.
    pub sync: SyncMode,
    /// Name and version of the software, which peers are told; at most 64 bytes.
    pub software: String,
}

impl PeerConfig {
    /// Eight peers sought as in the reference, 64 taken.
    pub const LIMITS: PeerLimits = PeerLimits {
        outbound: 8,
        inbound: 64,
    };

    /// Listens on a free port of the loopback address and knows nobody.
    #[must_use]
    pub fn loopback(folder: PathBuf) -> Self {
        Self {
            folder,
            hosts: vec![IpAddr::from([127, 0, 0, 1])],
            port: 0,
            peers: Vec::new(),
            seeds: Vec::new(),
            choice: PeerChoice::Open,
            limits: Self::LIMITS,
            sync: SyncMode::Follow,
            software: String::new(),
        }
    }
}

/// Why the network could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The key.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The known addresses, or the bans.
    #[error(transparent)]
    PeerFile(#[from] PeerFileError),
    /// The port is taken, or the host is none of this machine's.
    #[error(
        "cannot take connections of peers on {address}: {reason}; choose another with --p2p-bind-ip and --p2p-bind-port"
    )]
    Listen {
        /// Where.
        address: String,
        /// What the operating system said.
        reason: String,
    },
    /// The chain could not be read.
    #[error("the chain cannot be read: {0}")]
    Chain(#[from] oxen_state::ViewError),
    /// The transports could not be set up.
    #[error("the peer-to-peer transports cannot be set up: {0}")]
    Transport(String),
}
