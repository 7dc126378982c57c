//! G.2 17 and G.1 8: what a spreadsheet would run, in every text that a machine, a roster or a person can write, through the
//! real router → `no_text_of_any_file_starts_a_formula`; 16, controls → `controls_are_in_no_file`.

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

/// Text columns of ours in the store that people or machines fill, past the cleaning of what is collected: the file must be
/// safe by itself.
const COLUMNS: [(&str, &[&str]); 8] = [
    ("account", &["account_name", "customer_name"]),
    ("instance", &["computer_name"]),
    (
        "listed_instance",
        &["name", "computer_name", "platform_name", "platform_version", "agent_version", "patch_group"],
    ),
    ("patch", &["title", "kb_id"]),
    ("instance_update", &["classification", "severity", "cve_ids"]),
    ("scan", &["operation", "baseline_id", "snapshot_id"]),
    ("invocation", &["status", "status_details", "document_name"]),
    ("patch_baseline", &["name"]),
];

/// A world in which every text is this one.
async fn called(world: &World, text: &str) {
    let text = text.to_owned();
    let set = move |writer: &mut Writer| {
        for (table, columns) in COLUMNS {
            for column in columns {
                let known: i64 = writer
                    .connection
                    .query_row(
                        "SELECT count(*) FROM duckdb_columns() WHERE table_name = $1 AND column_name = $2",
                        [table, column],
                        |row| row.get(0),
                    )
                    .map_err(StoreError::read("columns"))?;
                if known > 0 {
                    let sql = format!("UPDATE {table} SET {column} = $1");
                    writer.connection.execute(&sql, [&text]).map_err(StoreError::write("call everything so"))?;
                }
            }
        }
        Ok(())
    };
    world.harvester.store.write("names", set).await.expect("written");
}

/// The lists with the number of their typed columns that no text may reach.
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

async fn world_of_two_days() -> (World, String) {
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
async fn no_text_of_any_file_starts_a_formula() {
    let (world, id) = world_of_two_days().await;
    for text in CORPUS {
        called(&world, text).await;
        let expected = render(&Value::Text(text.into()), false).into_owned();
        let mut lists_with_it = 0;
        for (list, header, records) in files(&world, &id).await {
            let mut found = false;
            for record in &records {
                for (column, cell) in header.iter().zip(record) {
                    // Of our own making: a number may be negative.
                    let typed = cell.parse::<f64>().is_ok() && !text.starts_with(cell);
                    assert!(typed || !starts_formula(cell), "{list}, {column}: {cell:?}");
                    found |= cell == expected;
                }
            }
            lists_with_it += usize::from(found);
        }
        assert!(lists_with_it >= 7, "`{text}` got into {lists_with_it} files only: this shows too little");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn controls_are_in_no_file() {
    let (world, id) = world_of_two_days().await;
    called(&world, "a\0b\u{1b}[31mc\u{7f}\r\nd\te\u{8}").await;
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

/// Names of columns are constants, and none of them is a formula either.
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
