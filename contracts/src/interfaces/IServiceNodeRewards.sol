// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {BN256G1} from "../libraries/BN256G1.sol";

/// @title IServiceNodeRewards
/// @notice The list of service nodes that the network's BLS signatures are checked against, and the rewards that such
/// signatures credit. Amounts are atomic SESH (10^9 to one SESH), times are Unix seconds.
/// @dev The ABI, the events with their topics and the errors are those that deployed clients know; what is new stands in
/// its own section at the end of each list.
interface IServiceNodeRewards {
    // ------------------------------------------------------------------------------------------------ structures

    /// @notice Who stakes, and who is paid.
    struct Staker {
        address addr;
        address beneficiary;
    }

    /// @notice One contributor's part of a node's stake.
    struct Contributor {
        Staker staker;
        uint256 stakedAmount;
    }

    /// @notice A place in a multi-contributor node that is kept for one address.
    struct ReservedContributor {
        address addr;
        uint256 amount;
    }

    /// @notice A node that the list starts with, entered by the owner before the contract is started.
    struct SeedServiceNode {
        BN256G1.G1Point blsPubkey;
        uint256 ed25519Pubkey;
        uint256 addedTimestamp;
        Contributor[] contributors;
    }

    /// @notice A node of the list, which is doubly linked through `next` and `prev` and closed by the sentinel.
    struct ServiceNode {
        uint64 next;
        uint64 prev;
        address operator;
        BN256G1.G1Point blsPubkey;
        uint256 addedTimestamp;
        /// When leaving was first asked for: the unsigned exit opens 30 days later. Zero when it was not.
        uint256 leaveRequestTimestamp;
        /// When leaving was last asked for. Asking again makes the network see the event again.
        uint256 latestLeaveRequestTimestamp;
        uint256 deposit;
        Contributor[] contributors;
        uint256 ed25519Pubkey;
    }

    /// @notice Lifetime totals of one address: what the network credited, and what was paid out of it.
    struct Recipient {
        uint256 rewards;
        uint256 claimed;
    }

    /// @notice A point of G2: x.re, x.im, y.re, y.im.
    struct BLSSignatureParams {
        uint256 sigs0;
        uint256 sigs1;
        uint256 sigs2;
        uint256 sigs3;
    }

    /// @notice The node's Ed25519 key, its signature for the network, and the operator's fee in ten-thousandths.
    struct ServiceNodeParams {
        uint256 serviceNodePubkey;
        uint256 serviceNodeSignature1;
        uint256 serviceNodeSignature2;
        uint16 fee;
    }

    // ---------------------------------------------------------------------------------------------------- events

    /// @notice The owner entered a node before the start.
    event NewSeededServiceNode(uint64 indexed serviceNodeID, BN256G1.G1Point blsPubkey, uint256 ed25519Pubkey);
    /// @notice A node was registered and its stake taken from `initiator`.
    event NewServiceNodeV2(
        uint64 indexed serviceNodeID,
        address initiator,
        BN256G1.G1Point pubkey,
        ServiceNodeParams serviceNode,
        Contributor[] contributors
    );
    /// @notice A contributor asked the network to let the node leave.
    event ServiceNodeExitRequest(uint64 indexed serviceNodeID, address initiator, BN256G1.G1Point pubkey);
    /// @notice A node left the list. The network pays `returnedAmount` back through the rewards.
    event ServiceNodeExit(
        uint64 indexed serviceNodeID, address initiator, uint256 returnedAmount, BN256G1.G1Point pubkey
    );
    /// @notice A node was liquidated by `initiator`; a `ServiceNodeExit` follows.
    event ServiceNodeLiquidated(uint64 indexed serviceNodeID, address initiator, BN256G1.G1Point pubkey);
    /// @notice The lifetime rewards of an address grew from `previousBalance` to `amount`.
    event RewardsBalanceUpdated(address indexed recipientAddress, uint256 amount, uint256 previousBalance);
    /// @notice Rewards were paid out.
    event RewardsClaimed(address indexed recipientAddress, uint256 amount);
    event StakingRequirementUpdated(uint256 newRequirement);
    event SignatureExpiryUpdated(uint256 newExpiry);
    event BLSNonSignerThresholdMaxUpdated(uint256 newMax);
    event ClaimThresholdUpdated(uint256 newThreshold);
    event ClaimCycleUpdated(uint256 newValue);
    event LiquidationRatiosUpdated(uint256 liquidatorRatio, uint256 poolRatio, uint256 recipientRatio);

    // ---------------------------------------------------------------------------------------------------- errors

    error BLSPubkeyAlreadyExists(uint64 serviceNodeID);
    error BLSPubkeyDoesNotExist(BN256G1.G1Point pubkey);
    error BLSPubkeyDoesNotMatch(uint64 serviceNodeID, BN256G1.G1Point pubkey);
    error Ed25519PubkeyAlreadyExists(uint64 serviceNodeID);
    error CallerNotContributor(uint64 serviceNodeID, address caller);
    error ClaimThresholdExceeded();
    error ContractAlreadyStarted();
    error ContractNotStarted();
    error ContributionTotalMismatch(uint256 required, uint256 provided);
    error InsufficientOperatorContribution(uint256 operatorStake);
    error DeleteSentinelNodeNotAllowed();
    error InsufficientBLSSignatures(uint256 numSigners, uint256 requiredSigners);
    error InsufficientContributors();
    error InsufficientNodes();
    /// @param aggPubkey The key that the signature was checked against: all nodes without the non-signers.
    error InvalidBLSSignature(BN256G1.G1Point aggPubkey);
    error InvalidBLSProofOfPossession();
    error ExitTooEarly(uint64 serviceNodeID, uint256 addedTimestamp, uint256 currenttime);
    error LeaveRequestTooEarly(uint64 serviceNodeID, uint256 endTimestamp, uint256 currTimestamp);
    error LeaveRequestNotInitiatedYet(uint64 serviceNodeID);
    error LiquidatorPenaltyTooHigh();
    error MaxContributorsExceeded();
    error MaxClaimExceeded();
    error MaxPubkeyAggregationsExceeded();
    error NullBLSPubkey();
    error NullEd25519Pubkey();
    error NullAddress();
    error PositiveNumberRequirement();
    /// @dev Not raised; kept because the ABI has it.
    error RecipientAddressDoesNotMatch(address expectedRecipient, address providedRecipient, uint256 serviceNodeID);
    error RecipientRewardsTooLow();
    error ServiceNodeDoesntExist(uint64 serviceNodeID);
    error SignatureExpired(uint64 serviceNodeID, uint256 timestamp, uint256 currenttime);
    error SmallContributorLeaveTooEarly(uint64 serviceNodeID, address contributor);

    // Errors that the original contract does not have: each refuses a registration that the network would discard,
    // leaving the stake without an owner, or a signature that the original accepts.

    /// @notice The contributor at `index` appeared before.
    error DuplicateContributor(uint256 index);
    /// @notice The contributor at `index` stakes nothing.
    error EmptyContribution(uint256 index);
    /// @notice The operator's fee is above 100 %.
    error FeeTooHigh(uint16 fee, uint16 maximum);
    /// @notice The time in the signed message lies too far ahead.
    error SignatureNotYetValid(uint64 serviceNodeID, uint256 timestamp, uint256 currenttime);
    /// @notice Non-signers must be named once each, in ascending order.
    error NonSignersNotAscending(uint64 serviceNodeID);

    // ----------------------------------------------------------------------------------------------------- views

    /// @notice The sum of the public keys of all nodes.
    function aggregatePubkey() external view returns (BN256G1.G1Point memory);

    /// @notice How many nodes may be missing from an aggregate signature.
    function blsNonSignerThreshold() external view returns (uint256);

    /// @notice SESH.
    function designatedToken() external view returns (IERC20);

    /// @notice Where the pool's part of a liquidation goes.
    function foundationPool() external view returns (IERC20);

    /// @notice Whether registrations and signatures are accepted. Once true, always true.
    function isStarted() external view returns (bool);

    /// @notice Prefix of a signed proof of possession.
    function proofOfPossessionTag() external view returns (bytes32);

    /// @notice Prefix of a signed reward balance.
    function rewardTag() external view returns (bytes32);

    /// @notice Prefix of a signed exit.
    function exitTag() external view returns (bytes32);

    /// @notice Prefix of a signed liquidation.
    function liquidateTag() external view returns (bytes32);

    /// @notice Domain separation tag under which messages are hashed to the curve.
    function hashToG2Tag() external view returns (bytes32);

    /// @notice The liquidator's share, of the sum of the three ratios.
    function liquidatorRewardRatio() external view returns (uint256);

    /// @notice The pool's share, of the sum of the three ratios.
    function poolShareOfLiquidationRatio() external view returns (uint256);

    /// @notice The contributors' share, of the sum of the three ratios.
    function recipientRatio() external view returns (uint256);

    /// @notice The most contributors that one node may have.
    function maxContributors() external view returns (uint256);

    /// @notice The stake of a node.
    function stakingRequirement() external view returns (uint256);

    /// @notice The identifier that the next node gets. Identifiers are never used twice.
    function nextServiceNodeID() external view returns (uint64);

    /// @notice The number of nodes in the list.
    function totalNodes() external view returns (uint256);

    /// @notice Lifetime totals of `account`.
    function recipients(address account) external view returns (uint256 rewards, uint256 claimed);

    /// @notice A node by its identifier; all zero when there is none.
    function serviceNodes(uint64 serviceNodeID) external view returns (ServiceNode memory);

    /// @notice The identifier of the node with the 64-byte key `blsPubkey`, zero when there is none.
    function serviceNodeIDs(bytes memory blsPubkey) external view returns (uint64);

    /// @notice The identifier of the node with this Ed25519 key, zero when there is none.
    function ed25519ToServiceNodeID(uint256 ed25519Pubkey) external view returns (uint64);

    /// @notice All nodes in the order of the list.
    function allServiceNodeIDs() external view returns (uint64[] memory ids, BN256G1.G1Point[] memory pubkeys);

    /// @notice Reverts unless `blsSignature` proves possession of `blsPubkey` for this operator and Ed25519 key.
    function validateProofOfPossession(
        BN256G1.G1Point memory blsPubkey,
        BLSSignatureParams memory blsSignature,
        address caller,
        uint256 serviceNodePubkey
    ) external;

    /// @notice Reverts unless the network signed `message`. For contracts beside this one, which must put their own tag
    /// and address into the message. Not in the original contract.
    /// @param message The bytes that were signed.
    /// @param blsSignature The sum of the signers' signatures.
    /// @param ids The nodes that did not sign, ascending.
    /// @param hashToCurveTag The domain separation tag under which the message was hashed to the curve.
    function checkNetworkSignature(
        bytes calldata message,
        BLSSignatureParams calldata blsSignature,
        uint64[] calldata ids,
        bytes32 hashToCurveTag
    ) external view;

    // ------------------------------------------------------------------------------------------------- functions

    /// @notice Raises the lifetime rewards of an address to what the network signed. Anyone may submit it.
    /// @param ids The nodes that did not sign.
    function updateRewardsBalance(
        address recipientAddress,
        uint256 recipientRewards,
        BLSSignatureParams calldata blsSignature,
        uint64[] memory ids
    ) external;

    /// @notice Pays the caller everything credited and not yet claimed.
    function claimRewards() external;

    /// @notice Pays the caller `amount` of what is credited and not yet claimed.
    function claimRewards(uint256 amount) external;

    /// @notice Registers a node and takes the whole stake from the caller.
    /// @param blsSignature The proof of possession, made for the first contributor.
    /// @param contributors The operator first; empty when the caller stakes alone.
    function addBLSPublicKey(
        BN256G1.G1Point memory blsPubkey,
        BLSSignatureParams memory blsSignature,
        ServiceNodeParams memory serviceNodeParams,
        Contributor[] memory contributors
    ) external;

    /// @notice Asks the network to let a node leave. Only for contributors.
    function initiateExitBLSPublicKey(uint64 serviceNodeID) external;

    /// @notice Removes a node whose exit the network signed.
    function exitBLSPublicKeyWithSignature(
        BN256G1.G1Point calldata blsPubkey,
        uint256 timestamp,
        BLSSignatureParams calldata blsSignature,
        uint64[] memory ids
    ) external;

    /// @notice Removes a node 30 days after it asked to leave, without the network's signature.
    function exitBLSPublicKeyAfterWaitTime(uint64 serviceNodeID) external;

    /// @notice Removes a node whose liquidation the network signed, and pays the caller for it.
    function liquidateBLSPublicKeyWithSignature(
        BN256G1.G1Point calldata blsPubkey,
        uint256 timestamp,
        BLSSignatureParams calldata blsSignature,
        uint64[] memory ids
    ) external;

    /// @notice Enters the nodes that the list starts with. Only for the owner, before the start.
    function seedPublicKeyList(SeedServiceNode[] calldata nodes) external;

    /// @notice Counts the list and adds up its keys anew.
    function rederiveTotalNodesAndAggregatePubkey() external;

    /// @notice Lets the network begin. Only for the owner; it cannot be taken back.
    function start() external;
}
