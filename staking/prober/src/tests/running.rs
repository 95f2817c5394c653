//! The service as it runs.

use super::{chain::Contents, stage::Stage};
use crate::run;
use oxen_node_api::GossipTopic;
use std::sync::Arc;
use tokio::sync::oneshot;

#[tokio::test]
async fn it_votes_after_a_block_and_ends_when_told() {
    let stage = Stage::new();
    let actor = stage.actor(0);
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(run(Arc::clone(&actor.prober), async move {
        let _ = stopped.await;
    }));
    stage.chain.mine(stage.now(), Contents::default());
    actor.outbox.published.notified().await;
    assert!(!actor.take_sent(GossipTopic::Votes).is_empty());
    drop(stop);
    running.await.unwrap();
}
