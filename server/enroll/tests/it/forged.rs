//! Forged, foreign and late evidence of each kind, sent as an instance would: refused with its code, and nothing is requested of
//! AWS or stored. `server/attest` has the long tables of what can be wrong.

use crate::support::{
    ORIGIN, World,
    evidence::{
        self, AWS_ACCOUNT, INSTANCE, PENDING, PROJECT, PROJECT_NUMBER, SUBSCRIPTION, VCENTER_ACCOUNT, azure_document,
        azure_leaf, azure_signed, ec2_document, gcp_claims, gcp_header,
    },
};
use muster_attest::forge::{
    base64,
    certificate::Certificate,
    jwt, keys,
    message::{DSA_WITH_SHA1, Message, SHA1},
};
use serde_json::{Value, json};

const VM: &str = "02aab8a4-74ef-476e-8182-f6d2ba4166a6";
const INVALID: (u16, &str) = (401, "evidence_invalid");
const MALFORMED: (u16, &str) = (400, "malformed");
const STALE: (u16, &str) = (401, "stale");
const NONCE: (u16, &str) = (401, "nonce");

type Expected = (u16, &'static str);
/// Makes evidence for a challenge.
type Forger = Box<dyn Fn(&Value) -> Value>;

/// Sends each piece of evidence with a challenge of its own.
async fn check_all(provider: &str, table: Vec<(&str, Forger, Expected)>) {
    let world = World::new().await;
    for (name, evidence, (status, code)) in table {
        let answer = world.enroll(provider, evidence).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{name}: {}", answer.text);
    }
    assert_eq!(world.calls(), 0);
    assert_eq!(std::fs::read(world.path("ledger/enrollments.jsonl")).expect("a ledger"), b"");
}

fn same(evidence: Value) -> Forger {
    Box::new(move |_| evidence.clone())
}

#[tokio::test]
async fn forged_documents_of_ec2_request_nothing() {
    let document = ec2_document(AWS_ACCOUNT, INSTANCE, PENDING);
    let genuine = Message::ec2(&document);
    let attacker = Certificate::new("Amazon", "Amazon", keys::rsa_public_key(&keys::FOREIGN));
    let attacker = attacker.authority().signed_by_rsa(&keys::FOREIGN);
    let encoded = |bytes: Vec<u8>| same(json!({"rsa2048": base64(&bytes)}));
    let message = |message: Message| encoded(message.encode());
    let of = |text: String| message(Message::ec2(&text));
    let mut trailing = genuine.encode();
    trailing.push(0);
    check_all(
        "aws",
        vec![
            (
                "the attacker's certificate with issuer and serial of AWS",
                message(Message { key: &keys::FOREIGN, certificates: vec![attacker], ..genuine.clone() }),
                INVALID,
            ),
            ("two signers", message(Message { signers: 2, ..genuine.clone() }), INVALID),
            ("no signer", message(Message { signers: 0, ..genuine.clone() }), INVALID),
            ("no signed attributes", message(Message { has_attributes: false, ..genuine.clone() }), INVALID),
            ("detached", message(Message { is_detached: true, ..genuine.clone() }), INVALID),
            ("SHA-1", message(Message { digest_algorithm: SHA1, ..genuine.clone() }), INVALID),
            ("DSA", message(Message { signature_algorithm: DSA_WITH_SHA1, ..genuine.clone() }), INVALID),
            (
                "other content than the signed one",
                message(Message {
                    content: document.replace(AWS_ACCOUNT, "210987654321").into(),
                    signed_content: Some(document.clone().into()),
                    ..genuine.clone()
                }),
                INVALID,
            ),
            ("nested 10,000 times", encoded([0x30, 0x80].repeat(10_000)), MALFORMED),
            ("2 GB", encoded(vec![0x30, 0x84, 0x80, 0, 0, 0]), MALFORMED),
            ("trailing byte", encoded(trailing), MALFORMED),
            (
                "another plain document",
                same(
                    json!({"rsa2048": base64(&genuine.encode()), "document": document.replace("t3.small", "t3.large")}),
                ),
                INVALID,
            ),
            ("a path as Region", of(document.replace("eu-west-1", "../eu-west-1")), INVALID),
            ("unknown Region", of(document.replace("eu-west-1", "eu-west-9")), INVALID),
            ("started too long ago", of(ec2_document(AWS_ACCOUNT, INSTANCE, "2026-11-29T11:59:59Z")), STALE),
            ("started in the future", of(ec2_document(AWS_ACCOUNT, INSTANCE, "2026-11-30T12:01:01Z")), STALE),
            ("a stranger's", of(ec2_document("999999999999", INSTANCE, PENDING)), (403, "account_not_enrolled")),
        ],
    )
    .await;
}

#[tokio::test]
async fn forged_documents_of_azure_request_nothing() {
    let document = |change: fn(String) -> String| -> Forger {
        Box::new(move |challenge| azure_signed(&change(azure_document(SUBSCRIPTION, VM, challenge)), azure_leaf()))
    };
    let leaf = |change: fn(&mut Certificate)| -> Forger {
        Box::new(move |challenge| {
            let mut leaf = azure_leaf();
            change(&mut leaf);
            azure_signed(&azure_document(SUBSCRIPTION, VM, challenge), leaf)
        })
    };
    check_all(
        "azure",
        vec![
            ("evil prefix", leaf(|leaf| leaf.names = vec!["evilmetadata.azure.com"]), INVALID),
            ("evil suffix", leaf(|leaf| leaf.names = vec!["metadata.azure.com.evil.test"]), INVALID),
            ("expired", leaf(|leaf| leaf.not_after = "261130115959Z"), INVALID),
            ("another signer", leaf(|leaf| leaf.key = keys::rsa_public_key(&keys::FOREIGN)), INVALID),
            ("another serial", leaf(|leaf| leaf.serial = 8), INVALID),
            (
                "no intermediates",
                Box::new(|challenge| {
                    let mut evidence = evidence::azure(SUBSCRIPTION, VM, challenge);
                    evidence["intermediates"] = json!([]);
                    evidence
                }),
                INVALID,
            ),
            (
                "a cached nonce",
                Box::new(|_| {
                    let other = json!({"nonce": "abcdefghijklmnopABCDEFGHIJ012345"});
                    evidence::azure(SUBSCRIPTION, VM, &other)
                }),
                NONCE,
            ),
            ("expired document", document(|text| text.replace("11/30/26 17:59:00", "11/30/26 11:58:59")), STALE),
            ("no day", document(|text| text.replace("11/30/26 11:59:00", "02/30/26 11:59:00")), INVALID),
            ("a year of four digits", document(|text| text.replace("11/30/26 17", "11/30/2026 17")), INVALID),
            ("a stranger's", document(|text| text.replace("8d10da13", "9d10da13")), (403, "account_not_enrolled")),
        ],
    )
    .await;
}

#[tokio::test]
async fn forged_tokens_of_google_request_nothing() {
    let claims = |change: fn(String) -> String| -> Forger {
        Box::new(move |challenge| {
            let claims = change(gcp_claims(PROJECT_NUMBER, "7", challenge));
            json!({"token": jwt::rs256(&gcp_header("g1"), &claims, &keys::GENUINE)})
        })
    };
    // One minute is left of its hour.
    let old = |text: String| {
        let iat = muster_attest::forge::now().as_second();
        let [early, late] = [iat - 59 * 60, iat + 60];
        text.replace(&format!(r#""exp":{}"#, iat + 3_600), &format!(r#""exp":{late}"#))
            .replace(&format!(r#""iat":{iat}"#), &format!(r#""iat":{early}"#))
    };
    check_all(
        "gcp",
        vec![
            ("format=standard", claims(|text| text.replace(r#""google""#, r#""other""#)), INVALID),
            ("audience with a suffix", claims(|text| text.replacen(r#"","exp""#, r#"x","exp""#, 1)), INVALID),
            ("audience with a prefix", claims(|text| text.replacen(r#""aud":""#, r#""aud":"x"#, 1)), INVALID),
            ("no audience", claims(|text| text.replacen(r#""aud""#, r#""au""#, 1)), INVALID),
            ("issued 59 minutes ago", claims(old), STALE),
            ("another issuer", claims(|text| text.replace("accounts.google.com", "accounts.evil.test")), INVALID),
            (
                "another key",
                Box::new(|challenge| {
                    let claims = gcp_claims(PROJECT_NUMBER, "7", challenge);
                    json!({"token": jwt::rs256(&gcp_header("g1"), &claims, &keys::FOREIGN)})
                }),
                INVALID,
            ),
            (
                "another challenge's",
                Box::new(|_| evidence::gcp("7", &json!({"aud": format!("{ORIGIN}/enroll/v1/gcp/{}", "a".repeat(32))}))),
                NONCE,
            ),
            (
                "another project's number",
                Box::new(|challenge| evidence::gcp_with("g1", PROJECT_NUMBER + 1, "7", challenge)),
                (403, "account_not_enrolled"),
            ),
            ("a stranger's project", claims(|text| text.replace(PROJECT, "evil-prod")), (403, "account_not_enrolled")),
        ],
    )
    .await;
}

#[tokio::test]
async fn forged_tokens_of_operators_request_nothing() {
    let token =
        |claim: &str, account: &str, customer: &str| same(evidence::vmware_with(claim, account, customer, 1, "t-1"));
    let genuine = evidence::vmware(1)["token"].as_str().expect("a token").to_owned();
    let (signed, _) = genuine.rsplit_once('.').expect("three parts");
    check_all(
        "vmware",
        vec![
            ("no signature", same(json!({"token": format!("{signed}.")})), INVALID),
            ("half a token", same(json!({"token": signed})), MALFORMED),
            ("twice the same claim", token(r#""account":"vc-1/acme","#, VCENTER_ACCOUNT, "acme"), MALFORMED),
            ("an account of another issuer", token("", "vc-2/other", "acme"), INVALID),
            (
                "labels that are no texts",
                token(r#""labels":{"rackspace-addon-patching":1},"#, VCENTER_ACCOUNT, "acme"),
                INVALID,
            ),
            ("unknown labels", token(r#""labels":{"role":"admin"},"#, VCENTER_ACCOUNT, "acme"), INVALID),
            ("another customer", token("", VCENTER_ACCOUNT, "other"), (403, "account_not_enrolled")),
        ],
    )
    .await;
}

/// A token is valid for a day, and its instance may first start late.
#[tokio::test]
async fn a_late_token_of_an_operator_requests_nothing() {
    let world = World::new().await;
    let token = evidence::vmware(1);
    world.advance(24 * 60 * 60 + 31);
    world.enroll("vmware", |_| token).await.check(401, "stale");
    assert_eq!(world.calls(), 0);
}
