//! Noting what goes out: before it is relayed, and what the daemon said (wallet §7.7).

use super::Wallet;
use crate::{
    build::SignedTransaction,
    output::AddressRow,
    sent::{Relay, SentDestination, SentKind, SentTransaction, SpentInput, TransactionKeys},
    swap::SwapReceipt,
};
use oxen_crypto::KeyError;
use oxen_types::{Hash, Height, Timestamp};
use thiserror::Error;

/// Why something about sending cannot be noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SendingError {
    /// The wallet did not make this transaction.
    #[error("this wallet did not make transaction {0}")]
    NotOurs(Hash),
    /// The wallet has no output with this key image.
    #[error("this wallet has no output with that key image")]
    NoSuchOutput,
    /// The wallet's spend key is no point.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// With the receipt of a swap, which its extra has.
fn sent_kind(signed: &SignedTransaction) -> SentKind {
    match signed.transaction.prefix.parse_extra().swap() {
        Some(field) => SentKind::Swap(SwapReceipt::from(field)),
        None => SentKind::Ordinary(signed.kind),
    }
}

impl Wallet {
    /// Notes a signed transaction: keep the state **before** relaying it. Its inputs are taken from now on, and its rings are
    /// remembered.
    ///
    /// # Errors
    /// [`SendingError::Key`].
    pub fn note_signed(&mut self, signed: &SignedTransaction, created: Timestamp) -> Result<(), SendingError> {
        let mut destinations = Vec::with_capacity(signed.destinations.len());
        for destination in &signed.destinations {
            destinations.push(SentDestination {
                address: destination.address.encode(&self.network.prefixes),
                amount: destination.amount,
                own: self.own_index(&destination.address)?.map(AddressRow::from),
            });
        }
        for input in &signed.inputs {
            self.state.journal.rings.insert(input.key_image, input.ring.clone());
        }
        let mut sent = SentTransaction {
            id: signed.id,
            kind: sent_kind(signed),
            created,
            account: signed.account,
            inputs: signed
                .inputs
                .iter()
                .map(|input| SpentInput {
                    key_image: input.key_image,
                    amount: input.amount,
                    address: input.address,
                })
                .collect(),
            destinations,
            change: signed.change,
            fee: signed.fee,
            burned: signed.burned,
            payment_id: signed.payment_id,
            unlock_time: signed.unlock_time,
            keys: TransactionKeys {
                main: (&signed.transaction_key).into(),
                additional: signed.additional_keys.iter().map(Into::into).collect(),
            },
            relay: Relay::Unknown,
            absences: 0,
        };
        sent.note_asked(self.state.chain.next());
        self.state.journal.sent.insert(signed.id, sent);
        let extra = signed.transaction.prefix.parse_extra();
        if let Some(service_node) = extra.service_node_key() {
            self.state.stakes.note_named(signed.id, service_node);
        }
        Ok(())
    }

    /// Notes what became of a transaction: [`Relay::Rejected`] only when the daemon really refused it, never because it did not
    /// answer, and never when it was handed over before: another daemon, or the same one later, cannot take the first asking back.
    /// What was accepted stays so.
    ///
    /// # Errors
    /// [`SendingError::NotOurs`].
    pub fn note_relay(&mut self, id: &Hash, relay: Relay) -> Result<(), SendingError> {
        let sent = self.state.journal.sent.get_mut(id).ok_or(SendingError::NotOurs(*id))?;
        sent.note_relay(relay);
        Ok(())
    }

    /// Notes, **before** it happens, that service nodes are asked to approve a blink, at this height of the daemon's chain. An
    /// ordinary transaction stays as it is.
    ///
    /// # Errors
    /// [`SendingError::NotOurs`].
    pub fn note_asked(&mut self, id: &Hash, chain_height: Height) -> Result<(), SendingError> {
        let sent = self.state.journal.sent.get_mut(id).ok_or(SendingError::NotOurs(*id))?;
        sent.note_asked(chain_height.max(self.state.chain.next()));
        Ok(())
    }
}
