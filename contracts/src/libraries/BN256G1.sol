// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

/// @title BN256G1
/// @notice Points of G1 on alt_bn128 (BN254), where public keys live. The point at infinity is (0, 0).
library BN256G1 {
    /// @dev The prime of the base field.
    uint256 internal constant FIELD_MODULUS = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    /// @notice An affine point.
    struct G1Point {
        uint256 X;
        uint256 Y;
    }

    /// @notice The generator.
    function P1() internal pure returns (G1Point memory) {
        return G1Point(1, 2);
    }

    /// @notice The point that gives infinity when added to `p`.
    function negate(G1Point memory p) internal pure returns (G1Point memory) {
        if (isInfinity(p)) return G1Point(0, 0);
        return G1Point(p.X, FIELD_MODULUS - (p.Y % FIELD_MODULUS));
    }

    /// @notice The sum of two points, by the precompile at address 6, which refuses what is not on the curve.
    function add(G1Point memory p1, G1Point memory p2) internal view returns (G1Point memory r) {
        bool success;
        assembly ("memory-safe") {
            let input := mload(0x40)
            copyPoint(input, p1)
            copyPoint(add(input, 0x40), p2)
            success := staticcall(gas(), 6, input, 0x80, r, 0x40)

            function copyPoint(to, from) {
                mstore(to, mload(from))
                mstore(add(to, 0x20), mload(add(from, 0x20)))
            }
        }
        require(success, "Call to precompiled contract for add failed");
    }

    /// @notice Whether `p` is the point at infinity.
    function isInfinity(G1Point memory p) internal pure returns (bool) {
        return p.X == 0 && p.Y == 0;
    }

    /// @notice Whether two points are the same.
    function equal(G1Point memory p1, G1Point memory p2) internal pure returns (bool) {
        return p1.X == p2.X && p1.Y == p2.Y;
    }

    /// @notice The 64 bytes by which a public key is looked up: X and Y, big-endian.
    function getKeyForG1Point(G1Point memory point) internal pure returns (bytes memory) {
        return abi.encode(point.X, point.Y);
    }
}
