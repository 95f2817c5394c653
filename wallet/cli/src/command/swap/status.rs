//! `swap status [<transaction id>]`: how far burns are, what is paid for them, and what can be burned now.

use super::{SwapCommandError, payments, progress};
use crate::{
    command::{Arguments, CommandError, Reply},
    refresh::refresh,
    session::Session,
};
use oxen_rpc::types::swap::{SwapInfoAnswer, SwapState};
use oxen_types::{Amount, Hash};
use serde_json::{Value, json};
use std::fmt::Write;

/// Shows one burn, or all that are not claimable yet and the state of the swap.
pub(super) async fn status(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let wanted = if words.is_empty() {
        None
    } else {
        Some(words.transaction_id()?)
    };
    words.finish()?;
    session.daemon.check(&session.network).await?;
    let daemon = session.daemon().await?;
    refresh(session, session.settings.progress).await?;
    session.save()?;
    let mut burns = progress::own(session, Some(&daemon)).await;
    if let Some(id) = wanted {
        return one(session, &daemon, &burns, id).await;
    }
    let payments = payments::ask(session, Some(&daemon), &mut burns).await;
    let info = daemon.swap_info().await?;
    let mut text = swap_text(&info);
    if burns.is_empty() {
        text.push_str("\nThis wallet has burned nothing.");
    }
    for burn in &burns {
        let _ = write!(text, "\n\n{}", burn.text(session));
    }
    text.push_str(&payments.text(&burns));
    Ok(Reply::new(
        text,
        json!({
            "swap": swap_json(&info),
            "burns": burns.iter().map(progress::Progress::json).collect::<Vec<_>>(),
            "arbitrum": payments.json(),
        }),
    ))
}

/// One of ours, or any that the daemon knows.
async fn one(
    session: &Session,
    daemon: &crate::daemon::Daemon,
    burns: &[progress::Progress],
    id: Hash,
) -> Result<Reply, CommandError> {
    let found = match burns.iter().find(|burn| burn.id == id) {
        Some(own) => own.clone(),
        None => {
            let entries = daemon.swap_burns(&[id]).await?;
            let entry = entries.first().ok_or(SwapCommandError::NotASwap(id))?;
            progress::of_entry(session, entry)
        }
    };
    let mut found = [found];
    let payments = payments::ask(session, Some(daemon), &mut found).await;
    let text = payments.text(&found);
    let [found] = found;
    let mut json = found.json();
    if let Value::Object(fields) = &mut json {
        fields.insert("arbitrum".to_owned(), payments.json());
    }
    Ok(Reply::new(found.text(session) + &text, json))
}

fn swap_text(info: &SwapInfoAnswer) -> String {
    let state = match info.state {
        SwapState::None => return "This network has no swap from OXEN to SESH.".to_owned(),
        SwapState::NotBegun => "The swap has not begun",
        SwapState::Open => "The swap is open",
        SwapState::Full => "The swap is over: everything was swapped",
        SwapState::Ended => "The swap ended",
    };
    let mut text = state.to_owned();
    if let Some(ratio) = info.ratio {
        let _ = write!(text, ": {} SESH for {} OXEN", ratio.sesh, ratio.oxen);
    }
    if let Some(remaining) = info.remaining {
        let _ = write!(
            text,
            "; {} SESH are left in all, {} for now",
            Amount::from_atomic(remaining.pool),
            Amount::from_atomic(remaining.rate)
        );
    }
    text.push('.');
    text
}

fn swap_json(info: &SwapInfoAnswer) -> Value {
    serde_json::to_value(info).unwrap_or_default()
}
