//! `bridge contract withdraw`, `beneficiary`, `finalize`, `reset`: one call each, of what is there already.

use super::{Genuine, act, check_not_registered, contract_word, in_flight, registered, status::add_state};
use crate::{
    command::{
        Arguments, CommandError, Reply,
        ethereum::{
            EthereumError, link,
            unsigned::Unsigned,
            words::{self, Signing},
            work::{self, Workshop},
        },
    },
    session::Session,
    terminal::{Terminal, confirm},
};
use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::{
    L2Provider, checksummed,
    contribution::{ContributionCall, ContributionState, ContributionStatus},
};
use std::fmt::Write;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// `bridge contract withdraw <contract> [address=<0x address>] [unsigned]`
    Withdraw,
    /// `bridge contract beneficiary <contract> <0x address> [address=<0x address>] [unsigned]`
    SetBeneficiary,
    /// `bridge contract finalize <contract> [address=<0x address>] [unsigned]`
    Finalize,
    /// `bridge contract reset <contract> [address=<0x address>] [unsigned]`
    Reset,
}

/// Does one of them.
pub(super) async fn leave(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
    way: Way,
) -> Result<Reply, CommandError> {
    let signing = words::signing(&mut words);
    let address = words::address_option(session, terminal, &mut words)?;
    let contract = contract_word(&mut words)?;
    let call = match way {
        Way::Withdraw => ContributionCall::Withdraw { contract },
        Way::SetBeneficiary => {
            let text = words.next("The address that the rewards are to go to")?;
            let beneficiary = words::address(session, terminal, &text)?;
            ContributionCall::SetBeneficiary { contract, beneficiary }
        }
        Way::Finalize => ContributionCall::Finalize { contract },
        Way::Reset => ContributionCall::Reset { contract },
    };
    words.finish()?;
    let account = words::account(session, signing, address, "this")?;
    if signing == Signing::Elsewhere {
        let provider = link::provider(session).await?;
        check(session, &provider, &call, &account).await?;
        let mut unsigned = Unsigned::new(&provider, account);
        unsigned
            .add(&format!("When it is mined it {call}"), &call.call())
            .await?;
        return unsigned.reply();
    }
    link::factory(session)?;
    session.ask_password(terminal, "to change a stake")?;
    let mut workshop = Workshop::open(session, terminal).await?;
    let same = in_flight(&workshop) == Some(&call);
    let earlier = workshop.finish_earlier(terminal).await?;
    let receipt = match earlier.filter(|_| same) {
        Some(receipt) => receipt,
        None => {
            let state = check(session, &workshop.provider, &call, &account).await?;
            terminal.say(&summary(&call, &state, &account));
            if !confirm(terminal, "Is this okay?", session.settings.confirmation)? {
                return Err(CommandError::Cancelled);
            }
            act(&mut workshop, terminal, call).await?
        }
    };
    Ok(add_state(session, &workshop.provider, &contract, work::tell(&receipt)).await)
}

/// Everything that the contract would refuse.
async fn check(
    session: &Session,
    provider: &L2Provider,
    call: &ContributionCall,
    account: &EthereumAddress,
) -> Result<ContributionState, EthereumError> {
    let Genuine { state, limits } = Genuine::look(session, provider, &call.contract()).await?;
    match call {
        ContributionCall::Withdraw { .. } => {
            let since = state.contributed_at(provider, account).await?;
            let now = provider.head().await?.timestamp;
            state.check_withdrawal(account, since, now)?;
        }
        ContributionCall::SetBeneficiary { .. } => state.check_beneficiary(account)?,
        ContributionCall::Finalize { .. } => {
            state.check_finalize(&limits, account)?;
            check_not_registered(session, provider, &state.terms).await?;
        }
        ContributionCall::Reset { .. } => {
            state.check_reset(account, registered(session, provider, &state.terms).await?)?
        }
        ContributionCall::Contribute { amount, .. } => state.check_contribution(&limits, account, *amount)?,
    }
    Ok(state)
}

fn summary(call: &ContributionCall, state: &ContributionState, account: &EthereumAddress) -> String {
    let contract = checksummed(&state.contract);
    let node = state.terms.service_node;
    match call {
        ContributionCall::Withdraw { .. } => {
            let amount = state.contribution_of(account).map(|own| own.amount).unwrap_or_default();
            format!("Taking {amount} back from contract {contract} of service node {node}")
        }
        ContributionCall::SetBeneficiary { beneficiary, .. } => format!(
            "The rewards of your contribution for service node {node} will go to {}; the stake comes back to you",
            checksummed(beneficiary)
        ),
        ContributionCall::Finalize { .. } => format!(
            "Registering service node {node} with {} from {} contributors of contract {contract}\n  Nobody can take the own part back then \
             but by an exit of the node.",
            state.total(),
            state.contributors.len()
        ),
        ContributionCall::Reset { .. } if state.status == ContributionStatus::Finalized => format!(
            "Resetting contract {contract}, whose service node {node} has left: its stakes come back as rewards do\n  The contract keeps node \
             and fee, and waits for your contribution again."
        ),
        ContributionCall::Reset { .. } => {
            let mut text =
                format!("Resetting contract {contract} of service node {node}: everybody gets the own part back");
            for contributor in &state.contributors {
                let _ = write!(
                    text,
                    "\n  {} to {}",
                    contributor.amount,
                    checksummed(&contributor.address)
                );
            }
            text + "\n  Reserved places are forgotten. The contract keeps node and fee, and waits for your contribution again."
        }
        ContributionCall::Contribute { amount, .. } => format!("Contributing {amount} to contract {contract}"),
    }
}
