//! Showing others what was paid, and checking what they show (wallet §9).

use super::{Arguments, CommandError, Reply, export::confirm_overwrite, signatures::read_file};
use crate::{
    daemon::{Daemon, DaemonTransaction, Place},
    format,
    session::Session,
    terminal::Terminal,
};
use oxen_crypto::Address;
use oxen_types::{GlobalOutputIndex, Hash, Height, transaction::Input};
use oxen_wallet_core::{
    proofs::{self, ProofError, ReceivedProof, RingOfInput},
    secret::SecretBytes,
    sent::TransactionKeys,
};
use rand_core::OsRng;
use serde_json::json;
use std::{fs, path::Path};

const PAYMENT_PROOF_FILE: &str = "oxen_tx_proof";
const SPEND_PROOF_FILE: &str = "oxen_spend_proof";
/// Bytes of a proof that is given as a file.
const MAX_PROOF_BYTES: usize = 1 << 20;

/// `get_tx_key <transaction id>`
pub(super) fn get_transaction_key(
    session: &Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let id = words.transaction_id()?;
    words.finish()?;
    let keys = session
        .wallet
        .journal()
        .transaction_keys(&id)
        .ok_or(ProofError::KeyUnknown)?;
    session.ask_password(terminal, "to show the transaction key")?;
    let text = write_keys(keys);
    Ok(Reply::new(format!("Transaction key: {text}"), json!({"tx_key": text})))
}

/// All keys behind each other, the main one first.
fn write_keys(keys: &TransactionKeys) -> String {
    std::iter::once(&keys.main)
        .chain(&keys.additional)
        .map(|key| hex::encode(key.as_bytes()))
        .collect()
}

/// Reads what [`write_keys`] wrote. What was typed is a secret and is not repeated in the message.
fn read_keys(words: &mut Arguments) -> Result<TransactionKeys, CommandError> {
    let text = words.next("The transaction key")?;
    let wrong =
        || words.usage("The transaction key has 64 hexadecimal digits, or a multiple of that with additional keys.");
    let bytes = hex::decode(&text).map_err(|_| wrong())?;
    let (keys, []) = bytes.as_chunks::<32>() else {
        return Err(wrong());
    };
    let mut keys = keys.iter().map(|key| SecretBytes::new(*key));
    Ok(TransactionKeys {
        main: keys.next().ok_or_else(wrong)?,
        additional: keys.collect(),
    })
}

/// `set_tx_key <transaction id> <keys> [<address>]`
pub(super) async fn set_transaction_key(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let id = words.transaction_id()?;
    let keys = read_keys(&mut words)?;
    let address = if words.is_empty() {
        None
    } else {
        Some(words.address(&session.wallet.network().prefixes)?)
    };
    words.finish()?;
    let transaction = fetch(&session.daemon().await?, id).await?;
    proofs::check_transaction_keys(&transaction.scan, &keys, address.as_ref())?;
    session.wallet.journal_mut().set_transaction_keys(id, keys);
    session.save()?;
    Ok(Reply::done("Transaction key kept."))
}

/// `check_tx_key <transaction id> <keys> <address>`
pub(super) async fn check_transaction_key(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let id = words.transaction_id()?;
    let keys = read_keys(&mut words)?;
    let address = words.address(&session.wallet.network().prefixes)?;
    words.finish()?;
    let transaction = fetch(&session.daemon().await?, id).await?;
    let received = proofs::check_transaction_key(&transaction.scan, &keys, &address)?;
    Ok(tell_received(session, &address, &received, transaction.place))
}

/// `get_tx_proof <transaction id> <address> [message]`
pub(super) async fn get_transaction_proof(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let id = words.transaction_id()?;
    let address = words.address(&session.wallet.network().prefixes)?;
    let message = words.rest();
    session.ask_password(terminal, "to make a proof")?;
    let transaction = fetch(&session.daemon().await?, id).await?;
    // For an address of ours we prove as the receiver, for any other as the sender.
    let proof = if session.wallet.own_index(&address)?.is_some() {
        let view = proofs::proving_view_key(session.wallet.keys());
        proofs::prove_received(&transaction.scan, view, &address, message.as_bytes(), &mut OsRng)?
    } else {
        let keys = session
            .wallet
            .journal()
            .transaction_keys(&id)
            .ok_or(ProofError::KeyUnknown)?;
        proofs::prove_sent(&transaction.scan, keys, &address, message.as_bytes(), &mut OsRng)?
    };
    let paid = proofs::check_proof(&transaction.scan, &address, message.as_bytes(), &proof)?;
    if paid.outputs.is_empty() {
        return Err(CommandError::NothingThere(
            "this transaction pays nothing to that address: there is nothing to prove".to_owned(),
        ));
    }
    write_proof(session, terminal, PAYMENT_PROOF_FILE, &proof)
}

/// `check_tx_proof <transaction id> <address> <file or proof> [message]`
pub(super) async fn check_transaction_proof(
    session: &mut Session,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let id = words.transaction_id()?;
    let address = words.address(&session.wallet.network().prefixes)?;
    let proof = read_proof(&mut words, &["OutProof", "InProof"])?;
    let message = words.rest();
    let transaction = fetch(&session.daemon().await?, id).await?;
    let received = proofs::check_proof(&transaction.scan, &address, message.as_bytes(), &proof)?;
    let told = tell_received(session, &address, &received, transaction.place);
    Ok(Reply {
        text: format!("Good signature.\n{}", told.text),
        ..told
    })
}

/// `get_spend_proof <transaction id> [message]`
pub(super) async fn get_spend_proof(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let id = words.transaction_id()?;
    let message = words.rest();
    if session.wallet.is_view_only() {
        return Err(CommandError::ViewOnly("proving a spend"));
    }
    session.ask_password(terminal, "to make a proof")?;
    let daemon = session.daemon().await?;
    let transaction = fetch(&daemon, id).await?;
    let rings = fetch_rings(&daemon, &transaction).await?;
    let proof = session
        .wallet
        .prove_spend(&id, &rings, message.as_bytes(), &mut OsRng)?;
    write_proof(session, terminal, SPEND_PROOF_FILE, &proof)
}

/// `check_spend_proof <transaction id> <file or proof> [message]`
pub(super) async fn check_spend_proof(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let id = words.transaction_id()?;
    let proof = read_proof(&mut words, &["SpendProof"])?;
    let message = words.rest();
    let daemon = session.daemon().await?;
    let transaction = fetch(&daemon, id).await?;
    let rings = fetch_rings(&daemon, &transaction).await?;
    proofs::check_spend_proof(&id, &rings, message.as_bytes(), &proof)?;
    Ok(Reply::new(
        "Good signature: whoever made the proof made the transaction.",
        json!({"good": true}),
    ))
}

async fn fetch(daemon: &Daemon, id: Hash) -> Result<DaemonTransaction, CommandError> {
    let found = daemon.transactions(&[id]).await?;
    found.into_iter().next().ok_or(CommandError::TransactionNotFound(id))
}

/// The one-time keys of every ring of a transaction.
async fn fetch_rings(daemon: &Daemon, transaction: &DaemonTransaction) -> Result<Vec<RingOfInput>, CommandError> {
    let mut rings = Vec::new();
    for input in &transaction.transaction.prefix.inputs {
        let Input::Key {
            key_offsets, key_image, ..
        } = input
        else {
            return Err(CommandError::NothingThere(
                "this transaction spends nothing: there is nothing to prove".to_owned(),
            ));
        };
        let mut index = 0_u64;
        let indices: Vec<GlobalOutputIndex> = key_offsets
            .iter()
            .map(|offset| {
                index = index.saturating_add(*offset);
                GlobalOutputIndex::new(index)
            })
            .collect();
        let members = daemon.outputs(&indices, Height::GENESIS).await?;
        rings.push(RingOfInput {
            key_image: *key_image,
            ring: members.iter().map(|member| member.key).collect(),
        });
    }
    if rings.is_empty() {
        return Err(CommandError::NothingThere(
            "this transaction spends nothing: there is nothing to prove".to_owned(),
        ));
    }
    Ok(rings)
}

/// Writes a proof to its file and shows it.
fn write_proof(session: &Session, terminal: &mut dyn Terminal, file: &str, proof: &str) -> Result<Reply, CommandError> {
    let path = Path::new(file);
    confirm_overwrite(session, terminal, path)?;
    let failed = |source| CommandError::UserFile {
        action: "write",
        path: path.to_owned(),
        source,
    };
    fs::write(path, proof).map_err(failed)?;
    Ok(Reply::new(
        format!("{proof}\nWritten to {file}."),
        json!({"proof": proof, "file": file}),
    ))
}

/// The next word as a proof, or as the file that holds one.
fn read_proof(words: &mut Arguments, headers: &[&str]) -> Result<String, CommandError> {
    let word = words.next("The proof, or the file with it,")?;
    if headers.iter().any(|header| word.starts_with(header)) {
        return Ok(word);
    }
    let bytes = read_file(&word)?;
    let text = String::from_utf8(bytes)
        .ok()
        .filter(|text| text.len() <= MAX_PROOF_BYTES);
    text.map(|text| text.trim().to_owned())
        .ok_or_else(|| CommandError::NotGood(format!("{word} holds no proof")))
}

fn tell_received(session: &Session, address: &Address, received: &ReceivedProof, place: Place) -> Reply {
    let address = address.encode(&session.wallet.network().prefixes);
    let amount = format::amount(received.amount);
    let what = if received.outputs.is_empty() {
        format!("{address} received nothing in this transaction.")
    } else {
        format!("{address} received {amount} in this transaction.")
    };
    let (depth, confirmations) = match place {
        Place::Pool => ("WARNING: it is not in a block yet.".to_owned(), 0),
        Place::Block { height, confirmations } => (
            format!(
                "It is in block {height}, with {}.",
                format::count(confirmations, "confirmation")
            ),
            confirmations,
        ),
    };
    let json = json!({
        "address": address,
        "received": received.amount.atomic(),
        "in_pool": place == Place::Pool,
        "confirmations": confirmations,
        "good": true,
    });
    Reply::new(format!("{what}\n{depth}"), json)
}
