// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {IOxenSwap} from "./interfaces/IOxenSwap.sol";
import {IServiceNodeRewards} from "./interfaces/IServiceNodeRewards.sol";

/// @title OxenSwap
/// @notice Pays SESH for OXEN that were burned on the Oxen network. The service nodes sign, for each address, the sum of
/// everything ever burned for it; the signature credits that sum here, and what is credited can be claimed. A sum only
/// grows, so that a signature used twice or out of order does nothing.
///
/// Every credit is backed by tokens held here, all credits together stay below `cap`, and all claims of one window stay
/// below `cycleLimit`. Tokens leave by a claim, or to the pool that rewards are paid from when the time is over and they
/// are owed to no one.
/// @dev Not upgradeable. The guardian can stop it, the owner can stop it and let it go on; neither can move a token. A
/// pause takes nothing from anyone: its length is added to the time that is left.
contract OxenSwap is IOxenSwap, Ownable2Step, Pausable {
    using SafeERC20 for IERC20;

    /// @inheritdoc IOxenSwap
    uint256 public constant CYCLE_SECONDS = 12 hours;
    /// @inheritdoc IOxenSwap
    uint256 public constant CYCLE_LIMIT_DELAY = 14 days;
    /// @dev 1,000,000 SESH.
    uint256 private constant INITIAL_CYCLE_LIMIT = 1_000_000 * 1e9;

    /// @inheritdoc IOxenSwap
    IERC20 public immutable token;
    /// @inheritdoc IOxenSwap
    IServiceNodeRewards public immutable rewards;
    /// @inheritdoc IOxenSwap
    address public immutable rewardRatePool;
    /// @inheritdoc IOxenSwap
    uint256 public immutable cap;
    /// @inheritdoc IOxenSwap
    bytes32 public immutable swapTag;
    /// @inheritdoc IOxenSwap
    bytes32 public immutable hashToG2Tag;

    /// @inheritdoc IOxenSwap
    address public guardian;
    /// @inheritdoc IOxenSwap
    uint256 public closeTime;
    uint256 private _pausedSince;

    /// @dev Lifetime totals, in one word. The cap bounds every amount here, and fits.
    struct Totals {
        uint128 credited;
        uint128 claimed;
    }

    /// @dev The window of the latest claim: when it began, and what was claimed in it.
    struct Cycle {
        uint128 start;
        uint128 used;
    }

    Totals private _totals;
    mapping(address account => Totals) private _accounts;
    Cycle private _cycle;
    /// @dev The limit until `_nextCycleLimitTime`, and from then on.
    uint256 private _cycleLimit;
    uint256 private _nextCycleLimit;
    uint256 private _nextCycleLimitTime;

    /// @param token_ SESH.
    /// @param rewards_ The contract that has the list of service nodes, already initialized.
    /// @param rewardRatePool_ Where the rest goes in the end.
    /// @param owner_ May pause and unpause, choose the guardian, and change the limit.
    /// @param guardian_ May pause.
    /// @param cap_ The most that is ever credited, in atomic SESH; the contract is to be funded with as much.
    /// @param closeTime_ When the time for credits is over, in Unix seconds.
    constructor(
        IERC20 token_,
        IServiceNodeRewards rewards_,
        address rewardRatePool_,
        address owner_,
        address guardian_,
        uint256 cap_,
        uint256 closeTime_
    ) Ownable(owner_) {
        if (address(token_) == address(0) || address(rewards_) == address(0) || rewardRatePool_ == address(0)) {
            revert NullAddress();
        }
        if (cap_ == 0 || cap_ > type(uint128).max) revert CapOutOfRange(cap_);
        if (closeTime_ <= block.timestamp) revert CloseTimeNotInFuture(closeTime_);

        token = token_;
        rewards = rewards_;
        rewardRatePool = rewardRatePool_;
        cap = cap_;
        closeTime = closeTime_;
        swapTag = keccak256(abi.encodePacked("BLS_SIG_TRYANDINCREMENT_SWAP", block.chainid, address(this)));
        hashToG2Tag = rewards_.hashToG2Tag();
        if (hashToG2Tag == bytes32(0)) revert RewardsNotInitialized();

        _nextCycleLimit = INITIAL_CYCLE_LIMIT;
        guardian = guardian_;
        emit GuardianUpdated(guardian_);
    }

    // ---------------------------------------------------------------------------------------------------- credit

    /// @inheritdoc IOxenSwap
    function updateSwapBalance(
        address account,
        uint256 total,
        IServiceNodeRewards.BLSSignatureParams calldata blsSignature,
        uint64[] calldata ids
    ) external whenNotPaused {
        if (block.timestamp >= closeTime) revert SwapClosed(closeTime);
        if (account == address(0)) revert NullAddress();
        uint256 previous = _accounts[account].credited;
        if (total <= previous) revert SwapTotalTooLow(previous, total);

        uint256 delta = total - previous;
        Totals memory totals = _totals;
        uint256 room = cap - totals.credited;
        if (delta > room) revert CapExceeded(delta, room);
        uint256 owed = totals.credited + delta - totals.claimed;
        uint256 balance = token.balanceOf(address(this));
        if (owed > balance) revert NotFunded(owed, balance);
        rewards.checkNetworkSignature(abi.encodePacked(swapTag, account, total), blsSignature, ids, hashToG2Tag);

        _accounts[account].credited = uint128(total);
        _totals.credited = totals.credited + uint128(delta);
        emit SwapCredited(account, total, delta);
    }

    // ----------------------------------------------------------------------------------------------------- claim

    /// @inheritdoc IOxenSwap
    function claim(uint256 amount) external whenNotPaused {
        uint256 available = claimable(msg.sender);
        if (amount > available) revert MaxClaimExceeded(amount, available);
        _claim(msg.sender, amount);
    }

    /// @inheritdoc IOxenSwap
    function claimFor(address account) external whenNotPaused {
        uint256 available = claimable(account);
        uint256 remaining = cycleRemaining();
        _claim(account, remaining == 0 ? available : Math.min(available, remaining));
    }

    /// @inheritdoc IOxenSwap
    function claimable(address account) public view returns (uint256) {
        Totals memory totals = _accounts[account];
        return totals.credited - totals.claimed;
    }

    /// @dev Pays `account` an amount that it is owed, if the window allows.
    function _claim(address account, uint256 amount) private {
        if (amount == 0) revert NothingToClaim(account);
        uint256 remaining = cycleRemaining();
        if (amount > remaining) revert CycleLimitExceeded(amount, remaining);

        uint256 start = _currentCycle();
        uint256 used = start == _cycle.start ? _cycle.used : 0;
        _cycle = Cycle(uint128(start), uint128(used + amount));
        _accounts[account].claimed += uint128(amount);
        _totals.claimed += uint128(amount);
        emit SwapClaimed(account, amount);
        token.safeTransfer(account, amount);
    }

    /// @dev When the present window began. Kept as a time, it means the same whatever the length of a window.
    function _currentCycle() private view returns (uint256) {
        return block.timestamp - block.timestamp % CYCLE_SECONDS;
    }

    // ------------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IOxenSwap
    function totalCredited() external view returns (uint256) {
        return _totals.credited;
    }

    /// @inheritdoc IOxenSwap
    function totalClaimed() external view returns (uint256) {
        return _totals.claimed;
    }

    /// @inheritdoc IOxenSwap
    function credited(address account) external view returns (uint256) {
        return _accounts[account].credited;
    }

    /// @inheritdoc IOxenSwap
    function claimed(address account) external view returns (uint256) {
        return _accounts[account].claimed;
    }

    /// @inheritdoc IOxenSwap
    function cycleStart() external view returns (uint256) {
        return _cycle.start;
    }

    /// @inheritdoc IOxenSwap
    function cycleUsed() external view returns (uint256) {
        return _cycle.used;
    }

    /// @inheritdoc IOxenSwap
    function cycleLimit() public view returns (uint256) {
        return block.timestamp < _nextCycleLimitTime ? _cycleLimit : _nextCycleLimit;
    }

    /// @inheritdoc IOxenSwap
    function cycleRemaining() public view returns (uint256) {
        uint256 used = _currentCycle() == _cycle.start ? _cycle.used : 0;
        uint256 limit = cycleLimit();
        return used < limit ? limit - used : 0;
    }

    // ------------------------------------------------------------------------------------------------- governance

    /// @inheritdoc IOxenSwap
    function pause() external {
        if (msg.sender != guardian && msg.sender != owner()) revert NotGuardian(msg.sender);
        _pausedSince = block.timestamp;
        _pause();
    }

    /// @inheritdoc IOxenSwap
    function unpause() external onlyOwner {
        _unpause();
        closeTime += block.timestamp - _pausedSince;
        emit CloseTimeExtended(closeTime);
    }

    /// @inheritdoc IOxenSwap
    function setGuardian(address newGuardian) public onlyOwner {
        guardian = newGuardian;
        emit GuardianUpdated(newGuardian);
    }

    /// @inheritdoc IOxenSwap
    function setCycleLimit(uint256 newLimit) external onlyOwner {
        uint256 limit = cycleLimit();
        _cycleLimit = limit;
        _nextCycleLimit = newLimit;
        _nextCycleLimitTime = newLimit > limit ? block.timestamp + CYCLE_LIMIT_DELAY : block.timestamp;
        emit CycleLimitUpdated(newLimit, _nextCycleLimitTime);
    }

    /// @inheritdoc IOxenSwap
    function sweep() external whenNotPaused {
        if (block.timestamp < closeTime) revert SwapNotClosed(closeTime);
        uint256 amount = token.balanceOf(address(this)) - (_totals.credited - _totals.claimed);
        emit Swept(amount);
        token.safeTransfer(rewardRatePool, amount);
    }

    /// @notice Leaves the contract without an owner, and without a guardian, whose pause nobody could end.
    function renounceOwnership() public override onlyOwner whenNotPaused {
        setGuardian(address(0));
        super.renounceOwnership();
    }
}
