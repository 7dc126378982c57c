//! Hostile cases about answers that are broken, endless, expired, refused, or somebody else's.
//!
//! 3. Truncated at every byte → `a_page_cut_at_any_byte_is_an_error`, `a_cut_page_costs_one_account_nothing_stored`
//! 4. 500 and 503 on page k of n → `a_fault_on_any_page_replaces_nothing`,
//!    `a_fault_on_any_page_of_updates_replaces_nothing`
//! 5. Tokens → `tokens_that_run_in_circles_are_an_error`, `an_empty_page_with_a_token_is_not_the_end`,
//!    `a_token_that_expires_restarts_the_list_once`, `a_list_without_an_end_is_given_up`
//! 6. Credentials that expire → `a_session_that_expires_between_pages_is_renewed`,
//!    `a_session_that_cannot_be_renewed_fails_one_account`
//! 7. No way in → `a_role_that_refuses_is_asked_once`, `a_suspended_account_is_not_asked_again_and_again`,
//!    `an_external_id_that_changed_needs_a_session_of_its_own`
//! 8. A role that leads elsewhere → `a_role_that_leads_elsewhere_stores_nothing`

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

/// Nobody but these accounts has an error.
async fn only_these_fail(world: &World, failing: &[&Account]) {
    for row in world.harvests().await {
        let fails = failing.iter().any(|account| account.account_id == row.account_id);
        assert_eq!(row.state != HarvestState::Fresh, fails, "{row:?}");
    }
}

fn class(error: ErrorClass, operation: &str) -> Vec<(String, ErrorClass)> {
    vec![(operation.to_owned(), error)]
}

/// A page may be cut nowhere between nothing and its end.
async fn cut_everywhere<Rows>(world: &World, operation: &str, ask: impl AsyncFn() -> Result<Rows, CollectError>) {
    let mut bytes = 0;
    loop {
        world.simulator.set_fault(Fault::on(operation, FaultKind::CutAt(bytes)));
        let answer = ask().await;
        world.simulator.clear_faults();
        match answer {
            Ok(_) => break,
            Err(error) => assert_eq!(error.class, ErrorClass::Schema, "cut after {bytes} bytes: {error}"),
        }
        bytes += 1;
    }
    // The whole page: a shorter one would have been taken for a page.
    assert!(bytes > 300, "{operation} cut after {bytes} bytes was taken for an answer");
    world.simulator.set_fault(Fault::on(operation, FaultKind::CutAt(bytes - 1)));
    assert!(ask().await.is_err());
    world.simulator.clear_faults();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_cut_at_any_byte_is_an_error() {
    let world = World::generated(1, 1, 3).await;
    let target = targets_of(world.account(0)).next().expect("a Region");
    let calls = CallCounter::default();
    let deadline = Instant::now() + Duration::from_secs(600);
    let entered = SystemsAccount::enter(&world.harvester.connector, &target, &calls, deadline).await;
    let account = entered.expect("a way in");
    let list = || async { instances::collect(&account, unbounded_channel().0).await };
    let instance = list().await.expect("instances")[0].instance_id.clone();
    cut_everywhere(&world, INFORMATION, list).await;
    let interner = patches::Interner::default();
    cut_everywhere(&world, PATCHES, || patches::collect(&account, &instance, &interner)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_page_costs_one_account_nothing_stored() {
    let world = World::generated(2, 2, 3).await;
    world.harvest().await;
    let cut = world.account(0).clone();
    let before = world.rows_of(&cut.account_id).await;
    for bytes in [0, 1, 2, 30, 100, 300] {
        world.next_day();
        world.simulator.set_fault(Fault::everywhere(FaultKind::CutAt(bytes)).in_account(&cut.systems_account));
        world.harvest().await;
        only_these_fail(&world, &[&cut]).await;
        let errors = world.harvest_of(&cut).await.errors;
        assert!(errors.iter().all(|error| error.class == ErrorClass::Schema), "cut after {bytes} bytes: {errors:?}");
        assert_eq!(world.rows_of(&cut.account_id).await, before, "cut after {bytes} bytes");
        world.simulator.clear_faults();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_on_any_page_replaces_nothing() {
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
            // What is read counts as changed: a part of it in place of the whole would be seen.
            let other = |writer: &mut Writer| {
                let changed = writer.connection.execute_batch("UPDATE inventory_capture SET content_hash = 'other'");
                changed.map_err(StoreError::write("change the hashes"))
            };
            world.harvester.store.write("the hashes", other).await.expect("changed");
            world.harvest().await;
            world.simulator.clear_faults();
            only_these_fail(&world, &[&failing]).await;
            assert_eq!(world.errors_of(&failing).await, class(ErrorClass::Server, lists[0].0));
            let rows = world.rows_of(&failing.account_id).await;
            assert_eq!(of_lists(&rows, lists), of_lists(&before, lists), "{kind:?} on page {} of {lists:?}", page + 1);
            assert_eq!(rows.len(), before.len());
        }
    }
    world.harvest().await;
    only_these_fail(&world, &[]).await;
}

/// The rows that only these lists may replace. When instances were last listed is a part of them.
fn of_lists<'a>(rows: &'a [String], lists: &[(&str, &str)]) -> Vec<&'a String> {
    let listed = lists.iter().any(|(operation, _)| *operation == INFORMATION);
    rows.iter().filter(|row| row.starts_with("instance") == listed).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_on_any_page_of_updates_replaces_nothing() {
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
        only_these_fail(&world, &[&failing]).await;
        assert_eq!(updates().await, before, "a fault on page {}", page + 1);
    }
    // What was missed is asked for again, though the machine has not been scanned since.
    world.harvest().await;
    only_these_fail(&world, &[]).await;
    assert_ne!(updates().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_run_in_circles_are_an_error() {
    let world = World::generated(2, 60, 1).await;
    world.harvest().await;
    let lost = world.account(0).clone();
    let before = world.rows_of(&lost.account_id).await;
    let page = |next: &str| {
        let body = format!(r#"{{"InstanceInformationList":[],"NextToken":"{next}"}}"#);
        Fault::on(INFORMATION, FaultKind::Body(body.into_bytes())).in_account(&lost.systems_account)
    };
    let here = |kind| vec![Fault::on(INFORMATION, kind).in_account(&lost.systems_account)];
    for (faults, pages) in [
        (here(FaultKind::RepeatingToken), 2),
        (here(FaultKind::EmptyPageWithToken), 2),
        // To and fro between two.
        (vec![page("two").about(r#""NextToken":"one""#), page("one").about(r#""NextToken":"two""#), page("one")], 3),
    ] {
        let name = format!("{faults:?}");
        faults.into_iter().for_each(|fault| world.simulator.set_fault(fault));
        world.simulator.reset_calls();
        world.harvest().await;
        world.simulator.clear_faults();
        only_these_fail(&world, &[&lost]).await;
        assert_eq!(world.errors_of(&lost).await, class(ErrorClass::Schema, INFORMATION), "{name}");
        assert_eq!(world.rows_of(&lost.account_id).await, before, "{name}");
        assert_eq!(world.calls(&lost, INFORMATION), pages, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_page_with_a_token_is_not_the_end() {
    let world = World::generated(1, 60, 1).await;
    world.simulator.set_fault(Fault::on(INFORMATION, FaultKind::EmptyPageWithToken).times(1));
    world.harvest().await;
    only_these_fail(&world, &[]).await;
    assert_eq!(world.count("SELECT count(*) FROM instance").await, 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_restarts_the_list_once() {
    let world = World::generated(1, 120, 1).await;
    let account = world.account(0).clone();
    world.simulator.set_fault(Fault::on(INFORMATION, FaultKind::InvalidNextToken).after(1).times(1));
    world.harvest().await;
    only_these_fail(&world, &[]).await;
    assert_eq!(world.calls(&account, INFORMATION), 3 + 3, "two pages, a refusal, and all three");
    assert_eq!(world.count("SELECT count(*) FROM instance").await, 120);
    let before = world.rows_of(&account.account_id).await;

    world.simulator.set_fault(Fault::on(INFORMATION, FaultKind::InvalidNextToken));
    world.simulator.reset_calls();
    world.harvest().await;
    assert_eq!(world.errors_of(&account).await, class(ErrorClass::Schema, INFORMATION));
    assert_eq!(world.calls(&account, INFORMATION), 4, "a page and a refusal, twice");
    assert_eq!(world.rows_of(&account.account_id).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_an_end_is_given_up() {
    let world = World::generated(2, 2, 1).await;
    world.harvest().await;
    let endless = world.account(0).clone();
    let before = world.rows_of(&endless.account_id).await;
    world.simulator.reset_calls();
    world.simulator.set_fault(Fault::on(INFORMATION, FaultKind::TokenChain).in_account(&endless.systems_account));
    world.harvest().await;
    only_these_fail(&world, &[&endless]).await;
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
    only_these_fail(&world, &[]).await;
    assert_eq!(world.count("SELECT count(*) FROM instance").await, 10 * 60);
    for account in world.harvester.accounts.iter() {
        let sessions = if *account == expiring { 2 } else { 1 };
        assert_eq!(world.calls(account, "AssumeRole"), sessions, "{account:?}");
        assert_eq!(world.calls(account, "GetCallerIdentity"), sessions, "each is checked: {account:?}");
    }
    // All of them at once, and before the first page.
    world.simulator.expire_sessions();
    world.harvest().await;
    only_these_fail(&world, &[]).await;
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
    only_these_fail(&world, &[&expired]).await;
    assert!(world.errors_of(&expired).await.iter().all(|(_, class)| *class == ErrorClass::Credentials));
    assert_eq!(world.rows_of(&expired.account_id).await, before);
    assert!(world.calls(&expired, "AssumeRole") <= 2, "{} renewals", world.calls(&expired, "AssumeRole"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_refuses_is_asked_once() {
    let mut world = World::generated(4, 2, 1).await;
    let mut accounts = world.harvester.accounts.to_vec();
    accounts[0].external_id = "not-the-one".to_owned();
    world.harvester.accounts = accounts.into();
    let (wrong, refusing) = (world.account(0).clone(), world.account(1).clone());
    world.simulator.set_fault(Fault::on("AssumeRole", FaultKind::AccessDenied).in_account(&refusing.systems_account));
    world.harvest().await;
    only_these_fail(&world, &[&wrong, &refusing]).await;
    for account in [&wrong, &refusing] {
        assert_eq!(world.errors_of(account).await, class(ErrorClass::Credentials, "AssumeRole"));
        assert_eq!(world.calls(account, "AssumeRole"), 1);
    }
}

/// The session of an earlier harvest lets nobody in who says another ExternalId.
#[tokio::test(flavor = "multi_thread")]
async fn an_external_id_that_changed_needs_a_session_of_its_own() {
    let mut world = World::generated(2, 2, 1).await;
    world.harvest().await;
    let mut accounts = world.harvester.accounts.to_vec();
    accounts[0].external_id = "not-the-one".to_owned();
    world.harvester.accounts = accounts.into();
    let changed = world.account(0).clone();
    world.harvest().await;
    only_these_fail(&world, &[&changed]).await;
    assert_eq!(world.errors_of(&changed).await, class(ErrorClass::Credentials, "AssumeRole"));
}

/// Its sessions end, and there are no new ones: each of a dozen operations hears of it, one of them asks.
#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_account_is_not_asked_again_and_again() {
    let world = World::generated(3, 2, 1).await;
    world.harvest().await;
    let suspended = world.account(0).clone();
    let before = world.rows_of(&suspended.account_id).await;
    world.simulator.reset_calls();
    world.simulator.expire_sessions();
    world.simulator.set_fault(Fault::on("AssumeRole", FaultKind::AccessDenied).in_account(&suspended.systems_account));
    world.harvest().await;
    only_these_fail(&world, &[&suspended]).await;
    assert_eq!(world.errors_of(&suspended).await, class(ErrorClass::Credentials, "AssumeRole"));
    assert_eq!(world.calls(&suspended, "AssumeRole"), 1);
    assert_eq!(world.rows_of(&suspended.account_id).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_leads_elsewhere_stores_nothing() {
    for (operation, kind) in
        [("GetCallerIdentity", FaultKind::WrongAccount), ("AssumeRole", FaultKind::RoleLeadsElsewhere)]
    {
        let world = World::generated(3, 2, 1).await;
        let wrong = world.account(0).clone();
        let elsewhere = Fault::on(operation, kind).in_account(&wrong.systems_account);
        world.simulator.set_fault(elsewhere.clone());
        world.harvest().await;
        only_these_fail(&world, &[&wrong]).await;
        let row = world.harvest_of(&wrong).await;
        assert_eq!(row.state, HarvestState::Never);
        assert_eq!((row.errors[0].class, row.errors[0].code.as_str()), (ErrorClass::Credentials, "WrongAccount"));
        assert!(world.rows_of(&wrong.account_id).await.is_empty());
        let lists = world.simulator.calls().iter().filter(|call| call.operation == INFORMATION).count();
        assert_eq!(lists, 2, "it was read all the same, wherever it is");

        // The same where a session is renewed in the middle of a harvest.
        world.simulator.clear_faults();
        world.harvest().await;
        let before = world.rows_of(&wrong.account_id).await;
        world.simulator.set_fault(elsewhere);
        let expired = Fault::on(INFORMATION, FaultKind::ExpiredToken).in_account(&wrong.systems_account);
        world.simulator.set_fault(expired.times(1));
        world.harvest().await;
        only_these_fail(&world, &[&wrong]).await;
        assert_eq!(world.errors_of(&wrong).await, class(ErrorClass::Credentials, "GetCallerIdentity"));
        assert_eq!(world.rows_of(&wrong.account_id).await, before);
    }
}
