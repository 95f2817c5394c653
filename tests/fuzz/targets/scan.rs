//! What a wallet reads from a node and from its own files never panics and stays bounded.
#![no_main]
use libfuzzer_sys::fuzz_target;
use oxen_types::{PublicKey, scan::{ScanAnswer, ScanBlock, ScanPool, ScanRequest}};
use oxen_wallet_core::{KeysSection, state::WalletState};
use parity_scale_codec::Encode;

fuzz_target!(|data: &[u8]| {
    if let Ok(request) = ScanRequest::decode_bounded(data) {
        assert_eq!(ScanRequest::decode_bounded(&request.encode()), Ok(request));
    }
    if let Ok(answer) = ScanAnswer::decode_bounded(data) {
        assert_eq!(ScanAnswer::decode_bounded(&answer.encode()), Ok(answer));
    }
    if let Ok(block) = ScanBlock::decode_bounded(data) {
        assert_eq!(ScanBlock::decode_bounded(&block.encode()), Ok(block));
    }
    if let Ok(pool) = ScanPool::decode_bounded(data) {
        assert_eq!(ScanPool::decode_bounded(&pool.encode()), Ok(pool));
    }
    let _ = KeysSection::decode(data);
    let _ = WalletState::decode_versioned(data, &PublicKey::ZERO);
});
