//! AWS's own count of nodes is a witness for ours, and lists what Systems Manager does not manage.

use crate::support::{
    table::rows,
    world::{World, customer, get, portal},
};
use muster_access::principal::Principal;
use muster_core::roster::Account;
use muster_model::{
    account::{AccountPage, AccountRow},
    filter::{AccountFilter, HarvestFilter},
    nodes::NodeCountRow,
    ports::Reports,
};
use muster_reports::ScopedReports;
use muster_simulator::{Estate, EstateSpec, Fault, FaultKind};
use muster_verify::{Extent, verify};

/// The small estate; `change` changes its first account.
async fn small(change: impl FnOnce(&mut muster_simulator::estate::AccountSpec)) -> World {
    let mut spec = EstateSpec::named("small").expect("the small estate");
    change(&mut spec.customers[0].accounts[0]);
    let world = World::of(Estate::new(&spec)).await;
    world.skip_to_last_day();
    world
}

fn operator(world: &World) -> ScopedReports {
    world.source().for_scope(Principal::local().scope())
}

async fn counts(world: &World) -> Vec<NodeCountRow> {
    let page = operator(world).harvest(HarvestFilter::default()).await.expect("a page");
    page.nodes.into_iter().flat_map(|listing| listing.counts).collect()
}

async fn harvest_page(world: &World) -> String {
    get(portal(&world.source(), Principal::local().identity), "/harvest").await.1
}

async fn account_row(world: &World, account: &Account) -> AccountRow {
    let page = operator(world).accounts(AccountFilter::default()).await.expect("a page");
    page.rows.into_iter().find(|row| row.account_id == account.account_id).expect("a row")
}

async fn account_page(world: &World, account: &Account) -> AccountPage {
    operator(world).account(account.account_id.clone()).await.expect("a page")
}

async fn is_verified(world: &World) {
    let verification = verify(&world.source(), Extent::WHOLE).await.expect("a verification");
    assert_eq!(verification.mismatches, 0, "{:?}", verification.first);
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_agree_in_every_region_and_one_region_is_asked() {
    let world = small(|_| {}).await;
    world.harvest().await;
    world.harvest().await;
    let (account, counts) = (world.account(0), counts(&world).await);
    assert_eq!(counts.iter().map(|row| row.region.as_str()).collect::<Vec<_>>(), ["eu-west-1", "us-east-1"]);
    assert!(counts.iter().all(|row| row.differs_since.is_none() && row.nodes > 0 && row.is_harvested), "{counts:#?}");
    assert_eq!(world.calls(account, "ListNodesSummary"), 2, "one Region in each of two rounds");
    assert!(harvest_page(&world).await.contains("Managed nodes that AWS counts"));
    is_verified(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_nobody_harvests_is_found_after_two_readings() {
    let world = small(|account| account.nodes_elsewhere = [("ap-south-1".to_owned(), 3)].into()).await;
    world.harvest().await;
    let extra = |rows: Vec<NodeCountRow>| rows.into_iter().find(|row| row.region == "ap-south-1").expect("the Region");
    let first = extra(counts(&world).await);
    assert_eq!((first.nodes, first.instances, first.is_harvested, first.is_confirmed), (3, 0, false, false));
    assert!(first.differs_since.is_some());
    assert!(!harvest_page(&world).await.contains("Add it to the roster"));
    world.next_day();
    world.harvest().await;
    let second = extra(counts(&world).await);
    assert!(second.is_confirmed && second.differs_since == first.differs_since, "{second:#?}");
    let page = harvest_page(&world).await;
    assert!(page.contains("ap-south-1 is not among the account") && page.contains("Add it to the roster"), "{page}");
    is_verified(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_the_harvest_lacks_are_found_and_forgotten_when_they_are_back() {
    let world = small(|_| {}).await;
    let account = world.account(0).clone();
    let body = br#"{"InstanceInformationList":[]}"#.to_vec();
    let empty = Fault::on("DescribeInstanceInformation", FaultKind::Body(body)).in_account(&account.systems_account);
    world.simulator.set_fault(empty);
    for _ in 0..2 {
        world.harvest().await;
        world.next_day();
    }
    let differing = counts(&world).await;
    assert!(!differing.is_empty() && differing.iter().all(|row| row.is_confirmed), "{differing:#?}");
    assert!(harvest_page(&world).await.contains("are missing here"));
    world.simulator.clear_faults();
    // The Region that is asked may be stored before the other one.
    for _ in 0..2 {
        world.harvest().await;
        world.next_day();
    }
    let repaired = counts(&world).await;
    assert!(repaired.iter().all(|row| row.differs_since.is_none()), "{repaired:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_the_console_is_silent_and_is_not_asked_again() {
    let world = small(|account| account.lists_nodes = false).await;
    for _ in 0..3 {
        let round = world.harvest().await;
        assert_eq!((round.failed, round.partial), (0, 0));
    }
    let account = world.account(0);
    // Each of its two Regions says so once.
    assert!(world.calls(account, "ListNodesSummary") <= 2);
    assert_eq!(world.calls(account, "ListNodes"), 0);
    assert!(world.harvests().await.iter().all(|row| row.errors.is_empty()));
    assert_eq!(account_row(&world, account).await.unmanaged_instances, None);
    assert_eq!(account_page(&world, account).await.unmanaged, None);
    let page = harvest_page(&world).await;
    assert!(!page.contains("Managed nodes that AWS counts"), "{page}");
    is_verified(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_ask_is_said_once_and_harvested_completely() {
    for (operation, said) in [
        ("ListNodesSummary", "AWS does not say how many nodes it counts"),
        ("ListNodes", "AWS does not list unmanaged instances"),
    ] {
        let world = small(|_| {}).await;
        let account = world.account(0).clone();
        let denied = Fault::on(operation, FaultKind::AccessDenied).in_account(&account.systems_account);
        world.simulator.set_fault(denied);
        let round = world.harvest().await;
        assert_eq!((round.failed, round.partial), (0, 0), "{operation}");
        assert!(world.harvests().await.iter().all(|row| row.errors.is_empty()), "{operation}");
        let page = harvest_page(&world).await;
        assert_eq!(page.matches(said).count(), 1, "{operation}: {page}");
        let unmanaged = account_row(&world, &account).await.unmanaged_instances;
        assert_eq!(unmanaged, None, "{operation}: not known is not zero");
        is_verified(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_failure_is_an_error_beside_a_complete_harvest_and_leaves_what_was_read() {
    let world = small(|_| {}).await;
    world.harvest().await;
    let account = world.account(0).clone();
    let fails = Fault::on("ListNodesSummary", FaultKind::Body(b"{}".to_vec())).in_account(&account.systems_account);
    world.simulator.set_fault(fails);
    world.next_day();
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0));
    assert!(world.harvests().await.iter().any(|row| row.errors.iter().any(|one| one.operation == "ListNodesSummary")));
    assert_eq!(account_row(&world, &account).await.unmanaged_instances, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_of_one_region_answers_for_that_region() {
    let world = small(|_| {}).await;
    let account = world.account(0).clone();
    // Where there is no sync the request without its name is answered for the Region.
    let absent = FaultKind::Refused("ResourceDataSyncNotFoundException".to_owned());
    let fault = Fault::on("ListNodesSummary", absent).about("AWS-QuickSetup-ManagedNode");
    world.simulator.set_fault(fault.in_account(&account.systems_account));
    world.harvest().await;
    world.harvest().await;
    let counts = counts(&world).await;
    let regions: Vec<_> = counts.iter().map(|row| (row.region.as_str(), row.differs_since)).collect();
    assert_eq!(regions, [(account.regions[0].as_str(), None)]);
    assert_eq!(account_row(&world, &account).await.unmanaged_instances, None, "not of the whole account");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figure_of_unmanaged_instances_leads_to_as_many_rows() {
    let world = small(|account| account.unmanaged = 57).await;
    world.harvest().await;
    let (account, row) = (world.account(0), account_row(&world, world.account(0)).await);
    let unmanaged = account_page(&world, account).await.unmanaged.expect("a list");
    assert_eq!((row.unmanaged_instances, unmanaged.rows.len(), unmanaged.is_cut), (Some(57), 57, false));
    assert!(unmanaged.rows.iter().all(|one| one.instance_id.starts_with("i-0") && !one.ip_address.is_empty()));
    let router = portal(&world.source(), Principal::local().identity);
    let (_, page) = get(router.clone(), &format!("/accounts/{}", account.account_id)).await;
    assert!(page.contains("href=\"#unmanaged\"") && page.contains("id=\"unmanaged\""), "{page}");
    assert!(unmanaged.rows.iter().all(|one| page.contains(&one.instance_id)));
    let (_, overview) = get(router, "/").await;
    assert!(overview.contains("57 unmanaged"), "{overview}");
    is_verified(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_of_unmanaged_instances_is_cut_and_says_so() {
    let world = small(|account| account.unmanaged = 1_030).await;
    world.harvest().await;
    let account = world.account(0);
    let unmanaged = account_page(&world, account).await.unmanaged.expect("a list");
    assert_eq!((unmanaged.rows.len(), unmanaged.is_cut), (1_000, true));
    assert_eq!(account_row(&world, account).await.unmanaged_instances, Some(1_000));
    let (_, page) =
        get(portal(&world.source(), Principal::local().identity), &format!("/accounts/{}", account.account_id)).await;
    assert!(page.contains("The first 1,000 of more"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_another_account_are_never_stored() {
    let world = small(|_| {}).await;
    let body = br#"{"Nodes":[{"Id":"i-0aaaaaaaaaaaaaaaa","Owner":{"AccountId":"999999999999"},"Region":"us-east-1",
        "NodeType":{"Instance":{"ManagedStatus":"Unmanaged"}}}]}"#;
    world.simulator.set_fault(Fault::on("ListNodes", FaultKind::Body(body.to_vec())));
    world.harvest().await;
    assert_eq!(rows::<1>(&world, "SELECT count(*) FROM unmanaged_instance").await, [["0"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_sees_only_its_own_unmanaged_instances_and_no_counts() {
    let world = small(|_| {}).await;
    world.harvest().await;
    let (own, other) = (world.account(0), world.account(2));
    assert_ne!(own.customer_id, other.customer_id);
    let reports = |account: &Account| world.source().for_scope(customer(&account.customer_id).scope());
    let page = reports(own).account(own.account_id.clone()).await.expect("its own");
    assert_eq!(page.unmanaged.map(|unmanaged| unmanaged.rows.len()), Some(2));
    assert!(reports(other).account(own.account_id.clone()).await.is_err());
    assert!(reports(own).harvest(HarvestFilter::default()).await.is_err());
}
