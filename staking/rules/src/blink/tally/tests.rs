use super::*;
use crate::blink::{
    quorums::tests::quorums,
    vote::tests::{subject, votes},
};
use proptest::prelude::*;

/// Counts what these nodes say of the subject.
fn tally(number: u8, quorums: &BlinkQuorums, said: impl IntoIterator<Item = (u8, BlinkDecision)>) -> BlinkTally {
    let mut tally = BlinkTally::new(subject(number));
    for (node, decision) in said {
        for vote in votes(node, decision, &subject(number), quorums) {
            assert_ne!(tally.record(&vote, quorums), Ok(Recorded::Known));
        }
    }
    tally
}

fn all(nodes: std::ops::Range<u8>, decision: BlinkDecision) -> Vec<(u8, BlinkDecision)> {
    nodes.map(|node| (node, decision)).collect()
}

#[test]
fn seven_of_ten_in_each_sub_quorum_approve() {
    let quorums = quorums(0..10, 10..20).unwrap();
    let mut said = all(0..7, BlinkDecision::Approve);
    said.extend(all(10..16, BlinkDecision::Approve));
    let short = tally(1, &quorums, said.clone());
    assert_eq!(short.standing(&quorums), BlinkStanding::Open);
    assert!(short.approval(&quorums).is_none() && short.rejection(&quorums).is_none());
    said.push((16, BlinkDecision::Approve));
    let enough = tally(1, &quorums, said);
    assert_eq!(enough.standing(&quorums), BlinkStanding::Approved);
    assert_eq!(enough.approval(&quorums).unwrap().verify(&quorums), Ok(()));
}

#[test]
fn four_rejections_in_one_sub_quorum_reject_whatever_the_other_says() {
    let quorums = quorums(0..10, 10..20).unwrap();
    let mut said = all(0..10, BlinkDecision::Approve);
    said.extend(all(10..13, BlinkDecision::Reject));
    assert_eq!(tally(1, &quorums, said.clone()).standing(&quorums), BlinkStanding::Open);
    said.push((13, BlinkDecision::Reject));
    let rejected = tally(1, &quorums, said);
    assert_eq!(rejected.standing(&quorums), BlinkStanding::Rejected);
    assert_eq!(rejected.rejection(&quorums).unwrap().verify(&quorums), Ok(()));
    assert_eq!(
        rejected.count(Subquorum::Second, &quorums),
        SubquorumCount {
            approvals: 0,
            rejections: 4,
            members: 10
        }
    );
}

#[test]
fn seats_that_nobody_has_count_as_rejections() {
    let quorums = quorums(0..8, 10..17).unwrap();
    let one = tally(1, &quorums, [(0, BlinkDecision::Reject)]);
    assert_eq!(one.standing(&quorums), BlinkStanding::Open, "two absent and one");
    let two = tally(1, &quorums, all(0..2, BlinkDecision::Reject));
    assert_eq!(two.standing(&quorums), BlinkStanding::Rejected);
    let seventh = tally(1, &quorums, [(16, BlinkDecision::Reject)]);
    assert_eq!(
        seventh.standing(&quorums),
        BlinkStanding::Rejected,
        "three absent and one"
    );
}

#[test]
fn members_of_both_count_in_both() {
    let quorums = quorums(0..10, 0..10).unwrap();
    let approved = tally(1, &quorums, all(0..7, BlinkDecision::Approve));
    assert_eq!(approved.standing(&quorums), BlinkStanding::Approved);
    assert_eq!(approved.votes().count(), 14);
}

#[test]
fn the_first_vote_of_a_seat_counts_and_a_second_one_is_told_apart() {
    let quorums = quorums(0..10, 10..20).unwrap();
    let mut tally = BlinkTally::new(subject(1));
    let vote = |decision| votes(3, decision, &subject(1), &quorums)[0];
    let (approve, reject) = (vote(BlinkDecision::Approve), vote(BlinkDecision::Reject));
    assert_eq!(tally.record(&approve, &quorums), Ok(Recorded::New));
    assert_eq!(tally.record(&approve, &quorums), Ok(Recorded::Known));
    assert_eq!(tally.record(&reject, &quorums), Ok(Recorded::Contradiction));
    assert_eq!(tally.count(Subquorum::Base, &quorums).approvals, 1);
    assert_eq!(tally.count(Subquorum::Base, &quorums).rejections, 0);
}

#[test]
fn nobody_votes_with_the_signature_of_another() {
    let quorums = quorums(0..10, 10..20).unwrap();
    let mut tally = BlinkTally::new(subject(1));
    let mut vote = votes(3, BlinkDecision::Approve, &subject(1), &quorums)[0];
    vote.seat.position = 4;
    assert!(matches!(
        tally.record(&vote, &quorums),
        Err(BlinkVoteError::Signature { .. })
    ));
    assert_eq!(tally.votes().count(), 0);
}

/// What the members of one sub-quorum do about two transactions that conflict.
#[derive(Debug, Clone, Copy)]
enum Behaviour {
    /// Approves whichever it sees first and rejects the other.
    Honest { first: bool },
    /// Approves both.
    Equivocates,
    /// Says nothing.
    Silent,
}

fn behaviours(equivocating: usize) -> impl Strategy<Value = Vec<Behaviour>> {
    let honest = prop_oneof![
        4 => any::<bool>().prop_map(|first| Behaviour::Honest { first }),
        1 => Just(Behaviour::Silent),
    ];
    (
        proptest::collection::vec(honest, 10),
        proptest::sample::subsequence((0..10_usize).collect::<Vec<_>>(), equivocating),
    )
        .prop_map(|(mut all, dishonest)| {
            for position in dishonest {
                all[position] = Behaviour::Equivocates;
            }
            all
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The second sub-quorum equivocates as a whole: the first alone keeps two conflicting blinks from both being approved.
    #[test]
    fn two_conflicting_blinks_are_never_both_approved_while_three_of_a_sub_quorum_equivocate(
        behaviours in (0_usize..=3).prop_flat_map(behaviours),
    ) {
        let quorums = quorums(0..10, 10..20).unwrap();
        let mut said = [all(10..20, BlinkDecision::Approve), all(10..20, BlinkDecision::Approve)];
        for (node, behaviour) in (0_u8..).zip(&behaviours) {
            let decisions = match behaviour {
                Behaviour::Silent => continue,
                Behaviour::Equivocates => [BlinkDecision::Approve; 2],
                Behaviour::Honest { first: true } => [BlinkDecision::Approve, BlinkDecision::Reject],
                Behaviour::Honest { first: false } => [BlinkDecision::Reject, BlinkDecision::Approve],
            };
            for (said, decision) in said.iter_mut().zip(decisions) {
                said.push((node, decision));
            }
        }
        let [one, two] = said;
        let one = tally(1, &quorums, one).standing(&quorums);
        let two = tally(2, &quorums, two).standing(&quorums);
        prop_assert!(
            !(one == BlinkStanding::Approved && two == BlinkStanding::Approved),
            "{behaviours:?}"
        );
    }

    #[test]
    fn a_blink_is_never_approved_and_rejected_and_what_is_certain_stays(
        decisions in proptest::collection::vec((0_u8..20, any::<bool>()), 0..30),
    ) {
        let quorums = quorums(0..10, 10..20).unwrap();
        let mut tally = BlinkTally::new(subject(1));
        let mut certain = BlinkStanding::Open;
        for (node, approve) in decisions {
            let decision = if approve { BlinkDecision::Approve } else { BlinkDecision::Reject };
            for vote in votes(node, decision, &subject(1), &quorums) {
                prop_assert!(tally.record(&vote, &quorums).is_ok());
            }
            let standing = tally.standing(&quorums);
            prop_assert!(certain == BlinkStanding::Open || certain == standing);
            certain = standing;
            prop_assert_eq!(tally.approval(&quorums).is_some(), standing == BlinkStanding::Approved);
            prop_assert_eq!(tally.rejection(&quorums).is_some(), standing == BlinkStanding::Rejected);
        }
    }
}

/// With four who equivocate it can happen: the bound above is sharp.
#[test]
fn four_of_both_sub_quorums_can_approve_two_conflicting_blinks() {
    let quorums = quorums(0..10, 10..20).unwrap();
    for (number, honest) in [(1, [4..7, 14..17]), (2, [7..10, 17..20])] {
        let mut said = all(0..4, BlinkDecision::Approve);
        said.extend(all(10..14, BlinkDecision::Approve));
        for nodes in honest {
            said.extend(all(nodes, BlinkDecision::Approve));
        }
        let tally = tally(number, &quorums, said);
        assert_eq!(tally.standing(&quorums), BlinkStanding::Approved);
    }
}
