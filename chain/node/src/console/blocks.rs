//! Blocks, checkpoints and figures of the chain.

use super::{
    Console, ConsoleError,
    command::{Command, Words},
    layout,
};
use oxen_rpc::types::{
    HexText,
    block::{
        AlternativeChainEntry, AlternativeChainsAnswer, BlockAnswer, BlockRequest, CoinbaseSumAnswer,
        CoinbaseSumRequest, HeaderEntry, HeaderRangeAnswer, HeaderRangeRequest,
    },
    chain::{HeightAnswer, InfoAnswer, NoParameters},
    output::{HistogramAnswer, HistogramRequest},
    staking::{CheckpointsAnswer, CheckpointsRequest},
};
use oxen_types::Hash;
use serde_json::Value;

pub(super) const COMMANDS: &[Command] = &[
    Command::new("print_height", "Number of blocks of the chain.", print_height),
    Command::new("print_bc", "Blocks of a range of heights, a line each.", print_bc).takes("START [END]"),
    Command::new("print_block", "A block with its fields.", print_block).takes("HASH-OR-HEIGHT"),
    Command::new("diff", "Difficulty of the next block, and what it means.", diff),
    Command::new(
        "alt_chain_info",
        "Chains beside the main one: all, the one with this block, those longer than N, or those that begin in the newest N blocks.",
        alt_chain_info,
    )
    .takes("[HASH|>N|-N]"),
    Command::new("bc_dyn_stats", "Sizes and rewards of the newest blocks.", bc_dyn_stats).takes("COUNT"),
    Command::new("output_histogram", "How many outputs there are of each amount.", output_histogram)
        .takes("[MIN-COUNT] [MAX-COUNT]"),
    Command::new(
        "print_coinbase_tx_sum",
        "What blocks from a height on created, took in fees and burned.",
        print_coinbase_tx_sum,
    )
    .takes("START [COUNT]"),
    Command::new(
        "print_checkpoints",
        "Blocks that service nodes signed, with the number of signatures.",
        print_checkpoints,
    )
    .takes("[START] [END]"),
];

/// Headers that the node gives at once.
const HEADERS_AT_ONCE: u64 = 1_000;

fn print_height(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let answer = console.node.call::<_, HeightAnswer>("get_height", NoParameters {})?;
    console.screen.show(&answer, |answer| answer.height.to_string())
}

/// Headers of a range, both ends counted; asks as often as needed. The JSON is the list.
fn headers(console: &Console<'_>, start: u64, end: u64) -> Result<(Vec<Value>, Vec<HeaderEntry>), ConsoleError> {
    let (mut json, mut entries) = (Vec::new(), Vec::new());
    let mut from = start;
    while from <= end {
        let to = end.min(from.saturating_add(HEADERS_AT_ONCE - 1));
        let answer = console.node.call::<_, HeaderRangeAnswer>(
            "get_block_headers_range",
            HeaderRangeRequest {
                start_height: from,
                end_height: to,
                get_tx_hashes: false,
            },
        )?;
        if let Some(Value::Array(list)) = answer.json.get("headers") {
            json.extend(list.iter().cloned());
        }
        entries.extend(answer.value.headers);
        from = to.saturating_add(1);
    }
    Ok((json, entries))
}

fn newest_height(console: &Console<'_>) -> Result<u64, ConsoleError> {
    let height = console.node.call::<_, HeightAnswer>("get_height", NoParameters {})?;
    Ok(height.value.height.saturating_sub(1))
}

fn print_bc(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let start: u64 = words.required(0, "height")?;
    let end = match words.optional(1, "height")? {
        Some(end) if end < start => return Err(words.wrong(format!("{end} is below {start}"))),
        Some(end) => end,
        None => newest_height(console)?.max(start),
    };
    let (json, entries) = headers(console, start, end)?;
    let rows: Vec<Vec<String>> = std::iter::once(
        ["height", "time", "txes", "weight", "difficulty", "reward", "id"]
            .map(str::to_owned)
            .to_vec(),
    )
    .chain(entries.iter().map(|header| {
        vec![
            header.height.to_string(),
            header.timestamp.to_string(),
            header.num_txes.to_string(),
            header.block_weight.to_string(),
            header.difficulty.to_string(),
            layout::oxen(header.reward),
            header.hash.to_string(),
        ]
    }))
    .collect();
    console.screen.list(json, || layout::table(&rows))
}

fn print_block(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let which: String = words.required(0, "block id or height")?;
    let request = match (which.parse::<u64>(), which.parse::<Hash>()) {
        (Ok(height), _) if which.len() < 2 * Hash::LENGTH => BlockRequest {
            height: Some(height),
            ..BlockRequest::default()
        },
        (_, Ok(hash)) => BlockRequest {
            hash: Some(HexText::from(hash)),
            ..BlockRequest::default()
        },
        _ => return Err(words.wrong(format!("\"{which}\" is neither a height nor 64 hexadecimal digits"))),
    };
    let answer = console.node.call::<_, BlockAnswer>("get_block", request)?;
    console.screen.show(&answer, |answer| {
        let header = &answer.block_header;
        let mut lines = vec![
            ("id", header.hash.to_string()),
            ("height", header.height.to_string()),
            ("parent", header.prev_hash.to_string()),
            ("time", header.timestamp.to_string()),
            (
                "hard fork",
                format!("{}.{}", header.major_version, header.minor_version),
            ),
            ("difficulty", header.difficulty.to_string()),
            ("cumulative difficulty", header.cumulative_difficulty.to_string()),
            ("weight", header.block_weight.to_string()),
            ("reward", layout::oxen(header.reward)),
            ("paid by its coinbase", layout::oxen(header.coinbase_payouts)),
            ("blocks above", header.depth.to_string()),
            (
                "on the main chain",
                if header.orphan_status { "no" } else { "yes" }.to_owned(),
            ),
        ];
        if let Some(leader) = header.service_node_winner.filter(|leader| !leader.is_zero()) {
            lines.push(("block leader", leader.to_string()));
        }
        if let Some(coinbase) = answer.miner_tx_hash {
            lines.push(("coinbase", coinbase.to_string()));
        }
        lines.extend(answer.tx_hashes.iter().map(|id| ("transaction", id.to_string())));
        layout::fields(0, &lines)
    })
}

fn diff(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let answer = console.node.call::<_, InfoAnswer>("get_info", NoParameters {})?;
    console.screen.show(&answer, |info| {
        format!(
            "Height {}, top block {}: difficulty {}, sum of difficulties {}, {} H/s to make a block every {} seconds",
            info.height,
            info.top_block_hash,
            info.difficulty,
            info.cumulative_difficulty,
            info.difficulty / info.target.max(1),
            info.target
        )
    })
}

/// Which chains beside the main one are asked for.
enum Which {
    All,
    With(Hash),
    LongerThan(u64),
    WithinNewest(u64),
}

fn alt_chain_info(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let which = match words.optional::<String>(0, "choice")? {
        None => Which::All,
        Some(text) => {
            let chosen = if let Some(number) = text.strip_prefix('>') {
                number.parse().ok().map(Which::LongerThan)
            } else if let Some(number) = text.strip_prefix('-') {
                number.parse().ok().map(Which::WithinNewest)
            } else {
                text.parse().ok().map(Which::With)
            };
            chosen.ok_or_else(|| words.wrong(format!("\"{text}\" is no block id, >N or -N")))?
        }
    };
    let newest = newest_height(console)?;
    let answer = console
        .node
        .call::<_, AlternativeChainsAnswer>("get_alternative_chains", NoParameters {})?;
    let is_asked_for = |chain: &AlternativeChainEntry| match which {
        Which::All => true,
        Which::With(id) => chain.block_hashes.contains(&id) || chain.block_hash == id,
        Which::LongerThan(length) => chain.length > length,
        Which::WithinNewest(blocks) => chain.height > newest.saturating_sub(blocks),
    };
    let chosen: Vec<AlternativeChainEntry> = answer.value.chains.into_iter().filter(is_asked_for).collect();
    if let (Which::With(id), true) = (&which, chosen.is_empty()) {
        return Err(ConsoleError::NotFound(format!(
            "no chain beside the main one has the block {id}"
        )));
    }
    let json = chosen.iter().map(serde_json::to_value).collect::<Result<_, _>>();
    let json = json.map_err(std::io::Error::from)?;
    console.screen.list(json, || {
        let head = format!("{} beside the main one.", layout::count(chosen.len() as u64, "chain"));
        let chains = chosen.iter().map(|chain| {
            format!(
                "{} from height {}, difficulty {}, newest block {}, branches off {}",
                layout::count(chain.length, "block"),
                chain.height,
                chain.difficulty,
                chain.block_hash,
                chain.main_chain_parent_block
            )
        });
        std::iter::once(head).chain(chains).collect::<Vec<_>>().join("\n")
    })
}

fn bc_dyn_stats(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let count = words.required::<u64>(0, "number of blocks")?.max(1);
    let newest = newest_height(console)?;
    let (json, entries) = headers(console, newest.saturating_sub(count - 1), newest)?;
    console.screen.list(json, || {
        let blocks = entries.len() as u64;
        let mean = |of: fn(&HeaderEntry) -> u64| entries.iter().map(of).sum::<u64>() / blocks.max(1);
        layout::fields(
            0,
            &[
                ("blocks", blocks.to_string()),
                ("mean weight", mean(|header| header.block_weight).to_string()),
                (
                    "mean long-term weight",
                    mean(|header| header.long_term_weight).to_string(),
                ),
                ("mean difficulty", mean(|header| header.difficulty).to_string()),
                ("mean reward", layout::oxen(mean(|header| header.reward))),
                (
                    "transactions",
                    entries.iter().map(|header| header.num_txes).sum::<u64>().to_string(),
                ),
            ],
        )
    })
}

fn output_histogram(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let request = HistogramRequest {
        min_count: words.optional(0, "number")?,
        max_count: words.optional(1, "number")?,
        ..HistogramRequest::default()
    };
    let answer = console
        .node
        .call::<_, HistogramAnswer>("get_output_histogram", request)?;
    console.screen.show(&answer, |answer| {
        let rows: Vec<Vec<String>> = std::iter::once(vec!["outputs".to_owned(), "amount".to_owned()])
            .chain(answer.histogram.iter().map(|entry| {
                let amount = match entry.amount {
                    0 => "hidden".to_owned(),
                    amount => layout::oxen(amount),
                };
                vec![entry.total_instances.to_string(), amount]
            }))
            .collect();
        layout::table(&rows)
    })
}

fn print_coinbase_tx_sum(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let height = words.required(0, "height")?;
    let count = words.optional(1, "number of blocks")?.unwrap_or(1);
    let answer = console
        .node
        .call::<_, CoinbaseSumAnswer>("get_coinbase_tx_sum", CoinbaseSumRequest { height, count })?;
    console.screen.show(&answer, |answer| {
        let emission = layout::oxen(answer.emission_amount.unsigned_abs());
        let sign = if answer.emission_amount < 0 { "-" } else { "" };
        format!(
            "{} from height {height} on: {sign}{emission} created, {} in fees, {} burned",
            layout::count(count, "block"),
            layout::oxen(answer.fee_amount),
            layout::oxen(answer.burn_amount)
        )
    })
}

fn print_checkpoints(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let request = CheckpointsRequest {
        start_height: words.optional(0, "height")?,
        end_height: words.optional(1, "height")?,
        count: None,
    };
    let answer = console.node.call::<_, CheckpointsAnswer>("get_checkpoints", request)?;
    console.screen.show(&answer, |answer| {
        if answer.checkpoints.is_empty() {
            return "No checkpoints there.".to_owned();
        }
        let rows: Vec<Vec<String>> = std::iter::once(
            ["height", "block", "signed by", "signatures"]
                .map(str::to_owned)
                .to_vec(),
        )
        .chain(answer.checkpoints.iter().map(|checkpoint| {
            let kind = if checkpoint.kind == 0 {
                "the software"
            } else {
                "service nodes"
            };
            vec![
                checkpoint.height.to_string(),
                checkpoint.block_hash.to_string(),
                kind.to_owned(),
                checkpoint.signatures.len().to_string(),
            ]
        }))
        .collect();
        layout::table(&rows)
    })
}
