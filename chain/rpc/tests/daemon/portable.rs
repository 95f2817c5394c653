//! Binary endpoints for wallets of other makers.

use crate::fixture::Fixture;
use oxen_node_api::{ChainReader, ChainWriter};
use oxen_rpc::{
    Access,
    binary::epee::{Section, Value},
};
use oxen_testkit::{Transfer, TransferBuilder};
use oxen_types::{Block, ConsensusDecode, Hash};
use std::time::{Duration, Instant};

#[track_caller]
fn ask(fixture: &Fixture, path: &str, request: &Section) -> Section {
    let answer = fixture.client(Access::Public).post(path, &request.encode());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let section = Section::decode(&answer.body).unwrap();
    assert_eq!(section.bytes("status"), b"OK");
    section
}

fn packed(ids: &[Hash]) -> Vec<u8> {
    ids.iter().flat_map(|id| id.to_bytes()).collect()
}

fn numbers(value: &[Value]) -> Vec<u64> {
    value.iter().filter_map(Value::as_number).collect()
}

fn with_transfer() -> (Fixture, Transfer) {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().outputs(3).build(&mut fixture.source());
    fixture.mine(&[&transfer]);
    (fixture, transfer)
}

#[test]
fn blocks_come_from_the_last_common_one_on() {
    let (fixture, transfer) = with_transfer();
    let genesis = fixture.chain.network().genesis.block_id;
    let ids: Vec<Hash> = fixture.source().blocks().iter().map(|mined| mined.block.id()).collect();
    let history = packed(&[Hash::new([9; 32]), ids[8], ids[2], genesis]);
    let request = Section::new().with("block_ids", history).with("prune", false);
    let answer = ask(&fixture, "/get_blocks.bin", &request);
    assert_eq!(
        (answer.number("start_height"), answer.number("current_height")),
        (Some(9), Some(12))
    );
    let blocks = answer.array("blocks");
    assert_eq!(blocks.len(), 3, "the split point, and two more");
    let first = Block::decode(blocks[0].as_section().unwrap().bytes("block")).unwrap();
    assert_eq!(first.id(), ids[8]);
    let last = blocks[2].as_section().unwrap();
    assert_eq!(last.array("txs"), [Value::Bytes(transfer.blob())]);
    let indices = answer.array("output_indices");
    let lists: Vec<Vec<u64>> = indices[2]
        .as_section()
        .unwrap()
        .array("indices")
        .iter()
        .map(|list| numbers(list.as_section().unwrap().array("indices")))
        .collect();
    assert_eq!(lists, [vec![], vec![64, 65, 66]], "an empty coinbase has its place");
}

#[test]
fn blocks_come_pruned_from_a_height_or_from_the_first() {
    let (fixture, transfer) = with_transfer();
    let request = Section::new().with("start_height", 11_u64).with("prune", true);
    let answer = ask(&fixture, "/getblocks.bin", &request);
    let pruned = answer.array("blocks")[0].as_section().unwrap().array("txs").to_vec();
    assert_eq!(pruned, [Value::Bytes(transfer.transaction.encode_pruned())]);
    let strange = Section::new().with("block_ids", packed(&[Hash::new([1; 32])]));
    let all = ask(&fixture, "/get_blocks.bin", &strange);
    assert_eq!((all.number("start_height"), all.array("blocks").len()), (Some(0), 12));
    let genesis_indices = all.array("output_indices")[0].as_section().unwrap().array("indices")[0].clone();
    assert_eq!(
        numbers(genesis_indices.as_section().unwrap().array("indices")).len(),
        64
    );
    let without = strange.with("no_miner_tx", true);
    let all = ask(&fixture, "/get_blocks.bin", &without);
    let genesis_indices = all.array("output_indices")[0].as_section().unwrap().array("indices")[0].clone();
    assert!(genesis_indices.as_section().unwrap().array("indices").is_empty());
    let by_height = Section::new().with("heights", [11_u64, 0].into_iter().collect::<Value>());
    let answer = ask(&fixture, "/get_blocks_by_height.bin", &by_height);
    assert_eq!(
        answer.array("blocks")[0].as_section().unwrap().array("txs"),
        [Value::Bytes(transfer.blob())]
    );
    assert_eq!(answer.array("blocks").len(), 2);
}

#[test]
fn ids_come_packed_into_one_string() {
    let fixture = Fixture::start();
    let ids: Vec<Hash> = fixture.source().blocks().iter().map(|mined| mined.block.id()).collect();
    let answer = ask(
        &fixture,
        "/get_hashes.bin",
        &Section::new().with("block_ids", packed(&[ids[7]])),
    );
    assert_eq!(answer.number("start_height"), Some(8));
    assert_eq!(answer.bytes("m_block_ids"), packed(&ids[7..]));
    let mut branch = fixture.source().clone();
    branch.diverge();
    fixture.mine(&[]);
    let side = branch.mine(&[]).clone();
    fixture.chain.submit_block(side.submission()).unwrap();
    let beside = ask(&fixture, "/get_alt_blocks_hashes.bin", &Section::new());
    assert_eq!(
        beside.array("blks_hashes"),
        [Value::from(side.block.id().to_string().as_str())]
    );
}

#[test]
fn outputs_and_their_indices_come_as_bytes() {
    let (fixture, transfer) = with_transfer();
    let wanted: Value = [65_u64, 0]
        .into_iter()
        .map(|index| Section::new().with("amount", 0_u64).with("index", index))
        .collect();
    let answer = ask(
        &fixture,
        "/get_outs.bin",
        &Section::new().with("outputs", wanted.clone()).with("get_txid", true),
    );
    let first = answer.array("outs")[0].as_section().unwrap();
    assert_eq!(first.bytes("txid"), transfer.id().as_bytes());
    assert_eq!((first.bytes("key").len(), first.bytes("mask").len()), (32, 32));
    assert_eq!((first.number("height"), first.flag("unlocked")), (Some(11), true));
    let plain = ask(&fixture, "/get_outs.bin", &Section::new().with("outputs", wanted));
    assert_eq!(plain.array("outs")[0].as_section().unwrap().bytes("txid"), [0; 32]);
    let request = Section::new().with("txid", transfer.id().to_bytes().to_vec());
    assert_eq!(
        numbers(ask(&fixture, "/get_o_indexes.bin", &request).array("o_indexes")),
        [64, 65, 66]
    );
    let blacklist = ask(&fixture, "/get_output_blacklist.bin", &Section::new());
    assert!(blacklist.array("blacklist").is_empty());
}

#[test]
fn the_distribution_comes_packed_compressed_or_as_a_list() {
    let (fixture, _) = with_transfer();
    let request = || {
        Section::new()
            .with("amounts", [0_u64].into_iter().collect::<Value>())
            .with("from_height", 10_u64)
            .with("cumulative", true)
    };
    let of = |request: &Section| {
        ask(&fixture, "/get_output_distribution.bin", request).array("distributions")[0]
            .as_section()
            .unwrap()
            .clone()
    };
    let packed = of(&request());
    assert_eq!(
        (packed.number("start_height"), packed.number("base")),
        (Some(10), Some(64))
    );
    let expected: Vec<u8> = [64_u64, 67].iter().flat_map(|number| number.to_le_bytes()).collect();
    assert_eq!(packed.bytes("distribution"), expected);
    let compressed = of(&request().with("compress", true));
    assert_eq!(compressed.bytes("compressed_data"), [64, 67]);
    let list = of(&request().with("binary", false));
    assert_eq!(numbers(list.array("distribution")), [64, 67]);
}

#[test]
fn waiting_for_the_pool_ends_with_news_or_with_patience() {
    let fixture = Fixture::with(|config| config.listeners[1].limits.long_poll = Duration::from_millis(1_500));
    let ask_pool = |checksum: [u8; 32]| {
        let request = Section::new()
            .with("long_poll", true)
            .with("tx_pool_checksum", checksum.to_vec());
        let answer = fixture
            .client(Access::Public)
            .post("/get_transaction_pool_hashes.bin", &request.encode());
        Section::decode(&answer.body).unwrap()
    };
    let start = Instant::now();
    let empty = ask_pool([0; 32]);
    assert!(start.elapsed() >= Duration::from_millis(1_500));
    assert_eq!(
        empty.bytes("status"),
        b"Long polling client timed out before txpool had an update"
    );
    assert_eq!(
        ask_pool([7; 32]).bytes("status"),
        b"OK",
        "another sum is answered at once"
    );
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| ask_pool([0; 32]));
        std::thread::sleep(Duration::from_millis(300));
        fixture.submit(&transfer);
        let news = waiting.join().unwrap();
        assert_eq!(news.bytes("tx_hashes"), transfer.id().as_bytes());
    });
    let plain = ask(&fixture, "/get_transaction_pool_hashes.bin", &Section::new());
    assert_eq!(plain.bytes("tx_hashes"), transfer.id().as_bytes());
    let blinks = Section::new().with("blinked_txs_only", true);
    assert!(
        ask(&fixture, "/get_transaction_pool_hashes.bin", &blinks)
            .bytes("tx_hashes")
            .is_empty()
    );
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let fixture = Fixture::start();
    let refused = |path: &str, body: &[u8]| {
        let answer = fixture.client(Access::Public).post(path, body);
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
    };
    for method in oxen_rpc::binary::binary_methods()
        .iter()
        .filter(|method| method.format == "portable storage")
    {
        if !method.name.contains("blacklist") && !method.name.contains("alt_blocks") {
            refused(&format!("/{}", method.name), b"garbage");
        }
    }
    let too_many = vec![7_u8; 32 * 1_001];
    refused(
        "/get_blocks.bin",
        &Section::new().with("block_ids", vec![1_u8; 31]).encode(),
    );
    refused("/get_blocks.bin", &Section::new().with("block_ids", too_many).encode());
    refused("/get_blocks.bin", &Section::new().with("start_height", 11_u64).encode());
    let heights: Value = [11_u64].into_iter().collect();
    refused(
        "/get_blocks_by_height.bin",
        &Section::new().with("heights", heights).encode(),
    );
    let heights: Value = (0..1_001_u64).map(|_| 0_u64).collect();
    refused(
        "/get_blocks_by_height.bin",
        &Section::new().with("heights", heights).encode(),
    );
    refused(
        "/get_o_indexes.bin",
        &Section::new().with("txid", vec![0_u8; 32]).encode(),
    );
    refused(
        "/get_o_indexes.bin",
        &Section::new().with("txid", vec![0_u8; 3]).encode(),
    );
    let unknown: Value = [Section::new().with("amount", 0_u64).with("index", 64_u64)]
        .into_iter()
        .collect();
    refused("/get_outs.bin", &Section::new().with("outputs", unknown).encode());
}
