//! The calls of operators and contributors: approval, registration, exit (bridge §1.4, §4.4).

use crate::{
    address::to_alloy,
    amount::Sesh,
    claim::signature_words,
    contracts::{G1Point, ServiceNodeParams, ServiceNodeRewards as Rewards, Sesh as Token},
    contribution::{ContributionCall, NewContract},
    provider::{L2Error, L2Provider, address_of},
    transaction::Call,
};
use alloy::primitives::{Bytes, Log, U256};
use ed25519_dalek::{Signature, VerifyingKey};
use oxen_types::bytes::{BlsPublicKey, BlsSignature, EthereumAddress, PublicKey};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The highest fee of an operator: 100 %, in hundredths of a percent.
pub const MAX_FEE: u16 = 10_000;

/// What a single call is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceNodeCall {
    /// Lets the contract take the stake.
    Approve {
        /// How much.
        amount: Sesh,
    },
    /// Registers a node.
    Register {
        /// Its key.
        service_node: PublicKey,
    },
    /// Asks for the exit of a node.
    RequestExit {
        /// The contract's number of the node.
        node: u64,
    },
    /// Takes a node out without the network, 30 days after the request.
    ExitAfterWait {
        /// The contract's number of the node.
        node: u64,
    },
    /// Takes a node out with a signature of the network.
    Exit {
        /// Its BLS key.
        bls_key: BlsPublicKey,
    },
    /// Takes a node out that should have left, for a part of its stake.
    Liquidate {
        /// Its BLS key.
        bls_key: BlsPublicKey,
    },
    /// Has a contract made that collects the stake of a node from several contributors.
    CreateContribution(NewContract),
    /// Calls such a contract.
    Contribution(ContributionCall),
}

impl ServiceNodeCall {
    /// The contribution contract that the call was about: the one that it had made, as its logs tell, or that it called.
    #[must_use]
    pub fn contribution_contract(&self, logs: &[Log]) -> Option<EthereumAddress> {
        match self {
            Self::CreateContribution(new) => new.factory.made_contract(logs),
            Self::Contribution(call) => Some(call.contract()),
            _ => None,
        }
    }
}

impl fmt::Display for ServiceNodeCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Approve { amount } => write!(f, "approved {amount} for the contract"),
            Self::Register { service_node } => write!(f, "registered service node {service_node}"),
            Self::RequestExit { node } => write!(f, "asked for the exit of node {node}"),
            Self::ExitAfterWait { node } => write!(f, "took node {node} out"),
            Self::Exit { bls_key } => write!(f, "took the node with BLS key {bls_key} out"),
            Self::Liquidate { bls_key } => write!(f, "liquidated the node with BLS key {bls_key}"),
            Self::CreateContribution(new) => {
                write!(
                    f,
                    "had a contribution contract made for service node {}",
                    new.service_node
                )
            }
            Self::Contribution(call) => call.fmt(f),
        }
    }
}

/// What a service node says of itself to whoever registers it (`bls_registration_request`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Its ed25519 key.
    pub service_node: PublicKey,
    /// Its BLS key.
    pub bls_key: BlsPublicKey,
    /// Proof that it has the BLS key, for one operator alone.
    pub proof: BlsSignature,
    /// Its ed25519 signature of both keys.
    pub signature: [u8; 64],
    /// The operator's fee in hundredths of a percent, at most [`MAX_FEE`].
    pub fee: u16,
}

impl Registration {
    /// Registers the node with the whole stake of the caller.
    #[must_use]
    pub fn call(&self, contract: EthereumAddress) -> Call {
        Call::new(
            contract,
            &Rewards::addBLSPublicKeyCall {
                blsPubkey: point(&self.bls_key),
                blsSignature: signature_words(&self.proof),
                serviceNodeParams: self.parameters(),
                contributors: Vec::new(),
            },
        )
    }

    /// Key, signature and fee as contracts take them.
    pub(crate) fn parameters(&self) -> ServiceNodeParams {
        let word = |bytes: &[u8]| U256::try_from_be_slice(bytes).unwrap_or_default();
        let (first, second) = self.signature.split_at(32);
        ServiceNodeParams {
            serviceNodePubkey: word(self.service_node.as_bytes()),
            serviceNodeSignature1: word(first),
            serviceNodeSignature2: word(second),
            fee: self.fee,
        }
    }

    /// Lets the contract check the proof of the BLS key for this operator, without a transaction.
    ///
    /// # Errors
    /// [`L2Error::Refused`] when it is for somebody else.
    pub async fn check_proof(
        &self,
        provider: &L2Provider,
        contract: &EthereumAddress,
        operator: &EthereumAddress,
    ) -> Result<(), L2Error> {
        let call = Call::new(
            *contract,
            &Rewards::validateProofOfPossessionCall {
                blsPubkey: point(&self.bls_key),
                blsSignature: signature_words(&self.proof),
                caller: to_alloy(operator),
                serviceNodePubkey: U256::try_from_be_slice(self.service_node.as_bytes()).unwrap_or_default(),
            },
        );
        provider.call(Some(operator), contract, call.data).await.map(drop)
    }

    /// True when the node's ed25519 key signed both keys (bridge §3.3). The contract does not check it, the chain does, and a
    /// registration that the chain refuses leaves the stake in the contract.
    #[must_use]
    pub fn is_signed_by_node(&self) -> bool {
        is_signed_by_node(&self.service_node, &self.bls_key, &self.signature)
    }
}

/// True when a node's ed25519 key signed both of its keys.
pub(crate) fn is_signed_by_node(service_node: &PublicKey, bls_key: &BlsPublicKey, signature: &[u8; 64]) -> bool {
    let message = [service_node.as_ref(), bls_key.as_ref()].concat();
    let signature = Signature::from_bytes(signature);
    VerifyingKey::from_bytes(service_node.as_bytes()).is_ok_and(|key| key.verify_strict(&message, &signature).is_ok())
}

/// What the network signed to take a node out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitSignature {
    /// Its BLS key.
    pub bls_key: BlsPublicKey,
    /// When it was asked for, seconds since 1970; it holds for ten minutes.
    pub timestamp: u64,
    /// The signature of all who signed.
    pub signature: BlsSignature,
    /// The contract's numbers of those who did not.
    pub non_signers: Vec<u64>,
}

impl ExitSignature {
    /// Takes the node out.
    #[must_use]
    pub fn exit_call(&self, contract: EthereumAddress) -> Call {
        Call::new(
            contract,
            &Rewards::exitBLSPublicKeyWithSignatureCall {
                blsPubkey: point(&self.bls_key),
                timestamp: U256::from(self.timestamp),
                blsSignature: signature_words(&self.signature),
                ids: self.non_signers.clone(),
            },
        )
    }

    /// Liquidates the node.
    #[must_use]
    pub fn liquidate_call(&self, contract: EthereumAddress) -> Call {
        Call::new(
            contract,
            &Rewards::liquidateBLSPublicKeyWithSignatureCall {
                blsPubkey: point(&self.bls_key),
                timestamp: U256::from(self.timestamp),
                blsSignature: signature_words(&self.signature),
                ids: self.non_signers.clone(),
            },
        )
    }
}

/// Asks for the exit of a node.
#[must_use]
pub fn request_exit_call(contract: EthereumAddress, node: u64) -> Call {
    Call::new(contract, &Rewards::initiateExitBLSPublicKeyCall { serviceNodeID: node })
}

/// Takes a node out 30 days after the request.
#[must_use]
pub fn exit_after_wait_call(contract: EthereumAddress, node: u64) -> Call {
    Call::new(
        contract,
        &Rewards::exitBLSPublicKeyAfterWaitTimeCall { serviceNodeID: node },
    )
}

/// Lets `spender` take an amount of SESH.
#[must_use]
pub fn approve_call(token: EthereumAddress, spender: &EthereumAddress, amount: Sesh) -> Call {
    Call::new(
        token,
        &Token::approveCall {
            spender: to_alloy(spender),
            value: amount.to_word(),
        },
    )
}

/// What the contract says that matters to an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StakingTerms {
    /// The token of stakes.
    pub token: EthereumAddress,
    /// The stake of a node.
    pub requirement: Sesh,
    /// SESH of the account.
    pub balance: Sesh,
    /// SESH of the account that the contract may take.
    pub allowance: Sesh,
}

impl StakingTerms {
    /// Asks the contract of rewards and its token.
    ///
    /// # Errors
    /// [`L2Error`].
    pub async fn read(
        provider: &L2Provider,
        contract: &EthereumAddress,
        account: &EthereumAddress,
    ) -> Result<Self, L2Error> {
        let token = token(provider, contract).await?;
        let requirement = provider.read(contract, &Rewards::stakingRequirementCall {}).await?;
        let requirement = Sesh::from_word(requirement).ok_or_else(|| provider.senseless("more SESH than there is"))?;
        Ok(Self {
            token,
            requirement,
            balance: sesh_balance(provider, &token, account).await?,
            allowance: allowance(provider, &token, account, contract).await?,
        })
    }
}

/// The token of a contract of rewards.
///
/// # Errors
/// [`L2Error`].
pub async fn token(provider: &L2Provider, contract: &EthereumAddress) -> Result<EthereumAddress, L2Error> {
    let token = provider.read(contract, &Rewards::designatedTokenCall {}).await?;
    Ok(address_of(token))
}

/// SESH of an account.
///
/// # Errors
/// [`L2Error`].
pub async fn sesh_balance(
    provider: &L2Provider,
    token: &EthereumAddress,
    account: &EthereumAddress,
) -> Result<Sesh, L2Error> {
    let call = Token::balanceOfCall {
        account: to_alloy(account),
    };
    Ok(Sesh::from_word_saturating(provider.read(token, &call).await?))
}

/// SESH of an account that a contract may take.
///
/// # Errors
/// [`L2Error`].
pub async fn allowance(
    provider: &L2Provider,
    token: &EthereumAddress,
    account: &EthereumAddress,
    spender: &EthereumAddress,
) -> Result<Sesh, L2Error> {
    let call = Token::allowanceCall {
        owner: to_alloy(account),
        spender: to_alloy(spender),
    };
    Ok(Sesh::from_word_saturating(provider.read(token, &call).await?))
}

/// The contract's number of the node with an ed25519 key; none when it is not registered.
///
/// # Errors
/// [`L2Error`].
pub async fn node_with_key(
    provider: &L2Provider,
    contract: &EthereumAddress,
    key: &PublicKey,
) -> Result<Option<u64>, L2Error> {
    let call = Rewards::ed25519ToServiceNodeIDCall {
        key: U256::try_from_be_slice(key.as_bytes()).unwrap_or_default(),
    };
    let number = provider.read(contract, &call).await?;
    Ok((number != 0).then_some(number))
}

/// The contract's number of the node with a BLS key; none when it is not registered.
///
/// # Errors
/// [`L2Error`].
pub async fn node_with_bls_key(
    provider: &L2Provider,
    contract: &EthereumAddress,
    key: &BlsPublicKey,
) -> Result<Option<u64>, L2Error> {
    let call = Rewards::serviceNodeIDsCall {
        key: Bytes::copy_from_slice(key.as_bytes()),
    };
    let number = provider.read(contract, &call).await?;
    Ok((number != 0).then_some(number))
}

/// A BLS key as contracts take it.
pub(crate) fn point(key: &BlsPublicKey) -> G1Point {
    let (x, y) = key.as_bytes().split_at(32);
    G1Point {
        X: U256::try_from_be_slice(x).unwrap_or_default(),
        Y: U256::try_from_be_slice(y).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};

    #[test]
    fn a_node_that_did_not_sign_both_keys_is_not_registered() {
        let node = SigningKey::from_bytes(&[7; 32]);
        let bls_key = BlsPublicKey::new([9; 64]);
        let service_node = PublicKey::new(node.verifying_key().to_bytes());
        let message = [service_node.as_ref(), bls_key.as_ref()].concat();
        let right = Registration {
            service_node,
            bls_key,
            proof: BlsSignature::ZERO,
            signature: node.sign(&message).to_bytes(),
            fee: 0,
        };
        assert!(right.is_signed_by_node());
        let other_key = Registration {
            bls_key: BlsPublicKey::new([8; 64]),
            ..right.clone()
        };
        assert!(!other_key.is_signed_by_node());
        let mut signature = right.signature;
        signature[0] ^= 1;
        assert!(!Registration { signature, ..right }.is_signed_by_node());
    }

    #[test]
    fn selectors_are_those_of_the_deployed_contract() {
        use alloy::sol_types::SolCall;
        for (selector, expected) in [
            (Rewards::updateRewardsBalanceCall::SELECTOR, "7a6d4065"),
            (Rewards::claimRewardsCall::SELECTOR, "0962ef79"),
            (Rewards::addBLSPublicKeyCall::SELECTOR, "bc7efecc"),
            (Rewards::initiateExitBLSPublicKeyCall::SELECTOR, "d9054b09"),
            (Rewards::exitBLSPublicKeyWithSignatureCall::SELECTOR, "95055ffd"),
            (Rewards::exitBLSPublicKeyAfterWaitTimeCall::SELECTOR, "ab0122ae"),
            (Rewards::liquidateBLSPublicKeyWithSignatureCall::SELECTOR, "c4f56d9a"),
        ] {
            assert_eq!(hex::encode(selector), expected);
        }
    }
}
