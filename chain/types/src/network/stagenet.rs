//! The rehearsal network: from HF14 straight to HF21.
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
const FORKS: [HardFork; 3] = [
    HardFork::new(7, 0, 0),
    HardFork::new(14, 0, 1),
    HardFork::new(21, 3, 250),
];

/// Both governance addresses are this one.
const GOVERNANCE: &str =
    "ST4BqQJpS2t8otav3yWwwX4eM4xTE1isFPNsGYyPVkDQeUPjmw4kJsW8NHWYq2FZcGMsVuqrBwGTfZydWyvzXoG22r2BJuPRf";

/// The table.
pub(super) fn network() -> Network {
    Network {
        name: "stagenet".to_owned(),
        kind: NetworkKind::Stagenet,
        data_directory: "stagenet3".to_owned(),
        address_prefixes: AddressPrefixes {
            standard: 4888,
            integrated: 5272,
            subaddress: 5656,
        },
        network_id: NetworkId::new(0x426c_6c79_6f75_7253_454e_5461_7265_6265_u128.to_be_bytes()),
        ports: Ports {
            p2p: 11022,
            rpc: 11023,
            quorumnet: 11025,
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
                0x4a, 0xbf, 0xfb, 0x7f, 0x92, 0x27, 0x67, 0xf2, 0x2c, 0x7a, 0xa6, 0x52, 0x48, 0x23, 0xd9, 0x3f, 0xdd,
                0xab, 0x54, 0xb1,
            ])),
            pool_contract: Some(EthereumAddress::new([
                0x38, 0xcd, 0x8d, 0x3f, 0x93, 0xd5, 0x91, 0xc1, 0x8c, 0xf2, 0x6b, 0x3b, 0xe4, 0xcb, 0x2c, 0x87, 0x2a,
                0xc3, 0x79, 0x53,
            ])),
            reward_update_blocks: 600,
            safe_blocks: 280,
            purge_blocks: 14_400,
            purge_minimum_age_blocks: 720,
            exit_buffer_blocks: 60,
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
