//! Burns that a wallet builds: what the chain is to see, and the receipt that stays.

use crate::toy_chain::{ToyChain, received};
use oxen_types::{
    Amount,
    bytes::EthereumAddress,
    extra::{ExtraField, SwapField},
    transaction::TransactionType,
};
use oxen_wallet_core::{
    build::{BuildError, OutputLimits, Priority, SourceAddresses, SwapTransactionRequest},
    history::{TransferFilter, TransferKind},
    sent::{SentKind, SentTransaction},
    swap::SwapReceipt,
};
use parity_scale_codec::{Decode, Encode};
use std::collections::BTreeMap;

const OXEN: u64 = 1_000_000_000;

fn request(burned: u64) -> SwapTransactionRequest {
    SwapTransactionRequest {
        l2_chain_id: 31_337,
        recipient: EthereumAddress::new([7; 20]),
        ratio_index: 2,
        nonce: [9; 8],
        burned: Amount::from_atomic(burned),
        account: 0,
        sources: SourceAddresses::All,
        priority: Priority::Default,
        limits: OutputLimits::default(),
    }
}

#[test]
fn a_burn_has_both_fields_and_its_change_as_the_only_output() {
    let mut chain = ToyChain::with_strangers(40);
    let mut wallet = chain.rich_wallet(&[5 * OXEN, 6 * OXEN]);
    let plan = chain.plan_swap(&wallet, &request(7 * OXEN)).unwrap();
    let [signed] = chain.send_and_mine(&mut wallet, &[plan]).try_into().unwrap();
    let prefix = &signed.transaction.prefix;
    assert_eq!((prefix.kind, prefix.outputs.len()), (TransactionType::OxenSwap, 1));
    let extra = prefix.parse_extra();
    let field = SwapField {
        version: 0,
        l2_chain_id: 31_337,
        recipient: EthereumAddress::new([7; 20]),
        ratio_index: 2,
        nonce: [9; 8],
    };
    assert_eq!(extra.swap(), Some(&field));
    assert_eq!(extra.burned().atomic(), 7 * OXEN);
    let special = |one: &&ExtraField| matches!(one, ExtraField::Swap(_) | ExtraField::Burn(_));
    assert_eq!(extra.fields().iter().filter(special).count(), 2);
    assert_eq!(signed.burned.atomic(), 7 * OXEN);
    let left = 11 * OXEN - signed.fee.atomic();
    assert!(left < 4 * OXEN, "the network fee comes on top");
    assert_eq!(received(&wallet, &signed.id), BTreeMap::from([((0, 0), left)]));
}

#[test]
fn the_receipt_is_kept_with_what_was_sent_and_read_back() {
    let mut chain = ToyChain::with_strangers(41);
    let mut wallet = chain.rich_wallet(&[20 * OXEN]);
    let plan = chain.plan_swap(&wallet, &request(2 * OXEN)).unwrap();
    let [signed] = chain.send_and_mine(&mut wallet, &[plan]).try_into().unwrap();
    let receipt = SwapReceipt {
        l2_chain_id: 31_337,
        recipient: EthereumAddress::new([7; 20]),
        ratio_index: 2,
        nonce: [9; 8],
    };
    let (sent, kept) = wallet.journal().swaps().next().expect("one was sent");
    assert_eq!((sent.id, *kept, sent.burned.atomic()), (signed.id, receipt, 2 * OXEN));
    let read = SentTransaction::decode(&mut sent.encode().as_slice()).unwrap();
    assert_eq!((&read, read.kind), (sent, SentKind::Swap(receipt)));
    let shown = wallet.transfers(&TransferFilter::default());
    assert!(
        shown
            .iter()
            .any(|one| one.transaction == signed.id && one.kind == TransferKind::Swap)
    );
}

#[test]
fn what_was_sent_before_there_was_a_swap_is_read_as_it_was_written() {
    for kind in [
        TransactionType::Standard,
        TransactionType::Stake,
        TransactionType::OxenNameSystem,
    ] {
        assert_eq!(SentKind::Ordinary(kind).encode(), kind.encode());
        assert_eq!(
            SentKind::decode(&mut kind.encode().as_slice()).unwrap(),
            SentKind::Ordinary(kind)
        );
    }
}

#[test]
fn a_burn_needs_its_amount_and_the_fee_and_cannot_be_instant() {
    let mut chain = ToyChain::with_strangers(42);
    let wallet = chain.rich_wallet(&[3 * OXEN]);
    let refused = chain.plan_swap(&wallet, &request(3 * OXEN)).unwrap_err();
    assert!(matches!(refused, BuildError::NotEnoughMoney { .. }), "{refused}");
    let mut instant = request(2 * OXEN);
    instant.priority = Priority::Blink;
    let refused = chain.plan_swap(&wallet, &instant).unwrap_err();
    assert!(matches!(refused, BuildError::PriorityNotForKind { .. }), "{refused}");
}
