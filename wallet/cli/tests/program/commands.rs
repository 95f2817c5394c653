//! Commands that need no money.

use crate::dialogue::Desk;
use oxen_wallet_cli::command::{COMMANDS, ExitStatus};

#[test]
fn addresses_are_made_labelled_and_shown() {
    let desk = Desk::offline();
    let primary = desk.make("w", 1);
    let made = desk.script("w", &["address", "new", "my", "shop"]).result();
    assert_eq!(
        (made[0]["address_index"].as_u64(), made[0]["label"].as_str()),
        (Some(1), Some("my shop"))
    );
    desk.script("w", &["address", "label", "0", "main"]).ok();
    let all = desk.script("w", &["address", "all"]).result();
    assert_eq!(
        (all[0]["address"].as_str(), all[0]["label"].as_str()),
        (Some(primary.as_str()), Some("main"))
    );
    let error = desk.script("w", &["address", "label", "9", "x"]).json()["error"].clone();
    assert_eq!(error["code"], "no_such_account_or_address");
}

#[test]
fn integrated_addresses_are_made_and_taken_apart() {
    let desk = Desk::offline();
    let primary = desk.make("w", 1);
    let made = desk.script("w", &["integrated_address", "1020304050607080"]).result();
    let integrated = made["integrated_address"].as_str().unwrap();
    let apart = desk.script("w", &["integrated_address", integrated]).result();
    assert_eq!(
        (apart["address"].as_str(), apart["payment_id"].as_str()),
        (Some(primary.as_str()), Some("1020304050607080"))
    );
    let random = desk.script("w", &["integrated_address"]).result();
    assert_ne!(random["payment_id"], "1020304050607080");
    assert_eq!(
        desk.script("w", &["integrated_address", "10"]).status,
        ExitStatus::Usage
    );
}

#[test]
fn accounts_and_the_address_book_are_kept() {
    let desk = Desk::offline();
    let primary = desk.make("w", 1);
    desk.script("w", &["account", "new", "savings"]).ok();
    desk.script("w", &["account", "tag", "old", "0", "1"]).ok();
    let accounts = desk.script("w", &["account"]).result();
    assert_eq!(
        (
            accounts["accounts"][1]["label"].as_str(),
            accounts["accounts"][1]["tag"].as_str()
        ),
        (Some("savings"), Some("old"))
    );
    desk.script(
        "w",
        &["address_book", "add", &format!("oxen:{primary}?recipient_name=Ann%20B")],
    )
    .ok();
    let book = desk.script("w", &["address_book"]).result();
    assert_eq!(
        (book[0]["address"].as_str(), book[0]["description"].as_str()),
        (Some(primary.as_str()), Some("Ann B"))
    );
    assert_eq!(
        desk.script("w", &["address_book", "delete", "0"]).result(),
        serde_json::json!([])
    );
}

#[test]
fn messages_are_signed_and_verified() {
    let desk = Desk::offline();
    let address = desk.make("w", 1);
    let other = desk.make("other", 2);
    let signature = desk.script("w", &["sign_value", "hello", "world"]).result()["signature"]
        .as_str()
        .unwrap()
        .to_owned();
    desk.script("other", &["verify_value", &address, &signature, "hello world"])
        .ok();
    let error = desk
        .script("other", &["verify_value", &other, &signature, "hello world"])
        .json()["error"]
        .clone();
    assert_eq!(error["code"], "not_good");
    let file = desk.file("document");
    std::fs::write(&file, b"contract").unwrap();
    let signed = desk.script("w", &["sign", &file, "0,3"]).result();
    let (at, signature) = (
        signed["address"].as_str().unwrap(),
        signed["signature"].as_str().unwrap(),
    );
    desk.script("other", &["verify", &file, at, signature]).ok();
}

#[test]
fn settings_are_kept_and_wrong_values_refused() {
    let desk = Desk::offline();
    desk.make("w", 1);
    desk.script("w", &["set", "inactivity-lock-timeout", "60"]).ok();
    assert_eq!(desk.script("w", &["set"]).result()["inactivity-lock-timeout"], "60");
    let run = desk.script("w", &["set", "ask-password", "7"]);
    assert_eq!(run.status, ExitStatus::Usage);
    assert!(
        run.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("1: ask before sending")
    );
    assert_eq!(desk.script("w", &["set", "nonsense", "1"]).status, ExitStatus::Usage);
}

#[test]
fn a_new_password_opens_and_the_old_one_does_not_whatever_is_left_on_disk() {
    let desk = Desk::offline();
    desk.make("w", 1);
    let path = desk.file("w");
    let run = desk.run(&["--wallet-file", &path, "--password", "", "password"], "\nnew\nnew\n");
    assert!(run.ok().output.contains("The password was changed"));
    desk.run(&["--wallet-file", &path, "--password", "new", "address"], "")
        .ok();
    // Not even where only the backup is left.
    std::fs::remove_file(desk.path("w.keys")).unwrap();
    let old = desk.run(&["--wallet-file", &path, "--password", "", "address"], "");
    assert_eq!(old.status, ExitStatus::WrongPassword);
    let new = desk
        .run(&["--wallet-file", &path, "--password", "new", "address"], "")
        .ok();
    assert!(new.errors.contains("its backup is used"), "{}", new.errors);
    assert!(desk.path("w.keys").exists());
}

#[test]
fn an_unknown_command_suggests_one_and_lines_of_a_pipe_stop_there() {
    let desk = Desk::offline();
    desk.make("w", 1);
    let path = desk.file("w");
    let run = desk.run(&["--wallet-file", &path, "--password", ""], "adress\naddress new\n");
    assert_eq!(run.status, ExitStatus::Usage);
    assert!(run.errors.contains("did you mean address?"), "{}", run.errors);
    assert_eq!(
        desk.script("w", &["address", "all"]).result().as_array().unwrap().len(),
        1
    );
}

#[test]
fn several_lines_of_a_pipe_are_several_commands() {
    let desk = Desk::offline();
    desk.make("w", 1);
    let path = desk.file("w");
    let run = desk
        .run(
            &["--wallet-file", &path, "--password", "", "--json"],
            "address new one\naddress new \"two words\"\naddress all\n",
        )
        .ok();
    let lines: Vec<serde_json::Value> = run
        .output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[2]["result"][2]["label"], "two words");
}

#[test]
fn every_command_says_how_it_is_used_when_the_words_are_wrong() {
    let desk = Desk::offline();
    desk.make("w", 1);
    let nonsense = ["%", "%", "%", "%", "%", "%"];
    for info in COMMANDS {
        // Free text takes anything, or nothing.
        if matches!(
            info.name,
            "sign_value" | "set_description" | "sign" | "export_key_images"
        ) {
            continue;
        }
        let words: Vec<&str> = std::iter::once(info.name).chain(nonsense).collect();
        let run = desk.script("w", &words);
        assert_ne!(run.status, ExitStatus::Done, "{}", info.name);
        assert!(run.json()["error"]["message"].is_string(), "{}", info.name);
    }
}

#[test]
fn a_view_only_copy_learns_what_was_spent_from_key_images() {
    let desk = Desk::offline();
    desk.make("w", 1);
    let path = desk.file("w");
    desk.run(
        &["--wallet-file", &path, "--password", "", "save_watch_only"],
        "pw\npw\n",
    )
    .ok();
    let copy = format!("{path}-watchonly");
    let info = desk
        .run(
            &["--wallet-file", &copy, "--password", "pw", "--json", "wallet_info"],
            "",
        )
        .result();
    assert_eq!(info["type"], "view-only");
    for command in [&["seed"][..], &["spendkey"], &["sign_value", "x"], &["sweep_all"]] {
        let words: Vec<&str> = ["--wallet-file", &copy, "--password", "pw", "--json"]
            .into_iter()
            .chain(command.iter().copied())
            .collect();
        assert_eq!(desk.run(&words, "").json()["error"]["code"], "view_only", "{command:?}");
    }
    let file = desk.file("images");
    desk.script("w", &["export_key_images", &file]).ok();
    let words = [
        "--wallet-file",
        &copy,
        "--password",
        "pw",
        "--json",
        "import_key_images",
        &file,
    ];
    assert_eq!(desk.run(&words, "").result()["imported"], 0);
    // Of another wallet.
    desk.make("other", 2);
    let error = desk.script("other", &["import_key_images", &file]).json()["error"].clone();
    assert_eq!(error["code"], "not_good");
}
