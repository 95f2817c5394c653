// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {BN256G1} from "./BN256G1.sol";
import {BN256G2} from "./BN256G2.sol";

/// @title Pairing
/// @notice The pairing check of alt_bn128, by the precompile at address 8, which refuses points that are not on their
/// curve or not of order r.
library Pairing {
    /// @dev Words that a pair takes in the precompile's input.
    uint256 private constant PAIR_WORDS = 6;

    /// @notice Whether the product of all e(p1[i], p2[i]) is one.
    function pairing(BN256G1.G1Point[] memory p1, BN256G2.G2Point[] memory p2) internal view returns (bool result) {
        require(p1.length == p2.length);
        uint256[] memory input = new uint256[](p1.length * PAIR_WORDS);
        for (uint256 i = 0; i < p1.length; ++i) {
            uint256 at = i * PAIR_WORDS;
            input[at] = p1[i].X;
            input[at + 1] = p1[i].Y;
            input[at + 2] = p2[i].X[0];
            input[at + 3] = p2[i].X[1];
            input[at + 4] = p2[i].Y[0];
            input[at + 5] = p2[i].Y[1];
        }

        bool success;
        assembly ("memory-safe") {
            success := staticcall(gas(), 8, add(input, 0x20), mul(mload(input), 0x20), 0x00, 0x20)
            result := eq(mload(0x00), 1)
        }
        require(success, "Invalid Signature");
    }

    /// @notice Whether e(a1, a2) · e(b1, b2) is one.
    function pairing2(
        BN256G1.G1Point memory a1,
        BN256G2.G2Point memory a2,
        BN256G1.G1Point memory b1,
        BN256G2.G2Point memory b2
    ) internal view returns (bool) {
        BN256G1.G1Point[] memory p1 = new BN256G1.G1Point[](2);
        BN256G2.G2Point[] memory p2 = new BN256G2.G2Point[](2);
        (p1[0], p1[1]) = (a1, b1);
        (p2[0], p2[1]) = (a2, b2);
        return pairing(p1, p2);
    }
}
