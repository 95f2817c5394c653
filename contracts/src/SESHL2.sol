// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {Initializable} from "@openzeppelin/contracts-upgradeable/proxy/utils/Initializable.sol";
import {ERC20Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";

import {IArbitrumToken} from "./interfaces/IArbitrumBridge.sol";

/// @title SESHL2
/// @notice Session Token on Arbitrum. Arbitrum's gateway alone mints what is locked on Ethereum and burns what leaves.
contract SESHL2 is Initializable, ERC20Upgradeable, IArbitrumToken {
    uint256 public constant VERSION = 2;

    address public l2Gateway;
    /// @inheritdoc IArbitrumToken
    address public l1Address;

    modifier onlyL2Gateway() {
        require(msg.sender == l2Gateway, "NOT_GATEWAY");
        _;
    }

    /// @notice Sets up the proxy.
    /// @param l2Gateway_ Arbitrum's custom gateway on Arbitrum.
    /// @param l1Address_ The token on Ethereum.
    function initialize(address l2Gateway_, address l1Address_) public initializer {
        __ERC20_init("Session Token", "SESH");
        l2Gateway = l2Gateway_;
        l1Address = l1Address_;
    }

    /// @notice One SESH is 10^9 atomic units.
    function decimals() public pure override returns (uint8) {
        return 9;
    }

    /// @inheritdoc IArbitrumToken
    function bridgeMint(address account, uint256 amount) external override onlyL2Gateway {
        _mint(account, amount);
    }

    /// @inheritdoc IArbitrumToken
    function bridgeBurn(address account, uint256 amount) external override onlyL2Gateway {
        _burn(account, amount);
    }
}
