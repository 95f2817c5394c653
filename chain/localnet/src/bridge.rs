//! A network that goes over to Arbitrum: its service nodes begin with stakes in OXEN, which become SESH at HF21 (bridge §5.1), and
//! from the fork of the swap on OXEN can be burned for SESH (bridge §5.3).
//!
//! What everybody has to agree on stands in the network's description, before its first block: where the contracts will be, which
//! Ethereum address whose stakes go to, and which BLS key belongs to which node. So keys and wallets come first.

use crate::{
    arbitrum::{Addresses, CHAIN_ID, Deployment, SeededNode, Tools},
    network_folder,
    node::NodeError,
    private_network::NetworkError,
    programs,
    rules::{self, DESCRIPTION, NetworkRules, OXEN},
    wallet::Wallet,
};
use alloy::primitives::Address;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// SESH for OXEN, as on mainnet: 54 for 100.
pub const RATIO: (u64, u64) = (54, 100);
/// The wallet whose coins are staked.
pub(crate) const OPERATOR: &str = "faucet";
/// The description before its keys are known, with which they are made.
const DRAFT: &str = "network.draft.json";
/// Seconds between blocks of L2.
pub(crate) const L2_BLOCK_SECONDS: u64 = 1;

/// The first height at which a network of any size goes over.
const EARLIEST: u64 = 72;
/// Blocks before the service nodes of a large network are registered, and how many one of them takes at most.
const BEFORE_REGISTRATIONS: u64 = 28;
const BLOCKS_FOR_A_NODE: u64 = 2;

/// What a network with Arbitrum is made with.
#[derive(Debug, Clone)]
pub struct BridgeSettings {
    /// Anvil and the contracts.
    pub tools: Tools,
    /// Blocks until a burn counts.
    pub maturity_blocks: u64,
    /// Wallets beside the faucet's that get an Ethereum key, and some ether for gas.
    pub wallets: Vec<&'static str>,
    /// Service nodes that the contract does not know, to see what becomes of them: the chain purges them (bridge §4.4).
    pub unlisted: usize,
}

impl BridgeSettings {
    /// With burns that count after ten blocks.
    #[must_use]
    pub fn new(tools: Tools) -> Self {
        Self {
            tools,
            maturity_blocks: 10,
            wallets: vec!["alice", "bob"],
            unlisted: 0,
        }
    }
}

/// The description in the folder, which is written first when there is none.
///
/// # Errors
/// Keys or wallets cannot be made.
pub(crate) fn describe(
    folder: &Path,
    rules: &NetworkRules,
    service_nodes: usize,
    bridge: &BridgeSettings,
) -> Result<PathBuf, NetworkError> {
    fs::create_dir_all(folder)?;
    let file = folder.join(DESCRIPTION);
    if file.exists() {
        return Ok(file);
    }
    let draft = folder.join(DRAFT);
    if !draft.exists() {
        rules::write_description(&draft, &rules.new_description()?)?;
    }
    let mut description = rules::read_description(&draft)?;
    let wallets = folder.join("wallets");
    fs::create_dir_all(&wallets)?;
    let wallet = |name: &str| Wallet::new(&wallets.join(name), "127.0.0.1:1").on_network(&draft);
    let faucet = wallet(OPERATOR);
    faucet.restore_offline(crate::private_network::FAUCET_SEED.trim())?;
    let (staker, operator) = (faucet.address_offline()?, faucet.ethereum_address()?);
    for name in &bridge.wallets {
        let wallet = wallet(name);
        wallet.create_offline()?;
        wallet.ethereum_address()?;
    }
    let mut keys = serde_json::Map::new();
    for index in 0..service_nodes {
        let made = make_keys(&draft, &network_folder::service_node(folder, index))?;
        keys.insert(made.primary, json!(made.bls));
    }
    description["stake_conversion"] = json!({
        "ratio": { "numerator": RATIO.0, "denominator": RATIO.1 },
        "addresses": { (staker): operator },
        "service_nodes": keys,
    });
    go_over(&mut description, service_nodes, bridge);
    rules::write_description(&file, &description)?;
    Ok(file)
}

/// From HF20 on nobody registers in OXEN any more: every service node must have done so by then.
const fn begin_of_transition(service_nodes: usize) -> u64 {
    let registered = BEFORE_REGISTRATIONS + BLOCKS_FOR_A_NODE * service_nodes as u64;
    if registered > EARLIEST { registered } else { EARLIEST }
}

/// Forks, contracts and constants of L2.
fn go_over(description: &mut Value, service_nodes: usize, bridge: &BridgeSettings) {
    let begin = begin_of_transition(service_nodes);
    if let Some(forks) = description["hard_forks"].as_array_mut() {
        for (version, height) in [(20, begin), (21, begin + 2), (30, begin + 4)] {
            forks.push(json!({ "version": version, "revision": 0, "height": height }));
        }
    }
    let oxen = described(description, "OXEN_STAKING_REQUIREMENT").unwrap_or(100 * OXEN);
    let at = Addresses::of_new_chain();
    let address = |address: Address| json!(format!("{address:#x}"));
    let constants = [
        ("ETHEREUM_CHAIN_ID", json!(CHAIN_ID)),
        ("ETHEREUM_REWARDS_CONTRACT", address(at.rewards)),
        ("ETHEREUM_POOL_CONTRACT", address(at.pool)),
        ("SWAP_CONTRACT", address(at.swap)),
        ("SWAP_TOKEN", address(at.token)),
        ("SWAP_CONTRIBUTION_FACTORY", address(at.factory)),
        ("SWAP_MATURITY", json!(bridge.maturity_blocks)),
        ("SENT_STAKING_REQUIREMENT", json!(oxen * RATIO.0 / RATIO.1)),
        ("L2_REWARD_POOL_UPDATE_BLOCKS", json!(4)),
        ("L2_TRACKER_SAFE_BLOCKS", json!(2)),
        ("L2_NODE_LIST_PURGE_BLOCKS", json!(20)),
        ("L2_NODE_LIST_PURGE_MIN_OXEN_AGE", json!(20)),
        ("ETH_EXIT_BUFFER", json!(10)),
    ];
    for (name, value) in constants {
        description["constants"][name] = json!({ "value": value });
    }
}

fn described(description: &Value, constant: &str) -> Option<u64> {
    description["constants"][constant]["value"].as_u64()
}

/// Does this network have contracts on Arbitrum?
pub(crate) fn is_bridged(description: &Value) -> bool {
    description["constants"]["ETHEREUM_REWARDS_CONTRACT"]["value"].is_string()
}

/// What the chain of the contracts begins with, by the network's description, less so many of its nodes.
pub(crate) fn deployment(
    description: &Value,
    wallets: Vec<Address>,
    unlisted: usize,
) -> Result<Deployment, NetworkError> {
    let malformed = |what: &Value| NetworkError::Output {
        program: "an earlier oxen-localnet",
        output: what.to_string(),
    };
    let conversion = &description["stake_conversion"];
    let addresses = conversion["addresses"].as_object();
    let operator = addresses.and_then(|all| all.values().next()?.as_str()?.parse().ok());
    let operator: Address = operator.ok_or_else(|| malformed(conversion))?;
    let node = |(ed25519, bls): (&String, &Value)| {
        Some(SeededNode {
            bls_key: bytes(bls.as_str()?)?,
            ed25519_key: bytes(ed25519)?,
            operator,
        })
    };
    let nodes = conversion["service_nodes"]
        .as_object()
        .into_iter()
        .flatten()
        .skip(unlisted);
    Ok(Deployment {
        nodes: nodes
            .map(node)
            .collect::<Option<_>>()
            .ok_or_else(|| malformed(conversion))?,
        requirement: described(description, "SENT_STAKING_REQUIREMENT").unwrap_or_default(),
        wallets,
    })
}

fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    hex::decode(digits).ok()?.try_into().ok()
}

/// Public keys of a service node, hexadecimal.
struct NodeKeys {
    primary: String,
    bls: String,
}

/// Has `oxend` make the keys of a service node, or show those that are there.
fn make_keys(description: &Path, folder: &Path) -> Result<NodeKeys, NetworkError> {
    let output = Command::new(programs::find("oxend").map_err(NodeError::from)?)
        .arg("--network")
        .arg(description)
        .arg("--data-dir")
        .arg(folder)
        .args(["keys", "make", "+json"])
        .output()?;
    let keys: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    let key = |name: &str| keys.as_ref()?[name].as_str().map(str::to_owned);
    match (key("service_node_pubkey"), key("service_node_bls_pubkey")) {
        (Some(primary), Some(bls)) => Ok(NodeKeys { primary, bls }),
        _ => Err(NetworkError::Output {
            program: "oxend keys make",
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> Value {
        json!({
            "hard_forks": [{ "version": 19, "revision": 3, "height": 1 }],
            "constants": { "OXEN_STAKING_REQUIREMENT": { "value": 10 * OXEN } },
        })
    }

    #[test]
    fn a_network_goes_over_fork_by_fork_and_its_stakes_keep_their_worth() {
        let mut description = description();
        assert!(!is_bridged(&description));
        go_over(&mut description, 22, &BridgeSettings::new(Tools::nowhere()));
        assert!(is_bridged(&description));
        let versions: Vec<u64> = description["hard_forks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fork| fork["version"].as_u64().unwrap())
            .collect();
        assert_eq!(versions, [19, 20, 21, 30]);
        assert_eq!(
            described(&description, "SENT_STAKING_REQUIREMENT"),
            Some(54 * OXEN / 10)
        );
    }

    #[test]
    fn a_large_network_has_time_to_register_before_it_goes_over() {
        assert_eq!([16, 22, 40].map(begin_of_transition), [72, 72, 108]);
    }

    #[test]
    fn the_list_of_the_contract_is_that_of_the_conversion() {
        let mut description = description();
        go_over(&mut description, 22, &BridgeSettings::new(Tools::nowhere()));
        assert!(
            deployment(&description, Vec::new(), 0).is_err(),
            "nobody is in the table"
        );
        let operator = Address::repeat_byte(7);
        description["stake_conversion"] = json!({
            "addresses": { "L": operator },
            "service_nodes": { "01".repeat(32): "02".repeat(64) },
        });
        let found = deployment(&description, Vec::new(), 0).unwrap();
        let expected = SeededNode {
            bls_key: [2; 64],
            ed25519_key: [1; 32],
            operator,
        };
        assert_eq!(found.nodes, [expected]);
        assert_eq!(found.requirement, 54 * OXEN / 10);
        assert!(deployment(&description, Vec::new(), 1).unwrap().nodes.is_empty());
    }
}
