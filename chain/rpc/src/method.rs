//! What a method is: its names, who may call it, and the function behind it.

use crate::{config::Access, error::MethodError, node::Call, types::ErrorCode};
use bytes::Bytes;
use serde::{Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Map, Value, value::RawValue};
use std::sync::Arc;

/// Which daemon a name comes from, which decides how a public listener denies it (rpc §5.6.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From Monero's: clients probe for it and expect "method not found".
    Monero,
    /// From Oxen's: 403.
    Oxen,
}

/// How a method takes its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Positional {
    /// By name; an empty list counts as no parameters.
    No,
    /// By name or in a list.
    Yes,
}

/// The result of a method as JSON text.
#[derive(Clone)]
pub(crate) enum JsonText {
    /// Made for one request.
    Own(Box<RawValue>),
    /// Kept for many: large, and never copied for a plain path.
    Kept(Arc<Box<RawValue>>),
}

impl JsonText {
    /// The text for the socket.
    pub(crate) fn into_bytes(self) -> Bytes {
        match self {
            Self::Own(text) => Bytes::from(Box::<str>::from(text).into_string()),
            Self::Kept(text) => Bytes::from_owner(KeptText(text)),
        }
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Own(text) => text.serialize(serializer),
            Self::Kept(text) => text.serialize(serializer),
        }
    }
}

/// Bytes of a kept text.
struct KeptText(Arc<Box<RawValue>>);

impl AsRef<[u8]> for KeptText {
    fn as_ref(&self) -> &[u8] {
        self.0.get().as_bytes()
    }
}

/// The work: takes parameters as JSON text, gives the result as JSON text.
type Handler = Arc<dyn Fn(&Call<'_>, &str) -> Result<JsonText, MethodError> + Send + Sync>;

/// A method of the daemon.
#[derive(Clone)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// Who may call it.
    pub access: Access,
    /// Where its name comes from.
    pub origin: Origin,
    /// Is it served at `/<name>` too?
    pub has_path: bool,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// Names of its parameters.
    pub parameters: &'static [&'static str],
    /// Codes it can fail with, beside those that any request can.
    pub errors: &'static [ErrorCode],
    /// Parameters that give a result on any chain, as JSON.
    pub example: &'static str,
    positional: Positional,
    handler: Handler,
}

impl Method {
    /// A method of the public listener, called by JSON-RPC, without parameters.
    pub(crate) fn new<P, R>(
        name: &'static str,
        summary: &'static str,
        work: impl Fn(&Call<'_>, P) -> Result<R, MethodError> + Send + Sync + 'static,
    ) -> Self
    where
        P: DeserializeOwned,
        R: Serialize,
    {
        Self::of_text(name, summary, move |call, parameters| {
            let result = work(call, parameters)?;
            let text = serde_json::value::to_raw_value(&result).map_err(MethodError::Unwritable)?;
            Ok(JsonText::Own(text))
        })
    }

    /// As [`Self::new`], of work that writes JSON itself.
    pub(crate) fn of_text<P: DeserializeOwned>(
        name: &'static str,
        summary: &'static str,
        work: impl Fn(&Call<'_>, P) -> Result<JsonText, MethodError> + Send + Sync + 'static,
    ) -> Self {
        let handler = move |call: &Call<'_>, parameters: &str| {
            work(
                call,
                serde_json::from_str(parameters).map_err(MethodError::InvalidParameters)?,
            )
        };
        Self {
            name,
            aliases: &[],
            access: Access::Public,
            origin: Origin::Monero,
            has_path: false,
            summary,
            parameters: &[],
            errors: &[],
            example: "{}",
            positional: Positional::No,
            handler: Arc::new(handler),
        }
    }

    pub(crate) const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Only for the operator.
    pub(crate) const fn admin(mut self) -> Self {
        self.access = Access::Admin;
        self
    }

    /// Not known to Monero.
    pub(crate) const fn oxen(mut self) -> Self {
        self.origin = Origin::Oxen;
        self
    }

    /// Served at `/<name>` too.
    pub(crate) const fn path(mut self) -> Self {
        self.has_path = true;
        self
    }

    /// Takes its parameters in a list, too.
    pub(crate) const fn positional(mut self) -> Self {
        self.positional = Positional::Yes;
        self
    }

    pub(crate) const fn parameters(mut self, names: &'static [&'static str]) -> Self {
        self.parameters = names;
        self
    }

    pub(crate) const fn errors(mut self, codes: &'static [ErrorCode]) -> Self {
        self.errors = codes;
        self
    }

    pub(crate) const fn example(mut self, parameters: &'static str) -> Self {
        self.example = parameters;
        self
    }

    /// Every name.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// Does the work. Blocks: reads the database and computes.
    ///
    /// # Errors
    /// Whatever the method fails with, or parameters it does not take.
    pub(crate) fn run(&self, call: &Call<'_>, parameters: Option<&str>) -> Result<JsonText, MethodError> {
        let parameters = self.canonical(parameters.unwrap_or_default().trim());
        self.check_strict(parameters)?;
        (self.handler)(call, parameters)
    }

    /// Missing, null and empty parameters are all the same.
    fn canonical<'a>(&self, parameters: &'a str) -> &'a str {
        let empty_list = self.positional == Positional::No
            && parameters
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
                .is_some_and(|inside| inside.trim().is_empty());
        if parameters.is_empty() || parameters == "null" || empty_list {
            "{}"
        } else {
            parameters
        }
    }

    /// Unknown parameters are ignored unless the client says `strict: true` (rpc §5.6.4).
    fn check_strict(&self, parameters: &str) -> Result<(), MethodError> {
        if !parameters.contains("\"strict\"") {
            return Ok(());
        }
        let Ok(given) = serde_json::from_str::<Map<String, Value>>(parameters) else {
            return Ok(());
        };
        if given.get("strict") != Some(&Value::Bool(true)) {
            return Ok(());
        }
        let unknown = given
            .keys()
            .find(|name| *name != "strict" && !self.parameters.contains(&name.as_str()));
        match unknown {
            Some(name) => Err(MethodError::UnknownParameter {
                name: MethodError::excerpt(name),
            }),
            None => Ok(()),
        }
    }
}
