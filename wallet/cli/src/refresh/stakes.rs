//! Which outputs are staked, as the daemon says after every refresh (wallet §5.1.7, §5.3).

use crate::{daemon::Daemon, session::Session};
use oxen_crypto::SubaddressIndex;
use oxen_types::Hash;

/// What the daemon said of the wallet's stakes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StakeNews {
    /// Stakes that were mined and that their node did not take.
    pub not_counted: Vec<Hash>,
    /// Why there is no answer: what was known before is used.
    pub problem: Option<String>,
}

/// Asks the daemon for the wallet's stakes, if the wallet may have some and the answer would be a new one, and locks outputs
/// accordingly.
pub async fn update_stakes(session: &mut Session, daemon: &Daemon) -> StakeNews {
    let mut news = StakeNews::default();
    if session.wallet.may_have_stakes() && !session.wallet.stakes_are_covered() {
        match ask(session, daemon).await {
            Ok(not_counted) => news.not_counted = not_counted,
            Err(reason) => {
                tracing::warn!(%reason, "the daemon did not tell which outputs are staked");
                news.problem = Some(reason);
            }
        }
    }
    session.lock_stakes();
    news
}

async fn ask(session: &mut Session, daemon: &Daemon) -> Result<Vec<Hash>, String> {
    let address = session.wallet.address_text(SubaddressIndex::PRIMARY);
    let address = address.map_err(|error| error.to_string())?;
    let answer = daemon.stakes_of(&address).await.map_err(|error| error.to_string())?;
    let unlock_blocks = session.network.staking.unlock_blocks;
    Ok(session.wallet.note_stakes(answer, unlock_blocks))
}
