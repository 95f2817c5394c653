//! Messages that no honest node sends.

use super::world::World;
use crate::{BlinkHandler, wire::to_gossip};
use oxen_node_api::{ApprovedBlink, BlinkOutcome, BlinkPool, GossipHandler, GossipVerdict};
use std::sync::Arc;

async fn approved(world: &mut World) -> ApprovedBlink {
    let blink = world.blink();
    assert!(matches!(
        world.members[0].send(&blink).await,
        BlinkOutcome::Approved { .. }
    ));
    world.members[0].pool.approved(&blink.id()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_approval_is_checked_by_whoever_hears_of_it() {
    let mut world = World::new();
    let good = approved(&mut world).await;
    // Somebody who was not there.
    let late = World::new();
    let handler = BlinkHandler(Arc::clone(&late.submitter.service));
    let mut few = good.clone();
    few.certificate.approvals.truncate(13);
    let mut moved = good.clone();
    moved.certificate.approvals[0].signature = moved.certificate.approvals[1].signature;
    let other = ApprovedBlink {
        blob: Arc::new(world.blink().blob()),
        ..good.clone()
    };
    for bad in [&few, &moved, &other] {
        assert_eq!(handler.on_message(&to_gossip(bad)), GossipVerdict::Reject);
    }
    assert_eq!(handler.on_message(b"nonsense"), GossipVerdict::Reject);
    assert!(late.submitter.pool.all_approved().is_empty());
    assert_eq!(handler.on_message(&to_gossip(&good)), GossipVerdict::Accept);
    assert_eq!(handler.on_message(&to_gossip(&good)), GossipVerdict::Ignore);
}

#[tokio::test(start_paused = true)]
async fn an_approval_that_was_held_back_for_more_than_ten_blocks_counts_no_more() {
    let mut world = World::new();
    let good = approved(&mut world).await;
    let mut late = World::new();
    for _ in 0..11 {
        late.mine(&[]);
    }
    let handler = BlinkHandler(Arc::clone(&late.submitter.service));
    assert_eq!(handler.on_message(&to_gossip(&good)), GossipVerdict::Ignore);
    assert!(late.submitter.pool.all_approved().is_empty());
}
