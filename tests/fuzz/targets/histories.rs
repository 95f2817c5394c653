//! Whole histories: blocks mined, altered, taken back and put elsewhere, as the input says. Whatever `apply` takes, taking it
//! back restores the state of before, and the tables agree with each other.
#![no_main]
use libfuzzer_sys::{
    arbitrary::{Result, Unstructured},
    fuzz_target,
};
use oxen_staking_rules::{Contribution, NodeShares};
use oxen_state::{
    CheckedBlock,
    delta::scan_rows,
    tables::{BlockHeights, Blocks, Outputs, SpentKeyImages, Transactions},
    transaction::CheckedTransaction,
};
use oxen_testkit::{Account, ScriptedServiceNodes, TestChain, TestNetwork, TransferBuilder};
use oxen_types::{Amount, Block, ConsensusDecode, ConsensusEncode, Hash, network::HardForkVersion};
use std::sync::{Arc, OnceLock};

/// Steps of one history.
const MOST_STEPS: usize = 24;

struct Ground {
    chain: TestChain,
    /// Transfers that every branch takes; the last two spend what the first two do.
    transfers: Vec<Arc<CheckedTransaction>>,
}

fn ground() -> &'static Ground {
    static GROUND: OnceLock<Ground> = OnceLock::new();
    GROUND.get_or_init(|| {
        let operator = Account::named("operator");
        let shares = NodeShares {
            operator_portions: 1 << 60,
            operator: operator.recipient(),
            contributions: vec![Contribution { recipient: operator.recipient(), amount: Amount::OXEN }],
        };
        let network = TestNetwork::new().premine(24, Amount::OXEN).foundation(&Account::named("foundation"));
        let mut chain = TestChain::on(&network.batching_interval(3));
        chain.set_service_nodes(ScriptedServiceNodes::none().paying(vec![shares]));
        chain.mine_empty(10);
        let mut transfers = TransferBuilder::new().build_many(6, &mut chain);
        for first in 0..2 {
            let spent = transfers[first].spent.clone();
            transfers.push(TransferBuilder::new().spending(&spent).seed(1).build(&mut chain));
        }
        let transfers = transfers.iter().map(|transfer| transfer.checked()).collect();
        Ground { chain, transfers }
    })
}

struct History {
    chain: TestChain,
    /// Digests of the state from the ground up.
    digests: Vec<Hash>,
}

impl History {
    fn step(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        match input.int_in_range(0..=9)? {
            0..=6 => self.offer_block(input)?,
            7 => {
                let most = self.digests.len() - 1;
                for _ in 0..input.int_in_range(0..=most.min(6))? {
                    self.revert();
                }
            }
            8 => self.chain.advance(input.int_in_range(0..=100_000)?),
            _ => self.chain.diverge(),
        }
        Ok(())
    }

    /// A block of the transfers that a bit mask names, its bytes and theirs altered.
    fn offer_block(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let mask: u8 = input.arbitrary()?;
        let chosen: Vec<_> = (0..8).filter(|bit| mask >> bit & 1 == 1).map(|bit| ground().transfers[bit].clone()).collect();
        let transactions: Vec<_> = if input.ratio(1, 4)? {
            let mut altered = Vec::new();
            for transaction in &chosen {
                let blob = alter(&transaction.transaction().encode(), input)?;
                let Ok(checked) = CheckedTransaction::from_blob(&blob, HardForkVersion::REWARD_BATCHING) else { continue };
                altered.push(Arc::new(checked));
            }
            altered
        } else {
            chosen
        };
        self.chain.advance(120);
        let mut bytes = self.chain.assemble(&transactions).encode();
        if input.ratio(1, 2)? {
            bytes = alter(&bytes, input)?;
        }
        let Ok(block) = Block::decode(&bytes) else { return Ok(()) };
        if let Ok(sealed) = TestChain::seal(&block, &transactions) {
            self.offer(sealed);
        }
        Ok(())
    }

    fn offer(&mut self, block: CheckedBlock) {
        let Ok(applied) = self.chain.try_apply_without_proofs(&block) else {
            assert_eq!(Some(&self.chain.digest()), self.digests.last(), "a refused block changed something");
            return;
        };
        self.chain.keep(block, applied);
        self.digests.push(self.chain.digest());
        self.check_tables();
    }

    fn revert(&mut self) {
        self.chain.revert(1);
        self.digests.pop();
        assert_eq!(Some(&self.chain.digest()), self.digests.last(), "a block taken back left a trace");
    }

    /// What the totals say is what the tables hold.
    fn check_tables(&self) {
        let (state, totals) = (self.chain.state(), self.chain.totals());
        let blocks = totals.tip.index() + 1;
        let all = usize::MAX;
        let rows = scan_rows::<Blocks>(state, &[], &[], all).expect("memory does not fail");
        assert_eq!(rows.len() as u64, blocks);
        let heights = scan_rows::<BlockHeights>(state, &[], &[], all).expect("memory does not fail");
        assert_eq!(heights.len() as u64, blocks);
        let outputs = scan_rows::<Outputs>(state, &[], &[], all).expect("memory does not fail");
        assert_eq!(outputs.len() as u64, totals.outputs);
        let transactions = scan_rows::<Transactions>(state, &[], &[], all).expect("memory does not fail");
        assert_eq!(transactions.len() as u64, totals.transactions + blocks);
        let images = scan_rows::<SpentKeyImages>(state, &[], &[], all).expect("memory does not fail");
        let inputs = self.chain.blocks().iter().flat_map(|mined| mined.block.transactions());
        let inputs: usize = inputs.map(|transaction| transaction.transaction().prefix.inputs.len()).sum();
        assert_eq!(images.len(), inputs);
        assert!(rows.windows(2).all(|pair| pair[0].1.outputs_end <= pair[1].1.outputs_end));
        assert_eq!(rows.last().map(|(_, row)| row.outputs_end), Some(totals.outputs));
    }
}

/// Up to eight bytes at places that the input names get other values.
fn alter(bytes: &[u8], input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut altered = bytes.to_vec();
    for _ in 0..input.int_in_range(1..=8)? {
        let place = input.choose_index(altered.len())?;
        altered[place] = input.arbitrary()?;
    }
    Ok(altered)
}

fuzz_target!(|data: &[u8]| {
    let mut input = Unstructured::new(data);
    let chain = ground().chain.clone();
    let digests = vec![chain.digest()];
    let mut history = History { chain, digests };
    for _ in 0..MOST_STEPS {
        if input.is_empty() || history.step(&mut input).is_err() {
            break;
        }
    }
    while history.digests.len() > 1 {
        history.revert();
    }
});
