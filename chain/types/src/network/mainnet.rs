//! The network with value. Its forks to HF20 and HF21 are not scheduled in the sources the tables come from.
//!
//! Values: chain §7.2 to §7.4; fork heights: chain §4.1; proof timers: staking §2.2; Pulse: pulse §2.2.
//! Block ids: chain §3.6.

use crate::{
    amount::Amount,
    bytes::NetworkId,
    height::Height,
    network::{
        AddressPrefixes, BatchingParameters, CompanionServices, DecommissionParameters, DifficultyRule,
        FoundationAccrual, Genesis, GovernanceAddresses, HardFork, HardForkTable, HardForkVersion, HistoryParameters,
        KnownBlock, L2Parameters, L2Settlement, NAME_YEAR_DAYS, NamePeriods, Network, NetworkKind, PaymentStart, Ports,
        ProofOfWorkRule, PulseParameters, PulseStartRule, StakeConversion, StakingParameters, UptimeParameters,
        blocks_in, blocks_in_days, blocks_in_hours, parameters::coins,
    },
};

/// TARGET_BLOCK_TIME, seconds.
pub(super) const TARGET: u64 = 120;

/// Version, revision, first height.
const FORKS: [HardFork; 17] = [
    HardFork::new(7, 0, 0),
    HardFork::new(8, 0, 64_324),
    HardFork::new(9, 0, 101_250),
    HardFork::new(10, 0, 161_849),
    HardFork::new(11, 0, 234_767),
    HardFork::new(12, 0, 321_467),
    HardFork::new(13, 0, 385_824),
    HardFork::new(14, 0, 442_333),
    HardFork::new(15, 0, 496_969),
    HardFork::new(16, 0, 641_111),
    HardFork::new(17, 0, 770_711),
    HardFork::new(18, 0, 785_000),
    HardFork::new(18, 1, 839_009),
    HardFork::new(19, 0, 1_080_149),
    HardFork::new(19, 1, 1_090_229),
    HardFork::new(19, 2, 1_146_479),
    HardFork::new(19, 3, 1_253_039),
];

/// Height and block id.
#[rustfmt::skip]
const CHECKPOINTS: [(u64, &str); 11] = [
    (0, "08ff156d993012b0bdf2816c4bee47c9bbc7930593b70ee02574edddf15ee933"),
    (1, "647997953a5ea9b5ab329c2291d4cbb08eed587c287e451eeeb2c79bab9b940f"),
    (10, "4a7cd8b9bff380d48d6f3533a5e0509f8589cc77d18218b3f7218846e77738fc"),
    (100, "01b8d33a50713ff837f8ad7146021b8e3060e0316b5e4afc407e46cdb50b6760"),
    (1_000, "5e3b0a1f931885bc0ab1d6ecdc625816576feae29e2f9ac94c5ccdbedb1465ac"),
    (86_535, "52b7c5a60b97bf1efbf0d63a0aa1a313e8f0abe4627eb354b0c5a73cb1f4391e"),
    (97_407, "504af73abbaba85a14ddc16634658bf4dcc241dc288b1eaad09e216836b71023"),
    (98_552, "2058d5c675bd91284f4996435593499c9ab84a5a0f569f57a86cde2e815e57da"),
    (144_650, "a1ab207afc790675070ecd7aac874eb0691eb6349ea37c44f8f58697a5d6cbc4"),
    (266_284, "c42801a37a41e3e9f934a266063483646072a94bfc7269ace178e93c91414b1f"),
    (301_187, "e23e4cf3a2fe3e9f0ffced5cc76426e5bdffd3aad822268f4ad63d82cb958559"),
];

/// Governance address before HF11.
const GOVERNANCE_FIRST: &str =
    "LCFxT37LAogDn1jLQKf4y7aAqfi21DjovX9qyijaLYQSdrxY1U5VGcnMJMjWrD9RhjeK5Lym67wZ73uh9AujXLQ1RKmXEyL";
/// Governance address from HF11 on.
const GOVERNANCE_SECOND: &str =
    "LDBEN6Ut4NkMwyaXWZ7kBEAx8X64o6YtDhLXUP26uLHyYT4nFmcaPU2Z2fauqrhTLh4Qfr61pUUZVLaTHqAdycETKM1STrz";

/// The table.
pub(super) fn network() -> Network {
    with_block_time(TARGET)
}

/// The table of a network whose blocks come every `target_block_seconds`: what is a duration stays one and is another number
/// of blocks.
pub(super) fn with_block_time(target_block_seconds: u64) -> Network {
    Network {
        name: "mainnet".to_owned(),
        kind: NetworkKind::Mainnet,
        data_directory: String::new(),
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
        checkpoints: CHECKPOINTS
            .iter()
            .map(|(height, block_id)| KnownBlock {
                height: Height::new(*height),
                block_id: block_id.parse().expect("the ids above are 64 hexadecimal characters"),
            })
            .collect(),
        target_block_seconds,
        difficulty: DifficultyRule::Lwma,
        proof_of_work: ProofOfWorkRule::ByVersion,
        pulse: PulseParameters {
            stage_timeout_milliseconds: 10_000,
            round_timeout_seconds: 60,
            max_start_adjustment_seconds: 30,
            minimum_service_nodes: 50,
            start: PulseStartRule::Ideal,
        },
        batching: BatchingParameters {
            interval_blocks: 2520,
            minimum_payment: Amount::OXEN,
            declared_output_limit: 15,
            payable_after_blocks: 720,
            foundation: FoundationAccrual::Paid,
            payments: PaymentStart::AfterFork,
        },
        staking: StakingParameters {
            oxen_requirement: coins(15_000),
            sent_requirement: coins(25_000),
            unlock_blocks: blocks_in_days(15, target_block_seconds),
            deregistration_lock_blocks: blocks_in_days(30, target_block_seconds),
            small_contributor_unlock_blocks: blocks_in_days(30, target_block_seconds),
            fixed_lock_blocks: blocks_in_days(30, target_block_seconds),
            fork_grace_blocks: 5_040,
        },
        decommission: DecommissionParameters {
            initial_credit_blocks: blocks_in_hours(2, target_block_seconds),
            minimum_blocks: blocks_in_hours(2, target_block_seconds),
            max_credit_blocks: blocks_in_hours(48, target_block_seconds),
            credit_blocks_per_day: blocks_in(48 * 60, target_block_seconds),
        },
        uptime: UptimeParameters {
            frequency_seconds: 3_600,
            validity_seconds: 7_500,
            tolerance_seconds: 300,
            check_interval_seconds: 30,
            startup_delay_seconds: 30,
            ip_change_buffer_seconds: 7_200,
        },
        companion_services: CompanionServices::Required,
        name_periods: NamePeriods::of_year(blocks_in_days(NAME_YEAR_DAYS, target_block_seconds)),
        l2: L2Parameters {
            chain_id: 42_161,
            rewards_contract: None,
            pool_contract: None,
            reward_update_blocks: 2400,
            safe_blocks: 280,
            purge_blocks: 28_800,
            purge_minimum_age_blocks: 720,
            exit_buffer_blocks: 5040,
            settlement: L2Settlement::AsReference,
        },
        stake_conversion: StakeConversion::default(),
        swap: None,
        governance: GovernanceAddresses {
            first: GOVERNANCE_FIRST.to_owned(),
            second: GOVERNANCE_SECOND.to_owned(),
            second_from: HardForkVersion::INFINITE_STAKING,
            interval_blocks: blocks_in_days(7, target_block_seconds),
        },
        history: HistoryParameters {
            state_interval_blocks: 10_000,
            recent_rewards: 5,
        },
    }
}
