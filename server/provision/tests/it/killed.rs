//! Processes that share a ledger in files: killed at each request, or several at once.

use crate::{
    activations::enrollment,
    support::{REGION, SMALL, World, assert_single, creation, provisioner, request},
};
use jiff::{SignedDuration, Timestamp};
use muster_core::clock::FixedClock;
use muster_provision::{Enrollment, FileLedger, Ledger, LedgerError, ProvisionError, Settings, Stage};
use std::{
    env, fs,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

/// The name of the test that is the process, and what it works on: the simulator's address, the folder of the ledger, the
/// time and the instance.
const PROCESS: &str = "killed::a_process_that_provisions_and_enrolls";
const URL: &str = "MUSTER_PROVISION_URL";
const FOLDER: &str = "MUSTER_PROVISION_FOLDER";
const NOW: &str = "MUSTER_PROVISION_NOW";
const INSTANCE: &str = "MUSTER_PROVISION_INSTANCE";
/// How many points of the work are tried, unless `MUSTER_KILL_ROUNDS` says more.
const ROUNDS: usize = 12;
const PAUSE: Duration = Duration::from_millis(5);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that the other tests start"]
async fn a_process_that_provisions_and_enrolls() {
    let given = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let now: Timestamp = given(NOW).parse().expect("a time");
    let ledger = FileLedger::open(Path::new(&given(FOLDER)), now).expect("a ledger");
    let (settings, clock) = (Settings::parse(SMALL).expect("settings"), Arc::new(FixedClock::at(now)));
    let provisioner = provisioner(&given(URL), settings, creation(), ledger, clock).await;
    let enrollment =
        Enrollment { instance: given(INSTANCE), id: format!("enroll-{}", given(INSTANCE)), ..enrollment() };
    let is_held = |error: &ProvisionError| matches!(error, ProvisionError::Ledger(LedgerError::Held { .. }));
    while let Err(error) = provisioner.provision(&request(), "process").await {
        assert!(is_held(&error), "{error}");
        tokio::time::sleep(PAUSE).await;
    }
    provisioner.activation(&request(), REGION, &enrollment, "process").await.expect("an activation");
}

fn start(world: &World, folder: &Path, instance: &str) -> Child {
    let mut command = Command::new(env::current_exe().expect("a path"));
    command.args(["--exact", PROCESS, "--ignored", "--nocapture"]).stdout(Stdio::null());
    command.env(URL, &world.url).env(FOLDER, folder).env(NOW, world.now().to_string()).env(INSTANCE, instance);
    command.spawn().expect("a process")
}

async fn end(process: &mut Child) -> ExitStatus {
    loop {
        if let Some(status) = process.try_wait().expect("a status") {
            return status;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Runs a process to its end.
async fn run(world: &World, folder: &Path) {
    assert!(end(&mut start(world, folder, "vm-17")).await.success());
}

fn assert_ready(world: &World, folder: &Path, what: &str) {
    assert_single(world, what);
    let ledger = FileLedger::open(folder, world.now()).expect("a ledger");
    let accounts = ledger.list().expect("a list");
    let [(key, state)] = accounts.as_slice() else { panic!("{what}: {accounts:?}") };
    assert_eq!((key, state.stage), (&request().key(), Stage::Ready), "{what}");
    let files = fs::read_dir(folder).expect("a folder").count();
    assert_eq!(files, 2, "{what}: the lock and the account, and no lease");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_at_each_request_is_continued_by_the_next() {
    let rounds = env::var("MUSTER_KILL_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().expect("a number"));
    let (whole, folder) = (World::small().await, tempfile::tempdir().expect("a folder"));
    run(&whole, folder.path()).await;
    let requests = whole.requests();
    assert!(requests > 60, "{requests}");
    // Each request is a point before AWS has carried it out, and one after that.
    let points = 2 * requests;
    let rounds = rounds.min(points);
    for point in (0..rounds).map(|round| round * points / rounds) {
        let (at, is_after) = (point % requests + 1, point >= requests);
        let what = format!("killed {} request {at} of {requests}", if is_after { "after" } else { "before" });
        let (world, folder) = (World::small().await, tempfile::tempdir().expect("a folder"));
        let mut process = start(&world, folder.path(), "vm-17");
        let ended = world.interrupt(at, is_after, end(&mut process)).await;
        assert_eq!(ended, None, "{what}");
        process.kill().expect("killed");
        assert!(!process.wait().expect("an end").success(), "{what}");

        let limit = world.now() + SignedDuration::from_hours(1);
        let mut orphans = 0;
        for site in world.simulator.created_accounts().iter().flat_map(|account| account.regions.values()) {
            assert!(
                site.activations.iter().all(|one| one.expires_at <= limit && one.registration_limit == 1),
                "{what}"
            );
            orphans += site.activations.len();
        }
        assert!(orphans <= 1, "{what}: {orphans} activations");
        world.pass(SignedDuration::from_mins(15));
        run(&world, folder.path()).await;
        assert_ready(&world, folder.path(), &what);
        let account = world.account();
        let [only] = account.regions[REGION].activations.as_slice() else { panic!("{what}: one activation") };
        assert_eq!(only.default_instance_name, "enroll-vm-17", "{what}");
        assert!(only.expires_at <= world.now() + SignedDuration::from_hours(1), "{what}");
    }
    eprintln!("killed at {rounds} of {points} points of {requests} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_with_an_instance_each_make_one_account() {
    let (world, folder) = (World::small().await, tempfile::tempdir().expect("a folder"));
    let (mut one, mut other) = (start(&world, folder.path(), "vm-1"), start(&world, folder.path(), "vm-2"));
    let (one, other) = tokio::join!(end(&mut one), end(&mut other));
    assert!(one.success() && other.success(), "{one} {other}");
    assert_ready(&world, folder.path(), "two processes");
    let mut names: Vec<_> =
        world.account().regions[REGION].activations.iter().map(|one| one.default_instance_name.clone()).collect();
    names.sort();
    assert_eq!(names, ["enroll-vm-1", "enroll-vm-2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_requests_of_one_account_make_one_account() {
    let (world, folder) = (World::small().await, tempfile::tempdir().expect("a folder"));
    let ledger = FileLedger::open(folder.path(), world.now()).expect("a ledger");
    let settings = Settings::parse(SMALL).expect("settings");
    let provisioner = Arc::new(provisioner(&world.url, settings, creation(), ledger, world.clock.clone()).await);
    // As the enrollment server does: what is not ready is provisioned, and the instance tries again later.
    let attempts = (0..1_000).map(|number| {
        let provisioner = provisioner.clone();
        let enrollment =
            Enrollment { instance: format!("vm-{number}"), id: format!("enroll-{number}"), ..enrollment() };
        tokio::spawn(async move {
            match provisioner.activation(&request(), REGION, &enrollment, "test").await {
                Err(ProvisionError::NotReady { .. }) => provisioner.provision(&request(), "test").await.map(drop),
                other => other.map(drop),
            }
        })
    });
    let attempts: Vec<_> = attempts.collect();
    for attempt in attempts {
        match attempt.await.expect("an end") {
            Ok(()) | Err(ProvisionError::Ledger(LedgerError::Held { .. })) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_ready(&world, folder.path(), "a thousand requests");
    provisioner.activation(&request(), REGION, &enrollment(), "test").await.expect("an activation");
}
