//! The way from a release to a running portal, as the documentation describes it: the archive is packed from the development
//! build, unpacked in an empty folder, and the commands of README.md and docs/operating.md are run as they are written.

use super::{docs, tidy::root};
use crate::support::{
    process::{Running, endpoint, in_folder, send_signal, succeeded, wait_for},
    serving::{answer, post},
    world::World,
};
use muster_server::command::simulate;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// The archive of the development build, with one file in place of the browser's.
fn archive() -> &'static Path {
    static ARCHIVE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = ARCHIVE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let site = folder.path().join("site");
        fs::create_dir_all(site.join("pkg")).expect("a folder");
        fs::write(site.join("pkg/app.js"), "").expect("written");
        let (binary, dist) = (env!("CARGO_BIN_EXE_muster"), folder.path().join("dist"));
        let output = Command::new(root().join("scripts/pack.sh"))
            .args([Path::new(binary), &site, &dist])
            .env("MUSTER_ZSTD_LEVEL", "1")
            .output()
            .expect("the script runs");
        succeeded(&output);
        let mut files = fs::read_dir(&dist).expect("a folder").map(|entry| entry.expect("an entry").path());
        let archive =
            files.find(|path| path.extension().is_some_and(|extension| extension == "zst")).expect("an archive");
        (folder, archive)
    });
    path
}

/// An empty folder with the archive.
fn folder_with_archive() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::copy(archive(), folder.path().join(archive().file_name().expect("a name"))).expect("copied");
    folder
}

/// The shell commands below a heading of a document, line by line, without comments.
fn commands(document: &str, heading: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(document)).expect("a document");
    let section = text.split(&format!("\n{heading}\n")).nth(1).expect("the heading");
    let section = section.split("\n## ").next().unwrap_or_default();
    let blocks = section.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines =
        blocks.flat_map(str::lines).map(|line| line.split(" #").next().unwrap_or_default().trim_end().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_leads_from_the_archive_to_a_signed_in_operator() {
    let world = World::small().await;
    let folder = folder_with_archive();
    let roster = world.estate.read().expect("the estate").roster();
    fs::write(folder.path().join("accounts.toml"), simulate::roster_toml(&roster).expect("a roster")).expect("written");
    let commands = commands("README.md", "## Running for real");
    assert_eq!(commands.first().map(String::as_str), Some("make release"), "it begins with the build");
    let mut script = "set -eu\n".to_owned();
    for command in &commands[1..] {
        script += &match command.as_str() {
            // The reader's own steps: reading what it prints, and listing accounts.
            "./muster init" => format!("{command} >init.out\ncat ../accounts.toml >roster.toml\n"),
            "./muster serve" => format!("exec {command}\n"),
            other => format!("{other}\n"),
        };
    }
    assert!(script.ends_with("exec ./muster serve\n"), "it ends with the portal: {script}");
    let mut environment = endpoint(&world.simulator).to_vec();
    environment.extend([("MUSTER_LISTEN", "127.0.0.1:0".to_owned()), ("MUSTER_LOG_FORMAT", "json".to_owned())]);
    let log = folder.path().join("log");
    let mut bash = Command::new("bash");
    let bash = in_folder(&mut bash, folder.path(), &environment).args(["-c", &script]).stdout(Stdio::null());
    let mut portal = Running::start(bash.stderr(fs::File::create(&log).expect("a log")));
    let read = || fs::read_to_string(&log).expect("the log");
    let address = wait_for("the portal", || {
        assert!(portal.0.try_wait().expect("a status").is_none(), "a command failed: {}", read());
        let text = read();
        let (_, rest) = text.split_once("\"listen.address\":\"")?;
        rest.split_once('"').map(|(address, _)| address.to_owned())
    });
    let unpacked = fs::read_dir(folder.path()).expect("entries").map(|entry| entry.expect("an entry").path());
    let unpacked = unpacked.into_iter().find(|path| path.is_dir()).expect("the unpacked folder");
    let printed = fs::read_to_string(unpacked.join("init.out")).expect("what it printed");
    let password = printed.split("with the password ").nth(1).and_then(|rest| rest.lines().next()).expect("a password");
    let signed_in = post(&address, "/sign-in/break-glass", &format!("user=operator&password={password}"));
    let cookie = signed_in.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next()).expect("a cookie");
    let page = answer(&address, cookie, "/");
    for account in &roster {
        assert!(page.contains(&account.account_id), "{} is not in {page}", account.account_id);
    }
    send_signal(&portal.0, "TERM");
    assert!(portal.0.wait().expect("it ended").success(), "{}", read());
    for name in ["muster.toml", "access.toml", "roster.toml", "muster.duckdb"] {
        let mode = fs::metadata(unpacked.join(name)).expect(name).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

/// The blocks that the documentation marks as run, which need no network.
#[test]
fn the_marked_commands_of_the_documentation_run_in_an_empty_folder() {
    let binary = Path::new(env!("CARGO_BIN_EXE_muster")).parent().expect("a folder").display().to_string();
    let mut ran = 0;
    for (path, text) in super::tidy::tracked(&[".md"]) {
        let mut blocks = String::new();
        for rest in text.split("\n<!-- run -->\n```sh\n").skip(1) {
            blocks += rest.split("```").next().unwrap_or_default();
        }
        if blocks.is_empty() {
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder");
        // Tests that run at the same time have ports of their own.
        let script = blocks.replace("127.0.0.1:4566", "127.0.0.1:0");
        let script = format!("trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}");
        let mut bash = Command::new("bash");
        let bash = in_folder(
            &mut bash,
            folder.path(),
            &[("PATH", format!("{binary}:/usr/bin:/bin")), ("MUSTER_CALLS_PER_SECOND", "0".to_owned())],
        );
        let output =
            bash.env_remove("AWS_REGION").args(["-euo", "pipefail", "-c", &script]).output().expect("bash runs");
        assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
        ran += 1;
    }
    assert!(ran > 0, "nothing is marked");
}

#[test]
fn the_archive_has_one_folder_that_runs_by_itself() {
    let folder = folder_with_archive();
    let unpack = ["--zstd", "-xf", archive().to_str().expect("UTF-8")];
    succeeded(&Command::new("tar").current_dir(folder.path()).args(unpack).output().expect("tar runs"));
    let mut entries: BTreeMap<String, PathBuf> = BTreeMap::new();
    for entry in fs::read_dir(folder.path()).expect("entries") {
        let entry = entry.expect("an entry");
        entries.insert(entry.file_name().into_string().expect("UTF-8"), entry.path());
    }
    let [archive, unpacked] = entries.into_values().collect::<Vec<_>>().try_into().expect("an archive and a folder");
    let (archive, unpacked) = if archive.is_dir() { (unpacked, archive) } else { (archive, unpacked) };
    assert_eq!(archive, PathBuf::from(format!("{}.tar.zst", unpacked.display())));
    for name in [
        "muster",
        "site/pkg/app.js",
        "LICENSE",
        "LICENSES-third-party.txt",
        "muster.service",
        "README.md",
        "example/muster.toml",
        "example/access.toml",
        "example/roster.toml",
    ] {
        assert!(unpacked.join(name).is_file(), "{name} is missing");
    }
    let licences = fs::read_to_string(unpacked.join("LICENSES-third-party.txt")).expect("licences");
    for part in ["DuckDB", "tokio ", "leptos ", "Apache License", "wasm-bindgen "] {
        assert!(licences.contains(part), "no licence of {part}");
    }
    let access = fs::read_to_string(unpacked.join("example/access.toml")).expect("an example");
    assert!(!access.contains("$argon2id"), "everybody would know the same hash");
    // The library beside the binary is used, not the one of this machine.
    let mut loader = Command::new(unpacked.join("muster"));
    let loader = in_folder(&mut loader, folder.path(), &[("LD_TRACE_LOADED_OBJECTS", "1".to_owned())]);
    let output = loader.output().expect("the loader runs");
    let libraries = String::from_utf8_lossy(&output.stdout);
    let duckdb = libraries.lines().find(|line| line.contains("libduckdb.so")).map(str::trim);
    let beside = fs::canonicalize(&unpacked).expect("a folder").join("libduckdb.so").display().to_string();
    assert!(duckdb.is_none_or(|line| line.contains(&beside)), "{libraries}");
}

/// The unit names files of the archive, and what it starts is a command.
#[test]
fn the_unit_starts_what_the_archive_has() {
    let unit = fs::read_to_string(root().join("scripts/release/muster.service")).expect("the unit");
    let value = |key: &str| {
        let lines = unit.lines().filter_map(|line| line.split_once('='));
        lines
            .filter(|(name, _)| *name == key)
            .map(|(_, value)| value.to_owned())
            .next()
            .unwrap_or_else(|| panic!("no {key}"))
    };
    assert_eq!(value("ExecStart"), "/opt/muster/muster serve");
    assert!(value("ExecReload").contains("-HUP") && value("StateDirectoryMode") == "0700" && value("UMask") == "0077");
    let (variable, _) =
        value("Environment").split_once('=').map(|(name, path)| (name.to_owned(), path.to_owned())).expect("a store");
    let keys = docs::configuration::keys();
    assert!(keys.contains(&variable.trim_start_matches("MUSTER_").to_lowercase()), "{variable}");
}
