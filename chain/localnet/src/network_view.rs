//! How a network is at a moment, as its ordinary node tells it.

use crate::{
    blocks::MadeBlock,
    bridge_view::BridgeView,
    private_network::{NetworkError, PrivateNetwork},
};
use serde_json::{Value, json};
use std::{collections::VecDeque, fmt};

/// Blocks of Pulse over which the mean interval is taken.
const MEAN_OVER: usize = 50;

/// Service nodes by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NodeCounts {
    /// Registered and at work.
    pub active: usize,
    /// Suspended by the votes of others.
    pub decommissioned: usize,
    /// Registered, and not all of the stake is there.
    pub awaiting_contributions: usize,
    /// Not registered, or thrown out.
    pub unregistered: usize,
    /// Whose process has ended.
    pub down: usize,
}

impl NodeCounts {
    /// Counts what `get_service_nodes` lists; `all` are the network's nodes, `down` of them without a process.
    fn of(states: &Value, all: usize, down: usize) -> Self {
        let mut counts = Self {
            down,
            ..Self::default()
        };
        let states = states["service_node_states"].as_array().map_or(&[][..], Vec::as_slice);
        for state in states {
            match (state["funded"] == true, state["active"] == true) {
                (true, true) => counts.active += 1,
                (true, false) => counts.decommissioned += 1,
                (false, _) => counts.awaiting_contributions += 1,
            }
        }
        counts.unregistered = all.saturating_sub(states.len());
        counts
    }
}

impl fmt::Display for NodeCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} active", self.active)?;
        for (count, state) in [
            (self.decommissioned, "decommissioned"),
            (self.awaiting_contributions, "awaiting contributions"),
            (self.unregistered, "not registered"),
            (self.down, "not running"),
        ] {
            if count > 0 {
                write!(f, ", {count} {state}")?;
            }
        }
        Ok(())
    }
}

/// The network at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkView {
    /// The newest block.
    pub newest: MadeBlock,
    /// Which of our service nodes produced it; `None` for a mined one.
    pub producer: Option<usize>,
    /// Seconds between the newest block and the one before it, by their timestamps.
    pub last_interval: Option<u64>,
    /// Mean seconds between the last blocks of Pulse, and between how many.
    pub mean_interval: Option<(f64, usize)>,
    /// Its service nodes.
    pub nodes: NodeCounts,
    /// Transactions that wait.
    pub waiting: u64,
    /// Connections of the ordinary node with peers.
    pub connections: u64,
    /// What is on Arbitrum, where the network has it.
    pub bridge: Option<BridgeView>,
}

impl fmt::Display for NetworkView {
    /// One line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block {}", self.newest.height)?;
        match (&self.newest.pulse, self.producer) {
            (Some(mark), producer) => {
                let key = mark.producer.get(..8).unwrap_or(&mark.producer);
                let name = producer.map_or_else(|| "an unknown node".to_owned(), |index| format!("node {index}"));
                write!(
                    f,
                    ", round {}, by {name} ({key}…), {} of 11 validators",
                    mark.round, mark.validators
                )?;
            }
            (None, _) => f.write_str(", mined")?,
        }
        if let Some(seconds) = self.last_interval {
            write!(f, ", {seconds} s after the one before")?;
        }
        if let Some((mean, blocks)) = self.mean_interval {
            write!(f, " (mean of {blocks}: {mean:.2} s)")?;
        }
        write!(
            f,
            " | service nodes: {} | {} transactions wait, {} peers",
            self.nodes, self.waiting, self.connections
        )?;
        match &self.bridge {
            Some(bridge) => write!(f, " | {bridge}"),
            None => Ok(()),
        }
    }
}

/// Looks at a network again and again and remembers its last blocks.
#[derive(Debug, Default)]
pub struct NetworkWatcher {
    /// The last blocks, oldest first.
    recent: VecDeque<MadeBlock>,
}

impl NetworkWatcher {
    /// How the network is now.
    ///
    /// # Errors
    /// The ordinary node does not answer.
    pub fn look(&mut self, network: &mut PrivateNetwork) -> Result<NetworkView, NetworkError> {
        network.notice_ended()?;
        let info = network.rpc().call("get_info", &json!({}))?;
        let newest = info["height"].as_u64().unwrap_or(1).saturating_sub(1);
        self.follow(network, newest)?;
        let newest = match self.recent.back() {
            Some(block) => block.clone(),
            None => network.block(newest)?,
        };
        let fields = json!({ "fields": { "active": true, "funded": true } });
        let states = network.rpc().call("get_service_nodes", &fields)?;
        let producer = newest
            .pulse
            .as_ref()
            .and_then(|mark| (0..network.node_count()).find(|index| network.node(*index).key() == mark.producer));
        let count = |name: &str| info[name].as_u64().unwrap_or_default();
        Ok(NetworkView {
            producer,
            last_interval: last_interval(&self.recent),
            mean_interval: mean_interval(&self.recent),
            nodes: NodeCounts::of(&states, network.node_count(), network.down_count()),
            waiting: count("tx_pool_size"),
            connections: count("outgoing_connections_count") + count("incoming_connections_count"),
            bridge: BridgeView::look(network),
            newest,
        })
    }

    /// Reads the blocks up to `newest` that were not there at the last look, at most as many as are remembered.
    fn follow(&mut self, network: &PrivateNetwork, newest: u64) -> Result<(), NetworkError> {
        let most = MEAN_OVER as u64 + 1;
        // Taken back by a reorganisation, as far as one can tell from heights: read them anew.
        if self.recent.back().is_some_and(|last| last.height > newest) {
            self.recent.clear();
        }
        let next = self.recent.back().map_or(0, |last| last.height + 1);
        for height in next.max((newest + 1).saturating_sub(most))..=newest {
            self.recent.push_back(network.block(height)?);
            if self.recent.len() > MEAN_OVER + 1 {
                self.recent.pop_front();
            }
        }
        Ok(())
    }
}

fn last_interval(recent: &VecDeque<MadeBlock>) -> Option<u64> {
    let mut newest = recent.iter().rev().map(|block| block.timestamp);
    Some(newest.next()?.saturating_sub(newest.next()?))
}

/// Over the blocks of Pulse that follow one another without a mined one, up to the newest.
fn mean_interval(recent: &VecDeque<MadeBlock>) -> Option<(f64, usize)> {
    let blocks: Vec<&MadeBlock> = recent.iter().rev().take_while(|block| block.pulse.is_some()).collect();
    let (newest, oldest) = (blocks.first()?, blocks.last()?);
    let intervals = u32::try_from(blocks.len() - 1).ok().filter(|count| *count > 0)?;
    let seconds = u32::try_from(newest.timestamp.saturating_sub(oldest.timestamp)).ok()?;
    Some((f64::from(seconds) / f64::from(intervals), blocks.len() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocks::PulseMark;

    fn block(height: u64, timestamp: u64, made_by_pulse: &str) -> MadeBlock {
        MadeBlock {
            height,
            timestamp,
            pulse: (made_by_pulse == "pulse").then(|| PulseMark {
                round: 0,
                producer: "0123456789".to_owned(),
                validators: 11,
            }),
            transactions: 0,
        }
    }

    #[test]
    fn the_mean_begins_with_the_newest_run_of_pulse_blocks() {
        let mut recent = VecDeque::from([block(1, 0, "pulse"), block(2, 50, "mined")]);
        assert_eq!(mean_interval(&recent), None, "the newest block was mined");
        recent.extend([block(3, 60, "pulse"), block(4, 62, "pulse"), block(5, 65, "pulse")]);
        assert_eq!(mean_interval(&recent), Some((2.5, 2)));
        assert_eq!(last_interval(&recent), Some(3));
    }

    #[test]
    fn nodes_are_counted_by_state() {
        let state = |funded: bool, active: bool| json!({ "funded": funded, "active": active });
        let states = json!({ "service_node_states": [
            state(true, true), state(true, true), state(true, false), state(false, false),
        ]});
        let counts = NodeCounts::of(&states, 6, 1);
        assert_eq!(
            counts.to_string(),
            "2 active, 1 decommissioned, 1 awaiting contributions, 2 not registered, 1 not running"
        );
        assert_eq!(NodeCounts::of(&json!({}), 0, 0).to_string(), "0 active");
    }

    #[test]
    fn a_view_is_a_line() {
        let view = NetworkView {
            newest: block(77, 9, "pulse"),
            producer: Some(3),
            last_interval: Some(2),
            mean_interval: Some((2.0, 50)),
            nodes: NodeCounts {
                active: 16,
                ..NodeCounts::default()
            },
            waiting: 1,
            connections: 16,
            bridge: None,
        };
        assert_eq!(
            view.to_string(),
            "block 77, round 0, by node 3 (01234567…), 11 of 11 validators, 2 s after the one before (mean of 50: 2.00 s) \
             | service nodes: 16 active | 1 transactions wait, 16 peers"
        );
    }
}
