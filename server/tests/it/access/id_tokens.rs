//! Malformed and forged ID tokens: each has the best signature that its sender can make, and is rejected for its own reason.

use crate::access::signing_keys::{key_set, keys, signed_part};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use muster_access::jwt::{
    UnverifiedJwt,
    claims::Claims,
    error::JwtError,
    id_token::{self, Expected},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};

const ISSUER: &str = "https://id.example/tenant";
const CLIENT: &str = "muster";
const NONCE: &str = "the-nonce";
const ACCESS_TOKEN: &str = "the-access-token";
const NOW: i64 = 1_900_000_000;
const HEADER: &str = r#"{"alg":"RS256","kid":"r","typ":"JWT"}"#;

/// Reads a token, finds its key, verifies the signature and checks the claims.
fn check_token(token: &str) -> Result<Claims, JwtError> {
    let (rsa, ec, ed) = (keys().rsa.jwk("r"), keys().ec.jwk("e"), keys().ed.jwk("d"));
    let set = key_set(&[rsa, ec, ed, keys().short_rsa.jwk("s")]);
    let unverified = UnverifiedJwt::read(token)?;
    let key = set.find(&unverified.key_id, unverified.algorithm).ok_or(JwtError::UnknownKey)?;
    let claims = unverified.verify(key)?;
    let now = Timestamp::from_second(NOW).expect("a time");
    let expected = Expected { issuer: ISSUER, client_id: CLIENT, nonce: NONCE, access_token: ACCESS_TOKEN, now };
    id_token::check(&unverified, &claims, &expected)?;
    Ok(claims)
}

fn claims() -> Value {
    json!({ "iss": ISSUER, "sub": "s-1", "aud": CLIENT, "nonce": NONCE, "iat": NOW - 1, "exp": NOW + 300 })
}

/// The valid claims with `changes` applied; null removes a claim.
fn payload(changes: Value) -> String {
    let mut payload = claims();
    for (name, value) in changes.as_object().expect("changes") {
        match value {
            Value::Null => drop(payload.as_object_mut().expect("claims").remove(name)),
            value => payload[name] = value.clone(),
        }
    }
    payload.to_string()
}

fn check_rsa_token(header: &str, payload: &str) -> Result<Claims, JwtError> {
    check_token(&keys().rsa.token(Algorithm::RS256, header, payload))
}

#[test]
fn accepts_valid_tokens_of_each_algorithm_up_to_each_limit() {
    let valid = claims().to_string();
    assert_eq!(check_rsa_token(HEADER, &valid).expect("accepted").text("sub"), Ok("s-1"));
    for (key, algorithm, header) in [
        (&keys().ec, Algorithm::ES256, r#"{"alg":"ES256","kid":"e"}"#),
        (&keys().ed, Algorithm::EdDSA, r#"{"alg":"EdDSA","kid":"d","typ":"jwt"}"#),
    ] {
        check_token(&key.token(algorithm, header, &valid)).expect(header);
    }
    for changes in [
        json!({ "aud": [CLIENT] }),
        json!({ "aud": [CLIENT, "other"], "azp": CLIENT }),
        json!({ "azp": CLIENT }),
        json!({ "exp": NOW - 29, "iat": NOW - 60 }),
        json!({ "iat": NOW + 30 }),
        json!({ "nbf": NOW + 30 }),
        json!({ "anything": { "else": [1, 2.5, null] } }),
    ] {
        check_rsa_token(HEADER, &payload(changes.clone())).unwrap_or_else(|refused| panic!("{changes}: {refused}"));
    }
}

#[test]
fn rejects_claims_that_are_missing_mistyped_or_wrong() {
    for (name, values) in [
        ("iss", json!([null, 42, "https://id.example", "https://id.example/tenant/", [ISSUER], ""])),
        ("sub", json!([null, 7, "", "s".repeat(256), ["s-1"]])),
        ("aud", json!([null, 7, "", "Muster", ["other"], [], [CLIENT, 7], { "a": CLIENT }])),
        ("nonce", json!([null, "", "another", 1])),
        ("iat", json!([null, "1900000000", 1_900_000_000.5, [NOW]])),
        ("exp", json!([null, "1900000300", 1_900_000_300.5, 1e300, { "at": NOW }])),
        ("nbf", json!(["1900000000", 1.5])),
        ("at_hash", json!([7, "", "wrong"])),
    ] {
        for value in values.as_array().expect("values") {
            let refused = check_rsa_token(HEADER, &payload(json!({ name: value }))).expect_err(name);
            assert_eq!(refused, JwtError::Claim(name), "{name}: {value}");
        }
    }
    let parties = [
        json!({ "aud": [CLIENT, "other"] }),
        json!({ "aud": [CLIENT, "other"], "azp": "other" }),
        json!({ "azp": "other" }),
        json!({ "azp": 7 }),
    ];
    for changes in parties {
        assert_eq!(
            check_rsa_token(HEADER, &payload(changes.clone())).expect_err("azp"),
            JwtError::Claim("azp"),
            "{changes}"
        );
    }
}

#[test]
fn rejects_expired_premature_long_lived_and_malformed_claims() {
    for (name, changes) in [
        ("exp", json!({ "exp": NOW - 30, "iat": NOW - 60 })),
        ("exp", json!({ "exp": NOW - 45, "iat": NOW - 60 })),
        ("exp", json!({ "exp": -5 })),
        ("exp", json!({ "exp": i64::MIN })),
        ("exp", json!({ "exp": NOW + 10 * 365 * 86_400 })),
        ("exp", json!({ "exp": i64::MAX })),
        ("iat", json!({ "iat": NOW + 31 })),
        ("iat", json!({ "iat": NOW - 601 })),
        ("nbf", json!({ "nbf": NOW + 3_600 })),
        ("nbf", json!({ "nbf": i64::MAX })),
    ] {
        assert_eq!(
            check_rsa_token(HEADER, &payload(changes.clone())).expect_err(name),
            JwtError::Time(name),
            "{changes}"
        );
    }
    // Invalid numbers, duplicate claims, and payloads that are no object.
    for wrong in [
        format!(r#"{{"iss":"{ISSUER}","exp":1e400}}"#),
        claims().to_string().replace(r#""sub":"s-1""#, r#""sub":"s-1","sub":"root""#),
        "[]".to_owned(),
        "null".to_owned(),
        String::new(),
        "[".repeat(10_000),
    ] {
        assert_eq!(check_rsa_token(HEADER, &wrong).expect_err("no claims"), JwtError::Malformed);
    }
}

#[test]
fn rejects_headers_with_other_algorithms_keys_or_extensions() {
    let valid = claims().to_string();
    let unsigned = |header: &str| check_token(&format!("{}.", signed_part(header, &valid)));
    for name in ["none", "None", "nOnE", "NONE", "", "RS1", "rs256"] {
        let header = json!({ "alg": name, "kid": "r" }).to_string();
        assert_eq!(unsigned(&header).expect_err(name), JwtError::Header("alg"));
        assert_eq!(check_rsa_token(&header, &valid).expect_err(name), JwtError::Header("alg"));
    }
    // Signed by HMAC with the provider's public key as the secret.
    let secret = EncodingKey::from_secret(keys().rsa.public_pem.as_bytes());
    let signed = signed_part(r#"{"alg":"HS256","kid":"r"}"#, &valid);
    let signature = crypto::sign(signed.as_bytes(), &secret, Algorithm::HS256).expect("a signature");
    assert_eq!(check_token(&format!("{signed}.{signature}")).expect_err("HS256"), JwtError::Header("alg"));
    for (refused, header) in [
        (JwtError::Header("crit"), json!({ "alg": "RS256", "kid": "r", "crit": ["exp"] })),
        (JwtError::Header("crit"), json!({ "alg": "RS256", "kid": "r", "crit": [] })),
        (JwtError::Header("zip"), json!({ "alg": "RS256", "kid": "r", "zip": "DEF" })),
        (JwtError::Header("enc"), json!({ "alg": "RS256", "kid": "r", "enc": "A128GCM" })),
        (JwtError::Header("b64"), json!({ "alg": "RS256", "kid": "r", "b64": false })),
        (JwtError::Header("alg"), json!({ "kid": "r" })),
        (JwtError::Header("alg"), json!({ "alg": ["RS256"], "kid": "r" })),
        (JwtError::Header("kid"), json!({ "alg": "RS256" })),
        (JwtError::Header("kid"), json!({ "alg": "RS256", "kid": "" })),
        (JwtError::Header("kid"), json!({ "alg": "RS256", "kid": 7 })),
        (JwtError::Header("kid"), json!({ "alg": "RS256", "kid": "k".repeat(300) })),
        (JwtError::Header("typ"), json!({ "alg": "RS256", "kid": "r", "typ": "at+jwt" })),
        (JwtError::Header("typ"), json!({ "alg": "RS256", "kid": "r", "typ": 1 })),
        (JwtError::UnknownKey, json!({ "alg": "RS256", "kid": "R" })),
        (JwtError::UnknownKey, json!({ "alg": "RS256", "kid": "../../r" })),
        (JwtError::UnknownKey, json!({ "alg": "RS256", "kid": "e" })),
        (JwtError::UnknownKey, json!({ "alg": "ES256", "kid": "r" })),
        (JwtError::UnknownKey, json!({ "alg": "RS256", "kid": "s" })),
    ] {
        assert_eq!(check_rsa_token(&header.to_string(), &valid).expect_err("refused"), refused, "{header}");
    }
    let twice = r#"{"alg":"RS256","alg":"none","kid":"r"}"#;
    assert_eq!(check_rsa_token(twice, &valid).expect_err("twice"), JwtError::Malformed);
    let other_hash = keys().rsa.token(Algorithm::RS384, HEADER, &valid);
    assert_eq!(check_token(&other_hash).expect_err("RS384"), JwtError::Signature);
}

#[test]
fn ignores_keys_and_key_urls_in_the_header() {
    let valid = claims().to_string();
    let attacker = &keys().other_rsa;
    for extra in [
        json!({ "jwk": attacker.jwk("r") }),
        json!({ "jku": "https://evil.test/keys" }),
        json!({ "x5u": "https://evil.test/chain", "x5c": ["AAAA"] }),
    ] {
        let mut header = json!({ "alg": "RS256", "kid": "r" });
        header.as_object_mut().expect("a header").extend(extra.as_object().expect("members").clone());
        let header = header.to_string();
        assert_eq!(
            check_token(&attacker.token(Algorithm::RS256, &header, &valid)).expect_err("the key of an attacker"),
            JwtError::Signature
        );
        check_rsa_token(&header, &valid).expect("the key of the provider; the additional member is ignored");
    }
}

#[test]
fn rejects_truncated_extended_and_modified_tokens() {
    let token = keys().rsa.token(Algorithm::RS256, HEADER, &claims().to_string());
    let parts: Vec<&str> = token.split('.').collect();
    let forged = URL_SAFE_NO_PAD.encode(payload(json!({ "sub": "root" })));
    assert_eq!(check_token(&format!("{}.{forged}.{}", parts[0], parts[2])).expect_err("changed"), JwtError::Signature);
    assert_eq!(check_token(&format!("{}.{}.", parts[0], parts[1])).expect_err("unsigned"), JwtError::Signature);
    for wrong in ["", ".", "..", "a.b.c", parts[0], &format!("{}.{}", parts[0], parts[1]), &"a".repeat(200_000)] {
        assert_eq!(check_token(wrong).expect_err("no token"), JwtError::Malformed);
    }
    for other in [format!("{token}="), format!("{token}.x"), format!(" {token}"), token[..token.len() - 4].to_owned()] {
        assert!(check_token(&other).is_err(), "{other}");
    }
    let long = keys().rsa.token(Algorithm::RS256, HEADER, &payload(json!({ "padding": "x".repeat(200_000) })));
    assert_eq!(check_token(&long).expect_err("200 kB"), JwtError::Malformed);
}

#[test]
fn rejects_an_access_token_of_another_login() {
    let half = URL_SAFE_NO_PAD.encode(&Sha256::digest(ACCESS_TOKEN)[..16]);
    check_rsa_token(HEADER, &payload(json!({ "at_hash": half }))).expect("the access token of this login");
    let other = URL_SAFE_NO_PAD.encode(&Sha256::digest("another")[..16]);
    assert_eq!(
        check_rsa_token(HEADER, &payload(json!({ "at_hash": other }))).expect_err("another"),
        JwtError::Claim("at_hash")
    );
    let half = URL_SAFE_NO_PAD.encode(&Sha512::digest(ACCESS_TOKEN)[..32]);
    let by_ed = keys().ed.token(Algorithm::EdDSA, r#"{"alg":"EdDSA","kid":"d"}"#, &payload(json!({ "at_hash": half })));
    check_token(&by_ed).expect("Ed25519 hashes with SHA-512");
}
