//! `ons_buy_mapping`

use super::{
    NamesError,
    dialogue::{self, Deal, Market},
    words,
};
use crate::{
    command::{Arguments, CommandError, Reply},
    session::Session,
    terminal::Terminal,
};
use oxen_crypto::{AddressPrefixes, SubaddressIndex};
use oxen_names::{Name, NameKind, NameValue, price::price};
use oxen_types::{
    extra::{NameOwner, NameType},
    network::HardForkVersion,
};
use oxen_wallet_core::{
    build::{Priority, SourceAddresses},
    names::purchase,
};
use rand_core::OsRng;

/// What the words say.
struct Order {
    sources: SourceAddresses,
    priority: Priority,
    name_type: NameType,
    name: Name,
    value: NameValue,
    owner: Option<NameOwner>,
    backup_owner: Option<NameOwner>,
}

/// `ons_buy_mapping [index=] [<priority>] [type=] [owner=] [backup_owner=] <name> <value>`
pub(in crate::command) async fn buy(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    words: Arguments,
) -> Result<Reply, CommandError> {
    let order = parse(words, &session.wallet.network().prefixes)?;
    let market = Market::open(session, terminal, &order.name, "to buy a name").await?;
    if market.version >= HardForkVersion::ETHEREUM_TRANSITION {
        return Err(NamesError::SalesEnded(market.version).into());
    }
    let owner = match order.owner {
        Some(owner) => owner,
        None => session.wallet.name_owner(SubaddressIndex::new(session.account, 0))?,
    };
    let price = price(order.name_type, market.version);
    let record = purchase(
        order.name_type,
        &order.name,
        &order.value,
        owner,
        order.backup_owner,
        &mut OsRng,
    );
    let row = market.check(session, &record, price)?;
    let mut facts = dialogue::value_line(session, &order.value);
    facts += &dialogue::owner_line(session, "owner", &owner)?;
    if let Some(backup_owner) = &order.backup_owner {
        facts += &dialogue::owner_line(session, "backup owner", backup_owner)?;
    }
    facts += &format!("  registered {}\n", dialogue::how_long(session, row.expiration));
    let deal = Deal {
        name: &order.name,
        doing: "Buying",
        record,
        price,
        sources: order.sources,
        priority: order.priority,
        facts,
    };
    dialogue::send(session, terminal, &market, deal).await
}

fn parse(mut words: Arguments, prefixes: &AddressPrefixes) -> Result<Order, CommandError> {
    let sources = words.sources()?;
    let name_type = words::purchase_type(&mut words)?;
    let owner = words::owner(&mut words, "owner", prefixes)?;
    let backup_owner = words::owner(&mut words, "backup_owner", prefixes)?;
    let priority = words::priority(&mut words, 2)?;
    let text = words.next("The name")?;
    let value = words.next("The value")?;
    words.finish()?;
    let name_type = name_type.unwrap_or_else(|| words::likely_kind(&text).basic_type());
    let kind = NameKind::of(name_type);
    Ok(Order {
        sources,
        priority,
        name_type,
        name: words::name(kind, &text)?,
        value: words::value(kind, &value, prefixes)?,
        owner,
        backup_owner,
    })
}
