//! The messages between two nodes.

use super::{
    bounded::{Bounded, Bytes},
    quorum::Statement,
};
use crate::limits::{
    ANSWERED_IDS, BLOCK_BYTES, BLOCK_TRANSACTIONS, CHECKPOINT_BYTES, EXCHANGED_PEERS, LEAST_TRANSACTION_BYTES,
    LOCATOR_IDS, POOL_IDS, REQUESTED_BLOCKS, REQUESTED_TRANSACTIONS, TRANSACTION_BYTES,
};
use oxen_types::{Hash, Height, Network, NetworkId, keccak256};
use parity_scale_codec::{Decode, Encode};
use std::net::IpAddr;

/// Version of the messages below. Nodes of another version are refused by name.
pub(crate) const PROTOCOL_VERSION: u16 = 1;

/// A transaction's bytes.
pub(crate) type TransactionBytes = Bytes<LEAST_TRANSACTION_BYTES, TRANSACTION_BYTES>;

/// What a node's chain is. The same facts in all networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct ChainIdentity {
    /// The network.
    pub(crate) network: NetworkId,
    /// Its first block.
    pub(crate) genesis: Hash,
}

impl ChainIdentity {
    pub(crate) const fn of(network: &Network) -> Self {
        Self {
            network: network.network_id,
            genesis: network.genesis.block_id,
        }
    }

    /// A short name for protocols: nodes of different chains share no protocol but the greeting.
    pub(crate) fn protocol_tag(&self) -> String {
        let digest = keccak256(&self.encode()).to_string();
        digest.chars().take(16).collect()
    }
}

/// The newest block of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Status {
    /// Its height.
    pub(crate) height: Height,
    /// Its id.
    pub(crate) tip: Hash,
}

/// What two nodes tell each other first.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Hello {
    /// Version of the messages.
    pub(crate) version: u16,
    /// The chain.
    pub(crate) chain: ChainIdentity,
    /// Name and version of the software, for operators.
    pub(crate) software: Bytes<0, 64>,
    /// Where the node takes connections by TCP.
    pub(crate) tcp_port: Option<u16>,
    /// Where the node takes connections by QUIC.
    pub(crate) quic_port: Option<u16>,
    /// Its newest block.
    pub(crate) status: Status,
    /// For which service node it speaks, if it runs one.
    pub(crate) service_node: Option<Statement>,
}

/// Why a greeting is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub(crate) enum Refusal {
    /// Another network.
    #[error("it is on another network")]
    ForeignNetwork,
    /// The same name, another first block.
    #[error("its network has the same id and another genesis block")]
    DifferentGenesis,
    /// Another version of the messages.
    #[error("it speaks another version of the protocol; the older of the two nodes needs an update")]
    UnknownVersion,
}

impl Hello {
    /// Looks whether the two can talk.
    pub(crate) fn check(&self, own: &ChainIdentity) -> Result<(), Refusal> {
        if self.chain.network != own.network {
            Err(Refusal::ForeignNetwork)
        } else if self.chain.genesis != own.genesis {
            Err(Refusal::DifferentGenesis)
        } else if self.version != PROTOCOL_VERSION {
            Err(Refusal::UnknownVersion)
        } else {
            Ok(())
        }
    }
}

/// The answer to a greeting.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) enum HelloAnswer {
    /// The other node's greeting.
    Welcome(Box<Hello>),
    /// Why there is none.
    Refused(Refusal),
}

/// What a node asks another.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Request {
    /// Here is my newest block; which is yours?
    Status(Status),
    /// The ids that follow the first of these that is on your main chain.
    Ids(Bounded<Hash, LOCATOR_IDS>),
    /// Blocks of your main chain with their transactions, as many as fit.
    Blocks(Bounded<Hash, REQUESTED_BLOCKS>),
    /// Transactions that wait with you or that you mined.
    Transactions(Bounded<Hash, REQUESTED_TRANSACTIONS>),
    /// Ids of transactions that wait with you.
    PoolIds,
    /// Other nodes.
    Peers,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Response {
    /// To [`Request::Status`].
    Status(Status),
    /// To [`Request::Ids`]; nothing when no id of the locator is known.
    Ids(BlockIds),
    /// To [`Request::Blocks`]: the first ones asked for, in their order, up to the first that is not on the main chain.
    Blocks(Bounded<BlockBody, REQUESTED_BLOCKS>),
    /// To [`Request::Transactions`]: those that are there.
    Transactions(Bounded<TransactionBytes, REQUESTED_TRANSACTIONS>),
    /// To [`Request::PoolIds`].
    PoolIds(Bounded<Hash, POOL_IDS>),
    /// To [`Request::Peers`].
    Peers(Bounded<PeerRecord, EXCHANGED_PEERS>),
    /// Not now.
    Busy,
}

/// Consecutive block ids of a main chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct BlockIds {
    /// Height of the first.
    pub(crate) first: Height,
    /// The ids; the first is the one that the locator names.
    pub(crate) ids: Bounded<Hash, ANSWERED_IDS>,
}

/// A block with all its transactions.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct BlockBody {
    /// The block's bytes.
    pub(crate) block: Bytes<1, BLOCK_BYTES>,
    /// Bytes of its transactions.
    pub(crate) transactions: Bounded<TransactionBytes, BLOCK_TRANSACTIONS>,
    /// The checkpoint at its height in its consensus form, where there is one.
    pub(crate) checkpoint: Option<Bytes<1, CHECKPOINT_BYTES>>,
}

impl BlockBody {
    /// Bytes of the block and everything with it.
    pub(crate) fn bytes(&self) -> usize {
        let transactions: usize = self.transactions.iter().map(|blob| blob.len()).sum();
        self.block.len() + transactions + self.checkpoint.as_ref().map_or(0, |bytes| bytes.len())
    }
}

/// An internet address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Host {
    /// IPv4.
    V4([u8; 4]),
    /// IPv6.
    V6([u8; 16]),
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => Self::V6(address.octets()),
        }
    }
}

impl From<Host> for IpAddr {
    fn from(host: Host) -> Self {
        match host {
            Host::V4(octets) => octets.into(),
            Host::V6(octets) => octets.into(),
        }
    }
}

/// Where another node is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct PeerRecord {
    /// Its id.
    pub(crate) peer: Bytes<1, 64>,
    /// Its host.
    pub(crate) host: Host,
    /// Where it takes connections by TCP.
    pub(crate) tcp_port: Option<u16>,
    /// Where it takes connections by QUIC.
    pub(crate) quic_port: Option<u16>,
}

/// A transaction on its stem: not yet for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Stem(pub(crate) TransactionBytes);

/// The answer to a [`Stem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) enum StemAnswer {
    /// It goes on from here.
    Taken,
    /// Not from here.
    Declined,
}

#[cfg(test)]
mod tests {
    use super::*;
    use parity_scale_codec::DecodeAll;

    fn identity() -> ChainIdentity {
        ChainIdentity::of(&Network::regtest())
    }

    fn hello() -> Hello {
        Hello {
            version: PROTOCOL_VERSION,
            chain: identity(),
            software: Bytes::new(b"oxend".to_vec()).unwrap(),
            tcp_port: Some(1),
            quic_port: None,
            status: Status {
                height: Height::new(3),
                tip: Hash::ZERO,
            },
            service_node: None,
        }
    }

    #[test]
    fn foreign_networks_chains_and_versions_are_told_apart() {
        assert_eq!(hello().check(&identity()), Ok(()));
        let network = ChainIdentity {
            network: NetworkId::new([1; 16]),
            ..identity()
        };
        assert_eq!(hello().check(&network), Err(Refusal::ForeignNetwork));
        let genesis = ChainIdentity {
            genesis: Hash::new([1; 32]),
            ..identity()
        };
        assert_eq!(hello().check(&genesis), Err(Refusal::DifferentGenesis));
        assert_ne!(identity().protocol_tag(), genesis.protocol_tag());
        let newer = Hello { version: 2, ..hello() };
        assert_eq!(newer.check(&identity()), Err(Refusal::UnknownVersion));
    }

    #[test]
    fn messages_return_as_they_were_and_rests_are_refused() {
        let answer = HelloAnswer::Welcome(Box::new(hello()));
        let mut bytes = answer.encode();
        assert_eq!(HelloAnswer::decode_all(&mut &bytes[..]), Ok(answer));
        bytes.push(0);
        assert!(HelloAnswer::decode_all(&mut &bytes[..]).is_err());
        let body = BlockBody {
            block: Bytes::new(vec![1, 2]).unwrap(),
            transactions: Bounded::of([Bytes::new(vec![3; 16]).unwrap()]),
            checkpoint: None,
        };
        assert_eq!(body.bytes(), 18);
        let response = Response::Blocks(Bounded::of([body]));
        assert_eq!(Response::decode_all(&mut &response.encode()[..]), Ok(response));
    }
}
