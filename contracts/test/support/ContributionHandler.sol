// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {ServiceNodeContribution} from "../../src/ServiceNodeContribution.sol";
import {IServiceNodeContribution} from "../../src/interfaces/IServiceNodeContribution.sol";
import {IServiceNodeRewards} from "../../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../../src/libraries/BN256G1.sol";
import {Test} from "../foundry/Test.sol";
import {MockERC20} from "../mocks/MockERC20.sol";
import {MockServiceNodeRewards} from "../mocks/MockServiceNodeRewards.sol";

/// @notice Does with a contribution contract what an operator and thirteen others may do, in any order, and keeps its
/// own account of who contributed what. Every call that must be refused is made as well.
contract ContributionHandler is Test {
    uint256 public constant ACTORS = 14;
    /// @notice What every actor starts with.
    uint256 public constant PURSE = 10 ** 16;

    ServiceNodeContribution private immutable _contribution;
    MockERC20 private immutable _token;
    MockServiceNodeRewards private immutable _rewards;
    address private immutable _operator;

    /// @notice What an actor has in the contract, by this account.
    mapping(address => uint256) public contributed;
    /// @notice What an actor has in registered nodes, by this account.
    mapping(address => uint256) public registered;
    /// @notice When an actor last contributed, by this account.
    mapping(address => uint256) public contributedAt;
    /// @notice Tokens sent to the contract without a contribution, and not rescued.
    uint256 public donated;
    /// @notice Tokens that actors gave away: to the contract, or on from there.
    uint256 public given;
    /// @notice Nodes registered.
    uint256 public nodes;
    /// @notice The parameters when the node was last opened.
    bytes32 public lockedParameters;

    modifier byOperator() {
        vm.startPrank(_operator);
        _;
        vm.stopPrank();
    }

    constructor(
        ServiceNodeContribution contribution,
        MockERC20 token,
        MockServiceNodeRewards rewards,
        address operator
    ) {
        (_contribution, _token, _rewards, _operator) = (contribution, token, rewards, operator);
    }

    /// @notice The actor of that number; the operator is the first.
    function actor(uint256 index) public view returns (address) {
        return index == 0 ? _operator : address(uint160(0xa000 + index));
    }

    /// @notice Everything that is locked once the operator has contributed.
    function parameters() public view returns (bytes32) {
        (address[] memory reserved, uint256[] memory amounts,) = _contribution.getReserved();
        (uint256 x, uint256 y) = _contribution.blsPubkey();
        return
            keccak256(
                abi.encode(x, y, _contribution.blsSignature(), _contribution.serviceNodeParams(), reserved, amounts)
            );
    }

    // ---------------------------------------------------------------------------------------------- contributions

    function contribute(uint256 who, uint256 amount, address beneficiary) public {
        address account = actor(bound(who, 0, ACTORS - 1));
        (uint256 least, uint256 most) = room(account);
        // Most calls stay within the rules, a quarter brings just the least, the others go where they will.
        uint256 kind = amount % 8;
        if (least > most || kind == 0) amount = bound(amount >> 3, 0, PURSE / 10);
        else if (kind < 3) amount = least;
        else amount = bound(amount >> 3, least, most);
        bytes32 before = parameters();
        bool open = _contribution.status() == IServiceNodeContribution.Status.OpenForPublicContrib;
        bool first = contributed[account] == 0;

        vm.prank(account);
        try _contribution.contributeFunds(amount, beneficiary) {
            vm.assertTrue(open || account == _operator, "contributed before the operator");
            vm.assertTrue(amount >= least && amount <= most, "contributed outside of the rules");
            vm.assertTrue(!first || amount > 0, "contributor of nothing");
            if (!open) lockedParameters = before;
            contributed[account] += amount;
            contributedAt[account] = block.timestamp;
            noteRegistration();
        } catch {
            vm.assertTrue(amount < least || amount > most, "contribution within the rules refused");
        }
    }

    /// @dev One call after the other seldom fills a node: here the operator and six others come at once.
    function contributeTogether(uint256 seed) external {
        contribute(0, seed, address(0));
        for (uint256 i = 1; i < 7; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            contribute(seed % ACTORS, seed >> 8, address(0));
        }
    }

    function withdraw(uint256 who) external {
        // The operator's withdrawal resets: seldom as well.
        address account = actor(who % (8 * ACTORS) == 0 ? 0 : bound(who, 1, ACTORS - 1));
        bool early = account != _operator && contributed[account] > 0
            && block.timestamp < contributedAt[account] + _contribution.WITHDRAWAL_DELAY();
        bool registeredNode = _contribution.status() == IServiceNodeContribution.Status.Finalized;

        vm.prank(account);
        try _contribution.withdrawContribution() {
            if (account == _operator) return forgetAll();
            vm.assertFalse(early && !registeredNode, "withdrew too early");
            contributed[account] = 0;
        } catch {
            vm.assertTrue(early || registeredNode, "withdrawal refused");
        }
    }

    function updateBeneficiary(uint256 who, address beneficiary) external {
        address account = actor(bound(who, 0, ACTORS - 1));
        vm.prank(account);
        try _contribution.updateBeneficiary(beneficiary) {
            vm.assertTrue(contributed[account] > 0, "beneficiary of a stranger");
        } catch {}
    }

    // ----------------------------------------------------------------------------------------------- the operator

    /// @dev Seldom, or nothing would ever be full.
    function reset(uint256 dice) external byOperator {
        if (dice % 8 != 0) return;
        _contribution.reset();
        forgetAll();
    }

    function finalize() external byOperator {
        try _contribution.finalize() {
            noteRegistration();
        } catch {}
    }

    function updateManualFinalize(bool value) external byOperator {
        _contribution.updateManualFinalize(value);
    }

    function updateFee(uint16 fee) external byOperator {
        bool open = unlocked();
        try _contribution.updateFee(fee) {
            vm.assertTrue(open && fee <= 10_000, "fee changed");
        } catch {
            vm.assertTrue(!open || fee > 10_000, "fee refused");
        }
    }

    function updatePubkeys(uint256 x, uint256 ed25519) external byOperator {
        bool open = unlocked();
        IServiceNodeRewards.BLSSignatureParams memory proof = IServiceNodeRewards.BLSSignatureParams(x, 2, 3, 4);
        try _contribution.updatePubkeys(BN256G1.G1Point(x, 1), proof, ed25519, 6, 7) {
            vm.assertTrue(open, "keys changed");
        } catch {
            vm.assertFalse(open, "keys refused");
        }
    }

    /// @dev Lists that keep the rules, of any length; sometimes with one amount that does not.
    function updateReservedContributors(uint256 length, uint256[9] memory amounts, uint256 wrong) external byOperator {
        length = bound(length, 0, 9);
        IServiceNodeRewards.ReservedContributor[] memory reserved =
            new IServiceNodeRewards.ReservedContributor[](length);
        uint256 remaining = _contribution.stakingRequirement();
        bool valid = true;
        for (uint256 i = 0; i < length; i++) {
            uint256 places = i == 0 ? 4 : _contribution.maxContributors() - i;
            uint256 least = (remaining + places - 1) / places;
            uint256 amount = bound(amounts[i], least, remaining);
            if (remaining == 0 || wrong % 32 == i) (amount, valid) = (remaining + 1, false);
            reserved[i] = IServiceNodeRewards.ReservedContributor(actor(i), amount);
            remaining -= valid ? amount : 0;
            if (!valid) break;
        }
        bool open = unlocked();
        try _contribution.updateReservedContributors(reserved) {
            vm.assertTrue(open && valid, "reservations changed");
        } catch {
            vm.assertFalse(open && valid, "reservations refused");
        }
    }

    // ------------------------------------------------------------------------------------------------- the world

    function donate(uint256 who, uint256 amount) external {
        amount = bound(amount, 1, 1000);
        vm.prank(actor(bound(who, 0, ACTORS - 1)));
        _token.transfer(address(this), amount);
        _token.transfer(address(_contribution), amount);
        donated += amount;
        given += amount;
    }

    function rescue() external byOperator {
        IServiceNodeContribution.Status status = _contribution.status();
        bool held = status == IServiceNodeContribution.Status.OpenForPublicContrib
            || status == IServiceNodeContribution.Status.WaitForFinalized;
        uint256 before = _token.balanceOf(_operator);
        try _contribution.rescueERC20(address(_token)) {
            vm.assertFalse(held, "rescued what contributors own");
            vm.assertEq(_token.balanceOf(_operator) - before, donated);
            // The account of purses counts donations as lost: the operator hands them on.
            _token.transfer(address(0xdead), donated);
            donated = 0;
        } catch {
            vm.assertTrue(held || donated == 0, "rescue refused");
        }
    }

    function passTime(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, 2 days));
    }

    function callAsStranger(uint256 who) external {
        address account = actor(bound(who, 1, ACTORS - 1));
        bytes[4] memory calls = [
            abi.encodeCall(_contribution.reset, ()),
            abi.encodeCall(_contribution.finalize, ()),
            abi.encodeCall(_contribution.updateFee, (1)),
            abi.encodeCall(_contribution.rescueERC20, (address(_token)))
        ];
        for (uint256 i = 0; i < calls.length; i++) {
            vm.prank(account);
            (bool success,) = address(_contribution).call(calls[i]);
            vm.assertFalse(success, "obeyed a stranger");
        }
    }

    // -------------------------------------------------------------------------------------------------- the account

    /// @dev What `account` may contribute now by the rules of bridge §1.5, written down a second time.
    function room(address account) private view returns (uint256 least, uint256 most) {
        IServiceNodeContribution.Status status = _contribution.status();
        if (status > IServiceNodeContribution.Status.OpenForPublicContrib) return (1, 0);
        if (status == IServiceNodeContribution.Status.WaitForOperatorContrib && account != _operator) return (1, 0);

        (address[] memory addrs, uint256[] memory amounts, bool[] memory received) = _contribution.getReserved();
        uint256 ofOthers;
        uint256 places = _contribution.maxContributors();
        for (uint256 i = 0; i < addrs.length; i++) {
            if (received[i]) continue;
            if (addrs[i] == account) {
                least = amounts[i];
            } else {
                ofOthers += amounts[i];
                places--;
            }
        }
        most = _contribution.stakingRequirement() - ofOthers;
        uint256 count;
        for (uint256 i = 0; i < ACTORS; i++) {
            most -= contributed[actor(i)];
            if (contributed[actor(i)] > 0) count++;
        }
        if (least > 0 || contributed[account] > 0) return (least, most);
        if (places <= count || most == 0) return (1, 0);
        uint256 parts = addrs.length == 0 && count == 0 ? 4 : places - count;
        return ((most + parts - 1) / parts, most);
    }

    function unlocked() private view returns (bool) {
        return _contribution.status() == IServiceNodeContribution.Status.WaitForOperatorContrib;
    }

    function forgetAll() private {
        for (uint256 i = 0; i < ACTORS; i++) {
            contributed[actor(i)] = 0;
        }
    }

    /// @dev A registration moves every contribution into the node, in a list that the network takes.
    function noteRegistration() private {
        if (_rewards.totalNodes() == nodes) return;
        nodes++;
        IServiceNodeRewards.Contributor[] memory contributors = _rewards.serviceNodes(uint64(nodes)).contributors;
        uint256 remaining = _contribution.stakingRequirement();
        for (uint256 i = 0; i < contributors.length; i++) {
            address account = contributors[i].staker.addr;
            uint256 places = i == 0 ? 4 : _contribution.maxContributors() - i;
            vm.assertTrue(contributors[i].stakedAmount * places >= remaining, "list that the network refuses");
            vm.assertEq(contributors[i].stakedAmount, contributed[account]);
            remaining -= contributors[i].stakedAmount;
            registered[account] += contributed[account];
            contributed[account] = 0;
        }
        vm.assertEq(remaining, 0);
        forgetAll();
    }
}
