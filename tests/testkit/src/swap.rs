//! Burns for the swap from OXEN to SESH: real transfers of type 100.

use crate::{
    chain::TestChain,
    network::TestNetwork,
    transfer::{Transfer, TransferBuilder},
};
use oxen_types::{
    Amount, ExtraField, Network,
    bytes::EthereumAddress,
    extra::SwapField,
    network::{HardFork, SwapParameters},
    transaction::TransactionType,
};

/// What is paid beside what is burned: above what any pool asks for.
const FEE: Amount = Amount::from_atomic(200_000_000);

/// Height of the first block that takes burns on [`TestNetwork::with_swap`].
pub const SWAP_BEGINS: u64 = 5;

impl TestNetwork {
    /// Has the fork of the swap, and the recommended parameters but for these changes.
    #[must_use]
    pub fn with_swap(self, change: impl FnOnce(&mut SwapParameters)) -> Self {
        self.forks(&[
            HardFork::new(7, 0, 0),
            HardFork::new(19, 3, 1),
            HardFork::new(20, 0, 2),
            HardFork::new(21, 0, 3),
            HardFork::new(30, 0, SWAP_BEGINS),
        ])
        .with(|network: &mut Network| {
            let mut parameters = SwapParameters::recommended(EthereumAddress::new([0xc1; 20]));
            change(&mut parameters);
            network.swap = Some(parameters);
        })
    }
}

/// Says what a burn asks for. It is paid from the treasury and has one output, the change.
#[derive(Debug, Clone)]
pub struct SwapBuilder {
    field: SwapField,
    burned: Amount,
    fee: Amount,
    seed: u64,
}

impl SwapBuilder {
    /// Burns so much for a recipient, at the first ratio of the chain that [`TestNetwork::with_swap`] has.
    #[must_use]
    pub fn new(recipient: EthereumAddress, burned: Amount) -> Self {
        Self {
            field: SwapField {
                version: SwapField::VERSION,
                l2_chain_id: Network::regtest().l2.chain_id,
                recipient,
                ratio_index: 0,
                nonce: [0; 8],
            },
            burned,
            fee: FEE,
            seed: 0,
        }
    }

    /// Changes the field.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut SwapField)) -> Self {
        change(&mut self.field);
        self
    }

    /// Pays this much beside what it burns.
    #[must_use]
    pub const fn fee(mut self, fee: Amount) -> Self {
        self.fee = fee;
        self
    }

    /// Other random numbers.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The transfer that carries the burn, for a test that changes more of it.
    #[must_use]
    pub fn transfer(&self) -> TransferBuilder {
        TransferBuilder::new()
            .kind(TransactionType::OxenSwap)
            .outputs(1)
            .extra_field(ExtraField::Swap(self.field))
            .burn(self.burned)
            .fee(self.burned.saturating_add(self.fee))
            .seed(self.seed)
    }

    /// Plans and proves.
    ///
    /// # Panics
    /// As [`TransferBuilder::plan`].
    #[must_use]
    pub fn build(&self, chain: &mut TestChain) -> Transfer {
        self.transfer().build(chain)
    }
}
