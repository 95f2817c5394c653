//! Bringing a wallet up to date (wallet §5.1).
//!
//! `fetch` keeps one request in flight while `scanning` finds outputs on all cores; what was found is applied in order,
//! which is cheap. Everything that is held at once is bounded: a batch being fetched, one waiting, one being scanned, one being
//! applied. `progress` shows how far it is; `birthday` finds where a wallet starts.

mod birthday;
mod engine;
mod fetch;
mod progress;
mod scanning;
mod stakes;

pub use birthday::{SafetyMargin, height_at};
pub use engine::{RefreshError, RefreshReport, refresh};
pub use progress::Progress;
pub use scanning::scan_in_parallel;
pub use stakes::{StakeNews, update_stakes};
