//! Providers of Arbitrum beside anvil: one that passes on what anvil says, and one that lies about it.

use axum::{Json, Router, extract::State, routing::post};
use oxen_localnet::{
    RpcClient,
    arbitrum::{Addresses, Anvil},
};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::runtime::Runtime;

/// `ServiceNodeExitRequest(uint64,address,(uint256,uint256))` (bridge §1.3).
const EXIT_REQUEST: &str = "0x8600c0145511b317ae0189933fa71eb57a32d74891804c7993ef74ec63a5e804";

/// It serves until it is dropped.
pub struct Provider {
    url: String,
    desk: Arc<Desk>,
    _runtime: Runtime,
}

struct Desk {
    anvil: RpcClient,
    /// The event that it invents, instead of all that there are.
    lie: Option<Value>,
    lies_told: AtomicU64,
}

impl Provider {
    /// Says what anvil says.
    pub fn honest(anvil: &Anvil) -> Self {
        Self::start(anvil, None)
    }

    /// Hides every event of the contract, and tells of one instead: that the contract's node `id` is to leave.
    pub fn that_invents_an_exit_of(anvil: &Anvil, id: u64, bls_key: &str) -> Self {
        let block = anvil
            .rpc()
            .call("eth_getBlockByNumber", &json!(["latest", false]))
            .unwrap();
        let lie = json!({
            "address": Addresses::of_new_chain().rewards,
            "topics": [EXIT_REQUEST, format!("0x{id:064x}")],
            "data": format!("0x{:064x}{bls_key}", 0x99),
            "blockNumber": block["number"], "blockHash": block["hash"],
            "transactionHash": format!("0x{:064x}", 1), "transactionIndex": "0x0", "logIndex": "0x0", "removed": false,
        });
        Self::start(anvil, Some(lie))
    }

    /// An address at which nobody is.
    pub fn dead() -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    fn start(anvil: &Anvil, lie: Option<Value>) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let desk = Arc::new(Desk {
            anvil: anvil.rpc().clone(),
            lie,
            lies_told: AtomicU64::new(0),
        });
        let router = Router::new().fallback(post(answer)).with_state(Arc::clone(&desk));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            url,
            desk,
            _runtime: runtime,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// How often its invention was handed out.
    pub fn lies_told(&self) -> u64 {
        self.desk.lies_told.load(Ordering::SeqCst)
    }
}

async fn answer(State(desk): State<Arc<Desk>>, Json(request): Json<Value>) -> Json<Value> {
    let answer = tokio::task::spawn_blocking(move || desk.answer(&request));
    Json(answer.await.unwrap())
}

impl Desk {
    fn answer(&self, request: &Value) -> Value {
        let method = request["method"].as_str().unwrap_or_default();
        let mut answer = json!({ "jsonrpc": "2.0", "id": request["id"] });
        match self.anvil.call(method, &request["params"]) {
            Ok(result) if method == "eth_getLogs" => answer["result"] = self.logs(&request["params"][0], result),
            Ok(result) => answer["result"] = result,
            Err(error) => answer["error"] = json!({ "code": -32000, "message": error.to_string() }),
        }
        answer
    }

    fn logs(&self, filter: &Value, honest: Value) -> Value {
        let Some(lie) = &self.lie else { return honest };
        let (first, last, at) = (
            quantity(&filter["fromBlock"]),
            quantity(&filter["toBlock"]),
            quantity(&lie["blockNumber"]),
        );
        if (first..=last).contains(&at) {
            self.lies_told.fetch_add(1, Ordering::SeqCst);
            json!([lie])
        } else {
            json!([])
        }
    }
}

fn quantity(value: &Value) -> u64 {
    let digits = value.as_str().unwrap_or_default().trim_start_matches("0x");
    u64::from_str_radix(digits, 16).unwrap_or_default()
}
