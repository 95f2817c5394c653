// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {ServiceNodeRewards} from "../src/ServiceNodeRewards.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../src/libraries/BN256G1.sol";
import {BLS} from "./support/BLS.sol";
import {RewardsFixture} from "./support/RewardsFixture.sol";

/// @notice A network that registers, removes and pays in any order, and remembers what it did. Node n has the secret
/// key n.
contract RewardsHandler is RewardsFixture {
    address[3] public people;
    uint64[] public list;
    uint256 public sumOfKeys;
    uint256 public deposited;
    uint256 public paidOut;
    uint256 public mostInOneWindow;
    uint256 private _joined;
    uint256 private _window;
    uint256 private _inWindow;
    address private immutable _caller = makeAddr("someone");

    function setUp() public override {
        super.setUp();
        start();
        people = [makeAddr("one"), makeAddr("two"), makeAddr("three")];
        token.transfer(address(rewards), 100_000_000 * 1e9);
        deposited = 100_000_000 * 1e9;
        join(0);
        vm.warp(block.timestamp + 1 days);
    }

    function contractUnderTest() external view returns (ServiceNodeRewards) {
        return rewards;
    }

    function balance() external view returns (uint256) {
        return token.balanceOf(address(rewards));
    }

    function length() external view returns (uint256) {
        return list.length;
    }

    function join(uint256 who) public {
        if (list.length == 12) return;
        vm.roll(block.number + 1);
        uint64 id = register(++_joined, people[who % 3]);
        list.push(id);
        sumOfKeys += _joined;
        deposited += REQUIREMENT;
    }

    function exitBySignature(uint256 which, uint256 missing) external {
        if (list.length == 1) return;
        (uint256 at, uint64 id) = pick(which);
        vm.warp(block.timestamp + 2 hours);
        BN256G1.G1Point memory key = BLS.publicKey(id);
        (uint256 keys, uint64[] memory nonSigners) = signers(missing);
        rewards.exitBLSPublicKeyWithSignature(
            key, block.timestamp, signExit(keys, rewards.exitTag(), key, block.timestamp), nonSigners
        );
        forget(at, id);
    }

    function liquidate(uint256 which, uint256 missing) external {
        if (list.length == 1) return;
        (uint256 at, uint64 id) = pick(which);
        vm.warp(block.timestamp + 2 hours);
        BN256G1.G1Point memory key = BLS.publicKey(id);
        (uint256 keys, uint64[] memory nonSigners) = signers(missing);
        IServiceNodeRewards.BLSSignatureParams memory signature =
            signExit(keys, rewards.liquidateTag(), key, block.timestamp);
        vm.prank(_caller);
        rewards.liquidateBLSPublicKeyWithSignature(key, block.timestamp, signature, nonSigners);
        forget(at, id);
        paidOut += 36_000_000 + 204_000_000;
    }

    function exitByTime(uint256 which) external {
        if (list.length == 1) return;
        (uint256 at, uint64 id) = pick(which);
        vm.prank(rewards.serviceNodes(id).operator);
        rewards.initiateExitBLSPublicKey(id);
        vm.warp(block.timestamp + 30 days);
        rewards.exitBLSPublicKeyAfterWaitTime(id);
        forget(at, id);
    }

    function credit(uint256 who, uint256 amount, uint256 missing) external {
        address account = people[who % 3];
        (uint256 earned,) = rewards.recipients(account);
        uint256 total = earned + bound(amount, 1, 2_000_000 * 1e9);
        (uint256 keys, uint64[] memory nonSigners) = signers(missing);
        rewards.updateRewardsBalance(account, total, signReward(keys, account, total), nonSigners);
    }

    function claim(uint256 who, uint256 amount) external {
        address account = people[who % 3];
        (uint256 earned, uint256 claimed) = rewards.recipients(account);
        amount = bound(amount, 0, earned - claimed);
        uint256 window = block.timestamp / 12 hours;
        if (window != _window) (_window, _inWindow) = (window, 0);
        vm.prank(account);
        try rewards.claimRewards(amount) {
            _inWindow += amount;
            paidOut += amount;
            if (_inWindow > mostInOneWindow) mostInOneWindow = _inWindow;
        } catch (bytes memory reason) {
            bool limited = bytes4(reason) == IServiceNodeRewards.ClaimThresholdExceeded.selector;
            require(limited ? _inWindow + amount > 1_000_000 * 1e9 : amount > token.balanceOf(address(rewards)));
        }
    }

    function rederive() external {
        rewards.rederiveTotalNodesAndAggregatePubkey();
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, 1 days));
    }

    function pick(uint256 which) private view returns (uint256 at, uint64 id) {
        at = which % list.length;
        id = list[at];
    }

    /// @dev As many nodes do not sign as may: those after `first`.
    function signers(uint256 first) private view returns (uint256 keys, uint64[] memory nonSigners) {
        nonSigners = new uint64[](list.length / 3);
        keys = sumOfKeys;
        for (uint256 i = 0; i < nonSigners.length; ++i) {
            nonSigners[i] = list[addmod(first, i, list.length)];
            keys -= nonSigners[i];
        }
    }

    function forget(uint256 at, uint64 id) private {
        for (uint256 i = at; i + 1 < list.length; ++i) {
            list[i] = list[i + 1];
        }
        list.pop();
        sumOfKeys -= id;
    }
}

/// @notice What holds after every call.
contract ServiceNodeRewardsInvariantsTest is RewardsFixture {
    RewardsHandler private handler;

    function setUp() public override {
        handler = new RewardsHandler();
        handler.setUp();
        rewards = handler.contractUnderTest();
        targetContract(address(handler));
        bytes4[] memory calls = new bytes4[](8);
        calls[0] = RewardsHandler.join.selector;
        calls[1] = RewardsHandler.exitBySignature.selector;
        calls[2] = RewardsHandler.liquidate.selector;
        calls[3] = RewardsHandler.exitByTime.selector;
        calls[4] = RewardsHandler.credit.selector;
        calls[5] = RewardsHandler.claim.selector;
        calls[6] = RewardsHandler.rederive.selector;
        calls[7] = RewardsHandler.wait.selector;
        targetSelector(address(handler), calls);
    }

    function invariant_contractAgreesWithTheNetwork() public view {
        listAndSumAreThoseOfTheNetwork();
        tokensAreStakedDepositedOrPaid();
        claimedIsAtMostEarned();
    }

    function listAndSumAreThoseOfTheNetwork() private view {
        uint256 length = handler.length();
        (uint64[] memory actual, BN256G1.G1Point[] memory keys) = rewards.allServiceNodeIDs();
        vm.assertEq(rewards.totalNodes(), length);
        vm.assertEq(actual.length, length);
        vm.assertEq(rewards.blsNonSignerThreshold(), length / 3);
        for (uint256 i = 0; i < length; ++i) {
            vm.assertEq(actual[i], handler.list(i));
            vm.assertEq(rewards.serviceNodeIDs(abi.encode(keys[i])), actual[i]);
            vm.assertEq(rewards.ed25519ToServiceNodeID(actual[i]), actual[i]);
        }
        assertKey(rewards.aggregatePubkey(), BLS.publicKey(handler.sumOfKeys()));
    }

    function tokensAreStakedDepositedOrPaid() private view {
        vm.assertEq(handler.balance(), handler.deposited() - handler.paidOut());
    }

    function claimedIsAtMostEarned() private view {
        for (uint256 i = 0; i < 3; ++i) {
            (uint256 earned, uint256 claimed) = rewards.recipients(handler.people(i));
            vm.assertLe(claimed, earned);
        }
        vm.assertLe(handler.mostInOneWindow(), rewards.claimThreshold());
    }
}
