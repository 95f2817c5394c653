// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {BN256G1} from "../../src/libraries/BN256G1.sol";

/// @title BN256G1Test
/// @notice The internal functions of `BN256G1`, callable from outside.
contract BN256G1Test {
    function addPoints(BN256G1.G1Point memory p1, BN256G1.G1Point memory p2)
        external
        view
        returns (BN256G1.G1Point memory)
    {
        return BN256G1.add(p1, p2);
    }

    function negatePoint(BN256G1.G1Point memory p) external pure returns (BN256G1.G1Point memory) {
        return BN256G1.negate(p);
    }

    function getGenerator() external pure returns (BN256G1.G1Point memory) {
        return BN256G1.P1();
    }

    function getKey(BN256G1.G1Point memory point) external pure returns (bytes memory) {
        return BN256G1.getKeyForG1Point(point);
    }
}
