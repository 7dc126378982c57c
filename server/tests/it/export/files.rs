//! CSV files: golden files, all rows, and no formulas.

use crate::{
    requests::api::worst_instance,
    support::world::{get, get_bytes, get_json, harvested},
};
use axum::http::StatusCode;

async fn csv(path: &str) -> String {
    let (status, body) = get(harvested().router(), path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

/// The header and the first rows, with visible CRLF.
fn head(text: &str, lines: usize) -> String {
    text.split_inclusive("\r\n").take(lines).collect::<String>().replace("\r\n", "␍␊\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn files_match_the_golden_files() {
    let id = worst_instance().await;
    insta::assert_snapshot!("accounts", head(&csv("/export/accounts.csv").await, 4));
    insta::assert_snapshot!("instances", head(&csv("/export/instances.csv").await, 4));
    insta::assert_snapshot!("updates", head(&csv(&format!("/export/updates.csv?instance={id}")).await, 5));
    insta::assert_snapshot!("service_level", head(&csv("/export/service_level.csv").await, 4));
    insta::assert_snapshot!("history", head(&csv(&format!("/export/history.csv?instance={id}")).await, 5));
    insta::assert_snapshot!("runs", head(&csv(&format!("/export/runs.csv?instance={id}")).await, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_every_row_of_its_list_in_the_same_order() {
    for (list, query) in [("instances", "online=true&sort=name"), ("updates", "state=Missing,Failed"), ("accounts", "")]
    {
        let page = get_json(&format!("/api/v1/{list}?{query}&per_page=500")).await;
        let text = csv(&format!("/export/{list}.csv?{query}")).await;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("valid records");
        assert_eq!(Some(records.len() as u64), page["total"].as_u64(), "{list}");
        let key = if list == "accounts" { "account_id" } else { "instance_id" };
        let column = reader.headers().expect("a header").iter().position(|name| name == key).expect("the column");
        let ids: Vec<&str> = records.iter().map(|record| &record[column]).collect();
        let rows = page["rows"].as_array().expect("rows");
        let shown: Vec<&str> = rows.iter().filter_map(|row| row[key].as_str()).collect();
        assert_eq!(ids, shown, "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_cell_starts_a_formula() {
    let text = csv("/export/instances.csv").await;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let cells: Vec<String> = reader
        .records()
        .flat_map(|record| record.expect("a record").iter().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert!(cells.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])));
    let hostile = cells.iter().any(|cell| cell.starts_with("'=") || cell.contains('<'));
    assert!(hostile, "the small estate needs an instance with a hostile name");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_files_for_excel_have_a_byte_order_mark() {
    let (_, plain) = get_bytes(harvested().router(), "/export/accounts.csv").await;
    let (_, marked) = get_bytes(harvested().router(), "/export/accounts.csv?excel=1").await;
    assert!(plain.starts_with(b"provider,"));
    assert_eq!(marked.strip_prefix(b"\xef\xbb\xbf"), Some(plain.as_slice()));
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_a_history_without_a_known_instance() {
    let (status, body) = get(harvested().router(), "/export/history.csv").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains("instance"), "{body}");
    let (status, _) = get(harvested().router(), "/export/history.csv?instance=mi-00000000000000000").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
