//! What operators approve, retry and reset.

use crate::support::{
    Plan, World,
    evidence::{self, INSTANCE, PENDING},
    unlimited,
};
use muster_access::principal::{Identity, Principal, Role};
use muster_enroll::{
    ledger::{
        ActionError,
        record::{EnrollmentId, State},
    },
    operators::Listed,
};
use std::collections::BTreeSet;

fn registry(approval: &str) -> String {
    evidence::registry().replace("systems_account = \"111122223333\"", &format!("approval = \"{approval}\""))
}

async fn waits(world: &World, number: usize) {
    let answer = world.enroll("vmware", |_| evidence::vmware(number)).await;
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (200, Some("approval")), "{}", answer.text);
}

async fn passes(world: &World, number: usize) {
    let answer = world.enroll("vmware", |_| evidence::vmware(number)).await;
    assert!(answer.text.contains("activation_code"), "{}", answer.text);
}

#[tokio::test]
async fn a_systems_account_is_requested_after_an_operator_approved_it_once() {
    let world = World::with(&registry("systems_account"), unlimited()).await;
    for _ in 0..3 {
        waits(&world, 1).await;
    }
    waits(&world, 2).await;
    assert_eq!(world.calls(), 0);
    let pending = world.service.list(Listed::Pending);
    assert_eq!(pending.len(), 2);
    let first = pending.iter().find(|record| record.instance == evidence::uuid(1)).expect("listed");
    assert_eq!(first.state, State::AwaitingApproval);
    world.service.approve(&first.id, &Principal::local()).await.expect("approved");
    passes(&world, 1).await;
    passes(&world, 2).await;
    passes(&world, 3).await;
    assert_eq!(world.service.list(Listed::Done).len(), 3);
    let again = world.service.approve(&first.id, &Principal::local()).await;
    assert!(matches!(again, Err(ActionError::WrongState(State::Enrolled))));
    // The approval outlasts a reset and a restart.
    world.service.reset(&first.id, &Principal::local()).await.expect("reset");
    let world = World::open(world.close().await, unlimited()).await.expect("restarted");
    passes(&world, 4).await;
    passes(&world, 1).await;
    passes(&world, 5).await;
    let audit = world.audit();
    assert!(audit.contains(r#""action":"enrollment_requested","result":"ok""#) && audit.contains("waits for approval"));
    assert!(
        audit.contains(&format!(r#""object":"{}""#, first.id)) && audit.contains(r#""detail":"begins; "#),
        "{audit}"
    );
    for action in ["enrollment_approved", "enrollment_reset"] {
        assert!(audit.contains(&format!(r#""action":"{action}","result":"ok","subject":"local""#)), "{audit}");
    }
}

#[tokio::test]
async fn each_instance_waits_where_the_registry_says_so() {
    let world = World::with(&registry("instance"), unlimited()).await;
    waits(&world, 1).await;
    let id = world.service.list(Listed::Pending)[0].id.clone();
    world.service.approve(&id, &Principal::local()).await.expect("approved");
    passes(&world, 1).await;
    waits(&world, 2).await;
    world.service.reset(&id, &Principal::local()).await.expect("reset");
    waits(&world, 1).await;
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn a_failed_enrollment_is_retried_and_an_enrolled_one_reset() {
    let world = World::new().await;
    world.plan(Plan::Failed);
    world.enroll_ec2(INSTANCE, PENDING).await.check(503, "provisioning_failed");
    world.plan(Plan::Ready);
    world.enroll_ec2(INSTANCE, PENDING).await.check(503, "provisioning_failed");
    let failed = world.service.list(Listed::Failed);
    assert_eq!((failed.len(), failed[0].failure.as_deref()), (1, Some("account_limit_exceeded")));
    let id = failed[0].id.clone();
    world.service.retry(&id, &Principal::local()).await.expect("retried");
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    world.enroll_ec2(INSTANCE, PENDING).await.check(409, "already_enrolled");
    world.service.reset(&id, &Principal::local()).await.expect("reset");
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    // A reset lets the same token be used again.
    assert_eq!(world.enroll("vmware", |_| evidence::vmware(1)).await.status, 200);
    world.enroll("vmware", |_| evidence::vmware(1)).await.check(409, "already_enrolled");
    let done = world.service.list(Listed::Done);
    let vmware = done.iter().find(|record| record.token.is_some()).expect("listed");
    world.service.reset(&vmware.id, &Principal::local()).await.expect("reset");
    assert_eq!(world.enroll("vmware", |_| evidence::vmware(1)).await.status, 200);
}

#[tokio::test]
async fn only_operators_act_and_only_on_what_exists() {
    let world = World::new().await;
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    let id = world.service.list(Listed::Done)[0].id.clone();
    let customer = Identity {
        issuer: "i".to_owned(),
        subject: "s".to_owned(),
        name: "n".to_owned(),
        role: Role::Customer { customers: BTreeSet::from(["acme".to_owned()]) },
    };
    let customer = Principal::new(customer, BTreeSet::new());
    assert!(matches!(world.service.reset(&id, &customer).await, Err(ActionError::NotOperator)));
    let missing = EnrollmentId::from("enr-missing");
    assert!(matches!(world.service.reset(&missing, &Principal::local()).await, Err(ActionError::NotFound)));
    assert!(matches!(world.service.retry(&id, &Principal::local()).await, Err(ActionError::WrongState(_))));
    assert_eq!(world.service.find(&id).expect("found").state, State::Enrolled);
}
