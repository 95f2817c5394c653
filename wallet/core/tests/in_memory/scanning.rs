//! Scanning where recorded chains do not go: duplicates, look-ahead, reorganisations, the pool.

use crate::toy_chain::{self, NOW, ToyChain, received};
use oxen_crypto::SubaddressIndex;
use oxen_types::{
    Amount, GlobalOutputIndex, Hash, Height,
    scan::{PoolApproval, ScanAnswer, ScanPool, ScanPoolTransaction, ScanTransaction},
    transaction::PrunedTransaction,
};
use oxen_wallet_core::{
    Wallet,
    balance::Counting,
    build::{Destination, TransferRequest},
    find_owned,
    history::{TransferFilter, TransferKind, TransferState},
    scan::find_in_pool,
    wallet::{ApplyError, DetachError, WalletEvent},
};
use std::collections::BTreeMap;

const OXEN: u64 = 1_000_000_000;

fn address(wallet: &Wallet, major: u32, minor: u32) -> oxen_crypto::Address {
    wallet.address(SubaddressIndex::new(major, minor)).unwrap()
}

fn total(wallet: &Wallet, chain: &ToyChain) -> u64 {
    wallet.total_balance(chain.view(), Counting::MinedOnly).total.atomic()
}

#[test]
fn batch_payouts_behind_the_second_key_are_found_at_every_address() {
    let mut chain = ToyChain::new(1);
    let mut wallet = chain.new_wallet();
    let stranger = chain.stranger();
    let payouts = [
        (stranger, Amount::from_atomic(1)),
        (address(&wallet, 0, 0), Amount::from_atomic(2)),
        (address(&wallet, 0, 0), Amount::from_atomic(3)),
    ];
    chain.mine(&payouts, &[]);
    chain.scan(&mut wallet);
    assert_eq!(total(&wallet, &chain), 5);
    let transfers = wallet.transfers(&TransferFilter::default());
    assert_eq!(
        (transfers[0].kind, transfers[0].amount.atomic()),
        (TransferKind::Reward, 5)
    );
    let places: Vec<u64> = wallet
        .outputs()
        .all()
        .map(|output| output.global_index.index())
        .collect();
    assert_eq!(places, [1, 2]);
}

/// Every payment makes the wallet look further ahead, beyond what the context of the whole batch knew.
#[test]
fn a_chain_of_payments_ahead_is_followed_with_one_old_context() {
    let mut chain = ToyChain::new(2);
    let mut wallet = chain.new_wallet();
    let mut expected = 0;
    for minor in [4, 8, 12, 16, 20] {
        chain.mine(
            &[(address(&wallet, 0, minor), Amount::from_atomic(u64::from(minor)))],
            &[],
        );
        expected += u64::from(minor);
    }
    for major in [2, 5, 7] {
        chain.mine(&[(address(&wallet, major, 1), Amount::from_atomic(1_000))], &[]);
        expected += 1_000;
    }
    // Two steps ahead in one block.
    chain.mine(
        &[
            (address(&wallet, 0, 30), Amount::OXEN),
            (address(&wallet, 0, 25), Amount::OXEN),
        ],
        &[],
    );
    expected += 2 * OXEN;
    // Too far ahead.
    chain.mine(&[(address(&wallet, 0, 99), Amount::OXEN)], &[]);
    chain.scan(&mut wallet);
    assert_eq!(total(&wallet, &chain), expected);
    assert_eq!(wallet.accounts().count(), 8);
    assert_eq!(wallet.accounts().highest_used(0), Some(30));
    assert!(wallet.accounts().contains(SubaddressIndex::new(0, 30)));
    let mut farther = toy_chain::open(wallet.keys().clone());
    farther.accounts_mut().set_lookahead(oxen_wallet_core::Lookahead {
        accounts: 3,
        addresses: 100,
    });
    chain.scan(&mut farther);
    assert_eq!(total(&farther, &chain), expected + OXEN);
}

#[test]
fn of_outputs_with_one_key_only_the_largest_counts() {
    let mut chain = ToyChain::with_strangers(3);
    let mut wallet = chain.new_wallet();
    let own = address(&wallet, 0, 0);
    chain.mine(&[(own, Amount::from_atomic(10))], &[]);
    chain.mine_empty(1);
    chain.mine_empty(1);
    // The same coinbase key, once worth less and once worth more.
    let paying = chain
        .blocks
        .iter()
        .position(|block| !block.transactions[0].outputs.is_empty() && block.height.index() == 60)
        .unwrap();
    let original = chain.blocks[paying].transactions[0].clone();
    for (block, amount) in [(paying + 1, 4), (paying + 2, 25)] {
        let transaction = &mut chain.blocks[block].transactions[0];
        transaction.public_keys = original.public_keys.clone();
        transaction.outputs = original.outputs.clone();
        transaction.outputs[0].amount = oxen_types::scan::ScanAmount::Clear(amount);
    }
    let context = wallet.view_context().unwrap();
    let mut warnings = 0;
    for block in chain.blocks.clone() {
        let applied = wallet.apply_block(&block, find_owned(&context, &block)).unwrap();
        warnings += applied
            .events
            .iter()
            .filter(|event| matches!(event, WalletEvent::DuplicateKey { .. }))
            .count();
    }
    assert_eq!((warnings, wallet.outputs().len()), (2, 3));
    assert_eq!(total(&wallet, &chain), 25);
    wallet.detach(Height::new(paying as u64 + 2)).unwrap();
    assert_eq!(total(&wallet, &chain), 10, "the larger one is gone again");
}

#[test]
fn amounts_that_commitments_do_not_hide_are_ignored() {
    let mut chain = ToyChain::with_strangers(4);
    let mut sender = chain.rich_wallet(&[100 * OXEN]);
    let mut receiver = chain.new_wallet();
    let destination = Destination {
        address: address(&receiver, 0, 0),
        amount: Amount::OXEN,
    };
    let request = TransferRequest::new(vec![destination]);
    let plans = chain.plan_transfer(&sender, &request).unwrap();
    chain.send_and_mine(&mut sender, &plans);
    for output in &mut chain.blocks.last_mut().unwrap().transactions[1].outputs {
        if let oxen_types::scan::ScanAmount::Hidden { encrypted, .. } = &mut output.amount {
            encrypted[7] ^= 1;
        }
    }
    chain.scan(&mut receiver);
    assert!(receiver.outputs().is_empty());
}

#[test]
fn a_reorganisation_moves_payments_to_the_other_branch() {
    let mut chain = ToyChain::with_strangers(5);
    let mut sender = chain.rich_wallet(&[100 * OXEN]);
    let mut receiver = chain.new_wallet();
    let destination = Destination {
        address: address(&receiver, 0, 0),
        amount: Amount::OXEN,
    };
    let request = TransferRequest::new(vec![destination]);
    let plans = chain.plan_transfer(&sender, &request).unwrap();
    let fork = chain.height();
    let [signed] = chain.send_and_mine(&mut sender, &plans).try_into().unwrap();
    chain.mine_empty(3);
    chain.scan(&mut sender);
    chain.scan(&mut receiver);
    assert_eq!(total(&receiver, &chain), OXEN);
    let money = total(&sender, &chain);
    // The other branch mines it two blocks later.
    chain.take_back(fork);
    chain.mine_empty(2);
    chain.mine(&[], &[&signed.transaction]);
    chain.mine_empty(5);
    for wallet in [&mut sender, &mut receiver] {
        let request = wallet.scan_request(100);
        let common = request
            .known
            .iter()
            .find(|known| chain.blocks[known.height.index() as usize].id == known.id);
        let from = common.unwrap().height.next();
        assert_eq!(from, fork);
        let answer = ScanAnswer {
            chain_height: chain.height(),
            immutable_height: Height::new(10),
            blocks: chain.blocks[from.index() as usize..].to_vec(),
        };
        let detached = wallet.align(&answer).unwrap().unwrap();
        assert_eq!((detached.height, detached.blocks), (fork, 4));
        assert_eq!(detached.transactions, [signed.id]);
    }
    assert!(matches!(
        sender.transfers_of(&signed.id)[0].state,
        TransferState::Pending { .. }
    ));
    assert_eq!(total(&receiver, &chain), 0);
    chain.scan(&mut sender);
    chain.scan(&mut receiver);
    assert_eq!((total(&receiver, &chain), total(&sender, &chain)), (OXEN, money));
    assert_eq!(receiver.transactions()[&signed.id].height, fork.saturating_add(2));
    assert_eq!(
        received(&sender, &signed.id),
        BTreeMap::from([((0, 0), signed.change.atomic())])
    );
}

#[test]
fn blocks_out_of_place_are_refused() {
    let mut chain = ToyChain::with_strangers(6);
    let mut wallet = chain.rich_wallet(&[OXEN]);
    chain.mine_empty(2);
    let context = wallet.view_context().unwrap();
    let next = wallet.chain().next();
    let [first, second] = [0, 1].map(|offset| chain.blocks[(next.index() + offset) as usize].clone());
    let hits = find_owned(&context, &second);
    let refused = wallet.apply_block(&second, hits.clone());
    assert_eq!(
        refused,
        Err(ApplyError::NotNext {
            expected: next,
            found: second.height
        })
    );
    assert_eq!(wallet.apply_block(&first, hits), Err(ApplyError::OtherBlock));
    let mut foreign = first.clone();
    foreign.previous = Hash::new([1; 32]);
    let hits = find_owned(&context, &foreign);
    assert_eq!(
        wallet.apply_block(&foreign, hits),
        Err(ApplyError::OtherBranch { height: next })
    );
    let answer = |blocks| ScanAnswer {
        chain_height: chain.height(),
        immutable_height: Height::new(40),
        blocks,
    };
    assert_eq!(
        wallet.align(&answer(vec![foreign])),
        Err(DetachError::UnknownParent { height: next })
    );
    let gap = DetachError::Gap {
        expected: next,
        found: second.height,
    };
    assert_eq!(wallet.align(&answer(vec![second])), Err(gap));
    assert_eq!(wallet.align(&answer(Vec::new())), Ok(None));
    let old = chain.blocks[40].clone();
    let fixed = DetachError::BelowImmutable {
        height: Height::new(40),
        immutable: Height::new(40),
    };
    assert_eq!(wallet.align(&answer(vec![old])), Err(fixed));
    let mut repeated = first;
    repeated.transactions = chain.blocks[60].transactions.clone();
    let hits = find_owned(&context, &repeated);
    let taken = ApplyError::GlobalIndexTaken {
        index: GlobalOutputIndex::new(180),
    };
    assert_eq!(wallet.apply_block(&repeated, hits), Err(taken));
}

#[test]
fn money_on_its_way_is_shown_before_it_is_mined() {
    let mut chain = ToyChain::with_strangers(7);
    let mut sender = chain.rich_wallet(&[100 * OXEN]);
    let mut receiver = chain.new_wallet();
    chain.scan(&mut receiver);
    let destination = Destination {
        address: address(&receiver, 0, 3),
        amount: Amount::OXEN,
    };
    let request = TransferRequest::new(vec![destination]);
    let plans = chain.plan_transfer(&sender, &request).unwrap();
    let [signed] = chain.send(&mut sender, &plans).try_into().unwrap();
    let pool = ScanPool {
        transactions: vec![ScanPoolTransaction {
            received: NOW,
            approval: PoolApproval::Ordinary,
            transaction: ScanTransaction::new(signed.id, &PrunedTransaction::from(&signed.transaction), None),
        }],
    };
    // Another copy of the sender's wallet, which did not make the transaction.
    let mut copy = toy_chain::open(sender.keys().clone());
    chain.scan(&mut copy);
    for wallet in [&mut sender, &mut receiver, &mut copy] {
        let findings = find_in_pool(&wallet.view_context().unwrap(), &pool);
        assert_eq!(wallet.apply_pool(&pool, findings), []);
    }
    let balance = receiver.total_balance(chain.view(), Counting::WithReturning);
    assert_eq!((balance.total, balance.arriving), (Amount::ZERO, Amount::OXEN));
    let line = &receiver.transfers(&TransferFilter::default())[0];
    assert_eq!(
        (line.kind, line.amount, line.addresses.first()),
        (TransferKind::Incoming, Amount::OXEN, Some(&3))
    );
    assert!(matches!(line.state, TransferState::Pool { .. }));
    let lines = sender.transfers_of(&signed.id);
    assert_eq!(
        (lines.len(), lines[0].amount, lines[0].change),
        (1, Amount::OXEN, signed.change)
    );
    let lines = copy.transfers_of(&signed.id);
    assert_eq!(
        (lines.len(), lines[0].amount, lines[0].fee),
        (1, Amount::OXEN, signed.fee)
    );
    assert_eq!(
        copy.total_balance(chain.view(), Counting::MinedOnly).unlocked,
        Amount::ZERO,
        "it is being spent"
    );
    chain.mine(&[], &[&signed.transaction]);
    for wallet in [&mut sender, &mut receiver, &mut copy] {
        chain.scan(wallet);
        assert_eq!(wallet.transfers_of(&signed.id).len(), 1);
        assert!(matches!(
            wallet.transfers_of(&signed.id)[0].state,
            TransferState::Mined { .. }
        ));
    }
}

#[test]
fn a_rescan_keeps_what_the_chain_does_not_know() {
    let mut chain = ToyChain::with_strangers(8);
    let mut wallet = chain.rich_wallet(&[100 * OXEN]);
    let stranger = chain.stranger();
    let request = TransferRequest::new(vec![Destination {
        address: stranger,
        amount: Amount::OXEN,
    }]);
    let plans = chain.plan_transfer(&wallet, &request).unwrap();
    let [signed] = chain.send_and_mine(&mut wallet, &plans).try_into().unwrap();
    wallet.journal_mut().set_note(signed.id, "rent");
    wallet.accounts_mut().label_account(0, "daily").unwrap();
    let before = wallet.transfers(&TransferFilter::default());
    wallet.rescan(Height::GENESIS);
    assert_eq!(wallet.outputs().len(), 0);
    chain.scan(&mut wallet);
    assert_eq!(wallet.transfers(&TransferFilter::default()), before);
    let line = &wallet.transfers_of(&signed.id)[0];
    assert_eq!((line.note.as_str(), line.destinations.len()), ("rent", 1));
    assert!(wallet.journal().transaction_keys(&signed.id).is_some());
    assert_eq!(wallet.accounts().address_label(SubaddressIndex::PRIMARY), "daily");
}

#[test]
fn a_lock_by_time_opens_one_block_early() {
    let mut chain = ToyChain::with_strangers(9);
    let mut sender = chain.rich_wallet(&[100 * OXEN, 90 * OXEN]);
    let mut receiver = chain.new_wallet();
    for (seconds, unlocked) in [(121, 0), (120, OXEN)] {
        let destination = Destination {
            address: address(&receiver, 0, 0),
            amount: Amount::OXEN,
        };
        let mut request = TransferRequest::new(vec![destination]);
        request.unlock_time = oxen_types::UnlockTime::new(NOW.seconds() + seconds);
        let plans = chain.plan_transfer(&sender, &request).unwrap();
        chain.send_and_mine(&mut sender, &plans);
        chain.mine_empty(10);
        chain.scan(&mut sender);
        chain.scan(&mut receiver);
        let balance = receiver.total_balance(chain.view(), Counting::MinedOnly);
        assert_eq!(balance.unlocked.atomic(), unlocked);
        assert_eq!(
            balance.unlock_time.map(|time| time.seconds()),
            Some(NOW.seconds() + 121)
        );
    }
}

#[test]
fn an_output_can_be_spent_ten_blocks_after_its_own() {
    let mut chain = ToyChain::with_strangers(10);
    let mut sender = chain.rich_wallet(&[100 * OXEN]);
    let own = address(&sender, 0, 0);
    let plans = chain.plan_transfer(
        &sender,
        &TransferRequest::new(vec![Destination {
            address: own,
            amount: Amount::OXEN,
        }]),
    );
    chain.send_and_mine(&mut sender, &plans.unwrap());
    for left in (0..10).rev() {
        let balance = sender.total_balance(chain.view(), Counting::MinedOnly);
        assert_eq!((balance.blocks_to_unlock, balance.unlocked.is_zero()), (left, left > 0));
        if left > 0 {
            chain.mine_empty(1);
            chain.scan(&mut sender);
        }
    }
}
