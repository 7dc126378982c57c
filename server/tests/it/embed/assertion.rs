//! Assertions of embedding pages: which are accepted, once and in their time.

use crate::embed::world::{AUDIENCE, EmbeddingPage, Framed, NONCE, customers};
use jiff::SignedDuration;
use muster_access::{assignments::Assignments, embedder::EmbeddedRole, jwks::KeyFile};
use muster_core::clock::{Clock, FixedClock};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// Replaces one claim; `null` removes it.
pub fn with_claim(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    match value {
        Value::Null => drop(claims.as_object_mut().expect("claims").remove(name)),
        value => claims[name] = value,
    }
    claims
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_each_key_type_and_rejects_each_invalid_claim() {
    let (customer, _) = customers().remove(0);
    for embedding_page in [EmbeddingPage::new("k"), EmbeddingPage::ed25519("k"), EmbeddingPage::rsa("k")] {
        let framed = Framed::new(vec![embedding_page.embedder()]);
        let (status, answer) =
            framed.post_assertion(&embedding_page.sign(&embedding_page.claims(&customer, framed.now())), NONCE).await;
        assert_eq!((status, &answer["expires_in"]), (200, &json!(900)), "{:?}: {answer}", embedding_page.algorithm);
        assert_eq!(answer["access_token"].as_str().map(str::len), Some(43));
        assert_eq!(answer["session_expires_at"], json!((framed.now() + SignedDuration::from_hours(8)).to_string()));
    }
    let embedding_page = EmbeddingPage::new("k");
    let framed = Framed::new(vec![embedding_page.embedder()]);
    // Long after the start, so that no assertion is rejected as older than the portal.
    framed.advance(600);
    let now = framed.now().as_second();
    let (invalid, expired, not_allowed) =
        ((401, "assertion_invalid"), (401, "assertion_expired"), (403, "not_allowed"));
    let valid = || embedding_page.claims(&customer, framed.now());
    let many: Vec<String> = (0..501).map(|n| n.to_string()).collect();
    let with_times = |iat: i64, exp: i64| {
        with_claim(&with_claim(&with_claim(&valid(), "iat", json!(iat)), "nbf", json!(iat)), "exp", json!(exp))
    };
    for (claims, expected) in [
        (with_claim(&valid(), "iss", json!("https://other.example")), invalid),
        (with_claim(&valid(), "iss", json!("https://manage.example/")), invalid),
        (with_claim(&valid(), "iss", json!(42)), invalid),
        (with_claim(&valid(), "iss", Value::Null), invalid),
        (with_claim(&valid(), "aud", json!([AUDIENCE])), invalid),
        (with_claim(&valid(), "aud", json!("https://vmm.example")), invalid),
        (with_claim(&valid(), "aud", json!("https://vmm.example/embed/")), invalid),
        (with_claim(&valid(), "aud", Value::Null), invalid),
        (with_claim(&valid(), "sub", json!("")), invalid),
        (with_claim(&valid(), "sub", json!("a\nb")), invalid),
        (with_claim(&valid(), "sub", json!("a".repeat(256))), invalid),
        (with_claim(&valid(), "sub", Value::Null), invalid),
        (with_claim(&valid(), "exp", Value::Null), invalid),
        (with_claim(&valid(), "exp", json!((now + 60).to_string())), invalid),
        (with_claim(&valid(), "exp", json!(now as f64 + 60.5)), invalid),
        (with_claim(&valid(), "exp", json!(-1)), invalid),
        (with_claim(&valid(), "exp", json!(now + 61)), invalid),
        (with_claim(&valid(), "exp", json!(now)), invalid),
        (with_claim(&valid(), "nbf", Value::Null), invalid),
        (with_claim(&valid(), "iat", Value::Null), invalid),
        (with_claim(&valid(), "iat", json!(i64::MIN)), invalid),
        (with_times(i64::MAX - 60, i64::MAX), expired),
        (with_times(i64::MIN, i64::MIN + 60), expired),
        (with_times(now + 31, now + 60), expired),
        (with_claim(&valid(), "iat", json!(now + 31)), expired),
        (with_times(now - 31, now - 30), expired),
        (with_times(now - 121, now - 61), expired),
        (with_claim(&valid(), "nbf", json!(now + 31)), expired),
        (with_claim(&valid(), "jti", json!("short")), invalid),
        (with_claim(&valid(), "jti", json!("a".repeat(65))), invalid),
        (with_claim(&valid(), "jti", json!("sixteen chars ok")), invalid),
        (with_claim(&valid(), "jti", Value::Null), invalid),
        (with_claim(&valid(), "nonce", Value::Null), invalid),
        (with_claim(&valid(), "nonce", json!("ff112233445566778899aabbccddeeff")), (401, "assertion_replayed")),
        (with_claim(&valid(), "customers", json!([])), invalid),
        (with_claim(&valid(), "customers", json!(many)), invalid),
        (with_claim(&valid(), "customers", json!(customer)), invalid),
        (with_claim(&valid(), "customers", json!(["a".repeat(129)])), invalid),
        (with_claim(&valid(), "customers", Value::Null), invalid),
        (with_claim(&valid(), "role", Value::Null), invalid),
        (with_claim(&valid(), "role", json!("operator")), not_allowed),
        (with_claim(&valid(), "role", json!("auditor")), not_allowed),
        (with_claim(&valid(), "role", json!("Customer")), not_allowed),
        // An account manager without assignments has no scope, with any customers in the claims.
        (with_claim(&valid(), "role", json!("account_manager")), not_allowed),
        (with_claim(&valid(), "parent", json!("https://evil.example")), not_allowed),
        (with_claim(&valid(), "parent", json!("null")), not_allowed),
        (with_claim(&valid(), "parent", Value::Null), invalid),
    ] {
        let (status, code) = framed.assertion_result(&embedding_page.sign(&claims)).await;
        assert_eq!((status, code.as_str()), expected, "{claims}");
    }
    // Accepted at the limits of the clock tolerance.
    for claims in [with_times(now + 30, now + 60), with_times(now - 89, now - 29)] {
        assert_eq!(framed.assertion_result(&embedding_page.sign(&claims)).await.0, 200, "{claims}");
    }
    let (_, answer) = framed.post_assertion(&embedding_page.sign(&with_times(now - 121, now - 61)), NONCE).await;
    assert_eq!(answer["error"]["server_time"], json!(framed.now().to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_malformed_tokens_and_invalid_signatures() {
    let (customer, _) = customers().remove(0);
    let (embedding_page, other_page) = (EmbeddingPage::new("k"), EmbeddingPage::new("k"));
    let framed = Framed::new(vec![embedding_page.embedder()]);
    let claims = embedding_page.claims(&customer, framed.now());
    let (head, body) = (embedding_page.header(), claims.to_string());
    let header =
        |name: &str, value: Value| embedding_page.sign_text(&with_claim(&head, name, value).to_string(), &body);
    let signed = embedding_page.sign(&claims);
    let unsigned = signed.rsplit_once('.').expect("a token").0;
    // Signed by HMAC with the public key as the secret: accepted by a verifier that trusts the algorithm of the header.
    let public = embedding_page.jwk["x"].as_str().expect("a key").as_bytes();
    let shared = jsonwebtoken::EncodingKey::from_secret(public);
    let mut symmetric = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    (symmetric.kid, symmetric.typ) = (Some("k".into()), Some("vmm-embed+jwt".into()));
    let twice = body.replacen('{', "{\"role\":\"customer\",", 1);
    let huge = body.replacen("\"exp\":", "\"exp\":1e400,\"x\":", 1);
    for token in [
        String::new(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        unsigned.to_owned(),
        format!("{unsigned}."),
        format!("{signed}."),
        format!("{signed}A"),
        header("alg", json!("none")),
        header("alg", json!("nOnE")),
        header("alg", json!("RS256")),
        header("alg", json!("EdDSA")),
        header("alg", json!("HS256")),
        header("typ", json!("JWT")),
        header("typ", Value::Null),
        header("kid", Value::Null),
        header("kid", json!("other")),
        header("kid", json!("../../k")),
        header("kid", json!("k".repeat(2_000))),
        header("crit", json!(["exp"])),
        embedding_page.sign_text(&head.to_string(), &twice),
        embedding_page.sign_text(&head.to_string(), &huge),
        embedding_page.sign_text(&head.to_string(), "[]"),
        // Keys and key URLs in the header are ignored.
        other_page.sign_text(&with_claim(&head, "jwk", other_page.jwk.clone()).to_string(), &body),
        other_page.sign_text(&with_claim(&head, "jku", json!("https://evil.example/keys")).to_string(), &body),
        other_page.sign_text(&with_claim(&head, "x5u", json!("https://evil.example/keys")).to_string(), &body),
        other_page.sign(&claims),
        jsonwebtoken::encode(&symmetric, &claims, &shared).expect("a token"),
    ] {
        assert_eq!(framed.assertion_result(&token).await, (401, "assertion_invalid".to_owned()), "{token:.200}");
    }
    // None of these used up the assertion.
    assert_eq!(framed.assertion_result(&signed).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_an_assertion_once_among_concurrent_requests() {
    let (customer, _) = customers().remove(0);
    let embedding_page = EmbeddingPage::new("k");
    let framed = Arc::new(Framed::new(vec![embedding_page.embedder()]));
    let assertion = embedding_page.sign(&embedding_page.claims(&customer, framed.now()));
    assert_eq!(framed.assertion_result(&assertion).await.0, 200);
    framed.advance(59);
    assert_eq!(framed.assertion_result(&assertion).await, (401, "assertion_replayed".to_owned()));

    let assertion = embedding_page.sign(&embedding_page.claims(&customer, framed.now()));
    let requests = (0..100).map(|_| {
        let (framed, assertion) = (framed.clone(), assertion.clone());
        tokio::spawn(async move { framed.assertion_result(&assertion).await })
    });
    let mut results = Vec::new();
    for request in requests.collect::<Vec<_>>() {
        results.push(request.await.expect("a result"));
    }
    let replayed = (401, "assertion_replayed".to_owned());
    assert_eq!(results.iter().filter(|(status, _)| *status == 200).count(), 1);
    assert_eq!(results.iter().filter(|result| **result == replayed).count(), 99);
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_and_uses_up_an_assertion_with_another_nonce() {
    let (customer, _) = customers().remove(0);
    let embedding_page = EmbeddingPage::new("k");
    let framed = Framed::new(vec![embedding_page.embedder()]);
    let assertion = embedding_page.sign(&embedding_page.claims(&customer, framed.now()));
    let (status, answer) = framed.post_assertion(&assertion, "ff112233445566778899aabbccddeeff").await;
    assert_eq!((status, &answer["error"]["code"]), (401, &json!("assertion_replayed")));
    assert_eq!(framed.assertion_result(&assertion).await, (401, "assertion_replayed".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_issuer_has_its_own_token_ids_keys_and_customers() {
    let mut customers = customers().into_iter().map(|(customer, _)| customer);
    let (one, other) = (customers.next().expect("one"), customers.next().expect("another"));
    let (first, mut second) = (EmbeddingPage::new("k"), EmbeddingPage::new("k"));
    second.issuer = "https://white-label.example".to_owned();
    let mut narrow = second.embedder();
    narrow.customers = Some(BTreeSet::from([other.clone()]));
    let framed = Framed::new(vec![first.embedder(), narrow]);
    let jti = json!("the-same-id-at-both");
    assert_eq!(
        framed
            .assertion_result(&first.sign(&with_claim(&first.claims(&one, framed.now()), "jti", jti.clone())))
            .await
            .0,
        200
    );
    let claims = with_claim(&second.claims(&other, framed.now()), "jti", jti);
    // The key of one issuer is not valid for the other.
    assert_eq!(framed.assertion_result(&first.sign(&claims)).await.1, "assertion_invalid");
    assert_eq!(framed.assertion_result(&second.sign(&claims)).await.0, 200);
    assert_eq!(framed.assertion_result(&second.sign(&second.claims(&one, framed.now()))).await.1, "not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedding_page_grants_only_its_configured_roles() {
    let (customer, _) = customers().remove(0);
    let embedding_page = EmbeddingPage::new("k");
    let assigned = || Assignments::of([("user-1".to_owned(), BTreeSet::from([customer.clone()]))]);
    for (role, granted, other) in [
        (EmbeddedRole::Customer, "customer", "account_manager"),
        (EmbeddedRole::AccountManager, "account_manager", "customer"),
    ] {
        let mut narrow = embedding_page.embedder();
        narrow.roles = BTreeSet::from([role]);
        let framed = Framed::with_assignments(vec![narrow], assigned());
        let as_role = |role: &str| {
            embedding_page.sign(&with_claim(&embedding_page.claims(&customer, framed.now()), "role", json!(role)))
        };
        assert_eq!(framed.assertion_result(&as_role(granted)).await.0, 200, "{granted}");
        assert_eq!(framed.assertion_result(&as_role(other)).await, (403, "not_allowed".to_owned()), "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_assertions_and_sessions_from_before_a_restart() {
    let (customer, _) = customers().remove(0);
    let embedding_page = EmbeddingPage::new("k");
    let framed = Framed::new(vec![embedding_page.embedder()]);
    let used = embedding_page.sign(&embedding_page.claims(&customer, framed.now()));
    let unused = embedding_page.sign(&embedding_page.claims(&customer, framed.now()));
    let bearer = framed.post_assertion(&used, NONCE).await.1["access_token"].as_str().expect("a token").to_owned();
    let clock = Arc::new(FixedClock::at(framed.now()));
    let restarted = Framed::start(vec![embedding_page.embedder()], Assignments::default(), clock.clone());
    restarted.advance(1);
    for assertion in [&used, &unused] {
        assert_eq!(restarted.assertion_result(assertion).await, (401, "assertion_expired".to_owned()));
    }
    assert_eq!(restarted.get("/embed/v1/pages", &bearer).await.0, 401);
    assert_eq!(
        restarted.assertion_result(&embedding_page.sign(&embedding_page.claims(&customer, clock.now()))).await.0,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rewriting_the_key_file_rotates_keys() {
    let (customer, _) = customers().remove(0);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys.json");
    let (old, new) = (EmbeddingPage::new("2026-11"), EmbeddingPage::new("2026-12-a"));
    std::fs::write(&path, old.keys()).expect("written");
    let mut embedder = old.embedder();
    embedder.keys = KeyFile::open(&path).expect("valid keys");
    let framed = Framed::new(vec![embedder]);
    let result = async |embedding_page: &EmbeddingPage| {
        framed.assertion_result(&embedding_page.sign(&embedding_page.claims(&customer, framed.now()))).await
    };
    assert_eq!((result(&old).await.0, result(&new).await.0), (200, 401));
    std::fs::write(&path, json!({ "keys": [old.jwk, new.jwk] }).to_string()).expect("written");
    assert_eq!((result(&old).await.0, result(&new).await.0), (200, 200));
    std::fs::write(&path, new.keys()).expect("written");
    assert_eq!((result(&old).await.1.as_str(), result(&new).await.0), ("assertion_invalid", 200));
    // A missing or invalid file has no keys.
    for text in ["", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"2026-12-a\"}]}"] {
        std::fs::write(&path, text).expect("written");
        assert_eq!(result(&new).await.1, "assertion_invalid", "{text}");
    }
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(result(&new).await.1, "assertion_invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_a_person_to_thirty_sessions_and_one_more_every_two_seconds() {
    let mut customers = customers().into_iter().map(|(customer, _)| customer);
    let (one, other) = (customers.next().expect("one"), customers.next().expect("another"));
    let embedding_page = EmbeddingPage::new("k");
    let framed = Framed::new(vec![embedding_page.embedder()]);
    let start = async |customer: &str| {
        let claims = with_claim(&embedding_page.claims(customer, framed.now()), "sub", json!(customer));
        framed.assertion_result(&embedding_page.sign(&claims)).await
    };
    for _ in 0..30 {
        assert_eq!(start(&one).await.0, 200);
    }
    assert_eq!(start(&one).await, (429, "too_many_requests".to_owned()));
    assert_eq!(start(&other).await.0, 200, "the limit is separate for each person");
    framed.advance(2);
    assert_eq!((start(&one).await.0, start(&one).await.0), (200, 429));
}
