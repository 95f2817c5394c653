//! Seed words that decode encode to words that decode to the same seed; any seed does, in every language.
#![no_main]
use libfuzzer_sys::fuzz_target;
use oxen_crypto::mnemonic::{self, Language, MnemonicError};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(decoded) = mnemonic::decode(text)
    {
        let words = mnemonic::encode(&decoded.seed, decoded.language);
        if let Ok(again) = mnemonic::decode(&words) {
            assert_eq!(*again.seed, *decoded.seed);
        }
    }
    if let Some(seed) = data.first_chunk::<32>() {
        let choice = usize::from(data.get(32).copied().unwrap_or(0)) % Language::ALL.len();
        let words = mnemonic::encode(seed, Language::ALL[choice]);
        match mnemonic::decode(&words) {
            Ok(decoded) => assert_eq!(*decoded.seed, *seed),
            // Seeds of repeated bytes can have words that are another seed in another language: refused, not guessed.
            Err(error) => assert!(matches!(error, MnemonicError::Ambiguous { .. }), "{error}"),
        }
    }
});
