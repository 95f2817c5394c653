//! `bridge contract status`: everything one needs to decide, and what can be done next.

use super::{Genuine, known, registered};
use crate::{
    command::{
        Arguments, CommandError, Reply,
        ethereum::{EthereumError, link, words},
    },
    format::time,
    session::Session,
    terminal::Terminal,
};
use oxen_types::{Timestamp, bytes::EthereumAddress};
use oxen_wallet_ethereum::{
    L2Provider, TypedAddress, checksummed,
    contribution::{ContributionProblem, ContributionState, ContributionStatus, Finalizing},
};
use serde_json::{Value, json};
use std::{fmt::Write, time::Duration};

/// Whoever asks, in the contract.
struct Own {
    address: EthereumAddress,
    /// When the contribution can be taken back, and the time now, seconds since 1970.
    unlocked: Option<(u64, u64)>,
}

/// What is shown.
struct Report {
    genuine: Genuine,
    own: Option<Own>,
    /// The contract's number of the node.
    node: Option<u64>,
}

/// A command that can be given next, and what it does.
struct Next {
    command: String,
    what: String,
}

/// `bridge contract status [<contract or id of the transaction that had it made>] [address=<0x address>]`; without one, all that this
/// wallet had to do with.
pub(super) async fn status(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let address = words::address_option(session, terminal, &mut words)?;
    let named = words.next_if_any();
    words.finish()?;
    let account = match address {
        Some(address) => Some(address),
        None => link::own_address(session)?,
    };
    let factory = link::factory(session)?;
    let Some(named) = named else {
        return list(session, account).await;
    };
    let named = Named::parse(&named)?;
    let provider = link::provider(session).await?;
    let contract = match named {
        Named::Contract(contract) => contract,
        Named::Transaction(id) => factory.made_by(&provider, id).await.map_err(EthereumError::from)?,
    };
    let report = Report::read(session, &provider, &contract, account).await?;
    Ok(Reply::new(report.text(), report.json()))
}

/// The contracts of the journal, a line each.
async fn list(session: &Session, account: Option<EthereumAddress>) -> Result<Reply, CommandError> {
    let contracts = known(link::journal(session)?.receipts());
    if contracts.is_empty() {
        let text = "This wallet had to do with no contribution contract yet. To look at one give its address.";
        return Ok(Reply::new(text, json!({"contracts": []})));
    }
    let provider = link::provider(session).await?;
    let (mut lines, mut json) = (Vec::new(), Vec::new());
    for contract in contracts {
        match Report::read(session, &provider, &contract, account).await {
            Ok(report) => {
                lines.push(report.line());
                json.push(report.json());
            }
            // One of another network.
            Err(EthereumError::Contribution(problem)) => {
                lines.push(format!("{}  {problem}", checksummed(&contract)));
                json.push(json!({"contract": checksummed(&contract), "error": problem.to_string()}));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Reply::new(lines.join("\n"), json!({"contracts": json})))
}

/// How a contract is named.
enum Named {
    Contract(EthereumAddress),
    /// The transaction that had it made.
    Transaction([u8; 32]),
}

impl Named {
    fn parse(text: &str) -> Result<Self, EthereumError> {
        let mut id = [0; 32];
        let digits = text.strip_prefix("0x").unwrap_or(text);
        if hex::decode_to_slice(digits, &mut id).is_ok() {
            return Ok(Self::Transaction(id));
        }
        Ok(Self::Contract(TypedAddress::parse(text)?.address))
    }
}

impl Report {
    async fn read(
        session: &Session,
        provider: &L2Provider,
        contract: &EthereumAddress,
        account: Option<EthereumAddress>,
    ) -> Result<Self, EthereumError> {
        let genuine = Genuine::look(session, provider, contract).await?;
        let state = &genuine.state;
        let own = match account {
            None => None,
            Some(address) => Some(Own {
                address,
                unlocked: match state.contribution_of(&address) {
                    None => None,
                    Some(_) => {
                        let since = state.contributed_at(provider, &address).await?;
                        Some((state.unlocked_at(since), provider.head().await?.timestamp))
                    }
                },
            }),
        };
        Ok(Self {
            node: registered(session, provider, &state.terms).await?,
            own,
            genuine,
        })
    }

    const fn state(&self) -> &ContributionState {
        &self.genuine.state
    }

    /// Why no contribution should go to it, whoever makes it.
    fn warnings(&self) -> Vec<String> {
        let state = self.state();
        let mut warnings = Vec::new();
        if !state.terms.signed_by_node {
            warnings.push(ContributionProblem::NodeSignature(state.terms.service_node).to_string());
        }
        if let (Some(number), false) = (self.node, state.status == ContributionStatus::Finalized) {
            let node = state.terms.service_node;
            warnings.push(ContributionProblem::RegisteredElsewhere { node, number }.to_string());
        }
        if state.status != ContributionStatus::Finalized
            && let Err(problem) = state.check_limits(&self.genuine.limits)
        {
            warnings.push(problem.to_string());
        }
        warnings
    }

    fn text(&self) -> String {
        let state = self.state();
        let mut text = format!(
            "Contribution contract {}, which this network's factory made\n",
            checksummed(&state.contract)
        );
        self.write_terms(&mut text);
        self.write_contributors(&mut text);
        self.write_own(&mut text);
        for warning in self.warnings() {
            let _ = writeln!(text, "  WARNING: {warning}");
        }
        let next = self.next();
        if !next.is_empty() {
            text += "You can:\n";
        }
        for next in next {
            let _ = writeln!(text, "  `{}`  {}", next.command, next.what);
        }
        text.trim_end().to_owned()
    }

    /// All of it that fits a line.
    fn line(&self) -> String {
        let state = self.state();
        let contributed = self.own.as_ref().and_then(|own| state.contribution_of(&own.address));
        let own = contributed.map_or_else(String::new, |own| format!(", {} of it yours", own.amount));
        format!(
            "{}  {} of {}{own}; {}",
            checksummed(&state.contract),
            state.total(),
            state.terms.requirement,
            state.status
        )
    }

    fn write_terms(&self, text: &mut String) {
        let state = self.state();
        let terms = &state.terms;
        let _ = writeln!(text, "  service node       {}", terms.service_node);
        let _ = writeln!(
            text,
            "  operator           {}, who takes {} of the rewards",
            checksummed(&terms.operator),
            words::percent(terms.fee)
        );
        let _ = writeln!(text, "  it is              {}", state.status);
        if state.status == ContributionStatus::Finalized {
            let number = self.node.map_or_else(
                || "the node has left since".to_owned(),
                |number| format!("number {number} of the contract of service nodes"),
            );
            let _ = writeln!(text, "  registered         {number}");
            return;
        }
        let _ = writeln!(text, "  there are          {} of {}", state.total(), terms.requirement);
        if !state.outstanding().is_zero() {
            let _ = writeln!(
                text,
                "  reserved           {}, which have not come",
                state.outstanding()
            );
        }
        let _ = writeln!(
            text,
            "  room for others    {}, and {} of {} places",
            state.room(),
            state.open_places(),
            terms.max_contributors
        );
        let next = state
            .minimum()
            .map_or_else(|| "none".to_owned(), |least| format!("at least {least}"));
        let _ = writeln!(text, "  next contribution  {next}");
        let complete = match state.finalizing {
            Finalizing::AtOnce => "the node is registered at once",
            Finalizing::ByOperator => "the operator has the node registered (finalize)",
        };
        let _ = writeln!(text, "  when complete      {complete}");
    }

    fn write_contributors(&self, text: &mut String) {
        let state = self.state();
        for contributor in &state.contributors {
            let _ = write!(
                text,
                "  contributor        {}  {}",
                checksummed(&contributor.address),
                contributor.amount
            );
            if contributor.beneficiary != contributor.address {
                let _ = write!(text, ", rewards go to {}", checksummed(&contributor.beneficiary));
            }
            text.push('\n');
        }
        for place in state.reservations.iter().filter(|place| !place.received) {
            let _ = writeln!(
                text,
                "  place kept for     {}  at least {}",
                checksummed(&place.address),
                place.amount
            );
        }
    }

    fn write_own(&self, text: &mut String) {
        let state = self.state();
        let Some(own) = &self.own else { return };
        let _ = write!(text, "You, {}, ", checksummed(&own.address));
        if own.address == state.terms.operator {
            text.push_str("are the operator and ");
        }
        match (state.contribution_of(&own.address), state.reserved_for(&own.address)) {
            (Some(contribution), _) => {
                let _ = write!(text, "have contributed {}", contribution.amount);
            }
            (None, Some(reserved)) => {
                let _ = write!(text, "have contributed nothing; {reserved} are reserved for you");
            }
            (None, None) => text.push_str("have contributed nothing"),
        }
        let leaves = state.status != ContributionStatus::Finalized && own.address != state.terms.operator;
        if let Some((unlocked, now)) = own.unlocked.filter(|_| leaves) {
            let _ = match unlocked.saturating_sub(now) {
                0 => write!(text, ", which can be taken back"),
                seconds => write!(
                    text,
                    ", which can be taken back from {} UTC on (in {})",
                    time::date_and_time(Timestamp::from_seconds(unlocked)),
                    time::duration(Duration::from_secs(seconds))
                ),
            };
        }
        text.push_str(".\n");
    }

    /// What whoever asks can do.
    fn next(&self) -> Vec<Next> {
        let (state, contract) = (self.state(), checksummed(&self.state().contract));
        let Some(own) = &self.own else { return Vec::new() };
        let is_operator = own.address == state.terms.operator;
        let contribution = state.contribution_of(&own.address);
        let mut next = Vec::new();
        let mut add = |command: String, what: String| next.push(Next { command, what });
        let command = |what: &str| format!("bridge contract {what} {contract}");
        if state.status == ContributionStatus::Finalized {
            if contribution.is_some() && self.node.is_some() {
                let node = state.terms.service_node;
                let what = "asks for the node's exit, and so for all its stakes".to_owned();
                add(format!("bridge exit {node}"), what);
            }
            if contribution.is_some_and(|one| one.beneficiary == own.address) {
                add("rewards claim".to_owned(), "pays your rewards out".to_owned());
            }
            if is_operator && self.node.is_none() {
                add(command("reset"), "begins anew with the same node and fee".to_owned());
            }
            return next;
        }
        if let Some(what) = self.contributing(own, contribution.is_some()) {
            let more = if contribution.is_some() { " more" } else { "" };
            add(format!("{} <amount>{more}", command("contribute")), what);
        }
        if is_operator && state.status == ContributionStatus::Complete {
            add(command("finalize"), "registers the node".to_owned());
        }
        if contribution.is_some() {
            let what = "chooses who gets your rewards".to_owned();
            add(format!("{} <0x address>", command("beneficiary")), what);
            match own.unlocked {
                _ if is_operator => add(command("reset"), "gives everybody's contribution back".to_owned()),
                Some((unlocked, now)) if unlocked <= now => add(command("withdraw"), "takes yours back".to_owned()),
                _ => {}
            }
        }
        next
    }

    /// How much can be contributed, where something can.
    fn contributing(&self, own: &Own, again: bool) -> Option<String> {
        let state = self.state();
        let room = state.room_for(&own.address);
        let least = match state.reserved_for(&own.address) {
            Some(reserved) => reserved,
            None if again => return self.is_possible(own, room).then(|| format!("adds at most {room}")),
            None => state.minimum()?,
        };
        self.is_possible(own, least)
            .then(|| format!("contributes at least {least} and at most {room}"))
    }

    fn is_possible(&self, own: &Own, amount: oxen_wallet_ethereum::Sesh) -> bool {
        let checked = self
            .state()
            .check_contribution(&self.genuine.limits, &own.address, amount);
        checked.is_ok() && self.node.is_none()
    }

    fn json(&self) -> Value {
        let state = self.state();
        let terms = &state.terms;
        let contributors = state.contributors.iter().map(|one| {
            json!({
                "address": checksummed(&one.address),
                "beneficiary": checksummed(&one.beneficiary),
                "amount": one.amount.atomic(),
            })
        });
        let reservations = state.reservations.iter().map(|place| {
            json!({
                "address": checksummed(&place.address),
                "amount": place.amount.atomic(),
                "received": place.received,
            })
        });
        let next = self.next();
        let next = next
            .iter()
            .map(|next| json!({"command": next.command, "what": next.what}));
        json!({
            "contract": checksummed(&state.contract),
            "service_node": terms.service_node.to_string(),
            "bls_key": terms.bls_key.to_string(),
            "signed_by_node": terms.signed_by_node,
            "operator": checksummed(&terms.operator),
            "fee": terms.fee,
            "status": state.status.word(),
            "finalize": finalizing_word(state.finalizing),
            "requirement": terms.requirement.atomic(),
            "total": state.total().atomic(),
            "reserved": state.outstanding().atomic(),
            "room": state.room().atomic(),
            "minimum": state.minimum().map(oxen_wallet_ethereum::Sesh::atomic),
            "places": state.open_places(),
            "max_contributors": terms.max_contributors,
            "contributors": contributors.collect::<Vec<_>>(),
            "reservations": reservations.collect::<Vec<_>>(),
            "node": self.node,
            "own": self.own.as_ref().map(|own| self.own_json(own)),
            "warnings": self.warnings(),
            "next": next.collect::<Vec<_>>(),
        })
    }

    fn own_json(&self, own: &Own) -> Value {
        let state = self.state();
        let contribution = state.contribution_of(&own.address);
        json!({
            "address": checksummed(&own.address),
            "is_operator": own.address == state.terms.operator,
            "contributed": contribution.map_or(0, |own| own.amount.atomic()),
            "beneficiary": contribution.map(|own| checksummed(&own.beneficiary)),
            "reserved": state.reserved_for(&own.address).map_or(0, oxen_wallet_ethereum::Sesh::atomic),
            "room": state.room_for(&own.address).atomic(),
            "unlocked": own.unlocked.map(|(unlocked, _)| unlocked),
        })
    }
}

/// The word for `finalize=` and for programs.
pub(super) const fn finalizing_word(finalizing: Finalizing) -> &'static str {
    match finalizing {
        Finalizing::AtOnce => "auto",
        Finalizing::ByOperator => "manual",
    }
}

/// Adds to a reply how the contract is now; what was done is done also where that is not known.
pub(super) async fn add_state(
    session: &Session,
    provider: &L2Provider,
    contract: &EthereumAddress,
    mut reply: Reply,
) -> Reply {
    let Ok(report) = Report::read(session, provider, contract, None).await else {
        return reply;
    };
    let state = report.state();
    let _ = write!(reply.text, "\nContract {} is {}", checksummed(contract), state.status);
    if state.status != ContributionStatus::Finalized {
        let _ = write!(
            reply.text,
            "; {} of {} are there",
            state.total(),
            state.terms.requirement
        );
    }
    reply.text.push('.');
    if let (ContributionStatus::Finalized, Some(number)) = (state.status, report.node) {
        let _ = write!(
            reply.text,
            "\nThe node is number {number} of the contract of service nodes. The network takes it up about ten minutes later: \
             print_sn_status on the node shows it then."
        );
    }
    if let Value::Object(fields) = &mut reply.json {
        fields.insert("contribution".to_owned(), report.json());
    }
    reply
}
