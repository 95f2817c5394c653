//! Whether a stake can be asked back now, and when it comes (wallet §8.1, §8.4; staking §8.3).

use super::known::StakedNode;
use oxen_staking_rules::registry::{LockedContribution, unlock::small_stake_limit};
use oxen_types::{Amount, Height, PublicKey, network::StakingParameters};
use thiserror::Error;

/// Why a stake cannot be asked back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnlockRefusal {
    /// The wallet has nothing on the node.
    #[error(
        "this wallet has no stake on service node {service_node}: print_locked_stakes lists the nodes it has stakes on"
    )]
    NotOurs {
        /// The node.
        service_node: PublicKey,
    },
    /// Somebody asked before, perhaps another contributor.
    #[error(
        "the unlock was requested already: the stake is free at height {unlock_height}, and nothing more is to be done"
    )]
    AlreadyRequested {
        /// Where it is free.
        unlock_height: Height,
    },
    /// A small contribution to a young node.
    #[error(
        "a stake of {amount} OXEN is a small one and cannot ask for its unlock before height {from}, so that small stakes do not \
         end young service nodes; a contributor with at least {threshold} OXEN can ask now, which frees all stakes of the node"
    )]
    TooEarly {
        /// The largest contribution of this wallet.
        amount: Amount,
        /// The least that could ask now.
        threshold: Amount,
        /// From where on it can.
        from: Height,
    },
}

/// What to sign, and when the stake comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnlockChoice {
    /// The output that asks.
    pub contribution: LockedContribution,
    /// Where all stakes of the node are free, if the next block takes the request; a block later for each block that it waits.
    pub unlock_height: Height,
}

impl StakedNode {
    /// Chooses the contribution that asks: the largest one of this wallet, since only small ones may have to wait. `next` is
    /// the height of the next block.
    ///
    /// # Errors
    /// [`UnlockRefusal`].
    pub fn choose_unlock(
        &self,
        service_node: PublicKey,
        next: Height,
        parameters: &StakingParameters,
    ) -> Result<UnlockChoice, UnlockRefusal> {
        let largest = self.outputs.iter().max_by_key(|output| output.amount);
        let contribution = *largest.ok_or(UnlockRefusal::NotOurs { service_node })?;
        if let Some(unlock_height) = self.requested_unlock_height {
            return Err(UnlockRefusal::AlreadyRequested { unlock_height });
        }
        let from = self
            .registration_height
            .saturating_add(parameters.small_contributor_unlock_blocks);
        let threshold = small_stake_limit(self.requirement);
        if contribution.amount < threshold && next < from {
            return Err(UnlockRefusal::TooEarly {
                amount: contribution.amount,
                threshold,
                from,
            });
        }
        Ok(UnlockChoice {
            contribution,
            unlock_height: next.saturating_add(parameters.unlock_blocks),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::known::{NodeFunding, StakedNode},
        *,
    };
    use oxen_types::{KeyImage, Network};

    const OXEN: u64 = 1_000_000_000;

    fn contribution(amount: u64, number: u8) -> LockedContribution {
        LockedContribution {
            key_image: KeyImage::new([number; 32]),
            output_key: PublicKey::new([number; 32]),
            amount: Amount::from_atomic(amount),
        }
    }

    fn node(amounts: &[u64]) -> StakedNode {
        StakedNode {
            registration_height: Height::new(1_000),
            requested_unlock_height: None,
            requirement: Amount::from_atomic(15_000 * OXEN),
            funding: NodeFunding::Complete,
            credited: Amount::from_atomic(amounts.iter().sum()),
            reserved: Amount::from_atomic(amounts.iter().sum()),
            outputs: amounts
                .iter()
                .zip(1..)
                .map(|(amount, number)| contribution(*amount, number))
                .collect(),
        }
    }

    fn choose(node: &StakedNode, next: u64) -> Result<UnlockChoice, UnlockRefusal> {
        node.choose_unlock(PublicKey::new([9; 32]), Height::new(next), &Network::mainnet().staking)
    }

    #[test]
    fn the_largest_contribution_asks_and_the_height_is_fifteen_days_on() {
        let choice = choose(&node(&[2_000 * OXEN, 4_000 * OXEN, 1_000 * OXEN]), 1_001).unwrap();
        assert_eq!(choice.contribution.amount.atomic(), 4_000 * OXEN);
        assert_eq!(choice.unlock_height, Height::new(1_001 + 10_800));
    }

    #[test]
    fn a_second_request_is_answered_with_the_height_of_the_first() {
        let mut node = node(&[15_000 * OXEN]);
        node.requested_unlock_height = Some(Height::new(12_345));
        let refused = choose(&node, 2_000).unwrap_err();
        assert_eq!(
            refused,
            UnlockRefusal::AlreadyRequested {
                unlock_height: Height::new(12_345)
            }
        );
        assert!(refused.to_string().contains("12345"));
    }

    #[test]
    fn a_small_contribution_waits_for_thirty_days_from_the_registration() {
        let threshold = 3_748_500_000_000;
        let small = node(&[threshold - 1]);
        let refused = choose(&small, 1_000 + 21_599).unwrap_err();
        assert_eq!(
            refused,
            UnlockRefusal::TooEarly {
                amount: Amount::from_atomic(threshold - 1),
                threshold: Amount::from_atomic(threshold),
                from: Height::new(1_000 + 21_600)
            }
        );
        assert!(choose(&small, 1_000 + 21_600).is_ok());
        assert!(choose(&node(&[threshold]), 1_001).is_ok());
    }

    #[test]
    fn a_node_without_a_stake_of_ours_is_not_unlocked() {
        let refused = choose(&node(&[]), 1_001).unwrap_err();
        assert!(matches!(refused, UnlockRefusal::NotOurs { .. }));
    }
}
