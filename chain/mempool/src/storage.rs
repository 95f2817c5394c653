//! The pool's copy on disk.

use oxen_node_api::{BlinkState, PoolTransaction, Relay, Source};
use oxen_staking_rules::blink::ApprovalCertificate;
use oxen_types::{Hash, Height, Timestamp};
use parity_scale_codec::{Decode, Encode, Error, Input};
use thiserror::Error;

/// The copy on disk could not be read or written.
#[derive(Debug, Error)]
#[error("the pool's copy on disk: {0}")]
pub struct StorageError(pub Box<dyn std::error::Error + Send + Sync>);

/// Keeps encoded [`StoredEntry`]s, those that wait by transaction id.
pub trait PoolStorage: Send + Sync {
    /// Everything that is kept.
    ///
    /// # Errors
    /// It could not be read.
    fn load(&self) -> Result<Vec<(Hash, StoredEntry)>, StorageError>;

    /// Keeps an entry, replacing an older one, and drops others, together.
    ///
    /// # Errors
    /// It could not be written; nothing changed.
    fn update(&self, put: &[(Hash, StoredEntry)], remove: &[Hash]) -> Result<(), StorageError>;

    /// Every approved blink that is kept.
    ///
    /// # Errors
    /// It could not be read.
    fn load_blinks(&self) -> Result<Vec<(Hash, StoredBlink)>, StorageError>;

    /// Keeps approved blinks and drops others, together.
    ///
    /// # Errors
    /// It could not be written; nothing changed.
    fn update_blinks(&self, put: &[(Hash, StoredBlink)], remove: &[Hash]) -> Result<(), StorageError>;
}

/// Keeps nothing: for tests and tools.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoStorage;

impl PoolStorage for NoStorage {
    fn load(&self) -> Result<Vec<(Hash, StoredEntry)>, StorageError> {
        Ok(Vec::new())
    }

    fn update(&self, _: &[(Hash, StoredEntry)], _: &[Hash]) -> Result<(), StorageError> {
        Ok(())
    }

    fn load_blinks(&self) -> Result<Vec<(Hash, StoredBlink)>, StorageError> {
        Ok(Vec::new())
    }

    fn update_blinks(&self, _: &[(Hash, StoredBlink)], _: &[Hash]) -> Result<(), StorageError> {
        Ok(())
    }
}

/// What a restart needs of a waiting transaction.
#[derive(Debug, Clone, PartialEq, Eq, Encode)]
pub struct StoredEntry {
    /// Its bytes.
    pub blob: Vec<u8>,
    /// When it arrived.
    pub received: Timestamp,
    /// It waits until somebody releases it.
    pub kept_back: bool,
    /// It comes from a block that was taken back.
    pub from_reverted_block: bool,
    /// Chain height of its submitter, when its inputs are kept for a blink quorum.
    pub held_for_blink: Option<Height>,
    /// It does not wait: an approval was signed for it, which keeps its inputs. Such a row does not lie under its id.
    pub is_promise: bool,
}

impl Decode for StoredEntry {
    /// Entries from before there were blinks end earlier.
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(Self {
            blob: Vec::decode(input)?,
            received: Timestamp::decode(input)?,
            kept_back: bool::decode(input)?,
            from_reverted_block: bool::decode(input)?,
            held_for_blink: match input.remaining_len()? {
                Some(0) => None,
                _ => Option::decode(input)?,
            },
            is_promise: match input.remaining_len()? {
                Some(0) => false,
                _ => bool::decode(input)?,
            },
        })
    }
}

/// What a restart needs of an approved blink, in the pool or in a block.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct StoredBlink {
    /// The proof, verified.
    pub certificate: ApprovalCertificate,
    /// Bytes of the transaction.
    pub blob: Vec<u8>,
    /// When the approval arrived.
    pub received: Timestamp,
}

impl StoredEntry {
    pub(crate) fn of(transaction: &PoolTransaction) -> Self {
        Self {
            blob: transaction.blob.to_vec(),
            received: transaction.received,
            kept_back: transaction.relay == Relay::Keep,
            from_reverted_block: transaction.source == Source::RevertedBlock,
            held_for_blink: match transaction.blink {
                BlinkState::Held { authorization } => Some(authorization),
                BlinkState::Ordinary | BlinkState::Approved => None,
            },
            is_promise: false,
        }
    }

    /// What it is to blink quorums, unless one approved it.
    pub(crate) fn blink(&self) -> BlinkState {
        self.held_for_blink
            .map_or(BlinkState::Ordinary, |authorization| BlinkState::Held { authorization })
    }

    pub(crate) const fn relay(&self) -> Relay {
        if self.kept_back { Relay::Keep } else { Relay::Relay }
    }

    pub(crate) const fn source(&self) -> Source {
        if self.from_reverted_block {
            Source::RevertedBlock
        } else {
            Source::Submitted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parity_scale_codec::DecodeAll;

    #[test]
    fn entries_from_before_there_were_blinks_still_decode() {
        let old = (vec![1_u8, 2], Timestamp::from_seconds(7), true, false).encode();
        let entry = StoredEntry::decode_all(&mut old.as_slice()).ok();
        assert_eq!(entry.as_ref().map(StoredEntry::blink), Some(BlinkState::Ordinary));
        let held = entry.map(|entry| StoredEntry {
            held_for_blink: Some(Height::new(40)),
            ..entry
        });
        let again = held
            .as_ref()
            .and_then(|held| StoredEntry::decode_all(&mut held.encode().as_slice()).ok());
        assert!(again.is_some() && again == held);
    }
}
