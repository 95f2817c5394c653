// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {Initializable} from "@openzeppelin/contracts-upgradeable/proxy/utils/Initializable.sol";
import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";

import {ServiceNodeRewards} from "../src/ServiceNodeRewards.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../src/libraries/BN256G1.sol";
import {LocalDevnetServiceNodeRewards} from "../src/test/LocalDevnetServiceNodeRewards.sol";
import {TestnetServiceNodeRewards} from "../src/test/TestnetServiceNodeRewards.sol";
import {BLS} from "./support/BLS.sol";
import {RewardsFixture} from "./support/RewardsFixture.sol";

/// @notice The list of nodes: seeding, links, the sum of keys; and what the owner may set.
contract ServiceNodeRewardsListTest is RewardsFixture {
    address internal alice = makeAddr("alice");

    // ------------------------------------------------------------------------------------------------------- seeding

    function test_seedsBecomeNodes() public {
        IServiceNodeRewards.SeedServiceNode[] memory seeds = seedList(3);
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectEmit(address(rewards));
            emit IServiceNodeRewards.NewSeededServiceNode(uint64(i + 1), seeds[i].blsPubkey, seeds[i].ed25519Pubkey);
        }
        seed(seeds);
        vm.assertEq(rewards.totalNodes(), 3);
        vm.assertEq(rewards.blsNonSignerThreshold(), 1);
        IServiceNodeRewards.ServiceNode memory node = rewards.serviceNodes(2);
        vm.assertEq(node.deposit, REQUIREMENT);
        vm.assertEq(node.operator, alice);
        vm.assertEq(node.addedTimestamp, 1000);
        vm.assertEq(node.contributors.length, 2);
        assertKey(rewards.aggregatePubkey(), BLS.publicKey(1 + 2 + 3));
    }

    function test_seedsComeFromTheOwnerBeforeTheStart() public {
        IServiceNodeRewards.SeedServiceNode[] memory seeds = seedList(1);
        vm.expectRevert(notOwner(address(this)));
        rewards.seedPublicKeyList(seeds);
        start();
        expectSeedRefused(seeds, IServiceNodeRewards.ContractAlreadyStarted.selector);
    }

    function test_seedWithoutContributorsIsRefused() public {
        IServiceNodeRewards.SeedServiceNode[] memory seeds = seedList(1);
        seeds[0].contributors = nobody();
        expectSeedRefused(seeds, IServiceNodeRewards.InsufficientContributors.selector);
    }

    function test_seedWithElevenContributorsIsRefused() public {
        IServiceNodeRewards.SeedServiceNode[] memory seeds = seedList(1);
        seeds[0].contributors = new IServiceNodeRewards.Contributor[](11);
        expectSeedRefused(seeds, IServiceNodeRewards.MaxContributorsExceeded.selector);
    }

    function test_seedWithAnEmptyAddressIsRefused() public {
        IServiceNodeRewards.SeedServiceNode[] memory seeds = seedList(1);
        seeds[0].contributors[1].staker.addr = address(0);
        expectSeedRefused(seeds, IServiceNodeRewards.NullAddress.selector);
    }

    function test_seedWithTheWrongSumIsRefused() public {
        IServiceNodeRewards.SeedServiceNode[] memory seeds = seedList(1);
        seeds[0].contributors[1].stakedAmount -= 1;
        vm.prank(owner);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRewards.ContributionTotalMismatch.selector, REQUIREMENT, REQUIREMENT - 1)
        );
        rewards.seedPublicKeyList(seeds);
    }

    function test_seedWithAnEmptyKeyIsRefused() public {
        IServiceNodeRewards.SeedServiceNode[] memory seeds = seedList(1);
        seeds[0].blsPubkey.X = 0;
        expectSeedRefused(seeds, IServiceNodeRewards.NullBLSPubkey.selector);
        seeds = seedList(1);
        seeds[0].blsPubkey.Y = 0;
        expectSeedRefused(seeds, IServiceNodeRewards.NullBLSPubkey.selector);
        seeds = seedList(1);
        seeds[0].ed25519Pubkey = 0;
        expectSeedRefused(seeds, IServiceNodeRewards.NullEd25519Pubkey.selector);
    }

    /// @dev The first key alone is not looked at, as in the original contract: the sum starts with it.
    function test_seedOffTheCurveIsRefused() public {
        for (uint256 i = 0; i < 2; i++) {
            IServiceNodeRewards.SeedServiceNode[] memory seeds = seedList(2);
            seeds[i].blsPubkey.X += 1;
            vm.prank(owner);
            vm.expectRevert(bytes("Call to precompiled contract for add failed"));
            rewards.seedPublicKeyList(seeds);
        }
    }

    function test_seedTwiceIsRefused() public {
        IServiceNodeRewards.SeedServiceNode[] memory seeds = seedList(2);
        seeds[1].blsPubkey = seeds[0].blsPubkey;
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.BLSPubkeyAlreadyExists.selector, 1));
        rewards.seedPublicKeyList(seeds);
        seeds = seedList(2);
        seeds[1].ed25519Pubkey = seeds[0].ed25519Pubkey;
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.Ed25519PubkeyAlreadyExists.selector, 1));
        rewards.seedPublicKeyList(seeds);
    }

    function test_moreNodesMayJoinABlockWhenThereAreMany() public {
        vm.assertEq(rewards.maxPermittedPubkeyAggregations(), 20);
        seed(seedList(1050));
        vm.assertEq(rewards.maxPermittedPubkeyAggregations(), 21);
        vm.assertEq(rewards.blsNonSignerThreshold(), 350);
        vm.prank(owner);
        rewards.setBLSNonSignerThresholdMax(300);
        vm.assertEq(rewards.blsNonSignerThreshold(), 300);
    }

    // --------------------------------------------------------------------------------------------------- links and sum

    /// @dev Nodes join and leave in any order; the list, the maps and the sum agree with a plain array. Node n has the
    /// secret key n; seeds and the owner of a test network spare the signatures.
    function testFuzz_sumIsThatOfTheListInAnyOrder(uint8[24] memory steps) public {
        TestnetServiceNodeRewards testnet = testnetRewards();
        uint64[] memory list = new uint64[](steps.length);
        uint256 length = 0;
        uint64 joined = 0;
        for (uint256 i = 0; i < steps.length; ++i) {
            if (length == 0 || steps[i] % 3 != 0) {
                list[length++] = ++joined;
                testnet.seedPublicKeyList(seedsOf(joined, 1));
            } else {
                uint256 at = steps[i] / 3 % length;
                testnet.exitNodeBySNID(ids(list[at]));
                for (uint256 j = at; j + 1 < length; ++j) {
                    list[j] = list[j + 1];
                }
                --length;
            }
        }

        vm.assertEq(testnet.totalNodes(), length);
        vm.assertEq(testnet.blsNonSignerThreshold(), length / 3);
        (uint64[] memory actual, BN256G1.G1Point[] memory keys) = testnet.allServiceNodeIDs();
        vm.assertEq(actual.length, length);
        uint256 sum = 0;
        for (uint256 i = 0; i < length; ++i) {
            vm.assertEq(actual[i], list[i]);
            assertKey(keys[i], BLS.publicKey(list[i]));
            sum += list[i];
        }
        assertKey(testnet.aggregatePubkey(), BLS.publicKey(sum));
        testnet.rederiveTotalNodesAndAggregatePubkey();
        assertKey(testnet.aggregatePubkey(), BLS.publicKey(sum));
        vm.assertEq(testnet.totalNodes(), length);
    }

    function test_rederivingAnEmptyListGivesInfinity() public {
        // A sum that has gone wrong, with no nodes: slots 19 and 20.
        vm.store(address(rewards), bytes32(uint256(19)), bytes32(uint256(1)));
        vm.store(address(rewards), bytes32(uint256(20)), bytes32(uint256(2)));
        rewards.rederiveTotalNodesAndAggregatePubkey();
        assertKey(rewards.aggregatePubkey(), BN256G1.G1Point(0, 0));
        vm.assertEq(rewards.totalNodes(), 0);
    }

    function test_rederivingRepairsCountSumAndThreshold() public {
        seed(seedList(6));
        vm.store(address(rewards), bytes32(uint256(2)), bytes32(uint256(60)));
        vm.store(address(rewards), bytes32(uint256(3)), bytes32(uint256(20)));
        vm.store(address(rewards), bytes32(uint256(19)), bytes32(uint256(1)));
        rewards.rederiveTotalNodesAndAggregatePubkey();
        vm.assertEq(rewards.totalNodes(), 6);
        vm.assertEq(rewards.blsNonSignerThreshold(), 2);
        assertKey(rewards.aggregatePubkey(), BLS.publicKey(1 + 2 + 3 + 4 + 5 + 6));
    }

    /// @dev A proxy that stands for years must find every variable where the first implementation put it.
    function test_storageIsLaidOutAsDeployed() public {
        seed(seedList(3));
        start();
        rewards.claimRewards();
        assertSlot(0, uint256(uint160(address(token))) << 8 | 1);
        assertSlot(1, uint256(rewards.nextServiceNodeID()) << 160 | uint160(pool));
        assertSlot(2, 3);
        assertSlot(3, 1);
        assertSlot(4, 4000);
        assertSlot(5, 600);
        assertSlot(6, uint256(rewards.proofOfPossessionTag()));
        assertSlot(7, uint256(rewards.rewardTag()));
        assertSlot(8, uint256(rewards.exitTag()));
        assertSlot(9, uint256(rewards.liquidateTag()));
        assertSlot(10, uint256(rewards.hashToG2Tag()));
        assertSlot(11, REQUIREMENT);
        assertSlot(12, 10);
        assertSlot(13, 3);
        assertSlot(14, 17);
        assertSlot(15, 9980);
        // The node map: next and prev of the sentinel share a word.
        assertSlot(uint256(keccak256(abi.encode(0, 16))), uint256(3) << 64 | 1);
        uint256 second = uint256(keccak256(abi.encode(2, 16)));
        assertSlot(second, uint256(1) << 64 | 3);
        assertSlot(second + 1, uint256(uint160(alice)));
        assertSlot(second + 2, BLS.publicKey(2).X);
        assertSlot(second + 3, BLS.publicKey(2).Y);
        assertSlot(second + 4, 1000);
        assertSlot(second + 7, REQUIREMENT);
        assertSlot(second + 8, 2);
        assertSlot(second + 9, 1002);
        assertSlot(uint256(keccak256(abi.encodePacked(abi.encode(BLS.publicKey(2)), uint256(18)))), 2);
        assertSlot(19, rewards.aggregatePubkey().X);
        assertSlot(20, rewards.aggregatePubkey().Y);
        assertSlot(23, 1_000_000 * 1e9);
        assertSlot(24, 12 hours);
        assertSlot(26, START_TIME / 12 hours);
        assertSlot(uint256(keccak256(abi.encode(1002, 27))), 2);

        register(9, alice);
        assertSlot(21, block.number);
        assertSlot(22, 1);
    }

    // ------------------------------------------------------------------------------------------------------ governance

    function test_initializeSetsWhatDeployedContractsStartWith() public view {
        vm.assertEq(rewards.owner(), owner);
        vm.assertEq(rewards.VERSION(), 1);
        vm.assertEq(rewards.blsNonSignerThreshold(), 0);
        vm.assertEq(rewards.blsNonSignerThresholdMax(), 4000);
        vm.assertEq(rewards.signatureExpiry(), 600);
        vm.assertEq(rewards.claimThreshold(), 1_000_000 * 1e9);
        vm.assertEq(rewards.claimCycle(), 12 hours);
        vm.assertEq(rewards.currentClaimTotal(), 0);
        vm.assertEq(rewards.currentClaimCycle(), 0);
        vm.assertEq(rewards.nextServiceNodeID(), 1);
        vm.assertEq(rewards.totalNodes(), 0);
        vm.assertFalse(rewards.isStarted());
        vm.assertFalse(rewards.paused());
    }

    function test_initializeWorksOnce() public {
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        rewards.initialize(address(token), pool, REQUIREMENT, 10, 1, 1, 8);
    }

    function test_initializeRefusesWrongRatios() public {
        ServiceNodeRewards fresh = new ServiceNodeRewards();
        vm.expectRevert(IServiceNodeRewards.PositiveNumberRequirement.selector);
        fresh.initialize(address(token), pool, REQUIREMENT, 10, 0, 0, 0);
        vm.expectRevert(IServiceNodeRewards.LiquidatorPenaltyTooHigh.selector);
        fresh.initialize(address(token), pool, REQUIREMENT, 10, 1, 1, 5);
        fresh.initialize(address(token), pool, REQUIREMENT, 10, 1, 1, 6);
    }

    function test_proxyBindsTagsToItsOwnAddress() public {
        ServiceNodeRewards implementation = new ServiceNodeRewards();
        bytes memory call =
            abi.encodeCall(ServiceNodeRewards.initialize, (address(token), pool, REQUIREMENT, 10, 1, 1, 8));
        ServiceNodeRewards proxy =
            ServiceNodeRewards(address(new TransparentUpgradeableProxy(address(implementation), owner, call)));
        vm.assertEq(
            proxy.rewardTag(),
            keccak256(abi.encodePacked("BLS_SIG_TRYANDINCREMENT_REWARD", block.chainid, address(proxy)))
        );
        vm.assertEq(proxy.owner(), address(this));
        vm.assertEq(implementation.owner(), address(0));
    }

    function test_ownerAloneGoverns() public {
        bytes memory reason = notOwner(address(this));
        vm.expectRevert(reason);
        rewards.start();
        vm.expectRevert(reason);
        rewards.pause();
        vm.expectRevert(reason);
        rewards.unpause();
        vm.expectRevert(reason);
        rewards.setStakingRequirement(1);
        vm.expectRevert(reason);
        rewards.setSignatureExpiry(1);
        vm.expectRevert(reason);
        rewards.setBLSNonSignerThresholdMax(1);
        vm.expectRevert(reason);
        rewards.setClaimThreshold(1);
        vm.expectRevert(reason);
        rewards.setClaimCycle(1);
        vm.expectRevert(reason);
        rewards.setLiquidationRatios(1, 1, 8);
    }

    function test_settersRefuseZero() public {
        vm.startPrank(owner);
        bytes4 reason = IServiceNodeRewards.PositiveNumberRequirement.selector;
        vm.expectRevert(reason);
        rewards.setStakingRequirement(0);
        vm.expectRevert(reason);
        rewards.setSignatureExpiry(0);
        vm.expectRevert(reason);
        rewards.setBLSNonSignerThresholdMax(0);
        vm.expectRevert(reason);
        rewards.setClaimThreshold(0);
        vm.expectRevert(reason);
        rewards.setClaimCycle(0);
        vm.expectRevert(reason);
        rewards.setLiquidationRatios(0, 0, 0);
    }

    function test_settersSetAndTell() public {
        vm.startPrank(owner);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.StakingRequirementUpdated(1);
        rewards.setStakingRequirement(1);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.SignatureExpiryUpdated(2);
        rewards.setSignatureExpiry(2);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.BLSNonSignerThresholdMaxUpdated(3);
        rewards.setBLSNonSignerThresholdMax(3);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.ClaimThresholdUpdated(4);
        rewards.setClaimThreshold(4);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.ClaimCycleUpdated(5);
        rewards.setClaimCycle(5);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.LiquidationRatiosUpdated(1, 2, 9);
        rewards.setLiquidationRatios(1, 2, 9);
        vm.assertEq(rewards.stakingRequirement(), 1);
        vm.assertEq(rewards.signatureExpiry(), 2);
        vm.assertEq(rewards.blsNonSignerThresholdMax(), 3);
        vm.assertEq(rewards.claimThreshold(), 4);
        vm.assertEq(rewards.claimCycle(), 5);
        vm.assertEq(rewards.liquidatorRewardRatio(), 1);
        vm.assertEq(rewards.poolShareOfLiquidationRatio(), 2);
        vm.assertEq(rewards.recipientRatio(), 9);
        vm.expectRevert(IServiceNodeRewards.LiquidatorPenaltyTooHigh.selector);
        rewards.setLiquidationRatios(1, 2, 8);
    }

    function test_ownershipChangesInTwoSteps() public {
        vm.prank(owner);
        rewards.transferOwnership(alice);
        vm.assertEq(rewards.owner(), owner);
        vm.prank(alice);
        rewards.acceptOwnership();
        vm.assertEq(rewards.owner(), alice);
    }

    // --------------------------------------------------------------------------------------------------- test networks

    function test_ownerOfATestNetworkMakesNodesLeave() public {
        TestnetServiceNodeRewards testnet = testnetRewards();
        testnet.seedPublicKeyList(seedList(2));
        testnet.start();
        uint64[] memory both = ids(1, 2);
        vm.expectEmit(address(testnet));
        emit IServiceNodeRewards.ServiceNodeExitRequest(1, alice, BLS.publicKey(1));
        testnet.requestExitNodeBySNID(both);
        vm.expectEmit(address(testnet));
        emit IServiceNodeRewards.ServiceNodeExit(1, address(this), REQUIREMENT, BLS.publicKey(1));
        testnet.exitNodeBySNID(both);
        vm.assertEq(testnet.totalNodes(), 0);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.ServiceNodeDoesntExist.selector, 1));
        testnet.exitNodeBySNID(both);
        vm.prank(alice);
        vm.expectRevert(notOwner(alice));
        testnet.exitNodeBySNID(both);
        vm.prank(alice);
        vm.expectRevert(notOwner(alice));
        testnet.requestExitNodeBySNID(both);
    }

    function test_nodesOfALocalNetworkLeaveAtOnce() public {
        vm.etch(address(rewards), type(LocalDevnetServiceNodeRewards).runtimeCode);
        start();
        register(7, alice);
        BN256G1.G1Point memory key = BLS.publicKey(7);
        IServiceNodeRewards.BLSSignatureParams memory signature = signExit(7, rewards.exitTag(), key, block.timestamp);
        rewards.exitBLSPublicKeyWithSignature(key, block.timestamp, signature, ids());
        vm.assertEq(rewards.totalNodes(), 0);
    }

    function testnetRewards() private returns (TestnetServiceNodeRewards testnet) {
        testnet = new TestnetServiceNodeRewards();
        testnet.initialize(address(token), pool, REQUIREMENT, 10, 1, 1, 8);
    }

    function seedList(uint256 count) private returns (IServiceNodeRewards.SeedServiceNode[] memory) {
        return seedsOf(1, count);
    }

    /// @dev `count` seeds with the secret keys from `first` on, two contributors each.
    function seedsOf(uint256 first, uint256 count)
        private
        returns (IServiceNodeRewards.SeedServiceNode[] memory seeds)
    {
        address bob = makeAddr("bob");
        seeds = new IServiceNodeRewards.SeedServiceNode[](count);
        for (uint256 i = 0; i < count; ++i) {
            seeds[i].blsPubkey = BLS.publicKey(first + i);
            seeds[i].ed25519Pubkey = 1000 + first + i;
            seeds[i].addedTimestamp = 1000;
            seeds[i].contributors = new IServiceNodeRewards.Contributor[](2);
            seeds[i].contributors[0] = contributor(alice, REQUIREMENT / 4);
            seeds[i].contributors[1] = contributor(bob, REQUIREMENT - REQUIREMENT / 4);
        }
    }

    function seed(IServiceNodeRewards.SeedServiceNode[] memory seeds) private {
        vm.prank(owner);
        rewards.seedPublicKeyList(seeds);
    }

    function expectSeedRefused(IServiceNodeRewards.SeedServiceNode[] memory seeds, bytes4 reason) private {
        vm.prank(owner);
        vm.expectRevert(reason);
        rewards.seedPublicKeyList(seeds);
    }

    function assertSlot(uint256 slot, uint256 value) private view {
        vm.assertEq(uint256(vm.load(address(rewards), bytes32(slot))), value);
    }

    function notOwner(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(OwnableUpgradeable.OwnableUnauthorizedAccount.selector, caller);
    }
}
