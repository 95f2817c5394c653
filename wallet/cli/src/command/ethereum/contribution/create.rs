//! `bridge contract create`: the operator has a contract made for the own node, and contributes first.

use super::{
    Genuine,
    contribute::{Adding, View, Wish, send},
    in_flight, known,
    status::{add_state, finalizing_word},
};
use crate::{
    command::{
        Arguments, CommandError, Reply,
        ethereum::{
            EthereumError, link, register,
            unsigned::Unsigned,
            words::{self, Signing},
            work::{self, Workshop},
        },
    },
    session::Session,
    terminal::{Confirmation, Terminal, ask_until, confirm},
};
use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::{
    L2Provider, Sesh, checksummed,
    contribution::{
        ContributionCall, ContributionProblem, ContributionState, ContributionStatus, Factory, Finalizing, NewContract,
        Reserved, RewardsLimits, check_reservations, least_of_operator,
    },
    journal::Receipt,
    service_node::{Registration, ServiceNodeCall, StakingTerms},
};
use serde_json::json;
use std::fmt::Write;

/// What the operator wants.
struct Plan {
    factory: Factory,
    operator: EthereumAddress,
    fee: u16,
    /// The operator's own contribution; none is made now where it is nothing, and none was named yet where there is none.
    stake: Option<Sesh>,
    finalizing: Finalizing,
    /// For others.
    reserved: Vec<Reserved>,
    beneficiary: Option<EthereumAddress>,
}

/// Whether a contract that this wallet had made for the node before will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Earlier {
    /// Yes: the command may be a repeated one.
    GoOn,
    /// No, that was said.
    Anew,
}

/// `bridge contract create fee=<percent>% [stake=<amount>] [reserve=<0x address>:<amount>]... [finalize=auto|manual]
/// [beneficiary=<0x address>] [anew] [address=<0x address>] [unsigned]`
pub(super) async fn create(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let signing = words::signing(&mut words);
    let earlier = if words.take_anywhere("anew") {
        Earlier::Anew
    } else {
        Earlier::GoOn
    };
    let mut plan = read_plan(session, terminal, words, signing)?;
    if signing == Signing::Elsewhere {
        return unsigned(session, plan).await;
    }
    session.ask_password(terminal, "to stake")?;
    let mut workshop = Workshop::open(session, terminal).await?;
    let begun = in_flight(&workshop).cloned();
    workshop.finish_earlier(terminal).await?;
    let (registration, terms) = checked(session, &workshop.provider, &plan).await?;
    let limits = limits(&workshop.provider, &plan).await?;
    name_stake(terminal, &mut plan, &terms)?;
    let new = plan.new_contract(&registration, &limits)?;
    let stake = plan.stake.unwrap_or_default();
    if terms.balance < stake {
        return Err(EthereumError::NotEnoughSesh {
            address: plan.operator,
            has: terms.balance,
            needs: stake,
        }
        .into());
    }
    let found = match earlier {
        Earlier::Anew => None,
        Earlier::GoOn => made_earlier(session, &workshop, &plan, &registration).await?,
    };
    if let Some(state) = &found {
        if let Some(reply) = done_by(session, &workshop, state, begun.as_ref(), stake).await {
            return Ok(reply);
        }
        check_goes_on(state, &new)?;
    }
    terminal.say(&summary(session, &plan, &new, &terms, found.as_ref()));
    if !confirm(terminal, "Is this okay?", session.settings.confirmation)? {
        return Err(CommandError::Cancelled);
    }
    let (contract, made) = match found {
        Some(state) => (state.contract, None),
        None => {
            let (contract, receipt) = make(&mut workshop, terminal, new, &registration).await?;
            (contract, Some(receipt))
        }
    };
    terminal.say(&format!("The contract is {}.", checksummed(&contract)));
    let contributed = contribute(session, terminal, &mut workshop, &plan, contract).await?;
    let reply = tell(contract, made.as_ref(), contributed.as_ref());
    let mut reply = add_state(session, &workshop.provider, &contract, reply).await;
    let _ = write!(reply.text, "\n{}", what_is_next(&contract, stake));
    Ok(reply)
}

/// What was done: the contract was made, or was there, and the operator contributed or did not.
fn tell(contract: EthereumAddress, made: Option<&Receipt>, contributed: Option<&Receipt>) -> Reply {
    let parts = made
        .into_iter()
        .chain(contributed)
        .map(|receipt| work::tell(receipt).text);
    Reply::new(
        parts.collect::<Vec<_>>().join("\n"),
        json!({
            "contract": checksummed(&contract),
            "made": made.map(work::json),
            "contributed": contributed.map(work::json),
        }),
    )
}

fn what_is_next(contract: &EthereumAddress, stake: Sesh) -> String {
    let contract = checksummed(contract);
    if stake.is_zero() {
        format!("It opens with your own contribution: `bridge contract contribute {contract} <amount>`.")
    } else {
        format!(
            "Tell the others: `bridge contract status {contract}`, then `bridge contract contribute {contract} <amount>`."
        )
    }
}

fn read_plan(
    session: &Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
    signing: Signing,
) -> Result<Plan, CommandError> {
    let fee = words::fee(&mut words)?;
    let stake: Option<Result<Sesh, _>> = words.take_named("stake").map(|text| text.parse());
    let stake = stake.transpose().map_err(EthereumError::from)?;
    let finalizing = match words.take_named("finalize").as_deref() {
        None | Some("auto") => Finalizing::AtOnce,
        Some("manual") => Finalizing::ByOperator,
        Some(other) => {
            return Err(words.usage(format!(
                "finalize={other} is neither finalize=auto nor finalize=manual."
            )));
        }
    };
    let mut reserved = Vec::new();
    while let Some(text) = words.take_named("reserve") {
        let Some((address, amount)) = text.split_once(':') else {
            return Err(words.usage(format!(
                "reserve={text} lacks the amount: reserve=<0x address>:<amount>."
            )));
        };
        reserved.push(Reserved {
            address: words::address(session, terminal, address)?,
            amount: amount.parse().map_err(EthereumError::from)?,
        });
    }
    let beneficiary = words.take_named("beneficiary");
    let beneficiary = beneficiary
        .map(|text| words::address(session, terminal, &text))
        .transpose()?;
    let address = words::address_option(session, terminal, &mut words)?;
    let later = stake.is_some_and(Sesh::is_zero) || signing == Signing::Elsewhere;
    if beneficiary.is_some() && later {
        return Err(words.usage("beneficiary= belongs to your contribution: name it when you contribute."));
    }
    if !reserved.is_empty() && stake.is_none_or(Sesh::is_zero) {
        return Err(words.usage(
            "Where places are reserved the first is your own: add stake=<amount>, at least a quarter of the stake.",
        ));
    }
    let by_program = session.settings.confirmation == Confirmation::Given || !terminal.answers();
    if stake.is_none() && signing == Signing::Here && by_program {
        return Err(words.usage("Say how much you contribute yourself: stake=<amount>, or stake=0 to do it later."));
    }
    words.finish()?;
    Ok(Plan {
        factory: link::factory(session)?,
        operator: words::account(session, signing, address, "making a contract for its node")?,
        fee,
        stake,
        finalizing,
        reserved,
        beneficiary,
    })
}

impl Plan {
    /// The contract, whose places are checked.
    fn new_contract(&self, registration: &Registration, limits: &RewardsLimits) -> Result<NewContract, EthereumError> {
        let stake = self.stake.unwrap_or_default();
        let own = Reserved {
            address: self.operator,
            amount: stake,
        };
        let all: Vec<Reserved> = std::iter::once(own).chain(self.reserved.iter().copied()).collect();
        if !stake.is_zero() {
            if stake > limits.requirement {
                return Err(ContributionProblem::AboveRequirement {
                    amount: stake,
                    requirement: limits.requirement,
                }
                .into());
            }
            check_reservations(&all, limits)?;
        }
        Ok(NewContract {
            factory: self.factory,
            service_node: registration.service_node,
            fee: self.fee,
            finalizing: self.finalizing,
            reserved: if self.reserved.is_empty() { Vec::new() } else { all },
        })
    }
}

/// What the node says of itself, as for a registration by one; and that the factory is the network's.
async fn checked(
    session: &mut Session,
    provider: &L2Provider,
    plan: &Plan,
) -> Result<(Registration, StakingTerms), CommandError> {
    plan.factory.check(provider).await.map_err(EthereumError::from)?;
    register::checked(session, provider, &plan.factory.rewards, &plan.operator, plan.fee).await
}

async fn limits(provider: &L2Provider, plan: &Plan) -> Result<RewardsLimits, EthereumError> {
    Ok(RewardsLimits::read(provider, &plan.factory.rewards).await?)
}

/// Asks how much the operator contributes, where it was not said.
fn name_stake(terminal: &mut dyn Terminal, plan: &mut Plan, terms: &StakingTerms) -> Result<(), CommandError> {
    if plan.stake.is_some() {
        return Ok(());
    }
    let (least, most) = (least_of_operator(terms.requirement), terms.requirement);
    let question = format!("How much SESH do you contribute yourself, from {least} to {most}? (0: later) ");
    let stake = ask_until(terminal, &question, |answer| {
        let amount = answer.parse::<Sesh>().map_err(|error| error.to_string())?;
        if amount.is_zero() || (least <= amount && amount <= most) {
            Ok(amount)
        } else {
            Err(format!("It must be from {least} to {most}, or 0."))
        }
    })?;
    plan.stake = Some(stake);
    Ok(())
}

/// The newest contract that this wallet had made for the same node and that is not done with.
async fn made_earlier(
    session: &Session,
    workshop: &Workshop,
    plan: &Plan,
    registration: &Registration,
) -> Result<Option<ContributionState>, EthereumError> {
    for contract in known(workshop.receipts()) {
        let state = match Genuine::look(session, &workshop.provider, &contract).await {
            Ok(genuine) => genuine.state,
            // One of another network, or of one that begins anew.
            Err(EthereumError::Contribution(_)) => continue,
            Err(error) => return Err(error),
        };
        let terms = &state.terms;
        let same = (terms.operator, terms.service_node, terms.bls_key)
            == (plan.operator, registration.service_node, registration.bls_key);
        if same && state.status != ContributionStatus::Finalized {
            return Ok(Some(state));
        }
    }
    Ok(None)
}

/// The reply where what was begun earlier, and is finished now, was all that was wanted.
async fn done_by(
    session: &Session,
    workshop: &Workshop,
    state: &ContributionState,
    begun: Option<&ContributionCall>,
    stake: Sesh,
) -> Option<Reply> {
    let Some(ContributionCall::Contribute { contract, amount, .. }) = begun else {
        return None;
    };
    if (*contract, *amount) != (state.contract, stake) {
        return None;
    }
    let receipt = workshop.receipts().last()?;
    let mut reply = work::tell(receipt);
    reply.text += "\nThis is what was begun earlier; nothing more was made.";
    Some(add_state(session, &workshop.provider, contract, reply).await)
}

/// An earlier contract will do if it is the same and nobody has contributed.
fn check_goes_on(state: &ContributionState, new: &NewContract) -> Result<(), EthereumError> {
    let contract = state.contract;
    if state.status != ContributionStatus::WaitsForOperator {
        let status = state.status;
        return Err(ContributionProblem::MadeAlready { contract, status }.into());
    }
    let kept = state.reservations.iter().map(|place| Reserved {
        address: place.address,
        amount: place.amount,
    });
    let same =
        state.terms.fee == new.fee && state.finalizing == new.finalizing && kept.eq(new.reserved.iter().copied());
    if same {
        Ok(())
    } else {
        Err(ContributionProblem::MadeDifferently { contract }.into())
    }
}

fn summary(
    session: &Session,
    plan: &Plan,
    new: &NewContract,
    terms: &StakingTerms,
    found: Option<&ContributionState>,
) -> String {
    let mut text = match found {
        Some(state) => format!(
            "Going on with contract {}, which was made earlier",
            checksummed(&state.contract)
        ),
        None => "Having a contribution contract made".to_owned(),
    };
    let _ = writeln!(text, " for service node {}", new.service_node);
    let _ = writeln!(
        text,
        "  operator {}, who takes {} of the rewards",
        checksummed(&plan.operator),
        words::percent(plan.fee)
    );
    let stake = plan.stake.unwrap_or_default();
    if stake.is_zero() {
        let _ = writeln!(text, "  you contribute nothing now, and nobody can before you do");
    } else {
        let _ = writeln!(text, "  you contribute {stake} of {} there are", terms.balance);
    }
    for place in &plan.reserved {
        let _ = writeln!(
            text,
            "  a place of {} for {}",
            place.amount,
            checksummed(&place.address)
        );
    }
    let _ = writeln!(
        text,
        "  when {} are there, {}",
        terms.requirement,
        match plan.finalizing {
            Finalizing::AtOnce => "the node is registered at once",
            Finalizing::ByOperator => "you have the node registered with `bridge contract finalize`",
        }
    );
    let _ = write!(
        text,
        "  Until then `bridge contract reset` gives everybody's contribution back. Once it is registered the stake is LOCKED until an exit is asked for \
         (`bridge exit`), and {} days more.",
        register::lock_days(session)
    );
    text
}

/// Has the contract made.
async fn make(
    workshop: &mut Workshop,
    terminal: &mut dyn Terminal,
    new: NewContract,
    registration: &Registration,
) -> Result<(EthereumAddress, Receipt), CommandError> {
    terminal.say("Having the contract made.");
    let call = new.call(registration);
    let receipt = workshop
        .call(terminal, ServiceNodeCall::CreateContribution(new), call)
        .await?;
    let nothing = || ContributionProblem::NothingMade(receipt.transaction);
    let contract = receipt.contract.ok_or_else(nothing).map_err(EthereumError::from)?;
    Ok((contract, receipt))
}

/// The operator's own contribution; none where that is for later.
async fn contribute(
    session: &Session,
    terminal: &mut dyn Terminal,
    workshop: &mut Workshop,
    plan: &Plan,
    contract: EthereumAddress,
) -> Result<Option<Receipt>, CommandError> {
    let wish = Wish {
        contract,
        account: plan.operator,
        amount: plan.stake.unwrap_or_default(),
        beneficiary: plan.beneficiary,
        adding: Adding::First,
    };
    if wish.amount.is_zero() {
        return Ok(None);
    }
    let view = View::read(session, &workshop.provider, &wish).await?;
    send(session, terminal, workshop, &wish, &view.genuine.state.terms)
        .await
        .map(Some)
}

/// The transaction for another wallet. Where the contract will be is known only when it is in a block.
async fn unsigned(session: &mut Session, plan: Plan) -> Result<Reply, CommandError> {
    let provider = link::provider(session).await?;
    let (registration, _) = checked(session, &provider, &plan).await?;
    let new = plan.new_contract(&registration, &limits(&provider, &plan).await?)?;
    let mut unsigned = Unsigned::new(&provider, plan.operator);
    let text = format!(
        "Has a contribution contract made for service node {} (finalize={}). Then `bridge contract status <id of this transaction>` tells its \
         address, and `bridge contract contribute <contract> <amount> address={} unsigned` prints your own contribution",
        new.service_node,
        finalizing_word(new.finalizing),
        checksummed(&plan.operator)
    );
    unsigned.add(&text, &new.call(&registration)).await?;
    unsigned.reply()
}
