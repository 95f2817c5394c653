//! A call of a contract, before and after it is signed.

use crate::{
    address::{checksummed, to_alloy},
    fees::GasPrice,
    key::{EthereumKey, KeyError},
};
use alloy::{
    consensus::TxEip1559,
    eips::eip2718::Encodable2718,
    primitives::{B256, Bytes, TxKind, U256, hex},
    sol_types::SolCall,
};
use oxen_types::bytes::EthereumAddress;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A call that is to become a transaction. It moves no ETH.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The contract.
    pub to: EthereumAddress,
    /// Function and arguments.
    pub data: Bytes,
}

impl Call {
    /// A call of a function.
    #[must_use]
    pub fn new<C: SolCall>(to: EthereumAddress, call: &C) -> Self {
        Self {
            to,
            data: call.abi_encode().into(),
        }
    }

    /// The transaction for another wallet to sign: the object that `eth_sendTransaction` takes, with a description beside it.
    /// Without an estimate, because an earlier transaction must be mined first, the wallet that signs makes it.
    #[must_use]
    pub fn unsigned(&self, from: &EthereumAddress, chain_id: u64, gas: Option<u64>, description: &str) -> Value {
        json!({
            "description": description,
            "from": checksummed(from),
            "to": checksummed(&self.to),
            "data": hex::encode_prefixed(&self.data),
            "value": "0x0",
            "chainId": format!("{chain_id:#x}"),
            "gas": gas.map(|gas| format!("{gas:#x}")),
        })
    }
}

/// A signed transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its id.
    pub hash: B256,
    /// What is handed over.
    pub raw: Bytes,
    /// Wei offered for a unit of gas.
    pub max_gas_price: u128,
    /// Wei of it for the block producer.
    pub tip: u128,
}

impl Attempt {
    /// Signs a call.
    ///
    /// # Errors
    /// [`KeyError::Signing`].
    pub fn sign(
        key: &EthereumKey,
        chain_id: u64,
        call: &Call,
        nonce: u64,
        gas_limit: u64,
        price: GasPrice,
    ) -> Result<Self, KeyError> {
        let signed = key.sign(TxEip1559 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: price.max,
            max_priority_fee_per_gas: price.tip,
            to: TxKind::Call(to_alloy(&call.to)),
            value: U256::ZERO,
            access_list: alloy::eips::eip2930::AccessList::default(),
            input: call.data.clone(),
        })?;
        Ok(Self {
            hash: *signed.tx_hash(),
            raw: signed.encoded_2718().into(),
            max_gas_price: price.max,
            tip: price.tip,
        })
    }

    /// What it offers.
    #[must_use]
    pub const fn price(&self) -> GasPrice {
        GasPrice {
            max: self.max_gas_price,
            tip: self.tip,
        }
    }
}
