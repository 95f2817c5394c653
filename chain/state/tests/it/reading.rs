//! What readers find of a block once it is applied, byte for byte.

use oxen_state::{
    TypedView,
    fees::{FeeRate, estimate},
    queries,
    tables::DecoyBlacklist,
};
use oxen_testkit::{Account, TestChain, TestNetwork, TransferBuilder};
use oxen_types::{
    Amount, Block, ConsensusDecode, ConsensusEncode, ExtraField, GlobalOutputIndex, Hash, Height, UnlockTime,
    extra::Contributor, transaction::TransactionType,
};

#[test]
fn a_mined_transfer_is_found_whole_and_pruned_with_its_place_and_outputs() {
    let mut chain = TestChain::mature();
    let treasury = chain.treasury().clone();
    let transfers = [
        TransferBuilder::new().build(&mut chain),
        TransferBuilder::new()
            .outputs(3)
            .pay_locked(&treasury, Amount::OXEN, UnlockTime::new(77))
            .build(&mut chain),
    ];
    chain.mine(&transfers.each_ref().map(|transfer| transfer.checked()));
    let height = chain.tip().0;
    let mut index = 64;
    for (position, transfer) in (1..).zip(&transfers) {
        let id = transfer.id();
        let stored = queries::transaction(chain.state(), &id).unwrap().unwrap();
        assert_eq!(stored.blob(), Some(transfer.blob()));
        assert_eq!(stored.pruned, transfer.transaction.encode_pruned());
        let row = stored.row;
        assert_eq!(
            (
                row.height,
                row.position,
                row.kind,
                row.first_output,
                row.output_count as usize
            ),
            (
                height,
                position,
                TransactionType::Standard,
                index,
                transfer.transaction.prefix.outputs.len()
            )
        );
        let pruned = queries::pruned_transaction(chain.state(), &id).unwrap().unwrap();
        assert_eq!(pruned.id(row.prunable_hash), id);
        let oxen_types::transaction::Proofs::Clsag(proofs) = &transfer.transaction.proofs else {
            panic!("a transfer")
        };
        for (place, output) in transfer.transaction.prefix.outputs.iter().enumerate() {
            let found = queries::output(chain.state(), GlobalOutputIndex::new(index))
                .unwrap()
                .unwrap();
            assert_eq!(
                (Some(found.key), found.height, found.transaction),
                (output.key(), height, id)
            );
            assert_eq!(found.commitment, proofs.base.commitments[place]);
            assert_eq!(found.unlock_time, transfer.transaction.prefix.output_unlock_time(place));
            index += 1;
        }
    }
    let totals = chain.totals();
    assert_eq!((totals.transactions, totals.outputs), (2, index));
    assert_eq!(
        queries::output(chain.state(), GlobalOutputIndex::new(index)).unwrap(),
        None
    );
    assert_eq!(chain.tip().1.outputs_end, index);
    assert_eq!(chain.tip().1.transaction_count, 2);
}

#[test]
fn a_coinbase_is_found_in_its_block_and_its_outputs_have_mask_one() {
    let foundation = Account::named("foundation");
    let mut chain = TestChain::on(&TestNetwork::new().foundation(&foundation).batching_interval(1));
    chain.mine_empty(3);
    let coinbase = chain.blocks()[2].block.block().miner_transaction.clone().unwrap();
    let stored = queries::transaction(chain.state(), &coinbase.id()).unwrap().unwrap();
    assert_eq!(stored.blob(), Some(coinbase.encode()));
    assert_eq!(
        (stored.row.height, stored.row.position, stored.row.output_count),
        (Height::new(3), 0, 1)
    );
    let index = GlobalOutputIndex::new(stored.row.first_output);
    let output = queries::output(chain.state(), index).unwrap().unwrap();
    let amount = coinbase.prefix.outputs[0].amount;
    assert_eq!(output.commitment, oxen_crypto::commitment::coinbase_commitment(amount));
    assert_eq!(output.unlock_time, UnlockTime::new(33));
    assert_eq!(chain.tip().1.coinbase_payouts, amount);
}

#[test]
fn blocks_are_found_by_height_and_id() {
    let mut chain = TestChain::start();
    chain.mine_empty(5);
    for (height, mined) in (1..).zip(chain.blocks()) {
        let height = Height::new(height);
        let id = mined.block.id();
        assert_eq!(queries::block_height(chain.state(), &id).unwrap(), Some(height));
        assert_eq!(
            queries::block(chain.state(), height).unwrap().as_ref(),
            Some(mined.block.block())
        );
        let blob = queries::block_blob(chain.state(), height).unwrap().unwrap();
        assert_eq!(Block::decode(&blob).unwrap().id(), id);
        assert_eq!(queries::block_row(chain.state(), height).unwrap().unwrap().id, id);
    }
    let ids: Vec<Hash> = queries::block_rows(chain.state(), Height::new(2), 3)
        .unwrap()
        .iter()
        .map(|row| row.id)
        .collect();
    let mined: Vec<Hash> = chain.blocks()[1..4].iter().map(|mined| mined.block.id()).collect();
    assert_eq!(ids, mined);
    assert_eq!(queries::block_row(chain.state(), Height::new(6)).unwrap(), None);
    assert_eq!(queries::block_height(chain.state(), &Hash::ZERO).unwrap(), None);
    assert_eq!(queries::transaction(chain.state(), &Hash::ZERO).unwrap(), None);
}

#[test]
fn outputs_whose_owner_is_public_are_no_decoys() {
    let mut chain = TestChain::mature();
    let owner = chain.treasury();
    let contributor = ExtraField::Contributor(Contributor {
        spend_key: owner.spend_key(),
        view_key: owner.view_key(),
    });
    let secret = ExtraField::TransactionSecretKey([7; 32]);
    let half = TransferBuilder::new().extra_field(secret.clone()).build(&mut chain);
    let public = TransferBuilder::new()
        .extra_field(secret)
        .extra_field(contributor)
        .build(&mut chain);
    chain.mine(&[half.checked(), public.checked()]);
    let listed = |index| {
        chain
            .state()
            .contains::<DecoyBlacklist>(&GlobalOutputIndex::new(index))
            .unwrap()
    };
    assert_eq!([64, 65, 66, 67, 68].map(listed), [false, false, true, true, false]);
    chain.revert(1);
    let listed = chain.state().contains::<DecoyBlacklist>(&GlobalOutputIndex::new(66));
    assert!(!listed.unwrap());
}

#[test]
fn the_fee_estimate_of_light_blocks_is_the_base_rate() {
    let mut chain = TestChain::start();
    chain.mine_empty(20);
    for grace in [0, 10, u64::MAX] {
        let rate = estimate(chain.state(), &chain.totals(), grace).unwrap();
        assert_eq!(rate, FeeRate::at_median(oxen_types::transaction::Weight::new(300_000)));
    }
}
