//! Paying: the dialogue, and the three things that can become of a transaction.

use crate::{dialogue::Desk, fake_daemon::OnSubmit};
use oxen_types::{Amount, scan::PoolApproval};
use oxen_wallet_cli::command::ExitStatus;
use oxen_wallet_core::{
    address::{AddressUse, parse_address},
    wallet::WalletNetwork,
};
use serde_json::Value;

const OXEN: u64 = 1_000_000_000;

/// A wallet `w` with a hundred outputs of one OXEN that can be spent, and the address of a wallet `other`.
fn rich_desk() -> (Desk, String) {
    let desk = Desk::with_daemon();
    let own = desk.make("w", 1);
    let other = desk.make("other", 2);
    let prefixes = WalletNetwork::from(&oxen_types::Network::regtest()).prefixes;
    let address = parse_address(&own, &prefixes, AddressUse::Payment).unwrap();
    {
        let mut chain = desk.daemon().chain();
        for _ in 0..10 {
            chain.mine(&vec![(address, Amount::OXEN); 10]);
        }
        chain.mine_strangers(15);
    }
    (desk, other)
}

fn balance(desk: &Desk, name: &str) -> Value {
    desk.script(name, &["balance"]).result()
}

#[test]
fn the_dialogue_shows_what_happens_and_asks() {
    let (desk, other) = rich_desk();
    let path = desk.file("w");
    let words = ["--wallet-file", &path, "--password", "", "transfer", &other, "2.5"];
    let refused = desk.run(&words, "no\n");
    assert_eq!(refused.status, ExitStatus::Failed);
    let shown = refused.output;
    for expected in [
        &format!("  2.5  to {other}"),
        "from account 0, address 0; 3 inputs, ring size 10",
        "fee 0.",
        "change 0.4",
        "Sending 2.5. The transaction fee is 0.",
        "Is this okay? (Y/Yes/N/No): ",
    ] {
        assert!(shown.contains(expected), "{expected} is not in:\n{shown}");
    }
    assert!(refused.errors.contains("cancelled: nothing was done"));
    assert!(desk.daemon().chain().submitted.is_empty());
    let sent = desk.run(&words, "what?\nY\n").ok();
    assert!(sent.output.contains("Please answer yes or no."));
    assert!(sent.output.contains("Transaction successfully submitted, transaction "));
    assert!(
        sent.output
            .contains("You can check its status by using the `show_transfers` command.")
    );
    assert_eq!(desk.daemon().chain().submitted.len(), 1);
}

#[test]
fn a_payment_arrives_and_both_sides_show_it() {
    let (desk, other) = rich_desk();
    let sent = desk.script("w", &["transfer", &other, "2.5"]).result()["transactions"][0].clone();
    assert_eq!(
        (sent["status"].as_str(), sent["amount"].as_u64()),
        (Some("sent"), Some(2_500_000_000))
    );
    let waiting = balance(&desk, "other");
    assert_eq!(
        (waiting["arriving"].as_u64(), waiting["balance"].as_u64()),
        (Some(2_500_000_000), Some(0))
    );
    let history = desk.script("w", &["show_transfers", "pending"]).result();
    assert_eq!(
        (history[0]["state"].as_str(), history[0]["tx_hash"].as_str()),
        (Some("pool"), sent["tx_hash"].as_str())
    );
    desk.daemon().chain().mine_pool();
    assert_eq!(balance(&desk, "other")["balance"], 2_500_000_000_u64);
    let left = 100 * OXEN - 2_500_000_000 - sent["fee"].as_u64().unwrap();
    assert_eq!(balance(&desk, "w")["balance"], left);
    let history = desk.script("w", &["show_transfers", "out"]).result();
    assert_eq!(history[0]["destinations"][0]["address"], other.as_str());
    assert!(
        desk.daemon().chain().spent_is_asked > 0,
        "a trusted daemon is asked whether the inputs are spent"
    );
}

#[test]
fn a_refusal_gives_the_reason_and_frees_the_money() {
    let (desk, other) = rich_desk();
    desk.daemon().chain().on_submit = OnSubmit::Refuse("the moon is wrong");
    let run = desk.script("w", &["transfer", &other, "1"]);
    assert_eq!(run.status, ExitStatus::Failed);
    let error = run.json()["error"].clone();
    assert_eq!(error["code"], "transaction_refused");
    assert!(
        error["message"].as_str().unwrap().contains("the moon is wrong"),
        "{error}"
    );
    let after = balance(&desk, "w");
    assert_eq!(
        (after["balance"].as_u64(), after["unlocked"].as_u64()),
        (Some(100 * OXEN), Some(100 * OXEN))
    );
    let failed = desk.script("w", &["show_transfers", "failed"]).result();
    assert_eq!(failed[0]["reason"], "the moon is wrong");
}

#[test]
fn a_lost_answer_is_unknown_and_the_same_transaction_is_found_to_be_sent() {
    let (desk, other) = rich_desk();
    desk.daemon().chain().on_submit = OnSubmit::TakeAndBreak;
    let run = desk.script("w", &["transfer", &other, "1"]);
    assert_eq!(run.status, ExitStatus::Unknown);
    let error = run.json()["error"].clone();
    assert_eq!(error["code"], "transaction_unknown");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("Do not pay again") && message.contains("resend"),
        "{message}"
    );
    assert_eq!(
        desk.daemon().chain().submitted.len(),
        1,
        "three attempts hand over one and the same transaction"
    );
    desk.daemon().chain().on_submit = OnSubmit::Accept;
    let pending = desk.script("w", &["show_transfers", "pending"]).result();
    assert_eq!(pending[0]["state"], "pool", "refresh found it in the pool");
}

#[test]
fn what_never_arrived_is_sent_by_resend_and_paid_once() {
    let (desk, other) = rich_desk();
    desk.daemon().chain().on_submit = OnSubmit::Break;
    let run = desk.script("w", &["transfer", &other, "1"]);
    assert_eq!(run.status, ExitStatus::Unknown);
    let reserved = desk.script("w", &["--no-refresh", "balance"]).result();
    assert!(reserved["unlocked"].as_u64() < Some(100 * OXEN) && reserved["returning"].as_u64() > Some(0));
    desk.daemon().chain().on_submit = OnSubmit::Accept;
    let resent = desk.script("w", &["resend"]).result();
    assert_eq!(resent[0]["status"], "sent");
    desk.script("w", &["resend"]).ok();
    assert_eq!(desk.daemon().chain().submitted.len(), 1);
    desk.daemon().chain().mine_pool();
    assert_eq!(balance(&desk, "other")["balance"], OXEN);
    balance(&desk, "w");
    assert_eq!(
        desk.script("w", &["resend"]).result(),
        Value::Array(Vec::new()),
        "what is mined is not kept"
    );
}

#[test]
fn a_busy_daemon_has_not_taken_the_transaction() {
    let (desk, other) = rich_desk();
    desk.daemon().chain().on_submit = OnSubmit::Busy;
    let run = desk.script("w", &["transfer", &other, "1"]);
    assert_eq!(run.json()["error"]["code"], "transaction_refused");
    assert_eq!(balance(&desk, "w")["unlocked"], 100 * OXEN);
}

#[test]
fn a_refusal_after_an_attempt_that_may_have_arrived_is_unknown() {
    let (desk, other) = rich_desk();
    desk.daemon().chain().on_submit = OnSubmit::BreakThenRefuse("the moon is wrong");
    let run = desk.script("w", &["transfer", &other, "1"]);
    assert_eq!(run.status, ExitStatus::Unknown);
    let error = run.json()["error"].clone();
    assert_eq!(error["code"], "transaction_unknown");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("the moon is wrong"), "{message}");
    let reserved = desk.script("w", &["--no-refresh", "balance"]).result();
    assert!(reserved["unlocked"].as_u64() < Some(100 * OXEN), "{reserved}");
}

#[test]
fn a_refusal_of_what_is_sent_again_frees_no_money() {
    let (desk, other) = rich_desk();
    desk.daemon().chain().on_submit = OnSubmit::TakeAndBreak;
    desk.script("w", &["transfer", &other, "1"]);
    for refusal in [OnSubmit::Refuse("the moon is wrong"), OnSubmit::Busy] {
        desk.daemon().chain().on_submit = refusal;
        let again = desk.script("w", &["--no-refresh", "resend"]).result();
        assert_eq!(again[0]["status"], "unknown", "{again}");
        let reserved = desk.script("w", &["--no-refresh", "balance"]).result();
        assert!(reserved["unlocked"].as_u64() < Some(100 * OXEN), "{reserved}");
    }
}

#[test]
fn a_blink_that_was_undecided_keeps_its_money_whatever_a_second_asking_is_told() {
    let (desk, other) = rich_desk();
    desk.daemon().chain().on_submit = OnSubmit::Blink(3, "Unknown: the service nodes have not decided in time.");
    desk.script("w", &["transfer", "blink", &other, "1"]);
    let places = "too many instant transactions wait for their quorums";
    for refusal in [
        OnSubmit::Busy,
        OnSubmit::Refuse(places),
        OnSubmit::Blink(1, "no quorum"),
    ] {
        desk.daemon().chain().on_submit = refusal;
        let path = desk.file("w");
        let words = ["--wallet-file", &path, "--password", "", "--no-refresh", "resend"];
        let shown = desk.run(&words, "").output;
        assert!(shown.contains("still unknown") && !shown.contains("free"), "{shown}");
        let reserved = desk.script("w", &["--no-refresh", "balance"]).result();
        assert!(reserved["unlocked"].as_u64() < Some(100 * OXEN), "{reserved}");
    }
}

#[test]
fn keys_and_destinations_are_on_disk_before_the_daemon_hears_of_the_transaction() {
    let (desk, other) = rich_desk();
    desk.daemon().chain().on_submit = OnSubmit::TakeAndBreak;
    desk.script("w", &["transfer", &other, "1"]);
    // The cache of the time before: as if the program had been killed while it waited for the answer.
    let id = desk.daemon().chain().submitted[0].id().to_string();
    std::fs::remove_file(desk.path("w")).unwrap();
    let key = desk.script("w", &["get_tx_key", &id]).result();
    assert_eq!(key["tx_key"].as_str().unwrap().len(), 64);
    desk.daemon().chain().mine_pool();
    let received = desk
        .script("other", &["check_tx_key", &id, key["tx_key"].as_str().unwrap(), &other])
        .result();
    assert_eq!(received["received"], OXEN);
}

#[test]
fn refusals_name_numbers_and_what_to_do() {
    let (desk, other) = rich_desk();
    let complaint = |amount: &str| {
        let run = desk.script("w", &["transfer", &other, amount]);
        assert_eq!(run.status, ExitStatus::Failed);
        run.json()["error"].clone()
    };
    let error = complaint("1000");
    assert_eq!(error["code"], "not_enough_money");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("100.000000000 available") && message.contains("Pay at most 99."),
        "{message}"
    );
    desk.script("w", &["transfer", &other, "60"]).ok();
    let error = complaint("39");
    assert_eq!(error["code"], "not_enough_unlocked");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("waiting for your last transaction"),
        "{error}"
    );
}

#[test]
fn a_blink_that_is_approved_is_instant_and_burns_two_thirds_of_its_fee() {
    let (desk, other) = rich_desk();
    desk.daemon().chain().on_submit = OnSubmit::Blink(2, "");
    let run = desk.script("w", &["transfer", "blink", &other, "1"]);
    assert_eq!(run.result()["transactions"][0]["status"], "approved");
    let chain = desk.daemon().chain();
    let prefix = &chain.submitted[0].prefix;
    let burned = oxen_types::Extra::parse_or_empty(&prefix.extra).burned();
    assert_eq!(burned.atomic(), chain.submitted[0].fee().atomic() * 2 / 3);
}

#[test]
fn an_ordinary_payment_asks_no_quorum() {
    let (desk, other) = rich_desk();
    desk.script("w", &["transfer", "unimportant", &other, "1"]).ok();
    let asked = desk.daemon().chain().asked_for_blink;
    assert!(!asked);
}

#[test]
fn a_blink_that_is_not_approved_keeps_its_money_and_can_be_sent_as_an_ordinary_one() {
    let (desk, other) = rich_desk();
    desk.daemon().chain().on_submit =
        OnSubmit::Blink(1, "the service nodes rejected it: send it as an ordinary transaction");
    let run = desk.script("w", &["transfer", "blink", &other, "1"]);
    let error = run.json()["error"].clone();
    assert_eq!(error["code"], "blink_not_approved");
    let message = error["message"].as_str().unwrap();
    for part in ["send it as an ordinary", "resend ordinary", "13 blocks"] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(run.status, ExitStatus::Failed);
    for _ in 0..3 {
        let kept = balance(&desk, "w");
        assert!(kept["unlocked"].as_u64() < Some(100 * OXEN), "{kept}");
    }
    {
        let mut chain = desk.daemon().chain();
        (chain.on_submit, chain.asked_for_blink) = (OnSubmit::Accept, false);
    }
    let sent = desk.script("w", &["resend", "ordinary"]).result();
    assert_eq!(sent[0]["status"], "sent", "{sent}");
    assert!(!desk.daemon().chain().asked_for_blink);
    desk.daemon().chain().mine_pool();
    assert_eq!(balance(&desk, "other")["balance"], OXEN);
}

#[test]
fn a_blink_that_is_undecided_is_no_failure_and_its_money_stays_reserved() {
    let (desk, other) = rich_desk();
    desk.daemon().chain().on_submit = OnSubmit::Blink(3, "Unknown: the service nodes have not decided in time.");
    let run = desk.script("w", &["transfer", "blink", &other, "1"]);
    let error = run.json()["error"].clone();
    assert_eq!(
        (error["code"].as_str().unwrap(), run.status),
        ("blink_undecided", ExitStatus::Unknown)
    );
    let message = error["message"].as_str().unwrap();
    for part in ["Do not pay again", "show_transfer", "resend"] {
        assert!(message.contains(part), "{message}");
    }
    let id = desk.daemon().chain().submitted[0].id().to_string();
    desk.daemon().chain().pool[0].approval = PoolApproval::Undecided;
    let shown = desk.script("w", &["show_transfer", &id]).result();
    assert_eq!(shown[0]["approval"], "undecided", "{shown}");
    let path = desk.file("w");
    let words = ["--wallet-file", &path, "--password", "", "show_transfer", &id];
    let shown = desk.run(&words, "").output;
    assert!(shown.contains("waiting for the approval of service nodes"), "{shown}");
    desk.daemon().chain().on_submit = OnSubmit::Blink(2, "");
    let again = desk.script("w", &["resend", &id]).result().to_string();
    assert!(again.contains("approved"), "{again}");
    assert_eq!(desk.daemon().chain().submitted.len(), 1);
}

#[test]
fn an_absurd_fee_is_not_paid_unnoticed() {
    let (desk, other) = rich_desk();
    desk.daemon().chain().fee_per_byte = 215 * 500;
    let path = desk.file("w");
    let run = desk.run(
        &["--wallet-file", &path, "--password", "", "transfer", &other, "1"],
        "no\n",
    );
    assert!(run.output.contains("is usual. Pay it all the same?"), "{}", run.output);
    assert!(desk.daemon().chain().submitted.is_empty());
}

#[test]
fn a_transaction_that_is_not_to_be_relayed_becomes_a_file() {
    let (desk, other) = rich_desk();
    let path = desk.file("w");
    let out = std::env::current_dir().unwrap().join("raw_oxen_tx");
    let run = desk.run(
        &[
            "--wallet-file",
            &path,
            "--password",
            "",
            "--yes",
            "--do-not-relay",
            "transfer",
            &other,
            "1",
        ],
        "",
    );
    assert!(run.ok().output.contains("written to raw_oxen_tx; it was not sent"));
    let blob = hex::decode(std::fs::read_to_string(&out).unwrap()).unwrap();
    let _ = std::fs::remove_file(&out);
    let transaction = <oxen_types::Transaction as oxen_types::ConsensusDecode>::decode(&blob).unwrap();
    assert!(crate::fake_daemon::is_transfer(&transaction));
    assert!(desk.daemon().chain().submitted.is_empty());
}

#[test]
fn sweeping_leaves_nothing_and_one_output_can_be_swept_alone() {
    let (desk, other) = rich_desk();
    let image = desk.script("w", &["incoming_transfers", "available"]).result()[0]["key_image"]
        .as_str()
        .unwrap()
        .to_owned();
    let one = desk.script("w", &["sweep_single", &image, &other]).result();
    let paid = one["transactions"][0]["amount"].as_u64().unwrap() + one["transactions"][0]["fee"].as_u64().unwrap();
    assert_eq!(paid, OXEN);
    desk.daemon().chain().mine_pool();
    let all = desk.script("w", &["sweep_all", &other]).result();
    let count = all["transactions"].as_array().unwrap().len();
    for _ in 0..count {
        desk.daemon().chain().mine_pool();
    }
    assert_eq!(balance(&desk, "w")["balance"], 0);
}

#[test]
fn several_addresses_that_pay_together_are_warned_of() {
    let desk = Desk::with_daemon();
    desk.make("w", 1);
    let other = desk.make("other", 2);
    let second = desk.script("w", &["address", "new"]).result()[0]["address"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(second.starts_with('L'));
    // Subaddresses are paid by transfers: from the first address to the second, then both pay.
    let prefixes = WalletNetwork::from(&oxen_types::Network::regtest()).prefixes;
    let own = desk.script("w", &["address"]).result()[0]["address"]
        .as_str()
        .unwrap()
        .to_owned();
    let own = parse_address(&own, &prefixes, AddressUse::Payment).unwrap();
    {
        let mut chain = desk.daemon().chain();
        chain.mine(&[(own, Amount::from_atomic(3 * OXEN))]);
        chain.mine_strangers(25);
    }
    desk.script("w", &["transfer", &second, "2"]).ok();
    desk.daemon().chain().mine_pool();
    desk.daemon().chain().mine_strangers(10);
    let path = desk.file("w");
    let run = desk.run(
        &["--wallet-file", &path, "--password", "", "transfer", &other, "2.5"],
        "no\n",
    );
    assert!(
        run.output
            .contains("WARNING: outputs of several addresses are combined"),
        "{}",
        run.output
    );
}

#[test]
fn the_receiver_can_pay_the_fee() {
    let (desk, other) = rich_desk();
    let sent = desk
        .script("w", &["transfer", "subtractfeefrom=0", &other, "1"])
        .result()["transactions"][0]
        .clone();
    let (amount, fee) = (sent["amount"].as_u64().unwrap(), sent["fee"].as_u64().unwrap());
    assert_eq!(amount + fee, OXEN);
}

#[test]
fn another_account_is_chosen_for_one_command_and_must_exist() {
    let (desk, _) = rich_desk();
    desk.script("w", &["account", "new", "second"]).ok();
    assert_eq!(desk.script("w", &["--account", "1", "balance"]).result()["balance"], 0);
    let error = desk.script("w", &["--account", "2", "balance"]).json()["error"].clone();
    assert_eq!(error["code"], "no_such_account_or_address");
}
