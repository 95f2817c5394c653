//! What stakers and quorums signed inside transactions: registrations, stakes, unlocks, state changes (chain §2.5, §2.10).

use super::decoded::{DecodedChain, Entry};
use crate::{
    recording::{Recording, chain::RecordedKind, quorums::QuorumKind},
    report::{Check, Report},
};
use oxen_crypto::{
    KeyDerivation, SecretKey, amount,
    signature::{key_image, schnorr},
};
use oxen_types::{Amount, Extra, KeyImage, PublicKey, transaction::Proofs};
use std::collections::BTreeMap;

/// Verifies all of them.
pub fn verify(recording: &Recording, chain: &DecodedChain, report: &mut Report) {
    let mut staked: BTreeMap<KeyImage, PublicKey> = BTreeMap::new();
    for entry in chain.entries(recording) {
        let extra = Extra::parse_or_empty(&entry.transaction.prefix.extra);
        match entry.recorded.kind {
            RecordedKind::Registration => {
                verify_registration(&entry, &extra, report);
                verify_stake(&entry, &extra, &mut staked, report);
            }
            RecordedKind::Stake => verify_stake(&entry, &extra, &mut staked, report),
            RecordedKind::KeyImageUnlock => verify_unlock(&entry, &extra, &staked, report),
            RecordedKind::StateChange => verify_state_change(recording, &entry, &extra, report),
            RecordedKind::Miner | RecordedKind::Transfer | RecordedKind::Ons => {}
        }
    }
}

fn verify_registration(entry: &Entry<'_>, extra: &Extra, report: &mut Report) {
    let outcome = extra
        .registration()
        .zip(extra.service_node_key())
        .and_then(|(registration, node)| Some((registration.signature_hash()?, node, registration.signature)))
        .ok_or_else(|| "no complete registration".to_owned())
        .and_then(|(message, node, signature)| {
            schnorr::verify(&message, &node, &signature).map_err(|error| error.to_string())
        });
    report.verify(Check::RegistrationSignatures, || entry.place(), outcome);
}

/// Finds the staked output as every node does, with the published transaction key, and compares its amount.
fn verify_stake(entry: &Entry<'_>, extra: &Extra, staked: &mut BTreeMap<KeyImage, PublicKey>, report: &mut Report) {
    let locked = match locked_outputs(entry, extra) {
        Ok(locked) => locked,
        Err(error) => {
            report.verify(Check::Stakes, || entry.place(), Err(error));
            return;
        }
    };
    let place = || format!("number of staked outputs of {}", entry.place());
    report.compare(Check::Stakes, place, &1, &locked.len());
    let total = Amount::checked_sum(locked.iter().map(|output| output.amount)).unwrap_or_default();
    let place = || format!("staked amount of {}", entry.place());
    report.compare(
        Check::Stakes,
        place,
        &entry.recorded.rpc.stake_amount.unwrap_or_default(),
        &total,
    );
    staked.extend(locked.into_iter().map(|output| (output.image, output.key)));
}

/// An output that a stake locks.
struct LockedOutput {
    key: PublicKey,
    image: KeyImage,
    amount: Amount,
}

/// The outputs to the contributor for which a key image proof holds (staking §5.2).
fn locked_outputs(entry: &Entry<'_>, extra: &Extra) -> Result<Vec<LockedOutput>, String> {
    let contributor = extra.contributor().ok_or("no contributor")?;
    let secret = extra.transaction_secret_key().ok_or("no transaction secret key")?;
    let mut proofs = extra.key_image_proofs().ok_or("no key image proofs")?.to_vec();
    let secret = SecretKey::from_canonical_bytes(*secret).map_err(|error| error.to_string())?;
    let derivation = KeyDerivation::new(&secret, &contributor.view_key).map_err(|error| error.to_string())?;
    let Proofs::Clsag(hidden) = &entry.transaction.proofs else {
        return Err("no CLSAG proofs".to_owned());
    };
    let mut locked = Vec::new();
    let outputs = entry.transaction.prefix.outputs.iter();
    let hidden = hidden.base.encrypted_amounts.iter().zip(&hidden.base.commitments);
    for (index, (output, (encrypted, commitment))) in (0_u64..).zip(outputs.zip(hidden)) {
        let Ok(opening) = amount::open(*encrypted, commitment, &derivation.scalar(index)) else {
            continue;
        };
        let expected = derivation
            .derive_public_key(index, &contributor.spend_key)
            .map_err(|error| error.to_string())?;
        if opening.amount.is_zero() || output.key() != Some(expected) {
            continue;
        }
        let holds = |proof: &oxen_types::extra::KeyImageProof| {
            key_image::verify(&proof.key_image, &expected, &proof.signature).is_ok()
        };
        if let Some(place) = proofs.iter().position(holds) {
            locked.push(LockedOutput {
                key: expected,
                image: proofs.remove(place).key_image,
                amount: opening.amount,
            });
        }
    }
    Ok(locked)
}

fn verify_unlock(entry: &Entry<'_>, extra: &Extra, staked: &BTreeMap<KeyImage, PublicKey>, report: &mut Report) {
    let outcome = extra
        .key_image_unlock()
        .ok_or_else(|| "no unlock".to_owned())
        .and_then(|unlock| {
            let output = staked
                .get(&unlock.key_image)
                .ok_or_else(|| format!("no earlier stake has key image {}", unlock.key_image))?;
            schnorr::verify(&unlock.signature_hash(), output, &unlock.signature).map_err(|error| error.to_string())
        });
    report.verify(Check::UnlockSignatures, || entry.place(), outcome);
}

fn verify_state_change(recording: &Recording, entry: &Entry<'_>, extra: &Extra, report: &mut Report) {
    let check = Check::StateChangeVotes;
    let Some(quorums) = &recording.quorums else {
        report.unchecked(check, "quorums.json is absent");
        return;
    };
    let Some(change) = extra.state_change() else {
        report.verify(check, || entry.place(), Err("no state change"));
        return;
    };
    let validators = quorums
        .get(QuorumKind::Obligations, change.block_height)
        .map(|quorum| quorum.validators.as_slice())
        .unwrap_or_default();
    for vote in &change.votes {
        let place = || format!("vote of validator {} in {}", vote.validator_index, entry.place());
        let key = usize::try_from(vote.validator_index)
            .ok()
            .and_then(|index| validators.get(index));
        match key {
            Some(key) => report.verify(check, place, schnorr::verify(&change.vote_hash(), key, &vote.signature)),
            None => report.verify(check, place, Err("the recorded quorum has no such member")),
        }
    }
}
