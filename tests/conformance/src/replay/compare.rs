//! The state at the newest block against what was recorded of it.

use super::chain::Chain;
use crate::{
    recording::{
        Recording,
        chain::{RecordedBlock, RecordedHeader, output_at},
        states::RecordedState,
    },
    report::{Check, Report},
};
use oxen_state::{
    View, ViewError,
    apply::next_difficulty,
    block::weight::WeightLimits,
    queries,
    tables::{BlockRow, TotalsRow},
};
use oxen_types::{GlobalOutputIndex, Hash, Height};

/// Compares everything but rewards.
pub fn at_tip(recording: &Recording, chain: &Chain<'_>, report: &mut Report) {
    if let Err(error) = compare(recording, chain, report) {
        let place = || format!("state at height {}", chain.height());
        report.verify(Check::Applied, place, Err(error));
    }
}

fn compare(recording: &Recording, chain: &Chain<'_>, report: &mut Report) -> Result<(), ViewError> {
    let view = chain.state();
    let totals = queries::totals(view)?;
    let (height, row) = queries::tip(view)?;
    let Some(recorded) = usize::try_from(height.index())
        .ok()
        .and_then(|place| recording.blocks.get(place))
    else {
        return Ok(());
    };
    compare_header(&recorded.header, &row, report);
    let first_output = match height.previous() {
        Some(previous) => queries::block_row(view, previous)?.map_or(0, |row| row.outputs_end),
        None => 0,
    };
    compare_outputs(recording, view, first_output..row.outputs_end, report)?;
    compare_transactions(recording, view, recorded, report)?;
    match recording.states.as_ref().and_then(|states| states.get(&height)) {
        Some(state) => compare_information(chain, state, &totals, &row, report)?,
        None => report.unchecked(Check::Information, "state.json has no entry for the height"),
    }
    Ok(())
}

/// Row of a block against the RPC's header, which may be that of a branch that was replaced.
pub fn compare_header(header: &RecordedHeader, row: &BlockRow, report: &mut Report) {
    let place = || format!("block {} ({})", header.height, header.hash);
    report.compare(Check::StateBlockId, place, &header.hash, &row.id);
    report.compare(Check::StateWeight, place, &header.block_weight, &row.weight);
    report.compare(
        Check::StateLongTermWeight,
        place,
        &header.long_term_weight,
        &row.long_term_weight,
    );
    report.compare(
        Check::StateDifficulty,
        place,
        &u128::from(header.difficulty),
        &row.difficulty,
    );
    report.compare(
        Check::StateCumulativeDifficulty,
        place,
        &u128::from(header.cumulative_difficulty),
        &row.cumulative_difficulty,
    );
    report.compare(Check::StateReward, place, &header.reward, &row.reward);
    report.compare(
        Check::StatePayouts,
        place,
        &header.coinbase_payouts,
        &row.coinbase_payouts,
    );
}

fn compare_outputs(
    recording: &Recording,
    view: &dyn View,
    indices: std::ops::Range<u64>,
    report: &mut Report,
) -> Result<(), ViewError> {
    for index in indices.map(GlobalOutputIndex::new) {
        let text = |key: String, commitment: String, id: Hash, height: Height| {
            format!("key {key} commitment {commitment} in {id} at {height}")
        };
        let recorded = output_at(&recording.outputs, index).map_or_else(
            || "none".to_owned(),
            |output| {
                text(
                    output.key.to_string(),
                    output.mask.to_string(),
                    output.txid,
                    output.height,
                )
            },
        );
        let computed = queries::output(view, index)?.map_or_else(
            || "none".to_owned(),
            |output| {
                text(
                    output.key.to_string(),
                    output.commitment.to_string(),
                    output.transaction,
                    output.height,
                )
            },
        );
        report.compare(Check::StateOutputs, || format!("output {index}"), &recorded, &computed);
    }
    Ok(())
}

/// Place, bytes and output indices of the block's transactions, coinbase first.
fn compare_transactions(
    recording: &Recording,
    view: &dyn View,
    block: &RecordedBlock,
    report: &mut Report,
) -> Result<(), ViewError> {
    let listed = recording
        .transactions
        .iter()
        .filter(|recorded| recorded.height == block.height);
    for recorded in listed {
        let place = || format!("transaction {} of block {}", recorded.txid, block.height);
        let found = queries::transaction(view, &recorded.txid)?;
        let computed = found.map_or_else(
            || "none".to_owned(),
            |found| {
                let first = found.row.first_output;
                let indices: Vec<u64> = (first..first + u64::from(found.row.output_count)).collect();
                let blob = found.blob().unwrap_or_default();
                describe(found.row.height, i64::from(found.row.position) - 1, &indices, &blob)
            },
        );
        let expected = describe(
            recorded.height,
            recorded.index_in_block,
            &recorded.output_indices,
            &recorded.blob.0,
        );
        report.compare(Check::StateTransactions, place, &expected, &computed);
    }
    Ok(())
}

fn describe(height: Height, position: i64, indices: &[u64], blob: &[u8]) -> String {
    format!(
        "block {height} place {position} outputs {indices:?} bytes {}",
        hex::encode(blob)
    )
}

/// `get_info` and `hard_fork_info`, as far as the state knows what they say.
fn compare_information(
    chain: &Chain<'_>,
    state: &RecordedState,
    totals: &TotalsRow,
    row: &BlockRow,
    report: &mut Report,
) -> Result<(), ViewError> {
    let network = chain.network();
    let limits = WeightLimits::of_next_block(chain.state(), totals)?;
    let next = totals.tip.next();
    let fork = network.forks.version_at(next).version;
    let info = &state.get_info;
    let begins = network.forks.begins(fork).unwrap_or_default();
    let mut fields = vec![
        ("height", info.height.to_string(), next.to_string()),
        ("top_block_hash", info.top_block_hash.to_string(), row.id.to_string()),
        (
            "cumulative_difficulty",
            info.cumulative_difficulty.to_string(),
            row.cumulative_difficulty.to_string(),
        ),
        ("tx_count", info.tx_count.to_string(), totals.transactions.to_string()),
        (
            "block_size_limit",
            info.block_size_limit.to_string(),
            limits.limit().to_string(),
        ),
        (
            "block_size_median",
            info.block_size_median.to_string(),
            limits.median.to_string(),
        ),
        ("hard_fork", info.hard_fork.to_string(), fork.number().to_string()),
        (
            "target",
            info.target.to_string(),
            network.target_block_seconds.to_string(),
        ),
        (
            "staking_requirement",
            info.staking_requirement.to_string(),
            network.staking.oxen_requirement.to_string(),
        ),
        (
            "get_service_nodes.block_hash",
            state.get_service_nodes.block_hash.to_string(),
            row.id.to_string(),
        ),
        (
            "hard_fork_info.version",
            state.hard_fork_info.version.to_string(),
            fork.number().to_string(),
        ),
        (
            "hard_fork_info.earliest_height",
            state.hard_fork_info.earliest_height.to_string(),
            begins.to_string(),
        ),
    ];
    if let Some(difficulty) = info.difficulty {
        let computed = next_difficulty(chain.state(), network, next)?;
        fields.push(("difficulty", difficulty.to_string(), computed.to_string()));
    }
    for (name, recorded, computed) in fields {
        let place = || format!("{name} while block {} was the top", totals.tip);
        report.compare(Check::Information, place, &recorded, &computed);
    }
    Ok(())
}
