//! What a contribution contract would refuse, in its own order (bridge §1.5), so that nothing is approved or paid for in vain.

use super::{
    ContributionProblem as Problem, ContributionState, ContributionStatus, Contributor, Finalizing, Reserved,
    RewardsLimits,
};
use crate::amount::Sesh;
use oxen_types::bytes::EthereumAddress;
use std::collections::BTreeSet;

/// The operator brings one of so many parts.
const PARTS_OF_OPERATOR: u64 = 4;

/// An equal part, rounded up, of what remains over the places that are open, a quarter for the operator; none where nothing
/// remains or no place is open.
fn least_part(remaining: Sesh, contributors: u64, most: u64) -> Option<Sesh> {
    let open = most.checked_sub(contributors).filter(|open| *open > 0)?;
    let parts = if contributors == 0 { PARTS_OF_OPERATOR } else { open };
    (!remaining.is_zero()).then(|| Sesh::from_atomic(remaining.atomic().div_ceil(parts)))
}

/// The least that an operator contributes to a stake.
#[must_use]
pub fn least_of_operator(requirement: Sesh) -> Sesh {
    least_part(requirement, 0, 1).unwrap_or_default()
}

/// Checks the places that an operator wants kept in a new contract; the first is the operator's own.
///
/// # Errors
/// [`Problem`].
pub fn check_reservations(reserved: &[Reserved], limits: &RewardsLimits) -> Result<(), Problem> {
    let (mut rest, mut seen) = (limits.requirement, BTreeSet::new());
    if reserved.len() as u64 > limits.max_contributors {
        return Err(Problem::TooManyReserved {
            found: reserved.len(),
            most: limits.max_contributors,
        });
    }
    for (index, place) in (0_u64..).zip(reserved) {
        let (address, amount) = (place.address, place.amount);
        if !seen.insert(address) {
            return Err(Problem::ReservedTwice(address));
        }
        let minimum = least_part(rest, index, limits.max_contributors);
        let minimum = minimum.ok_or(Problem::ReservedAboveRest { address, amount, rest })?;
        if amount < minimum {
            return Err(match index {
                0 => Problem::OperatorBelowMinimum { amount, minimum },
                _ => Problem::ReservedBelowMinimum {
                    address,
                    place: seen.len(),
                    amount,
                    minimum,
                },
            });
        }
        if amount > rest {
            return Err(Problem::ReservedAboveRest { address, amount, rest });
        }
        rest = rest.saturating_sub(amount);
    }
    Ok(())
}

impl ContributionState {
    /// All that was contributed.
    #[must_use]
    pub fn total(&self) -> Sesh {
        sum(self.contributors.iter().map(|contributor| contributor.amount))
    }

    /// What is reserved and has not come.
    #[must_use]
    pub fn outstanding(&self) -> Sesh {
        sum(self.waited_for().map(|place| place.amount))
    }

    fn waited_for(&self) -> impl Iterator<Item = &super::Reservation> {
        self.reservations.iter().filter(|place| !place.received)
    }

    /// What is missing to the stake.
    #[must_use]
    pub fn missing(&self) -> Sesh {
        self.terms.requirement.saturating_sub(self.total())
    }

    /// What anybody can contribute: what is missing and not reserved.
    #[must_use]
    pub fn room(&self) -> Sesh {
        self.missing().saturating_sub(self.outstanding())
    }

    fn taken_places(&self) -> u64 {
        let waited_for = self.waited_for().count();
        self.contributors.len().saturating_add(waited_for) as u64
    }

    /// How many more contributors there can be beside those that a place is kept for.
    #[must_use]
    pub fn open_places(&self) -> u64 {
        self.terms.max_contributors.saturating_sub(self.taken_places())
    }

    /// The least that a new contributor without a reserved place must bring; none where there is no room or place.
    #[must_use]
    pub fn minimum(&self) -> Option<Sesh> {
        least_part(self.room(), self.taken_places(), self.terms.max_contributors)
    }

    /// What an address has contributed.
    #[must_use]
    pub fn contribution_of(&self, account: &EthereumAddress) -> Option<&Contributor> {
        self.contributors
            .iter()
            .find(|contributor| contributor.address == *account)
    }

    /// What is reserved for an address and has not come.
    #[must_use]
    pub fn reserved_for(&self, account: &EthereumAddress) -> Option<Sesh> {
        let place = self.waited_for().find(|place| place.address == *account)?;
        Some(place.amount)
    }

    /// The most that an address can contribute.
    #[must_use]
    pub fn room_for(&self, account: &EthereumAddress) -> Sesh {
        let reserved = self.reserved_for(account).unwrap_or_default();
        sum([self.room(), reserved].into_iter()).min(self.missing())
    }

    /// True when this contribution completes the stake.
    #[must_use]
    pub fn is_completed_by(&self, amount: Sesh) -> bool {
        amount == self.missing()
    }

    /// True when this contribution registers the node.
    #[must_use]
    pub fn is_registered_by(&self, amount: Sesh) -> bool {
        self.is_completed_by(amount) && self.finalizing == Finalizing::AtOnce
    }

    /// Whether an address can contribute this much now.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn check_contribution(
        &self,
        limits: &RewardsLimits,
        account: &EthereumAddress,
        amount: Sesh,
    ) -> Result<(), Problem> {
        if !self.terms.signed_by_node {
            return Err(Problem::NodeSignature(self.terms.service_node));
        }
        if matches!(
            self.status,
            ContributionStatus::Complete | ContributionStatus::Finalized
        ) {
            return Err(Problem::Complete {
                requirement: self.terms.requirement,
                status: self.status,
            });
        }
        self.check_limits(limits)?;
        let operator = self.terms.operator;
        let waits = self.status == ContributionStatus::WaitsForOperator;
        if waits && *account != operator {
            return Err(Problem::OperatorFirst(operator));
        }
        if let Some(reserved) = self.reserved_for(account) {
            if amount < reserved {
                return Err(Problem::BelowReserved { amount, reserved });
            }
        } else if self.contribution_of(account).is_none() {
            let minimum = self.minimum().ok_or_else(|| self.why_nothing_is_open())?;
            if amount < minimum {
                return Err(if waits {
                    Problem::OperatorBelowMinimum { amount, minimum }
                } else {
                    Problem::BelowMinimum { amount, minimum }
                });
            }
        }
        let room = self.room_for(account);
        if room.is_zero() {
            return Err(self.why_nothing_is_open());
        }
        if amount > room {
            return Err(Problem::AboveRoom { amount, room });
        }
        Ok(())
    }

    /// Whether the contract of rewards still takes what was promised.
    ///
    /// # Errors
    /// [`Problem::RequirementChanged`], [`Problem::MaxContributorsChanged`].
    pub fn check_limits(&self, limits: &RewardsLimits) -> Result<(), Problem> {
        let terms = &self.terms;
        if limits.max_contributors != terms.max_contributors {
            return Err(Problem::MaxContributorsChanged {
                then: terms.max_contributors,
                now: limits.max_contributors,
            });
        }
        if limits.requirement != terms.requirement {
            return Err(Problem::RequirementChanged {
                then: terms.requirement,
                now: limits.requirement,
            });
        }
        Ok(())
    }

    fn why_nothing_is_open(&self) -> Problem {
        if self.room().is_zero() {
            Problem::AllReserved {
                reserved: self.outstanding(),
            }
        } else {
            Problem::NoPlace(self.terms.max_contributors)
        }
    }

    /// Whether an address can take its contribution back, which it last raised at `contributed_at`; both times are those of the L2.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn check_withdrawal(&self, account: &EthereumAddress, contributed_at: u64, now: u64) -> Result<(), Problem> {
        if self.contribution_of(account).is_none() {
            return Err(Problem::NothingContributed(*account));
        }
        if self.status == ContributionStatus::Finalized {
            return Err(Problem::Registered(self.terms.service_node));
        }
        if *account == self.terms.operator {
            return Err(Problem::OperatorWithdraws(self.contract));
        }
        match self.unlocked_at(contributed_at).checked_sub(now) {
            None | Some(0) => Ok(()),
            Some(seconds) => Err(Problem::Locked { seconds }),
        }
    }

    /// When what was last raised at a time can be taken back.
    #[must_use]
    pub const fn unlocked_at(&self, contributed_at: u64) -> u64 {
        contributed_at.saturating_add(self.withdrawal_delay)
    }

    /// Whether an address can have the rewards of its contribution paid to somebody else.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn check_beneficiary(&self, account: &EthereumAddress) -> Result<(), Problem> {
        if self.status == ContributionStatus::Finalized {
            return Err(Problem::Registered(self.terms.service_node));
        }
        self.contribution_of(account)
            .map(drop)
            .ok_or(Problem::NothingContributed(*account))
    }

    /// Whether an address can have the node registered.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn check_finalize(&self, limits: &RewardsLimits, account: &EthereumAddress) -> Result<(), Problem> {
        self.check_operator(account)?;
        match self.status {
            ContributionStatus::Complete => {}
            ContributionStatus::Finalized => return Err(Problem::Registered(self.terms.service_node)),
            ContributionStatus::WaitsForOperator | ContributionStatus::Open => {
                return Err(Problem::NotComplete {
                    missing: self.missing(),
                });
            }
        }
        if !self.terms.signed_by_node {
            return Err(Problem::NodeSignature(self.terms.service_node));
        }
        self.check_limits(limits)
    }

    /// Whether an address can have the contract begin anew, and everybody's contribution given back; `node` is the number that the
    /// contract of rewards has for its node now.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn check_reset(&self, account: &EthereumAddress, node: Option<u64>) -> Result<(), Problem> {
        self.check_operator(account)?;
        match (self.status, node) {
            (ContributionStatus::Finalized, Some(_)) => Err(Problem::Registered(self.terms.service_node)),
            _ if self.contributors.is_empty() && self.reservations.is_empty() => Err(Problem::NothingToReset),
            _ => Ok(()),
        }
    }

    fn check_operator(&self, account: &EthereumAddress) -> Result<(), Problem> {
        let operator = self.terms.operator;
        if *account == operator {
            Ok(())
        } else {
            Err(Problem::OnlyOperator {
                operator,
                account: *account,
            })
        }
    }
}

fn sum(amounts: impl Iterator<Item = Sesh>) -> Sesh {
    Sesh::from_atomic(amounts.fold(0, |sum, amount| sum.saturating_add(amount.atomic())))
}

#[cfg(test)]
mod tests;
