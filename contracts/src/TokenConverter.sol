// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

/// @title TokenConverter
/// @notice Changes token A into token B at a fixed rate, out of what the owner deposited: wOXEN (18 decimals) into SESH
/// (9 decimals) on Ethereum. Token A stays here.
/// @dev Amounts are atomic units of the token in question. The revert strings are part of the interface: deployed
/// clients match on them.
contract TokenConverter is Ownable, ReentrancyGuard, Pausable {
    using SafeERC20 for IERC20;

    /// @notice What is taken.
    IERC20 public immutable tokenA;
    /// @notice What is given.
    IERC20 public immutable tokenB;

    /// @notice Atomic units of B for `conversionRateDenominator` atomic units of A.
    uint256 public conversionRateNumerator;
    /// @notice Atomic units of A for `conversionRateNumerator` atomic units of B.
    uint256 public conversionRateDenominator;

    /// @notice `user` gave `amountA` and received `amountB`.
    event Conversion(address indexed user, uint256 amountA, uint256 amountB);
    /// @notice The owner set a new rate.
    event RateUpdated(uint256 numerator, uint256 denominator);
    /// @notice The owner added token B.
    event TokenBDeposited(uint256 amount);
    /// @notice The owner took token B out.
    event TokenBWithdrawn(uint256 amount);

    /// @param _tokenA What is taken.
    /// @param _tokenB What is given.
    /// @param _initialNumerator Atomic units of B for `_initialDenominator` atomic units of A.
    /// @param _initialDenominator Atomic units of A for `_initialNumerator` atomic units of B.
    constructor(address _tokenA, address _tokenB, uint256 _initialNumerator, uint256 _initialDenominator)
        Ownable(msg.sender)
    {
        require(_tokenA != address(0) && _tokenB != address(0), "Invalid token address");
        require(_initialNumerator > 0 && _initialDenominator > 0, "Conversion rate must be greater than 0");

        tokenA = IERC20(_tokenA);
        tokenB = IERC20(_tokenB);
        conversionRateNumerator = _initialNumerator;
        conversionRateDenominator = _initialDenominator;
    }

    /// @notice Sets the rate of later conversions. Only for the owner.
    function updateConversionRate(uint256 _newNumerator, uint256 _newDenominator) external onlyOwner {
        require(_newNumerator > 0 && _newDenominator > 0, "Conversion rate components must be greater than 0");

        conversionRateNumerator = _newNumerator;
        conversionRateDenominator = _newDenominator;
        emit RateUpdated(_newNumerator, _newDenominator);
    }

    /// @notice Adds token B, taken from the owner's allowance. Only for the owner, paused or not.
    function depositTokenB(uint256 _amount) external onlyOwner {
        require(_amount > 0, "Amount must be greater than 0");

        emit TokenBDeposited(_amount);
        tokenB.safeTransferFrom(msg.sender, address(this), _amount);
    }

    /// @notice Takes token B out. Only for the owner, paused or not.
    function withdrawTokenB(uint256 _amount) external onlyOwner {
        require(_amount > 0, "Amount must be greater than 0");
        require(tokenB.balanceOf(address(this)) >= _amount, "Insufficient balance");

        emit TokenBWithdrawn(_amount);
        tokenB.safeTransfer(msg.sender, _amount);
    }

    /// @notice Takes `_amountA` from the caller's allowance and gives token B for it, rounded down.
    function convertTokens(uint256 _amountA) external nonReentrant whenNotPaused {
        require(_amountA > 0, "Amount must be greater than 0");
        uint256 amountB = (_amountA * conversionRateNumerator) / conversionRateDenominator;
        require(tokenB.balanceOf(address(this)) >= amountB, "Insufficient Token B in contract");

        emit Conversion(msg.sender, _amountA, amountB);
        tokenA.safeTransferFrom(msg.sender, address(this), _amountA);
        tokenB.safeTransfer(msg.sender, amountB);
    }

    /// @notice Stops conversions. Only for the owner.
    function pause() external onlyOwner {
        _pause();
    }

    /// @notice Lets conversions go on. Only for the owner.
    function unpause() external onlyOwner {
        _unpause();
    }
}
