//! How the staked output is found in a stake transaction (staking §5.2), on real transactions.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use oxen_crypto::SecretKey;
use oxen_staking_rules::registry::stake_transaction::{StakeTransactionError, StakedOutput, staked_output};
use oxen_testkit::{Account, StakingChain, TestChain, TransferBuilder};
use oxen_types::{
    Amount, Extra, ExtraField, PublicKey, Transaction,
    extra::{Contributor, KeyImageProof},
};

fn alice() -> Account {
    Account::named("alice")
}

/// A stake of one OXEN by alice, built further by the test.
fn stake(build: impl FnOnce(TransferBuilder) -> TransferBuilder) -> Transaction {
    let mut chain = TestChain::mature();
    let builder = TransferBuilder::new().stake(StakingChain::key("n1"), &alice(), Amount::OXEN);
    build(builder).build(&mut chain).transaction
}

fn found(transaction: &Transaction) -> Result<StakedOutput, StakeTransactionError> {
    staked_output(transaction, &Extra::parse_or_empty(&transaction.prefix.extra))
}

/// What is found after each field was changed, or left out.
fn found_after(
    transaction: &Transaction,
    change: impl Fn(ExtraField) -> Option<ExtraField>,
) -> Result<StakedOutput, StakeTransactionError> {
    let extra = Extra::parse_or_empty(&transaction.prefix.extra);
    let fields = extra.fields().iter().cloned().filter_map(change).collect();
    staked_output(transaction, &Extra::from_fields(fields))
}

fn proofs_of(transaction: &Transaction) -> Vec<KeyImageProof> {
    let extra = Extra::parse_or_empty(&transaction.prefix.extra);
    extra.key_image_proofs().unwrap().to_vec()
}

fn with_proofs(transaction: &Transaction, proofs: &[KeyImageProof]) -> Result<StakedOutput, StakeTransactionError> {
    found_after(transaction, |field| {
        Some(match field {
            ExtraField::KeyImageProofs(_) => ExtraField::KeyImageProofs(proofs.to_vec()),
            other => other,
        })
    })
}

#[test]
fn the_output_that_pays_the_contributor_and_is_proven_is_staked() {
    let mut chain = StakingChain::start();
    let alice = chain.account("alice");
    let transfer = chain.contribute("n1").by("alice").stake(1).build();
    let stake = found(&transfer.transaction).unwrap();
    assert_eq!(stake.node, StakingChain::key("n1"));
    assert_eq!(stake.contributor, alice.recipient());
    assert_eq!(stake.output.amount, Amount::OXEN);
    chain.submit(transfer.checked()).mine();
    let owned = chain.chain().unspent().find(|output| output.owner == alice).unwrap();
    assert_eq!(stake.output.key_image, owned.key_image);
    assert_eq!(stake.output.output_key, owned.pair.public);
}

#[test]
fn every_field_is_needed() {
    let transaction = stake(|builder| builder);
    let without =
        |missing: fn(&ExtraField) -> bool| found_after(&transaction, |field| (!missing(&field)).then_some(field));
    let missing = |field| Err(StakeTransactionError::FieldMissing { field });
    assert_eq!(
        without(|field| matches!(field, ExtraField::ServiceNodeKey(_))),
        missing("service node key")
    );
    assert_eq!(
        without(|field| matches!(field, ExtraField::Contributor(_))),
        missing("contributor")
    );
    assert_eq!(
        without(|field| matches!(field, ExtraField::TransactionSecretKey(_))),
        missing("transaction secret key")
    );
    assert_eq!(
        without(|field| matches!(field, ExtraField::KeyImageProofs(_))),
        missing("key image proof")
    );
    assert!(without(|field| matches!(field, ExtraField::TransactionKey(_))).is_ok());
}

#[test]
fn an_extra_that_does_not_parse_has_no_field_at_all() {
    let mut transaction = stake(|builder| builder);
    transaction.prefix.extra.push(0x99);
    assert_eq!(
        found(&transaction),
        Err(StakeTransactionError::FieldMissing {
            field: "service node key"
        })
    );
}

#[test]
fn a_secret_key_or_contributor_that_is_not_the_outputs_finds_nothing() {
    let transaction = stake(|builder| builder);
    let none = Err(StakeTransactionError::NotOneOutput { found: 0 });
    let other_secret = found_after(&transaction, |field| {
        Some(match field {
            ExtraField::TransactionSecretKey(_) => ExtraField::TransactionSecretKey([7; 32]),
            other => other,
        })
    });
    assert_eq!(other_secret, none);
    let with_contributor = |spend_key, view_key| {
        found_after(&transaction, |field| {
            Some(match field {
                ExtraField::Contributor(_) => ExtraField::Contributor(Contributor { spend_key, view_key }),
                other => other,
            })
        })
    };
    let (alice, bob) = (alice(), Account::named("bob"));
    assert_eq!(with_contributor(bob.spend_key(), bob.view_key()), none);
    assert_eq!(with_contributor(bob.spend_key(), alice.view_key()), none);
    let no_point = PublicKey::new([0xff; 32]);
    assert_eq!(with_contributor(no_point, alice.view_key()), none);
    assert_eq!(
        with_contributor(alice.spend_key(), no_point),
        Err(StakeTransactionError::InvalidViewKey)
    );
}

#[test]
fn one_of_several_proofs_may_be_right() {
    let transaction = stake(|builder| builder);
    let good = proofs_of(&transaction)[0];
    let foreign = proofs_of(&stake(|builder| builder.transaction_key(SecretKey::reduce([8; 32]))))[0];
    let none = Err(StakeTransactionError::NotOneOutput { found: 0 });
    assert_eq!(with_proofs(&transaction, &[]), none);
    assert_eq!(with_proofs(&transaction, &[foreign]), none);
    let mixed = KeyImageProof {
        key_image: foreign.key_image,
        ..good
    };
    assert_eq!(with_proofs(&transaction, &[mixed]), none);
    assert_eq!(with_proofs(&transaction, &[foreign, good]), found(&transaction));
    assert_eq!(with_proofs(&transaction, &[good, good]), found(&transaction));
}

#[test]
fn exactly_one_output_is_staked() {
    let two = stake(|builder| builder.pay(&alice(), Amount::OXEN).outputs(3));
    assert_eq!(found(&two), Err(StakeTransactionError::NotOneOutput { found: 2 }));
    // Paid twice, one of them proven: that one.
    let [first, second] = proofs_of(&two).try_into().unwrap();
    for proof in [first, second] {
        let stake = with_proofs(&two, &[proof]).unwrap();
        assert_eq!(stake.output.key_image, proof.key_image);
    }
}

#[test]
fn an_output_of_nothing_is_no_stake() {
    let mut chain = TestChain::mature();
    let nothing = TransferBuilder::new()
        .stake(StakingChain::key("n1"), &alice(), Amount::ZERO)
        .build(&mut chain);
    assert_eq!(
        found(&nothing.transaction),
        Err(StakeTransactionError::NotOneOutput { found: 0 })
    );
    // Beside one of something it does not count.
    let both = stake(|builder| builder.pay(&alice(), Amount::ZERO).outputs(3));
    assert_eq!(found(&both).unwrap().output.amount, Amount::OXEN);
}

#[test]
fn a_lie_about_the_amount_is_no_stake() {
    let mut transaction = stake(|builder| builder);
    if let oxen_types::transaction::Proofs::Clsag(proofs) = &mut transaction.proofs {
        proofs.base.encrypted_amounts[0][0] ^= 1;
    }
    assert_eq!(
        found(&transaction),
        Err(StakeTransactionError::NotOneOutput { found: 0 })
    );
}
