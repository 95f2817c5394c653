//! Vectors of bridge §8.1 for the steps below a signature, and properties of sums.

mod batches;
mod properties;
mod vectors;
