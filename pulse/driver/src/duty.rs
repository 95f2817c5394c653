//! What the state says of the next block: where it stands, when its rounds start, who makes it.

use oxen_node_api::ChainReader;
use oxen_pulse_machine::{Duty, RoundId, RoundQuorum, RoundTiming};
use oxen_staking_rules::quorum::Quorum;
use oxen_state::{StakingRules, ViewError, queries};
use oxen_types::network::constants::PULSE_VALIDATORS;

/// The block after the tip; `None` before Pulse begins.
///
/// # Errors
/// The state could not be read.
pub(crate) fn next_duty(chain: &dyn ChainReader) -> Result<Option<Duty>, ViewError> {
    let snapshot = chain.snapshot();
    let (tip, row) = queries::tip(&*snapshot)?;
    let network = chain.network();
    let origin = match RoundTiming::origin(network) {
        Some(height) => queries::block_row(&*snapshot, height)?,
        None => None,
    };
    let timing = origin.and_then(|origin| RoundTiming::of_height(network, tip.next(), row.timestamp, origin.timestamp));
    Ok(timing.map(|timing| Duty {
        parent: row.id,
        height: tip.next(),
        timing,
    }))
}

/// The quorum of a round; `None` when there is none, or when its parent is not the tip any more.
///
/// # Errors
/// The state could not be read.
pub(crate) fn quorum_of(
    chain: &dyn ChainReader,
    staking: &StakingRules,
    round: &RoundId,
) -> Result<Option<RoundQuorum>, ViewError> {
    let snapshot = chain.snapshot();
    let (_, row) = queries::tip(&*snapshot)?;
    if row.id != round.parent {
        return Ok(None);
    }
    let quorum = staking.next_pulse_quorum(&*snapshot, round.height, round.number)?;
    Ok(quorum.and_then(usable))
}

/// A quorum with one producer and eleven validators (pulse §3.4).
fn usable(quorum: Quorum) -> Option<RoundQuorum> {
    let [producer] = *quorum.workers.as_slice() else {
        return None;
    };
    let validators = <[_; PULSE_VALIDATORS]>::try_from(quorum.validators).ok()?;
    Some(RoundQuorum { producer, validators })
}
