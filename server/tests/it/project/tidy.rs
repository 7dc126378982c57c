//! Rules that no compiler checks: where something may be done, how long a file may be, what must not be left behind.

mod language;
mod layers;

use muster_metrics::definitions::expand;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const FILE_LINES_MAX: usize = 400;

pub fn root() -> PathBuf {
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

/// The text files of the repository whose names have one of these endings, those that are not added yet included.
pub fn tracked(endings: &[&str]) -> Vec<(String, String)> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").current_dir(root()).args(arguments).output().expect("git lists the files");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let paths = String::from_utf8(output.stdout).expect("names in UTF-8");
    let wanted = paths.split('\0').filter(|path| endings.iter().any(|ending| path.ends_with(ending)));
    // What is deleted but not yet committed cannot be read, and pictures are no text.
    let read = wanted.filter_map(|path| Some((path.to_owned(), fs::read_to_string(root().join(path)).ok()?)));
    let found: Vec<_> = read.collect();
    assert!(!found.is_empty(), "no files end in {endings:?}");
    found
}

/// The part of a source file before its tests.
pub fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

/// The Rust sources of all crates, without tests and benchmarks.
fn sources() -> Vec<(String, String)> {
    let all = files("app", &[".rs"]).into_iter().chain(files("server", &[".rs"]));
    all.filter(|(path, _)| !["/tests/", "/benches/"].iter().any(|folder| path.contains(folder))).collect()
}

/// Holds that what is written in one of these ways is written in `place` only, and that it is written there: a guard
/// against something that nobody can write would never fire.
fn only_in(place: &str, needles: &[&str]) {
    let mut fires = vec![false; needles.len()];
    // The simulator is another program: it has a clock of its own.
    for (path, text) in sources().into_iter().filter(|(path, _)| !path.contains("/simulator/")) {
        for (needle, fires) in needles.iter().zip(&mut fires) {
            let found = code(&text).contains(needle);
            *fires |= found && path.starts_with(place);
            assert!(!found || path.starts_with(place), "{path}: `{needle}` belongs in {place} only");
        }
    }
    let never: Vec<_> = needles.iter().zip(fires).filter(|(_, fires)| !fires).collect();
    assert!(never.is_empty(), "{place} has nothing like {never:?}: this guard cannot fire");
}

#[test]
fn only_one_part_writes_text_that_leptos_does_not_escape() {
    only_in("app/src/ui/parts/text_area", &["<textarea"]);
}

#[test]
fn only_access_builds_scopes() {
    // Its fields are private there; this holds against a second way to build one.
    only_in("server/access/src", &["Scope {"]);
}

#[test]
fn only_the_clock_reads_the_time() {
    only_in("server/core/src/clock", &["Timestamp::now()", "SystemTime::now()"]);
}

#[test]
fn only_the_store_opens_databases_and_writes() {
    only_in("server/store/src", &["Connection::open", ".appender", ".execute(", ".execute_batch("]);
}

/// The expressions of the metrics that hold only what is in scope.
const SCOPED: [&str; 15] = [
    "calendar",
    "counted",
    "current",
    "exception_state",
    "exposure",
    "installed",
    "listed_exception",
    "package",
    "region_state",
    "instances",
    "accounts",
    "updates",
    "change",
    "changes",
    "coverage",
];
/// The conditions of statements on one instance, whose values come from a row that the scope contains.
const OF_ONE_INSTANCE: [&str; 2] = ["instance_key = {instance_key}", "account_id = {account_id}"];

#[test]
fn instances_to_read_by_key_come_from_scoped_statements() {
    only_in("server/query/src/instances", &["InScope for "]);
    only_in("server/query/src", &["::by_key(", "::for_found(", "::for_updates_of("]);
}

#[test]
fn only_shares_of_many_customers_are_read_in_everybodys_scope() {
    only_in("server/query/src/updates/patch.rs", &[".of_everybody("]);
}

/// What vendors publish, which is no customer's.
const FEEDS: [&str; 3] = ["exploited_cve", "feed", "feed_fix"];

/// Statements that others are made of, by the names under which these include them.
const MADE_OF: [(&str, &str); 4] = [
    // The instances that a question is asked of.
    ("{source}", "current f"),
    ("{compared}", include_str!("../../../query/src/runs/compared.sql")),
    ("{results}", include_str!("../../../query/src/runs/results_of.sql")),
    ("{runs}", include_str!("../../../query/src/runs/list.sql")),
];

#[test]
fn every_query_takes_its_context_and_only_the_store_writes() {
    for (path, text) in files("server/query/src", &[".sql"]) {
        let statement = text.to_uppercase();
        for word in ["INSERT ", "UPDATE ", "DELETE ", "CREATE ", "DROP "] {
            assert!(!statement.lines().any(|line| line.trim_start().starts_with(word)), "{path} writes");
        }
        assert!(text.starts_with("--"), "{path} does not say which question it answers");
        let text = MADE_OF.iter().fold(expand(&text), |text, (name, statement)| text.replace(name, statement));
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let is_scoped = words.windows(2).any(|pair| ["FROM", "JOIN"].contains(&pair[0]) && SCOPED.contains(&pair[1]));
        let mut tables = words.windows(2).filter(|pair| ["FROM", "JOIN"].contains(&pair[0])).map(|pair| pair[1]);
        let is_of_feeds = tables.all(|table| FEEDS.contains(&table));
        let is_by_key = OF_ONE_INSTANCE.iter().any(|condition| text.contains(condition));
        assert!(is_scoped || is_by_key || is_of_feeds, "{path} reads no table that the scope limits");
    }
}

/// Tables of what happened, of which an account's next owner sees only what happened since.
const HAPPENED: [&str; 7] =
    ["transition", "invocation", "invocation_output", "run", "account_day", "window_execution", "former_owner"];

#[test]
fn what_happened_is_in_tables_that_exist() {
    let migrations: String =
        files("server/store/src/migrations", &[".sql"]).into_iter().map(|(_, text)| text).collect();
    for table in HAPPENED {
        assert!(migrations.contains(&format!("CREATE TABLE {table} ")), "no migration creates `{table}`");
    }
}

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
}

/// Words of the definitions in `metrics/src/definitions.rs`, which `verify/src/meaning.rs` spells in its own way.
const DEFINING: [&str; 5] =
    ["'Missing', 'Failed'", "'Failed', 'Missing'", "\"Missing\" | \"Failed\"", "'RASPBIAN'", "'TimedOut'"];

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

/// A process that a test leaves behind keeps running, and keeps the pipes of the test run open.
#[test]
fn tests_start_processes_only_where_they_are_also_ended() {
    for (path, text) in files("server/tests/it", &[".rs"]) {
        let is_start = |line: &str| line.contains("spawn()") && !line.trim_start().starts_with(['/', '"']);
        let starts = text.lines().filter(|line| is_start(line)).count();
        let allowed = usize::from(path.ends_with("support/process.rs"));
        assert!(starts <= allowed || path.ends_with("tidy.rs"), "{path}: start processes by `Running::start`");
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for (path, text) in files("app", &[".rs"]).into_iter().chain(files("server", &[".rs"])) {
        assert!(text.lines().count() <= FILE_LINES_MAX, "{path} is longer than {FILE_LINES_MAX} lines");
        assert!(text.starts_with("//!"), "{path} does not begin with what it is");
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
    for (path, text) in sources() {
        for word in [".unwrap()", "#[allow(", "#![allow("] {
            assert!(!code(&text).contains(word), "{path} has `{word}`");
        }
        assert!(!path.ends_with("/mod.rs"), "{path}: modules are x.rs beside x/");
    }
}
