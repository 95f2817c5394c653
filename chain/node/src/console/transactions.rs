//! Transactions of chain and pool, and key images.

use super::{
    Console, ConsoleError,
    command::{Command, Format, Words},
    layout,
};
use oxen_rpc::types::{
    HexText,
    admin::{StatusAnswer, TransactionIdsRequest},
    transaction::{KeyImageAnswer, KeyImageRequest, TransactionEntry, TransactionsAnswer, TransactionsRequest},
};
use oxen_types::{Hash, KeyImage};
use serde_json::Value;

pub(super) const COMMANDS: &[Command] = &[
    Command::new(
        "print_tx",
        "A transaction of chain or pool; +hex adds its bytes.",
        print_tx,
    )
    .takes("HASH")
    .flags(&["+hex"]),
    Command::new(
        "is_key_image_spent",
        "Whether key images are spent, in the chain or in the pool.",
        is_key_image_spent,
    )
    .takes("KEY-IMAGE…"),
    Command::new(
        "relay_tx",
        "Sends a transaction of the pool to others that was kept here.",
        relay_tx,
    )
    .takes("HASH"),
];

fn print_tx(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let hash: Hash = words.required(0, "transaction id")?;
    let request = TransactionsRequest {
        txs_hashes: Some(vec![HexText::from(hash)]),
        decode_as_json: true,
        stake_info: true,
        ..TransactionsRequest::default()
    };
    let answer = console
        .node
        .call::<_, TransactionsAnswer>("get_transactions", request)?;
    let entry = answer
        .value
        .txs
        .first()
        .ok_or_else(|| ConsoleError::NotFound(format!("neither chain nor pool has the transaction {hash}")))?;
    if console.screen.format() == Format::Json {
        let mut json = answer.json["txs"][0].clone();
        // The transaction itself, and not a string in which it stands as JSON.
        if let Some(parsed) = entry
            .as_json
            .as_deref()
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
        {
            json["as_json"] = parsed;
        }
        return console.screen.json(&json);
    }
    console.screen.say(&describe(entry))?;
    if words.has("+hex")
        && let Some(hex) = &entry.as_hex
    {
        console.screen.say(hex)?;
    }
    Ok(())
}

fn describe(entry: &TransactionEntry) -> String {
    let mut lines = vec![("id", entry.tx_hash.to_string())];
    match entry.block_height.filter(|_| !entry.in_pool) {
        Some(height) => lines.push(("in block", height.to_string())),
        None => lines.push(("in block", "none yet: it waits in the pool".to_owned())),
    }
    if let Some(second) = entry.block_timestamp.filter(|_| !entry.in_pool) {
        lines.push(("time", second.to_string()));
    }
    if let Some(confirmations) = entry.confirmations {
        lines.push(("confirmations", confirmations.to_string()));
    }
    lines.push(("fee", layout::oxen(entry.fee)));
    if entry.burned > 0 {
        lines.push(("burned", layout::oxen(entry.burned)));
    }
    if let Some(size) = entry.size {
        lines.push(("size", layout::bytes(size)));
    }
    if let Some(staked) = entry.stake_amount {
        lines.push(("staked", layout::oxen(staked)));
    }
    if entry.blink {
        lines.push(("blink", "approved".to_owned()));
    }
    if entry.double_spend_seen {
        lines.push(("double spend", "another transaction spends the same".to_owned()));
    }
    layout::fields(0, &lines)
}

fn is_key_image_spent(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    if words.all().is_empty() {
        return Err(words.wrong("a key image is missing".to_owned()));
    }
    let images: Vec<KeyImage> = (0..words.all().len())
        .map(|place| words.required(place, "key image"))
        .collect::<Result<_, _>>()?;
    let request = KeyImageRequest {
        key_images: images.iter().copied().map(HexText::from).collect(),
    };
    let answer = console.node.call::<_, KeyImageAnswer>("is_key_image_spent", request)?;
    console.screen.show(&answer, |answer| {
        let lines: Vec<String> = images
            .iter()
            .zip(&answer.spent_status)
            .map(|(image, status)| {
                let word = match status {
                    0 => "unspent",
                    1 => "spent in the chain",
                    2 => "spent in the pool",
                    _ => "unknown",
                };
                format!("{image}: {word}")
            })
            .collect();
        lines.join("\n")
    })
}

fn relay_tx(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let hash: Hash = words.required(0, "transaction id")?;
    let request = TransactionIdsRequest {
        txids: vec![HexText::from(hash)],
    };
    let answer = console.node.call::<_, StatusAnswer>("relay_tx", request)?;
    console.screen.show(&answer, |_| format!("{hash} is sent to others."))
}
