use super::*;
use crate::{amount::Amount, network::DifficultyRule};
use serde_json::json;

const SAMPLE: &str = include_str!("../../../testdata/private-network.json");

fn sample() -> Value {
    serde_json::from_str(SAMPLE).expect("the sample is JSON")
}

fn load(description: &Value) -> Result<LoadedNetwork, NetworkDescriptionError> {
    NetworkDescription::from_json(&description.to_string())?.to_network()
}

/// The error of the sample with one thing changed.
fn refused(change: impl FnOnce(&mut Value)) -> NetworkDescriptionError {
    let mut description = sample();
    change(&mut description);
    load(&description).expect_err("the changed sample is wrong")
}

#[test]
fn a_private_network_has_its_values_and_mainnets_for_the_rest() {
    let LoadedNetwork { network, .. } = load(&sample()).expect("the sample is right");
    assert_eq!((network.name.as_str(), network.kind), ("orchard", NetworkKind::Private));
    assert_eq!(network.data_directory, "orchard");
    assert_eq!(
        network.address_prefixes,
        AddressPrefixes {
            standard: 1030,
            integrated: 1031,
            subaddress: 1032
        }
    );
    assert_eq!(network.target_block_seconds, 10);
    assert_eq!(network.pulse.stage_timeout_milliseconds, 750);
    assert_eq!(network.pulse.round_timeout_seconds, 6);
    assert_eq!(network.pulse.start, PulseStartRule::Ideal);
    assert_eq!(network.staking.oxen_requirement, Amount::from_atomic(100_000_000_000));
    assert_eq!(
        network.staking.unlock_blocks,
        15 * 8_640,
        "15 days at its own block time"
    );
    assert_eq!(network.batching, Network::mainnet().batching);
    assert_eq!(network.difficulty, DifficultyRule::Lwma);
    assert_eq!(network.governance.second, "second address");
    assert_eq!(network.forks.begins(HardForkVersion::ETHEREUM), Some(Height::new(500)));
    assert_eq!(network.checkpoint_at(Height::GENESIS), Some(network.genesis.block_id));
    let contract = network.l2.rewards_contract.expect("described");
    assert_eq!(contract.to_string(), "5fc8d32690cc91d4c39d9d3abcbd16989f875707");
}

#[test]
fn a_conversion_that_makes_more_sesh_than_can_be_counted_is_refused() {
    let error = refused(|description| {
        description["stake_conversion"] = json!({ "ratio": { "numerator": 100, "denominator": 1 } });
    });
    assert!(
        matches!(error, NetworkDescriptionError::StakeConversionTooLarge),
        "{error}"
    );
    let error = refused(|description| {
        description["stake_conversion"] = json!({ "bonuses": { (format!("0x{}", "03".repeat(20))): u64::MAX } });
    });
    assert!(
        matches!(error, NetworkDescriptionError::StakeConversionTooLarge),
        "{error}"
    );
}

#[test]
fn what_means_nothing_is_listed() {
    let loaded = load(&sample()).expect("the sample is right");
    assert_eq!(
        loaded.unknown,
        ["pulse_timing.phase_of_the_moon", "constants.COLOUR_OF_THE_DOOR"]
    );
    let mut description = sample();
    description["hard_fork"] = json!([]);
    assert!(
        load(&description)
            .expect("only a warning")
            .unknown
            .contains(&"hard_fork".to_owned())
    );
}

#[test]
fn every_network_is_the_same_after_it_was_described() {
    let private = load(&sample()).expect("the sample is right").network;
    for network in Network::built_in().into_iter().chain([private]) {
        let text = NetworkDescription::of(&network).to_json();
        let loaded = NetworkDescription::from_json(&text)
            .and_then(|read| read.to_network())
            .expect("described by us");
        assert_eq!(loaded.network, network);
        assert_eq!(loaded.unknown, [""; 0], "{}", network.name);
    }
}

#[test]
fn a_constant_that_is_left_out_and_one_that_is_written_out_are_the_same() {
    let mut written = serde_json::to_value(NetworkDescription::of(&Network::testnet())).expect("plain data");
    let constants = written["constants"].as_object_mut().expect("an object");
    let governance = constants.get("GOVERNANCE_WALLET_ADDRESS").cloned().expect("written");
    constants.retain(|name, _| name == "GOVERNANCE_WALLET_ADDRESS" || name == "BATCHING_INTERVAL");
    let network = load(&written).expect("defaults for the rest").network;
    assert_eq!(network.batching.interval_blocks, 20);
    assert_eq!(network.staking, Network::mainnet().staking);
    assert_eq!(
        json!([network.governance.first, network.governance.second]),
        governance["value"]
    );
}

#[test]
fn round_starts_can_be_listed_by_height() {
    let mut description = sample();
    description["pulse_timing"] = json!({ "seconds_after_previous_block_from_height": { "106": 1, "9": 2 } });
    let PulseStartRule::AfterPrevious(seconds) = load(&description).expect("right").network.pulse.start else {
        panic!("a list was given");
    };
    assert_eq!(
        seconds.into_iter().collect::<Vec<_>>(),
        [(Height::new(9), 2), (Height::new(106), 1)]
    );
}

#[test]
fn each_rule_of_a_description_has_its_error() {
    use NetworkDescriptionError as Error;
    assert!(matches!(NetworkDescription::from_json("[]"), Err(Error::NotJson(_))));
    let long = " ".repeat(NetworkDescription::MAX_BYTES + 1);
    assert!(matches!(
        NetworkDescription::from_json(&long),
        Err(Error::TooLong { .. })
    ));

    let missing = refused(|sample| drop(sample.as_object_mut().expect("an object").remove("genesis_nonce")));
    assert!(matches!(missing, Error::MissingKey { key: "genesis_nonce" }));
    let error = refused(|sample| sample["genesis_nonce"] = json!("7"));
    assert!(matches!(
        error,
        Error::InvalidKey {
            key: "genesis_nonce",
            ..
        }
    ));
    let error = refused(|sample| sample["network_id"] = json!("00"));
    assert!(error.to_string().contains("network_id"), "{error}");
    let error = refused(|sample| sample["data_directory"] = json!("../elsewhere"));
    assert!(matches!(error, Error::InvalidName { key: "data_directory" }));
    let error = refused(|sample| sample["genesis_tx"] = json!("0g"));
    assert!(matches!(error, Error::NotHexadecimal { key: "genesis_tx" }));
    let error = refused(|sample| sample["genesis_hash"] = json!("00".repeat(32)));
    assert!(matches!(
        error,
        Error::Genesis(crate::network::GenesisError::WrongId { .. })
    ));
    let error = refused(|sample| sample["hard_forks"][0]["height"] = json!(1));
    assert!(matches!(error, Error::HardForks(_)));
    let error = refused(|sample| sample["hard_forks"][0]["version"] = json!(8));
    assert!(matches!(error, Error::GenesisVersion { described: 7, .. }));
    let error = refused(|sample| {
        let first = sample["checkpoints"][0].clone();
        sample["checkpoints"].as_array_mut().expect("a list").push(first);
    });
    assert!(matches!(error, Error::CheckpointsNotAscending { .. }));
    let error = refused(|sample| sample["pulse_timing"]["pulse_genesis_height"] = json!(2));
    assert!(matches!(error, Error::PulseGenesisHeight { .. }));
}

#[test]
fn each_wrong_constant_is_named() {
    use NetworkDescriptionError as Error;
    for (constant, value) in [
        ("TARGET_BLOCK_TIME", json!(0)),
        ("TARGET_BLOCK_TIME", json!("10")),
        ("BATCHING_INTERVAL", json!(0)),
        ("FIXED_DIFFICULTY", json!(0)),
        ("P2P_DEFAULT_PORT", json!(65_536)),
        ("UNLOCK_DURATION", json!(-1)),
        ("UNLOCK_DURATION", json!(1.5)),
        ("PULSE_STAGE_TIMEOUT", json!(u64::MAX)),
        ("HAVE_STORAGE_AND_LOKINET", json!(1)),
        ("GOVERNANCE_WALLET_ADDRESS", json!(["only one"])),
        ("GOVERNANCE_SWITCH_VERSION", json!(256)),
        (
            "ETHEREUM_POOL_CONTRACT",
            json!("5fc8d32690cc91d4c39d9d3abcbd16989f875707"),
        ),
        ("ONS_LOKINET_PERIODS", json!([1, 2, 3])),
    ] {
        let error = refused(|sample| {
            sample["constants_same_as_mainnet"] = json!({});
            sample["constants"][constant] = json!({ "value": value });
        });
        assert!(
            matches!(&error, Error::InvalidConstant { constant: named, .. } if named == constant),
            "{error}"
        );
    }
    for (constant, value) in [
        ("BLOCKS_PER_DAY", 720),
        ("RING_SIZE", 11),
        ("PUBLIC_ADDRESS_BASE58_PREFIX", 114),
    ] {
        let error = refused(|sample| {
            sample["constants_same_as_mainnet"] = json!({});
            sample["constants"][constant] = json!({ "value": value });
        });
        assert!(
            matches!(&error, Error::Contradiction { constant: named, .. } if named == constant),
            "{error}"
        );
    }
    let error = refused(|sample| sample["constants"]["RING_SIZE"] = json!({ "value": 10 }));
    assert!(matches!(error, Error::GivenTwice { .. }));
    let error = refused(|sample| {
        drop(
            sample["constants"]
                .as_object_mut()
                .expect("an object")
                .remove("GOVERNANCE_WALLET_ADDRESS"),
        );
    });
    assert!(matches!(
        error,
        Error::MissingConstant {
            constant: "GOVERNANCE_WALLET_ADDRESS"
        }
    ));
}

/// The sample with these constants beside its own.
fn sample_with(constants: &[(&str, Value)]) -> Value {
    let mut description = sample();
    for (name, value) in constants {
        description["constants"][*name] = json!({ "value": value });
    }
    description
}

#[test]
fn a_swap_is_described_by_its_contract_and_what_differs_from_the_recommended() {
    let contract = json!(format!("0x{}", "c1".repeat(20)));
    let token = json!(format!("0x{}", "70".repeat(20)));
    let description = sample_with(&[
        ("SWAP_CONTRACT", contract),
        ("SWAP_TOKEN", token),
        ("SWAP_RATIO_PERIODS", json!([[0, 54, 100], [131_400, 378, 1_000]])),
        ("SWAP_RATE_CAP", json!(5_000_000_000_u64)),
        ("SWAP_END_HEIGHT", json!(9_000)),
    ]);
    let loaded = load(&description).expect("right").network;
    let swap = loaded.swap.clone().expect("it has a contract");
    assert_eq!(swap.contract.to_string(), "c1".repeat(20));
    assert_eq!(swap.token.map(|token| token.to_string()), Some("70".repeat(20)));
    assert_eq!(swap.pool_cap, Amount::from_atomic(30_000_000_000_000_000));
    assert_eq!(swap.rate_cap, Amount::from_atomic(5_000_000_000));
    assert_eq!(swap.end_height, Some(Height::new(9_000)));
    let later = swap.ratios.at(Height::new(200_000)).expect("two periods");
    assert_eq!((later.index, later.period.ratio.numerator()), (1, 378));
    let text = NetworkDescription::of(&loaded).to_json();
    assert_eq!(Network::from_description_json(&text).expect("described by us"), loaded);
    assert_eq!(load(&sample()).expect("right").network.swap, None);
}

#[test]
fn each_wrong_constant_of_the_swap_is_named() {
    let contract = ("SWAP_CONTRACT", json!(format!("0x{}", "c1".repeat(20))));
    for (name, value) in [
        ("SWAP_TOKEN", json!("c1")),
        ("SWAP_RATIO_PERIODS", json!([])),
        ("SWAP_RATIO_PERIODS", json!([[0, 54]])),
        ("SWAP_RATIO_PERIODS", json!([[0, 54, 0]])),
        ("SWAP_RATIO_PERIODS", json!([[9, 54, 100], [9, 1, 2]])),
        ("SWAP_RATE_WINDOW", json!(0)),
        ("SWAP_END_HEIGHT", json!("never")),
    ] {
        let error = load(&sample_with(&[contract.clone(), (name, value)])).expect_err("wrong");
        let named = matches!(&error, NetworkDescriptionError::InvalidConstant { constant, .. } if constant == name);
        assert!(named, "{error}");
    }
    let error = load(&sample_with(&[("SWAP_RATE_CAP", json!(1))])).expect_err("there is no swap");
    assert!(error.to_string().contains("SWAP_CONTRACT"), "{error}");
}
