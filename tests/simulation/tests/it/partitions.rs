//! Networks that fall apart and come together again.

use oxen_simulation::{Groups, Network, network::STATUS_SECONDS, play::LIVENESS_SECONDS};

#[test]
fn without_thirteen_voters_there_is_no_checkpoint_and_after_healing_there_is_one_chain() {
    for seed in 0..3 {
        let mut network = Network::start(seed, 30);
        assert!(network.run_until(20 * 121, |network| network.agree_above(12)));
        // Of twelve nodes no quorum of twenty has thirteen.
        network.groups = Groups::split(&[12, 12]);
        network.run_for(600);
        let (fixed, height) = (network.promises.highest_final(), network.best_height());
        network.run_for(3_600);
        assert_eq!(network.promises.highest_final(), fixed, "seed {seed}");
        network.groups = Groups::whole();
        let bound = LIVENESS_SECONDS;
        let before = network.best_height();
        assert!(
            network.run_until(bound, |network| network.agree_above(before)),
            "seed {seed}: {}",
            network.describe()
        );
        assert!(network.run_until(15 * 151, |network| {
            network.promises.highest_final() > Some(network.height_at(height))
        }));
    }
}

#[test]
fn two_thirds_go_on_and_the_others_catch_up() {
    let mut network = Network::start(5, 30);
    assert!(network.run_until(600, |network| network.agree_above(3)));
    network.groups = Groups::split(&[24]);
    network.run_for(2 * 3_600);
    assert!(network.height(0) >= 30, "{}", network.height(0));
    let alone = network.height(29);
    network.groups = Groups::whole();
    let height = network.best_height();
    assert!(network.run_until(3 * STATUS_SECONDS, |network| network.height(29) >= height));
    assert!(alone < height);
    assert_eq!(network.nodes[29].chain.tip(), network.nodes[0].chain.tip());
}
