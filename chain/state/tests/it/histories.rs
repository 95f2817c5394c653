//! Random histories: blocks with transfers, blocks taken back, branches, double spends. Whatever happens, a block taken back
//! leaves no trace, no money appears or vanishes, and nothing is spent twice.

use oxen_staking_rules::{Contribution, NodeShares};
use oxen_state::{BlockError, TransactionError, tables::SpentKeyImages};
use oxen_testkit::{Account, MinedBlock, ScriptedServiceNodes, TestChain, TestNetwork, Transfer, TransferBuilder};
use oxen_types::{
    Amount, Hash, KeyImage,
    network::constants::{BATCH_REWARD_FACTOR, STAKING_PORTIONS},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    /// A block of new transfers, each of so many inputs and outputs, a fee and a burned part of it.
    Mine(Vec<Shape>),
    /// A block with a transfer that spends what an earlier one spent, mined or not.
    DoubleSpend(prop::sample::Index),
    /// Blocks are taken back.
    Revert(usize),
    /// Blocks are taken back and others of the same transfers take their place.
    Reorganise(usize),
    /// Nothing but blocks.
    Wait(u64),
}

#[derive(Debug, Clone)]
struct Shape {
    inputs: usize,
    outputs: usize,
    fee: u64,
    burn: u64,
}

fn shape() -> impl Strategy<Value = Shape> {
    (1_usize..=2, 2_usize..=3, 0_u64..3_000_000_000, 0_u64..2_000_000_000).prop_map(|(inputs, outputs, fee, burn)| {
        Shape {
            inputs,
            outputs,
            fee,
            burn,
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => prop::collection::vec(shape(), 1..4).prop_map(Step::Mine),
        4 => any::<prop::sample::Index>().prop_map(Step::DoubleSpend),
        3 => (1_usize..4).prop_map(Step::Revert),
        3 => (1_usize..4).prop_map(Step::Reorganise),
        1 => (1_u64..12).prop_map(Step::Wait),
    ]
}

/// A chain on which everybody is paid: the foundation, and nodes whose shares do not come out even.
fn busy_chain() -> TestChain {
    let accounts = ["foundation", "operator", "staker"].map(Account::named);
    let [foundation, operator, staker] = &accounts;
    let mut chain = TestChain::on(&TestNetwork::new().foundation(foundation).batching_interval(4));
    for account in &accounts {
        chain.watch(account);
    }
    let node = |stakes: [u64; 2]| NodeShares {
        operator_portions: STAKING_PORTIONS / 7,
        operator: operator.recipient(),
        contributions: [operator, staker]
            .into_iter()
            .zip(stakes)
            .map(|(account, amount)| Contribution {
                recipient: account.recipient(),
                amount: Amount::from_atomic(amount),
            })
            .collect(),
    };
    chain.set_service_nodes(
        ScriptedServiceNodes::none()
            .with_quorum()
            .paying(vec![node([3, 4]), node([1, 0]), node([5, 8])])
            .crediting_fees_to(node([2, 9])),
    );
    chain.mine_empty(10);
    chain
}

/// The history so far.
struct History {
    chain: TestChain,
    /// The digest of the state at each height, from where the history began.
    digests: Vec<Hash>,
    transfers: Vec<Transfer>,
}

impl History {
    fn new() -> Self {
        let chain = busy_chain();
        let digests = vec![chain.digest()];
        Self {
            chain,
            digests,
            transfers: Vec::new(),
        }
    }

    fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Mine(shapes) => self.mine(shapes),
            Step::DoubleSpend(which) => return self.double_spend(*which),
            Step::Revert(count) => {
                self.revert(*count)?;
                self.chain.forget_plans();
            }
            Step::Reorganise(count) => return self.reorganise(*count),
            Step::Wait(count) => {
                for _ in 0..*count {
                    self.mine(&[]);
                }
            }
        }
        Ok(())
    }

    fn mine(&mut self, shapes: &[Shape]) {
        let mut checked = Vec::new();
        for shape in shapes {
            let treasury = self.chain.treasury().clone();
            let rich = self
                .chain
                .spendable(&treasury)
                .filter(|output| output.amount() > Amount::from_atomic(4 * Amount::OXEN.atomic()));
            let spent: Vec<_> = rich.take(shape.inputs).cloned().collect();
            if spent.len() < shape.inputs {
                continue;
            }
            let transfer = TransferBuilder::new()
                .spending(&spent)
                .outputs(shape.outputs)
                .fee(Amount::from_atomic(shape.fee))
                .burn(Amount::from_atomic(shape.burn))
                .build(&mut self.chain);
            checked.push(transfer.checked());
            self.transfers.push(transfer);
        }
        self.chain.mine(&checked);
        self.digests.push(self.chain.digest());
    }

    /// A second spender of something: refused if the first one is in the chain, else as good as any.
    fn double_spend(&mut self, which: prop::sample::Index) -> Result<(), TestCaseError> {
        if self.transfers.is_empty() {
            return Ok(());
        }
        let first = which.get(&self.transfers);
        let gone = first.spent.iter().any(|output| output.height > self.chain.tip().0);
        let spent = first.key_images().iter().any(|image| self.chain.is_spent(image));
        if gone
            || first
                .spent
                .iter()
                .any(|output| !output.is_mature(self.chain.next_height()))
        {
            return Ok(());
        }
        let outputs = first.spent.clone();
        // An output that a reorganisation moved is not where it was.
        let in_place = outputs
            .iter()
            .all(|output| self.chain.unspent().any(|known| known == output) || spent);
        if !in_place {
            return Ok(());
        }
        let seed = self.transfers.len() as u64 + 1;
        let second = TransferBuilder::new()
            .spending(&outputs)
            .seed(seed)
            .build(&mut self.chain);
        let transactions = [second.checked()];
        self.chain.advance(120);
        let block = TestChain::seal(&self.chain.assemble(&transactions), &transactions).unwrap();
        match self.chain.try_apply(&block) {
            Ok(applied) => {
                prop_assert!(!spent);
                self.chain.keep(block, applied);
                self.digests.push(self.chain.digest());
                self.transfers.push(second);
            }
            Err(BlockError::Transaction { error, .. }) => {
                let for_that = matches!(*error, TransactionError::KeyImageSpent { .. });
                prop_assert!(spent && for_that, "{}", error);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
        Ok(())
    }

    fn revert(&mut self, count: usize) -> Result<Vec<MinedBlock>, TestCaseError> {
        let count = count.min(self.digests.len() - 1);
        let mut reverted = Vec::new();
        for _ in 0..count {
            reverted.extend(self.chain.revert(1));
            self.digests.pop();
            prop_assert_eq!(Some(&self.chain.digest()), self.digests.last());
        }
        Ok(reverted)
    }

    /// The same transfers in other blocks: each goes into the first block that takes it.
    fn reorganise(&mut self, count: usize) -> Result<(), TestCaseError> {
        let mut waiting: Vec<_> = self
            .revert(count)?
            .iter()
            .rev()
            .flat_map(|mined| mined.block.transactions().to_vec())
            .collect();
        self.chain.diverge();
        for _ in 0..=count {
            self.chain.advance(120);
            let fitting: Vec<_> = waiting
                .iter()
                .filter(|transaction| self.chain.resolve(transaction).is_ok())
                .cloned()
                .collect();
            let mut block = TestChain::seal(&self.chain.assemble(&fitting), &fitting).unwrap();
            // A transfer whose ring holds something else now is refused for its signature; then none goes in.
            let applied = match self.chain.try_apply(&block) {
                Ok(applied) => applied,
                Err(BlockError::Transaction { .. }) => {
                    block = TestChain::seal(&self.chain.assemble(&[]), &[]).unwrap();
                    self.chain.try_apply(&block).unwrap()
                }
                Err(other) => panic!("{other}"),
            };
            waiting.retain(|transaction| !block.transactions().iter().any(|mined| mined.id() == transaction.id()));
            self.chain.keep(block, applied);
            self.digests.push(self.chain.digest());
        }
        self.chain.forget_plans();
        Ok(())
    }

    /// No money appeared or vanished: what was created and neither burned nor forfeited is owned or pending. The kit knows every
    /// amount, because every account is watched.
    fn check_supply(&self) -> Result<(), TestCaseError> {
        let totals = self.chain.totals();
        let milli = |amount: Amount| u128::from(amount.atomic()) * u128::from(BATCH_REWARD_FACTOR);
        let owned: u128 = self.chain.unspent().map(|output| milli(output.amount())).sum();
        let pending = self.chain.pending_rewards().milli();
        prop_assert_eq!(
            totals.emitted_milli - milli(totals.burned) - totals.forfeited_milli,
            owned + pending
        );
        Ok(())
    }

    /// The key images in the state are those of the transactions in the chain, each once.
    fn check_key_images(&self) -> Result<(), TestCaseError> {
        let mut in_blocks: BTreeSet<KeyImage> = BTreeSet::new();
        for mined in self.chain.blocks() {
            for transaction in mined.block.transactions() {
                for image in transaction.transaction().prefix.key_images() {
                    prop_assert!(in_blocks.insert(image), "{} is spent twice", image);
                }
            }
        }
        let rows = oxen_state::delta::scan_rows::<SpentKeyImages>(self.chain.state(), &[], &[], usize::MAX).unwrap();
        prop_assert_eq!(rows.len(), in_blocks.len());
        prop_assert!(in_blocks.iter().all(|image| self.chain.is_spent(image)));
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_random_history_loses_and_gains_nothing_and_can_be_taken_back(steps in prop::collection::vec(step(), 4..16)) {
        let mut history = History::new();
        for step in &steps {
            history.take(step)?;
            history.check_supply()?;
            history.check_key_images()?;
        }
        history.revert(usize::MAX)?;
        history.check_supply()?;
        prop_assert_eq!(history.digests.len(), 1);
    }

    #[test]
    fn two_branches_that_spend_the_same_outputs_cannot_be_joined(
        shared in 1_usize..3, main in 1_usize..4, other in 1_usize..4
    ) {
        let mut chain = busy_chain();
        let transfers = TransferBuilder::new().build_many(shared, &mut chain);
        let rivals: Vec<Transfer> = transfers
            .iter()
            .map(|transfer| TransferBuilder::new().spending(&transfer.spent).seed(7).build(&mut chain))
            .collect();
        let before = chain.digest();
        let mut branch = chain.clone();
        branch.diverge();
        let checked = |transfers: &[Transfer]| transfers.iter().map(Transfer::checked).collect::<Vec<_>>();
        chain.mine(&checked(&transfers));
        chain.mine_empty(main as u64 - 1);
        branch.mine(&checked(&rivals));
        branch.mine_empty(other as u64 - 1);

        // The main chain takes the other branch over: its own transfers are gone, and do not fit on top.
        chain.revert(main);
        prop_assert_eq!(chain.digest(), before);
        for mined in branch.blocks()[10..].iter().cloned() {
            chain.push(mined.block).unwrap();
        }
        prop_assert_eq!(chain.digest(), branch.digest());
        for transfer in &transfers {
            let transactions = [transfer.checked()];
            let block = TestChain::seal(&chain.assemble(&transactions), &transactions).unwrap();
            let refused = matches!(chain.try_apply(&block), Err(BlockError::Transaction { error, .. })
                if matches!(*error, TransactionError::KeyImageSpent { .. }));
            prop_assert!(refused);
        }
    }
}
