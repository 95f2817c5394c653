//! anvil with two contracts in the places that a network names: one that logs what it is told to and lists nodes, one that pays.

use alloy::{
    node_bindings::{Anvil, AnvilInstance},
    rpc::client::RpcClient,
};
use serde_json::{Value, json};

/// Path of the anvil binary.
const ANVIL: &str = "OXEN_ANVIL";

/// Runtime code: with four bytes of call data it returns what is behind it, with more it logs them as two topics and data.
const LOGGER: &str = "36600414601c57604036038060406000376020356000358260\
                      00a2005b61LLLL61002c60003961LLLL6000f3";

pub struct LocalChain {
    anvil: AnvilInstance,
    rpc: RpcClient,
}

impl LocalChain {
    /// `None`, and a sentence, when there is no anvil.
    pub fn start(arguments: &[&str]) -> Option<Self> {
        let Some(path) = std::env::var_os(ANVIL).filter(|path| !path.is_empty()) else {
            eprintln!("skipped: name the anvil binary in {ANVIL} (npm package @foundry-rs/anvil)");
            return None;
        };
        let anvil = Anvil::new().path(path).args(arguments).try_spawn().unwrap();
        let rpc = RpcClient::new_http(anvil.endpoint_url());
        Some(Self { anvil, rpc })
    }

    pub fn url(&self) -> reqwest::Url {
        self.anvil.endpoint_url()
    }

    pub async fn request(&self, method: &'static str, params: Value) -> Value {
        self.rpc.request(method, params).await.unwrap()
    }

    pub async fn mine(&self, blocks: u64) {
        self.request("anvil_mine", json!([format!("0x{blocks:x}")])).await;
    }

    /// Puts a list of nodes, as numbers and bytes of keys, and a rate in place.
    pub async fn install(&self, rewards: [u8; 20], pool: [u8; 20], nodes: &[(u64, u8)], rate: u64) {
        let list = list(nodes);
        let length = format!("{:04x}", list.len() / 2);
        let code = format!("0x{}{list}", LOGGER.replace("LLLL", &length));
        self.request("anvil_setCode", json!([address(rewards), code])).await;
        let code = format!("0x7f{rate:064x}60005260206000f3");
        self.request("anvil_setCode", json!([address(pool), code])).await;
    }

    /// Mines a block in which a node's exit is requested; returns its number.
    pub async fn exit_request(&self, rewards: [u8; 20], node: u8) -> u64 {
        let data = format!(
            "0x8600c0145511b317ae0189933fa71eb57a32d74891804c7993ef74ec63a5e804{node:064x}{:064x}{}",
            0x99,
            format!("{node:02x}").repeat(64)
        );
        let from = self.request("eth_accounts", json!([])).await[0].clone();
        let transaction = json!([{ "from": from, "to": address(rewards), "data": data }]);
        let hash = self.request("eth_sendTransaction", transaction).await;
        let mut receipt = Value::Null;
        // anvil answers before it has mined.
        while receipt.is_null() {
            receipt = self.request("eth_getTransactionReceipt", json!([hash])).await;
        }
        assert_eq!(receipt["status"], "0x1");
        quantity(&receipt["blockNumber"])
    }
}

fn list(nodes: &[(u64, u8)]) -> String {
    let count = nodes.len();
    let mut words = format!("{:064x}{:064x}{count:064x}", 64, 64 + 32 * (count + 1));
    for (id, _) in nodes {
        words += &format!("{id:064x}");
    }
    words += &format!("{count:064x}");
    for (_, node) in nodes {
        words += &format!("{node:02x}").repeat(64);
    }
    words
}

fn address(bytes: [u8; 20]) -> String {
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{text}")
}

fn quantity(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}
