//! Whatever bytes or text come in, reading them ends with a value or an error.
#![allow(missing_docs, clippy::unwrap_used)]

use oxen_crypto::AddressPrefixes;
use oxen_types::{
    PublicKey,
    scan::{ScanAnswer, ScanPool},
};
use oxen_wallet_core::{
    KeysSection, Lookahead,
    address::{AddressUse, parse_address},
    state::{StateError, WalletState},
    uri::PaymentUri,
};
use proptest::prelude::*;

const MAINNET: AddressPrefixes = AddressPrefixes {
    standard: 114,
    integrated: 115,
    subaddress: 116,
};

fn state() -> WalletState {
    WalletState::new(
        PublicKey::new([3; 32]),
        oxen_types::Height::new(7),
        Lookahead::default(),
    )
}

#[test]
fn a_state_is_only_read_by_its_owner_and_its_version() {
    let bytes = state().encode_versioned();
    assert_eq!(
        WalletState::decode_versioned(&bytes, &PublicKey::new([3; 32])),
        Ok(state())
    );
    let other = WalletState::decode_versioned(&bytes, &PublicKey::new([4; 32]));
    assert_eq!(other, Err(StateError::OtherWallet));
    let mut newer = bytes.to_vec();
    newer[0] += 1;
    let refused = WalletState::decode_versioned(&newer, &PublicKey::new([3; 32]));
    assert_eq!(refused, Err(StateError::UnknownVersion { found: 3 }));
}

#[test]
fn a_state_of_the_version_without_stakes_is_read() {
    let bytes = state().encode_versioned();
    // Nothing covered, and four empty maps, at the end.
    let (without, stakes) = bytes.split_at(bytes.len() - 5);
    assert_eq!(stakes, [0; 5]);
    let mut older = without.to_vec();
    older[0] = 1;
    let owner = PublicKey::new([3; 32]);
    assert_eq!(WalletState::decode_versioned(&older, &owner), Ok(state()));
    assert_eq!(
        WalletState::decode_versioned(&older[..older.len() - 1], &owner),
        Err(StateError::Malformed)
    );
}

proptest! {
    #[test]
    fn random_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = ScanAnswer::decode_bounded(&bytes);
        let _ = ScanPool::decode_bounded(&bytes);
        let _ = KeysSection::decode(&bytes);
        for version in [1, 2] {
            let mut versioned = vec![version];
            versioned.extend(&bytes);
            prop_assert!(WalletState::decode_versioned(&versioned, &PublicKey::ZERO).is_err());
            let _ = KeysSection::decode(&versioned);
        }
    }

    #[test]
    fn damaged_states_never_read_as_another_state(place in 0_usize..2_000, flip in 1_u8..) {
        let mut bytes = state().encode_versioned().to_vec();
        let place = place % bytes.len();
        bytes[place] ^= flip;
        if let Ok(read) = WalletState::decode_versioned(&bytes, &PublicKey::new([3; 32])) {
            prop_assert_ne!(read, state());
        }
    }

    #[test]
    fn random_text_is_refused_or_read(text in "\\PC{0,120}", query in "[a-z_]{0,12}=?[%0-9a-zA-Z&=]{0,40}") {
        let _ = parse_address(&text, &MAINNET, AddressUse::Payment);
        let _ = PaymentUri::parse(&format!("oxen:{text}"), &MAINNET);
        let address = "L5yYM5GZdUS4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfJM5y7PK";
        if let Ok(uri) = PaymentUri::parse(&format!("oxen:{address}?{query}"), &MAINNET) {
            prop_assert_eq!(PaymentUri::parse(&uri.encode(&MAINNET), &MAINNET), Ok(uri));
        }
    }
}
