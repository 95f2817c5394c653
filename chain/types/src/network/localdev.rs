//! Upstream's network on one machine: five-second blocks, devnet's addresses and id.
//!
//! Values: chain §7.2 to §7.4; fork heights: chain §4.1; proof timers: staking §2.2; Pulse: pulse §2.2.

use crate::{
    amount::Amount,
    bytes::{EthereumAddress, NetworkId},
    network::{
        AddressPrefixes, BatchingParameters, CompanionServices, DecommissionParameters, DifficultyRule,
        FoundationAccrual, Genesis, GovernanceAddresses, HardFork, HardForkTable, HardForkVersion, HistoryParameters,
        L2Parameters, L2Settlement, NAME_YEAR_DAYS, NamePeriods, Network, NetworkKind, PaymentStart, Ports,
        ProofOfWorkRule, PulseParameters, PulseStartRule, StakeConversion, StakingParameters, SwapParameters,
        UptimeParameters, blocks_in, blocks_in_days, blocks_in_hours, parameters::coins,
    },
};

/// TARGET_BLOCK_TIME, seconds.
const TARGET: u64 = 5;

/// Version, revision, first height.
const FORKS: [HardFork; 8] = [
    HardFork::new(7, 0, 0),
    HardFork::new(14, 0, 1),
    HardFork::new(16, 0, 40),
    HardFork::new(17, 0, 45),
    HardFork::new(18, 0, 46),
    HardFork::new(19, 0, 47),
    HardFork::new(20, 0, 170),
    HardFork::new(21, 0, 171),
];

/// Both governance addresses are this one.
const GOVERNANCE: &str =
    "dV3EhSE1xXgSzswBgVioqFNTfcqGopvTrcYjs4YDLHUfU64DuHxFoEmbwoyipTidGiTXx5EuYdgzZhDLMTo9uEv82M4A7Uimp";

/// What the first account of a fresh L2 deploys next after the rewards contract.
const SWAP_CONTRACT: EthereumAddress = EthereumAddress::new([
    0x01, 0x65, 0x87, 0x8a, 0x59, 0x4c, 0xa2, 0x55, 0x33, 0x8a, 0xdf, 0xa4, 0xd4, 0x84, 0x49, 0xf6, 0x92, 0x42, 0xeb,
    0x8f,
]);

/// The table.
pub(super) fn network() -> Network {
    Network {
        name: "localdev".to_owned(),
        kind: NetworkKind::Localdev,
        data_directory: "localdev".to_owned(),
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
            stage_timeout_milliseconds: 3000,
            round_timeout_seconds: 4,
            max_start_adjustment_seconds: 4,
            minimum_service_nodes: 12,
            start: PulseStartRule::Ideal,
        },
        batching: BatchingParameters {
            interval_blocks: 20,
            minimum_payment: Amount::OXEN,
            declared_output_limit: 15,
            payable_after_blocks: 1,
            foundation: FoundationAccrual::Paid,
            payments: PaymentStart::AfterFork,
        },
        staking: StakingParameters {
            oxen_requirement: coins(100),
            sent_requirement: coins(120),
            unlock_blocks: 0,
            deregistration_lock_blocks: 10,
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
            startup_delay_seconds: 30,
            ip_change_buffer_seconds: 7_200,
        },
        companion_services: CompanionServices::NotRequired,
        name_periods: NamePeriods::of_year(blocks_in_days(NAME_YEAR_DAYS, TARGET)),
        l2: L2Parameters {
            chain_id: 31_337,
            rewards_contract: Some(EthereumAddress::new([
                0x5f, 0xc8, 0xd3, 0x26, 0x90, 0xcc, 0x91, 0xd4, 0xc3, 0x9d, 0x9d, 0x3a, 0xbc, 0xbd, 0x16, 0x98, 0x9f,
                0x87, 0x57, 0x07,
            ])),
            pool_contract: Some(EthereumAddress::new([
                0x9f, 0xe4, 0x67, 0x36, 0x67, 0x9d, 0x2d, 0x9a, 0x65, 0xf0, 0x99, 0x2f, 0x22, 0x72, 0xde, 0x9f, 0x3c,
                0x7f, 0xa6, 0xe0,
            ])),
            reward_update_blocks: 4,
            safe_blocks: 1,
            purge_blocks: 20,
            purge_minimum_age_blocks: 19,
            exit_buffer_blocks: 1,
            settlement: L2Settlement::AsReference,
        },
        stake_conversion: StakeConversion::default(),
        swap: Some(SwapParameters::recommended(SWAP_CONTRACT)),
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
