//! Who may ask: HTTP Basic, Digest and Bearer, whichever the client speaks (rpc §1.1, §9 row 16).
//!
//! Everything secret is compared in constant time.

mod digest;

use crate::config::Login;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use digest::{DigestAuthenticator, DigestVerdict};
use oxen_types::keccak256;
use std::net::IpAddr;
use subtle::ConstantTimeEq;

/// What clients show their users.
const REALM: &str = "oxend rpc";

/// Knows the login.
pub(crate) struct Authenticator {
    login: Login,
    digest: DigestAuthenticator,
}

/// What to answer a client that is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// Values of `WWW-Authenticate`, the Digest one first: some clients read only that.
    pub(crate) headers: Vec<HeaderValue>,
}

impl Authenticator {
    pub(crate) fn new(login: Login) -> Self {
        let digest = DigestAuthenticator::new(&login.user, &login.password, REALM);
        Self { login, digest }
    }

    /// Lets a request in.
    ///
    /// # Errors
    /// It carries no or wrong credentials.
    pub(crate) fn check(&self, headers: &HeaderMap, method: &Method, uri: &Uri, peer: IpAddr) -> Result<(), Challenge> {
        /// Longer credentials are nobody's.
        const LONGEST: usize = 8_192;
        let credentials = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .filter(|text| text.len() <= LONGEST);
        let mut stale = false;
        let good = match credentials.and_then(|text| text.split_once(' ')) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("basic") => self.is_basic_good(rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => self.is_token_good(rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("digest") => {
                let verdict = self.digest.check(rest, method, uri, peer);
                stale = verdict == DigestVerdict::Stale;
                verdict == DigestVerdict::Good
            }
            _ => false,
        };
        if good { Ok(()) } else { Err(self.challenge(peer, stale)) }
    }

    fn is_basic_good(&self, encoded: &str) -> bool {
        let Some((user, password)) = STANDARD
            .decode(encoded.trim())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|pair| {
                pair.split_once(':')
                    .map(|(user, password)| (user.to_owned(), password.to_owned()))
            })
        else {
            return false;
        };
        // Both are always compared, so that the time does not tell which one is wrong.
        let user = is_same(user.as_bytes(), self.login.user.as_bytes());
        let password = is_same(password.as_bytes(), self.login.password.as_bytes());
        user & password
    }

    fn is_token_good(&self, token: &str) -> bool {
        self.login
            .token
            .as_ref()
            .is_some_and(|expected| is_same(token.trim().as_bytes(), expected.as_bytes()))
    }

    fn challenge(&self, peer: IpAddr, stale: bool) -> Challenge {
        let mut texts = vec![self.digest.challenge(peer, stale), format!("Basic realm=\"{REALM}\"")];
        if self.login.token.is_some() {
            texts.push(format!("Bearer realm=\"{REALM}\""));
        }
        Challenge {
            headers: texts
                .iter()
                .filter_map(|text| HeaderValue::from_str(text).ok())
                .collect(),
        }
    }
}

/// Compares in time that depends on nothing but the lengths; hashed first, so that those of the secret do not show either.
fn is_same(given: &[u8], expected: &[u8]) -> bool {
    let (given, expected) = (keccak256(given), keccak256(expected));
    given.as_bytes().ct_eq(expected.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    fn authenticator() -> Authenticator {
        Authenticator::new(Login {
            user: "user".to_owned(),
            password: Zeroizing::new("pa:ss".to_owned()),
            token: Some(Zeroizing::new("letmein".to_owned())),
        })
    }

    fn check(authorization: Option<&str>) -> Result<(), Challenge> {
        let mut headers = HeaderMap::new();
        if let Some(text) = authorization {
            headers.insert(header::AUTHORIZATION, text.parse().unwrap());
        }
        let uri = Uri::from_static("/json_rpc");
        authenticator().check(&headers, &Method::POST, &uri, "192.0.2.1".parse().unwrap())
    }

    #[test]
    fn basic_and_bearer_open_the_door() {
        assert_eq!(check(Some(&format!("Basic {}", STANDARD.encode("user:pa:ss")))), Ok(()));
        assert_eq!(check(Some(&format!("basic {}", STANDARD.encode("user:pa:ss")))), Ok(()));
        assert_eq!(check(Some("Bearer letmein")), Ok(()));
    }

    #[test]
    fn anything_else_is_challenged_with_digest_first() {
        let wrong = format!("Basic {}", STANDARD.encode("user:wrong"));
        let other = format!("Basic {}", STANDARD.encode("other:pa:ss"));
        for credentials in [
            None,
            Some(wrong.as_str()),
            Some(&other),
            Some("Basic ???"),
            Some("Bearer x"),
            Some("Basic"),
        ] {
            let challenge = check(credentials).unwrap_err();
            let texts: Vec<&str> = challenge.headers.iter().map(|value| value.to_str().unwrap()).collect();
            assert!(
                texts[0].starts_with("Digest ") && texts[0].contains("qop=\"auth\""),
                "{texts:?}"
            );
            assert_eq!(texts[1], "Basic realm=\"oxend rpc\"");
            assert_eq!(texts[2], "Bearer realm=\"oxend rpc\"");
        }
    }
}
