//! When the rounds of a Pulse block begin (pulse §4.1). The one place: blocks are checked, made and forecast by it.

use super::{HardForkVersion, Network, PulseStartRule};
use crate::height::{Height, Timestamp};

impl Network {
    /// Height of the block that the ideal schedule counts from: the last one before Pulse begins. `None` where Pulse never
    /// begins.
    #[must_use]
    pub fn pulse_origin(&self) -> Option<Height> {
        let begins = self.forks.begins(HardForkVersion::PULSE)?;
        Some(begins.previous().unwrap_or(Height::GENESIS))
    }

    /// When the block at `height` would be due had every block come in time, counted from the time of the block at
    /// [`Self::pulse_origin`].
    #[must_use]
    pub fn ideal_pulse_time(&self, height: Height, origin: Timestamp) -> Timestamp {
        let blocks = height.since(self.pulse_origin().unwrap_or(Height::GENESIS));
        origin.saturating_add(self.target_block_seconds.saturating_mul(blocks))
    }

    /// When round 0 of the block at `height` begins; where the network does not compare blocks with it, nodes keep to it all the
    /// same. `previous` is the time of the block before, `origin` that of the block at [`Self::pulse_origin`].
    #[must_use]
    pub fn pulse_round_zero(&self, height: Height, previous: Timestamp, origin: Timestamp) -> Timestamp {
        let target = self.target_block_seconds;
        match &self.pulse.start {
            PulseStartRule::AfterPrevious(by_height) => {
                let seconds = by_height.range(..=height).next_back();
                previous.saturating_add(seconds.map_or(target, |(_, seconds)| *seconds))
            }
            PulseStartRule::Ideal | PulseStartRule::Unchecked => {
                let ideal = self.ideal_pulse_time(height, origin).seconds();
                let expected = previous.seconds().saturating_add(target);
                let adjustment = self.pulse.max_start_adjustment_seconds;
                let earliest = expected.saturating_sub(adjustment);
                Timestamp::from_seconds(ideal.clamp(earliest, expected.saturating_add(adjustment)))
            }
        }
    }
}
