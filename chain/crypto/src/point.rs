//! Curve points behind the byte strings (chain §1.2): strict decoding, and the constants of the curve.

use curve25519_dalek::{
    EdwardsPoint,
    edwards::{CompressedEdwardsY, EdwardsBasepointTable},
    traits::BasepointTable,
};
use std::sync::LazyLock;

/// The second generator `H₂`, called `Hgen`: `8·decompress(H(G))` (chain §1.2).
pub(crate) const AMOUNT_GENERATOR: [u8; 32] = [
    0x8b, 0x65, 0x59, 0x70, 0x15, 0x37, 0x99, 0xaf, 0x2a, 0xea, 0xdc, 0x9f, 0xf1, 0xad, 0xd0, 0xea, 0x6c, 0x72, 0x51,
    0xd5, 0x41, 0x54, 0xcf, 0xa9, 0x2c, 0x17, 0x3a, 0x0d, 0xd3, 0x9c, 0x1f, 0x94,
];

/// Multiples of `Hgen`, so that a commitment costs no more than two fixed-base multiplications.
pub(crate) static AMOUNT_TABLE: LazyLock<EdwardsBasepointTable> = LazyLock::new(|| {
    let generator = decode(&AMOUNT_GENERATOR).expect("the generator of amounts is a point of the curve");
    EdwardsBasepointTable::create(&generator)
});

/// The point these bytes encode.
///
/// As strict as the reference (chain §1.2): `y` below the field's prime, on the curve, and no negative zero for `x`; dalek alone
/// would take the first and the last. Torsion is not looked at.
pub(crate) fn decode(bytes: &[u8; 32]) -> Option<EdwardsPoint> {
    if is_canonical(bytes) {
        CompressedEdwardsY(*bytes).decompress()
    } else {
        None
    }
}

/// True unless `y` is at least `p = 2²⁵⁵ − 19`, or the sign is negative where `x = 0` (`y = 1` and `y = p − 1`).
pub(crate) fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [lowest, middle @ .., highest] = bytes;
    let all_middle = |value: u8| middle.iter().all(|byte| *byte == value);
    let (negative, top) = (highest & 0x80 != 0, highest & 0x7f);
    if top == 0x7f && *lowest >= 0xec && all_middle(0xff) {
        return *lowest == 0xec && !negative;
    }
    !(negative && *lowest == 1 && top == 0 && all_middle(0))
}

/// `Hp(bytes)`: Monero's hash to a point of the prime-order group (chain §1.2).
pub(crate) fn hash_to_edwards(bytes: &[u8; 32]) -> EdwardsPoint {
    monero_ed25519::Point::biased_hash(*bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `p + offset`, with the sign bit.
    fn near_prime(lowest: u8, sign: u8) -> [u8; 32] {
        let mut bytes = [0xff; 32];
        bytes[0] = lowest;
        bytes[31] = 0x7f | sign;
        bytes
    }

    fn small(lowest: u8, sign: u8) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[0] = lowest;
        bytes[31] = sign;
        bytes
    }

    fn agrees_with_monero_ed25519(bytes: [u8; 32]) {
        let theirs = monero_ed25519::CompressedPoint::from(bytes)
            .decompress()
            .map(monero_ed25519::Point::into);
        assert_eq!(decode(&bytes), theirs, "{}", hex::encode(bytes));
    }

    #[test]
    fn every_encoding_near_zero_and_near_the_prime_is_judged_as_by_monero_ed25519() {
        for lowest in 0..=255 {
            for sign in [0, 0x80] {
                agrees_with_monero_ed25519(near_prime(lowest, sign));
                agrees_with_monero_ed25519(small(lowest, sign));
            }
        }
    }

    #[test]
    fn identity_and_order_two_have_one_encoding_each() {
        assert!(decode(&small(1, 0)).is_some());
        assert!(decode(&small(1, 0x80)).is_none());
        assert!(decode(&near_prime(0xec, 0)).is_some());
        assert!(decode(&near_prime(0xec, 0x80)).is_none());
        assert!(
            decode(&near_prime(0xee, 0)).is_none(),
            "y = p + 1 is the identity again, unreduced"
        );
    }

    proptest! {
        #[test]
        fn random_encodings_are_judged_as_by_monero_ed25519(bytes: [u8; 32]) {
            agrees_with_monero_ed25519(bytes);
        }
    }

    #[test]
    fn hash_to_point_has_the_known_answer() {
        let input: [u8; 32] = hex::decode("da66e9ba613919dec28ef367a125bb310d6d83fb9052e71034164b6dc4f392d0")
            .unwrap()
            .try_into()
            .unwrap();
        assert_eq!(
            hex::encode(hash_to_edwards(&input).compress().as_bytes()),
            "52b3f38753b4e13b74624862e253072cf12f745d43fcfafbe8c217701a6e5875"
        );
    }

    #[test]
    fn generator_of_amounts_is_eight_times_the_hashed_base_point() {
        let base = curve25519_dalek::constants::ED25519_BASEPOINT_COMPRESSED;
        let hashed = oxen_types::keccak256(base.as_bytes());
        let generator = decode(hashed.as_bytes()).unwrap().mul_by_cofactor();
        assert_eq!(generator.compress().to_bytes(), AMOUNT_GENERATOR);
    }
}
