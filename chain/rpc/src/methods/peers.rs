//! Peers (rpc §3.11).

use crate::{
    error::MethodError,
    method::Method,
    node::Call,
    types::{
        ErrorCode, Status,
        admin::StatusAnswer,
        chain::NoParameters,
        peers::{
            BannedAnswer, BannedEntry, BannedRequest, BansAnswer, ConnectionEntry, ConnectionsAnswer, InPeersAnswer,
            OutPeersAnswer, PeerEntry, PeerLimitRequest, PeerListAnswer, SetBansRequest, SpanEntry, SyncInfoAnswer,
            SyncPeer,
        },
    },
};
use oxen_node_api::{Acquaintance, BannedHost, Direction, KnownPeer, PeerConnection, PeerControl, PeerLimits};
use std::net::IpAddr;

/// How long a ban lasts when nobody says: a day, as in the reference daemon.
const BAN_SECONDS: u64 = 86_400;

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new("get_connections", "Peers that are connected.", get_connections).admin(),
        Method::new(
            "get_peer_list",
            "Addresses of peers that are remembered.",
            get_peer_list,
        )
        .admin()
        .path(),
        Method::new("sync_info", "How the node stands against its peers.", sync_info).admin(),
        Method::new("out_peers", "How many peers the node looks for; changes it.", out_peers)
            .admin()
            .path()
            .parameters(&["set", "value", "out_peers"])
            .errors(&[ErrorCode::Unsupported]),
        Method::new(
            "in_peers",
            "How many peers may come by themselves; changes it.",
            in_peers,
        )
        .admin()
        .path()
        .parameters(&["set", "value", "in_peers"])
        .errors(&[ErrorCode::Unsupported]),
        Method::new("get_bans", "Hosts that may not connect.", get_bans).admin(),
        Method::new("set_bans", "Keeps hosts away, or lets them in again.", set_bans)
            .admin()
            .parameters(&["bans", "host", "ban", "seconds"])
            .errors(&[ErrorCode::Unsupported, ErrorCode::WrongParameter])
            .example(r#"{"bans":[]}"#),
        Method::new("banned", "Tells whether a host is kept away.", banned)
            .admin()
            .parameters(&["address"])
            .errors(&[ErrorCode::WrongParameter])
            .example(r#"{"address":"192.0.2.1"}"#),
    ]
}

/// The peers of a node that has some.
fn control<'a>(call: &'a Call<'_>, method: &'static str) -> Result<&'a dyn PeerControl, MethodError> {
    call.handles()
        .peers
        .as_deref()
        .ok_or(MethodError::NodeIsAlone { method })
}

fn connections(call: &Call<'_>) -> Vec<ConnectionEntry> {
    let now = call.handles().clock.now();
    let connected = call
        .handles()
        .peers
        .as_ref()
        .map(|peers| peers.connections())
        .unwrap_or_default();
    let entry = |peer: PeerConnection| ConnectionEntry {
        address: peer.address,
        host: peer.host.to_string(),
        ip: peer.host.to_string(),
        port: peer.port.to_string(),
        incoming: peer.direction == Direction::Inbound,
        peer_id: peer.peer,
        state: if peer.tip.is_some() {
            "normal".to_owned()
        } else {
            "before_handshake".to_owned()
        },
        height: peer.tip.map_or(0, |(height, _)| height.next().index()),
        top_block_hash: peer.tip.map(|(_, id)| id),
        live_time: now.seconds().saturating_sub(peer.since.seconds()),
        round_trip_ms: peer.round_trip.and_then(|time| u64::try_from(time.as_millis()).ok()),
        penalty_points: peer.penalty_points,
        localhost: peer.host.is_loopback(),
    };
    connected.into_iter().map(entry).collect()
}

fn get_connections(call: &Call<'_>, _: NoParameters) -> Result<ConnectionsAnswer, MethodError> {
    Ok(ConnectionsAnswer {
        connections: connections(call),
        untrusted: false,
        status: Status::OK,
    })
}

fn get_peer_list(call: &Call<'_>, _: NoParameters) -> Result<PeerListAnswer, MethodError> {
    let known = call
        .handles()
        .peers
        .as_ref()
        .map(|peers| peers.known_peers())
        .unwrap_or_default();
    let of = |acquaintance: Acquaintance| -> Vec<PeerEntry> {
        let known = known.iter().filter(|peer| peer.acquaintance == acquaintance);
        known.map(peer_entry).collect()
    };
    Ok(PeerListAnswer {
        white_list: of(Acquaintance::Met),
        gray_list: of(Acquaintance::Heard),
        untrusted: false,
        status: Status::OK,
    })
}

fn peer_entry(peer: &KnownPeer) -> PeerEntry {
    PeerEntry {
        id: peer.peer.clone(),
        host: peer.host.to_string(),
        ip: peer.host.to_string(),
        port: peer.port,
        last_seen: peer.last_seen.seconds(),
    }
}

fn sync_info(call: &Call<'_>, _: NoParameters) -> Result<SyncInfoAnswer, MethodError> {
    let spans = call
        .handles()
        .peers
        .as_ref()
        .map(|peers| peers.sync_spans())
        .unwrap_or_default();
    let marks: String = spans
        .iter()
        .map(|span| if span.bytes == 0 { '.' } else { 'o' })
        .collect();
    Ok(SyncInfoAnswer {
        height: call.facts(&call.snapshot())?.block_count(),
        target_height: call.sync_target().unwrap_or(0),
        peers: connections(call).into_iter().map(|info| SyncPeer { info }).collect(),
        spans: spans
            .into_iter()
            .map(|span| SpanEntry {
                start_block_height: span.first.index(),
                nblocks: span.blocks,
                connection_id: span.peer,
                size: span.bytes,
            })
            .collect(),
        overview: format!("[{marks}]"),
        untrusted: false,
        status: Status::OK,
    })
}

/// The limit to set, if one is.
fn new_limit(request: &PeerLimitRequest) -> Option<u32> {
    let given = request.value.or(request.out_peers).or(request.in_peers);
    given.filter(|_| request.set != Some(false))
}

fn out_peers(call: &Call<'_>, request: PeerLimitRequest) -> Result<OutPeersAnswer, MethodError> {
    let peers = control(call, "out_peers")?;
    if let Some(outbound) = new_limit(&request) {
        peers.set_limits(PeerLimits {
            outbound,
            ..peers.limits()
        });
    }
    Ok(OutPeersAnswer {
        out_peers: peers.limits().outbound,
        untrusted: false,
        status: Status::OK,
    })
}

fn in_peers(call: &Call<'_>, request: PeerLimitRequest) -> Result<InPeersAnswer, MethodError> {
    let peers = control(call, "in_peers")?;
    if let Some(inbound) = new_limit(&request) {
        peers.set_limits(PeerLimits {
            inbound,
            ..peers.limits()
        });
    }
    Ok(InPeersAnswer {
        in_peers: peers.limits().inbound,
        untrusted: false,
        status: Status::OK,
    })
}

fn bans(call: &Call<'_>) -> Vec<BannedHost> {
    let peers = call.handles().peers.as_ref();
    peers.map(|peers| peers.bans()).unwrap_or_default()
}

/// Seconds for which a ban lasts from now.
fn seconds_left(call: &Call<'_>, ban: &BannedHost) -> u64 {
    ban.until.seconds().saturating_sub(call.handles().clock.now().seconds())
}

fn get_bans(call: &Call<'_>, _: NoParameters) -> Result<BansAnswer, MethodError> {
    let entry = |ban: BannedHost| BannedEntry {
        host: ban.host.to_string(),
        seconds: seconds_left(call, &ban),
    };
    Ok(BansAnswer {
        bans: bans(call).into_iter().map(entry).collect(),
        untrusted: false,
        status: Status::OK,
    })
}

fn set_bans(call: &Call<'_>, request: SetBansRequest) -> Result<StatusAnswer, MethodError> {
    let listed = request.bans.into_iter().map(|entry| {
        let host = if entry.host.is_empty() { entry.ip } else { entry.host };
        (host, entry.ban, entry.seconds)
    });
    let single = Some((request.host, request.ban, request.seconds)).filter(|(host, ..)| !host.is_empty());
    // All or none: a wrong host changes nothing.
    let hosts = listed
        .chain(single)
        .map(|(host, ban, seconds)| Ok((parse_host(&host)?, ban, seconds.unwrap_or(BAN_SECONDS))))
        .collect::<Result<Vec<_>, MethodError>>()?;
    let peers = control(call, "set_bans")?;
    for (host, ban, seconds) in hosts {
        if ban {
            peers.ban(host, seconds);
        } else {
            peers.lift_ban(host);
        }
    }
    Ok(StatusAnswer {
        status: Status::OK,
        untrusted: false,
    })
}

fn banned(call: &Call<'_>, request: BannedRequest) -> Result<BannedAnswer, MethodError> {
    let host = parse_host(&request.address)?;
    let ban = bans(call).into_iter().find(|ban| ban.host == host);
    Ok(BannedAnswer {
        banned: ban.is_some(),
        seconds: ban.map_or(0, |ban| seconds_left(call, &ban)),
        untrusted: false,
        status: Status::OK,
    })
}

fn parse_host(text: &str) -> Result<IpAddr, MethodError> {
    text.parse::<IpAddr>()
        .map(|host| host.to_canonical())
        .map_err(|_| MethodError::NotAHost {
            found: MethodError::excerpt(text),
        })
}
