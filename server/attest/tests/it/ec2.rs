//! Instance identity documents of EC2.

use crate::forge::{
    base64,
    certificate::Certificate,
    check, der, keys, message,
    message::{DSA_WITH_SHA1, Message, RSA, SHA1, SHA256_WITH_RSA, SIGNED_DATA},
    now,
};
use jiff::{SignedDuration, Timestamp};
use muster_attest::{
    ec2::{Attestor, RegionKeys},
    evidence::Ec2Evidence,
    identity::{Facts, Identity, Provider},
    refusal::Refusal,
};
use rsa::RsaPrivateKey;
use std::sync::LazyLock;

const DAY: SignedDuration = SignedDuration::from_hours(24);

pub const DOCUMENT: &str = r#"{
  "accountId" : "123456789012", "architecture" : "x86_64", "availabilityZone" : "eu-west-1a", "billingProducts" : null,
  "imageId" : "ami-0fa9e1f64142cde17", "instanceId" : "i-0123456789abcdef0", "instanceType" : "t3.small",
  "pendingTime" : "2026-11-30T11:00:00Z", "privateIp" : "10.0.0.9", "region" : "eu-west-1", "version" : "2017-09-30"
}"#;

/// A self-signed certificate, as AWS publishes one for each Region.
fn region_certificate(key: &RsaPrivateKey) -> Vec<u8> {
    Certificate::new("Amazon", "Amazon", keys::rsa_public_key(key)).authority().signed_by_rsa(key)
}

/// Knows eu-west-1, and us-east-1 with another key.
static ATTESTOR: LazyLock<Attestor> = LazyLock::new(|| {
    let genuine = region_certificate(&keys::GENUINE).into();
    let foreign = region_certificate(&keys::FOREIGN).into();
    let keys = RegionKeys::new([("eu-west-1", &genuine), ("us-east-1", &foreign)]).expect("readable");
    Attestor::new(keys, DAY)
});

pub fn attest_base64(rsa2048: String) -> Result<Identity, Refusal> {
    ATTESTOR.attest(&Ec2Evidence { rsa2048, document: None }, now())
}

pub fn attest(encoded: &[u8]) -> Result<Identity, Refusal> {
    attest_base64(base64(encoded))
}

fn attest_with(document: &str) -> Result<Identity, Refusal> {
    let rsa2048 = base64(&Message::ec2(DOCUMENT).encode());
    ATTESTOR.attest(&Ec2Evidence { rsa2048, document: Some(document.to_owned()) }, now())
}

#[test]
fn accepts_a_genuine_document() {
    let identity = attest(&Message::ec2(DOCUMENT).encode()).expect("genuine");
    let expected = Identity {
        provider: Provider::Aws,
        account: "123456789012".to_owned(),
        instance: "i-0123456789abcdef0".to_owned(),
        location: Some("eu-west-1".to_owned()),
        facts: Facts::Ec2 {
            pending_time: "2026-11-30T11:00:00Z".parse().expect("a time"),
            image_id: Some("ami-0fa9e1f64142cde17".to_owned()),
            instance_type: Some("t3.small".to_owned()),
            availability_zone: Some("eu-west-1a".to_owned()),
        },
    };
    assert_eq!(identity, expected);
    // DER instead of BER, certificates that are not needed, and attributes that are not signed change nothing.
    let message = Message::ec2(DOCUMENT);
    for message in [
        Message { is_ber: false, ..message.clone() },
        Message { signature_algorithm: RSA, ..message.clone() },
        Message { extra_attributes: 14, ..message.clone() },
        Message { certificates: vec![region_certificate(&keys::FOREIGN)], ..message.clone() },
        Message { unsigned_attributes: Some(der::sequence(&[])), ..message },
    ] {
        assert_eq!(attest(&message.encode()).expect("genuine"), expected);
    }
    assert_eq!(attest_with(DOCUMENT).expect("the signed document"), expected);
}

/// Two documents that AWS signed.
#[test]
fn accepts_documents_that_aws_signed() {
    for (vector, account, instance, region, pending) in [
        (
            include_str!("vectors/ec2-us-west-2.txt"),
            "278576220453",
            "i-078517ca8a70a1dde",
            "us-west-2",
            "2021-09-03T21:25:44Z",
        ),
        (
            include_str!("vectors/ec2-us-west-1.txt"),
            "883474662888",
            "i-01b940c45fd11fe74",
            "us-west-1",
            "2021-09-11T00:14:18Z",
        ),
    ] {
        let pending: Timestamp = pending.parse().expect("a time");
        let evidence = Ec2Evidence { rsa2048: vector.to_owned(), document: None };
        let attestor = Attestor::new(RegionKeys::built_in().expect("readable"), DAY);
        let identity = attestor.attest(&evidence, pending + DAY).expect("genuine");
        assert_eq!((identity.account.as_str(), identity.instance.as_str()), (account, instance));
        assert_eq!(identity.location.as_deref(), Some(region));
        assert!(matches!(identity.facts, Facts::Ec2 { pending_time, .. } if pending_time == pending));
        let late = attestor.attest(&evidence, pending + DAY + SignedDuration::from_secs(1));
        check(region, late, ("stale", "started too long ago"));
        let unknown = ATTESTOR.attest(&evidence, pending);
        check(region, unknown, ("evidence_invalid", "no certificate is pinned"));
    }
}

#[test]
fn refuses_forged_messages() {
    let genuine = Message::ec2(DOCUMENT);
    let attacker = region_certificate(&keys::FOREIGN);
    let invalid = |reason| ("evidence_invalid", reason);
    let other_key = invalid("does not match the provider's key");
    let us_east_1 = DOCUMENT.replace("eu-west-1", "us-east-1");
    for (name, message, expected) in [
        ("attacker's key", Message { key: &keys::FOREIGN, ..genuine.clone() }, other_key),
        (
            "attacker's certificate with the issuer and serial number of AWS",
            Message { key: &keys::FOREIGN, certificates: vec![attacker.clone()], ..genuine.clone() },
            other_key,
        ),
        (
            "both certificates",
            Message {
                key: &keys::FOREIGN,
                certificates: vec![region_certificate(&keys::GENUINE), attacker],
                ..genuine.clone()
            },
            other_key,
        ),
        ("another Region's key", Message::ec2(&us_east_1), other_key),
        (
            "content that is not the signed one",
            Message {
                content: DOCUMENT.replace("123456789012", "210987654321").into(),
                signed_content: Some(DOCUMENT.into()),
                ..genuine.clone()
            },
            invalid("digest is not the content's"),
        ),
        ("no signed attributes", Message { has_attributes: false, ..genuine.clone() }, invalid("no signed attributes")),
        ("two signers", Message { signers: 2, ..genuine.clone() }, invalid("more than one signer")),
        ("no signer", Message { signers: 0, ..genuine.clone() }, invalid("no signer")),
        ("detached", Message { is_detached: true, ..genuine.clone() }, invalid("no content")),
        ("SHA-1", Message { digest_algorithm: SHA1, ..genuine.clone() }, invalid("not SHA-256")),
        (
            "the digest as Azure names it",
            Message { digest_algorithm: SHA256_WITH_RSA, ..genuine.clone() },
            invalid("not SHA-256"),
        ),
        ("DSA", Message { signature_algorithm: DSA_WITH_SHA1, ..genuine.clone() }, invalid("not RSA")),
        (
            "DSA with SHA-1, as in the signature `pkcs7`",
            Message { digest_algorithm: SHA1, signature_algorithm: DSA_WITH_SHA1, ..genuine.clone() },
            invalid("not SHA-256"),
        ),
        ("nested message", Message { content_type: SIGNED_DATA, ..genuine.clone() }, invalid("content type")),
        (
            "other signed content type",
            Message { signed_content_type: SIGNED_DATA, ..genuine.clone() },
            invalid("content type"),
        ),
        ("17 attributes", Message { extra_attributes: 15, ..genuine.clone() }, ("malformed", "too many")),
        (
            "attributes without a length",
            Message { has_indefinite_attributes: true, ..genuine.clone() },
            ("malformed", "not in DER"),
        ),
        ("two digests", Message { has_digest_twice: true, ..genuine.clone() }, ("malformed", "twice")),
        (
            "many certificates",
            Message { certificates: vec![region_certificate(&keys::GENUINE); 6], ..genuine.clone() },
            invalid("too many certificates"),
        ),
    ] {
        check(name, attest(&message.encode()), expected);
    }
}

#[test]
fn refuses_encodings_that_are_not_one_message() {
    let genuine = Message::ec2(DOCUMENT).encode();
    let malformed = |reason| ("malformed", reason);
    let mut other_version = genuine.clone();
    let version = other_version.windows(3).position(|window| window == [2, 1, 1]).expect("a version");
    other_version[version + 2] = 3;
    for (name, encoded, expected) in [
        ("empty", Vec::new(), malformed("truncated")),
        ("not PKCS#7", DOCUMENT.as_bytes().to_vec(), malformed("PKCS#7")),
        ("trailing byte", [genuine.as_slice(), &[0]].concat(), malformed("after its end")),
        ("trailing value", [genuine.as_slice(), &[5, 0]].concat(), malformed("after its end")),
        ("a second message", [genuine.as_slice(), &genuine].concat(), malformed("after its end")),
        ("nested 10,000 times", [0x30, 0x80].repeat(10_000), malformed("nested too deeply")),
        (
            "nested in content",
            [&[0x30, 0x80][..], &[0x24, 0x80].repeat(10_000)].concat(),
            malformed("nested too deeply"),
        ),
        ("2 GB", vec![0x30, 0x84, 0x80, 0, 0, 0], malformed("truncated")),
        ("2^64 bytes", [&[0x30, 0x88][..], &[0xff; 8]].concat(), malformed("too long")),
        ("version 3", other_version, malformed("version 1")),
        ("data instead of signed data", der::sequence(&[&der::oid(message::DATA)]), malformed("not signed PKCS#7")),
    ] {
        check(name, attest(&encoded), expected);
    }
    for length in 0..genuine.len() {
        check("truncated", attest(&genuine[..length]), malformed(""));
    }
    for text in ["%", "MIAG!", "MIAGC", "data:MIAG", "MIAG=="] {
        check(text, attest_base64(text.to_owned()), malformed("base64"));
    }
}

#[test]
fn refuses_wrong_documents_that_are_genuinely_signed() {
    let invalid = |reason| ("evidence_invalid", reason);
    for (name, document, expected) in [
        ("no JSON", "nothing".to_owned(), invalid("not one JSON object")),
        ("a list", format!("[{DOCUMENT}]"), invalid("not one JSON object")),
        ("two objects", format!("{DOCUMENT}{DOCUMENT}"), invalid("not one JSON object")),
        (
            "duplicate account",
            DOCUMENT.replacen('{', r#"{"accountId":"210987654321","#, 1),
            invalid("without duplicates"),
        ),
        ("no Region", DOCUMENT.replace(r#""region""#, r#""regions""#), invalid("not a Region")),
        ("a path as Region", DOCUMENT.replace(r#""eu-west-1""#, r#""../eu-west-1""#), invalid("not a Region")),
        ("a list of Regions", DOCUMENT.replace(r#""eu-west-1""#, r#"["eu-west-1"]"#), invalid("not a Region")),
        ("unknown Region", DOCUMENT.replace(r#""eu-west-1""#, r#""eu-west-9""#), invalid("no certificate is pinned")),
        ("short account", DOCUMENT.replace("123456789012", "12345678901"), invalid("accountId")),
        ("account as number", DOCUMENT.replace(r#""123456789012""#, "123456789012"), invalid("accountId")),
        ("other instance id", DOCUMENT.replace("i-0123456789abcdef0", "mi-0123456789abcdef0"), invalid("instanceId")),
        (
            "upper-case instance id",
            DOCUMENT.replace("i-0123456789abcdef0", "i-0123456789ABCDEF0"),
            invalid("instanceId"),
        ),
        ("unknown version", DOCUMENT.replace("2017-09-30", "2027-09-30"), invalid("version")),
        ("no pendingTime", DOCUMENT.replace("pendingTime", "pending"), invalid("pendingTime")),
        ("a day without time", DOCUMENT.replace("2026-11-30T11:00:00Z", "2026-11-30"), invalid("pendingTime")),
        (
            "61 seconds in the future",
            DOCUMENT.replace("2026-11-30T11:00:00Z", "2026-11-30T12:01:01Z"),
            ("stale", "in the future"),
        ),
        (
            "a day and a second old",
            DOCUMENT.replace("2026-11-30T11:00:00Z", "2026-11-29T11:59:59Z"),
            ("stale", "started too long ago"),
        ),
    ] {
        check(name, attest(&Message::ec2(&document).encode()), expected);
    }
    for time in ["2026-11-30T12:01:00Z", "2026-11-29T12:00:00Z"] {
        let document = DOCUMENT.replace("2026-11-30T11:00:00Z", time);
        attest(&Message::ec2(&document).encode()).expect(time);
    }
}

#[test]
fn refuses_a_plain_document_that_differs_from_the_signed_one() {
    for document in [
        DOCUMENT.replace("123456789012", "210987654321"),
        format!("{DOCUMENT}\n"),
        DOCUMENT.trim_end_matches('}').to_owned(),
        String::new(),
    ] {
        check(&document, attest_with(&document), ("evidence_invalid", "differs from the signed one"));
    }
}
