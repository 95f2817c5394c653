//! When blocks were made: the median rule, and the round of Pulse blocks (chain §4.2). The clock's rule is not for the past.

use super::decoded::DecodedChain;
use crate::{
    recording::{Recording, quorums::QuorumKind},
    report::{Check, Report},
};
use oxen_state::{
    BlockError, MemoryState, Overlay, View,
    block::{pulse::check_round_time, timestamp::check_median},
    tables::{BlockRow, Blocks},
};
use oxen_types::{
    Amount, Block, Height, Timestamp,
    network::{HardForkVersion, constants::TIMESTAMP_MEDIAN_BLOCKS},
    transaction::Weight,
};

/// Checks every block that has a parent.
pub fn check(recording: &Recording, chain: &DecodedChain, report: &mut Report) {
    let timestamps: Vec<Timestamp> = recording.blocks.iter().map(|block| block.header.timestamp).collect();
    let state = timestamps_only(&timestamps);
    let pairs = recording.blocks.iter().zip(&chain.blocks).skip(1);
    for ((recorded, block), previous) in pairs.zip(&timestamps) {
        let Some(block) = block else { continue };
        let height = recorded.height;
        let end = usize::try_from(height.index()).unwrap_or(usize::MAX);
        let first = end.saturating_sub(TIMESTAMP_MEDIAN_BLOCKS);
        let last = timestamps.get(first..end).unwrap_or_default();
        let last = last.iter().map(|timestamp| timestamp.seconds()).collect();
        let quorums = recording.quorums.as_ref();
        let is_pulse = quorums.is_some_and(|quorums| quorums.get(QuorumKind::Pulse, height).is_some());
        let outcome = check_median(block.header.timestamp, last)
            .and_then(|()| check_round(recording, &state, block, height, *previous, is_pulse));
        report.verify(Check::BlockTimes, || format!("time of block {height}"), outcome);
    }
}

fn check_round(
    recording: &Recording,
    state: &dyn View,
    block: &Block,
    height: Height,
    previous: Timestamp,
    is_pulse: bool,
) -> Result<(), BlockError> {
    let version = recording.network.forks.version_at(height).version;
    if is_pulse && version >= HardForkVersion::PULSE {
        check_round_time(state, &recording.network, block, height, previous)
    } else {
        Ok(())
    }
}

/// A state that knows nothing of blocks but their times.
fn timestamps_only(timestamps: &[Timestamp]) -> MemoryState {
    let mut state = Overlay::new(MemoryState::new());
    for (height, timestamp) in (0..).map(Height::new).zip(timestamps) {
        let row = BlockRow {
            id: oxen_types::Hash::ZERO,
            major_version: 0,
            timestamp: *timestamp,
            weight: Weight::new(0),
            long_term_weight: Weight::new(0),
            difficulty: 1,
            cumulative_difficulty: 1,
            outputs_end: 0,
            reward: Amount::ZERO,
            coinbase_payouts: Amount::ZERO,
            fees: Amount::ZERO,
            burned: Amount::ZERO,
            transaction_count: 0,
        };
        state.put::<Blocks>(&height, &row);
    }
    let mut written = MemoryState::new();
    written.commit(&state.into_delta());
    written
}
