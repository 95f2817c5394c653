//! How L2 is followed: what the operator may set, and what the network fixes.

use oxen_bridge_rules::picture::EVENT_HISTORY_BLOCKS;
use oxen_types::{bytes::EthereumAddress, network::L2Parameters};
use reqwest::Url;
use std::{path::PathBuf, time::Duration};

/// What the operator sets (rpc §7.5), with upstream's values by default.
#[derive(Debug, Clone)]
pub struct FollowerSettings {
    /// Providers in the operator's order (`--l2-provider`). Without any, nothing is followed.
    pub providers: Vec<Url>,
    /// Between two looks (`--l2-refresh`).
    pub refresh: Duration,
    /// How long a request may take (`--l2-timeout`).
    pub timeout: Duration,
    /// Most blocks of one request for logs (`--l2-max-logs`).
    pub window_blocks: u64,
    /// Blocks by which a provider may be behind the best before the operator hears of it (`--l2-check-threshold`).
    pub lag_threshold_blocks: u64,
    /// Whether providers must be on the network's chain (`--l2-skip-chainid`).
    pub chain_id_check: ChainIdCheck,
    /// Most requests to one provider in a minute.
    pub requests_per_minute: u32,
    /// Blocks for which events are remembered.
    pub history_blocks: u64,
    /// Blocks that are read again in each look, because L2 may have changed them.
    pub overlap_blocks: u64,
    /// Where to keep what was read; `None` to read everything anew at each start.
    pub file: Option<PathBuf>,
}

/// Whether the chain id of providers is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainIdCheck {
    /// A provider of another chain stops the start.
    Required,
    /// Any chain is taken.
    Skipped,
}

impl Default for FollowerSettings {
    fn default() -> Self {
        Self {
            providers: Vec::new(),
            refresh: Duration::from_secs(60),
            timeout: Duration::from_secs(5),
            window_blocks: 1000,
            lag_threshold_blocks: 120,
            chain_id_check: ChainIdCheck::Required,
            requests_per_minute: 300,
            history_blocks: EVENT_HISTORY_BLOCKS,
            overlap_blocks: 1200,
            file: None,
        }
    }
}

/// What is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    /// The network's parameters.
    pub parameters: L2Parameters,
    /// Its rewards contract.
    pub rewards: EthereumAddress,
    /// Its pool.
    pub pool: EthereumAddress,
}

impl Followed {
    /// `None` where the network does not name its contracts.
    #[must_use]
    pub fn of(parameters: &L2Parameters) -> Option<Self> {
        Some(Self {
            parameters: *parameters,
            rewards: parameters.rewards_contract?,
            pool: parameters.pool_contract?,
        })
    }
}
