//! An operation of the Oxen name system: 0x7A (chain §6.1, §6.2).

use crate::{
    bytes::{Hash, PublicKey, Signature},
    codec::{ConsensusDecode, ConsensusEncode, DecodeError, Reader, write_byte_string, write_varint},
};

/// Bits of the byte that says which optional parts follow.
mod part {
    pub(super) const OWNER: u8 = 1;
    pub(super) const BACKUP_OWNER: u8 = 2;
    pub(super) const SIGNATURE: u8 = 4;
    pub(super) const ENCRYPTED_VALUE: u8 = 8;
    pub(super) const ALL: u8 = 15;
}

/// What a name points to, and for how long it is asked for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, parity_scale_codec::Encode, parity_scale_codec::Decode,
)]
pub enum NameType {
    /// 0: a Session account, for good.
    Session,
    /// 1: a wallet address, for good.
    Wallet,
    /// 2: an onion service for a year.
    LokinetOneYear,
    /// 3: an onion service for two years.
    LokinetTwoYears,
    /// 4: an onion service for five years.
    LokinetFiveYears,
    /// 5: an onion service for ten years.
    LokinetTenYears,
}

impl NameType {
    /// Every type in the order of its number.
    pub const ALL: [Self; 6] = [
        Self::Session,
        Self::Wallet,
        Self::LokinetOneYear,
        Self::LokinetTwoYears,
        Self::LokinetFiveYears,
        Self::LokinetTenYears,
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The type with this number.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// True for the four kinds of onion service.
    #[must_use]
    pub const fn is_lokinet(self) -> bool {
        !matches!(self, Self::Session | Self::Wallet)
    }

    /// The type under which records are kept: the four kinds of onion service share one.
    #[must_use]
    pub const fn record_type(self) -> Self {
        if self.is_lokinet() { Self::LokinetOneYear } else { self }
    }
}

/// Who may change a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, parity_scale_codec::Encode, parity_scale_codec::Decode)]
pub enum NameOwner {
    /// 0: an address.
    Wallet {
        /// Public spend key.
        spend_key: PublicKey,
        /// Public view key.
        view_key: PublicKey,
        /// 0 for a standard address and 1 for a subaddress; readers take any byte.
        subaddress_flag: u8,
    },
    /// 1: an ed25519 key.
    Ed25519(PublicKey),
}

impl NameOwner {
    /// The kind of signature that this owner makes.
    #[must_use]
    pub const fn signature_kind(&self) -> NameSignatureKind {
        match self {
            Self::Wallet { .. } => NameSignatureKind::Wallet,
            Self::Ed25519(_) => NameSignatureKind::Ed25519,
        }
    }

    /// True when the keys are all zero, which owns nothing.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Wallet {
                spend_key, view_key, ..
            } => spend_key.is_zero() && view_key.is_zero(),
            Self::Ed25519(key) => key.is_zero(),
        }
    }

    /// The form that an update signs: type byte and keys, without the subaddress flag (chain §6.5). No form of one owner is
    /// the beginning of another's.
    #[must_use]
    pub fn signed_form(&self) -> Vec<u8> {
        let mut form = Vec::new();
        self.append_signed_form(&mut form);
        form
    }

    fn append_signed_form(&self, out: &mut Vec<u8>) {
        out.push(self.signature_kind().number());
        match self {
            Self::Wallet {
                spend_key, view_key, ..
            } => {
                spend_key.encode_to(out);
                view_key.encode_to(out);
            }
            Self::Ed25519(key) => key.encode_to(out),
        }
    }
}

impl ConsensusEncode for NameOwner {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.append_signed_form(out);
        if let Self::Wallet { subaddress_flag, .. } = self {
            out.push(*subaddress_flag);
        }
    }
}

impl ConsensusDecode for NameOwner {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match NameSignatureKind::decode_from(reader)? {
            NameSignatureKind::Wallet => Self::Wallet {
                spend_key: PublicKey::decode_from(reader)?,
                view_key: PublicKey::decode_from(reader)?,
                subaddress_flag: reader.byte("name owner subaddress flag")?,
            },
            NameSignatureKind::Ed25519 => Self::Ed25519(PublicKey::decode_from(reader)?),
        })
    }
}

/// How an owner signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameSignatureKind {
    /// 0: Schnorr by the spend key of the (sub)address (chain §1.4).
    Wallet,
    /// 1: RFC 8032.
    Ed25519,
}

impl NameSignatureKind {
    const fn number(self) -> u8 {
        match self {
            Self::Wallet => 0,
            Self::Ed25519 => 1,
        }
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.varint_u8("name owner type")? {
            0 => Ok(Self::Wallet),
            1 => Ok(Self::Ed25519),
            other => Err(DecodeError::UndefinedValue {
                what: "name owner type",
                value: u64::from(other),
            }),
        }
    }
}

/// The signature of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameSignature {
    /// How it was made; must be the owner's.
    pub kind: NameSignatureKind,
    /// Its 64 bytes.
    pub signature: Signature,
}

/// What a record asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameOperation {
    /// A name that nobody has: owner and value, perhaps a backup owner.
    Buy,
    /// New values for a name that the signer owns.
    Update,
    /// More time for an onion service.
    Renew,
}

/// The body of 0x7A.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRecord {
    /// 0 in a valid record; readers take any.
    pub version: u8,
    /// What the name points to.
    pub name_type: NameType,
    /// BLAKE2b-256 of the name.
    pub name_hash: Hash,
    /// The transaction that set the record before; zero for a purchase.
    pub previous_transaction: Hash,
    /// Who owns the name.
    pub owner: Option<NameOwner>,
    /// Who may also change it.
    pub backup_owner: Option<NameOwner>,
    /// Of the owner before an update.
    pub signature: Option<NameSignature>,
    /// What the name points to, encrypted with the name (chain §6.4).
    pub encrypted_value: Option<Vec<u8>>,
}

impl NameRecord {
    /// The byte that says which optional parts there are.
    #[must_use]
    pub const fn parts(&self) -> u8 {
        let mut parts = 0;
        if self.owner.is_some() {
            parts |= part::OWNER;
        }
        if self.backup_owner.is_some() {
            parts |= part::BACKUP_OWNER;
        }
        if self.signature.is_some() {
            parts |= part::SIGNATURE;
        }
        if self.encrypted_value.is_some() {
            parts |= part::ENCRYPTED_VALUE;
        }
        parts
    }

    /// What the record asks for; `None` when its parts fit no operation, which makes it invalid.
    #[must_use]
    pub fn operation(&self) -> Option<NameOperation> {
        const BUY: u8 = part::OWNER | part::ENCRYPTED_VALUE;
        const BUY_WITH_BACKUP: u8 = BUY | part::BACKUP_OWNER;
        match self.parts() {
            BUY | BUY_WITH_BACKUP => Some(NameOperation::Buy),
            0 if self.name_type.is_lokinet() && !self.previous_transaction.is_zero() => Some(NameOperation::Renew),
            parts if parts & part::SIGNATURE != 0 && parts != part::SIGNATURE => Some(NameOperation::Update),
            _ => None,
        }
    }

    /// The bytes whose BLAKE2b-256 an update signs: value, owner, backup owner, previous transaction; what is missing
    /// contributes nothing (chain §6.5).
    #[must_use]
    pub fn update_message(&self) -> Vec<u8> {
        let mut message = self.encrypted_value.clone().unwrap_or_default();
        for owner in [&self.owner, &self.backup_owner].into_iter().flatten() {
            owner.append_signed_form(&mut message);
        }
        self.previous_transaction.encode_to(&mut message);
        message
    }
}

impl ConsensusEncode for NameRecord {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(self.version);
        write_varint(out, u64::from(self.name_type.number()));
        self.name_hash.encode_to(out);
        self.previous_transaction.encode_to(out);
        out.push(self.parts());
        for owner in [&self.owner, &self.backup_owner].into_iter().flatten() {
            owner.encode_to(out);
        }
        if let Some(signature) = &self.signature {
            out.push(signature.kind.number());
            signature.signature.encode_to(out);
        }
        if let Some(value) = &self.encrypted_value {
            write_byte_string(out, value);
        }
    }
}

impl ConsensusDecode for NameRecord {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let version = reader.byte("name record version")?;
        let number = reader.varint_u16("name type")?;
        let name_type = NameType::from_number(number).ok_or(DecodeError::UndefinedValue {
            what: "name type",
            value: u64::from(number),
        })?;
        let name_hash = Hash::decode_from(reader)?;
        let previous_transaction = Hash::decode_from(reader)?;
        let parts = reader.varint_u8("name record parts")?;
        if parts > part::ALL {
            return Err(DecodeError::UndefinedValue {
                what: "name record parts",
                value: u64::from(parts),
            });
        }
        let has = |bit: u8| parts & bit != 0;
        let owner = has(part::OWNER).then(|| NameOwner::decode_from(reader)).transpose()?;
        let backup_owner = has(part::BACKUP_OWNER)
            .then(|| NameOwner::decode_from(reader))
            .transpose()?;
        let signature = has(part::SIGNATURE).then(|| decode_signature(reader)).transpose()?;
        let encrypted_value = has(part::ENCRYPTED_VALUE)
            .then(|| reader.byte_string("name value").map(<[u8]>::to_vec))
            .transpose()?;
        Ok(Self {
            version,
            name_type,
            name_hash,
            previous_transaction,
            owner,
            backup_owner,
            signature,
            encrypted_value,
        })
    }
}

fn decode_signature(reader: &mut Reader<'_>) -> Result<NameSignature, DecodeError> {
    Ok(NameSignature {
        kind: NameSignatureKind::decode_from(reader)?,
        signature: Signature::decode_from(reader)?,
    })
}
