// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {TokenConverter} from "../src/TokenConverter.sol";
import {Test} from "./foundry/Test.sol";
import {MockERC20} from "./mocks/MockERC20.sol";
import {MockWOXEN} from "./mocks/MockWOXEN.sol";

/// @notice Changing wOXEN into SESH (bridge §1.8).
contract TokenConverterTest is Test {
    // Three SESH for four wOXEN.
    uint256 private constant NUMERATOR = 3 * 10 ** 9;
    uint256 private constant DENOMINATOR = 4 * 10 ** 18;
    uint256 private constant DEPOSIT = 10_000 * 10 ** 9;
    uint256 private constant AMOUNT = 1_000 * 10 ** 18;

    MockWOXEN private woxen;
    MockERC20 private sesh;
    TokenConverter private converter;
    address private user = makeAddr("user");

    function setUp() public {
        woxen = new MockWOXEN("Wrapped OXEN", "wOXEN", 100_000_000 * 10 ** 18);
        sesh = new MockERC20("Session Token", "SESH", 240_000_000 * 10 ** 9);
        converter = new TokenConverter(address(woxen), address(sesh), NUMERATOR, DENOMINATOR);
        sesh.approve(address(converter), type(uint256).max);
        converter.depositTokenB(DEPOSIT);
        woxen.transfer(user, 2 * AMOUNT);
        vm.prank(user);
        woxen.approve(address(converter), 2 * AMOUNT);
    }

    function convert(uint256 amount) private {
        vm.prank(user);
        converter.convertTokens(amount);
    }

    // ---------------------------------------------------------------------------------------------- construction

    function test_startsWithItsParameters() public view {
        vm.assertEq(converter.owner(), address(this));
        vm.assertEq(address(converter.tokenA()), address(woxen));
        vm.assertEq(address(converter.tokenB()), address(sesh));
        vm.assertEq(converter.conversionRateNumerator(), NUMERATOR);
        vm.assertEq(converter.conversionRateDenominator(), DENOMINATOR);
        vm.assertFalse(converter.paused());
    }

    function test_isNotMadeWithoutTokens() public {
        vm.expectRevert("Invalid token address");
        new TokenConverter(address(0), address(sesh), 1, 1);
        vm.expectRevert("Invalid token address");
        new TokenConverter(address(woxen), address(0), 1, 1);
    }

    function test_isNotMadeWithoutARate() public {
        vm.expectRevert("Conversion rate must be greater than 0");
        new TokenConverter(address(woxen), address(sesh), 0, 1);
        vm.expectRevert("Conversion rate must be greater than 0");
        new TokenConverter(address(woxen), address(sesh), 1, 0);
    }

    // ------------------------------------------------------------------------------------------------ conversions

    function test_converts() public {
        vm.expectEmit(address(converter));
        emit TokenConverter.Conversion(user, AMOUNT, 750 * 10 ** 9);
        convert(AMOUNT);
        vm.assertEq(sesh.balanceOf(user), 750 * 10 ** 9);
        vm.assertEq(woxen.balanceOf(user), AMOUNT);
        vm.assertEq(woxen.balanceOf(address(converter)), AMOUNT);
        vm.assertEq(sesh.balanceOf(address(converter)), DEPOSIT - 750 * 10 ** 9);
    }

    function test_convertsAtTheNewRate() public {
        convert(AMOUNT);
        vm.expectEmit(address(converter));
        emit TokenConverter.RateUpdated(2 * 10 ** 9, 10 ** 18);
        converter.updateConversionRate(2 * 10 ** 9, 10 ** 18);
        convert(AMOUNT);
        vm.assertEq(sesh.balanceOf(user), 2750 * 10 ** 9);
    }

    function test_convertsNotNothing() public {
        vm.expectRevert("Amount must be greater than 0");
        convert(0);
    }

    function test_convertsNotMoreThanTheAllowance() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(converter), 2 * AMOUNT, 2 * AMOUNT + 1
            )
        );
        convert(2 * AMOUNT + 1);
    }

    function test_missingTokenBIsFoundBeforeMissingAllowance() public {
        converter.withdrawTokenB(DEPOSIT);
        vm.expectRevert("Insufficient Token B in contract");
        convert(2 * AMOUNT + 1);
    }

    /// @dev Rounded down, so that what is given is never worth more than what was taken.
    function testFuzz_givesTheRateRoundedDown(uint256 amount, uint256 numerator, uint256 denominator) public {
        amount = bound(amount, 1, 2 * AMOUNT);
        numerator = bound(numerator, 1, 10 ** 18);
        denominator = bound(denominator, numerator * 2 * AMOUNT / DEPOSIT + 1, type(uint128).max);
        converter.updateConversionRate(numerator, denominator);
        convert(amount);
        uint256 given = sesh.balanceOf(user);
        vm.assertLe(given * denominator, amount * numerator);
        vm.assertTrue((given + 1) * denominator > amount * numerator);
        vm.assertEq(given + sesh.balanceOf(address(converter)), DEPOSIT);
    }

    // --------------------------------------------------------------------------------------------------- the owner

    function test_ownerDepositsAndWithdraws() public {
        vm.expectEmit(address(converter));
        emit TokenConverter.TokenBDeposited(5);
        converter.depositTokenB(5);
        vm.expectEmit(address(converter));
        emit TokenConverter.TokenBWithdrawn(DEPOSIT + 5);
        converter.withdrawTokenB(DEPOSIT + 5);
        vm.assertEq(sesh.balanceOf(address(converter)), 0);
    }

    function test_refusesAmountsOfNothing() public {
        vm.expectRevert("Amount must be greater than 0");
        converter.depositTokenB(0);
        vm.expectRevert("Amount must be greater than 0");
        converter.withdrawTokenB(0);
    }

    function test_withdrawsNotMoreThanThereIs() public {
        vm.expectRevert("Insufficient balance");
        converter.withdrawTokenB(DEPOSIT + 1);
    }

    function test_refusesARateOfNothing() public {
        vm.expectRevert("Conversion rate components must be greater than 0");
        converter.updateConversionRate(0, 1);
        vm.expectRevert("Conversion rate components must be greater than 0");
        converter.updateConversionRate(1, 0);
    }

    function test_strangersChangeNothing() public {
        bytes memory refused = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, user);
        vm.startPrank(user);
        vm.expectRevert(refused);
        converter.updateConversionRate(1, 1);
        vm.expectRevert(refused);
        converter.depositTokenB(1);
        vm.expectRevert(refused);
        converter.withdrawTokenB(1);
        vm.expectRevert(refused);
        converter.pause();
        vm.expectRevert(refused);
        converter.unpause();
        vm.stopPrank();
    }

    // ---------------------------------------------------------------------------------------------------- pausing

    function test_pauseStopsConversions() public {
        vm.expectEmit(address(converter));
        emit Pausable.Paused(address(this));
        converter.pause();
        vm.assertTrue(converter.paused());
        vm.expectRevert(Pausable.EnforcedPause.selector);
        convert(AMOUNT);

        vm.expectEmit(address(converter));
        emit Pausable.Unpaused(address(this));
        converter.unpause();
        convert(AMOUNT);
        vm.assertEq(sesh.balanceOf(user), 750 * 10 ** 9);
    }

    function test_depositsAndWithdrawalsWorkWhilePaused() public {
        converter.pause();
        converter.depositTokenB(5);
        converter.withdrawTokenB(DEPOSIT + 5);
        vm.assertEq(sesh.balanceOf(address(converter)), 0);
    }
}
