//! The command line of `oxen-localnet`.

use clap::{Parser, ValueEnum};
use oxen_localnet::{BridgeSettings, NetworkRules, NetworkSettings, OXEN, Processes, arbitrum::Tools, node::Tie};
use serde_json::json;
use std::{num::NonZeroU64, path::PathBuf};

/// Service nodes unless told otherwise.
const NODES: u16 = 16;
/// The same with Arbitrum: service nodes sign for what a checkpoint has made final, checkpoints take twenty active nodes, and some may be killed.
const NODES_WITH_BRIDGE: u16 = 22;
/// Seconds between blocks unless told otherwise.
const BLOCK_SECONDS: u64 = 2;
/// The same with `--fast`.
const FAST_BLOCK_SECONDS: u64 = 1;
/// What a service node holds with `--fast`, atomic OXEN.
const FAST_REQUIREMENT: u64 = 10 * OXEN;

const AFTER_HELP: &str = "\
Examples:
  oxen-localnet                          22 service nodes, a block every two seconds, Arbitrum beside them
  oxen-localnet --no-bridge              sixteen service nodes and no Arbitrum
  oxen-localnet --fast                   a block every second
  oxen-localnet --nodes 20 --block-time 10 --data-dir /tmp/network
  oxen-localnet --processes one          every node in one process
  oxen-localnet --once                   show everything and end; the exit status tells whether all went well
  oxen-localnet --keep-running           end when the network is up and leave it running ...
  oxen-localnet --stop                   ... and stop it

A network that lies in the data directory already goes on, also after the power went: its block time and its stakes \
stay as they were, and --nodes may only grow. With fewer than twelve service nodes at work blocks are mined instead.";

/// A whole Oxen network on this machine: real nodes with sockets and databases, service nodes that are registered from a wallet
/// and make the blocks by Pulse, wallets with money. Stays up, shows how it goes, and is yours to play with.
#[derive(Debug, Parser)]
#[command(name = "oxen-localnet", version, max_term_width = 120, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// Where everything is kept, `.oxen/local-network` in the home folder by default; a network that is there already goes on.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Service nodes; Pulse needs 12, checkpoints and with them claims on Arbitrum 20. By default 22, and 16 without Arbitrum.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(0..=60))]
    pub(crate) nodes: Option<u16>,

    /// Without Arbitrum: stakes stay in OXEN, and there is no swap. A network that began with it needs it.
    #[arg(long)]
    pub(crate) no_bridge: bool,

    /// Seconds between blocks, whole ones; rounds and stages of Pulse and the times of uptime proofs follow. 2 by default.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=600))]
    pub(crate) block_time: Option<u16>,

    /// The shortest times and the smallest stakes: a block every second, 10 OXEN a service node.
    #[arg(long)]
    pub(crate) fast: bool,

    /// Where the nodes run, each with its own sockets and database: each in a process of its own, which can be killed and started
    /// again, or all in one. A network may change from one to the other whenever it is started.
    #[arg(long, value_name = "HOW_MANY", value_enum, default_value_t = ProcessCount::Many)]
    pub(crate) processes: ProcessCount,

    /// Port of the ordinary node's JSON-RPC; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 22023)]
    pub(crate) rpc_port: u16,

    /// Show everything and end, instead of staying up.
    #[arg(long, conflicts_with = "keep_running")]
    pub(crate) once: bool,

    /// Leave the network running in the background when everything was shown; --stop ends it.
    #[arg(long)]
    pub(crate) keep_running: bool,

    /// Stop the network of the data directory, whoever started it.
    #[arg(long, conflicts_with_all = ["once", "keep_running", "fast", "block_time"])]
    pub(crate) stop: bool,
}

/// How many processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProcessCount {
    /// All nodes in one.
    One,
    /// One for each node.
    Many,
}

impl Arguments {
    /// Where the network is.
    pub(crate) fn folder(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| {
            std::env::home_dir()
                .unwrap_or_else(|| PathBuf::from("."))
                .join(".oxen")
                .join("local-network")
        })
    }

    /// What it is started with.
    pub(crate) fn settings(&self, tools: Option<Tools>) -> NetworkSettings {
        let pace = if self.fast { FAST_BLOCK_SECONDS } else { BLOCK_SECONDS };
        let block_seconds = NonZeroU64::new(self.block_time.map_or(pace, u64::from)).unwrap_or(NonZeroU64::MIN);
        let mut rules = NetworkRules::pulse(block_seconds);
        let usual = if tools.is_some() { NODES_WITH_BRIDGE } else { NODES };
        let service_nodes = usize::from(self.nodes.unwrap_or(usual));
        if self.fast {
            rules = rules.with("OXEN_STAKING_REQUIREMENT", json!(FAST_REQUIREMENT));
        }
        NetworkSettings {
            rpc_port: self.rpc_port,
            tie: if self.keep_running {
                Tie::GoesOn
            } else {
                Tie::EndsWithUs
            },
            processes: match self.processes {
                ProcessCount::One => Processes::One,
                ProcessCount::Many => Processes::Many,
            },
            bridge: tools.map(BridgeSettings::new),
            ..NetworkSettings::new(service_nodes, rules)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use oxen_localnet::rules::PULSE_MIN_SERVICE_NODES;

    #[test]
    fn the_command_line_is_consistent_and_defaults_to_a_network_with_pulse() {
        Arguments::command().debug_assert();
        let settings = Arguments::parse_from(["oxen-localnet"]).settings(None);
        assert!(settings.service_nodes >= PULSE_MIN_SERVICE_NODES);
        assert_eq!(settings.tie, Tie::EndsWithUs);
        assert_eq!(settings.processes, Processes::Many);
    }

    #[test]
    fn block_times_are_whole_seconds_from_one_on() {
        for wrong in ["0", "0.5", "-1", "601"] {
            let option = format!("--block-time={wrong}");
            assert!(
                Arguments::try_parse_from(["oxen-localnet", &option]).is_err(),
                "{wrong}"
            );
        }
        let given = Arguments::parse_from(["oxen-localnet", "--fast", "--block-time=3"]);
        let rules = NetworkRules::pulse(NonZeroU64::new(3).unwrap());
        let expected = rules.with("OXEN_STAKING_REQUIREMENT", json!(FAST_REQUIREMENT));
        assert_eq!(given.settings(None).rules, expected);
    }
}
