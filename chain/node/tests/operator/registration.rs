//! `prepare_registration`, driven through its standard input.

use crate::node::RunningNode;
use oxen_crypto::{
    AccountKeys,
    address::{Address, AddressKind},
    signature::schnorr,
};
use oxen_types::{
    Network, PublicKey, Signature,
    extra::{Contributor, Reservation, stake::registration_hash},
};

fn address(number: u8) -> Address {
    let view = AccountKeys::from_seed(&[number; 32]).view_keys();
    Address::new(AddressKind::Standard, view.spend, view.view_public()).unwrap()
}

fn text(address: &Address) -> String {
    address.encode(&Network::regtest().address_prefixes)
}

/// The words of the one line that is for the wallet.
fn registration_line(output: &str) -> Vec<String> {
    let lines: Vec<&str> = output
        .lines()
        .filter(|line| line.starts_with("register_service_node "))
        .collect();
    assert_eq!(lines.len(), 1, "{output}");
    assert_eq!(
        output.trim_end().lines().last(),
        Some(lines[0]),
        "nothing follows the line"
    );
    lines[0].split_whitespace().map(str::to_owned).collect()
}

/// Checks the signature of a line over its fee and parts, by the key that it names.
fn check_signature(words: &[String], parts: &[(Address, u64)]) {
    let fee = words[1].parse().unwrap();
    let [fork, key, signature] = &words[words.len() - 3..] else {
        panic!("{words:?}")
    };
    let reservations: Vec<Reservation> = parts
        .iter()
        .map(|(address, amount)| Reservation {
            contributor: Contributor {
                spend_key: address.spend(),
                view_key: address.view(),
            },
            amount: *amount,
        })
        .collect();
    let hash = registration_hash(fee, &reservations, fork.parse().unwrap());
    let key: PublicKey = key.parse().unwrap();
    let signature: Signature = signature.parse().unwrap();
    schnorr::verify(&hash, &key, &signature).unwrap();
    assert_eq!(fork, "19");
}

#[test]
fn a_solo_operator_answers_three_questions() {
    let node = RunningNode::start(&["--service-node"]);
    let operator = address(1);
    let output = node
        .command_with_input(&["prepare_registration"], &format!("{}\nmax\ny\n", text(&operator)))
        .succeeded();
    let words = registration_line(&output);
    assert_eq!(words[2..4], [text(&operator), "100000000000".to_owned()]);
    check_signature(&words, &[(operator, 100_000_000_000)]);
    let key = node.command(&["print_sn_key"]).succeeded();
    assert!(key.contains(&words[words.len() - 2]), "signed by this node's key");
}

#[test]
fn parts_are_reserved_and_mistakes_are_asked_again() {
    let node = RunningNode::start(&["--service-node"]);
    let (operator, second, third) = (address(1), address(2), address(3));
    let answers = [
        "not an address".to_owned(),
        text(&operator),
        "10".to_owned(),
        "back".to_owned(),
        text(&operator),
        "min".to_owned(),
        "y".to_owned(),
        text(&operator),
        text(&second),
        "50".to_owned(),
        "y".to_owned(),
        text(&third),
        "max".to_owned(),
        "10.5".to_owned(),
        "y".to_owned(),
    ];
    let output = node
        .command_with_input(&["prepare_registration"], &format!("{}\n", answers.join("\n")))
        .succeeded();
    for said in ["not usable", "at least 25 OXEN", "has its part already", "10.50 %"] {
        assert!(output.contains(said), "{said}: {output}");
    }
    let words = registration_line(&output);
    assert_eq!(words[1], "1050");
    check_signature(
        &words,
        &[
            (operator, 25_000_000_000),
            (second, 50_000_000_000),
            (third, 25_000_000_000),
        ],
    );
}

#[test]
fn cancel_and_the_end_of_the_input_register_nothing() {
    let node = RunningNode::start(&["--service-node"]);
    let operator = text(&address(1));
    let cancelled = node.command_with_input(&["prepare_registration"], &format!("{operator}\ncancel\n"));
    assert!(cancelled.refused().contains("cancelled; nothing was done"));
    let ended = node.command_with_input(&["prepare_registration"], &format!("{operator}\nmax\n"));
    assert!(!ended.output.contains("register_service_node "), "{ended:?}");
    assert!(ended.refused().contains("Is this right?"));
}
