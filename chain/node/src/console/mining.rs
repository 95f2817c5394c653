//! Mining, which only private networks know from HF19 on.

use super::{
    Console, ConsoleError,
    command::{Command, Words},
};
use oxen_rpc::types::{
    admin::{MiningStatusAnswer, StatusAnswer},
    chain::NoParameters,
};
use serde_json::json;

pub(super) const COMMANDS: &[Command] = &[
    Command::new("start_mining", "Mines for an address.", start_mining).takes("ADDRESS [THREADS]"),
    Command::new("stop_mining", "Stops mining.", stop_mining),
    Command::new("mining_status", "Whether the node mines.", mining_status),
];

fn start_mining(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let address: String = words.required(0, "address")?;
    let threads = words.optional::<u32>(1, "number of threads")?.unwrap_or(1);
    let request = json!({ "miner_address": address, "threads_count": threads });
    let answer = console.node.call::<_, StatusAnswer>("start_mining", request)?;
    console.screen.show(&answer, |_| "Mining.".to_owned())
}

fn stop_mining(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let answer = console.node.call::<_, StatusAnswer>("stop_mining", NoParameters {})?;
    console.screen.show(&answer, |_| "Not mining any more.".to_owned())
}

fn mining_status(console: &mut Console<'_>, _: &Words) -> Result<(), ConsoleError> {
    let answer = console
        .node
        .call::<_, MiningStatusAnswer>("mining_status", NoParameters {})?;
    console.screen.show(&answer, |answer| {
        if answer.active {
            format!("Mining at {} H/s for {}", answer.speed, answer.address)
        } else {
            format!(
                "Not mining. The next block has difficulty {}; a block is due every {} seconds",
                answer.difficulty, answer.block_target
            )
        }
    })
}
