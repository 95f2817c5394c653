//! Asking for a stake back (staking §5.3, §8.2, §8.3).

use super::node::{LockedContribution, ServiceNode};
use oxen_crypto::signature::schnorr;
use oxen_types::{Amount, Height, KeyImage, Network, extra::KeyImageUnlock, network::HardForkVersion};
use thiserror::Error;

/// Below this many atomic units a stake counts as small for [`requested_unlock`] at HF19. The reference meant a quarter of the
/// requirement and wrote a fraction's numerator; what it wrote is consensus (staking §22, quirk 1).
const SMALL_STAKE_OF_BLOCKS: Amount = Amount::from_atomic(3749);
/// Of 10,000 parts of the requirement: smaller stakes wait before wallets and block makers let them go (staking §8.3).
const SMALL_STAKE_OF_POLICY: u128 = 2499;

/// Why a request to unlock is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnlockError {
    /// The transaction has no unlock field, or no node.
    #[error("the transaction does not say which stake to unlock")]
    FieldMissing,
    /// No registered node holds it.
    #[error("no service node holds a stake with key image {image}")]
    NotLocked {
        /// Its key image.
        image: KeyImage,
    },
    /// The signature is not by the staked output's key.
    #[error("the request to unlock is not signed by the owner of the stake")]
    InvalidSignature,
    /// Somebody asked before.
    #[error("the stakes of this service node unlock at height {height} already")]
    AlreadyRequested {
        /// When.
        height: Height,
    },
    /// A small stake on a young node: policy of wallets, pools and block makers at HF19.
    #[error("a stake below {least} OXEN can be unlocked from height {from} on, 30 days after the registration")]
    TooEarly {
        /// Stakes from here on need not wait.
        least: Amount,
        /// When it can be asked for.
        from: Height,
    },
}

/// The stake of `node` that the request is about, if the request may stand in a block (staking §8.2).
///
/// # Errors
/// The rule that is broken.
pub fn check_unlock<'a>(node: &'a ServiceNode, unlock: &KeyImageUnlock) -> Result<&'a LockedContribution, UnlockError> {
    let stake = find_stake(node, &unlock.key_image)?;
    schnorr::verify(&unlock.signature_hash(), &stake.output_key, &unlock.signature)
        .map_err(|_| UnlockError::InvalidSignature)?;
    match node.record.requested_unlock_height {
        Some(height) => Err(UnlockError::AlreadyRequested { height }),
        None => Ok(stake),
    }
}

/// Whether wallets send the request, and pools and block makers take it, at `height` (HF19; staking §8.3).
///
/// # Errors
/// [`UnlockError::TooEarly`] with the height from which on it is taken.
pub fn check_unlock_policy(
    node: &ServiceNode,
    stake: &LockedContribution,
    height: Height,
    network: &Network,
) -> Result<(), UnlockError> {
    let least = small_stake_limit(node.stake.requirement);
    let from = node
        .record
        .registration_height
        .saturating_add(network.staking.small_contributor_unlock_blocks);
    if stake.amount < least && height < from {
        Err(UnlockError::TooEarly { least, from })
    } else {
        Ok(())
    }
}

/// The smallest stake on a node with this requirement that may be unlocked at any time, by policy.
#[must_use]
pub fn small_stake_limit(requirement: Amount) -> Amount {
    let parts = u128::from(requirement.atomic()).saturating_mul(SMALL_STAKE_OF_POLICY) / 10_000;
    Amount::from_atomic(u64::try_from(parts).unwrap_or(u64::MAX))
}

/// The height above which `node` expires if the block at `height` holds the request; `None` when the request has no effect
/// there, though the block is valid (staking §8.3).
#[must_use]
pub fn requested_unlock(
    node: &ServiceNode,
    unlock: &KeyImageUnlock,
    height: Height,
    version: HardForkVersion,
    network: &Network,
) -> Option<Height> {
    let stake = check_unlock(node, unlock).ok()?;
    let young = height.since(node.record.registration_height) < network.staking.small_contributor_unlock_blocks;
    if version == HardForkVersion::REWARD_BATCHING && stake.amount < SMALL_STAKE_OF_BLOCKS && young {
        return None;
    }
    height.checked_add(network.staking.unlock_blocks)
}

fn find_stake<'a>(node: &'a ServiceNode, image: &KeyImage) -> Result<&'a LockedContribution, UnlockError> {
    node.stake
        .locked()
        .find(|stake| stake.key_image == *image)
        .ok_or(UnlockError::NotLocked { image: *image })
}
