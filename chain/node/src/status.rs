//! The line that tells an operator how the node is (rpc §7.3).

use oxen_node_api::{ChainReader, Pool};
use oxen_state::queries;
use oxen_types::{Height, Timestamp, network::NetworkKind};
use std::time::Duration;

/// One line: height, network, versions of node and rules, the fork to come, pool, age of the tip, uptime.
#[must_use]
pub fn status_line(chain: &dyn ChainReader, pool: &dyn Pool, now: Timestamp, uptime: Duration) -> String {
    let network = chain.network();
    let (height, tip) = match queries::tip(&*chain.snapshot()) {
        Ok(found) => found,
        Err(error) => return format!("the database cannot be read: {error}"),
    };
    let place = match network.kind {
        NetworkKind::Mainnet => String::new(),
        _ => format!(" ON {}", network.name),
    };
    let fork = network.forks.version_at(height.next());
    let next_fork = network.forks.iter().find(|fork| fork.height > height.next());
    let note = next_fork.map_or_else(String::new, |fork| {
        format!(
            ", v{}.{} at height {} in about {}",
            fork.version.number(),
            fork.revision,
            fork.height,
            duration(Duration::from_secs(
                fork.height.since(height).saturating_mul(network.target_block_seconds)
            ))
        )
    });
    // The genesis block has no time worth telling.
    let last = if height == Height::GENESIS {
        String::new()
    } else {
        let age = now.seconds().saturating_sub(tip.timestamp.seconds());
        format!(", last block {} ago", duration(Duration::from_secs(age)))
    };
    format!(
        "Height: {}{place}, v{}(net v{}.{}){note}, {} in the pool{last}, uptime {}",
        height.next(),
        env!("CARGO_PKG_VERSION"),
        fork.version.number(),
        fork.revision,
        count(pool.len(), "transaction"),
        duration(uptime),
    )
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

    #[test]
    fn durations_read_like_speech() {
        for (seconds, text) in [(0, "0s"), (59, "59s"), (3_600, "1h 0m 0s"), (90_061, "1d 1h 1m 1s")] {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
    }
}
