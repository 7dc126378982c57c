//! The JSON API: golden files of answers, and errors.

use crate::support::world::{get, get_json, harvested};
use axum::http::StatusCode;
use serde_json::Value;

/// The first instance of the list, which is sorted by the worst status first.
pub async fn worst_instance() -> String {
    let page = get_json("/api/v1/instances?per_page=1").await;
    page["rows"][0]["instance_id"].as_str().expect("an id").to_owned()
}

fn golden(name: &str, json: &Value) {
    insta::assert_snapshot!(name, serde_json::to_string_pretty(json).expect("JSON"));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_match_the_golden_files() {
    golden("accounts", &get_json("/api/v1/accounts").await);
    golden("instances", &get_json("/api/v1/instances?per_page=3").await);
    golden("service_level", &get_json("/api/v1/service-level?account=703918462255").await);
    golden("harvest", &get_json("/api/v1/harvest").await);
    let id = worst_instance().await;
    golden("instance", &get_json(&format!("/api/v1/instances/{id}")).await);
    golden("updates", &get_json(&format!("/api/v1/instances/{id}/updates?per_page=4")).await);
    golden("history", &get_json(&format!("/api/v1/instances/{id}/history?per_page=4")).await);
    golden("runs", &get_json(&format!("/api/v1/instances/{id}/runs?per_page=2")).await);
    golden("software", &get_json(&format!("/api/v1/instances/{id}/software?per_page=2")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_ids_and_parameters_get_the_error_envelope() {
    let router = harvested().router();
    for path in ["/api/v1/instances/mi-00000000000000000", "/api/v1/instances/rubbish", "/api/v1/instances/x'y/history"]
    {
        let (status, body) = get(router.clone(), path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        let (error, id) = body.split_once(r#","request_id":""#).expect("a request id");
        assert_eq!(error, r#"{"error":{"code":"not_found","message":"This does not exist, or you may not see it."}"#);
        assert!(id.len() == 18 && id.ends_with(r#""}"#), "{id}");
    }
    let (status, body) = get(router, "/api/v1/instances?statsu=failed").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains("statsu"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_names_every_data_route_and_no_other() {
    let router = concat!(include_str!("../../../web/src/api.rs"), include_str!("../../../web/src/export.rs"));
    let routes: Vec<&str> = router
        .split(".route(\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|path| path.starts_with("/api/v1") || path.starts_with("/export"))
        .collect();
    let described: Value = serde_json::from_str(&muster_web::api::openapi::OPENAPI).expect("JSON");
    let described: Vec<&str> = described["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    let undescribed: Vec<_> = routes.iter().filter(|route| !described.contains(*route)).collect();
    assert!(undescribed.is_empty(), "{undescribed:?}");
    for path in described {
        // Lists get their routes from one table, so the sources do not have their paths.
        if !routes.contains(&path) {
            let (status, _) = get(harvested().router(), path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_have_the_members_that_the_description_names() {
    let described: Value = serde_json::from_str(&muster_web::api::openapi::OPENAPI).expect("JSON");
    let id = worst_instance().await;
    for (schema, path) in [
        ("AccountRow", "/api/v1/accounts".to_owned()),
        ("HarvestRow", "/api/v1/harvest".to_owned()),
        ("InstanceRow", "/api/v1/instances".to_owned()),
        ("UpdateRow", format!("/api/v1/instances/{id}/updates")),
        ("ChangeRow", "/api/v1/changes?since=2025-11-01".to_owned()),
        ("TrendDay", "/api/v1/trend".to_owned()),
        ("TransitionRow", format!("/api/v1/instances/{id}/history")),
        ("InvocationRow", format!("/api/v1/instances/{id}/runs")),
        ("SoftwareRow", format!("/api/v1/instances/{id}/software")),
    ] {
        let page = get_json(&path).await;
        let names =
            |value: &Value| value.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        let row = names(&page["rows"][0]);
        assert!(!row.is_empty(), "{path} has no rows");
        assert_eq!(row, names(&described["components"]["schemas"][schema]["properties"]), "{schema}");
    }
}
