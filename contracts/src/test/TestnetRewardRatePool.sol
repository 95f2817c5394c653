// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {RewardRatePool} from "../RewardRatePool.sol";

/// @title TestnetRewardRatePool
/// @notice The pool of test networks, where the owner can turn the clock and take the tokens back.
contract TestnetRewardRatePool is RewardRatePool {
    using SafeERC20 for IERC20;

    event SESHWithdrawn(uint256 amount);

    /// @notice Sets when the last payment was made, in Unix seconds.
    function setLastPaidOutTime(uint256 _lastPaidOutTime) external onlyOwner {
        lastPaidOutTime = _lastPaidOutTime;
    }

    /// @notice Sends tokens to the owner.
    function withdrawSESH(uint256 amount) external onlyOwner {
        emit SESHWithdrawn(amount);
        SESH.safeTransfer(owner(), amount);
    }
}
