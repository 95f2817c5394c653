//! The configuration file: `name=value` lines with the names of the command line (rpc §7.5).

use crate::arguments::{Arguments, UNSUPPORTED_OPTIONS};
use clap::{ArgMatches, CommandFactory, FromArgMatches, parser::ValueSource};
use std::{
    ffi::OsString,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Why the configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The command line, or an option of the file, is wrong; clap's text says how.
    #[error(transparent)]
    Arguments(#[from] clap::Error),
    /// The file that was named cannot be read.
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line has no `=`.
    #[error("{}, line {line}: write `name=value`", path.display())]
    NotAnOption {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An option that does not exist.
    #[error("{}, line {line}: there is no option `{name}`; `oxend --help` lists them", path.display())]
    UnknownOption {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The name found.
        name: String,
    },
}

/// What the command line and the file together say.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The options.
    pub arguments: Arguments,
    /// Options of the file that this node knows of but has no use for.
    pub ignored: Vec<String>,
}

/// Reads the command line and the configuration file it names, or `oxen.conf` in the data directory.
///
/// # Errors
/// Either is wrong.
pub fn read_configuration<I, T>(command_line: I) -> Result<Configuration, ConfigError>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let words: Vec<OsString> = command_line.into_iter().map(Into::into).collect();
    let matches = Arguments::command().try_get_matches_from(&words)?;
    let arguments = Arguments::from_arg_matches(&matches)?;
    let path = arguments
        .config_file
        .clone()
        .unwrap_or_else(|| crate::data_directory::root(&arguments).join("oxen.conf"));
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && arguments.config_file.is_none() => {
            return Ok(Configuration {
                arguments,
                ignored: Vec::new(),
            });
        }
        Err(source) => return Err(ConfigError::Unreadable { path, source }),
    };
    let (options, ignored) = parse(&path, &text, &matches)?;
    let (program, rest) = words
        .split_first()
        .map_or((OsString::from("oxend"), &words[..]), |(first, rest)| {
            (first.clone(), rest)
        });
    let all = std::iter::once(program).chain(options).chain(rest.iter().cloned());
    let arguments = Arguments::from_arg_matches(&Arguments::command().try_get_matches_from(all)?)?;
    Ok(Configuration { arguments, ignored })
}

/// The file's options as words of a command line, without those that the command line gives itself.
fn parse(path: &Path, text: &str, given: &ArgMatches) -> Result<(Vec<OsString>, Vec<String>), ConfigError> {
    let command = Arguments::command();
    let network_given = ["testnet", "stagenet", "devnet", "regtest", "network"]
        .iter()
        .any(|id| given.value_source(id) == Some(ValueSource::CommandLine));
    let mut words = Vec::new();
    let mut ignored = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.split('#').next().unwrap_or_default().trim();
        if content.is_empty() {
            continue;
        }
        let (name, value) = content
            .split_once('=')
            .map(|(name, value)| (name.trim(), value.trim()))
            .ok_or_else(|| ConfigError::NotAnOption {
                path: path.to_owned(),
                line,
            })?;
        if UNSUPPORTED_OPTIONS.contains(&name) {
            ignored.push(name.to_owned());
            continue;
        }
        let Some(argument) = command
            .get_arguments()
            .find(|argument| argument.get_long() == Some(name))
        else {
            return Err(ConfigError::UnknownOption {
                path: path.to_owned(),
                line,
                name: name.to_owned(),
            });
        };
        let id = argument.get_id().as_str();
        let names_network = ["testnet", "stagenet", "devnet", "regtest", "network"].contains(&id);
        if given.value_source(id) == Some(ValueSource::CommandLine) || (names_network && network_given) {
            continue;
        }
        if argument.get_action().takes_values() {
            words.push(OsString::from(format!("--{name}={value}")));
        } else if matches!(value, "1" | "true" | "yes") {
            words.push(OsString::from(format!("--{name}")));
        }
    }
    Ok((words, ignored))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, command_line: &[&str]) -> Result<Configuration, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("oxen.conf");
        fs::write(&path, file).unwrap();
        let config = format!("--config-file={}", path.display());
        let words = ["oxend", config.as_str()]
            .into_iter()
            .chain(command_line.iter().copied());
        read_configuration(words.map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_file_is_read_and_the_command_line_wins() {
        let file = "# a comment\nregtest=1\nlog-level=debug # behind\nrpc-public=127.0.0.1:1\nrpc-public=127.0.0.1:2\n";
        let arguments = read(file, &["--log-level", "warning"]).unwrap().arguments;
        assert!(arguments.network.regtest);
        assert_eq!(arguments.log_level, "warning");
        assert_eq!(arguments.rpc.rpc_public.len(), 2);
    }

    #[test]
    fn a_service_node_is_configured_by_file_or_by_command_line() {
        let file = "service-node=1\nservice-node-public-ip=1.2.3.4\nquorumnet-port=22025\n";
        let options = read(file, &["--quorumnet-port=5"]).unwrap().arguments.service_node;
        assert!(options.service_node && !options.dev_allow_local_ips);
        assert_eq!(options.service_node_public_ip, Some([1, 2, 3, 4].into()));
        assert_eq!(options.quorumnet_port, Some(5));
        for wrong in [
            "service-node-public-ip=::1",
            "service-node-public-ip=here",
            "quorumnet-port=0",
        ] {
            assert!(matches!(read(wrong, &[]), Err(ConfigError::Arguments(_))), "{wrong}");
        }
    }

    #[test]
    fn the_example_holds_only_options_that_exist() {
        let example = include_str!("../../../docs/operating/oxen.conf");
        assert!(read(example, &[]).unwrap().ignored.is_empty());
        let options = example
            .lines()
            .map(|line| line.strip_prefix('#').unwrap_or(line))
            .filter(|line| line.split_once('=').is_some_and(|(name, _)| !name.contains(' ')))
            // Two networks exclude each other.
            .filter(|line| !line.starts_with("network="));
        let all = options.collect::<Vec<_>>().join("\n");
        let configuration = read(&all, &[]).unwrap();
        assert!(configuration.ignored.is_empty());
        assert!(configuration.arguments.service_node.service_node, "{all}");
    }

    #[test]
    fn a_command_stands_among_the_options() {
        let configuration = read("regtest=1\n", &["alt_chain_info", "-5", "+json", "--rpc-port=7"]).unwrap();
        assert_eq!(configuration.arguments.command, ["alt_chain_info", "-5", "+json"]);
        assert_eq!(configuration.arguments.rpc.rpc_port, Some(7));
        assert!(configuration.arguments.network.regtest);
    }

    #[test]
    fn a_network_of_the_command_line_replaces_that_of_the_file() {
        let arguments = read("testnet=1\n", &["--regtest"]).unwrap().arguments;
        assert!(arguments.network.regtest && !arguments.network.testnet);
    }

    #[test]
    fn options_of_the_reference_daemon_are_ignored_and_told() {
        let configuration = read("regtest=1\ndb-salvage=1\nl2-skip-proof-check=1\n", &[]).unwrap();
        assert_eq!(configuration.ignored, ["db-salvage", "l2-skip-proof-check"]);
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        assert!(matches!(
            read("\nwhat=1", &[]),
            Err(ConfigError::UnknownOption { line: 2, .. })
        ));
        assert!(matches!(
            read("regtest", &[]),
            Err(ConfigError::NotAnOption { line: 1, .. })
        ));
        assert!(matches!(read("rpc-port=many", &[]), Err(ConfigError::Arguments(_))));
    }

    #[test]
    fn a_file_that_was_named_must_exist() {
        let result = read_configuration(["oxend", "--config-file=/nonexistent/oxen.conf"]);
        assert!(matches!(result, Err(ConfigError::Unreadable { .. })));
    }
}
