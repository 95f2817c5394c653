//! The swap from OXEN to SESH (bridge §5.3). Amounts are atomic units of OXEN and of SESH, both 10⁻⁹; addresses of Ethereum
//! have their checksum (EIP-55).

use super::{HexText, number, status::Status};
use oxen_types::Hash;
use serde::{Deserialize, Serialize};

/// Whether the next block takes burns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwapState {
    /// The network has no swap.
    #[default]
    None,
    /// Its fork has not begun.
    NotBegun,
    /// It does.
    Open,
    /// Everything that could be credited was.
    Full,
    /// It ended.
    Ended,
}

/// Answer of `get_swap_info`. On a network without swap everything but `state` and `status` is missing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SwapInfoAnswer {
    /// Whether the next block takes burns.
    pub state: SwapState,
    /// Height of the newest block.
    pub height: u64,
    /// Newest block that cannot be replaced; totals up to it are signed for L2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable_height: Option<u64>,
    /// The rules of the swap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<SwapRules>,
    /// The ratio of the next block; none before the first begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<SwapRatioEntry>,
    /// The next ratio, if one is scheduled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_ratio: Option<SwapRatioEntry>,
    /// What the caps leave for the next block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining: Option<SwapRemaining>,
    /// Sums over all burns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sums: Option<SwapSumsEntry>,
    /// `OK`.
    pub status: Status,
}

/// What the network decided about the swap.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SwapRules {
    /// First height that takes burns; missing when the fork is not scheduled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin_height: Option<u64>,
    /// First height that takes none any more; missing when no end is decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_height: Option<u64>,
    /// EIP-155 id of the chain that SESH are claimed on.
    pub l2_chain_id: u64,
    /// The contract that pays there.
    pub contract: String,
    /// The SESH token there, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Least OXEN of one burn.
    pub min_burn: u64,
    /// Most OXEN of one burn.
    pub max_burn: u64,
    /// SESH over all burns.
    pub pool_cap: u64,
    /// SESH over `rate_window_blocks` blocks in a row.
    pub rate_cap: u64,
    /// Blocks of the window of `rate_cap`.
    pub rate_window_blocks: u64,
    /// Blocks after which a burn counts for the total of its recipient.
    pub maturity_blocks: u64,
}

/// A ratio: `sesh` atomic SESH for `oxen` atomic OXEN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SwapRatioEntry {
    /// Its position, which a burn names.
    pub index: u64,
    /// First height of it.
    pub from_height: u64,
    /// Numerator.
    pub sesh: u64,
    /// Denominator.
    pub oxen: u64,
}

/// What may still be credited, in SESH.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SwapRemaining {
    /// In all.
    pub pool: u64,
    /// In the next block, by the rate cap alone.
    pub rate: u64,
}

/// Sums over all burns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SwapSumsEntry {
    /// Number of burns.
    pub burns: u64,
    /// OXEN that were burned.
    pub burned: u64,
    /// SESH that were credited for them.
    pub credited: u64,
    /// SESH of burns that matured: the sum of all totals.
    pub matured: u64,
}

/// Parameters of `get_swap_burns`: `txids` or `address`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SwapBurnsRequest {
    /// Burns by transaction id.
    #[serde(deserialize_with = "number::null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub txids: Vec<HexText<Hash>>,
    /// Burns for a recipient, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// With `address`: how many of the newest are left out.
    #[serde(deserialize_with = "number::optional", skip_serializing_if = "Option::is_none")]
    pub skip: Option<u64>,
    /// With `address`: how many are wanted, 100 unless given.
    #[serde(deserialize_with = "number::optional", skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// Answer of `get_swap_burns`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SwapBurnsAnswer {
    /// What was found: in the order of the request, or newest first.
    pub burns: Vec<SwapBurnEntry>,
    /// Ids that are no burn in the chain or in the pool.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Hash>,
    /// Height of the newest block.
    pub height: u64,
    /// Newest block that cannot be replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable_height: Option<u64>,
    /// `OK`.
    pub status: Status,
}

/// How far a burn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwapBurnState {
    /// It waits in the pool.
    #[default]
    Waiting,
    /// It is in a block.
    Mined,
    /// It counts for the total of its recipient.
    Matured,
    /// And that block cannot be replaced, so that service nodes sign for it.
    Signable,
}

/// A burn.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SwapBurnEntry {
    /// Its transaction.
    pub txid: Hash,
    /// How far it is.
    pub state: SwapBurnState,
    /// Who may claim.
    pub recipient: String,
    /// OXEN that are gone, or will be.
    pub burned: u64,
    /// SESH that were credited; missing while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credited: Option<u64>,
    /// Position of the ratio.
    pub ratio_index: u64,
    /// What the wallet knows it by, 16 hexadecimal characters.
    pub nonce: String,
    /// Height of its block; missing while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// Height of the block that adds it to the total; missing while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mature_height: Option<u64>,
}

/// Parameters of `get_swap_totals`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SwapTotalsRequest {
    /// Recipients.
    #[serde(deserialize_with = "number::null_as_default")]
    pub addresses: Vec<String>,
    /// The height that is asked about; the newest block unless given.
    #[serde(deserialize_with = "number::optional", skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
}

/// Answer of `get_swap_totals`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SwapTotalsAnswer {
    /// In the order of the request.
    pub totals: Vec<SwapTotalEntry>,
    /// The height that they are of.
    pub height: u64,
    /// Newest block that cannot be replaced: service nodes sign totals of it and of the blocks not far below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable_height: Option<u64>,
    /// `OK`.
    pub status: Status,
}

/// What somebody may claim in all, claimed or not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SwapTotalEntry {
    /// Who.
    pub address: String,
    /// SESH of all burns that matured.
    pub total: u64,
}
