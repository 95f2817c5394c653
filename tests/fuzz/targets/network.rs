//! A network description that loads describes itself again as the same network.
#![no_main]
use libfuzzer_sys::fuzz_target;
use oxen_types::network::NetworkDescription;

fuzz_target!(|text: &str| {
    if let Ok(description) = NetworkDescription::from_json(text)
        && let Ok(loaded) = description.to_network()
    {
        let again = NetworkDescription::of(&loaded.network).to_network().expect("our own description loads");
        assert_eq!(again.network, loaded.network);
    }
});
