//! `oxend <command>`: talks to the running node through its admin RPC, prints what it says, and ends (rpc §7.1, §7.2).
//!
//! Knows the node only through its RPC. A walk: `connection` finds and asks the node, `command` is what a command is and how
//! its words are read, `screen` what it prints with; then one file for each group of commands, joined in `all_commands`.

mod blocks;
mod command;
mod connection;
mod error;
mod help;
mod keys;
mod layout;
mod mining;
mod peers;
mod pool;
mod running;
mod screen;
mod service_nodes;
mod transactions;

pub use error::ConsoleError;

use crate::{arguments::NetworkChoice, config_file::Configuration, data_directory, network_choice::named_network};
use command::{Command, Words};
use connection::{NodeAddress, NodeClient};
use screen::Screen;
use std::{
    io::{self, IsTerminal},
    path::PathBuf,
};

/// Every command, by group.
pub(crate) fn all_commands() -> impl Iterator<Item = &'static Command> {
    [help::COMMANDS, running::COMMANDS]
        .into_iter()
        .chain(service_nodes::COMMANDS.iter().copied())
        .chain([
            keys::COMMANDS,
            blocks::COMMANDS,
            transactions::COMMANDS,
            pool::COMMANDS,
            peers::COMMANDS,
            mining::COMMANDS,
        ])
        .flatten()
}

/// What commands work with: the node, and whoever typed the command.
pub(crate) struct Console<'a> {
    pub(crate) node: NodeClient,
    pub(crate) screen: Screen<'a>,
    /// The network that the command line names.
    pub(crate) network_choice: NetworkChoice,
    /// The network's folder in the data directory that the command line names.
    pub(crate) data_directory: PathBuf,
}

/// Runs the command that the command line names.
///
/// # Errors
/// What stands in the way, in a sentence; the program then ends with a failure.
pub fn run_command(configuration: &Configuration) -> Result<(), ConsoleError> {
    let arguments = &configuration.arguments;
    let (name, words) = arguments
        .command
        .split_first()
        .ok_or_else(|| ConsoleError::UnknownCommand { name: String::new() })?;
    let command = find(name)?;
    let words = Words::read(command, words)?;
    let (input, output) = (io::stdin(), io::stdout());
    let is_person = input.is_terminal();
    let screen = Screen::new(
        Box::new(input.lock()),
        Box::new(output.lock()),
        words.format(),
        is_person,
    );
    let network = named_network(&arguments.network)?;
    let folder = data_directory::root(arguments).join(&network.data_directory);
    let address = NodeAddress::find(&arguments.rpc, &folder, network.ports.rpc);
    let mut console = Console {
        node: NodeClient::new(address, arguments.rpc.rpc_login.as_deref()),
        screen,
        network_choice: arguments.network.clone(),
        data_directory: folder,
    };
    (command.run)(&mut console, &words)
}

/// The command of that name.
pub(crate) fn find(name: &str) -> Result<&'static Command, ConsoleError> {
    all_commands()
        .find(|command| command.name == name || command.aliases.contains(&name))
        .ok_or_else(|| ConsoleError::UnknownCommand { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_belongs_to_one_command() {
        let names: Vec<&str> = all_commands()
            .flat_map(|command| command.aliases.iter().copied().chain([command.name]))
            .collect();
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(names.len(), distinct.len());
        assert!(find("status").is_ok());
        assert!(matches!(find("statusses"), Err(ConsoleError::UnknownCommand { .. })));
    }

    #[test]
    fn every_command_says_what_it_does_in_a_sentence() {
        for command in all_commands() {
            assert!(command.summary.ends_with('.'), "{}", command.name);
        }
    }
}
