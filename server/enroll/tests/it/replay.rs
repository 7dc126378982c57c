//! Challenges and identities are used once.

use crate::support::{
    World, body,
    evidence::{self, AWS_ACCOUNT, INSTANCE, PENDING},
};
use futures::future::join_all;

#[tokio::test]
async fn a_challenge_is_accepted_once_one_after_another() {
    let world = World::new().await;
    let challenge = world.challenge("vmware").await;
    let id = challenge["challenge_id"].as_str().expect("an id");
    assert_eq!(world.attest(body(id, "vmware", evidence::vmware(1))).await.status, 200);
    for number in 1..4 {
        world.attest(body(id, "vmware", evidence::vmware(number))).await.check(409, "replayed");
    }
    // A refused attempt uses up the challenge too.
    let challenge = world.challenge("vmware").await;
    let id = challenge["challenge_id"].as_str().expect("an id");
    let stranger = evidence::vmware_of("vc-9/other", "acme", 9, "t-9");
    world.attest(body(id, "vmware", stranger)).await.check(401, "evidence_invalid");
    world.attest(body(id, "vmware", evidence::vmware(9))).await.check(409, "replayed");
    assert_eq!(world.calls(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_parallel_posts_of_one_challenge_one_passes() {
    let world = World::new().await;
    let challenge = world.challenge("vmware").await;
    let id = challenge["challenge_id"].as_str().expect("an id");
    let posts = (0..100).map(|number| world.attest(body(id, "vmware", evidence::vmware(number))));
    let answers = join_all(posts).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.check(409, "replayed");
    }
    assert_eq!(world.calls(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_parallel_attempts_of_one_instance_one_gets_the_activation() {
    let world = World::new().await;
    let attempts = (0..30).map(|_| world.enroll("vmware", |_| evidence::vmware(1)));
    let answers = join_all(attempts).await;
    let with_code = answers.iter().filter(|answer| answer.text.contains("activation_code")).count();
    assert_eq!((with_code, world.calls()), (1, 1));
    for answer in answers {
        match answer.status {
            200 => assert!(answer.text.contains("activation_code") || answer.text.contains("other_attempt")),
            _ => answer.check(409, "already_enrolled"),
        }
    }
}

#[tokio::test]
async fn an_instance_of_ec2_enrolls_again_only_after_it_was_stopped_and_started() {
    let world = World::new().await;
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    world.enroll_ec2(INSTANCE, PENDING).await.check(409, "already_enrolled");
    world.enroll_ec2(INSTANCE, "2026-11-30T10:59:59Z").await.check(409, "already_enrolled");
    let newer = "2026-11-30T11:30:00Z";
    assert_eq!(world.enroll_ec2(INSTANCE, newer).await.status, 200);
    world.enroll_ec2(INSTANCE, newer).await.check(409, "already_enrolled");
    world.enroll_ec2(INSTANCE, PENDING).await.check(409, "already_enrolled");
    let ids: Vec<_> =
        world.fake.seen.lock().expect("not poisoned").iter().map(|enrollment| enrollment.id.clone()).collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
    let evidence = evidence::ec2(AWS_ACCOUNT, "i-0123456789abcdef1", PENDING);
    assert_eq!(world.enroll("aws", |_| evidence).await.status, 200, "another instance");
}
