//! Outputs for rings: members, distribution, histogram, blacklist (rpc §3.5).

use crate::{
    config::Access,
    error::MethodError,
    method::Method,
    node::{Call, check_count},
    types::{
        ErrorCode, Status,
        chain::NoParameters,
        output::{
            BlacklistAnswer, Distribution, DistributionAnswer, DistributionRequest, HistogramAnswer, HistogramEntry,
            HistogramRequest, OutputEntry, OutputReference, OutputTuple, OutputTuplesAnswer, OutputsAnswer,
            OutputsRequest,
        },
    },
};
use oxen_node_api::Snapshot;
use oxen_state::{
    Table, View, queries,
    tables::{DecoyBlacklist, OutputRow, TotalsRow},
    transaction::rings::is_unlocked,
};
use oxen_types::{GlobalOutputIndex, Height, network::constants::SPENDABLE_AGE_BLOCKS};
use serde::Serialize;

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new("get_outs", "Keys and commitments of outputs, for rings.", get_outs)
            .path()
            .parameters(&["outputs", "get_txid", "as_tuple"])
            .errors(&[ErrorCode::WrongParameter])
            .example(r#"{"outputs":[0]}"#),
        Method::new(
            "get_output_distribution",
            "How many outputs each block has.",
            get_output_distribution,
        )
        .parameters(&[
            "amounts",
            "from_height",
            "to_height",
            "cumulative",
            "binary",
            "compress",
        ])
        .errors(&[ErrorCode::WrongParameter, ErrorCode::HeightTooBig])
        .example(r#"{"amounts":[0],"cumulative":true}"#),
        Method::new(
            "get_output_histogram",
            "How many outputs there are, old enough or recent ones.",
            get_output_histogram,
        )
        .parameters(&["amounts", "min_count", "max_count", "unlocked", "recent_cutoff"])
        .errors(&[ErrorCode::WrongParameter]),
        Method::new(
            "get_output_blacklist",
            "Outputs that no wallet should use as decoys.",
            get_output_blacklist,
        )
        .oxen(),
    ]
}

#[derive(Serialize)]
#[serde(untagged)]
enum OutsResult {
    Named(OutputsAnswer),
    Tuples(OutputTuplesAnswer),
}

fn get_outs(call: &Call<'_>, request: OutputsRequest) -> Result<OutsResult, MethodError> {
    let outputs: Vec<(u64, GlobalOutputIndex)> = request
        .outputs
        .iter()
        .map(|output| match output {
            OutputReference::Index(index) => (0, GlobalOutputIndex::new(*index)),
            OutputReference::Full { amount, index } => (*amount, GlobalOutputIndex::new(*index)),
        })
        .collect();
    let outs = check_outputs(call, &outputs)?
        .iter()
        .map(|(row, unlocked)| output_entry(row, *unlocked, request.get_txid))
        .collect::<Vec<_>>();
    Ok(if request.as_tuple {
        OutsResult::Tuples(OutputTuplesAnswer {
            outs: outs.into_iter().map(OutputTuple).collect(),
            untrusted: false,
            status: Status::OK,
        })
    } else {
        OutsResult::Named(OutputsAnswer {
            outs,
            untrusted: false,
            status: Status::OK,
        })
    })
}

/// Rows of outputs, and whether the next block may spend them. One that does not exist fails the whole request: a wallet that
/// left it out would show which one it meant.
pub(crate) fn check_outputs(
    call: &Call<'_>,
    outputs: &[(u64, GlobalOutputIndex)],
) -> Result<Vec<(OutputRow, bool)>, MethodError> {
    check_count("outputs", outputs.len(), call.sizes().outputs)?;
    let snapshot = call.snapshot();
    let totals = queries::totals(&*snapshot)?;
    let now = call.handles().clock.now();
    let target = call.network().target_block_seconds;
    let mut rows = Vec::with_capacity(outputs.len());
    for (amount, index) in outputs {
        if *amount != 0 {
            return Err(MethodError::NoSuchAmount { amount: *amount });
        }
        let row = queries::output(&*snapshot, *index)?.ok_or(MethodError::NoSuchOutput {
            index: *index,
            count: totals.outputs,
        })?;
        let unlocked = is_unlocked(&row, totals.tip.next(), now, target);
        rows.push((row, unlocked));
    }
    Ok(rows)
}

fn output_entry(row: &OutputRow, unlocked: bool, with_transaction: bool) -> OutputEntry {
    OutputEntry {
        key: row.key,
        mask: row.commitment,
        unlocked,
        height: row.height.index(),
        txid: with_transaction.then_some(row.transaction),
    }
}

/// Refuses amounts that no output has.
fn check_amounts(amounts: &[u64]) -> Result<(), MethodError> {
    match amounts.iter().find(|amount| **amount != 0) {
        Some(amount) => Err(MethodError::NoSuchAmount { amount: *amount }),
        None => Ok(()),
    }
}

fn get_output_distribution(call: &Call<'_>, request: DistributionRequest) -> Result<DistributionAnswer, MethodError> {
    let distribution = distribution(call, &request)?;
    Ok(DistributionAnswer {
        distributions: vec![distribution],
        untrusted: false,
        status: Status::OK,
    })
}

/// Outputs of each block of a range, or up to and with each.
pub(crate) fn distribution(call: &Call<'_>, request: &DistributionRequest) -> Result<Distribution, MethodError> {
    check_amounts(&request.amounts)?;
    let snapshot = call.snapshot();
    let tip = queries::totals(&*snapshot)?.tip;
    let from = request.from_height.unwrap_or(0);
    let to = request.to_height.filter(|height| *height != 0).unwrap_or(tip.index());
    for height in [from, to] {
        if Height::new(height) > tip {
            return Err(MethodError::HeightTooBig { height, tip });
        }
    }
    if from > to {
        return Err(MethodError::ReversedRange { start: from, end: to });
    }
    let counts = call.node.output_counts.of(&snapshot)?;
    let place = |height: u64| usize::try_from(height).unwrap_or(usize::MAX);
    let base = place(from)
        .checked_sub(1)
        .and_then(|before| counts.get(before))
        .copied()
        .unwrap_or(0);
    let range = counts.get(place(from)..=place(to)).unwrap_or_default();
    let mut before = base;
    let numbers = range.iter().map(|sum| {
        if request.cumulative {
            *sum
        } else {
            sum.saturating_sub(std::mem::replace(&mut before, *sum))
        }
    });
    Ok(Distribution {
        amount: 0,
        start_height: from,
        base,
        distribution: numbers.collect(),
        binary: false,
        compress: false,
    })
}

fn get_output_histogram(call: &Call<'_>, request: HistogramRequest) -> Result<HistogramAnswer, MethodError> {
    check_amounts(&request.amounts)?;
    let snapshot = call.snapshot();
    let totals = queries::totals(&*snapshot)?;
    let recent_instances = match request.recent_cutoff {
        None | Some(0) => 0,
        Some(cutoff) => {
            check_cutoff(call, cutoff)?;
            recent_outputs(&snapshot, &totals, cutoff)?
        }
    };
    let entry = HistogramEntry {
        amount: 0,
        total_instances: totals.outputs,
        unlocked_instances: if request.unlocked {
            old_outputs(&snapshot, &totals)?
        } else {
            0
        },
        recent_instances,
    };
    let most = request.max_count.filter(|count| *count != 0).unwrap_or(u64::MAX);
    let wanted = (request.min_count.unwrap_or(0)..=most).contains(&entry.total_instances);
    Ok(HistogramAnswer {
        histogram: wanted.then_some(entry).into_iter().collect(),
        untrusted: false,
        status: Status::OK,
    })
}

fn check_cutoff(call: &Call<'_>, cutoff: u64) -> Result<(), MethodError> {
    const PUBLIC_DAYS: u64 = 3;
    let oldest = call
        .handles()
        .clock
        .now()
        .seconds()
        .saturating_sub(PUBLIC_DAYS * 86_400);
    if call.access == Access::Public && cutoff < oldest {
        return Err(MethodError::CutoffTooOld {
            cutoff,
            days: PUBLIC_DAYS,
        });
    }
    Ok(())
}

/// Outputs that are old enough to be in a ring of the next block.
fn old_outputs(snapshot: &Snapshot, totals: &TotalsRow) -> Result<u64, MethodError> {
    let Some(height) = totals.tip.next().checked_sub(SPENDABLE_AGE_BLOCKS) else {
        return Ok(0);
    };
    Ok(queries::block_row(&**snapshot, height)?.map_or(0, |row| row.outputs_end))
}

/// Outputs of the newest blocks, down to the first block that is older than the cutoff.
fn recent_outputs(snapshot: &Snapshot, totals: &TotalsRow, cutoff: u64) -> Result<u64, MethodError> {
    const PAGE: u64 = 1_000;
    let mut end = totals.tip.next();
    while end > Height::GENESIS {
        let first = end.saturating_sub(PAGE);
        let count = usize::try_from(end.since(first)).unwrap_or(usize::MAX);
        let rows = queries::block_rows(&**snapshot, first, count)?;
        if let Some(older) = rows.iter().rfind(|row| row.timestamp.seconds() < cutoff) {
            return Ok(totals.outputs.saturating_sub(older.outputs_end));
        }
        end = first;
    }
    Ok(totals.outputs)
}

fn get_output_blacklist(call: &Call<'_>, _: NoParameters) -> Result<BlacklistAnswer, MethodError> {
    Ok(BlacklistAnswer {
        blacklist: blacklist(&call.snapshot(), GlobalOutputIndex::new(0), usize::MAX)?,
        untrusted: false,
        status: Status::OK,
    })
}

/// Blacklisted outputs from an index on, ascending.
pub(crate) fn blacklist(snapshot: &Snapshot, from: GlobalOutputIndex, limit: usize) -> Result<Vec<u64>, MethodError> {
    let entries = snapshot.scan(DecoyBlacklist::ID, &[], &from.index().to_be_bytes(), limit)?;
    entries
        .into_iter()
        .map(|(key, _)| {
            <[u8; 8]>::try_from(key.as_slice())
                .map(u64::from_be_bytes)
                .map_err(|_| MethodError::Damaged {
                    what: "the decoy blacklist",
                })
        })
        .collect()
}
