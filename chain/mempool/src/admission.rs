//! From bytes to a place in the pool.

use crate::{
    contents::RequestedName,
    mempool::{Inner, Mempool},
    promises::Purpose,
    settings::FeePolicy,
    storage::StoredEntry,
};
use oxen_node_api::{Admission, AdmissionError, BlinkState, ChainEvent, PoolTransaction, Relay, Snapshot, Source};
use oxen_state::{
    TransactionError, View,
    block::weight::WeightLimits,
    fees::FeeRate,
    names::check_name_transaction,
    queries,
    transaction::{CheckedTransaction, ResolvedRings, resolve_rings, spent_key_image},
};
use oxen_types::{
    Amount, Hash, Height, Timestamp,
    network::constants::{BLINK_BURN_FEE_PERCENT, COINBASE_RESERVED_WEIGHT, MAX_TRANSACTION_BYTES},
    transaction::{TransactionType, Weight},
};
use std::sync::Arc;

/// How often an admission looks again because a block came meanwhile. Only the first look verifies proofs, so that only blocks
/// that come faster than signatures are looked up could use these up.
const ATTEMPTS: usize = 64;

/// A transaction whose rules were checked against one tip.
struct Candidate {
    transaction: Arc<CheckedTransaction>,
    blob: Arc<Vec<u8>>,
    source: Source,
    relay: Relay,
    received: Timestamp,
    blink: BlinkState,
}

impl Mempool {
    /// Verifies a submitted transaction and keeps it: as an ordinary one, or for a blink quorum.
    pub(crate) fn admit_as(&self, blob: &[u8], relay: Relay, blink: BlinkState) -> Result<Admission, AdmissionError> {
        let transaction = Arc::new(self.check_blob(blob)?);
        let id = transaction.id();
        let candidate = Candidate {
            transaction,
            blob: Arc::new(blob.to_vec()),
            source: Source::Submitted,
            relay,
            received: self.parts.clock.now(),
            blink,
        };
        for _ in 0..ATTEMPTS {
            let generation = {
                let inner = self.lock();
                if inner.contents.get(&id).is_some() {
                    break;
                }
                inner.generation
            };
            let snapshot = self.parts.chain.snapshot();
            if queries::transaction_row(&*snapshot, &id)
                .map_err(TransactionError::View)?
                .is_some()
            {
                return Ok(Admission::AlreadyMined { id });
            }
            let height = self.check_against_chain(&snapshot, &candidate)?;
            if let Some(outcome) = self.insert(&candidate, &*snapshot, height, generation)? {
                return Ok(outcome);
            }
        }
        self.meet_again(&candidate)
    }

    /// It waits here already. What was held for a blink quorum and comes as an ordinary transaction goes to everybody from now
    /// on; what came as an ordinary one and is to be held must pay the fees of a blink.
    fn meet_again(&self, candidate: &Candidate) -> Result<Admission, AdmissionError> {
        let id = candidate.transaction.id();
        let released = {
            let mut inner = self.lock();
            let Some(waiting) = inner.contents.get(&id) else {
                return Err(AdmissionError::PoolFull);
            };
            let held = matches!(waiting.blink, BlinkState::Held { .. }) && waiting.relay == Relay::Keep;
            let releases = held && candidate.blink == BlinkState::Ordinary && candidate.relay == Relay::Relay;
            releases
                .then(|| inner.contents.marks(&id).map(|marks| marks.release()))
                .flatten()
        };
        if let Some(released) = released {
            self.after_waiting_released(&released);
            return Ok(Admission::Added { id });
        }
        if candidate.blink != BlinkState::Ordinary {
            let snapshot = self.parts.chain.snapshot();
            let totals = queries::totals(&*snapshot).map_err(TransactionError::View)?;
            let limits = WeightLimits::of_next_block(&*snapshot, &totals).map_err(TransactionError::View)?;
            self.check_policy(&limits, candidate)?;
        }
        Ok(Admission::AlreadyInPool { id })
    }

    /// Decodes with the rules of the next block's fork.
    pub(crate) fn check_blob(&self, blob: &[u8]) -> Result<CheckedTransaction, AdmissionError> {
        if blob.len() > MAX_TRANSACTION_BYTES {
            return Err(TransactionError::TooLarge { bytes: blob.len() }.into());
        }
        let snapshot = self.parts.chain.snapshot();
        let next = queries::totals(&*snapshot).map_err(TransactionError::View)?.tip.next();
        let version = self.parts.chain.network().forks.version_at(next).version;
        Ok(CheckedTransaction::from_blob(blob, version)?)
    }

    /// Everything that depends on the chain, proofs last. Returns the height of the next block.
    fn check_against_chain(&self, snapshot: &Snapshot, candidate: &Candidate) -> Result<Height, AdmissionError> {
        let view: &dyn View = &**snapshot;
        let transaction = &candidate.transaction;
        if self.lock().is_expired(&transaction.id()) && candidate.source == Source::Submitted {
            return Err(AdmissionError::Expired);
        }
        let totals = queries::totals(view).map_err(TransactionError::View)?;
        let limits = WeightLimits::of_next_block(view, &totals).map_err(TransactionError::View)?;
        let height = totals.tip.next();
        if candidate.source == Source::Submitted {
            self.check_policy(&limits, candidate)?;
            self.parts.service_nodes.check_policy(view, transaction, height)?;
        }
        if let Some(image) = spent_key_image(view, transaction).map_err(TransactionError::View)? {
            return Err(TransactionError::KeyImageSpent { image }.into());
        }
        self.parts.service_nodes.check_transaction(view, transaction, height)?;
        check_name_transaction(view, self.parts.chain.network(), transaction, height)?;
        self.check_swap(view, transaction, height, &limits)?;
        self.check_conflicts(&mut self.lock(), view, candidate)?;
        let rings = self.resolve(view, transaction, height)?;
        self.parts
            .verifier
            .verify(&[(Arc::clone(transaction), rings)])
            .map_err(|failure| AdmissionError::Invalid(failure.error))?;
        Ok(height)
    }

    pub(crate) fn resolve(
        &self,
        view: &dyn View,
        transaction: &CheckedTransaction,
        height: Height,
    ) -> Result<ResolvedRings, TransactionError> {
        let target = self.parts.chain.network().target_block_seconds;
        resolve_rings(view, transaction, height, self.parts.clock.now(), target)
    }

    /// What this node relays beyond what the chain allows.
    fn check_policy(&self, limits: &WeightLimits, candidate: &Candidate) -> Result<(), AdmissionError> {
        let transaction = &candidate.transaction;
        if candidate.relay == Relay::Relay && transaction.transaction().prefix.kind.is_l2_event() {
            return Err(AdmissionError::ReportRelayed);
        }
        let is_blink = candidate.blink != BlinkState::Ordinary;
        if is_blink && transaction.transaction().prefix.kind != TransactionType::Standard {
            return Err(AdmissionError::NotBlinkable);
        }
        let room = Weight::new(limits.limit().bytes().saturating_sub(COINBASE_RESERVED_WEIGHT));
        if transaction.weight() >= room {
            return Err(AdmissionError::HeavierThanBlock);
        }
        if self.parts.settings.fees == FeePolicy::Free || !transaction.transaction().prefix.kind.is_transfer() {
            return Ok(());
        }
        let outputs = transaction.transaction().prefix.outputs.len();
        let required = FeeRate::of_next_block(limits).least_fee(transaction.weight(), outputs);
        let fee = transaction.miner_fee();
        if fee < required {
            return Err(AdmissionError::FeeTooLow { fee, required });
        }
        let (burned, required) = (transaction.burned(), burn_of_blink(required));
        if is_blink && burned < required {
            return Err(AdmissionError::BurnTooLow { burned, required });
        }
        Ok(())
    }

    /// A second spender is refused and the first one marked, and so is a second change of a name, or a second request for the
    /// same about a service node; transactions of reverted
    /// blocks are kept beside them.
    fn check_conflicts(&self, inner: &mut Inner, view: &dyn View, candidate: &Candidate) -> Result<(), AdmissionError> {
        if let Some((image, by)) = inner.blinks.conflict(&candidate.transaction) {
            return Err(AdmissionError::ConflictsWithBlink { image, by });
        }
        if candidate.source == Source::RevertedBlock {
            return Ok(());
        }
        for image in candidate.transaction.transaction().prefix.key_images() {
            if let Some(by) = inner.contents.spenders(&image).first().copied() {
                if let Some(marks) = inner.contents.marks(&by) {
                    marks.double_spend_seen();
                }
                return Err(AdmissionError::DoubleSpend { image, by });
            }
        }
        if candidate.blink != BlinkState::Ordinary
            && let Some((image, by)) = inner.promises.conflict(&candidate.transaction)
        {
            return Err(AdmissionError::DoubleSpend { image, by });
        }
        if let Some(name) = RequestedName::of(&candidate.transaction)
            && let Some(by) = inner.contents.changing(&name).first().copied()
        {
            return Err(AdmissionError::NameConflict { by });
        }
        self.check_subject(inner, view, &candidate.transaction)
    }

    /// Puts a checked transaction in; `None` when a block came since the checks and they must run again.
    fn insert(
        &self,
        candidate: &Candidate,
        view: &dyn View,
        height: Height,
        generation: u64,
    ) -> Result<Option<Admission>, AdmissionError> {
        let id = candidate.transaction.id();
        let evicted = {
            let mut inner = self.lock();
            if inner.generation != generation {
                return Ok(None);
            }
            if inner.contents.get(&id).is_some() {
                drop(inner);
                return self.meet_again(candidate).map(Some);
            }
            self.check_conflicts(&mut inner, view, candidate)?;
            let entry = PoolTransaction {
                transaction: Arc::clone(&candidate.transaction),
                blob: Arc::clone(&candidate.blob),
                received: candidate.received,
                relay: candidate.relay,
                source: candidate.source,
                last_relayed: None,
                double_spend_seen: false,
                verified_at: height,
                last_failure: None,
                blink: candidate.blink,
            };
            let stored = StoredEntry::of(&entry);
            inner.contents.insert(entry);
            let evicted = self.evict(&mut inner, &id)?;
            let evicted_ids: Vec<Hash> = evicted.iter().map(|one| one.transaction.id()).collect();
            if let Err(error) = self.parts.storage.update(&[(id, stored)], &evicted_ids) {
                inner.contents.remove(&id);
                for transaction in evicted {
                    inner.contents.insert(transaction);
                }
                return Err(AdmissionError::Storage(error.into()));
            }
            if let BlinkState::Held { authorization } = candidate.blink {
                inner
                    .promises
                    .make(&candidate.transaction, authorization, Purpose::Sending);
            }
            evicted_ids
        };
        for id in evicted {
            self.parts.events.publish(&ChainEvent::PoolRemoved { id });
        }
        self.parts.events.publish(&ChainEvent::PoolAdded { id });
        Ok(Some(Admission::Added { id }))
    }

    /// Drops what pays least until the pool is light enough; if that is the newcomer itself, it is refused and nothing else
    /// is dropped.
    fn evict(&self, inner: &mut Inner, newcomer: &Hash) -> Result<Vec<PoolTransaction>, AdmissionError> {
        let mut evicted = Vec::new();
        while inner.contents.weight() > self.parts.settings.max_weight {
            let Some(worst) = inner.contents.worst() else { break };
            let Some(transaction) = inner.contents.remove(&worst) else {
                break;
            };
            if worst == *newcomer {
                for transaction in evicted {
                    inner.contents.insert(transaction);
                }
                return Err(AdmissionError::PoolFull);
            }
            evicted.push(transaction);
        }
        Ok(evicted)
    }
}

/// What a blink burns beside the fee that any transaction pays (chain §4.11).
fn burn_of_blink(fee: Amount) -> Amount {
    Amount::from_atomic(fee.atomic().saturating_mul(BLINK_BURN_FEE_PERCENT) / 100)
}
