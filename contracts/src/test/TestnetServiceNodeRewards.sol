// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {ServiceNodeRewards} from "../ServiceNodeRewards.sol";

/// @title TestnetServiceNodeRewards
/// @notice The rewards contract of test networks, where the owner can make nodes leave.
contract TestnetServiceNodeRewards is ServiceNodeRewards {
    /// @notice Asks for nodes to leave in the name of their operators.
    function requestExitNodeBySNID(uint64[] calldata ids) external onlyOwner {
        for (uint256 i = 0; i < ids.length; ++i) {
            _initiateExitBLSPublicKey(ids[i], _existing(ids[i]).operator);
        }
    }

    /// @notice Removes nodes without a signature.
    function exitNodeBySNID(uint64[] calldata ids) external onlyOwner {
        for (uint256 i = 0; i < ids.length; ++i) {
            _exitBLSPublicKey(ids[i], _existing(ids[i]).deposit);
        }
    }

    function _existing(uint64 serviceNodeID) private view returns (ServiceNode memory node) {
        node = serviceNodes(serviceNodeID);
        if (node.operator == address(0)) revert ServiceNodeDoesntExist(serviceNodeID);
    }
}
