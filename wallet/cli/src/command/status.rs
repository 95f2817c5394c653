//! The wallet and its daemon: how far they are, what they are.

use super::{Arguments, CommandError, Reply};
use crate::{
    daemon::{Connection, ConnectionOptions, Daemon, DaemonAddress, Trust},
    format::{self, time},
    refresh::{RefreshReport, refresh},
    session::Session,
};
use oxen_types::{Amount, scan::ScanKind};
use oxen_wallet_core::wallet::WalletEvent;
use serde_json::{Value, json};
use std::fmt::Write;

/// Events of one refresh that are listed.
const LISTED_EVENTS: usize = 50;

/// `refresh`
pub(super) async fn refresh_command(session: &mut Session, words: Arguments) -> Result<Reply, CommandError> {
    words.finish()?;
    let report = refresh(session, session.settings.progress).await?;
    Ok(describe_refresh(session, &report))
}

/// What a refresh did.
#[must_use]
pub fn describe_refresh(session: &Session, report: &RefreshReport) -> Reply {
    let mut text = String::new();
    if report.taken_back > 0 {
        let _ = writeln!(
            text,
            "The chain was reorganised: {} taken back.",
            format::count(report.taken_back, "block")
        );
    }
    let listed = report.events.len().saturating_sub(LISTED_EVENTS);
    if listed > 0 || report.further_events > 0 {
        let _ = writeln!(
            text,
            "({} earlier ones: see show_transfers)",
            listed + report.further_events
        );
    }
    for (height, event) in report.events.iter().skip(listed) {
        let _ = writeln!(text, "Height {height}: {}", describe_event(event));
    }
    text.push_str(&super::staking::stake_news(session, &report.stakes));
    for id in &report.dropped {
        let _ = writeln!(
            text,
            "Transaction {id} is neither in the pool nor in a block any more: its money is free again."
        );
    }
    let _ = write!(text, "Refreshed: {} scanned", format::count(report.blocks, "block"));
    let milliseconds = u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX);
    if report.blocks > 0 {
        let rate = report.transactions.saturating_mul(1_000) / milliseconds.max(1);
        let _ = write!(
            text,
            " in {} ({}, {rate}/s)",
            time::duration(report.elapsed),
            format::count(report.transactions, "transaction")
        );
    }
    let _ = write!(text, ", height {} / {}.", report.to, report.daemon_height);
    if report.daemon_height < report.to {
        text.push_str(
            "\nThe daemon has fewer blocks than this wallet: it is catching up, or went back to another branch.",
        );
    }
    let json = json!({
        "height": report.to.index(),
        "daemon_height": report.daemon_height.index(),
        "from": report.from.index(),
        "blocks": report.blocks,
        "transactions": report.transactions,
        "blocks_taken_back": report.taken_back,
        "milliseconds": milliseconds,
        "received": total(report, |event| match event {
            WalletEvent::Received { amount, .. } => Some(*amount),
            _ => None,
        }),
        "spent": total(report, |event| match event {
            WalletEvent::Spent { amount, .. } => Some(*amount),
            _ => None,
        }),
        "stakes_not_counted": report.stakes.not_counted.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "stakes_problem": report.stakes.problem,
        "dropped": report.dropped.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "pool": session.wallet.pool().len(),
    });
    Reply::new(text, json)
}

fn total(report: &RefreshReport, amount: impl Fn(&WalletEvent) -> Option<Amount>) -> Value {
    let amounts = report.events.iter().filter_map(|(_, event)| amount(event));
    format::json_amount(Amount::checked_sum(amounts).unwrap_or_default())
}

/// One event in a line.
fn describe_event(event: &WalletEvent) -> String {
    match event {
        WalletEvent::Received {
            transaction,
            kind,
            address,
            amount,
            payment_id,
            unlock_time,
        } => {
            let what = match kind {
                ScanKind::Coinbase => "service node reward of",
                ScanKind::Ordinary(_) => "received",
            };
            let mut text = format!(
                "{what} {} at {}/{}, transaction {transaction}",
                format::amount(*amount),
                address.major,
                address.minor
            );
            if let Some(id) = payment_id {
                let _ = write!(text, ", payment id {id}");
            }
            if unlock_time.value() != 0 && matches!(kind, ScanKind::Ordinary(_)) {
                let _ = write!(text, ". NOTE: the sender locked it; see show_transfer");
            }
            text
        }
        WalletEvent::DuplicateKey {
            transaction, amount, ..
        } => format!(
            "WARNING: transaction {transaction} repeats the key of an earlier output, so that only one of them can ever be \
             spent. Its {} do not count: whoever sent it did not really pay",
            format::amount(*amount)
        ),
        WalletEvent::Spent {
            transaction,
            amount,
            address,
            ..
        } => format!(
            "spent {} of {}/{}, transaction {transaction}",
            format::amount(*amount),
            address.major,
            address.minor
        ),
        WalletEvent::StakeUnlockRequested { transaction, amount } => {
            format!(
                "the unlock of a stake of {} was requested, transaction {transaction}",
                format::amount(*amount)
            )
        }
    }
}

/// `status`
pub(super) async fn status(session: &mut Session, words: Arguments) -> Result<Reply, CommandError> {
    words.finish()?;
    let scanned = session.wallet.chain().next().index();
    let address = session
        .daemon
        .daemon()
        .map(|daemon| daemon.connection().address().to_string());
    let status = match session.daemon.check(&session.network).await {
        Ok(status) => status,
        Err(error) => {
            let text = format!("Wallet: {scanned} blocks of {}\nDaemon: {error}", session.network.name);
            let json = json!({
                "network": session.network.name,
                "wallet_height": scanned,
                "daemon": address,
                "daemon_problem": {"code": error.code(), "message": error.to_string()},
                "synchronized": false,
            });
            return Ok(Reply::new(text, json));
        }
    };
    let behind = status.chain_height.index().saturating_sub(scanned);
    let ahead = scanned.saturating_sub(status.chain_height.index());
    let mut text = format!(
        "Network: {}, {} for the next block\n",
        session.network.name, status.hard_fork
    );
    let _ = writeln!(
        text,
        "Wallet: {scanned} of {} blocks{}",
        status.chain_height,
        match (behind, ahead) {
            (0, 0) => ", up to date".to_owned(),
            (0, _) => format!(
                ", {} more than the daemon, which is catching up",
                format::count(ahead, "block")
            ),
            _ => format!(", {} behind: refresh", format::count(behind, "block")),
        }
    );
    let daemon_state = match status.target_height {
        Some(target) => format!("still synchronising, {} of {target} blocks", status.chain_height),
        None => "synchronised".to_owned(),
    };
    let trust = match session.daemon.daemon().map(Daemon::trust) {
        Some(Trust::Trusted) => "trusted",
        _ => "untrusted",
    };
    let _ = writeln!(
        text,
        "Daemon: {} ({trust}), version {}, {daemon_state}, {} in its pool",
        address.as_deref().unwrap_or("none"),
        status.version,
        format::count(status.pool_size, "transaction")
    );
    let _ = write!(
        text,
        "Final up to block: {}",
        status
            .immutable_height
            .map_or_else(|| "none".to_owned(), |height| height.to_string())
    );
    let json = json!({
        "network": session.network.name,
        "hard_fork": status.hard_fork.number(),
        "wallet_height": scanned,
        "daemon_height": status.chain_height.index(),
        "daemon_target_height": status.target_height.map(|height| height.index()),
        "immutable_height": status.immutable_height.map(|height| height.index()),
        "daemon": address,
        "daemon_version": status.version,
        "trusted": trust == "trusted",
        "pool_size": status.pool_size,
        "synchronized": behind == 0 && ahead == 0 && status.target_height.is_none(),
    });
    Ok(Reply::new(text, json))
}

/// `bc_height`
pub(super) async fn chain_height(session: &mut Session, words: Arguments) -> Result<Reply, CommandError> {
    words.finish()?;
    let height = session.daemon.check(&session.network).await?.chain_height;
    Ok(Reply::new(height.to_string(), json!({"height": height.index()})))
}

/// `wallet_height`
pub(super) fn wallet_height(session: &Session, words: Arguments) -> Result<Reply, CommandError> {
    words.finish()?;
    let height = session.wallet.chain().next();
    Ok(Reply::new(height.to_string(), json!({"height": height.index()})))
}

/// `fee`
pub(super) async fn fee(session: &mut Session, words: Arguments) -> Result<Reply, CommandError> {
    words.finish()?;
    let status = session.daemon.check(&session.network).await?;
    let rates = session.daemon().await?.fee_rates().await?;
    // One input and two outputs, as weighed on the chain.
    const USUAL_WEIGHT: u64 = 1_700;
    let usual = rates
        .per_byte
        .atomic()
        .saturating_mul(USUAL_WEIGHT)
        .saturating_add(rates.per_output.atomic().saturating_mul(2));
    let usual = Amount::from_atomic(usual);
    let text = format!(
        "{} OXEN for each byte and {} for each output: about {} for a usual transaction.\n{} waiting in the daemon's pool.",
        rates.per_byte,
        format::amount(rates.per_output),
        format::amount(usual),
        format::count(status.pool_size, "transaction")
    );
    let json = json!({
        "fee_per_byte": rates.per_byte.atomic(),
        "fee_per_output": rates.per_output.atomic(),
        "quantization": rates.quantization,
        "pool_size": status.pool_size,
    });
    Ok(Reply::new(text, json))
}

/// `set_daemon <address> [trusted|untrusted]`
pub(super) async fn set_daemon(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let text = words.next("The daemon's address")?;
    let address = DaemonAddress::parse(&text, session.network.ports.rpc)?;
    let trust = match words.next_if_any().as_deref() {
        Some("trusted") => Trust::Trusted,
        Some("untrusted") => Trust::Untrusted,
        None if address.is_local() => Trust::Trusted,
        None => Trust::Untrusted,
        Some(other) => return Err(words.usage(format!("\"{other}\" is neither trusted nor untrusted."))),
    };
    words.finish()?;
    let connection = Connection::new(address, &ConnectionOptions::default())?;
    session.daemon.replace(Daemon::new(connection, trust));
    let status = session.daemon.check(&session.network).await?;
    let json = json!({"daemon": text, "height": status.chain_height.index()});
    Ok(Reply::new(
        format!("Using the daemon at {text}, which has {} blocks.", status.chain_height),
        json,
    ))
}

/// `save`, and what `exit` does last.
pub(super) fn save(session: &mut Session, words: Arguments) -> Result<Reply, CommandError> {
    words.finish()?;
    session.save()?;
    Ok(Reply::done("Wallet saved."))
}

/// `wallet_info`
pub(super) fn wallet_info(session: &Session, words: Arguments) -> Result<Reply, CommandError> {
    words.finish()?;
    let wallet = &session.wallet;
    let address = wallet.address_text(oxen_crypto::SubaddressIndex::PRIMARY)?;
    let kind = if wallet.is_view_only() { "view-only" } else { "full" };
    let birthday = session.section.birthday;
    let created = birthday.created.map(time::date);
    let path = session.file.paths().name().display().to_string();
    let cost = session.file.password_cost();
    let mut text = format!(
        "File: {path}\nDescription: {}\nAddress: {address}\nType: {kind}\nNetwork: {}\nScanned from block {}{}\n",
        wallet.journal().description(),
        session.network.name,
        birthday.height,
        created
            .as_ref()
            .map_or_else(String::new, |date| format!(" (made on {date})")),
    );
    let _ = write!(
        text,
        "Outputs: {}, transactions: {}\nPassword: argon2id, {} KiB, passes: {}",
        wallet.outputs().len(),
        wallet.transactions().len(),
        cost.memory_kib,
        cost.passes,
    );
    let json = json!({
        "file": path,
        "description": wallet.journal().description(),
        "address": address,
        "type": kind,
        "network": session.network.name,
        "restore_height": birthday.height.index(),
        "created": birthday.created.map(|time| time.seconds()),
        "outputs": wallet.outputs().len(),
        "transactions": wallet.transactions().len(),
        "wallet_height": wallet.chain().next().index(),
    });
    Ok(Reply::new(text, json))
}
