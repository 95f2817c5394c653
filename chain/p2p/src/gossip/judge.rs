//! Looking at a message before it is passed on.

use crate::{
    gossip::own::from_network,
    limits::{REQUEST_TIMEOUT, REQUESTED_TRANSACTIONS, RESPONSE_BYTES},
    penalty::{Offence, Penalty, block_penalty, checkpoint_penalty, transaction_penalty},
    shared::Shared,
    wire::{
        bounded::Bounded,
        message::{Request, Response, Status, TransactionBytes},
    },
};
use libp2p::PeerId;
use oxen_node_api::{
    Admission, BlockOutcome, BlockSubmission, CheckpointOutcome, GossipTopic, GossipVerdict, Relay, SubmitBlockError,
};
use oxen_state::{ViewError, queries};
use oxen_types::{Block, Checkpoint, ConsensusDecode, Hash, Height, Transaction};
use std::{collections::BTreeSet, sync::Arc};
use tokio::time::timeout;

/// Most requests for the transactions of one block. A block with more unknown ones is left to the sync.
const ROUNDS: usize = 16;

/// Judges a message, acts on it if it is good, and punishes its sender if it is bad.
pub(crate) async fn judge(shared: &Arc<Shared>, topic: GossipTopic, source: PeerId, message: Vec<u8>) -> GossipVerdict {
    let verdict = match topic {
        GossipTopic::Blocks => judge_block(shared, source, message).await,
        GossipTopic::Transactions => blocking(shared, move |shared| judge_transaction(shared, source, &message)).await,
        GossipTopic::Checkpoints => blocking(shared, move |shared| judge_checkpoint(shared, source, &message)).await,
        GossipTopic::Votes | GossipTopic::UptimeProofs | GossipTopic::Blinks => {
            let Some(handler) = shared.handler(topic) else {
                return GossipVerdict::Ignore;
            };
            blocking(shared, move |shared| {
                let verdict = from_network(|| handler.on_message(&message));
                if verdict == GossipVerdict::Reject {
                    shared.charge(source, Offence::RejectedGossip);
                }
                Some(verdict)
            })
            .await
        }
    };
    verdict.unwrap_or(GossipVerdict::Ignore)
}

/// Does `work` on a blocking thread; nothing when it fails in a way that it must not.
pub(crate) async fn blocking<R: Send + 'static>(
    shared: &Arc<Shared>,
    work: impl FnOnce(&Arc<Shared>) -> Option<R> + Send + 'static,
) -> Option<R> {
    let shared = Arc::clone(shared);
    match tokio::task::spawn_blocking(move || work(&shared)).await {
        Ok(result) => result,
        Err(error) => {
            tracing::error!(%error, "work on a message failed");
            None
        }
    }
}

/// Turns what the database says into nothing: it is no peer's fault, and the writer tells of it.
pub(crate) fn readable<R>(result: Result<R, ViewError>) -> Option<R> {
    result
        .inspect_err(|error| tracing::error!(%error, "the chain cannot be read"))
        .ok()
}

fn judge_transaction(shared: &Arc<Shared>, source: PeerId, blob: &[u8]) -> Option<GossipVerdict> {
    let pool = &shared.services.pool;
    Some(match from_network(|| pool.submit(blob, Relay::Relay)) {
        Ok(Admission::Added { .. }) => GossipVerdict::Accept,
        // On its stem until now: this is how it comes back as everybody's.
        Ok(Admission::AlreadyInPool { id }) if shared.embargoes().lift(&id) => {
            from_network(|| pool.release(&id));
            GossipVerdict::Accept
        }
        Ok(Admission::AlreadyInPool { .. } | Admission::AlreadyMined { .. }) => GossipVerdict::Ignore,
        Err(error) => {
            let penalty = transaction_penalty(&error);
            shared.punish(source, penalty, &error);
            verdict_of(penalty)
        }
    })
}

/// Hands a checkpoint to the writer. One that only brings more votes goes no further: it would come from everybody in turn.
fn judge_checkpoint(shared: &Arc<Shared>, source: PeerId, message: &[u8]) -> Option<GossipVerdict> {
    let Ok(checkpoint) = Checkpoint::decode(message) else {
        shared.charge(source, Offence::RejectedGossip);
        return Some(GossipVerdict::Reject);
    };
    Some(
        match from_network(|| shared.services.writer.add_checkpoint(checkpoint)) {
            Ok(CheckpointOutcome::Added) => GossipVerdict::Accept,
            Ok(CheckpointOutcome::Extended | CheckpointOutcome::AlreadyKnown) => GossipVerdict::Ignore,
            Err(error) => {
                let penalty = checkpoint_penalty(&error);
                shared.punish(source, penalty, &error);
                verdict_of(penalty)
            }
        },
    )
}

/// Only what costs a ban is certain to be bad everywhere.
const fn verdict_of(penalty: Penalty) -> GossipVerdict {
    match penalty {
        Penalty::Ban => GossipVerdict::Reject,
        Penalty::None | Penalty::Points(_) => GossipVerdict::Ignore,
    }
}

/// What a first look at a block shows.
enum FirstLook {
    /// It was here before, or it is none.
    Done(GossipVerdict),
    /// Its parent is unknown.
    Orphan,
    /// These transactions are not here.
    Lacks(Vec<Hash>),
}

async fn judge_block(shared: &Arc<Shared>, source: PeerId, message: Vec<u8>) -> Option<GossipVerdict> {
    let (message, glance) = blocking(shared, move |shared| {
        let glance = glance(shared, source, &message);
        Some((message, glance))
    })
    .await?;
    let Glance { id, height, look } = glance?;
    let transactions = match look {
        FirstLook::Done(verdict) => return Some(verdict),
        FirstLook::Orphan => {
            follow(shared, source, height, id);
            return Some(GossipVerdict::Ignore);
        }
        // One time for all of them: it is the peer that has the block, and others wait for the place.
        FirstLook::Lacks(missing) => match timeout(REQUEST_TIMEOUT, fetch(shared, source, missing)).await {
            Ok(Some(transactions)) => transactions,
            Ok(None) | Err(_) => {
                follow(shared, source, height, id);
                return Some(GossipVerdict::Ignore);
            }
        },
    };
    let submission = BlockSubmission {
        transactions,
        ..BlockSubmission::alone(message)
    };
    blocking(shared, move |shared| Some(submit(shared, source, submission))).await
}

/// A decoded block.
struct Glance {
    id: Hash,
    height: Height,
    look: FirstLook,
}

/// Decodes a block and takes a first look.
fn glance(shared: &Shared, source: PeerId, message: &[u8]) -> Option<Glance> {
    let block = match Block::decode(message) {
        Ok(block) => block,
        Err(error) => {
            let error = SubmitBlockError::Invalid(error.into());
            shared.punish(source, block_penalty(&error), &error);
            return Some(Glance {
                id: Hash::ZERO,
                height: Height::GENESIS,
                look: FirstLook::Done(GossipVerdict::Reject),
            });
        }
    };
    let id = block.id();
    Some(Glance {
        id,
        height: block.height().unwrap_or_default(),
        look: readable(first_look(shared, &block, id))?,
    })
}

/// The peer has a chain that this node lacks a part of: the sync looks at it.
fn follow(shared: &Shared, source: PeerId, height: Height, tip: Hash) {
    {
        let mut peers = shared.peers();
        let known = peers.get(&source).and_then(|peer| peer.status);
        if known.is_some_and(|known| known.height >= height) {
            return;
        }
        peers.set_status(&source, Status { height, tip });
    }
    shared.sync_wake.notify_one();
}

fn first_look(shared: &Shared, block: &Block, id: Hash) -> Result<FirstLook, ViewError> {
    let chain = &shared.services.chain;
    let snapshot = chain.snapshot();
    if shared.knows_block(&id)? {
        return Ok(FirstLook::Done(GossipVerdict::Ignore));
    }
    if !shared.knows_block(&block.header.previous)? {
        return Ok(FirstLook::Orphan);
    }
    let mut missing = Vec::new();
    for id in &block.transaction_ids {
        if shared.services.pool.get(id).is_none() && queries::transaction_row(&*snapshot, id)?.is_none() {
            missing.push(*id);
        }
    }
    Ok(FirstLook::Lacks(missing))
}

/// Asks the sender of a block for transactions. `None` when they are too many or it does not give them all.
async fn fetch(shared: &Arc<Shared>, source: PeerId, missing: Vec<Hash>) -> Option<Vec<Vec<u8>>> {
    let mut missing: BTreeSet<Hash> = missing.into_iter().collect();
    let mut found = Vec::new();
    // A block with its transactions fits into one answer, however many answers bring it.
    let mut bytes = 0_usize;
    for _ in 0..ROUNDS {
        if missing.is_empty() {
            return Some(found);
        }
        let ids = Bounded::of(missing.iter().copied().take(REQUESTED_TRANSACTIONS as usize));
        let answer = shared.ask(source, Request::Transactions(ids)).await.ok()?;
        let blobs = match answer {
            Response::Transactions(blobs) => blobs.into_vec(),
            Response::Busy => return None,
            _ => {
                shared.charge(source, Offence::WrongAnswer);
                return None;
            }
        };
        let arrived = blocking(shared, move |_| Some(identified(blobs))).await?;
        if arrived.is_empty() {
            return None;
        }
        for (id, blob) in arrived {
            bytes = bytes.saturating_add(blob.len());
            if id.is_none_or(|id| !missing.remove(&id)) || bytes > RESPONSE_BYTES {
                shared.charge(source, Offence::WrongAnswer);
                return None;
            }
            found.push(blob);
        }
    }
    missing.is_empty().then_some(found)
}

/// Transactions with their ids; none for bytes that are no transaction.
fn identified(blobs: Vec<TransactionBytes>) -> Vec<(Option<Hash>, Vec<u8>)> {
    let with_id = |blob: TransactionBytes| {
        let id = Transaction::decode(&blob).ok().map(|transaction| transaction.id());
        (id, blob.into_vec())
    };
    blobs.into_iter().map(with_id).collect()
}

fn submit(shared: &Arc<Shared>, source: PeerId, submission: BlockSubmission) -> GossipVerdict {
    match from_network(|| shared.services.writer.submit_block(submission)) {
        Ok(
            BlockOutcome::Extended { id, height }
            | BlockOutcome::Reorganised { id, height, .. }
            | BlockOutcome::Alternative { id, height },
        ) => {
            follow(shared, source, height, id);
            GossipVerdict::Accept
        }
        Ok(BlockOutcome::AlreadyKnown { .. }) => GossipVerdict::Ignore,
        Err(error) => {
            let penalty = block_penalty(&error);
            shared.punish(source, penalty, &error);
            verdict_of(penalty)
        }
    }
}
