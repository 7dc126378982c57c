//! What DuckDB is let do for the portal. G.1 18: whatever came into a statement, it reads no file, loads no code, writes no
//! row and changes no setting; and G.2 27, what takes too long is broken off.
//!
//! The first wall is that statements are constants: `statements_are_constants_that_only_read`. Somebody who could write
//! whole statements could end the transaction that only reads, but still not leave the file or open the settings.

use crate::{
    store::integrity::{HARVESTS, figure},
    support::world::World,
};
use muster_store::{connection::Store, error::StoreError};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

/// More rows than any machine counts while somebody waits.
const BOMB: &str = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 7";
const WAITS_MAX: usize = 3_000;
const PATIENCE: Duration = Duration::from_secs(30);

async fn refused(store: &Store, sql: &'static str) -> String {
    let ran = store
        .read("a statement", move |connection| connection.execute_batch(sql).map_err(StoreError::read("a statement")));
    let error = ran.await.err().unwrap_or_else(|| panic!("`{sql}` ran"));
    std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_leaves_the_file_in_no_way() {
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
async fn a_reader_writes_nothing() {
    let world = World::small().await;
    world.harvest().await;
    let store = &world.harvester.store;
    let tables = "SELECT count(*) FROM duckdb_tables() WHERE NOT internal";
    let before = (figure(store, HARVESTS).await, figure(store, tables).await);
    for sql in [
        "CREATE TABLE pwn (i INTEGER)",
        "SELECT 1; CREATE TABLE pwn (i INTEGER)",
        "INSERT INTO account SELECT * FROM account",
        "UPDATE account SET customer_id = 'mine'",
        "DELETE FROM account",
        "DROP TABLE account",
        "ALTER TABLE account RENAME TO other",
        "CREATE VIEW pwn AS SELECT 1",
        "CREATE MACRO pwn() AS 1",
    ] {
        let cause = refused(store, sql).await;
        assert!(cause.contains("read-only"), "{sql}: {cause}");
    }
    assert_eq!((figure(store, HARVESTS).await, figure(store, tables).await), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_what_duckdb_may_do() {
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
            // Nor does who writes.
            let set = store.write("a setting", move |writer| {
                writer.connection.execute_batch(sql).map_err(StoreError::write("set"))
            });
            assert!(set.await.is_err(), "the writer could `{sql}`");
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
    // What does not fit into memory lies beside the store, and not without end.
    let beside: String = setting("temp_directory").await.expect("a setting");
    assert!(Path::new(&beside).starts_with(folder.path()), "{beside}");
    let most: String = setting("max_temp_directory_size").await.expect("a setting");
    assert!(most.contains("GiB"), "{most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_broken_off_and_the_next_is_not() {
    let store = Store::in_memory().expect("a store");
    let bomb = |connection: &duckdb::Connection| {
        connection.query_row(BOMB, [], |row| row.get::<_, i64>(0)).map_err(StoreError::read("a bomb"))
    };
    for _ in 0..2 {
        // Whoever gives up here ends the read, so that this fails where the read would not end.
        let read = store.read_within(Duration::from_millis(200), "a bomb", bomb);
        let broken_off = tokio::time::timeout(PATIENCE, read).await.expect("broken off by itself");
        assert!(matches!(broken_off, Err(StoreError::TimedOut { what: "a bomb" })), "{broken_off:?}");
        // The same connection, and the limit of the one before does not reach it.
        assert_eq!(figure(&store, HARVESTS).await, 0);
    }
    // Many statements of which each is short.
    let many = store.read_within(Duration::from_millis(200), "many", |connection| {
        let count = "SELECT count(*) FROM range(100000)";
        let mut counted = Ok(0);
        while counted.is_ok() {
            counted = connection.query_row(count, [], |row| row.get::<_, i64>(0));
        }
        counted.map_err(StoreError::read("many"))
    });
    assert!(matches!(many.await, Err(StoreError::TimedOut { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_waits_for_is_broken_off() {
    let store = Store::in_memory().expect("a store");
    let ended = Arc::new(AtomicBool::new(false));
    let (told, (sender, handle)) = (ended.clone(), mpsc::channel());
    let reading = store.spawn_read("a bomb", None, move |connection| {
        sender.send(connection.interrupt_handle()).expect("somebody waits");
        let counted = connection.query_row(BOMB, [], |row| row.get::<_, i64>(0));
        told.store(counted.is_err(), Ordering::SeqCst);
        counted.map_err(StoreError::read("a bomb"))
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(reading);
    for _ in 0..WAITS_MAX {
        if ended.load(Ordering::SeqCst) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Or this test would go on with it.
    handle.recv().expect("a handle").interrupt();
    panic!("the read goes on though nobody waits for it");
}
