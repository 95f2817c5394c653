//! Choosing whom to follow, again and again.

use crate::{
    gossip::judge::{blocking, readable},
    shared::{Command, Shared},
    sync::{
        follow::{Follow, Setback},
        pool,
    },
    wire::message::Status,
};
use libp2p::PeerId;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// Time until everybody is looked at again when nothing happened.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Peers that are not followed for a while.
#[derive(Debug, Default)]
pub(crate) struct Aside(BTreeMap<PeerId, Instant>);

impl Aside {
    fn put(&mut self, peer: PeerId, time: Duration) {
        self.0.insert(peer, Instant::now() + time);
    }

    fn clean(&mut self) {
        let now = Instant::now();
        self.0.retain(|_, until| *until > now);
    }

    /// Is the peer to be left alone?
    pub(crate) fn holds(&self, peer: &PeerId) -> bool {
        self.0.contains_key(peer)
    }
}

/// Follows whoever has something new, until the task is aborted.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut aside = Aside::default();
    let mut exchanged = BTreeSet::new();
    loop {
        aside.clean();
        while let Some((guide, status)) = choose(&shared, &aside).await {
            let outcome = Follow::new(&shared, guide, status, &aside).run().await;
            shared.sync().end();
            match outcome {
                Ok(0) => aside.put(guide, LOOK_AGAIN),
                Ok(_) => {
                    if shared.commands.send(Command::TellStatus).await.is_err() {
                        return;
                    }
                }
                Err(Setback { peer, rest, reason }) => {
                    tracing::debug!(%peer, "sync turns to others: {reason}");
                    // Perhaps not the guide: then it is followed again, without the other.
                    aside.put(peer, rest);
                }
            }
            aside.clean();
        }
        exchange_pools(&shared, &mut exchanged).await;
        tokio::select! {
            () = shared.sync_wake.notified() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// Asks every peer once, when there is nothing to follow, for what waits with it.
async fn exchange_pools(shared: &Arc<Shared>, exchanged: &mut BTreeSet<PeerId>) {
    let peers: BTreeSet<PeerId> = shared.peers().greeted_peers().map(|(peer, _)| peer).collect();
    exchanged.retain(|peer| peers.contains(peer));
    for peer in peers {
        if exchanged.insert(peer) {
            pool::exchange(shared, peer).await;
        }
    }
}

/// The peer with the highest newest block that is not known here. Which branch wins is for the writer to say, by weight and
/// checkpoints, whatever order they come in.
async fn choose(shared: &Arc<Shared>, aside: &Aside) -> Option<(PeerId, Status)> {
    let mut peers: Vec<(PeerId, Status)> = shared
        .peers()
        .greeted_peers()
        .filter(|(peer, _)| !aside.holds(peer))
        .collect();
    peers.sort_by_key(|(_, status)| std::cmp::Reverse(status.height));
    blocking(shared, move |shared| {
        peers
            .into_iter()
            .find(|(_, status)| readable(shared.knows_block(&status.tip)) == Some(false))
    })
    .await
}
