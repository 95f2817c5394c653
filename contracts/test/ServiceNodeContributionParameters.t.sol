// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {ServiceNodeContribution} from "../src/ServiceNodeContribution.sol";
import {IServiceNodeContribution} from "../src/interfaces/IServiceNodeContribution.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../src/libraries/BN256G1.sol";
import {ContributionFixture} from "./support/ContributionFixture.sol";

/// @notice Minimum contributions, parameters, and who may change them (bridge §1.5).
contract ServiceNodeContributionParametersTest is ContributionFixture {
    // --------------------------------------------------------------------------------------------------- minimum

    function test_lastContributorBringsTheRest() public view {
        vm.assertEq(contribution.calcMinimumContribution(100, 9, 10), 100);
    }

    function test_operatorBringsAQuarterRoundedUp() public view {
        vm.assertEq(contribution.calcMinimumContribution(15_000, 0, 4), 3750);
        vm.assertEq(contribution.calcMinimumContribution(15_001, 0, 10), 3751);
        vm.assertEq(contribution.minimumOperatorContribution(15_001), 3751);
    }

    function test_fourEqualParts() public view {
        uint256 remaining = 15_000;
        for (uint256 i = 0; i < 4; i++) {
            uint256 minimum = contribution.calcMinimumContribution(remaining, i, 4);
            vm.assertEq(minimum, 3750);
            remaining -= minimum;
        }
        vm.assertEq(remaining, 0);
    }

    function test_equalPartsAfterTheOperator() public view {
        vm.assertEq(contribution.calcMinimumContribution(15_000 - 3750, 1, 10), 1250);
    }

    function test_operatorsPartDoesNotDependOnTheMostContributors() public view {
        for (uint256 max = 1; max < MAX_CONTRIBUTORS; max++) {
            vm.assertEq(
                contribution.calcMinimumContribution(REQUIREMENT, 0, max),
                contribution.minimumOperatorContribution(REQUIREMENT)
            );
        }
    }

    function test_refusesBadNumbersOfContributors() public {
        uint256[2][3] memory bad = [[uint256(0), 0], [uint256(3), 2], [uint256(3), 3]];
        for (uint256 i = 0; i < bad.length; i++) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IServiceNodeContribution.CalcMinContributionGivenBadContribArgs.selector, bad[i][0], bad[i][1]
                )
            );
            contribution.calcMinimumContribution(REQUIREMENT, bad[i][0], bad[i][1]);
        }
    }

    function test_nothingHasNoLeastPart() public {
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        contribution.calcMinimumContribution(0, 1, 2);
    }

    /// @dev The part is the least number that, brought by every open place, makes up for what remains.
    function testFuzz_minimumIsTheLeastEqualPart(uint256 remaining, uint256 count, uint256 max) public view {
        max = bound(max, 1, 1000);
        count = bound(count, 0, max - 1);
        remaining = bound(remaining, 1, type(uint128).max);
        uint256 parts = count == 0 ? 4 : max - count;
        uint256 minimum = contribution.calcMinimumContribution(remaining, count, max);
        vm.assertGe(minimum * parts, remaining);
        vm.assertLe((minimum - 1) * parts + 1, remaining);
    }

    // ---------------------------------------------------------------------------------------------- construction

    function test_startsWithItsParameters() public {
        contribution = deploy(reservations(alice, 30), true);
        vm.assertEq(address(contribution.SESH()), address(token));
        vm.assertEq(address(contribution.stakingRewardsContract()), address(rewards));
        vm.assertEq(contribution.stakingRequirement(), REQUIREMENT);
        vm.assertEq(contribution.maxContributors(), MAX_CONTRIBUTORS);
        vm.assertEq(contribution.operator(), operator);
        vm.assertEq(contribution.WITHDRAWAL_DELAY(), 1 days);
        vm.assertEq(contribution.MAX_FEE(), 10_000);
        vm.assertTrue(contribution.manualFinalize());
        vm.assertEq(contribution.totalReservedContribution(), QUARTER + REQUIREMENT * 30 / 100);
        vm.assertEq(contribution.minimumContribution(), (REQUIREMENT * 45 / 100 + 7) / 8);
        vm.assertEq(abi.encode(contribution.blsSignature()), abi.encode(proof()));
        vm.assertEq(abi.encode(contribution.serviceNodeParams()), abi.encode(params()));
        (uint256 x, uint256 y) = contribution.blsPubkey();
        vm.assertEq(abi.encode(x, y), abi.encode(key()));
        assertStatus(IServiceNodeContribution.Status.WaitForOperatorContrib);
    }

    function test_isNotMadeWithoutARewardsContract() public {
        vm.expectRevert("Shared: Zero-address is not permitted");
        new ServiceNodeContribution(address(0), 10, key(), proof(), params(), noReservations(), operator, false);
    }

    function test_isNotMadeForNoContributors() public {
        vm.expectRevert("Shared: uint input is empty");
        new ServiceNodeContribution(address(rewards), 0, key(), proof(), params(), noReservations(), operator, false);
    }

    function test_isNotMadeForARequirementThatItCannotCount() public {
        vm.mockCall(address(rewards), abi.encodeWithSignature("stakingRequirement()"), abi.encode(uint256(1) << 104));
        vm.expectRevert("Staking requirement too large");
        new ServiceNodeContribution(address(rewards), 10, key(), proof(), params(), noReservations(), operator, false);
    }

    // ------------------------------------------------------------------------------------------------- parameters

    function test_operatorChangesTheFee() public {
        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.UpdateFee(10_000);
        vm.prank(operator);
        contribution.updateFee(10_000);

        IServiceNodeRewards.ServiceNodeParams memory expected = params();
        expected.fee = 10_000;
        vm.assertEq(abi.encode(contribution.serviceNodeParams()), abi.encode(expected));
    }

    function test_noFeeAboveTheWhole() public {
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeContribution.FeeExceedsPossibleValue.selector, 10_001, 10_000)
        );
        vm.prank(operator);
        contribution.updateFee(10_001);
    }

    function test_operatorChangesTheKeys() public {
        updateKeys();
        (uint256 x, uint256 y) = contribution.blsPubkey();
        vm.assertEq(x, 101);
        vm.assertEq(y, 102);
        vm.assertEq(
            abi.encode(contribution.serviceNodeParams()),
            abi.encode(IServiceNodeRewards.ServiceNodeParams(301, 302, 303, 250))
        );
    }

    function test_keysNeedAProofForTheOperator() public {
        BN256G1.G1Point memory newKey = BN256G1.G1Point(101, 102);
        bytes memory check = abi.encodeWithSignature(
            "validateProofOfPossession((uint256,uint256),(uint256,uint256,uint256,uint256),address,uint256)",
            newKey,
            proof(),
            operator,
            uint256(301)
        );
        vm.mockCallRevert(
            address(rewards), check, abi.encodeWithSelector(IServiceNodeRewards.InvalidBLSProofOfPossession.selector)
        );
        vm.expectRevert(IServiceNodeRewards.InvalidBLSProofOfPossession.selector);
        vm.prank(operator);
        contribution.updatePubkeys(newKey, proof(), 301, 302, 303);
    }

    function test_parametersAreLockedOnceTheOperatorContributed() public {
        contribute(operator, QUARTER);
        assertLocked(IServiceNodeContribution.Status.OpenForPublicContrib);
    }

    function test_parametersAreLockedWhenTheStakeIsComplete() public {
        fillAndWaitForFinalize();
        assertLocked(IServiceNodeContribution.Status.WaitForFinalized);
        vm.prank(operator);
        contribution.finalize();
        assertLocked(IServiceNodeContribution.Status.Finalized);
    }

    function test_parametersOpenAgainAfterAReset() public {
        fill();
        vm.prank(operator);
        contribution.reset();
        vm.prank(operator);
        contribution.updateFee(1);
        updateKeys();
        vm.assertEq(
            abi.encode(contribution.serviceNodeParams()),
            abi.encode(IServiceNodeRewards.ServiceNodeParams(301, 302, 303, 1))
        );
    }

    function test_manualFinalizeChangesAtAnyTime() public {
        contribute(operator, QUARTER);
        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.UpdateManualFinalize(true);
        vm.prank(operator);
        contribution.updateManualFinalize(true);
        vm.assertTrue(contribution.manualFinalize());
    }

    // ---------------------------------------------------------------------------------------------- the operator

    function test_strangersChangeNothing() public {
        vm.startPrank(stranger);
        expectOnlyOperator(stranger);
        contribution.updateManualFinalize(true);
        expectOnlyOperator(stranger);
        contribution.updateFee(1);
        expectOnlyOperator(stranger);
        contribution.updatePubkeys(key(), proof(), 1, 2, 3);
        expectOnlyOperator(stranger);
        contribution.updateReservedContributors(noReservations());
        expectOnlyOperator(stranger);
        contribution.finalize();
        expectOnlyOperator(stranger);
        contribution.reset();
        expectOnlyOperator(stranger);
        contribution.resetUpdateAndContribute(key(), proof(), params(), noReservations(), false, stranger, 0);
        expectOnlyOperator(stranger);
        contribution.rescueERC20(address(token));
        vm.stopPrank();
    }

    function updateKeys() private {
        BN256G1.G1Point memory newKey = BN256G1.G1Point(101, 102);
        vm.expectEmit(address(contribution));
        emit IServiceNodeContribution.UpdatePubkeys(newKey, 301);
        vm.prank(operator);
        contribution.updatePubkeys(newKey, proof(), 301, 302, 303);
    }

    function assertLocked(IServiceNodeContribution.Status current) private {
        vm.startPrank(operator);
        expectWaitForOperatorRequired(current);
        contribution.updateFee(1);
        expectWaitForOperatorRequired(current);
        contribution.updatePubkeys(key(), proof(), 1, 2, 3);
        expectWaitForOperatorRequired(current);
        contribution.updateReservedContributors(noReservations());
        vm.stopPrank();
    }
}
