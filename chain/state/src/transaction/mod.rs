//! Transactions on their way into a block: first what they say of themselves ([`checked`]), then what the chain says of their
//! rings ([`rings`]), then their proofs ([`proofs`]).

pub mod checked;
pub mod proofs;
pub mod rings;

pub use checked::CheckedTransaction;
pub use proofs::{ProofLedger, ProofsAssumedValid, RangeProofBatch, verify_ring_signature, verify_ring_signatures};
pub use rings::{ProofDigest, ResolvedRings, resolve_rings, spent_key_image};
