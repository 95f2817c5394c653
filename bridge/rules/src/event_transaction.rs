//! The transaction that reports an event of L2 (bridge §3.3, chain §2.5).

use oxen_types::{
    Transaction, UnlockTime,
    extra::{Extra, ExtraField, L2Event},
    transaction::{Proofs, TransactionPrefix, TransactionVersion},
};

/// Reports an event: no inputs, no outputs, no fee, one field. The bytes follow from the event alone, so that every honest node
/// makes the same transaction without telling anybody.
#[must_use]
pub fn event_transaction(event: &L2Event) -> Transaction {
    Transaction {
        prefix: TransactionPrefix {
            version: TransactionVersion::V4,
            output_unlock_times: Vec::new(),
            unlock_time: UnlockTime::new(0),
            inputs: Vec::new(),
            outputs: Vec::new(),
            extra: Extra::from_fields(vec![ExtraField::L2Event(Box::new(event.clone()))]).encode(),
            kind: event.kind.transaction_type(),
        },
        proofs: Proofs::Absent,
    }
}

/// The event that a transaction reports: `None` unless it is exactly the one that [`event_transaction`] makes of it. Another
/// encoding of the same event would be a second report under another id.
#[must_use]
pub fn reported_event(transaction: &Transaction) -> Option<L2Event> {
    if !transaction.prefix.kind.is_l2_event() {
        return None;
    }
    let extra = Extra::parse(&transaction.prefix.extra).ok()?;
    let event = extra.l2_event()?.clone();
    (event_transaction(&event) == *transaction).then_some(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_types::{
        Amount, ConsensusEncode, PublicKey, Signature,
        bytes::{BlsPublicKey, EthereumAddress},
        extra::{L2Contributor, L2EventKind, L2Source},
    };

    const SOURCE: L2Source = L2Source {
        chain_id: 42_161,
        l2_height: 250_000_000,
    };

    #[test]
    fn an_exit_request_has_the_bytes_and_the_id_of_the_reference() {
        let transaction = event_transaction(&L2Event {
            source: SOURCE,
            kind: L2EventKind::ExitRequest {
                bls_key: BlsPublicKey::new([0x99; 64]),
            },
        });
        // chain §A.3
        let expected = format!("0400000000497d00b1c90280e59a77{}05", "99".repeat(64));
        assert_eq!(hex::encode(transaction.encode()), expected);
        assert_eq!(
            transaction.id().to_string(),
            "b158c180b7d2454cfdeb596eb227bbe4feb16ce1c588bd63f4e8ca68811cbefe"
        );
    }

    #[test]
    fn only_the_one_encoding_of_an_event_is_a_report() {
        let contributor = L2Contributor::new(
            EthereumAddress::new([1; 20]),
            EthereumAddress::new([1; 20]),
            Amount::from_atomic(5),
        );
        let event = L2Event {
            source: SOURCE,
            kind: L2EventKind::NewServiceNode {
                service_node_key: PublicKey::new([2; 32]),
                bls_key: BlsPublicKey::new([3; 64]),
                signature: Signature::new([4; 64]),
                fee: 100,
                contributors: vec![contributor],
            },
        };
        let honest = event_transaction(&event);
        assert_eq!(reported_event(&honest), Some(event.clone()));

        let mut twice = honest.clone();
        let again = || ExtraField::L2Event(Box::new(event.clone()));
        let fields = vec![again(), again()];
        twice.prefix.extra = Extra::from_fields(fields).encode();
        assert_eq!(reported_event(&twice), None);

        let mut late = honest;
        late.prefix.unlock_time = UnlockTime::new(7);
        assert_eq!(reported_event(&late), None);
    }
}
