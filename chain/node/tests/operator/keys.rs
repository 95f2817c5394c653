//! Showing and restoring keys, with and without a running node.

use crate::node::{RunningNode, run_in};
use std::{fs, os::unix::fs::PermissionsExt};

/// A seed with the public key that follows from it.
const SEED: &str = "8994935a5526e824d192990187fd8b9f96685a82e602827b8f816ac9679f9bf4";
const PUBLIC: &str = "9ec60e8e1dd033554189a2eb23ac005ab8537bb59e700eee5a32f690841a232c";

#[test]
fn a_key_is_restored_shown_and_never_overwritten_unless_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| run_in(folder.path(), &[&["--regtest"], words].concat());
    assert!(run(&["keys", "show"]).refused().contains("holds no keys"));
    let restored = run(&["keys", "restore", SEED]).succeeded();
    assert!(restored.contains(PUBLIC), "{restored}");
    let shown = run(&["keys", "show"]).succeeded();
    assert!(shown.contains(PUBLIC) && !shown.contains(SEED), "{shown}");
    let secret = run(&["keys", "show", "+secret"]).succeeded();
    assert!(secret.contains(&format!("{SEED}{PUBLIC}")), "{secret}");

    let other = "01".repeat(32);
    let refused = run(&["keys", "restore", &other]).refused();
    assert!(
        refused.contains("exists already") && refused.contains("+overwrite"),
        "{refused}"
    );
    assert!(run(&["keys", "show"]).succeeded().contains(PUBLIC));
    let replaced = run(&["keys", "restore", &other, "+overwrite"]).succeeded();
    assert!(replaced.contains("key_ed25519.old-1"), "{replaced}");
    assert!(!run(&["keys", "show"]).succeeded().contains(PUBLIC));
    let kept = fs::read_to_string(folder.path().join("regtest/key_ed25519.old-1")).unwrap();
    assert!(kept.contains(SEED), "the replaced key is not lost");
}

#[test]
fn a_legacy_key_becomes_the_service_nodes_key() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| run_in(folder.path(), &[&["--regtest"], words].concat());
    run(&["keys", "restore", SEED]).succeeded();
    let before = run(&["keys", "show", "+json"]).succeeded();
    let scalar = format!("{:0<64}", "07");
    run(&["keys", "restore-legacy", &scalar]).succeeded();
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let (before, after) = (read(&before), read(&run(&["keys", "show", "+json"]).succeeded()));
    assert_ne!(before["service_node_pubkey"], after["service_node_pubkey"]);
    assert_eq!(
        before["service_node_ed25519_pubkey"],
        after["service_node_ed25519_pubkey"]
    );
    let wrong = run(&["keys", "restore-legacy", &"ff".repeat(32), "+overwrite"]).refused();
    assert!(wrong.contains("is no key"), "{wrong}");
}

#[test]
fn a_key_that_is_typed_in_does_not_stand_in_the_shells_history() {
    let node = RunningNode::start(&[]);
    let typed = node.command_with_input(&["keys", "restore"], &format!("0x{SEED}\n"));
    assert!(typed.succeeded().contains(PUBLIC));
    let nothing = node.command(&["keys", "restore", "+overwrite"]).refused();
    assert!(nothing.contains("the input ended"), "{nothing}");
}

#[test]
fn a_service_node_makes_its_key_once_and_for_its_user_alone() {
    let node = RunningNode::start(&["--service-node"]);
    let file = node.data_directory().join("key_ed25519");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let shown = node.command(&["print_sn_key", "+json"]).succeeded();
    let own: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let in_file = node.command(&["keys", "show", "+json"]).succeeded();
    let in_file: serde_json::Value = serde_json::from_str(&in_file).unwrap();
    for name in [
        "service_node_pubkey",
        "service_node_ed25519_pubkey",
        "service_node_x25519_pubkey",
    ] {
        assert_eq!(own[name], in_file[name], "{name}");
    }
    assert!(!node.output().contains("privkey"));
}

#[test]
fn a_damaged_key_keeps_the_node_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("regtest")).unwrap();
    fs::write(folder.path().join("regtest/key_ed25519"), "0x1234\n").unwrap();
    let refused = run_in(
        folder.path(),
        &["--regtest", "--rpc-port=0", "--log-file=none", "--service-node"],
    );
    assert!(refused.errors.contains("restore it from its backup"), "{refused:?}");
    assert!(!refused.success);
}
