//! `swap claim` (bridge §5.3): the SESH for burned OXEN, on Arbitrum.

use super::{
    EthereumError, link,
    rewards::{run_claim, unsigned_claim},
    words::{self, Signing},
};
use crate::{
    command::{Arguments, CommandError, Reply},
    session::Session,
    terminal::Terminal,
};
use oxen_wallet_ethereum::claim::{Claim, ClaimKind, Wanted};

/// `swap claim [<amount>] [address=<0x address>] [unsigned]`
pub(in crate::command) async fn swap_claim(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let signing = words::signing(&mut words);
    let address = words::address_option(session, terminal, &mut words)?;
    let wanted = words::wanted(&mut words)?;
    let own = link::own_address(session)?;
    let recipient = address.or(own).ok_or(EthereumError::NoKey)?;
    let foreign = signing == Signing::Here && own.is_some_and(|own| own != recipient);
    if foreign && wanted != Wanted::Everything {
        return Err(words.usage("For another address only everything can be paid out: leave the amount away."));
    }
    words.finish()?;
    let claim = Claim::new(ClaimKind::Swap, link::swap_contract(session)?, recipient, wanted);
    match signing {
        Signing::Elsewhere => unsigned_claim(session, claim, recipient).await,
        Signing::Here => run_claim(session, terminal, claim).await,
    }
}
