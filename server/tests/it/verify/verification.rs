//! The verification of figures: it finds no mismatch in a sound store, names every corrupted figure, runs beside
//! harvests, and its result is shown to operators only.

use crate::{
    store::integrity::rebuild_lists_sql,
    support::{
        process::{HARVEST, endpoint, folder, muster, refused, succeeded},
        world::{World, customer, get, harvested, portal},
    },
};
use axum::http::StatusCode;
use muster_access::principal::Principal;
use muster_model::{
    filter::HarvestFilter,
    ports::{ReportError, Reports},
    verification::Verification,
};
use muster_simulator::{Estate, EstateSpec, Simulator};
use muster_store::{connection::Store, error::StoreError};
use muster_verify::{Extent, nightly, verify};
use tokio::net::TcpListener;

/// The least number of figures on the small estate. Fewer mean that something was not verified.
const FIGURES_MIN: u64 = 1_500;

async fn verified(world: &World) -> Verification {
    verify(&world.source(), Extent::WHOLE).await.expect("a store that can be read")
}

/// Changes rows, and rebuilds the rows of lists unless the statement changes them.
pub async fn change(store: &Store, sql: String) -> usize {
    let changed = store.write("a corruption", move |writer| {
        let changed = writer.connection().execute(&sql, []).map_err(StoreError::write(sql.clone()))?;
        if !sql.contains("listed_") {
            writer.connection().execute_batch(&rebuild_lists_sql()).map_err(StoreError::write(sql.clone()))?;
        }
        Ok(changed)
    });
    changed.await.unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)))
}

#[tokio::test(flavor = "multi_thread")]
async fn finds_no_mismatch_in_a_harvested_history() {
    let verification = verify(&harvested().source, Extent::WHOLE).await.expect("a verification");
    assert_eq!(verification.first, [], "{} mismatches", verification.mismatches);
    assert!(verification.figures >= FIGURES_MIN, "only {} figures", verification.figures);
    assert_eq!(verification.pages_left_out, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn finds_no_mismatch_in_an_empty_store_or_after_a_failed_harvest() {
    let world = World::small().await;
    assert_eq!(verified(&world).await.mismatches, 0);
    world.simulator.set_fault(muster_simulator::Fault::on("*", muster_simulator::FaultKind::AccessDenied));
    world.harvest().await;
    assert_eq!(verified(&world).await.first, []);
}

/// A table, an assignment that corrupts it, one that repairs it, and the expected name of the mismatch.
type Corruption = (&'static str, &'static str, &'static str, &'static str);

const ONE_STATE: &str = "instance_key = (SELECT min(instance_key) FROM patch_state JOIN instance USING (instance_key)
                                         WHERE gone_at IS NULL)";
const ONE_MISSING: &str = "rowid = (SELECT min(u.rowid) FROM instance_update u JOIN instance i USING (instance_key)
                                    WHERE u.state = 'Missing' AND i.gone_at IS NULL)";
const TODAY: &str =
    "day = (SELECT max(day) FROM account_day) AND account_id = (SELECT min(account_id) FROM account_day)";
const LAST: &str = "harvest_id = (SELECT max(last_harvest_id) FROM account_region)";
const ONE_REGION: &str = "last_harvest_id = (SELECT max(last_harvest_id) FROM account_region)";

/// A number that is one too high.
macro_rules! off_by_one {
    ($table:literal, $column:literal) => {
        ($table, concat!($column, " = ", $column, " + 1"), concat!($column, " = ", $column, " - 1"), $column)
    };
}

/// Every stored column that is derived from others.
const CORRUPTIONS: [Corruption; 52] = [
    off_by_one!("listed_instance", "failed"),
    ("listed_region", "provider_rank = provider_rank + 1", "provider_rank = provider_rank - 1", "rows of lists"),
    ("listed_software", "installations = installations + 1", "installations = installations - 1", "rows of lists"),
    ("latest_agent", "agent_rank = agent_rank + 1", "agent_rank = agent_rank - 1", "rows of lists"),
    ("listed_instance", "name = concat('x', name)", "name = name[2:]", "rows of lists"),
    off_by_one!("patch_state", "missing"),
    off_by_one!("patch_state", "critical_missing"),
    off_by_one!("patch_state", "failed"),
    off_by_one!("patch_state", "pending_reboot"),
    off_by_one!("patch_state", "installed_rejected"),
    off_by_one!("patch_state", "available_security_updates"),
    off_by_one!("patch_state", "details_missing"),
    ("patch_state", "missing_count = missing_count + 1", "missing_count = missing_count - 1", "details_missing"),
    off_by_one!("account_day", "details_missing"),
    off_by_one!("account_day", "non_compliant"),
    ("instance", "agent_rank = -agent_rank", "agent_rank = -agent_rank", "agent_is_latest"),
    off_by_one!("account_day", "instances"),
    off_by_one!("account_day", "online_instances"),
    off_by_one!("account_day", "pending_os_updates"),
    off_by_one!("account_day", "instances_pending_os_updates"),
    off_by_one!("account_day", "pending_agent_updates"),
    off_by_one!("account_day", "no_data"),
    off_by_one!("account_day", "unsupported"),
    off_by_one!("account_day", "stale"),
    off_by_one!("account_day", "failed"),
    off_by_one!("account_day", "pending"),
    off_by_one!("account_day", "pending_reboot"),
    off_by_one!("account_day", "up_to_date"),
    off_by_one!("account_day", "runs_succeeded"),
    off_by_one!("account_day", "runs_total"),
    off_by_one!("account_day", "pending_critical"),
    off_by_one!("account_day", "pending_important"),
    off_by_one!("account_day", "pending_moderate"),
    off_by_one!("account_day", "pending_low"),
    off_by_one!("account_day", "pending_unrated"),
    (
        "harvest",
        "transitions = transitions + 1",
        "transitions = transitions - 1",
        "harvests with another number of transitions",
    ),
    off_by_one!("harvest", "api_calls"),
    off_by_one!("harvest", "rows"),
    ("harvest", "outcome = 'partial'", "outcome = 'ok'", "harvests with another outcome"),
    (
        "account_region",
        "last_good_at = last_good_at - INTERVAL 1 DAY",
        "last_good_at = last_good_at + INTERVAL 1 DAY",
        "accounts and Regions with another status",
    ),
    (
        "account_region",
        "last_read_at = last_read_at - INTERVAL 1 DAY",
        "last_read_at = last_read_at + INTERVAL 1 DAY",
        "accounts and Regions with another status",
    ),
    (
        "account_region",
        "last_tried_at = last_tried_at - INTERVAL 1 DAY",
        "last_tried_at = last_tried_at + INTERVAL 1 DAY",
        "accounts and Regions with another status",
    ),
    ("instance_update", "state = 'Installed'", "state = 'Missing'", "updates in another state"),
    (
        "instance_update",
        "changed_at = changed_at - INTERVAL 1 DAY",
        "changed_at = changed_at + INTERVAL 1 DAY",
        "updates that changed or were first seen",
    ),
    (
        "instance_update",
        "first_seen_at = first_seen_at - INTERVAL 1 DAY",
        "first_seen_at = first_seen_at + INTERVAL 1 DAY",
        "updates that changed or were first seen",
    ),
    (
        "instance_update",
        "pending_since = pending_since - INTERVAL 1 DAY",
        "pending_since = pending_since + INTERVAL 1 DAY",
        "updates that are pending since another time",
    ),
    (
        "instance_update",
        "patch_key = patch_key + 1000000",
        "patch_key = patch_key - 1000000",
        "updates in another state",
    ),
    ("transition", "from_state = 'Failed'", "from_state = NULL", "transitions that do not continue"),
    ("transition", "pending_since = happened_at", "pending_since = NULL", "transitions with another `pending_since`"),
    ("transition", "scan_key = -1", "scan_key = 1", "transitions without a scan"),
    (
        "scan",
        "harvest_id = harvest_id + 1000",
        "harvest_id = harvest_id - 1000",
        "harvests with another number of transitions",
    ),
    ("patch", "title = '', kb_id = ''", "title = 'x', kb_id = 'x'", "patches with two keys"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_corrupted_derived_column_is_found_and_named() {
    let world = World::generated(2, 8, 20).await;
    world.harvest().await;
    let store = &world.harvester.store;
    assert_eq!(verified(&world).await.first, []);
    for (table, wrong, right, what) in CORRUPTIONS {
        let row = match table {
            "patch_state" | "listed_instance" => ONE_STATE,
            "instance" => "platform_type = 'Windows'",
            "account_day" => TODAY,
            "harvest" => LAST,
            "latest_agent" | "listed_software" => "true",
            "account_region" | "listed_region" => ONE_REGION,
            // A corrupted update keeps its rowid, but not the state that finds it.
            "instance_update" => ONE_MISSING,
            "transition" => "rowid = (SELECT min(rowid) FROM transition WHERE scan_key IN (-1, 1))",
            "scan" => "scan_key = 1",
            _ => "patch_key IN (1, 2)",
        };
        let row_filter = match table {
            "instance_update" => {
                let rowid = world.count(
                    "SELECT min(u.rowid) FROM instance_update u JOIN instance i USING (instance_key)
                                         WHERE u.state = 'Missing' AND i.gone_at IS NULL",
                );
                format!("rowid = {}", rowid.await)
            }
            _ => row.to_owned(),
        };
        assert!(change(store, format!("UPDATE {table} SET {wrong} WHERE {row_filter}")).await > 0, "{table}: {wrong}");
        // Pages of instances show none of these columns.
        let found = verify(&world.source(), Extent { pages_max: 0, ..Extent::WHOLE }).await.expect("a verification");
        let named = found.first.iter().any(|mismatch| mismatch.what.contains(what));
        assert!(named, "{table}: {wrong}: `{what}` is not among {:#?}", found.first);
        change(store, format!("UPDATE {table} SET {right} WHERE {row_filter}")).await;
        if table == "transition" {
            let after = verified(&world).await;
            assert_eq!(after.first, [], "the corruption was not repaired");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apt_priority_never_counts_as_a_severity() {
    let world = World::generated(2, 8, 20).await;
    world.harvest().await;
    let apt = "UPDATE patch_baseline SET operating_system = 'DEBIAN' WHERE baseline_id IN (
                   SELECT baseline_id FROM patch_state WHERE critical_missing > 0)";
    assert!(change(&world.harvester.store, apt.to_owned()).await > 0);
    // The record of the day was written before the change.
    let extent = Extent { today: false, ..Extent::WHOLE };
    let found = verify(&world.source(), extent).await.expect("a verification");
    let wrong: Vec<_> = found.first.iter().filter(|mismatch| mismatch.what.contains("critical")).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn finds_duplicate_rows() {
    let world = World::small().await;
    world.harvest().await;
    for (table, what) in [
        ("instance_update", "updates that an instance has twice"),
        ("patch_state", "instances with two rows or two states"),
        ("harvest", "duplicate keys of harvests"),
        ("run", "duplicate accounts, Regions, runs or results"),
        ("instance", "duplicate keys of instances"),
    ] {
        let one = format!("INSERT INTO {table} SELECT * FROM {table} WHERE rowid = (SELECT min(rowid) FROM {table})");
        assert_eq!(change(&world.harvester.store, one).await, 1);
        let found = verified(&world).await.first;
        assert!(found.iter().any(|mismatch| mismatch.what == what), "{table}: {found:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concurrent_harvest_causes_no_mismatch() {
    let world = World::small().await;
    world.harvest().await;
    for _ in 0..3 {
        let source = world.source();
        // Like the portal during a round, which leaves out the record of the day.
        let extent = Extent { today: false, ..Extent::WHOLE };
        let verification = tokio::spawn(async move { verify(&source, extent).await });
        world.next_day();
        world.harvest().await;
        let verification = verification.await.expect("no panic").expect("a verification");
        assert_eq!(verification.first, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_beyond_the_nightly_limit_are_left_out() {
    let source = &harvested().source;
    let all = verify(source, Extent::WHOLE).await.expect("a verification");
    let some = verify(source, Extent { pages_max: 5, ..Extent::WHOLE }).await.expect("a verification");
    assert!(some.pages_left_out > 0 && some.figures < all.figures);
    assert_eq!(some.mismatches, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_operators_see_the_verification_on_the_harvest_page() {
    let world = World::small().await;
    world.skip_to_last_day();
    world.harvest().await;
    let source = world.source();
    let page = async || {
        let (status, body) = get(portal(&source, Principal::local().identity), "/harvest").await;
        assert_eq!(status, StatusCode::OK);
        body
    };
    assert!(!page().await.contains("Figures verified"));

    let good = nightly::once(&source).await;
    assert_eq!((good.mismatches, good.error), (0, None));
    let body = page().await;
    assert!(body.contains("Figures verified") && body.contains("figures, no mismatch"), "{body}");

    let wrong = format!("UPDATE patch_state SET failed = failed + 3 WHERE {ONE_STATE}");
    change(&world.harvester.store, wrong).await;
    let bad = nightly::once(&source).await;
    assert!(bad.mismatches > 0);
    let body = page().await;
    assert!(body.contains("mismatches") && body.contains(&bad.first[0].place), "{body}");

    let verification = async |principal: Principal| {
        let reports = source.for_scope(principal.scope());
        reports.harvest(HarvestFilter::default()).await.expect("the harvest page").schedule.verification
    };
    assert_eq!(verification(Principal::local()).await, Some(bad));
    let customer_id = world.account(0).customer_id.clone();
    let own = source.for_scope(customer(&customer_id).scope()).harvest(HarvestFilter::default()).await;
    assert_eq!(own, Err(ReportError::NotFound), "a customer must not see the harvest page");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verify_command_reports_its_figures_and_fails_on_a_mismatch() {
    let folder = folder();
    let verify = ["verify", "--config", "muster.toml"];
    refused(&muster(folder.path(), &verify, &[]), &["no store", "muster.duckdb"]);

    let estate = Estate::new(&EstateSpec::named("small").expect("the small estate")).shared();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let simulator = Simulator::start(estate, listener).await.expect("a simulator");
    succeeded(&muster(folder.path(), &HARVEST, &endpoint(&simulator)));
    let output = muster(folder.path(), &verify, &[]);
    succeeded(&output);
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON line");
    assert!(line["figures"].as_u64() > Some(1_000) && line["mismatches"] == 0, "{line}");

    let store = Store::open(&folder.path().join("muster.duckdb")).expect("a store");
    refused(&muster(folder.path(), &verify, &[]), &["in use by another process"]);
    change(&store, format!("UPDATE patch_state SET missing = missing + 7 WHERE {ONE_STATE}")).await;
    drop(store);
    let output = muster(folder.path(), &verify, &[]);
    refused(&output, &["figures do not match the stored rows"]);
    assert_eq!(output.status.code(), Some(1));
    let lines = String::from_utf8_lossy(&output.stdout);
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
    for key in ["what", "where", "published", "recomputed"] {
        assert!(first[key].is_string(), "{first}");
    }
    simulator.stop().await;
}
