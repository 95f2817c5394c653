//! The registry of service nodes, answered from what was recorded.

use crate::{
    error::ConformanceError,
    recording::{
        Recording,
        extras::Reorganisation,
        quorums::QuorumKind,
        states::{RecordedServiceNode, RecordedState},
    },
};
use oxen_staking_rules::NodeShares;
use oxen_state::{
    Overlay, ServiceNodeRules, TransactionError, View, ViewError,
    service_nodes::{BlockDuties, PulseQuorum, RewardDuties},
    transaction::CheckedTransaction,
};
use oxen_types::{Block, Hash, Height, Network, PublicKey};
use std::collections::BTreeMap;

/// What the registry says of one block.
#[derive(Debug, Clone, Default)]
struct RecordedDuties {
    block: BlockDuties,
    reward: RewardDuties,
}

/// Leaders from the recorded node list before each block, Pulse quorums from the recorded quorums, paid nodes from the recorded
/// node list after each block. Blocks of a replaced branch have duties of their own.
#[derive(Debug)]
pub struct RecordedServiceNodes {
    main: BTreeMap<Height, RecordedDuties>,
    branch: BTreeMap<Hash, RecordedDuties>,
}

impl RecordedServiceNodes {
    /// Collects the duties of every block from `first` on.
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
        let mut main = BTreeMap::new();
        for recorded in recording.blocks.iter().filter(|recorded| recorded.height >= first) {
            main.insert(recorded.height, main_duties(recording, states, recorded.height)?);
        }
        let branch = recording
            .reorganisation
            .as_ref()
            .map(|branch| branch_duties(&recording.network, branch))
            .transpose()?
            .unwrap_or_default();
        Ok(Self { main, branch })
    }

    /// Who earned the reward of a block.
    #[must_use]
    pub fn reward_duties(&self, block: &Block, height: Height) -> RewardDuties {
        self.duties(block, height).reward
    }

    fn duties(&self, block: &Block, height: Height) -> RecordedDuties {
        self.branch
            .get(&block.id())
            .or_else(|| self.main.get(&height))
            .cloned()
            .unwrap_or_default()
    }
}

fn is_not_empty(list: &serde_json::Value) -> bool {
    list.as_array().is_some_and(|list| !list.is_empty())
}

fn main_duties(
    recording: &Recording,
    states: &BTreeMap<Height, RecordedState>,
    height: Height,
) -> Result<RecordedDuties, ConformanceError> {
    let after = states.get(&height).ok_or(ConformanceError::StateMissing { height })?;
    let before = height.saturating_sub(1);
    let leader = match states.get(&before) {
        Some(state) => state.get_service_nodes.next_leader(),
        // No node can be registered in the first block.
        None if before == Height::GENESIS => PublicKey::ZERO,
        None => return Err(ConformanceError::StateMissing { height: before }),
    };
    let quorum = recording
        .quorums
        .as_ref()
        .and_then(|quorums| quorums.get(QuorumKind::Pulse, height))
        .and_then(|quorum| {
            Some(PulseQuorum {
                producer: *quorum.workers.first()?,
                validators: quorum.validators.clone(),
            })
        });
    let shares = |node| shares(node, &recording.network, height);
    let nodes = &after.get_service_nodes;
    let payable = nodes.service_node_states.iter().filter(|node| node.payable);
    let producer = quorum.as_ref().and_then(|quorum| nodes.node(&quorum.producer));
    Ok(RecordedDuties {
        reward: RewardDuties {
            payable: payable.map(shares).collect::<Result<_, _>>()?,
            producer: producer.map(shares).transpose()?,
        },
        block: BlockDuties { leader, quorum },
    })
}

/// Of a replaced branch only the node list at its end was recorded: a node that is active there was paid from
/// [`oxen_types::network::BatchingParameters::payable_after_blocks`] blocks after it became active on. Its leaders are those
/// of the recorded headers, and its blocks were mined.
fn branch_duties(
    network: &Network,
    branch: &Reorganisation,
) -> Result<BTreeMap<Hash, RecordedDuties>, ConformanceError> {
    let nodes = &branch.service_nodes_at_orphan_tip.service_node_states;
    let mut duties = BTreeMap::new();
    for recorded in &branch.orphaned_blocks {
        let payable = nodes.iter().filter(|node| {
            node.active && recorded.height >= node.state_height.saturating_add(network.batching.payable_after_blocks)
        });
        let payable = payable
            .map(|node| shares(node, network, recorded.height))
            .collect::<Result<_, _>>()?;
        duties.insert(
            recorded.hash,
            RecordedDuties {
                block: BlockDuties {
                    leader: recorded.header.service_node_winner,
                    quorum: None,
                },
                reward: RewardDuties {
                    payable,
                    producer: None,
                },
            },
        );
    }
    Ok(duties)
}

fn shares(node: &RecordedServiceNode, network: &Network, height: Height) -> Result<NodeShares, ConformanceError> {
    node.shares(network)
        .map_err(|address| ConformanceError::ForeignAddress { address, height })
}

impl ServiceNodeRules for RecordedServiceNodes {
    fn block_duties(&self, _: &dyn View, block: &Block, height: Height) -> Result<BlockDuties, ViewError> {
        Ok(self.duties(block, height).block)
    }

    /// The registry is not computed, so that nothing can be refused for its sake.
    fn check_transaction(&self, _: &dyn View, _: &CheckedTransaction, _: Height) -> Result<(), TransactionError> {
        Ok(())
    }

    fn apply_block(
        &self,
        _: &mut Overlay<&dyn View>,
        block: &Block,
        _: &[&CheckedTransaction],
        height: Height,
    ) -> Result<RewardDuties, ViewError> {
        Ok(self.duties(block, height).reward)
    }
}
