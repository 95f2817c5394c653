use super::*;
use oxen_types::{
    Network,
    extra::{L2Event, L2EventKind, L2Source},
};
use std::collections::BTreeMap;

fn followed() -> Followed {
    let mut parameters = Network::mainnet().l2;
    parameters.rewards_contract = Some(EthereumAddress::new([1; 20]));
    parameters.pool_contract = Some(EthereumAddress::new([2; 20]));
    Followed::of(&parameters).unwrap()
}

fn history() -> History {
    let position = |l2_height| LogPosition {
        l2_height,
        log_index: 3,
    };
    let event = L2Event {
        source: L2Source {
            chain_id: followed().parameters.chain_id,
            l2_height: 900,
        },
        kind: L2EventKind::Exit {
            bls_key: BlsPublicKey::new([5; 64]),
            returned_amount: Amount::from_atomic(25_000),
        },
    };
    let exit = SeenLog {
        event: Some(event),
        change: Some(ListChange::Removed { id: 5 }),
    };
    let seeded = SeenLog {
        event: None,
        change: Some(ListChange::Added {
            id: 6,
            key: BlsPublicKey::new([6; 64]),
        }),
    };
    History {
        newest: Some(1_000),
        logs: BTreeMap::from([(position(900), exit), (position(901), seeded)]),
        marks: BTreeMap::from([(990, [9; 32])]),
        reward_rates: BTreeMap::from([(600, Amount::from_atomic(77))]),
        list: Some(ListReading {
            as_of: 800,
            nodes: ContractNodes::new([(5, BlsPublicKey::new([5; 64]))]),
        }),
    }
}

#[test]
fn what_was_saved_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l2");
    assert!(load(&path, &followed()).unwrap().is_none());
    save(&path, &followed(), &history()).unwrap();
    assert_eq!(load(&path, &followed()).unwrap(), Some(history()));
    save(&path, &followed(), &History::default()).unwrap();
    assert_eq!(load(&path, &followed()).unwrap(), Some(History::default()));
}

#[test]
fn a_file_of_other_contracts_is_not_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l2");
    save(&path, &followed(), &history()).unwrap();
    let mut other = followed();
    other.rewards = EthereumAddress::new([9; 20]);
    assert!(matches!(load(&path, &other), Err(FileError::OtherContracts)));
}

#[test]
fn a_file_that_is_changed_or_cut_anywhere_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l2");
    save(&path, &followed(), &history()).unwrap();
    let good = fs::read(&path).unwrap();
    for index in 0..good.len() {
        let mut changed = good.clone();
        changed[index] ^= 1;
        for bytes in [&changed, &good[..index].to_vec()] {
            fs::write(&path, bytes).unwrap();
            assert!(
                matches!(load(&path, &followed()), Err(FileError::Damaged)),
                "at {index}"
            );
        }
    }
}
