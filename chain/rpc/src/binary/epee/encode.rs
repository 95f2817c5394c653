//! Writing portable storage.

use super::{ARRAY, SIGNATURE, Section, Value, kind};

impl Section {
    /// The document.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = SIGNATURE.to_vec();
        write_section(&mut out, self);
        out
    }
}

fn write_section(out: &mut Vec<u8>, section: &Section) {
    write_count(out, section.0.len());
    for (name, value) in &section.0 {
        // Names are ours and short.
        let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
        out.push(length);
        out.extend(name.bytes().take(usize::from(length)));
        out.push(kind_of(value));
        match value {
            Value::Array(values) => {
                write_count(out, values.len());
                for value in values {
                    write_element(out, value);
                }
            }
            value => write_element(out, value),
        }
    }
}

/// The type byte; an array has that of its first element, an empty one that of numbers.
fn kind_of(value: &Value) -> u8 {
    match value {
        Value::Unsigned(_) => kind::UINT64,
        Value::Signed(_) => kind::INT64,
        Value::Double(_) => kind::DOUBLE,
        Value::Bytes(_) => kind::STRING,
        Value::Bool(_) => kind::BOOL,
        Value::Section(_) => kind::OBJECT,
        Value::Array(values) => ARRAY | values.first().map_or(kind::UINT64, kind_of),
    }
}

fn write_element(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Unsigned(number) => out.extend_from_slice(&number.to_le_bytes()),
        Value::Signed(number) => out.extend_from_slice(&number.to_le_bytes()),
        Value::Double(number) => out.extend_from_slice(&number.to_le_bytes()),
        Value::Bytes(bytes) => {
            write_count(out, bytes.len());
            out.extend_from_slice(bytes);
        }
        Value::Bool(flag) => out.push(u8::from(*flag)),
        Value::Section(section) => write_section(out, section),
        // The format knows no arrays in arrays, and no answer of ours has any.
        Value::Array(_) => {}
    }
}

/// The number in the fewest bytes, their count in its two lowest bits.
fn write_count(out: &mut Vec<u8>, count: usize) {
    let number = (count as u64) << 2;
    match count {
        0..=0x3f => out.push(number as u8),
        0x40..=0x3fff => out.extend_from_slice(&(number as u16 | 1).to_le_bytes()),
        0x4000..=0x3fff_ffff => out.extend_from_slice(&(number as u32 | 2).to_le_bytes()),
        _ => out.extend_from_slice(&(number | 3).to_le_bytes()),
    }
}
