//! Transactions that are built are valid, and whoever they pay finds exactly what was paid.

use crate::toy_chain::{self, ToyChain, rates, received};
use oxen_crypto::{AddressKind, SubaddressIndex};
use oxen_types::{Amount, Hash, Height, PaymentId, UnlockTime, extra::Extra, transaction::TransactionType};
use oxen_wallet_core::{
    Wallet,
    balance::Counting,
    build::{
        BuildError, Destination, FeeLevel, FeePayer, LockedUntil, Priority, SourceAddresses, SplitRule, SweepRequest,
        SweepSelection, TransferRequest, fee,
    },
    history::{TransferFilter, TransferKind, TransferState},
    sent::{Relay, TransactionKeys},
    wallet::Freeze,
};
use std::collections::{BTreeMap, BTreeSet};

const OXEN: u64 = 1_000_000_000;

fn pay(address: oxen_crypto::Address, atomic: u64) -> Destination {
    Destination {
        address,
        amount: Amount::from_atomic(atomic),
    }
}

fn address(wallet: &Wallet, major: u32, minor: u32) -> oxen_crypto::Address {
    wallet.address(SubaddressIndex::new(major, minor)).unwrap()
}

fn sweep_to(address: oxen_crypto::Address) -> SweepRequest {
    SweepRequest {
        account: 0,
        sources: SourceAddresses::All,
        selection: SweepSelection::All,
        address,
        outputs: 1,
        priority: Priority::Default,
        unlock_time: UnlockTime::NONE,
        limits: oxen_wallet_core::build::OutputLimits::default(),
    }
}

#[test]
fn one_payment_arrives_and_the_change_comes_back() {
    let mut chain = ToyChain::with_strangers(1);
    let mut sender = chain.rich_wallet(&[100 * OXEN, 7 * OXEN]);
    let mut receiver = chain.new_wallet();
    let request = TransferRequest::new(vec![pay(address(&receiver, 0, 0), 12 * OXEN)]);
    let plans = chain.plan_transfer(&sender, &request).unwrap();
    let [signed] = chain.send_and_mine(&mut sender, &plans).try_into().unwrap();
    chain.scan(&mut receiver);
    assert_eq!(received(&receiver, &signed.id), BTreeMap::from([((0, 0), 12 * OXEN)]));
    assert_eq!(
        received(&sender, &signed.id),
        BTreeMap::from([((0, 0), signed.change.atomic())])
    );
    let level = FeeLevel::UNIMPORTANT;
    assert_eq!(
        Some(signed.fee),
        fee(signed.transaction.weight(), 2, &rates(), &level),
        "the fee is exact"
    );
    let total = sender.total_balance(chain.view(), Counting::WithReturning).total;
    assert_eq!(total.atomic(), 107 * OXEN - 12 * OXEN - signed.fee.atomic());
    assert!(
        sender.total_balance(chain.view(), Counting::MinedOnly).unlocked < total,
        "change must age"
    );
}

#[test]
fn a_payment_to_one_subaddress_uses_its_key_and_no_more() {
    let mut chain = ToyChain::with_strangers(2);
    let mut sender = chain.rich_wallet(&[100 * OXEN]);
    let mut receiver = chain.new_wallet();
    let request = TransferRequest::new(vec![pay(address(&receiver, 1, 3), 5 * OXEN)]);
    let plans = chain.plan_transfer(&sender, &request).unwrap();
    let [signed] = chain.send_and_mine(&mut sender, &plans).try_into().unwrap();
    chain.scan(&mut receiver);
    assert_eq!(received(&receiver, &signed.id), BTreeMap::from([((1, 3), 5 * OXEN)]));
    assert_eq!(
        received(&sender, &signed.id),
        BTreeMap::from([((0, 0), signed.change.atomic())])
    );
    let extra = Extra::parse(&signed.transaction.prefix.extra).unwrap();
    assert!(extra.additional_keys().is_empty() && extra.nonce().is_some());
    assert_eq!(
        signed.transaction_key.multiply(&address(&receiver, 1, 3).spend()).ok(),
        extra.transaction_key()
    );
}

#[test]
fn standard_and_several_subaddresses_mix_with_additional_keys() {
    let mut chain = ToyChain::with_strangers(3);
    let mut sender = chain.rich_wallet(&[100 * OXEN]);
    let mut receiver = chain.new_wallet();
    let stranger = chain.stranger();
    let request = TransferRequest::new(vec![
        pay(address(&receiver, 0, 1), OXEN),
        pay(address(&receiver, 2, 4), 2 * OXEN),
        pay(address(&receiver, 0, 0), 3 * OXEN),
        pay(stranger, 4 * OXEN),
        pay(address(&sender, 1, 1), 5 * OXEN),
    ]);
    let plans = chain.plan_transfer(&sender, &request).unwrap();
    let [signed] = chain.send_and_mine(&mut sender, &plans).try_into().unwrap();
    chain.scan(&mut receiver);
    let expected = BTreeMap::from([((0, 1), OXEN), ((2, 4), 2 * OXEN), ((0, 0), 3 * OXEN)]);
    assert_eq!(received(&receiver, &signed.id), expected);
    let own = BTreeMap::from([((0, 0), signed.change.atomic()), ((1, 1), 5 * OXEN)]);
    assert_eq!(received(&sender, &signed.id), own);
    let extra = Extra::parse(&signed.transaction.prefix.extra).unwrap();
    assert_eq!(extra.additional_keys().len(), 6, "one for each output, change included");
    assert!(extra.nonce().is_none(), "no dummy payment id beyond two outputs");
}

#[test]
fn the_payment_id_of_an_integrated_address_arrives_and_a_dummy_is_none() {
    let mut chain = ToyChain::with_strangers(4);
    let mut sender = chain.rich_wallet(&[100 * OXEN, 50 * OXEN]);
    let mut receiver = chain.new_wallet();
    let id = PaymentId::new(*b"\x10\x20\x30\x40\x50\x60\x70\x80");
    let integrated = address(&receiver, 0, 0).with_payment_id(id).unwrap();
    let stranger = chain.stranger();
    for (destinations, expected) in [
        (vec![pay(integrated, OXEN)], Some(id)),
        (vec![pay(integrated, OXEN), pay(stranger, OXEN)], Some(id)),
        (vec![pay(address(&receiver, 0, 0), OXEN)], None),
    ] {
        let request = TransferRequest::new(destinations);
        let plans = chain.plan_transfer(&sender, &request).unwrap();
        let [signed] = chain.send_and_mine(&mut sender, &plans).try_into().unwrap();
        chain.mine_empty(10);
        chain.scan(&mut sender);
        chain.scan(&mut receiver);
        assert_eq!(receiver.transactions()[&signed.id].payment_id, expected);
        assert_eq!(
            sender.transactions()[&signed.id].payment_id,
            None,
            "change must not misread it"
        );
        assert_eq!(sender.transfers_of(&signed.id)[0].payment_id, expected);
    }
    let other = integrated.with_payment_id(PaymentId::new([9; 8])).unwrap();
    let request = TransferRequest::new(vec![pay(integrated, OXEN), pay(other, OXEN)]);
    let refused = chain.plan_transfer(&sender, &request);
    assert_eq!(refused, Err(BuildError::SeveralPaymentIds));
}

#[test]
fn fifteen_destinations_fit_sixteen_are_refused_or_split() {
    let mut chain = ToyChain::with_strangers(5);
    let mut sender = chain.rich_wallet(&[400 * OXEN, 300 * OXEN, 200 * OXEN]);
    let mut receiver = chain.new_wallet();
    let destinations: Vec<_> = (1..=16).map(|n| pay(address(&receiver, 0, 0), n * OXEN)).collect();
    let mut request = TransferRequest::new(destinations.clone());
    let refused = chain.plan_transfer(&sender, &request);
    assert_eq!(refused, Err(BuildError::TooManyDestinations { given: 16, most: 15 }));
    request.split = SplitRule::Several;
    let plans = chain.plan_transfer(&sender, &request).unwrap();
    assert_eq!(plans.len(), 2);
    assert_eq!(plans[0].payments.len(), 15);
    let signed = chain.send_and_mine(&mut sender, &plans);
    chain.scan(&mut receiver);
    assert_eq!(signed[0].transaction.prefix.outputs.len(), 16);
    let all: u64 = signed
        .iter()
        .map(|signed| received(&receiver, &signed.id)[&(0, 0)])
        .sum();
    assert_eq!(all, (1..=16).sum::<u64>() * OXEN);
    assert_eq!(receiver.outputs().len(), 16);
}

#[test]
fn blink_declares_two_thirds_of_its_fee_as_burned() {
    let mut chain = ToyChain::with_strangers(6);
    let mut sender = chain.rich_wallet(&[100 * OXEN]);
    let stranger = chain.stranger();
    let mut request = TransferRequest::new(vec![pay(stranger, OXEN)]);
    request.priority = Priority::Blink;
    let plans = chain.plan_transfer(&sender, &request).unwrap();
    let [signed] = chain.send_and_mine(&mut sender, &plans).try_into().unwrap();
    let extra = Extra::parse(&signed.transaction.prefix.extra).unwrap();
    assert_eq!(extra.burned(), signed.burned);
    assert_eq!(signed.burned.atomic(), signed.fee.atomic() * 200 / 300);
    let tags: Vec<u8> = extra.fields().iter().map(oxen_types::extra::ExtraField::tag).collect();
    assert_eq!(tags, [0x01, 0x02, 0x79]);
    request.priority = Priority::Elevated;
    let refused = chain.plan_transfer(&sender, &request);
    let expected = BuildError::PriorityNotForKind {
        priority: Priority::Elevated,
        kind: TransactionType::Standard,
    };
    assert_eq!(refused, Err(expected));
}

#[test]
fn the_fee_can_come_out_of_the_payments() {
    let mut chain = ToyChain::with_strangers(7);
    let mut sender = chain.rich_wallet(&[10 * OXEN]);
    let mut receiver = chain.new_wallet();
    let destinations = vec![
        pay(address(&receiver, 0, 1), 4 * OXEN),
        pay(address(&receiver, 0, 2), 6 * OXEN),
    ];
    let mut request = TransferRequest::new(destinations);
    request.fee_payer = FeePayer::Destinations(BTreeSet::from([0, 1]));
    let plans = chain.plan_transfer(&sender, &request).unwrap();
    let [signed] = chain.send_and_mine(&mut sender, &plans).try_into().unwrap();
    chain.scan(&mut receiver);
    let got = received(&receiver, &signed.id);
    let (half, rest) = (signed.fee.atomic() / 2, signed.fee.atomic() % 2);
    assert_eq!(
        got,
        BTreeMap::from([((0, 1), 4 * OXEN - half - rest), ((0, 2), 6 * OXEN - half)])
    );
    assert_eq!(signed.change, Amount::ZERO);
    request.fee_payer = FeePayer::Destinations(BTreeSet::from([2]));
    let refused = chain.plan_transfer(&sender, &request);
    assert_eq!(refused, Err(BuildError::NoSuchFeePayer { place: 2 }));
}

#[test]
fn a_sweep_leaves_nothing_and_adds_a_dummy() {
    let mut chain = ToyChain::with_strangers(8);
    let mut sender = chain.rich_wallet(&[3 * OXEN, 4 * OXEN, 5 * OXEN]);
    let mut receiver = chain.new_wallet();
    let request = sweep_to(address(&receiver, 0, 2));
    let plans = chain.plan_sweep(&sender, &request).unwrap();
    let [signed] = chain.send_and_mine(&mut sender, &plans).try_into().unwrap();
    chain.scan(&mut receiver);
    assert_eq!(signed.transaction.prefix.outputs.len(), 2);
    assert_eq!(
        received(&receiver, &signed.id),
        BTreeMap::from([((0, 2), 12 * OXEN - signed.fee.atomic())])
    );
    assert!(received(&sender, &signed.id).is_empty(), "nobody owns the dummy");
    let balance = sender.total_balance(chain.view(), Counting::WithReturning);
    assert_eq!((balance.total, balance.outputs), (Amount::ZERO, 0));
    let nothing = chain.plan_sweep(&sender, &request);
    assert!(matches!(nothing, Err(BuildError::NothingToSweep { .. })));
}

#[test]
fn a_sweep_can_split_and_choose() {
    let mut chain = ToyChain::with_strangers(9);
    let mut sender = chain.rich_wallet(&[3 * OXEN, 4 * OXEN, 50 * OXEN]);
    let own = address(&sender, 0, 0);
    let mut request = sweep_to(own);
    request.selection = SweepSelection::Below(Amount::from_atomic(5 * OXEN));
    let plans = chain.plan_sweep(&sender, &request).unwrap();
    let [signed] = chain.send_and_mine(&mut sender, &plans).try_into().unwrap();
    assert_eq!(
        received(&sender, &signed.id),
        BTreeMap::from([((0, 0), 7 * OXEN - signed.fee.atomic())])
    );
    let image = sender
        .outputs()
        .all()
        .find(|output| output.amount.atomic() == 50 * OXEN)
        .unwrap()
        .key_image
        .unwrap();
    request.selection = SweepSelection::Single(image);
    request.outputs = 16;
    let plans = chain.plan_sweep(&sender, &request).unwrap();
    let [signed] = chain.send_and_mine(&mut sender, &plans).try_into().unwrap();
    assert_eq!(signed.transaction.prefix.outputs.len(), 16);
    let amounts: Vec<u64> = signed.destinations.iter().map(|one| one.amount.atomic()).collect();
    assert_eq!(amounts.iter().sum::<u64>() + signed.fee.atomic(), 50 * OXEN);
    assert!(amounts.iter().max().unwrap() - amounts.iter().min().unwrap() < 16);
    request.selection = SweepSelection::Single(image);
    assert_eq!(
        chain.plan_sweep(&sender, &request),
        Err(BuildError::NotSpendable),
        "it is spent"
    );
    request.outputs = 17;
    let refused = chain.plan_sweep(&sender, &request);
    assert_eq!(refused, Err(BuildError::InvalidOutputCount { outputs: 17 }));
}

#[test]
fn payments_can_be_locked_and_change_never_is() {
    let mut chain = ToyChain::with_strangers(10);
    let mut sender = chain.rich_wallet(&[100 * OXEN]);
    let mut receiver = chain.new_wallet();
    let mut request = TransferRequest::new(vec![pay(address(&receiver, 0, 0), OXEN)]);
    let until = chain.height().index() + 100;
    request.unlock_time = UnlockTime::new(until);
    let plans = chain.plan_transfer(&sender, &request).unwrap();
    let [signed] = chain.send_and_mine(&mut sender, &plans).try_into().unwrap();
    chain.mine_empty(20);
    chain.scan(&mut receiver);
    chain.scan(&mut sender);
    let balance = receiver.total_balance(chain.view(), Counting::MinedOnly);
    assert_eq!((balance.total.atomic(), balance.unlocked.atomic()), (OXEN, 0));
    assert_eq!(balance.blocks_to_unlock, until - chain.height().index());
    assert_eq!(
        sender.total_balance(chain.view(), Counting::MinedOnly).unlocked,
        signed.change
    );
    assert_eq!(
        receiver.transfers(&TransferFilter::default())[0].unlock_time.value(),
        until
    );
    request.unlock_time = UnlockTime::new(5);
    let refused = chain.plan_transfer(&sender, &request);
    assert_eq!(refused, Err(BuildError::UnlockTimeInPast(UnlockTime::new(5))));
}

#[test]
fn missing_money_is_told_apart_from_locked_money() {
    let mut chain = ToyChain::with_strangers(11);
    let mut sender = chain.rich_wallet(&[10 * OXEN]);
    let own = address(&sender, 0, 0);
    chain.mine(&[(own, Amount::from_atomic(20 * OXEN))], &[]);
    chain.scan(&mut sender);
    let stranger = chain.stranger();
    let plan = |sender: &Wallet, chain: &mut ToyChain, amount| {
        let request = TransferRequest::new(vec![pay(stranger, amount)]);
        chain.plan_transfer(sender, &request)
    };
    let Err(BuildError::NotEnoughMoney { available, needed, fee }) = plan(&sender, &mut chain, 40 * OXEN) else {
        panic!("there is not that much");
    };
    assert_eq!(
        (available.atomic(), needed.atomic()),
        (30 * OXEN, 40 * OXEN + fee.atomic())
    );
    let Err(BuildError::NotEnoughUnlocked { unlocked, locked, .. }) = plan(&sender, &mut chain, 15 * OXEN) else {
        panic!("it is there, but locked");
    };
    assert_eq!(unlocked.atomic(), 10 * OXEN);
    let until = LockedUntil::Height(oxen_types::Height::new(chain.height().index() + 29));
    assert_eq!(
        locked
            .iter()
            .map(|lock| (lock.amount.atomic(), lock.until))
            .collect::<Vec<_>>(),
        [(20 * OXEN, until)]
    );
    let text = plan(&sender, &mut chain, 15 * OXEN).unwrap_err().to_string();
    assert!(
        text.contains("10.000000000 unlocked") && text.contains("20.000000000 until block"),
        "{text}"
    );
    assert_eq!(plan(&sender, &mut chain, 0), Err(BuildError::ZeroAmount { place: 0 }));
    let view_only = toy_chain::open(sender.keys().to_view_only());
    assert_eq!(plan(&view_only, &mut chain, OXEN), Err(BuildError::ViewOnly));
}

#[test]
fn stakes_blacklisted_and_frozen_outputs_stay_where_they_are() {
    let mut chain = ToyChain::with_strangers(12);
    let mut sender = chain.rich_wallet(&[OXEN, 2 * OXEN, 4 * OXEN, 8 * OXEN]);
    let images: Vec<_> = sender.outputs().all().map(|output| output.key_image.unwrap()).collect();
    let lock = oxen_wallet_core::spendability::StakeLock {
        service_node: oxen_types::PublicKey::new([7; 32]),
        unlock_height: None,
    };
    chain.stakes.locked.insert(images[0], lock);
    let free = chain.height().saturating_add(50);
    chain.stakes.blacklisted.insert(images[1], free);
    sender.set_frozen(&images[2], Freeze::Frozen).unwrap();
    let balance = sender.total_balance(chain.view(), Counting::MinedOnly);
    assert_eq!(balance.total.atomic(), 15 * OXEN);
    assert_eq!(balance.unlocked.atomic(), 8 * OXEN);
    let parts = [balance.staked, balance.blacklisted, balance.frozen].map(Amount::atomic);
    assert_eq!(parts, [OXEN, 2 * OXEN, 4 * OXEN]);
    let own = address(&sender, 0, 0);
    let plans = chain.plan_sweep(&sender, &sweep_to(own)).unwrap();
    assert_eq!(
        plans[0]
            .inputs
            .iter()
            .map(|input| input.key_image.unwrap())
            .collect::<Vec<_>>(),
        [images[3]]
    );
    let stranger = chain.stranger();
    let request = TransferRequest::new(vec![pay(stranger, 14 * OXEN)]);
    let Err(BuildError::NotEnoughUnlocked { locked, .. }) = chain.plan_transfer(&sender, &request) else {
        panic!("most is locked");
    };
    let mut untils: Vec<_> = locked.iter().map(|lock| lock.until).collect();
    untils.sort_unstable();
    let stake = LockedUntil::Stake {
        service_node: lock.service_node,
        unlock_height: None,
    };
    assert_eq!(untils, [stake, LockedUntil::Blacklist(free), LockedUntil::Frozen]);
}

#[test]
fn accounts_pay_from_their_own_money_and_get_their_own_change() {
    let mut chain = ToyChain::with_strangers(13);
    let mut wallet = chain.new_wallet();
    wallet.accounts_mut().add_account("savings").unwrap();
    let (first, second) = (address(&wallet, 0, 0), address(&wallet, 1, 2));
    chain.mine(&[(first, Amount::from_atomic(OXEN))], &[]);
    chain.mine(&[(second, Amount::from_atomic(30 * OXEN))], &[]);
    chain.mine_empty(30);
    chain.scan(&mut wallet);
    let stranger = chain.stranger();
    let mut request = TransferRequest::new(vec![pay(stranger, 3 * OXEN)]);
    let refused = chain.plan_transfer(&wallet, &request);
    assert!(matches!(refused, Err(BuildError::NotEnoughMoney { .. })));
    request.account = 1;
    let plans = chain.plan_transfer(&wallet, &request).unwrap();
    assert_eq!(plans[0].paying_addresses(), BTreeSet::from([2]));
    let [signed] = chain.send_and_mine(&mut wallet, &plans).try_into().unwrap();
    assert_eq!(
        received(&wallet, &signed.id),
        BTreeMap::from([((1, 0), signed.change.atomic())])
    );
    request.account = 9;
    assert!(matches!(
        chain.plan_transfer(&wallet, &request),
        Err(BuildError::Account(_))
    ));
}

#[test]
fn one_address_pays_alone_if_it_can() {
    let mut chain = ToyChain::with_strangers(14);
    let mut wallet = chain.new_wallet();
    let addresses: Vec<_> = (0..3).map(|minor| address(&wallet, 0, minor)).collect();
    for (address, amounts) in addresses.iter().zip([[9, 9, 9], [4, 4, 4], [6, 6, 6]]) {
        for amount in amounts {
            chain.mine(&[(*address, Amount::from_atomic(amount * OXEN))], &[]);
        }
    }
    chain.mine_empty(30);
    chain.scan(&mut wallet);
    let stranger = chain.stranger();
    let mut request = TransferRequest::new(vec![pay(stranger, 17 * OXEN)]);
    for _ in 0..10 {
        let plans = chain.plan_transfer(&wallet, &request).unwrap();
        assert_eq!(plans[0].paying_addresses().len(), 1, "no two addresses are linked");
    }
    request.sources = SourceAddresses::Only(BTreeSet::from([1]));
    assert!(chain.plan_transfer(&wallet, &request).is_err());
    request.sources = SourceAddresses::All;
    request.destinations = vec![pay(stranger, 40 * OXEN)];
    let plans = chain.plan_transfer(&wallet, &request).unwrap();
    assert!(plans[0].paying_addresses().len() > 1, "several are needed");
}

#[test]
fn many_small_outputs_are_too_large_for_one_transaction_and_not_for_several() {
    let mut chain = ToyChain::with_strangers(15);
    let mut wallet = chain.new_wallet();
    let own = address(&wallet, 0, 0);
    for _ in 0..40 {
        chain.mine(&[(own, Amount::from_atomic(OXEN)); 10], &[]);
    }
    chain.mine_empty(30);
    chain.scan(&mut wallet);
    let stranger = chain.stranger();
    let mut request = TransferRequest::new(vec![pay(stranger, 350 * OXEN)]);
    let Err(BuildError::TooLarge { inputs, reachable }) = chain.plan_transfer(&wallet, &request) else {
        panic!("400 inputs do not fit");
    };
    assert!((290..330).contains(&inputs), "{inputs}");
    assert_eq!(reachable.atomic(), inputs as u64 * OXEN);
    request.split = SplitRule::Several;
    let plans = chain.plan_transfer(&wallet, &request).unwrap();
    assert!(plans.len() > 1);
    assert_eq!(plans.iter().map(|plan| plan.paid().atomic()).sum::<u64>(), 350 * OXEN);
    let spent: BTreeSet<_> = plans
        .iter()
        .flat_map(|plan| &plan.inputs)
        .map(|input| input.global_index)
        .collect();
    assert_eq!(
        spent.len(),
        plans.iter().map(|plan| plan.inputs.len()).sum::<usize>(),
        "no input twice"
    );
    let prepared = chain.prepare(&wallet, &plans[0]);
    assert!(prepared.weight.bytes() <= 99_600);
    let sweep = chain.plan_sweep(&wallet, &sweep_to(own)).unwrap();
    assert_eq!(sweep.iter().map(|plan| plan.inputs.len()).sum::<usize>(), 400);
}

#[test]
fn a_lost_transaction_frees_its_inputs_and_keeps_its_ring() {
    let mut chain = ToyChain::with_strangers(16);
    let mut sender = chain.rich_wallet(&[100 * OXEN]);
    let stranger = chain.stranger();
    let request = TransferRequest::new(vec![pay(stranger, OXEN)]);
    let plans = chain.plan_transfer(&sender, &request).unwrap();
    let [first] = chain.send(&mut sender, &plans).try_into().unwrap();
    let balance = sender.total_balance(chain.view(), Counting::WithReturning);
    assert_eq!(balance.unlocked, Amount::ZERO);
    assert_eq!((balance.total, balance.returning), (first.change, first.change));
    let Err(BuildError::NotEnoughUnlocked { locked, .. }) = chain.plan_transfer(&sender, &request) else {
        panic!("the only output is in use");
    };
    assert_eq!(locked[0].until, LockedUntil::PendingTransaction);
    let empty = oxen_types::scan::ScanPool::default();
    assert_eq!(sender.apply_pool(&empty, Default::default()), []);
    assert!(matches!(
        sender.transfers(&TransferFilter::default()).last().unwrap().state,
        TransferState::Pending { .. }
    ));
    assert_eq!(sender.apply_pool(&empty, Default::default()), [first.id]);
    assert!(matches!(
        sender.transfers(&TransferFilter::default()).last().unwrap().state,
        TransferState::Failed { .. }
    ));
    let plans = chain.plan_transfer(&sender, &request).unwrap();
    let [second] = chain.send(&mut sender, &plans).try_into().unwrap();
    assert_eq!(
        second.inputs[0].ring, first.inputs[0].ring,
        "the same output under the same ring"
    );
    // The first one was not lost after all.
    chain.mine(&[], &[&first.transaction]);
    chain.scan(&mut sender);
    let lines = sender.transfers_of(&first.id);
    assert!(matches!(lines[0].state, TransferState::Mined { .. }));
    assert_eq!(
        (lines[0].kind, lines[0].amount.atomic()),
        (TransferKind::Outgoing, OXEN)
    );
}

/// Hands a blink of the only output over, without an answer.
fn asked_blink(chain: &mut ToyChain, sender: &mut Wallet) -> Hash {
    let mut request = TransferRequest::new(vec![pay(chain.stranger(), OXEN)]);
    request.priority = Priority::Blink;
    let plans = chain.plan_transfer(sender, &request).unwrap();
    chain.send(sender, &plans)[0].id
}

#[test]
fn an_undecided_blink_that_a_pool_does_not_show_keeps_its_inputs_for_thirteen_blocks() {
    let mut chain = ToyChain::with_strangers(31);
    let mut sender = chain.rich_wallet(&[100 * OXEN]);
    let id = asked_blink(&mut chain, &mut sender);
    sender.note_relay(&id, Relay::Unknown).unwrap();
    let empty = oxen_types::scan::ScanPool::default();
    for block in 0..13 {
        for _ in 0..3 {
            assert_eq!(
                sender.apply_pool(&empty, Default::default()),
                [],
                "after {block} blocks"
            );
        }
        chain.mine_empty(1);
        chain.scan(&mut sender);
    }
    assert_eq!(sender.apply_pool(&empty, Default::default()), [], "the first look");
    assert_eq!(sender.apply_pool(&empty, Default::default()), [id]);
}

#[test]
fn asking_again_keeps_the_inputs_of_a_blink_from_the_second_asking_on() {
    let mut chain = ToyChain::with_strangers(32);
    let mut sender = chain.rich_wallet(&[100 * OXEN]);
    let id = asked_blink(&mut chain, &mut sender);
    let ahead = Height::new(chain.height().index() + 5);
    sender.note_asked(&id, ahead).unwrap();
    sender.note_asked(&id, chain.height()).unwrap();
    // An approval is no reason to believe a pool that does not know of it.
    sender.note_relay(&id, Relay::Accepted).unwrap();
    let expected = Relay::Blink {
        until: Height::new(ahead.index() + 13),
    };
    assert_eq!(sender.journal().sent_transaction(&id).unwrap().relay, expected);
}

#[test]
fn what_a_daemon_took_is_not_refused_by_another() {
    let mut chain = ToyChain::with_strangers(33);
    let mut sender = chain.rich_wallet(&[100 * OXEN]);
    let request = TransferRequest::new(vec![pay(chain.stranger(), OXEN)]);
    let plans = chain.plan_transfer(&sender, &request).unwrap();
    let id = chain.send(&mut sender, &plans)[0].id;
    sender.note_asked(&id, chain.height()).unwrap();
    assert_eq!(
        sender.journal().sent_transaction(&id).unwrap().relay,
        Relay::Unknown,
        "it is no blink"
    );
    sender.note_relay(&id, Relay::Accepted).unwrap();
    sender.note_relay(&id, Relay::Rejected("spent".to_owned())).unwrap();
    assert!(sender.journal().sent_transaction(&id).unwrap().holds_inputs());
}

#[test]
fn proofs_of_what_was_built_hold() {
    use oxen_types::{scan::ScanTransaction, transaction::PrunedTransaction};
    use oxen_wallet_core::proofs::{
        ProofError, RingOfInput, check_proof, check_spend_proof, check_transaction_key, check_transaction_keys,
        prove_sent, verify_message,
    };
    let mut chain = ToyChain::with_strangers(17);
    let mut sender = chain.rich_wallet(&[100 * OXEN, 60 * OXEN]);
    let receiver = chain.new_wallet();
    let destinations = vec![
        pay(address(&receiver, 0, 0), OXEN),
        pay(address(&receiver, 0, 1), 2 * OXEN),
        pay(address(&receiver, 1, 1), 3 * OXEN),
    ];
    let request = TransferRequest::new(destinations.clone());
    let plans = chain.plan_transfer(&sender, &request).unwrap();
    let prepared = chain.prepare(&sender, &plans[0]);
    let signed = prepared.prove(sender.keys(), &mut chain.rng).unwrap();
    sender.note_signed(&signed, toy_chain::NOW).unwrap();
    let scanned = ScanTransaction::new(signed.id, &PrunedTransaction::from(&signed.transaction), None);
    let keys: TransactionKeys = sender.journal().transaction_keys(&signed.id).unwrap().clone();
    assert_eq!(check_transaction_keys(&scanned, &keys, None), Ok(()));
    let swapped = TransactionKeys {
        main: keys.additional[0].clone(),
        additional: keys.additional.clone(),
    };
    assert_eq!(
        check_transaction_keys(&scanned, &swapped, None),
        Err(ProofError::WrongTransactionKey)
    );
    for destination in &destinations {
        let proof = check_transaction_key(&scanned, &keys, &destination.address).unwrap();
        assert_eq!(proof.amount, destination.amount);
        let text = prove_sent(&scanned, &keys, &destination.address, b"m", &mut chain.rng).unwrap();
        assert!(text.starts_with("OutProofV1"));
        assert_eq!(check_proof(&scanned, &destination.address, b"m", &text), Ok(proof));
    }
    let rings: Vec<RingOfInput> = prepared
        .inputs
        .iter()
        .map(|input| RingOfInput {
            key_image: input.output.key_image.unwrap(),
            ring: input.ring.members().iter().map(|member| member.key).collect(),
        })
        .collect();
    let text = sender.prove_spend(&signed.id, &rings, b"mine", &mut chain.rng).unwrap();
    assert_eq!(check_spend_proof(&signed.id, &rings, b"mine", &text), Ok(()));
    assert!(check_spend_proof(&signed.id, &rings, b"yours", &text).is_err());
    assert_eq!(
        receiver.prove_spend(&signed.id, &rings, b"", &mut chain.rng),
        Err(ProofError::NotOurInput)
    );
    let index = SubaddressIndex::new(1, 1);
    let text = sender.sign_message(b"hello", index, &mut chain.rng).unwrap();
    assert!(text.starts_with("SigV1"));
    assert!(verify_message(b"hello", &address(&sender, 1, 1), &text).is_ok());
    assert!(verify_message(b"hello", &address(&sender, 0, 0), &text).is_err());
    assert_eq!(address(&sender, 1, 1).kind(), AddressKind::Subaddress);
}

#[test]
fn a_stake_can_be_opened_by_everybody_and_its_unlock_is_signed_by_its_owner() {
    use oxen_crypto::{KeyDerivation, SecretKey, amount, signature};
    use oxen_types::{
        ConsensusDecode, ConsensusEncode, PublicKey, Transaction,
        extra::{ExtraField, Registration},
        transaction::Proofs,
    };
    let mut chain = ToyChain::with_strangers(18);
    let mut staker = chain.rich_wallet(&[60 * OXEN, 50 * OXEN]);
    let own = address(&staker, 0, 0);
    let registration = Registration {
        spend_keys: vec![own.spend()],
        view_keys: vec![own.view()],
        fee: 0,
        amounts: vec![100 * OXEN],
        hard_fork_or_expiration: 19,
        signature: oxen_types::Signature::new([9; 64]),
    };
    let mut request = oxen_wallet_core::build::StakeRequest {
        service_node: PublicKey::new([7; 32]),
        amount: Amount::from_atomic(100 * OXEN),
        registration: Some(registration.clone()),
        sources: SourceAddresses::All,
        priority: Priority::Default,
        limits: oxen_wallet_core::build::OutputLimits::default(),
    };
    let plan = chain.plan_stake(&staker, &request).unwrap();
    let [signed] = chain.send_and_mine(&mut staker, &[plan]).try_into().unwrap();
    let extra = Extra::parse(&signed.transaction.prefix.extra).unwrap();
    let tags: Vec<u8> = extra.fields().iter().map(ExtraField::tag).collect();
    assert_eq!(tags, [0x01, 0x02, 0x70, 0x73, 0x74, 0x75, 0x76]);
    assert_eq!(extra.registration(), Some(&registration));
    // What a node does (chain §2.10).
    let secret = SecretKey::from_canonical_bytes(*extra.transaction_secret_key().unwrap()).unwrap();
    let derivation = KeyDerivation::new(&secret, &own.view()).unwrap();
    let Proofs::Clsag(proofs) = &signed.transaction.proofs else {
        panic!("a transfer")
    };
    let [proof] = extra.key_image_proofs().unwrap() else {
        panic!("one stake")
    };
    let mut staked = 0;
    for (place, output) in signed.transaction.prefix.outputs.iter().enumerate() {
        let index = place as u64;
        assert_eq!(
            derivation.derive_public_key(index, &own.spend()).ok(),
            output.key(),
            "change is open too"
        );
        let (encrypted, commitment) = (proofs.base.encrypted_amounts[place], proofs.base.commitments[place]);
        let opening = amount::open(encrypted, &commitment, &derivation.scalar(index)).unwrap();
        if signature::key_image::verify(&proof.key_image, &output.key().unwrap(), &proof.signature).is_ok() {
            staked += opening.amount.atomic();
        }
    }
    assert_eq!(staked, 100 * OXEN);
    let line = &staker.transfers_of(&signed.id)[0];
    assert_eq!(
        (line.kind, line.service_node),
        (TransferKind::Stake, Some(request.service_node))
    );
    let unlock = staker
        .sign_stake_unlock(request.service_node, &proof.key_image, &mut chain.rng)
        .unwrap();
    let unlock = unlock.transaction;
    assert_eq!(Transaction::decode(&unlock.encode()), Ok(unlock.clone()));
    let extra = Extra::parse(&unlock.prefix.extra).unwrap();
    let field = extra.key_image_unlock().unwrap();
    let output = staker.outputs().by_key_image(&proof.key_image).unwrap();
    assert_eq!(
        signature::schnorr::verify(&field.signature_hash(), &output.key, &field.signature),
        Ok(())
    );
    assert_eq!(unlock.prefix.kind, TransactionType::KeyImageUnlock);
    let nobody = chain.new_wallet();
    let refused = nobody.sign_stake_unlock(request.service_node, &proof.key_image, &mut chain.rng);
    assert_eq!(refused.unwrap_err(), BuildError::NoSuchStake);
    assert_eq!(chain.plan_stake(&nobody, &request), Err(BuildError::NotTheOperator));
    request.registration = None;
    request.priority = Priority::Blink;
    assert!(matches!(
        chain.plan_stake(&staker, &request),
        Err(BuildError::PriorityNotForKind { .. })
    ));
}

#[test]
fn one_payment_id_for_two_integrated_addresses_is_refused() {
    let mut chain = ToyChain::with_strangers(19);
    let sender = chain.rich_wallet(&[100 * OXEN]);
    let id = PaymentId::new([5; 8]);
    let [left, right] = [chain.stranger(), chain.stranger()].map(|address| address.with_payment_id(id).unwrap());
    let request = TransferRequest::new(vec![pay(left, OXEN), pay(right, OXEN)]);
    assert_eq!(
        chain.plan_transfer(&sender, &request),
        Err(BuildError::SeveralPaymentIds)
    );
}
