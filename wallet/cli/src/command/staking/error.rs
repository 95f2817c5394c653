//! Why something about stakes was not done; where a number was wrong, with the number that would be right.

use crate::format;
use oxen_staking_rules::registry::{ContributionRefusal, ContributionRoom};
use oxen_types::{Amount, Hash, Height, PublicKey};
use oxen_wallet_core::staking::{RegistrationCommandError, StakeAmountError, UnlockRefusal};
use thiserror::Error;

/// Why something about stakes was not done.
#[derive(Debug, Error)]
pub enum StakingError {
    /// The pasted command.
    #[error(transparent)]
    Command(#[from] RegistrationCommandError),
    /// The amount.
    #[error("\"{text}\": {error}")]
    Amount {
        /// What was typed.
        text: String,
        /// Why.
        error: StakeAmountError,
    },
    /// Another account is chosen.
    #[error(
        "only the wallet's primary address stakes, and account {account} is chosen: `account switch 0` first, and move the \
         money there if it is in another account"
    )]
    OtherAccount {
        /// The chosen one.
        account: u32,
    },
    /// The chain has gone on to where OXEN is not staked.
    #[error(
        "from hard fork 20 on this wallet cannot stake: service nodes are registered and staked with a contract on an Ethereum \
         layer 2. Stakes of before were released by the hard fork, and are ordinary money in this wallet (`balance`); to have \
         them converted, prove this wallet's address on the staking site with `sign_value`"
    )]
    MovedToContract,
    /// The chain has gone on to where there are no stakes to ask back.
    #[error(
        "from hard fork 21 on there is nothing to unlock: all stakes of before were released by the hard fork, and are ordinary \
         money in this wallet (`balance`). Nodes are staked, and left, with a contract on an Ethereum layer 2"
    )]
    ReleasedByFork,
    /// The key is registered already.
    #[error(
        "service node {service_node} is registered already, at height {height}: `print_locked_stakes` shows whether with this \
         wallet; to add to it use `stake`, and to register another node run prepare_registration there"
    )]
    AlreadyRegistered {
        /// The node.
        service_node: PublicKey,
        /// Height of its registration.
        height: Height,
    },
    /// No such node.
    #[error(
        "no service node {0} is registered: check the key, or wait until its registration is mined. A node that left or was \
         deregistered must be registered again"
    )]
    NotRegistered(PublicKey),
    /// The node does not take this stake.
    #[error("{refusal}{}", accepted(.room.as_ref()))]
    Refused {
        /// Why.
        refusal: ContributionRefusal,
        /// What it would take.
        room: Option<ContributionRoom>,
    },
    /// The node took something else while the user was thinking.
    #[error("the service node changed while you were asked, and nothing was sent: {refusal}{}", accepted(.room.as_ref()))]
    RoomChanged {
        /// Why the confirmed amount is not taken any more.
        refusal: ContributionRefusal,
        /// What it would take.
        room: Option<ContributionRoom>,
    },
    /// The node is gone, or is another one, since the user was asked.
    #[error("{0} while you were asked, and nothing was sent: look at it again")]
    NodeChanged(&'static str),
    /// The answer came too late.
    #[error(
        "the answer came more than 10 minutes after the question, and others may have staked since: nothing was sent. Give the \
         command again"
    )]
    ConfirmationExpired,
    /// The stake cannot be asked back.
    #[error("{refusal}{when}")]
    Unlock {
        /// Why.
        refusal: UnlockRefusal,
        /// ` (about 2026-11-22, in 5 d 2 h)`, or nothing.
        when: String,
    },
    /// A request of ours waits for a block.
    #[error(
        "the unlock was requested by transaction {0}, which waits for a block: print_locked_stakes shows the height then"
    )]
    UnlockWaits(Hash),
    /// Without the daemon nobody knows what is staked.
    #[error("the daemon did not say which stakes there are: {0}")]
    StakesUnknown(String),
}

/// What would be accepted, behind a refusal.
fn accepted(room: Option<&ContributionRoom>) -> String {
    match room {
        None => String::new(),
        Some(room) if room.minimum >= room.credited => {
            format!(". Exactly {} would be accepted", format::amount(room.credited))
        }
        Some(room) => format!(
            ". Accepted are {} to {}",
            format::amount(room.minimum),
            format::amount(room.credited)
        ),
    }
}

impl StakingError {
    /// A refusal with what would be accepted.
    pub(super) const fn refused(refusal: ContributionRefusal, room: Option<ContributionRoom>) -> Self {
        Self::Refused { refusal, room }
    }

    /// The word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Command(error) => match error {
                RegistrationCommandError::Truncated { .. } => "registration_truncated",
                RegistrationCommandError::Wrapped => "registration_wrapped",
                RegistrationCommandError::WrongNetwork { .. } => "registration_wrong_network",
                RegistrationCommandError::OtherHardFork { .. } | RegistrationCommandError::Outdated => {
                    "registration_wrong_hard_fork"
                }
                RegistrationCommandError::BadSignature => "registration_bad_signature",
                RegistrationCommandError::NotOurs { .. } => "registration_not_ours",
                _ => "registration_invalid",
            },
            Self::Amount { .. } => "invalid_amount",
            Self::OtherAccount { .. } => "wrong_account",
            Self::MovedToContract | Self::ReleasedByFork => "staking_moved",
            Self::AlreadyRegistered { .. } => "already_registered",
            Self::NotRegistered(_) => "not_registered",
            Self::Refused { .. } => "stake_refused",
            Self::RoomChanged { .. } | Self::NodeChanged(_) => "service_node_changed",
            Self::ConfirmationExpired => "confirmation_expired",
            Self::Unlock { refusal, .. } => match refusal {
                UnlockRefusal::NotOurs { .. } => "no_stake",
                UnlockRefusal::AlreadyRequested { .. } => "already_requested",
                UnlockRefusal::TooEarly { .. } => "too_early",
            },
            Self::UnlockWaits(_) => "already_requested",
            Self::StakesUnknown(_) => "daemon",
        }
    }
}

/// An amount for a sentence, or nothing for none.
pub(super) fn unless_zero(amount: Amount, text: impl FnOnce(String) -> String) -> String {
    if amount.is_zero() {
        String::new()
    } else {
        text(format::amount(amount))
    }
}
