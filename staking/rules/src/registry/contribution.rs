//! How much somebody may stake on a node, and what a stake does to it (staking §7, HF16 to HF20).

use super::node::{LockedContribution, NodeContributor, Stake};
use crate::batching::Recipient;
use oxen_types::{Amount, network::constants::MAX_CONTRIBUTORS};
use thiserror::Error;

/// The least that an operator stakes: a quarter, rounded down (staking §6.2).
#[must_use]
pub const fn operator_minimum(requirement: Amount) -> Amount {
    Amount::from_atomic(requirement.atomic() / 4)
}

/// The least that a newcomer stakes: an equal part of what is not reserved for each slot that is left, rounded down; `None` when
/// no slot is left.
#[must_use]
pub fn newcomer_minimum(requirement: Amount, reserved: Amount, slots_taken: usize) -> Option<Amount> {
    let slots = u64::try_from(MAX_CONTRIBUTORS.checked_sub(slots_taken)?).ok()?;
    let open = requirement.saturating_sub(reserved).atomic();
    open.checked_div(slots).map(Amount::from_atomic)
}

/// The most that is accepted where `room` is open: one percent more, rounded down. Only the room is credited, the whole output
/// is locked.
#[must_use]
pub fn most_accepted(room: Amount) -> Amount {
    let most = u128::from(room.atomic()).saturating_mul(101) / 100;
    Amount::from_atomic(u64::try_from(most).unwrap_or(u64::MAX))
}

/// What one address may stake on a node now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContributionRoom {
    /// The least that counts, atomic OXEN.
    pub minimum: Amount,
    /// The most that is credited, atomic OXEN.
    pub credited: Amount,
    /// The most that is accepted, atomic OXEN; what lies above [`Self::credited`] is locked for nothing.
    pub maximum: Amount,
}

/// Why a stake does not count. The transaction is valid all the same, and its output stays free (staking §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ContributionRefusal {
    /// The node needs nothing more.
    #[error("the service node is fully funded and takes no more stakes")]
    FullyFunded,
    /// Stakes and reserved parts of others take all slots.
    #[error("all {MAX_CONTRIBUTORS} contribution slots are taken or reserved for others")]
    NoSlot,
    /// Too little.
    #[error("the stake of {offered} OXEN is too small: this address must stake at least {minimum} OXEN")]
    TooSmall {
        /// Offered.
        offered: Amount,
        /// Would have been accepted.
        minimum: Amount,
    },
    /// Too much.
    #[error("the stake of {offered} OXEN is too large: this address can stake at most {maximum} OXEN")]
    TooLarge {
        /// Offered.
        offered: Amount,
        /// Would have been accepted.
        maximum: Amount,
    },
}

impl Stake {
    /// What `recipient` may stake now.
    ///
    /// # Errors
    /// The node takes nothing from this address, whatever the amount.
    pub fn room_for(&self, recipient: &Recipient) -> Result<ContributionRoom, ContributionRefusal> {
        if self.is_fully_funded() {
            return Err(ContributionRefusal::FullyFunded);
        }
        let open_reservations_of_others = self
            .contributors
            .iter()
            .filter(|one| one.recipient != *recipient && one.amount < one.reserved)
            .count();
        let slots_taken = self.locked_count().saturating_add(open_reservations_of_others);
        if slots_taken >= MAX_CONTRIBUTORS {
            return Err(ContributionRefusal::NoSlot);
        }
        let own_room = self
            .contributor(recipient)
            .map_or(Amount::ZERO, |one| one.reserved.saturating_sub(one.amount));
        let minimum = if own_room.is_zero() {
            newcomer_minimum(self.requirement, self.total_reserved, slots_taken).ok_or(ContributionRefusal::NoSlot)?
        } else {
            own_room
        };
        let credited = self
            .requirement
            .saturating_sub(self.total_reserved.saturating_sub(own_room));
        Ok(ContributionRoom {
            minimum,
            credited,
            maximum: most_accepted(credited),
        })
    }

    /// Credits a locked output to `recipient`, or says why it does not count.
    ///
    /// # Errors
    /// The rule that keeps it out; nothing changed.
    pub fn contribute(&mut self, recipient: Recipient, output: LockedContribution) -> Result<(), ContributionRefusal> {
        let room = self.room_for(&recipient)?;
        let offered = output.amount;
        if offered < room.minimum {
            return Err(ContributionRefusal::TooSmall {
                offered,
                minimum: room.minimum,
            });
        }
        if offered > room.maximum {
            return Err(ContributionRefusal::TooLarge {
                offered,
                maximum: room.maximum,
            });
        }
        let open = self.requirement.saturating_sub(self.total_reserved);
        let contributor = self.contributor_entry(recipient);
        let creditable = contributor
            .reserved
            .saturating_add(open)
            .saturating_sub(contributor.amount);
        let credited = creditable.min(offered);
        contributor.amount = contributor.amount.saturating_add(credited);
        let raised = contributor.amount.saturating_sub(contributor.reserved);
        contributor.reserved = contributor.reserved.saturating_add(raised);
        contributor.locked.push(output);
        self.total_contributed = self.total_contributed.saturating_add(credited);
        self.total_reserved = self.total_reserved.saturating_add(raised);
        Ok(())
    }

    /// The entry of this address, new at the end where there is none.
    fn contributor_entry(&mut self, recipient: Recipient) -> &mut NodeContributor {
        let place = self.contributors.iter().position(|one| one.recipient == recipient);
        let place = place.unwrap_or_else(|| {
            self.contributors.push(NodeContributor {
                beneficiary: None,
                recipient,
                amount: Amount::ZERO,
                reserved: Amount::ZERO,
                locked: Vec::new(),
            });
            self.contributors.len().saturating_sub(1)
        });
        self.contributors
            .get_mut(place)
            .expect("the place was found or made just now")
    }
}

#[cfg(test)]
mod tests;
