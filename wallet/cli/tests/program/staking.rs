//! The stakers' commands, against a daemon that has the real rules of the registry.

use crate::{
    dialogue::{Desk, Run},
    fake_registry::FakeNode,
};
use oxen_staking_rules::{Registry, registry::BlacklistedStake};
use oxen_types::{Amount, Height, Network};
use oxen_wallet_cli::command::ExitStatus;
use oxen_wallet_core::{
    address::{AddressUse, parse_address},
    wallet::WalletNetwork,
};
use serde_json::Value;
use std::sync::Arc;

const OXEN: u64 = 1_000_000_000;

/// A desk with these wallets, each with eight outputs of 50 OXEN that can be spent, and their addresses.
fn desk_with<const N: usize>(names: [&str; N]) -> (Desk, [String; N]) {
    let desk = Desk::with_daemon();
    let mut seed = 0;
    let addresses = names.map(|name| {
        seed += 1;
        desk.make(name, seed)
    });
    let prefixes = WalletNetwork::from(&Network::regtest()).prefixes;
    {
        let mut chain = desk.daemon().chain();
        for address in &addresses {
            let address = parse_address(address, &prefixes, AddressUse::Payment).unwrap();
            for _ in 0..8 {
                chain.mine(&[(address, Amount::from_atomic(50 * OXEN))]);
            }
        }
        chain.mine_strangers(15);
    }
    (desk, addresses)
}

/// Opens `name` with these answers.
fn ask(desk: &Desk, name: &str, command: &[&str], answers: &str) -> Run {
    let path = desk.file(name);
    let mut words = vec!["--wallet-file", &path, "--password", ""];
    words.extend(command);
    desk.run(&words, answers)
}

/// Runs a whole line, as it is pasted.
fn paste(desk: &Desk, name: &str, line: &str) -> Run {
    desk.script(name, &line.split_whitespace().collect::<Vec<_>>())
}

fn error(run: &Run) -> (String, String) {
    let error = run.json()["error"].clone();
    let text = |field: &str| error[field].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

/// `operator` has registered a node with a fourth of the requirement.
fn open_node<const N: usize>(names: [&str; N]) -> (Desk, [String; N], FakeNode) {
    let (desk, addresses) = desk_with(names);
    let node = FakeNode::new(9);
    let line = node.command(1_000, 19, &[(&addresses[0], 25 * OXEN)]);
    paste(&desk, names[0], &line).ok();
    desk.daemon().chain().mine_pool();
    (desk, addresses, node)
}

#[test]
fn an_operator_registers_a_node_by_pasting_and_sees_what_is_locked() {
    let (desk, [own, other]) = desk_with(["w", "other"]);
    let node = FakeNode::new(9);
    let line = node.command(1_250, 19, &[(&own, 30 * OXEN), (&other, 20 * OXEN)]);
    let words: Vec<&str> = line.split(' ').collect();
    let refused = ask(&desk, "w", &words, "no\n");
    assert_eq!(refused.status, ExitStatus::Failed);
    for expected in [
        &format!("Registering service node {} and staking 30.0 on it", node.key()),
        "operator (you)",
        "30.00",
        &other,
        "anybody, at most 8 more",
        "requirement 100.0, operator's fee 12.50 % of the rewards",
        "The node works and earns once the other 70.0 are staked.",
        "LOCKED until an unlock is requested",
        "for 15 blocks, about 30 min 0 s more",
        "If the unlock is requested at once, it is free at height 48 (about ",
        "the stake stays frozen for 30 blocks",
        "from account 0, address 0; 1 input, ring size 10",
    ] {
        assert!(
            refused.output.contains(expected),
            "{expected} is not in:\n{}",
            refused.output
        );
    }
    assert!(desk.daemon().chain().submitted.is_empty());

    let sent = paste(&desk, "w", &line).result();
    assert_eq!(sent["service_node"], node.key().to_string());
    let waiting = desk.script("w", &["print_locked_stakes"]).result();
    assert_eq!(waiting["waiting"][0]["service_node"], node.key().to_string());
    assert_eq!(waiting["waiting"][0]["amount"], 30 * OXEN);
    desk.daemon().chain().mine_pool();
    let locked = desk.script("w", &["print_locked_stakes"]).result();
    let listed = &locked["service_nodes"][0];
    assert_eq!(listed["staked"], 30 * OXEN);
    assert_eq!(listed["missing"], 70 * OXEN);
    assert_eq!(listed["requested_unlock_height"], Value::Null);
    assert_eq!(locked["current"], true);
    let text = ask(&desk, "w", &["print_locked_stakes", "+key_images"], "").ok().output;
    let image = listed["contributions"][0]["key_image"].as_str().unwrap();
    for expected in [
        "No unlock requested",
        "Staked by this wallet: 30.0 of 100.0",
        image,
        "Rewards are paid at height",
    ] {
        assert!(text.contains(expected), "{expected} is not in:\n{text}");
    }
    desk.daemon().chain().mine_strangers(10);
    let balance = desk.script("w", &["balance"]).result();
    let fee = sent["transactions"][0]["fee"].as_u64().unwrap();
    assert_eq!(balance["balance"], 400 * OXEN - fee);
    assert_eq!(balance["staked"], 30 * OXEN);
    assert_eq!(balance["unlocked"], 370 * OXEN - fee);
    // What is staked is not spent, and the refusal names the node.
    let (code, message) = error(&desk.script("w", &["transfer", &other, "380"]));
    assert_eq!(code, "not_enough_unlocked");
    assert!(message.contains(&node.key().to_string()), "{message}");
    let history = ask(&desk, "w", &["show_transfers", "stake"], "").ok().output;
    let key = node.key().to_string();
    assert!(history.contains(&format!("staked on {}…", &key[..12])), "{history}");
    let listed = desk.script("w", &["show_transfers", "stake"]).result();
    assert_eq!(listed[0]["service_node"], key);
    assert_eq!(listed[0]["stake"], format!("staked on {}…", &key[..12]));
    let id = listed[0]["tx_hash"].as_str().unwrap();
    let shown = ask(&desk, "w", &["show_transfer", id], "").ok().output;
    assert!(shown.contains(&format!("Service node: {key}")), "{shown}");
    // The other one sees what is kept for it.
    let mine = desk.script("other", &["stake", &node.key().to_string(), "20"]).result();
    assert_eq!(mine["amount"], 20 * OXEN);
}

#[test]
fn damaged_copies_of_the_command_are_told_apart() {
    let (desk, [own, other]) = desk_with(["w", "other"]);
    let node = FakeNode::new(9);
    let good = node.command(0, 19, &[(&own, 100 * OXEN)]);
    let foreign = "L5yYM5GZdUS4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfJM5y7PK";
    let cases = [
        (
            good[..good.len() - 20].to_owned(),
            "registration_truncated",
            "copy the whole line",
        ),
        (
            good.replace(" 19 ", " 19 f "),
            "registration_wrapped",
            "copy it as one line",
        ),
        (
            good.replace("node 0 ", "node 1 "),
            "registration_bad_signature",
            "do not edit it",
        ),
        (
            node.command(0, 18, &[(&own, 100 * OXEN)]),
            "registration_wrong_hard_fork",
            "run prepare_registration again",
        ),
        (
            node.command(0, 19, &[(&other, 100 * OXEN)]),
            "registration_not_ours",
            "open the operator's wallet",
        ),
        (
            node.command(0, 19, &[(&own, 24 * OXEN)]),
            "registration_invalid",
            "at least 25.000000000 OXEN would be accepted",
        ),
    ];
    for (line, expected, advice) in cases {
        let (code, message) = error(&paste(&desk, "w", &line));
        assert_eq!(code, expected, "{message}");
        assert!(message.contains(advice), "{message}");
    }
    let other_network = good.replace(&own, &foreign.replace("L5y", "L5z"));
    assert_eq!(error(&paste(&desk, "w", &other_network)).0, "registration_invalid");
    assert!(desk.daemon().chain().submitted.is_empty());
    // A copy that was wrapped inside address and signature is put together again.
    let wrapped: Vec<String> = good
        .as_bytes()
        .chunks(100)
        .map(|line| String::from_utf8(line.to_vec()).unwrap())
        .collect();
    paste(&desk, "w", &wrapped.join("\n")).ok();
    desk.daemon().chain().mine_pool();
    let (code, message) = error(&paste(&desk, "w", &good));
    assert_eq!(code, "already_registered", "{message}");
}

#[test]
fn priorities_are_words_before_a_fee_that_may_look_like_one() {
    let (desk, [own]) = desk_with(["w"]);
    let node = FakeNode::new(9);
    let line = node.command(1, 19, &[(&own, 100 * OXEN)]);
    for prefix in ["normal", "2"] {
        let line = line.replace("register_service_node ", &format!("register_service_node {prefix} "));
        let words: Vec<&str> = line.split(' ').collect();
        let shown = ask(&desk, "w", &words, "no\n").output;
        assert!(shown.contains("operator's fee 0.01 %"), "{shown}");
    }
    let words = line.replace("register_service_node ", "register_service_node blink ");
    assert_eq!(error(&paste(&desk, "w", &words)).0, "blink_unavailable");
}

#[test]
fn a_stake_is_fitted_to_the_room_and_refusals_name_what_would_be_accepted() {
    let (desk, _, node) = open_node(["operator", "a", "b"]);
    let key = node.key().to_string();
    // Nine slots are left for 75 OXEN.
    let (code, message) = error(&desk.script("a", &["stake", &key, "8"]));
    assert_eq!(code, "stake_refused");
    assert!(message.contains("at least 8.333333333 OXEN"), "{message}");
    assert!(message.contains("Accepted are 8.333333333 to 75.0"), "{message}");
    let (code, message) = error(&desk.script("a", &["stake", &key, "200%"]));
    assert_eq!(code, "invalid_amount", "{message}");
    let nobody = FakeNode::new(1).key().to_string();
    let (code, message) = error(&desk.script("a", &["stake", &nobody, "10"]));
    assert_eq!(code, "not_registered");
    assert!(message.contains(&nobody), "{message}");
    assert_eq!(
        error(&desk.script("a", &["stake", "blink", &key, "10"])).0,
        "blink_unavailable"
    );

    let shown = ask(&desk, "a", &["stake", &key, "8.333333330"], "no\n").output;
    assert!(shown.contains("The amount was raised to 8.333333333"), "{shown}");
    let shown = ask(&desk, "a", &["stake", &key, "20%"], "no\n").output;
    for expected in [
        "Staking 20.0 on service node",
        "requirement 100.0, staked so far 25.0; accepted from you: 8.333333333 to 75.0",
        "55.0 will still be missing",
        "It is less than 24.99 (24.99 % of the requirement): this wallet alone can request the unlock from height 216",
    ] {
        assert!(shown.contains(expected), "{expected} is not in:\n{shown}");
    }
    let small = desk
        .script("a", &["stake", "index=0", "unimportant", &key, "20%"])
        .result();
    assert_eq!(
        (small["amount"].as_u64(), small["adjusted"].as_str()),
        (Some(20 * OXEN), Some("no"))
    );
    desk.daemon().chain().mine_pool();
    let all = desk.script("b", &["stake", &key, "100"]).result();
    assert_eq!(
        (all["amount"].as_u64(), all["adjusted"].as_str()),
        (Some(55 * OXEN), Some("lowered"))
    );
    desk.daemon().chain().mine_pool();
    let locked = desk.script("b", &["print_locked_stakes"]).result();
    assert_eq!(locked["service_nodes"][0]["missing"], 0);
    let (code, message) = error(&desk.script("a", &["stake", &key, "10"]));
    assert_eq!(code, "stake_refused");
    assert!(message.contains("fully funded"), "{message}");
    // The small one cannot ask for the unlock of a young node, and says who can.
    let (code, message) = error(&desk.script("a", &["request_stake_unlock", &key]));
    assert_eq!(code, "too_early");
    assert!(
        message.contains("before height 216") && message.contains("at least 24.990000000 OXEN can"),
        "{message}"
    );
    desk.script("b", &["request_stake_unlock", &key]).ok();
}

#[test]
fn a_rival_who_is_faster_than_the_answer_stops_the_stake() {
    let (desk, _, node) = open_node(["operator", "a"]);
    let key = node.key();
    let full = {
        let chain = desk.daemon().chain();
        let mut rival = (**chain.nodes.registry.node(&key).unwrap()).clone();
        let mut stake = (*rival.stake).clone();
        stake.total_contributed = stake.requirement;
        stake.total_reserved = stake.requirement;
        rival.stake = Arc::new(stake);
        Registry::new([(key, Arc::new(rival))], [])
    };
    {
        let mut chain = desk.daemon().chain();
        let asked = chain.nodes.asked;
        chain.nodes.rival = Some((asked + 1, full));
    }
    let (code, message) = error(&desk.script("a", &["stake", &key.to_string(), "75"]));
    assert_eq!(code, "service_node_changed");
    assert!(
        message.contains("nothing was sent") && message.contains("fully funded"),
        "{message}"
    );
    assert_eq!(desk.daemon().chain().submitted.len(), 1, "the registration alone");
}

#[test]
fn a_stake_that_lost_the_race_is_told_and_its_money_is_free() {
    let (desk, _, node) = open_node(["operator", "a", "b"]);
    let key = node.key().to_string();
    desk.script("a", &["stake", &key, "75"]).ok();
    desk.script("b", &["stake", &key, "75"]).ok();
    desk.daemon().chain().mine_pool();
    let refresh = ask(&desk, "b", &["refresh"], "").ok().output;
    assert!(refresh.contains("was mined and NOT COUNTED"), "{refresh}");
    let winner = ask(&desk, "a", &["refresh"], "").ok().output;
    assert!(!winner.contains("NOT COUNTED"), "{winner}");
    desk.daemon().chain().mine_strangers(10);
    let balance = desk.script("b", &["balance"]).result();
    assert_eq!(
        (balance["staked"].as_u64(), &balance["unlocked"]),
        (Some(0), &balance["balance"])
    );
    let history = ask(&desk, "b", &["show_transfers", "stake"], "").ok().output;
    assert!(
        history.contains("NOT COUNTED: the service node did not take this stake"),
        "{history}"
    );
}

#[test]
fn an_unlock_shows_the_height_first_is_refused_a_second_time_and_frees_the_stake() {
    let (desk, [own, other]) = desk_with(["w", "other"]);
    let node = FakeNode::new(9);
    let key = node.key().to_string();
    paste(&desk, "w", &node.command(0, 19, &[(&own, 100 * OXEN)])).ok();
    desk.daemon().chain().mine_pool();
    let height = desk.daemon().chain().height();
    let free = height + 15;
    let refused = ask(&desk, "w", &["request_stake_unlock", &key], "no\n");
    for expected in [
        &format!("Your stake of 100.0 is free at height {free} (about "),
        "the other contributors are unlocked too",
        "It costs no fee",
    ] {
        assert!(
            refused.output.contains(expected),
            "{expected} is not in:\n{}",
            refused.output
        );
    }
    assert_eq!(
        error(&desk.script("other", &["request_stake_unlock", &key])).0,
        "no_stake"
    );
    let sent = desk.script("w", &["request_stake_unlock", &key]).result();
    assert_eq!(sent["unlock_height"], free);
    assert_eq!(sent["transactions"][0]["fee"], 0);
    let id = sent["transactions"][0]["tx_hash"].as_str().unwrap().to_owned();
    let (code, message) = error(&desk.script("w", &["request_stake_unlock", &key]));
    assert_eq!(code, "already_requested");
    assert!(message.contains("waits for a block"), "{message}");
    let pending = desk.script("w", &["show_transfers", "pending"]).result();
    assert_eq!(
        (pending[0]["type"].as_str(), pending[0]["state"].as_str()),
        (Some("unlock"), Some("pending"))
    );
    assert_ne!(desk.script("w", &["get_tx_key", &id]).status, ExitStatus::Done);
    desk.daemon().chain().mine_pool();
    let (code, message) = error(&desk.script("w", &["request_stake_unlock", &key]));
    assert_eq!(code, "already_requested");
    assert!(
        message.contains(&format!("free at height {free}")) && message.contains("about "),
        "{message}"
    );
    let locked = ask(&desk, "w", &["print_locked_stakes"], "").ok().output;
    assert!(
        locked.contains(&format!("Unlocking at height {free} (about ")),
        "{locked}"
    );
    let history = ask(&desk, "w", &["show_transfers"], "").ok().output;
    assert!(
        history.contains(&format!("unlock requested, free at height {free}")),
        "{history}"
    );
    assert_eq!(
        desk.script("w", &["show_transfers", "failed"]).result(),
        serde_json::json!([])
    );
    desk.daemon().chain().mine_strangers(17);
    let balance = desk.script("w", &["balance"]).result();
    assert_eq!(
        (balance["staked"].as_u64(), &balance["unlocked"]),
        (Some(0), &balance["balance"])
    );
    desk.script("w", &["transfer", &other, "399"]).ok();
}

#[test]
fn a_deregistered_stake_is_shown_with_the_height_at_which_it_is_free() {
    let (desk, [own]) = desk_with(["w"]);
    let node = FakeNode::new(9);
    paste(&desk, "w", &node.command(0, 19, &[(&own, 100 * OXEN)])).ok();
    desk.daemon().chain().mine_pool();
    desk.script("w", &["refresh"]).ok();
    {
        let mut chain = desk.daemon().chain();
        let locked = *chain
            .nodes
            .registry
            .node(&node.key())
            .unwrap()
            .stake
            .locked()
            .next()
            .unwrap();
        let frozen = BlacklistedStake {
            key_image: locked.key_image,
            unlock_height: Height::new(500),
            amount: locked.amount,
        };
        chain.nodes.registry = Registry::new([], [frozen]);
        chain.mine_strangers(1);
    }
    let text = ask(&desk, "w", &["print_locked_stakes"], "").ok().output;
    assert!(
        text.contains("Blacklisted stake of 100.0\n  frozen after deregistration until height 500 (about "),
        "{text}"
    );
    let balance = desk.script("w", &["balance"]).result();
    assert_eq!(
        (balance["blacklisted"].as_u64(), balance["staked"].as_u64()),
        (Some(100 * OXEN), Some(0))
    );
    let history = ask(&desk, "w", &["show_transfers", "stake"], "").ok().output;
    assert!(
        history.contains("frozen after deregistration until height 500"),
        "{history}"
    );
}

#[test]
fn a_daemon_that_does_not_say_what_is_staked_makes_nothing_look_free() {
    let (desk, [own, other]) = desk_with(["w", "other"]);
    let node = FakeNode::new(9);
    let key = node.key().to_string();
    paste(&desk, "w", &node.command(0, 19, &[(&own, 100 * OXEN)])).ok();
    {
        let mut chain = desk.daemon().chain();
        chain.nodes.answers_before_failing = Some(0);
        chain.mine_pool();
        chain.mine_strangers(10);
    }
    let refresh = ask(&desk, "w", &["refresh"], "").ok().output;
    assert!(
        refresh.contains("the daemon did not say which outputs are staked"),
        "{refresh}"
    );
    // Never told: what the stake may have locked counts as locked, its change does not.
    let balance = desk.script("w", &["balance"]).result();
    assert_eq!(balance["staked"], 100 * OXEN);
    let text = ask(&desk, "w", &["print_locked_stakes"], "").ok().output;
    assert!(
        text.contains("The daemon has not said yet which stakes there are"),
        "{text}"
    );
    assert_eq!(error(&desk.script("w", &["request_stake_unlock", &key])).0, "daemon");
    assert_eq!(
        error(&desk.script("w", &["transfer", &other, "350"])).0,
        "not_enough_unlocked"
    );
    desk.script("w", &["transfer", &other, "290"]).ok();
    // Told once: the last answer is kept over a restart.
    desk.daemon().chain().nodes.answers_before_failing = None;
    desk.script("w", &["refresh"]).ok();
    {
        let mut chain = desk.daemon().chain();
        chain.nodes.answers_before_failing = Some(0);
        chain.mine_strangers(1);
    }
    assert_eq!(desk.script("w", &["balance"]).result()["staked"], 100 * OXEN);
    let listed = desk.script("w", &["print_locked_stakes"]).result();
    assert_eq!(
        (
            listed["current"].as_bool(),
            listed["service_nodes"][0]["staked"].as_u64()
        ),
        (Some(false), Some(100 * OXEN))
    );
}

#[test]
fn a_wallet_without_stakes_never_asks_for_service_nodes() {
    let (desk, [_, other]) = desk_with(["w", "other"]);
    desk.script("w", &["transfer", &other, "1"]).ok();
    desk.daemon().chain().mine_pool();
    desk.script("other", &["balance"]).ok();
    assert_eq!(desk.daemon().chain().nodes.asked, 0);
    let text = ask(&desk, "w", &["print_locked_stakes"], "").ok().output;
    assert!(text.contains("No locked stakes."), "{text}");
}

#[test]
fn from_hard_fork_20_on_the_commands_say_where_staking_went() {
    let (desk, [own]) = desk_with(["w"]);
    let node = FakeNode::new(9);
    let key = node.key().to_string();
    desk.daemon().chain().hard_fork = 20;
    let line = node.command(0, 20, &[(&own, 100 * OXEN)]);
    for run in [paste(&desk, "w", &line), desk.script("w", &["stake", &key, "10"])] {
        let (code, message) = error(&run);
        assert_eq!(code, "staking_moved");
        assert!(
            message.contains("with a contract") && message.contains("released by the hard fork"),
            "{message}"
        );
    }
    desk.daemon().chain().hard_fork = 21;
    assert_eq!(
        error(&desk.script("w", &["request_stake_unlock", &key])).0,
        "staking_moved"
    );
}

#[test]
fn only_account_0_of_a_full_wallet_stakes() {
    let (desk, _) = desk_with(["w"]);
    let key = FakeNode::new(9).key().to_string();
    desk.script("w", &["account", "new", "second"]).ok();
    let (code, message) = error(&desk.script("w", &["--account", "1", "stake", &key, "10"]));
    assert_eq!(code, "wrong_account");
    assert!(message.contains("account switch 0"), "{message}");
    let path = desk.file("w");
    desk.run(
        &["--wallet-file", &path, "--password", "", "save_watch_only"],
        "pw\npw\n",
    )
    .ok();
    let copy = format!("{path}-watchonly");
    let run = desk.run(
        &[
            "--wallet-file",
            &copy,
            "--password",
            "pw",
            "--json",
            "stake",
            &key,
            "10",
        ],
        "",
    );
    assert_eq!(error(&run).0, "view_only");
}

#[test]
fn rewards_are_listed_as_rewards() {
    let (desk, _) = desk_with(["w"]);
    let rewards = desk.script("w", &["show_transfers", "reward"]).result();
    assert_eq!(rewards.as_array().unwrap().len(), 8);
    assert_eq!(
        (rewards[0]["type"].as_str(), &rewards[0]["stake"]),
        (Some("reward"), &Value::Null)
    );
    let as_the_reference_calls_them = desk.script("w", &["show_transfers", "coinbase"]).result();
    assert_eq!(as_the_reference_calls_them, rewards);
}
