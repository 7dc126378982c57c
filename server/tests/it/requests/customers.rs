//! The customers' board: its figures are sums over accounts, its order is that of what needs attention, and it compares with
//! the day of the last look.

use crate::support::world::{api_of, cookie_of, get_json, harvested, state};
use axum::{
    body::Body,
    http::{Request, header},
};
use http_body_util::BodyExt;
use jiff::{Span, tz::TimeZone};
use muster_access::principal::Principal;
use muster_model::{
    customer::CustomerRow,
    filter::{Direction, InstanceFilter, Order},
    overview::AttentionReason,
};
use serde_json::Value;
use tower::ServiceExt;

async fn rows(path: &str) -> Vec<Value> {
    get_json(path).await["rows"].as_array().expect("rows").clone()
}

fn number(row: &Value, column: &str) -> u64 {
    row[column].as_u64().unwrap_or_else(|| panic!("{column} of {row}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_figure_is_the_sum_over_the_accounts_and_equals_its_linked_rows() {
    let customers = rows("/api/v1/customers").await;
    let accounts = rows("/api/v1/accounts?per_page=500").await;
    assert_eq!(customers.iter().map(|row| number(row, "accounts")).sum::<u64>(), accounts.len() as u64);
    for customer in customers {
        let id = customer["customer_id"].as_str().expect("an id");
        let own: Vec<&Value> = accounts.iter().filter(|account| account["customer_id"] == id).collect();
        for figure in
            ["instances", "pending_os_updates", "instances_pending_os_updates", "runs_succeeded", "runs_total"]
        {
            let sum: u64 = own.iter().map(|account| number(account, figure)).sum();
            assert_eq!(number(&customer, figure), sum, "{figure} of {id}");
        }
        let overdue = get_json(&format!("/api/v1/updates?customer={id}&due=overdue")).await;
        assert_eq!(number(&customer, "overdue"), number(&overdue, "total"), "{id}");
        let Some(reason) = customer["concern"].as_str().and_then(AttentionReason::from_code) else { continue };
        let among = InstanceFilter { customer: Some(id.to_owned()), ..InstanceFilter::default() };
        if reason != AttentionReason::HarvestFailing {
            let concerned = get_json(&api_of(&reason.list(among))).await;
            assert!(number(&concerned, "total") > 0, "{customer}");
        }
        assert_ne!(customer["why"], "", "{customer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worst_customer_comes_first_and_every_order_can_be_reversed() {
    let concerns: Vec<Option<AttentionReason>> = rows("/api/v1/customers").await.iter().map(concern).collect();
    assert!(concerns.is_sorted_by_key(|concern| (concern.is_none(), *concern)), "{concerns:?}");
    for column in Order::<CustomerRow>::columns() {
        let of = |direction: Direction| format!("/api/v1/customers?sort={}&dir={}", column.key, direction.code());
        let (up, down) = (rows(&of(Direction::Ascending)).await, rows(&of(Direction::Descending)).await);
        let values = |rows: &[Value]| rows.iter().map(|row| row[column.name].clone()).collect::<Vec<_>>();
        let (up, mut down) = (values(&up), values(&down));
        let known = |values: &[Value]| values.iter().filter(|value| !value.is_null()).cloned().collect::<Vec<_>>();
        down.reverse();
        assert_eq!(known(&up), known(&down), "{}", column.key);
    }
}

fn concern(row: &Value) -> Option<AttentionReason> {
    row["concern"].as_str().and_then(AttentionReason::from_code)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_compares_with_the_day_of_the_last_look() {
    let source = &harvested().source;
    let state = state(source);
    let session = cookie_of(&state, Principal::local().identity);
    let session = session.to_str().expect("text");
    let router = muster_web::router::router(state);
    let look = |path: &'static str, cookie: String| {
        let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).expect("a request");
        let answer = router.clone().oneshot(request);
        async move {
            let answer = answer.await.expect("an answer");
            let set = answer.headers().get(header::SET_COOKIE).map(|value| value.to_str().expect("text").to_owned());
            let body = answer.into_body().collect().await.expect("a body").to_bytes();
            (set, String::from_utf8(body.to_vec()).expect("text"))
        }
    };
    let today = source.clock.now().to_zoned_datetime(TimeZone::UTC).date();
    let earlier = today.saturating_sub(Span::new().days(2));

    let (set, html) = look("/customers", session.to_owned()).await;
    assert!(set.expect("a cookie").starts_with(&format!("muster_last_look={today}.;")));
    assert!(!html.contains("since you last looked"));

    let (set, html) = look("/customers", format!("{session}; muster_last_look={earlier}.")).await;
    assert!(set.expect("a cookie").starts_with(&format!("muster_last_look={today}.{earlier};")));
    let looked = format!("since you last looked, on {}", earlier.strftime("%-d %b %Y"));
    assert!(html.contains(&looked), "{looked}");

    let (_, html) = look("/customers?since=2025-11-19", format!("{session}; muster_last_look={earlier}.")).await;
    assert!(html.contains("since the end of 19 Nov 2025"), "the URL names the day");
    let (set, _) = look("/instances", format!("{session}; muster_last_look={earlier}.")).await;
    assert_eq!(set, None);
}
