//! What a contribution contract says of itself.

use super::Finalizing;
use crate::{
    address::{from_alloy, to_alloy},
    amount::Sesh,
    contracts::{ServiceNodeContribution as Contract, ServiceNodeRewards as Rewards},
    provider::{L2Error, L2Provider},
    service_node::is_signed_by_node,
};
use alloy::primitives::{Address, U256};
use oxen_types::bytes::{BlsPublicKey, EthereumAddress, PublicKey};
use std::fmt;

/// More contributors than any contract has.
const MAX_LISTED: usize = 1_000;

/// What a contract waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContributionStatus {
    /// The operator's contribution.
    WaitsForOperator,
    /// The contributions of the others.
    Open,
    /// The operator's word: the stake is complete.
    Complete,
    /// Nothing: the node was registered.
    Finalized,
}

impl ContributionStatus {
    /// As contracts number them.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::WaitsForOperator),
            1 => Some(Self::Open),
            2 => Some(Self::Complete),
            3 => Some(Self::Finalized),
            _ => None,
        }
    }

    /// The word for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::WaitsForOperator => "waits_for_operator",
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Finalized => "finalized",
        }
    }
}

impl fmt::Display for ContributionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WaitsForOperator => "waiting for the operator's contribution",
            Self::Open => "open for contributions",
            Self::Complete => "complete, waiting for the operator to finalize it",
            Self::Finalized => "finalized: the node was registered",
        })
    }
}

/// What contributors agree to; it changes only while nobody has contributed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContributionTerms {
    /// The node's ed25519 key.
    pub service_node: PublicKey,
    /// Its BLS key.
    pub bls_key: BlsPublicKey,
    /// True when the node signed both of its keys. The contract does not check it, the chain does.
    pub signed_by_node: bool,
    /// Who runs the node.
    pub operator: EthereumAddress,
    /// The operator's fee in hundredths of a percent.
    pub fee: u16,
    /// The token of stakes.
    pub token: EthereumAddress,
    /// The stake that is collected.
    pub requirement: Sesh,
    /// The most contributors.
    pub max_contributors: u64,
}

impl ContributionTerms {
    async fn read(provider: &L2Provider, contract: &EthereumAddress) -> Result<Self, L2Error> {
        let parameters = provider.read(contract, &Contract::serviceNodeParamsCall {}).await?;
        let key = provider.read(contract, &Contract::blsPubkeyCall {}).await?;
        let service_node = PublicKey::new(parameters.serviceNodePubkey.to_be_bytes());
        let bls_key = BlsPublicKey::new(joined(key.X, key.Y));
        let signature = joined(parameters.serviceNodeSignature1, parameters.serviceNodeSignature2);
        let requirement = provider.read(contract, &Contract::stakingRequirementCall {}).await?;
        let most = provider.read(contract, &Contract::maxContributorsCall {}).await?;
        Ok(Self {
            service_node,
            bls_key,
            signed_by_node: is_signed_by_node(&service_node, &bls_key, &signature),
            operator: from_alloy(provider.read(contract, &Contract::operatorCall {}).await?),
            fee: parameters.fee,
            token: from_alloy(provider.read(contract, &Contract::SESHCall {}).await?),
            requirement: Sesh::from_word_saturating(requirement),
            max_contributors: u64::try_from(most).unwrap_or(u64::MAX),
        })
    }
}

/// Two words in a row.
fn joined(first: U256, second: U256) -> [u8; 64] {
    let mut bytes = [0; 64];
    let (left, right) = bytes.split_at_mut(32);
    left.copy_from_slice(&first.to_be_bytes::<32>());
    right.copy_from_slice(&second.to_be_bytes::<32>());
    bytes
}

/// Who has contributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contributor {
    /// Who.
    pub address: EthereumAddress,
    /// Who gets the rewards of it; the stake comes back to the contributor.
    pub beneficiary: EthereumAddress,
    /// How much.
    pub amount: Sesh,
}

/// A place that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    /// For whom.
    pub address: EthereumAddress,
    /// How much at least.
    pub amount: Sesh,
    /// Whether it came.
    pub received: bool,
}

/// What the network's contract of rewards takes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RewardsLimits {
    /// The stake of a node.
    pub requirement: Sesh,
    /// The most contributors.
    pub max_contributors: u64,
}

impl RewardsLimits {
    /// Asks the contract of rewards.
    ///
    /// # Errors
    /// [`L2Error`].
    pub async fn read(provider: &L2Provider, rewards: &EthereumAddress) -> Result<Self, L2Error> {
        let requirement = provider.read(rewards, &Rewards::stakingRequirementCall {}).await?;
        let most = provider.read(rewards, &Rewards::maxContributorsCall {}).await?;
        Ok(Self {
            requirement: Sesh::from_word_saturating(requirement),
            max_contributors: u64::try_from(most).unwrap_or(u64::MAX),
        })
    }
}

/// A contribution contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContributionState {
    /// Where it is.
    pub contract: EthereumAddress,
    /// What contributors agree to.
    pub terms: ContributionTerms,
    /// What it waits for.
    pub status: ContributionStatus,
    /// When a complete stake is registered.
    pub finalizing: Finalizing,
    /// Who has contributed, the operator first.
    pub contributors: Vec<Contributor>,
    /// Places that are or were kept.
    pub reservations: Vec<Reservation>,
    /// How long a contribution stays after it was last raised, seconds.
    pub withdrawal_delay: u64,
}

impl ContributionState {
    /// Asks the contract, which must be one that [`super::Factory::check_made`] knows.
    ///
    /// # Errors
    /// [`L2Error`].
    pub async fn read(provider: &L2Provider, contract: &EthereumAddress) -> Result<Self, L2Error> {
        let status = provider.read(contract, &Contract::statusCall {}).await?;
        let status = ContributionStatus::from_number(status);
        let manual = provider.read(contract, &Contract::manualFinalizeCall {}).await?;
        Ok(Self {
            contract: *contract,
            terms: ContributionTerms::read(provider, contract).await?,
            status: status.ok_or_else(|| provider.senseless("a contract has a status that there is not"))?,
            finalizing: if manual {
                Finalizing::ByOperator
            } else {
                Finalizing::AtOnce
            },
            contributors: contributors(provider, contract).await?,
            reservations: reservations(provider, contract).await?,
            withdrawal_delay: provider.read(contract, &Contract::WITHDRAWAL_DELAYCall {}).await?,
        })
    }

    /// When an address last contributed, seconds since 1970 by the clock of the L2; 0 for one that did not.
    ///
    /// # Errors
    /// [`L2Error`].
    pub async fn contributed_at(&self, provider: &L2Provider, account: &EthereumAddress) -> Result<u64, L2Error> {
        let call = Contract::contributionTimestampCall {
            account: to_alloy(account),
        };
        let time = provider.read(&self.contract, &call).await?;
        Ok(u64::try_from(time).unwrap_or(u64::MAX))
    }
}

async fn contributors(provider: &L2Provider, contract: &EthereumAddress) -> Result<Vec<Contributor>, L2Error> {
    let listed = provider.read(contract, &Contract::getContributionsCall {}).await?;
    check_lengths(
        provider,
        &listed.addrs,
        listed.beneficiaries.len(),
        listed.contribs.len(),
    )?;
    let parts = listed.addrs.iter().zip(listed.beneficiaries).zip(listed.contribs);
    Ok(parts
        .map(|((address, beneficiary), amount)| Contributor {
            address: from_alloy(*address),
            beneficiary: from_alloy(beneficiary),
            amount: Sesh::from_word_saturating(amount),
        })
        .collect())
}

async fn reservations(provider: &L2Provider, contract: &EthereumAddress) -> Result<Vec<Reservation>, L2Error> {
    let listed = provider.read(contract, &Contract::getReservedCall {}).await?;
    check_lengths(provider, &listed.addrs, listed.received.len(), listed.contribs.len())?;
    let parts = listed.addrs.iter().zip(listed.received).zip(listed.contribs);
    Ok(parts
        .map(|((address, received), amount)| Reservation {
            address: from_alloy(*address),
            amount: Sesh::from_word_saturating(amount),
            received,
        })
        .collect())
}

fn check_lengths(provider: &L2Provider, addresses: &[Address], second: usize, third: usize) -> Result<(), L2Error> {
    if addresses.len() == second && second == third && third <= MAX_LISTED {
        Ok(())
    } else {
        Err(provider.senseless("a contract lists its contributors in no order"))
    }
}
