//! Transactions that conflict, and blocks that conflict with a blink.

use super::world::World;
use crate::wire::Votes;
use oxen_node_api::{ApprovedBlink, BlinkOutcome, BlinkPool, Pool, PoolKeeper};
use oxen_staking_rules::blink::{BlinkDecision, BlinkSubject, BlinkTally, BlinkVote};
use oxen_types::PublicKey;
use std::sync::Arc;

#[tokio::test(start_paused = true)]
async fn of_two_conflicting_blinks_sent_together_at_most_one_is_approved() {
    let mut world = World::new();
    let one = world.blink();
    let two = world.rival(&one);
    let other = world.members.last().unwrap();
    let (first, second) = tokio::join!(world.submitter.send(&one), other.send(&two));
    let approved = [&first, &second]
        .iter()
        .filter(|outcome| matches!(outcome, BlinkOutcome::Approved { .. }))
        .count();
    assert!(approved <= 1, "{first:?} {second:?}");
    for node in world.nodes() {
        assert!(!(node.knows_blink(&one) && node.knows_blink(&two)));
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_conflicting_blinks_the_first_is_approved_and_the_second_refused() {
    let mut world = World::new();
    let one = world.blink();
    let two = world.rival(&one);
    let first = world.submitter.send(&one).await;
    assert!(matches!(first, BlinkOutcome::Approved { .. }), "{first:?}");
    world.everybody_knows(&one).await;
    let second = world.members.last().unwrap().send(&two).await;
    assert!(matches!(second, BlinkOutcome::Rejected { .. }), "{second:?}");
    assert!(world.nodes().all(|node| !node.knows_blink(&two)));
}

#[tokio::test(start_paused = true)]
async fn what_a_quorum_approved_and_this_node_cannot_take_is_not_called_approved() {
    let mut world = World::new();
    let one = world.blink();
    let two = world.rival(&one);
    let quorums = world.quorums();
    let votes = |subject: &BlinkSubject| -> Vec<BlinkVote> {
        let of = |member| world.votes(&member, subject, BlinkDecision::Approve);
        quorums.members().into_iter().flat_map(of).collect()
    };
    // Four are silent, so that the sender waits for the decision.
    let both = quorums.members().into_iter();
    let silent: Vec<PublicKey> = both.filter(|key| quorums.seats_of(key).len() == 2).take(4).collect();
    world.silence(&silent);
    let sending = tokio::spawn(world.submitter.send(&one));
    while world.submitter.pool.get(&one.id()).is_none() {
        tokio::task::yield_now().await;
    }
    // Meanwhile this node alone hears that dishonest members approved the other one as well.
    let subject = world.subject(&two);
    let mut tally = BlinkTally::new(subject);
    for vote in votes(&subject) {
        tally.record(&vote, &quorums).unwrap();
    }
    let rival = ApprovedBlink {
        certificate: tally.approval(&quorums).unwrap(),
        blob: Arc::new(two.blob()),
    };
    world.submitter.pool.approve(&rival).unwrap();
    let subject = world.subject(&one);
    for member in quorums.members().into_iter().filter(|key| !silent.contains(key)) {
        let message = Votes {
            subject,
            checksum: quorums.checksum(),
            votes: votes(&subject),
        };
        world.node_of(&member).service.count(&message, &silent[0]);
    }
    let outcome = sending.await.unwrap();
    assert!(
        matches!(outcome, BlinkOutcome::Unknown { trouble: Some(_), .. }),
        "{outcome:?}"
    );
}

/// Three members of each sub-quorum sign everything, whatever they signed before.
#[tokio::test(start_paused = true)]
async fn three_members_that_sign_everything_do_not_get_two_conflicting_blinks_approved() {
    let mut world = World::new();
    let one = world.blink();
    let two = world.rival(&one);
    let quorums = world.quorums();
    let both = quorums
        .members()
        .into_iter()
        .filter(|key| quorums.seats_of(key).len() == 2);
    let dishonest: Vec<PublicKey> = both.take(3).collect();
    assert!(matches!(
        world.submitter.send(&one).await,
        BlinkOutcome::Approved { .. }
    ));
    world.everybody_knows(&one).await;
    // The second blink comes to a node that does not know the first: it asks all the same.
    let subject = world.subject(&two);
    for honest in quorums.members().into_iter().filter(|key| !dishonest.contains(key)) {
        for member in &dishonest {
            let votes = Votes {
                subject,
                checksum: quorums.checksum(),
                votes: world.votes(member, &subject, BlinkDecision::Approve),
            };
            world.node_of(&honest).service.count(&votes, member);
        }
    }
    for node in world.nodes() {
        assert!(node.knows_blink(&one) && !node.knows_blink(&two));
    }
}

/// One member says one thing to some and the other to others. Of ten seats in each sub-quorum six approve A; three that know a
/// conflicting B reject it, and the dishonest one rejects it too. Were the six free now to approve B, both would be approved:
/// B by the six and the three, A by the six and the dishonest one, who signs an approval after all.
#[tokio::test(start_paused = true)]
async fn one_member_that_says_both_does_not_get_two_conflicting_blinks_approved() {
    let mut world = World::new();
    let a = world.blink();
    let b = world.rival(&a);
    let quorums = world.quorums();
    let both: Vec<PublicKey> = quorums
        .members()
        .into_iter()
        .filter(|key| quorums.seats_of(key).len() == 2)
        .take(4)
        .collect();
    let (dishonest, three) = (both[0], &both[1..]);
    let six: Vec<PublicKey> = quorums
        .members()
        .into_iter()
        .filter(|key| !both.contains(key))
        .collect();
    world.silence(&both);
    let outcome = world.submitter.send(&a).await;
    assert!(matches!(outcome, BlinkOutcome::Unknown { .. }), "{outcome:?}");
    world.let_all_speak();
    world.silence(&six);
    world.silence(&[dishonest]);
    let outcome = world.node_of(&three[0]).send(&b).await;
    assert!(matches!(outcome, BlinkOutcome::Unknown { .. }), "{outcome:?}");
    let subject = world.subject(&a);
    for honest in &six {
        let votes = Votes {
            subject,
            checksum: quorums.checksum(),
            votes: world.votes(&dishonest, &subject, BlinkDecision::Reject),
        };
        world.node_of(honest).service.count(&votes, &dishonest);
    }
    world.let_all_speak();
    world.silence(&[dishonest]);
    let outcome = world.submitter.send(&a).await;
    assert!(matches!(outcome, BlinkOutcome::Rejected { .. }), "{outcome:?}");
    let outcome = world.node_of(&three[1]).send(&b).await;
    assert!(
        !matches!(outcome, BlinkOutcome::Approved { .. }),
        "the six have signed for A: {outcome:?}"
    );
    assert!(world.nodes().all(|node| !node.knows_blink(&b)));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_took_a_conflicting_block_takes_it_back() {
    let mut world = World::new();
    let blink = world.blink();
    let rival = world.rival(&blink);
    let mut astray = world.play.clone();
    astray.try_mine(&[rival.checked()]).unwrap();
    astray.try_mine(&[]).unwrap();
    // One node went astray and hears of the approval.
    let outsider = world
        .members
        .iter()
        .find(|node| world.quorums().seats_of(&node.key.as_ref().unwrap().public).is_empty())
        .unwrap_or(&world.submitter);
    let sender = world.node_of(world.quorums().members().first().unwrap());
    outsider.follow(&astray);
    let outcome = sender.send(&blink).await;
    assert!(matches!(outcome, BlinkOutcome::Approved { .. }), "{outcome:?}");
    while outsider.pool.get(&blink.id()).is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(outsider.chain.lock().tip().0, world.play.height());
    assert_eq!(outsider.pool.ids(), [blink.id()]);
    assert!(outsider.pool.conflicting_blink(&[rival.checked()]).is_some());
}

#[tokio::test(start_paused = true)]
async fn votes_of_strangers_and_on_other_quorums_begin_nothing() {
    let mut world = World::new();
    let blink = world.blink();
    let quorums = world.quorums();
    let members: Vec<PublicKey> = quorums.members().into_iter().collect();
    let service = &world.node_of(&members[0]).service;
    let subject = world.subject(&blink);
    let good = Votes {
        subject,
        checksum: quorums.checksum(),
        votes: world.votes(&members[1], &subject, BlinkDecision::Approve),
    };
    service.count(&good, &PublicKey::new([9; 32]));
    let mut other = good.clone();
    other.checksum ^= 1;
    service.count(&other, &members[1]);
    let mut forged = good.clone();
    forged.votes[0].seat.position ^= 1;
    forged.votes.truncate(1);
    service.count(&forged, &members[1]);
    let mut early = good.clone();
    early.subject.authorization = subject.authorization.saturating_add(3);
    service.count(&early, &members[1]);
    assert_eq!(service.sessions().len(), 0);
    service.count(&good, &members[2]);
    assert_eq!(
        service.sessions().len(),
        1,
        "whoever is a member may pass a good vote on"
    );
}

#[tokio::test(start_paused = true)]
async fn votes_on_transactions_that_never_come_leave_room_for_others() {
    let mut world = World::new();
    let blink = world.blink();
    let quorums = std::sync::Arc::new(world.quorums());
    let member = &world.members[0];
    let mut subject = world.subject(&blink);
    for number in 0..2_000_u16 {
        let mut bytes = [7; 32];
        bytes[..2].copy_from_slice(&number.to_le_bytes());
        subject.transaction = oxen_types::Hash::new(bytes);
        assert!(member.service.sessions().begin(subject, &quorums).is_some(), "{number}");
    }
    assert_eq!(member.service.sessions().len(), 1_024);
}
