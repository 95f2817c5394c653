// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {BN256G1} from "../libraries/BN256G1.sol";
import {IServiceNodeRewards} from "./IServiceNodeRewards.sol";

/// @title IServiceNodeContribution
/// @notice Collects the stake of one node from several contributors and registers the node when it is complete.
/// Amounts are atomic SESH, times are Unix seconds.
interface IServiceNodeContribution {
    /// @notice What the contract waits for.
    enum Status {
        /// The operator's contribution. Keys, fee and reservations can be changed.
        WaitForOperatorContrib,
        /// Contributions of the others.
        OpenForPublicContrib,
        /// The operator's `finalize`: the stake is complete.
        WaitForFinalized,
        /// Nothing but `reset`: the node is registered.
        Finalized
    }

    // ---------------------------------------------------------------------------------------------------- events

    event Finalized();
    event NewContribution(address indexed contributor, address beneficiary, uint256 amount);
    event OpenForPublicContribution();
    event Filled();
    event WithdrawContribution(address indexed contributor, uint256 amount);
    event UpdateStakerBeneficiary(address indexed staker, address newBeneficiary);
    event UpdateManualFinalize(bool newValue);
    event UpdateFee(uint16 newFee);
    event UpdatePubkeys(BN256G1.G1Point newBLSPubkey, uint256 newEd25519Pubkey);
    event UpdateReservedContributors(IServiceNodeRewards.ReservedContributor[] newReservedContributors);
    event Reset();

    // ---------------------------------------------------------------------------------------------------- errors

    error CalcMinContributionGivenBadContribArgs(uint256 numContributors, uint256 maxNumContributors);
    error ContributeFundsNotPossible(Status status);
    error ContributionBelowMinAmount(uint256 contributed, uint256 min);
    error ContributionBelowReservedAmount(uint256 contributed, uint256 reserved);
    error ContributionExceedsStakingRequirement(
        uint256 totalContributed, uint256 totalReserved, uint256 stakingRequirement
    );
    error DuplicateAddressInReservedContributor(uint256 index);
    error FeeExceedsPossibleValue(uint16 fee, uint16 max);
    error RequireWaitForOperatorContribStatus(Status status);
    error FinalizeNotPossible(Status status);
    error FirstContributionMustBeOperator(address contributor, address operator);
    error BeneficiaryUpdatingDisabledNodeIsNotOpen(uint256 ed25519Pubkey);
    error FirstReservedContributorMustBeOperator(uint256 index, address operator);
    error OnlyOperatorIsAuthorised(address addr, address operator);
    error MaxContributorsExceeded(uint256 maxContributors);
    error RescueBalanceIsEmpty(address token);
    error RescueNotPossible(Status status);
    error ReservedContributorHasZeroAddress(uint256 index);
    error ReservedContributionBelowMinAmount(uint256 index, uint256 contributed, uint256 min);
    error ReservedContributionExceedsStakingRequirement(uint256 index, uint256 contributed, uint256 remaining);
    error RewardsContractMaxContributorsChanged(uint256 oldMax, uint256 newMax);
    error RewardsContractStakingRequirementChanged(uint256 oldRequirement, uint256 newRequirement);
    error NonContributorUpdatedBeneficiary(address nonContributorAddr);
    error TooManyReservedContributors(uint256 length, uint256 max);
    error WithdrawTooEarly(uint256 contribTime, uint256 blockTime, uint256 delayRequired);

    // ----------------------------------------------------------------------------------------------------- views

    function SESH() external view returns (IERC20);

    function stakingRewardsContract() external view returns (IServiceNodeRewards);

    function stakingRequirement() external view returns (uint256);

    function maxContributors() external view returns (uint256);

    function operator() external view returns (address);

    function status() external view returns (Status);

    function manualFinalize() external view returns (bool);

    function blsPubkey() external view returns (uint256, uint256);

    function blsSignature() external view returns (IServiceNodeRewards.BLSSignatureParams memory);

    function serviceNodeParams() external view returns (IServiceNodeRewards.ServiceNodeParams memory);

    /// @notice What `account` has contributed.
    function contributions(address account) external view returns (uint256);

    /// @notice When `account` last contributed.
    function contributionTimestamp(address account) external view returns (uint256);

    /// @notice The contributor at `index`; the operator is at zero.
    function contributorAddresses(uint256 index) external view returns (IServiceNodeRewards.Staker memory);

    function contributorAddressesLength() external view returns (uint256);

    /// @notice The place kept for `account`, and whether `account` has contributed.
    function reservedContributions(address account) external view returns (uint256, bool);

    function reservedContributionsAddresses(uint256 index) external view returns (address);

    /// @notice The least that a new contributor must bring now.
    function minimumContribution() external view returns (uint256);

    /// @notice An equal part, rounded up, of what remains over the places that are open; a quarter for the operator.
    function calcMinimumContribution(uint256 contributionRemaining, uint256 numContributors, uint256 maxNumContributors)
        external
        pure
        returns (uint256);

    function minimumOperatorContribution(uint256 _stakingRequirement) external pure returns (uint256);

    function operatorContribution() external view returns (uint256);

    function getContributions()
        external
        view
        returns (address[] memory addrs, address[] memory beneficiaries, uint256[] memory contribs);

    function getReserved()
        external
        view
        returns (address[] memory addrs, uint256[] memory contribs, bool[] memory received);

    function totalContribution() external view returns (uint256);

    /// @notice The sum of reservations whose contribution has not come.
    function totalReservedContribution() external view returns (uint256);

    // ------------------------------------------------------------------------------------------------- functions

    /// @notice Chooses whether a complete stake waits for `finalize`. Only for the operator.
    function updateManualFinalize(bool value) external;

    /// @notice Sets the fee in ten-thousandths. Only for the operator, before the first contribution.
    function updateFee(uint16 fee) external;

    /// @notice Replaces the node's keys and their proofs. Only for the operator, before the first contribution.
    function updatePubkeys(
        BN256G1.G1Point memory newBLSPubkey,
        IServiceNodeRewards.BLSSignatureParams memory newBLSSig,
        uint256 ed25519Pubkey,
        uint256 ed25519Sig0,
        uint256 ed25519Sig1
    ) external;

    /// @notice Replaces all reservations. Only for the operator, before the first contribution.
    function updateReservedContributors(IServiceNodeRewards.ReservedContributor[] memory reserved) external;

    /// @notice Changes who is paid for the caller's stake.
    function updateBeneficiary(address newBeneficiary) external;

    /// @notice Contributes `amount`, taken from the caller's allowance.
    function contributeFunds(uint256 amount, address beneficiary) external;

    /// @notice Registers the complete node. Only for the operator.
    function finalize() external;

    /// @notice Refunds everybody and starts again with the same keys. Only for the operator.
    function reset() external;

    /// @notice Resets, sets every parameter, and contributes when `amount` is not zero. Only for the operator.
    function resetUpdateAndContribute(
        BN256G1.G1Point memory key,
        IServiceNodeRewards.BLSSignatureParams memory sig,
        IServiceNodeRewards.ServiceNodeParams memory params,
        IServiceNodeRewards.ReservedContributor[] memory reserved,
        bool _manualFinalize,
        address beneficiary,
        uint256 amount
    ) external;

    /// @notice Sends tokens that came here by mistake to the operator, while no contribution is held.
    function rescueERC20(address tokenAddress) external;

    /// @notice Takes the caller's contribution back, a day after it was last raised.
    function withdrawContribution() external;
}
