//! The text forms of proofs: a header that names kind and version, then base58 of fixed-size parts (chain §1.4).

use crate::base58::{self, Base58Error};
use thiserror::Error;

/// Characters of 32 bytes in base58.
pub(crate) const POINT_CHARACTERS: usize = 44;
/// Characters of 64 bytes in base58.
pub(crate) const SIGNATURE_CHARACTERS: usize = 88;

/// Why text is not a proof of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofTextError {
    /// The header is another one.
    #[error("the text does not start with {expected}: it is another kind of proof, or another version")]
    WrongHeader {
        /// The header of this kind.
        expected: &'static str,
    },
    /// The text behind the header has a length that no proof of the kind has.
    #[error("the text is cut or too long")]
    WrongLength,
    /// The text behind the header is not base58.
    #[error("the text is damaged: {0}")]
    NotBase58(#[from] Base58Error),
}

/// Takes the header off.
pub(crate) fn strip_header<'a>(text: &'a str, header: &'static str) -> Result<&'a str, ProofTextError> {
    text.strip_prefix(header)
        .ok_or(ProofTextError::WrongHeader { expected: header })
}

/// Decodes a part that must be `N` bytes.
pub(crate) fn decode_part<const N: usize>(text: &str) -> Result<[u8; N], ProofTextError> {
    base58::decode(text)?
        .try_into()
        .map_err(|_| ProofTextError::WrongLength)
}

/// Cuts text into parts of `characters` each, at least one and at most `maximum`.
pub(crate) fn split_parts(text: &str, characters: usize, maximum: usize) -> Result<Vec<&str>, ProofTextError> {
    let count = text.len().checked_div(characters).ok_or(ProofTextError::WrongLength)?;
    if count == 0 || count > maximum || text.len().checked_rem(characters) != Some(0) {
        return Err(ProofTextError::WrongLength);
    }
    // Cutting inside a character of several bytes leaves something that is not UTF-8, hence not base58.
    let parts: Option<Vec<&str>> = text
        .as_bytes()
        .chunks(characters)
        .map(|part| std::str::from_utf8(part).ok())
        .collect();
    parts.ok_or(ProofTextError::WrongLength)
}
