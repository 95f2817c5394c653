//! Swapping OXEN for SESH (bridge §5.3): burning, and what becomes of it.
//!
//! [`burn`] checks a burn by the chain's own rules before anything is signed, shows what it brings and when, and sends it;
//! [`contract`] is what the contract on Arbitrum says to it;
//! [`progress`] tells how far burns are, [`payments`] what the contract has paid for them, [`status`] and [`history`] show that. The
//! receipt of a burn is written to the wallet's journal before the burn is handed over, so that no crash loses it.

mod burn;
mod contract;
mod error;
mod history;
mod payments;
mod progress;
mod status;

pub use error::SwapCommandError;

use super::{Arguments, CommandError, Reply, ethereum};
use crate::{session::Session, terminal::Terminal};

/// `swap <amount> <address>`, `swap status [<transaction id>]`, `swap claim …`, `swap history`
pub(super) async fn swap(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    if words.take_word("status") {
        return status::status(session, words).await;
    }
    if words.take_word("claim") {
        return ethereum::swap_claim(session, terminal, words).await;
    }
    if words.take_word("history") {
        words.finish()?;
        return history::history(session).await;
    }
    burn::burn(session, terminal, words).await
}
