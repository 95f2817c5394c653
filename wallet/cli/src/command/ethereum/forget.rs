//! `ethereum forget [anyway]`: leaves an operation that cannot be finished any more, because its key is lost.

use super::{EthereumError, link};
use crate::{
    command::{Arguments, CommandError, Reply},
    session::Session,
    terminal::{Terminal, confirm},
};
use oxen_wallet_ethereum::{
    checksummed,
    journal::{Operation, Work},
    submission::{Fate, Submission},
};
use serde_json::json;

/// Whether the transaction of an operation may still be mined.
enum Chance {
    /// It has none.
    NothingSent,
    /// No more, for this reason.
    Settled(&'static str),
    /// It may, or nobody knows, for this reason.
    Open(String),
}

/// `ethereum forget [anyway]`
pub(super) async fn forget(
    session: &Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let insists = words.take_word("anyway");
    words.finish()?;
    let mut journal = link::journal(session)?;
    let Some(operation) = journal.operation().cloned() else {
        return Ok(Reply::new("No operation was begun.", json!(null)));
    };
    let hash = operation.submission().map(|submission| submission.newest().hash);
    let chance = match operation.submission() {
        Some(submission) => chance(session, &operation, submission).await,
        None => Chance::NothingSent,
    };
    let state = match chance {
        Chance::NothingSent => "nothing of it was sent".to_owned(),
        Chance::Settled(reason) => format!("its transaction {reason}"),
        Chance::Open(reason) if insists => format!("its transaction may still be mined: {reason}"),
        Chance::Open(reason) => {
            let hash = hash.map_or_else(String::new, |hash| hash.to_string());
            return Err(EthereumError::MayStillBeMined { hash, reason }.into());
        }
    };
    terminal.say(&summary(session, &operation, &state)?);
    if !confirm(terminal, "Forget it?", session.settings.confirmation)? {
        return Err(CommandError::Cancelled);
    }
    journal.forget().map_err(EthereumError::from)?;
    Ok(Reply::new(
        "Forgotten. Something new can be begun.",
        json!({
            "account": checksummed(&operation.account),
            "transaction": hash.map(|hash| hash.to_string()),
            "state": state,
        }),
    ))
}

async fn chance(session: &Session, operation: &Operation, submission: &Submission) -> Chance {
    let provider = match link::provider(session).await {
        Ok(provider) => provider,
        Err(error) => return Chance::Open(error.to_string()),
    };
    if provider.chain_id() != operation.chain_id {
        return Chance::Open(format!("it is one of chain {}", operation.chain_id));
    }
    match submission.fate(&provider, &operation.account).await {
        Ok(Fate::Mined { .. }) => Chance::Settled("is in a block, and did what it says"),
        Ok(Fate::Reverted { .. }) => Chance::Settled("is in a block, and changed nothing"),
        Ok(Fate::Superseded) => Chance::Settled("will never be mined: another one has its number"),
        Ok(Fate::Waiting) => Chance::Open("it is in no block, and its number is free".to_owned()),
        Err(error) => Chance::Open(error.to_string()),
    }
}

fn summary(session: &Session, operation: &Operation, state: &str) -> Result<String, CommandError> {
    let what = match &operation.work {
        Work::Claim(claim) => format!("the claim of {} of {}", claim.kind, checksummed(&claim.recipient)),
        Work::Call(call) => format!("the call for \"{}\"", call.purpose),
    };
    let mut text = format!(
        "To be forgotten: {what}, begun by {}; {state}.",
        checksummed(&operation.account)
    );
    if link::own_address(session)? == Some(operation.account) {
        text.push_str("\nThis wallet has the key of that account: `ethereum resume` finishes it instead.");
    }
    Ok(text)
}
