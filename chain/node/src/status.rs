//! The line that tells an operator how the node is (rpc §7.3).

use oxen_node_api::{ChainReader, Direction, PeerControl, Pool, SyncState};
use oxen_state::{ViewError, queries};
use oxen_types::{
    Height, Network, Timestamp,
    network::{HardFork, NetworkKind},
};
use std::{fmt, time::Duration};

/// How the node is; prints as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeStatus {
    network: Option<String>,
    /// Number of blocks.
    height: u64,
    /// Number of blocks of the peers, while they have more.
    target: Option<u64>,
    fork: HardFork,
    /// The fork to come, and in how long.
    next_fork: Option<(HardFork, Duration)>,
    /// Outgoing and incoming connections; `None` for a node that stays alone.
    connections: Option<(usize, usize)>,
    pool: usize,
    /// Age of the newest block; `None` for the genesis block, which has no time worth telling.
    last_block: Option<Duration>,
    uptime: Duration,
}

impl NodeStatus {
    /// Looks at the services of the node.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) fn gather(
        chain: &dyn ChainReader,
        pool: &dyn Pool,
        peers: Option<&dyn PeerControl>,
        now: Timestamp,
        uptime: Duration,
    ) -> Result<Self, ViewError> {
        let network = chain.network();
        let (height, tip) = queries::tip(&*chain.snapshot())?;
        let age = Duration::from_secs(now.seconds().saturating_sub(tip.timestamp.seconds()));
        Ok(Self {
            network: (network.kind != NetworkKind::Mainnet).then(|| network.name.clone()),
            height: height.next().index(),
            target: match peers.map(PeerControl::sync_state) {
                Some(SyncState::CatchingUp { target }) => Some(target.next().index()),
                Some(SyncState::Synchronised) | None => None,
            },
            fork: network.forks.version_at(height.next()),
            next_fork: next_fork(network, height),
            connections: peers.map(count_connections),
            pool: pool.len(),
            last_block: (height != Height::GENESIS).then_some(age),
            uptime,
        })
    }
}

fn next_fork(network: &Network, height: Height) -> Option<(HardFork, Duration)> {
    let fork = network.forks.iter().find(|fork| fork.height > height.next())?;
    let blocks = fork.height.since(height);
    let wait = Duration::from_secs(blocks.saturating_mul(network.target_block_seconds));
    Some((*fork, wait))
}

fn count_connections(peers: &dyn PeerControl) -> (usize, usize) {
    let connections = peers.connections();
    let outgoing = connections
        .iter()
        .filter(|peer| peer.direction == Direction::Outbound)
        .count();
    (outgoing, connections.len() - outgoing)
}

impl fmt::Display for NodeStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Height: {}", self.height)?;
        if let Some(target) = self.target {
            let percent = u128::from(self.height) * 100 / u128::from(target.max(1));
            write!(f, "/{target} ({percent}%)")?;
        }
        if let Some(network) = &self.network {
            write!(f, " ON {network}")?;
        }
        if self.target.is_some() {
            f.write_str(", syncing")?;
        }
        let (
            version,
            HardFork {
                version: rules,
                revision,
                ..
            },
        ) = (env!("CARGO_PKG_VERSION"), self.fork);
        write!(f, ", v{version}(net v{}.{revision})", rules.number())?;
        if let Some((fork, wait)) = self.next_fork {
            let (number, height) = (fork.version.number(), fork.height);
            write!(
                f,
                ", v{number}.{} at height {height} in about {}",
                fork.revision,
                duration(wait)
            )?;
        }
        if let Some((outgoing, incoming)) = self.connections {
            write!(f, ", {outgoing}(out)+{incoming}(in) connections")?;
        }
        write!(f, ", {} in the pool", count(self.pool, "transaction"))?;
        if let Some(age) = self.last_block {
            write!(f, ", last block {} ago", duration(age))?;
        }
        write!(f, ", uptime {}", duration(self.uptime))
    }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// Days, hours, minutes and seconds, without leading zeros.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let first = parts.iter().position(|(value, _)| *value > 0).unwrap_or(3);
    parts
        .iter()
        .skip(first)
        .map(|(value, unit)| format!("{value}{unit}"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> NodeStatus {
        NodeStatus {
            network: None,
            height: 50,
            target: None,
            fork: HardFork::new(19, 3, 1),
            next_fork: None,
            connections: None,
            pool: 1,
            last_block: None,
            uptime: Duration::from_secs(90_061),
        }
    }

    #[test]
    fn a_node_that_is_alone_and_up_to_date_says_little() {
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            status().to_string(),
            format!("Height: 50, v{version}(net v19.3), 1 transaction in the pool, uptime 1d 1h 1m 1s")
        );
    }

    #[test]
    fn a_node_that_catches_up_says_how_far_it_is_and_with_whom() {
        let behind = NodeStatus {
            network: Some("testnet".to_owned()),
            target: Some(200),
            next_fork: Some((HardFork::new(20, 0, 300), Duration::from_secs(3_600))),
            connections: Some((8, 3)),
            last_block: Some(Duration::from_secs(61)),
            ..status()
        };
        let text = behind.to_string();
        for said in [
            "Height: 50/200 (25%) ON testnet, syncing, v",
            ", v20.0 at height 300 in about 1h 0m 0s, 8(out)+3(in) connections, ",
            ", last block 1m 1s ago, ",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }

    #[test]
    fn durations_read_like_speech() {
        for (seconds, text) in [(0, "0s"), (59, "59s"), (3_600, "1h 0m 0s"), (90_061, "1d 1h 1m 1s")] {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
    }
}
