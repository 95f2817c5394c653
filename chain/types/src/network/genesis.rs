//! The first block as data, and its id (chain §3.5).

use crate::{
    amount::Amount,
    block::{BatchingTail, Block, BlockHeader, LeaderTail, PulseHeader},
    bytes::Hash,
    codec::{ConsensusDecode, ConsensusEncode, DecodeError},
    height::Timestamp,
    network::HardForkVersion,
    transaction::Transaction,
};
use thiserror::Error;

/// Coinbase of [`Genesis::regtest`].
const REGTEST_TRANSACTION: &str = include_str!("regtest-genesis.hex");

/// Mainnet's and fakechain's coinbase of the first block: 500,000, 2,000,000 and 20,000,000 OXEN.
const MAINNET_TRANSACTION: &str = "021e01ff000380808d93f5d771027c4fd4553bc9886f1f49e3f76d945bf71e8632a94e6c177b19cbc780e7e6bdb48080b4ccd4dfc60302c8b9f6461f58ef3f2107e577c7425d06af584a1c7482bf19060e84059c98b4c3808088fccdbcc32302732b53b0b0db706fcc3087074fb4b786da5ab72b2065699f9453448b0db27f892101ed71f2ce3fc70d7b2036f8a4e4b3fb75c66c12184b55a908e7d1a1d6995566cf00";
/// The coinbase of the first block of testnet, devnet, stagenet and localdev.
const TEST_NETWORKS_TRANSACTION: &str = "04011e1e01ff00018080c9db97f4fb2702fa27e905f604faa4eb084ee675faca77b0cfea9adec1526da33cae5e286f31624201dae05bf3fa1662b7fd373c92426763d921cf3745e10ee43edb510f690c656f247200000000000000000000000000000000000000000000000000000000000000000000";

/// What the first block is made of: no transactions, no previous block, no proof of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    /// Bytes of the coinbase.
    pub transaction: Vec<u8>,
    /// Nonce of the header.
    pub nonce: u32,
    /// Time of the header.
    pub timestamp: Timestamp,
    /// Major version of the header.
    pub major_version: u8,
    /// Minor version of the header.
    pub minor_version: u8,
    /// Id that the block must have.
    pub block_id: Hash,
}

/// Why parts are not a first block.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GenesisError {
    /// The coinbase does not decode.
    #[error("the genesis transaction does not decode: {0}")]
    Transaction(#[source] DecodeError),
    /// The transaction has other inputs than one of kind `gen`.
    #[error("the genesis transaction is not a coinbase: it must have exactly one generation input")]
    NotACoinbase,
    /// Blocks of this version carry no coinbase, so there would be no coins.
    #[error("a genesis block cannot have major version {major}: take one from 7 to 20")]
    NoCoinbaseInVersion {
        /// The version.
        major: u8,
    },
    /// The block has another id.
    #[error(
        "the genesis block has the id {computed}, not {expected}: correct the id, or the transaction, nonce, version or time"
    )]
    WrongId {
        /// The id that was given.
        expected: Hash,
        /// The id of the block.
        computed: Hash,
    },
}

impl Genesis {
    /// The first block of mainnet and fakechain.
    pub(super) fn mainnet() -> Self {
        Self::built_in(
            MAINNET_TRANSACTION,
            1_022_201,
            "08ff156d993012b0bdf2816c4bee47c9bbc7930593b70ee02574edddf15ee933",
        )
    }

    /// The first block of testnet, devnet, stagenet and localdev.
    pub(super) fn test_networks() -> Self {
        Self::built_in(
            TEST_NETWORKS_TRANSACTION,
            12_345,
            "93228e506979e2159af05ff19a06dd35ac27a54b9b9feee76db14b534d739fe2",
        )
    }

    /// The first block of regtest: it pays a published faucet wallet, whose words stand in `chain/node`, in outputs enough for
    /// rings. A test there makes it anew and compares.
    pub(super) fn regtest() -> Self {
        Self::built_in(
            REGTEST_TRANSACTION.trim_ascii_end(),
            12_345,
            "ac46e06c1353a301f3f4b0b50b8748290b793cf413ff3f31b3011341e53134d6",
        )
    }

    /// The block.
    ///
    /// # Errors
    /// The coinbase does not decode, or blocks of the version have none.
    pub fn block(&self) -> Result<Block, GenesisError> {
        let version = HardForkVersion::new(self.major_version);
        if version >= HardForkVersion::ETHEREUM {
            return Err(GenesisError::NoCoinbaseInVersion {
                major: self.major_version,
            });
        }
        let coinbase = Transaction::decode(&self.transaction).map_err(GenesisError::Transaction)?;
        if !coinbase.is_coinbase() {
            return Err(GenesisError::NotACoinbase);
        }
        Ok(Block {
            header: BlockHeader {
                major_version: self.major_version,
                minor_version: self.minor_version,
                timestamp: self.timestamp,
                previous: Hash::ZERO,
                nonce: self.nonce,
                pulse: (version >= HardForkVersion::PULSE).then(PulseHeader::default),
                leader: (version >= HardForkVersion::ETHEREUM_TRANSITION).then_some(LeaderTail {
                    reward: Amount::ZERO,
                    leader_key_end: [0; 4],
                }),
                l2: None,
            },
            miner_transaction: Some(coinbase),
            transaction_ids: Vec::new(),
            l2_event_count: 0,
            signatures: Vec::new(),
            batching_tail: (version == HardForkVersion::REWARD_BATCHING)
                .then_some(BatchingTail::Compact { reward: Amount::ZERO }),
        })
    }

    /// The bytes of the block.
    ///
    /// # Errors
    /// As [`Self::block`].
    pub fn block_bytes(&self) -> Result<Vec<u8>, GenesisError> {
        self.block().map(|block| block.encode())
    }

    /// Checks that the parts give the id that the block must have.
    ///
    /// # Errors
    /// As [`Self::block`], or [`GenesisError::WrongId`].
    pub fn verify(&self) -> Result<(), GenesisError> {
        let computed = self.block()?.id();
        if computed == self.block_id {
            Ok(())
        } else {
            Err(GenesisError::WrongId {
                expected: self.block_id,
                computed,
            })
        }
    }

    fn built_in(transaction: &str, nonce: u32, block_id: &str) -> Self {
        Self {
            transaction: hex::decode(transaction).expect("the constants above are hexadecimal"),
            nonce,
            timestamp: Timestamp::from_seconds(0),
            major_version: 7,
            minor_version: 7,
            block_id: block_id.parse().expect("the ids above are 64 hexadecimal characters"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn genesis_blocks_have_the_known_bytes_and_ids() {
        for (genesis, transaction_id, nonce) in [
            (
                Genesis::mainnet(),
                "89389fee6d21b5afec266bf4741afce91d7cdd0e033689d4abb5e33a0481426a",
                "f9980f00",
            ),
            (
                Genesis::test_networks(),
                "04288dc00eef09adce0b54eadae67dce8e8f68c23673ee2bcf04e86cc50799f4",
                "39300000",
            ),
        ] {
            assert_eq!(genesis.verify(), Ok(()));
            let block = genesis.block().expect("decodes");
            assert_eq!(
                block.miner_transaction.as_ref().expect("before HF21").id().to_string(),
                transaction_id
            );
            let blob = format!("070700{}{nonce}{transaction_id}01", "00".repeat(32));
            assert_eq!(hex::encode(block.hashing_blob()), blob);
            let bytes = genesis.block_bytes().expect("encodes");
            let transaction = hex::encode(&genesis.transaction);
            assert_eq!(
                hex::encode(bytes),
                format!("070700{}{nonce}{transaction}00", "00".repeat(32))
            );
        }
    }

    #[test]
    fn another_nonce_is_another_block() {
        let genesis = Genesis {
            nonce: 1,
            ..Genesis::mainnet()
        };
        assert!(matches!(genesis.verify(), Err(GenesisError::WrongId { .. })));
    }

    #[test]
    fn a_genesis_block_of_every_version_with_a_coinbase_decodes_again() {
        for major_version in 7..=20 {
            let genesis = Genesis {
                major_version,
                ..Genesis::test_networks()
            };
            let block = genesis.block().expect("has a coinbase");
            assert_eq!(Block::decode(&block.encode()), Ok(block), "version {major_version}");
        }
        let genesis = Genesis {
            major_version: 21,
            ..Genesis::test_networks()
        };
        assert_eq!(genesis.block(), Err(GenesisError::NoCoinbaseInVersion { major: 21 }));
    }

    #[test]
    fn a_transaction_that_is_no_coinbase_is_refused() {
        let state_change = format!("04000000004b78040196ac4f070103{}010101", "88".repeat(64));
        let transaction = hex::decode(state_change).expect("hex");
        let refused = Genesis {
            transaction,
            ..Genesis::mainnet()
        }
        .block()
        .expect_err("not a coinbase");
        assert_eq!(refused, GenesisError::NotACoinbase);
        let refused = Genesis {
            transaction: vec![9],
            ..Genesis::mainnet()
        }
        .block()
        .expect_err("no version 9");
        assert!(matches!(refused, GenesisError::Transaction(_)));
    }
}
