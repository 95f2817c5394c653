//! Coordinates as the contract has them: 32 bytes, big-endian, below the prime (bridge §2.6).

use ark_bn254::{Fq, Fq2};
use ark_ff::{BigInt, PrimeField};

/// Length of a coordinate in bytes.
pub(super) const LENGTH: usize = 32;

/// The coordinate with these bytes; `None` at or above the prime.
pub(super) fn read(bytes: &[u8; LENGTH]) -> Option<Fq> {
    let mut limbs = [0; 4];
    let (words, _) = bytes.as_chunks::<8>();
    for (limb, word) in limbs.iter_mut().zip(words.iter().rev()) {
        *limb = u64::from_be_bytes(*word);
    }
    Fq::from_bigint(BigInt::new(limbs))
}

/// The bytes of a coordinate.
pub(super) fn write(coordinate: Fq) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let (words, _) = bytes.as_chunks_mut::<8>();
    for (word, limb) in words.iter_mut().zip(coordinate.into_bigint().0.iter().rev()) {
        *word = limb.to_be_bytes();
    }
    bytes
}

/// A coordinate of G2 from its real and its imaginary part.
pub(super) fn read_pair(real: &[u8; LENGTH], imaginary: &[u8; LENGTH]) -> Option<Fq2> {
    Some(Fq2::new(read(real)?, read(imaginary)?))
}
