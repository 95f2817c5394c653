//! What a wallet sees: keys from its seed, addresses, the outputs it owns, their amounts and key images (chain §1.3 to §1.8).

use super::decoded::DecodedChain;
use crate::{
    progress::Progress,
    recording::{
        Recording,
        chain::{RecordedOutput, output_at},
        wallets::{RecordedOwnedOutput, RecordedWallet},
    },
    report::{Check, Report},
};
use oxen_crypto::{
    AccountKeys, Address, KeyDerivation, KeyError, SecretKey, SubaddressIndex, amount,
    keys::{KeyPair, key_image},
    mnemonic,
    scan::{ScanJob, Scanner},
    signature::key_image as key_image_proof,
    subaddress::{SubaddressTable, spend_secret},
};
use oxen_types::{
    Amount, Extra, GlobalOutputIndex, Hash, KeyImage, Network, PaymentId, PublicKey, Transaction, extra::NonceContent,
    transaction::Proofs,
};
use rayon::prelude::*;
use std::{collections::BTreeMap, fmt};

/// Addresses of each account that a wallet looks out for; wallets look at 200, and no recording uses more.
const LOOK_AHEAD: u32 = 200;
/// Accounts that a wallet looks out for.
const ACCOUNTS: u32 = 10;

/// A transaction as a scan needs it.
struct Scanned<'a> {
    id: Hash,
    transaction: &'a Transaction,
    extra: Extra,
    first_output: u64,
    outputs: Vec<(u64, PublicKey)>,
}

/// An output that a wallet owns.
#[derive(PartialEq, Eq)]
struct Owned {
    index: SubaddressIndex,
    amount: Amount,
    opens: bool,
    image: KeyImage,
    transaction: Hash,
}

/// Compares every wallet.
pub fn compare(recording: &Recording, chain: &DecodedChain, report: &mut Report) {
    let Some(wallets) = &recording.wallets else { return };
    let scanned: Vec<Scanned<'_>> = chain
        .entries(recording)
        .map(|entry| Scanned {
            id: entry.recorded.txid,
            transaction: entry.transaction,
            extra: Extra::parse_or_empty(&entry.transaction.prefix.extra),
            first_output: entry.recorded.output_indices.first().copied().unwrap_or(0),
            outputs: (0..)
                .zip(&entry.transaction.prefix.outputs)
                .filter_map(|(index, output)| Some((index, output.key()?)))
                .collect(),
        })
        .collect();
    let progress = Progress::start("wallets scanned", wallets.len());
    let parts: Vec<Report> = wallets
        .par_iter()
        .map(|wallet| {
            let mut part = Report::new();
            compare_wallet(recording, wallet, &scanned, &mut part);
            progress.step();
            part
        })
        .collect();
    parts.into_iter().for_each(|part| report.merge(part));
}

fn compare_wallet(recording: &Recording, wallet: &RecordedWallet, scanned: &[Scanned<'_>], report: &mut Report) {
    let Some(keys) = compare_keys(wallet, report) else {
        return;
    };
    compare_addresses(&recording.network, wallet, &keys, report);
    let found = match find_outputs(&keys, scanned) {
        Ok(found) => found,
        Err(error) => {
            let place = || format!("subaddresses of wallet {}", wallet.name);
            report.verify(Check::OwnedOutputs, place, Err(error));
            return;
        }
    };
    compare_outputs(wallet, &found, report);
    compare_payment_ids(wallet, &keys, scanned, report);
    verify_key_image_export(&recording.outputs, wallet, &found, report);
}

/// Seed words and the keys that follow from them.
fn compare_keys(wallet: &RecordedWallet, report: &mut Report) -> Option<AccountKeys> {
    let place = || format!("wallet {}", wallet.name);
    let seed = match mnemonic::decode(&wallet.mnemonic) {
        Ok(seed) => seed,
        Err(error) => {
            report.verify(Check::Seeds, place, Err(error));
            return None;
        }
    };
    let words = mnemonic::encode(&seed.seed, seed.language);
    report.compare(Check::Seeds, place, &wallet.mnemonic, &*words);
    let keys = AccountKeys::from_seed(&seed.seed);
    for (name, recorded, secret) in [
        ("spend key", &wallet.spend_key, &keys.spend),
        ("view key", &wallet.view_key, &keys.view),
    ] {
        let place = || format!("secret {name} of wallet {}", wallet.name);
        report.compare(Check::WalletKeys, place, recorded, &hex::encode(&secret.to_bytes()[..]));
    }
    Some(keys)
}

fn compare_addresses(network: &Network, wallet: &RecordedWallet, keys: &AccountKeys, report: &mut Report) {
    let address_at = |major, minor| Address::of_account(&keys.view_keys(), SubaddressIndex::new(major, minor));
    for (account, recorded) in &wallet.addresses {
        let major = account.parse().unwrap_or(u32::MAX);
        let listed = recorded.addresses.iter().map(|one| (one.address_index, &one.address));
        for (minor, text) in [(0, &recorded.address)].into_iter().chain(listed) {
            let place = || format!("address {major}/{minor} of wallet {}", wallet.name);
            match address_at(major, minor) {
                Ok(address) => {
                    report.compare(
                        Check::Addresses,
                        place,
                        text,
                        &address.encode(&network.address_prefixes),
                    );
                    report.verify(Check::Addresses, place, parses_to(text, &address, network));
                }
                Err(error) => report.verify(Check::Addresses, place, Err(error)),
            }
        }
    }
    let place = || format!("integrated address of wallet {}", wallet.name);
    let integrated = address_at(0, 0)
        .ok()
        .and_then(|address| address.with_payment_id(wallet.integrated.payment_id));
    match integrated {
        Some(address) => {
            let text = &wallet.integrated.integrated_address;
            report.compare(
                Check::Addresses,
                place,
                text,
                &address.encode(&network.address_prefixes),
            );
            report.verify(Check::Addresses, place, parses_to(text, &address, network));
        }
        None => report.verify(Check::Addresses, place, Err("none could be made")),
    }
}

fn parses_to(text: &str, address: &Address, network: &Network) -> Result<(), String> {
    match Address::parse(text, &network.address_prefixes) {
        Ok(parsed) if parsed == *address => Ok(()),
        Ok(parsed) => Err(format!("parses to {parsed:?}")),
        Err(error) => Err(error.to_string()),
    }
}

/// Every output of the chain that the keys own, by global index.
fn find_outputs(keys: &AccountKeys, scanned: &[Scanned<'_>]) -> Result<BTreeMap<GlobalOutputIndex, Owned>, KeyError> {
    let view_keys = keys.view_keys();
    let mut table = SubaddressTable::new();
    for major in 0..ACCOUNTS {
        table.add(&view_keys, major, 0..LOOK_AHEAD)?;
    }
    let mut found = BTreeMap::new();
    let scanner = Scanner::new(&keys.view);
    for transaction in scanned {
        let jobs = jobs(transaction);
        for (result, job) in scanner.scan(&jobs).into_iter().zip(&jobs) {
            let Some(result) = result else { continue };
            for (candidate, (position, key)) in result.candidates.iter().zip(job.outputs) {
                let Some((candidate, index)) = candidate
                    .as_ref()
                    .and_then(|candidate| Some((candidate, table.find(&candidate.spend_key)?)))
                else {
                    continue;
                };
                let secret = spend_secret(&keys.spend, &keys.view, index);
                let secret = result.derivation.derive_secret_key(*position, &secret);
                let pair = KeyPair::new(secret);
                let (amount, opens) = open(transaction.transaction, *position, &candidate.scalar);
                let owned = Owned {
                    index,
                    amount,
                    opens: opens && pair.public == *key,
                    image: key_image(&pair),
                    transaction: transaction.id,
                };
                let global = GlobalOutputIndex::new(transaction.first_output + *position);
                found.entry(global).or_insert(owned);
            }
        }
    }
    Ok(found)
}

/// What to scan of a transaction: every output with each main key, and output `i` with the additional key `i`.
fn jobs<'a>(transaction: &'a Scanned<'_>) -> Vec<ScanJob<'a>> {
    let all = transaction.outputs.as_slice();
    let main = transaction.extra.transaction_keys().map(|key| (key, all));
    let additional = transaction
        .extra
        .additional_keys()
        .iter()
        .zip(all.chunks(1))
        .map(|(key, output)| (*key, output));
    main.chain(additional)
        .map(|(transaction_key, outputs)| ScanJob {
            transaction_key,
            outputs,
        })
        .collect()
}

/// The amount, and whether the commitment hides it.
fn open(transaction: &Transaction, position: u64, scalar: &oxen_crypto::DerivationScalar) -> (Amount, bool) {
    let place = usize::try_from(position).unwrap_or(usize::MAX);
    match &transaction.proofs {
        Proofs::Clsag(proofs) => {
            let hidden = proofs
                .base
                .encrypted_amounts
                .get(place)
                .zip(proofs.base.commitments.get(place));
            hidden
                .and_then(|(encrypted, commitment)| amount::open(*encrypted, commitment, scalar).ok())
                .map_or((Amount::ZERO, false), |opening| (opening.amount, true))
        }
        _ => {
            let output = transaction.prefix.outputs.get(place);
            (output.map_or(Amount::ZERO, |output| output.amount), true)
        }
    }
}

/// The same outputs, neither more nor fewer, with the same amounts and key images.
fn compare_outputs(wallet: &RecordedWallet, found: &BTreeMap<GlobalOutputIndex, Owned>, report: &mut Report) {
    let recorded: BTreeMap<GlobalOutputIndex, &RecordedOwnedOutput> = wallet
        .incoming_transfers
        .values()
        .flat_map(|incoming| incoming.outputs())
        .map(|output| (output.global_index, output))
        .collect();
    for (index, output) in &recorded {
        let place = || {
            format!(
                "output {index} of wallet {}, transaction {}",
                wallet.name, output.tx_hash
            )
        };
        let Some(owned) = found.get(index) else {
            report.differ(Check::OwnedOutputs, place(), "owned".to_owned(), "not found".to_owned());
            continue;
        };
        let who = |major: u32, minor: u32, id: &Hash| format!("{major}/{minor} in {id}");
        report.compare(
            Check::OwnedOutputs,
            place,
            &who(output.subaddr_index.major, output.subaddr_index.minor, &output.tx_hash),
            &who(owned.index.major, owned.index.minor, &owned.transaction),
        );
        let opening = |amount: Amount, opens: bool| format!("{amount}, commitment and key open: {opens}");
        report.compare(
            Check::OwnedAmounts,
            place,
            &opening(output.amount, true),
            &opening(owned.amount, owned.opens),
        );
        report.compare(Check::OwnedKeyImages, place, &output.key_image, &owned.image);
    }
    // Wallets do not list outputs of nothing.
    for (index, owned) in found {
        if !recorded.contains_key(index) && !owned.amount.is_zero() {
            report.differ(
                Check::OwnedOutputs,
                format!(
                    "output {index} of wallet {}, transaction {}",
                    wallet.name, owned.transaction
                ),
                "not owned".to_owned(),
                format!("owned: {}", owned.amount),
            );
        }
    }
}

/// Encrypted payment ids, of transactions that paid the wallet.
fn compare_payment_ids(wallet: &RecordedWallet, keys: &AccountKeys, scanned: &[Scanned<'_>], report: &mut Report) {
    let by_id: BTreeMap<Hash, &Scanned<'_>> = scanned.iter().map(|one| (one.id, one)).collect();
    for transfer in &wallet.transfers.received {
        let place = || format!("payment id of {} to wallet {}", transfer.txid, wallet.name);
        let Some(transaction) = by_id.get(&transfer.txid) else {
            report.differ(
                Check::PaymentIds,
                place(),
                transfer.payment_id.to_string(),
                "no such transaction".into(),
            );
            continue;
        };
        let encrypted = transaction.extra.nonce().and_then(|nonce| match nonce.content() {
            NonceContent::EncryptedPaymentId(id) => Some(id),
            NonceContent::LongPaymentId(_) | NonceContent::Opaque(_) => None,
        });
        let Some(encrypted) = encrypted else {
            report.compare(Check::PaymentIds, place, &transfer.payment_id, &PaymentId::ZERO);
            continue;
        };
        let key = transaction.extra.transaction_key().unwrap_or_default();
        match KeyDerivation::new(&keys.view, &key) {
            Ok(derivation) => {
                let computed = derivation.decrypt_payment_id(encrypted);
                report.compare(Check::PaymentIds, place, &transfer.payment_id, &computed);
            }
            Err(error) => report.verify(Check::PaymentIds, place, Err(error)),
        }
    }
}

fn verify_key_image_export(
    outputs: &[RecordedOutput],
    wallet: &RecordedWallet,
    found: &BTreeMap<GlobalOutputIndex, Owned>,
    report: &mut Report,
) {
    let check = Check::KeyImageExports;
    let Some(exported) = &wallet.key_images else {
        report.unchecked(check, "wallets recorded without exported key images");
        return;
    };
    let by_image: BTreeMap<KeyImage, GlobalOutputIndex> =
        found.iter().map(|(index, owned)| (owned.image, *index)).collect();
    for signed in &exported.signed_key_images {
        let place = || format!("key image {} exported by wallet {}", signed.key_image, wallet.name);
        let output = by_image
            .get(&signed.key_image)
            .and_then(|index| output_at(outputs, *index));
        match output {
            Some(output) => report.verify(
                check,
                place,
                key_image_proof::verify(&signed.key_image, &output.key, &signed.signature),
            ),
            None => report.verify(check, place, Err("no output of the wallet has it")),
        }
    }
}

/// Why text is not a secret key.
#[derive(Debug)]
pub(super) enum SecretKeyError {
    NotHexadecimal,
    NotAScalar(KeyError),
}

impl fmt::Display for SecretKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHexadecimal => f.write_str("not 64 hexadecimal characters"),
            Self::NotAScalar(error) => error.fmt(f),
        }
    }
}

/// A secret key from 64 hexadecimal characters.
pub(super) fn secret_key(text: &str) -> Result<SecretKey, SecretKeyError> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| SecretKeyError::NotHexadecimal)?;
    SecretKey::from_canonical_bytes(bytes).map_err(SecretKeyError::NotAScalar)
}
