//! When rounds start and stages end (pulse §4).
//!
//! The rules count whole seconds since 1970, stages milliseconds: [`Moment`] is for both.

use oxen_types::{Height, Network, Timestamp, network::PulseStartRule};

/// The last round whose block can be valid (pulse §4.3): the fall-back time is the start of the next.
pub const LAST_ROUND: u8 = 254;

/// A point in time, milliseconds since the Unix epoch, on the clock of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(u64);

impl Moment {
    /// From Unix milliseconds.
    #[must_use]
    pub const fn from_milliseconds(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// The beginning of a second.
    #[must_use]
    pub const fn from_timestamp(timestamp: Timestamp) -> Self {
        Self(timestamp.seconds().saturating_mul(1000))
    }

    /// Unix milliseconds.
    #[must_use]
    pub const fn milliseconds(self) -> u64 {
        self.0
    }

    /// The second it lies in.
    #[must_use]
    pub const fn timestamp(self) -> Timestamp {
        Timestamp::from_seconds(self.0 / 1000)
    }

    /// This much later, at most the largest.
    #[must_use]
    pub const fn plus_milliseconds(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to here, 0 when `earlier` is not earlier.
    #[must_use]
    pub const fn milliseconds_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Where a node stands in a round. The order counts: it is the order in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The round has not begun by our clock.
    WaitingForStart,
    /// Validators say that they are there.
    Handshakes,
    /// Validators say whom they heard; the producer listens.
    Bitsets,
    /// The producer makes a block, the validators wait for it.
    Template,
    /// Validators commit to random values.
    ValueHashes,
    /// Validators reveal them.
    Values,
    /// Validators sign the block.
    Signatures,
    /// The block is on its way into our own chain.
    Submitting,
}

impl Stage {
    /// Its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WaitingForStart => "waiting for the start of the round",
            Self::Handshakes => "handshakes",
            Self::Bitsets => "handshake bitsets",
            Self::Template => "block template",
            Self::ValueHashes => "random value hashes",
            Self::Values => "random values",
            Self::Signatures => "block signatures",
            Self::Submitting => "adding the block",
        }
    }

    /// How many stage timeouts after the start of the round it ends; `None` for the one that no clock ends.
    const fn timeouts(self) -> Option<u64> {
        match self {
            Self::WaitingForStart => Some(0),
            Self::Handshakes => Some(1),
            Self::Bitsets => Some(2),
            Self::Template => Some(3),
            Self::ValueHashes => Some(4),
            Self::Values => Some(5),
            Self::Signatures => Some(6),
            Self::Submitting => None,
        }
    }
}

/// The round that a clock points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundAt {
    /// This one.
    Round(u8),
    /// All have passed: the block is mined (pulse §8.3).
    Exhausted,
}

/// Whether block times are compared with rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Windows {
    Checked,
    Unchecked,
}

/// The times of one height (pulse §4.1, §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundTiming {
    round_zero: Timestamp,
    round_seconds: u64,
    stage_milliseconds: u64,
    windows: Windows,
}

impl RoundTiming {
    /// Height of the block whose timestamp the ideal schedule counts from: the one before Pulse begins. `None` on a network
    /// without Pulse.
    #[must_use]
    pub fn origin(network: &Network) -> Option<Height> {
        network.pulse_origin()
    }

    /// The times for the block at `height`, whose parent has the timestamp `previous`; `origin` is the timestamp of the block
    /// at [`Self::origin`]. `None` below the height at which Pulse begins.
    #[must_use]
    pub fn of_height(network: &Network, height: Height, previous: Timestamp, origin: Timestamp) -> Option<Self> {
        if height <= Self::origin(network)? {
            return None;
        }
        let pulse = &network.pulse;
        let start = network.pulse_round_zero(height, previous, origin);
        let windows = match pulse.start {
            PulseStartRule::Unchecked => Windows::Unchecked,
            PulseStartRule::Ideal | PulseStartRule::AfterPrevious(_) => Windows::Checked,
        };
        Some(Self {
            round_zero: start,
            round_seconds: pulse.round_timeout_seconds.max(1),
            stage_milliseconds: pulse.stage_timeout_milliseconds,
            windows,
        })
    }

    /// The second in which round 0 starts.
    #[must_use]
    pub const fn round_zero(&self) -> Timestamp {
        self.round_zero
    }

    /// The second in which a round starts.
    #[must_use]
    pub fn start(&self, round: u8) -> Timestamp {
        self.round_zero
            .saturating_add(self.round_seconds.saturating_mul(u64::from(round)))
    }

    /// The second from which on the block is mined: blocks of Pulse must be earlier.
    #[must_use]
    pub fn fallback(&self) -> Timestamp {
        self.start(u8::MAX)
    }

    /// Milliseconds that each stage has.
    #[must_use]
    pub const fn stage_milliseconds(&self) -> u64 {
        self.stage_milliseconds
    }

    /// When a stage of a round ends if not everything came earlier. `None` for the last, which no clock ends.
    #[must_use]
    pub fn deadline(&self, round: u8, stage: Stage) -> Option<Moment> {
        let timeouts = stage.timeouts()?;
        let start = Moment::from_timestamp(self.start(round));
        Some(start.plus_milliseconds(self.stage_milliseconds.saturating_mul(timeouts)))
    }

    /// The round that a clock points at; the first one before it starts.
    #[must_use]
    pub fn round_at(&self, now: Moment) -> RoundAt {
        let passed = now.milliseconds_since(Moment::from_timestamp(self.round_zero)) / 1000;
        match u8::try_from(passed.checked_div(self.round_seconds).unwrap_or(0)) {
            Ok(round) if round <= LAST_ROUND => RoundAt::Round(round),
            _ => RoundAt::Exhausted,
        }
    }

    /// The earliest and the latest timestamp that a block of the round may have, both included (pulse §4.3). `None` where the
    /// network does not compare them.
    #[must_use]
    pub fn window(&self, round: u8) -> Option<(Timestamp, Timestamp)> {
        let earliest = self.start(round);
        let before_fallback = Timestamp::from_seconds(self.fallback().seconds().saturating_sub(1));
        let latest = earliest.saturating_add(self.round_seconds).min(before_fallback);
        (self.windows == Windows::Checked).then_some((earliest, latest))
    }

    /// True when a block of the round may have the timestamp.
    #[must_use]
    pub fn admits(&self, round: u8, timestamp: Timestamp) -> bool {
        self.window(round)
            .is_none_or(|(earliest, latest)| earliest <= timestamp && timestamp <= latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn seconds(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn at(milliseconds: u64) -> Moment {
        Moment::from_milliseconds(milliseconds)
    }

    /// Round 0 starts at second 990.
    fn mainnet() -> RoundTiming {
        timing(&Network::mainnet(), 1_000, 840)
    }

    /// The times of a height whose ideal time is `ideal`.
    fn timing(network: &Network, ideal: u64, previous: u64) -> RoundTiming {
        let height = RoundTiming::origin(network).unwrap().next();
        let origin = seconds(ideal - network.target_block_seconds);
        RoundTiming::of_height(network, height, seconds(previous), origin).unwrap()
    }

    #[test]
    fn round_zero_has_the_known_starts() {
        for (ideal, previous, start) in [
            (1_000, 900, 1_000),
            (1_000, 800, 950),
            (1_000, 840, 990),
            (1_000, 880, 1_000),
            (1_000, 1_000, 1_090),
        ] {
            let timing = timing(&Network::mainnet(), ideal, previous);
            assert_eq!(
                timing.round_zero(),
                seconds(start),
                "ideal {ideal}, previous {previous}"
            );
        }
    }

    #[test]
    fn the_ideal_schedule_counts_from_the_block_before_pulse() {
        let network = Network::mainnet();
        assert_eq!(RoundTiming::origin(&network), Some(Height::new(641_110)));
        let of =
            |height, previous| RoundTiming::of_height(&network, Height::new(height), seconds(previous), seconds(5_000));
        assert_eq!(of(641_110, 5_000), None);
        assert_eq!(of(641_111, 5_010).unwrap().round_zero(), seconds(5_120));
        assert_eq!(of(641_211, 17_000).unwrap().round_zero(), seconds(5_000 + 101 * 120));
    }

    #[test]
    fn a_network_may_start_rounds_at_a_distance_from_the_parent() {
        let mut network = Network::mainnet();
        let height = RoundTiming::origin(&network).unwrap().next();
        network.pulse.start = PulseStartRule::AfterPrevious(BTreeMap::from([(height.next(), 7)]));
        let start = |height| {
            let timing = RoundTiming::of_height(&network, height, seconds(500), seconds(0));
            timing.unwrap().round_zero()
        };
        assert_eq!(start(height), seconds(620));
        assert_eq!(start(height.next()), seconds(507));
        assert_eq!(start(height.saturating_add(50)), seconds(507));
    }

    #[test]
    fn the_six_deadlines_fill_a_round_of_mainnet() {
        let timing = mainnet();
        let stages = [
            Stage::WaitingForStart,
            Stage::Handshakes,
            Stage::Bitsets,
            Stage::Template,
            Stage::ValueHashes,
            Stage::Values,
            Stage::Signatures,
        ];
        for (stage, count) in stages.into_iter().zip(0..) {
            assert_eq!(timing.deadline(2, stage), Some(at(1_110_000 + 10_000 * count)));
        }
        assert_eq!(timing.deadline(2, Stage::Submitting), None);
        assert_eq!(
            Some(Moment::from_timestamp(timing.start(3))),
            timing.deadline(2, Stage::Signatures)
        );
    }

    #[test]
    fn rounds_of_localdev_overlap() {
        let timing = timing(&Network::localdev(), 1_000, 995);
        assert_eq!(timing.start(1), seconds(1_004));
        assert_eq!(timing.deadline(0, Stage::Signatures), Some(at(1_018_000)));
    }

    #[test]
    fn the_clock_points_at_rounds_until_the_fall_back() {
        let timing = mainnet();
        for (milliseconds, round) in [
            (0, RoundAt::Round(0)),
            (990_000, RoundAt::Round(0)),
            (1_049_999, RoundAt::Round(0)),
            (1_050_000, RoundAt::Round(1)),
            (990_000 + 255 * 60_000 - 1, RoundAt::Round(254)),
            (990_000 + 255 * 60_000, RoundAt::Exhausted),
            (990_000 + 256 * 60_000, RoundAt::Exhausted),
            (u64::MAX, RoundAt::Exhausted),
        ] {
            assert_eq!(timing.round_at(at(milliseconds)), round, "{milliseconds}");
        }
        assert_eq!(timing.fallback(), seconds(990 + 255 * 60));
    }

    #[test]
    fn both_ends_of_a_round_are_admitted_and_the_fall_back_second_is_not() {
        let timing = mainnet();
        let admitted = |round, second| timing.admits(round, seconds(second));
        assert_eq!(
            [989, 990, 1_050, 1_051].map(|second| admitted(0, second)),
            [false, true, true, false]
        );
        let fallback = timing.fallback().seconds();
        assert!(admitted(LAST_ROUND, fallback - 60) && admitted(LAST_ROUND, fallback - 1));
        assert!(!admitted(LAST_ROUND, fallback));
        assert!(
            ![fallback - 1, fallback, fallback + 1]
                .into_iter()
                .any(|second| admitted(255, second))
        );
    }

    #[test]
    fn a_network_that_checks_no_times_admits_any() {
        let mut network = Network::mainnet();
        network.pulse.start = PulseStartRule::Unchecked;
        let timing = timing(&network, 1_000, 840);
        assert_eq!(timing.window(0), None);
        assert!(timing.admits(3, seconds(0)));
    }
}
