//! From nothing to a network whose blocks Pulse makes: money, a private transfer, registrations, the handover.

use crate::{arguments::Arguments, error::LocalnetError, steps::Steps};
use oxen_localnet::{OXEN, PrivateNetwork, arbitrum::Tools, rules::PULSE_MIN_SERVICE_NODES, wallet::Wallet};
use serde_json::json;

/// Blocks until a payment can be spent.
const MATURITY_BLOCKS: u64 = 10;
/// What the faucet gives alice, OXEN.
const FUNDS: &str = "1000";
/// What alice sends bob, OXEN.
const TRANSFER: u64 = 250;

/// The wallets of the network.
pub(crate) struct Wallets {
    /// Paid by the genesis block; operates the service nodes.
    pub(crate) faucet: Wallet,
    /// Gets money from the faucet.
    pub(crate) alice: Wallet,
    /// Gets money from alice.
    pub(crate) bob: Wallet,
}

/// A network that is up.
pub(crate) struct Up {
    pub(crate) network: PrivateNetwork,
    pub(crate) wallets: Wallets,
}

/// Starts the network, and makes of a new one what it should be.
pub(crate) fn bring_up(arguments: &Arguments, tools: Option<Tools>) -> Result<Up, LocalnetError> {
    let steps = Steps::new(5);
    let settings = arguments.settings(tools);
    let beside = if settings.bridge.is_some() {
        ", with Arbitrum and its contracts beside them,"
    } else {
        ""
    };
    steps.next(&format!(
        "starting an ordinary node and {} service nodes{beside} in {}",
        settings.service_nodes,
        arguments.folder().display()
    ));
    let network = PrivateNetwork::start(&arguments.folder(), &settings)?;
    if let Some(anvil) = network.arbitrum() {
        steps.note(&format!("Arbitrum is at block {} on {}", anvil.height()?, anvil.url()));
    }

    steps.next("making wallets: faucet (which the genesis block pays), alice, bob");
    let wallets = Wallets {
        faucet: network.faucet()?,
        alice: network.wallet("alice")?,
        bob: network.wallet("bob")?,
    };

    steps.next("the faucet funds alice, and alice sends bob 250 OXEN privately");
    let transfer = waiting_transfer(&network, &wallets)?;
    if transfer.is_none() {
        steps.note("bob has money already: this network goes on where it was");
    }

    steps.next("registering every service node from the faucet's wallet");
    let before = network.rpc().height()?;
    let registered = network.register_all(&wallets.faucet)?;
    steps.note(&if network.has_gone_over()? {
        "stakes are on Arbitrum: there `bridge register` of the wallet registers more".to_owned()
    } else {
        format!(
            "{registered} registered, the last one in block {}",
            network.rpc().height()? - 1
        )
    });

    if network.node_count() >= PULSE_MIN_SERVICE_NODES {
        steps.next("waiting for the first block that the service nodes make by Pulse");
        let first = network.await_pulse_block(before)?;
        steps.note(&format!("block {}", first.height));
    } else {
        steps.next("waiting for their first uptime proofs; with fewer than twelve service nodes blocks are mined");
        network.advance(1)?;
        network.await_proofs()?;
    }
    steps.done();
    if let Some(transfer) = transfer {
        transfer.print(&network, &wallets)?;
    }
    Ok(Up { network, wallets })
}

/// A transfer of the demonstration.
struct Transfer {
    id: String,
    bytes: u64,
    fee: u64,
}

/// Makes alice's transfer to bob on a network where bob has no money yet: it waits for the next block.
fn waiting_transfer(network: &PrivateNetwork, wallets: &Wallets) -> Result<Option<Transfer>, LocalnetError> {
    let (balance, _) = wallets.bob.balance()?;
    if balance > 0 {
        return Ok(None);
    }
    if wallets.alice.balance()?.0 == 0 {
        wallets
            .faucet
            .command(&["transfer", &wallets.alice.address()?, FUNDS])?;
        network.advance(MATURITY_BLOCKS)?;
    }
    let sent = wallets
        .alice
        .command(&["transfer", &wallets.bob.address()?, &TRANSFER.to_string()])?;
    let id = sent["transactions"][0]["tx_hash"]
        .as_str()
        .ok_or_else(|| LocalnetError::Unexpected(format!("no transaction in {sent}")))?
        .to_owned();
    let pool = network.rpc().call("get_transaction_pool", &json!({}))?;
    let entry = pool["transactions"]
        .as_array()
        .and_then(|all| all.iter().find(|entry| entry["id_hash"] == id.as_str()));
    let number = |name: &str| entry.and_then(|entry| entry[name].as_u64()).unwrap_or_default();
    Ok(Some(Transfer {
        bytes: number("blob_size"),
        fee: number("fee"),
        id,
    }))
}

impl Transfer {
    /// Says where it ended up.
    fn print(&self, network: &PrivateNetwork, wallets: &Wallets) -> Result<(), LocalnetError> {
        let mined = network.rpc().call(
            "get_transactions",
            &json!({ "txs_hashes": [self.id], "decode_as_json": true }),
        )?;
        let mined = &mined["txs"][0];
        let (balance, _) = wallets.bob.balance()?;
        if balance < TRANSFER * OXEN {
            return Err(LocalnetError::Unexpected(format!(
                "bob has {balance} atomic OXEN after 250 OXEN arrived"
            )));
        }
        println!();
        println!("The transfer {}", self.id);
        println!(
            "  waited in the pool: {} bytes, fee {} atomic OXEN",
            self.bytes, self.fee
        );
        println!(
            "  is in block {}: nobody but alice and bob can tell amount, sender or receiver; its outputs have global indices {}",
            mined["block_height"], mined["output_indices"]
        );
        println!("  bob's balance is now {}.{:09} OXEN", balance / OXEN, balance % OXEN);
        Ok(())
    }
}
