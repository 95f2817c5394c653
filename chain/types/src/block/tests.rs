use super::*;
use crate::height::Timestamp;

const EMPTY_COINBASE: &str = concat!(
    "0400beac4f01ffa0ac4f004201",
    "33333333333333333333333333333333333333333333333333333333333333337244444444444444444444444444444444444444444444444444444444444444440000"
);

fn header(major_version: u8, minor_version: u8) -> BlockHeader {
    BlockHeader {
        major_version,
        minor_version,
        timestamp: Timestamp::from_seconds(1_700_000_000),
        previous: Hash::new([0x11; 32]),
        nonce: 0,
        pulse: Some(PulseHeader {
            random_value: [0x22; 16],
            round: 1,
            validator_bitset: 0x07ff,
        }),
        leader: None,
        l2: None,
    }
}

fn block(header: BlockHeader, transactions: usize) -> Block {
    let coinbase = (header.major_version < MAJOR_ETH_BLS)
        .then(|| Transaction::decode(&hex::decode(EMPTY_COINBASE).unwrap()).unwrap());
    let tail = (header.major_version == MAJOR_BATCHING).then(|| BatchingTail::Full {
        height: Height::new(1_300_000),
        producer: PublicKey::new([0x77; 32]),
        reward: Amount::from_atomic(16_500_000_000),
    });
    Block {
        header,
        miner_transaction: coinbase,
        transaction_ids: [Hash::new([0x55; 32]), Hash::new([0x66; 32])]
            .into_iter()
            .take(transactions)
            .collect(),
        l2_event_count: 0,
        signatures: Vec::new(),
        batching_tail: tail,
    }
}

fn transition_header() -> BlockHeader {
    BlockHeader {
        leader: Some(LeaderTail {
            reward: Amount::from_atomic(16_500_000_000),
            leader_key_end: [0xde, 0xad, 0xbe, 0xef],
        }),
        ..header(20, 0)
    }
}

fn l2_header() -> BlockHeader {
    BlockHeader {
        leader: Some(LeaderTail {
            reward: Amount::from_atomic(22_983_257_229),
            leader_key_end: [0xde, 0xad, 0xbe, 0xef],
        }),
        l2: Some(L2Header {
            height: Height::new(1_300_000),
            l2_height: 250_000_000,
            l2_reward: Amount::from_atomic(22_983_257_000),
            l2_votes: vec![true, false, true, true, false, false, false, true, true],
        }),
        ..header(21, 0)
    }
}

#[test]
fn ids_of_every_header_generation_are_the_known_ones() {
    for (block, id) in [
        (
            block(header(19, 3), 0),
            "1f49f913d2d832eaf22b00f206913312e1bb0269d6c4aa0afb1387161b2a8e78",
        ),
        (
            block(header(19, 3), 2),
            "1368094793e309263a76700bee0efff559642b98296a4f54ab84decc33928f98",
        ),
        (
            block(transition_header(), 0),
            "5bc0ac935709d324eef01390dba1d046e36f930f5908dd615dc48113ba324695",
        ),
        (
            block(l2_header(), 0),
            "7e83985ee9b24c4b28f70aba6bc33599304cc530ab55bf396096980493f29510",
        ),
        (
            block(l2_header(), 2),
            "41e27ef2e7f650463956216d29f63aa8a8fa9d01bea6de0a8218cbe61ab23cb4",
        ),
    ] {
        assert_eq!(block.id().to_string(), id);
        assert_eq!(Block::decode(&block.encode()), Ok(block));
    }
}

#[test]
fn an_hf19_block_has_the_known_length_and_tail() {
    let bytes = block(header(19, 3), 0).encode();
    assert_eq!(bytes.len(), 187);
    assert!(hex::encode(&bytes).ends_with(&format!("a0ac4f{}00057ad703000000", "77".repeat(32))));
    let compact = Block {
        batching_tail: Some(BatchingTail::Compact {
            reward: Amount::from_atomic(16_500_000_000),
        }),
        ..block(header(19, 3), 0)
    };
    assert_eq!(Block::decode(&compact.encode()), Ok(compact.clone()));
    assert_eq!(compact.id(), block(header(19, 3), 0).id());
}

#[test]
fn the_complete_hf21_block_has_the_known_bytes() {
    let mut block = block(l2_header(), 2);
    block.l2_event_count = 1;
    let bytes = "150080e2cfaa061111111111111111111111111111111111111111111111111111111111111111000000002222222222222222222222222222222201ff078dd9a2cf55deadbeefa0ac4f80e59a77a8d7a2cf55098d0102555555555555555555555555555555555555555555555555555555555555555566666666666666666666666666666666666666666666666666666666666666660100000000";
    assert_eq!(hex::encode(block.encode()), bytes);
    assert_eq!(Block::decode(&hex::decode(bytes).unwrap()), Ok(block));
}

#[test]
fn genesis_ids_are_the_published_ones() {
    for (transaction, nonce, id) in [
        (
            "021e01ff000380808d93f5d771027c4fd4553bc9886f1f49e3f76d945bf71e8632a94e6c177b19cbc780e7e6bdb48080b4ccd4dfc60302c8b9f6461f58ef3f2107e577c7425d06af584a1c7482bf19060e84059c98b4c3808088fccdbcc32302732b53b0b0db706fcc3087074fb4b786da5ab72b2065699f9453448b0db27f892101ed71f2ce3fc70d7b2036f8a4e4b3fb75c66c12184b55a908e7d1a1d6995566cf00",
            1_022_201,
            "08ff156d993012b0bdf2816c4bee47c9bbc7930593b70ee02574edddf15ee933",
        ),
        (
            "04011e1e01ff00018080c9db97f4fb2702fa27e905f604faa4eb084ee675faca77b0cfea9adec1526da33cae5e286f31624201dae05bf3fa1662b7fd373c92426763d921cf3745e10ee43edb510f690c656f247200000000000000000000000000000000000000000000000000000000000000000000",
            12_345,
            "93228e506979e2159af05ff19a06dd35ac27a54b9b9feee76db14b534d739fe2",
        ),
    ] {
        let genesis = Block {
            header: BlockHeader {
                major_version: 7,
                minor_version: 7,
                timestamp: Timestamp::from_seconds(0),
                previous: Hash::ZERO,
                nonce,
                pulse: None,
                leader: None,
                l2: None,
            },
            miner_transaction: Some(Transaction::decode(&hex::decode(transaction).unwrap()).unwrap()),
            transaction_ids: Vec::new(),
            l2_event_count: 0,
            signatures: Vec::new(),
            batching_tail: None,
        };
        assert_eq!(genesis.id().to_string(), id);
        assert_eq!(genesis.height(), Some(Height::GENESIS));
        assert_eq!(Block::decode(&genesis.encode()), Ok(genesis));
    }
}

#[test]
fn every_truncation_of_a_block_is_refused() {
    let bytes = block(header(19, 3), 2).encode();
    for length in 0..bytes.len() {
        assert!(Block::decode(&bytes[..length]).is_err(), "{length} bytes");
    }
}
