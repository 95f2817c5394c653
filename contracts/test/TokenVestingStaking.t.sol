// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {TokenVestingStaking} from "../src/TokenVestingStaking.sol";
import {IServiceNodeContribution} from "../src/interfaces/IServiceNodeContribution.sol";
import {IServiceNodeContributionFactory} from "../src/interfaces/IServiceNodeContributionFactory.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {ITokenVestingStaking} from "../src/interfaces/ITokenVestingStaking.sol";
import {ContributionFixture} from "./support/ContributionFixture.sol";
import {MockServiceNodeRewards} from "./mocks/MockServiceNodeRewards.sol";

/// @notice Vesting with staking meanwhile (bridge §1.8).
contract TokenVestingStakingTest is ContributionFixture {
    uint256 private constant AMOUNT = 50_000 * 10 ** 9;
    bytes private constant NOT_BENEFICIARY = "Vesting: Caller must be beneficiary";
    bytes private constant NOT_REVOKER = "Vesting: Caller must be revoker";
    bytes private constant NOT_OURS = "Contract address is not a valid multi-contributor SN contract";
    bytes private constant ZERO_ADDRESS = "Shared: Zero-address is not permitted";

    TokenVestingStaking private vesting;
    address private beneficiary = makeAddr("beneficiary");
    address private revoker = makeAddr("revoker");
    uint256 private start;
    uint256 private end;

    function setUp() public override {
        super.setUp();
        start = block.timestamp + 5;
        end = start + 730 days;
        vesting = make(start, end, true);
        token.transfer(address(vesting), AMOUNT);
        token.transfer(address(rewards), AMOUNT);
        vm.warp(start);
    }

    function make(uint256 start_, uint256 end_, bool transferable) private returns (TokenVestingStaking) {
        return new TokenVestingStaking(
            beneficiary, revoker, start_, end_, transferable, rewardsContract(), factoryContract(), token
        );
    }

    function rewardsContract() private view returns (IServiceNodeRewards) {
        return IServiceNodeRewards(address(rewards));
    }

    function factoryContract() private view returns (IServiceNodeContributionFactory) {
        return IServiceNodeContributionFactory(address(factory));
    }

    function addNode(address caller) private {
        vm.prank(caller);
        vesting.addBLSPublicKey(key(), proof(), params(), beneficiary);
    }

    function revoke() private {
        vm.prank(revoker);
        vesting.revoke(token);
    }

    function release() private {
        vm.prank(beneficiary);
        vesting.release(token);
    }

    /// @dev Has the vesting contract contribute the minimum, for the beneficiary's rewards.
    function contributeVested() private returns (uint256 amount) {
        amount = contribution.minimumContribution();
        vm.prank(beneficiary);
        vesting.contributeFunds(address(contribution), amount, beneficiary);
    }

    function expectRefused(bytes memory reason) private {
        vm.expectRevert(abi.encodeWithSignature("Error(string)", string(reason)));
    }

    // ---------------------------------------------------------------------------------------------- construction

    function test_startsWithItsParameters() public view {
        vm.assertEq(vesting.beneficiary(), beneficiary);
        vm.assertEq(vesting.revoker(), revoker);
        vm.assertEq(vesting.start(), start);
        vm.assertEq(vesting.end(), end);
        vm.assertTrue(vesting.transferableBeneficiary());
        vm.assertFalse(vesting.revoked());
        vm.assertEq(address(vesting.rewardsContract()), address(rewards));
        vm.assertEq(address(vesting.snContribFactory()), address(factory));
        vm.assertEq(address(vesting.SESH()), address(token));
    }

    function test_isNotMadeWithDatesOutOfOrder() public {
        vm.expectRevert("Vesting: start_ after end_");
        make(end + 1, end, true);
        vm.expectRevert("Vesting: start before current time");
        make(block.timestamp, end, true);
    }

    function test_isNotMadeWithoutItsParties() public {
        expectRefused(ZERO_ADDRESS);
        new TokenVestingStaking(address(0), revoker, start + 1, end, true, rewardsContract(), factoryContract(), token);
        expectRefused(ZERO_ADDRESS);
        new TokenVestingStaking(
            beneficiary, revoker, start + 1, end, true, IServiceNodeRewards(address(0)), factoryContract(), token
        );
    }

    // ---------------------------------------------------------------------------------------------- nodes alone

    function test_stakesForANode() public {
        addNode(beneficiary);
        vm.assertEq(token.balanceOf(address(vesting)), AMOUNT - REQUIREMENT);
        IServiceNodeRewards.ServiceNode memory node = rewards.serviceNodes(1);
        vm.assertEq(node.operator, address(vesting));
        vm.assertEq(node.contributors.length, 1);
        vm.assertEq(node.contributors[0].staker.addr, address(vesting));
        vm.assertEq(node.contributors[0].staker.beneficiary, beneficiary);
        vm.assertEq(node.contributors[0].stakedAmount, REQUIREMENT);
    }

    function test_stakesNotForNobodysRewards() public {
        expectRefused(ZERO_ADDRESS);
        vm.prank(beneficiary);
        vesting.addBLSPublicKey(key(), proof(), params(), address(0));
    }

    function test_beneficiaryClaimsRewardsAtTheRewardsContract() public {
        addNode(beneficiary);
        vm.prank(beneficiary);
        rewards.claimRewards();
        vm.assertEq(token.balanceOf(beneficiary), 50);
    }

    function test_stakeComesBackToTheVesting() public {
        addNode(beneficiary);
        rewards.exitBLSPublicKeyWithSignature(1, 0, 0, 0, 0, 0, 0, new uint64[](0));
        vm.prank(beneficiary);
        vesting.claimRewards(REQUIREMENT - 1);
        vm.assertEq(token.balanceOf(address(vesting)), AMOUNT - 1);
        vm.prank(beneficiary);
        vesting.claimRewards();
        vm.assertEq(token.balanceOf(address(vesting)), AMOUNT + 50);
        vm.assertEq(token.balanceOf(beneficiary), 0);
    }

    function test_asksForTheExit() public {
        addNode(beneficiary);
        vm.expectEmit(address(rewards));
        emit MockServiceNodeRewards.ServiceNodeExitRequest(1);
        vm.prank(beneficiary);
        vesting.initiateExitBLSPublicKey(1);
    }

    // ---------------------------------------------------------------------------------- nodes of several contributors

    function test_contributes() public {
        contribute(operator, QUARTER);
        uint256 amount = contribution.minimumContribution();
        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.NewContribution(address(vesting), beneficiary, amount);
        contributeVested();
        assertContributors(operator, address(vesting));
        vm.assertEq(token.balanceOf(address(contribution)), QUARTER + amount);
    }

    function test_contributesAgain() public {
        contribute(operator, QUARTER);
        uint256 sum = contributeVested() + contributeVested();
        vm.assertEq(contribution.contributions(address(vesting)), sum);
        vm.assertEq(contribution.contributorAddresses(1).beneficiary, beneficiary);
    }

    function test_withdraws() public {
        contribute(operator, QUARTER);
        contributeVested();
        waitForWithdrawal();
        vm.prank(beneficiary);
        vesting.withdrawContribution(address(contribution));
        vm.assertEq(token.balanceOf(address(vesting)), AMOUNT);
        assertContributors(operator);
    }

    function test_changesTheBeneficiaryOfRewards() public {
        contribute(operator, QUARTER);
        contributeVested();
        vm.prank(beneficiary);
        vesting.updateBeneficiary(address(contribution), revoker);
        vm.assertEq(contribution.contributorAddresses(1).beneficiary, revoker);
    }

    function test_isAContributorOfTheRegisteredNode() public {
        contribute(operator, QUARTER);
        uint256 amount = contributeVested();
        contribute(alice, REQUIREMENT - QUARTER - amount);
        IServiceNodeRewards.Contributor[] memory contributors = rewards.serviceNodes(1).contributors;
        vm.assertEq(contributors.length, 3);
        vm.assertEq(contributors[1].staker.addr, address(vesting));
        vm.assertEq(contributors[1].staker.beneficiary, beneficiary);
        vm.assertEq(contributors[1].stakedAmount, amount);
    }

    function test_trustsOnlyTheFactorysContracts() public {
        vm.startPrank(beneficiary);
        expectRefused(NOT_OURS);
        vesting.contributeFunds(stranger, 1, beneficiary);
        expectRefused(NOT_OURS);
        vesting.withdrawContribution(stranger);
        expectRefused(NOT_OURS);
        vesting.updateBeneficiary(stranger, beneficiary);
        vm.stopPrank();
        vm.assertEq(token.allowance(address(vesting), stranger), 0);
    }

    function test_contributesNotForNobodysRewards() public {
        vm.startPrank(beneficiary);
        expectRefused(ZERO_ADDRESS);
        vesting.contributeFunds(address(contribution), 1, address(0));
        expectRefused(ZERO_ADDRESS);
        vesting.updateBeneficiary(address(contribution), address(0));
        vm.stopPrank();
    }

    // --------------------------------------------------------------------------------------------- who may, and when

    function test_stakesNotBeforeTheStart() public {
        vm.warp(start - 1);
        bytes[] memory calls = stakingCalls();
        for (uint256 i = 0; i < calls.length; i++) {
            expectCallRefused(beneficiary, calls[i], "Vesting: not started");
        }
    }

    function test_beneficiaryStakesUntilRevoked() public {
        bytes[] memory calls = stakingCalls();
        for (uint256 i = 0; i < calls.length; i++) {
            expectCallRefused(revoker, calls[i], NOT_BENEFICIARY);
            expectCallRefused(stranger, calls[i], NOT_BENEFICIARY);
        }
        revoke();
        for (uint256 i = 0; i < calls.length; i++) {
            expectCallRefused(beneficiary, calls[i], NOT_REVOKER);
            expectCallRefused(stranger, calls[i], NOT_REVOKER);
        }
    }

    /// @dev Who calls is looked at before when, and both before what is asked.
    function test_roleIsCheckedBeforeTheStart() public {
        vm.warp(start - 1);
        bytes[] memory calls = stakingCalls();
        for (uint256 i = 0; i < calls.length; i++) {
            expectCallRefused(stranger, calls[i], NOT_BENEFICIARY);
        }
        vm.prank(beneficiary);
        expectRefused("Vesting: not started");
        vesting.addBLSPublicKey(key(), proof(), params(), address(0));
    }

    function test_revokerStakesOnceRevoked() public {
        revoke();
        addNode(revoker);
        vm.prank(revoker);
        vesting.initiateExitBLSPublicKey(1);
        vm.assertEq(rewards.totalNodes(), 1);
    }

    function stakingCalls() private view returns (bytes[] memory calls) {
        calls = new bytes[](7);
        calls[0] = abi.encodeCall(vesting.addBLSPublicKey, (key(), proof(), params(), beneficiary));
        calls[1] = abi.encodeCall(vesting.initiateExitBLSPublicKey, (1));
        calls[2] = abi.encodeWithSignature("claimRewards()");
        calls[3] = abi.encodeWithSignature("claimRewards(uint256)", 1);
        calls[4] = abi.encodeCall(vesting.contributeFunds, (address(contribution), 1, beneficiary));
        calls[5] = abi.encodeCall(vesting.withdrawContribution, (address(contribution)));
        calls[6] = abi.encodeCall(vesting.updateBeneficiary, (address(contribution), beneficiary));
    }

    function expectCallRefused(address caller, bytes memory call, bytes memory reason) private {
        vm.prank(caller);
        (bool success, bytes memory result) = address(vesting).call(call);
        vm.assertFalse(success);
        vm.assertEq(result, abi.encodeWithSignature("Error(string)", string(reason)));
    }

    // --------------------------------------------------------------------------------------------------- release

    function test_releasesEverythingAtTheEnd() public {
        vm.warp(end);
        vm.expectEmit(address(vesting));
        emit ITokenVestingStaking.TokensReleased(token, AMOUNT);
        release();
        vm.assertEq(token.balanceOf(beneficiary), AMOUNT);
        expectRefused("Vesting: no tokens are due");
        release();
    }

    function test_releasesNothingBeforeTheEnd() public {
        vm.warp(end - 1);
        expectRefused("Vesting: no tokens are due");
        release();
    }

    function test_releasesNothingOnceRevoked() public {
        revoke();
        vm.warp(end);
        expectRefused("Vesting: token revoked");
        release();
    }

    function test_releasesOnlyToTheBeneficiary() public {
        vm.warp(end);
        expectRefused(NOT_BENEFICIARY);
        vm.prank(revoker);
        vesting.release(token);
    }

    // ---------------------------------------------------------------------------------------------------- revoke

    function test_revokesOnceAndPaysAfterTheEnd() public {
        vm.expectEmit(address(vesting));
        emit ITokenVestingStaking.TokenVestingRevoked(token);
        revoke();
        vm.assertTrue(vesting.revoked());
        vm.assertEq(token.balanceOf(revoker), 0);

        // Again before the end: neither an event nor a payment.
        vm.recordLogs();
        revoke();
        vm.assertEq(vm.getRecordedLogs().length, 0);

        vm.warp(end);
        vm.expectEmit(address(vesting));
        emit ITokenVestingStaking.TokensRevokedReleased(token, AMOUNT);
        revoke();
        vm.assertEq(token.balanceOf(revoker), AMOUNT);
    }

    function test_revokesAndPaysAtTheEndItself() public {
        vm.warp(end);
        revoke();
        vm.assertEq(token.balanceOf(revoker), AMOUNT);
    }

    function test_doesNotRevokeAfterTheEnd() public {
        vm.warp(end + 1);
        expectRefused("Vesting: vesting expired");
        revoke();
    }

    function test_onlyTheRevokerRevokes() public {
        expectRefused(NOT_REVOKER);
        vm.prank(beneficiary);
        vesting.revoke(token);
    }

    function test_revokedStakeGoesToTheRevoker() public {
        addNode(beneficiary);
        revoke();
        rewards.exitBLSPublicKeyWithSignature(1, 0, 0, 0, 0, 0, 0, new uint64[](0));
        vm.prank(revoker);
        vesting.claimRewards();
        vm.warp(end);
        revoke();
        vm.assertEq(token.balanceOf(revoker), AMOUNT + 50);
        vm.assertEq(token.balanceOf(beneficiary), 0);
    }

    // ----------------------------------------------------------------------------------------------------- roles

    function test_rolesAreHandedOver() public {
        vm.expectEmit(address(vesting));
        emit ITokenVestingStaking.BeneficiaryTransferred(beneficiary, alice);
        vm.prank(beneficiary);
        vesting.transferBeneficiary(alice);
        vm.expectEmit(address(vesting));
        emit ITokenVestingStaking.RevokerTransferred(revoker, bob);
        vm.prank(revoker);
        vesting.transferRevoker(bob);
        vm.assertEq(vesting.beneficiary(), alice);
        vm.assertEq(vesting.revoker(), bob);

        expectRefused(NOT_BENEFICIARY);
        vm.prank(beneficiary);
        vesting.transferBeneficiary(beneficiary);
        expectRefused(NOT_REVOKER);
        vm.prank(revoker);
        vesting.transferRevoker(revoker);
    }

    function test_rolesAreNotGivenToNobody() public {
        expectRefused(ZERO_ADDRESS);
        vm.prank(beneficiary);
        vesting.transferBeneficiary(address(0));
        expectRefused(ZERO_ADDRESS);
        vm.prank(revoker);
        vesting.transferRevoker(address(0));
    }

    function test_beneficiaryStaysWhenNotTransferable() public {
        vesting = make(block.timestamp + 1, end, false);
        expectRefused("Vesting: beneficiary not transferable");
        vm.prank(beneficiary);
        vesting.transferBeneficiary(alice);
    }
}
