//! Nodes by the contract: those whose stakes became SESH, one that the contract does not know, and two that come and go.

use crate::{LISTED, REQUIREMENT, SERVICE_NODES, anvil, await_height, providers::Provider, sesh_of};
use oxen_localnet::{
    NetworkError, OXEN, PrivateNetwork, Seen,
    arbitrum::{Addresses, contracts::ServiceNodeRewards},
    wallet::{Wallet, WalletError},
};
use serde_json::{Value, json};

/// Of what is taken from a node that is liquidated: 0.2 %, and 0.03 % of it all are for whoever does it (bridge §4.4).
const PENALTY: u64 = REQUIREMENT / 10_000 * 20;
const LIQUIDATOR: u64 = REQUIREMENT / 10_000 * 3;
/// What each of two stakers brings for a node of theirs.
const HALF: u64 = REQUIREMENT / 2;
/// A node of which one provider says that it wants to leave.
const VICTIM: usize = 9;

/// Every node goes on with its stake in SESH, and the outputs that were staked are spent for good.
pub fn stakes_become_sesh(network: &PrivateNetwork, faucet: &Wallet) {
    let operator = faucet.ethereum_address().unwrap();
    await_height(network, network.fork_height(21).unwrap().unwrap());
    let nodes = network.rpc().call("get_service_nodes", &json!({})).unwrap();
    let nodes = nodes["service_node_states"].as_array().unwrap().clone();
    assert_eq!(nodes.len(), SERVICE_NODES);
    for node in &nodes {
        assert_eq!(
            (
                &node["staking_requirement"],
                &node["total_contributed"],
                &node["funded"]
            ),
            (&json!(REQUIREMENT), &json!(REQUIREMENT), &json!(true)),
            "{node}"
        );
        let found = node["operator_address"].as_str().unwrap();
        assert_eq!(found.to_lowercase(), operator.to_lowercase());
    }
    let at = Addresses::of_new_chain();
    let listed = anvil(network).ask(at.rewards, &ServiceNodeRewards::totalNodesCall {});
    assert_eq!(u64::try_from(listed.unwrap()).unwrap(), LISTED as u64);
    let spent = network
        .rpc()
        .call("get_service_node_blacklisted_key_images", &json!({}))
        .unwrap();
    let spent = spent["blacklist"].as_array().unwrap().len();
    assert!(
        spent >= SERVICE_NODES,
        "{spent} outputs are spent for {SERVICE_NODES} stakes"
    );
}

/// The chain lists a node that the contract does not, for whatever reason: the chain gives it up.
pub fn who_is_not_in_the_contract_is_purged(network: &PrivateNetwork) {
    let gone = || {
        let nodes = nodes(network)?;
        Ok(if nodes.len() == LISTED {
            Seen::Yes(nodes)
        } else {
            Seen::NotYet(format!("{} nodes at height {}", nodes.len(), network.rpc().height()?))
        })
    };
    let nodes = network.await_that("the purge of the node that the contract lacks", gone);
    for node in nodes.unwrap() {
        let key = node["service_node_pubkey"].as_str().unwrap();
        assert_ne!(contract_id(network, key), 0, "{key} is in the contract");
    }
}

fn nodes(network: &PrivateNetwork) -> Result<Vec<Value>, NetworkError> {
    let answer = network.rpc().call("get_service_nodes", &json!({}))?;
    Ok(answer["service_node_states"].as_array().cloned().unwrap_or_default())
}

/// Number of a node in the contract; 0 when it has none.
fn contract_id(network: &PrivateNetwork, key: &str) -> u64 {
    let call = ServiceNodeRewards::ed25519ToServiceNodeIDCall {
        key: format!("0x{key}").parse().unwrap(),
    };
    anvil(network).ask(Addresses::of_new_chain().rewards, &call).unwrap()
}

/// What the contract pays is what the chain says of the height that was signed.
pub fn rewards_are_paid_to_the_atomic_unit(network: &PrivateNetwork, faucet: &Wallet) {
    let address = faucet.ethereum_address().unwrap();
    let account = address.parse().unwrap();
    let rewards = Addresses::of_new_chain().rewards;
    let before = sesh_of(network, &address);
    faucet.command(&["rewards", "claim"]).unwrap();
    let paid = sesh_of(network, &address) - before;
    let ledger = anvil(network)
        .ask(rewards, &ServiceNodeRewards::recipientsCall { account })
        .unwrap();
    assert_eq!((ledger.rewards, ledger.claimed), (ledger.claimed, ledger.claimed));
    assert_eq!(u64::try_from(ledger.claimed).unwrap(), paid);
    assert!(paid > 0, "twenty nodes have earned nothing");
    // The next blocks add whole rewards: what was paid is a total of the past, and the chain goes on from it.
    let signed = network
        .rpc()
        .call("bls_rewards_request", &json!({ "address": address }))
        .unwrap();
    assert!(signed["amount"].as_u64().unwrap() >= paid, "{signed}");
}

/// Registered with the contract by the wallet, one by alice alone and one together with bob, and taken up by the chain. Then both
/// go: one takes its stake back in time, the other waits until bob liquidates it. Meanwhile one node believes a provider that lies,
/// and others see through it.
pub fn nodes_come_and_go_by_the_contract(network: &mut PrivateNetwork, alice: &Wallet, bob: &Wallet) {
    let liar = invents_an_exit_of(network, VICTIM);
    let honest = Provider::honest(anvil(network));
    follow_as(network, &liar, &honest);

    let leaving = register(network, alice);
    let staying = register_together(network, alice, bob);
    for index in [leaving, staying] {
        ask_to_leave(network, alice, index);
        // The blocks that say so for the second node must not go together with those that say so for the first.
        await_state(network, index, "a node that is to leave", |state| {
            state.is_null() || state["requested_unlock_height"] != json!(0)
        });
    }
    for index in [leaving, staying] {
        await_state(network, index, "the end of a new node", Value::is_null);
    }
    let recipient = alice.ethereum_address().unwrap();
    let before = sesh_of(network, &recipient);
    alice
        .command(&["bridge", "exit", "finish", network.node(leaving).key()])
        .unwrap();
    await_paid(network, alice, before + REQUIREMENT);

    let liquidator = bob.ethereum_address().unwrap();
    let bob_had = sesh_of(network, &liquidator);
    let liquidated = || {
        Ok(
            match bob.command(&["bridge", "liquidate", network.node(staying).key()]) {
                Ok(_) => Seen::Yes(()),
                // It is protected for some blocks.
                Err(WalletError::Refused { message, .. }) => Seen::NotYet(message),
                Err(error) => return Err(error.into()),
            },
        )
    };
    network.await_that("the liquidation of a node", liquidated).unwrap();
    assert_eq!(sesh_of(network, &liquidator), bob_had + LIQUIDATOR);
    // The operator bears the penalty.
    await_paid(network, alice, before + REQUIREMENT + HALF - PENALTY);
    await_paid(network, bob, bob_had + LIQUIDATOR + HALF);

    assert!(liar.lies_told() > 0, "nobody heard the lie");
    let state = network.state(VICTIM).unwrap();
    assert_eq!(
        state["requested_unlock_height"],
        json!(0),
        "the invented exit is nowhere: {state}"
    );
}

/// A provider that says so, and nothing else.
fn invents_an_exit_of(network: &PrivateNetwork, index: usize) -> Provider {
    let id = contract_id(network, network.node(index).key());
    let state = network.state(index).unwrap();
    Provider::that_invents_an_exit_of(anvil(network), id, state["pubkey_bls"].as_str().unwrap())
}

/// One node hears only the liar; one the liar and two honest ones; one has an honest one, a lying one that it outvotes, and one
/// that is not there.
fn follow_as(network: &mut PrivateNetwork, liar: &Provider, honest: &Provider) {
    let own = anvil(network).url();
    let dead = Provider::dead();
    let plans = [
        vec![liar.url().to_owned()],
        vec![own.clone(), liar.url().to_owned(), honest.url().to_owned()],
        vec![dead, own, honest.url().to_owned()],
    ];
    for (index, providers) in plans.iter().enumerate() {
        network.kill(index).unwrap();
        network.restart_following(index, providers).unwrap();
    }
}

/// A new node with a stake of alice's alone.
fn register(network: &mut PrivateNetwork, alice: &Wallet) -> usize {
    let index = network.add_service_node().unwrap();
    let own_node = network.node(index).process().unwrap().address().to_owned();
    let operator = alice.clone().with_daemon(&own_node);
    operator.command(&["bridge", "register", "fee=0%"]).unwrap();
    await_state(network, index, "a new node in the chain", |state| {
        state["total_contributed"] == json!(REQUIREMENT)
    });
    index
}

/// A new node with half of the stake each, through a contribution contract.
fn register_together(network: &mut PrivateNetwork, alice: &Wallet, bob: &Wallet) -> usize {
    let index = network.add_service_node().unwrap();
    let own_node = network.node(index).process().unwrap().address().to_owned();
    let operator = alice.clone().with_daemon(&own_node);
    let half = (HALF / OXEN).to_string();
    let stake = format!("stake={half}");
    let made = operator
        .command(&["bridge", "contract", "create", "fee=10%", &stake])
        .unwrap();
    let contract = made["contract"].as_str().unwrap();
    bob.command(&["bridge", "contract", "contribute", contract, &half])
        .unwrap();
    await_state(network, index, "a new node of two stakers", |state| {
        let stakes = state["contributors"].as_array().map_or(&[][..], Vec::as_slice);
        let amounts: Vec<u64> = stakes.iter().filter_map(|stake| stake["amount"].as_u64()).collect();
        amounts == [HALF; 2]
    });
    index
}

/// Asks the contract; the blocks of Arbitrum that say so are replaced by others without it, and the wallet asks again.
fn ask_to_leave(network: &PrivateNetwork, alice: &Wallet, index: usize) {
    let key = network.node(index).key();
    alice.command(&["bridge", "exit", key]).unwrap();
    let depth_and_transactions = json!([3, []]);
    anvil(network)
        .rpc()
        .call("anvil_reorg", &depth_and_transactions)
        .unwrap();
    match alice.command(&["bridge", "exit", key]) {
        // The second may come too late to be needed.
        Ok(_) | Err(WalletError::Refused { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}

fn await_state(network: &PrivateNetwork, index: usize, what: &str, is_so: impl Fn(&Value) -> bool) {
    let seen = || {
        let state = network.state(index)?;
        Ok(if is_so(&state) {
            Seen::Yes(())
        } else {
            Seen::NotYet(format!("{state} at height {}", network.rpc().height()?))
        })
    };
    network.await_that(what, seen).unwrap();
}

/// Claims until what came back is there.
fn await_paid(network: &PrivateNetwork, wallet: &Wallet, least: u64) {
    let recipient = wallet.ethereum_address().unwrap();
    let returned = || {
        let answer = match wallet.command(&["rewards", "claim"]) {
            Ok(_) => Value::Null,
            Err(WalletError::Refused { message, .. }) => json!(message),
            Err(error) => return Err(error.into()),
        };
        let has = sesh_of(network, &recipient);
        Ok(if has >= least {
            Seen::Yes(())
        } else {
            Seen::NotYet(format!("{has} of {least}: {answer}"))
        })
    };
    network.await_that("a stake that comes back", returned).unwrap();
}
