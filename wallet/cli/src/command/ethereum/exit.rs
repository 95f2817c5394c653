//! `bridge exit`, `bridge liquidate` (bridge §4.4)

use super::{
    EthereumError, link, network,
    unsigned::Unsigned,
    words::{self, Signing},
    work::{self, Workshop},
};
use crate::{
    command::{Arguments, CommandError, Reply},
    daemon::bridge::ExitKind,
    session::Session,
    terminal::{Terminal, confirm},
};
use oxen_types::{PublicKey, bytes::EthereumAddress};
use oxen_wallet_ethereum::{
    L2Provider,
    service_node::{ServiceNodeCall, exit_after_wait_call, node_with_key, request_exit_call},
    transaction::Call,
};

/// How a node leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Asks for it.
    Request,
    /// With a signature of the network.
    Finish,
    /// Thirty days after the request, without the network.
    Unilateral,
    /// It should have left long ago.
    Liquidate,
}

impl Way {
    /// What is said before it is done.
    const fn explanation(self) -> &'static str {
        match self {
            Self::Request => {
                "It works on for 15 days. Then `bridge exit finish` takes it out, and all its stakes come back to those who staked, as \
                 rewards do. This cannot be taken back."
            }
            Self::Finish => "All its stakes come back to those who staked, as rewards do.",
            Self::Unilateral => {
                "This works 30 days after the exit was asked for. All its stakes come back, as rewards do."
            }
            Self::Liquidate => {
                "A small part of the operator's stake goes to you and to the reward pool; the rest comes back to those who staked."
            }
        }
    }
}

/// `bridge exit [finish|unilateral] <service node key> [address=<0x address>] [unsigned]`
pub(super) async fn exit(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let way = if words.take_word("finish") {
        Way::Finish
    } else if words.take_word("unilateral") {
        Way::Unilateral
    } else {
        Way::Request
    };
    leave(session, terminal, words, way).await
}

/// `bridge liquidate <service node key> [address=<0x address>] [unsigned]`
pub(super) async fn liquidate(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    words: Arguments,
) -> Result<Reply, CommandError> {
    leave(session, terminal, words, Way::Liquidate).await
}

async fn leave(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
    way: Way,
) -> Result<Reply, CommandError> {
    let signing = words::signing(&mut words);
    let address = words::address_option(session, terminal, &mut words)?;
    let node = words.service_node_key()?;
    words.finish()?;
    let contract = link::rewards_contract(session)?;
    let from = words::account(session, signing, address, "letting a node leave for another address")?;
    if signing == Signing::Elsewhere {
        let provider = link::provider(session).await?;
        let (purpose, call) = prepare(session, &provider, contract, &node, way).await?;
        let mut unsigned = Unsigned::new(&provider, from);
        unsigned.add(&format!("When it is mined it {purpose}"), &call).await?;
        return unsigned.reply();
    }
    session.ask_password(terminal, "to let a node leave")?;
    let mut workshop = Workshop::open(session, terminal).await?;
    workshop.finish_earlier(terminal).await?;
    // Asked before the network signs: its signature holds for ten minutes only.
    terminal.say(&format!("Taking out service node {node}. {}", way.explanation()));
    if !confirm(terminal, "Is this okay?", session.settings.confirmation)? {
        return Err(CommandError::Cancelled);
    }
    let (purpose, call) = prepare(session, &workshop.provider, contract, &node, way).await?;
    let receipt = workshop.call(terminal, purpose, call).await?;
    Ok(work::tell(&receipt))
}

/// The call, with the network's signature where it needs one.
async fn prepare(
    session: &mut Session,
    provider: &L2Provider,
    contract: EthereumAddress,
    node: &PublicKey,
    way: Way,
) -> Result<(ServiceNodeCall, Call), CommandError> {
    let number = node_with_key(provider, &contract, node)
        .await
        .map_err(EthereumError::from)?;
    let number = number.ok_or(EthereumError::NotRegistered(*node))?;
    let kind = match way {
        Way::Request => {
            return Ok((
                ServiceNodeCall::RequestExit { node: number },
                request_exit_call(contract, number),
            ));
        }
        Way::Unilateral => {
            return Ok((
                ServiceNodeCall::ExitAfterWait { node: number },
                exit_after_wait_call(contract, number),
            ));
        }
        Way::Finish => ExitKind::Exit,
        Way::Liquidate => ExitKind::Liquidation,
    };
    let daemon = session.daemon().await?;
    let signed = daemon
        .exit_signature(node, kind)
        .await
        .map_err(|error| CommandError::NothingThere(network::explain(&error)))?;
    let bls_key = signed.bls_key;
    Ok(match kind {
        ExitKind::Exit => (ServiceNodeCall::Exit { bls_key }, signed.exit_call(contract)),
        ExitKind::Liquidation => (ServiceNodeCall::Liquidate { bls_key }, signed.liquidate_call(contract)),
    })
}
