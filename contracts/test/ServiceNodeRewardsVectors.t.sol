// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {ServiceNodeRewards} from "../src/ServiceNodeRewards.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../src/libraries/BN256G1.sol";
import {BLS} from "./support/BLS.sol";
import {RewardsFixture} from "./support/RewardsFixture.sol";
import {Vectors} from "./support/Vectors.sol";

/// @notice Signatures that another implementation made are accepted, and every forged variant is refused (bridge §8.2).
contract ServiceNodeRewardsVectorsTest is RewardsFixture {
    /// @dev Nodes 1 to 4 are registered; the signatures are a minute old.
    function setUp() public override {
        super.setUp();
        registerVectors();
        vm.warp(Vectors.TIMESTAMP + 60);
    }

    function test_tagsAreThoseOfTheVectors() public view {
        vm.assertEq(rewards.proofOfPossessionTag(), Vectors.POP_TAG);
        vm.assertEq(rewards.rewardTag(), Vectors.REWARD_TAG);
        vm.assertEq(rewards.exitTag(), Vectors.EXIT_TAG);
        vm.assertEq(rewards.liquidateTag(), Vectors.LIQUIDATE_TAG);
        vm.assertEq(rewards.hashToG2Tag(), Vectors.HASH_TO_FIELD_TAG);
    }

    function test_testsSignAsTheModelDoes() public view {
        for (uint256 number = 1; number <= 4; ++number) {
            Vectors.Node memory node = Vectors.node(number);
            assertKey(BLS.publicKey(node.secretKey), node.blsPubkey);
            vm.assertEq(
                abi.encode(proofOfPossession(node.secretKey, Vectors.OPERATOR, node.ed25519Pubkey)),
                abi.encode(node.proofOfPossession)
            );
        }
        uint256 three = addmod(Vectors.node(1).secretKey, Vectors.node(2).secretKey, BLS.R);
        three = addmod(three, Vectors.node(3).secretKey, BLS.R);
        vm.assertEq(
            abi.encode(signReward(three, Vectors.RECIPIENT, Vectors.AMOUNT)), abi.encode(Vectors.rewardSignature())
        );
    }

    function test_proofsOfPossessionAreAccepted() public {
        vm.assertEq(rewards.totalNodes(), 4);
        vm.assertEq(rewards.blsNonSignerThreshold(), 1);
        vm.assertEq(token.balanceOf(address(rewards)), 4 * REQUIREMENT);
    }

    function test_proofOfPossessionOfAnotherCallerIsRefused() public {
        Vectors.Node memory node = Vectors.node(1);
        vm.expectRevert(IServiceNodeRewards.InvalidBLSProofOfPossession.selector);
        rewards.validateProofOfPossession(node.blsPubkey, node.proofOfPossession, Vectors.RECIPIENT, node.ed25519Pubkey);
    }

    function test_proofOfPossessionForAnotherEd25519KeyIsRefused() public {
        Vectors.Node memory node = Vectors.node(1);
        vm.expectRevert(IServiceNodeRewards.InvalidBLSProofOfPossession.selector);
        rewards.validateProofOfPossession(
            node.blsPubkey, node.proofOfPossession, Vectors.OPERATOR, node.ed25519Pubkey + 1
        );
    }

    function test_proofOfPossessionOfAnotherNodeIsRefused() public {
        Vectors.Node memory node = Vectors.node(1);
        IServiceNodeRewards.BLSSignatureParams memory proof = Vectors.node(2).proofOfPossession;
        vm.expectRevert(IServiceNodeRewards.InvalidBLSProofOfPossession.selector);
        rewards.validateProofOfPossession(node.blsPubkey, proof, Vectors.OPERATOR, node.ed25519Pubkey);
    }

    function test_rewardIsAccepted() public {
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.RewardsBalanceUpdated(Vectors.RECIPIENT, Vectors.AMOUNT, 0);
        rewards.updateRewardsBalance(Vectors.RECIPIENT, Vectors.AMOUNT, Vectors.rewardSignature(), ids(4));
        (uint256 earned, uint256 claimed) = rewards.recipients(Vectors.RECIPIENT);
        vm.assertEq(earned, Vectors.AMOUNT);
        vm.assertEq(claimed, 0);
    }

    function test_rewardIsAcceptedOnce() public {
        rewards.updateRewardsBalance(Vectors.RECIPIENT, Vectors.AMOUNT, Vectors.rewardSignature(), ids(4));
        vm.expectRevert(IServiceNodeRewards.RecipientRewardsTooLow.selector);
        rewards.updateRewardsBalance(Vectors.RECIPIENT, Vectors.AMOUNT, Vectors.rewardSignature(), ids(4));
    }

    function test_rewardWithoutNamingTheNonSignerIsRefused() public {
        BN256G1.G1Point memory all = rewards.aggregatePubkey();
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.InvalidBLSSignature.selector, all));
        rewards.updateRewardsBalance(Vectors.RECIPIENT, Vectors.AMOUNT, Vectors.rewardSignature(), ids());
    }

    function test_rewardOfAnotherAmountIsRefused() public {
        expectInvalidWithout(4);
        rewards.updateRewardsBalance(Vectors.RECIPIENT, Vectors.AMOUNT + 1, Vectors.rewardSignature(), ids(4));
    }

    function test_rewardOfAnotherRecipientIsRefused() public {
        expectInvalidWithout(4);
        rewards.updateRewardsBalance(Vectors.OPERATOR, Vectors.AMOUNT, Vectors.rewardSignature(), ids(4));
    }

    function test_rewardWithTooManyNonSignersIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.InsufficientBLSSignatures.selector, 2, 3));
        rewards.updateRewardsBalance(Vectors.RECIPIENT, Vectors.AMOUNT, Vectors.rewardSignature(), ids(3, 4));
    }

    function test_rewardWithTheWrongNonSignerIsRefused() public {
        expectInvalidWithout(3);
        rewards.updateRewardsBalance(Vectors.RECIPIENT, Vectors.AMOUNT, Vectors.rewardSignature(), ids(3));
    }

    function test_rewardWithAnUnknownNonSignerIsRefused() public {
        BN256G1.G1Point memory all = rewards.aggregatePubkey();
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.InvalidBLSSignature.selector, all));
        rewards.updateRewardsBalance(Vectors.RECIPIENT, Vectors.AMOUNT, Vectors.rewardSignature(), ids(99));
    }

    function test_rewardOfNobodyIsRefused() public {
        vm.expectRevert(IServiceNodeRewards.NullAddress.selector);
        rewards.updateRewardsBalance(address(0), Vectors.AMOUNT, Vectors.rewardSignature(), ids(4));
    }

    function test_rewardOfNothingIsRefused() public {
        vm.expectRevert(IServiceNodeRewards.RecipientRewardsTooLow.selector);
        rewards.updateRewardsBalance(Vectors.RECIPIENT, 0, Vectors.rewardSignature(), ids(4));
    }

    function test_signatureOffTheCurveIsRefused() public {
        IServiceNodeRewards.BLSSignatureParams memory signature = Vectors.rewardSignature();
        signature.sigs0 = 1;
        vm.expectRevert(bytes("Invalid Signature"));
        rewards.updateRewardsBalance(Vectors.RECIPIENT, Vectors.AMOUNT, signature, ids(4));
    }

    function test_signatureWithPartsExchangedIsRefused() public {
        IServiceNodeRewards.BLSSignatureParams memory s = Vectors.rewardSignature();
        s = IServiceNodeRewards.BLSSignatureParams(s.sigs1, s.sigs0, s.sigs3, s.sigs2);
        vm.expectRevert(bytes("Invalid Signature"));
        rewards.updateRewardsBalance(Vectors.RECIPIENT, Vectors.AMOUNT, s, ids(4));
    }

    function test_negatedSignatureIsRefused() public {
        IServiceNodeRewards.BLSSignatureParams memory s = Vectors.rewardSignature();
        (s.sigs2, s.sigs3) = (BLS.P - s.sigs2, BLS.P - s.sigs3);
        expectInvalidWithout(4);
        rewards.updateRewardsBalance(Vectors.RECIPIENT, Vectors.AMOUNT, s, ids(4));
    }

    function test_zeroSignatureIsRefused() public {
        expectInvalidWithout(4);
        rewards.updateRewardsBalance(
            Vectors.RECIPIENT, Vectors.AMOUNT, IServiceNodeRewards.BLSSignatureParams(0, 0, 0, 0), ids(4)
        );
    }

    function testFuzz_changedSignatureIsRefused(uint256 word, uint256 difference) public {
        IServiceNodeRewards.BLSSignatureParams memory s = Vectors.rewardSignature();
        difference = bound(difference, 1, type(uint256).max);
        word = bound(word, 0, 3);
        unchecked {
            if (word == 0) s.sigs0 += difference;
            if (word == 1) s.sigs1 += difference;
            if (word == 2) s.sigs2 += difference;
            if (word == 3) s.sigs3 += difference;
        }
        vm.expectRevert(bytes("Invalid Signature"));
        rewards.updateRewardsBalance(Vectors.RECIPIENT, Vectors.AMOUNT, s, ids(4));
    }

    function test_exitIsAccepted() public {
        BN256G1.G1Point memory key = Vectors.node(4).blsPubkey;
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.ServiceNodeExit(4, address(this), REQUIREMENT, key);
        rewards.exitBLSPublicKeyWithSignature(key, Vectors.TIMESTAMP, Vectors.exitSignature(), ids(4));
        vm.assertEq(rewards.totalNodes(), 3);
    }

    function test_exitOfAYoungNodeIsRefused() public {
        vm.warp(START_TIME + 2 hours - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRewards.ExitTooEarly.selector, 4, START_TIME, START_TIME + 2 hours - 1)
        );
        rewards.exitBLSPublicKeyWithSignature(
            Vectors.node(4).blsPubkey, START_TIME + 2 hours, Vectors.exitSignature(), ids(4)
        );
    }

    function test_exitOfAnUnknownKeyIsRefused() public {
        BN256G1.G1Point memory key = BN256G1.G1Point(1, 2);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.BLSPubkeyDoesNotExist.selector, key));
        rewards.exitBLSPublicKeyWithSignature(key, Vectors.TIMESTAMP, Vectors.exitSignature(), ids(4));
    }

    function test_exitSignatureDoesNotLiquidate() public {
        BN256G1.G1Point memory key = Vectors.node(4).blsPubkey;
        expectInvalidWithout(4);
        rewards.liquidateBLSPublicKeyWithSignature(key, Vectors.TIMESTAMP, Vectors.exitSignature(), ids(4));
    }

    function test_exitSignatureOfAnotherTimeIsRefused() public {
        BN256G1.G1Point memory key = Vectors.node(4).blsPubkey;
        expectInvalidWithout(4);
        rewards.exitBLSPublicKeyWithSignature(key, Vectors.TIMESTAMP + 1, Vectors.exitSignature(), ids(4));
    }

    function test_exitSignatureOfAnotherNodeIsRefused() public {
        BN256G1.G1Point memory key = Vectors.node(3).blsPubkey;
        expectInvalidWithout(4);
        rewards.exitBLSPublicKeyWithSignature(key, Vectors.TIMESTAMP, Vectors.exitSignature(), ids(4));
    }

    function test_liquidationIsAcceptedAndPaid() public {
        BN256G1.G1Point memory key = Vectors.node(4).blsPubkey;
        // 120 SESH: 0.036 for the caller, 0.204 for the pool.
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.ServiceNodeLiquidated(4, Vectors.RECIPIENT, key);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.ServiceNodeExit(4, Vectors.RECIPIENT, 119_760_000_000, key);
        vm.prank(Vectors.RECIPIENT);
        rewards.liquidateBLSPublicKeyWithSignature(key, Vectors.TIMESTAMP, Vectors.liquidationSignature(), ids(4));
        vm.assertEq(token.balanceOf(Vectors.RECIPIENT), 36_000_000);
        vm.assertEq(token.balanceOf(pool), 204_000_000);
        vm.assertEq(rewards.totalNodes(), 3);
    }

    function test_liquidationSignatureDoesNotExit() public {
        BN256G1.G1Point memory key = Vectors.node(4).blsPubkey;
        expectInvalidWithout(4);
        rewards.exitBLSPublicKeyWithSignature(key, Vectors.TIMESTAMP, Vectors.liquidationSignature(), ids(4));
    }

    function test_proofOfPossessionForAnotherContractIsRefused() public {
        ServiceNodeRewards other = new ServiceNodeRewards();
        other.initialize(address(token), pool, REQUIREMENT, 10, 3, 17, 9980);
        Vectors.Node memory node = Vectors.node(1);
        vm.expectRevert(IServiceNodeRewards.InvalidBLSProofOfPossession.selector);
        other.validateProofOfPossession(node.blsPubkey, node.proofOfPossession, Vectors.OPERATOR, node.ed25519Pubkey);
    }

    function expectInvalidWithout(uint64 nonSigner) private {
        BN256G1.G1Point memory signers =
            BN256G1.add(rewards.aggregatePubkey(), BN256G1.negate(rewards.serviceNodes(nonSigner).blsPubkey));
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.InvalidBLSSignature.selector, signers));
    }
}
