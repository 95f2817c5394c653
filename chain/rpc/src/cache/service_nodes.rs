//! Service nodes as JSON: what stakes say, for as long as they do not change, and whole answers, for as long as nothing does.
//!
//! Storage servers ask for all nodes at every block and explorers every few seconds; most of the answer is stakes, which change
//! once in a node's life.

use super::lock;
use crate::{
    render::StakeJson,
    types::service_nodes::{FieldSelection, ServiceNodesRequest},
};
use oxen_staking_rules::{Registry, ServiceNode, registry::Stake};
use oxen_types::{Hash, Network, PublicKey, Timestamp};
use serde_json::value::RawValue;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

/// What an answer follows from, beside what was seen of the nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnswerKey {
    /// The newest block.
    pub(crate) tip: Hash,
    /// Height of the network, which the answer names.
    pub(crate) target_height: u64,
    /// Which nodes; empty for all.
    pub(crate) nodes: Vec<PublicKey>,
    /// Only those that work?
    pub(crate) active_only: bool,
    /// Their fields.
    pub(crate) fields: FieldSelection,
    /// Should the list be given as text, too?
    pub(crate) as_json: bool,
}

impl AnswerKey {
    /// Names of nodes and fields in requests whose answers are kept: a few of either, or everything.
    const NAMES: usize = 64;

    /// The key of a request for these nodes; a random sample has none, nor a request that would take memory itself.
    pub(crate) fn of(
        request: &ServiceNodesRequest,
        nodes: &[PublicKey],
        tip: Hash,
        target_height: u64,
    ) -> Option<Self> {
        let names = nodes.len().saturating_add(request.fields.bytes() / 32);
        let is_kept = request.limit.is_none_or(|limit| limit == 0) && names <= Self::NAMES;
        is_kept.then(|| Self {
            tip,
            target_height,
            nodes: nodes.to_vec(),
            active_only: request.active_only,
            fields: request.fields.clone(),
            as_json: request.include_json || request.as_json,
        })
    }
}

/// A rendered answer.
#[derive(Debug, Clone)]
struct Answer {
    key: AnswerKey,
    revision: u64,
    rendered: Timestamp,
    json: Arc<Box<RawValue>>,
}

#[derive(Debug, Default)]
struct StakeTexts {
    texts: BTreeMap<PublicKey, (Arc<Stake>, Arc<StakeJson>)>,
}

/// What is remembered of service nodes.
#[derive(Debug, Default)]
pub(crate) struct ServiceNodeCache {
    stakes: Mutex<StakeTexts>,
    answers: Mutex<VecDeque<Answer>>,
}

impl ServiceNodeCache {
    /// Answers that are kept.
    const ANSWERS: usize = 32;
    /// Bytes of answers that are kept, unless the newest alone has more.
    const ANSWER_BYTES: usize = 64 * 1024 * 1024;
    /// Seconds for which an answer is good although something new was seen of a node: uptime proofs arrive all the time.
    const GOOD_FOR_SECONDS: u64 = 5;

    /// Stakes of these nodes as JSON, in their order.
    pub(crate) fn stakes(
        &self,
        registry: &Registry,
        nodes: &[(PublicKey, Arc<ServiceNode>)],
        network: &Network,
    ) -> Result<Vec<Arc<StakeJson>>, serde_json::Error> {
        let mut stakes = lock(&self.stakes);
        if stakes.texts.len() > registry.len() {
            stakes.texts.retain(|key, _| registry.node(key).is_some());
        }
        nodes.iter().map(|(key, node)| stakes.of(key, node, network)).collect()
    }

    /// The answer that was rendered for this key, if it still says what was seen.
    pub(crate) fn answer(&self, key: &AnswerKey, revision: u64, now: Timestamp) -> Option<Arc<Box<RawValue>>> {
        let answers = lock(&self.answers);
        let found = answers.iter().find(|answer| answer.key == *key)?;
        let age = now.seconds().abs_diff(found.rendered.seconds());
        let is_good = found.revision == revision || age < Self::GOOD_FOR_SECONDS;
        is_good.then(|| Arc::clone(&found.json))
    }

    /// Keeps an answer. Those of other blocks go.
    pub(crate) fn keep(&self, key: AnswerKey, revision: u64, rendered: Timestamp, json: Arc<Box<RawValue>>) {
        let mut answers = lock(&self.answers);
        answers.retain(|answer| answer.key.tip == key.tip && answer.key != key);
        answers.push_front(Answer {
            key,
            revision,
            rendered,
            json,
        });
        let mut bytes = 0_usize;
        let fitting = answers
            .iter()
            .take(Self::ANSWERS)
            .take_while(|answer| {
                bytes = bytes.saturating_add(answer.json.get().len());
                bytes <= Self::ANSWER_BYTES
            })
            .count();
        answers.truncate(fitting.max(1));
    }
}

impl StakeTexts {
    /// A stake is another one when it changed: the registry shares those that did not.
    fn of(
        &mut self,
        key: &PublicKey,
        node: &ServiceNode,
        network: &Network,
    ) -> Result<Arc<StakeJson>, serde_json::Error> {
        if let Some((stake, json)) = self.texts.get(key)
            && Arc::ptr_eq(stake, &node.stake)
        {
            return Ok(Arc::clone(json));
        }
        let json = Arc::new(StakeJson::new(&node.stake, network)?);
        self.texts.insert(*key, (Arc::clone(&node.stake), Arc::clone(&json)));
        Ok(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_requests_that_take_memory_themselves_are_not_kept() {
        let key = |fields: FieldSelection, nodes: usize| {
            let request = ServiceNodesRequest {
                fields,
                ..ServiceNodesRequest::default()
            };
            AnswerKey::of(&request, &vec![PublicKey::ZERO; nodes], Hash::ZERO, 0)
        };
        assert!(key(FieldSelection::only(["active", "funded"]), 30).is_some());
        assert!(key(FieldSelection::All, 65).is_none());
        assert!(key(FieldSelection::only(["x".repeat(4_000)]), 0).is_none());
        let many = (0..2_000).map(|number| number.to_string());
        assert!(key(FieldSelection::only(many), 0).is_none());
    }
}
