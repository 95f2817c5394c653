//! From a message to a point of G2, exactly as the contract's `BN256G2.hashToG2` does it (bridge §2.3–2.4).
//!
//! The bytes are those of RFC 9380's `expand_message_xmd` with Keccak-256; the map is the contract's own: coordinates are tried
//! until one is that of a point, and the cofactor is cleared by a formula that differs from a multiplication by the cofactor.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "operations in fields and groups neither overflow nor panic"
)]

use ark_bn254::{Config, Fq, Fq2, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, bn::BnConfig, short_weierstrass::SWCurveConfig};
use ark_ff::{AdditiveGroup, Field, PrimeField, Zero};
use oxen_types::{Hash, hashing::keccak256_parts};

/// Bytes that Keccak-256 takes in at a time.
const BLOCK_LENGTH: usize = 136;
/// Bytes that a message is expanded to, and their number as the standard writes it.
const EXPANDED_LENGTH: usize = 128;
const EXPANDED_LENGTH_BYTES: [u8; 2] = [0x00, 0x80];
/// Bytes from which a coordinate is reduced: long enough that no value is likelier than another.
const REDUCED_LENGTH: usize = 48;

/// A message as a point of the group of prime order in G2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessagePoint(pub(super) G2Affine);

impl MessagePoint {
    /// Hashes the message under the tag that separates its domain ([`crate::message`] knows both).
    ///
    /// That none of 256 tries gives a point happens once in 2²⁵⁶ messages. The result is infinity then, under which no signature
    /// is good.
    #[must_use]
    pub fn hash(message: &[u8], domain_tag: &Hash) -> Self {
        let point = (0..=u8::MAX).find_map(|counter| map_to_curve(&hash_to_field(&[message, &[counter]], domain_tag)));
        Self(point.map_or_else(G2Affine::zero, clear_cofactor))
    }
}

/// A candidate for a point: its first coordinate, and which of the two second ones.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) x: Fq2,
    pub(super) negate: Negate,
}

/// Whether the other one of the two roots is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Negate {
    Yes,
    No,
}

/// `expand_message_xmd` of RFC 9380 with Keccak-256, to 128 bytes.
pub(super) fn expand_message(message: &[&[u8]], domain_tag: &Hash) -> [u8; EXPANDED_LENGTH] {
    let domain_length = [Hash::LENGTH as u8];
    let domain = [domain_tag.as_ref(), &domain_length];
    let mut parts: Vec<&[u8]> = vec![&[0; BLOCK_LENGTH]];
    parts.extend_from_slice(message);
    parts.extend_from_slice(&[&EXPANDED_LENGTH_BYTES, &[0]]);
    parts.extend_from_slice(&domain);
    let first = keccak256_parts(&parts);

    let mut expanded = [0; EXPANDED_LENGTH];
    let (blocks, _) = expanded.as_chunks_mut::<{ Hash::LENGTH }>();
    let mut previous = [0; Hash::LENGTH];
    for (block, number) in blocks.iter_mut().zip(1_u8..) {
        for (byte, of_first) in previous.iter_mut().zip(first.as_bytes()) {
            *byte ^= of_first;
        }
        *block = keccak256_parts(&[&previous, &[number], domain_tag.as_ref(), &domain_length]).to_bytes();
        previous = *block;
    }
    expanded
}

/// The candidate that a message stands for.
pub(super) fn hash_to_field(message: &[&[u8]], domain_tag: &Hash) -> Candidate {
    let expanded = expand_message(message, domain_tag);
    let (coordinates, _) = expanded.as_chunks::<REDUCED_LENGTH>();
    let mut coordinates = coordinates.iter().map(|bytes| Fq::from_be_bytes_mod_order(bytes));
    let mut next = || coordinates.next().unwrap_or_default();
    let x = Fq2::new(next(), next());
    let odd = expanded.last().is_some_and(|byte| byte & 1 == 1);
    let negate = if odd { Negate::Yes } else { Negate::No };
    Candidate { x, negate }
}

/// The point of the curve with the candidate's coordinate, if there is one. A second coordinate with a part of zero is none, as
/// in the contract.
pub(super) fn map_to_curve(candidate: &Candidate) -> Option<G2Affine> {
    let square = candidate.x.square() * candidate.x + <Config as BnConfig>::G2Config::COEFF_B;
    let y = square_root(square).filter(|y| !y.c0.is_zero() && !y.c1.is_zero())?;
    let y = match candidate.negate {
        Negate::Yes => -y,
        Negate::No => y,
    };
    Some(G2Affine::new_unchecked(candidate.x, y))
}

/// The root of `c + di` that the contract takes (bridge §2.4). Which of the two it is matters: libraries often take the other.
pub(super) fn square_root(value: Fq2) -> Option<Fq2> {
    let (c, d) = (value.c0, value.c1);
    if d.is_zero() {
        let real = root_in_prime_field(c).map(|root| Fq2::new(root, Fq::ZERO));
        return real.or_else(|| root_in_prime_field(-c).map(|root| Fq2::new(Fq::ZERO, root)));
    }
    let norm_root = root_in_prime_field(c.square() + d.square())?;
    let half = Fq::from(2).inverse()?;
    let a = root_in_prime_field((c + norm_root) * half).or_else(|| root_in_prime_field((c - norm_root) * half))?;
    let b = d * a.double().inverse()?;
    let root = Fq2::new(a, b);
    (root.square() == value).then_some(root)
}

/// `v^((p+1)/4)` where its square is `v`.
fn root_in_prime_field(value: Fq) -> Option<Fq> {
    /// `(p + 1) / 4`.
    const EXPONENT: [u64; 4] = [
        0x4f08_2305_b61f_3f52,
        0x65e0_5aa4_5a1c_72a3,
        0x6e14_116d_a060_5617,
        0x0c19_139c_b84c_680a,
    ];
    let root = value.pow(EXPONENT);
    (root.square() == value).then_some(root)
}

/// `[u]P + ψ([3u]P) + ψ²([u]P) + ψ³(P)`: into the group of prime order. Another point than the cofactor's multiple, and it is the
/// one that counts.
pub(super) fn clear_cofactor(point: G2Affine) -> G2Affine {
    let times_u = point.mul_bigint(<Config as BnConfig>::X);
    let times_three_u = times_u.double() + times_u;
    let sum = times_u
        + frobenius(times_three_u)
        + frobenius(frobenius(times_u))
        + frobenius(frobenius(frobenius(point.into_group())));
    sum.into_affine()
}

/// `ψ(x, y) = (conj(x)·ξ^((p−1)/3), conj(y)·ξ^((p−1)/2))`. In Jacobian coordinates the denominator is conjugated along.
fn frobenius(mut point: G2Projective) -> G2Projective {
    for coordinate in [&mut point.x, &mut point.y, &mut point.z] {
        coordinate.conjugate_in_place();
    }
    point.x *= <Config as BnConfig>::TWIST_MUL_BY_Q_X;
    point.y *= <Config as BnConfig>::TWIST_MUL_BY_Q_Y;
    point
}
