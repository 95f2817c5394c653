//! Every quorum and every swarm of a chain that reference nodes made, from HF16 on. Runs where `OXEN_VECTORS` names the folder
//! with the recorded sets, and says so where it does not.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test ends where it fails"
)]

use flate2::read::GzDecoder;
use oxen_staking_rules::{
    Quorum, QuorumKind, SwarmId,
    quorum::{
        EntropySource, PulseCandidate, PulseSorter, blink_quorum, checkpointing_quorum, checkpointing_quorum_height,
        entropy_heights, has_blink_quorum, has_checkpointing_quorum, is_eligible_for_blink, obligations_quorum,
        pulse_entropy, pulse_quorum,
    },
    swarm::update_swarms,
};
use oxen_types::{Hash, Height, PublicKey};
use serde::{Deserialize, de::DeserializeOwned};
use std::{collections::BTreeMap, fs::File, path::PathBuf};

const SET: &str = "oxend-hf7-19";
/// PULSE_MIN_SERVICE_NODES of the recorded network.
const MINIMUM_NODES: u64 = 12;
/// HF16 of the recorded network: from here on quorums are drawn by the rules that are implemented.
const FIRST_PULSE_HEIGHT: usize = 78;

#[derive(Deserialize)]
struct Block {
    hash: Hash,
    header: BlockHeader,
    json: BlockContent,
}

#[derive(Deserialize)]
struct BlockHeader {
    #[serde(default)]
    service_node_winner: PublicKey,
}

#[derive(Deserialize)]
struct BlockContent {
    pulse: Option<PulseHeader>,
}

#[derive(Deserialize)]
struct PulseHeader {
    #[serde(deserialize_with = "hexadecimal")]
    random_value: [u8; 16],
    round: u8,
}

impl Block {
    fn round(&self) -> u8 {
        self.json.pulse.as_ref().map_or(0, |pulse| pulse.round)
    }

    fn entropy_source(&self) -> EntropySource {
        match &self.json.pulse {
            Some(pulse) if pulse.random_value != [0; 16] => EntropySource::Pulse(pulse.random_value),
            _ => EntropySource::Mined(self.hash),
        }
    }
}

#[derive(Deserialize)]
struct State {
    get_service_nodes: ServiceNodes,
}

#[derive(Deserialize)]
struct ServiceNodes {
    #[serde(default)]
    service_node_states: Vec<ServiceNode>,
}

#[derive(Deserialize)]
struct ServiceNode {
    service_node_pubkey: PublicKey,
    active: bool,
    funded: bool,
    requested_unlock_height: Height,
    swarm_id: u64,
}

impl ServiceNode {
    fn requested_unlock(&self) -> Option<Height> {
        Some(self.requested_unlock_height).filter(|height| *height > Height::GENESIS)
    }
}

#[derive(Deserialize)]
struct RecordedQuorum {
    height: usize,
    quorum_type: u8,
    quorum: Members,
}

#[derive(Deserialize)]
struct Members {
    #[serde(default)]
    validators: Vec<PublicKey>,
    #[serde(default)]
    workers: Vec<PublicKey>,
}

struct Recording {
    /// By height.
    blocks: Vec<Block>,
    /// Service nodes in key order after the block at each height; none after the genesis block.
    nodes: Vec<Vec<ServiceNode>>,
    quorums: BTreeMap<(QuorumKind, usize), Quorum>,
}

impl Recording {
    fn read() -> Option<Self> {
        let Some(folder) = std::env::var_os("OXEN_VECTORS") else {
            println!("skipped: OXEN_VECTORS is not set, so there is no recorded chain {SET} to read");
            return None;
        };
        let folder = PathBuf::from(folder).join(SET);
        let states: Vec<State> = read(folder.join("state.json.gz"));
        let mut nodes = vec![Vec::new()];
        nodes.extend(
            states
                .into_iter()
                .map(|state| state.get_service_nodes.service_node_states),
        );
        for list in &mut nodes {
            list.sort_by_key(|node| node.service_node_pubkey);
        }
        let quorums: Vec<RecordedQuorum> = read(folder.join("quorums.json.gz"));
        let quorums = quorums.into_iter().map(|recorded| {
            let kind = QuorumKind::from_number(recorded.quorum_type).unwrap();
            let Members { validators, workers } = recorded.quorum;
            ((kind, recorded.height), Quorum { validators, workers })
        });
        Some(Self {
            blocks: read(folder.join("blocks.json.gz")),
            nodes,
            quorums: quorums.collect(),
        })
    }

    /// Recorded quorums of a kind.
    fn of(&self, kind: QuorumKind) -> impl Iterator<Item = (usize, &Quorum)> {
        let of_kind = move |entry: &(&(QuorumKind, usize), _)| entry.0.0 == kind;
        self.quorums
            .iter()
            .filter(of_kind)
            .map(|((_, height), quorum)| (*height, quorum))
    }

    fn keys(&self, height: usize, chosen: impl Fn(&ServiceNode) -> bool) -> Vec<PublicKey> {
        let chosen = self.nodes[height].iter().filter(|node| chosen(node));
        chosen.map(|node| node.service_node_pubkey).collect()
    }

    fn active(&self, height: usize) -> Vec<PublicKey> {
        self.keys(height, |node| node.active)
    }

    /// The swarms of all active nodes after the block at this height, from the records after the block at `known`.
    fn swarms(&self, height: usize, known: usize) -> BTreeMap<PublicKey, SwarmId> {
        let known: BTreeMap<PublicKey, u64> = self.nodes[known]
            .iter()
            .map(|node| (node.service_node_pubkey, node.swarm_id))
            .collect();
        let swarm = |key: &PublicKey| known.get(key).map_or(SwarmId::UNASSIGNED, |id| SwarmId::new(*id));
        self.active(height).into_iter().map(|key| (key, swarm(&key))).collect()
    }

    fn entropy(&self, height: usize, round: u8) -> Option<[Hash; 12]> {
        let source = |height: Height| self.blocks[height.index() as usize].entropy_source();
        Some(pulse_entropy(round, &entropy_heights(at(height))?.map(source)))
    }
}

fn read<T: DeserializeOwned>(path: PathBuf) -> Vec<T> {
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_reader(std::io::BufReader::new(GzDecoder::new(file))).unwrap()
}

fn at(height: usize) -> Height {
    Height::new(height as u64)
}

#[test]
fn obligations_quorums_are_the_recorded_ones() {
    let Some(recording) = Recording::read() else { return };
    let mut with_decommissioned = 0;
    for (height, quorum) in recording.of(QuorumKind::Obligations) {
        let decommissioned = recording.keys(height, |node| node.funded && !node.active);
        with_decommissioned += usize::from(!decommissioned.is_empty());
        let drawn = obligations_quorum(
            &recording.active(height),
            &decommissioned,
            &recording.blocks[height].hash,
        );
        assert_eq!(&drawn, quorum, "at {height}");
    }
    assert_eq!(recording.of(QuorumKind::Obligations).count(), 415);
    assert!(with_decommissioned > 0);
}

#[test]
fn checkpointing_quorums_are_the_recorded_ones() {
    let Some(recording) = Recording::read() else { return };
    let mut full = 0;
    for (height, quorum) in recording.of(QuorumKind::Checkpointing) {
        let state = checkpointing_quorum_height(at(height)).unwrap().index() as usize;
        assert!(has_checkpointing_quorum(at(state)));
        let drawn = checkpointing_quorum(&recording.active(state), &recording.blocks[state].hash);
        assert_eq!(&drawn, quorum, "voting on {height}");
        full += usize::from(!drawn.validators.is_empty());
    }
    assert_eq!((recording.of(QuorumKind::Checkpointing).count(), full), (95, 15));
}

#[test]
fn blink_quorums_are_the_recorded_ones() {
    let Some(recording) = Recording::read() else { return };
    let mut full = 0;
    for (height, quorum) in recording.of(QuorumKind::Blink) {
        assert!(has_blink_quorum(at(height)));
        let eligible = |node: &ServiceNode| node.active && is_eligible_for_blink(node.requested_unlock(), at(height));
        let drawn = blink_quorum(&recording.keys(height, eligible), &recording.blocks[height].hash);
        assert_eq!(&drawn, quorum, "at {height}");
        full += usize::from(!drawn.validators.is_empty());
    }
    assert_eq!((recording.of(QuorumKind::Blink).count(), full), (77, 72));
}

#[test]
fn pulse_quorums_are_the_recorded_ones_and_exist_where_one_is_recorded() {
    let Some(recording) = Recording::read() else { return };
    let mut sorters: BTreeMap<PublicKey, PulseSorter> = BTreeMap::new();
    for (height, block) in recording.blocks.iter().enumerate().skip(FIRST_PULSE_HEIGHT) {
        let parent = height - 1;
        let registered = recording.keys(parent, |_| true);
        sorters.retain(|key, _| registered.binary_search(key).is_ok());
        let candidate = |key| PulseCandidate {
            key,
            sorter: sorters.get(&key).copied().unwrap_or_default(),
        };
        let candidates = recording.active(parent).into_iter().map(candidate).collect();
        let leader = block.header.service_node_winner;
        let drawn = recording
            .entropy(height, block.round())
            .and_then(|entropy| pulse_quorum(&leader, candidates, &entropy, block.round(), MINIMUM_NODES));
        assert_eq!(
            drawn.as_ref(),
            recording.quorums.get(&(QuorumKind::Pulse, height)),
            "at {height}"
        );
        for (validator, index) in drawn.unwrap_or_default().validators.into_iter().zip(0..) {
            let height = at(parent);
            sorters.insert(validator, PulseSorter { height, index });
        }
    }
    assert_eq!(recording.of(QuorumKind::Pulse).count(), 349);
}

#[test]
fn swarms_are_the_recorded_ones() {
    let Some(recording) = Recording::read() else { return };
    let mut updates = 0;
    for height in 1..recording.nodes.len() {
        let mut swarms = recording.swarms(height, height - 1);
        if recording.active(height) != recording.active(height - 1) {
            let (seed, _) = recording.blocks[height].hash.as_bytes().split_first_chunk().unwrap();
            let changed = update_swarms(&swarms, u64::from_le_bytes(*seed));
            swarms.extend(changed);
            updates += 1;
        }
        assert_eq!(swarms, recording.swarms(height, height), "after {height}");
    }
    println!("{updates} updates of the swarms");
    assert!(updates > 10);
}

fn hexadecimal<'text, D: serde::Deserializer<'text>>(deserializer: D) -> Result<[u8; 16], D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut bytes = [0; 16];
    hex::decode_to_slice(text, &mut bytes).map_err(serde::de::Error::custom)?;
    Ok(bytes)
}
