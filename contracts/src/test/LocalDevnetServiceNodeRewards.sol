// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {ServiceNodeRewards} from "../ServiceNodeRewards.sol";

/// @title LocalDevnetServiceNodeRewards
/// @notice The rewards contract of a network on one machine, where a node can leave at once.
contract LocalDevnetServiceNodeRewards is ServiceNodeRewards {
    function minimumExitAge() internal pure override returns (uint64) {
        return 0;
    }
}
