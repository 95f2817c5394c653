//! Registering the service nodes of a network as operators do: the node prepares the line, a wallet sends it.

use crate::{
    private_network::{NetworkError, PrivateNetwork, Seen},
    rules::{self, OXEN, PULSE_MIN_SERVICE_NODES},
    wallet::Wallet,
};
use serde_json::{Value, json};

/// No registration in OXEN from this hard fork on.
const HF20: u64 = 20;

/// Most registrations that one wallet sends in one go: the faucet has a hundred outputs, and each takes one.
const REGISTRATIONS_TOGETHER: usize = 64;

/// How many service nodes are registered together beside those that others can find: so few that seven of the eleven validators of
/// the next block are nearly always among the latter.
fn next_registrations(known: usize, waiting: usize) -> usize {
    (known / 3).clamp(1, waiting)
}

impl PrivateNetwork {
    /// Prepares the registration of a service node on it and sends it from the wallet of the operator, who is named first.
    /// Amounts are atomic OXEN, the fee is in hundredths of a percent.
    ///
    /// # Errors
    /// The node or the wallet refused.
    pub fn register(
        &self,
        index: usize,
        operator: &Wallet,
        fee: u64,
        reserved: &[(&str, u64)],
    ) -> Result<Value, NetworkError> {
        let line = self.registration_line(index, fee, reserved)?;
        Ok(operator.command(&line.split_whitespace().collect::<Vec<_>>())?)
    }

    /// Registers every service node that is not registered yet, each with its whole stake by one operator, and gives how many
    /// were. All that wait together go into one block. From HF20 on nobody is registered in OXEN any more, and none is.
    ///
    /// Those with which Pulse begins come last, a few at a time, when the others have sent their uptime proofs: a proof is sent once
    /// a block stands on the registration, and tells where the node is, without which no quorum could meet to make that block.
    ///
    /// # Errors
    /// A node or the wallet refused, or they do not get into blocks.
    pub fn register_all(&self, operator: &Wallet) -> Result<usize, NetworkError> {
        if self.has_gone_over()? {
            return Ok(0);
        }
        let missing = self.unregistered()?;
        let before_pulse = self.fewest_for_pulse()?.saturating_sub(1);
        let registered = self.node_count() - missing.len();
        let first = before_pulse.saturating_sub(registered).min(missing.len());
        let (first, rest) = missing.split_at(first);
        self.register_these(first, operator)?;
        let mut rest = rest;
        if !first.is_empty() && !rest.is_empty() {
            self.await_proofs_of_new()?;
        }
        while !rest.is_empty() {
            let (next, later) = rest.split_at(next_registrations(self.node_count() - rest.len(), rest.len()));
            self.register_these(next, operator)?;
            rest = later;
            if !rest.is_empty() {
                self.await_proofs_of_new()?;
            }
        }
        Ok(missing.len())
    }

    /// After the block that stands on their registrations.
    fn await_proofs_of_new(&self) -> Result<(), NetworkError> {
        self.advance(1)?;
        self.await_proofs()
    }

    /// Has the network reached HF20?
    ///
    /// # Errors
    /// The node does not answer, or the description cannot be read.
    pub fn has_gone_over(&self) -> Result<bool, NetworkError> {
        let height = self.rpc().height()?;
        Ok(self.fork_height(HF20)?.is_some_and(|begin| begin <= height))
    }

    /// The height at which a hard fork begins; `None` where the network has none of this version.
    ///
    /// # Errors
    /// The description cannot be read.
    pub fn fork_height(&self, version: u64) -> Result<Option<u64>, NetworkError> {
        let description = rules::read_description(self.description())?;
        let forks = description["hard_forks"].as_array().map_or(&[][..], Vec::as_slice);
        let fork = forks.iter().find(|fork| fork["version"] == version);
        Ok(fork.and_then(|fork| fork["height"].as_u64()))
    }

    /// Waits until the ordinary node has an uptime proof of every registered service node.
    ///
    /// # Errors
    /// One does not come.
    pub fn await_proofs(&self) -> Result<(), NetworkError> {
        let fields = json!({ "fields": { "last_uptime_proof": true } });
        self.await_that("an uptime proof of every service node", || {
            let states = self.rpc().call("get_service_nodes", &fields)?;
            let states = states["service_node_states"].as_array().map_or(&[][..], Vec::as_slice);
            let silent = |state: &&Value| state["last_uptime_proof"].as_u64().unwrap_or_default() == 0;
            Ok(match states.iter().filter(silent).count() {
                0 => Seen::Yes(()),
                silent => Seen::NotYet(format!("{silent} of {} have sent none", states.len())),
            })
        })
    }

    /// Registers service nodes, a wallet-full at a time, and waits until they are.
    fn register_these(&self, nodes: &[usize], operator: &Wallet) -> Result<(), NetworkError> {
        let address = operator.address()?;
        let requirement = self.requirement()?;
        for nodes in nodes.chunks(REGISTRATIONS_TOGETHER) {
            let lines: Vec<String> = nodes
                .iter()
                .map(|index| self.registration_line(*index, 0, &[(&address, requirement)]))
                .collect::<Result<_, _>>()?;
            operator.commands(&lines)?;
            self.await_block_that("every registration in a block", || {
                let missing = self.unregistered()?;
                let waiting = nodes.iter().filter(|index| missing.contains(index)).count();
                Ok(match waiting {
                    0 => Seen::Yes(()),
                    waiting => Seen::NotYet(format!("{waiting} service nodes are not registered")),
                })
            })?;
        }
        Ok(())
    }

    /// Active service nodes from which on Pulse makes the blocks.
    fn fewest_for_pulse(&self) -> Result<usize, NetworkError> {
        let described = rules::described_number(self.description(), "PULSE_MIN_SERVICE_NODES")?;
        Ok(described
            .and_then(|nodes| usize::try_from(nodes).ok())
            .unwrap_or(PULSE_MIN_SERVICE_NODES))
    }

    /// What a service node of the next block must hold, atomic OXEN.
    ///
    /// # Errors
    /// The node does not answer.
    pub fn requirement(&self) -> Result<u64, NetworkError> {
        let info = self.rpc().call("get_info", &json!({}))?;
        Ok(info["staking_requirement"].as_u64().unwrap_or(100 * OXEN))
    }

    fn registration_line(&self, index: usize, fee: u64, reserved: &[(&str, u64)]) -> Result<String, NetworkError> {
        let mut arguments = vec![fee.to_string()];
        for (address, amount) in reserved {
            arguments.extend([(*address).to_owned(), amount.to_string()]);
        }
        let answer = self
            .node(index)
            .rpc()
            .call("get_service_node_registration_cmd_raw", &json!({ "args": arguments }))?;
        Ok(answer["registration_cmd"].as_str().unwrap_or_default().to_owned())
    }

    /// The service nodes that the ordinary node does not know.
    fn unregistered(&self) -> Result<Vec<usize>, NetworkError> {
        let answer = self.rpc().call(
            "get_service_nodes",
            &json!({ "fields": { "service_node_pubkey": true } }),
        )?;
        let registered: Vec<&str> = answer["service_node_states"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|state| state["service_node_pubkey"].as_str())
            .collect();
        Ok((0..self.node_count())
            .filter(|index| !registered.contains(&self.node(*index).key()))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_than_a_quarter_of_a_network_is_new() {
        let (mut known, mut steps) = (11, Vec::new());
        while known < 40 {
            let next = next_registrations(known, 40 - known);
            steps.push(next);
            known += next;
        }
        assert_eq!(steps, [3, 4, 6, 8, 8]);
        assert_eq!(next_registrations(0, 5), 1);
    }
}
