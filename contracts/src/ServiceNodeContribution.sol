// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IServiceNodeContribution} from "./interfaces/IServiceNodeContribution.sol";
import {IServiceNodeRewards} from "./interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "./libraries/BN256G1.sol";
import {Shared} from "./libraries/Shared.sol";

/// @title ServiceNodeContribution
/// @notice Collects the stake of one node from several contributors and registers the node when it is complete. The
/// operator opens it with at least a quarter of the stake; the others follow, each with at least an equal part of what
/// the open places must still bring. Until the node is registered everybody can take the own part back.
/// @dev One instance for each node, made by the factory, not upgradeable. Amounts are atomic SESH, times Unix seconds.
///
/// Between the calls of strangers, while the node is not registered:
/// - the contract holds at least the sum of the contributions, which is at most `stakingRequirement`;
/// - contributors and outstanding reservations together are at most `maxContributors`;
/// - the operator is the first contributor, or there is none and the status is `WaitForOperatorContrib`;
/// - keys, fee and reservations change in `WaitForOperatorContrib` only.
contract ServiceNodeContribution is IServiceNodeContribution, Shared {
    using SafeERC20 for IERC20;

    /// @notice How long a contribution stays after it was last raised.
    uint64 public constant WITHDRAWAL_DELAY = 1 days;
    /// @notice The whole, of which the operator's fee is a part.
    uint16 public constant MAX_FEE = 10000;

    /// @inheritdoc IServiceNodeContribution
    IERC20 public immutable SESH;
    /// @inheritdoc IServiceNodeContribution
    IServiceNodeRewards public immutable stakingRewardsContract;
    /// @inheritdoc IServiceNodeContribution
    uint256 public immutable stakingRequirement;
    /// @inheritdoc IServiceNodeContribution
    address public immutable operator;
    /// @inheritdoc IServiceNodeContribution
    uint256 public immutable maxContributors;

    /// @inheritdoc IServiceNodeContribution
    BN256G1.G1Point public blsPubkey;
    /// @notice The node's Ed25519 key with its signature, and the fee.
    IServiceNodeRewards.ServiceNodeParams public _serviceNodeParams;
    /// @notice The proof of possession of `blsPubkey`, made for the operator.
    IServiceNodeRewards.BLSSignatureParams public _blsSignature;

    /// @dev What an address has contributed, when it last did, and who is paid for it: one slot. No amount is above
    /// `stakingRequirement`, hence its width.
    struct Contribution {
        uint56 amount;
        uint40 timestamp;
        address beneficiary;
    }

    /// @dev A place kept for an address: one slot. Together they are at most `stakingRequirement` as well.
    struct Reservation {
        uint56 amount;
        /// Whether the address has contributed.
        bool received;
    }

    /// @dev What is not zero belongs to an address in `_stakers`.
    mapping(address account => Contribution) private _contributions;
    /// @dev The contributors, the operator first.
    address[] private _stakers;
    mapping(address account => Reservation) private _reservations;
    /// @inheritdoc IServiceNodeContribution
    address[] public reservedContributionsAddresses;

    // One slot, which every contribution writes: the sums over the lists above are kept, not gathered anew each time.
    // It is never zero, so that no caller pays for making it so.

    /// @inheritdoc IServiceNodeContribution
    Status public status;
    /// @inheritdoc IServiceNodeContribution
    bool public manualFinalize;
    /// @dev Keeps the slot from being zero.
    bool private _slotInUse = true;
    /// @dev The number of reservations whose contribution has not come.
    uint16 private _outstandingReservations;
    /// @dev The sum of all contributions.
    uint56 private _totalContribution;
    /// @dev The sum of reservations whose contribution has not come.
    uint56 private _totalReserved;

    modifier onlyOperator() {
        if (msg.sender != operator) _refuseCaller();
        _;
    }

    modifier whenWaitForOperatorContrib() {
        if (status != Status.WaitForOperatorContrib) _refuseStatus();
        _;
    }

    /// @param _stakingRewardsContract Where the node will be registered; the requirement and the token come from there.
    /// @param _maxContributors The most contributors that the rewards contract takes.
    /// @param key The node's BLS key.
    /// @param sig The proof of possession of `key`, made for `_operator`.
    /// @param params The node's Ed25519 key with its signature, and the fee.
    /// @param reserved Places kept for addresses, the operator's first; may be empty.
    /// @param _operator The node's operator, who alone may change anything here.
    /// @param _manualFinalize Whether a complete stake waits for `finalize`.
    constructor(
        address _stakingRewardsContract,
        uint256 _maxContributors,
        BN256G1.G1Point memory key,
        IServiceNodeRewards.BLSSignatureParams memory sig,
        IServiceNodeRewards.ServiceNodeParams memory params,
        IServiceNodeRewards.ReservedContributor[] memory reserved,
        address _operator,
        bool _manualFinalize
    ) nzAddr(_stakingRewardsContract) nzUint(_maxContributors) {
        IServiceNodeRewards rewards = IServiceNodeRewards(_stakingRewardsContract);
        uint256 requirement = rewards.stakingRequirement();
        require(requirement <= type(uint56).max, "Staking requirement too large");

        stakingRewardsContract = rewards;
        stakingRequirement = requirement;
        maxContributors = _maxContributors;
        SESH = rewards.designatedToken();
        operator = _operator;

        // There is nothing to reset, but who follows the events finds the same ones as after `reset`.
        emit UpdateReservedContributors(new IServiceNodeRewards.ReservedContributor[](0));
        emit Reset();
        _update(key, sig, params, reserved, _manualFinalize);
    }

    // ----------------------------------------------------------------------------------------------- the operator

    /// @inheritdoc IServiceNodeContribution
    function updateManualFinalize(bool value) external onlyOperator {
        _updateManualFinalize(value);
    }

    /// @inheritdoc IServiceNodeContribution
    function updateFee(uint16 fee) external onlyOperator {
        _updateFee(fee);
    }

    /// @inheritdoc IServiceNodeContribution
    function updatePubkeys(
        BN256G1.G1Point memory newBLSPubkey,
        IServiceNodeRewards.BLSSignatureParams memory newBLSSig,
        uint256 ed25519Pubkey,
        uint256 ed25519Sig0,
        uint256 ed25519Sig1
    ) external onlyOperator {
        _updatePubkeys(newBLSPubkey, newBLSSig, ed25519Pubkey, ed25519Sig0, ed25519Sig1);
    }

    /// @inheritdoc IServiceNodeContribution
    function updateReservedContributors(IServiceNodeRewards.ReservedContributor[] memory reserved)
        external
        onlyOperator
    {
        _updateReservedContributors(reserved);
    }

    /// @inheritdoc IServiceNodeContribution
    function finalize() external onlyOperator {
        if (status != Status.WaitForFinalized) revert FinalizeNotPossible(status);
        _finalize();
    }

    /// @inheritdoc IServiceNodeContribution
    function reset() external onlyOperator {
        _reset();
    }

    /// @inheritdoc IServiceNodeContribution
    function resetUpdateAndContribute(
        BN256G1.G1Point memory key,
        IServiceNodeRewards.BLSSignatureParams memory sig,
        IServiceNodeRewards.ServiceNodeParams memory params,
        IServiceNodeRewards.ReservedContributor[] memory reserved,
        bool _manualFinalize,
        address beneficiary,
        uint256 amount
    ) external onlyOperator {
        _reset();
        _update(key, sig, params, reserved, _manualFinalize);
        if (amount > 0) _contributeFunds(amount, beneficiary);
    }

    /// @inheritdoc IServiceNodeContribution
    function rescueERC20(address tokenAddress) external onlyOperator {
        Status current = status;
        if (current != Status.WaitForOperatorContrib && current != Status.Finalized) revert RescueNotPossible(current);

        IERC20 token = IERC20(tokenAddress);
        uint256 balance = token.balanceOf(address(this));
        if (balance == 0) revert RescueBalanceIsEmpty(tokenAddress);
        token.safeTransfer(msg.sender, balance);
    }

    // --------------------------------------------------------------------------------------------- contributors

    /// @inheritdoc IServiceNodeContribution
    function contributeFunds(uint256 amount, address beneficiary) external {
        _contributeFunds(amount, beneficiary);
    }

    /// @inheritdoc IServiceNodeContribution
    function updateBeneficiary(address newBeneficiary) external {
        Status current = status;
        if (current != Status.OpenForPublicContrib && current != Status.WaitForFinalized) {
            revert BeneficiaryUpdatingDisabledNodeIsNotOpen(_serviceNodeParams.serviceNodePubkey);
        }
        _updateBeneficiary(newBeneficiary == address(0) ? msg.sender : newBeneficiary);
    }

    /// @inheritdoc IServiceNodeContribution
    function withdrawContribution() external {
        // Without its operator the node cannot be: everybody is refunded.
        if (msg.sender == operator) {
            _reset();
            return;
        }

        Contribution storage contribution = _contributions[msg.sender];
        (uint256 amount, uint256 contributedAt) = (contribution.amount, contribution.timestamp);
        if (block.timestamp - contributedAt < WITHDRAWAL_DELAY) {
            revert WithdrawTooEarly(contributedAt, block.timestamp, WITHDRAWAL_DELAY);
        }
        if (amount == 0) return;

        // The stake of a registered node is not here any more: only the entry goes.
        Status current = status;
        _removeContributor(amount);
        if (current == Status.Finalized) return;
        if (current == Status.WaitForFinalized) status = Status.OpenForPublicContrib;
        emit WithdrawContribution(msg.sender, amount);
        SESH.safeTransfer(msg.sender, amount);
    }

    // ----------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IServiceNodeContribution
    function minimumContribution() public view returns (uint256 result) {
        result = calcMinimumContribution(
            stakingRequirement - _totalContribution - _totalReserved,
            _stakers.length + _outstandingReservations,
            maxContributors
        );
    }

    /// @inheritdoc IServiceNodeContribution
    function minimumOperatorContribution(uint256 _stakingRequirement) external pure returns (uint256 result) {
        result = calcMinimumContribution(_stakingRequirement, 0, 1);
    }

    /// @inheritdoc IServiceNodeContribution
    /// @dev Reverts with an arithmetic panic when nothing remains: there is no least part of nothing.
    function calcMinimumContribution(uint256 contributionRemaining, uint256 numContributors, uint256 maxNumContributors)
        public
        pure
        returns (uint256 result)
    {
        if (maxNumContributors <= numContributors) {
            revert CalcMinContributionGivenBadContribArgs(numContributors, maxNumContributors);
        }
        uint256 parts = numContributors == 0 ? 4 : maxNumContributors - numContributors;
        result = (contributionRemaining - 1) / parts + 1;
    }

    /// @inheritdoc IServiceNodeContribution
    function blsSignature() external view returns (IServiceNodeRewards.BLSSignatureParams memory) {
        return _blsSignature;
    }

    /// @inheritdoc IServiceNodeContribution
    function serviceNodeParams() external view returns (IServiceNodeRewards.ServiceNodeParams memory) {
        return _serviceNodeParams;
    }

    /// @inheritdoc IServiceNodeContribution
    function contributions(address stakerAddr) public view returns (uint256 amount) {
        amount = _contributions[stakerAddr].amount;
    }

    /// @inheritdoc IServiceNodeContribution
    function contributionTimestamp(address stakerAddr) external view returns (uint256 amount) {
        amount = _contributions[stakerAddr].timestamp;
    }

    /// @notice The contributor at an index, the operator at zero, and who is paid for the contribution.
    /// @dev As the getter of a list: the argument has no name in the ABI, and no reason is given when it is too large.
    function _contributorAddresses(uint256) external view returns (address addr, address beneficiary) {
        uint256 index;
        assembly ("memory-safe") {
            index := calldataload(4)
        }
        require(index < _stakers.length);
        IServiceNodeRewards.Staker memory staker = contributorAddresses(index);
        return (staker.addr, staker.beneficiary);
    }

    /// @inheritdoc IServiceNodeContribution
    function contributorAddresses(uint256 index) public view returns (IServiceNodeRewards.Staker memory) {
        address addr = _stakers[index];
        return IServiceNodeRewards.Staker(addr, _contributions[addr].beneficiary);
    }

    /// @inheritdoc IServiceNodeContribution
    function contributorAddressesLength() external view returns (uint256 result) {
        result = _stakers.length;
    }

    /// @inheritdoc IServiceNodeContribution
    function reservedContributions(address stakerAddr) external view returns (uint256 amount, bool received) {
        Reservation storage reservation = _reservations[stakerAddr];
        return (reservation.amount, reservation.received);
    }

    /// @inheritdoc IServiceNodeContribution
    function operatorContribution() external view returns (uint256 result) {
        result = contributions(operator);
    }

    /// @inheritdoc IServiceNodeContribution
    function getContributions()
        external
        view
        returns (address[] memory addrs, address[] memory beneficiaries, uint256[] memory contribs)
    {
        IServiceNodeRewards.Contributor[] memory contributors = _contributors();
        addrs = _stakers;
        beneficiaries = new address[](addrs.length);
        contribs = new uint256[](addrs.length);
        for (uint256 i = 0; i < addrs.length; i++) {
            (beneficiaries[i], contribs[i]) = (contributors[i].staker.beneficiary, contributors[i].stakedAmount);
        }
    }

    /// @inheritdoc IServiceNodeContribution
    function getReserved()
        external
        view
        returns (address[] memory addrs, uint256[] memory contribs, bool[] memory received)
    {
        addrs = reservedContributionsAddresses;
        contribs = new uint256[](addrs.length);
        received = new bool[](addrs.length);
        for (uint256 i = 0; i < addrs.length; i++) {
            Reservation storage reservation = _reservations[addrs[i]];
            (contribs[i], received[i]) = (reservation.amount, reservation.received);
        }
    }

    /// @inheritdoc IServiceNodeContribution
    function totalContribution() external view returns (uint256 result) {
        result = _totalContribution;
    }

    /// @inheritdoc IServiceNodeContribution
    function totalReservedContribution() external view returns (uint256 result) {
        result = _totalReserved;
    }

    // ------------------------------------------------------------------------------------------------- parameters

    /// @dev Sets every parameter, after a reset.
    function _update(
        BN256G1.G1Point memory key,
        IServiceNodeRewards.BLSSignatureParams memory sig,
        IServiceNodeRewards.ServiceNodeParams memory params,
        IServiceNodeRewards.ReservedContributor[] memory reserved,
        bool _manualFinalize
    ) private {
        _updatePubkeys(key, sig, params.serviceNodePubkey, params.serviceNodeSignature1, params.serviceNodeSignature2);
        _updateFee(params.fee);
        _updateReservedContributors(reserved);
        _updateManualFinalize(_manualFinalize);
    }

    function _updateManualFinalize(bool value) private {
        manualFinalize = value;
        emit UpdateManualFinalize(value);
    }

    function _updateFee(uint16 fee) private whenWaitForOperatorContrib {
        if (fee > MAX_FEE) revert FeeExceedsPossibleValue(fee, MAX_FEE);
        _serviceNodeParams.fee = fee;
        emit UpdateFee(fee);
    }

    function _updatePubkeys(
        BN256G1.G1Point memory newBLSPubkey,
        IServiceNodeRewards.BLSSignatureParams memory newBLSSig,
        uint256 ed25519Pubkey,
        uint256 ed25519Sig0,
        uint256 ed25519Sig1
    ) private whenWaitForOperatorContrib {
        stakingRewardsContract.validateProofOfPossession(newBLSPubkey, newBLSSig, operator, ed25519Pubkey);

        blsPubkey = newBLSPubkey;
        _blsSignature = newBLSSig;
        _serviceNodeParams.serviceNodePubkey = ed25519Pubkey;
        _serviceNodeParams.serviceNodeSignature1 = ed25519Sig0;
        _serviceNodeParams.serviceNodeSignature2 = ed25519Sig1;
        emit UpdatePubkeys(newBLSPubkey, ed25519Pubkey);
    }

    function _updateReservedContributors(IServiceNodeRewards.ReservedContributor[] memory reserved)
        private
        whenWaitForOperatorContrib
    {
        _deleteReservations();

        uint256 length = reserved.length;
        uint256 max = maxContributors;
        if (length > max) revert TooManyReservedContributors(length, max);

        uint256 remaining = stakingRequirement;
        for (uint256 i = 0; i < length; i++) {
            address addr = reserved[i].addr;
            uint256 amount = reserved[i].amount;
            if (i == 0) {
                address first = operator;
                if (addr != first) revert FirstReservedContributorMustBeOperator(0, first);
            }
            if (addr == address(0)) revert ReservedContributorHasZeroAddress(i);
            if (_reservations[addr].amount != 0) revert DuplicateAddressInReservedContributor(i);
            uint256 min = calcMinimumContribution(remaining, i, max);
            if (amount < min) revert ReservedContributionBelowMinAmount(i, amount, min);
            if (amount > remaining) revert ReservedContributionExceedsStakingRequirement(i, amount, remaining);

            remaining -= amount;
            _reservations[addr].amount = uint56(amount);
            reservedContributionsAddresses.push(addr);
        }
        _outstandingReservations = uint16(length);
        _totalReserved = uint56(stakingRequirement - remaining);
        emit UpdateReservedContributors(reserved);
    }

    /// @dev Empties the list of reservations, not the sums over it.
    function _deleteReservations() private {
        uint256 length = reservedContributionsAddresses.length;
        if (length == 0) return;
        for (uint256 i = 0; i < length; i++) {
            delete _reservations[reservedContributionsAddresses[i]];
        }
        delete reservedContributionsAddresses;
    }

    // ---------------------------------------------------------------------------------------------- contributions

    /// @param beneficiary Who is paid for the stake. Zero means the caller; with a top-up, whoever was paid before.
    function _contributeFunds(uint256 amount, address beneficiary) private {
        _checkContributionsPossible();
        if (status == Status.WaitForOperatorContrib) {
            if (msg.sender != operator) revert FirstContributionMustBeOperator(msg.sender, operator);
            status = Status.OpenForPublicContrib;
            emit OpenForPublicContribution();
        }

        Contribution storage contribution = _contributions[msg.sender];
        uint256 previous = contribution.amount;
        _checkAmount(amount, previous);
        if (previous == 0) {
            if (beneficiary == address(0)) beneficiary = msg.sender;
            _stakers.push(msg.sender);
        } else {
            beneficiary = _updateBeneficiary(beneficiary);
        }
        bool filled = _addToTotal(amount);
        contribution.amount = uint56(previous + amount);
        contribution.timestamp = uint40(block.timestamp);
        contribution.beneficiary = beneficiary;
        if (filled) {
            status = Status.WaitForFinalized;
            emit Filled();
        }
        emit NewContribution(msg.sender, beneficiary, amount);

        SESH.safeTransferFrom(msg.sender, address(this), amount);
        if (filled && !manualFinalize) _finalize();
    }

    /// @dev Counts a contribution, within what is open: not reserved, and of no more contributors than there may be.
    /// @return filled Whether it completes the stake.
    function _addToTotal(uint256 amount) private returns (bool filled) {
        uint256 total = _totalContribution + amount;
        uint256 reserved = _totalReserved;
        uint256 requirement = stakingRequirement;
        if (total + reserved > requirement) revert ContributionExceedsStakingRequirement(total, reserved, requirement);
        uint256 max = maxContributors;
        if (_stakers.length > max) revert MaxContributorsExceeded(max);

        _totalContribution = uint56(total);
        filled = total == requirement;
    }

    /// @dev Contributions are open, and what was promised to the contributors is still what the rewards contract takes.
    function _checkContributionsPossible() private view {
        if (status > Status.OpenForPublicContrib) revert ContributeFundsNotPossible(status);
        IServiceNodeRewards rewards = stakingRewardsContract;
        (uint256 oldMax, uint256 newMax) = (maxContributors, rewards.maxContributors());
        if (newMax != oldMax) revert RewardsContractMaxContributorsChanged(oldMax, newMax);
        (uint256 oldRequirement, uint256 newRequirement) = (stakingRequirement, rewards.stakingRequirement());
        if (newRequirement != oldRequirement) {
            revert RewardsContractStakingRequirementChanged(oldRequirement, newRequirement);
        }
    }

    /// @dev A reservation asks for its own amount, a first contribution for the minimum, a top-up for nothing. Marks
    /// the reservation as received.
    function _checkAmount(uint256 amount, uint256 previous) private {
        Reservation storage reservation = _reservations[msg.sender];
        uint256 reservedAmount = reservation.amount;
        if (reservedAmount > 0 && !reservation.received) {
            if (amount < reservedAmount) revert ContributionBelowReservedAmount(amount, reservedAmount);
            reservation.received = true;
            _outstandingReservations -= 1;
            _totalReserved -= uint56(reservedAmount);
        } else if (previous == 0) {
            uint256 min = minimumContribution();
            if (amount < min) revert ContributionBelowMinAmount(amount, min);
        }
    }

    /// @dev Sets who is paid for the caller's stake, nobody new when `newBeneficiary` is zero.
    /// @return Who is paid from now on.
    function _updateBeneficiary(address newBeneficiary) private returns (address) {
        Contribution storage contribution = _contributions[msg.sender];
        if (contribution.amount == 0) revert NonContributorUpdatedBeneficiary(msg.sender);
        address current = contribution.beneficiary;
        if (newBeneficiary == address(0) || newBeneficiary == current) return current;

        contribution.beneficiary = newBeneficiary;
        emit UpdateStakerBeneficiary(msg.sender, newBeneficiary);
        return newBeneficiary;
    }

    /// @dev Forgets the caller, who is not the operator, and whose contribution is `amount`. The last contributor takes
    /// the place. A reservation stays and is outstanding again.
    function _removeContributor(uint256 amount) private {
        uint256 last = _stakers.length - 1;
        for (uint256 i = 1; i < last; i++) {
            if (_stakers[i] != msg.sender) continue;
            _stakers[i] = _stakers[last];
            break;
        }
        _stakers.pop();
        delete _contributions[msg.sender];
        _totalContribution -= uint56(amount);

        Reservation storage reservation = _reservations[msg.sender];
        if (reservation.received) {
            reservation.received = false;
            _outstandingReservations += 1;
            _totalReserved += reservation.amount;
        }
    }

    function _reset() private {
        bool refund = status != Status.Finalized;
        address[] memory stakers = _stakers;
        uint256[] memory amounts = new uint256[](stakers.length);
        for (uint256 i = 0; i < stakers.length; i++) {
            amounts[i] = contributions(stakers[i]);
            delete _contributions[stakers[i]];
        }
        delete _stakers;
        _deleteReservations();
        status = Status.WaitForOperatorContrib;
        _outstandingReservations = 0;
        _totalContribution = 0;
        _totalReserved = 0;
        emit UpdateReservedContributors(new IServiceNodeRewards.ReservedContributor[](0));
        emit Reset();

        if (!refund) return;
        for (uint256 i = 0; i < stakers.length; i++) {
            SESH.safeTransfer(stakers[i], amounts[i]);
        }
    }

    // ----------------------------------------------------------------------------------------------- registration

    function _finalize() private {
        status = Status.Finalized;
        emit Finalized();

        IServiceNodeRewards.Contributor[] memory contributors = _contributors();
        _order(contributors);
        IServiceNodeRewards rewards = stakingRewardsContract;
        // Whether the token agreed shows when the rewards contract takes the stake.
        SESH.approve(address(rewards), stakingRequirement);
        rewards.addBLSPublicKey(blsPubkey, _blsSignature, _serviceNodeParams, contributors);
    }

    function _contributors() private view returns (IServiceNodeRewards.Contributor[] memory contributors) {
        address[] memory stakers = _stakers;
        contributors = new IServiceNodeRewards.Contributor[](stakers.length);
        for (uint256 i = 0; i < stakers.length; i++) {
            Contribution storage contribution = _contributions[stakers[i]];
            contributors[i] = IServiceNodeRewards.Contributor(
                IServiceNodeRewards.Staker(stakers[i], contribution.beneficiary), contribution.amount
            );
        }
    }

    /// @dev The network refuses a registration where a contributor gives less than an equal part of what the open
    /// places must still bring, counted in the order of the list. Contributions satisfy this when they come; a
    /// withdrawal can break it, because it moves a small contribution of the end before larger ones. So where the rule
    /// does not hold, the largest of the following contributions is put first: no part is larger than the largest. The
    /// operator, who brings a quarter at once and cannot take a part of it back, stays the first.
    function _order(IServiceNodeRewards.Contributor[] memory contributors) private view {
        uint256 length = contributors.length;
        uint256 places = maxContributors;
        uint256 remaining = stakingRequirement - contributors[0].stakedAmount;
        for (uint256 i = 1; i < length; i++) {
            places--;
            if (contributors[i].stakedAmount * places < remaining) {
                uint256 largest = i;
                for (uint256 j = i + 1; j < length; j++) {
                    if (contributors[j].stakedAmount > contributors[largest].stakedAmount) largest = j;
                }
                (contributors[i], contributors[largest]) = (contributors[largest], contributors[i]);
            }
            remaining -= contributors[i].stakedAmount;
        }
    }

    // --------------------------------------------------------------------------------------------------- refusals

    function _refuseCaller() private view {
        revert OnlyOperatorIsAuthorised(msg.sender, operator);
    }

    function _refuseStatus() private view {
        revert RequireWaitForOperatorContribStatus(status);
    }
}
