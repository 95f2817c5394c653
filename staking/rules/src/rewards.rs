//! How a reward is split (chain §4.7, step 4). All divisions round down; what they lose is lost to everybody.

use crate::batching::Recipient;
use oxen_types::{
    Amount,
    network::constants::{BATCH_REWARD_FACTOR, STAKING_PORTIONS},
};
use parity_scale_codec::{Decode, Encode};
use std::iter;

const FACTOR: u128 = BATCH_REWARD_FACTOR as u128;

/// An amount in thousandths of an atomic unit, in which rewards accrue. Wide enough for any number of [`Amount`]s: what accrued
/// to an account on L2 in its life, with every stake that came back, is not bounded by the supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct MilliAmount(u128);

impl MilliAmount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From thousandths of an atomic unit.
    #[must_use]
    pub const fn new(milli: u128) -> Self {
        Self(milli)
    }

    /// From whole atomic units.
    #[must_use]
    pub fn from_amount(amount: Amount) -> Self {
        // 64 bits and ten are less than 128.
        Self(u128::from(amount.atomic()).saturating_mul(FACTOR))
    }

    /// In thousandths of an atomic unit.
    #[must_use]
    pub const fn milli(self) -> u128 {
        self.0
    }

    /// Whole atomic units, rounded down; `None` when they leave the 64 bits of an [`Amount`].
    #[must_use]
    pub fn whole(self) -> Option<Amount> {
        let whole = self.0.checked_div(FACTOR)?;
        u64::try_from(whole).ok().map(Amount::from_atomic)
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
    pub fn checked_mul(self, count: u64) -> Option<Self> {
        self.0.checked_mul(u128::from(count)).map(Self)
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
    pub fn share(self, count: u64) -> Self {
        self.0.checked_div(u128::from(count)).map_or(Self::ZERO, Self)
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
        let fee = |portions| multiply_divide(portions, reward.milli(), STAKING_PORTIONS);
        MilliAmount(match *self {
            Self::OperatorFee { portions } => fee(portions),
            Self::Contribution {
                portions,
                amount,
                total,
            } => {
                let rest = reward.milli().saturating_sub(fee(portions));
                multiply_divide(amount.atomic(), rest, total.atomic())
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

/// `part·of / whole` rounded down; zero when the whole is, or the quotient leaves 128 bits, which no part of a whole does.
fn multiply_divide(part: u64, of: u128, whole: u64) -> u128 {
    let (part, whole) = (u128::from(part), u128::from(whole));
    let divided = of.checked_div(whole).zip(of.checked_rem(whole));
    let quotient = divided.and_then(|(times, rest)| {
        // The rest is below 64 bits, so this product is below 128.
        let last = part.checked_mul(rest)?.checked_div(whole)?;
        times.checked_mul(part)?.checked_add(last)
    });
    quotient.unwrap_or(0)
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

    fn amounts(shares: &NodeShares, reward: u128) -> Vec<u128> {
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
        assert_eq!(amounts(&shares(0, &[]), 1000), Vec::<u128>::new());
        assert_eq!(MilliAmount::new(5).share(0), MilliAmount::ZERO);
    }

    #[test]
    fn rewards_beyond_64_bits_are_split_to_the_last_thousandth() {
        let most = MilliAmount::from_amount(Amount::from_atomic(u64::MAX)).milli();
        assert_eq!(amounts(&shares(0, &[1, 2]), most), [most / 3, most / 3 * 2]);
        assert_eq!(amounts(&shares(STAKING_PORTIONS, &[7]), most), [most]);
        let half = STAKING_PORTIONS / 2;
        assert_eq!(amounts(&shares(half, &[u64::MAX]), most), [most / 2, most / 2]);
    }

    #[test]
    fn more_than_an_amount_is_not_cut_to_one() {
        let most = Amount::from_atomic(u64::MAX);
        let milli = MilliAmount::from_amount(most);
        assert_eq!(milli.whole(), Some(most));
        assert_eq!(MilliAmount::new(milli.milli() + 999).whole(), Some(most));
        assert_eq!(MilliAmount::new(milli.milli() + 1_000).whole(), None);
    }
}
