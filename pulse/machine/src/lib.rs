//! Pulse: how one producer and eleven validators make a block, as a function of what happened to one node.
//!
//! Pure: no I/O, no clock, no randomness, no key. [`Machine::step`] takes the time and one [`Input`] and returns
//! [`Effect`]s: what to send, sign, store, build, and when to call again. It knows neither the registry of service nodes nor
//! the state of the chain; quorums, templates and verdicts on templates are asked for by an effect and come back as an input
//! that names the same [`RoundId`]. May depend on `oxen-types` and `oxen-crypto`.
//!
//! A walk: [`timing`] says when rounds start and stages end; [`quorum`] holds positions, bitsets and roles; [`digest`] the
//! hashes that bind random values; [`message`] the six messages with what is signed, [`wire`] their bytes on our transport;
//! [`relay`] who sends what to whom; [`guard`] keeps a node from signing twice; [`input`], [`effect`] and [`report`] are the
//! machine's two sides and its words; [`machine`] is the machine, one file for each group of stages.
//!
//! What a whole network of machines does under loss, delay, skew and betrayal is played in `tests/it`.
//!
//! Where this differs from the reference, on purpose, in what a node does (never in which blocks are valid):
//!
//! - stages end when something happened, not at the next half second; seven equal bitsets end theirs at once, because no other
//!   bitset can have seven then;
//! - a template is accepted when validator 0 is absent (pulse §17 quirk 1), and checked before anybody commits to
//!   a random value;
//! - whoever objects to a template, or has not checked it in time, takes part in the random value all the same and withholds his
//!   signature alone, so that no single node can stop ten others;
//! - bitsets of fewer than seven validators cannot be locked (quirk 4);
//! - a validator whose own wait for bitsets must be over by now, because its clock is fast, is not called present;
//! - seven signatures make a block although others are missing, one stage after it is known: nobody can withhold a random value
//!   that he has seen by withholding his signature;
//! - what comes from its author is passed on a moment later, and only to those who have not spoken in a later stage by then:
//!   everybody sends to everybody, so that this mends broken links and otherwise costs nothing;
//! - a round is given up as soon as the tip changes;
//! - messages for rounds and parents that this node has not reached yet wait for it.
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test ends where it fails"
    )
)]

pub mod digest;
pub mod effect;
pub mod guard;
pub mod input;
pub mod machine;
pub mod message;
pub mod quorum;
pub mod relay;
pub mod report;
pub mod timing;
pub mod wire;

pub use digest::RandomValue;
pub use effect::{Effect, TemplateOrder};
pub use guard::{GuardRecord, GuardedAct};
pub use input::{Duty, Input, RoundId, TemplateFailure, TemplateVerdict};
pub use machine::{Machine, Status};
pub use message::{Draft, KeySigner, Message, SchnorrVerifier, Signer, Statement, Verifier, Word};
pub use quorum::{Bitset, Position, Role, RoundQuorum};
pub use relay::Route;
pub use report::{Failure, Objection, Refusal, Report};
pub use timing::{Moment, RoundAt, RoundTiming, Stage};
