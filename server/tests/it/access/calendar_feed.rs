//! The address of a calendar: what it shows to whom, and when it ends.

use super::auditor_link::{post_link, signed_in, world_after};
use crate::support::{
    browser::Browser,
    world::{customer, state},
};
use axum::http::StatusCode;
use jiff::{SignedDuration, ToSpan};
use muster_access::{principal::Principal, token::TokenHash};
use muster_audit::Audit;
use muster_core::clock::Clock;
use muster_store::value::day_of;
use muster_web::state::ServerState;

const ADDRESS: &str = "https://vmm.example/calendar-feed/";

/// Creates an address and returns its path.
async fn create(browser: &mut Browser, customer: &str, days: &str) -> String {
    let form = [("customer", customer), ("days", days), ("kind", "calendar")];
    let answer = browser.post("/auditors/make", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let file = answer.body.split(ADDRESS).nth(1).and_then(|rest| rest.split('<').next());
    format!("/calendar-feed/{}", file.unwrap_or_else(|| panic!("no address: {}", answer.body)))
}

fn token_of(path: &str) -> &str {
    path.trim_start_matches("/calendar-feed/").trim_end_matches(".ics")
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_what_the_customer_would_export_and_nothing_else() {
    let (world, own, other) = world_after(3).await;
    let state = state(&world.source());
    let mut operator = signed_in(&state, Principal::local().identity);
    let from = day_of(world.clock.now()) - 7.days();
    let export = format!("/export/calendar.ics?from={from}&to={}", from + 34.days());
    let mut events = 0;
    for customer_id in [&own, &other] {
        let path = create(&mut operator, customer_id, "366").await;
        // A program without cookies.
        let mut program = Browser::new(&state);
        let shown = program.get(&path).await;
        assert_eq!(
            (shown.status, &shown.headers["content-type"]),
            (StatusCode::OK, &"text/calendar; charset=utf-8".parse().expect("a type"))
        );
        assert_eq!(shown.headers["cache-control"], "no-store");
        assert!(program.cookies.is_empty() && !program.is_signed_in().await);
        let exported = signed_in(&state, customer(customer_id).identity).get(&export).await.body;
        assert_eq!(shown.body, exported, "{customer_id}");
        events += shown.body.matches("BEGIN:VEVENT").count();
        let token = token_of(&path);
        for wrong in [
            &token[1..],
            &token.to_ascii_lowercase(),
            &TokenHash::of(token).hex(),
            &TokenHash::of(token).name(),
            "x",
            "%00",
        ] {
            assert_eq!(
                program.get(&format!("/calendar-feed/{wrong}.ics")).await.status,
                StatusCode::NOT_FOUND,
                "{wrong}"
            );
        }
        // It opens no page, as a link for an auditor does, and such a link opens no calendar.
        let opened = program.post("/audit-link/open", &[("token", token)]).await;
        assert_eq!(opened.location(), "/audit-link?said=ended");
        let day = day_of(world.clock.now());
        let page = post_link(&mut operator, customer_id, day, "7").await.body;
        let link = page.split("/audit-link#").nth(1).and_then(|rest| rest.split('<').next()).expect("a link");
        assert_eq!(program.get(&format!("/calendar-feed/{link}.ics")).await.status, StatusCode::NOT_FOUND);
    }
    assert!(events > 0, "nothing is planned");
}

#[tokio::test(flavor = "multi_thread")]
async fn ends_when_it_expires_or_is_revoked() {
    let (world, own, _) = world_after(1).await;
    let state = state(&world.source());
    let mut operator = signed_in(&state, Principal::local().identity);
    for days in ["0", "367", "-1", ""] {
        let form = [("customer", own.as_str()), ("days", days), ("kind", "calendar")];
        assert_eq!(operator.post("/auditors/make", &form).await.status, StatusCode::BAD_REQUEST, "{days}");
    }
    let (short, long) = (create(&mut operator, &own, "1").await, create(&mut operator, &own, "30").await);
    let id = TokenHash::of(token_of(&long)).name();
    let page = operator.get("/auditors").await.body;
    assert!(page.contains(&id) && page.contains(">Calendar<") && !page.contains(token_of(&long)), "{page}");
    world.clock.set(world.clock.now() + SignedDuration::from_hours(24));
    let mut program = Browser::new(&state);
    assert_eq!(program.get(&short).await.status, StatusCode::NOT_FOUND);
    assert_eq!(program.get(&long).await.status, StatusCode::OK);
    let mut operator = signed_in(&state, Principal::local().identity);
    assert_eq!(operator.post("/auditors/revoke", &[("link", id.as_str())]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(program.get(&long).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn is_created_for_own_customers_only_and_each_reading_is_audited() {
    let (world, own, _) = world_after(1).await;
    let folder = tempfile::tempdir().expect("a folder");
    let audit = Audit::open(folder.path(), world.clock.clone()).expect("an audit");
    let state = ServerState { audit, ..state(&world.source()) };
    let form = [("customer", own.as_str()), ("days", "7"), ("kind", "calendar")];
    let mut users = signed_in(&state, customer(&own).identity);
    assert_eq!(users.post("/auditors/make", &form).await.status, StatusCode::NOT_FOUND);
    assert_eq!(Browser::new(&state).post("/auditors/make", &form).await.status, StatusCode::UNAUTHORIZED);
    let mut operator = signed_in(&state, Principal::local().identity);
    let path = create(&mut operator, &own, "7").await;
    assert_eq!(Browser::new(&state).get(&path).await.status, StatusCode::OK);
    let files = std::fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path());
    let text: String = files.map(|file| std::fs::read_to_string(file).expect("text")).collect();
    let last: serde_json::Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    assert_eq!((&last["action"], &last["object"]), (&"export".into(), &"calendar.ics".into()), "{last}");
    assert!(last.to_string().contains("calendar_link"), "{last}");
    assert!(!text.contains(token_of(&path)));
}
