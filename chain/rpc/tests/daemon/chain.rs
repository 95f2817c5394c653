//! Height, info, forks, version.

use crate::fixture::Fixture;
use oxen_node_api::ChainReader;
use oxen_rpc::{
    Access,
    types::{ErrorCode, chain::InfoAnswer},
};
use oxen_types::Height;
use serde_json::{Value, json};

#[test]
fn height_is_the_number_of_blocks_and_a_header_has_an_index() {
    let fixture = Fixture::start();
    let (tip, row) = fixture.source().tip();
    let height = fixture.result("get_height", &json!({}));
    assert_eq!(height["height"], 11);
    assert_eq!(tip, Height::new(10));
    assert_eq!(height["hash"], row.id.to_string());
    assert_eq!(height["status"], "OK");
    assert_eq!(height["untrusted"], false);
    assert_eq!(fixture.result("get_block_count", &Value::Null)["count"], 11);
    let header = fixture.result("get_last_block_header", &json!({}));
    assert_eq!(header["block_header"]["height"], 10);
    assert_eq!(header["block_header"]["depth"], 0);
}

#[test]
fn info_says_where_the_chain_is() {
    let fixture = Fixture::start();
    let transfer = oxen_testkit::TransferBuilder::new().build(&mut fixture.source());
    fixture.mine(&[&transfer]);
    let info: InfoAnswer = serde_json::from_value(fixture.result("get_info", &json!({}))).unwrap();
    let (_, row) = fixture.source().tip();
    assert_eq!((info.height, info.top_block_hash, info.target_height), (12, row.id, 0));
    assert_eq!((info.tx_count, info.tx_pool_size, info.hard_fork), (1, 0, 19));
    assert_eq!((info.difficulty, info.wide_difficulty.as_str()), (1, "0x1"));
    assert_eq!(info.cumulative_difficulty, 12);
    assert_eq!((info.block_weight_limit, info.block_weight_median), (600_000, 300_000));
    assert_eq!(
        (info.mainnet, info.testnet, info.stagenet, info.devnet),
        (false, false, false, false)
    );
    assert_eq!(
        (info.synchronized, info.busy_syncing, info.restricted),
        (true, false, false)
    );
    assert_eq!(info.version, "11.2.3-test");
    assert_eq!(info.status_line.as_deref(), Some("a line for the operator"));
    assert_eq!((info.alt_blocks_count, info.free_space), (Some(0), Some(1 << 40)));
    assert!(info.status.is_ok());
}

#[test]
fn strangers_learn_less_of_the_node() {
    let fixture = Fixture::start();
    let info = fixture.call(Access::Public, "get_info", &json!({})).unwrap();
    assert_eq!(info["version"], "11");
    assert_eq!(info["restricted"], true);
    assert_eq!(info["database_size"].as_u64().unwrap() % 1_000_000_000, 0);
    for hidden in [
        "status_line",
        "alt_blocks_count",
        "start_time",
        "free_space",
        "rpc_connections_count",
    ] {
        assert!(info.get(hidden).is_none(), "{hidden}");
    }
}

#[test]
fn info_follows_every_block_and_the_pool() {
    let fixture = Fixture::start();
    let before = fixture.result("get_info", &json!({}));
    fixture.mine(&[]);
    let transfer = oxen_testkit::TransferBuilder::new().build(&mut fixture.source());
    fixture.submit(&transfer);
    let after = fixture.result("get_info", &json!({}));
    assert_eq!(
        after["height"].as_u64(),
        before["height"].as_u64().map(|height| height + 1)
    );
    assert_eq!(after["tx_pool_size"], 1);
    fixture.result("pop_blocks", &json!({ "nblocks": 1 }));
    let back = fixture.result("get_info", &json!({}));
    assert_eq!(back["top_block_hash"], before["top_block_hash"]);
}

#[test]
fn a_node_that_catches_up_says_so() {
    let fixture = Fixture::start();
    *fixture.control.sync.lock().unwrap() = Some(Height::new(99));
    let info = fixture.result("get_info", &json!({}));
    assert_eq!(
        (&info["target_height"], &info["busy_syncing"]),
        (&json!(100), &json!(true))
    );
    assert_eq!(fixture.result("get_last_block_header", &json!({}))["status"], "BUSY");
    assert_eq!(
        fixture.result("send_raw_transaction", &json!({ "tx_as_hex": "00" }))["status"],
        "BUSY"
    );
    assert_eq!(fixture.failure("get_block_template", &json!({})).0, ErrorCode::CoreBusy);
    assert_eq!(fixture.failure("submit_block", &json!(["00"])).0, ErrorCode::CoreBusy);
}

#[test]
fn a_block_id_comes_bare_or_by_height() {
    let fixture = Fixture::start();
    let genesis = fixture.chain.network().genesis.block_id.to_string();
    let second = fixture.source().blocks()[0].block.id().to_string();
    assert_eq!(fixture.result("on_get_block_hash", &json!([0])), json!(genesis));
    assert_eq!(
        fixture.result("get_block_hash", &json!(["1"])),
        json!(second),
        "decimal text is a number"
    );
    let several = fixture.result("get_block_hash", &json!({ "heights": [0, 1] }));
    assert_eq!(
        several,
        json!({ "0": genesis, "1": second, "height": 10, "status": "OK" })
    );
    assert_eq!(
        fixture.failure("get_block_hash", &json!([11])).0,
        ErrorCode::HeightTooBig
    );
    assert_eq!(
        fixture.failure("get_block_hash", &json!([])).0,
        ErrorCode::WrongParameter
    );
    assert_eq!(
        fixture.failure("get_block_hash", &json!([1, 2])).0,
        ErrorCode::WrongParameter
    );
    assert_eq!(
        fixture.failure("get_block_hash", &json!([-1])).0,
        ErrorCode::InvalidParameters
    );
    assert_eq!(
        fixture.failure("get_block_hash", &json!({ "heights": [11] })).0,
        ErrorCode::HeightTooBig
    );
}

#[test]
fn fork_info_has_both_spellings() {
    let fixture = Fixture::start();
    let fork = fixture.result("hard_fork_info", &json!({}));
    assert_eq!(
        (&fork["version"], &fork["enabled"], &fork["earliest_height"]),
        (&json!(19), &json!(true), &json!(1))
    );
    assert_eq!(fork["revision"], 3);
    assert!(fork.get("latest_height").is_none());
    let first = fixture.result("hard_fork_info", &json!({ "height": 0 }));
    assert_eq!(
        (&first["version"], &first["latest_height"], &first["last_height"]),
        (&json!(7), &json!(0), &json!(0))
    );
    let skipped = fixture.result("hard_fork_info", &json!({ "version": 16 }));
    assert_eq!(
        (&skipped["enabled"], &skipped["earliest_height"]),
        (&json!(true), &json!(1))
    );
    let future = fixture.result("hard_fork_info", &json!({ "version": "21" }));
    assert_eq!(future["enabled"], false);
    assert!(future.get("earliest_height").is_none());
}

#[test]
fn the_version_is_one_that_wallets_accept_and_comes_with_the_limits() {
    let fixture = Fixture::start();
    let version = fixture.call(Access::Public, "get_version", &json!({})).unwrap();
    assert_eq!(version["version"], 262_145);
    assert_eq!(version["limits"]["outputs"], 5_000);
    assert_eq!(
        version["hard_forks"][1],
        json!({ "hf_version": 19, "revision": 3, "height": 1 })
    );
}

#[test]
fn rewards_accrue_by_address() {
    let fixture = Fixture::start();
    let network = fixture.chain.network().clone();
    let foundation = oxen_testkit::Account::named("foundation").address_text(&network);
    let nobody = oxen_testkit::Account::named("nobody").address_text(&network);
    let all = fixture.result("get_accrued_rewards", &json!({}));
    let earned = 10 * 1_833_333_333_u64;
    assert_eq!(all["balances"], json!({ &foundation: earned }));
    let some = fixture.result("get_accrued_rewards", &json!({ "addresses": [nobody, foundation] }));
    assert_eq!(some["addresses"], json!([nobody, foundation]));
    assert_eq!(some["amounts"], json!([0, earned]));
    let (code, text) = fixture.failure("get_accrued_rewards", &json!({ "addresses": ["L123"] }));
    assert_eq!(code, ErrorCode::WrongAddress);
    assert!(text.contains("L123"), "{text}");
    let many = vec!["x"; 1_001];
    assert_eq!(
        fixture.failure("get_accrued_rewards", &json!({ "addresses": many })).0,
        ErrorCode::WrongParameter
    );
}

#[test]
fn checkpoints_come_by_range_and_count() {
    let fixture = Fixture::start();
    let answer = fixture.result("get_checkpoints", &json!({ "start_height": 0, "end_height": 5 }));
    assert_eq!(answer["checkpoints"], json!([]));
    let (code, _) = fixture.failure("get_checkpoints", &json!({ "start_height": 5, "end_height": 4 }));
    assert_eq!(code, ErrorCode::WrongParameter);
    let error = fixture
        .call(Access::Public, "get_checkpoints", &json!({ "count": 257 }))
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::WrongParameter.number());
}
