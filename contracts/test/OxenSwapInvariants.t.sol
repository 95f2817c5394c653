// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {OxenSwap} from "../src/OxenSwap.sol";
import {SESH} from "../src/SESH.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {Test} from "./foundry/Test.sol";
import {BLS} from "./support/BLS.sol";
import {SwapFixture} from "./support/SwapFixture.sol";

/// @notice Four people who burn and claim, in any order, with a chain that keeps their totals.
contract SwapHandler is Test {
    uint256 private constant ALL_KEYS = 11 + 12 + 13 + 14;

    OxenSwap private immutable _swap;
    SESH private immutable _token;
    address private immutable _owner;

    address[4] public people;
    /// @notice What the chain has recorded for each.
    mapping(address account => uint256) public chainTotal;
    /// @notice The highest sum of claims in one window.
    uint256 public mostInOneWindow;
    uint256 private _window;
    uint256 private _inWindow;

    constructor(OxenSwap swap, SESH token, address owner) {
        (_swap, _token, _owner) = (swap, token, owner);
        people = [makeAddr("one"), makeAddr("two"), makeAddr("three"), makeAddr("four")];
    }

    /// @dev Someone burns; anyone brings the new total over, with one node missing or none.
    function burnAndCredit(uint256 who, uint256 amount, uint256 missing) external {
        address account = people[who % 4];
        uint256 room = _swap.cap() - _swap.totalCredited();
        if (room == 0 || _swap.paused()) return;
        chainTotal[account] += bound(amount, 1, room < 3_000_000 * 1e9 ? room : 3_000_000 * 1e9);
        (uint256 keys, uint64[] memory ids) = signers(missing % 5);
        _swap.updateSwapBalance(account, chainTotal[account], sign(keys, account, chainTotal[account]), ids);
    }

    /// @dev An old total, or one that the chain does not have, is refused.
    function creditWhatIsNotOwed(uint256 who, uint256 total) external {
        address account = people[who % 4];
        bool unsigned = total > chainTotal[account];
        uint256 signed = unsigned ? chainTotal[account] : total;
        IServiceNodeRewards.BLSSignatureParams memory signature = sign(ALL_KEYS, account, signed);
        try _swap.updateSwapBalance(account, total, signature, new uint64[](0)) {
            revert("credited what is not owed");
        } catch {}
    }

    function claim(uint256 who, uint256 amount) external {
        address account = people[who % 4];
        uint256 most = _swap.claimable(account);
        if (most > _swap.cycleRemaining()) most = _swap.cycleRemaining();
        if (most == 0 || _swap.paused()) return;
        amount = bound(amount, 1, most);
        vm.prank(account);
        _swap.claim(amount);
        count(amount);
    }

    function claimFor(uint256 who) external {
        address account = people[who % 4];
        if (_swap.claimable(account) == 0 || _swap.cycleRemaining() == 0 || _swap.paused()) return;
        uint256 before = _swap.claimed(account);
        _swap.claimFor(account);
        count(_swap.claimed(account) - before);
    }

    /// @dev More than is owed is refused, whoever asks.
    function claimTooMuch(uint256 who, uint256 amount) external {
        address account = people[who % 4];
        amount = bound(amount, _swap.claimable(account) + 1, type(uint256).max);
        vm.prank(account);
        try _swap.claim(amount) {
            revert("paid what is not owed");
        } catch {}
    }

    function pauseOrUnpause() external {
        bool paused = _swap.paused();
        vm.prank(_owner);
        if (paused) _swap.unpause();
        else _swap.pause();
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, 1 days));
    }

    function count(uint256 amount) private {
        uint256 window = block.timestamp / 12 hours;
        if (window != _window) (_window, _inWindow) = (window, 0);
        _inWindow += amount;
        if (_inWindow > mostInOneWindow) mostInOneWindow = _inWindow;
    }

    function signers(uint256 missing) private pure returns (uint256 keys, uint64[] memory ids) {
        if (missing == 0) return (ALL_KEYS, new uint64[](0));
        ids = new uint64[](1);
        ids[0] = uint64(missing);
        return (ALL_KEYS - 10 - missing, ids);
    }

    function sign(uint256 keys, address account, uint256 total)
        private
        view
        returns (IServiceNodeRewards.BLSSignatureParams memory)
    {
        return BLS.sign(keys, abi.encodePacked(_swap.swapTag(), account, total), _swap.hashToG2Tag());
    }
}

/// @notice What holds after every call (bridge §5.4).
contract OxenSwapInvariantsTest is SwapFixture {
    SwapHandler private handler;

    function setUp() public override {
        super.setUp();
        handler = new SwapHandler(swap, token, swapOwner);
        targetContract(address(handler));
    }

    function invariant_nothingIsLostOrPaidTwice() public view {
        claimedIsAtMostCreditedIsWhatTheChainHas();
        everyCreditIsBacked();
        noWindowPaysMoreThanItsLimit();
        stakesAreUntouched();
    }

    function claimedIsAtMostCreditedIsWhatTheChainHas() private view {
        uint256 credited;
        uint256 claimed;
        for (uint256 i = 0; i < 4; ++i) {
            address account = handler.people(i);
            vm.assertLe(swap.claimed(account), swap.credited(account));
            vm.assertEq(swap.credited(account), handler.chainTotal(account));
            vm.assertEq(token.balanceOf(account), swap.claimed(account));
            credited += swap.credited(account);
            claimed += swap.claimed(account);
        }
        vm.assertEq(swap.totalCredited(), credited);
        vm.assertEq(swap.totalClaimed(), claimed);
        vm.assertLe(claimed, credited);
        vm.assertLe(credited, swap.cap());
    }

    function everyCreditIsBacked() private view {
        vm.assertEq(token.balanceOf(address(swap)), CAP - swap.totalClaimed());
        vm.assertGe(token.balanceOf(address(swap)), swap.totalCredited() - swap.totalClaimed());
    }

    function noWindowPaysMoreThanItsLimit() private view {
        vm.assertLe(handler.mostInOneWindow(), CYCLE_LIMIT);
    }

    function stakesAreUntouched() private view {
        vm.assertEq(token.balanceOf(address(rewards)), 4 * REQUIREMENT);
    }
}
