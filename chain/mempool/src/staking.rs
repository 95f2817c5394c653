//! Requests to unlock stakes and decisions of quorums: the pool holds one of a kind, and none that came too late (chain §4.11,
//! staking §16.3).

use crate::mempool::{Inner, Mempool};
use oxen_node_api::{AdmissionError, PoolTransaction, Source};
use oxen_state::{
    TransactionError, View, ViewError, service_nodes::check::changed_node_of, transaction::CheckedTransaction,
};
use oxen_types::{
    Hash, Height, KeyImage, PublicKey,
    extra::{Extra, ExtraField, L2Event, NewState},
    keccak256,
    transaction::TransactionType,
};

/// What such a transaction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum StakingSubject {
    /// The stake with this key image is to be unlocked.
    Unlock(KeyImage),
    /// A service node is to go into a state.
    StateChange {
        /// Its primary key.
        node: PublicKey,
        /// The state.
        state: NewState,
    },
    /// An L2 event, by the hash of the field that reports it: two are the same when all their fields are (chain §9, quirk 16).
    Event(Hash),
}

impl StakingSubject {
    /// What a transaction is about; `None` for other kinds, and for a decision whose node cannot be told.
    pub(crate) fn of(view: &dyn View, transaction: &CheckedTransaction) -> Result<Option<Self>, ViewError> {
        let prefix = &transaction.transaction().prefix;
        Ok(match prefix.kind {
            TransactionType::KeyImageUnlock => Extra::parse_or_empty(&prefix.extra)
                .key_image_unlock()
                .map(|unlock| Self::Unlock(unlock.key_image)),
            TransactionType::StateChange => {
                let extra = Extra::parse_or_empty(&prefix.extra);
                let Some(change) = extra.state_change() else {
                    return Ok(None);
                };
                let node = changed_node_of(view, change)?;
                node.map(|node| Self::StateChange {
                    node,
                    state: change.state,
                })
            }
            kind if kind.is_l2_event() => Extra::parse_or_empty(&prefix.extra)
                .l2_event()
                .map(|event| Self::Event(event_digest(event))),
            _ => None,
        })
    }
}

fn event_digest(event: &L2Event) -> Hash {
    keccak256(&Extra::from_fields(vec![ExtraField::L2Event(Box::new(event.clone()))]).encode())
}

impl Mempool {
    /// Refuses a second transaction about the same.
    pub(crate) fn check_subject(
        &self,
        inner: &Inner,
        view: &dyn View,
        transaction: &CheckedTransaction,
    ) -> Result<(), AdmissionError> {
        let Some(subject) = StakingSubject::of(view, transaction).map_err(TransactionError::View)? else {
            return Ok(());
        };
        for waiting in waiting_of_the_registry(inner) {
            let other = StakingSubject::of(view, &waiting.transaction).map_err(TransactionError::View)?;
            if other == Some(subject) {
                let by = waiting.transaction.id();
                return Err(AdmissionError::SameRequest { by });
            }
        }
        Ok(())
    }

    /// Takes out what the newest block made pointless: the node is gone, is in that state already, unlocks already, or the votes
    /// are too old. What came from a reverted block stays.
    pub(crate) fn drop_overtaken_requests(&self, inner: &mut Inner, view: &dyn View, height: Height) -> Vec<Hash> {
        let overtaken: Vec<Hash> = waiting_of_the_registry(inner)
            .filter(|waiting| waiting.source == Source::Submitted)
            .filter(|waiting| {
                let checked = self
                    .parts
                    .service_nodes
                    .check_transaction(view, &waiting.transaction, height);
                matches!(
                    checked,
                    Err(TransactionError::StateChange(_) | TransactionError::Unlock(_))
                )
            })
            .map(|waiting| waiting.transaction.id())
            .collect();
        for id in &overtaken {
            inner.contents.remove(id);
        }
        overtaken
    }
}

/// Those come before all transfers.
fn waiting_of_the_registry(inner: &Inner) -> impl Iterator<Item = &PoolTransaction> {
    inner
        .contents
        .iter()
        .take_while(|waiting| !waiting.transaction.transaction().prefix.kind.is_transfer())
}
