//! Hiding and opening the amount of an output with its derivation scalar (chain §1.8).

use crate::{
    commitment::{self, Mask},
    derivation::DerivationScalar,
    keys::hashed_scalar,
};
use curve25519_dalek::Scalar;
use oxen_types::{Amount, Commitment, hashing::keccak256_parts};
use thiserror::Error;

/// Separates masks from other hashes of the scalar.
const MASK_DOMAIN: &[u8] = b"commitment_mask";
/// Separates amounts from other hashes of the scalar.
const AMOUNT_DOMAIN: &[u8] = b"amount";

/// An amount as a transaction carries it: `LE8(amount)` under an XOR mask.
pub type EncryptedAmount = [u8; 8];

/// Mask and amount as transactions of the chain's first years carry them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FullEncryptedAmount {
    /// The mask, plus a secret scalar.
    pub mask: [u8; 32],
    /// The amount, plus a secret scalar.
    pub amount: [u8; 32],
}

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
    Mask(hashed_scalar(&[MASK_DOMAIN, key.as_bytes()]))
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
    check_opening(
        Opening {
            amount: decrypt(encrypted, key),
            mask: commitment_mask(key),
        },
        commitment,
    )
}

/// Opens an amount of the chain's first years (RingCT types 1 to 3), which carry mask and amount as 32-byte scalars: the mask
/// plus `s = Hs(k_i)`, the amount plus `Hs(s)` (Monero's original scheme).
///
/// # Errors
/// [`CommitmentMismatch`] if the commitment does not hide the amount.
pub fn open_full(
    masked: &FullEncryptedAmount,
    commitment: &Commitment,
    key: &DerivationScalar,
) -> Result<Opening, CommitmentMismatch> {
    let mask_key = hashed_scalar(&[key.as_bytes()]);
    let amount_key = hashed_scalar(&[mask_key.as_bytes()]);
    let mask = Mask(Scalar::from_bytes_mod_order(masked.mask) - mask_key);
    let amount = (Scalar::from_bytes_mod_order(masked.amount) - amount_key).to_bytes();
    let amount = u64::from_le_bytes(*amount.first_chunk().expect("a scalar is longer than an amount"));
    let opening = Opening {
        amount: Amount::from_atomic(amount),
        mask,
    };
    check_opening(opening, commitment)
}

fn check_opening(opening: Opening, commitment: &Commitment) -> Result<Opening, CommitmentMismatch> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known_key() -> DerivationScalar {
        let mut bytes = [0; 32];
        bytes[0] = 0x0a;
        DerivationScalar::from_canonical_bytes(bytes).unwrap()
    }

    #[test]
    fn mask_amount_and_commitment_have_the_known_answers() {
        let mask = commitment_mask(&known_key());
        assert_eq!(
            hex::encode(*mask.to_bytes()),
            "0cb159218795be3bed6556896c5f4c7816d72fcbff1f53b3baaab6c4f2cbe302"
        );
        assert_eq!(hex::encode(encrypt(Amount::OXEN, &known_key())), "5c53aa8771a079f7");
        let commitment = commitment::commit(Amount::OXEN, &mask);
        assert_eq!(
            commitment.to_string(),
            "a18fab5c0d286f3963515f896febe07750cbdf3fe1d431079b23361e48223dec"
        );
    }

    #[test]
    fn an_output_that_lies_about_its_amount_is_refused() {
        let commitment = commitment::commit(Amount::OXEN, &commitment_mask(&known_key()));
        let mut encrypted = encrypt(Amount::OXEN, &known_key());
        assert!(open(encrypted, &commitment, &known_key()).is_ok());
        encrypted[7] ^= 1;
        assert_eq!(open(encrypted, &commitment, &known_key()), Err(CommitmentMismatch));
    }

    #[test]
    fn amounts_of_the_first_years_open_and_do_not_lie() {
        let (key, amount, mask) = (known_key(), Amount::OXEN, Mask(Scalar::from_bytes_mod_order([7; 32])));
        let mask_key = hashed_scalar(&[key.as_bytes()]);
        let amount_key = hashed_scalar(&[mask_key.as_bytes()]);
        let mut masked = FullEncryptedAmount {
            mask: (mask.0 + mask_key).to_bytes(),
            amount: (Scalar::from(amount.atomic()) + amount_key).to_bytes(),
        };
        let commitment = commitment::commit(amount, &mask);
        assert_eq!(open_full(&masked, &commitment, &key), Ok(Opening { amount, mask }));
        masked.mask[0] ^= 1;
        assert_eq!(open_full(&masked, &commitment, &key), Err(CommitmentMismatch));
    }

    proptest! {
        #[test]
        fn every_amount_opens_again(atomic: u64, key: [u8; 32]) {
            let key = DerivationScalar(Scalar::from_bytes_mod_order(key));
            let (amount, mask) = (Amount::from_atomic(atomic), commitment_mask(&key));
            let opened = open(encrypt(amount, &key), &commitment::commit(amount, &mask), &key);
            prop_assert_eq!(opened, Ok(Opening { amount, mask }));
        }
    }
}
