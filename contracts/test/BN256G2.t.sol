// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {BN256G2} from "../src/libraries/BN256G2.sol";
import {Test} from "./foundry/Test.sol";
import {Vectors} from "./support/Vectors.sol";

/// @notice Hashing to G2 against vectors that other implementations made (bridge §8).
contract BN256G2LibraryTest is Test {
    uint256 private constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
    bytes32 private constant DST = 0xff54977c9d08fb9098f6beae0e4634cb9b2d4c2b9c86f0b3e2f2f0073b73f51c;

    /// @dev Fills the memory that the next allocations take with ones.
    modifier dirtyMemory() {
        assembly ("memory-safe") {
            let free := mload(0x40)
            for { let at := free } lt(at, add(free, 0x8000)) { at := add(at, 0x20) } { mstore(at, not(0)) }
        }
        _;
    }

    function test_expandsMessage() public pure {
        (bytes32 b1, bytes32 b2, bytes32 b3, bytes32 b4) = BN256G2.expandMessageXMDKeccak256("asdf", DST);
        vm.assertEq(b1, 0xa9289d6c3626c2275c7f94a2aec2b47e90522afcfacea9d7d2d6d758bfcd0209);
        vm.assertEq(b2, 0xe929d19bf0b1b42ec2674bc2d6395aa7a1d5988766413feb1aa4dc9c2e87a15d);
        vm.assertEq(b3, 0xd34bd9627c1e82adcdb3359afde8ddc5946db33c4255c47497956d677155af6b);
        vm.assertEq(b4, 0x47debeec9747b0b08909e419594a087497df70f8b60fdc66ebb577dab9a33696);
    }

    function test_hashesToField() public pure {
        (uint256 re, uint256 im, bool sign) = BN256G2.hashToField("asdf", DST);
        vm.assertEq(re, 307410635215970536626579586125711284326114787973043528925905382633054236085);
        vm.assertEq(im, 1183035087006320090803410940370628752170722813268233981705860145243604330069);
        vm.assertFalse(sign);
    }

    function test_takesSquareRoots() public view {
        uint256[4][3] memory vectors = [
            [
                18400763209162137698378342072679747343805045379991482883044659141807904813804,
                3757716903061301937348252070019908304499894848840852657694527662312163652493,
                21113773905939110219807704586191458336348141462234245963448200970029289972960,
                4757623815106826332652416853619432081835467211624617316558602106633360047377
            ],
            [
                18643117260133094081555630496908182148979888402907667429281989499686433042481,
                18767426827650792022715527615257676532671283520119768371866051896505585913537,
                13983740723413048141287686746094829568564621238524191737326450062318360253841,
                7253166406823230892838512371946295413549476296573503802098707278836650652634
            ],
            [
                8003427931889017305260233532064766566259865014312993643669489451621672874553,
                8255214349881287197796283279515869829321316620831837079694717882055223224849,
                16601660172989674590467103759517356028828864343517310912312924127793849257441,
                7249251494535356504402176277173612222981755570353172297173865703654518619480
            ]
        ];
        for (uint256 i = 0; i < vectors.length; ++i) {
            (uint256 re, uint256 im) = BN256G2.FQ2Sqrt(vectors[i][0], vectors[i][1]);
            vm.assertEq(re, vectors[i][2]);
            vm.assertEq(im, vectors[i][3]);
            (re, im) = BN256G2.NegateFQ2Sqrt(re, im);
            vm.assertEq(re, P - vectors[i][2]);
            vm.assertEq(im, P - vectors[i][3]);
        }
    }

    function test_mapsRewardMessageToTwist() public view {
        BN256G2.G2Point memory point = BN256G2.mapToG2(Vectors.REWARD_MESSAGE, Vectors.HASH_TO_FIELD_TAG);
        vm.assertEq(point.X[1], 0x1b98c88486539774e65c4122aa3a02dbeb7ec3036d600a6a37fa3cb73f81032a);
        vm.assertEq(point.X[0], 0x0546e6cae22f351b3b4a6ad0b2da5c97bcb712548e4f2d93ef0c3e04da2f462e);
        vm.assertEq(point.Y[1], 0x1c5e6152a1504201050d650d3e25f20feafe6df01e51e21c3243407e8bdccb64);
        vm.assertEq(point.Y[0], 0x253ff5bb11038309d47450cac0f098ea57fdb2f5ba6422f4838ed614191f88d1);
        vm.assertTrue(BN256G2.isOnCurve(point));
    }

    function test_hashesRewardMessage() public view {
        assertRewardHash(BN256G2.hashToG2(Vectors.REWARD_MESSAGE, Vectors.HASH_TO_FIELD_TAG));
    }

    function test_hashesInDirtyMemory() public view dirtyMemory {
        assertRewardHash(BN256G2.hashToG2(Vectors.REWARD_MESSAGE, Vectors.HASH_TO_FIELD_TAG));
    }

    /// @dev Amount 2 has no point at counters 0, 1 and 2.
    function test_raisesCounter() public view {
        bytes memory message = abi.encodePacked(Vectors.REWARD_TAG, Vectors.RECIPIENT, uint256(2));
        BN256G2.G2Point memory hash = BN256G2.hashToG2(message, Vectors.HASH_TO_FIELD_TAG);
        vm.assertEq(hash.X[1], 0x2fc98600c38fe5fe276cc843ca2faa2dbda71d8313b1df7d3d115df0c5054710);
        vm.assertEq(hash.X[0], 0x1111b61797bec38c76521240c93ad520653d2c89b9aed99d651294f565e9f8a0);
        vm.assertEq(hash.Y[1], 0x0d8160d19ac0d21641c861981609ebb6d14e09d8d09da3a61f3669ab95c83d07);
        vm.assertEq(hash.Y[0], 0x079310f1f9a5b44c29bdcc9491607de087d33848f120c1df257356ca0e3bdb54);
    }

    function assertRewardHash(BN256G2.G2Point memory hash) private pure {
        vm.assertEq(hash.X[1], 0x1312803043ef01e8dab3d3ac3387047de7f0e06960fca8c44c532dff1fa32e43);
        vm.assertEq(hash.X[0], 0x265a6245e3fd208898f4ebbb7257340584fc0c5d844c1dad93d1ac301d4cbcb1);
        vm.assertEq(hash.Y[1], 0x03d13b94b73645a32caa205605dae423eb396d8edf3b78bee09fd64bf66a4b7f);
        vm.assertEq(hash.Y[0], 0x2da547370dc81a9278ad11bf290b16ba4fc37723c5e1359b6e6d6cb10ff7a1ce);
    }

    function testFuzz_hashDoesNotDependOnMemory(bytes memory message, bytes32 dst) public view {
        BN256G2.G2Point memory clean = BN256G2.hashToG2(message, dst);
        assertDirtyEquals(clean, message, dst);
    }

    function assertDirtyEquals(BN256G2.G2Point memory clean, bytes memory message, bytes32 dst)
        private
        view
        dirtyMemory
    {
        BN256G2.G2Point memory dirty = BN256G2.hashToG2(message, dst);
        vm.assertEq(abi.encode(clean), abi.encode(dirty));
        vm.assertTrue(BN256G2.isOnCurve(dirty));
    }

    function testFuzz_rootSquares(uint256 re, uint256 im) public view {
        (re, im) = (re % P, im % P);
        (uint256 rootRe, uint256 rootIm) = BN256G2.FQ2Sqrt(re, im);
        if (rootRe == 0 && rootIm == 0) return;
        vm.assertEq(addmod(mulmod(rootRe, rootRe, P), P - mulmod(rootIm, rootIm, P), P), re);
        vm.assertEq(mulmod(2, mulmod(rootRe, rootIm, P), P), im);
    }

    function testFuzz_squareHasRoot(uint256 re, uint256 im) public view {
        (re, im) = (re % P, im % P);
        uint256 squareRe = addmod(mulmod(re, re, P), P - mulmod(im, im, P), P);
        uint256 squareIm = mulmod(2, mulmod(re, im, P), P);
        (uint256 rootRe, uint256 rootIm) = BN256G2.FQ2Sqrt(squareRe, squareIm);
        bool same = rootRe == re && rootIm == im;
        bool opposite = rootRe == (P - re) % P && rootIm == (P - im) % P;
        vm.assertTrue(same || opposite);
    }
}
