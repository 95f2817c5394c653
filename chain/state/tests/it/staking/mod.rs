//! Service nodes on the chain, by real transactions, votes and Pulse blocks.
//!
//! The scenarios of the reference (staking §23, pulse §18) that apply at HF19, and where they are:
//!
//! | scenario | here |
//! |---|---|
//! | block_reward_unpenalized_post_pulse | `rewards::weight_costs_the_producer_fees_and_the_nodes_nothing` |
//! | core_fee_burning | `rewards::a_block_cannot_claim_what_was_burned` |
//! | core_governance_batched_reward | `crate::rewards::the_foundation_is_paid_once_an_interval_what_accrued_before_the_block` |
//! | deregister_preferred | the pool's and the template's: there |
//! | deregister_safety_buffer | `votes::votes_from_before_a_registration_do_not_reach_the_new_node` |
//! | deregister_too_old | `votes::votes_live_for_fewer_than_sixty_blocks` |
//! | deregister_zero_fee | `votes::a_state_change_moves_no_money` |
//! | deregister_on_split | `reorganisation::two_branches_carry_different_votes_for_the_same_decision` |
//! | state_change_ip_penalty_disallow_dupes | `votes::a_decision_is_carried_out_once_whoever_voted` (in the pool: there) |
//! | service_nodes_alt_quorums | `reorganisation::every_branch_has_its_own_quorums` |
//! | service_nodes_checkpoint_quorum_size | `quorums::a_checkpointing_quorum_takes_twenty_nodes` |
//! | service_nodes_gen_nodes | `registration::a_node_is_registered_earns_and_expires` |
//! | service_nodes_test_rollback | `reorganisation::a_reorganisation_brings_back_one_node_and_takes_another` |
//! | service_nodes_test_swarms_basic | `quorums::swarms_grow_with_every_seventh_node` |
//! | service_nodes_insufficient_contribution | `contribution::a_stake_that_is_too_small_is_mined_and_not_credited` |
//! | sufficient_contribution_HF19 | `contribution::nine_more_may_share_three_quarters` |
//! | small_contribution_early_withdrawal | `unlock::fewer_than_3749_atomic_units_of_a_young_node_unlock_nothing` |
//! | large_contribution_early_withdrawal | `unlock::two_fifths_unlock_at_once_though_overpaid` |
//! | insufficient_operator_contribution_HF19 | `registration::an_operator_reserves_a_quarter_or_registers_nothing` |
//! | batch_sn_rewards | `rewards::nothing_is_paid_before_the_turn_and_everything_at_it` |
//! | batch_sn_rewards_bad_amount, _bad_address | `rewards::a_payout_of_another_amount_or_to_another_key_is_refused` |
//! | batch_sn_rewards_pop_blocks, _after_big_cycle | `reorganisation::a_block_taken_back_takes_its_rewards_back` |
//! | tx_extra_state_change_validation | `votes::votes_are_refused_by_the_rule_they_break` |
//! | pulse_invalid_validator_bitset, _invalid_signature, _oob_voter_index, _non_participating_validator, _out_of_order_voters | `pulse::a_block_whose_signatures_are_wrong_is_refused` |
//! | pulse_generate_all_rounds | `pulse::every_round_but_the_last_number_makes_a_block` |
//! | pulse_generate_blocks | `pulse::enough_nodes_make_every_block` |
//! | pulse_reject_miner_block | `pulse::a_mined_block_is_refused_while_a_quorum_is_there` |
//! | pulse_fallback_to_pow_and_back | `pulse::too_few_nodes_leave_the_blocks_to_miners_until_there_are_enough_again` |
//! | pulse_chain_split and checkpointing_* | the writer's: there, and `crate::fork_choice` |
//!
//! Not at HF19: block_reward_unpenalized_pre_pulse, core_block_rewards_lrc6, insufficient_contribution_HF18, min_portions of HF9
//! and HF11. vote_validation is about single votes, which do not reach the chain. Values of unit tests stand beside the rules in
//! `staking/rules`.

mod contribution;
pub(crate) mod ethereum;
mod properties;

mod pulse;
mod quorums;
mod registration;
mod reorganisation;
mod rewards;
mod unlock;
mod votes;

use oxen_state::BlockError;
use oxen_testkit::{Maker, StakingChain, TestChain};
use oxen_types::{Amount, Block};
use std::sync::LazyLock;

/// Fourteen nodes, old enough for Pulse. Making it once saves every test a second.
fn pulse_chain() -> StakingChain {
    static CHAIN: LazyLock<StakingChain> = LazyLock::new(|| {
        let mut chain = StakingChain::start().with_nodes(14);
        chain.mine(4);
        chain
    });
    CHAIN.clone()
}

/// Whole OXEN.
fn oxen(count: u64) -> Amount {
    Amount::from_atomic(count * Amount::OXEN.atomic())
}

fn atomic(units: u64) -> Amount {
    Amount::from_atomic(units)
}

/// How an empty block is refused after a change.
fn refused_with(chain: &mut StakingChain, maker: Maker, change: impl FnOnce(&StakingChain, &mut Block)) -> BlockError {
    let target = chain.chain().network().target_block_seconds;
    chain.chain_mut().advance(target);
    let mut block = chain.next_block(&[], maker);
    change(chain, &mut block);
    let sealed = TestChain::seal(&block, &[]).unwrap();
    chain.chain().try_apply(&sealed).unwrap_err()
}
