//! The groups of parameters that differ between networks (chain §7.2; staking §2.2 and pulse §2.2 have the same values).
//!
//! Durations of the rules are in blocks, because that is what consensus counts; durations of timers are in seconds.

use crate::{
    amount::Amount,
    bytes::EthereumAddress,
    height::Height,
    network::{HardForkVersion, constants},
};
use std::collections::BTreeMap;

/// Seconds of a day.
const DAY_SECONDS: u64 = 86_400;
/// Seconds of an hour.
const HOUR_SECONDS: u64 = 3_600;
/// Days of a name's year, three more than a calendar year (chain §6.1).
pub const NAME_YEAR_DAYS: u64 = 368;

/// Blocks of `seconds`, rounded down, when a block comes every `target_block_seconds`; 0 when that is 0.
#[must_use]
pub const fn blocks_in(seconds: u64, target_block_seconds: u64) -> u64 {
    match seconds.checked_div(target_block_seconds) {
        Some(blocks) => blocks,
        None => 0,
    }
}

/// Blocks of a number of days, as [`blocks_in`].
#[must_use]
pub const fn blocks_in_days(days: u64, target_block_seconds: u64) -> u64 {
    blocks_in(days.saturating_mul(DAY_SECONDS), target_block_seconds)
}

/// Blocks of a number of hours, as [`blocks_in`].
#[must_use]
pub const fn blocks_in_hours(hours: u64, target_block_seconds: u64) -> u64 {
    blocks_in(hours.saturating_mul(HOUR_SECONDS), target_block_seconds)
}

/// An amount of whole coins, of OXEN or of SENT.
pub(super) const fn coins(whole: u64) -> Amount {
    Amount::from_atomic(whole.saturating_mul(Amount::OXEN.atomic()))
}

/// Which network this is. The rules do not ask: everything that differs is a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkKind {
    /// The network with value.
    Mainnet,
    /// The public test network.
    Testnet,
    /// The development network with HF21.
    Devnet,
    /// The rehearsal network with HF21.
    Stagenet,
    /// A network on one machine with five-second blocks.
    Localdev,
    /// One node for tests ("regtest").
    Fakechain,
    /// Any other, from a description file.
    Private,
}

/// First varint of an address before the keys (chain §1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AddressPrefixes {
    /// Standard addresses.
    pub standard: u64,
    /// Addresses with a payment id.
    pub integrated: u64,
    /// Subaddresses.
    pub subaddress: u64,
}

/// Default TCP ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// Peers.
    pub p2p: u16,
    /// JSON-RPC.
    pub rpc: u16,
    /// Service node quorums.
    pub quorumnet: u16,
}

/// How the difficulty of a block is found (chain §4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DifficultyRule {
    /// The linearly weighted moving average.
    Lwma,
    /// The same, at most this much.
    LwmaCapped(u64),
    /// Always this much, Pulse blocks included.
    Fixed(u64),
}

impl DifficultyRule {
    /// Difficulty of a Pulse block on the main chain.
    #[must_use]
    pub const fn of_pulse_blocks(self) -> u64 {
        match self {
            Self::Lwma => constants::PULSE_FIXED_DIFFICULTY,
            Self::LwmaCapped(cap) if cap < constants::PULSE_FIXED_DIFFICULTY => cap,
            Self::LwmaCapped(_) => constants::PULSE_FIXED_DIFFICULTY,
            Self::Fixed(difficulty) => difficulty,
        }
    }
}

/// Which hash proves the work of a mined block (chain §4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofOfWorkRule {
    /// The one of the block's version: RandomXL from HF12 on.
    ByVersion,
    /// CryptoNight Turtle at every version.
    AlwaysTurtle,
}

/// Where round 0 of a Pulse block starts, against which its timestamp is checked (chain §4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PulseStartRule {
    /// The ideal time since Pulse began, kept within `max_start_adjustment_seconds` of the previous block plus the target.
    Ideal,
    /// A number of seconds after the previous block; each entry holds from its height on.
    AfterPrevious(BTreeMap<Height, u64>),
    /// Timestamps are not compared with rounds, and the fall-back time is ignored.
    Unchecked,
}

/// Times and sizes of Pulse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulseParameters {
    /// How long a stage of a round waits.
    pub stage_timeout_milliseconds: u64,
    /// Length of a round.
    pub round_timeout_seconds: u64,
    /// How far the start may move from the previous block plus the target time.
    pub max_start_adjustment_seconds: u64,
    /// Active nodes below which blocks are mined.
    pub minimum_service_nodes: u64,
    /// Start of round 0.
    pub start: PulseStartRule,
}

/// Whether the foundation accrues its part of each block in HF19 and HF20.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundationAccrual {
    /// It does.
    Paid,
    /// It does not (fakechain).
    Withheld,
}

/// From where on batched rewards are paid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStart {
    /// Above the height at which HF19 begins.
    AfterFork,
    /// At every height of HF19 (fakechain).
    AtFork,
}

/// Batched rewards of HF19 and HF20 (chain §4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchingParameters {
    /// A recipient is paid once in this many blocks.
    pub interval_blocks: u64,
    /// Smallest balance that is paid out.
    pub minimum_payment: Amount,
    /// Outputs of a coinbase; declared upstream, but no rule uses it.
    pub declared_output_limit: u64,
    /// A node earns once it has been active for this long.
    pub payable_after_blocks: u64,
    /// The foundation's part.
    pub foundation: FoundationAccrual,
    /// First payments.
    pub payments: PaymentStart,
}

/// Stakes and their locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StakingParameters {
    /// OXEN that a node must hold from HF16 on.
    pub oxen_requirement: Amount,
    /// SENT that a node must hold at HF21, until the contract says otherwise.
    pub sent_requirement: Amount,
    /// Blocks from a requested unlock to the end of the stake (UNLOCK_DURATION).
    pub unlock_blocks: u64,
    /// Blocks for which the stake of a deregistered node stays locked (DEREGISTRATION_LOCK_DURATION).
    pub deregistration_lock_blocks: u64,
    /// Blocks before a small contributor may ask for an unlock (SMALL_CONTRIBUTOR_UNLOCK_TIMER).
    pub small_contributor_unlock_blocks: u64,
    /// Blocks of a stake before HF11 (STAKING_REQUIREMENT_LOCK_BLOCKS); historic.
    pub fixed_lock_blocks: u64,
    /// Blocks after a fork in which voters do not deregister; voting policy.
    pub fork_grace_blocks: u64,
}

/// Credit with which a node survives an outage (staking §2.1); all in blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecommissionParameters {
    /// Credit of a new registration.
    pub initial_credit_blocks: u64,
    /// Credit below which a node is deregistered and not decommissioned; voting policy.
    pub minimum_blocks: u64,
    /// Most credit a node can have.
    pub max_credit_blocks: u64,
    /// Credit earned per day of blocks.
    pub credit_blocks_per_day: u64,
}

/// Uptime proofs; all in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UptimeParameters {
    /// Time between proofs.
    pub frequency_seconds: u64,
    /// For how long a proof counts.
    pub validity_seconds: u64,
    /// How far a proof's time may be from ours.
    pub tolerance_seconds: u64,
    /// Time between looks at whether a proof is due.
    pub check_interval_seconds: u64,
    /// Wait after start.
    pub startup_delay_seconds: u64,
    /// Time in which two addresses of one node are tolerated; voting policy.
    pub ip_change_buffer_seconds: u64,
}

/// Whether a service node must run the storage server and the onion router beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompanionServices {
    /// It must.
    Required,
    /// It need not.
    NotRequired,
}

/// For how many blocks a lokinet name is registered (chain §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamePeriods {
    /// Type 2.
    pub one_year_blocks: u64,
    /// Type 3.
    pub two_years_blocks: u64,
    /// Type 4.
    pub five_years_blocks: u64,
    /// Type 5.
    pub ten_years_blocks: u64,
}

impl NamePeriods {
    /// Multiples of one year.
    #[must_use]
    pub const fn of_year(blocks: u64) -> Self {
        Self {
            one_year_blocks: blocks,
            two_years_blocks: blocks.saturating_mul(2),
            five_years_blocks: blocks.saturating_mul(5),
            ten_years_blocks: blocks.saturating_mul(10),
        }
    }
}

/// How the ends of nodes are settled from HF21 on, where we would do better than the reference and it would be a fork to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum L2Settlement {
    /// As the reference does: an exit is looked for among the nodes that left, and no other has an effect; a purge forgets the
    /// node; only a slashed exit waits.
    AsReference,
    /// No stake is lost (bridge §4.4, §7.2, items 3 and 13). What the stakers put in comes back also when the exit is that of a
    /// node that is still registered, that was purged, or whose registration was confirmed but could not be registered. The
    /// stake of a deregistered node waits, slashed or not. What one block confirms takes effect in the order of L2, and not in
    /// that of the reports' ids.
    NothingLost,
}

/// The chain that stakes and rewards move to at HF21.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct L2Parameters {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Service node rewards contract; `None` where upstream has not set it.
    pub rewards_contract: Option<EthereumAddress>,
    /// Reward pool contract; `None` where upstream has not set it.
    pub pool_contract: Option<EthereumAddress>,
    /// L2 blocks between readings of the pool's reward rate.
    pub reward_update_blocks: u64,
    /// L2 blocks below the head that count as safe.
    pub safe_blocks: u64,
    /// L2 blocks between looks for nodes that the contract does not know.
    pub purge_blocks: u64,
    /// Blocks of ours that a node must have been there before it can be purged.
    pub purge_minimum_age_blocks: u64,
    /// Blocks of ours between an exit and its liquidation (ETH_EXIT_BUFFER).
    pub exit_buffer_blocks: u64,
    /// How the ends of nodes are settled.
    pub settlement: L2Settlement,
}

/// Who gets the foundation's reward (chain §7.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GovernanceAddresses {
    /// Address text before the switch.
    pub first: String,
    /// Address text from the switch on.
    pub second: String,
    /// Version from which on the second is paid.
    pub second_from: HardForkVersion,
    /// Blocks between payments before HF19.
    pub interval_blocks: u64,
}

impl GovernanceAddresses {
    /// The address that a block of this version pays.
    #[must_use]
    pub fn at(&self, version: HardForkVersion) -> &str {
        if version >= self.second_from {
            &self.second
        } else {
            &self.first
        }
    }
}

/// How much of the service node state history a node keeps; not consensus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryParameters {
    /// States at multiples of this height are kept for good.
    pub state_interval_blocks: u64,
    /// Most recent reward states that are kept.
    pub recent_rewards: u64,
}
