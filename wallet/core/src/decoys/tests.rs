use super::*;
use oxen_crypto::{KeyPair, commitment::coinbase_commitment};
use oxen_types::{Amount, Commitment, GlobalOutputIndex, Height, PublicKey};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use std::collections::BTreeSet;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(42)
}

/// A chain that makes two outputs in every block.
fn steady(blocks: u64) -> OutputDistribution {
    OutputDistribution::new(Height::GENESIS, (1..=blocks).map(|block| 2 * block).collect()).unwrap()
}

fn at(index: u64) -> GlobalOutputIndex {
    GlobalOutputIndex::new(index)
}

/// Density of the gamma distribution with shape 19.28 and rate 1.61, without its constant factor.
fn density(log_age: f64) -> f64 {
    log_age.powf(18.28) * (-1.61 * log_age).exp()
}

fn integral(from: f64, to: f64) -> f64 {
    let steps = 2_000;
    let width = (to - from) / f64::from(steps);
    (0..steps)
        .map(|step| density(from + (f64::from(step) + 0.5) * width) * width)
        .sum()
}

#[test]
fn picks_follow_the_log_gamma_curve() {
    let blocks = 1_000_000;
    let distribution = steady(blocks);
    let picker = DecoyPicker::new(&distribution, 120, PickerProfile::Reference).unwrap();
    let (mut rng, draws) = (rng(), 20_000);
    let newest = 2.0 * (blocks - 10) as f64;
    let oldest = (newest * 60.0).ln();
    let edges = [6.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, oldest];
    let mut counts = vec![0.0; edges.len() - 1];
    let mut drawn = 0.0;
    for _ in 0..draws {
        let Some(index) = picker.pick(&mut rng) else { continue };
        // An output is a minute; the middle of the block it is drawn from blurs ages below a few blocks.
        let log_age = ((newest - index.index() as f64) * 60.0).ln();
        drawn += 1.0;
        if let Some(bin) = edges.windows(2).position(|edge| (edge[0]..edge[1]).contains(&log_age)) {
            counts[bin] += 1.0;
        }
    }
    let whole = integral(0.01, oldest);
    let chi_square: f64 = edges
        .windows(2)
        .zip(&counts)
        .map(|(edge, count)| {
            let expected = drawn * integral(edge[0], edge[1]) / whole;
            (count - expected).powi(2) / expected
        })
        .sum();
    // 10 bins: a right picker exceeds 29.6 once in a thousand seeds.
    assert!(chi_square < 29.6, "{chi_square}: {counts:?}");
    assert!(drawn > f64::from(draws) * 0.97, "few draws lie before the chain");
}

#[test]
fn the_reference_leaves_out_eleven_blocks_and_the_corrected_profile_ten() {
    let distribution = steady(5_000);
    let mut rng = rng();
    for (profile, first_excluded) in [
        (PickerProfile::Reference, 4_990 * 2),
        (PickerProfile::Corrected, 4_991 * 2),
    ] {
        let picker = DecoyPicker::new(&distribution, 120, profile).unwrap();
        let picks: BTreeSet<u64> = (0..200_000)
            .filter_map(|_| picker.pick(&mut rng))
            .map(GlobalOutputIndex::index)
            .collect();
        let last = *picks.last().unwrap();
        assert!(
            last < first_excluded && last >= first_excluded - 20,
            "{profile:?}: {last}"
        );
    }
}

#[test]
fn the_corrected_profile_picks_recent_outputs_more_often() {
    let distribution = steady(1_000_000);
    let share = |profile| {
        let picker = DecoyPicker::new(&distribution, 120, profile).unwrap();
        let mut rng = rng();
        let recent = (0..50_000)
            .filter_map(|_| picker.pick(&mut rng))
            .filter(|index| index.index() > 1_999_950);
        recent.count()
    };
    assert!(2 * share(PickerProfile::Corrected) > 3 * share(PickerProfile::Reference));
}

#[test]
fn candidates_are_thirty_six_in_order_and_include_the_real_one() {
    assert_eq!(CANDIDATES, 36);
    let distribution = steady(100_000);
    let picker = DecoyPicker::new(&distribution, 120, PickerProfile::Reference).unwrap();
    let mut rng = rng();
    for real in [0, 1_234, 199_979, 199_999] {
        let candidates = picker.candidates(at(real), None, &BTreeSet::new(), &mut rng).unwrap();
        assert_eq!(candidates.len(), CANDIDATES);
        assert!(candidates.is_sorted_by(|left, right| left < right));
        assert!(candidates.contains(&at(real)));
        assert!(
            candidates
                .iter()
                .all(|one| one.index() < 199_982 || one.index() == real)
        );
    }
}

#[test]
fn avoided_outputs_are_taken_only_when_others_run_out() {
    let distribution = steady(200);
    let picker = DecoyPicker::new(&distribution, 120, PickerProfile::Reference).unwrap();
    let avoided: BTreeSet<_> = (0..400).filter(|index| index % 4 != 0).map(at).collect();
    let candidates = picker.candidates(at(8), None, &avoided, &mut rng()).unwrap();
    assert!(candidates.iter().all(|one| !avoided.contains(one)));
    let avoided: BTreeSet<_> = (0..400).filter(|index| index % 40 != 0).map(at).collect();
    let candidates = picker.candidates(at(8), None, &avoided, &mut rng()).unwrap();
    assert_eq!(candidates.len(), CANDIDATES);
    assert!(
        (0..10)
            .map(|n| at(40 * n))
            .filter(|one| one.index() < 382)
            .all(|one| candidates.contains(&one))
    );
}

#[test]
fn a_young_chain_offers_all_it_has() {
    let distribution = steady(25);
    let picker = DecoyPicker::new(&distribution, 120, PickerProfile::Reference).unwrap();
    let candidates = picker.candidates(at(3), None, &BTreeSet::new(), &mut rng()).unwrap();
    assert_eq!(candidates, (0..32).map(at).collect::<Vec<_>>());
    let short = steady(10);
    assert_eq!(
        DecoyPicker::new(&short, 120, PickerProfile::Reference).err(),
        Some(DistributionError::TooShort { needed: 10 }.into())
    );
    let empty = OutputDistribution::new(Height::GENESIS, vec![0; 100]).unwrap();
    let refused = DecoyPicker::new(&empty, 120, PickerProfile::Reference).err();
    assert_eq!(refused, Some(PickError::NoUsableOutputs));
}

#[test]
fn a_remembered_ring_is_among_the_candidates() {
    let distribution = steady(100_000);
    let picker = DecoyPicker::new(&distribution, 120, PickerProfile::Reference).unwrap();
    let ring: Vec<_> = (1..=10).map(|n| at(n * 1_000)).collect();
    let candidates = picker
        .candidates(at(3_000), Some(&ring), &BTreeSet::new(), &mut rng())
        .unwrap();
    assert!(ring.iter().all(|member| candidates.contains(member)));
    let refused = picker.candidates(at(3_001), Some(&ring), &BTreeSet::new(), &mut rng());
    assert_eq!(refused, Err(PickError::RingWithoutRealOutput));
}

#[test]
fn a_daemon_that_tells_nonsense_is_noticed() {
    let decreasing = OutputDistribution::new(Height::new(5), vec![1, 3, 2]);
    assert_eq!(
        decreasing,
        Err(DistributionError::Decreasing { height: Height::new(7) })
    );
    let distribution = steady(100);
    let picker = DecoyPicker::new(&distribution, 120, PickerProfile::Reference).unwrap();
    let refused = picker.candidates(at(200), None, &BTreeSet::new(), &mut rng());
    assert_eq!(refused, Err(DistributionError::MissesOwnOutput { known: 200 }.into()));
}

fn candidate(index: u64) -> CandidateOutput {
    let mut rng = ChaCha20Rng::seed_from_u64(index);
    CandidateOutput {
        index: at(index),
        key: KeyPair::random(&mut rng).public,
        commitment: coinbase_commitment(Amount::from_atomic(index + 1)),
        availability: Availability::Unlocked,
    }
}

fn offer(count: u64) -> (RealOutput, Vec<GlobalOutputIndex>, Vec<CandidateOutput>) {
    let answers: Vec<_> = (0..count).map(|n| candidate(10 * n)).collect();
    let real = RealOutput {
        index: answers[4].index,
        key: answers[4].key,
        commitment: answers[4].commitment,
    };
    (real, answers.iter().map(|answer| answer.index).collect(), answers)
}

#[test]
fn a_ring_is_sorted_full_and_hides_the_real_one() {
    let (real, asked, answers) = offer(36);
    let mut rng = rng();
    let mut positions = BTreeSet::new();
    for _ in 0..200 {
        let ring = build_ring(&real, &asked, &answers, None, SubgroupRule::Required, &mut rng).unwrap();
        assert_eq!(ring.members().len(), 10);
        assert!(ring.members().is_sorted_by_key(|member| member.index));
        assert_eq!(ring.members()[ring.real_position()].key, real.key);
        let sums: Vec<u64> = ring
            .key_offsets()
            .iter()
            .scan(0, |sum, offset| {
                *sum += offset;
                Some(*sum)
            })
            .collect();
        assert_eq!(
            sums,
            ring.indices().iter().map(|index| index.index()).collect::<Vec<_>>()
        );
        positions.insert(ring.real_position());
    }
    assert!(positions.len() >= 4, "the real one stands at {positions:?}");
}

#[test]
fn wrong_answers_about_the_real_output_are_refused() {
    let (real, asked, mut answers) = offer(36);
    let build = |answers: &[CandidateOutput]| {
        build_ring(&real, &asked, answers, None, SubgroupRule::Required, &mut rng()).err()
    };
    answers[4].commitment = coinbase_commitment(Amount::from_atomic(1));
    assert_eq!(build(&answers), Some(RingError::RealOutputDiffers));
    answers[4] = candidate(40);
    answers[4].key = candidate(50).key;
    assert_eq!(build(&answers), Some(RingError::RealOutputDiffers));
    answers[4] = candidate(40);
    assert_eq!(
        build(&answers[1..]),
        Some(RingError::WrongCount {
            asked: 36,
            answered: 35
        })
    );
    answers[7].index = at(71);
    assert_eq!(build(&answers), Some(RingError::NotAskedFor { index: at(71) }));
    answers[7].index = at(60);
    assert_eq!(
        build(&answers),
        Some(RingError::NotAskedFor { index: at(60) }),
        "one twice"
    );
}

#[test]
fn locked_invalid_and_repeated_candidates_are_left_out() {
    let (real, asked, mut answers) = offer(14);
    answers[0].availability = Availability::Locked;
    answers[1].key = PublicKey::new([2; 32]);
    answers[2].commitment = Commitment::new([0xff; 32]);
    answers[3].key = real.key;
    let ring = build_ring(&real, &asked, &answers, None, SubgroupRule::Required, &mut rng()).unwrap();
    assert_eq!(ring.indices(), asked[4..]);
    answers[5].availability = Availability::Locked;
    let refused = build_ring(&real, &asked, &answers, None, SubgroupRule::Required, &mut rng());
    assert_eq!(
        refused,
        Err(RingError::NotEnoughOutputs {
            real: real.index,
            found: 9
        })
    );
}

#[test]
fn a_key_with_torsion_hides_only_where_that_is_tolerated() {
    let (real, asked, mut answers) = offer(10);
    // A point of order two: valid, but outside the prime-order group.
    let mut order_two = [0xff; 32];
    order_two[0] = 0xec;
    order_two[31] = 0x7f;
    answers[0].key = PublicKey::new(order_two);
    let build = |rule| build_ring(&real, &asked, &answers, None, rule, &mut rng());
    assert!(build(SubgroupRule::KeysTolerated).is_ok());
    assert!(matches!(
        build(SubgroupRule::Required),
        Err(RingError::NotEnoughOutputs { .. })
    ));
}

#[test]
fn a_remembered_ring_is_built_again() {
    let (real, asked, answers) = offer(36);
    let first = build_ring(&real, &asked, &answers, None, SubgroupRule::Required, &mut rng()).unwrap();
    let known = first.indices();
    let mut other = ChaCha20Rng::seed_from_u64(7);
    let again = build_ring(
        &real,
        &asked,
        &answers,
        Some(&known),
        SubgroupRule::Required,
        &mut other,
    )
    .unwrap();
    assert_eq!(again, first);
    assert_ne!(
        build_ring(&real, &asked, &answers, None, SubgroupRule::Required, &mut other).unwrap(),
        first
    );
}

#[test]
fn rings_that_look_wrong_together_are_refused() {
    let ring = |offset: u64| {
        let answers: Vec<_> = (0..10).map(|n| candidate(offset + n)).collect();
        let asked: Vec<_> = answers.iter().map(|answer| answer.index).collect();
        let real = RealOutput {
            index: asked[0],
            key: answers[0].key,
            commitment: answers[0].commitment,
        };
        build_ring(&real, &asked, &answers, None, SubgroupRule::Required, &mut rng()).unwrap()
    };
    let (old, young, younger) = (ring(100), ring(9_000), ring(9_500));
    assert_eq!(check_rings([&young, &younger], 10_000), Ok(()));
    assert_eq!(
        check_rings([&young, &young], 10_000),
        Err(SanityError::TooFewUnique { unique: 10, total: 20 })
    );
    // The members of the middle ring are the middle: 200 to 209.
    let too_old = SanityError::TooOld {
        median: 204,
        outputs: 10_000,
    };
    assert_eq!(check_rings([&old, &young, &ring(200)], 10_000), Err(too_old));
    assert_eq!(
        check_rings([&old, &old], 9_999),
        Ok(()),
        "young chains are not looked at"
    );
    assert_eq!(check_rings([&old], 100_000), Ok(()), "nor single rings");
}
