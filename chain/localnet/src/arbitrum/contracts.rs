//! The interface of the contracts, as far as a network is set up and looked at with it (bridge §1.1–1.6, §5.3), and what forge
//! made of them.
#![allow(
    missing_docs,
    clippy::too_many_arguments,
    reason = "generated from the interface, which the specification describes"
)]

use super::{ArbitrumError, Tools};
use alloy::sol;
use serde_json::Value;
use std::fs;

sol! {
    #![sol(all_derives = true)]

    interface Sesh {
        function transfer(address to, uint256 value) external returns (bool);
        function balanceOf(address account) external view returns (uint256);
    }

    struct G1Point {
        uint256 X;
        uint256 Y;
    }

    struct Staker {
        address addr;
        address beneficiary;
    }

    struct Contributor {
        Staker staker;
        uint256 stakedAmount;
    }

    struct SeedServiceNode {
        G1Point blsPubkey;
        uint256 ed25519Pubkey;
        uint256 addedTimestamp;
        Contributor[] contributors;
    }

    interface RewardRatePool {
        function initialize(address beneficiary, address sesh) external;
        function rewardRate() external view returns (uint256);
        function payoutReleased() external;
    }

    interface ServiceNodeRewards {
        function initialize(address token, address foundationPool, uint256 stakingRequirement, uint256 maxContributors, uint256 liquidatorRewardRatio, uint256 poolShareOfLiquidationRatio, uint256 recipientRatio) external;
        function seedPublicKeyList(SeedServiceNode[] nodes) external;
        function start() external;
        function isStarted() external view returns (bool);
        function totalNodes() external view returns (uint256);
        function stakingRequirement() external view returns (uint256);
        function recipients(address account) external view returns (uint256 rewards, uint256 claimed);
        function ed25519ToServiceNodeID(uint256 key) external view returns (uint64);
    }

    interface ServiceNodeContributionFactory {
        function initialize(address rewards) external;
    }

    interface OxenSwap {
        function credited(address account) external view returns (uint256);
        function claimed(address account) external view returns (uint256);
        function totalCredited() external view returns (uint256);
        function totalClaimed() external view returns (uint256);
    }
}

/// What puts a contract on a chain, without the arguments of its constructor.
///
/// # Errors
/// Forge did not build it.
pub(super) fn creation_code(tools: &Tools, contract: &str) -> Result<Vec<u8>, ArbitrumError> {
    let file = tools
        .contracts
        .join("out")
        .join(format!("{contract}.sol"))
        .join(format!("{contract}.json"));
    let wrong = |reason: String| ArbitrumError::Artifact {
        file: file.clone(),
        reason,
    };
    let text = fs::read_to_string(&file).map_err(|error| wrong(error.to_string()))?;
    let artifact: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let code = artifact["bytecode"]["object"].as_str().unwrap_or_default();
    match hex::decode(code.trim_start_matches("0x")) {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        Ok(_) => Err(wrong("it has no bytecode".to_owned())),
        Err(_) => Err(wrong("it has to be linked with a library".to_owned())),
    }
}
