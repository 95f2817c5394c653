//! One provider: what it can be asked, and how it did.

use crate::{agreement::Head, budget::RequestBudget, settings::FollowerSettings};
use alloy::{
    eips::BlockNumberOrTag,
    primitives::{Address, Bytes, U256},
    providers::{Provider as _, RootProvider},
    rpc::{
        client::RpcClient,
        types::{Filter, Log, TransactionRequest},
    },
    sol,
    sol_types::SolCall,
    transports::TransportError,
};
use oxen_bridge_rules::contract_log::Word;
use oxen_bridge_transport::{BoundedHttp, Limits};
use oxen_node_api::L2Provider;
use oxen_types::bytes::{BlsPublicKey, EthereumAddress};
use reqwest::Url;
use std::sync::{Mutex, MutexGuard, PoisonError};
use thiserror::Error;

/// Most bytes of an answer: a window of logs as dense as the contract allows is far below it, with `--l2-max-logs` as it is.
const MAX_ANSWER_BYTES: usize = 16 << 20;

sol! {
    /// A public key of the contract's list.
    struct G1Point {
        uint256 X;
        uint256 Y;
    }

    /// What one Oxen block pays, atomic SENT.
    function rewardRate() external view returns (uint256);
    /// Numbers and keys of every node.
    function allServiceNodeIDs() external view returns (uint64[] ids, G1Point[] keys);
}

/// Why a provider's answer counts for nothing.
#[derive(Debug, Error)]
pub(crate) enum ProviderError {
    /// No answer, or an error as the answer.
    #[error("{0}")]
    Transport(String),
    /// It lacks a block that it should have.
    #[error("it does not have block {0}")]
    NoSuchBlock(u64),
    /// What it answered is not what was asked for.
    #[error("it answered {0}")]
    Nonsense(&'static str),
    /// It serves another chain.
    #[error("it serves chain {found}, and {expected} is needed")]
    WrongChain {
        /// Its chain id.
        found: u64,
        /// The network's.
        expected: u64,
    },
}

impl From<TransportError> for ProviderError {
    fn from(error: TransportError) -> Self {
        let text = match &error {
            TransportError::ErrorResp(response) => format!("error {}: {}", response.code, response.message),
            TransportError::Transport(kind) => kind.to_string(),
            TransportError::DeserError { .. } => "an answer that does not decode".to_owned(),
            other => other.to_string(),
        };
        // What a provider says goes into the log: not more of it than a line.
        let line = text
            .chars()
            .map(|character| if character.is_control() { ' ' } else { character });
        Self::Transport(line.take(200).collect())
    }
}

/// A block as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BlockMark {
    pub(crate) number: u64,
    pub(crate) hash: Word,
}

/// A log of the rewards contract with its place in the chain. Two providers that tell the same of the same block are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LogRecord {
    pub(crate) block: BlockMark,
    pub(crate) log_index: u64,
    pub(crate) topics: Vec<Word>,
    pub(crate) data: Vec<u8>,
}

/// The blocks of one request for logs, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockRange {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// The contract's list: numbers and keys.
pub(crate) type NodeList = Vec<(u64, BlsPublicKey)>;

pub(crate) struct Provider {
    rpc: RootProvider,
    budget: RequestBudget,
    standing: Mutex<Standing>,
}

struct Standing {
    told: L2Provider,
    requests: u64,
    chain_checked: bool,
}

impl Provider {
    /// # Errors
    /// TLS could not be set up.
    pub(crate) fn new(url: &Url, settings: &FollowerSettings) -> Result<Self, reqwest::Error> {
        let limits = Limits {
            connecting: settings.timeout,
            request: settings.timeout,
            answer_bytes: MAX_ANSWER_BYTES,
        };
        let transport = BoundedHttp::new(url.clone(), &limits)?;
        Ok(Self {
            rpc: RootProvider::new(RpcClient::new(transport, true)),
            budget: RequestBudget::new(settings.requests_per_minute),
            standing: Mutex::new(Standing {
                told: L2Provider {
                    name: public_name(url),
                    height: None,
                    failures: 0,
                    contradictions: 0,
                    trouble: None,
                },
                requests: 0,
                chain_checked: false,
            }),
        })
    }

    pub(crate) fn standing(&self) -> L2Provider {
        self.lock().told.clone()
    }

    /// Requests since the start.
    pub(crate) fn requests(&self) -> u64 {
        self.lock().requests
    }

    pub(crate) fn note_height(&self, height: u64) {
        self.lock().told.height = Some(height);
    }

    /// Something the operator should know; an error counts as a failure.
    pub(crate) fn note_failure(&self, error: &ProviderError) {
        let mut standing = self.lock();
        standing.told.failures = standing.told.failures.saturating_add(1);
        standing.told.trouble = Some(error.to_string());
    }

    pub(crate) fn note_trouble(&self, trouble: Option<String>) {
        self.lock().told.trouble = trouble;
    }

    /// The others say otherwise.
    pub(crate) fn note_contradiction(&self, what: String) {
        let mut standing = self.lock();
        standing.told.contradictions = standing.told.contradictions.saturating_add(1);
        standing.told.trouble = Some(what);
    }

    /// Asks for the chain id unless it was right before.
    pub(crate) async fn check_chain(&self, expected: u64) -> Result<(), ProviderError> {
        if self.lock().chain_checked {
            return Ok(());
        }
        self.count().await;
        let found = self.rpc.get_chain_id().await?;
        if found != expected {
            return Err(ProviderError::WrongChain { found, expected });
        }
        self.lock().chain_checked = true;
        Ok(())
    }

    /// The newest block.
    pub(crate) async fn head(&self) -> Result<Head, ProviderError> {
        self.count().await;
        let block = self.rpc.get_block_by_number(BlockNumberOrTag::Latest).await?;
        let header = block
            .ok_or(ProviderError::Nonsense("that there is no newest block"))?
            .header;
        Ok(Head {
            number: header.number,
            timestamp: header.timestamp,
        })
    }

    /// A block by number.
    pub(crate) async fn block(&self, number: u64) -> Result<BlockMark, ProviderError> {
        self.count().await;
        let block = self.rpc.get_block_by_number(BlockNumberOrTag::Number(number)).await?;
        let header = block.ok_or(ProviderError::NoSuchBlock(number))?.header;
        if header.number != number {
            return Err(ProviderError::Nonsense("with another block than the one asked for"));
        }
        Ok(BlockMark {
            number,
            hash: header.hash.0,
        })
    }

    /// Every log of the contract in a range, in order.
    pub(crate) async fn logs(
        &self,
        contract: EthereumAddress,
        range: BlockRange,
    ) -> Result<Vec<LogRecord>, ProviderError> {
        let address = Address::from(contract.to_bytes());
        let filter = Filter::new()
            .address(address)
            .from_block(range.first)
            .to_block(range.last);
        self.count().await;
        let logs = self.rpc.get_logs(&filter).await?;
        let mut records = Vec::with_capacity(logs.len());
        // A log without a block is not in one yet, and a removed one not any more.
        for log in logs.iter().filter(|log| !log.removed && log.block_number.is_some()) {
            let record = log_record(log).ok_or(ProviderError::Nonsense("with a log that lacks its place"))?;
            if log.inner.address != address || !(range.first..=range.last).contains(&record.block.number) {
                return Err(ProviderError::Nonsense("with logs that were not asked for"));
            }
            records.push(record);
        }
        records.sort_unstable();
        // Nobody votes twice.
        records.dedup();
        Ok(records)
    }

    /// What the pool pays for one Oxen block, in the state of an L2 block. Where no contract stands, nothing.
    pub(crate) async fn reward_rate(&self, pool: EthereumAddress, at: u64) -> Result<u64, ProviderError> {
        let answer = self.call(pool, rewardRateCall {}.abi_encode(), at).await?;
        if answer.is_empty() {
            return Ok(0);
        }
        let rate = rewardRateCall::abi_decode_returns(&answer)
            .map_err(|_| ProviderError::Nonsense("with a reward rate that is no number"))?;
        u64::try_from(rate).map_err(|_| ProviderError::Nonsense("with a reward rate above 2^64 - 1"))
    }

    /// The contract's list in the state of an L2 block.
    pub(crate) async fn node_list(&self, contract: EthereumAddress, at: u64) -> Result<NodeList, ProviderError> {
        const NONSENSE: ProviderError = ProviderError::Nonsense("with a list of nodes that does not decode");
        let answer = self.call(contract, allServiceNodeIDsCall {}.abi_encode(), at).await?;
        let list = allServiceNodeIDsCall::abi_decode_returns(&answer).map_err(|_| NONSENSE)?;
        if list.ids.len() != list.keys.len() {
            return Err(NONSENSE);
        }
        let mut nodes: NodeList = list.ids.into_iter().zip(list.keys.iter().map(bls_key)).collect();
        nodes.sort_unstable();
        Ok(nodes)
    }

    async fn call(&self, to: EthereumAddress, input: Vec<u8>, at: u64) -> Result<Bytes, ProviderError> {
        let request = TransactionRequest::default()
            .to(Address::from(to.to_bytes()))
            .input(Bytes::from(input).into());
        self.count().await;
        Ok(self.rpc.call(request).block(at.into()).await?)
    }

    /// Waits for the budget and counts a request.
    async fn count(&self) {
        self.budget.take().await;
        let mut standing = self.lock();
        standing.requests = standing.requests.saturating_add(1);
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Host and port: the path of a provider's address is often its key.
fn public_name(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn log_record(log: &Log) -> Option<LogRecord> {
    Some(LogRecord {
        block: BlockMark {
            number: log.block_number?,
            hash: log.block_hash?.0,
        },
        log_index: log.log_index?,
        topics: log.topics().iter().map(|topic| topic.0).collect(),
        data: log.inner.data.data.to_vec(),
    })
}

fn bls_key(point: &G1Point) -> BlsPublicKey {
    let (x, y): ([u8; 32], [u8; 32]) = (word(point.X), word(point.Y));
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&x);
    bytes[32..].copy_from_slice(&y);
    BlsPublicKey::new(bytes)
}

fn word(number: U256) -> Word {
    number.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_provider_does_not_hold_its_key() {
        let name = |url: &str| public_name(&Url::parse(url).unwrap());
        assert_eq!(
            name("https://user:pass@arb.example.com/v2/SECRET?k=SECRET"),
            "arb.example.com"
        );
        assert_eq!(name("http://127.0.0.1:8545"), "127.0.0.1:8545");
    }
}
