// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {Test} from "../foundry/Test.sol";

/// @notice Records in `snapshots` what calls cost, and refuses a call that costs more than the same call of the original
/// contract, as `snapshots/original` has it.
/// @dev The original's figures come from the same tests: with `GAS_OF` set to the `out` directory of another build of
/// the contracts, inside this project, that build is deployed and recorded as the original.
abstract contract GasRecorder is Test {
    /// @dev What the last call cost.
    function record(string memory group, string memory name) internal returns (uint256 gasUsed) {
        bool original = bytes(otherBuild()).length != 0;
        gasUsed = vm.snapshotGasLastCall(original ? string.concat("original/", group) : group, name);
        if (original) return gasUsed;

        string memory path = string.concat("snapshots/original/", group, ".json");
        if (!vm.exists(path)) return gasUsed;
        string memory key = string.concat("$['", name, "']");
        string memory json = vm.readFile(path);
        if (vm.keyExistsJson(json, key)) vm.assertLe(gasUsed, vm.parseJsonUint(json, key), name);
    }

    /// @dev Deploys the contract with this name.
    function create(string memory name, bytes memory arguments) internal returns (address made) {
        string memory build = otherBuild();
        string memory artifact = bytes(build).length == 0
            ? string.concat(name, ".sol:", name)
            : string.concat(build, "/", name, ".sol/", name, ".json");
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        require(made != address(0), name);
    }

    function otherBuild() private view returns (string memory) {
        return vm.envOr("GAS_OF", string(""));
    }
}
