//! `account`

use super::{Arguments, CommandError, Reply, balance};
use crate::{
    format::{
        self,
        table::{Side, Table},
    },
    session::Session,
};
use oxen_crypto::SubaddressIndex;
use oxen_types::Amount;
use oxen_wallet_core::balance::{Balance, Counting};
use serde_json::{Value, json};

/// `account [new|switch|label|tag|untag]`
pub(super) fn account(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    match words.next_if_any().as_deref() {
        None => {}
        Some("new") => {
            let label = words.rest();
            session.account = session.wallet.accounts_mut().add_account(&label)?;
            session.save()?;
        }
        Some("switch") => {
            let account = words.number("The number of the account")?;
            words.finish()?;
            session.wallet.check_account(account)?;
            session.account = account;
        }
        Some("label") => {
            let account = words.number("The number of the account")?;
            let label = words.rest();
            session.wallet.accounts_mut().label_account(account, &label)?;
            session.save()?;
        }
        Some("tag") => {
            let tag = words.next("The tag")?;
            tag_accounts(session, words, Some(&tag))?;
        }
        Some("untag") => tag_accounts(session, words, None)?,
        Some(other) => return Err(words.usage(format!("\"{other}\" is not something to do with accounts."))),
    }
    list(session)
}

fn tag_accounts(session: &mut Session, mut words: Arguments, tag: Option<&str>) -> Result<(), CommandError> {
    let mut accounts: Vec<u32> = vec![words.number("The number of the account")?];
    while !words.is_empty() {
        accounts.push(words.number("The number of the account")?);
    }
    for account in &accounts {
        session.wallet.check_account(*account)?;
    }
    for account in accounts {
        session.wallet.accounts_mut().tag_account(account, tag)?;
    }
    session.save()?;
    Ok(())
}

fn list(session: &Session) -> Result<Reply, CommandError> {
    let mut table = Table::new(&[
        ("", Side::Left),
        ("account", Side::Right),
        ("balance", Side::Right),
        ("unlocked", Side::Right),
        ("label", Side::Left),
        ("tag", Side::Left),
    ]);
    let (mut json, mut all) = (Vec::new(), Balance::default());
    for (major, account) in (0_u32..).zip(session.wallet.accounts().all()) {
        let balance = session
            .wallet
            .balance(major, session.chain_view(), Counting::WithReturning)?;
        all = all.plus(&balance);
        let current = major == session.account;
        let tag = account.tag.clone().unwrap_or_default();
        table.row(vec![
            if current { "*" } else { "" }.to_owned(),
            major.to_string(),
            format::amount(balance.total),
            format::amount(balance.unlocked),
            account.label.clone(),
            tag.clone(),
        ]);
        let address = session.wallet.address_text(SubaddressIndex::new(major, 0))?;
        let mut one = balance::to_json(&balance);
        if let Value::Object(fields) = &mut one {
            fields.insert("account".to_owned(), json!(major));
            fields.insert("label".to_owned(), json!(account.label));
            fields.insert("tag".to_owned(), json!(tag));
            fields.insert("address".to_owned(), json!(address));
            fields.insert("current".to_owned(), json!(current));
        }
        json.push(one);
    }
    let total = |amount: Amount| format::amount(amount);
    let text = format!(
        "{}\nTotal: {}, unlocked {}",
        table.render(),
        total(all.total),
        total(all.unlocked)
    );
    let json = json!({
        "accounts": json,
        "balance": all.total.atomic(),
        "unlocked": all.unlocked.atomic(),
    });
    Ok(Reply::new(text, json))
}
