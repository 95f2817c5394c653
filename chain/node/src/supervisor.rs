//! Telling systemd how the node is (rpc §7.6): datagrams to the socket that it names.
//!
//! Nothing happens where the environment names no socket, as in a terminal or a container.

use std::{
    os::{
        linux::net::SocketAddrExt,
        unix::{
            ffi::OsStrExt,
            net::{SocketAddr, UnixDatagram},
        },
    },
    time::Duration,
};

/// What a supervisor is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The RPC listens.
    Ready,
    /// The chain makes progress.
    Alive,
    /// The node ends in order.
    Stopping,
    /// The line that `systemctl status` shows.
    Status(String),
}

impl Notice {
    fn text(&self) -> String {
        match self {
            Self::Ready => "READY=1".to_owned(),
            Self::Alive => "WATCHDOG=1".to_owned(),
            Self::Stopping => "STOPPING=1".to_owned(),
            // A line break would begin another variable.
            Self::Status(line) => format!("STATUS={}", line.replace('\n', "; ")),
        }
    }
}

/// The supervisor that started this process, if one did.
#[derive(Debug)]
pub(crate) struct Supervisor {
    channel: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Supervisor {
    /// As the environment says.
    pub(crate) fn from_environment() -> Self {
        let socket = std::env::var_os("NOTIFY_SOCKET");
        let watchdog = std::env::var("WATCHDOG_USEC").ok();
        Self::new(socket.as_deref().map(OsStrExt::as_bytes), watchdog.as_deref())
    }

    /// Nobody is told.
    pub(crate) const fn none() -> Self {
        Self {
            channel: None,
            watchdog: None,
        }
    }

    /// A socket's path, `@` in front when it is an abstract one, and microseconds between signs of life.
    fn new(socket: Option<&[u8]>, watchdog: Option<&str>) -> Self {
        let channel = socket.and_then(|name| {
            let address = match name.split_first() {
                Some((b'@', name)) => SocketAddr::from_abstract_name(name),
                _ => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(name)),
            };
            match (UnixDatagram::unbound(), address) {
                (Ok(socket), Ok(address)) => Some((socket, address)),
                (Err(error), _) | (_, Err(error)) => {
                    tracing::warn!(%error, "the socket that NOTIFY_SOCKET names cannot be used");
                    None
                }
            }
        });
        let watchdog = watchdog
            .and_then(|text| text.parse().ok())
            .map(Duration::from_micros)
            .filter(|_| channel.is_some());
        Self { channel, watchdog }
    }

    /// Tells it something. A supervisor that does not listen is no reason to stop.
    pub(crate) fn tell(&self, notice: &Notice) {
        if let Some((socket, address)) = &self.channel
            && let Err(error) = socket.send_to_addr(notice.text().as_bytes(), address)
        {
            tracing::debug!(%error, ?notice, "the supervisor was not told");
        }
    }

    /// How often it wants a sign of life: twice in the time after which it would end the node.
    pub(crate) fn sign_of_life_interval(&self) -> Option<Duration> {
        self.watchdog.map(|limit| (limit / 2).max(Duration::from_millis(100)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn notices_arrive_at_a_socket_of_a_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let supervisor = Supervisor::new(Some(path.as_os_str().as_bytes()), Some("60000000"));
        supervisor.tell(&Notice::Ready);
        assert_eq!(received(&socket), "READY=1");
        supervisor.tell(&Notice::Status("one\ntwo".to_owned()));
        assert_eq!(received(&socket), "STATUS=one; two");
        supervisor.tell(&Notice::Alive);
        assert_eq!(received(&socket), "WATCHDOG=1");
        supervisor.tell(&Notice::Stopping);
        assert_eq!(received(&socket), "STOPPING=1");
        assert_eq!(supervisor.sign_of_life_interval(), Some(Duration::from_secs(30)));
    }

    #[test]
    fn notices_arrive_at_an_abstract_socket() {
        let name = format!("oxend-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        Supervisor::new(Some(format!("@{name}").as_bytes()), None).tell(&Notice::Ready);
        assert_eq!(received(&socket), "READY=1");
    }

    #[test]
    fn without_a_socket_nobody_is_told() {
        let supervisor = Supervisor::new(None, Some("60000000"));
        supervisor.tell(&Notice::Ready);
        assert_eq!(supervisor.sign_of_life_interval(), None);
    }
}
