//! Service nodes: all of them, the one that the node runs, what the chain decides about them, and registering.

mod chain;
mod list;
mod own;
mod registration;
mod wizard;

use super::command::Command;

pub(super) const COMMANDS: &[&[Command]] = &[own::COMMANDS, list::COMMANDS, registration::COMMANDS, chain::COMMANDS];
