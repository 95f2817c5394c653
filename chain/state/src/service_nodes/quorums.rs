//! Quorums: those of past states, and the Pulse quorum of the next block.

use super::tables::Quorums;
use crate::{
    queries,
    view::{TypedView, View, ViewError},
};
use oxen_staking_rules::{
    Registry,
    quorum::{self, EntropySource, Quorum},
    registry::update::StateQuorums,
};
use oxen_types::{Height, Network, network::constants::PULSE_QUORUM_SIZE};

/// The quorums of the state after the block at `height`, unless it is too old or too new.
///
/// # Errors
/// The state could not be read.
pub fn state_quorums(view: &dyn View, height: Height) -> Result<Option<StateQuorums>, ViewError> {
    view.get::<Quorums>(&height)
}

/// The Pulse quorum of `round` for the block at `height`, which is the next of `view`; `None` when the block must be mined
/// (pulse §3).
///
/// # Errors
/// The state could not be read.
pub fn pulse_quorum(
    view: &dyn View,
    network: &Network,
    registry: &Registry,
    height: Height,
    round: u8,
) -> Result<Option<Quorum>, ViewError> {
    let Some(leader) = registry.next_leader() else {
        return Ok(None);
    };
    let candidates = registry.pulse_candidates();
    if (candidates.len() as u64) < network.pulse.minimum_service_nodes {
        return Ok(None);
    }
    let Some(sources) = entropy_sources(view, height)? else {
        return Ok(None);
    };
    let entropy = quorum::pulse_entropy(round, &sources);
    let minimum = network.pulse.minimum_service_nodes;
    Ok(quorum::pulse_quorum(&leader, candidates, &entropy, round, minimum))
}

/// What the ancestors of the block at `height` give, oldest first; `None` when it has too few.
fn entropy_sources(view: &dyn View, height: Height) -> Result<Option<[EntropySource; PULSE_QUORUM_SIZE]>, ViewError> {
    let Some(heights) = quorum::entropy_heights(height) else {
        return Ok(None);
    };
    let mut sources = Vec::with_capacity(PULSE_QUORUM_SIZE);
    for ancestor in heights {
        let Some(block) = queries::block(view, ancestor)? else {
            return Ok(None);
        };
        let pulse = block.header.pulse.as_ref().filter(|_| block.has_pulse());
        sources.push(match pulse {
            Some(pulse) => EntropySource::Pulse(pulse.random_value),
            None => EntropySource::Mined(block.id()),
        });
    }
    Ok(sources.try_into().ok())
}
