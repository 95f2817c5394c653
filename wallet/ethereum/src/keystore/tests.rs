use super::*;
use rand_core::OsRng;
use serde_json::{Value, json};

/// The secret key and the password of the examples in the definition of Web3 Secret Storage.
const SECRET: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const PASSWORD: &str = "testpassword";

const CHEAP: ScryptCost = ScryptCost { n: 2, r: 8, p: 1 };

/// The definition's example of scrypt. Its n is beyond the bound of RFC 7914 for r = 1, which is an error of that RFC.
fn scrypt_example() -> Value {
    json!({
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": {"iv": "83dbcc02d8ccb40e466191a123791e0e"},
            "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
            "kdf": "scrypt",
            "kdfparams": {
                "dklen": 32,
                "n": 262_144,
                "r": 1,
                "p": 8,
                "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"
            },
            "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"
        },
        "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
        "version": 3
    })
}

/// The definition's example of PBKDF2.
fn pbkdf2_example() -> Value {
    json!({
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
            "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
            "kdf": "pbkdf2",
            "kdfparams": {
                "c": 262_144,
                "dklen": 32,
                "prf": "hmac-sha256",
                "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"
            },
            "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"
        },
        "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
        "version": 3
    })
}

fn decode(document: &Value) -> Result<Keystore, KeystoreError> {
    Keystore::decode(document.to_string().as_bytes())
}

/// A file of a new key, as JSON.
fn sealed(password: &str) -> (EthereumKey, Value) {
    let key = EthereumKey::random(&mut OsRng);
    let file = Keystore::seal(&key, password, CHEAP, &mut OsRng).unwrap();
    (key, serde_json::from_slice(&file.encode().unwrap()).unwrap())
}

/// A document with another value at this place.
fn with(document: &Value, place: &str, value: Value) -> Value {
    let mut changed = document.clone();
    *changed.pointer_mut(place).unwrap() = value;
    changed
}

#[test]
fn the_examples_of_the_definition_open() {
    for example in [scrypt_example(), pbkdf2_example()] {
        let key = decode(&example).unwrap().open(PASSWORD).unwrap();
        assert_eq!(hex::encode(*key.to_bytes()), SECRET);
    }
}

#[test]
fn the_right_password_opens_and_any_other_does_not() {
    let (key, document) = sealed("pässwörd");
    let file = decode(&document).unwrap();
    assert_eq!(*file.open("pässwörd").unwrap().to_bytes(), *key.to_bytes());
    for wrong in ["", "passwort"] {
        assert!(matches!(file.open(wrong), Err(KeystoreError::WrongPassword)));
    }
}

#[test]
fn a_written_file_has_the_fields_that_other_wallets_want_and_not_the_key() {
    let (key, document) = sealed("p");
    assert_eq!(document["version"], 3);
    assert_eq!(document["address"], hex::encode(key.address().as_bytes()));
    assert_eq!(document["crypto"]["cipher"], "aes-128-ctr");
    assert_eq!(document["crypto"]["kdf"], "scrypt");
    let parameters = &document["crypto"]["kdfparams"];
    assert_eq!(
        (
            &parameters["n"],
            &parameters["r"],
            &parameters["p"],
            &parameters["dklen"]
        ),
        (&json!(2), &json!(8), &json!(1), &json!(32))
    );
    let id = document["id"].as_str().unwrap();
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!((lengths, &id[14..15]), (vec![8, 4, 4, 4, 12], "4"));
    assert!(!document.to_string().contains(&hex::encode(*key.to_bytes())));
}

#[test]
fn two_files_of_one_key_have_nothing_in_common() {
    let key = EthereumKey::random(&mut OsRng);
    let [one, other] = [(); 2].map(|()| Keystore::seal(&key, "p", CHEAP, &mut OsRng).unwrap().0);
    assert_ne!(one.crypto.ciphertext, other.crypto.ciphertext);
    assert_ne!(one.crypto.cipherparams.iv.0, other.crypto.cipherparams.iv.0);
    assert_ne!(one.id, other.id);
}

#[test]
fn the_spellings_of_other_wallets_are_read() {
    let (key, document) = sealed("p");
    let address = hex::encode(key.address().as_bytes());
    let mut other = json!({"version": 3, "Crypto": document["crypto"], "name": "savings"});
    for spelling in [
        Value::Null,
        json!(""),
        json!(address.to_uppercase()),
        json!(format!("0x{address}")),
    ] {
        other["address"] = spelling;
        assert_eq!(decode(&other).unwrap().open("p").unwrap().address(), key.address());
    }
}

#[test]
fn a_key_without_its_leading_zeros_is_read() {
    let secret = format!("{:0>64}", "01");
    let key = EthereumKey::from_hex(&secret).unwrap();
    let mut file = Keystore::seal(&key, "p", CHEAP, &mut OsRng).unwrap();
    let derived = file.0.crypto.kdf.derive("p").unwrap();
    let mut ciphertext = vec![1];
    apply_cipher(&derived, &file.0.crypto.cipherparams.iv.0, &mut ciphertext);
    file.0.crypto.mac = checksum(&derived, &ciphertext);
    file.0.crypto.ciphertext = Bytes(ciphertext);
    let read = Keystore::decode(&file.encode().unwrap()).unwrap();
    assert_eq!(hex::encode(*read.open("p").unwrap().to_bytes()), secret);
}

#[test]
fn absurd_work_is_refused_before_any_is_done() {
    let scrypt = |n: u64, r: u64, p: u64| {
        let parameters = json!({"dklen": 32, "n": n, "r": r, "p": p, "salt": "00"});
        decode(&with(&scrypt_example(), "/crypto/kdfparams", parameters))
    };
    assert!(scrypt(1 << 18, 8, 1).is_ok() && scrypt(1 << 19, 8, 8).is_ok());
    for (n, r, p) in [
        (1 << 23, 8, 1),
        (1 << 18, 8, 17),
        (2, 1 << 30, 1),
        (2, 1, 1 << 30),
        (1 << 63, 8, 1),
        (1 << 18, u64::MAX, u64::MAX),
        (2, u64::from(u32::MAX), u64::from(u32::MAX)),
        (262_143, 8, 1),
        (1, 8, 1),
        (0, 8, 1),
        (1 << 18, 0, 1),
        (1 << 18, 8, 0),
    ] {
        let refused = scrypt(n, r, p).unwrap_err();
        assert!(
            matches!(refused, KeystoreError::Scrypt(cost) if cost == ScryptCost { n, r, p }),
            "{n} {r} {p}: {refused}"
        );
    }
    for rounds in [0, 10_000_001, u64::MAX] {
        let refused = decode(&with(&pbkdf2_example(), "/crypto/kdfparams/c", json!(rounds))).unwrap_err();
        assert!(
            matches!(refused, KeystoreError::Pbkdf2(found) if found == rounds),
            "{refused}"
        );
    }
    for length in [0, 16, 33, u64::MAX] {
        let refused = decode(&with(&scrypt_example(), "/crypto/kdfparams/dklen", json!(length))).unwrap_err();
        assert!(
            matches!(refused, KeystoreError::DerivedLength(found) if found == length),
            "{refused}"
        );
    }
    let key = EthereumKey::random(&mut OsRng);
    let cost = ScryptCost { n: 1 << 40, ..CHEAP };
    assert!(matches!(
        Keystore::seal(&key, "p", cost, &mut OsRng),
        Err(KeystoreError::Scrypt(_))
    ));
}

#[test]
fn foreign_files_are_told_from_damaged_ones() {
    for foreign in [
        "",
        "OXENETHK",
        "{}",
        "[]",
        "null",
        "{\"version\":\"1\"}",
        "{\"encseed\":\"00\"}",
    ] {
        let refused = Keystore::decode(foreign.as_bytes()).unwrap_err();
        assert!(matches!(refused, KeystoreError::NotAKeystore), "{foreign}: {refused}");
    }
    let example = scrypt_example();
    assert!(matches!(
        decode(&with(&example, "/version", json!(4))),
        Err(KeystoreError::Version(4))
    ));
    for (place, value, said) in [
        ("/crypto/cipher", json!("aes-128-cbc"), "aes-128-cbc"),
        ("/crypto/kdf", json!("argon2id"), "argon2id"),
        ("/crypto/cipherparams/iv", json!("00"), "iv has not 16 bytes"),
        ("/crypto/ciphertext", json!("xy"), "Invalid character"),
        ("/crypto/kdfparams/salt", json!(null), "salt"),
        ("/crypto/kdfparams/n", json!(-1), "-1"),
    ] {
        let refused = decode(&with(&example, place, value)).unwrap_err();
        let message = refused.to_string();
        assert!(matches!(refused, KeystoreError::Fields(_)), "{place}: {message}");
        assert!(message.contains(said) || place.ends_with("salt"), "{place}: {message}");
    }
    let prf = with(&pbkdf2_example(), "/crypto/kdfparams/prf", json!("hmac-sha1"));
    assert!(matches!(decode(&prf), Err(KeystoreError::Fields(_))));
}

#[test]
fn what_is_no_secret_key_is_refused() {
    for length in [0, 33, 64] {
        let refused = decode(&with(
            &scrypt_example(),
            "/crypto/ciphertext",
            json!("00".repeat(length)),
        ))
        .unwrap_err();
        assert!(
            matches!(refused, KeystoreError::SecretLength(found) if found == length),
            "{refused}"
        );
    }
    let key = EthereumKey::random(&mut OsRng);
    let mut file = Keystore::seal(&key, "p", CHEAP, &mut OsRng).unwrap();
    let derived = file.0.crypto.kdf.derive("p").unwrap();
    let mut zero = vec![0; KEY_BYTES];
    apply_cipher(&derived, &file.0.crypto.cipherparams.iv.0, &mut zero);
    file.0.crypto.mac = checksum(&derived, &zero);
    file.0.crypto.ciphertext = Bytes(zero);
    assert!(matches!(file.open("p"), Err(KeystoreError::NotAKey)));
}

#[test]
fn a_changed_file_never_gives_another_key() {
    let (_, document) = sealed("p");
    for (place, value) in [
        ("/crypto/ciphertext", json!("00".repeat(KEY_BYTES))),
        ("/crypto/mac", json!("")),
        ("/crypto/kdfparams/salt", json!("00")),
    ] {
        let opened = decode(&with(&document, place, value)).unwrap().open("p");
        assert!(matches!(opened, Err(KeystoreError::WrongPassword)), "{place}");
    }
    // Nothing but the address protects the counter.
    let counter = with(&document, "/crypto/cipherparams/iv", json!("00".repeat(COUNTER_BYTES)));
    let address = with(&document, "/address", json!("00".repeat(20)));
    for changed in [counter, address] {
        assert!(matches!(
            decode(&changed).unwrap().open("p"),
            Err(KeystoreError::OtherAddress)
        ));
    }
}

#[test]
fn a_long_file_is_refused_unread() {
    let (_, mut document) = sealed("p");
    document["name"] = json!("x".repeat(usize::try_from(MAX_FILE_BYTES).unwrap()));
    assert!(matches!(decode(&document), Err(KeystoreError::TooLong)));
}

#[test]
fn every_cut_is_noticed() {
    let (_, document) = sealed("p");
    let bytes = document.to_string();
    for length in 0..bytes.len() {
        assert!(
            Keystore::decode(&bytes.as_bytes()[..length]).is_err(),
            "length {length}"
        );
    }
}
