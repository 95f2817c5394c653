//! `bridge contract contribute`

use super::{Genuine, act, check_not_registered, contract_word, in_flight, status::add_state};
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
    format::time,
    session::Session,
    terminal::{Terminal, confirm},
};
use oxen_types::{Timestamp, bytes::EthereumAddress};
use oxen_wallet_ethereum::{
    L2Provider, Sesh, checksummed,
    contribution::{ContributionCall, ContributionProblem, ContributionTerms, Finalizing},
    journal::Receipt,
    service_node::{ServiceNodeCall, allowance, approve_call, sesh_balance},
};
use std::fmt::Write;

/// Those with less than this part of the stake can ask for the node's exit only after 30 days.
const PARTS_OF_SMALL: u64 = 4;

/// Whether a contribution may come on top of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Adding {
    /// No: the command may be a repeated one.
    First,
    /// Yes, that was said.
    More,
}

/// What is to be contributed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) contract: EthereumAddress,
    pub(super) account: EthereumAddress,
    pub(super) amount: Sesh,
    /// Who gets the rewards; none for whoever gets them now, or else the contributor.
    pub(super) beneficiary: Option<EthereumAddress>,
    pub(super) adding: Adding,
}

/// The contract and the contributor's money.
pub(super) struct View {
    pub(super) genuine: Genuine,
    balance: Sesh,
    allowance: Sesh,
}

impl View {
    pub(super) async fn read(session: &Session, provider: &L2Provider, wish: &Wish) -> Result<Self, EthereumError> {
        let genuine = Genuine::look(session, provider, &wish.contract).await?;
        let token = genuine.state.terms.token;
        Ok(Self {
            balance: sesh_balance(provider, &token, &wish.account).await?,
            allowance: allowance(provider, &token, &wish.account, &wish.contract).await?,
            genuine,
        })
    }

    /// Everything that the contract would refuse, and what it would accept and should not.
    pub(super) async fn check(
        &self,
        session: &Session,
        provider: &L2Provider,
        wish: &Wish,
    ) -> Result<(), EthereumError> {
        let state = &self.genuine.state;
        if let (Adding::First, Some(contribution)) = (wish.adding, state.contribution_of(&wish.account)) {
            let contributed = contribution.amount;
            return Err(ContributionProblem::ContributedAlready { contributed }.into());
        }
        state.check_contribution(&self.genuine.limits, &wish.account, wish.amount)?;
        if self.balance < wish.amount {
            return Err(EthereumError::NotEnoughSesh {
                address: wish.account,
                has: self.balance,
                needs: wish.amount,
            });
        }
        check_not_registered(session, provider, &state.terms).await
    }

    /// The call. The beneficiary is always named: some contracts forget an earlier one that is not.
    fn call(&self, wish: &Wish) -> ContributionCall {
        let earlier = self.genuine.state.contribution_of(&wish.account);
        let beneficiary = wish
            .beneficiary
            .or_else(|| earlier.map(|contribution| contribution.beneficiary));
        ContributionCall::Contribute {
            contract: wish.contract,
            amount: wish.amount,
            beneficiary: beneficiary.unwrap_or(wish.account),
        }
    }
}

/// `bridge contract contribute <contract> <amount> [more] [beneficiary=<0x address>] [address=<0x address>] [unsigned]`
pub(super) async fn contribute(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let signing = words::signing(&mut words);
    let adding = if words.take_anywhere("more") {
        Adding::More
    } else {
        Adding::First
    };
    let beneficiary = words.take_named("beneficiary");
    let beneficiary = beneficiary
        .map(|text| words::address(session, terminal, &text))
        .transpose()?;
    let address = words::address_option(session, terminal, &mut words)?;
    let contract = contract_word(&mut words)?;
    let amount = words::amount(&mut words)?;
    words.finish()?;
    let wish = Wish {
        contract,
        account: words::account(session, signing, address, "contributing")?,
        amount,
        beneficiary,
        adding,
    };
    if signing == Signing::Elsewhere {
        return unsigned(session, &wish).await;
    }
    link::factory(session)?;
    session.ask_password(terminal, "to stake")?;
    let mut workshop = Workshop::open(session, terminal).await?;
    let same = is_begun(in_flight(&workshop), &wish);
    if let Some(receipt) = workshop.finish_earlier(terminal).await?
        && same
    {
        let mut reply = tell(session, &workshop.provider, &wish, &receipt).await;
        reply.text += "\nThis is the contribution that was begun earlier; nothing more was contributed.";
        return Ok(reply);
    }
    let view = View::read(session, &workshop.provider, &wish).await?;
    view.check(session, &workshop.provider, &wish).await?;
    let now = workshop.provider.head().await.map_err(EthereumError::from)?.timestamp;
    terminal.say(&summary(session, &wish, &view, now));
    if !confirm(terminal, "Is this okay?", session.settings.confirmation)? {
        return Err(CommandError::Cancelled);
    }
    let receipt = send(session, terminal, &mut workshop, &wish, &view.genuine.state.terms).await?;
    Ok(tell(session, &workshop.provider, &wish, &receipt).await)
}

/// True when the user, who gave the same command again, means the contribution that was interrupted.
pub(super) fn is_begun(begun: Option<&ContributionCall>, wish: &Wish) -> bool {
    let Some(ContributionCall::Contribute {
        contract,
        amount,
        beneficiary,
    }) = begun
    else {
        return false;
    };
    (*contract, *amount) == (wish.contract, wish.amount) && wish.beneficiary.is_none_or(|wanted| wanted == *beneficiary)
}

/// Approves the amount and contributes it, if the contract is still what the user saw.
pub(super) async fn send(
    session: &Session,
    terminal: &mut dyn Terminal,
    workshop: &mut Workshop,
    wish: &Wish,
    seen: &ContributionTerms,
) -> Result<Receipt, CommandError> {
    let mut view = fresh(session, &workshop.provider, wish, seen).await?;
    if view.allowance < wish.amount {
        let amount = wish.amount;
        terminal.say(&format!("Letting the contract take {amount}."));
        let call = approve_call(view.genuine.state.terms.token, &wish.contract, amount);
        workshop
            .call(terminal, ServiceNodeCall::Approve { amount }, call)
            .await?;
        // The operator, or another contributor, may have been faster meanwhile.
        view = fresh(session, &workshop.provider, wish, seen).await?;
    }
    terminal.say(&format!("Contributing {}.", wish.amount));
    act(workshop, terminal, view.call(wish)).await
}

async fn fresh(
    session: &Session,
    provider: &L2Provider,
    wish: &Wish,
    seen: &ContributionTerms,
) -> Result<View, EthereumError> {
    let view = View::read(session, provider, wish).await?;
    if view.genuine.state.terms != *seen {
        return Err(ContributionProblem::TermsChanged(wish.contract).into());
    }
    view.check(session, provider, wish).await?;
    Ok(view)
}

fn summary(session: &Session, wish: &Wish, view: &View, now: u64) -> String {
    let state = &view.genuine.state;
    let terms = &state.terms;
    let ContributionCall::Contribute { beneficiary, .. } = view.call(wish) else {
        return String::new();
    };
    let earlier = state
        .contribution_of(&wish.account)
        .map(|contribution| contribution.amount);
    let together = |amount: Sesh| Sesh::from_atomic(amount.atomic().saturating_add(wish.amount.atomic()));
    let mut text = format!("Contributing {} of {} there are\n", wish.amount, view.balance);
    let _ = writeln!(
        text,
        "  to contract {}, which this network's factory made",
        checksummed(&wish.contract)
    );
    let _ = writeln!(text, "  for service node {}", terms.service_node);
    let _ = writeln!(
        text,
        "  of operator {}, who takes {} of the rewards",
        checksummed(&terms.operator),
        words::percent(terms.fee)
    );
    let _ = writeln!(
        text,
        "  rewards go to {}; the stake comes back to you",
        checksummed(&beneficiary)
    );
    if let Some(earlier) = earlier {
        let _ = writeln!(text, "  on top of {earlier}: {} together", together(earlier));
    }
    let _ = writeln!(
        text,
        "  then {} of {} are there{}",
        together(state.total()),
        terms.requirement,
        completion(state.is_completed_by(wish.amount), state.finalizing)
    );
    if wish.account == terms.operator {
        let contract = checksummed(&wish.contract);
        let _ = writeln!(
            text,
            "  until the node is registered `bridge contract reset {contract}` gives it back, with everybody's"
        );
    } else {
        let unlocked = Timestamp::from_seconds(state.unlocked_at(now));
        let _ = writeln!(
            text,
            "  STAYS there for a day: it can be taken back from {} UTC on (`bridge contract withdraw`), until the node is registered",
            time::date_and_time(unlocked)
        );
    }
    let _ = write!(
        text,
        "  once registered it is LOCKED until an exit is asked for (`bridge exit`), and {} days more. If the node is deregistered, longer.",
        register::lock_days(session)
    );
    let whole = together(earlier.unwrap_or_default()).atomic();
    if whole.saturating_mul(PARTS_OF_SMALL) < terms.requirement.atomic() {
        let _ = write!(
            text,
            "\n  It is less than a quarter of the stake: you can ask for the exit from 30 days after the registration on."
        );
    }
    text
}

const fn completion(completes: bool, finalizing: Finalizing) -> &'static str {
    match (completes, finalizing) {
        (false, _) => "",
        (true, Finalizing::AtOnce) => ", and the node is registered at once",
        (true, Finalizing::ByOperator) => ", and the operator can have the node registered",
    }
}

/// What was done, and how the contract is now.
pub(super) async fn tell(session: &Session, provider: &L2Provider, wish: &Wish, receipt: &Receipt) -> Reply {
    let reply = work::tell(receipt);
    add_state(session, provider, &wish.contract, reply).await
}

async fn unsigned(session: &Session, wish: &Wish) -> Result<Reply, CommandError> {
    let provider = link::provider(session).await?;
    let view = View::read(session, &provider, wish).await?;
    view.check(session, &provider, wish).await?;
    let mut unsigned = Unsigned::new(&provider, wish.account);
    if view.allowance < wish.amount {
        let call = approve_call(view.genuine.state.terms.token, &wish.contract, wish.amount);
        let text = format!("Lets the contribution contract take {}", wish.amount);
        unsigned.add(&text, &call).await?;
    }
    let text = format!(
        "Contributes {} for service node {}; send it when the one before it, if any, is in a block",
        wish.amount, view.genuine.state.terms.service_node
    );
    unsigned.add(&text, &view.call(wish).call()).await?;
    unsigned.reply()
}
