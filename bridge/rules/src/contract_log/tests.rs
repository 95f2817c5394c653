use super::*;
use oxen_types::keccak256;
use proptest::prelude::*;

const SOURCE: L2Source = L2Source {
    chain_id: 42_161,
    l2_height: 250_000_000,
};

fn number(value: u64) -> Word {
    let mut word = [0; 32];
    word[24..].copy_from_slice(&value.to_be_bytes());
    word
}

fn address(byte: u8) -> Word {
    let mut word = [0; 32];
    word[12..].fill(byte);
    word
}

/// A registration with one contributor for each byte.
fn registration(contributors: &[(u8, u8, u64)]) -> Vec<Word> {
    let mut words = vec![
        address(1),
        [0xaa; 32],
        [0xbb; 32],
        [0xcc; 32],
        [0xd1; 32],
        [0xd2; 32],
        number(150),
        number(256),
        number(contributors.len() as u64),
    ];
    for (staker, beneficiary, amount) in contributors {
        words.extend([address(*staker), address(*beneficiary), number(*amount)]);
    }
    words
}

fn decode(topics: &[Word], words: &[Word]) -> Result<ContractLog, LogError> {
    let data = words.concat();
    decode_log(SOURCE, RawLog { topics, data: &data })
}

fn decode_registration(words: &[Word]) -> Result<ContractLog, LogError> {
    decode(&[topic::NEW_SERVICE_NODE, number(7)], words)
}

#[test]
fn the_topics_are_the_hashes_of_the_signatures() {
    for (topic, signature) in [
        (
            topic::NEW_SERVICE_NODE,
            "NewServiceNodeV2(uint64,address,(uint256,uint256),(uint256,uint256,uint256,uint16),((address,address),uint256)[])",
        ),
        (
            topic::EXIT_REQUEST,
            "ServiceNodeExitRequest(uint64,address,(uint256,uint256))",
        ),
        (topic::EXIT, "ServiceNodeExit(uint64,address,uint256,(uint256,uint256))"),
        (topic::STAKING_REQUIREMENT, "StakingRequirementUpdated(uint256)"),
        (topic::SEEDED, "NewSeededServiceNode(uint64,(uint256,uint256),uint256)"),
    ] {
        assert_eq!(keccak256(signature.as_bytes()).to_bytes(), topic, "{signature}");
    }
}

#[test]
fn a_registration_names_node_keys_fee_and_contributors() {
    let decoded = decode_registration(&registration(&[(1, 1, 6_250), (2, 3, 18_750)])).unwrap();
    let ContractLog::Event { event, node_id } = decoded else {
        panic!("no event: {decoded:?}")
    };
    assert_eq!((event.source, node_id), (SOURCE, Some(7)));
    let mut bls_key = [0xaa; 64];
    bls_key[32..].fill(0xbb);
    let mut signature = [0xd1; 64];
    signature[32..].fill(0xd2);
    let contributor = |staker: u8, beneficiary: u8, amount| {
        L2Contributor::new(
            EthereumAddress::new([staker; 20]),
            EthereumAddress::new([beneficiary; 20]),
            Amount::from_atomic(amount),
        )
    };
    assert_eq!(
        event.kind,
        L2EventKind::NewServiceNode {
            service_node_key: PublicKey::new([0xcc; 32]),
            bls_key: BlsPublicKey::new(bls_key),
            signature: Signature::new(signature),
            fee: 150,
            contributors: vec![contributor(1, 1, 6_250), contributor(2, 3, 18_750)],
        }
    );
}

#[test]
fn a_beneficiary_who_is_the_contributor_is_not_written() {
    let decoded = decode_registration(&registration(&[(1, 1, 5)])).unwrap();
    let ContractLog::Event { event, .. } = decoded else {
        panic!("no event")
    };
    let L2EventKind::NewServiceNode { contributors, .. } = event.kind else {
        panic!("no registration")
    };
    assert_eq!(contributors[0].written_beneficiary, None);
}

#[test]
fn requests_exits_and_requirements_are_read() {
    let key = BlsPublicKey::new([0xaa; 64]);
    let words = |words: &[Word]| words.to_vec();
    let event = |topics: &[Word], words: &[Word]| match decode(topics, words).unwrap() {
        ContractLog::Event { event, node_id } => (event.kind, node_id),
        other => panic!("no event: {other:?}"),
    };
    let request = words(&[address(1), [0xaa; 32], [0xaa; 32]]);
    assert_eq!(
        event(&[topic::EXIT_REQUEST, number(9)], &request),
        (L2EventKind::ExitRequest { bls_key: key }, Some(9))
    );
    let exit = words(&[address(1), number(25_000), [0xaa; 32], [0xaa; 32]]);
    let kind = L2EventKind::Exit {
        bls_key: key,
        returned_amount: Amount::from_atomic(25_000),
    };
    assert_eq!(event(&[topic::EXIT, number(9)], &exit), (kind, Some(9)));
    let kind = L2EventKind::StakingRequirementUpdated {
        staking_requirement: Amount::from_atomic(20_000),
    };
    assert_eq!(event(&[topic::STAKING_REQUIREMENT], &[number(20_000)]), (kind, None));
}

#[test]
fn a_seeded_node_is_no_event_and_in_the_list() {
    let decoded = decode(&[topic::SEEDED, number(3)], &[[0xaa; 32], [0xaa; 32], [0xcc; 32]]);
    assert_eq!(
        decoded,
        Ok(ContractLog::Seeded {
            node_id: 3,
            bls_key: BlsPublicKey::new([0xaa; 64]),
        })
    );
}

#[test]
fn other_events_and_anonymous_ones_are_not_consumed() {
    let claimed = keccak256(b"RewardsClaimed(address,uint256)").to_bytes();
    assert_eq!(
        decode(&[claimed, address(1)], &[number(5)]),
        Ok(ContractLog::NotConsumed)
    );
    assert_eq!(decode(&[], &[number(5)]), Ok(ContractLog::NotConsumed));
}

#[test]
fn what_no_contract_writes_has_a_name() {
    let changed = |index: usize, word: Word| {
        let mut words = registration(&[(1, 1, 5)]);
        words[index] = word;
        decode_registration(&words)
    };
    let event = EventName::NewServiceNode;
    assert_eq!(changed(6, number(10_001)), Err(LogError::Fee { fee: 10_001 }));
    assert!(changed(6, number(10_000)).is_ok());
    assert_eq!(changed(6, [1; 32]), Err(LogError::TooLarge { event, what: "fee" }));
    assert_eq!(
        changed(7, number(288)),
        Err(LogError::ContributorsOffset { found: 288 })
    );
    assert_eq!(changed(8, number(0)), Err(LogError::Contributors { found: 0 }));
    assert_eq!(changed(8, number(11)), Err(LogError::Contributors { found: 11 }));
    assert_eq!(
        changed(8, number(2)),
        Err(LogError::Length {
            event,
            expected: 15 * 32,
            found: 12 * 32
        })
    );
    assert_eq!(
        changed(9, [9; 32]),
        Err(LogError::NotAnAddress {
            event,
            what: "contributor"
        })
    );
    assert_eq!(
        changed(11, [9; 32]),
        Err(LogError::TooLarge {
            event,
            what: "contribution"
        })
    );
    let words = registration(&[(1, 1, 5)]);
    assert_eq!(
        decode(&[topic::NEW_SERVICE_NODE], &words),
        Err(LogError::Topics {
            event,
            expected: 2,
            found: 1
        })
    );
    assert_eq!(
        decode(&[topic::NEW_SERVICE_NODE, [1; 32]], &words),
        Err(LogError::TooLarge { event, what: "node id" })
    );
    let data = words.concat();
    let of_block_zero = L2Source {
        chain_id: 1,
        l2_height: 0,
    };
    let topics = &[topic::NEW_SERVICE_NODE, number(7)];
    assert_eq!(
        decode_log(of_block_zero, RawLog { topics, data: &data }),
        Err(LogError::BlockZero)
    );
}

#[test]
fn a_registration_cut_short_anywhere_is_refused() {
    let data = registration(&[(1, 2, 5), (3, 4, 6)]).concat();
    let topics = &[topic::NEW_SERVICE_NODE, number(7)];
    for length in 0..data.len() {
        let cut = RawLog {
            topics,
            data: &data[..length],
        };
        let refused = decode_log(SOURCE, cut);
        assert!(matches!(refused, Err(LogError::Length { .. })), "{length}: {refused:?}");
    }
}

proptest! {
    #[test]
    fn every_registration_that_the_contract_can_write_is_read_back(
        id in any::<u64>(),
        fee in 0..=10_000_u64,
        contributors in prop::collection::vec((any::<u8>(), any::<u8>(), any::<u64>()), 1..=10),
    ) {
        let mut words = registration(&contributors);
        words[6] = number(fee);
        let decoded = decode(&[topic::NEW_SERVICE_NODE, number(id)], &words).unwrap();
        let ContractLog::Event { event, node_id } = decoded else {
            panic!("no event")
        };
        prop_assert_eq!(node_id, Some(id));
        let L2EventKind::NewServiceNode { fee: read, contributors: found, .. } = event.kind else {
            panic!("no registration")
        };
        prop_assert_eq!(read, fee);
        let found: Vec<(u8, u8, u64)> = found
            .iter()
            .map(|one| (one.address.as_bytes()[0], one.beneficiary().as_bytes()[0], one.amount.atomic()))
            .collect();
        prop_assert_eq!(found, contributors);
    }

    /// Whatever bytes follow a known topic, the answer is an event or an error and never a panic.
    #[test]
    fn any_bytes_are_an_event_or_an_error(
        topic in 0..5_usize,
        more_topics in prop::collection::vec(any::<Word>(), 0..4),
        data in prop::collection::vec(any::<u8>(), 0..700),
    ) {
        let known = [topic::NEW_SERVICE_NODE, topic::EXIT_REQUEST, topic::EXIT, topic::STAKING_REQUIREMENT, topic::SEEDED];
        let mut topics = vec![known[topic]];
        topics.extend(more_topics);
        let decoded = decode_log(SOURCE, RawLog { topics: &topics, data: &data });
        prop_assert_ne!(decoded, Ok(ContractLog::NotConsumed));
    }

    /// One word changed in a good registration: still one of the two, and no event with a fee or a count that cannot be.
    #[test]
    fn one_changed_word_never_makes_an_impossible_registration(index in 0..15_usize, word in any::<Word>(), low in any::<u64>(), tame in any::<bool>()) {
        let mut words = registration(&[(1, 2, 5), (3, 4, 6)]);
        words[index] = if tame { number(low) } else { word };
        if let Ok(ContractLog::Event { event, .. }) = decode_registration(&words) {
            let L2EventKind::NewServiceNode { fee, contributors, .. } = event.kind else {
                panic!("no registration")
            };
            prop_assert!(fee <= 10_000 && contributors.len() == 2);
        }
    }
}
