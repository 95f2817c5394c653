// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {ServiceNodeContribution} from "../src/ServiceNodeContribution.sol";
import {TokenConverter} from "../src/TokenConverter.sol";
import {TokenVestingNoStaking} from "../src/TokenVestingNoStaking.sol";
import {TokenVestingStaking} from "../src/TokenVestingStaking.sol";
import {IServiceNodeContributionFactory} from "../src/interfaces/IServiceNodeContributionFactory.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {ContributionFixture} from "./support/ContributionFixture.sol";

/// @notice What the calls of contributors and operators cost, each a transaction of its own, recorded in `snapshots` and
/// compared there; and not more than the same call cost with the original contract, where a figure stands. The rewards contract is a mock, so registration and proofs of possession cost more by what the real one takes.
/// forge-config: default.isolate = true
contract ServiceNodeContributionGasTest is ContributionFixture {
    string private constant GROUP = "ServiceNodeContribution";

    function setUp() public override {
        super.setUp();
        // A registration before, so that the mock's counters and balance are not written for the first time.
        token.approve(address(rewards), type(uint256).max);
        rewards.addBLSPublicKey(key(), proof(), params(), new IServiceNodeRewards.Contributor[](0));
    }

    function record(string memory name) private returns (uint256 gasUsed) {
        gasUsed = vm.snapshotGasLastCall(GROUP, name);
    }

    function member(uint256 index) private returns (address account) {
        account = address(uint160(0x6000 + index));
        fund(account);
    }

    function test_gasOfDeploying() public {
        deploy(noReservations(), false);
        vm.assertLe(record("deploy"), 3_090_223);
        deploy(reservations(alice, 30, bob, 25), false);
        vm.assertLe(record("deploy, three reservations"), 3_258_977);
    }

    function test_gasOfParameters() public {
        vm.startPrank(operator);
        contribution.updateFee(1);
        vm.assertLe(record("updateFee"), 30_025);
        contribution.updateManualFinalize(true);
        vm.assertLe(record("updateManualFinalize"), 45_268);
        contribution.updatePubkeys(key(), proof(), 301, 302, 303);
        vm.assertLe(record("updatePubkeys"), 60_097);
        contribution.updateReservedContributors(reservations(alice, 30, bob, 25));
        vm.assertLe(record("updateReservedContributors, three"), 196_293);
        vm.stopPrank();
    }

    function test_gasOfContributing() public {
        contribute(operator, QUARTER);
        vm.assertLe(record("contributeFunds, operator"), 207_642);
        for (uint256 i = 1; i < MAX_CONTRIBUTORS - 1; i++) {
            contributeMinimum(member(i));
            if (i == 1) vm.assertLe(record("contributeFunds, second"), 157_982);
        }
        vm.assertLe(record("contributeFunds, ninth"), 194_872);
        contribute(member(1), 1);
        record("contributeFunds, top-up");
        vm.prank(address(uint160(0x6001)));
        contribution.updateBeneficiary(carol);
        vm.assertLe(record("updateBeneficiary"), 37_764);
        contribute(member(10), REQUIREMENT - contribution.totalContribution());
        vm.assertLe(record("contributeFunds, tenth with registration"), 1_068_033);
    }

    function test_gasOfContributingWithReservations() public {
        vm.prank(operator);
        contribution.updateReservedContributors(reservations(alice, 30, bob, 25));
        contribute(operator, QUARTER);
        contribute(alice, REQUIREMENT * 30 / 100);
        vm.assertLe(record("contributeFunds, reserved"), 192_323);
    }

    function test_gasOfFinalizing() public {
        fillAndWaitForFinalize();
        vm.prank(operator);
        contribution.finalize();
        record("finalize, two contributors");
    }

    function test_gasOfLeaving() public {
        contribute(operator, QUARTER);
        for (uint256 i = 1; i < MAX_CONTRIBUTORS; i++) {
            contributeMinimum(member(i));
            if (i == MAX_CONTRIBUTORS - 2) break;
        }
        waitForWithdrawal();
        withdraw(address(uint160(0x6001)));
        record("withdrawContribution, second of nine");
        vm.prank(operator);
        contribution.reset();
        record("reset, eight contributors");
        token.transfer(address(contribution), 1);
        vm.prank(operator);
        contribution.rescueERC20(address(token));
        record("rescueERC20");
        vm.prank(operator);
        contribution.resetUpdateAndContribute(
            key(), proof(), params(), reservations(alice, 30), true, address(0), QUARTER
        );
        record("resetUpdateAndContribute");
    }

    function test_gasOfConverting() public {
        TokenConverter converter = new TokenConverter(address(token), address(token), 1, 2);
        token.approve(address(converter), type(uint256).max);
        converter.depositTokenB(QUARTER);
        token.transfer(alice, QUARTER);
        vm.startPrank(alice);
        token.approve(address(converter), QUARTER);
        converter.convertTokens(QUARTER);
        vm.snapshotGasLastCall("TokenConverter", "convertTokens");
        vm.stopPrank();
        vm.snapshotValue("TokenConverter", "size", address(converter).code.length);
    }

    function test_gasOfVesting() public {
        uint256 start = block.timestamp + 1;
        TokenVestingStaking vesting = new TokenVestingStaking(
            alice,
            bob,
            start,
            start + 1 days,
            true,
            IServiceNodeRewards(address(rewards)),
            IServiceNodeContributionFactory(address(factory)),
            token
        );
        token.transfer(address(vesting), 2 * REQUIREMENT);
        vm.warp(start);
        contribute(operator, QUARTER);
        vm.startPrank(alice);
        vesting.addBLSPublicKey(key(), proof(), params(), alice);
        vm.snapshotGasLastCall("TokenVestingStaking", "addBLSPublicKey");
        vesting.contributeFunds(address(contribution), QUARTER, alice);
        vm.snapshotGasLastCall("TokenVestingStaking", "contributeFunds");
        vm.warp(start + 1 days);
        vesting.release(token);
        vm.snapshotGasLastCall("TokenVestingStaking", "release");
        vm.stopPrank();
        vm.snapshotValue("TokenVestingStaking", "size", address(vesting).code.length);
    }

    function test_sizes() public {
        TokenVestingNoStaking vesting =
            new TokenVestingNoStaking(alice, bob, block.timestamp + 1, block.timestamp + 2, true);
        vm.snapshotValue("TokenVestingNoStaking", "size", address(vesting).code.length);
        vm.snapshotValue("ServiceNodeContributionFactory", "size", address(factory).code.length);
        vm.snapshotValue(GROUP, "size", address(contribution).code.length);
        vm.snapshotValue(GROUP, "size of creation", type(ServiceNodeContribution).creationCode.length);
    }
}
