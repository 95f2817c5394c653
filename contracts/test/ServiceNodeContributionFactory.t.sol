// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {Initializable} from "@openzeppelin/contracts-upgradeable/proxy/utils/Initializable.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";

import {ServiceNodeContribution} from "../src/ServiceNodeContribution.sol";
import {ServiceNodeContributionFactory} from "../src/ServiceNodeContributionFactory.sol";
import {IServiceNodeContribution} from "../src/interfaces/IServiceNodeContribution.sol";
import {IServiceNodeContributionFactory} from "../src/interfaces/IServiceNodeContributionFactory.sol";
import {MockServiceNodeRewards} from "./mocks/MockServiceNodeRewards.sol";
import {ContributionFixture} from "./support/ContributionFixture.sol";

/// @notice The factory of contribution contracts (bridge §1.6), its size, and the size of what it makes.
contract ServiceNodeContributionFactoryTest is ContributionFixture {
    /// @dev The most bytes that a contract may have (EIP-170).
    uint256 private constant MAX_CODE_SIZE = 24_576;

    function test_isSetUpOnce() public {
        vm.assertEq(factory.VERSION(), 1);
        vm.assertEq(factory.owner(), address(this));
        vm.assertEq(address(factory.stakingRewardsContract()), address(rewards));
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        factory.initialize(address(rewards));
    }

    function test_requirementMustFitTheWidthOfAmounts() public {
        rewards = new MockServiceNodeRewards(token, type(uint56).max);
        factory = newFactory();
        factory.initialize(address(rewards));
        vm.assertEq(deploy(noReservations(), false).stakingRequirement(), type(uint56).max);

        rewards = new MockServiceNodeRewards(token, uint256(type(uint56).max) + 1);
        factory = newFactory();
        factory.initialize(address(rewards));
        vm.expectRevert(bytes("Staking requirement too large"));
        deploy(noReservations(), false);
    }

    function test_worksBehindAProxy() public {
        bytes memory call = abi.encodeWithSignature("initialize(address)", address(rewards));
        address proxy = address(new TransparentUpgradeableProxy(address(factory), address(this), call));
        vm.prank(operator);
        address made = ServiceNodeContributionFactory(proxy).deploy(key(), proof(), params(), noReservations(), false);
        vm.assertTrue(ServiceNodeContributionFactory(proxy).owns(made));
        vm.assertFalse(factory.owns(made));
        vm.assertEq(ServiceNodeContribution(made).operator(), operator);
    }

    function test_callerBecomesTheOperator() public {
        vm.recordLogs();
        vm.prank(alice);
        address made = factory.deploy(key(), proof(), params(), noReservations(), true);

        vm.assertEq(ServiceNodeContribution(made).operator(), alice);
        vm.assertTrue(ServiceNodeContribution(made).manualFinalize());
        vm.assertTrue(factory.owns(made));
        vm.assertTrue(factory.deployedContracts(made));
        vm.assertFalse(factory.owns(alice));
    }

    function test_announcesTheContract() public {
        vm.expectEmit(address(factory));
        emit IServiceNodeContributionFactory.NewServiceNodeContributionContract(
            nextContract(), params().serviceNodePubkey, operator
        );
        deploy(noReservations(), false);
    }

    /// @dev Who follows events finds the state of a new contract in them, as after a reset.
    function test_newContractAnnouncesItsParameters() public {
        address made = nextContract();
        vm.expectEmit(made);
        emit IServiceNodeContribution.UpdateReservedContributors(noReservations());
        vm.expectEmit(made);
        emit IServiceNodeContribution.Reset();
        vm.expectEmit(made);
        emit IServiceNodeContribution.UpdatePubkeys(key(), params().serviceNodePubkey);
        vm.expectEmit(made);
        emit IServiceNodeContribution.UpdateFee(params().fee);
        vm.expectEmit(made);
        emit IServiceNodeContribution.UpdateReservedContributors(reservations(alice, 30));
        vm.expectEmit(made);
        emit IServiceNodeContribution.UpdateManualFinalize(false);
        deploy(reservations(alice, 30), false);
    }

    function test_pauseStopsOnlyNewContracts() public {
        factory.pause();
        vm.expectRevert(PausableUpgradeable.EnforcedPause.selector);
        factory.deploy(key(), proof(), params(), noReservations(), false);
        contribute(operator, QUARTER);

        factory.unpause();
        deploy(noReservations(), false);
    }

    function test_onlyTheOwnerPauses() public {
        bytes memory refused = abi.encodeWithSelector(OwnableUpgradeable.OwnableUnauthorizedAccount.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(refused);
        factory.pause();
        vm.expectRevert(refused);
        factory.unpause();
        vm.stopPrank();
    }

    function test_ownershipIsHandedOverInTwoSteps() public {
        factory.transferOwnership(alice);
        vm.assertEq(factory.owner(), address(this));
        vm.prank(alice);
        factory.acceptOwnership();
        vm.assertEq(factory.owner(), alice);
    }

    function test_fitsTheSizeLimit() public {
        vm.assertLe(address(factory).code.length, MAX_CODE_SIZE);
        vm.assertLe(address(contribution).code.length, MAX_CODE_SIZE);
    }

    /// @dev Where the factory's next contract will be: its nonce was one after creation.
    function nextContract() private view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", address(factory), hex"02")))));
    }
}
