//! Messages that OpenSSL signed: what we read and write ourselves is not only consistent with itself.

use crate::forge::{self, check};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use muster_attest::{
    azure,
    ec2::{self, RegionKeys},
    evidence::{AzureEvidence, Ec2Evidence},
    identity::Provider,
};
use rustls_pki_types::CertificateDer;

fn certificate(base64: &str) -> CertificateDer<'static> {
    STANDARD.decode(base64.replace('\n', "")).expect("base64").into()
}

#[test]
fn accepts_a_document_of_ec2_in_ber() {
    let region = certificate(include_str!("vectors/openssl-region.txt"));
    let keys = RegionKeys::new([("eu-west-1", &region)]).expect("readable");
    let evidence = Ec2Evidence { rsa2048: include_str!("vectors/openssl-ec2.txt").to_owned(), document: None };
    let identity = ec2::Attestor::new(keys, SignedDuration::from_hours(24)).attest(&evidence, forge::now());
    assert_eq!(identity.expect("genuine").instance, "i-0123456789abcdef0");
}

#[test]
fn accepts_a_document_of_azure_with_its_chain() {
    let root = certificate(include_str!("vectors/openssl-root.txt"));
    let attestor = azure::Attestor::new(azure::Roots::new([("Root", &root)]).expect("readable"));
    let attest = |intermediates, now: &str| {
        let signature = include_str!("vectors/openssl-azure.txt").to_owned();
        let now = now.parse().expect("a time");
        attestor.attest(&AzureEvidence { signature, intermediates }, &forge::challenge(Provider::Azure), now)
    };
    let intermediate = include_str!("vectors/openssl-intermediate.txt").to_owned();
    let then = "2026-12-01T12:00:00Z";
    assert_eq!(
        attest(vec![intermediate.clone()], then).expect("genuine").instance,
        "02aab8a4-74ef-476e-8182-f6d2ba4166a6"
    );
    check("no intermediate", attest(vec![], then), ("evidence_invalid", "send its intermediates"));
    check("later", attest(vec![intermediate], "2026-12-01T18:00:01Z"), ("stale", "expired"));
}
