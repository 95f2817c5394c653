// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {ServiceNodeContribution} from "../src/ServiceNodeContribution.sol";
import {ServiceNodeContributionFactory} from "../src/ServiceNodeContributionFactory.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {ContributionFixture} from "./support/ContributionFixture.sol";
import {GasRecorder} from "./support/GasRecorder.sol";

/// @notice What the calls of contributors and operators cost, each a transaction of its own. The rewards contract is a
/// mock, so registration and proofs of possession cost more by what the real one takes.
/// forge-config: default.isolate = true
contract ServiceNodeContributionGasTest is ContributionFixture, GasRecorder {
    string private constant GROUP = "ServiceNodeContribution";

    function setUp() public override {
        super.setUp();
        // A registration before, so that the mock's counters and balance are not written for the first time.
        token.approve(address(rewards), type(uint256).max);
        rewards.addBLSPublicKey(key(), proof(), params(), new IServiceNodeRewards.Contributor[](0));
    }

    function newFactory() internal override returns (ServiceNodeContributionFactory) {
        return ServiceNodeContributionFactory(create("ServiceNodeContributionFactory", ""));
    }

    function record(string memory name) private {
        record(GROUP, name);
    }

    function memberAddress(uint256 place) private pure returns (address) {
        return address(uint160(0x6000 + place));
    }

    /// @dev The contributor of this place, two to ten, with tokens.
    function member(uint256 place) private returns (address account) {
        account = memberAddress(place);
        fund(account);
    }

    /// @dev The operator and as many more that `count` have contributed.
    function contributors(uint256 count) private {
        contribute(operator, QUARTER);
        for (uint256 place = 2; place <= count; place++) {
            contributeMinimum(member(place));
        }
    }

    /// @dev Nine contributors, the last of whom would leave nothing open to a tenth.
    function fillByNine() private {
        contributors(8);
        contribute(member(9), REQUIREMENT - contribution.totalContribution());
    }

    function reserveForTwo() private {
        vm.prank(operator);
        contribution.updateReservedContributors(reservations(alice, 30, bob, 25));
    }

    // -------------------------------------------------------------------------------------------------- parameters

    function test_gasOfDeploying() public {
        deploy(noReservations(), false);
        record("deploy");
        deploy(reservations(alice, 30, bob, 25), false);
        record("deploy, three reservations");
    }

    function test_gasOfParameters() public {
        vm.startPrank(operator);
        contribution.updateFee(1);
        record("updateFee");
        contribution.updateManualFinalize(true);
        record("updateManualFinalize");
        contribution.updatePubkeys(key(), proof(), 301, 302, 303);
        record("updatePubkeys");
        contribution.updateReservedContributors(reservations(alice, 30, bob, 25));
        record("updateReservedContributors, three");
        contribution.updateReservedContributors(reservations(alice, 30, carol, 25));
        record("updateReservedContributors, three for three");
        contribution.updateReservedContributors(noReservations());
        record("updateReservedContributors, none for three");
        vm.stopPrank();
    }

    function test_gasOfRescuing() public {
        token.transfer(address(contribution), 1);
        vm.prank(operator);
        contribution.rescueERC20(address(token));
        record("rescueERC20");
    }

    // ----------------------------------------------------------------------------------------------- contributions

    function test_gasOfContributing() public {
        contribute(operator, QUARTER);
        record("contributeFunds, operator");
        contribute(operator, 1);
        record("contributeFunds, top-up of the operator");
        for (uint256 place = 2; place < MAX_CONTRIBUTORS; place++) {
            contributeMinimum(member(place));
            if (place == 2) record("contributeFunds, second");
        }
        record("contributeFunds, ninth");
        contribute(memberAddress(2), 1);
        record("contributeFunds, top-up of the second");
        vm.prank(memberAddress(2));
        contribution.contributeFunds(1, bob);
        record("contributeFunds, top-up of the second with a beneficiary");
        vm.prank(memberAddress(2));
        contribution.updateBeneficiary(carol);
        record("updateBeneficiary");
        vm.prank(memberAddress(9));
        contribution.updateBeneficiary(carol);
        record("updateBeneficiary of the ninth");
        contribute(member(10), REQUIREMENT - contribution.totalContribution());
        record("contributeFunds, tenth with registration");
    }

    function test_gasOfContributingWithReservations() public {
        reserveForTwo();
        contribute(operator, QUARTER);
        record("contributeFunds, operator, reserved");
        contribute(alice, REQUIREMENT * 30 / 100);
        record("contributeFunds, reserved");
        contributeMinimum(carol);
        record("contributeFunds, beside reservations");
    }

    function test_gasOfFillingWithoutRegistration() public {
        vm.prank(operator);
        contribution.updateManualFinalize(true);
        fillByNine();
        record("contributeFunds, ninth of nine");
        vm.prank(operator);
        contribution.finalize();
        record("finalize, nine contributors");
    }

    function test_gasOfFinalizing() public {
        fillAndWaitForFinalize();
        vm.prank(operator);
        contribution.finalize();
        record("finalize, two contributors");
    }

    // ----------------------------------------------------------------------------------------------------- leaving

    function test_gasOfWithdrawing() public {
        contributors(9);
        waitForWithdrawal();
        withdraw(memberAddress(2));
        record("withdrawContribution, second of nine");
        withdraw(memberAddress(8));
        record("withdrawContribution, last of eight");
        for (uint256 place = 3; place <= 7; place++) {
            withdraw(memberAddress(place));
        }
        withdraw(memberAddress(9));
        record("withdrawContribution, second of two");
        withdraw(operator);
        record("withdrawContribution, operator, alone");
    }

    function test_gasOfWithdrawingWhenFilled() public {
        vm.prank(operator);
        contribution.updateManualFinalize(true);
        fillByNine();
        waitForWithdrawal();
        withdraw(memberAddress(9));
        record("withdrawContribution, last of nine, filled");
    }

    function test_gasOfWithdrawingAReservation() public {
        reserveForTwo();
        contribute(operator, QUARTER);
        contribute(alice, REQUIREMENT * 30 / 100);
        contribute(bob, REQUIREMENT * 25 / 100);
        waitForWithdrawal();
        withdraw(alice);
        record("withdrawContribution, reserved, second of three");
        withdraw(bob);
        record("withdrawContribution, reserved, second of two");
        withdraw(operator);
        record("withdrawContribution, operator with reservations");
    }

    function test_gasOfWithdrawingAfterRegistration() public {
        fillByNine();
        waitForWithdrawal();
        withdraw(memberAddress(2));
        record("withdrawContribution, registered, second of nine");
        withdraw(memberAddress(2));
        record("withdrawContribution, nothing");
        vm.prank(operator);
        contribution.reset();
        record("reset, registered, eight contributors");
    }

    function test_gasOfTheOperatorsWithdrawal() public {
        contributors(9);
        withdraw(operator);
        record("withdrawContribution, operator, of nine");
    }

    function test_gasOfResetting() public {
        vm.prank(operator);
        contribution.reset();
        record("reset, nobody");
        contributors(1);
        vm.prank(operator);
        contribution.reset();
        record("reset, operator");
        contributors(8);
        vm.prank(operator);
        contribution.reset();
        record("reset, eight contributors");
        reserveForTwo();
        vm.prank(operator);
        contribution.reset();
        record("reset, three reservations");
    }

    function test_gasOfResettingAndBeginningAnew() public {
        contributors(2);
        vm.startPrank(operator);
        contribution.resetUpdateAndContribute(
            key(), proof(), params(), reservations(alice, 30), true, address(0), QUARTER
        );
        record("resetUpdateAndContribute, two contributors");
        contribution.resetUpdateAndContribute(key(), proof(), params(), reservations(alice, 30), true, address(0), 0);
        record("resetUpdateAndContribute, nothing contributed");
        vm.stopPrank();
    }

    function test_sizes() public {
        vm.snapshotValue("ServiceNodeContributionFactory", "size", address(factory).code.length);
        vm.snapshotValue(GROUP, "size", address(contribution).code.length);
        vm.snapshotValue(GROUP, "size of creation", type(ServiceNodeContribution).creationCode.length);
    }
}
