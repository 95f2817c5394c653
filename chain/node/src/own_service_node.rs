//! The service node that this process runs: its keys, its address, and the services beside it.

use crate::{
    arguments::ServiceNodeArguments,
    service_node_keys::{KeyFileError, KeyFiles, PrimaryOrigin, read_or_make_keys},
};
use oxen_crypto::signature::schnorr;
use oxen_node_api::{
    Clock, Companion, CompanionPing, OwnServiceNode, TestOutcome,
    service_nodes::{
        CompanionState, OwnKeys, OwnProofs, OwnSecretKeys, PingError, ProofHindrance, ReportError, SignError, VoteOnUs,
        X25519Key,
    },
};
use oxen_staking_rules::{
    ServiceNodeKeys,
    uptime_proof::{LocalAddresses, acceptance::is_public},
};
use oxen_types::{
    Hash, Network, PublicKey, Signature, Timestamp,
    network::{CompanionServices, NetworkKind},
};
use rand_core::OsRng;
use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use thiserror::Error;
use zeroize::Zeroizing;

/// Why a service node cannot be run with these options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ServiceNodeOptionError {
    /// Nobody said where others reach it.
    #[error(
        "--service-node needs --service-node-public-ip IP: the IPv4 address under which other nodes reach this machine"
    )]
    NoAddress,
    /// Others cannot reach that address.
    #[error(
        "--service-node-public-ip {address} is not reached from the internet; give the public address, or --dev-allow-local-ips on a test network"
    )]
    AddressNotPublic {
        /// What was given.
        address: Ipv4Addr,
    },
    /// On the network with value nobody accepts such proofs.
    #[error("--dev-allow-local-ips is for test networks; on mainnet no other node would accept such an address")]
    LocalOnMainnet,
}

/// How a service node is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceNodeSettings {
    /// Where others reach it.
    pub public_ip: Ipv4Addr,
    /// Port for messages between service nodes.
    pub quorumnet_port: u16,
}

/// Whether addresses that are not reached from everywhere are taken: where the network is on one machine, or when told.
///
/// # Errors
/// It was told on the network with value.
pub fn local_addresses(
    arguments: &ServiceNodeArguments,
    network: &Network,
) -> Result<LocalAddresses, ServiceNodeOptionError> {
    match network.kind {
        NetworkKind::Mainnet if arguments.dev_allow_local_ips => Err(ServiceNodeOptionError::LocalOnMainnet),
        NetworkKind::Localdev | NetworkKind::Fakechain => Ok(LocalAddresses::Allowed),
        _ if arguments.dev_allow_local_ips => Ok(LocalAddresses::Allowed),
        _ => Ok(LocalAddresses::Refused),
    }
}

/// What the options say; `None` without `--service-node`.
///
/// # Errors
/// Others could not reach such a node.
pub fn service_node_settings(
    arguments: &ServiceNodeArguments,
    network: &Network,
) -> Result<Option<ServiceNodeSettings>, ServiceNodeOptionError> {
    let local = local_addresses(arguments, network)?;
    if !arguments.service_node {
        return Ok(None);
    }
    let public_ip = match (arguments.service_node_public_ip, local) {
        (Some(address), LocalAddresses::Refused) if !is_public(address) => {
            return Err(ServiceNodeOptionError::AddressNotPublic { address });
        }
        (Some(address), _) => address,
        (None, LocalAddresses::Allowed) => Ipv4Addr::LOCALHOST,
        (None, LocalAddresses::Refused) => return Err(ServiceNodeOptionError::NoAddress),
    };
    Ok(Some(ServiceNodeSettings {
        public_ip,
        quorumnet_port: arguments.quorumnet_port.unwrap_or(network.ports.quorumnet),
    }))
}

/// The service node of this process.
pub struct OperatedServiceNode {
    keys: ServiceNodeKeys,
    primary: PrimaryOrigin,
    settings: ServiceNodeSettings,
    clock: Arc<dyn Clock>,
    ping_validity_seconds: u64,
    required: CompanionServices,
    companions: Mutex<BTreeMap<Companion, CompanionState>>,
}

impl OperatedServiceNode {
    /// Takes the keys of the data directory, which are made when there are none.
    ///
    /// # Errors
    /// A key file cannot be used.
    pub fn open(
        folder: &Path,
        settings: ServiceNodeSettings,
        network: &Network,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, KeyFileError> {
        let KeyFiles {
            keys,
            primary,
            warnings,
        } = read_or_make_keys(folder, &mut OsRng)?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        tracing::info!("service node {}", keys.primary().public);
        Ok(Self {
            keys,
            primary,
            settings,
            clock,
            ping_validity_seconds: network.uptime.frequency_seconds,
            required: network.companion_services,
            companions: Mutex::default(),
        })
    }

    /// The secret keys, for votes and proofs.
    #[must_use]
    pub const fn service_node_keys(&self) -> &ServiceNodeKeys {
        &self.keys
    }

    /// A service that the network requires and that did not ping for too long (staking §14.4).
    #[must_use]
    pub fn silent_companion(&self) -> Option<Companion> {
        if self.required == CompanionServices::NotRequired {
            return None;
        }
        [Companion::StorageServer, Companion::Lokinet]
            .into_iter()
            .find(|companion| !self.has_pinged(*companion))
    }

    fn has_pinged(&self, companion: Companion) -> bool {
        let last = self.companion(companion).last_ping;
        last.is_some_and(|last| self.age(last) <= self.ping_validity_seconds)
    }

    fn age(&self, time: Timestamp) -> u64 {
        self.clock.now().seconds().saturating_sub(time.seconds())
    }

    fn check(&self, ping: &CompanionPing) -> Result<(), PingError> {
        let companion = ping.companion;
        let own = self.keys.ed25519_public();
        if !ping.error.is_empty() {
            return Err(PingError::Unwell {
                companion,
                error: ping.error.clone(),
            });
        }
        if ping.version < companion.minimum_version() {
            return Err(PingError::TooOld {
                companion,
                version: ping.version,
            });
        }
        if ping.ed25519 != own {
            return Err(PingError::WrongKey {
                companion,
                given: ping.ed25519,
                own,
            });
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Companion, CompanionState>> {
        self.companions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OwnServiceNode for OperatedServiceNode {
    fn keys(&self) -> Option<OwnKeys> {
        Some(OwnKeys {
            primary: self.keys.primary().public,
            ed25519: self.keys.ed25519_public(),
            x25519: X25519Key::new(*self.keys.x25519_public().as_bytes()),
        })
    }

    fn secret_keys(&self) -> Option<OwnSecretKeys> {
        let primary = match self.primary {
            PrimaryOrigin::Ed25519 => None,
            PrimaryOrigin::Legacy => Some(self.keys.primary().secret.to_bytes()),
        };
        Some(OwnSecretKeys {
            primary,
            ed25519: self.keys.ed25519_secret(),
            x25519: Zeroizing::new(*self.keys.x25519_secret()),
        })
    }

    fn sign_registration(&self, hash: &Hash) -> Result<Signature, SignError> {
        Ok(schnorr::sign(hash, self.keys.primary(), &mut OsRng))
    }

    fn public_ip(&self) -> Option<Ipv4Addr> {
        Some(self.settings.public_ip)
    }

    fn quorumnet_port(&self) -> u16 {
        self.settings.quorumnet_port
    }

    fn proofs(&self) -> OwnProofs {
        OwnProofs {
            hindrance: self
                .silent_companion()
                .map(|companion| ProofHindrance::NoPing { companion }),
            ..OwnProofs::default()
        }
    }

    fn send_proof(&self) -> Result<(), ProofHindrance> {
        Err(self
            .silent_companion()
            .map_or(ProofHindrance::Starting, |companion| ProofHindrance::NoPing {
                companion,
            }))
    }

    fn votes(&self) -> Vec<VoteOnUs> {
        Vec::new()
    }

    fn companion(&self, companion: Companion) -> CompanionState {
        self.lock().get(&companion).cloned().unwrap_or_default()
    }

    fn ping(&self, ping: CompanionPing) -> Result<(), PingError> {
        let checked = self.check(&ping);
        let now = self.clock.now();
        let mut companions = self.lock();
        let state = companions.entry(ping.companion).or_default();
        state.version = ping.version;
        state.https_port = ping.https_port;
        state.omq_port = ping.omq_port;
        match &checked {
            Ok(()) => {
                state.last_ping = Some(now);
                state.refused = None;
            }
            Err(error) => {
                // A service that says it is unwell counts as silent at once; another's ping proves nothing about ours.
                if matches!(error, PingError::Unwell { .. }) {
                    state.last_ping = None;
                }
                state.refused = Some(error.clone());
            }
        }
        drop(companions);
        if let Err(error) = &checked {
            tracing::warn!("{error}");
        }
        checked
    }

    fn report_peer(&self, _: Companion, node: &PublicKey, _: TestOutcome) -> Result<(), ReportError> {
        Err(ReportError::UnknownNode { node: *node })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_node_api::service_nodes::SoftwareVersion;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Hands(AtomicU64);

    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            Timestamp::from_seconds(self.0.load(Ordering::Relaxed))
        }
    }

    fn arguments(ip: Option<[u8; 4]>) -> ServiceNodeArguments {
        ServiceNodeArguments {
            service_node: true,
            service_node_public_ip: ip.map(Ipv4Addr::from),
            ..ServiceNodeArguments::default()
        }
    }

    fn open(network: &Network) -> (tempfile::TempDir, Arc<Hands>, OperatedServiceNode) {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hands(AtomicU64::new(1_000_000)));
        let settings = ServiceNodeSettings {
            public_ip: Ipv4Addr::LOCALHOST,
            quorumnet_port: 1,
        };
        let node = OperatedServiceNode::open(folder.path(), settings, network, Arc::clone(&clock) as _).unwrap();
        (folder, clock, node)
    }

    fn ping(node: &OperatedServiceNode, companion: Companion) -> CompanionPing {
        CompanionPing {
            companion,
            version: SoftwareVersion([9, 9, 9]),
            https_port: 22_021,
            omq_port: 22_020,
            ed25519: node.keys.ed25519_public(),
            error: String::new(),
        }
    }

    #[test]
    fn a_service_node_names_an_address_that_others_reach() {
        let mainnet = Network::mainnet();
        let settings = |ip| service_node_settings(&arguments(ip), &mainnet);
        assert_eq!(settings(None), Err(ServiceNodeOptionError::NoAddress));
        let private = Ipv4Addr::new(192, 168, 1, 2);
        assert_eq!(
            settings(Some(private.octets())),
            Err(ServiceNodeOptionError::AddressNotPublic { address: private })
        );
        let public = settings(Some([9, 9, 9, 9])).unwrap().unwrap();
        assert_eq!(public.public_ip, Ipv4Addr::new(9, 9, 9, 9));
        assert_eq!(public.quorumnet_port, mainnet.ports.quorumnet);
        assert_eq!(
            service_node_settings(&ServiceNodeArguments::default(), &mainnet),
            Ok(None)
        );
    }

    #[test]
    fn test_networks_take_local_addresses_and_mainnet_never() {
        let local = service_node_settings(&arguments(None), &Network::regtest())
            .unwrap()
            .unwrap();
        assert_eq!(local.public_ip, Ipv4Addr::LOCALHOST);
        let mut told = arguments(Some([10, 0, 0, 1]));
        assert!(service_node_settings(&told, &Network::testnet()).is_err());
        told.dev_allow_local_ips = true;
        assert!(service_node_settings(&told, &Network::testnet()).is_ok());
        assert_eq!(
            service_node_settings(&told, &Network::mainnet()),
            Err(ServiceNodeOptionError::LocalOnMainnet)
        );
    }

    #[test]
    fn a_registration_is_signed_with_the_primary_key() {
        let (_folder, _, node) = open(&Network::regtest());
        let hash = Hash::new([3; 32]);
        let signature = node.sign_registration(&hash).unwrap();
        assert!(schnorr::verify(&hash, &node.keys().unwrap().primary, &signature).is_ok());
    }

    #[test]
    fn a_service_is_silent_until_it_pings_and_after_an_hour() {
        let network = Network::mainnet();
        let (_folder, clock, node) = open(&network);
        assert_eq!(node.silent_companion(), Some(Companion::StorageServer));
        node.ping(ping(&node, Companion::StorageServer)).unwrap();
        assert_eq!(node.silent_companion(), Some(Companion::Lokinet));
        node.ping(ping(&node, Companion::Lokinet)).unwrap();
        assert_eq!(node.silent_companion(), None);
        clock.0.fetch_add(network.uptime.frequency_seconds, Ordering::Relaxed);
        assert_eq!(node.silent_companion(), None);
        clock.0.fetch_add(1, Ordering::Relaxed);
        assert_eq!(node.silent_companion(), Some(Companion::StorageServer));
        assert_eq!(open(&Network::regtest()).2.silent_companion(), None);
    }

    #[test]
    fn a_ping_that_does_not_count_is_remembered_with_its_reason() {
        let (_folder, _, node) = open(&Network::mainnet());
        let good = ping(&node, Companion::StorageServer);
        node.ping(good.clone()).unwrap();
        let other_key = CompanionPing {
            ed25519: PublicKey::new([1; 32]),
            ..good.clone()
        };
        assert!(matches!(node.ping(other_key), Err(PingError::WrongKey { .. })));
        let state = node.companion(Companion::StorageServer);
        assert!(state.last_ping.is_some() && matches!(state.refused, Some(PingError::WrongKey { .. })));
        let old = CompanionPing {
            version: SoftwareVersion([2, 7, 9]),
            ..good.clone()
        };
        assert!(matches!(node.ping(old), Err(PingError::TooOld { .. })));
        let unwell = CompanionPing {
            error: "no disk".to_owned(),
            ..good.clone()
        };
        assert!(matches!(node.ping(unwell), Err(PingError::Unwell { .. })));
        assert_eq!(node.companion(Companion::StorageServer).last_ping, None);
        node.ping(good).unwrap();
        assert_eq!(node.companion(Companion::StorageServer).refused, None);
    }
}
