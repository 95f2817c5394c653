//! Plays of whole networks.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

mod checkpoints;
mod churn;
mod clocks;
mod equivocation;
mod fork_boundary;
mod long_range;
mod ordinary;
mod partitions;
mod seeds;
mod silence;
mod writer;
