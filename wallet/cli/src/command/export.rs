//! `export_transfers`: a CSV file for bookkeeping.

use super::{
    Arguments, CommandError, Reply,
    history::{WantedTransfers, addresses, is_final, kind_word, locked_until, mined_height},
};
use crate::{
    format::time,
    session::Session,
    terminal::{Terminal, confirm},
};
use oxen_types::{Amount, Height};
use oxen_wallet_core::history::{Transfer, TransferKind, TransferState};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

const TITLES: [&str; 14] = [
    "block",
    "type",
    "lock",
    "checkpointed",
    "timestamp",
    "amount",
    "running balance",
    "hash",
    "payment id",
    "fee",
    "destination",
    "sent amount",
    "index",
    "note",
];

/// `export_transfers [in|out|…] [index=] [from [to]] [output=path]`
pub(super) fn export_transfers(
    session: &Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let path = words
        .take_named("output")
        .unwrap_or_else(|| format!("output{}.csv", session.account));
    let wanted = WantedTransfers::parse(session, &mut words)?;
    words.finish()?;
    let path = PathBuf::from(path);
    confirm_overwrite(session, terminal, &path)?;
    let transfers = wanted.choose(session);
    let table = csv(session, &transfers);
    let failed = |source| CommandError::UserFile {
        action: "write",
        path: path.clone(),
        source,
    };
    fs::write(&path, table).map_err(failed)?;
    let shown = path.display().to_string();
    let json = json!({"file": shown, "transfers": transfers.len()});
    Ok(Reply::new(
        format!("{} transfers written to {shown}.", transfers.len()),
        json,
    ))
}

/// Asks before a file of the user is overwritten.
pub(super) fn confirm_overwrite(
    session: &Session,
    terminal: &mut dyn Terminal,
    path: &Path,
) -> Result<(), CommandError> {
    if path.exists() && session.preferences.confirm_export_overwrite {
        let question = format!("{} exists. Overwrite it?", path.display());
        if !confirm(terminal, &question, session.settings.confirmation)? {
            return Err(CommandError::Cancelled);
        }
    }
    Ok(())
}

fn csv(session: &Session, transfers: &[Transfer]) -> String {
    let mut lines = vec![line(TITLES.map(ToOwned::to_owned))];
    let mut balance = 0_i128;
    for transfer in transfers {
        balance += effect(transfer);
        // A row for the transfer, and one more for each further destination.
        let mut destinations = transfer.destinations.iter();
        let first = destinations.next();
        let sent = first.map_or_else(String::new, |one| one.amount.to_string());
        let height = mined_height(transfer).map_or_else(String::new, |height: Height| height.to_string());
        let lock = if locked_until(session, transfer).is_some() {
            "locked"
        } else {
            "unlocked"
        };
        lines.push(line([
            height,
            kind_word(transfer.kind).to_owned(),
            lock.to_owned(),
            if is_final(session, transfer) {
                "checkpointed"
            } else {
                "no"
            }
            .to_owned(),
            time::iso(transfer.time()),
            transfer.amount.to_string(),
            signed(balance),
            transfer.transaction.to_string(),
            transfer.payment_id.map_or_else(String::new, |id| id.to_string()),
            transfer.fee.to_string(),
            first.map_or_else(String::new, |one| one.address.clone()),
            sent,
            addresses(transfer),
            transfer.note.clone(),
        ]));
        for further in destinations {
            let mut cells: [String; 14] = Default::default();
            let [.., address, amount, _, _] = &mut cells;
            address.clone_from(&further.address);
            *amount = further.amount.to_string();
            lines.push(line(cells));
        }
    }
    lines.concat()
}

/// What a transfer does to the balance, atomic units; one that failed does nothing.
fn effect(transfer: &Transfer) -> i128 {
    let amount = i128::from(transfer.amount.atomic());
    let fee = i128::from(transfer.fee.atomic());
    let own: Option<Amount> = Amount::checked_sum(
        transfer
            .destinations
            .iter()
            .filter(|one| one.own.is_some())
            .map(|one| one.amount),
    );
    let back = i128::from(own.unwrap_or_default().atomic());
    match (&transfer.state, transfer.kind) {
        (TransferState::Failed { .. }, _) => 0,
        (_, TransferKind::Incoming | TransferKind::Reward) => amount,
        (
            _,
            TransferKind::Outgoing
            | TransferKind::Stake
            | TransferKind::StakeUnlock
            | TransferKind::Name
            | TransferKind::Swap,
        ) => back - amount - fee,
    }
}

fn signed(atomic: i128) -> String {
    let size = Amount::from_atomic(u64::try_from(atomic.unsigned_abs()).unwrap_or(u64::MAX));
    if atomic < 0 {
        format!("-{size}")
    } else {
        size.to_string()
    }
}

/// One line, with quotation marks where a cell needs them. A cell that a spreadsheet would run as a formula is disarmed.
fn line(cells: [String; 14]) -> String {
    let quoted = cells.map(|cell| {
        let formula = cell.starts_with(['=', '+', '@']) || (cell.starts_with('-') && cell.parse::<f64>().is_err());
        let cell = if formula { format!("'{cell}") } else { cell };
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell
        }
    });
    quoted.join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_need_quotation_marks_get_them_and_formulas_are_disarmed() {
        let mut cells: [String; 14] = Default::default();
        cells[0] = "a,b".to_owned();
        cells[1] = "say \"hi\"".to_owned();
        cells[2] = "=HYPERLINK(1)".to_owned();
        cells[3] = "-1.5".to_owned();
        assert!(line(cells).starts_with("\"a,b\",\"say \"\"hi\"\"\",'=HYPERLINK(1),-1.5,"));
    }

    #[test]
    fn a_negative_balance_has_a_sign() {
        assert_eq!(
            (signed(-1_500_000_000), signed(1)),
            ("-1.500000000".to_owned(), "0.000000001".to_owned())
        );
    }
}
