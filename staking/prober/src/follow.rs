//! Following the chain: who took part in its blocks, whom it suspended and brought back, and then the votes that are due.

use crate::{
    chain_news::News,
    prober::{Inner, Prober},
    storage::StoredObservations,
};
use oxen_staking_rules::{
    QuorumKind, Registry,
    obligations::{NodeObservations, PulseParticipation, TestOutcome},
    registry::Activity,
};
use oxen_state::{View, ViewError, queries};
use oxen_types::{Block, Extra, Height, PublicKey, Timestamp, extra::StateChange, transaction::TransactionType};
use std::sync::Arc;

/// The chain at the moment at which the prober looks.
pub(crate) struct Situation<'a> {
    /// The state.
    pub(crate) view: &'a dyn View,
    /// The registry.
    pub(crate) registry: &'a Arc<Registry>,
    /// The newest block.
    pub(crate) tip: Height,
    /// Our clock.
    pub(crate) now: Timestamp,
}

impl Prober {
    /// Catches up with the chain, if anything happened. When the state cannot be read, the next block tries again.
    pub fn follow(&self) {
        let Some(news) = self.news.take() else { return };
        if let Err(error) = self.try_follow(news) {
            tracing::error!(%error, "service nodes cannot be followed; the next block tries again");
            self.news.put(news);
        }
    }

    fn try_follow(&self, news: News) -> Result<(), ViewError> {
        let snapshot = self.parts.chain.snapshot();
        let view: &dyn View = &*snapshot;
        let registry = self.parts.staking.registry(view)?;
        let situation = Situation {
            view,
            registry: &registry,
            tip: queries::totals(view)?.tip,
            now: self.now(),
        };
        if let Some(first_reverted) = news.first_reverted {
            self.note_reverted(first_reverted);
        }
        self.follow_blocks(&situation)?;
        self.follow_registry(&situation)?;
        self.lock().votes.prune(situation.tip.next());
        self.cast_due_votes(&situation);
        Ok(())
    }

    /// Goes back to where blocks were taken back: what was judged by them is judged again.
    fn note_reverted(&self, first_reverted: Height) {
        let mut inner = self.lock();
        inner.obligations_cursor = inner.obligations_cursor.min(first_reverted);
        inner.checkpoint_cursor = inner.checkpoint_cursor.min(first_reverted);
        inner.votes.drop_reverted(first_reverted);
        if let Some((followed, _)) = &mut inner.followed {
            *followed = (*followed).min(first_reverted.saturating_sub(1));
        }
    }

    fn follow_blocks(&self, situation: &Situation<'_>) -> Result<(), ViewError> {
        let Some(mut height) = self.lock().followed.as_ref().map(|(followed, _)| followed.next()) else {
            return Ok(());
        };
        while height <= situation.tip {
            if let Some(block) = queries::block(situation.view, height)? {
                for change in mined_changes(situation.view, &block)? {
                    self.lock().votes.remove_mined(&change);
                }
                if height == situation.tip {
                    self.note_pulse_participation(situation, &block)?;
                }
            }
            height = height.next();
        }
        Ok(())
    }

    /// Notes who was present for the newest block, unless it is one that others made long ago (pulse §11).
    fn note_pulse_participation(&self, situation: &Situation<'_>, block: &Block) -> Result<(), ViewError> {
        let Some(pulse) = block.header.pulse.as_ref().filter(|_| block.has_pulse()) else {
            return Ok(());
        };
        let age = situation.now.seconds().abs_diff(block.header.timestamp.seconds());
        if age > self.network().target_block_seconds {
            return Ok(());
        }
        let quorums = self.parts.staking.quorums(situation.view, situation.tip)?;
        let Some(quorum) = quorums.as_ref().and_then(|quorums| quorums.get(QuorumKind::Pulse)) else {
            return Ok(());
        };
        let mut inner = self.lock();
        for (position, validator) in quorum.validators.iter().enumerate() {
            let took_part = pulse.validator_bitset.checked_shr(position as u32).unwrap_or(0) & 1 == 1;
            if let Some(seen) = registered(&mut inner, situation.registry, validator) {
                seen.pulse.push(PulseParticipation {
                    height: situation.tip,
                    round: pulse.round,
                    outcome: TestOutcome::passed_if(took_part),
                });
            }
        }
        drop(inner);
        self.changed();
        Ok(())
    }

    /// Notes who was suspended and who came back since the last look (staking §9.3).
    fn follow_registry(&self, situation: &Situation<'_>) -> Result<(), ViewError> {
        let before = self.lock().followed.take();
        let mut changed = Vec::new();
        if let Some((_, before)) = &before {
            for (key, node) in situation.registry.nodes() {
                let Some(old) = before.node(key).filter(|old| !Arc::ptr_eq(old, node)) else {
                    continue;
                };
                let suspended = node.record.decommission_count > old.record.decommission_count;
                let returned = match (old.record.activity, node.record.activity) {
                    (Activity::Decommissioned { since, .. }, Activity::Active { since: back }) => back > since,
                    (_, Activity::Active { .. }) => suspended,
                    _ => false,
                };
                let since = match node.record.activity {
                    Activity::Active { since } if returned => queries::block_row(situation.view, since)?,
                    _ => None,
                };
                if suspended || returned {
                    changed.push((*key, suspended, since.map(|row| row.timestamp)));
                }
            }
        }
        let mut inner = self.lock();
        inner.followed = Some((situation.tip, Arc::clone(situation.registry)));
        self.renew_endpoints(&inner, situation.registry);
        let mut rows = Vec::new();
        for (key, suspended, returned) in changed {
            let seen = inner.nodes.entry(key).or_default();
            if suspended {
                seen.note_decommission();
            }
            if let Some(block_time) = returned {
                seen.note_recommission(block_time);
            }
            rows.push((key, StoredObservations::from(&*seen)));
        }
        drop(inner);
        if !rows.is_empty() {
            self.changed();
            self.store(&rows, &[]);
        }
        Ok(())
    }
}

/// What is seen of a node, provided that it is registered.
pub(crate) fn registered<'a>(
    inner: &'a mut Inner,
    registry: &Registry,
    key: &PublicKey,
) -> Option<&'a mut NodeObservations> {
    registry.node(key)?;
    Some(inner.nodes.entry(*key).or_default())
}

/// The state changes in a block of the chain.
fn mined_changes(view: &dyn View, block: &Block) -> Result<Vec<StateChange>, ViewError> {
    let mut changes = Vec::new();
    for id in &block.transaction_ids {
        let kind = queries::transaction_row(view, id)?.map(|row| row.kind);
        if kind != Some(TransactionType::StateChange) {
            continue;
        }
        if let Some(transaction) = queries::pruned_transaction(view, id)? {
            let extra = Extra::parse_or_empty(&transaction.prefix.extra);
            changes.extend(extra.state_change().cloned());
        }
    }
    Ok(changes)
}
