//! Outputs, for rings, and the fee that a ring costs (rpc §3.4, §3.5).

use super::{number, status::Status, text::HexText};
use oxen_types::{Commitment, Hash, PublicKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeTuple};

/// One output of a `get_outs` request: an index, alone or with the amount 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OutputReference {
    /// A global index.
    Index(#[serde(deserialize_with = "number::required")] u64),
    /// A global index with an amount, which is always 0: RingCT outputs.
    Full {
        /// 0.
        #[serde(default, deserialize_with = "number::required")]
        amount: u64,
        /// The global index.
        #[serde(deserialize_with = "number::required")]
        index: u64,
    },
}

/// Parameters of `get_outs`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OutputsRequest {
    /// Which outputs.
    pub outputs: Vec<OutputReference>,
    /// Give the transaction of each.
    #[serde(deserialize_with = "number::null_as_default")]
    pub get_txid: bool,
    /// Give each as a list without names.
    #[serde(
        deserialize_with = "number::null_as_default",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub as_tuple: bool,
}

/// Answer of `get_outs`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OutputsAnswer {
    /// In the order of the request.
    pub outs: Vec<OutputEntry>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Answer of `get_outs` with `as_tuple`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OutputTuplesAnswer {
    /// In the order of the request.
    pub outs: Vec<OutputTuple>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// What is needed of an output to put it into a ring.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OutputEntry {
    /// One-time key.
    pub key: PublicKey,
    /// Commitment.
    pub mask: Commitment,
    /// May a transaction in the next block spend it, its age aside?
    pub unlocked: bool,
    /// Height of its block.
    pub height: u64,
    /// Its transaction, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txid: Option<Hash>,
}

/// The same as a list: key, mask, unlocked, height and, when asked for, transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutputTuple(pub OutputEntry);

impl Serialize for OutputTuple {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = &self.0;
        let mut tuple = serializer.serialize_tuple(if entry.txid.is_some() { 5 } else { 4 })?;
        tuple.serialize_element(&entry.key)?;
        tuple.serialize_element(&entry.mask)?;
        tuple.serialize_element(&entry.unlocked)?;
        tuple.serialize_element(&entry.height)?;
        if let Some(txid) = &entry.txid {
            tuple.serialize_element(txid)?;
        }
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for OutputTuple {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Tuple {
            WithTransaction(PublicKey, Commitment, bool, u64, Hash),
            Without(PublicKey, Commitment, bool, u64),
        }
        Ok(Self(match Tuple::deserialize(deserializer)? {
            Tuple::WithTransaction(key, mask, unlocked, height, txid) => OutputEntry {
                key,
                mask,
                unlocked,
                height,
                txid: Some(txid),
            },
            Tuple::Without(key, mask, unlocked, height) => OutputEntry {
                key,
                mask,
                unlocked,
                height,
                txid: None,
            },
        }))
    }
}

/// Parameters of `get_output_distribution`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DistributionRequest {
    /// Only 0 has outputs; nothing means 0.
    #[serde(deserialize_with = "number::list")]
    pub amounts: Vec<u64>,
    /// First height.
    #[serde(deserialize_with = "number::optional")]
    pub from_height: Option<u64>,
    /// Last height; 0 means the newest block.
    #[serde(deserialize_with = "number::optional")]
    pub to_height: Option<u64>,
    /// Give sums and not counts.
    #[serde(deserialize_with = "number::null_as_default")]
    pub cumulative: bool,
}

/// Answer of `get_output_distribution`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DistributionAnswer {
    /// One for each amount asked for.
    pub distributions: Vec<Distribution>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// How many outputs blocks have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Distribution {
    /// The amount.
    pub amount: u64,
    /// First height.
    pub start_height: u64,
    /// Outputs before that height.
    pub base: u64,
    /// A number for each height: outputs of the block, or up to and with the block.
    pub distribution: Vec<u64>,
    /// Always false in JSON.
    pub binary: bool,
    /// Always false in JSON.
    pub compress: bool,
}

/// Parameters of `get_output_histogram`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HistogramRequest {
    /// Only 0 has outputs; nothing means every amount.
    #[serde(deserialize_with = "number::list")]
    pub amounts: Vec<u64>,
    /// Leave amounts with fewer outputs out.
    #[serde(deserialize_with = "number::optional")]
    pub min_count: Option<u64>,
    /// Leave amounts with more outputs out; 0 means no limit.
    #[serde(deserialize_with = "number::optional")]
    pub max_count: Option<u64>,
    /// Count those that are old enough to be spent.
    #[serde(deserialize_with = "number::null_as_default")]
    pub unlocked: bool,
    /// Count those of blocks at or after this Unix second; 0 for no such count.
    #[serde(deserialize_with = "number::optional")]
    pub recent_cutoff: Option<u64>,
}

/// Answer of `get_output_histogram`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HistogramAnswer {
    /// One for each amount.
    pub histogram: Vec<HistogramEntry>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Outputs of one amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HistogramEntry {
    /// The amount.
    pub amount: u64,
    /// All.
    pub total_instances: u64,
    /// Old enough to be spent, if asked for.
    pub unlocked_instances: u64,
    /// At or after the cutoff, if asked for.
    pub recent_instances: u64,
}

/// Answer of `get_output_blacklist`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BlacklistAnswer {
    /// Global indices that no wallet should use as decoys, ascending.
    pub blacklist: Vec<u64>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `get_o_indexes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputIndicesRequest {
    /// The transaction.
    pub txid: HexText<Hash>,
}

/// Answer of `get_o_indexes`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OutputIndicesAnswer {
    /// Global indices of its outputs.
    pub o_indexes: Vec<u64>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `get_fee_estimate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FeeRequest {
    /// For how many blocks the estimate should hold; 10 unless said otherwise.
    #[serde(deserialize_with = "number::optional")]
    pub grace_blocks: Option<u64>,
}

/// Answer of `get_fee_estimate`; atomic units.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FeeAnswer {
    /// For each byte of weight.
    pub fee_per_byte: u64,
    /// For each output.
    pub fee_per_output: u64,
    /// For each byte of a blink transaction.
    pub blink_fee_per_byte: u64,
    /// For each output of a blink transaction.
    pub blink_fee_per_output: u64,
    /// For each blink transaction.
    pub blink_fee_fixed: u64,
    /// Fees are rounded up to multiples of this.
    pub quantization_mask: u64,
    /// As `fee_per_byte`, for display only: it lacks the part for each output.
    pub fee: u64,
    /// The same four times, for display only.
    pub fees: Vec<u64>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}
