//! What the blink service asks of the pool: a place for a transaction until its quorum decides, and what comes of an approval
//! (chain §5.4).

use crate::{
    blinks::KnownBlink,
    mempool::{Inner, Mempool},
    promises::{Purpose, promise_key, promise_row},
    storage::{StoredBlink, StoredEntry},
};
use oxen_node_api::{
    Admission, AdmissionError, ApprovedBlink, BlinkAdmission, BlinkPool, BlinkState, ChainEvent, PoolTransaction,
    Relay, Source,
};
use oxen_staking_rules::blink::is_held;
use oxen_state::{
    TransactionError, TypedView, View, ViewError, block::checkpoints::immutable_height, queries,
    tables::SpentKeyImages, transaction::CheckedTransaction,
};
use oxen_types::{Hash, Height};
use std::{collections::BTreeSet, sync::Arc};

/// How often an approval is looked at again because a block came meanwhile.
const ATTEMPTS: usize = 64;

/// Where the chain stands towards an approved blink.
enum Standing {
    /// It can enter the pool.
    Fits,
    /// It is in this block.
    Mined(Height),
    /// Its inputs are spent by others, first in this block.
    Overtaken(Height),
}

impl BlinkPool for Mempool {
    fn hold(&self, blob: &[u8], authorization: Height) -> Result<Admission, AdmissionError> {
        let admission = self.admit_as(blob, Relay::Keep, BlinkState::Held { authorization })?;
        if let Admission::AlreadyInPool { id } = admission {
            self.hold_waiting(&id, authorization)?;
        }
        Ok(admission)
    }

    fn promise(&self, blob: &[u8], authorization: Height) -> Result<Admission, AdmissionError> {
        let admission = self.hold(blob, authorization)?;
        if let Admission::Added { id } | Admission::AlreadyInPool { id } = admission {
            self.promise_waiting(&id, authorization)?;
        }
        Ok(admission)
    }

    fn let_go(&self, id: &Hash) -> bool {
        let removed = {
            let mut inner = self.lock();
            inner.promises.end(id);
            let Some(waiting) = inner.contents.get(id) else {
                return false;
            };
            if !matches!(waiting.blink, BlinkState::Held { .. }) {
                return false;
            }
            release_hold(&mut inner, id)
        };
        self.after_release(id, removed);
        true
    }

    fn approve(&self, blink: &ApprovedBlink) -> Result<BlinkAdmission, AdmissionError> {
        let transaction = Arc::new(self.check_blob(&blink.blob)?);
        let id = transaction.id();
        if id != blink.certificate.subject.transaction {
            return Err(AdmissionError::ApprovalOfAnother { id });
        }
        let known = KnownBlink {
            blink: blink.clone(),
            transaction,
        };
        for _ in 0..ATTEMPTS {
            let generation = {
                let inner = self.lock();
                if inner.blinks.contains(&id) {
                    return Ok(BlinkAdmission::AlreadyApproved);
                }
                inner.generation
            };
            if let Some(outcome) = self.try_approve(&known, generation)? {
                return Ok(outcome);
            }
        }
        Err(AdmissionError::PoolFull)
    }

    fn approved(&self, id: &Hash) -> Option<ApprovedBlink> {
        self.lock().blinks.get(id).map(|known| known.blink.clone())
    }

    fn all_approved(&self) -> Vec<ApprovedBlink> {
        self.lock().blinks.iter().map(|known| known.blink.clone()).collect()
    }
}

impl Mempool {
    /// Keeps the inputs of a transaction that waits already for it.
    fn hold_waiting(&self, id: &Hash, authorization: Height) -> Result<(), AdmissionError> {
        let held = {
            let mut inner = self.lock();
            // It left a moment ago: nothing is promised, and nothing may be signed.
            let Some(transaction) = inner.contents.get(id).map(|waiting| Arc::clone(&waiting.transaction)) else {
                return Err(AdmissionError::PoolFull);
            };
            if let Some((image, by)) = inner.promises.conflict(&transaction) {
                return Err(AdmissionError::DoubleSpend { image, by });
            }
            inner.promises.make(&transaction, authorization, Purpose::Sending);
            inner.contents.marks(id).and_then(|marks| marks.hold(authorization))
        };
        let Some(held) = held else { return Ok(()) };
        self.parts
            .storage
            .update(&[(*id, StoredEntry::of(&held))], &[])
            .map_err(|error| AdmissionError::Storage(error.into()))
    }

    /// Promises the inputs of a transaction that is held, whatever becomes of it.
    fn promise_waiting(&self, id: &Hash, authorization: Height) -> Result<(), AdmissionError> {
        let mut inner = self.lock();
        // It left a moment ago: nothing is promised, and nothing may be signed.
        let Some(waiting) = inner.contents.get(id).cloned() else {
            return Err(AdmissionError::PoolFull);
        };
        if let Some((image, by)) = inner.promises.conflict(&waiting.transaction) {
            return Err(AdmissionError::DoubleSpend { image, by });
        }
        self.parts
            .storage
            .update(&[promise_row(&waiting, authorization)], &[])
            .map_err(|error| AdmissionError::Storage(error.into()))?;
        inner
            .promises
            .make(&waiting.transaction, authorization, Purpose::Signing);
        Ok(())
    }

    /// One look at an approval; `None` when a block came meanwhile.
    fn try_approve(&self, known: &KnownBlink, generation: u64) -> Result<Option<BlinkAdmission>, AdmissionError> {
        let snapshot = self.parts.chain.snapshot();
        let view: &dyn View = &*snapshot;
        let totals = queries::totals(view).map_err(TransactionError::View)?;
        let next = totals.tip.next();
        let final_height =
            immutable_height(view, self.parts.chain.network(), totals.tip).map_err(TransactionError::View)?;
        let is_final = |height: Height| final_height.is_some_and(|end| height <= end);
        let standing = standing(view, &known.transaction).map_err(TransactionError::View)?;
        match standing {
            Standing::Mined(height) if is_final(height) => return Ok(Some(BlinkAdmission::Final)),
            Standing::Overtaken(height) if is_final(height) => {
                let image = known.transaction.transaction().prefix.key_images().next();
                let image = image.unwrap_or_default();
                return Err(TransactionError::KeyImageSpent { image }.into());
            }
            Standing::Mined(_) => {}
            Standing::Fits | Standing::Overtaken(_) => {
                self.parts
                    .service_nodes
                    .check_transaction(view, &known.transaction, next)?;
                let rings = self.resolve(view, &known.transaction, next)?;
                self.parts
                    .verifier
                    .verify(&[(Arc::clone(&known.transaction), rings)])
                    .map_err(|failure| AdmissionError::Invalid(failure.error))?;
            }
        }
        self.keep_approved(known, &standing, next, generation)
    }

    /// Protects an approved blink from now on, and lets it into the pool where it fits.
    fn keep_approved(
        &self,
        known: &KnownBlink,
        standing: &Standing,
        next: Height,
        generation: u64,
    ) -> Result<Option<BlinkAdmission>, AdmissionError> {
        let id = known.transaction.id();
        let received = self.parts.clock.now();
        let mut inner = self.lock();
        if inner.generation != generation {
            return Ok(None);
        }
        if inner.blinks.contains(&id) {
            return Ok(Some(BlinkAdmission::AlreadyApproved));
        }
        if let Some((image, by)) = inner.blinks.conflict(&known.transaction) {
            return Err(AdmissionError::ConflictsWithBlink { image, by });
        }
        let stored = StoredBlink {
            certificate: known.blink.certificate.clone(),
            blob: known.blink.blob.to_vec(),
            received,
        };
        self.parts
            .storage
            .update_blinks(&[(id, stored)], &[])
            .map_err(|error| AdmissionError::Storage(error.into()))?;
        inner.blinks.insert(known.clone());
        inner.promises.end(&id);
        let outcome = match standing {
            Standing::Mined(_) => BlinkAdmission::Mined,
            Standing::Overtaken(lowest) => BlinkAdmission::Overtaken { lowest: *lowest },
            Standing::Fits => BlinkAdmission::Added,
        };
        if outcome != BlinkAdmission::Added {
            return Ok(Some(outcome));
        }
        let evicted = evict_conflicting(&mut inner, &known.transaction);
        let entry = match inner.contents.marks(&id).map(|marks| marks.approve()) {
            Some(entry) => entry,
            None => {
                let entry = PoolTransaction {
                    transaction: Arc::clone(&known.transaction),
                    blob: Arc::clone(&known.blink.blob),
                    received,
                    relay: Relay::Relay,
                    source: Source::Submitted,
                    last_relayed: None,
                    double_spend_seen: false,
                    verified_at: next,
                    last_failure: None,
                    blink: BlinkState::Approved,
                };
                inner.contents.insert(entry.clone());
                entry
            }
        };
        drop(inner);
        if let Err(error) = self.parts.storage.update(&[(id, StoredEntry::of(&entry))], &evicted) {
            // The record of the blink is written, from which a restart makes the entry again.
            tracing::warn!(%error, %id, "an approved blink is not in the pool's copy on disk");
        }
        for id in evicted {
            self.parts.events.publish(&ChainEvent::PoolRemoved { id });
        }
        self.parts.events.publish(&ChainEvent::PoolAdded { id });
        Ok(Some(BlinkAdmission::Added))
    }

    /// Ends the holds whose time is over: their quorum cannot approve them any more (see
    /// [`oxen_staking_rules::blink::HOLD_BLOCKS`]).
    pub(crate) fn release_overdue_holds(&self, chain_height: Height) {
        let (ended, released): (BTreeSet<Hash>, Vec<(Hash, Option<PoolTransaction>)>) = {
            let mut inner = self.lock();
            let ended = inner.promises.end_overdue(chain_height);
            let overdue: Vec<Hash> = inner
                .contents
                .iter()
                .filter(|waiting| {
                    matches!(waiting.blink, BlinkState::Held { authorization } if !is_held(authorization, chain_height))
                })
                .map(|waiting| waiting.transaction.id())
                .collect();
            let released = overdue
                .into_iter()
                .map(|id| (id, release_hold(&mut inner, &id)))
                .collect();
            (ended, released)
        };
        let rows: Vec<Hash> = ended.iter().map(promise_key).collect();
        self.forget(&rows);
        for (id, removed) in released {
            self.after_release(&id, removed);
        }
    }

    /// Tells of a hold that ended: the transaction left, or waits on as an ordinary one.
    fn after_release(&self, id: &Hash, stays: Option<PoolTransaction>) {
        match stays {
            None => self.announce_removed(&[*id]),
            Some(entry) => {
                if let Err(error) = self.parts.storage.update(&[(*id, StoredEntry::of(&entry))], &[]) {
                    tracing::warn!(%error, %id, "the end of a hold is lost if the node stops now");
                }
            }
        }
    }

    /// Forgets blinks that a checkpointed block made impossible, and those that are final. Returns what was forgotten.
    pub(crate) fn drop_settled_blinks(
        &self,
        inner: &mut Inner,
        mined: &[Arc<CheckedTransaction>],
        view: &dyn View,
    ) -> Vec<Hash> {
        if inner.blinks.is_empty() {
            return Vec::new();
        }
        let mut settled: Vec<Hash> = mined
            .iter()
            .filter_map(|transaction| inner.blinks.conflict(transaction))
            .map(|(_, blink)| {
                tracing::warn!(%blink, "a checkpointed block overruled an approved blink");
                blink
            })
            .collect();
        match final_blinks(inner, self.parts.chain.network(), view) {
            Ok(ended) => settled.extend(ended),
            Err(error) => tracing::error!(%error, "blinks that are final are remembered for longer than they must be"),
        }
        for id in &settled {
            inner.blinks.remove(id);
        }
        settled
    }

    /// Forgets blinks on disk.
    pub(crate) fn forget_blinks(&self, ids: &[Hash]) {
        if ids.is_empty() {
            return;
        }
        if let Err(error) = self.parts.storage.update_blinks(&[], ids) {
            tracing::warn!(%error, "settled blinks stay on disk until the next start");
        }
    }
}

/// Ends the hold of a transaction. One that came as an ordinary one too stays, and is returned.
fn release_hold(inner: &mut Inner, id: &Hash) -> Option<PoolTransaction> {
    if inner.contents.get(id)?.relay == Relay::Keep {
        inner.contents.remove(id);
        return None;
    }
    inner.contents.marks(id).map(|marks| marks.let_go())
}

/// Takes out what spends the same as an approved blink.
fn evict_conflicting(inner: &mut Inner, transaction: &CheckedTransaction) -> Vec<Hash> {
    let id = transaction.id();
    let mut evicted = Vec::new();
    for image in transaction.transaction().prefix.key_images() {
        for spender in inner.contents.spenders(&image).to_vec() {
            if spender != id && inner.contents.remove(&spender).is_some() {
                evicted.push(spender);
            }
        }
    }
    evicted
}

fn standing(view: &dyn View, transaction: &CheckedTransaction) -> Result<Standing, ViewError> {
    if let Some(row) = queries::transaction_row(view, &transaction.id())? {
        return Ok(Standing::Mined(row.height));
    }
    let mut lowest: Option<Height> = None;
    for image in transaction.transaction().prefix.key_images() {
        if let Some(height) = view.get::<SpentKeyImages>(&image)? {
            lowest = Some(lowest.map_or(height, |known| known.min(height)));
        }
    }
    Ok(lowest.map_or(Standing::Fits, Standing::Overtaken))
}

fn final_blinks(inner: &Inner, network: &oxen_types::Network, view: &dyn View) -> Result<Vec<Hash>, ViewError> {
    let tip = queries::totals(view)?.tip;
    let Some(end) = immutable_height(view, network, tip)? else {
        return Ok(Vec::new());
    };
    let mut ended = Vec::new();
    for known in inner.blinks.iter() {
        let id = known.transaction.id();
        if queries::transaction_row(view, &id)?.is_some_and(|row| row.height <= end) {
            ended.push(id);
        }
    }
    Ok(ended)
}
