//! What this wallet sent, and what only it can know of it: keys, destinations, notes, rings. Survives every rescan.

use crate::{output::AddressRow, secret::SecretBytes, swap::SwapReceipt};
use oxen_crypto::SubaddressIndex;
use oxen_types::{
    Amount, GlobalOutputIndex, Hash, Height, KeyImage, PaymentId, PublicKey, Timestamp, UnlockTime,
    transaction::TransactionType,
};
use parity_scale_codec::{Decode, Encode, Error as CodecError, Input, Output};
use std::collections::{BTreeMap, BTreeSet};

/// Looks at the pool after which a transaction that is nowhere counts as failed (wallet §5.4).
pub const ABSENCES_BEFORE_FAILURE: u8 = 2;

/// Blocks after a blink was handed over in which no absence counts. A quorum can approve it for ten (chain §5); the rest is for
/// the asking node being some blocks ahead of this wallet, and for the approval to spread (wallet §5.4).
pub const BLINK_BLOCKS: u64 = 13;

/// The secret keys of a transaction: with them its payments can be proved.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TransactionKeys {
    /// `r`.
    pub main: SecretBytes,
    /// One for each output, where subaddresses needed them (chain §1.5).
    pub additional: Vec<SecretBytes>,
}

/// One payment of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SentDestination {
    /// The address as the user gave it, an integrated one with its payment id.
    pub address: String,
    /// What it got.
    pub amount: Amount,
    /// The address of this wallet that it is, if it is one.
    pub own: Option<AddressRow>,
}

/// One output that a transaction spent.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SpentInput {
    /// Its key image.
    pub key_image: KeyImage,
    /// What it was worth.
    pub amount: Amount,
    /// The address that had it.
    #[codec(encoded_as = "AddressRow")]
    pub address: SubaddressIndex,
}

/// What became of a transaction as far as relaying goes; whether it is mined is a fact of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Relay {
    /// Signed and noted; the daemon has not answered, or its answer was lost. It may or may not have gone out.
    Unknown,
    /// The daemon took it.
    Accepted,
    /// The daemon refused it, for this reason. Its inputs are free again.
    Rejected(String),
    /// It is neither in the pool nor in a block any more. Its inputs are free again.
    Dropped,
    /// It is a blink, and service nodes were or may have been asked to approve it, whatever they said. Before the chain has this
    /// height a pool without it proves nothing: another daemon need not know of it.
    Blink {
        /// A chain height.
        until: Height,
    },
}

/// What a sent transaction does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentKind {
    /// Anything that needs no receipt; never the swap.
    Ordinary(TransactionType),
    /// It burns OXEN for SESH.
    Swap(SwapReceipt),
}

impl SentKind {
    /// Its type on the chain.
    #[must_use]
    pub const fn transaction_type(&self) -> TransactionType {
        match self {
            Self::Ordinary(kind) => *kind,
            Self::Swap(_) => TransactionType::OxenSwap,
        }
    }
}

/// The type, and behind that of a swap its receipt: files of wallets that knew no swap stay readable.
impl Encode for SentKind {
    fn encode_to<T: Output + ?Sized>(&self, out: &mut T) {
        self.transaction_type().encode_to(out);
        if let Self::Swap(receipt) = self {
            receipt.encode_to(out);
        }
    }
}

impl Decode for SentKind {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        match TransactionType::decode(input)? {
            TransactionType::OxenSwap => SwapReceipt::decode(input).map(Self::Swap),
            kind => Ok(Self::Ordinary(kind)),
        }
    }
}

/// A transaction that this wallet made.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SentTransaction {
    /// Its id.
    pub id: Hash,
    /// What it does.
    pub kind: SentKind,
    /// When it was made.
    pub created: Timestamp,
    /// The account that paid.
    pub account: u32,
    /// What it spends.
    pub inputs: Vec<SpentInput>,
    /// Whom it pays, change left out.
    pub destinations: Vec<SentDestination>,
    /// What comes back.
    pub change: Amount,
    /// The fee, burned part included.
    pub fee: Amount,
    /// The burned part.
    pub burned: Amount,
    /// The payment id it carries.
    pub payment_id: Option<PaymentId>,
    /// Lock of the payments; change is never locked.
    pub unlock_time: UnlockTime,
    /// Its secret keys.
    pub keys: TransactionKeys,
    /// What became of it.
    pub relay: Relay,
    /// Looks at the pool in a row that did not find it.
    pub absences: u8,
}

impl SentTransaction {
    /// True while its inputs must not be used for anything else.
    #[must_use]
    pub const fn holds_inputs(&self) -> bool {
        matches!(self.relay, Relay::Unknown | Relay::Accepted | Relay::Blink { .. })
    }

    /// True when it was built to be instant: a transfer that burns a part of its fee.
    #[must_use]
    pub fn is_blink(&self) -> bool {
        self.kind == SentKind::Ordinary(TransactionType::Standard) && !self.burned.is_zero()
    }

    /// Notes that a blink is handed over at this chain height; does nothing to other transactions.
    pub(crate) fn note_asked(&mut self, chain_height: Height) {
        if !self.is_blink() {
            return;
        }
        let asked = Height::new(chain_height.index().saturating_add(BLINK_BLOCKS));
        let until = match self.relay {
            Relay::Blink { until } => until.max(asked),
            _ => asked,
        };
        self.relay = Relay::Blink { until };
        self.absences = 0;
    }

    /// Notes an answer. What was accepted is never refused later: another daemon's refusal takes nothing back. And no answer
    /// about a blink shortens the time in which its absence proves nothing.
    pub(crate) fn note_relay(&mut self, relay: Relay) {
        self.absences = 0;
        match (&self.relay, &relay) {
            (Relay::Accepted, Relay::Rejected(_)) | (Relay::Blink { .. }, Relay::Unknown | Relay::Accepted) => {}
            _ => self.relay = relay,
        }
    }

    /// Notes that a pool has it, at this chain height: it is out, whatever was believed.
    pub(crate) fn note_present(&mut self, chain_height: Height) {
        self.absences = 0;
        if !self.may_be_hidden(chain_height) {
            self.relay = Relay::Accepted;
        }
    }

    /// True while a pool without it proves nothing.
    pub(crate) fn may_be_hidden(&self, chain_height: Height) -> bool {
        matches!(self.relay, Relay::Blink { until } if chain_height < until)
    }

    /// What comes back to this wallet: change and payments to own addresses.
    #[must_use]
    pub fn returning(&self) -> Amount {
        let own = self.destinations.iter().filter(|destination| destination.own.is_some());
        own.fold(self.change, |sum, destination| {
            sum.checked_add(destination.amount).unwrap_or(sum)
        })
    }
}

/// An entry of the address book.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AddressBookEntry {
    /// The address as it was given.
    pub address: String,
    /// What the user wrote beside it.
    pub description: String,
}

/// One sent transaction with the rings of its inputs: what a file that is only added to gets for each payment.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SentEntry {
    /// The transaction.
    pub transaction: SentTransaction,
    /// Rings by key image.
    pub rings: Vec<(KeyImage, Vec<GlobalOutputIndex>)>,
}

/// Everything that cannot be found on the chain again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Journal {
    pub(crate) sent: BTreeMap<Hash, SentTransaction>,
    /// Keys that the user gave for transactions of unknown origin.
    pub(crate) given_keys: BTreeMap<Hash, TransactionKeys>,
    pub(crate) notes: BTreeMap<Hash, String>,
    /// Key images that a full wallet exported, by one-time key.
    pub(crate) key_images: BTreeMap<PublicKey, KeyImage>,
    /// Outputs the user does not want to spend, by one-time key.
    pub(crate) frozen: BTreeSet<PublicKey>,
    /// Rings under which outputs were spent or tried.
    pub(crate) rings: BTreeMap<KeyImage, Vec<GlobalOutputIndex>>,
    pub(crate) address_book: Vec<AddressBookEntry>,
    pub(crate) description: String,
}

impl Journal {
    /// What this wallet sent, by transaction id.
    pub fn sent(&self) -> impl Iterator<Item = &SentTransaction> {
        self.sent.values()
    }

    /// Every burn that this wallet sent, with its receipt, in no order that means anything.
    pub fn swaps(&self) -> impl Iterator<Item = (&SentTransaction, &SwapReceipt)> {
        self.sent.values().filter_map(|sent| match &sent.kind {
            SentKind::Swap(receipt) => Some((sent, receipt)),
            SentKind::Ordinary(_) => None,
        })
    }

    /// One transaction that this wallet sent.
    #[must_use]
    pub fn sent_transaction(&self, id: &Hash) -> Option<&SentTransaction> {
        self.sent.get(id)
    }

    /// One transaction that this wallet sent, with its rings, to be kept before the whole journal is.
    #[must_use]
    pub fn sent_entry(&self, id: &Hash) -> Option<SentEntry> {
        let transaction = self.sent.get(id)?.clone();
        let ring = |input: &SpentInput| Some((input.key_image, self.rings.get(&input.key_image)?.clone()));
        let rings = transaction.inputs.iter().filter_map(ring).collect();
        Some(SentEntry { transaction, rings })
    }

    /// Takes back what [`Self::sent_entry`] gave.
    pub fn restore_sent(&mut self, entry: SentEntry) {
        self.rings.extend(entry.rings);
        self.sent.insert(entry.transaction.id, entry.transaction);
    }

    /// The secret keys of a transaction, if this wallet made it or was given them. The unlock of a stake has no outputs, and so
    /// no keys.
    #[must_use]
    pub fn transaction_keys(&self, id: &Hash) -> Option<&TransactionKeys> {
        self.given_keys.get(id).or_else(|| {
            let sent = self.sent.get(id)?;
            (sent.kind.transaction_type() != TransactionType::KeyImageUnlock).then_some(&sent.keys)
        })
    }

    /// Remembers secret keys of a transaction that another copy of this wallet made. The caller has checked that they belong
    /// to it: see [`crate::proofs::check_transaction_keys`].
    pub fn set_transaction_keys(&mut self, id: Hash, keys: TransactionKeys) {
        self.given_keys.insert(id, keys);
    }

    /// What the user wrote about a transaction; empty for nothing.
    #[must_use]
    pub fn note(&self, id: &Hash) -> &str {
        self.notes.get(id).map_or("", String::as_str)
    }

    /// Writes about a transaction; an empty note removes it.
    pub fn set_note(&mut self, id: Hash, note: &str) {
        if note.is_empty() {
            self.notes.remove(&id);
        } else {
            self.notes.insert(id, note.to_owned());
        }
    }

    /// What the user wrote about the wallet.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Writes about the wallet.
    pub fn set_description(&mut self, description: &str) {
        description.clone_into(&mut self.description);
    }

    /// The address book in order.
    #[must_use]
    pub fn address_book(&self) -> &[AddressBookEntry] {
        &self.address_book
    }

    /// The address book, to be changed.
    pub const fn address_book_mut(&mut self) -> &mut Vec<AddressBookEntry> {
        &mut self.address_book
    }

    /// The ring of an earlier attempt to spend the output, if it still contains it.
    #[must_use]
    pub fn known_ring(&self, image: &KeyImage, real: GlobalOutputIndex) -> Option<&[GlobalOutputIndex]> {
        self.rings
            .get(image)
            .map(Vec::as_slice)
            .filter(|ring| ring.contains(&real))
    }

    /// Forgets a ring; the next attempt makes a new one.
    pub fn forget_ring(&mut self, image: &KeyImage) {
        self.rings.remove(image);
    }
}
