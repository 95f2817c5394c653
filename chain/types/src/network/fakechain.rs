//! Upstream's network for tests of one node: mainnet's addresses, id and first block, short times.
//!
//! Values: chain §7.2 to §7.4; fork heights: chain §4.1; proof timers: staking §2.2; Pulse: pulse §2.2.

use crate::{
    amount::Amount,
    bytes::{EthereumAddress, NetworkId},
    network::{
        AddressPrefixes, BatchingParameters, CompanionServices, DecommissionParameters, DifficultyRule,
        FoundationAccrual, Genesis, GovernanceAddresses, HardFork, HardForkTable, HardForkVersion, HistoryParameters,
        L2Parameters, L2Settlement, NamePeriods, Network, NetworkKind, PaymentStart, Ports, ProofOfWorkRule,
        PulseParameters, PulseStartRule, StakeConversion, StakingParameters, SwapParameters, UptimeParameters,
        blocks_in, blocks_in_days, blocks_in_hours, parameters::coins,
    },
};

/// TARGET_BLOCK_TIME, seconds.
const TARGET: u64 = 120;

/// Version, revision, first height.
const FORKS: [HardFork; 1] = [HardFork::new(7, 0, 0)];

/// Forks of [`regtest`].
const REGTEST_FORKS: [HardFork; 2] = [HardFork::new(7, 0, 0), HardFork::new(19, 3, 1)];

/// Governance address before HF11.
const GOVERNANCE_FIRST: &str =
    "LCFxT37LAogDn1jLQKf4y7aAqfi21DjovX9qyijaLYQSdrxY1U5VGcnMJMjWrD9RhjeK5Lym67wZ73uh9AujXLQ1RKmXEyL";
/// Governance address from HF11 on.
const GOVERNANCE_SECOND: &str =
    "LDBEN6Ut4NkMwyaXWZ7kBEAx8X64o6YtDhLXUP26uLHyYT4nFmcaPU2Z2fauqrhTLh4Qfr61pUUZVLaTHqAdycETKM1STrz";

/// No contract stands behind it: tests of one node follow no other chain.
const FAKE_SWAP_CONTRACT: EthereumAddress = EthereumAddress::new([0xfa; 20]);

/// The table.
pub(super) fn network() -> Network {
    Network {
        name: "fakechain".to_owned(),
        kind: NetworkKind::Fakechain,
        data_directory: "regtest".to_owned(),
        address_prefixes: AddressPrefixes {
            standard: 114,
            integrated: 115,
            subaddress: 116,
        },
        network_id: NetworkId::new(*b"Farbauti*Laufey\0"),
        ports: Ports {
            p2p: 22022,
            rpc: 22023,
            quorumnet: 22025,
        },
        forks: HardForkTable::new(&FORKS).expect("the heights and versions above ascend from height 0"),
        genesis: Genesis::mainnet(),
        checkpoints: Vec::new(),
        target_block_seconds: TARGET,
        difficulty: DifficultyRule::Lwma,
        proof_of_work: ProofOfWorkRule::AlwaysTurtle,
        pulse: PulseParameters {
            stage_timeout_milliseconds: 10_000,
            round_timeout_seconds: 60,
            max_start_adjustment_seconds: 30,
            minimum_service_nodes: 12,
            start: PulseStartRule::Unchecked,
        },
        batching: BatchingParameters {
            interval_blocks: 20,
            minimum_payment: Amount::OXEN,
            declared_output_limit: 15,
            payable_after_blocks: 4,
            foundation: FoundationAccrual::Withheld,
            payments: PaymentStart::AtFork,
        },
        staking: StakingParameters {
            oxen_requirement: coins(100),
            sent_requirement: coins(20_000),
            unlock_blocks: blocks_in(30 * 60, TARGET),
            deregistration_lock_blocks: blocks_in_hours(1, TARGET),
            small_contributor_unlock_blocks: blocks_in_days(30, TARGET),
            fixed_lock_blocks: 30,
            fork_grace_blocks: 5_040,
        },
        decommission: DecommissionParameters {
            initial_credit_blocks: blocks_in_hours(2, TARGET),
            minimum_blocks: blocks_in_hours(2, TARGET),
            max_credit_blocks: blocks_in_hours(48, TARGET),
            credit_blocks_per_day: blocks_in(48 * 60, TARGET),
        },
        uptime: UptimeParameters {
            frequency_seconds: 60,
            validity_seconds: 125,
            tolerance_seconds: 300,
            check_interval_seconds: 5,
            startup_delay_seconds: 5,
            ip_change_buffer_seconds: 7_200,
        },
        companion_services: CompanionServices::NotRequired,
        name_periods: NamePeriods {
            one_year_blocks: 2,
            two_years_blocks: 4,
            five_years_blocks: 10,
            ten_years_blocks: 20,
        },
        l2: L2Parameters {
            chain_id: 42_161,
            rewards_contract: None,
            pool_contract: None,
            reward_update_blocks: 2400,
            safe_blocks: 280,
            purge_blocks: 28_800,
            purge_minimum_age_blocks: 720,
            exit_buffer_blocks: 30,
            settlement: L2Settlement::AsReference,
        },
        stake_conversion: StakeConversion::default(),
        swap: Some(SwapParameters::recommended(FAKE_SWAP_CONTRACT)),
        governance: GovernanceAddresses {
            first: GOVERNANCE_FIRST.to_owned(),
            second: GOVERNANCE_SECOND.to_owned(),
            second_from: HardForkVersion::INFINITE_STAKING,
            interval_blocks: blocks_in(200 * 60, TARGET),
        },
        history: HistoryParameters {
            state_interval_blocks: 10_000,
            recent_rewards: 5,
        },
    }
}

/// One node on its own with today's rules.
pub(super) fn regtest() -> Network {
    Network {
        name: "regtest".to_owned(),
        forks: HardForkTable::new(&REGTEST_FORKS).expect("the heights and versions above ascend from height 0"),
        difficulty: DifficultyRule::Fixed(1),
        genesis: Genesis::regtest(),
        l2: L2Parameters {
            settlement: L2Settlement::NothingLost,
            ..network().l2
        },
        ..network()
    }
}
