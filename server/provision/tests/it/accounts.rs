//! Accounts whose creation takes long or fails, and accounts that are not ours.

use crate::support::{SMALL, World, request};
use jiff::SignedDuration;
use muster_provision::{AccountRequest, AccountState, Lease, Ledger, ProvisionError, Settings, Stage};
use muster_simulator::{
    Fault, FaultKind,
    created::{ACCOUNTS_MAX, CreatedAccount},
};

/// Every reason that the interface of AWS Organizations names, without those of [`UNSETTLED`].
const REASONS: [&str; 13] = [
    "ACCOUNT_LIMIT_EXCEEDED",
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

/// Reasons that a lost request of ours in progress has too.
const UNSETTLED: [&str; 2] = ["CONCURRENT_ACCOUNT_MODIFICATION", "EMAIL_ALREADY_EXISTS"];

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
        create_request_id: Some("car-forgotten".to_owned()),
        ..AccountState::new("k3Jx0vVq8n2Lw5Ty".to_owned())
    };
    ledger.save(&key, "earlier", now, &state).expect("saved");
    ledger.release(&key, "earlier").expect("released");
    let error = world.provision("first").await.expect_err("an unknown request");
    assert!(matches!(error, ProvisionError::CreationPending { .. }), "{error}");
    let ready = world.provision("second").await.expect("ready");
    assert_eq!(ready.external_id, state.external_id);
    world.account();
}

#[tokio::test]
async fn a_conflict_with_a_lost_request_is_waited_for() {
    for reason in UNSETTLED {
        let world = World::small().await;
        let fails = FaultKind::AccountCreationFails(reason.to_owned());
        world.simulator.set_fault(Fault::on("CreateAccount", fails).times(1));
        let error = world.provision("first").await.expect_err("a conflict");
        assert!(matches!(&error, ProvisionError::CreationPending { .. }), "{error}");
        assert!(error.to_string().contains(reason), "the reason is named: {error}");
        assert_eq!((world.state().failure, world.state().create_request_id), (None, None));
        world.provision("second").await.expect("ready");
        world.account();
    }
}

#[tokio::test]
async fn a_conflict_that_stays_for_an_hour_is_a_failure() {
    for reason in UNSETTLED {
        let world = World::small().await;
        world.simulator.set_fault(Fault::on("CreateAccount", FaultKind::AccountCreationFails(reason.to_owned())));
        world.provision("first").await.expect_err("a conflict");
        world.pass(SignedDuration::from_mins(30));
        let error = world.provision("second").await.expect_err("a conflict");
        assert!(matches!(&error, ProvisionError::CreationPending { .. }), "{error}");
        world.pass(SignedDuration::from_mins(45));
        let error = world.provision("third").await.expect_err("a failure");
        assert!(matches!(&error, ProvisionError::CreationFailed { code, .. } if code == reason), "{error}");
        assert_eq!(world.state().failure.as_deref(), Some(reason));
    }
}

#[tokio::test]
async fn an_account_that_a_lagging_list_lacks_is_found_later() {
    let world = World::small().await;
    let before = world.provision("first").await.expect("ready");
    world.provisioner.ledger().forget(&request().key());
    let empty = FaultKind::Body(b"{\"Accounts\":[]}".to_vec());
    world.simulator.set_fault(Fault::on("ListAccounts", empty).times(2));
    let error = world.provision("second").await.expect_err("a conflict");
    assert!(matches!(&error, ProvisionError::CreationPending { .. }), "{error}");
    assert_eq!(world.provision("third").await.expect("ready"), before);
    world.account();
}

#[tokio::test]
async fn the_reason_of_a_failure_is_not_hidden_by_another_error() {
    for (reason, failed) in [("INVALID_EMAIL", true), ("EMAIL_ALREADY_EXISTS", false)] {
        let world = World::small().await;
        world.simulator.set_fault(Fault::on("CreateAccount", FaultKind::AccountCreationFails(reason.to_owned())));
        world.simulator.set_fault(Fault::on("ListAccounts", FaultKind::AccessDenied).after(1));
        let error = world.provision("first").await.expect_err("a failure");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(matches!(error, ProvisionError::CreationFailed { .. }), failed, "{error}");
    }
}

/// Starts the creation of an account that stays in progress, and forgets it.
async fn lost_in_progress() -> World {
    let world = World::small().await;
    world.simulator.set_fault(Fault::on("CreateAccount", FaultKind::AccountCreationPending(200)).times(1));
    world.provision("first").await.expect_err("still in progress");
    world.provisioner.ledger().forget(&request().key());
    world
}

#[tokio::test]
async fn a_request_in_progress_of_the_same_name_is_not_taken_without_its_tags() {
    for key in ["muster:provider", "muster:account-id"] {
        let world = lost_in_progress().await;
        world.simulator.change_created(|accounts| {
            let tag = accounts[0].tags.iter_mut().find(|(name, _)| name == key).expect("a tag");
            tag.1 = "another".to_owned();
        });
        let error = world.provision("second").await.expect_err("not ours");
        assert!(matches!(error, ProvisionError::NotOurs { .. }), "{error}");
        assert_eq!(world.state().create_request_id, None);
        assert!(world.account().roles.is_empty());
    }
}

#[tokio::test]
async fn an_account_that_is_found_in_progress_keeps_the_external_id_of_its_tag() {
    let world = lost_in_progress().await;
    let tagged = world.account().tags.into_iter().find(|(key, _)| key == "muster:external-id").expect("a tag").1;
    let ready = world.provision("second").await.expect("ready");
    assert_eq!(ready.external_id, tagged);
    let trust = &world.account().roles["MusterHarvester"].trust["Statement"][0];
    assert_eq!(trust["Condition"]["StringEquals"]["sts:ExternalId"], *tagged);
}

#[tokio::test]
async fn an_account_without_the_tag_of_its_external_id_is_refused() {
    let world = lost_in_progress().await;
    world.simulator.change_created(|accounts| accounts[0].tags.retain(|(key, _)| key != "muster:external-id"));
    let error = world.provision("second").await.expect_err("no ExternalId");
    assert!(matches!(error, ProvisionError::NoExternalId { .. }), "{error}");
}

#[tokio::test]
async fn new_accounts_have_the_configured_role_of_the_administrator() {
    let settings = Settings::parse(SMALL).expect("settings");
    let world = World::with_admin_role(settings, "MusterAdministrator").await;
    world.provision("first").await.expect("ready");
    assert_eq!(world.account().admin_role, "MusterAdministrator");
}

#[tokio::test]
async fn names_are_tags_and_ids_that_tags_cannot_have_are_refused() {
    let world = World::small().await;
    let long = AccountRequest { account_name: "ü<>".repeat(100), ..request() };
    world.provisioner.provision(&long, "first").await.expect("ready");
    let tags = world.account().tags;
    let tag = |key: &str| tags.iter().find(|(tag, _)| tag == key).map(|(_, value)| value.as_str());
    assert_eq!(tag("muster:customer-name"), Some("Halloran _ Pike"));
    assert_eq!(tag("muster:account-name").map(|name| name.chars().count()), Some(256));
    let requests = world.requests();
    let other = AccountRequest { customer_id: "c&1".to_owned(), ..request() };
    let error = world.provisioner.provision(&other, "second").await.expect_err("a refusal");
    assert!(error.to_string().contains("customer id"), "{error}");
    assert_eq!(world.requests(), requests);
}

#[tokio::test]
async fn an_account_is_found_by_its_name_and_by_its_address_in_another_case() {
    for change in [
        (|account: &mut CreatedAccount| account.email = account.email.to_uppercase()) as fn(&mut CreatedAccount),
        |account| account.email = "other@example.com".to_owned(),
        |account| account.name = "renamed".to_owned(),
    ] {
        let world = World::small().await;
        let before = world.provision("first").await.expect("ready");
        world.simulator.change_created(|accounts| change(&mut accounts[0]));
        world.provisioner.ledger().forget(&request().key());
        assert_eq!(world.provision("second").await.expect("ready"), before);
        world.account();
    }
}

#[tokio::test]
async fn an_account_that_is_not_active_is_refused_with_its_state() {
    for state in ["SUSPENDED", "PENDING_CLOSURE", "CLOSED"] {
        let world = World::small().await;
        world.provision("first").await.expect("ready");
        world.simulator.change_created(|accounts| accounts[0].state = state.to_owned());
        world.provisioner.ledger().forget(&request().key());
        let error = world.provision("second").await.expect_err("not active");
        assert!(matches!(error, ProvisionError::NotActive { .. }) && error.to_string().contains(state), "{error}");
        world.account();
    }
}

#[tokio::test]
async fn a_failed_request_of_the_same_name_is_not_our_failure() {
    let world = World::small().await;
    // Somebody else's request is in progress, and fails while we wait for it.
    let name = request().systems_account_name("muster");
    let status = |state: &str| format!("\"Id\":\"car-another\",\"AccountName\":\"{name}\",\"State\":\"{state}\"");
    let listed = format!("{{\"CreateAccountStatuses\":[{{{}}}]}}", status("IN_PROGRESS"));
    let failed = format!("{{\"CreateAccountStatus\":{{{},\"FailureReason\":\"INVALID_EMAIL\"}}}}", status("FAILED"));
    for (operation, body) in [("ListCreateAccountStatus", listed), ("DescribeCreateAccountStatus", failed)] {
        world.simulator.set_fault(Fault::on(operation, FaultKind::Body(body.into_bytes())).times(1));
    }
    let error = world.provision("first").await.expect_err("their failure");
    assert!(matches!(&error, ProvisionError::CreationPending { reason: Some(code), .. } if code == "INVALID_EMAIL"));
    assert_eq!((world.state().failure, world.state().create_request_id), (None, None));
    world.provision("second").await.expect("ready");
    world.account();
}
