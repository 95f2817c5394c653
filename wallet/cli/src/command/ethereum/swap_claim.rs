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
use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::claim::{Claim, ClaimBalance, ClaimKind, SwapState, Wanted};

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

/// The swap as it is on Arbitrum: for `swap status`, and to be looked at before anything is burned (bridge §5.4.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapOnArbitrum {
    /// The contract.
    pub contract: EthereumAddress,
    /// Whether it pays, and how much is left.
    pub state: SwapState,
    /// What it credited and paid to the address that was asked about.
    pub balance: ClaimBalance,
}

/// Asks the provider about the swap and an address.
///
/// # Errors
/// [`EthereumError::NoProvider`] when none was named: then nothing is known and nothing was asked; or the provider's.
pub async fn swap_on_arbitrum(session: &Session, address: &EthereumAddress) -> Result<SwapOnArbitrum, CommandError> {
    let contract = link::swap_contract(session)?;
    let provider = link::provider(session).await?;
    let state = SwapState::read(&provider, &contract)
        .await
        .map_err(EthereumError::from)?;
    let balance = ClaimBalance::read(&provider, ClaimKind::Swap, &contract, address).await;
    Ok(SwapOnArbitrum {
        contract,
        state,
        balance: balance.map_err(EthereumError::from)?,
    })
}
