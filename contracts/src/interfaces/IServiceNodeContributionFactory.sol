// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {BN256G1} from "../libraries/BN256G1.sol";
import {IServiceNodeRewards} from "./IServiceNodeRewards.sol";

/// @title IServiceNodeContributionFactory
/// @notice Makes the contracts that collect the stake of a node from several contributors, and knows which ones it made.
interface IServiceNodeContributionFactory {
    /// @notice `operator` had a contract made for the node with this Ed25519 key.
    event NewServiceNodeContributionContract(
        address indexed contributorContract, uint256 serviceNodePubkey, address operator
    );

    /// @notice Where the nodes are registered.
    function stakingRewardsContract() external view returns (IServiceNodeRewards);

    /// @notice Whether this factory made the contract.
    function deployedContracts(address contractAddress) external view returns (bool);

    /// @notice Whether this factory made the contract: such a one can be trusted to give contributions back.
    function owns(address contractAddress) external view returns (bool);

    /// @notice Makes a contract whose operator is the caller.
    /// @param key The node's BLS key.
    /// @param sig The proof of possession of `key`, made for the caller.
    /// @param params The node's Ed25519 key with its signature, and the operator's fee.
    /// @param reserved Places kept for addresses, the operator's first; may be empty.
    /// @param manualFinalize Whether a complete stake waits for the operator's word.
    /// @return result The new contract.
    function deploy(
        BN256G1.G1Point calldata key,
        IServiceNodeRewards.BLSSignatureParams calldata sig,
        IServiceNodeRewards.ServiceNodeParams calldata params,
        IServiceNodeRewards.ReservedContributor[] calldata reserved,
        bool manualFinalize
    ) external returns (address result);
}
