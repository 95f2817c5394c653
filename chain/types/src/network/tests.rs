use super::*;
use crate::{amount::Amount, height::Height};

#[test]
fn every_built_in_network_has_a_genesis_block_with_its_id_and_version() {
    for network in Network::built_in() {
        assert_eq!(network.genesis.verify(), Ok(()), "{}", network.name);
        let version = network.forks.version_at(Height::GENESIS).version;
        assert_eq!(network.genesis.major_version, version.number(), "{}", network.name);
    }
}

#[test]
fn names_and_folders_tell_the_networks_apart() {
    let networks = Network::built_in();
    for (position, network) in networks.iter().enumerate() {
        for other in &networks[..position] {
            assert_ne!(network.name, other.name);
        }
    }
}

#[test]
fn mainnet_has_the_blocks_of_its_durations() {
    let network = Network::mainnet();
    assert_eq!((network.blocks_per_day(), network.blocks_per_hour()), (720, 30));
    assert_eq!(network.staking.unlock_blocks, 10_800);
    assert_eq!(network.staking.deregistration_lock_blocks, 21_600);
    assert_eq!(network.staking.small_contributor_unlock_blocks, 21_600);
    assert_eq!(network.decommission.initial_credit_blocks, 60);
    assert_eq!(network.decommission.max_credit_blocks, 1_440);
    assert_eq!(network.decommission.credit_blocks_per_day, 24);
    assert_eq!(network.governance.interval_blocks, 5_040);
    let NamePeriods {
        one_year_blocks,
        two_years_blocks,
        five_years_blocks,
        ten_years_blocks,
    } = network.name_periods;
    let periods = [one_year_blocks, two_years_blocks, five_years_blocks, ten_years_blocks];
    assert_eq!(periods, [264_960, 529_920, 1_324_800, 2_649_600]);
}

#[test]
fn five_second_blocks_make_other_numbers_of_the_same_durations() {
    let network = Network::localdev();
    assert_eq!((network.blocks_per_day(), network.blocks_per_hour()), (17_280, 720));
    assert_eq!(network.decommission.initial_credit_blocks, 1_440);
    assert_eq!(network.decommission.max_credit_blocks, 34_560);
    assert_eq!(network.decommission.credit_blocks_per_day, 576);
    assert_eq!(network.staking.small_contributor_unlock_blocks, 518_400);
    assert_eq!(network.staking.deregistration_lock_blocks, 10);
    assert_eq!(network.name_periods.one_year_blocks, 6_359_040);
    let scaled = mainnet::with_block_time(5);
    assert_eq!(scaled.staking.unlock_blocks, 259_200);
    assert_eq!(
        scaled.batching.interval_blocks, 2_520,
        "what is counted in blocks stays"
    );
}

#[test]
fn test_networks_shorten_what_the_specification_shortens() {
    let testnet = Network::testnet();
    assert_eq!(testnet.name_periods.one_year_blocks, 720);
    assert_eq!(testnet.name_periods.five_years_blocks, 3_600);
    assert_eq!(testnet.name_periods.ten_years_blocks, 2_649_600);
    assert_eq!(
        (
            testnet.staking.unlock_blocks,
            testnet.staking.deregistration_lock_blocks
        ),
        (720, 1_440)
    );
    assert_eq!(testnet.governance.interval_blocks, 1_000);
    let fakechain = Network::fakechain();
    assert_eq!(
        (
            fakechain.staking.unlock_blocks,
            fakechain.staking.deregistration_lock_blocks
        ),
        (15, 30)
    );
    assert_eq!(fakechain.governance.interval_blocks, 100);
    assert_eq!(fakechain.uptime.validity_seconds, 125);
    assert_eq!(
        Network::localdev().staking.sent_requirement,
        Amount::from_atomic(120_000_000_000)
    );
}

#[test]
fn network_ids_are_the_published_bytes() {
    for (network, id) in [
        (Network::mainnet(), "46617262617574692a4c61756665790 0"),
        (Network::testnet(), "223a7865e16fcab802a1dc17616415be"),
        (Network::devnet(), "03f75c7d5d17cb6b1bf463797a57abd5"),
        (Network::stagenet(), "426c6c796f757253454e546172656265"),
    ] {
        assert_eq!(network.network_id.to_string(), id.replace(' ', ""), "{}", network.name);
    }
    assert_eq!(Network::localdev().network_id, Network::devnet().network_id);
    assert_eq!(Network::fakechain().network_id, Network::mainnet().network_id);
}

#[test]
fn contracts_are_the_published_addresses() {
    let address = |address: Option<crate::bytes::EthereumAddress>| address.map(|address| address.to_string());
    let devnet = Network::devnet().l2;
    assert_eq!(
        address(devnet.rewards_contract).as_deref(),
        Some("75dc11700b2d03902fcb5ca7afd6a859a1fa25cb")
    );
    assert_eq!(
        address(devnet.pool_contract).as_deref(),
        Some("b515c61de12f28ee908a905b930afb80b9bad7cf")
    );
    assert_eq!(Network::mainnet().l2.rewards_contract, None);
}

#[test]
fn mainnet_forks_begin_where_the_specification_says() {
    let forks = Network::mainnet().forks;
    for (version, height) in [
        (HardForkVersion::SERVICE_NODES, 101_250),
        (HardForkVersion::PULSE, 641_111),
        (HardForkVersion::REWARD_BATCHING, 1_080_149),
    ] {
        assert_eq!(forks.begins(version), Some(Height::new(height)));
    }
    assert_eq!(forks.begins(HardForkVersion::ETHEREUM_TRANSITION), None);
    let latest = forks.version_at(Height::new(1_253_039));
    assert_eq!((latest.version, latest.revision), (HardForkVersion::REWARD_BATCHING, 3));
    assert_eq!(forks.version_at(Height::new(1_253_038)).revision, 2);
    let stagenet = Network::stagenet().forks;
    assert_eq!(
        stagenet.begins(HardForkVersion::PULSE),
        Some(Height::new(250)),
        "skipped forks begin with the next"
    );
}

#[test]
fn mainnet_knows_eleven_blocks_and_the_first_is_the_genesis_block() {
    let network = Network::mainnet();
    assert_eq!(network.checkpoints.len(), 11);
    assert_eq!(network.checkpoint_at(Height::GENESIS), Some(network.genesis.block_id));
    assert_eq!(network.checkpoint_at(Height::new(2)), None);
    let last = network.checkpoint_at(Height::new(301_187)).expect("the last one");
    assert_eq!(
        last.to_string(),
        "e23e4cf3a2fe3e9f0ffced5cc76426e5bdffd3aad822268f4ad63d82cb958559"
    );
}

#[test]
fn the_second_governance_address_is_paid_from_its_fork_on() {
    let governance = Network::mainnet().governance;
    assert_eq!(governance.at(HardForkVersion::BULLETPROOFS), governance.first);
    assert_eq!(governance.at(HardForkVersion::INFINITE_STAKING), governance.second);
    assert_ne!(governance.first, governance.second);
    assert_eq!(Network::testnet().governance.second_from, HardForkVersion::BULLETPROOFS);
}

#[test]
fn pulse_blocks_have_the_difficulty_of_the_network() {
    assert_eq!(Network::mainnet().difficulty.of_pulse_blocks(), 1_000_000);
    assert_eq!(Network::testnet().difficulty.of_pulse_blocks(), 1_000_000);
    assert_eq!(Network::devnet().difficulty.of_pulse_blocks(), 2_000);
    assert_eq!(Network::regtest().difficulty.of_pulse_blocks(), 1);
    assert_eq!(DifficultyRule::LwmaCapped(u64::MAX).of_pulse_blocks(), 1_000_000);
}

#[test]
fn regtest_has_the_rules_of_today_from_its_first_block() {
    let fork = Network::regtest().forks.version_at(Height::new(1));
    assert_eq!((fork.version, fork.revision), (HardForkVersion::REWARD_BATCHING, 3));
    assert_eq!(
        Network::regtest().forks.begins(HardForkVersion::PULSE),
        Some(Height::new(1))
    );
}
