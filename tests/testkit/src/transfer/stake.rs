//! What makes a transfer a stake: the node, the contributor, the transaction's secret key, proofs of key images (staking §5.1).

use super::builder::Payment;
use crate::account::Account;
use oxen_crypto::{KeyDerivation, SecretKey, signature::key_image};
use oxen_types::{
    PublicKey,
    extra::{Contributor, ExtraField, KeyImageProof, Registration},
};
use rand_chacha::ChaCha20Rng;

/// The fields of a stake.
#[derive(Debug, Clone)]
pub(super) struct StakeDetails {
    pub(super) node: PublicKey,
    pub(super) contributor: Account,
    pub(super) registration: Option<Registration>,
}

impl StakeDetails {
    /// The fields of a transaction with this secret key that makes these payments, its first ones to the contributor proven.
    pub(super) fn fields(
        &self,
        payments: &[Payment],
        transaction_key: &SecretKey,
        rng: &mut ChaCha20Rng,
    ) -> Vec<ExtraField> {
        let registration = self.registration.clone().map(Box::new).map(ExtraField::Registration);
        let stake = [
            ExtraField::ServiceNodeKey(self.node),
            ExtraField::Contributor(Contributor {
                spend_key: self.contributor.spend_key(),
                view_key: self.contributor.view_key(),
            }),
            ExtraField::TransactionSecretKey(*transaction_key.to_bytes()),
            ExtraField::KeyImageProofs(self.proofs(payments, transaction_key, rng)),
        ];
        registration.into_iter().chain(stake).collect()
    }

    /// A proof for every payment to the contributor; change is none.
    fn proofs(&self, payments: &[Payment], transaction_key: &SecretKey, rng: &mut ChaCha20Rng) -> Vec<KeyImageProof> {
        let view = self.contributor.view_key();
        let derivation =
            KeyDerivation::new(transaction_key, &view).expect("an account's view key is a point of the curve");
        (0_u64..)
            .zip(payments)
            .filter(|(_, payment)| payment.to == self.contributor && !payment.is_change)
            .map(|(index, _)| {
                let (pair, image) = derivation.derive_key_image(index, &self.contributor.keys().spend);
                KeyImageProof {
                    key_image: image,
                    signature: key_image::sign(&image, &pair, rng),
                }
            })
            .collect()
    }
}
