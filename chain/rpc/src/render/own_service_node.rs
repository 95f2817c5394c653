//! How the service node of this process fares: "how do my peers see me".

use super::service_node::reason_codes;
use crate::types::service_nodes::own::{CompanionEntry, Outlook, OwnProofsEntry, TestEntry, VoteEntry};
use oxen_node_api::{
    Companion, NodeObservations, OwnServiceNode, TestOutcome,
    service_nodes::{OwnKeys, OwnProofs, VoteOnUs},
};
use oxen_staking_rules::registry::ServiceNode;
use oxen_types::{
    Height, Network, Timestamp,
    extra::{NewState, Reasons},
    network::CompanionServices,
};
use serde_json::{Value, json};

/// Failures of the last eight that are still no reason for a vote (staking §2.1).
const MOST_FAILURES: u32 = 4;

/// What can be told of a node that is not registered: keys, address, ports and versions.
pub(crate) fn unregistered(own: &dyn OwnServiceNode, keys: &OwnKeys, version: &str) -> Value {
    let storage_server = own.companion(Companion::StorageServer);
    let lokinet = own.companion(Companion::Lokinet);
    let mut state = json!({
        "service_node_pubkey": keys.primary,
        "pubkey_ed25519": keys.ed25519,
        "pubkey_x25519": keys.x25519.to_string(),
        "quorumnet_port": own.quorumnet_port(),
        "storage_port": storage_server.https_port,
        "storage_lmq_port": storage_server.omq_port,
        "storage_server_version": storage_server.version.0,
        "lokinet_version": lokinet.version.0,
        "service_node_version": version_numbers(version),
        "last_uptime_proof": 0,
    });
    if let (Some(address), Some(fields)) = (own.public_ip(), state.as_object_mut()) {
        fields.insert("public_ip".to_owned(), json!(address));
    }
    state
}

/// The three numbers of `major.minor.patch` and what may follow; 0 for those that are missing.
fn version_numbers(version: &str) -> [u16; 3] {
    let mut numbers = version
        .split(|character: char| !character.is_ascii_digit())
        .map(|number| number.parse().unwrap_or(0));
    [(); 3].map(|()| numbers.next().unwrap_or(0))
}

/// The proofs that the node sends.
pub(crate) fn proofs(own: &OwnProofs, seen: &NodeObservations, network: &Network) -> OwnProofsEntry {
    let valid_until = seen
        .proof_counts_from
        .map(|from| from.saturating_add(network.uptime.validity_seconds));
    OwnProofsEntry {
        last_sent: own.last_sent.map(Timestamp::seconds),
        last_seen_by_peers: own.last_echoed.map(Timestamp::seconds),
        next_due: own.next_due.map(Timestamp::seconds),
        valid_until: valid_until.map(Timestamp::seconds),
        hindrance: own.hindrance.as_ref().map(ToString::to_string),
    }
}

/// The tests that this node can judge itself: proofs and duties that everybody sees, and its own clock (staking §15.2).
pub(crate) fn tests(node: &ServiceNode, seen: &NodeObservations, network: &Network, now: Timestamp) -> Vec<TestEntry> {
    let counts_until = seen
        .proof_counts_from
        .map(|from| from.saturating_add(network.uptime.validity_seconds));
    let proof_expired = counts_until.is_none_or(|until| now > until);
    let mut entries = vec![TestEntry {
        test: code(Reasons::UPTIME_PROOF),
        failing: node.is_fully_funded() && proof_expired,
        ..TestEntry::default()
    }];
    let checkpoints = seen.checkpoints.iter().map(|one| one.outcome).collect();
    let pulse = seen.pulse.iter().map(|one| one.outcome).collect();
    let histories: [(Reasons, Vec<TestOutcome>); 4] = [
        (Reasons::CHECKPOINTS, checkpoints),
        (Reasons::PULSE, pulse),
        (Reasons::TIMESTAMP_RESPONSE, seen.time_answers.clone()),
        (Reasons::TIME_SYNCHRONISATION, seen.time_synchronisation.clone()),
    ];
    // A suspended node has no duties that it could miss.
    let has_duties = !node.is_decommissioned();
    entries.extend(
        histories
            .iter()
            .map(|(reason, results)| history(*reason, results, has_duties)),
    );
    entries
}

fn history(reason: Reasons, results: &[TestOutcome], has_duties: bool) -> TestEntry {
    let count = |results: usize| u32::try_from(results).unwrap_or(u32::MAX);
    let failed = count(results.iter().filter(|one| **one == TestOutcome::Failed).count());
    let in_a_row = results
        .iter()
        .rev()
        .take_while(|one| **one == TestOutcome::Failed)
        .count();
    TestEntry {
        test: code(reason),
        passed: count(results.len()).saturating_sub(failed),
        failed,
        failed_in_a_row: count(in_a_row),
        most_failures: MOST_FAILURES,
        failing: has_duties && failed > MOST_FAILURES,
    }
}

fn code(reason: Reasons) -> String {
    reason.codes().next().unwrap_or_default().to_owned()
}

/// What others voted.
pub(crate) fn votes(votes: &[VoteOnUs]) -> Vec<VoteEntry> {
    let entry = |vote: &VoteOnUs| VoteEntry {
        quorum_height: vote.quorum_height.index(),
        voter: vote.voter,
        vote: match vote.state {
            NewState::Deregister => "dereg",
            NewState::Decommission => "decom",
            NewState::Recommission => "recom",
            NewState::IpChangePenalty => "ip",
        }
        .to_owned(),
        reasons: reason_codes(vote.reasons),
        received: vote.received.seconds(),
    };
    votes.iter().map(entry).collect()
}

/// What the credit means for a funded node (staking §15.4): when others may suspend it, or throw it out, if it goes on failing,
/// or sends no proof from now on. Votes take some more blocks.
pub(crate) fn outlook(
    node: &ServiceNode,
    seen: &NodeObservations,
    tests: &[TestEntry],
    network: &Network,
    tip: Height,
    now: Timestamp,
) -> Option<Outlook> {
    if !node.is_fully_funded() {
        return None;
    }
    let credit_blocks = node.decommission_credit(tip, network);
    let grace = grace_blocks(network, tip);
    if node.is_decommissioned() {
        let left = u64::try_from(credit_blocks.saturating_add(1)).unwrap_or(0);
        return Some(Outlook {
            credit_blocks,
            blocks_until_decommission: None,
            blocks_until_deregistration: left.max(grace),
        });
    }
    let until_failing = if tests.iter().any(|test| test.failing) {
        0
    } else {
        blocks_of_proof(seen, network, now)
    };
    let credit_then = node.decommission_credit(tip.saturating_add(until_failing), network);
    let minimum = i64::try_from(network.decommission.minimum_blocks).unwrap_or(i64::MAX);
    let suspended = credit_then >= minimum;
    let deregistration = if suspended {
        let credit = u64::try_from(credit_then).unwrap_or(0);
        until_failing.saturating_add(credit).saturating_add(1)
    } else {
        until_failing
    };
    Some(Outlook {
        credit_blocks,
        blocks_until_decommission: suspended.then_some(until_failing),
        blocks_until_deregistration: deregistration.max(grace),
    })
}

/// Blocks until the newest proof stops to count, rounded up.
fn blocks_of_proof(seen: &NodeObservations, network: &Network, now: Timestamp) -> u64 {
    let until = seen
        .proof_counts_from
        .map_or(0, Timestamp::seconds)
        .saturating_add(network.uptime.validity_seconds);
    until
        .saturating_sub(now.seconds())
        .div_ceil(network.target_block_seconds.max(1))
}

/// Blocks until votes to throw a node out are cast again after a fork.
fn grace_blocks(network: &Network, tip: Height) -> u64 {
    let next = tip.next();
    let version = network.forks.version_at(next).version;
    let begun = network.forks.begins(version).unwrap_or(Height::GENESIS);
    begun.saturating_add(network.staking.fork_grace_blocks).since(next)
}

/// The services beside the node; none where the network has none, unless one pinged.
pub(crate) fn companions(own: &dyn OwnServiceNode, network: &Network) -> Vec<CompanionEntry> {
    let are_required = network.companion_services == CompanionServices::Required;
    [Companion::StorageServer, Companion::Lokinet]
        .into_iter()
        .map(|companion| (companion, own.companion(companion)))
        .filter(|(_, state)| are_required || state.last_ping.is_some() || state.refused.is_some())
        .map(|(companion, state)| CompanionEntry {
            name: companion.name().to_owned(),
            last_ping: state.last_ping.map_or(0, Timestamp::seconds),
            version: state.version.0,
            refused: state.refused.map(|reason| reason.to_string()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_node_api::service_nodes::PulseParticipation;
    use oxen_staking_rules::{
        Recipient,
        quorum::PulseSorter,
        registry::{Activity, NodeRecord, QueuePosition, Stake},
        swarm::SwarmId,
    };
    use oxen_types::{Amount, PublicKey};
    use std::sync::Arc;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);
    const TIP: Height = Height::new(5_000_000);

    /// A funded node with this credit at its last activation, which was just now.
    fn node(activity: Activity, credit: i64) -> ServiceNode {
        let nobody = Recipient {
            spend: PublicKey::ZERO,
            view: PublicKey::ZERO,
        };
        ServiceNode {
            record: NodeRecord {
                registration_height: Height::GENESIS,
                registration_version: 19,
                requested_unlock_height: None,
                queue: QueuePosition::after_block(Height::GENESIS),
                activity,
                decommission_count: 0,
                last_decommission: None,
                recommission_credit: credit,
                swarm: SwarmId::UNASSIGNED,
                last_ip_change_height: Height::GENESIS,
                pulse_sorter: PulseSorter {
                    height: Height::GENESIS,
                    index: 0,
                },
            },
            stake: Arc::new(Stake {
                requirement: Amount::OXEN,
                operator: nobody,
                operator_portions: 0,
                contributors: Vec::new(),
                total_contributed: Amount::OXEN,
                total_reserved: Amount::OXEN,
            }),
        }
    }

    fn active(credit: i64) -> ServiceNode {
        node(Activity::Active { since: TIP }, credit)
    }

    /// A proof whose age is half of what it may be.
    fn half_expired(network: &Network) -> NodeObservations {
        let age = network.uptime.validity_seconds / 2;
        NodeObservations {
            proof_counts_from: Some(Timestamp::from_seconds(NOW.seconds() - age)),
            ..NodeObservations::default()
        }
    }

    fn outlook_of(node: &ServiceNode, seen: &NodeObservations, network: &Network) -> Outlook {
        let tests = tests(node, seen, network, NOW);
        outlook(node, seen, &tests, network, TIP, NOW).unwrap()
    }

    #[test]
    fn credit_delays_the_removal_of_a_node_that_stops() {
        let network = Network::mainnet();
        let seen = half_expired(&network);
        let until_expiry = 3_750_u64.div_ceil(120);
        // In 32 blocks it earns one more.
        let rich = outlook_of(&active(100), &seen, &network);
        assert_eq!(rich.credit_blocks, 100);
        assert_eq!(rich.blocks_until_decommission, Some(until_expiry));
        assert_eq!(rich.blocks_until_deregistration, until_expiry + 101 + 1);
    }

    #[test]
    fn a_node_with_too_little_credit_is_removed_at_once() {
        let network = Network::mainnet();
        let poor = outlook_of(&active(50), &half_expired(&network), &network);
        assert_eq!(poor.blocks_until_decommission, None);
        assert_eq!(poor.blocks_until_deregistration, 32);
        let failing = outlook_of(&active(50), &NodeObservations::default(), &network);
        assert_eq!(failing.blocks_until_deregistration, 0);
    }

    #[test]
    fn a_suspended_node_has_as_many_blocks_as_credit_and_one() {
        let network = Network::mainnet();
        let suspended = |credit| {
            let activity = Activity::Decommissioned {
                active_since: TIP,
                since: TIP,
            };
            outlook_of(&node(activity, credit), &NodeObservations::default(), &network)
        };
        assert_eq!(suspended(10).blocks_until_deregistration, 11);
        assert_eq!(suspended(0).blocks_until_deregistration, 1);
        assert_eq!(suspended(-1).blocks_until_deregistration, 0);
        assert_eq!(suspended(10).blocks_until_decommission, None);
    }

    #[test]
    fn nobody_is_removed_soon_after_a_fork() {
        let mut network = Network::mainnet();
        network.staking.fork_grace_blocks = 5_000_000;
        let begun = network.forks.begins(network.forks.version_at(TIP).version).unwrap();
        let expected = begun.saturating_add(5_000_000).since(TIP.next());
        let outlook = outlook_of(&active(50), &NodeObservations::default(), &network);
        assert_eq!(outlook.blocks_until_deregistration, expected);
    }

    #[test]
    fn an_unfunded_node_has_no_outlook() {
        let network = Network::mainnet();
        let mut node = node(Activity::AwaitingContributions, 60);
        Arc::make_mut(&mut node.stake).total_contributed = Amount::ZERO;
        assert_eq!(
            outlook(&node, &NodeObservations::default(), &[], &network, TIP, NOW),
            None
        );
    }

    #[test]
    fn more_than_four_misses_fail_and_streaks_count_from_the_newest() {
        use TestOutcome::{Failed, Passed};
        let network = Network::mainnet();
        let entry = |outcomes: &[TestOutcome]| {
            let seen = NodeObservations {
                pulse: outcomes
                    .iter()
                    .map(|outcome| PulseParticipation {
                        height: TIP,
                        round: 0,
                        outcome: *outcome,
                    })
                    .collect(),
                ..half_expired(&network)
            };
            let tests = tests(&active(60), &seen, &network, NOW);
            tests.into_iter().find(|test| test.test == "pulse").unwrap()
        };
        let four = entry(&[Failed, Passed, Failed, Passed, Failed, Failed]);
        assert_eq!(
            (four.passed, four.failed, four.failed_in_a_row, four.failing),
            (2, 4, 2, false)
        );
        let five = entry(&[Failed, Failed, Failed, Failed, Failed, Passed]);
        assert_eq!((five.failed, five.failed_in_a_row, five.failing), (5, 0, true));
    }

    #[test]
    fn versions_are_three_numbers_whatever_follows() {
        assert_eq!(version_numbers("11.2.3-test"), [11, 2, 3]);
        assert_eq!(version_numbers("1.0"), [1, 0, 0]);
    }
}
