//! Known answers of the contract's library and of the reference node.

use crate::{
    bls::{
        MessagePoint, PointError, PublicKey, SecretKey, SecretKeyError, Signature,
        hash_to_curve::{Candidate, Negate, clear_cofactor, expand_message, hash_to_field, map_to_curve, square_root},
        verify,
    },
    message::{BridgeDomain, Purpose},
};
use ark_bn254::{Config, Fq, Fq2, G2Affine};
use ark_ec::{AffineRepr, CurveConfig, bn::BnConfig};
use ark_ff::{Field, MontFp, PrimeField};
use oxen_types::{
    Amount, Hash,
    bytes::{BlsSignature, EthereumAddress},
    keccak256,
};

const ASDF_TAG: &str = "ff54977c9d08fb9098f6beae0e4634cb9b2d4c2b9c86f0b3e2f2f0073b73f51c";

#[test]
fn asdf_expands_as_in_the_contract() {
    let expanded = expand_message(&[b"asdf"], &ASDF_TAG.parse().unwrap());
    let blocks = [
        "a9289d6c3626c2275c7f94a2aec2b47e90522afcfacea9d7d2d6d758bfcd0209",
        "e929d19bf0b1b42ec2674bc2d6395aa7a1d5988766413feb1aa4dc9c2e87a15d",
        "d34bd9627c1e82adcdb3359afde8ddc5946db33c4255c47497956d677155af6b",
        "47debeec9747b0b08909e419594a087497df70f8b60fdc66ebb577dab9a33696",
    ];
    assert_eq!(hex::encode(expanded), blocks.concat());
}

#[test]
fn asdf_falls_on_the_contracts_coordinate() {
    let candidate = Candidate {
        x: Fq2::new(
            MontFp!("307410635215970536626579586125711284326114787973043528925905382633054236085"),
            MontFp!("1183035087006320090803410940370628752170722813268233981705860145243604330069"),
        ),
        negate: Negate::No,
    };
    assert_eq!(hash_to_field(&[b"asdf"], &ASDF_TAG.parse().unwrap()), candidate);
}

#[test]
fn square_roots_are_the_ones_that_the_contract_takes() {
    for (square, root) in [
        (
            Fq2::new(
                MontFp!("18400763209162137698378342072679747343805045379991482883044659141807904813804"),
                MontFp!("3757716903061301937348252070019908304499894848840852657694527662312163652493"),
            ),
            Fq2::new(
                MontFp!("21113773905939110219807704586191458336348141462234245963448200970029289972960"),
                MontFp!("4757623815106826332652416853619432081835467211624617316558602106633360047377"),
            ),
        ),
        (
            Fq2::new(
                MontFp!("18643117260133094081555630496908182148979888402907667429281989499686433042481"),
                MontFp!("18767426827650792022715527615257676532671283520119768371866051896505585913537"),
            ),
            Fq2::new(
                MontFp!("13983740723413048141287686746094829568564621238524191737326450062318360253841"),
                MontFp!("7253166406823230892838512371946295413549476296573503802098707278836650652634"),
            ),
        ),
        (
            Fq2::new(
                MontFp!("8003427931889017305260233532064766566259865014312993643669489451621672874553"),
                MontFp!("8255214349881287197796283279515869829321316620831837079694717882055223224849"),
            ),
            Fq2::new(
                MontFp!("16601660172989674590467103759517356028828864343517310912312924127793849257441"),
                MontFp!("7249251494535356504402176277173612222981755570353172297173865703654518619480"),
            ),
        ),
    ] {
        assert_eq!(square_root(square), Some(root));
    }
}

#[test]
fn roots_of_real_numbers_are_real_or_imaginary() {
    let nine = Fq2::from(9);
    assert_eq!(square_root(nine).map(|root| root.square()), Some(nine));
    assert_eq!(square_root(nine).map(|root| root.c1), Some(Fq::from(0)));
    assert_eq!(square_root(-nine).map(|root| root.square()), Some(-nine));
    assert_eq!(square_root(-nine).map(|root| root.c0), Some(Fq::from(0)));
    // 9 + i is the number that no element of the field is the square of.
    assert_eq!(square_root(Fq2::new(Fq::from(9), Fq::from(1))), None);
}

#[test]
fn the_normative_cofactor_formula_is_not_the_plain_cofactor() {
    let point = (0..=u8::MAX)
        .find_map(|counter| map_to_curve(&hash_to_field(&[b"asdf", &[counter]], &Hash::ZERO)))
        .unwrap();
    let cleared = clear_cofactor(point);
    assert!(cleared.is_on_curve() && cleared.is_in_correct_subgroup_assuming_on_curve());
    assert_ne!(cleared, point.mul_by_cofactor());
    let order = <<Config as BnConfig>::G2Config as CurveConfig>::ScalarField::MODULUS;
    assert_eq!(cleared.mul_bigint(order), G2Affine::zero().into_group());
}

/// The key with which the reference's own tests sign.
fn reference_key() -> SecretKey {
    let bytes = hex::decode("0123456789abcdef".repeat(4)).unwrap();
    SecretKey::from_bytes(&bytes.try_into().unwrap()).unwrap()
}

#[test]
fn the_reference_nodes_key_has_its_public_key() {
    let public = "14c6615c4fbecfa4a2c2197ae8152904ce2c0d9daab228650993959c9d5c322c\
                  1310113ec96bd4f56c1a3abb96dea45ffb8d785ea7a55faf38e12bfd92ba179b";
    assert_eq!(reference_key().public_key().to_string(), public);
    assert_eq!(
        PublicKey::decode(&public.parse().unwrap()),
        Ok(reference_key().public_key())
    );
}

#[test]
fn the_reference_nodes_signatures_are_ours() {
    for (message, contract, signature) in [
        (
            "hello world!",
            EthereumAddress::ZERO,
            "28dcb2b1512acd2eb2405c6e25cdfa3172b3f3244f4f13b32c5cb0a6e52de22f\
             1d1c84e8b728675709c43c53d465601fb7cde902470547fc92e39f47820a2cc3\
             25c76fabbab649f9e786d727cc4c5123e1ec677087b920cc3bcd7e6701ed3953\
             236410a224c9ba5eccf6189533838c9ef8e0b4354ae11556c705650b9d6a7cc6",
        ),
        (
            "Hello World!\n",
            "3433798131a72d99c5779e2b4998b17039941f7b".parse().unwrap(),
            "219efae61cb5c45e0d5a253a1438d03006f324971668579bd31494390b02982e\
             0341f283f79d1c2adfa74005a2948c0092a3ed4d683e6488880047c31b4811e5\
             1684a9fe7e85c7aaca017c770294aa08fa9303e659773f11b1369cd541c395b1\
             2a66ecf20e0372b8cff3a52f65442c96c5eb3fe066bdb50f1f1c82898d80df9e",
        ),
    ] {
        let domain = BridgeDomain {
            chain_id: 42161,
            contract,
        };
        let point = domain
            .untagged(keccak256(message.as_bytes()).as_ref().to_vec())
            .to_point();
        assert_eq!(reference_key().sign(&point).to_string(), signature, "{message}");
        let decoded = Signature::decode(&signature.parse().unwrap()).unwrap();
        assert!(verify(&point, &reference_key().public_key(), &decoded));
    }
}

#[test]
fn a_domain_without_a_contract_has_the_zero_address() {
    let domain = BridgeDomain::before_contract(42161);
    assert_eq!(domain.contract, EthereumAddress::ZERO);
    assert_ne!(domain.tag(Purpose::Reward), domain.tag(Purpose::Swap));
}

#[test]
fn a_secret_key_that_is_zero_is_refused() {
    let order = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    for zero in [[0; 32], hex::decode(order).unwrap().try_into().unwrap()] {
        assert_eq!(SecretKey::from_bytes(&zero).map(|_| ()), Err(SecretKeyError::Zero));
    }
}

#[test]
fn a_key_made_of_random_bytes_has_255_bits() {
    let key = SecretKey::from_random(&[0xff; 32]).unwrap();
    assert_eq!(hex::encode(key.to_bytes().as_slice()), format!("7f{}", "ff".repeat(31)));
    let again = SecretKey::from_bytes(key.to_bytes()).unwrap();
    assert_eq!(again.public_key(), key.public_key());
}

#[test]
fn secret_keys_do_not_print() {
    assert_eq!(format!("{:?}", reference_key()), "SecretKey(secret)");
}

const PRIME: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";

fn key_error(bytes: &str) -> PointError {
    PublicKey::decode(&bytes.parse().unwrap()).unwrap_err()
}

fn word(number: u8) -> String {
    format!("{number:064x}")
}

#[test]
fn keys_that_the_contract_would_refuse_are_refused() {
    assert!(PublicKey::decode(&(word(1) + &word(2)).parse().unwrap()).is_ok());
    assert_eq!(key_error(&"0".repeat(128)), PointError::Infinity);
    assert_eq!(key_error(&(word(1) + &word(3))), PointError::NotOnCurve);
    assert_eq!(key_error(&(word(0) + &word(2))), PointError::ZeroCoordinate);
    assert_eq!(key_error(&(word(1) + &word(0))), PointError::ZeroCoordinate);
    assert_eq!(key_error(&(PRIME.to_owned() + &word(2))), PointError::NotInField);
    assert_eq!(key_error(&(word(1) + &"f".repeat(64))), PointError::NotInField);
}

#[test]
fn signatures_that_the_contract_would_refuse_are_refused() {
    let good = reference_key().sign(
        &BridgeDomain::before_contract(1)
            .untagged(b"message".to_vec())
            .to_point(),
    );
    let refused = |change: &dyn Fn(&mut [u8; 128])| {
        let mut bytes = good.to_bytes().to_bytes();
        change(&mut bytes);
        Signature::decode(&BlsSignature::new(bytes)).unwrap_err()
    };
    assert_eq!(refused(&|bytes| bytes.fill(0)), PointError::Infinity);
    assert_eq!(refused(&|bytes| bytes[127] ^= 1), PointError::NotOnCurve);
    assert_eq!(
        refused(&|bytes| bytes[..32].copy_from_slice(&hex::decode(PRIME).unwrap())),
        PointError::NotInField
    );
    // The contract's order of a key's coordinates: imaginary parts first.
    assert_eq!(
        refused(&|bytes| {
            bytes[..64].rotate_left(32);
            bytes[64..].rotate_left(32);
        }),
        PointError::NotOnCurve
    );
}

#[test]
fn a_point_outside_the_group_of_prime_order_is_no_signature() {
    let outside = map_to_curve(&hash_to_field(&[b"asdf", &[0]], &Hash::ZERO))
        .or_else(|| map_to_curve(&hash_to_field(&[b"asdf", &[1]], &Hash::ZERO)))
        .or_else(|| map_to_curve(&hash_to_field(&[b"asdf", &[2]], &Hash::ZERO)))
        .unwrap();
    let bytes = Signature(outside).to_bytes();
    assert_eq!(Signature::decode(&bytes), Err(PointError::NotInGroup));
}

/// The domain of the vectors of bridge §8.2.
fn domain() -> BridgeDomain {
    BridgeDomain {
        chain_id: 31337,
        contract: "5fc8d32690cc91d4c39d9d3abcbd16989f875707".parse().unwrap(),
    }
}

const RECIPIENT: &str = "70997970c51812dc3a010c7d01b50e0d17dc79c8";

#[test]
fn a_reward_has_the_point_of_the_vectors_before_and_after_the_cofactor() {
    let message = domain().reward(&RECIPIENT.parse().unwrap(), Amount::from_atomic(123_456_789_012_345));
    let candidate = hash_to_field(&[message.as_bytes(), &[0]], message.domain_tag());
    let mapped = map_to_curve(&candidate).unwrap();
    assert_eq!(
        Signature(mapped).to_string(),
        "1b98c88486539774e65c4122aa3a02dbeb7ec3036d600a6a37fa3cb73f81032a\
         0546e6cae22f351b3b4a6ad0b2da5c97bcb712548e4f2d93ef0c3e04da2f462e\
         1c5e6152a1504201050d650d3e25f20feafe6df01e51e21c3243407e8bdccb64\
         253ff5bb11038309d47450cac0f098ea57fdb2f5ba6422f4838ed614191f88d1"
    );
    assert_eq!(MessagePoint(clear_cofactor(mapped)), message.to_point());
    let hashed = Signature(message.to_point().0).to_string();
    assert_eq!(
        hashed,
        "1312803043ef01e8dab3d3ac3387047de7f0e06960fca8c44c532dff1fa32e43\
         265a6245e3fd208898f4ebbb7257340584fc0c5d844c1dad93d1ac301d4cbcb1\
         03d13b94b73645a32caa205605dae423eb396d8edf3b78bee09fd64bf66a4b7f\
         2da547370dc81a9278ad11bf290b16ba4fc37723c5e1359b6e6d6cb10ff7a1ce"
    );
}

#[test]
fn a_message_without_a_point_at_first_is_tried_again() {
    let message = domain().reward(&RECIPIENT.parse().unwrap(), Amount::from_atomic(2));
    let found = |counter: u8| map_to_curve(&hash_to_field(&[message.as_bytes(), &[counter]], message.domain_tag()));
    assert_eq!((0..=u8::MAX).find(|counter| found(*counter).is_some()), Some(3));
    assert_eq!(
        Signature(message.to_point().0).to_string(),
        "2fc98600c38fe5fe276cc843ca2faa2dbda71d8313b1df7d3d115df0c5054710\
         1111b61797bec38c76521240c93ad520653d2c89b9aed99d651294f565e9f8a0\
         0d8160d19ac0d21641c861981609ebb6d14e09d8d09da3a61f3669ab95c83d07\
         079310f1f9a5b44c29bdcc9491607de087d33848f120c1df257356ca0e3bdb54"
    );
}
