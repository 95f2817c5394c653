//! What is wrong with bytes that should be a point or a key.

use thiserror::Error;

/// Why bytes are no public key or no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PointError {
    /// A coordinate is not below the prime of the field.
    #[error("a coordinate is not below the field's prime")]
    NotInField,
    /// All bytes are zero: the point at infinity, under which everything would verify.
    #[error("the point at infinity is neither a key nor a signature")]
    Infinity,
    /// A key with a coordinate of zero: the contract refuses it as null (bridge §1.4).
    #[error("a public key has a coordinate of zero, which the contract refuses")]
    ZeroCoordinate,
    /// The coordinates do not satisfy the curve's equation.
    #[error("the coordinates are not those of a point of the curve")]
    NotOnCurve,
    /// A point of the curve that is not a multiple of the generator.
    #[error("the point is not in the group of prime order")]
    NotInGroup,
}

/// Why bytes are no secret key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretKeyError {
    /// Zero, or a multiple of the group's order: its public key would be infinity.
    #[error("the secret key is zero modulo the order of the group: make another one")]
    Zero,
}
