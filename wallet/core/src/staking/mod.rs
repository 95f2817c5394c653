//! The stakers' side (wallet §8, §14.1, §14.2): what may be staked, what is staked, and how it comes back.
//!
//! [`registration_command`] reads the line that a node's operator pastes and says what is wrong with a damaged copy; [`amount`]
//! fits an amount to the room a node has; [`known`] keeps what the daemon said of the wallet's stakes and derives from it which
//! outputs are locked; [`unlock`] says whether a stake can be asked back, and when it comes. The transactions themselves are
//! made by [`crate::build`]; the rules are those of `oxen-staking-rules`.

pub mod amount;
pub mod known;
pub mod registration_command;
pub mod unlock;

pub use amount::{Adjustment, SettledStake, StakeAmount, StakeAmountError, StakeConfirmation};
pub use known::{DaemonStakes, KnownStakes, NodeFunding, StakeOutcome, StakedNode};
pub use registration_command::{
    CommandContext, CommandPart, CommandReservation, RegistrationCommand, RegistrationCommandError,
};
pub use unlock::{UnlockChoice, UnlockRefusal};
