//! Whether the right nodes made a block (chain §4.3), and its time within the round (chain §4.2).

use crate::{
    error::BlockError,
    service_nodes::BlockDuties,
    tables::Blocks,
    view::{TypedView, View, ViewError},
};
use oxen_crypto::signature::schnorr;
use oxen_staking_rules::quorum::Quorum;
use oxen_types::{
    Block, Hash, Height, Network, Timestamp,
    network::{
        PulseStartRule,
        constants::{PULSE_REQUIRED_SIGNATURES, PULSE_VALIDATORS},
    },
};

/// Rounds of one height; after them blocks are mined.
pub const PULSE_ROUNDS: u64 = 255;

/// How a valid block was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MadeBy {
    /// A Pulse quorum signed it.
    Pulse,
    /// Proof of work.
    Miner,
}

/// How far a block has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// A block with all its signatures.
    Complete,
    /// A producer's template, which nobody has signed and which has no random value yet (pulse §6.5).
    Template,
}

/// Checks that a block with a quorum is a Pulse block in form and signatures, and that one without is not. A template must
/// have no signatures.
///
/// # Errors
/// The rule that is broken.
pub fn check_maker(
    block: &Block,
    id: &Hash,
    quorum: Option<&Quorum>,
    completeness: Completeness,
) -> Result<MadeBy, BlockError> {
    let Some(quorum) = quorum else {
        let pulse_fields_empty = block
            .header
            .pulse
            .as_ref()
            .is_none_or(|pulse| pulse.round == 0 && pulse.validator_bitset == 0 && pulse.random_value == [0; 16]);
        return if pulse_fields_empty && block.signatures.is_empty() {
            Ok(MadeBy::Miner)
        } else {
            Err(BlockError::PulseNotExpected)
        };
    };
    let Some(pulse) = block.header.pulse.as_ref().filter(|_| block.has_pulse()) else {
        return Err(BlockError::PulseExpected);
    };
    if block.header.nonce != 0 {
        return Err(BlockError::PulseNonce);
    }
    let wanted = match completeness {
        Completeness::Complete => PULSE_REQUIRED_SIGNATURES,
        Completeness::Template => 0,
    };
    let participated = |index: u16| pulse.validator_bitset.checked_shr(u32::from(index)).unwrap_or(0) & 1 == 1;
    let ascending = block.signatures.windows(2).all(|pair| match pair {
        [before, after] => before.voter_index < after.voter_index,
        _ => true,
    });
    let members = block
        .signatures
        .iter()
        .all(|signature| usize::from(signature.voter_index) < PULSE_VALIDATORS && participated(signature.voter_index));
    let bitset_fits = pulse.validator_bitset.checked_shr(PULSE_VALIDATORS as u32).unwrap_or(0) == 0;
    if block.signatures.len() != wanted || !ascending || !members || !bitset_fits {
        return Err(BlockError::PulseSignatureSet);
    }
    for signature in &block.signatures {
        let invalid = BlockError::PulseSignature {
            validator: signature.voter_index,
        };
        let Some(validator) = quorum.validators.get(usize::from(signature.voter_index)) else {
            return Err(invalid);
        };
        if schnorr::verify(id, validator, &signature.signature).is_err() {
            return Err(invalid);
        }
    }
    Ok(MadeBy::Pulse)
}

/// The quorum that must make the block; `None` when it must be mined, because there is none or because the block is of a time
/// when all rounds have passed (pulse §4.3, §8.2).
///
/// # Errors
/// The state could not be read.
pub fn quorum_in_charge<'a>(
    view: &dyn View,
    network: &Network,
    block: &Block,
    height: Height,
    previous: Timestamp,
    duties: &'a BlockDuties,
) -> Result<Option<&'a Quorum>, BlockError> {
    let Some(quorum) = &duties.quorum else { return Ok(None) };
    let fallback = fallback_time(view, network, height, previous)?;
    let has_passed = fallback.is_some_and(|fallback| block.header.timestamp >= fallback);
    Ok((!has_passed).then_some(quorum))
}

/// When the last round of the block at `height` has passed, so that it must be mined; `None` where the network does not check
/// times.
///
/// # Errors
/// The state could not be read.
pub fn fallback_time(
    view: &dyn View,
    network: &Network,
    height: Height,
    previous: Timestamp,
) -> Result<Option<Timestamp>, BlockError> {
    let rounds = PULSE_ROUNDS.saturating_mul(network.pulse.round_timeout_seconds);
    let start = round_zero(view, network, height, previous)?;
    Ok(start.map(|start| Timestamp::from_seconds(start.saturating_add(rounds))))
}

/// Checks that a Pulse block's time lies within its round.
///
/// # Errors
/// [`BlockError::PulseTiming`], or the state could not be read.
pub fn check_round_time(
    view: &dyn View,
    network: &Network,
    block: &Block,
    height: Height,
    previous: Timestamp,
) -> Result<(), BlockError> {
    let round = block.round();
    let Some(start) = round_zero(view, network, height, previous)? else {
        return Ok(());
    };
    let timeout = network.pulse.round_timeout_seconds;
    let earliest = start.saturating_add(timeout.saturating_mul(u64::from(round)));
    let latest = earliest.saturating_add(timeout);
    let timestamp = block.header.timestamp;
    if timestamp.seconds() < earliest || timestamp.seconds() > latest {
        return Err(BlockError::PulseTiming { timestamp, round });
    }
    Ok(())
}

/// Unix seconds at which round 0 of the block at `height` starts (pulse §4.1); `None` where the network does not check it.
/// `previous` is the time of the block before.
///
/// # Errors
/// The state could not be read.
pub fn round_zero(
    view: &dyn View,
    network: &Network,
    height: Height,
    previous: Timestamp,
) -> Result<Option<u64>, ViewError> {
    if network.pulse.start == PulseStartRule::Unchecked {
        return Ok(None);
    }
    let origin = view.expect::<Blocks>(&network.pulse_origin().unwrap_or(Height::GENESIS))?;
    let start = network.pulse_round_zero(height, previous, origin.timestamp);
    Ok(Some(start.seconds()))
}
