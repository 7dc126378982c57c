//! Hostile case 26: pages of other sites change nothing, and GET changes nothing.

use crate::{
    requests::{
        routes::{About, CHANGING, EMBED_ROUTES, PUBLIC, ROUTES},
        sources::in_sources,
    },
    support::{
        enrollment_server::StandIn,
        visitor::{Answer, Visitor, no_rate_limit, state_behind_proxy},
        world::World,
    },
    tenancy::tenants::operator,
};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use muster_access::{assignments::Assignments, principal::Principal, public_url::PublicUrl};
use muster_model::{filter::PatchFilter, ports::Reports};
use muster_store::error::StoreError;
use muster_web::{
    sign_in::{SignIn, person::Person},
    state::ServerState,
};
use std::collections::BTreeSet;

fn state(world: &World, url: &str) -> ServerState {
    let public_url = PublicUrl::try_from(url.to_owned()).expect("an origin");
    let guest = Person { code: "guest", sees: String::new(), identity: operator() };
    let sign_in = SignIn::new(public_url, Assignments::default(), world.clock.clone()).with_people(vec![guest]);
    let state = state_behind_proxy(&world.source(), no_rate_limit(), sign_in);
    state.with_enrollment(Some(StandIn::start().client(world.clock.clone())))
}

/// Values of `Sec-Fetch-Site`: those of browsers, and invalid ones.
const SITES: [&str; 7] = ["", "same-origin", "none", "same-site", "cross-site", "Same-Origin", "rubbish"];
const ORIGINS: [&str; 9] = [
    "",
    "https://vmm.example",
    "null",
    "https://evil.test",
    "http://vmm.example",
    "https://vmm.example.evil.test",
    "https://vmm.example:8443",
    "https://vmm.example/",
    "HTTPS://VMM.EXAMPLE",
];
const TYPES: [&str; 4] = ["", "application/x-www-form-urlencoded", "text/plain", "application/json"];
const READING: [Method; 3] = [Method::GET, Method::HEAD, Method::OPTIONS];
const CHANGING_METHODS: [Method; 6] =
    [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE, Method::CONNECT];

async fn send(visitor: &Visitor, method: &Method, path: &str, site: &str, origin: &str, media_type: &str) -> Answer {
    let headers = [("sec-fetch-site", site), ("origin", origin), ("content-type", media_type)];
    visitor.send(method.clone(), path, &headers, Body::from("person=guest")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_same_origin_pages_and_other_programs_change_anything() {
    let world = World::generated(1, 1, 1).await;
    let state = state(&world, "https://vmm.example");
    let visitor = Visitor::signed_in(&state, operator());
    let paths = CHANGING.into_iter().chain(["/", "/api/v1/instances", "/rpc/instances"]);
    let (mut passed, mut refused) = (0, 0);
    for path in paths {
        for method in READING.iter().chain(&CHANGING_METHODS) {
            for (site, origin) in SITES.iter().flat_map(|site| ORIGINS.map(|origin| (*site, origin))) {
                let ours = ["", "same-origin", "none"].contains(&site) && ["", "https://vmm.example"].contains(&origin);
                let passes = READING.contains(method) || ours;
                for media_type in TYPES {
                    // Only this path reads the media type, so the others are tested with one.
                    if media_type != TYPES[1] && path != "/sign-in/demo" {
                        continue;
                    }
                    let answer = send(&visitor, method, path, site, origin, media_type).await;
                    let case = format!("{method} {path} site={site:?} origin={origin:?} type={media_type:?}");
                    assert_eq!(answer.status != StatusCode::FORBIDDEN, passes, "{case}: {}", answer.status);
                    if passes {
                        passed += 1;
                    } else {
                        refused += 1;
                        assert_eq!(answer.code(), "cross_site", "{case}");
                        assert_eq!(answer.header("set-cookie"), None, "{case}");
                    }
                }
            }
        }
    }
    assert!(passed > 1_000 && refused > 2_000, "{passed} {refused}");
}

/// A local portal has two host names, which are different origins.
#[tokio::test(flavor = "multi_thread")]
async fn the_origin_must_match_the_requested_host() {
    let world = World::generated(1, 1, 1).await;
    let visitor = Visitor::new(&state(&world, "http://127.0.0.1:8080"));
    for (host, origin, status) in [
        ("127.0.0.1:8080", "http://127.0.0.1:8080", StatusCode::SEE_OTHER),
        ("localhost:8080", "http://localhost:8080", StatusCode::SEE_OTHER),
        ("localhost:8080", "http://localhost:9090", StatusCode::FORBIDDEN),
        ("localhost:8080", "https://localhost:8080", StatusCode::FORBIDDEN),
        ("evil.test:8080", "http://evil.test:8080", StatusCode::MISDIRECTED_REQUEST),
    ] {
        let headers = [("host", host), ("origin", origin), ("content-type", "application/x-www-form-urlencoded")];
        let answer = visitor.send(Method::POST, "/sign-in/demo", &headers, Body::from("person=guest")).await;
        assert_eq!(answer.status, status, "{host} {origin}");
    }
}

/// A row count and a hash of each table in the store.
async fn table_hashes(world: &World) -> Vec<String> {
    let read = world.harvester.store.read("everything", |connection| {
        let read = || {
            let tables = "SELECT table_name FROM duckdb_tables() ORDER BY table_name";
            let tables: Vec<String> =
                connection.prepare(tables)?.query_map([], |row| row.get(0))?.collect::<duckdb::Result<_>>()?;
            let hash = |table: &String| {
                let sql =
                    format!("SELECT count(*) || ' ' || coalesce(bit_xor(hash(t::VARCHAR)), 0) FROM \"{table}\" t");
                connection.query_row(&sql, [], |row| row.get::<_, String>(0)).map(|sum| format!("{table} {sum}"))
            };
            tables.iter().map(hash).collect::<duckdb::Result<Vec<_>>>()
        };
        read().map_err(StoreError::read("everything"))
    });
    read.await.expect("tables")
}

#[tokio::test(flavor = "multi_thread")]
async fn get_and_head_requests_change_nothing() {
    let changing: BTreeSet<String> =
        in_sources().into_iter().filter(|(_, method)| *method != Method::GET).map(|(path, _)| path).collect();
    let of_embed = EMBED_ROUTES.iter().filter(|(_, method)| *method != Method::GET).map(|(path, _)| *path);
    let known: BTreeSet<String> = CHANGING.into_iter().chain(of_embed).map(str::to_owned).collect();
    assert_eq!(changing, known, "a route that changes something is not in the table");
    let world = World::generated(2, 2, 2).await;
    world.harvest().await;
    let visitor = Visitor::signed_in(&state(&world, "https://vmm.example"), operator());
    let before = table_hashes(&world).await;
    assert!(before.len() > 20 && before.iter().any(|table| table.starts_with("transition ")), "{before:?}");
    let id = world.estate.read().expect("the estate").instances()[0].instance_id.to_string();
    let account = world.account(0).account_id.to_string();
    let patches =
        world.source().for_scope(Principal::local().scope()).patches(PatchFilter::default().in_any_state()).await;
    let patch = patches.expect("patches").rows[0].name.clone();
    for route in ROUTES {
        let id = match route.about {
            About::Account => &account,
            About::Patch => &patch,
            // No run is among the few instances of this world, and no enrollment.
            About::Run | About::Enrollment => continue,
            About::Everything | About::Instance => &id,
        };
        for method in [Method::GET, Method::HEAD] {
            let answer = visitor.send(method.clone(), &route.address(id, ""), &[], Body::empty()).await;
            // Server functions do not accept HEAD.
            let is_rejected = method == Method::HEAD && route.path.starts_with("/rpc/");
            let expected = if is_rejected { StatusCode::BAD_REQUEST } else { StatusCode::OK };
            assert_eq!(answer.status, expected, "{method} {}: {}", route.path, answer.body);
            // The board remembers the day in the browser, and nothing on the server.
            let is_last_look = |cookie: &str| route.path == "/customers" && cookie.starts_with("muster_last_look=");
            assert!(answer.header("set-cookie").is_none_or(is_last_look), "{method} {}", route.path);
        }
    }
    for path in PUBLIC.iter().chain(&CHANGING) {
        for method in [Method::GET, Method::HEAD] {
            let answer = visitor.send(method.clone(), path, &[], Body::empty()).await;
            assert_eq!(answer.header("set-cookie"), None, "{method} {path}");
            assert!(!answer.status.is_server_error(), "{method} {path}: {}", answer.status);
            if CHANGING.contains(path) {
                assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            }
        }
    }
    assert_eq!(table_hashes(&world).await, before);
    assert_eq!(visitor.get("/api/v1/instances").await.status, StatusCode::OK, "the session has ended");
}
