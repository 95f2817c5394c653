//! A recorded chain in memory, grown to some height, for tests that try what does not belong there.

use oxen_conformance::{
    Recording, Report,
    recording::quorums::QuorumKind,
    replay::{chain::Chain, prepared::PreparedChain},
};
use oxen_crypto::{KeyPair, SecretKey, signature::schnorr};
use oxen_state::CheckedBlock;
use oxen_types::{Block, Height, PublicKey};
use rand_core::OsRng;

/// The prepared blocks of a recording, proofs not verified.
pub fn prepare(recording: &Recording) -> PreparedChain {
    let mut report = Report::new();
    let prepared = PreparedChain::prepare(recording, recording.last_height().next(), &mut report);
    assert!(report.differences().is_empty(), "{report}");
    prepared
}

/// The chain with the blocks below `height`.
pub fn grow<'a>(recording: &'a Recording, prepared: &PreparedChain, height: Height) -> Chain<'a> {
    let mut chain = Chain::start(&recording.network).unwrap();
    while chain.height().next() < height {
        let block = block(prepared, chain.height().next());
        chain.assume_proofs(block);
        chain.apply(block).unwrap();
    }
    chain
}

/// The block at a height.
pub fn block(prepared: &PreparedChain, height: Height) -> &CheckedBlock {
    let place = usize::try_from(height.index()).unwrap();
    prepared.blocks[place].as_ref().unwrap()
}

/// Signs a block anew, by the validators that signed it before.
pub fn sign(recording: &Recording, height: Height, block: &mut Block) {
    let quorum = recording
        .quorums
        .as_ref()
        .unwrap()
        .get(QuorumKind::Pulse, height)
        .unwrap();
    let id = block.id();
    for signature in &mut block.signatures {
        let public = quorum.validators[usize::from(signature.voter_index)];
        let pair = KeyPair::new(secret_of(recording, &public));
        assert_eq!(pair.public, public);
        signature.signature = schnorr::sign(&id, &pair, &mut OsRng);
    }
}

fn secret_of(recording: &Recording, public: &PublicKey) -> SecretKey {
    let keys = recording.node_keys.as_ref().unwrap();
    let secret = &keys.iter().find(|keys| keys.public == *public).unwrap().secret;
    let mut bytes = [0; 32];
    hex::decode_to_slice(secret, &mut bytes).unwrap();
    SecretKey::from_canonical_bytes(bytes).unwrap()
}
