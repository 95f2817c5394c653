//! Where a node is heading, for its operator: what fails or is about to, and how many blocks are left to do something.
//!
//! A forecast of what validators like us would vote. They meet by chance, so what is due at once can still take some blocks.

use super::{
    decision::{grace_blocks, minimum_credit},
    node_tests::{FailedTest, TestContext, test_node, unreachable_limit_seconds},
    observations::NodeObservations,
    reachability::Reachability,
};
use crate::registry::ServiceNode;
use oxen_types::{Height, Network, extra::Reasons, network::HardForkVersion};

/// A forecast, provided that nothing more is heard of the node and nothing it does changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// The tests that it fails now.
    pub failing: Vec<FailedTest>,
    /// The test that fails next and the seconds until then; `None` when one fails already or none can be foreseen.
    pub next_failure: Option<(Reasons, u64)>,
    /// Credit left, in blocks; negative once it is used up.
    pub credit_blocks: i64,
    /// Blocks until votes to suspend it begin; `None` where that does not come next.
    pub blocks_until_decommission: Option<u64>,
    /// Blocks until votes to throw it out begin; `None` where nothing leads there.
    pub blocks_until_deregistration: Option<u64>,
}

/// Forecasts for a node while the newest block has `height`.
#[must_use]
pub fn outlook(node: &ServiceNode, seen: &NodeObservations, height: Height, context: &TestContext<'_>) -> Outlook {
    let network = context.network;
    let failing = test_node(node, seen, context).failed;
    let credit_blocks = node.decommission_credit(height.next(), network);
    let next_failure = if failing.is_empty() {
        next_failure(seen, context)
    } else {
        None
    };
    let blocks_until_failure = if failing.is_empty() {
        next_failure.map(|(_, seconds)| blocks_to_wait(seconds, network))
    } else {
        Some(0)
    };
    let mut outlook = Outlook {
        failing,
        next_failure,
        credit_blocks,
        blocks_until_decommission: None,
        blocks_until_deregistration: None,
    };
    if !node.is_fully_funded() {
        return outlook;
    }
    let grace = |blocks: u64| blocks.max(grace_blocks(network, height));
    if node.is_decommissioned() {
        let left = blocks_of(credit_blocks);
        outlook.blocks_until_deregistration = blocks_until_failure.map(|blocks| grace(blocks.max(left)));
    } else if let Some(blocks) = blocks_until_failure {
        let credit = node.decommission_credit(height.next().saturating_add(blocks), network);
        if credit >= minimum_credit(network) {
            outlook.blocks_until_decommission = Some(blocks);
            outlook.blocks_until_deregistration = Some(grace(blocks.saturating_add(blocks_of(credit))));
        } else {
            outlook.blocks_until_deregistration = Some(grace(blocks));
        }
    }
    outlook
}

/// Blocks until a credit that falls by one a block is below zero.
fn blocks_of(credit: i64) -> u64 {
    u64::try_from(credit.saturating_add(1)).unwrap_or(0)
}

/// Blocks that come in `seconds`, rounded up.
fn blocks_to_wait(seconds: u64, network: &Network) -> u64 {
    seconds.div_ceil(network.target_block_seconds.max(1))
}

/// The first test to fail, of those that time alone makes fail.
fn next_failure(seen: &NodeObservations, context: &TestContext<'_>) -> Option<(Reasons, u64)> {
    let uptime = &context.network.uptime;
    let now = context.now.seconds();
    let proof = seen.proof_counts_from.map(|since| {
        let last_good = since.seconds().saturating_add(uptime.validity_seconds);
        (Reasons::UPTIME_PROOF, last_good.saturating_add(1).saturating_sub(now))
    });
    let service = |reason, reachability: &Reachability| {
        let unreachable = reachability.unreachable_seconds(context.now)?;
        Some((reason, unreachable_limit_seconds(uptime).saturating_sub(unreachable)))
    };
    let onion_router = (context.version >= HardForkVersion::REWARD_BATCHING)
        .then(|| service(Reasons::ONION_ROUTER, &seen.onion_router))
        .flatten();
    [
        proof,
        service(Reasons::STORAGE_SERVER, &seen.storage_server),
        onion_router,
    ]
    .into_iter()
    .flatten()
    .min_by_key(|(_, seconds)| *seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        obligations::node_tests::tests::{ACTIVE, DECOMMISSIONED, NOW, ago, node, well},
        registry::Activity,
    };
    use oxen_types::Timestamp;

    fn look(activity: Activity, seen: &NodeObservations, height: u64) -> Outlook {
        look_with_grace(0, activity, seen, height)
    }

    fn look_with_grace(grace: u64, activity: Activity, seen: &NodeObservations, height: u64) -> Outlook {
        let mut network = Network::mainnet();
        network.staking.fork_grace_blocks = grace;
        let context = TestContext {
            network: &network,
            version: HardForkVersion::REWARD_BATCHING,
            now: NOW,
            last_ip_change: Timestamp::from_seconds(0),
            l2_height: None,
        };
        outlook(&node(activity), seen, Height::new(height), &context)
    }

    fn silent(seconds: u64) -> NodeObservations {
        NodeObservations {
            proof_counts_from: Some(ago(seconds)),
            ..NodeObservations::default()
        }
    }

    #[test]
    fn a_node_that_passes_is_told_until_when_it_does() {
        let outlook = look(ACTIVE, &silent(1), 299);
        assert!(outlook.failing.is_empty());
        assert_eq!(outlook.next_failure, Some((Reasons::UPTIME_PROOF, 7_500)));
        // 7500 s are 62.5 blocks; at height 363 it has worked for 263 blocks: 60 + 8 blocks of credit.
        assert_eq!(outlook.blocks_until_decommission, Some(63));
        assert_eq!(outlook.blocks_until_deregistration, Some(63 + 69));
        assert_eq!(outlook.credit_blocks, 66);
    }

    #[test]
    fn a_node_that_fails_is_told_that_votes_are_due() {
        let outlook = look(ACTIVE, &silent(8_000), 299);
        assert_eq!(outlook.failing.len(), 1);
        assert_eq!(outlook.next_failure, None);
        assert_eq!(outlook.blocks_until_decommission, Some(0));
        assert_eq!(outlook.blocks_until_deregistration, Some(67));
    }

    #[test]
    fn a_suspended_node_is_told_how_long_its_credit_lasts() {
        let outlook = look(DECOMMISSIONED, &NodeObservations::default(), 249);
        assert_eq!(outlook.credit_blocks, 13);
        assert_eq!(outlook.blocks_until_decommission, None);
        assert_eq!(outlook.blocks_until_deregistration, Some(14));
        let used_up = look(DECOMMISSIONED, &NodeObservations::default(), 900);
        assert!(used_up.credit_blocks < 0);
        assert_eq!(used_up.blocks_until_deregistration, Some(0));
    }

    #[test]
    fn deregistration_waits_for_the_end_of_the_grace_after_a_fork() {
        let outlook = look_with_grace(1_000, DECOMMISSIONED, &NodeObservations::default(), 900);
        assert_eq!(outlook.blocks_until_deregistration, Some(100));
    }

    #[test]
    fn a_service_that_cannot_be_reached_may_come_first() {
        let seen = NodeObservations {
            storage_server: Reachability {
                last_reachable: None,
                first_unreachable: Some(ago(3_000)),
                last_unreachable: Some(ago(5)),
            },
            ..well()
        };
        let outlook = look(ACTIVE, &seen, 299);
        assert_eq!(outlook.next_failure, Some((Reasons::STORAGE_SERVER, 900)));
        assert_eq!(outlook.blocks_until_decommission, Some(8));
    }

    #[test]
    fn nothing_threatens_a_node_that_waits_for_stakes() {
        let mut waiting = node(Activity::AwaitingContributions);
        let stake = std::sync::Arc::make_mut(&mut waiting.stake);
        stake.total_contributed = oxen_types::Amount::ZERO;
        let network = Network::mainnet();
        let context = TestContext {
            network: &network,
            version: HardForkVersion::REWARD_BATCHING,
            now: NOW,
            last_ip_change: NOW,
            l2_height: None,
        };
        let outlook = outlook(&waiting, &NodeObservations::default(), Height::new(299), &context);
        assert_eq!(outlook.blocks_until_decommission, None);
        assert_eq!(outlook.blocks_until_deregistration, None);
    }
}
