//! What a node signs for others, and what it does not.

use super::world::{Conduct, FINAL, OLDEST, RECIPIENT, World, domain, keys, registered, stranger};
use crate::wire::{Question, Refusal, Reply};
use oxen_bridge_rules::bls::{Signature, verify};
use oxen_node_api::bridge::NodeStanding;
use oxen_types::{Amount, Height, Timestamp, bytes::EthereumAddress};
use std::time::Duration;
use tokio::time::advance;

const fn rewards(height: Height) -> Question {
    Question::Rewards {
        recipient: RECIPIENT,
        height,
    }
}

async fn refusal(world: &World, question: Question) -> Option<Refusal> {
    match world.ask(1, None, question).await {
        Reply::Refused(refusal) => Some(refusal),
        Reply::Signed(_) => None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_signs_its_own_value_of_a_final_block() {
    let world = World::of(&[Conduct::Honest]);
    let Reply::Signed(signed) = world.ask(1, None, rewards(FINAL)).await else {
        panic!("it signs");
    };
    let total = Amount::from_atomic(920);
    assert_eq!(signed.total, Some(total));
    let point = domain().reward(&RECIPIENT, total).to_point();
    let signature = Signature::decode(&signed.signature).unwrap();
    assert!(verify(&point, &keys(1).bls.public_key(), &signature));
}

#[tokio::test(start_paused = true)]
async fn what_can_change_is_too_old_or_nothing_is_not_signed() {
    let world = World::of(&[Conduct::Honest]);
    assert_eq!(refusal(&world, rewards(FINAL.next())).await, Some(Refusal::NotFinal));
    let older = OLDEST.previous().unwrap();
    assert_eq!(refusal(&world, rewards(older)).await, Some(Refusal::NotKept));
    let nobody = Question::Swap {
        recipient: EthereumAddress::new([9; 20]),
        height: FINAL,
    };
    assert_eq!(refusal(&world, nobody).await, Some(Refusal::NothingEarned));
    world.facts.lock().unwrap().immutable = None;
    assert_eq!(refusal(&world, rewards(OLDEST)).await, Some(Refusal::NotFinal));
}

#[tokio::test(start_paused = true)]
async fn leave_to_go_is_signed_within_three_minutes_of_the_own_clock() {
    let world = World::of(&[Conduct::Honest; 3]);
    let key = registered(3).bls_key;
    let liquidation_height = Height::new(1_000);
    let left = NodeStanding::Departed { liquidation_height };
    world.facts.lock().unwrap().standings.insert(key, left);
    let now = world.now().seconds();
    for (seconds, refused) in [
        (now, None),
        (now - 180, None),
        (now + 180, None),
        (now - 181, Some(Refusal::ClocksDiffer)),
        (now + 181, Some(Refusal::ClocksDiffer)),
    ] {
        let time = Timestamp::from_seconds(seconds);
        assert_eq!(
            refusal(&world, Question::Exit { key, time }).await,
            refused,
            "{seconds}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_may_leave_follows_from_the_contract_and_the_chain() {
    let world = World::of(&[Conduct::Honest; 6]);
    let time = world.now();
    let key = |number| registered(number).bls_key;
    {
        let mut facts = world.facts.lock().unwrap();
        facts.registered.truncate(2);
        let departed = |height| NodeStanding::Departed {
            liquidation_height: Height::new(height),
        };
        facts.standings.insert(key(3), NodeStanding::Pending);
        facts.standings.insert(key(4), departed(100));
        facts.standings.insert(key(5), departed(101));
    }
    for (key, exit, liquidation) in [
        (key(2), Some(Refusal::StillThere), Some(Refusal::StillThere)),
        (key(3), Some(Refusal::StillThere), Some(Refusal::StillThere)),
        (key(4), None, None),
        (key(5), None, Some(Refusal::NotLiquidatable)),
        // In the contract, and the chain never had it: its registration was denied.
        (key(6), None, Some(Refusal::NotLiquidatable)),
        (stranger(), Some(Refusal::NotListed), Some(Refusal::NotListed)),
    ] {
        assert_eq!(refusal(&world, Question::Exit { key, time }).await, exit);
        assert_eq!(refusal(&world, Question::Liquidation { key, time }).await, liquidation);
    }
    world.facts.lock().unwrap().listed = None;
    let question = Question::Exit { key: key(4), time };
    assert_eq!(refusal(&world, question).await, Some(Refusal::NoL2));
}

#[tokio::test(start_paused = true)]
async fn who_asks_too_much_is_refused_and_others_are_not() {
    let world = World::of(&[Conduct::Honest]);
    let (greedy, other) = (registered(2).primary, registered(3).primary);
    let mut signed = 0;
    for _ in 0..130 {
        match world.ask(1, Some(greedy), rewards(FINAL)).await {
            Reply::Signed(_) => signed += 1,
            Reply::Refused(refusal) => assert_eq!(refusal, Refusal::TooMany),
        }
    }
    assert_eq!(signed, 120);
    assert!(matches!(
        world.ask(1, Some(other), rewards(FINAL)).await,
        Reply::Signed(_)
    ));
    assert!(matches!(world.ask(1, None, rewards(FINAL)).await, Reply::Signed(_)));
    advance(Duration::from_secs(1)).await;
    assert!(matches!(
        world.ask(1, Some(greedy), rewards(FINAL)).await,
        Reply::Signed(_)
    ));
}

#[tokio::test(start_paused = true)]
async fn a_node_without_keys_signs_nothing() {
    let world = World::of(&[]);
    let node = world.node(None, Conduct::Honest);
    assert_eq!(node.sign(rewards(FINAL)), Err(Refusal::DoesNotSign));
}
