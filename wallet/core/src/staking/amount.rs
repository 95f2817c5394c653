//! How much to stake: what was asked for, fitted to the room that a node has (wallet §8.1, §8.3).

use oxen_staking_rules::registry::{ContributionRefusal, ContributionRoom};
use oxen_types::{Amount, Timestamp, amount::AmountError};
use std::str::FromStr;
use thiserror::Error;

/// A shortfall of at most this below the minimum, in atomic units, is made up silently (staking §7).
pub const DUST: Amount = Amount::from_atomic(10);
/// For how long a confirmation holds, seconds: the room may be taken by others.
pub const CONFIRMATION_SECONDS: u64 = 600;
/// Parts of a percent that are read: six decimals.
const PERCENT_PARTS: u64 = 1_000_000;
/// Decimals of a percentage.
const PERCENT_DECIMALS: usize = 6;

/// What somebody wants to stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StakeAmount {
    /// So much.
    Exact(Amount),
    /// A part of the requirement, in millionths of a percent; at most all of it.
    Percent(u64),
}

/// Why text is not an amount to stake.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StakeAmountError {
    /// Neither an amount nor a percentage.
    #[error("{0}; write OXEN, as 10000 or 3750.5, or a part of the staking requirement, as 25%")]
    Amount(#[from] AmountError),
    /// Not a percentage.
    #[error(
        "\"{text}\" is not a percentage: write 0 to 100 with at most {PERCENT_DECIMALS} decimals, as 25% or 33.3333%"
    )]
    Percent {
        /// What was typed.
        text: String,
    },
    /// Nothing.
    #[error("a stake of nothing is none: give an amount above zero")]
    Zero,
}

impl FromStr for StakeAmount {
    type Err = StakeAmountError;

    /// `10000`, `3750.5`, `25%`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let amount = match text.strip_suffix('%') {
            None => Self::Exact(text.parse()?),
            Some(number) => {
                Self::Percent(percent_parts(number).ok_or_else(|| StakeAmountError::Percent { text: text.to_owned() })?)
            }
        };
        match amount {
            Self::Exact(Amount::ZERO) | Self::Percent(0) => Err(StakeAmountError::Zero),
            amount => Ok(amount),
        }
    }
}

/// Millionths of a percent.
fn percent_parts(number: &str) -> Option<u64> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let empty = whole.is_empty() && decimals.is_empty();
    if empty || !digits(whole) || !digits(decimals) || decimals.len() > PERCENT_DECIMALS {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let parts: u64 = format!("{decimals:0<PERCENT_DECIMALS$}").parse().ok()?;
    let all = whole.checked_mul(PERCENT_PARTS)?.checked_add(parts)?;
    (all <= PERCENT_PARTS.saturating_mul(100)).then_some(all)
}

impl StakeAmount {
    /// The amount where a node must hold `requirement`; a part of an atomic unit is left out.
    #[must_use]
    pub fn of(self, requirement: Amount) -> Amount {
        match self {
            Self::Exact(amount) => amount,
            Self::Percent(parts) => {
                let whole = u128::from(PERCENT_PARTS).saturating_mul(100);
                let product = u128::from(requirement.atomic()).saturating_mul(u128::from(parts));
                let amount = product.checked_div(whole).unwrap_or(0);
                Amount::from_atomic(u64::try_from(amount).unwrap_or(u64::MAX))
            }
        }
    }
}

/// How an amount was changed to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adjustment {
    /// It fitted.
    None,
    /// It was a few atomic units below the minimum.
    Raised,
    /// It was more than the room.
    Lowered,
}

/// What is going to be staked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettledStake {
    /// How much.
    pub amount: Amount,
    /// How it differs from what was asked for.
    pub adjustment: Adjustment,
}

impl SettledStake {
    /// Fits an amount to the room: at most what is credited, because more would be locked for nothing; at least the minimum.
    ///
    /// # Errors
    /// [`ContributionRefusal::TooSmall`] with the least that would be accepted.
    pub fn fit(asked: Amount, room: &ContributionRoom) -> Result<Self, ContributionRefusal> {
        let (amount, adjustment) = if asked > room.credited {
            (room.credited, Adjustment::Lowered)
        } else {
            (asked, Adjustment::None)
        };
        let shortfall = room.minimum.saturating_sub(amount);
        if shortfall.is_zero() {
            return Ok(Self { amount, adjustment });
        }
        if shortfall <= DUST {
            return Ok(Self {
                amount: room.minimum,
                adjustment: Adjustment::Raised,
            });
        }
        Err(ContributionRefusal::TooSmall {
            offered: asked,
            minimum: room.minimum,
        })
    }

    /// Checks, just before it is sent, that a confirmed amount is still accepted as it is.
    ///
    /// # Errors
    /// What changed, with the numbers that would be accepted now.
    pub fn recheck(&self, room: &ContributionRoom) -> Result<(), ContributionRefusal> {
        let offered = self.amount;
        if offered < room.minimum {
            return Err(ContributionRefusal::TooSmall {
                offered,
                minimum: room.minimum,
            });
        }
        if offered > room.credited.max(room.minimum) {
            return Err(ContributionRefusal::TooLarge {
                offered,
                maximum: room.credited,
            });
        }
        Ok(())
    }
}

/// The moment at which somebody was asked to confirm a stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StakeConfirmation {
    asked: Timestamp,
}

impl StakeConfirmation {
    /// Asked now.
    #[must_use]
    pub const fn asked_at(now: Timestamp) -> Self {
        Self { asked: now }
    }

    /// True when the answer came too late to count. A clock that went backwards does not make it late.
    #[must_use]
    pub fn is_expired(self, now: Timestamp) -> bool {
        now.seconds().saturating_sub(self.asked.seconds()) > CONFIRMATION_SECONDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn atomic(amount: u64) -> Amount {
        Amount::from_atomic(amount)
    }

    const fn room(minimum: u64, credited: u64) -> ContributionRoom {
        ContributionRoom {
            minimum: atomic(minimum),
            credited: atomic(credited),
            maximum: atomic(credited + credited / 100),
        }
    }

    #[test]
    fn amounts_and_percentages_are_read() {
        let requirement = atomic(15_000_000_000_000);
        let read = |text: &str| {
            text.parse::<StakeAmount>()
                .map(|amount| amount.of(requirement).atomic())
        };
        assert_eq!(read("10000"), Ok(10_000_000_000_000));
        assert_eq!(read("3750.5"), Ok(3_750_500_000_000));
        assert_eq!(read("25%"), Ok(3_750_000_000_000));
        assert_eq!(read("100%"), Ok(15_000_000_000_000));
        assert_eq!(read(".000001%"), Ok(150_000));
        assert_eq!(read("33.333333%"), Ok(4_999_999_950_000));
        for text in [
            "%",
            ".%",
            "101%",
            "100.000001%",
            "-1%",
            "1.0000001%",
            "a%",
            "1 %",
            "25%%",
        ] {
            assert!(matches!(read(text), Err(StakeAmountError::Percent { .. })), "{text}");
        }
        assert!(matches!(read("many"), Err(StakeAmountError::Amount(_))));
        assert_eq!(read("0"), Err(StakeAmountError::Zero));
        assert_eq!(read("0.0%"), Err(StakeAmountError::Zero));
    }

    #[test]
    fn an_amount_above_the_room_is_lowered_to_it() {
        let settled = SettledStake::fit(atomic(1_005), &room(100, 1_000)).unwrap();
        assert_eq!(
            (settled.amount, settled.adjustment),
            (atomic(1_000), Adjustment::Lowered)
        );
    }

    #[test]
    fn ten_atomic_units_below_the_minimum_are_made_up_and_eleven_are_not() {
        let room = room(1_000, 5_000);
        let settled = SettledStake::fit(atomic(990), &room).unwrap();
        assert_eq!(
            (settled.amount, settled.adjustment),
            (atomic(1_000), Adjustment::Raised)
        );
        let refused = SettledStake::fit(atomic(989), &room).unwrap_err();
        let expected = ContributionRefusal::TooSmall {
            offered: atomic(989),
            minimum: atomic(1_000),
        };
        assert_eq!(refused, expected);
    }

    #[test]
    fn a_confirmed_stake_is_checked_again_against_what_is_left() {
        let settled = SettledStake::fit(atomic(500), &room(100, 1_000)).unwrap();
        assert_eq!(settled.recheck(&room(500, 500)), Ok(()));
        let smaller = settled.recheck(&room(100, 499)).unwrap_err();
        assert!(matches!(smaller, ContributionRefusal::TooLarge { maximum, .. } if maximum == atomic(499)));
        let larger = settled.recheck(&room(501, 1_000)).unwrap_err();
        assert!(matches!(larger, ContributionRefusal::TooSmall { minimum, .. } if minimum == atomic(501)));
    }

    #[test]
    fn a_confirmation_holds_for_ten_minutes() {
        let asked = StakeConfirmation::asked_at(Timestamp::from_seconds(1_000));
        assert!(!asked.is_expired(Timestamp::from_seconds(1_600)));
        assert!(asked.is_expired(Timestamp::from_seconds(1_601)));
        assert!(!asked.is_expired(Timestamp::from_seconds(0)));
    }

    proptest! {
        #[test]
        fn what_is_settled_is_accepted_and_credited_in_full(asked in 1_u64..3_000_000, minimum in 1_u64..1_000_000, more in 0_u64..1_000_000) {
            let room = room(minimum, minimum + more);
            if let Ok(settled) = SettledStake::fit(atomic(asked), &room) {
                prop_assert!(settled.amount >= room.minimum && settled.amount <= room.credited);
                prop_assert_eq!(settled.recheck(&room), Ok(()));
                prop_assert_eq!(settled.adjustment == Adjustment::None, settled.amount == atomic(asked));
            } else {
                prop_assert!(asked + 10 < minimum);
            }
        }

        #[test]
        fn a_percentage_is_never_more_than_its_part(requirement: u64, parts in 0_u64..=100_000_000) {
            let amount = StakeAmount::Percent(parts).of(atomic(requirement)).atomic();
            prop_assert!(u128::from(amount) * 100_000_000 <= u128::from(requirement) * u128::from(parts));
            prop_assert!(amount <= requirement);
        }
    }
}
