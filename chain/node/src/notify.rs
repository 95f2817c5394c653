//! A command of the operator's for each new block.

use oxen_node_api::{ChainEvent, ChainSubscriber};
use std::process::{Command, Stdio};

/// Runs a command for each block that becomes the tip; `%s` in its words becomes the block id.
pub(crate) struct BlockNotify(pub(crate) String);

impl ChainSubscriber for BlockNotify {
    fn on_event(&self, event: &ChainEvent) {
        let ChainEvent::Committed { id, .. } = event else {
            return;
        };
        let mut words = self
            .0
            .split_whitespace()
            .map(|word| word.replace("%s", &id.to_string()));
        let Some(program) = words.next() else { return };
        let spawned = Command::new(&program)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        match spawned {
            // A thread of its own reaps the child, so that the writer never waits for it.
            Ok(mut child) => drop(std::thread::spawn(move || child.wait())),
            Err(error) => tracing::warn!(%error, program, "--block-notify could not be run"),
        }
    }
}
