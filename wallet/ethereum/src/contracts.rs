//! The interface of the contracts, as far as a wallet uses it (bridge §1.4–1.6, §5.3).
//!
//! The errors of all contracts stand in one list, [`refusals`], because a refusal may come from a contract that another one
//! called.
#![allow(
    missing_docs,
    clippy::too_many_arguments,
    reason = "generated from the interface, which the specification describes"
)]

use alloy::sol;

sol! {
    #![sol(all_derives = true)]

    /// A point of G1: a BLS public key.
    struct G1Point {
        uint256 X;
        uint256 Y;
    }

    /// A BLS signature: x.re, x.im, y.re, y.im.
    struct BLSSignatureParams {
        uint256 sigs0;
        uint256 sigs1;
        uint256 sigs2;
        uint256 sigs3;
    }

    struct ServiceNodeParams {
        uint256 serviceNodePubkey;
        uint256 serviceNodeSignature1;
        uint256 serviceNodeSignature2;
        uint16 fee;
    }

    struct Staker {
        address addr;
        address beneficiary;
    }

    struct Contributor {
        Staker staker;
        uint256 stakedAmount;
    }

    /// A place of a contribution contract that is kept for an address.
    struct ReservedContributor {
        address addr;
        uint256 amount;
    }

    interface Sesh {
        function allowance(address owner, address spender) external view returns (uint256);
        function approve(address spender, uint256 value) external returns (bool);
        function balanceOf(address account) external view returns (uint256);
    }

    interface ServiceNodeRewards {
        event RewardsClaimed(address indexed recipientAddress, uint256 amount);

        function updateRewardsBalance(address recipientAddress, uint256 recipientRewards, BLSSignatureParams blsSignature, uint64[] ids) external;
        function claimRewards(uint256 amount) external;
        function addBLSPublicKey(G1Point blsPubkey, BLSSignatureParams blsSignature, ServiceNodeParams serviceNodeParams, Contributor[] contributors) external;
        function validateProofOfPossession(G1Point blsPubkey, BLSSignatureParams blsSignature, address caller, uint256 serviceNodePubkey) external;
        function initiateExitBLSPublicKey(uint64 serviceNodeID) external;
        function exitBLSPublicKeyAfterWaitTime(uint64 serviceNodeID) external;
        function exitBLSPublicKeyWithSignature(G1Point blsPubkey, uint256 timestamp, BLSSignatureParams blsSignature, uint64[] ids) external;
        function liquidateBLSPublicKeyWithSignature(G1Point blsPubkey, uint256 timestamp, BLSSignatureParams blsSignature, uint64[] ids) external;

        function recipients(address recipient) external view returns (uint256 rewards, uint256 claimed);
        function serviceNodeIDs(bytes key) external view returns (uint64);
        function ed25519ToServiceNodeID(uint256 key) external view returns (uint64);
        function designatedToken() external view returns (address);
        function foundationPool() external view returns (address);
        function stakingRequirement() external view returns (uint256);
        function maxContributors() external view returns (uint256);
        function totalNodes() external view returns (uint256);
        function isStarted() external view returns (bool);
        function paused() external view returns (bool);
        function claimThreshold() external view returns (uint256);
        function claimCycle() external view returns (uint256);
        function currentClaimTotal() external view returns (uint256);
        function currentClaimCycle() external view returns (uint256);
    }

    interface ServiceNodeContribution {
        function contributeFunds(uint256 amount, address beneficiary) external;
        function withdrawContribution() external;
        function updateBeneficiary(address newBeneficiary) external;
        function finalize() external;
        function reset() external;

        function SESH() external view returns (address);
        function stakingRequirement() external view returns (uint256);
        function maxContributors() external view returns (uint256);
        function operator() external view returns (address);
        function status() external view returns (uint8);
        function manualFinalize() external view returns (bool);
        function blsPubkey() external view returns (uint256 X, uint256 Y);
        function serviceNodeParams() external view returns (ServiceNodeParams);
        function contributionTimestamp(address account) external view returns (uint256);
        function minimumContribution() external view returns (uint256);
        function getContributions() external view returns (address[] addrs, address[] beneficiaries, uint256[] contribs);
        function getReserved() external view returns (address[] addrs, uint256[] contribs, bool[] received);
        function WITHDRAWAL_DELAY() external view returns (uint64);
    }

    interface ServiceNodeContributionFactory {
        event NewServiceNodeContributionContract(address indexed contributorContract, uint256 serviceNodePubkey, address operator);

        function deploy(G1Point key, BLSSignatureParams sig, ServiceNodeParams params, ReservedContributor[] reserved, bool manualFinalize) external returns (address result);

        function stakingRewardsContract() external view returns (address);
        function owns(address contractAddress) external view returns (bool);
    }

    interface OxenSwap {
        event SwapClaimed(address indexed account, uint256 amount);

        function updateSwapBalance(address account, uint256 total, BLSSignatureParams blsSignature, uint64[] ids) external;
        function claim(uint256 amount) external;
        function claimFor(address account) external;

        function credited(address account) external view returns (uint256);
        function claimed(address account) external view returns (uint256);
        function token() external view returns (address);
        function cap() external view returns (uint256);
        function totalCredited() external view returns (uint256);
        function totalClaimed() external view returns (uint256);
        function CYCLE_SECONDS() external view returns (uint256);
        function cycleLimit() external view returns (uint256);
        function cycleRemaining() external view returns (uint256);
        function closeTime() external view returns (uint256);
        function paused() external view returns (bool);
    }
}

/// Every error that a call of the wallet can meet.
pub mod refusals {
    use alloy::sol;

    sol! {
        #![sol(all_derives = true)]

        /// A BLS public key, as [`super::G1Point`].
        struct G1Point {
            uint256 X;
            uint256 Y;
        }

        /// The errors.
        interface Errors {
            // ServiceNodeRewards (bridge §1.4).
            error BLSPubkeyAlreadyExists(uint64 serviceNodeID);
            error BLSPubkeyDoesNotExist(G1Point blsPubkey);
            error BLSPubkeyDoesNotMatch(uint64 serviceNodeID, G1Point blsPubkey);
            error Ed25519PubkeyAlreadyExists(uint64 serviceNodeID);
            error CallerNotContributor(uint64 serviceNodeID, address contributor);
            error ClaimThresholdExceeded();
            error ContractAlreadyStarted();
            error ContractNotStarted();
            error ContributionTotalMismatch(uint256 required, uint256 provided);
            error InsufficientOperatorContribution(uint256 provided);
            error DeleteSentinelNodeNotAllowed();
            error InsufficientBLSSignatures(uint256 numSigners, uint256 requiredSigners);
            error InsufficientContributors();
            error InsufficientNodes();
            error InvalidBLSSignature(G1Point aggregatePubkey);
            error InvalidBLSProofOfPossession();
            error ExitTooEarly(uint64 serviceNodeID, uint256 timestamp, uint256 currenttime);
            error LeaveRequestTooEarly(uint64 serviceNodeID, uint256 timestamp, uint256 currenttime);
            error LeaveRequestNotInitiatedYet(uint64 serviceNodeID);
            error MaxContributorsExceeded();
            error MaxClaimExceeded();
            error MaxPubkeyAggregationsExceeded();
            error NullBLSPubkey();
            error NullEd25519Pubkey();
            error NullAddress();
            error RecipientRewardsTooLow();
            error SignatureExpired(uint64 serviceNodeID, uint256 timestamp, uint256 currenttime);
            error SmallContributorLeaveTooEarly(uint64 serviceNodeID, address contributor);

            // Those that the original contract does not have.
            error DuplicateContributor(uint256 index);
            error ContributionBelowMinimum(uint256 index, uint256 provided, uint256 minimum);
            error FeeTooHigh(uint16 fee, uint16 maximum);
            error SignatureNotYetValid(uint64 serviceNodeID, uint256 timestamp, uint256 currenttime);
            error NonSignersNotAscending(uint64 serviceNodeID);

            // OpenZeppelin 5.0.
            error EnforcedPause();
            error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
            error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
            error AddressInsufficientBalance(address account);
            error FailedInnerCall();
            error SafeERC20FailedOperation(address token);
        }

        /// The errors of contribution contracts (bridge §1.5), one of which has the name of another one above. A status is a
        /// number: 0 waits for the operator's contribution, 1 is open, 2 waits to be finalized, 3 is finalized.
        interface ContributionErrors {
            error CalcMinContributionGivenBadContribArgs(uint256 numContributors, uint256 maxNumContributors);
            error ContributeFundsNotPossible(uint8 status);
            error ContributionBelowMinAmount(uint256 contributed, uint256 min);
            error ContributionBelowReservedAmount(uint256 contributed, uint256 reserved);
            error ContributionExceedsStakingRequirement(uint256 totalContributed, uint256 totalReserved, uint256 stakingRequirement);
            error DuplicateAddressInReservedContributor(uint256 index);
            error FeeExceedsPossibleValue(uint16 fee, uint16 max);
            error RequireWaitForOperatorContribStatus(uint8 status);
            error FinalizeNotPossible(uint8 status);
            error FirstContributionMustBeOperator(address contributor, address operator);
            error BeneficiaryUpdatingDisabledNodeIsNotOpen(uint256 ed25519Pubkey);
            error FirstReservedContributorMustBeOperator(uint256 index, address operator);
            error OnlyOperatorIsAuthorised(address addr, address operator);
            error MaxContributorsExceeded(uint256 maxContributors);
            error RescueBalanceIsEmpty(address token);
            error RescueNotPossible(uint8 status);
            error ReservedContributorHasZeroAddress(uint256 index);
            error ReservedContributionBelowMinAmount(uint256 index, uint256 contributed, uint256 min);
            error ReservedContributionExceedsStakingRequirement(uint256 index, uint256 contributed, uint256 remaining);
            error RewardsContractMaxContributorsChanged(uint256 oldMax, uint256 newMax);
            error RewardsContractStakingRequirementChanged(uint256 oldRequirement, uint256 newRequirement);
            error NonContributorUpdatedBeneficiary(address nonContributorAddr);
            error TooManyReservedContributors(uint256 length, uint256 max);
            error WithdrawTooEarly(uint256 contribTime, uint256 blockTime, uint256 delayRequired);
        }

        /// The errors of OxenSwap (bridge §5.3), one of which has the name of another one above.
        interface SwapErrors {
            error SwapTotalTooLow(uint256 current, uint256 provided);
            error CapExceeded(uint256 delta, uint256 remaining);
            error NotFunded(uint256 owed, uint256 balance);
            error SwapClosed(uint256 closeTime);
            error MaxClaimExceeded(uint256 amount, uint256 claimable);
            error NothingToClaim(address account);
            error CycleLimitExceeded(uint256 amount, uint256 remaining);
        }
    }
}
