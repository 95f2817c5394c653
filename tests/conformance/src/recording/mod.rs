//! A recorded chain: a directory of JSON files, each plain or gzipped.
//!
//! `network.json`, `blocks.json`, `txs.json` and `outputs.json` must be there; `state.json`, `quorums.json`, `wallets.json`,
//! `service_node_keys.json`, `sqlite_db.json`, `ons_db.json`, `rpc_final.json`, `reorg.json` and `events.json`
//! may be. What is absent, and
//! what is there and not read, is told.

pub mod chain;
pub mod extras;
mod file;
pub mod names;
pub mod quorums;
pub mod states;
pub mod text;
pub mod wallets;

pub use file::{AbsentFile, Directory, MAX_FILE_BYTES};

use crate::error::ConformanceError;
use chain::{RecordedBlock, RecordedOutput, RecordedTransaction};
use extras::{Events, FinalAnswers, RecordedNodeKeys, Reorganisation, RewardsDatabase};
use names::NamesDatabase;
use oxen_types::{Hash, Height, Network, network::NetworkDescription};
use quorums::Quorums;
use states::RecordedState;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use wallets::RecordedWallet;

/// Everything that was recorded of a chain.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Where it was read from.
    pub path: PathBuf,
    /// The network.
    pub network: Network,
    /// Keys of the network description that mean nothing to this program.
    pub unknown_network_keys: Vec<String>,
    /// By height.
    pub blocks: Vec<RecordedBlock>,
    /// In the order of the file.
    pub transactions: Vec<RecordedTransaction>,
    /// By global index.
    pub outputs: Vec<RecordedOutput>,
    /// By height of the top block.
    pub states: Option<BTreeMap<Height, RecordedState>>,
    /// Quorums.
    pub quorums: Option<Quorums>,
    /// Wallets.
    pub wallets: Option<Vec<RecordedWallet>>,
    /// Keys of the service nodes.
    pub node_keys: Option<Vec<RecordedNodeKeys>>,
    /// The rewards database at the last height.
    pub rewards: Option<RewardsDatabase>,
    /// The names at the last height.
    pub names: Option<NamesDatabase>,
    /// Answers at the last height.
    pub final_answers: Option<FinalAnswers>,
    /// A branch that was replaced.
    pub reorganisation: Option<Reorganisation>,
    /// What was asked of the nodes.
    pub events: Option<Events>,
    /// Optional files that are not there.
    pub absent: Vec<AbsentFile>,
    /// Files that are there and not read.
    pub unread: Vec<String>,
}

impl Recording {
    /// Reads a directory.
    ///
    /// # Errors
    /// A required file is missing, or any file is unreadable, empty or not of the recorded form.
    pub fn open(path: &Path) -> Result<Self, ConformanceError> {
        const EVERY: &str = "every command";
        let mut directory = Directory::open(path)?;
        let loaded = NetworkDescription::from_json(&directory.required_text("network.json", EVERY)?)
            .and_then(|description| description.to_network())
            .map_err(|source| ConformanceError::Network { source })?;
        let blocks: Vec<RecordedBlock> = directory.required("blocks.json", EVERY)?;
        let transactions: Vec<RecordedTransaction> = directory.required("txs.json", EVERY)?;
        let outputs: Vec<RecordedOutput> = directory.required("outputs.json", EVERY)?;
        for (name, length) in [("blocks.json", blocks.len()), ("txs.json", transactions.len())] {
            if length == 0 {
                return Err(ConformanceError::Empty { path: path.join(name) });
            }
        }
        check_heights("blocks.json", 0, blocks.iter().map(|block| block.height))?;
        let states: Option<Vec<RecordedState>> = directory.optional_list("state.json", "the state at each height")?;
        let quorums: Option<Vec<quorums::Entry>> = directory.optional_list("quorums.json", "signatures of quorums")?;
        Ok(Self {
            network: loaded.network,
            unknown_network_keys: loaded.unknown,
            blocks,
            transactions,
            outputs,
            states: states.map(|states| states.into_iter().map(|state| (state.height, state)).collect()),
            quorums: quorums.map(Quorums::new),
            wallets: directory.optional_list("wallets.json", "wallets and what they own")?,
            node_keys: directory.optional_list("service_node_keys.json", "keys of service nodes")?,
            rewards: directory.optional(
                "sqlite_db.json",
                "balances in thousandths and the payments by coinbases",
            )?,
            names: directory.optional("ons_db.json", "the names at the end")?,
            final_answers: directory.optional("rpc_final.json", "checkpoints and sums over the chain")?,
            reorganisation: directory.optional("reorg.json", "a branch that was replaced")?,
            events: directory.optional("events.json", "transactions that the reference refused")?,
            absent: directory.absent().to_vec(),
            unread: directory.unread().map(str::to_owned).collect(),
            path: directory.path().to_owned(),
        })
    }

    /// Places in [`Self::transactions`] by transaction id.
    #[must_use]
    pub fn transaction_places(&self) -> BTreeMap<Hash, usize> {
        self.transactions
            .iter()
            .enumerate()
            .map(|(place, transaction)| (transaction.txid, place))
            .collect()
    }

    /// The newest block.
    #[must_use]
    pub fn last_height(&self) -> Height {
        self.blocks.last().map(|block| block.height).unwrap_or_default()
    }
}

/// Heights must count up without a gap.
fn check_heights(
    name: &'static str,
    first: u64,
    heights: impl Iterator<Item = Height>,
) -> Result<(), ConformanceError> {
    for (expected, found) in (first..).zip(heights) {
        if found.index() != expected {
            return Err(ConformanceError::OutOfOrder {
                name,
                expected,
                found: found.index(),
            });
        }
    }
    Ok(())
}
