//! Our values in the forms in which the recording has them, so that they can be compared as a whole.

pub mod difference;
pub mod extra;
pub mod wire;

pub use difference::first_difference;
