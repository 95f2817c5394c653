// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {Initializable} from "@openzeppelin/contracts-upgradeable/proxy/utils/Initializable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title RewardRatePool
/// @notice Holds the tokens that rewards are paid from, and releases them at a simple rate of 15.1 % a year of what is
/// left, to one beneficiary: the rewards contract. Paid out daily this comes to 14 % a year.
/// @dev Runs behind a transparent proxy. The order of the state variables is that of the deployed contract.
contract RewardRatePool is Initializable, Ownable2StepUpgradeable {
    using SafeERC20 for IERC20;

    uint256 public constant VERSION = 1;
    /// @notice The yearly rate, in units of one part in `BASIS_POINTS`.
    uint64 public constant ANNUAL_SIMPLE_PAYOUT_RATE = 151;
    uint64 public constant BASIS_POINTS = 1000;
    /// @dev The time between two blocks of the network.
    uint256 private constant BLOCK_TIME = 2 minutes;

    IERC20 public SESH;
    address public beneficiary;
    uint256 public totalPaidOut;
    uint256 public lastPaidOutTime;

    /// @notice `amount` went to the beneficiary.
    event FundsReleased(uint256 amount);
    /// @notice Later releases go to another address.
    event BeneficiaryUpdated(address newBeneficiary);

    /// @notice Sets up the proxy; the release begins now.
    function initialize(address _beneficiary, address _sesh) public initializer {
        __Ownable_init(msg.sender);
        beneficiary = _beneficiary;
        SESH = IERC20(_sesh);
        lastPaidOutTime = block.timestamp;
    }

    /// @notice Pays what has been released and not yet paid. Anyone may call it.
    function payoutReleased() public {
        uint256 released = calculateReleasedAmount();
        uint256 amount = released - totalPaidOut;
        totalPaidOut = released;
        lastPaidOutTime = block.timestamp;
        emit FundsReleased(amount);
        SESH.safeTransfer(beneficiary, amount);
    }

    /// @notice Changes who is paid.
    function setBeneficiary(address newBeneficiary) public onlyOwner {
        beneficiary = newBeneficiary;
        emit BeneficiaryUpdated(newBeneficiary);
    }

    /// @notice The reward of one block of the network, from what is not yet released.
    function rewardRate() public view returns (uint256) {
        return calculatePayoutAmount(calculateTotalDeposited() - calculateReleasedAmount(), BLOCK_TIME);
    }

    /// @notice Everything that ever came in.
    function calculateTotalDeposited() public view returns (uint256) {
        return SESH.balanceOf(address(this)) + totalPaidOut;
    }

    /// @notice Everything released until now, paid or not.
    function calculateReleasedAmount() public view returns (uint256) {
        uint256 elapsed = block.timestamp - lastPaidOutTime;
        return totalPaidOut + calculatePayoutAmount(SESH.balanceOf(address(this)), elapsed);
    }

    /// @notice What `balance` releases in `timeElapsed` seconds, rounded down.
    function calculatePayoutAmount(uint256 balance, uint256 timeElapsed) public pure returns (uint256) {
        return balance * ANNUAL_SIMPLE_PAYOUT_RATE * timeElapsed / (BASIS_POINTS * 365 days);
    }
}
