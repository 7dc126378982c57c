//! Accounts from AWS Organizations instead of a roster: found on every page, described by their tags, and kept when a
//! listing fails.

use crate::{
    harvest::wire_proxy::{WireProxy, with_wire_proxy},
    support::{table::rows, world::World},
};
use jiff::SignedDuration;
use muster_harvest::organization::Organization;
use muster_model::{freshness::HarvestState, ids::AccountId};
use muster_simulator::{Estate, Fault, FaultKind, GeneratedSpec, RosterAccount, estate::account::ROLE_NAME};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// The same world without a roster, so that all of its accounts come from the organization.
async fn without_roster(mut world: World) -> (World, WireProxy) {
    world.harvester.accounts = Vec::new().into();
    world.harvester.organization = Some(Organization::new(ROLE_NAME.to_owned()));
    with_wire_proxy(world).await
}

/// More accounts than fit on one page of the list.
async fn many_accounts() -> (World, WireProxy) {
    let spec = GeneratedSpec { seed: 1, accounts: 25, instances_per_account: 1, updates_per_instance: 3 };
    without_roster(World::of(Estate::generated(&spec)).await).await
}

async fn small_organization() -> (World, WireProxy) {
    without_roster(World::small().await).await
}

fn roster(world: &World) -> Vec<RosterAccount> {
    world.estate.read().expect("the estate").roster()
}

fn advance_an_hour(world: &World) {
    let now = muster_core::clock::Clock::now(world.clock.as_ref());
    world.clock.set(now + SignedDuration::from_mins(61));
}

/// The accounts to harvest, with the columns that come from their tags.
async fn accounts(world: &World) -> Vec<[String; 7]> {
    let sql = "SELECT a.account_id, a.account_name, a.customer_id, a.customer_name, a.systems_account, a.role_arn,
                  string_agg(r.region, ' ' ORDER BY r.region)
               FROM account a JOIN account_region r USING (account_id)
               WHERE a.removed_at IS NULL AND r.removed_at IS NULL GROUP BY ALL";
    rows(world, sql).await
}

fn expected(world: &World) -> Vec<[String; 7]> {
    let row = |one: RosterAccount| {
        let mut regions = one.regions;
        regions.sort();
        let RosterAccount { account_id, account_name, customer_id, customer_name, systems_account, role_arn, .. } = one;
        [account_id, account_name, customer_id, customer_name, systems_account, role_arn, regions.join(" ")]
    };
    let mut rows: Vec<_> = roster(world).into_iter().map(row).collect();
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn finds_accounts_on_every_page_of_list_accounts() {
    let (world, wire_proxy) = many_accounts().await;
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0));
    let pages = wire_proxy.exchanges("ListAccounts");
    assert!(pages.len() > 1 && pages.iter().all(|one| one.sent["MaxResults"] == 20), "{} pages", pages.len());
    let listed = wire_proxy.rows("ListAccounts", "Accounts");
    assert!(listed.iter().any(|one| one["State"].is_null()) && listed.iter().any(|one| one["Status"].is_null()));
    assert_eq!(accounts(&world).await, expected(&world));
    assert!(world.harvests().await.iter().all(|row| row.state == HarvestState::Fresh));
    let unassigned = rows::<2>(&world, "SELECT unassigned, error_code FROM organization_listing").await;
    assert_eq!(unassigned, [["1", ""]], "the management account is unassigned");
    // Each account's tags are requested, except those of accounts that are being closed.
    let requested: BTreeSet<_> = wire_proxy
        .exchanges("ListTagsForResource")
        .iter()
        .filter_map(|one| one.sent["ResourceId"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(requested.len(), roster(&world).len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accounts_state_takes_precedence_over_its_status() {
    let (world, wire_proxy) = small_organization().await;
    let all = roster(&world);
    let [kept, suspended, closed] = [0, 1, 2].map(|index| all[index].systems_account.clone());
    wire_proxy.alter(move |operation, _, answer| {
        if operation != "ListAccounts" {
            return;
        }
        for account in answer["Accounts"].as_array_mut().into_iter().flatten() {
            let id = account["Id"].as_str().unwrap_or_default().to_owned();
            let (state, status) = match id {
                // `Status`, the older field, is wrong here.
                id if id == kept => (json!("ACTIVE"), json!("SUSPENDED")),
                id if id == suspended => (json!("SUSPENDED"), json!("ACTIVE")),
                id if id == closed => (Value::Null, json!("SUSPENDED")),
                _ => continue,
            };
            (account["State"], account["Status"]) = (state, status);
        }
    });
    world.harvest().await;
    let found: Vec<String> = accounts(&world).await.into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(found, [all[0].account_id.clone()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_listing_keeps_the_accounts_and_records_the_error() {
    for (operation, kind, code) in [
        ("ListAccounts", FaultKind::AccessDenied, "AccessDeniedException"),
        ("ListAccounts", FaultKind::TruncatedBody, "Http200"),
    ] {
        let (world, _) = small_organization().await;
        world.harvest().await;
        let known = accounts(&world).await;
        assert_eq!(known, expected(&world));
        advance_an_hour(&world);
        world.simulator.set_fault(Fault::on(operation, kind));
        let round = world.harvest().await;
        assert_eq!((round.harvests, round.failed, round.partial), (4, 0, 0), "the known accounts are harvested");
        assert_eq!(accounts(&world).await, known);
        let listing = "SELECT error_operation, error_code, last_good_at < tried_at FROM organization_listing";
        assert_eq!(rows::<3>(&world, listing).await, [[operation, code, "true"]]);

        world.simulator.clear_faults();
        world.harvest().await;
        assert_eq!(rows::<3>(&world, listing).await, [["", "", "false"]], "the next listing must recover");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_read_once_a_day() {
    let (world, wire_proxy) = small_organization().await;
    world.harvest().await;
    advance_an_hour(&world);
    // If the tags were requested again, this fault would give an error.
    let organization_tags = Fault::on("ListTagsForResource", FaultKind::AccessDenied).in_account("110000000011");
    world.simulator.set_fault(organization_tags);
    wire_proxy.forget();
    world.harvest().await;
    assert!(!wire_proxy.exchanges("ListAccounts").is_empty());
    let listing = "SELECT error_operation FROM organization_listing";
    assert_eq!(rows::<1>(&world, listing).await, [[""]]);
    world.clock.set(muster_core::clock::Clock::now(world.clock.as_ref()) + SignedDuration::from_hours(25));
    world.harvest().await;
    assert_eq!(rows::<1>(&world, listing).await, [["ListTagsForResource"]]);
    assert_eq!(accounts(&world).await, expected(&world), "the accounts are kept even then");
}

async fn provider(world: &World, account: &AccountId) -> String {
    let row = world.harvests().await.into_iter().find(|row| row.account_id == *account).expect("its row");
    row.provider.code().to_owned()
}

/// Replaces the key and value of each provider tag that enrolment wrote, in all inventory answers.
fn retag(wire_proxy: &WireProxy, key: &'static str, value: &'static str) {
    wire_proxy.alter(move |operation, _, answer| set_provider_tags(operation, answer, key, value));
}

fn set_provider_tags(operation: &str, answer: &mut Value, key: &str, value: &str) {
    for entity in answer["Entities"].as_array_mut().into_iter().flatten().filter(|_| operation == "GetInventory") {
        let tags = entity["Data"]["AWS:Tag"]["Content"].as_array_mut().into_iter().flatten();
        for tag in tags.filter(|tag| tag["Key"] == "muster:provider") {
            *tag = json!({ "Key": key, "Value": value });
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untagged_provider_comes_from_the_source_type_or_else_from_enrolment_tags() {
    let (world, wire_proxy) = small_organization().await;
    // This account has no provider tag; its nodes come from a cloud connector.
    let untagged = roster(&world)[1].clone();
    let account: AccountId = untagged.account_id.parse().expect("an id");
    assert_eq!(untagged.provider, "azure");
    // What AWS knows takes precedence over what an instance can write.
    retag(&wire_proxy, "muster:provider", "dedicated");
    world.harvest().await;
    let sent = wire_proxy.rows("DescribeInstanceInformation", "InstanceInformationList");
    assert!(sent.iter().any(|node| node["SourceType"] == "Microsoft.Compute/virtualMachines"));
    assert_eq!(provider(&world, &account).await, "azure");
    // A hybrid activation can be anywhere: then the tag that enrolment wrote on the nodes gives the provider.
    wire_proxy.alter(|operation, _, answer| {
        for node in answer["InstanceInformationList"].as_array_mut().into_iter().flatten() {
            node["SourceType"] = json!("AWS::SSM::ManagedInstance");
        }
        for node in answer["InstanceProperties"].as_array_mut().into_iter().flatten() {
            node["SourceType"] = json!("AWS::SSM::ManagedInstance");
        }
        set_provider_tags(operation, answer, "muster:provider", "dedicated");
    });
    advance_an_hour(&world);
    world.harvest().await;
    assert_eq!(provider(&world, &account).await, "dedicated");
    // The tag of the account itself takes precedence over both.
    let named: AccountId = roster(&world)[2].account_id.parse().expect("an id");
    assert_eq!(provider(&world, &named).await, roster(&world)[2].provider);
}

/// The enrollment server says which systems accounts it has made.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_expected_is_listed_in_the_next_round() {
    let (world, wire_proxy) = small_organization().await;
    let late = roster(&world)[0].systems_account.clone();
    let is_created = Arc::new(AtomicBool::new(false));
    let (hidden, created) = (late.clone(), is_created.clone());
    wire_proxy.alter(move |operation, _, answer| {
        if operation == "ListAccounts" && !created.load(Ordering::SeqCst) {
            answer["Accounts"]
                .as_array_mut()
                .into_iter()
                .for_each(|all| all.retain(|one| one["Id"] != hidden.as_str()));
        }
    });
    let is_found = async || {
        world.harvest().await;
        accounts(&world).await.iter().any(|row| row[4] == late)
    };
    let organization = world.harvester.organization.as_ref().expect("an organization");
    assert!(!is_found().await);
    is_created.store(true, Ordering::SeqCst);
    assert!(!is_found().await, "the listing is not an hour old");
    organization.expect(BTreeSet::from([late.clone()]));
    assert!(is_found().await);
    // What is expected and known, or was listed without success, causes no further listing.
    let listings = || wire_proxy.exchanges("ListAccounts").len();
    organization.expect(BTreeSet::from([late.clone(), "999999999999".to_owned()]));
    let before = listings();
    world.harvest().await;
    let once = listings();
    assert!(once > before);
    world.harvest().await;
    assert_eq!(listings(), once);
}
