//! Many signatures over one message at once, and which of them are bad.
//!
//! Each signature is weighed with a number that nobody could foresee: if all are good, the weighted sums verify with one pairing;
//! if any is bad, they do not but once in 2⁶⁴. Then halves are looked at. The pairing of the other half follows from that of the
//! whole without computing it, so finding the bad ones costs less than looking at each even where every third one is bad.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "operations in groups neither overflow nor panic; positions stay within the slice"
)]

use super::{MessagePoint, PublicKey, Signature};
use ark_bn254::{Bn254, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{
    AffineRepr, CurveGroup, VariableBaseMSM,
    pairing::{Pairing, PairingOutput},
};
use ark_ff::Zero;
use oxen_types::hashing::keccak256_parts;
use std::ops::Range;

/// What a node signed with the message that is common to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedMessage {
    /// Its key.
    pub key: PublicKey,
    /// Its signature.
    pub signature: Signature,
}

/// Positions, ascending, of the entries whose signature is not good; none when all are.
///
/// `seed` must be fresh randomness that no signer could know when it signed.
#[must_use]
pub fn faulty(message: &MessagePoint, entries: &[SignedMessage], seed: &[u8; 32]) -> Vec<usize> {
    if message.0.is_zero() {
        return (0..entries.len()).collect();
    }
    let weights: Vec<u64> = (0..entries.len()).map(|position| weight(seed, position)).collect();
    let check = Check::new(message);
    let whole = check.pairing(sum_of_keys(entries, &weights), sum_of_signatures(entries, &weights));
    if whole.is_zero() {
        return Vec::new();
    }
    find_faulty(&check, &Prefixes::new(entries, &weights), entries.len(), whole)
}

/// The weight at a position: never zero, for then the entry would not count.
fn weight(seed: &[u8; 32], position: usize) -> u64 {
    let digest = keccak256_parts(&[seed, &(position as u64).to_le_bytes()]);
    let bytes = digest.as_bytes().first_chunk().copied().unwrap_or_default();
    u64::from_le_bytes(bytes).max(1)
}

fn sum_of_keys(entries: &[SignedMessage], weights: &[u64]) -> G1Projective {
    let keys: Vec<G1Affine> = entries.iter().map(|entry| entry.key.0).collect();
    G1Projective::msm_u64(&keys, weights)
}

fn sum_of_signatures(entries: &[SignedMessage], weights: &[u64]) -> G2Projective {
    let signatures: Vec<G2Affine> = entries.iter().map(|entry| entry.signature.0).collect();
    G2Projective::msm_u64(&signatures, weights)
}

/// The equation of a sum, with what does not change prepared.
struct Check {
    message: <Bn254 as Pairing>::G2Prepared,
}

impl Check {
    fn new(message: &MessagePoint) -> Self {
        Self {
            message: message.0.into(),
        }
    }

    /// `e(G, signatures) · e(−keys, H)`, written additively: zero when the equation holds.
    fn pairing(&self, keys: G1Projective, signatures: G2Projective) -> PairingOutput<Bn254> {
        let signatures: <Bn254 as Pairing>::G2Prepared = signatures.into_affine().into();
        let points = [G1Affine::generator(), (-keys).into_affine()];
        let lines = Bn254::multi_miller_loop(points, [signatures, self.message.clone()]);
        // A product of lines is never zero for points of the curve.
        Bn254::final_exponentiation(lines).unwrap_or_default()
    }
}

/// Sums of the weighted entries before each position, so that the sum over any range is one subtraction.
struct Prefixes {
    keys: Vec<G1Projective>,
    signatures: Vec<G2Projective>,
}

impl Prefixes {
    fn new(entries: &[SignedMessage], weights: &[u64]) -> Self {
        let mut keys = vec![G1Projective::zero()];
        let mut signatures = vec![G2Projective::zero()];
        let mut key_sum = G1Projective::zero();
        let mut signature_sum = G2Projective::zero();
        for (entry, weight) in entries.iter().zip(weights) {
            key_sum += entry.key.0.mul_bigint([*weight]);
            signature_sum += entry.signature.0.mul_bigint([*weight]);
            keys.push(key_sum);
            signatures.push(signature_sum);
        }
        Self { keys, signatures }
    }

    fn keys(&self, range: &Range<usize>) -> G1Projective {
        at(&self.keys, range.end) - at(&self.keys, range.start)
    }

    fn signatures(&self, range: &Range<usize>) -> G2Projective {
        at(&self.signatures, range.end) - at(&self.signatures, range.start)
    }
}

fn at<T: Copy + Zero>(sums: &[T], position: usize) -> T {
    sums.get(position).copied().unwrap_or_else(T::zero)
}

/// Halves what does not verify until single entries are left. Depth first, so that positions come out ascending.
fn find_faulty(check: &Check, sums: &Prefixes, count: usize, whole: PairingOutput<Bn254>) -> Vec<usize> {
    let mut found = Vec::new();
    let mut open = vec![(0..count, whole)];
    while let Some((range, pairing)) = open.pop() {
        if range.len() <= 1 {
            found.extend(range);
            continue;
        }
        let middle = range.start + range.len() / 2;
        let (left, right) = (range.start..middle, middle..range.end);
        let of_left = check.pairing(sums.keys(&left), sums.signatures(&left));
        let of_right = pairing - of_left;
        for (half, of_half) in [(right, of_right), (left, of_left)] {
            if !of_half.is_zero() {
                open.push((half, of_half));
            }
        }
    }
    found
}
