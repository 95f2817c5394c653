//! `swap <amount> <address>`: from what the user wants to a burn on its way.

use super::{
    SwapCommandError,
    contract::{self, Look},
    progress,
};
use crate::{
    command::{Arguments, CommandError, Reply, arguments::parse_amount, payment},
    daemon::Daemon,
    format,
    sending::{self, Dispatched, Fate},
    session::Session,
    terminal::{Confirmation, Terminal, confirm},
};
use oxen_bridge_rules::{
    address::{checksummed, parse_checksummed},
    swap::{check_amount, check_claimable, convert, matures_at},
};
use oxen_rpc::types::swap::{SwapInfoAnswer, SwapRules};
use oxen_types::{
    Amount, Height,
    bytes::EthereumAddress,
    network::{HardForkVersion, SwapParameters, SwapRatioInForce},
};
use oxen_wallet_core::build::{FeeRates, PreparedTransaction, Priority, SourceAddresses, SwapTransactionRequest};
use rand_core::{OsRng, RngCore};
use serde_json::{Value, json};
use std::fmt::Write;

/// Blocks before a change of the ratio, or the end, from which on the user is warned: the burn may come too late.
const WARN_BLOCKS: u64 = 30;

/// What the words say.
struct Order {
    sources: SourceAddresses,
    priority: Priority,
    amount: Amount,
    recipient: EthereumAddress,
}

/// What the burn brings if it is in the next block.
struct Offer {
    parameters: SwapParameters,
    ratio: SwapRatioInForce,
    credited: Amount,
    /// Of the next block.
    height: Height,
    /// What the contract on Arbitrum says.
    look: Look,
}

impl Offer {
    /// When the burn counts.
    fn matures(&self) -> Height {
        matures_at(self.height, &self.parameters)
    }
}

/// Burns, if everything speaks for it and the user wants it.
pub(super) async fn burn(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    words: Arguments,
) -> Result<Reply, CommandError> {
    let order = parse(words)?;
    if session.wallet.is_view_only() {
        return Err(CommandError::ViewOnly("swapping"));
    }
    if let Some(parameters) = &session.network.swap {
        check_amount(order.amount, parameters).map_err(SwapCommandError::Refused)?;
        check_claimable(&order.recipient, &session.network, parameters).map_err(SwapCommandError::Refused)?;
    }
    session.ask_password(terminal, "to swap")?;
    let (daemon, rates) = payment::ready_to_send(session).await?;
    open_swap(session)?;
    let info = daemon.swap_info().await?;
    let mut offer = offer(session, &order, &info)?;
    look(session, &order, &mut offer, &info).await?;
    type_again(terminal, &order, session.settings.confirmation)?;
    let prepared = prepare(session, &daemon, &order, &offer, &rates).await?;
    payment::warn_of_strange_fees(session, terminal, &prepared)?;
    // Whatever the settings are about transfers: what is burned never comes back.
    terminal.say(&summary(session, &order, &offer, &info, &prepared));
    if !confirm(terminal, "Is this okay?", session.settings.confirmation)? {
        return Err(CommandError::Cancelled);
    }
    let sent = sending::dispatch(session, &daemon, &prepared).await?;
    note(session, &order, &offer, &sent);
    session.save()?;
    tell(&order, &offer, &sent)
}

fn parse(mut words: Arguments) -> Result<Order, CommandError> {
    let sources = words.sources()?;
    let priority = if words.len() > 2 {
        words.priority()?
    } else {
        Priority::Default
    };
    let amount = parse_amount(&words.next("The amount of OXEN to burn")?)?;
    let text = words.next("The Ethereum address to be credited on Arbitrum")?;
    words.finish()?;
    let recipient = parse_checksummed(&text).map_err(|reason| SwapCommandError::Address { text, reason })?;
    Ok(Order {
        sources,
        priority,
        amount,
        recipient,
    })
}

/// The parameters of a swap that takes burns in the next block.
fn open_swap(session: &Session) -> Result<&SwapParameters, SwapCommandError> {
    let network = &session.network;
    let parameters = network.swap.as_ref().ok_or(SwapCommandError::NoSwap)?;
    let height = session.wallet.chain().next();
    if !network.forks.is_active(HardForkVersion::SWAP, height) {
        let begin = network.forks.begins(HardForkVersion::SWAP);
        return Err(SwapCommandError::NotBegun { begin });
    }
    match parameters.end_height {
        Some(end) if height >= end => Err(SwapCommandError::Ended { end }),
        _ => Ok(parameters),
    }
}

/// The chain's own rules, asked beforehand, and the caps as the daemon says them.
fn offer(session: &Session, order: &Order, info: &SwapInfoAnswer) -> Result<Offer, SwapCommandError> {
    let network = &session.network;
    let parameters = open_swap(session)?;
    let height = session.wallet.chain().next();
    agree(network.l2.chain_id, parameters, info.rules.as_ref())?;
    let ratio = parameters.ratios.at(height);
    let ratio = ratio.ok_or(oxen_bridge_rules::swap::SwapError::NoRatio { height })?;
    let credited = convert(order.amount, ratio.period.ratio).ok_or(oxen_bridge_rules::swap::SwapError::Overflow)?;
    let remaining = info.remaining.unwrap_or_default();
    let (pool, rate) = (Amount::from_atomic(remaining.pool), Amount::from_atomic(remaining.rate));
    if credited > pool {
        return Err(SwapCommandError::PoolFull {
            wanted: credited,
            remaining: pool,
        });
    }
    if credited > rate {
        return Err(SwapCommandError::RateFull {
            wanted: credited,
            remaining: rate,
            window: parameters.rate_window_blocks,
        });
    }
    Ok(Offer {
        parameters: parameters.clone(),
        ratio,
        credited,
        height,
        look: Look::NotLooked,
    })
}

/// Asks the contract, where a provider was named.
async fn look(session: &Session, order: &Order, offer: &mut Offer, info: &SwapInfoAnswer) -> Result<(), CommandError> {
    // The next block is one more.
    let blocks = offer.matures().since(offer.height).saturating_add(1);
    let wanted = contract::Wanted {
        credited: offer.credited,
        matures_in: blocks.saturating_mul(session.network.target_block_seconds),
        credited_before: contract::credited_before(info),
    };
    offer.look = contract::look(session, &offer.parameters, &order.recipient, wanted).await?;
    Ok(())
}

/// A daemon of another version or network must not have coins burned by other rules than the user is shown.
fn agree(chain_id: u64, parameters: &SwapParameters, rules: Option<&SwapRules>) -> Result<(), SwapCommandError> {
    let disagrees = |what, daemon: String, wallet: String| SwapCommandError::DaemonDisagrees { what, daemon, wallet };
    let Some(rules) = rules else {
        return Err(disagrees(
            "contract",
            "none".to_owned(),
            checksummed(&parameters.contract),
        ));
    };
    if rules.contract != checksummed(&parameters.contract) {
        return Err(disagrees(
            "contract",
            rules.contract.clone(),
            checksummed(&parameters.contract),
        ));
    }
    if rules.l2_chain_id != chain_id {
        return Err(disagrees("chain", rules.l2_chain_id.to_string(), chain_id.to_string()));
    }
    Ok(())
}

/// A person types the address a second time: what is burned for a wrong one is lost. A program gave it in full, with its
/// checksum, and is not asked.
fn type_again(terminal: &mut dyn Terminal, order: &Order, given: Confirmation) -> Result<(), CommandError> {
    if given == Confirmation::Given || !terminal.is_person() {
        return Ok(());
    }
    terminal.say(&format!(
        "SESH will be claimed on Arbitrum by {}. A wrong address cannot be put right: nobody can give the OXEN back.",
        checksummed(&order.recipient)
    ));
    let again = terminal.ask("Type or paste the address once more: ")?;
    if parse_checksummed(again.trim()) == Ok(order.recipient) {
        Ok(())
    } else {
        Err(SwapCommandError::AddressesDiffer.into())
    }
}

async fn prepare(
    session: &mut Session,
    daemon: &Daemon,
    order: &Order,
    offer: &Offer,
    rates: &FeeRates,
) -> Result<Vec<PreparedTransaction>, CommandError> {
    let mut nonce = [0; 8];
    OsRng.fill_bytes(&mut nonce);
    let request = SwapTransactionRequest {
        l2_chain_id: session.network.l2.chain_id,
        recipient: order.recipient,
        ratio_index: offer.ratio.index,
        nonce,
        burned: order.amount,
        account: session.account,
        sources: order.sources.clone(),
        priority: order.priority,
        limits: session.preferences.output_limits(),
    };
    let plans = [session
        .wallet
        .plan_swap(&request, session.chain_view(), rates, &mut OsRng)?];
    payment::check_unspent(daemon, &plans).await?;
    sending::prepare(session, daemon, &plans).await
}

/// What is going to happen, and when.
fn summary(
    session: &Session,
    order: &Order,
    offer: &Offer,
    info: &SwapInfoAnswer,
    prepared: &[PreparedTransaction],
) -> String {
    let ratio = offer.ratio.period.ratio;
    let remaining = info.remaining.unwrap_or_default();
    let mut text = format!(
        "Burning {} for {} SESH at {} SESH for {} OXEN\n  claimable on Arbitrum (chain {}) by {}\n",
        format::amount(order.amount),
        offer.credited,
        ratio.numerator(),
        ratio.denominator(),
        session.network.l2.chain_id,
        checksummed(&order.recipient)
    );
    let mature = offer.matures();
    let _ = writeln!(
        text,
        "  claimable from about height {mature} on, {}, once service nodes have signed a block above it",
        progress::about(session, mature)
    );
    let _ = writeln!(
        text,
        "  left of the swap: {} SESH in all, {} SESH for now",
        Amount::from_atomic(remaining.pool),
        Amount::from_atomic(remaining.rate)
    );
    offer.look.describe(&mut text, &order.recipient);
    warn_of_changes(&mut text, offer, info);
    for transaction in prepared {
        let network_fee = transaction.fee.saturating_sub(transaction.burned);
        let _ = writeln!(text, "{}", payment::inputs_line(session, transaction));
        let _ = writeln!(
            text,
            "With the network fee of {} you pay {} in all. Burned OXEN never come back. If the contract is paused on Arbitrum, the \
             claim waits and is not lost.",
            format::amount(network_fee),
            format::amount(transaction.fee)
        );
    }
    text.trim_end().to_owned()
}

fn warn_of_changes(text: &mut String, offer: &Offer, info: &SwapInfoAnswer) {
    let soon = |height: Height| height.since(offer.height) <= WARN_BLOCKS;
    if let Some(next) = info.next_ratio.filter(|next| soon(Height::new(next.from_height))) {
        let _ = writeln!(
            text,
            "  WARNING: from height {} on the ratio is {} SESH for {} OXEN. If no block before takes this, nothing is burned.",
            next.from_height, next.sesh, next.oxen
        );
    }
    if let Some(end) = offer.parameters.end_height.filter(|end| soon(*end)) {
        let _ = writeln!(
            text,
            "  WARNING: the swap ends at height {end}. If no block before takes this, nothing is burned."
        );
    }
}

/// What it was for is noted beside the transaction; the receipt is kept since before it was handed over.
fn note(session: &mut Session, order: &Order, offer: &Offer, sent: &[Dispatched]) {
    let text = format!(
        "Swap for {} SESH, claimable by {}",
        offer.credited,
        checksummed(&order.recipient)
    );
    for one in sent
        .iter()
        .filter(|one| !matches!(one.fate, Fate::Refused { .. } | Fate::NotTried))
    {
        session.wallet.journal_mut().set_note(one.id, &text);
    }
}

fn tell(order: &Order, offer: &Offer, sent: &[Dispatched]) -> Result<Reply, CommandError> {
    let mut reply = payment::tell(sent)?;
    if let Value::Object(fields) = &mut reply.json {
        fields.insert("burned".to_owned(), format::json_amount(order.amount));
        fields.insert("sesh".to_owned(), format::json_amount(offer.credited));
        fields.insert("recipient".to_owned(), json!(checksummed(&order.recipient)));
        fields.insert("mature_height".to_owned(), json!(offer.matures().index()));
        fields.insert("contract_checked".to_owned(), json!(offer.look.was_done()));
        fields.insert("warnings".to_owned(), json!(offer.look.warnings(&order.recipient)));
    }
    if sent.iter().any(|one| one.fate.is_out()) {
        reply
            .text
            .push_str("\nThe receipt is kept in this wallet. `swap status` tells when the SESH can be claimed.");
    }
    Ok(reply)
}
