//! The messages that service nodes sign for the contracts (bridge §2.4–2.5, §5.3).
//!
//! Every message begins with a tag and is hashed to the curve under another one. Both are bound to a chain and a contract, so that
//! a signature means one thing in one place.

use crate::bls::MessagePoint;
use oxen_types::{
    Amount, Hash, PublicKey, Timestamp,
    bytes::{BlsPublicKey, EthereumAddress},
    hashing::keccak256_parts,
};
use std::fmt;

/// What a tag is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// A node's proof that it holds the secret of its key.
    Possession,
    /// How much a recipient has earned in its lifetime.
    Reward,
    /// A node may leave the contract with its whole stake.
    Exit,
    /// A node may be removed from the contract with a penalty.
    Liquidation,
    /// How much a recipient has swapped in its lifetime.
    Swap,
    /// Not a message: the tag under which messages are hashed to the curve, known as DST.
    HashToField,
}

impl Purpose {
    /// Its name in the tag.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Possession => "BLS_SIG_TRYANDINCREMENT_POP",
            Self::Reward => "BLS_SIG_TRYANDINCREMENT_REWARD",
            Self::Exit => "BLS_SIG_TRYANDINCREMENT_EXIT",
            Self::Liquidation => "BLS_SIG_TRYANDINCREMENT_LIQUIDATE",
            Self::Swap => "BLS_SIG_TRYANDINCREMENT_SWAP",
            Self::HashToField => "BLS_SIG_HASH_TO_FIELD_TAG",
        }
    }
}

/// Where signatures are to be valid: a chain, and the rewards contract on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BridgeDomain {
    /// Its id: 42161 on Arbitrum One (bridge §3.1).
    pub chain_id: u64,
    /// The rewards contract: the proxy's address.
    pub contract: EthereumAddress,
}

impl BridgeDomain {
    /// The domain of uptime proofs at HF20, when there is no contract yet: the zero address stands for it (bridge §2.4).
    #[must_use]
    pub const fn before_contract(chain_id: u64) -> Self {
        Self {
            chain_id,
            contract: EthereumAddress::ZERO,
        }
    }

    /// `Keccak256(name ‖ chain id ‖ contract)`.
    #[must_use]
    pub fn tag(&self, purpose: Purpose) -> Hash {
        self.tag_of(purpose, &self.contract)
    }

    fn tag_of(&self, purpose: Purpose, contract: &EthereumAddress) -> Hash {
        let chain_id = word(self.chain_id);
        keccak256_parts(&[purpose.name().as_bytes(), &chain_id, contract.as_ref()])
    }

    /// What a node signs to register its key for an operator (bridge §2.5). Without it somebody could register a key that cancels
    /// those of others out of the sum.
    #[must_use]
    pub fn possession(&self, key: &BlsPublicKey, operator: &EthereumAddress, ed25519: &PublicKey) -> Message {
        let parts = [key.as_ref(), operator.as_ref(), ed25519.as_ref()];
        self.tagged(self.tag(Purpose::Possession), &parts)
    }

    /// What recipient has earned since the beginning, in atomic SESH.
    #[must_use]
    pub fn reward(&self, recipient: &EthereumAddress, lifetime_total: Amount) -> Message {
        let total = word(lifetime_total.atomic());
        self.tagged(self.tag(Purpose::Reward), &[recipient.as_ref(), &total])
    }

    /// The node with this key may leave; valid for ten minutes from `time` on.
    #[must_use]
    pub fn exit(&self, key: &BlsPublicKey, time: Timestamp) -> Message {
        self.tagged(self.tag(Purpose::Exit), &[key.as_ref(), &word(time.seconds())])
    }

    /// The node with this key may be liquidated; valid for ten minutes from `time` on.
    #[must_use]
    pub fn liquidation(&self, key: &BlsPublicKey, time: Timestamp) -> Message {
        self.tagged(self.tag(Purpose::Liquidation), &[key.as_ref(), &word(time.seconds())])
    }

    /// What the recipient got for burnt OXEN since the beginning, in atomic SESH. Bound to the swap contract by its tag, checked
    /// by the rewards contract under its own (bridge §5.3).
    #[must_use]
    pub fn swap(
        &self,
        swap_contract: &EthereumAddress,
        recipient: &EthereumAddress,
        lifetime_total: Amount,
    ) -> Message {
        let tag = self.tag_of(Purpose::Swap, swap_contract);
        self.tagged(tag, &[recipient.as_ref(), &word(lifetime_total.atomic())])
    }

    /// Bytes as they are, hashed to the curve in this domain.
    #[must_use]
    pub fn untagged(&self, bytes: Vec<u8>) -> Message {
        Message {
            bytes,
            domain_tag: self.tag(Purpose::HashToField),
        }
    }

    fn tagged(&self, tag: Hash, parts: &[&[u8]]) -> Message {
        let mut bytes = tag.as_ref().to_vec();
        bytes.extend(parts.iter().copied().flatten());
        self.untagged(bytes)
    }
}

/// A message and the tag under which it is hashed to the curve.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    bytes: Vec<u8>,
    domain_tag: Hash,
}

impl Message {
    /// The node with this primary key holds the secret of the BLS key: what uptime proofs carry at HF20. It has no tag of its own,
    /// and as there is no contract yet the zero address stands for it.
    #[must_use]
    pub fn uptime_proof(chain_id: u64, key: &BlsPublicKey, service_node: &PublicKey) -> Self {
        BridgeDomain::before_contract(chain_id).untagged([key.as_ref(), service_node.as_ref()].concat())
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The tag under which they are hashed: the contract's `hashToG2Tag`.
    #[must_use]
    pub const fn domain_tag(&self) -> &Hash {
        &self.domain_tag
    }

    /// The message as a point; costs as much as half a signature, so keep it.
    #[must_use]
    pub fn to_point(&self) -> MessagePoint {
        MessagePoint::hash(&self.bytes, &self.domain_tag)
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Message(")?;
        self.bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// A number as Ethereum writes it: 32 bytes, big-endian.
fn word(number: u64) -> [u8; 32] {
    let mut word = [0; 32];
    if let Some(low) = word.last_chunk_mut() {
        *low = number.to_be_bytes();
    }
    word
}

#[cfg(test)]
mod tests;
