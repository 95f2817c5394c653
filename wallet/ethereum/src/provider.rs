//! One JSON-RPC provider of Arbitrum: what it is asked, bounded in time, and what its failures mean.
//!
//! The address of a provider often holds a secret of its user, so messages show its host alone.

use crate::{
    address::{checksummed, to_alloy},
    key::KeyError,
    refusal::Refusal,
};
use alloy::{
    consensus::BlockHeader,
    eips::BlockNumberOrTag,
    network::Ethereum,
    primitives::{Address, B256, Bytes, TxKind, U256},
    providers::{Provider, RootProvider},
    rpc::{
        client::RpcClient,
        types::{TransactionReceipt, TransactionRequest},
    },
    sol_types::SolCall,
    transports::{RpcError, TransportError, TransportErrorKind},
};
use oxen_bridge_transport::{BoundedHttp, HttpFault, Limits};
use oxen_types::bytes::EthereumAddress;
use std::time::Duration;
use thiserror::Error;

/// The longest answer that is asked for is a block without transactions.
const LIMITS: Limits = Limits {
    connecting: Duration::from_secs(10),
    request: Duration::from_secs(30),
    answer_bytes: 4 << 20,
};

/// Characters of a provider's own words that are shown.
const SHOWN_CHARACTERS: usize = 200;

/// Why something on Arbitrum was not done or is not known.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum L2Error {
    /// No URL; what of it holds no secret.
    #[error(
        "{0} is no provider: give the URL of an Arbitrum JSON-RPC service, for example --l2-provider http://127.0.0.1:8545"
    )]
    Url(String),
    /// The provider cannot be used on this machine.
    #[error("requests cannot be made: {0}")]
    Client(String),
    /// No answer.
    #[error(
        "the provider {host} does not answer: {reason}. Give the command again, or choose another one with --l2-provider"
    )]
    Unreachable {
        /// Its host.
        host: String,
        /// Why.
        reason: String,
    },
    /// A provider of another chain.
    #[error(
        "the provider {host} serves chain {found}, and this network uses chain {expected}: choose another one with --l2-provider"
    )]
    WrongChain {
        /// Its host.
        host: String,
        /// The chain of our network.
        expected: u64,
        /// Its chain.
        found: u64,
    },
    /// It answered with an error.
    #[error("the provider {host} refused: {message}")]
    Answered {
        /// Its host.
        host: String,
        /// Its words.
        message: String,
    },
    /// An answer that makes no sense.
    #[error("the answer of the provider {host} makes no sense: {reason}. Choose another one with --l2-provider")]
    Senseless {
        /// Its host.
        host: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// Nothing is at the address of a contract.
    #[error("there is no contract at {}: check the contract addresses of this network", checksummed(.0))]
    NoContract(EthereumAddress),
    /// A contract refused.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// Not enough ETH.
    #[error(
        "{} has {has} wei of ETH and the transaction may cost {needs} wei: send it some ETH on Arbitrum, which pays for gas",
        checksummed(.account)
    )]
    NotEnoughEther {
        /// The account.
        account: EthereumAddress,
        /// What it has.
        has: U256,
        /// What the transaction may cost.
        needs: U256,
    },
    /// The gas price is absurd.
    #[error(
        "gas costs {asked} wei now, which is more than the limit of {limit} wei: wait until it is cheaper, or allow more with \
         --max-gas-price"
    )]
    GasPrice {
        /// What the provider says.
        asked: u128,
        /// What is allowed.
        limit: u128,
    },
    /// Another transaction of the same account waits with this number.
    #[error(
        "another transaction of this account waits with the same number ({nonce}), made by another wallet: wait until it is \
         mined or cancel it there, then give the command again"
    )]
    NonceTaken {
        /// The number.
        nonce: u64,
    },
    /// The key cannot sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl L2Error {
    /// True when asking again later may help, and nothing was refused.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Senseless { .. } | Self::Answered { .. }
        )
    }
}

/// What became of handing a transaction over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandedOver {
    /// It waits, or waited already.
    Taken,
    /// Its number is used: it, or another one with its number, is in a block.
    NonceUsed,
    /// It pays too little for the blocks of now.
    Underpriced,
    /// Another transaction with its number waits, and pays about as much.
    Rivalled,
}

/// A provider.
#[derive(Debug, Clone)]
pub struct L2Provider {
    provider: RootProvider<Ethereum>,
    host: String,
    chain_id: u64,
}

/// The newest block, as far as fees and windows of time need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Seconds since 1970.
    pub timestamp: u64,
    /// Wei a unit of gas at least costs.
    pub base_fee: u128,
}

impl L2Provider {
    /// Connects to a provider, and checks that it serves the chain.
    ///
    /// # Errors
    /// [`L2Error::Url`], [`L2Error::WrongChain`], [`L2Error::Unreachable`].
    pub async fn connect(url: &str, chain_id: u64) -> Result<Self, L2Error> {
        let provider = Self::new(url, chain_id)?;
        let found = provider.told(provider.provider.get_chain_id().await)?;
        if found == chain_id {
            Ok(provider)
        } else {
            Err(L2Error::WrongChain {
                host: provider.host,
                expected: chain_id,
                found,
            })
        }
    }

    /// The same, asking nothing yet.
    ///
    /// # Errors
    /// [`L2Error::Url`], [`L2Error::Client`].
    pub fn new(url: &str, chain_id: u64) -> Result<Self, L2Error> {
        // Another part of the process may have chosen one before: then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = reqwest::Url::parse(url.trim()).map_err(|_| L2Error::Url("what was given".to_owned()))?;
        let host = match (url.scheme(), url.host_str(), url.port()) {
            ("http" | "https", Some(host), Some(port)) => format!("{host}:{port}"),
            ("http" | "https", Some(host), None) => host.to_owned(),
            _ => return Err(L2Error::Url(public_url(&url))),
        };
        let transport =
            BoundedHttp::new(url, &LIMITS).map_err(|error| L2Error::Client(error.without_url().to_string()))?;
        let provider = RootProvider::new(RpcClient::new(transport, false));
        Ok(Self {
            provider,
            host,
            chain_id,
        })
    }

    /// The chain.
    #[must_use]
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// Its host, for messages.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The newest block.
    ///
    /// # Errors
    /// [`L2Error`]; also the others.
    pub async fn head(&self) -> Result<Head, L2Error> {
        let block = self.told(self.provider.get_block_by_number(BlockNumberOrTag::Latest).await)?;
        let block = block.ok_or_else(|| self.senseless("it has no newest block"))?;
        Ok(Head {
            number: block.header.number(),
            timestamp: block.header.timestamp(),
            base_fee: u128::from(block.header.base_fee_per_gas().unwrap_or(0)),
        })
    }

    /// What a block producer wants on top of the base fee, in wei; nothing where nobody wants any.
    pub(crate) async fn tip(&self) -> u128 {
        // Not every provider knows the question, and on Arbitrum the answer is nothing.
        self.provider.get_max_priority_fee_per_gas().await.unwrap_or(0)
    }

    /// ETH of an account, in wei.
    ///
    /// # Errors
    /// [`L2Error`].
    pub async fn ether(&self, account: &EthereumAddress) -> Result<U256, L2Error> {
        self.told(self.provider.get_balance(to_alloy(account)).await)
    }

    /// How many transactions of an account are in blocks: the number of the next one.
    ///
    /// # Errors
    /// [`L2Error`].
    pub async fn mined_nonce(&self, account: &EthereumAddress) -> Result<u64, L2Error> {
        self.told(self.provider.get_transaction_count(to_alloy(account)).await)
    }

    /// The same, with those that wait.
    ///
    /// # Errors
    /// [`L2Error`].
    pub async fn pending_nonce(&self, account: &EthereumAddress) -> Result<u64, L2Error> {
        self.told(self.provider.get_transaction_count(to_alloy(account)).pending().await)
    }

    /// Whether there is code at an address.
    ///
    /// # Errors
    /// [`L2Error`].
    pub async fn is_contract(&self, address: &EthereumAddress) -> Result<bool, L2Error> {
        let code = self.told(self.provider.get_code_at(to_alloy(address)).await)?;
        Ok(!code.is_empty())
    }

    /// Reads from a contract.
    ///
    /// # Errors
    /// [`L2Error::NoContract`], [`L2Error::Refused`], or the provider's.
    pub async fn read<C: SolCall>(&self, contract: &EthereumAddress, call: &C) -> Result<C::Return, L2Error> {
        let answer = self.call(None, contract, call.abi_encode().into()).await?;
        if answer.is_empty() {
            return Err(L2Error::NoContract(*contract));
        }
        C::abi_decode_returns(&answer).map_err(|_| self.senseless("a contract answered in another form"))
    }

    /// Tries a call without a transaction, as if `from` made it.
    ///
    /// # Errors
    /// [`L2Error::Refused`], or the provider's.
    pub async fn call(
        &self,
        from: Option<&EthereumAddress>,
        to: &EthereumAddress,
        data: Bytes,
    ) -> Result<Bytes, L2Error> {
        self.told(self.provider.call(request(from, to, data)).await)
    }

    /// How much gas a transaction needs.
    ///
    /// # Errors
    /// [`L2Error::Refused`], or the provider's.
    pub async fn estimate_gas(
        &self,
        from: &EthereumAddress,
        to: &EthereumAddress,
        data: Bytes,
    ) -> Result<u64, L2Error> {
        self.told(self.provider.estimate_gas(request(Some(from), to, data)).await)
    }

    /// Hands a signed transaction over.
    ///
    /// # Errors
    /// [`L2Error`]: it may have been taken all the same, unless the provider refused it.
    pub async fn hand_over(&self, raw: &[u8]) -> Result<HandedOver, L2Error> {
        let sent = self.provider.send_raw_transaction(raw).await;
        match sent {
            Ok(_) => Ok(HandedOver::Taken),
            Err(RpcError::ErrorResp(error)) => {
                let words = error.message.to_lowercase();
                let says = |text: &[&str]| text.iter().any(|text| words.contains(text));
                if says(&["already known", "already imported", "known transaction"]) {
                    Ok(HandedOver::Taken)
                } else if says(&["nonce too low", "nonce is too low"]) {
                    Ok(HandedOver::NonceUsed)
                } else if says(&["replacement transaction"]) {
                    Ok(HandedOver::Rivalled)
                } else if says(&["underpriced", "max fee per gas less than", "less than block base fee"]) {
                    Ok(HandedOver::Underpriced)
                } else {
                    Err(self.failed(RpcError::ErrorResp(error)))
                }
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// The receipt of a transaction that is in a block.
    ///
    /// # Errors
    /// [`L2Error`].
    pub async fn receipt(&self, hash: B256) -> Result<Option<TransactionReceipt>, L2Error> {
        self.told(self.provider.get_transaction_receipt(hash).await)
    }

    /// Whether the provider has a transaction, waiting or in a block.
    ///
    /// # Errors
    /// [`L2Error`].
    pub async fn knows(&self, hash: B256) -> Result<bool, L2Error> {
        Ok(self.told(self.provider.get_transaction_by_hash(hash).await)?.is_some())
    }

    fn told<T>(&self, result: Result<T, TransportError>) -> Result<T, L2Error> {
        result.map_err(|error| self.failed(error))
    }

    pub(crate) fn senseless(&self, reason: &'static str) -> L2Error {
        L2Error::Senseless {
            host: self.host.clone(),
            reason,
        }
    }

    fn failed(&self, error: TransportError) -> L2Error {
        let host = self.host.clone();
        match error {
            RpcError::ErrorResp(error) => match error.as_revert_data() {
                Some(data) => L2Error::Refused(Box::new(Refusal::decode(&data))),
                None if error.message.to_lowercase().contains("revert") => L2Error::Refused(Box::new(Refusal::Silent)),
                None => L2Error::Answered {
                    host,
                    message: error.message.chars().take(SHOWN_CHARACTERS).collect(),
                },
            },
            RpcError::Transport(TransportErrorKind::Custom(error)) => L2Error::Unreachable {
                host,
                reason: error
                    .downcast::<HttpFault>()
                    .map_or_else(|_| "the connection broke".to_owned(), |fault| fault.to_string()),
            },
            RpcError::Transport(_) => L2Error::Unreachable {
                host,
                reason: "the connection broke".to_owned(),
            },
            _ => self.senseless("it is not what was asked for"),
        }
    }
}

/// Scheme and host: path, user and query may be secrets.
fn public_url(url: &reqwest::Url) -> String {
    match url.host_str() {
        Some(host) => format!(
            "{}://{}",
            url.scheme(),
            host.chars().take(SHOWN_CHARACTERS).collect::<String>()
        ),
        None => "what was given".to_owned(),
    }
}

fn request(from: Option<&EthereumAddress>, to: &EthereumAddress, data: Bytes) -> TransactionRequest {
    TransactionRequest {
        from: from.map(to_alloy),
        to: Some(TxKind::Call(to_alloy(to))),
        input: data.into(),
        ..TransactionRequest::default()
    }
}

/// An address that a contract answered with.
pub(crate) fn address_of(address: Address) -> EthereumAddress {
    crate::address::from_alloy(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_cannot_be_used_is_named_without_the_secrets_in_its_url() {
        for (url, shown) in [
            (
                "ftp://user:secret@arbitrum.example/v2/secret?key=secret",
                "ftp://arbitrum.example is no provider",
            ),
            ("localhost:8545/secret", "what was given is no provider"),
            ("arbitrum.example/v2/secret", "what was given is no provider"),
            ("", "what was given is no provider"),
        ] {
            let error = L2Provider::new(url, 1).unwrap_err().to_string();
            assert!(error.starts_with(shown) && !error.contains("secret"), "{error}");
        }
        let provider = L2Provider::new("https://user:secret@arbitrum.example:444/v2/secret?key=secret", 1).unwrap();
        let shown = format!("{provider:?}");
        assert!(
            shown.contains("arbitrum.example:444") && !shown.contains("secret"),
            "{shown}"
        );
    }
}
