//! The program: reads its command line and runs the wallet.
#![forbid(unsafe_code)]

use clap::Parser;
use oxen_wallet_cli::{options::Options, program};
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(program::run(&Options::parse()).number())
}
