//! Where the contracts come to lie, and how they get there (bridge §1.9).
//!
//! A contract's address follows from who makes it and from how much that account sent before. So the addresses are known, and can
//! stand in the network's description, before there is a chain.

use super::{
    Anvil, ArbitrumError, Tools,
    contracts::{
        Contributor, G1Point, RewardRatePool, SeedServiceNode, ServiceNodeContributionFactory, ServiceNodeRewards,
        Sesh, Staker, creation_code,
    },
};
use alloy::{
    primitives::{Address, U256, address},
    sol_types::{SolCall, SolValue},
};
use std::time::{SystemTime, UNIX_EPOCH};

/// The first account of anvil, whose key everybody knows: owner of every contract.
pub const DEPLOYER: Address = address!("f39fd6e51aad88f6f4ce6ab8827279cfffb92266");
/// All SESH there are.
const SUPPLY: u64 = 240_000_000 * SESH;
/// What the pool holds: its rate is then the one with which HF21 begins (bridge §6).
const POOL: u64 = 40_000_000 * SESH;
/// What the swap can pay, all of which it holds from the beginning.
pub const SWAP_CAP: u64 = 30_000_000 * SESH;
/// What the rewards contract holds beside the stakes, so that rewards can be claimed before the pool has paid anything.
const REWARDS: u64 = 20_000_000 * SESH;
/// What each wallet gets, to register service nodes with.
const WALLET: u64 = 10_000 * SESH;
/// Atomic units of one SESH.
const SESH: u64 = 1_000_000_000;
/// Ether of each wallet for gas, in wei.
const GAS_MONEY: u128 = 100_000_000_000_000_000_000;
/// Until when the swap takes credits, seconds from now: ten years.
const SWAP_SECONDS: u64 = 10 * 365 * 86_400;
/// Nodes of one transaction; a block has gas for fifty.
const SEEDED_TOGETHER: usize = 40;

/// Where the contracts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// SESH.
    pub token: Address,
    /// The pool of rewards.
    pub pool: Address,
    /// Stakes and rewards.
    pub rewards: Address,
    /// Contracts of several contributors.
    pub factory: Address,
    /// What pays for burned OXEN.
    pub swap: Address,
}

impl Addresses {
    /// Those of a chain on which nothing was sent before. The order is that of [`Deployment::carry_out`]: the pool is set up
    /// before the first block at which nodes ask for its rate, the swap comes last because it looks at another contract.
    #[must_use]
    pub fn of_new_chain() -> Self {
        Self {
            token: DEPLOYER.create(0),
            pool: DEPLOYER.create(1),
            rewards: DEPLOYER.create(3),
            factory: DEPLOYER.create(4),
            swap: DEPLOYER.create(7),
        }
    }
}

/// A service node that the contract's list begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeededNode {
    /// Its BLS key, `X ‖ Y`.
    pub bls_key: [u8; 64],
    /// Its Ed25519 key.
    pub ed25519_key: [u8; 32],
    /// Whose stake it is.
    pub operator: Address,
}

/// What is to be put on a chain.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The list of service nodes.
    pub nodes: Vec<SeededNode>,
    /// What each of them holds, atomic SESH.
    pub requirement: u64,
    /// Accounts that get ether for gas, and some SESH.
    pub wallets: Vec<Address>,
}

impl Deployment {
    /// Puts the contracts on a chain on which nothing was sent before, funds them, enters the nodes and starts the list.
    ///
    /// # Errors
    /// A contract was not built, or refused something.
    pub fn carry_out(&self, anvil: &Anvil, tools: &Tools) -> Result<Addresses, ArbitrumError> {
        let at = Addresses::of_new_chain();
        self.create(anvil, tools, &at)?;
        let call = |what: &str, to: Address, data: Vec<u8>| anvil.send(what, DEPLOYER, Some(to), &data).map(drop);
        let stakes = U256::from(self.requirement) * U256::from(self.nodes.len());
        let mut payments = vec![
            (at.pool, U256::from(POOL)),
            (at.swap, U256::from(SWAP_CAP)),
            (at.rewards, U256::from(REWARDS) + stakes),
        ];
        payments.extend(self.wallets.iter().map(|wallet| (*wallet, U256::from(WALLET))));
        for (to, value) in payments {
            call(
                "a payment of SESH",
                at.token,
                Sesh::transferCall { to, value }.abi_encode(),
            )?;
        }
        for wallet in &self.wallets {
            anvil.send_ether(DEPLOYER, *wallet, U256::from(GAS_MONEY))?;
        }
        for nodes in self.nodes.chunks(SEEDED_TOGETHER) {
            let nodes = nodes.iter().map(|node| self.seed(node)).collect();
            let seed = ServiceNodeRewards::seedPublicKeyListCall { nodes };
            call("entering the service nodes", at.rewards, seed.abi_encode())?;
        }
        call(
            "starting the list",
            at.rewards,
            ServiceNodeRewards::startCall {}.abi_encode(),
        )?;
        Ok(at)
    }

    /// Makes the contracts and sets them up.
    fn create(&self, anvil: &Anvil, tools: &Tools, at: &Addresses) -> Result<(), ArbitrumError> {
        let create = |contract: &str, expected: Address, arguments: Vec<u8>| {
            let code = [creation_code(tools, contract)?, arguments].concat();
            let receipt = anvil.send(contract, DEPLOYER, None, &code)?;
            let made = receipt["contractAddress"].as_str().unwrap_or_default();
            if made.parse() == Ok(expected) {
                return Ok(());
            }
            Err(ArbitrumError::Answer {
                method: "eth_sendTransaction",
                answer: format!("{contract} is at {made} and should be at {expected}: the chain is not new"),
            })
        };
        let call = |what: &str, to: Address, data: Vec<u8>| anvil.send(what, DEPLOYER, Some(to), &data).map(drop);
        // The gateways are those of Ethereum, and there is no Ethereum here.
        let supply = (U256::from(SUPPLY), DEPLOYER, DEPLOYER, DEPLOYER);
        create("SESH", at.token, supply.abi_encode_params())?;
        create("RewardRatePool", at.pool, Vec::new())?;
        let pool = RewardRatePool::initializeCall {
            beneficiary: at.rewards,
            sesh: at.token,
        };
        call("setting up the pool", at.pool, pool.abi_encode())?;
        create("LocalDevnetServiceNodeRewards", at.rewards, Vec::new())?;
        create("ServiceNodeContributionFactory", at.factory, Vec::new())?;
        let rewards = ServiceNodeRewards::initializeCall {
            token: at.token,
            foundationPool: at.pool,
            stakingRequirement: U256::from(self.requirement),
            maxContributors: U256::from(10),
            liquidatorRewardRatio: U256::from(3),
            poolShareOfLiquidationRatio: U256::from(17),
            recipientRatio: U256::from(9980),
        };
        call("setting up the rewards contract", at.rewards, rewards.abi_encode())?;
        let factory = ServiceNodeContributionFactory::initializeCall { rewards: at.rewards };
        call("setting up the factory", at.factory, factory.abi_encode())?;
        let close_time = now() + SWAP_SECONDS;
        let swap = (
            at.token,
            at.rewards,
            at.pool,
            DEPLOYER,
            DEPLOYER,
            U256::from(SWAP_CAP),
            U256::from(close_time),
        );
        create("OxenSwap", at.swap, swap.abi_encode_params())
    }

    fn seed(&self, node: &SeededNode) -> SeedServiceNode {
        let (x, y) = node.bls_key.split_at(32);
        let staker = Staker {
            addr: node.operator,
            beneficiary: node.operator,
        };
        SeedServiceNode {
            blsPubkey: G1Point {
                X: U256::from_be_slice(x),
                Y: U256::from_be_slice(y),
            },
            ed25519Pubkey: U256::from_be_slice(&node.ed25519_key),
            addedTimestamp: U256::from(now()),
            contributors: vec![Contributor {
                staker,
                stakedAmount: U256::from(self.requirement),
            }],
        }
    }
}

/// Unix seconds.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The token's is known from every network of this kind (bridge §1.9).
    #[test]
    fn addresses_follow_from_the_order() {
        let at = Addresses::of_new_chain();
        assert_eq!(at.token, address!("5FbDB2315678afecb367f032d93F642f64180aa3"));
        let all = [at.token, at.pool, at.rewards, at.factory, at.swap];
        for (index, one) in all.iter().enumerate() {
            assert!(!all[..index].contains(one), "two contracts at {one}");
        }
    }
}
