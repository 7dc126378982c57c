//! `kill -9` during rounds: every harvest that was reported as stored is stored, the store is consistent, and each
//! restart opens it without repair and completes the round. The final history equals that of a harvester that was never
//! killed.

use crate::{
    store::integrity::{HARVESTS, assert_consistent, figure},
    support::{
        process::{HARVEST, Running, command, endpoint, folder_of, muster, succeeded},
        world::World,
    },
};
use muster_core::clock::SystemClock;
use muster_harvest::{
    progress::NoProgress,
    round::{Harvester, RoundOptions},
};
use muster_server::command::simulate;
use muster_simulator::{Estate, GeneratedSpec, Simulator};
use muster_store::connection::Store;
use std::{
    fs::File,
    path::Path,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::net::TcpListener;

/// The default number of killed rounds, which `MUSTER_KILLED_ROUNDS` overrides: enough to detect an inconsistent store.
/// 200 take seven minutes.
const ROUNDS: u32 = 12;

/// Rounds that are killed before them, while the store is created, and the longest time from their start.
const FIRST_ROUNDS: u32 = 6;
const FIRST_ROUND: Duration = Duration::from_millis(250);

const ESTATE: GeneratedSpec =
    GeneratedSpec { seed: 11, accounts: 8, instances_per_account: 12, updates_per_instance: 40 };

/// Concurrent pulls. Harvests that are ready at the same moment are stored together and reported afterwards, so at most
/// this many are stored but not reported when the process ends.
const CONCURRENCY: i64 = 2;

/// The rows that the pulls of some rounds hold: each hands over a slice after a few instances.
const HELD_ROWS_MAX: usize = 100;

/// Harvests of which slices were stored, but not the last one.
const UNENDED: &str = "SELECT count(DISTINCT harvest_id) FROM scan ANTI JOIN harvest USING (harvest_id)";

/// How a round hands over what it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slices {
    Whole,
    Small,
}

/// The history, without the times of harvests.
const HISTORY: &str = "
    SELECT concat_ws(' | ', i.account_id, i.region, i.instance_id, p.title, p.kb_id, t.from_state, '->', t.to_state,
        t.happened_at, s.operation, s.operation_end_at)
    FROM transition t JOIN scan s USING (scan_key)
        JOIN instance i ON i.instance_key = t.instance_key JOIN patch p ON p.patch_key = t.patch_key
    ORDER BY ALL";

fn rounds() -> u32 {
    std::env::var("MUSTER_KILLED_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"))
}

async fn history(store: &Store) -> Vec<String> {
    let rows = store.read("the history", |connection| {
        let mut statement = connection.prepare(HISTORY).expect("a statement");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        Ok(rows.collect::<duckdb::Result<Vec<String>>>().expect("rows"))
    });
    rows.await.expect("the store reads")
}

/// When a round is killed: a time after its start, or after it has reported some harvests.
#[derive(Debug)]
struct Moment {
    reports: usize,
    then: Duration,
}

impl Moment {
    /// Every second moment is shortly after a report, so between two harvests or while one is stored.
    fn random(random: &mut fastrand::Rng, round: u32, whole_round: Duration) -> Self {
        match round % 2 {
            0 => Self { reports: 0, then: whole_round.mul_f64(random.f64()) },
            _ => Self { reports: random.usize(1..ESTATE.accounts), then: Duration::from_micros(random.u64(0..25_000)) },
        }
    }
}

/// Harvests until it is killed. Returns how many harvests were reported as stored.
fn killed_round(folder: &Path, simulator: &Simulator, moment: &Moment, slices: Slices) -> usize {
    let reports = folder.join("reports.jsonl");
    let reported = || std::fs::read_to_string(&reports).expect("text").matches('\n').count();
    let mut environment = endpoint(simulator).to_vec();
    environment.push(("MUSTER_HARVEST_CONCURRENCY", CONCURRENCY.to_string()));
    if slices == Slices::Small {
        environment.push(("MUSTER_HARVEST_ROWS_MAX", HELD_ROWS_MAX.to_string()));
    }
    let mut command = command(folder, &HARVEST, &environment);
    command.stdout(File::create(&reports).expect("a file")).stderr(Stdio::null());
    let mut process = Running::start(&mut command);
    while reported() < moment.reports && process.0.try_wait().expect("a process").is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(moment.then);
    process.0.kill().expect("killed");
    process.0.wait().expect("it ended");
    reported()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_rounds_lose_no_reported_harvest_and_leave_a_consistent_store() {
    let estate = Estate::generated(&ESTATE);
    let folder = folder_of(&estate);
    let path = folder.path().join("muster.duckdb");
    let estate = estate.shared();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let simulator = Simulator::start(estate.clone(), listener).await.expect("a simulator");
    let never_killed = Harvester {
        store: Store::in_memory().expect("a store"),
        ..simulate::harvester(&estate, &simulator, Store::in_memory().expect("a store"), Arc::new(SystemClock))
            .await
            .expect("a good roster")
    };

    let mut random = fastrand::Rng::with_seed(2026);
    for _ in 0..FIRST_ROUNDS {
        let then = FIRST_ROUND.mul_f64(random.f64());
        killed_round(folder.path(), &simulator, &Moment { reports: 0, then }, Slices::Small);
    }
    let begun = Instant::now();
    succeeded(&muster(folder.path(), &HARVEST, &endpoint(&simulator)));
    let whole_round = begun.elapsed();
    never_killed.round(&RoundOptions::default(), &NoProgress).await.expect("a working store");
    let mut stored = figure(&Store::open(&path).expect("it opens"), HARVESTS).await;
    let (mut partial_rounds, mut unreported_total, mut unended) = (0, 0, 0);
    for round in 0..rounds() {
        estate.write().expect("the estate").change(0.5);
        let moment = Moment::random(&mut random, round, whole_round);
        let slices = if round % 4 < 2 { Slices::Small } else { Slices::Whole };
        let reported = killed_round(folder.path(), &simulator, &moment, slices);
        {
            let store = Store::open(&path).expect("it opens without repair");
            let found = figure(&store, HARVESTS).await;
            let unreported = found - stored - reported as i64;
            assert!(
                (0..=CONCURRENCY).contains(&unreported),
                "{moment:?}: {reported} reported, {} stored",
                found - stored
            );
            assert_consistent(&store, &format!("{moment:?}")).await;
            partial_rounds += u32::from((1..ESTATE.accounts).contains(&reported));
            unreported_total += unreported;
            unended = figure(&store, UNENDED).await;
        }
        succeeded(&muster(folder.path(), &HARVEST, &endpoint(&simulator)));
        never_killed.round(&RoundOptions::default(), &NoProgress).await.expect("a working store");
        let store = Store::open(&path).expect("it opens");
        stored = figure(&store, HARVESTS).await;
        assert_eq!(history(&store).await, history(&never_killed.store).await, "{moment:?}");
    }
    eprintln!(
        "{} rounds killed within {whole_round:?}: {partial_rounds} with a part of their accounts stored; {unreported_total} \
         harvests stored but not reported, {unended} stored in part",
        rounds()
    );
    assert!(unended > 0, "no harvest was stored in part when it was killed, so slices were not tested");
    assert!(partial_rounds > 0, "no round was partly stored when it was killed, so nothing was tested");
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_log_loses_only_its_tail() {
    let world = World::small().await;
    for _ in 0..3 {
        world.harvest().await;
        world.next_day();
    }
    let path = world.harvester.store.path();
    let all = figure(&world.harvester.store, HARVESTS).await;
    let log = std::fs::read(path.with_extension("duckdb.wal")).expect("a log without a checkpoint");
    let folder = tempfile::tempdir().expect("a folder");
    let (copy, copied_log) = (folder.path().join("copy.duckdb"), folder.path().join("copy.duckdb.wal"));
    let mut before = 0;
    for sixteenth in 0..=16 {
        std::fs::copy(path, &copy).expect("copied");
        std::fs::write(&copied_log, &log[..log.len() * sixteenth / 16]).expect("written");
        let store = Store::open(&copy).expect("it opens without repair");
        assert_consistent(&store, &format!("{sixteenth} sixteenths")).await;
        let found = figure(&store, HARVESTS).await;
        assert!(found >= before, "a longer log must not have fewer harvests");
        before = found;
        let harvester = Harvester { store, ..world.harvester.clone() };
        let round = harvester.round(&RoundOptions::default(), &NoProgress).await.expect("a working store");
        assert_eq!(round.failed + round.partial, 0);
        drop(harvester);
        std::fs::remove_file(&copy).expect("removed");
    }
    assert_eq!(before, all, "the whole log has all harvests");
}
