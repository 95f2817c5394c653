//! This node's own word on L2, for the blocks it makes and those it is asked to sign (bridge §3.4).
//!
//! The rules are pure and stand in `oxen_bridge_rules::template`; here they get the newest picture and our chain.

use crate::event_reports::ReportingChain;
use oxen_bridge_rules::{
    event_transaction::reported_event,
    picture::{Opinion, Picture, RegisteredSince},
    template::{
        ChainSide, L2Parent, NoWord, PendingReport, TemplateObjection, check_template, check_without_picture, l2_values,
    },
};
use oxen_node_api::{ChainReader, L2Reader, L2Refusal, L2Templates, NoL2Values};
use oxen_staking_rules::Registry;
use oxen_state::{
    StakingRules, View, ViewError,
    bridge::{pending_events, reading_before},
    queries,
    template::TemplateL2,
    transaction::CheckedTransaction,
};
use oxen_types::{Block, Height, bytes::BlsPublicKey, extra::L2Event, network::HardForkVersion};
use std::{collections::BTreeMap, sync::Arc};

/// Gives this node's word.
pub struct OwnWord {
    /// What it sees.
    pub l2: Arc<dyn L2Reader>,
    /// Who is registered.
    pub staking: Arc<StakingRules>,
}

/// Our chain before a block.
struct Before {
    parent: L2Parent,
    pending: Vec<PendingReport>,
    registry: RegisteredIn,
}

impl OwnWord {
    fn before(&self, view: &dyn View, height: Height) -> Result<Before, ViewError> {
        let reading = reading_before(view, height)?;
        let pending = pending_events(view)?.into_iter().map(|pending| PendingReport {
            id: pending.report,
            event: pending.event,
        });
        Ok(Before {
            parent: L2Parent {
                l2_height: reading.l2_height,
                l2_reward: reading.l2_reward,
            },
            pending: pending.collect(),
            registry: RegisteredIn(self.staking.registry(view)?),
        })
    }
}

impl Before {
    fn chain(&self, height: Height) -> ChainSide<'_> {
        ChainSide {
            height,
            parent: self.parent,
            pending: &self.pending,
            registered: &self.registry,
        }
    }
}

impl L2Templates for OwnWord {
    fn values(
        &self,
        view: &dyn View,
        height: Height,
        waiting: &[Arc<CheckedTransaction>],
    ) -> Result<TemplateL2, NoL2Values> {
        let before = self.before(view, height)?;
        let Some(picture) = self.l2.picture() else {
            // Nothing is decided by a block that repeats the one before.
            return if before.pending.is_empty() {
                Ok(TemplateL2::default())
            } else {
                Err(NoWord::NothingRead.into())
            };
        };
        let chain = before.chain(height);
        let values = l2_values(&picture, &chain)?;
        let agreed = before.pending.iter().zip(&values.l2_votes);
        Ok(TemplateL2 {
            l2_height: Some(values.l2_height),
            l2_reward: Some(values.l2_reward),
            agreed: agreed.filter(|(_, yes)| **yes).map(|(report, _)| report.id).collect(),
            events: reportable(&picture, &chain, values.l2_height, waiting),
        })
    }

    fn check(
        &self,
        view: &dyn View,
        height: Height,
        template: &Block,
        transactions: &[Arc<CheckedTransaction>],
    ) -> Result<(), L2Refusal> {
        let Some(header) = &template.header.l2 else {
            return Ok(());
        };
        let before = self.before(view, height)?;
        let included = included_events(transactions)?;
        let chain = before.chain(height);
        match self.l2.picture() {
            Some(picture) => check_template(&picture, &chain, header, &included)?,
            None => check_without_picture(&chain, header, &included)?,
        }
        Ok(())
    }
}

/// Reports of the pool that this node stands for and that are safe at `l2_height`.
fn reportable(
    picture: &Picture,
    chain: &ChainSide<'_>,
    l2_height: u64,
    waiting: &[Arc<CheckedTransaction>],
) -> Vec<Arc<CheckedTransaction>> {
    let stands_for = |transaction: &&Arc<CheckedTransaction>| {
        reported_event(transaction.transaction()).is_some_and(|event| {
            event.source.l2_height <= l2_height
                && picture.opinion(&event, chain.height, chain.registered) == Ok(Opinion::Yes)
        })
    };
    waiting.iter().filter(stands_for).cloned().collect()
}

/// What a template's transactions report.
fn included_events(transactions: &[Arc<CheckedTransaction>]) -> Result<Vec<L2Event>, TemplateObjection> {
    let reports = transactions
        .iter()
        .filter(|transaction| transaction.transaction().prefix.kind.is_l2_event());
    reports
        .map(|transaction| {
            let id = transaction.id();
            reported_event(transaction.transaction()).ok_or(TemplateObjection::OtherBytes { id })
        })
        .collect()
}

/// The registry of one block.
struct RegisteredIn(Arc<Registry>);

impl RegisteredSince for RegisteredIn {
    fn registered_since(&self, key: &BlsPublicKey) -> Option<Height> {
        let (_, node) = self.0.node_by_bls_key(key)?;
        Some(node.record.registration_height)
    }
}

/// Our chain as reports need it.
pub struct OwnChain {
    /// Reads the chain.
    pub chain: Arc<dyn ChainReader>,
    /// The registry.
    pub staking: Arc<StakingRules>,
}

impl ReportingChain for OwnChain {
    fn next_height(&self) -> Option<Height> {
        let (tip, _) = queries::tip(&*self.chain.snapshot()).ok()?;
        let version = self.chain.network().forks.version_at(tip.next()).version;
        (version >= HardForkVersion::ETHEREUM).then(|| tip.next())
    }

    fn registered(&self) -> BTreeMap<BlsPublicKey, Height> {
        match self.staking.registry(&*self.chain.snapshot()) {
            Ok(registry) => registry
                .nodes()
                .filter_map(|(_, node)| Some((node.stake.bls_key?, node.record.registration_height)))
                .collect(),
            Err(error) => {
                tracing::error!(%error, "the registry cannot be read; no missing node is reported");
                BTreeMap::new()
            }
        }
    }
}
