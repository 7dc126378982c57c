//! Hostile case 24, and other hostile parts of addresses: they are rejected, or are text that matches nothing.

use crate::{
    requests::routes::{About, ROUTES, Route, crawl_step, encoded},
    support::visitor::{Answer, Visitor},
    tenancy::tenants::{operator, tenants},
};
use axum::http::StatusCode;
use futures::{StreamExt, stream};

/// Concurrent requests.
const CONCURRENCY: usize = 4;

/// Internal words. An answer may repeat the request, but never has these.
const INTERNAL_WORDS: [&str; 12] = [
    "Parser Error",
    "Binder Error",
    "Catalog Error",
    "Conversion Error",
    "SELECT ",
    "syntax error",
    "duckdb",
    "DuckDB",
    "region_state",
    "listed_instance",
    "Invalid Input Error",
    "/etc/passwd:",
];

/// Ends every element whose content is text only, and then runs a script.
const SCRIPT: &str = "</textarea></title></style><script>alert(1)</script>";

/// For parameters that take any text.
const TEXTS: [&str; 16] = [
    "' OR 1=1 --",
    "'; DROP TABLE instance; --",
    "\"; ATTACH '/etc/passwd' AS x; --",
    "') UNION VALUES (1) --",
    "%",
    "_",
    "\\",
    "$1",
    "{filters}",
    "\u{1f}c-CANARY-T2\u{1f}",
    "read_csv('/etc/passwd')",
    SCRIPT,
    "\u{202e}gpj",
    "\u{0}",
    "\u{fffd}\u{10ffff}",
    "../../../../etc/passwd",
];

/// For parameters that take a number, a code, a day or an id.
const VALUES: [&str; 13] = [
    "-1",
    "0",
    "99999999999999999999",
    "18446744073709551615",
    "1e9",
    "1.5",
    "id;drop",
    "name desc, (select 1)",
    "2025-13-45",
    "9999-12-31",
    "-0001-01-01",
    "'",
    "\u{0}",
];

/// Parameters of many routes, tested on all.
const COMMON_PARAMETERS: [&str; 8] = ["page", "per_page", "cursor", "sort", "dir", "as_of", "since", "tab"];

fn ids(route: &Route) -> &'static str {
    tenants().all[0].id(route.about)
}

fn without_value(body: &str, value: &str) -> String {
    body.replace(value, "")
}

/// Requests all addresses, and asserts that no answer contains errors, internal words, other tenants or scripts.
async fn get_all(addresses: Vec<(String, String)>) -> Vec<(String, Answer)> {
    let visitor = tenants().visitor(tenants().customer(0));
    let answers = stream::iter(addresses).map(|(address, value)| {
        let visitor: Visitor = visitor.clone();
        async move {
            let answer = visitor.get(&address).await;
            let body = without_value(&answer.body, &value);
            assert!(!answer.status.is_server_error(), "{address}: {} {}", answer.status, answer.body);
            for word in INTERNAL_WORDS {
                assert!(!body.contains(word), "{address} contains `{word}`: {body}");
            }
            for tenant in ["CANARY-T2", "CANARY-T3", "CANARY-T4"] {
                assert!(!without_value(&body, "c-CANARY-T2").contains(tenant), "{address} shows {tenant}");
            }
            let is_page = answer.header("content-type").is_some_and(|it| it.starts_with("text/html"));
            assert!(!is_page || !answer.body.contains("<script>alert(1)"), "{address}");
            (address, answer)
        }
    });
    answers.buffer_unordered(CONCURRENCY).collect().await
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_in_any_parameter_is_plain_text() {
    let mut addresses = Vec::new();
    for route in ROUTES {
        for key in route.texts {
            for value in TEXTS {
                let query = format!("{key}={}", encoded(value));
                addresses.push((route.address(ids(route), &query), value.to_owned()));
            }
        }
    }
    assert!(addresses.len() > 1_000, "{}", addresses.len());
    // The script in every parameter, and of the others some.
    let is_asked =
        |(place, (_, text)): &(usize, (String, String))| text == SCRIPT || place.is_multiple_of(crawl_step());
    let addresses: Vec<_> = addresses.into_iter().enumerate().filter(is_asked).map(|(_, asked)| asked).collect();
    let requests = addresses.len();
    let answers = get_all(addresses).await;
    let found = answers.iter().filter(|(_, answer)| answer.status == StatusCode::OK).count();
    assert!(found > requests / 4, "only {found} of {requests} were accepted as text");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_values_are_rejected_or_ignored() {
    let mut addresses = Vec::new();
    for route in ROUTES {
        let codes = route.codes.iter().map(|(key, _)| *key);
        for key in codes.chain(COMMON_PARAMETERS).chain(["figure", "raw", "account"]) {
            for value in VALUES {
                let query = format!("{key}={}", encoded(value));
                addresses.push((route.address(ids(route), &query), value.to_owned()));
            }
        }
    }
    let answers = get_all(addresses.into_iter().step_by(crawl_step()).collect()).await;
    let refused = answers.iter().filter(|(_, answer)| answer.status == StatusCode::BAD_REQUEST).count();
    assert!(refused > answers.len() / 3, "{refused} of {} were rejected", answers.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_ids_are_not_found() {
    let long = "a".repeat(2_000);
    let ids = [
        "..%2f..",
        "..",
        ".%2E",
        "%2e",
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "mi-%00",
        "%2e%2e",
        "%ff%fe",
        "'",
        "x'--",
        "%27%20OR%201=1",
        "%F0%9F%98%80",
        "MI-00000000000000000",
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "{id}",
        "*",
        "%25",
        "-1",
        "%0d%0aSet-Cookie:%20a=b",
        &long,
    ];
    let mut addresses = Vec::new();
    for route in ROUTES.iter().filter(|route| route.about != About::Everything) {
        for id in ids {
            let address = route.address("ID", "").replace("ID", id);
            addresses.push((address, id.to_owned()));
        }
    }
    for (address, answer) in get_all(addresses).await {
        let path_only = !address.contains('?');
        let refused = [StatusCode::NOT_FOUND, StatusCode::BAD_REQUEST].contains(&answer.status);
        assert!(refused, "{address} ({path_only}): {} {}", answer.status, answer.body);
        assert_eq!(answer.header("set-cookie"), None, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_are_case_sensitive() {
    let tenant = &tenants().all[0];
    let visitor = tenants().visitor(operator());
    for (id, other) in [
        (
            format!("/api/v1/instances/{}", tenant.instances[0]),
            format!("/api/v1/instances/{}", tenant.instances[0].to_uppercase()),
        ),
        (format!("/accounts/{}", tenant.account_id), format!("/accounts/{}", tenant.account_id.to_lowercase())),
    ] {
        assert_eq!(visitor.get(&id).await.status, StatusCode::OK, "{id}");
        assert_eq!(visitor.get(&other).await.status, StatusCode::NOT_FOUND, "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_oversized_and_malformed_query_strings() {
    let many = |count: usize| vec!["a=1"; count].join("&");
    for (query, status, code) in [
        (many(13_500), StatusCode::URI_TOO_LONG, "address_too_long"),
        (many(101), StatusCode::BAD_REQUEST, "bad_request"),
        ("&".repeat(5_000), StatusCode::BAD_REQUEST, "bad_request"),
        (format!("q={}", "a".repeat(60_000)), StatusCode::URI_TOO_LONG, "address_too_long"),
        (format!("q={}", "a".repeat(50_000)), StatusCode::BAD_REQUEST, "bad_request"),
        (format!("{}=q", "a".repeat(50_000)), StatusCode::BAD_REQUEST, "bad_request"),
        ("q=a&q=a&q=".to_owned(), StatusCode::OK, ""),
        ("q=a&q=b&q=".to_owned(), StatusCode::BAD_REQUEST, "bad_request"),
        ("page=1&page=-1".to_owned(), StatusCode::BAD_REQUEST, "bad_request"),
        ("PAGE=1".to_owned(), StatusCode::BAD_REQUEST, "bad_request"),
        ("=".to_owned(), StatusCode::OK, ""),
        ("%=%zz&%ff=%".to_owned(), StatusCode::BAD_REQUEST, "bad_request"),
    ] {
        let answer = tenants().visitor(operator()).get(&format!("/api/v1/instances?{query}")).await;
        let start: String = query.chars().take(40).collect();
        assert_eq!(answer.status, status, "{start}: {}", answer.body);
        if !code.is_empty() {
            assert_eq!(answer.code(), code, "{start}");
        }
        assert!(answer.status == StatusCode::OK || answer.body.len() < 20_000, "{start} is repeated in the answer");
    }
}
