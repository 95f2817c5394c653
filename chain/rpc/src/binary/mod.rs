//! Binary endpoints: bytes in, bytes out, at `/<name>.bin`.
//!
//! `wallet` is the fast path of our own wallet, in SCALE; `blocks` and `outputs` are for wallets of other makers, in the
//! portable storage of [`epee`].

mod blocks;
pub mod epee;
mod outputs;
mod wallet;

use crate::{error::MethodError, node::Call};
use bytes::Bytes;
use epee::Section;

/// An answer in the pieces it is sent in.
pub(crate) type Pieces = Vec<Bytes>;

/// Waiting for news of the pool.
#[derive(Clone, Copy)]
pub(crate) struct LongPoll {
    /// Does the client ask to wait, and know what there is?
    pub(crate) is_unchanged: fn(&Call<'_>, &[u8]) -> Result<bool, MethodError>,
    /// The answer when nothing came.
    pub(crate) timed_out: fn() -> Pieces,
}

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
    pub(crate) long_poll: Option<LongPoll>,
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
    [wallet::methods(), blocks::methods(), outputs::methods()].concat()
}

/// A request in portable storage; no bytes at all are a request without parameters.
fn document(body: &[u8]) -> Result<Section, MethodError> {
    if body.is_empty() {
        return Ok(Section::new());
    }
    Section::decode(body).map_err(MethodError::PortableStorage)
}

/// An answer in portable storage with the fields that every answer has.
fn answer(section: Section) -> Pieces {
    vec![section.with("status", "OK").with("untrusted", false).encode().into()]
}
