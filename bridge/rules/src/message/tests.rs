//! Vectors of bridge §8.2: computed by a model of their own, accepted by the contract in an EVM.

use super::*;
use crate::bls::{self, AggregateKey, AggregateSignature, SecretKey, Signature, verify};

const OPERATOR: &str = "f39fd6e51aad88f6f4ce6ab8827279cfffb92266";
const RECIPIENT: &str = "70997970c51812dc3a010c7d01b50e0d17dc79c8";

fn domain() -> BridgeDomain {
    BridgeDomain {
        chain_id: 31337,
        contract: "5fc8d32690cc91d4c39d9d3abcbd16989f875707".parse().unwrap(),
    }
}

/// A registered node of the vectors.
struct Node {
    secret: &'static str,
    key: &'static str,
    ed25519: &'static str,
    possession: &'static str,
}

impl Node {
    fn secret(&self) -> SecretKey {
        SecretKey::from_bytes(&hex::decode(self.secret).unwrap().try_into().unwrap()).unwrap()
    }

    fn key(&self) -> BlsPublicKey {
        self.key.parse().unwrap()
    }
}

const NODES: [Node; 4] = [
    Node {
        secret: "4b979935082e49bad797676a7e77a1add8bf85a5c1a59a2e04b2ff356c9ac711",
        key: "0a3a4533748fafbaa692fe8a32dbb8b2ac91f0ee4b9be38d984fde0175870d5f\
              18a415dfcf4b0b6ac10f011b19ee3464e4baa1f8a0fd1e2ff9f077efc2bf59c4",
        ed25519: "6da66879bfd24838db44e5b2f6665ec9be7f9b3baa5911402397cc14e1ac7d3d",
        possession: "2d403aad5dcc6d90812cb816889907a8feef1f594a2140cc0a3e075079c64420\
                     2bd8beef3648888b729475422981759608720ebfc913f15c547af58b95fe80c4\
                     0410db0884c545bf344c6826916b2758051aa06b1f910c6c05f2c5b27991a850\
                     0fd1c4bde83201b02f3519a568d05a2eccb417b5530515a4d0a96212fcebb162",
    },
    Node {
        secret: "54f258bf568ce7255ccf0680bd5fef064607a2262323674058a928fa83dd3bc4",
        key: "27bf08cdf8e7917bd0348099fa7fa0043ad9a0a0aa9c9f9790b1d5cbbb3414d1\
              0516c2f0ea0e0690329f817a1a25e69c0c41274157fd7cedc18d2bf390880af8",
        ed25519: "83d0b70c4a558d4fd26ffdfee73dd83d160f426403897e8db371b69ccdf7563c",
        possession: "28e37c951ce9e0ffcf8f6a8c732d594e981067754f63e53b36abdafa20fb8810\
                     1150e315bb58ded4dbf20627012250e4e7e40cb83ea24afc2443a44b7fe74766\
                     28af5f4c4bd52942566b6cbebd272ae35675cc66109238d3b4f7a6efa3c355a4\
                     0ab94329dd642efbc0495fc5d075918bfe0f0f218a37f7c07cc9b566dc8e9d15",
    },
    Node {
        secret: "59c34571df31444de3faf6e21dd8cf0108c6fcd2ab3853b4a51b9acd7f2aff05",
        key: "087ab35d5cc5b75cd7cbf873db0feb56ca56e18167cf36c3289062c534282b24\
              1c5bfcd9dca746efe2f2d47597fd9c9ac68abd1513cdc4efbd1e73dc2ac16898",
        ed25519: "75f9ee9bac13fa35e7eb0e3ea8ded263382ca6bc0143c001305727c2131a9077",
        possession: "2dd07882b58a5b954ffa4f1dafa4482d553e400fec638e0aa467b2010cc79339\
                     0fc610be68ad1a5cc4666f6613b3c1b203d2335043a81eed91113e28de618ef3\
                     1fbd6a384b05819e5c65ab82fc993acbcff50bf9e66a1f67c2084064f832506a\
                     2a21eae4f67ca7aa2700416ca67b08616512176198e318195793faecbd5a775d",
    },
    Node {
        secret: "456b3742a7c3850c9820342c5664fb034b40bd56a03e0f8ba2fa0182d2b30d7a",
        key: "2b588ccff0f3b5f1e69997afc9553d2744a423c2ab10342b214f5ab51a711004\
              00848c4d0e2ca7f071713abf019cfcee32db8bc1a18e271a48b84f03fb5001fd",
        ed25519: "e3d5275092a4faa988819a6d5b4d0d25939892980a2710af68bfd1d0914f6d2f",
        possession: "0c0463671b0e3914640dada5181ec015672cdd3b0fb77a8696eb0156360aa879\
                     0864fbfe54a194e9faff68f745cb3642c5014358e5432895a95598b229436ede\
                     2328ccf60ec0800a63885b1a1720a79784a13c1df018927c704e525deebaf583\
                     1fb0a0f9c24282706755e7993794ee5f1fb513335500aa57c1449115f56c1d8d",
    },
];

/// The sum of what the first three nodes sign, which verifies under the sum of their keys and not under that of all.
fn aggregate(message: &Message) -> String {
    let point = message.to_point();
    let signatures: Vec<Signature> = NODES[..3].iter().map(|node| node.secret().sign(&point)).collect();
    let sum = signatures.iter().collect::<AggregateSignature>().signature().unwrap();
    let keys = NODES.map(|node| bls::PublicKey::decode(&node.key()).unwrap());
    let key_of = |keys: &[bls::PublicKey]| keys.iter().collect::<AggregateKey>().key().unwrap();
    assert!(!verify(&point, &key_of(&keys), &sum));
    assert!(verify(&point, &key_of(&keys[..3]), &sum));
    sum.to_string()
}

#[test]
fn tags_are_those_of_the_contract() {
    for (purpose, tag) in [
        (
            Purpose::Possession,
            "60731fb8ad9470eb09673e413914930bc77734c120db27156ef13f2a15e36fe5",
        ),
        (
            Purpose::Reward,
            "bdd97d1e6b8304cf77e0727cdc0d5accb3a8a3927fc0b84fa9ed1fe96d8f006d",
        ),
        (
            Purpose::Exit,
            "eba5f8f7d76f975bb119ce320e9eed1f6189ca78eae5685e6effc14013f9b72e",
        ),
        (
            Purpose::Liquidation,
            "65040d9a963cd13d3dd903c8799aa467f217a50dc46d0166d88d0631198d19ea",
        ),
        (
            Purpose::HashToField,
            "e2c6d5d958b68305d2696dd0955619db033a2b7b30b6b39c49a88fb1c2a98868",
        ),
    ] {
        assert_eq!(domain().tag(purpose).to_string(), tag, "{purpose:?}");
    }
}

#[test]
fn every_node_proves_that_it_has_its_key() {
    for node in &NODES {
        assert_eq!(node.secret().public_key().to_bytes(), node.key());
        let message = domain().possession(&node.key(), &OPERATOR.parse().unwrap(), &node.ed25519.parse().unwrap());
        assert_eq!(message.as_bytes().len(), 148);
        let point = message.to_point();
        assert_eq!(node.secret().sign(&point).to_string(), node.possession);
        let proof = Signature::decode(&node.possession.parse().unwrap()).unwrap();
        assert!(verify(&point, &node.secret().public_key(), &proof));
    }
}

#[test]
fn a_proof_of_possession_is_bound_to_the_operator() {
    let node = &NODES[0];
    let proof = Signature::decode(&node.possession.parse().unwrap()).unwrap();
    let other = domain().possession(&node.key(), &RECIPIENT.parse().unwrap(), &node.ed25519.parse().unwrap());
    assert!(!verify(&other.to_point(), &node.secret().public_key(), &proof));
}

#[test]
fn a_reward_is_signed_as_the_contract_accepted_it() {
    let message = domain().reward(&RECIPIENT.parse().unwrap(), Amount::from_atomic(123_456_789_012_345));
    assert_eq!(
        hex::encode(message.as_bytes()),
        "bdd97d1e6b8304cf77e0727cdc0d5accb3a8a3927fc0b84fa9ed1fe96d8f006d\
         70997970c51812dc3a010c7d01b50e0d17dc79c8000000000000000000000000\
         00000000000000000000000000007048860ddf79"
    );
    assert_eq!(
        aggregate(&message),
        "1e175947082298bfcb390f5bba6130475992b84a45925abdac831cc14c476ba9\
         2a7b0f1ba88aea8abc42c19e4322837c387d1e1229ae2ce4e9f0306bee27ac60\
         28a8525d6ff92d508934ce8d685420992135abe1d02a9899e2f6a87f0ddb2fef\
         1e4d4473e84ea9b0832e3360697115f6d7289d71e0c2abfa95909e255e5c75a7"
    );
}

#[test]
fn an_exit_is_signed_as_the_contract_accepted_it() {
    let message = domain().exit(&NODES[3].key(), Timestamp::from_seconds(1_900_000_000));
    assert_eq!(
        hex::encode(message.as_bytes()),
        "eba5f8f7d76f975bb119ce320e9eed1f6189ca78eae5685e6effc14013f9b72e\
         2b588ccff0f3b5f1e69997afc9553d2744a423c2ab10342b214f5ab51a711004\
         00848c4d0e2ca7f071713abf019cfcee32db8bc1a18e271a48b84f03fb5001fd\
         00000000000000000000000000000000000000000000000000000000713fb300"
    );
    assert_eq!(
        aggregate(&message),
        "2d25bf980aaa1eb924c6f48ca528ca0b4c3284a6929745c1a2c4f2adba24a7e3\
         28fafd43850a6626d9df97ed95077808feb486d2a61ec013031c2a6af55b8e2f\
         222e596d298ece987a781dfe172e9b044556bd73522c82c61c45da8c48e41114\
         1dce329b929f34d5c94da22bdeb83591cbf8d0dfc32fd90333f4d8ebed57a861"
    );
}

#[test]
fn a_liquidation_is_signed_as_the_contract_accepted_it() {
    let message = domain().liquidation(&NODES[3].key(), Timestamp::from_seconds(1_900_000_000));
    assert_eq!(
        hex::encode(message.as_bytes()),
        "65040d9a963cd13d3dd903c8799aa467f217a50dc46d0166d88d0631198d19ea\
         2b588ccff0f3b5f1e69997afc9553d2744a423c2ab10342b214f5ab51a711004\
         00848c4d0e2ca7f071713abf019cfcee32db8bc1a18e271a48b84f03fb5001fd\
         00000000000000000000000000000000000000000000000000000000713fb300"
    );
    assert_eq!(
        aggregate(&message),
        "1fb156aab8d842c1426bddc42a173f1d122792677e8984fc35c36d60f8d60af9\
         0b72746796821ef64fccd8d7c1ea9d23d09cd7af8617844c3056216e7f9ca475\
         0b984fe915a5b0628779566d402ea0a3284f8a5ae912e0f2d4b670dfc76bddf3\
         0d84bfb55982ed95ee33423826d6d7ff554861b832595ab601d11d6908c977b6"
    );
}

#[test]
fn a_swap_is_bound_to_the_swap_contract_and_hashed_for_the_rewards_contract() {
    let swap_contract: EthereumAddress = "a513e6e4b8f2a923d98304ec87f64353c4d5c853".parse().unwrap();
    let message = domain().swap(&swap_contract, &RECIPIENT.parse().unwrap(), Amount::from_atomic(5));
    let tag = keccak256_parts(&[
        b"BLS_SIG_TRYANDINCREMENT_SWAP",
        &hex::decode(format!("{:064x}", 31337)).unwrap(),
        swap_contract.as_ref(),
    ]);
    assert_eq!(hex::encode(message.as_bytes()), format!("{tag}{RECIPIENT}{:064x}", 5));
    assert_eq!(message.domain_tag(), &domain().tag(Purpose::HashToField));
    assert_ne!(
        message,
        domain().reward(&RECIPIENT.parse().unwrap(), Amount::from_atomic(5))
    );
}

#[test]
fn an_uptime_proof_has_no_tag_and_no_contract() {
    let service_node = PublicKey::new([7; 32]);
    let message = Message::uptime_proof(31337, &NODES[0].key(), &service_node);
    assert_eq!(
        hex::encode(message.as_bytes()),
        format!("{}{service_node}", NODES[0].key)
    );
    assert_eq!(
        message.domain_tag(),
        &BridgeDomain::before_contract(31337).tag(Purpose::HashToField)
    );
}

#[test]
fn no_two_purposes_chains_or_contracts_share_a_tag() {
    let purposes = [
        Purpose::Possession,
        Purpose::Reward,
        Purpose::Exit,
        Purpose::Liquidation,
        Purpose::Swap,
        Purpose::HashToField,
    ];
    let mut tags = std::collections::BTreeSet::new();
    for chain_id in [1, 31337] {
        for contract in [EthereumAddress::ZERO, RECIPIENT.parse().unwrap()] {
            let domain = BridgeDomain { chain_id, contract };
            tags.extend(purposes.map(|purpose| domain.tag(purpose)));
        }
    }
    assert_eq!(tags.len(), 4 * purposes.len());
}
