//! Reading portable storage.

use super::{ARRAY, DEEPEST, MOST_VALUES, SIGNATURE, Section, Value, kind};
use oxen_types::{DecodeError, codec::Reader};
use thiserror::Error;

/// Why bytes are not portable storage.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EpeeError {
    /// It does not begin as it must.
    #[error("the bytes do not begin as portable storage does")]
    Signature,
    /// Cut, or longer than it says.
    #[error(transparent)]
    Bytes(#[from] DecodeError),
    /// A type that does not exist.
    #[error("{found:#04x} is not the type of a value")]
    UnknownType {
        /// The type byte.
        found: u8,
    },
    /// A name that is not UTF-8.
    #[error("a name is not text")]
    NameNotText,
    /// More values than any request has.
    #[error("the document has more than {MOST_VALUES} values")]
    TooManyValues,
    /// Deeper than any request is.
    #[error("the document is nested deeper than {DEEPEST} levels")]
    TooDeep,
}

impl Section {
    /// Reads a document to its last byte.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, EpeeError> {
        let body = bytes.strip_prefix(&SIGNATURE).ok_or(EpeeError::Signature)?;
        let mut decoder = Decoder {
            reader: Reader::new(body),
            values: 0,
        };
        let section = decoder.section(0)?;
        decoder.reader.finish()?;
        Ok(section)
    }
}

struct Decoder<'a> {
    reader: Reader<'a>,
    values: usize,
}

impl Decoder<'_> {
    fn section(&mut self, depth: usize) -> Result<Section, EpeeError> {
        if depth >= DEEPEST {
            return Err(EpeeError::TooDeep);
        }
        // A name of no bytes, a type and a value take three.
        let count = self.count(3, "entries")?;
        let mut section = Section::new();
        for _ in 0..count {
            let length = self.reader.byte("name length")?;
            let name = self.reader.bytes(usize::from(length), "name")?;
            let name = std::str::from_utf8(name)
                .map_err(|_| EpeeError::NameNotText)?
                .to_owned();
            let kind = self.reader.byte("type")?;
            let value = self.value(kind, depth)?;
            section.0.insert(name, value);
        }
        Ok(section)
    }

    fn value(&mut self, kind: u8, depth: usize) -> Result<Value, EpeeError> {
        if kind & ARRAY == 0 {
            return self.element(kind, depth);
        }
        let kind = kind & !ARRAY;
        let count = self.count(smallest(kind)?, "elements")?;
        if count > MOST_VALUES {
            return Err(EpeeError::TooManyValues);
        }
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            values.push(self.element(kind, depth)?);
        }
        Ok(Value::Array(values))
    }

    fn element(&mut self, kind: u8, depth: usize) -> Result<Value, EpeeError> {
        self.values = self.values.saturating_add(1);
        if self.values > MOST_VALUES {
            return Err(EpeeError::TooManyValues);
        }
        let reader = &mut self.reader;
        Ok(match kind {
            kind::INT64 => Value::Signed(i64::from_le_bytes(reader.array("number")?)),
            kind::INT32 => Value::Signed(i32::from_le_bytes(reader.array("number")?).into()),
            kind::INT16 => Value::Signed(i16::from_le_bytes(reader.array("number")?).into()),
            kind::INT8 => Value::Signed(i8::from_le_bytes(reader.array("number")?).into()),
            kind::UINT64 => Value::Unsigned(u64::from_le_bytes(reader.array("number")?)),
            kind::UINT32 => Value::Unsigned(u32::from_le_bytes(reader.array("number")?).into()),
            kind::UINT16 => Value::Unsigned(u16::from_le_bytes(reader.array("number")?).into()),
            kind::UINT8 => Value::Unsigned(reader.byte("number")?.into()),
            kind::DOUBLE => Value::Double(f64::from_le_bytes(reader.array("number")?)),
            kind::STRING => {
                let length = self.count(1, "string")?;
                Value::Bytes(self.reader.bytes(length, "string")?.to_vec())
            }
            kind::BOOL => Value::Bool(reader.byte("flag")? != 0),
            kind::OBJECT => Value::Section(self.section(depth.saturating_add(1))?),
            found => return Err(EpeeError::UnknownType { found }),
        })
    }

    /// A count of things that take at least `smallest` bytes each. The two lowest bits say how many bytes the number has.
    fn count(&mut self, smallest: usize, what: &'static str) -> Result<usize, EpeeError> {
        let first = self.reader.clone().byte(what)?;
        let number = match first & 3 {
            0 => u64::from(self.reader.byte(what)?),
            1 => u64::from(self.reader.u16_le(what)?),
            2 => u64::from(self.reader.u32_le(what)?),
            _ => self.reader.u64_le(what)?,
        };
        Ok(self.reader.check_count(number >> 2, smallest, what)?)
    }
}

/// Fewest bytes of a value.
const fn smallest(kind: u8) -> Result<usize, EpeeError> {
    Ok(match kind {
        kind::INT64 | kind::UINT64 | kind::DOUBLE => 8,
        kind::INT32 | kind::UINT32 => 4,
        kind::INT16 | kind::UINT16 => 2,
        kind::INT8 | kind::UINT8 | kind::STRING | kind::BOOL | kind::OBJECT => 1,
        found => return Err(EpeeError::UnknownType { found }),
    })
}
