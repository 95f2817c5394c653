// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {OxenSwap} from "../../src/OxenSwap.sol";
import {IServiceNodeRewards} from "../../src/interfaces/IServiceNodeRewards.sol";
import {BLS} from "./BLS.sol";
import {RewardsFixture} from "./RewardsFixture.sol";

/// @notice A funded swap contract beside a rewards contract whose nodes 1 to 4 have the secret keys 11 to 14.
abstract contract SwapFixture is RewardsFixture {
    uint256 internal constant ALL_KEYS = 11 + 12 + 13 + 14;
    uint256 internal constant CAP = 30_000_000 * 1e9;
    uint256 internal constant CYCLE_LIMIT = 1_000_000 * 1e9;
    uint256 internal constant CLOSE_TIME = START_TIME + 3 * 365 days;

    OxenSwap internal swap;
    address internal swapOwner = makeAddr("swap owner");
    address internal guardian = makeAddr("guardian");

    function setUp() public virtual override {
        super.setUp();
        start();
        for (uint256 key = 11; key <= 14; ++key) {
            register(key, makeAddr("operator"));
        }
        swap = new OxenSwap(token, rewards, pool, swapOwner, guardian, CAP, CLOSE_TIME);
        token.transfer(address(swap), CAP);
    }

    /// @dev Nodes whose secret keys add up to `secretKeys` sign the lifetime total of an address.
    function signTotal(uint256 secretKeys, address account, uint256 total)
        internal
        view
        returns (IServiceNodeRewards.BLSSignatureParams memory)
    {
        return BLS.sign(secretKeys, abi.encodePacked(swap.swapTag(), account, total), swap.hashToG2Tag());
    }

    function credit(address account, uint256 total) internal {
        swap.updateSwapBalance(account, total, signTotal(ALL_KEYS, account, total), ids());
    }
}
