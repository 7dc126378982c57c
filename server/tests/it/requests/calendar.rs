//! The calendar: starts follow AWS's next executions, counts equal their linked rows, and what did not start is missed.

use crate::support::world::{World, get, get_json, harvested};
use axum::http::StatusCode;
use jiff::{Timestamp, civil::Date};
use muster_access::principal::Principal;
use muster_model::{
    calendar::{CalendarKind, CalendarRow, CalendarState, IdleReason},
    filter::{AccountFilter, CalendarFilter, InstanceFilter},
    ports::Reports,
};
use muster_simulator::EstateSpec;
use std::collections::{BTreeMap, BTreeSet};

/// The last day of the small estate is 23 November 2025, a Sunday.
const MONTH: &str = "from=2025-11-01&to=2025-11-30&per_page=500";

async fn total(query: &str) -> u64 {
    get_json(&format!("/api/v1/calendar?{query}")).await["total"].as_u64().expect("a total")
}

fn filter(query: &str) -> CalendarFilter {
    CalendarFilter::from_query(query).expect(query)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_next_execution_is_a_planned_start() {
    let reports = harvested().reports(&Principal::local());
    let rows = reports.calendar(filter(&format!("{MONTH}&state=planned"))).await.expect("the calendar").rows.rows;
    let planned: BTreeSet<(String, Timestamp)> = rows.iter().map(|row| (row.id.clone(), row.starts_at)).collect();
    let mut windows = 0;
    for account in reports.accounts(AccountFilter::default()).await.expect("accounts").rows {
        for window in reports.account(account.account_id).await.expect("an account").maintenance_windows {
            let next = window.next_execution_at.expect("a next execution");
            assert!(planned.contains(&(window.window_id.clone(), next)), "{window:?}");
            windows += 1;
        }
    }
    assert!(windows > 6, "{windows}");
    let policies = rows.iter().filter(|row| row.kind != CalendarKind::Window).count();
    assert!(policies > 0, "policies start too");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_count_equals_its_linked_rows() {
    let reports = harvested().reports(&Principal::local());
    for zone in ["UTC", "Pacific/Auckland", "America/St_Johns"] {
        let page = reports.calendar(filter(&format!("{MONTH}&zone={zone}"))).await.expect("the calendar");
        assert_eq!(page.days.len(), 30, "{zone}");
        let sum: u64 = page.days.iter().map(|day| day.entries).sum();
        assert_eq!(sum, page.rows.total, "{zone}");
        for day in &page.days {
            let of_groups: u64 = day.groups.iter().map(|group| group.entries).sum();
            assert_eq!(of_groups + day.more_entries, day.entries, "{day:?}");
            assert_eq!(total(&format!("from={0}&to={0}&zone={zone}", day.day)).await, day.entries, "{zone} {day:?}");
            for group in &day.groups {
                assert!(group.local_start.starts_with(&day.day.to_string()), "{group:?}");
            }
        }
    }
    let mut sum = 0;
    for state in CalendarState::ALL {
        sum += total(&format!("{MONTH}&state={}", state.code())).await;
    }
    assert_eq!(sum, total(MONTH).await, "each entry has one state");
}

#[tokio::test(flavor = "multi_thread")]
async fn executions_tell_how_earlier_starts_ended() {
    let reports = harvested().reports(&Principal::local());
    let rows =
        reports.calendar(filter("from=2025-11-01&to=2025-11-22&kind=window&per_page=500")).await.expect("the calendar");
    let ended: Vec<&CalendarRow> = rows
        .rows
        .rows
        .iter()
        .filter(|row| [CalendarState::Succeeded, CalendarState::Failed].contains(&row.state))
        .collect();
    assert!(ended.len() > 10, "{}", ended.len());
    for row in ended {
        let started = row.started_at.expect("a start");
        assert!((started.as_second() - row.starts_at.as_second()).abs() < 300, "{row:?}");
        assert!(row.ended_at > row.started_at && row.usual_minutes.is_some() && row.executions > 0, "{row:?}");
        assert!(row.results > 0 && row.succeeded_results <= row.results, "{row:?}");
        assert_eq!(row.succeeded_results == row.results, row.state == CalendarState::Succeeded, "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_start_counts_the_instances_that_its_window_or_policy_targets() {
    let reports = harvested().reports(&Principal::local());
    let rows = reports.calendar(filter(MONTH)).await.expect("the calendar").rows.rows;
    let starts: BTreeMap<&str, &CalendarRow> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    let windows = starts.values().filter(|row| row.kind == CalendarKind::Window).count();
    assert!((1..starts.len()).contains(&windows), "windows and policies");
    for row in starts.values() {
        let of = format!("targeted_by={}&account={}&region={}&per_page=500", row.id, row.account_id, row.region);
        for (query, expected) in [("", row.instances), ("&pending=true", row.pending_instances)] {
            let filter = InstanceFilter::from_query(&format!("{of}{query}")).expect("a filter");
            let page = reports.instances(filter).await.expect("instances");
            assert_eq!(page.total, expected, "{query} {row:?}");
            assert!(page.rows.iter().all(|instance| instance.account_id == row.account_id));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_patched_next_when_its_calendar_says_so() {
    let reports = harvested().reports(&Principal::local());
    let mut found = BTreeSet::new();
    for row in reports.instances(InstanceFilter::default()).await.expect("instances").rows {
        let next = reports.instance(row.instance_id.clone()).await.expect("an instance").next_start;
        let query = format!("from=2025-11-23&to=2025-12-25&state=planned&instance={}&per_page=500", row.instance_id);
        let starts = reports.calendar(filter(&query)).await.expect("the calendar").rows.rows;
        let first = starts.iter().find(|start| start.kind != CalendarKind::PolicyScan);
        assert_eq!(next.as_ref().map(|next| next.starts_at), first.map(|first| first.starts_at), "{}", row.name);
        found.insert(next.is_some());
    }
    assert_eq!(found.len(), 2, "some instances have no window");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_did_not_open_is_missed() {
    let mut spec = EstateSpec::named("small").expect("the small estate");
    let missed: Date = "2025-11-22".parse().expect("a day");
    for account in spec.customers.iter_mut().flat_map(|customer| &mut customer.accounts) {
        account.missed_days = vec![missed];
        account.disabled_window = true;
    }
    let world = World::new(&spec).await;
    while !world.is_at_last_day() {
        world.next_day();
        if world.clock_now() > "2025-11-15T00:00:00Z".parse().expect("a time") {
            world.harvest().await;
        }
    }
    let reports = world.source().for_scope(Principal::local().scope());
    let page =
        reports.calendar(filter("from=2025-11-16&to=2025-11-23&kind=window&per_page=500")).await.expect("the calendar");
    let of = |state: CalendarState| page.rows.rows.iter().filter(move |row| row.state == state);
    // Frozen instances are left out of their windows on other days too, where nothing is executed.
    let opened = |row: &&CalendarRow| row.executions > 0;
    assert!(of(CalendarState::Missed).any(|row| row.executions > 0), "{:?}", page.rows.rows);
    for row in of(CalendarState::Missed).filter(opened) {
        assert!(row.local_start.starts_with("2025-11-22") && row.instances > 0, "{row:?}");
    }
    assert!(of(CalendarState::Succeeded).count() + of(CalendarState::Failed).count() > 0);
    let disabled = page.idle.iter().filter(|window| window.reason == IdleReason::Disabled).count();
    assert!(disabled > 0 && page.idle_total >= disabled as u64, "{:?}", page.idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_file_has_an_event_for_each_start() {
    let query = "from=2025-11-01&to=2025-11-30";
    let expected = total(query).await;
    let (status, file) = get(harvested().router(), &format!("/export/calendar.ics?{query}&page=2")).await;
    assert_eq!(status, StatusCode::OK, "{file}");
    let lines: Vec<String> = file.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect();
    assert_eq!(lines.iter().filter(|line| *line == "BEGIN:VEVENT").count() as u64, expected);
    let ids: BTreeSet<&String> = lines.iter().filter(|line| line.starts_with("UID:")).collect();
    assert_eq!(ids.len() as u64, expected, "each start has an id of its own");
    assert!(lines.iter().all(|line| line.is_empty() || line.contains(':')), "{file}");
    assert!(expected > 0 && file.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')));
}
