//! From a record to a transaction on its way: what the chain has, whether it would take the record, what it costs and how long it
//! holds, and whether the user wants that.

use super::NamesError;
use crate::{
    command::{CommandError, Reply, payment},
    daemon::Daemon,
    format::{self, time},
    sending::{self, Dispatched, Fate},
    session::Session,
    terminal::{Terminal, confirm},
};
use oxen_names::{
    Name, NameContext, NameEntry, NameKind, NameRequest, NameRows, NameValue, check_name_record, owner::owner_text,
};
use oxen_types::{
    Amount, Hash, Height,
    extra::{NameOwner, NameRecord},
    network::HardForkVersion,
};
use oxen_wallet_core::build::{FeeRates, NameTransactionRequest, Priority, SourceAddresses};
use rand_core::OsRng;
use serde_json::{Value, json};
use std::{fmt::Write, time::Duration};

/// The chain at the next block, and what it has of a name.
pub(super) struct Market {
    pub(super) daemon: Daemon,
    rates: FeeRates,
    /// Of the next block.
    pub(super) version: HardForkVersion,
    /// Of the next block, which is the earliest that can hold the transaction.
    pub(super) height: Height,
    /// The name's row.
    pub(super) current: Option<NameEntry>,
    /// The row of the same text in the register that must have the same owners.
    sibling: Option<NameEntry>,
}

impl Market {
    /// Asks for the password, catches up, and looks the name up.
    pub(super) async fn open(
        session: &mut Session,
        terminal: &mut dyn Terminal,
        name: &Name,
        why: &str,
    ) -> Result<Self, CommandError> {
        if session.wallet.is_view_only() {
            return Err(CommandError::ViewOnly("paying for names"));
        }
        session.ask_password(terminal, why)?;
        let (daemon, rates) = payment::ready_to_send(session).await?;
        let height = session.wallet.chain().next();
        let kinds: Vec<NameKind> = std::iter::once(name.kind()).chain(name.kind().sibling()).collect();
        let prefixes = session.wallet.network().prefixes;
        let mut rows = daemon.names(&name.hash(), &kinds, &prefixes).await?;
        let mut take = |kind: Option<NameKind>| {
            let place = rows.iter().position(|row| Some(row.kind) == kind)?;
            Some(rows.swap_remove(place))
        };
        let version = session.daemon.status().map_or_else(
            || session.network.forks.version_at(height).version,
            |status| status.hard_fork,
        );
        Ok(Self {
            current: take(Some(name.kind())),
            sibling: take(name.kind().sibling()),
            daemon,
            rates,
            version,
            height,
        })
    }

    /// The name's row, which must be there.
    pub(super) fn registered(&self, name: &Name) -> Result<&NameEntry, NamesError> {
        self.current.as_ref().ok_or_else(|| NamesError::NotRegistered {
            kind: name.kind(),
            name: name.text().to_owned(),
        })
    }

    /// The row that the record would make: the chain's own rules, asked beforehand.
    pub(super) fn check(&self, session: &Session, record: &NameRecord, price: Amount) -> Result<NameEntry, NamesError> {
        Ok(check_name_record(
            &NameRequest {
                record,
                transaction: Hash::ZERO,
                burned: price,
            },
            &NameContext {
                height: self.height,
                version: self.version,
                periods: &session.network.name_periods,
            },
            NameRows {
                current: self.current.as_ref(),
                sibling: self.sibling.as_ref(),
            },
        )?)
    }
}

/// A record that the chain would take, and who pays for it.
pub(super) struct Deal<'a> {
    pub(super) name: &'a Name,
    /// `Buying`, `Renewing`, `Changing`.
    pub(super) doing: &'static str,
    pub(super) record: NameRecord,
    pub(super) price: Amount,
    pub(super) sources: SourceAddresses,
    pub(super) priority: Priority,
    /// Lines about what will be, each ending its line.
    pub(super) facts: String,
}

/// Plans, shows, asks, sends, tells.
pub(super) async fn send(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    market: &Market,
    deal: Deal<'_>,
) -> Result<Reply, CommandError> {
    let request = NameTransactionRequest {
        record: deal.record.clone(),
        price: deal.price,
        account: session.account,
        sources: deal.sources.clone(),
        priority: deal.priority,
        limits: session.preferences.output_limits(),
    };
    let plan = session
        .wallet
        .plan_name_transaction(&request, session.chain_view(), &market.rates, &mut OsRng)?;
    let plans = [plan];
    payment::check_unspent(&market.daemon, &plans).await?;
    let prepared = sending::prepare(session, &market.daemon, &plans).await?;
    payment::warn_of_strange_fees(session, terminal, &prepared)?;
    let mut summary = format!(
        "{} the {} name {}\n{}",
        deal.doing,
        deal.name.kind(),
        deal.name,
        deal.facts
    );
    for transaction in &prepared {
        let network_fee = transaction.fee.saturating_sub(transaction.burned);
        let _ = writeln!(summary, "{}", payment::inputs_line(session, transaction));
        let _ = if deal.price.is_zero() {
            write!(
                summary,
                "It costs the network fee of {} alone.",
                format::amount(network_fee)
            )
        } else {
            write!(
                summary,
                "The price is {}, which is burned; with the network fee of {} you pay {} in all.",
                format::amount(deal.price),
                format::amount(network_fee),
                format::amount(transaction.fee)
            )
        };
    }
    // Whatever the settings are about transfers: a price is not paid unseen.
    terminal.say(&summary);
    if !confirm(terminal, "Is this okay?", session.settings.confirmation)? {
        return Err(CommandError::Cancelled);
    }
    let sent = sending::dispatch(session, &market.daemon, &prepared).await?;
    note(session, &deal, &sent);
    session.save()?;
    tell(&deal, &sent)
}

/// The chain has no names, only hashes: what it was about is noted beside the transaction.
fn note(session: &mut Session, deal: &Deal<'_>, sent: &[Dispatched]) {
    let text = format!("{} the {} name {}", deal.doing, deal.name.kind(), deal.name);
    for one in sent
        .iter()
        .filter(|one| !matches!(one.fate, Fate::Refused { .. } | Fate::NotTried))
    {
        session.wallet.journal_mut().set_note(one.id, &text);
    }
}

fn tell(deal: &Deal<'_>, sent: &[Dispatched]) -> Result<Reply, CommandError> {
    let mut reply = payment::tell(sent)?;
    if let Value::Object(fields) = &mut reply.json {
        fields.insert("name".to_owned(), json!(deal.name.text()));
        fields.insert("type".to_owned(), json!(deal.name.kind().label()));
        fields.insert("price".to_owned(), format::json_amount(deal.price));
    }
    if sent.iter().any(|one| one.fate.is_out()) {
        reply
            .text
            .push_str("\nIt counts once it is mined: ons_lookup shows it then.");
    }
    Ok(reply)
}

/// `  points to …`
pub(super) fn value_line(session: &Session, value: &NameValue) -> String {
    format!("  points to {}\n", value.text(&session.wallet.network().prefixes))
}

/// `  owner …`, and `(this wallet)` beside own ones.
pub(super) fn owner_line(session: &mut Session, what: &str, owner: &NameOwner) -> Result<String, CommandError> {
    let text = owner_text(owner, &session.wallet.network().prefixes);
    let own = match session.wallet.own_name_owner(owner)? {
        Some(index) => format!(" (account {}, address {} of this wallet)", index.major, index.minor),
        None => String::new(),
    };
    Ok(format!("  {what} {text}{own}\n"))
}

/// `for good`, or `until block …, about …`.
pub(super) fn how_long(session: &Session, expiration: Option<Height>) -> String {
    let Some(height) = expiration else {
        return "for good".to_owned();
    };
    let blocks = height.since(session.wallet.chain().next());
    let seconds = blocks.saturating_mul(session.network.target_block_seconds);
    format!(
        "until block {height}, about {} from now",
        time::duration(Duration::from_secs(seconds))
    )
}
