// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IServiceNodeContribution} from "../src/interfaces/IServiceNodeContribution.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {ContributionFixture} from "./support/ContributionFixture.sol";
import {ContributionHandler} from "./support/ContributionHandler.sol";

/// @notice What holds whatever anybody does with a contribution contract (bridge §7.3).
contract ServiceNodeContributionInvariants is ContributionFixture {
    ContributionHandler private handler;

    function setUp() public override {
        super.setUp();
        handler = new ContributionHandler(contribution, token, rewards, operator);
        for (uint256 i = 0; i < handler.ACTORS(); i++) {
            address account = handler.actor(i);
            vm.startPrank(account);
            if (token.balanceOf(account) > 0) token.transfer(address(this), token.balanceOf(account));
            token.approve(address(contribution), type(uint256).max);
            vm.stopPrank();
            token.transfer(account, handler.PURSE());
        }
        targetContract(address(handler));
    }

    function heldHere() private view returns (bool) {
        return contribution.status() != IServiceNodeContribution.Status.Finalized;
    }

    function sumOfContributions() private view returns (uint256 sum) {
        (,, uint256[] memory amounts) = contribution.getContributions();
        for (uint256 i = 0; i < amounts.length; i++) {
            sum += amounts[i];
        }
    }

    // Every invariant function is a campaign of its own, so what belongs together is checked together.

    function invariant_listsAndSums() public view {
        contributorsAndReservationsHavePlace();
        totalStaysWithinTheRequirement();
        keptSumsAreThoseOfTheLists();
        operatorIsTheFirstOnceOpen();
        listNamesEverybodyOnce();
    }

    function invariant_money() public view {
        contractHoldsWhatItOwes();
        fullMeansWaitingOrRegistered();
        nobodyGainsOrLoses();
    }

    function contributorsAndReservationsHavePlace() private view {
        (,, bool[] memory received) = contribution.getReserved();
        uint256 places = contribution.contributorAddressesLength();
        for (uint256 i = 0; i < received.length; i++) {
            if (!received[i]) places++;
        }
        vm.assertLe(places, contribution.maxContributors());
    }

    function totalStaysWithinTheRequirement() private view {
        vm.assertLe(
            contribution.totalContribution() + contribution.totalReservedContribution(),
            contribution.stakingRequirement()
        );
    }

    function keptSumsAreThoseOfTheLists() private view {
        vm.assertEq(contribution.totalContribution(), sumOfContributions());
        (, uint256[] memory amounts, bool[] memory received) = contribution.getReserved();
        uint256 outstanding;
        for (uint256 i = 0; i < amounts.length; i++) {
            if (!received[i]) outstanding += amounts[i];
        }
        vm.assertEq(contribution.totalReservedContribution(), outstanding);
    }

    function operatorIsTheFirstOnceOpen() private view {
        if (contribution.status() == IServiceNodeContribution.Status.WaitForOperatorContrib) {
            vm.assertEq(contribution.contributorAddressesLength(), 0);
            return;
        }
        vm.assertEq(contribution.contributorAddresses(0).addr, operator);
        vm.assertGe(contribution.operatorContribution(), QUARTER);
    }

    function invariant_parametersAreLockedOnceOpen() public view {
        if (contribution.status() == IServiceNodeContribution.Status.WaitForOperatorContrib) return;
        vm.assertEq(handler.parameters(), handler.lockedParameters());
    }

    function contractHoldsWhatItOwes() private view {
        uint256 owed = heldHere() ? sumOfContributions() : 0;
        vm.assertEq(token.balanceOf(address(contribution)), owed + handler.donated());
    }

    function fullMeansWaitingOrRegistered() private view {
        bool full = contribution.totalContribution() == contribution.stakingRequirement();
        IServiceNodeContribution.Status status = contribution.status();
        if (status == IServiceNodeContribution.Status.WaitForFinalized) vm.assertTrue(full);
        if (status < IServiceNodeContribution.Status.WaitForFinalized) vm.assertFalse(full);
    }

    function listNamesEverybodyOnce() private view {
        uint256 length = contribution.contributorAddressesLength();
        for (uint256 i = 0; i < length; i++) {
            IServiceNodeRewards.Staker memory staker = contribution.contributorAddresses(i);
            vm.assertTrue(contribution.contributions(staker.addr) > 0);
            vm.assertTrue(staker.beneficiary != address(0));
            for (uint256 j = 0; j < i; j++) {
                vm.assertTrue(contribution.contributorAddresses(j).addr != staker.addr);
            }
        }
    }

    /// @dev Nobody gains or loses: a purse is what it was, less what is in the contract, in nodes, or given away.
    function nobodyGainsOrLoses() private view {
        uint256 missing;
        for (uint256 i = 0; i < handler.ACTORS(); i++) {
            address account = handler.actor(i);
            uint256 inside = handler.contributed(account);
            if (heldHere()) vm.assertEq(contribution.contributions(account), inside);
            missing += handler.PURSE() - token.balanceOf(account) - inside - handler.registered(account);
        }
        vm.assertEq(missing, handler.given());
        vm.assertEq(token.balanceOf(address(rewards)), handler.nodes() * REQUIREMENT);
    }
}
