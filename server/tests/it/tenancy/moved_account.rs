//! An account that moves to another customer during a session: the next request shows it to the new owner only.

use crate::support::world::{World, customer, get, portal};
use axum::http::StatusCode;
use muster_core::roster::Account;
use serde_json::Value;

async fn get_page(world: &World, customer_id: &str, path: &str) -> Value {
    let (status, body) = get(portal(&world.source(), customer(customer_id).identity), path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    serde_json::from_str(&body).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_page_of_a_list_omits_an_account_that_has_moved() {
    let mut world = World::small().await;
    world.harvest().await;
    let own = world.harvester.accounts[0].customer_id.clone();
    let other = world.harvester.accounts.iter().map(|account| &account.customer_id).find(|id| **id != own);
    let other = other.expect("another customer").clone();
    // One browser with one session for the whole test.
    let browser = portal(&world.source(), customer(&own).identity);
    let list = async |path: &str| -> Value {
        let (status, body) = get(browser.clone(), path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        serde_json::from_str(&body).expect("JSON")
    };
    let total = |page: &Value| page["total"].as_u64().expect("a total");
    let first = list("/api/v1/instances?per_page=25").await;
    let id = first["rows"][0]["instance_id"].as_str().expect("an id").to_owned();
    let theirs = total(&get_page(&world, &other, "/api/v1/instances").await);
    assert!(total(&first) > 1);

    let moved = world.harvester.accounts.iter().cloned().map(|account| match account.customer_id == own {
        true => Account { customer_id: other.clone(), ..account },
        false => account,
    });
    world.harvester.accounts = moved.collect();
    world.harvest().await;
    for path in ["/api/v1/instances?per_page=25&page=2", "/api/v1/instances", "/api/v1/updates", "/api/v1/accounts"] {
        let second = list(path).await;
        assert_eq!((total(&second), second["rows"].as_array().map(Vec::len)), (0, Some(0)), "{path}");
    }
    assert_eq!(get(browser.clone(), &format!("/api/v1/instances/{id}")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(total(&get_page(&world, &other, "/api/v1/instances").await), theirs + total(&first));
}
