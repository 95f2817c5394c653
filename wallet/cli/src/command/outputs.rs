//! Outputs one by one: which there are, which may be spent.

use super::{Arguments, CommandError, Reply, arguments::parse_amount};
use crate::{
    format::{
        self,
        table::{Side, Table},
        time,
    },
    session::Session,
};
use oxen_types::Amount;
use oxen_wallet_core::{
    OwnedOutput,
    build::SourceAddresses,
    spendability::{SpendRules, Spendability},
    wallet::Freeze,
};
use serde_json::{Value, json};

/// `incoming_transfers [available|unavailable] [verbose] [index=]`
pub(super) fn incoming_transfers(session: &Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let sources = words.sources()?;
    let wanted = match words.peek() {
        Some("available") => Some(true),
        Some("unavailable") => Some(false),
        _ => None,
    };
    if wanted.is_some() {
        words.next_if_any();
    }
    let verbose = words.take_word("verbose");
    words.finish()?;
    let rules = session.wallet.spend_rules(session.chain_view());
    let available = |output: &OwnedOutput| !matches!(rules.judge(output), Spendability::Spent(_));
    let outputs: Vec<&OwnedOutput> = of_account(session, &sources)
        .filter(|output| wanted.is_none_or(|wanted| available(output) == wanted))
        .collect();
    let json = outputs.iter().map(|output| to_json(&rules, output)).collect();
    if outputs.is_empty() {
        return Ok(Reply::new("No outputs.", json));
    }
    let mut columns = vec![
        ("amount", Side::Right),
        ("state", Side::Left),
        ("height", Side::Right),
        ("index", Side::Right),
        ("address", Side::Right),
        ("transaction", Side::Left),
    ];
    if verbose {
        columns.extend([("key", Side::Left), ("key image", Side::Left)]);
    }
    let mut table = Table::new(&columns);
    for output in outputs {
        let mut cells = vec![
            format::amount(output.amount),
            state_words(rules.judge(output)),
            output.height.to_string(),
            output.global_index.to_string(),
            format!("{}/{}", output.address.major, output.address.minor),
            output.transaction.to_string(),
        ];
        if verbose {
            cells.push(output.key.to_string());
            cells.push(
                output
                    .key_image
                    .map_or_else(|| "unknown".to_owned(), |image| image.to_string()),
            );
        }
        table.row(cells);
    }
    Ok(Reply::new(table.render(), json))
}

fn of_account<'a>(session: &'a Session, sources: &'a SourceAddresses) -> impl Iterator<Item = &'a OwnedOutput> {
    let account = session.account;
    session
        .wallet
        .outputs()
        .all()
        .filter(move |output| output.address.major == account && sources.allows(output.address.minor))
}

/// Whether an output can be spent, in words.
fn state_words(judged: Spendability) -> String {
    match judged {
        Spendability::Ready => "unlocked".to_owned(),
        Spendability::Spent(spend) => format!("spent at height {}", spend.height),
        Spendability::PendingSpend(_) => "being spent".to_owned(),
        Spendability::Duplicate => "worthless: its key was used twice".to_owned(),
        Spendability::Frozen => "frozen by you".to_owned(),
        Spendability::Staked(_) => "staked".to_owned(),
        Spendability::Blacklisted { until } => format!("frozen after deregistration until block {until}"),
        Spendability::LockedUntilHeight(height) => format!("locked until block {height}"),
        Spendability::LockedUntilTime(moment) => format!("locked until {}", time::date_and_time(moment)),
    }
}

fn to_json(rules: &SpendRules<'_>, output: &OwnedOutput) -> Value {
    let judged = rules.judge(output);
    json!({
        "amount": output.amount.atomic(),
        "unlocked": judged == Spendability::Ready,
        "spent": matches!(judged, Spendability::Spent(_)),
        "state": state_words(judged),
        "height": output.height.index(),
        "global_index": output.global_index.index(),
        "account": output.address.major,
        "address_index": output.address.minor,
        "tx_hash": output.transaction.to_string(),
        "key": output.key.to_string(),
        "key_image": output.key_image.map(|image| image.to_string()),
    })
}

/// `unspent_outputs [index=] [least [most]]`
pub(super) fn unspent_outputs(session: &Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let sources = words.sources()?;
    let least = words
        .next_if_any()
        .map(|text| parse_amount(&text))
        .transpose()?
        .unwrap_or_default();
    let most = words.next_if_any().map(|text| parse_amount(&text)).transpose()?;
    words.finish()?;
    let most = most.unwrap_or(Amount::from_atomic(u64::MAX));
    let rules = session.wallet.spend_rules(session.chain_view());
    let unspent: Vec<&OwnedOutput> = of_account(session, &sources)
        .filter(|output| rules.judge(output).counts() && (least..=most).contains(&output.amount))
        .collect();
    let total = Amount::checked_sum(unspent.iter().map(|output| output.amount)).unwrap_or_default();
    let json = json!({
        "count": unspent.len(),
        "total": total.atomic(),
        "outputs": unspent.iter().map(|output| to_json(&rules, output)).collect::<Vec<_>>(),
    });
    let range = |amounts: Vec<Amount>| (amounts.iter().min().copied(), amounts.iter().max().copied());
    let (Some(smallest), Some(largest)) = range(unspent.iter().map(|output| output.amount).collect()) else {
        return Ok(Reply::new("No unspent outputs.", json));
    };
    let text = format!(
        "{} unspent, {} in all, from {} to {}\n\n{}",
        format::count(unspent.len() as u64, "output"),
        format::amount(total),
        format::amount(smallest),
        format::amount(largest),
        histogram(&unspent)
    );
    Ok(Reply::new(text, json))
}

/// Outputs by their size: each line has ten times the amounts of the one before.
fn histogram(outputs: &[&OwnedOutput]) -> String {
    let mut table = Table::new(&[
        ("amounts below", Side::Right),
        ("outputs", Side::Right),
        ("worth", Side::Right),
    ]);
    let mut from = 0_u64;
    let mut below = Amount::OXEN.atomic() / 100;
    loop {
        let inside: Vec<Amount> = outputs
            .iter()
            .map(|output| output.amount)
            .filter(|amount| (from..below).contains(&amount.atomic()))
            .collect();
        if !inside.is_empty() {
            let worth = Amount::checked_sum(inside.iter().copied()).unwrap_or_default();
            table.row(vec![
                format::amount(Amount::from_atomic(below)),
                inside.len().to_string(),
                format::amount(worth),
            ]);
        }
        from = below;
        below = match below.checked_mul(10) {
            Some(next) => next,
            None => return table.render(),
        };
    }
}

/// `freeze <key image>`
pub(super) fn freeze(session: &mut Session, words: Arguments) -> Result<Reply, CommandError> {
    set_frozen(
        session,
        words,
        Freeze::Frozen,
        "Frozen: payments leave this output alone.",
    )
}

/// `thaw <key image>`
pub(super) fn thaw(session: &mut Session, words: Arguments) -> Result<Reply, CommandError> {
    set_frozen(
        session,
        words,
        Freeze::Thawed,
        "Thawed: payments may use this output again.",
    )
}

fn set_frozen(session: &mut Session, mut words: Arguments, choice: Freeze, text: &str) -> Result<Reply, CommandError> {
    let image = words.key_image()?;
    words.finish()?;
    session.wallet.set_frozen(&image, choice)?;
    session.save()?;
    Ok(Reply::new(
        text,
        json!({"key_image": image.to_string(), "frozen": choice == Freeze::Frozen}),
    ))
}

/// `frozen [key image]`
pub(super) fn frozen(session: &Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let only = if words.is_empty() {
        None
    } else {
        Some(words.key_image()?)
    };
    words.finish()?;
    let rules = session.wallet.spend_rules(session.chain_view());
    let frozen: Vec<&OwnedOutput> = session
        .wallet
        .outputs()
        .all()
        .filter(|output| rules.judge(output) == Spendability::Frozen)
        .filter(|output| only.is_none() || output.key_image == only)
        .collect();
    let lines: Vec<String> = frozen
        .iter()
        .map(|output| {
            let image = output
                .key_image
                .map_or_else(|| "unknown".to_owned(), |image| image.to_string());
            format!("{image}  {}", format::amount(output.amount))
        })
        .collect();
    let text = if lines.is_empty() {
        "Not frozen.".to_owned()
    } else {
        lines.join("\n")
    };
    Ok(Reply::new(
        text,
        frozen.iter().map(|output| to_json(&rules, output)).collect(),
    ))
}

/// `unset_ring <key image>`
pub(super) fn unset_ring(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let image = words.key_image()?;
    words.finish()?;
    session.wallet.journal_mut().forget_ring(&image);
    session.save()?;
    Ok(Reply::done(
        "Forgotten: the next attempt to spend this output makes a new ring.",
    ))
}
