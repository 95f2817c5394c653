//! `transfer`, `locked_transfer`

use super::{Arguments, CommandError, Reply, arguments::parse_amount, payment};
use crate::{session::Session, terminal::Terminal};
use oxen_crypto::AddressPrefixes;
use oxen_types::UnlockTime;
use oxen_wallet_core::{
    address::{AddressUse, parse_address},
    build::{Destination, FeePayer, Priority, SourceAddresses, SplitRule, TransferRequest},
    uri::PaymentUri,
};
use rand_core::OsRng;
use std::collections::BTreeSet;

/// Most blocks that a payment can be locked for.
const MAX_LOCK_BLOCKS: u64 = 1_000_000;

/// What the words of a transfer say.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ParsedTransfer {
    sources: SourceAddresses,
    priority: Priority,
    destinations: Vec<Destination>,
    fee_payer: FeePayer,
    /// What a link says it is for.
    note: Option<String>,
}

/// `transfer [index=] [<priority>] (link | address amount [address amount …])`
pub(super) async fn transfer(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    words: Arguments,
) -> Result<Reply, CommandError> {
    let parsed = parse(words, &session.wallet.network().prefixes)?;
    pay(session, terminal, parsed, UnlockBlocks(0)).await
}

/// `locked_transfer … <blocks>`
pub(super) async fn locked_transfer(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let blocks = UnlockBlocks::take(&mut words)?;
    let parsed = parse(words, &session.wallet.network().prefixes)?;
    pay(session, terminal, parsed, blocks).await
}

/// For how many blocks a payment is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnlockBlocks(pub u64);

impl UnlockBlocks {
    /// The last word.
    pub(super) fn take(words: &mut Arguments) -> Result<Self, CommandError> {
        let last = words.take_last("The number of blocks")?;
        match last.parse() {
            Ok(blocks @ 1..=MAX_LOCK_BLOCKS) => Ok(Self(blocks)),
            _ => Err(words.usage(format!(
                "\"{last}\" is not a number of blocks from 1 to {MAX_LOCK_BLOCKS}."
            ))),
        }
    }

    /// The lock of something that is sent now.
    pub(super) fn unlock_time(self, session: &Session) -> UnlockTime {
        match self.0 {
            0 => UnlockTime::NONE,
            blocks => UnlockTime::new(session.wallet.chain().next().saturating_add(blocks).index()),
        }
    }
}

fn parse(mut words: Arguments, prefixes: &AddressPrefixes) -> Result<ParsedTransfer, CommandError> {
    let sources = words.sources()?;
    let fee_from = words.take_named("subtractfeefrom");
    let priority = words.transfer_priority();
    let mut parsed = ParsedTransfer {
        sources,
        priority,
        destinations: Vec::new(),
        fee_payer: FeePayer::Sender,
        note: None,
    };
    while let Some(word) = words.next_if_any() {
        let destination = if word.starts_with("oxen:") {
            let link = PaymentUri::parse(&word, prefixes)?;
            let amount = match (link.amount, words.peek().and_then(|word| parse_amount(word).ok())) {
                // What is written behind the link counts more than what is in it.
                (_, Some(amount)) => {
                    words.next_if_any();
                    amount
                }
                (Some(amount), None) => amount,
                (None, None) => return Err(words.usage("The link names no amount: write one behind it.")),
            };
            parsed.note = parsed.note.or(link.description);
            Destination {
                address: link.address,
                amount,
            }
        } else {
            let address = parse_address(&word, prefixes, AddressUse::Payment)?;
            Destination {
                address,
                amount: words.amount("The amount")?,
            }
        };
        parsed.destinations.push(destination);
    }
    if parsed.destinations.is_empty() {
        return Err(words.usage("An address and an amount are missing."));
    }
    if let Some(text) = fee_from {
        let payers = fee_payers(&text, parsed.destinations.len());
        let problem = format!("subtractfeefrom={text} is not a list of destinations such as 0,2, nor all.");
        parsed.fee_payer = FeePayer::Destinations(payers.ok_or_else(|| words.usage(problem))?);
    }
    Ok(parsed)
}

/// `all`, or the places of destinations, counted from 0.
fn fee_payers(text: &str, destinations: usize) -> Option<BTreeSet<usize>> {
    if text == "all" {
        return Some((0..destinations).collect());
    }
    text.split(',')
        .map(|place| place.parse().ok().filter(|place| *place < destinations))
        .collect()
}

async fn pay(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    parsed: ParsedTransfer,
    lock: UnlockBlocks,
) -> Result<Reply, CommandError> {
    if session.wallet.is_view_only() {
        return Err(CommandError::ViewOnly("sending"));
    }
    session.ask_password(terminal, "to send")?;
    let (daemon, rates) = payment::ready_to_send(session).await?;
    let request = TransferRequest {
        account: session.account,
        sources: parsed.sources,
        destinations: parsed.destinations,
        priority: parsed.priority,
        unlock_time: lock.unlock_time(session),
        split: match parsed.fee_payer {
            FeePayer::Sender => SplitRule::Several,
            FeePayer::Destinations(_) => SplitRule::OneTransaction,
        },
        fee_payer: parsed.fee_payer,
        limits: session.preferences.output_limits(),
    };
    let plans = session
        .wallet
        .plan_transfer(&request, session.chain_view(), &rates, &mut OsRng)?;
    let reply = payment::send(session, terminal, &daemon, &plans).await?;
    if let Some(note) = parsed.note {
        note_all(session, &reply, &note)?;
    }
    Ok(reply)
}

/// Writes what a link said it is for beside the transactions that paid it.
fn note_all(session: &mut Session, reply: &Reply, note: &str) -> Result<(), CommandError> {
    let ids = reply.json["transactions"].as_array().into_iter().flatten();
    for id in ids.filter_map(|one| one["tx_hash"].as_str()?.parse().ok()) {
        session.wallet.journal_mut().set_note(id, note);
    }
    session.save()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::CommandInfo, *};
    use oxen_types::{Amount, Network};
    use oxen_wallet_core::{WalletKeys, wallet::WalletNetwork};
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    fn prefixes() -> AddressPrefixes {
        WalletNetwork::from(&Network::regtest()).prefixes
    }

    fn address(seed: u64) -> String {
        let keys = WalletKeys::generate(&mut ChaCha20Rng::seed_from_u64(seed));
        keys.primary_address().unwrap().encode(&prefixes())
    }

    fn parse_line(line: &str) -> Result<ParsedTransfer, CommandError> {
        let words = super::super::words::split(line).unwrap();
        parse(
            Arguments::new(CommandInfo::find("transfer").unwrap(), words),
            &prefixes(),
        )
    }

    #[test]
    fn several_destinations_with_sources_and_priority_are_read() {
        let (first, second) = (address(1), address(2));
        let parsed = parse_line(&format!("index=0,3 unimportant {first} 1.5 {second} .25")).unwrap();
        assert_eq!(parsed.sources, SourceAddresses::Only([0, 3].into()));
        assert_eq!(parsed.priority, Priority::Unimportant);
        let amounts: Vec<Amount> = parsed.destinations.iter().map(|one| one.amount).collect();
        assert_eq!(
            amounts,
            [Amount::from_atomic(1_500_000_000), Amount::from_atomic(250_000_000)]
        );
    }

    #[test]
    fn every_priority_but_the_lowest_makes_a_transfer_instant() {
        for (word, priority) in [
            ("", Priority::Default),
            ("default", Priority::Default),
            ("1", Priority::Unimportant),
            ("2", Priority::Blink),
            ("priority", Priority::Blink),
            ("blink", Priority::Blink),
        ] {
            let parsed = parse_line(&format!("{word} {} 1", address(1))).unwrap();
            assert_eq!(parsed.priority, priority, "{word}");
        }
    }

    #[test]
    fn destinations_can_pay_the_fee() {
        let line = |payers: &str| format!("subtractfeefrom={payers} {} 1 {} 2", address(1), address(2));
        let payers = |text: &str| parse_line(&line(text)).map(|parsed| parsed.fee_payer);
        assert_eq!(payers("1").unwrap(), FeePayer::Destinations([1].into()));
        assert_eq!(payers("all").unwrap(), FeePayer::Destinations([0, 1].into()));
        assert!(
            payers("2")
                .unwrap_err()
                .to_string()
                .contains("not a list of destinations")
        );
    }

    #[test]
    fn a_link_brings_its_amount_and_what_it_is_for() {
        let link = format!("oxen:{}?tx_amount=2.5&tx_description=two%20loaves", address(1));
        let parsed = parse_line(&link).unwrap();
        assert_eq!(parsed.destinations[0].amount, Amount::from_atomic(2_500_000_000));
        assert_eq!(parsed.note.as_deref(), Some("two loaves"));
        assert_eq!(
            parse_line(&format!("{link} 3")).unwrap().destinations[0].amount,
            Amount::from_atomic(3_000_000_000)
        );
        let bare = parse_line(&format!("oxen:{}", address(1))).unwrap_err().to_string();
        assert!(bare.contains("names no amount"), "{bare}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let complaint = |line: &str| parse_line(line).unwrap_err().to_string();
        assert!(complaint("").contains("An address and an amount are missing"));
        assert!(complaint(&address(1)).contains("The amount is missing"));
        assert!(complaint(&format!("{} 1,5", address(1))).contains("\"1,5\": not an amount"));
        assert!(complaint(&format!("{} 0.0000000001", address(1))).contains("at most 9 decimals"));
        assert!(complaint("nonsense 1").contains("not an address"));
        assert!(complaint(&format!("index=a {} 1", address(1))).contains("not a list of address numbers"));
    }
}
