// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {TokenVestingNoStaking} from "../src/TokenVestingNoStaking.sol";
import {ITokenVestingNoStaking} from "../src/interfaces/ITokenVestingNoStaking.sol";
import {Test} from "./foundry/Test.sol";
import {MockERC20} from "./mocks/MockERC20.sol";

/// @notice A fifth at the cliff, the rest evenly (bridge §1.8).
contract TokenVestingNoStakingTest is Test {
    uint256 private constant NOW = 1_750_000_000;
    uint256 private constant CLIFF = NOW + 365 days;
    uint256 private constant END = CLIFF + 800 days;
    uint256 private constant AMOUNT = 1_000_000;

    MockERC20 private token;
    TokenVestingNoStaking private vesting;
    address private beneficiary = makeAddr("beneficiary");
    address private revoker = makeAddr("revoker");
    address private stranger = makeAddr("stranger");

    function setUp() public {
        vm.warp(NOW);
        token = new MockERC20("Session Token", "SESH", 240_000_000 * 10 ** 9);
        vesting = new TokenVestingNoStaking(beneficiary, revoker, CLIFF, END, true);
        token.transfer(address(vesting), AMOUNT);
    }

    function release() private {
        vm.prank(beneficiary);
        vesting.release(token);
    }

    function revoke() private {
        vm.prank(revoker);
        vesting.revoke(token);
    }

    function test_startsWithItsParameters() public view {
        vm.assertEq(vesting.getBeneficiary(), beneficiary);
        vm.assertEq(vesting.getRevoker(), revoker);
        vm.assertEq(vesting.cliff(), CLIFF);
        vm.assertEq(vesting.end(), END);
        vm.assertEq(vesting.CLIFF_DENOMINATOR(), 5);
        vm.assertTrue(vesting.transferableBeneficiary());
        vm.assertFalse(vesting.revoked());
    }

    function test_isNotMadeWithDatesOutOfOrder() public {
        vm.expectRevert("Vesting: cliff_ after end_");
        new TokenVestingNoStaking(beneficiary, revoker, END + 1, END, true);
        vm.expectRevert("Vesting: cliff before current time");
        new TokenVestingNoStaking(beneficiary, revoker, NOW, END, true);
        vm.expectRevert("Shared: Zero-address is not permitted");
        new TokenVestingNoStaking(address(0), revoker, CLIFF, END, true);
    }

    function test_nothingBeforeTheCliff() public {
        vm.warp(CLIFF - 1);
        vm.expectRevert("Vesting: no tokens are due");
        release();
    }

    function test_aFifthAtTheCliff() public {
        vm.warp(CLIFF);
        vm.expectEmit(address(vesting));
        emit ITokenVestingNoStaking.TokensReleased(token, AMOUNT / 5);
        release();
        vm.assertEq(token.balanceOf(beneficiary), AMOUNT / 5);
        vm.assertEq(vesting.released(token), AMOUNT / 5);
    }

    function test_theRestEvenly() public {
        vm.warp(CLIFF + 200 days);
        release();
        vm.assertEq(token.balanceOf(beneficiary), AMOUNT / 5 + AMOUNT * 4 / 5 / 4);
        vm.warp(CLIFF + 400 days);
        release();
        vm.assertEq(token.balanceOf(beneficiary), AMOUNT / 5 + AMOUNT * 4 / 5 / 2);
    }

    function test_everythingAtTheEnd() public {
        vm.warp(END);
        release();
        vm.assertEq(token.balanceOf(beneficiary), AMOUNT);
        vm.expectRevert("Vesting: no tokens are due");
        release();
    }

    /// @dev Releasing often gives what releasing once gives.
    function testFuzz_releasesAddUp(uint256 first, uint256 second) public {
        first = bound(first, CLIFF, END + 1 days);
        second = bound(second, first, END + 1 days);
        vm.warp(first);
        release();
        vm.warp(second);
        vm.prank(beneficiary);
        try vesting.release(token) {} catch {}
        uint256 linear = second >= END ? AMOUNT * 4 / 5 : AMOUNT * 4 / 5 * (second - CLIFF) / (END - CLIFF);
        vm.assertEq(token.balanceOf(beneficiary), AMOUNT / 5 + linear);
    }

    function test_revocationLeavesWhatIsVested() public {
        vm.warp(CLIFF + 400 days);
        uint256 vested = AMOUNT / 5 + AMOUNT * 4 / 5 / 2;
        vm.expectEmit(address(vesting));
        emit ITokenVestingNoStaking.TokenVestingRevoked(token, AMOUNT - vested);
        revoke();
        vm.assertEq(token.balanceOf(revoker), AMOUNT - vested);

        release();
        vm.assertEq(token.balanceOf(beneficiary), vested);
        vm.expectRevert("Vesting: token revoked");
        revoke();
    }

    function test_revocationBeforeTheCliffTakesEverything() public {
        revoke();
        vm.assertEq(token.balanceOf(revoker), AMOUNT);
    }

    function test_revocationCountsWhatWasReleased() public {
        vm.warp(CLIFF);
        release();
        vm.warp(CLIFF + 400 days);
        revoke();
        release();
        vm.assertEq(token.balanceOf(revoker), AMOUNT * 4 / 5 / 2);
        vm.assertEq(token.balanceOf(beneficiary), AMOUNT / 5 + AMOUNT * 4 / 5 / 2);
    }

    function test_noRevocationAfterTheEnd() public {
        vm.warp(END + 1);
        vm.expectRevert("Vesting: vesting expired");
        revoke();
    }

    function test_rolesAreHandedOver() public {
        vm.expectEmit(address(vesting));
        emit ITokenVestingNoStaking.BeneficiaryTransferred(beneficiary, stranger);
        vm.prank(beneficiary);
        vesting.transferBeneficiary(stranger);
        vm.expectEmit(address(vesting));
        emit ITokenVestingNoStaking.RevokerTransferred(revoker, beneficiary);
        vm.prank(revoker);
        vesting.transferRevoker(beneficiary);
        vm.assertEq(vesting.getBeneficiary(), stranger);
        vm.assertEq(vesting.getRevoker(), beneficiary);
    }

    function test_beneficiaryStaysWhenNotTransferable() public {
        vesting = new TokenVestingNoStaking(beneficiary, revoker, CLIFF, END, false);
        vm.expectRevert("Vesting: beneficiary not transferrable");
        vm.prank(beneficiary);
        vesting.transferBeneficiary(stranger);
    }

    function test_rolesAreNotGivenToNobody() public {
        vm.expectRevert("Shared: Zero-address is not permitted");
        vm.prank(beneficiary);
        vesting.transferBeneficiary(address(0));
        vm.expectRevert("Shared: Zero-address is not permitted");
        vm.prank(revoker);
        vesting.transferRevoker(address(0));
    }

    function test_strangersDoNothing() public {
        vm.warp(END);
        vm.startPrank(stranger);
        vm.expectRevert("Vesting: not the beneficiary");
        vesting.release(token);
        vm.expectRevert("Vesting: not the beneficiary");
        vesting.transferBeneficiary(stranger);
        vm.expectRevert("Vesting: not the revoker");
        vesting.revoke(token);
        vm.expectRevert("Vesting: not the revoker");
        vesting.transferRevoker(stranger);
        vm.stopPrank();
    }
}
