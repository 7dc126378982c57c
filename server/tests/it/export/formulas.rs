//! G.2 17 and G.1 8, formulas in text from instances, rosters and people → `no_text_in_any_file_starts_a_formula`;
//! 16, control characters → `no_file_has_control_characters`. All files come through the router.

use crate::support::world::{World, get};
use axum::http::StatusCode;
use muster_model::{
    account::AccountRow,
    change::ChangeRow,
    column::{Columns, Value},
    instance::InstanceRow,
    run::InvocationRow,
    service_level::AccountServiceRow,
    transition::TransitionRow,
    update::UpdateRow,
};
use muster_store::{connection::Writer, error::StoreError};
use muster_web::export::cell::render;

const CORPUS: [&str; 14] = [
    "=cmd|'/c calc'!A1",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\n=1",
    "\"=1\"",
    " =1",
    "＝1",
    "%0A=1",
    "|cmd",
    "'=1",
    "-001",
    "\u{a0}\u{200b}=HYPERLINK(\"http://evil.test\",\"x\"),\";=2",
];

/// Text columns of the store that people or instances fill. The tests bypass the cleaning of collected text, because the
/// files must be safe without it.
const COLUMNS: [(&str, &[&str]); 9] = [
    ("listed_software", &["name", "version", "publisher"]),
    ("listed_region", &["account_name", "customer_name"]),
    ("instance", &["computer_name"]),
    (
        "listed_instance",
        &["name", "computer_name", "platform_name", "platform_version", "agent_version", "patch_group", "patch_policy"],
    ),
    ("patch", &["title", "kb_id"]),
    ("instance_update", &["classification", "severity", "cve_ids"]),
    ("scan", &["operation", "baseline_id", "snapshot_id"]),
    ("invocation", &["status", "status_details", "document_name"]),
    ("patch_baseline", &["name"]),
];

/// Sets all text columns of the store to `text`.
async fn set_all_texts(world: &World, text: &str) {
    let text = text.to_owned();
    let set = move |writer: &mut Writer| {
        for (table, columns) in COLUMNS {
            for column in columns {
                let known: i64 = writer
                    .connection()
                    .query_row(
                        "SELECT count(*) FROM duckdb_columns() WHERE table_name = $1 AND column_name = $2",
                        [table, column],
                        |row| row.get(0),
                    )
                    .map_err(StoreError::read("columns"))?;
                if known > 0 {
                    let sql = format!("UPDATE {table} SET {column} = $1");
                    writer.connection().execute(&sql, [&text]).map_err(StoreError::write("set texts"))?;
                }
            }
        }
        Ok(())
    };
    world.harvester.store.write("names", set).await.expect("written");
}

/// Every CSV file with its header and records.
async fn files(world: &World, id: &str) -> Vec<(String, csv::StringRecord, Vec<csv::StringRecord>)> {
    let mut files = Vec::new();
    let lists =
        ["accounts", "instances", "updates", "changes", "service_level", "trend"].map(|list| format!("{list}.csv"));
    let own = ["history", "runs", "updates"].map(|list| format!("{list}.csv?instance={id}"));
    for list in lists.into_iter().chain(own) {
        let (status, text) = get(world.router(), &format!("/export/{list}")).await;
        assert_eq!(status, StatusCode::OK, "{list}: {text}");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().expect("a header").clone();
        let records = reader.records().collect::<Result<Vec<_>, _>>().expect("records as long as the header");
        files.push((list, header, records));
    }
    files
}

fn starts_formula(cell: &str) -> bool {
    let first = cell.trim_start_matches(|c: char| {
        c.is_whitespace() && c != '\t' && c != '\n' || "\u{feff}\u{200b}\u{2060}".contains(c)
    });
    first.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '＝', '＋', '－', '＠'])
}

async fn harvested_world() -> (World, String) {
    let world = World::small().await;
    world.skip_to_last_day();
    world.harvest().await;
    let id = world.harvester.store.read("an instance", |connection| {
        let sql = "SELECT i.instance_id FROM instance i JOIN transition t USING (instance_key)
            JOIN invocation v USING (account_id, region, instance_id) GROUP BY ALL ORDER BY count(*) DESC LIMIT 1";
        connection.query_row(sql, [], |row| row.get(0)).map_err(StoreError::read("an instance"))
    });
    let id = id.await.expect("an instance with a history and runs");
    (world, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_in_any_file_starts_a_formula() {
    let (world, id) = harvested_world().await;
    for text in CORPUS {
        set_all_texts(&world, text).await;
        let expected = render(&Value::Text(text.into()), false).into_owned();
        let mut lists_with_it = 0;
        for (list, header, records) in files(&world, &id).await {
            let mut found = false;
            for record in &records {
                for (column, cell) in header.iter().zip(record) {
                    // Numbers may be negative.
                    let typed = cell.parse::<f64>().is_ok() && !text.starts_with(cell);
                    assert!(typed || !starts_formula(cell), "{list}, {column}: {cell:?}");
                    found |= cell == expected;
                }
            }
            lists_with_it += usize::from(found);
        }
        assert!(lists_with_it >= 7, "only {lists_with_it} files contain `{text}`");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_has_control_characters() {
    let (world, id) = harvested_world().await;
    set_all_texts(&world, "a\0b\u{1b}[31mc\u{7f}\r\nd\te\u{8}").await;
    for (list, _, records) in files(&world, &id).await {
        let cells: Vec<&str> = records.iter().flat_map(|record| record.iter()).collect();
        let control = cells.iter().find(|cell| cell.contains(|c: char| c.is_ascii_control() && c != '\t' && c != '\n'));
        assert_eq!(control, None, "{list}");
    }
    let (_, raw) = get(world.router(), "/export/instances.csv?raw=1").await;
    assert!(raw.contains("ab[31mc\nd\te"), "{raw}");
    let (_, lossless) = get(world.router(), "/export/instances.csv?format=jsonl").await;
    assert!(lossless.contains(r"a\u0000b\u001b[31mc"), "{lossless}");
}

/// Column names are constants, so only their characters are checked.
#[test]
fn headers_are_plain_words() {
    let columns = [
        AccountRow::columns(),
        AccountServiceRow::columns(),
        ChangeRow::columns(),
        InstanceRow::columns(),
        InvocationRow::columns(),
        TransitionRow::columns(),
        UpdateRow::columns(),
    ];
    for name in columns.concat().iter().map(|column| column.name) {
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{name}");
    }
}
