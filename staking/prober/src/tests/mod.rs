//! Plays: a scripted chain and registry, a clock that the test owns, and probers that hear each other.
//!
//! Quorums are the same at every height: validators 0 to 9, and all later nodes are tested; nodes 0 to 19 vote on checkpoints.

mod chain;
mod checkpoint_votes;
mod clocks;
mod endpoints;
mod obligations;
mod observing;
mod proofs;
mod running;
mod stage;
mod voting;
