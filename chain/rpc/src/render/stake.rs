//! What a stake locks, which its published transaction key shows (chain §2.10).

use oxen_crypto::{KeyDerivation, SecretKey, amount, signature::key_image};
use oxen_types::{
    Amount, Extra,
    transaction::{RingCtBase, TransactionPrefix},
};

/// Atomic units that a registration or stake locks: the outputs to its contributor whose key image is published, which leaves
/// the change out. `None` for other transactions, and where the published keys open no such output.
#[must_use]
pub fn stake_amount(prefix: &TransactionPrefix, base: Option<&RingCtBase>) -> Option<Amount> {
    let extra = Extra::parse_or_empty(&prefix.extra);
    let contributor = extra.contributor()?;
    let secret = SecretKey::from_canonical_bytes(*extra.transaction_secret_key()?).ok()?;
    let derivation = KeyDerivation::new(&secret, &contributor.view_key).ok()?;
    let base = base?;
    let proofs = extra.key_image_proofs()?;
    let opened = prefix.outputs.iter().zip(0_u64..).filter_map(|(output, index)| {
        let key = output.key()?;
        let paid = derivation.derive_public_key(index, &contributor.spend_key).ok()? == key;
        let locked = proofs
            .iter()
            .any(|proof| key_image::verify(&proof.key_image, &key, &proof.signature).is_ok());
        let position = usize::try_from(index).ok()?;
        let encrypted = *base.encrypted_amounts.get(position).filter(|_| paid && locked)?;
        let commitment = base.commitments.get(position)?;
        amount::open(encrypted, commitment, &derivation.scalar(index)).ok()
    });
    let mut sum = None;
    for opening in opened {
        sum = Some(sum.unwrap_or(Amount::ZERO).checked_add(opening.amount)?);
    }
    sum
}
