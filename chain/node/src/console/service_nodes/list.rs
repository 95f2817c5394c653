//! `print_sn`: all service nodes, or some.

use crate::console::{
    Console, ConsoleError,
    command::{Command, Words},
    layout,
};
use oxen_rpc::types::{
    HexText,
    chain::{InfoAnswer, NoParameters},
    service_nodes::{ContributorEntry, ServiceNodeEntry, ServiceNodesAnswer, ServiceNodesRequest, list::Participation},
};
use oxen_types::{PublicKey, network::constants::MAX_CONTRIBUTORS};

pub(super) const COMMANDS: &[Command] = &[Command::new(
    "print_sn",
    "Service nodes, all or those named; +detail adds histories and locked outputs.",
    print_sn,
)
.takes("[KEY…]")
.flags(&["+detail"])];

/// How much is told of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// What an operator looks at.
    Usual,
    /// Histories and locked outputs, too.
    Full,
}

impl Detail {
    pub(super) fn asked_for(words: &Words) -> Self {
        if words.has("+detail") { Self::Full } else { Self::Usual }
    }
}

fn print_sn(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let keys: Vec<PublicKey> = (0..words.all().len())
        .map(|place| words.required(place, "service node key"))
        .collect::<Result<_, _>>()?;
    let request = ServiceNodesRequest {
        service_node_pubkeys: keys.iter().copied().map(HexText::from).collect(),
        ..ServiceNodesRequest::default()
    };
    let answer = console
        .node
        .call::<_, ServiceNodesAnswer>("get_service_nodes", request)?;
    let known = |key: &&PublicKey| {
        let nodes = &answer.value.service_node_states;
        nodes.iter().any(|node| node.service_node_pubkey == **key)
    };
    if let Some(unknown) = keys.iter().find(|key| !known(key)) {
        return Err(ConsoleError::NotFound(format!(
            "no service node is registered under {unknown}"
        )));
    }
    let now = node_time(console)?;
    let detail = Detail::asked_for(words);
    console.screen.show(&answer, |answer| sections(answer, now, detail))
}

/// The node's clock, Unix seconds.
pub(super) fn node_time(console: &Console<'_>) -> Result<u64, ConsoleError> {
    let info = console.node.call::<_, InfoAnswer>("get_info", NoParameters {})?;
    Ok(info.value.adjusted_time)
}

/// The two sections, each in the order in which its nodes leave.
fn sections(answer: &ServiceNodesAnswer, now: u64, detail: Detail) -> String {
    let mut nodes: Vec<&ServiceNodeEntry> = answer.service_node_states.iter().collect();
    if nodes.is_empty() {
        return "No service nodes are registered.".to_owned();
    }
    nodes.sort_by_key(|node| match node.requested_unlock_height {
        0 => (u64::MAX, node.registration_height),
        height => (height, node.registration_height),
    });
    let (registered, awaiting): (Vec<&ServiceNodeEntry>, Vec<&ServiceNodeEntry>) =
        nodes.into_iter().partition(|node| node.funded);
    let section = |title: &str, nodes: &[&ServiceNodeEntry]| {
        let count = layout::count(nodes.len() as u64, "node");
        let entries = nodes.iter().enumerate().map(|(place, node)| {
            format!(
                "  [{place}] {}",
                describe(node, answer.height, now, detail).trim_start()
            )
        });
        std::iter::once(format!("{title}: {count}"))
            .chain(entries)
            .collect::<Vec<_>>()
            .join("\n\n")
    };
    [
        ("Service Node Unregistered Queue", awaiting),
        ("Service Node Registration State", registered),
    ]
    .iter()
    .filter(|(_, nodes)| !nodes.is_empty())
    .map(|(title, nodes)| section(title, nodes))
    .collect::<Vec<_>>()
    .join("\n\n")
}

/// A node's fields, indented.
pub(super) fn describe(node: &ServiceNodeEntry, height: u64, now: u64, detail: Detail) -> String {
    let mut lines = vec![
        ("service node", node.service_node_pubkey.to_string()),
        ("state", state(node, height)),
        (
            "registered",
            format!(
                "at height {} under hard fork {}",
                node.registration_height, node.registration_hf_version
            ),
        ),
        ("leaves", unlock(node, height)),
        ("operator fee", percent(node.operator_fee)),
        (
            "contributed",
            format!(
                "{} of {}",
                layout::oxen(node.total_contributed),
                layout::oxen(node.staking_requirement)
            ),
        ),
    ];
    if !node.funded {
        lines.push(("open", open_places(node)));
    }
    lines.push(("uptime proof", layout::age(now, node.last_uptime_proof)));
    lines.extend(proof_lines(node));
    lines.extend(reachable_lines(node, now));
    if let Some(votes) = &node.checkpoint_votes {
        lines.push(("checkpoint votes", taken_part(votes, detail, u64::to_string)));
    }
    if let Some(votes) = &node.pulse_votes {
        let round = |(height, round): &(u64, u8)| format!("{height}/{round}");
        lines.push(("pulse votes", taken_part(votes, detail, round)));
    }
    for (name, tests) in [
        ("answers for its time", node.quorumnet_tests),
        ("right time", node.timesync_tests),
    ] {
        if let Some((passed, failed)) = tests {
            lines.push((name, format!("{passed} passed, {failed} failed")));
        }
    }
    lines.push(("decommissions", node.decommission_count.to_string()));
    let mut text = layout::fields(4, &lines);
    for contributor in &node.contributors {
        text.push('\n');
        text.push_str(&contributor_lines(contributor, node, detail));
    }
    text
}

/// The state in words; what a suspended node may still lose is its credit.
pub(super) fn state(node: &ServiceNodeEntry, height: u64) -> String {
    let blocks = height.saturating_sub(node.state_height);
    if !node.funded {
        return "awaiting contributions".to_owned();
    }
    let credit = format!(
        "{} of credit",
        layout::count(node.earned_downtime_blocks.unsigned_abs(), "block")
    );
    let credit = if node.earned_downtime_blocks < 0 {
        "no credit".to_owned()
    } else {
        credit
    };
    if node.active {
        let payable = if node.payable { "" } else { ", not payable yet" };
        return format!("active for {}{payable}, {credit}", layout::count(blocks, "block"));
    }
    let reasons = node.last_decomm_reasons.clone().unwrap_or_default();
    let mut text = format!("DECOMMISSIONED for {}, {credit}", layout::count(blocks, "block"));
    for (who, reasons) in [("all voters", reasons.all), ("some voters", reasons.some)] {
        if !reasons.is_empty() {
            text.push_str(&format!("; {who}: {}", reasons.join(", ")));
        }
    }
    text
}

fn unlock(node: &ServiceNodeEntry, height: u64) -> String {
    match node.requested_unlock_height {
        0 => "nobody asked to unlock a stake".to_owned(),
        at => format!(
            "after height {at}, in {}",
            layout::count(at.saturating_sub(height), "block")
        ),
    }
}

/// Millionths as percent with two decimals.
pub(super) fn percent(millionths: u32) -> String {
    format!("{}.{:02} %", millionths / 10_000, millionths / 100 % 100)
}

/// What a newcomer must stake at least, and how many may come.
fn open_places(node: &ServiceNodeEntry) -> String {
    let reserved = node.total_reserved.unwrap_or(node.total_contributed);
    let open = node.staking_requirement.saturating_sub(reserved);
    let slots = (MAX_CONTRIBUTORS as u64).saturating_sub(node.contributors.len() as u64);
    let missing = node.staking_requirement.saturating_sub(node.total_contributed);
    match open.checked_div(slots) {
        Some(least) if open > 0 => format!(
            "{} missing; {} for others: {} with at least {}",
            layout::oxen(missing),
            layout::oxen(open),
            layout::count(slots, "place"),
            layout::oxen(least)
        ),
        _ => format!("{} missing, all of it reserved", layout::oxen(missing)),
    }
}

fn proof_lines(node: &ServiceNodeEntry) -> Vec<(&'static str, String)> {
    let version = |version: Option<[u16; 3]>| {
        version.map_or_else(
            || "?".to_owned(),
            |[major, minor, patch]| format!("{major}.{minor}.{patch}"),
        )
    };
    let mut lines = Vec::new();
    if let Some(ip) = &node.public_ip {
        let port = |port: Option<u16>| port.map_or_else(|| "?".to_owned(), |port| port.to_string());
        lines.push((
            "address",
            format!(
                "{ip}, ports {} (storage https), {} (storage omq), {} (quorumnet)",
                port(node.storage_port),
                port(node.storage_lmq_port),
                port(node.quorumnet_port)
            ),
        ));
        lines.push((
            "versions",
            format!(
                "{} (node), {} (storage server), {} (lokinet)",
                version(node.service_node_version),
                version(node.storage_server_version),
                version(node.lokinet_version)
            ),
        ));
    }
    for (name, key) in [
        ("ed25519 key", &node.pubkey_ed25519),
        ("x25519 key", &node.pubkey_x25519),
    ] {
        if let Some(key) = key.as_ref().filter(|key| !key.is_empty()) {
            lines.push((name, key.clone()));
        }
    }
    lines
}

fn reachable_lines(node: &ServiceNodeEntry, now: u64) -> Vec<(&'static str, String)> {
    let services = [
        (
            "storage server",
            node.storage_server_reachable,
            node.storage_server_first_unreachable,
            node.storage_server_last_reachable,
        ),
        (
            "lokinet",
            node.lokinet_reachable,
            node.lokinet_first_unreachable,
            node.lokinet_last_reachable,
        ),
    ];
    let words = |reachable: bool, since: Option<u64>, last: Option<u64>| {
        if reachable {
            format!("reached {}", layout::age(now, last.unwrap_or_default()))
        } else {
            format!("NOT REACHABLE, first {}", layout::age(now, since.unwrap_or_default()))
        }
    };
    services
        .into_iter()
        .filter_map(|(name, reachable, since, last)| Some((name, words(reachable?, since, last))))
        .collect()
}

fn taken_part<T>(votes: &Participation<T>, detail: Detail, name: impl Fn(&T) -> String) -> String {
    let mut text = format!("{} voted, {} missed", votes.voted.len(), votes.missed.len());
    if detail == Detail::Full && !votes.missed.is_empty() {
        let missed: Vec<String> = votes.missed.iter().map(name).collect();
        text.push_str(&format!(" ({})", missed.join(", ")));
    }
    text
}

fn contributor_lines(contributor: &ContributorEntry, node: &ServiceNodeEntry, detail: Detail) -> String {
    let role = if contributor.address == node.operator_address {
        " (operator)"
    } else {
        ""
    };
    let mut text = format!(
        "    contributor {}{role}: {}",
        contributor.address,
        layout::oxen(contributor.amount)
    );
    if contributor.reserved() > contributor.amount {
        text.push_str(&format!(" of {} reserved", layout::oxen(contributor.reserved())));
    }
    if detail == Detail::Full {
        for output in &contributor.locked_contributions {
            text.push_str(&format!(
                "\n      {} locked, key image {}, one-time key {}",
                layout::oxen(output.amount),
                output.key_image,
                output.key_image_pub_key
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_rpc::types::service_nodes::list::DecommissionReasons;

    fn node() -> ServiceNodeEntry {
        ServiceNodeEntry {
            registration_height: 10,
            state_height: 20,
            active: true,
            funded: true,
            payable: true,
            earned_downtime_blocks: 61,
            staking_requirement: 100_000_000_000,
            total_contributed: 100_000_000_000,
            operator_fee: 123_400,
            ..ServiceNodeEntry::default()
        }
    }

    #[test]
    fn states_say_what_an_operator_must_know() {
        assert_eq!(state(&node(), 30), "active for 10 blocks, 61 blocks of credit");
        let suspended = ServiceNodeEntry {
            active: false,
            last_decomm_reasons: Some(DecommissionReasons {
                all: vec!["uptime".to_owned()],
                some: vec!["storage".to_owned(), "lokinet".to_owned()],
            }),
            ..node()
        };
        assert_eq!(
            state(&suspended, 21),
            "DECOMMISSIONED for 1 block, 61 blocks of credit; all voters: uptime; some voters: storage, lokinet"
        );
        let awaiting = ServiceNodeEntry {
            funded: false,
            active: false,
            ..node()
        };
        assert_eq!(state(&awaiting, 30), "awaiting contributions");
    }

    #[test]
    fn open_places_name_the_least_stake() {
        let half = ServiceNodeEntry {
            funded: false,
            total_contributed: 10_000_000_000,
            total_reserved: Some(55_000_000_000),
            contributors: vec![ContributorEntry::default()],
            ..node()
        };
        assert_eq!(
            open_places(&half),
            "90 OXEN missing; 45 OXEN for others: 9 places with at least 5 OXEN"
        );
        let reserved = ServiceNodeEntry {
            total_reserved: Some(100_000_000_000),
            ..half
        };
        assert_eq!(open_places(&reserved), "90 OXEN missing, all of it reserved");
    }

    #[test]
    fn nodes_stand_in_the_order_in_which_they_leave() {
        let leaving = |key: u8, unlock: u64| ServiceNodeEntry {
            service_node_pubkey: PublicKey::new([key; 32]),
            requested_unlock_height: unlock,
            ..node()
        };
        let answer = ServiceNodesAnswer {
            height: 30,
            service_node_states: vec![leaving(1, 0), leaving(2, 90), leaving(3, 50)],
            ..ServiceNodesAnswer::default()
        };
        let text = sections(&answer, 0, Detail::Usual);
        let place = |key: u8| text.find(&PublicKey::new([key; 32]).to_string()).unwrap();
        assert!(place(3) < place(2) && place(2) < place(1), "{text}");
        assert!(text.starts_with("Service Node Registration State: 3 nodes"), "{text}");
    }

    #[test]
    fn fees_are_percent_with_two_decimals() {
        assert_eq!(percent(123_400), "12.34 %");
        assert_eq!(percent(1_000_000), "100.00 %");
    }
}
