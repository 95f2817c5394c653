//! The recorded chains of `OXEN_VECTORS`, whole.

use oxen_conformance::{
    Check, ConformanceError, Recording, decode,
    error::exit_code,
    replay::{self, Course},
};
use oxen_types::Height;
use std::{env, path::PathBuf};

/// A recorded chain; `None`, said aloud, when there are none.
pub fn open(name: &str) -> Option<Recording> {
    let Some(directory) = env::var_os("OXEN_VECTORS") else {
        println!("skipped: OXEN_VECTORS is not set");
        return None;
    };
    Some(Recording::open(&PathBuf::from(directory).join(name)).unwrap())
}

#[test]
fn the_hf19_chain_decodes_without_a_difference() {
    let Some(recording) = open("oxend-hf19") else { return };
    let report = decode::run(&recording);
    assert!(report.is_success(), "{report}");
    for (check, count) in [
        (Check::BlockId, 224),
        (Check::TransactionId, 494),
        (Check::RingSignatures, 436),
        (Check::RangeProofs, 248),
        (Check::PulseSignatures, 1225),
        (Check::OwnedKeyImages, 851),
        (Check::Payments, 220),
    ] {
        assert_eq!(report.tally(check).agreed, count, "{}", check.label());
    }
}

#[test]
fn the_chain_through_all_forks_decodes_without_a_difference() {
    let Some(recording) = open("oxend-hf7-19") else { return };
    let report = decode::run(&recording);
    assert!(report.is_success(), "{report}");
    for (check, count) in [
        (Check::BlockId, 455),
        (Check::TransactionId, 694),
        (Check::RingSignatures, 414),
        (Check::RangeProofs, 232),
        (Check::PulseSignatures, 2443),
        (Check::CheckpointSignatures, 60),
        (Check::OwnedKeyImages, 825),
        (Check::KeyImageExports, 825),
        (Check::Payments, 270),
    ] {
        assert_eq!(report.tally(check).agreed, count, "{}", check.label());
    }
}

#[test]
fn the_hf19_chain_replays_forwards_backwards_and_forwards() {
    let Some(recording) = open("oxend-hf19") else { return };
    let report = replay::run(&recording, Height::GENESIS, Course::ForwardBackForward).unwrap();
    assert!(report.is_success(), "{report}");
    for (check, count) in [
        (Check::Applied, 220),
        (Check::Submissions, 5),
        (Check::Branch, 8),
        (Check::Reverted, 220),
        (Check::Reapplied, 220),
    ] {
        assert_eq!(report.tally(check).agreed, count, "{}", check.label());
    }
}

#[test]
fn replay_refuses_forks_whose_rules_it_does_not_have() {
    let Some(recording) = open("oxend-hf7-19") else { return };
    let error = replay::run(&recording, Height::GENESIS, Course::ForwardBackForward).unwrap_err();
    assert!(matches!(
        error,
        ConformanceError::ForkNotSupported {
            version: 7,
            count: 184,
            ..
        }
    ));
    assert!(
        error
            .to_string()
            .starts_with("blocks of HF7 cannot be verified by this version")
    );
    assert_eq!(exit_code(&error), 3);
}
