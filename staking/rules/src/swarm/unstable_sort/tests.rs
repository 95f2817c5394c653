//! The expected digests were computed with `std::sort` of libstdc++ over the same items.

use super::*;
use proptest::prelude::*;

/// What is sorted by, and where the item stood.
type Item = (u64, u64);

fn items(keys: impl IntoIterator<Item = u64>) -> Vec<Item> {
    keys.into_iter().zip(0..).collect()
}

/// Items with keys below `bound` from a linear congruence.
fn scattered(count: u64, bound: u64) -> Vec<Item> {
    let mut number = count * 1_000 + bound;
    items((0..count).map(|_| {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (number >> 33) % bound
    }))
}

fn by_key(one: &Item, other: &Item) -> bool {
    one.0 < other.0
}

fn sorted(mut items: Vec<Item>) -> Vec<Item> {
    unstable_sort(&mut items, by_key);
    items
}

/// A digest of where the items stood, in their order.
fn digest(items: &[Item]) -> u64 {
    let step = |digest: u64, item: &Item| (digest ^ item.1).wrapping_mul(0x0100_0000_01b3);
    items.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Keys that make every split take off only two of them.
const DEGENERATE: [u64; 64] = [
    46, 1, 53, 3, 61, 5, 51, 7, 57, 9, 49, 11, 64, 13, 47, 15, 55, 17, 45, 19, 59, 21, 24, 23, 62, 60, 58, 56, 54, 52,
    50, 48, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 44, 41, 42, 39, 40, 37, 38, 35, 36, 33, 34, 31, 32, 29, 30, 27,
    28, 25, 26, 43,
];

#[test]
fn ties_come_in_the_order_of_the_reference() {
    for (count, bound, expected) in [
        (1, 2, 0xaf63_bd4c_8601_b7df),
        (2, 7, 0x082f_2207_b4e8_8cc4),
        (2, 1_000, 0x0832_8707_b4eb_6e3a),
        (15, 2, 0x2161_6284_4d04_dd36),
        (16, 7, 0x36b4_bd07_aaea_d3ef),
        (17, 2, 0x7646_ce04_c222_3f63),
        (17, 7, 0x5f9a_e972_e174_b843),
        (17, 1_000, 0xb126_3a5d_01c5_0d79),
        (18, 2, 0xdf56_d976_d6ff_ea98),
        (18, 7, 0x9527_377b_8e6e_2e90),
        (20, 2, 0x0f64_4a1a_6a1d_8fd3),
        (33, 2, 0xa06d_66b7_7309_9b47),
        (33, 7, 0xd299_70ce_2082_7d6f),
        (57, 2, 0xdee5_8253_c68f_5d4d),
        (57, 1_000, 0x4097_628d_a1b2_507d),
        (100, 7, 0xef34_7bf1_a633_12b3),
        (256, 2, 0xeea4_3ec6_9c8d_14af),
        (314, 7, 0x52b6_f2b7_3962_db82),
        (1_000, 7, 0x6d90_fddb_24e7_2901),
        (2_857, 2, 0x5d70_16d6_cb44_8e7d),
        (2_857, 7, 0x8120_7251_88f9_64cf),
        (2_857, 1_000, 0xbd4e_49e3_dbf7_7eef),
    ] {
        assert_eq!(
            digest(&sorted(scattered(count, bound))),
            expected,
            "{count} items below {bound}"
        );
    }
}

#[test]
fn regular_orders_come_out_as_from_the_reference() {
    for (count, ascending, descending, equal, up_and_down) in [
        (
            17,
            0x0aba_6ff2_caef_a985,
            0x0009_f09b_8395_32c5,
            0x9335_4466_f7a3_7cef,
            0x5bec_f160_3f2e_d8b1,
        ),
        (
            64,
            0x1803_5c92_b585_5c07,
            0xbb53_92ba_476f_d73b,
            0xfdec_7be5_0f69_eaa5,
            0x1cc8_1103_9fb8_35fd,
        ),
        (
            301,
            0x1903_e827_f605_a593,
            0x99ea_1efe_d58e_5915,
            0x9af7_3d04_8c76_65ab,
            0x36dc_a370_2d87_8a25_u64,
        ),
    ] {
        assert_eq!(digest(&sorted(items((0..count).map(|item| item / 3)))), ascending);
        assert_eq!(
            digest(&sorted(items((0..count).map(|item| (count - item) / 3)))),
            descending
        );
        assert_eq!(digest(&sorted(items((0..count).map(|_| 5)))), equal);
        assert_eq!(
            digest(&sorted(items((0..count).map(|item| item.min(count - item))))),
            up_and_down
        );
    }
}

#[test]
fn degenerate_splits_end_in_the_heap_sort_of_the_reference() {
    assert_eq!(digest(&sorted(items(DEGENERATE))), 0x9192_d8f2_43be_bde9);
    for (from, divisor, expected) in [
        (0, 2, 0x2919_5b6e_0fcb_c311),
        (18, 2, 0x17ea_a4a2_9727_4f37),
        (18, 3, 0xce0c_e6b9_b469_e9e1),
        (18, 4, 0xee5c_ed52_3315_098b),
        (20, 5, 0x15dc_790d_a376_dde3),
    ] {
        // Keys from here on are drawn together, which makes ties among those that the splits leave.
        let tied = |key: u64| if key > from { from + (key - from) / divisor } else { key };
        let items = items(DEGENERATE.map(tied));
        assert_eq!(
            digest(&sorted(items.clone())),
            expected,
            "divided by {divisor} from {from} on"
        );
        let mut without_heap = items;
        quicksort(&mut without_heap, &by_key, 1_000);
        (1..64).for_each(|index| insert(&mut without_heap, index, &by_key));
        assert_ne!(digest(&without_heap), expected, "the heap sort is reached and shows");
    }
}

proptest! {
    #[test]
    fn items_come_out_ascending_and_all_of_them(keys in proptest::collection::vec(0_u64..50, 0..400)) {
        let mut expected = items(keys);
        let mut sorted = sorted(expected.clone());
        prop_assert!(sorted.is_sorted_by_key(|item| item.0));
        sorted.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(sorted, expected);
    }

    #[test]
    fn up_to_sixteen_items_keep_the_order_of_ties(keys in proptest::collection::vec(0_u64..5, 0..=16)) {
        let mut stable = items(keys);
        let unstable = sorted(stable.clone());
        stable.sort_by_key(|item| item.0);
        prop_assert_eq!(unstable, stable);
    }

    #[test]
    fn a_heap_sort_sorts(keys in proptest::collection::vec(0_u64..50, 0..100)) {
        let mut items = items(keys);
        heap_sort(&mut items, &by_key);
        prop_assert!(items.is_sorted_by_key(|item| item.0));
    }
}
