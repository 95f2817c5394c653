//! The same for contribution contracts (bridge §1.5). The wallet looks before it sends, so these are met where somebody was faster.

use super::amount;
use crate::{contracts::refusals::ContributionErrors::ContributionErrorsErrors, contribution::ContributionStatus};
use alloy::primitives::U256;

fn status(number: u8) -> String {
    ContributionStatus::from_number(number).map_or_else(|| format!("in state {number}"), |status| status.to_string())
}

/// More contributors than a node can have. The deployed contracts tell a changed stake by the error for a changed number of
/// contributors (bridge §1.5), and no stake in atomic units is as small as this.
const MOST_CONTRIBUTORS: U256 = U256::from_limbs([10_000, 0, 0, 0]);

const A_NEW_CONTRACT: &str =
    "the operator must have a new contract made, and contributions can be taken back with `bridge contract withdraw`";

fn requirement_changed(then: U256, now: U256) -> String {
    format!(
        "the network asks for a stake of {} now, and this contract collects {}: {A_NEW_CONTRACT}",
        amount(now),
        amount(then)
    )
}

/// What each error means and what to do.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn sentence(error: &ContributionErrorsErrors) -> String {
    use ContributionErrorsErrors as E;
    match error {
        E::CalcMinContributionGivenBadContribArgs(error) => format!(
            "all {} places of this contract are taken or reserved: only those who have one can contribute more",
            error.maxNumContributors
        ),
        E::ContributeFundsNotPossible(error) => format!(
            "the contract takes no contributions, it is {}: look at it with `bridge contract status`",
            status(error.status)
        ),
        E::ContributionBelowMinAmount(error) => format!(
            "{} is less than the least contribution now, {}: contribute at least that",
            amount(error.contributed),
            amount(error.min)
        ),
        E::ContributionBelowReservedAmount(error) => format!(
            "{} are reserved for you, and {} is less: contribute at least what is reserved",
            amount(error.reserved),
            amount(error.contributed)
        ),
        E::ContributionExceedsStakingRequirement(error) => format!(
            "this would make {} of {}, and {} of it are reserved for others: contribute less, `bridge contract status` shows the room",
            amount(error.totalContributed),
            amount(error.stakingRequirement),
            amount(error.totalReserved)
        ),
        E::DuplicateAddressInReservedContributor(error) => {
            format!(
                "the address of reserved place {} has one already: give each address once",
                error.index
            )
        }
        E::FeeExceedsPossibleValue(error) => format!(
            "the fee {} is above {}, which is 100 %: choose a lower one",
            error.fee, error.max
        ),
        E::RequireWaitForOperatorContribStatus(error) => format!(
            "this can be changed only before the first contribution, and the contract is {}: `bridge contract reset` gives everybody's \
             back and begins anew",
            status(error.status)
        ),
        E::FinalizeNotPossible(error) => {
            format!(
                "the contract is {}: it is finalized once, when its stake is complete",
                status(error.status)
            )
        }
        E::FirstContributionMustBeOperator(error) => format!(
            "the operator {} must be the first to contribute: wait until that is done",
            error.operator.to_checksum(None)
        ),
        E::BeneficiaryUpdatingDisabledNodeIsNotOpen(_) => {
            "who gets the rewards can be changed only from the operator's contribution on until the node is registered"
                .to_owned()
        }
        E::FirstReservedContributorMustBeOperator(error) => format!(
            "the first reserved place must be that of the operator {}",
            error.operator.to_checksum(None)
        ),
        E::OnlyOperatorIsAuthorised(error) => format!(
            "only the operator {} can do this: use the operator's key",
            error.operator.to_checksum(None)
        ),
        E::MaxContributorsExceeded(error) => format!(
            "all {} places of this contract are taken: look for another one",
            error.maxContributors
        ),
        E::RescueBalanceIsEmpty(_) => "the contract has none of this token: there is nothing to be rescued".to_owned(),
        E::RescueNotPossible(error) => format!(
            "the contract is {}, and tokens are rescued only from one without contributions",
            status(error.status)
        ),
        E::ReservedContributorHasZeroAddress(error) => {
            format!("reserved place {} has no address: give one", error.index)
        }
        E::ReservedContributionBelowMinAmount(error) => format!(
            "reserved place {} is {} and must be at least {}: keep more",
            error.index,
            amount(error.contributed),
            amount(error.min)
        ),
        E::ReservedContributionExceedsStakingRequirement(error) => format!(
            "reserved place {} is {} and only {} of the stake are left for it: keep less",
            error.index,
            amount(error.contributed),
            amount(error.remaining)
        ),
        E::RewardsContractMaxContributorsChanged(error) if error.newMax < MOST_CONTRIBUTORS => format!(
            "the network takes {} contributors for a node now, and this contract {}: {A_NEW_CONTRACT}",
            error.newMax, error.oldMax
        ),
        E::RewardsContractMaxContributorsChanged(error) => requirement_changed(error.oldMax, error.newMax),
        E::RewardsContractStakingRequirementChanged(error) => {
            requirement_changed(error.oldRequirement, error.newRequirement)
        }
        E::NonContributorUpdatedBeneficiary(error) => format!(
            "{} has contributed nothing to this contract",
            error.nonContributorAddr.to_checksum(None)
        ),
        E::TooManyReservedContributors(error) => format!(
            "{} places were to be kept, and a node has at most {} contributors: keep fewer",
            error.length, error.max
        ),
        E::WithdrawTooEarly(error) => format!(
            "a contribution can be taken back a day after it was last raised: this one from {} on (it is {} now), seconds since 1970",
            error.contribTime.saturating_add(error.delayRequired),
            error.blockTime
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Refusal, contracts::refusals::ContributionErrors};
    use alloy::{primitives::U256, sol_types::SolError};

    #[test]
    fn what_a_contribution_contract_refuses_is_told_with_its_numbers() {
        let small = ContributionErrors::ContributionBelowMinAmount {
            contributed: U256::from(1_000_000_000),
            min: U256::from(2_500_000_000_u64),
        };
        let small = Refusal::decode(&small.abi_encode());
        assert_eq!(small.code(), "ContributionBelowMinAmount");
        assert_eq!(
            small.to_string(),
            "1 SESH is less than the least contribution now, 2.5 SESH: contribute at least that"
        );
        let late = ContributionErrors::ContributeFundsNotPossible { status: 3 };
        let late = Refusal::decode(&late.abi_encode()).to_string();
        assert!(late.contains("finalized: the node was registered"), "{late}");
        let early = ContributionErrors::WithdrawTooEarly {
            contribTime: U256::from(100),
            blockTime: U256::from(200),
            delayRequired: U256::from(86_400),
        };
        let early = Refusal::decode(&early.abi_encode()).to_string();
        assert!(early.contains("from 86500 on (it is 200 now)"), "{early}");
    }

    #[test]
    fn a_changed_stake_is_told_from_a_changed_number_of_contributors_also_by_the_deployed_contracts() {
        let changed = |old: u64, new: u64| {
            let error = ContributionErrors::RewardsContractMaxContributorsChanged {
                oldMax: U256::from(old),
                newMax: U256::from(new),
            };
            Refusal::decode(&error.abi_encode()).to_string()
        };
        let number = changed(10, 12);
        assert!(number.contains("takes 12 contributors"), "{number}");
        let stake = changed(120_000_000_000, 121_000_000_000);
        assert!(
            stake.contains("a stake of 121 SESH now, and this contract collects 120 SESH"),
            "{stake}"
        );
    }

    #[test]
    fn an_error_of_the_same_name_of_another_contract_is_not_taken_for_it() {
        let places = ContributionErrors::MaxContributorsExceeded {
            maxContributors: U256::from(4),
        };
        let places = Refusal::decode(&places.abi_encode());
        assert!(matches!(places, Refusal::Contribution(_)), "{places:?}");
        assert!(places.to_string().contains("all 4 places"), "{places}");
    }
}
