//! A wallet and a daemon that lies: blocks and pools altered from true ones, or of nothing but bytes. Whatever it is told, the
//! wallet does not panic, and taking the lies back leaves what it knew before.
#![no_main]
use libfuzzer_sys::{
    arbitrary::{Result, Unstructured},
    fuzz_target,
};
use oxen_crypto::mnemonic::Language;
use oxen_testkit::{Account, TestChain, TransferBuilder};
use oxen_types::{
    GlobalOutputIndex, Height,
    scan::{PoolApproval, ScanAnswer, ScanBlock, ScanPool, ScanPoolTransaction},
    transaction::PrunedTransaction,
};
use oxen_wallet_core::{
    ChainView, KeysSection, Lookahead, StakeLocks, Wallet, WalletKeys,
    balance::Counting,
    find_owned,
    history::TransferFilter,
    keys::Birthday,
    scan::find_in_pool,
    state::WalletState,
};
use parity_scale_codec::Encode;
use std::sync::OnceLock;

/// Blocks that the wallet knows before the lies begin, the first one included.
const KNOWN: usize = 13;
/// Answers of one run.
const MOST_ANSWERS: usize = 12;

struct Ground {
    chain: TestChain,
    blocks: Vec<ScanBlock>,
    wallet: Wallet,
}

fn ground() -> &'static Ground {
    static GROUND: OnceLock<Ground> = OnceLock::new();
    GROUND.get_or_init(|| {
        let treasury = Account::named("treasury");
        let mut chain = TestChain::mature();
        for inputs in 1..=4 {
            let transfer = TransferBuilder::new().inputs(inputs).outputs(3).build(&mut chain);
            chain.mine(&[transfer.checked()]);
        }
        let blocks = scan_blocks(&chain);
        let section = KeysSection {
            keys: WalletKeys::Full(treasury.keys().clone()),
            birthday: Birthday { height: Height::GENESIS, created: None },
            language: Language::English,
            network: "testkit".to_owned(),
        };
        let lookahead = Lookahead { accounts: 2, addresses: 2 };
        let owner = section.keys.view_keys().spend;
        let state = WalletState::new(owner, Height::GENESIS, lookahead);
        let mut wallet = Wallet::new((&**chain.network()).into(), &section, state);
        for block in &blocks[..KNOWN] {
            apply(&mut wallet, block);
        }
        assert!(wallet.outputs().all().count() > 64);
        Ground { chain, blocks, wallet }
    })
}

fn scan_blocks(chain: &TestChain) -> Vec<ScanBlock> {
    let genesis = chain.network().genesis.block().expect("the kit's first block is one");
    let first = ScanBlock::from_block(Height::GENESIS, genesis.id(), &genesis, [], GlobalOutputIndex::new(0));
    let mut next = 64;
    let later = chain.blocks().iter().map(|mined| {
        let block = mined.block.block();
        let listed: Vec<_> = mined
            .block
            .transactions()
            .iter()
            .map(|checked| (checked.id(), PrunedTransaction::from(checked.transaction())))
            .collect();
        let scan = ScanBlock::from_block(
            block.height().unwrap_or_default(),
            block.id(),
            block,
            listed.iter().map(|(id, pruned)| (*id, pruned)),
            GlobalOutputIndex::new(next),
        );
        next += scan.transactions.iter().map(|one| one.outputs.len() as u64).sum::<u64>();
        scan
    });
    std::iter::once(first).chain(later).collect()
}

/// Applies a block as a refresh does; whether it was taken.
fn apply(wallet: &mut Wallet, block: &ScanBlock) -> bool {
    let Ok(context) = wallet.view_context() else { return false };
    let hits = find_owned(&context, block);
    wallet.apply_block(block, hits).is_ok()
}

/// The bytes of a value with up to six of them changed, read again.
fn lie<T: Encode, E>(truth: &T, read: fn(&[u8]) -> std::result::Result<T, E>, input: &mut Unstructured<'_>) -> Result<Option<T>> {
    let mut bytes = truth.encode();
    for _ in 0..input.int_in_range(0..=6)? {
        let place = input.choose_index(bytes.len())?;
        bytes[place] = input.arbitrary()?;
    }
    Ok(read(&bytes).ok())
}

fn take_answer(wallet: &mut Wallet, input: &mut Unstructured<'_>) -> Result<()> {
    let blocks = &ground().blocks;
    let first = input.int_in_range(KNOWN..=blocks.len() - 1)?;
    let truth = ScanAnswer {
        chain_height: Height::new(blocks.len() as u64),
        immutable_height: Height::GENESIS,
        blocks: blocks[first..].to_vec(),
    };
    let Some(answer) = lie(&truth, ScanAnswer::decode_bounded, input)? else { return Ok(()) };
    // Only the blocks that it did not know are replaced: a lie about those before is another matter.
    if answer.blocks.first().is_none_or(|block| block.height < Height::new(KNOWN as u64)) {
        return Ok(());
    }
    if wallet.align(&answer).is_ok() {
        for block in &answer.blocks {
            if !apply(wallet, block) {
                break;
            }
        }
    }
    Ok(())
}

fn take_pool(wallet: &mut Wallet, input: &mut Unstructured<'_>) -> Result<()> {
    let waiting = ground().blocks[KNOWN..].iter().flat_map(|block| &block.transactions);
    let truth = ScanPool {
        transactions: waiting
            .map(|transaction| ScanPoolTransaction {
                received: ground().chain.now(),
                approval: PoolApproval::Ordinary,
                transaction: transaction.clone(),
            })
            .collect(),
    };
    let Some(pool) = lie(&truth, ScanPool::decode_bounded, input)? else { return Ok(()) };
    let Ok(context) = wallet.view_context() else { return Ok(()) };
    let findings = find_in_pool(&context, &pool);
    wallet.apply_pool(&pool, findings);
    Ok(())
}

/// Everything that a user sees can be computed.
fn look(wallet: &Wallet) {
    let stakes = StakeLocks::default();
    let view = ChainView { chain_height: wallet.chain().next(), now: ground().chain.now(), stakes: &stakes };
    for counting in [Counting::WithReturning, Counting::MinedOnly] {
        let _ = wallet.total_balance(view, counting);
    }
    let _ = wallet.transfers(&TransferFilter::default());
    let state = wallet.state().encode_versioned();
    let again = WalletState::decode_versioned(&state, &wallet.view_keys().spend).expect("what was written reads back");
    assert_eq!(again.encode_versioned(), state);
}

fuzz_target!(|data: &[u8]| {
    let mut input = Unstructured::new(data);
    let mut wallet = ground().wallet.clone();
    for _ in 0..MOST_ANSWERS {
        if input.is_empty() {
            break;
        }
        let told = if input.ratio(1, 4).unwrap_or(false) {
            take_pool(&mut wallet, &mut input)
        } else {
            take_answer(&mut wallet, &mut input)
        };
        if told.is_err() {
            break;
        }
        look(&wallet);
    }
    let before = &ground().wallet;
    if wallet.chain().next() > before.chain().next() {
        if wallet.detach(before.chain().next()).is_err() {
            // The daemon also lied about what is immutable.
            return;
        }
    }
    assert_eq!(wallet.outputs(), before.outputs(), "lies that were taken back left outputs behind");
    assert_eq!(wallet.transactions(), before.transactions());
});
