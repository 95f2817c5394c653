//! A node of several contributors, from its contract to the list of service nodes.

use crate::{
    arbitrum::{Arbitrum, Disk, Mining, Owner, REQUIREMENT, SESH, impatient, sesh},
    crashes::{Death, Mortal},
    registration::registration,
};
use alloy::primitives::U256;
use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::{
    EthereumKey, L2Error, Sesh,
    contracts::ServiceNodeContribution as Contract,
    contribution::{
        ContributionCall, ContributionProblem, ContributionState, ContributionStatus, Factory, Finalizing, NewContract,
        Reserved, RewardsLimits,
    },
    journal::{Journal, JournalError, JournalStorage, Receipt},
    service_node::{ServiceNodeCall, approve_call, node_with_key},
    transaction::Call,
    worker::{Step, WorkError},
};

const DAY: u64 = 86_400;

/// Makes one call with a journal of its own.
async fn run(chain: &Arbitrum, key: &EthereumKey, purpose: ServiceNodeCall, call: Call) -> Result<Receipt, WorkError> {
    let mut journal = Journal::open(Disk::default()).unwrap();
    let mut nodes = chain.nodes.clone();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(key), &mut journal, &mut nodes, &mut watcher);
    worker.call(purpose, call).await
}

async fn act(chain: &Arbitrum, key: &EthereumKey, call: ContributionCall) -> Result<Receipt, WorkError> {
    let bytes = call.call();
    run(chain, key, ServiceNodeCall::Contribution(call), bytes).await
}

fn contribution(contract: EthereumAddress, key: &EthereumKey, amount: u64) -> ContributionCall {
    ContributionCall::Contribute {
        contract,
        amount: sesh(amount),
        beneficiary: key.address(),
    }
}

async fn approve(chain: &Arbitrum, key: &EthereumKey, contract: &EthereumAddress, amount: u64) {
    let amount = sesh(amount);
    let call = approve_call(chain.token, contract, amount);
    run(chain, key, ServiceNodeCall::Approve { amount }, call)
        .await
        .unwrap();
}

/// Approves and contributes, as the wallet does, once it has looked whether the contract would take it.
async fn contribute(chain: &Arbitrum, key: &EthereumKey, contract: EthereumAddress, amount: u64) -> Receipt {
    let state = look(chain, &contract).await;
    state
        .check_contribution(&limits(chain).await, &key.address(), sesh(amount))
        .unwrap();
    approve(chain, key, &contract, amount).await;
    act(chain, key, contribution(contract, key, amount)).await.unwrap()
}

async fn look(chain: &Arbitrum, contract: &EthereumAddress) -> ContributionState {
    chain.factory.check_made(&chain.provider, contract).await.unwrap();
    ContributionState::read(&chain.provider, contract).await.unwrap()
}

async fn limits(chain: &Arbitrum) -> RewardsLimits {
    RewardsLimits::read(&chain.provider, &chain.rewards).await.unwrap()
}

/// A contributor with so many SESH.
async fn contributor(chain: &Arbitrum, amount: u64) -> EthereumKey {
    let key = chain.account().await;
    chain.give(&key.address(), amount).await;
    key
}

/// The operator has a contract made by a factory.
async fn create(
    chain: &Arbitrum,
    operator: &EthereumKey,
    factory: Factory,
    finalizing: Finalizing,
    reserved: Vec<Reserved>,
) -> EthereumAddress {
    let registration = registration(chain, &operator.address());
    let new = NewContract {
        factory,
        service_node: registration.service_node,
        fee: registration.fee,
        finalizing,
        reserved,
    };
    let call = new.call(&registration);
    let purpose = ServiceNodeCall::CreateContribution(new);
    let receipt = run(chain, operator, purpose, call).await.unwrap();
    receipt.contract.expect("the factory tells the address")
}

/// The operator's contract is open: 30 of 120 SESH are there.
async fn open(chain: &Arbitrum, finalizing: Finalizing) -> (EthereumKey, EthereumAddress) {
    let operator = contributor(chain, REQUIREMENT).await;
    let contract = create(chain, &operator, chain.factory, finalizing, Vec::new()).await;
    contribute(chain, &operator, contract, 30 * SESH).await;
    (operator, contract)
}

fn refusal(result: Result<Receipt, WorkError>) -> String {
    match result {
        Err(WorkError::L2(L2Error::Refused(refusal))) => refusal.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_contract_of_three_that_is_filled_registers_its_node() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let operator = contributor(&chain, REQUIREMENT).await;
    let contract = create(&chain, &operator, chain.factory, Finalizing::AtOnce, Vec::new()).await;
    let new = look(&chain, &contract).await;
    let registration = registration(&chain, &operator.address());
    assert_eq!(new.status, ContributionStatus::WaitsForOperator);
    assert_eq!(
        (
            new.terms.service_node,
            new.terms.bls_key,
            new.terms.operator,
            new.terms.fee
        ),
        (
            registration.service_node,
            registration.bls_key,
            operator.address(),
            1_000
        )
    );
    assert!(new.terms.signed_by_node);
    assert_eq!((new.terms.token, new.withdrawal_delay), (chain.token, DAY));

    contribute(&chain, &operator, contract, 30 * SESH).await;
    let second = contributor(&chain, 40 * SESH).await;
    contribute(&chain, &second, contract, 40 * SESH).await;
    let state = look(&chain, &contract).await;
    assert_eq!(
        (state.status, state.total(), state.room()),
        (ContributionStatus::Open, sesh(70 * SESH), sesh(50 * SESH))
    );
    assert!(state.is_registered_by(sesh(50 * SESH)));
    let third = contributor(&chain, 50 * SESH).await;
    let beneficiary = EthereumAddress::new([0xbe; 20]);
    approve(&chain, &third, &contract, 50 * SESH).await;
    let last = ContributionCall::Contribute {
        contract,
        amount: sesh(50 * SESH),
        beneficiary,
    };
    act(&chain, &third, last).await.unwrap();

    let full = look(&chain, &contract).await;
    assert_eq!(full.status, ContributionStatus::Finalized);
    assert_eq!(full.contributors.len(), 3);
    assert_eq!(full.contribution_of(&third.address()).unwrap().beneficiary, beneficiary);
    let number = node_with_key(&chain.provider, &chain.rewards, &registration.service_node).await;
    assert_eq!(number.unwrap(), Some(4));
    let listed = chain.contributors_of(4).await;
    let expected = [(&operator, 30), (&second, 40), (&third, 50)].map(|(key, amount)| (key.address(), amount * SESH));
    assert_eq!(listed, expected);
    assert_eq!(chain.balance(&contract).await, 0);
    let refused = full.check_contribution(&limits(&chain).await, &second.address(), sesh(1));
    assert!(matches!(refused, Err(ContributionProblem::Complete { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_complete_stake_waits_for_the_operator_where_that_was_chosen() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (operator, contract) = open(&chain, Finalizing::ByOperator).await;
    let second = contributor(&chain, 90 * SESH).await;
    contribute(&chain, &second, contract, 90 * SESH).await;
    let state = look(&chain, &contract).await;
    assert_eq!(state.status, ContributionStatus::Complete);
    let finalize = ContributionCall::Finalize { contract };
    let refused = refusal(act(&chain, &second, finalize.clone()).await);
    assert!(refused.contains("only the operator"), "{refused}");
    assert_eq!(state.check_finalize(&limits(&chain).await, &operator.address()), Ok(()));
    act(&chain, &operator, finalize).await.unwrap();
    let number = node_with_key(&chain.provider, &chain.rewards, &state.terms.service_node).await;
    assert_eq!(number.unwrap(), Some(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_the_contract_refuses_is_refused_before_and_its_minimum_is_ours() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (_, contract) = open(&chain, Finalizing::AtOnce).await;
    let second = contributor(&chain, REQUIREMENT).await;
    approve(&chain, &second, &contract, REQUIREMENT).await;
    let limits = limits(&chain).await;
    for contributed in [0, 17 * SESH, 3] {
        if contributed != 0 {
            act(&chain, &second, contribution(contract, &second, contributed))
                .await
                .unwrap();
        }
        let state = look(&chain, &contract).await;
        let minimum = chain
            .provider
            .read(&contract, &Contract::minimumContributionCall {})
            .await;
        assert_eq!(state.minimum(), Sesh::from_word(minimum.unwrap()));
    }
    let state = look(&chain, &contract).await;
    let third = contributor(&chain, REQUIREMENT).await;
    approve(&chain, &third, &contract, REQUIREMENT).await;
    let (minimum, room) = (state.minimum().unwrap().atomic(), state.room().atomic());
    for (amount, right) in [(minimum - 1, false), (minimum, true), (room, true), (room + 1, false)] {
        let ours = state.check_contribution(&limits, &third.address(), sesh(amount));
        let call = contribution(contract, &third, amount).call();
        let its = chain.provider.call(Some(&third.address()), &call.to, call.data).await;
        assert_eq!(
            (ours.is_ok(), its.is_ok()),
            (right, right),
            "{amount}: {ours:?}, {its:?}"
        );
    }
    chain
        .own(Owner::setStakingRequirementCall {
            requirement: U256::from(REQUIREMENT + SESH),
        })
        .await;
    let now = RewardsLimits::read(&chain.provider, &chain.rewards).await.unwrap();
    let ours = state
        .check_contribution(&now, &third.address(), sesh(minimum))
        .unwrap_err();
    let its = refusal(act(&chain, &third, contribution(contract, &third, minimum)).await);
    for text in [ours.to_string(), its] {
        assert!(
            text.contains("a stake of 121 SESH now, and this contract collects 120 SESH"),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn places_are_kept_for_those_that_the_operator_names() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let operator = contributor(&chain, 30 * SESH).await;
    let friend = contributor(&chain, 90 * SESH).await;
    let reserved = [(&operator, 30), (&friend, 60)].map(|(key, amount)| Reserved {
        address: key.address(),
        amount: sesh(amount * SESH),
    });
    let limits = limits(&chain).await;
    let contract = create(&chain, &operator, chain.factory, Finalizing::AtOnce, reserved.to_vec()).await;
    let state = look(&chain, &contract).await;
    assert_eq!(state.room(), sesh(30 * SESH));
    let less = state.check_contribution(&limits, &operator.address(), sesh(29 * SESH));
    assert!(
        matches!(less, Err(ContributionProblem::BelowReserved { .. })),
        "{less:?}"
    );
    contribute(&chain, &operator, contract, 30 * SESH).await;
    let stranger = contributor(&chain, 31 * SESH).await;
    approve(&chain, &stranger, &contract, 31 * SESH).await;
    let refused = refusal(act(&chain, &stranger, contribution(contract, &stranger, 31 * SESH)).await);
    assert!(refused.contains("60 SESH of it are reserved for others"), "{refused}");
    contribute(&chain, &friend, contract, 90 * SESH).await;
    assert_eq!(look(&chain, &contract).await.status, ContributionStatus::Finalized);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_contribution_comes_back_a_day_later_and_with_the_operators_reset_at_once() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (operator, contract) = open(&chain, Finalizing::AtOnce).await;
    let (second, third) = (
        contributor(&chain, 40 * SESH).await,
        contributor(&chain, 20 * SESH).await,
    );
    contribute(&chain, &second, contract, 40 * SESH).await;
    contribute(&chain, &third, contract, 20 * SESH).await;
    let withdraw = ContributionCall::Withdraw { contract };
    let early = refusal(act(&chain, &second, withdraw.clone()).await);
    assert!(early.contains("a day after it was last raised"), "{early}");
    let state = look(&chain, &contract).await;
    let since = state.contributed_at(&chain.provider, &second.address()).await.unwrap();
    let now = chain.provider.head().await.unwrap().timestamp;
    let ours = state.check_withdrawal(&second.address(), since, now);
    assert!(
        matches!(ours, Err(ContributionProblem::Locked { seconds }) if seconds <= DAY),
        "{ours:?}"
    );

    chain.pass(DAY).await;
    let now = chain.provider.head().await.unwrap().timestamp;
    assert_eq!(state.check_withdrawal(&second.address(), since, now), Ok(()));
    act(&chain, &second, withdraw).await.unwrap();
    assert_eq!(chain.balance(&second.address()).await, 40 * SESH);
    let state = look(&chain, &contract).await;
    assert_eq!((state.total(), state.contributors.len()), (sesh(50 * SESH), 2));

    act(&chain, &operator, ContributionCall::Reset { contract })
        .await
        .unwrap();
    for (key, amount) in [(&operator, REQUIREMENT), (&third, 20 * SESH)] {
        assert_eq!(chain.balance(&key.address()).await, amount);
    }
    let state = look(&chain, &contract).await;
    assert_eq!(
        (state.status, state.contributors.len()),
        (ContributionStatus::WaitsForOperator, 0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_rewards_of_a_contribution_go_where_its_contributor_says() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (operator, contract) = open(&chain, Finalizing::AtOnce).await;
    let beneficiary = EthereumAddress::new([0xbe; 20]);
    let call = ContributionCall::SetBeneficiary { contract, beneficiary };
    act(&chain, &operator, call.clone()).await.unwrap();
    let state = look(&chain, &contract).await;
    assert_eq!(state.contributors[0].beneficiary, beneficiary);
    let stranger = chain.account().await;
    let refused = refusal(act(&chain, &stranger, call).await);
    assert!(refused.contains("has contributed nothing"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_contract_of_another_factory_is_told_apart_however_it_looks() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let operator = contributor(&chain, REQUIREMENT).await;
    let forger = chain.forge_factory().await;
    let fake = create(&chain, &operator, forger, Finalizing::AtOnce, Vec::new()).await;
    let real = create(&chain, &operator, chain.factory, Finalizing::AtOnce, Vec::new()).await;
    let looks = ContributionState::read(&chain.provider, &fake).await.unwrap();
    assert_eq!(looks.terms, look(&chain, &real).await.terms);
    let refused = chain.factory.check_made(&chain.provider, &fake).await.unwrap_err();
    assert!(matches!(refused, ContributionProblem::NotFromFactory { contract, .. } if contract == fake));
    assert!(
        refused.to_string().contains("NOT made by this network's factory"),
        "{refused}"
    );
    let nobody = chain.factory.check_made(&chain.provider, &operator.address()).await;
    assert!(matches!(nobody, Err(ContributionProblem::NoContract(_))), "{nobody:?}");
    let elsewhere = Factory {
        rewards: chain.swap,
        ..forger
    };
    let refused = elsewhere.check_made(&chain.provider, &fake).await;
    assert!(
        matches!(refused, Err(ContributionProblem::OtherRewards { .. })),
        "{refused:?}"
    );
}

/// Contributes 20 SESH; the program dies at its n-th writing, and the next one goes on. False when it did not live to see that.
async fn contribute_with_death(
    chain: &Arbitrum,
    key: &EthereumKey,
    contract: EthereumAddress,
    lives: usize,
    death: Death,
) -> bool {
    let disk = Disk::default();
    let storage = Mortal {
        disk: disk.clone(),
        lives,
        death,
    };
    let mut journal = Journal::open(storage).unwrap();
    let mut nodes = chain.nodes.clone();
    let mut watcher = |_| ();
    let call = contribution(contract, key, 20 * SESH);
    let (purpose, bytes) = (ServiceNodeCall::Contribution(call.clone()), call.call());
    let mut worker = impatient(chain.sender(key), &mut journal, &mut nodes, &mut watcher);
    match worker.call(purpose.clone(), bytes.clone()).await {
        Ok(_) => return false,
        Err(WorkError::Journal(JournalError::Storage(_))) => {}
        Err(error) => panic!("{death:?} with {lives} lives: {error}"),
    }
    let mut journal = Journal::open(disk).unwrap();
    let in_flight = journal.in_flight().is_some();
    let done = !journal.receipts().is_empty();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(key), &mut journal, &mut nodes, &mut watcher);
    if in_flight {
        worker.finish().await.unwrap();
    } else if !done {
        worker.call(purpose, bytes).await.unwrap();
    }
    assert_eq!((journal.operation(), journal.receipts().len()), (None, 1));
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_contribution_that_is_killed_at_any_writing_is_made_exactly_once() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (_, contract) = open(&chain, Finalizing::AtOnce).await;
    for death in [Death::BeforeWriting, Death::AfterWriting] {
        let mut deaths = 0;
        for lives in 0.. {
            let key = contributor(&chain, 60 * SESH).await;
            // More than once would fit, so that a second time would be seen.
            approve(&chain, &key, &contract, 60 * SESH).await;
            let died = contribute_with_death(&chain, &key, contract, lives, death).await;
            assert_eq!(
                chain.balance(&key.address()).await,
                40 * SESH,
                "{death:?} with {lives} lives"
            );
            let state = look(&chain, &contract).await;
            assert_eq!(state.contribution_of(&key.address()).unwrap().amount, sesh(20 * SESH));
            // Room for the next one.
            chain.pass(DAY).await;
            act(&chain, &key, ContributionCall::Withdraw { contract })
                .await
                .unwrap();
            if !died {
                break;
            }
            deaths += 1;
        }
        // Sent, done.
        assert_eq!(deaths, 2, "{death:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_address_of_a_contract_is_told_also_by_the_program_after_the_one_that_died() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let operator = chain.account().await;
    let registration = registration(&chain, &operator.address());
    let new = NewContract {
        factory: chain.factory,
        service_node: registration.service_node,
        fee: registration.fee,
        finalizing: Finalizing::AtOnce,
        reserved: Vec::new(),
    };
    let call = new.call(&registration);
    let purpose = ServiceNodeCall::CreateContribution(new);
    chain.automine(Mining::ByHand).await;
    let disk = Disk::default();
    let storage = Mortal {
        disk: disk.clone(),
        lives: 0,
        death: Death::AfterWriting,
    };
    let mut nodes = chain.nodes.clone();
    {
        let mut journal = Journal::open(storage).unwrap();
        let mut watcher = |_| ();
        let mut worker = impatient(chain.sender(&operator), &mut journal, &mut nodes, &mut watcher);
        worker.call(purpose, call).await.unwrap_err();
    }
    let mut journal = Journal::open(disk.clone()).unwrap();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&operator), &mut journal, &mut nodes, &mut watcher);
    let Step::Waiting(hash) = worker.step().await.unwrap() else {
        panic!("nothing mines")
    };
    let early = chain.factory.made_by(&chain.provider, hash.0).await;
    assert!(matches!(early, Err(ContributionProblem::NothingMade(_))), "{early:?}");
    chain.automine(Mining::AtOnce).await;
    chain.mine().await;
    let receipt = worker.finish().await.unwrap();
    let contract = receipt.contract.unwrap();
    assert_eq!(look(&chain, &contract).await.terms.operator, operator.address());
    assert_eq!(chain.factory.made_by(&chain.provider, hash.0).await, Ok(contract));
    // It is on disk too.
    let kept = Journal::open(Disk(std::sync::Arc::new(std::sync::Mutex::new(disk.load().unwrap())))).unwrap();
    assert_eq!(kept.receipts()[0].contract, Some(contract));
}
