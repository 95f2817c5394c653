//! The pool and the chain: blocks come and are taken back.

use super::fixture::{Fixture, Plan};
use oxen_node_api::{ChainEvent, Pool, PoolKeeper, Relay, Source};
use oxen_testkit::{TestChain, TestNetwork, TransferBuilder};
use oxen_types::Amount;

#[test]
fn what_was_mined_leaves_and_so_does_whatever_spends_the_same() {
    let fixture = Fixture::new();
    let [mined, stays, beaten] = [fixture.transfer(), fixture.transfer(), fixture.transfer()];
    let winner = fixture.rival(&beaten);
    for transfer in [&mined, &stays, &beaten] {
        fixture.add(transfer);
    }
    fixture.events.take();
    fixture.mine(&[mined.checked(), winner.checked()]);
    assert_eq!(fixture.ids(), [stays.id()]);
    assert_eq!(fixture.storage.ids(), [stays.id()]);
    assert_eq!(fixture.events.take(), [ChainEvent::PoolRemoved { id: beaten.id() }]);
    assert_eq!(fixture.candidates(), [stays.id()]);
}

#[test]
fn transfers_of_a_reverted_block_return() {
    let fixture = Fixture::new();
    let transfers = TransferBuilder::new().build_many(2, &mut fixture.chain.lock());
    let checked: Vec<_> = transfers.iter().map(|transfer| transfer.checked()).collect();
    fixture.mine(&checked);
    assert!(fixture.pool.is_empty());
    fixture.revert(1);
    for transfer in &transfers {
        let entry = fixture.pool.get(&transfer.id()).unwrap();
        assert_eq!((entry.source, entry.relay), (Source::RevertedBlock, Relay::Relay));
        assert_eq!(*entry.blob, transfer.blob());
    }
    assert_eq!(fixture.storage.ids().len(), 2);
    assert_eq!(fixture.candidates().len(), 2);
    let added: Vec<_> = fixture.events.take();
    assert_eq!(added.len(), 2);
    // And they can be mined again without verifying anything: the pool's verifier did not see them yet, the chain's did.
    fixture.mine(&checked);
    assert!(fixture.pool.is_empty());
}

#[test]
fn a_transfer_that_the_new_branch_spends_or_holds_does_not_return() {
    let fixture = Fixture::new();
    let (lost, kept, again) = (fixture.transfer(), fixture.transfer(), fixture.transfer());
    let winner = fixture.rival(&lost);
    fixture.mine(&[lost.checked(), kept.checked(), again.checked()]);
    // The writer changes the whole branch before it tells: first what was taken back, then what was put in its place.
    {
        let mut chain = fixture.chain.lock();
        chain.revert(1);
        chain.diverge();
        chain.mine(&[winner.checked(), again.checked()]);
    }
    fixture
        .pool
        .on_reverted(&[lost.checked(), kept.checked(), again.checked()]);
    fixture.pool.on_committed(&[winner.checked(), again.checked()]);
    assert_eq!(fixture.ids(), [kept.id()]);
}

#[test]
fn rivals_after_a_reorganisation_stand_side_by_side_until_one_is_mined() {
    let fixture = Fixture::new();
    let first = TransferBuilder::new()
        .fee(Amount::from_atomic(50_000_000))
        .build(&mut fixture.chain.lock());
    let second = fixture.rival(&first);
    fixture.mine(&[first.checked()]);
    // Between taking the block back and telling of it, the rival comes in.
    let reverted = fixture.chain.lock().revert(1);
    fixture.add(&second);
    fixture.pool.on_reverted(reverted[0].block.transactions());
    assert_eq!(fixture.ids(), [second.id(), first.id()]);
    assert_eq!(fixture.pool.spenders(&first.key_images()[0]).len(), 2);
    assert_eq!(
        fixture.candidates(),
        [second.id()],
        "a block takes the better one alone"
    );
    fixture.mine(&[first.checked()]);
    assert!(fixture.pool.is_empty());
    assert!(fixture.pool.spenders(&first.key_images()[0]).is_empty());
}

#[test]
fn a_transfer_whose_ring_is_too_young_again_waits_outside_templates() {
    let fixture = Fixture::new();
    let treasury = fixture.chain.lock().treasury().clone();
    let funding = TransferBuilder::new()
        .pay(&treasury, Amount::OXEN)
        .build(&mut fixture.chain.lock());
    fixture.mine(&[funding.checked()]);
    for _ in 0..9 {
        fixture.mine(&[]);
    }
    let spent: Vec<_> = fixture
        .chain
        .lock()
        .spendable(&treasury)
        .last()
        .into_iter()
        .cloned()
        .collect();
    assert!(spent[0].index.index() >= 64);
    let transfer = TransferBuilder::new()
        .spending(&spent)
        .fee(Amount::from_atomic(100_000_000))
        .build(&mut fixture.chain.lock());
    fixture.add(&transfer);
    assert_eq!(fixture.candidates(), [transfer.id()]);
    fixture.revert(1);
    assert!(fixture.candidates().is_empty());
    let entry = fixture.pool.get(&transfer.id()).unwrap();
    let (height, row) = fixture.chain.lock().tip();
    assert_eq!(entry.last_failure, Some((height.next(), row.id)));
    fixture.mine(&[]);
    assert_eq!(fixture.candidates(), [transfer.id()]);
    assert_eq!(
        fixture.pool.get(&transfer.id()).unwrap().verified_at,
        height.next().next()
    );
}

#[test]
fn a_transfer_whose_ring_means_other_outputs_now_is_in_no_template() {
    let fixture = Plan {
        chain: TestChain::on(&TestNetwork::new().premine(30, Amount::from_atomic(1_000 * Amount::OXEN.atomic()))),
        ..Plan::default()
    }
    .start();
    for _ in 0..10 {
        fixture.mine(&[]);
    }
    let treasury = fixture.chain.lock().treasury().clone();
    // Two transfers make outputs 30 to 33; in the other branch they stand the other way round.
    let (one, other) = (fixture.transfer(), fixture.transfer());
    fixture.mine(&[one.checked(), other.checked()]);
    for _ in 0..10 {
        fixture.mine(&[]);
    }
    let old: Vec<_> = fixture.chain.lock().spendable(&treasury).take(1).cloned().collect();
    let ring: Vec<_> = (0..8)
        .map(|n| n + 10)
        .chain([30])
        .map(oxen_types::GlobalOutputIndex::new)
        .chain([old[0].index])
        .collect();
    let transfer = TransferBuilder::new()
        .spending(&old)
        .ring(0, &ring)
        .build(&mut fixture.chain.lock());
    fixture.add(&transfer);
    assert_eq!(fixture.candidates(), [transfer.id()]);
    fixture.revert(11);
    {
        let mut chain = fixture.chain.lock();
        chain.diverge();
        chain.mine(&[other.checked(), one.checked()]);
        chain.mine_empty(10);
    }
    fixture.pool.on_committed(&[other.checked(), one.checked()]);
    assert!(fixture.candidates().is_empty(), "the signature is about another output");
    // It is not lost: the first branch may come back.
    assert_eq!(fixture.ids(), [transfer.id()]);
}

#[test]
fn every_template_made_of_candidates_is_a_valid_block() {
    let fixture = Fixture::new();
    let transfers = TransferBuilder::new().build_many(4, &mut fixture.chain.lock());
    for transfer in &transfers {
        fixture.add(transfer);
    }
    let candidates = fixture.pool.candidates();
    let mut chain = fixture.chain.lock();
    chain.advance(120);
    let request = chain.template_request();
    let template = oxen_state::template::build_template(chain.state(), chain.network(), &request, &candidates).unwrap();
    assert_eq!(template.transactions.len(), 4);
    let block = TestChain::seal(&template.block, &template.transactions).unwrap();
    assert!(chain.apply_with(&block, &*fixture.verifier).is_ok());
}
