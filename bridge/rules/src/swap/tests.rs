use super::*;
use oxen_types::{
    Amount, ExtraField, Height, Network,
    bytes::EthereumAddress,
    extra::{Extra, MergeMining, SwapField},
    network::{HardFork, HardForkTable, SwapParameters, SwapRatio, SwapRatioPeriod, SwapRatioTable},
};
use proptest::prelude::*;

const FEE: Amount = Amount::from_atomic(10_000_000);

fn coins(whole: u64) -> Amount {
    Amount::from_atomic(whole * Amount::OXEN.atomic())
}

/// Fakechain with the fork at height 5, a token, a factory, an end and a second ratio.
fn network() -> Network {
    let mut network = Network::fakechain();
    network.forks = HardForkTable::new(&[HardFork::new(7, 0, 0), HardFork::new(30, 0, 5)]).unwrap();
    network.l2.rewards_contract = Some(EthereumAddress::new([0xa1; 20]));
    network.l2.pool_contract = Some(EthereumAddress::new([0xa2; 20]));
    let swap = network.swap.as_mut().unwrap();
    swap.token = Some(EthereumAddress::new([0xa3; 20]));
    swap.factory = Some(EthereumAddress::new([0xa4; 20]));
    swap.end_height = Some(Height::new(1_000));
    swap.ratios = SwapRatioTable::new(&[period(10, 54, 100), period(500, 378, 1_000)]).unwrap();
    network
}

fn period(height: u64, numerator: u64, denominator: u64) -> SwapRatioPeriod {
    SwapRatioPeriod {
        from_height: Height::new(height),
        ratio: SwapRatio::new(numerator, denominator).unwrap(),
    }
}

fn field() -> SwapField {
    SwapField {
        version: 0,
        l2_chain_id: 42_161,
        recipient: EthereumAddress::new([7; 20]),
        ratio_index: 0,
        nonce: [1; 8],
    }
}

fn extra_of(field: SwapField, burned: Amount) -> Extra {
    Extra::from_fields(vec![ExtraField::Swap(field), ExtraField::Burn(burned)])
}

fn check_at(extra: &Extra, fee: Amount, height: u64) -> Result<Burn, SwapError> {
    let network = network();
    let context = SwapContext {
        network: &network,
        height: Height::new(height),
        minimum_fee: FEE,
    };
    check_burn(&BurnRequest { extra, fee }, &context)
}

/// At height 100, for a field with one thing changed.
fn changed(change: impl FnOnce(&mut SwapField)) -> Result<Burn, SwapError> {
    let mut field = field();
    change(&mut field);
    check_at(&extra_of(field, coins(2)), coins(3), 100)
}

fn burning(burned: Amount) -> Result<Burn, SwapError> {
    check_at(&extra_of(field(), burned), burned.saturating_add(FEE), 100)
}

#[test]
fn a_burn_is_credited_at_the_ratio_of_its_height() {
    let burn = changed(|_| ()).unwrap();
    assert_eq!((burn.recipient, burn.nonce), (EthereumAddress::new([7; 20]), [1; 8]));
    assert_eq!(
        (burn.burned, burn.credited),
        (coins(2), Amount::from_atomic(1_080_000_000))
    );
    let later = extra_of(
        SwapField {
            ratio_index: 1,
            ..field()
        },
        coins(2),
    );
    let burn = check_at(&later, coins(3), 500).unwrap();
    assert_eq!(burn.credited, Amount::from_atomic(756_000_000));
}

#[test]
fn a_network_without_swap_takes_none() {
    let extra = extra_of(field(), coins(2));
    let request = BurnRequest {
        extra: &extra,
        fee: coins(3),
    };
    let context = SwapContext {
        network: &Network::mainnet(),
        height: Height::new(100),
        minimum_fee: FEE,
    };
    assert_eq!(check_burn(&request, &context), Err(SwapError::NoSwap));
}

#[test]
fn a_ratio_that_began_or_ended_refuses_who_agreed_to_another() {
    assert_eq!(
        changed(|field| field.ratio_index = 1),
        Err(SwapError::WrongRatio { expected: 0, found: 1 })
    );
    let extra = extra_of(field(), coins(2));
    assert!(check_at(&extra, coins(3), 499).is_ok());
    let error = check_at(&extra, coins(3), 500).unwrap_err();
    assert_eq!(error, SwapError::WrongRatio { expected: 1, found: 0 });
    assert!(!error.may_pass_later());
    let height = Height::new(9);
    assert_eq!(check_at(&extra, coins(3), 9), Err(SwapError::NoRatio { height }));
    let height = Height::new(4);
    assert_eq!(check_at(&extra, coins(3), 4), Err(SwapError::NotBegun { height }));
}

#[test]
fn blocks_from_the_end_on_take_no_burn() {
    let extra = extra_of(
        SwapField {
            ratio_index: 1,
            ..field()
        },
        coins(2),
    );
    assert!(check_at(&extra, coins(3), 999).is_ok());
    let end = Height::new(1_000);
    assert_eq!(check_at(&extra, coins(3), 1_000), Err(SwapError::Ended { end }));
}

#[test]
fn both_fields_are_there_exactly_once() {
    let (swap, burn) = (ExtraField::Swap(field()), ExtraField::Burn(coins(2)));
    for (fields, error) in [
        (vec![burn.clone()], SwapError::FieldMissing),
        (vec![swap.clone()], SwapError::BurnMissing),
        (vec![], SwapError::FieldMissing),
        (vec![swap.clone(), burn.clone(), swap.clone()], SwapError::FieldRepeated),
        (vec![burn.clone(), swap.clone(), burn.clone()], SwapError::BurnRepeated),
    ] {
        assert_eq!(check_at(&Extra::from_fields(fields), coins(5), 100), Err(error));
    }
}

#[test]
fn nothing_special_stands_beside_them() {
    let beside = |field: ExtraField| {
        let mut extra = extra_of(self::field(), coins(2));
        extra.push(field);
        check_at(&extra, coins(3), 100)
    };
    assert!(beside(ExtraField::TransactionKey(Default::default())).is_ok());
    assert!(beside(ExtraField::AdditionalKeys(Vec::new())).is_ok());
    let merge_mining = MergeMining {
        depth: 0,
        root: Default::default(),
        ignored: Vec::new(),
    };
    for (field, tag) in [
        (ExtraField::ServiceNodeKey(Default::default()), 0x74),
        (ExtraField::Winner(Default::default()), 0x72),
        (ExtraField::TransactionSecretKey([0; 32]), 0x75),
        (ExtraField::MergeMining(merge_mining), 0x03),
        (ExtraField::Minergate(Vec::new()), 0xde),
    ] {
        assert_eq!(beside(field), Err(SwapError::ForbiddenField { tag }));
    }
}

#[test]
fn version_and_chain_are_the_networks() {
    assert_eq!(
        changed(|field| field.version = 1),
        Err(SwapError::WrongVersion { found: 1 })
    );
    assert_eq!(
        changed(|field| field.l2_chain_id = 1),
        Err(SwapError::WrongChain {
            expected: 42_161,
            found: 1
        })
    );
}

#[test]
fn nobody_burns_for_an_address_that_cannot_claim() {
    let to = |bytes: [u8; 20]| changed(|field| field.recipient = EthereumAddress::new(bytes)).map(|_| ());
    let number = |number: u32| {
        let mut bytes = [0; 20];
        bytes[16..].copy_from_slice(&number.to_be_bytes());
        bytes
    };
    assert_eq!(to([0; 20]), Err(SwapError::ZeroRecipient));
    assert_eq!(to(number(1)), Err(SwapError::PrecompileRecipient));
    assert_eq!(to(number(0xffff)), Err(SwapError::PrecompileRecipient));
    assert_eq!(to(number(0x1_0000)), Ok(()));
    for (address, contract) in [
        ([0xa1; 20], ReservedRecipient::Rewards),
        ([0xa2; 20], ReservedRecipient::Pool),
        ([0xa3; 20], ReservedRecipient::Token),
        ([0xa4; 20], ReservedRecipient::Factory),
        ([0xfa; 20], ReservedRecipient::Swap),
    ] {
        assert_eq!(to(address), Err(SwapError::ReservedRecipient { contract }));
    }
}

#[test]
fn a_burn_has_a_least_and_a_most() {
    assert!(burning(coins(2)).is_ok());
    assert!(burning(coins(1_000_000)).is_ok());
    let (burned, least) = (Amount::from_atomic(1_999_999_999), coins(2));
    assert_eq!(burning(burned), Err(SwapError::BurnTooSmall { burned, least }));
    let (burned, most) = (Amount::from_atomic(1_000_000_000_000_001), coins(1_000_000));
    assert_eq!(burning(burned), Err(SwapError::BurnTooLarge { burned, most }));
}

#[test]
fn the_fee_covers_the_burn_and_itself() {
    let extra = extra_of(field(), coins(2));
    let required = coins(2).saturating_add(FEE);
    assert!(check_at(&extra, required, 100).is_ok());
    let fee = Amount::from_atomic(required.atomic() - 1);
    let error = check_at(&extra, fee, 100).unwrap_err();
    assert_eq!(error, SwapError::FeeTooLow { fee, required });
    assert!(error.may_pass_later(), "the minimum fee moves with the blocks before");
}

#[test]
fn what_is_worth_nothing_is_not_burned() {
    let mut network = network();
    let swap = network.swap.as_mut().unwrap();
    swap.least_burn = Amount::from_atomic(1);
    let extra = extra_of(field(), Amount::from_atomic(1));
    let context = SwapContext {
        network: &network,
        height: Height::new(100),
        minimum_fee: FEE,
    };
    let request = BurnRequest {
        extra: &extra,
        fee: coins(1),
    };
    let burned = Amount::from_atomic(1);
    assert_eq!(
        check_burn(&request, &context),
        Err(SwapError::NothingCredited { burned })
    );
}

#[test]
fn the_ratio_rounds_down_and_keeps_128_bits_between() {
    let of = |burned, numerator, denominator| {
        convert(
            Amount::from_atomic(burned),
            SwapRatio::new(numerator, denominator).unwrap(),
        )
        .map(Amount::atomic)
    };
    assert_eq!(of(100, 54, 100), Some(54));
    assert_eq!(of(1, 54, 100), Some(0));
    assert_eq!(of(199, 54, 100), Some(107));
    assert_eq!(of(u64::MAX, 54, 100), Some(9_961_241_799_803_157_872));
    assert_eq!(of(u64::MAX, 180, 1), None);
}

fn burn_of(credited: u64) -> Burn {
    Burn {
        recipient: EthereumAddress::new([7; 20]),
        burned: Amount::from_atomic(credited),
        credited: Amount::from_atomic(credited),
        ratio_index: 0,
        nonce: [0; 8],
    }
}

/// Caps of 1,000 in all and 100 in five blocks.
fn small() -> SwapParameters {
    SwapParameters {
        pool_cap: Amount::from_atomic(1_000),
        rate_cap: Amount::from_atomic(100),
        rate_window_blocks: 5,
        ..SwapParameters::recommended(EthereumAddress::new([1; 20]))
    }
}

#[test]
fn a_cap_is_filled_to_its_last_unit_and_not_beyond() {
    let parameters = small();
    let sums = SwapSums::default().with(&burn_of(99), &parameters).unwrap();
    let credited = Amount::from_atomic(2);
    let remaining = Amount::from_atomic(1);
    let refused = sums.with(&burn_of(2), &parameters).unwrap_err();
    assert_eq!(refused, SwapError::RateCapReached { credited, remaining });
    assert!(refused.may_pass_later());
    assert_eq!(
        sums.with(&burn_of(1), &parameters).unwrap().room(&parameters).rate,
        Amount::ZERO
    );

    let full = SwapSums {
        credited: Amount::from_atomic(999),
        ..SwapSums::default()
    };
    let refused = full.with(&burn_of(2), &parameters).unwrap_err();
    assert_eq!(refused, SwapError::PoolCapReached { credited, remaining });
    assert!(!refused.may_pass_later(), "what was credited stays credited");
    assert!(full.with(&burn_of(1), &parameters).is_ok());
}

#[test]
fn what_is_above_the_rate_cap_never_passes() {
    let parameters = small();
    let (credited, most) = (Amount::from_atomic(101), Amount::from_atomic(100));
    let refused = SwapSums::default().with(&burn_of(101), &parameters).unwrap_err();
    assert_eq!(refused, SwapError::AboveRateCap { credited, most });
    assert!(!refused.may_pass_later());
    assert!(SwapSums::default().with(&burn_of(100), &parameters).is_ok());
}

#[test]
fn a_burn_matures_after_thirty_blocks() {
    let parameters = SwapParameters::recommended(EthereumAddress::new([1; 20]));
    assert_eq!(matures_at(Height::new(100), &parameters), Height::new(130));
    assert_eq!(credited_from(Height::new(130), &parameters), Some(Height::new(100)));
    assert_eq!(credited_from(Height::new(29), &parameters), None);
}

proptest! {
    /// Invariant 6: always down, by less than one unit.
    #[test]
    fn the_loss_of_rounding_is_less_than_one(burned in any::<u64>(), numerator in 1..1_000_u64, denominator in 1..1_000_u64) {
        let ratio = SwapRatio::new(numerator, denominator).unwrap();
        let exact = u128::from(burned) * u128::from(numerator);
        if let Some(credited) = convert(Amount::from_atomic(burned), ratio) {
            let back = u128::from(credited.atomic()) * u128::from(denominator);
            prop_assert!(back <= exact && exact - back < u128::from(denominator));
        } else {
            prop_assert!(exact / u128::from(denominator) > u128::from(u64::MAX));
        }
    }

    /// Burning in parts never brings more than burning at once.
    #[test]
    fn parts_are_worth_no_more_than_the_whole(parts in proptest::collection::vec(0..1_u64 << 40, 1..20)) {
        let ratio = SwapRatio::OF_STAKES;
        let of = |amount: u64| convert(Amount::from_atomic(amount), ratio).unwrap().atomic();
        prop_assert!(parts.iter().map(|part| of(*part)).sum::<u64>() <= of(parts.iter().sum()));
    }

    /// Invariant 1: whatever is asked, no cap is ever exceeded, and what is refused would have exceeded one.
    #[test]
    fn the_caps_hold_after_every_burn(wanted in proptest::collection::vec((0..4_u64, 1..60_u64), 1..60)) {
        let parameters = small();
        let mut sums = SwapSums::default();
        let mut taken: Vec<(u64, u64)> = Vec::new();
        let mut height = 0;
        for (blocks, credited) in wanted {
            let window = |end: u64| taken.iter().filter(|(at, _)| at + 5 > end && *at <= end).map(|(_, one)| one).sum::<u64>();
            let before = window(height);
            let staying: u64 = taken.iter().filter(|(at, _)| at + 5 > height + blocks).map(|(_, one)| one).sum();
            height += blocks;
            sums = sums.with_window_at(Height::new(height), Amount::from_atomic(before - staying));
            prop_assert_eq!(sums.in_window.atomic(), window(height));
            let all: u64 = taken.iter().map(|(_, one)| one).sum();
            let fits = all + credited <= 1_000 && window(height) + credited <= 100;
            match sums.with(&burn_of(credited), &parameters) {
                Ok(next) => {
                    prop_assert!(fits);
                    sums = next;
                    taken.push((height, credited));
                }
                Err(_) => prop_assert!(!fits),
            }
        }
    }
}
