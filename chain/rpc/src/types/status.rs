//! The `status` of every answer (rpc §1.3).

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// `OK`, `BUSY`, `Failed`, or text that says what failed. Clients compare with `OK` exactly.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Status(Cow<'static, str>);

impl Status {
    /// The request was answered.
    pub const OK: Self = Self(Cow::Borrowed("OK"));
    /// The node is behind the network; ask again later.
    pub const BUSY: Self = Self(Cow::Borrowed("BUSY"));
    /// The request was understood and what it asks for failed.
    pub const FAILED: Self = Self(Cow::Borrowed("Failed"));

    /// Text that says what failed.
    #[must_use]
    pub fn failure(text: String) -> Self {
        Self(Cow::Owned(text))
    }

    /// True for `OK`.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        *self == Self::OK
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
