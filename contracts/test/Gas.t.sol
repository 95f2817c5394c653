// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";

import {OxenSwap} from "../src/OxenSwap.sol";
import {RewardRatePool} from "../src/RewardRatePool.sol";
import {ServiceNodeRewards} from "../src/ServiceNodeRewards.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../src/libraries/BN256G1.sol";
import {BLS} from "./support/BLS.sol";
import {GasRecorder} from "./support/GasRecorder.sol";
import {SwapFixture} from "./support/SwapFixture.sol";

/// @notice What users pay the contracts with the list of nodes, each call a transaction of its own through the proxies.
/// Nodes 1 to 30 have the secret keys 11 to 40.
/// forge-config: default.isolate = true
contract GasTest is SwapFixture, GasRecorder {
    uint256 private constant SUM = (11 + 40) * 15;
    string private constant REWARDS = "ServiceNodeRewards";
    string private constant SWAP = "OxenSwap";

    RewardRatePool private ratePool;
    address private alice = makeAddr("alice");

    function setUp() public override {
        super.setUp();
        bytes memory call =
            abi.encodeCall(ServiceNodeRewards.initialize, (address(token), pool, REQUIREMENT, 10, 3, 17, 9980));
        rewards = ServiceNodeRewards(proxy(create(REWARDS, ""), call));
        rewards.seedPublicKeyList(seeds(30));
        rewards.start();
        token.transfer(address(rewards), 1_000_000 * 1e9);

        call = abi.encodeCall(RewardRatePool.initialize, (address(rewards), address(token)));
        ratePool = RewardRatePool(proxy(create("RewardRatePool", ""), call));
        token.transfer(address(ratePool), 40_000_000 * 1e9);

        swap = new OxenSwap(token, rewards, address(ratePool), swapOwner, guardian, CAP, CLOSE_TIME);
        token.transfer(address(swap), CAP);
        vm.warp(block.timestamp + 1 days);
    }

    function test_gasOfRegistration() public {
        BN256G1.G1Point memory key = BLS.publicKey(41);
        IServiceNodeRewards.BLSSignatureParams memory proof = proofOfPossession(41, alice, 41);
        rewards.validateProofOfPossession(key, proof, alice, 41);
        record(REWARDS, "validateProofOfPossession");
        fund(alice, REQUIREMENT);
        vm.prank(alice);
        rewards.addBLSPublicKey(key, proof, params(41), nobody());
        record(REWARDS, "addBLSPublicKey, alone");

        IServiceNodeRewards.Contributor[] memory stakes = new IServiceNodeRewards.Contributor[](10);
        for (uint160 i = 0; i < 10; ++i) {
            stakes[i] = contributor(i == 0 ? alice : address(i), i == 0 ? REQUIREMENT - 9 : 1);
        }
        key = BLS.publicKey(42);
        proof = proofOfPossession(42, alice, 42);
        fund(alice, REQUIREMENT);
        vm.prank(alice);
        rewards.addBLSPublicKey(key, proof, params(42), stakes);
        record(REWARDS, "addBLSPublicKey, ten contributors");
    }

    function test_gasOfRewards() public {
        rewards.updateRewardsBalance(alice, 100, signReward(SUM, alice, 100), ids());
        record(REWARDS, "updateRewardsBalance, all sign, first");
        rewards.updateRewardsBalance(alice, 200, signReward(SUM - 11, alice, 200), ids(1));
        record(REWARDS, "updateRewardsBalance, one missing");
        rewards.updateRewardsBalance(alice, 300, signReward(SUM - 155, alice, 300), firstTen());
        record(REWARDS, "updateRewardsBalance, ten missing");
    }

    function test_gasOfClaims() public {
        rewards.updateRewardsBalance(alice, 400, signReward(SUM, alice, 400), ids());
        vm.startPrank(alice);
        rewards.claimRewards(100);
        record(REWARDS, "claimRewards of an amount, first");
        rewards.claimRewards(100);
        record(REWARDS, "claimRewards of an amount, again");
        vm.warp(block.timestamp + 12 hours);
        rewards.claimRewards();
        record(REWARDS, "claimRewards, again, in a new window");
        vm.stopPrank();
        rewards.updateRewardsBalance(alice, 500, signReward(SUM, alice, 500), ids());
        vm.prank(alice);
        rewards.claimRewards();
        record(REWARDS, "claimRewards, again");
    }

    function test_gasOfTheFirstClaim() public {
        rewards.updateRewardsBalance(alice, 100, signReward(SUM, alice, 100), ids());
        vm.prank(alice);
        rewards.claimRewards();
        record(REWARDS, "claimRewards, first");
    }

    function test_gasOfLeaving() public {
        vm.startPrank(alice);
        rewards.initiateExitBLSPublicKey(1);
        record(REWARDS, "initiateExitBLSPublicKey");
        vm.warp(block.timestamp + 1 hours);
        rewards.initiateExitBLSPublicKey(1);
        record(REWARDS, "initiateExitBLSPublicKey, again");
        vm.warp(block.timestamp + 30 days);
        rewards.exitBLSPublicKeyAfterWaitTime(1);
        record(REWARDS, "exitBLSPublicKeyAfterWaitTime");

        BN256G1.G1Point memory key = BLS.publicKey(12);
        uint256 signers = SUM - 11 - 12;
        IServiceNodeRewards.BLSSignatureParams memory signature =
            signExit(signers, rewards.exitTag(), key, block.timestamp);
        rewards.exitBLSPublicKeyWithSignature(key, block.timestamp, signature, ids(2));
        record(REWARDS, "exitBLSPublicKeyWithSignature, one missing");

        key = BLS.publicKey(13);
        signature = signExit(signers - 13, rewards.liquidateTag(), key, block.timestamp);
        rewards.liquidateBLSPublicKeyWithSignature(key, block.timestamp, signature, ids(3));
        record(REWARDS, "liquidateBLSPublicKeyWithSignature, one missing");
    }

    function test_gasOfTheTenthContributorsLeaving() public {
        ServiceNodeRewards fresh = ServiceNodeRewards(create(REWARDS, ""));
        fresh.initialize(address(token), pool, REQUIREMENT, 10, 3, 17, 9980);
        IServiceNodeRewards.SeedServiceNode[] memory node = seeds(1);
        node[0].contributors = new IServiceNodeRewards.Contributor[](10);
        for (uint160 i = 0; i < 10; ++i) {
            node[0].contributors[i] = contributor(i == 9 ? alice : address(i + 1), REQUIREMENT / 10);
        }
        fresh.seedPublicKeyList(node);
        fresh.start();
        vm.warp(block.timestamp + 30 days);
        vm.prank(alice);
        fresh.initiateExitBLSPublicKey(1);
        record(REWARDS, "initiateExitBLSPublicKey, tenth contributor, no proxy");
    }

    function test_gasOfRederiving() public {
        rewards.rederiveTotalNodesAndAggregatePubkey();
        record(REWARDS, "rederiveTotalNodesAndAggregatePubkey, thirty nodes");
    }

    function test_gasOfSeeding() public {
        ServiceNodeRewards fresh = ServiceNodeRewards(create(REWARDS, ""));
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
        vm.assertLe(record(REWARDS, "seedPublicKeyList, fifty of four contributors"), 30_000_000);
    }

    function test_gasOfTheSwap() public {
        swap.updateSwapBalance(alice, 100, signTotal(SUM, alice, 100), ids());
        record(SWAP, "updateSwapBalance, all sign, first");
        swap.updateSwapBalance(alice, 200, signTotal(SUM - 11, alice, 200), ids(1));
        record(SWAP, "updateSwapBalance, one missing");
        swap.updateSwapBalance(alice, 300, signTotal(SUM - 155, alice, 300), firstTen());
        record(SWAP, "updateSwapBalance, ten missing");
        vm.prank(alice);
        swap.claim(100);
        record(SWAP, "claim, first");
        swap.claimFor(alice);
        record(SWAP, "claimFor, again");
    }

    function test_gasOfWhatIsLeftOfTheSwap() public {
        vm.warp(CLOSE_TIME + 1);
        swap.sweep();
        record(SWAP, "sweep");
    }

    function test_gasOfGuardingTheSwap() public {
        vm.prank(guardian);
        swap.pause();
        record(SWAP, "pause");
        vm.startPrank(swapOwner);
        swap.unpause();
        record(SWAP, "unpause");
        swap.setGuardian(alice);
        record(SWAP, "setGuardian");
        swap.setCycleLimit(1);
        record(SWAP, "setCycleLimit, lower");
        swap.setCycleLimit(CYCLE_LIMIT);
        record(SWAP, "setCycleLimit, higher");
        vm.stopPrank();
    }

    function test_gasOfThePool() public {
        ratePool.payoutReleased();
        record("RewardRatePool", "payoutReleased");
        vm.warp(block.timestamp + 1 days);
        ratePool.payoutReleased();
        record("RewardRatePool", "payoutReleased, again");
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
