//! The first block as data, and its id (chain §3.5).

use crate::{bytes::Hash, height::Timestamp};

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
