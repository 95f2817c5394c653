//! What the writer of the chain asks of the pool and tells it.

use crate::{
    contents::RequestedName,
    mempool::{Inner, Mempool},
    staking::StakingSubject,
    storage::StoredEntry,
};
use oxen_node_api::{BlinkState, ChainEvent, PoolKeeper, PoolTransaction, Relay, Source};
use oxen_state::{
    TransactionError, View,
    block::weight::WeightLimits,
    names::check_name_transaction,
    queries,
    swap::SwapTally,
    transaction::{CheckedTransaction, ProofLedger, spent_key_image},
};
use oxen_types::{ConsensusEncode, Hash, Height, KeyImage, transaction::Weight};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

impl PoolKeeper for Mempool {
    fn checked(&self, id: &Hash) -> Option<Arc<CheckedTransaction>> {
        self.lock()
            .contents
            .get(id)
            .map(|transaction| Arc::clone(&transaction.transaction))
    }

    fn protects_blinks(&self) -> bool {
        !self.lock().blinks.is_empty()
    }

    fn conflicting_blink(&self, transactions: &[Arc<CheckedTransaction>]) -> Option<Hash> {
        let inner = self.lock();
        let conflict = |transaction: &Arc<CheckedTransaction>| inner.blinks.conflict(transaction);
        transactions.iter().find_map(conflict).map(|(_, blink)| blink)
    }

    fn candidates(&self) -> Vec<Arc<CheckedTransaction>> {
        let snapshot = self.parts.chain.snapshot();
        let view: &dyn View = &*snapshot;
        let Ok((totals, row)) = queries::totals(view).and_then(|totals| Ok((totals, queries::tip(view)?.1))) else {
            return Vec::new();
        };
        let Ok(limits) = WeightLimits::of_next_block(view, &totals) else {
            return Vec::new();
        };
        let height = totals.tip.next();
        let mut spent: HashSet<KeyImage> = HashSet::new();
        let mut named: HashSet<Hash> = HashSet::new();
        let mut asked: HashSet<StakingSubject> = HashSet::new();
        let Ok(mut swaps) = SwapTally::of_next_block(view, self.parts.chain.network(), height, &limits) else {
            return Vec::new();
        };
        let mut fitting = Vec::new();
        let mut weight = Weight::default();
        // A statement of its own: the guard must not live through the loop.
        let waiting = self.lock().contents.not_failed_at(&row.id);
        for transaction in waiting {
            // A block has no room for more: looking up the rings of the whole pool for each template would take minutes.
            if weight >= limits.limit() {
                break;
            }
            let images: Vec<KeyImage> = transaction.transaction().prefix.key_images().collect();
            // Two changes of one name may each fit the tip and not each other, so a block takes one of them; the hash alone
            // counts, because session and wallet names of one text depend on each other.
            let name = RequestedName::of(&transaction).map(|name| name.hash);
            let conflicts = images.iter().any(|image| spent.contains(image));
            let subject = StakingSubject::of(view, &transaction).ok().flatten();
            if conflicts
                || name.is_some_and(|name| named.contains(&name))
                || subject.is_some_and(|subject| asked.contains(&subject))
            {
                continue;
            }
            // What others burned first may leave no room for it. Then it waits for a later block.
            let before = swaps.clone();
            if swaps.take(&transaction).is_err() {
                continue;
            }
            let fits = self.fits(view, &transaction, height).is_ok()
                && self
                    .parts
                    .service_nodes
                    .check_policy(view, &transaction, height)
                    .is_ok();
            if let Some(marks) = self.lock().contents.marks(&transaction.id()) {
                if fits {
                    marks.fits(height)
                } else {
                    marks.failed(height, row.id)
                }
            }
            if fits {
                weight = weight.saturating_add(transaction.weight());
                spent.extend(images);
                named.extend(name);
                asked.extend(subject);
                fitting.push(transaction);
            } else {
                swaps = before;
            }
        }
        fitting
    }

    fn on_committed(&self, transactions: &[Arc<CheckedTransaction>]) {
        let names: Vec<RequestedName> = transactions.iter().filter_map(|one| RequestedName::of(one)).collect();
        // Taken before the pool is locked, as everywhere.
        let after = self.parts.chain.snapshot();
        // Without it nothing can be called overtaken.
        let next = queries::totals(&*after).ok().map(|totals| totals.tip.next());
        let (mined, conflicting, settled) = {
            let mut inner = self.lock();
            inner.generation = inner.generation.wrapping_add(1);
            let mut mined = Vec::new();
            let mut conflicting = Vec::new();
            for transaction in transactions {
                if inner.contents.remove(&transaction.id()).is_some() {
                    mined.push(transaction.id());
                }
                for image in transaction.transaction().prefix.key_images() {
                    for spender in inner.contents.spenders(&image).to_vec() {
                        inner.contents.remove(&spender);
                        conflicting.push(spender);
                    }
                }
            }
            if let Some(next) = next {
                conflicting.extend(self.overtaken_names(&mut inner, &names, &*after, next));
                conflicting.extend(self.drop_overtaken_requests(&mut inner, &*after, next));
                conflicting.extend(self.drop_overtaken_swaps(&mut inner, &*after));
            }
            let settled = self.drop_settled_blinks(&mut inner, transactions, &*after);
            (mined, conflicting, settled)
        };
        self.forget(&mined);
        self.forget_blinks(&settled);
        if let Some(next) = next {
            self.release_overdue_holds(next);
        }
        self.announce_removed(&conflicting);
    }

    fn on_reverted(&self, transactions: &[Arc<CheckedTransaction>]) {
        let snapshot = self.parts.chain.snapshot();
        let view: &dyn View = &*snapshot;
        let height = queries::totals(view).map_or(Height::GENESIS, |totals| totals.tip.next());
        let mut returned = HashMap::new();
        {
            let mut inner = self.lock();
            inner.generation = inner.generation.wrapping_add(1);
            // Approved blinks whose inputs were spent by a block that is gone come in with the others.
            let protected: Vec<_> = inner
                .blinks
                .iter()
                .map(|known| Arc::clone(&known.transaction))
                .collect();
            for transaction in transactions.iter().chain(&protected) {
                let id = transaction.id();
                if inner.blinks.conflict(transaction).is_some() {
                    continue;
                }
                let mined = queries::transaction_row(view, &id).is_ok_and(|row| row.is_some());
                let spent = spent_key_image(view, transaction).is_ok_and(|image| image.is_some());
                if mined || spent || inner.contents.get(&id).is_some() {
                    continue;
                }
                let entry = PoolTransaction {
                    blob: Arc::new(transaction.transaction().encode()),
                    transaction: Arc::clone(transaction),
                    received: self.parts.clock.now(),
                    relay: Relay::Relay,
                    source: Source::RevertedBlock,
                    last_relayed: None,
                    double_spend_seen: false,
                    verified_at: height,
                    last_failure: None,
                    blink: if inner.blinks.contains(&id) {
                        BlinkState::Approved
                    } else {
                        BlinkState::Ordinary
                    },
                };
                returned.insert(id, StoredEntry::of(&entry));
                inner.contents.insert(entry);
            }
        }
        let ids: Vec<Hash> = returned.keys().copied().collect();
        let stored: Vec<(Hash, StoredEntry)> = returned.into_iter().collect();
        if let Err(error) = self.parts.storage.update(&stored, &[]) {
            tracing::warn!(%error, "transactions of reverted blocks are lost if the node stops before they are mined again");
        }
        for id in ids {
            self.parts.events.publish(&ChainEvent::PoolAdded { id });
        }
    }
}

impl Mempool {
    /// Takes out what waits to change a name that a block just changed, unless it fits on top of that: it would keep others
    /// from changing the name for as long as it waits.
    fn overtaken_names(
        &self,
        inner: &mut Inner,
        changed: &[RequestedName],
        view: &dyn View,
        height: Height,
    ) -> Vec<Hash> {
        let network = self.parts.chain.network();
        let waiting: Vec<Hash> = changed
            .iter()
            .flat_map(|name| inner.contents.changing_any(name.hash))
            .collect();
        let mut overtaken = Vec::new();
        for id in waiting {
            let Some(transaction) = inner.contents.get(&id).map(|waiting| &waiting.transaction) else {
                continue;
            };
            let checked = check_name_transaction(view, network, transaction, height);
            if matches!(checked, Err(TransactionError::Name(_))) {
                inner.contents.remove(&id);
                overtaken.push(id);
            }
        }
        overtaken
    }

    /// Whether a waiting transaction can be in the block at `height`. Proofs are verified again only if a reorganisation
    /// changed what its rings hold.
    fn fits(
        &self,
        view: &dyn View,
        transaction: &Arc<CheckedTransaction>,
        height: Height,
    ) -> Result<(), TransactionError> {
        if let Some(image) = spent_key_image(view, transaction)? {
            return Err(TransactionError::KeyImageSpent { image });
        }
        self.parts.service_nodes.check_transaction(view, transaction, height)?;
        check_name_transaction(view, self.parts.chain.network(), transaction, height)?;
        let rings = self.resolve(view, transaction, height)?;
        if rings.rings.is_empty() || self.parts.verifier.is_verified(&rings.digest) {
            return Ok(());
        }
        self.parts
            .verifier
            .verify(&[(Arc::clone(transaction), rings)])
            .map_err(|failure| failure.error)
    }
}
