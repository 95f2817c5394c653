//! What a proof says, and its bytes (staking §14.1).

use super::bencode::{BencodeDictionary, BencodeError, BencodeReader};
use oxen_types::{PublicKey, Timestamp};
use parity_scale_codec::{Decode, Encode};
use std::{fmt, net::Ipv4Addr};
use thiserror::Error;

/// A version of a program: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct SoftwareVersion(pub [u16; 3]);

impl fmt::Display for SoftwareVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// Versions of the programs of a service node; 0.0.0 where one does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct ServiceVersions {
    /// The node itself.
    pub node: SoftwareVersion,
    /// The onion router.
    pub onion_router: SoftwareVersion,
    /// The storage server.
    pub storage_server: SoftwareVersion,
}

/// TCP ports of a service node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct ServicePorts {
    /// Messages between service nodes.
    pub quorumnet: u16,
    /// Storage server by HTTPS; 0 where none runs.
    pub storage_https: u16,
    /// Storage server by messages; 0 where none runs.
    pub storage_messages: u16,
}

/// Keys of HF20 (staking §18.2). They are carried along; whether they are good is not checked here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct BlsFields {
    /// A point of G1.
    pub public_key: [u8; 64],
    /// Proof of possession, a point of G2.
    pub possession: [u8; 128],
}

/// What a proof says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UptimeProof {
    /// The sender's clock.
    pub timestamp: Timestamp,
    /// What it runs.
    pub versions: ServiceVersions,
    /// Where it is reached.
    pub public_ip: Ipv4Addr,
    /// At which ports.
    pub ports: ServicePorts,
    /// The key that the chain knows it by.
    pub primary: PublicKey,
    /// Its Ed25519 key.
    pub ed25519: PublicKey,
    /// Only at HF20.
    pub bls: Option<BlsFields>,
    /// Newest block of L2 that it sees; from HF20 on.
    pub l2_height: Option<u64>,
}

/// Why bytes are no proof (staking §14.3 check 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofFormatError {
    /// Not bencode.
    #[error("the proof is malformed: {0}")]
    Bencode(#[from] BencodeError),
    /// A field has not the size or range that it must have.
    #[error("the field \"{field}\" of the proof is out of range")]
    OutOfRange {
        /// Its key.
        field: &'static str,
    },
    /// A field is missing.
    #[error("the proof has no field \"{field}\"")]
    Missing {
        /// Its key.
        field: &'static str,
    },
    /// The address is not four numbers, or zero.
    #[error("the address in the proof is not an IPv4 address other than 0.0.0.0")]
    Address,
}

impl UptimeProof {
    /// The bytes that are hashed and signed.
    #[must_use]
    pub fn to_payload(&self) -> Vec<u8> {
        let mut fields = BencodeDictionary::new();
        if let Some(bls) = &self.bls {
            fields.put_bytes("bk", &bls.public_key);
            fields.put_bytes("bp", &bls.possession);
        }
        fields.put_bytes("ip", self.public_ip.to_string().as_bytes());
        if let Some(height) = self.l2_height {
            fields.put_integer("l2", height);
        }
        put_version(&mut fields, "lv", self.versions.onion_router);
        if self.primary != self.ed25519 {
            fields.put_bytes("pk", self.primary.as_bytes());
        }
        fields.put_bytes("pke", self.ed25519.as_bytes());
        fields.put_integer("q", self.ports.quorumnet.into());
        fields.put_integer("shp", self.ports.storage_https.into());
        fields.put_integer("sop", self.ports.storage_messages.into());
        put_version(&mut fields, "sv", self.versions.storage_server);
        fields.put_integer("t", self.timestamp.seconds());
        put_version(&mut fields, "v", self.versions.node);
        fields.finish()
    }

    /// Reads the bytes. Fields that are not known are passed over: the signature covers them all the same.
    ///
    /// # Errors
    /// The first field that is malformed or missing.
    pub fn from_payload(payload: &[u8]) -> Result<Self, ProofFormatError> {
        let mut fields = Fields::default();
        let mut reader = BencodeReader::new(payload);
        reader.dictionary(|key, value| fields.read(key, value))?;
        reader.finish()?;
        fields.into_proof()
    }
}

fn put_version(fields: &mut BencodeDictionary, key: &'static str, version: SoftwareVersion) {
    fields.put_integers(key, version.0.map(u64::from));
}

/// Fields as they are found.
#[derive(Default)]
struct Fields {
    bls_key: Option<[u8; 64]>,
    bls_possession: Option<[u8; 128]>,
    public_ip: Option<Ipv4Addr>,
    l2_height: Option<u64>,
    onion_router: Option<SoftwareVersion>,
    primary: Option<PublicKey>,
    ed25519: Option<PublicKey>,
    quorumnet: Option<u16>,
    storage_https: Option<u16>,
    storage_messages: Option<u16>,
    storage_server: Option<SoftwareVersion>,
    timestamp: Option<Timestamp>,
    node: Option<SoftwareVersion>,
}

impl Fields {
    fn read(&mut self, key: &[u8], value: &mut BencodeReader<'_>) -> Result<(), ProofFormatError> {
        match key {
            b"bk" => self.bls_key = Some(read_bytes(value, "bk")?),
            b"bp" => self.bls_possession = Some(read_bytes(value, "bp")?),
            b"ip" => self.public_ip = Some(read_address(value)?),
            b"l2" => self.l2_height = Some(value.integer()?),
            b"lv" => self.onion_router = Some(read_version(value, "lv")?),
            b"pk" => self.primary = Some(PublicKey::new(read_bytes(value, "pk")?)),
            b"pke" => self.ed25519 = Some(PublicKey::new(read_bytes(value, "pke")?)),
            b"q" => self.quorumnet = Some(read_u16(value, "q")?),
            b"shp" => self.storage_https = Some(read_u16(value, "shp")?),
            b"sop" => self.storage_messages = Some(read_u16(value, "sop")?),
            b"sv" => self.storage_server = Some(read_version(value, "sv")?),
            b"t" => self.timestamp = Some(Timestamp::from_seconds(value.integer()?)),
            b"v" => self.node = Some(read_version(value, "v")?),
            _ => value.skip()?,
        }
        Ok(())
    }

    fn into_proof(self) -> Result<UptimeProof, ProofFormatError> {
        let ed25519 = self.ed25519.ok_or(missing("pke"))?;
        let bls = match (self.bls_key, self.bls_possession) {
            (None, None) => None,
            (Some(public_key), Some(possession)) => Some(BlsFields { public_key, possession }),
            (None, Some(_)) => return Err(missing("bk")),
            (Some(_), None) => return Err(missing("bp")),
        };
        Ok(UptimeProof {
            timestamp: self.timestamp.ok_or(missing("t"))?,
            versions: ServiceVersions {
                node: self.node.ok_or(missing("v"))?,
                onion_router: self.onion_router.ok_or(missing("lv"))?,
                storage_server: self.storage_server.ok_or(missing("sv"))?,
            },
            public_ip: self.public_ip.ok_or(missing("ip"))?,
            ports: ServicePorts {
                quorumnet: self.quorumnet.ok_or(missing("q"))?,
                storage_https: self.storage_https.ok_or(missing("shp"))?,
                storage_messages: self.storage_messages.ok_or(missing("sop"))?,
            },
            primary: self.primary.unwrap_or(ed25519),
            ed25519,
            bls,
            l2_height: self.l2_height,
        })
    }
}

const fn missing(field: &'static str) -> ProofFormatError {
    ProofFormatError::Missing { field }
}

fn read_bytes<const N: usize>(value: &mut BencodeReader<'_>, field: &'static str) -> Result<[u8; N], ProofFormatError> {
    value
        .bytes()?
        .try_into()
        .map_err(|_| ProofFormatError::OutOfRange { field })
}

fn read_u16(value: &mut BencodeReader<'_>, field: &'static str) -> Result<u16, ProofFormatError> {
    u16::try_from(value.integer()?).map_err(|_| ProofFormatError::OutOfRange { field })
}

fn read_version(value: &mut BencodeReader<'_>, field: &'static str) -> Result<SoftwareVersion, ProofFormatError> {
    let [major, minor, patch] = value.integers::<3>()?;
    let part = |number| u16::try_from(number).map_err(|_| ProofFormatError::OutOfRange { field });
    Ok(SoftwareVersion([part(major)?, part(minor)?, part(patch)?]))
}

fn read_address(value: &mut BencodeReader<'_>) -> Result<Ipv4Addr, ProofFormatError> {
    std::str::from_utf8(value.bytes()?)
        .ok()
        .and_then(|text| text.parse::<Ipv4Addr>().ok())
        .filter(|address| !address.is_unspecified())
        .ok_or(ProofFormatError::Address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_types::keccak256;

    fn proof() -> UptimeProof {
        UptimeProof {
            timestamp: Timestamp::from_seconds(1_700_000_000),
            versions: ServiceVersions {
                node: SoftwareVersion([11, 0, 6]),
                onion_router: SoftwareVersion([0, 9, 11]),
                storage_server: SoftwareVersion([2, 8, 0]),
            },
            public_ip: Ipv4Addr::new(1, 2, 3, 4),
            ports: ServicePorts {
                quorumnet: 22025,
                storage_https: 22021,
                storage_messages: 22020,
            },
            primary: PublicKey::new([0x55; 32]),
            ed25519: PublicKey::new([0x55; 32]),
            bls: None,
            l2_height: None,
        }
    }

    #[test]
    fn the_payload_has_the_known_bytes_and_hash() {
        let payload = proof().to_payload();
        let expected = [
            b"d2:ip7:1.2.3.42:lvli0ei9ei11ee3:pke32:".as_slice(),
            &[0x55; 32],
            b"1:qi22025e3:shpi22021e3:sopi22020e2:svli2ei8ei0ee1:ti1700000000e1:vli11ei0ei6eee",
        ]
        .concat();
        assert_eq!((payload.len(), &payload), (150, &expected));
        assert_eq!(
            keccak256(&payload).to_string(),
            "0df91057b029caae51bf3813550fe94258afc74ab4bc3f72e00bd6444fb4407e"
        );
        assert_eq!(UptimeProof::from_payload(&payload), Ok(proof()));
    }

    #[test]
    fn a_primary_key_of_its_own_is_written_before_the_other() {
        let mixed = UptimeProof {
            primary: PublicKey::new([0x66; 32]),
            ..proof()
        };
        let payload = mixed.to_payload();
        assert_eq!(payload.len(), 189);
        assert_eq!(
            keccak256(&payload).to_string(),
            "417eab251f2169737d701c16db29decb0cdd93b35fc16919f33db30ecab4be18"
        );
        assert_eq!(UptimeProof::from_payload(&payload), Ok(mixed));
    }

    #[test]
    fn later_fields_are_kept() {
        let later = UptimeProof {
            bls: Some(BlsFields {
                public_key: [1; 64],
                possession: [2; 128],
            }),
            l2_height: Some(300_000_000),
            ..proof()
        };
        assert_eq!(UptimeProof::from_payload(&later.to_payload()), Ok(later));
    }

    /// The payload with one piece of its text replaced.
    fn with(from: &str, to: &str) -> Result<UptimeProof, ProofFormatError> {
        let plain = UptimeProof {
            ed25519: PublicKey::new([b'k'; 32]),
            primary: PublicKey::new([b'k'; 32]),
            ..proof()
        };
        let text = String::from_utf8(plain.to_payload()).unwrap();
        assert!(text.contains(from), "{text}");
        UptimeProof::from_payload(text.replacen(from, to, 1).as_bytes())
    }

    #[test]
    fn fields_that_are_not_known_are_passed_over() {
        assert!(with("1:t", "2:szd1:xli1e3:abcee1:t").is_ok());
        assert!(with("d2:ip", "d1:ai1e2:ip").is_ok());
    }

    #[test]
    fn each_fault_has_its_error() {
        let out_of_range = |field| Err(ProofFormatError::OutOfRange { field });
        assert_eq!(with("1:qi22025e", ""), Err(missing("q")));
        assert_eq!(with("1:ti1700000000e", ""), Err(missing("t")));
        assert_eq!(with("qi22025e", "qi65536e"), out_of_range("q"));
        assert_eq!(with("li11e", "li65536e"), out_of_range("v"));
        assert_eq!(with("32:k", "31:"), out_of_range("pke"));
        assert_eq!(with("32:k", "320:k"), Err(BencodeError::Truncated.into()));
        for address in ["7:0.0.0.0", "7:1.2.3.x", "7:1.2.3.4", "0:"] {
            let fault = with("7:1.2.3.4", address) == Err(ProofFormatError::Address);
            assert_eq!(fault, address != "7:1.2.3.4", "{address}");
        }
        assert_eq!(
            with("d2:ip", &format!("d2:bk64:{}2:ip", "b".repeat(64))),
            Err(missing("bp"))
        );
        assert_eq!(with("eee", "eeee"), Err(BencodeError::TrailingBytes.into()));
        assert_eq!(with("1:q", "1:z"), Err(BencodeError::KeysNotAscending.into()));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = UptimeProof::from_payload(&bytes);
        }
    }
}
