//! Service nodes, built by hand from what a reference daemon told of them, rendered as it told them.

use crate::{assert_covers, recorded};
use oxen_rpc::{
    render::{NodeContext, NodeJson, StakeJson},
    types::service_nodes::{FieldSelection, ServiceNodeEntry, list::Participation},
};
use oxen_staking_rules::{
    Recipient, ServiceNode, X25519PublicKey,
    obligations::{
        CheckpointParticipation, History, NodeObservations, Outcome, PulseParticipation, SeenProof, TestOutcome,
    },
    quorum::PulseSorter,
    registry::{Activity, Decommission, LockedContribution, NodeContributor, NodeRecord, QueuePosition, Stake},
    swarm::SwarmId,
    uptime_proof::{ServicePorts, ServiceVersions, SoftwareVersion},
};
use oxen_types::{
    Amount, Height, Network, PublicKey, Timestamp, extra::Reasons, network::constants::REORG_SAFETY_BUFFER_BLOCKS,
};
use serde_json::Value;
use std::sync::Arc;

/// Names that the older generation has for what the recording daemon calls otherwise, and fields that it does not know.
const ONLY_OURS: [&str; 5] = [
    "checkpoint_participation",
    "pulse_participation",
    "timestamp_participation",
    "timesync_status",
    "last_ip_change_height",
];

#[test]
fn every_service_node_reads_as_recorded() {
    let mut network = Network::localdev();
    // As `network.json` of the recording has it.
    network.batching.payable_after_blocks = 4;
    let mut nodes = 0;
    for entry in recorded("oxend-hf19", "state.json.gz") {
        let tip = Height::new(entry["height"].as_u64().unwrap());
        for theirs in entry["get_service_nodes"]["result"]["service_node_states"]
            .as_array()
            .unwrap()
        {
            let ours = rendered(theirs, &network, tip);
            let what = format!("{} at {tip}", theirs["service_node_pubkey"]);
            assert_covers(&ours, theirs, &what);
            for name in ours.as_object().unwrap().keys() {
                let is_known = theirs.get(name).is_some() || ONLY_OURS.contains(&name.as_str());
                assert!(is_known, "{what}: {name} is not recorded");
            }
            nodes += 1;
        }
    }
    assert!(nodes > 3_000 || std::env::var_os("OXEN_VECTORS").is_none(), "{nodes}");
}

/// Our rendering of a node that is as the recorded one was. Keys of BLS are taken over: nodes have none before HF20.
fn rendered(theirs: &Value, network: &Network, tip: Height) -> Value {
    let entry: ServiceNodeEntry = serde_json::from_value(theirs.clone()).unwrap();
    let node = node(&entry, network, tip);
    let stake = StakeJson::new(&node.stake, network).unwrap();
    let seen = observations(&entry);
    let json = NodeJson {
        key: &entry.service_node_pubkey,
        node: &node,
        stake: &stake,
        seen: Some(&seen),
        context: NodeContext {
            network,
            tip,
            now: Timestamp::from_seconds(0),
            fields: &FieldSelection::All,
        },
    };
    let mut ours = serde_json::to_value(json).unwrap();
    if let Some(key) = theirs.get("pubkey_bls") {
        ours["pubkey_bls"] = key.clone();
    }
    ours
}

fn node(entry: &ServiceNodeEntry, network: &Network, tip: Height) -> ServiceNode {
    let since = Height::new(entry.state_height);
    let activity = match (entry.funded, entry.active) {
        (false, _) => Activity::AwaitingContributions,
        (true, true) => Activity::Active { since },
        // The answer does not tell when the node was activated before.
        (true, false) => Activity::Decommissioned {
            active_since: since,
            since,
        },
    };
    let mut node = ServiceNode {
        record: record(entry, activity),
        stake: Arc::new(stake(entry, network)),
    };
    // Whatever credit it had when it was activated, it has the recorded one now.
    node.record.recommission_credit = entry.earned_downtime_blocks - node.decommission_credit(tip, network);
    node
}

fn record(entry: &ServiceNodeEntry, activity: Activity) -> NodeRecord {
    NodeRecord {
        registration_height: Height::new(entry.registration_height),
        registration_version: entry.registration_hf_version,
        requested_unlock_height: (entry.requested_unlock_height > 0)
            .then_some(Height::new(entry.requested_unlock_height)),
        queue: QueuePosition {
            height: Height::new(entry.last_reward_block_height),
            transaction: entry.last_reward_transaction_index,
        },
        activity,
        decommission_count: entry.decommission_count,
        last_decommission: entry.last_decommission_reason_consensus_all.map(|all| Decommission {
            height: Height::new(entry.state_height),
            reasons_of_all: Reasons::from_bits(all),
            reasons_of_any: Reasons::from_bits(entry.last_decommission_reason_consensus_any.unwrap()),
        }),
        recommission_credit: 0,
        swarm: SwarmId::new(entry.swarm_id),
        last_ip_change_height: Height::new(entry.registration_height),
        pulse_sorter: PulseSorter {
            height: Height::GENESIS,
            index: 0,
        },
    }
}

fn stake(entry: &ServiceNodeEntry, network: &Network) -> Stake {
    let contributors = entry.contributors.iter().map(|one| NodeContributor {
        beneficiary: None,
        recipient: recipient(&one.address, network),
        amount: Amount::from_atomic(one.amount),
        reserved: Amount::from_atomic(one.reserved()),
        locked: one
            .locked_contributions
            .iter()
            .map(|output| LockedContribution {
                key_image: output.key_image,
                output_key: output.key_image_pub_key,
                amount: Amount::from_atomic(output.amount),
            })
            .collect(),
    });
    Stake {
        bls_key: None,
        requirement: Amount::from_atomic(entry.staking_requirement),
        operator: recipient(&entry.operator_address, network),
        operator_portions: entry.portions_for_operator,
        contributors: contributors.collect(),
        total_contributed: Amount::from_atomic(entry.total_contributed),
        total_reserved: Amount::from_atomic(entry.total_reserved.unwrap_or(entry.total_contributed)),
    }
}

fn recipient(address: &str, network: &Network) -> Recipient {
    let address = oxen_crypto::Address::parse(address, &network.address_prefixes).unwrap();
    Recipient::Oxen {
        spend: address.spend(),
        view: address.view(),
    }
}

fn observations(entry: &ServiceNodeEntry) -> NodeObservations {
    let received = Timestamp::from_seconds(entry.last_uptime_proof);
    NodeObservations {
        proof: entry.pubkey_ed25519.as_ref().map(|key| proof(entry, key, received)),
        proof_counts_from: (entry.last_uptime_proof > 0).then_some(received),
        checkpoints: outcomes(entry.checkpoint_votes.as_ref(), |quorum, outcome| {
            CheckpointParticipation {
                checkpoint: Height::new(quorum + REORG_SAFETY_BUFFER_BLOCKS),
                outcome,
            }
        }),
        pulse: outcomes(entry.pulse_votes.as_ref(), |(height, round), outcome| {
            PulseParticipation {
                height: Height::new(height),
                round,
                outcome,
            }
        }),
        ..NodeObservations::default()
    }
}

/// Results of a history; those that were missed behind those that were not, as nothing tells their order.
fn outcomes<T: Copy, O: Outcome>(
    recorded: Option<&Participation<T>>,
    result: impl Fn(T, TestOutcome) -> O,
) -> History<O> {
    let Some(recorded) = recorded else {
        return History::default();
    };
    let voted = recorded.voted.iter().map(|one| result(*one, TestOutcome::Passed));
    let missed = recorded.missed.iter().map(|one| result(*one, TestOutcome::Failed));
    voted.chain(missed).collect()
}

fn proof(entry: &ServiceNodeEntry, ed25519: &str, received: Timestamp) -> SeenProof {
    let x25519: PublicKey = entry.pubkey_x25519.as_ref().unwrap().parse().unwrap();
    SeenProof {
        received,
        made: received,
        ed25519: ed25519.parse().unwrap(),
        x25519: X25519PublicKey::new(x25519.to_bytes()),
        public_ip: entry
            .public_ip
            .as_ref()
            .unwrap()
            .parse::<std::net::Ipv4Addr>()
            .unwrap()
            .octets(),
        ports: ServicePorts {
            quorumnet: entry.quorumnet_port.unwrap(),
            storage_https: entry.storage_port.unwrap(),
            storage_messages: entry.storage_lmq_port.unwrap(),
        },
        versions: ServiceVersions {
            node: SoftwareVersion(entry.service_node_version.unwrap()),
            onion_router: SoftwareVersion(entry.lokinet_version.unwrap()),
            storage_server: SoftwareVersion(entry.storage_server_version.unwrap()),
        },
    }
}
