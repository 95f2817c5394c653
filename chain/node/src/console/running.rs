//! The node as a process (rpc §7.2, §7.3).

use super::{
    Console, ConsoleError,
    command::{Command, Words},
    layout,
};
use oxen_rpc::types::{
    admin::{PopBlocksAnswer, PopBlocksRequest, StatusAnswer},
    chain::{InfoAnswer, NoParameters, VersionAnswer},
};
use serde_json::{Value, json};

pub(super) const COMMANDS: &[Command] = &[
    Command::new("status", "How the node is, and what to act on.", status),
    Command::new(
        "version",
        "Versions of the node, of its RPC and of the rules it follows.",
        version,
    ),
    Command::new(
        "set_log",
        "Changes what is logged: a level from 0 to 4, or categories.",
        set_log,
    )
    .takes("LEVEL-OR-CATEGORIES"),
    Command::new("save", "Brings the database into its final files.", save),
    Command::new(
        "pop_blocks",
        "Takes the newest blocks back; their transactions return to the pool.",
        pop_blocks,
    )
    .takes("COUNT"),
    Command::new(
        "flush_cache",
        "Forgets which transactions or blocks were bad.",
        flush_cache,
    )
    .takes("[bad-txs] [bad-blocks]"),
    Command::new(
        "check_blockchain_pruning",
        "Checks a pruned database.",
        check_blockchain_pruning,
    ),
    Command::new(
        "test_trigger_p2p_resync",
        "For developers: asks peers for the chain again.",
        resync,
    ),
    Command::new(
        "test_trigger_uptime_proof",
        "For developers: sends an uptime proof at once.",
        uptime_proof,
    ),
    Command::new("stop_daemon", "Stops the node in order.", stop_daemon).aliases(&["exit"]),
];

fn status(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let info = console.node.call::<_, InfoAnswer>("get_info", NoParameters {})?;
    console.screen.show(&info, |info| {
        let summary = info
            .status_line
            .clone()
            .unwrap_or_else(|| format!("Height: {} ON {}, net v{}", info.height, info.nettype, info.hard_fork));
        let warnings = info.warnings.iter().map(|warning| format!("WARNING: {warning}"));
        std::iter::once(summary).chain(warnings).collect::<Vec<_>>().join("\n")
    })
}

fn version(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let version = console.node.call::<_, VersionAnswer>("get_version", NoParameters {})?;
    let info = console.node.call::<_, InfoAnswer>("get_info", NoParameters {})?.value;
    console.screen.show(&version, |version| {
        format!(
            "oxend {} on {}, RPC {}.{}, next block under hard fork {}",
            info.version,
            info.nettype,
            version.version >> 16,
            version.version & 0xffff,
            info.hard_fork
        )
    })
}

fn set_log(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let what: String = words.required(0, "level or list of categories")?;
    let answer = match what.parse::<u8>() {
        Ok(level) => console
            .node
            .call::<_, StatusAnswer>("set_log_level", json!({ "level": level })),
        Err(_) => console
            .node
            .call::<_, StatusAnswer>("set_log_categories", json!({ "categories": what })),
    }?;
    console.screen.show(&answer, |_| format!("The log is now at {what}."))
}

fn save(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let answer = console.node.call::<_, StatusAnswer>("save_bc", NoParameters {})?;
    console
        .screen
        .show(&answer, |_| "Saved: every block is on disk.".to_owned())
}

fn pop_blocks(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let nblocks = words.required(0, "number of blocks")?;
    let answer = console
        .node
        .call::<_, PopBlocksAnswer>("pop_blocks", PopBlocksRequest { nblocks })?;
    console.screen.show(&answer, |answer| {
        format!("The chain has {} now.", layout::count(answer.height, "block"))
    })
}

fn flush_cache(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    if let Some(unknown) = words
        .all()
        .iter()
        .find(|word| !matches!(word.as_str(), "bad-txs" | "bad-blocks"))
    {
        return Err(words.wrong(format!("\"{unknown}\" is neither bad-txs nor bad-blocks")));
    }
    let asked = |what: &str| words.all().is_empty() || words.all().iter().any(|word| word == what);
    let answer = console.node.call::<_, StatusAnswer>(
        "flush_cache",
        json!({ "bad_txs": asked("bad-txs"), "bad_blocks": asked("bad-blocks") }),
    )?;
    console.screen.show(&answer, |_| "Forgotten.".to_owned())
}

fn check_blockchain_pruning(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let answer = console
        .node
        .call::<_, Value>("prune_blockchain", json!({ "check": true }))?;
    console.screen.show(&answer, |answer| {
        format!("Pruned: {}", answer["pruned"].as_bool().unwrap_or_default())
    })
}

fn resync(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let answer = console
        .node
        .call::<_, StatusAnswer>("test_trigger_p2p_resync", NoParameters {})?;
    console.screen.show(&answer, |_| "Asked.".to_owned())
}

fn uptime_proof(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let answer = console
        .node
        .call::<_, StatusAnswer>("test_trigger_uptime_proof", NoParameters {})?;
    console.screen.show(&answer, |_| "Sent.".to_owned())
}

fn stop_daemon(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let answer = console.node.call::<_, StatusAnswer>("stop_daemon", NoParameters {})?;
    console.screen.show(&answer, |_| "Stopping.".to_owned())
}
