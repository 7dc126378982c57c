//! ID tokens as they should not be: each is signed as well as its sender could, and refused for its own reason.

use crate::access::signing_keys::{key_set, keys, signed_part};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use muster_access::jwt::{
    JwtError, UnverifiedJwt,
    claims::Claims,
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

/// The whole way of a token: read, its key found, verified, checked.
fn accepted(token: &str) -> Result<Claims, JwtError> {
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

/// With some claims in the place of others; null takes one away.
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

fn by_rsa(header: &str, payload: &str) -> Result<Claims, JwtError> {
    accepted(&keys().rsa.token(Algorithm::RS256, header, payload))
}

#[test]
fn a_right_token_counts_in_each_scheme_at_each_edge() {
    let whole = claims().to_string();
    assert_eq!(by_rsa(HEADER, &whole).expect("accepted").text("sub"), Ok("s-1"));
    for (key, algorithm, header) in [
        (&keys().ec, Algorithm::ES256, r#"{"alg":"ES256","kid":"e"}"#),
        (&keys().ed, Algorithm::EdDSA, r#"{"alg":"EdDSA","kid":"d","typ":"jwt"}"#),
    ] {
        accepted(&key.token(algorithm, header, &whole)).expect(header);
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
        by_rsa(HEADER, &payload(changes.clone())).unwrap_or_else(|refused| panic!("{changes}: {refused}"));
    }
}

#[test]
fn claims_that_are_missing_of_another_type_or_another_value_are_refused() {
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
            let refused = by_rsa(HEADER, &payload(json!({ name: value }))).expect_err(name);
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
        assert_eq!(by_rsa(HEADER, &payload(changes.clone())).expect_err("azp"), JwtError::Claim("azp"), "{changes}");
    }
}

#[test]
fn tokens_count_at_their_time_only_by_our_clock_and_not_for_years() {
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
        assert_eq!(by_rsa(HEADER, &payload(changes.clone())).expect_err(name), JwtError::Time(name), "{changes}");
    }
    // Numbers that are none, and claims that are there twice.
    for wrong in [
        format!(r#"{{"iss":"{ISSUER}","exp":1e400}}"#),
        claims().to_string().replace(r#""sub":"s-1""#, r#""sub":"s-1","sub":"root""#),
        "[]".to_owned(),
        "null".to_owned(),
        String::new(),
        "[".repeat(10_000),
    ] {
        assert_eq!(by_rsa(HEADER, &wrong).expect_err("no claims"), JwtError::Malformed);
    }
}

#[test]
fn headers_that_would_choose_their_own_rules_are_refused() {
    let whole = claims().to_string();
    let unsigned = |header: &str| accepted(&format!("{}.", signed_part(header, &whole)));
    for name in ["none", "None", "nOnE", "NONE", "", "RS1", "rs256"] {
        let header = json!({ "alg": name, "kid": "r" }).to_string();
        assert_eq!(unsigned(&header).expect_err(name), JwtError::Header("alg"));
        assert_eq!(by_rsa(&header, &whole).expect_err(name), JwtError::Header("alg"));
    }
    // Signed by a secret that everybody knows: our provider's public key.
    let secret = EncodingKey::from_secret(keys().rsa.public_pem.as_bytes());
    let signed = signed_part(r#"{"alg":"HS256","kid":"r"}"#, &whole);
    let signature = crypto::sign(signed.as_bytes(), &secret, Algorithm::HS256).expect("a signature");
    assert_eq!(accepted(&format!("{signed}.{signature}")).expect_err("HS256"), JwtError::Header("alg"));
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
        assert_eq!(by_rsa(&header.to_string(), &whole).expect_err("refused"), refused, "{header}");
    }
    let twice = r#"{"alg":"RS256","alg":"none","kid":"r"}"#;
    assert_eq!(by_rsa(twice, &whole).expect_err("twice"), JwtError::Malformed);
    let other_hash = keys().rsa.token(Algorithm::RS384, HEADER, &whole);
    assert_eq!(accepted(&other_hash).expect_err("RS384"), JwtError::Signature);
}

#[test]
fn a_key_or_an_address_in_the_header_means_nothing() {
    let whole = claims().to_string();
    let thief = &keys().other_rsa;
    for extra in [
        json!({ "jwk": thief.jwk("r") }),
        json!({ "jku": "https://evil.test/keys" }),
        json!({ "x5u": "https://evil.test/chain", "x5c": ["AAAA"] }),
    ] {
        let mut header = json!({ "alg": "RS256", "kid": "r" });
        header.as_object_mut().expect("a header").extend(extra.as_object().expect("members").clone());
        let header = header.to_string();
        assert_eq!(
            accepted(&thief.token(Algorithm::RS256, &header, &whole)).expect_err("a thief's"),
            JwtError::Signature
        );
        by_rsa(&header, &whole).expect("ours, with something that is not looked at");
    }
}

#[test]
fn what_is_cut_stretched_or_changed_is_refused() {
    let token = keys().rsa.token(Algorithm::RS256, HEADER, &claims().to_string());
    let parts: Vec<&str> = token.split('.').collect();
    let forged = URL_SAFE_NO_PAD.encode(payload(json!({ "sub": "root" })));
    assert_eq!(accepted(&format!("{}.{forged}.{}", parts[0], parts[2])).expect_err("changed"), JwtError::Signature);
    assert_eq!(accepted(&format!("{}.{}.", parts[0], parts[1])).expect_err("unsigned"), JwtError::Signature);
    for wrong in ["", ".", "..", "a.b.c", parts[0], &format!("{}.{}", parts[0], parts[1]), &"a".repeat(200_000)] {
        assert_eq!(accepted(wrong).expect_err("no token"), JwtError::Malformed);
    }
    for other in [format!("{token}="), format!("{token}.x"), format!(" {token}"), token[..token.len() - 4].to_owned()] {
        assert!(accepted(&other).is_err(), "{other}");
    }
    let long = keys().rsa.token(Algorithm::RS256, HEADER, &payload(json!({ "padding": "x".repeat(200_000) })));
    assert_eq!(accepted(&long).expect_err("200 kB"), JwtError::Malformed);
}

#[test]
fn an_access_token_of_another_login_is_refused() {
    let half = URL_SAFE_NO_PAD.encode(&Sha256::digest(ACCESS_TOKEN)[..16]);
    by_rsa(HEADER, &payload(json!({ "at_hash": half }))).expect("the token that came along");
    let other = URL_SAFE_NO_PAD.encode(&Sha256::digest("another")[..16]);
    assert_eq!(by_rsa(HEADER, &payload(json!({ "at_hash": other }))).expect_err("another"), JwtError::Claim("at_hash"));
    let half = URL_SAFE_NO_PAD.encode(&Sha512::digest(ACCESS_TOKEN)[..32]);
    let by_ed = keys().ed.token(Algorithm::EdDSA, r#"{"alg":"EdDSA","kid":"d"}"#, &payload(json!({ "at_hash": half })));
    accepted(&by_ed).expect("Ed25519 goes with SHA-512");
}
