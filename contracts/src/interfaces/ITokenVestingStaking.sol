// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {BN256G1} from "../libraries/BN256G1.sol";
import {IServiceNodeContributionFactory} from "./IServiceNodeContributionFactory.sol";
import {IServiceNodeRewards} from "./IServiceNodeRewards.sol";

/// @title ITokenVestingStaking
/// @notice Holds an investor's tokens until a date, and lets the investor stake them meanwhile. Times are Unix seconds,
/// amounts atomic units.
interface ITokenVestingStaking {
    /// @notice The vested tokens went to the beneficiary.
    event TokensReleased(IERC20 indexed token, uint256 amount);
    /// @notice The vesting was revoked; from now on the revoker acts, and owns what is here after the end.
    event TokenVestingRevoked(IERC20 indexed token);
    /// @notice The tokens went to the revoker.
    event TokensRevokedReleased(IERC20 indexed token, uint256 amount);
    event BeneficiaryTransferred(address oldBeneficiary, address newBeneficiary);
    event RevokerTransferred(address oldRevoker, address newRevoker);

    /// @notice Who gets the tokens at the end, and stakes them until then.
    function beneficiary() external view returns (address);

    /// @notice Who may revoke.
    function revoker() external view returns (address);

    /// @notice When staking becomes possible.
    function start() external view returns (uint256);

    /// @notice When the tokens are due.
    function end() external view returns (uint256);

    /// @notice Whether the beneficiary may hand the contract to somebody else.
    function transferableBeneficiary() external view returns (bool);

    /// @notice Where nodes are registered.
    function rewardsContract() external view returns (IServiceNodeRewards);

    /// @notice Whose contribution contracts are trusted.
    function snContribFactory() external view returns (IServiceNodeContributionFactory);

    /// @notice The token that is staked.
    function SESH() external view returns (IERC20);

    /// @notice Registers a node staked by this contract alone.
    /// @param snBeneficiary Who is paid the node's rewards.
    function addBLSPublicKey(
        BN256G1.G1Point calldata blsPubkey,
        IServiceNodeRewards.BLSSignatureParams calldata blsSignature,
        IServiceNodeRewards.ServiceNodeParams calldata serviceNodeParams,
        address snBeneficiary
    ) external;

    /// @notice Asks the network to let a node leave that this contract staked for.
    function initiateExitBLSPublicKey(uint64 serviceNodeID) external;

    /// @notice Claims everything that is credited to this contract: stakes that were returned.
    function claimRewards() external;

    /// @notice Claims `amount` of what is credited to this contract.
    function claimRewards(uint256 amount) external;

    /// @notice Contributes to a node of several contributors.
    /// @param snContribBeneficiary Who is paid the stake's rewards.
    function contributeFunds(address snContribAddr, uint256 amount, address snContribBeneficiary) external;

    /// @notice Takes this contract's contribution back.
    function withdrawContribution(address snContribAddr) external;

    /// @notice Changes who is paid the rewards of this contract's contribution.
    function updateBeneficiary(address snContribAddr, address snContribBeneficiary) external;

    /// @notice Sends all of `token` to the beneficiary, after the end.
    function release(IERC20 token) external;

    /// @notice Revokes the vesting, and after the end sends all of `token` to the revoker. The first call must come
    /// before the end; it may be repeated.
    function revoke(IERC20 token) external;

    /// @notice Puts `beneficiary_` in the beneficiary's place.
    function transferBeneficiary(address beneficiary_) external;

    /// @notice Puts `revoker_` in the revoker's place.
    function transferRevoker(address revoker_) external;
}
