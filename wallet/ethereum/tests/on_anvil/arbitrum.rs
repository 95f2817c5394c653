//! A development node with the contracts, and what only tests do there.

use crate::nodes::ServiceNodes;
use alloy::{
    network::{EthereumWallet, TransactionBuilder},
    node_bindings::{Anvil, AnvilInstance},
    primitives::{Address, Bytes, U256},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
    sol,
    sol_types::{SolCall, SolValue},
};
use oxen_bridge_rules::message::BridgeDomain;
use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::{
    EthereumKey, L2Provider, Sesh,
    address::{from_alloy, to_alloy},
    claim::{Claim, ClaimKind, Wanted},
    contribution::Factory,
    fees::GasPriceLimit,
    journal::{Journal, JournalStorage, StorageError},
    service_node::{sesh_balance, token},
    submission::{Fate, Sender, Submission},
    worker::Worker,
};
use rand_core::OsRng;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

pub const CHAIN_ID: u64 = 31_337;
/// One SESH.
pub const SESH: u64 = 1_000_000_000;
/// When the swap takes no more credits, seconds since 1970.
pub const CLOSES: u64 = 4_000_000_000;
/// The stake of a node here.
pub const REQUIREMENT: u64 = 120 * SESH;

sol! {
    struct Point { uint256 X; uint256 Y; }
    struct Staker { address addr; address beneficiary; }
    struct Contributor { Staker staker; uint256 stakedAmount; }
    struct SeedServiceNode { Point blsPubkey; uint256 ed25519Pubkey; uint256 addedTimestamp; Contributor[] contributors; }

    struct ServiceNode {
        uint64 next; uint64 prev; address operator; Point blsPubkey; uint256 addedTimestamp; uint256 leaveRequestTimestamp;
        uint256 latestLeaveRequestTimestamp; uint256 deposit; Contributor[] contributors; uint256 ed25519Pubkey;
    }

    interface Owner {
        function serviceNodes(uint64 id) external view returns (ServiceNode);
        function initialize(address token, address pool, uint256 requirement, uint256 maxContributors, uint256 liquidator, uint256 poolShare, uint256 recipient) external;
        function seedPublicKeyList(SeedServiceNode[] nodes) external;
        function start() external;
        function pause() external;
        function unpause() external;
        function setClaimThreshold(uint256 threshold) external;
        function setCycleLimit(uint256 limit) external;
        function transfer(address to, uint256 value) external returns (bool);
        function setStakingRequirement(uint256 requirement) external;
    }

    interface ContributionOperator {
        function updateFee(uint16 fee) external;
    }

    interface FactoryOwner {
        function initialize(address rewards) external;
    }
}

/// Where the program and the contracts are; says so when they are not.
fn tools() -> Option<(PathBuf, PathBuf)> {
    // An empty variable names nothing, as one that is not set.
    let named = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let tool = |name| named(name).map(PathBuf::from).filter(|path| path.exists());
    match (tool("OXEN_ANVIL"), tool("OXEN_CONTRACTS")) {
        (Some(anvil), Some(contracts)) if contracts.join("out").exists() => Some((anvil, contracts)),
        _ => {
            eprintln!("skipped: OXEN_ANVIL names no anvil, or OXEN_CONTRACTS no folder with forge's out in it");
            None
        }
    }
}

pub struct Arbitrum {
    anvil: AnvilInstance,
    owner: DynProvider,
    pub provider: L2Provider,
    pub rewards: EthereumAddress,
    pub swap: EthereumAddress,
    pub token: EthereumAddress,
    pub factory: Factory,
    pub nodes: ServiceNodes,
}

impl Arbitrum {
    /// A node with so many seeded service nodes.
    pub async fn start(nodes: usize) -> Option<Self> {
        Self::start_as(CHAIN_ID, nodes).await
    }

    /// The same under another chain id.
    pub async fn start_as(chain_id: u64, nodes: usize) -> Option<Self> {
        let (anvil, contracts) = tools()?;
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let anvil = Anvil::new().path(anvil).chain_id(chain_id).spawn();
        let wallet = EthereumWallet::from(alloy::signers::local::PrivateKeySigner::from(anvil.first_key().clone()));
        let owner = ProviderBuilder::new()
            .wallet(wallet)
            .connect_http(anvil.endpoint_url())
            .erased();
        let me = anvil.addresses()[0];
        let code = |name| code(&contracts, name);
        let supply = U256::from(240_000_000) * U256::from(SESH);
        let token = deploy(&owner, code("SESH"), (supply, me, me, me).abi_encode_params()).await;
        let rewards = deploy(&owner, code("LocalDevnetServiceNodeRewards"), Vec::new()).await;
        let pool = Address::repeat_byte(0x77);
        let initialize = Owner::initializeCall {
            token,
            pool,
            requirement: U256::from(REQUIREMENT),
            maxContributors: U256::from(10),
            liquidator: U256::from(3),
            poolShare: U256::from(17),
            recipient: U256::from(9980),
        };
        send(&owner, rewards, initialize).await;
        let closes = U256::from(CLOSES);
        let cap = U256::from(30_000_000) * U256::from(SESH);
        let swap = deploy(
            &owner,
            code("OxenSwap"),
            (token, rewards, pool, me, me, cap, closes).abi_encode_params(),
        )
        .await;
        let domain = BridgeDomain {
            chain_id,
            contract: from_alloy(rewards),
        };
        let nodes = ServiceNodes::new(nodes, domain, from_alloy(swap));
        let seed = Owner::seedPublicKeyListCall {
            nodes: nodes.seeds(me, REQUIREMENT),
        };
        send(&owner, rewards, seed).await;
        send(&owner, rewards, Owner::startCall {}).await;
        for (contract, value) in [(rewards, U256::from(5_000_000) * U256::from(SESH)), (swap, cap)] {
            send(&owner, token, Owner::transferCall { to: contract, value }).await;
        }
        let factory = deploy_factory(&owner, &contracts, rewards).await;
        let provider = L2Provider::connect(&anvil.endpoint(), chain_id).await.unwrap();
        Some(Self {
            anvil,
            owner,
            provider,
            rewards: from_alloy(rewards),
            swap: from_alloy(swap),
            token: from_alloy(token),
            factory: Factory {
                address: factory,
                rewards: from_alloy(rewards),
            },
            nodes,
        })
    }

    /// Somebody's own factory, which makes contracts that look like those of the network's.
    pub async fn forge_factory(&self) -> Factory {
        let (_, contracts) = tools().unwrap();
        Factory {
            address: deploy_factory(&self.owner, &contracts, to_alloy(&self.rewards)).await,
            rewards: self.rewards,
        }
    }

    pub fn endpoint(&self) -> String {
        self.anvil.endpoint()
    }

    /// A new account with ETH for gas.
    pub async fn account(&self) -> EthereumKey {
        let key = EthereumKey::random(&mut OsRng);
        let ten = U256::from(10_u64).pow(U256::from(19));
        self.ask("anvil_setBalance", json!([to_alloy(&key.address()), ten]))
            .await;
        key
    }

    /// A new account, and the service nodes, which owe it so many atomic SESH of rewards.
    pub async fn account_owed(&self, total: u64) -> (EthereumKey, ServiceNodes) {
        let key = self.account().await;
        let mut nodes = self.nodes.clone();
        nodes.owed.insert(key.address(), total);
        (key, nodes)
    }

    /// The owner of the contract of rewards does this.
    pub async fn own<C: SolCall>(&self, call: C) {
        send(&self.owner, to_alloy(&self.rewards), call).await;
    }

    /// The owner of the contract of the swap does this.
    pub async fn own_swap<C: SolCall>(&self, call: C) {
        send(&self.owner, to_alloy(&self.swap), call).await;
    }

    /// The owner gives SESH away.
    pub async fn give(&self, to: &EthereumAddress, amount: u64) {
        let transfer = Owner::transferCall {
            to: to_alloy(to),
            value: U256::from(amount),
        };
        send(&self.owner, to_alloy(&self.token), transfer).await;
    }

    /// Asks the node something of its own.
    pub async fn ask(&self, method: &'static str, parameters: Value) -> Value {
        self.owner.raw_request(method.into(), parameters).await.unwrap()
    }

    pub async fn automine(&self, on: Mining) {
        self.ask("evm_setAutomine", json!([on == Mining::AtOnce])).await;
    }

    pub async fn mine(&self) {
        self.ask("evm_mine", json!([])).await;
    }

    /// The clock of the L2 goes on by so many seconds.
    pub async fn pass(&self, seconds: u64) {
        self.ask("evm_increaseTime", json!([seconds])).await;
        self.mine().await;
    }

    /// SESH of an account.
    pub async fn balance(&self, account: &EthereumAddress) -> u64 {
        let token = token(&self.provider, &self.rewards).await.unwrap();
        assert_eq!(token, self.token);
        sesh_balance(&self.provider, &token, account).await.unwrap().atomic()
    }

    /// Who staked how much on a node, in the order of the contract of rewards.
    pub async fn contributors_of(&self, node: u64) -> Vec<(EthereumAddress, u64)> {
        let call = Owner::serviceNodesCall { id: node };
        let node = self.provider.read(&self.rewards, &call).await.unwrap();
        let contributors = node.contributors.into_iter();
        contributors
            .map(|one| (from_alloy(one.staker.addr), one.stakedAmount.to::<u64>()))
            .collect()
    }

    pub fn sender<'a>(&'a self, key: &'a EthereumKey) -> Sender<'a> {
        Sender {
            provider: &self.provider,
            key,
            limit: GasPriceLimit::default(),
        }
    }

    /// Hands a transaction over and waits until it is mined.
    pub async fn hand_over(&self, sender: Sender<'_>, submission: &Submission) {
        sender.hand_over(submission).await.unwrap();
        loop {
            match sender.fate(submission).await.unwrap() {
                // Anvil counts a transaction a moment before it has the receipt.
                Fate::Waiting | Fate::Superseded => tokio::time::sleep(Duration::from_millis(20)).await,
                Fate::Mined { .. } => return,
                fate => panic!("{fate:?}"),
            }
        }
    }

    /// A claim of rewards.
    pub fn claim(&self, key: &EthereumKey, wanted: Wanted) -> Claim {
        Claim::new(ClaimKind::Rewards, self.rewards, key.address(), wanted)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mining {
    AtOnce,
    ByHand,
}

/// What forge compiled.
fn code(contracts: &Path, name: &str) -> Vec<u8> {
    let path = contracts.join(format!("out/{name}.sol/{name}.json"));
    let artifact: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let digits = artifact["bytecode"]["object"].as_str().unwrap();
    alloy::primitives::hex::decode(digits.trim_start_matches("0x")).unwrap()
}

async fn deploy_factory(owner: &DynProvider, contracts: &Path, rewards: Address) -> EthereumAddress {
    let factory = deploy(owner, code(contracts, "ServiceNodeContributionFactory"), Vec::new()).await;
    send(owner, factory, FactoryOwner::initializeCall { rewards }).await;
    from_alloy(factory)
}

async fn deploy(provider: &DynProvider, mut code: Vec<u8>, arguments: Vec<u8>) -> Address {
    code.extend(arguments);
    let request = TransactionRequest::default().with_deploy_code(Bytes::from(code));
    let receipt = provider
        .send_transaction(request)
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    assert!(receipt.status());
    receipt.contract_address.unwrap()
}

async fn send<C: SolCall>(provider: &DynProvider, to: Address, call: C) {
    let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode());
    let receipt = provider
        .send_transaction(request)
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    assert!(receipt.status(), "{}", C::SIGNATURE);
}

/// A disk that outlives the program.
#[derive(Debug, Clone, Default)]
pub struct Disk(pub Arc<Mutex<Option<Vec<u8>>>>);

impl JournalStorage for Disk {
    fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn store(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        *self.0.lock().unwrap() = Some(bytes.to_vec());
        Ok(())
    }
}

/// A worker that waits no longer than tests do.
pub fn impatient<'a, S: JournalStorage>(
    sender: Sender<'a>,
    journal: &'a mut Journal<S>,
    nodes: &'a mut ServiceNodes,
    watcher: &'a mut (dyn FnMut(oxen_wallet_ethereum::worker::Progress) + Send),
) -> Worker<'a, S, ServiceNodes> {
    let mut worker = Worker::new(sender, journal, nodes, watcher);
    worker.pace.poll = Duration::from_millis(20);
    worker.pace.certain_after = Duration::from_secs(1);
    worker.pace.patience = Duration::from_secs(60);
    worker
}

pub const fn sesh(amount: u64) -> Sesh {
    Sesh::from_atomic(amount)
}
