// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IServiceNodeRewards} from "../../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../../src/libraries/BN256G1.sol";

/// @notice Keys and signatures made by an independent model for chain 31337 and the rewards contract at `REWARDS`
/// (bridge §8.2). The original contracts accept all of them.
library Vectors {
    uint256 internal constant CHAIN_ID = 31337;
    address internal constant REWARDS = 0x5FC8d32690cc91D4c39d9d3abcBD16989F875707;
    address internal constant OPERATOR = 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266;
    address internal constant RECIPIENT = 0x70997970C51812dc3A010C7d01b50e0d17dc79C8;
    uint256 internal constant AMOUNT = 123456789012345;
    uint256 internal constant TIMESTAMP = 1900000000;

    bytes32 internal constant POP_TAG = 0x60731fb8ad9470eb09673e413914930bc77734c120db27156ef13f2a15e36fe5;
    bytes32 internal constant REWARD_TAG = 0xbdd97d1e6b8304cf77e0727cdc0d5accb3a8a3927fc0b84fa9ed1fe96d8f006d;
    bytes32 internal constant EXIT_TAG = 0xeba5f8f7d76f975bb119ce320e9eed1f6189ca78eae5685e6effc14013f9b72e;
    bytes32 internal constant LIQUIDATE_TAG = 0x65040d9a963cd13d3dd903c8799aa467f217a50dc46d0166d88d0631198d19ea;
    bytes32 internal constant HASH_TO_FIELD_TAG = 0xe2c6d5d958b68305d2696dd0955619db033a2b7b30b6b39c49a88fb1c2a98868;

    bytes internal constant REWARD_MESSAGE =
        hex"bdd97d1e6b8304cf77e0727cdc0d5accb3a8a3927fc0b84fa9ed1fe96d8f006d70997970c51812dc3a010c7d01b50e0d17dc79c800000000000000000000000000000000000000000000000000007048860ddf79";

    struct Node {
        uint256 secretKey;
        BN256G1.G1Point blsPubkey;
        uint256 ed25519Pubkey;
        IServiceNodeRewards.BLSSignatureParams proofOfPossession;
    }

    /// @dev Node `number`, from 1 to 4.
    function node(uint256 number) internal pure returns (Node memory) {
        if (number == 1) {
            return Node(
                0x4b979935082e49bad797676a7e77a1add8bf85a5c1a59a2e04b2ff356c9ac711,
                BN256G1.G1Point(
                    0x0a3a4533748fafbaa692fe8a32dbb8b2ac91f0ee4b9be38d984fde0175870d5f,
                    0x18a415dfcf4b0b6ac10f011b19ee3464e4baa1f8a0fd1e2ff9f077efc2bf59c4
                ),
                0x6da66879bfd24838db44e5b2f6665ec9be7f9b3baa5911402397cc14e1ac7d3d,
                IServiceNodeRewards.BLSSignatureParams(
                    0x2d403aad5dcc6d90812cb816889907a8feef1f594a2140cc0a3e075079c64420,
                    0x2bd8beef3648888b729475422981759608720ebfc913f15c547af58b95fe80c4,
                    0x0410db0884c545bf344c6826916b2758051aa06b1f910c6c05f2c5b27991a850,
                    0x0fd1c4bde83201b02f3519a568d05a2eccb417b5530515a4d0a96212fcebb162
                )
            );
        }
        if (number == 2) {
            return Node(
                0x54f258bf568ce7255ccf0680bd5fef064607a2262323674058a928fa83dd3bc4,
                BN256G1.G1Point(
                    0x27bf08cdf8e7917bd0348099fa7fa0043ad9a0a0aa9c9f9790b1d5cbbb3414d1,
                    0x0516c2f0ea0e0690329f817a1a25e69c0c41274157fd7cedc18d2bf390880af8
                ),
                0x83d0b70c4a558d4fd26ffdfee73dd83d160f426403897e8db371b69ccdf7563c,
                IServiceNodeRewards.BLSSignatureParams(
                    0x28e37c951ce9e0ffcf8f6a8c732d594e981067754f63e53b36abdafa20fb8810,
                    0x1150e315bb58ded4dbf20627012250e4e7e40cb83ea24afc2443a44b7fe74766,
                    0x28af5f4c4bd52942566b6cbebd272ae35675cc66109238d3b4f7a6efa3c355a4,
                    0x0ab94329dd642efbc0495fc5d075918bfe0f0f218a37f7c07cc9b566dc8e9d15
                )
            );
        }
        if (number == 3) {
            return Node(
                0x59c34571df31444de3faf6e21dd8cf0108c6fcd2ab3853b4a51b9acd7f2aff05,
                BN256G1.G1Point(
                    0x087ab35d5cc5b75cd7cbf873db0feb56ca56e18167cf36c3289062c534282b24,
                    0x1c5bfcd9dca746efe2f2d47597fd9c9ac68abd1513cdc4efbd1e73dc2ac16898
                ),
                0x75f9ee9bac13fa35e7eb0e3ea8ded263382ca6bc0143c001305727c2131a9077,
                IServiceNodeRewards.BLSSignatureParams(
                    0x2dd07882b58a5b954ffa4f1dafa4482d553e400fec638e0aa467b2010cc79339,
                    0x0fc610be68ad1a5cc4666f6613b3c1b203d2335043a81eed91113e28de618ef3,
                    0x1fbd6a384b05819e5c65ab82fc993acbcff50bf9e66a1f67c2084064f832506a,
                    0x2a21eae4f67ca7aa2700416ca67b08616512176198e318195793faecbd5a775d
                )
            );
        }
        require(number == 4, "Vectors: nodes 1 to 4");
        return Node(
            0x456b3742a7c3850c9820342c5664fb034b40bd56a03e0f8ba2fa0182d2b30d7a,
            BN256G1.G1Point(
                0x2b588ccff0f3b5f1e69997afc9553d2744a423c2ab10342b214f5ab51a711004,
                0x00848c4d0e2ca7f071713abf019cfcee32db8bc1a18e271a48b84f03fb5001fd
            ),
            0xe3d5275092a4faa988819a6d5b4d0d25939892980a2710af68bfd1d0914f6d2f,
            IServiceNodeRewards.BLSSignatureParams(
                0x0c0463671b0e3914640dada5181ec015672cdd3b0fb77a8696eb0156360aa879,
                0x0864fbfe54a194e9faff68f745cb3642c5014358e5432895a95598b229436ede,
                0x2328ccf60ec0800a63885b1a1720a79784a13c1df018927c704e525deebaf583,
                0x1fb0a0f9c24282706755e7993794ee5f1fb513335500aa57c1449115f56c1d8d
            )
        );
    }

    /// @dev Nodes 1 to 3 sign that `RECIPIENT` earned `AMOUNT`.
    function rewardSignature() internal pure returns (IServiceNodeRewards.BLSSignatureParams memory) {
        return IServiceNodeRewards.BLSSignatureParams(
            0x1e175947082298bfcb390f5bba6130475992b84a45925abdac831cc14c476ba9,
            0x2a7b0f1ba88aea8abc42c19e4322837c387d1e1229ae2ce4e9f0306bee27ac60,
            0x28a8525d6ff92d508934ce8d685420992135abe1d02a9899e2f6a87f0ddb2fef,
            0x1e4d4473e84ea9b0832e3360697115f6d7289d71e0c2abfa95909e255e5c75a7
        );
    }

    /// @dev Nodes 1 to 3 sign at `TIMESTAMP` that node 4 may leave.
    function exitSignature() internal pure returns (IServiceNodeRewards.BLSSignatureParams memory) {
        return IServiceNodeRewards.BLSSignatureParams(
            0x2d25bf980aaa1eb924c6f48ca528ca0b4c3284a6929745c1a2c4f2adba24a7e3,
            0x28fafd43850a6626d9df97ed95077808feb486d2a61ec013031c2a6af55b8e2f,
            0x222e596d298ece987a781dfe172e9b044556bd73522c82c61c45da8c48e41114,
            0x1dce329b929f34d5c94da22bdeb83591cbf8d0dfc32fd90333f4d8ebed57a861
        );
    }

    /// @dev Nodes 1 to 3 sign at `TIMESTAMP` that node 4 may be liquidated.
    function liquidationSignature() internal pure returns (IServiceNodeRewards.BLSSignatureParams memory) {
        return IServiceNodeRewards.BLSSignatureParams(
            0x1fb156aab8d842c1426bddc42a173f1d122792677e8984fc35c36d60f8d60af9,
            0x0b72746796821ef64fccd8d7c1ea9d23d09cd7af8617844c3056216e7f9ca475,
            0x0b984fe915a5b0628779566d402ea0a3284f8a5ae912e0f2d4b670dfc76bddf3,
            0x0d84bfb55982ed95ee33423826d6d7ff554861b832595ab601d11d6908c977b6
        );
    }
}
