//! The commands for Arbitrum, as far as they need no Arbitrum: the key, addresses, what is said when something is missing. With the
//! real contracts they are tested in `wallet/ethereum`.

use crate::dialogue::{Desk, Run};
use oxen_wallet_cli::command::ExitStatus;
use serde_json::Value;

/// The first account of every development node.
const SECRET: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const ADDRESS: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

/// Opens `w` with these options and answers.
fn ask(desk: &Desk, options: &[&str], command: &[&str], answers: &str) -> Run {
    let path = desk.file("w");
    let mut words = vec!["--wallet-file", &path, "--password", ""];
    words.extend(options);
    words.extend(command);
    desk.run(&words, answers)
}

fn error(run: &Run) -> (String, String) {
    let error = run.json()["error"].clone();
    let text = |field: &str| error[field].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

#[test]
fn a_key_is_made_once_and_shown_only_with_its_password() {
    let desk = Desk::offline();
    desk.make("w", 1);
    let none = desk.script("w", &["ethereum", "address"]);
    let (code, message) = error(&none);
    assert_eq!(code, "no_ethereum_key");
    assert!(message.contains("`ethereum create`"), "{message}");

    let own_password = ["--ethereum-password", "its own"];
    let made = ask(&desk, &own_password, &["ethereum", "create"], "").ok();
    assert!(
        made.output.contains("cannot be restored from this wallet's seed words"),
        "{}",
        made.output
    );
    let address = desk.script("w", &["ethereum", "address"]).result()["address"].clone();
    assert!(made.output.contains(address.as_str().unwrap()), "{}", made.output);

    let (code, message) = error(&desk.script("w", &["ethereum", "create"]));
    assert_eq!(code, "ethereum_key_exists");
    assert!(message.contains(address.as_str().unwrap()), "{message}");

    // The wallet's password is not the key's.
    let wrong = desk.script("w", &["ethereum", "key"]);
    assert_eq!(
        (error(&wrong).0.as_str(), wrong.status),
        ("wrong_password", ExitStatus::WrongPassword)
    );
    let shown = ask(
        &desk,
        &["--json", "--ethereum-password", "its own"],
        &["ethereum", "key"],
        "",
    )
    .result();
    assert_eq!(shown["address"], address);
    assert_eq!(shown["secret_key"].as_str().unwrap().len(), 66);

    ask(&desk, &own_password, &["ethereum", "password"], "new one\nnew one\n").ok();
    let old = ask(
        &desk,
        &["--json", "--ethereum-password", "its own"],
        &["ethereum", "key"],
        "",
    );
    assert_eq!(error(&old).0, "wrong_password");
    let new = ask(
        &desk,
        &["--json", "--ethereum-password", "new one"],
        &["ethereum", "key"],
        "",
    )
    .result();
    assert_eq!(new["secret_key"], shown["secret_key"]);
}

#[test]
fn a_key_is_imported_from_its_digits_which_are_in_no_file_and_no_output() {
    let desk = Desk::offline();
    desk.make("w", 1);
    let wrong = ask(&desk, &[], &["ethereum", "import"], "12 words of a seed\n");
    assert!(wrong.errors.contains("64 hexadecimal characters"), "{}", wrong.errors);
    let taken = ask(&desk, &[], &["ethereum", "import"], &format!("{SECRET}\n")).ok();
    assert!(taken.output.contains(ADDRESS), "{}", taken.output);
    assert!(!taken.output.contains(&SECRET[2..]) && !taken.errors.contains(&SECRET[2..]));
    let bytes = std::fs::read(desk.path("w.ethereum")).unwrap();
    let secret = hex::decode(&SECRET[2..]).unwrap();
    assert!(!bytes.windows(32).any(|window| window == secret));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(desk.path("w.ethereum")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let shown = desk.script("w", &["ethereum", "key"]).result();
    assert_eq!(shown["secret_key"], SECRET);
}

#[test]
fn an_address_without_checksum_is_confirmed_and_one_with_a_wrong_checksum_refused() {
    let desk = Desk::offline();
    desk.make("w", 1);
    let small = ADDRESS.to_lowercase();
    let refused = ask(&desk, &[], &["rewards", "status", &small], "no\n");
    assert!(
        refused.output.contains(&format!("Is {ADDRESS} right")),
        "{}{}",
        refused.output,
        refused.errors
    );
    assert!(
        refused.errors.contains("has no checksum") && refused.errors.contains("cancelled"),
        "{}",
        refused.errors
    );

    let (code, message) = error(&desk.script("w", &["rewards", "status", &ADDRESS.replace("f39F", "f39f")]));
    assert_eq!(code, "invalid_ethereum_address");
    assert!(
        message.contains("checksum") && message.contains("Copy the address"),
        "{message}"
    );
    let (code, message) = error(&desk.script("w", &["rewards", "status", "LKrhaVM6uPv"]));
    assert_eq!(code, "invalid_ethereum_address");
    assert!(message.contains("must begin with 0x"), "{message}");
}

#[test]
fn what_is_missing_is_named_with_the_option_that_gives_it() {
    let desk = Desk::offline();
    desk.make("w", 1);
    ask(&desk, &[], &["ethereum", "create"], "").ok();
    let contract = ["--rewards-contract", ADDRESS];
    let run = |options: &[&str], command: &[&str]| {
        let options: Vec<&str> = options.iter().copied().chain(["--json", "--yes"]).collect();
        error(&ask(&desk, &options, command, ""))
    };
    let (code, message) = run(&[], &["rewards", "status"]);
    assert_eq!(code, "contract_unknown");
    assert!(message.contains("--rewards-contract"), "{message}");
    let (code, message) = run(&contract, &["rewards", "claim"]);
    assert_eq!(code, "l2_provider_needed");
    assert!(
        message.contains("--l2-provider") && message.contains("OXEN_L2_PROVIDER"),
        "{message}"
    );
    // The network names the contract of the swap.
    let (code, message) = run(&[], &["swap", "claim"]);
    assert_eq!(code, "l2_provider_needed");
    assert!(message.contains("--l2-provider"), "{message}");
    let dead = ["--l2-provider", "http://secret-user-token@127.0.0.1:9/secret-key"];
    let dead: Vec<&str> = contract.into_iter().chain(dead).collect();
    let (code, message) = run(&dead, &["rewards", "claim"]);
    assert_eq!(code, "l2_provider");
    assert!(
        message.contains("127.0.0.1:9 does not answer") && !message.contains("secret"),
        "{message}"
    );
    let (code, _) = run(&contract, &["bridge", "register"]);
    assert_eq!(code, "usage");
    let (code, message) = run(&contract, &["bridge", "register", "fee=101%"]);
    assert_eq!(code, "invalid_fee");
    assert!(message.contains("fee=12.5%"), "{message}");
}

#[test]
fn another_address_than_the_keys_is_claimed_for_with_its_own_wallet() {
    let desk = Desk::offline();
    desk.make("w", 1);
    ask(&desk, &[], &["ethereum", "create"], "").ok();
    let other = format!("address={ADDRESS}");
    let options = [
        "--json",
        "--yes",
        "--rewards-contract",
        ADDRESS,
        "--swap-contract",
        ADDRESS,
    ];
    let (code, message) = error(&ask(&desk, &options, &["rewards", "claim", &other], ""));
    assert_eq!(code, "wrong_ethereum_key");
    assert!(message.contains("add unsigned"), "{message}");
    let (code, message) = error(&ask(&desk, &options, &["swap", "claim", "5", &other], ""));
    assert_eq!(code, "usage");
    assert!(message.contains("leave the amount away"), "{message}");
}

#[test]
fn a_damaged_key_file_is_not_a_wrong_password() {
    let desk = Desk::offline();
    desk.make("w", 1);
    ask(&desk, &[], &["ethereum", "create"], "").ok();
    let path = desk.path("w.ethereum");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[70] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let (code, message) = error(&desk.script("w", &["ethereum", "key"]));
    assert_eq!(code, "wallet_file");
    assert!(
        message.contains("w.ethereum: it is damaged: put its backup back"),
        "{message}"
    );
}

#[test]
fn help_explains_the_commands_for_arbitrum() {
    let desk = Desk::offline();
    desk.make("w", 1);
    for (command, expected) in [
        ("ethereum", "ethereum resume"),
        ("rewards", "rewards claim [<amount>]"),
        ("bridge", "bridge exit finish"),
        ("swap", "swap claim"),
    ] {
        let help: Value = desk.script("w", &["help", command]).result();
        assert!(help.to_string().contains(expected), "{help}");
    }
}
