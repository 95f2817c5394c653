//! The quorums that a blink's height names, read from the chain.

use oxen_node_api::NoBlinkQuorum;
use oxen_staking_rules::{
    blink::BlinkQuorums,
    quorum::{Quorum, blink_quorum_heights},
};
use oxen_state::{View, service_nodes::state_quorums};
use oxen_types::Height;

/// The quorums of an authorization height.
pub(crate) fn quorums_at(view: &dyn View, authorization: Height) -> Result<BlinkQuorums, NoBlinkQuorum> {
    let too_short = NoBlinkQuorum::ChainTooShort {
        chain_height: authorization,
    };
    let (base, second) = blink_quorum_heights(authorization).ok_or(too_short)?;
    let quorum = |height: Height| -> Result<Quorum, NoBlinkQuorum> {
        let quorums = state_quorums(view, height).map_err(|error| {
            tracing::error!(%error, "the quorums of a blink cannot be read");
            NoBlinkQuorum::Unreadable
        })?;
        quorums
            .and_then(|quorums| quorums.blink)
            .ok_or(NoBlinkQuorum::NotKnown { authorization })
    };
    Ok(BlinkQuorums::new(quorum(base)?, quorum(second)?)?)
}
