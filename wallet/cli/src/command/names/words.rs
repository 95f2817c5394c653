//! What the words of the commands about names have in common: kinds, names, owners, values.

use super::NamesError;
use crate::command::{Arguments, CommandError};
use oxen_crypto::AddressPrefixes;
use oxen_names::{EncryptedValue, Name, NameKind, NameValue, name::LOKINET_SUFFIX, owner::parse_owner};
use oxen_types::{
    Signature,
    extra::{NameOwner, NameType},
};
use oxen_wallet_core::build::Priority;

/// Words for types that can be bought.
const TYPES: [(&str, NameType); 7] = [
    ("session", NameType::Session),
    ("wallet", NameType::Wallet),
    ("lokinet", NameType::LokinetOneYear),
    ("lokinet_1y", NameType::LokinetOneYear),
    ("lokinet_2y", NameType::LokinetTwoYears),
    ("lokinet_5y", NameType::LokinetFiveYears),
    ("lokinet_10y", NameType::LokinetTenYears),
];

/// The type with this word, in any case.
fn type_of(word: &str) -> Option<NameType> {
    let found = TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    found.map(|(_, name_type)| *name_type)
}

/// `type=` of a purchase.
pub(super) fn purchase_type(words: &mut Arguments) -> Result<Option<NameType>, NamesError> {
    let text = words.take_named("type");
    text.map(|text| type_of(&text).ok_or(NamesError::NoSuchType { text }))
        .transpose()
}

/// `type=` of a renewal; a year unless it is given.
pub(super) fn renewal_type(words: &mut Arguments) -> Result<NameType, NamesError> {
    let Some(text) = words.take_named("type") else {
        return Ok(NameType::LokinetOneYear);
    };
    type_of(&text)
        .filter(|name_type| name_type.is_lokinet())
        .ok_or(NamesError::NotRenewable { text })
}

/// `type=` of everything else: the kind alone.
pub(super) fn kind(words: &mut Arguments) -> Result<Option<NameKind>, NamesError> {
    let text = words.take_named("type");
    Ok(text.map(|text| text.parse()).transpose()?)
}

/// The kind that a name must be of when nobody says: no other has the suffix.
pub(super) fn likely_kind(name: &str) -> NameKind {
    if name.to_ascii_lowercase().ends_with(LOKINET_SUFFIX) {
        NameKind::Lokinet
    } else {
        NameKind::Session
    }
}

/// A name of a kind.
pub(super) fn name(kind: NameKind, text: &str) -> Result<Name, NamesError> {
    Name::parse(kind, text).map_err(|reason| NamesError::Name {
        name: text.to_owned(),
        reason,
    })
}

/// A value for names of a kind.
pub(super) fn value(kind: NameKind, text: &str, prefixes: &AddressPrefixes) -> Result<NameValue, NamesError> {
    NameValue::parse(kind, text, prefixes).map_err(|reason| NamesError::Value {
        value: text.to_owned(),
        reason,
    })
}

/// `owner=` or `backup_owner=`.
pub(super) fn owner(
    words: &mut Arguments,
    option: &'static str,
    prefixes: &AddressPrefixes,
) -> Result<Option<NameOwner>, NamesError> {
    let text = words.take_named(option);
    text.map(|text| parse_owner(&text, prefixes).map_err(|reason| NamesError::Owner { option, text, reason }))
        .transpose()
}

/// A priority in front of so many other words: a name may be called like one.
pub(super) fn priority(words: &mut Arguments, others: usize) -> Result<Priority, CommandError> {
    if words.len() > others {
        words.priority()
    } else {
        Ok(Priority::Default)
    }
}

/// What stands behind `encrypted_value=`.
pub(super) fn encrypted_value(text: &str, kind: NameKind) -> Result<EncryptedValue, NamesError> {
    let bytes = hex::decode(text).ok().map(EncryptedValue::from_bytes);
    bytes
        .filter(|value| value.has_length_of(kind))
        .ok_or(NamesError::EncryptedValue { kind })
}

/// `signature=`.
pub(super) fn signature(words: &mut Arguments) -> Result<Option<Signature>, NamesError> {
    let text = words.take_named("signature");
    text.map(|text| text.parse().map_err(|_| NamesError::Signature))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::CommandInfo;

    fn words(line: &str) -> Arguments {
        let info = CommandInfo::find("ons_buy_mapping").unwrap();
        Arguments::new(info, line.split(' ').map(ToOwned::to_owned))
    }

    #[test]
    fn types_are_read_in_any_case_and_wrong_ones_say_which_there_are() {
        assert_eq!(
            purchase_type(&mut words("type=LOKINET_5y")).unwrap(),
            Some(NameType::LokinetFiveYears)
        );
        assert_eq!(purchase_type(&mut words("a b")).unwrap(), None);
        let error = purchase_type(&mut words("type=onion")).unwrap_err().to_string();
        assert!(error.contains("lokinet_10y"), "{error}");
        assert_eq!(renewal_type(&mut words("a.loki")).unwrap(), NameType::LokinetOneYear);
        let error = renewal_type(&mut words("type=session")).unwrap_err().to_string();
        assert!(error.contains("only lokinet names expire"), "{error}");
        assert_eq!(kind(&mut words("type=Wallet")).unwrap(), Some(NameKind::Wallet));
        assert!(kind(&mut words("type=lokinet_2y")).is_err());
    }

    #[test]
    fn a_name_may_be_called_like_a_priority() {
        let mut two = words("priority 05ab");
        assert_eq!(priority(&mut two, 2).unwrap(), Priority::Default);
        assert_eq!(two.len(), 2);
        let mut three = words("priority priority 05ab");
        assert_eq!(priority(&mut three, 2).unwrap(), Priority::Priority);
        assert_eq!(three.len(), 2);
    }

    #[test]
    fn an_encrypted_value_has_the_length_of_its_kind() {
        let given = |length: usize, kind| encrypted_value(&"ab".repeat(length), kind);
        assert!(given(73, NameKind::Session).is_ok());
        assert!(given(72, NameKind::Session).is_err());
        assert!(given(72, NameKind::Lokinet).is_ok());
        assert!(encrypted_value("xy", NameKind::Lokinet).is_err());
    }
}
