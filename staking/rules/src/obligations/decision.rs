//! What a validator votes about a node (staking §15.4).

use super::node_tests::{AddressUse, TestResults};
use crate::registry::ServiceNode;
use oxen_types::{
    Height, Network,
    extra::{NewState, Reasons},
};

/// Where the chain stands when a validator decides.
#[derive(Debug, Clone, Copy)]
pub struct DecisionContext<'a> {
    /// The network.
    pub network: &'a Network,
    /// The height that credit is counted at: the chain's, or the peers' when they are ahead (`L` of staking §15.1).
    pub credit_height: Height,
    /// Height of the newest block.
    pub height: Height,
}

/// What a validator does about a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: it is as it should be, or its credit lasts.
    Nothing,
    /// It votes.
    Vote {
        /// For this.
        state: NewState,
        /// Because of these.
        reasons: Reasons,
    },
    /// It would vote for a deregistration, but a fork has just changed the rules.
    Spared {
        /// Because of these.
        reasons: Reasons,
        /// For so many blocks more.
        grace_blocks: u64,
    },
}

/// Decides.
#[must_use]
pub fn decide(node: &ServiceNode, results: &TestResults, context: &DecisionContext<'_>) -> Decision {
    let reasons = results.reasons();
    let vote = |state| Decision::Vote { state, reasons };
    if results.passed() {
        return match (node.is_decommissioned(), results.addresses) {
            (true, _) => vote(NewState::Recommission),
            (false, AddressUse::Changed) => vote(NewState::IpChangePenalty),
            (false, AddressUse::Single) => Decision::Nothing,
        };
    }
    let credit = node.decommission_credit(context.credit_height, context.network);
    if node.is_decommissioned() {
        if credit >= 0 {
            return Decision::Nothing;
        }
    } else if credit >= minimum_credit(context.network) {
        return vote(NewState::Decommission);
    }
    match grace_blocks(context.network, context.height) {
        0 => vote(NewState::Deregister),
        grace_blocks => Decision::Spared { reasons, grace_blocks },
    }
}

/// Credit with which a node is suspended and not thrown out, blocks.
#[must_use]
pub fn minimum_credit(network: &Network) -> i64 {
    i64::try_from(network.decommission.minimum_blocks).unwrap_or(i64::MAX)
}

/// For how many blocks after `height` nobody is deregistered because a fork has begun.
#[must_use]
pub fn grace_blocks(network: &Network, height: Height) -> u64 {
    let version = network.forks.version_at(height).version;
    let began = network.forks.begins(version).unwrap_or_default();
    network.staking.fork_grace_blocks.saturating_sub(height.since(began))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        obligations::{
            FailedTest,
            node_tests::tests::{ACTIVE, DECOMMISSIONED, node},
        },
        registry::Activity,
    };
    use oxen_types::network::{HardFork, HardForkTable};

    fn passed(addresses: AddressUse) -> TestResults {
        TestResults {
            failed: Vec::new(),
            addresses,
        }
    }

    fn failed() -> TestResults {
        TestResults {
            failed: vec![FailedTest::Pulse { failed: 5, of: 8 }],
            addresses: AddressUse::Changed,
        }
    }

    fn at(activity: Activity, results: &TestResults, height: u64) -> Decision {
        let mut network = Network::mainnet();
        network.forks = HardForkTable::new(&[HardFork::new(7, 0, 0), HardFork::new(19, 0, 1)]).unwrap();
        network.staking.fork_grace_blocks = 150;
        let height = Height::new(height);
        let context = DecisionContext {
            network: &network,
            credit_height: height.next(),
            height,
        };
        decide(&node(activity), results, &context)
    }

    fn vote(state: NewState, reasons: Reasons) -> Decision {
        Decision::Vote { state, reasons }
    }

    #[test]
    fn nodes_that_pass_are_left_alone_penalised_or_brought_back() {
        let single = passed(AddressUse::Single);
        let changed = passed(AddressUse::Changed);
        assert_eq!(at(ACTIVE, &single, 300), Decision::Nothing);
        assert_eq!(
            at(ACTIVE, &changed, 300),
            vote(NewState::IpChangePenalty, Reasons::NONE)
        );
        for results in [single, changed] {
            assert_eq!(
                at(DECOMMISSIONED, &results, 300),
                vote(NewState::Recommission, Reasons::NONE)
            );
        }
    }

    #[test]
    fn a_failing_node_with_credit_is_suspended() {
        assert_eq!(at(ACTIVE, &failed(), 300), vote(NewState::Decommission, Reasons::PULSE));
    }

    #[test]
    fn a_failing_node_without_credit_is_thrown_out() {
        let mut poor = node(ACTIVE);
        poor.record.recommission_credit = 0;
        let network = Network::mainnet();
        let height = Height::new(5_000_000);
        let decide_at = |credit_height| {
            let context = DecisionContext {
                network: &network,
                credit_height: Height::new(credit_height),
                height,
            };
            decide(&poor, &failed(), &context)
        };
        // 1799 and 1800 blocks after its activation: 59 and 60 blocks of credit.
        assert_eq!(decide_at(1_899), vote(NewState::Deregister, Reasons::PULSE));
        assert_eq!(decide_at(1_900), vote(NewState::Decommission, Reasons::PULSE));
    }

    #[test]
    fn a_suspended_node_lives_on_its_credit() {
        // 60 blocks at first and 3 earned in its 100 blocks of work.
        assert_eq!(at(DECOMMISSIONED, &failed(), 262), Decision::Nothing);
        assert_eq!(
            at(DECOMMISSIONED, &failed(), 263),
            vote(NewState::Deregister, Reasons::PULSE)
        );
    }

    #[test]
    fn nobody_is_deregistered_while_a_fork_is_young() {
        let network = Network::mainnet();
        let began = network
            .forks
            .begins(oxen_types::network::HardForkVersion::REWARD_BATCHING)
            .unwrap();
        assert_eq!(grace_blocks(&network, began), 5_040);
        assert_eq!(grace_blocks(&network, began.saturating_add(5_039)), 1);
        assert_eq!(grace_blocks(&network, began.saturating_add(5_040)), 0);
        let mut poor = node(Activity::Active { since: began });
        poor.record.recommission_credit = 0;
        let height = began.saturating_add(5_000);
        let context = DecisionContext {
            network: &network,
            credit_height: began,
            height,
        };
        assert_eq!(
            decide(&poor, &failed(), &context),
            Decision::Spared {
                reasons: Reasons::PULSE,
                grace_blocks: 40
            }
        );
    }
}
