//! The registry and the quorums at the newest block against what was recorded of them.

use super::chain::Chain;
use crate::{
    recording::{
        Recording,
        quorums::QuorumKind as RecordedKind,
        states::{RecordedServiceNode, RecordedServiceNodeList},
    },
    report::{Check, Report},
};
use oxen_crypto::{Address, AddressKind};
use oxen_staking_rules::{Recipient, ServiceNode, quorum::Quorum, registry::NodeContributor};
use oxen_state::{ViewError, service_nodes::state_quorums};
use oxen_types::{Amount, Height, Network, PublicKey, network::constants::REORG_SAFETY_BUFFER_BLOCKS};
use std::collections::BTreeSet;

/// Compares both, as far as they were recorded.
pub fn at_tip(recording: &Recording, chain: &Chain<'_>, report: &mut Report) {
    let height = chain.height();
    match recording.states.as_ref().and_then(|states| states.get(&height)) {
        Some(state) => compare_nodes(&state.get_service_nodes, chain, &format!("height {height}"), report),
        None => report.unchecked(Check::Registry, "state.json has no entry for the height"),
    }
    if let Err(error) = compare_quorums(recording, chain, report) {
        report.verify(Check::Quorums, || format!("height {height}"), Err(error));
    }
}

/// Every node of a recorded list, every field.
pub fn compare_nodes(recorded: &RecordedServiceNodeList, chain: &Chain<'_>, place: &str, report: &mut Report) {
    let registry = match chain.registry() {
        Ok(registry) => registry,
        Err(error) => return report.verify(Check::Registry, || place.to_owned(), Err(error)),
    };
    let listed = |keys: BTreeSet<PublicKey>| keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let nodes = &recorded.service_node_states;
    report.compare(
        Check::Registry,
        || format!("registered service nodes at {place}"),
        &listed(nodes.iter().map(|node| node.service_node_pubkey).collect()),
        &listed(registry.nodes().map(|(key, _)| *key).collect()),
    );
    for node in nodes {
        let key = node.service_node_pubkey;
        let Some(computed) = registry.node(&key) else { continue };
        let expected = recorded_fields(node);
        let found = computed_fields(computed, chain.height(), chain.network());
        for ((field, recorded), (_, computed)) in expected.iter().zip(&found) {
            report.compare(
                Check::ServiceNode,
                || format!("{field} of service node {key} at {place}"),
                recorded,
                computed,
            );
        }
    }
}

type Fields = Vec<(&'static str, String)>;

fn recorded_fields(node: &RecordedServiceNode) -> Fields {
    let contributors = node.contributors.iter().map(|one| {
        let locked: Vec<String> = one
            .locked_contributions
            .iter()
            .map(|lock| format!("{} {} {}", lock.amount, lock.key_image, lock.key_image_pub_key))
            .collect();
        let reserved = one.reserved.unwrap_or(one.amount);
        format!(
            "{} staked {} of {reserved} in [{}]",
            one.address,
            one.amount,
            locked.join(", ")
        )
    });
    let reserved = node.total_reserved.unwrap_or(node.total_contributed);
    vec![
        ("registration_height", node.registration_height.to_string()),
        ("registration_hf_version", node.registration_hf_version.to_string()),
        ("requested_unlock_height", node.requested_unlock_height.to_string()),
        ("active", node.active.to_string()),
        ("funded", node.funded.to_string()),
        ("payable", node.payable.to_string()),
        ("state_height", node.state_height.to_string()),
        ("decommission_count", node.decommission_count.to_string()),
        ("earned_downtime_blocks", node.earned_downtime_blocks.to_string()),
        (
            "reasons of all",
            node.last_decommission_reason_consensus_all.to_string(),
        ),
        (
            "reasons of any",
            node.last_decommission_reason_consensus_any.to_string(),
        ),
        ("last_reward_block_height", node.last_reward_block_height.to_string()),
        (
            "last_reward_transaction_index",
            node.last_reward_transaction_index.to_string(),
        ),
        ("staking_requirement", node.staking_requirement.to_string()),
        ("total_contributed", node.total_contributed.to_string()),
        ("total_reserved", reserved.to_string()),
        ("portions_for_operator", node.portions_for_operator.to_string()),
        ("operator_address", node.operator_address.clone()),
        ("swarm_id", node.swarm_id.to_string()),
        ("contributors", contributors.collect::<Vec<_>>().join("; ")),
    ]
}

fn computed_fields(node: &ServiceNode, height: Height, network: &Network) -> Fields {
    let (record, stake) = (&node.record, &node.stake);
    let reasons = record
        .last_decommission
        .map_or((0, 0), |last| (last.reasons_of_all.bits(), last.reasons_of_any.bits()));
    let contributors = stake.contributors.iter().map(|one| contributor(one, network));
    vec![
        ("registration_height", record.registration_height.to_string()),
        ("registration_hf_version", record.registration_version.to_string()),
        (
            "requested_unlock_height",
            record.requested_unlock_height.unwrap_or_default().to_string(),
        ),
        ("active", node.is_active().to_string()),
        ("funded", node.is_fully_funded().to_string()),
        ("payable", node.is_payable(height, network).to_string()),
        ("state_height", node.state_height().to_string()),
        ("decommission_count", record.decommission_count.to_string()),
        (
            "earned_downtime_blocks",
            node.decommission_credit(height, network).to_string(),
        ),
        ("reasons of all", reasons.0.to_string()),
        ("reasons of any", reasons.1.to_string()),
        ("last_reward_block_height", record.queue.height.to_string()),
        ("last_reward_transaction_index", record.queue.transaction.to_string()),
        ("staking_requirement", stake.requirement.to_string()),
        ("total_contributed", stake.total_contributed.to_string()),
        ("total_reserved", stake.total_reserved.to_string()),
        ("portions_for_operator", stake.operator_portions.to_string()),
        ("operator_address", address(&stake.operator, network)),
        ("swarm_id", record.swarm.number().to_string()),
        ("contributors", contributors.collect::<Vec<_>>().join("; ")),
    ]
}

fn contributor(one: &NodeContributor, network: &Network) -> String {
    let locked: Vec<String> = one
        .locked
        .iter()
        .map(|lock| format!("{} {} {}", lock.amount, lock.key_image, lock.output_key))
        .collect();
    // The recorded answer leaves out what is reserved where it is what was staked.
    let reserved: Amount = one.reserved;
    format!(
        "{} staked {} of {reserved} in [{}]",
        address(&one.recipient, network),
        one.amount,
        locked.join(", ")
    )
}

fn address(recipient: &Recipient, network: &Network) -> String {
    match recipient {
        Recipient::Oxen { spend, view } => Address::new(AddressKind::Standard, *spend, *view)
            .map(|address| address.encode(&network.address_prefixes))
            .unwrap_or_default(),
        Recipient::Ethereum(address) => format!("0x{address}"),
    }
}

/// The quorums of the state after the newest block. A checkpointing quorum was recorded under the height it votes on.
fn compare_quorums(recording: &Recording, chain: &Chain<'_>, report: &mut Report) -> Result<(), ViewError> {
    let Some(recorded) = &recording.quorums else {
        report.unchecked(Check::Quorums, "quorums.json is absent");
        return Ok(());
    };
    let height = chain.height();
    let computed = state_quorums(chain.state(), height)?.unwrap_or_default();
    let votes_on = height.saturating_add(REORG_SAFETY_BUFFER_BLOCKS);
    let kinds = [
        (RecordedKind::Obligations, height, Some(computed.obligations)),
        (RecordedKind::Checkpointing, votes_on, computed.checkpointing),
        (RecordedKind::Blink, height, computed.blink),
        (RecordedKind::Pulse, height, computed.pulse),
    ];
    for (kind, listed_at, computed) in kinds {
        let recorded = recorded.get(kind, listed_at);
        // Votes on blocks above the recorded chain are not listed.
        if recorded.is_none() && listed_at > recording.last_height() {
            continue;
        }
        let recorded = recorded.map(|quorum| Quorum {
            validators: quorum.validators.clone(),
            workers: quorum.workers.clone(),
        });
        report.compare(
            Check::Quorums,
            || format!("{kind:?} quorum of height {listed_at}"),
            &text(recorded),
            &text(computed),
        );
    }
    Ok(())
}

/// Quorums without members are not always listed.
fn text(quorum: Option<Quorum>) -> String {
    let keys = |keys: &[PublicKey]| keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let quorum = quorum.unwrap_or_default();
    format!(
        "validators {}; workers {}",
        keys(&quorum.validators),
        keys(&quorum.workers)
    )
}
