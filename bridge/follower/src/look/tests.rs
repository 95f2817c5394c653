use super::*;

fn record(block: u64, hash: u8) -> LogRecord {
    LogRecord {
        block: BlockMark {
            number: block,
            hash: [hash; 32],
        },
        log_index: 0,
        topics: Vec::new(),
        data: Vec::new(),
    }
}

#[test]
fn a_log_counts_when_a_majority_of_the_answers_has_it() {
    let (real, invented) = (record(1, 0), record(2, 0));
    let answers = [
        ("a", vec![real.clone()]),
        ("b", vec![real.clone()]),
        ("c", vec![real.clone(), invented]),
    ];
    assert_eq!(tally(&answers), (vec![real], vec![2]));
}

#[test]
fn the_same_log_in_another_block_is_another_log() {
    let answers = [("a", vec![record(1, 0)]), ("b", vec![record(1, 1)])];
    assert_eq!(tally(&answers), (Vec::new(), vec![0, 1]));
}

#[test]
fn who_hides_a_log_deviates() {
    let answers = [("a", vec![record(1, 0)]), ("b", vec![record(1, 0)]), ("c", Vec::new())];
    assert_eq!(tally(&answers), (vec![record(1, 0)], vec![2]));
}

#[test]
fn one_answer_alone_is_believed_and_none_says_nothing() {
    assert_eq!(tally(&[("a", vec![record(1, 0)])]), (vec![record(1, 0)], Vec::new()));
    assert_eq!(tally::<&str>(&[]), (Vec::new(), Vec::new()));
}
