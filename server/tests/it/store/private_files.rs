//! What commands create is accessible to their own user only, whatever the umask; older files that are not are warned about.
//! A process that is stopped leaves no socket.

use crate::support::{
    process::{HARVEST, Running, command, endpoint, folder, folder_of, in_folder, send_signal, succeeded, wait_for},
    serving::Serving,
    world::World,
};
use muster_simulator::{Estate, GeneratedSpec, Simulator};
use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tokio::net::TcpListener;

/// Runs the binary with the umask of most systems.
fn muster(folder: &Path, arguments: &[&str], simulator: &Simulator) -> Output {
    let mut shell = Command::new("sh");
    in_folder(&mut shell, folder, &endpoint(simulator))
        .args(["-c", "umask 022; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_muster")])
        .args(arguments)
        .output()
        .expect("the binary runs")
}

/// Every file and folder below a folder, with its mode.
fn modes(folder: &Path) -> BTreeMap<PathBuf, u32> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("entries") {
        let entry = entry.expect("an entry");
        found.insert(entry.path(), entry.metadata().expect("metadata").permissions().mode() & 0o777);
        if entry.path().is_dir() {
            found.extend(modes(&entry.path()));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_commands_create_is_private() {
    let world = World::small().await;
    let folder = folder_of(&world.estate.read().expect("the estate"));
    let before = modes(folder.path());
    let run = |arguments: &[&str]| muster(folder.path(), arguments, &world.simulator);
    succeeded(&run(&HARVEST));
    succeeded(&run(&["backup", "copy.duckdb"]));
    succeeded(&run(&["export-store", "parquet"]));
    succeeded(&run(&["restore", "copy.duckdb"]));
    let created: Vec<_> = modes(folder.path()).into_iter().filter(|(path, _)| !before.contains_key(path)).collect();
    assert!(created.len() > 20, "{created:?}");
    for (path, mode) in created {
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn older_files_that_others_can_access_are_warned_about() {
    let world = World::small().await;
    let folder = folder_of(&world.estate.read().expect("the estate"));
    let run = |arguments: &[&str]| muster(folder.path(), arguments, &world.simulator);
    let messages = |output: Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let quiet = messages(run(&HARVEST));
    assert!(!quiet.contains("accessible to other users"), "{quiet}");
    succeeded(&run(&["backup", "muster-old.duckdb"]));
    let audit =
        fs::read_dir(folder.path().join("audit")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let audit: Vec<PathBuf> =
        audit.filter(|path| path.extension().is_some_and(|extension| extension == "jsonl")).collect();
    let widen = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
    widen(&folder.path().join("muster.duckdb"), 0o644);
    widen(&folder.path().join("audit"), 0o750);
    widen(&audit[0], 0o640);
    let text = messages(run(&HARVEST));
    for words in
        ["muster.duckdb`", "mode 644): run chmod 600", "audit`", "mode 750): run chmod 700", ".jsonl`", "mode 640"]
    {
        assert!(text.contains(words), "`{words}` is not in: {text}");
    }
    widen(&folder.path().join("muster-old.duckdb"), 0o604);
    let text = messages(run(&["backup", "."]));
    assert!(text.contains("the older backup") && text.contains("muster-old.duckdb` is accessible"), "{text}");
}

#[test]
fn a_stopped_portal_leaves_no_socket() {
    let folder = folder();
    let portal = Serving::start(folder.path(), &[("MUSTER_HARVEST_INTERVAL_MINUTES", "0".to_owned())], None);
    let socket = folder.path().join("muster.duckdb.sock");
    assert!(socket.exists());
    portal.stop();
    assert!(!socket.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_harvest_leaves_no_socket() {
    let spec = GeneratedSpec { seed: 5, accounts: 40, instances_per_account: 20, updates_per_instance: 10 };
    let estate = Estate::generated(&spec);
    let folder = folder_of(&estate);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let simulator = Simulator::start(estate.shared(), listener).await.expect("a simulator");
    for name in ["TERM", "INT"] {
        let mut environment = endpoint(&simulator).to_vec();
        environment.push(("MUSTER_HARVEST_CONCURRENCY", "1".to_owned()));
        environment.retain(|(name, _)| *name != "MUSTER_CALLS_PER_SECOND");
        environment.push(("MUSTER_CALLS_PER_SECOND", "1".to_owned()));
        let mut harvest = command(folder.path(), &HARVEST, &environment);
        let mut harvest = Running::start(harvest.stdout(Stdio::null()).stderr(Stdio::null()));
        let socket = folder.path().join("muster.duckdb.sock");
        wait_for("the socket", || socket.exists().then_some(()));
        send_signal(&harvest.0, name);
        let status = wait_for("its end", || harvest.0.try_wait().expect("a status"));
        assert_eq!(status.code(), Some(1), "SIG{name}");
        assert!(!socket.exists(), "SIG{name}");
    }
    simulator.stop().await;
}
