// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {ServiceNodeContribution} from "../../src/ServiceNodeContribution.sol";
import {ServiceNodeContributionFactory} from "../../src/ServiceNodeContributionFactory.sol";
import {IServiceNodeContribution} from "../../src/interfaces/IServiceNodeContribution.sol";
import {IServiceNodeRewards} from "../../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../../src/libraries/BN256G1.sol";
import {Test} from "../foundry/Test.sol";
import {MockERC20} from "../mocks/MockERC20.sol";
import {MockServiceNodeRewards} from "../mocks/MockServiceNodeRewards.sol";

/// @notice A contribution contract made by a factory, with the operator's and the contributors' tokens approved.
abstract contract ContributionFixture is Test {
    uint256 internal constant REQUIREMENT = 15_000 * 10 ** 9;
    uint256 internal constant QUARTER = REQUIREMENT / 4;
    uint256 internal constant MAX_CONTRIBUTORS = 10;

    MockERC20 internal token;
    MockServiceNodeRewards internal rewards;
    ServiceNodeContributionFactory internal factory;
    ServiceNodeContribution internal contribution;

    address internal operator = makeAddr("operator");
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal carol = makeAddr("carol");
    address internal stranger = makeAddr("stranger");

    function setUp() public virtual {
        vm.warp(1_750_000_000);
        token = new MockERC20("Session Token", "SESH", 240_000_000 * 10 ** 9);
        rewards = new MockServiceNodeRewards(token, REQUIREMENT);
        factory = newFactory();
        factory.initialize(address(rewards));
        contribution = deploy(noReservations(), false);
        address[4] memory people = [operator, alice, bob, carol];
        for (uint256 i = 0; i < people.length; i++) {
            fund(people[i]);
        }
    }

    // ------------------------------------------------------------------------------------------- what is deployed

    function newFactory() internal virtual returns (ServiceNodeContributionFactory) {
        return new ServiceNodeContributionFactory();
    }

    function deploy(IServiceNodeRewards.ReservedContributor[] memory reserved, bool manualFinalize)
        internal
        returns (ServiceNodeContribution)
    {
        vm.prank(operator);
        return ServiceNodeContribution(factory.deploy(key(), proof(), params(), reserved, manualFinalize));
    }

    function key() internal pure returns (BN256G1.G1Point memory) {
        return BN256G1.G1Point(11, 12);
    }

    function proof() internal pure returns (IServiceNodeRewards.BLSSignatureParams memory) {
        return IServiceNodeRewards.BLSSignatureParams(21, 22, 23, 24);
    }

    function params() internal pure returns (IServiceNodeRewards.ServiceNodeParams memory) {
        return IServiceNodeRewards.ServiceNodeParams(31, 32, 33, 250);
    }

    // ---------------------------------------------------------------------------------------------- reservations

    function noReservations() internal pure returns (IServiceNodeRewards.ReservedContributor[] memory) {
        return new IServiceNodeRewards.ReservedContributor[](0);
    }

    /// @dev The operator's quarter and further reservations in percent of the requirement.
    function reservations(address[] memory addrs, uint256[] memory percents)
        internal
        view
        returns (IServiceNodeRewards.ReservedContributor[] memory reserved)
    {
        reserved = new IServiceNodeRewards.ReservedContributor[](addrs.length + 1);
        reserved[0] = IServiceNodeRewards.ReservedContributor(operator, QUARTER);
        for (uint256 i = 0; i < addrs.length; i++) {
            reserved[i + 1] = IServiceNodeRewards.ReservedContributor(addrs[i], REQUIREMENT * percents[i] / 100);
        }
    }

    function reservations(address first, uint256 percent)
        internal
        view
        returns (IServiceNodeRewards.ReservedContributor[] memory)
    {
        address[] memory addrs = new address[](1);
        uint256[] memory percents = new uint256[](1);
        (addrs[0], percents[0]) = (first, percent);
        return reservations(addrs, percents);
    }

    function reservations(address first, uint256 firstPercent, address second, uint256 secondPercent)
        internal
        view
        returns (IServiceNodeRewards.ReservedContributor[] memory)
    {
        address[] memory addrs = new address[](2);
        uint256[] memory percents = new uint256[](2);
        (addrs[0], percents[0]) = (first, firstPercent);
        (addrs[1], percents[1]) = (second, secondPercent);
        return reservations(addrs, percents);
    }

    // --------------------------------------------------------------------------------------------------- actions

    /// @dev Gives `account` tokens and has it approve the contribution contract.
    function fund(address account) internal {
        token.transfer(account, 10 * REQUIREMENT);
        vm.prank(account);
        token.approve(address(contribution), type(uint256).max);
    }

    function contribute(address account, uint256 amount) internal {
        vm.prank(account);
        contribution.contributeFunds(amount, address(0));
    }

    function contributeMinimum(address account) internal returns (uint256 amount) {
        amount = contribution.minimumContribution();
        contribute(account, amount);
    }

    function withdraw(address account) internal {
        vm.prank(account);
        contribution.withdrawContribution();
    }

    function waitForWithdrawal() internal {
        vm.warp(block.timestamp + contribution.WITHDRAWAL_DELAY());
    }

    /// @dev The operator's quarter, and the rest by alice.
    function fill() internal {
        contribute(operator, QUARTER);
        contribute(alice, REQUIREMENT - QUARTER);
    }

    function fillAndWaitForFinalize() internal {
        vm.prank(operator);
        contribution.updateManualFinalize(true);
        fill();
    }

    // ----------------------------------------------------------------------------------------------- assertions

    function assertStatus(IServiceNodeContribution.Status expected) internal view {
        vm.assertEq(uint256(contribution.status()), uint256(expected));
    }

    function assertContributors(address[] memory expected) internal view {
        (address[] memory addrs,,) = contribution.getContributions();
        vm.assertEq(abi.encode(addrs), abi.encode(expected));
        vm.assertEq(contribution.contributorAddressesLength(), expected.length);
    }

    function assertContributors(address first) internal view {
        address[] memory expected = new address[](1);
        expected[0] = first;
        assertContributors(expected);
    }

    function assertContributors(address first, address second) internal view {
        address[] memory expected = new address[](2);
        (expected[0], expected[1]) = (first, second);
        assertContributors(expected);
    }

    function assertContributors(address first, address second, address third) internal view {
        address[] memory expected = new address[](3);
        (expected[0], expected[1], expected[2]) = (first, second, third);
        assertContributors(expected);
    }

    function assertReceived(bool first, bool second, bool third) internal view {
        (,, bool[] memory received) = contribution.getReserved();
        vm.assertEq(received.length, 3);
        vm.assertEq(received[0], first);
        vm.assertEq(received[1], second);
        vm.assertEq(received[2], third);
    }

    function expectOnlyOperator(address caller) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeContribution.OnlyOperatorIsAuthorised.selector, caller, operator)
        );
    }

    function expectWaitForOperatorRequired(IServiceNodeContribution.Status current) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeContribution.RequireWaitForOperatorContribStatus.selector, current)
        );
    }
}
