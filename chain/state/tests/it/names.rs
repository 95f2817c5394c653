//! The name system on a chain: the scenarios of staking §23, with real transactions in real blocks.

use crate::transaction_rules::refused_by;
use oxen_names::{
    EncryptedValue, Name, NameEntry, NameError, NameKind, NameSigner, NameValue,
    name::{MAXIMUM_CHARACTERS, MAXIMUM_HYPHENATED_LOKINET_CHARACTERS},
};
use oxen_state::{
    TransactionError,
    names::{NameCounts, check_name_transaction, name, name_counts, names_of_owner},
};
use oxen_testkit::{Account, NameBuilder, TestChain, Transfer, name_owner, name_signer};
use oxen_types::{
    Amount, ExtraField, Hash, Height, PublicKey,
    extra::{Extra, NameOwner, NameType},
    transaction::TransactionType,
};

/// A chain and the people who register names on it.
struct Town {
    chain: TestChain,
    alice: Account,
    bob: Account,
}

impl Town {
    fn new() -> Self {
        Self {
            chain: TestChain::mature(),
            alice: Account::named("alice"),
            bob: Account::named("bob"),
        }
    }

    fn buy(&self, name_type: NameType, text: &str) -> NameBuilder {
        let kind = NameKind::of(name_type);
        NameBuilder::buy(name_type, &named(kind, text), &self.value(kind, 1), &self.alice)
    }

    fn value(&self, kind: NameKind, byte: u8) -> NameValue {
        match kind {
            NameKind::Session => {
                let mut id = [byte; 33];
                id[0] = 5;
                NameValue::Session(id)
            }
            NameKind::Wallet => NameValue::Wallet(Account::named(&format!("wallet {byte}")).address()),
            NameKind::Lokinet => NameValue::Lokinet([byte; 32]),
        }
    }

    /// Builds and mines in a block of their own.
    fn mine(&mut self, builder: &NameBuilder) -> Transfer {
        let transfer = builder.build(&mut self.chain);
        self.chain.mine(&[transfer.checked()]);
        transfer
    }

    fn refused(&mut self, builder: &NameBuilder) -> NameError {
        let transfer = builder.build(&mut self.chain);
        match refused_by(&self.chain, &transfer) {
            TransactionError::Name(error) => error,
            other => panic!("not refused by a rule of names: {other}"),
        }
    }

    fn row(&self, kind: NameKind, text: &str) -> NameEntry {
        self.find(kind, text).expect("the name is registered")
    }

    fn find(&self, kind: NameKind, text: &str) -> Option<NameEntry> {
        name(self.chain.state(), kind, named(kind, text).hash()).unwrap()
    }

    fn owned_by(&self, owner: &NameOwner) -> Vec<NameEntry> {
        names_of_owner(self.chain.state(), owner, 1_000).unwrap()
    }

    fn height(&self) -> Height {
        self.chain.tip().0
    }
}

fn named(kind: NameKind, text: &str) -> Name {
    Name::parse(kind, text).unwrap()
}

/// An owner with an ed25519 key, by number.
fn key_holder(number: u8) -> (NameSigner, NameOwner) {
    let signer = NameSigner::ed25519(&[number; 32]);
    let NameSigner::Ed25519(key) = &signer else {
        unreachable!("it was made of an ed25519 seed")
    };
    let owner = NameOwner::Ed25519(PublicKey::new(key.verifying_key().to_bytes()));
    (signer, owner)
}

#[test]
fn a_bought_name_is_found_by_name_and_by_owner_and_its_value_is_read_with_the_name() {
    let mut town = Town::new();
    let bob = name_owner(&town.bob);
    let builder = town.buy(NameType::Session, "Oracle").backup_owner(bob);
    let transfer = town.mine(&builder);
    let row = town.row(NameKind::Session, "oracle");
    assert_eq!(row.transaction, transfer.id());
    assert_eq!((row.owner, row.backup_owner), (name_owner(&town.alice), Some(bob)));
    assert_eq!((row.update_height, row.expiration), (town.height(), None));
    let value = EncryptedValue::from_bytes(row.encrypted_value.clone()).decrypt(&named(NameKind::Session, "oracle"));
    assert_eq!(value, Ok(town.value(NameKind::Session, 1)));
    for owner in [name_owner(&town.alice), bob] {
        assert_eq!(town.owned_by(&owner), std::slice::from_ref(&row));
    }
    assert_eq!(town.owned_by(&key_holder(1).1), []);
    assert_eq!(town.find(NameKind::Wallet, "oracle"), None);
}

#[test]
fn an_owner_of_several_names_is_told_of_all_of_them() {
    let mut town = Town::new();
    for text in ["one", "two", "three"] {
        let builder = town.buy(NameType::Session, text);
        town.mine(&builder);
    }
    let lokinet = town.buy(NameType::LokinetOneYear, "one.loki").owner(key_holder(1).1);
    town.mine(&lokinet);
    let names = town.owned_by(&name_owner(&town.alice));
    assert_eq!(names.len(), 3);
    assert!(names.iter().all(|row| row.kind == NameKind::Session));
    assert_eq!(
        town.owned_by(&key_holder(1).1),
        [town.row(NameKind::Lokinet, "one.loki")]
    );
    assert_eq!(
        names_of_owner(town.chain.state(), &name_owner(&town.alice), 2)
            .unwrap()
            .len(),
        2
    );
    let counts = NameCounts {
        session: 3,
        wallet: 0,
        lokinet: 1,
    };
    assert_eq!(name_counts(town.chain.state(), town.height()).unwrap(), counts);
}

#[test]
fn lokinet_names_expire_after_their_period_and_can_be_bought_again() {
    let mut town = Town::new();
    for (name_type, text, blocks) in [
        (NameType::LokinetOneYear, "one.loki", 2),
        (NameType::LokinetTwoYears, "two.loki", 4),
        (NameType::LokinetFiveYears, "five.loki", 10),
        (NameType::LokinetTenYears, "ten.loki", 20),
    ] {
        let builder = town.buy(name_type, text);
        town.mine(&builder);
        let row = town.row(NameKind::Lokinet, text);
        assert_eq!(row.expiration, Some(town.height().saturating_add(blocks)), "{text}");
    }
    let by_bob = town
        .buy(NameType::LokinetOneYear, "one.loki")
        .owner(name_owner(&town.bob));
    let last = town.row(NameKind::Lokinet, "one.loki").expiration.unwrap();
    let expired = town.height() > last;
    assert!(expired, "three more blocks were mined since");
    town.mine(&by_bob);
    assert_eq!(town.row(NameKind::Lokinet, "one.loki").owner, name_owner(&town.bob));
    let alices: Vec<Hash> = town
        .owned_by(&name_owner(&town.alice))
        .iter()
        .map(|row| row.name_hash)
        .collect();
    assert!(
        !alices.contains(&named(NameKind::Lokinet, "one.loki").hash()),
        "the index forgets former owners"
    );
    assert_eq!(town.owned_by(&name_owner(&town.bob)).len(), 1);
}

#[test]
fn a_name_is_sold_once_in_each_register() {
    let mut town = Town::new();
    let session = town.buy(NameType::Session, "shared");
    town.mine(&session);
    let again = session.clone().owner(name_owner(&town.bob)).seed(1);
    assert_eq!(town.refused(&again), NameError::AlreadyRegistered { expiration: None });
    // The same text in another register: its owners must be the same.
    let by_bob = town.buy(NameType::Wallet, "shared").owner(name_owner(&town.bob));
    assert_eq!(
        town.refused(&by_bob),
        NameError::OwnedByAnother {
            kind: NameKind::Session
        }
    );
    let wallet = town.buy(NameType::Wallet, "shared");
    town.mine(&wallet);
    let lokinet = town
        .buy(NameType::LokinetOneYear, "shared.loki")
        .owner(name_owner(&town.bob));
    town.mine(&lokinet);
    let counts = NameCounts {
        session: 1,
        wallet: 1,
        lokinet: 1,
    };
    assert_eq!(name_counts(town.chain.state(), town.height()).unwrap(), counts);
    // Three blocks later the onion service's two are over.
    assert_eq!(
        name_counts(town.chain.state(), town.height().saturating_add(3))
            .unwrap()
            .lokinet,
        0
    );
}

#[test]
fn transactions_of_one_block_see_each_other_in_order() {
    let mut town = Town::new();
    let purchase = town.buy(NameType::Session, "quick").build(&mut town.chain);
    let mut later = town.chain.clone();
    later.mine(&[purchase.checked()]);
    let hash = named(NameKind::Session, "quick").hash();
    let row = name(later.state(), NameKind::Session, hash).unwrap().unwrap();
    let update = NameBuilder::update(&row, name_signer(&town.alice))
        .value(&named(NameKind::Session, "quick"), &town.value(NameKind::Session, 9), 1)
        .build(&mut town.chain);
    let backwards = [update.checked(), purchase.checked()];
    let block = TestChain::seal(&town.chain.assemble(&backwards), &backwards).unwrap();
    let error = town.chain.try_apply(&block).unwrap_err().to_string();
    assert!(
        error.ends_with("not registered, so it can be neither updated nor renewed; buy it"),
        "{error}"
    );
    town.chain.mine(&[purchase.checked(), update.checked()]);
    assert_eq!(town.row(NameKind::Session, "quick").transaction, update.id());
    let twice = town.buy(NameType::Session, "twice");
    let rivals = [
        twice.build(&mut town.chain).checked(),
        twice.seed(1).build(&mut town.chain).checked(),
    ];
    let block = TestChain::seal(&town.chain.assemble(&rivals), &rivals).unwrap();
    let error = town.chain.try_apply(&block).unwrap_err().to_string();
    assert!(error.ends_with("the name is already registered"), "{error}");
}

#[test]
fn renewals_by_anybody_extend_the_expiry_and_chain_their_transactions() {
    let mut town = Town::new();
    let builder = town.buy(NameType::LokinetTenYears, "lasting.loki");
    town.mine(&builder);
    let mut expected = town.row(NameKind::Lokinet, "lasting.loki").expiration.unwrap();
    for (name_type, blocks) in [
        (NameType::LokinetOneYear, 2),
        (NameType::LokinetTwoYears, 4),
        (NameType::LokinetFiveYears, 10),
        (NameType::LokinetTenYears, 20),
    ] {
        let before = town.row(NameKind::Lokinet, "lasting.loki");
        let renewal = town.mine(&NameBuilder::renew(&before, name_type));
        let row = town.row(NameKind::Lokinet, "lasting.loki");
        expected = expected.saturating_add(blocks);
        assert_eq!((row.expiration, row.transaction), (Some(expected), renewal.id()));
        assert_eq!(row.encrypted_value, before.encrypted_value);
        let stale = NameBuilder::renew(&before, name_type).seed(1);
        assert!(matches!(town.refused(&stale), NameError::WrongPrevious { .. }));
    }
    let never = town.buy(NameType::Session, "forever");
    town.mine(&never);
    let row = town.row(NameKind::Session, "forever");
    assert_eq!(
        town.refused(&NameBuilder::renew(&row, NameType::Session)),
        NameError::NoOperation
    );
}

#[test]
fn nothing_changes_an_expired_name_but_a_purchase() {
    let mut town = Town::new();
    let builder = town.buy(NameType::LokinetOneYear, "gone.loki");
    town.mine(&builder);
    let row = town.row(NameKind::Lokinet, "gone.loki");
    let expiration = row.expiration.unwrap();
    let update = NameBuilder::update(&row, name_signer(&town.alice)).owner(name_owner(&town.bob));
    let renewal = NameBuilder::renew(&row, NameType::LokinetOneYear);
    town.chain.mine_empty(2);
    assert_eq!(town.chain.next_height(), expiration.next());
    assert_eq!(town.refused(&update), NameError::Expired { expiration });
    assert_eq!(town.refused(&renewal), NameError::Expired { expiration });
    // One block earlier both are good.
    town.chain.revert(1);
    town.chain.forget_plans();
    for builder in [update, renewal] {
        let transfer = builder.build(&mut town.chain);
        town.chain.mine(&[transfer.checked()]);
        town.chain.revert(1);
    }
}

#[test]
fn owners_of_both_kinds_update_whatever_they_own() {
    let mut town = Town::new();
    let name = named(NameKind::Wallet, "purse");
    let (alice, bob) = (name_owner(&town.alice), name_owner(&town.bob));
    let ((first, one), (second, two)) = (key_holder(1), key_holder(2));
    let combinations = [
        (alice, name_signer(&town.alice), Some(bob), Some(name_signer(&town.bob))),
        (alice, name_signer(&town.alice), Some(one), Some(first.clone())),
        (one, first.clone(), Some(two), Some(second)),
        (one, first, Some(bob), Some(name_signer(&town.bob))),
        (alice, name_signer(&town.alice), None, None),
    ];
    for (owner, owner_signs, backup, backup_signs) in combinations {
        let mut builder = town.buy(NameType::Wallet, "purse").owner(owner);
        if let Some(backup) = backup {
            builder = builder.backup_owner(backup);
        }
        town.mine(&builder);
        let mut blocks = 1;
        for signer in [Some(owner_signs), backup_signs].into_iter().flatten() {
            let row = town.row(NameKind::Wallet, "purse");
            let value = town.value(NameKind::Wallet, 7);
            let update = NameBuilder::update(&row, signer).value(&name, &value, blocks);
            let transfer = town.mine(&update);
            blocks += 1;
            let changed = town.row(NameKind::Wallet, "purse");
            assert_eq!(changed.transaction, transfer.id());
            assert_eq!((changed.owner, changed.backup_owner), (owner, backup));
            assert_eq!(
                EncryptedValue::from_bytes(changed.encrypted_value).decrypt(&name),
                Ok(value)
            );
        }
        let row = town.row(NameKind::Wallet, "purse");
        let stranger = NameBuilder::update(&row, key_holder(9).0).owner(two);
        assert_eq!(town.refused(&stranger), NameError::InvalidSignature);
        town.chain.revert(usize::from(blocks));
        town.chain.forget_plans();
    }
}

#[test]
fn a_name_that_changes_hands_leaves_the_index_of_its_former_owners() {
    let mut town = Town::new();
    let builder = town.buy(NameType::Session, "sold").backup_owner(key_holder(1).1);
    town.mine(&builder);
    let row = town.row(NameKind::Session, "sold");
    let sale = NameBuilder::update(&row, name_signer(&town.alice))
        .owner(name_owner(&town.bob))
        .backup_owner(name_owner(&town.alice));
    town.mine(&sale);
    let row = town.row(NameKind::Session, "sold");
    for owner in [name_owner(&town.bob), name_owner(&town.alice)] {
        assert_eq!(town.owned_by(&owner), std::slice::from_ref(&row));
    }
    assert_eq!(town.owned_by(&key_holder(1).1), []);
}

#[test]
fn an_update_works_once() {
    let mut town = Town::new();
    let builder = town.buy(NameType::Session, "once");
    town.mine(&builder);
    let name = named(NameKind::Session, "once");
    let row = town.row(NameKind::Session, "once");
    let update = NameBuilder::update(&row, name_signer(&town.alice)).value(&name, &town.value(NameKind::Session, 2), 0);
    let first = town.mine(&update);
    // The same record in another transaction: with the value as it is now, and after it changed again.
    let replay = update.clone().seed(0);
    assert_eq!(town.refused(&replay), NameError::ValueUnchanged);
    let row = town.row(NameKind::Session, "once");
    let next = NameBuilder::update(&row, name_signer(&town.alice)).value(&name, &town.value(NameKind::Session, 3), 0);
    let last = town.mine(&next);
    assert_eq!(
        town.refused(&update),
        NameError::WrongPrevious {
            expected: last.id(),
            found: builder_id(&first)
        }
    );
}

/// The transaction before the one that this transfer's record names.
fn builder_id(transfer: &Transfer) -> Hash {
    let extra = Extra::parse(&transfer.transaction.prefix.extra).unwrap();
    extra.name_record().unwrap().previous_transaction
}

#[test]
fn an_update_of_a_name_that_nobody_bought_is_refused() {
    let mut town = Town::new();
    let builder = town.buy(NameType::Session, "known");
    town.mine(&builder);
    let mut row = town.row(NameKind::Session, "known");
    row.name_hash = named(NameKind::Session, "unknown").hash();
    let update = NameBuilder::update(&row, name_signer(&town.alice)).owner(name_owner(&town.bob));
    assert_eq!(town.refused(&update), NameError::NotRegistered);
}

#[test]
fn exactly_the_price_is_burned_whatever_the_fee() {
    let mut town = Town::new();
    let price = 7 * Amount::OXEN.atomic();
    for atomic in [0, price - 1, price + 1] {
        let found = Amount::from_atomic(atomic);
        let builder = town.buy(NameType::Session, "dear").burn(found);
        let required = Amount::from_atomic(price);
        assert_eq!(town.refused(&builder), NameError::WrongBurn { required, found });
    }
    // What counts is what extra declares (0x79), as in the reference; that a fee pays for it is for the pool to ask.
    let builder = town.buy(NameType::Session, "dear");
    let unpaid = builder.transfer().fee(Amount::OXEN).build(&mut town.chain);
    assert_eq!(unpaid.checked().burned(), Amount::OXEN);
    town.chain.mine(&[unpaid.checked()]);
    town.chain.revert(1);
    town.chain.forget_plans();
    let before = town.chain.totals().burned;
    town.mine(&builder);
    let burned = town.chain.totals().burned.checked_sub(before);
    assert_eq!(burned, Some(Amount::from_atomic(price)));
}

#[test]
fn malformed_records_are_refused() {
    let mut town = Town::new();
    let builder = town.buy(NameType::Session, "odd");
    assert_eq!(
        town.refused(&builder.clone().with(|record| record.version = 1)),
        NameError::WrongVersion { found: 1 }
    );
    assert_eq!(
        town.refused(&builder.clone().with(|record| record.name_hash = Hash::ZERO)),
        NameError::EmptyName
    );
    for name_type in NameType::ALL {
        for found in [0, 10, 200] {
            let change = |record: &mut oxen_types::extra::NameRecord| {
                record.name_type = name_type;
                record.encrypted_value = Some(vec![1; found]);
            };
            let refused = town.refused(&builder.clone().with(change));
            assert_eq!(refused, NameError::ValueLength { name_type, found });
            town.chain.forget_plans();
        }
    }
    assert_eq!(
        town.refused(&builder.clone().with(|record| record.backup_owner = record.owner)),
        NameError::SameOwners
    );
    assert_eq!(
        town.refused(&builder.with(|record| record.owner = None)),
        NameError::NoOperation
    );
}

#[test]
fn a_type_that_does_not_exist_is_no_record() {
    let mut town = Town::new();
    let mut transfer = town.buy(NameType::Session, "reserved").build(&mut town.chain);
    let extra = &mut transfer.transaction.prefix.extra;
    // Key, then tag 0x7a, version and type.
    assert_eq!(extra[33..36], [0x7a, 0, 0]);
    extra[35] = 6;
    // Its signatures do not fit any more, so the rule is asked by itself.
    let (state, network) = (town.chain.state(), town.chain.network());
    let refused = check_name_transaction(state, network, &transfer.checked(), town.chain.next_height());
    assert!(matches!(refused, Err(TransactionError::Name(NameError::RecordMissing))));
}

#[test]
fn a_record_in_another_type_of_transaction_changes_nothing() {
    let mut town = Town::new();
    let record = town.buy(NameType::Session, "smuggled").record();
    let transfer = oxen_testkit::TransferBuilder::new()
        .extra_field(ExtraField::NameRecord(Box::new(record)))
        .build(&mut town.chain);
    assert_eq!(transfer.transaction.prefix.kind, TransactionType::Standard);
    town.chain.mine(&[transfer.checked()]);
    assert_eq!(town.find(NameKind::Session, "smuggled"), None);
}

#[test]
fn the_longest_names_and_values_are_taken() {
    let mut town = Town::new();
    let longest = "x".repeat(MAXIMUM_CHARACTERS);
    let hyphenated = format!("a-{}.loki", "b".repeat(MAXIMUM_HYPHENATED_LOKINET_CHARACTERS - 2));
    for (name_type, text) in [
        (NameType::Session, longest.as_str()),
        (NameType::Wallet, longest.as_str()),
        (NameType::LokinetOneYear, hyphenated.as_str()),
    ] {
        let builder = town.buy(name_type, text);
        town.mine(&builder);
    }
    let id = oxen_types::PaymentId::new([3; 8]);
    let integrated = NameValue::Wallet(town.bob.address().with_payment_id(id).unwrap());
    let name = named(NameKind::Wallet, "integrated");
    let builder = NameBuilder::buy(NameType::Wallet, &name, &integrated, &town.alice);
    town.mine(&builder);
    let value = EncryptedValue::from_bytes(town.row(NameKind::Wallet, "integrated").encrypted_value).decrypt(&name);
    assert_eq!(value, Ok(integrated));
}

#[test]
fn a_large_reorganisation_takes_every_change_back() {
    let mut town = Town::new();
    let empty = town.chain.digest();
    let mut digests = vec![empty];
    let name = named(NameKind::Lokinet, "history.loki");
    let purchase = town
        .buy(NameType::LokinetTenYears, "history.loki")
        .backup_owner(key_holder(1).1);
    town.mine(&purchase);
    digests.push(town.chain.digest());
    for step in 0..6_u8 {
        let row = town.row(NameKind::Lokinet, "history.loki");
        let builder = match step % 3 {
            0 => NameBuilder::renew(&row, NameType::LokinetTwoYears),
            1 => NameBuilder::update(&row, key_holder(1).0).value(&name, &town.value(NameKind::Lokinet, step), step),
            _ => {
                let owners = [name_owner(&town.bob), name_owner(&town.alice)];
                let next = owners.into_iter().find(|owner| *owner != row.owner).unwrap();
                NameBuilder::update(&row, key_holder(1).0).owner(next)
            }
        };
        town.mine(&builder);
        digests.push(town.chain.digest());
    }
    while let Some(digest) = digests.pop() {
        assert_eq!(town.chain.digest(), digest);
        if !digests.is_empty() {
            town.chain.revert(1);
        }
    }
    assert_eq!(town.find(NameKind::Lokinet, "history.loki"), None);
    assert_eq!(town.owned_by(&name_owner(&town.alice)), []);
}
