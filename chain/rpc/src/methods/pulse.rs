//! Who is to make the next block, and when (pulse §4).

use crate::{cache::ChainFacts, error::MethodError, node::Call};
use oxen_node_api::Snapshot;
use oxen_staking_rules::quorum::Quorum;
use oxen_state::{
    ViewError,
    block::pulse::{PULSE_ROUNDS, round_zero},
    queries,
};
use oxen_types::{
    Height, Timestamp,
    network::{HardForkVersion, Network},
};

/// The next block as Pulse makes it.
pub(super) struct NextPulse {
    /// The quorum of the round that the clock is in; `None` when the block is to be mined.
    pub(super) quorum: Option<Quorum>,
    /// When it would be due had every block come in time, Unix seconds.
    pub(super) ideal_start: Option<u64>,
    /// When its first round begins, Unix seconds; `None` where the network does not check it.
    pub(super) start: Option<u64>,
}

impl NextPulse {
    pub(super) fn of(call: &Call<'_>, snapshot: &Snapshot, facts: &ChainFacts) -> Result<Self, MethodError> {
        let (network, next) = (call.network(), facts.height().next());
        if facts.next_fork.version < HardForkVersion::PULSE {
            return Ok(Self {
                quorum: None,
                ideal_start: None,
                start: None,
            });
        }
        let start = round_zero(&**snapshot, network, next, facts.tip.timestamp)?;
        let quorum = match round_at(start, call.handles().clock.now(), network) {
            Some(round) => call.handles().staking.next_pulse_quorum(&**snapshot, next, round)?,
            None => None,
        };
        Ok(Self {
            quorum,
            ideal_start: ideal_start(snapshot, network, next)?,
            start,
        })
    }
}

/// The round that a time is in; the first one where rounds are not bound to times. `None` when all are over.
fn round_at(start: Option<u64>, now: Timestamp, network: &Network) -> Option<u8> {
    let passed = start.map_or(0, |start| now.seconds().saturating_sub(start));
    let round = passed.checked_div(network.pulse.round_timeout_seconds).unwrap_or(0);
    u8::try_from(round)
        .ok()
        .filter(|round| u64::from(*round) < PULSE_ROUNDS)
}

fn ideal_start(snapshot: &Snapshot, network: &Network, height: Height) -> Result<Option<u64>, ViewError> {
    let row = queries::block_row(&**snapshot, network.pulse_origin().unwrap_or(Height::GENESIS))?;
    Ok(row.map(|row| network.ideal_pulse_time(height, row.timestamp).seconds()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_follow_the_clock_until_the_block_is_mined() {
        let network = Network::mainnet();
        let round = |now| round_at(Some(1_000), Timestamp::from_seconds(now), &network);
        assert_eq!(round(0), Some(0));
        assert_eq!(round(1_000), Some(0));
        assert_eq!(round(1_059), Some(0));
        assert_eq!(round(1_060), Some(1));
        assert_eq!(round(1_000 + 255 * 60 - 1), Some(254));
        assert_eq!(round(1_000 + 255 * 60), None);
        assert_eq!(round_at(None, Timestamp::from_seconds(u64::MAX), &network), Some(0));
    }
}
