//! Which daemon is asked, and how.

use crate::{
    command::CommandError,
    daemon::{Connection, ConnectionOptions, Daemon, DaemonAddress, Login, Trust, compatibility::VersionRule},
    options::DaemonOptions,
    session::DaemonLink,
    terminal::Terminal,
};
use oxen_types::Network;
use zeroize::Zeroizing;

/// The daemon that the options name; by default the network's port on this machine.
///
/// # Errors
/// [`CommandError`] when the options make no sense.
pub fn daemon_link(
    options: &DaemonOptions,
    network: &Network,
    terminal: &mut dyn Terminal,
) -> Result<DaemonLink, CommandError> {
    if options.offline {
        return Ok(DaemonLink::Offline);
    }
    let text = match &options.daemon_address {
        Some(address) => address.clone(),
        None => format!(
            "{}:{}",
            options.daemon_host.as_deref().unwrap_or("127.0.0.1"),
            options.daemon_port.unwrap_or(network.ports.rpc)
        ),
    };
    let address = DaemonAddress::parse(&text, network.ports.rpc)?;
    let trust = match (options.trusted_daemon, options.untrusted_daemon) {
        (true, _) => Trust::Trusted,
        (_, true) => Trust::Untrusted,
        _ if address.is_local() => Trust::Trusted,
        _ => Trust::Untrusted,
    };
    if address.is_readable_on_the_way() {
        terminal.warn(&format!(
            "Warning: the connection to {address} is not encrypted. Others on the way can see when you pay and change what \
             the daemon says; use https:// if the daemon offers it."
        ));
    }
    let connection = Connection::new(address, &connection_options(options)?)?;
    let rule = if options.allow_mismatched_daemon_version {
        VersionRule::Any
    } else {
        VersionRule::Same
    };
    Ok(DaemonLink::new(Daemon::new(connection, trust), rule))
}

fn connection_options(options: &DaemonOptions) -> Result<ConnectionOptions, CommandError> {
    let login = options.daemon_login.as_ref().map(|text| {
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        Login {
            user: user.to_owned(),
            password: Zeroizing::new(password.to_owned()),
        }
    });
    let read = |path: &std::path::PathBuf| {
        let failed = |source| CommandError::UserFile {
            action: "read",
            path: path.clone(),
            source,
        };
        std::fs::read(path).map_err(failed)
    };
    let certificates = options.daemon_ssl_ca_certificates.as_ref().map(read).transpose()?;
    Ok(ConnectionOptions {
        login,
        proxy: options.proxy.clone(),
        certificates,
    })
}
