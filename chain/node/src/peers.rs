//! The node's place among its peers: what the command line says of it.

use crate::arguments::PeerArguments;
use oxen_node_api::PeerLimits;
use oxen_p2p::{PeerChoice, PeerConfig, SyncMode};
use oxen_types::{Network, network::NetworkKind};
use std::{
    net::{IpAddr, Ipv4Addr},
    path::Path,
};

/// The network's settings, or none for a node that stays alone: one that is told to, and one of regtest that is told nothing.
/// `folder` is the data directory.
#[must_use]
pub fn peer_config(arguments: &PeerArguments, network: &Network, folder: &Path) -> Option<PeerConfig> {
    let alone = network.kind == NetworkKind::Fakechain && *arguments == PeerArguments::default();
    if arguments.offline || alone {
        return None;
    }
    let hosts = if arguments.p2p_bind_ip.is_empty() {
        vec![IpAddr::V4(match network.kind {
            NetworkKind::Fakechain => Ipv4Addr::LOCALHOST,
            _ => Ipv4Addr::UNSPECIFIED,
        })]
    } else {
        arguments.p2p_bind_ip.clone()
    };
    let named = [
        &arguments.add_peer,
        &arguments.add_priority_node,
        &arguments.add_exclusive_node,
    ];
    let choice = if arguments.add_exclusive_node.is_empty() {
        PeerChoice::Open
    } else {
        PeerChoice::Exclusive
    };
    Some(PeerConfig {
        folder: folder.to_owned(),
        hosts,
        port: arguments.p2p_bind_port.unwrap_or(network.ports.p2p),
        peers: named.into_iter().flatten().cloned().collect(),
        seeds: arguments.seed_node.clone(),
        choice,
        limits: PeerLimits {
            outbound: arguments.out_peers.unwrap_or(PeerConfig::LIMITS.outbound),
            inbound: arguments.in_peers.unwrap_or(PeerConfig::LIMITS.inbound),
        },
        sync: if arguments.no_sync {
            SyncMode::Stand
        } else {
            SyncMode::Follow
        },
        software: format!("oxend {}", env!("CARGO_PKG_VERSION")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use clap::Parser;

    fn config(network: &Network, words: &[&str]) -> Option<PeerConfig> {
        let words = ["oxend"].into_iter().chain(words.iter().copied());
        let arguments = Arguments::try_parse_from(words).unwrap();
        peer_config(&arguments.peers, network, Path::new("folder"))
    }

    #[test]
    fn regtest_stays_alone_until_a_peer_option_is_given() {
        let regtest = Network::regtest();
        assert_eq!(config(&regtest, &[]), None);
        let given = config(&regtest, &["--p2p-bind-port=0"]).unwrap();
        assert_eq!(given.hosts, [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
        assert_eq!(given.port, 0);
    }

    #[test]
    fn other_networks_have_peers_unless_they_are_told_otherwise() {
        let private = Network {
            kind: NetworkKind::Private,
            ..Network::regtest()
        };
        let open = config(&private, &[]).unwrap();
        assert_eq!((open.port, open.choice), (private.ports.p2p, PeerChoice::Open));
        assert_eq!(config(&private, &["--offline"]), None);
    }

    #[test]
    fn the_reference_daemons_options_mean_what_they_say() {
        let words = [
            "--add-peer=1.2.3.4:5",
            "--add-priority-node=[::1]:6",
            "--add-exclusive-node=/ip4/1.2.3.4/udp/7/quic-v1",
            "--seed-node=9.9.9.9:9",
            "--out-peers=3",
            "--in-peers=4",
            "--no-sync",
            "--p2p-bind-ip=127.0.0.1",
            "--p2p-bind-ip=::1",
        ];
        let config = config(&Network::regtest(), &words).unwrap();
        assert_eq!((config.peers.len(), config.seeds.len(), config.hosts.len()), (3, 1, 2));
        assert_eq!(config.choice, PeerChoice::Exclusive);
        assert_eq!(config.sync, SyncMode::Stand);
        assert_eq!((config.limits.outbound, config.limits.inbound), (3, 4));
    }
}
