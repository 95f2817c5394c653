//! The six messages of a round, and what is signed in each (pulse §7.1).
//!
//! A [`Statement`] is what a node says, a [`Message`] a statement with its signature. A [`Draft`] is what the machine asks to
//! have signed: signing happens where the key is. On our transport a message names its parent and round, which the reference
//! binds through the signature alone, so that a receiver can tell early, late and wrong ones apart.

use crate::{
    digest::{RandomValue, blake2b},
    input::RoundId,
    quorum::{Bitset, Position, RoundQuorum},
    timing::Stage,
};
use oxen_crypto::{KeyPair, signature::schnorr};
use oxen_types::{Hash, PublicKey, Signature};
use rand_core::{CryptoRng, RngCore};
use std::{fmt, sync::Arc};

/// What a validator says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// "I am here" (type 1).
    Handshake,
    /// "I heard these" (type 2).
    Bitset(Bitset),
    /// "My value will have this hash" (type 4).
    ValueHash(Hash),
    /// "This is my value" (type 5).
    Value(RandomValue),
    /// "I signed the block": a signature over its id, valid in the block itself (type 6).
    Signed(Signature),
}

/// Who says what.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// A validator.
    Validator(Position, Word),
    /// The producer: the bytes of a block without signatures (type 3).
    Template(Arc<[u8]>),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Validator(position, word) => write!(f, "Validator({position}, {word:?})"),
            Self::Template(bytes) => write!(f, "Template({} bytes)", bytes.len()),
        }
    }
}

/// What a node says about a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Id of the block that the round builds on.
    pub parent: Hash,
    /// The round.
    pub round: u8,
    /// Who says what.
    pub content: Content,
}

impl Statement {
    /// The stage that takes it.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        match &self.content {
            Content::Template(_) => Stage::Template,
            Content::Validator(_, Word::Handshake) => Stage::Handshakes,
            Content::Validator(_, Word::Bitset(_)) => Stage::Bitsets,
            Content::Validator(_, Word::ValueHash(_)) => Stage::ValueHashes,
            Content::Validator(_, Word::Value(_)) => Stage::Values,
            Content::Validator(_, Word::Signed(_)) => Stage::Signatures,
        }
    }

    /// The validator who says it; `None` for the producer.
    #[must_use]
    pub const fn position(&self) -> Option<Position> {
        match &self.content {
            Content::Validator(position, _) => Some(*position),
            Content::Template(_) => None,
        }
    }

    /// The hash that is signed (pulse §7.1).
    #[must_use]
    pub fn hash(&self) -> Hash {
        let (parent, round) = (self.parent.as_bytes(), [self.round]);
        let (position, word) = match &self.content {
            Content::Template(bytes) => return blake2b(&[&round, blake2b(&[bytes]).as_bytes()]),
            Content::Validator(position, word) => (position.number().to_le_bytes(), word),
        };
        match word {
            Word::Handshake => blake2b(&[parent, &position, &round]),
            Word::Bitset(bitset) => blake2b(&[&bitset.bits().to_le_bytes(), parent, &position, &round]),
            Word::ValueHash(hash) => blake2b(&[parent, &position, &round, hash.as_bytes()]),
            Word::Value(value) => blake2b(&[parent, &position, &round, value.as_bytes()]),
            Word::Signed(signature) => blake2b(&[parent, &position, &round, signature.as_bytes()]),
        }
    }

    /// Who must have signed it.
    fn signer<'a>(&self, quorum: &'a RoundQuorum) -> Option<&'a PublicKey> {
        match &self.content {
            Content::Template(_) => Some(&quorum.producer),
            Content::Validator(position, _) => quorum.validator(*position),
        }
    }
}

/// A statement with its signature; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    statement: Statement,
    signature: Signature,
}

impl Message {
    /// Puts a statement and a signature together; whether the signature is good is for [`Self::is_signed_by_member`].
    #[must_use]
    pub const fn new(statement: Statement, signature: Signature) -> Self {
        Self { statement, signature }
    }

    /// What is said.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The signature over [`Statement::hash`].
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// True when the member of the quorum whose statement it is signed it.
    #[must_use]
    pub fn is_signed_by_member(&self, quorum: &RoundQuorum, verifier: &impl Verifier) -> bool {
        self.statement
            .signer(quorum)
            .is_some_and(|key| verifier.verify(&self.statement.hash(), key, &self.signature))
    }
}

/// What the machine wants signed with the primary key of its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Draft {
    /// A statement.
    Statement(Statement),
    /// A block: its id is signed first, then the statement that carries that signature.
    Block {
        /// The round.
        round: RoundId,
        /// Our position.
        position: Position,
        /// The block.
        block_id: Hash,
    },
}

impl Draft {
    /// Signs it.
    #[must_use]
    pub fn sign(self, signer: &mut impl Signer) -> Message {
        let statement = match self {
            Self::Statement(statement) => statement,
            Self::Block {
                round,
                position,
                block_id,
            } => Statement {
                parent: round.parent,
                round: round.number,
                content: Content::Validator(position, Word::Signed(signer.sign(&block_id))),
            },
        };
        let signature = signer.sign(&statement.hash());
        Message::new(statement, signature)
    }
}

/// Makes signatures with one key.
pub trait Signer {
    /// Signs a hash.
    fn sign(&mut self, message: &Hash) -> Signature;
}

/// Verifies signatures. A parameter of the machine, because a simulation of thousands of blocks tests Pulse and not the curve.
pub trait Verifier {
    /// True when the key signed the hash.
    fn verify(&self, message: &Hash, key: &PublicKey, signature: &Signature) -> bool;
}

/// The signatures of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SchnorrVerifier;

impl Verifier for SchnorrVerifier {
    fn verify(&self, message: &Hash, key: &PublicKey, signature: &Signature) -> bool {
        schnorr::verify(message, key, signature).is_ok()
    }
}

/// Signs with a primary key.
#[derive(Debug)]
pub struct KeySigner<'a, R> {
    /// The key of the service node.
    pub pair: &'a KeyPair,
    /// Where nonces come from.
    pub rng: R,
}

impl<R: RngCore + CryptoRng> Signer for KeySigner<'_, R> {
    fn sign(&mut self, message: &Hash) -> Signature {
        schnorr::sign(message, self.pair, &mut self.rng)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use oxen_types::Height;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    fn counting_hash() -> Hash {
        Hash::new(std::array::from_fn(|index| index as u8))
    }

    fn counting_value() -> RandomValue {
        RandomValue::new(std::array::from_fn(|index| index as u8))
    }

    /// Position 3, round 2, parent 00..1f, as the known answers have it.
    pub(crate) fn statements() -> Vec<Statement> {
        let position = Position::new(3).unwrap();
        let value = counting_value();
        [
            Content::Validator(position, Word::Handshake),
            Content::Validator(position, Word::Bitset(Bitset::FULL)),
            Content::Template(Arc::from(*b"template")),
            Content::Validator(position, Word::ValueHash(value.commitment())),
            Content::Validator(position, Word::Value(value)),
            Content::Validator(position, Word::Signed(Signature::new([0xab; 64]))),
        ]
        .map(|content| Statement {
            parent: counting_hash(),
            round: 2,
            content,
        })
        .into()
    }

    #[test]
    fn the_signed_hashes_have_the_known_answers() {
        let hashes = [
            "c7de3a032b0c07b37ace64bf52c485cf2b0a8d49b02623bb3770c9a9b6525410",
            "015db658e0580e33c870e8bee75e241cfeebd79a6836902128244dceb2b4e478",
            "e60bedcc3be3b11b66b21b25e1c18e1c4d96feb099098a3ac02b92c3b2e98498",
            "b40f91cb581a3b9bf00d0890cceca1becb419afa4797ecf3a8db415835167139",
            "19fd3fc55af01f000050ad34e1b3c090b2fd33e0ff696d4ff0ce52546cc91107",
            "15fe58d1c521d00d99b00a0f744da8d944654d38e3503cc6ca64b135376c7c68",
        ];
        let computed: Vec<String> = statements()
            .iter()
            .map(|statement| statement.hash().to_string())
            .collect();
        assert_eq!(computed, hashes);
    }

    #[test]
    fn a_message_is_good_for_its_member_parent_round_and_position_alone() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let pairs: Vec<KeyPair> = (0..12).map(|_| KeyPair::random(&mut rng)).collect();
        let quorum = RoundQuorum {
            producer: pairs[11].public,
            validators: std::array::from_fn(|index| pairs[index].public),
        };
        for statement in statements() {
            let pair = &pairs[statement.position().map_or(11, Position::index)];
            let message = Draft::Statement(statement.clone()).sign(&mut KeySigner { pair, rng: &mut rng });
            let is_good = |statement| {
                Message::new(statement, *message.signature()).is_signed_by_member(&quorum, &SchnorrVerifier)
            };
            assert!(is_good(statement.clone()));
            let other_round = Statement {
                round: 3,
                ..statement.clone()
            };
            assert!(!is_good(other_round));
            if let Content::Validator(_, word) = statement.content {
                let other_parent = Statement {
                    parent: Hash::ZERO,
                    ..statement.clone()
                };
                assert!(!is_good(other_parent));
                let other = Content::Validator(Position::new(4).unwrap(), word);
                assert!(!is_good(Statement {
                    content: other,
                    ..statement
                }));
            }
        }
    }

    #[test]
    fn a_signed_block_carries_a_signature_that_the_block_can_carry() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let pair = KeyPair::random(&mut rng);
        let draft = Draft::Block {
            round: RoundId {
                parent: counting_hash(),
                height: Height::new(7),
                number: 2,
            },
            position: Position::new(5).unwrap(),
            block_id: Hash::new([9; 32]),
        };
        let message = draft.sign(&mut KeySigner {
            pair: &pair,
            rng: &mut rng,
        });
        let Content::Validator(position, Word::Signed(inner)) = &message.statement().content else {
            panic!("a signed block");
        };
        assert_eq!(position.number(), 5);
        assert!(SchnorrVerifier.verify(&Hash::new([9; 32]), &pair.public, inner));
        assert!(SchnorrVerifier.verify(&message.statement().hash(), &pair.public, message.signature()));
    }
}
