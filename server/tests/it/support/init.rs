//! `muster init`: what it writes is private, complete and readable, and it overwrites nothing. And `--version`.

use super::process::{muster, refused, succeeded};
use muster_access::file as access_file;
use muster_core::roster;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

const FILES: [&str; 3] = ["muster.toml", "access.toml", "roster.toml"];

fn text(path: &Path) -> String {
    fs::read_to_string(path).expect("a file")
}

#[test]
fn writes_private_files_and_says_what_comes_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = muster(folder.path(), &["init", "new/muster"], &[]);
    succeeded(&output);
    let new = folder.path().join("new/muster");
    for (path, mode) in FILES.map(|name| (new.join(name), 0o600)).into_iter().chain([(new.clone(), 0o700)]) {
        assert_eq!(fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, mode, "{}", path.display());
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    for part in [&*new.display().to_string(), "roster.toml", "muster policy", "accounts check", "harvest", "serve"] {
        assert!(printed.contains(part), "`{part}` is not in: {printed}");
    }
    let password = printed.split("with the password ").nth(1).and_then(|rest| rest.lines().next()).expect("a password");
    let access = access_file::read(&new.join("access.toml")).expect("a valid access file");
    assert!(access.break_glass.is_some_and(|account| account.verify("operator", password)));
    assert_eq!(roster::read(&new.join("roster.toml")).expect("a valid roster"), []);
    // Both examples are valid once their comments are removed.
    let example = text(&new.join("roster.toml"));
    let lines = example
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| line.starts_with("[[") || line.contains(" = "));
    let path = folder.path().join("example.toml");
    fs::write(&path, lines.collect::<Vec<_>>().join("\n")).expect("written");
    assert_eq!(roster::read(&path).expect("a valid roster").len(), 1);

    let other = muster(folder.path(), &["init", "other"], &[]);
    assert!(!String::from_utf8_lossy(&other.stdout).contains(password), "the same password twice");
}

#[test]
fn overwrites_nothing() {
    for name in FILES {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(name), "# mine\n").expect("written");
        refused(&muster(folder.path(), &["init"], &[]), &[name, "already exists", "Nothing was written"]);
        assert_eq!(fs::read_dir(folder.path()).expect("entries").count(), 1);
        assert_eq!(text(&folder.path().join(name)), "# mine\n");
    }
}

#[test]
fn without_a_password_nobody_can_sign_in_and_a_portal_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = muster(folder.path(), &["init", "--no-password"], &[]);
    succeeded(&output);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("password "));
    fs::create_dir_all(folder.path().join("site/pkg")).expect("a folder");
    fs::write(folder.path().join("site/pkg/app.js"), "").expect("written");
    let environment = [("MUSTER_SITE_DIR", "site".to_owned()), ("MUSTER_LISTEN", "127.0.0.1:0".to_owned())];
    refused(&muster(folder.path(), &["serve"], &environment), &["nobody could sign in"]);
}

/// A roster without accounts is no success.
#[test]
fn an_empty_roster_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    succeeded(&muster(folder.path(), &["init"], &[]));
    refused(&muster(folder.path(), &["accounts", "check"], &[]), &["roster.toml", "lists no accounts"]);
    refused(&muster(folder.path(), &["harvest"], &[]), &["roster.toml", "lists no accounts"]);
}

#[test]
fn the_configuration_in_the_current_folder_is_used() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("muster.toml"), "store = \"mine.duckdb\"\n").expect("written");
    succeeded(&muster(folder.path(), &["migrate"], &[]));
    assert!(folder.path().join("mine.duckdb").exists());
}

#[test]
fn the_version_names_the_commit() {
    let output = muster(Path::new("."), &["--version"], &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.trim_end().strip_prefix(&format!("muster {}", env!("CARGO_PKG_VERSION"))).expect("a version");
    // Sources without git have no commit.
    let commit = version.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    assert!(version.is_empty() || commit.is_some_and(|commit| commit.len() >= 12), "{text}");
}
