//! Transactions that wait.

use super::{
    Console, ConsoleError,
    command::{Command, Words},
    layout,
};
use oxen_rpc::types::{
    HexText,
    admin::{StatusAnswer, TransactionIdsRequest},
    chain::{InfoAnswer, NoParameters},
    transaction::{PoolAnswer, PoolEntry, PoolRequest, PoolStatsAnswer},
};
use oxen_types::Hash;

pub(super) const COMMANDS: &[Command] = &[
    Command::new("print_pool", "Waiting transactions with their fields.", print_pool),
    Command::new("print_pool_sh", "Waiting transactions, a line each.", print_pool_short),
    Command::new("print_pool_stats", "Figures of the pool.", print_pool_stats),
    Command::new(
        "flush_txpool",
        "Drops a transaction from the pool, or all when none is named.",
        flush_txpool,
    )
    .takes("[HASH]"),
];

/// The node's clock, Unix seconds.
fn now(console: &Console<'_>) -> Result<u64, ConsoleError> {
    let info = console.node.call::<_, InfoAnswer>("get_info", NoParameters {})?;
    Ok(info.value.adjusted_time)
}

fn print_pool(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let now = now(console)?;
    let request = PoolRequest {
        tx_extra: false,
        stake_info: true,
    };
    let answer = console.node.call::<_, PoolAnswer>("get_transaction_pool", request)?;
    console.screen.show(&answer, |answer| {
        if answer.transactions.is_empty() {
            return "The pool is empty.".to_owned();
        }
        let entries: Vec<String> = answer.transactions.iter().map(|entry| describe(entry, now)).collect();
        entries.join("\n\n")
    })
}

fn describe(entry: &PoolEntry, now: u64) -> String {
    let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let mut lines = vec![
        ("id", entry.id_hash.to_string()),
        ("size", layout::bytes(entry.blob_size)),
        ("weight", entry.weight.to_string()),
        ("fee", layout::oxen(entry.fee)),
        ("arrived", layout::age(now, entry.receive_time)),
        ("sent to others", yes_no(entry.relayed)),
        ("kept here", yes_no(entry.do_not_relay)),
        ("from a block taken back", yes_no(entry.kept_by_block)),
        ("double spend seen", yes_no(entry.double_spend_seen)),
        ("blink", yes_no(entry.blink)),
    ];
    if entry.last_failed_height > 0 {
        lines.push(("last failed at height", entry.last_failed_height.to_string()));
    }
    if let Some(staked) = entry.stake_amount {
        lines.push(("stakes", layout::oxen(staked)));
    }
    layout::fields(0, &lines)
}

fn print_pool_short(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let now = now(console)?;
    let answer = console
        .node
        .call::<_, PoolAnswer>("get_transaction_pool", PoolRequest::default())?;
    console.screen.show(&answer, |answer| {
        if answer.transactions.is_empty() {
            return "The pool is empty.".to_owned();
        }
        let rows: Vec<Vec<String>> = std::iter::once(["id", "weight", "fee", "arrived"].map(str::to_owned).to_vec())
            .chain(answer.transactions.iter().map(|entry| {
                vec![
                    entry.id_hash.to_string(),
                    entry.weight.to_string(),
                    layout::oxen(entry.fee),
                    layout::age(now, entry.receive_time),
                ]
            }))
            .collect();
        layout::table(&rows)
    })
}

fn print_pool_stats(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let now = now(console)?;
    let answer = console
        .node
        .call::<_, PoolStatsAnswer>("get_transaction_pool_stats", NoParameters {})?;
    console.screen.show(&answer, |answer| {
        let stats = &answer.pool_stats;
        if stats.txs_total == 0 {
            return "The pool is empty.".to_owned();
        }
        layout::fields(
            0,
            &[
                ("transactions", stats.txs_total.to_string()),
                ("bytes", layout::bytes(stats.bytes_total)),
                (
                    "smallest, median, largest",
                    format!("{}, {}, {} bytes", stats.bytes_min, stats.bytes_med, stats.bytes_max),
                ),
                ("fees", layout::oxen(stats.fee_total)),
                ("oldest", layout::age(now, stats.oldest)),
                ("older than ten minutes", stats.num_10m.to_string()),
                ("never sent to others", stats.num_not_relayed.to_string()),
                ("failed to fit into a block", stats.num_failing.to_string()),
                ("compete with another", stats.num_double_spends.to_string()),
            ],
        )
    })
}

fn flush_txpool(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let hash: Option<Hash> = words.optional(0, "transaction id")?;
    let request = TransactionIdsRequest {
        txids: hash.into_iter().map(HexText::from).collect(),
    };
    let answer = console.node.call::<_, StatusAnswer>("flush_txpool", request)?;
    console.screen.show(&answer, |_| match hash {
        Some(hash) => format!("{hash} is dropped."),
        None => "The pool is empty.".to_owned(),
    })
}
