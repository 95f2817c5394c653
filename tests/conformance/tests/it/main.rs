//! Tests of the tool and, through it, of the crates it proves: on a tiny chain of our own and, when `OXEN_VECTORS` names a
//! directory of recorded chains, on those.
#![allow(clippy::unwrap_used, clippy::panic)]

mod alterations;
mod grown_chain;
mod recorded;
mod refused_blocks;
mod refused_transactions;
mod tiny_chain;
mod tool;
