//! What the chain says of a transaction's inputs: the ring members and whether they may be spent (chain §2.6, rules 13–15).

use super::CheckedTransaction;
use crate::{
    error::TransactionError,
    tables::{OutputRow, Outputs, SpentKeyImages},
    view::{TypedView, View, ViewError},
};
use oxen_crypto::clsag::RingMember;
use oxen_types::{
    GlobalOutputIndex, Hash, Height, KeyImage, Timestamp, Unlock, hashing::keccak256_parts, network::constants,
    transaction::Input,
};

/// Names a transaction together with the contents of its rings: proofs that were verified for one digest are valid wherever
/// the digest is the same, and a reorganisation that moves global indices changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProofDigest(Hash);

impl ProofDigest {
    /// The 32 bytes.
    #[must_use]
    pub const fn as_hash(&self) -> &Hash {
        &self.0
    }
}

/// One ring: the keys and commitments its signature is about, in wire order.
pub type Ring = Vec<RingMember>;

/// The rings of a transaction, one for each input; none for a transaction without inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedRings {
    /// In the order of the inputs.
    pub rings: Vec<Ring>,
    /// Names transaction and contents.
    pub digest: ProofDigest,
}

/// Looks up the ring members and checks that a block at `height` may spend them. `now` matters only to outputs that are
/// locked until a time (chain §4.9).
///
/// # Errors
/// Rules 13 and 14, or the state could not be read.
pub fn resolve_rings(
    view: &dyn View,
    transaction: &CheckedTransaction,
    height: Height,
    now: Timestamp,
    target_block_seconds: u64,
) -> Result<ResolvedRings, TransactionError> {
    let mut rings = Vec::with_capacity(transaction.transaction().prefix.inputs.len());
    let mut contents = Vec::new();
    let mut newest = Height::GENESIS;
    for (input, spent) in transaction.transaction().prefix.inputs.iter().enumerate() {
        let Input::Key { key_offsets, .. } = spent else {
            return Err(TransactionError::InvalidInputKind);
        };
        let mut ring = Ring::with_capacity(key_offsets.len());
        let mut index = 0_u64;
        for offset in key_offsets {
            let unknown = |index| TransactionError::RingMemberUnknown {
                input,
                member: GlobalOutputIndex::new(index),
            };
            index = index.checked_add(*offset).ok_or_else(|| unknown(u64::MAX))?;
            let member = GlobalOutputIndex::new(index);
            let row = view.get::<Outputs>(&member)?.ok_or_else(|| unknown(index))?;
            if !is_unlocked(&row, height, now, target_block_seconds) {
                return Err(TransactionError::RingMemberLocked { input, member });
            }
            contents.extend_from_slice(row.key.as_bytes());
            contents.extend_from_slice(row.commitment.as_bytes());
            ring.push(RingMember {
                key: row.key,
                commitment: row.commitment,
            });
            // Only the last member's age counts: it has the highest index, so the highest height.
            if ring.len() == key_offsets.len() {
                newest = newest.max(row.height);
            }
        }
        rings.push(ring);
    }
    if !rings.is_empty() && newest.saturating_add(constants::SPENDABLE_AGE_BLOCKS) > height {
        return Err(TransactionError::RingMemberTooYoung { newest, height });
    }
    let digest = ProofDigest(keccak256_parts(&[transaction.id().as_bytes(), &contents]));
    Ok(ResolvedRings { rings, digest })
}

/// Whether an output may be spent in a block at `height` (chain §4.9).
#[must_use]
pub fn is_unlocked(output: &OutputRow, height: Height, now: Timestamp, target_block_seconds: u64) -> bool {
    match output.unlock_time.unlock() {
        Unlock::AtHeight(unlock) => height >= unlock,
        Unlock::AtTime(unlock) => now.saturating_add(target_block_seconds) >= unlock,
    }
}

/// The first key image of the transaction that the chain has seen (rule 15).
///
/// # Errors
/// The state could not be read.
pub fn spent_key_image(view: &dyn View, transaction: &CheckedTransaction) -> Result<Option<KeyImage>, ViewError> {
    for image in transaction.transaction().prefix.key_images() {
        if view.contains::<SpentKeyImages>(&image)? {
            return Ok(Some(image));
        }
    }
    Ok(None)
}
