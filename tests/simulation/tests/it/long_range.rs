//! Branches from long ago, by somebody who has got hold of everybody's old keys.

use oxen_simulation::{Network, chain::NodeChain, chain::Taken};
use oxen_types::network::KnownBlock;
use std::sync::Arc;

/// A network with something final, and a heavier branch from below it that nobody has seen.
fn network_and_branch(seed: u64) -> (Network, Vec<std::rc::Rc<oxen_simulation::ledger::Sealed>>) {
    let mut network = Network::start(seed, 30);
    assert!(network.run_until(30 * 121, |network| network.agree_above(20)));
    let fork = network.nodes[0].chain.at(network.height_at(2)).unwrap();
    let branch = network.forge_branch(0, fork, 40);
    (network, branch)
}

#[test]
fn a_heavier_branch_from_below_the_final_height_is_refused_by_all() {
    let (mut network, branch) = network_and_branch(1);
    let (tip, fixed) = (network.nodes[5].chain.tip(), network.promises.final_of(5).unwrap());
    assert!(network.height_of(&branch[0]).unwrap() < fixed);
    network.publish(29, &branch);
    network.run_for(5);
    for node in 0..29 {
        assert_eq!(network.nodes[node].chain.tip(), tip, "node {node}");
        assert_eq!(network.nodes[node].chain.beside(), 0, "node {node} keeps nothing of it");
    }
    let height = network.best_height();
    assert!(
        network.run_until(180, |network| network.agree_above(height)),
        "the network goes on"
    );
}

#[test]
fn a_node_that_is_new_falls_for_it_unless_it_knows_a_checkpoint() {
    let (mut network, branch) = network_and_branch(2);
    let now = network.nodes[0].clock(u64::MAX / 2).timestamp();
    let offer = |chain: &mut NodeChain, network: &mut Network| {
        let mut taken = Vec::new();
        for sealed in &branch {
            taken.push(chain.submit(&mut network.ledger, sealed, None, now));
        }
        taken
    };
    // Whoever starts today cannot tell: there is nothing in the blocks that says which of the two is older.
    let shared = [network.height_at(1), network.height_at(2)].map(|height| network.nodes[0].chain.at(height).unwrap());
    let mut newcomer = NodeChain::new(&network.ledger, oxen_simulation::Rulebook::FIRST);
    for id in shared {
        let sealed = network.ledger.applied(&id).sealed.clone().unwrap();
        assert_eq!(
            newcomer.submit(&mut network.ledger, &sealed, None, now),
            Taken::Extended
        );
    }
    let mut informed = newcomer.clone();
    assert!(
        offer(&mut newcomer, &mut network)
            .iter()
            .all(|taken| *taken == Taken::Extended)
    );
    // Software that knows a block of the true chain refuses the branch from there on.
    let known_height = network.height_at(12);
    let known = network.nodes[0].chain.at(known_height).unwrap();
    let mut rules = oxen_types::Network::clone(&network.ledger.ground().network);
    rules.checkpoints.push(KnownBlock {
        height: known_height,
        block_id: known,
    });
    let rulebook = network.ledger.add_rules(Arc::new(rules));
    informed.change_rules(rulebook, network.height_at(3));
    let taken = offer(&mut informed, &mut network);
    assert!(taken.iter().any(|taken| matches!(taken, Taken::Refused(_))));
    assert!(informed.height() < known_height);
}
