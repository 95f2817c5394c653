//! What a transaction carries beside payments: keys, payment ids, registrations, votes, names, L2 events (chain §2.5).
//!
//! The bytes are fields one after the other, each a tag and a body. They are parsed as a whole: one field that does not
//! parse, and the transaction counts as having none at all ([`Extra::parse_or_empty`]), though it stays well formed.
//! What the fields mean together is for the rules to say. Which tags there are depends on the type of the transaction: the
//! swap's (0xC1) exists in transactions of type 100 only ([`Extra::parse_of`]).
//!
//! [`field`] is the list of tags; the larger bodies have their own rooms: [`nonce`], [`stake`], [`state_change`],
//! [`name_record`], [`l2_event`], [`swap`].

pub mod field;
pub mod l2_event;
pub mod name_record;
pub mod nonce;
pub mod stake;
pub mod state_change;
pub mod swap;

#[cfg(test)]
mod tests;

pub use field::{ExtraField, MergeMining, Padding};
pub use l2_event::{L2Contributor, L2Event, L2EventKind, L2Source};
pub use name_record::{NameOperation, NameOwner, NameRecord, NameSignature, NameSignatureKind, NameType};
pub use nonce::{ExtraNonce, NonceContent};
pub use stake::{Contributor, KeyImageProof, KeyImageUnlock, Registration, Reservation};
pub use state_change::{NewState, OldDeregistration, Reasons, StateChange, StateChangeForm, StateChangeVote};
pub use swap::{SwapField, SwapNonce};

use crate::{
    amount::Amount,
    bytes::PublicKey,
    codec::{ConsensusDecode, ConsensusEncode, DecodeError, Reader},
    transaction::TransactionType,
};

/// The parsed fields of one transaction, in the order of the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extra {
    fields: Vec<ExtraField>,
}

impl Extra {
    /// Parses all fields.
    ///
    /// # Errors
    /// The first field that does not parse: an unknown tag, a cut body, padding that is not zero or too long.
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let mut fields = Vec::new();
        while !reader.is_empty() {
            fields.push(ExtraField::decode_from(&mut reader)?);
        }
        Ok(Self { fields })
    }

    /// Parses all fields; none when any of them does not parse, as every lookup of the reference daemon behaves.
    #[must_use]
    pub fn parse_or_empty(bytes: &[u8]) -> Self {
        Self::parse(bytes).unwrap_or_default()
    }

    /// Parses all fields of a transaction of this type: type 100 has one more tag (bridge §5.3), which to every other is unknown.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_of(kind: TransactionType, bytes: &[u8]) -> Result<Self, DecodeError> {
        if kind != TransactionType::OxenSwap {
            return Self::parse(bytes);
        }
        let mut reader = Reader::new(bytes);
        let mut fields = Vec::new();
        while !reader.is_empty() {
            fields.push(ExtraField::decode_in_swap(&mut reader)?);
        }
        Ok(Self { fields })
    }

    /// As [`Self::parse_of`]; none when any of them does not parse.
    #[must_use]
    pub fn parse_or_empty_of(kind: TransactionType, bytes: &[u8]) -> Self {
        Self::parse_of(kind, bytes).unwrap_or_default()
    }

    /// From fields in the order in which they are to be written. Padding can only be the last: see
    /// [`Self::sort_for_writing`].
    #[must_use]
    pub const fn from_fields(fields: Vec<ExtraField>) -> Self {
        Self { fields }
    }

    /// The fields in order.
    #[must_use]
    pub fn fields(&self) -> &[ExtraField] {
        &self.fields
    }

    /// Appends a field.
    pub fn push(&mut self, field: ExtraField) {
        self.fields.push(field);
    }

    /// Removes the fields for which `predicate` is false.
    pub fn retain(&mut self, predicate: impl FnMut(&ExtraField) -> bool) {
        self.fields.retain(predicate);
    }

    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for field in &self.fields {
            field.encode_to(&mut out);
        }
        out
    }

    /// Brings the fields into the order in which wallets write them, without changing the order within a kind. Consensus does
    /// not ask for it. Wallets add the burn after the sort, so push it last.
    pub fn sort_for_writing(&mut self) {
        self.fields.sort_by_key(ExtraField::writing_rank);
    }

    fn first<'a, T>(&'a self, select: impl FnMut(&'a ExtraField) -> Option<T>) -> Option<T> {
        self.fields.iter().find_map(select)
    }

    /// Every transaction public key (0x01) in order. Scanning tries the first, and the second of a coinbase.
    pub fn transaction_keys(&self) -> impl Iterator<Item = PublicKey> {
        self.fields.iter().filter_map(|field| match field {
            ExtraField::TransactionKey(key) => Some(*key),
            _ => None,
        })
    }

    /// The first transaction public key (0x01).
    #[must_use]
    pub fn transaction_key(&self) -> Option<PublicKey> {
        self.transaction_keys().next()
    }

    /// The keys for each output (0x04); empty when the field is missing.
    #[must_use]
    pub fn additional_keys(&self) -> &[PublicKey] {
        self.first(|field| match field {
            ExtraField::AdditionalKeys(keys) => Some(keys.as_slice()),
            _ => None,
        })
        .unwrap_or_default()
    }

    /// The nonce (0x02), which may hold a payment id.
    #[must_use]
    pub fn nonce(&self) -> Option<&ExtraNonce> {
        self.first(|field| match field {
            ExtraField::Nonce(nonce) => Some(nonce),
            _ => None,
        })
    }

    /// A registration of a service node (0x70).
    #[must_use]
    pub fn registration(&self) -> Option<&Registration> {
        self.first(|field| match field {
            ExtraField::Registration(registration) => Some(registration.as_ref()),
            _ => None,
        })
    }

    /// A deregistration as it was before HF12 (0x71).
    #[must_use]
    pub fn old_deregistration(&self) -> Option<&OldDeregistration> {
        self.first(|field| match field {
            ExtraField::OldDeregistration(deregistration) => Some(deregistration),
            _ => None,
        })
    }

    /// The block leader that a coinbase names (0x72).
    #[must_use]
    pub fn winner(&self) -> Option<PublicKey> {
        self.first(|field| match field {
            ExtraField::Winner(key) => Some(*key),
            _ => None,
        })
    }

    /// Who stakes (0x73).
    #[must_use]
    pub fn contributor(&self) -> Option<&Contributor> {
        self.first(|field| match field {
            ExtraField::Contributor(contributor) => Some(contributor),
            _ => None,
        })
    }

    /// The service node that is registered, staked on or left (0x74).
    #[must_use]
    pub fn service_node_key(&self) -> Option<PublicKey> {
        self.first(|field| match field {
            ExtraField::ServiceNodeKey(key) => Some(*key),
            _ => None,
        })
    }

    /// The transaction's secret key, published so that everybody can open a stake (0x75).
    #[must_use]
    pub fn transaction_secret_key(&self) -> Option<&[u8; 32]> {
        self.first(|field| match field {
            ExtraField::TransactionSecretKey(key) => Some(key),
            _ => None,
        })
    }

    /// Proofs of the key images of staked outputs (0x76); `None` when the field is missing.
    #[must_use]
    pub fn key_image_proofs(&self) -> Option<&[KeyImageProof]> {
        self.first(|field| match field {
            ExtraField::KeyImageProofs(proofs) => Some(proofs.as_slice()),
            _ => None,
        })
    }

    /// A request to end a stake (0x77).
    #[must_use]
    pub fn key_image_unlock(&self) -> Option<&KeyImageUnlock> {
        self.first(|field| match field {
            ExtraField::KeyImageUnlock(unlock) => Some(unlock.as_ref()),
            _ => None,
        })
    }

    /// A change of a service node's state (0x78).
    #[must_use]
    pub fn state_change(&self) -> Option<&StateChange> {
        self.first(|field| match field {
            ExtraField::StateChange(change) => Some(change),
            _ => None,
        })
    }

    /// What the transaction destroys of its fee (0x79); nothing when the field is missing.
    #[must_use]
    pub fn burned(&self) -> Amount {
        self.first(|field| match field {
            ExtraField::Burn(amount) => Some(*amount),
            _ => None,
        })
        .unwrap_or_default()
    }

    /// An operation of the name system (0x7A).
    #[must_use]
    pub fn name_record(&self) -> Option<&NameRecord> {
        self.first(|field| match field {
            ExtraField::NameRecord(record) => Some(record.as_ref()),
            _ => None,
        })
    }

    /// What a burn asks for on L2 (0xC1).
    #[must_use]
    pub fn swap(&self) -> Option<&SwapField> {
        self.first(|field| match field {
            ExtraField::Swap(swap) => Some(swap),
            _ => None,
        })
    }

    /// The first L2 event (0x7B, 0x7D to 0x80) of any kind.
    #[must_use]
    pub fn l2_event(&self) -> Option<&L2Event> {
        self.first(|field| match field {
            ExtraField::L2Event(event) => Some(event.as_ref()),
            _ => None,
        })
    }
}
