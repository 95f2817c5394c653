//! Hiding and opening the amount of an output with its derivation scalar (chain §1.8).

use crate::{
    commitment::{self, Mask},
    derivation::DerivationScalar,
    keys::hash_to_scalar,
};
use oxen_types::{Amount, Commitment, hashing::keccak256_parts};
use thiserror::Error;

/// Separates masks from other hashes of the scalar.
const MASK_DOMAIN: &[u8] = b"commitment_mask";
/// Separates amounts from other hashes of the scalar.
const AMOUNT_DOMAIN: &[u8] = b"amount";

/// An amount as a transaction carries it: `LE8(amount)` under an XOR mask.
pub type EncryptedAmount = [u8; 8];

/// The commitment does not open to the amount that was decrypted: the output is ignored (chain §1.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the commitment does not hide the amount that the transaction claims")]
pub struct CommitmentMismatch;

/// An amount and the mask of its commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The amount.
    pub amount: Amount,
    /// The mask.
    pub mask: Mask,
}

/// `y_i = Hs("commitment_mask" ‖ k_i)`.
#[must_use]
pub fn commitment_mask(key: &DerivationScalar) -> Mask {
    Mask(hash_to_scalar(&[MASK_DOMAIN, key.as_bytes()]))
}

/// `LE8(amount) XOR H("amount" ‖ k_i)[0..8]`.
#[must_use]
pub fn encrypt(amount: Amount, key: &DerivationScalar) -> EncryptedAmount {
    (amount.atomic() ^ amount_mask(key)).to_le_bytes()
}

/// Undoes [`encrypt`]. Nothing says yet that the amount is true: see [`open`].
#[must_use]
pub fn decrypt(encrypted: EncryptedAmount, key: &DerivationScalar) -> Amount {
    Amount::from_atomic(u64::from_le_bytes(encrypted) ^ amount_mask(key))
}

/// Decrypts a received amount and checks that the commitment hides it.
///
/// # Errors
/// [`CommitmentMismatch`] if it does not.
pub fn open(
    encrypted: EncryptedAmount,
    commitment: &Commitment,
    key: &DerivationScalar,
) -> Result<Opening, CommitmentMismatch> {
    let opening = Opening {
        amount: decrypt(encrypted, key),
        mask: commitment_mask(key),
    };
    if commitment::commit(opening.amount, &opening.mask) == *commitment {
        Ok(opening)
    } else {
        Err(CommitmentMismatch)
    }
}

fn amount_mask(key: &DerivationScalar) -> u64 {
    let hash = keccak256_parts(&[AMOUNT_DOMAIN, key.as_bytes()]).to_bytes();
    u64::from_le_bytes(*hash.first_chunk().expect("a hash is longer than an amount"))
}
