//! The file that carries what was read over a restart.
//!
//! It saves requests and is no truth of its own: what it says is compared with the providers in the next look, and a file that is
//! missing, torn or of another chain means reading anew.

use crate::{history::History, settings::Followed};
use oxen_bridge_rules::{
    contract_log::Word,
    event_transaction::{event_transaction, reported_event},
    picture::{ContractNodes, ListChange, ListReading, LogPosition, SeenLog},
};
use oxen_types::{
    Amount, ConsensusDecode, ConsensusEncode, Transaction,
    bytes::{BlsPublicKey, EthereumAddress},
    keccak256,
};
use parity_scale_codec::{Decode, Encode};
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};
use thiserror::Error;

/// First bytes of the file; the last one is the version.
const MAGIC: [u8; 8] = *b"oxen-l2\x01";
/// Most bytes of the file.
const MAX_FILE_BYTES: u64 = 128 << 20;

/// Why a file is not taken up.
#[derive(Debug, Error)]
pub(crate) enum FileError {
    /// The disk.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is torn, or of another version.
    #[error("it is damaged or of another version")]
    Damaged,
    /// It belongs to another network.
    #[error("it was read from other contracts")]
    OtherContracts,
}

#[derive(Encode, Decode)]
struct Saved {
    chain_id: u64,
    rewards: EthereumAddress,
    pool: EthereumAddress,
    newest: Option<u64>,
    marks: Vec<(u64, Word)>,
    reward_rates: Vec<(u64, u64)>,
    list: Option<(u64, Vec<(u64, BlsPublicKey)>)>,
    logs: Vec<SavedLog>,
}

#[derive(Encode, Decode)]
struct SavedLog {
    l2_height: u64,
    log_index: u64,
    /// The transaction that reports it.
    report: Option<Vec<u8>>,
    change: Option<SavedChange>,
}

#[derive(Encode, Decode)]
enum SavedChange {
    Added(u64, BlsPublicKey),
    Removed(u64),
}

/// Writes the file in one step: a reader finds the old one or the new one.
///
/// # Errors
/// The disk.
pub(crate) fn save(path: &Path, followed: &Followed, history: &History) -> io::Result<()> {
    let body = saved(followed, history).encode();
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(&MAGIC)?;
    file.write_all(keccak256(&body).as_bytes())?;
    file.write_all(&body)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

/// What the file says; nothing when there is none.
///
/// # Errors
/// It cannot be taken up.
pub(crate) fn load(path: &Path, followed: &Followed) -> Result<Option<History>, FileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    let rest = bytes.strip_prefix(&MAGIC).ok_or(FileError::Damaged)?;
    let (digest, mut body) = rest.split_at_checked(32).ok_or(FileError::Damaged)?;
    if keccak256(body).as_bytes() != digest {
        return Err(FileError::Damaged);
    }
    let saved = Saved::decode(&mut body).map_err(|_| FileError::Damaged)?;
    let found = (saved.chain_id, saved.rewards, saved.pool);
    if found != (followed.parameters.chain_id, followed.rewards, followed.pool) {
        return Err(FileError::OtherContracts);
    }
    restored(saved).map(Some)
}

fn saved(followed: &Followed, history: &History) -> Saved {
    Saved {
        chain_id: followed.parameters.chain_id,
        rewards: followed.rewards,
        pool: followed.pool,
        newest: history.newest,
        marks: history.marks.iter().map(|(number, hash)| (*number, *hash)).collect(),
        reward_rates: history
            .reward_rates
            .iter()
            .map(|(at, rate)| (*at, rate.atomic()))
            .collect(),
        list: history
            .list
            .as_ref()
            .map(|list| (list.as_of, list.nodes.iter().map(|(id, key)| (id, *key)).collect())),
        logs: history.logs.iter().map(saved_log).collect(),
    }
}

fn saved_log((position, log): (&LogPosition, &SeenLog)) -> SavedLog {
    SavedLog {
        l2_height: position.l2_height,
        log_index: position.log_index,
        report: log.event.as_ref().map(|event| event_transaction(event).encode()),
        change: log.change.map(|change| match change {
            ListChange::Added { id, key } => SavedChange::Added(id, key),
            ListChange::Removed { id } => SavedChange::Removed(id),
        }),
    }
}

fn restored(saved: Saved) -> Result<History, FileError> {
    let logs = saved.logs.into_iter().map(restored_log).collect::<Result<_, _>>()?;
    Ok(History {
        newest: saved.newest,
        logs,
        marks: saved.marks.into_iter().collect(),
        reward_rates: saved
            .reward_rates
            .into_iter()
            .map(|(at, rate)| (at, Amount::from_atomic(rate)))
            .collect(),
        list: saved.list.map(|(as_of, nodes)| ListReading {
            as_of,
            nodes: ContractNodes::new(nodes),
        }),
    })
}

fn restored_log(log: SavedLog) -> Result<(LogPosition, SeenLog), FileError> {
    let position = LogPosition {
        l2_height: log.l2_height,
        log_index: log.log_index,
    };
    let event = match log.report {
        Some(bytes) => {
            let transaction = Transaction::decode(&bytes).map_err(|_| FileError::Damaged)?;
            Some(reported_event(&transaction).ok_or(FileError::Damaged)?)
        }
        None => None,
    };
    let change = log.change.map(|change| match change {
        SavedChange::Added(id, key) => ListChange::Added { id, key },
        SavedChange::Removed(id) => ListChange::Removed { id },
    });
    Ok((position, SeenLog { event, change }))
}

#[cfg(test)]
mod tests;
