//! The chain as a whole: height, info, forks, version.

use crate::{
    cache::ChainFacts,
    config::Access,
    error::MethodError,
    method::Method,
    methods::{pulse::NextPulse, stakes::staking_requirement},
    node::{Call, check_count},
    render::{halves, wide},
    types::{
        ErrorCode, RPC_VERSION, Status,
        chain::{
            BlockCountAnswer, BlockHashRequest, BlockHashesAnswer, HardForkAnswer, HardForkEntry, HardForkRequest,
            HeightAnswer, InfoAnswer, NoParameters, VersionAnswer,
        },
    },
};
use oxen_node_api::{Acquaintance, Companion, Direction, PeerControl, Snapshot};
use oxen_staking_rules::registry::operator_minimum;
use oxen_state::{names::NameCounts, queries};
use oxen_types::{
    Hash, Height, Timestamp,
    network::{HardFork, HardForkVersion, NetworkKind, constants::MAX_CONTRIBUTORS},
};
use serde::Serialize;

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "get_info",
            "What the node knows of the chain, the pool and itself.",
            get_info,
        )
        .aliases(&["getinfo"])
        .path(),
        Method::new("get_height", "Number of blocks, and the newest one's id.", get_height)
            .aliases(&["getheight"])
            .path(),
        Method::new("get_block_count", "Number of blocks.", get_block_count).aliases(&["getblockcount"]),
        Method::new("get_block_hash", "Ids of blocks by height.", get_block_hash)
            .aliases(&["on_get_block_hash", "on_getblockhash"])
            .positional()
            .parameters(&["heights"])
            .errors(&[ErrorCode::WrongParameter, ErrorCode::HeightTooBig])
            .example("[0]"),
        Method::new(
            "hard_fork_info",
            "When a fork begins and whether it holds.",
            hard_fork_info,
        )
        .parameters(&["version", "height"])
        .example(r#"{"version":19}"#),
        Method::new(
            "get_version",
            "Version of this interface, the fork table, and how much one request may ask for.",
            get_version,
        ),
    ]
}

fn get_height(call: &Call<'_>, _: NoParameters) -> Result<HeightAnswer, MethodError> {
    let facts = call.facts(&call.snapshot())?;
    Ok(HeightAnswer {
        height: facts.block_count(),
        hash: facts.tip.id,
        immutable_height: facts.immutable.map(|(height, _)| height.index()),
        immutable_hash: facts.immutable.map(|(_, id)| id),
        untrusted: false,
        status: Status::OK,
    })
}

fn get_block_count(call: &Call<'_>, _: NoParameters) -> Result<BlockCountAnswer, MethodError> {
    Ok(BlockCountAnswer {
        count: call.facts(&call.snapshot())?.block_count(),
        untrusted: false,
        status: Status::OK,
    })
}

/// Monero's form answers with the bare id, the development line's with a map.
#[derive(Serialize)]
#[serde(untagged)]
enum BlockHashResult {
    One(Hash),
    Several(BlockHashesAnswer),
}

fn get_block_hash(call: &Call<'_>, request: BlockHashRequest) -> Result<BlockHashResult, MethodError> {
    let snapshot = call.snapshot();
    let tip = queries::totals(&*snapshot)?.tip;
    match request {
        BlockHashRequest::Positional(heights) => match heights.as_slice() {
            [height] => block_id(&snapshot, *height, tip).map(BlockHashResult::One),
            _ => Err(MethodError::ParameterCount { expected: "one height" }),
        },
        BlockHashRequest::Named { heights } => {
            check_count("heights", heights.len(), call.sizes().block_hashes)?;
            let hashes = heights
                .into_iter()
                .map(|height| Ok((height.to_string(), block_id(&snapshot, height, tip)?)))
                .collect::<Result<_, MethodError>>()?;
            Ok(BlockHashResult::Several(BlockHashesAnswer {
                height: tip.index(),
                status: Status::OK,
                hashes,
            }))
        }
    }
}

fn block_id(snapshot: &Snapshot, height: u64, tip: Height) -> Result<Hash, MethodError> {
    queries::block_row(&**snapshot, Height::new(height))?
        .map(|row| row.id)
        .ok_or(MethodError::HeightTooBig { height, tip })
}

fn get_info(call: &Call<'_>, _: NoParameters) -> Result<InfoAnswer, MethodError> {
    let handles = call.handles();
    let snapshot = call.snapshot();
    let facts = call.facts(&snapshot)?;
    let target_height = call.sync_target();
    let mut answer = chain_info(call, &facts, facts.names(&snapshot)?);
    let pulse = NextPulse::of(call, &snapshot, &facts)?;
    answer.pulse = pulse.quorum.is_some();
    answer.pulse_ideal_timestamp = pulse.ideal_start;
    answer.pulse_target_timestamp = pulse.start;
    answer.target_height = target_height.unwrap_or(0);
    answer.busy_syncing = target_height.is_some();
    answer.synchronized = target_height.is_none();
    answer.offline = handles.peers.is_none();
    answer.tx_pool_size = handles.pool.len() as u64;
    answer.adjusted_time = handles.clock.now().seconds();
    answer.warnings = handles.control.warnings();
    let version = handles.control.version();
    let database_size = handles.chain.database_bytes();
    match call.access {
        Access::Public => {
            answer.restricted = true;
            answer.database_size = whole_gigabytes(database_size);
            answer.version = version.split('.').next().unwrap_or_default().to_owned();
        }
        Access::Admin => {
            answer.database_size = database_size;
            answer.version = version.to_owned();
            add_admin_info(call, &mut answer)?;
        }
    }
    Ok(answer)
}

/// What follows from the chain alone.
fn chain_info(call: &Call<'_>, facts: &ChainFacts, names: NameCounts) -> InfoAnswer {
    let network = call.network();
    let (difficulty, difficulty_top64) = halves(facts.next_difficulty);
    let (cumulative_difficulty, cumulative_difficulty_top64) = halves(facts.tip.cumulative_difficulty);
    let requirement = staking_requirement(network, facts.height().next());
    let names = [names.session, names.wallet, names.lokinet];
    InfoAnswer {
        height: facts.block_count(),
        height_without_bootstrap: facts.block_count(),
        top_block_hash: facts.tip.id,
        top_hash: facts.tip.id,
        immutable_height: facts.immutable.map(|(height, _)| height.index()),
        immutable_block_hash: facts.immutable.map(|(_, id)| id),
        hard_fork: facts.next_fork.version.number(),
        difficulty,
        difficulty_top64,
        wide_difficulty: wide(facts.next_difficulty),
        cumulative_difficulty,
        cumulative_difficulty_top64,
        wide_cumulative_difficulty: wide(facts.tip.cumulative_difficulty),
        target: network.target_block_seconds,
        tx_count: facts.totals.transactions,
        ons_counts: names,
        lns_counts: names,
        mainnet: network.kind == NetworkKind::Mainnet,
        testnet: network.kind == NetworkKind::Testnet,
        stagenet: network.kind == NetworkKind::Stagenet,
        devnet: network.kind == NetworkKind::Devnet,
        nettype: network_type(network.kind).to_owned(),
        block_size_limit: facts.limits.limit().bytes(),
        block_size_median: facts.limits.median.bytes(),
        block_weight_limit: facts.limits.limit().bytes(),
        block_weight_median: facts.limits.median.bytes(),
        staking_requirement: requirement.atomic(),
        max_contributors: MAX_CONTRIBUTORS as u64,
        min_operator_contribution: operator_minimum(requirement).atomic(),
        status: Status::OK,
        ..InfoAnswer::default()
    }
}

fn add_admin_info(call: &Call<'_>, answer: &mut InfoAnswer) -> Result<(), MethodError> {
    let handles = call.handles();
    let alternatives = handles.chain.alternative_chains()?;
    answer.alt_blocks_count = Some(alternatives.iter().map(|chain| chain.blocks.len() as u64).sum());
    answer.status_line = Some(handles.control.status_line());
    answer.start_time = Some(handles.control.started().seconds());
    answer.free_space = handles.control.free_disk_bytes();
    answer.rpc_connections_count = Some(call.connections);
    let own = &handles.own_service_node;
    let last_ping = |companion| own.companion(companion).last_ping.map_or(0, Timestamp::seconds);
    answer.service_node = Some(own.keys().is_some());
    answer.last_storage_server_ping = Some(last_ping(Companion::StorageServer));
    answer.last_lokinet_ping = Some(last_ping(Companion::Lokinet));
    add_peer_counts(handles.peers.as_deref(), answer);
    Ok(())
}

fn add_peer_counts(peers: Option<&dyn PeerControl>, answer: &mut InfoAnswer) {
    let connected = peers.map(PeerControl::connections).unwrap_or_default();
    let known = peers.map(PeerControl::known_peers).unwrap_or_default();
    let going = |direction| connected.iter().filter(|peer| peer.direction == direction).count() as u64;
    let of = |acquaintance| known.iter().filter(|peer| peer.acquaintance == acquaintance).count() as u64;
    answer.outgoing_connections_count = Some(going(Direction::Outbound));
    answer.incoming_connections_count = Some(going(Direction::Inbound));
    answer.white_peerlist_size = Some(of(Acquaintance::Met));
    answer.grey_peerlist_size = Some(of(Acquaintance::Heard));
}

/// Rounded up.
const fn whole_gigabytes(bytes: u64) -> u64 {
    const GIGABYTE: u64 = 1_000_000_000;
    bytes.div_ceil(GIGABYTE).saturating_mul(GIGABYTE)
}

const fn network_type(kind: NetworkKind) -> &'static str {
    match kind {
        NetworkKind::Mainnet => "mainnet",
        NetworkKind::Testnet => "testnet",
        NetworkKind::Devnet => "devnet",
        NetworkKind::Stagenet => "stagenet",
        NetworkKind::Localdev => "localdev",
        NetworkKind::Fakechain => "fakechain",
        NetworkKind::Private => "private",
    }
}

fn hard_fork_info(call: &Call<'_>, request: HardForkRequest) -> Result<HardForkAnswer, MethodError> {
    let forks = &call.network().forks;
    let next = call.facts(&call.snapshot())?.height().next();
    let version = match (request.version, request.height) {
        (Some(version), _) => HardForkVersion::new(version),
        (None, Some(height)) => forks.version_at(Height::new(height)).version,
        (None, None) => forks.version_at(next).version,
    };
    let of_version: Vec<&HardFork> = forks.iter().filter(|fork| fork.version == version).collect();
    let latest = of_version.last().and_then(|last| {
        let following = forks.iter().find(|fork| fork.height > last.height)?;
        following.height.previous()
    });
    let in_force = forks.version_at(next);
    let revision = of_version
        .iter()
        .rfind(|fork| fork.height <= next)
        .or(of_version.first());
    Ok(HardForkAnswer {
        version: version.number(),
        enabled: in_force.version >= version,
        earliest_height: forks.begins(version).map(Height::index),
        latest_height: latest.map(Height::index),
        last_height: latest.map(Height::index),
        revision: revision.map(|fork| fork.revision),
        untrusted: false,
        status: Status::OK,
    })
}

fn get_version(call: &Call<'_>, _: NoParameters) -> Result<VersionAnswer, MethodError> {
    let entry = |fork: &HardFork| HardForkEntry {
        hf_version: fork.version.number(),
        revision: fork.revision,
        height: fork.height.index(),
    };
    Ok(VersionAnswer {
        version: RPC_VERSION,
        release: !call.handles().control.version().contains('-'),
        current_height: call.facts(&call.snapshot())?.block_count(),
        target_height: call.sync_target().unwrap_or(0),
        hard_forks: call.network().forks.iter().map(entry).collect(),
        limits: *call.sizes(),
        untrusted: false,
        status: Status::OK,
    })
}
