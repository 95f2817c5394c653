use super::*;
use crate::picture::{LogPosition, PictureParts, SeenLog};
use oxen_types::{
    bytes::BlsPublicKey,
    extra::{L2EventKind, L2Source},
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const RATE: u64 = 1_000_000;

fn event(l2_height: u64, node: u8) -> L2Event {
    L2Event {
        source: L2Source {
            chain_id: 31_337,
            l2_height,
        },
        kind: L2EventKind::ExitRequest {
            bls_key: BlsPublicKey::new([node; 64]),
        },
    }
}

/// A node that has read L2 up to block 5,000 and saw node 1 ask for its exit in block 4,000.
fn picture_at(newest: u64) -> Picture {
    let position = LogPosition {
        l2_height: 4_000,
        log_index: 0,
    };
    let seen = SeenLog {
        event: Some(event(4_000, 1)),
        change: None,
    };
    Picture::new(PictureParts {
        chain_id: 31_337,
        safe_blocks: 280,
        reward_update_blocks: 2_400,
        purge_blocks: 1_000,
        purge_minimum_age_blocks: 720,
        newest,
        logs: BTreeMap::from([(position, seen)]),
        reward_rates: BTreeMap::from([(2_400, Amount::from_atomic(RATE)), (4_800, Amount::from_atomic(RATE))]),
        list: None,
    })
}

fn pending(events: &[L2Event]) -> Vec<PendingReport> {
    let with_id = |event: &L2Event| PendingReport {
        id: event_transaction(event).id(),
        event: event.clone(),
    };
    let mut reports: Vec<PendingReport> = events.iter().map(with_id).collect();
    reports.sort_unstable_by_key(|report| report.id);
    reports
}

struct Scene {
    pending: Vec<PendingReport>,
    registered: BTreeMap<BlsPublicKey, Height>,
    parent: L2Parent,
}

impl Scene {
    fn new(events: &[L2Event]) -> Self {
        Self {
            pending: pending(events),
            registered: BTreeMap::new(),
            parent: L2Parent {
                l2_height: 4_500,
                l2_reward: Amount::from_atomic(RATE),
            },
        }
    }

    fn chain(&self) -> ChainSide<'_> {
        ChainSide {
            height: Height::new(1_000),
            parent: self.parent,
            pending: &self.pending,
            registered: &self.registered,
        }
    }

    fn header(&self, picture: &Picture) -> L2Header {
        let values = l2_values(picture, &self.chain()).unwrap();
        L2Header {
            height: Height::new(1_000),
            l2_height: values.l2_height,
            l2_reward: values.l2_reward,
            l2_votes: values.l2_votes,
        }
    }

    fn check(&self, header: &L2Header, included: &[L2Event]) -> Result<(), TemplateObjection> {
        check_template(&picture_at(5_000), &self.chain(), header, included)
    }
}

#[test]
fn what_a_node_makes_it_signs() {
    let scene = Scene::new(&[event(4_000, 1), event(4_000, 2)]);
    let header = scene.header(&picture_at(5_000));
    assert_eq!(header.l2_height, 4_720);
    assert_eq!(header.l2_votes.iter().filter(|yes| **yes).count(), 1);
    assert_eq!(scene.check(&header, &[]), Ok(()));
}

#[test]
fn votes_that_are_not_ours_are_not_signed() {
    let scene = Scene::new(&[event(4_000, 1)]);
    let mut header = scene.header(&picture_at(5_000));
    header.l2_votes = vec![false];
    assert_eq!(
        scene.check(&header, &[]),
        Err(TemplateObjection::Votes { first: 0, count: 1 })
    );
    header.l2_votes = vec![true, true];
    assert_eq!(
        scene.check(&header, &[]),
        Err(TemplateObjection::Votes { first: 1, count: 1 })
    );
}

#[test]
fn a_true_event_in_other_bytes_is_voted_down() {
    let mut scene = Scene::new(&[event(4_000, 1)]);
    let own = |scene: &Scene| own_votes(&picture_at(5_000), &scene.chain());
    assert_eq!(own(&scene), Ok(vec![true]));
    scene.pending[0].id = Hash::new([0xff; 32]);
    assert_eq!(own(&scene), Ok(vec![false]));
    scene.pending.insert(0, pending(&[event(4_000, 1)]).remove(0));
    assert_eq!(own(&scene), Ok(vec![true, false]), "beside the report itself");
}

#[test]
fn an_invented_event_is_not_signed_and_a_seen_one_is() {
    let scene = Scene::new(&[]);
    let header = scene.header(&picture_at(5_000));
    assert_eq!(scene.check(&header, &[event(4_000, 1)]), Ok(()));
    let invented = event(4_000, 2);
    assert_eq!(
        scene.check(&header, std::slice::from_ref(&invented)),
        Err(TemplateObjection::Unseen {
            id: event_transaction(&invented).id(),
            l2_height: 4_000
        })
    );
}

#[test]
fn an_event_above_the_blocks_own_l2_height_is_not_signed() {
    let mut scene = Scene::new(&[]);
    scene.parent.l2_height = 3_000;
    let mut header = scene.header(&picture_at(5_000));
    header.l2_height = 3_999;
    let refused = scene.check(&header, &[event(4_000, 1)]);
    assert_eq!(
        refused,
        Err(TemplateObjection::Unsafe {
            l2_height: 4_000,
            safe: 3_999
        })
    );
}

#[test]
fn l2_height_neither_goes_back_nor_runs_ahead() {
    let scene = Scene::new(&[]);
    let mut header = scene.header(&picture_at(5_000));
    header.l2_height = 4_499;
    assert_eq!(
        scene.check(&header, &[]),
        Err(TemplateObjection::HeightGoesBack {
            found: 4_499,
            previous: 4_500
        })
    );
    header.l2_height = 5_160;
    assert_eq!(scene.check(&header, &[]), Ok(()));
    header.l2_height = 5_161;
    assert_eq!(
        scene.check(&header, &[]),
        Err(TemplateObjection::HeightAhead {
            found: 5_161,
            newest: 5_000
        })
    );
}

#[test]
fn the_reward_may_be_one_step_off_and_no_more() {
    let scene = Scene::new(&[]);
    let mut header = scene.header(&picture_at(5_000));
    assert_eq!(header.l2_reward, Amount::from_atomic(RATE));
    for (reward, signed) in [
        (RATE + 20, true),
        (RATE + 21, false),
        (RATE - 40, true),
        (RATE - 41, false),
    ] {
        header.l2_reward = Amount::from_atomic(reward);
        assert_eq!(scene.check(&header, &[]).is_ok(), signed, "{reward}");
    }
}

#[test]
fn a_rate_far_away_is_approached_by_the_allowed_step() {
    let mut scene = Scene::new(&[]);
    let header = |scene: &Scene| scene.header(&picture_at(5_000)).l2_reward.atomic();
    scene.parent.l2_reward = Amount::from_atomic(2 * RATE);
    assert_eq!(header(&scene), 2 * RATE - 80);
    scene.parent.l2_reward = Amount::from_atomic(RATE / 2);
    assert_eq!(header(&scene), RATE / 2 + 10);
}

#[test]
fn a_node_that_lags_a_little_repeats_the_chains_height_and_one_that_lags_more_is_silent() {
    let mut scene = Scene::new(&[]);
    scene.parent.l2_height = 4_900;
    assert_eq!(scene.header(&picture_at(5_000)).l2_height, 4_900);
    scene.parent.l2_height = 5_001;
    assert_eq!(
        l2_values(&picture_at(5_000), &scene.chain()),
        Err(NoWord::Behind {
            chain: 5_001,
            newest: 5_000
        })
    );
}

#[test]
fn without_a_reward_rate_no_block_is_made() {
    let mut scene = Scene::new(&[]);
    scene.parent.l2_height = 8_000;
    assert_eq!(
        l2_values(&picture_at(9_000), &scene.chain()),
        Err(NoWord::NoRewardRate { l2_height: 8_720 })
    );
}

#[test]
fn no_word_is_given_on_events_that_were_not_reached() {
    let scene = Scene::new(&[event(5_001, 1)]);
    let refused = l2_values(&picture_at(5_000), &scene.chain());
    assert!(matches!(refused, Err(NoWord::NotReached(_))), "{refused:?}");
}

#[test]
fn who_has_read_nothing_signs_what_says_nothing_new() {
    let scene = Scene::new(&[]);
    let repeats = L2Header {
        height: Height::new(1_000),
        l2_height: 4_500,
        l2_reward: Amount::from_atomic(RATE),
        l2_votes: Vec::new(),
    };
    let check = |scene: &Scene, header: &L2Header, included: &[L2Event]| {
        check_without_picture(&scene.chain(), header, included)
    };
    assert_eq!(check(&scene, &repeats, &[]), Ok(()));
    let refused = Err(TemplateObjection::NothingRead);
    assert_eq!(check(&scene, &repeats, &[event(4_000, 1)]), refused);
    assert_eq!(check(&Scene::new(&[event(4_000, 1)]), &repeats, &[]), refused);
    let higher = L2Header {
        l2_height: 4_501,
        ..repeats.clone()
    };
    assert_eq!(check(&scene, &higher, &[]), refused);
    let richer = L2Header {
        l2_reward: Amount::from_atomic(RATE + 1),
        ..repeats
    };
    assert_eq!(check(&scene, &richer, &[]), refused);
}

proptest! {
    /// Whatever the rate, what a node writes is within what the chain allows.
    #[test]
    fn the_own_reward_is_always_allowed(previous in any::<u64>(), rate in any::<u64>()) {
        let previous = Amount::from_atomic(previous);
        let allowed = allowed_rewards(previous);
        let clamped = Amount::from_atomic(rate).clamp(*allowed.start(), *allowed.end());
        prop_assert!(allowed.contains(&clamped));
        let step = previous.atomic() / 25_000;
        prop_assert!(clamped.atomic().abs_diff(previous.atomic()) <= step.max(previous.atomic() / 50_000));
    }

    /// A leader who lies about one vote gets no honest signature, whichever vote it is.
    #[test]
    fn one_flipped_vote_is_always_refused(seen in prop::collection::vec(any::<bool>(), 1..20), flipped in any::<prop::sample::Index>()) {
        let events: Vec<L2Event> = seen
            .iter()
            .zip(1_u8..)
            .map(|(seen, node)| if *seen { event(4_000, 1) } else { event(4_000, node + 100) })
            .collect();
        let scene = Scene::new(&events);
        let mut header = scene.header(&picture_at(5_000));
        prop_assert_eq!(scene.check(&header, &[]), Ok(()));
        let index = flipped.index(header.l2_votes.len());
        header.l2_votes[index] = !header.l2_votes[index];
        prop_assert_eq!(scene.check(&header, &[]), Err(TemplateObjection::Votes { first: index, count: events.len() }));
    }
}
