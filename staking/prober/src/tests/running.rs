//! The service as it runs.

use super::{
    chain::Contents,
    stage::{START_HEIGHT, Stage},
};
use crate::run;
use oxen_node_api::GossipTopic;
use oxen_staking_rules::vote::Vote;
use oxen_types::Height;
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
    let voted_on = async |height: u64| {
        loop {
            actor.outbox.published.notified().await;
            let heights = actor.take_sent(GossipTopic::Votes).into_iter();
            if heights
                .map(|message| Vote::from_message(&message).unwrap().height)
                .max()
                == Some(Height::new(height))
            {
                break;
            }
        }
    };
    // What was due at the start: the checkpoints below the newest block; then that block's own, once another stands on it.
    voted_on(START_HEIGHT - 4).await;
    stage.chain.mine(stage.now(), Contents::default());
    voted_on(START_HEIGHT).await;
    drop(stop);
    running.await.unwrap();
}
