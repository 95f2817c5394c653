//! Logs to the terminal and to a file.

use std::{io::IsTerminal, path::PathBuf};
use thiserror::Error;
use tracing_appender::{non_blocking::WorkerGuard, rolling};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Why logging could not be set up.
#[derive(Debug, Error)]
pub enum LoggingError {
    /// `--log-level` is not understood.
    #[error(
        "--log-level {text}: write a level (error, warning, info, debug, trace) or a list such as `warning, oxen_writer=debug`"
    )]
    Level {
        /// What was given.
        text: String,
    },
    /// The file cannot be written.
    #[error("cannot write the log file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Logging was set up before.
    #[error("logging is already set up in this process")]
    AlreadySet,
}

/// Days for which a folder keeps logs.
const DAYS_KEPT: usize = 14;

/// Where the log goes beside the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogDestination {
    /// Nowhere else.
    Terminal,
    /// One file that only grows: the operator rotates it.
    File(PathBuf),
    /// A file for each day in this folder, of which the newest fourteen are kept.
    Folder(PathBuf),
}

/// Starts logging; what is buffered is written when the guard is dropped.
///
/// # Errors
/// The level or the file is wrong.
pub fn start_logging(level: &str, destination: &LogDestination) -> Result<Option<WorkerGuard>, LoggingError> {
    let filter = parse_level(level)?;
    let terminal = fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .with_target(false);
    let (layer, guard) = match destination {
        LogDestination::Terminal => (None, None),
        LogDestination::File(path) => {
            let file_error = |source| LoggingError::File {
                path: path.clone(),
                source,
            };
            let file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .map_err(file_error)?;
            let (writer, guard) = tracing_appender::non_blocking(file);
            (Some(fmt::layer().with_ansi(false).with_writer(writer)), Some(guard))
        }
        LogDestination::Folder(path) => {
            let appender = rolling::Builder::new()
                .rotation(rolling::Rotation::DAILY)
                .filename_prefix("oxen")
                .filename_suffix("log")
                .max_log_files(DAYS_KEPT)
                .build(path)
                .map_err(|error| LoggingError::File {
                    path: path.clone(),
                    source: std::io::Error::other(error),
                })?;
            let (writer, guard) = tracing_appender::non_blocking(appender);
            (Some(fmt::layer().with_ansi(false).with_writer(writer)), Some(guard))
        }
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(terminal)
        .with(layer)
        .try_init()
        .map_err(|_| LoggingError::AlreadySet)?;
    Ok(guard)
}

/// Understands upstream's `warning` for `warn`, and 0 to 4 for the levels.
fn parse_level(text: &str) -> Result<EnvFilter, LoggingError> {
    let translated: Vec<String> = text
        .split(',')
        .map(|part| {
            let part = part.trim();
            let (target, level) = part
                .rsplit_once('=')
                .map_or((None, part), |(target, level)| (Some(target), level));
            let level = match level {
                "warning" => "warn",
                "0" => "error",
                "1" => "warn",
                "2" => "info",
                "3" => "debug",
                "4" => "trace",
                other => other,
            };
            target.map_or_else(|| level.to_owned(), |target| format!("{target}={level}"))
        })
        .collect();
    EnvFilter::try_new(translated.join(",")).map_err(|_| LoggingError::Level { text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_both_worlds_are_understood() {
        for text in ["info", "warning, oxen_writer=debug", "2", "error"] {
            assert!(parse_level(text).is_ok(), "{text}");
        }
        assert!(matches!(
            parse_level("oxen_writer=loud"),
            Err(LoggingError::Level { .. })
        ));
    }
}
