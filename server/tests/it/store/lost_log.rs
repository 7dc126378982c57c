//! A flipped bit in the store's write-ahead log: the log is kept, the store opens without it, the harvest page shows
//! it, and the next round reads the whole estate again, even rows that look unchanged.

use crate::{
    store::integrity::{HARVESTS, assert_consistent, figure, rebuild_lists_sql},
    support::{
        process::{HARVEST, endpoint, folder_of, muster, succeeded},
        world::{World, get},
    },
};
use muster_access::principal::Principal;
use muster_harvest::{
    progress::NoProgress,
    round::{Harvester, RoundOptions},
};
use muster_model::{filter::HarvestFilter, ports::Reports};
use muster_simulator::{Fault, FaultKind};
use muster_store::{connection::Store, error::StoreError, wal::damage_offset};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// All current rows, without keys and times of the store itself.
const CURRENT: &str = "
    WITH current AS (FROM instance WHERE gone_at IS NULL)
    SELECT 'instance ' || c::VARCHAR FROM (SELECT * EXCLUDE (instance_key, first_seen_at, from_day) FROM current) c
    UNION ALL SELECT concat_ws(' | ', 'update', instance_id, title, kb_id, state, u.classification, u.severity,
        u.installed_at, cve_ids) FROM instance_update u JOIN current USING (instance_key) JOIN patch USING (patch_key)
    UNION ALL SELECT 'state ' || s::VARCHAR FROM (
        SELECT i.instance_id, p.* EXCLUDE (instance_key, from_day) FROM patch_state p JOIN current i USING (instance_key)) s
    UNION ALL SELECT 'operation ' || s::VARCHAR FROM (
        SELECT i.instance_id, p.* EXCLUDE (instance_key, updates_hash, from_day)
        FROM patch_operation p JOIN current i USING (instance_key)) s
    UNION ALL SELECT 'ping ' || s::VARCHAR FROM (
        SELECT i.instance_id, last_ping_at FROM instance_ping p JOIN current i USING (instance_key)) s
    UNION ALL SELECT concat_ws(' | ', 'tag', instance_id, t.key, t.value) FROM tag t JOIN current USING (instance_key)
    UNION ALL SELECT concat_ws(' | ', 'software', instance_id, s.name, s.version, s.publisher, s.architecture,
        s.installed_at) FROM software s JOIN current USING (instance_key)
    UNION ALL SELECT concat_ws(' | ', 'hotfix', instance_id, h.hot_fix_id, h.description, h.installed_by,
        h.installed_at) FROM hotfix h JOIN current USING (instance_key)
    UNION ALL SELECT concat_ws(' | ', 'hardware', instance_id, h.cpu_model, h.cpus, h.cpu_cores, h.cpu_sockets,
        h.cpu_speed_mhz) FROM hardware h JOIN current USING (instance_key)
    UNION ALL SELECT 'run ' || r::VARCHAR FROM (SELECT * EXCLUDE (from_day) FROM run) r
    UNION ALL SELECT 'result ' || v::VARCHAR FROM (SELECT * EXCLUDE (from_day) FROM invocation) v
    UNION ALL SELECT 'execution ' || e::VARCHAR FROM (SELECT * EXCLUDE (from_day) FROM window_execution) e
    UNION ALL SELECT 'baseline ' || b::VARCHAR FROM (SELECT * EXCLUDE (from_day) FROM patch_baseline) b
    UNION ALL SELECT 'rule ' || r::VARCHAR FROM (SELECT * EXCLUDE (from_day) FROM patch_rule) r
    UNION ALL SELECT 'group ' || g::VARCHAR FROM (SELECT * EXCLUDE (from_day) FROM patch_group) g
    UNION ALL SELECT 'window ' || w::VARCHAR FROM (SELECT * EXCLUDE (from_day) FROM maintenance_window) w
    UNION ALL SELECT 'target ' || t::VARCHAR FROM (SELECT * EXCLUDE (from_day) FROM window_target) t
    UNION ALL SELECT 'task ' || t::VARCHAR FROM (SELECT * EXCLUDE (from_day) FROM window_task) t
    UNION ALL SELECT 'association ' || a::VARCHAR FROM (SELECT * EXCLUDE (from_day) FROM association) a
    UNION ALL SELECT 'node ' || n::VARCHAR FROM (SELECT * EXCLUDE (from_day) FROM node) n";

/// Kinds of rows that AWS deletes after 30 days and the store keeps.
const FORGOTTEN_BY_AWS: [&str; 3] = ["run ", "result ", "execution "];

/// Makes rows outdated, but not the marks by which a harvest detects changes.
const OUTDATE_ROWS: &str = "
    UPDATE instance_update SET cve_ids = 'old';
    UPDATE software SET version = 'old';
    UPDATE hardware SET cpu_model = 'old';
    UPDATE patch_rule SET filters = 'old';
    UPDATE invocation SET status_details = 'old';
    DELETE FROM run WHERE requested_at < (SELECT max(requested_at) FROM run);
    DELETE FROM window_execution WHERE started_at < (SELECT max(started_at) FROM window_execution)";

async fn current(store: &Store) -> BTreeSet<String> {
    let rows = store.read("what is current", |connection| {
        let mut statement = connection.prepare(CURRENT).expect("a statement");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        Ok(rows.collect::<duckdb::Result<BTreeSet<String>>>().expect("rows"))
    });
    rows.await.expect("the store reads")
}

async fn batch(store: &Store, sql: impl AsRef<str> + Send + 'static) {
    let work = store.write("statements", move |writer| {
        writer.connection().execute_batch(sql.as_ref()).map_err(StoreError::write("run statements"))
    });
    work.await.expect("done");
}

fn beside(store: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", store.display()))
}

/// The damaged logs that were kept, oldest first.
fn kept_logs(store: &Path) -> Vec<PathBuf> {
    let start = beside(store, ".wal.damaged-").display().to_string();
    let entries = fs::read_dir(store.parent().expect("a folder")).expect("entries");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.display().to_string().starts_with(&start));
    paths.sort();
    paths
}

/// Offsets of the entries of a log. An entry is its length and its checksum of 8 bytes each, then its content.
fn entries(log: &[u8]) -> Vec<usize> {
    let mut starts = vec![8];
    while let Some(length) = log.get(starts[starts.len() - 1]..).and_then(|rest| rest.first_chunk::<8>()) {
        starts.push(starts[starts.len() - 1] + 16 + u64::from_le_bytes(*length) as usize);
    }
    assert_eq!(starts.pop(), Some(log.len()), "this test does not know the format of the log");
    starts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_log_is_kept_and_the_next_round_reads_everything_again() {
    let world = World::small().await;
    let store = &world.harvester.store;
    for _ in 0..2 {
        world.harvest().await;
        world.next_day();
    }
    batch(store, format!("{OUTDATE_ROWS}; {}; CHECKPOINT", rebuild_lists_sql())).await;
    for _ in 0..2 {
        world.harvest().await;
        world.next_day();
    }
    let never_damaged = Harvester { store: Store::in_memory().expect("a store"), ..world.harvester.clone() };
    never_damaged.round(&RoundOptions::default(), &NoProgress).await.expect("a working store");
    let expected = current(&never_damaged.store).await;

    let log = fs::read(beside(store.path(), ".wal")).expect("a log without a checkpoint");
    let starts = entries(&log);
    let (middle, last) = (starts[starts.len() / 2], log.len() - 1);
    // The header, lengths (which DuckDB takes for a truncated end), and contents.
    for offset in
        [0, 5, starts[0], starts[0] + 20, middle + 2, middle + 17, log.len() / 2, starts[starts.len() - 1], last]
    {
        let folder = folder_of(&world.estate.read().expect("the estate"));
        let path = folder.path().join("muster.duckdb");
        let mut damaged = log.clone();
        damaged[offset] ^= 0x10;
        fs::copy(store.path(), &path).expect("copied");
        fs::write(beside(&path, ".wal"), &damaged).expect("written");
        let output = muster(folder.path(), &HARVEST, &endpoint(&world.simulator));
        succeeded(&output);
        let log_text = String::from_utf8_lossy(&output.stderr);
        assert!(
            log_text.contains("write-ahead log was damaged") && log_text.contains(".wal.damaged-"),
            "{offset}: {log_text}"
        );
        let [kept] = &kept_logs(&path)[..] else { panic!("{offset}: {:?}", kept_logs(&path)) };
        assert!(fs::read(kept).expect("the log") == damaged, "{offset}: the kept log differs");
        let opened = Store::open(&path).expect("it opens");
        assert_consistent(&opened, &format!("byte {offset}")).await;
        let found = current(&opened).await;
        let missing: Vec<_> = expected.difference(&found).take(10).collect();
        assert!(missing.is_empty(), "byte {offset}: {missing:#?}");
        let is_kept_longer = |row: &&String| FORGOTTEN_BY_AWS.iter().any(|kind| row.starts_with(kind));
        let unexpected: Vec<_> = found.difference(&expected).filter(|row| !is_kept_longer(row)).take(10).collect();
        assert!(unexpected.is_empty(), "byte {offset}: {unexpected:#?}");
        let open = "SELECT count(*) FROM lost_log WHERE made_good_at IS NULL";
        assert_eq!(figure(&opened, open).await, 0, "byte {offset}: all accounts must be read again");
        assert_eq!(kept_logs(&path).len(), 1, "the log must be kept once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_before_the_damage_are_not_lost() {
    let world = World::small().await;
    for _ in 0..3 {
        world.harvest().await;
        world.next_day();
    }
    let store = &world.harvester.store;
    let all = figure(store, HARVESTS).await;
    let log = fs::read(beside(store.path(), ".wal")).expect("a log");
    let folder = tempfile::tempdir().expect("a folder");
    let mut before = 0;
    for (number, sixteenth) in (1..16).enumerate() {
        let path = folder.path().join(format!("{number}.duckdb"));
        let mut damaged = log.clone();
        damaged[log.len() * sixteenth / 16] ^= 1;
        fs::copy(store.path(), &path).expect("copied");
        fs::write(beside(&path, ".wal"), &damaged).expect("written");
        let opened = Store::open(&path).expect("it opens");
        assert_consistent(&opened, &format!("{sixteenth} sixteenths")).await;
        let found = figure(&opened, HARVESTS).await;
        assert!(found >= before && found < all, "{found} of {all} harvests, {before} before");
        before = found;
    }
    assert!(before > 0, "no entry of the log was applied");
    assert!(damage_offset(&log).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_a_lost_log_until_every_account_was_read_again() {
    let mut world = World::small().await;
    world.harvest().await;
    let path = world.harvester.store.path().to_owned();
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.duckdb");
    let mut log = fs::read(beside(&path, ".wal")).expect("a log");
    fs::copy(&path, &copy).expect("copied");
    log[100] ^= 1;
    fs::write(beside(&copy, ".wal"), &log).expect("written");
    world.harvester.store = Store::open(&copy).expect("it opens");
    let [kept] = &kept_logs(&copy)[..] else { panic!("{:?}", kept_logs(&copy)) };
    let name = kept.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();

    let account = world.account(1).clone();
    let broken = Fault::on("DescribeInstancePatches", FaultKind::InternalServerError);
    world.simulator.set_fault(broken.in_account(&account.systems_account));
    world.harvest().await;
    let (_, page) = get(world.router(), "/harvest").await;
    assert!(page.contains(&name) && page.contains("write-ahead log"), "{page}");
    let page = world.source().for_scope(Principal::local().scope()).harvest(HarvestFilter::default()).await;
    let lost = page.expect("a page").lost_log.expect("a lost log");
    assert_eq!((lost.unread, lost.regions), (1, world.harvests().await.len() as u64));

    world.simulator.clear_faults();
    world.harvest().await;
    let (_, page) = get(world.router(), "/harvest").await;
    assert!(!page.contains(&name), "all accounts were read again");
    assert!(kept.exists(), "the damaged log must be kept");
    world.simulator.reset_calls();
    world.harvest().await;
    let calls = world.simulator.calls();
    assert!(
        calls.iter().all(|call| call.operation != "DescribeInstancePatches"),
        "updates must be read again only once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_set_aside_by_a_process_that_died_is_recorded_once() {
    let world = World::small().await;
    world.harvest().await;
    batch(&world.harvester.store, "CHECKPOINT").await;
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.duckdb");
    fs::copy(world.harvester.store.path(), &copy).expect("copied");
    // The process died after it had moved the log.
    fs::write(beside(&copy, ".wal.damaged-20251123T024000Z"), b"a log").expect("written");
    let store = Store::open(&copy).expect("it opens");
    assert!(figure(&store, "SELECT count(*) FROM unsure_instance").await > 0);
    drop(store);
    let store = Store::open(&copy).expect("it opens");
    assert_eq!(figure(&store, "SELECT count(*) FROM lost_log").await, 1, "the log must be recorded once");
}
