//! `muster backup` and `muster restore`: the portal shows the same after a restore, also if the store was being
//! written; an invalid backup changes nothing; an incomplete backup is removed.

use crate::{
    store::integrity::{HARVESTS, assert_consistent, figure},
    support::{
        process::{HARVEST, Running, command, endpoint, folder, folder_of, in_folder, muster, refused, succeeded},
        wait::happens,
        world::{World, get, portal, source_of},
    },
};
use axum::http::StatusCode;
use jiff::Timestamp;
use muster_access::principal::Principal;
use muster_core::clock::{Clock, FixedClock};
use muster_simulator::{Estate, GeneratedSpec, Simulator};
use muster_store::{
    backup::{back_up, restore as restore_into},
    connection::Store,
};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};
use tokio::net::TcpListener;

fn backup(folder: &Path, target: &str) -> std::process::Output {
    muster(folder, &["backup", "--config", "muster.toml", target], &[])
}

fn restore(folder: &Path, file: &Path) -> std::process::Output {
    muster(folder, &["restore", "--config", "muster.toml", file.to_str().expect("UTF-8")], &[])
}

/// The portal's responses from a store, by route.
async fn shown(store: Store, now: Timestamp) -> BTreeMap<String, String> {
    let clock = Arc::new(FixedClock::at(now));
    let router = portal(&source_of(store, clock), Principal::local().identity);
    let instances: serde_json::Value =
        serde_json::from_str(&get(router.clone(), "/api/v1/instances?per_page=500").await.1).expect("JSON");
    let mut routes: Vec<String> = ["accounts", "harvest", "instances?per_page=500", "updates?per_page=500"]
        .map(|list| format!("/api/v1/{list}"))
        .into();
    routes.extend(["accounts", "instances", "updates"].map(|list| format!("/export/{list}.csv")));
    for row in instances["rows"].as_array().expect("rows").iter().step_by(4) {
        let id = row["instance_id"].as_str().expect("an id");
        routes.extend(["updates", "history", "software", "runs"].map(|tab| format!("/api/v1/instances/{id}/{tab}")));
        routes.extend(["history", "runs"].map(|list| format!("/export/{list}.csv?instance={id}")));
    }
    let mut shown = BTreeMap::new();
    for route in routes {
        let (status, body) = get(router.clone(), &route).await;
        assert_eq!(status, StatusCode::OK, "{route}: {body}");
        shown.insert(route, body);
    }
    shown
}

/// The files of a folder and their bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("entries").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.is_file()).map(|path| (path.clone(), fs::read(path).expect("bytes"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_shows_the_same_after_a_restore() {
    let world = World::small().await;
    for _ in 0..3 {
        world.harvest().await;
        world.next_day();
    }
    let (store, now) = (&world.harvester.store, world.clock.now());
    let before = shown(store.clone(), now).await;
    assert!(before.len() > 20, "{} routes", before.len());
    let folder = folder_of(&world.estate.read().expect("the estate"));
    let copy = folder.path().join("copy.duckdb");
    back_up(store, &copy).expect("a backup");
    let in_use = [("MUSTER_STORE", store.path().display().to_string())];
    refused(&muster(folder.path(), &["migrate"], &in_use), &["in use"]);

    world.skip_to_last_day();
    succeeded(&muster(folder.path(), &HARVEST, &endpoint(&world.simulator)));
    let path = folder.path().join("muster.duckdb");
    let other = shown(Store::open(&path).expect("it opens"), now).await;
    assert_ne!(other.get("/export/updates.csv"), before.get("/export/updates.csv"));
    succeeded(&restore(folder.path(), &copy));
    let after = shown(Store::open(&path).expect("it opens"), now).await;
    for (route, body) in &before {
        assert!(after.get(route) == Some(body), "{route} has changed");
    }

    let aside = files(folder.path()).into_keys().find(|path| path.display().to_string().contains("before-restore"));
    let aside = shown(Store::open(&aside.expect("the replaced store")).expect("it opens"), now).await;
    assert!(aside == other, "the replaced store must be kept");
    succeeded(&muster(folder.path(), &HARVEST, &endpoint(&world.simulator)));
    assert_consistent(&Store::open(&path).expect("it opens"), "a harvest after the restore").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_during_a_harvest_is_consistent() {
    let spec = GeneratedSpec { seed: 5, accounts: 80, instances_per_account: 10, updates_per_instance: 40 };
    let estate = Estate::generated(&spec);
    let folder = folder_of(&estate);
    fs::create_dir_all(folder.path().join("site/pkg")).expect("a folder");
    fs::write(folder.path().join("site/pkg/app.js"), "").expect("written");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let simulator = Simulator::start(estate.shared(), listener).await.expect("a simulator");
    let more = [("MUSTER_SITE_DIR", "site"), ("MUSTER_LISTEN", "127.0.0.1:0"), ("MUSTER_HARVEST_CONCURRENCY", "2")];
    let environment: Vec<_> =
        endpoint(&simulator).into_iter().chain(more.map(|(name, value)| (name, value.to_owned()))).collect();
    let mut serve = command(folder.path(), &["serve", "--config", "muster.toml"], &environment);
    let mut serve = Running::start(serve.stdout(Stdio::null()).stderr(Stdio::null()));
    let socket = folder.path().join("muster.duckdb.sock");
    assert!(happens(async || socket.exists()).await, "the portal does not listen for commands");
    let (mut before, mut during_round, mut number) = (0, 0, 0);
    while before < 80 && number < 500 {
        number += 1;
        let name = format!("copy-{number}.duckdb");
        succeeded(&backup(folder.path(), &name));
        let store = Store::open(&folder.path().join(&name)).expect("it opens");
        assert_consistent(&store, &name).await;
        let found = figure(&store, HARVESTS).await;
        assert!(found >= before, "{name} has {found} harvests, the backup before had {before}");
        during_round += u32::from((1..80).contains(&found));
        before = found;
        drop(store);
        fs::remove_file(folder.path().join(&name)).expect("removed");
    }
    assert_eq!(before, 80, "the round did not end within {number} backups");
    assert!(during_round > 0, "no backup was made during a round, so nothing was tested");
    assert_eq!(fs::metadata(&socket).expect("a socket").permissions().mode() & 0o777, 0o600);

    succeeded(&backup(folder.path(), "last.duckdb"));
    refused(&backup(folder.path(), "last.duckdb"), &["last.duckdb", "already exists"]);
    refused(&backup(folder.path(), "nowhere/last.duckdb"), &["nowhere/last.duckdb", "folder"]);
    refused(&restore(folder.path(), &folder.path().join("last.duckdb")), &["muster.duckdb", "in use"]);
    // A killed portal leaves its socket, but does not have the store open.
    serve.0.kill().expect("killed");
    serve.0.wait().expect("it ended");
    succeeded(&backup(folder.path(), "."));
    let named = files(folder.path()).into_keys().filter(|path| path.display().to_string().contains("muster-20"));
    assert_eq!(named.count(), 1, "a backup into a folder is named after its time");
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_backup_is_rejected_and_changes_nothing() {
    let world = World::small().await;
    let folder = folder_of(&world.estate.read().expect("the estate"));
    succeeded(&muster(folder.path(), &HARVEST, &endpoint(&world.simulator)));
    let copies = tempfile::tempdir().expect("a folder");
    let made = |name: &str| {
        let path = copies.path().join(name);
        succeeded(&backup(folder.path(), path.to_str().expect("UTF-8")));
        path
    };
    let changed = |name: &str, sql: &str| {
        let path = made(name);
        duckdb::Connection::open(&path).expect("it opens").execute_batch(sql).expect("changed");
        path
    };
    let written = |name: &str, bytes: &[u8]| {
        let path = copies.path().join(name);
        fs::write(&path, bytes).expect("written");
        path
    };
    let good = fs::read(made("good.duckdb")).expect("bytes");
    let mut flipped = good.clone();
    for block in flipped[12_288..].chunks_mut(262_144) {
        block[100] ^= 1;
    }
    let foreign = copies.path().join("foreign.duckdb");
    duckdb::Connection::open(&foreign).expect("a file").execute_batch("CREATE TABLE t (i INTEGER)").expect("a table");
    let cases = [
        (copies.path().join("missing.duckdb"), "cannot read the backup"),
        (copies.path().to_owned(), "cannot read the backup"),
        (written("text.duckdb", &b"account_id,account_name\n".repeat(2_000)), "not a DuckDB database"),
        (written("empty.duckdb", b""), "cannot be used"),
        (written("half.duckdb", &good[..good.len() / 2]), "cannot be used"),
        (written("flipped.duckdb", &flipped), "cannot be used"),
        (foreign, "not a backup of a muster store"),
        (changed("newer.duckdb", "INSERT INTO schema_version VALUES (4711)"), "4711"),
        (changed("inconsistent.duckdb", "DELETE FROM scan WHERE scan_key = 1"), "is not whole"),
    ];
    let before = files(folder.path());
    for (file, words) in cases {
        let name = file.display().to_string();
        refused(&restore(folder.path(), &file), &[words, &name, "Nothing was changed"]);
        assert!(files(folder.path()) == before, "{name} changed the store's folder");
    }
}

#[test]
fn a_backup_does_not_create_a_missing_store() {
    let folder = folder();
    let before = files(folder.path());
    refused(&backup(folder.path(), "copy.duckdb"), &["muster.duckdb", "no store"]);
    assert!(files(folder.path()) == before);
}

#[tokio::test(flavor = "multi_thread")]
async fn restores_a_missing_or_damaged_store() {
    let world = World::small().await;
    let folder = folder_of(&world.estate.read().expect("the estate"));
    let path = folder.path().join("muster.duckdb");
    succeeded(&muster(folder.path(), &HARVEST, &endpoint(&world.simulator)));
    succeeded(&backup(folder.path(), "copy.duckdb"));
    let harvests = figure(&Store::open(&path).expect("it opens"), HARVESTS).await;
    fs::remove_file(&path).expect("removed");
    succeeded(&restore(folder.path(), Path::new("copy.duckdb")));
    assert_eq!(figure(&Store::open(&path).expect("it opens"), HARVESTS).await, harvests);
    fs::write(&path, b"damaged").expect("written");
    succeeded(&restore(folder.path(), Path::new("copy.duckdb")));
    assert_eq!(figure(&Store::open(&path).expect("it opens"), HARVESTS).await, harvests);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_on_a_full_disk_leaves_no_file() {
    let world = World::small().await;
    let folder = folder_of(&world.estate.read().expect("the estate"));
    succeeded(&muster(folder.path(), &HARVEST, &endpoint(&world.simulator)));
    let before = files(folder.path());
    let mut shell = Command::new("sh");
    let output = in_folder(&mut shell, folder.path(), &[])
        .args(["-c", "trap '' XFSZ; ulimit -f 1000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_muster")])
        .args(["backup", "--config", "muster.toml", "copy.duckdb"])
        .output()
        .expect("the binary runs");
    refused(&output, &["copy.duckdb", "space", "The partial copy was removed"]);
    assert!(files(folder.path()) == before, "the backup left a file");
}

/// A truncated file is never blamed on permissions, neither as a backup nor as the store.
#[test]
fn a_truncated_backup_or_store_is_reported_as_damaged() {
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, cut, store) = (folder.path().join("a"), folder.path().join("cut"), folder.path().join("store"));
    drop(Store::open(&whole).expect("a store"));
    let bytes = fs::read(&whole).expect("bytes");
    let boundaries = (1..=4).map(|block| block * 4_096).chain((12_288..bytes.len()).step_by(131_072));
    for length in boundaries.flat_map(|at| [at - 1, at, at + 1]).chain([1, 8, 100, bytes.len() - 1]) {
        fs::write(&cut, &bytes[..length]).expect("written");
        let error = restore_into(&cut, &store, Timestamp::UNIX_EPOCH).expect_err("truncated").to_string();
        // Nothing that short says what it is.
        let is_unknown = length <= 100 && error.contains("it is not a DuckDB database");
        assert!(is_unknown || error.contains("it is truncated or damaged"), "{length} bytes: {error}");
        // What is only in the last blocks need not be read to open a store. `restore` reads everything.
        let Some(error) = Store::open(&cut).err() else {
            assert!(length > bytes.len() / 2, "{length} of {} bytes", bytes.len());
            continue;
        };
        let error = error.to_string();
        let is_unknown = length <= 100 && error.contains("is not a DuckDB database");
        assert!(is_unknown || error.contains("is damaged: restore its backup"), "{length} bytes: {error}");
    }
}
