// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title MockWOXEN
/// @notice A token of eighteen decimals like wrapped OXEN, with its supply in the deployer's hands.
contract MockWOXEN is ERC20 {
    constructor(string memory name_, string memory symbol_, uint256 totalSupply_) ERC20(name_, symbol_) {
        _mint(msg.sender, totalSupply_);
    }

    function decimals() public pure override returns (uint8) {
        return 18;
    }
}
