//! `?as_of=`: every page, list and file shows a past day as it was shown at the end of that day.

use crate::support::world::{World, get, get_bytes, harvested};
use axum::http::StatusCode;
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use muster_core::clock::Clock;
use muster_simulator::EstateSpec;
use muster_store::value::end_of;
use std::collections::BTreeMap;

/// A third of a year with `MUSTER_PAST_DAYS=120`.
const DAYS: i64 = 50;

/// How many past days tests harvest.
pub fn days() -> i64 {
    std::env::var("MUSTER_PAST_DAYS").map_or(DAYS, |days| days.parse().expect("a number of days"))
}

/// Response bodies by path.
type Shown = BTreeMap<String, Vec<u8>>;

const ACCOUNT: &str = "703918462255";

/// Lists, files and pages that name no instance.
const PATHS: [&str; 42] = [
    "/",
    "/calendar",
    "/api/v1/calendar?from=2024-12-20&to=2025-01-20&per_page=500",
    "/coverage",
    "/customers",
    "/exceptions",
    "/updates/list?exception=none&due=overdue",
    "/software?q=ssl",
    "/software/list?name=openssl&older_than=3.0.14",
    "/exposure?q=openssl+%3C+3.0.14+KB5068791+CVE-2025-40778",
    "/updates",
    "/updates?due=overdue&sort=next_due_at",
    "/runs",
    "/runs/results?outcome=failed",
    "/api/v1/coverage?per_page=500",
    "/?customer=c-2002",
    "/?provider=azure&q=corporate",
    "/accounts/703918462255",
    "/accounts/org-41-77120",
    "/instances",
    "/instances?status=pending&sort=last_ping_at",
    "/updates/list?state=Missing%2CFailed&account=703918462255",
    "/updates/list?severity=critical&per_page=200",
    "/harvest",
    "/api/v1/accounts",
    "/api/v1/harvest",
    "/api/v1/instances?online=false",
    "/api/v1/instances?per_page=500&sort=missing",
    "/api/v1/updates?per_page=500&sort=first_seen_at",
    "/export/accounts.csv",
    "/export/instances.csv",
    "/export/instances.csv?agent=outdated",
    "/export/instances.csv?run=failed",
    "/export/updates.csv",
    "/export/updates.csv?account=org-41-77120&sort=install_time",
    "/no-such-page",
    "/trends",
    "/service-level",
    "/updates/list?due=soon",
    "/api/v1/service-level",
    "/export/trend.csv",
    "/changes?since=2024-12-24",
];

/// Paths of every page, list and file, with those of these instances.
fn paths(instances: &[String]) -> Vec<String> {
    let mut paths: Vec<String> = PATHS.iter().map(ToString::to_string).collect();
    for id in instances {
        paths.push(format!("/instances/{id}"));
        paths.push(format!("/instances/{id}?tab=history"));
        paths.push(format!("/instances/{id}?tab=software"));
        paths.push(format!("/instances/{id}?tab=runs"));
        paths.push(format!("/api/v1/instances/{id}"));
        paths.push(format!("/api/v1/instances/{id}/updates?sort=name"));
        paths.push(format!("/export/history.csv?instance={id}"));
        paths.push(format!("/export/runs.csv?instance={id}"));
    }
    paths
}

/// Returns the present as shown at the end of a day.
async fn shown(world: &World, day: Date, paths: &[String]) -> Shown {
    world.clock.set(end_of(day));
    let mut shown = Shown::new();
    for path in paths {
        let (_, body) = get_bytes(world.router(), path).await;
        shown.insert(path.clone(), without_the_day(body, None));
    }
    shown
}

fn on(path: &str, day: Date) -> String {
    format!("{path}{}as_of={day}", if path.contains('?') { '&' } else { '?' })
}

/// Removes from a page what must differ: the picker of past days, the day in links and forms, the nonce, and what leads to the
/// form of a new exception.
fn without_the_day(body: Vec<u8>, day: Option<Date>) -> Vec<u8> {
    let mut text = String::from_utf8(body).expect("UTF-8");
    if !text.starts_with("<!DOCTYPE html>") {
        return text.into_bytes();
    }
    for (start, end) in
        [("<details class=\"as-of-picker\"", "</details>"), ("<aside aria-label=\"Past day\"", "</aside>")]
    {
        cut(&mut text, start, end);
    }
    const NEW_EXCEPTION: &str = "<a href=\"/exceptions/new";
    while text.contains(NEW_EXCEPTION) {
        cut(&mut text, NEW_EXCEPTION, "</a>");
    }
    let nonce = text.split(" nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a nonce").to_owned();
    // Leptos writes a marker for an absent child.
    text = text.replace(&nonce, "").replace("<!>", "");
    let Some(day) = day else { return text.into_bytes() };
    let hidden = format!("<input type=\"hidden\" name=\"as_of\" value=\"{day}\">");
    let text = text.replace(&hidden, "").replace(&format!("&amp;as_of={day}"), "");
    text.replace(&format!("?as_of={day}&amp;"), "?").replace(&format!("?as_of={day}"), "").into_bytes()
}

fn cut(text: &mut String, start: &str, end: &str) {
    if let Some(from) = text.find(start) {
        let after = from + start.len();
        let to = text[after..].find(end).expect("an end") + after + end.len();
        text.replace_range(from..to, "");
    }
}

/// The first difference between two texts, with its surroundings.
fn difference(expected: &[u8], found: &[u8]) -> String {
    let at = expected.iter().zip(found).take_while(|(a, b)| a == b).count();
    let part =
        |text: &[u8]| String::from_utf8_lossy(&text[at.saturating_sub(200)..(at + 200).min(text.len())]).into_owned();
    format!("as the present\n{}\nas a past day\n{}", part(expected), part(found))
}

async fn assert_shown_again(world: &World, day: Date, shown: &Shown) {
    for (path, expected) in shown {
        let (_, body) = get_bytes(world.router(), &on(path, day)).await;
        let found = without_the_day(body, Some(day));
        assert!(*expected == found, "{path} at the end of {day}: {}", difference(expected, &found));
    }
}

async fn instance_ids(world: &World) -> Vec<String> {
    let (_, body) = get(world.router(), "/api/v1/instances?per_page=500&sort=name").await;
    let page: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let rows = page["rows"].as_array().expect("rows");
    rows.iter().map(|row| row["instance_id"].as_str().expect("an id").to_owned()).collect()
}

/// A year of an estate that changes every day and is harvested every fourth day, sometimes twice. The bodies of some
/// days, harvested or not, are recorded at their end and compared with `?as_of=` after the year.
#[tokio::test(flavor = "multi_thread")]
async fn every_past_day_is_shown_as_it_was() {
    let mut spec = EstateSpec::named("small").expect("the small estate");
    spec.first_day = spec.last_day - days().days();
    let world = World::new(&spec).await;
    let mut recorded = Vec::new();
    let mut all_ids = Vec::new();
    for number in 0.. {
        let moment = world.clock.now();
        let day = moment.to_zoned_datetime(TimeZone::UTC).date();
        if number % 4 == 0 {
            world.harvest().await;
            if number % 5 == 0 {
                world.harvest().await;
            }
        }
        if number % 28 == 0 || number % 60 == 1 {
            all_ids = instance_ids(&world).await;
            let some: Vec<_> = all_ids.iter().skip(number % 4).step_by(4).cloned().collect();
            recorded.push((day, shown(&world, day, &paths(&some)).await));
            world.clock.set(moment);
        }
        if world.is_at_last_day() {
            break;
        }
        world.next_day();
    }
    // Advances so that the last day is a past day too.
    world.clock.set(world.clock.now() + 24.hours());
    assert!(recorded.len() as i64 > days() / 28 && all_ids.len() > 10);
    let transitions = world.count("SELECT count(*) FROM transition").await;
    let past = world.count("SELECT count(*) FROM past_instance_update").await;
    assert!(past > 100 && past < transitions, "{past} past rows of {transitions} transitions");
    for (day, shown) in &recorded {
        assert_shown_again(&world, *day, shown).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_past_day_links_only_to_that_day() {
    let world = World::small().await;
    world.harvest().await;
    let day = world.clock.now().to_zoned_datetime(TimeZone::UTC).date();
    world.next_day();
    world.harvest().await;
    let ids = instance_ids(&world).await;
    for path in paths(&ids[..2]).iter().filter(|path| !path.starts_with("/api") && !path.starts_with("/export")) {
        let (_, page) = get(world.router(), &on(path, day)).await;
        let control = page
            .find("<aside aria-label=\"Past day\"")
            .map(|from| from..page[from..].find("</aside>").expect("an end") + from);
        let control = control.unwrap_or_else(|| panic!("{path} has no link to the present"));
        let page = format!("{}{}", &page[..control.start], &page[control.end..]);
        let mark = format!("as_of={day}");
        for link in page.split("<a ").skip(1).filter_map(|rest| rest.split("href=\"").nth(1)?.split('"').next()) {
            assert!(!link.starts_with('/') || link.contains(&mark), "{path}: {link}");
        }
        let forms = page.split("<form ").skip(1).filter_map(|rest| rest.split("</form>").next());
        // The form for signing out has no day.
        for form in forms.filter(|form| !form.contains("method=\"post\"")) {
            assert!(form.contains("name=\"as_of\""), "{path}: {form}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_invalid_and_future_days_and_shows_the_present_for_today() {
    let world = harvested();
    let today = world.source.clock.now().to_zoned_datetime(TimeZone::UTC).date();
    for wrong in ["yesterday", "2025-02-30", "2999-01-01"] {
        for path in ["/", "/instances", "/api/v1/instances", "/export/instances.csv", &format!("/accounts/{ACCOUNT}")] {
            let (status, body) = get(world.router(), &format!("{path}?as_of={wrong}")).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
            assert!(body.contains(wrong) && body.contains("2026-10-31"), "{path}: {body}");
        }
    }
    let (_, present) = get(world.router(), "/api/v1/instances").await;
    assert_eq!(get(world.router(), &format!("/api/v1/instances?as_of={today}")).await, (StatusCode::OK, present));
    let (status, empty) = get(world.router(), "/?as_of=2001-01-01").await;
    assert_eq!(status, StatusCode::OK);
    assert!(empty.contains("No data for that day"), "{empty}");
}
