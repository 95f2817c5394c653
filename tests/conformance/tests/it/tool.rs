//! The program itself: what it prints and how it exits.

use crate::tiny_chain;
use flate2::{Compression, write::GzEncoder};
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_oxen-conformance"))
        .args(arguments)
        .output()
        .unwrap();
    (
        status.code().unwrap(),
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
}

fn run_on(command: &str, directory: &Path) -> (i32, String, String) {
    run(&["--threads", "2", command, directory.to_str().unwrap()])
}

fn recording(mined: u64) -> TempDir {
    let directory = TempDir::new().unwrap();
    tiny_chain::write(directory.path(), mined);
    directory
}

/// Replaces the first occurrence of a text in a file.
fn alter(directory: &TempDir, file: &str, before: &str, after: &str) {
    let path = directory.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(before), "{file} does not contain {before}");
    fs::write(path, text.replacen(before, after, 1)).unwrap();
}

#[test]
fn one_genesis_block_agrees_with_itself() {
    let directory = recording(0);
    for command in ["decode", "replay"] {
        let (code, table, errors) = run_on(command, directory.path());
        assert_eq!(code, 0, "{table}{errors}");
        assert!(
            table.contains("AGREES") && table.contains("genesis of network.json"),
            "{table}"
        );
        assert!(table.contains("absent or empty: wallets.json"), "{table}");
    }
}

#[test]
fn a_few_mined_blocks_agree_and_go_back_and_forth() {
    let directory = recording(12);
    let (code, table, errors) = run_on("replay", directory.path());
    assert_eq!(code, 0, "{table}{errors}");
    for (label, count) in [
        ("blocks pass the state transition", 12),
        ("blocks taken back", 12),
        ("blocks applied again", 12),
    ] {
        let row = table.lines().find(|line| line.contains(label)).unwrap();
        assert!(row.ends_with(&format!("{count}         0")), "{row}");
    }
    let (code, table, _) = run(&["replay", directory.path().to_str().unwrap(), "--from", "10"]);
    assert_eq!(code, 0, "{table}");
    assert!(table.contains("blocks below height 10 were applied"), "{table}");
}

#[test]
fn compressed_files_are_read_like_plain_ones() {
    let directory = recording(3);
    let path = directory.path().join("blocks.json");
    let file = fs::File::create(directory.path().join("blocks.json.gz")).unwrap();
    let mut encoder = GzEncoder::new(file, Compression::fast());
    encoder.write_all(&fs::read(&path).unwrap()).unwrap();
    encoder.finish().unwrap();
    let (code, _, errors) = run_on("decode", directory.path());
    assert_eq!(code, 2);
    assert!(errors.contains("holds both blocks.json and blocks.json.gz"), "{errors}");
    fs::remove_file(path).unwrap();
    let (code, table, errors) = run_on("decode", directory.path());
    assert_eq!(code, 0, "{table}{errors}");
}

#[test]
fn a_changed_byte_of_a_block_is_told_with_its_place() {
    let directory = recording(2);
    // The nonce of block 1, which its id commits to.
    alter(&directory, "blocks.json", "\"nonce\":0", "\"nonce\":7");
    let (code, table, _) = run_on("decode", directory.path());
    assert_eq!(code, 1, "{table}");
    assert!(
        table.contains("FIRST DIFFERENCE") && table.contains("header field nonce of block 1"),
        "{table}"
    );
    assert!(
        table.contains("recorded  7") && table.contains("computed  0"),
        "{table}"
    );
}

#[test]
fn a_changed_state_is_told_by_replay() {
    let directory = recording(2);
    alter(
        &directory,
        "state.json",
        "\"block_size_limit\":600000",
        "\"block_size_limit\":600001",
    );
    assert_eq!(run_on("decode", directory.path()).0, 0);
    let (code, table, _) = run_on("replay", directory.path());
    assert_eq!(code, 1, "{table}");
    assert!(table.contains("block_size_limit while block 0 was the top"), "{table}");
}

#[test]
fn a_block_that_breaks_a_rule_stops_the_replay() {
    let directory = recording(3);
    // A reward field that is one too high: the id does not commit to it.
    let before = hex::encode(16_500_000_000_u64.to_le_bytes());
    let after = hex::encode(16_500_000_001_u64.to_le_bytes());
    alter(&directory, "blocks.json", &before, &after);
    let (code, table, _) = run_on("replay", directory.path());
    assert_eq!(code, 1, "{table}");
    assert!(
        table.contains("the block says it earned 16.500000001; it earned 16.500000000"),
        "{table}"
    );
    assert!(table.contains("stopped at block 1"), "{table}");
}

#[test]
fn what_cannot_be_read_is_refused_and_never_skipped() {
    let empty = TempDir::new().unwrap();
    let (code, _, errors) = run_on("decode", empty.path());
    assert_eq!(code, 2);
    assert!(
        errors.contains("holds neither network.json nor network.json.gz"),
        "{errors}"
    );

    let (code, _, errors) = run_on("decode", &empty.path().join("nothing"));
    assert_eq!(code, 2);
    assert!(errors.contains("is not a directory"), "{errors}");

    let directory = recording(1);
    fs::remove_file(directory.path().join("state.json")).unwrap();
    assert_eq!(run_on("decode", directory.path()).0, 0);
    let (code, table, _) = run_on("replay", directory.path());
    assert_eq!(code, 0);
    assert!(table.contains("state.json has no entry for the height"), "{table}");

    let directory = recording(1);
    fs::write(directory.path().join("blocks.json"), "[]").unwrap();
    let (code, _, errors) = run_on("decode", directory.path());
    assert_eq!(code, 2);
    assert!(errors.contains("no entries"), "{errors}");

    let directory = recording(1);
    fs::write(directory.path().join("wallets.json"), "[{}]").unwrap();
    let (code, _, errors) = run_on("decode", directory.path());
    assert_eq!(code, 2);
    assert!(errors.contains("is not of the recorded form"), "{errors}");
}

#[test]
fn wrong_arguments_are_refused_and_help_tells_the_exit_codes() {
    let directory = recording(1);
    let path = directory.path().to_str().unwrap();
    let (code, _, errors) = run(&["replay", path, "--from", "9"]);
    assert_eq!(code, 2);
    assert!(errors.contains("above the last recorded height 1"), "{errors}");
    assert_eq!(run(&["--threads", "0", "decode", path]).0, 2);
    assert_eq!(run(&["decode"]).0, 2);
    let (code, help, _) = run(&["--help"]);
    assert_eq!(code, 0);
    assert!(help.contains("Exit codes"), "{help}");
}
