// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {ServiceNodeContribution} from "../src/ServiceNodeContribution.sol";
import {ServiceNodeContributionFactory} from "../src/ServiceNodeContributionFactory.sol";
import {IServiceNodeContribution} from "../src/interfaces/IServiceNodeContribution.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../src/libraries/BN256G1.sol";
import {BLS} from "./support/BLS.sol";
import {RewardsFixture} from "./support/RewardsFixture.sol";

/// @notice Contribution contracts with the real rewards contract: real proofs, and lists that it takes.
contract ServiceNodeContributionRegistrationTest is RewardsFixture {
    uint256 private constant SECRET_KEY = 0xa11ce;
    uint256 private constant ED25519 = 0xed;

    ServiceNodeContributionFactory private factory;
    ServiceNodeContribution private contribution;
    address private operator = makeAddr("operator");

    function setUp() public override {
        super.setUp();
        start();
        factory = new ServiceNodeContributionFactory();
        factory.initialize(address(rewards));
        contribution = deploy(operator, operator);
    }

    /// @dev A contract of `caller` with the proof of possession made for `provenFor`.
    function deploy(address caller, address provenFor) private returns (ServiceNodeContribution) {
        BN256G1.G1Point memory key = BLS.publicKey(SECRET_KEY);
        IServiceNodeRewards.BLSSignatureParams memory proof = proofOfPossession(SECRET_KEY, provenFor, ED25519);
        vm.prank(caller);
        return ServiceNodeContribution(
            factory.deploy(key, proof, params(ED25519), new IServiceNodeRewards.ReservedContributor[](0), false)
        );
    }

    function contribute(address account, uint256 amount) private {
        token.transfer(account, amount);
        vm.startPrank(account);
        token.approve(address(contribution), amount);
        contribution.contributeFunds(amount, address(0));
        vm.stopPrank();
    }

    function test_refusesAProofMadeForAnother() public {
        address thief = makeAddr("thief");
        bytes memory refused = abi.encodeWithSelector(IServiceNodeRewards.InvalidBLSProofOfPossession.selector);
        BN256G1.G1Point memory key = BLS.publicKey(SECRET_KEY);
        IServiceNodeRewards.BLSSignatureParams memory proof = proofOfPossession(SECRET_KEY, operator, ED25519);
        vm.prank(thief);
        vm.expectRevert(refused);
        factory.deploy(key, proof, params(ED25519), new IServiceNodeRewards.ReservedContributor[](0), false);
    }

    function test_registersTenContributors() public {
        contribute(operator, REQUIREMENT / 4);
        for (uint256 i = 1; i < 10; i++) {
            contribute(address(uint160(0x7000 + i)), contribution.minimumContribution());
        }
        vm.assertEq(rewards.totalNodes(), 1);
        vm.assertEq(token.balanceOf(address(rewards)), REQUIREMENT);
        IServiceNodeRewards.ServiceNode memory node = rewards.serviceNodes(1);
        vm.assertEq(node.operator, operator);
        vm.assertEq(node.contributors.length, 10);
        assertKey(node.blsPubkey, BLS.publicKey(SECRET_KEY));
    }

    /// @dev Without the order the network would refuse the list: 25, 0.6, 74.4 of a hundred.
    function test_registersAfterALargeContributorLeft() public {
        address large = makeAddr("large");
        address small = makeAddr("small");
        contribute(operator, REQUIREMENT / 4);
        contribute(large, REQUIREMENT * 70 / 100);
        uint256 least = contribution.minimumContribution();
        contribute(small, least);
        vm.warp(block.timestamp + 1 days);
        vm.prank(large);
        contribution.withdrawContribution();
        contribute(makeAddr("last"), REQUIREMENT - REQUIREMENT / 4 - least);

        IServiceNodeRewards.ServiceNode memory node = rewards.serviceNodes(1);
        vm.assertEq(node.contributors.length, 3);
        vm.assertEq(node.contributors[2].staker.addr, small);
    }

    /// @dev A list that cannot be registered now, because the key is taken, leaves everything with the contributors.
    function test_staysFullWhenTheKeyIsTaken() public {
        ServiceNodeContribution first = contribution;
        contribution = deploy(operator, operator);
        contribute(operator, REQUIREMENT);
        vm.assertEq(rewards.totalNodes(), 1);

        contribution = first;
        contribute(operator, REQUIREMENT / 4);
        address other = makeAddr("other");
        uint256 rest = REQUIREMENT - REQUIREMENT / 4;
        token.transfer(other, rest);
        vm.startPrank(other);
        token.approve(address(contribution), rest);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.BLSPubkeyAlreadyExists.selector, 1));
        contribution.contributeFunds(rest, address(0));
        vm.stopPrank();

        vm.assertEq(token.balanceOf(other), rest);
        vm.assertEq(uint256(contribution.status()), uint256(IServiceNodeContribution.Status.OpenForPublicContrib));
        vm.prank(operator);
        contribution.reset();
        vm.assertEq(token.balanceOf(operator), REQUIREMENT / 4);
    }
}
