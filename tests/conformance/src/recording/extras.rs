//! The smaller files: the rewards database, another branch, final answers, submissions, node keys.

use super::{
    chain::RecordedHeader, states::RecordedBalances, states::RecordedServiceNodeList, text::HexBytes, text::rpc_result,
};
use oxen_types::{Amount, Hash, Height, PublicKey, Signature, Timestamp};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// `sqlite_db.json`: the rewards database at the last height. Amounts are thousandths of an atomic unit.
#[derive(Debug, Clone, Deserialize)]
pub struct RewardsDatabase {
    /// Balances at the last height.
    pub batched_payments_accrued: Vec<RecordedBalance>,
    /// Payments by the coinbases.
    pub batched_payments_raw: Vec<RecordedPayment>,
    /// Balances at certain older heights.
    #[serde(default)]
    pub batched_payments_accrued_archive: Vec<ArchivedBalance>,
    /// Balances at the last heights.
    #[serde(default)]
    pub batched_payments_accrued_recent: Vec<RecentBalance>,
}

/// A balance.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RecordedBalance {
    /// Address.
    pub address: String,
    /// Thousandths of an atomic unit.
    pub amount: u64,
    /// When it is paid.
    pub payout_offset: u64,
}

/// A balance at an older height.
#[derive(Debug, Clone, Deserialize)]
pub struct ArchivedBalance {
    /// The balance.
    #[serde(flatten)]
    pub balance: RecordedBalance,
    /// Height.
    pub archive_height: Height,
}

/// A balance at one of the last heights.
#[derive(Debug, Clone, Deserialize)]
pub struct RecentBalance {
    /// The balance.
    #[serde(flatten)]
    pub balance: RecordedBalance,
    /// Height.
    pub height: Height,
}

/// A payment by a coinbase.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RecordedPayment {
    /// Address.
    pub address: String,
    /// Thousandths of an atomic unit, a multiple of 1000.
    pub amount: u64,
    /// Height of the coinbase.
    pub height_paid: Height,
}

/// `reorg.json`: a branch that was replaced.
#[derive(Debug, Clone, Deserialize)]
pub struct Reorganisation {
    /// Height of the branch's first block.
    pub fork_height: Height,
    /// The branch.
    pub orphaned_blocks: Vec<OrphanedBlock>,
    /// Its transactions.
    pub orphaned_txs: Vec<OrphanedTransaction>,
    /// Nodes at the end of the branch.
    #[serde(deserialize_with = "rpc_result")]
    pub service_nodes_at_orphan_tip: RecordedServiceNodeList,
    /// Rewards at the end of the branch.
    #[serde(deserialize_with = "rpc_result")]
    pub accrued_rewards_at_orphan_tip: RecordedBalances,
    /// Height of the top block after the branch was replaced.
    pub new_tip_height: Height,
    /// Its id.
    pub new_tip_hash: Hash,
}

/// A block of the branch that was replaced.
#[derive(Debug, Clone, Deserialize)]
pub struct OrphanedBlock {
    /// Height.
    pub height: Height,
    /// Bytes.
    pub blob: HexBytes,
    /// Id.
    pub hash: Hash,
    /// Transactions without the coinbase.
    pub tx_hashes: Vec<Hash>,
    /// The RPC's header while it was on the main chain.
    pub header: RecordedHeader,
}

/// A transaction of the branch.
#[derive(Debug, Clone, Deserialize)]
pub struct OrphanedTransaction {
    /// Id.
    pub txid: Hash,
    /// Bytes.
    pub blob: HexBytes,
}

/// `rpc_final.json`: answers at the last height, recorded as a map by name or as a list.
#[derive(Debug, Clone, Default)]
pub struct FinalAnswers {
    answers: Vec<(String, Value)>,
}

impl<'de> Deserialize<'de> for FinalAnswers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let named: Vec<(String, Value)> = match Value::deserialize(deserializer)? {
            Value::Object(map) => map.into_iter().collect(),
            Value::Array(list) => list
                .into_iter()
                .map(|mut entry| {
                    let name = entry.get_mut("name").map(Value::take);
                    (
                        name.and_then(|name| name.as_str().map(str::to_owned))
                            .unwrap_or_default(),
                        entry,
                    )
                })
                .collect(),
            _ => return Err(serde::de::Error::custom("a map or a list of answers was expected")),
        };
        let answers = named
            .into_iter()
            .filter_map(|(name, mut entry)| Some((name, entry.get_mut("response")?.get_mut("result")?.take())))
            .collect();
        Ok(Self { answers })
    }
}

/// A checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RecordedCheckpoint {
    /// Height of the block.
    pub height: Height,
    /// Its id.
    pub block_hash: Hash,
    /// Votes; none while the node that was asked has only the block id.
    #[serde(default)]
    pub signatures: Vec<RecordedVote>,
}

/// A vote for a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct RecordedVote {
    /// Position in the quorum.
    pub voter_index: u16,
    /// Signature over the block id.
    pub signature: Signature,
}

/// `get_coinbase_tx_sum` over the whole chain.
#[derive(Debug, Clone, Deserialize)]
pub struct CoinbaseSum {
    /// What coinbases created.
    pub emission_amount: u64,
    /// Fees.
    pub fee_amount: Amount,
    /// Burned fees.
    pub burn_amount: Amount,
}

impl FinalAnswers {
    /// Every different checkpoint, by height.
    ///
    /// # Errors
    /// An answer is not of the form.
    pub fn checkpoints(&self) -> Result<Vec<RecordedCheckpoint>, serde_json::Error> {
        #[derive(Deserialize)]
        struct Answer {
            checkpoints: Vec<RecordedCheckpoint>,
        }
        let mut found: Vec<RecordedCheckpoint> = Vec::new();
        for (name, answer) in &self.answers {
            if name.starts_with("get_checkpoints") {
                for checkpoint in Answer::deserialize(answer)?.checkpoints {
                    if !found.contains(&checkpoint) {
                        found.push(checkpoint);
                    }
                }
            }
        }
        found.sort_by_key(|checkpoint| checkpoint.height);
        Ok(found)
    }

    /// `get_coinbase_tx_sum`, if it was asked.
    ///
    /// # Errors
    /// The answer is not of the form.
    pub fn coinbase_sum(&self) -> Result<Option<CoinbaseSum>, serde_json::Error> {
        self.answers
            .iter()
            .find(|(name, _)| name == "get_coinbase_tx_sum")
            .map(|(_, answer)| CoinbaseSum::deserialize(answer))
            .transpose()
    }
}

/// `events.json`, of which only the raw submissions matter here.
#[derive(Debug, Clone, Default)]
pub struct Events {
    /// Groups of transactions that were given to a node one after the other.
    pub submissions: Vec<SubmissionGroup>,
}

/// Transactions that were given to a node one after the other.
#[derive(Debug, Clone, Deserialize)]
pub struct SubmissionGroup {
    /// What each is.
    pub what: Vec<String>,
    /// Bytes of each.
    pub blobs: Vec<HexBytes>,
    /// The node's answers.
    pub responses: Vec<SubmissionAnswer>,
    /// When.
    #[serde(rename = "t")]
    pub time: Timestamp,
}

/// The node's answer to a submission.
#[derive(Debug, Clone, Deserialize)]
pub struct SubmissionAnswer {
    /// `OK` when it was taken.
    pub status: String,
    /// Why it was not.
    #[serde(default)]
    pub reason_codes: Vec<String>,
}

impl<'de> Deserialize<'de> for Events {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let submissions = Vec::<Value>::deserialize(deserializer)?
            .into_iter()
            .filter(|event| event.get("kind").and_then(Value::as_str) == Some("raw_submissions"))
            .map(|event| serde_json::from_value(event).map_err(serde::de::Error::custom))
            .collect::<Result<_, D::Error>>()?;
        Ok(Self { submissions })
    }
}

/// Keys of a service node.
#[derive(Debug, Clone)]
pub struct RecordedNodeKeys {
    /// What it is called.
    pub name: String,
    /// Primary public key.
    pub public: PublicKey,
    /// Primary secret key, 64 hexadecimal characters.
    pub secret: String,
}

impl<'de> Deserialize<'de> for RecordedNodeKeys {
    /// The keys stand in the entry itself or in its parts `pub` and `priv`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entry = Value::deserialize(deserializer)?;
        let text = |part: &str, key: &'static str| {
            entry
                .get(key)
                .or_else(|| entry.get(part)?.get(key))
                .and_then(Value::as_str)
                .ok_or_else(|| serde::de::Error::missing_field(key))
        };
        Ok(Self {
            name: text("", "name")?.to_owned(),
            public: text("pub", "service_node_pubkey")?
                .parse()
                .map_err(serde::de::Error::custom)?,
            secret: text("priv", "service_node_privkey")?.to_owned(),
        })
    }
}
