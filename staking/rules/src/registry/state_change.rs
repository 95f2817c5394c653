//! Votes of a quorum that change a node's state (staking §9.3, §15.6, §16).

use super::node::{Activity, Decommission, QueuePosition, ServiceNode};
use crate::{quorum::Quorum, swarm::SwarmId};
use oxen_crypto::signature::schnorr;
use oxen_types::{
    Height, Network, PublicKey,
    extra::{NewState, Reasons, StateChange, StateChangeForm},
    network::constants::{OBLIGATIONS_MIN_VOTES, OBLIGATIONS_QUORUM_SIZE, VOTE_LIFETIME_BLOCKS},
};
use thiserror::Error;

/// Why a state change is refused (staking §16.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StateChangeError {
    /// The transaction has no such field.
    #[error("the transaction does not say which state changes")]
    FieldMissing,
    /// Seven to ten votes.
    #[error("{found} votes; {OBLIGATIONS_MIN_VOTES} to {OBLIGATIONS_QUORUM_SIZE} are required")]
    VoteCount {
        /// Votes found.
        found: usize,
    },
    /// Nobody knows the quorum of that height (any more).
    #[error("the obligations quorum of height {height} is not known")]
    QuorumUnknown {
        /// Height of the quorum.
        height: Height,
    },
    /// The quorum tests fewer nodes.
    #[error("the quorum has no node {index} to vote on")]
    NodeIndex {
        /// Position in the workers.
        index: u32,
    },
    /// The quorum is not below the block.
    #[error("votes of height {height} cannot be in a block of height {block}")]
    FromFuture {
        /// Height of the quorum.
        height: Height,
        /// Height of the block.
        block: Height,
    },
    /// Older than sixty blocks.
    #[error("votes of height {height} are too old for a block of height {block}")]
    Expired {
        /// Height of the quorum.
        height: Height,
        /// Height of the block.
        block: Height,
    },
    /// Positions ascend.
    #[error("the votes are not in ascending order of their validators")]
    VotesNotAscending,
    /// No validator has this position.
    #[error("the quorum has no validator {index}")]
    ValidatorIndex {
        /// Position.
        index: u32,
    },
    /// A vote is not signed by its validator.
    #[error("the vote of validator {index} is not signed by it")]
    InvalidSignature {
        /// Position.
        index: u32,
    },
    /// The node is gone.
    #[error("service node {key} is not registered")]
    NotRegistered {
        /// Primary key of the node.
        key: PublicKey,
    },
    /// The node's state does not allow it, or has changed since the vote.
    #[error("service node {key} cannot go into that state: it is there already, or has changed since the vote")]
    NoTransition {
        /// Primary key of the node.
        key: PublicKey,
    },
}

impl StateChangeError {
    /// How far beyond the lifetime of votes the change is, in blocks, when that alone is wrong: pools forgive a few (staking
    /// §16.2).
    #[must_use]
    pub const fn blocks_out_of_range(&self) -> Option<u64> {
        match self {
            Self::FromFuture { height, block } => Some(height.since(*block).saturating_add(1)),
            Self::Expired { height, block } => Some(block.since(height.saturating_add(VOTE_LIFETIME_BLOCKS))),
            _ => None,
        }
    }
}

/// Checks everything about a change but the node's own state, for a block at `height`; returns the node (staking §16.2, steps
/// 1 to 3).
///
/// # Errors
/// The first rule that is broken.
pub fn verify_state_change(
    change: &StateChange,
    quorum: &Quorum,
    height: Height,
) -> Result<PublicKey, StateChangeError> {
    let node = changed_node(change, quorum)?;
    if !(OBLIGATIONS_MIN_VOTES..=OBLIGATIONS_QUORUM_SIZE).contains(&change.votes.len()) {
        return Err(StateChangeError::VoteCount {
            found: change.votes.len(),
        });
    }
    check_age(change.block_height, height)?;
    if !change
        .votes
        .is_sorted_by(|one, two| one.validator_index < two.validator_index)
    {
        return Err(StateChangeError::VotesNotAscending);
    }
    let message = change.vote_hash();
    for vote in &change.votes {
        let index = vote.validator_index;
        let validator = usize::try_from(index)
            .ok()
            .and_then(|place| quorum.validators.get(place))
            .ok_or(StateChangeError::ValidatorIndex { index })?;
        schnorr::verify(&message, validator, &vote.signature)
            .map_err(|_| StateChangeError::InvalidSignature { index })?;
    }
    Ok(node)
}

/// The node that a change is about.
///
/// # Errors
/// [`StateChangeError::NodeIndex`].
pub fn changed_node(change: &StateChange, quorum: &Quorum) -> Result<PublicKey, StateChangeError> {
    let index = change.service_node_index;
    usize::try_from(index)
        .ok()
        .and_then(|place| quorum.workers.get(place))
        .copied()
        .ok_or(StateChangeError::NodeIndex { index })
}

/// Votes of a quorum at `voted` may be in a block at `height`.
///
/// # Errors
/// They are from the future or too old.
pub fn check_age(voted: Height, height: Height) -> Result<(), StateChangeError> {
    if voted >= height {
        return Err(StateChangeError::FromFuture {
            height: voted,
            block: height,
        });
    }
    if height >= voted.saturating_add(VOTE_LIFETIME_BLOCKS) {
        return Err(StateChangeError::Expired {
            height: voted,
            block: height,
        });
    }
    Ok(())
}

impl ServiceNode {
    /// Votes of the quorum at `height` may bring it into `state` (staking §15.6, HF13 and later).
    #[must_use]
    pub fn can_transition(&self, height: Height, state: NewState) -> bool {
        self.can_be_voted_on(height)
            && match state {
                NewState::Deregister => true,
                NewState::Decommission => self.is_active(),
                NewState::Recommission => self.is_decommissioned(),
                NewState::IpChangePenalty => self.is_active() && height > self.record.last_ip_change_height,
            }
    }

    /// What the block at `height` makes of it; `None` when it is in that state already. Not for deregistrations (staking §9.3).
    #[must_use]
    pub fn changed(&self, change: &StateChange, height: Height, network: &Network) -> Option<Self> {
        let mut node = self.clone();
        match (change.state, self.record.activity) {
            (NewState::Decommission, Activity::Active { since }) => {
                node.record.activity = Activity::Decommissioned {
                    active_since: since,
                    since: height,
                };
                let (all, any) = reasons(change);
                node.record.last_decommission = Some(Decommission {
                    height,
                    reasons_of_all: all,
                    reasons_of_any: any,
                });
                node.record.decommission_count = self.record.decommission_count.saturating_add(1);
                node.record.swarm = SwarmId::UNASSIGNED;
            }
            (NewState::Recommission, Activity::Decommissioned { since, .. }) => {
                let credit = self.decommission_credit(since, network);
                let used = i64::try_from(height.since(since)).unwrap_or(i64::MAX).saturating_mul(2);
                node.record.recommission_credit = credit.saturating_sub(used).max(0);
                node.record.activity = Activity::Active { since: height };
                node.record.queue = QueuePosition::after_block(height);
            }
            (NewState::IpChangePenalty, Activity::Active { .. } | Activity::AwaitingContributions) => {
                node.record.queue = QueuePosition::after_block(height);
                node.record.last_ip_change_height = height;
            }
            _ => return None,
        }
        Some(node)
    }
}

/// The reasons that all voters and that any voter gave; none in the form without.
#[must_use]
pub const fn reasons(change: &StateChange) -> (Reasons, Reasons) {
    match change.form {
        StateChangeForm::WithReasons { all, any } => (all, any),
        StateChangeForm::WithoutReasons => (Reasons::NONE, Reasons::NONE),
    }
}
