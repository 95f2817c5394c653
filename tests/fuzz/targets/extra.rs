//! Transaction extra that parses encodes to extra that parses to the same fields.
#![no_main]
use libfuzzer_sys::fuzz_target;
use oxen_types::{extra::Extra, transaction::TransactionType};

fuzz_target!(|data: &[u8]| {
    if let Ok(extra) = Extra::parse_of(TransactionType::OxenSwap, data) {
        let again = Extra::parse_of(TransactionType::OxenSwap, &extra.encode()).expect("what was written parses");
        assert_eq!(extra, again);
    }
    if let Ok(extra) = Extra::parse(data) {
        let again = Extra::parse(&extra.encode()).expect("what was written parses");
        assert_eq!(again, extra);
        let _ = (extra.burned(), extra.winner(), extra.name_record(), extra.registration(), extra.state_change());
        let _ = extra.nonce().map(|nonce| nonce.content());
        let _ = extra.registration().map(|registration| registration.signature_hash());
        let mut sorted = extra.clone();
        sorted.sort_for_writing();
    } else {
        assert!(Extra::parse_or_empty(data).fields().is_empty());
    }
});
