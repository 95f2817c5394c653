// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {SESH} from "../../src/SESH.sol";
import {ServiceNodeRewards} from "../../src/ServiceNodeRewards.sol";
import {IServiceNodeRewards} from "../../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../../src/libraries/BN256G1.sol";
import {Test} from "../foundry/Test.sol";
import {BLS} from "./BLS.sol";
import {Vectors} from "./Vectors.sol";

/// @notice A rewards contract at the address and on the chain of the vectors, set up as upstream's unit tests do.
abstract contract RewardsFixture is Test {
    uint256 internal constant SUPPLY = 240_000_000 * 1e9;
    uint256 internal constant REQUIREMENT = 120 * 1e9;
    uint256 internal constant START_TIME = 1_899_000_000;

    ServiceNodeRewards internal rewards;
    SESH internal token;
    address internal pool;
    address internal owner;

    function setUp() public virtual {
        vm.chainId(Vectors.CHAIN_ID);
        vm.warp(START_TIME);
        vm.roll(1000);
        pool = makeAddr("pool");
        owner = makeAddr("owner");
        token = new SESH(SUPPLY, address(this), makeAddr("gateway"), makeAddr("router"));
        vm.etch(Vectors.REWARDS, rewardsCode());
        rewards = ServiceNodeRewards(Vectors.REWARDS);
        vm.prank(owner);
        rewards.initialize(address(token), pool, REQUIREMENT, 10, 3, 17, 9980);
    }

    /// @dev What stands at the rewards contract's address.
    function rewardsCode() internal pure virtual returns (bytes memory) {
        return type(ServiceNodeRewards).runtimeCode;
    }

    function start() internal {
        vm.prank(owner);
        rewards.start();
    }

    /// @dev Gives `account` tokens that the rewards contract may take.
    function fund(address account, uint256 amount) internal {
        token.transfer(account, amount);
        vm.prank(account);
        token.approve(address(rewards), amount);
    }

    /// @dev Registers vector node `number` by its operator, alone.
    function registerVector(uint256 number) internal {
        Vectors.Node memory node = Vectors.node(number);
        fund(Vectors.OPERATOR, REQUIREMENT);
        vm.prank(Vectors.OPERATOR);
        rewards.addBLSPublicKey(node.blsPubkey, node.proofOfPossession, params(node.ed25519Pubkey), nobody());
    }

    /// @dev Registers vector nodes 1 to 4, which get these identifiers.
    function registerVectors() internal {
        start();
        for (uint256 number = 1; number <= 4; ++number) {
            registerVector(number);
        }
    }

    /// @dev Registers a node by its secret key; the Ed25519 key is the same number.
    function register(uint256 secretKey, address operator) internal returns (uint64 id) {
        BN256G1.G1Point memory key = BLS.publicKey(secretKey);
        IServiceNodeRewards.BLSSignatureParams memory proof = proofOfPossession(secretKey, operator, secretKey);
        fund(operator, rewards.stakingRequirement());
        vm.prank(operator);
        rewards.addBLSPublicKey(key, proof, params(secretKey), nobody());
        return rewards.serviceNodeIDs(abi.encode(key));
    }

    function proofOfPossession(uint256 secretKey, address operator, uint256 ed25519Pubkey)
        internal
        view
        returns (IServiceNodeRewards.BLSSignatureParams memory)
    {
        BN256G1.G1Point memory key = BLS.publicKey(secretKey);
        bytes memory message = abi.encodePacked(rewards.proofOfPossessionTag(), key.X, key.Y, operator, ed25519Pubkey);
        return BLS.sign(secretKey, message, rewards.hashToG2Tag());
    }

    /// @dev Nodes whose secret keys add up to `secretKeys` sign a reward balance.
    function signReward(uint256 secretKeys, address recipient, uint256 amount)
        internal
        view
        returns (IServiceNodeRewards.BLSSignatureParams memory)
    {
        return BLS.sign(secretKeys, abi.encodePacked(rewards.rewardTag(), recipient, amount), rewards.hashToG2Tag());
    }

    /// @dev Nodes whose secret keys add up to `secretKeys` sign an exit or a liquidation, by `tag`.
    function signExit(uint256 secretKeys, bytes32 tag, BN256G1.G1Point memory key, uint256 timestamp)
        internal
        view
        returns (IServiceNodeRewards.BLSSignatureParams memory)
    {
        return BLS.sign(secretKeys, abi.encodePacked(tag, key.X, key.Y, timestamp), rewards.hashToG2Tag());
    }

    function params(uint256 ed25519Pubkey) internal pure returns (IServiceNodeRewards.ServiceNodeParams memory) {
        return IServiceNodeRewards.ServiceNodeParams(ed25519Pubkey, 1, 2, 0);
    }

    function nobody() internal pure returns (IServiceNodeRewards.Contributor[] memory) {
        return new IServiceNodeRewards.Contributor[](0);
    }

    function contributor(address account, uint256 amount)
        internal
        pure
        returns (IServiceNodeRewards.Contributor memory)
    {
        return IServiceNodeRewards.Contributor(IServiceNodeRewards.Staker(account, account), amount);
    }

    function ids() internal pure returns (uint64[] memory list) {}

    function ids(uint64 a) internal pure returns (uint64[] memory list) {
        list = new uint64[](1);
        list[0] = a;
    }

    function ids(uint64 a, uint64 b) internal pure returns (uint64[] memory list) {
        list = new uint64[](2);
        (list[0], list[1]) = (a, b);
    }

    function assertKey(BN256G1.G1Point memory left, BN256G1.G1Point memory right) internal pure {
        vm.assertEq(abi.encode(left), abi.encode(right));
    }
}
