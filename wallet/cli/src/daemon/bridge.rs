//! What only the service nodes together can give: signatures of what they owe and of who may leave (bridge §4.3, rpc §3.8).
//!
//! A daemon can withhold such a signature and cannot forge one: the contract checks it. What can be checked here for less is
//! checked here, so that a strange answer is named and costs no gas.

use super::{Daemon, DaemonError, client::check};
use oxen_bridge_rules::message::BridgeDomain;
use oxen_rpc::types::{
    Status,
    staking::{AccruedRewardsAnswer, AccruedRewardsRequest},
};
use oxen_types::{
    Amount, PublicKey,
    bytes::{BlsPublicKey, BlsSignature, EthereumAddress},
};
use oxen_wallet_ethereum::{Sesh, checksummed, claim::Aggregate, service_node::ExitSignature};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::time::Duration;

const REWARDS: &str = "bls_rewards_request";
const SWAP: &str = "bls_swap_request";
const EXIT: &str = "bls_exit_liquidation_request";
const ACCRUED: &str = "get_accrued_rewards";
const REGISTRATION: &str = "bls_registration_request";
/// How often a busy daemon is asked again for signatures, and after what time: others' collections take a minute at most.
const TRIES: usize = 30;
const PAUSE: Duration = Duration::from_secs(3);
/// More nodes than the contract can ever have at once.
const MAX_NON_SIGNERS: usize = 10_000;

/// The answer of `bls_rewards_request` and `bls_swap_request`.
#[derive(Debug, Deserialize)]
struct AggregateAnswer {
    status: Status,
    address: String,
    amount: u64,
    height: u64,
    #[serde(default)]
    msg_to_sign: Option<String>,
    signature: BlsSignature,
    #[serde(default)]
    non_signer_indices: Vec<u64>,
}

/// The answer of `bls_exit_liquidation_request`.
#[derive(Debug, Deserialize)]
struct ExitAnswer {
    status: Status,
    timestamp: u64,
    bls_pubkey: BlsPublicKey,
    signature: BlsSignature,
    #[serde(default)]
    non_signer_indices: Vec<u64>,
}

/// The answer of `bls_registration_request`: the node's own keys, and that it has them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RegistrationAnswer {
    status: Status,
    address: String,
    /// Its BLS key.
    pub bls_pubkey: BlsPublicKey,
    /// Proof that it has that key, for the operator alone.
    pub proof_of_possession: BlsSignature,
    /// Its ed25519 key.
    pub service_node_pubkey: PublicKey,
    /// Its ed25519 signature of both keys.
    pub service_node_signature: oxen_types::Signature,
}

/// What the signature of an exit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitKind {
    /// Its time has come.
    Exit,
    /// It should have left long ago.
    Liquidation,
}

impl Daemon {
    /// What the network signs that it owes an address for service nodes; checked to be about this address and contract.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn rewards_signature(
        &self,
        domain: &BridgeDomain,
        address: &EthereumAddress,
    ) -> Result<Aggregate, DaemonError> {
        let message = |amount| domain.reward(address, amount).as_bytes().to_vec();
        self.aggregate(REWARDS, address, message).await
    }

    /// The same for burned coins. `domain` is that of the contract of rewards, `swap` the contract that pays.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn swap_signature(
        &self,
        domain: &BridgeDomain,
        swap: &EthereumAddress,
        address: &EthereumAddress,
    ) -> Result<Aggregate, DaemonError> {
        let message = |amount| domain.swap(swap, address, amount).as_bytes().to_vec();
        self.aggregate(SWAP, address, message).await
    }

    /// Asks, and asks again while the daemon has no place for one more collection.
    async fn ask_patiently<A: DeserializeOwned>(
        &self,
        method: &'static str,
        parameters: Value,
    ) -> Result<A, DaemonError> {
        for _ in 1..TRIES {
            match self.ask(method, parameters.clone()).await {
                Err(DaemonError::Busy { .. }) => tokio::time::sleep(PAUSE).await,
                answer => return answer,
            }
        }
        self.ask(method, parameters).await
    }

    async fn aggregate(
        &self,
        method: &'static str,
        address: &EthereumAddress,
        message: impl FnOnce(Amount) -> Vec<u8>,
    ) -> Result<Aggregate, DaemonError> {
        let answer: AggregateAnswer = self
            .ask_patiently(method, json!({"address": checksummed(address)}))
            .await?;
        check(method, &answer.status)?;
        check_address(method, address, &answer.address)?;
        check_non_signers(method, &answer.non_signer_indices)?;
        let expected = hex::encode(message(Amount::from_atomic(answer.amount)));
        if answer
            .msg_to_sign
            .is_some_and(|signed| !signed.trim_start_matches("0x").eq_ignore_ascii_case(&expected))
        {
            return Err(strange(
                method,
                "it is signed for another chain or contract than this network's",
            ));
        }
        Ok(Aggregate {
            total: Sesh::from_atomic(answer.amount),
            height: answer.height,
            signature: answer.signature,
            non_signers: answer.non_signer_indices,
        })
    }

    /// What the network signs so that a node can be taken out of the contract.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn exit_signature(&self, node: &PublicKey, kind: ExitKind) -> Result<ExitSignature, DaemonError> {
        let liquidate = kind == ExitKind::Liquidation;
        let answer: ExitAnswer = self
            .ask_patiently(EXIT, json!({"pubkey": node.to_string(), "liquidate": liquidate}))
            .await?;
        check(EXIT, &answer.status)?;
        check_non_signers(EXIT, &answer.non_signer_indices)?;
        Ok(ExitSignature {
            bls_key: answer.bls_pubkey,
            timestamp: answer.timestamp,
            signature: answer.signature,
            non_signers: answer.non_signer_indices,
        })
    }

    /// What the chain says an address has earned in all, in its own spelling or ours.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn earned(&self, address: &EthereumAddress) -> Result<Sesh, DaemonError> {
        let request = AccruedRewardsRequest {
            addresses: vec![checksummed(address)],
        };
        let answer: AccruedRewardsAnswer = self.connection().call(ACCRUED, request).await?;
        check(ACCRUED, &answer.status)?;
        let same = |text: &str| check_address(ACCRUED, address, text).is_ok();
        let found = answer.balances.iter().find(|(text, _)| same(text));
        Ok(Sesh::from_atomic(found.map_or(0, |(_, amount)| *amount)))
    }

    /// What this service node says of itself to an operator.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn registration(&self, operator: &EthereumAddress) -> Result<RegistrationAnswer, DaemonError> {
        let answer: RegistrationAnswer = self
            .ask(REGISTRATION, json!({"address": checksummed(operator)}))
            .await?;
        check(REGISTRATION, &answer.status)?;
        check_address(REGISTRATION, operator, &answer.address)?;
        Ok(answer)
    }

    async fn ask<R: DeserializeOwned>(&self, method: &'static str, parameters: Value) -> Result<R, DaemonError> {
        self.connection().call(method, parameters).await
    }
}

fn strange(method: &'static str, reason: &str) -> DaemonError {
    DaemonError::Unreadable {
        method,
        reason: reason.to_owned(),
    }
}

fn check_address(method: &'static str, asked: &EthereumAddress, answered: &str) -> Result<(), DaemonError> {
    let digits = answered.trim_start_matches("0x").to_lowercase();
    if digits == asked.to_string() {
        Ok(())
    } else {
        Err(strange(method, "it is about another address than was asked for"))
    }
}

fn check_non_signers(method: &'static str, ids: &[u64]) -> Result<(), DaemonError> {
    if ids.len() > MAX_NON_SIGNERS {
        return Err(strange(method, "it lists more nodes than there can be"));
    }
    if ids.is_sorted_by(|first, second| first < second) {
        Ok(())
    } else {
        Err(strange(method, "its list of nodes that did not sign is not in order"))
    }
}
