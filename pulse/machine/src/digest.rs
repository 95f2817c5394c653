//! BLAKE2b-256 as Pulse uses it: over messages, as commitments to random values, and to join the values (pulse §6.4, §7.1).

use blake2::{
    Blake2b, Blake2bMac, Digest,
    digest::{FixedOutput, KeyInit, Update, consts::U32},
};
use oxen_types::Hash;
use std::fmt;

/// What one validator adds to the random value of a block. Secret until it is revealed, so it is not printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RandomValue([u8; 16]);

impl RandomValue {
    /// From bytes that nobody could guess.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The hash that its owner sends first, so that he cannot choose it after he has seen the others'.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        blake2b(&[&self.0])
    }
}

impl fmt::Debug for RandomValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RandomValue(not printed)")
    }
}

/// BLAKE2b-256, without a key, of the parts one after the other.
#[must_use]
pub fn blake2b(parts: &[&[u8]]) -> Hash {
    let mut hasher = Blake2b::<U32>::default();
    for part in parts {
        Digest::update(&mut hasher, part);
    }
    Hash::new(Digest::finalize(hasher).into())
}

/// The random value of the block, from the validators' values in the order of their positions: the first half of BLAKE2b-256
/// under a key of 32 zero bytes (pulse §6.4).
#[must_use]
pub fn joined_value<'a>(values: impl IntoIterator<Item = &'a RandomValue>) -> [u8; 16] {
    let mut hasher = <Blake2bMac<U32> as KeyInit>::new_from_slice(&[0; 32])
        .expect("BLAKE2b takes keys of up to 64 bytes, and this one has 32");
    for value in values {
        Update::update(&mut hasher, value.as_bytes());
    }
    let digest: [u8; 32] = hasher.finalize_fixed().into();
    let mut first = [0; 16];
    for (to, from) in first.iter_mut().zip(digest) {
        *to = from;
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_has_the_known_answer() {
        let value = RandomValue::new(std::array::from_fn(|index| index as u8));
        assert_eq!(
            value.commitment().to_string(),
            "c7cb5d1a1a214f1d833a21fe6c7b2420e417c2f220784cbe90072975131bc367"
        );
        assert!(!format!("{value:?}").contains('1'));
    }

    #[test]
    fn joined_values_have_the_known_answers() {
        let values: Vec<RandomValue> = (0..11).map(|byte| RandomValue::new([byte; 16])).collect();
        assert_eq!(
            hex::encode(joined_value(&values[..7])),
            "71942c5baad52297d721da0ed3dd5e39"
        );
        assert_eq!(hex::encode(joined_value(&values)), "4ca15c3eeb80e6169e71aaddaacbe426");
    }
}
