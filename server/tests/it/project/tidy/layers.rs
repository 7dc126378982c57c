//! The layers are crates. What each may depend on stands here, so that a new dependency is a decision and not a habit.

use super::{root, tracked};
use std::collections::{BTreeMap, BTreeSet};

/// Our own crates, and those of them that each depends on.
const LAYERS: [(&str, &[&str]); 22] = [
    ("muster-columns", &[]),
    ("muster-model", &["muster-columns"]),
    ("app", &["muster-model"]),
    ("muster-core", &["muster-model"]),
    ("muster-feeds", &["muster-core", "muster-model"]),
    ("muster-metrics", &["muster-model"]),
    ("muster-chart", &["muster-model"]),
    ("muster-collect", &["muster-core", "muster-model"]),
    ("muster-provision", &["muster-collect", "muster-core", "muster-model"]),
    ("muster-store", &["muster-core", "muster-metrics", "muster-model"]),
    ("muster-access", &["muster-core", "muster-model"]),
    ("muster-attest", &["muster-access"]),
    ("muster-audit", &["muster-access", "muster-core"]),
    ("muster-http", &["muster-access", "muster-core"]),
    (
        "muster-enroll",
        &[
            "muster-access",
            "muster-attest",
            "muster-audit",
            "muster-core",
            "muster-http",
            "muster-model",
            "muster-provision",
        ],
    ),
    (
        "muster-harvest",
        &[
            "muster-audit",
            "muster-collect",
            "muster-core",
            "muster-feeds",
            "muster-metrics",
            "muster-model",
            "muster-store",
        ],
    ),
    ("muster-query", &["muster-access", "muster-metrics", "muster-model", "muster-store"]),
    (
        "muster-reports",
        &[
            "muster-access",
            "muster-chart",
            "muster-core",
            "muster-metrics",
            "muster-model",
            "muster-query",
            "muster-store",
        ],
    ),
    ("muster-verify", &["muster-access", "muster-metrics", "muster-model", "muster-reports", "muster-store"]),
    (
        "muster-web",
        &[
            "app",
            "muster-access",
            "muster-audit",
            "muster-core",
            "muster-http",
            "muster-model",
            "muster-query",
            "muster-reports",
            "muster-store",
        ],
    ),
    // The evidence that instances have.
    ("muster-simulator", &["muster-attest"]),
    // The binary puts everything together.
    ("muster-server", EVERYTHING),
];

const EVERYTHING: &[&str] = &["*"];

/// Dependencies that decide what a crate is about, by the start of their names, and the crates that have them.
const FOREIGN: [(&str, &[&str]); 5] = [
    ("aws-", &["muster-collect", "muster-provision"]),
    ("duckdb", &["muster-query", "muster-reports", "muster-server", "muster-store", "muster-verify"]),
    ("plotters", &["muster-chart"]),
    ("axum", &["muster-access", "muster-enroll", "muster-http", "muster-server", "muster-simulator", "muster-web"]),
    ("leptos", &["app", "muster-web"]),
];

/// The dependencies of each crate, without those of its tests and benchmarks.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let mut crates = BTreeMap::new();
    for (path, text) in tracked(&["Cargo.toml"]) {
        let manifest: toml::Table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        let Some(name) = manifest.get("package").and_then(|package| package["name"].as_str()) else { continue };
        let names = manifest.get("dependencies").and_then(toml::Value::as_table).into_iter().flat_map(|it| it.keys());
        crates.insert(name.to_owned(), names.cloned().collect());
    }
    crates
}

#[test]
fn each_crate_depends_on_the_layers_below_it() {
    let crates = dependencies();
    let layers = BTreeMap::from(LAYERS);
    assert_eq!(crates.keys().map(String::as_str).collect::<Vec<_>>(), layers.keys().copied().collect::<Vec<_>>());
    for (name, depends_on) in &crates {
        let ours: Vec<&str> = depends_on.iter().map(String::as_str).filter(|it| layers.contains_key(it)).collect();
        assert!(layers[name.as_str()] == EVERYTHING || layers[name.as_str()] == ours, "{name} depends on {ours:?}");
    }
}

#[test]
fn each_library_stays_in_its_layer() {
    let crates = dependencies();
    for (start, users) in FOREIGN {
        let uses = |depends_on: &BTreeSet<String>| depends_on.iter().any(|name| name.starts_with(start));
        let found: Vec<&str> = crates.iter().filter(|(_, all)| uses(all)).map(|(name, _)| name.as_str()).collect();
        assert_eq!(found, users, "crates that depend on {start}");
    }
}

/// A crate that nobody explains is a crate that nobody finds.
#[test]
fn the_map_of_the_architecture_has_every_crate() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    for name in dependencies().keys() {
        assert!(map.contains(&format!("`{name}`")), "ARCHITECTURE.md does not mention `{name}`");
    }
}
