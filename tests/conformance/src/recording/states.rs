//! `state.json`: what the node answered while a block was the top.

use super::text::rpc_result;
use oxen_staking_rules::{Contribution, NodeShares, Recipient};
use oxen_types::{Amount, Hash, Height, KeyImage, Network, PublicKey};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Answers at one height.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedState {
    /// Height of the top block.
    pub height: Height,
    /// True when the state was read later, from a node that was brought back to that height.
    #[serde(default)]
    pub taken_later: bool,
    /// `get_info`.
    #[serde(deserialize_with = "rpc_result")]
    pub get_info: RecordedInfo,
    /// `get_service_nodes`.
    #[serde(deserialize_with = "rpc_result")]
    pub get_service_nodes: RecordedServiceNodeList,
    /// `get_accrued_rewards`.
    #[serde(deserialize_with = "rpc_result")]
    pub get_accrued_rewards: RecordedBalances,
    /// `hard_fork_info`.
    #[serde(deserialize_with = "rpc_result")]
    pub hard_fork_info: RecordedFork,
}

/// `get_info`, as far as the chain determines it.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedInfo {
    /// Number of blocks.
    pub height: u64,
    /// Id of the top block.
    pub top_block_hash: Hash,
    /// Sum of difficulties.
    pub cumulative_difficulty: u64,
    /// Difficulty of the next mined block; absent while Pulse makes blocks.
    pub difficulty: Option<u64>,
    /// Transactions without coinbases.
    pub tx_count: u64,
    /// Most that the next block may weigh.
    pub block_size_limit: u64,
    /// Weight above which its fees are penalised.
    pub block_size_median: u64,
    /// Version of the next block.
    pub hard_fork: u8,
    /// Seconds between blocks.
    pub target: u64,
    /// Stake of a node.
    pub staking_requirement: Amount,
}

/// `hard_fork_info`.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedFork {
    /// Version of the next block.
    pub version: u8,
    /// Where that version began.
    pub earliest_height: Height,
}

/// `get_accrued_rewards`.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedBalances {
    /// Whole atomic units by address.
    pub balances: BTreeMap<String, Amount>,
}

/// `get_service_nodes`.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedServiceNodeList {
    /// Id of the top block.
    pub block_hash: Hash,
    /// The nodes.
    pub service_node_states: Vec<RecordedServiceNode>,
}

/// A service node, as far as the chain determines it.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedServiceNode {
    /// Its primary key.
    pub service_node_pubkey: PublicKey,
    /// Height of the registering block.
    pub registration_height: Height,
    /// Hard fork at the registration.
    pub registration_hf_version: u8,
    /// Height up to which it stays; 0 when nobody asked for an unlock.
    pub requested_unlock_height: u64,
    /// Fully staked and not decommissioned.
    pub active: bool,
    /// Fully staked.
    pub funded: bool,
    /// Counted in the reward of the top block.
    pub payable: bool,
    /// Height since which its state lasts.
    pub state_height: Height,
    /// How often it was suspended.
    pub decommission_count: u32,
    /// Credit in blocks at the top block.
    pub earned_downtime_blocks: i64,
    /// Reasons that all voters gave for the last suspension.
    #[serde(default)]
    pub last_decommission_reason_consensus_all: u16,
    /// Reasons that any voter gave for it.
    #[serde(default)]
    pub last_decommission_reason_consensus_any: u16,
    /// Where it stands in the order of leaders.
    pub last_reward_block_height: Height,
    /// Where it stands in that order within a block.
    pub last_reward_transaction_index: u32,
    /// What it must hold.
    pub staking_requirement: Amount,
    /// Contributed.
    pub total_contributed: Amount,
    /// Reserved; absent when it is what was contributed.
    pub total_reserved: Option<Amount>,
    /// The operator's fee in portions of 2⁶⁴ − 4.
    pub portions_for_operator: u64,
    /// Who receives the fee.
    pub operator_address: String,
    /// Its swarm.
    pub swarm_id: u64,
    /// Who staked.
    pub contributors: Vec<RecordedContributor>,
}

/// Somebody who staked into a node.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedContributor {
    /// Address.
    pub address: String,
    /// Stake.
    pub amount: Amount,
    /// Reserved; absent when it is the stake.
    pub reserved: Option<Amount>,
    /// The staked outputs.
    #[serde(default)]
    pub locked_contributions: Vec<RecordedLock>,
}

/// A staked output.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedLock {
    /// The whole output.
    pub amount: Amount,
    /// Its key image.
    pub key_image: KeyImage,
    /// Its one-time key.
    pub key_image_pub_key: PublicKey,
}

impl RecordedServiceNodeList {
    /// The node with this key.
    #[must_use]
    pub fn node(&self, key: &PublicKey) -> Option<&RecordedServiceNode> {
        self.service_node_states
            .iter()
            .find(|node| node.service_node_pubkey == *key)
    }
}

impl RecordedServiceNode {
    /// How its reward is split; the address that is none of the network otherwise.
    ///
    /// # Errors
    /// The address.
    pub fn shares(&self, network: &Network) -> Result<NodeShares, String> {
        let recipient = |text: &String| recipient(text, network).ok_or_else(|| text.clone());
        Ok(NodeShares {
            operator_portions: self.portions_for_operator,
            operator: recipient(&self.operator_address)?,
            contributions: self
                .contributors
                .iter()
                .map(|contributor| {
                    Ok(Contribution {
                        recipient: recipient(&contributor.address)?,
                        amount: contributor.amount,
                    })
                })
                .collect::<Result<_, String>>()?,
        })
    }
}

/// The keys of an address of this network.
#[must_use]
pub fn recipient(text: &str, network: &Network) -> Option<Recipient> {
    let address = oxen_crypto::Address::parse(text, &network.address_prefixes).ok()?;
    Some(Recipient::Oxen {
        spend: address.spend(),
        view: address.view(),
    })
}
