//! Peers, traffic and bans (rpc §3.10).

use super::{
    Console, ConsoleError,
    command::{Command, Words},
    layout,
};
use oxen_rpc::types::{
    admin::StatusAnswer,
    chain::{InfoAnswer, NoParameters},
    peers::{BannedAnswer, BansAnswer, ConnectionsAnswer, PeerEntry, PeerListAnswer, SyncInfoAnswer},
};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) const COMMANDS: &[Command] = &[
    Command::new("print_cn", "Peers that are connected.", print_cn),
    Command::new("print_pl", "Peers that are remembered.", print_pl).takes("[white] [gray] [COUNT]"),
    Command::new("print_pl_stats", "How many peers are remembered.", print_pl_stats),
    Command::new(
        "print_net_stats",
        "Bytes and messages of all peers together.",
        print_net_stats,
    ),
    Command::new("sync_info", "How far the chain has come, and from whom.", sync_info),
    Command::new("bans", "Addresses that are banned.", bans),
    Command::new("ban", "Bans an address, for a day unless said otherwise.", ban).takes("HOST [SECONDS]"),
    Command::new("unban", "Lifts the ban of an address.", unban).takes("HOST"),
    Command::new("banned", "Whether an address is banned.", banned).takes("HOST"),
    Command::new("limit", "Shows or sets the limits of both directions, kB/s.", limit).takes("[KB-PER-SECOND]"),
    Command::new("limit_up", "Shows or sets the limit of what is sent, kB/s.", limit_up).takes("[KB-PER-SECOND]"),
    Command::new(
        "limit_down",
        "Shows or sets the limit of what is received, kB/s.",
        limit_down,
    )
    .takes("[KB-PER-SECOND]"),
    Command::new("out_peers", "Shows or sets how many peers this node calls.", out_peers).takes("[COUNT]"),
    Command::new("in_peers", "Shows or sets how many peers may call this node.", in_peers).takes("[COUNT]"),
];

/// How long a ban lasts, seconds.
const BAN_SECONDS: u64 = 86_400;

fn print_cn(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let answer = console
        .node
        .call::<_, ConnectionsAnswer>("get_connections", NoParameters {})?;
    console.screen.show(&answer, |answer| {
        if answer.connections.is_empty() {
            return "No peers are connected.".to_owned();
        }
        let head = [
            "address",
            "direction",
            "state",
            "height",
            "connected for",
            "round trip",
            "penalty points",
        ];
        let rows: Vec<Vec<String>> = std::iter::once(head.map(str::to_owned).to_vec())
            .chain(answer.connections.iter().map(|peer| {
                vec![
                    peer.address.clone(),
                    if peer.incoming { "in" } else { "out" }.to_owned(),
                    peer.state.clone(),
                    peer.height.to_string(),
                    layout::seconds(peer.live_time),
                    peer.round_trip_ms
                        .map_or_else(|| "?".to_owned(), |time| format!("{time} ms")),
                    peer.penalty_points.to_string(),
                ]
            }))
            .collect();
        layout::table(&rows)
    })
}

/// A string without its quotes, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn print_pl(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let (mut white, mut gray, mut most) = (false, false, usize::MAX);
    for word in words.all() {
        match word.as_str() {
            "white" => white = true,
            "gray" | "grey" => gray = true,
            count => {
                most = count
                    .parse()
                    .map_err(|_| words.wrong(format!("\"{count}\" is neither white, gray nor a number")))?;
            }
        }
    }
    if !white && !gray {
        (white, gray) = (true, true);
    }
    let now = console
        .node
        .call::<_, InfoAnswer>("get_info", NoParameters {})?
        .value
        .adjusted_time;
    let answer = console
        .node
        .call::<_, PeerListAnswer>("get_peer_list", NoParameters {})?;
    console.screen.show(&answer, |answer| {
        let head = ["list", "address", "id", "last seen"].map(str::to_owned).to_vec();
        let lists = [("white", white, &answer.white_list), ("gray", gray, &answer.gray_list)];
        let rows = lists
            .into_iter()
            .filter(|(_, wanted, _)| *wanted)
            .flat_map(|(name, _, peers)| peers.iter().take(most).map(move |peer| remembered(name, peer, now)));
        layout::table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
    })
}

fn remembered(list: &str, peer: &PeerEntry, now: u64) -> Vec<String> {
    vec![
        list.to_owned(),
        format!("{}:{}", peer.host, peer.port),
        peer.id.clone(),
        layout::age(now, peer.last_seen),
    ]
}

fn print_pl_stats(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let answer = console
        .node
        .call::<_, PeerListAnswer>("get_peer_list", NoParameters {})?;
    console.screen.show(&answer, |answer| {
        format!("{} white, {} gray", answer.white_list.len(), answer.gray_list.len())
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Traffic {
    start_time: u64,
    total_packets_in: u64,
    total_bytes_in: u64,
    total_packets_out: u64,
    total_bytes_out: u64,
}

fn print_net_stats(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let now = console
        .node
        .call::<_, InfoAnswer>("get_info", NoParameters {})?
        .value
        .adjusted_time;
    let answer = console.node.call::<_, Traffic>("get_net_stats", NoParameters {})?;
    console.screen.show(&answer, |traffic| {
        let age = now.saturating_sub(traffic.start_time).max(1);
        let line = |bytes: u64, packets: u64| {
            format!(
                "{} in {packets} messages, {} a second",
                layout::bytes(bytes),
                layout::bytes(bytes / age)
            )
        };
        layout::fields(
            0,
            &[
                ("received", line(traffic.total_bytes_in, traffic.total_packets_in)),
                ("sent", line(traffic.total_bytes_out, traffic.total_packets_out)),
            ],
        )
    })
}

fn sync_info(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let answer = console.node.call::<_, SyncInfoAnswer>("sync_info", NoParameters {})?;
    console.screen.show(&answer, |answer| {
        let mut lines = vec![format!(
            "Height {}{}, {}",
            answer.height,
            match answer.target_height {
                0 => ", nothing to catch up with".to_owned(),
                target => format!(" of {target}"),
            },
            layout::count(answer.peers.len() as u64, "peer")
        )];
        lines.extend(
            answer
                .peers
                .iter()
                .map(|peer| format!("  {} at height {}", peer.info.address, peer.info.height)),
        );
        if !answer.spans.is_empty() {
            lines.push(format!(
                "{} on their way {}",
                layout::count(answer.spans.len() as u64, "span"),
                answer.overview
            ));
        }
        lines.join("\n")
    })
}

fn bans(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let answer = console.node.call::<_, BansAnswer>("get_bans", NoParameters {})?;
    console.screen.show(&answer, |answer| {
        if answer.bans.is_empty() {
            return "Nobody is banned.".to_owned();
        }
        let lines = answer
            .bans
            .iter()
            .map(|ban| format!("{} for {} more", ban.host, layout::seconds(ban.seconds)));
        lines.collect::<Vec<_>>().join("\n")
    })
}

fn set_ban(console: &mut Console<'_>, host: &str, ban: Value, seconds: u64, done: String) -> Result<(), ConsoleError> {
    let request = json!({ "bans": [{ "host": host, "ban": ban, "seconds": seconds }] });
    let answer = console.node.call::<_, StatusAnswer>("set_bans", request)?;
    console.screen.show(&answer, |_| done)
}

fn ban(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let host: String = words.required(0, "address")?;
    let seconds = words.optional(1, "number of seconds")?.unwrap_or(BAN_SECONDS);
    let done = format!("{host} is banned for {}.", layout::seconds(seconds));
    set_ban(console, &host, json!(true), seconds, done)
}

fn unban(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let host: String = words.required(0, "address")?;
    let done = format!("{host} is not banned any more.");
    set_ban(console, &host, json!(false), 0, done)
}

fn banned(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let host: String = words.required(0, "address")?;
    let answer = console
        .node
        .call::<_, BannedAnswer>("banned", json!({ "address": host }))?;
    console.screen.show(&answer, |answer| {
        if answer.banned {
            format!("{host} is banned for {} more.", layout::seconds(answer.seconds))
        } else {
            format!("{host} is not banned.")
        }
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TrafficLimits {
    limit_down: i64,
    limit_up: i64,
}

/// Sets what `change` makes of a number of kB/s, or only asks when there is no number.
fn traffic_limits(console: &mut Console<'_>, words: &Words, change: fn(i64) -> Value) -> Result<(), ConsoleError> {
    let answer = match words.optional(0, "number of kB/s")? {
        Some(number) => console.node.call::<_, TrafficLimits>("set_limit", change(number))?,
        None => console.node.call::<_, TrafficLimits>("get_limit", NoParameters {})?,
    };
    console.screen.show(&answer, |limits| {
        format!(
            "{} kB/s are received at most, {} kB/s sent",
            limits.limit_down, limits.limit_up
        )
    })
}

fn limit(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    traffic_limits(
        console,
        words,
        |number| json!({ "limit_down": number, "limit_up": number }),
    )
}

fn limit_up(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    traffic_limits(console, words, |number| json!({ "limit_up": number }))
}

fn limit_down(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    traffic_limits(console, words, |number| json!({ "limit_down": number }))
}

/// Sets how many peers there may be, or only asks when there is no number.
fn most_peers(console: &mut Console<'_>, words: &Words, method: &'static str, what: &str) -> Result<(), ConsoleError> {
    let number: Option<u32> = words.optional(0, "number of peers")?;
    let request = match number {
        Some(value) => json!({ "set": true, method: value, "value": value }),
        None => json!({ "set": false }),
    };
    let answer = console.node.call::<_, Value>(method, request)?;
    console.screen.show(&answer, |answer| {
        let value = answer.get(method).or_else(|| answer.get("value"));
        format!("{} {what}", value.map_or_else(|| "?".to_owned(), plain))
    })
}

fn out_peers(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    most_peers(console, words, "out_peers", "peers are called at most")
}

fn in_peers(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    most_peers(console, words, "in_peers", "peers may call")
}
