//! Where peers are: as operators write it, and as the transport wants it.

use crate::wire::message::Host;
use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};
use thiserror::Error;

/// An address that is neither form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no address of a peer: write IP:PORT, for example 10.0.0.1:22022 or [2001:db8::1]:22022, or a multiaddress such as /ip4/10.0.0.1/udp/22022/quic-v1"
)]
pub struct AddressError(String);

/// A peer to connect to, as an operator names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerAddress {
    address: Multiaddr,
    peer: Option<PeerId>,
}

impl PeerAddress {
    /// Without the peer's id.
    pub(crate) const fn address(&self) -> &Multiaddr {
        &self.address
    }

    /// The id that the peer must prove, if it was given.
    pub(crate) const fn peer(&self) -> Option<PeerId> {
        self.peer
    }
}

impl FromStr for PeerAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError(text.to_owned());
        if let Ok(socket) = text.parse::<SocketAddr>() {
            return Ok(Self::from(socket));
        }
        let mut address: Multiaddr = text.parse().map_err(|_| wrong())?;
        let peer = match address.iter().last() {
            Some(Protocol::P2p(peer)) => {
                address.pop();
                Some(peer)
            }
            _ => None,
        };
        socket_of(&address).ok_or_else(wrong)?;
        Ok(Self { address, peer })
    }
}

impl From<SocketAddr> for PeerAddress {
    fn from(socket: SocketAddr) -> Self {
        Self {
            address: tcp(socket.ip(), socket.port()),
            peer: None,
        }
    }
}

impl std::fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.address)?;
        match self.peer {
            Some(peer) => write!(f, "/p2p/{peer}"),
            None => Ok(()),
        }
    }
}

/// By TCP.
pub(crate) fn tcp(host: IpAddr, port: u16) -> Multiaddr {
    Multiaddr::from(host).with(Protocol::Tcp(port))
}

/// By QUIC.
pub(crate) fn quic(host: IpAddr, port: u16) -> Multiaddr {
    Multiaddr::from(host).with(Protocol::Udp(port)).with(Protocol::QuicV1)
}

/// Host and port of an address that this node can use; IPv4 inside IPv6 counts as IPv4.
pub(crate) fn socket_of(address: &Multiaddr) -> Option<(IpAddr, u16)> {
    let mut parts = address.iter();
    let host = match parts.next()? {
        Protocol::Ip4(host) => IpAddr::V4(host),
        Protocol::Ip6(host) => IpAddr::V6(host).to_canonical(),
        _ => return None,
    };
    let port = match (parts.next()?, parts.next()) {
        (Protocol::Tcp(port), None | Some(Protocol::P2p(_))) => port,
        (Protocol::Udp(port), Some(Protocol::QuicV1)) => port,
        _ => return None,
    };
    Some((host, port))
}

/// Its host.
pub(crate) fn host_of(address: &Multiaddr) -> Option<IpAddr> {
    socket_of(address).map(|(host, _)| host)
}

/// Where a node takes connections: its host and the ports it named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: IpAddr,
    pub(crate) tcp_port: Option<u16>,
    pub(crate) quic_port: Option<u16>,
}

impl Endpoint {
    /// From what a stranger says; `None` when nobody can be reached there.
    pub(crate) fn told(host: Host, tcp_port: Option<u16>, quic_port: Option<u16>) -> Option<Self> {
        let host = IpAddr::from(host).to_canonical();
        let port = |port: Option<u16>| port.filter(|port| *port != 0);
        let (tcp_port, quic_port) = (port(tcp_port), port(quic_port));
        let reachable = !host.is_unspecified() && !host.is_multicast() && (tcp_port.is_some() || quic_port.is_some());
        reachable.then_some(Self {
            host,
            tcp_port,
            quic_port,
        })
    }

    /// Addresses to try together.
    pub(crate) fn addresses(&self) -> Vec<Multiaddr> {
        let by_quic = self.quic_port.map(|port| quic(self.host, port));
        let by_tcp = self.tcp_port.map(|port| tcp(self.host, port));
        by_quic.into_iter().chain(by_tcp).collect()
    }

    /// The port that stands for it where there is room for one.
    pub(crate) fn port(&self) -> u16 {
        self.tcp_port.or(self.quic_port).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_may_write_sockets_and_multiaddresses() {
        let peer = PeerId::random();
        for (text, address, id) in [
            ("1.2.3.4:5".to_owned(), "/ip4/1.2.3.4/tcp/5", None),
            ("[::1]:5".to_owned(), "/ip6/::1/tcp/5", None),
            (
                "/ip4/1.2.3.4/udp/5/quic-v1".to_owned(),
                "/ip4/1.2.3.4/udp/5/quic-v1",
                None,
            ),
            (format!("/ip6/::1/tcp/5/p2p/{peer}"), "/ip6/::1/tcp/5", Some(peer)),
        ] {
            let parsed: PeerAddress = text.parse().unwrap();
            assert_eq!(parsed.address().to_string(), address);
            assert_eq!(parsed.peer(), id);
        }
    }

    #[test]
    fn other_addresses_are_refused_with_an_example() {
        for text in [
            "",
            "1.2.3.4",
            "example.org:5",
            "/dns4/example.org/tcp/5",
            "/ip4/1.2.3.4/udp/5",
        ] {
            let error = text.parse::<PeerAddress>().unwrap_err();
            assert!(error.to_string().contains("write IP:PORT"), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_reached_is_not_remembered() {
        let host = |text: &str| Host::from(text.parse::<IpAddr>().unwrap());
        assert!(Endpoint::told(host("0.0.0.0"), Some(1), None).is_none());
        assert!(Endpoint::told(host("224.0.0.1"), Some(1), None).is_none());
        assert!(Endpoint::told(host("1.2.3.4"), Some(0), None).is_none());
        let endpoint = Endpoint::told(host("::ffff:1.2.3.4"), Some(1), Some(2)).unwrap();
        assert_eq!(endpoint.addresses().len(), 2);
        assert_eq!(endpoint.addresses()[1].to_string(), "/ip4/1.2.3.4/tcp/1");
    }
}
