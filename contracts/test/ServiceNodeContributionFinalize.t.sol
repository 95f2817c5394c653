// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IServiceNodeContribution} from "../src/interfaces/IServiceNodeContribution.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../src/libraries/BN256G1.sol";
import {MockWOXEN} from "./mocks/MockWOXEN.sol";
import {ContributionFixture} from "./support/ContributionFixture.sol";

/// @notice Registering the node, starting again, and rescuing tokens (bridge §1.5).
contract ServiceNodeContributionFinalizeTest is ContributionFixture {
    function registered() private view returns (IServiceNodeRewards.Contributor[] memory) {
        return rewards.serviceNodes(rewards.nextServiceNodeID() - 1).contributors;
    }

    // ------------------------------------------------------------------------------------------------ finalizing

    function test_registersWhenFull() public {
        contribute(operator, QUARTER);
        vm.prank(alice);
        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.Filled();
        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.NewContribution(alice, carol, REQUIREMENT - QUARTER);
        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.Finalized();
        contribution.contributeFunds(REQUIREMENT - QUARTER, carol);

        assertStatus(IServiceNodeContribution.Status.Finalized);
        vm.assertEq(token.balanceOf(address(rewards)), REQUIREMENT);
        vm.assertEq(token.balanceOf(address(contribution)), 0);
        vm.assertEq(token.allowance(address(contribution), address(rewards)), 0);
        vm.assertEq(rewards.totalNodes(), 1);
        vm.assertEq(abi.encode(rewards.serviceNodes(1).blsPubkey), abi.encode(key()));

        IServiceNodeRewards.Contributor[] memory contributors = registered();
        vm.assertEq(contributors.length, 2);
        vm.assertEq(contributors[0].staker.addr, operator);
        vm.assertEq(contributors[0].staker.beneficiary, operator);
        vm.assertEq(contributors[0].stakedAmount, QUARTER);
        vm.assertEq(contributors[1].staker.addr, alice);
        vm.assertEq(contributors[1].staker.beneficiary, carol);
        vm.assertEq(contributors[1].stakedAmount, REQUIREMENT - QUARTER);
    }

    function test_registersForTheOperatorAlone() public {
        contribute(operator, REQUIREMENT);
        assertStatus(IServiceNodeContribution.Status.Finalized);
        vm.assertEq(registered().length, 1);
    }

    function test_waitsForTheOperatorWhenToldTo() public {
        fillAndWaitForFinalize();
        assertStatus(IServiceNodeContribution.Status.WaitForFinalized);
        vm.assertEq(token.balanceOf(address(contribution)), REQUIREMENT);

        vm.prank(operator);
        contribution.finalize();
        assertStatus(IServiceNodeContribution.Status.Finalized);
        vm.assertEq(token.balanceOf(address(rewards)), REQUIREMENT);
        vm.assertEq(rewards.totalNodes(), 1);
    }

    function test_doesNotFinalizeBeforeItIsFull() public {
        expectFinalizeNotPossible(IServiceNodeContribution.Status.WaitForOperatorContrib);
        contribution.finalize();
        contribute(operator, QUARTER);
        contribute(alice, QUARTER);
        expectFinalizeNotPossible(IServiceNodeContribution.Status.OpenForPublicContrib);
        contribution.finalize();
        vm.assertEq(token.balanceOf(address(contribution)), 2 * QUARTER);
    }

    function test_doesNotFinalizeTwice() public {
        fill();
        expectFinalizeNotPossible(IServiceNodeContribution.Status.Finalized);
        contribution.finalize();
    }

    function test_takesNothingMoreWhenFull() public {
        fillAndWaitForFinalize();
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeContribution.ContributeFundsNotPossible.selector,
                IServiceNodeContribution.Status.WaitForFinalized
            )
        );
        contribute(bob, 1);
    }

    function test_withdrawalFromAFullNodeOpensItAgain() public {
        fillAndWaitForFinalize();
        waitForWithdrawal();
        withdraw(alice);
        assertStatus(IServiceNodeContribution.Status.OpenForPublicContrib);
        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeContribution.FinalizeNotPossible.selector,
                IServiceNodeContribution.Status.OpenForPublicContrib
            )
        );
        contribution.finalize();

        contribute(bob, REQUIREMENT - QUARTER);
        vm.prank(operator);
        contribution.finalize();
        vm.assertEq(registered()[1].staker.addr, bob);
        vm.assertEq(token.balanceOf(address(rewards)), REQUIREMENT);
    }

    function test_withdrawalFromARegisteredNodePaysNothing() public {
        fill();
        uint256 before = token.balanceOf(alice);
        token.transfer(address(contribution), REQUIREMENT);
        waitForWithdrawal();

        vm.recordLogs();
        withdraw(alice);
        vm.assertEq(vm.getRecordedLogs().length, 0);
        vm.assertEq(token.balanceOf(alice), before);
        assertStatus(IServiceNodeContribution.Status.Finalized);

        withdraw(operator);
        vm.assertEq(token.balanceOf(address(contribution)), REQUIREMENT);
        assertStatus(IServiceNodeContribution.Status.WaitForOperatorContrib);
    }

    // ----------------------------------------------------------------------------------------- order of the list

    function test_listKeepsItsOrderWhenTheNetworkTakesIt() public {
        contribute(operator, QUARTER);
        contributeMinimum(alice);
        contribute(bob, REQUIREMENT - contribution.totalContribution());
        IServiceNodeRewards.Contributor[] memory contributors = registered();
        vm.assertEq(contributors[1].staker.addr, alice);
        vm.assertEq(contributors[2].staker.addr, bob);
    }

    /// @dev The operator brings 25 %, alice 70 %, bob the least part of the rest. Alice leaves, carol brings what is
    /// missing: the list would be 25, 0.6, 74.4, where the second brings less than a ninth of 75 %.
    function test_withdrawalDoesNotLeaveAListThatTheNetworkRefuses() public {
        contribute(operator, QUARTER);
        contribute(alice, REQUIREMENT * 70 / 100);
        uint256 ofBob = contributeMinimum(bob);
        waitForWithdrawal();
        withdraw(alice);
        contribute(carol, REQUIREMENT - QUARTER - ofBob);

        assertContributors(operator, bob, carol);
        IServiceNodeRewards.Contributor[] memory contributors = registered();
        vm.assertEq(contributors[0].staker.addr, operator);
        vm.assertEq(contributors[1].staker.addr, carol);
        vm.assertEq(contributors[2].staker.addr, bob);
    }

    /// @dev Whoever comes and goes: the registered list is one that the network takes.
    function testFuzz_registeredListKeepsTheRules(uint256[24] memory amounts, uint256 leaving) public {
        contribute(operator, QUARTER + bound(amounts[0], 0, QUARTER));
        for (
            uint256 i = 1;
            i < amounts.length && contribution.status() != IServiceNodeContribution.Status.Finalized;
            i++
        ) {
            address account = address(uint160(0x4000 + i % 12));
            if (contribution.contributions(account) > 0 || (leaving >> i) & 3 == 3) {
                waitForWithdrawal();
                withdraw(account);
                continue;
            }
            fund(account);
            uint256 minimum = contribution.minimumContribution();
            uint256 rest = REQUIREMENT - contribution.totalContribution();
            // Small contributions late make the trouble, so the size is drawn with its order of magnitude.
            uint256 most = minimum + (rest - minimum) / (1 + uint8(amounts[i] >> 248) % 16);
            contribute(account, bound(amounts[i], minimum, most));
        }
        if (contribution.status() != IServiceNodeContribution.Status.Finalized) {
            address last = address(uint160(0x5000));
            fund(last);
            contribute(last, REQUIREMENT - contribution.totalContribution());
        }

        IServiceNodeRewards.Contributor[] memory contributors = registered();
        uint256 remaining = REQUIREMENT;
        vm.assertEq(contributors[0].staker.addr, operator);
        vm.assertEq(contributors.length, contribution.contributorAddressesLength());
        for (uint256 i = 0; i < contributors.length; i++) {
            vm.assertGe(
                contributors[i].stakedAmount,
                contribution.calcMinimumContribution(remaining, i, contribution.maxContributors())
            );
            vm.assertEq(contributors[i].stakedAmount, contribution.contributions(contributors[i].staker.addr));
            remaining -= contributors[i].stakedAmount;
        }
        vm.assertEq(remaining, 0);
    }

    // ------------------------------------------------------------------------------------------------- resetting

    function test_resetsBeforeAnybodyContributed() public {
        vm.prank(operator);
        contribution.reset();
        assertContributors(new address[](0));
        vm.assertEq(contribution.totalContribution(), 0);
        vm.assertEq(contribution.operatorContribution(), 0);
    }

    function test_resetRefundsEverybody() public {
        uint256 ofOperator = token.balanceOf(operator);
        uint256 ofAlice = token.balanceOf(alice);
        contribute(operator, QUARTER);
        contribute(alice, QUARTER);
        contribute(operator, 7);

        vm.prank(operator);
        contribution.reset();
        vm.assertEq(token.balanceOf(operator), ofOperator);
        vm.assertEq(token.balanceOf(alice), ofAlice);
        vm.assertEq(contribution.contributions(alice), 0);
        vm.assertEq(contribution.contributionTimestamp(alice), 0);
        vm.assertEq(contribution.totalContribution(), 0);
        assertStatus(IServiceNodeContribution.Status.WaitForOperatorContrib);
    }

    function test_resetOfARegisteredNodeRefundsNothing() public {
        fill();
        uint256 before = token.balanceOf(alice);
        token.transfer(address(contribution), REQUIREMENT);
        vm.prank(operator);
        contribution.reset();
        vm.assertEq(token.balanceOf(alice), before);
        vm.assertEq(token.balanceOf(address(contribution)), REQUIREMENT);
    }

    function test_resetKeepsKeysAndFee() public {
        fill();
        vm.prank(operator);
        contribution.reset();
        contribute(operator, QUARTER);

        assertStatus(IServiceNodeContribution.Status.OpenForPublicContrib);
        assertContributors(operator);
        vm.assertEq(contribution.contributions(operator), QUARTER);
        vm.assertEq(contribution.contributions(alice), 0);
        vm.assertEq(abi.encode(contribution.blsSignature()), abi.encode(proof()));
        vm.assertEq(abi.encode(contribution.serviceNodeParams()), abi.encode(params()));
    }

    function test_resetsSetsEverythingAndContributesInOneCall() public {
        fill();
        IServiceNodeRewards.ServiceNodeParams memory newParams =
            IServiceNodeRewards.ServiceNodeParams(301, 302, 303, 77);
        BN256G1.G1Point memory newKey = BN256G1.G1Point(101, 102);
        vm.prank(operator);
        contribution.resetUpdateAndContribute(newKey, proof(), newParams, reservations(bob, 30), true, carol, QUARTER);

        assertStatus(IServiceNodeContribution.Status.OpenForPublicContrib);
        assertContributors(operator);
        vm.assertEq(contribution.contributorAddresses(0).beneficiary, carol);
        vm.assertEq(abi.encode(contribution.serviceNodeParams()), abi.encode(newParams));
        vm.assertEq(contribution.totalReservedContribution(), REQUIREMENT * 30 / 100);
        vm.assertTrue(contribution.manualFinalize());
    }

    function test_resetsAndSetsEverythingWithoutContributing() public {
        contribute(operator, QUARTER);
        vm.prank(operator);
        contribution.resetUpdateAndContribute(key(), proof(), params(), noReservations(), false, address(0), 0);
        assertStatus(IServiceNodeContribution.Status.WaitForOperatorContrib);
        vm.assertEq(token.balanceOf(address(contribution)), 0);
    }

    // ---------------------------------------------------------------------------------------------------- rescue

    function test_rescuesTokensBeforeTheOperatorContributed() public {
        token.transfer(address(contribution), 5);
        uint256 before = token.balanceOf(operator);
        vm.prank(operator);
        contribution.rescueERC20(address(token));
        vm.assertEq(token.balanceOf(operator), before + 5);
        expectNothingToRescue();
    }

    function test_rescuesTokensAfterTheNodeIsRegistered() public {
        fill();
        token.transfer(address(contribution), 5);
        uint256 before = token.balanceOf(operator);
        vm.prank(operator);
        contribution.rescueERC20(address(token));
        vm.assertEq(token.balanceOf(operator), before + 5);
        expectNothingToRescue();
    }

    function test_rescuesOtherTokens() public {
        MockWOXEN other = new MockWOXEN("Wrapped OXEN", "wOXEN", 100);
        other.transfer(address(contribution), 100);
        vm.prank(operator);
        contribution.rescueERC20(address(other));
        vm.assertEq(other.balanceOf(operator), 100);
    }

    function test_rescuesNothingWhileContributionsAreHeld() public {
        contribute(operator, QUARTER);
        expectRescueNotPossible(IServiceNodeContribution.Status.OpenForPublicContrib);
        vm.prank(operator);
        contribution.updateManualFinalize(true);
        contribute(alice, REQUIREMENT - QUARTER);
        expectRescueNotPossible(IServiceNodeContribution.Status.WaitForFinalized);
    }

    // ----------------------------------------------------------------------------------------------- expectations

    function expectFinalizeNotPossible(IServiceNodeContribution.Status current) private {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeContribution.FinalizeNotPossible.selector, current));
        vm.prank(operator);
    }

    function expectNothingToRescue() private {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeContribution.RescueBalanceIsEmpty.selector, address(token)));
        vm.prank(operator);
        contribution.rescueERC20(address(token));
    }

    function expectRescueNotPossible(IServiceNodeContribution.Status current) private {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeContribution.RescueNotPossible.selector, current));
        vm.prank(operator);
        contribution.rescueERC20(address(token));
    }
}
