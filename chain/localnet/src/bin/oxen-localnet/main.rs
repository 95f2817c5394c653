//! `oxen-localnet`: a whole local network with one command: an ordinary node, service nodes that make the blocks, wallets.

mod arguments;
mod balances;
mod bring_up;
mod error;
mod from_oxen_to_sesh;
mod screen;
mod steps;
mod what_to_try;

use arguments::Arguments;
use clap::Parser;
use error::LocalnetError;
use oxen_localnet::{arbitrum::Tools, network_folder};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oxen-localnet: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), LocalnetError> {
    if arguments.stop {
        let stopped = network_folder::stop(&arguments.folder())?;
        println!("{stopped} nodes stopped.");
        return Ok(());
    }
    let up = bring_up::bring_up(arguments, bridge_tools(arguments))?;
    what_to_try::print_service_nodes(&up)?;
    if arguments.once {
        from_oxen_to_sesh::walk(&up)?;
        up.network.stop();
        return Ok(());
    }
    what_to_try::print_what_to_try(&up, arguments)?;
    if arguments.keep_running {
        up.network.leave();
        return Ok(());
    }
    let block_time = up.network.block_time()?;
    screen::stay_up(up, block_time)
}

/// What Arbitrum needs; `None`, after a sentence, when it is not wanted or not to be had.
fn bridge_tools(arguments: &Arguments) -> Option<Tools> {
    if arguments.no_bridge {
        return None;
    }
    match Tools::find() {
        Ok(tools) => Some(tools),
        Err(error) => {
            println!("Without Arbitrum: {error}");
            None
        }
    }
}
