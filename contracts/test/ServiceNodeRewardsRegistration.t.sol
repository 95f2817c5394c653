// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../src/libraries/BN256G1.sol";
import {BLS} from "./support/BLS.sol";
import {RewardsFixture} from "./support/RewardsFixture.sol";

/// @notice Adding nodes: proofs, stakes, keys, limits.
contract ServiceNodeRewardsRegistrationTest is RewardsFixture {
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal carol = makeAddr("carol");

    function setUp() public override {
        super.setUp();
        start();
    }

    function test_soloNodeIsStakedByItsCaller() public {
        uint64 id = register(7, alice);
        IServiceNodeRewards.ServiceNode memory node = rewards.serviceNodes(id);
        vm.assertEq(id, 1);
        vm.assertEq(node.operator, alice);
        vm.assertEq(node.deposit, REQUIREMENT);
        vm.assertEq(node.addedTimestamp, START_TIME);
        vm.assertEq(node.leaveRequestTimestamp, 0);
        vm.assertEq(node.latestLeaveRequestTimestamp, 0);
        vm.assertEq(node.ed25519Pubkey, 7);
        vm.assertEq(node.contributors.length, 1);
        vm.assertEq(node.contributors[0].staker.addr, alice);
        vm.assertEq(node.contributors[0].staker.beneficiary, alice);
        vm.assertEq(node.contributors[0].stakedAmount, REQUIREMENT);
        assertKey(node.blsPubkey, BLS.publicKey(7));
        assertKey(rewards.aggregatePubkey(), BLS.publicKey(7));
        vm.assertEq(rewards.ed25519ToServiceNodeID(7), id);
        vm.assertEq(rewards.totalNodes(), 1);
        vm.assertEq(token.balanceOf(alice), 0);
        vm.assertEq(token.balanceOf(address(rewards)), REQUIREMENT);
    }

    function test_eventTellsTheNetworkEverything() public {
        IServiceNodeRewards.Contributor[] memory stakes = twoStakes(alice, REQUIREMENT / 4, bob);
        BN256G1.G1Point memory key = BLS.publicKey(7);
        IServiceNodeRewards.BLSSignatureParams memory proof = proofOfPossession(7, alice, 7);
        IServiceNodeRewards.ServiceNodeParams memory parameters = IServiceNodeRewards.ServiceNodeParams(7, 8, 9, 500);
        fund(carol, REQUIREMENT);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.NewServiceNodeV2(1, carol, key, parameters, stakes);
        vm.prank(carol);
        rewards.addBLSPublicKey(key, proof, parameters, stakes);
        vm.assertEq(rewards.serviceNodes(1).operator, alice);
        vm.assertEq(rewards.serviceNodes(1).contributors.length, 2);
    }

    /// @dev What the network's follower decodes: eight words, the offset of the contributors among them.
    function test_eventDataIsLaidOutAsTheFollowerReadsIt() public {
        vm.recordLogs();
        register(7, alice);
        bytes memory data = vm.getRecordedLogs()[2].data;
        vm.assertEq(data.length, (9 + 3) * 32);
        uint256 offset;
        uint256 count;
        assembly ("memory-safe") {
            offset := mload(add(data, mul(0x20, 8)))
            count := mload(add(data, mul(0x20, 9)))
        }
        vm.assertEq(offset, 256);
        vm.assertEq(count, 1);
    }

    function test_tokensComeFromTheCaller() public {
        BN256G1.G1Point memory key = BLS.publicKey(7);
        IServiceNodeRewards.BLSSignatureParams memory proof = proofOfPossession(7, alice, 7);
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(rewards), 0, REQUIREMENT)
        );
        rewards.addBLSPublicKey(key, proof, params(7), nobody());
        vm.assertEq(rewards.totalNodes(), 0);
    }

    function test_notStartedIsRefused() public {
        vm.store(address(rewards), 0, bytes32(uint256(uint160(address(token))) << 8));
        vm.assertFalse(rewards.isStarted());
        expectAddRefused(IServiceNodeRewards.ContractNotStarted.selector, nobody());
    }

    function test_pausedIsRefused() public {
        vm.prank(owner);
        rewards.pause();
        expectAddRefused(PausableUpgradeable.EnforcedPause.selector, nobody());
    }

    function test_elevenContributorsAreRefused() public {
        IServiceNodeRewards.Contributor[] memory stakes = new IServiceNodeRewards.Contributor[](11);
        expectAddRefused(IServiceNodeRewards.MaxContributorsExceeded.selector, stakes);
    }

    function test_tenContributorsAreAccepted() public {
        IServiceNodeRewards.Contributor[] memory stakes = new IServiceNodeRewards.Contributor[](10);
        stakes[0] = contributor(alice, REQUIREMENT - 9);
        for (uint160 i = 1; i < 10; ++i) {
            stakes[i] = contributor(address(i), 1);
        }
        add(7, alice, stakes);
        vm.assertEq(rewards.serviceNodes(1).contributors.length, 10);
    }

    function test_stakesMustAddUp() public {
        IServiceNodeRewards.Contributor[] memory stakes = twoStakes(alice, REQUIREMENT / 2, bob);
        stakes[1].stakedAmount += 1;
        expectAddRefused(
            abi.encodeWithSelector(
                IServiceNodeRewards.ContributionTotalMismatch.selector, REQUIREMENT, REQUIREMENT + 1
            ),
            stakes
        );
        stakes[1].stakedAmount -= 2;
        expectAddRefused(
            abi.encodeWithSelector(
                IServiceNodeRewards.ContributionTotalMismatch.selector, REQUIREMENT, REQUIREMENT - 1
            ),
            stakes
        );
    }

    function test_operatorStakesAQuarter() public {
        expectAddRefused(
            abi.encodeWithSelector(IServiceNodeRewards.InsufficientOperatorContribution.selector, REQUIREMENT / 4 - 1),
            twoStakes(alice, REQUIREMENT / 4 - 1, bob)
        );
        add(7, alice, twoStakes(alice, REQUIREMENT / 4, bob));
    }

    function test_contributorWithoutAddressIsRefused() public {
        expectAddRefused(IServiceNodeRewards.NullAddress.selector, twoStakes(alice, REQUIREMENT / 2, address(0)));
    }

    function test_contributorWithoutStakeIsRefused() public {
        expectAddRefused(
            abi.encodeWithSelector(IServiceNodeRewards.EmptyContribution.selector, 1),
            twoStakes(alice, REQUIREMENT, bob)
        );
    }

    function test_contributorNamedTwiceIsRefused() public {
        expectAddRefused(
            abi.encodeWithSelector(IServiceNodeRewards.DuplicateContributor.selector, 1),
            twoStakes(alice, REQUIREMENT / 2, alice)
        );
    }

    function test_feeAboveAllIsRefused() public {
        BN256G1.G1Point memory key = BLS.publicKey(7);
        IServiceNodeRewards.BLSSignatureParams memory proof = proofOfPossession(7, alice, 7);
        IServiceNodeRewards.ServiceNodeParams memory parameters = params(7);
        parameters.fee = 10_001;
        fund(alice, REQUIREMENT);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.FeeTooHigh.selector, 10_001, 10_000));
        rewards.addBLSPublicKey(key, proof, parameters, nobody());
        parameters.fee = 10_000;
        vm.prank(alice);
        rewards.addBLSPublicKey(key, proof, parameters, nobody());
    }

    function test_keyInUseIsRefusedBeforeItsProofIsLookedAt() public {
        register(7, alice);
        IServiceNodeRewards.BLSSignatureParams memory noProof;
        BN256G1.G1Point memory key = BLS.publicKey(7);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.BLSPubkeyAlreadyExists.selector, 1));
        rewards.addBLSPublicKey(key, noProof, params(8), nobody());
    }

    function test_ed25519KeyInUseIsRefused() public {
        register(7, alice);
        BN256G1.G1Point memory key = BLS.publicKey(8);
        IServiceNodeRewards.BLSSignatureParams memory proof = proofOfPossession(8, alice, 7);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.Ed25519PubkeyAlreadyExists.selector, 1));
        rewards.addBLSPublicKey(key, proof, params(7), nobody());
    }

    function test_zeroEd25519KeyIsRefused() public {
        BN256G1.G1Point memory key = BLS.publicKey(8);
        IServiceNodeRewards.BLSSignatureParams memory proof = proofOfPossession(8, alice, 0);
        vm.prank(alice);
        vm.expectRevert(IServiceNodeRewards.NullEd25519Pubkey.selector);
        rewards.addBLSPublicKey(key, proof, params(0), nobody());
    }

    /// @dev e(G1, 0) · e(0, H) = 1: without a rule of its own infinity would prove itself.
    function test_infinityIsNoKey() public {
        vm.expectRevert(IServiceNodeRewards.InvalidBLSProofOfPossession.selector);
        rewards.addBLSPublicKey(
            BN256G1.G1Point(0, 0), IServiceNodeRewards.BLSSignatureParams(0, 0, 0, 0), params(1), nobody()
        );
        vm.expectRevert(IServiceNodeRewards.InvalidBLSProofOfPossession.selector);
        rewards.validateProofOfPossession(
            BN256G1.G1Point(0, 0), IServiceNodeRewards.BLSSignatureParams(0, 0, 0, 0), alice, 1
        );
    }

    function test_keysOfRemovedNodesCanBeUsedAgain() public {
        uint64 first = register(7, alice);
        leave(first, alice);
        vm.assertEq(register(7, bob), first + 1);
    }

    function test_blockTakesTwentyRegistrations() public {
        for (uint256 key = 1; key <= 20; ++key) {
            register(key, alice);
        }
        BN256G1.G1Point memory point = BLS.publicKey(21);
        IServiceNodeRewards.BLSSignatureParams memory proof = proofOfPossession(21, alice, 21);
        fund(alice, REQUIREMENT);
        vm.prank(alice);
        vm.expectRevert(IServiceNodeRewards.MaxPubkeyAggregationsExceeded.selector);
        rewards.addBLSPublicKey(point, proof, params(21), nobody());
        vm.assertEq(rewards.numPubkeyAggregationsForHeight(), 20);

        vm.roll(block.number + 1);
        vm.prank(alice);
        rewards.addBLSPublicKey(point, proof, params(21), nobody());
        vm.assertEq(rewards.numPubkeyAggregationsForHeight(), 1);
        vm.assertEq(rewards.lastHeightPubkeyWasAggregated(), 1001);
    }

    function test_thresholdIsAThirdOfTheNodes() public {
        for (uint256 key = 1; key <= 7; ++key) {
            register(key, alice);
            vm.assertEq(rewards.blsNonSignerThreshold(), key / 3);
        }
        leave(1, alice);
        vm.assertEq(rewards.blsNonSignerThreshold(), 2);
        leave(2, alice);
        vm.assertEq(rewards.blsNonSignerThreshold(), 1);
    }

    function testFuzz_anyDivisionThatAddsUpIsAccepted(uint256 operatorStake, uint8 others) public {
        uint256 count = bound(others, 0, 9);
        operatorStake = count == 0 ? REQUIREMENT : bound(operatorStake, REQUIREMENT / 4, REQUIREMENT - count);
        IServiceNodeRewards.Contributor[] memory stakes = new IServiceNodeRewards.Contributor[](count + 1);
        stakes[0] = contributor(alice, operatorStake);
        uint256 left = REQUIREMENT - operatorStake;
        for (uint256 i = 1; i <= count; ++i) {
            uint256 stake = i == count ? left : left / count;
            if (stake == 0) stake = 1;
            left -= stake;
            stakes[i] = contributor(address(uint160(i)), stake);
        }
        if (count > 0 && stakes[count].stakedAmount == 0) return;
        add(7, alice, stakes);
        vm.assertEq(token.balanceOf(address(rewards)), REQUIREMENT);
        vm.assertEq(rewards.serviceNodes(1).contributors.length, count + 1);
    }

    function twoStakes(address operator, uint256 operatorStake, address other)
        private
        pure
        returns (IServiceNodeRewards.Contributor[] memory stakes)
    {
        stakes = new IServiceNodeRewards.Contributor[](2);
        stakes[0] = contributor(operator, operatorStake);
        stakes[1] = contributor(other, REQUIREMENT - operatorStake);
    }

    function add(uint256 secretKey, address operator, IServiceNodeRewards.Contributor[] memory stakes) private {
        BN256G1.G1Point memory key = BLS.publicKey(secretKey);
        IServiceNodeRewards.BLSSignatureParams memory proof = proofOfPossession(secretKey, operator, secretKey);
        fund(carol, REQUIREMENT);
        vm.prank(carol);
        rewards.addBLSPublicKey(key, proof, params(secretKey), stakes);
    }

    function expectAddRefused(bytes4 selector, IServiceNodeRewards.Contributor[] memory stakes) private {
        expectAddRefused(abi.encodePacked(selector), stakes);
    }

    function expectAddRefused(bytes memory reason, IServiceNodeRewards.Contributor[] memory stakes) private {
        BN256G1.G1Point memory key = BLS.publicKey(7);
        IServiceNodeRewards.BLSSignatureParams memory proof = proofOfPossession(7, alice, 7);
        vm.prank(alice);
        vm.expectRevert(reason);
        rewards.addBLSPublicKey(key, proof, params(7), stakes);
    }

    function leave(uint64 id, address operator) private {
        vm.prank(operator);
        rewards.initiateExitBLSPublicKey(id);
        vm.warp(block.timestamp + 30 days);
        rewards.exitBLSPublicKeyAfterWaitTime(id);
    }
}
