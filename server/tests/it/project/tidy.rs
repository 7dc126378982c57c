//! Rules that no compiler holds: who may know what, how long a file may be, what must not be left behind.

use std::{
    fs,
    path::{Path, PathBuf},
};

const FILE_LINES_MAX: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace")
}

/// Every file below a folder with one of these endings, with its path from the root and its text.
pub fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && !["node_modules", "test-results", "target"].contains(&name) {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = fs::read_to_string(&path).expect("text");
                found.push((path.strip_prefix(root()).expect("below the root").display().to_string(), text));
            }
        }
    }
    assert!(!found.is_empty(), "no files in {folder}");
    found
}

/// The part of a source file before its tests.
pub fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

/// Whether a file is part of what is shipped, and of the server itself.
fn is_product(path: &str) -> bool {
    let not = ["server/tests/", "server/benches/", "server/simulator/"];
    !not.iter().any(|folder| path.starts_with(folder))
}

fn knows_nothing_of(folder: &str, words: &[&str]) {
    for (path, text) in files(folder, &[".rs"]) {
        for word in words {
            assert!(!code(&text).contains(word), "{path} must know nothing of `{word}`");
        }
    }
}

#[test]
fn layers_know_only_what_they_may() {
    knows_nothing_of("app/src", &["duckdb", "aws_sdk", "plotters", "muster_server"]);
    knows_nothing_of("app/model/src", &["leptos", "axum"]);
    knows_nothing_of("server/collect/src", &["duckdb", "axum", "leptos", "muster_store", "muster_query", "muster_web"]);
    knows_nothing_of("server/store/src", &["aws_sdk", "axum", "leptos", "muster_query", "muster_web", "muster_access"]);
    knows_nothing_of(
        "server/query/src",
        &["aws_sdk", "axum", "leptos", "muster_collect", "muster_web", "muster_chart", "muster_core::schedule"],
    );
    knows_nothing_of("server/reports/src", &["aws_sdk", "axum", "leptos::", "muster_collect", "muster_web"]);
    knows_nothing_of("server/web/src", &["aws_sdk", "duckdb", "muster_collect"]);
    knows_nothing_of(
        "server/audit/src",
        &["duckdb", "aws_sdk", "axum", "leptos", "muster_query", "muster_web", "muster_store", "muster_collect"],
    );
    knows_nothing_of("server/chart/src", &["duckdb", "aws_sdk", "axum"]);
    knows_nothing_of("server/simulator/src", &["duckdb", "aws_sdk", "muster_server", "leptos"]);
}

#[test]
fn only_access_builds_scopes_and_only_clock_asks_for_the_time() {
    for (path, text) in files("server", &[".rs"]).into_iter().filter(|(path, _)| is_product(path)) {
        let code = code(&text);
        if !path.starts_with("server/access/src") {
            assert!(!code.contains("Scope::everything") && !code.contains("Scope::customer"), "{path} builds a scope");
        }
        if !path.starts_with("server/core/src/clock") {
            assert!(
                !code.contains("Timestamp::now()") && !code.contains("SystemTime::now()"),
                "{path} asks for the time"
            );
        }
    }
}

/// The expressions of the metrics that hold only what is in scope.
const SCOPED: [&str; 5] = ["region_state", "instances", "accounts", "updates", "changes"];

#[test]
fn every_query_takes_its_context_and_only_the_store_writes() {
    for (path, text) in files("server/query/src", &[".sql"]) {
        let statement = text.to_uppercase();
        for word in ["INSERT ", "UPDATE ", "DELETE ", "CREATE ", "DROP "] {
            assert!(!statement.lines().any(|line| line.trim_start().starts_with(word)), "{path} writes");
        }
        assert!(text.starts_with("--"), "{path} does not say which question it answers");
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let is_scoped = words.windows(2).any(|pair| ["FROM", "JOIN"].contains(&pair[0]) && SCOPED.contains(&pair[1]));
        assert!(is_scoped, "{path} reads no table that the scope limits");
    }
}

/// Tables of what happened, of which an account's next owner sees only what happened since.
const HAPPENED: [&str; 7] =
    ["transition", "invocation", "invocation_output", "run", "account_day", "window_execution", "former_owner"];

#[test]
fn every_question_about_what_happened_asks_whose_the_account_was_then() {
    for (path, text) in files("server/query/src", &[".sql"]).into_iter().chain(files("server/metrics/src", &[".sql"])) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let reads = words.windows(2).any(|pair| ["FROM", "JOIN"].contains(&pair[0]) && HAPPENED.contains(&pair[1]));
        // Which run is an instance's latest is asked for all; `instance_runs.sql` decides whether it counts.
        let asks =
            ["owned_from", "former_scan"].iter().any(|word| text.contains(word)) || path.ends_with("latest_run.sql");
        assert!(!reads || asks, "{path}");
    }
}

/// Words of statements that end a transaction, read other files, or change what may be done.
const FORBIDDEN: [&str; 13] = [
    "COMMIT",
    "ROLLBACK",
    "BEGIN",
    "ATTACH",
    "COPY",
    "PRAGMA",
    "LOAD",
    "CALL",
    "READ_CSV",
    "READ_TEXT",
    "READ_BLOB",
    "READ_PARQUET",
    "READ_JSON",
];

/// A reader's transaction only reads, and this holds that no statement ends it.
#[test]
fn statements_are_constants_that_only_read() {
    for (path, text) in files("server/query/src", &[".sql"]).into_iter().chain(files("server/metrics/src", &[".sql"])) {
        let lines = text.lines().map(|line| line.split("--").next().unwrap_or_default());
        let statement = lines.collect::<Vec<_>>().join("\n").to_uppercase();
        assert!(!statement.contains(';'), "{path} holds more than one statement");
        let mut words = statement.split(|c: char| !c.is_alphanumeric() && c != '_');
        let forbidden = words.find(|word| FORBIDDEN.contains(word));
        assert_eq!(forbidden, None, "{path}");
    }
    for (path, text) in files("server/query/src", &[".rs"]) {
        for word in [".execute(", ".execute_batch(", ".appender("] {
            assert!(!code(&text).contains(word), "{path} does more than ask");
        }
    }
}

/// Words of the definitions in `metrics/src/definitions.rs`, which `verify/src/meaning.rs` spells in its own way.
const DEFINING: [&str; 6] =
    ["'Missing', 'Failed'", "'Failed', 'Missing'", "\"Missing\" | \"Failed\"", "Ubuntu%", "Debian%", "'TimedOut'"];

#[test]
fn shared_definitions_stand_in_one_place() {
    for (path, text) in files("server", &[".rs", ".sql"]) {
        let may_repeat = ["/tests/", "/benches/", "/simulator/", "/migrations/", "metrics/src/definitions.rs"];
        if !may_repeat.iter().any(|place| path.contains(place)) {
            for word in DEFINING {
                assert!(!code(&text).contains(word), "{path} repeats a definition: `{word}`");
            }
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for folder in ["app", "server"] {
        for (path, text) in files(folder, &[".rs"]) {
            assert!(text.lines().count() <= FILE_LINES_MAX, "{path} is longer than {FILE_LINES_MAX} lines");
            assert!(text.starts_with("//!"), "{path} does not begin with what it is");
        }
    }
    for (path, text) in files("style", &[".css"]).into_iter().chain(files("end2end", &[".ts"])) {
        assert!(text.lines().count() <= FILE_LINES_MAX, "{path} is longer than {FILE_LINES_MAX} lines");
    }
}

#[test]
fn nothing_is_left_behind() {
    // Put together here, so that this file does not hold them itself.
    let marks = [("TO", "DO"), ("FIX", "ME")].map(|(start, end)| format!("{start}{end}"));
    for folder in ["app", "server", "style", "end2end", "scripts"] {
        for (path, text) in files(folder, &[".rs", ".sql", ".css", ".ts", ".sh"]) {
            for mark in &marks {
                assert!(!text.contains(mark.as_str()), "{path} has a `{mark}`");
            }
        }
    }
    for folder in ["app", "server"] {
        for (path, text) in files(folder, &[".rs"]) {
            for word in [".unwrap()", "#[allow(", "#![allow("] {
                assert!(!code(&text).contains(word), "{path} has `{word}`");
            }
            assert!(!path.ends_with("/mod.rs"), "{path}: modules are x.rs beside x/");
        }
    }
}
