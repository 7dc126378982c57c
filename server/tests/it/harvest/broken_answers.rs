//! Hostile cases: answers that are broken, endless, expired, denied, or from another account.
//!
//! 3. Truncated at every byte → `a_page_truncated_at_any_byte_is_an_error`,
//!    `a_truncated_page_keeps_the_stored_rows_of_its_account`
//! 4. 500 and 503 on page k of n → `a_fault_on_any_page_replaces_no_rows`,
//!    `a_fault_on_any_page_of_updates_replaces_no_updates`
//! 5. Tokens → `a_cycle_of_tokens_is_an_error`, `an_empty_page_with_a_token_does_not_end_the_list`,
//!    `an_expired_token_restarts_the_list_once`, `an_endless_list_ends_at_the_page_limit`
//! 6. Credentials that expire → `a_session_that_expires_between_pages_is_renewed`,
//!    `a_session_that_cannot_be_renewed_fails_one_account`
//! 7. No session → `a_refused_assume_role_is_not_retried`, `a_suspended_account_gets_one_assume_role_request`,
//!    `a_changed_external_id_needs_a_new_session`
//! 8. A role of another account → `a_role_of_another_account_stores_nothing`

use crate::support::world::World;
use muster_collect::error::CollectError;
use muster_collect::{account::SystemsAccount, calls::CallCounter, instances, patches};
use muster_core::roster::Account;
use muster_harvest::round::targets_of;
use muster_model::{freshness::HarvestState, harvest::ErrorClass};
use muster_simulator::{Fault, FaultKind};
use muster_store::{connection::Writer, error::StoreError};
use std::time::Duration;
use tokio::{sync::mpsc::unbounded_channel, time::Instant};

const INFORMATION: &str = "DescribeInstanceInformation";
const PATCHES: &str = "DescribeInstancePatches";

/// Asserts that exactly these accounts are not fresh.
async fn assert_only_fail(world: &World, failing: &[&Account]) {
    for row in world.harvests().await {
        let fails = failing.iter().any(|account| account.account_id == row.account_id);
        assert_eq!(row.state != HarvestState::Fresh, fails, "{row:?}");
    }
}

fn class(error: ErrorClass, operation: &str) -> Vec<(String, ErrorClass)> {
    vec![(operation.to_owned(), error)]
}

/// Asserts that a page truncated at any byte is a schema error.
async fn assert_truncations_fail<Rows>(
    world: &World,
    operation: &str,
    request: impl AsyncFn() -> Result<Rows, CollectError>,
) {
    let mut bytes = 0;
    loop {
        world.simulator.set_fault(Fault::on(operation, FaultKind::CutAt(bytes)));
        let answer = request().await;
        world.simulator.clear_faults();
        match answer {
            Ok(_) => break,
            Err(error) => assert_eq!(error.class, ErrorClass::Schema, "truncated after {bytes} bytes: {error}"),
        }
        bytes += 1;
    }
    // Only the whole page is accepted.
    assert!(bytes > 300, "{operation} truncated after {bytes} bytes was accepted");
    world.simulator.set_fault(Fault::on(operation, FaultKind::CutAt(bytes - 1)));
    assert!(request().await.is_err());
    world.simulator.clear_faults();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_truncated_at_any_byte_is_an_error() {
    let world = World::generated(1, 1, 3).await;
    let target = targets_of(world.account(0)).next().expect("a Region");
    let calls = CallCounter::default();
    let deadline = Instant::now() + Duration::from_secs(600);
    let entered = SystemsAccount::enter(&world.harvester.connector, &target, &calls, deadline).await;
    let account = entered.expect("a session");
    let list = || async { instances::collect(&account, unbounded_channel().0).await };
    let instance = list().await.expect("instances")[0].instance_id.clone();
    assert_truncations_fail(&world, INFORMATION, list).await;
    let interner = patches::Interner::default();
    assert_truncations_fail(&world, PATCHES, || patches::collect(&account, &instance, &interner)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_page_keeps_the_stored_rows_of_its_account() {
    let world = World::generated(2, 2, 3).await;
    world.harvest().await;
    let cut = world.account(0).clone();
    let before = world.rows_of(&cut.account_id).await;
    for bytes in [0, 1, 2, 30, 100, 300] {
        world.next_day();
        world.simulator.set_fault(Fault::everywhere(FaultKind::CutAt(bytes)).in_account(&cut.systems_account));
        world.harvest().await;
        assert_only_fail(&world, &[&cut]).await;
        let errors = world.harvest_of(&cut).await.errors;
        assert!(
            errors.iter().all(|error| error.class == ErrorClass::Schema),
            "truncated after {bytes} bytes: {errors:?}"
        );
        assert_eq!(world.rows_of(&cut.account_id).await, before, "truncated after {bytes} bytes");
        world.simulator.clear_faults();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_on_any_page_replaces_no_rows() {
    let world = World::generated(2, 101, 1).await;
    world.harvest().await;
    let failing = world.account(0).clone();
    let before = world.rows_of(&failing.account_id).await;
    const LIST: &[(&str, &str)] = &[(INFORMATION, "")];
    const TYPES: &[(&str, &str)] = &[("GetInventory", "AWS:Tag"), ("GetInventory", "AWS:Application")];
    for page in 0..3 {
        for (kind, lists) in [
            (FaultKind::InternalServerError, LIST),
            (FaultKind::ServiceUnavailable, LIST),
            (FaultKind::ServiceUnavailable, TYPES),
        ] {
            for (operation, about) in lists {
                let fault = Fault::on(operation, kind.clone()).about(about).in_account(&failing.systems_account);
                world.simulator.set_fault(fault.after(page));
            }
            // With other hashes, everything that is read counts as changed, so a partial replacement would be visible.
            let change_hashes = |writer: &mut Writer| {
                let changed = writer.connection().execute_batch("UPDATE inventory_capture SET content_hash = 'other'");
                changed.map_err(StoreError::write("change the hashes"))
            };
            world.harvester.store.write("the hashes", change_hashes).await.expect("changed");
            world.harvest().await;
            world.simulator.clear_faults();
            assert_only_fail(&world, &[&failing]).await;
            assert_eq!(world.errors_of(&failing).await, class(ErrorClass::Server, lists[0].0));
            let rows = world.rows_of(&failing.account_id).await;
            assert_eq!(
                rows_of_lists(&rows, lists),
                rows_of_lists(&before, lists),
                "{kind:?} on page {} of {lists:?}",
                page + 1
            );
            assert_eq!(rows.len(), before.len());
        }
    }
    world.harvest().await;
    assert_only_fail(&world, &[]).await;
}

/// The rows that only these lists may replace. They contain the time when instances were last listed.
fn rows_of_lists<'a>(rows: &'a [String], lists: &[(&str, &str)]) -> Vec<&'a String> {
    let listed = lists.iter().any(|(operation, _)| *operation == INFORMATION);
    rows.iter().filter(|row| row.starts_with("instance") == listed).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_on_any_page_of_updates_replaces_no_updates() {
    let world = World::generated(2, 1, 120).await;
    world.harvest().await;
    let failing = world.account(0).clone();
    let updates = async || {
        let rows = world.rows_of(&failing.account_id).await.into_iter();
        rows.filter(|row| row.starts_with("update")).collect::<Vec<_>>()
    };
    let before = updates().await;
    assert_eq!(before.len(), 120);
    for page in 0..3 {
        world.next_day();
        let fault = Fault::on(PATCHES, FaultKind::InternalServerError).in_account(&failing.systems_account);
        world.simulator.set_fault(fault.after(page));
        world.harvest().await;
        world.simulator.clear_faults();
        assert_only_fail(&world, &[&failing]).await;
        assert_eq!(updates().await, before, "a fault on page {}", page + 1);
    }
    // The missed updates are requested again, although the instance has not been scanned since.
    world.harvest().await;
    assert_only_fail(&world, &[]).await;
    assert_ne!(updates().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_of_tokens_is_an_error() {
    let world = World::generated(2, 60, 1).await;
    world.harvest().await;
    let looping = world.account(0).clone();
    let before = world.rows_of(&looping.account_id).await;
    let page = |next: &str| {
        let body = format!(r#"{{"InstanceInformationList":[],"NextToken":"{next}"}}"#);
        Fault::on(INFORMATION, FaultKind::Body(body.into_bytes())).in_account(&looping.systems_account)
    };
    let here = |kind| vec![Fault::on(INFORMATION, kind).in_account(&looping.systems_account)];
    for (faults, pages) in [
        (here(FaultKind::RepeatingToken), 2),
        (here(FaultKind::EmptyPageWithToken), 2),
        // Two tokens that lead to each other.
        (vec![page("two").about(r#""NextToken":"one""#), page("one").about(r#""NextToken":"two""#), page("one")], 3),
    ] {
        let name = format!("{faults:?}");
        faults.into_iter().for_each(|fault| world.simulator.set_fault(fault));
        world.simulator.reset_calls();
        world.harvest().await;
        world.simulator.clear_faults();
        assert_only_fail(&world, &[&looping]).await;
        assert_eq!(world.errors_of(&looping).await, class(ErrorClass::Schema, INFORMATION), "{name}");
        assert_eq!(world.rows_of(&looping.account_id).await, before, "{name}");
        assert_eq!(world.calls(&looping, INFORMATION), pages, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_page_with_a_token_does_not_end_the_list() {
    let world = World::generated(1, 60, 1).await;
    world.simulator.set_fault(Fault::on(INFORMATION, FaultKind::EmptyPageWithToken).times(1));
    world.harvest().await;
    assert_only_fail(&world, &[]).await;
    assert_eq!(world.count("SELECT count(*) FROM instance").await, 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_restarts_the_list_once() {
    let world = World::generated(1, 120, 1).await;
    let account = world.account(0).clone();
    world.simulator.set_fault(Fault::on(INFORMATION, FaultKind::InvalidNextToken).after(1).times(1));
    world.harvest().await;
    assert_only_fail(&world, &[]).await;
    assert_eq!(world.calls(&account, INFORMATION), 3 + 3, "two pages, an expired token, and all three pages");
    assert_eq!(world.count("SELECT count(*) FROM instance").await, 120);
    let before = world.rows_of(&account.account_id).await;

    world.simulator.set_fault(Fault::on(INFORMATION, FaultKind::InvalidNextToken));
    world.simulator.reset_calls();
    world.harvest().await;
    assert_eq!(world.errors_of(&account).await, class(ErrorClass::Schema, INFORMATION));
    assert_eq!(world.calls(&account, INFORMATION), 4, "a page and an expired token, twice");
    assert_eq!(world.rows_of(&account.account_id).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_list_ends_at_the_page_limit() {
    let world = World::generated(2, 2, 1).await;
    world.harvest().await;
    let endless = world.account(0).clone();
    let before = world.rows_of(&endless.account_id).await;
    world.simulator.reset_calls();
    world.simulator.set_fault(Fault::on(INFORMATION, FaultKind::TokenChain).in_account(&endless.systems_account));
    world.harvest().await;
    assert_only_fail(&world, &[&endless]).await;
    assert_eq!(world.errors_of(&endless).await, class(ErrorClass::Schema, INFORMATION));
    assert_eq!(world.calls(&endless, INFORMATION), muster_collect::pages::PAGES_MAX);
    assert_eq!(world.rows_of(&endless.account_id).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_expires_between_pages_is_renewed() {
    let world = World::generated(10, 60, 1).await;
    let expiring = world.account(3).clone();
    let fault = Fault::on(INFORMATION, FaultKind::ExpiredToken).in_account(&expiring.systems_account);
    world.simulator.set_fault(fault.after(1).times(1));
    world.harvest().await;
    assert_only_fail(&world, &[]).await;
    assert_eq!(world.count("SELECT count(*) FROM instance").await, 10 * 60);
    for account in world.harvester.accounts.iter() {
        let sessions = if *account == expiring { 2 } else { 1 };
        assert_eq!(world.calls(account, "AssumeRole"), sessions, "{account:?}");
        assert_eq!(world.calls(account, "GetCallerIdentity"), sessions, "each session is checked: {account:?}");
    }
    // All sessions at once, before the first page.
    world.simulator.expire_sessions();
    world.harvest().await;
    assert_only_fail(&world, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_cannot_be_renewed_fails_one_account() {
    let world = World::generated(10, 2, 1).await;
    world.harvest().await;
    let expired = world.account(3).clone();
    let before = world.rows_of(&expired.account_id).await;
    world.simulator.reset_calls();
    for operation in [INFORMATION, "ListCommands", "GetInventory", "ListAssociations"] {
        world.simulator.set_fault(Fault::on(operation, FaultKind::ExpiredToken).in_account(&expired.systems_account));
    }
    world.harvest().await;
    assert_only_fail(&world, &[&expired]).await;
    assert!(world.errors_of(&expired).await.iter().all(|(_, class)| *class == ErrorClass::Credentials));
    assert_eq!(world.rows_of(&expired.account_id).await, before);
    assert!(world.calls(&expired, "AssumeRole") <= 2, "{} renewals", world.calls(&expired, "AssumeRole"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_assume_role_is_not_retried() {
    let mut world = World::generated(4, 2, 1).await;
    let mut accounts = world.harvester.accounts.to_vec();
    accounts[0].external_id = "not-the-one".to_owned();
    world.harvester.accounts = accounts.into();
    let (wrong, refusing) = (world.account(0).clone(), world.account(1).clone());
    world.simulator.set_fault(Fault::on("AssumeRole", FaultKind::AccessDenied).in_account(&refusing.systems_account));
    world.harvest().await;
    assert_only_fail(&world, &[&wrong, &refusing]).await;
    for account in [&wrong, &refusing] {
        assert_eq!(world.errors_of(account).await, class(ErrorClass::Credentials, "AssumeRole"));
        assert_eq!(world.calls(account, "AssumeRole"), 1);
    }
}

/// A cached session must not be used with another ExternalId.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_external_id_needs_a_new_session() {
    let mut world = World::generated(2, 2, 1).await;
    world.harvest().await;
    let mut accounts = world.harvester.accounts.to_vec();
    accounts[0].external_id = "not-the-one".to_owned();
    world.harvester.accounts = accounts.into();
    let changed = world.account(0).clone();
    world.harvest().await;
    assert_only_fail(&world, &[&changed]).await;
    assert_eq!(world.errors_of(&changed).await, class(ErrorClass::Credentials, "AssumeRole"));
}

/// All sessions expire and no new one is granted: a dozen operations fail, but only one AssumeRole is sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_account_gets_one_assume_role_request() {
    let world = World::generated(3, 2, 1).await;
    world.harvest().await;
    let suspended = world.account(0).clone();
    let before = world.rows_of(&suspended.account_id).await;
    world.simulator.reset_calls();
    world.simulator.expire_sessions();
    world.simulator.set_fault(Fault::on("AssumeRole", FaultKind::AccessDenied).in_account(&suspended.systems_account));
    world.harvest().await;
    assert_only_fail(&world, &[&suspended]).await;
    assert_eq!(world.errors_of(&suspended).await, class(ErrorClass::Credentials, "AssumeRole"));
    assert_eq!(world.calls(&suspended, "AssumeRole"), 1);
    assert_eq!(world.rows_of(&suspended.account_id).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_of_another_account_stores_nothing() {
    for (operation, kind) in
        [("GetCallerIdentity", FaultKind::WrongAccount), ("AssumeRole", FaultKind::RoleLeadsElsewhere)]
    {
        let world = World::generated(3, 2, 1).await;
        let wrong = world.account(0).clone();
        let elsewhere = Fault::on(operation, kind).in_account(&wrong.systems_account);
        world.simulator.set_fault(elsewhere.clone());
        world.harvest().await;
        assert_only_fail(&world, &[&wrong]).await;
        let row = world.harvest_of(&wrong).await;
        assert_eq!(row.state, HarvestState::Never);
        assert_eq!((row.errors[0].class, row.errors[0].code.as_str()), (ErrorClass::Credentials, "WrongAccount"));
        assert!(world.rows_of(&wrong.account_id).await.is_empty());
        let lists = world.simulator.calls().iter().filter(|call| call.operation == INFORMATION).count();
        assert_eq!(lists, 2, "the other account was read");

        // The same applies to a session that is renewed during a harvest.
        world.simulator.clear_faults();
        world.harvest().await;
        let before = world.rows_of(&wrong.account_id).await;
        world.simulator.set_fault(elsewhere);
        let expired = Fault::on(INFORMATION, FaultKind::ExpiredToken).in_account(&wrong.systems_account);
        world.simulator.set_fault(expired.times(1));
        world.harvest().await;
        assert_only_fail(&world, &[&wrong]).await;
        assert_eq!(world.errors_of(&wrong).await, class(ErrorClass::Credentials, "GetCallerIdentity"));
        assert_eq!(world.rows_of(&wrong.account_id).await, before);
    }
}
