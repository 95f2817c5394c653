// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IServiceNodeContribution} from "../src/interfaces/IServiceNodeContribution.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {ContributionFixture} from "./support/ContributionFixture.sol";

/// @notice Contributing, topping up and withdrawing (bridge §1.5).
contract ServiceNodeContributionFundsTest is ContributionFixture {
    // ------------------------------------------------------------------------------------------ the first, others

    function test_nobodyBeforeTheOperator() public {
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeContribution.FirstContributionMustBeOperator.selector, alice, operator)
        );
        contribute(alice, QUARTER);
    }

    function test_operatorBringsAQuarterAtLeast() public {
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeContribution.ContributionBelowMinAmount.selector, QUARTER - 1, QUARTER)
        );
        contribute(operator, QUARTER - 1);
    }

    function test_operatorOpensTheNode() public {
        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.OpenForPublicContribution();
        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.NewContribution(operator, operator, QUARTER);
        contribute(operator, QUARTER);

        assertStatus(IServiceNodeContribution.Status.OpenForPublicContrib);
        assertContributors(operator);
        vm.assertEq(contribution.operatorContribution(), QUARTER);
        vm.assertEq(contribution.totalContribution(), QUARTER);
        vm.assertEq(contribution.contributionTimestamp(operator), block.timestamp);
        vm.assertEq(token.balanceOf(address(contribution)), QUARTER);
    }

    function test_othersFollow() public {
        contribute(operator, QUARTER);
        uint256 minimum = contribution.minimumContribution();
        vm.assertEq(minimum, QUARTER * 3 / 9);

        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.NewContribution(alice, alice, minimum);
        contribute(alice, minimum);
        contributeMinimum(bob);

        assertContributors(operator, alice, bob);
        vm.assertEq(contribution.operatorContribution(), QUARTER);
        vm.assertEq(contribution.totalContribution(), QUARTER + 2 * minimum);
    }

    function test_othersBringTheMinimumAtLeast() public {
        contribute(operator, QUARTER);
        uint256 minimum = contribution.minimumContribution();
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeContribution.ContributionBelowMinAmount.selector, minimum - 1, minimum)
        );
        contribute(alice, minimum - 1);
    }

    function test_contributesForAnotherBeneficiary() public {
        contribute(operator, QUARTER);
        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.NewContribution(alice, carol, QUARTER);
        vm.prank(alice);
        contribution.contributeFunds(QUARTER, carol);

        IServiceNodeRewards.Staker memory staker = contribution.contributorAddresses(1);
        vm.assertEq(staker.addr, alice);
        vm.assertEq(staker.beneficiary, carol);
    }

    function test_takesNothingWithoutAllowance() public {
        vm.prank(operator);
        token.approve(address(contribution), QUARTER - 1);
        vm.expectRevert();
        contribute(operator, QUARTER);
    }

    // ---------------------------------------------------------------------------------------------------- limits

    function test_noMoreThanTheRequirement() public {
        contribute(operator, QUARTER);
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeContribution.ContributionExceedsStakingRequirement.selector, REQUIREMENT + 1, 0, REQUIREMENT
            )
        );
        contribute(alice, REQUIREMENT - QUARTER + 1);
    }

    function testFuzz_amountsTooWideForTheirSlotAreRefusedNotCut(uint256 excess) public {
        uint256 amount = bound(excess, uint256(type(uint56).max) + 1, type(uint256).max);
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeContribution.ContributionExceedsStakingRequirement.selector, amount, 0, REQUIREMENT
            )
        );
        contribute(operator, amount);
    }

    function test_contributorsAreReadOneByOne() public {
        contribute(operator, QUARTER);
        vm.prank(alice);
        contribution.contributeFunds(QUARTER, carol);
        (address staker, address beneficiary) = contribution._contributorAddresses(1);
        vm.assertEq(staker, alice);
        vm.assertEq(beneficiary, carol);
        vm.assertEq(contribution.contributorAddresses(0).addr, operator);
        vm.assertEq(contribution.contributorAddresses(0).beneficiary, operator);

        vm.expectRevert(bytes(""));
        contribution._contributorAddresses(2);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x32));
        contribution.contributorAddresses(2);
    }

    function test_noMoreThanTheMostContributors() public {
        contribute(operator, QUARTER);
        uint256 minimum = contribution.minimumContribution();
        for (uint256 i = 1; i < MAX_CONTRIBUTORS; i++) {
            address account = address(uint160(0x1000 + i));
            fund(account);
            vm.assertEq(contribution.minimumContribution(), minimum);
            contribute(account, minimum);
        }

        vm.assertEq(contribution.totalContribution(), REQUIREMENT);
        vm.assertEq(contribution.contributorAddressesLength(), MAX_CONTRIBUTORS);
        assertStatus(IServiceNodeContribution.Status.Finalized);
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeContribution.ContributeFundsNotPossible.selector, IServiceNodeContribution.Status.Finalized
            )
        );
        contribute(alice, minimum);
    }

    function test_noPlaceLeftWhenAllAreReserved() public {
        IServiceNodeRewards.ReservedContributor[] memory reserved =
            new IServiceNodeRewards.ReservedContributor[](MAX_CONTRIBUTORS);
        reserved[0] = IServiceNodeRewards.ReservedContributor(operator, QUARTER);
        for (uint256 i = 1; i < MAX_CONTRIBUTORS; i++) {
            reserved[i] = IServiceNodeRewards.ReservedContributor(address(uint160(0x2000 + i)), QUARTER * 3 / 9);
        }
        vm.prank(operator);
        contribution.updateReservedContributors(reserved);
        contribute(operator, QUARTER);

        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeContribution.CalcMinContributionGivenBadContribArgs.selector, 10, 10)
        );
        contribute(alice, QUARTER);
    }

    function test_refusesWhenTheRewardsContractTakesAnotherNumberOfContributors() public {
        vm.mockCall(address(rewards), abi.encodeWithSignature("maxContributors()"), abi.encode(11));
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeContribution.RewardsContractMaxContributorsChanged.selector, 10, 11)
        );
        contribute(operator, QUARTER);
    }

    function test_refusesWhenTheRequirementChanged() public {
        vm.mockCall(address(rewards), abi.encodeWithSignature("stakingRequirement()"), abi.encode(REQUIREMENT * 2));
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeContribution.RewardsContractStakingRequirementChanged.selector, REQUIREMENT, REQUIREMENT * 2
            )
        );
        contribute(operator, QUARTER);
    }

    // --------------------------------------------------------------------------------------------------- top-ups

    function test_operatorTopsUpByAnyAmount() public {
        contribute(operator, QUARTER);
        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.NewContribution(operator, operator, 9);
        contribute(operator, 9);

        vm.assertEq(contribution.operatorContribution(), QUARTER + 9);
        vm.assertEq(contribution.totalContribution(), QUARTER + 9);
        assertContributors(operator);
        vm.assertEq(contribution.minimumContribution(), (REQUIREMENT - QUARTER - 1) / 9);
    }

    function test_contributorTopsUpByAnyAmount() public {
        contribute(operator, QUARTER);
        uint256 first = contributeMinimum(alice);
        contribute(alice, 1);

        vm.assertEq(contribution.contributions(alice), first + 1);
        assertContributors(operator, alice);
    }

    function test_topUpWithoutABeneficiaryKeepsTheOldOne() public {
        contribute(operator, QUARTER);
        vm.prank(alice);
        contribution.contributeFunds(QUARTER, carol);

        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.NewContribution(alice, carol, 1);
        contribute(alice, 1);
        vm.assertEq(contribution.contributorAddresses(1).beneficiary, carol);
    }

    function test_topUpWithABeneficiarySetsIt() public {
        contribute(operator, QUARTER);
        contribute(alice, QUARTER);

        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.UpdateStakerBeneficiary(alice, carol);
        vm.prank(alice);
        contribution.contributeFunds(1, carol);
        vm.assertEq(contribution.contributorAddresses(1).beneficiary, carol);
    }

    // ----------------------------------------------------------------------------------------------- withdrawals

    function test_withdrawsAfterADay() public {
        contribute(operator, QUARTER);
        uint256 before = token.balanceOf(alice);
        contribute(alice, QUARTER);
        waitForWithdrawal();

        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.WithdrawContribution(alice, QUARTER);
        withdraw(alice);

        vm.assertEq(token.balanceOf(alice), before);
        vm.assertEq(contribution.contributions(alice), 0);
        vm.assertEq(contribution.contributionTimestamp(alice), 0);
        vm.assertEq(contribution.totalContribution(), QUARTER);
        assertContributors(operator);
    }

    function test_doesNotWithdrawASecondTooEarly() public {
        contribute(operator, QUARTER);
        contribute(alice, QUARTER);
        uint256 contributedAt = block.timestamp;
        vm.warp(contributedAt + 1 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeContribution.WithdrawTooEarly.selector, contributedAt, contributedAt + 1 days - 1, 1 days
            )
        );
        withdraw(alice);
    }

    function test_topUpStartsTheDayAnew() public {
        contribute(operator, QUARTER);
        contribute(alice, QUARTER);
        vm.warp(block.timestamp + 23 hours);
        contribute(alice, 1);
        vm.warp(block.timestamp + 23 hours);
        vm.expectRevert();
        withdraw(alice);
        vm.warp(block.timestamp + 1 hours);
        withdraw(alice);
        vm.assertEq(contribution.contributions(alice), 0);
    }

    function test_secondWithdrawalDoesNothing() public {
        contribute(operator, QUARTER);
        contribute(alice, QUARTER);
        contribute(bob, QUARTER);
        waitForWithdrawal();
        withdraw(alice);
        uint256 before = token.balanceOf(alice);
        withdraw(alice);
        vm.assertEq(token.balanceOf(alice), before);
        assertContributors(operator, bob);
    }

    function test_withdrawalOfAStrangerDoesNothing() public {
        contribute(operator, QUARTER);
        withdraw(stranger);
        vm.assertEq(token.balanceOf(stranger), 0);
        assertContributors(operator);
    }

    function test_lastContributorTakesTheFreePlace() public {
        contribute(operator, QUARTER);
        contributeMinimum(alice);
        contributeMinimum(bob);
        contributeMinimum(carol);
        waitForWithdrawal();
        withdraw(alice);
        assertContributors(operator, carol, bob);
    }

    function test_withdrawnContributorsComeBack() public {
        contribute(operator, QUARTER);
        contributeMinimum(alice);
        contributeMinimum(bob);
        waitForWithdrawal();
        withdraw(alice);
        withdraw(bob);
        vm.assertEq(contribution.totalContribution(), contribution.minimumOperatorContribution(REQUIREMENT));

        contributeMinimum(bob);
        contributeMinimum(alice);
        assertContributors(operator, bob, alice);
    }

    function test_withdrawalOfTheOperatorResetsEverything() public {
        uint256 before = token.balanceOf(alice);
        contribute(operator, QUARTER);
        contribute(alice, QUARTER);

        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.Reset();
        withdraw(operator);

        assertStatus(IServiceNodeContribution.Status.WaitForOperatorContrib);
        vm.assertEq(token.balanceOf(alice), before);
        vm.assertEq(token.balanceOf(address(contribution)), 0);
        assertContributors(new address[](0));
    }

    // ---------------------------------------------------------------------------------------------- beneficiaries

    function test_contributorChangesTheBeneficiary() public {
        contribute(operator, QUARTER);
        contribute(alice, QUARTER);
        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.UpdateStakerBeneficiary(alice, carol);
        vm.prank(alice);
        contribution.updateBeneficiary(carol);
        vm.assertEq(contribution.contributorAddresses(1).beneficiary, carol);
    }

    function test_beneficiaryZeroIsTheContributor() public {
        contribute(operator, QUARTER);
        vm.prank(alice);
        contribution.contributeFunds(QUARTER, carol);
        vm.prank(alice);
        contribution.updateBeneficiary(address(0));
        vm.assertEq(contribution.contributorAddresses(1).beneficiary, alice);
    }

    function test_sameBeneficiaryIsNoEvent() public {
        contribute(operator, QUARTER);
        vm.recordLogs();
        vm.prank(operator);
        contribution.updateBeneficiary(operator);
        vm.assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_beneficiaryIsForContributors() public {
        contribute(operator, QUARTER);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeContribution.NonContributorUpdatedBeneficiary.selector, stranger)
        );
        vm.prank(stranger);
        contribution.updateBeneficiary(carol);
    }

    function test_beneficiaryChangesOnlyWhileTheNodeIsOpenOrFull() public {
        bytes memory refused = abi.encodeWithSelector(
            IServiceNodeContribution.BeneficiaryUpdatingDisabledNodeIsNotOpen.selector, params().serviceNodePubkey
        );
        vm.expectRevert(refused);
        vm.prank(operator);
        contribution.updateBeneficiary(carol);

        fillAndWaitForFinalize();
        vm.prank(alice);
        contribution.updateBeneficiary(carol);

        vm.prank(operator);
        contribution.finalize();
        vm.expectRevert(refused);
        vm.prank(alice);
        contribution.updateBeneficiary(bob);
    }
}
