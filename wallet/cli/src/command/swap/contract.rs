//! What the contract on Arbitrum says before anything is burned (bridge §5.4.7, §5.4.8): the chain cannot see it, and a burn that
//! the contract never credits is lost.

use super::SwapCommandError;
use crate::{
    command::{CommandError, ethereum::SwapContract},
    format::time,
    session::Session,
};
use oxen_bridge_rules::address::checksummed;
use oxen_rpc::types::swap::SwapInfoAnswer;
use oxen_types::{Amount, Timestamp, bytes::EthereumAddress, network::SwapParameters};
use oxen_wallet_ethereum::claim::SwapState;
use std::fmt::Write;

/// Seconds that must be left between maturity and the end of credits. Blocks may be slow, service nodes sign only what cannot be
/// replaced any more, about an hour later, and the owner has to come and send the update.
const MARGIN_SECONDS: u64 = 24 * 3_600;

/// What was seen of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// No provider was named.
    NotLooked,
    /// Nothing speaks against burning.
    Looked {
        /// The contract.
        state: SwapState,
        /// Who is to be credited.
        recipient: Recipient,
        /// How much.
        credited: Amount,
    },
}

/// What is at the recipient's address on Arbitrum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recipient {
    /// No code: an account with a key, as far as can be seen.
    Account,
    /// A contract.
    Contract,
}

/// A burn that is about to be made, as the contract will see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    /// SESH it is worth.
    pub(super) credited: Amount,
    /// Seconds until it counts, if the next block takes it.
    pub(super) matures_in: u64,
    /// SESH of all burns so far, credited by the contract or not, as the daemon says.
    pub(super) credited_before: Amount,
}

/// Looks at the contract that the network pays with, and refuses what it would not credit.
///
/// # Errors
/// [`SwapCommandError::ClosesTooSoon`], [`SwapCommandError::ContractFull`], or the provider's.
pub(super) async fn look(
    session: &Session,
    parameters: &SwapParameters,
    recipient: &EthereumAddress,
    wanted: Wanted,
) -> Result<Look, CommandError> {
    let Some(contract) = SwapContract::connect(session, parameters.contract).await? else {
        return Ok(Look::NotLooked);
    };
    let state = contract.state().await?;
    check(&state, wanted)?;
    let recipient = if contract.is_contract(recipient).await? {
        Recipient::Contract
    } else {
        Recipient::Account
    };
    Ok(Look::Looked {
        state,
        recipient,
        credited: wanted.credited,
    })
}

fn check(state: &SwapState, wanted: Wanted) -> Result<(), SwapCommandError> {
    let counts = state.now.saturating_add(wanted.matures_in);
    // A pause that is going on will put the end off, by nobody knows how much: it is not counted on.
    if state.closes <= counts.saturating_add(MARGIN_SECONDS) {
        return Err(SwapCommandError::ClosesTooSoon {
            closes: Timestamp::from_seconds(state.closes),
            counts: Timestamp::from_seconds(counts),
        });
    }
    // What others burned and nobody has had credited yet is taken too.
    let left = Amount::from_atomic(state.cap.atomic()).saturating_sub(wanted.credited_before);
    let left = left.min(Amount::from_atomic(state.left.atomic()));
    if left < wanted.credited {
        return Err(SwapCommandError::ContractFull {
            wanted: wanted.credited,
            left,
        });
    }
    Ok(())
}

/// What the daemon says was credited by all burns, also those that the contract has not seen.
pub(super) fn credited_before(info: &SwapInfoAnswer) -> Amount {
    Amount::from_atomic(info.sums.unwrap_or_default().credited)
}

impl Look {
    /// For programs: whether the contract was looked at.
    pub(super) const fn was_done(&self) -> bool {
        matches!(self, Self::Looked { .. })
    }

    /// Lines of the summary.
    pub(super) fn describe(&self, text: &mut String, recipient: &EthereumAddress) {
        let Self::Looked { state, .. } = self else {
            let _ = writeln!(
                text,
                "  WARNING: the contract on Arbitrum was not looked at. It may be paused, full, or close before this burn counts, and \
                 then the OXEN would be burned for nothing. To have it looked at, name a JSON-RPC service with --l2-provider <URL>, \
                 or in the environment variable OXEN_L2_PROVIDER."
            );
            return;
        };
        let _ = writeln!(
            text,
            "  the contract on Arbitrum has room for {} and takes credits until {} UTC",
            state.left,
            time::date_and_time(Timestamp::from_seconds(state.closes))
        );
        for warning in self.warnings(recipient) {
            let _ = writeln!(text, "  WARNING: {warning}");
        }
    }

    /// What does not forbid the burn and should be known.
    pub(super) fn warnings(&self, recipient: &EthereumAddress) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Self::Looked { state, .. } = self
            && state.paused
        {
            warnings.push(
                "the contract on Arbitrum is paused: nothing is credited or paid until it goes on, and nobody can say when".to_owned(),
            );
        }
        if let Self::Looked { state, credited, .. } = self
            && state.funded.atomic() < credited.atomic()
        {
            warnings.push(format!(
                "the contract on Arbitrum holds no more than {} that are not owed: it credits this burn only once it was sent more",
                state.funded
            ));
        }
        if let Self::Looked {
            recipient: Recipient::Contract,
            ..
        } = self
        {
            warnings.push(format!(
                "{} is a contract on Arbitrum: if it cannot send SESH on, they stay in it for ever. Burn for it only if you know that \
                 it can",
                checksummed(recipient)
            ));
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_wallet_ethereum::{Sesh, claim::ClaimWindow};

    const NOW: u64 = 1_700_000_000;

    fn state() -> SwapState {
        SwapState {
            paused: false,
            cap: Sesh::from_atomic(1_000),
            left: Sesh::from_atomic(400),
            funded: Sesh::from_atomic(400),
            closes: NOW + 3_600 + MARGIN_SECONDS + 1,
            now: NOW,
            window: ClaimWindow {
                left: Sesh::ZERO,
                limit: Sesh::ZERO,
                ends: NOW,
                ends_in: 0,
            },
        }
    }

    fn wanted(credited: u64, credited_before: u64) -> Wanted {
        Wanted {
            credited: Amount::from_atomic(credited),
            matures_in: 3_600,
            credited_before: Amount::from_atomic(credited_before),
        }
    }

    #[test]
    fn what_counts_less_than_a_day_before_the_contract_closes_is_refused() {
        assert!(check(&state(), wanted(1, 600)).is_ok());
        let closes = state().closes - 1;
        let refused = check(&SwapState { closes, ..state() }, wanted(1, 600)).unwrap_err();
        assert_eq!(refused.code(), "swap_contract_closes");
    }

    #[test]
    fn what_others_burned_and_did_not_have_credited_yet_takes_room() {
        assert!(check(&state(), wanted(400, 600)).is_ok());
        for (credited, before, left) in [(401, 600, 400), (400, 601, 399), (1, 1_000, 0)] {
            let refused = check(&state(), wanted(credited, before)).unwrap_err();
            assert!(
                matches!(refused, SwapCommandError::ContractFull { left: found, .. } if found.atomic() == left),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_contract_that_holds_too_little_is_warned_of() {
        let recipient = EthereumAddress::new([1; 20]);
        for (credited, warnings) in [(400, 0), (401, 1)] {
            let look = Look::Looked {
                state: state(),
                recipient: Recipient::Account,
                credited: Amount::from_atomic(credited),
            };
            assert_eq!(look.warnings(&recipient).len(), warnings);
        }
    }
}
