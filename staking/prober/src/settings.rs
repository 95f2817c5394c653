//! What an operator decides.

use oxen_bridge_rules::bls;
use oxen_staking_rules::{
    ServiceNodeKeys,
    uptime_proof::{LocalAddresses, SoftwareVersion},
};
use std::net::Ipv4Addr;

/// The version of the reference node whose rules this node follows. Uptime proofs carry it, because the version gates of
/// forks are about rules and not about whose program it is (staking §14.3).
pub const REFERENCE_VERSION: SoftwareVersion = SoftwareVersion([11, 0, 6]);

/// Settings of the prober.
#[derive(Debug, Clone)]
pub struct ProberSettings {
    /// The keys of the service node that this process runs; `None` when it runs none and only watches.
    pub keys: Option<ServiceNodeKeys>,
    /// Its BLS key, which its proofs carry at HF20.
    pub bls: Option<bls::SecretKey>,
    /// The address that its proofs carry.
    pub public_ip: Option<Ipv4Addr>,
    /// The port for messages between service nodes that its proofs carry.
    pub quorumnet_port: u16,
    /// The version that its proofs carry.
    pub node_version: SoftwareVersion,
    /// Whether proofs may carry addresses that are not reached from everywhere.
    pub local_addresses: LocalAddresses,
}

impl ProberSettings {
    /// A node that watches.
    #[must_use]
    pub const fn watching() -> Self {
        Self {
            keys: None,
            bls: None,
            public_ip: None,
            quorumnet_port: 0,
            node_version: REFERENCE_VERSION,
            local_addresses: LocalAddresses::Refused,
        }
    }
}
