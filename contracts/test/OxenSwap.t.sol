// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {OxenSwap} from "../src/OxenSwap.sol";
import {ServiceNodeRewards} from "../src/ServiceNodeRewards.sol";
import {IOxenSwap} from "../src/interfaces/IOxenSwap.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../src/libraries/BN256G1.sol";
import {BLS} from "./support/BLS.sol";
import {SwapFixture} from "./support/SwapFixture.sol";

/// @notice Credits by the network's signature, claims by their owners, and what owner and guardian cannot do.
contract OxenSwapTest is SwapFixture {
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");

    // -------------------------------------------------------------------------------------------------- construction

    function test_startsWithWhatItWasGiven() public view {
        vm.assertEq(address(swap.token()), address(token));
        vm.assertEq(address(swap.rewards()), address(rewards));
        vm.assertEq(swap.rewardRatePool(), pool);
        vm.assertEq(swap.owner(), swapOwner);
        vm.assertEq(swap.guardian(), guardian);
        vm.assertEq(swap.cap(), CAP);
        vm.assertEq(swap.closeTime(), CLOSE_TIME);
        vm.assertEq(swap.cycleLimit(), CYCLE_LIMIT);
        vm.assertEq(swap.cycleRemaining(), CYCLE_LIMIT);
        vm.assertEq(swap.hashToG2Tag(), rewards.hashToG2Tag());
        vm.assertEq(
            swap.swapTag(), keccak256(abi.encodePacked("BLS_SIG_TRYANDINCREMENT_SWAP", block.chainid, address(swap)))
        );
    }

    function test_emptyArgumentsAreRefused() public {
        vm.expectRevert(IOxenSwap.NullAddress.selector);
        new OxenSwap(IERC20(address(0)), rewards, pool, swapOwner, guardian, CAP, CLOSE_TIME);
        vm.expectRevert(IOxenSwap.NullAddress.selector);
        new OxenSwap(token, IServiceNodeRewards(address(0)), pool, swapOwner, guardian, CAP, CLOSE_TIME);
        vm.expectRevert(IOxenSwap.NullAddress.selector);
        new OxenSwap(token, rewards, address(0), swapOwner, guardian, CAP, CLOSE_TIME);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.CapOutOfRange.selector, 0));
        new OxenSwap(token, rewards, pool, swapOwner, guardian, 0, CLOSE_TIME);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.CapOutOfRange.selector, 1 << 128));
        new OxenSwap(token, rewards, pool, swapOwner, guardian, 1 << 128, CLOSE_TIME);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.CloseTimeNotInFuture.selector, block.timestamp));
        new OxenSwap(token, rewards, pool, swapOwner, guardian, CAP, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableInvalidOwner.selector, address(0)));
        new OxenSwap(token, rewards, pool, address(0), guardian, CAP, CLOSE_TIME);
    }

    function test_uninitializedRewardsContractIsRefused() public {
        ServiceNodeRewards fresh = new ServiceNodeRewards();
        vm.expectRevert(IOxenSwap.RewardsNotInitialized.selector);
        new OxenSwap(token, fresh, pool, swapOwner, guardian, CAP, CLOSE_TIME);
    }

    // -------------------------------------------------------------------------------------------------------- credit

    function test_signedTotalIsCredited() public {
        IServiceNodeRewards.BLSSignatureParams memory signature = signTotal(ALL_KEYS, alice, 100);
        vm.expectEmit(address(swap));
        emit IOxenSwap.SwapCredited(alice, 100, 100);
        vm.prank(bob);
        swap.updateSwapBalance(alice, 100, signature, ids());
        vm.assertEq(swap.credited(alice), 100);
        vm.assertEq(swap.claimable(alice), 100);
        vm.assertEq(swap.totalCredited(), 100);
    }

    function test_oneOfFourMayBeMissing() public {
        swap.updateSwapBalance(alice, 100, signTotal(ALL_KEYS - 13, alice, 100), ids(3));
        vm.assertEq(swap.credited(alice), 100);
    }

    function test_twoOfFourMayNotBeMissing() public {
        IServiceNodeRewards.BLSSignatureParams memory signature = signTotal(11 + 12, alice, 100);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.InsufficientBLSSignatures.selector, 2, 3));
        swap.updateSwapBalance(alice, 100, signature, ids(3, 4));
    }

    function test_laterTotalCreditsTheDifference() public {
        credit(alice, 100);
        IServiceNodeRewards.BLSSignatureParams memory signature = signTotal(ALL_KEYS, alice, 250);
        vm.expectEmit(address(swap));
        emit IOxenSwap.SwapCredited(alice, 250, 150);
        swap.updateSwapBalance(alice, 250, signature, ids());
        vm.assertEq(swap.totalCredited(), 250);
    }

    function test_totalThatIsNotHigherIsRefused() public {
        credit(alice, 100);
        IServiceNodeRewards.BLSSignatureParams memory same = signTotal(ALL_KEYS, alice, 100);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.SwapTotalTooLow.selector, 100, 100));
        swap.updateSwapBalance(alice, 100, same, ids());
        IServiceNodeRewards.BLSSignatureParams memory lower = signTotal(ALL_KEYS, alice, 99);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.SwapTotalTooLow.selector, 100, 99));
        swap.updateSwapBalance(alice, 99, lower, ids());
    }

    function test_nobodyIsNotCredited() public {
        IServiceNodeRewards.BLSSignatureParams memory signature = signTotal(ALL_KEYS, address(0), 100);
        vm.expectRevert(IOxenSwap.NullAddress.selector);
        swap.updateSwapBalance(address(0), 100, signature, ids());
    }

    function test_signatureForAnotherAddressOrTotalIsRefused() public {
        IServiceNodeRewards.BLSSignatureParams memory signature = signTotal(ALL_KEYS, alice, 100);
        expectInvalid();
        swap.updateSwapBalance(bob, 100, signature, ids());
        expectInvalid();
        swap.updateSwapBalance(alice, 101, signature, ids());
        IServiceNodeRewards.BLSSignatureParams memory zero;
        expectInvalid();
        swap.updateSwapBalance(alice, 100, zero, ids());
    }

    /// @dev Both messages are a tag, an address and an amount.
    function test_signatureForRewardsIsRefusedHereAndThere() public {
        IServiceNodeRewards.BLSSignatureParams memory reward = signReward(ALL_KEYS, alice, 100);
        expectInvalid();
        swap.updateSwapBalance(alice, 100, reward, ids());
        IServiceNodeRewards.BLSSignatureParams memory total = signTotal(ALL_KEYS, alice, 100);
        expectInvalid();
        rewards.updateRewardsBalance(alice, 100, total, ids());
    }

    function test_signatureForAnotherSwapContractIsRefused() public {
        IServiceNodeRewards.BLSSignatureParams memory signature = signTotal(ALL_KEYS, alice, 100);
        OxenSwap other = new OxenSwap(token, rewards, pool, swapOwner, guardian, CAP, CLOSE_TIME);
        token.transfer(address(other), CAP);
        expectInvalid();
        other.updateSwapBalance(alice, 100, signature, ids());
    }

    function test_signatureForAnotherChainIsRefused() public {
        bytes32 tag = keccak256(abi.encodePacked("BLS_SIG_TRYANDINCREMENT_SWAP", block.chainid + 1, address(swap)));
        IServiceNodeRewards.BLSSignatureParams memory signature =
            BLS.sign(ALL_KEYS, abi.encodePacked(tag, alice, uint256(100)), swap.hashToG2Tag());
        expectInvalid();
        swap.updateSwapBalance(alice, 100, signature, ids());
    }

    function test_creditsStopAtTheCap() public {
        credit(alice, CAP - 1);
        IServiceNodeRewards.BLSSignatureParams memory signature = signTotal(ALL_KEYS, bob, 2);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.CapExceeded.selector, 2, 1));
        swap.updateSwapBalance(bob, 2, signature, ids());
        signature = signTotal(ALL_KEYS, alice, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.CapExceeded.selector, type(uint256).max - (CAP - 1), 1));
        swap.updateSwapBalance(alice, type(uint256).max, signature, ids());
        credit(bob, 1);
        vm.assertEq(swap.totalCredited(), CAP);
    }

    function test_creditsAreBackedByTokens() public {
        swap = new OxenSwap(token, rewards, pool, swapOwner, guardian, CAP, CLOSE_TIME);
        token.transfer(address(swap), 100);
        IServiceNodeRewards.BLSSignatureParams memory signature = signTotal(ALL_KEYS, alice, 101);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.NotFunded.selector, 101, 100));
        swap.updateSwapBalance(alice, 101, signature, ids());
        credit(alice, 100);
        swap.claimFor(alice);
        token.transfer(address(swap), 1);
        credit(alice, 101);
    }

    // --------------------------------------------------------------------------------------------------------- claim

    function test_claimPaysTheCaller() public {
        credit(alice, 100);
        vm.expectEmit(address(swap));
        emit IOxenSwap.SwapClaimed(alice, 60);
        vm.prank(alice);
        swap.claim(60);
        vm.assertEq(token.balanceOf(alice), 60);
        vm.assertEq(swap.claimed(alice), 60);
        vm.assertEq(swap.claimable(alice), 40);
        vm.assertEq(swap.totalClaimed(), 60);
    }

    function test_claimOfMoreThanCreditedIsRefused() public {
        credit(alice, 100);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.MaxClaimExceeded.selector, 101, 100));
        swap.claim(101);
        swap.claim(100);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.MaxClaimExceeded.selector, 1, 0));
        swap.claim(1);
    }

    function test_claimOfNothingIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.NothingToClaim.selector, address(this)));
        swap.claim(0);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.NothingToClaim.selector, alice));
        swap.claimFor(alice);
    }

    function test_anyoneMayHaveAnAddressPaid() public {
        credit(alice, 100);
        vm.prank(bob);
        swap.claimFor(alice);
        vm.assertEq(token.balanceOf(alice), 100);
        vm.assertEq(token.balanceOf(bob), 0);
    }

    function test_claimForPaysWhatTheWindowAllows() public {
        credit(alice, 5 * CYCLE_LIMIT / 2);
        swap.claimFor(alice);
        vm.assertEq(token.balanceOf(alice), CYCLE_LIMIT);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.CycleLimitExceeded.selector, 3 * CYCLE_LIMIT / 2, 0));
        swap.claimFor(alice);
        vm.warp(block.timestamp + 12 hours);
        swap.claimFor(alice);
        vm.warp(block.timestamp + 12 hours);
        swap.claimFor(alice);
        vm.assertEq(token.balanceOf(alice), 5 * CYCLE_LIMIT / 2);
    }

    function test_windowsBeginAtMidnightAndNoon() public {
        credit(alice, CYCLE_LIMIT);
        credit(bob, CYCLE_LIMIT);
        vm.warp(25_000 days);
        vm.prank(alice);
        swap.claim(CYCLE_LIMIT);
        vm.warp(25_000 days + 12 hours - 1);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.CycleLimitExceeded.selector, 1, 0));
        swap.claim(1);
        vm.warp(25_000 days + 12 hours);
        vm.prank(bob);
        swap.claim(CYCLE_LIMIT);
        vm.assertEq(swap.cycleStart(), 25_000 days + 12 hours);
        vm.assertEq(swap.cycleUsed(), CYCLE_LIMIT);
    }

    // --------------------------------------------------------------------------------------------------------- pause

    function test_guardianAndOwnerPause() public {
        vm.prank(guardian);
        swap.pause();
        vm.assertTrue(swap.paused());
        vm.prank(guardian);
        vm.expectRevert(notOwner(guardian));
        swap.unpause();
        vm.startPrank(swapOwner);
        swap.unpause();
        swap.pause();
        vm.stopPrank();
        vm.assertTrue(swap.paused());
    }

    function test_nobodyElsePauses() public {
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.NotGuardian.selector, address(this)));
        swap.pause();
    }

    function test_pauseStopsEverythingAndLosesNothing() public {
        credit(alice, 100);
        IServiceNodeRewards.BLSSignatureParams memory signature = signTotal(ALL_KEYS, alice, 200);
        vm.prank(guardian);
        swap.pause();
        bytes4 reason = Pausable.EnforcedPause.selector;
        vm.expectRevert(reason);
        swap.updateSwapBalance(alice, 200, signature, ids());
        vm.prank(alice);
        vm.expectRevert(reason);
        swap.claim(1);
        vm.expectRevert(reason);
        swap.claimFor(alice);
        vm.prank(guardian);
        vm.expectRevert(reason);
        swap.pause();

        vm.warp(block.timestamp + 100 days);
        vm.prank(swapOwner);
        swap.unpause();
        swap.updateSwapBalance(alice, 200, signature, ids());
        swap.claimFor(alice);
        vm.assertEq(token.balanceOf(alice), 200);
    }

    /// @dev Otherwise the owner could pause until the time is over, and have the rest swept.
    function test_pauseMovesTheEndAway() public {
        vm.prank(swapOwner);
        swap.pause();
        vm.warp(CLOSE_TIME + 1 days);
        vm.expectRevert(Pausable.EnforcedPause.selector);
        swap.sweep();
        vm.expectEmit(address(swap));
        emit IOxenSwap.CloseTimeExtended(2 * CLOSE_TIME + 1 days - START_TIME);
        vm.prank(swapOwner);
        swap.unpause();
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.SwapNotClosed.selector, 2 * CLOSE_TIME + 1 days - START_TIME));
        swap.sweep();
        credit(alice, 100);
    }

    // -------------------------------------------------------------------------------------------------------- limits

    function test_lowerLimitCountsAtOnce() public {
        credit(alice, 100);
        vm.expectEmit(address(swap));
        emit IOxenSwap.CycleLimitUpdated(60, block.timestamp);
        vm.prank(swapOwner);
        swap.setCycleLimit(60);
        vm.assertEq(swap.cycleLimit(), 60);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.CycleLimitExceeded.selector, 61, 60));
        swap.claim(61);
        swap.claim(60);
    }

    function test_limitBelowWhatWasClaimedLeavesNothing() public {
        credit(alice, 100);
        vm.prank(alice);
        swap.claim(50);
        vm.prank(swapOwner);
        swap.setCycleLimit(40);
        vm.assertEq(swap.cycleRemaining(), 0);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.CycleLimitExceeded.selector, 1, 0));
        swap.claim(1);
    }

    function test_higherLimitWaitsForFourteenDays() public {
        uint256 later = block.timestamp + 14 days;
        vm.expectEmit(address(swap));
        emit IOxenSwap.CycleLimitUpdated(2 * CYCLE_LIMIT, later);
        vm.prank(swapOwner);
        swap.setCycleLimit(2 * CYCLE_LIMIT);
        vm.warp(later - 1);
        vm.assertEq(swap.cycleLimit(), CYCLE_LIMIT);
        vm.warp(later);
        vm.assertEq(swap.cycleLimit(), 2 * CYCLE_LIMIT);
    }

    function test_lowerLimitCancelsAHigherOne() public {
        vm.startPrank(swapOwner);
        swap.setCycleLimit(2 * CYCLE_LIMIT);
        swap.setCycleLimit(CYCLE_LIMIT / 2);
        vm.assertEq(swap.cycleLimit(), CYCLE_LIMIT / 2);
        vm.warp(block.timestamp + 15 days);
        vm.assertEq(swap.cycleLimit(), CYCLE_LIMIT / 2);
    }

    /// @dev However the owner changes it, the limit is never above any that it stood at within the last 14 days.
    function testFuzz_limitNeverRisesWithoutDelay(uint256[6] memory limits, uint256[6] memory pauses) public {
        uint256 lowest = swap.cycleLimit();
        uint256 since = block.timestamp;
        for (uint256 i = 0; i < limits.length; ++i) {
            vm.warp(block.timestamp + bound(pauses[i], 0, 20 days));
            uint256 limit = swap.cycleLimit();
            if (limit > lowest) vm.assertGe(block.timestamp, since + 14 days);
            vm.prank(swapOwner);
            swap.setCycleLimit(bound(limits[i], 0, 2 * CYCLE_LIMIT));
            vm.assertLe(swap.cycleLimit(), limit);
            (lowest, since) = (swap.cycleLimit(), block.timestamp);
        }
    }

    function test_ownerAloneGoverns() public {
        bytes memory reason = notOwner(address(this));
        vm.expectRevert(reason);
        swap.unpause();
        vm.expectRevert(reason);
        swap.setGuardian(alice);
        vm.expectRevert(reason);
        swap.setCycleLimit(1);
        vm.expectRevert(reason);
        swap.renounceOwnership();
        vm.prank(swapOwner);
        swap.setGuardian(alice);
        vm.assertEq(swap.guardian(), alice);
    }

    function test_renouncingLeavesNobodyWhoCouldPause() public {
        vm.prank(guardian);
        swap.pause();
        vm.prank(swapOwner);
        vm.expectRevert(Pausable.EnforcedPause.selector);
        swap.renounceOwnership();
        vm.startPrank(swapOwner);
        swap.unpause();
        swap.renounceOwnership();
        vm.stopPrank();
        vm.prank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.NotGuardian.selector, guardian));
        swap.pause();
        credit(alice, 100);
    }

    // ----------------------------------------------------------------------------------------------------------- end

    function test_restGoesToThePoolAndCreditsStay() public {
        credit(alice, 100);
        vm.prank(alice);
        swap.claim(30);
        vm.warp(CLOSE_TIME - 1);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.SwapNotClosed.selector, CLOSE_TIME));
        swap.sweep();
        vm.warp(CLOSE_TIME);
        vm.expectEmit(address(swap));
        emit IOxenSwap.Swept(CAP - 100);
        swap.sweep();
        vm.assertEq(token.balanceOf(pool), CAP - 100);
        swap.claimFor(alice);
        vm.assertEq(token.balanceOf(alice), 100);
        vm.assertEq(token.balanceOf(address(swap)), 0);
        swap.sweep();
    }

    function test_noCreditsAfterTheEnd() public {
        IServiceNodeRewards.BLSSignatureParams memory signature = signTotal(ALL_KEYS, alice, 100);
        vm.warp(CLOSE_TIME);
        vm.expectRevert(abi.encodeWithSelector(IOxenSwap.SwapClosed.selector, CLOSE_TIME));
        swap.updateSwapBalance(alice, 100, signature, ids());
    }

    function expectInvalid() private {
        BN256G1.G1Point memory key = BLS.publicKey(ALL_KEYS);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.InvalidBLSSignature.selector, key));
    }

    function notOwner(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller);
    }
}
