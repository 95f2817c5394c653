//! Several nodes in one process, for test networks: each has its own data directory, keys, sockets and database, and threads of
//! its own, as if it were alone.
//!
//! What a process has once is shared in order: signals and the end of standard input stop every node, the log names the node of
//! each line, and no supervisor is told.

use crate::{
    config_file::{ConfigError, Configuration, read_configuration},
    data_directory,
    launch::{Node, NodeSettings},
    network_choice::choose_network,
    program::{InputEnd, ProgramError, listen_for_the_end, node_settings, run_to_the_end, warn_of_ignored},
    shutdown::{Shutdown, ShutdownReason},
};
use std::{
    fs,
    path::{Path, PathBuf},
};
use thiserror::Error;
use tokio::{runtime, task::JoinSet};
use tracing::Span;

/// Threads that a node's tasks share, whatever the number of processors: they wait most of the time.
const THREADS_OF_A_NODE: usize = 2;
/// More nodes than anybody has in one process.
const MOST_NODES: usize = 256;

/// Why the list of nodes cannot be used.
#[derive(Debug, Error)]
pub enum ListError {
    /// It cannot be read.
    #[error("cannot read the list of nodes {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It has no nodes, or too many.
    #[error("{}: {nodes} nodes; write from 1 to {MOST_NODES}, one to a line", path.display())]
    Count {
        /// The file.
        path: PathBuf,
        /// How many it has.
        nodes: usize,
    },
    /// A line is not an array of words.
    #[error("{}, line {line}: write a JSON array of words, such as [\"--data-dir\", \"one\"]", path.display())]
    NotWords {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The words of a line are no command line of a node.
    #[error("{}, line {line}: {error}", path.display())]
    Arguments {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Why.
        error: ConfigError,
    },
    /// A line asks for something else than a node that runs.
    #[error("{}, line {line}: commands, --check-database, --print-network and --together have no place in a list", path.display())]
    NotANode {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

/// Runs the nodes of a list until the last one has ended. One that cannot be started ends all.
///
/// # Errors
/// The list is wrong, or what happened to the first node that ended with an error.
pub(crate) fn run(list: &Path, input: InputEnd) -> Result<(), ProgramError> {
    let nodes = read_list(list)?
        .into_iter()
        .map(NamedNode::of)
        .collect::<Result<Vec<_>, _>>()?;
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(run_all(nodes, input))
}

/// The configuration of every node of a list.
fn read_list(path: &Path) -> Result<Vec<Configuration>, ListError> {
    let text = fs::read_to_string(path).map_err(|source| ListError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let nodes = text.lines().count();
    if !(1..=MOST_NODES).contains(&nodes) {
        return Err(ListError::Count {
            path: path.to_owned(),
            nodes,
        });
    }
    (1..)
        .zip(text.lines())
        .map(|(line, content)| read_line(path, line, content))
        .collect()
}

fn read_line(path: &Path, line: usize, content: &str) -> Result<Configuration, ListError> {
    let path = path.to_owned();
    let Ok(words) = serde_json::from_str::<Vec<String>>(content) else {
        return Err(ListError::NotWords { path, line });
    };
    let command_line = std::iter::once("oxend".to_owned()).chain(words);
    let configuration = match read_configuration(command_line) {
        Ok(configuration) => configuration,
        Err(error) => return Err(ListError::Arguments { path, line, error }),
    };
    let arguments = &configuration.arguments;
    let is_a_node = arguments.command.is_empty()
        && !arguments.check_database
        && !arguments.print_network
        && arguments.together.is_none();
    if is_a_node {
        Ok(configuration)
    } else {
        Err(ListError::NotANode { path, line })
    }
}

/// A node to start, and what the log calls it.
struct NamedNode {
    name: String,
    settings: NodeSettings,
}

impl NamedNode {
    fn of(configuration: Configuration) -> Result<Self, ProgramError> {
        let Configuration { arguments, ignored } = configuration;
        warn_of_ignored(&ignored);
        let network = choose_network(&arguments.network)?;
        let root = data_directory::root(&arguments);
        let name = root.file_name().unwrap_or(root.as_os_str());
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            settings: node_settings(&arguments, network, root.clone())?,
        })
    }
}

async fn run_all(nodes: Vec<NamedNode>, input: InputEnd) -> Result<(), ProgramError> {
    tracing::info!(
        "oxend {}: {} nodes in one process",
        env!("CARGO_PKG_VERSION"),
        nodes.len()
    );
    let all = Shutdown::new();
    listen_for_the_end(&all, input)?;
    let mut running = JoinSet::new();
    for NamedNode { name, settings } in nodes {
        let all = all.clone();
        running.spawn_blocking(move || {
            let ended = run_one(&name, settings, &all);
            ended.map_err(|error| {
                tracing::error!(node = name, "{error}");
                if matches!(error, ProgramError::Launch(_)) {
                    all.request(ShutdownReason::Program);
                }
                ProgramError::OneOfSeveral {
                    node: name,
                    error: Box::new(error),
                }
            })
        });
    }
    let mut result = Ok(());
    while let Some(ended) = running.join_next().await {
        // Only a fault of the program ends a thread early.
        let ended = ended.map_err(std::io::Error::other).map_err(ProgramError::from);
        result = result.and(ended.flatten());
    }
    result
}

/// Runs a node on threads of its own, so that every line of its log is in its span.
fn run_one(name: &str, settings: NodeSettings, all: &Shutdown) -> Result<(), ProgramError> {
    // Of the highest level, so that it is there whatever is logged.
    let span = tracing::error_span!("node", name);
    let _entered = span.clone().entered();
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(THREADS_OF_A_NODE)
        .enable_all()
        .thread_name(name)
        .on_thread_start(move || stay_in(&span))
        .build()?;
    runtime.block_on(async {
        let node = Node::launch(settings).await?.unsupervised();
        let (all, own) = (all.clone(), node.shutdown());
        tokio::spawn(async move {
            all.requested().await;
            own.request(all.requested_reason());
        });
        run_to_the_end(node).await
    })
}

/// Keeps this thread in a span for as long as it lives.
fn stay_in(span: &Span) {
    std::mem::forget(span.clone().entered());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Configuration>, ListError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nodes");
        fs::write(&path, text).unwrap();
        read_list(&path)
    }

    #[test]
    fn a_line_is_a_command_line() {
        let nodes =
            read("[\"--data-dir=/nonexistent/a b\", \"--regtest\"]\n[\"--regtest\", \"--rpc-port\", \"7\"]\n").unwrap();
        assert_eq!(nodes.len(), 2);
        let folder = nodes[0].arguments.data_dir.as_deref();
        assert_eq!(folder, Some(Path::new("/nonexistent/a b")));
        assert_eq!(nodes[1].arguments.rpc.rpc_port, Some(7));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        assert!(matches!(read(""), Err(ListError::Count { nodes: 0, .. })));
        let many = "[]\n".repeat(MOST_NODES + 1);
        assert!(matches!(read(&many), Err(ListError::Count { .. })));
        assert!(matches!(
            read("[\"--regtest\"]\n--regtest"),
            Err(ListError::NotWords { line: 2, .. })
        ));
        assert!(matches!(
            read("[\"--what\"]"),
            Err(ListError::Arguments { line: 1, .. })
        ));
        for other in ["status", "--check-database", "--print-network", "--together=x"] {
            let line = format!("[\"--regtest\", \"{other}\"]");
            assert!(
                matches!(read(&line), Err(ListError::NotANode { line: 1, .. })),
                "{other}"
            );
        }
    }
}
