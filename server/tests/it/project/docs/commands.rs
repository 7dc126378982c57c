//! Commands, files, variables and addresses that the documentation names exist.

use super::{Block, documents};
use crate::{
    project::{
        docs::test_names::{TestNames, test_names},
        tidy,
    },
    requests::sources,
};
use clap::CommandFactory;
use muster_server::command::cli::Cli;
use std::collections::BTreeSet;

/// Programs of the system that examples use.
const SYSTEM: [&str; 11] = [".", "cd", "chmod", "cp", "do", "done", "grep", "kill", "mkdir", "sleep", "tar"];

/// What commands are held against.
struct Known {
    targets: BTreeSet<String>,
    cli: clap::Command,
    tests: TestNames,
    packages: BTreeSet<String>,
    routes: Vec<String>,
}

impl Known {
    fn new() -> Self {
        let makefile = std::fs::read_to_string(tidy::root().join("Makefile")).expect("the Makefile");
        let targets = makefile.lines().filter_map(|line| line.split_once(":")).map(|(target, _)| target.to_owned());
        let manifests = tidy::tracked(&["Cargo.toml"]);
        let packages = manifests.iter().filter_map(|(_, text)| text.split_once("[package]\nname = \""));
        Self {
            targets: targets.filter(|target| !target.contains(' ')).collect(),
            cli: Cli::command(),
            tests: test_names(),
            packages: packages.filter_map(|(_, rest)| rest.split('"').next()).map(str::to_owned).collect(),
            routes: sources::in_sources().into_iter().map(|(path, _)| path).collect(),
        }
    }

    /// What is wrong with a command, if anything is.
    fn problem(&self, command: &str) -> Option<String> {
        let words = command.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
        let is_variable = |word: &&str| word.split_once('=').is_some_and(|(name, _)| is_variable_name(name));
        let words: Vec<&str> = words.skip_while(|word| is_variable(word) || *word == "until").collect();
        let (program, arguments) = words.split_first()?;
        match *program {
            "make" => arguments
                .iter()
                .take_while(|word| !word.contains('='))
                .find(|target| !self.targets.contains(**target))
                .map(|target| format!("the Makefile has no target `{target}`")),
            "muster" | "./muster" => self.muster_problem(arguments),
            "cargo" => self.cargo_problem(arguments),
            "curl" => {
                let url = arguments.iter().find_map(|word| word.split_once("://"));
                let path = url.and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]))?;
                self.route_problem(path)
            }
            script if script.starts_with("scripts/") => {
                (!tidy::root().join(script).is_file()).then(|| format!("there is no {script}"))
            }
            program if SYSTEM.contains(&program) => None,
            program => Some(format!("`{program}` is no command that this test knows")),
        }
    }

    fn muster_problem(&self, arguments: &[&str]) -> Option<String> {
        let mut command = &self.cli;
        for word in arguments {
            if let Some(subcommand) = command.find_subcommand(word) {
                command = subcommand;
            } else if command.has_subcommands() && !word.starts_with('-') {
                return Some(format!("`muster` has no command `{word}` there"));
            } else if let Some(flag) = word.strip_prefix("--") {
                let flag = flag.split('=').next().unwrap_or_default();
                let known = command
                    .get_arguments()
                    .any(|argument| argument.get_long_and_visible_aliases().is_some_and(|names| names.contains(&flag)));
                if !known && flag != "help" && flag != "version" {
                    return Some(format!("`muster {}` has no option `--{flag}`", command.get_name()));
                }
            }
        }
        None
    }

    fn cargo_problem(&self, arguments: &[&str]) -> Option<String> {
        let value = |flags: [&str; 2]| {
            let at = arguments.iter().position(|word| flags.contains(word))?;
            arguments.get(at + 1).copied()
        };
        if let Some(package) = value(["-p", "--package"])
            && !self.packages.contains(package)
        {
            return Some(format!("there is no package `{package}`"));
        }
        let before_runner = arguments.split(|word| *word == "--").next().unwrap_or_default();
        let named = before_runner.iter().rposition(|word| *word == "it").map(|at| &before_runner[at + 1..]);
        let wanted = named.and_then(|rest| rest.first()).filter(|name| !name.starts_with('-'))?;
        (!self.tests.any_contains(wanted)).then(|| format!("no test is named like `{wanted}`"))
    }

    /// What is wrong with an address of the portal, if anything is.
    fn route_problem(&self, address: &str) -> Option<String> {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |route: &String| {
            let wanted: Vec<&str> = route.split('/').collect();
            wanted.len() == parts.len()
                && wanted.iter().zip(&parts).all(|(wanted, part)| wanted == part || wanted.starts_with('{'))
        };
        let found = self.routes.iter().any(fits) || path.starts_with("/pkg/");
        (!found).then(|| format!("`{path}` is no address of the portal"))
    }
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The single commands of a block of shell.
fn commands(block: &Block) -> Vec<String> {
    let joined = block.text.replace("\\\n", " ");
    let lines = joined.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.flat_map(separate).collect()
}

/// Splits a line of shell where a command ends, outside quotes.
fn separate(line: &str) -> Vec<String> {
    let mut quote = None;
    let ends = |c: char| {
        match quote {
            Some(open) if open == c => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            _ => {}
        }
        quote.is_none() && matches!(c, '|' | ';' | '&')
    };
    line.split(ends).map(|command| command.trim().to_owned()).filter(|command| !command.is_empty()).collect()
}

#[test]
fn every_command_exists() {
    let known = Known::new();
    let mut checked = 0;
    let mut problems = Vec::new();
    for document in documents() {
        for block in &document.blocks {
            assert!(!block.label.is_empty(), "{}: say what language the block is in", block.place);
            let commands = if block.label.starts_with("sh") { commands(block) } else { Vec::new() };
            for command in commands {
                checked += 1;
                problems.extend(known.problem(&command).map(|why| format!("{}: {command}: {why}", block.place)));
            }
        }
        let is_command =
            |span: &String| ["muster ", "make ", "cargo ", "scripts/"].iter().any(|it| span.starts_with(it));
        for command in document.code_spans().filter(is_command) {
            checked += 1;
            problems.extend(known.problem(&command).map(|why| format!("{}: {command}: {why}", document.path)));
        }
    }
    assert!(checked > 50, "only {checked} commands were found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn wrong_commands_are_found() {
    let known = Known::new();
    for wrong in [
        "make coffee",
        "muster brew",
        "muster audit brew",
        "muster harvest --faster",
        "cargo test -p muster-server --test it no_such_test",
        "cargo check --package no-such-package",
        "curl http://127.0.0.1:8080/api/v1/nothing",
        "scripts/no-such.sh",
        "brew coffee",
    ] {
        assert!(known.problem(wrong).is_some(), "{wrong}");
    }
    for right in [
        "make test",
        "MUSTER_STORE=a.duckdb muster harvest --config muster.toml",
        "muster audit verify --dir /backups/audit",
        "cargo test -p muster-server --test it tidy:: -- --nocapture",
        "curl -s 'http://127.0.0.1:8080/api/v1/instances?status=failed'",
    ] {
        assert_eq!(known.problem(right), None, "{right}");
    }
}

#[test]
fn every_address_exists() {
    let known = Known::new();
    // Addresses of the portal begin like this; other paths that documents name are files.
    let starts = ["/api/", "/export/", "/instances", "/accounts", "/updates", "/changes", "/trends", "/service-level"];
    let more = ["/harvest", "/auditors", "/sign-in", "/healthz", "/readyz", "/embed"];
    let mut checked = 0;
    let mut problems = Vec::new();
    for document in documents() {
        let is_address = |span: &String| starts.iter().chain(&more).any(|start| span.starts_with(start));
        for address in document.code_spans().filter(is_address) {
            checked += 1;
            let found = known.routes.iter().any(|route| route.starts_with(&format!("{address}/")));
            let problem = known.route_problem(&address).filter(|_| !found);
            problems.extend(problem.map(|why| format!("{}: {why}", document.path)));
        }
    }
    assert!(checked > 20, "only {checked} addresses were found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_file_of_the_sources_exists() {
    let tracked: Vec<String> = tidy::tracked(&[""]).into_iter().map(|(path, _)| path).collect();
    let endings = [".rs", ".sql", ".sh", ".css", ".ts", ".py"];
    let mut checked = 0;
    let mut problems = Vec::new();
    for document in documents() {
        let is_file = |span: &String| {
            let plain = span.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte));
            plain && endings.iter().any(|ending| span.ends_with(ending) && span.len() > ending.len())
        };
        for span in document.code_spans().filter(is_file) {
            checked += 1;
            let end = format!("/{span}");
            if !tracked.iter().any(|path| *path == span || path.ends_with(&end)) {
                problems.push(format!("{}: there is no {span}", document.path));
            }
        }
    }
    assert!(checked > 20, "only {checked} files were found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// A variable is a key of the configuration, or a script or a test reads it.
#[test]
fn every_variable_is_read_somewhere() {
    let sources: String = tidy::tracked(&[".rs", ".sh", ".ts", "Makefile"]).into_iter().map(|(_, text)| text).collect();
    for document in documents() {
        let text = document.blocks.iter().map(|block| block.text.as_str()).chain([document.prose.as_str()]);
        let text = text.collect::<Vec<_>>().join("\n");
        let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
        for word in words.filter(|word| word.starts_with("MUSTER_") && !word.ends_with('_')) {
            let key = word.trim_start_matches("MUSTER_").to_lowercase();
            let known = sources.contains(word) || super::configuration::keys().contains(&key);
            assert!(known, "{}: nothing reads {word}", document.path);
        }
    }
}
