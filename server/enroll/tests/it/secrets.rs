//! Activation codes, evidence and challenge ids are in the one answer that needs them, and nowhere else.

use crate::support::{
    CODE, OPERATORS_SECRET, Plan, World, body,
    client::{Answer, LOGS},
    evidence::{self, AWS_ACCOUNT, INSTANCE, PENDING},
    read_all,
};
use serde_json::json;

#[tokio::test]
async fn no_secret_is_logged_stored_or_printed() {
    let world = World::new().await;
    let answer = world.client.post("/enroll/v1/challenge", &json!({"provider": "aws"})).await;
    let challenge = answer.json();
    let mut answers = vec![("challenge", answer)];
    let [id, nonce] = ["challenge_id", "nonce"].map(|name| challenge[name].as_str().expect("a text").to_owned());
    let evidence = evidence::ec2(AWS_ACCOUNT, INSTANCE, PENDING);
    let document = evidence["rsa2048"].as_str().expect("evidence")[..60].to_owned();
    let attempt = body(&id, "aws", evidence);
    let mut malformed = attempt.clone();
    malformed["surprise"] = json!(1);
    answers.push(("malformed", world.attest(malformed).await));
    answers.push(("activation", world.attest(attempt.clone()).await));
    answers.push(("replayed", world.attest(attempt).await));
    let token = evidence::vmware(1);
    let token_text = token["token"].as_str().expect("a token").to_owned();
    answers.push(("activation by token", world.enroll("vmware", |_| token.clone()).await));
    answers.push(("already enrolled", world.enroll("vmware", |_| token.clone()).await));
    world.plan(Plan::Failed);
    answers.push(("failed", world.enroll("vmware", |_| evidence::vmware(2)).await));
    let bearer = |secret: &str| format!("Authorization: Bearer {secret}\r\n");
    let operators = bearer(OPERATORS_SECRET);
    for (path, headers) in [
        ("/enroll/v1/status", bearer(&id)),
        ("/enroll/v1/status", operators.clone()),
        ("/enroll/v1/health", String::new()),
        ("/enroll/v1/openapi.json", String::new()),
        ("/operators/v1/enrollments", operators.clone()),
        ("/operators/v1/accounts", operators.clone()),
        ("/operators/v1/guide", operators.clone()),
        ("/operators/v1/guide", bearer(&id)),
    ] {
        answers.push((path, world.client.get(path, &headers).await));
    }
    let enrollment = answers[2].1.json()["enrollment_id"].as_str().expect("an id").to_owned();
    let reset = json!({"subject": "u-7", "name": "Jo", "ids": [enrollment]}).to_string();
    answers.push(("reset", world.client.post_text("/operators/v1/reset", &reset, &operators).await));
    let statuses: Vec<u16> = answers.iter().map(|(_, answer)| answer.status).collect();
    assert_eq!(statuses, [200, 400, 200, 409, 200, 409, 503, 200, 404, 200, 200, 200, 200, 200, 401, 200]);

    let debug = format!("{:?}", world.fake.seen.lock().expect("not poisoned"));
    let folder = world.close().await;
    let [ledger, audit] = ["ledger", "audit"].map(|name| read_all(&folder.path().join(name)));
    assert!(ledger.contains(INSTANCE) && audit.contains(INSTANCE), "both have what was enrolled");
    let logs = String::from_utf8_lossy(&LOGS.lock().expect("not poisoned")).into_owned();
    assert!(logs.contains("answered"), "logs are captured");
    for (name, secret, having) in [
        ("code", CODE, &["activation", "activation by token"][..]),
        ("challenge id", &id, &["challenge"]),
        ("nonce", &nonce, &["challenge"]),
        ("document", &document, &[]),
        ("token", &token_text, &[]),
        ("operators' secret", OPERATORS_SECRET, &[]),
    ] {
        for (place, text) in [("logs", &logs), ("ledger", &ledger), ("audit log", &audit), ("debug", &debug)] {
            assert!(!text.contains(secret), "{name} in the {place}");
        }
        let has =
            |answer: &Answer| answer.text.contains(secret) || answer.headers.values().any(|it| it.contains(secret));
        let found: Vec<_> = answers.iter().filter(|(_, answer)| has(answer)).map(|(place, _)| *place).collect();
        assert_eq!(found, having, "{name}");
    }
}
