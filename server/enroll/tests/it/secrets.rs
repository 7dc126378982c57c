//! Activation codes, evidence and challenge ids are in answers only.

use crate::support::{
    CODE, Plan, World, body,
    client::LOGS,
    evidence::{self, AWS_ACCOUNT, INSTANCE, PENDING},
    read_all,
};

#[tokio::test]
async fn no_secret_is_logged_stored_or_printed() {
    let world = World::new().await;
    let challenge = world.challenge("aws").await;
    let id = challenge["challenge_id"].as_str().expect("an id");
    let evidence = evidence::ec2(AWS_ACCOUNT, INSTANCE, PENDING);
    let document = evidence["rsa2048"].as_str().expect("evidence").to_owned();
    let answer = world.attest(body(id, "aws", evidence)).await;
    assert!(answer.text.contains(CODE));
    let token = evidence::vmware(1);
    assert!(world.enroll("vmware", |_| token.clone()).await.text.contains(CODE));
    world.enroll("vmware", |_| token.clone()).await.check(409, "already_enrolled");
    world.plan(Plan::Failed);
    world.enroll("vmware", |_| evidence::vmware(2)).await.check(503, "provisioning_failed");
    world.client.get("/enroll/v1/status", &format!("Authorization: Bearer {id}\r\n")).await;
    let printed = format!("{:?}", world.fake.seen.lock().expect("not poisoned"));
    let (ledger, audit) = (read_all(&world.path("ledger")), world.audit());
    assert!(ledger.contains(INSTANCE) && audit.contains(INSTANCE), "both have what was enrolled");
    let logs = String::from_utf8_lossy(&LOGS.lock().expect("not poisoned")).into_owned();
    assert!(logs.contains("answered"), "logs are captured");
    let nonce = challenge["nonce"].as_str().expect("a nonce");
    for (name, text) in [("logs", logs), ("ledger", ledger), ("audit", audit), ("debug", printed)] {
        for secret in [CODE, id, nonce, &document[..60], token["token"].as_str().expect("a token")] {
            assert!(!text.contains(secret), "{name}");
        }
    }
}
