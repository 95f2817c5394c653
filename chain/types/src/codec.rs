//! The CryptoNote binary codec: strict, canonical, bounded (chain §1.1).
//!
//! [`ConsensusEncode`] and [`ConsensusDecode`] carry the bytes that hashes are taken over; they are named so that nobody
//! confuses them with serde or SCALE. A [`Reader`] never allocates from a count it has not compared with the bytes that are
//! left, so the memory a decode takes is bounded by a small multiple of its input.

use thiserror::Error;

/// Why bytes are not a canonical encoding. Every variant names the rule that was broken (chain §1.1).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The input ended inside a value.
    #[error("input ends inside {what}")]
    Truncated {
        /// The value being read.
        what: &'static str,
    },
    /// Bytes are left after the outermost value.
    #[error("{count} trailing bytes after the value")]
    TrailingBytes {
        /// How many.
        count: usize,
    },
    /// A varint has a superfluous zero byte at its end.
    #[error("varint is not canonical: it ends in a zero byte")]
    NonCanonicalVarint,
    /// A varint does not fit the width of its field.
    #[error("varint exceeds {bits} bits")]
    VarintOverflow {
        /// Width of the field.
        bits: u32,
    },
    /// A count announces more elements than the rest of the input can hold, or than the format allows.
    #[error("{what}: count {count} exceeds the limit of {limit}")]
    CountExceedsLimit {
        /// The collection being read.
        what: &'static str,
        /// The announced count.
        count: u64,
        /// The largest that is possible here.
        limit: u64,
    },
    /// A tag, version, or enum value that the format does not define.
    #[error("{what}: {value} is not a defined value")]
    UndefinedValue {
        /// The field.
        what: &'static str,
        /// What was found.
        value: u64,
    },
    /// Two parts of one value contradict each other.
    #[error("{what}")]
    Inconsistent {
        /// The rule in words.
        what: &'static str,
    },
}

/// A cursor over untrusted bytes.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte of `input`.
    #[must_use]
    pub const fn new(input: &'a [u8]) -> Self {
        Self { rest: input }
    }

    /// The bytes not yet read.
    #[must_use]
    pub const fn remaining(&self) -> &'a [u8] {
        self.rest
    }

    /// True when everything has been read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes the next `count` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] naming `what` when fewer are left.
    pub fn bytes(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let (head, tail) = self
            .rest
            .split_at_checked(count)
            .ok_or(DecodeError::Truncated { what })?;
        self.rest = tail;
        Ok(head)
    }

    /// Takes the next `N` bytes as an array.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] naming `what` when fewer are left.
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DecodeError> {
        let (head, tail) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(DecodeError::Truncated { what })?;
        self.rest = tail;
        Ok(*head)
    }

    /// One raw byte.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] at the end of the input.
    pub fn byte(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    /// A varint that must fit `bits` bits (at most 64): canonical, no overflow in the last possible byte (chain §1.1).
    fn varint(&mut self, bits: u32, what: &'static str) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        let mut shift = 0_u32;
        loop {
            let byte = self.byte(what)?;
            if byte == 0 && shift != 0 {
                return Err(DecodeError::NonCanonicalVarint);
            }
            let room = bits.saturating_sub(shift);
            if room == 0 || (room <= 7 && u32::from(byte) >= (1 << room)) {
                return Err(DecodeError::VarintOverflow { bits });
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            shift = shift.saturating_add(7);
        }
    }

    /// A varint of at most 64 bits.
    ///
    /// # Errors
    /// Truncated, not canonical, or too wide.
    pub fn varint_u64(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        self.varint(64, what)
    }

    /// A varint of at most 32 bits.
    ///
    /// # Errors
    /// Truncated, not canonical, or too wide.
    pub fn varint_u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        self.varint(32, what)
            .map(|value| u32::try_from(value).expect("the varint reader bounds it to 32 bits"))
    }

    /// A varint of at most 16 bits.
    ///
    /// # Errors
    /// Truncated, not canonical, or too wide.
    pub fn varint_u16(&mut self, what: &'static str) -> Result<u16, DecodeError> {
        self.varint(16, what)
            .map(|value| u16::try_from(value).expect("the varint reader bounds it to 16 bits"))
    }

    /// A varint of at most 8 bits.
    ///
    /// # Errors
    /// Truncated, not canonical, or too wide.
    pub fn varint_u8(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        self.varint(8, what)
            .map(|value| u8::try_from(value).expect("the varint reader bounds it to 8 bits"))
    }

    /// A varint count of elements that take at least `smallest` bytes each: refused when the rest of the input cannot hold
    /// them, so that a caller may allocate for it.
    ///
    /// # Errors
    /// As [`Self::varint_u64`], or [`DecodeError::CountExceedsLimit`].
    pub fn count(&mut self, smallest: usize, what: &'static str) -> Result<usize, DecodeError> {
        let count = self.varint_u64(what)?;
        self.check_count(count, smallest, what)
    }

    /// Checks an already known `count` of elements of at least `smallest` bytes against the rest of the input.
    ///
    /// # Errors
    /// [`DecodeError::CountExceedsLimit`].
    pub fn check_count(&self, count: u64, smallest: usize, what: &'static str) -> Result<usize, DecodeError> {
        let limit = self.rest.len().checked_div(smallest).unwrap_or(0);
        match usize::try_from(count) {
            Ok(fits) if fits <= limit => Ok(fits),
            _ => Err(DecodeError::CountExceedsLimit {
                what,
                count,
                limit: limit as u64,
            }),
        }
    }

    /// `count` values in a row. The count is checked against the rest of the input before anything is allocated.
    ///
    /// # Errors
    /// Whatever an element reports, or [`DecodeError::CountExceedsLimit`].
    pub fn repeated<T>(
        &mut self,
        count: usize,
        smallest: usize,
        what: &'static str,
        mut element: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let count = self.check_count(count as u64, smallest, what)?;
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            values.push(element(self)?);
        }
        Ok(values)
    }

    /// A varint count followed by that many varints (`vec<u64>` of chain §1.1).
    ///
    /// # Errors
    /// As the parts.
    pub fn varint_list(&mut self, what: &'static str) -> Result<Vec<u64>, DecodeError> {
        let count = self.count(1, what)?;
        self.repeated(count, 1, what, |reader| reader.varint_u64(what))
    }

    /// A varint length followed by that many bytes (`string` and `vec<u8>` of chain §1.1).
    ///
    /// # Errors
    /// As the parts.
    pub fn byte_string(&mut self, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let length = self.count(1, what)?;
        self.bytes(length, what)
    }

    /// A fixed-width little-endian `u16`.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u16_le(&mut self, what: &'static str) -> Result<u16, DecodeError> {
        self.array(what).map(u16::from_le_bytes)
    }

    /// A fixed-width little-endian `u32`.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u32_le(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// A fixed-width little-endian `u64`.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u64_le(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// Demands that nothing is left.
    ///
    /// # Errors
    /// [`DecodeError::TrailingBytes`].
    pub const fn finish(&self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::TrailingBytes { count: self.rest.len() })
        }
    }
}

/// Appends a varint: unsigned LEB128, lowest group first (chain §1.1).
pub fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a varint length and the bytes.
pub fn write_byte_string(out: &mut Vec<u8>, bytes: &[u8]) {
    write_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a varint count and each value as a varint.
pub fn write_varint_list(out: &mut Vec<u8>, values: &[u64]) {
    write_varint(out, values.len() as u64);
    for value in values {
        write_varint(out, *value);
    }
}

/// A value with exactly one consensus encoding.
pub trait ConsensusEncode {
    /// Appends the encoding to `out`.
    fn encode_to(&self, out: &mut Vec<u8>);

    /// The encoding as a fresh vector.
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_to(&mut out);
        out
    }
}

/// The inverse of [`ConsensusEncode`].
pub trait ConsensusDecode: Sized {
    /// Reads one value and leaves the reader behind it.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Reads one value that must fill `input` to its last byte.
    ///
    /// # Errors
    /// The first rule that the bytes break, trailing bytes among them.
    fn decode(input: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(input);
        let value = Self::decode_from(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_have_the_known_encodings() {
        for (value, encoding) in [
            (0, "00"),
            (0x7f, "7f"),
            (0x80, "8001"),
            (0xcc, "cc01"),
            (0xff, "ff01"),
            (0x100, "8002"),
            (0xbf04, "84fe02"),
            (u64::from(u32::MAX), "ffffffff0f"),
            (u64::MAX, "ffffffffffffffffff01"),
        ] {
            let mut out = Vec::new();
            write_varint(&mut out, value);
            assert_eq!(hex::encode(&out), encoding);
            let mut reader = Reader::new(&out);
            assert_eq!(reader.varint_u64("value"), Ok(value));
            assert!(reader.is_empty());
        }
    }

    #[test]
    fn a_zero_byte_that_is_not_the_first_is_refused() {
        assert_eq!(
            Reader::new(&[0x80, 0x00]).varint_u64("value"),
            Err(DecodeError::NonCanonicalVarint)
        );
    }

    #[test]
    fn the_last_possible_byte_bounds_each_width() {
        assert_eq!(Reader::new(&[0xff, 0x01]).varint_u8("value"), Ok(255));
        assert_eq!(
            Reader::new(&[0xff, 0x02]).varint_u8("value"),
            Err(DecodeError::VarintOverflow { bits: 8 })
        );
        assert_eq!(Reader::new(&[0xff, 0xff, 0x03]).varint_u16("value"), Ok(u16::MAX));
        assert!(Reader::new(&[0xff, 0xff, 0x04]).varint_u16("value").is_err());
        assert!(
            Reader::new(&[0xff, 0xff, 0xff, 0xff, 0x10])
                .varint_u32("value")
                .is_err()
        );
        let mut eleven = vec![0xff; 10];
        eleven.push(0x01);
        assert_eq!(
            Reader::new(&eleven).varint_u64("value"),
            Err(DecodeError::VarintOverflow { bits: 64 })
        );
    }

    #[test]
    fn a_count_larger_than_the_input_is_refused_before_allocating() {
        let mut bytes = Vec::new();
        write_varint(&mut bytes, u64::MAX);
        assert!(matches!(
            Reader::new(&bytes).count(32, "hashes"),
            Err(DecodeError::CountExceedsLimit { .. })
        ));
    }
}
