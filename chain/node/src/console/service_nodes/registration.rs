//! `prepare_registration`: questions, and the line that the operator pastes into the wallet (rpc §7.4).

use super::wizard::{Progress, Registration, Terms, Wizard};
use crate::{
    arguments::NetworkChoice,
    console::{
        Console, ConsoleError,
        command::{Command, Words},
        layout,
    },
    network_choice::named_network,
};
use oxen_rpc::types::{
    chain::{InfoAnswer, NoParameters},
    service_nodes::{
        own::ServiceNodeStatusAnswer,
        registration::{RegistrationAnswer, RegistrationContribution, RegistrationRequest},
        stakes::{StakingRequirementAnswer, StakingRequirementRequest},
    },
};
use oxen_types::{Amount, Network, network::CompanionServices};
use serde_json::Value;

pub(super) const COMMANDS: &[Command] = &[
    Command::new(
        "prepare_registration",
        "Asks how this service node is to be registered and prints the line for the operator's wallet; +force leaves the checks out.",
        prepare_registration,
    )
    .flags(&[FORCE]),
    Command::new(
        "prepare_eth_registration",
        "Data for a registration by contract; for HF20 and later.",
        prepare_eth_registration,
    )
    .takes("ETH-ADDRESS [print]"),
];

const FORCE: &str = "+force";

/// The fork under whose rules a wallet registers.
const WALLET_REGISTRATION: u8 = 19;

fn prepare_registration(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let info = console.node.call::<_, InfoAnswer>("get_info", NoParameters {})?.value;
    let own = console
        .node
        .call::<_, ServiceNodeStatusAnswer>("get_service_node_status", NoParameters {})?
        .value;
    check_fork(&info)?;
    let network = network_of(&info, &console.network_choice)?;
    for problem in problems(&info, &own, &network) {
        if !words.has(FORCE) {
            return Err(ConsoleError::NotReady(format!(
                "{problem}. {FORCE} registers all the same"
            )));
        }
        console.screen.say(&format!("WARNING: {problem}"))?;
    }
    let requirement = console
        .node
        .call::<_, StakingRequirementAnswer>("get_staking_requirement", StakingRequirementRequest::default())?
        .value
        .staking_requirement;
    console.screen.say(&format!(
        "Service node {}\nIt must hold {} on {}.",
        own.service_node_state.service_node_pubkey,
        layout::oxen(requirement),
        info.nettype
    ))?;
    let terms = Terms {
        requirement: Amount::from_atomic(requirement),
        operator_minimum: Amount::from_atomic(info.min_operator_contribution),
        most_contributors: usize::try_from(info.max_contributors).unwrap_or(usize::MAX),
        prefixes: network.address_prefixes,
        network: network.name,
    };
    let registration = ask(console, Wizard::new(terms))?;
    let answer = console
        .node
        .call::<_, RegistrationAnswer>("get_service_node_registration_cmd", request(registration, requirement))?;
    console
        .screen
        .say("Paste this line whole into the operator's wallet; it holds until the next hard fork.")?;
    console
        .screen
        .show(&answer, |answer| answer.registration_cmd.trim().to_owned())
}

fn request(registration: Registration, requirement: u64) -> RegistrationRequest {
    RegistrationRequest {
        operator_cut: registration.fee.percent(),
        contributions: registration
            .parts
            .into_iter()
            .map(|part| RegistrationContribution {
                address: part.address,
                amount: part.amount.atomic(),
            })
            .collect(),
        staking_requirement: Some(requirement),
        ..RegistrationRequest::default()
    }
}

/// Asks until there is nothing more to ask.
fn ask(console: &mut Console<'_>, mut wizard: Wizard) -> Result<Registration, ConsoleError> {
    loop {
        if let Some(summary) = wizard.summary() {
            console.screen.say(&summary)?;
        }
        let text = console.screen.ask(&wizard.question())?;
        match wizard.answer(&text) {
            Progress::Next => {}
            Progress::Again(mistake) => console.screen.say(&mistake)?,
            Progress::Done(registration) => return Ok(registration),
            Progress::Cancelled => return Err(ConsoleError::Cancelled),
        }
    }
}

/// Before HF19 amounts are portions, after it the contract registers.
fn check_fork(info: &InfoAnswer) -> Result<(), ConsoleError> {
    if info.hard_fork == WALLET_REGISTRATION {
        return Ok(());
    }
    Err(ConsoleError::NotReady(if info.hard_fork > WALLET_REGISTRATION {
        format!(
            "at hard fork {} service nodes are registered by contract: see prepare_eth_registration",
            info.hard_fork
        )
    } else {
        format!(
            "at hard fork {} this version registers no service nodes; wait for hard fork {WALLET_REGISTRATION}",
            info.hard_fork
        )
    }))
}

/// The network that the node is on, for its addresses.
fn network_of(info: &InfoAnswer, choice: &NetworkChoice) -> Result<Network, ConsoleError> {
    let named = named_network(choice)?;
    let built_in = match info.nettype.as_str() {
        "mainnet" => Network::mainnet(),
        "testnet" => Network::testnet(),
        "devnet" => Network::devnet(),
        "stagenet" => Network::stagenet(),
        "localdev" => Network::localdev(),
        "fakechain" => Network::regtest(),
        _ if choice.network.is_some() => named,
        _ => {
            return Err(ConsoleError::NotReady(
                "the node is on a private network: name it with --network FILE, so that addresses can be checked"
                    .to_owned(),
            ));
        }
    };
    Ok(built_in)
}

/// What stands in the way of a registration, a sentence without its full stop each.
fn problems(info: &InfoAnswer, own: &ServiceNodeStatusAnswer, network: &Network) -> Vec<String> {
    let mut problems = Vec::new();
    if !info.synchronized {
        problems.push(format!(
            "the node is still catching up: height {} of {}",
            info.height, info.target_height
        ));
    }
    if own.registered {
        problems.push(format!(
            "the service node {} is registered already",
            own.service_node_state.service_node_pubkey
        ));
    }
    if network.companion_services == CompanionServices::Required {
        let validity = network.uptime.frequency_seconds;
        let silent = |last_ping: u64| info.adjusted_time.saturating_sub(last_ping) > validity;
        problems.extend(
            own.companions
                .iter()
                .filter(|companion| silent(companion.last_ping))
                .map(|companion| {
                    format!(
                        "{} has not pinged for more than {}: start it, and look that it reaches this node",
                        companion.name,
                        layout::seconds(validity)
                    )
                }),
        );
    }
    problems
}

fn prepare_eth_registration(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let address: String = words.required(0, "Ethereum address")?;
    // There is no contract before HF20: the node says what it can do.
    let answer = console
        .node
        .call::<_, Value>("bls_registration_request", serde_json::json!({ "address": address }))?;
    console.screen.json(&answer.json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_rpc::types::service_nodes::own::CompanionEntry;

    fn info() -> InfoAnswer {
        InfoAnswer {
            hard_fork: 19,
            synchronized: true,
            nettype: "mainnet".to_owned(),
            adjusted_time: 1_000_000,
            ..InfoAnswer::default()
        }
    }

    fn own(last_ping: u64) -> ServiceNodeStatusAnswer {
        ServiceNodeStatusAnswer {
            companions: vec![CompanionEntry {
                name: "storage server".to_owned(),
                last_ping,
                ..CompanionEntry::default()
            }],
            ..ServiceNodeStatusAnswer::default()
        }
    }

    #[test]
    fn a_silent_storage_server_stands_in_the_way_where_one_is_required() {
        let silent = problems(&info(), &own(0), &Network::mainnet());
        assert!(silent[0].contains("storage server has not pinged"), "{silent:?}");
        assert!(problems(&info(), &own(999_990), &Network::mainnet()).is_empty());
        assert!(problems(&info(), &own(0), &Network::regtest()).is_empty());
    }

    #[test]
    fn a_registered_or_lagging_node_is_not_registered_again() {
        let registered = ServiceNodeStatusAnswer {
            registered: true,
            ..own(999_990)
        };
        let lagging = InfoAnswer {
            synchronized: false,
            ..info()
        };
        let found = problems(&lagging, &registered, &Network::mainnet());
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn forks_without_registration_by_wallet_are_refused() {
        assert!(check_fork(&info()).is_ok());
        let later = InfoAnswer {
            hard_fork: 21,
            ..info()
        };
        let error = check_fork(&later).unwrap_err().to_string();
        assert!(error.contains("prepare_eth_registration"), "{error}");
    }

    #[test]
    fn the_nodes_network_decides_about_addresses() {
        let choice = NetworkChoice::default();
        let regtest = InfoAnswer {
            nettype: "fakechain".to_owned(),
            ..info()
        };
        assert_eq!(network_of(&regtest, &choice).unwrap().name, Network::regtest().name);
        let private = InfoAnswer {
            nettype: "private".to_owned(),
            ..info()
        };
        assert!(
            network_of(&private, &choice)
                .unwrap_err()
                .to_string()
                .contains("--network")
        );
    }
}
