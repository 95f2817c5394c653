//! Uptime proofs: what a service node tells everybody about itself every hour (staking §14).
//!
//! [`UptimeProof`] is what is told, [`SignedProof`] the bytes with both signatures, [`acceptance`] the checks in their order,
//! [`bencode`] the encoding.

pub mod acceptance;
pub mod bencode;
mod payload;
mod signed;

pub use acceptance::{
    LocalAddresses, NodeStanding, NothingProven, PossessionCheck, ProofContext, ProofRejection, check_proof,
};
pub use payload::{BlsFields, ProofFormatError, ServicePorts, ServiceVersions, SoftwareVersion, UptimeProof};
pub use signed::{MAX_PAYLOAD_BYTES, ProofWireError, SignedProof};
