//! Registering a service node (staking §6, HF19).

use super::{
    contribution::{newcomer_minimum, operator_minimum},
    node::{Activity, NodeContributor, NodeRecord, QueuePosition, ServiceNode, Stake},
    stake_transaction::StakedOutput,
};
use crate::{batching::Recipient, quorum::PulseSorter, swarm::SwarmId};
use oxen_crypto::signature::schnorr;
use oxen_types::{
    Amount, Height, Network, PublicKey,
    extra::Registration,
    network::{
        HardForkVersion,
        constants::{MAX_CONTRIBUTORS, STAKING_FEE_BASIS, STAKING_PORTIONS},
    },
};
use std::{collections::BTreeSet, sync::Arc};
use thiserror::Error;

/// Why a registration registers nothing. The transaction is valid all the same, and its output stays free (staking §6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RegistrationError {
    /// From HF20 on nodes are registered on Arbitrum.
    #[error("service nodes are no longer registered by a wallet from hard fork 20 on: register through the contract")]
    MovedToContract,
    /// Portions instead of amounts, or made for another fork.
    #[error("the registration was made for {found}, not for hard fork {expected}: prepare it again on the node")]
    WrongFork {
        /// The present hard fork.
        expected: u8,
        /// The hard fork, or the expiry time of the older form.
        found: u64,
    },
    /// Keys and amounts do not pair.
    #[error("the registration has different numbers of addresses and amounts")]
    UnevenLists,
    /// Nobody, or more than ten.
    #[error("{found} contributors are named; 1 to {MAX_CONTRIBUTORS} are allowed")]
    ContributorCount {
        /// How many.
        found: usize,
    },
    /// A reserved part is too small.
    #[error("contributor {position} has {found} OXEN reserved; at least {minimum} OXEN are required there")]
    ReservationTooSmall {
        /// From 1, the operator.
        position: usize,
        /// Reserved.
        found: Amount,
        /// Would have been accepted.
        minimum: Amount,
    },
    /// The reserved parts are more than a node holds.
    #[error("contributor {position} has {found} OXEN reserved; only {room} OXEN are left")]
    ReservationTooLarge {
        /// From 1, the operator.
        position: usize,
        /// Reserved.
        found: Amount,
        /// Would have been accepted.
        room: Amount,
    },
    /// More than the whole reward.
    #[error("the operator fee of {found} hundredths of a percent is above 10000")]
    FeeTooHigh {
        /// The fee.
        found: u64,
    },
    /// The service node's signature is wrong.
    #[error("the registration is not signed by service node {key}: copy the whole command again")]
    InvalidSignature {
        /// Primary key of the node.
        key: PublicKey,
    },
    /// Somebody else than the operator sent it.
    #[error("the registration must be sent from the operator's wallet, whose address it names first")]
    NotByOperator,
    /// An address is named twice.
    #[error("a contributor is named twice")]
    DuplicateContributor,
    /// The operator staked less than reserved.
    #[error("the operator staked {found} OXEN; {reserved} OXEN are reserved")]
    StakeBelowReservation {
        /// Staked.
        found: Amount,
        /// Reserved.
        reserved: Amount,
    },
}

/// A registration whose terms hold and which the node signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationTerms {
    /// Reserved parts, the operator first; distinct addresses are checked with the stake.
    pub reservations: Vec<(Recipient, Amount)>,
    /// The operator's fee, of 10,000.
    pub fee: u64,
}

impl RegistrationTerms {
    /// Checks everything that does not need the stake: steps 1 to 6 of staking §6.2.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(
        registration: &Registration,
        key: &PublicKey,
        version: HardForkVersion,
        requirement: Amount,
    ) -> Result<Self, RegistrationError> {
        if version >= HardForkVersion::ETHEREUM_TRANSITION {
            return Err(RegistrationError::MovedToContract);
        }
        if registration.hard_fork_or_expiration != u64::from(version.number()) {
            return Err(RegistrationError::WrongFork {
                expected: version.number(),
                found: registration.hard_fork_or_expiration,
            });
        }
        let listed = registration.reservations().ok_or(RegistrationError::UnevenLists)?;
        let reservations: Vec<(Recipient, Amount)> = listed
            .iter()
            .map(|one| {
                let recipient = Recipient::Oxen {
                    spend: one.contributor.spend_key,
                    view: one.contributor.view_key,
                };
                (recipient, Amount::from_atomic(one.amount))
            })
            .collect();
        check_reservations(reservations.iter().map(|(_, amount)| *amount), requirement)?;
        if registration.fee > STAKING_FEE_BASIS {
            return Err(RegistrationError::FeeTooHigh {
                found: registration.fee,
            });
        }
        let message = registration.signature_hash().ok_or(RegistrationError::UnevenLists)?;
        schnorr::verify(&message, key, &registration.signature)
            .map_err(|_| RegistrationError::InvalidSignature { key: *key })?;
        Ok(Self {
            reservations,
            fee: registration.fee,
        })
    }

    /// The node that the stake registers: steps 7 to 9 of staking §6.2 and its §6.3, before the stake itself is credited.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn register(
        &self,
        stake: &StakedOutput,
        place: QueuePosition,
        version: HardForkVersion,
        requirement: Amount,
        network: &Network,
    ) -> Result<ServiceNode, RegistrationError> {
        let (operator, reserved) = *self
            .reservations
            .first()
            .ok_or(RegistrationError::ContributorCount { found: 0 })?;
        if stake.contributor != operator {
            return Err(RegistrationError::NotByOperator);
        }
        let distinct: BTreeSet<&Recipient> = self.reservations.iter().map(|(recipient, _)| recipient).collect();
        if distinct.len() != self.reservations.len() {
            return Err(RegistrationError::DuplicateContributor);
        }
        if stake.output.amount < reserved {
            return Err(RegistrationError::StakeBelowReservation {
                found: stake.output.amount,
                reserved,
            });
        }
        Ok(ServiceNode {
            record: new_record(place, version, network),
            stake: Arc::new(self.stake(operator, requirement)),
        })
    }

    fn stake(&self, operator: Recipient, requirement: Amount) -> Stake {
        let total_reserved = self
            .reservations
            .iter()
            .fold(Amount::ZERO, |sum, (_, amount)| sum.saturating_add(*amount));
        Stake {
            bls_key: None,
            requirement,
            operator,
            operator_portions: fee_portions(self.fee),
            contributors: self
                .reservations
                .iter()
                .map(|(recipient, reserved)| NodeContributor {
                    beneficiary: None,
                    recipient: *recipient,
                    amount: Amount::ZERO,
                    reserved: *reserved,
                    locked: Vec::new(),
                })
                .collect(),
            total_contributed: Amount::ZERO,
            total_reserved,
        }
    }
}

pub(super) fn new_record(place: QueuePosition, version: HardForkVersion, network: &Network) -> NodeRecord {
    NodeRecord {
        registration_height: place.height,
        registration_version: version.number(),
        requested_unlock_height: None,
        queue: place,
        activity: Activity::AwaitingContributions,
        decommission_count: 0,
        last_decommission: None,
        recommission_credit: i64::try_from(network.decommission.initial_credit_blocks).unwrap_or(i64::MAX),
        swarm: SwarmId::UNASSIGNED,
        last_ip_change_height: place.height,
        pulse_sorter: PulseSorter {
            height: Height::GENESIS,
            index: 0,
        },
    }
}

/// The operator's fee, of 10,000, in portions of 2⁶⁴ − 4, rounded down.
#[must_use]
pub fn fee_portions(fee: u64) -> u64 {
    let product = u128::from(fee).saturating_mul(u128::from(STAKING_PORTIONS));
    let portions = product.checked_div(u128::from(STAKING_FEE_BASIS));
    portions
        .and_then(|portions| u64::try_from(portions).ok())
        .unwrap_or(u64::MAX)
}

/// Checks the reserved parts of a registration, the operator's first; atomic OXEN. They need not fill the node.
///
/// # Errors
/// The first part that is too small or too large, with the amount that would have been accepted.
pub fn check_reservations(
    amounts: impl ExactSizeIterator<Item = Amount>,
    requirement: Amount,
) -> Result<(), RegistrationError> {
    let count = amounts.len();
    if count == 0 || count > MAX_CONTRIBUTORS {
        return Err(RegistrationError::ContributorCount { found: count });
    }
    let mut reserved = Amount::ZERO;
    for (place, amount) in amounts.enumerate() {
        let minimum = if place == 0 {
            operator_minimum(requirement)
        } else {
            newcomer_minimum(requirement, reserved, place).unwrap_or(requirement)
        };
        let room = requirement.saturating_sub(reserved);
        let position = place.saturating_add(1);
        if amount < minimum {
            return Err(RegistrationError::ReservationTooSmall {
                position,
                found: amount,
                minimum,
            });
        }
        if amount > room {
            return Err(RegistrationError::ReservationTooLarge {
                position,
                found: amount,
                room,
            });
        }
        reserved = reserved.saturating_add(amount);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
