//! `show_transfers`, `show_transfer`

use super::{Arguments, CommandError, Reply};
use crate::{
    format::{
        self,
        table::{Side, Table},
        time,
    },
    session::Session,
};
use oxen_types::{Height, height::Unlock, scan::PoolApproval};
use oxen_wallet_core::{
    OwnedOutput,
    build::SourceAddresses,
    history::{Transfer, TransferFilter, TransferKind, TransferState},
    spendability::Spendability,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fmt::Write};

/// Which transfers are wanted, as words say it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct WantedTransfers {
    words: BTreeSet<&'static str>,
    filter: TransferFilter,
}

/// Words that choose.
const KINDS: [&str; 7] = ["in", "out", "stake", "reward", "pending", "failed", "pool"];

impl WantedTransfers {
    /// Takes `[in|out|…] [index=] [from [to]]`.
    pub(super) fn parse(session: &Session, words: &mut Arguments) -> Result<Self, CommandError> {
        let mut wanted = Self::default();
        wanted.filter.account = Some(session.account);
        if let SourceAddresses::Only(addresses) = words.sources()? {
            wanted.filter.addresses = Some(addresses);
        }
        loop {
            if words.take_word("all") {
                wanted.words.extend(KINDS);
            } else if words.take_word("coinbase") {
                // What the reference calls it.
                wanted.words.insert("reward");
            } else if let Some(kind) = KINDS.into_iter().find(|kind| words.peek() == Some(kind)) {
                words.take_word(kind);
                wanted.words.insert(kind);
            } else {
                break;
            }
        }
        wanted.filter.from = words.height_if_any();
        if wanted.filter.from.is_some() {
            wanted.filter.to = words.height_if_any();
        }
        Ok(wanted)
    }

    /// The transfers.
    pub(super) fn choose(&self, session: &Session) -> Vec<Transfer> {
        let mut transfers = session.wallet.transfers(&self.filter);
        transfers.retain(|transfer| self.words.is_empty() || self.accepts(transfer));
        transfers
    }

    fn accepts(&self, transfer: &Transfer) -> bool {
        let any = |words: &[&str]| words.iter().any(|word| self.words.contains(word));
        match (&transfer.state, transfer.kind) {
            (TransferState::Failed { .. }, _) => any(&["failed"]),
            (TransferState::Pending { .. }, _) => any(&["pending"]),
            (TransferState::Pool { .. }, TransferKind::Incoming | TransferKind::Reward) => any(&["pool"]),
            (TransferState::Pool { .. }, _) => any(&["pending", "pool"]),
            (TransferState::Mined { .. }, TransferKind::Incoming) => any(&["in"]),
            (TransferState::Mined { .. }, TransferKind::Reward) => any(&["in", "reward"]),
            (TransferState::Mined { .. }, TransferKind::Outgoing | TransferKind::Name | TransferKind::Swap) => {
                any(&["out"])
            }
            (TransferState::Mined { .. }, TransferKind::Stake | TransferKind::StakeUnlock) => any(&["out", "stake"]),
        }
    }
}

/// `show_transfers …`
pub(super) fn show_transfers(session: &Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let wanted = WantedTransfers::parse(session, &mut words)?;
    words.finish()?;
    let transfers = wanted.choose(session);
    let json = transfers.iter().map(|transfer| to_json(session, transfer)).collect();
    if transfers.is_empty() {
        return Ok(Reply::new("No transfers.", json));
    }
    Ok(Reply::new(table(session, &transfers), json))
}

fn table(session: &Session, transfers: &[Transfer]) -> String {
    let mut table = Table::new(&[
        ("height", Side::Right),
        ("type", Side::Left),
        ("state", Side::Left),
        ("time (UTC)", Side::Left),
        ("amount", Side::Right),
        ("fee", Side::Right),
        ("transaction", Side::Left),
        ("payment id", Side::Left),
        ("index", Side::Left),
        ("note", Side::Left),
    ]);
    for transfer in transfers {
        table.row(vec![
            mined_height(transfer).map_or_else(|| "-".to_owned(), |height| height.to_string()),
            kind_word(transfer.kind).to_owned(),
            state_words(session, transfer),
            time::date_and_time(transfer.time()),
            format::amount(transfer.amount),
            if transfer.fee.is_zero() {
                String::new()
            } else {
                format::amount(transfer.fee)
            },
            transfer.transaction.to_string(),
            transfer.payment_id.map_or_else(String::new, |id| id.to_string()),
            addresses(transfer),
            transfer.note.clone(),
        ]);
    }
    table.render()
}

/// `show_transfer <transaction id>`
pub(super) fn show_transfer(session: &Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let id = words.transaction_id()?;
    words.finish()?;
    let transfers = session.wallet.transfers_of(&id);
    if transfers.is_empty() {
        return Err(CommandError::UnknownTransaction(id));
    }
    let texts: Vec<String> = transfers.iter().map(|transfer| describe(session, transfer)).collect();
    let json = transfers.iter().map(|transfer| to_json(session, transfer)).collect();
    Ok(Reply::new(texts.join("\n\n"), json))
}

/// Everything about a transfer, one fact to a line.
fn describe(session: &Session, transfer: &Transfer) -> String {
    let mut text = format!("Transaction: {}\n", transfer.transaction);
    let mut line = |what: &str, value: String| {
        let _ = writeln!(text, "{what}: {value}");
    };
    line("Type", kind_word(transfer.kind).to_owned());
    line("State", state_words(session, transfer));
    if let Some(height) = mined_height(transfer) {
        line("Height", height.to_string());
        line(
            "Confirmations",
            transfer.confirmations(session.wallet.chain().next()).to_string(),
        );
    }
    line("Time", format!("{} UTC", time::date_and_time(transfer.time())));
    line("Amount", format::amount(transfer.amount));
    if !transfer.fee.is_zero() {
        line("Fee", format::amount(transfer.fee));
        line("Change", format::amount(transfer.change));
    }
    for destination in &transfer.destinations {
        let own = if destination.own.is_some() {
            " (this wallet)"
        } else {
            ""
        };
        line(
            "To",
            format!("{} {}{own}", format::amount(destination.amount), destination.address),
        );
    }
    if let Some(id) = transfer.payment_id {
        line("Payment id", id.to_string());
    }
    if let Some(node) = transfer.service_node {
        line("Service node", node.to_string());
    }
    if transfer.unlock_time.value() != 0 && transfer.kind != TransferKind::Reward {
        line("Locked by its sender", lock_words(transfer.unlock_time.unlock()));
    }
    line("Addresses", addresses(transfer));
    if let Some(spent) = spent_words(session, transfer) {
        line("Spent", spent);
    }
    if !transfer.note.is_empty() {
        line("Note", transfer.note.clone());
    }
    text.trim_end().to_owned()
}

fn lock_words(unlock: Unlock) -> String {
    match unlock {
        Unlock::AtHeight(height) => format!("until block {height}"),
        Unlock::AtTime(moment) => format!("until {} UTC", time::date_and_time(moment)),
    }
}

/// The outputs that a transfer brought to its addresses.
fn received<'a>(session: &'a Session, transfer: &'a Transfer) -> impl Iterator<Item = &'a OwnedOutput> {
    let record = session.wallet.transactions().get(&transfer.transaction);
    let indices = record.map(|record| record.received.as_slice()).unwrap_or_default();
    let outputs = indices.iter().filter_map(|index| session.wallet.outputs().get(*index));
    outputs
        .filter(|output| output.address.major == transfer.account && transfer.addresses.contains(&output.address.minor))
}

/// Where outputs of an incoming transfer were spent.
fn spent_words(session: &Session, transfer: &Transfer) -> Option<String> {
    if !matches!(transfer.kind, TransferKind::Incoming | TransferKind::Reward) {
        return None;
    }
    let spends = received(session, transfer).filter_map(|output| session.wallet.outputs().spend_of(output));
    let texts: BTreeSet<String> = spends
        .map(|spend| format!("at height {} in {}", spend.height, spend.transaction))
        .collect();
    (!texts.is_empty()).then(|| texts.into_iter().collect::<Vec<_>>().join("; "))
}

pub(super) fn mined_height(transfer: &Transfer) -> Option<Height> {
    match transfer.state {
        TransferState::Mined { height, .. } => Some(height),
        _ => None,
    }
}

/// The word of a kind.
pub(super) const fn kind_word(kind: TransferKind) -> &'static str {
    match kind {
        TransferKind::Incoming => "in",
        TransferKind::Reward => "reward",
        TransferKind::Outgoing => "out",
        TransferKind::Stake => "stake",
        TransferKind::StakeUnlock => "unlock",
        TransferKind::Name => "name",
        TransferKind::Swap => "swap",
    }
}

pub(super) fn addresses(transfer: &Transfer) -> String {
    let minors = transfer
        .addresses
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",");
    format!("{}/{minors}", transfer.account)
}

/// True when blocks at this height are not replaced any more.
pub(super) fn is_final(session: &Session, transfer: &Transfer) -> bool {
    match (mined_height(transfer), session.wallet.chain().immutable()) {
        (Some(height), Some(immutable)) => height <= immutable,
        _ => false,
    }
}

/// Until when received outputs are locked, in words; nothing when they can be spent.
pub(super) fn locked_until(session: &Session, transfer: &Transfer) -> Option<String> {
    let rules = session.wallet.spend_rules(session.chain_view());
    received(session, transfer).find_map(|output| match rules.judge(output) {
        Spendability::LockedUntilHeight(height) => Some(format!("block {height}")),
        Spendability::LockedUntilTime(moment) => Some(time::date_and_time(moment)),
        _ => None,
    })
}

/// Where a transfer stands, in words that say what it means (wallet §14.5).
fn state_words(session: &Session, transfer: &Transfer) -> String {
    match &transfer.state {
        TransferState::Pool {
            approval: PoolApproval::Blink,
            ..
        } => "instant, approved by service nodes".to_owned(),
        TransferState::Pool {
            approval: PoolApproval::Undecided,
            ..
        } => "waiting for the approval of service nodes".to_owned(),
        TransferState::Pool {
            approval: PoolApproval::Ordinary,
            ..
        } => "waiting to be mined".to_owned(),
        TransferState::Pending { .. } => "sent, not yet seen in the pool".to_owned(),
        TransferState::Failed {
            reason: Some(reason), ..
        } => format!("failed: {reason}"),
        TransferState::Failed { reason: None, .. } => "failed: neither in the pool nor in a block any more".to_owned(),
        TransferState::Mined { .. } => {
            let incoming = matches!(transfer.kind, TransferKind::Incoming | TransferKind::Reward);
            let locked = locked_until(session, transfer).filter(|_| incoming);
            let depth = if is_final(session, transfer) {
                "final (checkpointed)".to_owned()
            } else {
                format::count(transfer.confirmations(session.wallet.chain().next()), "confirmation")
            };
            match (locked, super::staking::stake_words(session, transfer)) {
                (Some(until), _) => format!("{depth}, locked until {until}"),
                (None, Some(words)) => format!("{depth}, {words}"),
                (None, None) => depth,
            }
        }
    }
}

/// What service nodes say about a transfer that waits, for programs.
const fn approval_word(transfer: &Transfer) -> Option<&'static str> {
    match &transfer.state {
        TransferState::Pool { approval, .. } => Some(match approval {
            PoolApproval::Ordinary => "ordinary",
            PoolApproval::Blink => "blink",
            PoolApproval::Undecided => "undecided",
        }),
        _ => None,
    }
}

/// A transfer for programs.
pub(super) fn to_json(session: &Session, transfer: &Transfer) -> Value {
    let (state, reason) = match &transfer.state {
        TransferState::Mined { .. } => ("mined", None),
        TransferState::Pool { .. } => ("pool", None),
        TransferState::Pending { .. } => ("pending", None),
        TransferState::Failed { reason, .. } => ("failed", reason.clone()),
    };
    let destinations: Vec<Value> = transfer
        .destinations
        .iter()
        .map(|one| json!({"address": one.address, "amount": one.amount.atomic(), "own": one.own.is_some()}))
        .collect();
    json!({
        "tx_hash": transfer.transaction.to_string(),
        "type": kind_word(transfer.kind),
        "state": state,
        "approval": approval_word(transfer),
        "reason": reason,
        "height": mined_height(transfer).map(Height::index),
        "timestamp": transfer.time().seconds(),
        "amount": transfer.amount.atomic(),
        "fee": transfer.fee.atomic(),
        "burned": transfer.burned.atomic(),
        "change": transfer.change.atomic(),
        "payment_id": transfer.payment_id.map(|id| id.to_string()),
        "account": transfer.account,
        "address_indices": transfer.addresses,
        "destinations": destinations,
        "unlock_time": transfer.unlock_time.value(),
        "locked": locked_until(session, transfer).is_some(),
        "checkpointed": is_final(session, transfer),
        "confirmations": transfer.confirmations(session.wallet.chain().next()),
        "stake": super::staking::stake_words(session, transfer),
        "service_node": transfer.service_node.map(|node| node.to_string()),
        "note": transfer.note,
    })
}
