// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IServiceNodeContribution} from "./interfaces/IServiceNodeContribution.sol";
import {IServiceNodeContributionFactory} from "./interfaces/IServiceNodeContributionFactory.sol";
import {IServiceNodeRewards} from "./interfaces/IServiceNodeRewards.sol";
import {ITokenVestingStaking} from "./interfaces/ITokenVestingStaking.sol";
import {BN256G1} from "./libraries/BN256G1.sol";
import {Shared} from "./libraries/Shared.sol";

/// @title TokenVestingStaking
/// @notice Holds an investor's tokens until a date, and lets the investor stake them meanwhile. Stakes come back here;
/// the rewards go to whom the investor names. Whoever may revoke takes the investor's place by revoking.
/// @dev Arbitrum's clock may differ from the true time by an hour ahead or a day behind: the dates move with it. The
/// revert strings are part of the interface.
contract TokenVestingStaking is ITokenVestingStaking, Shared {
    using SafeERC20 for IERC20;

    /// @inheritdoc ITokenVestingStaking
    uint256 public immutable start;
    /// @inheritdoc ITokenVestingStaking
    uint256 public immutable end;
    /// @inheritdoc ITokenVestingStaking
    bool public immutable transferableBeneficiary;
    /// @inheritdoc ITokenVestingStaking
    IServiceNodeRewards public immutable rewardsContract;
    /// @inheritdoc ITokenVestingStaking
    IServiceNodeContributionFactory public immutable snContribFactory;
    /// @inheritdoc ITokenVestingStaking
    IERC20 public immutable SESH;

    /// @inheritdoc ITokenVestingStaking
    address public beneficiary;
    /// @inheritdoc ITokenVestingStaking
    address public revoker;
    /// @notice Whether the vesting was revoked: the revoker acts in the beneficiary's place.
    bool public revoked;

    modifier onlyBeneficiary() {
        require(msg.sender == beneficiary, "Vesting: Caller must be beneficiary");
        _;
    }

    modifier onlyRevoker() {
        require(msg.sender == revoker, "Vesting: Caller must be revoker");
        _;
    }

    /// @dev The revoker once the vesting is revoked, the beneficiary before.
    modifier onlyStaker() {
        if (revoked) require(msg.sender == revoker, "Vesting: Caller must be revoker");
        else require(msg.sender == beneficiary, "Vesting: Caller must be beneficiary");
        _;
    }

    modifier afterStart() {
        require(block.timestamp >= start, "Vesting: not started");
        _;
    }

    /// @param beneficiary_ Who gets the tokens at the end, and stakes them until then.
    /// @param revoker_ Who may revoke; zero when nobody may.
    /// @param start_ When staking becomes possible; not before now.
    /// @param end_ When the tokens are due; not before the start.
    /// @param transferableBeneficiary_ Whether the beneficiary may hand the contract to somebody else.
    /// @param rewardsContract_ Where nodes are registered.
    /// @param snContribFactory_ Whose contribution contracts are trusted; zero when there is none.
    /// @param sesh_ The token that is staked.
    constructor(
        address beneficiary_,
        address revoker_,
        uint256 start_,
        uint256 end_,
        bool transferableBeneficiary_,
        IServiceNodeRewards rewardsContract_,
        IServiceNodeContributionFactory snContribFactory_,
        IERC20 sesh_
    ) nzAddr(beneficiary_) nzAddr(address(rewardsContract_)) nzAddr(address(sesh_)) {
        require(start_ <= end_, "Vesting: start_ after end_");
        require(block.timestamp < start_, "Vesting: start before current time");

        beneficiary = beneficiary_;
        revoker = revoker_;
        start = start_;
        end = end_;
        transferableBeneficiary = transferableBeneficiary_;
        rewardsContract = rewardsContract_;
        snContribFactory = snContribFactory_;
        SESH = sesh_;
    }

    // --------------------------------------------------------------------------------------------------- staking

    /// @inheritdoc ITokenVestingStaking
    function addBLSPublicKey(
        BN256G1.G1Point calldata blsPubkey,
        IServiceNodeRewards.BLSSignatureParams calldata blsSignature,
        IServiceNodeRewards.ServiceNodeParams calldata serviceNodeParams,
        address snBeneficiary
    ) external onlyStaker afterStart nzAddr(snBeneficiary) {
        uint256 stake = rewardsContract.stakingRequirement();
        IServiceNodeRewards.Contributor[] memory contributors = new IServiceNodeRewards.Contributor[](1);
        contributors[0] =
            IServiceNodeRewards.Contributor(IServiceNodeRewards.Staker(address(this), snBeneficiary), stake);

        // Whether the token agreed shows when the rewards contract takes the stake.
        SESH.approve(address(rewardsContract), stake);
        rewardsContract.addBLSPublicKey(blsPubkey, blsSignature, serviceNodeParams, contributors);
    }

    /// @inheritdoc ITokenVestingStaking
    function initiateExitBLSPublicKey(uint64 serviceNodeID) external onlyStaker afterStart {
        rewardsContract.initiateExitBLSPublicKey(serviceNodeID);
    }

    /// @inheritdoc ITokenVestingStaking
    function claimRewards() external onlyStaker afterStart {
        rewardsContract.claimRewards();
    }

    /// @inheritdoc ITokenVestingStaking
    function claimRewards(uint256 amount) external onlyStaker afterStart {
        rewardsContract.claimRewards(amount);
    }

    /// @inheritdoc ITokenVestingStaking
    function contributeFunds(address snContribAddr, uint256 amount, address snContribBeneficiary)
        external
        onlyStaker
        afterStart
        nzAddr(snContribBeneficiary)
    {
        IServiceNodeContribution snContrib = _contribution(snContribAddr);
        SESH.approve(snContribAddr, amount);
        snContrib.contributeFunds(amount, snContribBeneficiary);
    }

    /// @inheritdoc ITokenVestingStaking
    function withdrawContribution(address snContribAddr) external onlyStaker afterStart {
        _contribution(snContribAddr).withdrawContribution();
    }

    /// @inheritdoc ITokenVestingStaking
    function updateBeneficiary(address snContribAddr, address snContribBeneficiary)
        external
        onlyStaker
        afterStart
        nzAddr(snContribBeneficiary)
    {
        _contribution(snContribAddr).updateBeneficiary(snContribBeneficiary);
    }

    // --------------------------------------------------------------------------------------------------- vesting

    /// @inheritdoc ITokenVestingStaking
    function release(IERC20 token) external onlyBeneficiary {
        require(!revoked, "Vesting: token revoked");
        uint256 amount = _due(token);
        require(amount > 0, "Vesting: no tokens are due");

        emit TokensReleased(token, amount);
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc ITokenVestingStaking
    function revoke(IERC20 token) external onlyRevoker {
        if (!revoked) {
            require(block.timestamp <= end, "Vesting: vesting expired");
            revoked = true;
            emit TokenVestingRevoked(token);
        }

        uint256 amount = _due(token);
        if (amount > 0) {
            emit TokensRevokedReleased(token, amount);
            token.safeTransfer(msg.sender, amount);
        }
    }

    /// @inheritdoc ITokenVestingStaking
    function transferBeneficiary(address beneficiary_) external onlyBeneficiary nzAddr(beneficiary_) {
        require(transferableBeneficiary, "Vesting: beneficiary not transferable");

        beneficiary = beneficiary_;
        emit BeneficiaryTransferred(msg.sender, beneficiary_);
    }

    /// @inheritdoc ITokenVestingStaking
    function transferRevoker(address revoker_) external onlyRevoker nzAddr(revoker_) {
        revoker = revoker_;
        emit RevokerTransferred(msg.sender, revoker_);
    }

    // --------------------------------------------------------------------------------------------------- private

    /// @dev Nothing before the end, the whole balance after it.
    function _due(IERC20 token) private view returns (uint256) {
        return block.timestamp < end ? 0 : token.balanceOf(address(this));
    }

    /// @dev Tokens are approved to contracts of the trusted factory only.
    function _contribution(address snContribAddr) private view returns (IServiceNodeContribution) {
        require(snContribFactory.owns(snContribAddr), "Contract address is not a valid multi-contributor SN contract");
        return IServiceNodeContribution(snContribAddr);
    }
}
