//! A node of several contributors: the contract that collects its stake, and the calls of it (bridge §1.5, §1.6).
//!
//! The operator has a contract made by the network's [`Factory`], and contributes first; others follow; when the stake is complete
//! the contract registers the node. Until then everybody can take the own part back, a day after it was last raised. A contract is
//! worth trusting only because the factory made it: [`Factory::check`] comes before anything that a contract says of itself.
//!
//! [`ContributionState`] is what a contract says and what it would refuse, [`ContributionProblem`] why, in a sentence.

use crate::{
    address::{checksummed, from_alloy, to_alloy},
    amount::Sesh,
    claim::signature_words,
    contracts::{
        ReservedContributor, ServiceNodeContribution as Contribution, ServiceNodeContributionFactory as FactoryContract,
    },
    provider::L2Provider,
    service_node::{Registration, point},
    transaction::Call,
};
use alloy::{
    primitives::{B256, Log},
    sol_types::SolEvent,
};
use oxen_types::bytes::{EthereumAddress, PublicKey};
use serde::{Deserialize, Serialize};
use std::fmt;

mod problem;
mod rules;
mod state;

pub use problem::ContributionProblem;
pub use rules::{check_reservations, least_of_operator};
pub use state::{ContributionState, ContributionStatus, ContributionTerms, Contributor, Reservation, RewardsLimits};

/// When a complete stake is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finalizing {
    /// With the contribution that completes it.
    AtOnce,
    /// When the operator says so.
    ByOperator,
}

/// A place that is kept for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// For whom.
    pub address: EthereumAddress,
    /// How much at least.
    pub amount: Sesh,
}

/// Who makes contribution contracts on this network, and where their nodes are registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factory {
    /// The factory.
    pub address: EthereumAddress,
    /// The network's contract of service nodes and rewards.
    pub rewards: EthereumAddress,
}

impl Factory {
    /// Checks that the factory is one of the network's contract of rewards.
    ///
    /// # Errors
    /// [`ContributionProblem::OtherRewards`], or the provider's.
    pub async fn check(&self, provider: &L2Provider) -> Result<(), ContributionProblem> {
        let call = FactoryContract::stakingRewardsContractCall {};
        let found = from_alloy(provider.read(&self.address, &call).await?);
        if found == self.rewards {
            Ok(())
        } else {
            Err(ContributionProblem::OtherRewards { factory: *self, found })
        }
    }

    /// Checks that the factory made a contract. What another one says of itself proves nothing.
    ///
    /// # Errors
    /// [`ContributionProblem::NotFromFactory`], [`ContributionProblem::NoContract`], those of [`Self::check`].
    pub async fn check_made(
        &self,
        provider: &L2Provider,
        contract: &EthereumAddress,
    ) -> Result<(), ContributionProblem> {
        self.check(provider).await?;
        let call = FactoryContract::ownsCall {
            contractAddress: to_alloy(contract),
        };
        if provider.read(&self.address, &call).await? {
            return Ok(());
        }
        let contract = *contract;
        if provider.is_contract(&contract).await? {
            Err(ContributionProblem::NotFromFactory {
                contract,
                factory: self.address,
            })
        } else {
            Err(ContributionProblem::NoContract(contract))
        }
    }

    /// The contract that a transaction had this factory make, as its logs tell.
    #[must_use]
    pub fn made_contract(&self, logs: &[Log]) -> Option<EthereumAddress> {
        let ours = logs.iter().filter(|log| log.address == to_alloy(&self.address));
        let mut events =
            ours.filter_map(|log| FactoryContract::NewServiceNodeContributionContract::decode_log(log).ok());
        events.next().map(|event| from_alloy(event.contributorContract))
    }

    /// The contract that was made by the transaction with this id.
    ///
    /// # Errors
    /// [`ContributionProblem::NothingMade`], those of [`Self::check`].
    pub async fn made_by(&self, provider: &L2Provider, id: [u8; 32]) -> Result<EthereumAddress, ContributionProblem> {
        self.check(provider).await?;
        let hash = B256::new(id);
        let receipt = provider.receipt(hash).await?;
        let logs: Vec<Log> = receipt
            .iter()
            .flat_map(|receipt| receipt.logs().iter().map(|log| log.inner.clone()))
            .collect();
        self.made_contract(&logs).ok_or(ContributionProblem::NothingMade(hash))
    }
}

/// A contract that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewContract {
    /// By which factory.
    pub factory: Factory,
    /// The node's ed25519 key.
    pub service_node: PublicKey,
    /// The operator's fee in hundredths of a percent.
    pub fee: u16,
    /// When a complete stake is registered.
    pub finalizing: Finalizing,
    /// Places that are kept, the operator's first; may be none.
    pub reserved: Vec<Reserved>,
}

impl NewContract {
    /// Has it made, with what the node says of itself.
    #[must_use]
    pub fn call(&self, registration: &Registration) -> Call {
        let reserved = self.reserved.iter().map(|place| ReservedContributor {
            addr: to_alloy(&place.address),
            amount: place.amount.to_word(),
        });
        Call::new(
            self.factory.address,
            &FactoryContract::deployCall {
                key: point(&registration.bls_key),
                sig: signature_words(&registration.proof),
                params: registration.parameters(),
                reserved: reserved.collect(),
                manualFinalize: self.finalizing == Finalizing::ByOperator,
            },
        )
    }
}

/// What a call of a contribution contract is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContributionCall {
    /// Contributes, which the contract must be allowed to take.
    Contribute {
        /// To which contract.
        contract: EthereumAddress,
        /// How much.
        amount: Sesh,
        /// Who gets the rewards of it.
        beneficiary: EthereumAddress,
    },
    /// Has the rewards of the caller's contribution paid to somebody else.
    SetBeneficiary {
        /// In which contract.
        contract: EthereumAddress,
        /// To whom.
        beneficiary: EthereumAddress,
    },
    /// Takes the caller's contribution back.
    Withdraw {
        /// From which contract.
        contract: EthereumAddress,
    },
    /// Registers the node with the complete stake.
    Finalize {
        /// Of which contract.
        contract: EthereumAddress,
    },
    /// Gives everybody's contribution back.
    Reset {
        /// Which contract.
        contract: EthereumAddress,
    },
}

impl ContributionCall {
    /// The call.
    #[must_use]
    pub fn call(&self) -> Call {
        match self {
            Self::Contribute {
                contract,
                amount,
                beneficiary,
            } => Call::new(
                *contract,
                &Contribution::contributeFundsCall {
                    amount: amount.to_word(),
                    beneficiary: to_alloy(beneficiary),
                },
            ),
            Self::SetBeneficiary { contract, beneficiary } => Call::new(
                *contract,
                &Contribution::updateBeneficiaryCall {
                    newBeneficiary: to_alloy(beneficiary),
                },
            ),
            Self::Withdraw { contract } => Call::new(*contract, &Contribution::withdrawContributionCall {}),
            Self::Finalize { contract } => Call::new(*contract, &Contribution::finalizeCall {}),
            Self::Reset { contract } => Call::new(*contract, &Contribution::resetCall {}),
        }
    }

    /// The contract that is called.
    #[must_use]
    pub const fn contract(&self) -> EthereumAddress {
        match self {
            Self::Contribute { contract, .. }
            | Self::SetBeneficiary { contract, .. }
            | Self::Withdraw { contract }
            | Self::Finalize { contract }
            | Self::Reset { contract } => *contract,
        }
    }
}

impl fmt::Display for ContributionCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contribute { contract, amount, .. } => {
                write!(f, "contributed {amount} to contract {}", checksummed(contract))
            }
            Self::SetBeneficiary { contract, beneficiary } => write!(
                f,
                "had the rewards of the contribution to contract {} go to {}",
                checksummed(contract),
                checksummed(beneficiary)
            ),
            Self::Withdraw { contract } => {
                write!(f, "took the contribution back from contract {}", checksummed(contract))
            }
            Self::Finalize { contract } => write!(f, "registered the node of contract {}", checksummed(contract)),
            Self::Reset { contract } => write!(
                f,
                "reset contract {}, which gave everybody's contribution back",
                checksummed(contract)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{Address, U256};

    #[test]
    fn a_made_contract_is_told_by_the_factory_alone() {
        let factory = Factory {
            address: EthereumAddress::new([7; 20]),
            rewards: EthereumAddress::new([8; 20]),
        };
        let event = FactoryContract::NewServiceNodeContributionContract {
            contributorContract: Address::repeat_byte(9),
            serviceNodePubkey: U256::from(1),
            operator: Address::repeat_byte(1),
        };
        let log = |address| Log {
            address,
            data: event.encode_log_data(),
        };
        let stranger = log(Address::repeat_byte(6));
        assert_eq!(factory.made_contract(std::slice::from_ref(&stranger)), None);
        let made = factory.made_contract(&[stranger, log(Address::repeat_byte(7))]);
        assert_eq!(made, Some(EthereumAddress::new([9; 20])));
    }
}
