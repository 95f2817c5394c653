//! Staying up: the state of the network, renewed as long as it runs.

use crate::{balances::Balances, bring_up::Up, error::LocalnetError, steps::style};
use indicatif::ProgressBar;
use oxen_localnet::{NetworkError, NetworkView, network_view::NetworkWatcher};
use std::{
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// Shows how the network is until a signal comes or its ordinary node ends, and stops it.
pub(crate) fn stay_up(mut up: Up, block_time: Duration) -> Result<(), LocalnetError> {
    let stop = signals()?;
    let balances = Balances::watch(&up.network, &up.wallets)?;
    let display = Display::new();
    let mut watcher = NetworkWatcher::default();
    let mut newest = Newest::default();
    loop {
        if up.network.miner_ended()? {
            display.say("The ordinary node ended.");
            break;
        }
        match watcher.look(&mut up.network) {
            Ok(view) => {
                newest.see(view.newest.height);
                display.show(&view, &balances.text());
            }
            // It is about to end, or busy: the next look tells.
            Err(NetworkError::Call(_)) => {}
            Err(error) => return Err(error.into()),
        }
        // Pulse has its own time; this is for networks with too few service nodes, and after a rest longer than all rounds.
        if newest.since.elapsed() > block_time {
            match up.network.mine_unless_pulse() {
                Ok(_) | Err(NetworkError::Call(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if stop.recv_timeout(PAUSE).is_ok() {
            break;
        }
    }
    display.say("Stopping the nodes ...");
    up.network.stop();
    Ok(())
}

/// One message for each signal that asks to end.
fn signals() -> Result<Receiver<()>, LocalnetError> {
    let (sender, stop) = mpsc::channel();
    ctrlc::set_handler(move || {
        // A second signal finds nobody listening, which is fine.
        let _ = sender.send(());
    })?;
    Ok(stop)
}

/// The newest block, and since when it is.
struct Newest {
    height: u64,
    since: Instant,
}

impl Default for Newest {
    fn default() -> Self {
        Self {
            height: 0,
            since: Instant::now(),
        }
    }
}

impl Newest {
    fn see(&mut self, height: u64) {
        if height != self.height {
            *self = Self {
                height,
                since: Instant::now(),
            };
        }
    }
}

/// A few lines that change on a terminal; a line for each block where there is none.
struct Display {
    lines: ProgressBar,
    last: std::cell::Cell<u64>,
}

impl Display {
    fn new() -> Self {
        let lines = ProgressBar::new_spinner().with_style(style("{msg}"));
        println!();
        Self {
            lines,
            last: std::cell::Cell::new(0),
        }
    }

    fn show(&self, view: &NetworkView, balances: &str) {
        if self.lines.is_hidden() {
            if self.last.replace(view.newest.height) != view.newest.height {
                println!("{view} | {balances}");
            }
        } else {
            self.lines.set_message(screen(view, balances));
        }
    }

    fn say(&self, text: &str) {
        self.lines.finish_and_clear();
        println!("{text}");
    }
}

/// The lines for a terminal.
fn screen(view: &NetworkView, balances: &str) -> String {
    format!("{}\n{balances}", view.to_string().replace(" | ", "\n"))
}
