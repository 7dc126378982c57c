//! Identity tokens of Google Cloud.

use crate::forge::{AUDIENCE, NONCE, challenge, check, jwt, keys, now};
use jiff::{SignedDuration, Timestamp};
use muster_access::jwt::keys::KeySet;
use muster_attest::{
    evidence::TokenEvidence,
    google,
    identity::{Facts, Identity, Provider},
    refusal::Refusal,
};
use std::sync::LazyLock;

pub const HEADER: &str = r#"{"alg":"RS256","kid":"g1","typ":"JWT"}"#;
const ENGINE: &str = r#"{"instance_creation_timestamp":1780000000,"instance_id":"7483927914964205112","instance_name":"web-1","project_id":"acme-prod","project_number":198285616681,"zone":"europe-west1-b"}"#;

static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let keys = format!(r#"{{"keys":[{}]}}"#, keys::rsa_jwk("g1", &keys::GENUINE));
    KeySet::read(keys.as_bytes()).expect("readable")
});

pub fn claims() -> String {
    claims_at(now())
}

/// Claims of a token that was issued then.
fn claims_at(issued_at: Timestamp) -> String {
    let (iat, exp) = (issued_at.as_second(), issued_at.as_second() + 3600);
    format!(
        r#"{{"aud":"{AUDIENCE}/{NONCE}","azp":"1155","email":"a@b.test","email_verified":true,"exp":{exp},"google":{{"compute_engine":{ENGINE}}},"iat":{iat},"iss":"https://accounts.google.com","sub":"115586174090660717475"}}"#
    )
}

pub fn attest(token: &str) -> Result<Identity, Refusal> {
    attest_with(token, Some(&KEYS))
}

fn attest_with(token: &str, keys: Option<&KeySet>) -> Result<Identity, Refusal> {
    google::attest(&TokenEvidence { token: token.to_owned() }, &challenge(Provider::Gcp), keys, now())
}

fn signed(claims: &str) -> String {
    jwt::rs256(HEADER, claims, &keys::GENUINE)
}

#[test]
fn accepts_a_genuine_token() {
    let identity = attest(&signed(&claims())).expect("genuine");
    let expected = Identity {
        provider: Provider::Gcp,
        account: "acme-prod".to_owned(),
        instance: "7483927914964205112".to_owned(),
        location: Some("europe-west1-b".to_owned()),
        facts: Facts::Google {
            project_number: 198_285_616_681,
            instance_name: Some("web-1".to_owned()),
            subject: "115586174090660717475".to_owned(),
            expires_at: now() + SignedDuration::from_hours(1),
        },
    };
    assert_eq!(identity, expected);
}

#[test]
fn refuses_without_googles_keys() {
    let token = signed(&claims());
    check("unreachable", attest_with(&token, None), ("keys_unavailable", "Try again"));
    // What lacks something else needs no keys.
    let other = signed(&claims().replace("accounts.google.com", "accounts.example.com"));
    check("another issuer", attest_with(&other, None), ("evidence_invalid", "issuer"));
    let other = signed(&claims().replace(NONCE, &"x".repeat(NONCE.len())));
    check("another nonce", attest_with(&other, None), ("nonce", "nonce"));
    let empty = KeySet::read(br#"{"keys":[]}"#).expect("readable");
    let refusal = attest_with(&token, Some(&empty)).expect_err("all keys were removed");
    assert_eq!((refusal.clone(), refusal.code(), refusal.status()), (Refusal::UnknownKey, "evidence_invalid", 401));
}

#[test]
fn refuses_forged_tokens() {
    let claims = claims();
    let header = |header: &str| jwt::rs256(header, &claims, &keys::GENUINE);
    let genuine = signed(&claims);
    let (signed_part, signature) = genuine.rsplit_once('.').expect("a token");
    let other_claims = keys::base64url(claims.replace("acme-prod", "evil-prod"));
    let swapped = format!("{}.{other_claims}.{signature}", keys::base64url(HEADER));
    let invalid = |reason| ("evidence_invalid", reason);
    for (name, token, expected) in [
        ("another key", jwt::rs256(HEADER, &claims, &keys::FOREIGN), invalid("does not match")),
        ("other claims", swapped, invalid("does not match")),
        ("no signature", format!("{signed_part}."), invalid("does not match")),
        ("two tokens", format!("{genuine}.{genuine}"), invalid("does not match")),
        ("half a token", signed_part.to_owned(), ("malformed", "not a signed token")),
        ("empty", String::new(), ("malformed", "not a signed token")),
        ("20 KB", format!("{}{genuine}", "e".repeat(20_000)), ("malformed", "not a signed token")),
        ("alg none", jwt::none(r#"{"alg":"none","kid":"g1"}"#, &claims), invalid("header")),
        ("alg None", jwt::none(r#"{"alg":"None","kid":"g1"}"#, &claims), invalid("header")),
        ("HS256", header(r#"{"alg":"HS256","kid":"g1"}"#), invalid("header")),
        ("PS256", header(r#"{"alg":"PS256","kid":"g1"}"#), invalid("header")),
        ("ES256", header(r#"{"alg":"ES256","kid":"g1"}"#), invalid("not signed with RS256")),
        ("no kid", header(r#"{"alg":"RS256"}"#), invalid("header")),
        ("other kid", header(r#"{"alg":"RS256","kid":"g2"}"#), invalid("does not publish")),
        ("path as kid", header(r#"{"alg":"RS256","kid":"../../x"}"#), invalid("does not publish")),
        ("duplicate alg", header(r#"{"alg":"RS256","alg":"none","kid":"g1"}"#), ("malformed", "not a signed token")),
        ("crit", header(r#"{"alg":"RS256","kid":"g1","crit":["x"]}"#), invalid("header")),
        ("other type", header(r#"{"alg":"RS256","kid":"g1","typ":"at+jwt"}"#), invalid("type of the token")),
    ] {
        check(name, attest(&token), expected);
    }
    // Keys in the header are ignored, so they change nothing.
    let jwk = keys::rsa_jwk("g1", &keys::FOREIGN);
    let with_key = format!(r#"{{"alg":"RS256","kid":"g1","jku":"https://evil.test","jwk":{jwk}}}"#);
    check("jwk", attest(&jwt::rs256(&with_key, &claims, &keys::FOREIGN)), invalid("does not match"));
    attest(&header(&with_key)).expect("signed by the published key");
}

#[test]
fn refuses_other_audiences() {
    let whole = format!("{AUDIENCE}/{NONCE}");
    let audience = |audience: &str| signed(&claims().replace(&format!(r#""{whole}""#), audience));
    let invalid = ("evidence_invalid", "audience of the token");
    let claim = ("evidence_invalid", "a claim of the token");
    let other_nonce = NONCE.to_lowercase();
    for (name, value, expected) in [
        ("other nonce", format!(r#""{AUDIENCE}/{other_nonce}""#), ("nonce", "another challenge")),
        ("no nonce", format!(r#""{AUDIENCE}""#), invalid),
        ("shorter nonce", format!(r#""{}""#, &whole[..whole.len() - 1]), invalid),
        ("longer nonce", format!(r#""{whole}x""#), invalid),
        ("suffix", format!(r#""x{whole}""#), invalid),
        ("path", format!(r#""{AUDIENCE}/x/{NONCE}""#), invalid),
        ("other portal", format!(r#""https://evil.test/{NONCE}""#), invalid),
        ("upper case", format!(r#""HTTPS{}""#, &whole[5..]), invalid),
        ("list", format!(r#"["{whole}"]"#), claim),
        ("two audiences", format!(r#"["{whole}","https://evil.test"]"#), claim),
        ("empty list", "[]".to_owned(), claim),
        ("empty", r#""""#.to_owned(), invalid),
        ("null", "null".to_owned(), claim),
    ] {
        check(name, attest(&audience(&value)), expected);
    }
}

#[test]
fn refuses_wrong_claims_that_are_genuinely_signed() {
    let claims = claims();
    let engine = format!(r#","google":{{"compute_engine":{ENGINE}}}"#);
    let invalid = |reason| ("evidence_invalid", reason);
    let claim = invalid("a claim of the token");
    let (iat, exp) = (format!(r#""iat":{}"#, now().as_second()), format!(r#""exp":{}"#, now().as_second() + 3600));
    let iat_exp = |issued: i64, expires: i64| {
        let claims = claims.replace(&iat, &format!(r#""iat":{}"#, now().as_second() + issued));
        claims.replace(&exp, &format!(r#""exp":{}"#, now().as_second() + expires))
    };
    for (name, claims, expected) in [
        ("format=standard", claims.replace(&engine, ""), invalid("format=full")),
        ("google without instance", claims.replace(ENGINE, "null"), invalid("format=full")),
        ("other issuer", claims.replace("accounts.google.com", "accounts.google.com.evil.test"), invalid("not Google")),
        ("issuer without https", claims.replace("https://accounts", "accounts"), invalid("not Google")),
        ("issuer as number", claims.replace(r#""https://accounts.google.com""#, "1"), claim),
        ("no issuer", claims.replace(r#""iss""#, r#""is""#), claim),
        ("no subject", claims.replace(r#""sub""#, r#""su""#), invalid("subject")),
        ("no iat", claims.replace(&iat, r#""x":1"#), claim),
        ("no exp", claims.replace(&exp, r#""x":1"#), claim),
        ("exp as text", claims.replace(&exp, r#""exp":"2000000000""#), claim),
        ("exp as fraction", claims.replace(&exp, r#""exp":2000000000.5"#), claim),
        ("exp too large", claims.replace(&exp, r#""exp":1e400"#), ("malformed", "")),
        ("negative exp", claims.replace(&exp, r#""exp":-1"#), invalid("lifetime")),
        ("duplicate exp", claims.replace(&exp, &format!("{exp},{exp}")), ("malformed", "")),
        ("66 minutes", iat_exp(0, 3901), invalid("lifetime")),
        ("59 minutes old", iat_exp(-59 * 60, 60), ("stale", "")),
        ("10 minutes and a second old", iat_exp(-601, 2999), ("stale", "")),
        ("from the future", iat_exp(61, 3661), ("stale", "")),
        ("no project", claims.replace("project_id", "project"), invalid("project_id")),
        ("empty project", claims.replace("acme-prod", ""), invalid("project_id")),
        ("project with a path", claims.replace("acme-prod", "../acme"), invalid("project_id")),
        ("number as text", claims.replace("198285616681", r#""198285616681""#), invalid("project_number")),
        ("zero", claims.replace("198285616681", "0"), invalid("project_number")),
        ("negative number", claims.replace("198285616681", "-1"), invalid("project_number")),
        ("instance with letters", claims.replace("7483927914964205112", "web-1"), invalid("instance_id")),
        (
            "instance as number",
            claims.replace(r#""7483927914964205112""#, "7483927914964205112"),
            invalid("instance_id"),
        ),
    ] {
        check(name, attest(&signed(&claims)), expected);
    }
    for claims in [iat_exp(-600, 3000), iat_exp(0, 3900), iat_exp(30, 3630)] {
        attest(&signed(&claims)).expect("within the limits");
    }
}
