//! The development network, with Ethereum stakes from height 444 on.
//!
//! Values: chain §7.2 to §7.4; fork heights: chain §4.1; proof timers: staking §2.2; Pulse: pulse §2.2.

use crate::{
    amount::Amount,
    bytes::{EthereumAddress, NetworkId},
    network::{
        AddressPrefixes, BatchingParameters, CompanionServices, DecommissionParameters, DifficultyRule,
        FoundationAccrual, Genesis, GovernanceAddresses, HardFork, HardForkTable, HardForkVersion, HistoryParameters,
        L2Parameters, L2Settlement, NAME_YEAR_DAYS, NamePeriods, Network, NetworkKind, PaymentStart, Ports,
        ProofOfWorkRule, PulseParameters, PulseStartRule, StakeConversion, StakingParameters, UptimeParameters,
        blocks_in, blocks_in_days, blocks_in_hours, parameters::coins,
    },
};

/// TARGET_BLOCK_TIME, seconds.
const TARGET: u64 = 120;

/// Version, revision, first height.
const FORKS: [HardFork; 8] = [
    HardFork::new(7, 0, 0),
    HardFork::new(14, 0, 1),
    HardFork::new(16, 0, 250),
    HardFork::new(17, 0, 255),
    HardFork::new(18, 0, 256),
    HardFork::new(19, 0, 257),
    HardFork::new(20, 0, 379),
    HardFork::new(21, 0, 444),
];

/// Both governance addresses are this one.
const GOVERNANCE: &str =
    "dV3EhSE1xXgSzswBgVioqFNTfcqGopvTrcYjs4YDLHUfU64DuHxFoEmbwoyipTidGiTXx5EuYdgzZhDLMTo9uEv82M4A7Uimp";

/// The table.
pub(super) fn network() -> Network {
    Network {
        name: "devnet".to_owned(),
        kind: NetworkKind::Devnet,
        data_directory: "devnet3".to_owned(),
        address_prefixes: AddressPrefixes {
            standard: 3930,
            integrated: 4442,
            subaddress: 5850,
        },
        network_id: NetworkId::new(0x03f7_5c7d_5d17_cb6b_1bf4_6379_7a57_abd5_u128.to_be_bytes()),
        ports: Ports {
            p2p: 38856,
            rpc: 38857,
            quorumnet: 38859,
        },
        forks: HardForkTable::new(&FORKS).expect("the heights and versions above ascend from height 0"),
        genesis: Genesis::test_networks(),
        checkpoints: Vec::new(),
        target_block_seconds: TARGET,
        difficulty: DifficultyRule::LwmaCapped(2_000),
        proof_of_work: ProofOfWorkRule::ByVersion,
        pulse: PulseParameters {
            stage_timeout_milliseconds: 10_000,
            round_timeout_seconds: 60,
            max_start_adjustment_seconds: 30,
            minimum_service_nodes: 12,
            start: PulseStartRule::Ideal,
        },
        batching: BatchingParameters {
            interval_blocks: 20,
            minimum_payment: Amount::OXEN,
            declared_output_limit: 15,
            payable_after_blocks: 4,
            foundation: FoundationAccrual::Paid,
            payments: PaymentStart::AfterFork,
        },
        staking: StakingParameters {
            oxen_requirement: coins(100),
            sent_requirement: coins(20_000),
            unlock_blocks: blocks_in_hours(24, TARGET),
            deregistration_lock_blocks: blocks_in_hours(48, TARGET),
            small_contributor_unlock_blocks: blocks_in_days(30, TARGET),
            fixed_lock_blocks: blocks_in_days(30, TARGET),
            fork_grace_blocks: 5_040,
        },
        decommission: DecommissionParameters {
            initial_credit_blocks: blocks_in_hours(2, TARGET),
            minimum_blocks: blocks_in_hours(2, TARGET),
            max_credit_blocks: blocks_in_hours(48, TARGET),
            credit_blocks_per_day: blocks_in(48 * 60, TARGET),
        },
        uptime: UptimeParameters {
            frequency_seconds: 600,
            validity_seconds: 1_260,
            tolerance_seconds: 300,
            check_interval_seconds: 30,
            startup_delay_seconds: 5,
            ip_change_buffer_seconds: 7_200,
        },
        companion_services: CompanionServices::NotRequired,
        name_periods: NamePeriods::of_year(blocks_in_days(NAME_YEAR_DAYS, TARGET)),
        l2: L2Parameters {
            chain_id: 421_614,
            rewards_contract: Some(EthereumAddress::new([
                0x75, 0xdc, 0x11, 0x70, 0x0b, 0x2d, 0x03, 0x90, 0x2f, 0xcb, 0x5c, 0xa7, 0xaf, 0xd6, 0xa8, 0x59, 0xa1,
                0xfa, 0x25, 0xcb,
            ])),
            pool_contract: Some(EthereumAddress::new([
                0xb5, 0x15, 0xc6, 0x1d, 0xe1, 0x2f, 0x28, 0xee, 0x90, 0x8a, 0x90, 0x5b, 0x93, 0x0a, 0xfb, 0x80, 0xb9,
                0xba, 0xd7, 0xcf,
            ])),
            reward_update_blocks: 600,
            safe_blocks: 280,
            purge_blocks: 2400,
            purge_minimum_age_blocks: 720,
            exit_buffer_blocks: 30,
            settlement: L2Settlement::AsReference,
        },
        stake_conversion: StakeConversion::default(),
        swap: None,
        governance: GovernanceAddresses {
            first: GOVERNANCE.to_owned(),
            second: GOVERNANCE.to_owned(),
            second_from: HardForkVersion::BULLETPROOFS,
            interval_blocks: blocks_in_days(7, TARGET),
        },
        history: HistoryParameters {
            state_interval_blocks: 10_000,
            recent_rewards: 5,
        },
    }
}
