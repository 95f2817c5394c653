// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IServiceNodeRewards} from "../../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../../src/libraries/BN256G1.sol";
import {BN256G2} from "../../src/libraries/BN256G2.sol";

/// @notice The nodes' side of BLS, for tests: public keys and signatures from secret keys. Affine coordinates, slow and
/// plain, so that nothing but the hash is shared with what is tested.
library BLS {
    /// @dev The prime of the base field.
    uint256 internal constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
    /// @dev The order of G1 and G2.
    uint256 internal constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    struct Fp2 {
        uint256 re;
        uint256 im;
    }

    struct Point {
        Fp2 x;
        Fp2 y;
        bool infinity;
    }

    /// @dev secretKey · G1, by the precompile at address 7.
    function publicKey(uint256 secretKey) internal view returns (BN256G1.G1Point memory key) {
        (bool success, bytes memory result) = address(7).staticcall(abi.encode(uint256(1), uint256(2), secretKey));
        require(success, "BLS: multiplication failed");
        (key.X, key.Y) = abi.decode(result, (uint256, uint256));
    }

    /// @dev secretKey · H(message). With a sum of secret keys this is the aggregate signature.
    function sign(uint256 secretKey, bytes memory message, bytes32 dst)
        internal
        view
        returns (IServiceNodeRewards.BLSSignatureParams memory)
    {
        BN256G2.G2Point memory hash = BN256G2.hashToG2(message, dst);
        Point memory base = Point(Fp2(hash.X[1], hash.X[0]), Fp2(hash.Y[1], hash.Y[0]), false);
        return encode(multiply(base, secretKey % R));
    }

    /// @dev The sum of two signatures.
    function aggregate(IServiceNodeRewards.BLSSignatureParams memory a, IServiceNodeRewards.BLSSignatureParams memory b)
        internal
        view
        returns (IServiceNodeRewards.BLSSignatureParams memory)
    {
        return encode(add(decode(a), decode(b)));
    }

    function multiply(Point memory point, uint256 scalar) internal view returns (Point memory result) {
        result.infinity = true;
        while (scalar != 0) {
            if (scalar & 1 == 1) result = add(result, point);
            point = add(point, point);
            scalar >>= 1;
        }
    }

    function add(Point memory a, Point memory b) internal view returns (Point memory) {
        if (a.infinity) return b;
        if (b.infinity) return a;
        Fp2 memory slope;
        if (equal(a.x, b.x)) {
            if (!equal(a.y, b.y)) return Point(Fp2(0, 0), Fp2(0, 0), true);
            Fp2 memory square = mul(a.x, a.x);
            slope = mul(plus(plus(square, square), square), inverse(plus(a.y, a.y)));
        } else {
            slope = mul(minus(b.y, a.y), inverse(minus(b.x, a.x)));
        }
        Fp2 memory x = minus(minus(mul(slope, slope), a.x), b.x);
        return Point(x, minus(mul(slope, minus(a.x, x)), a.y), false);
    }

    function encode(Point memory point) internal pure returns (IServiceNodeRewards.BLSSignatureParams memory) {
        if (point.infinity) return IServiceNodeRewards.BLSSignatureParams(0, 0, 0, 0);
        return IServiceNodeRewards.BLSSignatureParams(point.x.re, point.x.im, point.y.re, point.y.im);
    }

    function decode(IServiceNodeRewards.BLSSignatureParams memory s) internal pure returns (Point memory) {
        return Point(Fp2(s.sigs0, s.sigs1), Fp2(s.sigs2, s.sigs3), s.sigs0 | s.sigs1 | s.sigs2 | s.sigs3 == 0);
    }

    function mul(Fp2 memory a, Fp2 memory b) private pure returns (Fp2 memory) {
        return Fp2(
            addmod(mulmod(a.re, b.re, P), P - mulmod(a.im, b.im, P), P),
            addmod(mulmod(a.re, b.im, P), mulmod(a.im, b.re, P), P)
        );
    }

    function plus(Fp2 memory a, Fp2 memory b) private pure returns (Fp2 memory) {
        return Fp2(addmod(a.re, b.re, P), addmod(a.im, b.im, P));
    }

    function minus(Fp2 memory a, Fp2 memory b) private pure returns (Fp2 memory) {
        return Fp2(addmod(a.re, P - b.re, P), addmod(a.im, P - b.im, P));
    }

    function inverse(Fp2 memory a) private view returns (Fp2 memory) {
        uint256 norm = addmod(mulmod(a.re, a.re, P), mulmod(a.im, a.im, P), P);
        (bool success, bytes memory result) =
            address(5).staticcall(abi.encode(uint256(32), uint256(32), uint256(32), norm, P - 2, P));
        require(success && norm != 0, "BLS: no inverse");
        uint256 inverseNorm = abi.decode(result, (uint256));
        return Fp2(mulmod(a.re, inverseNorm, P), mulmod(P - a.im, inverseNorm, P));
    }

    function equal(Fp2 memory a, Fp2 memory b) private pure returns (bool) {
        return a.re == b.re && a.im == b.im;
    }
}
