//! `muster export-store`: another engine reads exactly the values of the store from the exported folder.

use crate::support::{
    process::{folder, in_folder, muster, refused, succeeded},
    world::World,
};
use duckdb::Connection;
use muster_store::backup::back_up;
use std::{fs, path::Path, process::Command};

const EXPORT: [&str; 4] = ["export-store", "--config", "muster.toml", "out"];

/// Every transition with the values of its keys, in the column order of [`EXPORTED_TRANSITIONS`].
const STORED_TRANSITIONS: &str = "
    SELECT i.account_id, strftime(t.happened_at, '%Y-%m') AS month, i.region, i.instance_id, p.title, p.kb_id,
        t.from_state, t.to_state, t.happened_at, s.seen_at, s.operation, s.operation_end_at, s.baseline_id
    FROM transition t, scan s, instance i, patch p
    WHERE s.scan_key = t.scan_key AND i.instance_key = t.instance_key AND p.patch_key = t.patch_key";
const EXPORTED_TRANSITIONS: &str = "
    SELECT account_id, month, region, instance_id, title, kb_id, from_state, to_state, happened_at, seen_at, operation,
        operation_end_at, baseline_id
    FROM read_parquet('out/transition/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)";

/// The number of rows, and a checksum of all values that does not depend on the order.
fn checksum(connection: &Connection, rows: &str) -> (i64, String) {
    let sql = format!(
        "SELECT count(*), coalesce(sum(hash(t)::HUGEINT), 0)::VARCHAR FROM (SELECT row(COLUMNS(*)) AS t FROM ({rows}))"
    );
    connection
        .query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap_or_else(|error| panic!("{rows}: {error}"))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("entries").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

/// A folder with the store of the small estate after four harvested days.
async fn harvested_folder() -> tempfile::TempDir {
    let world = World::small().await;
    for _ in 0..4 {
        world.harvest().await;
        world.next_day();
    }
    let folder = folder();
    back_up(&world.harvester.store, &folder.path().join("muster.duckdb")).expect("a copy");
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn exported_tables_equal_the_tables_of_the_store() {
    let folder = harvested_folder().await;
    succeeded(&muster(folder.path(), &EXPORT, &[]));
    let store = Connection::open(folder.path().join("muster.duckdb")).expect("a store");
    let other = Connection::open_in_memory().expect("another engine");
    let out = folder.path().join("out");
    let tables: Vec<String> = store
        .prepare("SELECT table_name FROM duckdb_tables() WHERE table_name <> 'transition'")
        .expect("a statement")
        .query_map([], |row| row.get(0))
        .expect("rows")
        .collect::<duckdb::Result<_>>()
        .expect("names");
    assert_eq!(names(&out).len(), tables.len() + 1);
    for table in &tables {
        let file = out.join(format!("{table}.parquet"));
        let read = checksum(&other, &format!("FROM read_parquet('{}')", file.display()));
        assert_eq!(read, checksum(&store, &format!("FROM \"{table}\"")), "{table}");
    }
    let read = checksum(&other, &EXPORTED_TRANSITIONS.replace("out/", &format!("{}/", out.display())));
    assert!(read.0 > 100, "{read:?}");
    assert_eq!(read, checksum(&store, STORED_TRANSITIONS));
    assert_eq!(read.0, checksum(&store, "FROM transition").0);
    let partitions = names(&out.join("transition"));
    assert!(partitions.len() > 1 && partitions.iter().all(|name| name.starts_with("account_id=")), "{partitions:?}");
    let months = names(&out.join("transition").join(&partitions[0]));
    assert!(
        months.iter().all(|name| name.starts_with("month=20") && name.len() == "month=2025-11".len()),
        "{months:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_export_leaves_no_files() {
    let folder = harvested_folder().await;
    let before = names(folder.path());
    let mut shell = Command::new("sh");
    let output = in_folder(&mut shell, folder.path(), &[])
        .args(["-c", "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_muster")])
        .args(EXPORT)
        .output()
        .expect("the binary runs");
    refused(&output, &["out", "space", "The partial export was removed"]);
    assert_eq!(names(folder.path()), before);
    refused(
        &muster(folder.path(), &EXPORT, &[("MUSTER_STORE", "other.duckdb".to_owned())]),
        &["other.duckdb", "no store"],
    );
    let held = Connection::open(folder.path().join("muster.duckdb")).expect("a store");
    refused(&muster(folder.path(), &EXPORT, &[]), &["muster.duckdb", "in use"]);
    drop(held);
    fs::create_dir(folder.path().join("out")).expect("a folder");
    refused(&muster(folder.path(), &EXPORT, &[]), &["out", "already exists"]);
    assert!(names(&folder.path().join("out")).is_empty());
}
