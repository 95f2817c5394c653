//! Binary endpoints: bytes in, bytes out, at `/<name>.bin`.
//!
//! [`wallet`] is the fast path of our own wallet, in SCALE.

mod wallet;

use crate::{error::MethodError, node::Call};
use bytes::Bytes;

/// An answer in the pieces it is sent in.
pub(crate) type Pieces = Vec<Bytes>;

/// A binary endpoint.
#[derive(Clone, Copy)]
pub struct BinaryMethod {
    /// Its path without the slash.
    pub name: &'static str,
    /// Other paths.
    pub aliases: &'static [&'static str],
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// What request and answer are.
    pub format: &'static str,
    pub(crate) work: fn(&Call<'_>, &[u8]) -> Result<Pieces, MethodError>,
}

impl BinaryMethod {
    /// Every path, without the slash.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// All binary endpoints.
#[must_use]
pub fn binary_methods() -> Vec<BinaryMethod> {
    wallet::methods()
}
