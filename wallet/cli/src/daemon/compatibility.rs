//! Whether a daemon serves this wallet's network, in a version this wallet understands.

use super::{Daemon, DaemonError};
use oxen_rpc::types::RPC_VERSION;
use oxen_types::{
    Hash, Height, Network,
    network::{HardForkVersion, NetworkKind},
};
use thiserror::Error;

/// What a usable daemon says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonStatus {
    /// Number of blocks.
    pub chain_height: Height,
    /// Number of blocks that the network has, when the daemon lags behind.
    pub target_height: Option<Height>,
    /// Blocks at or below this are final.
    pub immutable_height: Option<Height>,
    /// Hard fork of the next block.
    pub hard_fork: HardForkVersion,
    /// Name of the network.
    pub network: String,
    /// Version of the daemon.
    pub version: String,
    /// Transactions that wait.
    pub pool_size: u64,
}

/// Why a daemon cannot be used.
#[derive(Debug, Error)]
pub enum Incompatible {
    /// It did not answer.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// It serves another network.
    #[error(
        "this wallet is for {wallet}, but the daemon at {address} serves {daemon}: start the wallet with the daemon's \
         network option, or name a daemon of {wallet}"
    )]
    OtherNetwork {
        /// The wallet's network.
        wallet: String,
        /// The daemon's.
        daemon: String,
        /// Where it is.
        address: String,
    },
    /// Its chain begins with another block.
    #[error(
        "the daemon at {address} calls its network {network} as this wallet does, but its chain begins with block {found} \
         instead of {expected}: it serves another private network"
    )]
    OtherGenesis {
        /// Where it is.
        address: String,
        /// The name of both networks.
        network: String,
        /// The block it begins with.
        found: Hash,
        /// The block it should begin with.
        expected: Hash,
    },
    /// It speaks another generation of the interface.
    #[error(
        "the daemon at {address} speaks version {found} of the interface and this wallet version {expected}: update the \
         older of the two, or start with --allow-mismatched-daemon-version"
    )]
    OtherVersion {
        /// Where it is.
        address: String,
        /// Its major version.
        found: u32,
        /// Ours.
        expected: u32,
    },
}

/// Whether another major version of the interface is tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VersionRule {
    /// It is not.
    #[default]
    Same,
    /// The user said so.
    Any,
}

impl Daemon {
    /// Asks who it is and refuses other networks and versions.
    ///
    /// # Errors
    /// [`Incompatible`].
    pub async fn check(&self, network: &Network, rule: VersionRule) -> Result<DaemonStatus, Incompatible> {
        let address = || self.connection().address().to_string();
        let info = self.info().await?;
        let found = self.block_id(Height::GENESIS).await?;
        let expected = network.genesis.block_id;
        if found != expected {
            let daemon = info.nettype;
            return Err(if same_name(&daemon, network) {
                Incompatible::OtherGenesis {
                    address: address(),
                    network: network.name.clone(),
                    found,
                    expected,
                }
            } else {
                Incompatible::OtherNetwork {
                    wallet: network.name.clone(),
                    daemon,
                    address: address(),
                }
            });
        }
        // Test networks begin with one and the same block.
        if !same_name(&info.nettype, network) {
            return Err(Incompatible::OtherNetwork {
                wallet: network.name.clone(),
                daemon: info.nettype,
                address: address(),
            });
        }
        let (theirs, ours) = (self.version().await?.version >> 16, RPC_VERSION >> 16);
        if theirs != ours && rule == VersionRule::Same {
            return Err(Incompatible::OtherVersion {
                address: address(),
                found: theirs,
                expected: ours,
            });
        }
        let height = Height::new;
        Ok(DaemonStatus {
            chain_height: height(info.height),
            target_height: Some(height(info.target_height)).filter(|target| target.index() > info.height),
            immutable_height: info.immutable_height.map(height),
            hard_fork: HardForkVersion::new(info.hard_fork),
            network: info.nettype,
            version: info.version,
            pool_size: info.tx_pool_size,
        })
    }
}

/// Whether a daemon's name for its network means this one: regtest calls itself `fakechain`.
fn same_name(nettype: &str, network: &Network) -> bool {
    nettype == network.name || nettype == kind_name(network.kind)
}

/// The name of a kind of network as `nettype` has it.
const fn kind_name(kind: NetworkKind) -> &'static str {
    match kind {
        NetworkKind::Mainnet => "mainnet",
        NetworkKind::Testnet => "testnet",
        NetworkKind::Devnet => "devnet",
        NetworkKind::Stagenet => "stagenet",
        NetworkKind::Localdev => "localdev",
        NetworkKind::Fakechain => "fakechain",
        NetworkKind::Private => "private",
    }
}
