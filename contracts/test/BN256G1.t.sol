// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {BN256G1} from "../src/libraries/BN256G1.sol";
import {BN256G2} from "../src/libraries/BN256G2.sol";
import {Pairing} from "../src/libraries/Pairing.sol";
import {Shared} from "../src/libraries/Shared.sol";
import {Test} from "./foundry/Test.sol";
import {BLS} from "./support/BLS.sol";

/// @notice Library calls as external calls, so that a revert can be expected, and the modifiers of `Shared`.
contract Libraries is Shared {
    function add(BN256G1.G1Point memory a, BN256G1.G1Point memory b) external view returns (BN256G1.G1Point memory) {
        return BN256G1.add(a, b);
    }

    function pairing(BN256G1.G1Point[] memory a, BN256G2.G2Point[] memory b) external view returns (bool) {
        return Pairing.pairing(a, b);
    }

    function needUint(uint256 value) external pure nzUint(value) {}
    function needAddress(address value) external pure nzAddr(value) {}
    function needBytes32(bytes32 value) external pure nzBytes32(value) {}
}

contract BN256G1LibraryTest is Test {
    Libraries private libraries = new Libraries();

    function test_negatesAndKeepsInfinity() public pure {
        vm.assertEq(abi.encode(BN256G1.negate(BN256G1.P1())), abi.encode(1, BLS.P - 2));
        vm.assertEq(abi.encode(BN256G1.negate(BN256G1.G1Point(0, 0))), abi.encode(0, 0));
    }

    function test_pointAndItsOppositeGiveInfinity() public view {
        BN256G1.G1Point memory sum = BN256G1.add(BN256G1.P1(), BN256G1.negate(BN256G1.P1()));
        vm.assertTrue(BN256G1.isInfinity(sum));
        vm.assertTrue(BN256G1.equal(BN256G1.add(sum, BN256G1.P1()), BN256G1.P1()));
    }

    function test_keyIsBothCoordinates() public pure {
        bytes memory key = BN256G1.getKeyForG1Point(BN256G1.P1());
        vm.assertEq(key, abi.encodePacked(uint256(1), uint256(2)));
        vm.assertEq(key.length, 64);
    }

    function test_pointOffTheCurveIsRefused() public {
        vm.expectRevert(bytes("Call to precompiled contract for add failed"));
        libraries.add(BN256G1.G1Point(1, 3), BN256G1.P1());
    }

    /// @dev Against multiplication, which another precompile does.
    function testFuzz_sumIsThatOfTheScalars(uint256 a, uint256 b) public view {
        (a, b) = (a % BLS.R, b % BLS.R);
        BN256G1.G1Point memory sum = BN256G1.add(BLS.publicKey(a), BLS.publicKey(b));
        vm.assertTrue(BN256G1.equal(sum, BLS.publicKey(addmod(a, b, BLS.R))));
    }

    function test_pairsCancel() public view {
        BN256G2.G2Point memory point = BN256G2.hashToG2("message", "dst");
        BN256G1.G1Point memory p = BLS.publicKey(5);
        vm.assertTrue(Pairing.pairing2(p, point, BN256G1.negate(p), point));
        vm.assertFalse(Pairing.pairing2(p, point, p, point));
    }

    function test_pairingOfNothingIsOne() public view {
        vm.assertTrue(Pairing.pairing(new BN256G1.G1Point[](0), new BN256G2.G2Point[](0)));
    }

    function test_pairingOfUnequalListsIsRefused() public {
        vm.expectRevert();
        libraries.pairing(new BN256G1.G1Point[](1), new BN256G2.G2Point[](0));
    }

    function test_hashedPointsHaveOrderR() public view {
        // The precompile refuses points outside the subgroup: that of the map, before the cofactor, is one.
        BN256G1.G1Point[] memory p = new BN256G1.G1Point[](1);
        BN256G2.G2Point[] memory q = new BN256G2.G2Point[](1);
        p[0] = BN256G1.P1();
        q[0] = BN256G2.hashToG2("message", "dst");
        vm.assertFalse(libraries.pairing(p, q));
        q[0] = BN256G2.mapToG2("message", "dst");
        try libraries.pairing(p, q) returns (bool) {
            revert("accepted a point outside of the subgroup");
        } catch Error(string memory reason) {
            vm.assertEq(reason, "Invalid Signature");
        }
    }

    function test_sharedModifiersRefuseNothing() public {
        libraries.needUint(1);
        libraries.needAddress(address(1));
        libraries.needBytes32(bytes32(uint256(1)));
        vm.expectRevert(bytes("Shared: uint input is empty"));
        libraries.needUint(0);
        vm.expectRevert(bytes("Shared: Zero-address is not permitted"));
        libraries.needAddress(address(0));
        vm.expectRevert(bytes("Shared: bytes32 input is empty"));
        libraries.needBytes32(0);
    }
}
