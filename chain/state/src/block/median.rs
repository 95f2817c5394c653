//! The median as the field computes it (chain §4.2).

/// The middle of the sorted values; of an even number the floored mean of the two middle ones; 0 of none.
#[must_use]
pub fn median(mut values: Vec<u64>) -> u64 {
    let half = values.len() / 2;
    if values.is_empty() {
        return 0;
    }
    let odd = values.len() % 2 == 1;
    let (below, upper, _) = values.select_nth_unstable(half);
    let upper = *upper;
    if odd {
        return upper;
    }
    let lower = below.iter().copied().max().unwrap_or(upper);
    u64::try_from(u128::from(lower).saturating_add(u128::from(upper)) / 2).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_the_floored_mean_of_the_middles() {
        assert_eq!(median(vec![]), 0);
        assert_eq!(median(vec![3]), 3);
        assert_eq!(median(vec![9, 1, 5]), 5);
        assert_eq!(median(vec![4, 1, 2, 9]), 3);
        assert_eq!(median(vec![1, 2]), 1);
        assert_eq!(median(vec![u64::MAX, u64::MAX]), u64::MAX);
    }
}
