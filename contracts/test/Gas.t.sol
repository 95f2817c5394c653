// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";

import {OxenSwap} from "../src/OxenSwap.sol";
import {RewardRatePool} from "../src/RewardRatePool.sol";
import {ServiceNodeRewards} from "../src/ServiceNodeRewards.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../src/libraries/BN256G1.sol";
import {BLS} from "./support/BLS.sol";
import {SwapFixture} from "./support/SwapFixture.sol";

/// @notice What users pay, each call a transaction of its own through the proxies, recorded in `snapshots` and compared
/// there; and never more than the original contracts cost, where that was measured (bridge §2.7). Nodes 1 to 30 have the
/// secret keys 11 to 40.
/// forge-config: default.isolate = true
contract GasTest is SwapFixture {
    uint256 private constant SUM = (11 + 40) * 15;
    string private constant REWARDS = "ServiceNodeRewards";

    RewardRatePool private ratePool;
    address private alice = makeAddr("alice");

    function setUp() public override {
        super.setUp();
        bytes memory call =
            abi.encodeCall(ServiceNodeRewards.initialize, (address(token), pool, REQUIREMENT, 10, 3, 17, 9980));
        rewards = ServiceNodeRewards(proxy(address(new ServiceNodeRewards()), call));
        rewards.seedPublicKeyList(seeds(30));
        rewards.start();
        token.transfer(address(rewards), 1_000_000 * 1e9);

        call = abi.encodeCall(RewardRatePool.initialize, (address(rewards), address(token)));
        ratePool = RewardRatePool(proxy(address(new RewardRatePool()), call));
        token.transfer(address(ratePool), 40_000_000 * 1e9);

        swap = new OxenSwap(token, rewards, address(ratePool), swapOwner, guardian, CAP, CLOSE_TIME);
        token.transfer(address(swap), CAP);
        vm.warp(block.timestamp + 1 days);
    }

    function test_gasOfRegistration() public {
        BN256G1.G1Point memory key = BLS.publicKey(41);
        IServiceNodeRewards.BLSSignatureParams memory proof = proofOfPossession(41, alice, 41);
        fund(alice, REQUIREMENT);
        vm.prank(alice);
        rewards.addBLSPublicKey(key, proof, params(41), nobody());
        vm.assertLe(vm.snapshotGasLastCall(REWARDS, "addBLSPublicKey, alone"), 1_440_000);

        IServiceNodeRewards.Contributor[] memory stakes = new IServiceNodeRewards.Contributor[](10);
        for (uint160 i = 0; i < 10; ++i) {
            stakes[i] = contributor(i == 0 ? alice : address(i), i == 0 ? REQUIREMENT - 9 : 1);
        }
        key = BLS.publicKey(42);
        proof = proofOfPossession(42, alice, 42);
        fund(alice, REQUIREMENT);
        vm.prank(alice);
        rewards.addBLSPublicKey(key, proof, params(42), stakes);
        vm.snapshotGasLastCall(REWARDS, "addBLSPublicKey, ten contributors");
    }

    function test_gasOfRewards() public {
        rewards.updateRewardsBalance(alice, 100, signReward(SUM, alice, 100), ids());
        vm.snapshotGasLastCall(REWARDS, "updateRewardsBalance, all sign, first");
        rewards.updateRewardsBalance(alice, 200, signReward(SUM - 11, alice, 200), ids(1));
        vm.assertLe(vm.snapshotGasLastCall(REWARDS, "updateRewardsBalance, one missing"), 1_090_000);
        rewards.updateRewardsBalance(alice, 300, signReward(SUM - 155, alice, 300), firstTen());
        vm.snapshotGasLastCall(REWARDS, "updateRewardsBalance, ten missing");

        vm.prank(alice);
        rewards.claimRewards();
        vm.assertLe(vm.snapshotGasLastCall(REWARDS, "claimRewards, first"), 140_000);
        rewards.updateRewardsBalance(alice, 400, signReward(SUM, alice, 400), ids());
        vm.prank(alice);
        rewards.claimRewards(50);
        vm.snapshotGasLastCall(REWARDS, "claimRewards, again");
    }

    function test_gasOfLeaving() public {
        vm.startPrank(alice);
        rewards.initiateExitBLSPublicKey(1);
        vm.snapshotGasLastCall(REWARDS, "initiateExitBLSPublicKey");
        vm.warp(block.timestamp + 30 days);
        rewards.exitBLSPublicKeyAfterWaitTime(1);
        vm.snapshotGasLastCall(REWARDS, "exitBLSPublicKeyAfterWaitTime");

        BN256G1.G1Point memory key = BLS.publicKey(12);
        uint256 signers = SUM - 11 - 12;
        IServiceNodeRewards.BLSSignatureParams memory signature =
            signExit(signers, rewards.exitTag(), key, block.timestamp);
        rewards.exitBLSPublicKeyWithSignature(key, block.timestamp, signature, ids(2));
        vm.assertLe(vm.snapshotGasLastCall(REWARDS, "exitBLSPublicKeyWithSignature, one missing"), 1_150_000);

        key = BLS.publicKey(13);
        signature = signExit(signers - 13, rewards.liquidateTag(), key, block.timestamp);
        rewards.liquidateBLSPublicKeyWithSignature(key, block.timestamp, signature, ids(3));
        vm.assertLe(vm.snapshotGasLastCall(REWARDS, "liquidateBLSPublicKeyWithSignature, one missing"), 1_160_000);
    }

    function test_gasOfSeeding() public {
        ServiceNodeRewards fresh = new ServiceNodeRewards();
        fresh.initialize(address(token), pool, REQUIREMENT, 10, 3, 17, 9980);
        IServiceNodeRewards.SeedServiceNode[] memory fifty = seeds(50);
        for (uint256 i = 0; i < 50; ++i) {
            fifty[i].contributors = new IServiceNodeRewards.Contributor[](4);
            for (uint160 j = 0; j < 4; ++j) {
                fifty[i].contributors[j] = contributor(address(j + 1), REQUIREMENT / 4);
            }
        }
        fresh.seedPublicKeyList(fifty);
        // A block of the original's tests holds fifty, with up to ten contributors each.
        vm.assertLe(vm.snapshotGasLastCall(REWARDS, "seedPublicKeyList, fifty of four contributors"), 30_000_000);
    }

    function test_gasOfTheSwap() public {
        swap.updateSwapBalance(alice, 100, signTotal(SUM, alice, 100), ids());
        vm.snapshotGasLastCall("OxenSwap", "updateSwapBalance, all sign, first");
        swap.updateSwapBalance(alice, 200, signTotal(SUM - 11, alice, 200), ids(1));
        vm.snapshotGasLastCall("OxenSwap", "updateSwapBalance, one missing");
        swap.updateSwapBalance(alice, 300, signTotal(SUM - 155, alice, 300), firstTen());
        vm.snapshotGasLastCall("OxenSwap", "updateSwapBalance, ten missing");
        vm.prank(alice);
        swap.claim(100);
        vm.snapshotGasLastCall("OxenSwap", "claim, first");
        swap.claimFor(alice);
        vm.snapshotGasLastCall("OxenSwap", "claimFor, again");
    }

    function test_gasOfThePool() public {
        ratePool.payoutReleased();
        vm.snapshotGasLastCall("RewardRatePool", "payoutReleased");
    }

    function test_sizes() public {
        size("BN256G2");
        size("OxenSwap");
        size("RewardRatePool");
        size("SESH");
        size("SESHL2");
        size("ServiceNodeRewards");
        size("TestnetServiceNodeRewards");
    }

    function size(string memory name) private {
        uint256 length = vm.getDeployedCode(name).length;
        vm.assertLe(length, 24_576);
        vm.snapshotValue("sizes", name, length);
    }

    function proxy(address implementation, bytes memory call) private returns (address) {
        return address(new TransparentUpgradeableProxy(implementation, owner, call));
    }

    function firstTen() private pure returns (uint64[] memory list) {
        list = new uint64[](10);
        for (uint64 i = 0; i < 10; ++i) {
            list[i] = i + 1;
        }
    }

    function seeds(uint256 count) private view returns (IServiceNodeRewards.SeedServiceNode[] memory list) {
        list = new IServiceNodeRewards.SeedServiceNode[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i].blsPubkey = BLS.publicKey(11 + i);
            list[i].ed25519Pubkey = 11 + i;
            list[i].addedTimestamp = block.timestamp;
            list[i].contributors = new IServiceNodeRewards.Contributor[](1);
            list[i].contributors[0] = contributor(alice, REQUIREMENT);
        }
    }
}
