//! What a registration costs and how long it lasts (chain §6.1).

use oxen_types::{
    Amount,
    extra::NameType,
    network::{HardForkVersion, NamePeriods},
};

/// Whole OXEN for the shortest registration.
const fn base_price(version: HardForkVersion) -> u64 {
    if version.number() >= HardForkVersion::WALLET_NAMES.number() {
        7
    } else if version.number() >= HardForkVersion::PULSE.number() {
        15
    } else {
        20
    }
}

/// What a purchase or a renewal of this type burns at a fork. Updates burn nothing.
#[must_use]
pub const fn price(name_type: NameType, version: HardForkVersion) -> Amount {
    let times = match name_type {
        NameType::Session | NameType::Wallet | NameType::LokinetOneYear => 1,
        NameType::LokinetTwoYears => 2,
        NameType::LokinetFiveYears => 4,
        NameType::LokinetTenYears => 6,
    };
    let whole = base_price(version).saturating_mul(times);
    Amount::from_atomic(whole.saturating_mul(Amount::OXEN.atomic()))
}

/// For how many blocks a registration of this type lasts; `None` when it never expires.
#[must_use]
pub const fn period(name_type: NameType, periods: &NamePeriods) -> Option<u64> {
    match name_type {
        NameType::Session | NameType::Wallet => None,
        NameType::LokinetOneYear => Some(periods.one_year_blocks),
        NameType::LokinetTwoYears => Some(periods.two_years_blocks),
        NameType::LokinetFiveYears => Some(periods.five_years_blocks),
        NameType::LokinetTenYears => Some(periods.ten_years_blocks),
    }
}

/// The first fork at which records of this type are allowed.
#[must_use]
pub const fn allowed_from(name_type: NameType) -> HardForkVersion {
    match name_type {
        NameType::Session => HardForkVersion::NAME_SYSTEM,
        NameType::Wallet => HardForkVersion::WALLET_NAMES,
        NameType::LokinetOneYear
        | NameType::LokinetTwoYears
        | NameType::LokinetFiveYears
        | NameType::LokinetTenYears => HardForkVersion::PULSE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_types::Network;

    fn whole(name_type: NameType, version: HardForkVersion) -> u64 {
        price(name_type, version).atomic() / Amount::OXEN.atomic()
    }

    #[test]
    fn prices_are_those_of_each_fork() {
        let prices = NameType::ALL.map(|name_type| whole(name_type, HardForkVersion::REWARD_BATCHING));
        assert_eq!(prices, [7, 7, 7, 14, 28, 42]);
        assert_eq!(whole(NameType::Session, HardForkVersion::NAME_SYSTEM), 20);
        assert_eq!(whole(NameType::Session, HardForkVersion::PULSE), 15);
        assert_eq!(whole(NameType::LokinetTenYears, HardForkVersion::REWARD_REDUCTION), 90);
        assert_eq!(whole(NameType::Wallet, HardForkVersion::WALLET_NAMES), 7);
    }

    #[test]
    fn periods_are_those_of_each_network() {
        let of = |network: &Network| NameType::ALL.map(|name_type| period(name_type, &network.name_periods));
        assert_eq!(
            of(&Network::mainnet()),
            [
                None,
                None,
                Some(264_960),
                Some(529_920),
                Some(1_324_800),
                Some(2_649_600)
            ]
        );
        assert_eq!(of(&Network::fakechain())[2..], [Some(2), Some(4), Some(10), Some(20)]);
        assert_eq!(
            of(&Network::testnet())[2..],
            [Some(720), Some(1440), Some(3600), Some(2_649_600)]
        );
    }
}
