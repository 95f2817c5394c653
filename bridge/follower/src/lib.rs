//! Follows Arbitrum for a service node: several providers, the events of the rewards contract, what is true and how sure of it.
#![forbid(unsafe_code)]
