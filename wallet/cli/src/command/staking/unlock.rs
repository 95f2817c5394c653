//! `request_stake_unlock`: asking for a stake back (wallet §8.4).

use super::{
    StakingError,
    dialogue::{about_blocks, about_height, check_staker, confirm_stake, hard_fork, send_signed},
};
use crate::{
    command::{Arguments, CommandError, Reply, payment},
    format,
    refresh::update_stakes,
    session::Session,
    terminal::Terminal,
};
use oxen_types::{Hash, PublicKey, network::HardForkVersion, transaction::TransactionType};
use oxen_wallet_core::staking::{StakedNode, UnlockChoice, UnlockRefusal};
use rand_core::OsRng;
use serde_json::json;
use std::fmt::Write;

/// `request_stake_unlock <service node key>`
pub(in crate::command) async fn request_stake_unlock(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let key = words.service_node_key()?;
    words.finish()?;
    check_staker(session)?;
    session.ask_password(terminal, "to unlock a stake")?;
    let (daemon, _) = payment::ready_to_send(session).await?;
    if hard_fork(session) >= HardForkVersion::ETHEREUM {
        return Err(StakingError::ReleasedByFork.into());
    }
    let news = update_stakes(session, &daemon).await;
    if let Some(problem) = news.problem {
        return Err(StakingError::StakesUnknown(problem).into());
    }
    let (node, choice) = choose(session, key)?;
    if let Some(waiting) = waiting_unlock(session, key) {
        return Err(StakingError::UnlockWaits(waiting).into());
    }
    confirm_stake(session, terminal, &summary(session, key, &node, &choice))?;
    let image = choice.contribution.key_image;
    let signed = session.wallet.sign_stake_unlock(key, &image, &mut OsRng)?;
    let mut reply = send_signed(session, &daemon, signed).await?;
    let _ = write!(
        reply.text,
        "\nThe stake is free at height {} ({}) if the next block takes the request, and a block later for each block it waits.",
        choice.unlock_height,
        about_height(session, choice.unlock_height)
    );
    if let serde_json::Value::Object(fields) = &mut reply.json {
        fields.insert("service_node".to_owned(), json!(key.to_string()));
        fields.insert("unlock_height".to_owned(), json!(choice.unlock_height.index()));
    }
    Ok(reply)
}

fn choose(session: &Session, key: PublicKey) -> Result<(StakedNode, UnlockChoice), CommandError> {
    let refused = |refusal: UnlockRefusal| {
        let height = match refusal {
            UnlockRefusal::NotOurs { .. } => None,
            UnlockRefusal::AlreadyRequested { unlock_height } => Some(unlock_height),
            UnlockRefusal::TooEarly { from, .. } => Some(from),
        };
        let when = height.map(|height| format!(" (height {height}: {})", about_height(session, height)));
        let when = when.unwrap_or_default();
        CommandError::from(StakingError::Unlock { refusal, when })
    };
    let node = session.wallet.stakes().node(&key);
    let node = node.ok_or_else(|| refused(UnlockRefusal::NotOurs { service_node: key }))?;
    let next = session.wallet.chain().next();
    let choice = node
        .choose_unlock(key, next, &session.network.staking)
        .map_err(refused)?;
    Ok((node.clone(), choice))
}

/// A request of ours that is not mined yet.
fn waiting_unlock(session: &Session, key: PublicKey) -> Option<Hash> {
    let wallet = &session.wallet;
    let mut waiting = wallet
        .journal()
        .sent()
        .filter(|sent| sent.kind.transaction_type() == TransactionType::KeyImageUnlock && sent.holds_inputs());
    waiting
        .find(|sent| !wallet.transactions().contains_key(&sent.id) && wallet.stakes().named_node(&sent.id) == Some(key))
        .map(|sent| sent.id)
}

fn summary(session: &Session, key: PublicKey, node: &StakedNode, choice: &UnlockChoice) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "Requesting the unlock of service node {key}");
    let _ = writeln!(
        text,
        "  Your stake of {} is free at height {} ({}), if the next block takes the request: {} from now on.",
        format::amount(node.credited),
        choice.unlock_height,
        about_height(session, choice.unlock_height),
        about_blocks(session, session.network.staking.unlock_blocks)
    );
    text.push_str(
        "  The node ends then, and the other contributors are unlocked too. Until then it works on, and rewards continue.\n  This \
         cannot be taken back. It costs no fee.\n",
    );
    text
}
