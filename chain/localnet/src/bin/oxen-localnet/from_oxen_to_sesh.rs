//! With `--once`, where the network has Arbitrum: the way from OXEN to SESH, walked by alice.

use crate::{bring_up::Up, error::LocalnetError};
use oxen_localnet::Seen;
use std::time::Instant;

/// The hard fork from which on OXEN can be burned for SESH.
pub(crate) const SWAP_FORK: u64 = 30;
/// Service nodes below which there are no checkpoints, above which alone service nodes sign what a contract pays.
pub(crate) const CLAIMING_NODES: usize = 20;
/// What alice burns, OXEN.
const BURN: &str = "100";

/// Waits until burns are taken, has alice burn some OXEN, and claims what they have become.
pub(crate) fn walk(up: &Up) -> Result<(), LocalnetError> {
    let network = &up.network;
    let (Some(_), Some(begin)) = (network.arbitrum(), network.fork_height(SWAP_FORK)?) else {
        return Ok(());
    };
    if network.node_count() < CLAIMING_NODES {
        println!();
        println!(
            "With fewer than {CLAIMING_NODES} service nodes there are no checkpoints, and nothing can be claimed on Arbitrum."
        );
        return Ok(());
    }
    let began = Instant::now();
    let say = |what: &str| println!("{:>6.1} s  {what}", began.elapsed().as_secs_f32());
    println!();
    println!("From OXEN to SESH on Arbitrum:");
    network.await_block_that(&format!("block {begin}"), || {
        let height = network.rpc().height()?;
        Ok(if height >= begin {
            Seen::Yes(())
        } else {
            Seen::NotYet(height.to_string())
        })
    })?;
    say(&format!("stakes are SESH, and the block {begin} takes burns"));
    let alice = &up.wallets.alice;
    let address = alice.ethereum_address()?;
    let sent = alice.command(&["swap", BURN, &address])?;
    let id = sent["transactions"][0]["tx_hash"].as_str().unwrap_or_default();
    say(&format!("alice burns {BURN} OXEN for {address}: transaction {id}"));
    network.await_block_that("a burn that can be claimed", || {
        let status = alice.command(&["swap", "status", id])?;
        Ok(if status["status"] == "claimable" {
            Seen::Yes(())
        } else {
            Seen::NotYet(status.to_string())
        })
    })?;
    say(&format!(
        "it is claimable at height {}: a checkpoint stands above it",
        network.rpc().height()?
    ));
    let claimed = alice.command(&["swap", "claim"])?;
    say(&format!(
        "the service nodes signed and the contract paid {} atomic SESH: transaction {}",
        claimed["paid"],
        claimed["transaction"].as_str().unwrap_or_default()
    ));
    Ok(())
}
