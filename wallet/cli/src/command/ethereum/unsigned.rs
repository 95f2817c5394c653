//! Transactions for another wallet to sign: printed as JSON, in the order in which they are to be sent.

use super::EthereumError;
use crate::command::{CommandError, Reply};
use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::{L2Error, L2Provider, fees::with_margin, transaction::Call};
use serde_json::{Value, json};

/// Collects unsigned transactions.
pub(super) struct Unsigned<'a> {
    provider: &'a L2Provider,
    from: EthereumAddress,
    transactions: Vec<Value>,
}

impl<'a> Unsigned<'a> {
    /// For this account.
    pub(super) const fn new(provider: &'a L2Provider, from: EthereumAddress) -> Self {
        Self {
            provider,
            from,
            transactions: Vec::new(),
        }
    }

    /// Adds a call. The first one is tried, so that what the contract refuses is refused here; gas of later ones, which need those
    /// before them, is for the signing wallet to estimate.
    pub(super) async fn add(&mut self, description: &str, call: &Call) -> Result<(), CommandError> {
        let gas = if self.transactions.is_empty() {
            let gas = self
                .provider
                .estimate_gas(&self.from, &call.to, call.data.clone())
                .await;
            Some(with_margin(gas.map_err(EthereumError::from)?))
        } else {
            None
        };
        let unsigned = call.unsigned(&self.from, self.provider.chain_id(), gas, description);
        self.transactions.push(unsigned);
        Ok(())
    }

    /// All of them.
    pub(super) fn reply(self) -> Result<Reply, CommandError> {
        let json = json!({"transactions": self.transactions});
        let text = serde_json::to_string_pretty(&json)
            .map_err(|error| EthereumError::L2(L2Error::Client(error.to_string())))?;
        Ok(Reply::new(text, json))
    }
}
