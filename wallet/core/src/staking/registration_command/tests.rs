use super::*;
use oxen_crypto::{AccountKeys, KeyPair, SecretKey, SubaddressIndex};
use oxen_types::PaymentId;
use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

const MAINNET: AddressPrefixes = AddressPrefixes {
    standard: 114,
    integrated: 115,
    subaddress: 116,
};
const TESTNET: AddressPrefixes = AddressPrefixes {
    standard: 156,
    integrated: 157,
    subaddress: 158,
};
const OXEN: u64 = 1_000_000_000;
const REQUIREMENT: Amount = Amount::from_atomic(15_000 * OXEN);

fn address(seed: u8) -> Address {
    let keys = AccountKeys::from_spend_key(SecretKey::reduce([seed; 32]));
    Address::of_account(&keys.view_keys(), SubaddressIndex::PRIMARY).unwrap()
}

/// What a node signs, with these parts, and prints.
struct Signed {
    fee: u64,
    parts: Vec<(Address, u64)>,
    hard_fork: u64,
    prefixes: AddressPrefixes,
}

impl Signed {
    fn new(parts: &[(u8, u64)]) -> Self {
        Self {
            fee: 1_000,
            parts: parts
                .iter()
                .map(|(seed, amount)| (address(*seed), amount * OXEN))
                .collect(),
            hard_fork: 19,
            prefixes: MAINNET,
        }
    }

    fn text(&self) -> String {
        let node = KeyPair::new(SecretKey::reduce([77; 32]));
        let mut registration = Registration {
            spend_keys: self.parts.iter().map(|(address, _)| address.spend()).collect(),
            view_keys: self.parts.iter().map(|(address, _)| address.view()).collect(),
            fee: self.fee,
            amounts: self.parts.iter().map(|(_, amount)| *amount).collect(),
            hard_fork_or_expiration: self.hard_fork,
            signature: Signature::ZERO,
        };
        let message = registration.signature_hash().unwrap();
        registration.signature = schnorr::sign(&message, &node, &mut ChaCha20Rng::seed_from_u64(5));
        let parts = self
            .parts
            .iter()
            .map(|(address, amount)| format!("{} {amount}", address.encode(&self.prefixes)));
        format!(
            "register_service_node {} {} {} {} {}",
            self.fee,
            parts.collect::<Vec<_>>().join(" "),
            self.hard_fork,
            node.public,
            registration.signature
        )
    }
}

fn parse(text: &str) -> Result<RegistrationCommand, RegistrationCommandError> {
    let own = address(1);
    RegistrationCommand::parse(
        text,
        &CommandContext {
            prefixes: &MAINNET,
            own: &own,
            hard_fork: 19,
            requirement: REQUIREMENT,
        },
    )
}

fn pool() -> String {
    Signed::new(&[(1, 3_750), (2, 5_000), (3, 2_000)]).text()
}

#[test]
fn a_good_command_says_who_stakes_what() {
    let command = parse(&pool()).unwrap();
    assert_eq!(command.fee, 1_000);
    assert_eq!(command.operator_amount().atomic(), 3_750 * OXEN);
    assert_eq!(command.total_reserved().atomic(), 10_750 * OXEN);
    assert_eq!(command.reservations[2].address, address(3));
    assert_eq!(command.registration.amounts[1], 5_000 * OXEN);
    let without_first_word = pool().split_once(' ').unwrap().1.to_owned();
    assert_eq!(parse(&without_first_word), Ok(command));
}

#[test]
fn a_command_that_was_wrapped_is_put_together_again() {
    let text = pool();
    let good = parse(&text).unwrap();
    let mut whole = 0;
    for width in 40..=200 {
        let lines: Vec<String> = text
            .as_bytes()
            .chunks(width)
            .map(|line| String::from_utf8(line.to_vec()).unwrap())
            .collect();
        match parse(&lines.join("\n  ")) {
            Ok(command) => {
                whole += 1;
                assert_eq!(command, good, "width {width}");
            }
            // A break behind the first digits of the key, or inside the hard fork number, cannot be told from a number's.
            Err(error) => assert_eq!(error, RegistrationCommandError::Wrapped, "width {width}"),
        }
    }
    assert!(whole > 150, "{whole} of 161");
}

#[test]
fn a_copy_that_cannot_be_put_together_says_so() {
    // The break took a character away.
    let text = pool();
    let middle = text.find(&address(2).encode(&MAINNET)).unwrap() + 40;
    let damaged = format!("{}\n{}", &text[..middle], &text[middle + 1..]);
    assert_eq!(parse(&damaged), Err(RegistrationCommandError::Wrapped));
}

#[test]
fn a_cut_copy_names_the_part_at_which_it_ends() {
    let text = Signed::new(&[(1, 3_750), (2, 5_000)]).text();
    let words: Vec<&str> = text.split(' ').collect();
    let parts = [
        (1, CommandPart::Fee),
        (2, CommandPart::Address(1)),
        (3, CommandPart::Amount(1)),
        (4, CommandPart::HardFork),
        (5, CommandPart::Amount(2)),
        (6, CommandPart::HardFork),
        (7, CommandPart::ServiceNodeKey),
        (8, CommandPart::Signature),
    ];
    for (count, missing) in parts {
        let cut = words[..count].join(" ");
        let error = parse(&cut).unwrap_err();
        assert_eq!(error, RegistrationCommandError::Truncated { missing }, "{cut}");
        assert!(error.to_string().contains("copy the whole line"));
    }
    let inside = [
        (text.len() - 1, CommandPart::Signature),
        (text.len() - 129, CommandPart::Signature),
        (text.len() - 150, CommandPart::ServiceNodeKey),
        (60, CommandPart::Address(1)),
    ];
    for (length, missing) in inside {
        assert_eq!(
            parse(&text[..length]),
            Err(RegistrationCommandError::Truncated { missing })
        );
    }
}

#[test]
fn an_address_of_another_network_is_named() {
    let mut signed = Signed::new(&[(1, 15_000)]);
    signed.prefixes = TESTNET;
    let error = parse(&signed.text()).unwrap_err();
    assert!(matches!(
        error,
        RegistrationCommandError::WrongNetwork {
            part: CommandPart::Address(1),
            ..
        }
    ));
    assert!(error.to_string().contains("Oxen testnet"), "{error}");
}

#[test]
fn mistyped_addresses_and_addresses_that_cannot_stake_are_told_apart() {
    let text = pool();
    let own = address(1).encode(&MAINNET);
    let fault = |text: &str| match parse(text) {
        Err(RegistrationCommandError::Address { part, fault }) => (part, fault),
        other => panic!("{other:?}"),
    };
    let last = if own.ends_with('1') { "2" } else { "1" };
    let mistyped = text.replace(&own, &format!("{}{last}", &own[..own.len() - 1]));
    assert_eq!(fault(&mistyped).0, CommandPart::Address(1));
    let integrated = address(2)
        .with_payment_id(PaymentId::new([1; 8]))
        .unwrap()
        .encode(&MAINNET);
    let with_id = text.replace(&address(2).encode(&MAINNET), &integrated);
    assert_eq!(
        fault(&with_id),
        (CommandPart::Address(2), AddressFault::IntegratedCannotStake)
    );
}

#[test]
fn another_hard_fork_and_an_old_form_are_named() {
    let mut signed = Signed::new(&[(1, 15_000)]);
    signed.hard_fork = 18;
    assert_eq!(
        parse(&signed.text()),
        Err(RegistrationCommandError::OtherHardFork {
            signed: 18,
            current: 19
        })
    );
    signed.hard_fork = 1_650_000_000;
    assert_eq!(parse(&signed.text()), Err(RegistrationCommandError::Outdated));
}

#[test]
fn an_edited_command_does_not_pass_its_signature() {
    let text = pool();
    for (old, new) in [
        (" 3750000000000 ", " 3750000000001 "),
        ("node 1000 ", "node 1001 "),
        (" 19 ", " 20 "),
    ] {
        assert!(text.contains(old));
        assert_eq!(
            parse(&text.replacen(old, new, 1)),
            Err(RegistrationCommandError::BadSignature)
        );
    }
}

#[test]
fn a_registration_of_another_wallet_names_both_addresses() {
    let error = parse(&Signed::new(&[(2, 15_000)]).text()).unwrap_err();
    let expected = RegistrationCommandError::NotOurs {
        operator: address(2).encode(&MAINNET),
        own: address(1).encode(&MAINNET),
    };
    assert_eq!(error, expected);
}

#[test]
fn amounts_that_the_chain_would_not_take_name_what_it_would() {
    let too_small = parse(&Signed::new(&[(1, 3_749)]).text()).unwrap_err();
    assert_eq!(
        too_small,
        RegistrationCommandError::AmountTooSmall {
            part: CommandPart::Amount(1),
            amount: Amount::from_atomic(3_749 * OXEN),
            minimum: Amount::from_atomic(3_750 * OXEN),
        }
    );
    // 11,250 for nine slots.
    let too_small = parse(&Signed::new(&[(1, 3_750), (2, 1_249)]).text()).unwrap_err();
    assert!(matches!(
        too_small,
        RegistrationCommandError::AmountTooSmall { minimum, .. } if minimum.atomic() == 1_250 * OXEN
    ));
    let too_large = parse(&Signed::new(&[(1, 14_000), (2, 1_001)]).text()).unwrap_err();
    assert!(matches!(
        too_large,
        RegistrationCommandError::AmountTooLarge { maximum, .. } if maximum.atomic() == 1_000 * OXEN
    ));
    assert_eq!(
        parse(&Signed::new(&[(1, 5_000), (2, 5_000), (2, 5_000)]).text()),
        Err(RegistrationCommandError::RepeatedAddress { place: 3 })
    );
    let eleven: Vec<(u8, u64)> = (1..=11).map(|seed| (seed, 3_750)).collect();
    assert_eq!(
        parse(&Signed::new(&eleven).text()),
        Err(RegistrationCommandError::TooManyContributors { found: 11 })
    );
}

#[test]
fn words_of_the_wrong_kind_are_shown() {
    let text = pool();
    let replaced = |old: &str, new: &str| parse(&text.replacen(old, new, 1)).unwrap_err();
    assert!(matches!(
        replaced("node 1000 ", "node 10001 "),
        RegistrationCommandError::Fee { .. }
    ));
    assert!(matches!(
        replaced(" 3750000000000 ", " 3750.0 "),
        RegistrationCommandError::AmountText {
            part: CommandPart::Amount(1),
            ..
        }
    ));
    let key = KeyPair::new(SecretKey::reduce([77; 32])).public.to_string();
    let wrong = format!("{}g", &key[1..]);
    assert!(matches!(
        replaced(&key, &wrong),
        RegistrationCommandError::Hexadecimal {
            part: CommandPart::ServiceNodeKey,
            ..
        }
    ));
    assert_eq!(
        parse(&format!("{text} again")),
        Err(RegistrationCommandError::TooLong {
            word: "again".to_owned()
        })
    );
}

proptest! {
    #[test]
    fn any_text_is_a_command_or_refused(text in ".{0,300}") {
        prop_assert!(parse(&text).is_err());
    }

    #[test]
    fn no_cut_copy_is_taken_for_a_whole_one(length in 0_usize..600) {
        let text = pool();
        if let Some(cut) = text.get(..length.min(text.len() - 1)) {
            prop_assert!(parse(cut).is_err());
        }
    }
}
