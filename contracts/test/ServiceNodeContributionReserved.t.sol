// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IServiceNodeContribution} from "../src/interfaces/IServiceNodeContribution.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {ContributionFixture} from "./support/ContributionFixture.sol";

/// @notice The rules of reservations, which are those of contributions in the order of the list (bridge §1.5).
contract ServiceNodeContributionReservedRulesTest is ContributionFixture {
    function reserve(IServiceNodeRewards.ReservedContributor[] memory reserved) private {
        vm.prank(operator);
        contribution.updateReservedContributors(reserved);
    }

    function expectBelowMinimum(uint256 index, uint256 amount, uint256 minimum) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeContribution.ReservedContributionBelowMinAmount.selector, index, amount, minimum
            )
        );
    }

    function test_keepsPlacesForFive() public {
        address[] memory addrs = new address[](4);
        uint256[] memory percents = new uint256[](4);
        (addrs[0], addrs[1], addrs[2], addrs[3]) = (alice, bob, carol, stranger);
        (percents[0], percents[1], percents[2], percents[3]) = (10, 10, 15, 40);
        IServiceNodeRewards.ReservedContributor[] memory reserved = reservations(addrs, percents);

        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.UpdateReservedContributors(reserved);
        reserve(reserved);

        (address[] memory names, uint256[] memory amounts, bool[] memory received) = contribution.getReserved();
        vm.assertEq(names.length, 5);
        for (uint256 i = 0; i < names.length; i++) {
            vm.assertEq(names[i], reserved[i].addr);
            vm.assertEq(amounts[i], reserved[i].amount);
            vm.assertFalse(received[i]);
            vm.assertEq(contribution.reservedContributionsAddresses(i), reserved[i].addr);
        }
        vm.assertEq(contribution.totalReservedContribution(), REQUIREMENT);

        contribute(operator, QUARTER);
        (,, received) = contribution.getReserved();
        vm.assertTrue(received[0]);
        vm.assertFalse(received[1]);
        vm.assertEq(contribution.totalReservedContribution(), REQUIREMENT - QUARTER);
    }

    function test_acceptsALargePartBeforeASmallOne() public {
        reserve(reservations(alice, 70, bob, 5));
        contribute(operator, QUARTER);
        vm.assertEq(contribution.totalReservedContribution(), REQUIREMENT * 75 / 100);
    }

    function test_refusesASmallPartBeforeALargeOne() public {
        expectBelowMinimum(1, REQUIREMENT * 5 / 100, QUARTER * 3 / 9);
        reserve(reservations(alice, 5, bob, 70));
    }

    function test_refusesAPartBelowTheEqualPart() public {
        expectBelowMinimum(2, REQUIREMENT * 5 / 100, (REQUIREMENT * 65 / 100 + 7) / 8);
        reserve(reservations(alice, 10, bob, 5));
    }

    function test_refusesAnOperatorBelowAQuarter() public {
        IServiceNodeRewards.ReservedContributor[] memory reserved = reservations(alice, 75);
        reserved[0].amount = QUARTER - 1;
        expectBelowMinimum(0, QUARTER - 1, QUARTER);
        reserve(reserved);
    }

    function test_acceptsAnOperatorOfExactlyAQuarter() public {
        reserve(reservations(alice, 75));
        contribute(operator, QUARTER);
        vm.assertEq(contribution.operatorContribution(), QUARTER);
    }

    function test_refusesMoreThanTheRest() public {
        IServiceNodeRewards.ReservedContributor[] memory reserved = reservations(alice, 75);
        reserved[1].amount += 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeContribution.ReservedContributionExceedsStakingRequirement.selector,
                1,
                REQUIREMENT - QUARTER + 1,
                REQUIREMENT - QUARTER
            )
        );
        reserve(reserved);
    }

    function test_refusesMoreThanTheRestInSum() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeContribution.ReservedContributionExceedsStakingRequirement.selector,
                2,
                REQUIREMENT * 30 / 100,
                REQUIREMENT * 25 / 100
            )
        );
        reserve(reservations(alice, 50, bob, 30));
    }

    function test_refusesTheSameAddressTwice() public {
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeContribution.DuplicateAddressInReservedContributor.selector, 2)
        );
        reserve(reservations(alice, 10, alice, 15));
    }

    function test_refusesTheZeroAddress() public {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeContribution.ReservedContributorHasZeroAddress.selector, 1));
        reserve(reservations(address(0), 10));
    }

    function test_refusesAnotherThanTheOperatorAsTheFirst() public {
        IServiceNodeRewards.ReservedContributor[] memory reserved = reservations(bob, 75);
        reserved[0].addr = alice;
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeContribution.FirstReservedContributorMustBeOperator.selector, 0, operator
            )
        );
        reserve(reserved);
    }

    function test_refusesMoreReservationsThanContributors() public {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeContribution.TooManyReservedContributors.selector, 11, 10));
        reserve(new IServiceNodeRewards.ReservedContributor[](11));
    }

    function test_newReservationsReplaceTheOldOnes() public {
        reserve(reservations(alice, 70, bob, 5));
        reserve(reservations(carol, 30));
        (uint256 amount,) = contribution.reservedContributions(alice);
        vm.assertEq(amount, 0);
        vm.assertEq(contribution.totalReservedContribution(), QUARTER + REQUIREMENT * 30 / 100);
        // Nobody stays reserved by accident: the same address may come again.
        reserve(reservations(alice, 10));
        reserve(noReservations());
        vm.assertEq(contribution.totalReservedContribution(), 0);
    }

    /// @dev The sums that the contract keeps are those of its lists, whatever list was accepted.
    function testFuzz_acceptedReservationsKeepTheRules(uint256[9] memory amounts, uint8 count) public {
        uint256 length = bound(count, 1, 9);
        IServiceNodeRewards.ReservedContributor[] memory reserved =
            new IServiceNodeRewards.ReservedContributor[](length + 1);
        uint256 remaining = REQUIREMENT - QUARTER;
        reserved[0] = IServiceNodeRewards.ReservedContributor(operator, QUARTER);
        for (uint256 i = 1; i <= length; i++) {
            uint256 minimum = (remaining + 9 - i) / (10 - i);
            uint256 amount = remaining == 0 ? 1 : bound(amounts[i - 1], minimum, remaining);
            reserved[i] = IServiceNodeRewards.ReservedContributor(address(uint160(0x3000 + i)), amount);
            if (remaining == 0) {
                vm.expectRevert();
                reserve(reserved);
                return;
            }
            remaining -= amount;
        }
        reserve(reserved);
        vm.assertEq(contribution.totalReservedContribution(), REQUIREMENT - remaining);
    }
}

/// @notice Contributions where places are reserved: the operator's quarter is in, alice has 30 %, bob has 25 %.
contract ServiceNodeContributionReservedTest is ContributionFixture {
    uint256 private constant OF_ALICE = REQUIREMENT * 30 / 100;
    uint256 private constant OF_BOB = REQUIREMENT * 25 / 100;

    function setUp() public override {
        super.setUp();
        vm.prank(operator);
        contribution.updateReservedContributors(reservations(alice, 30, bob, 25));
        contribute(operator, QUARTER);
    }

    function test_countsOutstandingReservations() public view {
        (uint256 amount, bool received) = contribution.reservedContributions(alice);
        vm.assertEq(amount, OF_ALICE);
        vm.assertFalse(received);
        vm.assertEq(contribution.totalReservedContribution(), OF_ALICE + OF_BOB);
    }

    function test_takesTheReservedAmount() public {
        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.NewContribution(alice, alice, OF_ALICE);
        contribute(alice, OF_ALICE);

        vm.assertEq(contribution.contributions(alice), OF_ALICE);
        vm.assertEq(contribution.totalReservedContribution(), OF_BOB);
        assertReceived(true, true, false);
        (uint256 amount,) = contribution.reservedContributions(alice);
        vm.assertEq(amount, OF_ALICE);
    }

    function test_refusesLessThanReserved() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeContribution.ContributionBelowReservedAmount.selector, OF_ALICE - 1, OF_ALICE
            )
        );
        contribute(alice, OF_ALICE - 1);
    }

    function test_takesMoreThanReserved() public {
        contribute(alice, OF_ALICE + 1);
        vm.assertEq(contribution.contributions(alice), OF_ALICE + 1);
        vm.assertEq(contribution.totalReservedContribution(), OF_BOB);
        assertReceived(true, true, false);
    }

    function test_minimumCountsReservedPlaces() public view {
        uint256 open = REQUIREMENT - QUARTER - OF_ALICE - OF_BOB;
        vm.assertEq(contribution.minimumContribution(), contribution.calcMinimumContribution(open, 3, 10));
    }

    function test_othersDoNotTakeReservedParts() public {
        uint256 open = REQUIREMENT - QUARTER - OF_ALICE - OF_BOB;
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeContribution.ContributionExceedsStakingRequirement.selector,
                QUARTER + open + 1,
                OF_ALICE + OF_BOB,
                REQUIREMENT
            )
        );
        contribute(carol, open + 1);
        contribute(carol, open);
        // Not even the operator does, though a top-up has no minimum.
        vm.expectRevert();
        contribute(operator, 1);
    }

    function test_fillsWithTheLastReservation() public {
        contribute(carol, REQUIREMENT - QUARTER - OF_ALICE - OF_BOB);
        contribute(bob, OF_BOB);
        contribute(alice, OF_ALICE);
        assertStatus(IServiceNodeContribution.Status.Finalized);
        vm.assertEq(contribution.totalReservedContribution(), 0);
    }

    function test_withdrawalKeepsTheReservation() public {
        contribute(bob, OF_BOB);
        assertReceived(true, false, true);
        waitForWithdrawal();
        withdraw(bob);
        assertReceived(true, false, false);
        vm.assertEq(contribution.totalReservedContribution(), OF_ALICE + OF_BOB);

        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeContribution.ContributionBelowReservedAmount.selector, OF_BOB - 1, OF_BOB
            )
        );
        contribute(bob, OF_BOB - 1);
        contribute(bob, OF_BOB);
        assertReceived(true, false, true);
    }

    function test_resetClearsReservations() public {
        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.UpdateReservedContributors(noReservations());
        vm.prank(operator);
        contribution.reset();

        (address[] memory names,,) = contribution.getReserved();
        vm.assertEq(names.length, 0);
        vm.assertEq(contribution.totalReservedContribution(), 0);
        (uint256 amount, bool received) = contribution.reservedContributions(operator);
        vm.assertEq(amount, 0);
        vm.assertFalse(received);
    }
}
