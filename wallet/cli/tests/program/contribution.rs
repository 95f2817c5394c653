//! `bridge contract …`: a node of several contributors, with the real contracts on a development node; what is refused for its words
//! alone needs none.

use crate::{
    arbitrum::{ContributionOperator, REQUIREMENT, SESH},
    claiming::{Office, run_until},
    dialogue::{Desk, Run},
};
use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::{
    EthereumKey, checksummed,
    contribution::{Finalizing, NewContract},
    service_node::Registration,
    transaction::Call,
};
use serde_json::{Value, json};
use std::io::{BufReader, Read};

const ADDRESS: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const OTHER: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

fn error(run: &Run) -> (String, String) {
    let error = run.json()["error"].clone();
    let text = |field: &str| {
        error[field]
            .as_str()
            .unwrap_or_else(|| panic!("{}", run.output))
            .to_owned()
    };
    (text("code"), text("message"))
}

impl Office {
    /// A wallet with a key that has so many SESH.
    fn contributor(&self, wallet: &str, seed: u64, amount: u64) -> EthereumAddress {
        self.desk.make(wallet, seed);
        let key = self.runtime.block_on(self.arbitrum.account());
        self.take_key(wallet, &key);
        self.give(&key.address(), amount);
        key.address()
    }

    /// Makes a call with the key of a wallet, past the wallet.
    fn call_as(&self, wallet: &str, call: Call) {
        let key = self.script_of(wallet, &["ethereum", "key"]).result();
        let key = EthereumKey::from_hex(key["secret_key"].as_str().unwrap()).unwrap();
        let sender = self.arbitrum.sender(&key);
        self.runtime.block_on(async {
            let submission = sender.prepare(call).await.unwrap();
            self.arbitrum.hand_over(sender, &submission).await;
        });
    }

    fn give(&self, address: &EthereumAddress, amount: u64) {
        self.runtime.block_on(self.arbitrum.give(address, amount));
    }

    /// `w` has a contract made and contributes 30 of 120 SESH.
    fn contract(&self, words: &[&str]) -> String {
        self.give(&self.address, REQUIREMENT);
        let mut command = vec!["bridge", "contract", "create", "fee=10%", "stake=30"];
        command.extend(words);
        let created = self.script(&command).result();
        assert_eq!(created["contribution"]["status"], "open", "{created}");
        created["contract"].as_str().unwrap().to_owned()
    }

    fn contribute(&self, wallet: &str, contract: &str, words: &[&str]) -> Run {
        let mut command = vec!["bridge", "contract", "contribute", contract];
        command.extend(words);
        self.script_of(wallet, &command)
    }

    fn status(&self, wallet: &str, contract: &str) -> Value {
        self.script_of(wallet, &["bridge", "contract", "status", contract])
            .result()
    }
}

#[test]
fn words_that_are_missing_or_wrong_are_named() {
    let desk = Desk::offline();
    desk.make("w", 1);
    desk.script("w", &["ethereum", "create"]).ok();
    let run = |options: &[&str], command: &[&str]| {
        let path = desk.file("w");
        let mut words = vec!["--wallet-file", &path, "--password", "", "--json", "--yes"];
        words.extend(options);
        words.extend(["bridge", "contract"]);
        words.extend(command);
        error(&desk.run(&words, ""))
    };
    let rewards = ["--rewards-contract", ADDRESS];
    let both = [&rewards[..], &["--contribution-factory", OTHER]].concat();
    for (command, expected) in [
        (&["destroy"][..], "create, status, contribute, withdraw"),
        (&["create"], "fee=10%"),
        (&["create", "fee=10%"], "stake=<amount>, or stake=0"),
        (
            &["create", "fee=10%", "stake=30", "finalize=later"],
            "finalize=auto nor finalize=manual",
        ),
        (
            &["create", "fee=10%", "stake=30", "reserve=5"],
            "reserve=<0x address>:<amount>",
        ),
        (
            &["create", "fee=10%", &format!("reserve={OTHER}:30")],
            "the first is your own",
        ),
        (
            &["create", "fee=10%", "stake=0", &format!("beneficiary={OTHER}")],
            "name it when you contribute",
        ),
        (&["contribute", OTHER], "The amount of SESH is missing"),
        (&["contribute", OTHER, "0"], "The amount is nothing"),
        (&["withdraw", OTHER, "5"], "\"5\" is not expected here"),
        (
            &["beneficiary", OTHER],
            "The address that the rewards are to go to is missing",
        ),
    ] {
        let (code, message) = run(&both, command);
        assert_eq!(code, "usage", "{message}");
        assert!(message.contains(expected), "{command:?}: {message}");
    }
    for command in [
        &["contribute", OTHER, "5"][..],
        &["status", OTHER],
        &["finalize", OTHER],
        &["create", "fee=1%", "stake=0"],
    ] {
        let (code, message) = run(&rewards, command);
        assert_eq!(code, "contract_unknown", "{message}");
        assert!(message.contains("--contribution-factory"), "{message}");
        let (code, _) = run(&both, command);
        assert_eq!(code, "l2_provider_needed");
    }
    let (code, message) = run(&both, &["status", "LKrhaVM6uPv"]);
    assert_eq!(code, "invalid_ethereum_address", "{message}");
    let (code, message) = run(&both, &["contribute", OTHER, "5", &format!("address={OTHER}")]);
    assert_eq!(code, "wrong_ethereum_key");
    assert!(message.contains("add unsigned"), "{message}");
    let (code, _) = run(&both, &["create", "fee=101%", "stake=30"]);
    assert_eq!(code, "invalid_fee");
}

#[test]
fn help_explains_contribution_contracts() {
    let desk = Desk::offline();
    desk.make("w", 1);
    let help = desk.script("w", &["help", "bridge"]).result().to_string();
    for expected in [
        "bridge contract create fee=<percent>%",
        "bridge contract contribute <contract> <amount> [more]",
        "the network's factory made are accepted",
        "a day after it was last raised",
    ] {
        assert!(help.contains(expected), "{expected}: {help}");
    }
}

#[test]
fn a_network_that_names_its_factory_needs_no_option() {
    let factory: EthereumAddress = OTHER[2..].to_lowercase().parse().unwrap();
    let mut network = oxen_types::Network::regtest();
    network.swap.as_mut().unwrap().factory = Some(factory);
    let desk = Desk::offline().on(&network);
    desk.make("w", 1);
    let path = desk.file("w");
    let words = [
        "--wallet-file",
        &path,
        "--password",
        "",
        "--json",
        "--rewards-contract",
        ADDRESS,
    ];
    let run = desk.run(&[&words[..], &["bridge", "contract", "status", OTHER]].concat(), "");
    assert_eq!(error(&run).0, "l2_provider_needed");
}

#[test]
fn three_wallets_fill_a_contract_and_the_node_is_registered() {
    let Some(office) = Office::open() else { return };
    let poor = office.script(&["bridge", "contract", "create", "fee=10%", "stake=30"]);
    assert_eq!(error(&poor).0, "not_enough_sesh");
    let contract = office.contract(&[]);
    let second = office.contributor("second", 2, 40 * SESH);
    office.contributor("third", 3, REQUIREMENT);

    let seen = office.status("second", &contract);
    let key = office.node_key();
    assert_eq!((&seen["service_node"], &seen["fee"]), (&json!(key), &json!(1_000)));
    assert_eq!(seen["operator"], checksummed(&office.address));
    assert_eq!((&seen["total"], &seen["room"]), (&json!(30 * SESH), &json!(90 * SESH)));
    assert_eq!((&seen["minimum"], &seen["places"]), (&json!(10 * SESH), &json!(9)));
    assert_eq!(
        (&seen["own"]["contributed"], &seen["signed_by_node"]),
        (&json!(0), &json!(true))
    );
    let next = seen["next"][0].to_string();
    assert!(next.contains("at least 10 SESH and at most 90 SESH"), "{next}");

    for (wallet, amount, code, expected) in [
        (
            "second",
            "9.999999999",
            "contribution_too_small",
            "the least contribution now, 10 SESH",
        ),
        ("second", "91", "contribution_too_large", "there is room for 90 SESH"),
        ("second", "50", "not_enough_sesh", "40 SESH"),
    ] {
        let (found, message) = error(&office.contribute(wallet, &contract, &[amount]));
        assert_eq!(found, code, "{message}");
        assert!(message.contains(expected), "{message}");
    }
    let nonce = office.runtime.block_on(office.arbitrum.provider.mined_nonce(&second));
    assert_eq!(nonce, Ok(0), "nothing was sent");

    let beneficiary = format!("beneficiary={OTHER}");
    office.contribute("second", &contract, &["20", &beneficiary]).result();
    let (code, message) = error(&office.contribute("second", &contract, &["20"]));
    assert_eq!(code, "already_contributed");
    assert!(
        message.contains("20 SESH") && message.contains("the word more"),
        "{message}"
    );
    let more = office.contribute("second", &contract, &["20", "more"]).result();
    assert_eq!(more["contribution"]["total"], 70 * SESH, "{more}");
    assert_eq!(more["contribution"]["contributors"][1]["beneficiary"], OTHER, "{more}");

    let last = office.contribute("third", &contract, &["50"]).result();
    assert_eq!(last["contribution"]["status"], "finalized", "{last}");
    assert_eq!(last["contribution"]["node"], 5, "{last}");
    let staked = office.runtime.block_on(office.arbitrum.contributors_of(5));
    let amounts: Vec<u64> = staked.iter().map(|(_, amount)| *amount).collect();
    assert_eq!(
        (staked[0].0, amounts),
        (office.address, vec![30 * SESH, 40 * SESH, 50 * SESH])
    );

    let (code, _) = error(&office.contribute("third", &contract, &["1", "more"]));
    assert_eq!(code, "contract_complete");
    let (code, message) = error(&office.script_of("second", &["bridge", "contract", "withdraw", &contract]));
    assert_eq!(code, "node_registered");
    assert!(message.contains(&format!("`bridge exit {key}`")), "{message}");
    let again = office.script(&["bridge", "contract", "create", "fee=10%", "stake=30"]);
    assert_eq!(error(&again).0, "already_registered");
}

#[test]
fn a_person_is_asked_and_shown_what_matters() {
    let Some(office) = Office::open() else { return };
    office.give(&office.address, REQUIREMENT);
    let create = ["bridge", "contract", "create", "fee=12.5%", "finalize=manual"];
    let refused = office.person("w", &create, "30\nno\n");
    assert!(
        refused
            .output
            .contains("How much SESH do you contribute yourself, from 30 SESH to 120 SESH?"),
        "{}",
        refused.output
    );
    assert!(refused.errors.contains("cancelled"), "{}", refused.errors);
    let created = office.person("w", &create, "30\nyes\n").ok().output;
    for expected in [
        "who takes 12.50 % of the rewards",
        "you have the node registered with `bridge contract finalize`",
        "The contract is 0x",
        "Tell the others",
    ] {
        assert!(created.contains(expected), "{expected} is not in:\n{created}");
    }
    let contract = created.split("The contract is ").nth(1).unwrap()[..42].to_owned();

    office.contributor("second", 2, REQUIREMENT);
    let shown = office
        .person("second", &["bridge", "contract", "status", &contract], "")
        .ok()
        .output;
    for expected in [
        "which this network's factory made",
        "open for contributions",
        "30 SESH of 120 SESH",
        "90 SESH, and 9 of 10 places",
        "at least 10 SESH",
        "the operator has the node registered (finalize)",
        "have contributed nothing",
        "contributes at least 10 SESH and at most 90 SESH",
    ] {
        assert!(shown.contains(expected), "{expected} is not in:\n{shown}");
    }
    let command = ["bridge", "contract", "contribute", &contract, "90"];
    let contributed = office.person("second", &command, "yes\n").ok().output;
    for expected in [
        "Contributing 90 SESH of 120 SESH there are",
        "then 120 SESH of 120 SESH are there, and the operator can have the node registered",
        "STAYS there for a day: it can be taken back from ",
        "LOCKED until an exit is asked for",
        "complete, waiting for the operator to finalize it",
    ] {
        assert!(contributed.contains(expected), "{expected} is not in:\n{contributed}");
    }
    let (code, message) = error(&office.script_of("second", &["bridge", "contract", "finalize", &contract]));
    assert_eq!(code, "only_operator", "{message}");
    let finalized = office
        .person("w", &["bridge", "contract", "finalize", &contract], "yes\n")
        .ok()
        .output;
    assert!(
        finalized.contains("The node is number 5 of the contract of service nodes"),
        "{finalized}"
    );
}

#[test]
fn a_contribution_is_taken_back_after_a_day_and_given_back_by_a_reset() {
    let Some(office) = Office::open() else { return };
    let contract = office.contract(&[]);
    let second = office.contributor("second", 2, 40 * SESH);
    office.contribute("second", &contract, &["40"]).result();
    office.runtime.block_on(office.arbitrum.pass(1_800));
    let withdraw = ["bridge", "contract", "withdraw", &contract];
    let (code, message) = error(&office.script_of("second", &withdraw));
    assert_eq!(code, "contribution_locked");
    assert!(
        message.contains("a day after it was last raised: this one in 23 h "),
        "{message}"
    );
    let unlocked = office.status("second", &contract)["own"]["unlocked"].as_u64().unwrap();
    let (code, message) = error(&office.script(&withdraw));
    assert_eq!(code, "operator_must_reset");
    assert!(message.contains("`bridge contract reset 0x"), "{message}");

    office.runtime.block_on(office.arbitrum.pass(86_400));
    assert!(
        office
            .runtime
            .block_on(office.arbitrum.provider.head())
            .unwrap()
            .timestamp
            >= unlocked
    );
    office.script_of("second", &withdraw).result();
    assert_eq!(office.balance(&second), 40 * SESH);
    let (code, _) = error(&office.script_of("second", &withdraw));
    assert_eq!(code, "nothing_contributed");

    // Taken back, it is no addition any more.
    office.contribute("second", &contract, &["40"]).result();
    let beneficiary = office
        .script_of("second", &["bridge", "contract", "beneficiary", &contract, OTHER])
        .result();
    assert_eq!(beneficiary["contribution"]["contributors"][1]["beneficiary"], OTHER);
    let reset = office.script(&["bridge", "contract", "cancel", &contract]).result();
    assert_eq!(reset["contribution"]["status"], "waits_for_operator", "{reset}");
    assert_eq!(
        (office.balance(&second), office.balance(&office.address)),
        (40 * SESH, REQUIREMENT)
    );
    let (code, message) = error(&office.contribute("second", &contract, &["40"]));
    assert_eq!(code, "contract_not_open", "{message}");
    office.contribute("w", &contract, &["30"]).result();
}

/// Says yes, after something happened.
struct YesAfter<F>(Option<F>);

impl<F: FnOnce() + Send> Read for YesAfter<F> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(happens) = self.0.take() else { return Ok(0) };
        // The program's own runtime waits here.
        std::thread::scope(|scope| scope.spawn(happens).join().unwrap());
        let answer = b"yes\n";
        buffer[..answer.len()].copy_from_slice(answer);
        Ok(answer.len())
    }
}

#[test]
fn what_happens_while_the_question_is_asked_is_noticed_and_nothing_is_sent() {
    let Some(office) = Office::open() else { return };
    let contract = office.contract(&[]);
    let address: EthereumAddress = contract[2..].to_lowercase().parse().unwrap();
    let second = office.contributor("second", 2, REQUIREMENT);
    office.contributor("third", 3, REQUIREMENT);
    let command = ["bridge", "contract", "contribute", &contract, "40"];
    let faster = || drop(office.contribute("third", &contract, &["60"]).result());
    let run = office.person_with("second", &command, BufReader::new(YesAfter(Some(faster))));
    assert!(run.output.contains("then 70 SESH of 120 SESH"), "{}", run.output);
    assert!(
        run.errors.contains("there is room for 30 SESH from you"),
        "{}",
        run.errors
    );

    let command = ["bridge", "contract", "contribute", &contract, "20"];
    let greedy = || {
        office.script(&["bridge", "contract", "reset", &contract]).result();
        let fee = ContributionOperator::updateFeeCall { fee: 9_000 };
        office.call_as("w", Call::new(address, &fee));
        office.contribute("w", &contract, &["30"]).result();
    };
    let run = office.person_with("second", &command, BufReader::new(YesAfter(Some(greedy))));
    assert!(
        run.output.contains("who takes 10.00 % of the rewards"),
        "{}",
        run.output
    );
    assert!(
        run.errors
            .contains("the operator changed the contract while you looked"),
        "{}",
        run.errors
    );
    let nonce = office.runtime.block_on(office.arbitrum.provider.mined_nonce(&second));
    assert_eq!(nonce, Ok(0), "nothing was sent");
}

#[test]
fn a_contract_that_the_factory_did_not_make_is_refused_before_anything_is_sent() {
    let Some(office) = Office::open() else { return };
    let forger = office.runtime.block_on(office.arbitrum.forge_factory());
    let options = ["--contribution-factory".to_owned(), checksummed(&forger.address)];
    office.give(&office.address, REQUIREMENT);
    // The forger's own wallet knows no better.
    let (path, mut words) = (office.desk.file("w"), office.options());
    let place = words.iter().position(|word| word == "--contribution-factory").unwrap();
    words.splice(place..place + 2, options);
    let mut command = vec!["--wallet-file", &path, "--password", "", "--json", "--yes"];
    command.extend(words.iter().map(String::as_str));
    command.extend(["bridge", "contract", "create", "fee=0%", "stake=30"]);
    let fake = office.desk.run(&command, "").result()["contract"]
        .as_str()
        .unwrap()
        .to_owned();

    let second = office.contributor("second", 2, 40 * SESH);
    for command in [
        &["bridge", "contract", "status", &fake][..],
        &["bridge", "contract", "contribute", &fake, "40"],
        &["bridge", "contract", "contribute", &fake, "40", "unsigned"],
        &["bridge", "contract", "withdraw", &fake],
    ] {
        let (code, message) = error(&office.script_of("second", command));
        assert_eq!(code, "fake_contract", "{message}");
        assert!(message.contains("NOT made by this network's factory"), "{message}");
    }
    let own = checksummed(&second);
    let (code, message) = error(&office.contribute("second", &own, &["40"]));
    assert_eq!(code, "no_contract", "{message}");
    let nonce = office.runtime.block_on(office.arbitrum.provider.mined_nonce(&second));
    assert_eq!(nonce, Ok(0), "nothing was sent");
}

#[test]
fn a_contract_whose_node_did_not_sign_is_warned_of_and_takes_nothing() {
    let Some(office) = Office::open() else { return };
    let registration = office
        .desk
        .daemon()
        .chain()
        .bridge
        .as_ref()
        .unwrap()
        .registration(&office.address);
    let wrong = Registration {
        signature: [7; 64],
        ..registration
    };
    let new = NewContract {
        factory: office.arbitrum.factory,
        service_node: wrong.service_node,
        fee: 0,
        finalizing: Finalizing::AtOnce,
        reserved: Vec::new(),
    };
    let key = office.runtime.block_on(office.arbitrum.account());
    // A proof for another operator is what a contract does notice.
    let sender = office.arbitrum.sender(&key);
    assert!(office.runtime.block_on(sender.prepare(new.call(&wrong))).is_err());
    let own = Registration {
        signature: [7; 64],
        ..office
            .desk
            .daemon()
            .chain()
            .bridge
            .as_ref()
            .unwrap()
            .registration(&key.address())
    };
    let submission = office.runtime.block_on(sender.prepare(new.call(&own))).unwrap();
    office.runtime.block_on(office.arbitrum.hand_over(sender, &submission));
    let transaction = submission.newest().hash.to_string();
    let status = office.status("w", &transaction);
    assert_eq!(status["signed_by_node"], false, "{status}");
    let warning = status["warnings"][0].as_str().unwrap();
    assert!(warning.contains("the Oxen chain would refuse"), "{warning}");
    let contract = status["contract"].as_str().unwrap();
    let (code, _) = error(&office.contribute("w", contract, &["30"]));
    assert_eq!(code, "registration_bad_signature");
}

#[test]
fn places_are_kept_for_others() {
    let Some(office) = Office::open() else { return };
    let friend = office.contributor("friend", 2, REQUIREMENT);
    let small = format!("reserve={}:9", checksummed(&friend));
    office.give(&office.address, REQUIREMENT);
    let refused = office.script(&["bridge", "contract", "create", "fee=10%", "stake=30", &small]);
    let (code, message) = error(&refused);
    assert_eq!(code, "invalid_reservation");
    assert!(message.contains("must be at least 10 SESH"), "{message}");
    let refused = office.script(&["bridge", "contract", "create", "fee=10%", "stake=29"]);
    assert_eq!(error(&refused).0, "contribution_too_small");
    let contract = office.contract(&[&format!("reserve={}:60", checksummed(&friend))]);
    let seen = office.status("friend", &contract);
    assert_eq!(
        (&seen["reserved"], &seen["own"]["reserved"]),
        (&json!(60 * SESH), &json!(60 * SESH))
    );
    assert_eq!(
        (&seen["room"], &seen["own"]["room"]),
        (&json!(30 * SESH), &json!(90 * SESH))
    );
    office.contributor("stranger", 3, REQUIREMENT);
    let (code, message) = error(&office.contribute("stranger", &contract, &["31"]));
    assert_eq!(code, "contribution_too_large", "{message}");
    let (code, message) = error(&office.contribute("friend", &contract, &["59"]));
    assert_eq!(code, "contribution_too_small");
    assert!(message.contains("60 SESH are reserved for you"), "{message}");
    let last = office.contribute("friend", &contract, &["90"]).result();
    assert_eq!(last["contribution"]["status"], "finalized", "{last}");
}

#[test]
fn a_repeated_create_goes_on_with_the_contract_that_is_there() {
    let Some(office) = Office::open() else { return };
    office.give(&office.address, 2 * REQUIREMENT);
    let create = |words: &[&str]| office.script(&[&["bridge", "contract", "create"], words].concat());
    let first = create(&["fee=10%", "stake=0"]).result();
    assert_eq!(first["contribution"]["status"], "waits_for_operator", "{first}");
    let (code, message) = error(&create(&["fee=11%", "stake=30"]));
    assert_eq!(code, "contract_made_already");
    assert!(message.contains("with another fee"), "{message}");
    let second = create(&["fee=10%", "stake=30"]).result();
    assert_eq!(
        (&second["contract"], &second["made"]),
        (&first["contract"], &Value::Null)
    );
    assert_eq!(second["contribution"]["status"], "open");
    let (code, message) = error(&create(&["fee=10%", "stake=30"]));
    assert_eq!(code, "contract_made_already");
    assert!(
        message.contains("open for contributions") && message.contains("the word anew"),
        "{message}"
    );
    let anew = create(&["fee=10%", "stake=30", "anew"]).result();
    assert_ne!(anew["contract"], first["contract"]);
}

#[test]
fn the_contracts_that_a_wallet_had_to_do_with_are_listed() {
    let Some(office) = Office::open() else { return };
    let list = |wallet: &str| office.script_of(wallet, &["bridge", "contract", "status"]).result()["contracts"].clone();
    office.contributor("second", 2, REQUIREMENT);
    assert_eq!(list("second"), json!([]));
    let first = office.contract(&[]);
    office.contribute("second", &first, &["40"]).result();
    office.contribute("second", &first, &["1", "more"]).result();
    let second = office.contract(&["anew"]);
    let made: Vec<Value> = list("w")
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["contract"].clone())
        .collect();
    assert_eq!(made, [second.as_str(), first.as_str()]);
    let contributed = list("second");
    assert_eq!(contributed.as_array().unwrap().len(), 1, "{contributed}");
    assert_eq!(contributed[0]["own"]["contributed"], 41 * SESH, "{contributed}");
    let shown = office
        .person("second", &["bridge", "contract", "status"], "")
        .ok()
        .output;
    let expected = format!("{first}  71 SESH of 120 SESH, 41 SESH of it yours; open for contributions");
    assert!(shown.contains(&expected), "{shown}");
}

#[test]
fn a_contract_whose_node_has_left_begins_anew() {
    let Some(office) = Office::open() else { return };
    office.give(&office.address, 2 * REQUIREMENT);
    let create = ["bridge", "contract", "create", "fee=10%", "stake=120"];
    let contract = office.script(&create).result()["contract"].as_str().unwrap().to_owned();
    let key = office.status("w", &contract)["service_node"]
        .as_str()
        .unwrap()
        .to_owned();
    let reset = ["bridge", "contract", "reset", &contract];
    let (code, _) = error(&office.script(&reset));
    assert_eq!(code, "node_registered");
    office.script(&["bridge", "exit", &key]).result();
    office.runtime.block_on(office.arbitrum.pass(31 * 86_400));
    office.script(&["bridge", "exit", "unilateral", &key]).result();
    let left = office.status("w", &contract);
    assert_eq!((&left["status"], &left["node"]), (&json!("finalized"), &Value::Null));
    assert_eq!(
        left["next"].as_array().unwrap().last().unwrap()["command"],
        reset.join(" ")
    );
    let anew = office.person("w", &reset, "yes\n").ok().output;
    assert!(anew.contains("has left: its stakes come back as rewards do"), "{anew}");
    assert_eq!(
        office.balance(&office.address),
        REQUIREMENT,
        "nothing is paid back twice"
    );
    office.contribute("w", &contract, &["120"]).result();
    assert!(office.status("w", &contract)["node"].is_u64());
}

#[test]
fn transactions_for_other_wallets_are_printed() {
    let Some(office) = Office::open() else { return };
    let other = office.runtime.block_on(office.arbitrum.account());
    let address = format!("address={}", checksummed(&other.address()));
    let created = office
        .script(&["bridge", "contract", "create", "fee=10%", &address, "unsigned"])
        .result();
    let transactions = created["transactions"].as_array().unwrap();
    assert_eq!(transactions.len(), 1);
    assert_eq!(transactions[0]["to"], checksummed(&office.arbitrum.factory.address));
    assert!(
        transactions[0]["description"]
            .as_str()
            .unwrap()
            .contains("bridge contract status <id")
    );

    let contract = office.contract(&[]);
    office.give(&other.address(), 40 * SESH);
    let contributed = office
        .contribute("w", &contract, &["40", &address, "unsigned"])
        .result();
    let transactions = contributed["transactions"].as_array().unwrap();
    let to: Vec<&str> = transactions.iter().map(|one| one["to"].as_str().unwrap()).collect();
    assert_eq!(to, [checksummed(&office.arbitrum.token).as_str(), contract.as_str()]);
    let reset = office
        .script(&["bridge", "contract", "reset", &contract, "unsigned"])
        .result();
    assert_eq!(reset["transactions"][0]["to"], contract.as_str());
    let (code, _) = error(&office.script(&["bridge", "contract", "withdraw", &contract, &address, "unsigned"]));
    assert_eq!(code, "nothing_contributed");
}

#[test]
fn the_program_is_killed_at_everything_it_says_and_contributes_once() {
    let Some(office) = Office::open() else { return };
    let contract = office.contract(&[]);
    // Slow enough to be killed in between.
    office
        .runtime
        .block_on(office.arbitrum.ask("evm_setIntervalMining", json!([1])));
    let steps = [
        "Contributing",
        "Letting the contract take",
        "Sent transaction",
        "is in a block",
        "Contributing",
        "Sent transaction",
        "is in a block",
    ];
    let command = ["bridge", "contract", "contribute", &contract, "10"];
    for (place, step) in steps.into_iter().enumerate() {
        let wallet = format!("killed-{place}");
        let address = office.contributor(&wallet, 10 + place as u64, 40 * SESH);
        let nth = steps[..place].iter().filter(|earlier| **earlier == step).count();
        run_until(&office, &wallet, &command, step, nth);
        let rest = run_until(&office, &wallet, &command, "nothing is ever said like this", 0);
        assert_eq!(office.balance(&address), 30 * SESH, "killed at {step}: {rest}");
        // And once more: the command is repeated, the contribution is not.
        let (code, _) = error(&office.contribute(&wallet, &contract, &["10"]));
        assert_eq!(code, "already_contributed");
        let nonce = office.runtime.block_on(office.arbitrum.provider.mined_nonce(&address));
        assert_eq!(nonce, Ok(2), "killed at {step}: {rest}");
    }
}

#[test]
fn the_program_is_killed_while_a_contract_is_made_and_makes_one() {
    let Some(office) = Office::open() else { return };
    office.give(&office.address, REQUIREMENT);
    office
        .runtime
        .block_on(office.arbitrum.ask("evm_setIntervalMining", json!([1])));
    let command = ["bridge", "contract", "create", "fee=10%", "stake=30"];
    for (step, nth) in [("Sent transaction", 0), ("The contract is", 0), ("Sent transaction", 1)] {
        run_until(&office, "w", &command, step, nth);
    }
    let rest = run_until(&office, "w", &command, "nothing is ever said like this", 0);
    // Made, approved, contributed.
    let nonce = office
        .runtime
        .block_on(office.arbitrum.provider.mined_nonce(&office.address));
    assert_eq!(nonce, Ok(3), "{rest}");
    assert_eq!(office.balance(&office.address), REQUIREMENT - 30 * SESH, "{rest}");
}
