//! Pages are whole HTML before any script runs.

use super::{
    api::worst_instance,
    world::{get, get_json, harvested},
};
use axum::http::StatusCode;

async fn page(path: &str) -> String {
    let (status, html) = get(harvested().router(), path).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    html
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_has_the_columns_of_the_post() {
    let html = page("/").await;
    for column in
        ["Account", "Instances", "Online", "Pending OS updates", "Pending agent updates", "Run success", "Up to date"]
    {
        assert!(html.contains(column), "{column}");
    }
    assert!(html.contains("<svg"), "no chart");
    for account in get_json("/api/v1/accounts").await["rows"].as_array().expect("rows") {
        assert!(html.contains(account["account_name"].as_str().expect("a name")), "{account}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_answers() {
    let id = worst_instance().await;
    let account = get_json("/api/v1/accounts").await["rows"][0]["account_id"].as_str().expect("an id").to_owned();
    for path in [
        "/".to_owned(),
        format!("/accounts/{account}"),
        "/instances".to_owned(),
        "/instances?status=failed&sort=name".to_owned(),
        format!("/instances/{id}"),
        format!("/instances/{id}?tab=history"),
        format!("/instances/{id}?tab=software"),
        format!("/instances/{id}?tab=runs"),
        "/updates?state=Missing,Failed".to_owned(),
        "/harvest".to_owned(),
        "/healthz".to_owned(),
        "/readyz".to_owned(),
        "/api/openapi.json".to_owned(),
    ] {
        page(&path).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_page_that_helps() {
    for path in ["/nowhere", "/instances/mi-00000000000000000", "/accounts/unknown", "/instances/<script>"] {
        let path = path.replace('<', "%3C").replace('>', "%3E");
        let (status, html) = get(harvested().router(), &path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(html.contains("href=\"/instances\""), "{path} leads nowhere");
    }
    let (status, html) = get(harvested().router(), "/instances?statsu=failed").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(html.contains("statsu"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_machines_say_is_never_markup() {
    let html = page("/instances").await;
    let hostile = get_json("/api/v1/instances?per_page=500").await;
    let names = hostile["rows"].as_array().expect("rows").iter().filter_map(|row| row["name"].as_str());
    let hostile: Vec<&str> = names.filter(|name| name.contains('<')).collect();
    assert!(!hostile.is_empty(), "the small estate has a machine with markup in its name");
    for name in hostile {
        assert!(!html.contains(name), "{name} is in the page as markup");
    }
}
