//! What only the registry knows about a transaction (staking §8.1, §8.2, §16.2).

use super::{
    quorums::state_quorums,
    registry::{blacklisted_until, locking_node},
};
use crate::{
    bridge::events::reported_event,
    error::TransactionError,
    transaction::CheckedTransaction,
    view::{View, ViewError},
};
use oxen_staking_rules::{
    Registry,
    registry::{
        StateChangeError, UnlockError,
        state_change::{changed_node, verify_state_change},
        unlock::{check_unlock, check_unlock_policy},
    },
};
use oxen_types::{
    Height, Network, PublicKey,
    extra::{Extra, StateChange},
    transaction::TransactionType,
};

/// Checks a transaction for a block at `height`, which is the next of `view`, whose registry is `registry`.
///
/// # Errors
/// The rule it breaks.
pub fn check_transaction(
    view: &dyn View,
    registry: &Registry,
    transaction: &CheckedTransaction,
    height: Height,
) -> Result<(), TransactionError> {
    check_inputs(view, transaction)?;
    let prefix = &transaction.transaction().prefix;
    match prefix.kind {
        TransactionType::Standard
        | TransactionType::Stake
        | TransactionType::OxenNameSystem
        | TransactionType::OxenSwap => Ok(()),
        TransactionType::StateChange => {
            check_state_change(view, registry, &Extra::parse_or_empty(&prefix.extra), height)
        }
        TransactionType::KeyImageUnlock => check_unlock_request(view, registry, &Extra::parse_or_empty(&prefix.extra)),
        // The fork is old enough, or the transaction would not have been taken this far.
        kind if kind.is_l2_event() => reported_event(transaction.transaction()).map(drop),
        kind => Err(TransactionError::TypeNotAllowed { kind }),
    }
}

/// No input may be a stake.
fn check_inputs(view: &dyn View, transaction: &CheckedTransaction) -> Result<(), TransactionError> {
    for image in transaction.transaction().prefix.key_images() {
        if let Some(until) = blacklisted_until(view, &image)? {
            return Err(TransactionError::StakeBlacklisted { image, until });
        }
        if let Some(node) = locking_node(view, &image)? {
            return Err(TransactionError::StakeLocked { image, node });
        }
    }
    Ok(())
}

fn check_state_change(
    view: &dyn View,
    registry: &Registry,
    extra: &Extra,
    height: Height,
) -> Result<(), TransactionError> {
    let change = extra.state_change().ok_or(StateChangeError::FieldMissing)?;
    let unknown = StateChangeError::QuorumUnknown {
        height: change.block_height,
    };
    let quorums = state_quorums(view, change.block_height)?.ok_or(unknown)?;
    let key = verify_state_change(change, &quorums.obligations, height)?;
    check_transition(registry, change, key)?;
    Ok(())
}

/// The node is registered and may go into the state.
///
/// # Errors
/// It may not.
pub fn check_transition(registry: &Registry, change: &StateChange, key: PublicKey) -> Result<(), StateChangeError> {
    let node = registry.node(&key).ok_or(StateChangeError::NotRegistered { key })?;
    if node.can_transition(change.block_height, change.state) {
        Ok(())
    } else {
        Err(StateChangeError::NoTransition { key })
    }
}

fn check_unlock_request(view: &dyn View, registry: &Registry, extra: &Extra) -> Result<(), TransactionError> {
    let unlock = extra.key_image_unlock().ok_or(UnlockError::FieldMissing)?;
    let not_locked = UnlockError::NotLocked {
        image: unlock.key_image,
    };
    let key = locking_node(view, &unlock.key_image)?.ok_or(not_locked)?;
    let node = registry.node(&key).ok_or(not_locked)?;
    check_unlock(node, unlock)?;
    Ok(())
}

/// Pools and block makers take no request for a small stake on a young node (HF19; staking §8.3).
///
/// # Errors
/// [`UnlockError::TooEarly`].
pub fn check_unlock_is_due(
    registry: &Registry,
    transaction: &CheckedTransaction,
    height: Height,
    network: &Network,
) -> Result<(), UnlockError> {
    let extra = Extra::parse_or_empty(&transaction.transaction().prefix.extra);
    let (Some(key), Some(unlock)) = (extra.service_node_key(), extra.key_image_unlock()) else {
        return Ok(());
    };
    let Some(node) = registry.node(&key) else { return Ok(()) };
    match node.stake.locked().find(|stake| stake.key_image == unlock.key_image) {
        Some(stake) => check_unlock_policy(node, stake, height, network),
        None => Ok(()),
    }
}

/// The node that a decision is about, as far as the quorum is still known.
///
/// # Errors
/// The state could not be read.
pub fn changed_node_of(view: &dyn View, change: &StateChange) -> Result<Option<PublicKey>, ViewError> {
    let quorums = state_quorums(view, change.block_height)?;
    Ok(quorums.and_then(|quorums| changed_node(change, &quorums.obligations).ok()))
}
