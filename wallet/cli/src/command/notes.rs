//! Notes about transactions and about the wallet.

use super::{Arguments, CommandError, Reply};
use crate::session::Session;
use serde_json::json;

/// Longest note.
const MAX_NOTE_BYTES: usize = 64 * 1024;

/// `set_tx_note <transaction id> [text]`
pub(super) fn set_transaction_note(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let id = words.transaction_id()?;
    let note = note(words)?;
    session.wallet.journal_mut().set_note(id, &note);
    session.save()?;
    Ok(Reply::done(if note.is_empty() {
        "Note removed."
    } else {
        "Note saved."
    }))
}

/// `get_tx_note <transaction id>`
pub(super) fn get_transaction_note(session: &Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let id = words.transaction_id()?;
    words.finish()?;
    Ok(show(session.wallet.journal().note(&id)))
}

/// `set_description [text]`
pub(super) fn set_description(session: &mut Session, words: Arguments) -> Result<Reply, CommandError> {
    let description = note(words)?;
    session.wallet.journal_mut().set_description(&description);
    session.save()?;
    Ok(Reply::done("Description saved."))
}

/// `get_description`
pub(super) fn get_description(session: &Session, words: Arguments) -> Result<Reply, CommandError> {
    words.finish()?;
    Ok(show(session.wallet.journal().description()))
}

fn note(mut words: Arguments) -> Result<String, CommandError> {
    let note = words.rest();
    if note.len() > MAX_NOTE_BYTES {
        return Err(words.usage(format!("A note has at most {MAX_NOTE_BYTES} bytes.")));
    }
    Ok(note)
}

fn show(note: &str) -> Reply {
    let text = if note.is_empty() { "There is no note." } else { note };
    Reply::new(text, json!({"note": note}))
}
