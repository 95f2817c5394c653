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

    /// @dev u, the parameter that generates the curve, and the bit below its highest.
    uint256 private constant U = 4965661367192848881;
    uint256 private constant U_SECOND_BIT = 1 << 61;

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
                bytes32(0),
                bytes32(0),
                bytes32(0),
                bytes32(0),
                bytes8(0),
                message,
                uint16(128),
                uint8(0),
                dst,
                uint8(32)
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
            (uint256 re, uint256 im, bool negate) = hashToField(abi.encodePacked(message, uint8(counter)), hashToG2Tag);
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
    function mulByCofactor(G2Point memory point) internal view returns (G2Point memory) {
        uint256[6] memory jacobian = [point.X[1], point.X[0], point.Y[1], point.Y[0], 1, 0];
        _mulByCofactor(jacobian);
        return _toAffine(jacobian);
    }

    /// @notice Whether an affine point lies on the twist.
    function isOnCurve(G2Point memory point) internal pure returns (bool) {
        (uint256 leftRe, uint256 leftIm) = _multiply(point.Y[1], point.Y[0], point.Y[1], point.Y[0]);
        (uint256 rightRe, uint256 rightIm) = ySquared(point.X[1], point.X[0]);
        return leftRe == rightRe && leftIm == rightIm;
    }

    /// @notice Whether `point` is the point at infinity.
    function isInfinity(G2Point memory point) internal pure returns (bool) {
        return point.X[0] == 0 && point.X[1] == 0 && point.Y[0] == 0 && point.Y[1] == 0;
    }

    /// @notice y² of the twist at x = re + i·im, real part first.
    function ySquared(uint256 re, uint256 im) internal pure returns (uint256, uint256) {
        (uint256 cubeRe, uint256 cubeIm) = _multiply(re, im, re, im);
        (cubeRe, cubeIm) = _multiply(cubeRe, cubeIm, re, im);
        return (addmod(cubeRe, TWIST_RE, P), addmod(cubeIm, TWIST_IM, P));
    }

    /// @dev The product of two elements of Fp2, real parts first.
    function _multiply(uint256 aRe, uint256 aIm, uint256 bRe, uint256 bIm) private pure returns (uint256, uint256) {
        return
            (
                addmod(mulmod(aRe, bRe, P), mulmod(P - aIm, bIm, P), P),
                addmod(mulmod(aRe, bIm, P), mulmod(aIm, bRe, P), P)
            );
    }

    /// @dev (x / z², y / z³). The inverse of z is conj(z) / (z.re² + z.im²), that of a number n is n^(p - 2).
    function _toAffine(uint256[6] memory point) private view returns (G2Point memory r) {
        uint256 norm = addmod(mulmod(point[4], point[4], P), mulmod(point[5], point[5], P), P);
        uint256 inverse = _power(norm, P - 2);
        (uint256 re, uint256 im) = (mulmod(point[4], inverse, P), mulmod(P - point[5], inverse, P));
        (uint256 squareRe, uint256 squareIm) = _multiply(re, im, re, im);
        (re, im) = _multiply(re, im, squareRe, squareIm);
        (r.X[1], r.X[0]) = _multiply(point[0], point[1], squareRe, squareIm);
        (r.Y[1], r.Y[0]) = _multiply(point[2], point[3], re, im);
    }

    /// @dev Moves a point into the subgroup, in Jacobian coordinates: x.re, x.im, y.re, y.im, z.re, z.im. By Horner's
    /// scheme it is Q + ψ(3Q + ψ(Q + ψ(P))) with Q = [u]P.
    ///
    /// In the block below a point is the address of its six words and an element of Fp2 the address of its two; functions
    /// write to their first argument. Word 0 holds the prime, because a constant costs more each time it is named. Most of
    /// the gas of a signature check is spent here.
    function _mulByCofactor(uint256[6] memory p) private pure {
        uint256[6] memory q;
        uint256[6] memory q3;
        uint256[10] memory scratch;
        assembly ("memory-safe") {
            mstore(0x00, P)

            copyPoint(q, p)
            for { let bit := U_SECOND_BIT } bit { bit := shr(1, bit) } {
                doublePoint(q, scratch)
                if and(U, bit) { addPoint(q, p, scratch) }
            }
            copyPoint(q3, q)
            doublePoint(q3, scratch)
            addPoint(q3, q, scratch)

            psi(p, scratch)
            addPoint(p, q, scratch)
            psi(p, scratch)
            addPoint(p, q3, scratch)
            psi(p, scratch)
            addPoint(p, q, scratch)

            // point = 2·point (Bernstein and Lange, dbl-2009-l)
            function doublePoint(point, s) {
                let y := add(point, 0x40)
                let z := add(point, 0x80)
                let b := add(s, 0x40)
                let c := add(s, 0x80)
                let d := add(s, 0xc0)
                multiply(z, y, z)
                scale(z, 2)
                // d = 4·x·y², c = 8·y⁴, s = 3·x²
                multiply(b, y, y)
                multiply(d, point, b)
                scale(d, 4)
                multiply(c, b, b)
                scale(c, 8)
                multiply(s, point, point)
                scale(s, 3)
                // x = s² - 2·d, y = s·(d - x) - c
                multiply(point, s, s)
                subFrom(point, d)
                subFrom(point, d)
                subFrom(d, point)
                multiply(y, s, d)
                subFrom(y, c)
            }

            // point = point + other, for points that are neither equal nor opposite nor at infinity: from a hashed point
            // such a pair comes with a probability of about 2^-250
            function addPoint(point, other, s) {
                let y := add(point, 0x40)
                let z := add(point, 0x80)
                let otherZ := add(other, 0x80)
                let b := add(s, 0x40)
                let c := add(s, 0x80)
                let d := add(s, 0xc0)
                let e := add(s, 0x100)
                // s = x·z'², b = y·z'³, where z' is one for the affine P
                multiply(e, otherZ, otherZ)
                multiply(s, point, e)
                multiply(e, e, otherZ)
                multiply(b, y, e)
                // c = x'·z² - s, d = y'·z³ - b
                multiply(e, z, z)
                multiply(c, other, e)
                subFrom(c, s)
                multiply(e, e, z)
                multiply(d, add(other, 0x40), e)
                subFrom(d, b)
                // z = z·z'·c
                multiply(z, z, otherZ)
                multiply(z, z, c)
                // s = s·c², c = c³
                multiply(e, c, c)
                multiply(c, c, e)
                multiply(s, s, e)
                // x = d² - c - 2·s, y = d·(s - x) - b·c
                multiply(point, d, d)
                subFrom(point, c)
                subFrom(point, s)
                subFrom(point, s)
                subFrom(s, point)
                multiply(y, d, s)
                multiply(b, b, c)
                subFrom(y, b)
            }

            // point = ψ(point): conjugates every coordinate, and twists back
            function psi(point, s) {
                for { let at := add(point, 0x20) } lt(at, add(point, 0xc0)) { at := add(at, 0x40) } {
                    mstore(at, sub(mload(0x00), mload(at)))
                }
                mstore(s, PSI_X_RE)
                mstore(add(s, 0x20), PSI_X_IM)
                multiply(point, point, s)
                mstore(s, PSI_Y_RE)
                mstore(add(s, 0x20), PSI_Y_IM)
                point := add(point, 0x40)
                multiply(point, point, s)
            }

            function copyPoint(to, from) {
                for { let at := 0 } lt(at, 0xc0) { at := add(at, 0x20) } { mstore(add(to, at), mload(add(from, at))) }
            }

            // r = a·b; r may be either of them
            function multiply(r, a, b) {
                let prime := mload(0x00)
                let aRe := mload(a)
                let aIm := mload(add(a, 0x20))
                let bRe := mload(b)
                let bIm := mload(add(b, 0x20))
                mstore(r, addmod(mulmod(aRe, bRe, prime), mulmod(sub(prime, aIm), bIm, prime), prime))
                mstore(add(r, 0x20), addmod(mulmod(aRe, bIm, prime), mulmod(aIm, bRe, prime), prime))
            }

            // a = a·factor, for a number that needs no reduction
            function scale(a, factor) {
                let prime := mload(0x00)
                mstore(a, mulmod(mload(a), factor, prime))
                a := add(a, 0x20)
                mstore(a, mulmod(mload(a), factor, prime))
            }

            // a = a - b
            function subFrom(a, b) {
                let prime := mload(0x00)
                mstore(a, addmod(mload(a), sub(prime, mload(b)), prime))
                a := add(a, 0x20)
                mstore(a, addmod(mload(a), sub(prime, mload(add(b, 0x20))), prime))
            }
        }
    }
}
