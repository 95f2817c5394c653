//! How a reward is split (chain §4.7, step 4). All divisions round down; what they lose is lost to everybody.

use crate::batching::Recipient;
use oxen_types::{
    Amount,
    network::constants::{BATCH_REWARD_FACTOR, STAKING_PORTIONS},
};
use parity_scale_codec::{Decode, Encode};
use std::iter;

/// An amount in thousandths of an atomic unit, in which rewards accrue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct MilliAmount(u64);

impl MilliAmount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From thousandths of an atomic unit.
    #[must_use]
    pub const fn new(milli: u64) -> Self {
        Self(milli)
    }

    /// From whole atomic units, unless it overflows.
    #[must_use]
    pub const fn from_amount(amount: Amount) -> Option<Self> {
        match amount.atomic().checked_mul(BATCH_REWARD_FACTOR) {
            Some(milli) => Some(Self(milli)),
            None => None,
        }
    }

    /// In thousandths of an atomic unit.
    #[must_use]
    pub const fn milli(self) -> u64 {
        self.0
    }

    /// Whole atomic units, rounded down.
    #[must_use]
    pub const fn whole(self) -> Amount {
        Amount::from_atomic(self.0 / BATCH_REWARD_FACTOR)
    }

    /// The sum, unless it overflows.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// This much once for each of `count` blocks, unless it overflows.
    #[must_use]
    pub const fn checked_mul(self, count: u64) -> Option<Self> {
        match self.0.checked_mul(count) {
            Some(product) => Some(Self(product)),
            None => None,
        }
    }

    /// The difference, unless it would be negative.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }

    /// An equal part for each of `count`, rounded down; nothing when there is nobody.
    #[must_use]
    pub const fn share(self, count: u64) -> Self {
        match self.0.checked_div(count) {
            Some(share) => Self(share),
            None => Self::ZERO,
        }
    }
}

/// What one contributor staked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Contribution {
    /// Who is paid.
    pub recipient: Recipient,
    /// Staked, atomic OXEN.
    pub amount: Amount,
}

/// How a node's reward is split.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct NodeShares {
    /// The operator's fee in portions of 2⁶⁴ − 4.
    pub operator_portions: u64,
    /// Who receives the fee.
    pub operator: Recipient,
    /// Everybody who staked, the operator included.
    pub contributions: Vec<Contribution>,
}

/// One part of a node's reward, the same in every block that has as many paid nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum RewardPart {
    /// The operator's fee.
    OperatorFee {
        /// Of 2⁶⁴ − 4.
        portions: u64,
    },
    /// What a stake earns of the rest.
    Contribution {
        /// The operator's fee, which comes off first; of 2⁶⁴ − 4.
        portions: u64,
        /// The stake, atomic OXEN.
        amount: Amount,
        /// All stakes together, atomic OXEN.
        total: Amount,
    },
}

impl RewardPart {
    /// This part of the node's `reward`.
    #[must_use]
    pub fn of(&self, reward: MilliAmount) -> MilliAmount {
        let fee = |portions| multiply_divide(portions, reward.milli(), u128::from(STAKING_PORTIONS));
        MilliAmount(match *self {
            Self::OperatorFee { portions } => fee(portions),
            Self::Contribution {
                portions,
                amount,
                total,
            } => {
                let rest = reward.milli().saturating_sub(fee(portions));
                multiply_divide(amount.atomic(), rest, u128::from(total.atomic()))
            }
        })
    }
}

impl NodeShares {
    /// The parts of the reward and who gets them: first the operator's fee, then each stake. Who staked nothing is left out: the
    /// keys of such an entry need not even be points (a registration may reserve nothing for somebody).
    pub fn parts(&self) -> impl Iterator<Item = (&Recipient, RewardPart)> {
        let portions = self.operator_portions;
        let total = self
            .contributions
            .iter()
            .fold(Amount::ZERO, |sum, one| sum.saturating_add(one.amount));
        let staked = self.contributions.iter().filter(|one| !one.amount.is_zero());
        let stakes = staked.map(move |one| {
            let part = RewardPart::Contribution {
                portions,
                amount: one.amount,
                total,
            };
            (&one.recipient, part)
        });
        iter::once((&self.operator, RewardPart::OperatorFee { portions })).chain(stakes)
    }

    /// Splits `reward`: first the operator's fee, then the rest in proportion to the stakes. Parts of nothing are left out.
    pub fn split(&self, reward: MilliAmount) -> impl Iterator<Item = (&Recipient, MilliAmount)> {
        self.parts()
            .map(move |(recipient, part)| (recipient, part.of(reward)))
            .filter(|(_, amount)| *amount != MilliAmount::ZERO)
    }
}

/// `a·b / divisor` rounded down; zero when the divisor is.
fn multiply_divide(a: u64, b: u64, divisor: u128) -> u64 {
    let product = u128::from(a).saturating_mul(u128::from(b));
    product
        .checked_div(divisor)
        .and_then(|quotient| u64::try_from(quotient).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_types::PublicKey;

    fn recipient(byte: u8) -> Recipient {
        Recipient::Oxen {
            spend: PublicKey::new([byte; 32]),
            view: PublicKey::new([byte; 32]),
        }
    }

    fn shares(operator_portions: u64, amounts: &[u64]) -> NodeShares {
        let contributions: Vec<Contribution> = (1..)
            .zip(amounts)
            .map(|(byte, amount)| Contribution {
                recipient: recipient(byte),
                amount: Amount::from_atomic(*amount),
            })
            .collect();
        NodeShares {
            operator_portions,
            operator: recipient(1),
            contributions,
        }
    }

    fn amounts(shares: &NodeShares, reward: u64) -> Vec<u64> {
        shares
            .split(MilliAmount::new(reward))
            .map(|(_, amount)| amount.milli())
            .collect()
    }

    #[test]
    fn a_reward_is_split_in_proportion_to_the_stakes() {
        assert_eq!(amounts(&shares(0, &[33, 33, 34]), 200), [66, 66, 68]);
    }

    #[test]
    fn the_operator_takes_the_fee_before_the_split() {
        let ten_percent = STAKING_PORTIONS / 10;
        assert_eq!(amounts(&shares(ten_percent, &[33, 33, 34]), 1000), [99, 297, 297, 306]);
    }

    #[test]
    fn nobody_gets_anything_from_an_empty_node() {
        assert_eq!(amounts(&shares(0, &[]), 1000), Vec::<u64>::new());
        assert_eq!(MilliAmount::new(5).share(0), MilliAmount::ZERO);
    }
}
