//! What the status tells of Arbitrum: stakes that went over, burns and claims.

use crate::{
    arbitrum::{Addresses, contracts::OxenSwap},
    private_network::PrivateNetwork,
    rules::OXEN,
};
use alloy::primitives::U256;
use serde_json::{Value, json};
use std::fmt;

/// Arbitrum at a moment. Amounts are atomic units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BridgeView {
    /// Its newest block; `None` when it does not answer.
    pub l2_height: Option<u64>,
    /// Service nodes whose stake is SESH.
    pub converted_nodes: usize,
    /// OXEN burned for SESH.
    pub burned: u64,
    /// SESH that the chain owes for them.
    pub owed: u64,
    /// SESH of these that the contract was told of.
    pub credited: u64,
    /// SESH of these that were paid out.
    pub claimed: u64,
}

impl BridgeView {
    /// How it is now; `None` where the network has no Arbitrum. What is not answered counts as nothing, until the next look.
    pub(crate) fn look(network: &PrivateNetwork) -> Option<Self> {
        let anvil = network.arbitrum()?;
        let swap = Addresses::of_new_chain().swap;
        let sums = network.rpc().call("get_swap_info", &json!({})).unwrap_or_default()["sums"].take();
        let fields = json!({ "fields": { "operator_address": true } });
        let nodes = network.rpc().call("get_service_nodes", &fields).unwrap_or_default();
        Some(Self {
            l2_height: anvil.height().ok(),
            converted_nodes: converted(&nodes),
            burned: sums["burned"].as_u64().unwrap_or_default(),
            owed: sums["credited"].as_u64().unwrap_or_default(),
            credited: anvil.ask(swap, &OxenSwap::totalCreditedCall {}).map_or(0, atomic),
            claimed: anvil.ask(swap, &OxenSwap::totalClaimedCall {}).map_or(0, atomic),
        })
    }
}

/// Nodes that an Ethereum address operates.
fn converted(nodes: &Value) -> usize {
    let states = nodes["service_node_states"].as_array().map_or(&[][..], Vec::as_slice);
    let of_ethereum = |state: &&Value| {
        state["operator_address"]
            .as_str()
            .is_some_and(|address| address.starts_with("0x"))
    };
    states.iter().filter(of_ethereum).count()
}

fn atomic(amount: U256) -> u64 {
    u64::try_from(amount).unwrap_or(u64::MAX)
}

/// Whole coins with two decimals.
fn coins(atomic: u64) -> String {
    format!("{}.{:02}", atomic / OXEN, atomic % OXEN / (OXEN / 100))
}

impl fmt::Display for BridgeView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.l2_height {
            Some(height) => write!(f, "Arbitrum: block {height}")?,
            None => f.write_str("Arbitrum: does not answer")?,
        }
        match self.converted_nodes {
            0 => f.write_str(", stakes still in OXEN")?,
            nodes => write!(f, ", stakes of {nodes} nodes in SESH")?,
        }
        if self.burned > 0 {
            write!(
                f,
                ", burned {} OXEN for {} SESH, {} credited, {} claimed",
                coins(self.burned),
                coins(self.owed),
                coins(self.credited),
                coins(self.claimed)
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_view_follows_the_coins() {
        let mut view = BridgeView {
            l2_height: Some(7),
            ..BridgeView::default()
        };
        assert_eq!(view.to_string(), "Arbitrum: block 7, stakes still in OXEN");
        view.converted_nodes = 20;
        (view.burned, view.owed, view.credited) = (100 * OXEN, 54 * OXEN, 54 * OXEN);
        assert_eq!(
            view.to_string(),
            "Arbitrum: block 7, stakes of 20 nodes in SESH, burned 100.00 OXEN for 54.00 SESH, 54.00 credited, 0.00 claimed"
        );
        view.l2_height = None;
        assert!(view.to_string().starts_with("Arbitrum: does not answer"));
    }

    #[test]
    fn a_node_went_over_when_an_ethereum_address_operates_it() {
        let nodes = json!({ "service_node_states": [
            { "operator_address": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" }, { "operator_address": "LCFx" }, {},
        ]});
        assert_eq!(converted(&nodes), 1);
    }
}
