use super::*;
use oxen_crypto::{KeyPair, SecretKey};
use oxen_types::{Signature, extra::StateChangeVote};
use rand_core::SeedableRng;

const VOTED: Height = Height::new(70);
const NEXT: Height = Height::new(75);

fn pair(number: u8) -> KeyPair {
    KeyPair::new(SecretKey::reduce([number + 1; 32]))
}

fn quorum() -> Quorum {
    Quorum {
        validators: (0..10).map(|number| pair(number).public).collect(),
        workers: (100..104).map(|number| pair(number).public).collect(),
    }
}

/// Votes of these validators on worker 1.
fn change(state: NewState, voters: &[u8]) -> StateChange {
    let hash = state.vote_hash(VOTED, 1);
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(2);
    let votes = voters.iter().map(|voter| StateChangeVote {
        validator_index: u32::from(*voter),
        signature: schnorr::sign(&hash, &pair(*voter), &mut rng),
    });
    StateChange {
        form: StateChangeForm::WithoutReasons,
        state,
        block_height: VOTED,
        service_node_index: 1,
        votes: votes.collect(),
    }
}

fn good() -> StateChange {
    change(NewState::Decommission, &[0, 2, 3, 5, 6, 8, 9])
}

#[test]
fn messages_are_the_known_ones() {
    for (state, hash) in [
        (
            NewState::Deregister,
            "a3a5052b564d34d2aaa42ec8e7d27d048896cf7c65bf86eb1daf3f9a698eb48c",
        ),
        (
            NewState::Decommission,
            "a630881f98f91ba906a98aa8432b7be8f33fbad439356cc6154c2bdc0ed1ec07",
        ),
        (
            NewState::Recommission,
            "46a2832e34d7752fc43524d2fe2dd6c66ac75b4f556c6e167be2ba9de96f088a",
        ),
        (
            NewState::IpChangePenalty,
            "bc070fe01b625cc66d0b6a5c67c14f3433428064876a45b721825bb42e05a244",
        ),
    ] {
        assert_eq!(state.vote_hash(VOTED, 1).to_string(), hash);
    }
}

#[test]
fn seven_of_ten_change_the_state_of_the_node_they_name() {
    assert_eq!(verify_state_change(&good(), &quorum(), NEXT), Ok(quorum().workers[1]));
    let all = change(NewState::Deregister, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(verify_state_change(&all, &quorum(), NEXT), Ok(quorum().workers[1]));
}

#[test]
fn each_rule_has_its_refusal() {
    let refused = |change: &dyn Fn(&mut StateChange)| {
        let mut broken = good();
        change(&mut broken);
        verify_state_change(&broken, &quorum(), NEXT).unwrap_err()
    };
    let count = |found| StateChangeError::VoteCount { found };
    assert_eq!(refused(&|one| one.votes.truncate(6)), count(6));
    assert_eq!(refused(&|one| one.votes = vec![one.votes[0]; 11]), count(11));
    assert_eq!(
        refused(&|one| one.votes[1] = one.votes[0]),
        StateChangeError::VotesNotAscending
    );
    assert_eq!(
        refused(&|one| one.votes.swap(0, 6)),
        StateChangeError::VotesNotAscending
    );
    let signature = |index| StateChangeError::InvalidSignature { index };
    assert_eq!(refused(&|one| one.votes[0].validator_index = 1), signature(1));
    assert_eq!(
        refused(&|one| one.votes[6].signature = Signature::new([0; 64])),
        signature(9)
    );
    assert_eq!(
        refused(&|one| one.votes[6].validator_index = 10),
        StateChangeError::ValidatorIndex { index: 10 }
    );
    assert_eq!(
        refused(&|one| one.service_node_index = 4),
        StateChangeError::NodeIndex { index: 4 }
    );
    // Height, position and state are signed.
    assert_eq!(refused(&|one| one.service_node_index = 2), signature(0));
    assert_eq!(refused(&|one| one.block_height = Height::new(71)), signature(0));
    assert_eq!(refused(&|one| one.state = NewState::Recommission), signature(0));
    assert_eq!(refused(&|one| one.state = NewState::Deregister), signature(0));
}

#[test]
fn reasons_are_not_signed() {
    let mut changed = good();
    changed.form = StateChangeForm::WithReasons {
        all: Reasons::PULSE,
        any: Reasons::from_bits(u16::MAX),
    };
    assert!(verify_state_change(&changed, &quorum(), NEXT).is_ok());
    assert_eq!(reasons(&changed), (Reasons::PULSE, Reasons::from_bits(u16::MAX)));
    assert_eq!(reasons(&good()), (Reasons::NONE, Reasons::NONE));
}

#[test]
fn votes_count_in_the_59_blocks_above_their_height() {
    let at = |block| verify_state_change(&good(), &quorum(), Height::new(block));
    assert!(at(71).is_ok());
    assert!(at(129).is_ok());
    let future = at(70).unwrap_err();
    assert_eq!(
        future,
        StateChangeError::FromFuture {
            height: VOTED,
            block: VOTED
        }
    );
    let expired = at(130).unwrap_err();
    assert_eq!(
        expired,
        StateChangeError::Expired {
            height: VOTED,
            block: Height::new(130)
        }
    );
    assert_eq!(good().block_height, VOTED);
    assert_eq!(expired.blocks_out_of_range(), Some(0));
    assert_eq!(at(135).unwrap_err().blocks_out_of_range(), Some(5));
    assert_eq!(future.blocks_out_of_range(), Some(1));
    assert_eq!(StateChangeError::VotesNotAscending.blocks_out_of_range(), None);
}

#[test]
fn a_quorum_of_fewer_than_seven_decides_nothing() {
    let mut small = quorum();
    small.validators.truncate(6);
    assert_eq!(
        verify_state_change(&change(NewState::Decommission, &[0, 1, 2, 3, 4, 5, 6]), &small, NEXT),
        Err(StateChangeError::ValidatorIndex { index: 6 })
    );
}
