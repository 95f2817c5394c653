//! Transactions of the name system in the pool.

use super::fixture::{Fixture, Plan};
use oxen_names::{Name, NameError, NameKind, NameValue};
use oxen_node_api::{AdmissionError, Pool, PoolKeeper, Source};
use oxen_state::TransactionError;
use oxen_testkit::{Account, NameBuilder, Transfer, name_owner, name_signer};
use oxen_types::{Amount, extra::NameType};

fn alice() -> Account {
    Account::named("alice")
}

fn name(kind: NameKind, text: &str) -> Name {
    Name::parse(kind, text).unwrap()
}

fn session(byte: u8) -> NameValue {
    let mut id = [byte; 33];
    id[0] = 5;
    NameValue::Session(id)
}

fn buy(text: &str, seed: u64) -> NameBuilder {
    NameBuilder::buy(NameType::Session, &name(NameKind::Session, text), &session(1), &alice()).seed(seed)
}

fn build(fixture: &Fixture, builder: &NameBuilder) -> Transfer {
    builder.build(&mut fixture.chain.lock())
}

#[test]
fn a_second_change_of_a_name_waits_for_the_first() {
    let fixture = Fixture::new();
    let first = build(&fixture, &buy("oracle", 0));
    let second = build(&fixture, &buy("oracle", 1));
    let other = build(&fixture, &buy("prophet", 2));
    fixture.add(&first);
    let refused = fixture.submit(&second);
    assert!(
        matches!(refused, Err(AdmissionError::NameConflict { by }) if by == first.id()),
        "{refused:?}"
    );
    fixture.add(&other);
    assert_eq!(fixture.pool.len(), 2);
    // Without the first, the second is taken.
    fixture.pool.flush(Some(&[first.id()]));
    fixture.add(&second);
}

#[test]
fn the_periods_of_an_onion_service_are_different_requests_of_which_a_block_takes_one() {
    let fixture = Fixture::new();
    let of = |name_type, seed| {
        let value = NameValue::Lokinet([1; 32]);
        let builder = NameBuilder::buy(name_type, &name(NameKind::Lokinet, "a.loki"), &value, &alice()).seed(seed);
        build(&fixture, &builder)
    };
    let (one, two) = (of(NameType::LokinetOneYear, 0), of(NameType::LokinetTwoYears, 1));
    fixture.add(&one);
    fixture.add(&two);
    let candidates = fixture.pool.candidates();
    assert_eq!(candidates.len(), 1);
    fixture.mine(&candidates);
    assert!(
        fixture.pool.is_empty(),
        "the other purchase can never be mined, so it does not wait"
    );
    assert_eq!(fixture.storage.ids(), []);
}

#[test]
fn what_breaks_a_rule_of_names_is_not_admitted() {
    let fixture = Fixture::new();
    let wrong_burn = build(&fixture, &buy("cheap", 0).burn(Amount::OXEN));
    let refused = fixture.submit(&wrong_burn);
    assert!(matches!(
        refused,
        Err(AdmissionError::Invalid(TransactionError::Name(
            NameError::WrongBurn { .. }
        )))
    ));
    let purchase = build(&fixture, &buy("dear", 1));
    fixture.mine(&[purchase.checked()]);
    let again = build(&fixture, &buy("dear", 2));
    assert!(matches!(
        fixture.submit(&again),
        Err(AdmissionError::Invalid(TransactionError::Name(
            NameError::AlreadyRegistered { .. }
        )))
    ));
}

#[test]
fn a_burn_that_the_fee_does_not_pay_is_refused_by_policy() {
    let fixture = Fixture::new();
    let builder = buy("unpaid", 0).transfer().fee(Amount::OXEN);
    let unpaid = builder.build(&mut fixture.chain.lock());
    assert!(matches!(
        fixture.submit(&unpaid),
        Err(AdmissionError::FeeTooLow { fee: Amount::ZERO, .. })
    ));
}

#[test]
fn transactions_of_reverted_blocks_are_kept_beside_each_other_and_mined_again_in_order() {
    let fixture = Fixture::new();
    let purchase = build(&fixture, &buy("oracle", 0));
    fixture.mine(&[purchase.checked()]);
    let oracle = name(NameKind::Session, "oracle");
    let row = {
        let chain = fixture.chain.lock();
        oxen_state::names::name(chain.state(), NameKind::Session, oracle.hash())
            .unwrap()
            .unwrap()
    };
    let update = NameBuilder::update(&row, name_signer(&alice())).value(&oracle, &session(2), 1);
    let update = build(&fixture, &update);
    fixture.mine(&[update.checked()]);
    fixture.revert(2);
    assert_eq!(fixture.pool.len(), 2);
    assert_eq!(fixture.pool.get(&update.id()).unwrap().source, Source::RevertedBlock);
    for expected in [purchase.id(), update.id()] {
        assert_eq!(fixture.candidates(), [expected]);
        let next = fixture.pool.candidates();
        fixture.mine(&next);
    }
    assert!(fixture.pool.is_empty());
}

#[test]
fn a_restart_drops_what_does_not_fit_any_more() {
    let fixture = Fixture::new();
    let waiting = build(&fixture, &buy("oracle", 0));
    let rival = build(&fixture, &buy("oracle", 1).owner(name_owner(&Account::named("bob"))));
    fixture.add(&waiting);
    let storage = std::sync::Arc::clone(&fixture.storage);
    let mut chain = fixture.chain.lock().clone();
    chain.mine(&[rival.checked()]);
    let restarted = Plan {
        chain,
        storage,
        ..Plan::default()
    }
    .start();
    let reloaded = restarted.pool.reload().unwrap();
    assert_eq!((reloaded.kept, reloaded.dropped), (0, 1));
}
