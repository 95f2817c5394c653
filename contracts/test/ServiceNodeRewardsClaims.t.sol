// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../src/libraries/BN256G1.sol";
import {BLS} from "./support/BLS.sol";
import {RewardsFixture} from "./support/RewardsFixture.sol";

/// @notice Rewards: credit by signature, claims and their limit, and the signature check for other contracts. Nodes 1 to 4
/// have the secret keys 11 to 14.
contract ServiceNodeRewardsClaimsTest is RewardsFixture {
    uint256 internal constant ALL_KEYS = 11 + 12 + 13 + 14;
    uint256 internal constant LIMIT = 1_000_000 * 1e9;

    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");

    function setUp() public override {
        super.setUp();
        start();
        for (uint256 key = 11; key <= 14; ++key) {
            register(key, alice);
        }
        token.transfer(address(rewards), 10 * LIMIT);
    }

    // -------------------------------------------------------------------------------------------------------- credit

    function test_balanceOnlyGrows() public {
        credit(alice, 100);
        credit(alice, 101);
        IServiceNodeRewards.BLSSignatureParams memory old = signReward(ALL_KEYS, alice, 100);
        vm.expectRevert(IServiceNodeRewards.RecipientRewardsTooLow.selector);
        rewards.updateRewardsBalance(alice, 100, old, ids());
        (uint256 earned,) = rewards.recipients(alice);
        vm.assertEq(earned, 101);
    }

    function test_pauseStopsCredit() public {
        vm.prank(owner);
        rewards.pause();
        IServiceNodeRewards.BLSSignatureParams memory signature = signReward(ALL_KEYS, alice, 100);
        vm.expectRevert(PausableUpgradeable.EnforcedPause.selector);
        rewards.updateRewardsBalance(alice, 100, signature, ids());
        vm.prank(owner);
        rewards.unpause();
        rewards.updateRewardsBalance(alice, 100, signature, ids());
    }

    function testFuzz_anyAmountIsCreditedOnlyAsSigned(address recipient, uint256 amount, uint256 otherAmount) public {
        vm.assume(recipient != address(0));
        amount = bound(amount, 1, type(uint256).max);
        vm.assume(otherAmount != amount && otherAmount != 0);
        IServiceNodeRewards.BLSSignatureParams memory signature = signReward(ALL_KEYS - 12, recipient, amount);
        expectInvalid(ALL_KEYS - 12);
        rewards.updateRewardsBalance(recipient, otherAmount, signature, ids(2));
        rewards.updateRewardsBalance(recipient, amount, signature, ids(2));
        (uint256 earned,) = rewards.recipients(recipient);
        vm.assertEq(earned, amount);
    }

    // --------------------------------------------------------------------------------------------------------- claim

    function test_claimPaysEverything() public {
        credit(alice, 100);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.RewardsClaimed(alice, 100);
        vm.prank(alice);
        rewards.claimRewards();
        vm.assertEq(token.balanceOf(alice), 100);
        (uint256 earned, uint256 claimed) = rewards.recipients(alice);
        vm.assertEq(earned, 100);
        vm.assertEq(claimed, 100);
    }

    function test_claimPaysAPart() public {
        credit(alice, 100);
        vm.startPrank(alice);
        rewards.claimRewards(30);
        rewards.claimRewards(70);
        vm.expectRevert(IServiceNodeRewards.MaxClaimExceeded.selector);
        rewards.claimRewards(1);
        vm.assertEq(token.balanceOf(alice), 100);
    }

    function test_claimOfNothingSucceeds() public {
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.RewardsClaimed(bob, 0);
        vm.prank(bob);
        rewards.claimRewards();
    }

    function test_claimOfTooMuchIsRefused() public {
        credit(alice, 100);
        vm.prank(alice);
        vm.expectRevert(IServiceNodeRewards.MaxClaimExceeded.selector);
        rewards.claimRewards(101);
    }

    function test_claimWorksDuringAPause() public {
        credit(alice, 100);
        vm.prank(owner);
        rewards.pause();
        vm.prank(alice);
        rewards.claimRewards();
        vm.assertEq(token.balanceOf(alice), 100);
    }

    function test_claimWithoutTokensChangesNothing() public {
        credit(alice, 20 * LIMIT);
        vm.prank(owner);
        rewards.setClaimThreshold(100 * LIMIT);
        uint256 held = token.balanceOf(address(rewards));
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, address(rewards), held, 20 * LIMIT)
        );
        rewards.claimRewards();
        (, uint256 claimed) = rewards.recipients(alice);
        vm.assertEq(claimed, 0);
    }

    // --------------------------------------------------------------------------------------------------------- limit

    function test_limitHoldsForOneClaim() public {
        credit(alice, LIMIT + 1);
        vm.startPrank(alice);
        vm.expectRevert(IServiceNodeRewards.ClaimThresholdExceeded.selector);
        rewards.claimRewards();
        rewards.claimRewards(LIMIT);
        vm.assertEq(rewards.currentClaimTotal(), LIMIT);
    }

    function test_limitHoldsForAllTogetherUntilTheWindowEnds() public {
        credit(alice, LIMIT);
        credit(bob, LIMIT);
        vm.warp(20_000 days);
        vm.prank(alice);
        rewards.claimRewards(LIMIT - 1);
        vm.warp(20_000 days + 12 hours - 1);
        vm.startPrank(bob);
        rewards.claimRewards(1);
        vm.expectRevert(IServiceNodeRewards.ClaimThresholdExceeded.selector);
        rewards.claimRewards(1);
        vm.warp(20_000 days + 12 hours);
        rewards.claimRewards(1);
        vm.assertEq(rewards.currentClaimTotal(), 1);
        vm.assertEq(rewards.currentClaimCycle(), 40_001);
    }

    /// @dev Upstream, a longer window makes the window's number smaller, and the limit is not lifted for years.
    function test_longerWindowEndsWhenItShould() public {
        vm.warp(20_000 days);
        credit(alice, 3 * LIMIT);
        vm.prank(alice);
        rewards.claimRewards(LIMIT);
        vm.prank(owner);
        rewards.setClaimCycle(7 days);
        vm.assertEq(rewards.currentClaimTotal(), LIMIT);
        vm.startPrank(alice);
        vm.expectRevert(IServiceNodeRewards.ClaimThresholdExceeded.selector);
        rewards.claimRewards(1);
        vm.warp((20_000 days / 7 days + 1) * 7 days);
        rewards.claimRewards(LIMIT);
    }

    function test_shorterWindowDoesNotLiftTheLimitAtOnce() public {
        vm.warp(20_000 days + 11 hours);
        credit(alice, 3 * LIMIT);
        vm.prank(alice);
        rewards.claimRewards(LIMIT);
        vm.prank(owner);
        rewards.setClaimCycle(1 hours);
        vm.startPrank(alice);
        vm.expectRevert(IServiceNodeRewards.ClaimThresholdExceeded.selector);
        rewards.claimRewards(1);
        vm.warp(20_000 days + 12 hours);
        rewards.claimRewards(LIMIT);
    }

    function test_newWindowLengthForgetsAnEndedWindow() public {
        vm.warp(20_000 days);
        credit(alice, 3 * LIMIT);
        vm.prank(alice);
        rewards.claimRewards(LIMIT);
        vm.warp(20_001 days);
        vm.prank(owner);
        rewards.setClaimCycle(7 days);
        vm.prank(alice);
        rewards.claimRewards(LIMIT);
    }

    /// @dev No two claims of one window add up to more than the limit, whatever the amounts and times.
    function testFuzz_limitHoldsInEveryWindow(uint256[8] memory amounts, uint256[8] memory pauses) public {
        credit(alice, 8 * LIMIT);
        uint256 window;
        uint256 inWindow;
        for (uint256 i = 0; i < amounts.length; ++i) {
            vm.warp(block.timestamp + bound(pauses[i], 0, 12 hours));
            uint256 amount = bound(amounts[i], 0, LIMIT);
            if (block.timestamp / 12 hours != window) (window, inWindow) = (block.timestamp / 12 hours, 0);
            bool allowed = inWindow + amount <= LIMIT;
            if (!allowed) vm.expectRevert(IServiceNodeRewards.ClaimThresholdExceeded.selector);
            vm.prank(alice);
            rewards.claimRewards(amount);
            if (allowed) inWindow += amount;
        }
    }

    // ------------------------------------------------------------------------------------ the check for other contracts

    function test_otherContractsCanHaveAnyMessageChecked() public view {
        bytes memory message = "a message of another contract";
        rewards.checkNetworkSignature(message, BLS.sign(ALL_KEYS, message, "dst"), ids(), "dst");
        rewards.checkNetworkSignature(message, BLS.sign(ALL_KEYS - 13, message, "dst"), ids(3), "dst");
    }

    function test_checkRefusesAnotherMessageOrTag() public {
        IServiceNodeRewards.BLSSignatureParams memory signature = BLS.sign(ALL_KEYS, "message", "dst");
        expectInvalid(ALL_KEYS);
        rewards.checkNetworkSignature("another message", signature, ids(), "dst");
        expectInvalid(ALL_KEYS);
        rewards.checkNetworkSignature("message", signature, ids(), "another dst");
    }

    function test_checkRefusesUnknownNonSigner() public {
        IServiceNodeRewards.BLSSignatureParams memory signature = BLS.sign(ALL_KEYS, "message", "dst");
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.ServiceNodeDoesntExist.selector, 99));
        rewards.checkNetworkSignature("message", signature, ids(99), "dst");
    }

    function test_checkRefusesNonSignersOutOfOrder() public {
        for (uint256 key = 15; key <= 16; ++key) {
            register(key, alice);
        }
        uint256 signers = ALL_KEYS + 15 + 16 - 11 - 12;
        IServiceNodeRewards.BLSSignatureParams memory signature = BLS.sign(signers, "message", "dst");
        rewards.checkNetworkSignature("message", signature, ids(1, 2), "dst");
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.NonSignersNotAscending.selector, 1));
        rewards.checkNetworkSignature("message", signature, ids(2, 1), "dst");
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.NonSignersNotAscending.selector, 2));
        rewards.checkNetworkSignature("message", signature, ids(2, 2), "dst");
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.NonSignersNotAscending.selector, 0));
        rewards.checkNetworkSignature("message", signature, ids(0), "dst");
    }

    function test_checkRefusesTooManyNonSigners() public {
        IServiceNodeRewards.BLSSignatureParams memory signature = BLS.sign(11 + 12, "message", "dst");
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.InsufficientBLSSignatures.selector, 2, 3));
        rewards.checkNetworkSignature("message", signature, ids(3, 4), "dst");
    }

    function test_checkRefusesZeroSignature() public {
        IServiceNodeRewards.BLSSignatureParams memory zero;
        expectInvalid(ALL_KEYS);
        rewards.checkNetworkSignature("message", zero, ids(), "dst");
    }

    function credit(address account, uint256 amount) private {
        rewards.updateRewardsBalance(account, amount, signReward(ALL_KEYS, account, amount), ids());
    }

    /// @dev The check that follows is made with the key of these signers, and fails.
    function expectInvalid(uint256 signers) private {
        BN256G1.G1Point memory key = BLS.publicKey(signers);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.InvalidBLSSignature.selector, key));
    }
}

/// @notice Sets of nodes for which nobody signs: the point at infinity must not sign for them.
contract ServiceNodeRewardsEmptySetTest is RewardsFixture {
    IServiceNodeRewards.BLSSignatureParams internal zero;
    address internal alice = makeAddr("alice");

    function setUp() public override {
        super.setUp();
        token.transfer(address(rewards), 1e18 / 10);
    }

    function test_nothingIsSignedBeforeTheStart() public {
        vm.expectRevert(IServiceNodeRewards.ContractNotStarted.selector);
        rewards.updateRewardsBalance(alice, 1, zero, ids());
        vm.expectRevert(IServiceNodeRewards.ContractNotStarted.selector);
        rewards.checkNetworkSignature("message", zero, ids(), "dst");
        vm.expectRevert(IServiceNodeRewards.ContractNotStarted.selector);
        rewards.exitBLSPublicKeyAfterWaitTime(1);
        vm.expectRevert(IServiceNodeRewards.ContractNotStarted.selector);
        rewards.initiateExitBLSPublicKey(1);
    }

    function test_noNodesSignNothing() public {
        start();
        vm.expectRevert(IServiceNodeRewards.InsufficientNodes.selector);
        rewards.updateRewardsBalance(alice, 1, zero, ids());
        vm.expectRevert(IServiceNodeRewards.InsufficientNodes.selector);
        rewards.checkNetworkSignature("message", zero, ids(), "dst");
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.InsufficientBLSSignatures.selector, 0, 0));
        rewards.updateRewardsBalance(alice, 1, zero, ids(1));
    }

    function test_noNodesAreLeftToSign() public {
        start();
        register(7, alice);
        vm.prank(alice);
        rewards.initiateExitBLSPublicKey(1);
        vm.warp(block.timestamp + 30 days);
        rewards.exitBLSPublicKeyAfterWaitTime(1);
        assertKey(rewards.aggregatePubkey(), BN256G1.G1Point(0, 0));
        vm.expectRevert(IServiceNodeRewards.InsufficientNodes.selector);
        rewards.updateRewardsBalance(alice, 1, zero, ids());
    }

    /// @dev Keys that cancel each other out add up to infinity.
    function test_keysThatCancelSignNothing() public {
        start();
        register(7, alice);
        register(BLS.R - 7, alice);
        vm.assertEq(rewards.totalNodes(), 2);
        assertKey(rewards.aggregatePubkey(), BN256G1.G1Point(0, 0));
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.InvalidBLSSignature.selector, BN256G1.G1Point(0, 0)));
        rewards.updateRewardsBalance(alice, 1, zero, ids());
    }

    /// @dev With one of three missing, the signers are two that cancel each other out.
    function test_signersThatCancelSignNothing() public {
        start();
        register(7, alice);
        register(BLS.R - 7, alice);
        register(8, alice);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.InvalidBLSSignature.selector, BN256G1.G1Point(0, 0)));
        rewards.updateRewardsBalance(alice, 1, zero, ids(3));
    }
}
