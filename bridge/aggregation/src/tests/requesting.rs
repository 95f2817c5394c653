//! Gathering signatures from networks where some refuse, lie, or answer late.

use super::world::{
    CONTRACT, Conduct, FINAL, OLDEST, RECIPIENT, SWAP_CONTRACT, World, domain, keys, registered, stranger,
};
use oxen_bridge_rules::{
    bls::{Signature, verify},
    picture::ContractNodes,
};
use oxen_node_api::{
    BridgeSignatures,
    bridge::{AggregationError, Departure, Ledger, NodeKey, NodeStanding, SignedTotal, Silence, TotalHeight},
};
use oxen_staking_rules::Ed25519Signature;
use oxen_types::{Amount, Height, PublicKey, bytes::EthereumAddress};
use std::time::Duration;
use tokio::time::{Instant, advance};

const TOTAL: Amount = Amount::from_atomic(920);

async fn rewards(collector: &impl BridgeSignatures) -> Result<SignedTotal, AggregationError> {
    collector.total(Ledger::Rewards, RECIPIENT, TotalHeight::Newest).await
}

/// Twelve nodes, four of which behave like this.
fn a_third(conduct: Conduct) -> World {
    let mut conducts = [Conduct::Honest; 12];
    for position in [1, 4, 7, 11] {
        conducts[position] = conduct;
    }
    World::of(&conducts)
}

#[tokio::test(start_paused = true)]
async fn all_sign_what_all_know() {
    let world = World::of(&[Conduct::Honest; 5]);
    let signed = rewards(&world.collector()).await.unwrap();
    assert_eq!(
        (signed.recipient, signed.total, signed.height),
        (RECIPIENT, TOTAL, FINAL)
    );
    assert_eq!(signed.aggregate.non_signers, [0; 0]);
    assert!(world.contract_takes(&domain().reward(&RECIPIENT, TOTAL), &signed.aggregate));
}

#[tokio::test(start_paused = true)]
async fn a_third_may_refuse_lie_answer_late_or_be_dead() {
    for conduct in [
        Conduct::Refusing,
        Conduct::OtherValue,
        Conduct::WrongSignature,
        Conduct::Garbage,
        Conduct::Behind,
        Conduct::Dead,
        Conduct::Late(Duration::from_secs(60)),
    ] {
        let world = a_third(conduct);
        let signed = rewards(&world.collector()).await.unwrap();
        assert_eq!(signed.aggregate.non_signers, [2, 5, 8, 12], "{conduct:?}");
        assert!(world.contract_takes(&domain().reward(&RECIPIENT, TOTAL), &signed.aggregate));
    }
}

#[tokio::test(start_paused = true)]
async fn who_answers_a_little_later_is_waited_for_and_who_is_dead_is_not_for_long() {
    let world = a_third(Conduct::Late(Duration::from_secs(2)));
    let signed = rewards(&world.collector()).await.unwrap();
    assert_eq!(signed.aggregate.non_signers, [0; 0]);
    let world = a_third(Conduct::Dead);
    let start = Instant::now();
    rewards(&world.collector()).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn more_than_a_third_missing_is_too_few_and_says_why() {
    let mut conducts = [Conduct::Honest; 12];
    conducts[0] = Conduct::Refusing;
    conducts[1] = Conduct::Dead;
    conducts[2] = Conduct::Behind;
    conducts[3] = Conduct::OtherValue;
    conducts[4] = Conduct::WrongSignature;
    let world = World::of(&conducts);
    let start = Instant::now();
    let error = rewards(&world.collector()).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    let AggregationError::TooFewSigned {
        signed,
        wanted,
        silence,
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!((signed, wanted), (7, 8));
    let expected = Silence {
        unreachable: 2,
        behind: 1,
        refused: 0,
        wrong: 2,
    };
    assert_eq!(silence, expected);
}

#[tokio::test(start_paused = true)]
async fn nodes_that_the_contract_does_not_list_are_not_asked() {
    let world = World::of(&[Conduct::Honest; 4]);
    world.facts.lock().unwrap().listed = Some(ContractNodes::new(
        (1..4).map(|number| (u64::from(number), registered(number).bls_key)),
    ));
    let signed = rewards(&world.collector()).await.unwrap();
    assert_eq!(world.wires.asked(), 3);
    assert!(world.contract_takes(&domain().reward(&RECIPIENT, TOTAL), &signed.aggregate));
}

#[tokio::test(start_paused = true)]
async fn a_service_node_that_gathers_signs_itself() {
    let world = World::of(&[Conduct::Honest; 3]);
    let own = crate::BridgeRequests(std::sync::Arc::clone(&world.nodes[1]));
    let signed = rewards(&own).await.unwrap();
    assert_eq!((world.wires.asked(), signed.aggregate.non_signers), (2, vec![]));
}

#[tokio::test(start_paused = true)]
async fn the_network_is_asked_once_for_the_same() {
    let world = a_third(Conduct::Refusing);
    let collector = world.collector();
    let (one, two) = tokio::join!(rewards(&collector), rewards(&collector));
    assert_eq!(one.unwrap(), two.unwrap());
    let again = rewards(&collector).await.unwrap();
    assert_eq!(world.wires.asked(), 12);
    // The contract goes on: the kept sum names who joined since as missing, while that many may be.
    {
        let mut facts = world.facts.lock().unwrap();
        let listed = facts.listed.take().unwrap();
        let all = listed.iter().map(|(id, key)| (id, *key)).chain([(13, stranger())]);
        facts.listed = Some(ContractNodes::new(all.collect::<Vec<_>>()));
    }
    assert!(matches!(
        rewards(&collector).await,
        Err(AggregationError::TooFewSigned { .. })
    ));
    assert_eq!(again.aggregate.non_signers, [2, 5, 8, 12]);
    assert_eq!(
        world.wires.asked(),
        24,
        "the kept sum is of no use with five of thirteen missing"
    );
}

#[tokio::test(start_paused = true)]
async fn a_node_does_not_ask_the_network_as_often_as_somebody_likes() {
    let world = World::of(&[Conduct::Honest; 3]);
    let collector = world.collector();
    let at = |height| collector.total(Ledger::Rewards, RECIPIENT, TotalHeight::At(Height::new(height)));
    for height in 50..80 {
        at(height).await.unwrap();
    }
    let error = at(80).await.unwrap_err();
    assert!(matches!(error, AggregationError::Busy { seconds: 2 }), "{error}");
    assert!(at(79).await.is_ok(), "what is kept is given");
    advance(Duration::from_secs(2)).await;
    assert!(at(80).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn heights_below_the_tip_are_lowered_to_what_is_final_and_others_are_refused() {
    let world = World::of(&[Conduct::Honest; 3]);
    let collector = world.collector();
    let total = |height| collector.total(Ledger::Rewards, RECIPIENT, height);
    for (asked, height) in [(0, 92), (2, 92), (8, 92), (9, 91), (50, 50)] {
        let signed = total(TotalHeight::BelowTip(asked)).await.unwrap();
        assert_eq!(signed.height, Height::new(height), "{asked}");
    }
    let error = total(TotalHeight::At(FINAL.next())).await.unwrap_err();
    assert!(
        matches!(error, AggregationError::NotFinal { newest: FINAL, .. }),
        "{error}"
    );
    let error = total(TotalHeight::At(OLDEST.previous().unwrap())).await.unwrap_err();
    assert!(matches!(error, AggregationError::NotKept { .. }), "{error}");
    let nobody = EthereumAddress::new([9; 20]);
    let error = collector
        .total(Ledger::Swap, nobody, TotalHeight::Newest)
        .await
        .unwrap_err();
    assert!(matches!(error, AggregationError::NothingEarned { .. }), "{error}");
    world.facts.lock().unwrap().immutable = None;
    let error = total(TotalHeight::Newest).await.unwrap_err();
    assert!(matches!(error, AggregationError::NothingFinal), "{error}");
}

#[tokio::test(start_paused = true)]
async fn without_l2_or_with_an_empty_contract_a_node_says_so_at_once() {
    let world = World::of(&[Conduct::Honest; 3]);
    world.facts.lock().unwrap().listed = Some(ContractNodes::default());
    let error = rewards(&world.collector()).await.unwrap_err();
    assert!(matches!(error, AggregationError::NobodyListed), "{error}");
    world.facts.lock().unwrap().listed = None;
    let error = rewards(&world.collector()).await.unwrap_err();
    assert!(error.to_string().contains("--l2-provider"), "{error}");
    assert_eq!(world.wires.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_swap_is_signed_for_its_own_contract() {
    let world = World::of(&[Conduct::Honest; 3]);
    let signed = world
        .collector()
        .total(Ledger::Swap, RECIPIENT, TotalHeight::Newest)
        .await
        .unwrap();
    assert_ne!(SWAP_CONTRACT, CONTRACT);
    let message = domain().swap(&SWAP_CONTRACT, &RECIPIENT, TOTAL);
    assert!(world.contract_takes(&message, &signed.aggregate));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_left_gets_leave_to_go_by_either_key() {
    let world = World::of(&[Conduct::Honest; 4]);
    let key = registered(4).bls_key;
    {
        let mut facts = world.facts.lock().unwrap();
        facts.registered.truncate(3);
        let liquidation_height = Height::new(100);
        facts
            .standings
            .insert(key, NodeStanding::Departed { liquidation_height });
    }
    let collector = world.collector();
    let by_primary = NodeKey::Primary(PublicKey::new([0xdd; 32]));
    for node in [NodeKey::Bls(key), by_primary] {
        let exit = collector.departure(Departure::Exit, node).await.unwrap();
        assert_eq!((exit.bls_key, exit.time), (key, world.now()));
        assert_eq!(exit.aggregate.non_signers, [4]);
        assert!(world.contract_takes(&domain().exit(&key, exit.time), &exit.aggregate));
        let liquidation = collector.departure(Departure::Liquidation, node).await.unwrap();
        assert!(world.contract_takes(&domain().liquidation(&key, liquidation.time), &liquidation.aggregate));
    }
    assert_eq!(world.wires.asked(), 6, "the second time it is kept");
    assert_eq!(collector.departed().unwrap().len(), 1);
    let registered = NodeKey::Primary(registered(1).primary);
    let error = collector.departure(Departure::Exit, registered).await.unwrap_err();
    assert!(matches!(error, AggregationError::StillRegistered), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_registration_proves_both_keys_to_the_contract() {
    let world = World::of(&[Conduct::Honest]);
    let operator = EthereumAddress::new([3; 20]);
    let own = crate::BridgeRequests(std::sync::Arc::clone(&world.nodes[0]));
    let proof = own.registration(&operator).unwrap();
    let message = domain().possession(&proof.bls_key, &operator, &proof.primary);
    let possession = Signature::decode(&proof.possession).unwrap();
    assert!(verify(&message.to_point(), &keys(1).bls.public_key(), &possession));
    let both = [proof.primary.as_ref(), proof.bls_key.as_ref()].concat();
    assert!(Ed25519Signature::new(proof.signature).is_good(&both, &proof.primary));
    let error = world.collector().registration(&operator).unwrap_err();
    assert!(matches!(error, AggregationError::NotAServiceNode), "{error}");
}
