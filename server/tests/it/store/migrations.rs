//! Stores of all earlier versions. Each is made by the migrations up to its version, with rows added after each
//! migration, and is then opened, read and harvested into. `migrations/NNNN.sql` has the rows of version NNNN.

use super::integrity::assert_consistent;
use crate::support::world::{World, get, portal};
use axum::http::StatusCode;
use duckdb::Connection;
use muster_access::principal::Principal;
use muster_store::{connection::Store, integrity::row_counts, migrate::SCHEMA_VERSION};
use muster_verify::{Extent, verify};
use std::{fs, path::Path};

/// The store of one version in so many is also read and harvested into.
const STEP: usize = 8;

fn step() -> usize {
    std::env::var("MUSTER_MIGRATIONS_STEP").map_or(STEP, |step| step.parse().expect("a number of versions"))
}

const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

/// Pages and files that together read all kinds of rows.
const PATHS: [&str; 12] = [
    "/",
    "/instances",
    "/customers",
    "/updates",
    "/updates/list",
    "/changes",
    "/trends",
    "/service-level",
    "/harvest",
    "/accounts/703918462255",
    "/instances/i-0aaaaaaaaaaaaaaa1?tab=history",
    "/export/history.csv?instance=i-0aaaaaaaaaaaaaaa1",
];

/// Returns the migrations and the rows that are added after each.
fn versions() -> Vec<(String, String)> {
    let files = fs::read_dir(format!("{PACKAGE}/store/src/migrations")).expect("a folder");
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows = |number| read(Path::new(&format!("{PACKAGE}/tests/it/store/migrations/{number:04}.sql")));
    files.iter().zip(1..).map(|(file, number)| (read(file), rows(number))).collect()
}

/// Makes a store of an earlier version. Returns the number of rows in its tables.
fn make_store(path: &Path, versions: &[(String, String)]) -> Vec<(String, i64)> {
    let connection = Connection::open(path).expect("a database");
    connection.execute_batch("CREATE TABLE schema_version (version BIGINT NOT NULL)").expect("a table");
    for (number, (migration, rows)) in (1..).zip(versions) {
        for sql in [migration, rows, &format!("INSERT INTO schema_version VALUES ({number})")] {
            connection.execute_batch(sql).unwrap_or_else(|error| panic!("version {number}: {error}"));
        }
    }
    row_counts(&connection).expect("rows")
}

async fn assert_readable(world: &World, after: &str) {
    for path in PATHS {
        let (status, body) = get(portal(&world.source(), Principal::local().identity), path).await;
        assert_eq!(status, StatusCode::OK, "{after}: {path}: {body}");
    }
    let verification = verify(&world.source(), Extent::WHOLE).await.expect("verified");
    assert_eq!((verification.mismatches, verification.first), (0, Vec::new()), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_every_version_is_migrated_read_and_harvested_into() {
    let versions = versions();
    assert_eq!(versions.len() as i64, SCHEMA_VERSION);
    let folder = tempfile::tempdir().expect("a folder");
    for version in 1..=versions.len() {
        let path = folder.path().join(format!("{version}.duckdb"));
        let before = make_store(&path, &versions[..version]);
        let mut world = World::small().await;
        world.harvester.store = Store::open(&path).expect("a store");
        let after = format!("opened version {version}");
        let rows = world.harvester.store.read("rows", row_counts).await.expect("rows");
        for (table, count) in
            before.iter().filter(|(table, _)| !["schema_version", "software_capture"].contains(&table.as_str()))
        {
            assert!(rows.contains(&(table.clone(), *count)), "{after}: {table} had {count} rows: {rows:?}");
        }
        assert_consistent(&world.harvester.store, &after).await;
        // Each is read and harvested into by the whole test, and by default only some.
        if !version.is_multiple_of(step()) && ![1, versions.len()].contains(&version) {
            continue;
        }
        assert_readable(&world, &after).await;
        world.harvest().await;
        let after = format!("harvested into version {version}");
        assert_consistent(&world.harvester.store, &after).await;
        assert_readable(&world, &after).await;
    }
}
