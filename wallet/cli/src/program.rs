//! Running commands: one, or those of a person or program, until the end.

use crate::{
    command::{
        self, CommandError, CommandId, ExitStatus, Needs, Reply, describe_refresh, find, reply::give, welcome, words,
    },
    options::Options,
    refresh::{RefreshReport, refresh},
    session::{DaemonLink, Session, ShowProgress},
    startup::{self, Started},
    terminal::{OutputFormat, Pipe, PromptError, Screen, Silent, Terminal},
};
use std::{
    io::{self, BufReader, IsTerminal},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    runtime::Runtime,
    sync::{Mutex, watch},
    task::JoinHandle,
};

/// So often new blocks are looked for while the prompt waits.
const AUTO_REFRESH_INTERVAL: Duration = Duration::from_secs(20);

/// Runs the wallet from the command line to its end, on this process' terminal or pipes.
#[must_use]
pub fn run(options: &Options) -> ExitStatus {
    let format = output_format(options);
    match choose_terminal(options, format) {
        Ok(mut terminal) => run_with(options, terminal.as_mut()),
        Err(error) => report_failure(format, &error.into()),
    }
}

/// The same, talking through `terminal`.
#[must_use]
pub fn run_with(options: &Options, terminal: &mut dyn Terminal) -> ExitStatus {
    let format = output_format(options);
    match start_and_run(options, format, terminal) {
        Ok(status) => status,
        Err(error) => {
            let status = error.exit_status();
            give(terminal, format, "start", &Err(error));
            status
        }
    }
}

const fn output_format(options: &Options) -> OutputFormat {
    if options.output.json {
        OutputFormat::Json
    } else {
        OutputFormat::Text
    }
}

/// A failure before there is a terminal to tell it.
fn report_failure(format: OutputFormat, error: &CommandError) -> ExitStatus {
    let mut pipe = Pipe::new(io::empty(), io::stdout(), io::stderr(), format);
    pipe.warn(&format!("Error: {error}"));
    error.exit_status()
}

/// A person at a screen, a program behind a pipe, or nobody who answers.
fn choose_terminal(options: &Options, format: OutputFormat) -> Result<Box<dyn Terminal>, PromptError> {
    let person = io::stdin().is_terminal() && io::stderr().is_terminal() && !options.output.non_interactive;
    if person {
        let names = command::COMMANDS.iter().map(|info| info.name).collect();
        return Ok(Box::new(Screen::new(names, command::SECRET_COMMANDS, format)?));
    }
    let pipe = Pipe::new(BufReader::new(io::stdin()), io::stdout(), io::stderr(), format);
    Ok(if options.output.non_interactive {
        Box::new(Silent::new(Box::new(pipe)))
    } else {
        Box::new(pipe)
    })
}

fn start_and_run(
    options: &Options,
    format: OutputFormat,
    terminal: &mut dyn Terminal,
) -> Result<ExitStatus, CommandError> {
    startup::start_logging(&options.output)?;
    let runtime = Runtime::new()
        .map_err(|error| CommandError::Option(format!("the program cannot start its threads: {error}")))?;
    let Started { session, made } = runtime.block_on(interruptible(startup::start(options, terminal)))?;
    if let Some(made) = made {
        give(terminal, format, "create", &Ok(made));
    }
    let mut program = Program {
        runtime,
        session: Arc::new(Mutex::new(session)),
        format,
    };
    if options.command.is_empty() {
        program.run_many(options, terminal)
    } else {
        program.run_one(options, terminal)
    }
}

/// Stops what is being done when Ctrl-C is pressed. Everything can be stopped anywhere: see `refresh` and `dispatch`.
async fn interruptible<T>(work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    tokio::select! {
        result = work => result,
        _ = tokio::signal::ctrl_c() => Err(CommandError::Interrupted),
    }
}

struct Program {
    runtime: Runtime,
    session: Arc<Mutex<Session>>,
    format: OutputFormat,
}

impl Program {
    /// One command from the command line.
    fn run_one(&mut self, options: &Options, terminal: &mut dyn Terminal) -> Result<ExitStatus, CommandError> {
        let (info, arguments) = find(options.command.clone())?;
        let session = Arc::clone(&self.session);
        let result = self.runtime.block_on(interruptible(async {
            let mut session = session.lock().await;
            if info.needs == Needs::NewestBlocks && !options.daemon.no_refresh {
                refresh_first(&mut session, terminal).await;
            }
            command::run(&mut session, terminal, info, arguments).await
        }));
        let saved = self.runtime.block_on(async { session.lock().await.save() });
        let result = result.and_then(|reply| Ok(saved.map(|_| reply)?));
        let status = result
            .as_ref()
            .err()
            .map_or(ExitStatus::Done, CommandError::exit_status);
        give(terminal, self.format, info.name, &result);
        Ok(status)
    }

    /// Commands until there are no more.
    fn run_many(&mut self, options: &Options, terminal: &mut dyn Terminal) -> Result<ExitStatus, CommandError> {
        if terminal.is_person() {
            terminal.say(welcome());
        }
        if !options.daemon.no_refresh {
            self.first_refresh(terminal);
        }
        let (busy, _) = watch::channel(false);
        let auto_refresh = self.start_auto_refresh(terminal, &busy);
        let mut status = ExitStatus::Done;
        let mut last_command = Instant::now();
        loop {
            let prompt = self.with_session(&busy, |session| session.prompt());
            let line = match terminal.read_command(&prompt) {
                Ok(line) => line,
                Err(PromptError::Interrupted) => {
                    terminal.say("`exit` ends the wallet.");
                    continue;
                }
                Err(PromptError::Ended) => break,
                Err(error) => return Err(error.into()),
            };
            if line.trim().is_empty() {
                continue;
            }
            self.lock_if_idle(&busy, last_command, terminal);
            if !self.unlock(&busy, terminal) {
                break;
            }
            match self.run_line(&busy, terminal, &line) {
                Next::Continue(command) => status = command,
                Next::End => break,
            }
            // A program goes on only from where it believes to be.
            if status != ExitStatus::Done && !terminal.is_person() {
                break;
            }
            last_command = Instant::now();
        }
        if let Some(task) = auto_refresh {
            task.abort();
        }
        self.with_session(&busy, Session::save)?;
        Ok(if terminal.is_person() { ExitStatus::Done } else { status })
    }

    /// Looks for new blocks before the first prompt.
    fn first_refresh(&self, terminal: &mut dyn Terminal) {
        self.runtime.block_on(async {
            let mut session = self.session.lock().await;
            if matches!(session.daemon, DaemonLink::Offline) {
                return;
            }
            let show = session.settings.progress;
            match interruptible(refresh(&mut session, show)).await {
                Ok(report) => terminal.say(&describe_refresh(&session, &report).text),
                Err(CommandError::Interrupted) => terminal.say("Interrupted: `refresh` goes on where it was."),
                Err(error) => terminal.warn(&format!("Note: {error}.\nThe wallet shows what it knew before.")),
            }
        });
    }

    /// Uses the session, which an automatic refresh gives up at once.
    fn with_session<T>(&self, busy: &watch::Sender<bool>, work: impl FnOnce(&mut Session) -> T) -> T {
        busy.send_replace(true);
        let result = self.runtime.block_on(async { work(&mut *self.session.lock().await) });
        busy.send_replace(false);
        result
    }

    fn run_line(&self, busy: &watch::Sender<bool>, terminal: &mut dyn Terminal, line: &str) -> Next {
        let (info, arguments) = match words::split(line).and_then(find) {
            Ok(found) => found,
            Err(error) => {
                let status = error.exit_status();
                give(terminal, self.format, "", &Err(error));
                return Next::Continue(status);
            }
        };
        busy.send_replace(true);
        let result = self.runtime.block_on(interruptible(async {
            let mut session = self.session.lock().await;
            command::run(&mut session, terminal, info, arguments).await
        }));
        busy.send_replace(false);
        let status = result
            .as_ref()
            .err()
            .map_or(ExitStatus::Done, CommandError::exit_status);
        let ended = info.id == CommandId::Exit && result.is_ok();
        give(terminal, self.format, info.name, &result);
        if ended { Next::End } else { Next::Continue(status) }
    }

    fn lock_if_idle(&self, busy: &watch::Sender<bool>, last_command: Instant, terminal: &dyn Terminal) {
        if !terminal.is_person() {
            return;
        }
        self.with_session(busy, |session| {
            let timeout = u64::from(session.preferences.inactivity_lock_timeout);
            session.locked |= timeout > 0 && last_command.elapsed() >= Duration::from_secs(timeout);
        });
    }

    /// Asks for the password of a locked wallet until it is right; false when the user gives up.
    fn unlock(&self, busy: &watch::Sender<bool>, terminal: &mut dyn Terminal) -> bool {
        while self.with_session(busy, |session| session.locked) {
            let result = self.with_session(busy, |session| {
                let result = session.require_password(terminal, "the wallet is locked");
                session.locked = result.is_err();
                result
            });
            match result {
                Ok(()) => {}
                Err(CommandError::Prompt(PromptError::Ended)) => return false,
                Err(error) => terminal.warn(&format!("Error: {error}")),
            }
        }
        true
    }

    /// Looks for new blocks now and then while a person thinks.
    fn start_auto_refresh(&self, terminal: &mut dyn Terminal, busy: &watch::Sender<bool>) -> Option<JoinHandle<()>> {
        let mut print = terminal.printer()?;
        let session = Arc::clone(&self.session);
        let mut busy = busy.subscribe();
        Some(self.runtime.spawn(async move {
            loop {
                tokio::time::sleep(AUTO_REFRESH_INTERVAL).await;
                // An error means that the program ends.
                if busy.wait_for(|busy| !busy).await.is_err() {
                    return;
                }
                let refreshed = async {
                    let mut session = session.lock().await;
                    refresh_quietly(&mut session).await
                };
                let text = tokio::select! {
                    text = refreshed => text,
                    _ = busy.wait_for(|busy| *busy) => None,
                };
                if let Some(text) = text {
                    print(&text);
                }
            }
        }))
    }
}

/// What comes after a command.
enum Next {
    /// The next one.
    Continue(ExitStatus),
    /// The end.
    End,
}

/// Refreshes before a command; what goes wrong is said, and the command then shows what was known before.
async fn refresh_first(session: &mut Session, terminal: &mut dyn Terminal) {
    if matches!(session.daemon, DaemonLink::Offline) {
        return;
    }
    if let Err(error) = refresh(session, session.settings.progress).await {
        terminal.warn(&format!("Note: {error}. The wallet shows what it knew before."));
    }
}

/// Refreshes without a bar; something to print only if something happened.
async fn refresh_quietly(session: &mut Session) -> Option<String> {
    if !session.preferences.auto_refresh || session.locked || matches!(session.daemon, DaemonLink::Offline) {
        return None;
    }
    let result = refresh(session, ShowProgress::No).await;
    let report: RefreshReport = result
        .inspect_err(|error| tracing::debug!(%error, "automatic refresh"))
        .ok()?;
    let happened = !report.events.is_empty() || !report.dropped.is_empty() || report.taken_back > 0;
    let Reply { text, .. } = describe_refresh(session, &report);
    happened.then_some(text)
}
