//! Every figure equals the number of rows of its linked list.

use crate::support::world::{api_of, get_json, harvested};
use muster_access::principal::Principal;
use muster_model::{
    filter::{AccountFilter, Order, UpdateFilter},
    page::Window,
    patch_status::PatchStatus,
    ports::Reports,
    severity::SeverityBand,
    update::UpdateRow,
};
use std::collections::HashMap;

async fn total(path: &str) -> u64 {
    let page = get_json(path).await;
    let total = page["total"].as_u64().expect("a total");
    assert!(page["rows"].as_array().expect("rows").len() as u64 <= total);
    total
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cards_add_up_and_equal_their_linked_rows() {
    let reports = harvested().reports(&Principal::local());
    let overview = reports.overview(AccountFilter::default()).await.expect("an overview");
    assert_eq!(overview.status.total(), overview.totals.instances);
    assert_eq!(total("/api/v1/instances").await, overview.totals.instances);
    for status in PatchStatus::ALL {
        let figure = overview.status.get(status);
        assert!(figure > 0, "the small estate must have every status, also {status:?}");
        assert_eq!(total(&format!("/api/v1/instances?status={}", status.code())).await, figure, "{status:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_figure_of_the_patching_table_equals_its_linked_rows() {
    let accounts = get_json("/api/v1/accounts").await;
    for account in accounts["rows"].as_array().expect("rows") {
        let id = account["account_id"].as_str().expect("an id");
        for (figure, path) in [
            ("instances", format!("/api/v1/instances?account={id}")),
            ("online_instances", format!("/api/v1/instances?account={id}&online=true")),
            ("pending_os_updates", format!("/api/v1/updates?account={id}&state=Missing,Failed")),
            ("instances_pending_os_updates", format!("/api/v1/instances?account={id}&pending=true")),
            ("pending_agent_updates", format!("/api/v1/instances?account={id}&agent=outdated")),
            ("runs_succeeded", format!("/api/v1/instances?account={id}&run=succeeded")),
            ("runs_total", format!("/api/v1/instances?account={id}&run=finished")),
            ("available_security_updates", format!("/api/v1/updates?account={id}&state=AvailableSecurityUpdate")),
            ("installed_rejected", format!("/api/v1/updates?account={id}&state=InstalledRejected")),
            ("instances_details_missing", format!("/api/v1/instances?account={id}&details_missing=true")),
        ] {
            assert_eq!(Some(total(&path).await), account[figure].as_u64(), "{figure} of {id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn severities_add_up_to_the_pending_updates() {
    let reports = harvested().reports(&Principal::local());
    let overview = reports.overview(AccountFilter::default()).await.expect("an overview");
    let sum: u64 = overview.severities.iter().map(|count| count.pending_os_updates).sum();
    assert_eq!(sum, overview.totals.pending_os_updates);
    for count in overview.severities {
        let path = format!("/api/v1/updates?state=Missing,Failed&severity={}", count.band.code());
        assert_eq!(total(&path).await, count.pending_os_updates);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attention_lines_equal_their_linked_rows() {
    let reports = harvested().reports(&Principal::local());
    let overview = reports.overview(AccountFilter::default()).await.expect("an overview");
    assert!(!overview.attention.is_empty());
    for line in overview.attention {
        assert_eq!(total(&api_of(&line.href)).await, line.count, "{line:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_a_list_hold_every_row_once() {
    let all = get_json("/api/v1/updates?per_page=500").await;
    let mut seen = Vec::new();
    let mut path = "/api/v1/updates?per_page=100".to_owned();
    loop {
        let page = get_json(&path).await;
        seen.extend(page["rows"].as_array().expect("rows").iter().map(ToString::to_string));
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/updates?per_page=100&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(Some(seen.len() as u64), all["total"].as_u64());
    seen.sort();
    seen.dedup();
    assert_eq!(Some(seen.len() as u64), all["total"].as_u64());
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_sort_by_severity_in_the_order_of_their_bands() {
    let reports = harvested().reports(&Principal::local());
    let everything = UpdateFilter { window: Window { offset: 0, limit: u32::MAX }, ..UpdateFilter::default() };
    let key = |row: &UpdateRow| (row.instance_id.clone(), row.name.clone(), row.description.clone());
    let mut bands = HashMap::new();
    for band in SeverityBand::ALL {
        let filter = UpdateFilter { severity: Some(band), ..everything.clone() };
        let rows = reports.updates(filter).await.expect("updates").rows;
        bands.extend(rows.iter().map(|row| (key(row), band)));
    }
    let filter = UpdateFilter { order: Order::by("severity"), ..everything };
    let sorted = reports.updates(filter).await.expect("updates").rows;
    assert!(sorted.is_sorted_by_key(|row| bands[&key(row)]), "the most severe updates must come first");
    let is_apt_important = |row: &UpdateRow| row.severity == "Important" && bands[&key(row)] == SeverityBand::Unrated;
    assert!(sorted.iter().any(is_apt_important), "the estate must have an unrated update of apt's priority Important");
}
