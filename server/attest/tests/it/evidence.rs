//! The shapes of evidence in JSON, and what is refused before an attestor sees it.

use crate::{
    forge::{challenge, check, jwt, keys, now},
    google,
};
use jiff::SignedDuration;
use muster_attest::{
    Attestors, azure,
    challenge::Nonce,
    ec2,
    evidence::{EVIDENCE_BYTES_MAX, Evidence},
    identity::{Identity, Provider},
    refusal::Refusal,
    signed_token,
};

fn read(json: &str) -> Result<Evidence, serde_json::Error> {
    serde_json::from_str(json)
}

fn attest(provider: Provider, json: &str) -> Result<Identity, Refusal> {
    let attestors = Attestors {
        ec2: ec2::Attestor::new(ec2::RegionKeys::built_in().expect("readable"), SignedDuration::from_hours(24)).into(),
        azure: azure::Attestor::new(azure::Roots::built_in().expect("readable")).into(),
        signed_token: signed_token::Attestor::new([]).expect("no duplicates").into(),
    };
    attestors.attest(&read(json).expect("valid JSON"), &challenge(provider), None, now())
}

#[test]
fn reads_the_evidence_of_each_provider() {
    for (json, provider) in [
        (r#"{"provider":"aws","evidence":{"rsa2048":"MIAG"}}"#, Provider::Aws),
        (r#"{"evidence":{"rsa2048":"MIAG","document":"{}"},"provider":"aws"}"#, Provider::Aws),
        (r#"{"provider":"azure","evidence":{"signature":"MIAG"}}"#, Provider::Azure),
        (r#"{"provider":"azure","evidence":{"signature":"MIAG","intermediates":["MIIA"]}}"#, Provider::Azure),
        (r#"{"provider":"gcp","evidence":{"token":"e.e.s"}}"#, Provider::Gcp),
        (r#"{"provider":"vmware","evidence":{"token":"e.e.s"}}"#, Provider::Vmware),
        (r#"{"provider":"openstack","evidence":{"token":"e.e.s"}}"#, Provider::Openstack),
        (r#"{"provider":"dedicated","evidence":{"token":"e.e.s"}}"#, Provider::Dedicated),
    ] {
        let evidence = read(json).expect(json);
        assert_eq!(evidence.provider(), provider);
        assert_eq!(serde_json::to_value(provider).expect("encoded"), provider.name());
        let shown = format!("{evidence:?}");
        assert!(!shown.contains("MIAG") && !shown.contains("e.e.s"), "{shown}");
    }
    for json in [
        r#"{"provider":"oxide","evidence":{"token":"e.e.s"}}"#,
        r#"{"provider":"gcp","evidence":{"rsa2048":"MIAG"}}"#,
        r#"{"provider":"aws","evidence":{"rsa2048":"MIAG","pkcs7":"MIAG"}}"#,
        r#"{"provider":"aws","evidence":{"rsa2048":"MIAG","rsa2048":"MIAH"}}"#,
        r#"{"provider":"aws","evidence":{"rsa2048":1}}"#,
        r#"{"provider":"aws"}"#,
        r#"{"evidence":{"token":"e.e.s"}}"#,
    ] {
        assert!(read(json).is_err(), "{json}");
    }
}

/// As the body of a request has it.
#[derive(serde::Deserialize)]
struct Request {
    challenge_id: String,
    #[serde(flatten)]
    evidence: Evidence,
    os: String,
}

#[test]
fn reads_evidence_beside_other_members() {
    let json = r#"{"challenge_id":"c1","provider":"gcp","evidence":{"token":"e.e.s"},"os":"linux","labels":{}}"#;
    let request: Request = serde_json::from_str(json).expect("valid");
    assert_eq!((request.challenge_id.as_str(), request.os.as_str()), ("c1", "linux"));
    assert_eq!(request.evidence.provider(), Provider::Gcp);
}

#[test]
fn refuses_evidence_of_another_provider_and_huge_evidence() {
    let aws = r#"{"provider":"aws","evidence":{"rsa2048":"MIAG"}}"#;
    check("another provider", attest(Provider::Azure, aws), ("wrong_provider", "Request a challenge for aws"));
    let token = r#"{"provider":"openstack","evidence":{"token":"e.e.s"}}"#;
    check("another issuer's provider", attest(Provider::Vmware, token), ("wrong_provider", "openstack"));
    check("Google's keys are missing", attest(Provider::Gcp, &gcp()), ("keys_unavailable", "Try again"));
    let huge = "A".repeat(EVIDENCE_BYTES_MAX / 2 + 1);
    for json in [
        format!(r#"{{"provider":"aws","evidence":{{"rsa2048":"{huge}","document":"{huge}"}}}}"#),
        format!(r#"{{"provider":"azure","evidence":{{"signature":"{huge}","intermediates":["{huge}"]}}}}"#),
        format!(r#"{{"provider":"gcp","evidence":{{"token":"{huge}{huge}"}}}}"#),
    ] {
        check("huge", attest(read(&json).expect("valid").provider(), &json), ("too_large", "65536 bytes"));
    }
}

fn gcp() -> String {
    let token = jwt::rs256(google::HEADER, &google::claims(), &keys::GENUINE);
    format!(r#"{{"provider":"gcp","evidence":{{"token":"{token}"}}}}"#)
}

#[test]
fn each_refusal_has_its_status() {
    for (refusal, code, status) in [
        (Refusal::Malformed("x"), "malformed", 400),
        (Refusal::Invalid("x"), "evidence_invalid", 401),
        (Refusal::UnknownKey, "evidence_invalid", 401),
        (Refusal::Stale("x"), "stale", 401),
        (Refusal::Nonce, "nonce", 401),
        (Refusal::TooLarge, "too_large", 413),
        (Refusal::WrongProvider { challenge: Provider::Aws, evidence: Provider::Gcp }, "wrong_provider", 422),
        (Refusal::KeysUnavailable, "keys_unavailable", 503),
    ] {
        assert_eq!((refusal.code(), refusal.status()), (code, status), "{refusal}");
    }
}

#[test]
fn a_nonce_has_32_letters_and_digits() {
    assert!(Nonce::new("aZ09".repeat(8)).is_some());
    for text in [String::new(), "a".repeat(31), "a".repeat(33), format!("{}-", "a".repeat(31)), "é".repeat(16)] {
        assert!(Nonce::new(text.clone()).is_none(), "{text}");
    }
}
