//! Blocks that may not be replaced (chain §4.12).

use crate::{
    error::MethodError,
    method::Method,
    node::{Call, check_count},
    types::{
        ErrorCode, Status,
        staking::{CheckpointEntry, CheckpointVote, CheckpointsAnswer, CheckpointsRequest},
    },
};
use oxen_state::{delta::scan_rows, queries, tables::Checkpoints};
use oxen_types::{Checkpoint, Height, checkpoint::CheckpointKind, network::KnownBlock};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "get_checkpoints",
            "Blocks that service nodes signed or that the software knows.",
            get_checkpoints,
        )
        .oxen()
        .parameters(&["start_height", "end_height", "count"])
        .errors(&[ErrorCode::WrongParameter]),
    ]
}

fn get_checkpoints(call: &Call<'_>, request: CheckpointsRequest) -> Result<CheckpointsAnswer, MethodError> {
    const DEFAULT_COUNT: u64 = 60;
    /// Rows read at once.
    const PAGE: usize = 1_000;
    let count = usize::try_from(request.count.unwrap_or(DEFAULT_COUNT)).unwrap_or(usize::MAX);
    check_count("checkpoints", count, call.sizes().checkpoints)?;
    let snapshot = call.snapshot();
    let tip = queries::totals(&*snapshot)?.tip;
    let first = Height::new(request.start_height.unwrap_or(0));
    let last = request.end_height.map_or(tip, Height::new);
    if first > last {
        return Err(MethodError::ReversedRange {
            start: first.index(),
            end: last.index(),
        });
    }
    let mut found: Vec<CheckpointEntry> = call
        .network()
        .checkpoints
        .iter()
        .filter(|known| (first..=last).contains(&known.height))
        .map(known_block)
        .collect();
    let mut next = first;
    loop {
        let rows = scan_rows::<Checkpoints>(&*snapshot, &[], &next.index().to_be_bytes(), PAGE)?;
        let read = rows.len();
        let Some(newest) = rows.last().map(|(_, row)| row.0.height) else {
            break;
        };
        found.extend(
            rows.iter()
                .map(|(_, row)| &row.0)
                .filter(|row| row.height <= last)
                .map(entry),
        );
        if read < PAGE || newest >= last {
            break;
        }
        next = newest.next();
    }
    found.sort_by_key(|entry| entry.height);
    if request.start_height.is_some() {
        found.truncate(count);
    } else {
        // Clients that ask for the newest expect them first.
        found.drain(..found.len().saturating_sub(count));
        found.reverse();
    }
    Ok(CheckpointsAnswer {
        checkpoints: found,
        untrusted: false,
        status: Status::OK,
    })
}

fn known_block(known: &KnownBlock) -> CheckpointEntry {
    entry(&Checkpoint::hardcoded(known.height, known.block_id))
}

fn entry(checkpoint: &Checkpoint) -> CheckpointEntry {
    let vote = |vote: &oxen_types::block::QuorumSignature| CheckpointVote {
        voter_index: vote.voter_index,
        signature: vote.signature,
    };
    CheckpointEntry {
        height: checkpoint.height.index(),
        block_hash: checkpoint.block_id,
        prev_height: checkpoint.previous_height.index(),
        kind: match checkpoint.kind {
            CheckpointKind::Hardcoded => 0,
            CheckpointKind::ServiceNode => 1,
        },
        version: 0,
        signatures: checkpoint.signatures.iter().map(vote).collect(),
    }
}
