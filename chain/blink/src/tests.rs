//! Whole nodes with real pools on a chain of real service nodes, joined by a network in memory.

mod approving;
mod forging;
mod quarrels;
mod unreachable;
mod world;
