// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";

import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../src/libraries/BN256G1.sol";
import {BLS} from "./support/BLS.sol";
import {RewardsFixture} from "./support/RewardsFixture.sol";

/// @notice Leaving: by request, by signature, by time, by liquidation. Nodes 1 to 4 have the secret keys 11 to 14; the
/// third has a large and a small contributor.
contract ServiceNodeRewardsExitTest is RewardsFixture {
    uint256 internal constant ALL_KEYS = 11 + 12 + 13 + 14;

    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal carol = makeAddr("carol");

    function setUp() public override {
        super.setUp();
        start();
        register(11, alice);
        register(12, alice);
        IServiceNodeRewards.Contributor[] memory stakes = new IServiceNodeRewards.Contributor[](3);
        stakes[0] = contributor(alice, REQUIREMENT / 2 + 1);
        stakes[1] = contributor(bob, REQUIREMENT / 4);
        stakes[2] = contributor(carol, REQUIREMENT / 4 - 1);
        fund(alice, REQUIREMENT);
        BN256G1.G1Point memory key = BLS.publicKey(13);
        IServiceNodeRewards.BLSSignatureParams memory proof = proofOfPossession(13, alice, 13);
        vm.prank(alice);
        rewards.addBLSPublicKey(key, proof, params(13), stakes);
        register(14, alice);
        vm.warp(START_TIME + 2 hours);
    }

    // --------------------------------------------------------------------------------------------- asking to leave

    function test_contributorAsksToLeave() public {
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.ServiceNodeExitRequest(3, bob, BLS.publicKey(13));
        vm.prank(bob);
        rewards.initiateExitBLSPublicKey(3);
        IServiceNodeRewards.ServiceNode memory node = rewards.serviceNodes(3);
        vm.assertEq(node.leaveRequestTimestamp, block.timestamp);
        vm.assertEq(node.latestLeaveRequestTimestamp, block.timestamp);
        vm.assertEq(rewards.totalNodes(), 4);
    }

    function test_strangerCannotAskToLeave() public {
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.CallerNotContributor.selector, 1, bob));
        rewards.initiateExitBLSPublicKey(1);
    }

    function test_unknownNodeCannotBeAskedToLeave() public {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.CallerNotContributor.selector, 99, address(this)));
        rewards.initiateExitBLSPublicKey(99);
    }

    function test_smallContributorWaitsThirtyDays() public {
        vm.warp(START_TIME + 30 days - 1);
        vm.prank(carol);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.SmallContributorLeaveTooEarly.selector, 3, carol));
        rewards.initiateExitBLSPublicKey(3);
        vm.warp(START_TIME + 30 days);
        vm.prank(carol);
        rewards.initiateExitBLSPublicKey(3);
    }

    function test_askingAgainRepeatsTheEventAfterAnHour() public {
        vm.startPrank(alice);
        rewards.initiateExitBLSPublicKey(1);
        uint256 first = block.timestamp;
        vm.warp(first + 1 hours - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeRewards.LeaveRequestTooEarly.selector, 1, first + 1 hours, first + 1 hours - 1
            )
        );
        rewards.initiateExitBLSPublicKey(1);
        vm.warp(first + 1 hours);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.ServiceNodeExitRequest(1, alice, BLS.publicKey(11));
        rewards.initiateExitBLSPublicKey(1);
        vm.assertEq(rewards.serviceNodes(1).leaveRequestTimestamp, first);
        vm.assertEq(rewards.serviceNodes(1).latestLeaveRequestTimestamp, first + 1 hours);
    }

    // ------------------------------------------------------------------------------------------------- by time alone

    function test_exitAfterWaitingNeedsNoSignature() public {
        vm.prank(alice);
        rewards.initiateExitBLSPublicKey(2);
        uint256 end = block.timestamp + 30 days;
        vm.warp(end - 1);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.LeaveRequestTooEarly.selector, 2, end, end - 1));
        rewards.exitBLSPublicKeyAfterWaitTime(2);
        vm.warp(end);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.ServiceNodeExit(2, address(this), REQUIREMENT, BLS.publicKey(12));
        rewards.exitBLSPublicKeyAfterWaitTime(2);
        assertGone(2, 12);
    }

    function test_exitWithoutAskingIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.LeaveRequestNotInitiatedYet.selector, 2));
        rewards.exitBLSPublicKeyAfterWaitTime(2);
    }

    // -------------------------------------------------------------------------------------------------- by signature

    function test_allSignersLetANodeLeave() public {
        exit(14, ALL_KEYS, ids());
        assertGone(4, 14);
        vm.assertEq(token.balanceOf(address(rewards)), 4 * REQUIREMENT);
    }

    function test_oneOfFourMayBeMissing() public {
        exit(14, ALL_KEYS - 14, ids(4));
        assertGone(4, 14);
    }

    function test_twoOfFourMayNotBeMissing() public {
        IServiceNodeRewards.BLSSignatureParams memory signature = sign(rewards.exitTag(), 14, ALL_KEYS - 25);
        BN256G1.G1Point memory key = BLS.publicKey(14);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.InsufficientBLSSignatures.selector, 2, 3));
        rewards.exitBLSPublicKeyWithSignature(key, block.timestamp, signature, ids(1, 4));
    }

    function test_signatureExpires() public {
        uint256 signedAt = block.timestamp;
        IServiceNodeRewards.BLSSignatureParams memory signature = sign(rewards.exitTag(), 14, ALL_KEYS);
        BN256G1.G1Point memory key = BLS.publicKey(14);
        vm.warp(signedAt + 601);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRewards.SignatureExpired.selector, 4, signedAt, signedAt + 601)
        );
        rewards.exitBLSPublicKeyWithSignature(key, signedAt, signature, ids());
        vm.warp(signedAt + 600);
        rewards.exitBLSPublicKeyWithSignature(key, signedAt, signature, ids());
    }

    function test_signatureOfTheFarFutureIsRefused() public {
        uint256 later = block.timestamp + 601;
        BN256G1.G1Point memory key = BLS.publicKey(14);
        IServiceNodeRewards.BLSSignatureParams memory signature = signExit(ALL_KEYS, rewards.exitTag(), key, later);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRewards.SignatureNotYetValid.selector, 4, later, block.timestamp)
        );
        rewards.exitBLSPublicKeyWithSignature(key, later, signature, ids());
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeRewards.SignatureNotYetValid.selector, 4, type(uint256).max, block.timestamp
            )
        );
        rewards.exitBLSPublicKeyWithSignature(key, type(uint256).max, signature, ids());
        vm.warp(block.timestamp + 1);
        rewards.exitBLSPublicKeyWithSignature(key, later, signature, ids());
    }

    function test_youngNodeIsRefusedBeforeTheSignatureIsLookedAt() public {
        vm.warp(START_TIME + 2 hours - 1);
        IServiceNodeRewards.BLSSignatureParams memory noSignature;
        BN256G1.G1Point memory key = BLS.publicKey(14);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRewards.ExitTooEarly.selector, 4, START_TIME, START_TIME + 2 hours - 1)
        );
        rewards.exitBLSPublicKeyWithSignature(key, block.timestamp, noSignature, ids());
    }

    function test_signatureWorksOnce() public {
        IServiceNodeRewards.BLSSignatureParams memory signature = sign(rewards.exitTag(), 14, ALL_KEYS);
        BN256G1.G1Point memory key = BLS.publicKey(14);
        rewards.exitBLSPublicKeyWithSignature(key, block.timestamp, signature, ids());
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.BLSPubkeyDoesNotExist.selector, key));
        rewards.exitBLSPublicKeyWithSignature(key, block.timestamp, signature, ids());
    }

    function test_namingANonSignerTwiceMakesTheSignatureInvalid() public {
        // With seven nodes two may be missing.
        for (uint256 key = 15; key <= 17; ++key) {
            register(key, alice);
        }
        uint256 all = ALL_KEYS + 15 + 16 + 17;
        IServiceNodeRewards.BLSSignatureParams memory signature = sign(rewards.exitTag(), 14, all - 14);
        BN256G1.G1Point memory key14 = BLS.publicKey(14);
        BN256G1.G1Point memory wrong = BLS.publicKey(all - 28);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.InvalidBLSSignature.selector, wrong));
        rewards.exitBLSPublicKeyWithSignature(key14, block.timestamp, signature, ids(4, 4));
    }

    // ------------------------------------------------------------------------------------------------ by liquidation

    function test_liquidationDividesTheStake() public {
        uint256 before = token.balanceOf(address(this));
        liquidate(12);
        vm.assertEq(token.balanceOf(address(this)) - before, 36_000_000);
        vm.assertEq(token.balanceOf(pool), 204_000_000);
        vm.assertEq(token.balanceOf(address(rewards)), 4 * REQUIREMENT - 240_000_000);
        assertGone(2, 12);
    }

    function test_liquidationWithoutRatiosPaysNobody() public {
        vm.prank(owner);
        rewards.setLiquidationRatios(0, 0, 1);
        uint256 before = token.balanceOf(address(this));
        liquidate(12);
        vm.assertEq(token.balanceOf(address(this)), before);
        vm.assertEq(token.balanceOf(pool), 0);
        vm.assertEq(token.balanceOf(address(rewards)), 4 * REQUIREMENT);
    }

    /// @dev The liquidator's part is rounded down, the pool's up, and nothing is lost.
    function testFuzz_liquidationLosesNothing(uint256 liquidator, uint256 poolShare, uint256 recipient) public {
        recipient = bound(recipient, 1, 1e12);
        liquidator = bound(liquidator, 0, recipient / 3);
        poolShare = bound(poolShare, 0, recipient / 3 - liquidator);
        vm.prank(owner);
        rewards.setLiquidationRatios(liquidator, poolShare, recipient);
        uint256 sum = liquidator + poolShare + recipient;
        uint256 toLiquidator = REQUIREMENT * liquidator / sum;
        uint256 toPool = (REQUIREMENT * poolShare + sum - 1) / sum;
        uint256 before = token.balanceOf(address(this));

        IServiceNodeRewards.BLSSignatureParams memory signature = sign(rewards.liquidateTag(), 12, ALL_KEYS);
        BN256G1.G1Point memory key = BLS.publicKey(12);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.ServiceNodeExit(2, address(this), REQUIREMENT - toLiquidator - toPool, key);
        rewards.liquidateBLSPublicKeyWithSignature(key, block.timestamp, signature, ids());
        vm.assertEq(token.balanceOf(address(this)) - before, toLiquidator);
        vm.assertEq(token.balanceOf(pool), toPool);
        vm.assertEq(token.balanceOf(address(rewards)), 4 * REQUIREMENT - toLiquidator - toPool);
        vm.assertLe(4 * (toLiquidator + toPool), REQUIREMENT + 4);
    }

    // --------------------------------------------------------------------------------------------------------- pause

    function test_pauseStopsEveryWayOut() public {
        vm.prank(owner);
        rewards.pause();
        IServiceNodeRewards.BLSSignatureParams memory none;
        BN256G1.G1Point memory key = BLS.publicKey(14);
        bytes4 paused = PausableUpgradeable.EnforcedPause.selector;
        vm.expectRevert(paused);
        rewards.initiateExitBLSPublicKey(1);
        vm.expectRevert(paused);
        rewards.exitBLSPublicKeyAfterWaitTime(1);
        vm.expectRevert(paused);
        rewards.exitBLSPublicKeyWithSignature(key, block.timestamp, none, ids());
        vm.expectRevert(paused);
        rewards.liquidateBLSPublicKeyWithSignature(key, block.timestamp, none, ids());
    }

    function exit(uint256 secretKey, uint256 signers, uint64[] memory nonSigners) private {
        IServiceNodeRewards.BLSSignatureParams memory signature = sign(rewards.exitTag(), secretKey, signers);
        rewards.exitBLSPublicKeyWithSignature(BLS.publicKey(secretKey), block.timestamp, signature, nonSigners);
    }

    function liquidate(uint256 secretKey) private {
        IServiceNodeRewards.BLSSignatureParams memory signature = sign(rewards.liquidateTag(), secretKey, ALL_KEYS);
        rewards.liquidateBLSPublicKeyWithSignature(BLS.publicKey(secretKey), block.timestamp, signature, ids());
    }

    function sign(bytes32 tag, uint256 secretKey, uint256 signers)
        private
        view
        returns (IServiceNodeRewards.BLSSignatureParams memory)
    {
        return signExit(signers, tag, BLS.publicKey(secretKey), block.timestamp);
    }

    /// @dev Nothing of the node is left, and its key is out of the sum.
    function assertGone(uint64 id, uint256 secretKey) private view {
        vm.assertEq(rewards.totalNodes(), 3);
        vm.assertEq(rewards.serviceNodes(id).operator, address(0));
        vm.assertEq(rewards.serviceNodes(id).contributors.length, 0);
        vm.assertEq(rewards.ed25519ToServiceNodeID(secretKey), 0);
        vm.assertEq(rewards.serviceNodeIDs(abi.encode(BLS.publicKey(secretKey))), 0);
        assertKey(rewards.aggregatePubkey(), BLS.publicKey(ALL_KEYS - secretKey));
    }
}
