//! The Merkle root over transaction ids (chain §3.3).

use crate::{bytes::Hash, hashing::keccak256_parts};

/// Root of the tree over `leaves`; zero for none, the leaf itself for one. With more, the first leaves are carried over so that
/// the rest fills the largest power of two below their number, and that row is halved until one is left.
#[must_use]
pub fn tree_hash(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::ZERO,
        [only] => *only,
        [left, right] => pair(left, right),
        _ => {
            let width = leaves.len().next_power_of_two() / 2;
            let carried = width.saturating_mul(2).saturating_sub(leaves.len());
            let (first, rest) = leaves.split_at(carried.min(leaves.len()));
            let mut row: Vec<Hash> = first.iter().copied().chain(pairs(rest)).collect();
            while row.len() > 1 {
                row = pairs(&row).collect();
            }
            row.first().copied().unwrap_or(Hash::ZERO)
        }
    }
}

fn pairs(row: &[Hash]) -> impl Iterator<Item = Hash> + '_ {
    row.chunks_exact(2).filter_map(|chunk| match chunk {
        [left, right] => Some(pair(left, right)),
        _ => None,
    })
}

fn pair(left: &Hash, right: &Hash) -> Hash {
    keccak256_parts(&[left.as_bytes(), right.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_have_the_known_values() {
        let hash = |text: &str| text.parse::<Hash>().unwrap();
        assert_eq!(
            tree_hash(&[
                hash("3124758667bc8e76e25403eee75a1044175d58fcd3b984e0745d0ab18f473984"),
                hash("975ce54240407d80eedba2b395bcad5be99b5c920abc2423865e3066edd4847a"),
            ]),
            hash("5077570fed2363a14fa978218185b914059e23517faf366f08a87cf3c47fd58e")
        );
        let counted = |count: u8| (1..=count).map(|byte| Hash::new([byte; 32])).collect::<Vec<_>>();
        assert_eq!(
            tree_hash(&counted(3)),
            hash("404ebd91efee7b7c90d0fb00e35f81528db996fdf403b234c5a167940009bb92")
        );
        assert_eq!(
            tree_hash(&counted(5)),
            hash("db5cf6a1ea015260b8f4d2d70a1c0f2444c342fe3048e9e1bda954918bdfa895")
        );
        assert_eq!(tree_hash(&[]), Hash::ZERO);
        assert_eq!(tree_hash(&counted(1)), Hash::new([1; 32]));
    }
}
