//! How the staked output is found in a stake transaction (staking §5.2).
//!
//! The transaction publishes its secret key, so that everybody can open what it pays to the contributor it names.

use super::node::LockedContribution;
use crate::batching::Recipient;
use oxen_crypto::{amount, derivation::KeyDerivation, keys::SecretKey, signature::key_image};
use oxen_types::{
    PublicKey, Transaction,
    extra::{Extra, KeyImageProof},
    transaction::Proofs,
};
use thiserror::Error;

/// What a stake transaction stakes, on which node, for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StakedOutput {
    /// Primary key of the node.
    pub node: PublicKey,
    /// Who stakes.
    pub contributor: Recipient,
    /// The output that becomes locked.
    pub output: LockedContribution,
}

/// Why a transaction stakes nothing, though it may be a valid one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StakeTransactionError {
    /// A field that every stake has is missing.
    #[error("the transaction has no {field}")]
    FieldMissing {
        /// Which.
        field: &'static str,
    },
    /// The contributor's view key is no point of the curve.
    #[error("the contributor's view key is not a point of the curve")]
    InvalidViewKey,
    /// From HF16 on, exactly one output is staked.
    #[error("the transaction stakes {found} outputs; exactly one is required")]
    NotOneOutput {
        /// Outputs with a valid key image proof.
        found: usize,
    },
}

/// Finds the staked output.
///
/// # Errors
/// Why there is none.
pub fn staked_output(transaction: &Transaction, extra: &Extra) -> Result<StakedOutput, StakeTransactionError> {
    let missing = |field| StakeTransactionError::FieldMissing { field };
    let node = extra.service_node_key().ok_or(missing("service node key"))?;
    let contributor = extra.contributor().ok_or(missing("contributor"))?;
    let secret = extra
        .transaction_secret_key()
        .ok_or(missing("transaction secret key"))?;
    let (spend, view) = (contributor.spend_key, contributor.view_key);
    let derivation =
        KeyDerivation::new(&SecretKey::reduce(*secret), &view).map_err(|_| StakeTransactionError::InvalidViewKey)?;
    let proofs = extra.key_image_proofs().ok_or(missing("key image proof"))?;
    let locked = locked_outputs(transaction, &derivation, &spend, proofs);
    match locked.as_slice() {
        [output] => Ok(StakedOutput {
            node,
            contributor: Recipient::Oxen { spend, view },
            output: *output,
        }),
        outputs => Err(StakeTransactionError::NotOneOutput { found: outputs.len() }),
    }
}

/// The outputs that pay the contributor a true amount and whose key image is proven. A proof serves one output.
fn locked_outputs(
    transaction: &Transaction,
    derivation: &KeyDerivation,
    spend: &PublicKey,
    proofs: &[KeyImageProof],
) -> Vec<LockedContribution> {
    let Proofs::Clsag(ring_ct) = &transaction.proofs else {
        return Vec::new();
    };
    let mut proofs = proofs.to_vec();
    let amounts = ring_ct.base.encrypted_amounts.iter().zip(&ring_ct.base.commitments);
    let mut locked = Vec::new();
    for ((output, (encrypted, commitment)), index) in transaction.prefix.outputs.iter().zip(amounts).zip(0_u64..) {
        // Cheaper than the amount, so it comes first; the order makes no difference.
        let Some(key) = output.key() else { continue };
        if derivation.derive_public_key(index, spend) != Ok(key) {
            continue;
        }
        let Ok(opening) = amount::open(*encrypted, commitment, &derivation.scalar(index)) else {
            continue;
        };
        if opening.amount.is_zero() {
            continue;
        }
        let proven = proofs
            .iter()
            .position(|proof| key_image::verify(&proof.key_image, &key, &proof.signature).is_ok());
        if let Some(place) = proven {
            locked.push(LockedContribution {
                key_image: proofs.remove(place).key_image,
                output_key: key,
                amount: opening.amount,
            });
        }
    }
    locked
}
