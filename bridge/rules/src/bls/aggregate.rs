//! Sums of keys and of signatures (bridge §2.7).

use super::{PublicKey, Signature};
use ark_bn254::{G1Projective, G2Projective};

/// A sum of public keys: of those that signed. The contract finds the same one as the sum of all less those that did not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AggregateKey(G1Projective);

#[allow(
    clippy::arithmetic_side_effects,
    reason = "sums in a group neither overflow nor panic"
)]
impl AggregateKey {
    /// Adds a key.
    pub fn add(&mut self, key: &PublicKey) {
        self.0 += key.0;
    }

    /// The key that verifies the sum of the signatures. `None` for infinity: the sum of no keys, under which nothing may verify
    /// (bridge §7.2).
    #[must_use]
    pub fn key(&self) -> Option<PublicKey> {
        PublicKey::of_sum(self.0)
    }
}

impl<'a> FromIterator<&'a PublicKey> for AggregateKey {
    fn from_iter<I: IntoIterator<Item = &'a PublicKey>>(keys: I) -> Self {
        let mut sum = Self::default();
        keys.into_iter().for_each(|key| sum.add(key));
        sum
    }
}

/// A sum of signatures over one message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AggregateSignature(G2Projective);

#[allow(
    clippy::arithmetic_side_effects,
    reason = "sums in a group neither overflow nor panic"
)]
impl AggregateSignature {
    /// Adds a signature.
    pub fn add(&mut self, signature: &Signature) {
        self.0 += signature.0;
    }

    /// The sum; `None` for infinity, which the contract would have to refuse.
    #[must_use]
    pub fn signature(&self) -> Option<Signature> {
        Signature::of_sum(self.0)
    }
}

impl<'a> FromIterator<&'a Signature> for AggregateSignature {
    fn from_iter<I: IntoIterator<Item = &'a Signature>>(signatures: I) -> Self {
        let mut sum = Self::default();
        signatures.into_iter().for_each(|signature| sum.add(signature));
        sum
    }
}
