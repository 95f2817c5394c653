//! The chain of a simulated node and that of the real writer.

use oxen_simulation::{Groups, Network, shadow};

#[test]
fn the_real_writer_has_the_same_tip_after_everything_that_came_to_a_node() {
    let (mut changes, mut forks) = (0, 0);
    for seed in 0..3 {
        let mut network = Network::start(seed, 30);
        for node in 0..3 {
            network.nodes[node].log = Some(Vec::new());
        }
        for _ in 0..8 {
            let height = network.best_height();
            assert!(
                network.run_until(3_600, |network| network.agree_above(height)),
                "{}",
                network.describe()
            );
            network.cut_off_quorum(0);
            network.run_for(600);
            network.groups = Groups::whole();
        }
        network.calm();
        network.run_for(600);
        forks += network.ledger.forks();
        for node in 0..3 {
            let log = network.nodes[node].log.take().unwrap();
            changes += shadow::follow(network.ledger.ground(), &log);
        }
    }
    println!("{changes} changes of tips, {forks} heights with two blocks");
    assert!(changes > 60 && forks > 5, "{changes} changes, {forks} forks");
}
