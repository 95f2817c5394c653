//! A JSON-RPC server with a chain of its own in memory. Whoever is to lie gets another chain.

use axum::{Json, Router, extract::State, routing::post};
use serde_json::{Value, json};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// The rewards contract and the pool of every test.
pub const REWARDS: [u8; 20] = [0x11; 20];
pub const POOL: [u8; 20] = [0x22; 20];
pub const CHAIN_ID: u64 = 31_337;

/// `ServiceNodeExitRequest(uint64,address,(uint256,uint256))`.
pub const EXIT_REQUEST: &str = "0x8600c0145511b317ae0189933fa71eb57a32d74891804c7993ef74ec63a5e804";

/// A chain, as one provider tells it.
#[derive(Clone)]
pub struct Ledger {
    /// Distinguishes block hashes of branches: the branch of each block.
    branches: Vec<u8>,
    /// Block and node of each exit request.
    requests: Vec<(u64, u8)>,
    pub first_timestamp: u64,
    pub rate: u64,
    pub nodes: Vec<(u64, u8)>,
    pub chain_id: u64,
}

impl Ledger {
    /// Blocks 0 to `newest`, four a second up to now.
    pub fn up_to(newest: u64) -> Self {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        Self {
            branches: vec![0; newest as usize + 1],
            requests: Vec::new(),
            first_timestamp: now - newest / 4,
            rate: 1_000_000,
            nodes: vec![(1, 1), (2, 2)],
            chain_id: CHAIN_ID,
        }
    }

    pub fn newest(&self) -> u64 {
        self.branches.len() as u64 - 1
    }

    pub fn with_request(mut self, block: u64, node: u8) -> Self {
        self.requests.push((block, node));
        self
    }

    pub fn add_request(&mut self, block: u64, node: u8) {
        self.requests.push((block, node));
    }

    pub fn grow(&mut self, blocks: u64) {
        let branch = *self.branches.last().unwrap();
        self.branches.extend(std::iter::repeat_n(branch, blocks as usize));
    }

    /// Another branch from `fork` on, of the same length, without what was logged there.
    pub fn reorganise(&mut self, fork: u64) {
        for branch in &mut self.branches[fork as usize..] {
            *branch += 1;
        }
        self.requests.retain(|(block, _)| *block < fork);
    }

    /// The chain ends at `newest`.
    pub fn shrink(&mut self, newest: u64) {
        self.branches.truncate(newest as usize + 1);
        self.requests.retain(|(block, _)| *block <= newest);
    }

    fn hash(&self, block: u64) -> String {
        format!("0x{:02x}{:062x}", self.branches[block as usize], block)
    }

    fn block(&self, number: u64) -> Value {
        if number > self.newest() {
            return Value::Null;
        }
        let zero = format!("0x{}", "00".repeat(32));
        json!({
            "number": format!("0x{number:x}"), "hash": self.hash(number), "parentHash": zero, "sha3Uncles": zero,
            "miner": format!("0x{}", "00".repeat(20)), "stateRoot": zero, "transactionsRoot": zero, "receiptsRoot": zero,
            "logsBloom": format!("0x{}", "00".repeat(256)), "difficulty": "0x0", "gasLimit": "0x1", "gasUsed": "0x0",
            "timestamp": format!("0x{:x}", self.first_timestamp + number / 4), "extraData": "0x", "mixHash": zero,
            "nonce": "0x0000000000000000", "size": "0x1", "uncles": [], "transactions": []
        })
    }

    fn logs(&self, first: u64, last: u64) -> Vec<Value> {
        let in_range = self
            .requests
            .iter()
            .enumerate()
            .filter(|(_, (block, _))| (first..=last).contains(block));
        let log = |(index, (block, node)): (usize, &(u64, u8))| {
            json!({
                "address": format!("0x{}", hex(&REWARDS)),
                "topics": [EXIT_REQUEST, format!("0x{:064x}", node)],
                "data": format!("0x{:064x}{}", 0x99, format!("{node:02x}").repeat(64)),
                "blockNumber": format!("0x{block:x}"), "blockHash": self.hash(*block),
                "transactionHash": format!("0x{:064x}", index + 1), "transactionIndex": "0x0",
                "logIndex": format!("0x{index:x}"), "removed": false
            })
        };
        in_range.map(log).collect()
    }

    fn list(&self) -> String {
        let count = self.nodes.len();
        let mut words = format!("0x{:064x}{:064x}{count:064x}", 64, 64 + 32 * (count + 1));
        for (id, _) in &self.nodes {
            words += &format!("{id:064x}");
        }
        words += &format!("{count:064x}");
        for (_, node) in &self.nodes {
            words += &format!("{node:02x}").repeat(64);
        }
        words
    }

    fn call(&self, to: &str) -> Value {
        if to == format!("0x{}", hex(&POOL)) {
            json!(format!("0x{:064x}", self.rate))
        } else {
            json!(self.list())
        }
    }
}

/// How a provider behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Answers,
    /// It takes requests and never answers.
    Silent,
    /// It answers every request for logs with an error.
    RefusesLogs,
}

pub struct FakeProvider {
    pub url: reqwest::Url,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    ledger: Mutex<Ledger>,
    mood: Mutex<Mood>,
    requests: AtomicU64,
    /// Most blocks of one request for logs that were asked for.
    widest: AtomicU64,
}

impl FakeProvider {
    pub async fn start(ledger: Ledger) -> Self {
        let shared = Arc::new(Shared {
            ledger: Mutex::new(ledger),
            mood: Mutex::new(Mood::Answers),
            requests: AtomicU64::new(0),
            widest: AtomicU64::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/secret-path", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        let router = Router::new().fallback(post(answer)).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, server }
    }

    pub fn change(&self, change: impl FnOnce(&mut Ledger)) {
        change(&mut self.shared.ledger.lock().unwrap());
    }

    pub fn mood(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::SeqCst)
    }

    pub fn widest_window(&self) -> u64 {
        self.shared.widest.load(Ordering::SeqCst)
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, Json(request): Json<Value>) -> Json<Value> {
    shared.requests.fetch_add(1, Ordering::SeqCst);
    let mood = *shared.mood.lock().unwrap();
    if mood == Mood::Silent {
        std::future::pending::<()>().await;
    }
    let ledger = shared.ledger.lock().unwrap();
    let params = &request["params"];
    let result = match request["method"].as_str().unwrap() {
        "eth_chainId" => json!(format!("0x{:x}", ledger.chain_id)),
        "eth_getBlockByNumber" if params[0] == "latest" => ledger.block(ledger.newest()),
        "eth_getBlockByNumber" => ledger.block(quantity(&params[0])),
        "eth_getLogs" if mood == Mood::RefusesLogs => {
            let error = json!({ "code": -32005, "message": "block range too large" });
            return Json(json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }));
        }
        "eth_getLogs" => {
            let (first, last) = (quantity(&params[0]["fromBlock"]), quantity(&params[0]["toBlock"]));
            shared.widest.fetch_max(last - first + 1, Ordering::SeqCst);
            json!(ledger.logs(first, last))
        }
        "eth_call" => ledger.call(params[0]["to"].as_str().unwrap()),
        other => panic!("nobody asks {other}"),
    };
    Json(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }))
}

fn quantity(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
