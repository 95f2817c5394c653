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
        function totalNodes() external view returns (uint256);
        function isStarted() external view returns (bool);
        function paused() external view returns (bool);
        function claimThreshold() external view returns (uint256);
        function claimCycle() external view returns (uint256);
        function currentClaimTotal() external view returns (uint256);
        function currentClaimCycle() external view returns (uint256);
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
