//! All service nodes (rpc §3.7). Polled at every block by storage servers and every few seconds by explorers, therefore kept
//! rendered ([`crate::cache`]).

use crate::{
    cache::AnswerKey,
    error::MethodError,
    method::{JsonText, Method},
    node::{Call, parse_hex},
    render::{NodeContext, NodeJson, StakeJson},
    types::{
        ErrorCode, Status,
        service_nodes::{FieldSelection, ServiceNodesRequest},
    },
};
use oxen_node_api::ServiceNodePeers;
use oxen_staking_rules::{Registry, registry::ServiceNode};
use oxen_types::{Hash, PublicKey};
use rand_core::{OsRng, RngCore};
use serde::{Serialize, Serializer, ser::SerializeSeq};
use serde_json::value::{RawValue, to_raw_value};
use std::{collections::BTreeSet, sync::Arc};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::of_text(
            "get_service_nodes",
            "Service nodes with their state, their stakes, and what this node saw of them.",
            get_service_nodes,
        )
        .aliases(&["get_n_service_nodes", "get_all_service_nodes"])
        .oxen()
        .path()
        .parameters(&[
            "service_node_pubkeys",
            "active_only",
            "limit",
            "fields",
            "poll_block_hash",
            "include_json",
            "as_json",
        ])
        .errors(&[ErrorCode::WrongParameter])
        .example(r#"{"active_only":true,"fields":["service_node_pubkey","active"]}"#),
    ]
}

/// A registered node.
type Registered = (PublicKey, Arc<ServiceNode>);

fn get_service_nodes(call: &Call<'_>, request: ServiceNodesRequest) -> Result<JsonText, MethodError> {
    let snapshot = call.snapshot();
    let facts = call.facts(&snapshot)?;
    let tip = facts.tip.id;
    let polled = request
        .poll_block_hash
        .as_ref()
        .map(|hash| parse_hex("poll_block_hash", hash));
    if polled.transpose()? == Some(tip) {
        return rendered(&Unchanged {
            unchanged: true,
            untrusted: false,
            status: Status::OK,
        })
        .map(JsonText::Own);
    }
    let wanted = wanted_keys(&request)?;
    let target_height = call.sync_target().unwrap_or(0);
    let key = AnswerKey::of(&request, &wanted, tip, target_height);
    let (peers, now) = (&call.handles().service_node_peers, call.handles().clock.now());
    // Read before the observations are, so that what changes meanwhile counts as new.
    let revision = peers.revision();
    let cache = &call.node.service_nodes;
    if let Some(json) = key.as_ref().and_then(|key| cache.answer(key, revision, now)) {
        return Ok(JsonText::Kept(json));
    }
    let registry = call.registry(&snapshot)?;
    let nodes = chosen_nodes(&registry, &wanted, &request);
    let stakes = cache
        .stakes(&registry, &nodes, call.network())
        .map_err(MethodError::Unwritable)?;
    let fork = call.network().forks.version_at(facts.height());
    let answer = Answer {
        height: facts.height().index(),
        target_height,
        block_hash: tip,
        hardfork: fork.version.number(),
        snode_revision: fork.revision,
        service_node_states: NodeList {
            nodes: &nodes,
            stakes: &stakes,
            peers: &**peers,
            context: NodeContext {
                network: call.network(),
                tip: facts.height(),
                now,
                fields: &request.fields,
            },
        },
        as_json: None,
        untrusted: false,
        status: Status::OK,
    };
    let answer = if request.include_json || request.as_json {
        rendered(&answer.with_text().map_err(MethodError::Unwritable)?)?
    } else {
        rendered(&answer)?
    };
    let Some(key) = key else {
        return Ok(JsonText::Own(answer));
    };
    let answer = Arc::new(answer);
    cache.keep(key, revision, now, Arc::clone(&answer));
    Ok(JsonText::Kept(answer))
}

fn rendered(answer: &impl Serialize) -> Result<Box<RawValue>, MethodError> {
    to_raw_value(answer).map_err(MethodError::Unwritable)
}

/// The keys that are asked for, each once.
fn wanted_keys(request: &ServiceNodesRequest) -> Result<Vec<PublicKey>, MethodError> {
    let mut seen = BTreeSet::new();
    let mut wanted = Vec::new();
    for text in &request.service_node_pubkeys {
        let key = parse_hex("a service node's key", text)?;
        if seen.insert(key) {
            wanted.push(key);
        }
    }
    Ok(wanted)
}

/// In the order of keys, or of the request when it names them.
fn chosen_nodes(registry: &Registry, wanted: &[PublicKey], request: &ServiceNodesRequest) -> Vec<Registered> {
    let mut nodes: Vec<Registered> = if wanted.is_empty() {
        registry.nodes().map(|(key, node)| (*key, Arc::clone(node))).collect()
    } else {
        let found = |key: &PublicKey| registry.node(key).map(|node| (*key, Arc::clone(node)));
        wanted.iter().filter_map(found).collect()
    };
    if request.active_only {
        nodes.retain(|(_, node)| node.is_active());
    }
    match request.limit {
        Some(limit) if limit > 0 => random_sample(nodes, usize::try_from(limit).unwrap_or(usize::MAX)),
        _ => nodes,
    }
}

/// So many of them, each choice as likely as any other, in their order.
fn random_sample(nodes: Vec<Registered>, count: usize) -> Vec<Registered> {
    let mut left_to_choose = count.min(nodes.len());
    let mut left = nodes.len() as u64;
    nodes
        .into_iter()
        .filter(|_| {
            // A node is chosen with the chance that the rest of the sample has among the rest of the nodes.
            let is_chosen = OsRng.next_u64() % left.max(1) < left_to_choose as u64;
            left = left.saturating_sub(1);
            left_to_choose = left_to_choose.saturating_sub(usize::from(is_chosen));
            is_chosen
        })
        .collect()
}

/// The answer while nothing changed.
#[derive(Serialize)]
struct Unchanged {
    unchanged: bool,
    untrusted: bool,
    status: Status,
}

/// [`crate::types::service_nodes::ServiceNodesAnswer`] on its way out.
#[derive(Serialize)]
struct Answer<L> {
    height: u64,
    target_height: u64,
    block_hash: Hash,
    hardfork: u8,
    snode_revision: u8,
    service_node_states: L,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_json: Option<String>,
    untrusted: bool,
    status: Status,
}

impl<L: Serialize> Answer<L> {
    /// With the list as text, too.
    fn with_text(self) -> Result<Answer<Box<RawValue>>, serde_json::Error> {
        let list = to_raw_value(&self.service_node_states)?;
        Ok(Answer {
            height: self.height,
            target_height: self.target_height,
            block_hash: self.block_hash,
            hardfork: self.hardfork,
            snode_revision: self.snode_revision,
            as_json: Some(list.get().to_owned()),
            service_node_states: list,
            untrusted: self.untrusted,
            status: self.status,
        })
    }
}

/// Nodes, rendered one after the other.
struct NodeList<'a> {
    nodes: &'a [Registered],
    stakes: &'a [Arc<StakeJson>],
    peers: &'a dyn ServiceNodePeers,
    context: NodeContext<'a>,
}

impl Serialize for NodeList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.nodes.len()))?;
        for ((key, node), stake) in self.nodes.iter().zip(self.stakes) {
            let seen = self.peers.observations(key);
            list.serialize_element(&NodeJson {
                key,
                node,
                stake,
                seen: seen.as_ref(),
                context: self.context,
            })?;
        }
        list.end()
    }
}

/// One node with all its fields; `None` when it is not registered.
pub(super) fn node_json(
    call: &Call<'_>,
    registry: &Registry,
    key: &PublicKey,
) -> Result<Option<Box<RawValue>>, MethodError> {
    let Some(node) = registry.node(key) else {
        return Ok(None);
    };
    let nodes = [(*key, Arc::clone(node))];
    let stakes = call
        .node
        .service_nodes
        .stakes(registry, &nodes, call.network())
        .map_err(MethodError::Unwritable)?;
    let Some(stake) = stakes.first() else {
        return Ok(None);
    };
    let seen = call.handles().service_node_peers.observations(key);
    let json = to_raw_value(&NodeJson {
        key,
        node,
        stake,
        seen: seen.as_ref(),
        context: NodeContext {
            network: call.network(),
            tip: call.facts(&call.snapshot())?.height(),
            now: call.handles().clock.now(),
            fields: &FieldSelection::All,
        },
    });
    json.map(Some).map_err(MethodError::Unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_staking_rules::{
        batching::Recipient,
        quorum::PulseSorter,
        registry::{Activity, NodeRecord, QueuePosition, Stake},
        swarm::SwarmId,
    };
    use oxen_types::{Amount, Height};

    fn nodes(count: u8) -> Vec<Registered> {
        let recipient = Recipient::Oxen {
            spend: PublicKey::ZERO,
            view: PublicKey::ZERO,
        };
        let node = ServiceNode {
            record: NodeRecord {
                registration_height: Height::GENESIS,
                registration_version: 19,
                requested_unlock_height: None,
                queue: QueuePosition::after_block(Height::GENESIS),
                activity: Activity::AwaitingContributions,
                decommission_count: 0,
                last_decommission: None,
                recommission_credit: 0,
                swarm: SwarmId::UNASSIGNED,
                last_ip_change_height: Height::GENESIS,
                pulse_sorter: PulseSorter {
                    height: Height::GENESIS,
                    index: 0,
                },
            },
            stake: Arc::new(Stake {
                bls_key: None,
                requirement: Amount::OXEN,
                operator: recipient,
                operator_portions: 0,
                contributors: Vec::new(),
                total_contributed: Amount::ZERO,
                total_reserved: Amount::ZERO,
            }),
        };
        let node = Arc::new(node);
        (0..count)
            .map(|byte| (PublicKey::new([byte; 32]), Arc::clone(&node)))
            .collect()
    }

    #[test]
    fn a_sample_has_the_size_that_was_asked_for() {
        for (count, expected) in [(1, 1), (7, 7), (20, 20), (500, 20)] {
            assert_eq!(random_sample(nodes(20), count).len(), expected);
        }
        assert!(random_sample(Vec::new(), 5).is_empty());
    }

    #[test]
    fn every_node_is_sampled_some_time() {
        let sampled: BTreeSet<PublicKey> = (0..2_000)
            .flat_map(|_| random_sample(nodes(10), 1))
            .map(|(key, _)| key)
            .collect();
        assert_eq!(sampled.len(), 10);
    }
}
