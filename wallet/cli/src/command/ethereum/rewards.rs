//! `rewards status`, `rewards claim` (bridge §4.4)

use super::{
    EthereumError, link,
    network::ServiceNodes,
    unsigned::Unsigned,
    words::{self, Signing},
    work::{self, Workshop},
};
use crate::{
    command::{Arguments, CommandError, Reply},
    format::time,
    session::Session,
    terminal::{Terminal, confirm},
};
use oxen_types::{Timestamp, bytes::EthereumAddress};
use oxen_wallet_ethereum::{
    Sesh, checksummed,
    claim::{Claim, ClaimBalance, ClaimKind, ClaimWindow, Wanted},
    worker::{SignatureSource, SourceError, WorkError},
};
use serde_json::{Value, json};
use std::{fmt::Write, time::Duration};

/// `rewards status`, `rewards claim`
pub(in crate::command) async fn rewards(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    if words.take_word("status") {
        status(session, terminal, words).await
    } else if words.take_word("claim") {
        claim(session, terminal, words).await
    } else {
        Err(words.usage("Say what is to be done: status or claim."))
    }
}

/// `rewards status [<0x address>]`
async fn status(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let given = words.next_if_any();
    words.finish()?;
    let address = match given {
        Some(text) => words::address(session, terminal, &text)?,
        None => link::own_address(session)?.ok_or(EthereumError::NoKey)?,
    };
    let contract = link::rewards_contract(session)?;
    let provider = link::provider(session).await?;
    let balance = ClaimBalance::read(&provider, ClaimKind::Rewards, &contract, &address)
        .await
        .map_err(EthereumError::from)?;
    let window = ClaimWindow::read(&provider, ClaimKind::Rewards, &contract)
        .await
        .map_err(EthereumError::from)?;
    let earned = earned(session, &address).await;
    let mut text = format!("Rewards of {}\n", checksummed(&address));
    match &earned {
        Ok(earned) => {
            let _ = writeln!(text, "  earned so far       {earned}");
        }
        Err(error) => {
            let _ = writeln!(text, "  earned so far       not known: {error}");
        }
    }
    let _ = writeln!(text, "  credited            {}", balance.credited);
    let _ = writeln!(text, "  paid out            {}", balance.claimed);
    let _ = writeln!(text, "  can be paid at once {}", balance.available());
    if let Ok(earned) = &earned {
        let _ = writeln!(
            text,
            "  `rewards claim` has {} credited first, and pays {}",
            earned.saturating_sub(balance.credited),
            Sesh::saturating_sub(*earned.max(&balance.credited), balance.claimed)
        );
    }
    text += &window_line(&window);
    let journal = link::journal(session)?;
    let waiting = journal.in_flight().and_then(|operation| operation.submission());
    if let Some(submission) = waiting {
        let hash = submission.newest().hash;
        let _ = write!(
            text,
            "\n  transaction {hash} is on its way: `ethereum resume` goes on with it"
        );
    }
    Ok(Reply::new(
        text,
        json!({
            "address": checksummed(&address),
            "earned": earned.ok().map(Sesh::atomic),
            "credited": balance.credited.atomic(),
            "claimed": balance.claimed.atomic(),
            "available": balance.available().atomic(),
            "window": {"left": window.left.atomic(), "limit": window.limit.atomic(), "ends": window.ends},
            "in_flight": waiting.map(|submission| submission.newest().hash.to_string()),
            "receipts": journal.receipts().iter().map(work::json).collect::<Vec<Value>>(),
        }),
    ))
}

fn window_line(window: &ClaimWindow) -> String {
    format!(
        "  everybody together can claim {} more until {} UTC (in {})",
        window.left,
        time::date_and_time(Timestamp::from_seconds(window.ends)),
        time::duration(Duration::from_secs(window.ends_in))
    )
}

/// What our chain says the address has earned in all.
async fn earned(session: &mut Session, address: &EthereumAddress) -> Result<Sesh, CommandError> {
    let daemon = session.daemon().await?;
    Ok(daemon.earned(address).await?)
}

/// `rewards claim [<amount>] [address=<0x address>] [unsigned]`
async fn claim(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let signing = words::signing(&mut words);
    let address = words::address_option(session, terminal, &mut words)?;
    let wanted = words::wanted(&mut words)?;
    words.finish()?;
    let contract = link::rewards_contract(session)?;
    let claim = |recipient| Claim::new(ClaimKind::Rewards, contract, recipient, wanted);
    let recipient = words::account(session, signing, address, "claiming rewards")?;
    if signing == Signing::Elsewhere {
        return unsigned_claim(session, claim(recipient), recipient).await;
    }
    run_claim(session, terminal, claim(recipient)).await
}

/// Asks, and claims with this wallet's key.
pub(super) async fn run_claim(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    claim: Claim,
) -> Result<Reply, CommandError> {
    session.ask_password(terminal, "to claim")?;
    let mut workshop = Workshop::open(session, terminal).await?;
    let balance = claim.balance(&workshop.provider).await.map_err(EthereumError::from)?;
    terminal.say(&summary(&claim, &balance));
    if !confirm(terminal, "Is this okay?", session.settings.confirmation)? {
        return Err(CommandError::Cancelled);
    }
    let receipt = workshop.claim(terminal, claim).await?;
    Ok(work::tell(&receipt))
}

fn summary(claim: &Claim, balance: &ClaimBalance) -> String {
    format!(
        "Claiming {} of the {} of {}\n  from contract {}\n  credited so far {}, paid out so far {}\n  What the service nodes sign is \
         credited first, if it is more: up to two transactions, with gas in ETH.",
        work::wanted_text(claim.wanted),
        claim.kind,
        checksummed(&claim.recipient),
        checksummed(&claim.contract),
        balance.credited,
        balance.claimed,
    )
}

/// The transactions of a claim, for another wallet.
pub(super) async fn unsigned_claim(
    session: &mut Session,
    claim: Claim,
    caller: EthereumAddress,
) -> Result<Reply, CommandError> {
    let provider = link::provider(session).await?;
    let mut network = ServiceNodes::of(session).await?;
    let balance = claim.balance(&provider).await.map_err(EthereumError::from)?;
    let mut unsigned = Unsigned::new(&provider, caller);
    let credited = credit(&mut unsigned, &mut network, &claim, &balance).await?;
    let available = credited.saturating_sub(balance.claimed);
    let amount = match claim.wanted {
        Wanted::Everything if available.is_zero() => {
            return Err(EthereumError::Work(WorkError::NothingToClaim(credited)).into());
        }
        Wanted::Everything => available,
        Wanted::Exactly(wanted) if wanted > available => {
            return Err(EthereumError::Work(WorkError::MoreThanThereIs { wanted, available }).into());
        }
        Wanted::Exactly(wanted) => wanted,
    };
    let text = format!("Pays {amount}; send it when the one before it, if any, is in a block");
    unsigned.add(&text, &claim.claim_call(&caller, amount)).await?;
    unsigned.reply()
}

/// Adds the update, where the network signs more than the contract has credited; gives what is credited then.
async fn credit(
    unsigned: &mut Unsigned<'_>,
    network: &mut ServiceNodes,
    claim: &Claim,
    balance: &ClaimBalance,
) -> Result<Sesh, CommandError> {
    if matches!(claim.wanted, Wanted::Exactly(amount) if amount <= balance.available()) {
        return Ok(balance.credited);
    }
    let aggregate = match network.aggregate(claim.kind, &claim.recipient).await {
        Ok(aggregate) => aggregate,
        Err(SourceError::NothingOwed) => return Ok(balance.credited),
        Err(error) => return Err(EthereumError::Work(error.into()).into()),
    };
    if aggregate.total <= balance.credited {
        return Ok(balance.credited);
    }
    let text = format!("Has {} credited in all, as the service nodes signed", aggregate.total);
    unsigned.add(&text, &claim.update_call(&aggregate)).await?;
    Ok(aggregate.total)
}
