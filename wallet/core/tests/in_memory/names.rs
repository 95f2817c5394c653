//! Transactions of the name system that a wallet builds: the chain's rules take the record, and only the change comes out.

use crate::toy_chain::{ToyChain, rates, received};
use oxen_crypto::SubaddressIndex;
use oxen_names::{
    EncryptedValue, Name, NameContext, NameEntry, NameError, NameKind, NameRequest, NameRows, NameValue,
    check_name_record, price::price,
};
use oxen_types::{
    Amount, Height, Network,
    extra::{Extra, NameOwner, NameRecord, NameType},
    network::HardForkVersion,
    transaction::TransactionType,
};
use oxen_wallet_core::{
    Wallet,
    build::{
        BuildError, FeeLevel, NameTransactionRequest, OutputLimits, Priority, SignedTransaction, SourceAddresses, fee,
    },
    names::{NameChanges, purchase, renewal, unsigned_update},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use std::collections::BTreeMap;

const OXEN: u64 = 1_000_000_000;
const VERSION: HardForkVersion = HardForkVersion::REWARD_BATCHING;

fn random() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(77)
}

fn name(kind: NameKind, text: &str) -> Name {
    Name::parse(kind, text).unwrap()
}

fn request(record: NameRecord, price: Amount) -> NameTransactionRequest {
    NameTransactionRequest {
        record,
        price,
        account: 0,
        sources: SourceAddresses::All,
        priority: Priority::Default,
        limits: OutputLimits::default(),
    }
}

fn mine(chain: &mut ToyChain, wallet: &mut Wallet, record: NameRecord, price: Amount) -> SignedTransaction {
    let plan = chain.plan_name(wallet, &request(record, price)).unwrap();
    let [signed] = chain.send_and_mine(wallet, &[plan]).try_into().unwrap();
    signed
}

/// What the chain makes of a transaction over the row that was there before.
fn apply(signed: &SignedTransaction, before: Option<&NameEntry>) -> Result<NameEntry, NameError> {
    let extra = Extra::parse(&signed.transaction.prefix.extra).unwrap();
    check_name_record(
        &NameRequest {
            record: extra.name_record().unwrap(),
            transaction: signed.id,
            burned: extra.burned(),
        },
        &NameContext {
            height: Height::new(100),
            version: VERSION,
            periods: &Network::mainnet().name_periods,
        },
        NameRows {
            current: before,
            sibling: None,
        },
    )
}

fn session(byte: u8) -> NameValue {
    let mut id = [byte; 33];
    id[0] = 5;
    NameValue::Session(id)
}

fn owner(wallet: &Wallet, minor: u32) -> NameOwner {
    wallet.name_owner(SubaddressIndex::new(0, minor)).unwrap()
}

#[test]
fn a_purchase_burns_its_price_and_has_its_change_as_the_only_output() {
    let mut chain = ToyChain::with_strangers(40);
    let mut wallet = chain.rich_wallet(&[5 * OXEN, 6 * OXEN]);
    let oracle = name(NameKind::Session, "oracle");
    let cost = price(NameType::Session, VERSION);
    let record = purchase(
        NameType::Session,
        &oracle,
        &session(1),
        owner(&wallet, 0),
        None,
        &mut random(),
    );
    let signed = mine(&mut chain, &mut wallet, record, cost);
    let prefix = &signed.transaction.prefix;
    assert_eq!(prefix.kind, TransactionType::OxenNameSystem);
    assert_eq!((prefix.outputs.len(), prefix.output_unlock_times.len()), (1, 1));
    assert_eq!((signed.burned, signed.destinations.len()), (cost, 0));
    // Key, nonce, record, burn: the order of the reference's wallets.
    let extra = Extra::parse(&prefix.extra).unwrap();
    assert_eq!((extra.fields().len(), extra.burned()), (4, cost));
    assert!(extra.nonce().is_some());
    let row = apply(&signed, None).unwrap();
    let value = EncryptedValue::from_bytes(row.encrypted_value).decrypt(&oracle);
    assert_eq!(value, Ok(session(1)));
    let left = 11 * OXEN - signed.fee.atomic();
    assert_eq!(received(&wallet, &signed.id), BTreeMap::from([((0, 0), left)]));
    assert_eq!(signed.change.atomic(), left);
}

#[test]
fn the_fee_pays_for_two_outputs() {
    let mut chain = ToyChain::with_strangers(41);
    let mut wallet = chain.rich_wallet(&[20 * OXEN]);
    let cost = price(NameType::Wallet, VERSION);
    let value = NameValue::Wallet(wallet.address(SubaddressIndex::new(0, 3)).unwrap());
    let record = purchase(
        NameType::Wallet,
        &name(NameKind::Wallet, "purse"),
        &value,
        owner(&wallet, 0),
        Some(owner(&wallet, 1)),
        &mut random(),
    );
    let signed = mine(&mut chain, &mut wallet, record, cost);
    let level = FeeLevel {
        fixed: cost,
        ..FeeLevel::UNIMPORTANT
    };
    let of = |bytes: u64| {
        let weight = signed
            .transaction
            .weight()
            .saturating_add(oxen_types::transaction::Weight::new(bytes));
        fee(weight, 2, &rates(), &level).unwrap()
    };
    // A second output would take 139 bytes: amount, kind and key, lock, hidden amount, commitment, a round of the range proof.
    assert_eq!(signed.fee, of(139));
    assert!(apply(&signed, None).is_ok());
}

#[test]
fn an_update_is_signed_by_the_address_that_owns_the_name_and_burns_nothing() {
    let mut chain = ToyChain::with_strangers(42);
    let mut wallet = chain.rich_wallet(&[20 * OXEN, 3 * OXEN]);
    let mut stranger = chain.new_wallet();
    let oracle = name(NameKind::Session, "oracle");
    for (owner_address, backup_address) in [(0, 4), (2, 0)] {
        let record = purchase(
            NameType::Session,
            &oracle,
            &session(1),
            owner(&wallet, owner_address),
            Some(owner(&wallet, backup_address)),
            &mut random(),
        );
        let plan = chain
            .plan_name(&wallet, &request(record, price(NameType::Session, VERSION)))
            .unwrap();
        let bought = chain
            .prepare(&wallet, &plan)
            .prove(wallet.keys(), &mut random())
            .unwrap();
        let row = apply(&bought, None).unwrap();
        for signer in [Some(row.owner), row.backup_owner].into_iter().flatten() {
            let changes = NameChanges {
                value: Some(session(2)),
                ..NameChanges::default()
            };
            let mut update = unsigned_update(&oracle, row.transaction, &changes, &mut random());
            assert_eq!(stranger.sign_name_update(&signer, &update, &mut random()), Ok(None));
            update.signature = wallet.sign_name_update(&signer, &update, &mut random()).unwrap();
            let plan = chain.plan_name(&wallet, &request(update, Amount::ZERO)).unwrap();
            let signed = chain
                .prepare(&wallet, &plan)
                .prove(wallet.keys(), &mut random())
                .unwrap();
            assert_eq!(signed.burned, Amount::ZERO);
            let changed = apply(&signed, Some(&row)).unwrap();
            assert_eq!(
                EncryptedValue::from_bytes(changed.encrypted_value).decrypt(&oracle),
                Ok(session(2))
            );
            assert_eq!((changed.owner, changed.backup_owner), (row.owner, row.backup_owner));
        }
    }
}

#[test]
fn a_renewal_needs_no_owner() {
    let mut chain = ToyChain::with_strangers(43);
    let mut wallet = chain.rich_wallet(&[100 * OXEN]);
    let onion = name(NameKind::Lokinet, "shop.loki");
    let stranger = NameOwner::Ed25519(oxen_types::PublicKey::new([3; 32]));
    let value = NameValue::Lokinet([8; 32]);
    let record = purchase(NameType::LokinetOneYear, &onion, &value, stranger, None, &mut random());
    let bought = mine(
        &mut chain,
        &mut wallet,
        record,
        price(NameType::LokinetOneYear, VERSION),
    );
    let row = apply(&bought, None).unwrap();
    chain.mine_empty(10);
    chain.scan(&mut wallet);
    let cost = price(NameType::LokinetTenYears, VERSION);
    let record = renewal(NameType::LokinetTenYears, &onion, row.transaction);
    let renewed = mine(&mut chain, &mut wallet, record, cost);
    let longer = apply(&renewed, Some(&row)).unwrap();
    assert_eq!(
        longer.expiration,
        row.expiration.map(|height| height.saturating_add(2_649_600))
    );
    assert_eq!(renewed.burned, cost);
}

#[test]
fn names_cannot_blink_and_what_is_missing_counts_the_price() {
    let mut chain = ToyChain::with_strangers(44);
    let wallet = chain.rich_wallet(&[6 * OXEN]);
    let record = renewal(
        NameType::LokinetOneYear,
        &name(NameKind::Lokinet, "a.loki"),
        oxen_types::Hash::ZERO,
    );
    let cost = price(NameType::LokinetOneYear, VERSION);
    let blink = NameTransactionRequest {
        priority: Priority::Blink,
        ..request(record.clone(), cost)
    };
    assert!(matches!(
        chain.plan_name(&wallet, &blink),
        Err(BuildError::PriorityNotForKind { .. })
    ));
    let Err(BuildError::NotEnoughMoney { available, needed, .. }) = chain.plan_name(&wallet, &request(record, cost))
    else {
        panic!("six are less than seven")
    };
    assert_eq!(available.atomic(), 6 * OXEN);
    assert!(needed > cost);
}
