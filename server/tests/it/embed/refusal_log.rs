//! The operator's log says why an assertion was refused; the answer to its sender does not.

use crate::{
    embed::{
        assertion::with_claim,
        world::{EmbeddingPage, Framed, NONCE, customers},
    },
    support::log::CapturedLog,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Sends an assertion that is refused. Returns the reason in the log.
async fn reason(framed: &Framed, log: &CapturedLog, assertion: &str, nonce: &str) -> String {
    log.take();
    let (status, answer) = framed.post_assertion(assertion, nonce).await;
    assert!((400..500).contains(&status), "{answer}");
    let text = log.take();
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let messages = lines.iter().filter_map(|line| line["fields"]["message"].as_str());
    let reasons: Vec<&str> =
        messages.filter_map(|text| text.strip_prefix("a sign-in assertion was refused: ")).collect();
    let [reason] = reasons.as_slice() else { panic!("one line, not {text}") };
    assert!(!answer.to_string().contains(reason), "the sender learns it: {answer}");
    (*reason).to_owned()
}

#[tokio::test]
async fn each_refusal_is_logged_with_its_own_reason() {
    let (customer, _) = customers().remove(0);
    let (page, other_page) = (EmbeddingPage::new("k"), EmbeddingPage::new("k"));
    let mut embedder = page.embedder();
    embedder.customers = Some(BTreeSet::from([customer.clone()]));
    let framed = Framed::new(vec![embedder]);
    framed.advance(600);
    let log = CapturedLog::start();
    let now = framed.now().as_second();
    let valid = || page.claims(&customer, framed.now());
    let mut reasons = BTreeSet::new();
    let claims = [
        ("iss", json!("https://other.example"), "no [[embedder]] has the issuer `https://other.example`"),
        ("iss", json!("evil\nline"), "no [[embedder]] has the issuer `evil\\nline`"),
        ("aud", json!("https://vmm.example"), "its `aud` is `https://vmm.example`, not `https://vmm.example/embed`"),
        ("aud", Value::Null, "the claim `aud`"),
        ("sub", json!(""), "the claim `sub`"),
        ("jti", json!("short"), "the claim `jti`"),
        ("exp", json!(now + 3_600), "the claim `exp`"),
        ("iat", json!(now + 40), "by the claim `iat`"),
        ("nbf", json!(now + 40), "by the claim `nbf`"),
        ("customers", json!([]), "the claim `customers`"),
        ("customers", json!([customer, "another"]), "may not name each of these customers"),
        ("role", json!("operator"), "may not name the role `operator`"),
        ("role", json!("account_manager"), "assigned to none of the customers"),
        ("parent", json!("https://evil.example"), "may not name the parent `https://evil.example`"),
        ("nonce", json!("ff112233445566778899aabbccddeeff"), "`nonce`"),
    ];
    for (name, value, words) in claims {
        let reason = reason(&framed, &log, &page.sign(&with_claim(&valid(), name, value)), NONCE).await;
        assert!(reason.contains(words), "`{words}` is not in: {reason}");
        assert!(reasons.insert(reason.clone()), "twice: {reason}");
    }
    let head = |name: &str, value: Value| {
        page.sign_text(&with_claim(&page.header(), name, value).to_string(), &valid().to_string())
    };
    let used = page.sign(&valid());
    assert_eq!(framed.post_assertion(&used, NONCE).await.0, 200);
    for (assertion, words) in [
        ("nonsense".to_owned(), "not a JWT"),
        (head("typ", json!("JWT")), "the header `typ`"),
        (head("alg", json!("none")), "the header `alg`"),
        (head("kid", json!("other")), "no key with this id"),
        (other_page.sign(&valid()), "the signature does not match"),
        (used, "its `jti` was used before"),
    ] {
        let reason = reason(&framed, &log, &assertion, NONCE).await;
        assert!(reason.contains(words), "`{words}` is not in: {reason}");
        assert!(reasons.insert(reason.clone()), "twice: {reason}");
    }
    let short = reason(&framed, &log, &page.sign(&valid()), "short").await;
    assert!(short.contains("nonce"), "{short}");
    // Claims that name a person or its customers are not logged.
    let personal = reasons.iter().find(|reason| reason.contains(&customer) || reason.contains("another"));
    assert_eq!(personal, None);
}
