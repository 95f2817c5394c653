//! Nothing secret leaves the program but where it is asked for.

use crate::dialogue::{Desk, seed_words};
use clap::Parser;
use oxen_wallet_cli::options::Options;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// Secrets of the wallet with this seed: words, keys, in text and in bytes.
fn secrets(seed: u64) -> Vec<Vec<u8>> {
    let words = seed_words(seed);
    let keys = oxen_wallet_core::WalletKeys::from_seed_words(&words).unwrap().keys;
    let mut secrets = Vec::new();
    for key in [keys.spend().unwrap().to_bytes(), keys.view().to_bytes()] {
        secrets.push(key.to_vec());
        secrets.push(hex::encode(key.as_slice()).into_bytes());
    }
    // Three neighbouring words do not stand together by chance.
    let words: Vec<&str> = words.split(' ').collect();
    secrets.extend(words.windows(3).map(|three| three.join(" ").into_bytes()));
    secrets.push(PASSWORD.as_bytes().to_vec());
    secrets
}

const PASSWORD: &str = "correct horse battery staple";

fn assert_clean(what: &str, bytes: &[u8], seed: u64) {
    for secret in secrets(seed) {
        let found = bytes.windows(secret.len()).any(|window| window == secret);
        assert!(!found, "{what} holds {:?}", String::from_utf8_lossy(&secret));
    }
}

/// Runs the program itself: its log is the log of a process.
fn run(words: &[&str]) -> (Vec<u8>, Vec<u8>) {
    let program = env!("CARGO_BIN_EXE_oxen-wallet-cli");
    let output = Command::new(program).args(words).stdin(Stdio::null()).output().unwrap();
    (output.stdout, output.stderr)
}

#[test]
fn logs_files_and_messages_hold_no_secret() {
    let desk = Desk::with_daemon();
    let (path, log) = (desk.file("w"), desk.file("wallet.log"));
    let daemon = desk.daemon().address();
    let seed = seed_words(11);
    let usual = [
        "--regtest",
        "--kdf-memory",
        "8",
        "--kdf-rounds",
        "1",
        "--log-level",
        "trace",
        "--log-file",
        &log,
        "--daemon-address",
        &daemon,
        "--password",
        PASSWORD,
    ];
    let with = |words: &[&str]| run(&[&usual[..], words].concat());
    desk.daemon().chain().mine_strangers(5);
    let (output, errors) = with(&[
        "--generate-new-wallet",
        &path,
        "--electrum-seed",
        &seed,
        "--restore-height",
        "0",
        "refresh",
    ]);
    assert_clean("restoring", &[output, errors].concat(), 11);
    for command in [
        &["balance"][..],
        &["status"],
        &["wallet_info"],
        &["sweep_all"],
        &["set"],
        &["set_tx_note", "zz", "x"],
    ] {
        let (output, errors) = with(&[&["--wallet-file", &path][..], command].concat());
        assert_clean(&command.join(" "), &[output, errors].concat(), 11);
    }
    // Wrong secrets are not repeated either: they may be right ones, mistyped.
    let almost = format!("{}0", hex::encode([7; 32]));
    let (output, errors) = with(&[
        "--generate-from-spend-key",
        &desk.file("x"),
        "--restore-spend-key",
        &almost,
    ]);
    let told = String::from_utf8([output, errors].concat()).unwrap();
    assert!(
        !told.contains(&almost[..20]) && told.contains("64 hexadecimal digits"),
        "{told}"
    );
    let logged = fs::read(&log).unwrap();
    assert!(logged.len() > 1_000, "the log says a lot at this level");
    assert_clean("the log", &logged, 11);
    for entry in fs::read_dir(Path::new(&path).parent().unwrap()).unwrap() {
        let file = entry.unwrap().path();
        assert_clean(&file.display().to_string(), &fs::read(&file).unwrap(), 11);
    }
}

#[test]
fn debug_output_of_sessions_and_options_shows_no_keys() {
    let options =
        Options::try_parse_from(["wallet", "--daemon-login", "user:pass-word-1", "--password", PASSWORD]).unwrap();
    let link = oxen_wallet_cli::daemon::Login {
        user: "user".to_owned(),
        password: options.password.password.unwrap(),
    };
    assert!(!format!("{link:?}").contains(PASSWORD));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::offline();
    desk.make("w", 1);
    desk.script("w", &["address", "new"]).ok();
    for file in crate::dialogue::files(desk.folder(), "w") {
        let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
    }
}
