//! When a block may say it was made (chain §4.2).

use super::median::median;
use crate::error::BlockError;
use oxen_types::{
    Timestamp,
    network::constants::{FUTURE_TIME_LIMIT_SECONDS, TIMESTAMP_MEDIAN_BLOCKS},
};

/// Checks a main-chain block's time against the clock and the last timestamps, newest or oldest first alike. Fewer than
/// eleven blocks do not bound it.
///
/// # Errors
/// [`BlockError::TimestampAhead`] or [`BlockError::TimestampBelowMedian`].
pub fn check_timestamp(timestamp: Timestamp, now: Timestamp, last: Vec<u64>) -> Result<(), BlockError> {
    if timestamp > now.saturating_add(FUTURE_TIME_LIMIT_SECONDS) {
        return Err(BlockError::TimestampAhead { timestamp, now });
    }
    check_median(timestamp, last)
}

/// The part of the rule that needs no clock.
///
/// # Errors
/// [`BlockError::TimestampBelowMedian`].
pub fn check_median(timestamp: Timestamp, last: Vec<u64>) -> Result<(), BlockError> {
    if last.len() < TIMESTAMP_MEDIAN_BLOCKS {
        return Ok(());
    }
    check_branch_median(timestamp, last)
}

/// All that binds a block beside the main chain: here fewer than eleven blocks, among which the genesis block never is, bound
/// it as well.
///
/// # Errors
/// [`BlockError::TimestampBelowMedian`].
pub fn check_branch_median(timestamp: Timestamp, last: Vec<u64>) -> Result<(), BlockError> {
    let median = median(last);
    if timestamp.seconds() < median {
        return Err(BlockError::TimestampBelowMedian { timestamp, median });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(10_000);

    #[test]
    fn ten_minutes_ahead_is_the_most() {
        assert!(check_timestamp(NOW.saturating_add(600), NOW, vec![]).is_ok());
        let error = check_timestamp(NOW.saturating_add(601), NOW, vec![]);
        assert!(matches!(error, Err(BlockError::TimestampAhead { .. })));
    }

    #[test]
    fn the_median_of_eleven_is_the_least_and_ten_do_not_bind() {
        let last: Vec<u64> = (100..111).collect();
        assert!(check_timestamp(Timestamp::from_seconds(105), NOW, last.clone()).is_ok());
        let error = check_timestamp(Timestamp::from_seconds(104), NOW, last.clone());
        assert!(matches!(
            error,
            Err(BlockError::TimestampBelowMedian { median: 105, .. })
        ));
        assert!(check_timestamp(Timestamp::from_seconds(1), NOW, last[1..].to_vec()).is_ok());
    }
}
