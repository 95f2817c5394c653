// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {Initializable} from "@openzeppelin/contracts-upgradeable/proxy/utils/Initializable.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IServiceNodeRewards} from "./interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "./libraries/BN256G1.sol";
import {BN256G2} from "./libraries/BN256G2.sol";
import {Pairing} from "./libraries/Pairing.sol";

/// @title ServiceNodeRewards
/// @notice Holds the stakes and the list of service nodes, and pays rewards and returned stakes that the nodes sign for
/// together. A node is added with a proof that its operator has the BLS key; the sum of all keys is what an aggregate
/// signature is checked against, less the keys of the nodes that did not sign.
/// @dev Runs behind a transparent proxy. The order of the state variables is that of the deployed contract.
contract ServiceNodeRewards is Initializable, Ownable2StepUpgradeable, PausableUpgradeable, IServiceNodeRewards {
    using SafeERC20 for IERC20;

    uint256 public constant VERSION = 1;
    /// @notice The list's ends meet here; no node has this identifier.
    uint64 public constant LIST_SENTINEL = 0;
    /// @notice How long after asking to leave a node may go without a signature.
    uint256 public constant MAX_SERVICE_NODE_EXIT_WAIT_TIME = 30 days;
    /// @notice Registrations that one block may hold in any case; above, it is two per cent of the nodes.
    uint256 public constant MAX_PERMITTED_PUBKEY_AGGREGATIONS_LOWER_BOUND = 20;
    uint256 public constant MIN_TIME_BEFORE_REPEATED_LEAVE_REQUEST = 1 hours;
    /// @notice How long after the registration a small contributor cannot make the node leave.
    uint256 public constant SMALL_CONTRIBUTOR_LEAVE_DELAY = 30 days;
    /// @notice Below this part of the stake a contributor is small, and an operator too poor.
    uint256 public constant SMALL_CONTRIBUTOR_DIVISOR = 4;
    /// @dev 100 % in the unit of the operator's fee.
    uint16 private constant MAX_FEE = 10_000;

    bool public isStarted;
    IERC20 public designatedToken;
    IERC20 public foundationPool;
    uint64 public nextServiceNodeID;
    uint256 public totalNodes;
    uint256 public blsNonSignerThreshold;
    uint256 public blsNonSignerThresholdMax;
    /// @notice How long the network's signature for an exit can be used, in seconds.
    uint256 public signatureExpiry;

    bytes32 public proofOfPossessionTag;
    bytes32 public rewardTag;
    bytes32 public exitTag;
    bytes32 public liquidateTag;
    bytes32 public hashToG2Tag;

    uint256 public stakingRequirement;
    uint256 public maxContributors;
    uint256 public liquidatorRewardRatio;
    uint256 public poolShareOfLiquidationRatio;
    uint256 public recipientRatio;

    mapping(uint64 serviceNodeID => ServiceNode) private _serviceNodes;
    mapping(address account => Recipient) public recipients;
    mapping(bytes blsPubkey => uint64 serviceNodeID) public serviceNodeIDs;
    BN256G1.G1Point private _aggregatePubkey;

    uint256 public lastHeightPubkeyWasAggregated;
    uint256 public numPubkeyAggregationsForHeight;

    /// @notice The most that all together may claim in one window, in atomic SESH.
    uint256 public claimThreshold;
    /// @notice The length of a window, in seconds.
    uint256 public claimCycle;
    /// @notice What was claimed in the current window.
    uint256 public currentClaimTotal;
    /// @notice The number of the current window: time divided by its length.
    uint256 public currentClaimCycle;

    mapping(uint256 ed25519Pubkey => uint64 serviceNodeID) public ed25519ToServiceNodeID;

    modifier whenStarted() {
        if (!isStarted) revert ContractNotStarted();
        _;
    }

    /// @dev Refuses to look at a signature that too many nodes are missing from.
    modifier hasEnoughSigners(uint256 nonSigners) {
        _requireEnoughSigners(nonSigners);
        _;
    }

    /// @notice Sets up the proxy. The signature tags are bound to this chain and to the proxy's address.
    function initialize(
        address token_,
        address foundationPool_,
        uint256 stakingRequirement_,
        uint256 maxContributors_,
        uint256 liquidatorRewardRatio_,
        uint256 poolShareOfLiquidationRatio_,
        uint256 recipientRatio_
    ) public initializer {
        __Ownable_init(msg.sender);
        __Pausable_init();
        _setLiquidationRatios(liquidatorRewardRatio_, poolShareOfLiquidationRatio_, recipientRatio_);

        designatedToken = IERC20(token_);
        foundationPool = IERC20(foundationPool_);
        stakingRequirement = stakingRequirement_;
        maxContributors = maxContributors_;

        nextServiceNodeID = LIST_SENTINEL + 1;
        blsNonSignerThresholdMax = 4000;
        signatureExpiry = 10 minutes;
        claimThreshold = 1_000_000 * 1e9;
        claimCycle = 12 hours;

        proofOfPossessionTag = _buildTag("BLS_SIG_TRYANDINCREMENT_POP");
        rewardTag = _buildTag("BLS_SIG_TRYANDINCREMENT_REWARD");
        exitTag = _buildTag("BLS_SIG_TRYANDINCREMENT_EXIT");
        liquidateTag = _buildTag("BLS_SIG_TRYANDINCREMENT_LIQUIDATE");
        hashToG2Tag = _buildTag("BLS_SIG_HASH_TO_FIELD_TAG");
    }

    // --------------------------------------------------------------------------------------------------- rewards

    /// @inheritdoc IServiceNodeRewards
    function updateRewardsBalance(
        address recipientAddress,
        uint256 recipientRewards,
        BLSSignatureParams calldata blsSignature,
        uint64[] memory ids
    ) external whenNotPaused whenStarted hasEnoughSigners(ids.length) {
        if (recipientAddress == address(0)) revert NullAddress();
        uint256 previousBalance = recipients[recipientAddress].rewards;
        if (previousBalance >= recipientRewards) revert RecipientRewardsTooLow();
        _requireNetworkSignature(
            abi.encodePacked(rewardTag, recipientAddress, recipientRewards), blsSignature, ids, hashToG2Tag
        );

        recipients[recipientAddress].rewards = recipientRewards;
        emit RewardsBalanceUpdated(recipientAddress, recipientRewards, previousBalance);
    }

    /// @inheritdoc IServiceNodeRewards
    function claimRewards() public {
        Recipient storage recipient = recipients[msg.sender];
        _claimRewards(recipient.rewards - recipient.claimed);
    }

    /// @inheritdoc IServiceNodeRewards
    function claimRewards(uint256 amount) public {
        _claimRewards(amount);
    }

    /// @dev Pays the caller. A pause does not stop it: what the network credited belongs to the recipient.
    function _claimRewards(uint256 amount) private {
        Recipient storage recipient = recipients[msg.sender];
        if (amount > recipient.rewards - recipient.claimed) revert MaxClaimExceeded();

        _enterClaimWindow();
        uint256 total = currentClaimTotal + amount;
        if (total > claimThreshold) revert ClaimThresholdExceeded();

        currentClaimTotal = total;
        recipient.claimed += amount;
        emit RewardsClaimed(msg.sender, amount);
        designatedToken.safeTransfer(msg.sender, amount);
    }

    /// @dev Begins counting anew when the time has come into a later window.
    function _enterClaimWindow() private {
        uint256 cycle = block.timestamp / claimCycle;
        if (cycle > currentClaimCycle) {
            currentClaimCycle = cycle;
            currentClaimTotal = 0;
        }
    }

    // ---------------------------------------------------------------------------------------------- registration

    /// @inheritdoc IServiceNodeRewards
    function addBLSPublicKey(
        BN256G1.G1Point memory blsPubkey,
        BLSSignatureParams memory blsSignature,
        ServiceNodeParams memory serviceNodeParams,
        Contributor[] memory contributors
    ) external whenNotPaused whenStarted {
        uint256 requirement = stakingRequirement;
        if (contributors.length > maxContributors) revert MaxContributorsExceeded();
        if (contributors.length > 0) {
            _requireStakes(contributors, requirement);
        } else {
            contributors = new Contributor[](1);
            contributors[0] = Contributor(Staker(msg.sender, msg.sender), requirement);
        }
        if (serviceNodeParams.fee > MAX_FEE) revert FeeTooHigh(serviceNodeParams.fee, MAX_FEE);

        uint64 known = serviceNodeIDs[BN256G1.getKeyForG1Point(blsPubkey)];
        if (known != LIST_SENTINEL) revert BLSPubkeyAlreadyExists(known);

        // The caller may be a contract that collected the stake: the proof is bound to the operator, the tokens come
        // from the caller.
        address operator = contributors[0].staker.addr;
        _requireProofOfPossession(blsPubkey, blsSignature, operator, serviceNodeParams.serviceNodePubkey);

        (uint64 id, ServiceNode storage node) = _addNode(blsPubkey, serviceNodeParams.serviceNodePubkey);
        node.deposit = requirement;
        node.operator = operator;
        for (uint256 i = 0; i < contributors.length; ++i) {
            node.contributors.push(contributors[i]);
        }
        _updateBLSNonSignerThreshold();

        emit NewServiceNodeV2(id, msg.sender, blsPubkey, serviceNodeParams, contributors);
        designatedToken.safeTransferFrom(msg.sender, address(this), requirement);
    }

    /// @inheritdoc IServiceNodeRewards
    function validateProofOfPossession(
        BN256G1.G1Point memory blsPubkey,
        BLSSignatureParams memory blsSignature,
        address caller,
        uint256 serviceNodePubkey
    ) external {
        _requireProofOfPossession(blsPubkey, blsSignature, caller, serviceNodePubkey);
    }

    /// @dev The operator's minimum and the sum, then what the network would refuse after the stake is already here.
    function _requireStakes(Contributor[] memory contributors, uint256 requirement) private pure {
        uint256 total = 0;
        for (uint256 i = 0; i < contributors.length; ++i) {
            total += contributors[i].stakedAmount;
        }
        if (total != requirement) revert ContributionTotalMismatch(requirement, total);

        uint256 operatorStake = contributors[0].stakedAmount;
        if (operatorStake * SMALL_CONTRIBUTOR_DIVISOR < requirement) {
            revert InsufficientOperatorContribution(operatorStake);
        }

        for (uint256 i = 0; i < contributors.length; ++i) {
            address staker = contributors[i].staker.addr;
            if (staker == address(0)) revert NullAddress();
            if (contributors[i].stakedAmount == 0) revert EmptyContribution(i);
            for (uint256 earlier = 0; earlier < i; ++earlier) {
                if (contributors[earlier].staker.addr == staker) revert DuplicateContributor(i);
            }
        }
    }

    // ------------------------------------------------------------------------------------------------------ exit

    /// @inheritdoc IServiceNodeRewards
    function initiateExitBLSPublicKey(uint64 serviceNodeID) public whenNotPaused {
        _initiateExitBLSPublicKey(serviceNodeID, msg.sender);
    }

    /// @inheritdoc IServiceNodeRewards
    function exitBLSPublicKeyWithSignature(
        BN256G1.G1Point calldata blsPubkey,
        uint256 timestamp,
        BLSSignatureParams calldata blsSignature,
        uint64[] memory ids
    ) external whenNotPaused whenStarted hasEnoughSigners(ids.length) {
        uint64 id = _requireSignedExit(blsPubkey, timestamp, blsSignature, exitTag, ids);
        _exitBLSPublicKey(id, _serviceNodes[id].deposit);
    }

    /// @inheritdoc IServiceNodeRewards
    function exitBLSPublicKeyAfterWaitTime(uint64 serviceNodeID) external whenNotPaused whenStarted {
        ServiceNode storage node = _serviceNodes[serviceNodeID];
        if (node.leaveRequestTimestamp == 0) revert LeaveRequestNotInitiatedYet(serviceNodeID);
        uint256 end = node.leaveRequestTimestamp + MAX_SERVICE_NODE_EXIT_WAIT_TIME;
        if (block.timestamp < end) revert LeaveRequestTooEarly(serviceNodeID, end, block.timestamp);
        _exitBLSPublicKey(serviceNodeID, node.deposit);
    }

    /// @inheritdoc IServiceNodeRewards
    function liquidateBLSPublicKeyWithSignature(
        BN256G1.G1Point calldata blsPubkey,
        uint256 timestamp,
        BLSSignatureParams calldata blsSignature,
        uint64[] memory ids
    ) external whenNotPaused whenStarted hasEnoughSigners(ids.length) {
        uint64 id = _requireSignedExit(blsPubkey, timestamp, blsSignature, liquidateTag, ids);
        emit ServiceNodeLiquidated(id, msg.sender, blsPubkey);

        uint256 deposit = _serviceNodes[id].deposit;
        uint256 sum = poolShareOfLiquidationRatio + liquidatorRewardRatio + recipientRatio;
        uint256 liquidatorAmount = deposit * liquidatorRewardRatio / sum;
        uint256 poolAmount = Math.ceilDiv(deposit * poolShareOfLiquidationRatio, sum);
        _exitBLSPublicKey(id, deposit - liquidatorAmount - poolAmount);

        if (liquidatorRewardRatio > 0) designatedToken.safeTransfer(msg.sender, liquidatorAmount);
        if (poolShareOfLiquidationRatio > 0) designatedToken.safeTransfer(address(foundationPool), poolAmount);
    }

    /// @dev Records that `caller`, one of the contributors, wants the node to leave.
    function _initiateExitBLSPublicKey(uint64 serviceNodeID, address caller) internal whenStarted {
        ServiceNode storage node = _serviceNodes[serviceNodeID];
        uint256 stake = _stakeOf(node, serviceNodeID, caller);
        if (node.leaveRequestTimestamp == 0) {
            bool isSmall = SMALL_CONTRIBUTOR_DIVISOR * stake < node.deposit;
            if (isSmall && block.timestamp < node.addedTimestamp + SMALL_CONTRIBUTOR_LEAVE_DELAY) {
                revert SmallContributorLeaveTooEarly(serviceNodeID, caller);
            }
            node.leaveRequestTimestamp = block.timestamp;
        } else {
            // Asking again only repeats the event, for a network that missed it.
            uint256 end = node.latestLeaveRequestTimestamp + MIN_TIME_BEFORE_REPEATED_LEAVE_REQUEST;
            if (block.timestamp < end) revert LeaveRequestTooEarly(serviceNodeID, end, block.timestamp);
        }
        node.latestLeaveRequestTimestamp = block.timestamp;
        emit ServiceNodeExitRequest(serviceNodeID, caller, node.blsPubkey);
    }

    /// @dev Removes a node. Its stake stays here until the network credits it as rewards.
    function _exitBLSPublicKey(uint64 serviceNodeID, uint256 returnedAmount) internal {
        BN256G1.G1Point memory blsPubkey = _serviceNodes[serviceNodeID].blsPubkey;
        _deleteNode(serviceNodeID, blsPubkey);
        _updateBLSNonSignerThreshold();
        emit ServiceNodeExit(serviceNodeID, msg.sender, returnedAmount, blsPubkey);
    }

    /// @dev How old a node must be before a signature can remove it, in seconds: a younger one the network may not know.
    function minimumExitAge() internal pure virtual returns (uint64) {
        return 2 hours;
    }

    /// @dev What `account` staked on a node.
    function _stakeOf(ServiceNode storage node, uint64 serviceNodeID, address account) private view returns (uint256) {
        Contributor[] storage contributors = node.contributors;
        uint256 length = contributors.length;
        for (uint256 i = 0; i < length; ++i) {
            Contributor storage contributor = _contributorAt(contributors, i);
            if (contributor.staker.addr == account) return contributor.stakedAmount;
        }
        revert CallerNotContributor(serviceNodeID, account);
    }

    /// @dev A contributor, three slots each, by an index that is known to exist: without reading the length once more.
    function _contributorAt(Contributor[] storage contributors, uint256 index)
        private
        pure
        returns (Contributor storage contributor)
    {
        assembly ("memory-safe") {
            mstore(0x00, contributors.slot)
            contributor.slot := add(keccak256(0x00, 0x20), mul(index, 3))
        }
    }

    /// @dev Finds the node that the network wants removed, and checks that it does.
    function _requireSignedExit(
        BN256G1.G1Point calldata blsPubkey,
        uint256 timestamp,
        BLSSignatureParams calldata blsSignature,
        bytes32 tag,
        uint64[] memory ids
    ) private view returns (uint64 id) {
        id = serviceNodeIDs[BN256G1.getKeyForG1Point(blsPubkey)];
        if (id == LIST_SENTINEL) revert BLSPubkeyDoesNotExist(blsPubkey);
        if (timestamp > block.timestamp + signatureExpiry) {
            revert SignatureNotYetValid(id, timestamp, block.timestamp);
        }
        if (block.timestamp > timestamp + signatureExpiry) revert SignatureExpired(id, timestamp, block.timestamp);

        ServiceNode storage node = _serviceNodes[id];
        if (!BN256G1.equal(blsPubkey, node.blsPubkey)) revert BLSPubkeyDoesNotMatch(id, blsPubkey);
        if (block.timestamp < node.addedTimestamp + minimumExitAge()) {
            revert ExitTooEarly(id, node.addedTimestamp, block.timestamp);
        }
        _requireNetworkSignature(
            abi.encodePacked(tag, blsPubkey.X, blsPubkey.Y, timestamp), blsSignature, ids, hashToG2Tag
        );
    }

    // ------------------------------------------------------------------------------------------------- signatures

    /// @inheritdoc IServiceNodeRewards
    function checkNetworkSignature(
        bytes calldata message,
        BLSSignatureParams calldata blsSignature,
        uint64[] calldata ids,
        bytes32 hashToCurveTag
    ) external view whenStarted hasEnoughSigners(ids.length) {
        uint64 previous = LIST_SENTINEL;
        for (uint256 i = 0; i < ids.length; ++i) {
            uint64 id = ids[i];
            if (id <= previous) revert NonSignersNotAscending(id);
            if (_serviceNodes[id].ed25519Pubkey == 0) revert ServiceNodeDoesntExist(id);
            previous = id;
        }
        _requireNetworkSignature(message, blsSignature, ids, hashToCurveTag);
    }

    /// @dev Without nodes the sum of keys is infinity, against which the signature at infinity would be right.
    function _requireEnoughSigners(uint256 nonSigners) private view {
        uint256 nodes = totalNodes;
        uint256 threshold = blsNonSignerThreshold;
        if (nonSigners > threshold) {
            revert InsufficientBLSSignatures(nonSigners > nodes ? 0 : nodes - nonSigners, nodes - threshold);
        }
        if (nodes == 0) revert InsufficientNodes();
    }

    /// @dev Reverts unless all nodes but those in `ids` signed `message`. An identifier without a node subtracts nothing.
    function _requireNetworkSignature(
        bytes memory message,
        BLSSignatureParams memory blsSignature,
        uint64[] memory ids,
        bytes32 hashToCurveTag
    ) private view {
        BN256G1.G1Point memory missing;
        for (uint256 i = 0; i < ids.length; ++i) {
            missing = BN256G1.add(missing, _serviceNodes[ids[i]].blsPubkey);
        }
        BN256G1.G1Point memory signers = BN256G1.add(_aggregatePubkey, BN256G1.negate(missing));
        if (!_isSignatureOf(signers, message, blsSignature, hashToCurveTag)) revert InvalidBLSSignature(signers);
    }

    function _requireProofOfPossession(
        BN256G1.G1Point memory blsPubkey,
        BLSSignatureParams memory blsSignature,
        address operator,
        uint256 serviceNodePubkey
    ) private view {
        bytes memory message = abi.encodePacked(
            proofOfPossessionTag, blsPubkey.X, blsPubkey.Y, operator, serviceNodePubkey
        );
        if (!_isSignatureOf(blsPubkey, message, blsSignature, hashToG2Tag)) revert InvalidBLSProofOfPossession();
    }

    /// @dev e(G1, signature) · e(-key, H(message)) = 1. Infinity is neither a key nor a signature.
    function _isSignatureOf(
        BN256G1.G1Point memory key,
        bytes memory message,
        BLSSignatureParams memory blsSignature,
        bytes32 hashToCurveTag
    ) private view returns (bool) {
        BN256G2.G2Point memory signature = BN256G2.G2Point(
            [blsSignature.sigs1, blsSignature.sigs0], [blsSignature.sigs3, blsSignature.sigs2]
        );
        if (BN256G1.isInfinity(key) || BN256G2.isInfinity(signature)) return false;
        BN256G2.G2Point memory hash = BN256G2.hashToG2(message, hashToCurveTag);
        return Pairing.pairing2(BN256G1.P1(), signature, BN256G1.negate(key), hash);
    }

    /// @dev Binds a signature to its purpose, this chain and this contract.
    function _buildTag(string memory name) private view returns (bytes32) {
        return keccak256(abi.encodePacked(name, block.chainid, address(this)));
    }

    // --------------------------------------------------------------------------------------------------- the list

    /// @inheritdoc IServiceNodeRewards
    function seedPublicKeyList(SeedServiceNode[] calldata nodes) external onlyOwner {
        if (isStarted) revert ContractAlreadyStarted();
        uint256 requirement = stakingRequirement;
        for (uint256 i = 0; i < nodes.length; ++i) {
            SeedServiceNode calldata seed = nodes[i];
            Contributor[] calldata contributors = seed.contributors;
            if (contributors.length == 0) revert InsufficientContributors();
            if (contributors.length > maxContributors) revert MaxContributorsExceeded();

            (uint64 id, ServiceNode storage node) = _addNode(seed.blsPubkey, seed.ed25519Pubkey);
            node.deposit = requirement;
            node.operator = contributors[0].staker.addr;
            node.addedTimestamp = seed.addedTimestamp;

            uint256 total = 0;
            for (uint256 c = 0; c < contributors.length; ++c) {
                Contributor calldata contributor = contributors[c];
                if (contributor.staker.addr == address(0)) revert NullAddress();
                total += contributor.stakedAmount;
                node.contributors.push(contributor);
            }
            if (total != requirement) revert ContributionTotalMismatch(requirement, total);
            emit NewSeededServiceNode(id, seed.blsPubkey, seed.ed25519Pubkey);
        }
        _updateBLSNonSignerThreshold();
    }

    /// @inheritdoc IServiceNodeRewards
    function rederiveTotalNodesAndAggregatePubkey() public {
        uint256 count = 0;
        BN256G1.G1Point memory sum;
        for (uint64 id = _serviceNodes[LIST_SENTINEL].next; id != LIST_SENTINEL; id = _serviceNodes[id].next) {
            sum = BN256G1.add(sum, _serviceNodes[id].blsPubkey);
            ++count;
        }
        totalNodes = count;
        _aggregatePubkey = sum;
        _updateBLSNonSignerThreshold();
    }

    /// @dev Appends a node to the list and its key to the sum. From the second key on the precompile refuses one that is
    /// not on the curve.
    function _addNode(BN256G1.G1Point memory blsPubkey, uint256 ed25519Pubkey)
        private
        returns (uint64 id, ServiceNode storage node)
    {
        if (blsPubkey.X == 0 || blsPubkey.Y == 0) revert NullBLSPubkey();
        if (ed25519Pubkey == 0) revert NullEd25519Pubkey();
        bytes memory key = BN256G1.getKeyForG1Point(blsPubkey);
        if (serviceNodeIDs[key] != LIST_SENTINEL) revert BLSPubkeyAlreadyExists(serviceNodeIDs[key]);
        if (ed25519ToServiceNodeID[ed25519Pubkey] != LIST_SENTINEL) {
            revert Ed25519PubkeyAlreadyExists(ed25519ToServiceNodeID[ed25519Pubkey]);
        }
        if (isStarted) _countAggregation();

        id = nextServiceNodeID++;
        ++totalNodes;

        node = _serviceNodes[id];
        uint64 last = _serviceNodes[LIST_SENTINEL].prev;
        (node.next, node.prev) = (LIST_SENTINEL, last);
        _serviceNodes[LIST_SENTINEL].prev = id;
        _serviceNodes[last].next = id;

        node.blsPubkey = blsPubkey;
        node.addedTimestamp = block.timestamp;
        node.ed25519Pubkey = ed25519Pubkey;
        ed25519ToServiceNodeID[ed25519Pubkey] = id;
        serviceNodeIDs[key] = id;
        // The sum starts with the first key as it is. A proof of possession has shown that a key is on the curve; a seeded
        // one that is not, and that nothing is added to, is the owner's mistake as it was in the original contract.
        _aggregatePubkey = totalNodes == 1 ? blsPubkey : BN256G1.add(_aggregatePubkey, blsPubkey);
    }

    /// @dev Takes a node out of the list and its key out of the sum.
    function _deleteNode(uint64 id, BN256G1.G1Point memory blsPubkey) private {
        if (totalNodes == 0) revert InsufficientNodes();
        if (id == LIST_SENTINEL) revert DeleteSentinelNodeNotAllowed();
        ServiceNode storage node = _serviceNodes[id];

        (uint64 next, uint64 prev) = (node.next, node.prev);
        _serviceNodes[next].prev = prev;
        _serviceNodes[prev].next = next;
        _aggregatePubkey = BN256G1.add(_aggregatePubkey, BN256G1.negate(blsPubkey));
        delete ed25519ToServiceNodeID[node.ed25519Pubkey];
        delete serviceNodeIDs[BN256G1.getKeyForG1Point(blsPubkey)];
        delete _serviceNodes[id];
        --totalNodes;
    }

    /// @dev Limits how many keys one block adds, so that borrowed tokens cannot outvote the nodes at once.
    function _countAggregation() private {
        if (lastHeightPubkeyWasAggregated < block.number) {
            lastHeightPubkeyWasAggregated = block.number;
            numPubkeyAggregationsForHeight = 0;
        }
        if (++numPubkeyAggregationsForHeight > maxPermittedPubkeyAggregations()) {
            revert MaxPubkeyAggregationsExceeded();
        }
    }

    function _updateBLSNonSignerThreshold() private {
        blsNonSignerThreshold = Math.min(totalNodes / 3, blsNonSignerThresholdMax);
    }

    // ------------------------------------------------------------------------------------------------- governance

    /// @inheritdoc IServiceNodeRewards
    function start() public onlyOwner {
        isStarted = true;
    }

    /// @notice Stops everything but claims.
    function pause() public onlyOwner {
        _pause();
    }

    /// @notice Ends a pause.
    function unpause() public onlyOwner {
        _unpause();
    }

    /// @notice Sets the stake of nodes that are registered from now on.
    function setStakingRequirement(uint256 newRequirement) public onlyOwner {
        _requirePositive(newRequirement);
        stakingRequirement = newRequirement;
        emit StakingRequirementUpdated(newRequirement);
    }

    /// @notice Sets how long an exit signature can be used, in seconds.
    function setSignatureExpiry(uint256 newExpiry) public onlyOwner {
        _requirePositive(newExpiry);
        signatureExpiry = newExpiry;
        emit SignatureExpiryUpdated(newExpiry);
    }

    /// @notice Sets how many nodes may be missing from a signature however many there are. Takes effect at once.
    function setBLSNonSignerThresholdMax(uint256 newMax) public onlyOwner {
        _requirePositive(newMax);
        blsNonSignerThresholdMax = newMax;
        _updateBLSNonSignerThreshold();
        emit BLSNonSignerThresholdMaxUpdated(newMax);
    }

    /// @notice Sets the most that is claimed in one window, in atomic SESH.
    function setClaimThreshold(uint256 newMax) public onlyOwner {
        _requirePositive(newMax);
        claimThreshold = newMax;
        emit ClaimThresholdUpdated(newMax);
    }

    /// @notice Sets the length of a window, in seconds. What the current window has paid out counts on until the first
    /// window of the new length ends.
    function setClaimCycle(uint256 newValue) public onlyOwner {
        _requirePositive(newValue);
        _enterClaimWindow();
        claimCycle = newValue;
        currentClaimCycle = block.timestamp / newValue;
        emit ClaimCycleUpdated(newValue);
    }

    /// @notice Sets how a liquidated stake is divided. The penalty cannot exceed a quarter of it, the operator's part.
    function setLiquidationRatios(uint256 liquidator, uint256 pool, uint256 recipient) public onlyOwner {
        _setLiquidationRatios(liquidator, pool, recipient);
        emit LiquidationRatiosUpdated(liquidator, pool, recipient);
    }

    function _setLiquidationRatios(uint256 liquidator, uint256 pool, uint256 recipient) private {
        _requirePositive(recipient);
        if ((liquidator + pool) * 3 > recipient) revert LiquidatorPenaltyTooHigh();
        liquidatorRewardRatio = liquidator;
        poolShareOfLiquidationRatio = pool;
        recipientRatio = recipient;
    }

    function _requirePositive(uint256 value) private pure {
        if (value == 0) revert PositiveNumberRequirement();
    }

    // ------------------------------------------------------------------------------------------------------ views

    /// @notice How many registrations one block may hold.
    function maxPermittedPubkeyAggregations() public view returns (uint256) {
        return Math.max(totalNodes * 2 / 100, MAX_PERMITTED_PUBKEY_AGGREGATIONS_LOWER_BOUND);
    }

    /// @inheritdoc IServiceNodeRewards
    function serviceNodes(uint64 serviceNodeID) public view returns (ServiceNode memory) {
        return _serviceNodes[serviceNodeID];
    }

    /// @inheritdoc IServiceNodeRewards
    function aggregatePubkey() external view returns (BN256G1.G1Point memory) {
        return _aggregatePubkey;
    }

    /// @inheritdoc IServiceNodeRewards
    function allServiceNodeIDs() external view returns (uint64[] memory ids, BN256G1.G1Point[] memory pubkeys) {
        uint256 count = totalNodes;
        ids = new uint64[](count);
        pubkeys = new BN256G1.G1Point[](count);
        uint64 id = _serviceNodes[LIST_SENTINEL].next;
        for (uint256 i = 0; i < count; ++i) {
            ServiceNode storage node = _serviceNodes[id];
            ids[i] = id;
            pubkeys[i] = node.blsPubkey;
            id = node.next;
        }
    }
}
