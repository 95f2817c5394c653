//! An operator registers a node, and takes it out.

use crate::arbitrum::{Arbitrum, Disk, REQUIREMENT, impatient};
use ed25519_dalek::{Signer, SigningKey};
use oxen_bridge_rules::bls::SecretKey;
use oxen_types::PublicKey;
use oxen_wallet_ethereum::{
    L2Error, Sesh,
    journal::Journal,
    service_node::{
        Registration, ServiceNodeCall, StakingTerms, approve_call, node_with_bls_key, node_with_key, request_exit_call,
    },
};

/// What a service node that is not registered says of itself to an operator.
pub fn registration(chain: &Arbitrum, operator: &oxen_types::bytes::EthereumAddress) -> Registration {
    let node = SigningKey::from_bytes(&[42; 32]);
    let secret = SecretKey::from_random(&[200; 32]).unwrap();
    let bls_key = secret.public_key().to_bytes();
    let service_node = PublicKey::new(node.verifying_key().to_bytes());
    let proof = chain.nodes.domain.possession(&bls_key, operator, &service_node);
    let message = [service_node.as_ref(), bls_key.as_ref()].concat();
    Registration {
        service_node,
        bls_key,
        proof: secret.sign(&proof.to_point()).to_bytes(),
        signature: node.sign(&message).to_bytes(),
        fee: 1_000,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_node_is_approved_for_registered_and_asked_to_leave() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let key = chain.account().await;
    let me = key.address();
    chain.give(&me, REQUIREMENT).await;
    let registration = registration(&chain, &me);
    assert!(registration.is_signed_by_node());
    registration
        .check_proof(&chain.provider, &chain.rewards, &me)
        .await
        .unwrap();
    let stranger = chain.account().await.address();
    let refused = registration
        .check_proof(&chain.provider, &chain.rewards, &stranger)
        .await;
    assert!(matches!(refused, Err(L2Error::Refused(_))), "{refused:?}");

    let terms = StakingTerms::read(&chain.provider, &chain.rewards, &me).await.unwrap();
    let requirement = Sesh::from_atomic(REQUIREMENT);
    assert_eq!(
        (terms.requirement, terms.balance, terms.allowance),
        (requirement, requirement, Sesh::ZERO)
    );
    let mut nodes = chain.nodes.clone();
    let mut journal = Journal::open(Disk::default()).unwrap();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let purpose = ServiceNodeCall::Register {
        service_node: registration.service_node,
    };
    let refused = worker
        .call(purpose.clone(), registration.call(chain.rewards))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("approve it first"), "{refused}");
    let approve = approve_call(terms.token, &chain.rewards, requirement);
    worker
        .call(ServiceNodeCall::Approve { amount: requirement }, approve)
        .await
        .unwrap();
    worker
        .call(purpose.clone(), registration.call(chain.rewards))
        .await
        .unwrap();
    let number = node_with_key(&chain.provider, &chain.rewards, &registration.service_node)
        .await
        .unwrap();
    assert_eq!(number, Some(4));
    let same = node_with_bls_key(&chain.provider, &chain.rewards, &registration.bls_key)
        .await
        .unwrap();
    assert_eq!(same, number);
    assert_eq!(chain.balance(&me).await, 0);
    let again = worker
        .call(purpose, registration.call(chain.rewards))
        .await
        .unwrap_err();
    assert!(again.to_string().contains("registered already, as number 4"), "{again}");

    let exit = ServiceNodeCall::RequestExit { node: 4 };
    worker
        .call(exit.clone(), request_exit_call(chain.rewards, 4))
        .await
        .unwrap();
    let twice = worker
        .call(exit, request_exit_call(chain.rewards, 4))
        .await
        .unwrap_err();
    assert!(twice.to_string().contains("asked for already"), "{twice}");
    assert_eq!(journal.receipts().len(), 3);
}
