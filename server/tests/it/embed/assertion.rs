//! What becomes of an assertion that an embedding page signs: the table of what is believed, once and in its time.

use crate::embed::world::{AUDIENCE, Framed, NONCE, Parent, customers};
use jiff::SignedDuration;
use muster_access::{assignments::Assignments, embedder::EmbeddedRole, jwks::KeyFile};
use muster_core::clock::{Clock, FixedClock};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// Changes one claim; `null` takes it away.
fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    match value {
        Value::Null => drop(claims.as_object_mut().expect("claims").remove(name)),
        value => claims[name] = value,
    }
    claims
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_key_signs_and_a_claim_that_is_not_right_is_refused() {
    let (customer, _) = customers().remove(0);
    for parent in [Parent::new("k"), Parent::ed25519("k"), Parent::rsa("k")] {
        let framed = Framed::by(vec![parent.embedder()]);
        let (status, answer) = framed.show(&parent.sign(&parent.claims(&customer, framed.now())), NONCE).await;
        assert_eq!((status, &answer["expires_in"]), (200, &json!(900)), "{:?}: {answer}", parent.algorithm);
        assert_eq!(answer["access_token"].as_str().map(str::len), Some(43));
        assert_eq!(answer["session_expires_at"], json!((framed.now() + SignedDuration::from_hours(8)).to_string()));
    }
    let parent = Parent::new("k");
    let framed = Framed::by(vec![parent.embedder()]);
    // Long after the start: what is refused for its age is not refused for being older than the portal.
    framed.wait(600);
    let now = framed.now().as_second();
    let (invalid, expired, refused) = ((401, "assertion_invalid"), (401, "assertion_expired"), (403, "not_allowed"));
    let good = || parent.claims(&customer, framed.now());
    let many: Vec<String> = (0..501).map(|n| n.to_string()).collect();
    let moved =
        |iat: i64, exp: i64| with(&with(&with(&good(), "iat", json!(iat)), "nbf", json!(iat)), "exp", json!(exp));
    for (claims, expected) in [
        (with(&good(), "iss", json!("https://other.example")), invalid),
        (with(&good(), "iss", json!("https://manage.example/")), invalid),
        (with(&good(), "iss", json!(42)), invalid),
        (with(&good(), "iss", Value::Null), invalid),
        (with(&good(), "aud", json!([AUDIENCE])), invalid),
        (with(&good(), "aud", json!("https://vmm.example")), invalid),
        (with(&good(), "aud", json!("https://vmm.example/embed/")), invalid),
        (with(&good(), "aud", Value::Null), invalid),
        (with(&good(), "sub", json!("")), invalid),
        (with(&good(), "sub", json!("a\nb")), invalid),
        (with(&good(), "sub", json!("a".repeat(256))), invalid),
        (with(&good(), "sub", Value::Null), invalid),
        (with(&good(), "exp", Value::Null), invalid),
        (with(&good(), "exp", json!((now + 60).to_string())), invalid),
        (with(&good(), "exp", json!(now as f64 + 60.5)), invalid),
        (with(&good(), "exp", json!(-1)), invalid),
        (with(&good(), "exp", json!(now + 61)), invalid),
        (with(&good(), "exp", json!(now)), invalid),
        (with(&good(), "nbf", Value::Null), invalid),
        (with(&good(), "iat", Value::Null), invalid),
        (with(&good(), "iat", json!(i64::MIN)), invalid),
        (moved(i64::MAX - 60, i64::MAX), expired),
        (moved(i64::MIN, i64::MIN + 60), expired),
        (moved(now + 31, now + 60), expired),
        (with(&good(), "iat", json!(now + 31)), expired),
        (moved(now - 31, now - 30), expired),
        (moved(now - 121, now - 61), expired),
        (with(&good(), "nbf", json!(now + 31)), expired),
        (with(&good(), "jti", json!("short")), invalid),
        (with(&good(), "jti", json!("a".repeat(65))), invalid),
        (with(&good(), "jti", json!("sixteen chars ok")), invalid),
        (with(&good(), "jti", Value::Null), invalid),
        (with(&good(), "nonce", Value::Null), invalid),
        (with(&good(), "nonce", json!("ff112233445566778899aabbccddeeff")), (401, "assertion_replayed")),
        (with(&good(), "customers", json!([])), invalid),
        (with(&good(), "customers", json!(many)), invalid),
        (with(&good(), "customers", json!(customer)), invalid),
        (with(&good(), "customers", json!(["a".repeat(129)])), invalid),
        (with(&good(), "customers", Value::Null), invalid),
        (with(&good(), "role", Value::Null), invalid),
        (with(&good(), "role", json!("operator")), refused),
        (with(&good(), "role", json!("auditor")), refused),
        (with(&good(), "role", json!("Customer")), refused),
        // Whom nobody assigned anything sees nothing, whatever the page names.
        (with(&good(), "role", json!("account_manager")), refused),
        (with(&good(), "parent", json!("https://evil.example")), refused),
        (with(&good(), "parent", json!("null")), refused),
        (with(&good(), "parent", Value::Null), invalid),
    ] {
        let (status, code) = framed.verdict(&parent.sign(&claims)).await;
        assert_eq!((status, code.as_str()), expected, "{claims}");
    }
    // At the edges of what clocks may differ by, it counts.
    for claims in [moved(now + 30, now + 60), moved(now - 89, now - 29)] {
        assert_eq!(framed.verdict(&parent.sign(&claims)).await.0, 200, "{claims}");
    }
    let (_, answer) = framed.show(&parent.sign(&moved(now - 121, now - 61)), NONCE).await;
    assert_eq!(answer["error"]["server_time"], json!(framed.now().to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_shape_or_signature_is_refused() {
    let (customer, _) = customers().remove(0);
    let (parent, stranger) = (Parent::new("k"), Parent::new("k"));
    let framed = Framed::by(vec![parent.embedder()]);
    let claims = parent.claims(&customer, framed.now());
    let (head, body) = (parent.header(), claims.to_string());
    let header = |name: &str, value: Value| parent.sign_text(&with(&head, name, value).to_string(), &body);
    let signed = parent.sign(&claims);
    let unsigned = signed.rsplit_once('.').expect("a token").0;
    // The public key as a secret: what believes the header's algorithm believes this.
    let public = parent.jwk["x"].as_str().expect("a key").as_bytes();
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
        parent.sign_text(&head.to_string(), &twice),
        parent.sign_text(&head.to_string(), &huge),
        parent.sign_text(&head.to_string(), "[]"),
        // Keys that a token brings along are not looked at.
        stranger.sign_text(&with(&head, "jwk", stranger.jwk.clone()).to_string(), &body),
        stranger.sign_text(&with(&head, "jku", json!("https://evil.example/keys")).to_string(), &body),
        stranger.sign_text(&with(&head, "x5u", json!("https://evil.example/keys")).to_string(), &body),
        stranger.sign(&claims),
        jsonwebtoken::encode(&symmetric, &claims, &shared).expect("a token"),
    ] {
        assert_eq!(framed.verdict(&token).await, (401, "assertion_invalid".to_owned()), "{token:.200}");
    }
    // None of that used it up.
    assert_eq!(framed.verdict(&signed).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_counts_once_however_many_show_it_at_once() {
    let (customer, _) = customers().remove(0);
    let parent = Parent::new("k");
    let framed = Arc::new(Framed::by(vec![parent.embedder()]));
    let assertion = parent.sign(&parent.claims(&customer, framed.now()));
    assert_eq!(framed.verdict(&assertion).await.0, 200);
    framed.wait(59);
    assert_eq!(framed.verdict(&assertion).await, (401, "assertion_replayed".to_owned()));

    let assertion = parent.sign(&parent.claims(&customer, framed.now()));
    let shown = (0..100).map(|_| {
        let (framed, assertion) = (framed.clone(), assertion.clone());
        tokio::spawn(async move { framed.verdict(&assertion).await })
    });
    let mut verdicts = Vec::new();
    for shown in shown.collect::<Vec<_>>() {
        verdicts.push(shown.await.expect("a verdict"));
    }
    let replayed = (401, "assertion_replayed".to_owned());
    assert_eq!(verdicts.iter().filter(|(status, _)| *status == 200).count(), 1);
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == replayed).count(), 99);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_for_another_frame_is_used_up_by_being_shown() {
    let (customer, _) = customers().remove(0);
    let parent = Parent::new("k");
    let framed = Framed::by(vec![parent.embedder()]);
    let assertion = parent.sign(&parent.claims(&customer, framed.now()));
    let (status, answer) = framed.show(&assertion, "ff112233445566778899aabbccddeeff").await;
    assert_eq!((status, &answer["error"]["code"]), (401, &json!("assertion_replayed")));
    assert_eq!(framed.verdict(&assertion).await, (401, "assertion_replayed".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_issuer_has_its_own_names_keys_and_customers() {
    let mut customers = customers().into_iter().map(|(customer, _)| customer);
    let (one, other) = (customers.next().expect("one"), customers.next().expect("another"));
    let (first, mut second) = (Parent::new("k"), Parent::new("k"));
    second.issuer = "https://white-label.example".to_owned();
    let mut narrow = second.embedder();
    narrow.customers = Some(BTreeSet::from([other.clone()]));
    let framed = Framed::by(vec![first.embedder(), narrow]);
    let jti = json!("the-same-name-at-both");
    assert_eq!(framed.verdict(&first.sign(&with(&first.claims(&one, framed.now()), "jti", jti.clone()))).await.0, 200);
    let claims = with(&second.claims(&other, framed.now()), "jti", jti);
    // One issuer's key signs nothing for the other.
    assert_eq!(framed.verdict(&first.sign(&claims)).await.1, "assertion_invalid");
    assert_eq!(framed.verdict(&second.sign(&claims)).await.0, 200);
    assert_eq!(framed.verdict(&second.sign(&second.claims(&one, framed.now()))).await.1, "not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_vouches_for_the_roles_only_that_it_may() {
    let (customer, _) = customers().remove(0);
    let parent = Parent::new("k");
    let assigned = || Assignments::of([("user-1".to_owned(), BTreeSet::from([customer.clone()]))]);
    for (role, ours, theirs) in [
        (EmbeddedRole::Customer, "customer", "account_manager"),
        (EmbeddedRole::AccountManager, "account_manager", "customer"),
    ] {
        let mut narrow = parent.embedder();
        narrow.roles = BTreeSet::from([role]);
        let framed = Framed::with(vec![narrow], assigned());
        let as_role = |role: &str| parent.sign(&with(&parent.claims(&customer, framed.now()), "role", json!(role)));
        assert_eq!(framed.verdict(&as_role(ours)).await.0, 200, "{ours}");
        assert_eq!(framed.verdict(&as_role(theirs)).await, (403, "not_allowed".to_owned()), "{theirs}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_nothing_from_before_it_counts() {
    let (customer, _) = customers().remove(0);
    let parent = Parent::new("k");
    let framed = Framed::by(vec![parent.embedder()]);
    let used = parent.sign(&parent.claims(&customer, framed.now()));
    let unused = parent.sign(&parent.claims(&customer, framed.now()));
    let bearer = framed.show(&used, NONCE).await.1["access_token"].as_str().expect("a token").to_owned();
    let clock = Arc::new(FixedClock::at(framed.now()));
    let restarted = Framed::started(vec![parent.embedder()], Assignments::default(), clock.clone());
    restarted.wait(1);
    for assertion in [&used, &unused] {
        assert_eq!(restarted.verdict(assertion).await, (401, "assertion_expired".to_owned()));
    }
    assert_eq!(restarted.get("/embed/v1/pages", &bearer).await.0, 401);
    assert_eq!(restarted.verdict(&parent.sign(&parent.claims(&customer, clock.now()))).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_by_writing_the_file() {
    let (customer, _) = customers().remove(0);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys.json");
    let (old, new) = (Parent::new("2026-11"), Parent::new("2026-12-a"));
    std::fs::write(&path, old.keys()).expect("written");
    let mut embedder = old.embedder();
    embedder.keys = KeyFile::open(&path).expect("good keys");
    let framed = Framed::by(vec![embedder]);
    let verdict = async |parent: &Parent| framed.verdict(&parent.sign(&parent.claims(&customer, framed.now()))).await;
    assert_eq!((verdict(&old).await.0, verdict(&new).await.0), (200, 401));
    std::fs::write(&path, json!({ "keys": [old.jwk, new.jwk] }).to_string()).expect("written");
    assert_eq!((verdict(&old).await.0, verdict(&new).await.0), (200, 200));
    std::fs::write(&path, new.keys()).expect("written");
    assert_eq!((verdict(&old).await.1.as_str(), verdict(&new).await.0), ("assertion_invalid", 200));
    // A file that is gone or broken has no keys.
    for text in ["", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"2026-12-a\"}]}"] {
        std::fs::write(&path, text).expect("written");
        assert_eq!(verdict(&new).await.1, "assertion_invalid", "{text}");
    }
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(verdict(&new).await.1, "assertion_invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_starts_thirty_sessions_at_once_and_then_one_every_two_seconds() {
    let mut customers = customers().into_iter().map(|(customer, _)| customer);
    let (one, other) = (customers.next().expect("one"), customers.next().expect("another"));
    let parent = Parent::new("k");
    let framed = Framed::by(vec![parent.embedder()]);
    let start = async |customer: &str| {
        let claims = with(&parent.claims(customer, framed.now()), "sub", json!(customer));
        framed.verdict(&parent.sign(&claims)).await
    };
    for _ in 0..30 {
        assert_eq!(start(&one).await.0, 200);
    }
    assert_eq!(start(&one).await, (429, "too_many_requests".to_owned()));
    assert_eq!(start(&other).await.0, 200, "another person's are not theirs");
    framed.wait(2);
    assert_eq!((start(&one).await.0, start(&one).await.0), (200, 429));
}
