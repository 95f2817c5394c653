// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";

import {SESH} from "../src/SESH.sol";
import {SESHL2} from "../src/SESHL2.sol";
import {TokenConverter} from "../src/TokenConverter.sol";
import {TokenVestingNoStaking} from "../src/TokenVestingNoStaking.sol";
import {TokenVestingStaking} from "../src/TokenVestingStaking.sol";
import {IServiceNodeRewards} from "../src/interfaces/IServiceNodeRewards.sol";
import {ContributionFixture} from "./support/ContributionFixture.sol";
import {GasRecorder} from "./support/GasRecorder.sol";

/// @notice What is called while SESH is registered at Arbitrum's gateway and router.
contract GatewayOfNothing {
    function registerTokenToL2(address, uint256, uint256, uint256, address) external payable returns (uint256) {}
    function setGateway(address, uint256, uint256, uint256, address) external payable returns (uint256) {}
}

/// @notice What calls of the tokens, the converter and the vesting contracts cost, each a transaction of its own. Node
/// list and contribution contract behind the vesting contract are those of `ContributionFixture`.
/// forge-config: default.isolate = true
contract TokensGasTest is ContributionFixture, GasRecorder {
    bytes32 private constant PERMIT_TYPE =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    string private constant CONVERTER = "TokenConverter";
    string private constant STAKING = "TokenVestingStaking";
    string private constant NO_STAKING = "TokenVestingNoStaking";

    uint256 private start;

    function setUp() public override {
        super.setUp();
        start = block.timestamp + 1;
        token.approve(address(rewards), type(uint256).max);
        rewards.addBLSPublicKey(key(), proof(), params(), new IServiceNodeRewards.Contributor[](0));
    }

    // -------------------------------------------------------------------------------------------------------- SESH

    function test_gasOfSESH() public {
        GatewayOfNothing gateway = new GatewayOfNothing();
        SESH sesh = SESH(create("SESH", abi.encode(1e18, address(this), address(gateway), address(gateway))));
        sesh.transfer(alice, 100);
        record("SESH", "transfer, first");
        sesh.transfer(alice, 100);
        record("SESH", "transfer");
        vm.prank(alice);
        sesh.approve(bob, 200);
        record("SESH", "approve");
        vm.prank(bob);
        sesh.transferFrom(alice, carol, 100);
        record("SESH", "transferFrom");
        permit(sesh);
        record("SESH", "permit");
        sesh.registerTokenOnL2{value: 30}(address(3), 1, 2, 4, 5, 6, 10, 20, address(7));
        record("SESH", "registerTokenOnL2");
    }

    function permit(SESH sesh) private {
        uint256 secretKey = 0xA11CE;
        address signer = vm.addr(secretKey);
        bytes32 structHash = keccak256(abi.encode(PERMIT_TYPE, signer, bob, 5, 0, block.timestamp));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", sesh.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secretKey, digest);
        sesh.permit(signer, bob, 5, block.timestamp, v, r, s);
    }

    function test_gasOfSESHL2() public {
        bytes memory call = abi.encodeCall(SESHL2.initialize, (address(this), makeAddr("l1")));
        SESHL2 sesh = SESHL2(address(new TransparentUpgradeableProxy(create("SESHL2", ""), stranger, call)));
        sesh.bridgeMint(alice, 300);
        record("SESHL2", "bridgeMint, first");
        sesh.bridgeBurn(alice, 100);
        record("SESHL2", "bridgeBurn");
        vm.startPrank(alice);
        sesh.transfer(bob, 50);
        record("SESHL2", "transfer, first");
        sesh.approve(bob, 100);
        record("SESHL2", "approve");
        vm.stopPrank();
        vm.prank(bob);
        sesh.transferFrom(alice, carol, 50);
        record("SESHL2", "transferFrom");
    }

    // -------------------------------------------------------------------------------------------------- conversion

    function test_gasOfConverting() public {
        TokenConverter converter = TokenConverter(create(CONVERTER, abi.encode(token, token, 1, 2)));
        token.approve(address(converter), type(uint256).max);
        converter.depositTokenB(QUARTER);
        record(CONVERTER, "depositTokenB");
        token.transfer(alice, QUARTER);
        vm.startPrank(alice);
        token.approve(address(converter), QUARTER);
        converter.convertTokens(QUARTER);
        record(CONVERTER, "convertTokens");
        vm.stopPrank();
        converter.withdrawTokenB(1);
        record(CONVERTER, "withdrawTokenB");
        converter.updateConversionRate(2, 3);
        record(CONVERTER, "updateConversionRate");
        converter.pause();
        record(CONVERTER, "pause");
        converter.unpause();
        record(CONVERTER, "unpause");
    }

    // ----------------------------------------------------------------------------------------------------- vesting

    function test_gasOfStakingWhileVesting() public {
        TokenVestingStaking vesting = newVesting();
        contribute(operator, QUARTER);
        vm.startPrank(alice);
        vesting.addBLSPublicKey(key(), proof(), params(), alice);
        record(STAKING, "addBLSPublicKey");
        vesting.initiateExitBLSPublicKey(2);
        record(STAKING, "initiateExitBLSPublicKey");
        vesting.claimRewards();
        record(STAKING, "claimRewards");
        rewards.exitBLSPublicKeyWithSignature(2, 0, 0, 0, 0, 0, 0, new uint64[](0));
        vesting.claimRewards(1);
        record(STAKING, "claimRewards of an amount");
        vm.stopPrank();
    }

    function test_gasOfContributingWhileVesting() public {
        TokenVestingStaking vesting = newVesting();
        contribute(operator, QUARTER);
        vm.startPrank(alice);
        vesting.contributeFunds(address(contribution), QUARTER, alice);
        record(STAKING, "contributeFunds");
        vesting.updateBeneficiary(address(contribution), bob);
        record(STAKING, "updateBeneficiary");
        waitForWithdrawal();
        vesting.withdrawContribution(address(contribution));
        record(STAKING, "withdrawContribution");
        vesting.transferBeneficiary(carol);
        record(STAKING, "transferBeneficiary");
        vm.stopPrank();
        vm.prank(bob);
        vesting.transferRevoker(carol);
        record(STAKING, "transferRevoker");
        vm.prank(carol);
        vesting.release(token);
        record(STAKING, "release");
    }

    function test_gasOfRevoking() public {
        TokenVestingStaking vesting = newVesting();
        vm.startPrank(bob);
        vesting.revoke(token);
        record(STAKING, "revoke");
        vm.warp(start + 1 days);
        vesting.revoke(token);
        record(STAKING, "revoke, at the end");
        vm.stopPrank();
    }

    function newVesting() private returns (TokenVestingStaking vesting) {
        vesting = TokenVestingStaking(
            create(STAKING, abi.encode(alice, bob, start, start + 1 days, true, rewards, factory, token))
        );
        token.transfer(address(vesting), 2 * REQUIREMENT);
        vm.warp(start);
    }

    function test_gasOfVestingWithoutStaking() public {
        TokenVestingNoStaking vesting =
            TokenVestingNoStaking(create(NO_STAKING, abi.encode(alice, bob, start, start + 100, true)));
        token.transfer(address(vesting), REQUIREMENT);
        vm.warp(start + 50);
        vm.startPrank(alice);
        vesting.release(token);
        record(NO_STAKING, "release, first");
        vesting.transferBeneficiary(carol);
        record(NO_STAKING, "transferBeneficiary");
        vm.stopPrank();
        vm.startPrank(bob);
        vesting.transferRevoker(stranger);
        record(NO_STAKING, "transferRevoker");
        vm.stopPrank();
        vm.prank(stranger);
        vesting.revoke(token);
        record(NO_STAKING, "revoke");
        token.transfer(address(vesting), 1);
        vm.prank(carol);
        vesting.release(token);
        record(NO_STAKING, "release, revoked");
    }

    function test_sizes() public {
        size(CONVERTER, abi.encode(token, token, 1, 2));
        size(STAKING, abi.encode(alice, bob, start, start, true, rewards, factory, token));
        size(NO_STAKING, abi.encode(alice, bob, start, start, true));
    }

    function size(string memory name, bytes memory arguments) private {
        vm.snapshotValue(name, "size", create(name, arguments).code.length);
    }
}
