//! Scanning again, and sending again.

use super::{Arguments, CommandError, Reply, status::describe_refresh};
use crate::{
    daemon::Delivery,
    refresh::refresh,
    sending::{self, Fate},
    session::Session,
    terminal::{Terminal, confirm},
};
use oxen_types::{Hash, Height};
use oxen_wallet_core::keys::Birthday;
use oxen_wallet_core::wallet::Freeze;
use serde_json::{Value, json};

/// What is forgotten beside what the chain can tell again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Nothing.
    Soft,
    /// Rings of earlier attempts, and what is frozen.
    Hard,
}

/// `rescan_bc [soft|hard] [start_height=N]`
pub(super) async fn rescan_blockchain(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let start = match words.take_named("start_height") {
        Some(text) => text
            .parse()
            .map(Height::new)
            .map_err(|_| words.usage(format!("\"{text}\" is no height.")))?,
        None => session.section.birthday.height,
    };
    let depth = match words.next_if_any().as_deref() {
        None | Some("soft" | "keep_ki") => Depth::Soft,
        Some("hard") => Depth::Hard,
        Some(other) => return Err(words.usage(format!("\"{other}\" is neither soft nor hard."))),
    };
    words.finish()?;
    // Without a daemon the wallet would stay empty.
    session.daemon().await?;
    let question = match depth {
        Depth::Soft => None,
        Depth::Hard => Some("This also forgets rings of earlier payments and which outputs are frozen. Go on?"),
    };
    if let Some(question) = question
        && !confirm(terminal, question, session.settings.confirmation)?
    {
        return Err(CommandError::Cancelled);
    }
    if depth == Depth::Hard {
        forget_choices(session);
    }
    session.wallet.rescan(start);
    let report = refresh(session, session.settings.progress).await?;
    Ok(describe_refresh(session, &report))
}

fn forget_choices(session: &mut Session) {
    let images: Vec<_> = session
        .wallet
        .outputs()
        .all()
        .filter_map(|output| output.key_image)
        .collect();
    for image in images {
        session.wallet.journal_mut().forget_ring(&image);
        // Known to be an output of ours.
        let _ = session.wallet.set_frozen(&image, Freeze::Thawed);
    }
}

/// `restore_height [height]`
pub(super) fn restore_height(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    if let Some(height) = words.height_if_any() {
        words.finish()?;
        session.section.birthday = Birthday { height, created: None };
        session.file.save_keys(&session.section)?;
        let text = format!("Scanning will start at block {height}: rescan_bc does so now.");
        return Ok(Reply::new(text, json!({"restore_height": height.index()})));
    }
    words.finish()?;
    let height = session.section.birthday.height;
    Ok(Reply::new(
        height.to_string(),
        json!({"restore_height": height.index()}),
    ))
}

/// `resend [ordinary] [transaction id]`
pub(super) async fn resend(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let delivery = words.take_word("ordinary").then_some(Delivery::Ordinary);
    let ids: Vec<Hash> = if words.is_empty() {
        session.unmined.keys().copied().collect()
    } else {
        vec![words.transaction_id()?]
    };
    words.finish()?;
    if ids.is_empty() {
        return Ok(Reply::new("Nothing is waiting.", Value::Array(Vec::new())));
    }
    let daemon = session.daemon().await?;
    let (mut lines, mut json) = (Vec::new(), Vec::new());
    for id in ids {
        let fate = sending::resend(session, &daemon, &id, delivery).await?;
        let (word, line) = match &fate {
            Fate::Sent => ("sent", format!("Transaction {id}: the daemon has it.")),
            Fate::Approved => ("approved", format!("Transaction {id}: service nodes approved it.")),
            Fate::Undecided { reason } => (
                "undecided",
                format!("Transaction {id}: still undecided ({reason}). Do not pay again."),
            ),
            Fate::Unknown { reason } | Fate::Refused { reason } | Fate::NotApproved { reason } => (
                "unknown",
                format!(
                    "Transaction {id}: still unknown ({reason}). An earlier attempt may have succeeded: its money stays \
                     reserved, do not pay again."
                ),
            ),
            Fate::Written { .. } | Fate::NotTried => ("not_tried", format!("Transaction {id}: not tried.")),
        };
        lines.push(line);
        json.push(json!({"tx_hash": id.to_string(), "status": word}));
    }
    session.save()?;
    Ok(Reply::new(lines.join("\n"), Value::Array(json)))
}
