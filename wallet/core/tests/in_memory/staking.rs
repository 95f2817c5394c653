//! Stakes from the wallet's side to the registry's: what the wallet builds is what the chain accepts.

use crate::toy_chain::{NOW, ToyChain};
use oxen_crypto::{KeyPair, SecretKey, SubaddressIndex, signature::schnorr};
use oxen_staking_rules::{
    Recipient, Registry, ServiceNode,
    registry::{BlacklistedStake, RegistryBlock, StakingTransaction},
};
use oxen_types::{
    Amount, Hash, Height, Network, Transaction,
    extra::{Extra, Registration},
    network::HardForkVersion,
    transaction::TransactionType,
};
use oxen_wallet_core::{
    ChainView, Wallet,
    balance::Counting,
    build::{BuildError, OutputLimits, Priority, SignedTransaction, SourceAddresses, StakeRequest, TransferRequest},
    history::{TransferKind, TransferState},
    output::OwnedOutput,
    spendability::Spendability,
    staking::{
        CommandContext, DaemonStakes, NodeFunding, RegistrationCommand, SettledStake, StakeAmount, StakeOutcome,
        StakedNode, UnlockRefusal,
    },
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use std::sync::Arc;

const OXEN: u64 = 1_000_000_000;

/// A chain with a registry: what a daemon has.
struct StakingChain {
    chain: ToyChain,
    registry: Registry,
    network: Network,
    /// The operator's node.
    node: KeyPair,
    /// What its fork is.
    version: HardForkVersion,
}

impl StakingChain {
    fn new(seed: u64) -> Self {
        let mut network = Network::mainnet();
        network.staking.oxen_requirement = Amount::from_atomic(100 * OXEN);
        Self {
            chain: ToyChain::with_strangers(seed),
            registry: Registry::default(),
            network,
            node: KeyPair::new(SecretKey::reduce([42; 32])),
            version: HardForkVersion::REWARD_BATCHING,
        }
    }

    /// Mines transactions and tells the registry of them.
    fn mine(&mut self, transactions: &[&Transaction]) {
        let height = self.chain.height();
        let extras: Vec<Extra> = transactions
            .iter()
            .map(|transaction| Extra::parse(&transaction.prefix.extra).unwrap())
            .collect();
        let staking: Vec<StakingTransaction<'_>> = transactions
            .iter()
            .zip(&extras)
            .zip(0..)
            .map(|((transaction, extra), index)| match transaction.prefix.kind {
                TransactionType::KeyImageUnlock => StakingTransaction::Unlock {
                    node: extra.service_node_key().unwrap(),
                    unlock: extra.key_image_unlock().unwrap(),
                },
                _ => StakingTransaction::Stake { index, transaction },
            })
            .collect();
        let block = RegistryBlock {
            confirmed: &[],
            conversion: None,
            height,
            id: Hash::new([height.index() as u8; 32]),
            version: self.version,
            pulse_quorum: None,
            transactions: &staking,
        };
        self.registry = self.registry.update(&block, &self.network).registry;
        // The toy chain checks transfers alone; requests to unlock have nothing to check there.
        let transfers: Vec<&Transaction> = transactions
            .iter()
            .copied()
            .filter(|transaction| transaction.prefix.kind != TransactionType::KeyImageUnlock)
            .collect();
        self.chain.mine(&[], &transfers);
    }

    fn registered(&self) -> Arc<ServiceNode> {
        Arc::clone(self.registry.node(&self.node.public).expect("the node is registered"))
    }

    /// What a daemon says of the stakes of this wallet.
    fn answer(&self, wallet: &Wallet) -> DaemonStakes {
        let own = recipient(wallet);
        let nodes = self.registry.nodes().filter_map(|(key, node)| {
            let contributor = node.stake.contributor(&own)?;
            let missing = node.stake.requirement.saturating_sub(node.stake.total_contributed);
            let staked = StakedNode {
                registration_height: node.record.registration_height,
                requested_unlock_height: node.record.requested_unlock_height,
                requirement: node.stake.requirement,
                funding: if missing.is_zero() {
                    NodeFunding::Complete
                } else {
                    NodeFunding::Awaiting(missing)
                },
                credited: contributor.amount,
                reserved: contributor.reserved,
                outputs: contributor.locked.clone(),
            };
            Some((*key, staked))
        });
        DaemonStakes {
            chain_height: self.chain.height(),
            nodes: nodes.collect(),
            blacklist: self.registry.blacklist().copied().collect(),
        }
    }

    /// Scans, and asks for stakes; answers those that were not counted.
    fn refresh(&self, wallet: &mut Wallet) -> Vec<Hash> {
        self.chain.scan(wallet);
        wallet.note_stakes(self.answer(wallet), self.network.staking.unlock_blocks)
    }

    /// A line as the node prints it.
    fn command(&self, fee: u64, parts: &[(&Wallet, u64)]) -> String {
        let addresses: Vec<_> = parts.iter().map(|(wallet, _)| primary(wallet)).collect();
        let mut registration = Registration {
            spend_keys: addresses.iter().map(|address| address.spend()).collect(),
            view_keys: addresses.iter().map(|address| address.view()).collect(),
            fee,
            amounts: parts.iter().map(|(_, amount)| *amount).collect(),
            hard_fork_or_expiration: 19,
            signature: oxen_types::Signature::ZERO,
        };
        let message = registration.signature_hash().unwrap();
        registration.signature = schnorr::sign(&message, &self.node, &mut ChaCha20Rng::seed_from_u64(3));
        let texts = parts.iter().map(|(wallet, amount)| {
            let prefixes = wallet.network().prefixes;
            format!("{} {amount}", primary(wallet).encode(&prefixes))
        });
        format!(
            "register_service_node {fee} {} 19 {} {}",
            texts.collect::<Vec<_>>().join(" "),
            self.node.public,
            registration.signature
        )
    }

    /// What an operator pastes becomes a transaction.
    fn register(&mut self, wallet: &mut Wallet, line: &str) -> SignedTransaction {
        let own = primary(wallet);
        let prefixes = wallet.network().prefixes;
        let context = CommandContext {
            prefixes: &prefixes,
            own: &own,
            hard_fork: 19,
            requirement: self.network.staking.oxen_requirement,
        };
        let command = RegistrationCommand::parse(line, &context).unwrap();
        let request = request(
            &command.service_node,
            command.operator_amount(),
            Some(command.registration),
        );
        self.send(wallet, &request)
    }

    /// A contribution, fitted to the room as the command does.
    fn contribute(&mut self, wallet: &mut Wallet, asked: StakeAmount) -> SignedTransaction {
        let stake = Arc::clone(&self.registered().stake);
        let room = stake.room_for(&recipient(wallet)).unwrap();
        let settled = SettledStake::fit(asked.of(stake.requirement), &room).unwrap();
        let request = request(&self.node.public, settled.amount, None);
        self.send(wallet, &request)
    }

    fn send(&mut self, wallet: &mut Wallet, request: &StakeRequest) -> SignedTransaction {
        let plan = self.chain.plan_stake(wallet, request).unwrap();
        self.chain.send(wallet, &[plan]).pop().unwrap()
    }

    fn view<'a>(&'a self, locks: &'a oxen_wallet_core::StakeLocks) -> ChainView<'a> {
        ChainView {
            chain_height: self.chain.height(),
            now: NOW,
            stakes: locks,
        }
    }
}

fn request(service_node: &oxen_types::PublicKey, amount: Amount, registration: Option<Registration>) -> StakeRequest {
    StakeRequest {
        service_node: *service_node,
        amount,
        registration,
        sources: SourceAddresses::All,
        priority: Priority::Default,
        limits: OutputLimits::default(),
    }
}

fn primary(wallet: &Wallet) -> oxen_crypto::Address {
    wallet.address(SubaddressIndex::PRIMARY).unwrap()
}

fn recipient(wallet: &Wallet) -> Recipient {
    let own = primary(wallet);
    Recipient::Oxen {
        spend: own.spend(),
        view: own.view(),
    }
}

fn staked_output(wallet: &Wallet, signed: &SignedTransaction) -> OwnedOutput {
    let amount = signed.destinations[0].amount;
    let mut outputs = wallet.outputs().all();
    outputs
        .find(|output| output.transaction == signed.id && output.amount == amount)
        .expect("the stake pays the wallet itself")
        .clone()
}

fn judge(chain: &StakingChain, wallet: &Wallet, output: &OwnedOutput) -> Spendability {
    let locks = wallet.stake_locks();
    wallet.spend_rules(chain.view(&locks)).judge(output)
}

#[test]
fn a_registration_and_its_contributions_are_taken_by_the_registry() {
    let mut chain = StakingChain::new(31);
    let mut operator = chain.chain.rich_wallet(&[40 * OXEN, 30 * OXEN]);
    let mut reserved = chain.chain.rich_wallet(&[50 * OXEN]);
    let mut newcomer = chain.chain.rich_wallet(&[80 * OXEN]);
    chain.chain.scan(&mut operator);
    chain.chain.scan(&mut reserved);
    let line = chain.command(1_000, &[(&operator, 25 * OXEN), (&reserved, 30 * OXEN)]);
    let registration = chain.register(&mut operator, &line);
    chain.mine(&[&registration.transaction]);
    let node = chain.registered();
    assert_eq!(node.stake.total_contributed.atomic(), 25 * OXEN);
    assert_eq!(node.stake.operator, recipient(&operator));
    assert_eq!(chain.refresh(&mut operator), []);
    assert_eq!(operator.stakes().outcome(&registration.id), Some(StakeOutcome::Counted));
    let known = operator.stakes().node(&chain.node.public).unwrap();
    assert_eq!(known.funding, NodeFunding::Awaiting(Amount::from_atomic(75 * OXEN)));
    // The registry found the output that the wallet says it staked.
    let output = staked_output(&operator, &registration);
    let locked: Vec<_> = node.stake.locked().copied().collect();
    assert_eq!(locked[0].output_key, output.key);
    assert_eq!(Some(locked[0].key_image), output.key_image);

    let filled = chain.contribute(&mut reserved, StakeAmount::Percent(30_000_000));
    chain.mine(&[&filled.transaction]);
    chain.chain.scan(&mut newcomer);
    // More than the room: the wallet stakes the room, and the node is complete.
    let last = chain.contribute(&mut newcomer, StakeAmount::Exact(Amount::from_atomic(60 * OXEN)));
    assert_eq!(last.destinations[0].amount.atomic(), 45 * OXEN);
    chain.mine(&[&last.transaction]);
    let node = chain.registered();
    assert!(node.is_fully_funded());
    let amounts: Vec<u64> = node.stake.contributors.iter().map(|one| one.amount.atomic()).collect();
    assert_eq!(amounts, [25 * OXEN, 30 * OXEN, 45 * OXEN]);
    chain.refresh(&mut newcomer);
    let known = newcomer.stakes().node(&chain.node.public).unwrap();
    assert_eq!(
        (known.funding, known.credited.atomic()),
        (NodeFunding::Complete, 45 * OXEN)
    );
}

#[test]
fn a_staked_output_is_never_an_input_and_the_balance_says_so() {
    let mut chain = StakingChain::new(32);
    let mut operator = chain.chain.rich_wallet(&[120 * OXEN]);
    let line = chain.command(0, &[(&operator, 100 * OXEN)]);
    let registration = chain.register(&mut operator, &line);
    chain.mine(&[&registration.transaction]);
    chain.chain.mine_empty(10);
    // Before the daemon was asked, the stake is not taken for money either, and the change is.
    chain.chain.scan(&mut operator);
    let output = staked_output(&operator, &registration);
    assert!(operator.may_have_stakes() && !operator.stakes_are_covered());
    assert!(matches!(judge(&chain, &operator, &output), Spendability::Staked(_)));
    let locks = operator.stake_locks();
    let before = operator.total_balance(chain.view(&locks), Counting::WithReturning);
    assert_eq!(before.staked.atomic(), 100 * OXEN);
    assert_eq!(before.unlocked, registration.change);

    chain.refresh(&mut operator);
    assert!(operator.stakes_are_covered());
    let locks = operator.stake_locks();
    let balance = operator.total_balance(chain.view(&locks), Counting::WithReturning);
    assert_eq!(balance, before);
    let stranger = chain.chain.stranger();
    let pay = TransferRequest::new(vec![oxen_wallet_core::build::Destination {
        address: stranger,
        amount: Amount::from_atomic(50 * OXEN),
    }]);
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let refused = operator.plan_transfer(&pay, chain.view(&locks), &crate::toy_chain::rates(), &mut rng);
    let error = refused.unwrap_err();
    assert!(matches!(error, BuildError::NotEnoughUnlocked { .. }), "{error:?}");
    assert!(error.to_string().contains(&chain.node.public.to_string()), "{error}");
    // A copy that can only see knows it, too.
    let section = oxen_wallet_core::KeysSection {
        keys: operator.keys().to_view_only(),
        birthday: operator.birthday(),
        language: oxen_crypto::mnemonic::Language::English,
        network: "mainnet".to_owned(),
    };
    let state = oxen_wallet_core::state::WalletState::new(
        operator.view_keys().spend,
        Height::GENESIS,
        oxen_wallet_core::Lookahead {
            accounts: 1,
            addresses: 2,
        },
    );
    let mut copy = Wallet::new(*operator.network(), &section, state);
    chain.refresh(&mut copy);
    let seen = copy.outputs().all().find(|one| one.key == output.key).unwrap();
    assert!(matches!(judge(&chain, &copy, seen), Spendability::Staked(_)));
}

#[test]
fn an_unlock_is_taken_by_the_registry_and_frees_the_stake_in_the_end() {
    let mut chain = StakingChain::new(33);
    chain.network.staking.unlock_blocks = 5;
    let mut operator = chain.chain.rich_wallet(&[120 * OXEN]);
    let line = chain.command(0, &[(&operator, 100 * OXEN)]);
    let registration = chain.register(&mut operator, &line);
    chain.mine(&[&registration.transaction]);
    chain.refresh(&mut operator);
    let known = operator.stakes().node(&chain.node.public).unwrap();
    let next = operator.chain().next();
    let choice = known
        .choose_unlock(chain.node.public, next, &chain.network.staking)
        .unwrap();
    let unlock = operator
        .sign_stake_unlock(chain.node.public, &choice.contribution.key_image, &mut chain.chain.rng)
        .unwrap();
    operator.note_signed(&unlock, NOW).unwrap();
    let waiting = operator.transfers_of(&unlock.id);
    assert_eq!(waiting[0].kind, TransferKind::StakeUnlock);
    assert_eq!(waiting[0].service_node, Some(chain.node.public));
    assert!(matches!(waiting[0].state, TransferState::Pending { .. }));
    assert!(
        operator.journal().transaction_keys(&unlock.id).is_none(),
        "an unlock has no keys to show"
    );
    chain.mine(&[&unlock.transaction]);
    assert_eq!(
        chain.registered().record.requested_unlock_height,
        Some(choice.unlock_height)
    );
    chain.refresh(&mut operator);
    let output = staked_output(&operator, &registration);
    match judge(&chain, &operator, &output) {
        Spendability::Staked(lock) => assert_eq!(lock.unlock_height, Some(choice.unlock_height)),
        other => panic!("{other:?}"),
    }
    let known = operator.stakes().node(&chain.node.public).unwrap();
    let again = known.choose_unlock(chain.node.public, operator.chain().next(), &chain.network.staking);
    assert_eq!(
        again,
        Err(UnlockRefusal::AlreadyRequested {
            unlock_height: choice.unlock_height
        })
    );
    while chain.chain.height() <= choice.unlock_height {
        chain.refresh(&mut operator);
        assert!(matches!(judge(&chain, &operator, &output), Spendability::Staked(_)));
        chain.mine(&[]);
    }
    chain.mine(&[]);
    chain.chain.mine_empty(10);
    chain.refresh(&mut operator);
    assert_eq!(judge(&chain, &operator, &output), Spendability::Ready);
    assert_eq!(operator.stakes().outcome(&registration.id), Some(StakeOutcome::Counted));
    assert!(operator.stakes().node(&chain.node.public).is_none());
}

#[test]
fn the_slower_of_two_stakes_for_one_room_is_mined_and_found_not_to_count() {
    let mut chain = StakingChain::new(34);
    let mut operator = chain.chain.rich_wallet(&[40 * OXEN]);
    let mut fast = chain.chain.rich_wallet(&[80 * OXEN]);
    let mut slow = chain.chain.rich_wallet(&[80 * OXEN]);
    chain.chain.scan(&mut operator);
    chain.chain.scan(&mut fast);
    let line = chain.command(0, &[(&operator, 30 * OXEN)]);
    let registration = chain.register(&mut operator, &line);
    chain.mine(&[&registration.transaction]);
    chain.chain.scan(&mut fast);
    chain.chain.scan(&mut slow);
    let all = StakeAmount::Exact(Amount::from_atomic(70 * OXEN));
    let winner = chain.contribute(&mut fast, all);
    let loser = chain.contribute(&mut slow, all);
    chain.mine(&[&winner.transaction, &loser.transaction]);
    assert!(chain.registered().is_fully_funded());
    assert_eq!(chain.refresh(&mut fast), []);
    assert_eq!(chain.refresh(&mut slow), [loser.id]);
    assert_eq!(slow.stakes().outcome(&loser.id), Some(StakeOutcome::NotCounted));
    assert_eq!(chain.refresh(&mut slow), [], "said once");
    chain.chain.mine_empty(10);
    chain.refresh(&mut slow);
    let output = staked_output(&slow, &loser);
    assert_eq!(judge(&chain, &slow, &output), Spendability::Ready);
    // A stake that was not counted is judged anew when its block is replaced.
    let height = slow.transactions()[&loser.id].height;
    slow.detach(height).unwrap();
    assert_eq!(slow.stakes().outcome(&loser.id), None);
}

#[test]
fn a_stake_that_ended_before_the_wallet_looked_is_not_called_lost() {
    let mut chain = StakingChain::new(35);
    chain.network.staking.unlock_blocks = 3;
    let mut operator = chain.chain.rich_wallet(&[120 * OXEN]);
    let line = chain.command(0, &[(&operator, 100 * OXEN)]);
    let registration = chain.register(&mut operator, &line);
    chain.mine(&[&registration.transaction]);
    chain.registry = Registry::default();
    chain.chain.mine_empty(4);
    assert_eq!(chain.refresh(&mut operator), []);
    assert_eq!(operator.stakes().outcome(&registration.id), None);
    assert!(
        !operator
            .stake_locks()
            .locked_keys
            .contains_key(&staked_output(&operator, &registration).key)
    );
}

#[test]
fn a_blacklisted_stake_is_frozen_and_others_are_not_kept() {
    let mut chain = StakingChain::new(36);
    let mut operator = chain.chain.rich_wallet(&[120 * OXEN]);
    let line = chain.command(0, &[(&operator, 100 * OXEN)]);
    let registration = chain.register(&mut operator, &line);
    chain.mine(&[&registration.transaction]);
    chain.refresh(&mut operator);
    let output = staked_output(&operator, &registration);
    let until = Height::new(9_999);
    let frozen = BlacklistedStake {
        key_image: output.key_image.unwrap(),
        unlock_height: until,
        amount: output.amount,
    };
    let of_somebody = BlacklistedStake {
        key_image: oxen_types::KeyImage::new([1; 32]),
        ..frozen
    };
    chain.registry = Registry::new([], [of_somebody, frozen]);
    chain.refresh(&mut operator);
    assert_eq!(operator.stakes().blacklist().copied().collect::<Vec<_>>(), [frozen]);
    assert_eq!(judge(&chain, &operator, &output), Spendability::Blacklisted { until });
    // What is known survives closing and opening the wallet.
    let bytes = operator.state().encode_versioned();
    let owner = operator.view_keys().spend;
    let read = oxen_wallet_core::state::WalletState::decode_versioned(&bytes, &owner).unwrap();
    assert_eq!(read, *operator.state());
    // A wallet whose scan begins anew presumes the stake locked until it is told.
    operator.rescan(Height::GENESIS);
    chain.chain.scan(&mut operator);
    assert!(!operator.stakes_are_covered());
    assert!(matches!(judge(&chain, &operator, &output), Spendability::Staked(_)));
}

#[test]
fn a_wallet_without_stakes_needs_no_answer() {
    let mut chain = StakingChain::new(37);
    let wallet = chain.chain.rich_wallet(&[OXEN]);
    assert!(!wallet.may_have_stakes());
    assert_eq!(wallet.stake_locks(), oxen_wallet_core::StakeLocks::default());
}
