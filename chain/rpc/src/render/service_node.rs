//! A service node as JSON (rpc §3.7, staking §20).
//!
//! Written field by field into the answer, because there are thousands of nodes: no tree of values is built. What a node's
//! stake says is the larger part and seldom changes: it is rendered once, as a [`StakeJson`].

use super::address::recipient_address;
use crate::types::service_nodes::{
    FieldSelection,
    list::{ContributorEntry, DecommissionReasons, LockedContributionEntry, Participation},
};
use oxen_staking_rules::{
    obligations::{
        CheckpointParticipation, History, NodeObservations, Outcome, PulseParticipation, Reachability, SeenProof,
        TestOutcome, node_tests::unreachable_limit_seconds,
    },
    registry::{Decommission, NodeContributor, ServiceNode, Stake},
};
use oxen_types::{
    Height, Network, PublicKey, Timestamp,
    extra::Reasons,
    network::constants::{REORG_SAFETY_BUFFER_BLOCKS, STAKING_PORTIONS},
};
use serde::{
    Serialize, Serializer,
    ser::{Error, SerializeMap},
};
use serde_json::value::{RawValue, to_raw_value};

/// What a stake says, rendered.
#[derive(Debug)]
pub struct StakeJson {
    operator_address: String,
    contributors: Box<RawValue>,
}

impl StakeJson {
    /// Renders a stake of a network.
    ///
    /// # Errors
    /// Never: everything in a stake can be written as JSON.
    pub fn new(stake: &Stake, network: &Network) -> Result<Self, serde_json::Error> {
        let contributors: Vec<ContributorEntry> =
            stake.contributors.iter().map(|one| contributor(one, network)).collect();
        let operator_address = match stake
            .contributors
            .iter()
            .position(|one| one.recipient == stake.operator)
        {
            Some(place) => contributors.get(place).map(|entry| entry.address.clone()),
            None => None,
        };
        Ok(Self {
            operator_address: operator_address
                .unwrap_or_else(|| recipient_address(&stake.operator, &network.address_prefixes)),
            contributors: to_raw_value(&contributors)?,
        })
    }
}

fn contributor(one: &NodeContributor, network: &Network) -> ContributorEntry {
    ContributorEntry {
        address: recipient_address(&one.recipient, &network.address_prefixes),
        amount: one.amount.atomic(),
        reserved: (one.reserved != one.amount).then_some(one.reserved.atomic()),
        locked_contributions: one
            .locked
            .iter()
            .map(|output| LockedContributionEntry {
                amount: output.amount.atomic(),
                key_image: output.key_image,
                key_image_pub_key: output.output_key,
            })
            .collect(),
    }
}

/// What all nodes of one answer share.
#[derive(Debug, Clone, Copy)]
pub struct NodeContext<'a> {
    /// The network.
    pub network: &'a Network,
    /// Height of the newest block.
    pub tip: Height,
    /// The time, against which failures to reach a node count.
    pub now: Timestamp,
    /// Which fields are wanted.
    pub fields: &'a FieldSelection,
}

/// A registered node, with what was seen of it.
#[derive(Debug, Clone, Copy)]
pub struct NodeJson<'a> {
    /// Its primary key.
    pub key: &'a PublicKey,
    /// What the chain knows.
    pub node: &'a ServiceNode,
    /// Its stake.
    pub stake: &'a StakeJson,
    /// What was seen; `None` for nothing.
    pub seen: Option<&'a NodeObservations>,
    /// What it shares with the others.
    pub context: NodeContext<'a>,
}

/// The operator's fee in millionths, rounded: never to nothing unless less than half of one (staking §20).
#[must_use]
pub const fn fee_millionths(portions: u64) -> u64 {
    /// One millionth, rounded up.
    const MILLIONTH: u64 = STAKING_PORTIONS.div_ceil(1_000_000);
    /// Half of one, rounded up.
    const HALF: u64 = STAKING_PORTIONS.div_ceil(2_000_000);
    match portions.checked_sub(HALF) {
        None => 0,
        Some(above) => above / MILLIONTH + 1,
    }
}

impl Serialize for NodeJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = Fields {
            map: serializer.serialize_map(None)?,
            wanted: self.context.fields,
        };
        self.put_registration(&mut fields)?;
        self.put_state(&mut fields)?;
        self.put_stake(&mut fields)?;
        match self.seen {
            Some(seen) => {
                put_proof(&mut fields, seen)?;
                put_participation(&mut fields, seen)?;
                self.put_reachability(&mut fields, seen)?;
            }
            None => fields.put("last_uptime_proof", &0_u64)?,
        }
        fields.map.end()
    }
}

impl NodeJson<'_> {
    fn put_registration<M: SerializeMap>(&self, fields: &mut Fields<'_, M>) -> Result<(), M::Error> {
        let record = &self.node.record;
        fields.put("service_node_pubkey", &Hex32(self.key.as_bytes()))?;
        fields.put("registration_height", &record.registration_height)?;
        fields.put("registration_hf_version", &record.registration_version)?;
        if let Some(bls_key) = &self.node.stake.bls_key {
            fields.put("pubkey_bls", bls_key)?;
        }
        let unlock = record.requested_unlock_height.map_or(0, Height::index);
        fields.put("requested_unlock_height", &unlock)?;
        fields.put("last_ip_change_height", &record.last_ip_change_height)
    }

    fn put_state<M: SerializeMap>(&self, fields: &mut Fields<'_, M>) -> Result<(), M::Error> {
        let (node, record) = (self.node, &self.node.record);
        let NodeContext { network, tip, .. } = self.context;
        fields.put("last_reward_block_height", &record.queue.height)?;
        fields.put("last_reward_transaction_index", &record.queue.transaction)?;
        fields.put("active", &node.is_active())?;
        fields.put("funded", &node.is_fully_funded())?;
        fields.put("payable", &node.is_payable(tip, network))?;
        fields.put("state_height", &node.state_height())?;
        fields.put("decommission_count", &record.decommission_count)?;
        fields.put("earned_downtime_blocks", &node.decommission_credit(tip, network))?;
        if let Some(last) = &record.last_decommission {
            put_reasons(fields, last)?;
        }
        fields.put("swarm_id", &record.swarm.number())?;
        fields.put("swarm", &format_args!("{:x}", record.swarm.number()))
    }

    fn put_stake<M: SerializeMap>(&self, fields: &mut Fields<'_, M>) -> Result<(), M::Error> {
        let stake = &self.node.stake;
        fields.put("staking_requirement", &stake.requirement.atomic())?;
        fields.put("total_contributed", &stake.total_contributed.atomic())?;
        if stake.total_reserved != stake.total_contributed {
            fields.put("total_reserved", &stake.total_reserved.atomic())?;
        }
        fields.put("portions_for_operator", &stake.operator_portions)?;
        fields.put("operator_fee", &fee_millionths(stake.operator_portions))?;
        fields.put("operator_address", &self.stake.operator_address)?;
        fields.put("contributors", &self.stake.contributors)
    }

    fn put_reachability<M: SerializeMap>(
        &self,
        fields: &mut Fields<'_, M>,
        seen: &NodeObservations,
    ) -> Result<(), M::Error> {
        let now = self.context.now;
        let threshold = unreachable_limit_seconds(&self.context.network.uptime);
        let names = [
            "storage_server_reachable",
            "storage_server_first_unreachable",
            "storage_server_last_unreachable",
            "storage_server_last_reachable",
        ];
        put_reports(fields, names, &seen.storage_server, threshold, now)?;
        let names = [
            "lokinet_reachable",
            "lokinet_first_unreachable",
            "lokinet_last_unreachable",
            "lokinet_last_reachable",
        ];
        put_reports(fields, names, &seen.onion_router, threshold, now)
    }
}

/// 32 bytes in hexadecimal, without a detour over the heap.
struct Hex32<'a>(&'a [u8; 32]);

impl Serialize for Hex32<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; 64];
        hex::encode_to_slice(self.0, &mut text).map_err(S::Error::custom)?;
        serializer.serialize_str(std::str::from_utf8(&text).map_err(S::Error::custom)?)
    }
}

/// The wanted fields, on their way out.
struct Fields<'a, M> {
    map: M,
    wanted: &'a FieldSelection,
}

impl<M: SerializeMap> Fields<'_, M> {
    fn put<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), M::Error> {
        if self.wanted.wants(name) {
            self.map.serialize_entry(name, value)?;
        }
        Ok(())
    }
}

fn put_reasons<M: SerializeMap>(fields: &mut Fields<'_, M>, last: &Decommission) -> Result<(), M::Error> {
    let (all, any) = (last.reasons_of_all, last.reasons_of_any);
    fields.put("last_decommission_reason_consensus_all", &all.bits())?;
    fields.put("last_decommission_reason_consensus_any", &any.bits())?;
    let of_all = reason_codes(all);
    let some = reason_codes(any)
        .into_iter()
        .filter(|code| !of_all.contains(code))
        .collect();
    fields.put("last_decomm_reasons", &DecommissionReasons { all: of_all, some })
}

/// Short codes of reasons.
pub(crate) fn reason_codes(reasons: Reasons) -> Vec<String> {
    reasons.codes().map(str::to_owned).collect()
}

fn put_proof<M: SerializeMap>(fields: &mut Fields<'_, M>, seen: &NodeObservations) -> Result<(), M::Error> {
    let Some(proof) = &seen.proof else {
        return fields.put("last_uptime_proof", &0_u64);
    };
    // After a suspension the proof counts no longer, but what it says is still known.
    let counts = seen.proof_counts_from.map_or(0, |_| proof.received.seconds());
    fields.put("last_uptime_proof", &counts)?;
    put_proof_content(fields, proof)
}

fn put_proof_content<M: SerializeMap>(fields: &mut Fields<'_, M>, proof: &SeenProof) -> Result<(), M::Error> {
    fields.put("pubkey_ed25519", &Hex32(proof.ed25519.as_bytes()))?;
    fields.put("pubkey_x25519", &Hex32(proof.x25519.as_bytes()))?;
    fields.put("public_ip", &proof.address())?;
    fields.put("storage_port", &proof.ports.storage_https)?;
    fields.put("storage_lmq_port", &proof.ports.storage_messages)?;
    fields.put("quorumnet_port", &proof.ports.quorumnet)?;
    fields.put("service_node_version", &proof.versions.node.0)?;
    fields.put("storage_server_version", &proof.versions.storage_server.0)?;
    fields.put("lokinet_version", &proof.versions.onion_router.0)
}

/// The histories under the names of both generations; empty ones are left out.
fn put_participation<M: SerializeMap>(fields: &mut Fields<'_, M>, seen: &NodeObservations) -> Result<(), M::Error> {
    if !seen.checkpoints.is_empty() {
        let of = |one: &CheckpointParticipation| quorum_height(one.checkpoint);
        fields.put("checkpoint_votes", &participation(&seen.checkpoints, of))?;
        let list: Vec<_> = seen.checkpoints.iter().map(OldCheckpointEntry::from).collect();
        fields.put("checkpoint_participation", &list)?;
    }
    if !seen.pulse.is_empty() {
        let of = |one: &PulseParticipation| (one.height.index(), one.round);
        fields.put("pulse_votes", &participation(&seen.pulse, of))?;
        let list: Vec<_> = seen.pulse.iter().map(OldPulseEntry::from).collect();
        fields.put("pulse_participation", &list)?;
    }
    let tests = [
        ("quorumnet_tests", "timestamp_participation", &seen.time_answers),
        ("timesync_tests", "timesync_status", &seen.time_synchronisation),
    ];
    for (name, old_name, results) in tests.into_iter().filter(|(_, _, results)| !results.is_empty()) {
        let passes: Vec<bool> = results.iter().map(|outcome| has_passed(*outcome)).collect();
        let passed = passes.iter().filter(|passed| **passed).count();
        fields.put(name, &(passed, passes.len().saturating_sub(passed)))?;
        fields.put(old_name, &passes)?;
    }
    Ok(())
}

fn has_passed(outcome: TestOutcome) -> bool {
    outcome == TestOutcome::Passed
}

/// Height of the state whose quorum votes on the checkpoint.
const fn quorum_height(checkpoint: Height) -> u64 {
    checkpoint.saturating_sub(REORG_SAFETY_BUFFER_BLOCKS).index()
}

fn participation<O: Outcome, T>(results: &History<O>, value: impl Fn(&O) -> T) -> Participation<T> {
    let with = |wanted| {
        results
            .iter()
            .filter(|one| one.outcome() == wanted)
            .map(&value)
            .collect()
    };
    Participation {
        voted: with(TestOutcome::Passed),
        missed: with(TestOutcome::Failed),
    }
}

/// A vote on a checkpoint as the older generation has it.
#[derive(Serialize)]
struct OldCheckpointEntry {
    height: u64,
    voted: bool,
}

impl From<&CheckpointParticipation> for OldCheckpointEntry {
    fn from(one: &CheckpointParticipation) -> Self {
        Self {
            height: quorum_height(one.checkpoint),
            voted: has_passed(one.outcome),
        }
    }
}

/// A part in a Pulse block as the older generation has it.
#[derive(Serialize)]
struct OldPulseEntry {
    height: u64,
    round: u8,
    voted: bool,
}

impl From<&PulseParticipation> for OldPulseEntry {
    fn from(one: &PulseParticipation) -> Self {
        Self {
            height: one.height.index(),
            round: one.round,
            voted: has_passed(one.outcome),
        }
    }
}

fn put_reports<M: SerializeMap>(
    fields: &mut Fields<'_, M>,
    [reachable, first_unreachable, last_unreachable, last_reachable]: [&str; 4],
    reports: &Reachability,
    threshold: u64,
    now: Timestamp,
) -> Result<(), M::Error> {
    if !reports.is_known() {
        return Ok(());
    }
    fields.put(reachable, &!reports.is_unreachable_for(threshold, now))?;
    let times = [
        (first_unreachable, reports.first_unreachable),
        (last_unreachable, reports.last_unreachable),
        (last_reachable, reports.last_reachable),
    ];
    for (name, time) in times {
        if let Some(time) = time {
            fields.put(name, &time.seconds())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_in_millionths_are_the_known_ones() {
        for (portions, millionths) in [
            (0, 0),
            (9_223_372_036_854, 0),
            (9_223_372_036_855, 1),
            (184_467_440_737_095_516, 10_000),
            (1_341_078_294_158_684_402, 72_700),
            (1_844_674_407_370_955_161, 100_000),
            (9_223_372_036_854_775_806, 500_000),
            (STAKING_PORTIONS, 1_000_000),
        ] {
            assert_eq!(fee_millionths(portions), millionths, "{portions}");
        }
    }
}
