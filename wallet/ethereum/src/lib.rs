//! The wallet's side of Arbitrum: Ethereum keys, and the calls of the contracts that stakers and swappers make.
#![forbid(unsafe_code)]
