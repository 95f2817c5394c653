//! OXEN are burned and SESH received, while a node and the wallet are killed and a third of the nodes does not sign.

use crate::{LISTED, anvil, await_height, sesh_of};
use oxen_localnet::{
    OXEN, PrivateNetwork, Seen,
    arbitrum::{Addresses, contracts::OxenSwap},
    wallet::{Wallet, WalletError},
};
use serde_json::json;
use std::time::Duration;

/// What alice burns: rounded down, it is 54 SESH and what half an atomic unit loses.
pub const BURNS: [&str; 2] = ["100", "3.333333333"];
/// The same in atomic SESH.
const WORTH: [u64; 2] = [54 * OXEN, 1_799_999_999];

/// Burned by the wallet, matured, signed by the nodes, credited and paid by the contract, while a node and the wallet are killed.
pub fn burned_oxen_are_paid_once(network: &mut PrivateNetwork, alice: &Wallet, faucet: &Wallet) {
    let recipient = alice.ethereum_address().unwrap();
    let before = sesh_of(network, &recipient);
    await_height(network, network.fork_height(30).unwrap().unwrap() - 1);

    let mut burns = Vec::new();
    for (amount, worth) in BURNS.iter().zip(WORTH) {
        let killed_after = Duration::from_millis(40 + 60 * burns.len() as u64);
        burns.push(burned_once(
            alice,
            &["swap", amount, &recipient],
            worth,
            killed_after,
            &burns,
        ));
    }
    network.kill(3).unwrap();
    let total: u64 = WORTH.iter().sum();
    for id in &burns {
        await_claimable(network, alice, id);
    }
    network.restart(3).unwrap();
    everybody_signs(network, faucet);

    // As many as may: with one more there would be no signature.
    let silent = 5..5 + LISTED / 3;
    for index in silent.clone() {
        network.kill(index).unwrap();
    }
    // Killed again and again while it claims; the same command goes on each time.
    for step in 1..=6 {
        alice
            .killed_after(Duration::from_millis(step * 150), &["swap", "claim"])
            .unwrap();
        let has = sesh_of(network, &recipient);
        assert!(has == before || has == before + total, "{has} SESH after {before}");
    }
    match alice.command(&["swap", "claim"]) {
        Ok(_) => {}
        // Everything was paid by one of those that were killed.
        Err(WalletError::Refused { message, .. }) => {
            assert_eq!(sesh_of(network, &recipient), before + total, "{message}");
        }
        Err(error) => panic!("{error}"),
    }
    assert_eq!(sesh_of(network, &recipient), before + total, "paid to the atomic unit");
    // Whatever it answers, there is nothing more to be had.
    let _ = alice.command(&["swap", "claim"]);
    assert_eq!(sesh_of(network, &recipient), before + total);
    claims_equal_burns(network);
    for index in silent {
        network.restart(index).unwrap();
    }
}

/// Who was away has been found again. Rewards of the operator are another number with every block, so that nodes are asked each time.
fn everybody_signs(network: &PrivateNetwork, operator: &Wallet) {
    let request = json!({ "address": operator.ethereum_address().unwrap() });
    let seen = || {
        let signed = network.rpc().call("bls_rewards_request", &request)?;
        Ok(if signed["non_signer_indices"] == json!([]) {
            Seen::Yes(())
        } else {
            Seen::NotYet(signed["non_signer_indices"].to_string())
        })
    };
    network.await_that("the signature of every node", seen).unwrap();
}

/// The wallet is killed while it burns, at a moment of its own each time. Whoever comes back does what its history says: a burn that
/// may not have reached the daemon is handed over again, and without one in the history it is made anew.
fn burned_once(alice: &Wallet, words: &[&str], worth: u64, killed_after: Duration, earlier: &[String]) -> String {
    alice.killed_after(killed_after, words).unwrap();
    let history = alice.command(&["swap", "history"]).unwrap();
    let burns = history["burns"].as_array().unwrap().iter();
    let begun = burns
        .filter(|burn| !["failed", "refused"].contains(&burn["status"].as_str().unwrap()))
        .map(|burn| burn["tx_hash"].as_str().unwrap().to_owned())
        .find(|id| !earlier.contains(id));
    match begun {
        Some(id) => {
            alice.command(&["resend"]).unwrap();
            id
        }
        None => {
            let sent = alice.command(words).unwrap();
            assert_eq!(sent["sesh"], json!(worth));
            sent["transactions"][0]["tx_hash"].as_str().unwrap().to_owned()
        }
    }
}

fn await_claimable(network: &PrivateNetwork, wallet: &Wallet, id: &str) {
    let seen = || {
        let status = wallet.command(&["swap", "status", id])?;
        Ok(if status["status"] == "claimable" {
            Seen::Yes(())
        } else {
            Seen::NotYet(format!("{status} at height {}", network.rpc().height()?))
        })
    };
    network.await_that("a burn that can be claimed", seen).unwrap();
}

/// The chain's sum at the ratio is what the contract was told and what it paid.
pub fn claims_equal_burns(network: &PrivateNetwork) {
    let sums = network.rpc().call("get_swap_info", &json!({})).unwrap()["sums"].clone();
    let swap = Addresses::of_new_chain().swap;
    let credited: u64 = anvil(network)
        .ask(swap, &OxenSwap::totalCreditedCall {})
        .unwrap()
        .try_into()
        .unwrap();
    let claimed: u64 = anvil(network)
        .ask(swap, &OxenSwap::totalClaimedCall {})
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(sums["burns"], json!(BURNS.len()));
    assert_eq!(
        (sums["credited"].as_u64(), sums["matured"].as_u64(), credited, claimed),
        (Some(claimed), Some(claimed), claimed, WORTH.iter().sum())
    );
}
