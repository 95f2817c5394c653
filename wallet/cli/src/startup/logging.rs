//! What is written for those who look for a fault. Secrets are never among it: nothing that holds one is ever logged.

use crate::{command::CommandError, options::OutputOptions};
use std::{fs::OpenOptions, sync::Mutex};
use tracing_subscriber::EnvFilter;

/// Starts to log, to a file or to standard error.
///
/// # Errors
/// The level is none, or the file cannot be written.
pub fn start_logging(options: &OutputOptions) -> Result<(), CommandError> {
    let filter = EnvFilter::try_new(level(&options.log_level)).map_err(|error| {
        CommandError::Option(format!(
            "--log-level {}: {error}; write error, warn, info, debug or trace",
            options.log_level
        ))
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    // A second start in one process, as in tests, keeps the first one's log.
    let _ = match &options.log_file {
        None => builder.with_ansi(false).with_writer(std::io::stderr).try_init(),
        Some(path) => {
            let failed = |source| CommandError::UserFile {
                action: "write",
                path: path.clone(),
                source,
            };
            let file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .map_err(failed)?;
            builder.with_ansi(false).with_writer(Mutex::new(file)).try_init()
        }
    };
    Ok(())
}

/// Upstream's numbers as levels.
fn level(text: &str) -> &str {
    match text {
        "0" => "warn",
        "1" => "info",
        "2" => "debug",
        "3" | "4" => "trace",
        other => other,
    }
}
