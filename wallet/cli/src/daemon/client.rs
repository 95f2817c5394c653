//! The questions a wallet asks.

use super::{Connection, DaemonError};
use oxen_rpc::types::{
    Status,
    block::{HeaderByHeightRequest, HeaderEntry},
    chain::{BlockHashRequest, InfoAnswer, NoParameters, VersionAnswer},
    output::{FeeAnswer, FeeRequest, OutputReference, OutputsAnswer, OutputsRequest},
    staking::{AccruedRewardsAnswer, AccruedRewardsRequest},
    transaction::{KeyImageAnswer, KeyImageRequest, TransactionEntry, TransactionsAnswer, TransactionsRequest},
    wallet::{
        BlacklistQuery, DecoyBlacklist, DistributionQuery, OutputCounts, WALLET_BLACKLIST_PATH, WALLET_BLOCKS_PATH,
        WALLET_DISTRIBUTION_PATH, WALLET_POOL_PATH,
    },
};
use oxen_types::{
    Amount, ConsensusDecode, GlobalOutputIndex, Hash, Height, KeyImage, Timestamp, Transaction,
    scan::{ScanAnswer, ScanPool, ScanRequest, ScanTransaction},
    transaction::PrunedTransaction,
};
use oxen_wallet_core::{
    build::FeeRates,
    decoys::{Availability, CandidateOutput},
};
use parity_scale_codec::Encode;
use serde::Deserialize;

/// Most outputs of one request (rpc §1.4).
const OUTPUTS_AT_ONCE: usize = 5_000;
/// Most transactions of one request.
const TRANSACTIONS_AT_ONCE: usize = 100;

/// Whether the daemon may know which outputs are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// It runs for us: it may be asked about our key images.
    Trusted,
    /// It runs for somebody else: only what cannot be avoided is asked.
    Untrusted,
}

/// A daemon to ask.
#[derive(Debug, Clone)]
pub struct Daemon {
    connection: Connection,
    trust: Trust,
}

/// Where a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It waits.
    Pool,
    /// It is in a block.
    Block {
        /// Its height.
        height: Height,
        /// Blocks from its own to the newest, both counted.
        confirmations: u64,
    },
}

/// A transaction as the daemon has it; its id was checked.
#[derive(Debug, Clone)]
pub struct DaemonTransaction {
    /// All of it.
    pub transaction: Transaction,
    /// What a wallet needs of it.
    pub scan: ScanTransaction,
    /// Where it is.
    pub place: Place,
}

#[derive(Deserialize)]
struct HeaderAnswer {
    block_header: HeaderEntry,
}

impl Daemon {
    /// Asks over this connection.
    #[must_use]
    pub const fn new(connection: Connection, trust: Trust) -> Self {
        Self { connection, trust }
    }

    /// The connection.
    #[must_use]
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether it may know our outputs.
    #[must_use]
    pub const fn trust(&self) -> Trust {
        self.trust
    }

    /// `get_info`.
    ///
    /// # Errors
    /// [`DaemonError`]; also the others.
    pub async fn info(&self) -> Result<InfoAnswer, DaemonError> {
        let answer: InfoAnswer = self.connection.call("get_info", NoParameters {}).await?;
        check("get_info", &answer.status)?;
        Ok(answer)
    }

    /// `get_version`.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn version(&self) -> Result<VersionAnswer, DaemonError> {
        self.connection.call("get_version", NoParameters {}).await
    }

    /// The id of the block at a height.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn block_id(&self, height: Height) -> Result<Hash, DaemonError> {
        self.connection
            .call("get_block_hash", BlockHashRequest::Positional(vec![height.index()]))
            .await
    }

    /// When the block at a height was made.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn block_time(&self, height: Height) -> Result<Timestamp, DaemonError> {
        let request = HeaderByHeightRequest {
            height: Some(height.index()),
            ..HeaderByHeightRequest::default()
        };
        let answer: HeaderAnswer = self.connection.call("get_block_header_by_height", request).await?;
        Ok(Timestamp::from_seconds(answer.block_header.timestamp))
    }

    /// The next blocks to scan.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn blocks(&self, request: &ScanRequest) -> Result<ScanAnswer, DaemonError> {
        let bytes = self.block_bytes(request).await?;
        Self::decode_blocks(&bytes)
    }

    /// The next blocks to scan, not decoded: that is work for another thread.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn block_bytes(&self, request: &ScanRequest) -> Result<Vec<u8>, DaemonError> {
        self.connection.call_bytes(WALLET_BLOCKS_PATH, request.encode()).await
    }

    /// Decodes what [`Self::block_bytes`] brought.
    ///
    /// # Errors
    /// [`DaemonError::Unreadable`].
    pub fn decode_blocks(bytes: &[u8]) -> Result<ScanAnswer, DaemonError> {
        ScanAnswer::decode_bounded(bytes).map_err(|error| DaemonError::Unreadable {
            method: WALLET_BLOCKS_PATH,
            reason: error.to_string(),
        })
    }

    /// Everything that waits.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn pool(&self) -> Result<ScanPool, DaemonError> {
        let bytes = self.connection.call_bytes(WALLET_POOL_PATH, Vec::new()).await?;
        ScanPool::decode_bounded(&bytes).map_err(|error| DaemonError::Unreadable {
            method: WALLET_POOL_PATH,
            reason: error.to_string(),
        })
    }

    /// How many outputs each block from a height on has.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn output_counts(&self, from: Height) -> Result<OutputCounts, DaemonError> {
        self.connection
            .call_binary(WALLET_DISTRIBUTION_PATH, &DistributionQuery { from })
            .await
    }

    /// Outputs from an index on that are no decoys.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn decoy_blacklist(&self, from: GlobalOutputIndex) -> Result<DecoyBlacklist, DaemonError> {
        self.connection
            .call_binary(WALLET_BLACKLIST_PATH, &BlacklistQuery { from })
            .await
    }

    /// Outputs for rings, in the order they are asked for. They can be used in a block at `chain_height` or above.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn outputs(
        &self,
        indices: &[GlobalOutputIndex],
        chain_height: Height,
    ) -> Result<Vec<CandidateOutput>, DaemonError> {
        let mut outputs = Vec::with_capacity(indices.len());
        for part in indices.chunks(OUTPUTS_AT_ONCE) {
            let request = OutputsRequest {
                outputs: part.iter().map(|index| OutputReference::Index(index.index())).collect(),
                ..OutputsRequest::default()
            };
            let answer: OutputsAnswer = self.connection.call("get_outs", request).await?;
            check("get_outs", &answer.status)?;
            if answer.outs.len() != part.len() {
                let reason = format!("{} outputs for {} asked for", answer.outs.len(), part.len());
                return Err(DaemonError::Unreadable {
                    method: "get_outs",
                    reason,
                });
            }
            outputs.extend(part.iter().zip(answer.outs).map(|(index, entry)| {
                let of_age = entry
                    .height
                    .saturating_add(oxen_types::network::constants::SPENDABLE_AGE_BLOCKS);
                let usable = entry.unlocked && of_age <= chain_height.index();
                CandidateOutput {
                    index: *index,
                    key: entry.key,
                    commitment: entry.mask,
                    availability: if usable {
                        Availability::Unlocked
                    } else {
                        Availability::Locked
                    },
                }
            }));
        }
        Ok(outputs)
    }

    /// What a transaction costs now.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn fee_rates(&self) -> Result<FeeRates, DaemonError> {
        let answer: FeeAnswer = self.connection.call("get_fee_estimate", FeeRequest::default()).await?;
        check("get_fee_estimate", &answer.status)?;
        Ok(FeeRates {
            per_byte: Amount::from_atomic(answer.fee_per_byte),
            per_output: Amount::from_atomic(answer.fee_per_output),
            quantization: answer.quantization_mask,
        })
    }

    /// Rewards that wait to be paid to an address.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn accrued_rewards(&self, address: &str) -> Result<Amount, DaemonError> {
        let request = AccruedRewardsRequest {
            addresses: vec![address.to_owned()],
        };
        let answer: AccruedRewardsAnswer = self.connection.call("get_accrued_rewards", request).await?;
        check("get_accrued_rewards", &answer.status)?;
        Ok(Amount::from_atomic(answer.balances.get(address).copied().unwrap_or(0)))
    }

    /// Which of these key images are spent, in chain or pool, in their order.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn spent(&self, images: &[KeyImage]) -> Result<Vec<bool>, DaemonError> {
        let mut spent = Vec::with_capacity(images.len());
        for part in images.chunks(OUTPUTS_AT_ONCE) {
            let request = KeyImageRequest {
                key_images: part.iter().map(|image| (*image).into()).collect(),
            };
            let answer: KeyImageAnswer = self.connection.call("is_key_image_spent", request).await?;
            check("is_key_image_spent", &answer.status)?;
            spent.extend(answer.spent_status.iter().map(|status| *status != 0));
        }
        if spent.len() != images.len() {
            let reason = format!("{} answers for {} key images", spent.len(), images.len());
            return Err(DaemonError::Unreadable {
                method: "is_key_image_spent",
                reason,
            });
        }
        Ok(spent)
    }

    /// Transactions by id, those that the daemon has; each was checked to have the id it was asked for by.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn transactions(&self, ids: &[Hash]) -> Result<Vec<DaemonTransaction>, DaemonError> {
        let mut found = Vec::with_capacity(ids.len());
        for part in ids.chunks(TRANSACTIONS_AT_ONCE) {
            let request = TransactionsRequest {
                txs_hashes: Some(part.iter().map(|id| (*id).into()).collect()),
                ..TransactionsRequest::default()
            };
            let answer: TransactionsAnswer = self.connection.call("get_transactions", request).await?;
            check("get_transactions", &answer.status)?;
            for entry in answer.txs {
                found.push(read_transaction(&entry, part)?);
            }
        }
        Ok(found)
    }
}

/// Decodes an entry and checks that it is one of those asked for.
fn read_transaction(entry: &TransactionEntry, asked: &[Hash]) -> Result<DaemonTransaction, DaemonError> {
    let unreadable = |reason: &str| DaemonError::Unreadable {
        method: "get_transactions",
        reason: reason.to_owned(),
    };
    let blob = entry
        .as_hex
        .as_deref()
        .ok_or_else(|| unreadable("it lacks the transaction"))?;
    let blob = hex::decode(blob).map_err(|_| unreadable("the transaction is not hexadecimal"))?;
    let transaction = Transaction::decode(&blob).map_err(|error| unreadable(&error.to_string()))?;
    let id = transaction.id();
    if !asked.contains(&id) {
        return Err(unreadable("it is another transaction than was asked for"));
    }
    let first = entry.output_indices.as_ref().and_then(|indices| indices.first());
    let scan = ScanTransaction::new(
        id,
        &PrunedTransaction::from(&transaction),
        first.copied().map(GlobalOutputIndex::new),
    );
    let place = match entry.block_height {
        Some(height) if !entry.in_pool => Place::Block {
            height: Height::new(height),
            confirmations: entry.confirmations.unwrap_or(0),
        },
        _ => Place::Pool,
    };
    Ok(DaemonTransaction {
        transaction,
        scan,
        place,
    })
}

pub(super) fn check(method: &'static str, status: &Status) -> Result<(), DaemonError> {
    if status.is_ok() {
        Ok(())
    } else {
        Err(DaemonError::Failed {
            method,
            status: status.as_str().to_owned(),
        })
    }
}
