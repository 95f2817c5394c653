//! The tests of a node (staking §15.2). What was never observed passes, except the uptime proof.

use super::{
    history::{History, Outcome},
    observations::{NodeObservations, SeenL2},
    reachability::Reachability,
};
use crate::registry::ServiceNode;
use oxen_types::{
    Network, Timestamp,
    extra::Reasons,
    network::{HardForkVersion, UptimeParameters},
};
use std::fmt;

/// What a node is tested against.
#[derive(Debug, Clone, Copy)]
pub struct TestContext<'a> {
    /// The network.
    pub network: &'a Network,
    /// Hard fork of the newest block.
    pub version: HardForkVersion,
    /// Our clock.
    pub now: Timestamp,
    /// Time of the block that penalised a change of address last; that of the registration at first.
    pub last_ip_change: Timestamp,
    /// The newest block of L2 that we know; `None` when we know nothing of L2, and then nobody is tested for it.
    pub l2_height: Option<u64>,
}

/// L2 blocks that a node may be behind, an hour of them (bridge §3.1).
const L2_LAG_BLOCKS: u64 = 14_400;
/// L2 blocks in a second, as the rule assumes them on every network.
const L2_BLOCKS_PER_SECOND: u64 = 4;

/// A test that a node failed, with the numbers that say how badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedTest {
    /// No proof for too long.
    UptimeProof {
        /// Since the last one, seconds; `None` when none counts.
        silent_seconds: Option<u64>,
        /// How long a proof counts, seconds.
        limit_seconds: u64,
    },
    /// Votes on checkpoints.
    Checkpoints {
        /// Missing.
        failed: usize,
        /// Of so many.
        of: usize,
    },
    /// Pulse quorums.
    Pulse {
        /// Missed.
        failed: usize,
        /// Of so many.
        of: usize,
    },
    /// The storage server.
    StorageServer {
        /// For how long, seconds.
        unreachable_seconds: u64,
        /// How long is forgiven, seconds.
        limit_seconds: u64,
    },
    /// Answers to the question for its time.
    TimestampResponse {
        /// Missing.
        failed: usize,
        /// Of so many.
        of: usize,
    },
    /// Its clock.
    TimeSynchronisation {
        /// Wrong.
        failed: usize,
        /// Of so many.
        of: usize,
    },
    /// The onion router.
    OnionRouter {
        /// For how long, seconds.
        unreachable_seconds: u64,
        /// How long is forgiven, seconds.
        limit_seconds: u64,
    },
    /// How far it has read L2, from HF21 on.
    L2Height {
        /// The block that its proof told.
        height: u64,
        /// The least that would have done.
        least: u64,
    },
}

impl FailedTest {
    /// The bit that votes carry.
    #[must_use]
    pub const fn reason(&self) -> Reasons {
        match self {
            Self::UptimeProof { .. } => Reasons::UPTIME_PROOF,
            Self::Checkpoints { .. } => Reasons::CHECKPOINTS,
            Self::Pulse { .. } => Reasons::PULSE,
            Self::StorageServer { .. } => Reasons::STORAGE_SERVER,
            Self::TimestampResponse { .. } => Reasons::TIMESTAMP_RESPONSE,
            Self::TimeSynchronisation { .. } => Reasons::TIME_SYNCHRONISATION,
            Self::OnionRouter { .. } => Reasons::ONION_ROUTER,
            Self::L2Height { .. } => Reasons::L2_HEIGHT,
        }
    }
}

impl fmt::Display for FailedTest {
    /// A sentence for the operator of the node.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UptimeProof {
                silent_seconds: Some(silent),
                limit_seconds,
            } => write!(
                f,
                "no uptime proof for {silent} s; one is needed every {limit_seconds} s: check that the node runs and reaches its peers"
            ),
            Self::UptimeProof {
                silent_seconds: None,
                limit_seconds,
            } => write!(
                f,
                "no uptime proof counts; one is needed every {limit_seconds} s: check that the node runs and reaches its peers"
            ),
            Self::Checkpoints { failed, of } => {
                write!(
                    f,
                    "{failed} of the last {of} votes on checkpoints are missing: check that the node is synchronised"
                )
            }
            Self::Pulse { failed, of } => write!(
                f,
                "missing in {failed} of the last {of} Pulse quorums: check that other nodes reach its quorum port"
            ),
            Self::StorageServer {
                unreachable_seconds,
                limit_seconds,
            } => write!(
                f,
                "the storage server has been unreachable for {unreachable_seconds} s; {limit_seconds} s are forgiven: check its ports"
            ),
            Self::TimestampResponse { failed, of } => {
                write!(
                    f,
                    "{failed} of the last {of} questions for its time were not answered: check its quorum port"
                )
            }
            Self::TimeSynchronisation { failed, of } => {
                write!(
                    f,
                    "its clock was wrong in {failed} of the last {of} tests: synchronise it"
                )
            }
            Self::OnionRouter {
                unreachable_seconds,
                limit_seconds,
            } => write!(
                f,
                "the onion router has been unreachable for {unreachable_seconds} s; {limit_seconds} s are forgiven: check its port"
            ),
            Self::L2Height { height, least } => write!(
                f,
                "it has read Arbitrum up to block {height} only, and should have come to {least}: check its --l2-provider"
            ),
        }
    }
}

/// Whether the node kept its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressUse {
    /// It did.
    Single,
    /// It did not. That fails no test, but is penalised.
    Changed,
}

/// How a node fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResults {
    /// The tests that it failed, lowest reason bit first.
    pub failed: Vec<FailedTest>,
    /// Its address.
    pub addresses: AddressUse,
}

impl TestResults {
    /// No test failed.
    #[must_use]
    pub const fn passed(&self) -> bool {
        self.failed.is_empty()
    }

    /// The bits of the failed tests.
    #[must_use]
    pub fn reasons(&self) -> Reasons {
        self.failed
            .iter()
            .fold(Reasons::NONE, |reasons, test| reasons.union(test.reason()))
    }
}

/// Seconds for which a service may be unreachable: the validity of proofs less their frequency (staking §15.2).
#[must_use]
pub const fn unreachable_limit_seconds(uptime: &UptimeParameters) -> u64 {
    uptime.validity_seconds.saturating_sub(uptime.frequency_seconds)
}

/// Tests a node.
#[must_use]
pub fn test_node(node: &ServiceNode, seen: &NodeObservations, context: &TestContext<'_>) -> TestResults {
    let working = !node.is_decommissioned();
    let limit_seconds = unreachable_limit_seconds(&context.network.uptime);
    let onion_router = (context.version >= HardForkVersion::REWARD_BATCHING)
        .then(|| unreachable(&seen.onion_router, limit_seconds, context.now))
        .flatten();
    let failed = [
        uptime(seen, context),
        failures(&seen.checkpoints, working).map(|(failed, of)| FailedTest::Checkpoints { failed, of }),
        failures(&seen.pulse, working).map(|(failed, of)| FailedTest::Pulse { failed, of }),
        unreachable(&seen.storage_server, limit_seconds, context.now).map(|unreachable_seconds| {
            FailedTest::StorageServer {
                unreachable_seconds,
                limit_seconds,
            }
        }),
        failures(&seen.time_answers, working).map(|(failed, of)| FailedTest::TimestampResponse { failed, of }),
        failures(&seen.time_synchronisation, working)
            .map(|(failed, of)| FailedTest::TimeSynchronisation { failed, of }),
        onion_router.map(|unreachable_seconds| FailedTest::OnionRouter {
            unreachable_seconds,
            limit_seconds,
        }),
        l2_lag(seen.l2, context),
    ];
    let changed = seen
        .addresses
        .has_changed(context.last_ip_change, context.network, context.now);
    TestResults {
        failed: failed.into_iter().flatten().collect(),
        addresses: if changed {
            AddressUse::Changed
        } else {
            AddressUse::Single
        },
    }
}

fn uptime(seen: &NodeObservations, context: &TestContext<'_>) -> Option<FailedTest> {
    let limit_seconds = context.network.uptime.validity_seconds;
    let silent_seconds = seen
        .proof_counts_from
        .map(|since| context.now.seconds().saturating_sub(since.seconds()));
    silent_seconds
        .is_none_or(|silent| silent > limit_seconds)
        .then_some(FailedTest::UptimeProof {
            silent_seconds,
            limit_seconds,
        })
}

/// A node that is more than an hour of L2 behind us, its proof's age allowed for.
fn l2_lag(seen: Option<SeenL2>, context: &TestContext<'_>) -> Option<FailedTest> {
    let (SeenL2 { height, received }, own) = seen.zip(context.l2_height)?;
    let age_seconds = context.now.seconds().saturating_sub(received.seconds());
    let least = own
        .saturating_sub(age_seconds.saturating_mul(L2_BLOCKS_PER_SECOND))
        .saturating_sub(L2_LAG_BLOCKS);
    (context.version >= HardForkVersion::ETHEREUM && height < least).then_some(FailedTest::L2Height { height, least })
}

/// Failures and results of a history that fails, for a node that works: a suspended one has no such duties.
fn failures<T: Outcome>(history: &History<T>, working: bool) -> Option<(usize, usize)> {
    (working && history.fails()).then(|| (history.failures(), history.len()))
}

/// For how long the service has been unreachable, when that is too long.
fn unreachable(reachability: &Reachability, limit_seconds: u64, now: Timestamp) -> Option<u64> {
    reachability
        .unreachable_seconds(now)
        .filter(|seconds| *seconds >= limit_seconds)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        batching::Recipient,
        obligations::{CheckpointParticipation, PulseParticipation, TestOutcome},
        quorum::PulseSorter,
        registry::{Activity, NodeRecord, QueuePosition, Stake},
        swarm::SwarmId,
    };
    use oxen_types::{Amount, Height, PublicKey};
    use std::{net::Ipv4Addr, sync::Arc};

    pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    /// A funded node that was registered at height 100.
    pub(crate) fn node(activity: Activity) -> ServiceNode {
        let height = Height::new(100);
        let requirement = Amount::OXEN;
        ServiceNode {
            record: NodeRecord {
                registration_height: height,
                registration_version: 19,
                requested_unlock_height: None,
                queue: QueuePosition::after_block(height),
                activity,
                decommission_count: 0,
                last_decommission: None,
                recommission_credit: 60,
                swarm: SwarmId::UNASSIGNED,
                last_ip_change_height: height,
                pulse_sorter: PulseSorter::default(),
            },
            stake: Arc::new(Stake {
                bls_key: None,
                requirement,
                operator: Recipient::Oxen {
                    spend: PublicKey::ZERO,
                    view: PublicKey::ZERO,
                },
                operator_portions: 0,
                contributors: Vec::new(),
                total_contributed: requirement,
                total_reserved: requirement,
            }),
        }
    }

    pub(crate) const ACTIVE: Activity = Activity::Active {
        since: Height::new(100),
    };

    pub(crate) const DECOMMISSIONED: Activity = Activity::Decommissioned {
        active_since: Height::new(100),
        since: Height::new(200),
    };

    /// Nothing but a proof a second ago.
    pub(crate) fn well() -> NodeObservations {
        NodeObservations {
            proof_counts_from: Some(ago(1)),
            ..NodeObservations::default()
        }
    }

    pub(crate) fn ago(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(NOW.seconds() - seconds)
    }

    fn test(activity: Activity, seen: &NodeObservations) -> TestResults {
        let network = Network::mainnet();
        let context = TestContext {
            network: &network,
            version: HardForkVersion::REWARD_BATCHING,
            now: NOW,
            last_ip_change: Timestamp::from_seconds(0),
            l2_height: None,
        };
        test_node(&node(activity), seen, &context)
    }

    fn bad(failures: usize) -> NodeObservations {
        let outcome = TestOutcome::Failed;
        let mut seen = well();
        for _ in 0..failures {
            let height = Height::new(1);
            seen.checkpoints.push(CheckpointParticipation {
                checkpoint: height,
                outcome,
            });
            seen.pulse.push(PulseParticipation {
                height,
                round: 0,
                outcome,
            });
            seen.time_answers.push(outcome);
            seen.time_synchronisation.push(outcome);
        }
        seen
    }

    #[test]
    fn what_was_never_observed_passes_but_for_the_proof() {
        assert!(test(ACTIVE, &well()).passed());
        let never = test(ACTIVE, &NodeObservations::default());
        assert_eq!(
            never.failed,
            [FailedTest::UptimeProof {
                silent_seconds: None,
                limit_seconds: 7_500
            }]
        );
    }

    #[test]
    fn a_proof_counts_for_its_validity() {
        let silent = |seconds| {
            let seen = NodeObservations {
                proof_counts_from: Some(ago(seconds)),
                ..NodeObservations::default()
            };
            test(ACTIVE, &seen)
        };
        assert!(silent(7_500).passed());
        assert_eq!(
            silent(7_501).failed,
            [FailedTest::UptimeProof {
                silent_seconds: Some(7_501),
                limit_seconds: 7_500
            }]
        );
    }

    #[test]
    fn five_misses_of_a_duty_fail_a_working_node_alone() {
        assert!(test(ACTIVE, &bad(4)).passed());
        let results = test(ACTIVE, &bad(5));
        assert_eq!(
            results.failed,
            [
                FailedTest::Checkpoints { failed: 5, of: 5 },
                FailedTest::Pulse { failed: 5, of: 5 },
                FailedTest::TimestampResponse { failed: 5, of: 5 },
                FailedTest::TimeSynchronisation { failed: 5, of: 5 }
            ]
        );
        assert_eq!(results.reasons().bits(), 0x36);
        assert!(test(DECOMMISSIONED, &bad(8)).passed());
    }

    #[test]
    fn services_that_cannot_be_reached_for_65_minutes_fail() {
        let seen = |seconds: u64| {
            let unreachable = Reachability {
                last_reachable: None,
                first_unreachable: Some(ago(seconds)),
                last_unreachable: Some(ago(10)),
            };
            NodeObservations {
                storage_server: unreachable,
                onion_router: unreachable,
                ..well()
            }
        };
        assert!(test(ACTIVE, &seen(3_899)).passed());
        for activity in [ACTIVE, DECOMMISSIONED] {
            let results = test(activity, &seen(3_900));
            assert_eq!(
                results.failed,
                [
                    FailedTest::StorageServer {
                        unreachable_seconds: 3_900,
                        limit_seconds: 3_900
                    },
                    FailedTest::OnionRouter {
                        unreachable_seconds: 3_900,
                        limit_seconds: 3_900
                    }
                ]
            );
            assert_eq!(results.reasons().bits(), 0x48);
        }
    }

    #[test]
    fn a_node_that_is_an_hour_of_l2_behind_fails_from_hf21_on() {
        let network = Network::mainnet();
        let test = |height, version, l2_height| {
            let context = TestContext {
                network: &network,
                version,
                now: NOW,
                last_ip_change: Timestamp::from_seconds(0),
                l2_height,
            };
            let received = ago(600);
            let seen = NodeObservations {
                l2: Some(SeenL2 { height, received }),
                ..well()
            };
            test_node(&node(ACTIVE), &seen, &context)
        };
        let (hf21, own) = (HardForkVersion::ETHEREUM, Some(100_000));
        // Ten minutes since the proof are 2,400 blocks, and an hour is forgiven.
        assert!(test(83_200, hf21, own).passed());
        let results = test(83_199, hf21, own);
        let (height, least) = (83_199, 83_200);
        assert_eq!(results.failed, [FailedTest::L2Height { height, least }]);
        assert_eq!(results.reasons().bits(), 0x80);
        assert!(results.failed[0].to_string().contains("--l2-provider"));
        assert!(test(1, HardForkVersion::ETHEREUM_TRANSITION, own).passed());
        assert!(test(1, hf21, None).passed(), "who knows nothing of L2 judges nobody");
        assert!(test(0, hf21, Some(16_800)).passed());
    }

    #[test]
    fn a_changed_address_fails_no_test() {
        let mut seen = well();
        seen.addresses.note(Ipv4Addr::new(1, 1, 1, 1), ago(7_200));
        seen.addresses.note(Ipv4Addr::new(2, 2, 2, 2), ago(3_600));
        let results = test(ACTIVE, &seen);
        assert!(results.passed());
        assert_eq!(results.addresses, AddressUse::Changed);
        assert_eq!(test(ACTIVE, &well()).addresses, AddressUse::Single);
    }

    #[test]
    fn every_failed_test_tells_an_operator_what_to_do() {
        let mut seen = bad(8);
        seen.proof_counts_from = Some(ago(8_000));
        for failed in test(ACTIVE, &seen).failed {
            let sentence = failed.to_string();
            assert!(sentence.contains(": ") && sentence.contains('8'), "{sentence}");
        }
    }
}
