//! `balance`

use super::{Arguments, CommandError, Reply};
use crate::{
    format::{
        self,
        table::{Side, Table},
        time,
    },
    session::Session,
};
use oxen_crypto::SubaddressIndex;
use oxen_types::Amount;
use oxen_wallet_core::balance::{Balance, Counting};
use serde_json::{Value, json};
use std::fmt::Write;

/// `balance [detail]`
pub(super) async fn balance(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let detail = words.take_word("detail");
    words.finish()?;
    let rewards = pending_rewards(session).await;
    let account = session.account;
    let view = session.chain_view();
    let balance = session.wallet.balance(account, view, Counting::WithReturning)?;
    let addresses = session
        .wallet
        .balances_of_addresses(account, view, Counting::WithReturning)?;
    let label = session
        .wallet
        .accounts()
        .address_label(SubaddressIndex::new(account, 0))
        .to_owned();
    let mut text = format!("Account {account}: {label}\n{}", describe(&balance));
    if let Some(rewards) = rewards.filter(|rewards| !rewards.is_zero()) {
        let _ = write!(text, "\nPending service node rewards: {}", format::amount(rewards));
    }
    if detail {
        let mut table = Table::new(&[
            ("address", Side::Right),
            ("balance", Side::Right),
            ("unlocked", Side::Right),
            ("outputs", Side::Right),
            ("label", Side::Left),
        ]);
        for (minor, balance) in &addresses {
            table.row(vec![
                minor.to_string(),
                format::amount(balance.total),
                format::amount(balance.unlocked),
                balance.outputs.to_string(),
                session
                    .wallet
                    .accounts()
                    .address_label(SubaddressIndex::new(account, *minor))
                    .to_owned(),
            ]);
        }
        let _ = write!(text, "\n\n{}", table.render());
    }
    if session.wallet.is_view_only() && session.wallet.outputs_without_key_image().next().is_some() {
        text.push_str(
            "\nThis wallet only sees: what was spent is unknown until key images are imported (import_key_images).",
        );
    }
    let mut json = to_json(&balance);
    if let Value::Object(fields) = &mut json {
        fields.insert("account".to_owned(), json!(account));
        fields.insert("label".to_owned(), json!(label));
        fields.insert("height".to_owned(), json!(session.wallet.chain().next().index()));
        fields.insert("pending_rewards".to_owned(), json!(rewards.map(Amount::atomic)));
        fields.insert("synchronized".to_owned(), json!(is_synchronized(session)));
        let addresses = addresses.iter().map(|(minor, balance)| {
            let mut one = to_json(balance);
            if let Value::Object(fields) = &mut one {
                fields.insert("address_index".to_owned(), json!(minor));
            }
            one
        });
        fields.insert("addresses".to_owned(), addresses.collect());
    }
    Ok(Reply::new(text, json))
}

/// True when the wallet has every block of the daemon, as far as it last said.
pub(super) fn is_synchronized(session: &Session) -> bool {
    session
        .daemon
        .status()
        .is_some_and(|status| status.chain_height == session.wallet.chain().next())
}

/// Rewards that the daemon will pay out later; not known without it.
async fn pending_rewards(session: &mut Session) -> Option<Amount> {
    session.daemon.status()?;
    let daemon = session.daemon().await.ok()?;
    let address = session.wallet.address_text(SubaddressIndex::PRIMARY).ok()?;
    daemon.accrued_rewards(&address).await.ok()
}

/// A balance in a few lines.
pub(super) fn describe(balance: &Balance) -> String {
    let mut text = format!(
        "Balance: {}, unlocked balance: {}",
        format::amount(balance.total),
        format::amount(balance.unlocked)
    );
    if balance.blocks_to_unlock > 0 {
        let _ = write!(
            text,
            " ({} to unlock)",
            format::count(balance.blocks_to_unlock, "block")
        );
    }
    let parts = [
        (
            "Locked by its sender until",
            balance.unlock_time.map(time::date_and_time),
        ),
        ("Staked", shown(balance.staked)),
        ("Frozen after deregistration", shown(balance.blacklisted)),
        ("Frozen by you", shown(balance.frozen)),
        (
            "Coming back from transactions that wait for a block",
            shown(balance.returning),
        ),
        (
            "Arriving (waiting to be mined, not in the balance)",
            shown(balance.arriving),
        ),
    ];
    for (what, value) in parts {
        if let Some(value) = value {
            let _ = write!(text, "\n{what}: {value}");
        }
    }
    text
}

fn shown(amount: Amount) -> Option<String> {
    (!amount.is_zero()).then(|| format::amount(amount))
}

/// The same for programs.
pub(super) fn to_json(balance: &Balance) -> Value {
    json!({
        "balance": balance.total.atomic(),
        "unlocked": balance.unlocked.atomic(),
        "staked": balance.staked.atomic(),
        "blacklisted": balance.blacklisted.atomic(),
        "frozen": balance.frozen.atomic(),
        "returning": balance.returning.atomic(),
        "arriving": balance.arriving.atomic(),
        "blocks_to_unlock": balance.blocks_to_unlock,
        "unlock_time": balance.unlock_time.map(|time| time.seconds()),
        "outputs": balance.outputs,
    })
}
