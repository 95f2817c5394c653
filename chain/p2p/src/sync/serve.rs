//! Answers from the chain and the pool. Everything here reads the database: call it on a blocking thread.

use crate::{
    limits::{ANSWERED_IDS, RESPONSE_SOFT_BYTES},
    shared::Shared,
    wire::{
        bounded::{Bounded, Bytes},
        message::{BlockBody, BlockIds, Request, Response, TransactionBytes},
    },
};
use oxen_node_api::Relay;
use oxen_state::{TypedView, View, ViewError, queries, tables::Checkpoints};
use oxen_types::{Block, ConsensusDecode, ConsensusEncode, Hash, Height};

/// Blocks near the tip that a locator names one by one.
const NAMED_NEAR_TIP: u64 = 10;

/// Ids of the main chain from the tip down, ever further apart, the first block last.
pub(crate) fn locator(view: &dyn View) -> Result<Vec<Hash>, ViewError> {
    let mut height = queries::totals(view)?.tip;
    let mut step = 1_u64;
    let mut ids = Vec::new();
    loop {
        ids.extend(queries::block_row(view, height)?.map(|row| row.id));
        if height == Height::GENESIS {
            return Ok(ids);
        }
        if ids.len() as u64 >= NAMED_NEAR_TIP {
            step = step.saturating_mul(2);
        }
        height = height.saturating_sub(step);
    }
}

/// Answers a request. [`Request::Status`] and [`Request::Peers`] are not about the chain and are answered elsewhere.
pub(crate) fn answer(shared: &Shared, request: &Request) -> Result<Response, ViewError> {
    let snapshot = shared.services.chain.snapshot();
    let view: &dyn View = &*snapshot;
    Ok(match request {
        Request::Ids(locator) => Response::Ids(ids_after(view, locator)?),
        Request::Blocks(ids) => Response::Blocks(Bounded::of(blocks(view, ids)?)),
        Request::Transactions(ids) => Response::Transactions(Bounded::of(transactions(shared, view, ids)?)),
        Request::PoolIds => Response::PoolIds(Bounded::of(public_pool_ids(shared))),
        Request::Status(_) | Request::Peers => Response::Busy,
    })
}

fn ids_after(view: &dyn View, locator: &[Hash]) -> Result<BlockIds, ViewError> {
    for id in locator {
        if let Some(first) = queries::block_height(view, id)? {
            let rows = queries::block_rows(view, first, ANSWERED_IDS as usize)?;
            let ids = Bounded::of(rows.into_iter().map(|row| row.id));
            return Ok(BlockIds { first, ids });
        }
    }
    Ok(BlockIds::default())
}

fn blocks(view: &dyn View, ids: &[Hash]) -> Result<Vec<BlockBody>, ViewError> {
    let mut bodies = Vec::new();
    let mut bytes = 0;
    for id in ids {
        let Some(height) = queries::block_height(view, id)? else {
            break;
        };
        let Some(body) = body(view, height)? else { break };
        bytes += body.bytes();
        if bytes > RESPONSE_SOFT_BYTES && !bodies.is_empty() {
            break;
        }
        bodies.push(body);
    }
    Ok(bodies)
}

/// A block with all that belongs to it; `None` when it cannot be sent.
fn body(view: &dyn View, height: Height) -> Result<Option<BlockBody>, ViewError> {
    let Some(blob) = queries::block_blob(view, height)? else {
        return Ok(None);
    };
    let Ok(block) = Block::decode(&blob) else {
        return Ok(None);
    };
    let mut transactions = Vec::with_capacity(block.transaction_ids.len());
    for id in &block.transaction_ids {
        let Some(bytes) = mined_transaction(view, id)? else {
            return Ok(None);
        };
        transactions.push(bytes);
    }
    let checkpoint = view
        .get::<Checkpoints>(&height)?
        .and_then(|row| Bytes::new(row.0.encode()));
    Ok(Bytes::new(blob).map(|block| BlockBody {
        block,
        transactions: Bounded::of(transactions),
        checkpoint,
    }))
}

fn mined_transaction(view: &dyn View, id: &Hash) -> Result<Option<TransactionBytes>, ViewError> {
    let stored = queries::transaction(view, id)?;
    Ok(stored.and_then(|stored| stored.blob()).and_then(Bytes::new))
}

/// Transactions that everybody may see: mined, or waiting and not on their stem.
fn transactions(shared: &Shared, view: &dyn View, ids: &[Hash]) -> Result<Vec<TransactionBytes>, ViewError> {
    let mut found: Vec<TransactionBytes> = Vec::new();
    let mut bytes = 0;
    for id in ids {
        let transaction = match waiting_transaction(shared, id) {
            Some(transaction) => Some(transaction),
            None => mined_transaction(view, id)?,
        };
        let Some(transaction) = transaction else { continue };
        bytes += transaction.len();
        if bytes > RESPONSE_SOFT_BYTES && !found.is_empty() {
            break;
        }
        found.push(transaction);
    }
    Ok(found)
}

fn waiting_transaction(shared: &Shared, id: &Hash) -> Option<TransactionBytes> {
    let waiting = shared.services.pool.get(id)?;
    let public = waiting.relay == Relay::Relay && !shared.embargoes().holds(id);
    public.then(|| Bytes::new(waiting.blob.to_vec())).flatten()
}

fn public_pool_ids(shared: &Shared) -> Vec<Hash> {
    let waiting = shared.services.pool.transactions();
    let embargoes = shared.embargoes();
    waiting
        .iter()
        .filter(|one| one.relay == Relay::Relay)
        .map(|one| one.transaction.id())
        .filter(|id| !embargoes.holds(id))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_testkit::TestChain;

    fn chain(blocks: u64) -> TestChain {
        let mut chain = TestChain::start();
        chain.mine_empty(blocks);
        chain
    }

    #[test]
    fn a_locator_reaches_from_the_tip_to_the_first_block_in_few_steps() {
        let chain = chain(300);
        let ids = locator(chain.state()).unwrap();
        assert_eq!(ids.first(), Some(&chain.tip().1.id));
        assert_eq!(ids.last(), Some(&chain.network().genesis.block_id));
        assert!(ids.len() < 20, "{}", ids.len());
    }

    #[test]
    fn ids_follow_the_first_common_block() {
        let ours = chain(20);
        let mut theirs = ours.clone();
        theirs.revert(5);
        theirs.diverge();
        theirs.mine_empty(30);
        let answer = ids_after(theirs.state(), &locator(ours.state()).unwrap()).unwrap();
        // Five blocks back is named by the locator itself.
        assert_eq!(answer.first, Height::new(15));
        assert_eq!(answer.ids.len(), 31);
        assert_eq!(answer.ids.last(), Some(&theirs.tip().1.id));
        let foreign = ids_after(theirs.state(), &[Hash::ZERO]).unwrap();
        assert!(foreign.ids.is_empty());
    }

    #[test]
    fn blocks_are_given_up_to_the_first_that_is_not_there() {
        let chain = chain(5);
        let id = |height: usize| chain.blocks()[height].block.block().id();
        let bodies = blocks(chain.state(), &[id(0), id(1), Hash::ZERO, id(2)]).unwrap();
        assert_eq!(bodies.len(), 2);
        assert_eq!(&*bodies[1].block, chain.blocks()[1].submission().block.as_slice());
    }
}
