// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

import {IArbitrumEnabledToken, IL1CustomGateway, IL1GatewayRouter} from "./interfaces/IArbitrumBridge.sol";
import {Shared} from "./libraries/Shared.sol";

/// @title SESH
/// @notice Session Token on Ethereum. The whole supply exists from the start; nobody can mint, burn or stop it.
contract SESH is ERC20, ERC20Permit, IArbitrumEnabledToken, Shared {
    uint256 public constant VERSION = 2;
    /// @dev What Arbitrum's gateway expects of a token that wants to be registered.
    uint8 private constant ARBITRUM_ENABLED = 0xb1;

    address public immutable gateway;
    address public immutable router;
    bool private _registering;

    /// @param totalSupply_ Atomic SESH.
    /// @param receiverGenesisAddress Who gets all of it.
    /// @param gateway_ Arbitrum's custom gateway on Ethereum.
    /// @param router_ Arbitrum's gateway router on Ethereum.
    constructor(uint256 totalSupply_, address receiverGenesisAddress, address gateway_, address router_)
        ERC20("Session Token", "SESH")
        ERC20Permit("Session Token")
        nzAddr(receiverGenesisAddress)
        nzUint(totalSupply_)
    {
        gateway = gateway_;
        router = router_;
        _mint(receiverGenesisAddress, totalSupply_);
    }

    /// @notice One SESH is 10^9 atomic units.
    function decimals() public pure override returns (uint8) {
        return 9;
    }

    /// @notice Answers the gateway while `registerTokenOnL2` runs, and nobody else.
    function isArbitrumEnabled() external view override returns (uint8) {
        require(_registering, "NOT_EXPECTED_CALL");
        return ARBITRUM_ENABLED;
    }

    /// @notice Ties this token to `l2Token` in Arbitrum's gateway and router. Anyone may pay for it; the gateway accepts
    /// one counterpart only.
    function registerTokenOnL2(
        address l2Token,
        uint256 maxSubmissionCostForCustomGateway,
        uint256 maxSubmissionCostForRouter,
        uint256 maxGasForCustomGateway,
        uint256 maxGasForRouter,
        uint256 gasPriceBid,
        uint256 valueForGateway,
        uint256 valueForRouter,
        address creditBackAddress
    ) external payable {
        bool outer = _registering;
        _registering = true;
        IL1CustomGateway(gateway).registerTokenToL2{value: valueForGateway}(
            l2Token, maxGasForCustomGateway, gasPriceBid, maxSubmissionCostForCustomGateway, creditBackAddress
        );
        IL1GatewayRouter(router).setGateway{value: valueForRouter}(
            gateway, maxGasForRouter, gasPriceBid, maxSubmissionCostForRouter, creditBackAddress
        );
        _registering = outer;
    }
}
