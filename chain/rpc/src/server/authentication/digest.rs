//! HTTP Digest with MD5 and `qop=auth` (RFC 7616), which is what Monero's clients speak.

use super::is_same;
use axum::http::{Method, Uri};
use md5::{Digest, Md5};
use oxen_types::hashing::keccak256_parts;
use rand_core::{OsRng, RngCore};
use std::{collections::BTreeMap, net::IpAddr, time::Instant};
use zeroize::Zeroizing;

/// How long a nonce is good; then the client is told to take a new one, which it does without asking its user.
const NONCE_SECONDS: u64 = 300;

/// How a client's answer to a challenge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DigestVerdict {
    Good,
    /// Right, over a nonce that is too old.
    Stale,
    Wrong,
}

/// Makes nonces and checks answers without keeping any: a nonce says when it was made, for whom, and that it was made here.
pub(super) struct DigestAuthenticator {
    /// MD5 of user, realm and password.
    account: Zeroizing<String>,
    user: String,
    realm: &'static str,
    secret: Zeroizing<[u8; 32]>,
    started: Instant,
}

impl DigestAuthenticator {
    pub(super) fn new(user: &str, password: &str, realm: &'static str) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(&mut *secret);
        Self {
            account: Zeroizing::new(md5(&[user, realm, password])),
            user: user.to_owned(),
            realm,
            secret,
            started: Instant::now(),
        }
    }

    /// The value of `WWW-Authenticate`.
    pub(super) fn challenge(&self, peer: IpAddr, stale: bool) -> String {
        let nonce = self.nonce(self.started.elapsed().as_secs(), peer);
        let stale = if stale { ", stale=true" } else { "" };
        format!(
            "Digest qop=\"auth\", algorithm=MD5, realm=\"{}\", nonce=\"{nonce}\"{stale}",
            self.realm
        )
    }

    /// `second` counts from the start of the server.
    fn nonce(&self, second: u64, peer: IpAddr) -> String {
        let time = second.to_be_bytes();
        let peer = peer.to_canonical().to_string();
        let proof = keccak256_parts(&[&*self.secret, &time, peer.as_bytes()]);
        format!("{}{proof}", hex::encode(time))
    }

    /// Checks what stands behind `Digest` in the `Authorization` header.
    pub(super) fn check(&self, header: &str, method: &Method, uri: &Uri, peer: IpAddr) -> DigestVerdict {
        let Some(fields) = parse_fields(header) else {
            return DigestVerdict::Wrong;
        };
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let same_target =
            field("uri") == target || field("uri").ends_with(&format!("//{}{target}", host_of(field("uri"))));
        let known = field("qop") == "auth"
            && field("realm") == self.realm
            && matches!(field("algorithm").to_ascii_uppercase().as_str(), "" | "MD5")
            && same_target;
        let request = md5(&[method.as_str(), field("uri")]);
        let expected = md5(&[
            &self.account,
            field("nonce"),
            field("nc"),
            field("cnonce"),
            field("qop"),
            &request,
        ]);
        let user = is_same(field("username").as_bytes(), self.user.as_bytes());
        let response = is_same(field("response").to_ascii_lowercase().as_bytes(), expected.as_bytes());
        if !(known & user & response) {
            return DigestVerdict::Wrong;
        }
        self.check_nonce(field("nonce"), peer)
    }

    fn check_nonce(&self, nonce: &str, peer: IpAddr) -> DigestVerdict {
        let made = nonce.get(..16).and_then(|time| u64::from_str_radix(time, 16).ok());
        let Some(made) = made else {
            return DigestVerdict::Stale;
        };
        let now = self.started.elapsed().as_secs();
        let ours = is_same(nonce.as_bytes(), self.nonce(made, peer).as_bytes());
        if ours && now.saturating_sub(made) <= NONCE_SECONDS {
            DigestVerdict::Good
        } else {
            DigestVerdict::Stale
        }
    }
}

/// The host of an absolute target, which proxies' clients sign.
fn host_of(target: &str) -> &str {
    let behind_scheme = target.split_once("//").map_or("", |(_, rest)| rest);
    behind_scheme.split('/').next().unwrap_or_default()
}

fn md5(parts: &[&str]) -> String {
    hex::encode(Md5::digest(parts.join(":")))
}

/// `name=value` or `name="value"`, separated by commas.
fn parse_fields(text: &str) -> Option<BTreeMap<String, String>> {
    let mut fields = BTreeMap::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, behind) = rest.split_once('=')?;
        let (value, behind) = match behind.trim_start().strip_prefix('"') {
            Some(quoted) => parse_quoted(quoted)?,
            None => {
                let end = behind.find(',').unwrap_or(behind.len());
                (behind.get(..end)?.trim().to_owned(), behind.get(end..)?)
            }
        };
        fields.insert(name.trim().to_ascii_lowercase(), value);
        rest = behind.trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix(',')?.trim_start();
        }
    }
    Some(fields)
}

/// Up to the closing quote, with what follows it.
fn parse_quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Some((value, text.get(place.saturating_add(1)..)?)),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn answer(authenticator: &DigestAuthenticator, nonce: &str, password: &str, uri: &str) -> String {
        let account = md5(&["user", authenticator.realm, password]);
        let request = md5(&["POST", uri]);
        let response = md5(&[&account, nonce, "00000001", "abc", "auth", &request]);
        format!(
            "username=\"user\", realm=\"{}\", nonce=\"{nonce}\", uri=\"{uri}\", algorithm=MD5, response=\"{response}\", \
             qop=auth, nc=00000001, cnonce=\"abc\"",
            authenticator.realm
        )
    }

    fn verdict(header: &str, authenticator: &DigestAuthenticator) -> DigestVerdict {
        authenticator.check(header, &Method::POST, &Uri::from_static("/json_rpc"), PEER)
    }

    #[test]
    fn the_example_of_the_standard_gives_the_known_response() {
        let account = md5(&["Mufasa", "testrealm@host.com", "Circle Of Life"]);
        let request = md5(&["GET", "/dir/index.html"]);
        let nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
        let response = md5(&[&account, nonce, "00000001", "0a4f113b", "auth", &request]);
        assert_eq!(response, "6629fae49393a05397450978507c4ef1");
    }

    #[test]
    fn a_right_answer_is_good_and_others_are_wrong() {
        let authenticator = DigestAuthenticator::new("user", "pass", "oxend rpc");
        let nonce = authenticator.nonce(0, PEER);
        assert_eq!(
            verdict(&answer(&authenticator, &nonce, "pass", "/json_rpc"), &authenticator),
            DigestVerdict::Good
        );
        let absolute = answer(&authenticator, &nonce, "pass", "http://example.org:1/json_rpc");
        assert_eq!(verdict(&absolute, &authenticator), DigestVerdict::Good);
        let wrong = answer(&authenticator, &nonce, "word", "/json_rpc");
        assert_eq!(verdict(&wrong, &authenticator), DigestVerdict::Wrong);
        let elsewhere = answer(&authenticator, &nonce, "pass", "/get_info");
        assert_eq!(verdict(&elsewhere, &authenticator), DigestVerdict::Wrong);
        let other_user = answer(&authenticator, &nonce, "pass", "/json_rpc").replace("\"user\"", "\"root\"");
        assert_eq!(verdict(&other_user, &authenticator), DigestVerdict::Wrong);
        for garbage in ["", "x", "a=\"", "a=\"\\", "=,=", "username=user username"] {
            assert_eq!(verdict(garbage, &authenticator), DigestVerdict::Wrong, "{garbage}");
        }
    }

    #[test]
    fn a_nonce_of_another_time_place_or_server_is_stale() {
        let mut authenticator = DigestAuthenticator::new("user", "pass", "oxend rpc");
        let elsewhere = authenticator.nonce(0, "192.0.2.9".parse().unwrap());
        let other = DigestAuthenticator::new("user", "pass", "oxend rpc").nonce(0, PEER);
        for nonce in [elsewhere.as_str(), &other, "x", ""] {
            let header = answer(&authenticator, nonce, "pass", "/json_rpc");
            assert_eq!(verdict(&header, &authenticator), DigestVerdict::Stale, "{nonce}");
        }
        let header = answer(&authenticator, &authenticator.nonce(0, PEER), "pass", "/json_rpc");
        let age = std::time::Duration::from_secs(NONCE_SECONDS + 1);
        if let Some(earlier) = authenticator.started.checked_sub(age) {
            authenticator.started = earlier;
            assert_eq!(verdict(&header, &authenticator), DigestVerdict::Stale);
        }
        assert!(authenticator.challenge(PEER, true).ends_with("stale=true"));
    }
}
