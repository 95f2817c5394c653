//! Base58, addresses and payment links: what parses prints back as it was.
#![no_main]
use libfuzzer_sys::fuzz_target;
use oxen_crypto::{Address, base58};
use oxen_types::Network;
use oxen_wallet_core::uri::PaymentUri;

fuzz_target!(|text: &str| {
    if let Ok(bytes) = base58::decode(text) {
        assert_eq!(base58::encode(&bytes), text);
    }
    if let Ok(bytes) = base58::decode_check(text) {
        assert_eq!(base58::encode_check(&bytes), text);
    }
    for network in [Network::mainnet(), Network::testnet()] {
        if let Ok(address) = Address::parse(text, &network.address_prefixes) {
            assert_eq!(address.encode(&network.address_prefixes), text);
        }
        if let Ok(uri) = PaymentUri::parse(text, &network.address_prefixes) {
            let printed = uri.encode(&network.address_prefixes);
            assert_eq!(PaymentUri::parse(&printed, &network.address_prefixes).expect("what was printed parses"), uri);
        }
    }
});
