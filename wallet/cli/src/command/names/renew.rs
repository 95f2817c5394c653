//! `ons_renew_mapping`

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
use oxen_names::{NameKind, price::price};
use oxen_types::network::HardForkVersion;
use oxen_wallet_core::names::renewal;

/// `ons_renew_mapping [index=] [<priority>] [type=] <name>`
pub(in crate::command) async fn renew(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let sources = words.sources()?;
    let name_type = words::renewal_type(&mut words)?;
    let priority = words::priority(&mut words, 1)?;
    let text = words.next("The name")?;
    words.finish()?;
    let name = words::name(NameKind::Lokinet, &text)?;
    let market = Market::open(session, terminal, &name, "to renew a name").await?;
    if market.version >= HardForkVersion::ETHEREUM_TRANSITION {
        return Err(NamesError::SalesEnded(market.version).into());
    }
    let current = market.registered(&name)?;
    let now = current.expiration;
    let price = price(name_type, market.version);
    let record = renewal(name_type, &name, current.transaction);
    let row = market.check(session, &record, price)?;
    let facts = format!(
        "  registered {}\n  after that {}\n",
        dialogue::how_long(session, now),
        dialogue::how_long(session, row.expiration)
    );
    let deal = Deal {
        name: &name,
        doing: "Renewing",
        record,
        price,
        sources,
        priority,
        facts,
    };
    dialogue::send(session, terminal, &market, deal).await
}
