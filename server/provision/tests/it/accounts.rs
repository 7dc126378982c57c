//! Accounts whose creation takes long or fails, and accounts that are not ours.

use crate::support::{World, request};
use jiff::SignedDuration;
use muster_provision::{AccountRequest, AccountState, Lease, Ledger, ProvisionError, Stage};
use muster_simulator::{
    Fault, FaultKind,
    created::{ACCOUNTS_MAX, CreatedAccount},
};

/// Every reason that the interface of AWS Organizations names.
const REASONS: [&str; 15] = [
    "ACCOUNT_LIMIT_EXCEEDED",
    "CONCURRENT_ACCOUNT_MODIFICATION",
    "EMAIL_ALREADY_EXISTS",
    "FAILED_BUSINESS_VALIDATION",
    "GOVCLOUD_ACCOUNT_ALREADY_EXISTS",
    "INTERNAL_FAILURE",
    "INVALID_ADDRESS",
    "INVALID_EMAIL",
    "INVALID_IDENTITY_FOR_BUSINESS_VALIDATION",
    "INVALID_PAYMENT_INSTRUMENT",
    "MISSING_BUSINESS_VALIDATION",
    "MISSING_PAYMENT_INSTRUMENT",
    "PENDING_BUSINESS_VALIDATION",
    "UNKNOWN_BUSINESS_VALIDATION",
    "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED",
];

#[tokio::test]
async fn a_failed_creation_is_named_and_not_repeated_until_somebody_asks() {
    for reason in REASONS {
        let world = World::small().await;
        let fails = FaultKind::AccountCreationFails(reason.to_owned());
        world.simulator.set_fault(Fault::on("CreateAccount", fails).times(1));
        let error = world.provision("first").await.expect_err("a failure");
        assert!(matches!(&error, ProvisionError::CreationFailed { code, .. } if code == reason), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(world.state().failure.as_deref(), Some(reason));
        let requests = world.requests();
        world.provision("second").await.expect_err("the same failure");
        assert_eq!(world.requests(), requests, "{reason}: it is not requested again");
        world.provisioner.retry(&request(), "third").expect("forgotten");
        world.provision("third").await.expect("ready");
        world.account();
    }
}

#[tokio::test]
async fn a_refused_request_is_an_error_of_aws_and_can_be_repeated() {
    for code in ["ConcurrentModificationException", "FinalizingOrganizationException", "AccessDeniedException"] {
        let world = World::small().await;
        world.simulator.set_fault(Fault::on("CreateAccount", FaultKind::Refused(code.to_owned())).times(1));
        let error = world.provision("first").await.expect_err("a refusal");
        assert!(matches!(&error, ProvisionError::Aws(error) if error.code == code), "{error}");
        world.provision("second").await.expect("ready");
        world.account();
    }
}

#[tokio::test]
async fn a_creation_in_progress_is_waited_for_and_continued() {
    let world = World::small().await;
    world.simulator.set_fault(Fault::on("CreateAccount", FaultKind::AccountCreationPending(200)).times(1));
    let error = world.provision("first").await.expect_err("still in progress");
    assert!(matches!(error, ProvisionError::CreationPending { .. }), "{error}");
    assert_eq!(world.state().stage, Stage::Requested);
    world.provision("second").await.expect("ready");
    world.account();
}

#[tokio::test]
async fn an_account_with_other_tags_is_not_taken() {
    let world = World::small().await;
    world.provision("first").await.expect("ready");
    world.simulator.change_created(|accounts| accounts[0].tags.clear());
    world.provisioner.ledger().forget(&request().key());
    let error = world.provision("second").await.expect_err("not ours");
    assert!(matches!(error, ProvisionError::NotOurs { .. }), "{error}");
    world.account();
}

#[tokio::test]
async fn a_quota_that_is_reached_is_named() {
    let world = World::small().await;
    world.provision("first").await.expect("ready");
    world.simulator.change_created(|accounts| {
        for number in accounts.len()..ACCOUNTS_MAX {
            let (id, email) = (format!("7000000000{number:02}"), format!("{number}@example.com"));
            accounts.push(CreatedAccount { id, email, ..accounts[0].clone() });
        }
    });
    let other = AccountRequest { account_id: "another".parse().expect("an id"), ..request() };
    let error = world.provisioner.provision(&other, "second").await.expect_err("a quota");
    assert!(matches!(&error, ProvisionError::CreationFailed { code, .. } if code == "ACCOUNT_NUMBER_LIMIT_EXCEEDED"));
    assert!(error.to_string().contains("raise the organization's quota"), "{error}");
    assert_eq!(world.simulator.created_accounts().len(), ACCOUNTS_MAX);
}

#[tokio::test]
async fn a_request_that_aws_has_forgotten_does_not_block_the_account() {
    let world = World::small().await;
    let (ledger, now, key) = (world.provisioner.ledger(), world.now(), request().key());
    let lease = Lease { holder: "earlier".to_owned(), until: now + SignedDuration::from_mins(1) };
    ledger.acquire(&key, &lease, now).expect("a lease");
    let state = AccountState {
        stage: Stage::Requested,
        external_id: "k3Jx0vVq8n2Lw5Ty".to_owned(),
        create_request_id: Some("car-forgotten".to_owned()),
        systems_account: None,
        failure: None,
    };
    ledger.save(&key, "earlier", now, &state).expect("saved");
    ledger.release(&key, "earlier").expect("released");
    let error = world.provision("first").await.expect_err("an unknown request");
    assert!(matches!(error, ProvisionError::CreationPending { .. }), "{error}");
    let ready = world.provision("second").await.expect("ready");
    assert_eq!(ready.external_id, state.external_id);
    world.account();
}
