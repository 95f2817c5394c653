//! Writes a few inputs for each fuzz target to start from: `seeds FOLDER`. All of them are made here, from the product's own
//! code, so that no corpus needs to be kept.
use libfuzzer_sys as _;
use oxen_crypto::{
    mnemonic::{self, Language},
    signature::schnorr,
};
use oxen_testkit::{Account, ScriptedServiceNodes, TestChain, TestNetwork, Transfer, TransferBuilder};
use oxen_types::{
    Amount, Checkpoint, ConsensusEncode, GlobalOutputIndex, Hash, Height, Network, PublicKey,
    block::QuorumSignature,
    checkpoint::CheckpointKind,
    network::NetworkDescription,
    scan::{KnownBlockId, PoolApproval, ScanAnswer, ScanBlock, ScanPool, ScanPoolTransaction, ScanRequest},
    transaction::{PrunedTransaction, TransactionType},
};
use oxen_wallet_core::{KeysSection, Lookahead, WalletKeys, keys::Birthday, state::WalletState};
use parity_scale_codec::Encode;
use std::{env, fs, io, path::PathBuf};

/// Where the inputs of one target go.
struct Seeds {
    folder: PathBuf,
    written: usize,
}

impl Seeds {
    fn of(root: &str, target: &str) -> io::Result<Self> {
        let folder = PathBuf::from(root).join(target);
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, written: 0 })
    }

    fn add(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.written += 1;
        fs::write(self.folder.join(format!("seed-{}", self.written)), bytes)
    }
}

fn main() -> io::Result<()> {
    let root = env::args().nth(1).ok_or_else(|| io::Error::other("say into which folder: seeds FOLDER"))?;
    let chain = busy_chain();
    write_chain(&root, &chain)?;
    write_texts(&root)?;
    write_plans(&root)?;
    write_requests(&root, &chain)
}

/// A chain with transfers, payouts and blocks of a quorum.
fn busy_chain() -> TestChain {
    let mut chain = TestChain::on(&TestNetwork::new().foundation(&Account::named("foundation")).batching_interval(2));
    chain.set_service_nodes(ScriptedServiceNodes::none().with_quorum());
    chain.mine_empty(10);
    let burn = Amount::from_atomic(7);
    let shapes = [(1, 2), (2, 2), (1, 16)];
    let transfers: Vec<Transfer> = shapes
        .iter()
        .map(|(inputs, outputs)| TransferBuilder::new().inputs(*inputs).outputs(*outputs).burn(burn).build(&mut chain))
        .collect();
    let checked: Vec<_> = transfers.iter().map(Transfer::checked).collect();
    chain.mine(&checked);
    chain.mine_empty(2);
    chain
}

/// Transactions, blocks, checkpoints, extra, scan answers.
fn write_chain(root: &str, chain: &TestChain) -> io::Result<()> {
    let (mut transactions, mut blocks) = (Seeds::of(root, "transaction")?, Seeds::of(root, "block")?);
    let (mut extras, mut scans) = (Seeds::of(root, "extra")?, Seeds::of(root, "scan")?);
    let mut scan_blocks = Vec::new();
    for mined in chain.blocks() {
        let block = mined.block.block();
        if block.miner_transaction.as_ref().is_some_and(|coinbase| !coinbase.prefix.outputs.is_empty())
            || !block.transaction_ids.is_empty()
        {
            blocks.add(block.encode())?;
        }
        let listed: Vec<_> = mined.block.transactions().iter().map(|checked| checked.transaction()).collect();
        for transaction in block.miner_transaction.iter().chain(listed.iter().copied()) {
            transactions.add(transaction.encode())?;
            transactions.add(transaction.encode_pruned())?;
            extras.add(&transaction.prefix.extra)?;
        }
        let pruned: Vec<_> = listed.iter().map(|one| (one.id(), PrunedTransaction::from(*one))).collect();
        let listed = pruned.iter().map(|(id, pruned)| (*id, pruned));
        let height = block.height().unwrap_or_default();
        scan_blocks.push(ScanBlock::from_block(height, block.id(), block, listed, GlobalOutputIndex::new(64)));
    }
    // Version 4, no inputs or outputs, each type.
    for kind in TransactionType::ALL {
        transactions.add([4, 0, 0, 0, 0, 0, kind.number() as u8])?;
    }
    let genesis = Network::mainnet().genesis;
    transactions.add(&genesis.transaction)?;
    blocks.add(genesis.block_bytes().expect("mainnet's first block encodes"))?;
    let id = chain.tip().1.id;
    blocks.add(ConsensusEncode::encode(&checkpoint(id)))?;
    let known = vec![KnownBlockId { height: chain.tip().0, id }];
    scans.add(ScanRequest { known, start: Height::GENESIS, limit: 10 }.encode())?;
    if let Some(block) = scan_blocks.iter().max_by_key(|block| block.transactions.len()) {
        scans.add(block.encode())?;
        let waiting = block.transactions.iter().map(|transaction| ScanPoolTransaction {
            received: block.timestamp,
            approval: PoolApproval::Ordinary,
            transaction: transaction.clone(),
        });
        scans.add(ScanPool { transactions: waiting.collect() }.encode())?;
    }
    let answer = ScanAnswer { chain_height: chain.next_height(), immutable_height: Height::GENESIS, blocks: scan_blocks };
    scans.add(answer.encode())?;
    let account = Account::named("seed").keys().clone();
    let keys = KeysSection {
        keys: WalletKeys::Full(account),
        birthday: Birthday { height: Height::new(7), created: None },
        language: Language::English,
        network: "testkit".to_owned(),
    };
    scans.add(&*keys.encode())?;
    // The target reads it as the wallet of the zero key.
    let state = WalletState::new(PublicKey::ZERO, Height::new(7), Lookahead::default());
    scans.add(&*state.encode_versioned())
}

fn checkpoint(block_id: Hash) -> Checkpoint {
    let mut random = rand_core::OsRng;
    let pair = oxen_crypto::KeyPair::random(&mut random);
    Checkpoint {
        kind: CheckpointKind::ServiceNode,
        height: Height::new(12),
        block_id,
        signatures: (0..13)
            .map(|voter_index| QuorumSignature { voter_index, signature: schnorr::sign(&block_id, &pair, &mut random) })
            .collect(),
        previous_height: Height::new(8),
    }
}

/// Addresses, links, seed words, descriptions of networks.
fn write_texts(root: &str) -> io::Result<()> {
    let (mut addresses, mut words) = (Seeds::of(root, "address")?, Seeds::of(root, "mnemonic")?);
    let mut networks = Seeds::of(root, "network")?;
    for network in Network::built_in() {
        let text = Account::named("seed").address_text(&network);
        addresses.add(&text)?;
        addresses.add(format!("oxen:{text}?tx_amount=1.5&recipient_name=bob&tx_description=a%20b"))?;
        networks.add(NetworkDescription::of(&network).to_json())?;
    }
    for language in Language::ALL {
        words.add(mnemonic::encode(&[7; 32], language).as_bytes())?;
    }
    Ok(())
}

/// Inputs that stand for steps: any bytes do, longer ones take more steps.
fn write_plans(root: &str) -> io::Result<()> {
    for target in ["apply", "admission", "histories", "malleability", "pool", "wallet"] {
        let mut seeds = Seeds::of(root, target)?;
        for (length, factor) in [(8_u16, 1_u16), (64, 7), (400, 31), (1_000, 101)] {
            let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(factor).to_le_bytes()[0]).collect();
            seeds.add(bytes)?;
        }
    }
    Ok(())
}

/// Bodies of requests; the first byte chooses the path.
fn write_requests(root: &str, chain: &TestChain) -> io::Result<()> {
    let mut seeds = Seeds::of(root, "rpc")?;
    let id = chain.tip().1.id;
    let requests = [
        r#"{"jsonrpc":"2.0","id":"0","method":"get_info"}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":0,"method":"get_block","params":{"height":1}}"#.to_owned(),
        format!(r#"{{"jsonrpc":"2.0","id":0,"method":"get_block_header_by_hash","params":{{"hash":"{id}"}}}}"#),
        r#"{"jsonrpc":"2.0","id":0,"method":"get_block_headers_range","params":{"start_height":0,"end_height":3}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":0,"method":"get_fee_estimate","params":{"grace_blocks":5}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":0,"method":"get_output_histogram","params":{"amounts":[0]}}"#.to_owned(),
        r#"[{"jsonrpc":"2.0","id":1,"method":"get_version"},{"jsonrpc":"2.0","id":2,"method":"get_block_count"}]"#.to_owned(),
    ];
    for request in requests {
        seeds.add([&[0], request.as_bytes()].concat())?;
    }
    let bodies = [
        (1_u8, format!(r#"{{"txs_hashes":["{id}"],"decode_as_json":true,"prune":true}}"#)),
        (2, r#"{"tx_as_hex":"0400","do_not_relay":true}"#.to_owned()),
        (3, format!(r#"{{"key_images":["{id}"]}}"#)),
        (4, r#"{"outputs":[{"amount":0,"index":1}],"get_txid":true}"#.to_owned()),
    ];
    for (path, body) in bodies {
        seeds.add([&[path], body.as_bytes()].concat())?;
    }
    let request = ScanRequest { known: vec![KnownBlockId { height: Height::GENESIS, id }], start: Height::GENESIS, limit: 5 };
    seeds.add([vec![5], request.encode()].concat())?;
    // The portable storage of the binary endpoints: its signature and version, then one entry.
    let storage = [1, 0x11, 1, 1, 1, 1, 2, 1, 1, 4, 12];
    let entry = [&storage[1..], b"start_height", &[5, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
    for path in 6..=11_u8 {
        seeds.add([&[path], entry.as_slice()].concat())?;
    }
    Ok(())
}
