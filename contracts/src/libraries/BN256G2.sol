// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

/// @title BN256G2
/// @notice Hashing to G2 on alt_bn128 (BN254), where signatures live: points of order r on the twist
/// y² = x³ + 3/(9 + i) over Fp2 = Fp[i]/(i² + 1).
///
/// A message is hashed to an x coordinate and a sign by RFC 9380's expand_message_xmd with Keccak-256; a counter appended
/// to it is raised until the twist has a point there. The point is then moved into G2 by
/// [u]P + ψ([3u]P) + ψ²([u]P) + ψ³(P), which is not the product with the cofactor: other libraries give another point.
///
/// @dev The four public functions can be called when the library is deployed on its own. The library calls them by plain
/// name, which is a jump: a contract that uses `hashToG2` has no library to link. Nothing here reads memory that it did
/// not write.
library BN256G2 {
    /// @notice An affine point. Index 0 holds the imaginary part and index 1 the real part, the order that the pairing
    /// precompile takes.
    struct G2Point {
        uint256[2] X;
        uint256[2] Y;
    }

    /// @dev re + i·im.
    struct Fp2 {
        uint256 re;
        uint256 im;
    }

    /// @dev The affine point (x / z², y / z³).
    struct Jacobian {
        Fp2 x;
        Fp2 y;
        Fp2 z;
    }

    /// @dev Room for the intermediate results of one point operation, taken once for all of them.
    struct Scratch {
        Fp2 a;
        Fp2 b;
        Fp2 c;
        Fp2 d;
        Fp2 e;
    }

    /// @dev p, the prime of the base field.
    uint256 private constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
    /// @dev 1 / 2 mod p.
    uint256 private constant ONE_HALF = 0x183227397098d014dc2822db40c0ac2ecbc0b548b438e5469e10460b6c3e7ea4;
    /// @dev (p - 3) / 4.
    uint256 private constant ROOT_EXPONENT = 0xc19139cb84c680a6e14116da060561765e05aa45a1c72a34f082305b61f3f51;
    /// @dev 2^256 mod p.
    uint256 private constant TWO_256 = 0xe0a77c19a07df2f666ea36f7879462c0a78eb28f5c70b3dd35d438dc58f0d9d;

    /// @dev 3 / (9 + i), the constant of the twist.
    uint256 private constant TWIST_RE = 0x2b149d40ceb8aaae81be18991be06ac3b5b4c5e559dbefa33267e6dc24a138e5;
    uint256 private constant TWIST_IM = 0x9713b03af0fed4cd2cafadeed8fdf4a74fa084e52d1852e4a2bd0685c315d2;

    /// @dev (9 + i)^((p - 1) / 3) and (9 + i)^((p - 1) / 2), the constants of ψ.
    uint256 private constant PSI_X_RE = 0x2fb347984f7911f74c0bec3cf559b143b78cc310c2c3330c99e39557176f553d;
    uint256 private constant PSI_X_IM = 0x16c9e55061ebae204ba4cc8bd75a079432ae2a1d0b7c9dce1665d51c640fcba2;
    uint256 private constant PSI_Y_RE = 0x63cf305489af5dcdc5ec698b6e2f9b9dbaae0eda9c95998dc54014671a0135a;
    uint256 private constant PSI_Y_IM = 0x7c03cbcac41049a0704b5a7ec796f2b21807dc98fa25bd282d37f632623b0e3;

    /// @dev u, the parameter that generates the curve, and its highest bit.
    uint256 private constant U = 4965661367192848881;
    uint256 private constant U_HIGHEST_BIT = 1 << 62;

    /// @notice No counter from 0 to 255 gave a point. Half of all counters do.
    error NoPointFound();

    // --------------------------------------------------------------------------------------------- hash to a field

    /// @notice expand_message_xmd of RFC 9380 with Keccak-256, 128 bytes long.
    function expandMessageXMDKeccak256(bytes memory message, bytes32 dst)
        public
        pure
        returns (bytes32 b1, bytes32 b2, bytes32 b3, bytes32 b4)
    {
        // One block of Keccak-256, 136 zero bytes, goes first; the output's length and a zero byte follow the message.
        bytes32 b0 = keccak256(
            abi.encodePacked(
                bytes32(0), bytes32(0), bytes32(0), bytes32(0), bytes8(0), message, uint16(128), uint8(0), dst, uint8(32)
            )
        );
        b1 = _expandNext(b0, 1, dst);
        b2 = _expandNext(b0 ^ b1, 2, dst);
        b3 = _expandNext(b0 ^ b2, 3, dst);
        b4 = _expandNext(b0 ^ b3, 4, dst);
    }

    /// @notice An element u0 + i·u1 of Fp2, and which of two square roots to take.
    function hashToField(bytes memory message, bytes32 dst) public pure returns (uint256 u0, uint256 u1, bool b) {
        (bytes32 b1, bytes32 b2, bytes32 b3, bytes32 b4) = expandMessageXMDKeccak256(message, dst);
        // 48 bytes for each coordinate, so that the remainder is as good as uniform.
        u0 = addmod(mulmod(uint256(b1), 1 << 128, P), uint256(b2) >> 128, P);
        u1 = addmod(mulmod(uint128(uint256(b2)), TWO_256, P), uint256(b3), P);
        b = uint256(b4) & 1 == 1;
    }

    /// @dev Block `index` of the expansion, from the first block and the one before.
    function _expandNext(bytes32 mixed, uint8 index, bytes32 dst) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(mixed, index, dst, uint8(32)));
    }

    // ------------------------------------------------------------------------------------------------ square roots

    /// @notice A square root of x1 + i·x2, real part first; (0, 0) when there is none. Which of the two is part of the
    /// hash's definition.
    function FQ2Sqrt(uint256 x1, uint256 x2) public view returns (uint256, uint256) {
        if (x2 == 0) return _sqrtOfReal(x1);

        (uint256 norm,, bool exists) = _sqrt(addmod(mulmod(x1, x1, P), mulmod(x2, x2, P), P));
        if (!exists) return (0, 0);

        (uint256 re, uint256 inverse, bool first) = _sqrt(mulmod(addmod(x1, norm, P), ONE_HALF, P));
        if (!first) {
            (re, inverse, exists) = _sqrt(mulmod(addmod(x1, P - norm, P), ONE_HALF, P));
            if (!exists) return (0, 0);
        }
        return (re, mulmod(mulmod(x2, ONE_HALF, P), inverse, P));
    }

    /// @notice The other square root.
    function NegateFQ2Sqrt(uint256 x1, uint256 x2) public pure returns (uint256, uint256) {
        return ((P - x1) % P, (P - x2) % P);
    }

    /// @dev The root of an element without imaginary part: real, or imaginary when -x has the real root.
    function _sqrtOfReal(uint256 x) private view returns (uint256, uint256) {
        (uint256 root,, bool exists) = _sqrt(x);
        if (exists) return (root, 0);
        (root,, exists) = _sqrt(P - x);
        return (0, root);
    }

    /// @dev The square root x^((p + 1) / 4) of an element of Fp, and the inverse of that root: with e = x^((p - 3) / 4)
    /// the root is x·e, and x·e·e = x^((p - 1) / 2) is one exactly when x is a square.
    function _sqrt(uint256 x) private view returns (uint256 root, uint256 inverse, bool exists) {
        inverse = _power(x, ROOT_EXPONENT);
        root = mulmod(x, inverse, P);
        exists = mulmod(root, root, P) == x % P;
    }

    /// @dev base^exponent mod p, by the precompile at address 5.
    function _power(uint256 base, uint256 exponent) private view returns (uint256 result) {
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, 0x20)
            mstore(add(input, 0x20), 0x20)
            mstore(add(input, 0x40), 0x20)
            mstore(add(input, 0x60), base)
            mstore(add(input, 0x80), exponent)
            mstore(add(input, 0xa0), P)
            // Fails only when gas runs out, and then nothing after it can succeed.
            if iszero(staticcall(gas(), 5, input, 0xc0, 0x00, 0x20)) { revert(0x00, 0x00) }
            result := mload(0x00)
        }
    }

    // ------------------------------------------------------------------------------------------- hash to the curve

    /// @notice The point of G2 that a message is hashed to.
    /// @param message The bytes to be signed.
    /// @param hashToG2Tag The domain separation tag.
    function hashToG2(bytes memory message, bytes32 hashToG2Tag) internal view returns (G2Point memory) {
        return mulByCofactor(mapToG2(message, hashToG2Tag));
    }

    /// @notice The point of the twist, of any order, that a message is hashed to.
    function mapToG2(bytes memory message, bytes32 hashToG2Tag) internal view returns (G2Point memory point) {
        for (uint256 counter = 0; counter < 256; ++counter) {
            (uint256 re, uint256 im, bool negate) =
                hashToField(abi.encodePacked(message, uint8(counter)), hashToG2Tag);
            (uint256 squareRe, uint256 squareIm) = ySquared(re, im);
            (uint256 yRe, uint256 yIm) = FQ2Sqrt(squareRe, squareIm);
            // A root with one zero component is refused like none, as the original contract does; it is never seen.
            if (yRe == 0 || yIm == 0) continue;
            if (negate) (yRe, yIm) = NegateFQ2Sqrt(yRe, yIm);
            point.X[0] = im;
            point.X[1] = re;
            point.Y[0] = yIm;
            point.Y[1] = yRe;
            return point;
        }
        revert NoPointFound();
    }

    /// @notice Moves a point of the twist into the subgroup of order r.
    /// @dev By Horner's scheme: Q + ψ(3Q + ψ(Q + ψ(P))) with Q = [u]P. The additions have no case for equal or opposite
    /// points: for a hashed point one occurs with a probability of about 2^-250.
    function mulByCofactor(G2Point memory point) internal view returns (G2Point memory) {
        Scratch memory scratch;
        Jacobian memory p = _toJacobian(point);

        Jacobian memory q = _toJacobian(point);
        for (uint256 bit = U_HIGHEST_BIT >> 1; bit != 0; bit >>= 1) {
            _double(q, q, scratch);
            if (U & bit != 0) _add(q, p, scratch);
        }

        Jacobian memory q3;
        _double(q3, q, scratch);
        _add(q3, q, scratch);

        _psi(p);
        _add(p, q, scratch);
        _psi(p);
        _add(p, q3, scratch);
        _psi(p);
        _add(p, q, scratch);
        return _toAffine(p, scratch);
    }

    /// @notice Whether an affine point lies on the twist.
    function isOnCurve(G2Point memory point) internal pure returns (bool) {
        Fp2 memory square = Fp2(point.Y[1], point.Y[0]);
        _mul(square, square, square);
        (uint256 re, uint256 im) = ySquared(point.X[1], point.X[0]);
        return square.re == re && square.im == im;
    }

    /// @notice Whether `point` is the point at infinity.
    function isInfinity(G2Point memory point) internal pure returns (bool) {
        return point.X[0] == 0 && point.X[1] == 0 && point.Y[0] == 0 && point.Y[1] == 0;
    }

    /// @notice y² of the twist at x = re + i·im, real part first.
    function ySquared(uint256 re, uint256 im) internal pure returns (uint256, uint256) {
        Fp2 memory x = Fp2(re, im);
        Fp2 memory cube;
        _mul(cube, x, x);
        _mul(cube, cube, x);
        return (addmod(cube.re, TWIST_RE, P), addmod(cube.im, TWIST_IM, P));
    }

    // ---------------------------------------------------------------------------------------------- points of the twist

    function _toJacobian(G2Point memory point) private pure returns (Jacobian memory r) {
        r.x.re = point.X[1];
        r.x.im = point.X[0];
        r.y.re = point.Y[1];
        r.y.im = point.Y[0];
        r.z.re = 1;
    }

    /// @dev 1 / z is conj(z) / (z.re² + z.im²); with n the norm, n^(p - 2) is its inverse.
    function _toAffine(Jacobian memory point, Scratch memory s) private view returns (G2Point memory r) {
        Fp2 memory z = point.z;
        uint256 inverse = _power(addmod(mulmod(z.re, z.re, P), mulmod(z.im, z.im, P), P), P - 2);
        s.a.re = mulmod(z.re, inverse, P);
        s.a.im = mulmod(P - z.im, inverse, P);
        _mul(s.b, s.a, s.a);
        _mul(s.a, s.a, s.b);
        _mul(s.b, point.x, s.b);
        _mul(s.a, point.y, s.a);
        r.X[0] = s.b.im;
        r.X[1] = s.b.re;
        r.Y[0] = s.a.im;
        r.Y[1] = s.a.re;
    }

    /// @dev r = 2·p; `r` may be `p`. (Bernstein and Lange, dbl-2009-l.)
    function _double(Jacobian memory r, Jacobian memory p, Scratch memory s) private pure {
        _mul(s.a, p.x, p.x);
        _mul(s.b, p.y, p.y);
        _mul(r.z, p.y, p.z);
        _addTo(r.z, r.z);
        // d = 4·x·y², c = 8·y⁴
        _mul(s.d, p.x, s.b);
        _addTo(s.d, s.d);
        _addTo(s.d, s.d);
        _mul(s.c, s.b, s.b);
        _addTo(s.c, s.c);
        _addTo(s.c, s.c);
        _addTo(s.c, s.c);
        // b = 3·x²
        s.b.re = s.a.re;
        s.b.im = s.a.im;
        _addTo(s.b, s.b);
        _addTo(s.b, s.a);
        // x = b² - 2·d, y = b·(d - x) - c
        _mul(r.x, s.b, s.b);
        _subFrom(r.x, s.d);
        _subFrom(r.x, s.d);
        _subFrom(s.d, r.x);
        _mul(r.y, s.b, s.d);
        _subFrom(r.y, s.c);
    }

    /// @dev p = p + q, for points that are neither equal nor opposite nor at infinity.
    function _add(Jacobian memory p, Jacobian memory q, Scratch memory s) private pure {
        // a = x1·z2², b = y1·z2³, c = x2·z1² - a, d = y2·z1³ - b
        _mul(s.e, q.z, q.z);
        _mul(s.a, p.x, s.e);
        _mul(s.e, s.e, q.z);
        _mul(s.b, p.y, s.e);
        _mul(s.e, p.z, p.z);
        _mul(s.c, q.x, s.e);
        _subFrom(s.c, s.a);
        _mul(s.e, s.e, p.z);
        _mul(s.d, q.y, s.e);
        _subFrom(s.d, s.b);
        // z = z1·z2·c
        _mul(p.z, p.z, q.z);
        _mul(p.z, p.z, s.c);
        // e = c², c = c³, a = a·c²
        _mul(s.e, s.c, s.c);
        _mul(s.c, s.c, s.e);
        _mul(s.a, s.a, s.e);
        // x = d² - c - 2·a
        _mul(p.x, s.d, s.d);
        _subFrom(p.x, s.c);
        _subFrom(p.x, s.a);
        _subFrom(p.x, s.a);
        // y = d·(a - x) - b·c
        _subFrom(s.a, p.x);
        _mul(p.y, s.d, s.a);
        _mul(s.b, s.b, s.c);
        _subFrom(p.y, s.b);
    }

    /// @dev p = ψ(p): conjugates every coordinate and twists back.
    function _psi(Jacobian memory p) private pure {
        p.x.im = P - p.x.im;
        p.y.im = P - p.y.im;
        p.z.im = P - p.z.im;
        _mul(p.x, p.x, Fp2(PSI_X_RE, PSI_X_IM));
        _mul(p.y, p.y, Fp2(PSI_Y_RE, PSI_Y_IM));
    }

    // ---------------------------------------------------------------------------------------------- arithmetic in Fp2

    /// @dev r = a·b; `r` may be either of them.
    function _mul(Fp2 memory r, Fp2 memory a, Fp2 memory b) private pure {
        assembly ("memory-safe") {
            let aRe := mload(a)
            let aIm := mload(add(a, 0x20))
            let bRe := mload(b)
            let bIm := mload(add(b, 0x20))
            mstore(r, addmod(mulmod(aRe, bRe, P), mulmod(sub(P, aIm), bIm, P), P))
            mstore(add(r, 0x20), addmod(mulmod(aRe, bIm, P), mulmod(aIm, bRe, P), P))
        }
    }

    /// @dev a = a + b.
    function _addTo(Fp2 memory a, Fp2 memory b) private pure {
        assembly ("memory-safe") {
            mstore(a, addmod(mload(a), mload(b), P))
            let aIm := add(a, 0x20)
            mstore(aIm, addmod(mload(aIm), mload(add(b, 0x20)), P))
        }
    }

    /// @dev a = a - b.
    function _subFrom(Fp2 memory a, Fp2 memory b) private pure {
        assembly ("memory-safe") {
            mstore(a, addmod(mload(a), sub(P, mload(b)), P))
            let aIm := add(a, 0x20)
            mstore(aIm, addmod(mload(aIm), sub(P, mload(add(b, 0x20))), P))
        }
    }
}
