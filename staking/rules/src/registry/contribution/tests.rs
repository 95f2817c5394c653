use super::*;
use oxen_types::{KeyImage, PublicKey};
use proptest::prelude::*;

const MAINNET: Amount = oxen(15_000);

const fn oxen(count: u64) -> Amount {
    Amount::from_atomic(count * 1_000_000_000)
}

const fn atomic(units: u64) -> Amount {
    Amount::from_atomic(units)
}

fn recipient(number: u8) -> Recipient {
    Recipient::Oxen {
        spend: PublicKey::new([number; 32]),
        view: PublicKey::new([number; 32]),
    }
}

fn output(amount: Amount, number: u8) -> LockedContribution {
    LockedContribution {
        key_image: KeyImage::new([number; 32]),
        output_key: PublicKey::new([number; 32]),
        amount,
    }
}

/// A node of 100 OXEN with these reserved parts, the operator's first, of which the operator has filled its own.
fn node(reserved: &[u64]) -> Stake {
    let contributors: Vec<NodeContributor> = (1..)
        .zip(reserved)
        .map(|(number, part)| NodeContributor {
            beneficiary: None,
            recipient: recipient(number),
            amount: Amount::ZERO,
            reserved: oxen(*part),
            locked: Vec::new(),
        })
        .collect();
    let mut stake = Stake {
        bls_key: None,
        requirement: oxen(100),
        operator: recipient(1),
        operator_portions: 0,
        total_reserved: Amount::checked_sum(contributors.iter().map(|one| one.reserved)).unwrap(),
        contributors,
        total_contributed: Amount::ZERO,
    };
    let own = oxen(reserved[0]);
    stake.contribute(recipient(1), output(own, 1)).unwrap();
    stake
}

fn stake(node: &mut Stake, who: u8, amount: Amount) -> Result<(), ContributionRefusal> {
    node.contribute(recipient(who), output(amount, who))
}

#[test]
fn minima_are_the_known_ones() {
    let minimum = |reserved, taken| newcomer_minimum(MAINNET, oxen(reserved), taken);
    assert_eq!(minimum(3_750, 1), Some(oxen(1_250)));
    assert_eq!(minimum(5_000, 2), Some(oxen(1_250)));
    assert_eq!(minimum(0, 0), Some(oxen(1_500)));
    assert_eq!(minimum(14_999, 9), Some(oxen(1)));
    assert_eq!(minimum(0, 10), None);
    assert_eq!(minimum(0, 11), None);
    assert_eq!(minimum(15_000, 3), Some(Amount::ZERO));
    assert_eq!(operator_minimum(MAINNET), oxen(3_750));
    assert_eq!(operator_minimum(atomic(7)), atomic(1));
}

#[test]
fn maxima_are_the_known_ones() {
    assert_eq!(most_accepted(oxen(15_000)), oxen(15_150));
    assert_eq!(most_accepted(oxen(11_250)), atomic(11_362_500_000_000));
    assert_eq!(most_accepted(oxen(1_000)), oxen(1_010));
    assert_eq!(most_accepted(atomic(99)), atomic(99));
    assert_eq!(most_accepted(atomic(100)), atomic(101));
    assert_eq!(
        most_accepted(Amount::from_atomic(u64::MAX)),
        Amount::from_atomic(u64::MAX)
    );
}

#[test]
fn a_newcomer_is_told_what_there_is_room_for() {
    let node = node(&[25]);
    let room = node.room_for(&recipient(9)).unwrap();
    assert_eq!(room.minimum, atomic(75_000_000_000 / 9));
    assert_eq!(room.credited, oxen(75));
    assert_eq!(room.maximum, atomic(75_750_000_000));
}

#[test]
fn a_reserved_part_is_filled_in_one_stake_and_may_take_what_is_open_besides() {
    let node = node(&[25, 30]);
    let room = node.room_for(&recipient(2)).unwrap();
    assert_eq!((room.minimum, room.credited), (oxen(30), oxen(75)));
    // Others have only what nobody reserved, and the reserved part takes a slot.
    let room = node.room_for(&recipient(3)).unwrap();
    assert_eq!((room.minimum, room.credited), (atomic(45_000_000_000 / 8), oxen(45)));
}

#[test]
fn a_part_of_a_reserved_part_is_refused() {
    let mut node = node(&[25, 30]);
    let short = atomic(oxen(30).atomic() - 1);
    let before = node.clone();
    assert_eq!(
        stake(&mut node, 2, short),
        Err(ContributionRefusal::TooSmall {
            offered: short,
            minimum: oxen(30)
        })
    );
    assert_eq!(node, before, "a refused stake changes nothing");
}

#[test]
fn an_overpaid_stake_is_credited_with_the_room_and_locked_whole() {
    let mut node = node(&[25]);
    let most = atomic(75_750_000_000);
    assert_eq!(
        stake(&mut node, 2, atomic(most.atomic() + 1)),
        Err(ContributionRefusal::TooLarge {
            offered: atomic(most.atomic() + 1),
            maximum: most
        })
    );
    stake(&mut node, 2, most).unwrap();
    let two = node.contributor(&recipient(2)).unwrap();
    assert_eq!(
        (two.amount, two.reserved, two.locked[0].amount),
        (oxen(75), oxen(75), most)
    );
    assert_eq!(node.total_contributed, oxen(100));
    assert_eq!(node.total_reserved, oxen(100));
    assert_eq!(stake(&mut node, 3, oxen(1)), Err(ContributionRefusal::FullyFunded));
}

#[test]
fn an_operator_that_overpaid_has_its_reserved_part_raised() {
    let mut node = node(&[25]);
    node.contributors[0].locked.clear();
    node.contributors[0].amount = Amount::ZERO;
    node.total_contributed = Amount::ZERO;
    stake(&mut node, 1, oxen(40)).unwrap();
    assert_eq!(
        (node.contributors[0].amount, node.contributors[0].reserved),
        (oxen(40), oxen(40))
    );
    assert_eq!(node.total_reserved, oxen(40));
}

#[test]
fn stakes_and_open_reservations_share_ten_slots() {
    // The operator and nine reserved parts: nobody else has a place, they have.
    let mut full = node(&[25, 7, 7, 7, 7, 7, 7, 7, 7, 7]);
    assert_eq!(full.room_for(&recipient(99)), Err(ContributionRefusal::NoSlot));
    for number in 2..=10 {
        stake(&mut full, number, oxen(7)).unwrap();
    }
    // Ten stakes, twelve OXEN short of the requirement: nobody can fill it any more.
    assert_eq!(full.total_contributed, oxen(88));
    assert_eq!(full.room_for(&recipient(2)), Err(ContributionRefusal::NoSlot));
}

#[test]
fn each_stake_of_a_contributor_takes_a_slot() {
    let mut node = node(&[25]);
    for _ in 0..8 {
        let minimum = node.room_for(&recipient(2)).unwrap().minimum;
        stake(&mut node, 2, atomic(minimum.atomic() + 1)).unwrap();
    }
    assert_eq!(node.locked_count(), 9);
    let room = node.room_for(&recipient(2)).unwrap();
    assert_eq!(room.minimum, room.credited, "the last slot must fill the node");
    stake(&mut node, 2, room.credited).unwrap();
    assert!(node.is_fully_funded());
    assert_eq!(node.contributors.len(), 2);
}

#[test]
fn an_entry_with_nothing_reserved_is_no_open_reservation() {
    let node = node(&[25, 0]);
    let room = node.room_for(&recipient(2)).unwrap();
    assert_eq!(room.minimum, atomic(75_000_000_000 / 9));
}

/// What the specification says, in its own words (staking §7).
fn by_the_specification(node: &Stake, who: &Recipient, offered: u64) -> Option<u64> {
    let requirement = node.requirement.atomic();
    if node.total_contributed.atomic() >= requirement {
        return None;
    }
    let existing = node.contributors.iter().map(|one| one.locked.len() as u64).sum::<u64>();
    let open = |one: &&NodeContributor| one.amount < one.reserved;
    let other = node
        .contributors
        .iter()
        .filter(|one| one.recipient != *who)
        .filter(open)
        .count() as u64;
    let own = node.contributors.iter().find(|one| one.recipient == *who);
    let own_room = own
        .filter(open)
        .map_or(0, |one| one.reserved.atomic() - one.amount.atomic());
    if existing + other + 1 > 10 {
        return None;
    }
    let reserved = node.total_reserved.atomic();
    let minimum = if own_room > 0 {
        own_room
    } else {
        (requirement - reserved) / (10 - (existing + other))
    };
    let maximum = (u128::from(requirement - (reserved - own_room)) * 101 / 100) as u64;
    if offered < minimum || offered > maximum {
        return None;
    }
    let (held, kept) = own.map_or((0, 0), |one| (one.amount.atomic(), one.reserved.atomic()));
    Some((kept + (requirement - reserved) - held).min(offered))
}

proptest! {
    #[test]
    fn whatever_is_offered_is_credited_as_specified(
        reserved in prop::collection::vec(0_u64..=30, 0..9),
        offers in prop::collection::vec((1_u8..14, 0_u64..110_000_000_000), 1..24),
    ) {
        let mut parts = vec![25];
        for part in reserved {
            if parts.iter().sum::<u64>() + part <= 100 {
                parts.push(part);
            }
        }
        let mut node = node(&parts);
        for (who, offered) in offers {
            let expected = by_the_specification(&node, &recipient(who), offered);
            let before = node.total_contributed.atomic();
            let result = stake(&mut node, who, atomic(offered));
            prop_assert_eq!(result.is_ok(), expected.is_some(), "{:?}", result);
            prop_assert_eq!(node.total_contributed.atomic() - before, expected.unwrap_or(0));
            let sum = |of: fn(&NodeContributor) -> Amount| Amount::checked_sum(node.contributors.iter().map(of)).unwrap();
            prop_assert_eq!(sum(|one| one.amount), node.total_contributed);
            prop_assert_eq!(sum(|one| one.reserved), node.total_reserved);
            prop_assert!(node.total_reserved <= node.requirement);
            prop_assert!(node.locked_count() <= MAX_CONTRIBUTORS);
        }
    }
}
