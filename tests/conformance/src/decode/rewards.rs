//! Rewards accrue from HF19 on, whatever the chain was before: balances at every height from the recorded node lists and the
//! blocks' own rewards, and the payments that follow (chain §4.7).

use super::decoded::DecodedChain;
use crate::{
    balances::Balances,
    payees::RecordedPayees,
    recording::Recording,
    report::{Check, Report},
};
use oxen_staking_rules::BatchPayout;
use oxen_state::{
    MemoryState, Overlay, View,
    rewards::{RewardError, RewardLedger, due_payouts},
};
use oxen_types::{
    Block, Height,
    network::{HardForkVersion, constants::SERVICE_NODE_BLOCK_REWARD},
};

/// Accrues and pays at every HF19 height and compares.
pub fn compare(recording: &Recording, chain: &DecodedChain, report: &mut Report) {
    let Some(begin) = recording.network.forks.begins(HardForkVersion::REWARD_BATCHING) else {
        report.unchecked(Check::AccruedRewards, "the chain never reaches HF19");
        return;
    };
    let payees = match RecordedPayees::new(recording, begin) {
        Ok(payees) => payees,
        Err(error) => {
            report.unchecked(Check::AccruedRewards, error.to_string());
            return;
        }
    };
    let balances = Balances::new(recording);
    let mut state = MemoryState::new();
    for (recorded, block) in recording.blocks.iter().zip(&chain.blocks) {
        let height = recorded.height;
        if recording.network.forks.version_at(height).version != HardForkVersion::REWARD_BATCHING {
            continue;
        }
        let Some(block) = block else { return };
        match accrue(recording, &payees, &mut state, block, height) {
            Ok(payouts) => balances.compare_payments(recording, height, &payouts, report),
            Err(error) => {
                report.verify(Check::AccruedRewards, || format!("block {height}"), Err(error));
                return;
            }
        }
        balances.compare_at(recording, height, &state, report);
    }
}

/// Pays what is due and adds what the block earned.
fn accrue(
    recording: &Recording,
    payees: &RecordedPayees,
    state: &mut MemoryState,
    block: &Block,
    height: Height,
) -> Result<Vec<BatchPayout>, RewardError> {
    let payouts = due_payouts(&*state, &recording.network, height)?;
    let fees = block
        .reward()
        .unwrap_or_default()
        .saturating_sub(SERVICE_NODE_BLOCK_REWARD);
    let delta = {
        let mut overlay = Overlay::new(&*state as &dyn View);
        let mut ledger = RewardLedger::new(&mut overlay, &recording.network, height);
        ledger.pay(&payouts)?;
        ledger.accrue(fees, &payees.duties(block, height))?;
        let (delta, _) = overlay.finish()?;
        delta
    };
    state.commit(&delta);
    Ok(payouts)
}
