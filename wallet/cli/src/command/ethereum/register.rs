//! `bridge register` (bridge §4.4): a service node with all of the stake from one address.

use super::{
    EthereumError, link, network,
    unsigned::Unsigned,
    words::{self, Signing},
    work::{self, Workshop},
};
use crate::{
    command::{Arguments, CommandError, Reply},
    session::Session,
    terminal::{Terminal, confirm},
};
use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::{
    L2Provider, checksummed,
    service_node::{Registration, ServiceNodeCall, StakingTerms, approve_call, node_with_bls_key, node_with_key},
};
use std::fmt::Write;

/// `bridge register fee=<percent>% [address=<0x address>] [unsigned]`
pub(super) async fn register(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let signing = words::signing(&mut words);
    let fee = words::fee(&mut words)?;
    let address = words::address_option(session, terminal, &mut words)?;
    words.finish()?;
    let operator = words::account(session, signing, address, "registering with its stake")?;
    let contract = link::rewards_contract(session)?;
    if signing == Signing::Elsewhere {
        let provider = link::provider(session).await?;
        let (registration, terms) = checked(session, &provider, &contract, &operator, fee).await?;
        return unsigned(&provider, contract, operator, &registration, &terms).await;
    }
    session.ask_password(terminal, "to stake")?;
    let mut workshop = Workshop::open(session, terminal).await?;
    workshop.finish_earlier(terminal).await?;
    let (registration, terms) = checked(session, &workshop.provider, &contract, &operator, fee).await?;
    if terms.balance < terms.requirement {
        return Err(EthereumError::NotEnoughSesh {
            address: operator,
            has: terms.balance,
            needs: terms.requirement,
        }
        .into());
    }
    terminal.say(&summary(session, &contract, &operator, &registration, &terms));
    if !confirm(terminal, "Is this okay?", session.settings.confirmation)? {
        return Err(CommandError::Cancelled);
    }
    if terms.allowance < terms.requirement {
        let amount = terms.requirement;
        let call = approve_call(terms.token, &contract, amount);
        workshop
            .call(terminal, ServiceNodeCall::Approve { amount }, call)
            .await?;
    }
    let purpose = ServiceNodeCall::Register {
        service_node: registration.service_node,
    };
    let receipt = workshop.call(terminal, purpose, registration.call(contract)).await?;
    let mut reply = work::tell(&receipt);
    let _ = write!(
        reply.text,
        "\nThe network takes it up about ten minutes later: print_sn_status on the node shows it then."
    );
    Ok(reply)
}

/// What the node says of itself, with everything checked that the contract or the chain would refuse.
pub(super) async fn checked(
    session: &mut Session,
    provider: &L2Provider,
    contract: &EthereumAddress,
    operator: &EthereumAddress,
    fee: u16,
) -> Result<(Registration, StakingTerms), CommandError> {
    let daemon = session.daemon().await?;
    let answer = daemon
        .registration(operator)
        .await
        .map_err(|error| CommandError::NothingThere(network::explain(&error)))?;
    let registration = Registration {
        service_node: answer.service_node_pubkey,
        bls_key: answer.bls_pubkey,
        proof: answer.proof_of_possession,
        signature: answer.service_node_signature.to_bytes(),
        fee,
    };
    if !registration.is_signed_by_node() {
        return Err(EthereumError::NodeSignature.into());
    }
    let node = registration.service_node;
    let number = node_with_key(provider, contract, &node)
        .await
        .map_err(EthereumError::from)?;
    if let Some(number) = number {
        return Err(EthereumError::AlreadyRegistered { node, number }.into());
    }
    let key = registration.bls_key;
    let number = node_with_bls_key(provider, contract, &key)
        .await
        .map_err(EthereumError::from)?;
    if let Some(number) = number {
        return Err(EthereumError::BlsKeyRegistered { key, number }.into());
    }
    registration
        .check_proof(provider, contract, operator)
        .await
        .map_err(EthereumError::from)?;
    let terms = StakingTerms::read(provider, contract, operator).await;
    Ok((registration, terms.map_err(EthereumError::from)?))
}

/// How long a stake is locked from the request of an exit on.
pub(super) fn lock_days(session: &Session) -> u64 {
    let blocks = session.network.staking.unlock_blocks;
    blocks.saturating_mul(session.network.target_block_seconds) / 86_400
}

fn summary(
    session: &Session,
    contract: &EthereumAddress,
    operator: &EthereumAddress,
    registration: &Registration,
    terms: &StakingTerms,
) -> String {
    let days = lock_days(session);
    let mut text = format!("Registering service node {}\n", registration.service_node);
    let _ = writeln!(text, "  BLS key {}", registration.bls_key);
    let _ = writeln!(text, "  operator {}, who gets the rewards", checksummed(operator));
    let _ = writeln!(text, "  stake {}, of {} there are", terms.requirement, terms.balance);
    let _ = writeln!(text, "  operator's fee {}", words::percent(registration.fee));
    let _ = writeln!(text, "  contract {}", checksummed(contract));
    let _ = write!(
        text,
        "  LOCKED until an exit is asked for (`bridge exit`), and {days} days more. If the node is deregistered, longer."
    );
    text
}

async fn unsigned(
    provider: &L2Provider,
    contract: EthereumAddress,
    operator: EthereumAddress,
    registration: &Registration,
    terms: &StakingTerms,
) -> Result<Reply, CommandError> {
    let mut unsigned = Unsigned::new(provider, operator);
    if terms.allowance < terms.requirement {
        let call = approve_call(terms.token, &contract, terms.requirement);
        let text = format!("Lets the contract take the stake, {}", terms.requirement);
        unsigned.add(&text, &call).await?;
    }
    let text = format!(
        "Registers service node {}; send it when the one before it, if any, is in a block",
        registration.service_node
    );
    unsigned.add(&text, &registration.call(contract)).await?;
    unsigned.reply()
}
