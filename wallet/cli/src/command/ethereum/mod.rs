//! The commands for Arbitrum (bridge §4.4, §5.3): `ethereum`, `rewards`, `bridge`, and `swap claim`.
//!
//! [`account`] is the key, and [`keystore`] its way from and to other wallets; [`link`] are the provider, the contracts and the
//! journal; [`work`] runs operations and tells what happens; [`network`] asks the service nodes for signatures. Each command has
//! a file of its own.

mod account;
mod contribution;
mod error;
mod exit;
mod forget;
mod keystore;
mod link;
mod network;
mod register;
mod rewards;
mod swap_claim;
mod swap_contract;
mod unsigned;
mod words;
mod work;

pub(super) use account::ethereum;
pub use error::EthereumError;
pub(super) use rewards::rewards;
pub(super) use swap_claim::swap_claim;
pub(super) use swap_contract::SwapContract;

use super::{Arguments, CommandError, Reply};
use crate::{session::Session, terminal::Terminal};

/// `bridge register`, `bridge exit`, `bridge liquidate`, `bridge contract`
pub(super) async fn bridge(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    if words.take_word("register") {
        register::register(session, terminal, words).await
    } else if words.take_word("exit") {
        exit::exit(session, terminal, words).await
    } else if words.take_word("liquidate") {
        exit::liquidate(session, terminal, words).await
    } else if words.take_word("contract") {
        contribution::contract(session, terminal, words).await
    } else {
        Err(words.usage("Say what is to be done: register, exit, liquidate or contract."))
    }
}
