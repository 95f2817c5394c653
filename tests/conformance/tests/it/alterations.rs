//! A recording that was altered in one place must be told: otherwise agreement would mean nothing.

use crate::recorded::open;
use oxen_conformance::{
    Check, Recording, Report,
    decode::{
        blocks, coinbases, decoded::DecodedChain, outputs, proofs, quorums, rewards, staking, times, transactions,
        wallets,
    },
    recording::{
        chain::{RecordedKind, RecordedTransaction},
        states::{RecordedServiceNode, RecordedState},
        wallets::{RecordedIncoming, RecordedOwnedOutput},
    },
    replay::{self, Course},
};
use oxen_types::{Amount, Height, PaymentId, PublicKey, Timestamp, transaction::Weight};

type Alter = fn(&mut Recording);
type Compare = fn(&Recording, &DecodedChain, &mut Report);

/// The checks that tell of an alteration.
fn told(original: &Recording, alter: Alter, compare: Compare) -> Vec<Check> {
    let mut recording = original.clone();
    alter(&mut recording);
    let mut report = Report::new();
    let chain = DecodedChain::decode(&recording, &mut report);
    compare(&recording, &chain, &mut report);
    report.differences().iter().map(|difference| difference.check).collect()
}

/// A transfer of the recording.
fn transfer(recording: &mut Recording) -> &mut RecordedTransaction {
    recording
        .transactions
        .iter_mut()
        .find(|one| one.kind == RecordedKind::Transfer)
        .unwrap()
}

#[test]
fn decode_tells_every_kind_of_alteration() {
    let cases: &[(&str, Check, Alter, Compare)] = &[
        (
            "a byte behind a block",
            Check::BlockBytes,
            |r| r.blocks[9].blob.0.push(0),
            |_, _, _| {},
        ),
        (
            "a block id",
            Check::BlockId,
            |r| r.blocks[9].hash = r.blocks[8].hash,
            blocks::compare,
        ),
        (
            "a header field",
            Check::BlockHeader,
            |r| r.blocks[9].header.nonce ^= 1,
            blocks::compare,
        ),
        (
            "a block's form",
            Check::BlockForm,
            |r| r.blocks[9].json["nonce"] = 1.into(),
            blocks::compare,
        ),
        (
            "a block weight",
            Check::BlockWeight,
            |r| r.blocks[9].header.block_weight = Weight::new(1),
            blocks::compare,
        ),
        (
            "a missing transaction",
            Check::BlockTransactions,
            |r| drop(r.transactions.pop()),
            blocks::compare,
        ),
        (
            "a genesis nonce",
            Check::Genesis,
            |r| r.network.genesis.nonce ^= 1,
            blocks::compare,
        ),
        (
            "a transaction id",
            Check::TransactionId,
            |r| r.transactions[9].txid = r.blocks[0].hash,
            transactions::compare,
        ),
        (
            "a prefix hash",
            Check::PrefixHash,
            |r| transfer(r).prefix_hash = transfer(r).txid,
            transactions::compare,
        ),
        (
            "a prunable hash",
            Check::PrunableHash,
            |r| transfer(r).prunable_hash = transfer(r).txid,
            transactions::compare,
        ),
        (
            "a pruned part",
            Check::PrunedTransaction,
            |r| transfer(r).pruned.0.truncate(40),
            transactions::compare,
        ),
        (
            "a weight",
            Check::TransactionWeight,
            |r| transfer(r).weight = Weight::new(1),
            transactions::compare,
        ),
        (
            "a form",
            Check::TransactionForm,
            |r| transfer(r).json["version"] = 3.into(),
            transactions::compare,
        ),
        (
            "extra fields",
            Check::ExtraFields,
            |r| transfer(r).extra["type"] = "nonce".into(),
            transactions::compare,
        ),
        (
            "a fee",
            Check::Fee,
            |r| transfer(r).rpc.fee = Amount::OXEN,
            transactions::compare,
        ),
        (
            "an index",
            Check::OutputIndices,
            |r| transfer(r).output_indices[0] += 1,
            outputs::compare,
        ),
        (
            "a commitment",
            Check::Outputs,
            |r| r.outputs[99].mask = r.outputs[98].mask,
            outputs::compare,
        ),
        (
            "a time",
            Check::BlockTimes,
            |r| r.blocks[99].header.timestamp = Timestamp::from_seconds(1),
            times::check,
        ),
        (
            "a balance",
            Check::AccruedRewards,
            |r| balance(r, 150),
            rewards::compare,
        ),
        (
            "thousandths",
            Check::AccruedMilli,
            |r| r.rewards.as_mut().unwrap().batched_payments_accrued[0].amount += 1,
            rewards::compare,
        ),
        (
            "a payment",
            Check::Payments,
            |r| r.rewards.as_mut().unwrap().batched_payments_raw[3].amount += 1000,
            rewards::compare,
        ),
        (
            "a payout",
            Check::CoinbasePayouts,
            |r| r.rewards.as_mut().unwrap().batched_payments_raw[3].amount += 1000,
            coinbases::compare,
        ),
    ];
    let Some(recording) = open("oxend-hf19") else { return };
    for (what, check, alter, compare) in cases {
        let found = told(&recording, *alter, *compare);
        assert!(found.contains(check), "{what}: told {found:?}");
    }
}

#[test]
fn decode_tells_altered_proofs_and_signatures() {
    let Some(recording) = open("oxend-hf19") else { return };
    // The first transfers spend outputs of the genesis block.
    let found = told(
        &recording,
        |r| {
            r.outputs[..80]
                .iter_mut()
                .for_each(|output| output.key = PublicKey::ZERO)
        },
        proofs::verify,
    );
    assert_eq!(found, [Check::RingSignatures]);

    let found = told(
        &recording,
        |r| r.quorums = Some(Default::default()),
        |r, c, report| {
            quorums::verify(r, c, report);
            staking::verify(r, c, report);
        },
    );
    let expected = [
        Check::PulseForm,
        Check::PulseSignatures,
        Check::CheckpointSignatures,
        Check::StateChangeVotes,
    ];
    assert_eq!(found, expected);

    let found = told(
        &recording,
        |r| {
            let stake = r.transactions.iter().position(|one| one.kind == RecordedKind::Stake);
            r.transactions[stake.unwrap()].rpc.stake_amount = Some(Amount::OXEN);
            // Without the stakes nobody knows what an unlock is about.
            let all = r.transactions.iter_mut();
            all.filter(|one| one.kind == RecordedKind::Registration)
                .for_each(|one| one.kind = RecordedKind::Transfer);
        },
        staking::verify,
    );
    assert_eq!(found, [Check::Stakes, Check::UnlockSignatures]);
}

#[test]
fn decode_tells_altered_wallets() {
    let cases: &[(Check, Alter)] = &[
        (Check::Seeds, |r| {
            let words = &mut r.wallets.as_mut().unwrap()[0].mnemonic;
            *words = words.replacen(' ', " abbey ", 1);
        }),
        (Check::WalletKeys, |r| {
            r.wallets.as_mut().unwrap()[0].view_key = "00".repeat(32)
        }),
        (Check::Addresses, |r| {
            let wallets = r.wallets.as_mut().unwrap();
            wallets[0].integrated = wallets[1].integrated.clone();
        }),
        (Check::OwnedOutputs, |r| owned(r).truncate(9)),
        (Check::OwnedAmounts, |r| owned(r)[3].amount = Amount::OXEN),
        (Check::OwnedKeyImages, |r| owned(r)[3].key_image = owned(r)[4].key_image),
        (Check::PaymentIds, |r| {
            let transfers = &mut r.wallets.as_mut().unwrap()[1].transfers.received;
            transfers[0].payment_id = PaymentId::new([1; 8]);
        }),
    ];
    let Some(mut recording) = open("oxend-hf19") else {
        return;
    };
    recording.wallets.as_mut().unwrap().truncate(2);
    for (check, alter) in cases {
        let found = told(&recording, *alter, wallets::compare);
        assert_eq!(found, [*check]);
    }
}

fn owned(recording: &mut Recording) -> &mut Vec<RecordedOwnedOutput> {
    let incoming = recording.wallets.as_mut().unwrap()[0]
        .incoming_transfers
        .get_mut("0")
        .unwrap();
    match incoming {
        RecordedIncoming::List(outputs) | RecordedIncoming::Answer { transfers: outputs } => outputs,
    }
}

fn balance(recording: &mut Recording, height: u64) {
    let state = recording
        .states
        .as_mut()
        .unwrap()
        .get_mut(&Height::new(height))
        .unwrap();
    let balances = &mut state.get_accrued_rewards.balances;
    let atomic = balances.first_entry().unwrap().into_mut();
    *atomic = Amount::from_atomic(atomic.atomic() + 1);
}

/// An alteration at this height is told long before the replay ends.
const LATE: u64 = 215;

fn late_state(recording: &mut Recording) -> &mut RecordedState {
    recording.states.as_mut().unwrap().get_mut(&Height::new(LATE)).unwrap()
}

fn payable_node(state: &mut RecordedState) -> &mut RecordedServiceNode {
    let nodes = &mut state.get_service_nodes.service_node_states;
    nodes.iter_mut().find(|node| node.payable).unwrap()
}

fn told_by_replay(original: &Recording, from: u64, alter: Alter) -> Vec<Check> {
    let mut recording = original.clone();
    alter(&mut recording);
    let report = replay::run(&recording, Height::new(from), Course::Forward).unwrap();
    report.differences().iter().map(|difference| difference.check).collect()
}

#[test]
fn replay_tells_altered_states_registries_and_branches() {
    let Some(recording) = open("oxend-hf19") else { return };
    let cases: &[(Check, Alter)] = &[
        (Check::Information, |r| late_state(r).get_info.tx_count += 1),
        (Check::AccruedRewards, |r| balance(r, LATE)),
        (Check::StateLongTermWeight, |r| {
            r.blocks[215].header.long_term_weight = Weight::new(1);
        }),
        (Check::StateDifficulty, |r| r.blocks[215].header.difficulty = 2),
        (Check::ServiceNode, |r| payable_node(late_state(r)).payable = false),
        (Check::ServiceNode, |r| payable_node(late_state(r)).swarm_id += 1),
        (Check::ServiceNode, |r| {
            payable_node(late_state(r)).contributors[0].locked_contributions.clear();
        }),
        (Check::Registry, |r| {
            late_state(r).get_service_nodes.service_node_states.clear();
        }),
        (Check::Names, |r| r.names.as_mut().unwrap().mappings.clear()),
    ];
    for (check, alter) in cases {
        let found = told_by_replay(&recording, LATE, *alter);
        assert!(found.contains(check), "{} was not told: {found:?}", check.label());
    }
    let found = told_by_replay(&recording, 31, |r| {
        let branch = r.reorganisation.as_mut().unwrap();
        branch.new_tip_hash = branch.orphaned_blocks[0].hash;
        branch.accrued_rewards_at_orphan_tip.balances.clear();
    });
    assert_eq!(found, [Check::AccruedRewards, Check::Branch]);
}
