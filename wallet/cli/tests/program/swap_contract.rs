//! What the swap's contract on Arbitrum means for burns, with the real contract on a development node; skipped, with a word, where
//! there is none.

use crate::{
    arbitrum::{CLOSES, Owner, SESH},
    claiming::Office,
};
use alloy::primitives::U256;
use oxen_types::{Hash, bytes::EthereumAddress};
use oxen_wallet_cli::command::ExitStatus;
use oxen_wallet_ethereum::checksummed;
use serde_json::{Value, json};

impl Office {
    /// Burns 5 OXEN for somebody, which are 2.7 SESH.
    fn burn(&self, recipient: &EthereumAddress) -> Value {
        self.script(&["swap", "5", &checksummed(recipient)]).json()
    }

    /// Sets the clock of Arbitrum.
    fn set_clock(&self, time: u64) {
        self.runtime.block_on(async {
            self.arbitrum.ask("evm_setNextBlockTimestamp", json!([time])).await;
            self.arbitrum.mine().await;
        });
    }

    fn refused(&self, code: &str) -> String {
        let reply = self.burn(&self.address);
        assert_eq!(reply["error"]["code"], code, "{reply}");
        assert!(self.desk.daemon().chain().submitted.is_empty(), "nothing was sent");
        reply["error"]["message"].as_str().unwrap().to_owned()
    }
}

#[test]
fn nothing_is_burned_that_the_contract_would_not_credit_any_more() {
    let Some(office) = Office::with_swap() else { return };
    let maturity = 31 * 120;
    let last = CLOSES - 24 * 3_600 - maturity;
    office.set_clock(last);
    let message = office.refused("swap_contract_closes");
    assert!(message.contains("2096-10-02 07:06:40 UTC on"), "{message}");
}

#[test]
fn nothing_is_burned_that_the_contract_has_no_room_for() {
    let Some(office) = Office::with_swap() else { return };
    let room = 2 * SESH;
    let sums = |credited| office.desk.daemon().chain().swap.as_mut().unwrap().credited = credited;
    sums(30_000_000 * SESH - room);
    let message = office.refused("swap_contract_full");
    assert!(message.contains("only credit 2.000000000 more"), "{message}");
    sums(0);
    let burned = office.burn(&office.address);
    assert_eq!(burned["result"]["contract_checked"], true, "{burned}");
    assert_eq!(burned["result"]["warnings"], json!([]));
    assert_eq!(office.desk.daemon().chain().submitted.len(), 1);
}

#[test]
fn a_pause_and_a_recipient_that_is_a_contract_are_warned_of() {
    let Some(office) = Office::with_swap() else { return };
    office.runtime.block_on(office.arbitrum.own_swap(Owner::pauseCall {}));
    let burned = office.burn(&office.arbitrum.rewards);
    let warnings = burned["result"]["warnings"].to_string();
    for expected in ["the contract on Arbitrum is paused", "is a contract on Arbitrum"] {
        assert!(warnings.contains(expected), "{burned}");
    }
}

#[test]
fn without_a_provider_the_summary_says_that_the_contract_was_not_looked_at() {
    // No provider: any address of a contract does, and no Arbitrum is needed.
    let (desk, _) = crate::claiming::swap_desk(EthereumAddress::new([0xc1; 20]));
    let (path, address) = (desk.file("w"), "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
    let words = ["--wallet-file", &path, "--password", "", "swap", "5", address];
    let run = desk.run(&words, "no\n");
    assert_eq!(run.status, ExitStatus::Failed, "{}", run.errors);
    let expected = "the contract on Arbitrum was not looked at";
    assert!(run.output.contains(expected), "{}\n{}", run.output, run.errors);
    assert!(run.output.contains("--l2-provider <URL>"), "{}", run.output);
}

#[test]
fn what_the_contract_paid_is_shown_burn_by_burn() {
    let Some(office) = Office::with_swap() else { return };
    let burned = office.burn(&office.address);
    let own: Hash = burned["result"]["transactions"][0]["tx_hash"]
        .as_str()
        .unwrap_or_else(|| panic!("{burned}"))
        .parse()
        .unwrap();
    // Somebody else burned for the same address before.
    let others = Hash::new([7; 32]);
    let worth = 2_700_000_000;
    {
        let mut chain = office.desk.daemon().chain();
        let burns = &mut chain.swap.as_mut().unwrap().burns;
        burns.push((others, office.address, SESH, "signable"));
        burns.push((own, office.address, worth, "signable"));
    }
    office.owe(office.address, SESH + worth);
    for (claim, status, paid) in [
        (None, "claimable", 0),
        (Some("1.5"), "claimable", SESH / 2),
        (Some("all"), "paid", worth),
    ] {
        if let Some(amount) = claim {
            office.script(&["swap", "claim", amount]).result();
        }
        let known = office.script(&["swap", "status"]).result();
        let burn = &known["burns"][0];
        assert_eq!(
            (&burn["status"], &burn["paid"]),
            (&json!(status), &json!(paid)),
            "{known}"
        );
        let account = &known["arbitrum"]["accounts"][0];
        assert_eq!(account["total"], SESH + worth, "{known}");
        let expected = if claim.is_some() { SESH + paid } else { 0 };
        assert_eq!(account["claimed"], expected, "{known}");
        let history = office.script(&["swap", "history"]).result();
        assert_eq!(
            (&history["burns"], &history["arbitrum"]),
            (&known["burns"], &known["arbitrum"])
        );
    }
    let others = office.script(&["swap", "status", &others.to_string()]).result();
    assert_eq!(others["status"], "paid", "{others}");
}

#[test]
fn a_provider_that_does_not_answer_leaves_the_history_readable() {
    let (desk, _) = crate::claiming::swap_desk(EthereumAddress::new([0xc1; 20]));
    let path = desk.file("w");
    let words = [
        "--wallet-file",
        &path,
        "--password",
        "",
        "--json",
        "--l2-provider",
        "http://127.0.0.1:9",
        "swap",
        "history",
    ];
    let history = desk.run(&words, "").result();
    assert_eq!(history["burns"], json!([]));
    let reason = history["arbitrum"]["error"].as_str().unwrap();
    assert!(reason.contains("127.0.0.1:9 does not answer"), "{reason}");
}

#[test]
fn a_payment_for_another_address_that_the_limit_cuts_says_what_is_left() {
    let Some(office) = Office::with_swap() else { return };
    office
        .runtime
        .block_on(office.arbitrum.own_swap(Owner::setCycleLimitCall {
            limit: U256::from(6 * SESH),
        }));
    let head = office.runtime.block_on(office.arbitrum.provider.head()).unwrap();
    // So that the window does not end while the test runs.
    office.set_clock((head.timestamp / 43_200 + 1) * 43_200);
    let other = EthereumAddress::new([0xab; 20]);
    office.owe(other, 10 * SESH);
    let (path, address) = (office.desk.file("w"), format!("address={}", checksummed(&other)));
    let options = office.options();
    let mut words = vec!["--wallet-file", &path, "--password", "", "--yes"];
    words.extend(options.iter().map(String::as_str));
    words.extend(["swap", "claim", &address]);
    let run = office.desk.run(&words, "").ok();
    for expected in ["Done: 6 SESH paid out", "4 SESH are left", "again in the next window"] {
        assert!(run.output.contains(expected), "{}", run.output);
    }
    assert_eq!(office.balance(&other), 6 * SESH);
}
