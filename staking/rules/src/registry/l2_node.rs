//! Nodes whose stakes are on L2: how a confirmed event makes one, and how one ends in two steps (staking §19.4, §19.5).

use super::{
    contribution::operator_minimum,
    node::{Activity, NodeContributor, NodeRecord, QueuePosition, ServiceNode, Stake},
    registration::{fee_portions, new_record},
};
use crate::{batching::Recipient, keys::Ed25519Signature};
use oxen_types::{
    Amount, Hash, Height, Network, PublicKey,
    bytes::{BlsPublicKey, EthereumAddress},
    extra::{L2Contributor, L2EventKind},
    network::{
        HardForkVersion, L2Settlement,
        constants::{MAX_CONTRIBUTORS, STAKING_FEE_BASIS},
    },
};
use parity_scale_codec::{Decode, Encode};
use std::{collections::BTreeSet, sync::Arc};
use thiserror::Error;

/// Why a confirmed registration makes no node (staking §19.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum L2RegistrationError {
    /// The event is another.
    #[error("the event is no registration")]
    OtherEvent,
    /// One to ten.
    #[error("{found} contributors; 1 to {MAX_CONTRIBUTORS} are required")]
    ContributorCount {
        /// Found.
        found: usize,
    },
    /// The operator stakes a quarter, everybody else something, and nobody more than is left.
    #[error("contributor {position} stakes {found}; {least} to {most} is required")]
    Contribution {
        /// From 1.
        position: usize,
        /// Atomic SESH.
        found: Amount,
        /// Atomic SESH.
        least: Amount,
        /// Atomic SESH.
        most: Amount,
    },
    /// The parts make the whole.
    #[error("{found} are staked; exactly {required} are required")]
    NotFunded {
        /// Atomic SESH.
        found: Amount,
        /// Atomic SESH.
        required: Amount,
    },
    /// At most all.
    #[error("an operator's fee of {found} of 10,000")]
    FeeTooHigh {
        /// Found.
        found: u64,
    },
    /// The node did not sign.
    #[error("the registration is not signed by service node {key}")]
    InvalidSignature {
        /// Its primary key.
        key: PublicKey,
    },
    /// Nobody contributes twice.
    #[error("two contributors have the same address")]
    DuplicateContributor,
}

/// The node that a registration makes in the block at `height`, were its keys new.
///
/// # Errors
/// The first rule that is broken.
pub fn register_l2_node(
    event: &L2EventKind,
    height: Height,
    version: HardForkVersion,
    requirement: Amount,
    network: &Network,
) -> Result<(PublicKey, ServiceNode), L2RegistrationError> {
    let L2EventKind::NewServiceNode {
        service_node_key: key,
        bls_key,
        signature,
        fee,
        contributors,
    } = event
    else {
        return Err(L2RegistrationError::OtherEvent);
    };
    check_contributions(contributors, requirement)?;
    if *fee > STAKING_FEE_BASIS {
        return Err(L2RegistrationError::FeeTooHigh { found: *fee });
    }
    let message = [key.as_bytes().as_slice(), bls_key.as_bytes()].concat();
    if !Ed25519Signature::new(signature.to_bytes()).is_good(&message, key) {
        return Err(L2RegistrationError::InvalidSignature { key: *key });
    }
    let distinct: BTreeSet<EthereumAddress> = contributors.iter().map(|one| one.address).collect();
    if distinct.len() != contributors.len() {
        return Err(L2RegistrationError::DuplicateContributor);
    }
    let record = NodeRecord {
        activity: Activity::Active { since: height },
        ..new_record(QueuePosition::after_block(height), version, network)
    };
    let stake = Stake {
        requirement,
        bls_key: Some(*bls_key),
        operator: operator_of(contributors),
        operator_portions: fee_portions(*fee),
        contributors: contributors.iter().map(contributor).collect(),
        total_contributed: requirement,
        total_reserved: requirement,
    };
    let stake = Arc::new(stake);
    Ok((*key, ServiceNode { record, stake }))
}

fn operator_of(contributors: &[L2Contributor]) -> Recipient {
    let first = contributors.first().map(|one| one.address);
    Recipient::Ethereum(first.unwrap_or_default())
}

fn contributor(one: &L2Contributor) -> NodeContributor {
    let beneficiary = one.beneficiary();
    NodeContributor {
        recipient: Recipient::Ethereum(one.address),
        beneficiary: (beneficiary != one.address).then_some(beneficiary),
        amount: one.amount,
        reserved: one.amount,
        locked: Vec::new(),
    }
}

/// As for stakes of OXEN, but the least is an atomic unit behind the operator, and the parts must fill the node.
fn check_contributions(contributors: &[L2Contributor], requirement: Amount) -> Result<(), L2RegistrationError> {
    let found = contributors.len();
    if found == 0 || found > MAX_CONTRIBUTORS {
        return Err(L2RegistrationError::ContributorCount { found });
    }
    let mut staked = Amount::ZERO;
    for (one, position) in contributors.iter().zip(1_usize..) {
        let least = if position == 1 {
            operator_minimum(requirement)
        } else {
            Amount::from_atomic(1)
        };
        let most = requirement.saturating_sub(staked);
        if one.amount < least || one.amount > most {
            return Err(L2RegistrationError::Contribution {
                position,
                found: one.amount,
                least,
                most,
            });
        }
        staked = staked.saturating_add(one.amount);
    }
    if staked == requirement {
        Ok(())
    } else {
        Err(L2RegistrationError::NotFunded {
            found: staked,
            required: requirement,
        })
    }
}

/// How a node left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Removal {
    /// Somebody asked for it and the time was over.
    Expired,
    /// A quorum threw it out.
    Deregistered,
    /// The contract does not know it.
    Purged,
}

/// A node that left and whose stake the contract still holds.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RemovedNode {
    /// Primary key.
    pub key: PublicKey,
    /// Height of the block that removed it.
    pub height: Height,
    /// From this height on anybody may have it liquidated.
    pub liquidation_height: Height,
    /// How it left.
    pub removal: Removal,
    /// As it was.
    pub record: NodeRecord,
    /// What was staked.
    pub stake: Stake,
}

impl RemovedNode {
    /// A node with a BLS key that leaves in the block at `height`.
    #[must_use]
    pub fn new(key: PublicKey, node: &ServiceNode, removal: Removal, height: Height, network: &Network) -> Self {
        Self {
            key,
            height,
            liquidation_height: height.saturating_add(network.l2.exit_buffer_blocks),
            removal,
            record: node.record,
            stake: Stake::clone(&node.stake),
        }
    }
}

/// What was staked with a registration that was confirmed but made no node: the contract holds it. Kept where nothing may be
/// lost ([`L2Settlement::NothingLost`]).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct UnregisteredStake {
    /// The transaction that reported it.
    pub report: Hash,
    /// Height of the block that confirmed it.
    pub height: Height,
    /// Who put in how much, the operator first; atomic SESH.
    pub stakes: Vec<(EthereumAddress, Amount)>,
}

/// Stake that goes back to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StakeReturn {
    /// The transaction that reported the exit.
    pub report: Hash,
    /// Position among those whom this exit pays.
    pub position: u32,
    /// Who.
    pub address: EthereumAddress,
    /// Atomic SESH.
    pub amount: Amount,
    /// Becomes part of what accrues in the block at this height: at the earliest the one that confirmed the exit.
    pub payout_height: Height,
}

/// An exit that the contract reported and the network confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfirmedExit {
    /// The transaction that reported it.
    pub report: Hash,
    /// What the contract says comes back; atomic SESH.
    pub returned: Amount,
    /// Height of the block that confirmed it.
    pub height: Height,
}

impl ConfirmedExit {
    /// What comes back of a node that left; `None` when the exit has no effect: it was liquidated too early, or was slashed by
    /// more than its operator staked.
    #[must_use]
    pub fn settle(&self, node: &RemovedNode, network: &Network) -> Option<Vec<StakeReturn>> {
        let slash = node.stake.requirement.saturating_sub(self.returned);
        if !slash.is_zero() && self.height < node.liquidation_height {
            return None;
        }
        let waits = match network.l2.settlement {
            L2Settlement::AsReference => !slash.is_zero(),
            L2Settlement::NothingLost => !slash.is_zero() || node.removal == Removal::Deregistered,
        };
        let free = node.height.saturating_add(network.staking.deregistration_lock_blocks);
        let delay = if waits { free.since(self.height) } else { 0 };
        let stakes = node
            .stake
            .contributors
            .iter()
            .filter_map(|one| Some((one.recipient.ethereum()?, one.amount)));
        self.returns(stakes, slash, delay)
    }

    /// What comes back of a registration that made no node.
    #[must_use]
    pub fn refund(&self, stake: &UnregisteredStake) -> Option<Vec<StakeReturn>> {
        let total = Amount::checked_sum(stake.stakes.iter().map(|(_, amount)| *amount))?;
        self.returns(stake.stakes.iter().copied(), total.saturating_sub(self.returned), 0)
    }

    fn returns(
        &self,
        stakes: impl Iterator<Item = (EthereumAddress, Amount)>,
        slash: Amount,
        delay: u64,
    ) -> Option<Vec<StakeReturn>> {
        // A delay of one block and none are the same: the block that confirms accrues first.
        let payout_height = self.height.saturating_sub(1).saturating_add(delay.max(1));
        stakes
            .zip(0_u32..)
            .map(|((address, amount), position)| {
                let taken = if position == 0 { slash } else { Amount::ZERO };
                Some(StakeReturn {
                    report: self.report,
                    position,
                    address,
                    amount: amount.checked_sub(taken)?,
                    payout_height,
                })
            })
            .collect()
    }
}

/// The BLS key that an event is about; `None` of one that is about no node.
#[must_use]
pub const fn bls_key_of(event: &L2EventKind) -> Option<&BlsPublicKey> {
    match event {
        L2EventKind::NewServiceNode { bls_key, .. }
        | L2EventKind::ExitRequest { bls_key }
        | L2EventKind::Exit { bls_key, .. }
        | L2EventKind::PurgeMissingServiceNode { bls_key } => Some(bls_key),
        L2EventKind::StakingRequirementUpdated { .. } => None,
    }
}

#[cfg(test)]
mod tests;
