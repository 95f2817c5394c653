use super::*;
use crate::contribution::{ContributionTerms, Reservation};
use oxen_types::bytes::{BlsPublicKey, PublicKey};

const SESH: u64 = 1_000_000_000;

fn sesh(amount: u64) -> Sesh {
    Sesh::from_atomic(amount * SESH)
}

const fn who(number: u8) -> EthereumAddress {
    EthereumAddress::new([number; 20])
}

const OPERATOR: EthereumAddress = who(1);

fn limits() -> RewardsLimits {
    RewardsLimits {
        requirement: sesh(120),
        max_contributors: 4,
    }
}

/// A stake of 120 for four, to which these have contributed, the operator first.
fn contract(amounts: &[u64]) -> ContributionState {
    let contributor = |(number, amount): (u8, &u64)| Contributor {
        address: who(number),
        beneficiary: who(number),
        amount: sesh(*amount),
    };
    let contributors: Vec<Contributor> = (1_u8..).zip(amounts).map(contributor).collect();
    ContributionState {
        contract: who(99),
        terms: ContributionTerms {
            service_node: PublicKey::new([5; 32]),
            bls_key: BlsPublicKey::new([6; 64]),
            signed_by_node: true,
            operator: OPERATOR,
            fee: 1_000,
            token: who(98),
            requirement: sesh(120),
            max_contributors: 4,
        },
        status: if contributors.is_empty() {
            ContributionStatus::WaitsForOperator
        } else {
            ContributionStatus::Open
        },
        finalizing: Finalizing::AtOnce,
        contributors,
        reservations: Vec::new(),
        withdrawal_delay: 86_400,
    }
}

fn keep(contract: &mut ContributionState, number: u8, amount: u64) {
    contract.reservations.push(Reservation {
        address: who(number),
        amount: sesh(amount),
        received: false,
    });
}

#[test]
fn the_operator_is_first_with_a_quarter() {
    let new = contract(&[]);
    assert_eq!(new.minimum(), Some(sesh(30)));
    let check = |account, amount| new.check_contribution(&limits(), &account, sesh(amount));
    assert_eq!(check(who(2), 30), Err(Problem::OperatorFirst(OPERATOR)));
    let refused = check(OPERATOR, 29).unwrap_err();
    assert!(
        refused.to_string().contains("a quarter of the stake, 30 SESH"),
        "{refused}"
    );
    assert_eq!(check(OPERATOR, 30), Ok(()));
    assert_eq!(check(OPERATOR, 120), Ok(()));
    assert!(matches!(check(OPERATOR, 121), Err(Problem::AboveRoom { .. })));
}

#[test]
fn others_bring_an_equal_part_of_what_is_open_and_top_ups_any() {
    let open = contract(&[30, 40]);
    assert_eq!((open.room(), open.open_places()), (sesh(50), 2));
    assert_eq!(open.minimum(), Some(sesh(25)));
    let check = |account, amount| open.check_contribution(&limits(), &account, amount);
    assert_eq!(
        check(who(3), sesh(24)),
        Err(Problem::BelowMinimum {
            amount: sesh(24),
            minimum: sesh(25)
        })
    );
    assert_eq!(check(who(3), sesh(25)), Ok(()));
    assert_eq!(check(who(2), Sesh::from_atomic(1)), Ok(()));
    let refused = check(who(3), sesh(51)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "there is room for 50 SESH from you, and 51 SESH is more: contribute at most that"
    );
    assert!(open.is_registered_by(sesh(50)) && !open.is_registered_by(sesh(49)));
}

#[test]
fn the_least_part_is_rounded_up() {
    let open = contract(&[30]);
    assert_eq!(open.minimum(), Some(sesh(30)));
    let open = contract(&[50]);
    assert_eq!(open.minimum(), Some(Sesh::from_atomic(23_333_333_334)));
}

#[test]
fn what_is_reserved_is_for_one_address_and_open_to_no_other() {
    let mut open = contract(&[30]);
    keep(&mut open, 2, 60);
    assert_eq!(
        (open.room(), open.outstanding(), open.open_places()),
        (sesh(30), sesh(60), 2)
    );
    assert_eq!(open.minimum(), Some(sesh(15)));
    let check = |account, amount| open.check_contribution(&limits(), &account, sesh(amount));
    assert!(matches!(check(who(2), 59), Err(Problem::BelowReserved { .. })));
    assert_eq!(check(who(2), 60), Ok(()));
    assert_eq!(check(who(2), 90), Ok(()));
    assert_eq!(
        check(who(2), 91),
        Err(Problem::AboveRoom {
            amount: sesh(91),
            room: sesh(90)
        })
    );
    assert!(matches!(check(who(3), 31), Err(Problem::AboveRoom { .. })));

    keep(&mut open, 3, 30);
    let refused = open.check_contribution(&limits(), &who(4), sesh(1)).unwrap_err();
    assert_eq!(refused, Problem::AllReserved { reserved: sesh(90) });
    assert_eq!(open.check_contribution(&limits(), &OPERATOR, sesh(1)), Err(refused));
}

#[test]
fn without_a_place_only_those_who_have_one_contribute() {
    let full = contract(&[30, 20, 20, 20]);
    let check = |account| full.check_contribution(&limits(), &account, sesh(30));
    assert_eq!(check(who(5)), Err(Problem::NoPlace(4)));
    assert_eq!(check(who(4)), Ok(()));
}

#[test]
fn nothing_is_contributed_to_what_cannot_be_registered() {
    let mut open = contract(&[30]);
    let check = |open: &ContributionState, limits: RewardsLimits| open.check_contribution(&limits, &who(2), sesh(90));
    let other = RewardsLimits {
        requirement: sesh(100),
        ..limits()
    };
    assert!(matches!(check(&open, other), Err(Problem::RequirementChanged { .. })));
    let fewer = RewardsLimits {
        max_contributors: 3,
        ..limits()
    };
    assert!(matches!(
        check(&open, fewer),
        Err(Problem::MaxContributorsChanged { .. })
    ));
    for status in [ContributionStatus::Complete, ContributionStatus::Finalized] {
        open.status = status;
        assert!(matches!(check(&open, limits()), Err(Problem::Complete { .. })));
    }
    open.status = ContributionStatus::Open;
    open.terms.signed_by_node = false;
    assert!(matches!(check(&open, limits()), Err(Problem::NodeSignature(_))));
}

#[test]
fn a_contribution_stays_a_day() {
    let mut open = contract(&[30, 40]);
    let (then, day) = (1_000_000, 86_400);
    let locked = open.check_withdrawal(&who(2), then, then + day - 3_660).unwrap_err();
    assert!(locked.to_string().contains("this one in 1 h 1 min"), "{locked}");
    assert_eq!(open.check_withdrawal(&who(2), then, then + day), Ok(()));
    assert!(matches!(
        open.check_withdrawal(&who(3), 0, then),
        Err(Problem::NothingContributed(_))
    ));
    assert!(matches!(
        open.check_withdrawal(&OPERATOR, then, then + day),
        Err(Problem::OperatorWithdraws(_))
    ));
    open.status = ContributionStatus::Finalized;
    assert!(matches!(
        open.check_withdrawal(&who(2), then, then + day),
        Err(Problem::Registered(_))
    ));
}

#[test]
fn the_operator_alone_finalizes_what_is_complete_and_resets_what_is_not_registered() {
    let mut one = contract(&[30, 40]);
    let refused = one.check_finalize(&limits(), &who(2)).unwrap_err();
    assert!(matches!(refused, Problem::OnlyOperator { .. }));
    let refused = one.check_finalize(&limits(), &OPERATOR).unwrap_err();
    assert_eq!(refused, Problem::NotComplete { missing: sesh(50) });
    one.status = ContributionStatus::Complete;
    assert_eq!(one.check_finalize(&limits(), &OPERATOR), Ok(()));
    assert_eq!(one.check_reset(&OPERATOR, None), Ok(()));
    assert!(one.check_reset(&who(2), None).is_err());
    one.status = ContributionStatus::Finalized;
    assert!(matches!(
        one.check_reset(&OPERATOR, Some(7)),
        Err(Problem::Registered(_))
    ));
    assert_eq!(one.check_reset(&OPERATOR, None), Ok(()), "the node has left");
    let new = contract(&[]);
    assert_eq!(new.check_reset(&OPERATOR, None), Err(Problem::NothingToReset));
}

#[test]
fn places_to_be_kept_follow_the_rules_of_contributions() {
    let check = |places: &[(u8, u64)]| {
        let reserved = places.iter().map(|(number, amount)| Reserved {
            address: who(*number),
            amount: sesh(*amount),
        });
        check_reservations(&reserved.collect::<Vec<_>>(), &limits())
    };
    assert_eq!(check(&[]), Ok(()));
    assert_eq!(check(&[(1, 30), (2, 30), (3, 30), (4, 30)]), Ok(()));
    assert!(matches!(check(&[(1, 29)]), Err(Problem::OperatorBelowMinimum { .. })));
    let small = check(&[(1, 30), (2, 29)]).unwrap_err();
    assert!(
        small
            .to_string()
            .contains("must be at least 30 SESH, because it is number 2"),
        "{small}"
    );
    assert!(matches!(
        check(&[(1, 100), (2, 30)]),
        Err(Problem::ReservedAboveRest { .. })
    ));
    assert!(matches!(
        check(&[(1, 120), (2, 1)]),
        Err(Problem::ReservedAboveRest { .. })
    ));
    assert_eq!(check(&[(1, 30), (1, 30)]), Err(Problem::ReservedTwice(who(1))));
    let five = [(1, 30), (2, 30), (3, 30), (4, 15), (5, 15)];
    assert!(matches!(
        check(&five),
        Err(Problem::TooManyReserved { found: 5, most: 4 })
    ));
}
