// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title MockERC20
/// @notice A token of nine decimals like SESH, with its supply in the deployer's hands.
contract MockERC20 is ERC20, ERC20Permit {
    constructor(string memory name_, string memory symbol_, uint256 totalSupply_)
        ERC20(name_, symbol_)
        ERC20Permit(name_)
    {
        _mint(msg.sender, totalSupply_);
    }

    function decimals() public pure override returns (uint8) {
        return 9;
    }
}
