//! The store's file in all states: missing, empty, of another format, newer, in use, on a full disk, truncated.

use crate::{
    store::integrity::{HARVESTS, figure},
    support::{
        process::{HARVEST, Running, endpoint, folder, folder_of, in_folder, muster, refused, succeeded},
        serving::{answer, sign_in},
        wait::happens,
        world::{World, get, portal},
    },
};
use muster_harvest::due_targets::DueTargets;
use muster_simulator::{Estate, GeneratedSpec, Simulator};
use muster_store::{
    connection::{Store, Writer},
    error::StoreError,
};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use tokio::net::TcpListener;

/// A DuckDB file starts with a header: its checksum, the word `DUCK` and the version of the format.
const HEADER: std::ops::Range<usize> = 8..4096;
const FORMAT_AT: usize = 12;

/// What the tests of a full disk leave a file beside an empty store, in blocks of 512 bytes: too few for a round.
const FREE_BLOCKS: [u64; 3] = [500, 3_000, 6_000];

async fn stored_harvests(path: &Path) -> i64 {
    figure(&Store::open(path).expect("a store"), HARVESTS).await
}

/// A folder whose store has these bytes.
fn folder_with(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = folder();
    let path = folder.path().join("muster.duckdb");
    fs::write(&path, bytes).expect("written");
    (folder, path)
}

async fn simulator_of(estate: Estate) -> Simulator {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    Simulator::start(estate.shared(), listener).await.expect("a simulator")
}

/// A process that is killed while it creates a store leaves a draft, which the next one replaces.
#[test]
fn an_unfinished_store_is_created_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("muster.duckdb");
    for left_over in ["muster.duckdb.new", "muster.duckdb.new.wal"] {
        fs::write(folder.path().join(left_over), "half").expect("written");
    }
    drop(Store::open(&path).expect("a store"));
    let files = fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").file_name());
    assert_eq!(files.collect::<Vec<_>>(), ["muster.duckdb"]);
}

#[test]
fn an_unwritable_store_is_named() {
    let folder = folder();
    let elsewhere = [("MUSTER_STORE", "nowhere/muster.duckdb".to_owned())];
    refused(&muster(folder.path(), &HARVEST, &elsewhere), &["nowhere/muster.duckdb", "folder"]);
}

#[test]
fn a_store_in_use_is_reported() {
    let folder = folder();
    let _held = duckdb::Connection::open(folder.path().join("muster.duckdb")).expect("a store");
    refused(&muster(folder.path(), &HARVEST, &[]), &["muster.duckdb", "in use"]);
}

#[test]
fn a_newer_schema_is_rejected_and_left_unchanged() {
    let folder = folder();
    let path = folder.path().join("muster.duckdb");
    let newer = "CREATE TABLE schema_version (version BIGINT NOT NULL); INSERT INTO schema_version VALUES (4711)";
    duckdb::Connection::open(&path).expect("a store").execute_batch(newer).expect("a newer store");
    let before = fs::read(&path).expect("bytes");
    refused(&muster(folder.path(), &HARVEST, &[]), &["muster.duckdb", "4711", "newer"]);
    assert_eq!(fs::read(&path).expect("bytes"), before);
}

#[test]
fn a_newer_file_format_is_rejected_and_left_unchanged() {
    let folder = folder();
    let path = folder.path().join("muster.duckdb");
    drop(Store::open(&path).expect("a store"));
    let mut bytes = fs::read(&path).expect("bytes");
    assert_eq!(bytes[..8], header_checksum(&bytes), "this test does not know the file format");
    bytes[FORMAT_AT] = 0xfe;
    let checksum = header_checksum(&bytes);
    bytes[..8].copy_from_slice(&checksum);
    fs::write(&path, &bytes).expect("written");
    refused(&muster(folder.path(), &HARVEST, &[]), &["muster.duckdb", "newer", "Nothing was changed"]);
    assert_eq!(fs::read(&path).expect("bytes"), bytes);
}

/// DuckDB's checksum of a header.
fn header_checksum(file: &[u8]) -> [u8; 8] {
    let words = file[HEADER].chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().expect("eight bytes")));
    words.fold(5381, |sum, word| sum ^ word.wrapping_mul(0xbf58_476d_1ce4_e5b9)).to_le_bytes()
}

#[test]
fn a_damaged_file_is_rejected_and_left_unchanged() {
    let folder = folder();
    let path = folder.path().join("muster.duckdb");
    drop(Store::open(&path).expect("a store"));
    let mut bytes = fs::read(&path).expect("bytes");
    bytes[HEADER.start + 100] ^= 1;
    fs::write(&path, &bytes).expect("written");
    refused(&muster(folder.path(), &HARVEST, &[]), &["muster.duckdb", "damaged", "backup"]);
    assert_eq!(fs::read(&path).expect("bytes"), bytes);
}

#[test]
fn an_empty_file_is_rejected_and_left_unchanged() {
    let (folder, path) = folder_with(b"");
    refused(&muster(folder.path(), &HARVEST, &[]), &["muster.duckdb", "empty", "backup"]);
    assert_eq!(fs::read(&path).expect("bytes"), b"");
}

#[test]
fn a_file_of_another_format_is_rejected_and_left_unchanged() {
    let bytes = b"account_id,account_name\n".repeat(2_000);
    let (folder, path) = folder_with(&bytes);
    refused(&muster(folder.path(), &HARVEST, &[]), &["muster.duckdb", "not a DuckDB"]);
    assert_eq!(fs::read(&path).expect("bytes"), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_store_is_created() {
    let folder = folder();
    let simulator = World::small().await.simulator;
    succeeded(&muster(folder.path(), &HARVEST, &endpoint(&simulator)));
    assert!(stored_harvests(&folder.path().join("muster.duckdb")).await > 0);
    simulator.stop().await;
}

/// The binary with files of at most `blocks`. The signal of the limit is ignored, so that writing fails with an error.
fn with_full_disk(folder: &Path, simulator: &Simulator, blocks: u64) -> Command {
    let mut shell = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    in_folder(&mut shell, folder, &endpoint(simulator)).args(["-c", &script, env!("CARGO_BIN_EXE_muster")]);
    shell
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_reported_and_loses_nothing() {
    let spec = GeneratedSpec { seed: 3, accounts: 12, instances_per_account: 40, updates_per_instance: 150 };
    let estate = Estate::generated(&spec);
    let folder = folder_of(&estate);
    let path = folder.path().join("muster.duckdb");
    let simulator = simulator_of(estate).await;
    let mut stored = 0;
    succeeded(&muster(folder.path(), &["migrate"], &[]));
    let empty = fs::metadata(&path).expect("a store").len() / 512;
    for blocks in FREE_BLOCKS {
        let output = with_full_disk(folder.path(), &simulator, empty + blocks).args(HARVEST).output().expect("it runs");
        refused(&output, &["nothing of it was stored", "no space"]);
        let reported = String::from_utf8_lossy(&output.stdout).lines().count() as i64;
        let found = stored_harvests(&path).await;
        assert_eq!(found - stored, reported, "with {blocks} blocks");
        stored = found;
    }
    assert!(stored > 0, "no account fits, so no harvest was interrupted");
    succeeded(&muster(folder.path(), &HARVEST, &endpoint(&simulator)));
    assert_eq!(stored_harvests(&path).await, stored + 12);
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_aborted_by_the_store_is_shown_on_the_harvest_page() {
    let world = World::small().await;
    let drop_table = |writer: &mut Writer| {
        writer.connection().execute_batch("DROP TABLE association").map_err(StoreError::write("drop a table"))
    };
    world.harvester.store.write("a table", drop_table).await.expect("dropped");
    let source = world.source();
    let schedule = source.schedule.clone();
    let rounds = tokio::spawn(async move {
        muster_harvest::schedule::run(
            &schedule,
            tokio::sync::watch::channel(world.harvester).1,
            Duration::from_secs(3_600),
            &DueTargets::default(),
        )
        .await
    });
    assert!(happens(async || source.schedule.status().broken_off.is_some()).await, "the round goes on");
    rounds.abort();
    let (status, page) = get(portal(&source, muster_access::principal::Principal::local().identity), "/harvest").await;
    assert!(status.is_success() && page.contains("was aborted"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_with_a_full_disk_serves_pages_and_reports_it() {
    let spec = GeneratedSpec { seed: 3, accounts: 12, instances_per_account: 40, updates_per_instance: 150 };
    let estate = Estate::generated(&spec);
    let folder = folder_of(&estate);
    let simulator = simulator_of(estate).await;
    fs::create_dir_all(folder.path().join("site/pkg")).expect("a folder");
    fs::write(folder.path().join("site/pkg/app.js"), "").expect("written");
    succeeded(&muster(folder.path(), &["migrate"], &[]));
    let empty = fs::metadata(folder.path().join("muster.duckdb")).expect("a store").len();
    let mut portal = with_full_disk(folder.path(), &simulator, empty / 512 + FREE_BLOCKS[0]);
    let portal = portal
        .args(["serve", "--config", "muster.toml"])
        .envs([("MUSTER_LISTEN", "127.0.0.1:0"), ("MUSTER_SITE_DIR", "site"), ("MUSTER_LOG_FORMAT", "json")])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut portal = Running::start(portal);
    let log = BufReader::new(portal.0.stderr.take().expect("a log"));
    let (mut address, mut is_full) = (None, false);
    for line in log.lines() {
        let line = line.expect("a line");
        let line: serde_json::Value = serde_json::from_str(&line).expect(&line);
        let fields = &line["fields"];
        if let Some(listens) = fields["listen.address"].as_str() {
            address = Some(listens.to_owned());
        }
        is_full |= fields["message"].as_str().is_some_and(|message| message.contains("no space"));
        if is_full {
            break;
        }
    }
    let address = address.expect("an address");
    let cookie = sign_in(&address);
    let pages = ["/readyz", "/", "/instances"].map(|path| answer(&address, &cookie, path));
    let mut page = answer(&address, &cookie, "/harvest");
    for _ in 0..1_000 {
        if page.contains("was aborted") {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
        page = answer(&address, &cookie, "/harvest");
    }
    drop(portal);
    assert!(is_full && pages.iter().all(|page| page.starts_with("HTTP/1.1 200")), "{pages:?}");
    assert!(page.contains("was aborted") && page.contains("no space is left"), "{page}");
    simulator.stop().await;
}
