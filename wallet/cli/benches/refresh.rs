//! How fast a wallet scans a chain over a loopback connection: fetching, decoding, finding on all cores, applying, saving.
//!
//! The goal is 15,000 two-output transactions a second on two cores. The blocks come from a server in this process that sends
//! bytes it made beforehand, as many to an answer as a node sends; what a node needs to make them is measured beside the node.
//! Against a real node, `refresh` of the wallet itself prints the same figure.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

use axum::{Router, body::Bytes, extract::State, response::IntoResponse, routing::post};
use clap::Parser;
use oxen_crypto::{KeyDerivation, KeyPair, amount, commitment};
use oxen_rpc::types::{
    RPC_VERSION,
    wallet::{WALLET_BLOCKS_PATH, WALLET_POOL_PATH},
};
use oxen_types::{
    Amount, GlobalOutputIndex, Hash, Height, KeyImage, Network, PaymentId, Timestamp, keccak256,
    scan::{ScanAmount, ScanAnswer, ScanBlock, ScanKind, ScanOutput, ScanPool, ScanRequest, ScanTransaction},
    transaction::TransactionType,
};
use oxen_wallet_cli::{options::Options, refresh::refresh, session::ShowProgress, startup, terminal::Pipe};
use oxen_wallet_core::WalletKeys;
use parity_scale_codec::Encode;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use serde_json::{Value, json};
use std::sync::Arc;

/// Transactions that are made; blocks repeat them, which costs a wallet the same.
const DISTINCT: usize = 1_000;
/// Bytes after which a node ends an answer.
const ENOUGH_BYTES: usize = 16 << 20;

struct Chain {
    genesis: Hash,
    blocks: Vec<ScanBlock>,
}

fn transaction(rng: &mut ChaCha20Rng) -> ScanTransaction {
    let to = WalletKeys::generate(rng).view_keys();
    let pair = KeyPair::random(rng);
    let derivation = KeyDerivation::new(&pair.secret, &to.view_public()).unwrap();
    let output = |index| {
        let scalar = derivation.scalar(index);
        ScanOutput {
            key: derivation.derive_public_key(index, &to.spend).unwrap(),
            amount: ScanAmount::Hidden {
                encrypted: amount::encrypt(Amount::OXEN, &scalar),
                commitment: commitment::commit(Amount::OXEN, &amount::commitment_mask(&scalar)),
            },
            unlock_time: 0,
        }
    };
    ScanTransaction {
        id: keccak256(pair.public.as_bytes()),
        kind: ScanKind::Ordinary(TransactionType::Standard),
        fee: 10_171_660,
        burned: 0,
        public_keys: vec![pair.public],
        additional_public_keys: Vec::new(),
        encrypted_payment_id: Some(PaymentId::new([1; 8])),
        service_node: None,
        unlocked_stake: None,
        first_output: Some(GlobalOutputIndex::new(0)),
        outputs: vec![output(0), output(1)],
        key_images: vec![KeyImage::new(*pair.public.as_bytes()); 2],
    }
}

impl Chain {
    /// So many blocks of so many transactions each.
    fn new(blocks: usize, transactions: usize) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let made: Vec<ScanTransaction> = (0..DISTINCT).map(|_| transaction(&mut rng)).collect();
        let genesis = Network::regtest().genesis.block_id;
        let id = |height: usize| {
            if height == 0 {
                genesis
            } else {
                keccak256(&height.to_le_bytes())
            }
        };
        let block = |height: usize| ScanBlock {
            height: Height::new(height as u64),
            id: id(height),
            previous: if height == 0 { Hash::ZERO } else { id(height - 1) },
            timestamp: Timestamp::from_seconds(1_700_000_000 + 120 * height as u64),
            transactions: (0..transactions)
                .map(|place| made[(height * transactions + place) % DISTINCT].clone())
                .collect(),
        };
        Self {
            genesis,
            blocks: (0..blocks).map(block).collect(),
        }
    }

    fn answer(&self, request: &ScanRequest) -> Vec<u8> {
        let start = request.known.first().map_or(0, |known| known.height.index() + 1);
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        for block in self
            .blocks
            .iter()
            .skip(usize::try_from(start).unwrap())
            .take(request.limit as usize)
        {
            if bytes >= ENOUGH_BYTES {
                break;
            }
            bytes += block.encoded_size();
            blocks.push(block.clone());
        }
        let chain_height = Height::new(self.blocks.len() as u64);
        ScanAnswer {
            chain_height,
            immutable_height: Height::GENESIS,
            blocks,
        }
        .encode()
    }
}

/// The answers of a chain, made beforehand, by the height that is asked for.
struct Answers {
    chain_height: usize,
    genesis: Hash,
    by_start: Vec<(u64, Bytes)>,
}

impl Answers {
    fn new(chain: &Chain) -> Self {
        let mut by_start = Vec::new();
        let mut request = ScanRequest {
            limit: oxen_types::scan::MAX_BLOCKS,
            ..ScanRequest::default()
        };
        loop {
            let bytes = chain.answer(&request);
            let answer = ScanAnswer::decode_bounded(&bytes).unwrap();
            let start = request.known.first().map_or(0, |known| known.height.index() + 1);
            by_start.push((start, Bytes::from(bytes)));
            let Some(last) = answer.blocks.last() else {
                return Self {
                    chain_height: chain.blocks.len(),
                    genesis: chain.genesis,
                    by_start,
                };
            };
            request.known = vec![oxen_types::scan::KnownBlockId {
                height: last.height,
                id: last.id,
            }];
        }
    }
}

async fn blocks(State(answers): State<Arc<Answers>>, body: Bytes) -> impl IntoResponse {
    let request = ScanRequest::decode_bounded(&body).unwrap();
    let start = request.known.first().map_or(0, |known| known.height.index() + 1);
    answers
        .by_start
        .iter()
        .find(|(height, _)| *height == start)
        .unwrap()
        .1
        .clone()
}

async fn json_rpc(State(answers): State<Arc<Answers>>, body: Bytes) -> impl IntoResponse {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let result = match request["method"].as_str().unwrap() {
        "get_info" => json!({"height": answers.chain_height, "nettype": "fakechain", "hard_fork": 19, "status": "OK"}),
        "get_version" => json!({"version": RPC_VERSION, "status": "OK"}),
        "get_block_hash" => json!(answers.genesis),
        method => panic!("{method}"),
    };
    json!({"jsonrpc": "2.0", "id": 0, "result": result}).to_string()
}

fn serve(chain: &Chain) -> String {
    let answers = Arc::new(Answers::new(chain));
    let router = Router::new()
        .route("/json_rpc", post(json_rpc))
        .route(WALLET_BLOCKS_PATH, post(blocks))
        .route(WALLET_POOL_PATH, post(|| async { ScanPool::default().encode() }))
        .with_state(answers);
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap().to_string()).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    receiver.recv().unwrap()
}

/// Refreshes a new wallet and prints transactions a second.
fn measure(name: &str, blocks: usize, transactions: usize) {
    let address = serve(&Chain::new(blocks, transactions));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wallet").display().to_string();
    let options = Options::try_parse_from([
        "wallet",
        "--regtest",
        "--generate-new-wallet",
        &path,
        "--password",
        "",
        "--kdf-memory",
        "8",
        "--kdf-rounds",
        "1",
        "--restore-height",
        "0",
        "--electrum-seed",
        &seed(),
        "--daemon-address",
        &address,
    ])
    .unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut terminal = Pipe::new(std::io::empty(), std::io::sink(), std::io::sink(), Default::default());
    let mut session = runtime
        .block_on(startup::start(&options, &mut terminal))
        .unwrap()
        .session;
    let before = cpu_seconds();
    let report = runtime.block_on(refresh(&mut session, ShowProgress::No)).unwrap();
    let used = cpu_seconds().zip(before).map(|(after, before)| after - before);
    let (transactions, seconds) = (report.transactions as f64, report.elapsed.as_secs_f64());
    println!(
        "{name}: {transactions} transactions in {seconds:.2} s, {:.0} a second",
        transactions / seconds
    );
    if let Some(used) = used {
        let microseconds = used * 1e6 / transactions;
        println!(
            "  {used:.2} s of CPU, {microseconds:.0} µs each: {:.0} a second on two cores",
            2e6 / microseconds
        );
    }
}

/// CPU seconds of this process, the server in it included; where the system tells. On a busy machine they say more than time.
fn cpu_seconds() -> Option<f64> {
    /// Ticks of a second, as Linux counts them for programs.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}

fn seed() -> String {
    let keys = WalletKeys::generate(&mut ChaCha20Rng::seed_from_u64(1));
    keys.seed_words(oxen_crypto::mnemonic::Language::English)
        .unwrap()
        .to_string()
}

fn main() {
    for round in 1..=3 {
        measure(&format!("blocks of 100 transactions, round {round}"), 1_000, 100);
        measure(&format!("blocks of 2 transactions, round {round}"), 30_000, 2);
    }
}
