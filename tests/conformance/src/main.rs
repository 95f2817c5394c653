//! `oxen-conformance`: compares this implementation with recorded chains.

use clap::{Args, Parser, Subcommand};
use oxen_conformance::{
    ConformanceError, Recording, Report, decode,
    error::exit_code,
    replay::{self, Course},
};
use oxen_types::Height;
use std::{path::PathBuf, process::ExitCode, time::Instant};

const EXIT_CODES: &str = "\
Exit codes:
  0  everything that was compared agrees
  1  something differs; the first difference is printed in full
  2  the arguments, the directory or a file are not usable: nothing was proved
  3  the chain has blocks of forks whose rules this version does not have (replay only)

The directory holds JSON files, each plain (.json) or gzipped (.json.gz): network, blocks, txs and outputs must be there;
state, quorums, wallets, service_node_keys, sqlite_db, rpc_final, reorg and events may be. What is absent is told.
The table goes to standard output, progress to standard error.";

/// Proves that this implementation agrees, byte for byte, with a chain that the reference daemon made and recorded.
#[derive(Debug, Parser)]
#[command(name = "oxen-conformance", version, after_help = EXIT_CODES)]
struct CommandLine {
    /// Worker threads; one for each core when not given.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Takes every block and transaction apart and puts it together again; computes ids, weights and indices; verifies proofs
    /// and signatures; scans for every wallet. Works for every fork.
    Decode(Target),
    /// Feeds every block to the state transition, compares the state at every height, takes all blocks back and applies them
    /// again. Works for chains of HF19.
    Replay(Replay),
}

#[derive(Debug, Args)]
struct Target {
    /// Directory of a recorded chain.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

#[derive(Debug, Args)]
struct Replay {
    #[command(flatten)]
    target: Target,
    /// Compare, and verify proofs, from this height on; blocks below are applied by all other rules.
    #[arg(long, value_name = "HEIGHT")]
    from: Option<u64>,
}

impl Command {
    const fn target(&self) -> &Target {
        match self {
            Self::Decode(target) | Self::Replay(Replay { target, .. }) => target,
        }
    }

    fn run(&self, recording: &Recording) -> Result<Report, ConformanceError> {
        match self {
            Self::Decode(_) => Ok(decode::run(recording)),
            Self::Replay(options) => {
                let from = Height::new(options.from.unwrap_or(0));
                replay::run(recording, from, Course::ForwardBackForward)
            }
        }
    }
}

fn main() -> ExitCode {
    match execute(&CommandLine::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("oxen-conformance: {error}");
            ExitCode::from(exit_code(&error))
        }
    }
}

/// True when everything agrees.
fn execute(line: &CommandLine) -> Result<bool, ConformanceError> {
    let started = Instant::now();
    rayon::ThreadPoolBuilder::new()
        .num_threads(line.threads.map_or(0, usize::from))
        .build_global()?;
    let recording = Recording::open(&line.command.target().directory)?;
    println!(
        "{}: network {}, {} blocks, {} transactions, {} outputs",
        recording.path.display(),
        recording.network.name,
        recording.blocks.len(),
        recording.transactions.len(),
        recording.outputs.len()
    );
    let report = line.command.run(&recording)?;
    print!("{report}");
    for absent in &recording.absent {
        println!(
            "absent or empty: {} (not compared: {})",
            absent.name, absent.consequence
        );
    }
    if !recording.unread.is_empty() {
        println!("not read: {}", recording.unread.join(", "));
    }
    if !recording.unknown_network_keys.is_empty() {
        println!(
            "not understood in network.json: {}",
            recording.unknown_network_keys.join(", ")
        );
    }
    let verdict = if report.is_success() { "AGREES" } else { "DIFFERS" };
    println!(
        "{verdict}: {} comparisons, {} checks differ, {:.1} s",
        report.total(),
        report.differences().len(),
        started.elapsed().as_secs_f64()
    );
    Ok(report.is_success())
}
