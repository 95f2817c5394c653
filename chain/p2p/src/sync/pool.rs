//! What waits in the pools of others: gossip tells only of what comes later than the connection.

use crate::{
    gossip::{judge::blocking, own::from_network},
    limits::REQUESTED_TRANSACTIONS,
    penalty::{Offence, Penalty, transaction_penalty},
    shared::Shared,
    wire::{
        bounded::Bounded,
        message::{Request, Response, TransactionBytes},
    },
};
use libp2p::PeerId;
use oxen_node_api::{Admission, GossipTopic, Relay};
use oxen_types::Hash;
use std::sync::Arc;

/// This many new transactions of one peer are news for others too; more are what a newcomer lacks.
const NEWS: usize = 64;

/// Takes what waits with a peer and not here. A peer that does not answer is left alone.
pub(crate) async fn exchange(shared: &Arc<Shared>, peer: PeerId) {
    let Ok(Response::PoolIds(ids)) = shared.ask(peer, Request::PoolIds).await else {
        return;
    };
    let missing = blocking(shared, move |shared| {
        let pool = &shared.services.pool;
        Some(
            ids.iter()
                .copied()
                .filter(|id| pool.get(id).is_none())
                .collect::<Vec<Hash>>(),
        )
    })
    .await
    .unwrap_or_default();
    let is_news = missing.len() <= NEWS;
    for ids in missing.chunks(REQUESTED_TRANSACTIONS as usize) {
        let request = Request::Transactions(Bounded::of(ids.iter().copied()));
        match shared.ask(peer, request).await {
            Ok(Response::Transactions(blobs)) => {
                let taken = blocking(shared, move |shared| Some(take(shared, peer, blobs.into_vec()))).await;
                for blob in taken.into_iter().flatten().filter(|_| is_news) {
                    shared.outbox.push(GossipTopic::Transactions, blob.into_vec());
                }
            }
            Ok(Response::Busy) | Err(_) => return,
            Ok(_) => return shared.charge(peer, Offence::WrongAnswer),
        }
    }
}

/// Puts transactions into the pool; returns those that were new. Only what no pool may hold is held against the peer.
fn take(shared: &Shared, peer: PeerId, blobs: Vec<TransactionBytes>) -> Vec<TransactionBytes> {
    let mut taken = Vec::new();
    for blob in blobs {
        match from_network(|| shared.services.pool.submit(&blob, Relay::Relay)) {
            Ok(Admission::Added { .. }) => taken.push(blob),
            Ok(Admission::AlreadyInPool { .. } | Admission::AlreadyMined { .. }) => {}
            Err(error) => {
                let penalty = transaction_penalty(&error);
                if penalty == Penalty::Ban {
                    shared.punish(peer, penalty, &error);
                    break;
                }
            }
        }
    }
    taken
}
