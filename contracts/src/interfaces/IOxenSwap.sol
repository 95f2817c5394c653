// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IServiceNodeRewards} from "./IServiceNodeRewards.sol";

/// @title IOxenSwap
/// @notice Pays SESH for OXEN burned on the Oxen network. Amounts are atomic SESH, times are Unix seconds.
interface IOxenSwap {
    // ---------------------------------------------------------------------------------------------------- events

    /// @notice The lifetime total of an address grew by `delta`.
    event SwapCredited(address indexed account, uint256 total, uint256 delta);
    /// @notice SESH were paid out.
    event SwapClaimed(address indexed account, uint256 amount);
    /// @notice What no one is owed went to the pool.
    event Swept(uint256 amount);
    /// @notice Another address may pause.
    event GuardianUpdated(address newGuardian);
    /// @notice The limit of a window changes at `effectiveTime`.
    event CycleLimitUpdated(uint256 newLimit, uint256 effectiveTime);
    /// @notice A pause ended; its length was added to the time for claims.
    event CloseTimeExtended(uint256 newCloseTime);

    // ---------------------------------------------------------------------------------------------------- errors

    error NullAddress();
    /// @notice The cap is zero, or too large to be counted.
    error CapOutOfRange(uint256 cap);
    /// @notice The rewards contract is not set up: it has no tag for hashing to the curve.
    error RewardsNotInitialized();
    error CloseTimeNotInFuture(uint256 closeTime);
    /// @notice The signed total is not above the one that is known. Claim, or ask the network for a newer signature.
    error SwapTotalTooLow(uint256 current, uint256 provided);
    /// @notice More would be credited than this contract ever pays.
    error CapExceeded(uint256 delta, uint256 remaining);
    /// @notice The contract holds less than it would owe. Try again when it is funded.
    error NotFunded(uint256 owed, uint256 balance);
    /// @notice The time for new credits is over. What is credited can still be claimed.
    error SwapClosed(uint256 closeTime);
    /// @notice The time for new credits is not over.
    error SwapNotClosed(uint256 closeTime);
    error MaxClaimExceeded(uint256 amount, uint256 claimable);
    error NothingToClaim(address account);
    /// @notice All together have claimed too much in this window. Claim less, or wait for the next.
    error CycleLimitExceeded(uint256 amount, uint256 remaining);
    error NotGuardian(address account);

    // ----------------------------------------------------------------------------------------------------- views

    /// @notice SESH.
    function token() external view returns (IERC20);

    /// @notice The contract that checks the network's signatures.
    function rewards() external view returns (IServiceNodeRewards);

    /// @notice Where the rest goes in the end.
    function rewardRatePool() external view returns (address);

    /// @notice The most that is ever credited.
    function cap() external view returns (uint256);

    /// @notice Until when totals can be credited; later by the length of every pause.
    function closeTime() external view returns (uint256);

    /// @notice Prefix of a signed total, bound to this chain and contract.
    function swapTag() external view returns (bytes32);

    /// @notice Domain separation tag under which messages are hashed to the curve: that of the rewards contract.
    function hashToG2Tag() external view returns (bytes32);

    /// @notice Who may pause besides the owner; zero when nobody.
    function guardian() external view returns (address);

    /// @notice The sum of all credits.
    function totalCredited() external view returns (uint256);

    /// @notice The sum of all claims.
    function totalClaimed() external view returns (uint256);

    /// @notice The lifetime total that the network signed for `account`.
    function credited(address account) external view returns (uint256);

    /// @notice What was paid to `account`.
    function claimed(address account) external view returns (uint256);

    /// @notice What `account` can claim, if the window allows.
    function claimable(address account) external view returns (uint256);

    /// @notice The length of a window.
    function CYCLE_SECONDS() external view returns (uint256);

    /// @notice How long a raised limit waits before it counts.
    function CYCLE_LIMIT_DELAY() external view returns (uint256);

    /// @notice The most that all together may claim in one window.
    function cycleLimit() external view returns (uint256);

    /// @notice When the window of the latest claim began.
    function cycleStart() external view returns (uint256);

    /// @notice What was claimed in that window.
    function cycleUsed() external view returns (uint256);

    /// @notice What can still be claimed in the present window.
    function cycleRemaining() external view returns (uint256);

    // ------------------------------------------------------------------------------------------------- functions

    /// @notice Raises the lifetime total of an address to what the network signed. Anyone may submit it.
    /// @param ids The nodes that did not sign, ascending.
    function updateSwapBalance(
        address account,
        uint256 total,
        IServiceNodeRewards.BLSSignatureParams calldata blsSignature,
        uint64[] calldata ids
    ) external;

    /// @notice Pays the caller `amount` of what is credited.
    function claim(uint256 amount) external;

    /// @notice Pays `account` everything credited, or as much of it as the window allows. Anyone may call it, so that a
    /// contract that cannot call is paid too.
    function claimFor(address account) external;

    /// @notice Stops credits and claims. Only for the guardian and the owner.
    function pause() external;

    /// @notice Ends a pause. Only for the owner.
    function unpause() external;

    /// @notice Chooses who may pause. Only for the owner.
    function setGuardian(address newGuardian) external;

    /// @notice Changes the limit of a window: a lower one counts at once, a higher one after `CYCLE_LIMIT_DELAY`. Only for
    /// the owner.
    function setCycleLimit(uint256 newLimit) external;

    /// @notice Sends to the pool what no one is owed. Anyone may call it after `closeTime`.
    function sweep() external;
}
