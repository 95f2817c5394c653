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
        network.links.rumours_wait = 60_000;
        for _ in 0..8 {
            let cut = 6 + network.draw(18) as usize;
            network.groups = Groups::split(&[2, cut]);
            network.run_for(500);
            network.groups = Groups::whole();
            network.run_for(120);
        }
        network.calm();
        network.run_for(600);
        forks += network.ledger.forks();
        for node in 0..3 {
            let log = network.nodes[node].log.take().unwrap();
            changes += shadow::follow(network.ledger.ground(), &log);
        }
    }
    assert!(changes > 60, "{changes}");
    println!("{changes} changes of tips, {forks} heights with two blocks");
}
