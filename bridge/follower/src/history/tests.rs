use super::*;
use oxen_bridge_rules::{contract_log::topic, picture::ContractNodes};
use oxen_types::{
    Network,
    bytes::{BlsPublicKey, EthereumAddress},
};

const CHAIN: u64 = 31_337;

fn followed() -> Followed {
    let mut parameters = Network::mainnet().l2;
    parameters.rewards_contract = Some(EthereumAddress::new([1; 20]));
    parameters.pool_contract = Some(EthereumAddress::new([2; 20]));
    Followed::of(&parameters).unwrap()
}

fn number(value: u64) -> Word {
    let mut word = [0; 32];
    word[24..].copy_from_slice(&value.to_be_bytes());
    word
}

fn record(block: u64, log_index: u64, topic: Word, data: &[Word]) -> LogRecord {
    LogRecord {
        block: BlockMark {
            number: block,
            hash: number(block),
        },
        log_index,
        topics: vec![topic, number(7)],
        data: data.concat(),
    }
}

fn exit_request(block: u64, node: u8) -> LogRecord {
    record(block, 0, topic::EXIT_REQUEST, &[[0; 32], [node; 32], [node; 32]])
}

fn seeded(block: u64) -> LogRecord {
    record(block, 0, topic::SEEDED, &[[1; 32], [1; 32], [2; 32]])
}

fn range(first: u64, last: u64) -> BlockRange {
    BlockRange { first, last }
}

fn positions(history: &History) -> Vec<u64> {
    history.logs.keys().map(|position| position.l2_height).collect()
}

#[test]
fn a_second_reading_replaces_its_own_blocks_and_no_others() {
    let mut history = History::default();
    let logs = [exit_request(5, 1), exit_request(10, 1), exit_request(15, 1)];
    assert_eq!(history.replace(CHAIN, range(0, 20), &logs), Replaced::default());
    let replaced = history.replace(CHAIN, range(8, 12), &[exit_request(11, 1)]);
    assert_eq!(replaced.vanished, 1);
    assert_eq!(positions(&history), [5, 11, 15]);
    assert_eq!(history.newest, Some(20));
    // The same again is no change.
    let same = history.replace(CHAIN, range(8, 12), &[exit_request(11, 1)]);
    assert_eq!(same.vanished, 0);
    // Another event in the same place is one that vanished.
    assert_eq!(history.replace(CHAIN, range(8, 12), &[exit_request(11, 2)]).vanished, 1);
}

#[test]
fn a_malformed_log_is_named_and_the_others_stay() {
    let mut history = History::default();
    let malformed = record(6, 0, topic::EXIT_REQUEST, &[[0; 32]]);
    let replaced = history.replace(CHAIN, range(0, 20), &[exit_request(5, 1), malformed]);
    assert_eq!(positions(&history), [5]);
    assert!(matches!(replaced.malformed.as_slice(), [(position, LogError::Length { .. })] if position.l2_height == 6));
}

#[test]
fn old_logs_go_but_for_changes_of_the_list_that_is_older() {
    let mut history = History {
        list: Some(ListReading {
            as_of: 100,
            nodes: ContractNodes::default(),
        }),
        ..History::default()
    };
    let logs = [seeded(90), seeded(150), exit_request(160, 1), exit_request(950, 1)];
    history.replace(CHAIN, range(0, 1_000), &logs);
    history.prune(100);
    assert_eq!(positions(&history), [150, 950]);
    history.list = None;
    history.prune(100);
    assert_eq!(positions(&history), [950]);
}

#[test]
fn history_ends_exactly_at_its_length() {
    let mut history = History::default();
    history.replace(CHAIN, range(0, 1_000), &[exit_request(900, 1), exit_request(901, 1)]);
    history.prune(100);
    assert_eq!(positions(&history), [901]);
}

#[test]
fn marks_are_bounded_and_the_newest_stay() {
    let mut history = History::default();
    for block in 0..1_000 {
        history.mark(BlockMark {
            number: block,
            hash: number(block),
        });
    }
    assert_eq!(history.marks.len(), MAX_MARKS);
    assert_eq!(history.mark_at_or_below(2_000).unwrap().number, 999);
    assert_eq!(history.mark_at_or_below(999 - MAX_MARKS as u64), None);
}

#[test]
fn a_shorter_chain_takes_everything_above_its_end() {
    let mut history = History::default();
    history.replace(CHAIN, range(0, 1_000), &[exit_request(500, 1), exit_request(501, 1)]);
    history.mark(BlockMark {
        number: 501,
        hash: [0; 32],
    });
    history.list = Some(ListReading {
        as_of: 501,
        nodes: ContractNodes::new([(1, BlsPublicKey::ZERO)]),
    });
    history.cut_above(500);
    assert_eq!(positions(&history), [500]);
    assert_eq!(
        (history.newest, history.marks.len(), history.list),
        (Some(500), 0, None)
    );
}

#[test]
fn two_reward_rates_are_read_and_none_twice() {
    let mut history = History {
        newest: Some(10_000),
        ..History::default()
    };
    assert_eq!(history.missing_rates(&followed()), [9_600, 7_200]);
    history.reward_rates.insert(9_600, Amount::from_atomic(1));
    assert_eq!(history.missing_rates(&followed()), [7_200]);
}

#[test]
fn where_rates_change_often_those_of_two_minutes_are_read() {
    let mut followed = followed();
    followed.parameters.reward_update_blocks = 4;
    let history = History {
        newest: Some(1_001),
        ..History::default()
    };
    let missing = history.missing_rates(&followed);
    assert_eq!(
        (missing.first(), missing.last(), missing.len()),
        (Some(&1_000), Some(&520), 121)
    );
    let young = History {
        newest: Some(3),
        ..History::default()
    };
    assert_eq!(young.missing_rates(&followed), [0]);
}
