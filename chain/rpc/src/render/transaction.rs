//! A transaction as JSON.

use oxen_types::{
    Transaction,
    transaction::{
        BulletproofBytes, ClsagBytes, Input, LegacyRingCt, Output, OutputTarget, Proofs, PrunableProofs, RingCtBase,
        TransactionPrefix, TransactionType, TransactionVersion, prefix::Script, ringct::TYPE_CLSAG,
    },
};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

/// What to leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Nothing.
    Whole,
    /// The prunable part.
    Pruned,
}

/// A transaction that serializes as daemons show it: the fields of the prefix, `rct_signatures`, `rctsig_prunable`, and the
/// extra as a list of numbers.
#[derive(Debug, Clone, Copy)]
pub struct TransactionJson<'a> {
    /// The signed part.
    pub prefix: &'a TransactionPrefix,
    /// What stands in `rct_signatures`.
    pub signatures: Signatures<'a>,
    /// What stands in `rctsig_prunable`.
    pub prunable: Option<&'a PrunableProofs>,
    /// Is the list of numbers there?
    pub extra: ExtraList,
}

/// Whether the bytes of the extra are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtraList {
    /// They are.
    Listed,
    /// They are not: the field is taken by the parsed extra.
    LeftOut,
}

/// `rct_signatures` by kind of transaction.
#[derive(Debug, Clone, Copy)]
pub enum Signatures<'a> {
    /// The field is not there.
    Absent,
    /// Type 0.
    Null,
    /// Type 5.
    Clsag(&'a RingCtBase),
    /// An older type; no more than its fee is shown.
    Legacy {
        /// The type.
        kind: LegacyRingCt,
        /// Atomic units.
        fee: u64,
    },
}

impl<'a> TransactionJson<'a> {
    /// A transaction, or what is left of it.
    #[must_use]
    pub fn new(transaction: &'a Transaction, part: Part) -> Self {
        let (signatures, prunable) = match &transaction.proofs {
            Proofs::Absent | Proofs::RingSignatures(_) => (Signatures::Absent, None),
            Proofs::Null => (Signatures::Null, None),
            Proofs::Clsag(proofs) => (Signatures::Clsag(&proofs.base), Some(&proofs.prunable)),
            Proofs::Legacy(proofs) => (
                Signatures::Legacy {
                    kind: proofs.kind,
                    fee: proofs.fee.atomic(),
                },
                None,
            ),
        };
        Self {
            prefix: &transaction.prefix,
            signatures,
            prunable: prunable.filter(|_| part == Part::Whole),
            extra: ExtraList::Listed,
        }
    }

    /// Without the list of the extra's bytes.
    #[must_use]
    pub const fn without_extra(mut self) -> Self {
        self.extra = ExtraList::LeftOut;
        self
    }
}

impl Serialize for TransactionJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let prefix = self.prefix;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", &prefix.version.number())?;
        if prefix.version >= TransactionVersion::V3 {
            map.serialize_entry("output_unlock_times", &prefix.output_unlock_times)?;
        }
        if prefix.version == TransactionVersion::V3 {
            map.serialize_entry("is_state_change", &(prefix.kind == TransactionType::StateChange))?;
        }
        map.serialize_entry("unlock_time", &prefix.unlock_time)?;
        map.serialize_entry("vin", &Inputs(&prefix.inputs))?;
        map.serialize_entry("vout", &Outputs(&prefix.outputs))?;
        if self.extra == ExtraList::Listed {
            map.serialize_entry("extra", &prefix.extra)?;
        }
        if prefix.version >= TransactionVersion::V4 {
            map.serialize_entry("type", &prefix.kind.number())?;
        }
        match self.signatures {
            Signatures::Absent => {}
            Signatures::Null => map.serialize_entry("rct_signatures", &json!({ "type": 0 }))?,
            Signatures::Clsag(base) => map.serialize_entry("rct_signatures", &Base(base))?,
            Signatures::Legacy { kind, fee } => {
                map.serialize_entry("rct_signatures", &json!({ "type": legacy_type(kind), "txnFee": fee }))?;
            }
        }
        if let Some(prunable) = self.prunable {
            map.serialize_entry("rctsig_prunable", &prunable_json(prunable))?;
        }
        map.end()
    }
}

const fn legacy_type(kind: LegacyRingCt) -> u8 {
    match kind {
        LegacyRingCt::Full => 1,
        LegacyRingCt::Simple => 2,
        LegacyRingCt::Bulletproof => 3,
        LegacyRingCt::Bulletproof2 => 4,
    }
}

struct Inputs<'a>(&'a [Input]);

impl Serialize for Inputs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(input_json))
    }
}

fn input_json(input: &Input) -> Value {
    match input {
        Input::Generation { height } => json!({ "gen": { "height": height } }),
        Input::Key {
            amount,
            key_offsets,
            key_image,
        } => {
            json!({ "key": { "amount": amount.atomic(), "key_offsets": key_offsets, "k_image": key_image } })
        }
        Input::Script {
            previous,
            previous_output,
            signatures,
        } => {
            json!({ "script": { "prev": previous, "prevout": previous_output, "sigset": hex::encode(signatures) } })
        }
        Input::ScriptHash {
            previous,
            previous_output,
            script,
            signatures,
        } => json!({ "scripthash": {
            "prev": previous,
            "prevout": previous_output,
            "script": script_json(script),
            "sigset": hex::encode(signatures),
        } }),
    }
}

struct Outputs<'a>(&'a [Output]);

impl Serialize for Outputs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|output| {
            let target = match &output.target {
                OutputTarget::Key(key) => json!({ "key": key }),
                OutputTarget::Script(script) => json!({ "script": script_json(script) }),
                OutputTarget::ScriptHash(hash) => json!({ "scripthash": { "hash": hash } }),
            };
            json!({ "amount": output.amount.atomic(), "target": target })
        }))
    }
}

fn script_json(script: &Script) -> Value {
    json!({ "keys": script.keys, "script": hex::encode(&script.code) })
}

struct Base<'a>(&'a RingCtBase);

impl Serialize for Base<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let amounts: Vec<Value> = self
            .0
            .encrypted_amounts
            .iter()
            .map(|amount| json!({ "amount": hex::encode(amount) }))
            .collect();
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("type", &TYPE_CLSAG)?;
        map.serialize_entry("txnFee", &self.0.fee.atomic())?;
        map.serialize_entry("ecdhInfo", &amounts)?;
        map.serialize_entry("outPk", &self.0.commitments)?;
        map.end()
    }
}

fn prunable_json(proofs: &PrunableProofs) -> Value {
    json!({
        "nbp": 1,
        "bp": [range_proof_json(&proofs.range_proof)],
        "CLSAGs": proofs.signatures.iter().map(clsag_json).collect::<Vec<_>>(),
        "pseudoOuts": proofs.pseudo_outputs,
    })
}

fn range_proof_json(proof: &BulletproofBytes) -> Value {
    let [a, s, t1, t2, taux, mu] = proof.head.map(hex::encode);
    let [scalar_a, scalar_b, t] = proof.tail.map(hex::encode);
    json!({
        "A": a, "S": s, "T1": t1, "T2": t2, "taux": taux, "mu": mu,
        "L": proof.left.iter().map(hex::encode).collect::<Vec<_>>(),
        "R": proof.right.iter().map(hex::encode).collect::<Vec<_>>(),
        "a": scalar_a, "b": scalar_b, "t": t,
    })
}

fn clsag_json(signature: &ClsagBytes) -> Value {
    json!({
        "s": signature.responses.iter().map(hex::encode).collect::<Vec<_>>(),
        "c1": hex::encode(signature.challenge),
        "D": hex::encode(signature.auxiliary_image),
    })
}
