//! How the service node of this process fares: "how do my peers see me".

use super::service_node::reason_codes;
use crate::types::service_nodes::own::{CompanionEntry, NextFailure, Outlook, OwnProofsEntry, TestEntry, VoteEntry};
use oxen_node_api::{
    Companion, OwnServiceNode,
    service_nodes::{OwnKeys, OwnProofs, VoteOnUs},
};
use oxen_staking_rules::{
    obligations::{self, History, MAX_FAILURES, NodeObservations, Outcome, Outlook as Forecast, TestContext},
    registry::ServiceNode,
};
use oxen_state::{View, ViewError, queries};
use oxen_types::{
    Height, Network, Timestamp,
    extra::{NewState, Reasons},
    network::CompanionServices,
};
use serde_json::{Value, json};

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

/// The tests that nodes make of each other, as this node would judge itself (staking §15.2). The services beside it are judged
/// once something was reported of them.
pub(crate) fn tests(seen: &NodeObservations, outlook: Option<&Forecast>) -> Vec<TestEntry> {
    let fails = |reason| outlook.is_some_and(|outlook| outlook.failing.iter().any(|test| test.reason() == reason));
    let entry = |reason| TestEntry {
        test: code(reason),
        failing: fails(reason),
        ..TestEntry::default()
    };
    let mut entries = vec![
        entry(Reasons::UPTIME_PROOF),
        with_history(entry(Reasons::CHECKPOINTS), &seen.checkpoints),
        with_history(entry(Reasons::PULSE), &seen.pulse),
        with_history(entry(Reasons::TIMESTAMP_RESPONSE), &seen.time_answers),
        with_history(entry(Reasons::TIME_SYNCHRONISATION), &seen.time_synchronisation),
    ];
    let services = [
        (Reasons::STORAGE_SERVER, &seen.storage_server),
        (Reasons::ONION_ROUTER, &seen.onion_router),
    ];
    let reported = services.into_iter().filter(|(_, reports)| reports.is_known());
    entries.extend(reported.map(|(reason, _)| entry(reason)));
    entries
}

fn with_history<T: Outcome>(entry: TestEntry, results: &History<T>) -> TestEntry {
    let count = |results: usize| u32::try_from(results).unwrap_or(u32::MAX);
    TestEntry {
        passed: count(results.len().saturating_sub(results.failures())),
        failed: count(results.failures()),
        failed_in_a_row: count(results.failures_in_a_row()),
        most_failures: count(MAX_FAILURES),
        ..entry
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

/// Where a funded node is heading.
///
/// # Errors
/// The state could not be read.
pub(crate) fn forecast(
    view: &dyn View,
    node: &ServiceNode,
    seen: &NodeObservations,
    network: &Network,
    tip: Height,
    now: Timestamp,
) -> Result<Option<Forecast>, ViewError> {
    if !node.is_fully_funded() {
        return Ok(None);
    }
    let last_ip_change = queries::block_row(view, node.record.last_ip_change_height)?;
    let context = TestContext {
        network,
        version: network.forks.version_at(tip).version,
        now,
        last_ip_change: last_ip_change.map(|row| row.timestamp).unwrap_or_default(),
        // Our own proofs say what we have read ourselves: of it we are never behind.
        l2_height: None,
    };
    Ok(Some(obligations::outlook(node, seen, tip, &context)))
}

/// The forecast as the operator reads it (staking §15.4).
pub(crate) fn outlook(forecast: &Forecast) -> Outlook {
    Outlook {
        credit_blocks: forecast.credit_blocks,
        next_failure: forecast.next_failure.map(|(reason, seconds)| NextFailure {
            test: code(reason),
            seconds,
        }),
        blocks_until_decommission: forecast.blocks_until_decommission,
        blocks_until_deregistration: forecast.blocks_until_deregistration,
    }
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
    use oxen_staking_rules::obligations::TestOutcome::{Failed, Passed};

    #[test]
    fn streaks_count_from_the_newest() {
        let results = [Failed, Passed, Failed, Passed, Failed, Failed].into_iter().collect();
        let entry = with_history(TestEntry::default(), &results);
        assert_eq!(
            (entry.passed, entry.failed, entry.failed_in_a_row, entry.most_failures),
            (2, 4, 2, 4)
        );
        let recovered = [Failed, Failed, Passed].into_iter().collect();
        assert_eq!(with_history(TestEntry::default(), &recovered).failed_in_a_row, 0);
    }

    #[test]
    fn versions_are_three_numbers_whatever_follows() {
        assert_eq!(version_numbers("11.2.3-test"), [11, 2, 3]);
        assert_eq!(version_numbers("1.0"), [1, 0, 0]);
    }
}
