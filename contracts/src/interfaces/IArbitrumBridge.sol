// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

/// @notice Arbitrum's custom gateway on Ethereum, which locks tokens there and has them minted on Arbitrum.
interface IL1CustomGateway {
    /// @notice Ties the calling token to its counterpart on Arbitrum.
    function registerTokenToL2(
        address l2Address,
        uint256 maxGas,
        uint256 gasPriceBid,
        uint256 maxSubmissionCost,
        address creditBackAddress
    ) external payable returns (uint256);
}

/// @notice Arbitrum's router on Ethereum, which knows the gateway of each token.
interface IL1GatewayRouter {
    /// @notice Chooses the gateway of the calling token.
    function setGateway(
        address gateway,
        uint256 maxGas,
        uint256 gasPriceBid,
        uint256 maxSubmissionCost,
        address creditBackAddress
    ) external payable returns (uint256);
}

/// @notice What the gateway asks of a token on Ethereum.
interface IArbitrumEnabledToken {
    /// @notice The number 0xb1 for a token that wants to be registered.
    function isArbitrumEnabled() external view returns (uint8);
}

/// @notice What the gateway asks of a token on Arbitrum.
interface IArbitrumToken {
    /// @notice Tokens arrived from Ethereum.
    function bridgeMint(address account, uint256 amount) external;

    /// @notice Tokens leave for Ethereum.
    function bridgeBurn(address account, uint256 amount) external;

    /// @notice The token on Ethereum.
    function l1Address() external view returns (address);
}
