//! A network without faults.

use oxen_simulation::Network;

#[test]
fn thirty_honest_nodes_make_every_block_in_round_0() {
    let mut network = Network::start(1, 30);
    let begun = std::time::Instant::now();
    assert!(network.run_until(100 * 150, |network| network.best_height() >= 100));
    println!("{:?} {} events, {} blocks, final {:?}, {:?} {:?}", begun.elapsed(), network.events, network.ledger.len(), network.promises.highest_final(), network.promises.rounds, network.promises.failures);
}
