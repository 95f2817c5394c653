//! `register_service_node`: the operator's stake, with the line that the service node printed (wallet §8.2).

use super::{
    StakingError,
    dialogue::{check_staker, check_stakes_are_oxen, confirm_stake, hard_fork, lock_lines, prepare, send_prepared},
};
use crate::{
    command::{Arguments, CommandError, Reply, payment},
    daemon::Daemon,
    format::{
        self,
        table::{Side, Table},
    },
    session::Session,
    terminal::Terminal,
};
use oxen_crypto::SubaddressIndex;
use oxen_types::{Amount, PublicKey, network::constants::MAX_CONTRIBUTORS};
use oxen_wallet_core::{
    build::{PreparedTransaction, Priority, StakeRequest},
    staking::{CommandContext, RegistrationCommand},
};
use rand_core::OsRng;
use serde_json::json;
use std::fmt::Write;

/// `register_service_node [index=] [<priority>] <fee> <address> <amount> [<address> <amount> …] <hard fork> <key> <signature>`
pub(in crate::command) async fn register_service_node(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let sources = words.sources()?;
    let priority = registration_priority(&mut words)?;
    check_staker(session)?;
    if words.is_empty() {
        return Err(words.usage("The line that prepare_registration printed is missing."));
    }
    let text = words.rest();
    session.ask_password(terminal, "to register a service node")?;
    let (daemon, rates) = payment::ready_to_send(session).await?;
    check_stakes_are_oxen(session)?;
    let command = read(session, &text)?;
    check_is_new(session, &daemon, &command.service_node).await?;
    let request = StakeRequest {
        service_node: command.service_node,
        amount: command.operator_amount(),
        registration: Some(command.registration.clone()),
        sources: sources.clone(),
        priority,
        limits: session.preferences.output_limits(),
    };
    let plan = session
        .wallet
        .plan_stake(&request, session.chain_view(), &rates, &mut OsRng)?;
    let prepared = prepare(session, terminal, &daemon, plan).await?;
    let summary = summary(session, &command, &prepared);
    confirm_stake(session, terminal, &summary)?;
    recheck(session, &daemon, &command).await?;
    let mut reply = send_prepared(session, &daemon, &prepared).await?;
    let _ = write!(
        reply.text,
        "\nThe node is registered once this is mined: print_locked_stakes shows it then, and print_sn_status on the node.",
    );
    if let serde_json::Value::Object(fields) = &mut reply.json {
        fields.insert("service_node".to_owned(), json!(command.service_node.to_string()));
        fields.insert("amount".to_owned(), format::json_amount(command.operator_amount()));
    }
    Ok(reply)
}

/// A priority in front of the fee: a word, or a number if a second number, the fee, follows.
fn registration_priority(words: &mut Arguments) -> Result<Priority, CommandError> {
    let is_number = |word: Option<&str>| word.is_some_and(|word| word.parse::<u64>().is_ok());
    if is_number(words.peek()) && !is_number(words.peek_second()) {
        return Ok(Priority::Default);
    }
    words.priority()
}

fn read(session: &Session, text: &str) -> Result<RegistrationCommand, CommandError> {
    let own = session.wallet.address(SubaddressIndex::PRIMARY)?;
    let context = CommandContext {
        prefixes: &session.wallet.network().prefixes,
        own: &own,
        hard_fork: hard_fork(session).number(),
        requirement: session.network.staking.oxen_requirement,
    };
    Ok(RegistrationCommand::parse(text, &context).map_err(StakingError::from)?)
}

async fn check_is_new(session: &Session, daemon: &Daemon, service_node: &PublicKey) -> Result<(), CommandError> {
    let prefixes = session.wallet.network().prefixes;
    match daemon.service_node(service_node, &prefixes).await? {
        None => Ok(()),
        Some(node) => Err(StakingError::AlreadyRegistered {
            service_node: *service_node,
            height: node.registration_height,
        }
        .into()),
    }
}

/// While somebody thought, the hard fork may have come, or another copy of the wallet was faster.
async fn recheck(session: &mut Session, daemon: &Daemon, command: &RegistrationCommand) -> Result<(), CommandError> {
    let signed = command.registration.hard_fork_or_expiration;
    session.daemon.check(&session.network).await?;
    if u64::from(hard_fork(session).number()) != signed {
        return Err(StakingError::NodeChanged("the hard fork came").into());
    }
    check_is_new(session, daemon, &command.service_node).await
}

fn summary(session: &Session, command: &RegistrationCommand, prepared: &PreparedTransaction) -> String {
    let prefixes = session.wallet.network().prefixes;
    let requirement = session.network.staking.oxen_requirement;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "Registering service node {} and staking {} on it",
        command.service_node,
        format::amount(command.operator_amount())
    );
    let _ = writeln!(text, "{}", payment::inputs_line(session, prepared));
    let mut table = Table::new(&[
        ("  ", Side::Left),
        ("amount", Side::Right),
        ("%", Side::Right),
        ("address", Side::Left),
    ]);
    for (place, one) in command.reservations.iter().enumerate() {
        let who = if place == 0 { "  operator (you)" } else { "  reserved" };
        table.row(vec![
            who.to_owned(),
            format::amount(one.amount),
            percent(one.amount, requirement),
            one.address.encode(&prefixes),
        ]);
    }
    let open = requirement.saturating_sub(command.total_reserved());
    if !open.is_zero() {
        table.row(vec![
            "  open".to_owned(),
            format::amount(open),
            percent(open, requirement),
            format!(
                "anybody, at most {} more",
                MAX_CONTRIBUTORS - command.reservations.len()
            ),
        ]);
    }
    let _ = writeln!(text, "{}", table.render());
    let _ = writeln!(
        text,
        "  requirement {}, operator's fee {}.{:02} % of the rewards",
        format::amount(requirement),
        command.fee / 100,
        command.fee % 100
    );
    if command.operator_amount() < requirement {
        let _ = writeln!(
            text,
            "  The node works and earns once the other {} are staked.",
            format::amount(requirement.saturating_sub(command.operator_amount()))
        );
    }
    lock_lines(session, prepared, requirement, session.wallet.chain().next(), &mut text);
    text
}

/// With two decimals, rounded down.
fn percent(part: Amount, whole: Amount) -> String {
    let hundredths = u128::from(part.atomic()) * 10_000 / u128::from(whole.atomic().max(1));
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
