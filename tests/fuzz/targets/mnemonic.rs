//! Seed words that decode encode to words that decode to the same seed; any seed does, in every language.
#![no_main]
use libfuzzer_sys::fuzz_target;
use oxen_crypto::mnemonic::{self, Language};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(decoded) = mnemonic::decode(text)
    {
        let words = mnemonic::encode(&decoded.seed, decoded.language);
        assert_eq!(*mnemonic::decode(&words).expect("our own words decode").seed, *decoded.seed);
    }
    if let Some(seed) = data.first_chunk::<32>() {
        let choice = usize::from(data.get(32).copied().unwrap_or(0)) % Language::ALL.len();
        let words = mnemonic::encode(seed, Language::ALL[choice]);
        assert_eq!(*mnemonic::decode(&words).expect("our own words decode").seed, *seed);
    }
});
