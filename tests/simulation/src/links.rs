//! What the way between two nodes does to what is sent on it.

use rand_chacha::ChaCha8Rng;
use rand_core::RngCore;

/// A number below `bound`; 0 when that is 0.
pub(crate) fn draw(rng: &mut ChaCha8Rng, bound: u64) -> u64 {
    rng.next_u64().checked_rem(bound).unwrap_or(0)
}

/// What all links do to messages, on top of the distance between two nodes. Chances are per thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Links {
    /// Most that a message waits on its way, milliseconds. Two messages can overtake each other by as much.
    pub jitter: u64,
    /// Lost.
    pub lost: u64,
    /// Delivered twice.
    pub doubled: u64,
    /// Late by up to [`Self::late_by`].
    pub late: u64,
    /// Milliseconds.
    pub late_by: u64,
    /// Most that blocks, votes and transactions wait on their way, milliseconds.
    pub rumours_wait: u64,
}

impl Links {
    /// Nothing is lost or late.
    pub const GOOD: Self = Self {
        jitter: 20,
        lost: 0,
        doubled: 0,
        late: 0,
        late_by: 0,
        rumours_wait: 0,
    };

    /// One message in twenty is lost, one in ten comes twice, one in ten comes up to a stage and a half late.
    pub const BAD: Self = Self {
        jitter: 300,
        lost: 50,
        doubled: 100,
        late: 100,
        late_by: 15_000,
        rumours_wait: 5_000,
    };

    /// When each copy of a message arrives, in milliseconds from now; none when it is lost.
    pub(crate) fn deliveries(&self, rng: &mut ChaCha8Rng, distance: u64) -> impl Iterator<Item = u64> + use<> {
        let is = |rng: &mut ChaCha8Rng, chance: u64| chance > 0 && draw(rng, 1_000) < chance;
        let copies = if is(rng, self.lost) {
            0
        } else if is(rng, self.doubled) {
            2
        } else {
            1
        };
        let mut delays = [None; 2];
        for delay in delays.iter_mut().take(copies) {
            let late = if is(rng, self.late) { draw(rng, self.late_by) } else { 0 };
            *delay = Some(distance + draw(rng, self.jitter + 1) + late);
        }
        delays.into_iter().flatten()
    }
}

/// Which nodes reach each other: those of the same group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Groups(Vec<usize>);

impl Groups {
    /// Everybody reaches everybody.
    #[must_use]
    pub const fn whole() -> Self {
        Self(Vec::new())
    }

    /// The first so many nodes are one group, the next so many another, all others the last.
    #[must_use]
    pub fn split(sizes: &[usize]) -> Self {
        let groups = sizes.iter().enumerate();
        Self(
            groups
                .flat_map(|(group, size)| std::iter::repeat_n(group, *size))
                .collect(),
        )
    }

    /// Each node in the group that `group_of` says.
    #[must_use]
    pub fn by(nodes: usize, group_of: impl FnMut(usize) -> usize) -> Self {
        Self((0..nodes).map(group_of).collect())
    }

    /// True when the two reach each other.
    #[must_use]
    pub fn are_connected(&self, one: usize, other: usize) -> bool {
        let group = |node: usize| self.0.get(node).copied().unwrap_or(usize::MAX);
        group(one) == group(other)
    }
}
