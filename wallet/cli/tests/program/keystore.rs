//! `ethereum import <file>` and `ethereum export <file>`: the key comes from other wallets and goes to them.

use crate::dialogue::{Desk, Run};
use oxen_wallet_cli::command::ExitStatus;
use oxen_wallet_ethereum::{
    EthereumKey,
    keystore::{Keystore, ScryptCost},
};
use rand_core::OsRng;

/// The first account of every development node.
const SECRET: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const ADDRESS: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

/// Runs a command of `w`, whose password is empty, and gives these answers.
fn ask(desk: &Desk, command: &[&str], answers: &str) -> Run {
    let path = desk.file("w");
    let mut words = vec!["--wallet-file", &path, "--password", ""];
    words.extend(command);
    desk.run(&words, answers)
}

/// A file of another wallet, `foreign.json`, with the password `theirs`.
fn foreign_file(desk: &Desk) -> String {
    let key = EthereumKey::from_hex(SECRET).unwrap();
    let cost = ScryptCost { n: 2, r: 8, p: 1 };
    let file = Keystore::seal(&key, "theirs", cost, &mut OsRng).unwrap();
    std::fs::write(desk.path("foreign.json"), file.encode().unwrap()).unwrap();
    desk.file("foreign.json")
}

#[test]
fn the_file_of_another_wallet_is_taken_with_its_password_and_no_other() {
    let desk = Desk::offline();
    desk.make("w", 1);
    let file = foreign_file(&desk);
    let wrong = ask(&desk, &["ethereum", "import", &file], "mine\n");
    assert_eq!(wrong.status, ExitStatus::WrongPassword);
    assert!(
        wrong
            .errors
            .contains("foreign.json: wrong password of the keystore file"),
        "{}",
        wrong.errors
    );
    assert!(!desk.path("w.ethereum").exists());
    let taken = ask(&desk, &["ethereum", "import", &file], "theirs\n").ok();
    assert!(taken.output.contains(ADDRESS), "{}", taken.output);
    let shown = desk.script("w", &["ethereum", "key"]).result();
    assert_eq!(shown["secret_key"], format!("0x{SECRET}"));
    let second = desk.script("w", &["ethereum", "import", &file]).json();
    assert_eq!(second["error"]["code"], "ethereum_key_exists");
}

#[test]
fn files_that_are_no_keystore_are_refused_before_a_password_is_asked_for() {
    let desk = Desk::offline();
    desk.make("w", 1);
    foreign_file(&desk);
    let text = std::fs::read_to_string(desk.path("foreign.json")).unwrap();
    for (content, said) in [
        ("Dear diary".to_owned(), "it is no keystore file of an Ethereum wallet"),
        (
            text.replace("\"n\":2,", "\"n\":1073741824,"),
            "more than 1 GiB of memory",
        ),
        (text.replace("\"version\":3", "\"version\":1"), "of version 1"),
        (text.replace("aes-128-ctr", "aes-128-cbc"), "aes-128-cbc"),
        (text + &" ".repeat(20_000), "longer than any keystore file"),
    ] {
        std::fs::write(desk.path("bad.json"), content).unwrap();
        let refused = desk.script("w", &["ethereum", "import", &desk.file("bad.json")]).json();
        assert_eq!(refused["error"]["code"], "invalid_keystore");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains("bad.json: ") && message.contains(said), "{message}");
    }
    let missing = desk
        .script("w", &["ethereum", "import", &desk.file("none.json")])
        .json();
    assert_eq!(missing["error"]["code"], "file");
    assert!(!desk.path("w.ethereum").exists());
}

#[test]
fn the_key_goes_into_a_new_file_that_only_its_owner_reads() {
    let desk = Desk::offline();
    desk.make("w", 1);
    let file = desk.file("mine.json");
    let none = desk.script("w", &["ethereum", "export", &file]).json();
    assert_eq!(none["error"]["code"], "no_ethereum_key");
    ask(&desk, &["ethereum", "import"], &format!("{SECRET}\n")).ok();

    let written = ask(&desk, &["ethereum", "export", &file], "one\ntwo\nours\nours\n").ok();
    assert!(
        written.output.contains(ADDRESS) && written.output.contains("The passwords are not the same"),
        "{}",
        written.output
    );
    assert!(!written.output.contains(SECRET) && !written.errors.contains(SECRET));
    let bytes = std::fs::read(desk.path("mine.json")).unwrap();
    let key = Keystore::decode(&bytes).unwrap().open("ours").unwrap();
    assert_eq!(hex::encode(*key.to_bytes()), SECRET);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(desk.path("mine.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    let again = desk.script("w", &["ethereum", "export", &file]).json();
    assert_eq!(again["error"]["code"], "file");
    assert!(
        again["error"]["message"]
            .as_str()
            .unwrap()
            .contains("nothing is written over it")
    );
    assert_eq!(std::fs::read(desk.path("mine.json")).unwrap(), bytes);
}
