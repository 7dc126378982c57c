//! Retention of history drops history that is older than configured. The present, the kept days and the invariants of
//! the store do not change, and dropping day by day leaves the same rows as dropping all at once.

use crate::{
    store::integrity::{assert_consistent, figure},
    support::{
        table::rows,
        world::{World, get},
    },
};
use axum::http::StatusCode;
use jiff::{SignedDuration, Span, ToSpan, civil::Date};
use muster_core::clock::Clock;
use muster_harvest::{
    progress::NoProgress,
    round::{Harvester, RoundOptions},
};
use muster_metrics::Limits;
use muster_simulator::EstateSpec;
use muster_store::{connection::Store, retention::history::drop_old, temporal::TEMPORAL_TABLES, value::day_of};
use muster_verify::{Extent, verify};
use serde_json::Value;

/// Days of the estate.
const DAYS: i64 = 84;
const HARVEST_INTERVAL_DAYS: usize = 7;
const RETENTION_DAYS: i64 = 35;

const REFERENCE_DATA_INTERVAL: SignedDuration = SignedDuration::from_hours(12 * 24);

/// Lists, files and pages that show one day.
const LISTS: [&str; 7] = [
    "/api/v1/accounts",
    "/api/v1/instances?run=finished",
    "/api/v1/updates?per_page=500&sort=first_seen_at",
    "/export/instances.csv",
    "/export/updates.csv",
    "/harvest",
    "/instances?status=pending",
];
/// Pages that show several days.
const PAGES: [&str; 4] = ["/", "/?customer=c-2002", "/accounts/703918462255", "/accounts/org-41-77120"];

fn retention() -> SignedDuration {
    SignedDuration::from_hours(24 * RETENTION_DAYS)
}

/// Harvests the estate twice: into a store that keeps all history, and into one that drops old history each day.
async fn two_stores() -> (World, Store) {
    let mut spec = EstateSpec::named("small").expect("the small estate");
    spec.first_day = spec.last_day - DAYS.days();
    spec.mix.returns = 1;
    let mut world = World::new(&spec).await;
    // One account at a time, so that both stores have the same keys.
    world.harvester.concurrency = 1;
    world.harvester.reference_data_interval = REFERENCE_DATA_INTERVAL;
    let store = Store::in_memory().expect("a store");
    let dropping = Harvester { store: store.clone(), history_retention: Some(retention()), ..world.harvester.clone() };
    for number in 0.. {
        if number % HARVEST_INTERVAL_DAYS == 0 || world.is_at_last_day() {
            world.harvest().await;
            dropping.round(&RoundOptions::default(), &NoProgress).await.expect("a working store");
        }
        if number % 20 == 0 {
            assert_consistent(&store, "a drop").await;
        }
        if world.is_at_last_day() {
            return (world, store);
        }
        world.next_day();
    }
    unreachable!("an estate has a last day")
}

async fn drop_history(world: &World) -> Option<Date> {
    drop_old(&world.harvester.store, Limits::default(), retention(), world.clock.now()).await.expect("dropped")
}

async fn get_ok(world: &World, path: &str) -> String {
    let (status, body) = shown(world, path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

/// The response without its variable parts. Instances that did not exist on a day give 404.
async fn shown(world: &World, path: &str) -> (StatusCode, String) {
    let (status, body) = get(world.router(), path).await;
    (status, without_what_differs(body))
}

/// Removes a page's nonce, its chart of days, and its picker of past days, which shows the first kept day.
fn without_what_differs(mut body: String) -> String {
    for (start, end) in [
        ("<details class=\"as-of-picker\"", "</details>"),
        ("<aside aria-label=\"Past day\"", "</aside>"),
        ("Patch status over time</h2>", "</section>"),
    ] {
        while let Some(from) = body.find(start) {
            let to = from + body[from..].find(end).expect("an end") + end.len();
            body.replace_range(from..to, "");
        }
    }
    match body.split(" nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned) {
        Some(nonce) => body.replace(&nonce, ""),
        None => body,
    }
}

fn first_difference(before: &str, after: &str) -> String {
    let at = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
    let part = |text: &str| {
        String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(99)..(at + 99).min(text.len())]).into_owned()
    };
    format!("before\n{}\nand after\n{}", part(before), part(after))
}

fn on(path: &str, day: Date) -> String {
    format!("{path}{}as_of={day}", if path.contains('?') { '&' } else { '?' })
}

/// Paths that must not change: the present, and kept days that do not show anything before the horizon.
fn unchanged_paths(ids: &[String], horizon: Date, today: Date) -> Vec<String> {
    let mut lists: Vec<String> = LISTS.iter().map(ToString::to_string).collect();
    lists.extend(ids.iter().step_by(6).flat_map(|id| {
        [format!("/api/v1/instances/{id}/updates?sort=name"), format!("/api/v1/instances/{id}/software")]
    }));
    lists.extend(PAGES.map(str::to_owned));
    let mut paths = lists.clone();
    for days in [0, 17] {
        let day = horizon + Span::new().days(days);
        paths.extend(lists.iter().map(|path| on(path, day)));
        for path in ["/api/v1/changes", "/export/changes.csv", "/changes"] {
            paths.push(format!("{path}?since={day}"));
            paths.push(format!("{path}?since={horizon}&as_of={day}"));
        }
    }
    paths.extend([
        "/trends".to_owned() + &format!("?from={horizon}&to={today}"),
        "/updates/list?due=overdue".to_owned(),
    ]);
    paths
}

async fn json(world: &World, path: &str) -> Value {
    serde_json::from_str(&get_ok(world, path).await).expect("JSON")
}

/// Rows after the horizon of everything that shows several days: histories, trends and service levels.
async fn history_since(world: &World, ids: &[String], horizon: Date) -> Vec<Value> {
    let mut found = Vec::new();
    for id in ids.iter().step_by(2) {
        let page = json(world, &format!("/api/v1/instances/{id}/history?per_page=500")).await;
        let since = |row: &&Value| row["seen_at"].as_str().expect("a time") >= horizon.to_string().as_str();
        found.extend(page["rows"].as_array().expect("rows").iter().filter(since).cloned());
    }
    for account in ["", "?account=703918462255", "?account=org-41-77120"] {
        let path = format!("/api/v1/trend{account}{}from={horizon}", if account.is_empty() { '?' } else { '&' });
        found.push(json(world, &path).await["rows"].clone());
    }
    let level = json(world, "/api/v1/service-level").await;
    found.extend(["totals", "breaches", "policies"].map(|part| level[part].clone()));
    found
}

async fn instance_ids(world: &World) -> Vec<String> {
    let page = json(world, "/api/v1/instances?per_page=500&sort=name").await;
    let rows = page["rows"].as_array().expect("rows");
    rows.iter().map(|row| row["instance_id"].as_str().expect("an id").to_owned()).collect()
}

/// The rows of all tables except the harvest log, which has its own retention.
async fn all_rows(world: &World) -> Vec<(String, Vec<[String; 1]>)> {
    let tables = rows::<1>(
        world,
        "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND table_name NOT LIKE 'harvest%'",
    );
    let mut all = Vec::new();
    for [table] in tables.await {
        let sql: &'static str = format!("SELECT t::VARCHAR FROM {table} t").leak();
        all.push((table, rows::<1>(world, sql).await));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn only_history_older_than_its_retention_is_dropped() {
    let (mut world, dropped_daily) = two_stores().await;
    let (today, ids) = (day_of(world.clock.now()), instance_ids(&world).await);
    let horizon = today - Span::new().days(RETENTION_DAYS);
    let first = today - Span::new().days(DAYS);

    // By default no history is dropped.
    assert_eq!(world.harvester.store.kept_since(), None);
    assert!(get_ok(&world, &on("/api/v1/instances", first)).await.contains("instance_id"));
    let (_, page) = get(world.router(), "/").await;
    assert!(!page.contains(" min=\""));
    let paths = unchanged_paths(&ids, horizon, today);
    let mut before = Vec::new();
    for path in &paths {
        before.push(shown(&world, path).await);
    }
    let (history_before, stored) = (history_since(&world, &ids, horizon).await, all_rows(&world).await);

    assert_eq!(drop_history(&world).await, Some(horizon));
    for (path, before) in paths.iter().zip(before) {
        let after = shown(&world, path).await;
        assert!(after == before, "{path}: {}", first_difference(&before.1, &after.1));
    }
    assert_eq!(history_since(&world, &ids, horizon).await, history_before);
    let left = all_rows(&world).await;
    let count = |all: &[(String, Vec<[String; 1]>)], name: &str| {
        all.iter().find(|(table, _)| table == name).map_or(0, |(_, rows)| rows.len())
    };
    let shrunk =
        ["transition", "scan", "account_day", "past_instance_update", "past_instance_ping", "invocation", "run"];
    for table in shrunk {
        assert!(count(&left, table) < count(&stored, table), "{table}");
        assert!(count(&left, table) > 0, "{table}");
    }
    for table in TEMPORAL_TABLES
        .iter()
        .filter(|table| !["run", "invocation", "invocation_output", "window_execution"].contains(table))
    {
        assert_eq!(count(&left, table), count(&stored, table), "{table}");
    }
    assert_sound(&world).await;
    assert_refused_before(&world, horizon).await;

    // A second drop on the same day does nothing.
    assert_eq!(drop_history(&world).await, None);
    assert!(all_rows(&world).await == left);

    world.harvester.store = dropped_daily;
    assert_consistent(&world.harvester.store, "many drops").await;
    for ((table, daily), (_, at_once)) in all_rows(&world).await.iter().zip(&left) {
        assert!(daily == at_once, "{table} differs if history is dropped daily");
    }
    // A longer retention does not restore dropped history.
    world.harvester.history_retention = Some(retention() * 2);
    world.harvest().await;
    assert_eq!(world.harvester.store.kept_since(), Some(horizon));
}

async fn assert_sound(world: &World) {
    assert_consistent(&world.harvester.store, "a drop").await;
    let verification = verify(&world.source(), Extent::WHOLE).await.expect("a verification");
    assert_eq!(verification.first, [], "{} mismatches", verification.mismatches);
}

async fn assert_refused_before(world: &World, horizon: Date) {
    let early = horizon.yesterday().expect("a day");
    let whole_since = format!("a day from {horizon} on");
    for path in ["/", "/instances", "/api/v1/instances", "/export/instances.csv", "/trends"] {
        let (status, body) = get(world.router(), &on(path, early)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        assert!(body.contains(&format!("as_of={early}")) && body.contains(&whole_since), "{path}: {body}");
    }
    for path in ["/changes", "/api/v1/changes", "/export/changes.csv"] {
        let (status, body) = get(world.router(), &format!("{path}?since={early}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        assert!(body.contains(&format!("since={early}")) && body.contains(&whole_since), "{path}: {body}");
        // The default week is shortened to the kept days.
        let page = get_ok(world, &on(path, horizon)).await;
        assert!(!page.is_empty());
    }
    let (_, page) = get(world.router(), &on("/instances", horizon)).await;
    assert!(
        page.contains(&format!(" min=\"{horizon}\"")) && !page.contains("Previous day"),
        "the picker must end at the first kept day"
    );
    let stored = "SELECT count(*) FROM retention WHERE kept_since IS NOT NULL AND scan_key > 0";
    assert_eq!(figure(&world.harvester.store, stored).await, 1);
}
