//! The commands about names (wallet §3.5): buying, renewing, changing, looking up.
//!
//! [`words`] reads what they have in common, [`dialogue`] asks the daemon, checks a record by the chain's own rules before anything is
//! signed, shows what it costs and lasts, and sends it. Then a file for each: [`buy`], [`renew`], [`update`], [`look_up`].

mod buy;
mod dialogue;
mod error;
mod look_up;
mod renew;
mod update;
mod words;

pub use error::NamesError;
pub(super) use {
    buy::buy,
    look_up::{by_owner, encrypt, look_up},
    renew::renew,
    update::{make_update_signature, update},
};
