//! Keccak-256 as CryptoNote uses it: the original padding, not SHA3 (chain §1.2).

use crate::bytes::Hash;
use tiny_keccak::{Hasher, Keccak};

/// `H(data)`, "cn_fast_hash".
#[must_use]
pub fn keccak256(data: &[u8]) -> Hash {
    keccak256_parts(&[data])
}

/// `H` of the parts one after the other, without joining them in memory.
#[must_use]
pub fn keccak256_parts(parts: &[&[u8]]) -> Hash {
    let mut hasher = Keccak::v256();
    for part in parts {
        hasher.update(part);
    }
    let mut digest = [0; 32];
    hasher.finalize(&mut digest);
    Hash::new(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keccak_has_the_known_digests() {
        for (input, digest) in [
            ("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
            ("cc", "eead6dbfc7340a56caedc044696a168870549a6a7f6f56961e84a54bd9970b8a"),
            (
                "41fb",
                "a8eaceda4d47b3281a795ad9e1ea2122b407baf9aabcb9e18b5717b7873537d2",
            ),
        ] {
            assert_eq!(keccak256(&hex::decode(input).expect("hex")).to_string(), digest);
        }
    }
}
