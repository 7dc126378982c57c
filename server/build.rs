//! Lets the binary and the tests find the prebuilt DuckDB library, and tells the binary its version and commit.
//! Several crates of this folder use it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

pub fn main() {
    link_duckdb();
    // The other crates need not be built again for each commit.
    if env::var("CARGO_PKG_NAME").is_ok_and(|name| name == "muster-server") {
        let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
        match commit() {
            Some(commit) => println!("cargo:rustc-env=MUSTER_VERSION={version} ({commit})"),
            None => println!("cargo:rustc-env=MUSTER_VERSION={version}"),
        }
    }
}

/// Adds the folders of the library: the binary's own, and where the set-up put it. A release does not name the latter. With
/// the `bundled` feature there is no library.
fn link_duckdb() {
    println!("cargo:rerun-if-env-changed=DUCKDB_LIB_DIR");
    println!("cargo:rerun-if-env-changed=MUSTER_RELEASE");
    if env::var_os("CARGO_FEATURE_BUNDLED").is_some() {
        return;
    }
    println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN");
    if let (Ok(dir), None) = (env::var("DUCKDB_LIB_DIR"), env::var_os("MUSTER_RELEASE")) {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{dir}");
    }
}

/// Returns hash and day of the commit: from the environment, for sources without git, or from git. This script runs again
/// only when the commit changes.
fn commit() -> Option<String> {
    println!("cargo:rerun-if-env-changed=MUSTER_COMMIT");
    if let Some(commit) = env::var("MUSTER_COMMIT").ok().filter(|commit| !commit.is_empty()) {
        return Some(commit);
    }
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?).parent()?.canonicalize().ok()?;
    // Sources that were unpacked inside another repository are not that repository's.
    if Path::new(&git(&root, &["rev-parse", "--show-toplevel"])?).canonicalize().ok()? != root {
        return None;
    }
    let branch = git(&root, &["symbolic-ref", "--quiet", "HEAD"]);
    // HEAD changes with the branch, and its log or the branch's file with each commit. Cargo would run this script at every
    // build for a file that does not exist.
    for name in ["HEAD", "logs/HEAD", "packed-refs"].into_iter().chain(branch.as_deref()) {
        let path = git(&root, &["rev-parse", "--git-path", name]).map(|path| root.join(path));
        if let Some(path) = path.filter(|path| path.exists()) {
            println!("cargo:rerun-if-changed={}", path.display());
        }
    }
    git(&root, &["log", "-1", "--format=%h %cs", "--abbrev=12"])
}

/// Returns what git prints, or None where there is no git or no repository.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").current_dir(folder).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| output.status.success() && !text.is_empty())
}
