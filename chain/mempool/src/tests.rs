//! The pool against a chain in memory and a clock that the test moves.
#![allow(clippy::unwrap_used, clippy::panic)]

mod admission;
mod blinks;
mod blocks;
mod fixture;
mod limits;
mod names;
mod order;
mod races;
mod restart;
mod swaps;
