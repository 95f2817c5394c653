//! Numbers as clients write them: integers, or the same in decimal text, because JavaScript loses integers above 2⁵³
//! (rpc §5.6.3). Negative numbers and fractions are refused.

use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Unexpected, Visitor},
};
use std::{fmt, marker::PhantomData};

/// A number of an unsigned type, or its decimal text.
struct Lenient<N>(N);

struct LenientVisitor<N>(PhantomData<N>);

impl<N: TryFrom<u64>> LenientVisitor<N> {
    fn narrow<E: Error>(self, value: u64) -> Result<Lenient<N>, E> {
        N::try_from(value)
            .map(Lenient)
            .map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }
}

impl<N: TryFrom<u64>> Visitor<'_> for LenientVisitor<N> {
    type Value = Lenient<N>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a non-negative integer that fits, or its decimal text")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        self.narrow(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        match u64::try_from(value) {
            Ok(value) => self.narrow(value),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(value), &self)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<u64>() {
            Ok(value) if digits => self.narrow(value),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}

impl<'de, N: TryFrom<u64>> Deserialize<'de> for Lenient<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LenientVisitor(PhantomData))
    }
}

/// A number that must be there.
///
/// # Errors
/// Not a number that fits.
pub fn required<'de, D: Deserializer<'de>, N: TryFrom<u64>>(deserializer: D) -> Result<N, D::Error> {
    Lenient::<N>::deserialize(deserializer).map(|number| number.0)
}

/// A number that may be missing or null. Use with `#[serde(default)]`.
///
/// # Errors
/// Not a number that fits.
pub fn optional<'de, D: Deserializer<'de>, N: TryFrom<u64>>(deserializer: D) -> Result<Option<N>, D::Error> {
    Option::<Lenient<N>>::deserialize(deserializer).map(|number| number.map(|number| number.0))
}

/// A list of numbers; null counts as empty. Use with `#[serde(default)]`.
///
/// # Errors
/// Not a list of numbers that fit.
pub fn list<'de, D: Deserializer<'de>, N: TryFrom<u64>>(deserializer: D) -> Result<Vec<N>, D::Error> {
    struct ListVisitor<N>(PhantomData<N>);

    impl<'de, N: TryFrom<u64>> Visitor<'de> for ListVisitor<N> {
        type Value = Vec<N>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a list of numbers")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
            let mut numbers = Vec::new();
            while let Some(Lenient(number)) = sequence.next_element()? {
                numbers.push(number);
            }
            Ok(numbers)
        }
    }
    deserializer.deserialize_any(ListVisitor(PhantomData))
}

/// Any value; null counts as the default. Use with `#[serde(default)]`.
///
/// # Errors
/// The value does not parse.
pub fn null_as_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Text, or a number that is taken as its text; null counts as empty. Use with `#[serde(default)]`.
///
/// # Errors
/// Neither text nor a number.
pub fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum TextOrNumber {
        Text(String),
        Number(serde_json::Number),
    }
    Ok(match Option::<TextOrNumber>::deserialize(deserializer)? {
        None => String::new(),
        Some(TextOrNumber::Text(text)) => text,
        Some(TextOrNumber::Number(number)) => number.to_string(),
    })
}

#[cfg(test)]
mod tests {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Request {
        #[serde(default, deserialize_with = "super::optional")]
        height: Option<u64>,
        #[serde(default, deserialize_with = "super::list")]
        heights: Vec<u64>,
        #[serde(default, deserialize_with = "super::optional")]
        small: Option<u8>,
    }

    fn parse(text: &str) -> Result<Request, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn integers_and_decimal_text_are_numbers() {
        let expected = Request {
            height: Some(u64::MAX),
            heights: vec![1, 2],
            small: Some(255),
        };
        let text = r#"{"height":"18446744073709551615","heights":[1,"2"],"small":255}"#;
        assert_eq!(parse(text).unwrap(), expected);
        let missing = parse(r#"{"height":null,"heights":null}"#).unwrap();
        assert_eq!((missing.height, missing.heights.len()), (None, 0));
    }

    #[test]
    fn negative_fractional_and_oversized_numbers_are_refused() {
        for text in [
            r#"{"height":-1}"#,
            r#"{"height":"-1"}"#,
            r#"{"height":"+1"}"#,
            r#"{"height":1.5}"#,
            r#"{"height":""}"#,
            r#"{"height":"1e3"}"#,
            r#"{"small":256}"#,
            r#"{"heights":5}"#,
            r#"{"height":18446744073709551616}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
