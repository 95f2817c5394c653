// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title ITokenVestingNoStaking
/// @notice Holds an investor's tokens and releases a fifth of them at the cliff, the rest evenly until the end. Times
/// are Unix seconds, amounts atomic units.
interface ITokenVestingNoStaking {
    /// @notice Vested tokens went to the beneficiary.
    event TokensReleased(IERC20 indexed token, uint256 amount);
    /// @notice The vesting was revoked, and `refund`, what was not vested then, went to the revoker.
    event TokenVestingRevoked(IERC20 indexed token, uint256 refund);
    event BeneficiaryTransferred(address oldBeneficiary, address newBeneficiary);
    event RevokerTransferred(address oldRevoker, address newRevoker);

    /// @notice Who gets the tokens.
    function getBeneficiary() external view returns (address);

    /// @notice Who may revoke.
    function getRevoker() external view returns (address);

    /// @notice Sends what is vested and not yet released to the beneficiary.
    function release(IERC20 token) external;

    /// @notice Sends what is not vested to the revoker; the rest stays for the beneficiary.
    function revoke(IERC20 token) external;

    /// @notice Puts `beneficiary_` in the beneficiary's place.
    function transferBeneficiary(address beneficiary_) external;

    /// @notice Puts `revoker_` in the revoker's place.
    function transferRevoker(address revoker_) external;
}
