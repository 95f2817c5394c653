//! The messages to service nodes: who says so, what is told, what is asked.

use super::bounded::Bytes;
use crate::{limits::QUORUM_MESSAGE_BYTES, wire::message::ChainIdentity};
use libp2p::PeerId;
use oxen_node_api::QuorumSubject;
use oxen_staking_rules::keys::{Ed25519Signature, ServiceNodeKeys};
use oxen_types::PublicKey;
use parity_scale_codec::{Compact, Decode, Encode, Error, Input, Output};
use std::sync::Arc;

/// Tells this signature from every other that the key makes.
const DOMAIN: &[u8] = b"oxen: this peer speaks for this service node, version 1";

/// A service node says which peer speaks for it. The connection proves the peer, this the service node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Statement {
    /// Its primary key.
    pub(crate) primary: PublicKey,
    /// The Ed25519 key of its uptime proof.
    pub(crate) ed25519: PublicKey,
    /// By that key.
    pub(crate) signature: Ed25519Signature,
}

impl Statement {
    /// Signs for a peer, this node.
    pub(crate) fn sign(keys: &ServiceNodeKeys, peer: PeerId, chain: &ChainIdentity) -> Self {
        let primary = keys.primary().public;
        Self {
            primary,
            ed25519: keys.ed25519_public(),
            signature: keys.sign_ed25519(&signed_bytes(&primary, peer, chain)),
        }
    }

    /// True when the Ed25519 key signed for this peer on this chain. Whose key it is, uptime proofs say.
    pub(crate) fn is_good(&self, peer: PeerId, chain: &ChainIdentity) -> bool {
        let signed = signed_bytes(&self.primary, peer, chain);
        self.signature.is_good(&signed, &self.ed25519)
    }
}

fn signed_bytes(primary: &PublicKey, peer: PeerId, chain: &ChainIdentity) -> Vec<u8> {
    (DOMAIN, chain, primary, peer.to_bytes()).encode()
}

/// What a message is about: a number, because newer nodes may know more subjects, which is no offence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct SubjectCode(u8);

impl From<QuorumSubject> for SubjectCode {
    fn from(subject: QuorumSubject) -> Self {
        Self(match subject {
            QuorumSubject::Pulse => 0,
            QuorumSubject::Blink => 1,
            QuorumSubject::Time => 2,
            QuorumSubject::Bridge => 3,
        })
    }
}

impl SubjectCode {
    /// The subject, if this node knows it.
    pub(crate) fn subject(self) -> Option<QuorumSubject> {
        QuorumSubject::ALL.into_iter().find(|known| Self::from(*known) == self)
    }
}

/// The bytes of a message, which several sendings share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SharedBytes(pub(crate) Arc<[u8]>);

impl Encode for SharedBytes {
    fn encode_to<O: Output + ?Sized>(&self, output: &mut O) {
        // Longer messages are not taken for sending.
        Compact(u32::try_from(self.0.len()).unwrap_or(u32::MAX)).encode_to(output);
        output.write(&self.0);
    }
}

impl Decode for SharedBytes {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let bytes = Bytes::<0, QUORUM_MESSAGE_BYTES>::decode(input)?;
        Ok(Self(bytes.into_vec().into()))
    }
}

/// A service node tells another something.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Told {
    pub(crate) subject: SubjectCode,
    pub(crate) message: SharedBytes,
}

/// The answer to [`Told`]: the next may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) enum ToldAnswer {
    /// It is handed on.
    Taken,
    /// It is not: the teller is not known for a service node here, or tells too much, or nobody is there to hear it.
    Refused,
}

/// Somebody asks a service node something.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Question {
    pub(crate) subject: SubjectCode,
    pub(crate) question: Bytes<0, QUORUM_MESSAGE_BYTES>,
}

/// The answer to [`Question`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) enum QuestionAnswer {
    /// Here it is.
    Answer(Bytes<0, QUORUM_MESSAGE_BYTES>),
    /// There is none.
    Declined,
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_types::{Hash, Network};
    use parity_scale_codec::DecodeAll;

    fn keys(number: u8) -> ServiceNodeKeys {
        ServiceNodeKeys::from_seed(&[number; 32])
    }

    #[test]
    fn a_statement_is_for_one_peer_on_one_chain_and_one_service_node() {
        let chain = ChainIdentity::of(&Network::regtest());
        let peer = PeerId::random();
        let statement = Statement::sign(&keys(1), peer, &chain);
        assert!(statement.is_good(peer, &chain));
        assert!(!statement.is_good(PeerId::random(), &chain), "another peer repeats it");
        let other_chain = ChainIdentity {
            genesis: Hash::new([1; 32]),
            ..chain
        };
        assert!(!statement.is_good(peer, &other_chain));
        let other_node = Statement {
            primary: keys(2).primary().public,
            ..statement
        };
        assert!(!other_node.is_good(peer, &chain));
        let other_key = Statement {
            ed25519: keys(2).ed25519_public(),
            ..statement
        };
        assert!(!other_key.is_good(peer, &chain));
    }

    #[test]
    fn subjects_return_and_unknown_ones_are_nothing() {
        for subject in QuorumSubject::ALL {
            assert_eq!(SubjectCode::from(subject).subject(), Some(subject));
        }
        assert_eq!(SubjectCode(9).subject(), None);
    }

    #[test]
    fn messages_return_as_they_were_and_longer_ones_are_refused_by_their_length() {
        let told = Told {
            subject: QuorumSubject::Pulse.into(),
            message: SharedBytes(vec![7; 300].into()),
        };
        assert_eq!(Told::decode_all(&mut &told.encode()[..]), Ok(told));
        let announced = (SubjectCode(0), Compact(QUORUM_MESSAGE_BYTES + 1)).encode();
        let error = Told::decode(&mut &announced[..]).unwrap_err();
        assert!(error.to_string().contains("outside its limits"), "{error}");
    }
}
