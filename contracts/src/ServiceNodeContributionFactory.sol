// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {Initializable} from "@openzeppelin/contracts-upgradeable/proxy/utils/Initializable.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";

import {ServiceNodeContribution} from "./ServiceNodeContribution.sol";
import {IServiceNodeContributionFactory} from "./interfaces/IServiceNodeContributionFactory.sol";
import {IServiceNodeRewards} from "./interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "./libraries/BN256G1.sol";

/// @title ServiceNodeContributionFactory
/// @notice Makes the contracts that collect the stake of a node from several contributors.
/// @dev Behind a transparent proxy. It carries the creation code of `ServiceNodeContribution`, so that contract's size
/// decides whether this one fits the limit of 24,576 bytes.
contract ServiceNodeContributionFactory is
    IServiceNodeContributionFactory,
    Initializable,
    Ownable2StepUpgradeable,
    PausableUpgradeable
{
    /// @notice The version of the code behind the proxy.
    uint256 public constant VERSION = 1;

    /// @inheritdoc IServiceNodeContributionFactory
    IServiceNodeRewards public stakingRewardsContract;
    /// @inheritdoc IServiceNodeContributionFactory
    mapping(address => bool) public deployedContracts;

    /// @notice Sets up the proxy; the caller becomes the owner.
    /// @param _stakingRewardsContract Where the nodes are registered.
    function initialize(address _stakingRewardsContract) external initializer {
        stakingRewardsContract = IServiceNodeRewards(_stakingRewardsContract);
        __Ownable_init(msg.sender);
        __Pausable_init();
    }

    /// @inheritdoc IServiceNodeContributionFactory
    function deploy(
        BN256G1.G1Point calldata key,
        IServiceNodeRewards.BLSSignatureParams calldata sig,
        IServiceNodeRewards.ServiceNodeParams calldata params,
        IServiceNodeRewards.ReservedContributor[] calldata reserved,
        bool manualFinalize
    ) external whenNotPaused returns (address result) {
        IServiceNodeRewards rewards = stakingRewardsContract;
        result = address(
            new ServiceNodeContribution(
                address(rewards), rewards.maxContributors(), key, sig, params, reserved, msg.sender, manualFinalize
            )
        );
        deployedContracts[result] = true;
        emit NewServiceNodeContributionContract(result, params.serviceNodePubkey, msg.sender);
    }

    /// @inheritdoc IServiceNodeContributionFactory
    function owns(address contractAddress) external view returns (bool) {
        return deployedContracts[contractAddress];
    }

    /// @notice Stops `deploy`. Contracts already made are not touched. Only for the owner.
    function pause() external onlyOwner {
        _pause();
    }

    /// @notice Lets `deploy` work again. Only for the owner.
    function unpause() external onlyOwner {
        _unpause();
    }
}
