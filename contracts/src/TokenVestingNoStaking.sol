// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ITokenVestingNoStaking} from "./interfaces/ITokenVestingNoStaking.sol";
import {Shared} from "./libraries/Shared.sol";

/// @title TokenVestingNoStaking
/// @notice Holds an investor's tokens and releases a fifth of them at the cliff, the rest evenly until the end.
/// @dev Whatever token is sent here vests by the same schedule, as if it had been here from the start. Arbitrum's clock
/// may differ from the true time by an hour ahead or a day behind: the schedule moves with it. The revert strings are
/// part of the interface.
contract TokenVestingNoStaking is ITokenVestingNoStaking, Shared {
    using SafeERC20 for IERC20;

    /// @notice The part that vests at the cliff is one by this number.
    uint256 public constant CLIFF_DENOMINATOR = 5;

    /// @notice When the first part vests.
    uint256 public immutable cliff;
    /// @notice When everything has vested.
    uint256 public immutable end;
    /// @notice Whether the beneficiary may hand the contract to somebody else.
    bool public immutable transferableBeneficiary;

    address private _beneficiary;
    address private _revoker;

    /// @notice What the beneficiary has received of a token.
    mapping(IERC20 => uint256) public released;
    /// @notice Whether the vesting was revoked.
    bool public revoked;

    modifier onlyBeneficiary() {
        require(msg.sender == _beneficiary, "Vesting: not the beneficiary");
        _;
    }

    modifier onlyRevoker() {
        require(msg.sender == _revoker, "Vesting: not the revoker");
        _;
    }

    /// @param beneficiary_ Who gets the tokens.
    /// @param revoker_ Who may revoke; zero when nobody may.
    /// @param cliff_ When the first part vests; not before now.
    /// @param end_ When everything has vested; not before the cliff.
    /// @param transferableBeneficiary_ Whether the beneficiary may hand the contract to somebody else.
    constructor(address beneficiary_, address revoker_, uint256 cliff_, uint256 end_, bool transferableBeneficiary_)
        nzAddr(beneficiary_)
    {
        require(cliff_ <= end_, "Vesting: cliff_ after end_");
        require(block.timestamp < cliff_, "Vesting: cliff before current time");

        _beneficiary = beneficiary_;
        _revoker = revoker_;
        cliff = cliff_;
        end = end_;
        transferableBeneficiary = transferableBeneficiary_;
    }

    /// @inheritdoc ITokenVestingNoStaking
    function release(IERC20 token) external onlyBeneficiary {
        uint256 amount = _releasable(token);
        require(amount > 0, "Vesting: no tokens are due");

        released[token] += amount;
        emit TokensReleased(token, amount);
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc ITokenVestingNoStaking
    function revoke(IERC20 token) external onlyRevoker {
        require(!revoked, "Vesting: token revoked");
        require(block.timestamp <= end, "Vesting: vesting expired");

        uint256 refund = token.balanceOf(address(this)) - _releasable(token);
        revoked = true;
        emit TokenVestingRevoked(token, refund);
        token.safeTransfer(msg.sender, refund);
    }

    /// @inheritdoc ITokenVestingNoStaking
    function transferBeneficiary(address beneficiary_) external onlyBeneficiary nzAddr(beneficiary_) {
        require(transferableBeneficiary, "Vesting: beneficiary not transferrable");

        _beneficiary = beneficiary_;
        emit BeneficiaryTransferred(msg.sender, beneficiary_);
    }

    /// @inheritdoc ITokenVestingNoStaking
    function transferRevoker(address revoker_) external onlyRevoker nzAddr(revoker_) {
        _revoker = revoker_;
        emit RevokerTransferred(msg.sender, revoker_);
    }

    /// @inheritdoc ITokenVestingNoStaking
    function getBeneficiary() external view returns (address) {
        return _beneficiary;
    }

    /// @inheritdoc ITokenVestingNoStaking
    function getRevoker() external view returns (address) {
        return _revoker;
    }

    /// @dev What is vested and not yet released. After a revocation that is all that was left here: the rest is gone.
    function _releasable(IERC20 token) private view returns (uint256) {
        if (block.timestamp < cliff) return 0;

        uint256 balance = token.balanceOf(address(this));
        if (block.timestamp >= end || revoked) return balance;

        uint256 total = balance + released[token];
        uint256 atCliff = total / CLIFF_DENOMINATOR;
        uint256 sinceCliff = ((total - atCliff) * (block.timestamp - cliff)) / (end - cliff);
        return atCliff + sinceCliff - released[token];
    }
}
