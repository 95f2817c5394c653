use super::*;
use QuorumKind::{Blink, Checkpointing, Obligations, Pulse};
use proptest::prelude::*;

fn counting_hash() -> Hash {
    Hash::new(std::array::from_fn(|index| index as u8))
}

fn shuffled(count: usize, mut random: QuorumRandom) -> Vec<usize> {
    let mut items: Vec<usize> = (0..count).collect();
    random.shuffle(&mut items);
    items
}

fn numbers(text: &str) -> Vec<usize> {
    text.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

fn seed_words(kind: QuorumKind, hash: &Hash) -> Vec<u32> {
    let (chunks, _) = hash.as_bytes().as_chunks::<4>();
    std::iter::once(u32::from(kind.number()))
        .chain(chunks.iter().map(|chunk| u32::from_le_bytes(*chunk)))
        .collect()
}

#[test]
fn the_generator_gives_the_numbers_of_the_standard_for_integer_seeds() {
    let mut random = QuorumRandom::from_integer(5_489);
    let drawn: Vec<u64> = std::iter::repeat_with(|| random.next()).take(10_000).collect();
    assert_eq!(drawn.first(), Some(&14_514_284_786_278_117_030));
    assert_eq!(drawn.last(), Some(&9_981_545_732_273_789_042));

    let mut random = QuorumRandom::from_integer(12_345);
    for expected in [
        6_597_103_971_274_460_346,
        7_386_862_472_818_278_521,
        12_716_877_617_435_052_285,
    ] {
        assert_eq!(random.next(), expected);
    }
}

#[test]
fn draws_are_the_known_ones() {
    let mut random = QuorumRandom::from_integer(42);
    let drawn: Vec<u64> = std::iter::repeat_with(|| random.draw(10)).take(10).collect();
    assert_eq!(drawn, [7, 6, 7, 1, 9, 0, 5, 3, 2, 3]);

    let mut random = QuorumRandom::from_integer(42);
    let bounds = [1, 2, 3, 7, 1_000, (1 << 63) + 1];
    assert_eq!(
        bounds.map(|bound| random.draw(bound)),
        [0, 1, 2, 0, 903, 1_735_254_072_534_978_428]
    );
}

#[test]
fn a_draw_below_zero_draws_nothing() {
    let mut random = QuorumRandom::from_integer(42);
    assert_eq!(random.draw(0), 0);
    assert_eq!(random, QuorumRandom::from_integer(42));
}

#[test]
fn seed_sequences_have_the_known_words() {
    for (hash, words) in [
        (
            Hash::ZERO,
            [
                0x3abd_14af,
                0x52d7_504b,
                0x66d3_9d55,
                0xbaf4_5fe9,
                0x4856_606e,
                0x06fb_f51e,
                0x8e68_5c79,
                0xd511_9574_u32,
            ],
        ),
        (
            counting_hash(),
            [
                0x1c62_5a08,
                0x26e7_07cc,
                0x8a48_290d,
                0x01e7_d0c9,
                0xf2e8_e4bd,
                0xc6ce_47d3,
                0x79dd_c273,
                0x33e2_1d3d,
            ],
        ),
    ] {
        assert_eq!(SeedSequence::<8>::spread(&seed_words(Obligations, &hash)).0, words);
    }
    let SeedSequence(words) = SeedSequence::<624>::spread(&seed_words(Obligations, &Hash::ZERO));
    assert_eq!(words[..4], [0x0318_5465, 0xae3c_04eb, 0xc86f_20b1, 0x7581_0b2c]);
    assert_eq!(words[622..], [0xca25_a93d, 0xdec0_cecd]);
}

#[test]
fn every_kind_of_quorum_has_its_own_numbers() {
    for (hash, kind, first) in [
        (Hash::ZERO, Obligations, 5_073_021_564_480_461_444),
        (Hash::ZERO, Checkpointing, 9_990_304_213_095_741_107),
        (Hash::ZERO, Blink, 6_682_982_185_439_510_856),
        (Hash::ZERO, Pulse, 817_094_019_894_521_705),
        (counting_hash(), Obligations, 5_684_039_678_701_183_362),
        (counting_hash(), Checkpointing, 8_018_770_411_282_620_334),
        (counting_hash(), Blink, 15_084_704_536_430_730_473),
        (counting_hash(), Pulse, 6_989_409_862_930_718_931),
    ] {
        assert_eq!(QuorumRandom::for_quorum(&hash, kind).next(), first, "{kind:?}");
    }
    for (kind, second) in [
        (Obligations, 0x7dbd_3d50_fb53_d399),
        (Checkpointing, 0x60d1_b993_9546_5818),
        (Blink, 0xf566_dcfa_a692_cdef),
        (Pulse, 0xfbab_64a1_79c9_4db6),
    ] {
        let mut random = QuorumRandom::for_quorum(&counting_hash(), kind);
        random.next();
        assert_eq!(random.next(), second, "{kind:?}");
    }
    let mut random = QuorumRandom::for_quorum(&counting_hash(), Pulse);
    assert_eq!([(); 5].map(|()| random.draw(100)), [37, 98, 42, 77, 75]);
}

#[test]
fn shuffles_are_the_known_ones() {
    for (hash, kind, count, order) in [
        (
            Hash::ZERO,
            Obligations,
            20,
            "19 13 1 9 16 15 0 17 11 8 18 3 4 7 2 5 12 6 14 10",
        ),
        (
            Hash::ZERO,
            Checkpointing,
            25,
            "23 6 4 17 20 19 9 24 0 3 15 11 12 22 10 16 2 1 14 5 13 21 18 7 8",
        ),
        (Hash::ZERO, Blink, 12, "2 0 8 3 10 5 1 6 9 4 11 7"),
        (
            counting_hash(),
            Obligations,
            20,
            "11 2 15 7 1 8 5 10 9 4 0 6 16 18 14 12 3 17 13 19",
        ),
        (
            counting_hash(),
            Checkpointing,
            25,
            "1 4 14 12 10 6 11 17 18 13 7 9 23 2 15 0 21 19 5 24 3 8 22 16 20",
        ),
        (
            counting_hash(),
            Blink,
            25,
            "9 19 11 13 22 3 14 15 23 7 18 8 6 12 17 16 5 24 2 1 10 0 20 4 21",
        ),
    ] {
        assert_eq!(
            shuffled(count, QuorumRandom::for_quorum(&hash, kind)),
            numbers(order),
            "{kind:?} {hash}"
        );
    }
}

#[test]
fn a_state_of_zeros_is_replaced() {
    let mut words = [0; STATE_WORDS];
    words[0] = LOWER_BITS;
    assert_eq!(QuorumRandom::starting_with(words).words[0], 1 << 63);
    words[311] = 1;
    assert_eq!(QuorumRandom::starting_with(words).words[0], LOWER_BITS);
}

proptest! {
    #[test]
    fn a_draw_lies_below_its_bound(seed: u64, bound in 1_u64..) {
        let mut random = QuorumRandom::from_integer(seed);
        for _ in 0..20 {
            prop_assert!(random.draw(bound) < bound);
        }
    }

    #[test]
    fn a_shuffle_keeps_every_item(seed: u64, count in 0_usize..500) {
        let mut items = shuffled(count, QuorumRandom::from_integer(seed));
        items.sort_unstable();
        prop_assert_eq!(items, (0..count).collect::<Vec<_>>());
    }

    #[test]
    fn fewer_than_two_items_draw_nothing(seed: u64, count in 0_usize..2) {
        let mut random = QuorumRandom::from_integer(seed);
        random.shuffle(&mut vec![0_u8; count]);
        prop_assert_eq!(random, QuorumRandom::from_integer(seed));
    }
}
