//! The records of the journal.

use crate::preferences::Preferences;
use oxen_types::Hash;
use oxen_wallet_core::{
    Accounts,
    sent::{Journal, Relay, SentEntry},
};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Bytes of transactions that were made and are not known to be mined, by id: they can be handed over again.
pub type Unmined = BTreeMap<Hash, Vec<u8>>;

/// What the chain does not know of a wallet.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Unrecoverable {
    /// Accounts, addresses and their labels.
    pub accounts: Accounts,
    /// What was sent, transaction keys, notes, the address book.
    pub journal: Journal,
    /// The user's settings.
    pub preferences: Preferences,
    /// Transactions on their way.
    pub unmined: Unmined,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Decode)]
pub enum JournalRecord {
    /// Everything: what came before counts no more.
    #[codec(index = 0)]
    Everything(Box<Unrecoverable>),
    /// A transaction that is about to be sent.
    #[codec(index = 1)]
    Sent {
        /// What the wallet knows of it.
        entry: Box<SentEntry>,
        /// Its bytes.
        blob: Vec<u8>,
    },
    /// What became of it.
    #[codec(index = 2)]
    Relayed {
        /// Its id.
        id: Hash,
        /// What became of it.
        relay: Relay,
    },
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
        /// As [`Unrecoverable::unmined`].
        unmined: &'a Unmined,
    },
    /// As [`JournalRecord::Sent`].
    #[codec(index = 1)]
    Sent {
        /// What the wallet knows of it.
        entry: &'a SentEntry,
        /// Its bytes.
        blob: &'a [u8],
    },
    /// As [`JournalRecord::Relayed`].
    #[codec(index = 2)]
    Relayed {
        /// Its id.
        id: &'a Hash,
        /// What became of it.
        relay: &'a Relay,
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

    /// What the records say together; nothing without a first one that has everything.
    #[must_use]
    pub fn replay<'a>(records: impl IntoIterator<Item = &'a [u8]>) -> Option<Unrecoverable> {
        let mut content: Option<Unrecoverable> = None;
        for record in records.into_iter().filter_map(Self::read) {
            match (record, &mut content) {
                (Self::Everything(everything), content) => *content = Some(*everything),
                (Self::Sent { entry, blob }, Some(content)) => {
                    content.unmined.insert(entry.transaction.id, blob);
                    content.journal.restore_sent(*entry);
                }
                (Self::Relayed { id, relay }, Some(content)) => content.note_relay(&id, relay),
                (Self::Sent { .. } | Self::Relayed { .. }, None) => {}
            }
        }
        content
    }
}

impl Unrecoverable {
    /// The record that has all of it.
    #[must_use]
    pub const fn record(&self) -> JournalRecordRef<'_> {
        JournalRecordRef::Everything {
            accounts: &self.accounts,
            journal: &self.journal,
            preferences: &self.preferences,
            unmined: &self.unmined,
        }
    }

    fn note_relay(&mut self, id: &Hash, relay: Relay) {
        if let Some(mut entry) = self.journal.sent_entry(id) {
            entry.transaction.relay = relay;
            entry.transaction.absences = 0;
            self.journal.restore_sent(entry);
        }
    }
}
