//! From a day to a height: a wallet that was made on a day need not look at blocks before it (wallet §2.3, §5.1).

use crate::daemon::{Daemon, DaemonError};
use oxen_types::{Height, Timestamp};

/// Block times are not in order, and clocks are wrong: so much earlier is scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SafetyMargin(
    /// Seconds.
    pub u64,
);

impl SafetyMargin {
    /// For a wallet that was made now.
    pub const NEW_WALLET: Self = Self(86_400);
    /// For a day that a user remembers.
    pub const REMEMBERED_DAY: Self = Self(2 * 86_400);

    /// So much before.
    #[must_use]
    pub fn before(self, time: Timestamp) -> Timestamp {
        Timestamp::from_seconds(time.seconds().saturating_sub(self.0))
    }
}

/// The first height of a chain of `chain_height` blocks whose block is not older than `time`, by halving: some twenty
/// questions.
///
/// # Errors
/// [`DaemonError`].
pub async fn height_at(daemon: &Daemon, time: Timestamp, chain_height: Height) -> Result<Height, DaemonError> {
    // The genesis block has no time worth the name.
    let (mut low, mut high) = (1, chain_height.index());
    while low < high {
        let middle = low.midpoint(high);
        if daemon.block_time(Height::new(middle)).await? < time {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    // The genesis block counts to a chain that is younger than the time.
    Ok(if low <= 1 { Height::GENESIS } else { Height::new(low) })
}
