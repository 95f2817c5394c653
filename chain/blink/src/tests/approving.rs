//! What an honest quorum approves and rejects.

use super::world::{World, id};
use oxen_node_api::{AdmissionError, BlinkOutcome, BlinkPool, BlinkRejection, BlinkState, Pool, PoolKeeper, Relay};
use oxen_testkit::TransferBuilder;

#[tokio::test]
async fn a_blink_is_approved_and_everybody_knows_it() {
    let mut world = World::new();
    let blink = world.blink();
    let outcome = world.submitter.send(&blink).await;
    assert!(
        matches!(outcome, BlinkOutcome::Approved { id } if id == blink.id()),
        "{outcome:?}"
    );
    world.everybody_knows(&blink).await;
    let quorums = world.quorums();
    for node in world.nodes() {
        let known = node.pool.approved(&id(&blink)).unwrap();
        assert_eq!(known.certificate.verify(&quorums), Ok(()));
        assert_eq!(node.pool.get(&blink.id()).unwrap().blink, BlinkState::Approved);
        assert_eq!(node.pool.candidates().len(), 1);
    }
    let rival = world.rival(&blink);
    let outcome = world.submitter.send(&rival).await;
    assert!(
        matches!(
            &outcome,
            BlinkOutcome::Rejected {
                reason: BlinkRejection::Refused(AdmissionError::ConflictsWithBlink { .. }),
                ..
            }
        ),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_member_submits_too_and_again_is_no_error() {
    let mut world = World::new();
    let blink = world.blink();
    let member = *world.quorums().members().first().unwrap();
    for _ in 0..2 {
        let outcome = world.node_of(&member).send(&blink).await;
        assert!(matches!(outcome, BlinkOutcome::Approved { .. }), "{outcome:?}");
    }
    world.everybody_knows(&blink).await;
}

#[tokio::test]
async fn what_the_members_refuse_is_rejected_with_a_proof_and_a_reason_and_its_inputs_are_free() {
    let mut world = World::new();
    let blink = world.blink();
    let rival = world.rival(&blink);
    // The members know an ordinary transaction of the same outputs, the submitter does not yet.
    for node in &world.members {
        node.pool.submit(&rival.blob(), Relay::Relay).unwrap();
    }
    let outcome = world.submitter.send(&blink).await;
    let BlinkOutcome::Rejected {
        reason: BlinkRejection::Quorum { votes, reason },
        ..
    } = &outcome
    else {
        panic!("{outcome:?}");
    };
    assert!(votes.iter().any(|count| count.lost() >= 4), "{votes:?}");
    assert!(
        reason.as_deref().unwrap().contains("is spent by transaction"),
        "{reason:?}"
    );
    assert!(world.submitter.pool.is_empty());
    assert!(world.nodes().all(|node| !node.knows_blink(&blink)));
    // The ordinary one is taken now.
    world.submitter.pool.submit(&rival.blob(), Relay::Relay).unwrap();
}

#[tokio::test]
async fn what_this_node_refuses_itself_is_asked_of_nobody() {
    let mut world = World::new();
    let cheap = TransferBuilder::new().build(world.play.chain_mut());
    let outcome = world.submitter.send(&cheap).await;
    assert!(
        matches!(
            outcome,
            BlinkOutcome::Rejected {
                reason: BlinkRejection::Refused(AdmissionError::BurnTooLow { .. }),
                ..
            }
        ),
        "{outcome:?}"
    );
    assert!(world.exchange.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_mined_transaction_needs_no_approval() {
    let mut world = World::new();
    let blink = world.blink();
    world.mine(&[&blink]);
    let outcome = world.submitter.send(&blink).await;
    assert!(
        matches!(
            outcome,
            BlinkOutcome::Rejected {
                reason: BlinkRejection::AlreadyMined,
                ..
            }
        ),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn sessions_end_with_their_time() {
    let mut world = World::new();
    let blink = world.blink();
    world.submitter.send(&blink).await;
    world.everybody_knows(&blink).await;
    let member = *world.quorums().members().first().unwrap();
    assert_eq!(world.node_of(&member).service.sessions().len(), 1);
    world.mine(&[&blink]);
    for _ in 0..12 {
        world.mine(&[]);
    }
    let height = world.chain_height();
    let service = &world.node_of(&member).service;
    service.sessions().forget_overdue(height);
    assert_eq!(service.sessions().len(), 0);
}
