//! The public test network.
//!
//! Values: chain §7.2 to §7.4; fork heights: chain §4.1; proof timers: staking §2.2; Pulse: pulse §2.2.

use crate::{
    amount::Amount,
    bytes::NetworkId,
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
const FORKS: [HardFork; 13] = [
    HardFork::new(7, 0, 0),
    HardFork::new(11, 0, 2),
    HardFork::new(12, 0, 3),
    HardFork::new(13, 0, 4),
    HardFork::new(14, 0, 5),
    HardFork::new(15, 0, 6),
    HardFork::new(16, 0, 200),
    HardFork::new(17, 0, 251),
    HardFork::new(18, 0, 252),
    HardFork::new(19, 0, 253),
    HardFork::new(19, 1, 254),
    HardFork::new(19, 2, 62_885),
    HardFork::new(19, 3, 161_000),
];

/// Both governance addresses are this one.
const GOVERNANCE: &str =
    "T6Tnu9YUgVcSzswBgVioqFNTfcqGopvTrcYjs4YDLHUfU64DuHxFoEmbwoyipTidGiTXx5EuYdgzZhDLMTo9uEv82M482ypm7";

/// The table.
pub(super) fn network() -> Network {
    Network {
        name: "testnet".to_owned(),
        kind: NetworkKind::Testnet,
        data_directory: "testnet".to_owned(),
        address_prefixes: AddressPrefixes {
            standard: 156,
            integrated: 157,
            subaddress: 158,
        },
        network_id: NetworkId::new(0x223a_7865_e16f_cab8_02a1_dc17_6164_15be_u128.to_be_bytes()),
        ports: Ports {
            p2p: 38156,
            rpc: 38157,
            quorumnet: 38159,
        },
        forks: HardForkTable::new(&FORKS).expect("the heights and versions above ascend from height 0"),
        genesis: Genesis::test_networks(),
        checkpoints: Vec::new(),
        target_block_seconds: TARGET,
        difficulty: DifficultyRule::Lwma,
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
            fixed_lock_blocks: blocks_in_hours(48, TARGET),
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
            startup_delay_seconds: 30,
            ip_change_buffer_seconds: 7_200,
        },
        companion_services: CompanionServices::Required,
        name_periods: NamePeriods {
            one_year_blocks: blocks_in_days(1, TARGET),
            two_years_blocks: blocks_in_days(2, TARGET),
            five_years_blocks: blocks_in_days(5, TARGET),
            // Upstream shortens all periods but this one.
            ten_years_blocks: blocks_in_days(10 * NAME_YEAR_DAYS, TARGET),
        },
        l2: L2Parameters {
            chain_id: 421_614,
            rewards_contract: None,
            pool_contract: None,
            reward_update_blocks: 600,
            safe_blocks: 280,
            purge_blocks: 14_400,
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
            interval_blocks: blocks_in(2_000 * 60, TARGET),
        },
        history: HistoryParameters {
            state_interval_blocks: 10_000,
            recent_rewards: 5,
        },
    }
}
