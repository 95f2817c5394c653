//! BLS signatures on BN254 as the rewards contract checks them (bridge §2): keys are points of G1, signatures points of G2.
//!
//! A signature is good when `e(G, signature) = e(key, H(message))`. Keys and signatures of one message add up, which is how one
//! pairing on Arbitrum stands for the signatures of thousands of nodes.
//!
//! A walk: [`SecretKey`] signs a [`MessagePoint`], the message hashed to the curve; [`verify`] checks one [`Signature`] and
//! [`faulty`] finds the bad ones among many over one message; [`AggregateKey`] and [`AggregateSignature`] add up.
//!
//! Sums are sound only over keys whose holders proved that they hold the secret: a proof of possession is what the contract
//! demands before it adds a key (bridge §2.5).

mod aggregate;
mod batch;
mod coordinates;
mod error;
mod hash_to_curve;
mod keys;
mod signature;

pub use aggregate::{AggregateKey, AggregateSignature};
pub use batch::{SignedMessage, faulty};
pub use error::{PointError, SecretKeyError};
pub use hash_to_curve::MessagePoint;
pub use keys::{PublicKey, SecretKey};
pub use signature::{Signature, verify};

#[cfg(test)]
mod tests;
