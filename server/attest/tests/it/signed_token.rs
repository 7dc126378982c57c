//! Tokens that operators sign for VMware, OpenStack and dedicated servers.

use crate::forge::{self, AUDIENCE, check, der, jwt, keys, now};
use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::SigningKey as Ed25519Key;
use muster_access::jwt::keys::KeySet;
use muster_attest::{
    evidence::TokenEvidence,
    identity::{Facts, Identity, Provider},
    refusal::Refusal,
    signed_token::{Attestor, DuplicateIssuer, Issuer, SignError, TokenClaims, sign},
};
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use std::sync::LazyLock;

const VCENTER: &str = "urn:muster:vcenter:5f1c9f8e-3f0a-4c39-9d7e-6a0a3e0b9f10";
pub const HEADER: &str = r#"{"alg":"ES256","kid":"v1","typ":"muster-enrollment+jwt"}"#;
const EC: u8 = 11;
const OTHER_EC: u8 = 12;

fn ed25519() -> Ed25519Key {
    Ed25519Key::from_bytes(&[21; 32])
}

fn ec_pem(seed: u8) -> String {
    let key = p256::SecretKey::from_slice(&[seed; 32]).expect("a key");
    key.to_pkcs8_pem(LineEnding::LF).expect("encoded").to_string()
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

fn ed25519_pem() -> String {
    let start = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    pem("PRIVATE KEY", &[&start[..], ed25519().as_bytes()].concat())
}

fn issuer(name: &str, provider: Provider, jwk: &str, accounts: &[&str]) -> Issuer {
    let keys = KeySet::read_strict(&format!(r#"{{"keys":[{jwk}]}}"#)).expect("readable");
    Issuer { name: name.to_owned(), provider, keys, accounts: accounts.iter().map(|it| (*it).to_owned()).collect() }
}

static ATTESTOR: LazyLock<Attestor> = LazyLock::new(|| {
    let x = keys::base64url(ed25519().verifying_key().as_bytes());
    let okp = format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"o1","x":"{x}"}}"#);
    let other = keys::ec_jwk("v1", &keys::ec_key(OTHER_EC));
    Attestor::new([
        issuer(VCENTER, Provider::Vmware, &keys::ec_jwk("v1", &keys::ec_key(EC)), &["vc-1/acme", "vc-1/beta"]),
        issuer("urn:other", Provider::Vmware, &other, &["vc-2/gamma"]),
        issuer("urn:openstack", Provider::Openstack, &okp, &["project-7"]),
        issuer("urn:racks", Provider::Dedicated, &okp, &["rack-9"]),
    ])
    .expect("no duplicates")
});

fn attest_for(provider: Provider, token: &str) -> Result<Identity, Refusal> {
    ATTESTOR.attest(&TokenEvidence { token: token.to_owned() }, &forge::challenge(provider), now())
}

pub fn attest(token: &str) -> Result<Identity, Refusal> {
    attest_for(Provider::Vmware, token)
}

fn token_claims() -> TokenClaims {
    let issued_at = now().as_second();
    TokenClaims {
        issuer: VCENTER.to_owned(),
        audience: AUDIENCE.to_owned(),
        instance: "500C3B9E-0B1C-4D2E-8F3A-112233445566".to_owned(),
        bios_uuid: Some("420c3b9e-0b1c-4d2e-8f3a-112233445566".to_owned()),
        moref: Some("vm-42".to_owned()),
        account: "vc-1/acme".to_owned(),
        customer: "acme".to_owned(),
        labels: None,
        token_id: "t-0001".to_owned(),
        issued_at,
        not_before: issued_at,
        expires_at: issued_at + 24 * 60 * 60,
    }
}

pub fn claims() -> String {
    serde_json::to_string(&token_claims()).expect("encoded")
}

fn signed(claims: &str) -> String {
    jwt::es256(HEADER, claims, &keys::ec_key(EC))
}

#[test]
fn accepts_what_the_operator_signed() {
    let identity = attest(&sign(&ec_pem(EC), "v1", &token_claims()).expect("signed")).expect("genuine");
    let expected = Identity {
        provider: Provider::Vmware,
        account: "vc-1/acme".to_owned(),
        instance: "500c3b9e-0b1c-4d2e-8f3a-112233445566".to_owned(),
        location: None,
        facts: Facts::SignedToken {
            issuer: VCENTER.to_owned(),
            customer: "acme".to_owned(),
            token_id: "t-0001".to_owned(),
            bios_uuid: Some("420c3b9e-0b1c-4d2e-8f3a-112233445566".to_owned()),
            moref: Some("vm-42".to_owned()),
            labels: None,
            expires_at: "2026-12-01T12:00:00Z".parse().expect("a time"),
        },
    };
    assert_eq!(identity, expected);
    assert_eq!(attest(&signed(&claims())).expect("genuine"), expected);
    for (provider, issuer, account) in
        [(Provider::Openstack, "urn:openstack", "project-7"), (Provider::Dedicated, "urn:racks", "rack-9")]
    {
        let claims = TokenClaims {
            issuer: issuer.to_owned(),
            account: account.to_owned(),
            bios_uuid: None,
            moref: None,
            ..token_claims()
        };
        let token = sign(&ed25519_pem(), "o1", &claims).expect("signed");
        let identity = attest_for(provider, &token).expect("genuine");
        assert_eq!((identity.provider, identity.account.as_str()), (provider, account));
        check(issuer, attest(&token), ("wrong_provider", "the challenge is for vmware"));
    }
}

#[test]
fn refuses_forged_tokens() {
    let claims = claims();
    let header = |header: &str| jwt::es256(header, &claims, &keys::ec_key(EC));
    let other_issuer = claims.replace(VCENTER, "urn:other");
    let invalid = |reason| ("evidence_invalid", reason);
    let typ = invalid("type of the token");
    let mac = r#"{"alg":"HS256","kid":"v1","typ":"muster-enrollment+jwt"}"#;
    for (name, token, expected) in [
        ("another key", jwt::es256(HEADER, &claims, &keys::ec_key(OTHER_EC)), invalid("does not match")),
        ("another issuer's name", signed(&other_issuer), invalid("does not match")),
        (
            "another issuer's account",
            jwt::es256(HEADER, &other_issuer, &keys::ec_key(OTHER_EC)),
            invalid("may not name its account"),
        ),
        ("unknown issuer", signed(&claims.replace(VCENTER, "urn:nobody")), invalid("not registered")),
        (
            "alg none",
            jwt::none(r#"{"alg":"none","kid":"v1","typ":"muster-enrollment+jwt"}"#, &claims),
            invalid("header"),
        ),
        ("HS256", header(mac), invalid("header")),
        (
            "RS256",
            jwt::rs256(r#"{"alg":"RS256","kid":"v1","typ":"muster-enrollment+jwt"}"#, &claims, &keys::GENUINE),
            invalid("not signed with ES256 or EdDSA"),
        ),
        (
            "EdDSA",
            header(r#"{"alg":"EdDSA","kid":"v1","typ":"muster-enrollment+jwt"}"#),
            invalid("not registered with its issuer"),
        ),
        ("no type", header(r#"{"alg":"ES256","kid":"v1"}"#), typ),
        ("type JWT", header(r#"{"alg":"ES256","kid":"v1","typ":"JWT"}"#), typ),
        ("type in upper case", header(r#"{"alg":"ES256","kid":"v1","typ":"MUSTER-ENROLLMENT+JWT"}"#), typ),
        (
            "other kid",
            header(r#"{"alg":"ES256","kid":"v2","typ":"muster-enrollment+jwt"}"#),
            invalid("not registered with its issuer"),
        ),
        ("crit", header(r#"{"alg":"ES256","kid":"v1","typ":"muster-enrollment+jwt","crit":[]}"#), invalid("header")),
        ("nothing", "..".to_owned(), ("malformed", "not a signed token")),
    ] {
        check(name, attest(&token), expected);
    }
}

#[test]
fn refuses_wrong_claims_that_are_genuinely_signed() {
    let claims = claims();
    let now = now().as_second();
    let invalid = |reason| ("evidence_invalid", reason);
    let claim = invalid("a claim of the token");
    let change = |from: &str, to: &str| {
        assert!(claims.contains(from), "{from}");
        claims.replace(from, to)
    };
    let times = |iat: i64, nbf: i64, exp: i64| {
        let claims =
            TokenClaims { issued_at: now + iat, not_before: now + nbf, expires_at: now + exp, ..token_claims() };
        serde_json::to_string(&claims).expect("encoded")
    };
    let day = 24 * 60 * 60;
    for (name, claims, expected) in [
        ("other account", change("vc-1/acme", "vc-2/gamma"), invalid("may not name its account")),
        ("account as number", change(r#""vc-1/acme""#, "1"), claim),
        ("other audience", change(AUDIENCE, "https://evil.test"), invalid("audience")),
        ("audience with nonce", change(AUDIENCE, &format!("{AUDIENCE}/{}", forge::NONCE)), invalid("audience")),
        ("audiences", change(&format!(r#""{AUDIENCE}""#), &format!(r#"["{AUDIENCE}"]"#)), claim),
        ("sub is no UUID", change("500C3B9E-", "500C3B9E"), claim),
        ("no sub", change(r#""sub""#, r#""su""#), claim),
        ("no jti", change(r#""jti""#, r#""jt""#), claim),
        ("empty jti", change("t-0001", ""), claim),
        ("long jti", change("t-0001", &"t".repeat(129)), claim),
        ("jti with spaces", change("t-0001", "t 1"), claim),
        ("no customer", change(r#""customer""#, r#""client""#), claim),
        ("no bios_uuid", change(r#""bios_uuid""#, r#""bios""#), invalid("needs bios_uuid and moref")),
        ("bios_uuid is no UUID", change("420c3b9e-", "420c3b9e"), claim),
        ("no moref", change(r#""moref""#, r#""ref""#), invalid("needs bios_uuid and moref")),
        ("duplicate account", change(r#"{"iss""#, r#"{"account":"vc-1/beta","iss""#), ("malformed", "")),
        ("labels as text", change(r#""jti""#, r#""labels":"patching","jti""#), claim),
        ("labels null", change(r#""jti""#, r#""labels":null,"jti""#), claim),
        ("label as boolean", change(r#""jti""#, r#""labels":{"patching":true},"jti""#), claim),
        ("three labels", change(r#""jti""#, r#""labels":{"a":"","b":"","c":""},"jti""#), claim),
        ("label without name", change(r#""jti""#, r#""labels":{"":"x"},"jti""#), claim),
        ("label name with spaces", change(r#""jti""#, r#""labels":{"a b":"x"},"jti""#), claim),
        ("long label name", change(r#""jti""#, &format!(r#""labels":{{"{}":"x"}},"jti""#, "a".repeat(64))), claim),
        ("long label", change(r#""jti""#, &format!(r#""labels":{{"a":"{}"}},"jti""#, "x".repeat(257))), claim),
        ("duplicate labels", change(r#""jti""#, r#""labels":{},"labels":{},"jti""#), ("malformed", "")),
        ("no iat", change(r#""iat""#, r#""ia""#), claim),
        ("no nbf", change(r#""nbf""#, r#""nb""#), claim),
        ("no exp", change(r#""exp""#, r#""ex""#), claim),
        ("longer than a day", times(0, 0, day + 1), invalid("longer than a day")),
        ("expires before it is issued", times(0, 0, -1), invalid("or negative")),
        ("valid before it is issued", times(0, -1, day), invalid("or negative")),
        ("expired", times(-day, -day, -31), ("stale", "")),
        ("from the future", times(61, 61, day), ("stale", "")),
        ("not valid yet", times(0, 61, day), ("stale", "")),
    ] {
        check(name, attest(&signed(&claims)), expected);
    }
    attest(&signed(&times(1 - day, 0, 1))).expect("a late first boot");
}

#[test]
fn labels_are_what_the_operator_signed() {
    for (labels, expected) in [
        (r#"{}"#.to_owned(), vec![]),
        (
            r#"{"patching":"true","group":"late"}"#.to_owned(),
            vec![("group", "late".to_owned()), ("patching", "true".to_owned())],
        ),
        (format!(r#"{{"a":"{}"}}"#, "x".repeat(256)), vec![("a", "x".repeat(256))]),
    ] {
        let claims = claims().replace(r#""jti""#, &format!(r#""labels":{labels},"jti""#));
        let Facts::SignedToken { labels: Some(found), .. } = attest(&signed(&claims)).expect("genuine").facts else {
            panic!("no labels: {labels}")
        };
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            expected.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Vec<_>>()
        );
    }
    let labels = Some([("patching".to_owned(), "true".to_owned())].into());
    let token = sign(&ec_pem(EC), "v1", &TokenClaims { labels: labels.clone(), ..token_claims() }).expect("signed");
    assert!(
        matches!(attest(&token).expect("genuine").facts, Facts::SignedToken { labels: found, .. } if found == labels)
    );
}

/// Accepting it once is the ledger's part: a clone has the same token, and it stays valid.
#[test]
fn the_same_token_leads_to_the_same_key_of_the_ledger() {
    let token = signed(&claims());
    assert_eq!(attest(&token), attest(&token));
}

#[test]
fn refuses_two_registrations_of_an_issuer() {
    let jwk = keys::ec_jwk("v1", &keys::ec_key(EC));
    let [one, two] = [["a"], ["b"]].map(|accounts| issuer("urn:twice", Provider::Vmware, &jwk, &accounts));
    assert_eq!(Attestor::new([one, two]).err(), Some(DuplicateIssuer("urn:twice".to_owned())));
}

#[test]
fn signs_only_what_the_portal_accepts() {
    let sign_with = |pem: &str| sign(pem, "v1", &token_claims());
    assert!(matches!(sign_with("nothing"), Err(SignError::Pem)));
    assert!(matches!(sign_with(&pem("PRIVATE KEY", &[0x30, 0])), Err(SignError::KeyType)));
    assert!(matches!(sign_with(&pem("PUBLIC KEY", &[0x30, 0])), Err(SignError::Pem)));
    // P-384: the curve is 1.3.132.0.34.
    let curve = der::sequence(&[&der::oid("1.2.840.10045.2.1"), &der::oid("1.3.132.0.34")]);
    let p384 = der::sequence(&[&der::integer(&[0]), &curve, &der::value(4, &[0; 48])]);
    assert!(matches!(sign_with(&pem("PRIVATE KEY", &p384)), Err(SignError::KeyType)));
    let rsa = keys::GENUINE.to_pkcs8_pem(LineEnding::LF).expect("encoded");
    assert!(matches!(sign_with(&rsa), Err(SignError::KeyType)));
    assert!(matches!(sign(&ec_pem(EC), "", &token_claims()), Err(SignError::KeyId)));
    let refused = |change: &dyn Fn(&mut TokenClaims)| {
        let mut claims = token_claims();
        change(&mut claims);
        match sign(&ec_pem(EC), "v1", &claims) {
            Err(SignError::Claim(name)) => name,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(&|it| it.instance.push('x')), "sub");
    assert_eq!(refused(&|it| it.bios_uuid = Some("x".to_owned())), "bios_uuid");
    assert_eq!(refused(&|it| it.moref = Some(String::new())), "moref");
    assert_eq!(refused(&|it| it.token_id = "t".repeat(129)), "jti");
    assert_eq!(refused(&|it| it.account = "a b".to_owned()), "account");
    assert_eq!(refused(&|it| it.customer.clear()), "customer");
    assert_eq!(refused(&|it| it.labels = Some([(String::new(), String::new())].into())), "labels");
    assert_eq!(refused(&|it| it.audience.clear()), "aud");
    assert_eq!(refused(&|it| it.issuer.clear()), "iss");
    assert_eq!(refused(&|it| it.expires_at += 1), "exp");
    assert_eq!(refused(&|it| it.expires_at = it.issued_at), "exp");
    assert_eq!(refused(&|it| it.not_before -= 1), "nbf");
}
