//! Which of many signatures are good, and their sum.

use oxen_bridge_rules::bls::{
    AggregateKey, AggregateSignature, MessagePoint, PublicKey, Signature, SignedMessage, faulty, verify,
};
use oxen_node_api::bridge::RegisteredNode;
use oxen_types::{
    PublicKey as PrimaryKey,
    bytes::{BlsPublicKey, BlsSignature},
};
use std::collections::BTreeSet;

/// Signatures told apart.
#[derive(Debug, Default)]
pub(crate) struct Verified {
    /// The good ones.
    good: Vec<(RegisteredNode, SignedMessage)>,
    /// Who signed wrongly.
    pub(crate) wrong: BTreeSet<PrimaryKey>,
}

/// A sum of good signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) signers: BTreeSet<BlsPublicKey>,
    pub(crate) signature: BlsSignature,
    pub(crate) key: BlsPublicKey,
}

impl Verified {
    /// Checks every signature. Those of known liars are looked at apart: among many honest ones they would cost a search.
    /// `seed` is fresh randomness.
    pub(crate) fn of(
        point: &MessagePoint,
        signed: &[(RegisteredNode, BlsSignature)],
        liars: &BTreeSet<PrimaryKey>,
        seed: &[u8; 32],
    ) -> Self {
        let mut verified = Self::default();
        let (known, others): (Vec<_>, Vec<_>) = signed.iter().partition(|(node, _)| liars.contains(&node.primary));
        for batch in [others, known] {
            verified.check(point, &batch, seed);
        }
        verified
    }

    fn check(&mut self, point: &MessagePoint, batch: &[(RegisteredNode, BlsSignature)], seed: &[u8; 32]) {
        let mut nodes = Vec::with_capacity(batch.len());
        let mut entries = Vec::with_capacity(batch.len());
        for (node, signature) in batch {
            match decode(node, signature) {
                Some(entry) => {
                    nodes.push(node);
                    entries.push(entry);
                }
                None => {
                    self.wrong.insert(node.primary);
                }
            }
        }
        let mut bad = faulty(point, &entries, seed).into_iter().peekable();
        for (position, (node, entry)) in nodes.into_iter().zip(entries).enumerate() {
            if bad.next_if_eq(&position).is_some() {
                self.wrong.insert(node.primary);
            } else {
                self.good.push((*node, entry));
            }
        }
    }

    /// Who signed well.
    pub(crate) fn right(&self) -> impl Iterator<Item = &PrimaryKey> {
        self.good.iter().map(|(node, _)| &node.primary)
    }

    /// Adds up. `None` where there is nothing to add, and never a sum that does not verify.
    pub(crate) fn sum(&self, point: &MessagePoint) -> Option<Sum> {
        let entries = self.good.iter().map(|(_, entry)| entry);
        let signature = entries
            .clone()
            .map(|entry| &entry.signature)
            .collect::<AggregateSignature>()
            .signature()?;
        let key = entries.map(|entry| &entry.key).collect::<AggregateKey>().key()?;
        verify(point, &key, &signature).then(|| Sum {
            signers: self.good.iter().map(|(node, _)| node.bls_key).collect(),
            signature: signature.to_bytes(),
            key: key.to_bytes(),
        })
    }
}

fn decode(node: &RegisteredNode, signature: &BlsSignature) -> Option<SignedMessage> {
    Some(SignedMessage {
        key: PublicKey::decode(&node.bls_key).ok()?,
        signature: Signature::decode(signature).ok()?,
    })
}
