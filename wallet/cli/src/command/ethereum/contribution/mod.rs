//! `bridge contract …` (bridge §1.5, §1.6): a service node whose stake comes from several contributors.
//!
//! [`create`] is for operators, [`contribute`] for everybody, [`leave`] takes back, finalizes and resets; [`status`] shows a contract
//! and what can be done with it. Before any of them believes a contract, the network's factory is asked whether it made it.

mod contribute;
mod create;
mod leave;
mod status;

use self::leave::Way;
use super::{EthereumError, link, work::Workshop};
use crate::{
    command::{Arguments, CommandError, Reply},
    session::Session,
    terminal::Terminal,
};
use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::{
    L2Provider, TypedAddress,
    contribution::{ContributionCall, ContributionProblem, ContributionState, ContributionTerms, RewardsLimits},
    journal::{Receipt, Work},
    service_node::{ServiceNodeCall, node_with_bls_key, node_with_key},
};

/// `bridge contract create|status|contribute|withdraw|beneficiary|finalize|reset …`
pub(super) async fn contract(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    match words.next_if_any().as_deref() {
        Some("create") => create::create(session, terminal, words).await,
        Some("status") => status::status(session, terminal, words).await,
        Some("contribute") => contribute::contribute(session, terminal, words).await,
        Some("withdraw") => leave::leave(session, terminal, words, Way::Withdraw).await,
        Some("beneficiary") => leave::leave(session, terminal, words, Way::SetBeneficiary).await,
        Some("finalize") => leave::leave(session, terminal, words, Way::Finalize).await,
        Some("reset" | "cancel") => leave::leave(session, terminal, words, Way::Reset).await,
        _ => Err(words.usage(
            "Say what is to be done with a contribution contract: create, status, contribute, withdraw, beneficiary, finalize or reset.",
        )),
    }
}

/// The next word as the address of a contract. Whether it is mistyped the factory knows, checksum or not.
fn contract_word(words: &mut Arguments) -> Result<EthereumAddress, CommandError> {
    let text = words.next("The address of the contribution contract")?;
    Ok(TypedAddress::parse(&text).map_err(EthereumError::from)?.address)
}

/// A contract that the network's factory made, as it is now, and what the network takes now.
struct Genuine {
    state: ContributionState,
    limits: RewardsLimits,
}

impl Genuine {
    /// Asks the factory first, then the contract.
    async fn look(session: &Session, provider: &L2Provider, contract: &EthereumAddress) -> Result<Self, EthereumError> {
        let factory = link::factory(session)?;
        factory.check_made(provider, contract).await?;
        Ok(Self {
            state: ContributionState::read(provider, contract).await?,
            limits: RewardsLimits::read(provider, &factory.rewards).await?,
        })
    }
}

/// So many contracts are looked at, of those that this wallet had to do with.
const LOOKED_AT: usize = 20;

/// The contracts that receipts are about, the newest first, each once.
fn known(receipts: &[Receipt]) -> Vec<EthereumAddress> {
    let mut known = Vec::new();
    for contract in receipts.iter().rev().filter_map(|receipt| receipt.contract) {
        if known.len() < LOOKED_AT && !known.contains(&contract) {
            known.push(contract);
        }
    }
    known
}

/// The number of a contract's node in the contract of rewards, whoever registered it; none when it is not registered.
async fn registered(
    session: &Session,
    provider: &L2Provider,
    terms: &ContributionTerms,
) -> Result<Option<u64>, EthereumError> {
    let rewards = link::rewards_contract(session)?;
    if let Some(number) = node_with_key(provider, &rewards, &terms.service_node).await? {
        return Ok(Some(number));
    }
    Ok(node_with_bls_key(provider, &rewards, &terms.bls_key).await?)
}

/// A node that is registered cannot be registered by its contract once more.
async fn check_not_registered(
    session: &Session,
    provider: &L2Provider,
    terms: &ContributionTerms,
) -> Result<(), EthereumError> {
    match registered(session, provider, terms).await? {
        None => Ok(()),
        Some(number) => Err(ContributionProblem::RegisteredElsewhere {
            node: terms.service_node,
            number,
        }
        .into()),
    }
}

/// Makes one call of a contract.
async fn act(
    workshop: &mut Workshop,
    terminal: &mut dyn Terminal,
    call: ContributionCall,
) -> Result<Receipt, CommandError> {
    let bytes = call.call();
    workshop
        .call(terminal, ServiceNodeCall::Contribution(call), bytes)
        .await
}

/// The call of a contribution contract that has a transaction on its way.
fn in_flight(workshop: &Workshop) -> Option<&ContributionCall> {
    match workshop.in_flight() {
        Some(Work::Call(begun)) => match &begun.purpose {
            ServiceNodeCall::Contribution(call) => Some(call),
            _ => None,
        },
        _ => None,
    }
}
