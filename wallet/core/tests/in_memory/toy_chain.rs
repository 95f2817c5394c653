//! A chain of a few lists in memory, with the checks that a node makes of transfers (chain §2.6).

use oxen_crypto::{
    AccountKeys, Address, KeyDerivation, KeyPair, SecretKey, bulletproof,
    clsag::{self, RingMember},
    commitment, keys,
};
use oxen_types::{
    Amount, Commitment, ConsensusEncode, GlobalOutputIndex, Hash, Height, KeyImage, Network, PublicKey, Timestamp,
    Transaction, UnlockTime,
    extra::{Extra, ExtraField},
    keccak256,
    scan::{ScanBlock, ScanTransaction},
    transaction::{
        Input, Output, OutputTarget, Proofs, PrunedTransaction, TransactionPrefix, TransactionType, TransactionVersion,
    },
};
use oxen_wallet_core::{
    ChainView, Lookahead, StakeLocks, Wallet, WalletKeys,
    build::{
        BuildError, FeeRates, NameTransactionRequest, PreparedTransaction, SignedTransaction, StakeRequest,
        SwapTransactionRequest, SweepRequest, TransactionPlan, TransferRequest,
    },
    decoys::{Availability, CandidateOutput, DecoyPicker, OutputDistribution, PickerProfile, build_ring, check_rings},
    find_owned_in,
    keys::{Birthday, KeysSection},
    state::WalletState,
    wallet::WalletNetwork,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use std::collections::{BTreeMap, BTreeSet};

/// An output of the chain-wide list.
#[derive(Clone)]
struct ChainOutput {
    key: PublicKey,
    commitment: Commitment,
    height: Height,
    unlock_time: UnlockTime,
}

/// The chain.
pub struct ToyChain {
    pub rng: ChaCha20Rng,
    pub blocks: Vec<ScanBlock>,
    outputs: Vec<ChainOutput>,
    cumulative: Vec<u64>,
    spent: BTreeSet<KeyImage>,
    pub stakes: StakeLocks,
    salt: u8,
}

pub const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

impl ToyChain {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha20Rng::seed_from_u64(seed),
            blocks: Vec::new(),
            outputs: Vec::new(),
            cumulative: Vec::new(),
            spent: BTreeSet::new(),
            stakes: StakeLocks::default(),
            salt: 0,
        }
    }

    /// A chain on which outputs of strangers can hide ours.
    pub fn with_strangers(seed: u64) -> Self {
        let mut chain = Self::new(seed);
        let stranger = chain.stranger();
        for _ in 0..60 {
            chain.mine(&[(stranger, Amount::OXEN); 3], &[]);
        }
        chain
    }

    pub fn stranger(&mut self) -> Address {
        let keys = AccountKeys::from_spend_key(SecretKey::random(&mut self.rng));
        Address::of_account(&keys.view_keys(), oxen_crypto::SubaddressIndex::PRIMARY).unwrap()
    }

    pub fn height(&self) -> Height {
        Height::new(self.blocks.len() as u64)
    }

    pub fn view(&self) -> ChainView<'_> {
        ChainView {
            chain_height: self.height(),
            now: NOW,
            stakes: &self.stakes,
        }
    }

    /// A block with a batch payout to these addresses and these transactions, which are checked first.
    pub fn mine(&mut self, payouts: &[(Address, Amount)], transactions: &[&Transaction]) {
        for transaction in transactions {
            self.check(transaction);
        }
        let coinbase = self.coinbase(payouts);
        let height = self.height();
        let mut scanned = Vec::new();
        for transaction in std::iter::once(&coinbase).chain(transactions.iter().copied()) {
            let first = GlobalOutputIndex::new(self.outputs.len() as u64);
            scanned.push(ScanTransaction::new(
                transaction.id(),
                &PrunedTransaction::from(transaction),
                Some(first),
            ));
            self.spent.extend(transaction.prefix.key_images());
            for (position, output) in transaction.prefix.outputs.iter().enumerate() {
                self.outputs.push(ChainOutput {
                    key: output.key().unwrap(),
                    commitment: match &transaction.proofs {
                        Proofs::Clsag(proofs) => proofs.base.commitments[position],
                        _ => commitment::coinbase_commitment(output.amount),
                    },
                    height,
                    unlock_time: transaction.prefix.output_unlock_time(position),
                });
            }
        }
        self.push(scanned);
    }

    /// Blocks with no payments of interest.
    pub fn mine_empty(&mut self, count: u64) {
        let stranger = self.stranger();
        for _ in 0..count {
            self.mine(&[(stranger, Amount::OXEN)], &[]);
        }
    }

    fn push(&mut self, transactions: Vec<ScanTransaction>) {
        let height = self.height();
        let previous = self.blocks.last().map_or(Hash::ZERO, |block| block.id);
        let mut seed = previous.to_bytes().to_vec();
        seed.extend(height.index().to_le_bytes());
        seed.push(self.salt);
        self.cumulative.push(self.outputs.len() as u64);
        self.blocks.push(ScanBlock {
            height,
            id: keccak256(&seed),
            previous,
            timestamp: Timestamp::from_seconds(NOW.seconds() - 1_000_000 + 120 * height.index()),
            transactions,
        });
    }

    /// Takes blocks from `height` on away; what comes then has other ids.
    pub fn take_back(&mut self, height: Height) {
        let length = height.index() as usize;
        self.blocks.truncate(length);
        self.cumulative.truncate(length);
        self.outputs
            .truncate(self.cumulative.last().copied().unwrap_or(0) as usize);
        self.spent = self
            .blocks
            .iter()
            .flat_map(|block| &block.transactions)
            .flat_map(|tx| tx.key_images.clone())
            .collect();
        self.salt += 1;
    }

    /// As HF19 makes them: a random key first, then the height key that the outputs are made with (chain §3.4, §4.7).
    fn coinbase(&mut self, payouts: &[(Address, Amount)]) -> Transaction {
        let height = self.height();
        let mut secret = [0; 32];
        secret[..8].copy_from_slice(&(height.index() + 1).to_le_bytes());
        let secret = SecretKey::from_canonical_bytes(secret).unwrap();
        let unlock = UnlockTime::new(height.index() + 30);
        let outputs: Vec<Output> = payouts
            .iter()
            .zip(0..)
            .map(|((address, amount), index)| {
                let derivation = KeyDerivation::new(&secret, &address.view()).unwrap();
                let key = derivation.derive_public_key(index, &address.spend()).unwrap();
                Output {
                    amount: *amount,
                    target: OutputTarget::Key(key),
                }
            })
            .collect();
        let keys = [KeyPair::random(&mut self.rng).public, secret.public_key()];
        let mut extra = Extra::from_fields(keys.map(ExtraField::TransactionKey).to_vec());
        if payouts.iter().any(|(address, _)| address.is_subaddress()) {
            // No node makes such a coinbase, but it is the shortest way to fund a subaddress.
            let additional = payouts
                .iter()
                .map(|(address, _)| secret.multiply(&address.spend()).unwrap());
            extra.push(ExtraField::AdditionalKeys(additional.collect()));
        }
        Transaction {
            prefix: TransactionPrefix {
                version: TransactionVersion::V4,
                output_unlock_times: vec![unlock; outputs.len()],
                unlock_time: unlock,
                inputs: vec![Input::Generation { height }],
                outputs,
                extra: extra.encode(),
                kind: TransactionType::Standard,
            },
            proofs: Proofs::Null,
        }
    }

    /// The rules of chain §2.6, for a transaction of the next block.
    pub fn check(&mut self, transaction: &Transaction) {
        let prefix = &transaction.prefix;
        let Proofs::Clsag(proofs) = &transaction.proofs else {
            panic!("CLSAG is the only type")
        };
        assert_eq!(
            *transaction,
            oxen_types::ConsensusDecode::decode(&transaction.encode()).unwrap()
        );
        assert_eq!(prefix.version, TransactionVersion::V4);
        let least = match prefix.kind {
            TransactionType::OxenNameSystem | TransactionType::OxenSwap => 1,
            _ => 2,
        };
        assert!((least..=16).contains(&prefix.outputs.len()));
        assert_eq!(prefix.output_unlock_times.len(), prefix.outputs.len());
        assert!(prefix.outputs.iter().all(|output| output.amount.is_zero()));
        assert!(transaction.weight().bytes() <= 149_400);
        assert!(Extra::parse_of(prefix.kind, &prefix.extra).is_ok());
        let base = &proofs.base;
        commitment::check_balance(&proofs.prunable.pseudo_outputs, &base.commitments, base.fee).unwrap();
        let proof = proofs.prunable.range_proof.encode();
        bulletproof::verify(&proof, &base.commitments, &mut self.rng).unwrap();
        let rounds = 6 + prefix.outputs.len().next_power_of_two().trailing_zeros() as usize;
        assert_eq!(proofs.prunable.range_proof.left.len(), rounds, "canonical padding");
        let message = proofs.signed_message(prefix.hash());
        let mut previous = None;
        for (place, input) in prefix.inputs.iter().enumerate() {
            let Input::Key {
                amount,
                key_offsets,
                key_image,
            } = input
            else {
                panic!("key inputs only")
            };
            assert!(amount.is_zero());
            assert!(
                previous.is_none_or(|previous| *key_image < previous),
                "descending key images"
            );
            previous = Some(*key_image);
            assert!(!self.spent.contains(key_image), "double spend");
            assert!(keys::is_valid_key_image(key_image));
            let ring = self.ring(key_offsets);
            let signature = &proofs.prunable.signatures[place];
            let bytes = [
                signature.responses.concat(),
                signature.challenge.to_vec(),
                signature.auxiliary_image.to_vec(),
            ];
            clsag::verify(
                &bytes.concat(),
                &ring,
                key_image,
                &proofs.prunable.pseudo_outputs[place],
                &message,
            )
            .unwrap();
        }
    }

    fn ring(&self, offsets: &[u64]) -> Vec<RingMember> {
        assert_eq!(offsets.len(), 10);
        assert!(offsets.iter().skip(1).all(|offset| *offset > 0));
        let mut index = 0;
        offsets
            .iter()
            .map(|offset| {
                index += offset;
                let output = &self.outputs[usize::try_from(index).unwrap()];
                assert!(self.is_unlocked(output), "ring member {index} is locked");
                RingMember {
                    key: output.key,
                    commitment: output.commitment,
                }
            })
            .collect()
    }

    fn is_unlocked(&self, output: &ChainOutput) -> bool {
        let next = self.height().index();
        let open = match output.unlock_time.value() {
            height if height < 500_000_000 => next >= height,
            time => NOW.seconds() + 120 >= time,
        };
        open && next >= output.height.index() + 10
    }

    pub fn distribution(&self) -> OutputDistribution {
        OutputDistribution::new(Height::GENESIS, self.cumulative.clone()).unwrap()
    }

    /// Plans a transfer.
    pub fn plan_transfer(
        &mut self,
        wallet: &Wallet,
        request: &TransferRequest,
    ) -> Result<Vec<TransactionPlan>, BuildError> {
        let view = ChainView {
            chain_height: self.height(),
            now: NOW,
            stakes: &self.stakes,
        };
        wallet.plan_transfer(request, view, &rates(), &mut self.rng)
    }

    /// Plans a stake.
    pub fn plan_stake(&mut self, wallet: &Wallet, request: &StakeRequest) -> Result<TransactionPlan, BuildError> {
        let view = ChainView {
            chain_height: self.height(),
            now: NOW,
            stakes: &self.stakes,
        };
        wallet.plan_stake(request, view, &rates(), &mut self.rng)
    }

    /// Plans a transaction of the name system.
    pub fn plan_name(
        &mut self,
        wallet: &Wallet,
        request: &NameTransactionRequest,
    ) -> Result<TransactionPlan, BuildError> {
        let view = ChainView {
            chain_height: self.height(),
            now: NOW,
            stakes: &self.stakes,
        };
        wallet.plan_name_transaction(request, view, &rates(), &mut self.rng)
    }

    pub fn plan_swap(
        &mut self,
        wallet: &Wallet,
        request: &SwapTransactionRequest,
    ) -> Result<TransactionPlan, BuildError> {
        let view = ChainView {
            chain_height: self.height(),
            now: NOW,
            stakes: &self.stakes,
        };
        wallet.plan_swap(request, view, &rates(), &mut self.rng)
    }

    /// Plans a sweep.
    pub fn plan_sweep(&mut self, wallet: &Wallet, request: &SweepRequest) -> Result<Vec<TransactionPlan>, BuildError> {
        let view = ChainView {
            chain_height: self.height(),
            now: NOW,
            stakes: &self.stakes,
        };
        wallet.plan_sweep(request, view, &rates(), &mut self.rng)
    }

    /// Rings for a plan, as a caller with an honest daemon makes them.
    pub fn prepare(&mut self, wallet: &Wallet, plan: &TransactionPlan) -> PreparedTransaction {
        let distribution = self.distribution();
        let picker = DecoyPicker::new(&distribution, 120, PickerProfile::Reference).unwrap();
        let mut rings = Vec::new();
        for (input, real) in plan.inputs.iter().zip(plan.real_outputs().unwrap()) {
            let known = wallet.journal().known_ring(&input.key_image.unwrap(), real.index);
            let asked = picker
                .candidates(real.index, known, &BTreeSet::new(), &mut self.rng)
                .unwrap();
            let answers: Vec<_> = asked.iter().map(|index| self.answer(*index)).collect();
            rings.push(build_ring(&real, &asked, &answers, known, wallet.network().subgroup, &mut self.rng).unwrap());
        }
        check_rings(&rings, distribution.outputs()).unwrap();
        plan.prepare(rings).unwrap()
    }

    fn answer(&self, index: GlobalOutputIndex) -> CandidateOutput {
        let output = &self.outputs[index.index() as usize];
        CandidateOutput {
            index,
            key: output.key,
            commitment: output.commitment,
            availability: if self.is_unlocked(output) {
                Availability::Unlocked
            } else {
                Availability::Locked
            },
        }
    }

    /// Prepares, signs, notes and checks everything that was planned.
    pub fn send(&mut self, wallet: &mut Wallet, plans: &[TransactionPlan]) -> Vec<SignedTransaction> {
        let mut sent = Vec::new();
        for plan in plans {
            let prepared = self.prepare(wallet, plan);
            let signed = prepared.prove(wallet.keys(), &mut self.rng).unwrap();
            assert_eq!(signed.weight, prepared.weight, "the weight was foreseen to the byte");
            assert_eq!(
                prepared.funds().atomic(),
                prepared.paid().atomic() + prepared.change().atomic() + prepared.fee.atomic()
            );
            self.check(&signed.transaction);
            wallet.note_signed(&signed, NOW).unwrap();
            sent.push(signed);
        }
        sent
    }

    /// Sends, mines, and scans.
    pub fn send_and_mine(&mut self, wallet: &mut Wallet, plans: &[TransactionPlan]) -> Vec<SignedTransaction> {
        let sent = self.send(wallet, plans);
        let transactions: Vec<_> = sent.iter().map(|signed| &signed.transaction).collect();
        self.mine(&[], &transactions);
        self.scan(wallet);
        sent
    }

    /// Brings a wallet up to date.
    pub fn scan(&self, wallet: &mut Wallet) {
        let context = wallet.view_context().unwrap();
        let next = wallet.chain().next().index() as usize;
        let blocks = &self.blocks[next..];
        for (block, hits) in blocks.iter().zip(find_owned_in(&context, blocks)) {
            wallet.apply_block(block, hits).unwrap();
        }
    }

    /// A wallet with these amounts, each in a block of its own, all of them unlocked.
    pub fn rich_wallet(&mut self, amounts: &[u64]) -> Wallet {
        let mut wallet = self.new_wallet();
        let address = wallet.address(oxen_crypto::SubaddressIndex::PRIMARY).unwrap();
        for amount in amounts {
            self.mine(&[(address, Amount::from_atomic(*amount))], &[]);
        }
        self.mine_empty(30);
        self.scan(&mut wallet);
        wallet
    }

    pub fn new_wallet(&mut self) -> Wallet {
        open(WalletKeys::generate(&mut self.rng))
    }
}

/// A wallet of these keys that has seen nothing.
pub fn open(keys: WalletKeys) -> Wallet {
    let state = WalletState::new(
        keys.view_keys().spend,
        Height::GENESIS,
        Lookahead {
            accounts: 3,
            addresses: 5,
        },
    );
    let section = KeysSection {
        keys,
        birthday: Birthday::default(),
        language: oxen_crypto::mnemonic::Language::English,
        network: "mainnet".to_owned(),
    };
    Wallet::new(WalletNetwork::from(&Network::mainnet()), &section, state)
}

pub const fn rates() -> FeeRates {
    FeeRates {
        per_byte: Amount::from_atomic(215),
        per_output: Amount::from_atomic(5_000_000),
        quantization: 10,
    }
}

/// What each address of a wallet received in one transaction.
pub fn received(wallet: &Wallet, transaction: &Hash) -> BTreeMap<(u32, u32), u64> {
    let mut received: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for output in wallet
        .outputs()
        .all()
        .filter(|output| output.transaction == *transaction)
    {
        *received
            .entry((output.address.major, output.address.minor))
            .or_default() += output.amount.atomic();
    }
    received
}
