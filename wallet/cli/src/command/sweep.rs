//! `sweep_all`, `sweep_below`, `sweep_single`, `sweep_account`, `locked_sweep_all`

use super::{Arguments, CommandError, Reply, payment, transfer::UnlockBlocks};
use crate::{session::Session, terminal::Terminal};
use oxen_crypto::{Address, SubaddressIndex};
use oxen_wallet_core::build::{Priority, SourceAddresses, SweepRequest, SweepSelection};
use rand_core::OsRng;

/// What the words of a sweep say.
struct ParsedSweep {
    account: u32,
    sources: SourceAddresses,
    selection: SweepSelection,
    priority: Priority,
    outputs: usize,
    address: Address,
    lock: UnlockBlocks,
}

/// `sweep_all [index=] [<priority>] [outputs=] [address]`
pub(super) async fn sweep_all(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    words: Arguments,
) -> Result<Reply, CommandError> {
    let parsed = parse(session, words, session.account, SweepSelection::All, UnlockBlocks(0))?;
    sweep(session, terminal, parsed).await
}

/// `locked_sweep_all … <blocks>`
pub(super) async fn locked_sweep_all(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let lock = UnlockBlocks::take(&mut words)?;
    let parsed = parse(session, words, session.account, SweepSelection::All, lock)?;
    sweep(session, terminal, parsed).await
}

/// `sweep_below <amount> …`
pub(super) async fn sweep_below(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let below = words.amount("The amount")?;
    let parsed = parse(
        session,
        words,
        session.account,
        SweepSelection::Below(below),
        UnlockBlocks(0),
    )?;
    sweep(session, terminal, parsed).await
}

/// `sweep_account <account> …`
pub(super) async fn sweep_account(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let account = words.number("The number of the account")?;
    let parsed = parse(session, words, account, SweepSelection::All, UnlockBlocks(0))?;
    sweep(session, terminal, parsed).await
}

/// `sweep_single [<priority>] [outputs=] <key image> <address>`
pub(super) async fn sweep_single(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let priority = words.transfer_priority();
    let outputs = outputs(&mut words)?;
    let image = words.key_image()?;
    let address = words.address(&session.wallet.network().prefixes)?;
    words.finish()?;
    let found = session.wallet.outputs().by_key_image(&image);
    let account = found.map_or(session.account, |output| output.address.major);
    let parsed = ParsedSweep {
        account,
        sources: SourceAddresses::All,
        selection: SweepSelection::Single(image),
        priority,
        outputs,
        address,
        lock: UnlockBlocks(0),
    };
    sweep(session, terminal, parsed).await
}

fn outputs(words: &mut Arguments) -> Result<usize, CommandError> {
    match words.take_named("outputs") {
        None => Ok(1),
        Some(text) => text
            .parse()
            .map_err(|_| words.usage(format!("outputs={text} is no number."))),
    }
}

fn parse(
    session: &Session,
    mut words: Arguments,
    account: u32,
    selection: SweepSelection,
    lock: UnlockBlocks,
) -> Result<ParsedSweep, CommandError> {
    let sources = words.sources()?;
    let outputs = outputs(&mut words)?;
    let priority = words.transfer_priority();
    let address = if words.is_empty() {
        session.wallet.check_account(account)?;
        session.wallet.address(SubaddressIndex::new(account, 0))?
    } else {
        words.address(&session.wallet.network().prefixes)?
    };
    words.finish()?;
    Ok(ParsedSweep {
        account,
        sources,
        selection,
        priority,
        outputs,
        address,
        lock,
    })
}

async fn sweep(session: &mut Session, terminal: &mut dyn Terminal, parsed: ParsedSweep) -> Result<Reply, CommandError> {
    if session.wallet.is_view_only() {
        return Err(CommandError::ViewOnly("sending"));
    }
    session.ask_password(terminal, "to send")?;
    let (daemon, rates) = payment::ready_to_send(session).await?;
    let request = SweepRequest {
        account: parsed.account,
        sources: parsed.sources,
        selection: parsed.selection,
        address: parsed.address,
        outputs: parsed.outputs,
        priority: parsed.priority,
        unlock_time: parsed.lock.unlock_time(session),
        limits: session.preferences.output_limits(),
    };
    let plans = session
        .wallet
        .plan_sweep(&request, session.chain_view(), &rates, &mut OsRng)?;
    payment::send(session, terminal, &daemon, &plans).await
}
