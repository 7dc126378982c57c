//! The limits of DuckDB in the portal. G.1 18: no statement reads files, loads code, writes rows or changes settings;
//! G.2 27: slow statements time out.
//!
//! The first defence is that statements are constants: `statements_are_constants_that_only_read`. An attacker who
//! controls whole statements could end the read-only transaction, but not access other files or change settings.

use crate::{
    store::integrity::{HARVESTS, figure},
    support::{wait::happens, world::World},
};
use muster_store::{
    connection::Store,
    error::StoreError,
    reading::{ReadOptions, Reading},
};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

/// More rows than a computer can count before the test ends.
const SLOW_STATEMENT: &str = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 7";
const TEST_TIMEOUT: Duration = Duration::from_secs(30);

fn in_200_ms() -> ReadOptions {
    ReadOptions { time_max: Some(Duration::from_millis(200)), ..ReadOptions::default() }
}

async fn refused(store: &Store, sql: &'static str) -> String {
    let ran = store
        .read("a statement", move |connection| connection.execute_batch(sql).map_err(StoreError::read("a statement")));
    let error = ran.await.err().unwrap_or_else(|| panic!("`{sql}` ran"));
    std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_cannot_access_anything_outside_the_store() {
    let world = World::small().await;
    world.harvest().await;
    let store = &world.harvester.store;
    let before = figure(store, HARVESTS).await;
    for sql in [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_blob('/etc/hostname')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO 'stolen.csv'",
        "COPY account TO '/tmp/stolen.csv'",
        "ATTACH 'other.duckdb'",
        "INSTALL httpfs",
        "LOAD 'httpfs.duckdb_extension'",
        "LOAD httpfs",
        "EXPORT DATABASE 'stolen'",
        "IMPORT DATABASE 'stolen'",
        "CREATE SECRET s (TYPE s3)",
    ] {
        refused(store, sql).await;
    }
    assert_eq!(figure(store, HARVESTS).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_cannot_write() {
    let world = World::small().await;
    world.harvest().await;
    let store = &world.harvester.store;
    let tables = "SELECT count(*) FROM duckdb_tables() WHERE NOT internal";
    let before = (figure(store, HARVESTS).await, figure(store, tables).await);
    for sql in [
        "CREATE TABLE extra (i INTEGER)",
        "SELECT 1; CREATE TABLE extra (i INTEGER)",
        "INSERT INTO account SELECT * FROM account",
        "UPDATE account SET customer_id = 'mine'",
        "DELETE FROM account",
        "DROP TABLE account",
        "ALTER TABLE account RENAME TO other",
        "CREATE VIEW extra AS SELECT 1",
        "CREATE MACRO extra() AS 1",
    ] {
        let cause = refused(store, sql).await;
        assert!(cause.contains("read-only"), "{sql}: {cause}");
    }
    assert_eq!((figure(store, HARVESTS).await, figure(store, tables).await), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_duckdb_cannot_be_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.duckdb");
    let stores = [Store::open(&path).expect("a store"), Store::in_memory().expect("a store")];
    for store in &stores {
        for sql in [
            "SET enable_external_access = true",
            "SET lock_configuration = false",
            "RESET lock_configuration",
            "SET autoinstall_known_extensions = true",
            "SET autoload_known_extensions = true",
            "SET allowed_directories = ['/etc']",
            "SET GLOBAL memory_limit = '1TB'",
            "SET temp_directory = '/tmp'",
            "SET max_temp_directory_size = '1TB'",
            "SET threads = 64",
            "PRAGMA memory_limit = '1TB'",
        ] {
            refused(store, sql).await;
            // The writer cannot change settings either.
            let set = store.write("a setting", move |writer| {
                writer.connection().execute_batch(sql).map_err(StoreError::write("set"))
            });
            assert!(set.await.is_err(), "the writer ran `{sql}`");
        }
    }
    let setting = |name: &'static str| {
        stores[0].read("a setting", move |connection| {
            let setting = connection.query_row("SELECT current_setting($1)::VARCHAR", [name], |row| row.get(0));
            setting.map_err(StoreError::read("a setting"))
        })
    };
    let read: Vec<String> = vec![
        setting("enable_external_access").await.expect("a setting"),
        setting("lock_configuration").await.expect("a setting"),
        setting("autoinstall_known_extensions").await.expect("a setting"),
    ];
    assert_eq!(read, ["false", "true", "false"]);
    // Temporary files are beside the store and limited in size.
    let folder_of_temporary_files: String = setting("temp_directory").await.expect("a setting");
    assert!(Path::new(&folder_of_temporary_files).starts_with(folder.path()), "{folder_of_temporary_files}");
    let maximum: String = setting("max_temp_directory_size").await.expect("a setting");
    assert!(maximum.contains("GiB"), "{maximum}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_statement_times_out_and_the_next_one_runs() {
    let store = Store::in_memory().expect("a store");
    let run_slow = |reading: Reading<'_>| {
        reading
            .connection
            .query_row(SLOW_STATEMENT, [], |row| row.get::<_, i64>(0))
            .map_err(StoreError::read("a slow statement"))
    };
    for _ in 0..2 {
        // If this timeout passes, it drops the read, so the test fails instead of hanging.
        let read = store.spawn_read("a slow statement", in_200_ms(), run_slow);
        let result = tokio::time::timeout(TEST_TIMEOUT, read).await.expect("the read times out first");
        assert!(matches!(result, Err(StoreError::TimedOut { what: "a slow statement" })), "{result:?}");
        // The next statement on the same connection is not limited by the previous timeout.
        assert_eq!(figure(&store, HARVESTS).await, 0);
    }
    // Many short statements.
    let many = store.spawn_read("many", in_200_ms(), |reading| {
        let count = "SELECT count(*) FROM range(100000)";
        let mut counted = Ok(0);
        while counted.is_ok() {
            counted = reading.connection.query_row(count, [], |row| row.get::<_, i64>(0));
        }
        counted.map_err(StoreError::read("many"))
    });
    assert!(matches!(many.await, Err(StoreError::TimedOut { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_statement_is_interrupted() {
    let store = Store::in_memory().expect("a store");
    let ended = Arc::new(AtomicBool::new(false));
    let (has_ended, (sender, handle)) = (ended.clone(), mpsc::channel());
    let reading =
        store.spawn_read("a slow statement", ReadOptions::default(), move |Reading { connection, .. }| {
            sender.send(connection.interrupt_handle()).expect("a receiver");
            let counted = connection.query_row(SLOW_STATEMENT, [], |row| row.get::<_, i64>(0));
            has_ended.store(counted.is_err(), Ordering::SeqCst);
            counted.map_err(StoreError::read("a slow statement"))
        });
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(reading);
    let is_interrupted = happens(async || ended.load(Ordering::SeqCst)).await;
    if !is_interrupted {
        // Otherwise the read would continue after the test.
        handle.recv().expect("a handle").interrupt();
    }
    assert!(is_interrupted, "the abandoned read was not interrupted");
}
