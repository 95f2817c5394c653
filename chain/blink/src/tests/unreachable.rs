//! Members that are silent, and senders that must be told the truth about it.

use super::world::World;
use oxen_node_api::{BlinkOutcome, BlinkPool, BlinkRejection, BlinkState, Pool};
use oxen_types::PublicKey;

/// Members with a seat in each sub-quorum, as many as asked for.
fn members_of_both(world: &World, count: usize) -> Vec<PublicKey> {
    let quorums = world.quorums();
    let both = quorums
        .members()
        .into_iter()
        .filter(|key| quorums.seats_of(key).len() == 2);
    let members: Vec<PublicKey> = both.take(count).collect();
    assert_eq!(members.len(), count);
    members
}

#[tokio::test(start_paused = true)]
async fn three_silent_members_do_not_matter() {
    let mut world = World::new();
    let blink = world.blink();
    world.silence(&members_of_both(&world, 3));
    let outcome = world.submitter.send(&blink).await;
    assert!(matches!(outcome, BlinkOutcome::Approved { .. }), "{outcome:?}");
    world.everybody_knows(&blink).await;
}

#[tokio::test(start_paused = true)]
async fn with_four_silent_members_the_result_is_unknown_and_says_until_when() {
    let mut world = World::new();
    let blink = world.blink();
    world.silence(&members_of_both(&world, 4));
    let outcome = world.submitter.send(&blink).await;
    let BlinkOutcome::Unknown { id, until, votes, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((id, until), (blink.id(), world.chain_height().saturating_add(13)));
    let votes = votes.expect("members were asked");
    assert!(
        votes.iter().all(|count| count.approvals == 6 && count.rejections == 0),
        "{votes:?}"
    );
    // Nobody spends it otherwise meanwhile, and afterwards it is free.
    let waiting = world.submitter.pool.get(&blink.id()).unwrap();
    assert!(matches!(waiting.blink, BlinkState::Held { .. }));
    for _ in 0..13 {
        world.mine(&[]);
    }
    for node in world.nodes() {
        assert!(
            node.pool.is_empty(),
            "nobody holds it any more, and it was never sent to others"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_approval_that_comes_late_is_heard_of() {
    let mut world = World::new();
    let blink = world.blink();
    let silent = members_of_both(&world, 4);
    world.silence(&silent);
    assert!(matches!(
        world.submitter.send(&blink).await,
        BlinkOutcome::Unknown { .. }
    ));
    // They come back; the sender asks again, which is no second payment.
    world.let_all_speak();
    let outcome = world.submitter.send(&blink).await;
    assert!(matches!(outcome, BlinkOutcome::Approved { .. }), "{outcome:?}");
    world.everybody_knows(&blink).await;
}

#[tokio::test(start_paused = true)]
async fn when_nobody_can_be_reached_nothing_was_sent_and_that_is_certain() {
    let mut world = World::new();
    let blink = world.blink();
    let everybody: Vec<PublicKey> = world.quorums().members().into_iter().collect();
    world.silence(&everybody);
    let outcome = world.submitter.send(&blink).await;
    assert!(
        matches!(
            outcome,
            BlinkOutcome::Rejected {
                reason: BlinkRejection::Unreached,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert!(world.submitter.pool.is_empty());
    assert_eq!(world.exchange.asked.lock().unwrap().len(), 12, "it tried others");
}

#[tokio::test(start_paused = true)]
async fn a_submitter_that_is_behind_learns_why_nobody_judges() {
    let mut world = World::new();
    let blink = world.blink();
    for _ in 0..3 {
        world.play.try_mine(&[]).unwrap();
    }
    for node in &world.members {
        node.follow(&world.play);
    }
    let outcome = world.submitter.send(&blink).await;
    let BlinkOutcome::Rejected {
        reason: BlinkRejection::NotStarted { reason },
        ..
    } = &outcome
    else {
        panic!("{outcome:?}");
    };
    assert!(reason.contains("one of the two nodes is behind"), "{reason:?}");
    assert!(
        world
            .members
            .iter()
            .all(|node| node.pool.approved(&blink.id()).is_none())
    );
}
