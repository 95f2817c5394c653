//! How numbers and times look.

pub mod table;
pub mod time;

use oxen_types::Amount;
use serde_json::{Value, json};

/// An amount for people: no more decimals than it has, at least one.
#[must_use]
pub fn amount(amount: Amount) -> String {
    let text = amount.to_string();
    let short = text.trim_end_matches('0');
    if short.ends_with('.') {
        format!("{short}0")
    } else {
        short.to_owned()
    }
}

/// An amount for programs: atomic units as an integer.
#[must_use]
pub fn json_amount(amount: Amount) -> Value {
    json!(amount.atomic())
}

/// `1 block`, `2 blocks`.
#[must_use]
pub fn count(number: u64, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {one}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_lose_only_zeros_that_say_nothing() {
        for (atomic, expected) in [
            (0, "0.0"),
            (1, "0.000000001"),
            (1_500_000_000, "1.5"),
            (20_000_000_000_000, "20000.0"),
        ] {
            assert_eq!(amount(Amount::from_atomic(atomic)), expected);
        }
    }
}
