//! Who was paid at each height, as it was recorded: for chains whose registry this program cannot compute.

use crate::{
    error::ConformanceError,
    recording::{
        Recording,
        quorums::QuorumKind,
        states::{RecordedServiceNode, RecordedState},
    },
};
use oxen_staking_rules::NodeShares;
use oxen_state::service_nodes::{EarningNode, PayableChange, Producer, RewardDuties};
use oxen_types::{Block, Height, Network, PublicKey};
use std::collections::BTreeMap;

/// Paid nodes from the recorded node list after each block, producers from the recorded Pulse quorums.
#[derive(Debug)]
pub struct RecordedPayees {
    duties: BTreeMap<Height, RewardDuties>,
}

/// The paid nodes of a block.
type Payable = BTreeMap<PublicKey, NodeShares>;

impl RecordedPayees {
    /// Collects who was paid in every block from `first` on.
    ///
    /// # Errors
    /// The recording has no states, or none of some height, or no quorums though a quorum made blocks.
    pub fn new(recording: &Recording, first: Height) -> Result<Self, ConformanceError> {
        let missing = |name| ConformanceError::MissingFile {
            directory: recording.path.clone(),
            name,
            needed_for: "comparing rewards",
        };
        let states = recording.states.as_ref().ok_or_else(|| missing("state.json"))?;
        let made_by_pulse = recording
            .blocks
            .iter()
            .any(|block| block.json.get("signatures").is_some_and(is_not_empty));
        if made_by_pulse && recording.quorums.is_none() {
            return Err(missing("quorums.json"));
        }
        let mut duties = BTreeMap::new();
        let mut before = Payable::new();
        for recorded in recording.blocks.iter().filter(|recorded| recorded.height >= first) {
            let height = recorded.height;
            let state = states.get(&height).ok_or(ConformanceError::StateMissing { height })?;
            let payable = payable(state, &recording.network, height)?;
            let producer = producer(recording, state, height)?;
            let change = (payable != before).then(|| change(&before, &payable));
            duties.insert(
                height,
                RewardDuties {
                    change,
                    producer,
                    ..RewardDuties::default()
                },
            );
            before = payable;
        }
        Ok(Self { duties })
    }

    /// Who earned the reward of a block.
    #[must_use]
    pub fn duties(&self, block: &Block, height: Height) -> RewardDuties {
        let mut duties = self.duties.get(&height).cloned().unwrap_or_default();
        if !block.has_pulse() {
            duties.producer = Producer::Miner;
        }
        duties
    }
}

fn is_not_empty(list: &serde_json::Value) -> bool {
    list.as_array().is_some_and(|list| !list.is_empty())
}

fn payable(state: &RecordedState, network: &Network, height: Height) -> Result<Payable, ConformanceError> {
    let nodes = &state.get_service_nodes.service_node_states;
    let payable = nodes.iter().filter(|node| node.payable);
    payable
        .map(|node| Ok((node.service_node_pubkey, shares(node, network, height)?)))
        .collect()
}

fn producer(recording: &Recording, state: &RecordedState, height: Height) -> Result<Producer, ConformanceError> {
    let quorum = recording
        .quorums
        .as_ref()
        .and_then(|quorums| quorums.get(QuorumKind::Pulse, height));
    let Some(key) = quorum.and_then(|quorum| quorum.workers.first()) else {
        return Ok(Producer::Miner);
    };
    match state.get_service_nodes.node(key) {
        Some(node) => Ok(Producer::Node(shares(node, &recording.network, height)?)),
        None => Ok(Producer::Gone),
    }
}

fn change(before: &Payable, after: &Payable) -> PayableChange {
    let only_in = |one: &Payable, other: &Payable| -> Vec<EarningNode> {
        one.iter()
            .filter(|(key, shares)| other.get(key) != Some(shares))
            .map(|(key, shares)| EarningNode {
                key: *key,
                shares: shares.clone(),
            })
            .collect()
    };
    PayableChange {
        started: only_in(after, before),
        stopped: only_in(before, after),
        payable: after.values().cloned().collect(),
    }
}

fn shares(node: &RecordedServiceNode, network: &Network, height: Height) -> Result<NodeShares, ConformanceError> {
    node.shares(network)
        .map_err(|address| ConformanceError::ForeignAddress { address, height })
}
