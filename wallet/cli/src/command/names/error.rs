//! What can be wrong with names, in words that say what would be taken.

use oxen_names::{
    NameError, NameFormatError, NameKind, NameValueError, encryption::DecryptionError, kind::UnknownKind,
    owner::OwnerError,
};
use oxen_types::network::HardForkVersion;
use thiserror::Error;

/// Why nothing can be done with a name.
#[derive(Debug, Error)]
pub enum NamesError {
    /// Not a name of its kind.
    #[error("\"{name}\": {reason}")]
    Name {
        /// What was typed.
        name: String,
        /// Why.
        #[source]
        reason: NameFormatError,
    },
    /// Not a value of its kind.
    #[error("\"{value}\": {reason}")]
    Value {
        /// What was typed.
        value: String,
        /// Why.
        #[source]
        reason: NameValueError,
    },
    /// Not an owner.
    #[error("{option}={text}: {reason}")]
    Owner {
        /// `owner` or `backup_owner`.
        option: &'static str,
        /// What was typed.
        text: String,
        /// Why.
        #[source]
        reason: OwnerError,
    },
    /// No kind of name.
    #[error(transparent)]
    Kind(#[from] UnknownKind),
    /// No type that can be bought.
    #[error("type={text} cannot be bought; take session, wallet, lokinet, lokinet_2y, lokinet_5y or lokinet_10y")]
    NoSuchType {
        /// What was typed.
        text: String,
    },
    /// No type that can be renewed.
    #[error(
        "type={text} cannot be renewed: only lokinet names expire; take lokinet, lokinet_2y, lokinet_5y or lokinet_10y"
    )]
    NotRenewable {
        /// What was typed.
        text: String,
    },
    /// An encrypted value of a wrong form.
    #[error(
        "encrypted_value= is what ons_encrypt or ons_make_update_mapping_signature printed: hexadecimal, of the length of a \
         {kind} name's value"
    )]
    EncryptedValue {
        /// The kind.
        kind: NameKind,
    },
    /// Both forms of a value.
    #[error("give value= or encrypted_value=, not both")]
    TwoValues,
    /// A signature of a wrong form.
    #[error("signature= is the 128 hexadecimal characters that ons_make_update_mapping_signature printed")]
    Signature,
    /// A signature for a value that would be encrypted anew.
    #[error(
        "a signature is over the encrypted value, which is another one each time it is encrypted: give the encrypted_value= \
         that ons_make_update_mapping_signature printed with the signature, in place of value="
    )]
    SignatureNeedsEncryptedValue,
    /// An update that changes nothing.
    #[error("nothing is to be changed: give value=, owner= or backup_owner=")]
    NoChange,
    /// Names are not sold any more.
    #[error("names are not sold any more since hard fork {}: those that are registered can still be updated", .0.number())]
    SalesEnded(HardForkVersion),
    /// A name that nobody has.
    #[error("nobody has the {kind} name {name}{}", advice(*.kind))]
    NotRegistered {
        /// The kind.
        kind: NameKind,
        /// The name.
        name: String,
    },
    /// A name of somebody else.
    #[error(
        "the {kind} name {name} belongs to {owner}, which is no address of this wallet: its owner signs the change with \
         ons_make_update_mapping_signature, and you give the signature with signature="
    )]
    NotOurs {
        /// The kind.
        kind: NameKind,
        /// The name.
        name: String,
        /// The owner.
        owner: String,
    },
    /// A daemon that need not know whose addresses belong together.
    #[error(
        "that would tell a daemon that is not yours every address of this wallet: name the owners to look for, or say that \
         the daemon is yours with set_daemon <address> trusted"
    )]
    TellsAddresses,
    /// The chain would refuse it.
    #[error("{0}")]
    Refused(#[from] NameError),
    /// The value cannot be read.
    #[error(transparent)]
    Decryption(#[from] DecryptionError),
}

const fn advice(kind: NameKind) -> &'static str {
    match kind {
        NameKind::Lokinet => ", or it expired: ons_buy_mapping buys it",
        NameKind::Session | NameKind::Wallet => {
            ": ons_buy_mapping buys it (type= says whether a session or a wallet name is meant)"
        }
    }
}

impl NamesError {
    /// The word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "invalid_name",
            Self::Value { .. } | Self::EncryptedValue { .. } => "invalid_name_value",
            Self::Owner { .. } => "invalid_name_owner",
            Self::Kind(_) | Self::NoSuchType { .. } | Self::NotRenewable { .. } => "invalid_name_type",
            Self::TwoValues | Self::NoChange => "usage",
            Self::Signature | Self::SignatureNeedsEncryptedValue => "invalid_signature",
            Self::SalesEnded(_) => "sales_ended",
            Self::NotRegistered { .. } => "name_not_registered",
            Self::NotOurs { .. } => "name_not_ours",
            Self::TellsAddresses => "daemon_not_trusted",
            Self::Refused(_) => "name_refused",
            Self::Decryption(_) => "name_unreadable",
        }
    }
}
