//! The text form of an onion service's key: 52 characters of z-base-32, which has no letters that are easily confused.

/// Digits in the order of their value.
const DIGITS: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";
/// Bits of a digit.
const BITS: u32 = 5;
/// Characters of 32 bytes: 51 digits of 5 bits and one of a single bit.
pub const KEY_CHARACTERS: usize = 52;

/// Writes 32 bytes.
#[must_use]
pub fn encode(key: &[u8; 32]) -> String {
    let mut text = String::with_capacity(KEY_CHARACTERS);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    let mut push = |value: u32| {
        if let Some(digit) = DIGITS.get((value & 31) as usize) {
            text.push(char::from(*digit));
        }
    };
    for byte in key {
        buffer = (buffer & 31) << 8 | u32::from(*byte);
        bits = bits.saturating_add(8);
        while bits >= BITS {
            bits = bits.saturating_sub(BITS);
            push(buffer >> bits);
        }
    }
    if bits > 0 {
        push(buffer << BITS.saturating_sub(bits));
    }
    text
}

/// Reads 32 bytes in either case; `None` when the text is not 52 digits, or the last one holds more than a single bit.
#[must_use]
pub fn decode(text: &str) -> Option<[u8; 32]> {
    if text.len() != KEY_CHARACTERS {
        return None;
    }
    let mut key = Vec::with_capacity(32);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for character in text.bytes() {
        let character = character.to_ascii_lowercase();
        let value = DIGITS.iter().position(|digit| *digit == character)?;
        buffer = (buffer << BITS | u32::try_from(value).ok()?) & 0xffff;
        bits = bits.saturating_add(BITS);
        if bits >= 8 {
            bits = bits.saturating_sub(8);
            key.push(u8::try_from(buffer >> bits & 0xff).ok()?);
        }
    }
    let unused = 1_u32.checked_shl(bits)?.saturating_sub(1);
    if buffer & unused != 0 {
        return None;
    }
    key.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_digit_holds_one_bit() {
        assert_eq!(encode(&[0; 32]), "y".repeat(52));
        let mut one = [0; 32];
        one[31] = 1;
        assert_eq!(encode(&one), format!("{}o", "y".repeat(51)));
        assert_eq!(decode(&format!("{}o", "Y".repeat(51))), Some(one));
        assert_eq!(decode(&format!("{}b", "y".repeat(51))), None);
        assert_eq!(decode(&"y".repeat(51)), None);
        assert_eq!(decode(&format!("{}ly", "y".repeat(50))), None, "there is no digit l");
    }

    proptest! {
        #[test]
        fn every_key_comes_back(key: [u8; 32]) {
            let text = encode(&key);
            prop_assert_eq!(text.len(), KEY_CHARACTERS);
            prop_assert!(text.ends_with(['y', 'o']));
            prop_assert_eq!(decode(&text), Some(key));
        }
    }
}
