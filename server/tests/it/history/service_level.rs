//! Service levels: due dates by the customer's policy, and times to patch of all updates.

use crate::support::world::{World, customer, get, get_json, harvested};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp, civil::Weekday, tz::TimeZone};
use muster_access::principal::Principal;
use muster_core::service_levels::ServiceLevels;
use muster_model::{
    filter::{InstanceFilter, ServiceLevelFilter, UpdateFilter},
    ids::AccountId,
    page::Window,
    ports::Reports,
    service_level::{Due, ServiceLevelPage},
    severity::SeverityBand,
    update::UpdateRow,
};
use muster_reports::ScopedReports;
use std::collections::BTreeMap;

const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn total(path: &str) -> u64 {
    get_json(path).await["total"].as_u64().expect("a total")
}

async fn service_level(reports: &ScopedReports) -> ServiceLevelPage {
    reports.service_level(ServiceLevelFilter::default()).await.expect("the service level")
}

async fn pending(reports: &ScopedReports) -> Vec<UpdateRow> {
    let filter = UpdateFilter { window: Window { offset: 0, limit: u32::MAX }, ..UpdateFilter::default() };
    let rows = reports.updates(filter).await.expect("updates").rows;
    rows.into_iter().filter(|row| row.install_status.is_pending()).collect()
}

fn operator(world: &World) -> ScopedReports {
    world.source().for_scope(Principal::local().scope())
}

async fn days(world: &World, days: usize) {
    for _ in 0..days {
        world.next_day();
        world.harvest().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_figure_equals_its_linked_rows() {
    let page = service_level(&harvested().reports(&Principal::local())).await;
    assert!(page.totals.overdue > 0 && page.totals.due_soon > 0, "the small estate has both: {:?}", page.totals);
    let totals = (String::new(), page.totals.clone());
    let accounts = page.accounts.iter().map(|row| (format!("&account={}", row.account_id), row.due.clone()));
    let bands = page.severities.iter().map(|row| (format!("&severity={}", row.severity.code()), row.due.clone()));
    for (query, counts) in std::iter::once(totals).chain(accounts).chain(bands) {
        let rows = async |what: &str| total(&format!("/api/v1/updates?{what}{query}")).await;
        assert_eq!(rows("state=Missing,Failed").await, counts.open, "pending{query}");
        assert_eq!(rows("due=overdue").await, counts.overdue, "overdue{query}");
        assert_eq!(rows("due=soon").await, counts.due_soon, "soon{query}");
        assert_eq!(rows("due=later").await, counts.open - counts.overdue - counts.due_soon, "later{query}");
    }
    assert_eq!(page.breaches.len() as u64, page.totals.due_soon.min(10));
    assert!(page.breaches.is_sorted_by_key(|row| row.due_at));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_links_its_figures_and_filters_by_account() {
    let page = service_level(&harvested().reports(&Principal::local())).await;
    let (status, html) = get(harvested().router(), "/service-level").await;
    assert_eq!(status, StatusCode::OK);
    for (what, n) in
        [("overdue updates", page.totals.overdue), ("updates due in the next 7 days", page.totals.due_soon)]
    {
        assert!(html.contains(&format!("aria-label=\"{n} {what}\"")), "{what}");
    }
    assert!(html.contains("href=\"/updates/list?due=overdue\"") && html.contains("Systems with apt"));
    let account = &page.accounts[0];
    let (_, narrowed) = get(harvested().router(), &format!("/service-level?account={}", account.account_id)).await;
    assert!(narrowed.contains(&format!("aria-label=\"{} overdue updates\"", account.due.overdue)));
    let (_, updates) = get(harvested().router(), "/updates/list?due=overdue").await;
    assert!(updates.contains("Overdue") && updates.contains("pending for"));
    let (status, html) = get(harvested().router(), "/service-level?acount=x").await;
    assert!(status == StatusCode::BAD_REQUEST && html.contains("acount"));
}

/// Patch Tuesday of the month in an update's title.
fn patch_day(title: &str) -> Option<jiff::civil::Date> {
    let month: jiff::civil::Date = format!("{}-01", title.get(..7)?).parse().ok()?;
    month.nth_weekday_of_month(2, Weekday::Tuesday).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_are_due_from_their_approval_or_else_from_when_they_were_first_missing() {
    let world = World::small().await;
    world.harvest().await;
    let (mut approved, mut apt) = (0, 0);
    while !world.is_at_last_day() {
        days(&world, 1).await;
        let reports = operator(&world);
        let instances = reports.instances(InstanceFilter::default()).await.expect("instances").rows;
        let instances: BTreeMap<_, _> = instances.into_iter().map(|row| (row.instance_id.clone(), row)).collect();
        for row in pending(&reports).await {
            let instance = &instances[&row.instance_id];
            let since = row.pending_since.expect("a pending update");
            let is_apt = ["Ubuntu", "Debian"].iter().any(|name| instance.platform_name.starts_with(name));
            let band = if is_apt { SeverityBand::Unrated } else { SeverityBand::of(&row.severity) };
            let allowed = match band {
                SeverityBand::Critical => DAY * 7,
                SeverityBand::Important => DAY * 14,
                SeverityBand::Moderate | SeverityBand::Unrated => DAY * 30,
                SeverityBand::Low => DAY * 60,
            };
            let started = row.due_at.expect("a pending update").checked_sub(allowed).expect("a time");
            let windows = instance.platform_name.contains("Windows");
            let tuesday = patch_day(&row.description).filter(|_| windows && row.classification == "SecurityUpdates");
            // Updates of the first harvest were not absent before.
            let is_known = row.released_on.is_some();
            assert!(!is_known || row.released_on == tuesday, "{row:?}");
            assert!(is_known || tuesday.is_none() || row.approved_at.is_none(), "{row:?}");
            match row.approved_at {
                Some(approval) => {
                    let wait = match instance.patch_group.as_str() {
                        "early" => 0,
                        "late" => 14,
                        _ => 7,
                    };
                    let day = tuesday.expect("a release").to_zoned_datetime(TimeZone::UTC).expect("a day").timestamp();
                    assert_eq!(approval, day + DAY * wait, "{row:?}");
                    let was_pending_at_once = since <= row.first_seen_at;
                    assert_eq!(started, if was_pending_at_once { approval } else { since }, "{row:?}");
                    assert!(started <= since, "{row:?}");
                    approved += 1;
                }
                None => {
                    assert_eq!(started, since, "{row:?}");
                    apt += usize::from(is_apt);
                }
            }
            let now = world.clock_now();
            let due = row.due_at.expect("a pending update");
            let expected = if due < now {
                Due::Overdue
            } else if due <= now + DAY * 7 {
                Due::Soon
            } else {
                Due::Later
            };
            assert_eq!(row.due, Some(expected));
            assert_eq!(row.age_days.map(i64::from), Some((now.duration_since(since).as_hours() / 24).max(0)));
        }
    }
    assert!(approved > 0 && apt > 0, "{approved} updates with a known approval, {apt} of systems with apt");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_policy_moves_only_its_own_due_dates() {
    let mut world = World::small().await;
    world.harvest().await;
    days(&world, 12).await;
    let before = pending(&operator(&world)).await;
    let levels = "[default]\nmoderate = 29\n[customer.c-2001]\nimportant = 1\nmoderate = 2\nunrated = 3\n";
    world.harvester.service_levels = ServiceLevels::parse(levels).expect("good levels");
    world.harvester.sync_service_levels().await.expect("stored");
    let after = pending(&operator(&world)).await;
    assert_eq!(before.len(), after.len());
    let key = |row: &UpdateRow| (row.instance_id.clone(), row.name.clone(), row.description.clone());
    let due: BTreeMap<_, Timestamp> = before.iter().map(|row| (key(row), row.due_at.expect("pending"))).collect();
    let mut moved = BTreeMap::new();
    for row in &after {
        let earlier = due[&key(row)].duration_since(row.due_at.expect("pending")).as_hours() / 24;
        match (row.customer_id.as_str(), row.severity.as_str()) {
            ("c-2001", "Critical" | "Low") => assert!([0, 27].contains(&earlier), "severities of apt are unrated"),
            // 14 days become 1, and 30 become 2, or 3 on systems with apt.
            ("c-2001", severity) => assert!([13, 28, 27].contains(&earlier), "{severity} moved {earlier} days"),
            (_, "Moderate") => assert_eq!(earlier, 1, "the default moved by a day"),
            (_, severity) => assert_eq!(earlier, 0, "{severity}"),
        }
        *moved.entry(row.customer_id.clone()).or_insert(0) += 1;
    }
    assert_eq!(moved.len(), 2, "both customers have pending updates: {moved:?}");
    let of = |customer_id: &str| customer(customer_id).scope();
    let own = service_level(&world.source().for_scope(of("c-2001"))).await.policies;
    assert_eq!(own.iter().map(|policy| policy.days).collect::<Vec<_>>(), [[7, 14, 29, 60, 30], [7, 1, 2, 60, 3]]);
    let others = service_level(&world.source().for_scope(of("c-2002"))).await.policies;
    assert_eq!(others.len(), 1, "a customer must not see another customer's policy");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_is_never_installed_counts_with_its_age() {
    let world = World::small().await;
    world.harvest().await;
    days(&world, 12).await;
    let before = service_level(&operator(&world)).await;
    let open = before.accounts.iter().find(|row| row.times.updates > 0 && row.times.updates == row.times.open);
    let open = open.expect("an account without installed updates").account_id.clone();
    world.clock.set(world.clock_now() + DAY * 400);
    let after = service_level(&operator(&world)).await;
    let of = |page: &ServiceLevelPage, id: &AccountId| {
        page.accounts.iter().find(|row| row.account_id == *id).expect("the account").times.clone()
    };
    let (then, now) = (of(&before, &open), of(&after, &open));
    assert_eq!((now.updates, now.open), (then.updates, then.open), "open updates from before the 365 days still count");
    let grown = now.median_days.expect("a median") - then.median_days.expect("a median");
    assert!((grown - 400.0).abs() < 0.11, "{grown} days");
    assert!(after.months.iter().all(|row| row.month == "earlier" && row.times.updates == row.times.open));
    assert_eq!(after.times.open, after.times.updates, "updates that were closed 400 days ago no longer count");
    assert_eq!(after.totals.open, after.times.open);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_update_that_was_pending_is_counted_once_in_each_table() {
    let page = service_level(&harvested().reports(&Principal::local())).await;
    let all = &page.times;
    assert!(all.installed > 0 && all.gone > 0 && all.open > 0, "{all:?}");
    assert_eq!(all.installed + all.gone + all.open, all.updates);
    assert_eq!(all.open, page.totals.open);
    assert_eq!(page.accounts.iter().map(|row| row.times.updates).sum::<u64>(), all.updates);
    assert_eq!(page.severities.iter().map(|row| row.times.updates).sum::<u64>(), all.updates);
    assert_eq!(page.months.iter().map(|row| row.times.updates).sum::<u64>(), all.updates);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_sees_only_its_own_figures_and_all_customers_add_up() {
    let everything = service_level(&harvested().reports(&Principal::local())).await;
    let (mut open, mut updates) = (0, 0);
    for customer_id in ["c-2001", "c-2002"] {
        let own = service_level(&harvested().reports(&customer(customer_id))).await;
        assert!(own.accounts.iter().all(|row| row.customer_id == customer_id));
        assert!(own.breaches.iter().all(|row| row.customer_id == customer_id));
        open += own.totals.open;
        updates += own.times.updates;
    }
    assert_eq!((open, updates), (everything.totals.open, everything.times.updates));
    let foreign = ServiceLevelFilter { customer: Some("c-2002".into()), ..ServiceLevelFilter::default() };
    let reports = harvested().reports(&customer("c-2001"));
    let page = reports.service_level(foreign).await.expect("a page");
    assert_eq!((page.accounts.len(), page.totals.open, page.times.updates), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_has_the_properties_of_the_openapi_schema() {
    let described: serde_json::Value = serde_json::from_str(&muster_web::api::openapi::OPENAPI).expect("JSON");
    let page = get_json("/api/v1/service-level").await;
    let names = |value: &serde_json::Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    for (schema, value) in [
        ("ServiceLevelPage", &page),
        ("AccountServiceRow", &page["accounts"][0]),
        ("DueCounts", &page["totals"]),
        ("PatchTimes", &page["times"]),
    ] {
        assert_eq!(names(value), names(&described["components"]["schemas"][schema]["properties"]), "{schema}");
    }
}
