//! The line that `prepare_registration` prints and an operator pastes into the wallet (rpc §7.4, staking §6.1).
//!
//! `register_service_node <fee> <address> <amount> [<address> <amount> …] <hard fork> <service node key> <signature>`: the fee in
//! hundredths of a percent, amounts in atomic units. Copies get wrapped in the middle of an address or cut at the end, weeks
//! later the hard fork has passed, or the wallet is another one. A wrapped copy is put together again, which is safe because the
//! signature covers all of it; everything else is an error of its own that says what to do.

use crate::address::{AddressFault, AddressUse, parse_address};
use oxen_crypto::{Address, AddressError, AddressPrefixes, signature::schnorr};
use oxen_staking_rules::registry::{newcomer_minimum, operator_minimum};
use oxen_types::{
    Amount, PublicKey, Signature,
    extra::{Contributor, Registration},
    network::constants::{MAX_CONTRIBUTORS, STAKING_FEE_BASIS},
};
use std::{collections::VecDeque, fmt, str::FromStr};
use thiserror::Error;

/// Larger numbers in the place of the hard fork are the expiry time of a registration before HF19 (staking §6.1).
const MAX_HARD_FORK: u64 = 255;
/// Hexadecimal digits of a public key.
const KEY_DIGITS: usize = 2 * PublicKey::LENGTH;
/// Hexadecimal digits of a signature.
const SIGNATURE_DIGITS: usize = 2 * Signature::LENGTH;

/// A part of the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandPart {
    /// The operator's fee.
    Fee,
    /// The address of a contributor, counted from 1; the operator is the first.
    Address(usize),
    /// What is reserved for that contributor.
    Amount(usize),
    /// The hard fork number.
    HardFork,
    /// The public key of the service node.
    ServiceNodeKey,
    /// The signature.
    Signature,
}

impl fmt::Display for CommandPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fee => f.write_str("the operator's fee"),
            Self::Address(1) => f.write_str("the operator's address"),
            Self::Address(place) => write!(f, "the address of contributor {place}"),
            Self::Amount(1) => f.write_str("the operator's amount"),
            Self::Amount(place) => write!(f, "the amount of contributor {place}"),
            Self::HardFork => f.write_str("the hard fork number"),
            Self::ServiceNodeKey => f.write_str("the service node key"),
            Self::Signature => f.write_str("the signature"),
        }
    }
}

/// Why a pasted command cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegistrationCommandError {
    /// The end is missing.
    #[error(
        "the command is cut off at {missing}: copy the whole line that the service node printed, from register_service_node to \
         the end of the long signature, and paste it again"
    )]
    Truncated {
        /// The first part that is missing or too short.
        missing: CommandPart,
    },
    /// Line breaks fell inside words, and putting them together again does not give what was signed.
    #[error(
        "the command was broken into several lines when it was copied, and cannot be put together again: widen the terminal of \
         the service node, print the command again, and copy it as one line"
    )]
    Wrapped,
    /// More words than a command has.
    #[error(
        "\"{word}\" behind the signature does not belong to the command: paste the line that the service node printed, alone"
    )]
    TooLong {
        /// The first of them.
        word: String,
    },
    /// The fee is none.
    #[error(
        "\"{text}\" is not an operator's fee, which is a number from 0 to {STAKING_FEE_BASIS} (hundredths of a percent): copy the command \
         again"
    )]
    Fee {
        /// What is there.
        text: String,
    },
    /// An address of another network or coin.
    #[error(
        "{part} is {error}: make the registration on a service node of this network, or open the wallet of that one"
    )]
    WrongNetwork {
        /// Which.
        part: CommandPart,
        /// Its network.
        error: AddressError,
    },
    /// An address is damaged, or of a kind that cannot stake.
    #[error("{part}: {fault}; copy the command again, or run prepare_registration again with a primary address")]
    Address {
        /// Which.
        part: CommandPart,
        /// What is wrong with it.
        fault: AddressFault,
    },
    /// An amount is none.
    #[error("{part} is \"{text}\", and not a number of atomic units: copy the command again")]
    AmountText {
        /// Which.
        part: CommandPart,
        /// What is there.
        text: String,
    },
    /// The hard fork is no number.
    #[error("\"{text}\" is where the hard fork number should be: copy the command again")]
    HardForkText {
        /// What is there.
        text: String,
    },
    /// The registration was made before HF19.
    #[error(
        "the registration was made by a service node from before hard fork 19: update the service node, and run \
         prepare_registration again"
    )]
    Outdated,
    /// The registration was made for another hard fork.
    #[error(
        "the registration was made for hard fork {signed}, and the network is at hard fork {current}: run prepare_registration \
         again on the service node, and paste the new command"
    )]
    OtherHardFork {
        /// The one it was made for.
        signed: u64,
        /// The one of the next block.
        current: u8,
    },
    /// A key or signature has other characters than hexadecimal digits, or too many of them.
    #[error("{part} has {digits} hexadecimal digits, and here is \"{text}\": copy the command again")]
    Hexadecimal {
        /// Which.
        part: CommandPart,
        /// How many digits it has.
        digits: usize,
        /// What is there.
        text: String,
    },
    /// The signature is not that of the service node over the other words.
    #[error(
        "the signature does not belong to this registration: a character was changed since the service node printed it. Copy \
         the command again, and do not edit it; to change amounts or fee run prepare_registration again"
    )]
    BadSignature,
    /// The operator is somebody else.
    #[error(
        "the operator of the registration is {operator}, and this wallet's primary address is {own}: open the operator's \
         wallet, or run prepare_registration again with this wallet's address"
    )]
    NotOurs {
        /// The operator's address.
        operator: String,
        /// Ours.
        own: String,
    },
    /// More contributors than a node has.
    #[error(
        "the registration names {found} contributors, and a service node has at most {MAX_CONTRIBUTORS}: run prepare_registration again"
    )]
    TooManyContributors {
        /// Named.
        found: usize,
    },
    /// One address twice.
    #[error(
        "contributor {place} has the address of an earlier one: run prepare_registration again, with one amount for each address"
    )]
    RepeatedAddress {
        /// The second of them, from 1.
        place: usize,
    },
    /// A part is too small.
    #[error("{part} is {amount} OXEN, and at least {minimum} OXEN would be accepted: run prepare_registration again")]
    AmountTooSmall {
        /// Whose.
        part: CommandPart,
        /// What is there.
        amount: Amount,
        /// The least.
        minimum: Amount,
    },
    /// A part is more than is left of the requirement.
    #[error("{part} is {amount} OXEN, and at most {maximum} OXEN would be accepted: run prepare_registration again")]
    AmountTooLarge {
        /// Whose.
        part: CommandPart,
        /// What is there.
        amount: Amount,
        /// The most.
        maximum: Amount,
    },
}

/// What a command is checked against.
#[derive(Debug, Clone, Copy)]
pub struct CommandContext<'a> {
    /// First varints of addresses of the wallet's network.
    pub prefixes: &'a AddressPrefixes,
    /// The wallet's primary address.
    pub own: &'a Address,
    /// Hard fork of the next block.
    pub hard_fork: u8,
    /// What a node must hold, atomic OXEN.
    pub requirement: Amount,
}

/// A part of the node that is kept for one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandReservation {
    /// For whom.
    pub address: Address,
    /// How much, atomic OXEN.
    pub amount: Amount,
}

/// A good command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationCommand {
    /// The node.
    pub service_node: PublicKey,
    /// The operator's fee in hundredths of a percent.
    pub fee: u64,
    /// The operator, then the others, in order.
    pub reservations: Vec<CommandReservation>,
    /// What goes into the transaction.
    pub registration: Registration,
}

impl RegistrationCommand {
    /// Reads a command, with or without its first word, and checks everything that needs no daemon.
    ///
    /// # Errors
    /// [`RegistrationCommandError`]: damage of the copy first, then what was signed.
    pub fn parse(text: &str, context: &CommandContext<'_>) -> Result<Self, RegistrationCommandError> {
        let mut words = Words::new(text, context);
        let fee = words.fee()?;
        let mut reservations = Vec::new();
        while !words.next_is_number() {
            let place = reservations.len().saturating_add(1);
            let address = words.address(CommandPart::Address(place))?;
            let amount = words.amount(CommandPart::Amount(place))?;
            reservations.push(CommandReservation { address, amount });
        }
        if reservations.is_empty() {
            return Err(RegistrationCommandError::Truncated {
                missing: CommandPart::Address(1),
            });
        }
        let hard_fork_or_expiration = words.hard_fork()?;
        let service_node = words.hexadecimal(CommandPart::ServiceNodeKey, KEY_DIGITS)?;
        let signature = words.hexadecimal(CommandPart::Signature, SIGNATURE_DIGITS)?;
        let copy = words.finish()?;
        let command = Self {
            service_node,
            fee,
            registration: Registration {
                spend_keys: reservations.iter().map(|one| one.address.spend()).collect(),
                view_keys: reservations.iter().map(|one| one.address.view()).collect(),
                fee,
                amounts: reservations.iter().map(|one| one.amount.atomic()).collect(),
                hard_fork_or_expiration,
                signature,
            },
            reservations,
        };
        command.check_signature(copy)?;
        command.check_meaning(context)?;
        Ok(command)
    }

    /// What the operator stakes.
    #[must_use]
    pub fn operator_amount(&self) -> Amount {
        self.reservations.first().map_or(Amount::ZERO, |one| one.amount)
    }

    /// What is kept for all of them together.
    #[must_use]
    pub fn total_reserved(&self) -> Amount {
        self.reservations
            .iter()
            .fold(Amount::ZERO, |sum, one| sum.saturating_add(one.amount))
    }

    fn check_signature(&self, copy: CopyState) -> Result<(), RegistrationCommandError> {
        let signed = self.registration.signature_hash();
        let good = signed
            .is_some_and(|message| schnorr::verify(&message, &self.service_node, &self.registration.signature).is_ok());
        match (good, copy) {
            (true, _) => Ok(()),
            (false, CopyState::Whole) => Err(RegistrationCommandError::BadSignature),
            (false, CopyState::PutTogether) => Err(RegistrationCommandError::Wrapped),
        }
    }

    /// What was signed, against the present (staking §6.2).
    fn check_meaning(&self, context: &CommandContext<'_>) -> Result<(), RegistrationCommandError> {
        let signed = self.registration.hard_fork_or_expiration;
        if signed > MAX_HARD_FORK {
            return Err(RegistrationCommandError::Outdated);
        }
        if signed != u64::from(context.hard_fork) {
            return Err(RegistrationCommandError::OtherHardFork {
                signed,
                current: context.hard_fork,
            });
        }
        let operator = self.reservations.first().map(|one| one.address);
        if let Some(operator) = operator.filter(|operator| operator != context.own) {
            return Err(RegistrationCommandError::NotOurs {
                operator: operator.encode(context.prefixes),
                own: context.own.encode(context.prefixes),
            });
        }
        self.check_addresses()?;
        self.check_amounts(context.requirement)
    }

    fn check_addresses(&self) -> Result<(), RegistrationCommandError> {
        let found = self.reservations.len();
        if found > MAX_CONTRIBUTORS {
            return Err(RegistrationCommandError::TooManyContributors { found });
        }
        let mut seen = Vec::with_capacity(found);
        for (one, place) in self.reservations.iter().zip(1_usize..) {
            let keys = Contributor {
                spend_key: one.address.spend(),
                view_key: one.address.view(),
            };
            if seen.contains(&keys) {
                return Err(RegistrationCommandError::RepeatedAddress { place });
            }
            seen.push(keys);
        }
        Ok(())
    }

    fn check_amounts(&self, requirement: Amount) -> Result<(), RegistrationCommandError> {
        let mut reserved = Amount::ZERO;
        for (one, before) in self.reservations.iter().zip(0_usize..) {
            let part = CommandPart::Amount(before.saturating_add(1));
            let (amount, maximum) = (one.amount, requirement.saturating_sub(reserved));
            let minimum = match before {
                0 => operator_minimum(requirement),
                _ => newcomer_minimum(requirement, reserved, before).unwrap_or(maximum),
            };
            if amount < minimum {
                return Err(RegistrationCommandError::AmountTooSmall { part, amount, minimum });
            }
            if amount > maximum {
                return Err(RegistrationCommandError::AmountTooLarge { part, amount, maximum });
            }
            reserved = reserved.saturating_add(amount);
        }
        Ok(())
    }
}

/// Whether line breaks had to be taken out of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CopyState {
    Whole,
    PutTogether,
}

/// Words that are still to be looked at.
struct Words<'a> {
    words: VecDeque<&'a str>,
    prefixes: &'a AddressPrefixes,
    /// Characters of a primary address of the network.
    address_length: usize,
    copy: CopyState,
}

impl<'a> Words<'a> {
    fn new(text: &'a str, context: &CommandContext<'a>) -> Self {
        let mut words: VecDeque<&str> = text.split_whitespace().collect();
        if words.front() == Some(&"register_service_node") {
            words.pop_front();
        }
        Self {
            words,
            prefixes: context.prefixes,
            address_length: context.own.encode(context.prefixes).len(),
            copy: CopyState::Whole,
        }
    }

    fn next(&mut self, part: CommandPart) -> Result<&'a str, RegistrationCommandError> {
        self.words
            .pop_front()
            .ok_or(RegistrationCommandError::Truncated { missing: part })
    }

    /// True for the hard fork number behind the contributors; also at the end, where it is missing.
    fn next_is_number(&self) -> bool {
        self.words.front().is_none_or(|word| is_number(word))
    }

    fn fee(&mut self) -> Result<u64, RegistrationCommandError> {
        let text = self.number(CommandPart::Fee)?;
        text.parse()
            .ok()
            .filter(|fee| *fee <= STAKING_FEE_BASIS)
            .ok_or(RegistrationCommandError::Fee { text })
    }

    /// A number, of several words where it was wrapped: digits behind digits belong to it, but for the hard fork number in front
    /// of the key.
    fn number(&mut self, part: CommandPart) -> Result<String, RegistrationCommandError> {
        let mut text = self.next(part)?.to_owned();
        let more = self.words.iter().take_while(|word| is_number(word)).count();
        let more = match self.words.get(more) {
            Some(behind) if is_hexadecimal(behind) || behind.len() == KEY_DIGITS => more.saturating_sub(1),
            Some(_) => more,
            None => 0,
        };
        for word in self.words.drain(..more) {
            text.push_str(word);
            self.copy = CopyState::PutTogether;
        }
        Ok(text)
    }

    fn amount(&mut self, part: CommandPart) -> Result<Amount, RegistrationCommandError> {
        let text = self.number(part)?;
        match text.parse() {
            Ok(atomic) => Ok(Amount::from_atomic(atomic)),
            Err(_) => Err(RegistrationCommandError::AmountText { part, text }),
        }
    }

    fn hard_fork(&mut self) -> Result<u64, RegistrationCommandError> {
        let text = self.next(CommandPart::HardFork)?;
        text.parse()
            .map_err(|_| RegistrationCommandError::HardForkText { text: text.to_owned() })
    }

    /// An address, of several words where it was wrapped.
    fn address(&mut self, part: CommandPart) -> Result<Address, RegistrationCommandError> {
        let mut text = self.next(part)?.to_owned();
        let mut fault = match parse_address(&text, self.prefixes, AddressUse::Staking) {
            Ok(address) => return Ok(address),
            Err(fault) => fault,
        };
        while text.len() < self.address_length && damaged(&fault) {
            let missing = RegistrationCommandError::Truncated { missing: part };
            let more = self.words.front().ok_or(missing)?;
            if text.len().saturating_add(more.len()) > self.address_length {
                break;
            }
            text.push_str(more);
            self.words.pop_front();
            self.copy = CopyState::PutTogether;
            match parse_address(&text, self.prefixes, AddressUse::Staking) {
                Ok(address) => return Ok(address),
                Err(other) => fault = other,
            }
        }
        Err(match fault {
            AddressFault::Invalid(error @ AddressError::WrongNetwork { .. }) => {
                RegistrationCommandError::WrongNetwork { part, error }
            }
            _ if self.copy == CopyState::PutTogether => RegistrationCommandError::Wrapped,
            fault => RegistrationCommandError::Address { part, fault },
        })
    }

    /// A number of hexadecimal digits, of several words where they were wrapped.
    fn hexadecimal<T: FromStr>(&mut self, part: CommandPart, digits: usize) -> Result<T, RegistrationCommandError> {
        let mut text = self.next(part)?.to_owned();
        while text.len() < digits {
            let more = self.next(part)?;
            text.push_str(more);
            self.copy = CopyState::PutTogether;
        }
        text.parse().map_err(|_| match self.copy {
            CopyState::PutTogether => RegistrationCommandError::Wrapped,
            CopyState::Whole => RegistrationCommandError::Hexadecimal { part, digits, text },
        })
    }

    fn finish(mut self) -> Result<CopyState, RegistrationCommandError> {
        match self.words.pop_front() {
            None => Ok(self.copy),
            Some(word) => Err(RegistrationCommandError::TooLong { word: word.to_owned() }),
        }
    }
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hexadecimal(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// True for what a missing end does to an address; a good address of another network or kind is whole.
const fn damaged(fault: &AddressFault) -> bool {
    matches!(
        fault,
        AddressFault::Invalid(AddressError::Text(_) | AddressError::InvalidTag | AddressError::WrongLength { .. })
    )
}

#[cfg(test)]
mod tests;
