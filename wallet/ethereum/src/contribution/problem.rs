//! Why something cannot be done with a contribution contract, found out before a transaction is made, and what to do instead.

use super::{ContributionStatus, Factory};
use crate::{address::checksummed, amount::Sesh, provider::L2Error};
use alloy::primitives::B256;
use oxen_types::bytes::{EthereumAddress, PublicKey};
use thiserror::Error;

/// Why something cannot be done with a contribution contract.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ContributionProblem {
    /// Arbitrum.
    #[error(transparent)]
    L2(#[from] L2Error),
    /// The factory is of other contracts.
    #[error(
        "the factory {} registers nodes with the contract {}, and this network's is {}: check --contribution-factory and \
         --rewards-contract",
        checksummed(&.factory.address), checksummed(.found), checksummed(&.factory.rewards)
    )]
    OtherRewards {
        /// The factory.
        factory: Factory,
        /// Where it registers.
        found: EthereumAddress,
    },
    /// Somebody else made the contract.
    #[error(
        "{} was NOT made by this network's factory of contribution contracts ({}): it can be written to keep whatever it is sent. \
         Nothing was sent. Ask the operator for the right address, and send nothing to this one",
        checksummed(.contract), checksummed(.factory)
    )]
    NotFromFactory {
        /// The contract.
        contract: EthereumAddress,
        /// The factory.
        factory: EthereumAddress,
    },
    /// There is no contract.
    #[error(
        "{} is no contract on this network: copy the address of the contribution contract again. It is not the operator's own address",
        checksummed(.0)
    )]
    NoContract(EthereumAddress),
    /// A transaction made no contract.
    #[error(
        "transaction {0} had no contribution contract made, or is in no block yet: wait until it is, or give the address of the contract"
    )]
    NothingMade(B256),
    /// The node did not sign its keys.
    #[error(
        "the signature of service node {0} in this contract is wrong: the contract does not notice, but the Oxen chain would refuse \
         the registration and the stake would be held up. Nothing was sent. Tell the operator to have a new contract made"
    )]
    NodeSignature(PublicKey),
    /// The node is registered otherwise.
    #[error(
        "service node {node} of this contract is registered already, as number {number}, without this contract: it cannot be \
         registered twice. Ask the operator"
    )]
    RegisteredElsewhere {
        /// The node.
        node: PublicKey,
        /// The contract's number of it.
        number: u64,
    },
    /// What was shown is not what is there now.
    #[error(
        "the operator changed the contract while you looked at it (the node or the fee): nothing was contributed. \
         Look at it again with `bridge contract status {}`",
        checksummed(.0)
    )]
    TermsChanged(EthereumAddress),
    /// The operator comes first.
    #[error(
        "the operator {} has not contributed yet, and must be the first: wait, and look with `bridge contract status`",
        checksummed(.0)
    )]
    OperatorFirst(EthereumAddress),
    /// The stake is there.
    #[error(
        "the stake of {requirement} is complete{}: nothing can be contributed any more",
        if *.status == ContributionStatus::Finalized { " and the node registered" } else { "" }
    )]
    Complete {
        /// The stake.
        requirement: Sesh,
        /// Whether the node is registered.
        status: ContributionStatus,
    },
    /// The network asks for another stake now.
    #[error(
        "the network asks for a stake of {now} now, and this contract collects {then}: its node cannot be registered. The operator \
         must have a new contract made; contributions can be taken back with `bridge contract withdraw`"
    )]
    RequirementChanged {
        /// What the contract collects.
        then: Sesh,
        /// What a node needs.
        now: Sesh,
    },
    /// The network takes another number of contributors now.
    #[error(
        "the network takes {now} contributors for a node now, and this contract {then}: its node cannot be registered. The operator \
         must have a new contract made; contributions can be taken back with `bridge contract withdraw`"
    )]
    MaxContributorsChanged {
        /// What the contract takes.
        then: u64,
        /// What a node can have.
        now: u64,
    },
    /// Too little.
    #[error("{amount} is less than the least contribution now, {minimum}: contribute at least that")]
    BelowMinimum {
        /// What was to be contributed.
        amount: Sesh,
        /// The least.
        minimum: Sesh,
    },
    /// Less than what is reserved.
    #[error("{reserved} are reserved for you, and {amount} is less: contribute at least what is reserved")]
    BelowReserved {
        /// What was to be contributed.
        amount: Sesh,
        /// The least.
        reserved: Sesh,
    },
    /// Too much.
    #[error("there is room for {room} from you, and {amount} is more: contribute at most that")]
    AboveRoom {
        /// What was to be contributed.
        amount: Sesh,
        /// The most.
        room: Sesh,
    },
    /// Nothing is open.
    #[error(
        "there is no room for you: what is missing, {reserved}, is reserved for others. The operator can give you a place in a new \
         contract, with reserve="
    )]
    AllReserved {
        /// For others.
        reserved: Sesh,
    },
    /// Everybody is there.
    #[error("all {0} places of this contract are taken or reserved: only those who have one can contribute more")]
    NoPlace(u64),
    /// A repeated command would add.
    #[error(
        "you have contributed {contributed} to this contract already, and this would be added to it: if that is what you want, give \
         the command with the word more"
    )]
    ContributedAlready {
        /// How much.
        contributed: Sesh,
    },
    /// A stranger.
    #[error("{} has contributed nothing to this contract", checksummed(.0))]
    NothingContributed(EthereumAddress),
    /// The day is not over.
    #[error(
        "a contribution can be taken back a day after it was last raised: this one in {} h {} min. It stays where it is until then, \
         or until the node is registered",
        .seconds / 3_600, .seconds % 3_600 / 60
    )]
    Locked {
        /// How long it stays, seconds.
        seconds: u64,
    },
    /// The stake is elsewhere.
    #[error(
        "the stake went to the contract of service nodes when the node was registered: it comes back as rewards do, after `bridge exit {0}`"
    )]
    Registered(PublicKey),
    /// A call of the operator's.
    #[error("only the operator {} can do this, and {} is not", checksummed(.operator), checksummed(.account))]
    OnlyOperator {
        /// The operator.
        operator: EthereumAddress,
        /// Who wanted it.
        account: EthereumAddress,
    },
    /// The operator's part is not taken back alone.
    #[error(
        "the operator cannot take the own contribution back alone: `bridge contract reset {}` gives everybody's back, and the contract \
         begins anew",
        checksummed(.0)
    )]
    OperatorWithdraws(EthereumAddress),
    /// Not all is there.
    #[error("the stake is not complete: {missing} are missing. Look at it with `bridge contract status`")]
    NotComplete {
        /// How much.
        missing: Sesh,
    },
    /// Nothing to be reset.
    #[error("nobody has contributed to this contract: there is nothing to give back")]
    NothingToReset,
    /// Too many places.
    #[error(
        "{found} places were to be kept, the operator's own among them, and a node has at most {most} contributors"
    )]
    TooManyReserved {
        /// How many.
        found: usize,
        /// How many there can be.
        most: u64,
    },
    /// A place twice.
    #[error("a place is kept for {} twice: give each address once, and not the operator's own, whose is kept anyway", checksummed(.0))]
    ReservedTwice(EthereumAddress),
    /// A small place.
    #[error("the place for {} is {amount} and must be at least {minimum}, because it is number {place}", checksummed(.address))]
    ReservedBelowMinimum {
        /// For whom.
        address: EthereumAddress,
        /// Which, from 1 on.
        place: usize,
        /// How much.
        amount: Sesh,
        /// How much at least.
        minimum: Sesh,
    },
    /// More than there is.
    #[error("the place for {} is {amount}, and only {rest} of the stake are left for it: keep less", checksummed(.address))]
    ReservedAboveRest {
        /// For whom.
        address: EthereumAddress,
        /// How much.
        amount: Sesh,
        /// What is left.
        rest: Sesh,
    },
    /// The operator's part is too small.
    #[error(
        "the operator contributes at least a quarter of the stake, {minimum}, and {amount} is less: contribute more yourself"
    )]
    OperatorBelowMinimum {
        /// How much.
        amount: Sesh,
        /// How much at least.
        minimum: Sesh,
    },
    /// The operator's part is too large.
    #[error("the whole stake of a node is {requirement}, and {amount} is more: contribute at most that")]
    AboveRequirement {
        /// How much.
        amount: Sesh,
        /// The stake.
        requirement: Sesh,
    },
    /// This wallet had one made for the node.
    #[error(
        "this wallet had a contract made for this node already, {}, and it is {status}: look at it with `bridge contract status {}`. \
         To have another one made all the same, add the word anew",
        checksummed(.contract), checksummed(.contract)
    )]
    MadeAlready {
        /// Which.
        contract: EthereumAddress,
        /// What it waits for.
        status: ContributionStatus,
    },
    /// The same, with other terms.
    #[error(
        "this wallet had a contract made for this node already, {}, with another fee, other places or another way to finalize: go on \
         with it (`bridge contract contribute {} <amount>`), or add the word anew to have another one made",
        checksummed(.contract), checksummed(.contract)
    )]
    MadeDifferently {
        /// Which.
        contract: EthereumAddress,
    },
}

impl ContributionProblem {
    /// The word for programs; [`Self::L2`] has its own.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::L2(_) => "l2_provider",
            Self::OtherRewards { .. } => "contract_unknown",
            Self::NotFromFactory { .. } => "fake_contract",
            Self::NoContract(_) => "no_contract",
            Self::NothingMade(_) => "nothing_there",
            Self::NodeSignature(_) => "registration_bad_signature",
            Self::RegisteredElsewhere { .. } => "already_registered",
            Self::TermsChanged(_) => "contract_changed",
            Self::OperatorFirst(_) => "contract_not_open",
            Self::Complete { .. } => "contract_complete",
            Self::RequirementChanged { .. } | Self::MaxContributorsChanged { .. } => "contract_outdated",
            Self::BelowMinimum { .. } | Self::BelowReserved { .. } | Self::OperatorBelowMinimum { .. } => {
                "contribution_too_small"
            }
            Self::AboveRoom { .. } | Self::AllReserved { .. } | Self::AboveRequirement { .. } => {
                "contribution_too_large"
            }
            Self::NoPlace(_) => "no_place",
            Self::ContributedAlready { .. } => "already_contributed",
            Self::NothingContributed(_) | Self::NothingToReset => "nothing_contributed",
            Self::Locked { .. } => "contribution_locked",
            Self::Registered(_) => "node_registered",
            Self::OnlyOperator { .. } => "only_operator",
            Self::OperatorWithdraws(_) => "operator_must_reset",
            Self::NotComplete { .. } => "contract_not_complete",
            Self::TooManyReserved { .. }
            | Self::ReservedTwice(_)
            | Self::ReservedBelowMinimum { .. }
            | Self::ReservedAboveRest { .. } => "invalid_reservation",
            Self::MadeAlready { .. } | Self::MadeDifferently { .. } => "contract_made_already",
        }
    }
}
