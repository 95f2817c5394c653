//! What can be wrong with a node, as data. Faults add up; a node without any does what the software does.

use oxen_pulse_machine::Stage;

/// Something that a node does wrong, on purpose or not. Its machines run on: the fault is in what leaves them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// It says nothing from this stage of a round on, not even what others said, and keeps blocks to itself.
    SilentFrom(Stage),
    /// It sends no template when it is the producer.
    SilentLeader,
    /// It reveals another random value than it committed to.
    WrongReveal,
    /// As the producer it signs two templates and gives half of the quorum the second.
    TwoTemplates,
    /// As a validator it signs the block that follows from the producer's second template, too.
    SignsBoth,
    /// It finds the templates of all others unacceptable.
    RefusesTemplates,
    /// Nothing at stake: it works, signs and votes on the best branch beside its main chain as well, and has no guard.
    EveryBranch,
    /// It votes for no checkpoint.
    NoVotes,
}

impl Fault {
    /// True for faults that break the promise not to sign twice.
    #[must_use]
    pub const fn signs_twice(self) -> bool {
        matches!(self, Self::SignsBoth | Self::EveryBranch)
    }
}
