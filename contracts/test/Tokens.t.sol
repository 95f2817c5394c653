// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {Initializable} from "@openzeppelin/contracts-upgradeable/proxy/utils/Initializable.sol";

import {SESH} from "../src/SESH.sol";
import {SESHL2} from "../src/SESHL2.sol";
import {IArbitrumEnabledToken} from "../src/interfaces/IArbitrumBridge.sol";
import {Test} from "./foundry/Test.sol";

/// @notice Arbitrum's gateway and router in one: it asks the token, and keeps what it was called with.
contract GatewayRecorder {
    uint8 public answer;
    bytes public gatewayCall;
    bytes public routerCall;
    uint256 public gatewayValue;
    uint256 public routerValue;

    function registerTokenToL2(address, uint256, uint256, uint256, address) external payable returns (uint256) {
        answer = IArbitrumEnabledToken(msg.sender).isArbitrumEnabled();
        (gatewayCall, gatewayValue) = (msg.data, msg.value);
        return 0;
    }

    function setGateway(address, uint256, uint256, uint256, address) external payable returns (uint256) {
        (routerCall, routerValue) = (msg.data, msg.value);
        return 0;
    }
}

contract SESHTest is Test {
    uint256 private constant SUPPLY = 240_000_000 * 1e9;
    bytes32 private constant PERMIT_TYPE =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    GatewayRecorder private gateway;
    GatewayRecorder private router;
    SESH private token;

    function setUp() public {
        gateway = new GatewayRecorder();
        router = new GatewayRecorder();
        token = new SESH(SUPPLY, address(this), address(gateway), address(router));
    }

    function test_wholeSupplyExistsFromTheStart() public view {
        vm.assertEq(token.name(), "Session Token");
        vm.assertEq(token.symbol(), "SESH");
        vm.assertEq(token.decimals(), 9);
        vm.assertEq(token.VERSION(), 2);
        vm.assertEq(token.totalSupply(), SUPPLY);
        vm.assertEq(token.balanceOf(address(this)), SUPPLY);
        vm.assertEq(token.gateway(), address(gateway));
        vm.assertEq(token.router(), address(router));
    }

    function test_emptyReceiverOrSupplyIsRefused() public {
        vm.expectRevert(bytes("Shared: Zero-address is not permitted"));
        new SESH(SUPPLY, address(0), address(gateway), address(router));
        vm.expectRevert(bytes("Shared: uint input is empty"));
        new SESH(0, address(this), address(gateway), address(router));
    }

    function test_permitIsSigned() public {
        uint256 key = 0xA11CE;
        address signer = vm.addr(key);
        (, string memory name, string memory version,,,,) = token.eip712Domain();
        vm.assertEq(name, "Session Token");
        vm.assertEq(version, "1");
        bytes32 structHash = keccak256(abi.encode(PERMIT_TYPE, signer, address(this), 5, 0, block.timestamp));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        token.permit(signer, address(this), 5, block.timestamp, v, r, s);
        vm.assertEq(token.allowance(signer, address(this)), 5);
    }

    function test_registersAtGatewayAndRouter() public {
        token.registerTokenOnL2{value: 30}(address(3), 1, 2, 4, 5, 6, 10, 20, address(7));
        vm.assertEq(gateway.answer(), 0xb1);
        vm.assertEq(
            gateway.gatewayCall(), abi.encodeCall(GatewayRecorder.registerTokenToL2, (address(3), 4, 6, 1, address(7)))
        );
        vm.assertEq(gateway.gatewayValue(), 10);
        vm.assertEq(
            router.routerCall(), abi.encodeCall(GatewayRecorder.setGateway, (address(gateway), 5, 6, 2, address(7)))
        );
        vm.assertEq(router.routerValue(), 20);
    }

    function test_answersOnlyWhileRegistering() public {
        vm.expectRevert(bytes("NOT_EXPECTED_CALL"));
        token.isArbitrumEnabled();
        token.registerTokenOnL2(address(3), 1, 2, 4, 5, 6, 0, 0, address(7));
        vm.expectRevert(bytes("NOT_EXPECTED_CALL"));
        token.isArbitrumEnabled();
    }
}

contract SESHL2Test is Test {
    SESHL2 private token;
    address private gateway = makeAddr("gateway");
    address private l1 = makeAddr("l1");
    address private alice = makeAddr("alice");

    function setUp() public {
        token = new SESHL2();
        token.initialize(gateway, l1);
    }

    function test_startsEmpty() public {
        vm.assertEq(token.name(), "Session Token");
        vm.assertEq(token.symbol(), "SESH");
        vm.assertEq(token.decimals(), 9);
        vm.assertEq(token.VERSION(), 2);
        vm.assertEq(token.totalSupply(), 0);
        vm.assertEq(token.l1Address(), l1);
        vm.assertEq(token.l2Gateway(), gateway);
        vm.assertEq(uint256(vm.load(address(token), 0)), uint160(gateway));
        vm.assertEq(uint256(vm.load(address(token), bytes32(uint256(1)))), uint160(l1));
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        token.initialize(gateway, l1);
    }

    function test_gatewayMintsAndBurns() public {
        vm.startPrank(gateway);
        token.bridgeMint(alice, 100);
        token.bridgeBurn(alice, 40);
        vm.assertEq(token.balanceOf(alice), 60);
        vm.assertEq(token.totalSupply(), 60);
    }

    function test_nobodyElseMintsOrBurns() public {
        vm.expectRevert(bytes("NOT_GATEWAY"));
        token.bridgeMint(alice, 100);
        vm.expectRevert(bytes("NOT_GATEWAY"));
        token.bridgeBurn(alice, 0);
    }
}
