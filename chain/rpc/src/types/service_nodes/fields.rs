//! Which fields of a service node a client asks for.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
    ser::SerializeSeq,
};
use std::{collections::BTreeSet, fmt};

/// Names of fields as clients send them: a list of names, an object of names and `true`, or the text `all`. Beside `all`, in a
/// list, names with a minus before them are left out, and in an object those that are `false` (rpc §3.7).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum FieldSelection {
    /// Every field.
    #[default]
    All,
    /// Every field but these.
    AllBut(BTreeSet<String>),
    /// These only.
    Only(BTreeSet<String>),
}

/// Selects everything.
const ALL: &str = "all";

impl FieldSelection {
    /// Only these fields.
    pub fn only(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Only(names.into_iter().map(Into::into).collect())
    }

    /// Is this field wanted?
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::AllBut(names) => !names.contains(name),
            Self::Only(names) => names.contains(name),
        }
    }

    /// Bytes of all names.
    #[cfg(feature = "server")]
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::All => 0,
            Self::AllBut(names) | Self::Only(names) => names.iter().map(String::len).sum(),
        }
    }

    /// From the names that are wanted and those that are not.
    fn of(mut wanted: BTreeSet<String>, mut unwanted: BTreeSet<String>) -> Self {
        if wanted.remove(ALL) || wanted.is_empty() {
            unwanted.remove(ALL);
            if unwanted.is_empty() {
                Self::All
            } else {
                Self::AllBut(unwanted)
            }
        } else {
            Self::Only(&wanted - &unwanted)
        }
    }
}

impl Serialize for FieldSelection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        match self {
            Self::All => list.serialize_element(ALL)?,
            Self::AllBut(names) => {
                list.serialize_element(ALL)?;
                for name in names {
                    list.serialize_element(&format!("-{name}"))?;
                }
            }
            Self::Only(names) => {
                for name in names {
                    list.serialize_element(name)?;
                }
            }
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for FieldSelection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SelectionVisitor)
    }
}

struct SelectionVisitor;

impl<'de> Visitor<'de> for SelectionVisitor {
    type Value = FieldSelection;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of field names, an object of field names and true, or \"all\"")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(FieldSelection::All)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(FieldSelection::of(BTreeSet::from([text.to_owned()]), BTreeSet::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let (mut wanted, mut unwanted) = (BTreeSet::new(), BTreeSet::new());
        while let Some(name) = sequence.next_element::<String>()? {
            match name.strip_prefix('-') {
                Some(name) => unwanted.insert(name.to_owned()),
                None => wanted.insert(name),
            };
        }
        Ok(FieldSelection::of(wanted, unwanted))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut wanted, mut unwanted) = (BTreeSet::new(), BTreeSet::new());
        let mut is_empty = true;
        while let Some((name, value)) = map.next_entry::<String, bool>()? {
            is_empty = false;
            if value {
                wanted.insert(name)
            } else {
                unwanted.insert(name)
            };
        }
        // An object that only denies asks for nothing of what it names, and for nothing else either.
        if wanted.is_empty() && !is_empty {
            return Ok(FieldSelection::Only(BTreeSet::new()));
        }
        Ok(FieldSelection::of(wanted, unwanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> FieldSelection {
        serde_json::from_str(text).unwrap()
    }

    fn all_but(name: &str) -> FieldSelection {
        FieldSelection::AllBut(BTreeSet::from([name.to_owned()]))
    }

    #[test]
    fn the_three_forms_name_fields() {
        let named = FieldSelection::only(["active", "funded"]);
        assert_eq!(parsed(r#"["active","funded"]"#), named);
        assert_eq!(parsed(r#"{"active":true,"funded":true,"payable":false}"#), named);
        assert_eq!(parsed(r#""active""#), FieldSelection::only(["active"]));
        assert!(named.wants("active") && !named.wants("payable"));
    }

    #[test]
    fn all_and_nothing_select_every_field() {
        for text in [
            r#""all""#,
            r#"["all"]"#,
            r#"{"all":true}"#,
            "[]",
            "{}",
            "null",
            r#"["all","active"]"#,
        ] {
            assert_eq!(parsed(text), FieldSelection::All, "{text}");
        }
    }

    #[test]
    fn fields_are_left_out_of_all() {
        for text in [
            r#"["all","-contributors"]"#,
            r#"{"all":true,"contributors":false}"#,
            r#"["-contributors"]"#,
        ] {
            assert_eq!(parsed(text), all_but("contributors"), "{text}");
        }
        assert!(all_but("contributors").wants("active") && !all_but("contributors").wants("contributors"));
    }

    #[test]
    fn an_object_that_only_denies_selects_nothing() {
        let nothing = parsed(r#"{"active":false}"#);
        assert!(!nothing.wants("active") && !nothing.wants("funded"));
    }

    #[test]
    fn a_selection_is_read_as_it_was_written() {
        for selection in [
            FieldSelection::All,
            all_but("active"),
            FieldSelection::only(["active", "swarm"]),
        ] {
            assert_eq!(parsed(&serde_json::to_string(&selection).unwrap()), selection);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["5", "[5]", r#"{"active":"yes"}"#, "true"] {
            assert!(serde_json::from_str::<FieldSelection>(text).is_err(), "{text}");
        }
    }
}
