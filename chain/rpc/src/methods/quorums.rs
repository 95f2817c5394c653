//! Quorums by height (rpc §3.7, staking §12).

use super::pulse::NextPulse;
use crate::{
    error::MethodError,
    method::Method,
    node::{Call, check_count},
    types::{
        ErrorCode, Status,
        service_nodes::quorums::{QuorumEntry, QuorumMembers, QuorumStateAnswer, QuorumStateRequest},
    },
};
use oxen_node_api::Snapshot;
use oxen_staking_rules::quorum::{Quorum, QuorumKind, checkpointing_quorum_height};
use oxen_state::{queries, service_nodes::state_quorums};
use oxen_types::{
    Height,
    network::constants::{BLINK_QUORUM_INTERVAL_BLOCKS, CHECKPOINT_INTERVAL_BLOCKS},
};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "get_quorum_state",
            "Who watches, votes, approves blinks and makes blocks, by height.",
            get_quorum_state,
        )
        .oxen()
        .parameters(&["start_height", "end_height", "quorum_type"])
        .errors(&[ErrorCode::WrongParameter]),
    ]
}

/// Asks for every kind.
const ALL_KINDS: u8 = 255;

fn get_quorum_state(call: &Call<'_>, request: QuorumStateRequest) -> Result<QuorumStateAnswer, MethodError> {
    let kinds = match request.quorum_type.unwrap_or(ALL_KINDS) {
        ALL_KINDS => QuorumKind::ALL.to_vec(),
        number => vec![QuorumKind::from_number(number).ok_or(MethodError::UnknownQuorumType { number })?],
    };
    let snapshot = call.snapshot();
    let reader = QuorumReader {
        call,
        tip: queries::totals(&*snapshot)?.tip,
        snapshot,
    };
    let given = |height: Option<u64>| height.filter(|height| *height != u64::MAX);
    let range = match (given(request.start_height), given(request.end_height)) {
        (None, None) => None,
        (Some(start), Some(end)) => Some((start, end)),
        (Some(only), None) | (None, Some(only)) => Some((only, only)),
    };
    let quorums = match range {
        None => reader.newest(&kinds)?,
        Some((start, end)) => reader.range(&kinds, start, end)?,
    };
    if quorums.is_empty() {
        return Err(MethodError::NoQuorum);
    }
    Ok(QuorumStateAnswer {
        quorums,
        untrusted: false,
        status: Status::OK,
    })
}

/// Reads quorums from one snapshot.
struct QuorumReader<'a> {
    call: &'a Call<'a>,
    snapshot: Snapshot,
    tip: Height,
}

impl QuorumReader<'_> {
    /// The newest of each kind: obligations of the newest block, checkpointing and blink at the last height that has them,
    /// Pulse for the next block in the round that the clock is in.
    fn newest(&self, kinds: &[QuorumKind]) -> Result<Vec<QuorumEntry>, MethodError> {
        let mut found = Vec::new();
        for kind in kinds {
            let height = match kind {
                QuorumKind::Obligations => self.tip,
                QuorumKind::Checkpointing => multiple(self.tip, CHECKPOINT_INTERVAL_BLOCKS),
                QuorumKind::Blink => multiple(self.tip, BLINK_QUORUM_INTERVAL_BLOCKS),
                QuorumKind::Pulse => self.tip.next(),
            };
            found.extend(self.quorum(*kind, height)?);
        }
        Ok(found)
    }

    /// Every one from one height to another, upwards or downwards; heights above the next block count as it.
    fn range(&self, kinds: &[QuorumKind], start: u64, end: u64) -> Result<Vec<QuorumEntry>, MethodError> {
        let next = self.tip.next().index();
        let (start, end) = (start.min(next), end.min(next));
        let count = usize::try_from(start.abs_diff(end))
            .unwrap_or(usize::MAX)
            .saturating_add(1);
        check_count("heights", count, self.call.sizes().quorum_heights)?;
        let heights: Vec<u64> = if start <= end {
            (start..=end).collect()
        } else {
            (end..=start).rev().collect()
        };
        let mut found = Vec::new();
        for height in heights {
            for kind in kinds {
                found.extend(self.quorum(*kind, Height::new(height))?);
            }
        }
        Ok(found)
    }

    fn quorum(&self, kind: QuorumKind, height: Height) -> Result<Option<QuorumEntry>, MethodError> {
        let quorum = match kind {
            QuorumKind::Pulse if height > self.tip => {
                let facts = self.call.facts(&self.snapshot)?;
                NextPulse::of(self.call, &self.snapshot, &facts)?.quorum
            }
            QuorumKind::Checkpointing => match checkpointing_quorum_height(height) {
                Some(state) if height <= self.tip => self.of_state(kind, state)?,
                _ => None,
            },
            _ => self.of_state(kind, height)?,
        };
        Ok(quorum.map(|quorum| entry(kind, height, quorum)))
    }

    fn of_state(&self, kind: QuorumKind, state: Height) -> Result<Option<Quorum>, MethodError> {
        let quorums = state_quorums(&*self.snapshot, state)?;
        Ok(quorums.and_then(|quorums| quorums.get(kind).cloned()))
    }
}

fn multiple(height: Height, interval: u64) -> Height {
    Height::new(height.index().saturating_sub(height.index() % interval))
}

fn entry(kind: QuorumKind, height: Height, quorum: Quorum) -> QuorumEntry {
    QuorumEntry {
        height: height.index(),
        quorum_type: kind.number(),
        quorum: QuorumMembers {
            validators: quorum.validators,
            workers: quorum.workers,
        },
    }
}
