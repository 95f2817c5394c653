//! The published wallet that the regtest genesis pays.
//!
//! Mined HF19 blocks pay their miner nothing, so a chain of one node needs money from its first block on, in enough outputs
//! for rings. Everybody knows these words: they are worth nothing anywhere else.

use oxen_crypto::{AccountKeys, KeyDerivation, KeyError, SecretKey, hash_to_scalar};
use oxen_types::{
    Amount, PublicKey, Transaction, UnlockTime,
    extra::{Extra, ExtraField},
    network::constants::COINBASE_UNLOCK_BLOCKS,
    transaction::{Input, Output, OutputTarget, Proofs, TransactionPrefix, TransactionType, TransactionVersion},
};

/// Seed words of the faucet wallet.
pub const FAUCET_SEED: &str = include_str!("faucet-seed.txt");

/// Outputs that the genesis block pays to it.
pub const FAUCET_OUTPUTS: u64 = 100;

/// Worth of each.
pub const FAUCET_OUTPUT_AMOUNT: Amount = Amount::from_atomic(20_000 * Amount::OXEN.atomic());

/// The faucet's keys.
#[must_use]
pub fn faucet_keys() -> AccountKeys {
    AccountKeys::from_spend_key(secret(b"oxen regtest faucet"))
}

/// The coinbase of the regtest genesis block. Deterministic: the network's constant must equal it.
///
/// # Errors
/// None that these constants could cause.
pub fn faucet_genesis() -> Result<Transaction, KeyError> {
    let keys = faucet_keys();
    let transaction_key = secret(b"oxen regtest genesis");
    let derivation = KeyDerivation::new(&transaction_key, &keys.view_keys().view_public())?;
    let spend = keys.view_keys().spend;
    let outputs = (0..FAUCET_OUTPUTS)
        .map(|index| {
            let key = derivation.derive_public_key(index, &spend)?;
            Ok(Output {
                amount: FAUCET_OUTPUT_AMOUNT,
                target: OutputTarget::Key(key),
            })
        })
        .collect::<Result<Vec<_>, KeyError>>()?;
    let mut extra = Extra::default();
    extra.push(ExtraField::TransactionKey(transaction_key.public_key()));
    extra.push(ExtraField::Winner(PublicKey::ZERO));
    let unlock_time = UnlockTime::new(COINBASE_UNLOCK_BLOCKS);
    Ok(Transaction {
        prefix: TransactionPrefix {
            version: TransactionVersion::V4,
            output_unlock_times: vec![unlock_time; outputs.len()],
            unlock_time,
            inputs: vec![Input::Generation {
                height: oxen_types::Height::GENESIS,
            }],
            outputs,
            extra: extra.encode(),
            kind: TransactionType::Standard,
        },
        proofs: Proofs::Null,
    })
}

fn secret(label: &[u8]) -> SecretKey {
    hash_to_scalar(&[label])
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_crypto::mnemonic::{self, Language};
    use oxen_types::{ConsensusEncode, Network};

    #[test]
    fn the_published_words_are_the_faucets() {
        let keys = faucet_keys();
        let words = mnemonic::encode(&keys.spend.to_bytes(), Language::English);
        assert_eq!(FAUCET_SEED.trim(), words.as_str());
    }

    #[test]
    fn the_regtest_genesis_pays_the_faucet() {
        let expected = hex::encode(faucet_genesis().unwrap().encode());
        let genesis = Network::regtest().genesis;
        assert_eq!(hex::encode(&genesis.transaction), expected);
        assert!(genesis.verify().is_ok());
    }
}
