//! The fake daemon's part of the swap: what tests say that the chain knows of burns.

use oxen_bridge_rules::address::checksummed;
use oxen_types::{Amount, Hash, Network, bytes::EthereumAddress};
use serde_json::{Value, json};

/// The first block that takes burns.
pub const SWAP_HEIGHT: u64 = 4;

/// Regtest with the swap, paid by this contract.
pub fn network(contract: EthereumAddress) -> Network {
    let description = oxen_types::network::NetworkDescription::of(&Network::regtest());
    let mut description: Value = serde_json::from_str(&description.to_json()).unwrap();
    description["name"] = json!("swapnet");
    description["kind"] = json!("private");
    description["data_directory"] = json!("swapnet");
    description["hard_forks"] = json!([
        { "version": 7, "revision": 0, "height": 0 },
        { "version": 19, "revision": 3, "height": 1 },
        { "version": 20, "revision": 0, "height": 2 },
        { "version": 21, "revision": 0, "height": 3 },
        { "version": 30, "revision": 0, "height": SWAP_HEIGHT },
    ]);
    description["constants"]["SWAP_CONTRACT"] = json!({ "value": format!("0x{contract}") });
    Network::from_description_json(&description.to_string()).unwrap()
}

/// What the chain knows.
pub struct FakeSwap {
    pub network: Network,
    /// SESH of all burns.
    pub credited: u64,
    /// Burns in blocks, oldest first: transaction, recipient, SESH, how far it is.
    pub burns: Vec<(Hash, EthereumAddress, u64, &'static str)>,
}

impl FakeSwap {
    pub fn new(network: Network) -> Self {
        Self {
            network,
            credited: 0,
            burns: Vec::new(),
        }
    }

    pub fn answer(&self, method: &str, params: &Value) -> Option<Value> {
        match method {
            "get_swap_info" => Some(self.info()),
            "get_swap_burns" => Some(self.answer_burns(params)),
            "get_swap_totals" => Some(self.answer_totals(params)),
            _ => None,
        }
    }

    fn info(&self) -> Value {
        let swap = self.network.swap.as_ref().unwrap();
        json!({
            "status": "OK",
            "state": "open",
            "height": 20,
            "rules": {
                "contract": checksummed(&swap.contract),
                "l2_chain_id": self.network.l2.chain_id,
            },
            "ratio": { "index": 0, "from_height": 0, "sesh": 54, "oxen": 100 },
            "remaining": { "pool": swap.pool_cap.atomic(), "rate": swap.rate_cap.atomic() },
            "sums": { "credited": self.credited },
        })
    }

    fn answer_burns(&self, params: &Value) -> Value {
        let wanted =
            |(id, recipient, ..): &&(Hash, EthereumAddress, u64, &'static str)| match params["address"].as_str() {
                Some(address) => address == checksummed(recipient),
                None => params["txids"].as_array().unwrap().contains(&json!(id)),
            };
        let skip = usize::try_from(params["skip"].as_u64().unwrap_or(0)).unwrap();
        let count = usize::try_from(params["count"].as_u64().unwrap_or(100)).unwrap();
        let entries = self.burns.iter().rev().filter(wanted).skip(skip).take(count);
        let entries = entries.map(|(id, recipient, credited, state)| {
            json!({
                "txid": id, "state": state, "recipient": checksummed(recipient), "burned": 5 * Amount::OXEN.atomic(),
                "credited": credited, "ratio_index": 0, "nonce": "00", "height": 20, "mature_height": 50,
            })
        });
        json!({ "status": "OK", "burns": entries.collect::<Vec<_>>(), "height": 60 })
    }

    fn answer_totals(&self, params: &Value) -> Value {
        let totals = params["addresses"].as_array().unwrap().iter().map(|address| {
            let burns = self.burns.iter().filter(|(_, recipient, _, state)| {
                *state != "mined" && address.as_str() == Some(&checksummed(recipient))
            });
            json!({ "address": address, "total": burns.map(|(.., credited, _)| credited).sum::<u64>() })
        });
        json!({ "status": "OK", "totals": totals.collect::<Vec<_>>(), "height": 60 })
    }
}
