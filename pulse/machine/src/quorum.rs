//! Who takes part in a round: positions, sets of them, roles (pulse §3, §6.2).

use oxen_types::{
    PublicKey,
    network::constants::{PULSE_REQUIRED_SIGNATURES, PULSE_VALIDATORS},
};
use std::fmt;

/// The bits of all validators.
const ALL: u16 = 0x07ff;

/// The place of a validator in its quorum, 0 to 10: its bit, and its index in a block's signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u8);

impl Position {
    /// All eleven in order.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        (0..PULSE_VALIDATORS as u8).map(Self)
    }

    /// From a number; `None` from 11 on.
    #[must_use]
    pub fn new(number: u16) -> Option<Self> {
        Self::all().find(|position| position.number() == number)
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u16 {
        u16::from(self.0)
    }

    /// The number as an index.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A set of validators, bit i for position i; no bit above 10.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bitset(u16);

impl Bitset {
    /// Nobody.
    pub const EMPTY: Self = Self(0);
    /// All eleven.
    pub const FULL: Self = Self(ALL);

    /// From the number in messages and headers; `None` when a bit above 10 is set.
    #[must_use]
    pub const fn new(bits: u16) -> Option<Self> {
        if bits & !ALL == 0 { Some(Self(bits)) } else { None }
    }

    /// The number in messages and headers.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// How many validators.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// True for nobody.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True when the validator is in it.
    #[must_use]
    pub fn contains(self, position: Position) -> bool {
        self.0 & Self::single(position).0 != 0
    }

    /// With one more validator.
    #[must_use]
    pub fn with(self, position: Position) -> Self {
        Self(self.0 | Self::single(position).0)
    }

    /// Those of `self` that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Its validators in order.
    pub fn positions(self) -> impl Iterator<Item = Position> {
        Position::all().filter(move |position| self.contains(*position))
    }

    /// True when so many are enough to sign a block (pulse §17 quirk 4).
    #[must_use]
    pub const fn can_sign(self) -> bool {
        self.len() >= PULSE_REQUIRED_SIGNATURES
    }

    fn single(position: Position) -> Self {
        Self(1_u16.checked_shl(u32::from(position.0)).unwrap_or(0))
    }
}

impl FromIterator<Position> for Bitset {
    fn from_iter<I: IntoIterator<Item = Position>>(positions: I) -> Self {
        positions.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Display for Bitset {
    /// The positions, for people: `0 3 10`, or `none`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (count, position) in self.positions().enumerate() {
            let space = if count == 0 { "" } else { " " };
            write!(f, "{space}{position}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Bitset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bitset({:#05x})", self.0)
    }
}

/// The quorum of a round, by primary keys (pulse §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundQuorum {
    /// Makes the block.
    pub producer: PublicKey,
    /// Sign it, in the order of their positions.
    pub validators: [PublicKey; PULSE_VALIDATORS],
}

impl RoundQuorum {
    /// The key of a validator.
    #[must_use]
    pub fn validator(&self, position: Position) -> Option<&PublicKey> {
        self.validators.get(position.index())
    }

    /// What a node with this key does in the round.
    #[must_use]
    pub fn role_of(&self, key: &PublicKey) -> Role {
        if self.producer == *key {
            return Role::Producer;
        }
        Position::all()
            .zip(&self.validators)
            .find(|(_, validator)| *validator == key)
            .map_or(Role::Bystander, |(position, _)| Role::Validator(position))
    }
}

/// What a node does in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Makes the block.
    Producer,
    /// Signs it.
    Validator(Position),
    /// Waits for the block, or for the next round.
    Bystander,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Producer => f.write_str("producer"),
            Self::Validator(position) => write!(f, "validator {position}"),
            Self::Bystander => f.write_str("bystander"),
        }
    }
}

/// At most one value for each validator; the first counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PerValidator<T>([Option<T>; PULSE_VALIDATORS]);

impl<T> Default for PerValidator<T> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| None))
    }
}

impl<T> PerValidator<T> {
    /// Keeps the value, unless the validator has one. True when it was kept.
    pub(crate) fn insert(&mut self, position: Position, value: T) -> bool {
        match self.0.get_mut(position.index()) {
            Some(place @ None) => {
                *place = Some(value);
                true
            }
            _ => false,
        }
    }

    /// The validator's value.
    pub(crate) fn get(&self, position: Position) -> Option<&T> {
        self.0.get(position.index()).and_then(Option::as_ref)
    }

    /// The values there are, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Position, &T)> {
        Position::all()
            .zip(&self.0)
            .filter_map(|(position, value)| value.as_ref().map(|value| (position, value)))
    }

    /// Who has a value.
    pub(crate) fn present(&self) -> Bitset {
        self.iter().map(|(position, _)| position).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_end_at_ten() {
        assert_eq!(Position::new(10).map(Position::number), Some(10));
        assert_eq!([11, 12, 256, u16::MAX].map(Position::new), [None; 4]);
        assert_eq!(Position::all().count(), 11);
    }

    #[test]
    fn bits_above_ten_are_no_bitset() {
        assert_eq!(Bitset::new(0x07ff), Some(Bitset::FULL));
        assert_eq!([0x0800, 0x8000, 0x0fff].map(Bitset::new), [None; 3]);
    }

    #[test]
    fn seven_validators_can_sign_and_six_cannot() {
        assert!(Bitset::new(0x07f0).unwrap().can_sign());
        assert!(!Bitset::new(0x003f).unwrap().can_sign());
    }

    #[test]
    fn bitsets_are_sets() {
        let set: Bitset = [0, 3, 10]
            .map(|number| Position::new(number).unwrap())
            .into_iter()
            .collect();
        assert_eq!((set.bits(), set.len(), set.to_string().as_str()), (0x0409, 3, "0 3 10"));
        assert_eq!(Bitset::FULL.without(set).bits(), 0x07ff & !0x0409);
        assert_eq!(Bitset::EMPTY.to_string(), "none");
    }

    #[test]
    fn a_node_finds_its_role() {
        let key = |number| PublicKey::new([number; 32]);
        let quorum = RoundQuorum {
            producer: key(100),
            validators: std::array::from_fn(|index| key(index as u8)),
        };
        assert_eq!(quorum.role_of(&key(100)), Role::Producer);
        assert_eq!(quorum.role_of(&key(4)), Role::Validator(Position::new(4).unwrap()));
        assert_eq!(quorum.role_of(&key(50)), Role::Bystander);
    }

    #[test]
    fn the_first_value_of_a_validator_counts() {
        let mut values = PerValidator::default();
        let position = Position::new(2).unwrap();
        assert!(values.insert(position, 'a') && !values.insert(position, 'b'));
        assert_eq!(values.get(position), Some(&'a'));
        assert_eq!(values.present().bits(), 4);
    }
}
