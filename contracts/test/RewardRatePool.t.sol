// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {Initializable} from "@openzeppelin/contracts-upgradeable/proxy/utils/Initializable.sol";

import {RewardRatePool} from "../src/RewardRatePool.sol";
import {SESH} from "../src/SESH.sol";
import {TestnetRewardRatePool} from "../src/test/TestnetRewardRatePool.sol";
import {Test} from "./foundry/Test.sol";

/// @notice The release of 15.1 % a year.
contract RewardRatePoolTest is Test {
    uint256 private constant PRINCIPAL = 100_000 * 1e9;
    uint256 private constant YEAR = 365 days;

    SESH private token;
    TestnetRewardRatePool private pool;
    address private beneficiary = makeAddr("beneficiary");

    function setUp() public {
        vm.warp(1_700_000_000);
        token = new SESH(240_000_000 * 1e9, address(this), address(1), address(2));
        pool = new TestnetRewardRatePool();
        pool.initialize(beneficiary, address(token));
    }

    function test_startsNow() public {
        vm.assertEq(pool.VERSION(), 1);
        vm.assertEq(pool.ANNUAL_SIMPLE_PAYOUT_RATE(), 151);
        vm.assertEq(pool.BASIS_POINTS(), 1000);
        vm.assertEq(address(pool.SESH()), address(token));
        vm.assertEq(pool.beneficiary(), beneficiary);
        vm.assertEq(pool.totalPaidOut(), 0);
        vm.assertEq(pool.lastPaidOutTime(), block.timestamp);
        vm.assertEq(pool.owner(), address(this));
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        pool.initialize(beneficiary, address(token));
    }

    function test_releasesTheRateOfTheTimeThatPassed() public {
        vm.assertEq(pool.calculatePayoutAmount(100_000, YEAR), 15_100);
        token.transfer(address(pool), PRINCIPAL);
        vm.warp(block.timestamp + 42);
        vm.assertEq(pool.calculateReleasedAmount(), 15_100 * 1e9 * 42 / YEAR);
    }

    function test_rewardRateIsThatOfOneBlock() public {
        token.transfer(address(pool), PRINCIPAL);
        uint256 full = PRINCIPAL * 151 * 120 / (1000 * YEAR);
        vm.assertEq(pool.rewardRate(), full);
        vm.warp(block.timestamp + 1);
        vm.assertEq(pool.rewardRate(), full - 1);
    }

    /// @dev What the network starts from at its fork: 40 million SESH.
    function test_rewardRateOfTheFirstPool() public view {
        vm.assertEq(pool.calculatePayoutAmount(40_000_000 * 1e9, 2 minutes), 22_983_257_229);
    }

    function test_paysYearByYear() public {
        token.transfer(address(pool), PRINCIPAL);
        vm.warp(block.timestamp + YEAR);
        vm.expectEmit(address(pool));
        emit RewardRatePool.FundsReleased(15_100_000_000_000);
        pool.payoutReleased();
        vm.warp(block.timestamp + YEAR);
        vm.expectEmit(address(pool));
        emit RewardRatePool.FundsReleased(12_819_900_000_000);
        pool.payoutReleased();
        vm.assertEq(token.balanceOf(beneficiary), 27_919_900_000_000);
        vm.assertEq(pool.totalPaidOut(), 27_919_900_000_000);
        vm.assertEq(pool.calculateTotalDeposited(), PRINCIPAL);
    }

    function test_paysFourteenPercentDayByDay() public {
        // One SESH is 10^9; PRINCIPAL is 10^14, so that the sum reads as a fraction with 14 digits.
        vm.assertEq(paidInAYear(365), 14_017_916_502_388);
    }

    function test_paysALittleMoreMonthByMonth() public {
        vm.assertEq(paidInAYear(12), 14_097_571_610_714);
    }

    function test_beneficiaryIsChosenByTheOwner() public {
        address other = makeAddr("other");
        vm.expectEmit(address(pool));
        emit RewardRatePool.BeneficiaryUpdated(other);
        pool.setBeneficiary(other);
        token.transfer(address(pool), PRINCIPAL);
        vm.warp(block.timestamp + YEAR);
        pool.payoutReleased();
        vm.assertEq(token.balanceOf(other), 15_100_000_000_000);

        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(OwnableUpgradeable.OwnableUnauthorizedAccount.selector, other));
        pool.setBeneficiary(other);
    }

    function test_ownerOfATestNetworkTurnsTheClockAndTakesTokensBack() public {
        token.transfer(address(pool), PRINCIPAL);
        pool.setLastPaidOutTime(block.timestamp - YEAR);
        vm.assertEq(pool.calculateReleasedAmount(), 15_100_000_000_000);
        uint256 before = token.balanceOf(address(this));
        vm.expectEmit(address(pool));
        emit TestnetRewardRatePool.SESHWithdrawn(PRINCIPAL);
        pool.withdrawSESH(PRINCIPAL);
        vm.assertEq(token.balanceOf(address(this)), before + PRINCIPAL);

        bytes memory reason =
            abi.encodeWithSelector(OwnableUpgradeable.OwnableUnauthorizedAccount.selector, beneficiary);
        vm.prank(beneficiary);
        vm.expectRevert(reason);
        pool.withdrawSESH(1);
        vm.prank(beneficiary);
        vm.expectRevert(reason);
        pool.setLastPaidOutTime(1);
    }

    function test_storageIsLaidOutAsDeployed() public {
        token.transfer(address(pool), PRINCIPAL);
        vm.warp(block.timestamp + YEAR);
        pool.payoutReleased();
        vm.assertEq(uint256(vm.load(address(pool), 0)), uint160(address(token)));
        vm.assertEq(uint256(vm.load(address(pool), bytes32(uint256(1)))), uint160(beneficiary));
        vm.assertEq(uint256(vm.load(address(pool), bytes32(uint256(2)))), 15_100_000_000_000);
        vm.assertEq(uint256(vm.load(address(pool), bytes32(uint256(3)))), block.timestamp);
    }

    /// @dev Whenever deposits and payments come, what was deposited is held or paid, and the pool never runs dry.
    function testFuzz_depositsAreHeldOrPaid(uint256[6] memory deposits, uint256[6] memory pauses) public {
        uint256 deposited;
        for (uint256 i = 0; i < deposits.length; ++i) {
            uint256 deposit = bound(deposits[i], 0, 40_000_000 * 1e9);
            token.transfer(address(pool), deposit);
            deposited += deposit;
            vm.warp(block.timestamp + bound(pauses[i], 0, YEAR));
            pool.payoutReleased();
            vm.assertEq(pool.totalPaidOut(), token.balanceOf(beneficiary));
            vm.assertEq(token.balanceOf(address(pool)) + pool.totalPaidOut(), deposited);
            vm.assertEq(pool.calculateTotalDeposited(), deposited);
        }
    }

    /// @dev Paying in between never releases more than paying once.
    function testFuzz_payingOftenReleasesNoMore(uint256 balance, uint256 first, uint256 second) public view {
        balance = bound(balance, 0, 240_000_000 * 1e9);
        first = bound(first, 0, YEAR);
        second = bound(second, 0, YEAR);
        uint256 early = pool.calculatePayoutAmount(balance, first);
        uint256 late = pool.calculatePayoutAmount(balance - early, second);
        vm.assertLe(early + late, pool.calculatePayoutAmount(balance, first + second));
    }

    function paidInAYear(uint256 payments) private returns (uint256) {
        token.transfer(address(pool), PRINCIPAL);
        for (uint256 i = 0; i < payments; ++i) {
            vm.warp(block.timestamp + YEAR / payments);
            pool.payoutReleased();
        }
        return token.balanceOf(beneficiary);
    }
}
