//! Stakes in the history, in words that say what became of them (wallet §14.5).

use super::dialogue::about_height;
use crate::{refresh::StakeNews, session::Session};
use oxen_types::PublicKey;
use oxen_wallet_core::{
    history::{Transfer, TransferKind, TransferState},
    spendability::Spendability,
    staking::StakeOutcome,
};
use std::fmt::Write;

/// What became of a mined stake or request for an unlock; nothing for other transfers.
pub(in crate::command) fn stake_words(session: &Session, transfer: &Transfer) -> Option<String> {
    match transfer.kind {
        TransferKind::Stake if matches!(transfer.state, TransferState::Mined { .. }) => {
            Some(fate_of_stake(session, transfer))
        }
        TransferKind::StakeUnlock => unlock_words(session, transfer),
        _ => None,
    }
}

/// The outputs that a stake made for us say what it is now: the first that is locked.
fn fate_of_stake(session: &Session, transfer: &Transfer) -> String {
    let wallet = &session.wallet;
    if wallet.stakes().outcome(&transfer.transaction) == Some(StakeOutcome::NotCounted) {
        return "NOT COUNTED: the service node did not take this stake, and the money is free".to_owned();
    }
    let rules = wallet.spend_rules(session.chain_view());
    let record = wallet.transactions().get(&transfer.transaction);
    let received = record.map(|record| record.received.as_slice()).unwrap_or_default();
    let outputs = received.iter().filter_map(|index| wallet.outputs().get(*index));
    let locked = outputs
        .map(|output| rules.judge(output))
        .find_map(|judged| match judged {
            Spendability::Staked(lock) => Some(match lock.unlock_height {
                None => format!("staked on {}", short(&lock.service_node)),
                Some(height) => format!(
                    "staked on {}, free at height {height} ({})",
                    short(&lock.service_node),
                    about_height(session, height)
                ),
            }),
            Spendability::Blacklisted { until } => Some(format!(
                "frozen after deregistration until height {until} ({})",
                about_height(session, until)
            )),
            _ => None,
        });
    locked.unwrap_or_else(|| "not locked any more".to_owned())
}

/// The beginning of a key, for tables; `show_transfer` has all of it.
fn short(key: &PublicKey) -> String {
    /// Digits that are shown.
    const SHOWN: usize = 12;
    let text = key.to_string();
    format!("{}…", text.get(..SHOWN).unwrap_or(&text))
}

fn unlock_words(session: &Session, transfer: &Transfer) -> Option<String> {
    let TransferState::Mined { height, .. } = transfer.state else {
        return None;
    };
    // A request is only mined where none was before, so its own height counts.
    let free = height.saturating_add(session.network.staking.unlock_blocks);
    Some(format!(
        "unlock requested, free at height {free} ({})",
        about_height(session, free)
    ))
}

/// What a refresh found out about stakes, a line for each; nothing when there is nothing to say.
pub(in crate::command) fn stake_news(session: &Session, news: &StakeNews) -> String {
    let mut text = String::new();
    for id in &news.not_counted {
        let node = session
            .wallet
            .transactions()
            .get(id)
            .and_then(|record| record.service_node);
        let node = node.map(|node| format!(" on service node {node}")).unwrap_or_default();
        let _ = writeln!(
            text,
            "WARNING: the stake{node} by transaction {id} was mined and NOT COUNTED: somebody else was faster, the node was \
             complete, or the amount did not fit any more. Nothing is locked: the money is free 10 blocks after it was mined."
        );
    }
    if let Some(problem) = &news.problem {
        let _ = writeln!(
            text,
            "WARNING: the daemon did not say which outputs are staked ({problem}): what was last known is used, and what may be \
             staked stays locked."
        );
    }
    text
}
