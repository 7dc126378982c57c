//! The roster and the service levels of a running portal: changes apply to the next round and at once to pages, and an
//! invalid file changes nothing.

use crate::{
    store::integrity::figure,
    support::{
        wait::happens,
        world::{World, state},
    },
};
use muster_core::roster::Account;
use muster_harvest::{due_targets::DueTargets, schedule};
use muster_server::{
    command::{reload::ConfiguredFiles, simulate},
    config::Config,
};
use std::{fs, path::Path, sync::Arc, time::Duration};
use tokio::sync::watch;

const CHECK_INTERVAL: Duration = Duration::from_millis(10);
const ROUND_INTERVAL: Duration = Duration::from_millis(100);

/// A portal that harvests what its files say.
struct Running {
    world: World,
    folder: tempfile::TempDir,
    current: watch::Receiver<muster_harvest::round::Harvester>,
}

impl Running {
    async fn start() -> Self {
        let mut world = World::small().await;
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let config = Config {
            roster: path("roster.toml"),
            access: path("access.toml"),
            service_levels: Some(path("service-levels.toml")),
            ..Config::default()
        };
        write_roster(&world, folder.path(), &[0, 1]);
        fs::write(path("service-levels.toml"), "").expect("written");
        world.harvester.accounts = world.harvester.accounts[..2].to_vec().into();
        let files = ConfiguredFiles::watch(&config).expect("signals").with_check_interval(CHECK_INTERVAL);
        let (current, harvesters) = watch::channel(world.harvester.clone());
        let portal = state(&world.source());
        let rounds = harvesters.clone();
        tokio::spawn(
            async move { schedule::run(&Arc::default(), rounds, ROUND_INTERVAL, &DueTargets::default()).await },
        );
        tokio::spawn(files.reload(config, current, portal));
        Self { world, folder, current: harvesters }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("written");
    }

    /// Waits until the figure of a statement fits.
    async fn wait_for(&self, what: &str, sql: &'static str, fits: impl Fn(i64) -> bool) {
        let found = async || figure(&self.world.harvester.store, sql).await;
        assert!(happens(async || fits(found().await)).await, "{what}: {}", found().await);
    }
}

/// Writes these accounts of the estate as the roster.
fn write_roster(world: &World, folder: &Path, accounts: &[usize]) {
    let all = world.estate.read().expect("the estate").roster();
    let some: Vec<_> = accounts.iter().map(|index| all[*index].clone()).collect();
    let text = simulate::roster_toml(&some).expect("a roster");
    fs::write(folder.join("roster.toml"), text).expect("written");
}

const HARVESTED: &str = "SELECT count(DISTINCT account_id) FROM harvest";
const SHOWN: &str = "SELECT count(*) FROM account WHERE removed_at IS NULL";

fn calls(world: &World, account: &Account) -> usize {
    world.simulator.calls().iter().filter(|call| call.systems_account == account.systems_account).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_round_harvests_what_the_roster_says_then() {
    let running = Running::start().await;
    let world = &running.world;
    let (removed, all) = (world.account(0).clone(), world.estate.read().expect("the estate").roster().len());
    assert!(all > 2, "an account can be added");
    running.wait_for("two accounts are harvested", HARVESTED, |count| count == 2).await;
    write_roster(world, running.folder.path(), &[1, 2]);
    running.wait_for("the added account is harvested", HARVESTED, |count| count == 3).await;
    running.wait_for("the removed account is hidden", SHOWN, |count| count == 2).await;
    // The round that ran meanwhile may still have read it.
    tokio::time::sleep(5 * ROUND_INTERVAL).await;
    let (before, other) = (calls(world, &removed), calls(world, &running.current.borrow().accounts[0].clone()));
    tokio::time::sleep(10 * ROUND_INTERVAL).await;
    assert_eq!(calls(world, &removed), before, "the removed account is harvested on");
    assert!(calls(world, &running.current.borrow().accounts[0].clone()) > other, "nothing is harvested");
    write_roster(world, running.folder.path(), &[0, 1, 2]);
    running.wait_for("the account that is back is shown", SHOWN, |count| count == 3).await;
}

/// Each way to break a file, and what must be named.
#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_file_changes_nothing_until_it_is_valid() {
    let running = Running::start().await;
    running.wait_for("both are harvested", HARVESTED, |count| count == 2).await;
    let roster = fs::read_to_string(running.folder.path().join("roster.toml")).expect("the roster");
    for broken in [
        roster.replacen("role_arn", "role", 1),
        roster.replacen("external_id = \"", "external_id = ", 1),
        format!("{roster}{roster}"),
        roster.replacen("regions = [", "regions = [] # [", 1),
        "\u{0}".to_owned(),
    ] {
        running.write("roster.toml", &broken);
        tokio::time::sleep(10 * CHECK_INTERVAL).await;
        assert_eq!(running.current.borrow().accounts.len(), 2, "{broken}");
        assert_eq!(figure(&running.world.harvester.store, SHOWN).await, 2, "{broken}");
    }
    fs::remove_file(running.folder.path().join("roster.toml")).expect("removed");
    tokio::time::sleep(10 * CHECK_INTERVAL).await;
    assert_eq!(running.current.borrow().accounts.len(), 2, "a missing roster");
    write_roster(&running.world, running.folder.path(), &[0, 1, 2]);
    running.wait_for("the valid roster is read", HARVESTED, |count| count == 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_service_levels_apply_at_once() {
    const CRITICAL: &str = "SELECT max(days) FROM service_level WHERE customer_id = '' AND band = 'critical'";
    let running = Running::start().await;
    running.wait_for("both are harvested", HARVESTED, |count| count == 2).await;
    running.write("service-levels.toml", "[default]\ncritical = 3\n");
    running.wait_for("three days", CRITICAL, |days| days == 3).await;
    running.write("service-levels.toml", "[default]\ncritical = \"two\"\n");
    tokio::time::sleep(10 * CHECK_INTERVAL).await;
    running.wait_for("still three days", CRITICAL, |days| days == 3).await;
    running.write("service-levels.toml", "");
    running.wait_for("the built-in days", CRITICAL, |days| days == 7).await;
}
