//! Producers with two templates, validators with two signatures, and those who work on every branch.

use oxen_simulation::{Fault, Groups, Network, play::TIE_SECONDS};

#[test]
fn two_double_signers_make_no_second_block() {
    let mut network = Network::start(1, 30);
    for node in 0..30 {
        network.fault(node, Fault::TwoTemplates);
    }
    for node in 3..5 {
        network.fault(node, Fault::SignsBoth);
    }
    network.run_for(2 * 3_600);
    assert_eq!(network.ledger.forks(), 0);
    assert!(
        network.promises.failures.keys().any(|kind| kind.starts_with("Missing")),
        "{:?}",
        network.promises.failures
    );
}

#[test]
fn many_double_signers_split_the_network_until_the_next_block_and_nothing_final_is_lost() {
    let mut forks = 0;
    for seed in 0..4 {
        let mut network = Network::start(seed, 30);
        assert!(network.run_until(900, |network| network.agree_above(3)));
        for node in 0..30 {
            network.fault(node, Fault::TwoTemplates);
        }
        for node in 0..10 {
            network.fault(node * 3, Fault::SignsBoth);
        }
        network.run_for(1_800);
        forks += network.ledger.forks();
        network.calm();
        let height = network.best_height();
        assert!(
            network.run_until(TIE_SECONDS, |network| network.agree_above(height)),
            "{}",
            network.describe()
        );
    }
    assert!(
        forks > 0,
        "three double signers of a quorum make two blocks of one round"
    );
}

#[test]
fn five_nodes_that_sign_on_every_branch_make_no_two_blocks_final() {
    for seed in 0..3 {
        let mut network = Network::start(seed, 30);
        for node in 0..5 {
            network.fault(node * 6, Fault::EveryBranch);
        }
        for _ in 0..6 {
            let cut = 8 + network.draw(14) as usize;
            network.groups = Groups::split(&[cut]);
            network.run_for(900);
            network.groups = Groups::whole();
            network.run_for(300);
        }
        network.calm();
        let height = network.best_height();
        assert!(
            network.run_until(TIE_SECONDS, |network| network.agree_above(height)),
            "{}",
            network.describe()
        );
        assert!(network.promises.highest_final().is_some());
    }
}
