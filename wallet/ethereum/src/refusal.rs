//! Why a contract refused a call, in a sentence that says what to do (bridge §1.4, §4.4).

use crate::{
    amount::Sesh,
    contracts::refusals::{
        ContributionErrors::ContributionErrorsErrors, Errors::ErrorsErrors, SwapErrors::SwapErrorsErrors,
    },
};
use alloy::{
    primitives::{Bytes, U256, hex},
    sol_types::{Panic, Revert, SolError, SolInterface},
};
use std::fmt;

mod contribution;

/// Bytes of an unknown refusal that are shown.
const SHOWN_BYTES: usize = 36;
/// Characters of a text of a contract that are shown.
const SHOWN_CHARACTERS: usize = 200;

/// Why a contract refused a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// An error of ours or of OpenZeppelin's.
    Known(ErrorsErrors),
    /// An error of the contract that pays swapped coins.
    Swap(SwapErrorsErrors),
    /// An error of a contribution contract.
    Contribution(ContributionErrorsErrors),
    /// A text.
    Text(String),
    /// A failed assertion in the contract.
    Panic(U256),
    /// Bytes of another contract.
    Unknown(Bytes),
    /// The provider gave no reason.
    Silent,
}

impl Refusal {
    /// Reads what a reverted call returned.
    #[must_use]
    pub fn decode(data: &[u8]) -> Self {
        if data.is_empty() {
            return Self::Silent;
        }
        if let Ok(known) = ErrorsErrors::abi_decode(data) {
            return Self::Known(known);
        }
        if let Ok(swap) = SwapErrorsErrors::abi_decode(data) {
            return Self::Swap(swap);
        }
        if let Ok(contribution) = ContributionErrorsErrors::abi_decode(data) {
            return Self::Contribution(contribution);
        }
        if let Ok(revert) = Revert::abi_decode(data) {
            return Self::Text(revert.reason.chars().take(SHOWN_CHARACTERS).collect());
        }
        if let Ok(panic) = Panic::abi_decode(data) {
            return Self::Panic(panic.code);
        }
        Self::Unknown(Bytes::copy_from_slice(data.get(..SHOWN_BYTES).unwrap_or(data)))
    }

    /// True when the contract has credited as much already: nothing is to be updated, go on to the claim.
    #[must_use]
    pub const fn is_credited_already(&self) -> bool {
        matches!(
            self,
            Self::Known(ErrorsErrors::RecipientRewardsTooLow(_)) | Self::Swap(SwapErrorsErrors::SwapTotalTooLow(_))
        )
    }

    /// True when another signature of the network may be accepted: the list of nodes changed since this one was made, or too few
    /// had answered.
    #[must_use]
    pub fn asks_for_another_signature(&self) -> bool {
        matches!(
            self,
            Self::Known(
                ErrorsErrors::InvalidBLSSignature(_)
                    | ErrorsErrors::InsufficientBLSSignatures(_)
                    | ErrorsErrors::SignatureExpired(_)
                    | ErrorsErrors::SignatureNotYetValid(_)
                    | ErrorsErrors::NonSignersNotAscending(_)
            )
        ) || matches!(self, Self::Text(text) if text == "Invalid Signature")
    }

    /// True when the network's claims of this window are used up.
    #[must_use]
    pub const fn is_window_used_up(&self) -> bool {
        matches!(
            self,
            Self::Known(ErrorsErrors::ClaimThresholdExceeded(_)) | Self::Swap(SwapErrorsErrors::CycleLimitExceeded(_))
        )
    }

    /// The word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Known(known) => ErrorsErrors::name_by_selector(known.selector()).unwrap_or("unknown_refusal"),
            Self::Swap(swap) => SwapErrorsErrors::name_by_selector(swap.selector()).unwrap_or("unknown_refusal"),
            Self::Contribution(contribution) => {
                ContributionErrorsErrors::name_by_selector(contribution.selector()).unwrap_or("unknown_refusal")
            }
            Self::Text(_) => "refused",
            Self::Panic(_) => "contract_panic",
            Self::Unknown(_) | Self::Silent => "unknown_refusal",
        }
    }
}

/// An amount in a sentence.
fn amount(word: U256) -> String {
    Sesh::from_word_saturating(word).to_string()
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(known) => f.write_str(&sentence(known)),
            Self::Swap(swap) => f.write_str(&swap_sentence(swap)),
            Self::Contribution(contribution) => f.write_str(&contribution::sentence(contribution)),
            Self::Text(text) => write!(f, "the contract refused: {text}"),
            Self::Panic(code) => write!(
                f,
                "the contract failed (panic {code}): this is a fault of the contract, report it"
            ),
            Self::Unknown(bytes) => write!(
                f,
                "the contract refused for a reason that this wallet does not know ({}): update the wallet",
                hex::encode_prefixed(bytes)
            ),
            Self::Silent => write!(
                f,
                "the contract refused and gave no reason: check that the contract addresses are those of this network"
            ),
        }
    }
}

/// What each error means and what to do.
#[allow(clippy::too_many_lines, reason = "a table")]
fn sentence(error: &ErrorsErrors) -> String {
    use ErrorsErrors as E;
    match error {
        E::RecipientRewardsTooLow(_) => {
            "the contract has credited as much already: go on to claim it".to_owned()
        }
        E::InsufficientBLSSignatures(error) => format!(
            "only {} of the {} nodes that are needed signed: ask again in some minutes, when more nodes answer",
            error.numSigners, error.requiredSigners
        ),
        E::InvalidBLSSignature(_) => {
            "the network's signature does not fit the contract's list of nodes, which may have changed meanwhile: ask again".to_owned()
        }
        E::NonSignersNotAscending(error) => format!(
            "the list of nodes that did not sign is not in order at node {}: ask again, or ask another daemon",
            error.serviceNodeID
        ),
        E::SignatureExpired(_) => "the network's signature is older than 10 minutes: ask for a new one".to_owned(),
        E::SignatureNotYetValid(_) => {
            "the network's signature is from the future: check the clock of the daemon, and ask for a new one".to_owned()
        }
        E::MaxClaimExceeded(_) => {
            "more was asked for than the contract has credited and not yet paid: claim less, or update first".to_owned()
        }
        E::ClaimThresholdExceeded(_) => {
            "the claims of everybody together have reached the limit of this window: claim less, or wait for the next window".to_owned()
        }
        E::EnforcedPause(_) => {
            "the contract is paused. Nothing is lost: give the command again when it is not paused any more".to_owned()
        }
        E::ContractNotStarted(_) => "the contract has not been started yet: wait for the announcement of the network".to_owned(),
        E::ContractAlreadyStarted(_) => "the contract is started already".to_owned(),
        E::BLSPubkeyAlreadyExists(error) => {
            format!("this node is registered already, as number {}: there is nothing to do", error.serviceNodeID)
        }
        E::Ed25519PubkeyAlreadyExists(error) => format!(
            "a node with this service node key is registered already, as number {}: let it exit first",
            error.serviceNodeID
        ),
        E::BLSPubkeyDoesNotExist(_) => {
            "the contract does not know this node: it left already, or was never registered".to_owned()
        }
        E::BLSPubkeyDoesNotMatch(error, ..) => {
            format!("node {} has another BLS key than was given: look at the node again", error.serviceNodeID)
        }
        E::CallerNotContributor(error) => format!(
            "only somebody who staked on node {} can ask for its exit, and this key did not",
            error.serviceNodeID
        ),
        E::LeaveRequestTooEarly(error) => format!(
            "the exit of node {} was asked for already, and it is too early for this: it is possible from {} on (it is {} now), \
             seconds since 1970",
            error.serviceNodeID, error.timestamp, error.currenttime
        ),
        E::LeaveRequestNotInitiatedYet(error) => {
            format!("nobody asked for the exit of node {} yet: ask for it first with `bridge exit`", error.serviceNodeID)
        }
        E::SmallContributorLeaveTooEarly(error) => format!(
            "node {} has not been there for 30 days, and until then only those with a fourth of the stake can ask for its exit",
            error.serviceNodeID
        ),
        E::ExitTooEarly(error) => format!(
            "node {} was registered less than two hours ago and cannot exit yet: wait",
            error.serviceNodeID
        ),
        E::ContributionTotalMismatch(error) => format!(
            "the stakes come to {} and must come to exactly {}: correct the amounts",
            amount(error.provided),
            amount(error.required)
        ),
        E::InsufficientOperatorContribution(error) => format!(
            "the operator stakes {}, which is less than a fourth of the requirement: stake more yourself",
            amount(error.provided)
        ),
        E::ContributionBelowMinimum(error) => format!(
            "contributor {} stakes {} and must stake at least {}",
            error.index,
            amount(error.provided),
            amount(error.minimum)
        ),
        E::DuplicateContributor(error) => format!("contributor {} is listed twice: give each address once", error.index),
        E::FeeTooHigh(error) => format!(
            "the fee {} is above {}, which is 100 %: choose a lower one",
            error.fee, error.maximum
        ),
        E::MaxContributorsExceeded(_) => "a node has at most 10 contributors".to_owned(),
        E::InsufficientContributors(_) => "a node needs at least one contributor".to_owned(),
        E::InvalidBLSProofOfPossession(_) => {
            "the proof of the node's BLS key is not for this address, network or contract: ask the node again, with the address \
             that registers it"
                .to_owned()
        }
        E::MaxPubkeyAggregationsExceeded(_) => {
            "too many nodes were registered in this block: try again in a minute".to_owned()
        }
        E::NullBLSPubkey(_) | E::NullEd25519Pubkey(_) => "a key of the node is missing: ask the node again".to_owned(),
        E::NullAddress(_) => "the address is missing: give your own address".to_owned(),
        E::InsufficientNodes(_) | E::DeleteSentinelNodeNotAllowed(_) => {
            "the contract has too few nodes for this".to_owned()
        }
        E::ERC20InsufficientAllowance(error) => format!(
            "the contract may take {} of your SESH and needs {}: approve it first",
            amount(error.allowance),
            amount(error.needed)
        ),
        E::ERC20InsufficientBalance(error) => format!(
            "{} has {} and {} is needed. If it is your address, get more SESH; if it is the contract's, it must be refilled: \
             anybody can call payoutReleased() on the reward pool. Nothing is lost meanwhile",
            error.sender.to_checksum(None),
            amount(error.balance),
            amount(error.needed)
        ),
        E::AddressInsufficientBalance(_) | E::FailedInnerCall(_) | E::SafeERC20FailedOperation(_) => {
            "the SESH could not be moved: check the balance and that the contract addresses are those of this network".to_owned()
        }
    }
}

/// The same for the contract that pays swapped coins.
fn swap_sentence(error: &SwapErrorsErrors) -> String {
    use SwapErrorsErrors as E;
    match error {
        E::SwapTotalTooLow(error) => format!(
            "the contract has credited {} already, which is as much: go on to claim it",
            amount(error.current)
        ),
        E::CapExceeded(error) => format!(
            "all swaps together would exceed what there is for them: {} are left, {} are needed. Report it, the chain should have refused \
             the burn",
            amount(error.remaining),
            amount(error.delta)
        ),
        E::NotFunded(error) => format!(
            "the swap contract has {} and would owe {}: it must be funded first. Nothing is lost meanwhile",
            amount(error.balance),
            amount(error.owed)
        ),
        E::SwapClosed(error) => format!(
            "the swap was closed at {} seconds since 1970: nothing more is credited",
            error.closeTime
        ),
        E::MaxClaimExceeded(error) => format!(
            "{} was asked for and {} can be claimed: claim less, or update first",
            amount(error.amount),
            amount(error.claimable)
        ),
        E::NothingToClaim(error) => format!("{} has nothing to claim", error.account.to_checksum(None)),
        E::CycleLimitExceeded(error) => format!(
            "everybody's claims together reach the limit of this window, of which {} are left: claim less, or wait for the next window, \
             at 00:00 or 12:00 UTC",
            amount(error.remaining)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::refusals::Errors;

    #[test]
    fn refusals_say_what_to_do() {
        let few = Errors::InsufficientBLSSignatures {
            numSigners: U256::from(3),
            requiredSigners: U256::from(11),
        };
        let few = Refusal::decode(&few.abi_encode());
        assert!(few.asks_for_another_signature());
        assert!(few.to_string().contains("only 3 of the 11 nodes"), "{few}");
        let low = Refusal::decode(&Errors::RecipientRewardsTooLow {}.abi_encode());
        assert!(low.is_credited_already() && low.to_string().contains("go on to claim"));
        let used_up = Refusal::decode(&Errors::ClaimThresholdExceeded {}.abi_encode());
        assert!(used_up.is_window_used_up() && used_up.to_string().contains("next window"));
        let paused = Refusal::decode(&Errors::EnforcedPause {}.abi_encode());
        assert!(paused.to_string().contains("paused") && paused.to_string().contains("Nothing is lost"));
        assert_eq!(paused.code(), "EnforcedPause");
    }

    #[test]
    fn texts_panics_and_strange_bytes_are_refusals_too() {
        let text = Refusal::decode(&Revert::from("Invalid Signature").abi_encode());
        assert!(text.asks_for_another_signature());
        assert!(matches!(
            Refusal::decode(&Panic::from(0x11_u64).abi_encode()),
            Refusal::Panic(_)
        ));
        assert!(matches!(Refusal::decode(&[1, 2, 3, 4]), Refusal::Unknown(_)));
        assert_eq!(Refusal::decode(&[]), Refusal::Silent);
    }

    #[test]
    fn a_long_unknown_refusal_is_cut() {
        assert!(Refusal::decode(&[9; 10_000]).to_string().len() < 300);
    }
}
