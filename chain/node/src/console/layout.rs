//! Text for people: tables, lists of fields, ages.

use crate::status::duration;
use oxen_types::Amount;
use std::time::Duration;

/// Columns as wide as their longest cell, two spaces between them; the first row is the head.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A field to a line, names padded to the longest; `indent` spaces in front.
pub(crate) fn fields(indent: usize, fields: &[(&str, String)]) -> String {
    let width = fields
        .iter()
        .map(|(name, _)| name.chars().count() + 1)
        .max()
        .unwrap_or_default();
    fields
        .iter()
        .map(|(name, value)| format!("{:indent$}{:<width$} {value}", "", format!("{name}:")))
        .collect::<Vec<_>>()
        .join("\n")
}

/// An amount in OXEN without zeros at its end.
pub(crate) fn oxen(atomic: u64) -> String {
    let text = Amount::from_atomic(atomic).to_string();
    let short = text.trim_end_matches('0').trim_end_matches('.');
    format!("{} OXEN", if short.is_empty() { "0" } else { short })
}

/// How long ago a Unix second was; `never` for 0.
pub(crate) fn age(now: u64, second: u64) -> String {
    if second == 0 {
        "never".to_owned()
    } else {
        format!("{} ago", duration(Duration::from_secs(now.saturating_sub(second))))
    }
}

/// A length of time.
pub(crate) fn seconds(number: u64) -> String {
    duration(Duration::from_secs(number))
}

/// `1 block`, `2 blocks`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// Bytes in the largest unit that leaves a whole number before the point.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut tenths = u128::from(number) * 10;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1_024;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if unit == 0 {
        format!("{number} {name}")
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [["a", "bb"], ["ccc", "d"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), "a    bb\nccc  d");
        assert_eq!(
            fields(2, &[("key", "1".to_owned()), ("address", "2".to_owned())]),
            "  key:     1\n  address: 2"
        );
    }

    #[test]
    fn figures_read_like_speech() {
        assert_eq!(oxen(15_000_000_000_000), "15000 OXEN");
        assert_eq!(oxen(1_500_000_000), "1.5 OXEN");
        assert_eq!(oxen(0), "0 OXEN");
        assert_eq!(age(100, 40), "1m 0s ago");
        assert_eq!(age(100, 0), "never");
        assert_eq!(bytes(1_023), "1023 bytes");
        assert_eq!(bytes(1_536), "1.5 KiB");
        assert_eq!(count(1, "vote"), "1 vote");
    }
}
