//! The command line of the wallet: see the library.
#![forbid(unsafe_code)]

fn main() {}
