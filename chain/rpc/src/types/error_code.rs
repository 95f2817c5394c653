//! Error codes of JSON-RPC answers (rpc §1.3).

use serde::{Deserialize, Serialize};

/// The object under `error` in a JSON-RPC answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorObject {
    /// One of [`ErrorCode`], unless the daemon is another one.
    pub code: i32,
    /// What went wrong, for people.
    pub message: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Value>,
}

/// Every code that this server answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorCode {
    /// The body is not JSON.
    Parse,
    /// The body is JSON and no request.
    InvalidRequest,
    /// No such method, or not on this listener.
    MethodNotFound,
    /// The parameters have wrong types.
    InvalidParameters,
    /// The server failed.
    InternalError,
    /// Too much is asked at once; try again later.
    ServerBusy,
    /// The method exists on the admin listener only.
    NotPublic,
    /// A parameter has a value that makes no sense.
    WrongParameter,
    /// A height above the newest block.
    HeightTooBig,
    /// More reserved bytes than a coinbase can hold.
    ReserveSizeTooBig,
    /// Not an address of this network.
    WrongAddress,
    /// The database failed, or something is not there.
    Internal,
    /// Not a block.
    WrongBlock,
    /// The block breaks a rule.
    BlockNotAccepted,
    /// The node is behind the network.
    CoreBusy,
    /// A block of impossible size.
    WrongBlockSize,
    /// This version does not do that.
    Unsupported,
    /// A subaddress where none may stand.
    Subaddress,
    /// Only on regtest.
    RegtestRequired,
    /// Service nodes did not sign, or could not be asked.
    BlsSignature,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 20] = [
        Self::Parse,
        Self::InvalidRequest,
        Self::MethodNotFound,
        Self::InvalidParameters,
        Self::InternalError,
        Self::ServerBusy,
        Self::NotPublic,
        Self::WrongParameter,
        Self::HeightTooBig,
        Self::ReserveSizeTooBig,
        Self::WrongAddress,
        Self::Internal,
        Self::WrongBlock,
        Self::BlockNotAccepted,
        Self::CoreBusy,
        Self::WrongBlockSize,
        Self::Unsupported,
        Self::Subaddress,
        Self::RegtestRequired,
        Self::BlsSignature,
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::Parse => -32_700,
            Self::InvalidRequest => -32_600,
            Self::MethodNotFound => -32_601,
            Self::InvalidParameters => -32_602,
            Self::InternalError => -32_603,
            Self::ServerBusy => -32_003,
            Self::NotPublic => 403,
            Self::WrongParameter => -1,
            Self::HeightTooBig => -2,
            Self::ReserveSizeTooBig => -3,
            Self::WrongAddress => -4,
            Self::Internal => -5,
            Self::WrongBlock => -6,
            Self::BlockNotAccepted => -7,
            Self::CoreBusy => -9,
            Self::WrongBlockSize => -10,
            Self::Unsupported => -11,
            Self::Subaddress => -12,
            Self::RegtestRequired => -13,
            Self::BlsSignature => -14,
        }
    }

    /// The code with this number.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.number() == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_its_own_number() {
        let numbers: BTreeSet<i32> = ErrorCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_number(code.number()), Some(code));
        }
    }
}
