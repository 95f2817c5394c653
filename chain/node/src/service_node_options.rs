//! What the options say about running a service node, and what the prober is started with.

use crate::{
    arguments::ServiceNodeArguments,
    service_node_keys::{KeyFileError, read_or_make_keys},
};
use oxen_bridge_aggregation::SigningKeys;
use oxen_staking_prober::ProberSettings;
use oxen_staking_rules::uptime_proof::{LocalAddresses, acceptance::is_public};
use oxen_types::{Network, network::NetworkKind};
use rand_core::OsRng;
use std::{net::Ipv4Addr, path::Path};
use thiserror::Error;

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
    /// Port under which others reach it for messages between service nodes, where it is not the port on which it takes peers.
    pub quorumnet_port: Option<u16>,
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
        quorumnet_port: arguments.quorumnet_port,
    }))
}

/// What the services of a node are started with where they depend on its keys.
#[derive(Debug, Clone)]
pub struct ServiceNodeStart {
    /// For the prober.
    pub prober: ProberSettings,
    /// For signatures that the contracts on L2 take; none for an ordinary node.
    pub signing: Option<SigningKeys>,
}

/// The keys of the data directory, which are made when there are none, or nothing but watching.
///
/// # Errors
/// A key file cannot be used.
pub fn service_node_start(
    service_node: Option<ServiceNodeSettings>,
    local_addresses: LocalAddresses,
    folder: &Path,
) -> Result<ServiceNodeStart, KeyFileError> {
    let watching = ProberSettings {
        local_addresses,
        ..ProberSettings::watching()
    };
    let Some(settings) = service_node else {
        return Ok(ServiceNodeStart {
            prober: watching,
            signing: None,
        });
    };
    let found = read_or_make_keys(folder, &mut OsRng)?;
    for warning in &found.warnings {
        tracing::warn!("{warning}");
    }
    tracing::info!("service node {}", found.keys.primary().public);
    let node = found.keys.clone();
    let bls = found.bls.clone();
    Ok(ServiceNodeStart {
        prober: ProberSettings {
            keys: Some(found.keys),
            bls,
            public_ip: Some(settings.public_ip),
            quorumnet_port: settings.quorumnet_port.unwrap_or_default(),
            ..watching
        },
        signing: found.bls.map(|bls| SigningKeys { bls, node }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(ip: Option<[u8; 4]>) -> ServiceNodeArguments {
        ServiceNodeArguments {
            service_node: true,
            service_node_public_ip: ip.map(Ipv4Addr::from),
            ..ServiceNodeArguments::default()
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
    fn a_service_node_proves_with_the_keys_of_its_folder_and_any_other_watches() {
        let folder = tempfile::tempdir().unwrap();
        let start = service_node_start(None, LocalAddresses::Allowed, folder.path()).unwrap();
        let watching = start.prober;
        assert!(
            start.signing.is_none() && watching.keys.is_none() && watching.local_addresses == LocalAddresses::Allowed
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no keys are made");
        let settings = ServiceNodeSettings {
            public_ip: Ipv4Addr::LOCALHOST,
            quorumnet_port: Some(7),
        };
        let open = || service_node_start(Some(settings), LocalAddresses::Allowed, folder.path()).unwrap();
        let (first, again) = (open(), open());
        let signs_with = |start: &ServiceNodeStart| start.signing.as_ref().unwrap().bls.public_key();
        assert_eq!(signs_with(&first), signs_with(&again));
        let (first, again) = (first.prober, again.prober);
        assert_eq!((first.public_ip, first.quorumnet_port), (Some(Ipv4Addr::LOCALHOST), 7));
        let key = |settings: &ProberSettings| settings.keys.as_ref().unwrap().primary().public;
        assert_eq!(key(&first), key(&again));
    }
}
