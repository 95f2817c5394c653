// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IServiceNodeRewards} from "../../src/interfaces/IServiceNodeRewards.sol";
import {BN256G1} from "../../src/libraries/BN256G1.sol";

/// @title MockServiceNodeRewards
/// @notice Takes and gives back stakes like `ServiceNodeRewards`, without signatures: for tests of the contracts around
/// it. Every claim of everything is credited 50 atomic units first.
contract MockServiceNodeRewards is Ownable {
    using SafeERC20 for IERC20;

    IERC20 public designatedToken;
    uint256 public stakingRequirement;
    uint256 public blsNonSignerThreshold;
    uint64 public nextServiceNodeID = 1;
    uint256 public totalNodes;
    mapping(address => IServiceNodeRewards.Recipient) public recipients;

    mapping(uint64 => IServiceNodeRewards.ServiceNode) private _serviceNodes;

    event ServiceNodeExitRequest(uint64 indexed serviceNodeID);

    constructor(IERC20 _token, uint256 _stakingRequirement) Ownable(msg.sender) {
        designatedToken = _token;
        stakingRequirement = _stakingRequirement;
    }

    function addBLSPublicKey(
        BN256G1.G1Point calldata pubkey,
        IServiceNodeRewards.BLSSignatureParams calldata,
        IServiceNodeRewards.ServiceNodeParams calldata,
        IServiceNodeRewards.Contributor[] memory contributors
    ) external {
        require(contributors.length <= maxContributors(), "Exceeds maximum contributors");

        IServiceNodeRewards.ServiceNode storage node = _serviceNodes[nextServiceNodeID++];
        node.blsPubkey = pubkey;
        node.deposit = stakingRequirement;
        if (contributors.length == 0) {
            node.operator = msg.sender;
            node.contributors
                .push(
                    IServiceNodeRewards.Contributor(
                        IServiceNodeRewards.Staker(msg.sender, msg.sender), stakingRequirement
                    )
                );
        } else {
            node.operator = contributors[0].staker.addr;
            for (uint256 i = 0; i < contributors.length; i++) {
                node.contributors.push(contributors[i]);
            }
        }
        totalNodes++;
        designatedToken.safeTransferFrom(msg.sender, address(this), stakingRequirement);
    }

    function initiateExitBLSPublicKey(uint64 serviceNodeID) external {
        emit ServiceNodeExitRequest(serviceNodeID);
    }

    /// @dev Only the node matters; the deposit is credited to its operator.
    function exitBLSPublicKeyWithSignature(
        uint64 serviceNodeID,
        uint256,
        uint256,
        uint256,
        uint256,
        uint256,
        uint256,
        uint64[] memory
    ) external {
        IServiceNodeRewards.ServiceNode storage node = _serviceNodes[serviceNodeID];
        recipients[node.operator].rewards += node.deposit;
        delete _serviceNodes[serviceNodeID];
        totalNodes--;
    }

    function claimRewards() external {
        IServiceNodeRewards.Recipient storage recipient = recipients[msg.sender];
        recipient.rewards += 50;
        _claim(recipient, recipient.rewards - recipient.claimed);
    }

    function claimRewards(uint256 _amount) external {
        _claim(recipients[msg.sender], _amount);
    }

    function serviceNodes(uint64 serviceNodeID) external view returns (IServiceNodeRewards.ServiceNode memory) {
        return _serviceNodes[serviceNodeID];
    }

    function maxContributors() public pure returns (uint256) {
        return 10;
    }

    /// @dev Every proof is good. Not `view`, as in the real contract's interface.
    function validateProofOfPossession(
        BN256G1.G1Point memory blsPubkey,
        IServiceNodeRewards.BLSSignatureParams memory blsSignature,
        address caller,
        uint256 serviceNodePubkey
    ) external {}

    function _claim(IServiceNodeRewards.Recipient storage recipient, uint256 amount) private {
        require(amount > 0 && amount <= recipient.rewards - recipient.claimed, "No rewards to claim");
        recipient.claimed += amount;
        designatedToken.safeTransfer(msg.sender, amount);
    }
}
