//! Test scaffolding: an HTTP server that speaks as much of the daemon's interface as the wallet uses, over blocks that tests
//! make up, and that can be told to fail.

use crate::fake_bridge::FakeBridge;
use crate::fake_names::FakeNames;
use crate::fake_registry::FakeRegistry;
use crate::fake_swap::FakeSwap;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::post,
};
use oxen_crypto::{Address, KeyDerivation, Mask, SecretKey, commitment};
use oxen_rpc::types::{
    RPC_VERSION,
    wallet::{
        DecoyBlacklist, DistributionQuery, OutputCounts, WALLET_BLACKLIST_PATH, WALLET_BLOCKS_PATH,
        WALLET_DISTRIBUTION_PATH, WALLET_POOL_PATH, decode,
    },
};
use oxen_types::{
    Amount, Commitment, ConsensusDecode, GlobalOutputIndex, Hash, Height, Network, PublicKey, Timestamp, Transaction,
    keccak256,
    scan::{
        PoolApproval, ScanAmount, ScanAnswer, ScanBlock, ScanKind, ScanOutput, ScanPool, ScanPoolTransaction,
        ScanRequest, ScanTransaction,
    },
    transaction::{PrunedTransaction, TransactionType},
};
use parity_scale_codec::{Compact, Encode};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};

/// When the block 0 was made.
pub const FIRST_TIME: u64 = 1_700_000_000;
/// Blocks of one answer: few, so that tests see several answers.
const BLOCKS_AT_ONCE: usize = 7;

/// What happens to transactions that come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnSubmit {
    Accept,
    Refuse(&'static str),
    /// Takes it and answers with this status of its blink quorum.
    Blink(u8, &'static str),
    /// Takes it and loses the answer.
    TakeAndBreak,
    /// Breaks the connection without taking it.
    Break,
    /// Breaks the connection, and refuses the next one for this reason.
    BreakThenRefuse(&'static str),
    Busy,
}

struct Output {
    key: PublicKey,
    commitment: Commitment,
    height: u64,
}

/// Everything the daemon knows.
pub struct Chain {
    rng: ChaCha20Rng,
    pub nettype: String,
    pub genesis: Hash,
    pub blocks: Vec<ScanBlock>,
    outputs: Vec<Output>,
    counts: Vec<u32>,
    pub pool: Vec<ScanPoolTransaction>,
    pub submitted: Vec<Transaction>,
    pub on_submit: OnSubmit,
    /// A transaction was handed over as a blink.
    pub asked_for_blink: bool,
    /// Requests for blocks that still break before one is answered.
    pub broken_block_requests: usize,
    pub block_requests: usize,
    pub spent_is_asked: usize,
    pub fee_per_byte: u64,
    /// Makes blocks of another branch differ.
    pub branch: u8,
    pub hard_fork: u8,
    pub nodes: FakeRegistry,
    pub names: FakeNames,
    /// The service nodes that sign for Arbitrum.
    pub bridge: Option<FakeBridge>,
    /// The swap, on a network that has one.
    pub swap: Option<FakeSwap>,
}

impl Chain {
    fn new() -> Self {
        let network = Network::regtest();
        let mut chain = Self {
            // Not a number that tests make wallets of.
            rng: ChaCha20Rng::seed_from_u64(0xfeed),
            nettype: "fakechain".to_owned(),
            genesis: network.genesis.block_id,
            blocks: Vec::new(),
            outputs: Vec::new(),
            counts: Vec::new(),
            pool: Vec::new(),
            submitted: Vec::new(),
            on_submit: OnSubmit::Accept,
            asked_for_blink: false,
            broken_block_requests: 0,
            block_requests: 0,
            spent_is_asked: 0,
            fee_per_byte: 215,
            branch: 0,
            hard_fork: 19,
            nodes: FakeRegistry::default(),
            names: FakeNames::default(),
            bridge: None,
            swap: None,
        };
        chain.mine(&[]);
        chain
    }

    pub fn height(&self) -> u64 {
        self.blocks.len() as u64
    }

    fn block_id(&self, height: u64) -> Hash {
        if height == 0 {
            self.genesis
        } else {
            keccak256(&[&height.to_le_bytes()[..], &[self.branch]].concat())
        }
    }

    /// A block that creates money for these addresses, spendable after ten blocks.
    pub fn mine(&mut self, payments: &[(Address, Amount)]) {
        self.mine_with(payments, &[]);
    }

    /// Blocks with money of strangers, so that rings can be filled and outputs age.
    pub fn mine_strangers(&mut self, blocks: usize) {
        for _ in 0..blocks {
            let stranger = self.stranger();
            self.mine(&[(stranger, Amount::OXEN), (stranger, Amount::OXEN)]);
        }
    }

    pub fn stranger(&mut self) -> Address {
        let keys = oxen_wallet_core::WalletKeys::generate(&mut self.rng);
        keys.primary_address().unwrap()
    }

    /// A block with money for these addresses and with these transactions.
    pub fn mine_with(&mut self, payments: &[(Address, Amount)], transactions: &[Transaction]) {
        let height = self.height();
        let mut scanned = Vec::new();
        let before = self.outputs.len();
        if !payments.is_empty() {
            let coinbase = self.pay(payments, height);
            scanned.push(coinbase);
        }
        for transaction in transactions {
            let first = GlobalOutputIndex::new(self.outputs.len() as u64);
            let pruned = PrunedTransaction::from(transaction);
            let scan = ScanTransaction::new(transaction.id(), &pruned, Some(first));
            for output in &scan.outputs {
                let ScanAmount::Hidden { commitment, .. } = output.amount else {
                    panic!("a transfer hides amounts")
                };
                self.outputs.push(Output {
                    key: output.key,
                    commitment,
                    height,
                });
            }
            scanned.push(scan);
        }
        self.names.apply(height, transactions);
        self.pool
            .retain(|waiting| !transactions.iter().any(|mined| mined.id() == waiting.transaction.id));
        self.nodes.apply(height, transactions);
        self.counts.push(u32::try_from(self.outputs.len() - before).unwrap());
        self.blocks.push(ScanBlock {
            height: Height::new(height),
            id: self.block_id(height),
            previous: self.blocks.last().map_or(Hash::ZERO, |block| block.id),
            timestamp: Timestamp::from_seconds(FIRST_TIME + 120 * height),
            transactions: scanned,
        });
    }

    /// Everything that waits goes into a block.
    pub fn mine_pool(&mut self) {
        let waiting: Vec<Transaction> = self
            .submitted
            .iter()
            .filter(|sent| self.pool.iter().any(|entry| entry.transaction.id == sent.id()))
            .cloned()
            .collect();
        self.mine_with(&[], &waiting);
    }

    fn pay(&mut self, payments: &[(Address, Amount)], height: u64) -> ScanTransaction {
        let secret = SecretKey::random(&mut self.rng);
        let first = GlobalOutputIndex::new(self.outputs.len() as u64);
        let outputs = (0_u64..).zip(payments).map(|(index, (address, amount))| {
            let derivation = KeyDerivation::new(&secret, &address.view()).unwrap();
            ScanOutput {
                key: derivation.derive_public_key(index, &address.spend()).unwrap(),
                amount: ScanAmount::Clear(amount.atomic()),
                unlock_time: 0,
            }
        });
        let outputs: Vec<ScanOutput> = outputs.collect();
        for (output, (_, amount)) in outputs.iter().zip(payments) {
            let commitment = commitment::commit(*amount, &Mask::ONE);
            self.outputs.push(Output {
                key: output.key,
                commitment,
                height,
            });
        }
        ScanTransaction {
            id: keccak256(secret.public_key().as_bytes()),
            kind: ScanKind::Coinbase,
            fee: 0,
            burned: 0,
            public_keys: vec![secret.public_key()],
            additional_public_keys: Vec::new(),
            encrypted_payment_id: None,
            service_node: None,
            unlocked_stake: None,
            first_output: Some(first),
            outputs,
            key_images: Vec::new(),
        }
    }

    /// Takes blocks back; what follows is another branch.
    pub fn take_back(&mut self, blocks: usize) {
        let keep = self.blocks.len() - blocks;
        self.blocks.truncate(keep);
        self.counts.truncate(keep);
        self.outputs.retain(|output| (output.height as usize) < keep);
        self.branch += 1;
    }

    fn answer_blocks(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        self.block_requests += 1;
        if self.broken_block_requests > 0 {
            self.broken_block_requests -= 1;
            return None;
        }
        let request: ScanRequest = ScanRequest::decode_bounded(body).unwrap();
        let common = request.known.iter().find_map(|known| {
            let block = self.blocks.get(usize::try_from(known.height.index()).ok()?)?;
            (block.id == known.id).then_some(known.height.index() + 1)
        });
        let start = usize::try_from(common.unwrap_or(request.start.index())).unwrap();
        let blocks = self
            .blocks
            .iter()
            .skip(start)
            .take(BLOCKS_AT_ONCE.min(request.limit as usize))
            .cloned()
            .collect();
        let answer = ScanAnswer {
            chain_height: Height::new(self.height()),
            immutable_height: Height::GENESIS,
            blocks,
        };
        Some(answer.encode())
    }

    fn answer_distribution(&self, body: &[u8]) -> Vec<u8> {
        let query: DistributionQuery = decode(body).unwrap();
        let from = usize::try_from(query.from.index()).unwrap().min(self.counts.len());
        let sum = |counts: &[u32]| counts.iter().map(|count| u64::from(*count)).sum();
        OutputCounts {
            first: Height::new(from as u64),
            parent: from.checked_sub(1).map_or(Hash::ZERO, |parent| self.blocks[parent].id),
            tip: self.blocks.last().unwrap().id,
            base: sum(&self.counts[..from]),
            counts: self.counts[from..].iter().map(|count| Compact(*count)).collect(),
        }
        .encode()
    }

    fn answer_json(&mut self, method: &str, params: &Value) -> Result<Value, (i32, &'static str)> {
        if let Some(answer) = self.swap.as_ref().and_then(|swap| swap.answer(method, params)) {
            return Ok(answer);
        }
        Ok(match method {
            "get_info" => json!({
                "height": self.height(), "target_height": 0, "nettype": self.nettype, "hard_fork": self.hard_fork,
                "version": "0.1.0", "tx_pool_size": self.pool.len(), "status": "OK",
            }),
            "get_version" => json!({"version": RPC_VERSION, "status": "OK"}),
            "get_block_hash" => {
                let height = params[0].as_u64().unwrap();
                json!(self.blocks[usize::try_from(height).unwrap()].id)
            }
            "get_block_header_by_height" => {
                let height = params["height"].as_u64().unwrap();
                let block = &self.blocks[usize::try_from(height).unwrap()];
                json!({"block_header": {"timestamp": block.timestamp.seconds(), "height": height}, "status": "OK"})
            }
            "get_fee_estimate" => json!({
                "fee_per_byte": self.fee_per_byte, "fee_per_output": 5_000_000, "quantization_mask": 10, "status": "OK",
            }),
            "get_outs" => self.answer_outputs(params),
            "is_key_image_spent" => {
                self.spent_is_asked += 1;
                let count = params["key_images"].as_array().unwrap().len();
                json!({"spent_status": vec![0; count], "status": "OK"})
            }
            "get_accrued_rewards" => json!({"balances": {}, "status": "OK"}),
            "get_service_nodes" => return self.nodes.answer_nodes(self.height() - 1, params),
            "get_service_node_blacklisted_key_images" => self.nodes.answer_blacklist(),
            "ons_names_to_owners" => self.names.answer_names(self.height(), params),
            "ons_owners_to_names" => self.names.answer_owners(self.height(), params),
            "get_transactions" => self.answer_transactions(params),
            _ => {
                return self
                    .bridge
                    .as_ref()
                    .map_or(Err((-32_601, "Method not found")), |bridge| {
                        bridge.answer(method, params)
                    });
            }
        })
    }

    fn answer_outputs(&self, params: &Value) -> Value {
        let outputs = params["outputs"].as_array().unwrap().iter().map(|index| {
            let output = &self.outputs[usize::try_from(index.as_u64().unwrap()).unwrap()];
            json!({"key": output.key, "mask": output.commitment, "unlocked": true, "height": output.height})
        });
        json!({"outs": outputs.collect::<Vec<_>>(), "status": "OK"})
    }

    fn answer_transactions(&self, params: &Value) -> Value {
        use oxen_types::ConsensusEncode;
        let wanted = params["txs_hashes"].as_array().unwrap();
        let found = self.submitted.iter().filter(|sent| wanted.contains(&json!(sent.id())));
        let entries = found.map(|sent| {
            let mined = self.blocks.iter().find_map(|block| {
                let place = block.transactions.iter().find(|one| one.id == sent.id())?;
                Some((
                    block.height.index(),
                    place.first_output?.index(),
                    place.outputs.len() as u64,
                ))
            });
            let mut entry =
                json!({"tx_hash": sent.id(), "as_hex": hex::encode(sent.encode()), "in_pool": mined.is_none()});
            if let Some((height, first, count)) = mined {
                entry["block_height"] = json!(height);
                entry["confirmations"] = json!(self.height() - height);
                entry["output_indices"] = json!((first..first + count).collect::<Vec<_>>());
            }
            entry
        });
        json!({"txs": entries.collect::<Vec<_>>(), "missed_tx": [], "status": "OK"})
    }

    /// Takes a transaction into the pool, once.
    fn take(&mut self, params: &Value) {
        let blob = hex::decode(params["tx_as_hex"].as_str().unwrap()).unwrap();
        let transaction = Transaction::decode(&blob).unwrap();
        if self.submitted.iter().any(|known| known.id() == transaction.id()) {
            return;
        }
        self.pool.push(ScanPoolTransaction {
            received: Timestamp::from_seconds(FIRST_TIME),
            approval: PoolApproval::Ordinary,
            transaction: ScanTransaction::new(transaction.id(), &PrunedTransaction::from(&transaction), None),
        });
        self.submitted.push(transaction);
    }
}

/// True for a transfer.
pub fn is_transfer(transaction: &Transaction) -> bool {
    transaction.prefix.kind == TransactionType::Standard
}

type Shared = Arc<Mutex<Chain>>;

/// The server, until it is dropped.
pub struct FakeDaemon {
    chain: Shared,
    address: String,
    _runtime: tokio::runtime::Runtime,
}

impl FakeDaemon {
    pub fn start() -> Self {
        let chain = Arc::new(Mutex::new(Chain::new()));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new()
            .route("/json_rpc", post(json_rpc))
            .route(WALLET_BLOCKS_PATH, post(binary))
            .route(WALLET_POOL_PATH, post(binary))
            .route(WALLET_DISTRIBUTION_PATH, post(binary))
            .route(WALLET_BLACKLIST_PATH, post(binary))
            .with_state(Arc::clone(&chain));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            chain,
            address,
            _runtime: runtime,
        }
    }

    pub fn address(&self) -> String {
        self.address.clone()
    }

    pub fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap()
    }
}

/// An answer that ends before it begins.
fn broken() -> Response {
    let failure = || Err::<Bytes, std::io::Error>(std::io::Error::other("broken on demand"));
    Body::from_stream(futures::stream::once(async move { failure() })).into_response()
}

async fn json_rpc(State(chain): State<Shared>, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let (method, params) = (request["method"].as_str().unwrap(), &request["params"]);
    let mut chain = chain.lock().unwrap();
    let result = if method == "send_raw_transaction" {
        chain.asked_for_blink |= params["blink"] == true;
        match chain.on_submit.clone() {
            OnSubmit::Accept => {
                chain.take(params);
                Ok(json!({"status": "OK"}))
            }
            OnSubmit::Blink(status, reason) => {
                assert_eq!(params["blink"], true, "only blinks have a quorum");
                if status != 1 {
                    chain.take(params);
                }
                let name = if status == 1 { "Failed" } else { "OK" };
                Ok(json!({"status": name, "reason": reason, "blink_status": status}))
            }
            OnSubmit::Refuse(reason) => Ok(json!({"status": "Failed", "reason": reason})),
            OnSubmit::TakeAndBreak => {
                chain.take(params);
                return broken();
            }
            OnSubmit::Break => return broken(),
            OnSubmit::BreakThenRefuse(reason) => {
                chain.on_submit = OnSubmit::Refuse(reason);
                return broken();
            }
            OnSubmit::Busy => Err((-32_003, "busy")),
        }
    } else {
        chain.answer_json(method, params)
    };
    let answer = match result {
        Ok(result) => json!({"jsonrpc": "2.0", "id": request["id"], "result": result}),
        Err((code, message)) => {
            json!({"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}})
        }
    };
    answer.to_string().into_response()
}

async fn binary(State(chain): State<Shared>, uri: Uri, body: Bytes) -> Response {
    let mut chain = chain.lock().unwrap();
    match uri.path() {
        WALLET_BLOCKS_PATH => chain
            .answer_blocks(&body)
            .map_or_else(broken, IntoResponse::into_response),
        WALLET_POOL_PATH => ScanPool {
            transactions: chain.pool.clone(),
        }
        .encode()
        .into_response(),
        WALLET_DISTRIBUTION_PATH => chain.answer_distribution(&body).into_response(),
        WALLET_BLACKLIST_PATH => DecoyBlacklist::new(Height::new(chain.height()), [])
            .encode()
            .into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
