//! Where the daemon is: `host`, `host:port`, or a URL (wallet §2.1 `--daemon-address`).

use reqwest::Url;
use std::{fmt, net::IpAddr};
use thiserror::Error;

/// The URL of a daemon without a path of a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonAddress(Url);

/// Text that names no daemon.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "\"{text}\" is no daemon address: write host:port, for example 127.0.0.1:22023, or a URL with http:// or https://"
)]
pub struct DaemonAddressError {
    /// What was given.
    text: String,
}

impl DaemonAddress {
    /// Reads an address; without a port, a bare host means `default_port`.
    ///
    /// # Errors
    /// Neither `host:port` nor an HTTP URL.
    pub fn parse(text: &str, default_port: u16) -> Result<Self, DaemonAddressError> {
        let wrong = || DaemonAddressError { text: text.to_owned() };
        let trimmed = text.trim();
        let with_scheme = trimmed.contains("://");
        let full = if with_scheme {
            trimmed.to_owned()
        } else {
            format!("http://{trimmed}")
        };
        let mut url = Url::parse(&full).map_err(|_| wrong())?;
        let known_scheme = matches!(url.scheme(), "http" | "https");
        let bare = url.query().is_none() && url.fragment().is_none();
        // A login in the address would end up in messages and logs: there is --daemon-login for it.
        let anonymous = url.username().is_empty() && url.password().is_none();
        if !known_scheme || !bare || !anonymous || !url.has_host() {
            return Err(wrong());
        }
        if !with_scheme && url.port().is_none() {
            url.set_port(Some(default_port)).map_err(|()| wrong())?;
        }
        if !url.path().ends_with('/') {
            let folder = format!("{}/", url.path());
            url.set_path(&folder);
        }
        Ok(Self(url))
    }

    /// The URL of a method, whose path may begin with a slash.
    #[must_use]
    pub fn method(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let full = format!("{}{}", self.0.path(), path.trim_start_matches('/'));
        url.set_path(&full);
        url
    }

    /// True for this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let number = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        number.map_or(host == "localhost", |address| address.is_loopback())
    }

    /// True when others on the way can read along.
    #[must_use]
    pub fn is_readable_on_the_way(&self) -> bool {
        self.0.scheme() == "http" && !self.is_local()
    }
}

impl fmt::Display for DaemonAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, DaemonAddressError> {
        DaemonAddress::parse(text, 22_023).map(|address| address.to_string())
    }

    #[test]
    fn hosts_ports_and_urls_are_addresses() {
        for (text, expected) in [
            ("127.0.0.1:38157", "http://127.0.0.1:38157"),
            ("localhost", "http://localhost:22023"),
            (" node.example:1 ", "http://node.example:1"),
            ("[::1]:22023", "http://[::1]:22023"),
            ("http://node.example", "http://node.example"),
            ("https://node.example/oxen", "https://node.example/oxen"),
            ("https://node.example:444/oxen/", "https://node.example:444/oxen"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            ":",
            "ftp://node",
            "host:port",
            "http://user:secret@host",
            "host?x=1",
            "http://",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn methods_stand_below_the_path() {
        let address = DaemonAddress::parse("https://node.example/oxen", 1).unwrap();
        assert_eq!(
            address.method("/json_rpc").as_str(),
            "https://node.example/oxen/json_rpc"
        );
        assert_eq!(
            address.method("get_info").as_str(),
            "https://node.example/oxen/get_info"
        );
    }

    #[test]
    fn loopback_is_local_and_plain_http_elsewhere_is_readable() {
        let local = |text| DaemonAddress::parse(text, 1).unwrap().is_local();
        assert!(local("127.0.0.1") && local("[::1]") && local("localhost") && local("http://127.9.9.9:1"));
        assert!(!local("10.0.0.1") && !local("example.org"));
        assert!(DaemonAddress::parse("example.org", 1).unwrap().is_readable_on_the_way());
        assert!(
            !DaemonAddress::parse("https://example.org", 1)
                .unwrap()
                .is_readable_on_the_way()
        );
        assert!(!DaemonAddress::parse("127.0.0.1", 1).unwrap().is_readable_on_the_way());
    }
}
