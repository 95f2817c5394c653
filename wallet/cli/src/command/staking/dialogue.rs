//! What the stakers' commands have in common.

use super::StakingError;
use crate::{
    command::{CommandError, Reply, payment},
    daemon::Daemon,
    format::{self, time},
    sending::{self, Dispatched},
    session::Session,
    terminal::{Terminal, confirm},
};
use oxen_crypto::SubaddressIndex;
use oxen_staking_rules::{Recipient, registry::unlock::small_stake_limit};
use oxen_types::{Height, network::HardForkVersion};
use oxen_wallet_core::{
    build::{PreparedTransaction, SignedTransaction, TransactionPlan},
    staking::StakeConfirmation,
};
use rand_core::OsRng;
use std::{fmt::Write, time::Duration};

/// Checks that this wallet, with the account that is chosen, can sign for stakes.
pub(super) fn check_staker(session: &Session) -> Result<(), CommandError> {
    if session.wallet.is_view_only() {
        return Err(CommandError::ViewOnly("staking"));
    }
    match session.account {
        0 => Ok(()),
        account => Err(StakingError::OtherAccount { account }.into()),
    }
}

/// The hard fork of the next block, as the daemon last said.
pub(super) fn hard_fork(session: &Session) -> HardForkVersion {
    let status = session.daemon.status();
    status.map_or(HardForkVersion::REWARD_BATCHING, |status| status.hard_fork)
}

/// Stakes in OXEN end with HF20.
pub(super) fn check_stakes_are_oxen(session: &Session) -> Result<(), StakingError> {
    if hard_fork(session) >= HardForkVersion::ETHEREUM_TRANSITION {
        return Err(StakingError::MovedToContract);
    }
    Ok(())
}

/// The wallet's primary address as the registry has it.
pub(super) fn own_recipient(session: &Session) -> Result<Recipient, CommandError> {
    let own = session.wallet.address(SubaddressIndex::PRIMARY)?;
    Ok(Recipient::Oxen {
        spend: own.spend(),
        view: own.view(),
    })
}

/// `about 2026-11-22, in 5 d 2 h`: when a height comes if every block takes its usual time.
pub(super) fn about_height(session: &Session, height: Height) -> String {
    let next = session.wallet.chain().next();
    if height <= next {
        return "now".to_owned();
    }
    let seconds = height.since(next).saturating_mul(session.network.target_block_seconds);
    format!(
        "about {} UTC, in {}",
        time::date_and_time(time::now().saturating_add(seconds)),
        time::duration(Duration::from_secs(seconds))
    )
}

/// `10800 blocks, about 15 d 0 h`.
pub(super) fn about_blocks(session: &Session, blocks: u64) -> String {
    let seconds = blocks.saturating_mul(session.network.target_block_seconds);
    format!(
        "{}, about {}",
        format::count(blocks, "block"),
        time::duration(Duration::from_secs(seconds))
    )
}

/// How a stake on a node comes back: what everybody should know before locking it.
pub(super) fn lock_lines(
    session: &Session,
    transaction: &PreparedTransaction,
    requirement: oxen_types::Amount,
    registration: Height,
    text: &mut String,
) {
    let parameters = &session.network.staking;
    // The stake is in the next block at the earliest, and a request for its unlock in the one after that.
    let first = session.wallet.chain().next().saturating_add(1);
    let earliest = first.saturating_add(parameters.unlock_blocks);
    let _ = writeln!(
        text,
        "  LOCKED until an unlock is requested (request_stake_unlock), and then for {} more. Any contributor's request frees the \
         stakes of all.",
        about_blocks(session, parameters.unlock_blocks)
    );
    let limit = small_stake_limit(requirement);
    if transaction.paid() < limit {
        let from = registration.saturating_add(parameters.small_contributor_unlock_blocks);
        let _ = writeln!(
            text,
            "  It is less than {} (24.99 % of the requirement): this wallet alone can request the unlock from height {from} on \
             ({}), and is free at height {} at the earliest.",
            format::amount(limit),
            about_height(session, from),
            from.max(first).saturating_add(parameters.unlock_blocks),
        );
    } else {
        let _ = writeln!(
            text,
            "  If the unlock is requested at once, it is free at height {earliest} ({}).",
            about_height(session, earliest)
        );
    }
    let _ = writeln!(
        text,
        "  If the node is deregistered, the stake stays frozen for {}.",
        about_blocks(session, parameters.deregistration_lock_blocks)
    );
}

/// The rings and the fee of a stake, which is always one transaction.
pub(super) async fn prepare(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    daemon: &Daemon,
    plan: TransactionPlan,
) -> Result<PreparedTransaction, CommandError> {
    let plans = [plan];
    payment::check_unspent(daemon, &plans).await?;
    let prepared = sending::prepare(session, daemon, &plans).await?;
    payment::warn_of_strange_fees(session, terminal, &prepared)?;
    prepared.into_iter().next().ok_or(CommandError::Cancelled)
}

/// Shows, and asks whatever the user's settings are, since what is locked does not come back soon.
pub(super) fn confirm_stake(session: &Session, terminal: &mut dyn Terminal, summary: &str) -> Result<(), CommandError> {
    let asked = StakeConfirmation::asked_at(time::now());
    terminal.say(summary.trim_end());
    if !confirm(terminal, "Is this okay?", session.settings.confirmation)? {
        return Err(CommandError::Cancelled);
    }
    if asked.is_expired(time::now()) {
        return Err(StakingError::ConfirmationExpired.into());
    }
    Ok(())
}

/// Signs, keeps, hands over.
pub(super) async fn send_prepared(
    session: &mut Session,
    daemon: &Daemon,
    prepared: &PreparedTransaction,
) -> Result<Reply, CommandError> {
    let signed = prepared.prove(session.wallet.keys(), &mut OsRng)?;
    send_signed(session, daemon, signed).await
}

/// Keeps, hands over.
pub(super) async fn send_signed(
    session: &mut Session,
    daemon: &Daemon,
    signed: SignedTransaction,
) -> Result<Reply, CommandError> {
    let sent: Vec<Dispatched> = sending::dispatch_signed(session, daemon, &[signed]).await?;
    session.save()?;
    let reply = payment::tell(&sent)?;
    debug_assert!(sent.iter().all(|one| one.fate.is_done()));
    Ok(reply)
}
