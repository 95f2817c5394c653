// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

/// @title Shared
/// @notice Argument checks that several contracts have in common.
/// @dev The revert strings are part of the interface: deployed clients match on them.
abstract contract Shared {
    /// @dev Refuses the number zero.
    modifier nzUint(uint256 value) {
        require(value > 0, "Shared: uint input is empty");
        _;
    }

    /// @dev Refuses the zero address.
    modifier nzAddr(address account) {
        require(account != address(0), "Shared: Zero-address is not permitted");
        _;
    }

    /// @dev Refuses thirty-two zero bytes.
    modifier nzBytes32(bytes32 value) {
        require(value != bytes32(0), "Shared: bytes32 input is empty");
        _;
    }
}
