//! The records of the journal.

use crate::preferences::Preferences;
use oxen_wallet_core::{Accounts, sent::Journal};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use zeroize::Zeroizing;

/// What the chain does not know of a wallet.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Unrecoverable {
    /// Accounts, addresses and their labels.
    pub accounts: Accounts,
    /// What was sent, transaction keys, notes, the address book.
    pub journal: Journal,
    /// The user's settings.
    pub preferences: Preferences,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Decode)]
pub enum JournalRecord {
    /// Everything: what came before counts no more.
    #[codec(index = 0)]
    Everything(Box<Unrecoverable>),
}

/// [`JournalRecord`] without owning what it is made of.
#[derive(Encode)]
pub enum JournalRecordRef<'a> {
    /// As [`JournalRecord::Everything`].
    #[codec(index = 0)]
    Everything {
        /// As [`Unrecoverable::accounts`].
        accounts: &'a Accounts,
        /// As [`Unrecoverable::journal`].
        journal: &'a Journal,
        /// As [`Unrecoverable::preferences`].
        preferences: &'a Preferences,
    },
}

impl JournalRecordRef<'_> {
    /// The bytes to seal.
    #[must_use]
    pub fn encode_secret(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(self.size_hint()));
        self.encode_to(&mut *out);
        out
    }
}

impl JournalRecord {
    /// Reads one record; nothing when it is of a kind that this version does not know.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        Self::decode_all(&mut &*bytes).ok()
    }
}
