//! What operators approve, retry and reset.

use crate::support::{
    Plan, World,
    evidence::{self, INSTANCE, PENDING},
    unlimited,
};
use muster_access::principal::{Identity, Principal, Role};
use muster_audit::event::Source;
use muster_enroll::{
    ledger::{
        ActionError,
        record::{EnrollmentId, State},
    },
    operators::Listed,
};
use muster_model::enrollment::EnrollmentAction as Action;
use std::collections::BTreeSet;

fn registry(approval: &str) -> String {
    evidence::roster_to_create(&format!("approval = \"{approval}\""))
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
    let pending = world.list(Listed::Pending);
    assert_eq!(pending.len(), 2);
    let first = pending.iter().find(|record| record.instance == evidence::uuid(1)).expect("listed");
    assert_eq!(first.state, State::AwaitingApproval);
    world.act(&first.id, Action::Approve).await.expect("approved");
    passes(&world, 1).await;
    passes(&world, 2).await;
    passes(&world, 3).await;
    assert_eq!(world.list(Listed::Done).len(), 3);
    let again = world.act(&first.id, Action::Approve).await;
    assert!(matches!(again, Err(ActionError::WrongState(State::Enrolled))));
    // The approval outlasts a reset and a restart.
    world.act(&first.id, Action::Reset).await.expect("reset");
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
    let id = world.list(Listed::Pending)[0].id.clone();
    world.act(&id, Action::Approve).await.expect("approved");
    passes(&world, 1).await;
    waits(&world, 2).await;
    world.act(&id, Action::Reset).await.expect("reset");
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
    let failed = world.list(Listed::Failed);
    assert_eq!((failed.len(), failed[0].failure.as_deref()), (1, Some("account_limit_exceeded")));
    let id = failed[0].id.clone();
    // What made the systems account fail is forgotten first.
    world.plan(Plan::Unavailable);
    let unavailable = world.act(&id, Action::Retry).await;
    assert!(matches!(unavailable, Err(ActionError::SystemsAccount(_))), "{unavailable:?}");
    world.plan(Plan::Ready);
    world.enroll_ec2(INSTANCE, PENDING).await.check(503, "provisioning_failed");
    world.act(&id, Action::Retry).await.expect("retried");
    assert_eq!(*world.fake.retried.lock().expect("not poisoned"), [evidence::AWS_ACCOUNT]);
    assert!(world.act(&id, Action::Retry).await.is_err(), "it has not failed any more");
    assert_eq!(world.fake.retried.lock().expect("not poisoned").len(), 1);
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    world.enroll_ec2(INSTANCE, PENDING).await.check(409, "already_enrolled");
    world.act(&id, Action::Reset).await.expect("reset");
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    // A reset lets the same token be used again.
    assert_eq!(world.enroll("vmware", |_| evidence::vmware(1)).await.status, 200);
    world.enroll("vmware", |_| evidence::vmware(1)).await.check(409, "already_enrolled");
    let done = world.list(Listed::Done);
    let vmware = done.iter().find(|record| record.token.is_some()).expect("listed");
    world.act(&vmware.id, Action::Reset).await.expect("reset");
    assert_eq!(world.enroll("vmware", |_| evidence::vmware(1)).await.status, 200);
}

#[tokio::test]
async fn only_operators_act_and_only_on_what_exists() {
    let world = World::new().await;
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    let id = world.list(Listed::Done)[0].id.clone();
    let customer = Identity {
        issuer: "i".to_owned(),
        subject: "s".to_owned(),
        name: "n".to_owned(),
        role: Role::Customer { customers: BTreeSet::from(["acme".to_owned()]) },
    };
    let customer = Principal::new(customer, BTreeSet::new());
    assert!(matches!(
        world.service.act(&id, Action::Reset, &customer, &Source::default()).await,
        Err(ActionError::NotOperator)
    ));
    let missing = EnrollmentId::from("enr-missing");
    assert!(matches!(world.act(&missing, Action::Reset).await, Err(ActionError::NotFound)));
    assert!(matches!(world.act(&id, Action::Retry).await, Err(ActionError::WrongState(_))));
    assert_eq!(world.service.find(&id).expect("found").state, State::Enrolled);
}
