//! The little of bencode that uptime proofs need (staking §14.1): integers, byte strings, lists, dictionaries whose keys ascend.
//!
//! Reading is strict and bounded: every value has one form, and nesting ends at [`MAX_DEPTH`].

use std::collections::BTreeMap;
use thiserror::Error;

/// How deep values may nest.
pub const MAX_DEPTH: usize = 16;

/// Why bytes are not bencode as it is wanted here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BencodeError {
    /// The bytes end inside a value.
    #[error("the bytes end inside a value")]
    Truncated,
    /// Bytes follow the value.
    #[error("bytes follow the last value")]
    TrailingBytes,
    /// A value of another kind stands where this was wanted.
    #[error("expected {expected}")]
    Unexpected {
        /// What was wanted.
        expected: &'static str,
    },
    /// A number has leading zeros, no digits, or does not fit.
    #[error("a number is not in its one form, or too large")]
    Number,
    /// A key does not come after the one before it.
    #[error("the keys of a dictionary do not ascend")]
    KeysNotAscending,
    /// Lists or dictionaries nest too deep.
    #[error("values nest deeper than {MAX_DEPTH}")]
    TooDeep,
}

/// Reads values from bytes.
#[derive(Debug, Clone)]
pub struct BencodeReader<'a> {
    rest: &'a [u8],
}

impl<'a> BencodeReader<'a> {
    /// At the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Reads a dictionary, giving each key to `entry`, which reads or skips its value.
    ///
    /// # Errors
    /// The bytes are no such dictionary, or `entry` failed.
    pub fn dictionary<E: From<BencodeError>>(
        &mut self,
        mut entry: impl FnMut(&'a [u8], &mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(b'd', "a dictionary")?;
        let mut previous: Option<&[u8]> = None;
        while !self.ends()? {
            let key = self.bytes()?;
            if previous.is_some_and(|previous| previous >= key) {
                return Err(BencodeError::KeysNotAscending.into());
            }
            previous = Some(key);
            entry(key, self)?;
        }
        Ok(())
    }

    /// Reads a list of exactly `N` integers.
    ///
    /// # Errors
    /// The bytes are no such list.
    pub fn integers<const N: usize>(&mut self) -> Result<[u64; N], BencodeError> {
        self.expect(b'l', "a list")?;
        let mut values = [0; N];
        for value in &mut values {
            *value = self.integer()?;
        }
        if self.ends()? {
            Ok(values)
        } else {
            Err(BencodeError::Unexpected {
                expected: "the end of a list",
            })
        }
    }

    /// Reads an integer that is not negative.
    ///
    /// # Errors
    /// The bytes are no such integer.
    pub fn integer(&mut self) -> Result<u64, BencodeError> {
        self.expect(b'i', "an integer")?;
        self.number(b'e')
    }

    /// Reads a byte string.
    ///
    /// # Errors
    /// The bytes are no byte string.
    pub fn bytes(&mut self) -> Result<&'a [u8], BencodeError> {
        if !self.peek()?.is_ascii_digit() {
            return Err(BencodeError::Unexpected {
                expected: "a byte string",
            });
        }
        let length = self.number(b':')?;
        let length = usize::try_from(length).map_err(|_| BencodeError::Truncated)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(BencodeError::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Passes over one value of any kind.
    ///
    /// # Errors
    /// The bytes are no value.
    pub fn skip(&mut self) -> Result<(), BencodeError> {
        self.skip_within(MAX_DEPTH)
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Bytes are left.
    pub const fn finish(self) -> Result<(), BencodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(BencodeError::TrailingBytes)
        }
    }

    fn skip_within(&mut self, depth: usize) -> Result<(), BencodeError> {
        let deeper = depth.checked_sub(1).ok_or(BencodeError::TooDeep)?;
        match self.peek()? {
            b'i' => {
                self.expect(b'i', "an integer")?;
                if self.peek()? == b'-' {
                    self.expect(b'-', "a sign")?;
                    // There is no negative zero.
                    if self.peek()? == b'0' {
                        return Err(BencodeError::Number);
                    }
                }
                self.number(b'e').map(|_| ())
            }
            b'l' => {
                self.expect(b'l', "a list")?;
                while !self.ends()? {
                    self.skip_within(deeper)?;
                }
                Ok(())
            }
            b'd' => self.dictionary(|_, reader| reader.skip_within(deeper)),
            _ => self.bytes().map(|_| ()),
        }
    }

    /// Reads digits and the byte that ends them.
    fn number(&mut self, end: u8) -> Result<u64, BencodeError> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (text, rest) = self.rest.split_at_checked(digits).ok_or(BencodeError::Truncated)?;
        if text.is_empty() || (text.starts_with(b"0") && digits > 1) {
            return Err(BencodeError::Number);
        }
        let value = text.iter().try_fold(0_u64, |value, digit| {
            value
                .checked_mul(10)?
                .checked_add(u64::from(digit.saturating_sub(b'0')))
        });
        self.rest = rest;
        self.expect(end, "the end of a number")?;
        value.ok_or(BencodeError::Number)
    }

    /// Passes over an end mark if there is one.
    fn ends(&mut self) -> Result<bool, BencodeError> {
        let ends = self.peek()? == b'e';
        if ends {
            self.expect(b'e', "an end")?;
        }
        Ok(ends)
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), BencodeError> {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                Ok(())
            }
            Some(_) => Err(BencodeError::Unexpected { expected }),
            None => Err(BencodeError::Truncated),
        }
    }

    fn peek(&self) -> Result<u8, BencodeError> {
        self.rest.first().copied().ok_or(BencodeError::Truncated)
    }
}

/// Writes one dictionary; keys come out ascending whatever the order in which they were put in.
#[derive(Debug, Clone, Default)]
pub struct BencodeDictionary {
    entries: BTreeMap<&'static str, Vec<u8>>,
}

impl BencodeDictionary {
    /// Empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a byte string.
    pub fn put_bytes(&mut self, key: &'static str, bytes: &[u8]) {
        self.entries.insert(key, byte_string(bytes));
    }

    /// Puts an integer.
    pub fn put_integer(&mut self, key: &'static str, value: u64) {
        self.entries.insert(key, integer(value));
    }

    /// Puts a list of integers.
    pub fn put_integers(&mut self, key: &'static str, values: impl IntoIterator<Item = u64>) {
        let mut list = vec![b'l'];
        list.extend(values.into_iter().flat_map(integer));
        list.push(b'e');
        self.entries.insert(key, list);
    }

    /// The bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let mut out = vec![b'd'];
        for (key, value) in self.entries {
            out.extend(byte_string(key.as_bytes()));
            out.extend(value);
        }
        out.push(b'e');
        out
    }
}

fn byte_string(bytes: &[u8]) -> Vec<u8> {
    let mut out = format!("{}:", bytes.len()).into_bytes();
    out.extend_from_slice(bytes);
    out
}

fn integer(value: u64) -> Vec<u8> {
    format!("i{value}e").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn skip(text: &[u8]) -> Result<(), BencodeError> {
        let mut reader = BencodeReader::new(text);
        reader.skip()?;
        reader.finish()
    }

    #[test]
    fn values_of_every_kind_are_passed_over() {
        for text in [
            "i0e",
            "i-5e",
            "0:",
            "3:abc",
            "le",
            "li1e1:xe",
            "de",
            "d1:ali1eee",
            "d0:de1:a0:e",
        ] {
            assert_eq!(skip(text.as_bytes()), Ok(()), "{text}");
        }
    }

    #[test]
    fn each_fault_has_its_error() {
        for (text, error) in [
            ("", BencodeError::Truncated),
            ("i5", BencodeError::Truncated),
            ("4:abc", BencodeError::Truncated),
            ("li1e", BencodeError::Truncated),
            ("i1ei2e", BencodeError::TrailingBytes),
            ("ie", BencodeError::Number),
            ("i01e", BencodeError::Number),
            ("i-0e", BencodeError::Number),
            ("i18446744073709551616e", BencodeError::Number),
            (
                "i5x",
                BencodeError::Unexpected {
                    expected: "the end of a number",
                },
            ),
            ("01:a", BencodeError::Number),
            (
                "x",
                BencodeError::Unexpected {
                    expected: "a byte string",
                },
            ),
            (
                "di1ei2ee",
                BencodeError::Unexpected {
                    expected: "a byte string",
                },
            ),
            ("d1:bi1e1:ai1ee", BencodeError::KeysNotAscending),
            ("d1:ai1e1:ai1ee", BencodeError::KeysNotAscending),
        ] {
            assert_eq!(skip(text.as_bytes()), Err(error), "{text}");
        }
        assert_eq!(skip(&vec![b'l'; 100_000]), Err(BencodeError::TooDeep));
        assert_eq!(
            skip(b"d".repeat(3).as_slice()),
            Err(BencodeError::Unexpected {
                expected: "a byte string"
            })
        );
    }

    #[test]
    fn a_list_has_exactly_as_many_integers_as_wanted() {
        let read = |text: &[u8]| BencodeReader::new(text).integers::<2>();
        assert_eq!(read(b"li1ei2ee"), Ok([1, 2]));
        assert!(read(b"li1ee").is_err() && read(b"li1ei2ei3ee").is_err() && read(b"i1e").is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number: u64, list: [u64; 3], bytes: Vec<u8>) {
            let mut dictionary = BencodeDictionary::new();
            dictionary.put_integers("z", list);
            dictionary.put_bytes("b", &bytes);
            dictionary.put_integer("a", number);
            let written = dictionary.finish();
            let mut seen = Vec::new();
            let mut reader = BencodeReader::new(&written);
            reader.dictionary(|key, value| {
                seen.push(key.to_vec());
                match key {
                    b"a" => assert_eq!(value.integer()?, number),
                    b"b" => assert_eq!(value.bytes()?, &bytes),
                    _ => assert_eq!(value.integers::<3>()?, list),
                }
                Ok::<_, BencodeError>(())
            }).unwrap();
            reader.finish().unwrap();
            prop_assert_eq!(seen, [b"a", b"b", b"z"]);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = skip(&bytes);
        }
    }
}
