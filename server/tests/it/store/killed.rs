//! `kill -9` in the midst of rounds: whatever was reported as stored is stored, nothing is torn, and each restart opens
//! the store by itself and completes, until the history is the one of a harvester that was never killed.

use crate::{
    store::integrity::{HARVESTS, assert_whole, figure},
    support::{
        process::{HARVEST, command, endpoint, folder_of, muster, succeeded},
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

/// Rounds that are killed unless `MUSTER_KILLED_ROUNDS` says otherwise: enough to see a store that is not sound. Two
/// hundred take seven minutes.
const ROUNDS: u32 = 12;

/// Before them, so many are killed while the store is being made, within so long after their start.
const FIRST_ROUNDS: u32 = 6;
const FIRST_ROUND: Duration = Duration::from_millis(250);

const ESTATE: GeneratedSpec =
    GeneratedSpec { seed: 11, accounts: 8, instances_per_account: 12, updates_per_instance: 40 };

/// Pulls under way at the same time. Harvests that are ready at the same moment are stored together and reported
/// afterwards, so no more than these can be stored and not yet reported when the process ends.
const AT_ONCE: i64 = 2;

/// What history says, apart from when we looked.
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

/// When a round is killed: so long after its start, or so long after it reported so many harvests.
#[derive(Debug)]
struct Moment {
    reports: usize,
    then: Duration,
}

impl Moment {
    /// Every other one falls between two harvests or within one, where it hurts.
    fn random(random: &mut fastrand::Rng, round: u32, whole_round: Duration) -> Self {
        match round % 2 {
            0 => Self { reports: 0, then: whole_round.mul_f64(random.f64()) },
            _ => Self { reports: random.usize(1..ESTATE.accounts), then: Duration::from_micros(random.u64(0..25_000)) },
        }
    }
}

/// Harvests until it is killed, and tells how many harvests were reported as stored.
fn killed_round(folder: &Path, simulator: &Simulator, moment: &Moment) -> usize {
    let reports = folder.join("reports.jsonl");
    let reported = || std::fs::read_to_string(&reports).expect("text").matches('\n').count();
    let mut environment = endpoint(simulator).to_vec();
    environment.push(("MUSTER_HARVEST_CONCURRENCY", AT_ONCE.to_string()));
    let mut command = command(folder, &HARVEST, &environment);
    command.stdout(File::create(&reports).expect("a file")).stderr(Stdio::null());
    let mut process = command.spawn().expect("the binary runs");
    while reported() < moment.reports && process.try_wait().expect("a process").is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(moment.then);
    process.kill().expect("killed");
    process.wait().expect("it ended");
    reported()
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_killed_at_random_moments_lose_nothing_and_tear_nothing() {
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
        killed_round(folder.path(), &simulator, &Moment { reports: 0, then });
    }
    let begun = Instant::now();
    succeeded(&muster(folder.path(), &HARVEST, &endpoint(&simulator)));
    let whole_round = begun.elapsed();
    never_killed.round(&RoundOptions::default(), &NoProgress).await.expect("a working store");
    let mut stored = figure(&Store::open(&path).expect("it opens"), HARVESTS).await;
    let (mut in_the_midst, mut between) = (0, 0);
    for round in 0..rounds() {
        estate.write().expect("the estate").change(0.5);
        let moment = Moment::random(&mut random, round, whole_round);
        let reported = killed_round(folder.path(), &simulator, &moment);
        {
            let store = Store::open(&path).expect("it opens by itself");
            let found = figure(&store, HARVESTS).await;
            let unreported = found - stored - reported as i64;
            assert!((0..=AT_ONCE).contains(&unreported), "{moment:?}: {reported} reported, {} stored", found - stored);
            assert_whole(&store, &format!("{moment:?}")).await;
            in_the_midst += u32::from((1..ESTATE.accounts).contains(&reported));
            between += unreported;
        }
        succeeded(&muster(folder.path(), &HARVEST, &endpoint(&simulator)));
        never_killed.round(&RoundOptions::default(), &NoProgress).await.expect("a working store");
        let store = Store::open(&path).expect("it opens");
        stored = figure(&store, HARVESTS).await;
        assert_eq!(history(&store).await, history(&never_killed.store).await, "{moment:?}");
    }
    eprintln!(
        "{} rounds killed within {whole_round:?}: {in_the_midst} with a part of their accounts stored, {between} \
         between a commit and its report",
        rounds()
    );
    assert!(in_the_midst > 0, "no round was killed in the midst: this has shown nothing");
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_cut_off_loses_its_tail_and_nothing_else() {
    let world = World::small().await;
    for _ in 0..3 {
        world.harvest().await;
        world.next_day();
    }
    let path = world.harvester.store.path();
    let all = figure(&world.harvester.store, HARVESTS).await;
    let log = std::fs::read(path.with_extension("duckdb.wal")).expect("a log that is not yet written back");
    let folder = tempfile::tempdir().expect("a folder");
    let (copy, copied_log) = (folder.path().join("copy.duckdb"), folder.path().join("copy.duckdb.wal"));
    let mut before = 0;
    for sixteenth in 0..=16 {
        std::fs::copy(path, &copy).expect("copied");
        std::fs::write(&copied_log, &log[..log.len() * sixteenth / 16]).expect("written");
        let store = Store::open(&copy).expect("it opens by itself");
        assert_whole(&store, &format!("{sixteenth} sixteenths")).await;
        let found = figure(&store, HARVESTS).await;
        assert!(found >= before, "a longer log must not hold less");
        before = found;
        let harvester = Harvester { store, ..world.harvester.clone() };
        let round = harvester.round(&RoundOptions::default(), &NoProgress).await.expect("a working store");
        assert_eq!(round.failed + round.partial, 0);
        drop(harvester);
        std::fs::remove_file(&copy).expect("removed");
    }
    assert_eq!(before, all, "with the whole log nothing is lost");
}
