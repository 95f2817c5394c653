//! The randomness that every node computes alike: a 64-bit Mersenne twister with the seeding, the bounded draw and the shuffle
//! of the reference (staking §11, chain A.4).
//!
//! It chooses quorums and swarms, and nothing secret: whoever knows the chain knows every number it gives.

use crate::quorum::QuorumKind;
use oxen_types::Hash;

/// Words of the generator's state.
const STATE_WORDS: usize = 312;
/// How far ahead the word lies that is mixed into a word when it is renewed.
const MIXING_DISTANCE: usize = 156;
/// The upper 33 bits of a word.
const UPPER_BITS: u64 = 0xffff_ffff_8000_0000;
/// The lower 31 bits of a word.
const LOWER_BITS: u64 = 0x7fff_ffff;
/// What is mixed in when the bit that falls out is set.
const TWIST: u64 = 0xb502_6f5a_a966_19e9;
/// Words of a seed for a quorum: the kind and the eight words of a hash.
const SEED_WORDS: usize = 9;

/// A deterministic generator, MT19937-64 (staking §11.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuorumRandom {
    /// The next word to be renewed stands at `position`; those before it are renewed already.
    words: [u64; STATE_WORDS],
    position: usize,
}

impl QuorumRandom {
    /// The generator for a quorum of this kind, seeded with a hash (staking §11.2, from HF16 on). The hash is the id of the
    /// block that the state stands after, or an entropy for Pulse.
    #[must_use]
    pub fn for_quorum(seed: &Hash, kind: QuorumKind) -> Self {
        let mut values = [0; SEED_WORDS];
        let from_hash = seed
            .as_bytes()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|word| u32::from_le_bytes(*word));
        for (value, word) in values
            .iter_mut()
            .zip(std::iter::once(u32::from(kind.number())).chain(from_hash))
        {
            *value = word;
        }
        let SeedSequence(halves) = SeedSequence::<{ 2 * STATE_WORDS }>::spread(&values);
        let mut words = [0; STATE_WORDS];
        for (word, [low, high]) in words.iter_mut().zip(halves.as_chunks::<2>().0) {
            *word = u64::from(*low) | (u64::from(*high) << 32);
        }
        Self::starting_with(words)
    }

    /// The generator seeded with a number (staking §11.1). Swarms use it, with the first eight bytes of a block id.
    #[must_use]
    pub fn from_integer(seed: u64) -> Self {
        let mut words = [0; STATE_WORDS];
        let mut last = seed;
        for (word, index) in words.iter_mut().zip(0_u64..) {
            if index > 0 {
                last = 6_364_136_223_846_793_005_u64
                    .wrapping_mul(last ^ (last >> 62))
                    .wrapping_add(index);
            }
            *word = last;
        }
        Self::starting_with(words)
    }

    /// Avoids the one state that gives nothing but zeros.
    fn starting_with(mut words: [u64; STATE_WORDS]) -> Self {
        if let Some((first, others)) = words.split_first_mut()
            && *first & UPPER_BITS == 0
            && others.iter().all(|word| *word == 0)
        {
            *first = 1 << 63;
        }
        Self { words, position: 0 }
    }

    /// The next 64 random bits.
    #[expect(
        clippy::should_implement_trait,
        reason = "an endless iterator would wrap every number in an Option"
    )]
    pub fn next(&mut self) -> u64 {
        // Renewing one word at a time gives what renewing all of them at once gives, and a Pulse quorum reads only one.
        let here = self.position;
        let after = (here.wrapping_add(1)) % STATE_WORDS;
        let distant = (here.wrapping_add(MIXING_DISTANCE)) % STATE_WORDS;
        let joined = (self.word(here) & UPPER_BITS) | (self.word(after) & LOWER_BITS);
        let twist = if joined & 1 == 1 { TWIST } else { 0 };
        let renewed = self.word(distant) ^ (joined >> 1) ^ twist;
        if let Some(word) = self.words.get_mut(here) {
            *word = renewed;
        }
        self.position = after;
        temper(renewed)
    }

    fn word(&self, index: usize) -> u64 {
        self.words.get(index).copied().unwrap_or_default()
    }

    /// A number below `bound`, each with the same probability (staking §11.3). A `bound` of 0 gives 0 and draws nothing.
    pub fn draw(&mut self, bound: u64) -> u64 {
        let Some(share) = u64::MAX.checked_div(bound) else {
            return 0;
        };
        let limit = share.saturating_mul(bound);
        loop {
            let number = self.next();
            if number < limit {
                return number.checked_div(share).unwrap_or_default();
            }
        }
    }

    /// A place in a collection of `length` items; 0 when it is empty.
    pub(crate) fn place(&mut self, length: usize) -> usize {
        // The number is below a `usize`.
        self.draw(length as u64) as usize
    }

    /// Puts the items in a random order; fewer than two items draw nothing (staking §11.3).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in 1..items.len() {
            let other = self.place(last.wrapping_add(1));
            items.swap(last, other);
        }
    }
}

/// What spreads the bits of a word when it is given out.
const fn temper(mut word: u64) -> u64 {
    word ^= (word >> 29) & 0x5555_5555_5555_5555;
    word ^= (word << 17) & 0x71d6_7fff_eda6_0000;
    word ^= (word << 37) & 0xfff7_eee0_0000_0000;
    word ^ (word >> 43)
}

/// Few words spread over many, as the C++ standard's `seed_seq` does it (staking §11.2). All arithmetic is modulo 2³².
struct SeedSequence<const COUNT: usize>([u32; COUNT]);

impl<const COUNT: usize> SeedSequence<COUNT> {
    /// How far apart the two words are that a step adds to.
    const GAP: usize = match COUNT {
        623.. => 11,
        68.. => 7,
        39.. => 5,
        7.. => 3,
        _ => COUNT.saturating_sub(1) / 2,
    };
    /// How far ahead the first of them is.
    const NEAR: usize = COUNT.saturating_sub(Self::GAP) / 2;
    /// How far ahead the second is.
    const FAR: usize = Self::NEAR.saturating_add(Self::GAP);
    /// How far ahead, all the way round, the word before is.
    const BEFORE: usize = COUNT.saturating_sub(1);

    /// Spreads at most `u32::MAX` values.
    fn spread(values: &[u32]) -> Self {
        let mut sequence = Self([0x8b8b_8b8b; COUNT]);
        let adding_steps = COUNT.max(values.len().saturating_add(1));
        let addends = std::iter::once(values.len() as u32).chain(values.iter().copied());
        for (step, addend) in (0..adding_steps).zip(addends.chain(std::iter::repeat(0))) {
            sequence.add(step, addend);
        }
        for step in (adding_steps..).take(COUNT) {
            sequence.scramble(step);
        }
        sequence
    }

    fn add(&mut self, step: usize, addend: u32) {
        let mixed = self.at(step, 0) ^ self.at(step, Self::NEAR) ^ self.at(step, Self::BEFORE);
        let first = 1_664_525_u32.wrapping_mul(mixed ^ (mixed >> 27));
        let second = first.wrapping_add(Self::number(step)).wrapping_add(addend);
        self.update(step, Self::NEAR, |word| word.wrapping_add(first));
        self.update(step, Self::FAR, |word| word.wrapping_add(second));
        self.update(step, 0, |_| second);
    }

    fn scramble(&mut self, step: usize) {
        let mixed = self
            .at(step, 0)
            .wrapping_add(self.at(step, Self::NEAR))
            .wrapping_add(self.at(step, Self::BEFORE));
        let first = 1_566_083_941_u32.wrapping_mul(mixed ^ (mixed >> 27));
        let second = first.wrapping_sub(Self::number(step));
        self.update(step, Self::NEAR, |word| word ^ first);
        self.update(step, Self::FAR, |word| word ^ second);
        self.update(step, 0, |_| second);
    }

    /// The place of a step, once the steps go round, as a number to compute with.
    fn number(step: usize) -> u32 {
        Self::index(step, 0) as u32
    }

    fn index(step: usize, ahead: usize) -> usize {
        step.wrapping_add(ahead).checked_rem(COUNT).unwrap_or_default()
    }

    fn at(&self, step: usize, ahead: usize) -> u32 {
        self.0.get(Self::index(step, ahead)).copied().unwrap_or_default()
    }

    fn update(&mut self, step: usize, ahead: usize, change: impl FnOnce(u32) -> u32) {
        if let Some(word) = self.0.get_mut(Self::index(step, ahead)) {
            *word = change(*word);
        }
    }
}

#[cfg(test)]
mod tests;
