//! The portal in a frame: sessions and their scope, security headers, and download tokens.

use crate::{
    embed::world::{EmbeddingPage, Framed, NONCE, ORIGIN, customers},
    requests::routes::ROUTES,
    support::world::{cookie_of, customer, get, harvested, portal},
};
use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode, header::AUTHORIZATION},
};
use muster_access::{assignments::Assignments, principal::Principal};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_sees_their_own_instances_and_others_are_not_found() {
    let embedding_page = EmbeddingPage::new("k");
    let framed = Framed::new(vec![embedding_page.embedder()]);
    let customers = customers();
    let mut ids = Vec::new();
    for (customer_id, _) in &customers {
        let own = portal(&harvested().source, customer(customer_id).identity);
        let (_, body) = get(own, "/api/v1/instances?per_page=500").await;
        let list: Value = serde_json::from_str(&body).expect("JSON");
        let rows = list["rows"].as_array().expect("rows").iter();
        ids.push(rows.map(|row| row["instance_id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>());
    }
    for (index, (customer_id, _)) in customers.iter().enumerate() {
        let bearer = framed.customer_bearer(&embedding_page, customer_id).await;
        let (status, _, html) = framed.get("/embed/v1/pages/instances?per_page=500", &bearer).await;
        assert_eq!(status, StatusCode::OK);
        for (owner, id) in ids.iter().enumerate().flat_map(|(owner, ids)| ids.iter().map(move |id| (owner, id))) {
            assert_eq!(html.contains(&format!("/instances/{id}")), owner == index, "{id} for {customer_id}");
            let (status, _, page) = framed.get(&format!("/embed/v1/pages/instances/{id}"), &bearer).await;
            assert_eq!(status.as_u16(), if owner == index { 200 } else { 404 });
            if owner != index {
                let absent = "mi-00000000000000000";
                let (_, _, none) = framed.get(&format!("/embed/v1/pages/instances/{absent}"), &bearer).await;
                assert_eq!(without_nonce(&page).replace(id, absent), without_nonce(&none));
            }
        }
    }
}

/// The page without its nonce, which differs in each answer.
fn without_nonce(html: &str) -> String {
    let nonce = html.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("no nonce");
    html.replace(nonce, "…")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_manager_sees_assigned_customers_that_the_assertion_names() {
    let embedding_page = EmbeddingPage::new("k");
    let customers = customers();
    let all: BTreeSet<String> = customers.iter().map(|(customer, _)| customer.clone()).collect();
    let assigned = |ids: &BTreeSet<String>| Assignments::of([("user-1".to_owned(), ids.clone())]);
    let claims = |framed: &Framed, customers: &[&str]| {
        let mut claims = embedding_page.claims("", framed.now());
        (claims["role"], claims["customers"]) = (json!("account_manager"), json!(customers));
        claims
    };
    let seen = async |framed: &Framed, bearer: &str| {
        let (status, _, html) = framed.get("/embed/v1/pages", bearer).await;
        assert_eq!(status, StatusCode::OK);
        let all = customers
            .iter()
            .filter(|(_, accounts)| accounts.iter().any(|account| html.contains(&format!("/accounts/{account}"))));
        all.map(|(customer, _)| customer.clone()).collect::<BTreeSet<_>>()
    };
    let first = BTreeSet::from([customers[0].0.clone()]);

    let framed = Framed::with_assignments(vec![embedding_page.embedder()], assigned(&all));
    let bearer = framed.bearer(&embedding_page, &claims(&framed, &[&customers[0].0, "nobody"])).await;
    assert_eq!(seen(&framed, &bearer).await, first);
    let framed = Framed::with_assignments(vec![embedding_page.embedder()], assigned(&first));
    let all_ids: Vec<&str> = all.iter().map(String::as_str).collect();
    let bearer = framed.bearer(&embedding_page, &claims(&framed, &all_ids)).await;
    assert_eq!(seen(&framed, &bearer).await, first);
    let foreign = claims(&framed, &[&customers[1].0]);
    assert_eq!(framed.assertion_result(&embedding_page.sign(&foreign)).await, (403, "not_allowed".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_assignment_applies_at_the_next_request() {
    let embedding_page = EmbeddingPage::new("k");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("assignments.csv");
    let (customer, _) = customers().remove(0);
    std::fs::write(&path, format!("subject,customer_id\nuser-1,{customer}\n")).expect("written");
    let framed = Framed::with_assignments(
        vec![embedding_page.embedder()],
        Assignments::of_file(&path).expect("valid assignments"),
    );
    let mut claims = embedding_page.claims(&customer, framed.now());
    claims["role"] = json!("account_manager");
    let bearer = framed.bearer(&embedding_page, &claims).await;
    for (query, heading) in [("CVE-2025-40778", "Exposure"), ("no-such-instance", "Instances")] {
        let (status, _, page) = framed.get(&format!("/embed/v1/pages/search?q={query}"), &bearer).await;
        assert!(status == StatusCode::OK && page.contains(&format!("<h1>{heading}</h1>")), "{query}: {status} {page}");
    }
    assert_eq!(framed.get("/embed/v1/pages", &bearer).await.0, StatusCode::OK);
    std::fs::write(&path, "subject,customer_id\n").expect("written");
    assert_eq!(framed.get("/embed/v1/pages", &bearer).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_frame_rejects_cookies_and_other_routes_reject_its_bearer_tokens() {
    let embedding_page = EmbeddingPage::new("k");
    let framed = Framed::new(vec![embedding_page.embedder()]);
    let bearer = framed.customer_bearer(&embedding_page, &customers()[0].0).await;
    let cookie = cookie_of(&framed.state, Principal::local().identity);
    for path in ["/embed/v1/pages", "/embed/v1/pages/instances", "/embed/v1/pages/nowhere"] {
        for (name, value) in
            [("cookie", cookie.to_str().expect("text")), ("authorization", "Bearer nonsense"), ("x", "")]
        {
            let request = Request::get(path).header(name, value).body(Body::empty()).expect("a request");
            let (status, headers, body) = framed.send(request).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{path} with {name}");
            assert_eq!(headers["www-authenticate"], "Bearer error=\"invalid_token\"");
            assert!(body.contains("session_expired"), "{body}");
        }
    }
    let request =
        Request::post("/embed/v1/exports").header("cookie", &cookie).header("content-type", "application/json");
    let body = Body::from(json!({"path": "/export/instances.csv"}).to_string());
    assert_eq!(framed.send(request.body(body).expect("a request")).await.0, StatusCode::UNAUTHORIZED);
    for path in ["/", "/instances", "/api/v1/instances", "/export/instances.csv", "/rpc/instances"] {
        let (status, _, _) = framed.get(path, &bearer).await;
        assert!(matches!(status.as_u16(), 303 | 401), "{path} answers a bearer with {status}");
    }
    // Session cookies and bearer tokens are not interchangeable.
    let (_, token) = cookie.to_str().expect("text").split_once('=').expect("a pair");
    assert_eq!(framed.get("/embed/v1/pages", token).await.0, StatusCode::UNAUTHORIZED);
    let request = Request::get("/").header("cookie", format!("__Host-muster={bearer}")).body(Body::empty());
    assert_eq!(framed.send(request.expect("a request")).await.0, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_idle_after_eight_hours_or_on_delete() {
    let embedding_page = EmbeddingPage::new("k");
    let framed = Framed::new(vec![embedding_page.embedder()]);
    let (customer, _) = &customers()[0];
    let idle = framed.customer_bearer(&embedding_page, customer).await;
    framed.advance(15 * 60);
    assert_eq!(framed.get("/embed/v1/pages/trends", &idle).await.0, StatusCode::UNAUTHORIZED);

    let used = framed.customer_bearer(&embedding_page, customer).await;
    for _ in 0..34 {
        framed.advance(14 * 60);
        assert_eq!(framed.get("/embed/v1/pages/nowhere", &used).await.0, StatusCode::NOT_FOUND);
    }
    framed.advance(4 * 60);
    assert_eq!(framed.get("/embed/v1/pages/nowhere", &used).await.0, StatusCode::UNAUTHORIZED, "after eight hours");

    let (ended, other) = (
        framed.customer_bearer(&embedding_page, customer).await,
        framed.customer_bearer(&embedding_page, customer).await,
    );
    let end = Request::delete("/embed/v1/session").header(AUTHORIZATION, format!("Bearer {ended}"));
    let (status, _, _) = framed.send(end.body(Body::empty()).expect("a request")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(framed.get("/embed/v1/pages", &ended).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(framed.get("/embed/v1/pages", &other).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_a_person_to_thirty_sessions_a_minute() {
    let embedding_page = EmbeddingPage::new("k");
    let framed = Framed::new(vec![embedding_page.embedder()]);
    let (customer, _) = &customers()[0];
    for _ in 0..30 {
        framed.customer_bearer(&embedding_page, customer).await;
    }
    let body =
        json!({"assertion": embedding_page.sign(&embedding_page.claims(customer, framed.now())), "nonce": NONCE});
    let (status, headers, _) = framed.post("/embed/v1/session", "", &body).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(headers["retry-after"], "60");
    framed.advance(60);
    framed.customer_bearer(&embedding_page, customer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_an_invalid_session_request() {
    let framed = Framed::new(vec![EmbeddingPage::new("k").embedder()]);
    let post = async |kind: &'static str, body: String| {
        let request = Request::post("/embed/v1/session").header("content-type", kind).body(Body::from(body));
        framed.send(request.expect("a request")).await.0.as_u16()
    };
    let valid = json!({"assertion": "a.b.c", "nonce": NONCE});
    assert_eq!(post("application/json", valid.to_string()).await, 401);
    assert_eq!(post("text/plain", valid.to_string()).await, 400);
    assert_eq!(post("application/x-www-form-urlencoded", valid.to_string()).await, 400);
    for body in ["", "[]", "{", "{\"assertion\":\"a.b.c\"}"] {
        assert_eq!(post("application/json", body.to_owned()).await, 400, "{body}");
    }
    let extra_member = json!({"assertion": "a.b.c", "nonce": NONCE, "role": "operator"});
    assert_eq!(post("application/json", extra_member.to_string()).await, 400);
    assert_eq!(post("application/json", json!({"assertion": "a.b.c", "nonce": "short"}).to_string()).await, 400);
    let long = json!({"assertion": "a".repeat(16 * 1024), "nonce": NONCE});
    assert_eq!(post("application/json", long.to_string()).await, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_has_the_request_id() {
    let framed = Framed::new(vec![EmbeddingPage::new("k").embedder()]);
    let (status, headers, answer) = framed.get("/embed/v1/pages/instances", "nobody").await;
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer["request_id"].as_str(), headers["x-request-id"].to_str().ok());
    assert_eq!(answer["error"]["code"], "session_expired");
}

const ANCESTORS: &str = "frame-ancestors https://manage.example";

/// The security headers of an answer below `/embed`.
fn security_headers(headers: &HeaderMap) -> Vec<String> {
    let names = [
        "cache-control",
        "content-security-policy",
        "cross-origin-resource-policy",
        "permissions-policy",
        "referrer-policy",
        "set-cookie",
        "x-content-type-options",
        "x-frame-options",
    ];
    let found = names.into_iter().filter_map(|name| Some((name, headers.get(name)?)));
    found.map(|(name, value)| format!("{name}: {}", value.to_str().expect("text"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_embed_route_sets_its_security_headers() {
    let embedding_page = EmbeddingPage::new("k");
    let framed = Framed::new(vec![embedding_page.embedder()]);
    let bearer = framed.customer_bearer(&embedding_page, &customers()[0].0).await;
    let shell = format!(
        "cache-control: no-store\n\
         content-security-policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; \
         form-action 'self'; object-src 'none'; {ANCESTORS}\n\
         permissions-policy: camera=(), microphone=(), geolocation=()\n\
         referrer-policy: no-referrer\nx-content-type-options: nosniff"
    );
    let data = "cache-control: no-store\n\
         content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox\n\
         cross-origin-resource-policy: same-origin\n\
         permissions-policy: camera=(), microphone=(), geolocation=()\n\
         referrer-policy: no-referrer\nx-content-type-options: nosniff";
    for path in ["/embed/", "/embed/?route=/instances", "/embed/frame.js", "/embed/frame.css"] {
        let (status, headers, _) = framed.get(path, "").await;
        assert_eq!((status, security_headers(&headers).join("\n")), (StatusCode::OK, shell.clone()), "{path}");
    }
    for (path, bearer, expected) in [
        ("/embed/v1/pages", bearer.as_str(), 200),
        ("/embed/v1/pages/instances?statsu=failed", bearer.as_str(), 400),
        ("/embed/v1/pages/nowhere", bearer.as_str(), 404),
        ("/embed/v1/pages/sign-in", bearer.as_str(), 404),
        ("/embed/v1/pages/harvest", bearer.as_str(), 404),
        ("/embed/v1/pages/rpc/instances", bearer.as_str(), 404),
        ("/embed/v1/pages", "", 401),
        ("/embed/v1/exports/no-ticket", "", 404),
        ("/embed/v1/nowhere", "", 404),
        ("/embed/v1/session", "", 405),
    ] {
        let (status, headers, _) = framed.get(path, bearer).await;
        assert_eq!((status.as_u16(), security_headers(&headers).join("\n").as_str()), (expected, data), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shell_is_the_same_for_all_callers_and_only_configured_origins_frame_it() {
    let embedding_page = EmbeddingPage::new("k");
    let framed = Framed::new(vec![embedding_page.embedder()]);
    let cookie = cookie_of(&framed.state, Principal::local().identity);
    let request = Request::get("/embed/").header("cookie", cookie).body(Body::empty()).expect("a request");
    let (_, _, signed_in) = framed.send(request).await;
    let (_, _, shell) = framed.get("/embed/?route=/accounts/x%22%3E%3Cscript%3E", "").await;
    assert_eq!(signed_in, shell);
    assert!(shell.contains(&format!("content=\"{ORIGIN}\"")), "{shell}");

    let (_, headers, _) = Framed::new(Vec::new()).get("/embed/", "").await;
    let policy = headers["content-security-policy"].to_str().expect("text");
    assert!(policy.ends_with("; frame-ancestors 'none'"), "{policy}");
    let mut no_origins = embedding_page.embedder();
    no_origins.origins.clear();
    let (_, headers, _) = Framed::new(vec![no_origins]).get("/embed/", "").await;
    assert!(headers["content-security-policy"].to_str().expect("text").ends_with("; frame-ancestors 'none'"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_the_frame_has_no_brand_and_no_sign_out() {
    let embedding_page = EmbeddingPage::new("k");
    let framed = Framed::new(vec![embedding_page.embedder()]);
    let (customer_id, _) = &customers()[0];
    let bearer = framed.customer_bearer(&embedding_page, customer_id).await;
    let (_, _, framed_page) = framed.get("/embed/v1/pages", &bearer).await;
    let (_, own_page) = get(portal(&harvested().source, customer(customer_id).identity), "/").await;
    for part in ["class=\"brand\"", "action=\"/sign-out\"", "by Muster"] {
        assert!(own_page.contains(part) && !framed_page.contains(part), "{part}");
    }
    assert!(framed_page.contains("href=\"/updates\""), "the menu is missing");
}

async fn issue_download_token(framed: &Framed, bearer: &str, path: &str) -> String {
    let (status, _, body) = framed.post("/embed/v1/exports", bearer, &json!({ "path": path })).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let issued: Value = serde_json::from_str(&body).expect("JSON");
    issued["url"].as_str().expect("an address").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_token_works_once_within_a_minute_during_its_session() {
    let embedding_page = EmbeddingPage::new("k");
    let framed = Framed::new(vec![embedding_page.embedder()]);
    let (customer_id, _) = &customers()[0];
    let bearer = framed.customer_bearer(&embedding_page, customer_id).await;
    let path = "/export/instances.csv?sort=name&raw=1";
    let own = portal(&harvested().source, customer(customer_id).identity);
    let url = issue_download_token(&framed, &bearer, path).await;
    assert!(!url.contains(&bearer));
    let (status, headers, file) = framed.get(&url, "").await;
    assert_eq!((status, file), get(own, path).await);
    assert_eq!(headers["content-disposition"], "attachment; filename=\"muster-instances-20251123-raw.csv\"");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(framed.get(&url, "").await.0, StatusCode::NOT_FOUND, "a used token");

    let url = issue_download_token(&framed, &bearer, path).await;
    framed.advance(60);
    assert_eq!(framed.get(&url, &bearer).await.0, StatusCode::NOT_FOUND, "an expired token");

    let (ended, other) = (
        issue_download_token(&framed, &bearer, path).await,
        framed.customer_bearer(&embedding_page, customer_id).await,
    );
    let end = Request::delete("/embed/v1/session").header(AUTHORIZATION, format!("Bearer {bearer}"));
    framed.send(end.body(Body::empty()).expect("a request")).await;
    assert_eq!(framed.get(&ended, &other).await.0, StatusCode::NOT_FOUND, "the token of an ended session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_token_is_for_a_file_in_the_scope_of_its_session() {
    let embedding_page = EmbeddingPage::new("k");
    let framed = Framed::new(vec![embedding_page.embedder()]);
    let customers = customers();
    let bearer = framed.customer_bearer(&embedding_page, &customers[0].0).await;
    for account in &customers[1].1 {
        // The file has the scope of the session: a filter by a foreign account leaves no row.
        let url = issue_download_token(&framed, &bearer, &format!("/export/instances.csv?account={account}")).await;
        let (status, _, file) = framed.get(&url, "").await;
        assert_eq!((status, file.lines().count()), (StatusCode::OK, 1), "{account}");
    }
    for (path, expected) in [
        ("/export/nothing.csv", 200),
        ("/export/../api/v1/instances", 404),
        ("/api/v1/instances", 404),
        ("/export/", 404),
        ("/export/Instances.csv", 404),
        ("/export/instances.csv/x", 404),
        ("//evil.example/export/instances.csv", 404),
        ("https://evil.example/export/instances.csv", 400),
        ("export/instances.csv", 400),
        ("", 400),
    ] {
        let (status, _, body) = framed.post("/embed/v1/exports", bearer.as_str(), &json!({ "path": path })).await;
        assert_eq!(status.as_u16(), expected, "{path}: {body}");
    }
    let url = issue_download_token(&framed, &bearer, "/export/nothing.csv").await;
    assert_eq!(framed.get(&url, "").await.0, StatusCode::NOT_FOUND);
    let url = issue_download_token(&framed, &bearer, "/export/instances.csv?statsu=failed").await;
    assert_eq!(framed.get(&url, "").await.0, StatusCode::BAD_REQUEST);
}

/// The pages that frames show are those that the demo's manage portal keeps in its address, and those of the menu.
#[test]
fn the_embedding_page_keeps_the_addresses_of_all_pages() {
    let paths = |script: &str| {
        let pattern = script.lines().map(str::trim).find(|line| line.starts_with("/^\\/(?:(?:accounts|"));
        pattern.expect("the pattern of pages").trim_end_matches(';').to_owned()
    };
    let frame = paths(include_str!("../../../web/src/embed/frame.js"));
    assert_eq!(paths(include_str!("../../../src/command/manage_portal/parent.js")), frame);
    let first = |path: &'static str| path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let shown: BTreeSet<&str> = ROUTES.iter().map(|route| route.path).map(first).collect();
    let pages = frame.split(['(', ')', ':']).find(|part| part.starts_with("accounts|")).expect("the pages");
    let pages: BTreeSet<&str> = pages.split('|').collect();
    for page in shown.iter().filter(|page| !["", "api", "auditors", "export", "harvest", "rpc"].contains(page)) {
        assert!(pages.contains(page), "{page} is no page of frames");
    }
}
