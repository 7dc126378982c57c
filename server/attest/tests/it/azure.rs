//! Attested documents of Azure.

use crate::forge::{
    self, NONCE, base64,
    certificate::Certificate,
    check, der, keys,
    message::{DSA_WITH_SHA1, Message, SHA1, SHA256},
    now,
};
use jiff::Timestamp;
use muster_attest::{
    azure::{Attestor, Cloud, Roots},
    evidence::AzureEvidence,
    identity::{Facts, Identity, Provider},
    refusal::Refusal,
};
use rsa::RsaPrivateKey;
use std::sync::LazyLock;

const NAME: &str = "eastus.metadata.azure.com";
/// Seeds of the keys of authorities.
const ROOT: u8 = 1;
const INTERMEDIATE: u8 = 2;
const FOREIGN_ROOT: u8 = 3;

pub static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    format!(
        r#"{{"licenseType":"","nonce":"{NONCE}","plan":{{"name":"","product":""}},"sku":"22_04-lts-gen2",
        "subscriptionId":"8D10DA13-8125-4ba9-A717-bf7490507b3d",
        "timeStamp":{{"createdOn":"11/30/26 11:59:00 -0000","expiresOn":"11/30/26 17:59:00 -0000"}},
        "vmId":"02aab8a4-74ef-476e-8182-f6d2ba4166a6"}}"#
    )
});

fn authority(subject: &'static str, issuer: &'static str, seed: u8) -> Certificate {
    Certificate::new(subject, issuer, keys::ec_public_key(&keys::ec_key(seed))).authority()
}

fn root() -> Vec<u8> {
    authority("Root", "Root", ROOT).signed_by_ec(ROOT)
}

fn intermediate() -> Vec<u8> {
    authority("Intermediate", "Root", INTERMEDIATE).signed_by_ec(ROOT)
}

fn leaf_of(key: &RsaPrivateKey) -> Certificate {
    Certificate { names: vec![NAME], ..Certificate::new("Leaf", "Intermediate", keys::rsa_public_key(key)) }
}

fn leaf() -> Vec<u8> {
    leaf_of(&keys::GENUINE).signed_by_ec(INTERMEDIATE)
}

static ATTESTOR: LazyLock<Attestor> = LazyLock::new(|| {
    let root = root().into();
    Attestor::new(Roots::new([("Root", &root)]).expect("readable"))
});

fn attest_at(encoded: &[u8], intermediates: &[Vec<u8>], now: Timestamp) -> Result<Identity, Refusal> {
    let intermediates = intermediates.iter().map(|der| base64(der)).collect();
    let evidence = AzureEvidence { signature: base64(encoded), intermediates };
    ATTESTOR.attest(&evidence, &forge::challenge(Provider::Azure), now)
}

pub fn attest(encoded: &[u8]) -> Result<Identity, Refusal> {
    attest_at(encoded, &[intermediate()], now())
}

pub fn message(document: &str) -> Message<'static> {
    Message::azure(document, vec![leaf()])
}

#[test]
fn accepts_a_genuine_document() {
    let identity = attest(&message(&DOCUMENT).encode()).expect("genuine");
    let expected = Identity {
        provider: Provider::Azure,
        account: "8d10da13-8125-4ba9-a717-bf7490507b3d".to_owned(),
        instance: "02aab8a4-74ef-476e-8182-f6d2ba4166a6".to_owned(),
        location: None,
        facts: Facts::Azure {
            cloud: Cloud::Public,
            created_on: "2026-11-30T11:59:00Z".parse().expect("a time"),
            expires_on: "2026-11-30T17:59:00Z".parse().expect("a time"),
            sku: Some("22_04-lts-gen2".to_owned()),
        },
    };
    assert_eq!(identity, expected);
    let genuine = message(&DOCUMENT);
    for (name, message) in [
        ("with attributes", Message { has_attributes: true, ..genuine.clone() }),
        ("SHA-256 by its own name", Message { digest_algorithm: SHA256, ..genuine.clone() }),
        ("BER", Message { is_ber: true, ..genuine.clone() }),
        ("unsigned attributes", Message { unsigned_attributes: Some(der::sequence(&[])), ..genuine.clone() }),
        ("timestamp in lower case", self::message(&DOCUMENT.replace("timeStamp", "timestamp"))),
    ] {
        assert_eq!(attest(&message.encode()).expect(name), expected);
    }
    // Intermediates may be in the message, superfluous, or unreadable.
    let complete = Message { certificates: vec![intermediate(), leaf()], ..genuine.clone() };
    assert_eq!(attest_at(&complete.encode(), &[], now()).expect("complete"), expected);
    let sent = [root(), vec![1, 2, 3], intermediate(), leaf()];
    assert_eq!(attest_at(&genuine.encode(), &sent, now()).expect("superfluous"), expected);
}

#[test]
fn names_the_cloud_of_the_signer() {
    for (name, cloud) in [
        ("metadata.azure.com", Cloud::Public),
        ("*.metadata.azure.com", Cloud::Public),
        ("usgovvirginia.metadata.azure.us", Cloud::Government),
        ("chinanorth.metadata.azure.cn", Cloud::China),
    ] {
        let leaf = Certificate { names: vec!["portal.test", name], ..leaf_of(&keys::GENUINE) };
        let message = Message::azure(&DOCUMENT, vec![leaf.signed_by_ec(INTERMEDIATE)]);
        let identity = attest(&message.encode()).expect(name);
        assert!(matches!(identity.facts, Facts::Azure { cloud: found, .. } if found == cloud), "{name}");
    }
}

#[test]
fn refuses_wrong_certificates() {
    let invalid = |reason| ("evidence_invalid", reason);
    let leaf_with = |change: &dyn Fn(&mut Certificate)| {
        let mut leaf = leaf_of(&keys::GENUINE);
        change(&mut leaf);
        Message::azure(&DOCUMENT, vec![leaf.signed_by_ec(INTERMEDIATE)])
    };
    let named = |name: &'static str| leaf_with(&move |leaf| leaf.names = vec![name]);
    let other_name = invalid("not for Azure's metadata service");
    let validity = invalid("expired or not yet valid");
    let chain = invalid("chain of the signer's certificate is not valid");
    let self_signed = Certificate { issuer: "Leaf", ..leaf_of(&keys::GENUINE) }.signed_by_rsa(&keys::GENUINE);
    for (name, message, expected) in [
        ("evil prefix", named("evilmetadata.azure.com"), other_name),
        ("evil suffix", named("metadata.azure.com.evil.test"), other_name),
        ("another name of Azure", named("management.azure.com"), other_name),
        ("no name", leaf_with(&|leaf| leaf.names.clear()), other_name),
        (
            "name only in the subject",
            leaf_with(&|leaf| {
                leaf.names.clear();
                leaf.subject = NAME;
            }),
            other_name,
        ),
        ("expired", leaf_with(&|leaf| leaf.not_after = "261130115959Z"), validity),
        ("not yet valid", leaf_with(&|leaf| leaf.not_before = "261130120001Z"), validity),
        ("an authority's", leaf_with(&|leaf| leaf.is_authority = true), chain),
        (
            "self-signed",
            Message { signer_name: "Leaf", ..Message::azure(&DOCUMENT, vec![self_signed]) },
            invalid("does not lead to a pinned root"),
        ),
        (
            "unknown authority with a known name",
            Message::azure(&DOCUMENT, vec![leaf_of(&keys::GENUINE).signed_by_ec(FOREIGN_ROOT)]),
            chain,
        ),
    ] {
        check(name, attest(&message.encode()), expected);
    }
    // Somebody's genuine certificate of the same authority, which signs others although it is no authority's.
    let holder_key = keys::ec_public_key(&keys::ec_key(9));
    let holder = Certificate { names: vec!["vm.test"], ..Certificate::new("Holder", "Intermediate", holder_key) };
    let issued = Certificate { issuer: "Holder", ..leaf_of(&keys::GENUINE) }.signed_by_ec(9);
    let message = Message { signer_name: "Holder", ..Message::azure(&DOCUMENT, vec![issued]) };
    let result = attest_at(&message.encode(), &[holder.signed_by_ec(INTERMEDIATE), intermediate()], now());
    check("issued by no authority", result, chain);
    let genuine = self::message(&DOCUMENT).encode();
    let old = Certificate { not_after: "261130115959Z", ..authority("Intermediate", "Root", INTERMEDIATE) };
    let old = old.signed_by_ec(ROOT);
    let foreign = authority("Intermediate", "Root", INTERMEDIATE).signed_by_ec(FOREIGN_ROOT);
    let leaf_as_authority = leaf_of(&keys::GENUINE).signed_by_ec(INTERMEDIATE);
    for (name, intermediates, expected) in [
        ("no intermediate", vec![], invalid("send its intermediates")),
        ("an intermediate of somebody else", vec![foreign], chain),
        ("an expired intermediate", vec![old], validity),
        ("not an intermediate", vec![leaf_as_authority], invalid("send its intermediates")),
        ("five intermediates", vec![intermediate(); 5], ("malformed", "too many intermediates")),
        ("a huge intermediate", vec![vec![0x30; 9000]], ("malformed", "too long")),
    ] {
        check(name, attest_at(&genuine, &intermediates, now()), expected);
    }
}

/// The forgeries that verifiers accept which look for a good certificate and a good signature, but not of the same signer.
#[test]
fn refuses_a_genuine_certificate_beside_another_signature() {
    let foreign = |subject, issuer| Certificate { subject, issuer, serial: 9, ..leaf_of(&keys::FOREIGN) };
    let attacker = foreign("Attacker", "Attacker").signed_by_rsa(&keys::FOREIGN);
    let same_number = Certificate { serial: 7, ..foreign("Leaf", "Intermediate") }.signed_by_rsa(&keys::FOREIGN);
    // The same authority issued it, but for another name.
    let other_name = Certificate { names: vec!["vm.test"], ..foreign("Other", "Intermediate") };
    let other_name = other_name.signed_by_ec(INTERMEDIATE);
    let signed = Message { key: &keys::FOREIGN, ..message(&DOCUMENT) };
    let by = |signer_name, signer_serial, certificates| Message {
        signer_name,
        signer_serial,
        certificates,
        ..signed.clone()
    };
    let invalid = |reason| ("evidence_invalid", reason);
    for (name, message, expected) in [
        ("signature by another key", signed.clone(), invalid("does not match the provider's key")),
        (
            "attacker's certificate beside the genuine one",
            by("Attacker", 9, vec![leaf(), attacker.clone()]),
            invalid("does not lead to a pinned root"),
        ),
        (
            "the genuine one last",
            by("Attacker", 9, vec![attacker.clone(), leaf()]),
            invalid("does not lead to a pinned root"),
        ),
        (
            "the genuine one named",
            by("Intermediate", 7, vec![attacker, leaf()]),
            invalid("does not match the provider's key"),
        ),
        (
            "two with the same number",
            by("Intermediate", 7, vec![same_number.clone(), leaf()]),
            invalid("two certificates"),
        ),
        (
            "only the copied number",
            by("Intermediate", 7, vec![same_number]),
            invalid("chain of the signer's certificate is not valid"),
        ),
        (
            "another name of the same authority",
            by("Intermediate", 9, vec![leaf(), other_name]),
            invalid("not for Azure's"),
        ),
        ("no certificate", by("Intermediate", 7, vec![]), invalid("lacks the signer's certificate")),
        (
            "a certificate of another number",
            by("Intermediate", 8, vec![leaf()]),
            invalid("lacks the signer's certificate"),
        ),
    ] {
        check(name, attest(&message.encode()), expected);
    }
}

#[test]
fn refuses_forged_messages() {
    let genuine = message(&DOCUMENT);
    let invalid = |reason| ("evidence_invalid", reason);
    let other = DOCUMENT.replace("02aab8a4", "ffffffff");
    for (name, message, expected) in [
        (
            "content that is not the signed one",
            Message {
                content: other.clone().into(),
                signed_content: Some(DOCUMENT.as_bytes().to_vec()),
                ..genuine.clone()
            },
            invalid("does not match the provider's key"),
        ),
        (
            "content that is not in the attributes",
            Message {
                content: other.into(),
                signed_content: Some(DOCUMENT.as_bytes().to_vec()),
                has_attributes: true,
                ..genuine.clone()
            },
            invalid("digest is not the content's"),
        ),
        ("two signers", Message { signers: 2, ..genuine.clone() }, invalid("more than one signer")),
        ("no signer", Message { signers: 0, ..genuine.clone() }, invalid("no signer")),
        ("detached", Message { is_detached: true, ..genuine.clone() }, invalid("no content")),
        ("SHA-1", Message { digest_algorithm: SHA1, ..genuine.clone() }, invalid("not SHA-256")),
        ("DSA", Message { signature_algorithm: DSA_WITH_SHA1, ..genuine.clone() }, invalid("not RSA")),
        (
            "six certificates",
            Message { certificates: vec![leaf(); 6], ..genuine.clone() },
            invalid("too many certificates"),
        ),
    ] {
        check(name, attest(&message.encode()), expected);
    }
    check("trailing bytes", attest(&[genuine.encode(), vec![5, 0]].concat()), ("malformed", "after its end"));
    check("nested 10,000 times", attest(&[0x30, 0x80].repeat(10_000)), ("malformed", "nested too deeply"));
}

/// The address of the issuer's certificate is in the signer's, and is never used: a certificate that is not sent is missing.
#[test]
fn never_needs_what_a_certificate_refers_to() {
    let evidence = AzureEvidence { signature: base64(&message(&DOCUMENT).encode()), intermediates: vec![] };
    let result = ATTESTOR.attest(&evidence, &forge::challenge(Provider::Azure), now());
    check("no intermediate", result, ("evidence_invalid", "send its intermediates"));
}

#[test]
fn refuses_wrong_documents_that_are_genuinely_signed() {
    let invalid = |reason| ("evidence_invalid", reason);
    let times = invalid("times of the document cannot be read");
    let created = |time: &str| DOCUMENT.replace("11/30/26 11:59:00 -0000", time);
    let expires = |time: &str| DOCUMENT.replace("11/30/26 17:59:00 -0000", time);
    for (name, document, expected) in [
        ("cached nonce", DOCUMENT.replace(NONCE, "0123456789"), ("nonce", "another challenge")),
        ("longer nonce", DOCUMENT.replace(NONCE, &format!("{NONCE}x")), ("nonce", "")),
        ("nonce in other case", DOCUMENT.replace(NONCE, &NONCE.to_lowercase()), ("nonce", "")),
        ("no nonce", DOCUMENT.replace("nonce", "once"), ("nonce", "")),
        ("duplicate nonce", DOCUMENT.replacen('{', r#"{"nonce":"x","#, 1), invalid("without duplicates")),
        (
            "duplicate time",
            DOCUMENT.replace(r#"{"createdOn""#, r#"{"createdOn":"","createdOn""#),
            invalid("duplicates"),
        ),
        ("no JSON", format!("{}x", *DOCUMENT), invalid("not one JSON object")),
        ("no vmId", DOCUMENT.replace("vmId", "vm"), invalid("vmId")),
        ("empty vmId", DOCUMENT.replace("02aab8a4-74ef-476e-8182-f6d2ba4166a6", ""), invalid("vmId")),
        ("vmId without hyphens", DOCUMENT.replace("02aab8a4-74ef-", "02aab8a474ef"), invalid("vmId")),
        ("no subscriptionId", DOCUMENT.replace("subscriptionId", "subscription"), invalid("subscriptionId")),
        ("expired", expires("11/30/26 11:58:59 -0000"), ("stale", "expired")),
        ("from the future", created("11/30/26 12:05:01 -0000"), ("stale", "in the future")),
        ("a day that does not exist", created("02/30/26 11:59:00 -0000"), times),
        ("day before month", created("30/11/26 11:59:00 -0000"), times),
        ("four digits", created("11/30/2026 11:59:00 -0000"), times),
        ("ISO 8601", created("2026-11-30T11:59:00Z"), times),
        ("other offset", created("11/30/26 11:59:00 +0100"), times),
        ("no times", DOCUMENT.replace("timeStamp", "times"), times),
        ("both names", DOCUMENT.replacen('{', r#"{"timestamp":{},"#, 1), times),
        ("times as text", DOCUMENT.replace(r#""timeStamp":{"#, r#""timeStamp":"","x":{"#), times),
    ] {
        check(name, attest(&message(&document).encode()), expected);
    }
    for document in [expires("11/30/26 11:59:00 -0000"), created("11/30/26 12:05:00 -0000")] {
        attest(&message(&document).encode()).expect("within the limits");
    }
}

#[test]
fn refuses_the_sample_of_the_documentation() {
    let signature = include_str!("vectors/azure-documented-sample.txt").to_owned();
    let evidence = AzureEvidence { signature, intermediates: vec![] };
    let then = "2018-11-20T22:07:40Z".parse().expect("a time");
    let attestor = Attestor::new(Roots::built_in().expect("readable"));
    let result = attestor.attest(&evidence, &forge::challenge(Provider::Azure), then);
    check("documented sample", result, ("evidence_invalid", "not for Azure's metadata service"));
}
