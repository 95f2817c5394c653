//! The dialogue of everything that sends: prepare, show, confirm, send, tell (wallet §3.2).

use super::{CommandError, Reply};
use crate::{
    daemon::{Daemon, Trust},
    format,
    refresh::{refresh, update_stakes},
    sending::{self, Dispatched, Fate},
    session::Session,
    terminal::{Terminal, confirm},
};
use oxen_crypto::AddressKind;
use oxen_types::{Amount, KeyImage, network::constants::RING_SIZE};
use oxen_wallet_core::build::{FeeRates, PreparedTransaction, TransactionPlan};
use serde_json::{Value, json};
use std::{cmp::Ordering, fmt::Write};

/// A fee beyond so many times the usual is asked about.
const STRANGE_FEE_FACTOR: u64 = 10;

/// A daemon to send through, after the wallet has caught up with it.
pub(super) async fn ready_to_send(session: &mut Session) -> Result<(Daemon, FeeRates), CommandError> {
    if session.wallet.is_view_only() {
        return Err(CommandError::ViewOnly("sending"));
    }
    let status = session.daemon.check(&session.network).await?;
    let daemon = session.daemon().await?;
    if session.wallet.chain().next() < status.chain_height {
        refresh(session, session.settings.progress).await?;
    }
    let (scanned, height) = (session.wallet.chain().next().index(), status.chain_height.index());
    match scanned.cmp(&height) {
        Ordering::Less => return Err(CommandError::NotSynchronized { scanned, height }),
        Ordering::Greater if session.daemon.is_behind(session.wallet.chain().next()) => {
            return Err(CommandError::DaemonBehind { scanned, height });
        }
        Ordering::Equal | Ordering::Greater => {}
    }
    // Whatever it says, nothing that may be staked is spent.
    update_stakes(session, &daemon).await;
    let rates = daemon.fee_rates().await?;
    Ok((daemon, rates))
}

/// Prepares, shows, asks, sends.
pub(super) async fn send(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    daemon: &Daemon,
    plans: &[TransactionPlan],
) -> Result<Reply, CommandError> {
    check_unspent(daemon, plans).await?;
    let prepared = sending::prepare(session, daemon, plans).await?;
    warn_of_strange_fees(session, terminal, &prepared)?;
    if session.preferences.always_confirm_transfers {
        terminal.say(&summary(session, &prepared));
        if !confirm(terminal, "Is this okay?", session.settings.confirmation)? {
            return Err(CommandError::Cancelled);
        }
    }
    let sent = sending::dispatch(session, daemon, &prepared).await?;
    session.save()?;
    tell(&sent)
}

/// Asks a daemon that may know our outputs whether any input is spent by now.
pub(super) async fn check_unspent(daemon: &Daemon, plans: &[TransactionPlan]) -> Result<(), CommandError> {
    if daemon.trust() == Trust::Untrusted {
        return Ok(());
    }
    let inputs = plans.iter().flat_map(|plan| &plan.inputs);
    let images: Vec<KeyImage> = inputs.filter_map(|input| input.key_image).collect();
    let spent = daemon.spent(&images).await?;
    match images.into_iter().zip(spent).find(|(_, spent)| *spent) {
        Some((image, _)) => Err(CommandError::SpentElsewhere(image)),
        None => Ok(()),
    }
}

/// A daemon that asks for absurd fees must not get them unnoticed.
pub(super) fn warn_of_strange_fees(
    session: &Session,
    terminal: &mut dyn Terminal,
    prepared: &[PreparedTransaction],
) -> Result<(), CommandError> {
    let usual = FeeRates::default();
    for transaction in prepared {
        let outputs = transaction.outputs.len() as u64;
        let expected = transaction
            .weight
            .bytes()
            .saturating_mul(usual.per_byte.atomic())
            .saturating_add(outputs.saturating_mul(usual.per_output.atomic()));
        // What is burned is a price that was asked for, not a fee of the daemon's.
        let asked = transaction.fee.saturating_sub(transaction.burned);
        if asked.atomic() / STRANGE_FEE_FACTOR > expected {
            let question = format!(
                "The daemon asks for a fee of {}, where {} is usual. Pay it all the same?",
                format::amount(asked),
                format::amount(Amount::from_atomic(expected))
            );
            if !confirm(terminal, &question, session.settings.confirmation)? {
                return Err(CommandError::Cancelled);
            }
        }
    }
    Ok(())
}

/// What is going to happen.
fn summary(session: &Session, prepared: &[PreparedTransaction]) -> String {
    let mut text = String::new();
    for (transaction, place) in prepared.iter().zip(1_usize..) {
        if prepared.len() > 1 {
            let _ = writeln!(text, "Transaction {place}/{}:", prepared.len());
        }
        summary_of(session, transaction, &mut text);
    }
    let fee = Amount::checked_sum(prepared.iter().map(|one| one.fee)).unwrap_or_default();
    let paid = Amount::checked_sum(prepared.iter().map(PreparedTransaction::paid)).unwrap_or_default();
    let _ = if prepared.len() > 1 {
        write!(
            text,
            "Sending {} in {} transactions. The fees are {} in all.",
            format::amount(paid),
            prepared.len(),
            format::amount(fee)
        )
    } else {
        write!(
            text,
            "Sending {}. The transaction fee is {}.",
            format::amount(paid),
            format::amount(fee)
        )
    };
    text
}

fn summary_of(session: &Session, transaction: &PreparedTransaction, text: &mut String) {
    let prefixes = session.wallet.network().prefixes;
    for payment in transaction.payments() {
        let _ = writeln!(
            text,
            "  {}  to {}",
            format::amount(payment.amount),
            payment.address.encode(&prefixes)
        );
        if let AddressKind::Integrated(id) = payment.address.kind() {
            let _ = writeln!(text, "      with payment id {id}");
        }
    }
    let _ = writeln!(text, "{}", inputs_line(session, transaction));
    if transaction.unlock_time.value() != 0 {
        let _ = writeln!(
            text,
            "  LOCKED until block {}: nobody can spend it earlier",
            transaction.unlock_time.value()
        );
    }
}

/// Who pays, fee and change.
pub(super) fn inputs_line(session: &Session, transaction: &PreparedTransaction) -> String {
    let mut text = String::new();
    let addresses = transaction.paying_addresses();
    let listed = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let _ = writeln!(
        text,
        "  from account {}, address {listed}; {}, ring size {RING_SIZE}",
        transaction.account,
        format::count(transaction.inputs.len() as u64, "input")
    );
    if addresses.len() > 1 {
        text.push_str(
            "  WARNING: outputs of several addresses are combined, which shows everybody that they have one owner.\n",
        );
    }
    let burned = if transaction.burned.is_zero() {
        String::new()
    } else {
        format!(" ({} burned)", format::amount(transaction.burned))
    };
    let _ = write!(
        text,
        "  fee {}{burned}, change {}",
        format::amount(transaction.fee),
        format::amount(transaction.change())
    );
    if session.preferences.print_ring_members {
        print_rings(transaction, &mut text);
    }
    text
}

fn print_rings(transaction: &PreparedTransaction, text: &mut String) {
    for (input, place) in transaction.inputs.iter().zip(1_usize..) {
        let real = input.ring.real_position();
        let members = input.ring.members().iter().enumerate().map(|(position, member)| {
            if position == real {
                format!("*{}", member.index)
            } else {
                member.index.to_string()
            }
        });
        let _ = write!(text, "\n  ring {place}: {}", members.collect::<Vec<_>>().join(" "));
    }
}

/// What happened: in order, as far as it went.
pub(super) fn tell(sent: &[Dispatched]) -> Result<Reply, CommandError> {
    let json: Vec<Value> = sent.iter().map(to_json).collect();
    let done: Vec<&Dispatched> = sent.iter().filter(|one| one.fate.is_done()).collect();
    let before = match done.len() {
        0 => String::new(),
        _ => {
            let ids = done.iter().map(|one| one.id.to_string()).collect::<Vec<_>>().join(", ");
            let rest = sent.iter().filter(|one| one.fate == Fate::NotTried).count();
            format!(". Sent before it: {ids}; {rest} after it were not tried")
        }
    };
    for one in sent {
        match &one.fate {
            Fate::Refused { reason } => {
                return Err(CommandError::TransactionRefused {
                    id: one.id,
                    reason: reason.clone(),
                    before,
                });
            }
            Fate::NotApproved { reason } => {
                return Err(CommandError::BlinkNotApproved {
                    id: one.id,
                    reason: reason.clone(),
                    before,
                });
            }
            Fate::Unknown { reason } => {
                return Err(CommandError::TransactionUnknown {
                    id: one.id,
                    reason: reason.clone(),
                    before,
                });
            }
            Fate::Undecided { reason } => {
                return Err(CommandError::BlinkUndecided {
                    id: one.id,
                    reason: reason.clone(),
                    before,
                });
            }
            Fate::Sent | Fate::Approved | Fate::Written { .. } | Fate::NotTried => {}
        }
    }
    let mut text = String::new();
    for one in sent {
        let _ = match &one.fate {
            Fate::Written { path } => writeln!(
                text,
                "Transaction {} written to {}; it was not sent.",
                one.id,
                path.display()
            ),
            Fate::Approved => writeln!(
                text,
                "Transaction successfully submitted, transaction {}\nService nodes approved it: it is instant, and the \
                 receiver can count on it now.",
                one.id
            ),
            _ => writeln!(text, "Transaction successfully submitted, transaction {}", one.id),
        };
    }
    if sent.iter().any(|one| one.fate.is_out()) {
        text.push_str("You can check its status by using the `show_transfers` command.");
    }
    Ok(Reply::new(text.trim_end(), json!({"transactions": json})))
}

fn to_json(one: &Dispatched) -> Value {
    let (status, file) = match &one.fate {
        Fate::Sent => ("sent", None),
        Fate::Approved => ("approved", None),
        Fate::Undecided { .. } => ("undecided", None),
        Fate::Written { path } => ("written", Some(path.display().to_string())),
        Fate::Refused { .. } => ("refused", None),
        Fate::NotApproved { .. } => ("not_approved", None),
        Fate::Unknown { .. } => ("unknown", None),
        Fate::NotTried => ("not_tried", None),
    };
    json!({
        "tx_hash": one.id.to_string(),
        "amount": one.amount.atomic(),
        "fee": one.fee.atomic(),
        "change": one.change.atomic(),
        "status": status,
        "file": file,
    })
}
