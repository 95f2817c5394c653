//! Making, restoring and opening wallets.

use crate::{
    dialogue::{Desk, files, run_silently, seed_words},
    fake_daemon::FIRST_TIME,
};
use oxen_wallet_cli::command::ExitStatus;

#[test]
fn a_new_wallet_asks_for_password_and_language_and_shows_25_words_in_three_lines() {
    let desk = Desk::offline();
    let path = desk.file("new");
    let run = desk
        .run(
            &["--generate-new-wallet", &path],
            "secret\nsekret\nsecret\nsecret\n2\nexit\n",
        )
        .ok();
    assert!(run.output.contains("The passwords are not the same. Try again."));
    assert!(run.output.contains("2 : Español"));
    assert!(run.output.contains("Generated new wallet: L"));
    let (_, words) = run.output.split_once("PLEASE NOTE").unwrap();
    let lines: Vec<usize> = words
        .lines()
        .filter(|line| !line.contains('.') && !line.is_empty())
        .map(|line| line.split(' ').count())
        .collect();
    assert_eq!(lines[..3], [8, 8, 9]);
    // The language is remembered.
    let seed = desk
        .run(&["--wallet-file", &path, "--password", "secret", "--json", "seed"], "")
        .result();
    assert_eq!(seed["language"], "Spanish");
    assert_eq!(seed["seed"].as_str().unwrap().split(' ').count(), 25);
}

#[test]
fn without_any_option_a_name_is_asked_for_and_creation_confirmed() {
    let desk = Desk::offline();
    let path = desk.file("asked");
    let refused = desk.run(&[], &format!("{path}\nno\n"));
    assert!(refused.output.contains("Confirm creation of new wallet named:"));
    assert_eq!(
        (refused.status, desk.path("asked.keys").exists()),
        (ExitStatus::Failed, false)
    );
    desk.run(&[], &format!("{path}\nyes\npw\npw\n0\n")).ok();
    let opened = desk.run(&[], &format!("{path}\npw\naddress\n")).ok();
    assert!(opened.output.contains("Opened wallet: L"), "{}", opened.output);
}

#[test]
fn an_empty_password_is_allowed_with_a_warning() {
    let desk = Desk::offline();
    let run = desk
        .run(
            &[
                "--generate-new-wallet",
                &desk.file("w"),
                "--password",
                "",
                "--json",
                "address",
            ],
            "\n",
        )
        .ok();
    assert!(run.errors.contains("Warning: the password is empty"));
    desk.script("w", &["address"]).ok();
}

#[test]
fn a_wrong_password_is_a_status_of_its_own() {
    let desk = Desk::offline();
    desk.make("w", 1);
    let path = desk.file("w");
    let run = desk.run(&["--wallet-file", &path, "--password", "x", "balance"], "");
    assert_eq!(
        (run.status, run.errors.trim()),
        (ExitStatus::WrongPassword, "Error: wrong password")
    );
    let typed = desk.run(&["--wallet-file", &path, "balance"], "x\n");
    assert_eq!(typed.status, ExitStatus::WrongPassword);
}

#[test]
fn a_password_file_unlocks_with_its_first_line() {
    let desk = Desk::offline();
    let file = desk.file("password");
    std::fs::write(&file, "from a file\nsecond line\n").unwrap();
    let path = desk.file("w");
    desk.run(
        &["--generate-new-wallet", &path, "--password-file", &file, "version"],
        "0\n",
    )
    .ok();
    desk.run(&["--wallet-file", &path, "--password", "from a file", "address"], "")
        .ok();
}

#[test]
fn nothing_is_overwritten_and_nothing_missing_is_made() {
    let desk = Desk::offline();
    desk.make("w", 1);
    let path = desk.file("w");
    let run = desk.run(
        &["--generate-new-wallet", &path, "--password", "", "--json", "version"],
        "",
    );
    assert_eq!(run.json()["error"]["code"], "wallet_exists");
    let run = desk.run(
        &[
            "--wallet-file",
            &desk.file("none"),
            "--password",
            "",
            "--json",
            "version",
        ],
        "",
    );
    assert_eq!(run.json()["error"]["code"], "no_such_wallet");
    assert!(files(desk.folder(), "none").is_empty());
}

#[test]
fn words_are_read_over_several_lines_and_the_height_from_a_number() {
    let desk = Desk::offline();
    let seed = seed_words(7);
    let words: Vec<&str> = seed.split(' ').collect();
    let answers = format!(
        "{}\n{}\n{}\npw\npw\n120\nexit\n",
        words[..8].join(" "),
        words[8..16].join("  "),
        words[16..].join(" ")
    );
    let path = desk.file("restored");
    let run = desk
        .run(
            &["--generate-new-wallet", &path, "--restore-deterministic-wallet"],
            &answers,
        )
        .ok();
    assert!(
        run.output.contains("The chain is scanned from block 120 on."),
        "{}",
        run.output
    );
    assert!(run.output.contains("rescan_bc"));
    assert!(!run.output.contains(words[3]), "restoring does not repeat the words");
    let address = desk.make("again", 7);
    assert!(run.output.contains(&address));
}

#[test]
fn mistyped_words_are_refused_without_repeating_them() {
    let desk = Desk::offline();
    let good = seed_words(7);
    let wrong = good.replacen(good.split(' ').next().unwrap(), "abbey", 1);
    let path = desk.file("w");
    for words in [wrong.as_str(), "one two three", "xylophone1 ".repeat(25).trim()] {
        let run = desk.run(
            &[
                "--generate-new-wallet",
                &path,
                "--electrum-seed",
                words,
                "--password",
                "",
                "--json",
            ],
            "0\n",
        );
        assert_eq!(run.json()["error"]["code"], "invalid_seed", "{words}");
        assert!(!run.output.contains("xylophone1"));
    }
    assert!(!desk.path("w.keys").exists());
}

#[test]
fn keys_restore_and_a_key_of_another_address_is_named() {
    let desk = Desk::offline();
    let address = desk.make("w", 3);
    let view = desk.script("w", &["viewkey"]).result()["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let spend = desk.script("w", &["spendkey"]).result()["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let info = |flag: &str, name: &str, answers: &str| {
        desk.run(
            &[
                flag,
                &desk.file(name),
                "--password",
                "",
                "--restore-height",
                "0",
                "--json",
                "wallet_info",
            ],
            answers,
        )
    };
    let both = info("--generate-from-keys", "both", &format!("{address}\n{spend}\n{view}\n")).result();
    assert_eq!(
        (both["address"].as_str(), both["type"].as_str()),
        (Some(address.as_str()), Some("full"))
    );
    let spending = info("--generate-from-spend-key", "spend", &format!("{spend}\n0\n")).result();
    assert_eq!(spending["address"], address.as_str());
    let viewing = info("--generate-from-view-key", "view", &format!("{address}\n{view}\n")).result();
    assert_eq!(
        (viewing["address"].as_str(), viewing["type"].as_str()),
        (Some(address.as_str()), Some("view-only"))
    );
    let mismatch = info("--generate-from-view-key", "bad", &format!("{address}\n{spend}\n")).json();
    assert!(
        mismatch["error"]["message"]
            .as_str()
            .unwrap()
            .contains("view key does not belong")
    );
    let mismatch = info("--generate-from-keys", "bad", &format!("{address}\n{view}\n{view}\n")).json();
    assert!(
        mismatch["error"]["message"]
            .as_str()
            .unwrap()
            .contains("spend key does not belong")
    );
}

#[test]
fn a_wallet_of_another_network_is_refused_by_name() {
    let desk = Desk::offline();
    desk.make("w", 1);
    let path = desk.file("w");
    // The options of the desk say regtest; this one is made without them.
    let options = <oxen_wallet_cli::options::Options as clap::Parser>::try_parse_from([
        "wallet",
        "--offline",
        "--wallet-file",
        &path,
        "--password",
        "",
        "address",
    ])
    .unwrap();
    let mut errors = Vec::new();
    let mut pipe =
        oxen_wallet_cli::terminal::Pipe::new(std::io::empty(), std::io::sink(), &mut errors, Default::default());
    let status = oxen_wallet_cli::program::run_with(&options, &mut pipe);
    let errors = String::from_utf8(errors).unwrap();
    assert_eq!(status, ExitStatus::Usage);
    assert!(
        errors.contains("made for regtest, not for mainnet: start with --regtest"),
        "{errors}"
    );
}

#[test]
fn nobody_there_means_no_question_but_an_error_that_tells_it() {
    let desk = Desk::offline();
    let run = run_silently(
        &desk,
        &["--non-interactive", "--generate-new-wallet", &desk.file("w"), "version"],
    );
    assert_eq!(run.status, ExitStatus::Failed);
    assert!(
        run.errors.contains("Enter a new password for the wallet"),
        "{}",
        run.errors
    );
    assert!(run.errors.contains("--password-file"));
    let run = run_silently(
        &desk,
        &[
            "--non-interactive",
            "--generate-new-wallet",
            &desk.file("w"),
            "--password",
            "x",
            "version",
        ],
    );
    assert_eq!(
        run.status,
        ExitStatus::Done,
        "what has a default is not asked: {}",
        run.errors
    );
}

#[test]
fn a_day_becomes_a_height_two_days_earlier() {
    let desk = Desk::with_daemon();
    // 720 blocks a day.
    desk.daemon().chain().mine_strangers(2_900);
    let day = FIRST_TIME / 86_400 * 86_400 + 4 * 86_400;
    let day = oxen_wallet_cli::format::time::date(oxen_types::Timestamp::from_seconds(day));
    let seed = seed_words(5);
    let words = [
        "--electrum-seed",
        &seed,
        "--password",
        "",
        "--restore-date",
        &day,
        "--json",
        "restore_height",
    ];
    let path = desk.file("w");
    let words: Vec<&str> = ["--generate-new-wallet", &path].into_iter().chain(words).collect();
    let height = desk.run(&words, "").result()["restore_height"].as_u64().unwrap();
    let time = |height: u64| FIRST_TIME + 120 * height;
    let expected = FIRST_TIME / 86_400 * 86_400 + 2 * 86_400;
    assert!(time(height) >= expected && time(height - 1) < expected, "{height}");
}

#[test]
fn a_height_beyond_the_chain_is_asked_about() {
    let desk = Desk::with_daemon();
    let seed = seed_words(5);
    let path = desk.file("w");
    let words = [
        "--generate-new-wallet",
        &path,
        "--electrum-seed",
        &seed,
        "--password",
        "",
        "--json",
        "restore_height",
    ];
    let run = desk.run(&words, "5000\nno\n");
    assert!(run.errors.contains("The chain has only 1 blocks"), "{}", run.errors);
    assert_eq!(run.result()["restore_height"], 0);
}

#[test]
fn a_new_wallet_made_offline_finds_its_height_when_it_meets_a_daemon() {
    let mut desk = Desk::offline();
    let run = desk.run(
        &[
            "--generate-new-wallet",
            &desk.file("w"),
            "--password",
            "",
            "--json",
            "restore_height",
        ],
        "0\n",
    );
    assert_eq!(run.result()["restore_height"], 0);
    desk.daemon = Some(crate::fake_daemon::FakeDaemon::start());
    // All blocks are years old: the wallet starts behind them.
    desk.daemon().chain().mine_strangers(50);
    assert_eq!(desk.script("w", &["refresh"]).result()["blocks"], 0);
    assert_eq!(desk.script("w", &["restore_height"]).result()["restore_height"], 51);
}
