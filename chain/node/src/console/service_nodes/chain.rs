//! What the chain says of service nodes: requirement, quorums, changes of state.

use crate::console::{
    Console, ConsoleError,
    command::{Command, Words},
    layout,
};
use oxen_rpc::types::service_nodes::{
    quorums::{QuorumStateAnswer, QuorumStateRequest},
    stakes::{StakingRequirementAnswer, StakingRequirementRequest, StateChangesAnswer, StateChangesRequest},
};
use serde_json::Value;

pub(super) const COMMANDS: &[Command] = &[
    Command::new("print_sr", "What a service node must hold at a height.", print_sr).takes("[HEIGHT]"),
    Command::new(
        "print_sn_state_changes",
        "How many nodes were suspended, recommissioned, deregistered and so on in a range of blocks.",
        print_state_changes,
    )
    .takes("START [END]"),
    Command::new(
        "print_quorum_state",
        "Quorums of a height or a range, as JSON; the newest of each kind unless a height is named.",
        print_quorum_state,
    )
    .takes("[START] [END]"),
    Command::new(
        "claim_rewards",
        "Claims rewards from the contract; for HF21.",
        claim_rewards,
    )
    .takes("ETH-ADDRESS"),
];

fn print_sr(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let request = StakingRequirementRequest {
        height: words.optional(0, "height")?,
    };
    let answer = console
        .node
        .call::<_, StakingRequirementAnswer>("get_staking_requirement", request)?;
    console.screen.show(&answer, |answer| {
        format!(
            "A service node must hold {} at height {}",
            layout::oxen(answer.staking_requirement),
            answer.height
        )
    })
}

fn print_state_changes(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let request = StateChangesRequest {
        start_height: Some(words.required(0, "height")?),
        end_height: words.optional(1, "height")?,
    };
    let answer = console
        .node
        .call::<_, StateChangesAnswer>("get_service_nodes_state_changes", request)?;
    console.screen.show(&answer, |answer| {
        layout::fields(
            0,
            &[
                ("blocks", format!("{} to {}", answer.start_height, answer.end_height)),
                ("deregistrations", answer.total_deregister.to_string()),
                (
                    "penalties for a changed address",
                    answer.total_ip_change_penalty.to_string(),
                ),
                ("decommissions", answer.total_decommission.to_string()),
                ("recommissions", answer.total_recommission.to_string()),
                ("unlocks", answer.total_unlock.to_string()),
            ],
        )
    })
}

fn print_quorum_state(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let request = QuorumStateRequest {
        start_height: words.optional(0, "height")?,
        end_height: words.optional(1, "height")?,
        quorum_type: None,
    };
    let answer = console.node.call::<_, QuorumStateAnswer>("get_quorum_state", request)?;
    console.screen.json(&answer.json)
}

fn claim_rewards(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let address: String = words.required(0, "Ethereum address")?;
    // There is no contract before HF21: the node says what it can do.
    let answer = console
        .node
        .call::<_, Value>("bls_rewards_request", serde_json::json!({ "address": address }))?;
    console.screen.json(&answer.json)
}
