//! The service node that the running node is.

use super::list::{Detail, describe, node_time};
use crate::console::{
    Console, ConsoleError,
    command::{Command, Words},
    layout,
};
use oxen_rpc::types::{
    chain::NoParameters,
    service_nodes::own::{ServiceKeysAnswer, ServiceNodeStatusAnswer},
};

pub(super) const COMMANDS: &[Command] = &[
    Command::new(
        "print_sn_status",
        "This service node, and how its peers see it.",
        print_sn_status,
    )
    .flags(&["+detail"]),
    Command::new("print_sn_key", "Public keys of this service node.", print_sn_key),
];

fn print_sn_status(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let answer = console
        .node
        .call::<_, ServiceNodeStatusAnswer>("get_service_node_status", NoParameters {})?;
    let now = node_time(console)?;
    let detail = Detail::asked_for(words);
    console.screen.show(&answer, |answer| {
        let mut text = if answer.registered {
            describe(&answer.service_node_state, answer.height, now, detail)
        } else {
            format!(
                "The service node {} is not registered: `oxend prepare_registration` prints what to paste into the wallet.",
                answer.service_node_state.service_node_pubkey
            )
        };
        for part in [proofs(answer, now), duties(answer), votes(answer, now), outlook(answer)] {
            if !part.is_empty() {
                text.push_str("\n\n");
                text.push_str(&part);
            }
        }
        text
    })
}

/// `Uptime proofs` and the services without which none is sent.
fn proofs(answer: &ServiceNodeStatusAnswer, now: u64) -> String {
    let proofs = &answer.uptime_proofs;
    let mut lines = vec![("proof sent", layout::age(now, proofs.last_sent.unwrap_or_default()))];
    // Peers do not always say so: saying "never" then would worry an operator for nothing.
    if let Some(seen) = proofs.last_seen_by_peers {
        lines.push(("accepted by peers", layout::age(now, seen)));
    }
    if let Some(due) = proofs.next_due {
        lines.push(("next proof", format!("in {}", layout::seconds(due.saturating_sub(now)))));
    }
    if let Some(until) = proofs.valid_until {
        lines.push((
            "the last one counts",
            format!("for {} more", layout::seconds(until.saturating_sub(now))),
        ));
    }
    if let Some(hindrance) = &proofs.hindrance {
        lines.push(("NO PROOF IS SENT", hindrance.clone()));
    }
    let mut text = layout::fields(0, &lines);
    for companion in &answer.companions {
        let [major, minor, patch] = companion.version;
        text.push_str(&format!(
            "\n{}: last ping {}",
            companion.name,
            layout::age(now, companion.last_ping)
        ));
        if companion.last_ping > 0 {
            text.push_str(&format!(", version {major}.{minor}.{patch}"));
        }
        if let Some(refused) = &companion.refused {
            text.push_str(&format!(", REFUSED: {refused}"));
        }
    }
    text
}

fn duties(answer: &ServiceNodeStatusAnswer) -> String {
    if answer.tests.is_empty() {
        return String::new();
    }
    let head = ["test", "passed", "failed", "in a row", "allowed", ""]
        .map(str::to_owned)
        .to_vec();
    let rows = answer.tests.iter().map(|test| {
        vec![
            test.test.clone(),
            test.passed.to_string(),
            test.failed.to_string(),
            test.failed_in_a_row.to_string(),
            test.most_failures.to_string(),
            if test.failing { "FAILING" } else { "" }.to_owned(),
        ]
    });
    layout::table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

fn votes(answer: &ServiceNodeStatusAnswer, now: u64) -> String {
    let lines = answer.votes.iter().map(|vote| {
        let reasons = if vote.reasons.is_empty() {
            String::new()
        } else {
            format!(" because of {}", vote.reasons.join(", "))
        };
        format!(
            "{} voted {}{reasons} in the quorum of height {}, {}",
            vote.voter,
            vote.vote,
            vote.quorum_height,
            layout::age(now, vote.received)
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn outlook(answer: &ServiceNodeStatusAnswer) -> String {
    let Some(outlook) = &answer.outlook else {
        return String::new();
    };
    let mut text = format!("credit: {} blocks", outlook.credit_blocks);
    if let Some(blocks) = outlook.blocks_until_decommission {
        text.push_str(&format!(
            "; if nothing more is heard of it, suspended in {}",
            layout::count(blocks, "block")
        ));
    }
    if let Some(blocks) = outlook.blocks_until_deregistration {
        text.push_str(&format!(
            "; if nothing more is heard of it, deregistered in {}",
            layout::count(blocks, "block")
        ));
    }
    if let Some(next) = &outlook.next_failure {
        text.push_str(&format!(
            "; next to fail: {} in {}",
            next.test,
            layout::count(next.seconds, "second")
        ));
    }
    text
}

fn print_sn_key(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let answer = console
        .node
        .call::<_, ServiceKeysAnswer>("get_service_keys", NoParameters {})?;
    if !answer.value.is_service_node && answer.value.service_node_pubkey.is_empty() {
        return Err(ConsoleError::NotReady(
            "the node runs no service node: start it with --service-node".to_owned(),
        ));
    }
    console.screen.show(&answer, |answer| {
        layout::fields(
            0,
            &[
                ("service node key", answer.service_node_pubkey.clone()),
                ("ed25519 key", answer.service_node_ed25519_pubkey.clone()),
                ("x25519 key", answer.service_node_x25519_pubkey.clone()),
            ],
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_rpc::types::service_nodes::{
        ServiceNodeEntry,
        own::{CompanionEntry, OwnProofsEntry, VoteEntry},
    };

    fn status() -> ServiceNodeStatusAnswer {
        ServiceNodeStatusAnswer {
            height: 30,
            registered: true,
            service_node_state: ServiceNodeEntry {
                active: true,
                funded: true,
                payable: true,
                earned_downtime_blocks: 60,
                state_height: 20,
                last_uptime_proof: 40,
                ..ServiceNodeEntry::default()
            },
            companions: vec![CompanionEntry {
                name: "lokinet".to_owned(),
                ..CompanionEntry::default()
            }],
            ..ServiceNodeStatusAnswer::default()
        }
    }

    #[test]
    fn what_keeps_a_proof_from_being_sent_stands_out() {
        let hindered = ServiceNodeStatusAnswer {
            uptime_proofs: OwnProofsEntry {
                hindrance: Some("no ping of lokinet".to_owned()),
                ..OwnProofsEntry::default()
            },
            ..status()
        };
        let text = proofs(&hindered, 100);
        assert!(text.contains("NO PROOF IS SENT: no ping of lokinet"), "{text}");
    }

    #[test]
    fn votes_carry_their_reasons() {
        let voted = ServiceNodeStatusAnswer {
            votes: vec![VoteEntry {
                quorum_height: 28,
                vote: "decom".to_owned(),
                reasons: vec!["uptime".to_owned()],
                received: 99,
                ..VoteEntry::default()
            }],
            ..status()
        };
        let text = votes(&voted, 100);
        assert!(
            text.contains("voted decom because of uptime in the quorum of height 28, 1s ago"),
            "{text}"
        );
    }
}
