use super::*;
use proptest::prelude::*;

const CHAIN: u64 = 31_337;

fn key(byte: u8) -> BlsPublicKey {
    BlsPublicKey::new([byte; 64])
}

fn exit(l2_height: u64, node: u8) -> L2Event {
    L2Event {
        source: L2Source {
            chain_id: CHAIN,
            l2_height,
        },
        kind: L2EventKind::Exit {
            bls_key: key(node),
            returned_amount: Amount::from_atomic(5),
        },
    }
}

fn purge(l2_height: u64, node: u8) -> L2Event {
    L2Event {
        source: L2Source {
            chain_id: CHAIN,
            l2_height,
        },
        kind: L2EventKind::PurgeMissingServiceNode { bls_key: key(node) },
    }
}

fn parts() -> PictureParts {
    PictureParts {
        chain_id: CHAIN,
        safe_blocks: 280,
        reward_update_blocks: 2_400,
        purge_blocks: 1_000,
        purge_minimum_age_blocks: 720,
        newest: 10_000,
        logs: BTreeMap::new(),
        reward_rates: BTreeMap::from([(7_200, Amount::from_atomic(72)), (9_600, Amount::from_atomic(96))]),
        list: None,
    }
}

fn with_log(mut parts: PictureParts, l2_height: u64, log_index: u64, log: SeenLog) -> PictureParts {
    let position = LogPosition { l2_height, log_index };
    parts.logs.insert(position, log);
    parts
}

fn report(event: L2Event) -> SeenLog {
    SeenLog {
        event: Some(event),
        change: None,
    }
}

fn change(change: ListChange) -> SeenLog {
    SeenLog {
        event: None,
        change: Some(change),
    }
}

fn listed(as_of: u64, nodes: &[(u64, u8)]) -> PictureParts {
    let nodes = nodes.iter().map(|(id, byte)| (*id, key(*byte)));
    PictureParts {
        list: Some(ListReading {
            as_of,
            nodes: ContractNodes::new(nodes),
        }),
        ..parts()
    }
}

fn nobody() -> BTreeMap<BlsPublicKey, Height> {
    BTreeMap::new()
}

#[test]
fn an_identical_event_is_confirmed_and_another_is_not() {
    let picture = Picture::new(with_log(parts(), 9_000, 3, report(exit(9_000, 1))));
    let opinion = |event: &L2Event| picture.opinion(event, Height::new(100), &nobody());
    assert_eq!(opinion(&exit(9_000, 1)), Ok(Opinion::Yes));
    assert_eq!(opinion(&exit(9_001, 1)), Ok(Opinion::No));
    assert_eq!(opinion(&exit(9_000, 2)), Ok(Opinion::No));
    let mut other_chain = exit(9_000, 1);
    other_chain.source.chain_id = 1;
    assert_eq!(opinion(&other_chain), Ok(Opinion::No));
}

#[test]
fn two_events_of_one_block_are_both_confirmed() {
    let first = with_log(parts(), 9_000, 0, report(exit(9_000, 1)));
    let picture = Picture::new(with_log(first, 9_000, 1, report(exit(9_000, 2))));
    for node in [1, 2] {
        let opinion = picture.opinion(&exit(9_000, node), Height::new(100), &nobody());
        assert_eq!(opinion, Ok(Opinion::Yes));
    }
}

#[test]
fn an_event_above_what_was_read_has_no_opinion() {
    let picture = Picture::new(parts());
    let missing = picture.opinion(&exit(10_001, 1), Height::new(100), &nobody());
    assert_eq!(
        missing,
        Err(NotReached {
            l2_height: 10_001,
            newest: 10_000
        })
    );
}

#[test]
fn events_near_the_head_are_not_reported_yet() {
    let logs = with_log(parts(), 9_720, 0, report(exit(9_720, 1)));
    let picture = Picture::new(with_log(logs, 9_721, 0, report(exit(9_721, 2))));
    assert_eq!(picture.safe(), 9_720);
    assert_eq!(picture.safe_events().cloned().collect::<Vec<_>>(), [exit(9_720, 1)]);
    assert_eq!(picture.events().count(), 2);
}

#[test]
fn the_reward_rate_is_that_of_the_interval() {
    let picture = Picture::new(parts());
    assert_eq!(picture.reward_rate(9_599), Some(Amount::from_atomic(72)));
    assert_eq!(picture.reward_rate(9_600), Some(Amount::from_atomic(96)));
    assert_eq!(picture.reward_rate(7_199), None);
}

#[test]
fn a_registered_node_that_the_contract_lacks_is_purged_when_it_is_old_enough() {
    let picture = Picture::new(listed(9_000, &[(1, 1), (2, 2)]));
    let registered = BTreeMap::from([
        (key(1), Height::new(0)),
        (key(3), Height::new(280)),
        (key(4), Height::new(281)),
    ]);
    let at = |node| picture.opinion(&purge(9_000, node), Height::new(1_000), &registered);
    assert_eq!(at(1), Ok(Opinion::No), "the contract lists it");
    assert_eq!(at(3), Ok(Opinion::Yes));
    assert_eq!(at(4), Ok(Opinion::No), "it is too young");
    assert_eq!(at(5), Ok(Opinion::No), "nobody registered it");
    assert_eq!(picture.purges(Height::new(1_000), &registered), [purge(9_000, 3)]);
}

#[test]
fn a_purge_names_a_block_in_which_everybody_looks() {
    let picture = Picture::new(listed(9_000, &[(1, 1)]));
    let registered = BTreeMap::from([(key(3), Height::new(0))]);
    let at = |l2_height| picture.opinion(&purge(l2_height, 3), Height::new(1_000), &registered);
    assert_eq!(at(9_000), Ok(Opinion::Yes));
    assert_eq!(at(9_001), Ok(Opinion::No));
    let elsewhere = Picture::new(listed(9_001, &[(1, 1)]));
    assert_eq!(elsewhere.purges(Height::new(1_000), &registered), []);
}

#[test]
fn an_empty_list_or_none_purges_nobody() {
    let registered = BTreeMap::from([(key(3), Height::new(0))]);
    for parts in [listed(9_000, &[]), parts()] {
        let picture = Picture::new(parts);
        let opinion = picture.opinion(&purge(9_000, 3), Height::new(1_000), &registered);
        assert_eq!(opinion, Ok(Opinion::No));
        assert_eq!(picture.purges(Height::new(1_000), &registered), []);
    }
}

#[test]
fn the_list_follows_the_logs_and_an_exit_is_no_reason_to_purge() {
    let logs = with_log(
        listed(9_000, &[(1, 1), (2, 2)]),
        9_100,
        0,
        change(ListChange::Removed { id: 1 }),
    );
    let added = ListChange::Added { id: 3, key: key(3) };
    let logs = with_log(logs, 9_200, 0, change(added));
    // What was logged before the list was read is in it already.
    let picture = Picture::new(with_log(logs, 9_000, 0, change(ListChange::Removed { id: 2 })));
    let nodes = picture.contract_nodes().unwrap();
    assert_eq!(nodes.iter().map(|(id, _)| id).collect::<Vec<_>>(), [2, 3]);
    assert_eq!((nodes.id_of(&key(3)), nodes.id_of(&key(1))), (Some(3), None));
    let registered = BTreeMap::from([(key(1), Height::new(0)), (key(3), Height::new(0))]);
    assert_eq!(picture.purges(Height::new(1_000), &registered), []);
}

proptest! {
    /// A list that is carried forward by the logs is the list that the contract has in the end.
    #[test]
    fn a_list_carried_forward_is_the_contracts(adds in prop::collection::vec(any::<bool>(), 0..60), read_after in 0..60_usize) {
        let mut contract: BTreeMap<u64, BlsPublicKey> = BTreeMap::new();
        let (mut parts, mut next_id) = (parts(), 1_u64);
        for (index, adds) in adds.iter().enumerate() {
            let l2_height = 9_000 + index as u64;
            let done = if *adds || contract.is_empty() {
                let added = ListChange::Added { id: next_id, key: key(next_id as u8) };
                contract.insert(next_id, key(next_id as u8));
                next_id += 1;
                added
            } else {
                let (id, _) = contract.pop_first().unwrap();
                ListChange::Removed { id }
            };
            parts = with_log(parts, l2_height, 0, change(done));
            if index == read_after {
                parts.list = Some(ListReading { as_of: l2_height, nodes: ContractNodes::new(contract.clone()) });
            }
        }
        if parts.list.is_none() {
            parts.list = Some(ListReading { as_of: 8_999, nodes: ContractNodes::default() });
        }
        let picture = Picture::new(parts);
        prop_assert_eq!(picture.contract_nodes(), Some(&ContractNodes::new(contract)));
    }
}
