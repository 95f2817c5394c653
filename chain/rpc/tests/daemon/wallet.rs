//! The fast path of our own wallet.

use crate::fixture::Fixture;
use oxen_rpc::{
    Access,
    types::wallet::{
        BlacklistQuery, DecoyBlacklist, DistributionQuery, OutputCounts, ScanAnswer, ScanPool, ScanRequest,
        WALLET_BLACKLIST_PATH, WALLET_BLOCKS_PATH, WALLET_DISTRIBUTION_PATH, WALLET_POOL_PATH, decode,
    },
};
use oxen_testkit::TransferBuilder;
use oxen_types::{
    GlobalOutputIndex, Hash, Height,
    scan::{KnownBlockId, ScanKind},
};
use parity_scale_codec::{Decode, Encode};

fn ask<T: Decode>(fixture: &Fixture, path: &str, request: &impl Encode) -> T {
    let answer = fixture.client(Access::Public).post(path, &request.encode());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), ["application/octet-stream"]);
    decode(&answer.body).unwrap()
}

fn blocks(fixture: &Fixture, known: Vec<KnownBlockId>, start: u64, limit: u32) -> ScanAnswer {
    ask(
        fixture,
        WALLET_BLOCKS_PATH,
        &ScanRequest {
            known,
            start: Height::new(start),
            limit,
        },
    )
}

fn known(fixture: &Fixture, height: u64) -> KnownBlockId {
    let id = fixture.source().blocks()[usize::try_from(height - 1).unwrap()]
        .block
        .id();
    KnownBlockId {
        height: Height::new(height),
        id,
    }
}

#[test]
fn a_wallet_gets_every_block_with_its_outputs_and_spends() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().inputs(2).outputs(3).build(&mut fixture.source());
    fixture.mine(&[&transfer]);
    let answer = blocks(&fixture, vec![], 0, 1_000);
    assert_eq!(answer.chain_height, Height::new(12));
    assert_eq!(answer.blocks.len(), 12);
    let genesis = &answer.blocks[0];
    assert_eq!((genesis.height, genesis.previous), (Height::GENESIS, Hash::ZERO));
    assert_eq!(genesis.transactions[0].outputs.len(), 64);
    assert_eq!(genesis.transactions[0].first_output, Some(GlobalOutputIndex::new(0)));
    for pair in answer.blocks.windows(2) {
        assert_eq!(pair[1].previous, pair[0].id);
    }
    let last = &answer.blocks[11];
    assert_eq!(last.transactions[0].kind, ScanKind::Coinbase);
    let scanned = &last.transactions[1];
    assert_eq!(
        (scanned.id, scanned.first_output),
        (transfer.id(), Some(GlobalOutputIndex::new(64)))
    );
    assert_eq!(scanned.key_images, transfer.key_images());
    assert_eq!(scanned.outputs.len(), 3);
    assert_eq!(scanned.fee(), transfer.transaction.fee());
}

#[test]
fn blocks_start_behind_the_last_that_both_know() {
    let fixture = Fixture::start();
    let stranger = KnownBlockId {
        height: Height::new(10),
        id: Hash::new([1; 32]),
    };
    let answer = blocks(&fixture, vec![stranger, known(&fixture, 7), known(&fixture, 2)], 11, 2);
    let heights: Vec<u64> = answer.blocks.iter().map(|block| block.height.index()).collect();
    assert_eq!(heights, [8, 9]);
    let at_top = blocks(&fixture, vec![known(&fixture, 10)], 11, 100);
    assert!(at_top.blocks.is_empty());
    assert_eq!(at_top.chain_height, Height::new(11));
    let lost = blocks(&fixture, vec![stranger], 9, 100);
    assert_eq!(lost.blocks.len(), 2, "from the start when nothing is known");
    assert!(blocks(&fixture, vec![], 500, 100).blocks.is_empty());
    assert!(blocks(&fixture, vec![], 0, 0).blocks.is_empty());
}

#[test]
fn a_reorganisation_is_not_hidden_by_the_cache() {
    let fixture = Fixture::start();
    fixture.mine(&[]);
    let before = blocks(&fixture, vec![known(&fixture, 10)], 11, 10);
    fixture.result("pop_blocks", &serde_json::json!({ "nblocks": 1 }));
    fixture.result("generateblocks", &serde_json::json!({ "amount_of_blocks": 1 }));
    let after = blocks(&fixture, vec![known(&fixture, 10)], 11, 10);
    assert_eq!((before.blocks.len(), after.blocks.len()), (1, 1));
    assert_ne!(before.blocks[0].id, after.blocks[0].id);
}

#[test]
fn the_pool_comes_as_wallets_scan_it() {
    let fixture = Fixture::start();
    let empty: ScanPool = ask(&fixture, WALLET_POOL_PATH, &());
    assert!(empty.transactions.is_empty());
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    fixture.submit(&transfer);
    let pool: ScanPool = ask(&fixture, WALLET_POOL_PATH, &());
    assert_eq!(pool.transactions[0].transaction.id, transfer.id());
    assert_eq!(pool.transactions[0].transaction.first_output, None);
    assert_eq!(pool.transactions[0].received.seconds(), fixture.now());
}

#[test]
fn a_wallet_keeps_the_distribution_it_has_and_asks_for_the_rest() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().outputs(3).build(&mut fixture.source());
    fixture.mine(&[&transfer]);
    let all: OutputCounts = ask(&fixture, WALLET_DISTRIBUTION_PATH, &DistributionQuery::default());
    assert_eq!((all.first, all.parent, all.base), (Height::GENESIS, Hash::ZERO, 0));
    assert_eq!(all.cumulative()[10..], [64, 67]);
    let rest: OutputCounts = ask(
        &fixture,
        WALLET_DISTRIBUTION_PATH,
        &DistributionQuery { from: Height::new(11) },
    );
    assert_eq!((rest.base, rest.cumulative()), (64, vec![67]));
    assert_eq!(rest.parent, known(&fixture, 10).id);
    assert_eq!(rest.tip, known(&fixture, 11).id);
    // A second payment before the next block, and one after blocks were taken back: there is nothing new, and `first` and
    // `parent` tell whether what the wallet has still holds.
    for from in [12, 13, 99].map(Height::new) {
        let nothing: OutputCounts = ask(&fixture, WALLET_DISTRIBUTION_PATH, &DistributionQuery { from });
        assert_eq!((nothing.first, nothing.base), (Height::new(12), 67));
        assert_eq!(nothing.parent, known(&fixture, 11).id);
        assert!(nothing.counts.is_empty());
    }
    let list: DecoyBlacklist = ask(&fixture, WALLET_BLACKLIST_PATH, &BlacklistQuery::default());
    assert_eq!((list.chain_height, list.distances.len()), (Height::new(12), 0));
}

#[test]
fn a_body_that_is_no_request_is_refused() {
    let fixture = Fixture::start();
    for path in [
        WALLET_BLOCKS_PATH,
        WALLET_DISTRIBUTION_PATH,
        WALLET_BLACKLIST_PATH,
        "/wallet_blocks",
    ] {
        for body in [&b""[..], b"{}", &[0xff; 40]] {
            let answer = fixture.client(Access::Public).post(path, body);
            assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        }
    }
}
