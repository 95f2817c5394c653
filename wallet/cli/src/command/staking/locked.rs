//! `print_locked_stakes` (wallet §8.5).

use super::dialogue::{about_height, own_recipient};
use crate::{
    command::{Arguments, CommandError, Reply},
    format,
    session::Session,
};
use oxen_staking_rules::registry::BlacklistedStake;
use oxen_types::{Amount, PublicKey, transaction::TransactionType};
use oxen_wallet_core::{
    sent::SentTransaction,
    staking::{NodeFunding, StakedNode},
};
use serde_json::{Value, json};
use std::fmt::Write;

/// Whether key images are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyImages {
    Shown,
    LeftOut,
}

/// `print_locked_stakes [+key_images]`
pub(in crate::command) fn print_locked_stakes(session: &Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let images = if words.take_word("+key_images") {
        KeyImages::Shown
    } else {
        KeyImages::LeftOut
    };
    words.finish()?;
    let stakes = session.wallet.stakes();
    let mut text = String::new();
    for (key, node) in stakes.nodes() {
        describe_node(session, key, node, images, &mut text);
    }
    let waiting: Vec<&SentTransaction> = waiting(session).collect();
    for sent in &waiting {
        describe_waiting(session, sent, &mut text);
    }
    for stake in stakes.blacklist() {
        describe_frozen(session, stake, &mut text);
    }
    if text.is_empty() {
        text.push_str("No locked stakes.\n");
    } else if stakes.nodes().next().is_some() {
        let next = own_recipient(session)?
            .next_payout(session.wallet.chain().next(), session.network.batching.interval_blocks);
        let _ = writeln!(
            text,
            "Rewards are paid at height {next} ({}), if at least {} have come together (see balance).",
            about_height(session, next),
            format::amount(session.network.batching.minimum_payment)
        );
    }
    let is_current = session.wallet.stakes_are_covered() || !session.wallet.may_have_stakes();
    if !is_current {
        let _ = match stakes.covered() {
            Some(height) => writeln!(
                text,
                "This is how it was at height {height}: the daemon has not said anything newer. `refresh` asks again."
            ),
            None => writeln!(
                text,
                "The daemon has not said yet which stakes there are: what may be staked is kept locked. `refresh` asks again."
            ),
        };
    }
    let json = json!({
        "service_nodes": stakes.nodes().map(|(key, node)| node_json(key, node)).collect::<Vec<_>>(),
        "waiting": waiting.iter().map(|sent| waiting_json(session, sent)).collect::<Vec<_>>(),
        "blacklisted": stakes.blacklist().map(frozen_json).collect::<Vec<_>>(),
        "current": is_current,
    });
    Ok(Reply::new(text.trim_end(), json))
}

/// Stakes, registrations and requests of ours that are not mined yet.
fn waiting(session: &Session) -> impl Iterator<Item = &SentTransaction> {
    let wallet = &session.wallet;
    wallet.journal().sent().filter(|sent| {
        matches!(
            sent.kind.transaction_type(),
            TransactionType::Stake | TransactionType::KeyImageUnlock
        ) && sent.holds_inputs()
            && !wallet.transactions().contains_key(&sent.id)
    })
}

fn describe_node(session: &Session, key: &PublicKey, node: &StakedNode, images: KeyImages, text: &mut String) {
    let _ = writeln!(text, "Service node {key}");
    let status = match node.requested_unlock_height {
        Some(height) => format!("Unlocking at height {height} ({})", about_height(session, height)),
        None => "No unlock requested".to_owned(),
    };
    let _ = writeln!(text, "  Unlock status: {status}");
    let funding = match node.funding {
        NodeFunding::Complete => "the node is complete".to_owned(),
        NodeFunding::Awaiting(missing) => format!("the node waits for {} more", format::amount(missing)),
    };
    let _ = writeln!(
        text,
        "  Staked by this wallet: {} of {}; {funding}",
        format::amount(node.credited),
        format::amount(node.requirement)
    );
    let unfilled = node.reserved.saturating_sub(node.credited);
    if !unfilled.is_zero() {
        let _ = writeln!(
            text,
            "  Reserved for this wallet and not staked yet: {0} (`stake {key} {0}`)",
            format::amount(unfilled)
        );
    }
    for output in &node.outputs {
        let _ = match images {
            KeyImages::LeftOut => writeln!(text, "  Contribution: {}", format::amount(output.amount)),
            KeyImages::Shown => writeln!(
                text,
                "  Contribution: {}, key image {}",
                format::amount(output.amount),
                output.key_image
            ),
        };
    }
    text.push('\n');
}

/// What a transaction stakes, all of it going to ourselves.
fn staked(sent: &SentTransaction) -> Amount {
    Amount::checked_sum(sent.destinations.iter().map(|destination| destination.amount)).unwrap_or_default()
}

fn describe_waiting(session: &Session, sent: &SentTransaction, text: &mut String) {
    let node = session.wallet.stakes().named_node(&sent.id);
    let node = node.map(|node| format!(" on service node {node}")).unwrap_or_default();
    let what = match sent.kind.transaction_type() {
        TransactionType::KeyImageUnlock => format!("Request to unlock the stake{node}"),
        _ => format!("Stake of {}{node}", format::amount(staked(sent))),
    };
    let _ = writeln!(text, "{what}\n  waits for a block: transaction {}\n", sent.id);
}

fn describe_frozen(session: &Session, stake: &BlacklistedStake, text: &mut String) {
    let _ = writeln!(
        text,
        "Blacklisted stake of {}\n  frozen after deregistration until height {} ({}), key image {}\n",
        format::amount(stake.amount),
        stake.unlock_height,
        about_height(session, stake.unlock_height),
        stake.key_image
    );
}

fn node_json(key: &PublicKey, node: &StakedNode) -> Value {
    let contributions = node.outputs.iter().map(|output| {
        json!({
            "amount": output.amount.atomic(),
            "key_image": output.key_image.to_string(),
            "output_key": output.output_key.to_string(),
        })
    });
    json!({
        "service_node": key.to_string(),
        "registration_height": node.registration_height.index(),
        "requested_unlock_height": node.requested_unlock_height.map(oxen_types::Height::index),
        "staking_requirement": node.requirement.atomic(),
        "staked": node.credited.atomic(),
        "reserved": node.reserved.atomic(),
        "missing": match node.funding {
            NodeFunding::Complete => 0,
            NodeFunding::Awaiting(missing) => missing.atomic(),
        },
        "contributions": contributions.collect::<Vec<_>>(),
    })
}

fn waiting_json(session: &Session, sent: &SentTransaction) -> Value {
    json!({
        "tx_hash": sent.id.to_string(),
        "type": match sent.kind.transaction_type() {
            TransactionType::KeyImageUnlock => "unlock",
            _ => "stake",
        },
        "service_node": session.wallet.stakes().named_node(&sent.id).map(|node| node.to_string()),
        "amount": staked(sent).atomic(),
    })
}

fn frozen_json(stake: &BlacklistedStake) -> Value {
    json!({
        "amount": stake.amount.atomic(),
        "key_image": stake.key_image.to_string(),
        "unlock_height": stake.unlock_height.index(),
    })
}
