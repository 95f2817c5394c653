//! A block of the recorded chain, altered to break one rule and signed again by its quorum, is refused by that rule.

use crate::{
    grown_chain::{block, grow, prepare, sign},
    recorded::open,
};
use oxen_conformance::replay::prepared::PreparedChain;
use oxen_state::{BlockError, CheckedBlock, UntrustedBlock, transaction::CheckedTransaction};
use oxen_types::{
    Amount, Block, ConsensusEncode, Extra, ExtraField, Hash, Height, PublicKey, Timestamp, Transaction, UnlockTime,
    block::BatchingTail, transaction::OutputTarget,
};
use std::sync::Arc;

type Transactions = Vec<Arc<CheckedTransaction>>;

/// An alteration, and how the block is refused.
struct Case {
    what: &'static str,
    alter: fn(&mut Block, &mut Transactions),
    sign: Signing,
    refused: fn(&BlockError) -> bool,
}

/// Whether the quorum signs what was altered.
#[derive(PartialEq, Eq)]
enum Signing {
    Again,
    No,
}

fn coinbase(block: &mut Block) -> &mut Transaction {
    block.miner_transaction.as_mut().unwrap()
}

fn tail(block: &mut Block) -> (&mut Height, &mut Amount) {
    match block.batching_tail.as_mut().unwrap() {
        BatchingTail::Full { height, reward, .. } => (height, reward),
        BatchingTail::Compact { .. } => panic!("recorded blocks have full tails"),
    }
}

fn set_leader(block: &mut Block, leader: PublicKey) {
    let prefix = &mut coinbase(block).prefix;
    let mut extra = Extra::parse(&prefix.extra).unwrap();
    extra.retain(|field| !matches!(field, ExtraField::Winner(_)));
    extra.push(ExtraField::Winner(leader));
    prefix.extra = extra.encode();
}

const PULSE_CASES: &[Case] = &[
    Case {
        what: "a bit of a signature",
        alter: |block, _| {
            let mut bytes = block.signatures[3].signature.to_bytes();
            bytes[40] ^= 1;
            block.signatures[3].signature = bytes.into();
        },
        sign: Signing::No,
        refused: |error| matches!(error, BlockError::PulseSignature { .. }),
    },
    Case {
        what: "a timestamp under the old signatures",
        alter: |block, _| block.header.timestamp = block.header.timestamp.saturating_add(1),
        sign: Signing::No,
        refused: |error| matches!(error, BlockError::PulseSignature { .. }),
    },
    Case {
        what: "six signatures",
        alter: |block, _| block.signatures.truncate(6),
        sign: Signing::No,
        refused: |error| matches!(error, BlockError::PulseSignatureSet),
    },
    Case {
        what: "signatures out of order",
        alter: |block, _| block.signatures.swap(2, 3),
        sign: Signing::No,
        refused: |error| matches!(error, BlockError::PulseSignatureSet),
    },
    Case {
        what: "a signer that did not take part",
        alter: |block, _| {
            let signer = block.signatures[0].voter_index;
            block.header.pulse.as_mut().unwrap().validator_bitset &= !(1 << signer);
        },
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::PulseSignatureSet),
    },
    Case {
        what: "a participant beyond the quorum",
        alter: |block, _| block.header.pulse.as_mut().unwrap().validator_bitset |= 1 << 11,
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::PulseSignatureSet),
    },
    Case {
        what: "a nonce",
        alter: |block, _| block.header.nonce = 1,
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::PulseNonce),
    },
    Case {
        what: "no sign of Pulse",
        alter: |block, _| {
            block.header.pulse = Some(Default::default());
            block.signatures.clear();
        },
        sign: Signing::No,
        refused: |error| matches!(error, BlockError::PulseExpected),
    },
    Case {
        what: "a time after its round",
        alter: |block, _| block.header.timestamp = block.header.timestamp.saturating_add(60),
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::PulseTiming { .. }),
    },
    Case {
        what: "another round",
        alter: |block, _| block.header.pulse.as_mut().unwrap().round = 9,
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::PulseTiming { round: 9, .. }),
    },
    Case {
        what: "a time before the median",
        alter: |block, _| block.header.timestamp = Timestamp::from_seconds(1),
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::TimestampBelowMedian { .. }),
    },
    Case {
        what: "another parent",
        alter: |block, _| block.header.previous = Hash::ZERO,
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::NotOnTip { .. }),
    },
    Case {
        what: "one atomic unit more of reward",
        alter: |block, _| {
            let (_, reward) = tail(block);
            *reward = Amount::from_atomic(reward.atomic() + 1);
        },
        sign: Signing::No,
        refused: |error| matches!(error, BlockError::RewardMismatch { .. }),
    },
    Case {
        what: "another height in the tail",
        alter: |block, _| {
            let (height, _) = tail(block);
            *height = height.next();
        },
        sign: Signing::No,
        refused: |error| matches!(error, BlockError::WrongHeight { .. }),
    },
    Case {
        what: "another leader",
        alter: |block, _| set_leader(block, PublicKey::new([1; 32])),
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::CoinbaseLeader),
    },
    Case {
        what: "one atomic unit more to somebody",
        alter: |block, _| {
            let amount = &mut coinbase(block).prefix.outputs[0].amount;
            *amount = Amount::from_atomic(amount.atomic() + 1);
        },
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::PayoutMismatch { output: 0 }),
    },
    Case {
        what: "payouts in another order",
        alter: |block, _| coinbase(block).prefix.outputs.swap(0, 1),
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::PayoutMismatch { output: 0 }),
    },
    Case {
        what: "somebody else's key",
        alter: |block, _| coinbase(block).prefix.outputs[1].target = OutputTarget::Key(PublicKey::new([3; 32])),
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::PayoutMismatch { output: 1 }),
    },
    Case {
        what: "a payout fewer",
        alter: |block, _| {
            coinbase(block).prefix.outputs.truncate(1);
            coinbase(block).prefix.output_unlock_times.truncate(1);
        },
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::PayoutCount { expected: 2, found: 1 }),
    },
    Case {
        what: "a coinbase that unlocks earlier",
        alter: |block, _| {
            let prefix = &mut coinbase(block).prefix;
            prefix.unlock_time = UnlockTime::new(prefix.unlock_time.value() - 1);
        },
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::CoinbaseUnlockTime { .. }),
    },
    Case {
        what: "the same transaction twice",
        alter: |block, transactions| {
            block.transaction_ids.push(block.transaction_ids[0]);
            transactions.push(Arc::clone(&transactions[0]));
        },
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::TransactionMined { .. }),
    },
    Case {
        what: "a transaction fewer, with the fees of all",
        alter: |block, transactions| {
            let kept = transactions.len() - 1;
            block.transaction_ids.truncate(kept);
            transactions.truncate(kept);
        },
        sign: Signing::Again,
        refused: |error| matches!(error, BlockError::RewardMismatch { .. }),
    },
];

/// Applies an altered block to the chain below it.
fn attempt(case: &Case, original: &CheckedBlock, sign_again: impl Fn(&mut Block)) -> Result<CheckedBlock, BlockError> {
    let mut block = original.block().clone();
    let mut transactions = original.transactions().to_vec();
    (case.alter)(&mut block, &mut transactions);
    if case.sign == Signing::Again {
        sign_again(&mut block);
    }
    UntrustedBlock::from_blob(&block.encode())?.with_transactions(transactions)
}

/// The first Pulse block that pays two and has two transfers.
fn rich_block(prepared: &PreparedChain) -> Height {
    let place = prepared.blocks.iter().flatten().position(|block| {
        let pays = block.block().miner_transaction.as_ref().unwrap().prefix.outputs.len();
        let transfers = block.transactions().iter().filter(|one| one.clsag().is_some()).count();
        block.block().has_pulse() && pays == 2 && transfers == block.transactions().len() && transfers >= 2
    });
    Height::new(place.unwrap() as u64)
}

#[test]
fn every_alteration_of_a_pulse_block_is_refused_by_its_rule() {
    let Some(recording) = open("oxend-hf19") else { return };
    let prepared = prepare(&recording);
    let height = rich_block(&prepared);
    let mut chain = grow(&recording, &prepared, height);
    let original = block(&prepared, height);
    chain.assume_proofs(original);
    for case in PULSE_CASES {
        let outcome = attempt(case, original, |block| sign(&recording, height, block))
            .and_then(|block| chain.apply(&block).map(drop));
        let error = outcome.expect_err(case.what);
        assert!((case.refused)(&error), "{}: {error}", case.what);
        assert_eq!(chain.height().next(), height);
    }
    // Signed again without an alteration it is as good as before.
    let same = Case {
        what: "nothing",
        alter: |_, _| {},
        sign: Signing::Again,
        refused: |_| false,
    };
    let block = attempt(&same, original, |block| sign(&recording, height, block)).unwrap();
    chain.apply(&block).unwrap();
}

#[test]
fn proofs_must_be_verified_before_a_block_is_applied() {
    let Some(recording) = open("oxend-hf19") else { return };
    let prepared = prepare(&recording);
    let height = rich_block(&prepared);
    let mut chain = grow(&recording, &prepared, height);
    let error = chain.apply(block(&prepared, height)).unwrap_err();
    assert!(matches!(error, BlockError::ProofsNotVerified { .. }), "{error}");
}

#[test]
fn a_mined_block_may_not_look_like_pulse_and_a_double_spend_is_not_mined() {
    let Some(recording) = open("oxend-hf19") else { return };
    let prepared = prepare(&recording);
    let mined = Height::new(40);
    let mut chain = grow(&recording, &prepared, mined);
    let original = block(&prepared, mined);
    let mut altered = original.block().clone();
    altered.header.pulse.as_mut().unwrap().round = 1;
    let altered = UntrustedBlock::from_blob(&altered.encode()).unwrap();
    let altered = altered.with_transactions(original.transactions().to_vec()).unwrap();
    let error = chain.apply(&altered).unwrap_err();
    assert!(matches!(error, BlockError::PulseNotExpected), "{error}");

    // The second spender of the recorded submissions, in the block after the one that has the first.
    let group = &recording.events.as_ref().unwrap().submissions[0];
    let version = recording.network.forks.version_at(Height::new(110)).version;
    let spender = CheckedTransaction::from_blob(&group.blobs[1].0, version).unwrap();
    let first = CheckedTransaction::from_blob(&group.blobs[0].0, version).unwrap();
    let place = recording
        .transactions
        .iter()
        .find(|one| one.txid == first.id())
        .unwrap()
        .height;
    let height = place.next();
    let mut chain = grow(&recording, &prepared, height);
    let original = block(&prepared, height);
    let mut altered = original.block().clone();
    let mut transactions = original.transactions().to_vec();
    altered.transaction_ids.push(spender.id());
    transactions.push(Arc::new(spender));
    sign(&recording, height, &mut altered);
    let altered = UntrustedBlock::from_blob(&altered.encode()).unwrap();
    let altered = altered.with_transactions(transactions).unwrap();
    chain.assume_proofs(&altered);
    let error = chain.apply(&altered).unwrap_err();
    let BlockError::Transaction { error, .. } = error else {
        panic!("{error}")
    };
    assert!(
        matches!(*error, oxen_state::TransactionError::KeyImageSpent { .. }),
        "{error}"
    );
}

#[test]
fn a_block_with_a_transaction_missing_or_foreign_is_refused() {
    let Some(recording) = open("oxend-hf19") else { return };
    let prepared = prepare(&recording);
    let original = block(&prepared, rich_block(&prepared));
    let untrusted = || UntrustedBlock::from_blob(&original.block().encode()).unwrap();
    let mut transactions = original.transactions().to_vec();
    transactions.swap(0, 1);
    for given in [Vec::new(), transactions] {
        let error = untrusted().with_transactions(given).unwrap_err();
        assert!(matches!(error, BlockError::TransactionMissing { .. }), "{error}");
    }
}
