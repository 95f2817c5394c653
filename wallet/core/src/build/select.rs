//! Choosing inputs (wallet §7.3): few, unrelated, and from one address where that is possible.

use super::request::OutputLimits;
use crate::output::OwnedOutput;
use oxen_types::Amount;
use rand::seq::SliceRandom;
use rand_core::{CryptoRng, RngCore};
use std::collections::BTreeMap;

/// Oldest outputs among which pairs are looked for: pairs grow with the square.
const PAIRED_OUTPUTS: usize = 1_000;
/// Outputs of one address that are compared with those already chosen; of more, a random sample is.
const COMPARED_OUTPUTS: usize = 512;

/// How much two outputs tell about each other, in tenths: 10 for one transaction, 9 for one block, 8 for neighbouring blocks,
/// 2 within ten blocks, else 0.
#[must_use]
pub fn relatedness(left: &OwnedOutput, right: &OwnedOutput) -> u8 {
    if left.transaction == right.transaction {
        return 10;
    }
    match left.height.index().abs_diff(right.height.index()) {
        0 => 9,
        1 => 8,
        2..10 => 2,
        _ => 0,
    }
}

/// Outputs that may be spent, grouped by address in the order in which groups are used up.
#[derive(Debug, Clone)]
pub struct InputPool {
    /// The group that is used next is the last.
    groups: Vec<Vec<OwnedOutput>>,
}

impl InputPool {
    /// Groups the outputs by address; the groups are in random order, address 0 the last to be used.
    pub fn new(
        outputs: impl IntoIterator<Item = OwnedOutput>,
        limits: &OutputLimits,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Self {
        let mut by_address: BTreeMap<u32, Vec<OwnedOutput>> = BTreeMap::new();
        for output in outputs {
            if (limits.ignore_below..=limits.ignore_above).contains(&output.amount) {
                by_address.entry(output.address.minor).or_default().push(output);
            }
        }
        let primary = by_address.remove(&0);
        let mut groups: Vec<_> = by_address.into_values().collect();
        groups.shuffle(rng);
        groups.splice(0..0, primary);
        Self { groups }
    }

    /// All that is left.
    pub fn outputs(&self) -> impl Iterator<Item = &OwnedOutput> {
        self.groups.iter().flatten()
    }

    /// How many are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.iter().map(Vec::len).sum()
    }

    /// True when nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(Vec::is_empty)
    }

    /// What is left, added up.
    #[must_use]
    pub fn total(&self) -> Amount {
        total(self.outputs())
    }

    /// What the `count` largest are worth.
    #[must_use]
    pub fn largest(&self, count: usize) -> Amount {
        let mut amounts: Vec<Amount> = self.outputs().map(|output| output.amount).collect();
        amounts.sort_unstable_by(|left, right| right.cmp(left));
        amounts
            .into_iter()
            .take(count)
            .fold(Amount::ZERO, |sum, amount| sum.checked_add(amount).unwrap_or(sum))
    }

    /// One output that is worth at least `with_one`, the oldest; else the least related pair of one address that is worth at
    /// least `with_two`; else nothing. What is chosen leaves the pool, and its address is used up first from then on.
    pub fn take_preferred(&mut self, with_one: Amount, with_two: Amount) -> Vec<OwnedOutput> {
        let mut ordered: Vec<OwnedOutput> = self.outputs().cloned().collect();
        ordered.sort_unstable_by_key(|output| output.global_index);
        let chosen = match ordered.iter().find(|output| output.amount >= with_one) {
            Some(output) => vec![output.clone()],
            None => best_pair(&ordered, with_two).unwrap_or_default(),
        };
        for output in &chosen {
            self.remove(output);
        }
        if let Some(first) = chosen.first() {
            self.use_next(first.address.minor);
        }
        chosen
    }

    /// Makes the group of an address the next to be used.
    fn use_next(&mut self, minor: u32) {
        let place = self
            .groups
            .iter()
            .position(|group| group.first().is_some_and(|one| one.address.minor == minor));
        if let Some(place) = place {
            let group = self.groups.remove(place);
            self.groups.push(group);
        }
    }

    /// Makes a group that can pay `amount` alone the next to be used, if there is one; address 0 only if no other can.
    pub fn prefer_sufficient(&mut self, amount: Amount) {
        if let Some(place) = self.groups.iter().rposition(|group| total(group) >= amount) {
            let group = self.groups.remove(place);
            self.groups.push(group);
        }
    }

    /// Takes the output of the current address that is least related to those already `chosen`, a random one of several.
    pub fn take_least_related(
        &mut self,
        chosen: &[OwnedOutput],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Option<OwnedOutput> {
        while self.groups.last().is_some_and(Vec::is_empty) {
            self.groups.pop();
        }
        let group = self.groups.last_mut()?;
        let compared = if group.len() <= COMPARED_OUTPUTS {
            (0..group.len()).collect()
        } else {
            rand::seq::index::sample(rng, group.len(), COMPARED_OUTPUTS).into_vec()
        };
        let place = *least_related(group, &compared, chosen).choose(rng)?;
        Some(group.remove(place))
    }

    /// Takes the largest output of any address.
    pub fn take_largest(&mut self) -> Option<OwnedOutput> {
        let largest = self.outputs().max_by_key(|output| output.amount)?.clone();
        self.remove(&largest);
        Some(largest)
    }

    /// Takes a second input that is not needed, so that the transaction looks like most others and small outputs go away: the
    /// smallest of the least related, unless it is related to the first at all, or large while few large ones are left.
    pub fn take_spare(&mut self, first: &OwnedOutput, limits: &OutputLimits) -> Option<OwnedOutput> {
        let group = self.groups.iter_mut().find(|group| {
            group
                .first()
                .is_some_and(|output| output.address.minor == first.address.minor)
        })?;
        let all: Vec<usize> = (0..group.len()).collect();
        let least = least_related(group, &all, std::slice::from_ref(first));
        let smallest = least
            .into_iter()
            .min_by_key(|place| group.get(*place).map(|output| output.amount))?;
        let candidate = group.get(smallest)?;
        if relatedness(candidate, first) > 0 {
            return None;
        }
        let large = group
            .iter()
            .filter(|output| output.amount >= limits.minimum_value)
            .count();
        if candidate.amount >= limits.minimum_value && (large as u64) < limits.minimum_count {
            return None;
        }
        Some(group.remove(smallest))
    }

    /// Puts outputs back.
    pub(super) fn add(&mut self, outputs: Vec<OwnedOutput>) {
        for output in outputs {
            self.remove(&output);
            self.groups.push(vec![output]);
        }
    }

    fn remove(&mut self, output: &OwnedOutput) {
        for group in &mut self.groups {
            group.retain(|other| other.global_index != output.global_index);
        }
    }
}

/// The sum of amounts of outputs, which cannot exceed what exists.
pub(crate) fn total<'a>(outputs: impl IntoIterator<Item = &'a OwnedOutput>) -> Amount {
    outputs.into_iter().fold(Amount::ZERO, |sum, output| {
        sum.checked_add(output.amount).unwrap_or(sum)
    })
}

/// Those of the `compared` places whose closest relation to any chosen output is the weakest.
fn least_related(group: &[OwnedOutput], compared: &[usize], chosen: &[OwnedOutput]) -> Vec<usize> {
    let strongest = |output: &OwnedOutput| chosen.iter().map(|other| relatedness(output, other)).max().unwrap_or(0);
    let scored: Vec<(u8, usize)> = compared
        .iter()
        .filter_map(|place| Some((strongest(group.get(*place)?), *place)))
        .collect();
    let least = scored.iter().map(|(score, _)| *score).min();
    scored
        .into_iter()
        .filter(|(score, _)| Some(*score) == least)
        .map(|(_, place)| place)
        .collect()
}

/// The first pair of one address that is worth enough and not related, or the least related one.
fn best_pair(ordered: &[OwnedOutput], needed: Amount) -> Option<Vec<OwnedOutput>> {
    let mut best: Option<(u8, [&OwnedOutput; 2])> = None;
    let ordered = ordered.iter().take(PAIRED_OUTPUTS);
    for (place, left) in ordered.clone().enumerate() {
        for right in ordered.clone().skip(place.saturating_add(1)) {
            let enough = left.amount.checked_add(right.amount).is_none_or(|sum| sum >= needed);
            if !enough || left.address != right.address {
                continue;
            }
            let score = relatedness(left, right);
            if best.as_ref().is_none_or(|(least, _)| score < *least) {
                best = Some((score, [left, right]));
                if score == 0 {
                    return best.map(|(_, pair)| pair.map(Clone::clone).to_vec());
                }
            }
        }
    }
    // The reference takes no pair of one transaction.
    best.filter(|(score, _)| *score < 10)
        .map(|(_, pair)| pair.map(Clone::clone).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::SecretBytes;
    use oxen_crypto::SubaddressIndex;
    use oxen_types::{GlobalOutputIndex, Hash, Height, PublicKey, UnlockTime, scan::ScanKind};
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    /// An output of an amount in a block, at an address; each has a transaction of its own.
    fn output(index: u64, height: u64, minor: u32, amount: u64) -> OwnedOutput {
        let mut transaction = [0; 32];
        transaction[..8].copy_from_slice(&index.to_le_bytes());
        OwnedOutput {
            global_index: GlobalOutputIndex::new(index),
            transaction: Hash::new(transaction),
            position: 0,
            key: PublicKey::new(transaction),
            amount: Amount::from_atomic(amount),
            scalar: SecretBytes::new([0; 32]),
            address: SubaddressIndex::new(0, minor),
            height: Height::new(height),
            unlock_time: UnlockTime::NONE,
            origin: ScanKind::Coinbase,
            key_image: None,
        }
    }

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(3)
    }

    fn pool(outputs: &[OwnedOutput]) -> InputPool {
        InputPool::new(outputs.to_vec(), &OutputLimits::default(), &mut rng())
    }

    fn indices(outputs: &[OwnedOutput]) -> Vec<u64> {
        outputs.iter().map(|output| output.global_index.index()).collect()
    }

    const fn amount(atomic: u64) -> Amount {
        Amount::from_atomic(atomic)
    }

    #[test]
    fn relatedness_falls_with_distance() {
        let first = output(1, 100, 0, 1);
        let mut same = output(2, 100, 0, 1);
        for (height, expected) in [(100, 9), (101, 8), (102, 2), (109, 2), (110, 0), (91, 2), (90, 0)] {
            same.height = Height::new(height);
            assert_eq!(relatedness(&first, &same), expected, "at {height}");
        }
        same.transaction = first.transaction;
        assert_eq!(relatedness(&first, &same), 10);
    }

    #[test]
    fn one_output_is_preferred_and_the_oldest_of_several() {
        let outputs = [output(1, 10, 0, 5), output(2, 30, 1, 50), output(3, 50, 0, 60)];
        assert_eq!(indices(&pool(&outputs).take_preferred(amount(40), amount(45))), [2]);
        assert_eq!(indices(&pool(&outputs).take_preferred(amount(55), amount(60))), [3]);
    }

    #[test]
    fn a_pair_is_of_one_address_and_unrelated() {
        let outputs = [
            output(1, 10, 0, 30),
            output(2, 10, 0, 30),
            output(3, 12, 0, 30),
            output(4, 40, 0, 30),
            output(5, 90, 1, 39),
        ];
        assert_eq!(indices(&pool(&outputs).take_preferred(amount(50), amount(55))), [1, 4]);
        assert!(
            pool(&outputs).take_preferred(amount(50), amount(65)).is_empty(),
            "two addresses make no pair"
        );
    }

    #[test]
    fn limits_leave_outputs_alone() {
        let outputs = [output(1, 10, 0, 5), output(2, 30, 0, 50), output(3, 50, 0, 600)];
        let limits = OutputLimits {
            ignore_below: amount(6),
            ignore_above: amount(500),
            ..OutputLimits::default()
        };
        let pool = InputPool::new(outputs, &limits, &mut rng());
        assert_eq!((pool.len(), pool.total()), (1, amount(50)));
    }

    #[test]
    fn the_least_related_is_taken_and_address_zero_last() {
        let outputs = [
            output(1, 10, 0, 1),
            output(2, 100, 1, 1),
            output(3, 101, 1, 1),
            output(4, 200, 1, 1),
        ];
        let mut pool = pool(&outputs);
        let mut chosen = vec![outputs[1].clone()];
        pool.remove(&outputs[1]);
        for _ in 0..3 {
            chosen.extend(pool.take_least_related(&chosen, &mut rng()));
        }
        assert_eq!(indices(&chosen), [2, 4, 3, 1]);
        assert!(pool.is_empty() && pool.take_least_related(&chosen, &mut rng()).is_none());
    }

    #[test]
    fn a_spare_is_small_unrelated_and_not_one_of_the_last_large_ones() {
        let first = output(1, 100, 0, 9_000_000_000);
        let small = [output(2, 10, 0, 7), output(3, 20, 0, 3), output(4, 104, 0, 1)];
        let limits = OutputLimits::default();
        assert_eq!(
            pool(&small).take_spare(&first, &limits).unwrap().global_index.index(),
            3
        );
        assert!(pool(&small[2..]).take_spare(&first, &limits).is_none(), "related");
        let large: Vec<_> = (0..5).map(|n| output(10 + n, n, 0, 3_000_000_000)).collect();
        assert!(pool(&large).take_spare(&first, &limits).is_some());
        assert!(
            pool(&large[..4]).take_spare(&first, &limits).is_none(),
            "few large ones are left"
        );
        let elsewhere = [output(2, 10, 1, 7)];
        assert!(
            pool(&elsewhere).take_spare(&first, &limits).is_none(),
            "another address would be linked"
        );
    }
}
