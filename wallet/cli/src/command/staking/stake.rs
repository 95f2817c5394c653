//! `stake`: contributing to a registered node (wallet §8.3).

use super::{
    StakingError,
    dialogue::{
        about_height, check_staker, check_stakes_are_oxen, confirm_stake, lock_lines, own_recipient, prepare,
        send_prepared,
    },
    error::unless_zero,
};
use crate::{
    command::{Arguments, CommandError, Reply, payment},
    daemon::{Daemon, service_nodes::ListedNode},
    format,
    session::Session,
    terminal::Terminal,
};
use oxen_crypto::SubaddressIndex;
use oxen_staking_rules::{Recipient, registry::ContributionRoom};
use oxen_types::{Amount, PublicKey, transaction::TransactionType};
use oxen_wallet_core::{
    build::{PreparedTransaction, Priority, SourceAddresses, StakeRequest},
    staking::{Adjustment, SettledStake, StakeAmount},
};
use rand_core::OsRng;
use serde_json::json;
use std::fmt::Write;

/// What the words say.
struct ParsedStake {
    sources: SourceAddresses,
    priority: Priority,
    service_node: PublicKey,
    asked: StakeAmount,
}

/// `stake [index=] [<priority>] <service node key> <amount or percentage>`
pub(in crate::command) async fn stake(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    words: Arguments,
) -> Result<Reply, CommandError> {
    let parsed = parse(words)?;
    check_staker(session)?;
    session.ask_password(terminal, "to stake")?;
    let (daemon, rates) = payment::ready_to_send(session).await?;
    check_stakes_are_oxen(session)?;
    let own = own_recipient(session)?;
    let node = find(session, &daemon, &parsed.service_node).await?;
    let room = node
        .stake
        .room_for(&own)
        .map_err(|refusal| StakingError::refused(refusal, None))?;
    let settled = SettledStake::fit(parsed.asked.of(node.stake.requirement), &room)
        .map_err(|refusal| StakingError::refused(refusal, Some(room)))?;
    let request = StakeRequest {
        service_node: parsed.service_node,
        amount: settled.amount,
        registration: None,
        sources: parsed.sources.clone(),
        priority: parsed.priority,
        limits: session.preferences.output_limits(),
    };
    let plan = session
        .wallet
        .plan_stake(&request, session.chain_view(), &rates, &mut OsRng)?;
    let prepared = prepare(session, terminal, &daemon, plan).await?;
    let summary = summary(session, &parsed, &node, &own, &room, &settled, &prepared)?;
    confirm_stake(session, terminal, &summary)?;
    recheck(session, &daemon, &parsed.service_node, &own, &settled).await?;
    let mut reply = send_prepared(session, &daemon, &prepared).await?;
    reply.text.push_str(
        "\nThe stake counts once it is mined, if nobody was faster: print_locked_stakes shows it then, and `refresh` says so if \
         the node did not take it.",
    );
    if let serde_json::Value::Object(fields) = &mut reply.json {
        fields.insert("service_node".to_owned(), json!(parsed.service_node.to_string()));
        fields.insert("amount".to_owned(), format::json_amount(settled.amount));
        fields.insert("adjusted".to_owned(), json!(adjustment_word(settled.adjustment)));
    }
    Ok(reply)
}

fn parse(mut words: Arguments) -> Result<ParsedStake, CommandError> {
    let sources = words.sources()?;
    let priority = words.priority()?;
    let service_node = words.service_node_key()?;
    let text = words.next("The amount")?;
    words.finish()?;
    let asked = text.parse().map_err(|error| StakingError::Amount { text, error })?;
    Ok(ParsedStake {
        sources,
        priority,
        service_node,
        asked,
    })
}

async fn find(session: &Session, daemon: &Daemon, key: &PublicKey) -> Result<ListedNode, CommandError> {
    let prefixes = session.wallet.network().prefixes;
    let node = daemon.service_node(key, &prefixes).await?;
    Ok(node.ok_or(StakingError::NotRegistered(*key))?)
}

/// Room can vanish while somebody thinks.
async fn recheck(
    session: &Session,
    daemon: &Daemon,
    key: &PublicKey,
    own: &Recipient,
    settled: &SettledStake,
) -> Result<(), CommandError> {
    let prefixes = session.wallet.network().prefixes;
    let Some(node) = daemon.service_node(key, &prefixes).await? else {
        return Err(StakingError::NodeChanged("the service node left").into());
    };
    let room = match node.stake.room_for(own) {
        Ok(room) => room,
        Err(refusal) => return Err(StakingError::RoomChanged { refusal, room: None }.into()),
    };
    settled.recheck(&room).map_err(|refusal| {
        let room = Some(room);
        StakingError::RoomChanged { refusal, room }.into()
    })
}

fn summary(
    session: &Session,
    parsed: &ParsedStake,
    node: &ListedNode,
    own: &Recipient,
    room: &ContributionRoom,
    settled: &SettledStake,
    prepared: &PreparedTransaction,
) -> Result<String, CommandError> {
    let mut text = String::new();
    let stake = &node.stake;
    let amount = format::amount(settled.amount);
    match settled.adjustment {
        Adjustment::None => {}
        Adjustment::Raised => {
            let _ = writeln!(
                text,
                "The amount was raised to {amount}, the least that this node accepts."
            );
        }
        Adjustment::Lowered => {
            let _ = writeln!(
                text,
                "NOTE: the amount was lowered to {amount}, which is all that this node has room for."
            );
        }
    }
    let _ = writeln!(text, "Staking {amount} on service node {}", parsed.service_node);
    let address = session.wallet.address_text(SubaddressIndex::PRIMARY)?;
    let _ = writeln!(text, "  for {address}");
    let _ = writeln!(text, "{}", payment::inputs_line(session, prepared));
    let own_before = stake.contributor(own).map_or(Amount::ZERO, |one| one.amount);
    let _ = writeln!(
        text,
        "  requirement {}, staked so far {}{}; accepted from you: {} to {}",
        format::amount(stake.requirement),
        format::amount(stake.total_contributed),
        unless_zero(own_before, |amount| format!(" ({amount} of it yours)")),
        format::amount(room.minimum),
        format::amount(room.credited)
    );
    let missing = stake
        .requirement
        .saturating_sub(stake.total_contributed)
        .saturating_sub(settled.amount);
    if missing.is_zero() {
        text.push_str("  With this stake the node is complete and begins to work.\n");
    } else {
        let _ = writeln!(
            text,
            "  {} will still be missing: the node earns nothing until others stake that.",
            format::amount(missing)
        );
    }
    if let Some(height) = node.requested_unlock_height {
        let _ = writeln!(
            text,
            "  WARNING: the unlock of this node was requested: it ends at height {height} ({}).",
            about_height(session, height)
        );
    }
    if session.wallet.journal().sent().any(|sent| {
        sent.kind.transaction_type() == TransactionType::Stake
            && sent.holds_inputs()
            && !session.wallet.transactions().contains_key(&sent.id)
            && session.wallet.stakes().named_node(&sent.id) == Some(parsed.service_node)
    }) {
        text.push_str(
            "  WARNING: another stake of yours on this node waits for a block. This one is in addition to it.\n",
        );
    }
    lock_lines(
        session,
        prepared,
        stake.requirement,
        node.registration_height,
        &mut text,
    );
    Ok(text)
}

const fn adjustment_word(adjustment: Adjustment) -> &'static str {
    match adjustment {
        Adjustment::None => "no",
        Adjustment::Raised => "raised",
        Adjustment::Lowered => "lowered",
    }
}
