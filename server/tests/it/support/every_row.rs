//! All rows of a store as text, with names in the place of keys, so that two stores can be compared.

use muster_store::{connection::Store, error::StoreError};

/// What a key stands for, by the end of its column's name. Keys are assigned in the order in which rows arrive.
const NAMES: [(&str, &str); 4] = [
    (
        "instance_key",
        "SELECT concat_ws(' ', k.account_id, k.region, k.instance_id) FROM instance k WHERE k.instance_key = t.",
    ),
    ("patch_key", "SELECT concat_ws(' ', k.title, k.kb_id) FROM patch k WHERE k.patch_key = t."),
    ("scan_key", "SELECT concat_ws(' ', k.seen_at, k.operation_end_at) FROM scan k WHERE k.scan_key = t."),
    (
        "harvest_id",
        "SELECT concat_ws(' ', k.account_id, k.region, k.started_at) FROM harvest k WHERE k.harvest_id = t.",
    ),
];

/// What depends on the order of keys: a hash of keys, and the last key of a month.
const SKIPPED_COLUMNS: [&str; 1] = ["updates_hash"];
const SKIPPED_TABLE: &str = "compaction";

/// Returns the rows in order, each after the name of its table. Columns whose names end with one of `skipped` are left out.
pub async fn every_row(store: &Store, skipped: &'static [&'static str]) -> Vec<String> {
    let rows = store.read("every row", move |connection| {
        let read = || -> duckdb::Result<Vec<String>> {
            let columns: Vec<(String, String)> = connection
                .prepare("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal ORDER BY ALL")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<duckdb::Result<_>>()?;
            let mut rows = Vec::new();
            let tables = columns.chunk_by(|one, next| one.0 == next.0);
            for columns in tables.filter(|columns| columns[0].0 != SKIPPED_TABLE) {
                let table = &columns[0].0;
                let is_skipped =
                    |name: &str| SKIPPED_COLUMNS.iter().chain(skipped).any(|skipped| name.ends_with(skipped));
                let fields: Vec<String> = columns
                    .iter()
                    .filter(|(_, name)| !is_skipped(name))
                    .map(|(_, name)| match NAMES.iter().find(|(key, _)| name.ends_with(key)) {
                        Some((_, named)) => format!("({named}\"{name}\") AS \"{name}\""),
                        None => format!("t.\"{name}\""),
                    })
                    .collect();
                let sql = format!(
                    "SELECT '{table} ' || r::VARCHAR FROM (SELECT {} FROM \"{table}\" t) r ORDER BY 1",
                    fields.join(", ")
                );
                let found =
                    connection.prepare(&sql)?.query_map([], |row| row.get(0))?.collect::<duckdb::Result<Vec<_>>>()?;
                rows.extend(found);
            }
            Ok(rows)
        };
        read().map_err(StoreError::read("every row"))
    });
    rows.await.expect("rows")
}
