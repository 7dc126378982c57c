//! Links for auditors: what they show, who may create them, and when they end.

use crate::support::{
    browser::{Answer, Browser},
    world::{World, cookie_of, customer, state},
};
use axum::http::StatusCode;
use jiff::{SignedDuration, ToSpan, civil::Date};
use muster_access::{
    assignments::Assignments,
    principal::{Identity, Principal, Role},
    token::TokenHash,
};
use muster_audit::Audit;
use muster_core::clock::Clock;
use muster_model::{TrendFilter, ports::Reports};
use muster_store::value::day_of;
use muster_web::{sign_in::SignIn, state::ServerState};
use std::collections::BTreeSet;

const LINK: &str = "https://vmm.example/audit-link#";

/// Every list and file. Callers with the same scope get the same bytes.
const LISTS: [&str; 16] = [
    "/api/v1/accounts",
    "/api/v1/instances?per_page=500",
    "/api/v1/updates?per_page=500",
    "/api/v1/changes",
    "/api/v1/exceptions",
    "/export/exceptions.csv",
    "/api/v1/service-level",
    "/api/v1/trend",
    "/export/accounts.csv",
    "/export/instances.csv",
    "/export/updates.csv",
    "/export/changes.csv",
    "/export/service_level.csv",
    "/export/trend.csv",
    "/export/history.csv",
    "/export/runs.csv",
];

const PAGES: [&str; 8] =
    ["/", "/exceptions", "/instances", "/updates", "/updates/list", "/changes", "/trends", "/service-level"];

pub fn signed_in(state: &ServerState, identity: Identity) -> Browser {
    let mut browser = Browser::new(state);
    let cookie = cookie_of(state, identity);
    let (name, value) = cookie.to_str().expect("text").split_once('=').expect("a cookie");
    browser.cookies.insert(name.to_owned(), value.to_owned());
    browser
}

fn manager() -> Identity {
    let role = Role::AccountManager { only: None };
    Identity { issuer: "test".into(), subject: "am".into(), name: "Noor Haddad".into(), role }
}

pub async fn post_link(browser: &mut Browser, customer: &str, day: Date, days: &str) -> Answer {
    let day = day.to_string();
    browser.post("/auditors/make", &[("customer", customer), ("day", day.as_str()), ("days", days)]).await
}

/// Creates a link and returns its token.
async fn create_link(browser: &mut Browser, customer: &str, day: Date, days: &str) -> String {
    let answer = post_link(browser, customer, day, days).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let token = answer.body.split(LINK).nth(1).and_then(|rest| rest.split('<').next());
    token.unwrap_or_else(|| panic!("no link: {}", answer.body)).to_owned()
}

async fn open_link(state: &ServerState, token: &str) -> Browser {
    let mut browser = Browser::new(state);
    let answer = browser.post("/audit-link/open", &[("token", token)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
    browser
}

async fn assert_link_refused(state: &ServerState, token: &str) {
    let mut browser = Browser::new(state);
    let answer = browser.post("/audit-link/open", &[("token", token)]).await;
    assert_eq!(answer.location(), "/audit-link?said=ended");
    assert!(browser.cookies.is_empty());
    assert!(browser.get("/audit-link?said=ended").await.body.contains("expired, revoked or incomplete"));
}

/// The small estate after `days` harvested days, and two of its customers.
pub async fn world_after(days: usize) -> (World, String, String) {
    let world = World::small().await;
    world.harvest().await;
    for _ in 1..days {
        world.next_day();
        world.harvest().await;
    }
    let ids: BTreeSet<String> = world.harvester.accounts.iter().map(|account| account.customer_id.clone()).collect();
    let mut ids = ids.into_iter();
    let (own, other) = (ids.next().expect("a customer"), ids.next().expect("another"));
    (world, own, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_sees_one_customer_as_of_one_day() {
    let (world, own, other) = world_after(6).await;
    let state = state(&world.source());
    let today = day_of(world.clock.now());
    let day = today - 3.days();
    let mut operator = signed_in(&state, Principal::local().identity);
    let mut auditor = open_link(&state, &create_link(&mut operator, &own, day, "7").await).await;
    // The customer's own users as of that day.
    let mut users = signed_in(&state, customer(&own).identity);
    let foreign: Vec<String> = world
        .harvester
        .accounts
        .iter()
        .filter(|account| account.customer_id != own)
        .map(|account| account.account_id.to_string())
        .collect();
    assert!(!foreign.is_empty());
    let instances = auditor.get("/api/v1/instances?per_page=1").await.body;
    let instances: serde_json::Value = serde_json::from_str(&instances).expect("JSON");
    let id = instances["rows"][0]["instance_id"].as_str().expect("an id").to_owned();
    let details =
        ["", "/history", "/runs", "/software", "/updates"].map(|part| format!("/api/v1/instances/{id}{part}"));
    let with = |path: &str, day: Date| format!("{path}{}as_of={day}", if path.contains('?') { '&' } else { '?' });
    for path in LISTS.iter().map(ToString::to_string).chain(details) {
        let needs_instance = ["/export/history.csv", "/export/runs.csv"].contains(&path.as_str());
        let path = if needs_instance { format!("{path}?instance={id}") } else { path };
        let (seen, theirs) = (auditor.get(&path).await, users.get(&with(&path, day)).await);
        assert_eq!((seen.status, &seen.body), (theirs.status, &theirs.body), "{path}");
        assert_eq!(seen.status, StatusCode::OK, "{path}: {}", seen.body);
        assert!(!foreign.iter().any(|id| seen.body.contains(id)), "{path} shows another customer's account");
        assert_eq!(auditor.get(&with(&path, day)).await.body, seen.body, "{path}");
        for other_day in [today, day - 1.day(), day + 1.day()] {
            let answer = auditor.get(&with(&path, other_day)).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} as of {other_day}: {}", answer.body);
        }
    }
    let own_account = world.harvester.accounts.iter().find(|account| account.customer_id == own).expect("an account");
    let pages = [format!("/accounts/{}", own_account.account_id), format!("/instances/{id}")];
    for path in PAGES.iter().map(ToString::to_string).chain(pages) {
        let page = auditor.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(
            page.body.contains("Showing data as of the end of") && page.body.contains(&format!("\"{day}\"")),
            "{path}"
        );
        assert!(!foreign.iter().any(|id| page.body.contains(id)), "{path} shows another customer's account");
        assert!(!page.body.contains(">Auditors</a>") && !page.body.contains(">Harvest</a>"), "{path}");
        assert_eq!(auditor.get(&with(&path, today)).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    for path in ["/harvest", "/auditors", "/api/v1/harvest", "/rpc/auditor_links", &format!("/accounts/{}", foreign[0])]
    {
        assert_eq!(auditor.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(post_link(&mut auditor, &own, day, "7").await.status, StatusCode::NOT_FOUND);
    assert!(auditor.get(&format!("/api/v1/instances?customer={other}")).await.body.contains("\"total\":0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_by_form_post_only_and_its_token_is_in_no_url() {
    let (world, own, _) = world_after(2).await;
    let state = state(&world.source());
    let mut operator = signed_in(&state, Principal::local().identity);
    let answer = post_link(&mut operator, &own, day_of(world.clock.now()), "1").await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let token = answer.body.split(LINK).nth(1).and_then(|rest| rest.split('<').next()).expect("a link").to_owned();
    assert!(!operator.get("/auditors").await.body.contains(&token), "the token is shown once");

    // Following a link requests only this page, and so does a program that scans mails.
    let mut browser = Browser::new(&state);
    for _ in 0..2 {
        let page = browser.get("/audit-link").await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(page.headers["referrer-policy"], "same-origin");
        assert!(page.body.contains("action=\"/audit-link/open\"") && page.body.contains("/audit-link/fill.js"));
        assert!(browser.cookies.is_empty());
    }
    let script = browser.get("/audit-link/fill.js").await;
    assert!(script.body.contains("location.hash") && script.body.contains("replaceState"));
    assert_eq!(browser.get(&format!("/audit-link/open?token={token}")).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(browser.cookies.is_empty() && !browser.is_signed_in().await);
    // Opening a link starts a new session and ends the browser's earlier one.
    let session = operator.cookies.clone();
    operator.post("/audit-link/open", &[("token", token.as_str())]).await;
    assert_ne!(operator.cookies, session);
    let mut before = Browser::new(&state);
    before.cookies = session;
    assert!(!before.is_signed_in().await);
    for wrong in ["", "x", &token[1..], &token.to_ascii_lowercase(), &TokenHash::of(&token).hex()] {
        assert_link_refused(&state, wrong).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_and_revoked_links_are_refused_and_end_their_sessions() {
    let (world, own, _) = world_after(2).await;
    let source = world.source();
    let state = state(&source);
    let (start, today) = (world.clock.now(), day_of(world.clock.now()));
    let mut operator = signed_in(&state, Principal::local().identity);
    let short = create_link(&mut operator, &own, today, "1").await;
    let long = create_link(&mut operator, &own, today, "90").await;
    world.clock.set(start + SignedDuration::from_mins(24 * 60 - 10));
    let mut auditor = open_link(&state, &short).await;
    assert!(auditor.is_signed_in().await);
    // A restarted portal knows the links, but no session.
    let restarted = crate::support::world::state(&source);
    assert!(open_link(&restarted, &short).await.is_signed_in().await);
    world.clock.set(start + SignedDuration::from_hours(24));
    assert!(!auditor.is_signed_in().await, "the link ended ten minutes after it was opened");
    assert_link_refused(&state, &short).await;

    let (mut one, mut two) = (open_link(&state, &long).await, open_link(&state, &long).await);
    let mut operator = signed_in(&state, Principal::local().identity);
    let id = TokenHash::of(&long).name();
    assert!(operator.get("/auditors").await.body.contains(&id));
    let revoked = operator.post("/auditors/revoke", &[("link", id.as_str())]).await;
    assert_eq!((revoked.status, revoked.location()), (StatusCode::SEE_OTHER, "/auditors"));
    assert!(!one.is_signed_in().await && !two.is_signed_in().await && operator.is_signed_in().await);
    for state in [&state, &restarted] {
        assert_link_refused(state, &long).await;
    }
    let page = operator.get("/auditors").await.body;
    assert!(page.contains("Revoked") && page.contains("Expired") && !page.contains("Revoke link"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_managed_by_permitted_roles_for_their_own_customers() {
    let (world, own, other) = world_after(2).await;
    let today = day_of(world.clock.now());
    let assigned = Assignments::of([("am".to_owned(), BTreeSet::from([own.clone()]))]);
    let url = "https://vmm.example".to_owned().try_into().expect("an origin");
    let sign_in = SignIn::new(url, assigned, world.clock.clone());
    let state =
        ServerState::new(world.source(), "no-site".into(), "/learn-more", sign_in, crate::support::world::audit());
    let mut operator = signed_in(&state, Principal::local().identity);
    let mut manager = signed_in(&state, manager());
    let foreign = TokenHash::of(&create_link(&mut operator, &other, today, "7").await).name();
    let mine = create_link(&mut manager, &own, today, "7").await;
    let page = manager.get("/auditors").await.body;
    assert!(page.contains(&TokenHash::of(&mine).name()) && page.contains("Noor Haddad"), "{page}");
    assert!(!page.contains(&foreign) && !page.contains(&format!("value=\"{other}\"")), "{page}");
    for link in [foreign.as_str(), "nothing", ""] {
        assert_eq!(manager.post("/auditors/revoke", &[("link", link)]).await.status, StatusCode::NOT_FOUND, "{link}");
    }
    for (customer, day, days) in [
        (other.as_str(), today, "7"),
        ("nobody", today, "7"),
        (own.as_str(), today + 1.day(), "7"),
        (own.as_str(), today, "0"),
        (own.as_str(), today, "91"),
        (own.as_str(), today, "-1"),
        (own.as_str(), today, "soon"),
    ] {
        let answer = post_link(&mut manager, customer, day, days).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{customer} {day} {days}");
        assert!(answer.body.contains("The link was not created") && !answer.body.contains(LINK));
    }
    for form in
        [&[("customer", own.as_str())][..], &[], &[("customer", own.as_str()), ("day", "yesterday"), ("days", "7")]]
    {
        assert_eq!(manager.post("/auditors/make", form).await.status, StatusCode::BAD_REQUEST, "{form:?}");
    }
    let mut users = signed_in(&state, customer(&own).identity);
    assert_eq!(post_link(&mut users, &own, today, "7").await.status, StatusCode::NOT_FOUND);
    assert_eq!(users.post("/auditors/revoke", &[("link", foreign.as_str())]).await.status, StatusCode::NOT_FOUND);
    let mut nobody = Browser::new(&state);
    assert_eq!(post_link(&mut nobody, &own, today, "7").await.status, StatusCode::UNAUTHORIZED);
    open_link(&state, &mine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_opening_and_revoking_a_link_are_audited() {
    let (world, own, _) = world_after(1).await;
    let folder = tempfile::tempdir().expect("a folder");
    let audit = Audit::open(folder.path(), world.clock.clone()).expect("an audit");
    let state = ServerState { audit, ..state(&world.source()) };
    let mut operator = signed_in(&state, Principal::local().identity);
    let token = create_link(&mut operator, &own, day_of(world.clock.now()), "7").await;
    open_link(&state, &token).await;
    assert_link_refused(&state, "made-up").await;
    let link = TokenHash::of(&token).name();
    assert_eq!(operator.post("/auditors/revoke", &[("link", &link)]).await.status, StatusCode::SEE_OTHER);
    let files = std::fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path());
    let text: String = files.map(|file| std::fs::read_to_string(file).expect("text")).collect();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let events: Vec<String> =
        lines.map(|line| format!("{} {} {}", line["action"], line["result"], line["object"])).collect();
    let expected = [
        r#""audit_opened" "ok" null"#.to_owned(),
        format!(r#""auditor_link" "ok" "{own}""#),
        r#""sign_in" "ok" null"#.to_owned(),
        r#""sign_in" "refused" "auditor-link""#.to_owned(),
        format!(r#""auditor_link" "ok" "{link}""#),
    ];
    assert_eq!(events, expected);
    assert!(!text.contains(&token));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_contains_no_link_token_and_no_session_token() {
    let (world, own, _) = world_after(1).await;
    let state = state(&world.source());
    let mut operator = signed_in(&state, Principal::local().identity);
    let token = create_link(&mut operator, &own, day_of(world.clock.now()), "7").await;
    let session = operator.cookies.values().next().expect("a session").clone();
    assert_eq!(world.count("SELECT count(*) FROM auditor_link").await, 1);
    let path = world.harvester.store.path();
    let files = [path.to_owned(), path.with_added_extension("wal")];
    let bytes: Vec<u8> = files.iter().filter_map(|file| std::fs::read(file).ok()).flatten().collect();
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has(&TokenHash::of(&token).hex()), "the link is stored");
    assert!(!has(&token) && !has(&session));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_shows_a_day_of_which_there_is_data() {
    let (world, own, _) = world_after(3).await;
    let state = state(&world.source());
    let mut operator = signed_in(&state, Principal::local().identity);
    let today = day_of(world.clock.now());
    let page = world.source().for_scope(customer(&own).scope());
    let trend = page.trend(TrendFilter::default()).await.expect("a trend");
    let first = trend.days.first().expect("a day").day;
    for day in [first - 1.day(), first - 400.days(), today + 1.day()] {
        let answer = post_link(&mut operator, &own, day, "7").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{day}");
        assert!(answer.body.contains(&format!("from {first} on")), "{}", answer.body);
    }
    for day in [first, today] {
        create_link(&mut operator, &own, day, "7").await;
    }
}
