//! What a customer may enroll.

use crate::support::{
    World,
    evidence::{self, AWS_ACCOUNT, INSTANCE, PENDING},
    unlimited,
};
use futures::{StreamExt, stream};
use muster_enroll::operators::Listed;

/// A registry in which the customer may have so many instances, and its accounts have no systems account yet.
fn registry(instances_max: u32, systems_accounts_max: u32, accounts: usize) -> String {
    let first = evidence::roster_to_create("approval = \"none\"")
        .replace("instances_max = 1000", &format!("instances_max = {instances_max}"))
        .replace("systems_accounts_max = 10", &format!("systems_accounts_max = {systems_accounts_max}"));
    let more = (0..accounts).map(|number| {
        format!(
            "[[account]]\nprovider = \"aws\"\naccount_id = \"{number:012}\"\ncustomer_id = \"acme\"\n\
             enrollment = {{ region = \"eu-west-1\", approval = \"none\" }}\n"
        )
    });
    first + &more.collect::<String>()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_attempts_get_at_most_the_quota_of_activations() {
    let world = World::with(&registry(20, 1, 0), unlimited()).await;
    let attempts = (0..1_000).map(|number| world.enroll("vmware", move |_| evidence::vmware(number)));
    let answers: Vec<_> = stream::iter(attempts).buffer_unordered(32).collect().await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 20);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.check(403, "quota_exceeded");
    }
    assert_eq!(world.calls(), 20);
    assert_eq!(world.list(Listed::Done).len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_attempts_request_at_most_the_quota_of_systems_accounts() {
    let world = World::with(&registry(1_000, 3, 50), unlimited()).await;
    let attempts = (0..1_000).map(|number| {
        let (account, instance) = (format!("{:012}", number % 50), format!("i-{number:017}"));
        world.enroll("aws", move |_| evidence::ec2(&account, &instance, PENDING))
    });
    let answers: Vec<_> = stream::iter(attempts).buffer_unordered(16).collect().await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 60);
    assert_eq!(answers.iter().filter(|answer| answer.status == 403).count(), 940);
    assert_eq!((world.calls(), world.fake.requested.lock().expect("not poisoned").len()), (60, 3));
}

#[tokio::test]
async fn a_known_instance_does_not_count_twice() {
    let world = World::with(&registry(1, 1, 0), unlimited()).await;
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    world.enroll_ec2(INSTANCE, PENDING).await.check(409, "already_enrolled");
    assert_eq!(world.enroll_ec2(INSTANCE, "2026-11-30T11:30:00Z").await.status, 200);
    let other = evidence::ec2(AWS_ACCOUNT, "i-0123456789abcdef1", PENDING);
    world.enroll("aws", |_| other).await.check(403, "quota_exceeded");
}
