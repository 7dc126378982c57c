//! The changes between two days are the difference between the two past days as shown, and each figure equals its rows.

use crate::support::world::{World, get};
use axum::http::StatusCode;
use jiff::{civil::Date, tz::TimeZone};
use muster_core::clock::Clock;
use std::collections::{BTreeMap, BTreeSet};

const PENDING: [&str; 2] = ["Missing", "Failed"];

async fn json(world: &World, path: &str) -> serde_json::Value {
    let (status, body) = get(world.router(), path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    serde_json::from_str(&body).expect("JSON")
}

fn text(row: &serde_json::Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

/// The updates of current instances by instance and title, and the ids of current instances, at the end of a day.
async fn shown(world: &World, day: Date) -> (BTreeMap<[String; 3], String>, BTreeSet<String>) {
    let mut updates = BTreeMap::new();
    let mut cursor = Some(String::new());
    while let Some(from) = cursor {
        let page = json(world, &format!("/api/v1/updates?per_page=500&cursor={from}&as_of={day}")).await;
        for row in page["rows"].as_array().expect("rows") {
            let key = ["instance_id", "description", "name"].map(|name| text(row, name));
            updates.insert(key, text(row, "install_status"));
        }
        cursor = page["next"].as_str().map(str::to_owned);
    }
    let page = json(world, &format!("/api/v1/instances?per_page=500&as_of={day}")).await;
    let instances = page["rows"].as_array().expect("rows").iter().map(|row| text(row, "instance_id")).collect();
    (updates, instances)
}

fn kind(before: Option<&str>, after: Option<&str>) -> Option<&'static str> {
    let pending = |state: Option<&str>| state.is_some_and(|state| PENDING.contains(&state));
    let installed = |state: Option<&str>| state.is_some_and(|state| state.starts_with("Installed"));
    match (before, after) {
        _ if installed(before) && pending(after) => Some("regressed"),
        (before, Some("Failed")) if before != Some("Failed") => Some("failed"),
        (before, Some("Missing")) if !pending(before) => Some("new"),
        _ if pending(before) && installed(after) => Some("fixed"),
        _ if pending(before) && !pending(after) => Some("withdrawn"),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_the_difference_between_two_days() {
    let world = World::small().await;
    let mut days = Vec::new();
    loop {
        world.harvest().await;
        days.push(world.clock.now().to_zoned_datetime(TimeZone::UTC).date());
        if world.is_at_last_day() {
            break;
        }
        world.next_day();
    }
    let mut kinds = BTreeSet::new();
    for (since, until) in [(0, 30), (5, 6), (10, 17), (3, 24)].map(|(since, until)| (days[since], days[until])) {
        let ((before, present_before), (after, present_after)) =
            (shown(&world, since).await, shown(&world, until).await);
        let mut expected = BTreeSet::new();
        for key in before.keys().chain(after.keys()).filter(|key| present_after.contains(&key[0])) {
            if let Some(kind) = kind(before.get(key).map(String::as_str), after.get(key).map(String::as_str)) {
                expected.insert([vec![kind.to_owned()], key.to_vec()].concat());
            }
        }
        let instance_change = |kind: &str, id: &String| vec![kind.to_owned(), id.clone(), String::new(), String::new()];
        expected.extend(present_after.difference(&present_before).map(|id| instance_change("machine_added", id)));
        expected.extend(present_before.difference(&present_after).map(|id| instance_change("machine_gone", id)));

        let page = json(&world, &format!("/api/v1/changes?per_page=500&since={since}&as_of={until}")).await;
        let rows = page["rows"].as_array().expect("rows");
        let found: BTreeSet<Vec<String>> = rows
            .iter()
            .map(|row| ["kind", "instance_id", "description", "name"].map(|name| text(row, name)).to_vec())
            .collect();
        assert_eq!(found, expected, "{since} to {until}");
        assert_eq!(page["total"].as_u64(), Some(rows.len() as u64));
        kinds.extend(found.into_iter().map(|row| row[0].clone()));
        assert_figures_equal_their_rows(&world, since, until).await;
    }
    for kind in ["new", "failed", "fixed", "withdrawn", "machine_added"] {
        assert!(kinds.contains(kind), "{kinds:?}");
    }
}

/// Asserts that each figure of the page equals the total of its linked list.
async fn assert_figures_equal_their_rows(world: &World, since: Date, until: Date) {
    let (_, page) = get(world.router(), &format!("/changes?since={since}&as_of={until}")).await;
    let mut figures = 0;
    for figure in page.split("<a ").skip(1).filter(|link| link.contains("href=\"/changes?") && link.contains("kind=")) {
        let href = figure.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
        let count = figure.split('>').nth(1).and_then(|rest| rest.split('<').next()).expect("a figure");
        let list = json(world, &href.replace("&amp;", "&").replace("/changes?", "/api/v1/changes?")).await;
        assert_eq!(list["total"].to_string(), count.replace(|c: char| !c.is_ascii_digit(), ""), "{href}");
        figures += 1;
    }
    assert!(figures >= 14, "{figures} figures on the page");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_invalid_days_kinds_and_keys() {
    let world = World::small().await;
    world.harvest().await;
    for wrong in ["since=lately", "kind=fix", "sinec=2025-11-01"] {
        for path in ["/changes", "/api/v1/changes", "/export/changes.csv"] {
            let (status, _) = get(world.router(), &format!("{path}?{wrong}")).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path}?{wrong}");
        }
    }
    let (status, file) = get(world.router(), "/export/changes.csv?kind=machine_added").await;
    assert_eq!(status, StatusCode::OK);
    let instances = json(&world, "/api/v1/instances").await["total"].as_u64();
    assert_eq!(Some(file.lines().count() as u64 - 1), instances, "on the first day every instance is new");
}
