//! What service nodes tell each other decodes within bounds, and what decodes is written as it was read.
#![no_main]
use libfuzzer_sys::fuzz_target;
use oxen_staking_rules::{Quorum, blink::ApprovalCertificate, uptime_proof::SignedProof, vote::Vote};
use parity_scale_codec::Encode;

fuzz_target!(|data: &[u8]| {
    if let Ok(vote) = Vote::from_message(data) {
        assert_eq!(vote.to_message(), data);
        assert!(vote.verify(&Quorum::default()).is_err(), "a quorum of nobody has no voters");
    }
    if let Ok(proof) = SignedProof::from_message(data) {
        let again = SignedProof::from_message(&proof.to_message()).expect("what was written reads back");
        assert_eq!(again.to_message(), proof.to_message());
    }
    if let Ok(certificate) = ApprovalCertificate::from_bytes(data) {
        assert_eq!(certificate.encode(), data);
    }
});
